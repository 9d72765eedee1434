//! What two persons decide, and who may not be one of them.

use super::*;

struct Facts {
    file: CardFile,
    record: Record,
    paid: PaymentTaken,
    authorisations: Vec<Authorisation>,
    rows: Vec<BookRow>,
}

impl Facts {
    fn of(state: State) -> Self {
        let record = record(state);
        let mut file = file();
        file.open = Some(record.clone());
        // The card has left the counter.
        file.card.proved_counter = 6;
        Self {
            file,
            paid: PaymentTaken {
                record: record.id.clone(),
                means: cash(),
                amount: 10_000,
                operator: "payer".into(),
                outlet: "LZ01".into(),
                at: NOON,
            },
            authorisations: vec![Authorisation {
                operator: "authoriser".into(),
                ..proved()
            }],
            record,
            rows: Vec::new(),
        }
    }

    fn about(&self) -> CaseFile<'_> {
        CaseFile {
            file: &self.file,
            record: Some(&self.record),
            paid: Some(&self.paid),
            authorisations: &self.authorisations,
            rows: &self.rows,
        }
    }
}

const TORN: State = State::Loading { counter: 5 };

fn case(question: Question) -> Case {
    Case {
        id: "case".into(),
        card: file().card.number,
        record: Some("r".into()),
        record_version: 3,
        question,
        reason: "card lost".into(),
        operator: "asker".into(),
        at: NOON,
        state: CaseState::Open,
        version: 0,
    }
}

fn yes(operator: &str) -> Approval {
    Approval {
        case: "case".into(),
        operator: operator.into(),
        at: NOON,
    }
}

#[test]
fn the_money_of_a_lost_card_goes_back_when_two_have_agreed() {
    let facts = Facts::of(TORN);
    let case = case(Question::RefundWithoutCard);
    let first = approve(&case, facts.about(), &[], "one", NOON).unwrap();
    assert_eq!(first.case.state, CaseState::Open);
    assert_eq!(first.change.writes.len(), 2, "an approval and nothing else");

    let second = approve(&case, facts.about(), &[yes("one")], "two", NOON).unwrap();
    assert_eq!(second.case.state, CaseState::Done);
    let blacklisted = Write::SetStatus(CardStatus::Blacklisted);
    assert!(second.change.writes.contains(&blacklisted));
    let refunding = second.change.writes.iter().find_map(|write| match write {
        Write::UpdateRecord(record) => Some(record.state),
        _ => None,
    });
    let Some(State::Refunding(refund)) = refunding else {
        panic!("{refunding:?}");
    };
    assert_eq!(refund.from, RefundFrom::Loading { counter: 5 });
    // Noon plus the rest of the day plus one whole day.
    assert_eq!(refund.not_before, NOON + 36 * 3_600_000);
}

#[test]
fn nobody_approves_who_had_a_part_in_it() {
    let facts = Facts::of(TORN);
    let case = case(Question::RefundWithoutCard);
    for person in ["asker", "teller", "payer", "authoriser", "one"] {
        let refused = approve(&case, facts.about(), &[yes("one")], person, NOON);
        assert_eq!(refused.err(), Some(Code::SamePerson), "{person}");
    }
}

#[test]
fn what_has_moved_on_is_not_approved() {
    let mut facts = Facts::of(TORN);
    let asked = case(Question::RefundWithoutCard);
    let approved =
        |facts: &Facts, case: &Case| approve(case, facts.about(), &[], "one", NOON).err();
    facts.record.version = 4;
    assert_eq!(approved(&facts, &asked), Some(Code::CaseMovedOn));
    assert_eq!(
        approved(&Facts::of(LOADED), &asked),
        Some(Code::CaseMovedOn)
    );
    let done = Case {
        state: CaseState::Done,
        ..asked
    };
    assert_eq!(approved(&Facts::of(TORN), &done), Some(Code::CaseMovedOn));
}

#[test]
fn a_question_is_asked_only_where_no_proof_answers_it() {
    let may = |state, question| may_ask(question, Facts::of(state).about()).err();
    for question in [Question::RefundWithoutCard, Question::CallLoaded] {
        assert_eq!(may(TORN, question), None);
        assert_eq!(may(State::Paid, question), Some(Code::NotTorn));
        assert_eq!(may(LOADED, question), Some(Code::AlreadyLoaded));
        assert_eq!(may(State::Created, question), Some(Code::NotPaid));
        let mut listed = Facts::of(State::Paid);
        listed.file.unexplained = vec![5];
        assert_eq!(may_ask(question, listed.about()), Ok(()));
    }
    assert_eq!(may(TORN, Question::LiftStop), Some(Code::CaseMovedOn));
    let mut unmoved = Facts::of(TORN);
    unmoved.file.card.proved_counter = 5;
    let called = may_ask(Question::CallLoaded, unmoved.about());
    assert_eq!(called, Err(Code::NotSpent));
    assert_eq!(
        may_ask(Question::RefundWithoutCard, unmoved.about()),
        Ok(())
    );
}

#[test]
fn two_persons_call_a_record_loaded() {
    let facts = Facts::of(TORN);
    let case = case(Question::CallLoaded);
    let decided = approve(&case, facts.about(), &[yes("one")], "two", NOON).unwrap();
    let proof = Proof::of(&facts.authorisations[0], ProvedBy::Decision);
    let loaded = facts.record.turned(State::Loaded(proof));
    assert!(decided.change.writes.contains(&Write::UpdateRecord(loaded)));
    let explained = |write: &Write| {
        matches!(write, Write::PutBookRow(row)
            if row.counter == 5 && row.spender == Spender::Ours("r".into()))
    };
    assert!(decided.change.writes.iter().any(explained));
}

#[test]
fn a_load_the_ledger_has_lost_is_settled_when_the_stop_is_lifted() {
    let mut facts = Facts::of(State::Paid);
    facts.authorisations.clear();
    facts.file.card.stopped = Some(CardStop::LostLoad);
    facts.rows = vec![BookRow {
        card: facts.file.card.number,
        counter: 5,
        spender: Spender::Lost {
            proved: true,
            balance_after: Some(13_000),
        },
        said: Some(LogEntry {
            counter: 5,
            amount: 10_000,
            terminal: TELLER.terminal,
            second: Some(77),
            ours: true,
            proved_balance: Some(13_000),
        }),
        at: NOON,
    }];
    let asked = case(Question::LiftStop);
    let lifted = approve(&asked, facts.about(), &[yes("one")], "two", NOON).unwrap();
    let proof = Proof {
        counter: 5,
        second: 77,
        balance_after: 13_000,
        by: ProvedBy::Decision,
    };
    assert!(lifted.change.writes.contains(&Write::LiftStop));
    let loaded = Write::UpdateRecord(facts.record.turned(State::Loaded(proof)));
    assert!(lifted.change.writes.contains(&loaded));

    // A load of another amount is none of this record's: the card goes on, the record stays.
    facts.rows[0].said = facts.rows[0].said.map(|said| LogEntry {
        amount: 5_000,
        ..said
    });
    let lifted = approve(&asked, facts.about(), &[yes("one")], "two", NOON).unwrap();
    let updates = |write: &&Write| matches!(write, Write::UpdateRecord(_));
    assert_eq!(lifted.change.writes.iter().find(updates), None);
}

#[test]
fn an_open_case_is_withdrawn_once() {
    let asked = case(Question::LiftStop);
    let dropped = withdraw(&asked, &file()).unwrap().case;
    assert_eq!(dropped.state, CaseState::Dropped);
    assert_eq!(withdraw(&dropped, &file()).err(), Some(Code::CaseMovedOn));
}

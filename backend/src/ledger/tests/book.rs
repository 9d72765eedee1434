//! The counter book: what a card's own account explains, and what it does not.

use super::*;

const FOREIGN: [u8; 6] = [9; 6];

fn torn() -> CardFile {
    let mut file = file();
    file.open = Some(record(State::Loading { counter: 5 }));
    file
}

fn said(counter: u16, terminal: [u8; 6], proved_balance: Option<u32>) -> LogEntry {
    LogEntry {
        counter,
        amount: 10_000,
        terminal,
        second: Some(NOON / 1_000),
        ours: terminal == TELLER.terminal,
        proved_balance,
    }
}

/// The account of a card at `counter` whose log says this, where our authorisations are known.
fn accounted(
    file: &CardFile,
    counter: u16,
    log: &[LogEntry],
    known: &[Authorisation],
) -> Accounting {
    let records: Vec<_> = file.open.iter().cloned().collect();
    let known = Known {
        log,
        authorisations: known,
        records: &records,
        rows: &[],
    };
    account(file, &init(counter), known, NOON)
}

fn rows(accounting: &Accounting) -> Vec<(u16, Spender)> {
    let rows = accounting
        .change
        .writes
        .iter()
        .filter_map(|write| match write {
            Write::PutBookRow(row) => Some((row.counter, row.spender.clone())),
            _ => None,
        });
    rows.collect()
}

#[test]
fn the_book_is_closed_up_to_where_the_card_stands() {
    let silent = accounted(&file(), 7, &[], &[]);
    assert_eq!(
        rows(&silent),
        [(5, Spender::Unknown), (6, Spender::Unknown)]
    );
    assert!(silent.change.writes.contains(&Write::CloseBook(7)));
    assert_eq!(silent.alarm, None);
    let standing = accounted(&file(), 5, &[], &[]);
    assert_eq!(standing.change.writes, []);
}

#[test]
fn counter_and_log_load_the_record_of_the_authorisation() {
    let accounting = accounted(&torn(), 6, &[said(5, TELLER.terminal, None)], &[proved()]);
    let loaded = accounting.settled.unwrap();
    let proof = Proof::of(&proved(), ProvedBy::CounterAndLog);
    assert_eq!(loaded.state, State::Loaded(proof));
    assert_eq!((accounting.open, accounting.alarm), (None, None));
    // The card's proof verifies over the same entry: as good as the TAC itself.
    let log = [said(5, TELLER.terminal, Some(13_000))];
    let accounting = accounted(&torn(), 6, &log, &[proved()]);
    let proof = Proof::of(&proved(), ProvedBy::Tac);
    assert_eq!(accounting.settled.unwrap().state, State::Loaded(proof));
}

#[test]
fn a_counter_another_system_has_proved_to_spend_frees_the_torn_record() {
    let log = [said(5, FOREIGN, Some(13_000))];
    let accounting = accounted(&torn(), 6, &log, &[proved()]);
    assert_eq!(rows(&accounting), [(5, Spender::Foreign)]);
    assert_eq!(accounting.open.unwrap().state, State::Paid);
    assert_eq!((accounting.settled, accounting.alarm), (None, None));
}

#[test]
fn what_only_the_log_says_of_another_system_frees_nothing() {
    for log in [&[said(5, FOREIGN, None)][..], &[]] {
        let accounting = accounted(&torn(), 6, log, &[proved()]);
        assert_eq!(rows(&accounting), [(5, Spender::Unknown)]);
        assert_eq!(accounting.alarm, Some(Code::OnSupervisorList));
        assert_eq!(accounting.open, torn().open);
    }
}

#[test]
fn a_load_of_ours_that_nobody_authorised_stops_the_card() {
    let log = [said(5, TELLER.terminal, Some(13_000))];
    let accounting = accounted(&file(), 6, &log, &[]);
    let lost = Spender::Lost {
        proved: true,
        balance_after: Some(13_000),
    };
    assert_eq!(rows(&accounting), [(5, lost)]);
    let stop = Write::StopCard(CardStop::LostLoad);
    assert!(accounting.change.writes.contains(&stop));
    assert_eq!(accounting.alarm, Some(Code::CardStopped));
}

#[test]
fn on_first_sight_only_what_bears_our_terminal_is_asked_about() {
    let mut file = file();
    file.card.book = None;
    let before_us = [said(4, FOREIGN, None), said(3, FOREIGN, None)];
    let accounting = accounted(&file, 5, &before_us, &[]);
    assert_eq!(accounting.change.writes, [Write::CloseBook(5)]);
    let lost = accounted(&file, 5, &[said(4, TELLER.terminal, None)], &[]);
    assert_eq!(lost.alarm, Some(Code::CardStopped));
}

#[test]
fn a_row_that_is_explained_stays_and_one_that_is_not_is_asked_about_again() {
    let mut file = torn();
    file.card.book = Some(6);
    file.unexplained = vec![5];
    let unknown = BookRow {
        card: file.card.number,
        counter: 5,
        spender: Spender::Unknown,
        said: None,
        at: 1,
    };
    let asked = |row: &BookRow, log: &[LogEntry]| {
        let records = [record(State::Loading { counter: 5 })];
        let known = Known {
            log,
            authorisations: &[proved()],
            records: &records,
            rows: std::slice::from_ref(row),
        };
        account(&file, &init(6), known, NOON)
    };
    let silent = asked(&unknown, &[]);
    assert_eq!(silent.change.writes, []);
    assert_eq!(silent.alarm, Some(Code::OnSupervisorList));
    let healed = asked(&unknown, &[said(5, TELLER.terminal, None)]);
    assert!(healed.settled.is_some());
    let foreign = BookRow {
        spender: Spender::Foreign,
        ..unknown
    };
    let lying = asked(&foreign, &[said(5, TELLER.terminal, None)]);
    assert_eq!((rows(&lying), lying.settled), (vec![], None));
    assert_eq!(lying.open.unwrap().state, State::Paid);
}

#[test]
fn an_account_below_what_is_proved_is_refused() {
    let card = file().card;
    assert_eq!(code(may_account(&card, &init(4))), Some(Code::OldCounter));
    assert_eq!(code(may_account(&card, &init(5))), None);
}

//! Every transition and every refusal, from facts alone.

mod book;
mod case;
mod let_go;
mod refund;
mod settle;
mod switch;

use apdu_core::authority::{CardProfile, CardStatus, Pin, ProofCounter};
use apdu_core::bcd::Date;
use apdu_core::fault::Code;

use super::limits::{
    Day, FEN_PER_DAY, LARGEST_AMOUNT, LARGEST_BALANCE, NONCE_LIFE, RECORDS_PER_DAY,
};
use super::*;

/// 2026-06-01 12:00:00 in Asia/Shanghai.
const NOON: i64 = 1_780_286_400_000;

static NO_SWITCHES: Switches = Switches(Vec::new());

const TELLER: Asker<'static> = Asker {
    switches: &NO_SWITCHES,
    day: Day {
        records: 0,
        fen: 0,
        openings: 7,
    },
    operator: "teller",
    outlet: "LZ01",
    own: true,
    supervisor: false,
    terminal: [1, 2, 3, 4, 5, 6],
};

fn file() -> CardFile {
    CardFile {
        card: Card {
            number: "62012201230100000017".parse().unwrap(),
            kind: CardKind::StoredValue,
            version: 0x40,
            start: Date([0x20, 0x24, 0x01, 0x15]),
            expiry: Date([0x20, 0x34, 0x01, 0x14]),
            plate: "甘A12345".into(),
            plate_colour: 0,
            vehicle_class: 1,
            status: CardStatus::Normal,
            profile: CardProfile {
                pin: Pin::Ascii6("123456".into()),
                issue_file_length: 43,
                proof_counter: ProofCounter::Both,
            },
            purse: Purse {
                key_index: 1,
                refuses_one_fen: false,
                refuses_odd_terminals: false,
            },
            stock: CardStock::default(),
            proved_counter: 5,
            book: Some(5),
            weak_random: false,
            stopped: None,
            revision: 7,
        },
        nonce: None,
        created: Vec::new(),
        open: None,
        given_up: None,
        latest_second: None,
        unexplained: Vec::new(),
        let_go_offers: 0,
    }
}

fn with_nonce() -> CardFile {
    let mut file = file();
    let (_, change) = preflight(&file.card, &TELLER, || 0xAB, NOON);
    let Write::PutNonce(nonce) = &change.writes[0] else {
        panic!("{change:?}");
    };
    file.nonce = Some(nonce.clone());
    file
}

fn record(state: State) -> Record {
    Record {
        id: "r".into(),
        card: file().card.number,
        amount: 10_000,
        state,
        created_counter: 5,
        balance_before: 3_000,
        created_at: NOON,
        outlet: "LZ01".into(),
        operator: "teller".into(),
        version: 3,
    }
}

fn init(counter: u16) -> VerifiedInit {
    VerifiedInit {
        amount: 10_000,
        terminal: TELLER.terminal,
        fresh: false,
        seen: Seen::Never,
        balance: 3_000,
        counter,
        random: [0xA1, 0xB2, 0xC3, 0xD4],
    }
}

fn cash() -> Means {
    Means::Cash {
        drawer: "drawer".into(),
    }
}

fn code<T>(answer: Result<T, Denied>) -> Option<Code> {
    answer.err().map(|denied| denied.code)
}

/// Changes one thing about a card's file.
type Twist = fn(&mut CardFile);

const REFUSED_BEFORE_MONEY: &[(Twist, Code)] = &[
    (
        |file| file.card.status = CardStatus::Suspended,
        Code::CardSuspended,
    ),
    (|file| file.card.status = CardStatus::Lost, Code::CardLost),
    (
        |file| file.card.status = CardStatus::Cancelled,
        Code::CardCancelled,
    ),
    (
        |file| file.card.status = CardStatus::Damaged,
        Code::CardDamaged,
    ),
    (
        |file| file.card.status = CardStatus::Blacklisted,
        Code::CardBlacklisted,
    ),
    (|file| file.card.kind = CardKind::Credit, Code::CreditCard),
    (
        |file| file.card.expiry = Date([0x20, 0x26, 0x05, 0x31]),
        Code::CardExpired,
    ),
    (
        |file| file.card.start = Date([0x20, 0x26, 0x06, 0x02]),
        Code::CardNotYetActive,
    ),
    (
        |file| file.open = Some(record(State::Paid)),
        Code::OpenRecord,
    ),
    (
        |file| file.open = Some(record(State::Loading { counter: 5 })),
        Code::OpenRecord,
    ),
];

#[test]
fn what_would_fail_after_payment_fails_before_it() {
    assert_eq!(may_begin(&with_nonce(), &TELLER, NOON), Ok(()));
    for (twist, code) in REFUSED_BEFORE_MONEY {
        let mut file = with_nonce();
        twist(&mut file);
        assert_eq!(may_begin(&file, &TELLER, NOON), Err(*code));
        assert_eq!(terms(&file, 100, &TELLER, NOON), Err(*code));
    }
    let bank = Asker {
        own: false,
        ..TELLER
    };
    assert_eq!(
        may_begin(&with_nonce(), &bank, NOON),
        Err(Code::NotAnOwnOutlet)
    );
    assert_eq!(
        terms(&with_nonce(), 100, &bank, NOON),
        Err(Code::NotAnOwnOutlet)
    );
    let mut full = with_nonce();
    full.card.proved_counter = 0xFFFF;
    assert_eq!(may_begin(&full, &TELLER, NOON), Err(Code::CounterEnd));
}

#[test]
fn a_card_is_valid_from_its_first_to_its_last_day() {
    let mut file = with_nonce();
    file.card.start = Date([0x20, 0x26, 0x06, 0x01]);
    file.card.expiry = Date([0x20, 0x26, 0x06, 0x01]);
    assert_eq!(may_begin(&file, &TELLER, NOON), Ok(()));
}

#[test]
fn amounts_outside_the_limits_are_refused() {
    for amount in [
        0,
        -1,
        i64::MIN,
        i64::MAX,
        1 << 32,
        i64::from(LARGEST_AMOUNT) + 1,
    ] {
        let refusal = terms(&with_nonce(), amount, &TELLER, NOON);
        assert_eq!(refusal, Err(Code::AmountNotAllowed), "{amount}");
    }
    for amount in [1, i64::from(LARGEST_AMOUNT)] {
        assert!(
            terms(&with_nonce(), amount, &TELLER, NOON).is_ok(),
            "{amount}"
        );
    }
}

#[test]
fn a_preflight_number_is_nobodys_terminal_and_lives_a_minute() {
    let mut bytes = [0x12, 0x99, 0x00, 0xA0, 0x0B, 0x45, 0xFF, 0x9A, 0xC3].into_iter();
    let (init, change) = preflight(&file().card, &TELLER, || bytes.next().unwrap(), NOON);
    assert_eq!(
        init.terminal.0,
        [0xFE, 0xA0, 0x0B, 0xFF, 0x9A, 0xC3],
        "no pair of digits"
    );
    assert_eq!((init.key_index, init.amount), (1, Some(1)));
    assert_eq!(change.revision, 7);

    let file = with_nonce();
    for (later, alive) in [
        (0, true),
        (NONCE_LIFE - 1, true),
        (NONCE_LIFE, false),
        (-1, false),
    ] {
        let answer = terms(&file, 100, &TELLER, NOON + later);
        assert_eq!(answer.is_ok(), alive, "{later}: {answer:?}");
    }
    let none = terms(&super::tests::file(), 100, &TELLER, NOON);
    assert_eq!(none, Err(Code::NonceExpired));
}

#[test]
fn a_card_that_refuses_preflight_numbers_is_asked_in_its_own_way() {
    let mut file = file();
    file.card.purse.refuses_odd_terminals = true;
    file.card.purse.refuses_one_fen = true;
    let (init, change) = preflight(&file.card, &TELLER, || 0xAB, NOON);
    assert_eq!((init.amount, init.terminal.0), (None, TELLER.terminal));
    let Write::PutNonce(nonce) = change.writes[0].clone() else {
        panic!("{change:?}");
    };
    file.nonce = Some(nonce);
    let terms = terms(&file, 10_000, &TELLER, NOON).unwrap();
    assert_eq!(
        (terms.init_amount, terms.terminal),
        (10_000, TELLER.terminal)
    );
}

#[test]
fn a_record_opens_on_a_card_that_proved_itself() {
    let mut file = with_nonce();
    file.created = vec![Record {
        id: "old".into(),
        ..record(State::Created)
    }];
    let terms = terms(&file, 10_000, &TELLER, NOON).unwrap();
    assert_eq!(terms.init_amount, 1);
    let Decision { record, change } =
        create(&file, &terms, &init(5), "new".into(), &TELLER, NOON).unwrap();
    assert_eq!(record.state, State::Created);
    assert_eq!((record.created_counter, record.balance_before), (5, 3_000));
    let old = Record {
        state: State::Closed,
        ..file.created[0].clone()
    };
    assert_eq!(
        change.writes,
        [
            Write::DropNonces,
            Write::UpdateRecord(old),
            Write::InsertRecord(record),
            Write::CountOpening {
                operator: TELLER.operator.into(),
                openings: 7,
            },
        ]
    );
}

#[test]
fn a_record_does_not_open_without_room_on_the_card() {
    let file = with_nonce();
    let terms = terms(&file, 10_000, &TELLER, NOON).unwrap();
    let refusal = |init| code(create(&file, &terms, &init, "r".into(), &TELLER, NOON));
    assert_eq!(refusal(init(0xFFFF)), Some(Code::CounterEnd));
    assert_eq!(refusal(init(4)), Some(Code::OldCounter));
    let holding = |balance| VerifiedInit { balance, ..init(5) };
    assert_eq!(refusal(holding(LARGEST_BALANCE - 10_000)), None);
    assert_eq!(
        refusal(holding(LARGEST_BALANCE - 9_999)),
        Some(Code::BalanceTooHigh)
    );
    assert_eq!(refusal(holding(u32::MAX)), Some(Code::BalanceTooHigh));
}

#[test]
fn money_is_taken_once_for_the_amount_and_at_the_outlet_of_the_record() {
    let paid = pay(
        &file(),
        &record(State::Created),
        10_000,
        cash(),
        &TELLER,
        NOON,
    )
    .unwrap();
    assert_eq!(paid.record.state, State::Paid);
    assert!(matches!(&paid.change.writes[0], Write::InsertPayment(p) if p.amount == 10_000));

    let refusal = |state, amount| pay(&file(), &record(state), amount, cash(), &TELLER, NOON).err();
    assert_eq!(refusal(State::Created, 9_999), Some(Code::PaymentDiffers));
    assert_eq!(
        refusal(State::Created, i64::MIN),
        Some(Code::PaymentDiffers)
    );
    assert_eq!(refusal(State::Paid, 10_000), Some(Code::AlreadyPaid));
    assert_eq!(
        refusal(State::Loading { counter: 5 }, 10_000),
        Some(Code::AlreadyPaid)
    );
    assert_eq!(refusal(LOADED, 10_000), Some(Code::AlreadyLoaded));
    assert_eq!(refusal(State::Closed, 10_000), Some(Code::RecordClosed));

    let elsewhere = |asker| {
        pay(
            &file(),
            &record(State::Created),
            10_000,
            cash(),
            &asker,
            NOON,
        )
    };
    let bank = Asker {
        own: false,
        ..TELLER
    };
    assert_eq!(elsewhere(bank).err(), Some(Code::NotAnOwnOutlet));
    let other = Asker {
        outlet: "TS01",
        ..TELLER
    };
    assert_eq!(elsewhere(other).err(), Some(Code::NoSuchRecord));

    let mut busy = file();
    busy.open = Some(Record {
        id: "other".into(),
        ..record(State::Paid)
    });
    let second = pay(
        &busy,
        &record(State::Created),
        10_000,
        cash(),
        &TELLER,
        NOON,
    );
    assert_eq!(second.err(), Some(Code::OpenRecord));
}

#[test]
fn only_an_unpaid_record_is_closed() {
    let closed = close(&file().card, &record(State::Created), &TELLER).unwrap();
    assert_eq!(closed.record.state, State::Closed);
    let refusal = |state| close(&file().card, &record(state), &TELLER).err();
    assert_eq!(refusal(State::Paid), Some(Code::AlreadyPaid));
    assert_eq!(
        refusal(State::Loading { counter: 5 }),
        Some(Code::AlreadyPaid)
    );
    assert_eq!(refusal(LOADED), Some(Code::AlreadyLoaded));
    assert_eq!(refusal(State::Closed), Some(Code::RecordClosed));
}

const LOADED: State = State::Loaded(Proof {
    counter: 5,
    second: 1,
    balance_after: 13_000,
    by: ProvedBy::Tac,
});

fn authorise_at(
    file: &CardFile,
    state: State,
    earlier: usize,
    init: VerifiedInit,
) -> Result<(Authorisation, Decision), Denied> {
    authorise(file, &record(state), earlier, &init, &TELLER, NOON)
}

#[test]
fn a_paid_record_is_authorised_at_the_counter_the_card_proves() {
    let (authorisation, decision) = authorise_at(&file(), State::Paid, 0, init(5)).unwrap();
    assert_eq!(decision.record.state, State::Loading { counter: 5 });
    assert_eq!((authorisation.counter, authorisation.balance), (5, 3_000));
    assert_eq!(
        (authorisation.amount, authorisation.terminal),
        (10_000, TELLER.terminal)
    );
    assert_eq!(authorisation.second, NOON / 1_000);
    assert_eq!(
        decision.change.writes,
        [
            Write::InsertAuthorisation(authorisation),
            Write::UpdateRecord(decision.record),
            Write::DropNonces,
        ]
    );
}

#[test]
fn only_paid_money_is_authorised_and_only_on_a_card_in_order() {
    let may = |state| may_authorise(&file().card, &record(state), &TELLER);
    assert_eq!(may(State::Created), Err(Code::NotPaid));
    assert_eq!(may(State::Closed), Err(Code::RecordClosed));
    assert_eq!(may(LOADED), Err(Code::AlreadyLoaded));
    assert_eq!(may(State::Paid), Ok(()));
    assert_eq!(may(State::Loading { counter: 5 }), Ok(()));
    let mut card = file().card;
    card.status = CardStatus::Blacklisted;
    assert_eq!(
        may_authorise(&card, &record(State::Paid), &TELLER),
        Err(Code::CardBlacklisted)
    );
}

#[test]
fn a_loading_record_is_authorised_again_at_its_counter_only() {
    let loading = State::Loading { counter: 5 };
    let (_, decision) = authorise_at(&file(), loading, 1, init(5)).unwrap();
    assert_eq!(decision.record.state, loading);
    let refusal = |init| code(authorise_at(&file(), loading, 1, init));
    assert_eq!(refusal(init(4)), Some(Code::OldCounter));
    assert_eq!(refusal(init(6)), Some(Code::CounterMoved));
    assert_eq!(refusal(init(0xFFFF)), Some(Code::CounterMoved));
    let full = VerifiedInit {
        balance: LARGEST_BALANCE,
        ..init(6)
    };
    assert_eq!(
        refusal(full),
        Some(Code::CounterMoved),
        "what spent the counter comes first"
    );
}

#[test]
fn five_authorisations_are_made_at_one_counter() {
    let at = |earlier| code(authorise_at(&file(), State::Paid, earlier, init(5)));
    assert_eq!(at(4), None);
    assert_eq!(at(5), Some(Code::TooManyAuthorisations));
}

#[test]
fn no_money_is_entered_for_a_record_whose_counter_is_spent() {
    let mut file = file();
    let paid = |file: &CardFile| pay(file, &record(State::Created), 10_000, cash(), &TELLER, NOON);
    assert!(paid(&file).is_ok());
    file.card.proved_counter = 6;
    assert_eq!(paid(&file).err(), Some(Code::PaymentTooLate));
}

#[test]
fn a_supervisor_may_add_five_more() {
    let supervisor = Asker {
        supervisor: true,
        ..TELLER
    };
    let at = |earlier| {
        let record = record(State::Loading { counter: 5 });
        code(authorise(
            &file(),
            &record,
            earlier,
            &init(5),
            &supervisor,
            NOON,
        ))
    };
    assert_eq!(at(9), None);
    assert_eq!(at(10), Some(Code::TooManyAuthorisations));
}

#[test]
fn a_paid_record_is_written_only_where_the_book_explains_the_counter() {
    let at = |book, unexplained: &[u16]| {
        let mut file = file();
        file.card.book = book;
        file.unexplained = unexplained.to_vec();
        code(authorise_at(&file, State::Paid, 0, init(6)))
    };
    assert_eq!(at(None, &[]), Some(Code::BookOpen));
    assert_eq!(at(Some(5), &[]), Some(Code::BookOpen));
    assert_eq!(
        at(Some(6), &[]),
        None,
        "another system spent 5, and proved it"
    );
    // Nobody knows who spent 5: it may have been this record, before a backup was restored.
    assert_eq!(at(Some(6), &[5]), Some(Code::OnSupervisorList));
    // What was unexplained before the record was created is none of its business.
    assert_eq!(at(Some(6), &[3, 4]), None);
}

#[test]
fn nothing_is_authorised_while_the_card_stands_still() {
    let mut file = file();
    file.card.stopped = Some(CardStop::LostLoad);
    let paid = record(State::Paid);
    assert_eq!(
        may_authorise(&file.card, &paid, &TELLER),
        Err(Code::CardStopped)
    );
    assert_eq!(may_begin(&file, &TELLER, NOON), Err(Code::CardStopped));
}

#[test]
fn an_operator_opens_so_much_in_a_day() {
    let opened = |records, fen| {
        let day = Day {
            records,
            fen,
            ..TELLER.day
        };
        terms(&with_nonce(), 10_000, &Asker { day, ..TELLER }, NOON).err()
    };
    assert_eq!(opened(RECORDS_PER_DAY - 1, 0), None);
    assert_eq!(opened(RECORDS_PER_DAY, 0), Some(Code::LimitReached));
    assert_eq!(opened(1, FEN_PER_DAY - 10_000), None);
    assert_eq!(opened(1, FEN_PER_DAY - 9_999), Some(Code::LimitReached));
}

#[test]
fn an_old_counter_is_old_news_and_shown_freshly_an_alarm() {
    let file = with_nonce();
    let terms = terms(&file, 10_000, &TELLER, NOON).unwrap();
    let refused = |fresh| {
        let init = VerifiedInit { fresh, ..init(4) };
        create(&file, &terms, &init, "r".into(), &TELLER, NOON).unwrap_err()
    };
    assert_eq!(refused(false), Denied::from(Code::OldCounter));
    let alarm = refused(true);
    assert_eq!(alarm.code, Code::OldCounter);
    assert_eq!(alarm.writes, [Write::StopCard(CardStop::OldCounter)]);
}

#[test]
fn every_verified_init_is_remembered_and_a_repeated_random_for_ever() {
    let card = file().card;
    let first = init(5);
    assert_eq!(
        learned(&card, &first),
        [Write::ProveCounter(5), Write::SawInit(first)]
    );
    let repeated = VerifiedInit {
        seen: Seen::Repeated,
        ..first
    };
    assert!(learned(&card, &repeated).contains(&Write::MarkWeakRandom));
    let same = VerifiedInit {
        seen: Seen::Same,
        ..first
    };
    assert!(!learned(&card, &same).contains(&Write::MarkWeakRandom));
}

#[test]
fn nothing_is_authorised_above_the_balance() {
    let refusal = |init| code(authorise_at(&file(), State::Paid, 0, init));
    let full = VerifiedInit {
        balance: LARGEST_BALANCE,
        ..init(5)
    };
    assert_eq!(refusal(full), Some(Code::BalanceTooHigh));
}

#[test]
fn every_authorisation_of_a_card_is_later_than_all_before() {
    let second = |latest_second| {
        let file = CardFile {
            latest_second,
            ..file()
        };
        authorise_at(&file, State::Paid, 0, init(5))
            .unwrap()
            .0
            .second
    };
    let now = NOON / 1_000;
    assert_eq!(second(None), now);
    assert_eq!(second(Some(now - 1)), now);
    assert_eq!(second(Some(now)), now + 1);
    assert_eq!(
        second(Some(now + 3_600)),
        now + 3_601,
        "the clock was put back"
    );
}

fn proved() -> Authorisation {
    authorise_at(&file(), State::Paid, 0, init(5)).unwrap().0
}

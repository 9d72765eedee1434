//! Channels, what they hand in, and how it is found again.

use apdu_core::bcd::CardNumber;
use etc_api::{
    ApplicationFlaw, ApplicationState, BadApplication, Bank, LicensedBody, LicensedVehicle,
    NewApplication, TakenApplications,
};

use super::*;
use crate::ledger::{
    Application, Applied, Banks, CardKind, Lock, Origin, TurnedApplication, checked,
};

on_every_store! {
    a_channel_is_known_by_its_token_until_it_is_revoked
    nothing_comes_in_but_through_a_channel
    an_application_keeps_everything_it_was_handed_in_with
    a_batch_is_taken_once
    a_number_stands_for_one_application
    of_two_changes_one_is_made
    applications_are_found_by_what_is_asked
    a_list_goes_on_where_its_page_ended
    a_task_turns_an_application_once
    a_list_of_banks_takes_the_place_of_the_one_before
}

const CHANNEL: &str = "demo.channel";

/// The token of a channel that there is.
const TOKEN: TokenHash = [1; 32];

fn of_channel(event: Event) -> Entry {
    Entry {
        operator: "channel demo.channel".into(),
        card: None,
        ..entry(event)
    }
}

pub(in crate::store) async fn add_channel(store: &dyn Store) {
    let added = of_channel(Event::ChannelAdded);
    store.add_channel(CHANNEL, &TOKEN, &added).await.unwrap();
}

/// An application that is good.
pub(in crate::store) fn new(number: &str, plate: &str) -> NewApplication {
    NewApplication {
        number: number.into(),
        plate: plate.into(),
        plate_colour: 0,
        vehicle_class: 1,
        user_type: 0,
        card_type: 22,
        name: "张样例".into(),
        name_on_card: None,
        id_type: 101,
        id_number: "11010519491231002X".into(),
        phone: "13800000017".into(),
        bank: None,
        vehicle: None,
    }
}

/// A batch of these, handed in at this moment.
pub(in crate::store) fn batch(id: &str, at: i64, applications: Vec<NewApplication>) -> Batch {
    let of_id = id
        .bytes()
        .fold(0_u8, |sum, byte| sum.wrapping_mul(31) ^ byte);
    let lines = (1..).zip(applications).map(|(line, new)| Taken {
        id: format!("{id}.{line}"),
        line,
        valid: checked(&new).unwrap(),
        new,
    });
    Batch {
        id: id.into(),
        channel: CHANNEL.into(),
        mark: [of_id; 32],
        good: lines.collect(),
        bad: Vec::new(),
        entry: Entry {
            at,
            ..of_channel(Event::ApplicationsTaken)
        },
    }
}

pub(in crate::store) async fn take(store: &dyn Store, batch: &Batch) -> TakenApplications {
    store.take_batch(batch).await.unwrap()
}

/// Everything there is.
fn everything() -> ApplicationSearch {
    ApplicationSearch {
        of: None,
        plate: None,
        person: None,
        states: States::All,
        from: None,
        to: None,
        after: None,
        limit: 100,
    }
}

async fn found(store: &dyn Store, search: ApplicationSearch) -> Vec<String> {
    let found = store.find_applications(&search).await.unwrap();
    found.into_iter().map(|one| one.applied.id).collect()
}

async fn stored(store: &dyn Store, id: &str) -> Application {
    store.application(id).await.unwrap().unwrap()
}

async fn a_channel_is_known_by_its_token_until_it_is_revoked(store: &dyn Store) {
    let known = async |token| store.channel(token).await.unwrap();
    assert_eq!(known(&TOKEN).await, None);
    add_channel(store).await;
    assert_eq!(known(&TOKEN).await.as_deref(), Some(CHANNEL));
    assert_eq!(known(&[2; 32]).await, None);
    let noted = of_channel(Event::ChannelAdded);
    assert!(is_duplicate(
        store.add_channel(CHANNEL, &[2; 32], &noted).await
    ));
    assert!(is_duplicate(
        store.add_channel("other", &TOKEN, &noted).await
    ));
    let revoked = of_channel(Event::ChannelRevoked);
    assert!(!store.revoke_channel("other", &revoked).await.unwrap());
    assert!(store.revoke_channel(CHANNEL, &revoked).await.unwrap());
    assert!(!store.revoke_channel(CHANNEL, &revoked).await.unwrap());
    assert_eq!(known(&TOKEN).await, None);
    // Its applications still name it: the name is never another's.
    assert!(is_duplicate(
        store.add_channel(CHANNEL, &[3; 32], &noted).await
    ));
}

async fn nothing_comes_in_but_through_a_channel(store: &dyn Store) {
    let homeless = batch("a", 1_000, vec![new("1", "甘A12345")]);
    let refused = store.take_batch(&homeless).await;
    assert!(matches!(refused, Err(StoreError::Failed(_))), "{refused:?}");
    assert_eq!(found(store, everything()).await, [""; 0]);
    let answer = store.batch_answer(CHANNEL, &homeless.mark).await;
    assert_eq!(answer.unwrap(), None);
}

async fn an_application_keeps_everything_it_was_handed_in_with(store: &dyn Store) {
    add_channel(store).await;
    let body = LicensedBody::Truck {
        permitted_load: 10_000,
        curb_mass: 8_000,
        gross_mass: Some(18_000),
        vin: "LDEMO000000000041".into(),
    };
    let full = NewApplication {
        plate_colour: 1,
        vehicle_class: 12,
        user_type: 6,
        card_type: 23,
        name: "张\u{20021}例".into(),
        name_on_card: Some("张样".into()),
        bank: Some(Bank::Lanzhou),
        vehicle: Some(LicensedVehicle {
            length: 9_000,
            width: 2_500,
            height: 3_200,
            seats: 3,
            body,
        }),
        ..new("full", "甘A12345")
    };
    let both = batch("a", 7_000, vec![new("plain", "甘A12345"), full.clone()]);
    let expected = TakenApplications {
        new: 2,
        known: 0,
        bad: Vec::new(),
    };
    assert_eq!(take(store, &both).await, expected);
    let kept = Application {
        applied: Applied {
            id: "a.2".into(),
            plate: full.plate,
            plate_colour: 1,
            vehicle_class: 12,
            user_type: 6,
            kind: CardKind::Credit,
            name: full.name,
            name_on_card: full.name_on_card,
            id_type: 101,
            id_number: full.id_number,
            phone: full.phone,
            vehicle: both.good[1].valid.vehicle.clone(),
            bank: Some(Bank::Lanzhou),
            state: ApplicationState::Open,
            locked_by: None,
            has_bank_card: false,
            reopened_at: None,
            version: 0,
        },
        number: "full".into(),
        origin: Origin {
            channel: CHANNEL.into(),
            batch: "a".into(),
            line: 2,
            at: 7_000,
        },
    };
    assert!(kept.applied.vehicle.is_some());
    assert!(stored(store, "a.2").await == kept);
    let by_number = store.application_of_number(CHANNEL, "full").await;
    assert!(by_number.unwrap() == Some(kept));
    let plain = stored(store, "a.1").await.applied;
    assert!(plain.vehicle.is_none() && plain.name_on_card.is_none() && plain.bank.is_none());
    for (channel, number) in [(CHANNEL, "other"), ("other", "full")] {
        let none = store.application_of_number(channel, number).await;
        assert!(none.unwrap().is_none());
    }
    assert!(store.application("a.3").await.unwrap().is_none());
}

async fn a_batch_is_taken_once(store: &dyn Store) {
    add_channel(store).await;
    let mut first = batch("a", 1_000, vec![new("1", "甘A10001")]);
    first.bad = vec![BadApplication {
        line: 2,
        number: None,
        flaws: vec![ApplicationFlaw::Unreadable],
    }];
    let answer = take(store, &first).await;
    assert_eq!((answer.new, answer.bad.len()), (1, 1));
    let kept = store.batch_answer(CHANNEL, &first.mark).await.unwrap();
    assert_eq!(kept, Some(answer));
    let others = store.batch_answer("other", &first.mark).await;
    assert_eq!(others.unwrap(), None);
    // Whoever sends the same once more at the same moment is told to look again.
    let twin = Batch {
        id: "b".into(),
        ..first.clone()
    };
    assert!(is_duplicate(store.take_batch(&twin).await.map(|_| ())));
    assert_eq!(found(store, everything()).await, ["a.1"]);
}

async fn a_number_stands_for_one_application(store: &dyn Store) {
    add_channel(store).await;
    let one = new("1", "甘A10001");
    take(store, &batch("a", 1_000, vec![one.clone()])).await;
    let other = NewApplication {
        phone: "13900000017".into(),
        ..one.clone()
    };
    let fresh = new("2", "甘A10002");
    let second = vec![
        other.clone(),
        fresh.clone(),
        one,
        fresh.clone(),
        NewApplication {
            plate: "甘A10003".into(),
            ..fresh
        },
    ];
    let reused = |line, number: &str| BadApplication {
        line,
        number: Some(number.into()),
        flaws: vec![ApplicationFlaw::NumberReused],
    };
    let expected = TakenApplications {
        new: 1,
        known: 2,
        bad: vec![reused(1, "1"), reused(5, "2")],
    };
    assert_eq!(take(store, &batch("b", 2_000, second)).await, expected);
    assert_eq!(found(store, everything()).await, ["b.2", "a.1"]);
    assert_eq!(stored(store, "a.1").await.applied.phone, "13800000017");
}

async fn of_two_changes_one_is_made(store: &dyn Store) {
    add_channel(store).await;
    take(store, &batch("a", 1_000, vec![new("1", "甘A10001")])).await;
    let change = |version, state, locked_by: Option<(&str, i64)>| ApplicationChange {
        id: "a.1".into(),
        version,
        state,
        locked_by: locked_by.map(|(operator, until)| (operator.into(), until)),
    };
    let noted = Entry {
        card: None,
        ..entry(Event::ApplicationOpened)
    };
    let locked = change(0, ApplicationState::Open, Some(("demo.teller", 9_000)));
    store.change_application(&locked, &noted).await.unwrap();
    assert!(is_raced(store.change_application(&locked, &noted).await));
    let kept = stored(store, "a.1").await.applied;
    let lock = Lock {
        operator: "demo.teller".into(),
        name: "演示柜员".into(),
        until: 9_000,
    };
    assert_eq!((kept.version, kept.locked_by), (1, Some(lock)));
    let gone = change(1, ApplicationState::Withdrawn, None);
    store.change_application(&gone, &noted).await.unwrap();
    let kept = stored(store, "a.1").await.applied;
    assert_eq!((kept.state, kept.version), (ApplicationState::Withdrawn, 2));
    assert_eq!(kept.locked_by, None);
    let nowhere = ApplicationChange {
        id: "none".into(),
        ..gone
    };
    assert!(is_raced(store.change_application(&nowhere, &noted).await));
}

async fn applications_are_found_by_what_is_asked(store: &dyn Store) {
    add_channel(store).await;
    let bank = |number: &str, plate: &str, bank| NewApplication {
        bank: Some(bank),
        ..new(number, plate)
    };
    let first = vec![
        new("1", "甘A10001"),
        NewApplication {
            plate_colour: 1,
            ..new("2", "甘A10001")
        },
        bank("3", "甘A10003", Bank::Lanzhou),
    ];
    take(store, &batch("a", 1_000, first)).await;
    let second = vec![
        NewApplication {
            id_number: "620000190001010063".into(),
            ..new("4", "甘A10004")
        },
        NewApplication {
            phone: "13900000017".into(),
            ..bank("5", "甘A10005", Bank::Icbc)
        },
        new("6", "甘A10006"),
    ];
    take(store, &batch("b", 2_000, second)).await;
    let withdrawn = ApplicationChange {
        id: "b.3".into(),
        version: 0,
        state: ApplicationState::Withdrawn,
        locked_by: None,
    };
    let noted = of_channel(Event::ApplicationWithdrawn);
    store.change_application(&withdrawn, &noted).await.unwrap();

    let asked = async |change: &dyn Fn(&mut ApplicationSearch)| {
        let mut search = everything();
        change(&mut search);
        found(store, search).await.join(" ")
    };
    let of = async |bank| asked(&|search| search.of = Some(bank)).await;
    assert_eq!(of(None).await, "b.1 b.3 a.1 a.2");
    assert_eq!(of(Some(Bank::Lanzhou)).await, "a.3");
    assert_eq!(of(Some(Bank::Psbc)).await, "");
    let plate = async |plate: &str, colour| {
        asked(&|search| search.plate = Some((plate.into(), colour))).await
    };
    assert_eq!(plate("甘A10001", 0).await, "a.1");
    assert_eq!(plate("甘A10001", 1).await, "a.2");
    assert_eq!(plate("甘A10001", 4).await, "");
    let states = async |states| asked(&|search| search.states = states).await;
    assert_eq!(states(States::Unfinished).await, "b.1 b.2 a.1 a.2 a.3");
    let only = async |state| states(States::Only(state)).await;
    assert_eq!(only(ApplicationState::Withdrawn).await, "b.3");
    assert_eq!(only(ApplicationState::Issued).await, "");
    let between = async |from, to| asked(&|search| (search.from, search.to) = (from, to)).await;
    assert_eq!(between(Some(1_001), None).await, "b.1 b.2 b.3");
    assert_eq!(between(Some(1_000), Some(2_000)).await, "a.1 a.2 a.3");
    assert_eq!(between(None, Some(1_000)).await, "");
    let of_id = Sought::IdNumber("620000190001010063".into());
    assert_eq!(
        asked(&|search| search.person = Some(of_id.clone())).await,
        "b.1"
    );
    let of_phone = Sought::Phone("13900000017".into());
    let with_phone = |search: &mut ApplicationSearch| search.person = Some(of_phone.clone());
    assert_eq!(asked(&with_phone).await, "b.2");
    // The digits of one kind of number are no other kind's.
    let other = Sought::IdNumber("13900000017".into());
    assert_eq!(
        asked(&|search| search.person = Some(other.clone())).await,
        ""
    );
    let both = async |bank| {
        asked(&|search| {
            with_phone(search);
            search.of = Some(bank);
        })
        .await
    };
    assert_eq!(both(Some(Bank::Icbc)).await, "b.2");
    assert_eq!(both(None).await, "");
}

async fn a_list_goes_on_where_its_page_ended(store: &dyn Store) {
    add_channel(store).await;
    let numbered = |batch: &str, line: usize| new(&format!("{batch}-{line}"), "甘A10001");
    let many = |id: &str, at| batch(id, at, (0..12).map(|line| numbered(id, line)).collect());
    // Two of them at the same moment; their names stand the other way round.
    for (id, at) in [("c", 2_000), ("b", 1_000), ("a", 2_000)] {
        take(store, &many(id, at)).await;
    }
    let of_batch = |id| (1..=12).map(move |line| format!("{id}.{line}"));
    let expected: Vec<String> = ["a", "c", "b"].into_iter().flat_map(of_batch).collect();
    for limit in [1, 5, 12, 36] {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let search = ApplicationSearch {
                after: after.clone(),
                limit,
                ..everything()
            };
            let page = store.find_applications(&search).await.unwrap();
            let Some(last) = page.last() else {
                break;
            };
            assert!(page.len() <= limit as usize);
            after = Some(Place::from(&last.origin));
            all.extend(page.into_iter().map(|one| one.applied.id));
        }
        assert_eq!(all, expected, "{limit} a page");
    }
    // A page is found as well where its last line was one of another search.
    let behind = ApplicationSearch {
        after: Some(Place {
            at: 1_500,
            batch: "none".into(),
            line: 1,
        }),
        limit: 1,
        ..everything()
    };
    assert_eq!(found(store, behind).await, ["b.1"]);
}

async fn a_task_turns_an_application_once(store: &dyn Store) {
    add_channel(store).await;
    take(store, &batch("a", 1_000, vec![new("1", "甘A10001")])).await;
    let turned = |version, state, card: Option<CardNumber>| TurnedApplication {
        id: "a.1".into(),
        version,
        state,
        bank_card: None,
        card,
        reopened_at: None,
    };
    let turn = async |turned| write(store, CARD, vec![Write::TurnApplication(turned)]).await;
    let begun = TurnedApplication {
        bank_card: Some("6221390000000013".into()),
        reopened_at: Some(5_000),
        ..turned(0, ApplicationState::Begun, None)
    };
    turn(begun.clone()).await.unwrap();
    assert!(is_raced(turn(begun).await));
    let kept = stored(store, "a.1").await.applied;
    assert_eq!((kept.state, kept.version), (ApplicationState::Begun, 1));
    assert!(kept.has_bank_card);
    assert_eq!(kept.reopened_at, Some(5_000));
    // Of a lost race nothing is left: the card was not changed either.
    let before = file(store, CARD).await;
    let late = vec![
        Write::MarkWeakRandom,
        Write::TurnApplication(turned(0, ApplicationState::Issued, Some(number(CARD)))),
    ];
    assert!(is_raced(write(store, CARD, late).await));
    assert_eq!(file(store, CARD).await, before);
    let issued = turned(1, ApplicationState::Issued, Some(number(CARD)));
    turn(issued).await.unwrap();
    let kept = stored(store, "a.1").await.applied;
    assert_eq!((kept.state, kept.version), (ApplicationState::Issued, 2));
    assert!(kept.has_bank_card, "the bank card stays");
}

async fn a_list_of_banks_takes_the_place_of_the_one_before(store: &dyn Store) {
    let known = store.banks().await.unwrap();
    assert!(!known.0.is_empty());
    let own = Banks(vec![
        ("622139".into(), Bank::Icbc),
        ("9".into(), Bank::Lanzhou),
    ]);
    let noted = Entry {
        operator: "-".into(),
        ..of_channel(Event::BanksReplaced)
    };
    for list in [&own, &Banks(own.0[..1].to_vec())] {
        store.replace_banks(list, &noted).await.unwrap();
        assert_eq!(&store.banks().await.unwrap(), list);
    }
    store
        .replace_banks(&Banks::default(), &noted)
        .await
        .unwrap();
    assert_eq!(store.banks().await.unwrap(), known);
}

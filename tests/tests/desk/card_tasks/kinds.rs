//! Cards that are not like `card-new`, the bank card that pays, and cards that are not what their record says.

use etc_api::Bank;
use etc_backend::store::StockCard;

use super::*;

/// An application at 兰州银行 for a credit card.
fn at_bank(id: &str, plate: &str) -> Applied {
    Applied {
        bank: Some(Bank::Lanzhou),
        kind: CardKind::Credit,
        ..applied_at(id, plate, "demo.bank")
    }
}

fn paid_by(application: &str, bank_card: &str) -> Value {
    let mut work = issue(application, "new");
    work["bank_card"] = bank_card.into();
    work
}

/// Fifty bytes, a fill of FF and a PIN in BCD; what it is to hold was written down with Python's GBK.
#[tokio::test]
async fn the_long_form_with_the_other_fill_is_issued_at_a_bank() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.bank").await;
    bench.store.add_application(at_bank("a", "甘A30001"));
    let mut desk = Desk::new(&teller, "card-new-2");
    desk.card.verify = "0020000003123456".into();
    desk.begin(issue("a", "new"))
        .await
        .refused(Code::BankCardMissing);
    for (bank_card, code) in [
        ("6221390000000031", Code::BankCardInvalid),
        ("622139000000001", Code::BankCardInvalid),
        ("62213900000000130000", Code::BankCardInvalid),
        ("6221390000000O13", Code::BankCardInvalid),
        ("", Code::BankCardInvalid),
        ("6222020000000015", Code::BankCardOfOther),
        ("4111111111111111", Code::BankCardOfOther),
    ] {
        desk.begin(paid_by("a", bank_card)).await.refused(code);
    }
    assert_eq!(bench.store.card_jobs(), []);
    let begun = desk.begin(paid_by("a", "6221390000000013")).await.ok();
    let pin = &begun["presence"]["pin"];
    assert_eq!(*pin, json!({ "form": "bcd3", "digits": "123456" }));
    // The number is in the records by now; torn work goes on without it.
    let told = desk.through(issue("a", "new")).await;
    assert_eq!(told["validity"], json!(["2026-06-01", "2036-05-31"]));
    assert_eq!(
        encode(desk.card.card.issue_file()),
        "B8CACBE0620100011740620122012301000001652026060120360531B8CA41333030303100000000\
         000001FFFFFFFFFFFFFF"
    );
    assert_eq!(
        encode(desk.card.card.holder_file()),
        "0000D5C5D1F9C0FD00FFFFFFFFFFFFFFFFFFFFFFFFFF363230303030313930303031303130303137\
         00FFFFFFFFFFFFFFFFFFFFFFFFFF65"
    );
}

#[tokio::test]
async fn an_own_outlet_takes_no_bank_card() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    bench.store.add_application(applied("a", "甘A90001"));
    let mut desk = Desk::new(&teller, NEW);
    let begun = desk.begin(paid_by("a", "6221390000000013")).await;
    begun.refused(Code::BadRequest);
    desk.through(issue("a", "new")).await;
    // A bank does not see the applications of own outlets.
    let bank = bench.counter("demo.bank").await;
    bench
        .store
        .add_application(applied_at("b", "甘A90002", "demo.bank"));
    Desk::new(&bank, "card-new-2")
        .begin(paid_by("b", "6221390000000013"))
        .await
        .refused(Code::ApplicationUnknown);
}

#[tokio::test]
async fn a_card_that_cannot_prove_that_it_is_here_gets_whole_files_all_the_same() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    bench.store.add_application(applied("a", "甘A90001"));
    let mut desk = Desk::new(&teller, "card-new-3");
    let begun = desk.begin(issue("a", "new")).await.ok();
    assert_eq!(begun["presence"], Value::Null);
    let told = desk.through(issue("a", "new")).await;
    assert_eq!(told["task"]["plate"], "甘A90001");
    assert_eq!(outcomes(&bench.store), [Outcome::Verified]);
}

#[tokio::test]
async fn a_card_that_is_not_what_its_record_says_is_not_written() {
    let bench = bench_with([1]).await;
    let teller = bench.counter("demo.teller").await;
    bench.store.add_application(applied("a", "甘A90001"));
    type Twist = fn(&mut Personalisation);
    let twists: [(Twist, Code); 5] = [
        (|card| card.issuer_id[7] = 0x02, Code::CardOfElsewhere),
        (|card| card.version = 0x41, Code::CardOfElsewhere),
        (|card| card.card_type = 23, Code::WrongCardType),
        // Somebody has issued it already.
        (
            |card| card.plate = b"\xB8\xCAA77777".to_vec(),
            Code::CardTaken,
        ),
        (
            |card| card.start = [0x20, 0x24, 0x01, 0x15],
            Code::CardTaken,
        ),
    ];
    for (twist, code) in twists {
        let mut person = Personalisation::factory(blank_number(1));
        twist(&mut person);
        let card = Plastic::of(TollCard::new(&person, Knobs::default(), 1));
        let desk = Desk::of(&teller, card);
        desk.begin(issue("a", "new")).await.refused(code);
    }
    // Of another network; and with a file that names another card.
    let mut desk = Desk::of(&teller, blank(1));
    let mut issue_file = desk.card.card.issue_file().to_vec();
    issue_file[10] = 0x63;
    let begin = |number: &str| {
        let card = json!({ "number": number, "issue": encode(&issue_file) });
        json!({ "work": issue("a", "new"), "card": card })
    };
    let abroad = begin(&format!("63{}", &desk.card.number[2..]));
    let refused = teller.post("/card-tasks", abroad).await;
    refused.refused(Code::CardOfElsewhere);
    let other = begin(&desk.card.number);
    let refused = teller.post("/card-tasks", other).await;
    refused.refused(Code::OtherCard);
    // The length of file 0015 is the record's.
    let long = format!("{}{}", desk.issue_file(), "00".repeat(7));
    let card = json!({ "number": desk.card.number, "issue": long });
    let body = json!({ "work": issue("a", "new"), "card": card });
    let refused = teller.post("/card-tasks", body).await;
    refused.refused(Code::DoesNotFitCard);
    desk.through(issue("a", "new")).await;
}

#[tokio::test]
async fn a_card_of_the_central_stock_waits_to_be_handed_out() {
    let bench = Bench::with(|stock| {
        let is_new = |one: &&mut StockCard| one.card.number.to_string().ends_with("0157");
        let new = stock.cards.iter_mut().find(is_new).unwrap();
        new.card.stock.outlet = None;
    })
    .await;
    let teller = bench.counter("demo.teller").await;
    bench.store.add_application(applied("a", "甘A90001"));
    let desk = Desk::new(&teller, NEW);
    desk.begin(issue("a", "new"))
        .await
        .refused(Code::CardNotInStock);
}

#[tokio::test]
async fn an_application_that_was_withdrawn_or_served_meanwhile_signs_nothing() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    for (state, code) in [
        (ApplicationState::Withdrawn, Code::ApplicationWithdrawn),
        (ApplicationState::Issued, Code::ApplicationIssued),
    ] {
        bench.store.add_application(applied("a", "甘A90001"));
        let mut desk = Desk::new(&teller, NEW);
        let task = desk.begin(issue("a", "new")).await.ok();
        let told = desk.show(&task).await.ok();
        bench.store.add_application(Applied {
            state,
            ..applied("a", "甘A90001")
        });
        let refused = desk.sign(&told["task"], "holder").await;
        refused.refused(code);
    }
    assert_eq!(bench.store.attempts(), []);
}

/// The command is that of the card's own challenge: nobody else's card takes it.
#[tokio::test]
async fn a_signed_command_is_good_for_one_card_and_one_challenge() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    bench.store.add_application(applied("a", "甘A90001"));
    let mut desk = Desk::new(&teller, NEW);
    let task = desk.begin(issue("a", "new")).await.ok();
    let told = desk.show(&task).await.ok();
    let signed = desk.sign(&told["task"], "holder").await.ok();
    let command = signed["command"].as_str().unwrap().to_owned();
    let mut other = Plastic::new(OTHER_NEW);
    other.apdu("00A40000023F00");
    other.apdu("0084000004");
    assert_eq!(other.raw(&command), "6988");
    desk.card.apdu(&command);
    // Word for word the same once more: its challenge is spent.
    let again = desk.card.raw(&command);
    assert!(again.starts_with("69"), "{again}");
}

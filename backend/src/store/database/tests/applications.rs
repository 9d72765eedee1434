//! What is enforced about applications by the database itself, and that personal data lie in it sealed.

use etc_api::ApplicationState;

use super::*;
use crate::demo;
use crate::ledger::TurnedApplication;
use crate::store::suite::applications::{add_channel, batch, new, take};
use crate::store::{ApplicationStore, Sought};

on_both_databases! {
    an_application_comes_through_its_channel_or_not_at_all
    personal_data_lie_sealed
    personal_data_open_with_their_key_only
    holders_in_plain_text_are_sealed_at_the_next_start
}

/// What is told apart from everything else in a database.
const NAME: &str = "欧阳样例";
const ID_NUMBER: &str = "440524188001010014";
const PHONE: &str = "18993100017";
const BANK_CARD: &str = "6221390000000013";

/// An application that was handed in and begun, with a bank card, and issued to a card.
async fn issued(store: &DatabaseStore) {
    add_channel(store).await;
    let mut applied = new("1", "甘A10001");
    applied.name = NAME.into();
    applied.id_number = ID_NUMBER.into();
    applied.phone = PHONE.into();
    take(store, &batch("a", 1_000, vec![applied])).await;
    let turned = |version, state, card, bank_card: Option<&str>| {
        vec![Write::TurnApplication(TurnedApplication {
            id: "a.1".into(),
            version,
            state,
            bank_card: bank_card.map(str::to_owned),
            card,
            reopened_at: None,
        })]
    };
    let begun = turned(0, ApplicationState::Begun, None, Some(BANK_CARD));
    write(store, CARD, begun).await.unwrap();
    let card = Some(number(CARD));
    let issued = turned(1, ApplicationState::Issued, card, None);
    write(store, CARD, issued).await.unwrap();
}

/// How many rows a table has.
async fn rows_of(store: &DatabaseStore, rows: &'static str) -> usize {
    let rows = store.database.all(sql(rows), |_| Ok(())).await;
    rows.unwrap().len()
}

async fn an_application_comes_through_its_channel_or_not_at_all(scratch: &Scratch) {
    let store = scratch.open().await;
    seed(&store).await;
    add_channel(&store).await;
    store
        .add_channel("other", &[2; 32], &entry(Event::ChannelAdded))
        .await
        .unwrap();
    take(&store, &batch("a", 1_000, vec![new("1", "甘A10001")])).await;

    // A row like the one that is there, but for where it came from.
    let like = |origin: &'static str| {
        sql(
            "INSERT INTO application (id, number, content, plate, plate_colour, vehicle_class, \
             user_type, card_type, bank, person, id_mark, phone_mark, state, version, at, channel, \
             batch, line) SELECT 'x', 'x', content, plate, plate_colour, vehicle_class, \
             user_type, card_type, bank, person, id_mark, phone_mark, state, version, at, ",
        )
        .more(origin)
        .more(" FROM application WHERE id = 'a.1'")
    };
    for without in [
        "NULL, 'a', 2",
        "'nobody', 'a', 2",
        "'demo.channel', NULL, 2",
        "'demo.channel', 'none', 2",
        // The batch is another channel's.
        "'other', 'a', 2",
        "'demo.channel', 'a', NULL",
        // The line is taken.
        "'demo.channel', 'a', 1",
    ] {
        let refused = store.database.execute(like(without)).await;
        assert!(refused.is_err(), "{without}");
    }
    for forbidden in [
        "DELETE FROM application",
        "UPDATE application SET channel = 'other'",
        "UPDATE application SET batch = 'b'",
        "UPDATE application SET line = 2",
        "UPDATE application SET at = 2",
        "UPDATE application SET number = '2'",
        "DELETE FROM application_batch",
        "UPDATE application_batch SET channel = 'other'",
        "DELETE FROM channel WHERE name = 'demo.channel'",
    ] {
        let refused = store.database.execute(sql(forbidden)).await;
        assert!(refused.is_err(), "{forbidden}");
    }
    // The same row with its origin is one.
    let whole = like("'demo.channel', 'a', 2");
    assert_eq!(store.database.execute(whole).await.unwrap(), 1);
    assert_eq!(rows_of(&store, "SELECT id FROM application").await, 2);
    store.close().await;
}

/// All bytes that lie in the database: SQLite's files, or PostgreSQL's rows as text with bytes in hex.
async fn all_bytes(scratch: &Scratch) -> Vec<u8> {
    match scratch {
        Scratch::Sqlite(file) => {
            let folder = std::fs::read_dir(file.0.parent().unwrap()).unwrap();
            let files = folder.map(|one| std::fs::read(one.unwrap().path()).unwrap());
            files.collect::<Vec<_>>().concat()
        }
        Scratch::Postgres(name) => {
            let mut server = PgConnection::connect(&url(name)).await.unwrap();
            let tables: Vec<String> = sqlx::query_scalar(
                "SELECT table_name::text FROM information_schema.tables \
                 WHERE table_schema = 'public'",
            )
            .fetch_all(&mut server)
            .await
            .unwrap();
            assert!(tables.contains(&"application".to_owned()), "{tables:?}");
            let mut all = Vec::new();
            for table in tables {
                let rows = format!("SELECT one::text FROM {table} AS one");
                let rows = sqlx::query_scalar(AssertSqlSafe(rows));
                let rows: Vec<String> = rows.fetch_all(&mut server).await.unwrap();
                all.extend(rows.concat().into_bytes());
            }
            server.close().await.unwrap();
            all
        }
    }
}

fn has(all: &[u8], text: &str) -> bool {
    let hex = apdu_core::hex::encode(text.as_bytes());
    let lower = hex.to_lowercase();
    [text, &hex, &lower]
        .iter()
        .any(|text| all.windows(text.len()).any(|part| part == text.as_bytes()))
}

async fn personal_data_lie_sealed(scratch: &Scratch) {
    let store = scratch.open().await;
    seed(&store).await;
    issued(&store).await;
    store.close().await;
    let all = all_bytes(scratch).await;
    // What is no secret is found, so that the rest would be.
    for plain in ["甘A10001", "demo.channel"] {
        assert!(has(&all, plain), "{plain}");
    }
    for secret in [NAME, ID_NUMBER, PHONE, BANK_CARD] {
        assert!(!has(&all, secret), "{secret}");
    }
    // Those of the cards that were imported do neither.
    for card in demo::stock("hash".into()).unwrap().cards {
        if let Some(holder) = card.holder {
            for secret in [holder.name, holder.id_number, holder.phone] {
                assert!(!has(&all, &secret), "{secret}");
            }
        }
    }
}

async fn personal_data_open_with_their_key_only(scratch: &Scratch) {
    let store = scratch.open().await;
    seed(&store).await;
    issued(&store).await;
    store.close().await;
    let store = scratch.open().await;
    let person = async |store: &DatabaseStore| {
        let one = store.application("a.1").await?.unwrap().applied;
        Ok::<_, StoreError>([one.name, one.id_number, one.phone])
    };
    assert_eq!(person(&store).await.unwrap(), [NAME, ID_NUMBER, PHONE]);
    store.close().await;

    let other = Personal::new(&[8; 32]);
    let store = scratch.open_with(Some(other)).await;
    assert!(person(&store).await.is_err());
    let by_id = crate::store::ApplicationSearch {
        of: None,
        plate: None,
        person: Some(Sought::IdNumber(ID_NUMBER.into())),
        states: crate::store::States::All,
        from: None,
        to: None,
        after: None,
        limit: 10,
    };
    let found = store.find_applications(&by_id).await.unwrap();
    assert!(found.is_empty(), "another key's marks find nothing");
    store.close().await;

    let store = scratch.open_with(None).await;
    assert!(person(&store).await.is_err());
    let taken = batch("b", 2_000, vec![new("2", "甘A10002")]);
    assert!(store.take_batch(&taken).await.is_err());
    assert_eq!(rows_of(&store, "SELECT id FROM application").await, 1);
    store.close().await;
}

/// More rows than are moved in one transaction.
const HOLDERS: usize = 1_001;

async fn holders_in_plain_text_are_sealed_at_the_next_start(scratch: &Scratch) {
    let store = scratch.open_with(None).await;
    let mut stock = demo::stock("hash".into()).unwrap();
    stock.cards.iter_mut().for_each(|card| card.holder = None);
    let like = stock.cards[0].clone();
    for at in 0..HOLDERS {
        let mut card = like.clone();
        card.card.number = number(&format!("620122012601{at:08}"));
        stock.cards.push(card);
    }
    store.add(&stock).await.unwrap();
    // As the backend before this one has left them.
    let mut transaction = store
        .database
        .begin(connection::Durability::Flushed)
        .await
        .unwrap();
    for at in 0..HOLDERS {
        let row = statement::insert("holder")
            .with("card", format!("620122012601{at:08}"))
            .with("name", NAME)
            .with("id_type", "101")
            .with("id_number", ID_NUMBER)
            .with("phone", PHONE);
        transaction.execute(row).await.unwrap();
    }
    transaction.end(Ok(())).await.unwrap();
    store.close().await;
    assert!(has(&all_bytes(scratch).await, ID_NUMBER));

    let store = scratch.open().await;
    assert_eq!(rows_of(&store, "SELECT card FROM holder").await, 0);
    let sealed = "SELECT card FROM card_holder";
    assert_eq!(rows_of(&store, sealed).await, HOLDERS);
    // Each is found by its mark, and opens in its own row.
    let personal = Personal::new(&[7; 32]);
    let mark = personal.mark(crate::keys::personal::Kind::IdNumber, ID_NUMBER.as_bytes());
    let found = sql("SELECT * FROM card_holder WHERE id_mark = $1").bind(&mark);
    let found = store
        .database
        .all(found, |row| Ok((row.text("card")?, row.blob("person")?)));
    let found = found.await.unwrap();
    assert_eq!(found.len(), HOLDERS);
    for (card, person) in found {
        let opened = personal.open(&format!("holder of card {card}"), &person);
        let opened = String::from_utf8(opened.unwrap().to_vec()).unwrap();
        for value in [NAME, ID_NUMBER, PHONE] {
            assert!(opened.contains(value), "{card}");
        }
    }
    store.close().await;
    scratch.open().await.close().await;
    assert!(!has(&all_bytes(scratch).await, ID_NUMBER));
}

use etc_api::OutletKind;

use super::*;
use crate::import;

on_every_store! {
    what_is_added_is_found
    nothing_is_added_when_one_row_is_wrong
    a_card_keeps_everything_it_was_added_with
}

async fn what_is_added_is_found(store: &dyn Store) {
    let outlet = store.outlet("LB01").await.unwrap().unwrap();
    assert_eq!(
        (outlet.name.as_str(), outlet.kind),
        ("兰州银行城关支行", OutletKind::Bank)
    );
    assert_eq!(store.outlet("XX").await.unwrap(), None);
    assert_eq!(store.terminals("LZ01").await.unwrap(), [[1, 2, 3, 4, 5, 6]]);
    let operator = store.operator("demo.supervisor").await.unwrap().unwrap();
    assert_eq!(
        (operator.role, operator.outlet.as_str()),
        (Role::Supervisor, "LZ01")
    );
    assert!(store.operator("nobody").await.unwrap().is_none());
    assert!(store.now().await.unwrap() >= 1_000);
}

async fn nothing_is_added_when_one_row_is_wrong(store: &dyn Store) {
    let new = Terminal {
        number: [9; 6],
        outlet: "LZ01".into(),
    };
    let nowhere = Terminal {
        number: [8; 6],
        outlet: "XX".into(),
    };
    let stock = Stock {
        terminals: vec![new.clone(), nowhere],
        ..Stock::default()
    };
    assert!(matches!(
        store.add(&stock).await,
        Err(StoreError::Failed(_))
    ));
    let twice = Stock {
        terminals: vec![new.clone(), new],
        ..Stock::default()
    };
    let error = store.add(&twice).await.unwrap_err();
    assert_eq!(error.to_string(), "terminal 090909090909 exists");
    assert_eq!(store.terminals("LZ01").await.unwrap().len(), 1);
}

async fn a_card_keeps_everything_it_was_added_with(store: &dyn Store) {
    let text = "number,card_type,version,start,expiry,plate,plate_colour,vehicle_class,status,\
                issue_file_length,pin_form,pin,prove_counter,load_key_index,refuses_one_fen,\
                refuses_odd_terminals\n\
                62019999999999999999,23,50,20240115,20340114,甘Z99999,4,12,lost,50,bcd3,654321,\
                before,41,yes,yes\n";
    let cards = import::cards(text).unwrap();
    let card = cards[0].card.clone();
    store
        .add(&Stock {
            cards,
            ..Stock::default()
        })
        .await
        .unwrap();
    assert_eq!(
        store.card_file(card.number).await.unwrap().unwrap().card,
        card
    );
    let unknown = number("62010000000000000000");
    assert_eq!(store.card_file(unknown).await.unwrap(), None);
}

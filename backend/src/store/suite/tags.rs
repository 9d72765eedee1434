use apdu_core::obu::{ContractSerial, TagProfile, Unit};

use super::*;
use crate::import;
use crate::ledger::{Chaining, Reading, Tag, VehicleCipher};

on_every_store! {
    a_tag_is_found_by_either_of_its_numbers
    a_tag_keeps_everything_it_was_added_with
    no_two_tags_share_a_number
    a_reading_ends_once_and_for_its_operator_only
    a_new_reading_ends_the_one_before
    tags_have_audit_chains_of_their_own
}

const TAG: &str = "6201230100010017";

fn serial(text: &str) -> ContractSerial {
    text.parse().unwrap()
}

fn reading(last: u8) -> Reading {
    Reading {
        tag: serial(TAG),
        random: [1, 2, 3, 4, 5, 6, 7, last],
        operator: "demo.teller".into(),
        began_at: 1_000,
    }
}

async fn begin(store: &dyn Store, reading: &Reading) {
    let entry = Entry {
        card: None,
        ..entry(Event::TagSighted(reading.tag))
    };
    store.begin_reading(reading, &entry).await.unwrap();
}

async fn add(store: &dyn Store, tags: Vec<Tag>) -> Result<(), StoreError> {
    let stock = Stock {
        tags,
        ..Stock::default()
    };
    store.add(&stock).await
}

async fn a_tag_is_found_by_either_of_its_numbers(store: &dyn Store) {
    let tag = store.tag(serial(TAG)).await.unwrap().unwrap();
    assert_eq!(tag.sn, "6210230100010017");
    assert_eq!(store.tag_of_sn(&tag.sn).await.unwrap(), Some(tag));
    assert_eq!(store.tag_of_sn(TAG).await.unwrap(), None);
    let unknown = serial("6201230100009999");
    assert_eq!(store.tag(unknown).await.unwrap(), None);
}

async fn a_tag_keeps_everything_it_was_added_with(store: &dyn Store) {
    let text = "serial,sn,issuer,version,status,signed,expiry,plate,plate_colour,vehicle_class,\
                vehicle_length,truck_unit,des_key,sm4_key,chaining,random_returns\n\
                6201239900000001,6210239900000001,B8CACBE062010001,50,lost,20240115,20340114,\
                甘Z99999,4,12,59,mm,02,40,cbc,no\n\
                6201239900000002,6210239900000002,B8CACBE062010001,16,,,,,,,,,,,,\n";
    let tags = import::tags(text).unwrap();
    add(store, tags.clone()).await.unwrap();
    for tag in &tags {
        assert_eq!(store.tag(tag.serial).await.unwrap().as_ref(), Some(tag));
    }
    assert_eq!(
        tags[0].profile,
        TagProfile {
            vehicle_length: 59,
            truck_unit: Unit::Millimetre,
            des_key: 2,
            sm4_key: Some(0x40),
        }
    );
    let unlike = VehicleCipher {
        chaining: Chaining::Cbc,
        random_returns: false,
    };
    assert_eq!(tags[0].cipher, unlike);
    assert_eq!(tags[1].issued, None);
}

async fn no_two_tags_share_a_number(store: &dyn Store) {
    let tag = store.tag(serial(TAG)).await.unwrap().unwrap();
    let other = Tag {
        serial: serial("6201239900000003"),
        ..tag.clone()
    };
    assert!(is_duplicate(add(store, vec![tag]).await));
    let same_sn = add(store, vec![other.clone()]).await;
    assert_eq!(
        same_sn.unwrap_err().to_string(),
        "tag 6201239900000003 exists"
    );
    assert_eq!(store.tag(other.serial).await.unwrap(), None);
}

async fn a_reading_ends_once_and_for_its_operator_only(store: &dyn Store) {
    begin(store, &reading(1)).await;
    let others = [
        reading(2),
        Reading {
            operator: "demo.bank".into(),
            ..reading(1)
        },
        Reading {
            tag: serial("6201230100010025"),
            ..reading(1)
        },
    ];
    for other in others {
        assert!(!store.end_reading(&other, 0).await.unwrap());
    }
    let too_late = store.end_reading(&reading(1), 1_000).await.unwrap();
    assert!(!too_late);
    assert!(store.end_reading(&reading(1), 999).await.unwrap());
    assert!(!store.end_reading(&reading(1), 999).await.unwrap());
}

async fn a_new_reading_ends_the_one_before(store: &dyn Store) {
    begin(store, &reading(1)).await;
    begin(store, &reading(2)).await;
    assert!(!store.end_reading(&reading(1), 0).await.unwrap());
    assert!(store.end_reading(&reading(2), 0).await.unwrap());
}

async fn tags_have_audit_chains_of_their_own(store: &dyn Store) {
    begin(store, &reading(1)).await;
    begin(store, &reading(2)).await;
    let heads = store.audit_heads(0, i64::MAX).await.unwrap();
    let chain = format!("tag {TAG}");
    let head = heads.iter().find(|one| one.line.chain == chain);
    let line = &head.unwrap().line;
    assert_eq!((line.number, line.event.as_str()), (2, "tag-sighted"));
    assert_eq!(line.card, None);
}

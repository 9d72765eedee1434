//! The kill switch stops what it names, and nothing else.

use super::*;

fn stopped(scope: Scope, outlet: &str, own: bool) -> Option<Code> {
    let switches = Switches(vec![Switch {
        id: "s".into(),
        scope,
        reason: "test".into(),
        operator: "supervisor".into(),
        at: NOON,
    }]);
    let asker = Asker {
        switches: &switches,
        outlet,
        own,
        ..TELLER
    };
    let paid = record(State::Paid);
    let authorise = may_authorise(&file().card, &paid, &asker).err();
    if own {
        assert_eq!(may_begin(&file(), &asker, NOON).err(), authorise);
    }
    authorise
}

#[test]
fn loads_stop_by_province_bank_outlet_card_range_and_key() {
    let stop = Some(Code::LoadsStopped);
    let number = |text: &str| text.parse().unwrap();
    assert_eq!(stopped(Scope::Province("6201".into()), "LZ01", true), stop);
    assert_eq!(stopped(Scope::Province("6301".into()), "LZ01", true), None);
    assert_eq!(stopped(Scope::Banks, "LB01", false), stop);
    assert_eq!(stopped(Scope::Banks, "LZ01", true), None);
    assert_eq!(stopped(Scope::Outlet("LZ01".into()), "LZ01", true), stop);
    assert_eq!(stopped(Scope::Outlet("TS01".into()), "LZ01", true), None);
    let range = |first, last| Scope::Cards(number(first), number(last));
    let around = range("62012201230100000010", "62012201230100000017");
    assert_eq!(stopped(around, "LZ01", true), stop);
    let beyond = range("62012201230100000018", "62012201230100000020");
    assert_eq!(stopped(beyond, "LZ01", true), None);
    assert_eq!(stopped(Scope::KeyIndex(1), "LZ01", true), stop);
    assert_eq!(stopped(Scope::KeyIndex(2), "LZ01", true), None);
}

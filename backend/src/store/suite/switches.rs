use super::*;
use crate::ledger::Scope;

on_every_store! {
    a_switch_is_thrown_and_lifted
    switches_are_found_the_oldest_first
}

fn switch(id: &str, at: i64, scope: Scope) -> Switch {
    Switch {
        id: id.into(),
        scope,
        reason: "密钥泄露".into(),
        operator: "demo.supervisor".into(),
        at,
    }
}

async fn throw(store: &dyn Store, switch: &Switch) -> Result<(), StoreError> {
    let entry = entry(Event::SwitchThrown);
    store.throw_switch(switch, &entry).await
}

async fn lift(store: &dyn Store, id: &str) -> bool {
    let entry = entry(Event::SwitchLifted);
    store.lift_switch(id, &entry).await.unwrap()
}

async fn a_switch_is_thrown_and_lifted(store: &dyn Store) {
    assert_eq!(store.switches().await.unwrap(), []);
    let scopes = [
        Scope::Province("6201".into()),
        Scope::Banks,
        Scope::Outlet("LB01".into()),
        Scope::Cards(number(CARD), number(OTHER_CARD)),
        Scope::KeyIndex(0x41),
    ];
    let mut thrown = Vec::new();
    for (at, scope) in scopes.into_iter().enumerate() {
        let new = switch(&format!("s{at}"), at as i64, scope);
        throw(store, &new).await.unwrap();
        thrown.push(new);
        assert_eq!(store.switches().await.unwrap(), thrown);
    }
    assert!(is_duplicate(throw(store, &thrown[0]).await));
    for id in ["s3", "s0", "s4"] {
        assert!(lift(store, id).await);
        thrown.retain(|switch| switch.id != id);
        assert_eq!(store.switches().await.unwrap(), thrown);
        assert!(!lift(store, id).await, "it is lifted");
    }
    assert!(!lift(store, "none").await);
    // Who lifted what is on the trail, and a switch that was not there is not.
    let chain = store.audit_chain(number(CARD)).await.unwrap();
    let events: Vec<_> = chain.iter().map(|one| one.line.event.as_str()).collect();
    let known = [["switch-thrown"; 5].as_slice(), &["switch-lifted"; 3]].concat();
    assert_eq!(events, known);
}

async fn switches_are_found_the_oldest_first(store: &dyn Store) {
    for (id, at) in [("b", 2), ("c", 1), ("a", 2)] {
        throw(store, &switch(id, at, Scope::Banks)).await.unwrap();
    }
    let thrown = store.switches().await.unwrap();
    let ids: Vec<_> = thrown.iter().map(|switch| switch.id.as_str()).collect();
    assert_eq!(ids, ["c", "a", "b"]);
}

//! The demo instance: toy keys, invented outlets, people, cards and tags. The virtual cards and tags of the
//! page carry the same keys.

use etc_api::{Bank, Outlet, OutletKind, Role};

use sha2::{Digest, Sha256};

use crate::audit::{Entry, Event};
use crate::desk::take_applications;
use crate::import;
use crate::ledger::{CardModel, Tag, Vehicle};
use crate::random::Random;
use crate::sessions::{channel_token, hash_password};
use crate::store::{Operator, Stock, Store, StoreError, Terminal};

/// The toy keys.
pub const KEYS: &str = include_str!("../../demo/keys.toml");

/// Password of every demo operator.
pub const PASSWORD: &str = "demo-only-2026";

/// The operator named in the greeting.
pub const TELLER: &str = "demo.teller";

const CARDS: &str = include_str!("../../demo/cards.csv");

const CARD_MODELS: &str = include_str!("../../demo/card-models.csv");

const VEHICLES: &str = include_str!("../../demo/vehicles.csv");

const APPLICATIONS: &str = include_str!("../../demo/applications.json");

/// The channel that they came through.
const CHANNEL: &str = "demo.channel";

const TAGS: &str = include_str!("../../demo/tags.csv");

/// Seeds a store that has no demo data yet, or less than there is by now.
pub async fn seed(store: &dyn Store, random: &dyn Random) -> Result<(), StoreError> {
    if store.outlet("LZ01").await?.is_none() {
        store.add(&stock(hash_password(PASSWORD, random)?)?).await?;
        return applications(store, random).await;
    }
    // A demo of before there were these tags, models of cards, or vehicles.
    let mut missing = Stock::default();
    for tag in tags()? {
        if store.tag(tag.serial).await?.is_none() {
            missing.tags.push(tag);
        }
    }
    for model in card_models()? {
        let kept = store.card_model(model.issuer, model.version).await?;
        if kept.is_none() {
            missing.card_models.push(model);
        }
    }
    for vehicle in vehicles()? {
        let kept = store.vehicle(&vehicle.plate, vehicle.plate_colour).await?;
        if kept.is_none() {
            missing.vehicles.push(vehicle);
        }
    }
    store.add(&missing).await
}

/// Hands the demo's applications in, by a channel whose credential nobody has.
async fn applications(store: &dyn Store, random: &dyn Random) -> Result<(), StoreError> {
    let (_, hash) = channel_token(random);
    let entry = Entry {
        at: store.now().await?,
        operator: "-".into(),
        event: Event::ChannelAdded,
        card: None,
        record: None,
        evidence: Vec::new(),
    };
    store.add_channel(CHANNEL, &hash, &entry).await?;
    let lines = import::applications_json(APPLICATIONS).unwrap_or_default();
    let body = Sha256::digest(APPLICATIONS).into();
    let taken = take_applications(store, random, CHANNEL, lines, body).await;
    let taken = taken.map_err(|error| StoreError::Failed(error.to_string().into()))?;
    match taken.bad.first() {
        None => Ok(()),
        Some(bad) => Err(StoreError::Failed(
            format!("application {} of the demo is not good", bad.line).into(),
        )),
    }
}

fn card_models() -> Result<Vec<CardModel>, StoreError> {
    import::card_models(CARD_MODELS).map_err(|error| StoreError::Failed(error.into()))
}

fn vehicles() -> Result<Vec<Vehicle>, StoreError> {
    import::vehicles(VEHICLES).map_err(|error| StoreError::Failed(error.into()))
}

fn tags() -> Result<Vec<Tag>, StoreError> {
    import::tags(TAGS).map_err(|error| StoreError::Failed(error.into()))
}

/// The demo data; `password` is the operators' hash.
pub fn stock(password: String) -> Result<Stock, StoreError> {
    let outlet = |code: &str, name: &str, bank: Option<Bank>| Outlet {
        code: code.to_owned(),
        name: name.to_owned(),
        kind: match bank {
            None => OutletKind::Own,
            Some(_) => OutletKind::Bank,
        },
        bank,
    };
    let terminal = |last, outlet: &str| Terminal {
        number: [1, 2, 3, 4, 5, last],
        outlet: outlet.to_owned(),
    };
    // One hash for all: they share a password that everybody knows.
    let operator = |name: &str, display_name: &str, role, outlet: &str| Operator {
        name: name.to_owned(),
        display_name: display_name.to_owned(),
        role,
        outlet: outlet.to_owned(),
        password: password.clone(),
    };
    Ok(Stock {
        outlets: vec![
            outlet("LZ01", "兰州自营一厅", None),
            outlet("TS01", "天水自营厅", None),
            outlet("LB01", "兰州银行城关支行", Some(Bank::Lanzhou)),
        ],
        terminals: vec![
            terminal(6, "LZ01"),
            terminal(7, "TS01"),
            terminal(8, "LB01"),
        ],
        operators: vec![
            operator(TELLER, "演示柜员", Role::Teller, "LZ01"),
            operator("demo.supervisor", "演示主管", Role::Supervisor, "LZ01"),
            operator("demo.supervisor2", "天水主管", Role::Supervisor, "TS01"),
            operator("demo.auditor", "演示审计", Role::Auditor, "LZ01"),
            operator("demo.tianshui", "天水柜员", Role::Teller, "TS01"),
            operator("demo.bank", "银行柜员", Role::Teller, "LB01"),
        ],
        card_models: card_models()?,
        cards: import::cards(CARDS).map_err(|error| StoreError::Failed(error.into()))?,
        tags: tags()?,
        vehicles: vehicles()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::OsRandom;
    use crate::store::MemoryStore;

    #[tokio::test]
    async fn every_application_of_the_demo_is_good() {
        let store: &dyn Store = &MemoryStore::new(1_000);
        seed(store, &OsRandom).await.unwrap();
    }

    #[tokio::test]
    async fn an_older_demo_gets_what_it_lacks() {
        let whole = stock("hash".into()).unwrap();
        let store: &dyn Store = &MemoryStore::new(1_000);
        let older = Stock {
            tags: whole.tags[..4].to_vec(),
            vehicles: Vec::new(),
            card_models: Vec::new(),
            ..stock("hash".into()).unwrap()
        };
        store.add(&older).await.unwrap();
        for _ in 0..2 {
            seed(store, &OsRandom).await.unwrap();
            for tag in &whole.tags {
                assert!(store.tag(tag.serial).await.unwrap().is_some());
            }
            for one in &whole.card_models {
                let kept = store.card_model(one.issuer, one.version).await;
                assert_eq!(kept.unwrap().as_ref(), Some(one));
            }
            for one in &whole.vehicles {
                let kept = store.vehicle(&one.plate, one.plate_colour).await;
                assert_eq!(kept.unwrap().as_ref(), Some(one));
            }
        }
    }
}

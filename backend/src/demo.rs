//! The demo instance: toy keys, invented outlets, people, cards and tags. The virtual cards and tags of the
//! page carry the same keys.

use etc_api::{Bank, Outlet, OutletKind, Role};

use crate::import;
use crate::ledger::{Tag, Vehicle};
use crate::random::Random;
use crate::sessions::hash_password;
use crate::store::{Operator, Stock, Store, StoreError, Terminal};

/// The toy keys.
pub const KEYS: &str = include_str!("../../demo/keys.toml");

/// Password of every demo operator.
pub const PASSWORD: &str = "demo-only-2026";

/// The operator named in the greeting.
pub const TELLER: &str = "demo.teller";

const CARDS: &str = include_str!("../../demo/cards.csv");

const VEHICLES: &str = include_str!("../../demo/vehicles.csv");

const TAGS: &str = include_str!("../../demo/tags.csv");

/// Seeds a store that has no demo data yet. All of it, or nothing.
pub async fn seed(store: &dyn Store, random: &dyn Random) -> Result<(), StoreError> {
    if store.outlet("LZ01").await?.is_none() {
        return store.add(&stock(hash_password(PASSWORD, random)?)?).await;
    }
    // A demo that was seeded before there were tags.
    let tags = tags()?;
    match tags.first() {
        Some(first) if store.tag(first.serial).await?.is_none() => {
            let stock = Stock {
                tags,
                vehicles: vehicles()?,
                ..Stock::default()
            };
            store.add(&stock).await
        }
        _ => Ok(()),
    }
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
        cards: import::cards(CARDS).map_err(|error| StoreError::Failed(error.into()))?,
        tags: tags()?,
        vehicles: vehicles()?,
    })
}

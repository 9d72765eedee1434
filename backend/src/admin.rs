//! Setting up a province without demo data. Each function says in one line what it did.

use apdu_core::hex::Fixed;
use etc_api::{Outlet, Role};

use crate::import::{self, ImportError};
use crate::ledger::FIRST_RESERVED;
use crate::random::OsRandom;
use crate::sessions::hash_password;
use crate::store::{Operator, Stock, Store, StoreError, Terminal};
use crate::words::Word;

/// Fewest characters of a password.
const SHORTEST_PASSWORD: usize = 10;

/// Why nothing was changed, in one line.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// The store refused or failed.
    #[error("{}", reason(.0))]
    Store(#[from] StoreError),
    /// The CSV file is wrong.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// The terminal number is one of the backend's own.
    #[error("terminal numbers from F0… on are reserved")]
    Reserved,
    /// The name is empty or has spaces in it.
    #[error("{0:?} is no name: one word is needed")]
    Name(String),
    /// The password is too short.
    #[error("a password has at least {SHORTEST_PASSWORD} characters")]
    Password,
}

/// A store that failed says why in its source.
fn reason(error: &StoreError) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)
}

/// An operator to be added.
#[derive(Clone, Debug)]
pub struct NewOperator {
    /// Name used to sign in.
    pub name: String,
    /// The operator's own name.
    pub display_name: String,
    /// What the operator may do.
    pub role: Role,
    /// Code of the operator's outlet.
    pub outlet: String,
}

/// Adds an outlet.
pub async fn add_outlet(store: &dyn Store, outlet: Outlet) -> Result<String, AdminError> {
    one_word(&outlet.code)?;
    let done = format!(
        "added outlet {} ({}, {})",
        outlet.code,
        outlet.name,
        outlet.kind.word()
    );
    store
        .add(&Stock {
            outlets: vec![outlet],
            ..Stock::default()
        })
        .await?;
    Ok(done)
}

/// Registers a terminal number of an outlet.
pub async fn add_terminal(
    store: &dyn Store,
    number: [u8; 6],
    outlet: String,
) -> Result<String, AdminError> {
    if number[0] >= FIRST_RESERVED {
        return Err(AdminError::Reserved);
    }
    let done = format!("added terminal {} of outlet {outlet}", Fixed(number));
    let terminals = vec![Terminal { number, outlet }];
    store
        .add(&Stock {
            terminals,
            ..Stock::default()
        })
        .await?;
    Ok(done)
}

/// Adds an operator.
pub async fn add_operator(
    store: &dyn Store,
    new: NewOperator,
    password: &str,
) -> Result<String, AdminError> {
    one_word(&new.name)?;
    if password.chars().count() < SHORTEST_PASSWORD {
        return Err(AdminError::Password);
    }
    let done = format!(
        "added {} {} of outlet {}",
        new.role.word(),
        new.name,
        new.outlet
    );
    let operator = Operator {
        name: new.name,
        display_name: new.display_name,
        role: new.role,
        outlet: new.outlet,
        password: hash_password(password, &OsRandom)?,
    };
    store
        .add(&Stock {
            operators: vec![operator],
            ..Stock::default()
        })
        .await?;
    Ok(done)
}

/// Adds all cards of a CSV file, or none.
pub async fn import_cards(store: &dyn Store, text: &str) -> Result<String, AdminError> {
    let cards = import::cards(text)?;
    let done = format!("cards imported: {}", cards.len());
    store
        .add(&Stock {
            cards,
            ..Stock::default()
        })
        .await?;
    Ok(done)
}

/// Adds all tags of a CSV file, or none.
pub async fn import_tags(store: &dyn Store, text: &str) -> Result<String, AdminError> {
    let tags = import::tags(text)?;
    let done = format!("tags imported: {}", tags.len());
    store
        .add(&Stock {
            tags,
            ..Stock::default()
        })
        .await?;
    Ok(done)
}

/// Adds all vehicles of a CSV file, or none.
pub async fn import_vehicles(store: &dyn Store, text: &str) -> Result<String, AdminError> {
    let vehicles = import::vehicles(text)?;
    let done = format!("vehicles imported: {}", vehicles.len());
    store
        .add(&Stock {
            vehicles,
            ..Stock::default()
        })
        .await?;
    Ok(done)
}

fn one_word(name: &str) -> Result<(), AdminError> {
    match name.is_empty() || name.contains(char::is_whitespace) || name.len() > 64 {
        true => Err(AdminError::Name(name.to_owned())),
        false => Ok(()),
    }
}

//! Setting up a province without demo data. Each function says in one line what it did.

use apdu_core::hex::Fixed;
use etc_api::{Outlet, Role};
use sha2::{Digest, Sha256};

use crate::audit::{Entry, Event};
use crate::desk::{APPLICATIONS_AT_ONCE, Error, take_applications};
use crate::import::{self, ImportError};
use crate::ledger::FIRST_RESERVED;
use crate::random::OsRandom;
use crate::sessions::{channel_token, hash_password};
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

/// Puts all models of a CSV file in place of what was known of them, or none.
pub async fn import_card_models(store: &dyn Store, text: &str) -> Result<String, AdminError> {
    let card_models = import::card_models(text)?;
    let done = format!("models of cards imported: {}", card_models.len());
    store
        .add(&Stock {
            card_models,
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

/// Puts a list of bank prefixes in place of the one that is used now.
pub async fn import_banks(store: &dyn Store, text: &str) -> Result<String, AdminError> {
    let banks = import::banks(text)?;
    let entry = by_admin(store.now().await?, Event::BanksReplaced);
    store.replace_banks(&banks, &entry).await?;
    Ok(format!("bank prefixes imported: {}", banks.0.len()))
}

/// Gives a channel its credential, which is shown this once.
pub async fn add_channel(store: &dyn Store, name: &str) -> Result<String, AdminError> {
    one_word(name)?;
    let (token, hash) = channel_token(&OsRandom);
    let entry = by_admin(store.now().await?, Event::ChannelAdded);
    let added = store.add_channel(name, &hash, &entry).await;
    added.map_err(|error| match error {
        StoreError::Duplicate(_) => StoreError::Duplicate(format!("channel {name} exists")),
        other => other,
    })?;
    Ok(format!(
        "added channel {name}, whose token is {}",
        token.text()
    ))
}

/// Takes the credential of a channel away.
pub async fn revoke_channel(store: &dyn Store, name: &str) -> Result<String, AdminError> {
    let entry = by_admin(store.now().await?, Event::ChannelRevoked);
    Ok(match store.revoke_channel(name, &entry).await? {
        true => format!("revoked the credential of channel {name}"),
        false => format!("channel {name} has none"),
    })
}

/// Takes applications from a file as the channel would hand them in: good lines are kept, bad ones are listed.
pub async fn import_applications(
    store: &dyn Store,
    channel: &str,
    is_json: bool,
    text: &str,
) -> Result<String, AdminError> {
    let lines = match is_json {
        true => import::applications_json(text).ok_or(ImportError::List)?,
        false => import::applications_csv(text)?,
    };
    let (mut new, mut known, mut bad) = (0, 0, Vec::new());
    for part in lines.chunks(APPLICATIONS_AT_ONCE) {
        // The lines stand in the hash, so that the same part of another file is another batch.
        let body = serde_json::to_vec(part).map_err(|error| StoreError::Failed(error.into()))?;
        let taken = take_applications(
            store,
            &OsRandom,
            channel,
            part.to_vec(),
            Sha256::digest(&body).into(),
        )
        .await
        .map_err(|error| match error {
            Error::Store(error) => error,
            refused => StoreError::Failed(refused.to_string().into()),
        })?;
        new += taken.new;
        known += taken.known;
        bad.extend(taken.bad);
    }
    let listed = bad.iter().map(|one| {
        let flaws: Vec<String> = one.flaws.iter().map(|flaw| format!("{flaw:?}")).collect();
        format!("line {}: {}\n", one.line, flaws.join(", "))
    });
    let listed: String = listed.collect();
    Ok(format!(
        "{listed}applications: {new} new, {known} known, {} not taken",
        bad.len()
    ))
}

fn by_admin(at: i64, event: Event) -> Entry {
    Entry {
        at,
        operator: "-".into(),
        event,
        card: None,
        record: None,
        evidence: Vec::new(),
    }
}

fn one_word(name: &str) -> Result<(), AdminError> {
    match name.is_empty() || name.contains(char::is_whitespace) || name.len() > 64 {
        true => Err(AdminError::Name(name.to_owned())),
        false => Ok(()),
    }
}

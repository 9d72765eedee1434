//! Sign-in and sessions.
//!
//! A session is a random token in a cookie; the store keeps only its hash. It ends 12 hours after it
//! began or 30 minutes after it was last used, and then the same person signs in again and goes on
//! where the work stood: no record hangs on a session.

use apdu_core::fault::Code;
use apdu_core::hex::{decode, encode};
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use etc_api::SignIn;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use crate::audit::{Entry, Event};
use crate::desk::{Error, Who};
use crate::random::{Random, draw};
use crate::store::{Operator, Session, SignInRule, Store, StoreError, TokenHash};

/// A session ends this long after it began, ms.
pub const LONGEST: i64 = 12 * 3_600_000;

/// A session ends this long after it was last used, ms.
pub const LONGEST_IDLE: i64 = 30 * 60_000;

/// Failed sign-ins that lock a name, and for how long, ms.
const TRIES: u32 = 5;
const LOCK: i64 = 15 * 60_000;

/// Use of a session is noted at most this often, ms: a write per request would buy nothing.
const NOTED_EVERY: i64 = 60_000;

/// Names and passwords longer than this are nobody's; hashing them would cost us, not them.
const LONGEST_TEXT: usize = 256;

/// Checks operator and password and opens a session. The token goes into the cookie.
pub async fn sign_in(
    store: &dyn Store,
    random: &dyn Random,
    request: SignIn,
) -> Result<(Who, Token), Error> {
    let SignIn {
        operator: name,
        password,
        terminal,
    } = request;
    let operator = checked(store, &name, password).await?;
    let terminals = store.terminals(&operator.outlet).await?;
    let terminal = match (terminal, terminals.as_slice()) {
        (Some(named), registered) if registered.contains(&named.0) => named.0,
        (None, &[only]) => only,
        _ => return Err(Code::UnknownTerminal.into()),
    };
    open(store, random, &operator, terminal).await
}

/// A second person vouches for something with credentials of their own, at somebody else's PC. No session
/// is opened.
pub async fn vouch(store: &dyn Store, name: &str, password: String) -> Result<Operator, Error> {
    let operator = checked(store, name, password).await?;
    store.forget_sign_ins(name).await?;
    Ok(operator)
}

/// The operator of this name and password. Every try is counted before it is judged.
async fn checked(store: &dyn Store, name: &str, password: String) -> Result<Operator, Error> {
    if name.len() > LONGEST_TEXT || password.len() > LONGEST_TEXT {
        return Err(Code::WrongPassword.into());
    }
    let now = store.now().await?;
    let rule = SignInRule {
        tries: TRIES,
        lock: LOCK,
        now,
    };
    if !store.count_sign_in(name, rule).await? {
        return Err(Code::SignInLocked.into());
    }
    let operator = store.operator(name).await?;
    let hash = operator.as_ref().map(|operator| operator.password.clone());
    let known = operator.is_some();
    let right = verified(password, hash).await?;
    let Some(operator) = operator.filter(|_| right) else {
        // The name as typed may be anything, even a password in the wrong field; and what anybody may
        // send must not fill the trail.
        if known {
            store.note(&entry("-", now, Event::SignInFailed)).await?;
        }
        return Err(Code::WrongPassword.into());
    };
    Ok(operator)
}

/// Opens a session for an operator whose password has been checked.
pub async fn open(
    store: &dyn Store,
    random: &dyn Random,
    operator: &Operator,
    terminal: [u8; 6],
) -> Result<(Who, Token), Error> {
    let now = store.now().await?;
    let token = Token(draw(random));
    let session = Session {
        token: token.hash(),
        operator: operator.name.clone(),
        terminal,
        opened_at: now,
        seen_at: now,
    };
    store
        .open_session(&session, &entry(&operator.name, now, Event::SignedIn))
        .await?;
    Ok((who(store, session, operator.clone()).await?, token))
}

/// Who a token belongs to, while its session lives.
pub async fn resume(store: &dyn Store, token: &Token) -> Result<Who, Error> {
    let hash = token.hash();
    let session = store.session(&hash).await?.ok_or(Code::NotSignedIn)?;
    let now = store.now().await?;
    // A session that begins ahead was opened by a clock that has been put back since.
    let lives = (0..LONGEST).contains(&(now - session.opened_at))
        && (0..LONGEST_IDLE).contains(&(now - session.seen_at));
    if !lives {
        return Err(Code::NotSignedIn.into());
    }
    if now - session.seen_at >= NOTED_EVERY {
        store.touch_session(&hash, now).await?;
    }
    let operator = store
        .operator(&session.operator)
        .await?
        .ok_or(Code::NotSignedIn)?;
    who(store, session, operator).await
}

/// The channel this token is the credential of.
pub async fn channel(store: &dyn Store, token: &Token) -> Result<Option<String>, Error> {
    Ok(store.channel(&token.hash()).await?)
}

/// A new credential for a channel, and its hash.
pub fn channel_token(random: &dyn Random) -> (Token, TokenHash) {
    let token = Token(draw(random));
    let hash = token.hash();
    (token, hash)
}

/// Ends a session.
pub async fn sign_out(store: &dyn Store, who: &Who) -> Result<(), Error> {
    let now = store.now().await?;
    let entry = entry(&who.operator, now, Event::SignedOut);
    Ok(store.close_session(&who.session, &entry).await?)
}

async fn who(store: &dyn Store, session: Session, operator: Operator) -> Result<Who, Error> {
    let outlet = store.outlet(&operator.outlet).await?;
    Ok(Who {
        operator: operator.name,
        name: operator.display_name,
        role: operator.role,
        outlet: outlet.ok_or(Code::NotSignedIn)?,
        terminal: session.terminal,
        session: session.token,
    })
}

fn entry(operator: &str, at: i64, event: Event) -> Entry {
    let operator = operator.to_owned();
    Entry {
        at,
        operator,
        event,
        card: None,
        record: None,
        evidence: Vec::new(),
    }
}

/// The secret in a session's cookie.
pub struct Token([u8; 32]);

impl Token {
    /// Reads the cookie's value.
    pub fn parse(text: &str) -> Option<Self> {
        decode(text)?.try_into().ok().map(Self)
    }

    /// The cookie's value.
    pub fn text(&self) -> String {
        encode(&self.0)
    }

    /// What is kept of it.
    pub fn hash(&self) -> TokenHash {
        Sha256::digest(self.0).into()
    }
}

/// argon2id hash of a password, PHC string.
pub fn hash_password(password: &str, random: &dyn Random) -> Result<String, StoreError> {
    let salt: [u8; 16] = draw(random);
    let hash = Argon2::default().hash_password_with_salt(password.as_bytes(), &salt);
    let hash = hash.map_err(|error| StoreError::Failed(error.to_string().into()))?;
    Ok(hash.to_string())
}

/// Hash of a password nobody has, with the parameters of all others: an unknown operator costs the
/// same time.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA\
                      $AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Passwords that are hashed at the same time: each takes 19 MiB.
static HASHING: Semaphore = Semaphore::const_new(4);

/// Verifies on a thread of its own: hashing takes tens of milliseconds on purpose.
async fn verified(password: String, hash: Option<String>) -> Result<bool, StoreError> {
    let work = move || {
        let text = hash.as_deref().unwrap_or(NOBODY);
        let hash = PasswordHash::new(text).map_err(|error| error.to_string())?;
        let right = Argon2::default().verify_password(password.as_bytes(), &hash);
        Ok::<_, String>(right.is_ok())
    };
    let turn = HASHING.acquire().await;
    let _turn = turn.map_err(|error| StoreError::Failed(error.into()))?;
    let done = tokio::task::spawn_blocking(work).await;
    let done = done.map_err(|error| StoreError::Failed(error.into()))?;
    done.map_err(|error| StoreError::Failed(error.into()))
}

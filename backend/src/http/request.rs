//! What handlers take from a request.

use std::ops::RangeInclusive;

use apdu_core::bcd::{CardNumber, Date, packed};
use apdu_core::fault::Code;
use apdu_core::obu::ContractSerial;
use axum::body::to_bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE};
use axum::http::request::Parts;
use etc_api::IDEMPOTENCY_KEY;
use schemars::{JsonSchema, json_schema};
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::openapi::{Operation, Takes};
use super::problem::Refused;
use crate::desk::{Attempt, Who};
use crate::sessions::Token;

/// Longest body, in bytes. The longest honest one has a few hundred.
const LONGEST_BODY: usize = 64 * 1024;

/// Longest body of a batch, in bytes: 500 applications with everything in them.
const LONGEST_BATCH: usize = 1024 * 1024;

/// How many characters an idempotency key has.
const KEY_LENGTH: RangeInclusive<usize> = 8..=64;

/// Name of the session cookie.
pub const COOKIE_NAME: &str = "etc-session";

/// A JSON body.
pub struct Json<T>(pub T);

/// A JSON body with its idempotency key.
pub struct Keyed<T>(pub T, pub Attempt);

/// A request that has a key and an empty JSON object.
#[derive(serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refused> {
        let body = body(request).await?;
        Ok(Self(parse(&body)?))
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Keyed<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refused> {
        let key = key(request.headers())?;
        let route = format!("{} {}", request.method(), request.uri().path());
        let body = body(request).await?;
        let attempt = Attempt {
            key,
            route,
            body: Sha256::digest(&body).into(),
        };
        Ok(Self(parse(&body)?, attempt))
    }
}

impl<T: JsonSchema> Takes for Json<T> {
    fn describe(operation: &mut Operation<'_>) {
        operation.body::<T>();
    }
}

impl<T: JsonSchema> Takes for Keyed<T> {
    fn describe(operation: &mut Operation<'_>) {
        operation.parameter(
            "header",
            IDEMPOTENCY_KEY,
            "Makes a repeated request one attempt: same key and body, same answer, nothing done twice.",
            json_schema!({
                "type": "string",
                "minLength": KEY_LENGTH.start(),
                "maxLength": KEY_LENGTH.end(),
            }),
        );
        operation.body::<T>();
    }
}

async fn body(request: Request) -> Result<Vec<u8>, Refused> {
    body_of(request, LONGEST_BODY).await
}

/// The JSON of a batch.
pub(super) async fn long_body(request: Request) -> Result<Vec<u8>, Refused> {
    body_of(request, LONGEST_BATCH).await
}

async fn body_of(request: Request, longest: usize) -> Result<Vec<u8>, Refused> {
    let kind = request
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    let kind = kind
        .and_then(|kind| kind.split(';').next())
        .unwrap_or_default();
    if !kind.trim().eq_ignore_ascii_case("application/json") {
        return Err(Refused::with(
            Code::BadRequest,
            "the content type must be application/json",
        ));
    }
    let bytes = to_bytes(request.into_body(), longest).await;
    let bytes =
        bytes.map_err(|_| Refused::with(Code::BadRequest, "the body is too long or broken"))?;
    Ok(bytes.to_vec())
}

/// The parser's own message may quote the body, so only the place is told.
pub(super) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refused> {
    serde_json::from_slice(body).map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        let what = if error.is_data() {
            "not what belongs here"
        } else {
            "not the JSON that belongs here"
        };
        Refused::with(Code::BadRequest, format!("{what}, at {place}"))
    })
}

/// Visible characters, not too few and not too many.
fn key(headers: &HeaderMap) -> Result<String, Refused> {
    let key = headers.get(IDEMPOTENCY_KEY).ok_or(Code::KeyMissing)?;
    let key = key
        .to_str()
        .ok()
        .filter(|key| KEY_LENGTH.contains(&key.len()));
    let wrong = || {
        Refused::with(
            Code::BadRequest,
            "an idempotency key has 8 to 64 characters",
        )
    };
    Ok(key.ok_or_else(wrong)?.to_owned())
}

/// The card number in the path.
pub struct Number(pub CardNumber);

impl<S: Send + Sync> FromRequestParts<S> for Number {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        let text = Path::<String>::from_request_parts(parts, state).await;
        let number = text.ok().and_then(|Path(text)| text.parse().ok());
        let wrong = || Refused::with(Code::BadRequest, "a card number has 20 digits");
        Ok(Self(number.ok_or_else(wrong)?))
    }
}

impl Takes for Number {
    fn describe(operation: &mut Operation<'_>) {
        let schema = operation.schema::<CardNumber>();
        operation.parameter("path", "number", "The card.", schema);
    }
}

/// The contract serial number in the path.
pub struct Serial(pub ContractSerial);

impl<S: Send + Sync> FromRequestParts<S> for Serial {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        let text = Path::<String>::from_request_parts(parts, state).await;
        let serial = text.ok().and_then(|Path(text)| text.parse().ok());
        let wrong = || Refused::with(Code::BadRequest, "a contract serial number has 16 digits");
        Ok(Self(serial.ok_or_else(wrong)?))
    }
}

impl Takes for Serial {
    fn describe(operation: &mut Operation<'_>) {
        let schema = operation.schema::<ContractSerial>();
        operation.parameter("path", "serial", "The tag.", schema);
    }
}

/// The number on the back of a tag, in the path.
pub struct Sn(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Sn {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        let text = Path::<String>::from_request_parts(parts, state).await;
        let sn = text.ok().map(|Path(text)| text);
        let sn = sn.filter(|sn| packed::<8>(sn).is_ok());
        let wrong = || Refused::with(Code::BadRequest, "an SN has 16 digits");
        Ok(Self(sn.ok_or_else(wrong)?))
    }
}

impl Takes for Sn {
    fn describe(operation: &mut Operation<'_>) {
        let schema = json_schema!({ "type": "string", "pattern": "^[0-9]{16}$" });
        operation.parameter("path", "sn", "The number on the back of the tag.", schema);
    }
}

/// The record in the path.
pub struct Id(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        let text = Path::<String>::from_request_parts(parts, state).await;
        Ok(Self(text.map_err(|_| Code::NoSuchRecord)?.0))
    }
}

impl Takes for Id {
    fn describe(operation: &mut Operation<'_>) {
        let schema = operation.schema::<String>();
        operation.parameter("path", "id", "The record.", schema);
    }
}

/// The issuer's day in the path, YYYYMMDD.
pub struct Day(pub Date);

impl<S: Send + Sync> FromRequestParts<S> for Day {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        let text = Path::<String>::from_request_parts(parts, state).await;
        let day = text.ok().and_then(|Path(text)| packed(&text).ok());
        let wrong = || Refused::with(Code::BadRequest, "a day is YYYYMMDD");
        Ok(Self(Date(day.ok_or_else(wrong)?)))
    }
}

impl Takes for Day {
    fn describe(operation: &mut Operation<'_>) {
        let schema = operation.schema::<String>();
        operation.parameter("path", "day", "The issuer's day, YYYYMMDD.", schema);
    }
}

/// What stands behind the question mark.
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        let query = axum::extract::Query::<T>::from_request_parts(parts, state).await;
        let wrong = |_| Refused::with(Code::BadRequest, "a query this route does not know");
        Ok(Self(query.map_err(wrong)?.0))
    }
}

impl<T: JsonSchema> Takes for Query<T> {
    fn describe(operation: &mut Operation<'_>) {
        operation.query::<T>();
    }
}

/// Who is signed in. Only routes with roles have it: the guard puts it there.
pub struct SignedIn(pub Who);

impl<S: Send + Sync> FromRequestParts<S> for SignedIn {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refused> {
        let who = parts.extensions.get::<Who>().cloned();
        Ok(Self(who.ok_or(Code::NotSignedIn)?))
    }
}

// The route's access tells it.
impl Takes for SignedIn {
    fn describe(_: &mut Operation<'_>) {}
}

/// The token of a channel: `Authorization: Bearer TOKEN`.
pub fn bearer(headers: &HeaderMap) -> Option<Token> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    Token::parse(value.strip_prefix("Bearer ")?.trim())
}

/// The token in the session cookie.
pub fn token(headers: &HeaderMap) -> Option<Token> {
    let cookies = headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let mut pairs = cookies
        .flat_map(|value| value.split(';'))
        .filter_map(|c| c.split_once('='));
    let (_, value) = pairs.find(|(name, _)| name.trim() == COOKIE_NAME)?;
    Token::parse(value.trim())
}

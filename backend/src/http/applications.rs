//! Routes about applications: the channel's two, and the tellers'.

use std::marker::PhantomData;

use apdu_core::fault::Code;
use axum::extract::{FromRequest, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::response::{Json as Answer, NoContent};
use etc_api::{
    ApplicationPage, ApplicationQuery, FindApplicant, NewApplications, OpenedApplication,
    RevealedPerson, TakenApplications, WithdrawApplication,
};
use schemars::JsonSchema;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::App;
use super::openapi::{Operation, Takes};
use super::problem::Refused;
use super::request::{Id, Json, Keyed, Nothing, Query, SignedIn, long_body, parse};
use super::routes::Answered;
use crate::desk::take_applications;

/// The channel whose credential a request carries: its name. Only its own routes have it: the guard puts it there.
#[derive(Clone)]
pub(super) struct Channel(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Channel {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refused> {
        let channel = parts.extensions.get::<Self>().cloned();
        Ok(channel.ok_or(Code::NotTheChannel)?)
    }
}

// The route's access tells it.
impl Takes for Channel {
    fn describe(_: &mut Operation<'_>) {}
}

/// A long body that is judged piece by piece, with its hash.
pub(super) struct Pieces<T>(Value, [u8; 32], PhantomData<T>);

impl<S: Send + Sync, T: Send> FromRequest<S> for Pieces<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refused> {
        let body = long_body(request).await?;
        let hash = Sha256::digest(&body).into();
        Ok(Self(parse(&body)?, hash, PhantomData))
    }
}

impl<T: JsonSchema> Takes for Pieces<T> {
    fn describe(operation: &mut Operation<'_>) {
        operation.body::<T>();
    }
}

pub(super) async fn hand_in(
    State(app): State<App>,
    Channel(channel): Channel,
    Pieces(body, hash, _): Pieces<NewApplications>,
) -> Answered<TakenApplications> {
    let applications = alone(body)
        .ok_or_else(|| Refused::with(Code::BadRequest, "not the JSON that belongs here"))?;
    let lines = (1..).zip(applications).collect();
    let taken = take_applications(&*app.store, &*app.random, &channel, lines, hash).await;
    Ok(Answer(taken?))
}

/// The list of a batch, if the body has that and nothing else.
fn alone(body: Value) -> Option<Vec<Value>> {
    let Value::Object(mut body) = body else {
        return None;
    };
    match (body.remove("applications"), body.is_empty()) {
        (Some(Value::Array(applications)), true) => Some(applications),
        _ => None,
    }
}

pub(super) async fn withdraw(
    State(app): State<App>,
    Channel(channel): Channel,
    Json(request): Json<WithdrawApplication>,
) -> Result<NoContent, Refused> {
    let desk = app.desk();
    desk.withdraw_application(&channel, &request.number).await?;
    Ok(NoContent)
}

pub(super) async fn list(
    State(app): State<App>,
    SignedIn(who): SignedIn,
    Query(query): Query<ApplicationQuery>,
) -> Answered<ApplicationPage> {
    Ok(Answer(app.desk().applications(&who, &query).await?))
}

pub(super) async fn find(
    State(app): State<App>,
    SignedIn(who): SignedIn,
    Json(request): Json<FindApplicant>,
) -> Answered<ApplicationPage> {
    Ok(Answer(app.desk().applications_of(&who, request).await?))
}

pub(super) async fn open(
    State(app): State<App>,
    SignedIn(who): SignedIn,
    Id(id): Id,
    Keyed(Nothing {}, _): Keyed<Nothing>,
) -> Answered<OpenedApplication> {
    Ok(Answer(app.desk().open_application(&who, &id).await?))
}

pub(super) async fn close(
    State(app): State<App>,
    SignedIn(who): SignedIn,
    Id(id): Id,
    Keyed(Nothing {}, _): Keyed<Nothing>,
) -> Result<NoContent, Refused> {
    app.desk().close_application(&who, &id).await?;
    Ok(NoContent)
}

pub(super) async fn reveal(
    State(app): State<App>,
    SignedIn(who): SignedIn,
    Id(id): Id,
    Keyed(Nothing {}, _): Keyed<Nothing>,
) -> Answered<RevealedPerson> {
    Ok(Answer(app.desk().reveal_applicant(&who, &id).await?))
}

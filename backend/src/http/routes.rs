//! All routes, each with the roles that may use it.

use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderName, Method, StatusCode};
use axum::response::{IntoResponse, Json as Answer, Response};
use axum::routing::{MethodFilter, MethodRouter, on};

use apdu_core::authority::{
    Authorise, Authorised, CreateRecharge, Evidence, Recharge, Sight, Sighted,
};
use apdu_core::fault::Code;
use apdu_core::hex::Fixed;
use axum::handler::Handler;
use etc_api::{Payment, Role, Session, SignIn, Status};

use super::App;
use super::problem::Refused;
use super::request::{COOKIE_NAME, Id, Json, Keyed, Nothing, Number, SignedIn};
use crate::desk::{Error, Who};
use crate::sessions;

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Everybody, signed in or not.
    Open,
    /// Operators of these roles.
    Roles(&'static [Role]),
}

const ALL: Access = Access::Roles(&[Role::Teller, Role::Supervisor, Role::Auditor]);
const LOADERS: Access = Access::Roles(&[Role::Teller, Role::Supervisor]);
const SUPERVISORS: Access = Access::Roles(&[Role::Supervisor]);

/// A route. There is no other way to register a handler, so none can be without its access.
pub struct Route {
    /// Its method.
    pub method: Method,
    /// Its path, as axum writes it.
    pub path: &'static str,
    /// Who may use it.
    pub access: Access,
    pub(super) handler: MethodRouter<App>,
}

fn get<T: 'static>(path: &'static str, access: Access, handler: impl Handler<T, App>) -> Route {
    Route {
        method: Method::GET,
        path,
        access,
        handler: on(MethodFilter::GET, handler),
    }
}

fn post<T: 'static>(path: &'static str, access: Access, handler: impl Handler<T, App>) -> Route {
    Route {
        method: Method::POST,
        path,
        access,
        handler: on(MethodFilter::POST, handler),
    }
}

fn delete<T: 'static>(path: &'static str, access: Access, handler: impl Handler<T, App>) -> Route {
    Route {
        method: Method::DELETE,
        path,
        access,
        handler: on(MethodFilter::DELETE, handler),
    }
}

/// Every route of the API.
pub fn routes() -> Vec<Route> {
    vec![
        get("/api/v1/status", Access::Open, status),
        post("/api/v1/session", Access::Open, sign_in),
        get("/api/v1/session", ALL, session),
        delete("/api/v1/session", ALL, sign_out),
        post("/api/v1/cards/{number}/sight", ALL, sight),
        post("/api/v1/cards/{number}/unlock", SUPERVISORS, unlock),
        post("/api/v1/recharges", LOADERS, create),
        get("/api/v1/recharges/{id}", ALL, record),
        post("/api/v1/recharges/{id}/payment", LOADERS, pay),
        post("/api/v1/recharges/{id}/authorise", LOADERS, authorise),
        post("/api/v1/recharges/{id}/confirm", LOADERS, confirm),
        post("/api/v1/recharges/{id}/close", LOADERS, close),
    ]
}

type Answered<T> = Result<Answer<T>, Refused>;

async fn status(State(app): State<App>) -> Answer<Status> {
    Answer(Status {
        build: app.build.to_string(),
        demo: app.demo,
    })
}

async fn sign_in(State(app): State<App>, Json(request): Json<SignIn>) -> Result<Response, Refused> {
    let (who, token) = sessions::sign_in(&*app.store, &*app.random, request).await?;
    let longest = sessions::LONGEST / 1_000;
    let cookie = cookie(&app, &token.text(), longest);
    Ok((cookie, Answer(session_of(who))).into_response())
}

async fn session(SignedIn(who): SignedIn) -> Answer<Session> {
    Answer(session_of(who))
}

async fn sign_out(State(app): State<App>, SignedIn(who): SignedIn) -> Result<Response, Refused> {
    sessions::sign_out(&*app.store, &who).await?;
    Ok((StatusCode::NO_CONTENT, cookie(&app, "", 0)).into_response())
}

async fn sight(
    State(app): State<App>,
    SignedIn(who): SignedIn,
    Number(number): Number,
    Json(request): Json<Sight>,
) -> Answered<Sighted> {
    Ok(Answer(app.desk().sight(&who, number, &request).await?))
}

async fn unlock(
    State(app): State<App>,
    SignedIn(who): SignedIn,
    Number(number): Number,
) -> Result<StatusCode, Refused> {
    app.desk().unlock(&who, number).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn create(
    State(app): State<App>,
    SignedIn(who): SignedIn,
    Keyed(request, attempt): Keyed<CreateRecharge>,
) -> Answered<Recharge> {
    to_its_end(async move { app.desk().create(&who, &attempt, &request).await }).await
}

async fn record(State(app): State<App>, SignedIn(who): SignedIn, Id(id): Id) -> Answered<Recharge> {
    Ok(Answer(app.desk().record(&who, &id).await?))
}

async fn pay(
    State(app): State<App>,
    SignedIn(who): SignedIn,
    Id(id): Id,
    Keyed(request, attempt): Keyed<Payment>,
) -> Answered<Recharge> {
    Ok(Answer(app.desk().pay(&who, &attempt, &id, &request).await?))
}

async fn authorise(
    State(app): State<App>,
    SignedIn(who): SignedIn,
    Id(id): Id,
    Keyed(request, attempt): Keyed<Authorise>,
) -> Answered<Authorised> {
    to_its_end(async move { app.desk().authorise(&who, &attempt, &id, &request).await }).await
}

async fn confirm(
    State(app): State<App>,
    SignedIn(who): SignedIn,
    Id(id): Id,
    Keyed(request, attempt): Keyed<Evidence>,
) -> Answered<Recharge> {
    to_its_end(async move { app.desk().confirm(&who, &attempt, &id, &request).await }).await
}

async fn close(
    State(app): State<App>,
    SignedIn(who): SignedIn,
    Id(id): Id,
    Keyed(Nothing {}, attempt): Keyed<Nothing>,
) -> Answered<Recharge> {
    Ok(Answer(app.desk().close(&who, &attempt, &id).await?))
}

/// Carries a request that counts a proof to its end, also when the counter hangs up in the middle: a proof
/// must not stay counted that was never judged.
async fn to_its_end<T: Send + 'static>(
    work: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Answered<T> {
    match tokio::spawn(work).await {
        Ok(answer) => Ok(Answer(answer?)),
        Err(ended) => match ended.try_into_panic() {
            // The edge answers for it as for any other panic.
            Ok(panic) => std::panic::resume_unwind(panic),
            // The service is stopping.
            Err(_) => Err(Code::BackendFailed.into()),
        },
    }
}

fn session_of(who: Who) -> Session {
    Session {
        operator: who.operator,
        name: who.name,
        role: who.role,
        outlet: who.outlet,
        terminal: Fixed(who.terminal),
    }
}

fn cookie(app: &App, value: &str, seconds: i64) -> [(HeaderName, String); 1] {
    let secure = if app.behind_tls { "; Secure" } else { "" };
    let rest = format!("Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}");
    [(SET_COOKIE, format!("{COOKIE_NAME}={value}; {rest}"))]
}

//! All routes, each with the roles that may use it.

use axum::extract::State;
use axum::http::Method;
use axum::http::header::SET_COOKIE;
use axum::response::{Json as Answer, NoContent};
use axum::routing::{MethodFilter, MethodRouter, on};

use apdu_core::authority::{
    Account, Accounted, Authorise, Authorised, CreateRecharge, Evidence, InitForLoad, LetGo,
    Recharge, Sight, Sighted,
};
use apdu_core::fault::Code;
use apdu_core::hex::Fixed;
use etc_api::{Approve, Payment, Role, Session, SignIn, Status};

use super::openapi::{Described, Document, Operation, SetCookie};
use super::problem::Refused;
use super::request::{COOKIE_NAME, Id, Json, Keyed, Nothing, Number, SignedIn};
use super::{App, applications, cards, office, tags};
use crate::desk::{Error, Who};
use crate::sessions;

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Everybody, signed in or not.
    Open,
    /// Operators of these roles.
    Roles(&'static [Role]),
    /// The application channel, with a credential of its own.
    Channel,
}

const ALL: Access = Access::Roles(&[Role::Teller, Role::Supervisor, Role::Auditor]);
const LOADERS: Access = Access::Roles(&[Role::Teller, Role::Supervisor]);
/// Those who look at evidence.
const OVERSEERS: Access = Access::Roles(&[Role::Supervisor, Role::Auditor]);
const SUPERVISORS: Access = Access::Roles(&[Role::Supervisor]);

/// A route. There is no other way to register a handler, so none can be without its access, without a
/// word on what it is for, and without what the description of the API needs.
pub struct Route {
    /// Its method.
    pub method: Method,
    /// Its path, as axum and OpenAPI write it.
    pub path: &'static str,
    /// Who may use it.
    pub access: Access,
    /// What it is for, in one line.
    pub summary: &'static str,
    /// Tells what its handler takes and answers.
    pub(super) describe: fn(&mut Operation<'_>),
    pub(super) handler: MethodRouter<App>,
}

/// A route that does not say yet what it is for, and therefore is none yet.
struct WithoutSummary(Route);

impl WithoutSummary {
    fn summary(self, summary: &'static str) -> Route {
        Route { summary, ..self.0 }
    }
}

fn get<T: 'static, H: Described<T>>(
    path: &'static str,
    access: Access,
    handler: H,
) -> WithoutSummary {
    route((Method::GET, MethodFilter::GET), path, access, handler)
}

fn post<T: 'static, H: Described<T>>(
    path: &'static str,
    access: Access,
    handler: H,
) -> WithoutSummary {
    route((Method::POST, MethodFilter::POST), path, access, handler)
}

fn delete<T: 'static, H: Described<T>>(
    path: &'static str,
    access: Access,
    handler: H,
) -> WithoutSummary {
    route(
        (Method::DELETE, MethodFilter::DELETE),
        path,
        access,
        handler,
    )
}

fn route<T: 'static, H: Described<T>>(
    (method, filter): (Method, MethodFilter),
    path: &'static str,
    access: Access,
    handler: H,
) -> WithoutSummary {
    WithoutSummary(Route {
        method,
        path,
        access,
        summary: "",
        describe: H::describe,
        handler: on(filter, handler),
    })
}

/// Every route of the API.
pub fn routes() -> Vec<Route> {
    vec![
        get("/api/openapi.json", Access::Open, openapi).summary("This description"),
        get("/api/v1/status", Access::Open, status)
            .summary("Which build this is, and whether it is a demo"),
        post("/api/v1/session", Access::Open, sign_in).summary("Signs in"),
        get("/api/v1/session", ALL, session).summary("Who is signed in"),
        delete("/api/v1/session", ALL, sign_out).summary("Signs out"),
        post("/api/v1/cards/{number}/sight", ALL, sight)
            .summary("Shows a card that was read; asks what may be done with it"),
        post("/api/v1/cards/{number}/unlock", LOADERS, unlock)
            .summary("A supervisor lets a card be proved again, with credentials of their own"),
        post("/api/v1/cards/{number}/status", SUPERVISORS, cards::set_status)
            .summary("Suspends a card, reports it lost, takes it out of use, or lifts a suspension or a loss"),
        post(
            "/api/v1/cards/{number}/signatures",
            LOADERS,
            cards::signatures,
        )
        .summary("A supervisor allows more signatures for a card, with credentials of their own"),
        post("/api/v1/cards/{number}/vehicle", LOADERS, cards::vehicle)
            .summary("Adds the vehicle of a card, as its licence describes it, where the records have none"),
        post("/api/v1/cards/{number}/take-in/offer", LOADERS, cards::offer_take_in)
            .summary("Asks for the INIT by which a card of the province that is not in the records proves that it is here"),
        post("/api/v1/cards/{number}/take-in", LOADERS, cards::take_in)
            .summary("Hands in that proof: the card comes into the records as it was issued"),
        post("/api/v1/card-tasks", LOADERS, cards::begin)
            .summary("Begins to issue or activate a card, or goes on with it"),
        get("/api/v1/card-tasks/{id}", ALL, cards::task).summary("One task of a card"),
        post("/api/v1/card-tasks/{id}/show", LOADERS, cards::show)
            .summary("Shows the card of a task, whole; asks what is to be written on it"),
        post("/api/v1/card-tasks/{id}/sign", LOADERS, cards::sign)
            .summary("Asks for the command that writes one file of the card"),
        post("/api/v1/card-tasks/{id}/refused", LOADERS, cards::refused)
            .summary("Reports that the card refused a signed command"),
        get("/api/v1/card-stock", ALL, cards::stock)
            .summary("How many cards there are, by outlet, type and status"),
        post("/api/v1/card-stock/hand-out", SUPERVISORS, cards::hand_out)
            .summary("Hands cards out to an outlet"),
        post(
            "/api/v1/applications/{id}/give-up",
            LOADERS,
            cards::give_up,
        )
        .summary("The teller gives up an application that was begun"),
        post("/api/v1/applications/{id}/reopen", LOADERS, cards::reopen).summary(
            "A supervisor lets an application go on after too many cards failed, with credentials of their own",
        ),
        post("/api/v1/tags/{serial}/sight", ALL, tags::sight)
            .summary("Shows a tag that was read; asks how its vehicle information is read"),
        post("/api/v1/tags/{serial}/vehicle", LOADERS, tags::vehicle)
            .summary("Has the vehicle information opened that a tag has just answered"),
        get("/api/v1/tags/sn/{sn}", ALL, tags::of_sn)
            .summary("The tag with this number on its back"),
        post(
            "/api/v1/tags/{serial}/status",
            SUPERVISORS,
            tags::set_status,
        )
        .summary("Suspends a tag, reports it lost, takes it out of use, or lifts a suspension or a loss"),
        post("/api/v1/tags/{serial}/cancel", SUPERVISORS, tags::cancel)
            .summary("Cancels a tag that nobody can show any more"),
        post(
            "/api/v1/tags/{serial}/signatures",
            LOADERS,
            tags::signatures,
        )
        .summary("A supervisor allows more signatures for a tag, with credentials of their own"),
        post("/api/v1/tag-tasks", LOADERS, tags::begin)
            .summary("Begins to issue, activate or cancel a tag, or goes on with it"),
        get("/api/v1/tag-tasks/{id}", ALL, tags::task).summary("One task of a tag"),
        post("/api/v1/tag-tasks/{id}/show", LOADERS, tags::show)
            .summary("Shows the tag of a task, whole; asks what is to be written on it"),
        post("/api/v1/tag-tasks/{id}/sign", LOADERS, tags::sign)
            .summary("Asks for the command that writes one file of the tag"),
        post("/api/v1/tag-tasks/{id}/refused", LOADERS, tags::refused)
            .summary("Reports that the tag refused a signed command"),
        get("/api/v1/cards/{number}/pairing", ALL, tags::pairing)
            .summary("The tag and the vehicle of a card"),
        get("/api/v1/tag-stock", ALL, tags::stock)
            .summary("How many tags there are, by outlet and status"),
        post("/api/v1/tag-stock/hand-out", SUPERVISORS, tags::hand_out)
            .summary("Hands tags out to an outlet"),
        get("/api/v1/hand-ins", ALL, tags::hand_ins).summary("Chips that wait to be handed in"),
        post("/api/v1/hand-ins/{id}/tick", LOADERS, tags::tick)
            .summary("A second person ticks a chip off that was handed in"),
        post(
            "/api/v1/applications",
            Access::Channel,
            applications::hand_in,
        )
        .summary("The channel hands applications in"),
        post(
            "/api/v1/applications/withdraw",
            Access::Channel,
            applications::withdraw,
        )
        .summary("The channel takes an application back that was not begun"),
        get("/api/v1/applications", ALL, applications::list)
            .summary("Applications by plate, state and day"),
        post("/api/v1/applications/find", ALL, applications::find)
            .summary("The applications of a person, by a number that stands in no address"),
        post(
            "/api/v1/applications/{id}/open",
            LOADERS,
            applications::open,
        )
        .summary("A teller takes an application up; it is locked for others for ten minutes"),
        post(
            "/api/v1/applications/{id}/close",
            LOADERS,
            applications::close,
        )
        .summary("The teller gives it back"),
        post(
            "/api/v1/applications/{id}/reveal",
            LOADERS,
            applications::reveal,
        )
        .summary("Whose application it is, unmasked"),
        post("/api/v1/recharges", LOADERS, create)
            .summary("Opens a record for a load, before money is taken"),
        get("/api/v1/recharges/{id}", ALL, record).summary("One record"),
        post("/api/v1/recharges/{id}/payment", LOADERS, pay)
            .summary("Confirms that the money was taken"),
        post("/api/v1/recharges/{id}/authorise", LOADERS, authorise)
            .summary("Asks for the CREDIT FOR LOAD command of a paid record"),
        post("/api/v1/recharges/{id}/confirm", LOADERS, confirm)
            .summary("Hands in the proof that a card was loaded"),
        post("/api/v1/recharges/{id}/close", LOADERS, close)
            .summary("Closes a record that was not paid"),
        post("/api/v1/cards/{number}/account", LOADERS, account).summary(
            "Shows a card's own account of its loads, so that every counter value is explained",
        ),
        post("/api/v1/recharges/{id}/let-go/offer", LOADERS, offer_let_go)
            .summary("Asks for the INIT that proves a torn load not to have been written"),
        post("/api/v1/recharges/{id}/let-go", LOADERS, let_go)
            .summary("Hands in that proof: the record is paid and not loaded again"),
        get("/api/v1/recharges", ALL, office::records)
            .summary("Records by plate, by card, or what waits for somebody"),
        post(
            "/api/v1/recharges/{id}/refund",
            LOADERS,
            office::begin_refund,
        )
        .summary("Begins to give the money of a record back"),
        post(
            "/api/v1/recharges/{id}/refund/send",
            LOADERS,
            office::send_refund,
        )
        .summary("The money leaves the drawer, or the POS is told to give it back"),
        post(
            "/api/v1/recharges/{id}/refund/outcome",
            LOADERS,
            office::end_refund,
        )
        .summary("The last word about money that was sent back"),
        get(
            "/api/v1/recharges/{id}/evidence",
            OVERSEERS,
            office::evidence,
        )
        .summary("Everything that speaks about one record"),
        get("/api/v1/recharges/{id}/bundle", OVERSEERS, office::bundle)
            .summary("The proof of a disputed load, signed, to be checked without this system"),
        get("/api/v1/cards/{number}/life", OVERSEERS, office::life).summary("A card's whole life"),
        get("/api/v1/cases", OVERSEERS, office::cases).summary("Decisions that wait for approvals"),
        post("/api/v1/cases", LOADERS, office::ask_case)
            .summary("Asks for a decision of two persons"),
        post("/api/v1/cases/{id}/approve", LOADERS, office::approve_case)
            .summary("A supervisor approves with credentials of their own"),
        post(
            "/api/v1/cases/{id}/withdraw",
            LOADERS,
            office::withdraw_case,
        )
        .summary("Takes the request back"),
        get("/api/v1/drawer", LOADERS, office::drawer)
            .summary("The operator's open cash drawer, or the last one"),
        post("/api/v1/drawer/open", LOADERS, office::open_drawer).summary("Opens a cash drawer"),
        post("/api/v1/drawer/close", LOADERS, office::close_drawer)
            .summary("Closes the cash drawer with what was counted"),
        get("/api/v1/switches", OVERSEERS, office::switches).summary("Which loads are stopped"),
        post("/api/v1/switches", SUPERVISORS, office::stop_loads).summary(
            "Stops loads of a province, the banks, an outlet, a range of cards or a load key",
        ),
        delete(
            "/api/v1/switches/{id}",
            SUPERVISORS,
            office::let_loads_go_on,
        )
        .summary("Lets loads go on"),
        get("/api/v1/reports/{day}", OVERSEERS, office::day)
            .summary("What came in and went out on a day, and what needs somebody"),
        get("/api/v1/audit/{day}", OVERSEERS, office::audit_heads)
            .summary("The last line of every audit chain that grew on a day, signed"),
    ]
}

pub(super) type Answered<T> = Result<Answer<T>, Refused>;

async fn openapi() -> Document {
    Document
}

async fn status(State(app): State<App>) -> Answer<Status> {
    Answer(Status {
        build: app.build.to_string(),
        demo: app.demo,
    })
}

async fn sign_in(
    State(app): State<App>,
    Json(request): Json<SignIn>,
) -> Result<(SetCookie, Answer<Session>), Refused> {
    let (who, token) = sessions::sign_in(&*app.store, &*app.random, request).await?;
    let longest = sessions::LONGEST / 1_000;
    let cookie = cookie(&app, &token.text(), longest);
    Ok((cookie, Answer(session_of(who))))
}

async fn session(SignedIn(who): SignedIn) -> Answer<Session> {
    Answer(session_of(who))
}

async fn sign_out(
    State(app): State<App>,
    SignedIn(who): SignedIn,
) -> Result<(SetCookie, NoContent), Refused> {
    sessions::sign_out(&*app.store, &who).await?;
    Ok((cookie(&app, "", 0), NoContent))
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
    SignedIn(_): SignedIn,
    Number(number): Number,
    Json(request): Json<Approve>,
) -> Result<NoContent, Refused> {
    app.desk().unlock(number, request).await?;
    Ok(NoContent)
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

async fn account(
    State(app): State<App>,
    SignedIn(who): SignedIn,
    Number(number): Number,
    Keyed(request, attempt): Keyed<Account>,
) -> Answered<Accounted> {
    to_its_end(async move { app.desk().account(&who, &attempt, number, &request).await }).await
}

async fn offer_let_go(
    State(app): State<App>,
    SignedIn(who): SignedIn,
    Id(id): Id,
    Json(Nothing {}): Json<Nothing>,
) -> Answered<InitForLoad> {
    Ok(Answer(app.desk().offer_let_go(&who, &id).await?))
}

async fn let_go(
    State(app): State<App>,
    SignedIn(who): SignedIn,
    Id(id): Id,
    Keyed(request, attempt): Keyed<LetGo>,
) -> Answered<Recharge> {
    to_its_end(async move { app.desk().let_go(&who, &attempt, &id, &request).await }).await
}

/// Carries a request that counts a proof to its end, also when the counter hangs up in the middle: a proof
/// must not stay counted that was never judged.
pub(super) async fn to_its_end<T: Send + 'static>(
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

fn cookie(app: &App, value: &str, seconds: i64) -> SetCookie {
    let secure = if app.behind_tls { "; Secure" } else { "" };
    let rest = format!("Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}");
    [(SET_COOKIE, format!("{COOKIE_NAME}={value}; {rest}"))]
}

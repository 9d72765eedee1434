//! Handlers behind the counter: records, refunds, decisions, drawers, switches, the day.

use apdu_core::authority::Recharge;
use axum::extract::State;
use axum::response::{Json as Answer, NoContent};
use etc_api::{
    Approve, AskCase, AuditHeads, Bundle, CardLife, CaseView, CloseDrawer, DayReport, Drawer,
    OpenDrawer, RecordEvidence, RecordLine, RecordQuery, RefundOutcome, StopLoads, SwitchView,
};

use super::App;
use super::problem::Refused;
use super::request::{Day, Id, Json, Keyed, Nothing, Number, Query, SignedIn};
use super::routes::Answered;

pub async fn records(
    State(app): State<App>,
    SignedIn(who): SignedIn,
    Query(query): Query<RecordQuery>,
) -> Answered<Vec<RecordLine>> {
    Ok(Answer(app.desk().records(&who, &query).await?))
}

pub async fn begin_refund(
    State(app): State<App>,
    SignedIn(who): SignedIn,
    Id(id): Id,
    Keyed(Nothing {}, attempt): Keyed<Nothing>,
) -> Answered<Recharge> {
    Ok(Answer(app.desk().begin_refund(&who, &attempt, &id).await?))
}

pub async fn send_refund(
    State(app): State<App>,
    SignedIn(who): SignedIn,
    Id(id): Id,
    Keyed(Nothing {}, attempt): Keyed<Nothing>,
) -> Answered<Recharge> {
    Ok(Answer(app.desk().send_refund(&who, &attempt, &id).await?))
}

pub async fn end_refund(
    State(app): State<App>,
    SignedIn(who): SignedIn,
    Id(id): Id,
    Keyed(request, attempt): Keyed<RefundOutcome>,
) -> Answered<Recharge> {
    let ended = app.desk().end_refund(&who, &attempt, &id, &request).await;
    Ok(Answer(ended?))
}

pub async fn evidence(
    State(app): State<App>,
    SignedIn(who): SignedIn,
    Id(id): Id,
) -> Answered<RecordEvidence> {
    Ok(Answer(app.desk().evidence(&who, &id).await?))
}

pub async fn bundle(
    State(app): State<App>,
    SignedIn(who): SignedIn,
    Id(id): Id,
) -> Answered<Bundle> {
    Ok(Answer(app.desk().bundle(&who, &id).await?))
}

pub async fn life(
    State(app): State<App>,
    SignedIn(who): SignedIn,
    Number(number): Number,
) -> Answered<CardLife> {
    Ok(Answer(app.desk().life(&who, number).await?))
}

pub async fn cases(State(app): State<App>, SignedIn(_): SignedIn) -> Answered<Vec<CaseView>> {
    Ok(Answer(app.desk().cases().await?))
}

pub async fn ask_case(
    State(app): State<App>,
    SignedIn(who): SignedIn,
    Keyed(request, attempt): Keyed<AskCase>,
) -> Answered<CaseView> {
    Ok(Answer(app.desk().ask_case(&who, &attempt, &request).await?))
}

pub async fn approve_case(
    State(app): State<App>,
    SignedIn(_): SignedIn,
    Id(id): Id,
    Json(request): Json<Approve>,
) -> Answered<CaseView> {
    Ok(Answer(app.desk().approve_case(&id, request).await?))
}

pub async fn withdraw_case(
    State(app): State<App>,
    SignedIn(who): SignedIn,
    Id(id): Id,
    Json(Nothing {}): Json<Nothing>,
) -> Answered<CaseView> {
    Ok(Answer(app.desk().withdraw_case(&who, &id).await?))
}

pub async fn drawer(State(app): State<App>, SignedIn(who): SignedIn) -> Answered<Drawer> {
    Ok(Answer(app.desk().drawer(&who).await?))
}

pub async fn open_drawer(
    State(app): State<App>,
    SignedIn(who): SignedIn,
    Json(request): Json<OpenDrawer>,
) -> Answered<Drawer> {
    Ok(Answer(app.desk().open_drawer(&who, &request).await?))
}

pub async fn close_drawer(
    State(app): State<App>,
    SignedIn(who): SignedIn,
    Json(request): Json<CloseDrawer>,
) -> Answered<Drawer> {
    Ok(Answer(app.desk().close_drawer(&who, &request).await?))
}

pub async fn switches(State(app): State<App>, SignedIn(_): SignedIn) -> Answered<Vec<SwitchView>> {
    Ok(Answer(app.desk().switches().await?))
}

pub async fn stop_loads(
    State(app): State<App>,
    SignedIn(who): SignedIn,
    Json(request): Json<StopLoads>,
) -> Answered<SwitchView> {
    Ok(Answer(app.desk().stop_loads(&who, &request).await?))
}

pub async fn let_loads_go_on(
    State(app): State<App>,
    SignedIn(who): SignedIn,
    Id(id): Id,
) -> Result<NoContent, Refused> {
    app.desk().let_loads_go_on(&who, &id).await?;
    Ok(NoContent)
}

pub async fn day(
    State(app): State<App>,
    SignedIn(who): SignedIn,
    Day(day): Day,
) -> Answered<DayReport> {
    Ok(Answer(app.desk().day(&who, day).await?))
}

pub async fn audit_heads(
    State(app): State<App>,
    SignedIn(_): SignedIn,
    Day(day): Day,
) -> Answered<AuditHeads> {
    Ok(Answer(app.desk().audit_heads(day).await?))
}

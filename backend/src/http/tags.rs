//! Routes about tags.

use apdu_core::authority::{
    BeginTagTask, ShownTag, ShownVehicle, SignTag, SignedTag, TagRefused, TagSight, TagSighted,
    TagTask, TagTold, TagVehicle,
};
use axum::extract::State;
use axum::response::{Json as Answer, NoContent};
use etc_api::{
    Approve, CancelUnseen, CardPairing, HandInLine, HandOut, SetTagStatus, StockTag, TagStockLine,
};

use super::App;
use super::problem::Refused;
use super::request::{Id, Json, Keyed, Nothing, Number, Serial, SignedIn, Sn};
use super::routes::Answered;

pub(super) async fn sight(
    State(app): State<App>,
    SignedIn(who): SignedIn,
    Serial(tag): Serial,
    Json(request): Json<TagSight>,
) -> Answered<TagSighted> {
    Ok(Answer(app.desk().sight_tag(&who, tag, &request).await?))
}

pub(super) async fn vehicle(
    State(app): State<App>,
    SignedIn(who): SignedIn,
    Serial(tag): Serial,
    Json(request): Json<ShownVehicle>,
) -> Answered<TagVehicle> {
    Ok(Answer(app.desk().open_vehicle(&who, tag, &request).await?))
}

pub(super) async fn of_sn(
    State(app): State<App>,
    SignedIn(_): SignedIn,
    Sn(sn): Sn,
) -> Answered<StockTag> {
    Ok(Answer(app.desk().tag_of_sn(&sn).await?))
}

pub(super) async fn begin(
    State(app): State<App>,
    SignedIn(who): SignedIn,
    Keyed(request, attempt): Keyed<BeginTagTask>,
) -> Answered<TagTask> {
    let begun = app.desk().begin_tag_task(&who, &attempt, &request).await;
    Ok(Answer(begun?))
}

pub(super) async fn task(
    State(app): State<App>,
    SignedIn(_): SignedIn,
    Id(id): Id,
) -> Answered<TagTask> {
    Ok(Answer(app.desk().tag_task(&id).await?))
}

pub(super) async fn show(
    State(app): State<App>,
    SignedIn(who): SignedIn,
    Id(id): Id,
    Json(request): Json<ShownTag>,
) -> Answered<TagTold> {
    Ok(Answer(app.desk().show_tag(&who, &id, &request).await?))
}

pub(super) async fn sign(
    State(app): State<App>,
    SignedIn(who): SignedIn,
    Id(id): Id,
    Keyed(request, attempt): Keyed<SignTag>,
) -> Answered<SignedTag> {
    let signed = app.desk().sign_tag(&who, &attempt, &id, &request).await;
    Ok(Answer(signed?))
}

pub(super) async fn refused(
    State(app): State<App>,
    SignedIn(who): SignedIn,
    Id(id): Id,
    Keyed(request, attempt): Keyed<TagRefused>,
) -> Answered<TagTask> {
    let task = app.desk().tag_refused(&who, &attempt, &id, &request).await;
    Ok(Answer(task?))
}

pub(super) async fn pairing(
    State(app): State<App>,
    SignedIn(_): SignedIn,
    Number(number): Number,
) -> Answered<CardPairing> {
    Ok(Answer(app.desk().pairing(number).await?))
}

pub(super) async fn stock(
    State(app): State<App>,
    SignedIn(_): SignedIn,
) -> Answered<Vec<TagStockLine>> {
    Ok(Answer(app.desk().tag_stock().await?))
}

pub(super) async fn hand_out(
    State(app): State<App>,
    SignedIn(who): SignedIn,
    Keyed(request, attempt): Keyed<HandOut>,
) -> Answered<Vec<StockTag>> {
    Ok(Answer(app.desk().hand_out(&who, &attempt, &request).await?))
}

pub(super) async fn set_status(
    State(app): State<App>,
    SignedIn(who): SignedIn,
    Serial(tag): Serial,
    Keyed(request, attempt): Keyed<SetTagStatus>,
) -> Answered<StockTag> {
    let desk = app.desk();
    let set = desk.set_tag_status(&who, &attempt, tag, &request).await;
    Ok(Answer(set?))
}

pub(super) async fn cancel(
    State(app): State<App>,
    SignedIn(who): SignedIn,
    Serial(tag): Serial,
    Keyed(request, attempt): Keyed<CancelUnseen>,
) -> Answered<StockTag> {
    let desk = app.desk();
    let cancelled = desk.cancel_unseen(&who, &attempt, tag, &request.reason);
    Ok(Answer(cancelled.await?))
}

pub(super) async fn signatures(
    State(app): State<App>,
    SignedIn(_): SignedIn,
    Serial(tag): Serial,
    Json(request): Json<Approve>,
) -> Result<NoContent, Refused> {
    app.desk().allow_signatures(tag, request).await?;
    Ok(NoContent)
}

pub(super) async fn hand_ins(
    State(app): State<App>,
    SignedIn(_): SignedIn,
) -> Answered<Vec<HandInLine>> {
    Ok(Answer(app.desk().hand_ins().await?))
}

pub(super) async fn tick(
    State(app): State<App>,
    SignedIn(who): SignedIn,
    Id(id): Id,
    Keyed(Nothing {}, _): Keyed<Nothing>,
) -> Result<NoContent, Refused> {
    app.desk().tick_hand_in(&who, &id).await?;
    Ok(NoContent)
}

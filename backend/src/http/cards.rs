//! Routes about cards that are written: their tasks, and their stock.

use apdu_core::authority::{
    BeginCardTask, CardRefused, CardTask, CardTold, OfferTakeIn, Presence, SignCard, SignedCard,
    TakeIn, WholeCard,
};
use axum::extract::State;
use axum::response::{Json as Answer, NoContent};
use etc_api::{
    Approve, CardStockLine, GiveUpApplication, HandOutCards, LicensedVehicle, SetCardStatus,
};

use super::App;
use super::problem::Refused;
use super::request::{Id, Json, Keyed, Number, SignedIn};
use super::routes::{Answered, to_its_end};

pub(super) async fn begin(
    State(app): State<App>,
    SignedIn(who): SignedIn,
    Keyed(request, attempt): Keyed<BeginCardTask>,
) -> Answered<CardTask> {
    let begun = app.desk().begin_card_task(&who, &attempt, &request).await;
    Ok(Answer(begun?))
}

pub(super) async fn task(
    State(app): State<App>,
    SignedIn(who): SignedIn,
    Id(id): Id,
) -> Answered<CardTask> {
    Ok(Answer(app.desk().card_task(&who, &id).await?))
}

pub(super) async fn show(
    State(app): State<App>,
    SignedIn(who): SignedIn,
    Id(id): Id,
    Json(request): Json<WholeCard>,
) -> Answered<CardTold> {
    to_its_end(async move { app.desk().show_card(&who, &id, &request).await }).await
}

pub(super) async fn sign(
    State(app): State<App>,
    SignedIn(who): SignedIn,
    Id(id): Id,
    Keyed(request, attempt): Keyed<SignCard>,
) -> Answered<SignedCard> {
    let signed = app.desk().sign_card(&who, &attempt, &id, &request).await;
    Ok(Answer(signed?))
}

pub(super) async fn refused(
    State(app): State<App>,
    SignedIn(who): SignedIn,
    Id(id): Id,
    Keyed(request, attempt): Keyed<CardRefused>,
) -> Answered<CardTask> {
    let task = app.desk().card_refused(&who, &attempt, &id, &request).await;
    Ok(Answer(task?))
}

pub(super) async fn offer_take_in(
    State(app): State<App>,
    SignedIn(who): SignedIn,
    Number(number): Number,
    Json(request): Json<OfferTakeIn>,
) -> Answered<Presence> {
    let desk = app.desk();
    Ok(Answer(desk.offer_take_in(&who, number, &request).await?))
}

pub(super) async fn take_in(
    State(app): State<App>,
    SignedIn(who): SignedIn,
    Number(number): Number,
    Keyed(request, attempt): Keyed<TakeIn>,
) -> Result<NoContent, Refused> {
    let taken = async move { app.desk().take_in(&who, &attempt, number, &request).await };
    let Answer(()) = to_its_end(taken).await?;
    Ok(NoContent)
}

pub(super) async fn stock(
    State(app): State<App>,
    SignedIn(_): SignedIn,
) -> Answered<Vec<CardStockLine>> {
    Ok(Answer(app.desk().card_stock().await?))
}

pub(super) async fn hand_out(
    State(app): State<App>,
    SignedIn(who): SignedIn,
    Keyed(request, attempt): Keyed<HandOutCards>,
) -> Result<NoContent, Refused> {
    let desk = app.desk();
    desk.hand_out_cards(&who, &attempt, &request).await?;
    Ok(NoContent)
}

pub(super) async fn set_status(
    State(app): State<App>,
    SignedIn(who): SignedIn,
    Number(number): Number,
    Keyed(request, attempt): Keyed<SetCardStatus>,
) -> Result<NoContent, Refused> {
    let desk = app.desk();
    desk.set_card_status(&who, &attempt, number, &request)
        .await?;
    Ok(NoContent)
}

pub(super) async fn signatures(
    State(app): State<App>,
    SignedIn(_): SignedIn,
    Number(number): Number,
    Json(request): Json<Approve>,
) -> Result<NoContent, Refused> {
    app.desk().allow_card_signatures(number, request).await?;
    Ok(NoContent)
}

pub(super) async fn vehicle(
    State(app): State<App>,
    SignedIn(who): SignedIn,
    Number(number): Number,
    Keyed(request, attempt): Keyed<LicensedVehicle>,
) -> Result<NoContent, Refused> {
    let desk = app.desk();
    desk.add_vehicle(&who, &attempt, number, &request).await?;
    Ok(NoContent)
}

pub(super) async fn give_up(
    State(app): State<App>,
    SignedIn(who): SignedIn,
    Id(id): Id,
    Keyed(request, attempt): Keyed<GiveUpApplication>,
) -> Result<NoContent, Refused> {
    let desk = app.desk();
    desk.give_up_application(&who, &attempt, &id, &request)
        .await?;
    Ok(NoContent)
}

pub(super) async fn reopen(
    State(app): State<App>,
    SignedIn(who): SignedIn,
    Id(id): Id,
    Json(request): Json<Approve>,
) -> Result<NoContent, Refused> {
    let desk = app.desk();
    desk.reopen_application(&who, &id, request).await?;
    Ok(NoContent)
}

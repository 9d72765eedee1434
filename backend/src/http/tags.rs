//! Routes about tags.

use apdu_core::authority::{ShownVehicle, TagSight, TagSighted, TagVehicle};
use axum::extract::State;
use axum::response::Json as Answer;
use etc_api::StockTag;

use super::App;
use super::request::{Json, Serial, SignedIn, Sn};
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

//! Calls about applications for cards.

use apdu_core::authority::Refusal;
use etc_api::{
    ApplicationPage, ApplicationQuery, ApplicationState, GiveUpApplication, OpenedApplication,
    RevealedPerson,
};
use serde::de::IgnoredAny;

use super::{Backend, Nothing, Request, escaped, new_key, search};

impl Backend {
    /// One page of them, newest first.
    pub async fn applications(&self, query: &ApplicationQuery) -> Result<ApplicationPage, Refusal> {
        let path = format!("applications?{}", asked(query));
        self.signed_in_call(&Request::get(&path)).await
    }

    /// This teller takes one up.
    pub async fn open_application(&self, id: &str) -> Result<OpenedApplication, Refusal> {
        let request = Request::post(&format!("applications/{id}/open"), &Nothing {});
        self.signed_in_call(&request.keyed(&new_key())).await
    }

    /// This teller leaves it to the others.
    pub async fn close_application(&self, id: &str) -> Result<(), Refusal> {
        let request = Request::post(&format!("applications/{id}/close"), &Nothing {});
        let _: IgnoredAny = self.signed_in_call(&request.keyed(&new_key())).await?;
        Ok(())
    }

    /// This teller gives one up that was begun.
    pub async fn give_up_application(&self, id: &str, reason: String) -> Result<(), Refusal> {
        let body = GiveUpApplication { reason };
        let request = Request::post(&format!("applications/{id}/give-up"), &body);
        let _: IgnoredAny = self.signed_in_call(&request.keyed(&new_key())).await?;
        Ok(())
    }

    /// The personal data of one that this teller has open, for as long as they are held.
    pub async fn reveal_application(&self, id: &str) -> Result<RevealedPerson, Refusal> {
        let request = Request::post(&format!("applications/{id}/reveal"), &Nothing {});
        self.signed_in_call(&request.keyed(&new_key())).await
    }
}

/// A query as it stands in an address.
fn asked(query: &ApplicationQuery) -> String {
    let state = query.state.map(|state| match state {
        ApplicationState::Open => "open",
        ApplicationState::Begun => "begun",
        ApplicationState::Issued => "issued",
        ApplicationState::Withdrawn => "withdrawn",
    });
    search([
        ("plate", query.plate.as_deref().map(escaped)),
        ("plate_colour", query.plate_colour.map(|c| c.to_string())),
        ("state", state.map(str::to_owned)),
        ("from", query.from.as_deref().map(escaped)),
        ("to", query.to.as_deref().map(escaped)),
        ("after", query.after.as_deref().map(escaped)),
    ])
}

//! HTTP: routes, who may use them, error answers, the page. Handlers only translate.

mod applications;
mod cards;
mod office;
mod openapi;
mod page;
pub mod problem;
mod request;
mod routes;
mod tags;

use std::any::Any;
use std::sync::Arc;

use apdu_core::fault::Code;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use etc_api::BUILD;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::desk::Desk;
use crate::keys::KeyStore;
use crate::random::Random;
use crate::sessions;
use crate::store::Store;
use applications::Channel;
use problem::Refused;

pub use page::Pages;
pub use routes::{Access, Route, routes};

/// What handlers work with.
#[derive(Clone)]
pub struct App {
    /// What is kept.
    pub store: Arc<dyn Store>,
    /// What is signed and verified.
    pub keys: Arc<dyn KeyStore>,
    /// Ids, tokens, preflight numbers.
    pub random: Arc<dyn Random>,
    /// Whether this is a demo instance.
    pub demo: bool,
    /// Whether everybody comes through TLS, so that the cookie may say so.
    pub behind_tls: bool,
    /// The build the page belongs to.
    pub build: Arc<str>,
}

impl App {
    fn desk(&self) -> Desk<'_> {
        Desk {
            store: &*self.store,
            keys: &*self.keys,
            random: &*self.random,
        }
    }
}

/// The whole service.
pub fn router(app: App, pages: &Pages) -> Router {
    let mut api = Router::new();
    for Route {
        path,
        access,
        handler,
        ..
    } in routes()
    {
        let guard = from_fn_with_state((app.clone(), access), guard);
        api = api.route(path, handler.layer(guard));
    }
    let build = HeaderValue::from_str(&app.build);
    let build = build.unwrap_or(HeaderValue::from_static("dev"));
    let mut all = api
        .route("/api/{*rest}", axum::routing::any(nowhere))
        .method_not_allowed_fallback(nowhere)
        .with_state(app)
        .fallback_service(pages.service())
        .layer(CatchPanicLayer::custom(panicked));
    for (name, value) in pages.headers() {
        all = all.layer(SetResponseHeaderLayer::overriding(name, value));
    }
    all.layer(from_fn(uncached))
        .layer(SetResponseHeaderLayer::overriding(
            HeaderName::from_static(BUILD),
            build,
        ))
}

/// Lets nobody through who is not signed in with one of the route's roles.
async fn guard(
    State((app, access)): State<(App, Access)>,
    mut request: Request,
    next: Next,
) -> Result<Response, Refused> {
    match access {
        Access::Open => {}
        Access::Roles(roles) => {
            let token = request::token(request.headers()).ok_or(Code::NotSignedIn)?;
            let who = sessions::resume(&*app.store, &token).await?;
            if !roles.contains(&who.role) {
                return Err(Code::RoleMayNot.into());
            }
            request.extensions_mut().insert(who);
        }
        Access::Channel => {
            let channel = match request::bearer(request.headers()) {
                Some(token) => sessions::channel(&*app.store, &token).await?,
                // Whoever is signed in is somebody, but not the channel.
                None => match request::token(request.headers()) {
                    Some(token) => {
                        sessions::resume(&*app.store, &token).await?;
                        None
                    }
                    None => return Err(Code::NotSignedIn.into()),
                },
            };
            let channel = channel.ok_or(Code::NotTheChannel)?;
            request.extensions_mut().insert(Channel(channel));
        }
    }
    Ok(next.run(request).await)
}

/// Nothing of the API is kept anywhere on the way; the page's files say for themselves.
async fn uncached(request: Request, next: Next) -> Response {
    let mut answer = next.run(request).await;
    let headers = answer.headers_mut();
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    answer
}

async fn nowhere() -> Refused {
    Code::NoSuchRoute.into()
}

fn panicked(_: Box<dyn Any + Send>) -> Response {
    // The panic hook has logged where; what was in it stays inside.
    Refused::from(Code::BackendFailed).into_response()
}

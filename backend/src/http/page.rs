//! The page's files, and the headers that fence it in.

use std::convert::Infallible;
use std::io;
use std::path::{Path, PathBuf};

use apdu_core::fault::Code;
use apdu_core::hex::Upper;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, any_service};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use tower::{ServiceExt, service_fn};
use tower_http::services::ServeDir;

use super::problem::Refused;

/// Where the page's files are, and what its index.html is allowed to do.
#[derive(Clone, Debug)]
pub struct Pages {
    page: Option<PathBuf>,
    demo: Option<PathBuf>,
    policy: HeaderValue,
    build: String,
}

impl Pages {
    /// Reads index.html of the page in `page`. `demo` is served under `/demo/`.
    pub fn read(page: &Path, demo: Option<&Path>) -> io::Result<Self> {
        let index = std::fs::read_to_string(page.join("index.html"))?;
        Ok(Self {
            page: Some(page.to_owned()),
            demo: demo.map(Path::to_owned),
            policy: policy(&index),
            build: Upper(&Sha256::digest(&index)[..6])
                .to_string()
                .to_lowercase(),
        })
    }

    /// No page: the API alone, for tests.
    pub fn none() -> Self {
        Self {
            page: None,
            demo: None,
            policy: policy(""),
            build: "dev".to_owned(),
        }
    }

    /// A short hash of the page, so that an old page notices that it is old.
    pub fn build(&self) -> &str {
        &self.build
    }

    /// Headers of every answer.
    pub(super) fn headers(&self) -> [(HeaderName, HeaderValue); 5] {
        let fixed = HeaderValue::from_static;
        [
            (header::CONTENT_SECURITY_POLICY, self.policy.clone()),
            (
                HeaderName::from_static("permissions-policy"),
                fixed("usb=(self), serial=(self)"),
            ),
            (header::X_CONTENT_TYPE_OPTIONS, fixed("nosniff")),
            (header::REFERRER_POLICY, fixed("no-referrer")),
            (
                HeaderName::from_static("cross-origin-opener-policy"),
                fixed("same-origin"),
            ),
        ]
    }

    /// Answers whatever is no route.
    pub(super) fn service(&self) -> MethodRouter {
        let pages = self.clone();
        any_service(service_fn(move |request: Request| {
            let pages = pages.clone();
            async move { Ok::<_, Infallible>(pages.serve(request).await) }
        }))
    }

    async fn serve(&self, request: Request) -> Response {
        let path = request.uri().path().to_owned();
        let (folder, request) = match path.strip_prefix("/demo/") {
            Some(rest) => (&self.demo, moved(request, rest)),
            None => (&self.page, Some(request)),
        };
        let (Some(folder), Some(request)) = (folder, request) else {
            return Refused::from(Code::NoSuchRoute).into_response();
        };
        // Files that are compressed already lie beside their originals.
        let files = ServeDir::new(folder).precompressed_br();
        match files.oneshot(request).await {
            Ok(answer) if answer.status().is_success() || answer.status().is_redirection() => {
                let mut answer = answer.map(Body::new);
                let cache = HeaderValue::from_static(cache(&path));
                answer.headers_mut().insert(header::CACHE_CONTROL, cache);
                answer
            }
            Ok(_) => Refused::from(Code::NoSuchRoute).into_response(),
            Err(never) => match never {},
        }
    }
}

fn moved(request: Request, rest: &str) -> Option<Request> {
    let (mut parts, body) = request.into_parts();
    parts.uri = format!("/{rest}").parse().ok()?;
    Some(Request::from_parts(parts, body))
}

/// Files whose name carries a hash of their contents never change; all others are asked for anew.
fn cache(path: &str) -> &'static str {
    let name = path.rsplit('/').next().unwrap_or_default();
    let hashed = name
        .split(['-', '.', '_'])
        .any(|part| part.len() >= 8 && part.bytes().all(|byte| byte.is_ascii_hexdigit()));
    if hashed {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    }
}

/// Scripts of our own and the inline scripts index.html was built with, nothing else.
fn policy(index: &str) -> HeaderValue {
    let hashes: String = inline_scripts(index)
        .map(|script| format!(" 'sha256-{}'", STANDARD.encode(Sha256::digest(script))))
        .collect();
    let policy = format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'{hashes}; style-src 'self'; \
         img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri 'none'; \
         form-action 'self'; frame-ancestors 'none'"
    );
    // ASCII, whatever the page holds.
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}

/// Contents of the script elements that name no source.
fn inline_scripts(html: &str) -> impl Iterator<Item = &str> {
    let elements = html.split("<script").skip(1);
    elements.filter_map(|element| {
        let (attributes, rest) = element.split_once('>')?;
        let (script, _) = rest.split_once("</script>")?;
        let inline = !attributes
            .split_whitespace()
            .any(|word| word.starts_with("src="));
        inline.then_some(script)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inline_scripts_are_allowed_by_their_hash_only() {
        let html = "<script type=\"module\">let x = 1;</script><script src=\"a.js\"></script>\
                    <link rel=\"modulepreload\" href=\"b.js\">";
        assert_eq!(inline_scripts(html).collect::<Vec<_>>(), ["let x = 1;"]);
        // printf 'let x = 1;' | openssl dgst -sha256 -binary | base64
        let policy = policy(html);
        let policy = policy.to_str().unwrap();
        assert!(
            policy.contains("'sha256-qtc3jf64UXA5J6U02kfQ0Cvn9Uz4wXUaN3NNUVgR2v4='"),
            "{policy}"
        );
        assert!(!policy.contains("unsafe-inline"));
    }

    #[test]
    fn only_names_with_a_hash_are_kept_for_ever() {
        assert!(cache("/etc-app-1a2b3c4d5e6f7a8b_bg.wasm").contains("immutable"));
        assert_eq!(cache("/index.html"), "no-cache");
        assert_eq!(cache("/"), "no-cache");
        assert_eq!(cache("/demo/sim_bg.wasm"), "no-cache");
    }
}

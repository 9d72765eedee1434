//! `cargo xtask iwa`: the page as an Isolated Web App for Chromium's developer mode, where a page may claim the
//! readers it otherwise may not (reference on readers §1.4). There is no backend behind it: what works
//! without one is the device page.
//!
//! Chromium fetches the app from here, its *dev mode proxy*, and adds the rules of Isolated Web Apps: no
//! inline script, and no string becomes markup unless a policy of the app lets it.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::page;
use crate::shell::{Failure, say};
use crate::tools;

/// Where a browser looks for it.
const MANIFEST: &str = "/.well-known/manifest.webmanifest";
const START: &str = "/start.js";
/// Chromium installs no app without an icon of pixels; the page's own is drawn.
const ICON: &str = "/icon.png";
/// Whom the page shows when it is opened: it has nobody to sign in to.
const START_URL: &str = "/#/devices";
/// What an app may use of what is closed to pages, each for itself only.
const PERMISSIONS: [&str; 5] = [
    "cross-origin-isolated",
    "serial",
    "smart-card",
    "usb",
    "usb-unrestricted",
];
/// The page brings its markup as strings of its own; none comes from outside, and no script does.
const TRUSTED_TYPES: &str =
    "trustedTypes.createPolicy('default', { createHTML: markup => markup });\n";
/// What the backend sends with the page, and what isolates it from other origins.
const HEADERS: &str = "\
content-security-policy: default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
img-src 'self' data:; connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; \
form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'\r\n\
cross-origin-opener-policy: same-origin\r\n\
cross-origin-embedder-policy: require-corp\r\n\
cross-origin-resource-policy: same-origin\r\n\
x-content-type-options: nosniff\r\n\
cache-control: no-store\r\n";
/// Longest request head that is read.
const LONGEST_HEAD: u64 = 16 * 1024;
/// How long a connection may say nothing.
const PATIENCE: Duration = Duration::from_secs(10);

/// Builds the page and serves it until the process is ended.
pub fn serve(port: u16) -> Result<(), Failure> {
    page::build_page(&tools::for_page()?)?;
    let app = Arc::new(App::read(&page::page_folder())?);
    let cannot = |error: io::Error| Failure::new(format!("port {port}: {error}"));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(cannot)?;
    say(format!(
        "the app is at http://localhost:{port}; start Chromium or Chrome with"
    ));
    say("  --enable-features=IsolatedWebApps,IsolatedWebAppDevMode,UnrestrictedUsb");
    say(format!(
        "  --install-isolated-web-app-from-url=http://localhost:{port}"
    ));
    for connection in listener.incoming() {
        let (connection, app) = (connection.map_err(cannot)?, app.clone());
        // A browser that went away takes nothing with it.
        thread::spawn(move || app.answer(connection));
    }
    Ok(())
}

/// The files of the app by their path.
struct App(BTreeMap<String, Vec<u8>>);

impl App {
    /// Takes the page as it was built, its inline script out of it, and the manifest in.
    fn read(folder: &Path) -> Result<Self, Failure> {
        let mut files = BTreeMap::new();
        for file in page::files(folder)? {
            let name = file.strip_prefix(folder).unwrap_or(&file);
            let path = format!("/{}", name.to_string_lossy().replace('\\', "/"));
            // What a browser gets here it gets as it is.
            if !path.ends_with(".br") {
                let bytes = fs::read(&file).map_err(|error| Failure::io(&file, &error))?;
                files.insert(path, bytes);
            }
        }
        let index = files.remove("/index.html").unwrap_or_default();
        let index = String::from_utf8_lossy(&index);
        let (index, script) = without_inline_script(&index)
            .ok_or_else(|| Failure::new("index.html has no inline script that starts the page"))?;
        files.insert(MANIFEST.to_owned(), manifest().into_bytes());
        files.insert(ICON.to_owned(), include_bytes!("icon.png").to_vec());
        files.insert("/".to_owned(), index.into_bytes());
        files.insert(
            START.to_owned(),
            format!("{TRUSTED_TYPES}{script}").into_bytes(),
        );
        Ok(Self(files))
    }

    /// Answers one request and closes the connection.
    fn answer(&self, mut connection: TcpStream) -> io::Result<()> {
        connection.set_read_timeout(Some(PATIENCE))?;
        let mut head = BufReader::new(Read::take(&connection, LONGEST_HEAD)).lines();
        let request = head.next().transpose()?.unwrap_or_default();
        // A connection that is closed with something unread is reset.
        while head
            .next()
            .transpose()?
            .is_some_and(|line| !line.is_empty())
        {}
        let (status, kind, body) = match self.find(&request) {
            Some((kind, body)) => ("200 OK", kind, body),
            None => ("404 Not Found", "text/plain", &[][..]),
        };
        let length = body.len();
        write!(
            connection,
            "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\
             {HEADERS}connection: close\r\n\r\n"
        )?;
        connection.write_all(body)
    }

    /// What `GET /path?query HTTP/1.1` asks for, with its type.
    fn find(&self, request: &str) -> Option<(&'static str, &[u8])> {
        let target = request.strip_prefix("GET ")?.split(' ').next()?;
        let path = target.split('?').next()?;
        let body = self.0.get(path)?;
        let kind = match path.rsplit('.').next()? {
            "css" => "text/css; charset=utf-8",
            "js" => "text/javascript; charset=utf-8",
            "png" => "image/png",
            "svg" => "image/svg+xml",
            "wasm" => "application/wasm",
            "webmanifest" => "application/manifest+json",
            _ => "text/html; charset=utf-8",
        };
        Some((kind, body))
    }
}

/// What the app is and what it may use.
fn manifest() -> String {
    let version = env!("CARGO_PKG_VERSION");
    let permissions = PERMISSIONS.map(|name| format!("\"{name}\": [\"self\"]"));
    format!(
        r#"{{
  "name": "ETC Desk",
  "version": "{version}",
  "id": "/",
  "start_url": "{START_URL}",
  "scope": "/",
  "display": "standalone",
  "icons": [{{ "src": "{ICON}", "sizes": "256x256", "type": "image/png" }}],
  "permissions_policy": {{ {} }}
}}
"#,
        permissions.join(", ")
    )
}

/// The page with its one inline script fetched from [`START`], and that script.
fn without_inline_script(html: &str) -> Option<(String, &str)> {
    let (before, element) = html.split_once("<script")?;
    let (attributes, rest) = element.split_once('>')?;
    let (script, after) = rest.split_once("</script>")?;
    let page = format!("{before}<script src=\"{START}\"{attributes}></script>{after}");
    let inline = !attributes.contains("src=") && !script.trim().is_empty();
    inline.then_some((page, script))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_that_starts_the_page_is_fetched() {
        let html = "<title>a</title><script type=module>import a from './a.js';</script><p>";
        let (page, script) = without_inline_script(html).expect("a script");
        assert_eq!(script, "import a from './a.js';");
        assert_eq!(
            page,
            "<title>a</title><script src=\"/start.js\" type=module></script><p>"
        );
        assert_eq!(without_inline_script("<script src=a.js></script>"), None);
    }

    #[test]
    fn only_files_of_the_app_are_found_and_have_their_type() {
        let files = [("/", "page"), ("/a-1.wasm", "module"), (MANIFEST, "{}")];
        let app = App(files.map(|(path, body)| (path.into(), body.into())).into());
        let found = |request| app.find(request).map(|(kind, _)| kind);
        assert_eq!(found("GET / HTTP/1.1"), Some("text/html; charset=utf-8"));
        assert_eq!(found("GET /a-1.wasm?x HTTP/1.1"), Some("application/wasm"));
        let manifest = "GET /.well-known/manifest.webmanifest HTTP/1.1";
        assert_eq!(found(manifest), Some("application/manifest+json"));
        for nothing in [
            "",
            "GET",
            "POST / HTTP/1.1",
            "GET /../a HTTP/1.1",
            "GET /api/v1/status",
        ] {
            assert_eq!(found(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn the_manifest_asks_for_each_device_for_itself() {
        let manifest = manifest();
        for name in PERMISSIONS {
            assert!(
                manifest.contains(&format!("\"{name}\": [\"self\"]")),
                "{name}"
            );
        }
    }
}

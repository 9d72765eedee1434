//! The production page in a real Chromium, driven as a teller would: by the words on the screen.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use fantoccini::elements::Element;
use fantoccini::key::Key;
use fantoccini::wd::Capabilities;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// How long the page may take to show what it should.
const PATIENCE: Duration = Duration::from_secs(20);

/// A Chromium with its driver. Ends with the value.
pub struct Browser {
    /// The WebDriver session.
    pub client: Client,
    _driver: Child,
    profile: PathBuf,
}

impl Browser {
    /// Starts chromedriver on a free port and a fresh Chromium of 1280 × 720 behind it.
    pub async fn start() -> Self {
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("chromedriver is installed by `cargo xtask test`");
        let stdout = driver.stdout.take().expect("it is piped");
        let port = port_of(BufReader::new(stdout)).await;
        let profile = std::env::temp_dir().join(format!("etc-desk-chromium-{port}"));
        let mut options = Capabilities::new();
        options.insert(
            "goog:chromeOptions".into(),
            json!({ "args": [
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--no-first-run",
                "--window-size=1280,720",
                format!("--user-data-dir={}", profile.display()),
            ] }),
        );
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(options)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .expect("Chromium starts");
        Self {
            client,
            _driver: driver,
            profile,
        }
    }

    /// Opens a page and makes its inside 1280 × 720.
    pub async fn open(&self, url: &str) {
        self.client.goto(url).await.expect("the page loads");
    }

    /// Waits for an element whose own text contains `text`.
    pub async fn see(&self, text: &str) -> Element {
        let xpath = format!("//body//*[text()[contains(., {})]]", quoted(text));
        self.wait(&xpath, text).await
    }

    /// Waits until no element shows `text` any more.
    pub async fn see_gone(&self, text: &str) {
        let xpath = format!("//body//*[text()[contains(., {})]]", quoted(text));
        let gone = async {
            while let Ok(found) = self.client.find_all(Locator::XPath(&xpath)).await {
                let mut shown = false;
                for element in found {
                    shown |= element.is_displayed().await.unwrap_or(false);
                }
                if !shown {
                    break;
                }
                tokio::task::yield_now().await;
            }
        };
        let ended = tokio::time::timeout(PATIENCE, gone).await;
        assert!(ended.is_ok(), "{text:?} is still on the screen");
    }

    /// Presses the button that shows `text`, once it can be pressed.
    pub async fn press(&self, text: &str) {
        let xpath = format!(
            "//*[self::button or self::a or self::summary][not(@disabled)][contains(normalize-space(.), {})]",
            quoted(text)
        );
        let button = self.wait(&xpath, text).await;
        button
            .click()
            .await
            .unwrap_or_else(|error| panic!("{text:?} cannot be pressed: {error}"));
    }

    /// Types into the field labelled `label`.
    pub async fn type_into(&self, label: &str, text: &str) {
        let quoted = quoted(label);
        let xpath = format!(
            "//input[@aria-label={quoted} or @id=//label[contains(normalize-space(.), {quoted})]/@for \
             or ancestor::label[contains(normalize-space(.), {quoted})]]"
        );
        let field = self.wait(&xpath, label).await;
        field.clear().await.expect("a field can be cleared");
        field.send_keys(text).await.expect("a field takes keys");
    }

    /// Presses a key, wherever the focus is.
    pub async fn key(&self, key: Key) {
        let focused = self
            .client
            .active_element()
            .await
            .expect("something is focused");
        let text: String = char::from(key).into();
        focused.send_keys(&text).await.expect("the page takes keys");
    }

    /// Everything that is written on the screen.
    pub async fn text(&self) -> String {
        let body = self.client.find(Locator::Css("body")).await;
        body.expect("a body").text().await.expect("text")
    }

    /// Keeps a picture for people to look at, in `target/screens/`.
    pub async fn picture(&self, name: &str) {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/screens");
        std::fs::create_dir_all(&folder).expect("a folder for pictures");
        let png = self.client.screenshot().await.expect("a picture");
        std::fs::write(folder.join(format!("{name}.png")), png).expect("the picture is kept");
    }

    /// Whether the page would have to be scrolled.
    pub async fn scrolls(&self) -> bool {
        let script = "const e = document.scrollingElement; \
                      return e.scrollHeight > innerHeight || e.scrollWidth > innerWidth;";
        let answer = self.client.execute(script, Vec::new()).await;
        answer.expect("a script runs") == json!(true)
    }

    /// Ends the browser.
    pub async fn close(self) {
        self.client.clone().close().await.expect("the session ends");
        // What a killed browser leaves open does not matter here.
        let _ = std::fs::remove_dir_all(&self.profile);
    }

    async fn wait(&self, xpath: &str, what: &str) -> Element {
        let looking = async {
            loop {
                let found = self.client.find_all(Locator::XPath(xpath)).await;
                for element in found.unwrap_or_default() {
                    if element.is_displayed().await.unwrap_or(false) {
                        return element;
                    }
                }
                tokio::task::yield_now().await;
            }
        };
        match tokio::time::timeout(PATIENCE, looking).await {
            Ok(element) => element,
            Err(_) => {
                self.picture("not-found").await;
                panic!(
                    "{what:?} does not appear; the screen shows:\n{}",
                    self.text().await
                )
            }
        }
    }
}

/// The port chromedriver says it listens on.
async fn port_of(mut lines: BufReader<tokio::process::ChildStdout>) -> u16 {
    let mut line = String::new();
    while lines.read_line(&mut line).await.expect("it speaks") > 0 {
        if let Some(port) = line.split("on port ").nth(1) {
            let port = port.trim().trim_end_matches('.');
            if let Ok(port) = port.parse() {
                // Whatever it says later has nowhere to go; keep the pipe from filling.
                tokio::spawn(async move {
                    let mut rest = String::new();
                    while lines.read_line(&mut rest).await.is_ok_and(|read| read > 0) {
                        rest.clear();
                    }
                });
                return port;
            }
        }
        line.clear();
    }
    panic!("chromedriver ended without naming its port");
}

/// A string as an XPath literal.
fn quoted(text: &str) -> String {
    assert!(!text.contains('"'), "no quotes in what a test looks for");
    format!("\"{text}\"")
}

//! The production page in a real Chromium, driven as a teller would: by the words on the screen.
//!
//! Nothing here sleeps. Whatever is looked for is looked for again until it is there; [`PATIENCE`] only
//! ends a story that would never end.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use fantoccini::elements::Element;
use fantoccini::key::Key;
use fantoccini::wd::{Capabilities, PrintConfiguration, PrintSize, WindowHandle};
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// How long the page may take to show what it should.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two keys of a person. Keys that follow each other faster are a scanner's, and swallowed.
const FINGERS: Duration = Duration::from_millis(40);
/// Between two keys of a hand scanner.
const SCANNER: Duration = Duration::from_millis(2);
/// What the screen is made for.
const SCREEN: (i64, i64) = (1280, 720);

/// A Chromium with its driver. [`Browser::close`] ends both.
pub struct Browser {
    /// The WebDriver session.
    pub client: Client,
    _driver: Child,
    profile: PathBuf,
}

impl Browser {
    /// Starts chromedriver on a free port and a fresh Chromium behind it, 1280 × 720 inside.
    pub async fn start() -> Self {
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("chromedriver is installed by `cargo xtask test`");
        let stdout = driver.stdout.take().expect("it is piped");
        let port = port_of(BufReader::new(stdout)).await;
        let profile =
            std::env::temp_dir().join(format!("etc-desk-chromium-{}-{port}", std::process::id()));
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
                "--lang=zh-CN",
                "--window-size=1280,720",
                format!("--user-data-dir={}", profile.display()),
            ] }),
        );
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(options)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .expect("Chromium starts");
        let browser = Self {
            client,
            _driver: driver,
            profile,
        };
        browser.fit_screen().await;
        browser
    }

    /// Makes the inside of the window as large as the screen at the counter.
    async fn fit_screen(&self) {
        let script = "return [innerWidth, innerHeight, outerWidth, outerHeight]";
        let size = self.run(script).await;
        let at = |index: usize| size[index].as_i64().expect("a length");
        let outer = |screen: i64, inner: usize, outer: usize| {
            u32::try_from(screen + at(outer) - at(inner)).expect("a window is not that large")
        };
        let (width, height) = (outer(SCREEN.0, 0, 2), outer(SCREEN.1, 1, 3));
        let resized = self.client.set_window_size(width, height).await;
        resized.expect("the window takes a size");
        let fits = json!([SCREEN.0, SCREEN.1]);
        self.until("a screen of 1280 × 720", async || {
            (self.run("return [innerWidth, innerHeight]").await == fits).then_some(())
        })
        .await;
    }

    /// Opens an address.
    pub async fn open(&self, url: &str) {
        self.client.goto(url).await.expect("the page loads");
    }

    /// Loads the page again, as F5 does.
    pub async fn reload(&self) {
        self.client.refresh().await.expect("the page loads again");
    }

    /// Opens a page of the application by its address, `#/load` for example, without loading it again.
    pub async fn go(&self, hash: &str) {
        let script = "location.hash = arguments[0]";
        let went = self.client.execute(script, vec![json!(hash)]).await;
        went.expect("a script runs");
    }

    /// Waits for `text` on the screen, in one piece or drawn in several.
    pub async fn see(&self, text: &str) {
        self.until(text, async || self.shows(text).await.then_some(()))
            .await;
    }

    /// Waits until `text` is nowhere on the screen.
    pub async fn see_gone(&self, text: &str) {
        let what = format!("{text:?} to go away");
        self.until(&what, async || (!self.shows(text).await).then_some(()))
            .await;
    }

    /// Waits until the value that is named `name` shows `text`.
    pub async fn see_named(&self, name: &str, text: &str) {
        let (quoted_name, quoted_text) = (quoted(name), quoted(text));
        let xpath = format!(
            "//*[*[normalize-space(.)={quoted_name}]]\
             [*[normalize-space(.)!={quoted_name} and contains(normalize-space(.), {quoted_text})]]"
        );
        let what = format!("{text:?} as {name:?}");
        self.until(&what, async || self.displayed(&xpath).await)
            .await;
    }

    /// Whether the screen shows `text` now.
    pub async fn shows(&self, text: &str) -> bool {
        let text = quoted(text);
        // The innermost elements that have all of it: their parents would hide with them or not.
        let xpath = format!(
            "//body//*[contains(normalize-space(.), {text})]\
             [not(*[contains(normalize-space(.), {text})])]"
        );
        self.displayed(&xpath).await.is_some()
    }

    /// Whether a button or link named `text` is on the screen now.
    pub async fn offers(&self, text: &str) -> bool {
        self.displayed(&control(text)).await.is_some()
    }

    /// Presses the button or link named `text`, once it can be pressed.
    pub async fn press(&self, text: &str) {
        let xpath = control(text);
        // A button that was replaced meanwhile, or moved under something, is looked for again.
        self.until(text, async || {
            self.displayed(&xpath).await?.click().await.ok()
        })
        .await;
    }

    /// Waits for the button named `text` and presses F2 until it is gone.
    ///
    /// What confirms is armed only some time after it appears; so the key is pressed again until it had
    /// its effect. The next step may offer a button of the same name: it is another one.
    pub async fn confirm(&self, text: &str) {
        let xpath = format!("{}[@data-confirm]", control(text));
        let button = self
            .until(text, async || self.displayed(&xpath).await)
            .await;
        let what = format!("{text:?} to be confirmed");
        self.until(&what, async || {
            // One that has left the page is not displayed any more.
            if !button.is_displayed().await.unwrap_or(false) {
                return Some(());
            }
            self.key(Key::F2).await;
            None
        })
        .await;
    }

    /// Types into the field labelled `label`, at the pace of a person.
    pub async fn type_into(&self, label: &str, text: &str) {
        self.focus(label).await;
        self.keys(text, FINGERS).await;
    }

    /// Scans into the field labelled `label`: what stands there already stays for the page to deal with.
    pub async fn scan_into(&self, label: &str, text: &str) {
        self.focus(label).await;
        self.keys(text, SCANNER).await;
    }

    /// Empties the field labelled `label` and puts the focus there.
    async fn focus(&self, label: &str) {
        let quoted = quoted(label);
        let xpath = format!(
            "//input[@aria-label={quoted} or @id=//label[contains(normalize-space(.), {quoted})]/@for \
             or ancestor::label[contains(normalize-space(.), {quoted})]]"
        );
        self.until(label, async || {
            let field = self.displayed(&xpath).await?;
            field.clear().await.ok()?;
            field.click().await.ok()
        })
        .await;
    }

    /// Types wherever the focus is, with a pause after each key.
    async fn keys(&self, text: &str, duration: Duration) {
        let keys = KeyActions::new("keyboard".into());
        let keys = text.chars().fold(keys, |keys, value| {
            keys.then(KeyAction::Down { value })
                .then(KeyAction::Up { value })
                .then(KeyAction::Pause { duration })
        });
        let typed = self.client.perform_actions(keys).await;
        typed.expect("the page takes keys");
    }

    /// Presses a key, wherever the focus is.
    pub async fn key(&self, key: Key) {
        let value = char::from(key);
        let keys = KeyActions::new("keyboard".into())
            .then(KeyAction::Down { value })
            .then(KeyAction::Up { value });
        let pressed = self.client.perform_actions(keys).await;
        pressed.expect("the page takes keys");
    }

    /// Chooses the entry `value` of the list labelled `label`.
    pub async fn choose(&self, label: &str, value: &str) {
        let (label, value) = (quoted(label), quoted(value));
        let list = format!("//label[span[normalize-space(.)={label}]]//select[not(@disabled)]");
        let what = format!("{value} in {label}");
        self.until(&what, async || {
            let list = self.displayed(&list).await?;
            let option = format!("./option[@value={value}]");
            let option = list.find(Locator::XPath(&option)).await.ok()?;
            option.click().await.ok()?;
            let chosen = list.prop("value").await.ok()?;
            (chosen.map(|chosen| quoted(&chosen)).as_ref() == Some(&value)).then_some(())
        })
        .await;
    }

    /// Opens the row of a list that shows `text`.
    pub async fn open_row(&self, text: &str) {
        let quoted = quoted(text);
        let xpath = format!("//tbody/tr[@tabindex and contains(normalize-space(.), {quoted})]");
        self.until(text, async || {
            self.displayed(&xpath).await?.click().await.ok()
        })
        .await;
    }

    /// Chooses one of several, by its words.
    pub async fn pick(&self, text: &str) {
        let text = quoted(text);
        let xpath = format!("//label[.//*[normalize-space(.)={text}]]/input[@type=\"radio\"]");
        self.until(&text, async || {
            let radio = self.displayed(&xpath).await?;
            radio.click().await.ok()?;
            radio.is_selected().await.ok()?.then_some(())
        })
        .await;
    }

    /// Everything that is written on the screen.
    pub async fn text(&self) -> String {
        let body = self.client.find(Locator::Css("body")).await;
        body.expect("a body").text().await.expect("text")
    }

    /// Keeps a picture for people to look at, in `target/screens/`.
    pub async fn picture(&self, name: &str) {
        let png = self.client.screenshot().await.expect("a picture");
        std::fs::write(pictures().join(format!("{name}.png")), png).expect("the picture is kept");
    }

    /// The page as a printer gets it, `width` × `height` cm; kept for people to look at.
    pub async fn paper(&self, name: &str, width: f64, height: f64) {
        let size = PrintSize { width, height };
        let paper = PrintConfiguration::builder().size(size).build();
        let pdf = self.client.print(paper.expect("a size of paper")).await;
        let pdf = pdf.expect("the page can be printed");
        std::fs::write(pictures().join(format!("{name}.pdf")), pdf).expect("the paper is kept");
    }

    /// What would have to be scrolled to be seen whole: the page, or a part of it.
    pub async fn scrolls(&self) -> Vec<String> {
        let script = "
            const page = document.scrollingElement;
            const parts = [...document.querySelectorAll('body *')].filter(part =>
                part.checkVisibility() && /auto|scroll/.test(
                    getComputedStyle(part).overflowX + getComputedStyle(part).overflowY));
            return [page, ...parts]
                .filter(e => e.scrollHeight > e.clientHeight || e.scrollWidth > e.clientWidth)
                .map(e => `${e.tagName} ${e.className} ${e.scrollWidth}×${e.scrollHeight} in \
                           ${e.clientWidth}×${e.clientHeight}`);";
        let found = self.run(script).await;
        serde_json::from_value(found).expect("a list of names")
    }

    /// What a script without arguments returns.
    pub async fn run(&self, script: &str) -> Value {
        let answer = self.client.execute(script, Vec::new()).await;
        answer.expect("a script runs")
    }

    /// What the promise of an expression comes to.
    pub async fn settle(&self, expression: &str) -> Value {
        let script = format!("const done = arguments[0]; ({expression}).then(done)");
        let answer = self.client.execute_async(&script, Vec::new()).await;
        answer.expect("a script runs")
    }

    /// Opens another tab and shows it; returns the one that was shown.
    pub async fn new_tab(&self) -> WindowHandle {
        let shown = self.client.window().await.expect("a tab is shown");
        let other = self.client.new_window(true).await.expect("a new tab");
        self.show_tab(other.handle).await;
        shown
    }

    /// Closes the tab that is shown, and shows another.
    pub async fn close_tab(&self, other: WindowHandle) {
        let closed = self.client.close_window().await;
        closed.expect("the tab closes");
        self.show_tab(other).await;
    }

    /// Shows a tab.
    pub async fn show_tab(&self, tab: WindowHandle) {
        let shown = self.client.switch_to_window(tab).await;
        shown.expect("the tab is there");
    }

    /// Ends the browser.
    pub async fn close(&self) {
        self.client.clone().close().await.expect("the session ends");
        // What a killed browser leaves open does not matter here.
        let _ = std::fs::remove_dir_all(&self.profile);
    }

    /// Ends Chromium as a power cut does: no page hears of it, and nothing is saved.
    pub async fn kill(self) {
        // The link names the host and the process that use this profile.
        let lock = std::fs::read_link(self.profile.join("SingletonLock"));
        let lock = lock.expect("a running Chromium locks its profile");
        let (_, process) = (lock.to_str())
            .and_then(|lock| lock.rsplit_once('-'))
            .expect("host and process");
        let killed = Command::new("kill").args(["-KILL", process]).status().await;
        assert!(killed.is_ok_and(|status| status.success()), "{process}");
        let _ = std::fs::remove_dir_all(&self.profile);
    }

    /// Asks again and again until there is an answer.
    pub async fn until<T>(&self, what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
        let asking = async {
            loop {
                if let Some(answer) = ask().await {
                    return answer;
                }
                tokio::task::yield_now().await;
            }
        };
        match tokio::time::timeout(PATIENCE, asking).await {
            Ok(answer) => answer,
            Err(_) => {
                self.picture("not-found").await;
                let screen = self.text().await;
                panic!("waited for {what:?} in vain; the screen shows:\n{screen}")
            }
        }
    }

    /// The first of these elements that is displayed now.
    async fn displayed(&self, xpath: &str) -> Option<Element> {
        let found = self.client.find_all(Locator::XPath(xpath)).await;
        for element in found.unwrap_or_default() {
            // One that has gone meanwhile is not displayed.
            if element.is_displayed().await.unwrap_or(false) {
                return Some(element);
            }
        }
        None
    }
}

/// Where pictures and papers are kept.
fn pictures() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/screens");
    std::fs::create_dir_all(&folder).expect("a folder for pictures");
    folder
}

/// Buttons and links by their name; the key that stands on them does not belong to it.
fn control(name: &str) -> String {
    let name = quoted(name);
    format!(
        "//*[self::button or self::a or self::summary][not(@disabled)]\
         [normalize-space(.)={name} or .//span[normalize-space(.)={name}] \
         or text()[normalize-space(.)={name}]]"
    )
}

/// The port chromedriver says it listens on.
async fn port_of(mut lines: BufReader<tokio::process::ChildStdout>) -> u16 {
    let mut line = String::new();
    while lines.read_line(&mut line).await.expect("it speaks") > 0 {
        if let Some(port) = line.split("on port ").nth(1) {
            let port = port.trim().trim_end_matches('.').parse();
            // At first it repeats the 0 it was given.
            if let Some(port) = port.ok().filter(|&port| port != 0) {
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

//! A desk with its own backend, and the few things a teller does all day.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Mutex;

use etc_backend::serve::{Config, Running, start};
use etc_tests::browser::Browser;
use fantoccini::Locator;

/// A backend of its own, and the one browser.
pub struct Desk<'b> {
    /// The browser.
    pub browser: &'b Browser,
    data: PathBuf,
    addr: SocketAddr,
    backend: Mutex<Option<Running>>,
}

impl<'b> Desk<'b> {
    /// Starts a demo backend on a free port and opens its page.
    pub async fn open(browser: &'b Browser, story: &str) -> Self {
        let data = std::env::temp_dir().join(format!("etc-desk-{}-{story}", std::process::id()));
        let running = start(config(&data, ([127, 0, 0, 1], 0).into()))
            .await
            .expect("the demo starts");
        let desk = Self {
            browser,
            addr: running.addr,
            data,
            backend: Mutex::new(Some(running)),
        };
        browser.open(&desk.url()).await;
        desk
    }

    /// Where the page is.
    pub fn url(&self) -> String {
        format!("http://localhost:{}/", self.addr.port())
    }

    /// Takes the backend away.
    pub async fn stop_backend(&self) {
        let running = self.backend.lock().expect("one story at a time").take();
        running.expect("it runs").shutdown().await;
    }

    /// Brings it back, with the same data at the same address.
    pub async fn start_backend(&self) {
        let running = start(config(&self.data, self.addr)).await;
        let running = running.expect("the demo starts again");
        *self.backend.lock().expect("one story at a time") = Some(running);
    }

    /// Ends the backend.
    pub async fn close(self) {
        // Open connections of the page would hold the shutdown up.
        self.browser.open("about:blank").await;
        self.stop_backend().await;
        let _ = std::fs::remove_dir_all(&self.data);
    }

    /// Signs in as the demo's teller.
    pub async fn sign_in(&self) {
        self.sign_in_as("demo.teller").await;
    }

    /// Signs in under another name.
    pub async fn sign_in_as(&self, operator: &str) {
        self.browser.type_into("操作员", operator).await;
        self.browser.type_into("密码", "demo-only-2026").await;
        self.browser.press("登录").await;
        self.browser.see("退出").await;
    }

    /// Adds the virtual reader and puts a demo card in.
    pub async fn put_in(&self, card: &str) {
        if !self.browser.text().await.contains("拔下读卡器") {
            self.browser.press("添加虚拟读卡器").await;
        }
        self.swap(card).await;
    }

    /// Puts another card in.
    pub async fn swap(&self, card: &str) {
        self.browser.see("拔下读卡器").await;
        if self.browser.text().await.contains("拔卡\n") {
            self.browser.press("拔卡").await;
        }
        self.choose("卡片", card).await;
        self.browser.press("插卡").await;
    }

    /// Chooses an entry of a list.
    pub async fn choose(&self, label: &str, value: &str) {
        let xpath = format!("//label[contains(., \"{label}\")]//select");
        let client = &self.browser.client;
        let select = client.wait().for_element(Locator::XPath(&xpath)).await;
        let select = select.unwrap_or_else(|_| panic!("no list {label:?}"));
        select
            .select_by_value(value)
            .await
            .unwrap_or_else(|error| panic!("{value:?} is not in the list: {error}"));
    }

    /// Has the card pulled at the next write.
    pub async fn tear(&self, when: &str) {
        self.choose("下一次写卡时", when).await;
    }

    /// Reads the card for a load and types the amount.
    pub async fn begin_load(&self, yuan: &str) {
        self.browser.open(&format!("{}#/load", self.url())).await;
        self.read().await;
        self.browser.type_into("充值金额", yuan).await;
        self.browser.press("核验并继续").await;
    }

    /// Reads the card.
    pub async fn read(&self) {
        self.browser.press("读卡").await;
    }

    /// Presses F2, as soon as it is armed.
    pub async fn confirm(&self, button: &str) {
        self.browser.confirm(button).await;
    }

    /// Takes cash for a load of `yuan` and writes it.
    pub async fn load(&self, yuan: &str) {
        self.begin_load(yuan).await;
        self.confirm("现金已收，写卡").await;
    }
}

fn config(data: &std::path::Path, listen: SocketAddr) -> Config {
    let folder = |name: &str| {
        let path = std::env::var_os(name);
        PathBuf::from(path.unwrap_or_else(|| panic!("{name} is set by `cargo xtask test`")))
    };
    Config {
        listen,
        data: data.to_owned(),
        keys: None,
        page: Some(folder("ETC_PAGE_DIR")),
        demo: true,
        demo_page: Some(folder("ETC_DEMO_PAGE_DIR")),
        behind_tls: false,
    }
}

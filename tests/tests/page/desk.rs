//! A desk with its own backend, and the few things a teller does all day.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Mutex;

use etc_backend::serve::{Config, Records, Running, start};
use etc_sim::card::{Card, TollCard};
use etc_sim::demo;
use etc_tests::browser::Browser;
use serde_json::Value;

/// Password of every demo operator.
pub const PASSWORD: &str = "demo-only-2026";

/// A PC with its browser, and the backend that its page comes from.
pub struct Desk<'b> {
    /// The browser.
    pub browser: &'b Browser,
    backend: Rc<Backend>,
}

/// A demo backend of one story.
struct Backend {
    data: PathBuf,
    addr: SocketAddr,
    running: Mutex<Option<Running>>,
}

impl<'b> Desk<'b> {
    /// Starts a demo backend on a free port and opens its page.
    pub async fn open(browser: &'b Browser, story: &str) -> Self {
        let data = std::env::temp_dir().join(format!("etc-desk-{}-{story}", std::process::id()));
        Self::open_with(browser, data).await
    }

    /// The same, with the bench behind the doors of `doors/`; see [`behind`](Self::behind).
    pub async fn open_with_doors(browser: &'b Browser, story: &str) -> Self {
        let data = std::env::temp_dir().join(format!("etc-desk-{}-{story}", std::process::id()));
        hang_doors(&data.join(DOORS)).expect("the demo's files can be copied");
        Self::open_with(browser, data).await
    }

    async fn open_with(browser: &'b Browser, data: PathBuf) -> Self {
        let running = start(config(&data, ([127, 0, 0, 1], 0).into()))
            .await
            .expect("the demo starts");
        let backend = Backend {
            addr: running.addr,
            data,
            running: Mutex::new(Some(running)),
        };
        let desk = Self {
            browser,
            backend: Rc::new(backend),
        };
        browser.open(&desk.url()).await;
        desk
    }

    /// Opens the page anew, with the virtual reader behind another door: `usb`, `usb PHASE EXCEPTION`,
    /// `serial` or `system` (`doors/provider.js`).
    pub async fn behind(&self, door: &str) {
        let script = format!("localStorage.setItem('door', {door:?})");
        self.browser.run(&script).await;
        self.browser.reload().await;
        self.browser.see("退出登录").await;
        self.browser.press("添加虚拟读卡器").await;
        // Until the bench is there, the buttons are the browser's own devices'.
        self.browser.see("拔下读卡器").await;
    }

    /// Another PC with a browser of its own, at the same backend.
    pub async fn elsewhere<'o>(&self, browser: &'o Browser) -> Desk<'o> {
        browser.open(&self.url()).await;
        Desk {
            browser,
            backend: self.backend.clone(),
        }
    }

    /// Where the page is.
    pub fn url(&self) -> String {
        format!("http://localhost:{}/", self.backend.addr.port())
    }

    /// Takes the backend away.
    pub async fn stop_backend(&self) {
        let running = self.backend.running.lock();
        let running = running.expect("one story at a time").take();
        running.expect("it runs").shutdown().await;
    }

    /// Brings it back, with the same data at the same address.
    pub async fn start_backend(&self) {
        let running = start(config(&self.backend.data, self.backend.addr)).await;
        let running = running.expect("the demo starts again");
        *self.backend.running.lock().expect("one story at a time") = Some(running);
    }

    /// Ends the backend, and leaves nothing in the browser.
    pub async fn close(self) {
        self.browser.run("localStorage.clear()").await;
        let forgotten = self.browser.client.delete_all_cookies().await;
        forgotten.expect("cookies can be deleted");
        // Open connections of the page would hold the shutdown up.
        self.browser.open("about:blank").await;
        self.stop_backend().await;
    }

    /// Signs in as the demo's teller.
    pub async fn sign_in(&self) {
        self.sign_in_as("demo.teller").await;
    }

    /// Signs in under another name.
    pub async fn sign_in_as(&self, operator: &str) {
        self.browser.type_into("操作员", operator).await;
        self.browser.type_into("密码", PASSWORD).await;
        self.browser.press("登录").await;
        self.browser.see("退出登录").await;
    }

    /// Signs out, and somebody else in.
    pub async fn hand_over_to(&self, operator: &str) {
        self.browser.press("退出登录").await;
        self.sign_in_as(operator).await;
    }

    /// Adds the virtual reader and puts a demo card in.
    pub async fn put_in(&self, card: &str) {
        self.browser.press("添加虚拟读卡器").await;
        self.insert(card).await;
    }

    /// Puts another card in.
    pub async fn swap(&self, card: &str) {
        self.browser.press("拔卡").await;
        self.insert(card).await;
    }

    /// Puts a card into the empty reader.
    pub async fn insert(&self, card: &str) {
        self.browser.see("插卡").await;
        self.browser.choose("卡片", card).await;
        self.browser.press("插卡").await;
        self.browser.see("已插入").await;
    }

    /// Has the card pulled at the next write.
    pub async fn tear(&self, when: &str) {
        self.browser.choose("下一次写卡时", when).await;
    }

    /// Reads the card for a load.
    pub async fn read_for_load(&self) {
        self.browser.go("#/load").await;
        self.browser.press("读卡").await;
    }

    /// Types the amount and has it checked.
    pub async fn ask_for(&self, yuan: &str) {
        self.browser.type_into("充值金额", yuan).await;
        self.browser.press("核验并继续").await;
    }

    /// Takes cash for a load of `yuan` and writes it.
    pub async fn load(&self, yuan: &str) {
        self.read_for_load().await;
        self.ask_for(yuan).await;
        self.browser.confirm("现金已收，写卡").await;
    }

    /// Waits for the end of a load that came to `yuan` on the card.
    pub async fn see_loaded(&self, yuan: &str) {
        self.browser.see("与卡一致").await;
        self.browser.see_named("充值后金额", yuan).await;
    }

    /// Lets something happen to the card away from this counter.
    pub async fn take_away(&self, happens: &str) {
        self.browser.press(happens).await;
        self.browser.see("插卡").await;
    }

    /// The plastic of a demo card as the bench keeps it.
    pub async fn plastic(&self, id: &str) -> TollCard {
        let card = self
            .kept_cards()
            .await
            .remove(id)
            .or_else(|| demo::card(id));
        let card = card.as_ref().and_then(Card::as_toll).cloned();
        card.expect("a toll card of the demo")
    }

    /// Lays a card on this bench in the state in which it is.
    pub async fn lay_down(&self, id: &str, card: TollCard) {
        let mut kept = self.kept_cards().await;
        kept.insert(id.to_owned(), Card::Toll(Box::new(card)));
        // As one text: JavaScript's numbers are too short for what a card holds.
        let kept = serde_json::to_string(&kept).expect("cards can be written down");
        let script = "localStorage.setItem('etc-sim-cards', arguments[0])";
        let laid = self.browser.client.execute(script, vec![kept.into()]).await;
        laid.expect("a script runs");
    }

    /// Gives a demo card other ways than its own: these of its knobs, by name.
    pub async fn alter(&self, id: &str, knobs: Value) {
        let card = serde_json::to_value(self.plastic(id).await);
        let mut card = card.expect("a card can be written down");
        let knobs = knobs.as_object().expect("knobs by name");
        for (name, value) in knobs {
            let knob = card["knobs"].get_mut(name).expect("a knob of this name");
            *knob = value.clone();
        }
        let card = serde_json::from_value(card).expect("a card");
        self.lay_down(id, card).await;
    }

    /// Gives a demo card maintenance keys that the backend does not know: what is signed for it answers `6988`.
    pub async fn change_keys(&self, id: &str) {
        let card = serde_json::to_value(self.plastic(id).await);
        let mut card = card.expect("a card can be written down");
        let keys = &mut card["keys"];
        keys["maintenance_mf"] = keys["load"].clone();
        let card = serde_json::from_value(card).expect("a card");
        self.lay_down(id, card).await;
    }

    /// How many writes a card has refused as wrongly signed, in the master file.
    pub async fn wrong_macs(&self, id: &str) -> Value {
        let card = serde_json::to_value(self.plastic(id).await);
        card.expect("a card can be written down")["keys"]["bad_macs"][0].take()
    }

    /// Takes the network from this page once it has asked for that, until it is [mended](Self::mend_network).
    pub async fn cut_network_after(&self, path: &str) {
        let script = format!(
            "const network = window.fetch;
            let cut = false;
            window.mendNetwork = () => {{ window.fetch = network; }};
            window.fetch = (request, options) => {{
                if (cut) return Promise.reject(new TypeError('no network'));
                cut = String(request.url ?? request).endsWith('{path}');
                return network(request, options);
            }};"
        );
        self.browser.run(&script).await;
    }

    /// Gives the network back to this page.
    pub async fn mend_network(&self) {
        self.browser.run("window.mendNetwork()").await;
    }

    async fn kept_cards(&self) -> BTreeMap<String, Card> {
        let script = "return localStorage.getItem('etc-sim-cards')";
        let kept = self.browser.run(script).await;
        let kept = kept.as_str().map(serde_json::from_str);
        kept.map_or_else(BTreeMap::new, |kept| kept.expect("cards"))
    }

    /// Whether no answer of a card waits for the backend any more.
    pub async fn journal_is_empty(&self) -> bool {
        let script = "return JSON.parse(localStorage.getItem('etc-journal') ?? '[]').length";
        self.browser.run(script).await == 0
    }

    /// Makes sure that a demo card has taken exactly these loads, in fen, since it left the factory.
    pub async fn must_have_loaded(&self, id: &str, amounts: &[u32]) {
        let plastic = self.plastic(id).await;
        let credits = plastic.credits().iter().map(|credit| credit.amount);
        assert_eq!(credits.collect::<Vec<_>>(), amounts, "{id}");
    }

    /// Keeps a picture of the screen, which must fit.
    pub async fn picture(&self, name: &str) {
        self.browser.picture(name).await;
        let scrolls = self.browser.scrolls().await;
        assert!(scrolls.is_empty(), "{name} does not fit: {scrolls:#?}");
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        // What cannot be removed is in the folder for such things.
        let _ = std::fs::remove_dir_all(&self.data);
    }
}

/// The folder of the data folder that stands in for the demo's bench, where there is one.
const DOORS: &str = "doors";

/// Copies the demo's bench and puts the doors in its place.
fn hang_doors(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let bench = built("ETC_DEMO_PAGE_DIR");
    std::fs::copy(bench.join("sim.js"), folder.join("bench.js"))?;
    std::fs::copy(bench.join("sim_bg.wasm"), folder.join("sim_bg.wasm"))?;
    let doors = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/page/doors");
    std::fs::copy(doors.join("provider.js"), folder.join("sim.js"))?;
    for door in ["serial.js", "system.js", "wire.js"] {
        std::fs::copy(doors.join(door), folder.join(door))?;
    }
    Ok(())
}

/// A folder that was built before the tests.
fn built(name: &str) -> PathBuf {
    let path = std::env::var_os(name);
    PathBuf::from(path.unwrap_or_else(|| panic!("{name} is set by `cargo xtask test`")))
}

fn config(data: &Path, listen: SocketAddr) -> Config {
    let doors = data.join(DOORS);
    let bench = if doors.is_dir() {
        doors
    } else {
        built("ETC_DEMO_PAGE_DIR")
    };
    Config {
        listen,
        records: Records::Folder(data.to_owned()),
        keys: None,
        page: Some(built("ETC_PAGE_DIR")),
        demo: true,
        demo_page: Some(bench),
        behind_tls: false,
    }
}

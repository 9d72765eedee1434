//! The virtual bench of a demo instance: a reader and cards from a wasm module of their own, fetched only
//! when a person adds them. The page drives them through the same drivers as real ones.

use std::rc::Rc;

use js_sys::Promise;
use leptos::prelude::*;
use serde::Deserialize;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use super::provider::Provider;
use super::{Devices, Way};
use crate::i18n::Pick;

/// Where a demo instance serves the module.
const MODULE: &str = "/demo/sim.js";

#[wasm_bindgen(inline_js = "export async function load_bench(url) {
    const module = await import(url);
    await module.default();
    return new module.VirtualBench();
}")]
extern "C" {
    fn load_bench(url: &str) -> Promise;
}

#[wasm_bindgen]
extern "C" {
    /// The bench, by shape. It provides devices.
    #[wasm_bindgen(extends = Provider)]
    type VirtualBench;
    #[wasm_bindgen(method)]
    fn plug(this: &VirtualBench, kind: &str);
    #[wasm_bindgen(method)]
    fn unplug(this: &VirtualBench);
    #[wasm_bindgen(method)]
    fn plugged(this: &VirtualBench) -> bool;
    #[wasm_bindgen(method)]
    fn cards(this: &VirtualBench) -> JsValue;
    #[wasm_bindgen(method)]
    fn insert(this: &VirtualBench, id: &str);
    #[wasm_bindgen(method)]
    fn eject(this: &VirtualBench);
    #[wasm_bindgen(method, js_name = tearNextWrite)]
    fn tear_next_write(this: &VirtualBench, when: &str);
    #[wasm_bindgen(method, js_name = tearArmed)]
    fn tear_armed(this: &VirtualBench) -> String;
    #[wasm_bindgen(method, js_name = loadElsewhere)]
    fn load_elsewhere(this: &VirtualBench, id: &str, fen: u32) -> bool;
    #[wasm_bindgen(method, js_name = payToll)]
    fn pay_toll(this: &VirtualBench, id: &str, fen: u32) -> bool;
    #[wasm_bindgen(method, js_name = resetCards)]
    fn reset_cards(this: &VirtualBench);
    #[wasm_bindgen(method, js_name = plugProgrammer)]
    fn plug_programmer(this: &VirtualBench, kind: &str);
    #[wasm_bindgen(method, js_name = unplugProgrammer)]
    fn unplug_programmer(this: &VirtualBench);
    #[wasm_bindgen(method, js_name = programmerPlugged)]
    fn programmer_plugged(this: &VirtualBench) -> bool;
    #[wasm_bindgen(method)]
    fn tags(this: &VirtualBench) -> JsValue;
    #[wasm_bindgen(method, js_name = putTag)]
    fn put_tag(this: &VirtualBench, id: &str);
    #[wasm_bindgen(method, js_name = takeTag)]
    fn take_tag(this: &VirtualBench, id: &str);
    #[wasm_bindgen(method, js_name = holdSwitch)]
    fn hold_switch(this: &VirtualBench, id: &str, held: bool);
    #[wasm_bindgen(method, js_name = onChange)]
    fn on_change(this: &VirtualBench, listener: &JsValue);
}

/// A demo card as the bench lists it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DemoCard {
    /// Its identity on the bench.
    pub id: String,
    /// What it is for, in Chinese.
    pub zh: String,
    /// What it is for, in English.
    pub en: String,
    /// Whether it is in the reader.
    pub in_reader: bool,
}

/// A demo tag as the bench lists it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DemoTag {
    /// Its identity on the bench.
    pub id: String,
    /// What it is for, in Chinese.
    pub zh: String,
    /// What it is for, in English.
    pub en: String,
    /// Whether it lies near the antenna.
    pub in_field: bool,
    /// What its light shows: `green`, `red`, or nothing.
    pub light: String,
    /// Whether its anti-tamper switch is held in.
    pub held: bool,
}

/// What the bench shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BenchView {
    /// Whether a virtual reader is plugged in.
    pub plugged: bool,
    /// The cards on the table.
    pub cards: Vec<DemoCard>,
    /// Whether the next write will be torn, and when.
    pub tear: Tear,
    /// Whether a virtual programmer is plugged in.
    pub programmer: bool,
    /// The tags on the table.
    pub tags: Vec<DemoTag>,
}

/// When the card is pulled during the next write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tear {
    /// It is not.
    #[default]
    None,
    /// Just before the write reaches the card.
    Before,
    /// While the card writes a file: half of it is there.
    Within,
    /// Just after the card has accepted it, before its answer.
    After,
}

/// The kind of virtual reader that is at a serial line.
const SERIAL: &str = "serial";
/// The kinds of virtual reader: what the bench calls one, and what a person does.
pub const READER_KINDS: [(&str, Pick); 7] = [
    ("short-apdu", |t| t.bench.short_apdu),
    ("extended", |t| t.bench.extended),
    ("tpdu-t0", |t| t.bench.tpdu_t0),
    ("tpdu-t1", |t| t.bench.tpdu_t1),
    ("tpdu-t1-crc", |t| t.bench.tpdu_t1_crc),
    (SERIAL, |t| t.bench.serial),
    ("protected", |t| t.bench.protected),
];

/// The kinds of virtual programmer: what the bench calls one, and what it speaks.
pub const PROGRAMMER_KINDS: [(&str, Pick); 2] = [
    ("dialect-a", |t| t.tags.bench.dialect_a),
    ("dialect-c1", |t| t.tags.bench.dialect_c1),
];

/// What may happen to a card away from this counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Elsewhere {
    /// Another system loads it.
    Loaded,
    /// It pays in a toll lane.
    Toll,
}

impl Elsewhere {
    /// The money that moves, fen.
    pub fn fen(self) -> u32 {
        match self {
            Self::Loaded => 5_000,
            Self::Toll => 800,
        }
    }
}

/// The virtual bench; there once somebody has added it.
#[derive(Clone)]
pub struct Bench {
    devices: Devices,
    module: StoredValue<Option<Rc<VirtualBench>>, LocalStorage>,
    /// What it shows; `None` before it was added.
    pub view: RwSignal<Option<BenchView>>,
}

impl Bench {
    /// A bench that was not fetched yet.
    pub fn new(devices: Devices) -> Self {
        Self {
            devices,
            module: StoredValue::new_local(None),
            view: RwSignal::new(None),
        }
    }

    /// Fetches the module on first use and plugs in a virtual reader of a kind of [`READER_KINDS`]. `false`
    /// when it cannot be had.
    pub async fn add_reader(&self, kind: &str) -> bool {
        let Some(bench) = self.fetch().await else {
            return false;
        };
        bench.plug(kind);
        self.devices.choose(match kind {
            SERIAL => Way::Serial,
            _ => Way::Usb,
        });
        true
    }

    async fn fetch(&self) -> Option<Rc<VirtualBench>> {
        if let Some(bench) = self.module.get_value() {
            return Some(bench);
        }
        let loaded = JsFuture::from(load_bench(MODULE)).await.ok()?;
        let bench: Rc<VirtualBench> = Rc::new(loaded.unchecked_into());
        let (view, watched) = (self.view, bench.clone());
        let show = Closure::<dyn Fn()>::new(move || view.set(Some(look(&watched))));
        bench.on_change(show.as_ref());
        show.forget(); // as long as the page
        self.view.set(Some(look(&bench)));
        self.devices.provide(Provider::clone(&bench));
        self.module.set_value(Some(bench.clone()));
        Some(bench)
    }

    /// Fetches the module on first use and plugs in a virtual programmer of a kind of [`PROGRAMMER_KINDS`].
    /// `false` when it cannot be had.
    pub async fn add_programmer(&self, kind: &str) -> bool {
        let Some(bench) = self.fetch().await else {
            return false;
        };
        bench.plug_programmer(kind);
        self.devices.programmers().connect();
        true
    }

    /// Pulls the virtual programmer's plug.
    pub fn unplug_programmer(&self) {
        self.with(VirtualBench::unplug_programmer);
    }

    /// Lays a tag near the antenna, beside those that are there.
    pub fn put_tag(&self, id: &str) {
        self.with(|bench| bench.put_tag(id));
    }

    /// Takes a tag away from the antenna.
    pub fn take_tag(&self, id: &str) {
        self.with(|bench| bench.take_tag(id));
    }

    /// Holds the anti-tamper switch of a tag in, or lets it stand out.
    pub fn hold_switch(&self, id: &str, held: bool) {
        self.with(|bench| bench.hold_switch(id, held));
    }

    /// Pulls the virtual reader's plug.
    pub fn unplug(&self) {
        self.with(VirtualBench::unplug);
    }

    /// Puts a card into the reader.
    pub fn insert(&self, id: &str) {
        self.with(|bench| bench.insert(id));
    }

    /// Takes the card out.
    pub fn eject(&self) {
        self.with(VirtualBench::eject);
    }

    /// Takes a card away, where something happens to it; whether it did.
    pub fn take_away(&self, id: &str, happens: Elsewhere) -> bool {
        let bench = self.module.get_value();
        bench.is_some_and(|bench| match happens {
            Elsewhere::Loaded => bench.load_elsewhere(id, happens.fen()),
            Elsewhere::Toll => bench.pay_toll(id, happens.fen()),
        })
    }

    /// Has the card pulled during the next write.
    pub fn tear_next_write(&self, tear: Tear) {
        self.with(|bench| {
            bench.tear_next_write(match tear {
                Tear::None => "none",
                Tear::Before => "before",
                Tear::Within => "within",
                Tear::After => "after",
            });
        });
    }

    /// Makes every demo card as it was at the beginning.
    pub fn reset_cards(&self) {
        self.with(VirtualBench::reset_cards);
    }

    fn with(&self, act: impl FnOnce(&VirtualBench)) {
        if let Some(bench) = self.module.get_value() {
            act(&bench);
        }
    }
}

fn look(bench: &VirtualBench) -> BenchView {
    BenchView {
        plugged: bench.plugged(),
        cards: serde_wasm_bindgen::from_value(bench.cards()).unwrap_or_default(),
        tear: match bench.tear_armed().as_str() {
            "before" => Tear::Before,
            "within" => Tear::Within,
            "after" => Tear::After,
            _ => Tear::None,
        },
        programmer: bench.programmer_plugged(),
        tags: serde_wasm_bindgen::from_value(bench.tags()).unwrap_or_default(),
    }
}

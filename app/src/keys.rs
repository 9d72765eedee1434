//! The keyboard: shortcuts of the desk, bursts of a hand scanner, and what may be pressed how soon.
//!
//! A scanner is a keyboard that types digits and Enter. It must never confirm money, so what confirms
//! is F2, and a burst of keys goes nowhere but into a field that asks for it by `data-scan`.

use std::time::Duration;

use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, Event, HtmlElement, HtmlInputElement, KeyboardEvent};

use crate::desk::Desk;
use crate::shell::tasks;

/// This many keys in a row …
const BURST_KEYS: u32 = 6;
/// … each sooner than this after the one before make a burst.
const BURST_GAP_MS: f64 = 30.0;
/// A run that begins sooner than this after the one before, in the same field, may be the rest of it: a PC that
/// was busy for a moment has torn it. It is no whole scan.
const REST_MS: f64 = 300.0;
/// A field that takes scans hears this before each character of a scan, from the one that shows it to be one.
const SCAN: &str = "scan";
/// How long the note about a swallowed burst stays.
const NOTE_FOR: Duration = Duration::from_secs(8);
/// What has just appeared cannot be meant by a key already on its way.
const ARMED_AFTER: Duration = Duration::from_millis(300);

/// What keys open and tell. One context, provided by [`listen`].
#[derive(Clone, Copy)]
pub struct Keys {
    /// Whether the help for this step is open.
    pub help: RwSignal<bool>,
    /// Whether the list of keys is open.
    pub list: RwSignal<bool>,
    /// Whether a scan was swallowed a moment ago.
    pub swallowed: RwSignal<bool>,
}

/// Whether something that moves money or writes a chip may act yet: false for the first 300 ms after
/// the calling component appears.
pub fn use_armed() -> ReadSignal<bool> {
    let (armed, arm) = signal(false);
    let timer = set_timeout_with_handle(move || arm.set(true), ARMED_AFTER);
    on_cleanup(move || {
        if let Ok(timer) = timer {
            timer.clear();
        }
    });
    armed
}

/// Listens to the keyboard for as long as the page lives, and provides [`Keys`].
pub fn listen(desk: Desk) {
    let keys = Keys {
        help: RwSignal::new(false),
        list: RwSignal::new(false),
        swallowed: RwSignal::new(false),
    };
    provide_context(keys);

    let mut scanner = Scanner::default();
    let mut note: Option<TimeoutHandle> = None;
    let on_key = Closure::<dyn FnMut(KeyboardEvent)>::new(move |ev: KeyboardEvent| {
        if scanner.swallows(&ev) {
            swallow(&ev);
            keys.swallowed.set(true);
            if let Some(older) = note.take() {
                older.clear();
            }
            note = set_timeout_with_handle(move || keys.swallowed.set(false), NOTE_FOR).ok();
        } else if shortcut(desk, keys, &ev) {
            swallow(&ev);
        }
    });
    // While it is captured: no control may see a key before it is known to be no scanner's.
    let listener = on_key.as_ref().unchecked_ref();
    let listening = window().add_event_listener_with_callback_and_bool("keydown", listener, true);
    debug_assert!(listening.is_ok(), "the window takes listeners");
    // It lives as long as the page.
    on_key.forget();
}

fn swallow(ev: &Event) {
    ev.prevent_default();
    ev.stop_propagation();
}

/// Acts on a shortcut; whether it was one.
fn shortcut(desk: Desk, keys: Keys, ev: &KeyboardEvent) -> bool {
    let at_work = desk.session.with_untracked(Option::is_some) && !desk.locked.get_untracked();
    match ev.key().as_str() {
        "F1" => first_press(ev, || keys.help.set(!desk.locked.get_untracked())),
        "F2" => first_press(ev, || {
            if !desk.locked.get_untracked() {
                click("[data-confirm]");
            }
        }),
        "F8" => first_press(ev, || {
            if at_work {
                desk.masked.update(|masked| *masked = !*masked);
            }
        }),
        "F9" => first_press(ev, || {
            desk.locked.set(at_work || desk.locked.get_untracked())
        }),
        "Escape" => return escape(desk, at_work, ev),
        // The second is what an input method for Chinese makes of it.
        "?" | "\u{FF1F}" if !types_text(ev) && !desk.locked.get_untracked() => {
            keys.list.set(true);
        }
        _ => return at_work && open_task(desk, ev),
    }
    true
}

/// A key held down is one press.
fn first_press(ev: &KeyboardEvent, act: impl FnOnce()) {
    if !ev.repeat() {
        act();
    }
}

/// Alt with a digit of the main block: those of the number pad write characters on Windows.
fn open_task(desk: Desk, ev: &KeyboardEvent) -> bool {
    if !ev.alt_key() || ev.ctrl_key() || ev.meta_key() || open_dialog().is_some() {
        return false;
    }
    let code = ev.code();
    let digit = code.strip_prefix("Digit").and_then(|d| d.parse().ok());
    let role = desk.session.with_untracked(|s| s.as_ref().map(|s| s.role));
    let task = digit.zip(role);
    let Some(task) = task.and_then(|(digit, role)| tasks::by_digit(digit, role)) else {
        return false;
    };
    first_press(ev, || task.page.open());
    true
}

/// Esc goes back, unless a chip is being written, a dialog wants it, or an input method does.
fn escape(desk: Desk, at_work: bool, ev: &KeyboardEvent) -> bool {
    if desk.locked.get_untracked() || is_writing(desk) {
        return true;
    }
    if open_dialog().is_some() || ev.is_composing() {
        return false;
    }
    first_press(ev, || {
        if !click("[data-back]") && at_work {
            desk.page.get_untracked().parent().open();
        }
    });
    true
}

/// Whether a chip is being written right now.
pub fn is_writing(desk: Desk) -> bool {
    desk.job.get_untracked().is_some_and(|job| job.writing)
}

/// Presses the last control that matches; while a dialog is open, only inside it.
fn click(selector: &str) -> bool {
    let found = match open_dialog() {
        Some(dialog) => dialog.query_selector_all(selector),
        None => document().query_selector_all(selector),
    };
    let Ok(found) = found else { return false };
    let last = found.length().checked_sub(1).and_then(|i| found.item(i));
    let Some(control) = last.and_then(|node| node.dyn_into::<HtmlElement>().ok()) else {
        return false;
    };
    control.click();
    true
}

/// The dialog that is open on top.
fn open_dialog() -> Option<Element> {
    let open = document().query_selector_all("dialog[open]").ok()?;
    let last = open.item(open.length().checked_sub(1)?)?;
    last.dyn_into().ok()
}

fn types_text(ev: &KeyboardEvent) -> bool {
    target_input(ev).is_some_and(|input| input.type_() != "radio")
}

fn target_input(ev: &KeyboardEvent) -> Option<HtmlInputElement> {
    ev.target()?.dyn_into().ok()
}

/// Tells a scanner's burst from a person, and takes back what its first keys have written.
#[derive(Default)]
struct Scanner {
    burst: Burst,
    /// The field in focus when the run of keys began, and what stood in it.
    before: Option<(HtmlInputElement, String)>,
    /// The characters of the run so far.
    typed: String,
    /// Whether the run is not the rest of another.
    is_whole: bool,
}

impl Scanner {
    fn swallows(&mut self, ev: &KeyboardEvent) -> bool {
        if !is_typed(ev) {
            return false;
        }
        let rested = self.burst.rest(ev.time_stamp()) >= REST_MS;
        let pressed = self.burst.press(ev.time_stamp());
        let field = target_input(ev);
        if pressed == Press::First {
            let last_field = self.before.take().map(|(input, _)| input);
            self.is_whole = rested || last_field != field;
            self.typed.clear();
            self.before = field.clone().map(|input| {
                let value = input.value();
                (input, value)
            });
        }
        if let Some(input) = field.filter(|input| input.has_attribute("data-scan")) {
            self.land(&input, &ev.key(), pressed);
            return false;
        }
        match pressed {
            Press::First | Press::Soon => false,
            Press::BurstBegins => {
                self.take_back();
                true
            }
            Press::BurstGoesOn => true,
        }
    }

    /// A scan lands whole in a field that takes scans: what stood there before is not a part of it.
    fn land(&mut self, input: &HtmlInputElement, key: &str, pressed: Press) {
        if key.chars().count() != 1 {
            return;
        }
        if self.is_whole && pressed == Press::BurstBegins {
            input.set_value(&self.typed);
        }
        if self.is_whole && matches!(pressed, Press::BurstBegins | Press::BurstGoesOn) {
            tell(input, SCAN);
        }
        self.typed.push_str(key);
    }

    fn take_back(&mut self) {
        let Some((input, value)) = self.before.take() else {
            return;
        };
        input.set_value(&value);
        // The field's signal hears it and follows.
        tell(&input, "input");
    }
}

/// Has a field hear of an event.
fn tell(input: &HtmlInputElement, event: &str) {
    let options = web_sys::EventInit::new();
    options.set_bubbles(true);
    if let Ok(event) = Event::new_with_event_init_dict(event, &options) {
        // Neither kind is ever cancelled.
        let _ = input.dispatch_event(&event);
    }
}

/// Keys a scanner can send: characters and Enter, also while an input method is in between.
fn is_typed(ev: &KeyboardEvent) -> bool {
    if ev.repeat() || ev.alt_key() || ev.ctrl_key() || ev.meta_key() {
        return false;
    }
    let key = ev.key();
    key.chars().count() == 1 || matches!(key.as_str(), "Enter" | "Process" | "Unidentified")
}

/// Counts keys that follow each other faster than fingers do.
#[derive(Default)]
struct Burst {
    keys: u32,
    last_ms: f64,
}

/// What a key press is, by its distance from those before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Press {
    /// It begins a run.
    First,
    /// It came soon, but fingers can do that.
    Soon,
    /// It shows that the run is a burst.
    BurstBegins,
    /// It belongs to a burst.
    BurstGoesOn,
}

impl Burst {
    /// How long no key was pressed.
    fn rest(&self, at_ms: f64) -> f64 {
        if self.keys == 0 {
            f64::INFINITY
        } else {
            at_ms - self.last_ms
        }
    }

    fn press(&mut self, at_ms: f64) -> Press {
        let soon = self.keys > 0 && at_ms - self.last_ms < BURST_GAP_MS;
        self.keys = if soon { self.keys + 1 } else { 1 };
        self.last_ms = at_ms;
        match self.keys {
            1 => Press::First,
            n if n < BURST_KEYS => Press::Soon,
            BURST_KEYS => Press::BurstBegins,
            _ => Press::BurstGoesOn,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn presses(gaps: &[f64]) -> Vec<Press> {
        let mut burst = Burst::default();
        let mut now = 1000.0;
        let mut press = |gap| {
            now += gap;
            burst.press(now)
        };
        gaps.iter().map(|&gap| press(gap)).collect()
    }

    #[test]
    fn six_fast_keys_are_a_burst_and_enter_belongs_to_it() {
        let pressed = presses(&[500.0, 8.0, 8.0, 8.0, 8.0, 8.0, 29.0]);
        assert_eq!(pressed[0], Press::First);
        assert_eq!(pressed[1..5], [Press::Soon; 4]);
        assert_eq!(pressed[5..], [Press::BurstBegins, Press::BurstGoesOn]);
    }

    #[test]
    fn fingers_are_no_burst() {
        let pressed = presses(&[500.0, 90.0, 25.0, 80.0, 25.0, 120.0, 30.0, 31.0]);
        assert!(!pressed.contains(&Press::BurstBegins), "{pressed:?}");
    }
}

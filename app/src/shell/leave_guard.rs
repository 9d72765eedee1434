//! Asks before the tab is closed or reloaded, but only while a chip is being written: at any other
//! time nothing would be lost.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::BeforeUnloadEvent;

use crate::desk::Desk;

/// Guards for as long as the calling component is there.
pub fn use_leave_guard(desk: Desk) {
    let writing = Memo::new(move |_| desk.job.get().is_some_and(|job| job.writing));
    let ask = Closure::<dyn Fn(BeforeUnloadEvent)>::new(|ev: BeforeUnloadEvent| {
        ev.prevent_default();
        // Browsers of a few years ago look at this instead.
        ev.set_return_value("1");
    });
    // JavaScript keeps it; there is one per sign-in.
    let ask = StoredValue::new_local(ask.into_js_value());
    let listen = move |on: bool| {
        ask.with_value(|ask| {
            let window = window();
            let listener = ask.unchecked_ref();
            let done = if on {
                window.add_event_listener_with_callback("beforeunload", listener)
            } else {
                window.remove_event_listener_with_callback("beforeunload", listener)
            };
            debug_assert!(done.is_ok(), "the window takes listeners");
        });
    };
    Effect::new(move |_| listen(writing.get()));
    on_cleanup(move || listen(false));
}

//! The time, for engines that are told it.

use std::time::Duration;

use apdu_core::ccid::Millis;
use js_sys::Promise;
use leptos::prelude::{set_timeout, window};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

/// Milliseconds since the page was loaded, monotonic; 0 in a browser without a clock.
pub fn now() -> Millis {
    window().performance().map_or(0.0, |clock| clock.now()) as Millis
}

/// Waits that long, or longer.
pub async fn pause(wait: Duration) {
    let over = Promise::new(&mut |resolve, _| {
        set_timeout(
            move || {
                let _ = resolve.call0(&JsValue::NULL);
            },
            wait,
        );
    });
    // Nothing rejects it.
    let _ = JsFuture::from(over).await;
}

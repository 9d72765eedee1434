//! What the browser keeps between pages. Nothing personal goes there.

use leptos::prelude::window;
use web_sys::Storage;

/// The browser's local storage; missing where it is switched off.
pub fn local() -> Option<Storage> {
    window().local_storage().ok().flatten()
}

//! Files that the page hands to the person at the counter.

use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, BlobPropertyBag, HtmlAnchorElement, Url};

/// Saves a JSON text where the browser saves downloads.
pub fn json(name: &str, text: &str) {
    // A browser that takes no files has shown the person so itself.
    let _ = save(name, "application/json", text);
}

/// Saves a plain text there.
pub fn text(name: &str, text: &str) {
    // As above.
    let _ = save(name, "text/plain;charset=utf-8", text);
}

fn save(name: &str, kind: &str, text: &str) -> Result<(), JsValue> {
    let options = BlobPropertyBag::new();
    options.set_type(kind);
    let parts = js_sys::Array::of1(&text.into());
    let blob = Blob::new_with_str_sequence_and_options(&parts, &options)?;
    let url = Url::create_object_url_with_blob(&blob)?;
    let link = document().create_element("a")?;
    let link: HtmlAnchorElement = link.unchecked_into();
    link.set_href(&url);
    link.set_download(name);
    link.click();
    Url::revoke_object_url(&url)
}

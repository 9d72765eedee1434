//! Where devices come from: `navigator`, or a virtual bench shaped like the parts of it named here.
//! Globals are never patched.

use js_sys::Reflect;
use leptos::prelude::{document, window};
use wasm_bindgen::prelude::*;

use super::smart_card::ResourceManager;
use super::web_serial::Serial;
use super::web_usb::Usb;

#[wasm_bindgen]
extern "C" {
    /// An object with some of `usb`, `serial` and `smartCard`.
    #[derive(Clone)]
    pub type Provider;
    #[wasm_bindgen(method, getter)]
    pub fn usb(this: &Provider) -> Option<Usb>;
    #[wasm_bindgen(method, getter)]
    pub fn serial(this: &Provider) -> Option<Serial>;
    #[wasm_bindgen(method, getter, js_name = smartCard)]
    pub fn smart_card(this: &Provider) -> Option<ResourceManager>;

    type PolicyDocument;
    #[wasm_bindgen(method, getter, js_name = permissionsPolicy)]
    fn permissions_policy(this: &PolicyDocument) -> Option<Policy>;
    #[wasm_bindgen(method, getter, js_name = featurePolicy)]
    fn feature_policy(this: &PolicyDocument) -> Option<Policy>;

    /// A `PermissionsPolicy`, also under its older name.
    type Policy;
    #[wasm_bindgen(method)]
    fn features(this: &Policy) -> js_sys::Array;
    #[wasm_bindgen(method, js_name = allowsFeature)]
    fn allows_feature(this: &Policy, feature: &str) -> bool;
}

/// The browser's own devices.
pub fn browser() -> Provider {
    window().navigator().unchecked_into()
}

/// Whether a policy of this document forbids a feature; `false` where the browser does not tell.
pub fn forbids(feature: &str) -> bool {
    policy(feature) == Some(false)
}

/// Whether this document may claim protected classes: in an isolated context whose policy names
/// `usb-unrestricted`. Anywhere else the claim is known to be refused, and is not tried.
pub fn is_unrestricted() -> bool {
    let isolated = Reflect::get(&window(), &"crossOriginIsolated".into());
    isolated.is_ok_and(|isolated| isolated.is_truthy()) && policy("usb-unrestricted") == Some(true)
}

fn policy(feature: &str) -> Option<bool> {
    let document = document();
    let document: &PolicyDocument = document.unchecked_ref();
    let policy = (document.permissions_policy()).or_else(|| document.feature_policy())?;
    // Of a feature that the browser does not know it says that it is not allowed.
    let known = policy.features().includes(&feature.into(), 0);
    known.then(|| policy.allows_feature(feature))
}

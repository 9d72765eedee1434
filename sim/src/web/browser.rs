//! The few things of the browser that the virtual devices need.

use js_sys::{Array, DataView, Function, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = DOMException)]
    type DomException;
    #[wasm_bindgen(constructor, js_class = "DOMException")]
    fn new(message: &str, name: &str) -> DomException;

    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(callback: &JsValue, milliseconds: u32) -> JsValue;

    type Storage;
    #[wasm_bindgen(method, js_name = getItem)]
    fn get_item(this: &Storage, key: &str) -> Option<String>;
    #[wasm_bindgen(method, catch, js_name = setItem)]
    fn set_item(this: &Storage, key: &str, value: &str) -> Result<(), JsValue>;
    #[wasm_bindgen(method, js_name = removeItem)]
    fn remove_item(this: &Storage, key: &str);
}

/// A real DOMException, so that a page can tell errors apart by name.
pub fn exception(name: &str, message: &str) -> JsValue {
    DomException::new(message, name).into()
}

/// Runs `task` after `milliseconds`, never before the caller has returned.
pub fn later(milliseconds: u32, task: impl FnOnce() + 'static) {
    set_timeout(&Closure::once_into_js(task), milliseconds);
}

/// A plain object.
pub fn object(fields: &[(&str, JsValue)]) -> JsValue {
    let object = Object::new();
    for (name, value) in fields {
        // Setting a property of a fresh plain object cannot fail.
        let _ = Reflect::set(&object, &JsValue::from_str(name), value);
    }
    object.into()
}

/// A plain array.
pub fn array(items: impl IntoIterator<Item = JsValue>) -> JsValue {
    items.into_iter().collect::<Array>().into()
}

/// A property, `undefined` where there is none.
pub fn property(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
}

/// A numeric property.
pub fn number(object: &JsValue, name: &str) -> Option<u16> {
    property(object, name).as_f64().map(|number| number as u16)
}

/// A copy of `data` behind a DataView, as USB transfers carry it.
pub fn data_view(data: &[u8]) -> JsValue {
    DataView::new(&Uint8Array::from(data).buffer(), 0, data.len()).into()
}

/// A copy of the bytes of an ArrayBuffer or of a view of one.
pub fn buffer_source(source: &JsValue) -> Vec<u8> {
    if !js_sys::ArrayBuffer::is_view(source) {
        return Uint8Array::new(source).to_vec();
    }
    let whole = Uint8Array::new(&property(source, "buffer")).to_vec();
    let field = |name| {
        property(source, name)
            .as_f64()
            .map_or(0, |number| number as usize)
    };
    let start = field("byteOffset");
    whole
        .get(start..start + field("byteLength"))
        .unwrap_or_default()
        .to_vec()
}

/// A promise that is decided by whoever keeps its two functions.
pub fn promise(mut keep: impl FnMut(Function, Function)) -> Promise {
    Promise::new(&mut |resolve, reject| keep(resolve, reject))
}

/// `Ok` resolves, `Err` rejects.
pub fn settled(outcome: Result<JsValue, JsValue>) -> Promise {
    match outcome {
        Ok(value) => Promise::resolve(&value),
        Err(error) => Promise::reject(&error),
    }
}

/// Calls a function of the page; what it throws is its own affair.
pub fn call(function: &Function, argument: &JsValue) {
    let _ = function.call1(&JsValue::UNDEFINED, argument);
}

/// Calls a method of an object of the page; what it throws is its own affair.
pub fn invoke(object: &JsValue, method: &str, argument: &JsValue) {
    if let Ok(function) = property(object, method).dyn_into::<Function>() {
        let _ = function.call1(object, argument);
    }
}

fn storage() -> Option<Storage> {
    // Reading the property throws where the user has forbidden storage.
    let found = Reflect::get(&js_sys::global(), &JsValue::from_str("localStorage")).ok()?;
    found.is_object().then(|| found.unchecked_into())
}

/// What localStorage keeps under `key`.
pub fn stored(key: &str) -> Option<String> {
    storage()?.get_item(key)
}

/// Writes to localStorage; a browser without it, or a full one, keeps nothing.
pub fn store(key: &str, value: Option<&str>) {
    if let Some(storage) = storage() {
        match value {
            Some(value) => drop(storage.set_item(key, value)),
            None => storage.remove_item(key),
        }
    }
}

/// The answer of [`request_lock`].
pub enum Lock {
    /// Ours until the function is called or the tab ends.
    Held(Function),
    /// Another tab has it.
    Elsewhere,
    /// This browser has no Web Locks.
    Unsupported,
}

/// Asks for the Web Lock `name` without waiting for it.
pub fn request_lock(name: &str, decide: impl FnOnce(Lock) + 'static) {
    let locks = property(&property(&js_sys::global(), "navigator"), "locks");
    let Ok(request) = property(&locks, "request").dyn_into::<Function>() else {
        return decide(Lock::Unsupported);
    };
    let callback = Closure::once_into_js(move |lock: JsValue| -> JsValue {
        if lock.is_null() {
            decide(Lock::Elsewhere);
            return JsValue::UNDEFINED;
        }
        let mut decide = Some(decide);
        promise(|release, _| {
            if let Some(decide) = decide.take() {
                decide(Lock::Held(release));
            }
        })
        .into()
    });
    let options = object(&[("ifAvailable", JsValue::TRUE)]);
    let _ = request.call3(&locks, &JsValue::from_str(name), &options, &callback);
}

//! One tab owns a reader: a Web Lock per device, held as long as the reader is in use.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Function, Promise};
use leptos::prelude::window;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen]
extern "C" {
    /// `navigator.locks`, by shape: the bindings count it among the unstable APIs.
    type LockManager;
    #[wasm_bindgen(method)]
    fn request(this: &LockManager, name: &str, options: &JsValue, granted: &JsValue) -> Promise;

    type Locking;
    #[wasm_bindgen(method, getter)]
    fn locks(this: &Locking) -> LockManager;
}

/// A held lock; released when dropped.
pub struct TabLock {
    release: Function,
}

impl TabLock {
    /// Takes the lock if no other tab holds it.
    pub async fn take(name: &str) -> Option<Self> {
        let release: Rc<RefCell<Option<Function>>> = Rc::default();
        let held = Promise::new(&mut |answer, _| {
            let release = release.clone();
            // The lock lives as long as the promise its callback returns.
            let granted = Closure::once_into_js(move |lock: JsValue| -> JsValue {
                if lock.is_null() {
                    let _ = answer.call1(&JsValue::NULL, &JsValue::FALSE);
                    return JsValue::UNDEFINED;
                }
                let until_released = Promise::new(&mut |resolve, _| {
                    *release.borrow_mut() = Some(resolve);
                });
                let _ = answer.call1(&JsValue::NULL, &JsValue::TRUE);
                until_released.into()
            });
            let options = js_sys::Object::new();
            // A plain object takes any property.
            let _ = js_sys::Reflect::set(&options, &"ifAvailable".into(), &JsValue::TRUE);
            let navigator: Locking = window().navigator().unchecked_into();
            let _ = navigator.locks().request(name, &options, &granted);
        });
        JsFuture::from(held).await.ok()?;
        let release = release.borrow_mut().take()?;
        Some(Self { release })
    }
}

impl Drop for TabLock {
    fn drop(&mut self) {
        let _ = self.release.call0(&JsValue::NULL);
    }
}

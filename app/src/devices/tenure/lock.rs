//! Web Locks and the channel between tabs, by shape: the bindings count the locks among the unstable APIs.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Function, Object, Promise, Reflect};
use leptos::prelude::window;
use leptos::task::spawn_local;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::AbortSignal;

#[wasm_bindgen]
extern "C" {
    type LockManager;
    #[wasm_bindgen(method)]
    fn request(this: &LockManager, name: &str, options: &JsValue, granted: &JsValue) -> Promise;

    type Locking;
    #[wasm_bindgen(method, getter)]
    fn locks(this: &Locking) -> LockManager;

    /// A `BroadcastChannel`.
    #[derive(Clone)]
    pub type BroadcastChannel;
    #[wasm_bindgen(constructor)]
    pub fn new(name: &str) -> BroadcastChannel;
    #[wasm_bindgen(method, js_name = postMessage)]
    pub fn post_message(this: &BroadcastChannel, message: &str);
    #[wasm_bindgen(method, setter, js_name = onmessage)]
    pub fn set_onmessage(this: &BroadcastChannel, listener: &JsValue);
    #[wasm_bindgen(method)]
    pub fn close(this: &BroadcastChannel);

    /// A `MessageEvent`.
    pub type Message;
    #[wasm_bindgen(method, getter)]
    pub fn data(this: &Message) -> JsValue;
}

/// How a lock is asked for.
pub enum Ask<'a> {
    /// Only if nobody holds it.
    IfFree,
    /// In the queue, until the signal.
    Wait(&'a AbortSignal),
    /// From whoever holds it.
    Steal,
}

/// A held lock; released when dropped.
pub struct Lock(Function);

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = self.0.call0(&JsValue::NULL);
    }
}

/// Asks for a lock. `None` where it was not granted; `on_lost` is called when another tab steals it
/// later.
pub async fn request(name: &str, ask: Ask<'_>, on_lost: impl FnOnce() + 'static) -> Option<Lock> {
    let release: Rc<RefCell<Option<Function>>> = Rc::default();
    let (option, value) = match ask {
        Ask::IfFree => ("ifAvailable", JsValue::TRUE),
        Ask::Wait(signal) => ("signal", signal.into()),
        Ask::Steal => ("steal", JsValue::TRUE),
    };
    let options = Object::new();
    // A plain object takes any property.
    let _ = Reflect::set(&options, &option.into(), &value);
    let mut decided = JsValue::UNDEFINED;
    let decision = Promise::new(&mut |resolve, _| decided = resolve.into());
    let decided: Function = decided.unchecked_into();
    let granted = {
        let (decided, release) = (decided.clone(), release.clone());
        // The lock lives as long as the promise its callback returns.
        Closure::once_into_js(move |lock: JsValue| -> JsValue {
            let mut until_released = JsValue::UNDEFINED;
            if !lock.is_null() {
                until_released = Promise::new(&mut |resolve, _| {
                    *release.borrow_mut() = Some(resolve);
                })
                .into();
            }
            let _ = decided.call0(&JsValue::NULL);
            until_released
        })
    };
    let navigator: Locking = window().navigator().unchecked_into();
    let whole = navigator.locks().request(name, &options, &granted);
    spawn_local(async move {
        // It ends well when the lock is released; it fails when it is stolen, or no longer waited for.
        if JsFuture::from(whole).await.is_err() {
            let _ = decided.call0(&JsValue::NULL);
            on_lost();
        }
    });
    JsFuture::from(decision).await.ok()?;
    release.borrow_mut().take().map(Lock)
}

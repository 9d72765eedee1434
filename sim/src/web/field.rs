//! The programmer of the bench, and the tags that lie before it.

use std::rc::Rc;

use js_sys::Array;
use wasm_bindgen::prelude::*;

use super::browser::{array, number, object, property};
use super::serial::{self, Port, VirtualPort};
use super::wired::Wired;
use super::{Bench, VirtualBench};
use crate::demo;
use crate::programmer::{Model, Programmer};
use crate::tag::{Light, Tag};

/// localStorage key: the page may use the programmer without asking again.
const PERMISSION: &str = "etc-sim-programmer-permission";

impl Bench {
    /// The plugged programmer and its object.
    pub fn programmer(&self) -> Option<(Rc<Port>, JsValue)> {
        self.programmer.borrow().clone()
    }

    /// Does something to the plugged programmer, and has it say so.
    pub fn with_programmer<T>(&self, act: impl FnOnce(&mut Programmer) -> T) -> Option<T> {
        let (port, _) = self.programmer()?;
        let done = port.wired.borrow_mut().programmer_mut().map(act);
        port.pump();
        done
    }

    /// The ports that the page may be given: the serial reader's, then the programmer's.
    pub fn ports(&self) -> Vec<(Rc<Port>, JsValue)> {
        let reader = self.port.borrow().clone();
        reader.into_iter().chain(self.programmer()).collect()
    }

    /// The port that the user picks in the chooser. Filters that name a vendor let the programmer through, if
    /// its own is among them; without them it is the reader, or the programmer where no reader has a port.
    pub fn picked(&self, options: &JsValue) -> Option<(Rc<Port>, JsValue)> {
        let filters = property(options, "filters").dyn_into::<Array>();
        let filters = filters.map(|all| all.to_vec()).unwrap_or_default();
        let by_vendor = |filter: &JsValue| number(filter, "usbVendorId").is_some();
        if !filters.is_empty() && filters.iter().all(by_vendor) {
            let (port, object) = self.programmer()?;
            let [vendor, product] = port.wired.borrow().usb()?;
            let agrees = |filter, name, own| number(filter, name).is_none_or(|it| it == own);
            let matching = filters.iter().any(|filter| {
                agrees(filter, "usbVendorId", vendor) && agrees(filter, "usbProductId", product)
            });
            return matching.then_some((port, object));
        }
        self.ports().into_iter().next()
    }

    /// Keeps what an exchange has done to card and tags, before its answer goes out.
    pub fn after_exchange(&self, programmer: &mut Programmer) {
        for tag in programmer.tags() {
            if let Some(id) = id_of(tag) {
                self.tags.keep(id, tag);
            }
        }
        let pulled = programmer.take_pulled();
        if let (Some(id), Some(card)) = (
            self.slot.borrow().as_deref(),
            pulled.as_ref().or(programmer.card()),
        ) {
            self.shelf.keep(id, card);
        }
        if pulled.is_some() {
            self.slot.take();
            self.tear.set(programmer.tear_armed());
        }
        // A light may have changed, or a flag.
        self.changed();
    }

    /// The plug of the programmer is pulled.
    fn unplug_programmer(&self) {
        if let Some((port, object)) = self.programmer.take() {
            port.disconnect();
            serial::dispatch(self, &port, "disconnect", object);
            self.changed();
        }
    }

    /// A tag of the deck as it is now.
    fn tag(&self, id: &str) -> Result<Tag, JsValue> {
        let unknown = || js_sys::Error::new(&format!("no demo tag {id}"));
        let tag = self.tags.take(id).ok_or_else(unknown)?;
        let serial = tag.esam().serial();
        let programmer = self.programmer();
        let wired = programmer.as_ref().map(|(port, _)| port.wired.borrow());
        let tags = wired.as_ref().and_then(|wired| wired.programmer());
        let here = tags.and_then(|programmer| {
            let mut tags = programmer.tags().iter();
            tags.find(|tag| tag.esam().serial() == serial).cloned()
        });
        Ok(here.unwrap_or(tag))
    }

    /// Lays a tag into the field; one that is there stays.
    fn put_tag(&self, id: &str) -> Result<(), JsValue> {
        let tag = self.tag(id)?;
        let mut field = self.field.borrow_mut();
        if !field.iter().any(|there| there == id) {
            field.push(id.to_owned());
            self.with_programmer(|programmer| programmer.put(tag));
        }
        drop(field);
        self.changed();
        Ok(())
    }

    fn take_tag(&self, id: &str) -> Result<(), JsValue> {
        let serial = self.tag(id)?.esam().serial();
        self.field.borrow_mut().retain(|there| there != id);
        self.with_programmer(|programmer| programmer.take(serial));
        self.changed();
        Ok(())
    }

    /// All tags as the factory made them; those in the field are taken out and put back.
    pub fn reset_tags(&self) -> Result<(), JsValue> {
        let field = self.field.borrow().clone();
        field.iter().try_for_each(|id| self.take_tag(id))?;
        self.tags.reset();
        field.iter().try_for_each(|id| self.put_tag(id))
    }
}

/// The demo tag with this contract number.
fn id_of(tag: &Tag) -> Option<&'static str> {
    let serial = tag.esam().serial();
    let found = demo::tags().into_iter().find(|demo| demo.serial == serial);
    found.map(|demo| demo.id)
}

#[wasm_bindgen]
impl VirtualBench {
    /// Plugs a programmer in, beside the reader: `dialect-a` or `dialect-c1` (also `dialect-c1-wechat`,
    /// `dialect-c2`). One that was plugged is unplugged first.
    #[wasm_bindgen(js_name = plugProgrammer)]
    pub fn plug_programmer(&self, kind: &str) -> Result<(), JsValue> {
        let bench = &self.bench;
        let unknown = || js_sys::Error::new(&format!("no programmer kind {kind}"));
        let mut programmer = Programmer::new(Model::of_kind(kind).ok_or_else(unknown)?);
        bench.unplug_programmer();
        for id in bench.field.borrow().iter() {
            programmer.put(bench.tag(id)?);
        }
        let wired = Wired::Programmer(Box::new(programmer));
        let port = Rc::new(Port::new(Rc::clone(bench), wired, PERMISSION));
        let object = JsValue::from(VirtualPort::new(Rc::clone(&port)));
        bench
            .programmer
            .replace(Some((Rc::clone(&port), object.clone())));
        serial::dispatch(bench, &port, "connect", object);
        bench.lay_card();
        bench.changed();
        Ok(())
    }

    /// Pulls the programmer's plug.
    #[wasm_bindgen(js_name = unplugProgrammer)]
    pub fn unplug_programmer(&self) {
        self.bench.unplug_programmer();
    }

    /// Whether a programmer is plugged in.
    #[wasm_bindgen(js_name = programmerPlugged)]
    pub fn programmer_plugged(&self) -> bool {
        self.bench.programmer.borrow().is_some()
    }

    /// The tags: `{id, zh, en, inField, light, removed, held}`; `light` is empty, `green` or `red`.
    pub fn tags(&self) -> Result<JsValue, JsValue> {
        let tags = demo::tags().into_iter().map(|demo| {
            let tag = self.bench.tag(demo.id)?;
            let in_field = self.bench.field.borrow().iter().any(|id| id == demo.id);
            let light = match tag.light() {
                Light::Off => "",
                Light::Green => "green",
                Light::Red => "red",
            };
            Ok(object(&[
                ("id", demo.id.into()),
                ("zh", demo.zh.into()),
                ("en", demo.en.into()),
                ("inField", in_field.into()),
                ("light", light.into()),
                ("removed", tag.is_removed().into()),
                ("held", tag.is_held().into()),
            ]))
        });
        Ok(array(tags.collect::<Result<Vec<_>, JsValue>>()?))
    }

    /// Lays a tag into the field, beside others that are there.
    #[wasm_bindgen(js_name = putTag)]
    pub fn put_tag(&self, id: &str) -> Result<(), JsValue> {
        self.bench.put_tag(id)
    }

    /// Takes a tag out of the field.
    #[wasm_bindgen(js_name = takeTag)]
    pub fn take_tag(&self, id: &str) -> Result<(), JsValue> {
        self.bench.take_tag(id)
    }

    /// The tamper switch of a tag is held in, or pops out: then an active tag is removed.
    #[wasm_bindgen(js_name = holdSwitch)]
    pub fn hold_switch(&self, id: &str, held: bool) -> Result<(), JsValue> {
        let mut tag = self.bench.tag(id)?;
        let serial = tag.esam().serial();
        self.bench.with_programmer(|programmer| {
            let tags = programmer.tags_mut().iter_mut();
            let here = tags.into_iter().find(|tag| tag.esam().serial() == serial);
            here.into_iter().for_each(|tag| tag.hold_switch(held));
        });
        tag.hold_switch(held);
        self.bench.tags.keep(id, &tag);
        self.bench.changed();
        Ok(())
    }
}

//! `navigator.smartCard`: readers through the operating system's own driver. It exists in Isolated Web
//! Apps on ChromeOS only (reference on readers §1.5) and has never been seen on a device.
//!
//! The card is connected exclusively, each command goes in a transaction of its own, and a second
//! context watches for cards, because a context does one thing at a time.

mod binding;
mod fault;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use apdu_core::apdu::{Command, Repeat, Response};
use apdu_core::atr::Atr;
use apdu_core::card::{Answer, Fate, NoAnswer, PowerSession};
use apdu_core::fault::Code;
use js_sys::{Array, Object, Promise, Reflect, Uint8Array};
use leptos::prelude::Set;
use leptos::task::spawn_local;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use web_sys::AbortController;

pub use self::binding::ResourceManager;
use self::binding::{CardError, Connected, Connection, Context, Flags, ReaderState, Status};
use super::clock::now;
use super::fault::name_of;
use super::reader::Reader;
use super::tenure::Tenure;
use super::turn::Turnstile;
use crate::desk::{CardInSlot, Desk, ReaderStatus};

/// GET RESPONSE ends after this many rounds: 64 KiB in pieces of 256.
const MAX_ROUNDS: u16 = 257;

/// A reader of the system.
pub struct SmartCardReader {
    name: String,
    desk: Desk,
    /// For the card; the other context waits for changes.
    context: Context,
    /// Also one whose power session is over: it holds the reader until it is disconnected.
    connection: RefCell<Option<Connection>>,
    powered: Cell<bool>,
    /// Number of the last power session.
    power: Cell<u32>,
    turnstile: Turnstile,
    once_is_out: Cell<bool>,
    /// Ends the waiting for changes.
    watch: AbortController,
    /// Held as long as the reader is ours.
    tenure: RefCell<Option<Tenure>>,
}

/// The names of the system's readers.
pub async fn list(manager: &ResourceManager) -> Result<Vec<String>, Code> {
    let context = establish(manager).await?;
    let names = done(context.list_readers()).await?;
    let names = Array::from(&names);
    Ok(names.iter().filter_map(|name| name.as_string()).collect())
}

async fn establish(manager: &ResourceManager) -> Result<Context, Code> {
    Ok(done(manager.establish_context()).await?.unchecked_into())
}

impl SmartCardReader {
    /// Uses the system's reader of this name.
    pub async fn open(
        manager: &ResourceManager,
        name: String,
        tenure: Tenure,
        desk: Desk,
    ) -> Result<Rc<dyn Reader>, Code> {
        let reader = Rc::new(Self {
            name,
            desk,
            context: establish(manager).await?,
            connection: RefCell::default(),
            powered: Cell::default(),
            power: Cell::new(now() as u32),
            turnstile: Turnstile::default(),
            once_is_out: Cell::default(),
            watch: AbortController::new().map_err(|_| Code::NoCardService)?,
            tenure: RefCell::new(Some(tenure)),
        });
        let watching = establish(manager).await?;
        spawn_local(reader.clone().follow(watching));
        Ok(reader)
    }

    /// Follows what is put in and taken out, until the reader goes away or is let go.
    async fn follow(self: Rc<Self>, watching: Context) {
        let options = object([("signal", self.watch.signal().into())]);
        let mut known = object([("unaware", JsValue::TRUE)]);
        let mut count = 0;
        let code = loop {
            let state = object([
                ("readerName", self.name.as_str().into()),
                ("currentState", known.clone().into()),
                ("currentCount", count.into()),
            ]);
            let changed = watching.get_status_change(&Array::of1(&state), &options);
            let changed = match done(changed).await {
                Ok(changed) => Array::from(&changed).get(0),
                Err(code) => break code,
            };
            let changed: ReaderState = changed.unchecked_into();
            let flags = changed.event_state();
            if flags.unavailable() == Some(true) || flags.unknown() == Some(true) {
                break Code::ReaderGone;
            }
            self.show_card(&flags);
            // What was told is what is known; these two say only how it was told.
            known = Object::assign(&Object::new(), &flags);
            for told in ["changed", "unknown"] {
                let _ = Reflect::delete_property(&known, &told.into());
            }
            count = changed.event_count();
        };
        // Nothing happens to one that was let go, which is what mostly ends the waiting.
        self.lose(code).await;
    }

    fn show_card(&self, flags: &Flags) {
        let present = flags.present() == Some(true);
        if !present {
            self.powered.set(false);
            self.desk.seen.unpowered();
        }
        self.desk.card.set(if present {
            CardInSlot::Present
        } else {
            CardInSlot::Absent
        });
    }

    async fn connect(&self) -> Result<(PowerSession, Atr), Code> {
        let _turn = self.turnstile.enter().await;
        self.disconnect().await;
        let options = object([(
            "preferredProtocols",
            Array::of2(&"t0".into(), &"t1".into()).into(),
        )]);
        let connected = self.context.connect(&self.name, "exclusive", &options);
        let connected: Connected = done(connected).await?.unchecked_into();
        let connection = connected.connection();
        self.connection.replace(Some(connection.clone()));
        let status: Status = done(connection.status()).await?.unchecked_into();
        let atr = status.answer_to_reset().ok_or(Code::CardMute)?;
        let atr = Atr::parse(&Uint8Array::new(&atr).to_vec()).map_err(|_| Code::CardMute)?;
        self.powered.set(true);
        self.power.set(self.power.get().wrapping_add(1));
        Ok((PowerSession(self.power.get()), atr))
    }

    async fn disconnect(&self) {
        if let Some(connection) = self.connection.take() {
            // One that is gone has nothing to disconnect.
            let _ = JsFuture::from(connection.disconnect("unpower")).await;
        }
    }

    /// Resolves `61xx` and, for what may be repeated, `6Cxx`: the system leaves both to its caller.
    async fn exchange(
        &self,
        session: PowerSession,
        command: &Command,
    ) -> Result<Response, NoAnswer> {
        let _turn = self.turnstile.enter().await;
        let mut data = Vec::new();
        let mut next = command.clone();
        let mut fate = Fate::NotSent;
        for _round in 0..MAX_ROUNDS {
            let connection = self.connection.borrow().clone();
            let connection = connection.filter(|_| self.power_session() == Some(session));
            let Some(connection) = connection else {
                return Err(NoAnswer {
                    code: Code::CardGone,
                    fate,
                });
            };
            let response = self.transact(&connection, &next, &mut fate).await;
            let response = response.map_err(|code| {
                if code == Code::CardGone {
                    self.powered.set(false);
                }
                NoAnswer { code, fate }
            })?;
            let more = response.sw.more_data();
            let corrected = response.sw.right_length().filter(|_| {
                command.repeat == Repeat::Repeatable
                    && next.header == command.header
                    && next.ne == command.ne
            });
            data.extend_from_slice(&response.data);
            match (more, corrected) {
                (Some(ne), _) => next = Command::read([0x00, 0xC0, 0x00, 0x00], ne),
                (None, Some(ne)) => next.ne = ne,
                (None, None) => {
                    return Ok(Response {
                        data,
                        sw: response.sw,
                    });
                }
            }
        }
        Err(NoAnswer::unknown(Code::ReaderProtocol))
    }

    /// One command in a transaction of its own. `fate` is unknown from the moment it may have left.
    async fn transact(
        &self,
        connection: &Connection,
        command: &Command,
        fate: &mut Fate,
    ) -> Result<Response, Code> {
        let sent: Rc<RefCell<Option<Promise>>> = Rc::default();
        let (send, line) = (sent.clone(), connection.clone());
        let bytes = Uint8Array::from(&command.to_bytes()[..]);
        let seen = self.desk.seen;
        let transaction = Closure::once_into_js(move || {
            seen.sends();
            let answer = line.transmit(&bytes);
            send.replace(Some(answer.clone()));
            future_to_promise(async move {
                // How it ended is looked at below; the transaction ends well either way.
                let _ = JsFuture::from(answer).await;
                Ok("leave".into())
            })
        });
        let ended = done(connection.start_transaction(&transaction)).await;
        let Some(answer) = sent.take() else {
            return Err(ended.err().unwrap_or(Code::ReaderProtocol));
        };
        *fate = Fate::Unknown;
        // An answer is an answer, also where the end of the transaction failed.
        let answer = done(answer).await?;
        seen.hears();
        let answer = Uint8Array::new(&answer).to_vec();
        Response::parse(&answer).map_err(|_| Code::ReaderProtocol)
    }
}

impl Reader for SmartCardReader {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn power_session(&self) -> Option<PowerSession> {
        let powered = self.powered.get();
        powered.then(|| PowerSession(self.power.get()))
    }

    fn power_on(self: Rc<Self>) -> Answer<'static, Result<PowerSession, NoAnswer>> {
        Box::pin(async move {
            let powered = self.connect().await.map_err(NoAnswer::unknown);
            self.desk.seen.powered(&powered, None);
            powered.map(|(session, _)| session)
        })
    }

    fn transmit(
        self: Rc<Self>,
        session: PowerSession,
        command: &Command,
    ) -> Answer<'_, Result<Response, NoAnswer>> {
        Box::pin(async move {
            self.once_is_out.set(command.repeat == Repeat::Once);
            let answer = self.exchange(session, command).await;
            self.once_is_out.set(false);
            answer
        })
    }

    fn look(self: Rc<Self>) {
        // The system tells by itself.
    }

    fn once_is_out(&self) -> bool {
        self.once_is_out.get()
    }

    fn lose(self: Rc<Self>, code: Code) -> Answer<'static, ()> {
        Box::pin(async move {
            let Some(tenure) = self.tenure.take() else {
                return;
            };
            self.desk.reader.set(ReaderStatus::Refused(code));
            self.desk.seen.unpowered();
            self.desk.card.set(CardInSlot::Absent);
            self.watch.abort();
            self.powered.set(false);
            self.disconnect().await;
            drop(tenure);
        })
    }

    fn is_lost(&self) -> bool {
        self.tenure.borrow().is_none()
    }
}

/// A plain object.
fn object<const N: usize>(fields: [(&str, JsValue); N]) -> Object {
    let object = Object::new();
    for (name, value) in fields {
        // A plain object takes any property.
        let _ = Reflect::set(&object, &name.into(), &value);
    }
    object
}

/// Awaits a call of the API and names its failure.
async fn done(promise: Promise) -> Result<JsValue, Code> {
    JsFuture::from(promise).await.map_err(|error| {
        let response = error.unchecked_ref::<CardError>().response_code();
        fault::fault_of(&name_of(&error), response.as_deref())
    })
}

//! The root of the page: provides what lives as long as the page, and shows sign-in or shell.

use apdu_core::fault::Fault;
use etc_api::SignIn;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::backend::Backend;
use crate::desk::{CardInSlot, Desk, Link, ProgrammerStatus, ReaderStatus};
use crate::devices::Devices;
use crate::devices::bench::Bench;
use crate::devices::trace::Seen;
use crate::i18n::{Catalogue, Lang};
use crate::jobs::Jobs;
use crate::keys;
use crate::lock;
use crate::pages::{Fetched, SignInPage, fetch_all};
use crate::parts::{BenchPanel, PrintSheet};
use crate::print::Printer;
use crate::router::{self, Page};
use crate::shell::{OpenFrame, Shell};

/// The whole page.
#[component]
pub fn Root() -> impl IntoView {
    let desk = Desk {
        status: RwSignal::new(None),
        session: RwSignal::new(None),
        lang: RwSignal::new(Lang::remembered()),
        masked: RwSignal::new(false),
        locked: RwSignal::new(lock::remembered()),
        reader: RwSignal::new(ReaderStatus::None),
        card: RwSignal::new(CardInSlot::Absent),
        programmer: RwSignal::new(ProgrammerStatus::None),
        link: RwSignal::new(Link::default()),
        page: RwSignal::new(Page::Home),
        seen: Seen::new(),
        job: RwSignal::new(None),
    };
    provide_context(desk);
    provide_context(desk.lang);
    Catalogue::provide();
    // A reload does not open a lock.
    Effect::new(move |_| lock::remember(desk.locked.get()));
    router::follow(desk.page);
    keys::listen(desk);

    let backend = Backend::new(desk);
    provide_context(StoredValue::new_local(backend.clone()));
    Printer::provide();
    let devices = Devices::start(desk);
    let jobs = Jobs::new(desk, devices.clone(), backend.clone());
    provide_context(StoredValue::new_local(jobs.clone()));
    let bench = StoredValue::new_local(Bench::new(devices.clone()));
    provide_context(bench);

    let desk_hand = StoredValue::new_local(DeskHand {
        desk,
        backend,
        jobs,
        busy: RwSignal::new(false),
        fault: RwSignal::new(None),
    });
    desk_hand.with_value(DeskHand::resume);
    let devices = StoredValue::new_local(devices);
    provide_context(devices);
    let on_reader = move |()| devices.with_value(Devices::connect);
    let signed_in = Memo::new(move |_| desk.session.with(Option::is_some));
    let open = Memo::new(move |_| desk.page.get().is_open());
    move || {
        if signed_in.get() {
            view! { <SignedIn hand=desk_hand on_reader=on_reader /> }.into_any()
        } else if open.get() {
            view! { <NotSignedIn on_reader=on_reader /> }.into_any()
        } else {
            let (busy, fault) = desk_hand.with_value(|hand| (hand.busy, hand.fault));
            let sign_in = move |form| desk_hand.with_value(|hand| hand.sign_in(form));
            view! { <SignInPage on_sign_in=sign_in busy=busy fault=fault /> }.into_any()
        }
    }
}

#[component]
fn SignedIn(
    hand: StoredValue<DeskHand, LocalStorage>,
    on_reader: impl Fn(()) + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let desk = Desk::get();
    let (busy, fault) = hand.with_value(|hand| (hand.busy, hand.fault));
    fetch_all();
    let page = move || view! { <Fetched page=desk.page.get() /> };
    view! {
        <Shell
            on_reader=on_reader
            on_sign_out=move |()| hand.with_value(DeskHand::sign_out)
            on_unlock=move |password| hand.with_value(|hand| hand.unlock(password))
            unlock_busy=busy
            unlock_fault=fault
            bench=bench()
        >
            {page}
        </Shell>
        <PrintSheet />
    }
}

/// What is there for somebody who has not signed in, beside the sign-in page.
#[component]
fn NotSignedIn(on_reader: impl Fn(()) + Copy + Send + Sync + 'static) -> impl IntoView {
    let desk = Desk::get();
    view! {
        <OpenFrame on_reader=on_reader bench=bench()>
            {move || view! { <Fetched page=desk.page.get() /> }}
        </OpenFrame>
    }
}

/// The virtual devices, in a demo instance.
fn bench() -> ViewFn {
    let status = Desk::get().status;
    let is_demo = move || status.with(|s| s.as_ref().is_some_and(|s| s.demo));
    ViewFn::from(move || view! { <Show when=is_demo>{|| view! { <BenchPanel /> }}</Show> })
}

/// Signing in and out.
struct DeskHand {
    desk: Desk,
    backend: Backend,
    jobs: Jobs,
    busy: RwSignal<bool>,
    fault: RwSignal<Option<Fault>>,
}

impl DeskHand {
    /// Asks what this instance is and whether somebody is signed in already, as after a reload.
    fn resume(&self) {
        let (desk, backend, jobs) = (self.desk, self.backend.clone(), self.jobs.clone());
        let fault = self.fault;
        spawn_local(async move {
            match backend.status().await {
                Ok(status) => desk.status.set(Some(status)),
                Err(refusal) => return fault.set(Some(refusal.into())),
            }
            if let Ok(session) = backend.session().await {
                desk.session.set(Some(session));
                jobs.hand_in_journal();
            }
        });
    }

    fn sign_in(&self, form: SignIn) {
        let (busy, fault) = (self.busy, self.fault);
        let (backend, jobs) = (self.backend.clone(), self.jobs.clone());
        busy.set(true);
        spawn_local(async move {
            let answer = backend.sign_in(&form).await;
            busy.set(false);
            fault.set(
                answer
                    .as_ref()
                    .err()
                    .map(|refusal| Fault::new(refusal.code)),
            );
            if answer.is_ok() {
                jobs.hand_in_journal();
            }
        });
    }

    /// The same operator at the same PC, with the password typed again.
    fn unlock(&self, password: String) {
        let Some(session) = self.desk.session.get_untracked() else {
            return;
        };
        self.sign_in(SignIn {
            operator: session.operator,
            password,
            terminal: Some(session.terminal),
        });
    }

    /// Nothing of a customer stays behind; a running job keeps the operator.
    fn sign_out(&self) {
        if self.desk.job.get_untracked().is_some() {
            return;
        }
        self.jobs.forget();
        // Closed until the backend has ended the session.
        self.desk.locked.set(true);
        Page::Home.open();
        let backend = self.backend.clone();
        spawn_local(async move { backend.sign_out().await });
    }
}

/// Takes away what index.html shows until the page is there.
pub fn end_opening() {
    if let Some(opening) = document().get_element_by_id("opening") {
        opening.remove();
    }
}

/// Uncovers the notice of index.html that this page has stopped.
pub fn show_crash() {
    if let Some(notice) = document().get_element_by_id("crash") {
        // There is nobody left to tell if even this fails.
        let _ = notice.remove_attribute("hidden");
    }
}

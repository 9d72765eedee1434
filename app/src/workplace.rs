//! What somebody works at: the devices, the tasks, and the frame around them. It is a piece of the page on its
//! own, fetched while whoever signs in still types.

use leptos::prelude::*;

use crate::backend::Backend;
use crate::desk::Desk;
use crate::devices::Devices;
use crate::devices::bench::Bench;
use crate::gate::Gate;
use crate::jobs::Jobs;
use crate::pages::{PageHere, fetch_all};
use crate::parts::{BenchPanel, PrintSheet};
use crate::print::Printer;
use crate::router::Page;
use crate::shell::{OpenFrame, Shell};

mod fetched;

pub use fetched::{FetchedWorkplace, Place};

/// Provides what lives as long as the page from here on: whoever signs out finds it again.
fn start() {
    let desk = Desk::get();
    Printer::provide();
    let devices = Devices::start(desk);
    let jobs = Jobs::new(desk, devices.clone(), Backend::get());
    provide_context(StoredValue::new_local(Bench::new(devices.clone())));
    provide_context(StoredValue::new_local(devices));
    provide_context(StoredValue::new_local(jobs.clone()));
    Effect::new(move |_| {
        if desk.session.with(Option::is_some) {
            jobs.hand_in_journal();
        }
    });
}

/// The workplace of whoever has signed in, or what of it is there for everybody.
#[component]
fn Workplace() -> impl IntoView {
    let desk = Desk::get();
    let signed_in = Memo::new(move |_| desk.session.with(Option::is_some));
    move || match signed_in.get() {
        true => view! { <SignedIn /> }.into_any(),
        false => view! { <NotSignedIn /> }.into_any(),
    }
}

#[component]
fn SignedIn() -> impl IntoView {
    let desk = Desk::get();
    let gate = Gate::get();
    let jobs = StoredValue::new_local(Jobs::get());
    fetch_all();
    // Nothing of a customer stays behind; a running job keeps the operator.
    let sign_out = move |()| {
        if desk.job.get_untracked().is_none() {
            jobs.with_value(Jobs::forget);
            gate.sign_out();
            Page::Home.open();
        }
    };
    view! {
        <Shell
            on_reader=connect()
            on_sign_out=sign_out
            on_unlock=move |password| gate.unlock(password)
            unlock_busy=gate.busy
            unlock_fault=gate.fault
            bench=bench()
        >
            {page_here()}
        </Shell>
        <PrintSheet />
    }
}

/// What is there for somebody who has not signed in, beside the sign-in page.
#[component]
fn NotSignedIn() -> impl IntoView {
    view! {
        <OpenFrame on_reader=connect() bench=bench()>
            {page_here()}
        </OpenFrame>
    }
}

fn page_here() -> impl IntoView {
    let desk = Desk::get();
    move || view! { <PageHere page=desk.page.get() /> }
}

/// The reader's chip: connects one, or tells about the one that is there.
fn connect() -> Callback<()> {
    let devices = StoredValue::new_local(Devices::get());
    Callback::new(move |()| devices.with_value(Devices::connect))
}

/// The virtual devices, in a demo instance.
fn bench() -> ViewFn {
    let status = Desk::get().status;
    let is_demo = move || status.with(|s| s.as_ref().is_some_and(|s| s.demo));
    ViewFn::from(move || view! { <Show when=is_demo>{|| view! { <BenchPanel /> }}</Show> })
}

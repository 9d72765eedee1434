//! The root of the page: provides what is there from the first moment, and shows sign-in or workplace.

use leptos::prelude::*;

use crate::backend::Backend;
use crate::desk::{CardInSlot, Desk, Link, ProgrammerStatus, ReaderStatus};
use crate::devices::trace::Seen;
use crate::gate::Gate;
use crate::i18n::{Catalogue, Lang};
use crate::keys;
use crate::lock;
use crate::pages::SignInPage;
use crate::router::{self, Page};
use crate::workplace::{FetchedWorkplace, Place};

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
    let gate = Gate::provide(desk, backend);
    gate.resume();
    let place = Place::prepare();
    let is_inside = Memo::new(move |_| {
        let signed_in = desk.session.with(Option::is_some);
        signed_in || desk.page.get().is_open()
    });
    move || match is_inside.get() {
        true => view! { <FetchedWorkplace place=place /> }.into_any(),
        false => {
            let sign_in = move |form| gate.sign_in(form);
            view! { <SignInPage on_sign_in=sign_in busy=gate.busy fault=gate.fault /> }.into_any()
        }
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

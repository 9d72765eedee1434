//! Name and password of a second person, typed at whoever's PC. Neither is kept.

use etc_api::Approve;
use leptos::prelude::*;

use super::Field;
use crate::i18n::text;

/// What the second person types.
#[derive(Clone, Copy)]
pub struct SecondPerson {
    operator: RwSignal<String>,
    password: RwSignal<String>,
}

impl SecondPerson {
    /// Nobody; and nobody again whenever the dialog opens or closes.
    pub fn new(open: RwSignal<bool>) -> Self {
        let person = Self {
            operator: RwSignal::default(),
            password: RwSignal::default(),
        };
        Effect::new(move |_| {
            open.track();
            person.operator.set(String::new());
            person.password.set(String::new());
        });
        person
    }

    /// Whether something is missing yet.
    pub fn is_missing(self) -> bool {
        self.operator.with(|operator| operator.trim().is_empty())
            || self.password.with(String::is_empty)
    }

    /// What was typed; the password is gone from the screen.
    pub fn take(self) -> Approve {
        let password = self.password.get_untracked();
        self.password.set(String::new());
        Approve {
            operator: self.operator.get_untracked().trim().to_owned(),
            password,
        }
    }
}

/// The two fields.
#[component]
pub fn StepUp(person: SecondPerson) -> impl IntoView {
    view! {
        <form class="step-up" on:submit=|event| event.prevent_default()>
            <p>{text(|t| t.records.cases.approve_about)}</p>
            <Field
                name="approve-operator"
                label=text(|t| t.records.cases.operator)
                value=person.operator
                focus=true
            />
            <Field
                name="approve-password"
                label=text(|t| t.records.cases.password)
                value=person.password
                password=true
                autocomplete="new-password"
            />
        </form>
    }
}

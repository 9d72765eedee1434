//! Signing in and out, as the sign-in page, the lock screen and the device bar do it.

use apdu_core::fault::Fault;
use etc_api::SignIn;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::backend::Backend;
use crate::desk::Desk;

/// Who may come in. One context, provided at the root.
#[derive(Clone, Copy)]
pub struct Gate {
    desk: Desk,
    backend: StoredValue<Backend, LocalStorage>,
    /// Whether the backend is being asked.
    pub busy: RwSignal<bool>,
    /// Why it did not let anybody in.
    pub fault: RwSignal<Option<Fault>>,
}

impl Gate {
    /// Provides the gate.
    pub fn provide(desk: Desk, backend: Backend) -> Self {
        let gate = Self {
            desk,
            backend: StoredValue::new_local(backend),
            busy: RwSignal::new(false),
            fault: RwSignal::new(None),
        };
        provide_context(gate);
        gate
    }

    /// The gate of this page.
    pub fn get() -> Self {
        expect_context()
    }

    /// Asks what this instance is and whether somebody is signed in already, as after a reload.
    pub fn resume(self) {
        let backend = self.backend.get_value();
        spawn_local(async move {
            match backend.status().await {
                Ok(status) => self.desk.status.set(Some(status)),
                Err(refusal) => return self.fault.set(Some(refusal.into())),
            }
            if let Ok(session) = backend.session().await {
                self.desk.session.set(Some(session));
            }
        });
    }

    /// Signs in.
    pub fn sign_in(self, form: SignIn) {
        let backend = self.backend.get_value();
        self.busy.set(true);
        spawn_local(async move {
            let answer = backend.sign_in(&form).await;
            self.busy.set(false);
            let refused = answer.err().map(|refusal| Fault::new(refusal.code));
            self.fault.set(refused);
        });
    }

    /// The same operator at the same PC, with the password typed again.
    pub fn unlock(self, password: String) {
        let Some(session) = self.desk.session.get_untracked() else {
            return;
        };
        self.sign_in(SignIn {
            operator: session.operator,
            password,
            terminal: Some(session.terminal),
        });
    }

    /// Signs out.
    pub fn sign_out(self) {
        // Closed until the backend has ended the session.
        self.desk.locked.set(true);
        let backend = self.backend.get_value();
        spawn_local(async move { backend.sign_out().await });
    }
}

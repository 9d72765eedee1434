//! 登录: operator, password, and the terminal number of this PC where the backend asks for it.

use apdu_core::fault::{Code, Fault};
use apdu_core::hex::Fixed;
use etc_api::SignIn;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use crate::desk::Desk;
use crate::i18n::{text, texts};
use crate::parts::Field;
use crate::router::Page;
use crate::shell::{DemoMark, GateFault, KeyDialogs, LangSwitch};

/// Sign-in of a demo instance. Public on purpose: there is nothing real behind it.
const DEMO: (&str, &str) = ("demo.teller", "demo-only-2026");

/// The sign-in page.
#[component]
pub fn SignInPage(
    /// Called with what was typed.
    #[prop(into)]
    on_sign_in: Callback<SignIn>,
    /// Whether the backend is being asked.
    #[prop(into)]
    busy: Signal<bool>,
    /// Why it did not go through.
    #[prop(into)]
    fault: Signal<Option<Fault>>,
) -> impl IntoView {
    let desk = Desk::get();
    let operator = RwSignal::new(String::new());
    let password = RwSignal::new(String::new());
    let terminal = RwSignal::new(String::new());
    let complaint = RwSignal::new(Complaint::None);
    // Once the backend has asked for it, the field stays.
    let asks_terminal = Memo::new(move |before: Option<&bool>| {
        let asked = fault.get().is_some_and(|f| f.code == Code::UnknownTerminal);
        asked || before.copied().unwrap_or(false)
    });
    let submit = move |ev: SubmitEvent| {
        ev.prevent_default();
        if busy.get_untracked() {
            return;
        }
        match typed(operator, password, terminal, asks_terminal.get_untracked()) {
            Ok(sign_in) => {
                complaint.set(Complaint::None);
                on_sign_in.run(sign_in);
            }
            Err(what) => complaint.set(what),
        }
    };
    let missing = Signal::derive(move || {
        let is_missing = complaint.get() == Complaint::Missing;
        is_missing.then(|| texts().sign_in.missing)
    });
    let wrong_terminal = Signal::derive(move || {
        let is_wrong = complaint.get() == Complaint::Terminal;
        is_wrong.then(|| texts().sign_in.terminal_wrong)
    });
    let terminal_field = move || {
        view! {
            <Field
                name="terminal"
                label=text(|t| t.sign_in.terminal)
                value=terminal
                hint=text(|t| t.sign_in.terminal_hint)
                wrong=wrong_terminal
                focus=true
            />
        }
    };
    let is_demo = move || desk.status.with(|s| s.as_ref().is_some_and(|s| s.demo));
    let fill_demo = move |_| {
        operator.set(DEMO.0.into());
        password.set(DEMO.1.into());
    };
    view! {
        <main class="gate">
            <form class="gate-card" on:submit=submit>
                <header class="gate-head">
                    <h1>{text(|t| t.shell.product)}</h1>
                    <DemoMark />
                    <LangSwitch />
                </header>
                <h2>{text(|t| t.sign_in.title)}</h2>
                <Field
                    name="operator"
                    label=text(|t| t.sign_in.operator)
                    value=operator
                    autocomplete="username"
                    focus=true
                />
                <Field
                    name="password"
                    label=text(|t| t.sign_in.password)
                    value=password
                    wrong=missing
                    password=true
                    autocomplete="current-password"
                />
                <Show when=move || asks_terminal.get()>{terminal_field}</Show>
                <GateFault fault=fault />
                <div class="actions">
                    <button type="submit" class="action main wide" disabled=move || busy.get()>
                        <span>
                            {move || {
                                let t = &texts().sign_in;
                                if busy.get() { t.busy } else { t.submit }
                            }}
                        </span>
                    </button>
                </div>
                <p class="gate-open">
                    <a href=Page::Devices.href()>{text(|t| t.devices.menu.title)}</a>
                    <a href=Page::Faults.href()>{text(|t| t.tasks.faults)}</a>
                </p>
                <Show when=is_demo>
                    <p class="gate-demo">
                        <span>{text(|t| t.sign_in.demo_hint)}</span>
                        <button type="button" class="action quiet" on:click=fill_demo>
                            {text(|t| t.sign_in.demo_fill)}
                        </button>
                    </p>
                </Show>
            </form>
        </main>
        <KeyDialogs />
    }
}

/// What is not right about the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Complaint {
    None,
    Missing,
    Terminal,
}

fn typed(
    operator: RwSignal<String>,
    password: RwSignal<String>,
    terminal: RwSignal<String>,
    asks_terminal: bool,
) -> Result<SignIn, Complaint> {
    let operator = operator.with_untracked(|typed| typed.trim().to_owned());
    let password = password.get_untracked();
    if operator.is_empty() || password.is_empty() {
        return Err(Complaint::Missing);
    }
    let parse = |typed: &String| typed.trim().parse::<Fixed<6>>();
    let terminal = match asks_terminal {
        true => Some(
            terminal
                .with_untracked(parse)
                .map_err(|_| Complaint::Terminal)?,
        ),
        false => None,
    };
    Ok(SignIn {
        operator,
        password,
        terminal,
    })
}

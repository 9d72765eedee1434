//! A labelled text field with its hint and its complaint in reserved places, so that nothing jumps.

use leptos::prelude::*;

/// A text field.
#[component]
pub fn Field(
    /// Name in the form; also its identity in the document.
    name: &'static str,
    /// What to type.
    #[prop(into)]
    label: Signal<&'static str>,
    /// What is typed.
    value: RwSignal<String>,
    /// What helps.
    #[prop(optional, into)]
    hint: Signal<Option<&'static str>>,
    /// What is not right yet.
    #[prop(optional, into)]
    wrong: Signal<Option<&'static str>>,
    /// Whether it is a password.
    #[prop(optional)]
    password: bool,
    /// What the browser may fill in: an `autocomplete` token.
    #[prop(optional)]
    autocomplete: Option<&'static str>,
    /// Whether a hand scanner may type here.
    #[prop(optional)]
    scan: bool,
    /// Which keys a touch keyboard shows.
    #[prop(optional)]
    inputmode: Option<&'static str>,
    /// Whether it has the focus when it appears.
    #[prop(optional)]
    focus: bool,
    /// Extra class, for size.
    #[prop(optional)]
    class: &'static str,
) -> impl IntoView {
    let node = NodeRef::<leptos::html::Input>::new();
    if focus {
        Effect::new(move |_| {
            if let Some(input) = node.get() {
                // It may have vanished again; then there is nothing to focus.
                let _ = input.focus();
            }
        });
    }
    let about = format!("{name}-about");
    let complaint = move || wrong.get().or_else(|| hint.get());
    view! {
        <div class=format!("field {class}") class:wrong=move || wrong.get().is_some()>
            <label for=name>{label}</label>
            <input
                id=name
                name=name
                node_ref=node
                type=if password { "password" } else { "text" }
                autocomplete=autocomplete.unwrap_or("off")
                autocapitalize="none"
                spellcheck="false"
                inputmode=inputmode
                data-scan=scan.then_some("")
                aria-describedby=about.clone()
                aria-invalid=move || wrong.get().is_some().then_some("true")
                prop:value=move || value.get()
                on:input:target=move |ev| value.set(ev.target().value())
            />
            <p id=about class="field-about" aria-live="polite">
                {complaint}
            </p>
        </div>
    }
}

//! 暂停充值: the kill switch. What is thrown, throw one, lift one.

use apdu_core::authority::Refusal;
use apdu_core::bcd::CardNumber;
use apdu_core::fault::Fault;
use etc_api::{StopLoads, SwitchScope, SwitchView};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::backend::Backend;
use crate::i18n::{Texts, moment, text, texts};
use crate::parts::{
    Action, Column, Confirm, DataTable, Dialog, FaultCard, Field, Note, Sign, SignMark, Tone,
};

/// The key indexes a card may load with.
const KEY_3DES: u8 = 0x01;
const KEY_SM4: u8 = 0x41;

/// The panel.
#[component]
pub fn Switches() -> impl IntoView {
    let task = SwitchTask {
        backend: StoredValue::new_local(Backend::get()),
        thrown: RwSignal::new(None),
        fault: RwSignal::new(None),
        busy: RwSignal::new(false),
        to_lift: RwSignal::default(),
        lifting: RwSignal::new(false),
    };
    task.look();
    let list = move || match (task.fault.get(), task.thrown.get()) {
        (Some(fault), _) => view! {
            <FaultCard
                fault=fault
                next_label=Signal::derive(|| Some(texts().money.day.look))
                on_next=move |()| task.look()
            />
        }
        .into_any(),
        (None, None) => {
            view! { <p class="quiet-text">{text(|t| t.money.day.loading)}</p> }.into_any()
        }
        (None, Some(thrown)) => view! { <Thrown task=task thrown=thrown /> }.into_any(),
    };
    view! {
        <div class="switches">
            <StopForm task=task />
            <div class="switches-list">{list}</div>
            <LiftDialog task=task />
        </div>
    }
}

#[derive(Clone, Copy)]
struct SwitchTask {
    backend: StoredValue<Backend, LocalStorage>,
    thrown: RwSignal<Option<Vec<SwitchView>>>,
    fault: RwSignal<Option<Fault>>,
    busy: RwSignal<bool>,
    /// The switch somebody wants to lift.
    to_lift: RwSignal<String>,
    /// Whether that is being asked.
    lifting: RwSignal<bool>,
}

impl SwitchTask {
    fn look(self) {
        self.change(async |_| Ok(()));
    }

    /// Changes something, then asks what is thrown.
    fn change(self, step: impl AsyncFnOnce(Backend) -> Result<(), Refusal> + 'static) {
        let backend = self.backend.get_value();
        self.fault.set(None);
        self.busy.set(true);
        spawn_local(async move {
            let answer = match step(backend.clone()).await {
                Ok(()) => backend.switches().await,
                Err(refusal) => Err(refusal),
            };
            // Where the supervisor has left, there is nobody to tell.
            match answer {
                Ok(thrown) => drop(self.thrown.try_set(Some(thrown))),
                Err(refusal) => drop(self.fault.try_set(Some(refusal.into()))),
            }
            self.busy.try_set(false);
        });
    }
}

#[component]
fn Thrown(task: SwitchTask, thrown: Vec<SwitchView>) -> impl IntoView {
    if thrown.is_empty() {
        let heading = Signal::derive(|| texts().money.switches.empty.to_owned());
        return view! { <Note tone=Tone::Good heading=heading /> }.into_any();
    }
    let table = move || {
        let t = &texts().money.switches;
        let columns = vec![
            Column::words(t.what),
            Column::words(t.why),
            Column::words(t.who),
            Column::words(t.since),
            Column::words(""),
        ];
        let rows = thrown.iter().map(|switch| row(task, switch)).collect();
        view! { <DataTable caption=t.title columns=columns rows=rows empty=t.empty /> }
    };
    table.into_any()
}

fn row(task: SwitchTask, switch: &SwitchView) -> Vec<AnyView> {
    let id = StoredValue::new(switch.id.clone());
    let reason = switch.reason.clone();
    vec![
        view! {
            <span class=format!("state {}", Tone::Bad.class())>
                <SignMark sign=Sign::Failed />
                {scope_words(&switch.scope, texts())}
            </span>
        }
        .into_any(),
        view! { <span class="wraps">{reason}</span> }.into_any(),
        switch.operator.clone().into_any(),
        moment(switch.at).into_any(),
        view! {
            <Action
                label=text(|t| t.money.switches.lift)
                on_press=move |()| {
                    task.to_lift.set(id.get_value());
                    task.lifting.set(true);
                }
            />
        }
        .into_any(),
    ]
}

/// What a switch stops, in words.
fn scope_words(scope: &SwitchScope, texts: &Texts) -> String {
    let t = &texts.money.switches;
    match scope {
        SwitchScope::Province(network) => format!("{} {network}", t.province),
        SwitchScope::Banks => t.banks.to_owned(),
        SwitchScope::Outlet(code) => format!("{} {code}", t.outlet),
        SwitchScope::Cards { first, last } => format!("{} {first} – {last}", t.cards),
        SwitchScope::KeyIndex(index) => {
            let key = match *index {
                KEY_3DES => t.key_3des.to_owned(),
                KEY_SM4 => t.key_sm4.to_owned(),
                other => format!("{} {other:02X}", t.key_other),
            };
            format!("{} {key}", t.key_index)
        }
    }
}

/// The kinds of scope, as they stand in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Province,
    Banks,
    Outlet,
    Cards,
    Key3Des,
    KeySm4,
}

impl Kind {
    const ALL: [Self; 6] = [
        Self::Outlet,
        Self::Cards,
        Self::Province,
        Self::Banks,
        Self::Key3Des,
        Self::KeySm4,
    ];

    fn value(self) -> &'static str {
        match self {
            Self::Province => "province",
            Self::Banks => "banks",
            Self::Outlet => "outlet",
            Self::Cards => "cards",
            Self::Key3Des => "key-3des",
            Self::KeySm4 => "key-sm4",
        }
    }

    fn words(self, texts: &Texts) -> String {
        let t = &texts.money.switches;
        match self {
            Self::Province => t.province.to_owned(),
            Self::Banks => t.banks.to_owned(),
            Self::Outlet => t.outlet.to_owned(),
            Self::Cards => t.cards.to_owned(),
            Self::Key3Des => format!("{} {}", t.key_index, t.key_3des),
            Self::KeySm4 => format!("{} {}", t.key_index, t.key_sm4),
        }
    }
}

/// What was typed into the form.
#[derive(Clone, Copy)]
struct Form {
    kind: RwSignal<Kind>,
    value: RwSignal<String>,
    last: RwSignal<String>,
    reason: RwSignal<String>,
}

impl Form {
    /// What was typed has done its work.
    fn clear(&self) {
        for typed in [self.value, self.last, self.reason] {
            typed.try_set(String::new());
        }
    }

    /// The question, once all of it can be right.
    fn stop(&self) -> Option<StopLoads> {
        let value = self.value.with(|value| solid(value));
        let scope = match self.kind.get() {
            Kind::Province => {
                let is_network = value.len() == 4 && value.bytes().all(|c| c.is_ascii_digit());
                is_network.then_some(SwitchScope::Province(value))?
            }
            Kind::Banks => SwitchScope::Banks,
            Kind::Outlet => (!value.is_empty()).then_some(SwitchScope::Outlet(value))?,
            Kind::Cards => {
                let first: CardNumber = value.parse().ok()?;
                let last: CardNumber = self.last.with(|last| solid(last)).parse().ok()?;
                (first <= last).then_some(SwitchScope::Cards { first, last })?
            }
            Kind::Key3Des => SwitchScope::KeyIndex(KEY_3DES),
            Kind::KeySm4 => SwitchScope::KeyIndex(KEY_SM4),
        };
        let reason = self.reason.with(|reason| reason.trim().to_owned());
        let is_reason = (4..=200).contains(&reason.chars().count());
        is_reason.then_some(StopLoads { scope, reason })
    }
}

/// Without gaps, in capitals: as codes and numbers are kept.
fn solid(typed: &str) -> String {
    let solid = typed.chars().filter(|c| !c.is_whitespace());
    solid.map(|c| c.to_ascii_uppercase()).collect()
}

#[component]
fn StopForm(task: SwitchTask) -> impl IntoView {
    let form = Form {
        kind: RwSignal::new(Kind::Outlet),
        value: RwSignal::default(),
        last: RwSignal::default(),
        reason: RwSignal::default(),
    };
    let stop = Memo::new(move |_| form.stop());
    let options = move || {
        let option = |kind: Kind| {
            let words = kind.words(texts());
            view! { <option value=kind.value()>{words}</option> }
        };
        Kind::ALL.map(option).collect_view()
    };
    let choose = move |value: String| {
        let kind = Kind::ALL.into_iter().find(|kind| kind.value() == value);
        if let Some(kind) = kind {
            form.kind.set(kind);
            form.value.set(String::new());
            form.last.set(String::new());
        }
    };
    let throw = move |()| {
        if let Some(stop) = stop.get_untracked() {
            task.change(async move |backend| {
                let thrown = backend.stop_loads(&stop).await;
                if thrown.is_ok() {
                    form.clear();
                }
                thrown
            });
        }
    };
    view! {
        <div class="stop-form">
            <p class="quiet-text">{text(|t| t.money.switches.about)}</p>
            <div class="field">
                <label for="scope">{text(|t| t.money.switches.scope)}</label>
                <select
                    id="scope"
                    prop:value=move || form.kind.get().value()
                    on:change=move |ev| choose(event_target_value(&ev))
                >
                    {options}
                </select>
            </div>
            {move || value_fields(form)}
            <Field
                name="reason"
                label=text(|t| t.money.switches.reason)
                value=form.reason
                hint=text(|t| t.money.switches.reason_hint)
            />
            <div class="actions">
                <Confirm
                    label=text(|t| t.money.switches.stop_do)
                    disabled=Signal::derive(move || task.busy.get() || stop.with(Option::is_none))
                    on_confirm=throw
                />
            </div>
        </div>
    }
}

/// The fields of the chosen scope.
fn value_fields(form: Form) -> AnyView {
    match form.kind.get() {
        Kind::Province => view! {
            <Field
                name="network"
                label=text(|t| t.money.switches.province)
                value=form.value
                hint=text(|t| t.money.switches.province_hint)
                inputmode="numeric"
            />
        }
        .into_any(),
        Kind::Outlet => view! {
            <Field
                name="outlet"
                label=text(|t| t.money.switches.outlet)
                value=form.value
                hint=text(|t| t.money.switches.outlet_hint)
            />
        }
        .into_any(),
        Kind::Cards => view! {
            <Field
                name="first-card"
                label=text(|t| t.money.switches.first)
                value=form.value
                hint=text(|t| t.money.switches.cards_hint)
                inputmode="numeric"
                scan=true
            />
            <Field
                name="last-card"
                label=text(|t| t.money.switches.last)
                value=form.last
                inputmode="numeric"
                scan=true
            />
        }
        .into_any(),
        Kind::Banks | Kind::Key3Des | Kind::KeySm4 => ().into_any(),
    }
}

/// Loads go on only after somebody has said so twice.
#[component]
fn LiftDialog(task: SwitchTask) -> impl IntoView {
    let lift = move |()| {
        let id = task.to_lift.get_untracked();
        task.change(async move |backend| backend.lift_switch(&id).await);
        task.lifting.set(false);
    };
    let which = move || {
        let id = task.to_lift.get();
        task.thrown.with(|thrown| {
            let switch = thrown.as_ref()?.iter().find(|switch| switch.id == id)?;
            Some(scope_words(&switch.scope, texts()))
        })
    };
    view! {
        <Dialog open=task.lifting title=text(|t| t.money.switches.lift_title)>
            <p>
                <strong>{which}</strong>
            </p>
            <p>{text(|t| t.money.switches.lift_about)}</p>
            <div class="actions">
                <Confirm label=text(|t| t.money.switches.lift_do) on_confirm=lift />
            </div>
        </Dialog>
    }
}

//! The applications of the ETC channel: find one by plate and colour, or choose one from the list.

use etc_api::{ApplicationLine, ApplicationQuery, ApplicationState};
use leptos::html::Tbody;
use leptos::prelude::*;

use super::JobsHandle;
use crate::i18n::{Pick, fill, minute, text, texts};
use crate::jobs::Jobs;
use crate::parts::{
    Action, ApplicationBadge, ChosenRow, FaultCard, PlateBadge, PlateEntry, PlateField, enter,
    keep_focus,
};
use crate::shell::use_help;

/// States that can be asked for; `None` for what is to be done, or all of a plate.
const FILTERS: [Option<ApplicationState>; 5] = [
    None,
    Some(ApplicationState::Open),
    Some(ApplicationState::Begun),
    Some(ApplicationState::Issued),
    Some(ApplicationState::Withdrawn),
];

/// Search and list.
#[component]
pub fn Applications(jobs: JobsHandle) -> impl IntoView {
    use_help(text(|t| t.cards.menu.help_list));
    let list = jobs.with_value(|jobs| jobs.applications);
    let query = list.with_untracked(|list| list.query.clone());
    jobs.with_value(|jobs| jobs.find_applications(query));
    view! {
        <div
            class="records applications"
            on:keydown=|event| {
                if enter(&event) {
                    event.prevent_default();
                }
            }
        >
            <Search jobs=jobs />
            <Found jobs=jobs />
        </div>
    }
}

#[component]
fn Search(jobs: JobsHandle) -> impl IntoView {
    let list = jobs.with_value(|jobs| jobs.applications);
    let query = list.with_untracked(|list| list.query.clone());
    let plate = PlateEntry::new(query.plate, query.plate_colour);
    let state = RwSignal::new(query.state);
    let from = RwSignal::new(query.from.unwrap_or_default());
    let to = RwSignal::new(query.to.unwrap_or_default());
    let busy = Signal::derive(move || list.with(|list| list.asking));
    let filters = move || ApplicationQuery {
        state: state.get_untracked(),
        from: day(from),
        to: day(to),
        ..ApplicationQuery::default()
    };
    let find = move |query| jobs.with_value(|jobs| jobs.find_applications(query));
    let go = move || {
        if untrack(|| plate.is_empty()) {
            find(filters());
        } else if let Some((plate, colour)) = plate.whole() {
            find(ApplicationQuery {
                plate: Some(plate),
                plate_colour: Some(colour),
                ..filters()
            });
        }
    };
    let option = move |filter: Option<ApplicationState>| {
        let name = move || match filter {
            None => texts().cards.list.unfinished,
            Some(state) => texts().application_state(state),
        };
        view! {
            <option value=word(filter) selected=move || state.get() == filter>
                {name}
            </option>
        }
    };
    let choose = move |event| {
        let chosen = event_target_value(&event);
        let filter = FILTERS.into_iter().find(|&filter| word(filter) == chosen);
        state.set(filter.flatten());
        go();
    };
    view! {
        <form
            class="records-find"
            on:submit=move |event| {
                event.prevent_default();
                go();
            }
        >
            <PlateField value=plate focus=true />
            <label class="field">
                <span>{text(|t| t.cards.list.filter)}</span>
                <select on:change=choose>{FILTERS.map(option).collect_view()}</select>
            </label>
            <DayField name="from" label=|t| t.cards.list.from value=from />
            <DayField name="to" label=|t| t.cards.list.to value=to />
            <div class="actions">
                <button type="submit" class="action main" disabled=move || busy.get()>
                    <span>{text(|t| t.cards.list.search)}</span>
                    <kbd>"⏎"</kbd>
                </button>
                <Show when=move || !plate.is_empty()>
                    <Action
                        label=text(|t| t.cards.list.all_plates)
                        on_press=move |()| {
                            plate.clear();
                            go();
                        }
                    />
                </Show>
            </div>
        </form>
    }
}

/// A day of the calendar, as the browser lets it be chosen.
#[component]
fn DayField(name: &'static str, label: Pick, value: RwSignal<String>) -> impl IntoView {
    view! {
        <label class="field">
            <span>{text(label)}</span>
            <input
                type="date"
                name=name
                prop:value=move || value.get()
                on:change:target=move |ev| value.set(ev.target().value())
            />
        </label>
    }
}

fn day(typed: RwSignal<String>) -> Option<String> {
    Some(typed.get_untracked()).filter(|day| !day.is_empty())
}

fn word(filter: Option<ApplicationState>) -> &'static str {
    match filter {
        None => "unfinished",
        Some(ApplicationState::Open) => "open",
        Some(ApplicationState::Begun) => "begun",
        Some(ApplicationState::Issued) => "issued",
        Some(ApplicationState::Withdrawn) => "withdrawn",
    }
}

/// What was found, or why nothing was.
#[component]
fn Found(jobs: JobsHandle) -> impl IntoView {
    let list = jobs.with_value(|jobs| jobs.applications);
    let shown = Memo::new(move |_| list.with(|list| (list.fault, list.page.clone())));
    move || match shown.get() {
        (Some(fault), _) => {
            let again = Signal::derive(|| Some(texts().cards.list.search));
            let query = list.with_untracked(|list| list.query.clone());
            let find = move |()| {
                let query = query.clone();
                jobs.with_value(|jobs| jobs.find_applications(query));
            };
            view! { <FaultCard fault=fault next_label=again on_next=find /> }.into_any()
        }
        (None, None) => {
            view! { <p class="empty">{text(|t| t.cards.list.first_use)}</p> }.into_any()
        }
        (None, Some(page)) if page.lines.is_empty() => {
            let of_plate = list.with_untracked(|list| list.query.plate.is_some());
            let about: Pick = match of_plate {
                true => |t| t.cards.list.none_of_plate,
                false => |t| t.cards.list.none,
            };
            view! { <p class="empty records-empty">{text(about)}</p> }.into_any()
        }
        (None, Some(page)) => {
            view! { <Table jobs=jobs lines=page.lines next=page.next /> }.into_any()
        }
    }
}

#[component]
fn Table(jobs: JobsHandle, lines: Vec<ApplicationLine>, next: Option<String>) -> impl IntoView {
    let list = jobs.with_value(|jobs| jobs.applications);
    let body = NodeRef::<Tbody>::new();
    let at = RwSignal::new(0);
    keep_focus(body, at, || ());
    let asking = Signal::derive(move || list.with(|list| list.asking));
    let is_later = list.with_untracked(|list| list.query.after.is_some());
    let turn = move |after: Option<String>| {
        let query = list.with_untracked(|list| list.query.clone());
        jobs.with_value(|jobs| jobs.find_applications(ApplicationQuery { after, ..query }));
    };
    let rows = lines.into_iter().enumerate();
    let rows = rows.map(|(i, line)| view! { <Row jobs=jobs line=line i=i at=at /> });
    view! {
        <div class="records-list">
            <table class="choose">
                <caption>
                    {text(|t| t.cards.list.caption)} " "
                    <small class="quiet-text">{text(|t| t.cards.list.keys)}</small>
                </caption>
                <thead>
                    <tr>
                        <th scope="col">{text(|t| t.cards.list.state)}</th>
                        <th scope="col">{text(|t| t.cards.list.plate)}</th>
                        <th scope="col">{text(|t| t.cards.list.vehicle)}</th>
                        <th scope="col">{text(|t| t.cards.list.card_type)}</th>
                        <th scope="col">{text(|t| t.cards.list.name)}</th>
                        <th scope="col">{text(|t| t.cards.list.bank)}</th>
                        <th scope="col">{text(|t| t.cards.list.time)}</th>
                    </tr>
                </thead>
                <tbody node_ref=body>{rows.collect_view()}</tbody>
            </table>
            <div class="actions">
                {is_later
                    .then(|| {
                        view! {
                            <Action
                                label=text(|t| t.cards.list.first)
                                disabled=asking
                                on_press=move |()| turn(None)
                            />
                        }
                    })}
                {next
                    .map(|next| {
                        view! {
                            <Action
                                label=text(|t| t.cards.list.more)
                                disabled=asking
                                on_press=move |()| turn(Some(next.clone()))
                            />
                        }
                    })}
            </div>
        </div>
    }
}

#[component]
fn Row(jobs: JobsHandle, line: ApplicationLine, i: usize, at: RwSignal<usize>) -> impl IntoView {
    let ApplicationLine {
        id,
        state,
        plate,
        plate_colour,
        vehicle_class,
        card_type,
        name,
        bank,
        at: handed_in,
        locked_by,
    } = line;
    let open = move |()| {
        let id = id.clone();
        jobs.with_value(|jobs: &Jobs| jobs.open_application(id));
    };
    let locked = locked_by.map(|who| {
        view! {
            <small class="mark">{move || fill(texts().cards.list.locked_by, who.clone())}</small>
        }
    });
    view! {
        <ChosenRow i=i at=at on_open=open>
            <td>
                <ApplicationBadge state=state /> {locked}
            </td>
            <td>
                <PlateBadge plate=plate colour=plate_colour />
            </td>
            <td>{move || texts().vehicle_class(vehicle_class)}</td>
            <td>{move || texts().card_type(card_type)}</td>
            <td>{name}</td>
            <td>{move || texts().bank(bank)}</td>
            <td>{minute(handed_in)}</td>
        </ChosenRow>
    }
}

//! 标签检测: a plain verdict first, the data below.

use apdu_core::authority::{TagField, TagSighted};
use apdu_core::fault::{Code, Fault};
use apdu_core::flow::{CheckedTag, CheckedVehicle, Step};
use apdu_core::hex::encode;
use apdu_core::obu::{Body, Contract, RemovalFlag, Unit, VehicleInformation};
use leptos::prelude::*;

use crate::desk::{Desk, ProgrammerStatus};
use crate::gbk;
use crate::i18n::{sentence, text, texts};
use crate::jobs::{CheckTagTask, Jobs};
use crate::parts::{
    Action, CardBadge, DataList, DataRow, FaultCard, Note, PlateBadge, ProfileChoice,
    ProgrammerHint, RailState, RailStep, StepRail, Tone, Weight, grouped,
};
use crate::router::Page;

/// The page of 标签检测.
#[component]
pub fn CheckTag() -> impl IntoView {
    let jobs = StoredValue::new_local(Jobs::get());
    let task = jobs.with_value(|jobs| jobs.check_tag);
    let read = move || jobs.with_value(Jobs::check_tag);
    let steps = Signal::derive(move || task.with(rail));
    let content = move || {
        let outcome = task.with(|task| (task.step.is_some(), task.outcome.clone()));
        match outcome {
            (true, _) => view! { <p class="quiet">{text(|t| t.tags.page.reading)}</p> }.into_any(),
            (false, None) => view! { <PutTag on_read=read /> }.into_any(),
            (false, Some(Err(fault))) => view! { <Failed fault=fault on_read=read /> }.into_any(),
            (false, Some(Ok(tag))) => view! { <Checked tag=tag on_read=read /> }.into_any(),
        }
    };
    view! {
        <section class="task">
            <StepRail steps=steps />
            <div class="work">{content}</div>
        </section>
    }
}

/// What to do before a tag is read: connect the programmer, lay the tag on it.
#[component]
fn PutTag(on_read: impl Fn() + Copy + Send + Sync + 'static) -> impl IntoView {
    let desk = Desk::get();
    move || match desk.programmer.get() {
        ProgrammerStatus::Ready { .. } => view! {
            <div class="put-card put-tag">
                <p>{text(|t| t.tags.page.put_tag)}</p>
                <div class="actions">
                    <Action
                        label=text(|t| t.tags.page.read)
                        weight=Weight::Main
                        focus=true
                        on_press=move |()| on_read()
                    />
                    <ProfileChoice />
                </div>
            </div>
        }
        .into_any(),
        _ => view! { <ProgrammerHint /> }.into_any(),
    }
}

/// The reading broke off. Without a programmer that is to be connected first.
#[component]
fn Failed(fault: Fault, on_read: impl Fn() + Copy + Send + Sync + 'static) -> impl IntoView {
    let desk = Desk::get();
    let ready = Memo::new(move |_| matches!(desk.programmer.get(), ProgrammerStatus::Ready { .. }));
    let label = Signal::derive(|| Some(texts().tags.page.read_again));
    move || match ready.get() {
        true => view! { <FaultCard fault=fault next_label=label on_next=move |()| on_read() /> }
            .into_any(),
        false => view! { <ProgrammerHint /> }.into_any(),
    }
}

/// The rail of a reading: read, ask, open.
fn rail(task: &CheckTagTask) -> Vec<RailStep> {
    let t = texts();
    let tag = task.outcome.as_ref();
    let at = |step: Option<Step>| match step {
        None => 3,
        Some(Step::AskRecords) => 1,
        Some(Step::ReadVehicle) => 2,
        Some(_) => 0,
    };
    let running = at(task.step);
    let ended = |place: usize| match (place, tag) {
        (0, None) => RailState::Active,
        (_, None) => RailState::Todo,
        (0, Some(Ok(_))) => RailState::Done,
        (0, Some(Err(_))) => RailState::Failed,
        (1, Some(Ok(tag))) if tag.records.is_ok() => RailState::Done,
        (2, Some(Ok(tag))) if tag.vehicle.is_ok() => RailState::Done,
        (1, Some(Ok(_))) => RailState::Failed,
        (_, Some(Ok(tag))) if tag.records.is_ok() => RailState::Failed,
        _ => RailState::Todo,
    };
    let labels = [t.tags.page.call, t.steps.ask_records, t.tags.page.vehicle];
    let step = |(place, label)| {
        let state = match task.step {
            None => ended(place),
            Some(_) if place < running => RailState::Done,
            Some(_) if place == running => RailState::Active,
            Some(_) => RailState::Todo,
        };
        RailStep {
            label,
            state,
            elapsed_ms: task.elapsed.filter(|_| place == 0),
            note: task
                .step
                .filter(|_| place == running)
                .map(|step| t.waiting(step)),
        }
    };
    labels.into_iter().enumerate().map(step).collect()
}

#[component]
fn Checked(tag: CheckedTag, on_read: impl Fn() + Copy + Send + Sync + 'static) -> impl IntoView {
    let again = text(|t| t.tags.page.read_again);
    let verdict = tag.verdict();
    let vehicle = tag.vehicle.clone().ok();
    view! {
        <Verdict verdict=verdict />
        <Subject vehicle=vehicle />
        <TagData tag=tag />
        <div class="actions">
            <Action label=again focus=true on_press=move |()| on_read() />
        </div>
    }
}

#[component]
fn Verdict(verdict: Result<(), Fault>) -> impl IntoView {
    let Err(fault) = verdict else {
        let heading = Signal::derive(|| texts().tags.page.good.to_owned());
        return view! {
            <Note tone=Tone::Good heading=heading verdict=true>
                <p>{text(|t| t.tags.page.good_about)}</p>
            </Note>
        }
        .into_any();
    };
    let not_asked = matches!(fault.code, Code::Unreachable | Code::BackendFailed);
    let tone = if not_asked { Tone::Unknown } else { Tone::Bad };
    let heading = Signal::derive(move || {
        let t = &texts().tags.page;
        let start = if not_asked { t.no_records } else { t.bad };
        match fault.sw {
            Some(sw) => format!("{start} · {} · {sw}", fault.code),
            None => format!("{start} · {}", fault.code),
        }
    });
    view! {
        <Note tone=tone heading=heading verdict=true>
            <p>
                {sentence(fault.code, |e| e.cause)} " "
                {sentence(fault.code, |e| e.next)} " "
                <a href=Page::Fault(fault.code).href()>{text(|t| t.faults.more)}</a>
            </p>
        </Note>
    }
    .into_any()
}

/// The plate, where there is one.
#[component]
fn Subject(vehicle: Option<CheckedVehicle>) -> impl IntoView {
    let information = vehicle.map(|vehicle| vehicle.information);
    let plate = information
        .as_ref()
        .map(|one| gbk::decode(one.plate_text()));
    let colour = information.map(|one| one.plate_colour);
    plate.filter(|plate| !plate.is_empty()).map(|plate| {
        view! {
            <div class="subject">
                <PlateBadge plate=plate colour=small(colour.unwrap_or_default()) />
            </div>
        }
    })
}

/// A code whose list ends far below 255.
fn small(code: u16) -> u8 {
    u8::try_from(code).unwrap_or(u8::MAX)
}

#[component]
fn TagData(tag: CheckedTag) -> impl IntoView {
    let contract = tag.system.contract;
    let removal = tag.system.removal;
    let status = tag.tag.status;
    let differing: Vec<_> = tag.differences().cloned().collect();
    let record = move |field| {
        let differs = differing.iter().find(|one| one.field == field)?;
        Some(texts().tag_value(field, &differs.record))
    };
    let rest = [TagField::RestOfSystem, TagField::RestOfVehicle].map(|field| {
        let differs = tag.differences().find(|one| one.field == field)?.clone();
        let label = move || texts().tag_field(field);
        let held = move || texts().tag_value(field, &differs.tag);
        Some(view! {
            <DataRow label=Signal::derive(label) record=record(field)>
                {held}
            </DataRow>
        })
    });
    let records = tag.records.as_ref().ok().cloned();
    let agrees = records.as_ref().map(|_| tag.differences().next().is_none());
    let validity = record(TagField::Signed).or_else(|| record(TagField::Expiry));
    let vehicle = match tag.vehicle {
        Ok(vehicle) => {
            let (plate, colour, class) = (
                record(TagField::Plate),
                record(TagField::PlateColour),
                record(TagField::VehicleClass),
            );
            view! { <Vehicle vehicle=vehicle plate=plate colour=colour class=class /> }.into_any()
        }
        Err(fault) => view! {
            <DataRow label=text(|t| t.tags.page.closed)>{fault.code.as_str()}</DataRow>
        }
        .into_any(),
    };
    view! {
        <DataList>
            <DataRow label=text(|t| t.tags.page.serial)>
                <span>{grouped(&contract.serial.to_string())}</span>
            </DataRow>
            {records.clone().map(|records| {
                view! {
                    <DataRow label=text(|t| t.tags.page.sn)>
                        <span>{grouped(&records.sn)}</span>
                    </DataRow>
                }
            })}
            <DataRow label=text(|t| t.tags.page.validity) record=validity>
                {move || dates(&contract)}
            </DataRow>
            <DataRow label=text(|t| t.tags.page.removal)>{move || flag(removal)}</DataRow>
            {vehicle}
            <DataRow label=text(|t| t.tags.page.issuer) record=record(TagField::Issuer)>
                {encode(&contract.issuer)}
            </DataRow>
            <DataRow label=text(|t| t.tags.page.version) record=record(TagField::Version)>
                {format!("{:02X}", contract.version)}
            </DataRow>
            {rest}
            {records.map(|records| view! { <InRecords records=records agrees=agrees /> })}
            {status
                .filter(|status| status.is_tampered() || status.battery_is_low())
                .map(|status| {
                    let say = move || {
                        let t = &texts().tags.page;
                        if status.is_tampered() { t.tampered } else { t.battery_low }
                    };
                    view! { <DataRow label=text(|t| t.tags.device.short)>{say}</DataRow> }
                })}
        </DataList>
    }
}

/// What the records say of the tag as a whole.
#[component]
fn InRecords(records: TagSighted, agrees: Option<bool>) -> impl IntoView {
    let issued = records.issued;
    let say = move || {
        let t = &texts().tags.page;
        match (agrees, issued) {
            (Some(false), _) => t.differs,
            (_, false) => t.not_issued,
            _ => t.agrees,
        }
    };
    view! {
        <DataRow label=text(|t| t.tags.page.status)>
            <CardBadge status=records.status />
        </DataRow>
        <DataRow label=text(|t| t.tags.page.in_records)>{say}</DataRow>
    }
}

#[component]
fn Vehicle(
    vehicle: CheckedVehicle,
    plate: Option<String>,
    colour: Option<String>,
    class: Option<String>,
) -> impl IntoView {
    let CheckedVehicle {
        information,
        truck_unit,
        is_present,
        ..
    } = vehicle;
    let read = gbk::decode(information.plate_text());
    let is_blank = read.is_empty();
    let differs = plate.is_some();
    let number = (is_blank || differs).then(|| {
        let say = move || match is_blank {
            true => texts().tags.page.blank.to_owned(),
            false => read.clone(),
        };
        view! { <DataRow label=text(|t| t.check.plate) record=plate>{say}</DataRow> }
    });
    let rest = (!is_blank).then(|| {
        let (colour_code, class_code) = (small(information.plate_colour), information.class);
        view! {
            <DataRow label=text(|t| t.tags.page.plate_colour) record=colour>
                {move || texts().plate_colour(colour_code)}
            </DataRow>
            <DataRow label=text(|t| t.tags.page.class) record=class>
                {move || texts().vehicle_class(class_code)}
            </DataRow>
            <DataRow label=text(|t| t.tags.page.measures)>{move || measures(&information, truck_unit)}</DataRow>
            <Load body=information.body />
        }
    });
    let old = (!is_present).then(|| {
        view! {
            <DataRow label=text(|t| t.tags.page.vehicle)>
                {text(|t| t.tags.page.not_present)}
            </DataRow>
        }
    });
    view! {
        {number}
        {rest}
        {old}
    }
}

/// What the vehicle carries, by the layout of its class.
#[component]
fn Load(body: Body) -> impl IntoView {
    match body {
        Body::Coach(coach) => view! {
            <DataRow label=text(|t| t.tags.page.seats_or_load)>{coach.seats_or_load}</DataRow>
        }
        .into_any(),
        Body::Truck(truck) => {
            let kg = |mass: u32| {
                move || match mass {
                    0xFF_FFFF => "–".to_owned(),
                    mass => format!("{mass} {}", texts().tags.page.kg),
                }
            };
            view! {
                <DataRow label=text(|t| t.tags.page.load)>{kg(truck.permitted_load)}</DataRow>
                <DataRow label=text(|t| t.tags.page.mass)>{kg(truck.gross_mass)}</DataRow>
                <DataRow label=text(|t| t.tags.page.seats)>{truck.seats}</DataRow>
            }
            .into_any()
        }
    }
}

fn measures(information: &VehicleInformation, truck_unit: Unit) -> String {
    let [length, width, height] = information.measures_mm(truck_unit);
    let unit = texts().tags.page.mm;
    format!("{length} × {width} × {height} {unit}")
}

fn dates(contract: &Contract) -> String {
    match contract.expiry.0 {
        [0, 0, 0, 0] => texts().tags.page.never.to_owned(),
        _ => format!("{} – {}", contract.signed, contract.expiry),
    }
}

fn flag(removal: RemovalFlag) -> String {
    let t = &texts().tags.page;
    match removal {
        RemovalFlag::Installed => t.installed.to_owned(),
        RemovalFlag::Removed => t.removed.to_owned(),
        RemovalFlag::Other(other) => format!("{other:02X} {}", t.other_flag),
    }
}

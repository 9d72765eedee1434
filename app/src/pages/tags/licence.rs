//! The vehicle of a card that was issued elsewhere, typed from its licence 行驶证: a tag is written with it.

use etc_api::{LicensedBody, LicensedVehicle};
use leptos::prelude::*;

use super::JobsHandle;
use crate::i18n::{Pick, text, texts};
use crate::parts::{Action, Field, Note, Tone, Weight};

/// First class of trucks and special vehicles, reference §7.2.
const FIRST_TRUCK: u8 = 11;

/// The fields that its class has.
#[component]
pub fn Licence(
    jobs: JobsHandle,
    /// Vehicle class 车型.
    class: u8,
) -> impl IntoView {
    let form = Form::default();
    let is_truck = class >= FIRST_TRUCK;
    let whole = Memo::new(move |_| form.vehicle(is_truck));
    let save = move |()| {
        if let Some(vehicle) = whole.get_untracked() {
            jobs.with_value(|jobs| jobs.add_vehicle(vehicle));
        }
    };
    let heading = Signal::derive(|| texts().cards.take_in.vehicle.to_owned());
    let of_its_kind = match is_truck {
        true => view! {
            <Number name="permitted-load" label=|t| t.cards.take_in.permitted_load value=form.load />
            <Number name="curb-mass" label=|t| t.cards.take_in.curb_mass value=form.curb />
            <Number name="gross-mass" label=|t| t.cards.take_in.gross_mass value=form.gross />
            <Word name="vin" label=|t| t.cards.take_in.vin value=form.mark />
        }
        .into_any(),
        false => view! {
            <Number name="wheels" label=|t| t.cards.take_in.wheels value=form.wheels />
            <Number name="axles" label=|t| t.cards.take_in.axles value=form.axles />
            <Number name="wheelbase" label=|t| t.cards.take_in.wheelbase value=form.wheelbase />
            <Word name="engine" label=|t| t.cards.take_in.engine value=form.mark />
        }
        .into_any(),
    };
    view! {
        <form class="licence" on:submit=|ev| ev.prevent_default()>
            <Note tone=Tone::Note heading=heading>
                <p>{text(|t| t.cards.take_in.vehicle_about)}</p>
            </Note>
            <div class="licence-fields">
                <Number name="length" label=|t| t.cards.take_in.length value=form.length />
                <Number name="width" label=|t| t.cards.take_in.width value=form.width />
                <Number name="height" label=|t| t.cards.take_in.height value=form.height />
                <Number name="seats" label=|t| t.cards.take_in.seats value=form.seats />
                {of_its_kind}
            </div>
            <div class="actions">
                <Action
                    label=text(|t| t.cards.take_in.save)
                    weight=Weight::Main
                    disabled=Signal::derive(move || whole.with(Option::is_none))
                    on_press=save
                />
            </div>
        </form>
    }
}

#[component]
fn Number(name: &'static str, label: Pick, value: RwSignal<String>) -> impl IntoView {
    let wrong = Signal::derive(move || {
        let bad = value.with(|typed| !typed.trim().is_empty() && number(typed).is_none());
        bad.then(|| texts().cards.take_in.wrong)
    });
    view! { <Field name=name label=text(label) value=value wrong=wrong inputmode="numeric" /> }
}

#[component]
fn Word(name: &'static str, label: Pick, value: RwSignal<String>) -> impl IntoView {
    view! { <Field name=name label=text(label) value=value scan=true /> }
}

/// What is typed.
#[derive(Clone, Copy, Default)]
struct Form {
    length: RwSignal<String>,
    width: RwSignal<String>,
    height: RwSignal<String>,
    seats: RwSignal<String>,
    wheels: RwSignal<String>,
    axles: RwSignal<String>,
    wheelbase: RwSignal<String>,
    load: RwSignal<String>,
    curb: RwSignal<String>,
    gross: RwSignal<String>,
    /// Engine number, or VIN.
    mark: RwSignal<String>,
}

impl Form {
    /// The vehicle, once all is there; whether it fits its class, the backend says.
    fn vehicle(self, is_truck: bool) -> Option<LicensedVehicle> {
        let read = |value: RwSignal<String>| value.with(|typed| number(typed));
        let small = |value| u8::try_from(read(value)?).ok();
        let mark = self.mark.with(|typed| typed.trim().to_ascii_uppercase());
        if mark.is_empty() {
            return None;
        }
        let gross = self.gross.with(|typed| match typed.trim() {
            "" => Some(None),
            mass => number(mass).map(Some),
        });
        let body = match is_truck {
            true => LicensedBody::Truck {
                permitted_load: read(self.load)?,
                curb_mass: read(self.curb)?,
                gross_mass: gross?,
                vin: mark,
            },
            false => LicensedBody::Coach {
                wheels: small(self.wheels)?,
                axles: small(self.axles)?,
                wheelbase: read(self.wheelbase)?,
                engine: mark,
            },
        };
        Some(LicensedVehicle {
            length: read(self.length)?,
            width: read(self.width)?,
            height: read(self.height)?,
            seats: small(self.seats)?,
            body,
        })
    }
}

fn number(typed: &str) -> Option<u32> {
    typed.trim().parse().ok()
}

//! 卡片激活: a card whose validity has not begun, or is over, gets a new one.

use leptos::prelude::*;

use super::{Broken, JobsHandle, Scene, Working, rail};
use crate::gbk;
use crate::i18n::{Pick, text, texts};
use crate::jobs::Jobs;
use crate::pages::check_card::PutCard;
use crate::parts::{
    Action, CardNo, Confirm, DataList, DataRow, Note, PlateBadge, StepRail, Tone, Weight,
};
use crate::router::Page;
use crate::shell::use_help;

const STAGES: [Pick; 2] = [|t| t.cards.activate.read, |t| t.cards.activate.go];
const ACTIVATE: usize = 1;

/// The page of 卡片激活; 卡片检测 leads here.
#[component]
pub fn ActivateCard() -> impl IntoView {
    use_help(text(|t| t.cards.menu.help_activate));
    let jobs = StoredValue::new_local(Jobs::get());
    let job = jobs.with_value(|jobs| jobs.activate_card);
    let steps = Signal::derive(move || job.with(|job| rail(&STAGES, &job.course)));
    let scene = Memo::new(move |_| job.with(|job| Scene::of(&job.course)));
    let read = move || jobs.with_value(Jobs::read_card_to_activate);
    view! {
        <section class="task">
            <StepRail steps=steps />
            <div class="work">
                <Subject jobs=jobs />
                {move || match scene.get() {
                    Scene::Broken(fault) => {
                        let go = move |()| read();
                        view! { <Broken fault=fault again=|t| t.cards.issue.from_card on_again=go /> }
                            .into_any()
                    }
                    Scene::Running => {
                        view! { <Working do_not_move=|t| t.cards.issue.do_not_move /> }.into_any()
                    }
                    Scene::Stage(0) => view! { <PutCard on_read=read /> }.into_any(),
                    Scene::Stage(ACTIVATE) => view! { <Press jobs=jobs /> }.into_any(),
                    Scene::Stage(_) => view! { <Activated jobs=jobs /> }.into_any(),
                }}
            </div>
        </section>
    }
}

/// The card that was read.
#[component]
fn Subject(jobs: JobsHandle) -> impl IntoView {
    let job = jobs.with_value(|jobs| jobs.activate_card);
    let issue = Memo::new(move |_| job.with(|job| Some(job.card.as_ref()?.issue)));
    move || {
        issue.get().map(|issue| {
            view! {
                <div class="subject">
                    <PlateBadge
                        plate=gbk::decode(issue.plate_text())
                        colour=issue.plate_colour
                    />
                    <div class="subject-facts">
                        <p>
                            {move || texts().card_type(issue.card_type)} " · "
                            {move || texts().vehicle_class(issue.vehicle_class)}
                        </p>
                        <p>
                            {text(|t| t.check.card_number)} " " <CardNo number=issue.number />
                        </p>
                    </div>
                </div>
                <DataList>
                    <DataRow label=text(|t| t.cards.activate.now_valid)>
                        {format!("{} – {}", issue.start, issue.expiry)}
                    </DataRow>
                </DataList>
            }
        })
    }
}

#[component]
fn Press(jobs: JobsHandle) -> impl IntoView {
    let heading = Signal::derive(|| texts().cards.activate.press.to_owned());
    view! {
        <Note tone=Tone::Note heading=heading verdict=true>
            <p>{text(|t| t.cards.activate.press_about)}</p>
        </Note>
        <div class="actions">
            <Action
                label=text(|t| t.cards.issue.from_card)
                on_press=move |()| jobs.with_value(Jobs::read_card_to_activate)
            />
            <Confirm
                label=text(|t| t.tags.write.activate)
                on_confirm=move |()| jobs.with_value(Jobs::activate_card)
            />
        </div>
    }
}

#[component]
fn Activated(jobs: JobsHandle) -> impl IntoView {
    let job = jobs.with_value(|jobs| jobs.activate_card);
    let done = job.with_untracked(|job| job.done.clone());
    let written = done.as_ref().is_some_and(|done| done.written);
    let heading = Signal::derive(move || {
        let t = &texts().cards.activate;
        if written { t.activated } else { t.already }.to_owned()
    });
    let about: Pick = match written {
        true => |t| t.cards.activate.activated_about,
        false => |t| t.cards.activate.already_about,
    };
    let check = move |()| {
        jobs.with_value(Jobs::check_card);
        Page::CheckCard.open();
    };
    view! {
        <Note tone=Tone::Good heading=heading verdict=true>
            <p>{text(about)}</p>
        </Note>
        <DataList>
            {done
                .map(|done| {
                    let [start, expiry] = done.told.validity;
                    view! {
                        <DataRow label=text(|t| t.cards.activate.to)>
                            {format!("{start} – {expiry}")}
                        </DataRow>
                    }
                })}
        </DataList>
        <div class="actions">
            <Action
                label=text(|t| t.cards.issue.check)
                weight=Weight::Main
                focus=true
                on_press=check
            />
        </div>
    }
}

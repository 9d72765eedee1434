//! 标签注销: a tag whose data are wrong, or that nobody wants any more, so that it can be issued again.

use apdu_core::authority::CancelReason;
use apdu_core::flow::CheckedTag;
use leptos::prelude::*;

use super::{AskForTag, Broken, Done, JobsHandle, Scene, WithProgrammer, Working, rail};
use crate::gbk;
use crate::i18n::{Pick, text, texts};
use crate::jobs::Jobs;
use crate::parts::{
    Action, CardBadge, Confirm, DataList, DataRow, PlateBadge, StepRail, Weight, grouped,
};
use crate::router::Page;
use crate::shell::use_help;

const STAGES: [Pick; 2] = [|t| t.tags.page.call, |t| t.tags.write.cancel];
const CANCEL: usize = 1;

/// The page of 标签注销.
#[component]
pub fn CancelTag() -> impl IntoView {
    let jobs = StoredValue::new_local(Jobs::get());
    let job = jobs.with_value(|jobs| jobs.cancel_tag);
    let steps = Signal::derive(move || job.with(|job| rail(&STAGES, &job.course)));
    let scene = Memo::new(move |_| job.with(|job| Scene::of(&job.course)));
    let read = move || jobs.with_value(Jobs::read_tag_to_cancel);
    view! {
        <section class="task">
            <StepRail steps=steps />
            <div class="work">
                {move || match scene.get() {
                    Scene::Broken(fault) => {
                        let go = move |()| read();
                        view! { <Broken job=job fault=fault again=|t| t.tags.page.read_again on_again=go /> }
                            .into_any()
                    }
                    Scene::Running => view! { <Working do_not_move=|t| t.tags.write.do_not_move /> }.into_any(),
                    Scene::Stage(0) => {
                        view! {
                            <WithProgrammer>
                                <AskForTag
                                    place=|t| t.tags.page.put_tag
                                    help=|t| t.tags.write.help_cancel
                                    on_read=move |()| read()
                                />
                            </WithProgrammer>
                        }
                            .into_any()
                    }
                    Scene::Stage(CANCEL) => {
                        view! { <Reason jobs=jobs on_back=move |()| read() /> }.into_any()
                    }
                    Scene::Stage(_) => view! { <Cancelled jobs=jobs /> }.into_any(),
                }}
            </div>
        </section>
    }
}

/// What is cancelled, and why.
#[component]
fn Reason(jobs: JobsHandle, #[prop(into)] on_back: Callback<()>) -> impl IntoView {
    use_help(text(|t| t.tags.write.help_cancel));
    let job = jobs.with_value(|jobs| jobs.cancel_tag);
    let checked = job.with_untracked(|job| job.checked.clone());
    let reason = RwSignal::new(None);
    let radio = move |of: CancelReason| {
        view! {
            <label class="means-choice">
                <input
                    type="radio"
                    name="cancel-reason"
                    prop:checked=move || reason.get() == Some(of)
                    on:change=move |_| reason.set(Some(of))
                />
                <span>{move || texts().cancel_reason(of)}</span>
            </label>
        }
    };
    let cancel = move |()| {
        if let Some(reason) = reason.get_untracked() {
            jobs.with_value(|jobs| jobs.cancel_tag(reason));
        }
    };
    view! {
        {checked.map(|tag| view! { <Subject tag=tag /> })}
        <p id="cancel-reason">
            <strong>{text(|t| t.tags.write.reason)}</strong>
        </p>
        <div class="means" role="radiogroup" aria-labelledby="cancel-reason">
            {CancelReason::ALL.map(radio).collect_view()}
        </div>
        <p class="quiet-text">{text(|t| t.tags.write.cancel_what)}</p>
        <div class="actions">
            <Action label=text(|t| t.tags.page.read_again) on_press=on_back />
            <Confirm
                label=text(|t| t.tags.write.cancel)
                disabled=Signal::derive(move || reason.get().is_none())
                on_confirm=cancel
            />
        </div>
    }
}

#[component]
fn Subject(tag: CheckedTag) -> impl IntoView {
    let serial = tag.system.contract.serial.to_string();
    let records = tag.records.ok();
    let vehicle = tag.vehicle.ok().map(|vehicle| vehicle.information);
    let plate = vehicle
        .map(|vehicle| (gbk::decode(vehicle.plate_text()), vehicle.plate_colour))
        .filter(|(plate, _)| !plate.is_empty());
    view! {
        <div class="subject">
            {plate
                .map(|(plate, colour)| {
                    let colour = u8::try_from(colour).unwrap_or(u8::MAX);
                    view! { <PlateBadge plate=plate colour=colour /> }
                })}
        </div>
        <DataList>
            <DataRow label=text(|t| t.tags.page.serial)>{grouped(&serial)}</DataRow>
            {records
                .map(|records| {
                    view! {
                        <DataRow label=text(|t| t.tags.page.sn)>{grouped(&records.sn)}</DataRow>
                        <DataRow label=text(|t| t.tags.page.status)>
                            <CardBadge status=records.status />
                        </DataRow>
                    }
                })}
        </DataList>
    }
}

#[component]
fn Cancelled(jobs: JobsHandle) -> impl IntoView {
    let job = jobs.with_value(|jobs| jobs.cancel_tag);
    let next = move |()| jobs.with_value(Jobs::read_tag_to_cancel);
    view! {
        <Done job=job heading=|t| t.tags.write.cancelled about=|t| t.tags.write.cancelled_about>
            <Action label=text(|t| t.tags.page.read) on_press=next />
            <Action
                label=text(|t| t.tags.write.issue_title)
                weight=Weight::Main
                focus=true
                on_press=|()| Page::IssueTag.open()
            />
        </Done>
    }
}

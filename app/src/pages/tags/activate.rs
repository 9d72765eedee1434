//! 标签激活, at the car: card, tag, the light of this very tag, and only then the write.

use leptos::prelude::*;

use super::{
    AskForTag, Broken, CardSubject, Done, JobsHandle, Scene, WithProgrammer, Working, rail,
};
use crate::i18n::{Pick, text, texts};
use crate::jobs::Jobs;
use crate::pages::check_card::PutCard;
use crate::parts::{Action, Comparison, Confirm, Note, StepRail, Tone, Weight};
use crate::router::Page;
use crate::shell::use_help;

const STAGES: [Pick; 4] = [
    |t| t.steps.read,
    |t| t.tags.page.call,
    |t| t.tags.write.light,
    |t| t.tags.write.activate,
];
const TAG: usize = 1;
const LIGHT: usize = 2;
const WRITE: usize = 3;

/// The page of 标签激活.
#[component]
pub fn ActivateTag() -> impl IntoView {
    let jobs = StoredValue::new_local(Jobs::get());
    let job = jobs.with_value(|jobs| jobs.activate_tag);
    let steps = Signal::derive(move || job.with(|job| rail(&STAGES, &job.course)));
    let scene = Memo::new(move |_| job.with(|job| Scene::of(&job.course)));
    let read_card = move || jobs.with_value(|jobs| jobs.read_card_of_tag(job));
    let read_tag = move || jobs.with_value(Jobs::read_tag_to_activate);
    view! {
        <section class="task at-the-car">
            <StepRail steps=steps />
            <div class="work">
                <CardSubject job=job />
                {move || match scene.get() {
                    Scene::Broken(fault) => {
                        // Before the write the tag is read again; after it all is, by the backend's word.
                        let reads_tag = job.with_untracked(|job| job.course.stage()) == TAG;
                        let again: Pick = match reads_tag {
                            true => |t| t.tags.page.read_again,
                            false => |t| t.tags.write.from_card,
                        };
                        let go = move |()| match reads_tag {
                            true => read_tag(),
                            false => read_card(),
                        };
                        view! { <Broken job=job fault=fault again=again on_again=go /> }.into_any()
                    }
                    Scene::Running => view! { <Working do_not_move=|t| t.tags.write.do_not_move /> }.into_any(),
                    Scene::Stage(0) => view! { <PutCard on_read=read_card /> }.into_any(),
                    Scene::Stage(TAG) => {
                        view! {
                            <WithProgrammer>
                                <AskForTag
                                    place=|t| t.tags.write.at_windscreen
                                    help=|t| t.tags.write.help_activate
                                    on_read=move |()| read_tag()
                                >
                                    <Action
                                        label=text(|t| t.check.read_again)
                                        back=true
                                        on_press=move |()| read_card()
                                    />
                                </AskForTag>
                            </WithProgrammer>
                        }
                            .into_any()
                    }
                    Scene::Stage(LIGHT) => view! { <Light jobs=jobs /> }.into_any(),
                    Scene::Stage(WRITE) => view! { <Activate jobs=jobs /> }.into_any(),
                    Scene::Stage(_) => view! { <Activated jobs=jobs /> }.into_any(),
                }}
            </div>
        </section>
    }
}

/// The tag signals: only the person at the car can say that it is this one.
#[component]
fn Light(jobs: JobsHandle) -> impl IntoView {
    use_help(text(|t| t.tags.write.help_light));
    let job = jobs.with_value(|jobs| jobs.activate_tag);
    let signals = job.with_untracked(|job| job.met.as_ref().is_some_and(|met| met.signals));
    let heading = Signal::derive(move || {
        let t = &texts().tags.write;
        if signals {
            t.light_question
        } else {
            t.contact_question
        }
        .to_owned()
    });
    let (about, no): (Pick, Pick) = match signals {
        true => (|t| t.tags.write.light_about, |t| t.tags.write.light_no),
        false => (|t| t.tags.write.contact_about, |t| t.tags.write.contact_no),
    };
    let say = move |seen| jobs.with_value(|jobs| jobs.saw_light(seen));
    view! {
        <Agreement jobs=jobs />
        <Note tone=Tone::Note heading=heading verdict=true>
            <p>{text(about)}</p>
        </Note>
        <div class="actions">
            <Action label=text(no) on_press=move |()| say(false) />
            <Action
                label=text(|t| t.tags.write.light_yes)
                weight=Weight::Main
                on_press=move |()| say(true)
            />
        </div>
    }
}

#[component]
fn Activate(jobs: JobsHandle) -> impl IntoView {
    use_help(text(|t| t.tags.write.help_activate));
    let heading = Signal::derive(|| texts().tags.write.keep_still.to_owned());
    let job = jobs.with_value(|jobs| jobs.activate_tag);
    let back = move |()| jobs.with_value(|jobs| jobs.read_card_of_tag(job));
    view! {
        <Agreement jobs=jobs />
        <Note tone=Tone::Note heading=heading verdict=true>
            <p>{text(|t| t.tags.write.keep_still_about)}</p>
        </Note>
        <div class="actions">
            <Action label=text(|t| t.load.cancel) back=true on_press=back />
            <Confirm
                label=text(|t| t.tags.write.activate)
                on_confirm=move |()| jobs.with_value(Jobs::activate_tag)
            />
        </div>
    }
}

/// Card, tag and record as they were compared when the tag was read.
#[component]
fn Agreement(jobs: JobsHandle) -> impl IntoView {
    let job = jobs.with_value(|jobs| jobs.activate_tag);
    let met = job.with_untracked(|job| job.met.clone());
    met.map(|met| view! { <Comparison rows=met.told.comparison /> })
}

#[component]
fn Activated(jobs: JobsHandle) -> impl IntoView {
    let job = jobs.with_value(|jobs| jobs.activate_tag);
    let written = job.with_untracked(|job| job.done.as_ref().is_some_and(|done| done.written));
    let (heading, about): (Pick, Pick) = match written {
        true => (|t| t.tags.write.activated, |t| t.tags.write.activated_about),
        false => (
            |t| t.tags.write.active_already,
            |t| t.tags.write.active_already_about,
        ),
    };
    let next = move |()| jobs.with_value(|jobs| jobs.read_card_of_tag(job));
    let check = move |()| {
        jobs.with_value(Jobs::check_tag);
        Page::CheckTag.open();
    };
    view! {
        <Done job=job heading=heading about=about>
            <Action label=text(|t| t.tags.menu.title) on_press=check />
            <Action
                label=text(|t| t.tags.write.next_car)
                weight=Weight::Main
                focus=true
                on_press=next
            />
        </Done>
    }
}

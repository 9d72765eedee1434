//! 用户卡办理: an application is chosen, a new card read, and both of its files written.

use apdu_core::fault::Code;
use etc_api::{ApplicationState, OpenedApplication};
use leptos::prelude::*;

use super::applications::Applications;
use super::give_up::GiveUp;
use super::register::Register;
use super::{Broken, JobsHandle, Scene, Working, rail};
use crate::backend::Backend;
use crate::i18n::{Pick, text, texts};
use crate::jobs::{CardJob, Jobs, issuing};
use crate::pages::check_card::PutCard;
use crate::pages::vouched::Vouched;
use crate::parts::{
    Action, CardNo, DataList, DataRow, Note, PlateBadge, RevealedBy, StepRail, Tone, Weight,
};
use crate::router::Page;
use crate::shell::use_help;

const STAGES: [Pick; 3] = [
    |t| t.cards.issue.choose,
    |t| t.cards.issue.read,
    |t| t.cards.issue.register,
];

/// The page of 用户卡办理. The list has the whole width; the rail stands beside the rest.
#[component]
pub fn IssueCard() -> impl IntoView {
    let jobs = StoredValue::new_local(Jobs::get());
    let job = jobs.with_value(|jobs| jobs.issue_card);
    // Whoever comes back after a card was issued is there for the next one.
    if job.with_untracked(|job| job.done.is_some()) {
        job.set(CardJob::default());
    }
    let chosen = Memo::new(move |_| job.with(|job| job.application.is_some()));
    let scene = Memo::new(move |_| job.with(|job| Scene::of(&job.course)));
    let choosing = move || !chosen.get() && scene.get() == Scene::Stage(issuing::CHOOSE);
    move || match choosing() {
        true => view! { <Applications jobs=jobs /> }.into_any(),
        false => view! { <Course jobs=jobs scene=scene /> }.into_any(),
    }
}

/// The rail, the application, and what is to be done.
#[component]
fn Course(jobs: JobsHandle, scene: Memo<Scene>) -> impl IntoView {
    let job = jobs.with_value(|jobs| jobs.issue_card);
    let steps = Signal::derive(move || job.with(|job| rail(&STAGES, &job.course)));
    let application = Memo::new(move |_| job.with(|job| job.application.clone()));
    let read = move || jobs.with_value(Jobs::read_card_to_issue);
    let leave = move |()| jobs.with_value(Jobs::leave_application);
    let is_begun = move || {
        let state = application.with_untracked(|one| Some(one.as_ref()?.line.state));
        state == Some(ApplicationState::Begun)
    };
    view! {
        <section class="task">
            <StepRail steps=steps />
            <div class="work">
                {move || application.get().map(|one| view! { <Subject application=one /> })}
                {move || match scene.get() {
                    Scene::Broken(fault) => {
                        let stage = job.with_untracked(|job| job.course.stage());
                        let is_entry = is_about_the_entry(fault.code);
                        let again: Pick = match stage {
                            issuing::CHOOSE => |t| t.cards.issue.back_to_list,
                            _ if is_entry => |t| t.cards.issue.back_to_entry,
                            _ => |t| t.cards.issue.from_card,
                        };
                        let go = move |()| match stage {
                            issuing::CHOOSE => leave(()),
                            _ if is_about_the_old_card(fault.code) => {
                                jobs.with_value(Jobs::open_application_again);
                            }
                            _ if is_entry => job.update(|job| job.course.fault = None),
                            _ => read(),
                        };
                        view! {
                            <Broken fault=fault again=again on_again=go>
                                {(stage != issuing::CHOOSE)
                                    .then(|| {
                                        view! {
                                            <Action
                                                label=text(|t| t.cards.issue.back_to_list)
                                                on_press=leave
                                            />
                                        }
                                    })}
                                {(fault.code == Code::NotTheCards)
                                    .then(|| view! { <Reopen jobs=jobs on_done=leave /> })}
                            </Broken>
                        }
                            .into_any()
                    }
                    Scene::Running => {
                        view! { <Working do_not_move=|t| t.cards.issue.do_not_move /> }.into_any()
                    }
                    Scene::Stage(issuing::READ) => {
                        use_help(text(|t| t.cards.menu.help_read));
                        view! {
                            <PutCard on_read=read />
                            <div class="actions">
                                <Action
                                    label=text(|t| t.cards.issue.back_to_list)
                                    back=true
                                    on_press=leave
                                />
                                {is_begun()
                                    .then(|| view! { <GiveUp jobs=jobs on_done=leave /> })}
                            </div>
                        }
                            .into_any()
                    }
                    Scene::Stage(issuing::REGISTER) => {
                        view! { <Register jobs=jobs on_back=leave /> }.into_any()
                    }
                    Scene::Stage(_) => view! { <Issued jobs=jobs on_next=leave /> }.into_any(),
                }}
            </div>
        </section>
    }
}

/// Whether the teller can put it right by typing, or choosing, anew.
fn is_about_the_entry(code: Code) -> bool {
    matches!(
        code,
        Code::BankCardInvalid | Code::BankCardOfOther | Code::BankCardMissing
    ) || is_about_the_old_card(code)
}

/// Whether the vehicle has another card than when the application was taken up: other modes are to be chosen from.
fn is_about_the_old_card(code: Code) -> bool {
    matches!(code, Code::NoOldCard | Code::VehicleHasCard)
}

/// Whose card it will be.
#[component]
fn Subject(application: OpenedApplication) -> impl IntoView {
    let OpenedApplication {
        line,
        number,
        id_number,
        phone,
        old_card,
        validity: [start, expiry],
        ..
    } = application;
    let backend = StoredValue::new_local(Backend::get());
    let id = line.id.clone();
    let reveal = move || {
        let (backend, id) = (backend.get_value(), id.clone());
        async move {
            let person = backend.reveal_application(&id).await.ok()?;
            Some([person.name, person.id_number, person.phone])
        }
    };
    view! {
        <div class="subject">
            <PlateBadge plate=line.plate colour=line.plate_colour />
            <div class="subject-facts">
                <p>
                    {move || texts().card_type(line.card_type)} " · "
                    {move || texts().vehicle_class(line.vehicle_class)} " · "
                    {move || texts().bank(line.bank)}
                </p>
                <p>
                    {text(|t| t.cards.issue.number)} " " {number} " · "
                    {text(|t| t.cards.issue.validity)} " " {format!("{start} – {expiry}")}
                </p>
            </div>
        </div>
        <DataList>
            <DataRow label=text(|t| t.cards.issue.holder)>
                <RevealedBy masked=[line.name, id_number, phone] reveal=reveal />
            </DataRow>
            {old_card
                .map(|number| {
                    view! {
                        <DataRow label=text(|t| t.cards.issue.old_card)>
                            <CardNo number=number />
                        </DataRow>
                    }
                })}
        </DataList>
    }
}

/// A supervisor lets the application go on after several cards have failed for it.
#[component]
fn Reopen(jobs: JobsHandle, #[prop(into)] on_done: Callback<()>) -> impl IntoView {
    let job = jobs.with_value(|jobs| jobs.issue_card);
    let line = job.with_untracked(|job| Some(job.application.as_ref()?.line.clone()));
    line.map(|line| {
        let (id, plate) = (line.id.clone(), line.plate.clone());
        view! {
            <Vouched
                start=|t| t.cards.issue.reopen
                title=|t| t.cards.issue.reopen
                about=|t| t.cards.issue.reopen_about
                confirm=|t| t.cards.issue.reopen_confirm
                ask=async move |backend: Backend, person| {
                    backend.reopen_application(&id, &person).await
                }
                on_done=on_done
            >
                <PlateBadge plate=plate.clone() colour=line.plate_colour />
            </Vouched>
        }
    })
}

/// Written and read back. 卡片检测 is one key away, and reads at once.
#[component]
fn Issued(jobs: JobsHandle, #[prop(into)] on_next: Callback<()>) -> impl IntoView {
    use_help(text(|t| t.cards.menu.help_done));
    let job = jobs.with_value(|jobs| jobs.issue_card);
    let done = job.with_untracked(|job| job.done.clone());
    let heading = Signal::derive(|| texts().cards.issue.issued.to_owned());
    let check = move |()| {
        jobs.with_value(Jobs::check_card);
        Page::CheckCard.open();
    };
    view! {
        <Note tone=Tone::Good heading=heading verdict=true>
            <p>{text(|t| t.cards.issue.issued_about)}</p>
        </Note>
        <DataList>
            {done
                .map(|done| {
                    let [start, expiry] = done.told.validity;
                    view! {
                        <DataRow label=text(|t| t.cards.issue.card_number)>
                            <CardNo number=done.told.task.card />
                        </DataRow>
                        <DataRow label=text(|t| t.cards.issue.validity)>
                            {format!("{start} – {expiry}")}
                        </DataRow>
                    }
                })}
        </DataList>
        <div class="actions">
            <Action label=text(|t| t.cards.issue.next) on_press=on_next />
            <Action
                label=text(|t| t.cards.issue.check)
                weight=Weight::Main
                focus=true
                on_press=check
            />
        </div>
    }
}

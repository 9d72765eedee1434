//! What writes a tag, a file per task: 标签办理, 标签激活, 标签注销.

use apdu_core::authority::Compared;
use apdu_core::fault::{Code, Fault, Written};
use leptos::prelude::*;

use super::course::{Scene, Working, rail};
use super::waiting::{WaitForBackend, use_backend_up};
use crate::desk::{Desk, ProgrammerStatus};
use crate::gbk;
use crate::i18n::{Pick, text, texts};
use crate::jobs::{Jobs, TagJob};
use crate::parts::{
    Action, CardNo, Comparison, FaultCard, Note, PlateBadge, ProgrammerHint, Tone, Weight,
    WrittenWords, grouped,
};
use crate::router::Page;
use crate::shell::use_help;

mod activate;
mod cancel;
mod issue;
mod licence;

pub use activate::ActivateTag;
pub use cancel::CancelTag;
pub use issue::IssueTag;

type JobsHandle = StoredValue<Jobs, LocalStorage>;

/// Whose card was read: plate, type, class, number, and the tag it has.
#[component]
fn CardSubject(job: RwSignal<TagJob>) -> impl IntoView {
    let card = Memo::new(move |_| job.with(|job| Some(job.card.as_ref()?.0.issue)));
    move || {
        let issue = card.get()?;
        let tag = job.with_untracked(|job| job.card.clone()?.1.tag);
        let paired = tag.map(|tag| {
            view! {
                " · "
                {text(|t| t.tags.write.has_tag)}
                " "
                {grouped(&tag.sn)}
            }
        });
        Some(view! {
            <div class="subject">
                <PlateBadge plate=gbk::decode(issue.plate_text()) colour=issue.plate_colour />
                <div class="subject-facts">
                    <p>
                        {move || texts().card_type(issue.card_type)} " · "
                        {move || texts().vehicle_class(issue.vehicle_class)} {paired}
                    </p>
                    <p>{text(|t| t.check.card_number)} " " <CardNo number=issue.number /></p>
                </div>
            </div>
        })
    }
}

/// What stands in the way of a stage that wants the programmer; the stage once nothing does.
#[component]
fn WithProgrammer(children: ChildrenFn) -> impl IntoView {
    let desk = Desk::get();
    let ready = Memo::new(move |_| matches!(desk.programmer.get(), ProgrammerStatus::Ready { .. }));
    move || match ready.get() {
        true => children().into_any(),
        false => view! { <ProgrammerHint /> }.into_any(),
    }
}

/// A tag is read: where it has to be, and the button that reads it.
#[component]
fn AskForTag(
    /// Where the tag has to be.
    place: Pick,
    /// What F1 says here.
    help: Pick,
    /// Reads it.
    #[prop(into)]
    on_read: Callback<()>,
    /// What else can be done here.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    use_help(text(help));
    view! {
        <div class="put-card put-tag">
            <p>{text(place)}</p>
            <div class="actions">
                {children.map(|children| children())}
                <Action
                    label=text(|t| t.tags.page.read)
                    weight=Weight::Main
                    focus=true
                    on_press=on_read
                />
            </div>
        </div>
    }
}

/// A stage that broke off: it can be taken again, or the tag is looked at, or cancelled.
#[component]
fn Broken(
    job: RwSignal<TagJob>,
    fault: Fault,
    /// Takes the stage, or the task, again.
    #[prop(into)]
    on_again: Callback<()>,
    /// What that is called.
    again: Pick,
    /// Other ways on.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    if needs_programmer(fault.code) {
        return view! {
            <WithProgrammer>
                <div class="put-card">
                    <p>{text(|t| t.tags.write.programmer_back)}</p>
                    <Action label=text(again) weight=Weight::Main focus=true on_press=on_again />
                </div>
            </WithProgrammer>
        }
        .into_any();
    }
    if fault.written == Written::No && matches!(fault.code, Code::Unreachable | Code::AnswerLost) {
        return view! { <WaitForBackend again=again on_again=on_again /> }.into_any();
    }
    // A chip that may be written waits for the backend as well: only its word settles it.
    let waits = fault.code == Code::TagUnconfirmed;
    let up = waits.then(use_backend_up);
    let label = Signal::derive(move || up.is_none_or(|up| up.get()).then(|| again(texts())));
    let wrong = matches!(fault.code, Code::CardTagDiffer | Code::TagDiffers);
    let mut differing = job.with_untracked(|job| job.course.compared.clone());
    differing.retain(Compared::differs);
    view! {
        {(!differing.is_empty()).then(|| view! { <Comparison rows=differing /> })}
        <FaultCard fault=fault words=WrittenWords::Tag next_label=label on_next=on_again>
            <Action label=text(|t| t.tags.menu.title) on_press=|()| Page::CheckTag.open() />
            {wrong
                .then(|| {
                    view! {
                        <Action
                            label=text(|t| t.tags.write.cancel_title)
                            on_press=|()| Page::CancelTag.open()
                        />
                    }
                })}
            {children.map(|children| children())}
        </FaultCard>
    }
    .into_any()
}

/// Whether the programmer has to be connected before anything can be tried again.
fn needs_programmer(code: Code) -> bool {
    matches!(code, Code::NoProgrammer | Code::ProgrammerGone)
}

/// The end: what was done, card, tag and record side by side, and where to go from here.
#[component]
fn Done(
    job: RwSignal<TagJob>,
    /// What was done.
    heading: Pick,
    /// What that means.
    about: Pick,
    /// The next step, by its one key.
    children: Children,
) -> impl IntoView {
    use_help(text(|t| t.tags.write.help_done));
    let heading = Signal::derive(move || heading(texts()).to_owned());
    let done = job.with_untracked(|job| job.done.clone());
    let rows = done.map(|done| done.told.comparison).unwrap_or_default();
    view! {
        <Note tone=Tone::Good heading=heading verdict=true>
            <p>{text(about)}</p>
        </Note>
        <Comparison rows=rows />
        <div class="actions">{children()}</div>
    }
}

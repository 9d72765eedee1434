//! 标签办理: the card first, then the number on the tag's back and the tag itself, then both of its files.

use apdu_core::authority::{CardStatus, IssueMode, TagTask, TagWork};
use apdu_core::fault::Code;
use leptos::prelude::*;

use super::licence::Licence;
use super::{Broken, CardSubject, Done, JobsHandle, Scene, WithProgrammer, Working, rail};
use crate::i18n::{Pick, text, texts};
use crate::jobs::Jobs;
use crate::pages::check_card::PutCard;
use crate::parts::{
    Action, Confirm, DataList, DataRow, Note, StepRail, Tone, Twice, TwiceField, Weight, grouped,
};
use crate::router::Page;
use crate::shell::use_help;

const STAGES: [Pick; 3] = [
    |t| t.steps.read,
    |t| t.tags.write.entry,
    |t| t.tags.write.register,
];
const ENTRY: usize = 1;
const REGISTER: usize = 2;

/// Digits of an SN 码.
const SN_DIGITS: usize = 16;

/// The page of 标签办理.
#[component]
pub fn IssueTag() -> impl IntoView {
    let jobs = StoredValue::new_local(Jobs::get());
    let job = jobs.with_value(|jobs| jobs.issue_tag);
    let steps = Signal::derive(move || job.with(|job| rail(&STAGES, &job.course)));
    let scene = Memo::new(move |_| job.with(|job| Scene::of(&job.course)));
    let read = move || jobs.with_value(|jobs| jobs.read_card_of_tag(job));
    // Nobody types a licence for a card that gets no tag: why, the backend says.
    let wants_licence = move || {
        job.with(|job| {
            let pairing = job.card.as_ref().map(|(_, pairing)| pairing);
            pairing.is_some_and(|one| one.status == CardStatus::Normal && !one.vehicle_known)
        })
    };
    view! {
        <section class="task">
            <StepRail steps=steps />
            <div class="work">
                <CardSubject job=job />
                {move || match scene.get() {
                    Scene::Broken(fault) => {
                        // Before the tag was shown to the backend the stage itself is taken again. After it all
                        // is, by the backend's word: a reading is shown once.
                        let stage = job.with_untracked(|job| job.course.stage());
                        let (stays, again): (bool, Pick) = match (stage, fault.code) {
                            (ENTRY, _) => (true, |t| t.tags.write.back_to_entry),
                            (REGISTER, Code::SwitchNotPressed) if fault.sw.is_none() => {
                                (true, |t| t.tags.write.back_to_register)
                            }
                            _ => (false, |t| t.tags.write.from_card),
                        };
                        let go = move |()| match stays {
                            true => job.update(|job| job.course.fault = None),
                            false => read(),
                        };
                        let is_unknown = fault.code == Code::CardUnknown;
                        let take_in = move |()| jobs.with_value(Jobs::take_in_card);
                        view! {
                            <Broken job=job fault=fault again=again on_again=go>
                                {is_unknown
                                    .then(|| {
                                        view! {
                                            <Action
                                                label=text(|t| t.cards.take_in.go)
                                                on_press=take_in
                                            />
                                        }
                                    })}
                            </Broken>
                        }
                            .into_any()
                    }
                    Scene::Running => view! { <Working do_not_move=|t| t.tags.write.do_not_move /> }.into_any(),
                    Scene::Stage(0) => view! { <PutCard on_read=read /> }.into_any(),
                    Scene::Stage(ENTRY) if wants_licence() => {
                        let class = job.with_untracked(|job| {
                            job.card.as_ref().map(|(read, _)| read.issue.vehicle_class)
                        });
                        view! { <Licence jobs=jobs class=class.unwrap_or_default() /> }.into_any()
                    }
                    Scene::Stage(ENTRY) => {
                        view! {
                            <WithProgrammer>
                                <Enter jobs=jobs on_back=move |()| read() />
                            </WithProgrammer>
                        }
                            .into_any()
                    }
                    Scene::Stage(REGISTER) => {
                        view! { <Register jobs=jobs on_back=move |()| read() /> }.into_any()
                    }
                    Scene::Stage(_) => view! { <Issued jobs=jobs /> }.into_any(),
                }}
            </div>
        </section>
    }
}

/// OBU 信息录入: the number on the tag's back, twice or scanned, and 办理模式.
#[component]
fn Enter(jobs: JobsHandle, #[prop(into)] on_back: Callback<()>) -> impl IntoView {
    use_help(text(|t| t.tags.write.help_entry));
    let job = jobs.with_value(|jobs| jobs.issue_tag);
    let (known, has_tag) = job.with_untracked(|job| {
        let pairing = job.card.as_ref().map(|(_, pairing)| pairing);
        let has_tag = pairing.is_some_and(|pairing| pairing.tag.is_some());
        (job.entry.clone(), has_tag)
    });
    let modes = IssueMode::ALL.into_iter();
    let modes = modes.filter(move |&mode| has_tag == (mode != IssueMode::New));
    let (sn, chosen) = match known {
        Some((sn, mode)) => (sn, mode),
        None if has_tag => (String::new(), IssueMode::Exchange),
        None => (String::new(), IssueMode::New),
    };
    let (sn, mode) = (Twice::new(&sn), RwSignal::new(chosen));
    let entered = Memo::new(move |_| sn.agreed().filter(|sn| is_sn(sn)));
    let go = move |()| {
        if let Some(sn) = entered.get_untracked() {
            jobs.with_value(|jobs| jobs.read_tag_to_issue(sn, mode.get_untracked()));
        }
    };
    let radio = move |of: IssueMode| {
        view! {
            <label class="means-choice">
                <input
                    type="radio"
                    name="issue-mode"
                    prop:checked=move || mode.get() == of
                    on:change=move |_| mode.set(of)
                />
                <span>{move || texts().issue_mode(of)}</span>
            </label>
        }
    };
    view! {
        <TwiceField
            name="sn"
            label=text(|t| t.tags.write.sn)
            value=sn
            valid=is_sn
            invalid=text(|t| t.tags.write.sn_wrong)
            inputmode="numeric"
        />
        <p id="issue-mode">
            <strong>{text(|t| t.tags.write.mode)}</strong>
        </p>
        <div class="means" role="radiogroup" aria-labelledby="issue-mode">
            {modes.map(radio).collect_view()}
        </div>
        <p class="quiet-text">{move || texts().issue_mode_about(mode.get())}</p>
        <div class="actions">
            <Action label=text(|t| t.check.read_again) back=true on_press=on_back />
            <Action
                label=text(|t| t.tags.page.read)
                weight=Weight::Main
                disabled=Signal::derive(move || entered.with(Option::is_none))
                on_press=go
            />
        </div>
    }
}

fn is_sn(text: &str) -> bool {
    text.len() == SN_DIGITS && text.bytes().all(|c| c.is_ascii_digit())
}

/// The tag that was read is the one whose number was typed: the switch is pressed, and 【注册】.
#[component]
fn Register(jobs: JobsHandle, #[prop(into)] on_back: Callback<()>) -> impl IntoView {
    use_help(text(|t| t.tags.write.help_register));
    let job = jobs.with_value(|jobs| jobs.issue_tag);
    let first = job.with_untracked(|job| job.first.clone());
    let rows = first.map(|(task, first)| {
        let TagTask {
            sn,
            work,
            vehicle_class,
            ..
        } = task;
        let mode = move || match work {
            TagWork::Issue { mode } => texts().issue_mode(mode),
            _ => "",
        };
        view! {
            <DataList>
                <DataRow label=text(|t| t.tags.page.sn)>{grouped(&sn)}</DataRow>
                <DataRow label=text(|t| t.tags.page.serial)>
                    {grouped(&first.to_string())}
                </DataRow>
                <DataRow label=text(|t| t.tags.page.class)>
                    {move || texts().vehicle_class(vehicle_class)}
                </DataRow>
                <DataRow label=text(|t| t.tags.write.mode)>{mode}</DataRow>
            </DataList>
        }
    });
    let heading = Signal::derive(|| texts().tags.write.press_switch.to_owned());
    view! {
        {rows}
        <Note tone=Tone::Note heading=heading verdict=true>
            <p>{text(|t| t.tags.write.press_switch_about)}</p>
        </Note>
        <div class="actions">
            <Action label=text(|t| t.load.cancel) back=true on_press=on_back />
            <Confirm
                label=text(|t| t.tags.write.register)
                on_confirm=move |()| jobs.with_value(Jobs::issue_tag)
            />
        </div>
    }
}

/// Written and read back. 标签检测 is one key away, and reads at once.
#[component]
fn Issued(jobs: JobsHandle) -> impl IntoView {
    let job = jobs.with_value(|jobs| jobs.issue_tag);
    let next = move |()| jobs.with_value(|jobs| jobs.read_card_of_tag(job));
    let check = move |()| {
        jobs.with_value(Jobs::check_tag);
        Page::CheckTag.open();
    };
    view! {
        <Done job=job heading=|t| t.tags.write.issued about=|t| t.tags.write.issued_about>
            <Action label=text(|t| t.tags.write.next_card) on_press=next />
            <Action
                label=text(|t| t.tags.menu.title)
                weight=Weight::Main
                focus=true
                on_press=check
            />
        </Done>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_sn_has_sixteen_digits() {
        assert!(is_sn("6210230100010041"));
        for wrong in [
            "",
            "621023010001004",
            "62102301000100411",
            "62102301000100A1",
        ] {
            assert!(!is_sn(wrong), "{wrong}");
        }
    }
}

//! The card that was read, 办理模式, the bank card number, and 【注册】.

use apdu_core::authority::CardMode;
use leptos::prelude::*;

use super::JobsHandle;
use crate::i18n::{text, texts};
use crate::jobs::Jobs;
use crate::parts::{Action, CardNo, Confirm, DataList, DataRow, Twice, TwiceField};
use crate::shell::use_help;

/// What is still to be said before the card is written.
#[component]
pub fn Register(jobs: JobsHandle, #[prop(into)] on_back: Callback<()>) -> impl IntoView {
    use_help(text(|t| t.cards.menu.help_register));
    let job = jobs.with_value(|jobs| jobs.issue_card);
    let known = job.with_untracked(|job| Some((job.application.clone()?, job.card.clone()?)));
    let entry = job.with_untracked(|job| job.entry.clone());
    known.map(move |(application, read)| {
        let has_old = application.old_card.is_some();
        // A torn task has its bank card already.
        let wants_bank_card = application.wants_bank_card && application.open_task.is_none();
        let (chosen, typed) = match entry {
            Some((mode, typed)) => (mode, typed.unwrap_or_default()),
            None if has_old => (CardMode::Exchange, String::new()),
            None => (CardMode::New, String::new()),
        };
        let (mode, bank_card) = (RwSignal::new(chosen), Twice::new(&typed));
        let modes = CardMode::ALL.into_iter();
        let modes = modes.filter(move |&mode| has_old == (mode != CardMode::New));
        let radio = move |of: CardMode| {
            view! {
                <label class="means-choice">
                    <input
                        type="radio"
                        name="card-mode"
                        prop:checked=move || mode.get() == of
                        on:change=move |_| mode.set(of)
                    />
                    <span>{move || texts().card_mode(of)}</span>
                </label>
            }
        };
        let entered = Memo::new(move |_| bank_card.agreed().filter(|digits| is_card(digits)));
        let write = move |()| {
            let bank_card = entered.get_untracked().filter(|_| wants_bank_card);
            jobs.with_value(|jobs| jobs.issue_card(mode.get_untracked(), bank_card));
        };
        let is_blank = read.issue.plate_text().is_empty();
        let card_type = read.issue.card_type;
        let is_other_type = card_type != application.line.card_type;
        let what = move || {
            let t = &texts().cards.issue;
            match (is_other_type, is_blank) {
                (true, _) => t.other_type,
                (false, true) => t.blank,
                (false, false) => t.not_blank,
            }
        };
        let bank_entry = match wants_bank_card {
            true => view! {
                <TwiceField
                    name="bank-card"
                    label=text(|t| t.cards.issue.bank_card)
                    value=bank_card
                    valid=is_card
                    invalid=text(|t| t.cards.issue.bank_card_wrong)
                    inputmode="numeric"
                />
            }
            .into_any(),
            false => ().into_any(),
        };
        view! {
            <DataList>
                <DataRow label=text(|t| t.cards.issue.card_number)>
                    <CardNo number=read.issue.number />
                </DataRow>
                <DataRow label=text(|t| t.cards.issue.card_type)>
                    {move || texts().card_type(card_type)} " · " {what}
                </DataRow>
            </DataList>
            <p id="card-mode">
                <strong>{text(|t| t.cards.issue.mode)}</strong>
            </p>
            <div class="means" role="radiogroup" aria-labelledby="card-mode">
                {modes.map(radio).collect_view()}
            </div>
            <p class="quiet-text">{move || texts().card_mode_about(mode.get())}</p>
            {bank_entry}
            <p class="quiet-text">{text(|t| t.cards.issue.write_about)}</p>
            <div class="actions">
                <Action
                    label=text(|t| t.cards.issue.back_to_list)
                    back=true
                    on_press=on_back
                />
                <Action
                    label=text(|t| t.cards.issue.from_card)
                    on_press=move |()| jobs.with_value(Jobs::read_card_to_issue)
                />
                <Confirm
                    label=text(|t| t.cards.issue.register)
                    disabled=Signal::derive(move || {
                        is_other_type || (wants_bank_card && entered.with(Option::is_none))
                    })
                    on_confirm=write
                />
            </div>
        }
    })
}

/// A bank card number as it is typed; whose it is, and whether its last digit fits, the backend says.
fn is_card(text: &str) -> bool {
    (16..=19).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bank_card_number_has_sixteen_to_nineteen_digits() {
        assert!(is_card("6223000000000017"));
        assert!(is_card("6223000000000000017"));
        for wrong in [
            "",
            "622300000000001",
            "62230000000000000177",
            "622300000000001A",
        ] {
            assert!(!is_card(wrong), "{wrong}");
        }
    }
}

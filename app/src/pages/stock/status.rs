//! 状态变更: what a supervisor does with a chip that is not at hand.

use apdu_core::authority::CardStatus;
use apdu_core::bcd::CardNumber;
use etc_api::StockTag;
use leptos::prelude::*;

use super::numbers::Chips;
use super::{DoneNote, StockTask};
use crate::i18n::{text, texts};
use crate::pages::vouched::Vouched;
use crate::parts::{Action, CardBadge, CardNo, DataList, DataRow, Field, Weight, grouped};

/// A tag by the number on its back, or a card: suspend it, report it lost, lift either, take it out of use, allow more
/// writes.
#[component]
pub fn StatusForm(task: StockTask) -> impl IntoView {
    let typed = RwSignal::new(String::new());
    let card = RwSignal::new(None);
    let one = Memo::new(move |_| {
        typed
            .with(|typed| Chips::of(typed))
            .filter(|chips| chips.clone().count() == 1)
    });
    let find = move |()| {
        task.tag.set(None);
        card.set(None);
        match one.get_untracked() {
            Some(Chips::Tags(sns)) => sns.into_iter().for_each(|sn| task.find(sn)),
            Some(Chips::Cards(cards)) => card.set(cards.first().copied()),
            None => {}
        }
    };
    view! {
        <form class="stock-form" on:submit=|ev| ev.prevent_default()>
            <Field name="stock-sn" label=text(|t| t.stock.sn_or_card) value=typed scan=true />
            <div class="actions">
                <Action
                    label=text(|t| t.stock.find)
                    weight=Weight::Main
                    disabled=Signal::derive(move || one.with(Option::is_none) || task.busy.get())
                    on_press=find
                />
            </div>
            {move || task.tag.get().map(|tag| view! { <FoundTag task=task tag=tag /> })}
            {move || card.get().map(|number| view! { <Card task=task number=number /> })}
            <DoneNote task=task />
        </form>
    }
}

/// The tag that was found, and what a supervisor may do with it.
#[component]
fn FoundTag(task: StockTask, tag: StockTag) -> impl IntoView {
    let reason = RwSignal::new(String::new());
    let serial = tag.tag;
    let change = move |to: Change| {
        let reason = reason.get_untracked().trim().to_owned();
        task.change(async move |backend| {
            let changed = match to {
                Change::Status(status) => backend.set_tag_status(serial, status, &reason).await?,
                Change::Cancel => backend.cancel_unseen(serial, &reason).await?,
            };
            task.tag.try_set(Some(changed));
            Ok(())
        });
    };
    let not_ready = Signal::derive(move || task.busy.get() || !is_reason(reason));
    let button = move |to: Change| {
        let label = Signal::derive(move || to.word());
        view! { <Action label=label disabled=not_ready on_press=move |()| change(to) /> }
    };
    let fitting = Change::ALL.into_iter();
    let fitting: Vec<_> = fitting.filter(|to| to.fits(tag.status)).collect();
    let asks = (!fitting.is_empty()).then(|| {
        view! {
            <Field
                name="stock-reason"
                label=text(|t| t.stock.why)
                value=reason
                hint=text(|t| t.stock.reason_hint)
            />
            <div class="actions">{fitting.into_iter().map(button).collect_view()}</div>
        }
    });
    let sn = tag.sn.clone();
    view! {
        <DataList>
            <DataRow label=text(|t| t.tags.page.sn)>{grouped(&tag.sn)}</DataRow>
            <DataRow label=text(|t| t.tags.page.serial)>{grouped(&serial.to_string())}</DataRow>
            <DataRow label=text(|t| t.tags.page.status)>
                <CardBadge status=tag.status />
            </DataRow>
            <DataRow label=text(|t| t.stock.signatures_left)>{tag.signatures_left}</DataRow>
        </DataList>
        <div class="actions">
            <Vouched
                start=|t| t.stock.allow_signatures
                title=|t| t.stock.allow_signatures
                about=|t| t.stock.allow_signatures_about
                confirm=|t| t.stock.allow_signatures_confirm
                ask=async move |backend, person| backend.allow_signatures(serial, &person).await
                on_done=move |()| task.find(sn.clone())
            >
                <p>{text(|t| t.tags.page.serial)} " " {grouped(&serial.to_string())}</p>
            </Vouched>
        </div>
        {asks}
    }
}

/// A card, and what a supervisor may do with it; the backend has the last word.
#[component]
fn Card(task: StockTask, number: CardNumber) -> impl IntoView {
    const TO: [CardStatus; 5] = [
        CardStatus::Suspended,
        CardStatus::Lost,
        CardStatus::Normal,
        CardStatus::Damaged,
        CardStatus::Blacklisted,
    ];
    let reason = RwSignal::new(String::new());
    let not_ready = Signal::derive(move || task.busy.get() || !is_reason(reason));
    let button = move |status: CardStatus| {
        let label = Signal::derive(move || Change::Status(status).word());
        let set = move |()| {
            let reason = reason.get_untracked().trim().to_owned();
            task.change(async move |backend| {
                backend.set_card_status(number, status, &reason).await
            });
        };
        view! { <Action label=label disabled=not_ready on_press=set /> }
    };
    view! {
        <DataList>
            <DataRow label=text(|t| t.check.card_number)>
                <CardNo number=number />
            </DataRow>
        </DataList>
        <div class="actions">
            <Vouched
                start=|t| t.stock.allow_signatures
                title=|t| t.stock.allow_signatures
                about=|t| t.stock.allow_signatures_about
                confirm=|t| t.stock.allow_signatures_confirm
                ask=async move |backend, person| {
                    backend.allow_card_signatures(number, &person).await
                }
                on_done=move |()| task.done.set(true)
            >
                <p>
                    {text(|t| t.check.card_number)} " " <CardNo number=number />
                </p>
            </Vouched>
        </div>
        <Field
            name="stock-reason"
            label=text(|t| t.stock.why)
            value=reason
            hint=text(|t| t.stock.reason_hint)
        />
        <div class="actions">{TO.map(button).collect_view()}</div>
    }
}

/// Whether enough is said for the trail.
fn is_reason(typed: RwSignal<String>) -> bool {
    typed.with(|reason| (4..=200).contains(&reason.trim().chars().count()))
}

/// What a supervisor may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    Status(CardStatus),
    Cancel,
}

impl Change {
    const ALL: [Self; 6] = [
        Self::Status(CardStatus::Suspended),
        Self::Status(CardStatus::Lost),
        Self::Status(CardStatus::Normal),
        Self::Status(CardStatus::Damaged),
        Self::Status(CardStatus::Blacklisted),
        Self::Cancel,
    ];

    /// Whether it is offered for a tag in this status; the backend has the last word.
    fn fits(self, status: CardStatus) -> bool {
        let is_normal = status == CardStatus::Normal;
        let can_be_lifted = matches!(status, CardStatus::Suspended | CardStatus::Lost);
        match self {
            Self::Status(CardStatus::Normal) => can_be_lifted,
            // A cancelled tag lies in the stock, and may be broken.
            Self::Status(CardStatus::Damaged | CardStatus::Blacklisted) => {
                is_normal || can_be_lifted || status == CardStatus::Cancelled
            }
            Self::Status(wanted) => is_normal || (can_be_lifted && wanted != status),
            Self::Cancel => is_normal || status == CardStatus::Suspended,
        }
    }

    fn word(self) -> &'static str {
        let t = texts();
        match self {
            Self::Status(CardStatus::Suspended) => t.stock.suspend,
            Self::Status(CardStatus::Lost) => t.stock.report_lost,
            Self::Status(status @ (CardStatus::Damaged | CardStatus::Blacklisted)) => {
                t.card_status(status)
            }
            Self::Status(_) => t.stock.lift,
            Self::Cancel => t.tags.write.cancel,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lifted_was_suspended_or_lost() {
        let offered = |status| Change::ALL.into_iter().filter(move |one| one.fits(status));
        assert_eq!(offered(CardStatus::Normal).count(), 5);
        assert_eq!(offered(CardStatus::Suspended).count(), 5);
        // A lost tag is not there to be cancelled: it is lifted first.
        assert_eq!(offered(CardStatus::Lost).count(), 4);
        // What is free may be broken.
        assert_eq!(offered(CardStatus::Cancelled).count(), 2);
        assert_eq!(offered(CardStatus::Damaged).count(), 0);
        assert_eq!(offered(CardStatus::Blacklisted).count(), 0);
    }
}

//! 发放: cards and tags that are not issued go to an outlet.

use etc_api::{HandOut, HandOutCards};
use leptos::prelude::*;

use super::numbers::Chips;
use super::{DoneNote, StockTask};
use crate::i18n::{text, texts};
use crate::parts::{Confirm, Field};

/// 发放: chips go to an outlet, all of them or none.
#[component]
pub fn HandOutForm(task: StockTask) -> impl IntoView {
    let (outlet, typed) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let wanted = Memo::new(move |_| {
        let outlet = outlet.with(|code| code.trim().to_ascii_uppercase());
        let chips = typed.with(|typed| Chips::of(typed))?;
        (!outlet.is_empty()).then_some((outlet, chips))
    });
    let count = Memo::new(move |_| typed.with(|typed| Chips::of(typed).map_or(0, Chips::count)));
    let wrong = Signal::derive(move || {
        let is_wrong = typed.with(|typed| !typed.trim().is_empty() && Chips::of(typed).is_none());
        is_wrong.then(|| texts().stock.sns_wrong)
    });
    let kind = move || {
        let is_cards = typed.with(|typed| matches!(Chips::of(typed), Some(Chips::Cards(_))));
        let t = &texts().stock;
        if is_cards { t.cards } else { t.tags }
    };
    let send = move |()| {
        if let Some((outlet, chips)) = wanted.get_untracked() {
            task.change(async move |backend| {
                match chips {
                    Chips::Tags(sns) => backend.hand_out(&HandOut { outlet, sns }).await?,
                    Chips::Cards(cards) => {
                        backend
                            .hand_out_cards(&HandOutCards { outlet, cards })
                            .await?;
                    }
                }
                typed.try_set(String::new());
                Ok(())
            });
        }
    };
    view! {
        <form class="stock-form" on:submit=|ev| ev.prevent_default()>
            <Field
                name="stock-outlet"
                label=text(|t| t.stock.to_outlet)
                value=outlet
                hint=text(|t| t.stock.to_outlet_hint)
            />
            <Field
                name="stock-sns"
                label=text(|t| t.stock.sns)
                value=typed
                hint=text(|t| t.stock.sns_hint)
                wrong=wrong
                scan=true
            />
            <p class="quiet-text">{kind} " " {count}</p>
            <DoneNote task=task />
            <div class="actions">
                <Confirm
                    label=text(|t| t.stock.hand_out)
                    disabled=Signal::derive(move || wanted.with(Option::is_none) || task.busy.get())
                    on_confirm=send
                />
            </div>
        </form>
    }
}

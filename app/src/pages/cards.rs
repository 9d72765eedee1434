//! What writes a card: 用户卡办理, 卡片激活.

use apdu_core::fault::{Code, Fault, Written};
use leptos::prelude::*;

use super::course::{Scene, Working, rail};
use super::waiting::{WaitForBackend, use_backend_up};
use crate::i18n::{Pick, text, texts};
use crate::jobs::Jobs;
use crate::parts::{Action, FaultCard, WrittenWords};
use crate::router::Page;

mod activate;
mod applications;
mod give_up;
mod issue;
mod register;

pub use activate::ActivateCard;
pub use issue::IssueCard;

type JobsHandle = StoredValue<Jobs, LocalStorage>;

/// A stage that broke off: it can be taken again, or the card is looked at.
#[component]
fn Broken(
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
    if fault.written == Written::No && matches!(fault.code, Code::Unreachable | Code::AnswerLost) {
        return view! { <WaitForBackend again=again on_again=on_again /> }.into_any();
    }
    // A chip that may be written waits for the backend as well: only its word settles it.
    let waits = fault.code == Code::IssueUnconfirmed;
    let up = waits.then(use_backend_up);
    let label = Signal::derive(move || up.is_none_or(|up| up.get()).then(|| again(texts())));
    view! {
        <FaultCard fault=fault words=WrittenWords::Card next_label=label on_next=on_again>
            <Action
                label=text(|t| t.cards.issue.check)
                on_press=|()| Page::CheckCard.open()
            />
            {children.map(|children| children())}
        </FaultCard>
    }
    .into_any()
}

//! Record and card side by side: number, balance, load counter.

use apdu_core::authority::{Recharge, RechargeState};
use apdu_core::bcd::CardNumber;
use leptos::prelude::*;

use crate::i18n::{Pick, text, texts};
use crate::jobs::records::CardSays;
use crate::parts::{CardNo, Money, Sign, SignMark};

/// What the record holds, and what the card in the reader says.
#[component]
pub fn Compare(
    /// The record.
    record: Recharge,
    /// The card, once it was read.
    card: Option<CardSays>,
) -> impl IntoView {
    let rows = rows(&record, card);
    let is_explained = is_explained(&record, card);
    view! {
        <div class="compare">
            <table>
                <caption class="unseen">{text(|t| t.records.compare.caption)}</caption>
                <thead>
                    <tr>
                        <th scope="col">{text(|t| t.records.compare.what)}</th>
                        <th scope="col">{text(|t| t.records.compare.record)}</th>
                        <th scope="col">{text(|t| t.records.compare.card)}</th>
                        <th scope="col"></th>
                    </tr>
                </thead>
                <tbody>{rows.map(|row| view! { <CompareRow row=row /> }).collect_view()}</tbody>
            </table>
            {is_explained
                .then(|| {
                    view! { <p class="quiet-text">{text(|t| t.records.compare.spent_since)}</p> }
                })}
        </div>
    }
}

#[component]
fn CompareRow(row: Row) -> impl IntoView {
    let verdict = row.agrees().map(|agrees| {
        let (sign, tone) = match agrees {
            true => (Sign::Done, "tone-good"),
            false => (Sign::Differs, "tone-bad"),
        };
        let word = move || {
            let t = &texts().records.compare;
            if agrees { t.agrees } else { t.differs }
        };
        view! {
            <span class=format!("state {tone}")>
                <SignMark sign=sign />
                {word}
            </span>
        }
    });
    view! {
        <tr class:differs=row.agrees() == Some(false)>
            <th scope="row">{text(row.name.word())}</th>
            <td>{shown(row.record, |_| "–")}</td>
            <td>{shown(row.card, |t| t.records.compare.not_read)}</td>
            <td>{verdict}</td>
        </tr>
    }
}

fn shown(value: Option<Value>, missing: Pick) -> impl IntoView {
    match value {
        Some(Value::Number(number)) => view! { <CardNo number=number /> }.into_any(),
        Some(Value::Money(fen)) => view! { <Money fen=fen /> }.into_any(),
        Some(Value::Count(count)) => count.into_any(),
        None => view! { <span class="quiet-text">{text(missing)}</span> }.into_any(),
    }
}

/// One row of the comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Row {
    name: Name,
    record: Option<Value>,
    card: Option<Value>,
}

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Name {
    Number,
    Balance,
    Counter,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Value {
    Number(CardNumber),
    Money(u32),
    Count(u16),
}

impl Name {
    fn word(self) -> Pick {
        match self {
            Self::Number => |t| t.records.compare.card_number,
            Self::Balance => |t| t.records.compare.balance,
            Self::Counter => |t| t.records.compare.counter,
        }
    }
}

impl Row {
    /// Nothing where one of them says nothing.
    fn agrees(&self) -> Option<bool> {
        Some(self.record? == self.card?)
    }
}

/// The record as its card would show it if it stands as the record says.
fn rows(record: &Recharge, card: Option<CardSays>) -> [Row; 3] {
    let balance = match record.state {
        RechargeState::Loaded | RechargeState::Conflict => record.balance_after,
        _ => record.balance_before,
    };
    // Afterwards the card has gone on counting.
    let counter = record
        .counter
        .filter(|_| record.state == RechargeState::Loading);
    [
        Row {
            name: Name::Number,
            record: Some(Value::Number(record.card)),
            card: card.map(|card| Value::Number(card.number)),
        },
        Row {
            name: Name::Balance,
            record: balance.map(Value::Money),
            card: card.map(|card| Value::Money(card.balance)),
        },
        Row {
            name: Name::Counter,
            record: counter.map(Value::Count),
            card: card.and_then(|card| card.counter).map(Value::Count),
        },
    ]
}

/// Whether the road, or another system, explains another balance: any after the record was settled or before
/// it was begun, and less of it while it is torn.
fn is_explained(record: &Recharge, card: Option<CardSays>) -> bool {
    let [number, balance, counter] = rows(record, card);
    let is_other = number.agrees() == Some(true) && balance.agrees() == Some(false);
    is_other
        && match record.state {
            RechargeState::Loaded | RechargeState::Paid => true,
            RechargeState::Loading => {
                counter.agrees() == Some(true)
                    && card.map(|card| card.balance) < record.balance_before
            }
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;
    use apdu_core::authority::InitForLoad;
    use apdu_core::hex::Fixed;

    const CARD: &str = "62012201230100000017";

    fn number(digits: &str) -> CardNumber {
        digits.parse().expect("a card number")
    }

    fn record(state: RechargeState) -> Recharge {
        Recharge {
            id: "51f3ce91-819f-4b0d-adc1-e7513cfaf996".into(),
            card: number(CARD),
            amount: 10_000,
            state,
            init: InitForLoad {
                key_index: 1,
                amount: Some(10_000),
                terminal: Fixed([1, 2, 3, 4, 5, 6]),
            },
            counter: Some(5),
            balance_before: Some(3_000),
            balance_after: (state == RechargeState::Loaded).then_some(13_000),
            created_at: 1_795_399_238_418,
            outlet: "LZ01".into(),
        }
    }

    fn agreement(state: RechargeState, balance: u32, counter: u16) -> [Option<bool>; 3] {
        let card = CardSays {
            number: number(CARD),
            balance,
            counter: Some(counter),
        };
        rows(&record(state), Some(card)).map(|row| row.agrees())
    }

    #[test]
    fn a_torn_load_agrees_with_a_card_that_was_not_written() {
        let torn = RechargeState::Loading;
        assert_eq!(agreement(torn, 3_000, 5), [Some(true); 3]);
        assert_eq!(
            agreement(torn, 13_000, 6),
            [Some(true), Some(false), Some(false)]
        );
    }

    #[test]
    fn a_finished_load_is_compared_by_what_came_of_it() {
        let loaded = RechargeState::Loaded;
        assert_eq!(agreement(loaded, 13_000, 9), [Some(true), Some(true), None]);
        assert_eq!(
            agreement(loaded, 12_000, 9),
            [Some(true), Some(false), None]
        );
    }

    #[test]
    fn another_balance_is_explained_where_no_load_can_have_made_it() {
        let with = |state, balance, counter| {
            let card = CardSays {
                number: number(CARD),
                balance,
                counter,
            };
            is_explained(&record(state), Some(card))
        };
        assert!(with(RechargeState::Loaded, 12_000, None));
        assert!(with(RechargeState::Paid, 8_000, Some(6)));
        assert!(with(RechargeState::Loading, 2_200, Some(5)));
        assert!(!with(RechargeState::Loading, 3_100, Some(5)), "an alarm");
        assert!(!with(RechargeState::Loading, 13_000, Some(6)));
        assert!(!with(RechargeState::Loaded, 13_000, None), "it agrees");
    }

    #[test]
    fn another_card_and_no_card_are_told_apart() {
        let other = CardSays {
            number: number("62012201230100000025"),
            balance: 3_000,
            counter: None,
        };
        let torn = record(RechargeState::Loading);
        let seen = rows(&torn, Some(other)).map(|row| row.agrees());
        assert_eq!(seen, [Some(false), Some(true), None]);
        assert_eq!(rows(&torn, None).map(|row| row.agrees()), [None; 3]);
    }
}

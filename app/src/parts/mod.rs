//! The pieces that pages are made of, one file each.

mod action;
mod amount;
mod bench_panel;
mod data;
mod dialog;
mod fault_card;
mod field;
mod masked;
mod money;
mod number;
mod page_note;
mod plate;
mod rail;
mod reader_hint;
mod sign;
mod state_badge;

pub use action::{Action, Confirm, Weight};
pub use amount::AmountField;
pub use bench_panel::BenchPanel;
pub use data::{Column, DataList, DataRow, DataTable};
pub use dialog::Dialog;
pub use fault_card::FaultCard;
pub use field::Field;
pub use masked::{MaskKind, Masked};
pub use money::{Equation, Money, parse_yuan};
pub use number::{CardNo, short as short_number};
pub use page_note::{Note, Tone};
pub use plate::PlateBadge;
pub use rail::{RailState, RailStep, StepRail};
pub use reader_hint::ReaderHint;
pub use sign::{Sign, SignMark};
pub use state_badge::{CardBadge, RecordBadge};

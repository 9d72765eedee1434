//! What goes onto paper: a sheet that stands in the document and is shown to printers only.

use apdu_core::authority::RecordId;
use etc_api::{Drawer, PaymentKind, RecordLine};
use leptos::prelude::*;

/// A sheet of paper.
#[derive(Clone, Debug)]
pub enum Sheet {
    /// 充值凭条
    Load {
        /// The record.
        line: RecordLine,
        /// Whether it is a reprint.
        copy: bool,
    },
    /// 退款凭条, with a line for the customer's signature.
    Refund {
        /// The record.
        line: RecordLine,
        /// How the money is given back.
        kind: PaymentKind,
        /// Whether it is a reprint.
        copy: bool,
    },
    /// 钱箱结箱单
    Drawer(Drawer),
}

/// The printer. One context, provided at the root.
#[derive(Clone, Copy)]
pub struct Printer {
    /// What is printed now; nothing of a customer stays afterwards.
    pub sheet: RwSignal<Option<Sheet>>,
    /// The originals this page has handed out.
    handed_out: StoredValue<Vec<(RecordId, bool)>>,
}

impl Printer {
    /// Provides the printer.
    pub fn provide() {
        let sheet = RwSignal::new(None);
        provide_context(Self {
            sheet,
            handed_out: StoredValue::new(Vec::new()),
        });
        // The listener lives as long as the page.
        let _ = window_event_listener(leptos::ev::afterprint, move |_| sheet.set(None));
    }

    /// The printer of this page.
    pub fn get() -> Self {
        expect_context()
    }

    /// The slip of a load. The first one right after the load is the original.
    pub fn print_load(&self, line: RecordLine, right_after: bool) {
        let copy = !(right_after && self.is_first(&line, false));
        self.print(Sheet::Load { line, copy });
    }

    /// The slip of a refund. The first one while the money is handed over is the original.
    pub fn print_refund(&self, line: RecordLine, kind: PaymentKind, right_now: bool) {
        let copy = !(right_now && self.is_first(&line, true));
        self.print(Sheet::Refund { line, kind, copy });
    }

    /// Prints a sheet.
    pub fn print(&self, sheet: Sheet) {
        self.sheet.set(Some(sheet));
        // The sheet stands in the document by the next frame.
        request_animation_frame(|| {
            // A browser without a printer shows that itself.
            let _ = window().print();
        });
    }

    /// Whether no slip of this kind was handed out for the record; from now on one was.
    fn is_first(&self, line: &RecordLine, refund: bool) -> bool {
        let slip = (line.recharge.id.clone(), refund);
        let is_first = self.handed_out.with_value(|slips| !slips.contains(&slip));
        if is_first {
            self.handed_out.update_value(|slips| slips.push(slip));
        }
        is_first
    }
}

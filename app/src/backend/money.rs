//! Calls about money: refund, drawer, day report, kill switch.

use apdu_core::authority::{Recharge, RecordId, Refusal};
use apdu_core::fault::Code;
use etc_api::{
    CloseDrawer, DayReport, Drawer, MoneyOut, OpenDrawer, RecordLine, RefundOutcome, StopLoads,
    SwitchView,
};
use gloo_net::http::Method;
use serde::de::IgnoredAny;

use super::{Backend, Nothing, Request, new_key};

impl Backend {
    /// Everything the ledger says about one record, as the list of records shows it.
    pub async fn line(&self, record: &Recharge) -> Result<RecordLine, Refusal> {
        // The list goes back in time: it begins with this record.
        let after = record.created_at + 1;
        let path = format!("recharges?card={}&before={after}", record.card);
        let lines: Vec<RecordLine> = self.signed_in_call(&Request::get(&path)).await?;
        let mut lines = lines.into_iter();
        lines
            .find(|line| line.recharge.id == record.id)
            .ok_or(Refusal {
                code: Code::NoSuchRecord,
            })
    }

    /// Asks for a refund: from here on the record is not written to its card.
    pub async fn ask_refund(&self, record: &RecordId) -> Result<(), Refusal> {
        self.change(Request::post(
            &format!("recharges/{record}/refund"),
            &Nothing {},
        ))
        .await
    }

    /// The money goes out now.
    pub async fn send_refund(&self, record: &RecordId) -> Result<(), Refusal> {
        let path = format!("recharges/{record}/refund/send");
        self.change(Request::post(&path, &Nothing {})).await
    }

    /// What became of the money that was sent.
    pub async fn end_refund(&self, record: &RecordId, outcome: MoneyOut) -> Result<(), Refusal> {
        let path = format!("recharges/{record}/refund/outcome");
        self.change(Request::post(&path, &RefundOutcome { outcome }))
            .await
    }

    /// The operator's drawer: the open one, or the last.
    pub async fn drawer(&self) -> Result<Drawer, Refusal> {
        self.signed_in_call(&Request::get("drawer")).await
    }

    /// Opens a drawer with its float.
    pub async fn open_drawer(&self, float: i64) -> Result<Drawer, Refusal> {
        let request = Request::post("drawer/open", &OpenDrawer { float });
        self.signed_in_call(&request.keyed(&new_key())).await
    }

    /// Closes the open drawer with what was counted.
    pub async fn close_drawer(&self, closing: &CloseDrawer) -> Result<Drawer, Refusal> {
        let request = Request::post("drawer/close", closing);
        self.signed_in_call(&request.keyed(&new_key())).await
    }

    /// The report of a day, YYYYMMDD.
    pub async fn report(&self, day: &str) -> Result<DayReport, Refusal> {
        self.signed_in_call(&Request::get(&format!("reports/{day}")))
            .await
    }

    /// The switches that are thrown.
    pub async fn switches(&self) -> Result<Vec<SwitchView>, Refusal> {
        self.signed_in_call(&Request::get("switches")).await
    }

    /// Stops loads.
    pub async fn stop_loads(&self, stop: &StopLoads) -> Result<(), Refusal> {
        self.change(Request::post("switches", stop)).await
    }

    /// Lets loads go on.
    pub async fn lift_switch(&self, id: &str) -> Result<(), Refusal> {
        let request = Request {
            method: Method::DELETE,
            ..Request::get(&format!("switches/{id}"))
        };
        self.change(request).await
    }

    /// Changes something; what it is like afterwards is asked for anew, whatever the answer was.
    async fn change(&self, request: Request) -> Result<(), Refusal> {
        let request = request.keyed(&new_key());
        let _: IgnoredAny = self.signed_in_call(&request).await?;
        Ok(())
    }
}

//! Payment, refund, slip, drawer, day report, kill switch.

topic! {
    /// Texts about money.
    MoneyTexts

    /// Their place in the menu, and what F1 says there.
    menu: MoneyMenu {
        shift_group drawer drawer_about day day_about
        help_refund help_drawer help_day
    }
    /// How money changes hands.
    means: MeansTexts {
        label cash pos
        terminal terminal_wrong number number_wrong again again_about scanned groups_differ
    }
    /// 收款
    pay: PayTexts {
        collect_pos collect_pos_about confirm_pos edit change_amount
    }
    /// 退款
    refund: RefundTexts {
        start rail ask send outcome
        ask_heading ask_about ask_do
        send_heading send_about send_do
        wait_heading wait_about
        cash_heading cash_about cash_do
        pos_heading pos_about pos_do
        other_means
        refused refused_title refused_about refused_do
        done not_now look_again leave loading
        amount paid given_back
    }
    /// 凭条
    slip: SlipTexts {
        print title refund_title copy
        outlet at printed record record_whole card plate before amount after
        state means terminal number refund_amount operator
        signature signed_on help refund_help
    }
    /// 钱箱
    drawer: DrawerTexts {
        loading none none_about float float_sum float_hint open_do open_another
        open closed heading
        taken given_back expected payments opened_at closed_at
        counted counted_sum difference note
        over short even
        count count_about counted_hint amount_wrong note_hint note_missing close_do leave
        print summary operator reviewer reload
    }
    /// 日报
    day: DayTexts {
        date look loading tabs
        takings drawers unsettled alarms
        outlet cash pos given_back loaded payments total
        takings_empty drawers_empty unsettled_empty alarms_empty
        state operator card amount record at kind counter
        export export_takings export_alarms
        unknown_counter lost_load old_counter balance_rose counter_and_log conflict other_alarm
        refund_sent listed
    }
    /// 暂停充值
    switches: SwitchTexts {
        title about empty
        scope province province_hint banks outlet outlet_hint cards first last cards_hint
        key_index key_3des key_sm4 key_other
        reason reason_hint stop_do
        what why who since
        lift lift_title lift_about lift_do
    }
}

impl MoneyTexts {
    /// What an alarm of the day report is about.
    pub fn alarm(&self, kind: &str) -> &'static str {
        let day = &self.day;
        match kind {
            "unknown-counter" => day.unknown_counter,
            "lost-load" => day.lost_load,
            "old-counter" => day.old_counter,
            "balance-rose" => day.balance_rose,
            "counter-and-log" => day.counter_and_log,
            "conflict" => day.conflict,
            _ => day.other_alarm,
        }
    }

    /// Too much, too little or neither.
    pub fn difference(&self, fen: i64) -> &'static str {
        let drawer = &self.drawer;
        match fen {
            1.. => drawer.over,
            0 => drawer.even,
            _ => drawer.short,
        }
    }

    /// How money changes hands.
    pub fn kind(&self, kind: etc_api::PaymentKind) -> &'static str {
        match kind {
            etc_api::PaymentKind::Cash => self.means.cash,
            etc_api::PaymentKind::Pos => self.means.pos,
        }
    }
}

impl super::Texts {
    /// What the teller confirms before a write.
    pub fn confirm_payment(&self, kind: etc_api::PaymentKind) -> &'static str {
        match kind {
            etc_api::PaymentKind::Cash => self.load.confirm_cash,
            etc_api::PaymentKind::Pos => self.money.pay.confirm_pos,
        }
    }
}

//! 充值记录: finding, comparing, changing and proving records.

topic! {
    /// Texts about records.
    RecordTexts

    /// Its place in the menu, and what F1 says there.
    menu: RecordMenu {
        group title about
        help_find help_record help_evidence help_waiting
    }
    /// The search.
    find: FindTexts {
        views search waiting
        plate plate_hint plate_missing colour go asking
        first_use none_of_plate none_of_card none_waiting
    }
    /// The list.
    list: ListTexts {
        caption waiting_caption keys state card plate before amount after time older
        listed other_outlet
    }
    /// One record.
    one: OneRecord {
        back check check_again let_go load_again go_on_writing evidence export ask
        tail outlet paid given_back slip card_status
        put_card
    }
    /// Record and card, side by side.
    compare: CompareTexts {
        caption what record card card_number balance counter
        not_read agrees differs spent_since
    }
    /// The steps of the rail.
    steps: RecordSteps { compare let_go write }
    /// What a record's state means, and what to do.
    say: SayTexts {
        created closed
        paid paid_about torn torn_about listed listed_about
        loaded loaded_by_tac loaded_by_log loaded_by_decision loaded_about
        refunding refunding_asked refunding_waits refunding_sent refunded refunded_about conflict conflict_about
        still_torn still_torn_about found_loaded found_loaded_about
        found_free found_free_about moved moved_about
        other_outlet
    }
    /// 修改圈存状态
    let_go: LetGoTexts { title question about cancel confirm done }
    /// A card locked by wrong proofs.
    unlock: UnlockTexts { start title about confirm }
    /// Decisions of two persons.
    cases: CaseTexts {
        caption empty
        what about reason asked_by approved_by missing at acts card_alone
        refund_without_card call_loaded lift_stop
        refund_without_card_about call_loaded_about lift_stop_about
        ask_title choose_kind reason_hint reason_wrong ask_do asked
        approve approve_title approve_about operator password approve_do
        withdraw withdraw_title withdraw_question withdraw_do cancel
    }
    /// What speaks about a record.
    evidence: EvidenceTexts {
        loading back
        authorisations no_authorisations counter balance amount terminal card_second operator
        book no_book spender record at
        ours foreign lost unknown decided this_record
        stopped lost_load old_counter balance_rose other_stop
        audit no_audit event card_showed
    }
    /// What the audit trail lists.
    events: EventTexts {
        sighted preflight_issued created paid authorised loaded closed
        proof_refused proof_wrong unlocked accounted let_go_offered let_go
        refund_begun refund_sent refund_done refund_refused
        case_asked case_approved case_withdrawn evidence_shown
    }
}

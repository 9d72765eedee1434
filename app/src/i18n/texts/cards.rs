//! Cards: 用户卡办理, 卡片激活, and cards that were issued elsewhere.

topic! {
    /// Texts about issuing cards.
    IssuingTexts

    /// The tasks in the menu, and what F1 says in them.
    menu: CardMenu {
        issue issue_about activate
        help_list help_read help_register help_done help_activate
    }
    /// The list of applications.
    list: ApplicationList {
        caption state plate vehicle card_type name bank time
        filter unfinished from to search all_plates first more
        none none_of_plate first_use locked_by keys
        own
    }
    /// States of an application.
    states: ApplicationStates {
        open begun issued withdrawn
    }
    /// The banks.
    banks: BankNames {
        lanzhou gansu icbc abc rural_credit ccb psbc
    }
    /// The page of 用户卡办理.
    issue: CardIssue {
        choose read register back_to_list
        number holder reveal old_card validity
        mode mode_new mode_new_about mode_exchange mode_exchange_about mode_replace mode_replace_about
        bank_card bank_card_wrong
        card_number card_type other_type blank not_blank
        write_about do_not_move
        issued issued_about next check from_card back_to_entry
        reopen reopen_about reopen_confirm
        give_up give_up_title give_up_about give_up_confirm
        written written_unknown written_part
    }
    /// The page of 卡片激活.
    activate: CardActivate {
        go read now_valid press press_about activated activated_about already already_about to
    }
    /// A card that was issued elsewhere in the province.
    take_in: TakeInTexts {
        go vehicle vehicle_about length width height seats wheels axles wheelbase engine
        permitted_load curb_mass gross_mass vin save wrong
    }
}

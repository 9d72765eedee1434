//! Tags: the programmer, 标签检测, and what a demo has of both.

topic! {
    /// Texts about tags.
    TagTexts

    /// 标签检测 in the menu, and what F1 says there.
    menu: TagMenu {
        title about help
    }
    /// The programmer.
    device: ProgrammerTexts {
        short none opening refused
        connect first_use first_use_about take_over use_slot
        profile automatic primitives bobu bobu_wechat
    }
    /// The page of 标签检测.
    page: TagPage {
        read read_again put_tag reading call vehicle
        good good_about bad no_records
        serial sn issuer version validity never removal installed removed other_flag
        status in_records agrees differs not_issued blank
        plate_colour class rest_of_system rest_of_vehicle byte measures seats seats_or_load load mass
        mm kg closed not_present tampered battery_low
    }
    /// 标签办理, 标签激活 and 标签注销.
    write: TagWrite {
        group issue_title issue_about activate_title activate_about cancel_title cancel_about
        help_card help_entry help_register help_done help_activate help_light help_cancel
        entry sn sn_wrong mode back_to_entry back_to_register from_card has_tag
        mode_new mode_new_about mode_exchange mode_exchange_about mode_replace mode_replace_about
        register press_switch press_switch_about working do_not_move programmer_back
        issued issued_about next_card
        light light_question light_about contact_question contact_about light_yes light_no contact_no at_windscreen
        activate keep_still keep_still_about
        activated activated_about active_already active_already_about next_car
        cancel reason wrong_data vehicle_changed given_back cancel_what cancelled cancelled_about
        written written_unknown written_part
        compared card tag record signed expiry
        backend_away backend_back backend_away_about
    }
    /// Programmer and tags of a demo.
    bench: TagBench {
        to_tags to_cards programmer dialect_a dialect_c1 plug_in unplug
        tag put take switch switch_about hold hold_about light dark green red
    }
}

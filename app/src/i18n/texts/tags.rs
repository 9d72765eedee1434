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
        plate_colour class measures seats seats_or_load load mass
        mm kg closed not_present tampered battery_low
    }
    /// Programmer and tags of a demo.
    bench: TagBench {
        to_tags to_cards programmer dialect_a dialect_c1 plug_in unplug
        tag put take switch switch_about light dark green red
    }
}

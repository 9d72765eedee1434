//! The page 设备: reader, card, self-test, trace, field kit.

topic! {
    /// Texts about devices.
    DeviceTexts

    /// Its place in the menu, what F1 says there, and its tabs.
    menu: DeviceMenu {
        title about help to_sign_in tabs overview test trace kit
    }
    /// The reader.
    reader: ReaderTexts {
        heading name maker ids class class_protected class_open place
        way usb serial smart_card programmer_slot
        level character tpdu short_apdu extended_apdu protocols longest
        quirks no_quirks quirk_rate quirk_no_ifs quirk_parameters quirk_short quirk_slots quirk_told
        instead other_reader web_app programmer
    }
    /// The card.
    card: CardTexts {
        heading absent not_powered power powering
        atr convention direct inverse offered specific in_force blocks historical none
    }
    /// 自检
    test: SelfTestTexts {
        about start stop again progress stopped
        command counted times line own total min median p95
    }
    /// 跟踪记录
    trace: TraceTexts {
        about save empty number time command answer line own unknown
        source source_programmer about_programmer empty_programmer sent heard broken
    }
    /// 现场采集
    kit: KitTexts {
        about reads start running save again done cut
        issue_file holder_file log log_protected transit proof
        proof_not_asked proof_after proof_before proof_both proof_neither
        fill application yes no bytes records exchanges
        programmer programmer_about programmer_reads programmer_start programmer_running programmer_again
        programmer_save messages tag card answered
    }
}

//! Profiles of programmers: the list, the form, its fields.

topic! {
    /// Texts about profiles of programmers.
    ProfileTexts

    /// The list, and the form around the fields.
    page: ProfilePage {
        tab about in_use list name dialect primitives bobu speed whose shipped own does copy edit
        export delete delete_sure delete_about import imported bad_file not_json malformed unfit
        save cancel taken line commands waits
    }
    /// What a field may be.
    rule: ProfileRules {
        name number bytes bytes_range or_none yes no three_three fifty all last_only
    }
    /// What a field is called, and what it means.
    field: ProfileFields {
        id id_about baud baud_about dtr dtr_about rts rts_about rsctl rsctl_about rsctl_echo
        rsctl_echo_about llc_echo llc_echo_about device device_about device_replies
        device_replies_about device_settings device_settings_about dsrc dsrc_about psam_1
        psam_1_about psam_2 psam_2_about psam_3 psam_3_about psam_sw psam_sw_about psam_length
        psam_length_about psam_baud psam_baud_about beacon beacon_about channel channel_about
        card_mode card_mode_about list_bytes list_bytes_about settle settle_about start start_about
        wrapped wrapped_about sn_echo sn_echo_about open open_about open_data open_data_about
        card_reset card_reset_about card card_about card_dt card_dt_about esam esam_about esam_dt
        esam_dt_about answers answers_about
    }
    /// The same of waits, in parts.
    wait: ProfileWaits {
        ms ms_about sends sends_about open psam initialise transfer set_mmi
    }
}

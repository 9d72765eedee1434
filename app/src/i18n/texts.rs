//! The catalogue's shape: one section per screen, one field per text. `{}` stands for a value.

/// A topic with sections of its own, in a file of its own.
macro_rules! topic {
    (
        $(#[doc = $about:literal])+ $topic:ident
        $($(#[doc = $doc:literal])+ $section:ident: $name:ident { $($field:ident)+ })+
    ) => {
        $(#[doc = $about])+
        pub struct $topic {
            $($(#[doc = $doc])+ pub $section: $name,)+
        }

        $(
            $(#[doc = $doc])+
            pub struct $name {
                $(#[allow(missing_docs)] pub $field: &'static str,)+
            }
        )+
    };
}

mod cards;

pub use cards::*;
mod devices;

pub use devices::*;
mod money;

pub use money::*;
mod profiles;

pub use profiles::*;
mod records;

pub use records::*;
mod tags;

pub use tags::*;

macro_rules! sections {
    ($($(#[doc = $doc:literal])+ $section:ident: $name:ident { $($field:ident)+ })+) => {
        /// All texts of the page in one language.
        pub struct Texts {
            $($(#[doc = $doc])+ pub $section: $name,)+
            /// Texts about issuing cards.
            pub cards: IssuingTexts,
            /// Texts about devices.
            pub devices: DeviceTexts,
            /// Texts about money.
            pub money: MoneyTexts,
            /// Texts about profiles of programmers.
            pub profiles: ProfileTexts,
            /// Texts about records.
            pub records: RecordTexts,
            /// Texts about tags.
            pub tags: TagTexts,
            /// Names of values that cards and records hold.
            pub words: Words,
        }

        $(
            $(#[doc = $doc])+
            pub struct $name {
                $(#[allow(missing_docs)] pub $field: &'static str,)+
            }
        )+
    };
}

sections! {
    /// The frame around every task.
    shell: Shell {
        product bar nav note
        reader reader_none reader_opening reader_refused reader_elsewhere
        connect_reader connect_serial connect_system use_here take_back slot
        card card_absent card_present
        backend backend_up backend_down
        mask masked lock sign_out other_lang other_lang_name
        demo demo_about bench help writing working scan_swallowed close
        fetch_again
    }
    /// Task groups and tasks, as the menu names them.
    tasks: Tasks {
        load_group load load_about
        check_group check check_about
        help_group faults faults_about
        home
    }
    /// The sign-in page and the lock screen.
    sign_in: SignInTexts {
        title operator password terminal terminal_hint terminal_wrong missing submit busy
        demo_hint demo_fill
        locked locked_about unlock unlocking other_person
    }
    /// The first page.
    home: Home {
        welcome choose first_use first_use_about first_use_done
    }
    /// The list of keys.
    keys: KeyTexts {
        title open_task open_task_keys back help confirm mask lock list
        scan
    }
    /// The step rail and its states.
    rail: Rail {
        label todo active done failed unknown step seconds slow
    }
    /// Steps of all tasks, in the words of the counter.
    steps: Steps {
        ask_records
        read amount pay write verify
    }
    /// What the step rail says while a step takes long.
    waits: Waits {
        read_card ask_records settle_open prove_card account let_go authorise write_card confirm
        check_balance call_tag read_tag read_vehicle write_vehicle write_system write_flag signal_tag
        pay amount
    }
    /// What F1 says about the step in hand.
    help: HelpTexts {
        title home check_card load_read load_amount load_pay load_write load_done faults sign_in more
    }
    /// Card check 卡片检测.
    check: Check {
        read read_again put_card reading
        good good_about bad settled
        card_number plate card_type version validity plate_colour vehicle_class
        holder id_number balance status open_record
        agrees differs in_records other_holder no_records
        log log_empty log_protected log_kind log_amount log_counter log_time
        transit transit_none transit_passage transit_station transit_lane transit_time
        go_load
    }
    /// Card load 卡片充值.
    load: Load {
        reading
        amount amount_hint amount_wrong amount_choices yuan next
        before loaded_amount after agrees differs
        collect collect_about confirm_cash
        paid_before resume do_not_move
        success check_balance check_balance_about balance_checked next_customer
        settled settled_about open_record cancel back_to_amount
        record record_tail created_at outlet valid_until
    }
    /// 库存与状态: how many tags lie where, and what a supervisor does with them.
    stock: Stock {
        title about help
        counts card_counts tag_counts use_of issued free central cards tags empty
        hand_ins nothing_waits why chip since tick
        exchanged forbids failed given_up
        hand_out to_outlet to_outlet_hint sns sns_hint sns_wrong done
        status sn_or_card find reason_hint suspend report_lost lift
        signatures_left allow_signatures allow_signatures_about allow_signatures_confirm
    }
    /// The fault card and the fault pages.
    faults: Faults {
        title search search_hint none_found count back back_to
        next dont ask party retry retry_yes retry_no more status_word tries_left
        written written_no written_unknown written_yes
        record record_none
        unknown_heading failed_heading
        party_person party_card party_reader party_programmer party_tag party_network party_authority party_us
        ask_supervisor ask_it ask_centre
        reader_group card_group network_group authority_group record_group payment_group
        programmer_group tag_group
    }
    /// Masked values and dialogs.
    masked: MaskedTexts {
        name id_number hidden hold shielded
    }
    /// The virtual devices of a demo.
    bench: Bench {
        title card insert remove reader short_apdu extended tpdu_t0 tpdu_t1 tpdu_t1_crc serial protected
        plug_in unplug missing
        fault no_fault tear_before tear_within tear_after reset
        load_elsewhere load_elsewhere_about pay_toll pay_toll_about not_taken
    }
}

/// Names of values that cards and records hold.
pub struct Words {
    /// Plate colours 0 to 6.
    pub plate_colours: [&'static str; 7],
    /// Coaches, classes 1 to 4.
    pub coaches: [&'static str; 4],
    /// Trucks, classes 11 to 16.
    pub trucks: [&'static str; 6],
    /// Special vehicles, classes 21 to 26.
    pub special_vehicles: [&'static str; 6],
    /// Card type 22.
    pub stored_value: &'static str,
    /// Card type 23.
    pub credit: &'static str,
    /// A value no list names.
    pub unknown_value: &'static str,
    /// Anything else.
    pub other: &'static str,
    /// Card in order.
    pub normal: &'static str,
    /// Card suspended.
    pub suspended: &'static str,
    /// Card reported lost.
    pub lost: &'static str,
    /// Card cancelled.
    pub cancelled: &'static str,
    /// Card damaged.
    pub damaged: &'static str,
    /// Card on the blacklist.
    pub blacklisted: &'static str,
    /// Record not paid.
    pub created: &'static str,
    /// Record paid and not loaded.
    pub paid: &'static str,
    /// Record whose write is not settled.
    pub loading: &'static str,
    /// Record loaded.
    pub loaded: &'static str,
    pub refunding: &'static str,
    pub refunded: &'static str,
    pub conflict: &'static str,
    /// Record closed.
    pub closed: &'static str,
    /// Role.
    pub teller: &'static str,
    /// Role.
    pub supervisor: &'static str,
    /// Role.
    pub auditor: &'static str,
    /// Outlet of our own.
    pub own_outlet: &'static str,
    /// Outlet of a bank.
    pub bank_outlet: &'static str,
    /// Log record: load.
    pub load: &'static str,
    /// Log record: purchase.
    pub purchase: &'static str,
    /// Passage through a manual lane.
    pub manual_entry: &'static str,
    /// Passage through a manual lane.
    pub manual_exit: &'static str,
    /// Passage through an ETC lane.
    pub etc_entry: &'static str,
    /// Passage through an ETC lane.
    pub etc_exit: &'static str,
}

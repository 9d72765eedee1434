//! The production page in a real Chromium, with the virtual reader a demo instance offers: nothing
//! between the button and the ledger is replaced. One Chromium for all; each story gets a backend,
//! and so an origin, of its own.

// Money reads as yuan_fen.
#![allow(clippy::inconsistent_digit_grouping)]

mod desk;
mod stories;
mod stories_cards;
mod stories_devices;
mod stories_evidence;
mod stories_money;
mod stories_programmer;
mod stories_reader;
mod stories_records;
mod stories_tag_tasks;
mod stories_tags;

use std::rc::Rc;

use etc_tests::browser::Browser;
use tokio::task::{LocalSet, spawn_local};

use desk::Desk;

macro_rules! tell {
    ($browser:ident, $told:ident: $($story:ident),+ $(,)?) => {
        tell!($browser, $told, open: $($story),+);
    };
    ($browser:ident, $told:ident, $open:ident: $($story:ident),+ $(,)?) => {
        // One story alone: `ETC_STORY=english cargo test …`.
        let wanted = std::env::var("ETC_STORY").unwrap_or_default();
        $(
            if stringify!($story).contains(&wanted) {
                println!("story: {}", stringify!($story).replace('_', " "));
                let desk = Desk::$open(&$browser, stringify!($story)).await;
                $told::$story(&desk).await;
                desk.close().await;
            }
        )+
    };
}

async fn stories(browser: Rc<Browser>) {
    tell!(browser, stories:
        a_card_is_checked_and_loaded,
        a_card_pulled_before_the_write_is_offered_again,
        a_card_pulled_after_the_write_is_found_loaded,
        a_torn_load_is_finished_after_a_reload,
        an_answer_that_got_lost_is_handed_in_by_the_next_page,
        another_card_cannot_take_a_paid_load,
        a_card_checked_before_the_write_is_met_anew,
        a_reader_put_back_before_the_write_is_met_anew,
        a_reload_does_not_open_the_lock,
        leaving_the_page_does_not_drop_a_write,
        an_expired_sign_in_waits_for_the_next_one,
        a_backend_that_is_away_changes_nothing,
        every_unfit_card_is_refused_by_its_code,
        amounts_that_cannot_be_are_refused,
        a_protected_reader_is_explained_before_it_is_claimed,
        a_second_tab_does_not_get_the_reader,
        a_page_that_cannot_be_fetched_is_asked_for_again,
        everything_is_there_in_english,
        a_bank_teller_is_refused_cash,
    );
    tell!(browser, stories_cards:
        a_card_is_issued_from_an_application,
        a_torn_issue_goes_on_with_the_same_card,
        a_begun_application_is_given_up,
        a_bank_wants_a_card_of_its_own,
        an_application_is_one_tellers_at_a_time,
        nothing_is_written_to_a_wrong_card,
        after_three_cards_it_is_not_the_cards,
        a_card_that_forbids_is_never_tried_again,
        a_card_is_exchanged,
        the_backend_is_away_while_a_card_is_issued,
        a_card_outside_its_validity_is_activated,
        a_card_issued_elsewhere_gets_a_tag,
        issuing_cards_is_there_in_english,
    );
    tell!(browser, stories_devices:
        a_reader_is_looked_at_without_signing_in,
        a_load_is_in_the_trace_without_its_secrets,
        a_capture_of_the_page_can_be_replayed,
        a_protected_reader_has_its_reasons_told,
        devices_are_there_in_english,
    );
    tell!(browser, stories_money:
        a_load_is_paid_by_pos,
        a_slip_is_scanned_and_used_once,
        a_wrong_amount_is_corrected_before_the_payment,
        money_is_given_back_in_cash,
        money_that_was_not_given_back_goes_onto_the_card,
        a_drawer_is_opened_counted_and_closed,
        the_day_is_looked_at_and_loads_are_stopped,
        money_is_there_in_english,
    );
    tell!(browser, stories_reader, open_with_doors:
        an_idle_tab_gives_its_reader_up_and_takes_it_back,
        a_tab_in_the_middle_of_a_task_keeps_its_reader,
        a_silent_tab_is_robbed_of_its_reader,
        what_the_browser_refuses_has_a_code_of_its_own,
        a_reader_on_a_serial_line_loads_a_card,
        a_reader_of_the_system_loads_a_card,
        a_card_pulled_from_a_reader_of_the_system_leaves_the_write_unknown,
        readers_are_there_in_english,
    );
    tell!(browser, stories_records:
        a_torn_load_is_put_back_and_loaded,
        a_load_that_reached_its_card_closes_its_record,
        a_paid_record_is_loaded_without_paying_again,
        another_card_does_not_change_a_record,
        a_record_without_its_card_is_decided_by_two,
        another_outlet_finishes_a_load,
        an_auditor_reads_and_changes_nothing,
        a_bank_sees_its_own_records_only,
        records_are_there_in_english,
    );
    tell!(browser, stories_tags:
        a_tag_in_order_is_checked_in_both_dialects,
        every_unfit_tag_is_refused_by_its_code,
        tags_come_and_go,
        a_programmer_is_unplugged_and_comes_back,
        a_card_is_loaded_in_the_slot_of_a_programmer,
        tags_are_there_in_english,
    );
    tell!(browser, stories_tag_tasks:
        a_tag_is_issued_and_activated_in_both_dialects,
        a_cancelled_tag_is_issued_again,
        a_tag_is_exchanged_or_replaced,
        nothing_is_written_to_a_wrong_tag,
        the_network_comes_and_goes_at_the_car,
        a_tag_of_another_vehicle_is_not_activated,
        a_tag_that_differs_shows_where,
        the_stock_is_kept_by_a_supervisor,
        tag_tasks_are_there_in_english,
    );
    tell!(browser, stories_programmer, open_with_doors:
        a_programmer_that_is_refused_says_why,
        what_is_no_programmer_is_named,
        a_disturbed_line_is_read_all_the_same,
        a_programmer_pulled_at_any_step_comes_back_by_itself,
        an_idle_tab_gives_its_programmer_up,
        a_tab_that_reads_a_tag_keeps_its_programmer,
        a_device_unlike_the_shipped_ones_is_used_by_a_profile_of_its_own,
        a_bad_profile_is_refused_by_its_field,
        the_line_of_a_programmer_is_traced_and_captured,
        programmers_are_there_in_english,
    );
    tell!(browser, stories_evidence:
        a_browser_killed_before_the_write_is_finished_elsewhere,
        a_browser_killed_after_the_authorisation_is_finished_elsewhere,
        a_browser_killed_after_the_write_is_found_out_elsewhere,
        a_card_that_counts_before_the_load_proves_it,
        an_answer_in_the_journal_proves_a_load,
        a_card_that_keeps_no_proof_is_believed_by_its_log,
        a_toll_after_the_tear_hides_nothing,
        a_load_by_another_system_frees_the_record,
        a_toll_before_the_second_load_is_no_obstacle,
        a_load_that_nothing_proves_is_decided_by_two,
        a_card_that_repeats_its_randoms_is_not_put_back,
        a_record_is_not_put_back_without_its_card,
        a_locked_card_is_unlocked_at_the_counter,
        evidence_is_there_in_english,
    );
}

#[tokio::test]
async fn a_teller_at_work() {
    let browser = Rc::new(Browser::start().await);
    let told = async { spawn_local(stories(browser.clone())).await };
    let told = LocalSet::new().run_until(told).await;
    // Also after a story that failed: a Chromium whose driver is gone would stay.
    browser.close().await;
    if let Err(failed) = told {
        std::panic::resume_unwind(failed.into_panic());
    }
}

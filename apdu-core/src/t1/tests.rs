//! A script of blocks against our side of the line. Blocks are written as the standard draws them, NAD PCB LEN
//! INF; the EDC is that of `block`, which has tests of its own.

use super::*;

/// A line, its EDC, and what it has just sent.
struct Script {
    t1: T1,
    edc: Edc,
    action: Action,
}

impl Script {
    fn with(ifsc: u8, edc: Edc) -> Self {
        Self {
            t1: T1::new(ifsc, edc),
            edc,
            action: Action::Dead,
        }
    }

    /// A line with LRC and blocks of at most 4 bytes.
    fn new() -> Self {
        Self::with(4, Edc::Lrc)
    }

    fn transmits(mut self, command: &[u8]) -> Self {
        self.action = Action::send(self.t1.transmit(command));
        self
    }

    /// The last block went out like this.
    #[track_caller]
    fn sends(self, body: &[u8]) -> Self {
        self.sends_and_waits(body, 1)
    }

    #[track_caller]
    fn sends_and_waits(self, body: &[u8], wtx: u8) -> Self {
        let block = [body, &self.edc.of(body)].concat();
        assert_eq!(self.action, Action::Send { block, wtx });
        self
    }

    /// The card sends this.
    fn hears(mut self, body: &[u8]) -> Self {
        let block = [body, &self.edc.of(body)].concat();
        self.action = self.t1.handle(Received::Block(&block));
        self
    }

    fn hears_raw(mut self, received: Received<'_>) -> Self {
        self.action = self.t1.handle(received);
        self
    }

    fn hears_wrong_edc(self) -> Self {
        self.hears_raw(Received::Block(&[0, 0x00, 1, 0x90, 0x00]))
    }

    #[track_caller]
    fn ends(self, action: Action) -> Self {
        assert_eq!(self.action, action);
        self
    }

    #[track_caller]
    fn answers(self, answer: &[u8]) -> Self {
        self.ends(Action::Answer(answer.to_vec()))
    }
}

const GET_BALANCE: [u8; 4] = [0x80, 0x5C, 0x00, 0x02];

#[test]
fn one_block_there_and_one_back_with_alternating_numbers() {
    Script::new()
        .transmits(&GET_BALANCE)
        .sends(&[0, 0x00, 4, 0x80, 0x5C, 0x00, 0x02])
        .hears(&[0, 0x00, 2, 0x90, 0x00])
        .answers(&[0x90, 0x00])
        .transmits(&GET_BALANCE)
        .sends(&[0, 0x40, 4, 0x80, 0x5C, 0x00, 0x02])
        .hears(&[0, 0x40, 2, 0x6A, 0x82])
        .answers(&[0x6A, 0x82])
        .transmits(&GET_BALANCE)
        .sends(&[0, 0x00, 4, 0x80, 0x5C, 0x00, 0x02]);
}

#[test]
fn blocks_with_a_crc_are_the_same_but_for_their_end() {
    Script::with(4, Edc::Crc)
        .transmits(&GET_BALANCE)
        .sends(&[0, 0x00, 4, 0x80, 0x5C, 0x00, 0x02])
        .hears(&[0, 0x00, 2, 0x90, 0x00])
        .answers(&[0x90, 0x00]);
}

#[test]
fn long_commands_and_answers_are_chained() {
    Script::new()
        .transmits(&[1, 2, 3, 4, 5, 6, 7, 8, 9])
        .sends(&[0, 0x20, 4, 1, 2, 3, 4])
        .hears(&[0, 0x90, 0])
        .sends(&[0, 0x60, 4, 5, 6, 7, 8])
        .hears(&[0, 0x80, 0])
        .sends(&[0, 0x00, 1, 9])
        .hears(&[0, 0x20, 2, 0xA, 0xB])
        .sends(&[0, 0x90, 0])
        .hears(&[0, 0x60, 1, 0xC])
        .sends(&[0, 0x80, 0])
        .hears(&[0, 0x00, 2, 0x90, 0x00])
        .answers(&[0xA, 0xB, 0xC, 0x90, 0x00])
        // Both numbers have gone on.
        .transmits(&[7])
        .sends(&[0, 0x40, 1, 7])
        .hears(&[0, 0x40, 2, 0x90, 0x00])
        .answers(&[0x90, 0x00]);
}

#[test]
fn an_answer_with_a_wrong_edc_is_asked_for_again_three_times() {
    let asked = Script::new()
        .transmits(&[7])
        .hears_wrong_edc()
        .sends(&[0, 0x81, 0])
        .hears_wrong_edc()
        .sends(&[0, 0x81, 0])
        .hears_raw(Received::Garbled)
        .sends(&[0, 0x81, 0]);
    asked
        .hears(&[0, 0x00, 2, 0x90, 0x00])
        .answers(&[0x90, 0x00]);
}

#[test]
fn what_is_no_block_is_asked_for_again_for_another_reason() {
    Script::new()
        .transmits(&[7])
        .hears_raw(Received::Block(&[0, 0x00]))
        .sends(&[0, 0x82, 0])
        .hears(&[0, 0x00, 2, 0x90, 0x00])
        .answers(&[0x90, 0x00]);
}

#[test]
fn after_three_r_blocks_both_sides_are_resynchronised() {
    Script::new()
        .transmits(&[7])
        .hears_wrong_edc()
        .hears_wrong_edc()
        .hears_wrong_edc()
        .sends(&[0, 0x81, 0])
        .hears_wrong_edc()
        .sends(&[0, 0xC0, 0])
        .hears(&[0, 0xE0, 0])
        .ends(Action::Resynched);
}

#[test]
fn an_r_block_is_repeated_as_it_was() {
    // Rule 7.2: silence behind an R-block about an EDC does not change its reason.
    Script::new()
        .transmits(&[7])
        .hears_wrong_edc()
        .sends(&[0, 0x81, 0])
        .hears_raw(Received::Silence)
        .sends(&[0, 0x81, 0]);
}

#[test]
fn a_lost_block_is_sent_again_when_the_card_asks() {
    Script::new()
        .transmits(&[7])
        .hears(&[0, 0x81, 0])
        .sends(&[0, 0x00, 1, 7])
        .hears(&[0, 0x92, 0]) // waits for N(S) = 1, which there is not
        .sends(&[0, 0x82, 0])
        .hears(&[0, 0x00, 2, 0x90, 0x00])
        .answers(&[0x90, 0x00]);
}

#[test]
fn a_lost_block_in_a_chain_is_sent_again() {
    Script::new()
        .transmits(&[1, 2, 3, 4, 5])
        .hears(&[0, 0x82, 0])
        .sends(&[0, 0x20, 4, 1, 2, 3, 4])
        .hears(&[0, 0x90, 0])
        .sends(&[0, 0x40, 1, 5])
        .hears_raw(Received::Silence)
        .sends(&[0, 0x82, 0])
        .hears(&[0, 0x92, 0])
        .sends(&[0, 0x40, 1, 5])
        .hears(&[0, 0x00, 2, 0x90, 0x00])
        .answers(&[0x90, 0x00]);
}

#[test]
fn a_card_that_asks_for_the_same_block_for_ever_is_resynchronised() {
    let mut script = Script::new().transmits(&[7]);
    for _ in 0..3 {
        script = script.hears(&[0, 0x81, 0]).sends(&[0, 0x00, 1, 7]);
    }
    script.hears(&[0, 0x81, 0]).sends(&[0, 0xC0, 0]);
}

#[test]
fn in_an_answer_the_card_may_ask_for_our_acknowledgement_again() {
    Script::new()
        .transmits(&[7])
        .hears(&[0, 0x20, 1, 1])
        .sends(&[0, 0x90, 0])
        .hears(&[0, 0x91, 0])
        .sends(&[0, 0x90, 0])
        .hears(&[0, 0x40, 2, 0x90, 0x00])
        .answers(&[1, 0x90, 0x00]);
}

#[test]
fn a_wrong_number_is_asked_for_again_and_not_taken() {
    Script::new()
        .transmits(&[7])
        .hears(&[0, 0x40, 2, 0x90, 0x00])
        .sends(&[0, 0x82, 0])
        .hears(&[0, 0x00, 2, 0x90, 0x00])
        .answers(&[0x90, 0x00]);
}

#[test]
fn an_answer_before_the_command_is_whole_is_refused() {
    Script::new()
        .transmits(&[1, 2, 3, 4, 5])
        .hears(&[0, 0x00, 2, 0x90, 0x00])
        .sends(&[0, 0x82, 0]);
}

#[test]
fn waiting_time_is_extended_for_one_block_only() {
    Script::new()
        .transmits(&[7])
        .hears(&[0, 0xC3, 1, 255])
        .sends_and_waits(&[0, 0xE3, 1, 255], 255)
        .hears(&[0, 0xC3, 1, 0])
        .sends_and_waits(&[0, 0xE3, 1, 0], 1)
        .hears(&[0, 0x20, 1, 1])
        .sends_and_waits(&[0, 0x90, 0], 1)
        .hears(&[0, 0xC3, 1, 2])
        .sends_and_waits(&[0, 0xE3, 1, 2], 2)
        .hears(&[0, 0x40, 2, 0x90, 0x00])
        .answers(&[1, 0x90, 0x00]);
}

#[test]
fn the_card_may_change_the_length_of_our_blocks_in_between() {
    let script = Script::new()
        .transmits(&[1, 2, 3, 4, 5, 6, 7])
        .sends(&[0, 0x20, 4, 1, 2, 3, 4])
        .hears(&[0, 0xC1, 1, 2])
        .sends(&[0, 0xE1, 1, 2])
        .hears(&[0, 0x90, 0])
        .sends(&[0, 0x60, 2, 5, 6]);
    assert_eq!(script.t1.ifsc(), 2);
    script.hears(&[0, 0x80, 0]).sends(&[0, 0x00, 1, 7]);
}

#[test]
fn a_lost_s_response_is_made_good_by_an_r_block() {
    Script::new()
        .transmits(&[7])
        .hears(&[0, 0xC3, 1, 3])
        .sends_and_waits(&[0, 0xE3, 1, 3], 3)
        .hears_wrong_edc()
        .sends(&[0, 0x81, 0])
        .hears(&[0, 0xC3, 1, 3])
        .sends_and_waits(&[0, 0xE3, 1, 3], 3)
        .hears(&[0, 0x00, 2, 0x90, 0x00])
        .answers(&[0x90, 0x00]);
}

#[test]
fn an_abort_is_acknowledged_and_leads_to_a_resynchronisation() {
    Script::new()
        .transmits(&[1, 2, 3, 4, 5])
        .hears(&[0, 0xC2, 0])
        .sends(&[0, 0xE2, 0])
        .hears(&[0, 0x90, 0])
        .sends(&[0, 0xC0, 0])
        .hears(&[0, 0xE0, 0])
        .ends(Action::Resynched);
}

#[test]
fn a_card_must_not_resynchronise_so_we_do() {
    Script::new()
        .transmits(&[7])
        .hears(&[0, 0xC0, 0])
        .sends(&[0, 0xC0, 0]);
}

#[test]
fn a_response_that_nobody_asked_for_is_refused() {
    Script::new()
        .transmits(&[7])
        .hears(&[0, 0xE3, 1, 1])
        .sends(&[0, 0x82, 0]);
}

#[test]
fn after_a_resynchronisation_the_command_is_sent_whole_from_number_zero() {
    let mut script = Script::new()
        .transmits(&[7])
        .hears(&[0, 0x00, 2, 0x90, 0x00])
        .transmits(&[1, 2, 3, 4, 5])
        .hears(&[0, 0x80, 0]) // acknowledges N(S) = 1
        .sends(&[0, 0x00, 1, 5]);
    for _ in 0..4 {
        script = script.hears_raw(Received::Silence);
    }
    let mut script = script
        .sends(&[0, 0xC0, 0])
        .hears(&[0, 0xE0, 0])
        .ends(Action::Resynched);
    script.action = Action::send(script.t1.repeat());
    script
        .sends(&[0, 0x20, 4, 1, 2, 3, 4])
        .hears(&[0, 0x90, 0])
        .sends(&[0, 0x40, 1, 5])
        .hears(&[0, 0x00, 2, 0x90, 0x00])
        .answers(&[0x90, 0x00]);
}

#[test]
fn a_card_that_never_finds_back_is_dead_after_three_resynchronisations() {
    let mut script = Script::new().transmits(&[7]);
    for _ in 0..3 {
        for _ in 0..4 {
            script = script.hears_wrong_edc();
        }
        script = script
            .sends(&[0, 0xC0, 0])
            .hears(&[0, 0xE0, 0])
            .ends(Action::Resynched);
        script.action = Action::send(script.t1.repeat());
    }
    for _ in 0..4 {
        script = script.hears_wrong_edc();
    }
    script.ends(Action::Dead);
}

#[test]
fn a_resynchronisation_is_asked_for_three_times() {
    let mut script = Script::new().transmits(&[7]);
    for _ in 0..4 {
        script = script.hears_raw(Received::Silence);
    }
    script
        .sends(&[0, 0xC0, 0])
        .hears_raw(Received::Silence)
        .sends(&[0, 0xC0, 0])
        .hears(&[0, 0x00, 2, 0x90, 0x00]) // its answer, too late to be believed
        .sends(&[0, 0xC0, 0])
        .hears_raw(Received::Silence)
        .ends(Action::Dead)
        // The next command begins with another attempt.
        .transmits(&[8])
        .sends(&[0, 0xC0, 0])
        .hears(&[0, 0xE0, 0])
        .sends(&[0, 0x00, 1, 8])
        .hears(&[0, 0x00, 2, 0x90, 0x00])
        .answers(&[0x90, 0x00]);
}

#[test]
fn an_exchange_that_was_cut_off_is_followed_by_a_resynchronisation() {
    let mut script = Script::new().transmits(&[7]);
    script.t1.cut_off();
    let mut script = script.transmits(&[8]).sends(&[0, 0xC0, 0]);
    script = script
        .hears_raw(Received::Silence)
        .sends(&[0, 0xC0, 0])
        .hears_raw(Received::Silence)
        .sends(&[0, 0xC0, 0]);
    script.hears_raw(Received::Silence).ends(Action::Dead);
}

#[test]
fn the_card_agrees_to_an_ifsd_or_keeps_the_first_one() {
    let mut script = Script::new();
    script.action = Action::send(script.t1.request_ifsd(254));
    assert_eq!(script.t1.ifsd(), 32);
    let script = script
        .sends(&[0, 0xC1, 1, 254])
        .hears(&[0, 0xE1, 1, 254])
        .ends(Action::Ifsd(254));
    assert_eq!(script.t1.ifsd(), 254);

    let mut script = Script::new();
    script.action = Action::send(script.t1.request_ifsd(254));
    let script = script
        .hears(&[0, 0xE1, 1, 253]) // not what was asked
        .sends(&[0, 0xC1, 1, 254])
        .hears(&[0, 0x82, 0])
        .sends(&[0, 0xC1, 1, 254])
        .hears_raw(Received::Silence)
        .ends(Action::Ifsd(32));
    script.transmits(&[7]).sends(&[0, 0x00, 1, 7]);

    let mut script = Script::new();
    script.action = Action::send(script.t1.request_ifsd(254));
    script
        .hears_raw(Received::Silence)
        .hears_wrong_edc()
        .hears_raw(Received::Silence)
        .ends(Action::Dead);

    let mut t1 = T1::new(32, Edc::Lrc);
    t1.set_ifsd(254);
    assert_eq!(t1.ifsd(), 254);
}

#[test]
fn an_answer_without_end_is_not_believed() {
    let mut script = Script::new().transmits(&[7]);
    let inf = [0; 254];
    let mut number = 0;
    let resynchronises = [&[0, 0xC0, 0][..], &Edc::Lrc.of(&[0, 0xC0, 0])].concat();
    for _block in 0..(65_538 / 254) {
        script = script.hears(&[&[0, 0x20 | number << 6, 254][..], &inf].concat());
        number ^= 1;
    }
    script = script.hears(&[&[0, 0x20 | number << 6, 254][..], &inf].concat());
    script.ends(Action::Send {
        block: resynchronises,
        wtx: 1,
    });
}

#[test]
fn an_empty_command_is_one_empty_block() {
    Script::new().transmits(&[]).sends(&[0, 0x00, 0]);
}

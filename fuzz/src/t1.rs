//! Blocks of T=1 and our side of the line, ISO/IEC 7816-3 §11.

use apdu_core::t1::block::{BadBlock, Block, Edc};
use apdu_core::t1::{Action, Received, T1};

use crate::card::{Ear, credit, is_credit};
use crate::story::Story;

/// How often a card may be silent until an exchange is over: each block is asked for, each resynchronisation
/// is tried, and that a few times.
const PATIENCE: usize = 32;

/// A block that can be read is written as it was; one wrong bit in it is found out.
pub fn block(bytes: &[u8]) {
    for edc in [Edc::Lrc, Edc::Crc] {
        let Ok(block) = Block::parse(bytes, edc) else {
            continue;
        };
        let written = block.to_bytes(edc);
        assert_eq!(written, bytes[..written.len()]);
        assert_eq!(written.len(), 3 + usize::from(bytes[2]) + edc.length());
        // Not in LEN, which says where the EDC stands.
        for at in (0..written.len()).filter(|&at| at != 2) {
            let mut wrong = written.clone();
            wrong[at] ^= 0x10;
            assert_eq!(
                Block::parse(&wrong, edc),
                Err(BadBlock::Edc),
                "bit in byte {at}"
            );
        }
    }
}

/// The bytes are a story of what a card says. Whatever it says, its blocks stay as long as it takes them, a
/// command is delivered once, and silence ends the exchange.
pub fn exchange(bytes: &[u8]) {
    let mut story = Story(bytes);
    let edc = [Edc::Lrc, Edc::Crc][usize::from(story.byte() % 2)];
    let mut line = Line {
        t1: T1::new(story.byte().clamp(1, 254), edc),
        edc,
        ear: Ear::default(),
        running: false,
        delivered: 0,
    };
    while let Some(step) = story.next() {
        match step % 6 {
            0 => line.transmit(),
            1 | 2 => {
                let (pcb, inf) = (story.byte(), story.bytes());
                let mut block = [&[0, pcb, inf.len() as u8], inf].concat();
                block.extend(edc.of(&block));
                line.hear(Received::Block(&block));
            }
            3 => line.hear(Received::Block(story.bytes())),
            4 => line.hear(Received::Garbled),
            _ => line.hear(Received::Silence),
        }
    }
    for _ in 0..PATIENCE {
        line.hear(Received::Silence);
    }
    assert!(!line.running, "silence ends an exchange");
}

/// Our side, and what of it a card has heard.
struct Line {
    t1: T1,
    edc: Edc,
    ear: Ear,
    running: bool,
    delivered: usize,
}

impl Line {
    fn transmit(&mut self) {
        if !self.running {
            self.running = true;
            self.delivered = 0;
            let first = self.t1.transmit(&credit().to_bytes());
            self.say(&first);
        }
    }

    fn say(&mut self, block: &[u8]) {
        if let Some(command) = self.ear.hear(block, self.edc, self.t1.ifsc()) {
            assert!(is_credit(&command), "nothing but the command is delivered");
            self.delivered += 1;
            assert_eq!(self.delivered, 1, "a command is delivered once");
        }
    }

    fn hear(&mut self, received: Received<'_>) {
        if !self.running {
            return;
        }
        match self.t1.handle(received) {
            Action::Send { block, wtx } => {
                assert!(wtx > 0);
                self.say(&block);
            }
            // The CREDIT is not repeated behind a resynchronisation.
            Action::Answer(_) | Action::Resynched | Action::Dead => self.running = false,
            Action::Ifsd(_) => panic!("no IFSD was asked for"),
        }
    }
}

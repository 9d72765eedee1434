//! T=1, the block protocol between a reader at TPDU level and a card (ISO/IEC 7816-3 §11).
//!
//! [`block`] codes the blocks; [`T1`] is our side of the line: a synchronous state machine, a block in and a
//! block out, without any notion of readers or time.
//!
//! What the standard leaves to us: three times a block that cannot be read is asked for again, then both sides
//! are resynchronised, three times in one exchange; then the card counts as dead. Behind a resynchronisation
//! nobody knows whether the card has carried the command out, so it is not resumed: the caller sends it whole
//! once more, or not at all.

use alloc::vec::Vec;

use self::block::{BadBlock, Block, Edc, Error, Supervision};

pub mod block;

/// How often one block is asked for, or sent, again; and how often a request of ours is sent.
const RETRIES: u8 = 3;
/// How often one exchange is resynchronised.
const RESYNCHS: u8 = 3;
/// IFSD before anything was agreed, and IFSC where the ATR tells none (§11.4.2).
const FIRST_IFS: u8 = 32;
/// Longest answer believed: 65 536 bytes and a status word.
const LONGEST: usize = 65_538;

/// The interface device's side of T=1 with one card, from its reset on.
#[derive(Clone, Debug)]
pub struct T1 {
    edc: Edc,
    /// IFSC of the ATR.
    first_ifsc: u8,
    ifsc: u8,
    ifsd: u8,
    /// N(S) of our I-block that is on its way, or will be.
    ns: u8,
    /// N(S) of the card's I-block that is waited for.
    nr: u8,
    command: Vec<u8>,
    /// So many bytes of it the card has acknowledged,
    acknowledged: usize,
    /// and so many are in the I-block on its way.
    under_way: usize,
    /// The card has begun to answer: all of the command has arrived.
    receiving: bool,
    answer: Vec<u8>,
    /// What we have sent last.
    last: Last,
    tries: u8,
    resynchs: u8,
    /// Anything that was a block has come from this card.
    heard: bool,
    /// Nobody knows what the other side thinks: resynchronise before anything else.
    adrift: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Last {
    /// An I-block, or an S-block that answers the card: what follows is the card's next block.
    Information,
    Ready(Error),
    IfsRequest(u8),
    /// Behind it the command begins, for the first time.
    ResynchFirst,
    ResynchRequest,
}

/// What came from the card.
#[derive(Clone, Copy, Debug)]
pub enum Received<'a> {
    /// Bytes that should be a block.
    Block(&'a [u8]),
    /// Bytes with wrong parity.
    Garbled,
    /// Nothing in time.
    Silence,
}

/// What is to be done next.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Action {
    /// Send this block. The card may take `wtx` times its block waiting time to answer it, this once.
    Send {
        /// The whole block.
        block: Vec<u8>,
        /// 1 unless the card has asked for more.
        wtx: u8,
    },
    /// The answer to the command: a response APDU, or what the card sent for one.
    Answer(Vec<u8>),
    /// The longest block of the card from here on: what was asked for, or what it was before.
    Ifsd(u8),
    /// Both sides begin anew; what the card did with the command is unknown.
    /// [`repeat`](T1::repeat) sends it once more.
    Resynched,
    /// The card does not find back.
    Dead,
}

impl T1 {
    /// T=1 with a card after its reset, with IFSC and EDC of its ATR.
    pub fn new(ifsc: u8, edc: Edc) -> Self {
        Self {
            edc,
            first_ifsc: ifsc,
            ifsc,
            ifsd: FIRST_IFS,
            ns: 0,
            nr: 0,
            command: Vec::new(),
            acknowledged: 0,
            under_way: 0,
            receiving: false,
            answer: Vec::new(),
            last: Last::Information,
            tries: 0,
            resynchs: 0,
            heard: false,
            adrift: false,
        }
    }

    /// Longest information field the card takes now.
    pub fn ifsc(&self) -> u8 {
        self.ifsc
    }

    /// Longest information field the card may send.
    pub fn ifsd(&self) -> u8 {
        self.ifsd
    }

    /// The reader has told the card this IFSD by itself.
    pub fn set_ifsd(&mut self, ifsd: u8) {
        self.ifsd = ifsd;
    }

    /// S(IFS request), which tells the card how long its blocks may be. What follows ends with
    /// [`Action::Ifsd`], or with [`Action::Dead`] if nothing that is a block comes back.
    #[must_use]
    pub fn request_ifsd(&mut self, ifsd: u8) -> Vec<u8> {
        self.tries = 1;
        self.block(Last::IfsRequest(ifsd))
    }

    /// The first block of a command APDU. If the last exchange ended in the dark, it is a S(RESYNCH request),
    /// and the command comes behind it.
    #[must_use]
    pub fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        self.command = command.to_vec();
        self.resynchs = 0;
        if self.adrift {
            self.resynchs = 1;
            self.tries = 1;
            self.block(Last::ResynchFirst)
        } else {
            self.repeat()
        }
    }

    /// The first block of the same command, to send it whole once more.
    #[must_use]
    pub fn repeat(&mut self) -> Vec<u8> {
        self.acknowledged = 0;
        self.receiving = false;
        self.answer.clear();
        self.next_block()
    }

    /// The exchange was cut off from outside.
    pub fn cut_off(&mut self) {
        self.adrift = true;
    }

    /// Takes what came in answer to the last block.
    pub fn handle(&mut self, received: Received<'_>) -> Action {
        let bytes = match received {
            Received::Block(bytes) => bytes,
            Received::Garbled => return self.complain(Error::Edc),
            Received::Silence => return self.complain(Error::Other),
        };
        let block = match Block::parse(bytes, self.edc) {
            Ok(block) => block,
            Err(BadBlock::Edc) => return self.complain(Error::Edc),
            Err(BadBlock::Malformed) => return self.complain(Error::Other),
        };
        self.heard = true;
        match block {
            Block::Response(what) => self.handle_response(what),
            _ if self.awaits_response() => self.complain(Error::Other),
            // Behind an abort: whatever the card says now, it is not our answer.
            _ if self.adrift => self.resynchronise(),
            Block::I { seq, more, inf } => self.handle_information(seq, more, inf),
            Block::R { seq, .. } => self.handle_ready(seq),
            Block::Request(what) => self.handle_request(what),
        }
    }

    /// An I-block: it acknowledges all of ours (rule 2.2), and is acknowledged by an R-block if more of
    /// them follow (rule 5).
    fn handle_information(&mut self, seq: u8, more: bool, inf: &[u8]) -> Action {
        let whole = self.acknowledged + self.under_way == self.command.len();
        if seq != self.nr || !(self.receiving || whole) {
            return self.complain(Error::Other);
        }
        if !self.receiving {
            self.receiving = true;
            self.ns ^= 1;
        }
        self.nr ^= 1;
        self.tries = 0;
        self.answer.extend_from_slice(inf);
        if self.answer.len() > LONGEST {
            return self.resynchronise();
        }
        if more {
            Action::send(self.block(Last::Ready(Error::None)))
        } else {
            Action::Answer(core::mem::take(&mut self.answer))
        }
    }

    /// An R-block: the next I-block of our chain is waited for (rule 2.2), or the last block was not
    /// understood (rule 7).
    fn handle_ready(&mut self, seq: u8) -> Action {
        let whole = self.acknowledged + self.under_way == self.command.len();
        if self.receiving {
            self.complain(Error::Other)
        } else if seq == self.ns {
            self.try_again(Last::Information)
        } else if whole {
            self.complain(Error::Other)
        } else {
            self.acknowledged += self.under_way;
            self.ns ^= 1;
            Action::send(self.next_block())
        }
    }

    /// The card asks for something on the side (rules 3, 4, 9); the block that is waited for comes behind it.
    fn handle_request(&mut self, what: Supervision) -> Action {
        match what {
            Supervision::Resynch => return self.resynchronise(), // only we may ask for it (rule 6.1)
            Supervision::Ifs(size) => self.ifsc = size,
            Supervision::Abort => self.adrift = true,
            Supervision::Wtx(_) => {}
        }
        self.tries = 0;
        self.last = Last::Information;
        Action::Send {
            block: Block::Response(what).to_bytes(self.edc),
            wtx: match what {
                Supervision::Wtx(factor) => factor.max(1),
                _ => 1,
            },
        }
    }

    fn handle_response(&mut self, what: Supervision) -> Action {
        match (self.last, what) {
            (Last::IfsRequest(asked), Supervision::Ifs(size)) if size == asked => {
                self.ifsd = size;
                Action::Ifsd(size)
            }
            (Last::ResynchFirst, Supervision::Resynch) => {
                self.begin_anew();
                Action::send(self.repeat())
            }
            (Last::ResynchRequest, Supervision::Resynch) => {
                self.begin_anew();
                Action::Resynched
            }
            _ => self.complain(Error::Other),
        }
    }

    /// What came is no answer to what we sent (rules 7.1 to 7.3): a request of ours is sent again, so is an
    /// R-block; anything else of the card's is asked for again by an R-block.
    fn complain(&mut self, error: Error) -> Action {
        match self.last {
            Last::Information => self.try_again(Last::Ready(error)),
            last => self.try_again(last),
        }
    }

    /// Sends what is to be sent in place of the last block, or gives up on that.
    fn try_again(&mut self, what: Last) -> Action {
        if self.tries < RETRIES {
            self.tries += 1;
            return Action::send(self.block(what));
        }
        match what {
            Last::IfsRequest(_) if self.heard => Action::Ifsd(self.ifsd),
            Last::IfsRequest(_) | Last::ResynchFirst | Last::ResynchRequest => self.give_up(),
            _ => self.resynchronise(),
        }
    }

    /// S(RESYNCH request), rule 6.
    fn resynchronise(&mut self) -> Action {
        self.adrift = true;
        self.resynchs += 1;
        if self.resynchs > RESYNCHS {
            return self.give_up();
        }
        self.tries = 1;
        Action::send(self.block(Last::ResynchRequest))
    }

    fn give_up(&mut self) -> Action {
        self.adrift = true;
        Action::Dead
    }

    /// Sequence numbers as after a reset. What the card had asked for since is kept where it is the stricter.
    fn begin_anew(&mut self) {
        self.ns = 0;
        self.nr = 0;
        self.ifsc = self.ifsc.min(self.first_ifsc);
        self.adrift = false;
    }

    fn awaits_response(&self) -> bool {
        matches!(
            self.last,
            Last::IfsRequest(_) | Last::ResynchFirst | Last::ResynchRequest
        )
    }

    /// The next I-block of the command.
    fn next_block(&mut self) -> Vec<u8> {
        let left = self.command.len() - self.acknowledged;
        self.under_way = left.min(usize::from(self.ifsc));
        self.tries = 0;
        self.block(Last::Information)
    }

    /// The bytes of what is sent now.
    fn block(&mut self, what: Last) -> Vec<u8> {
        self.last = what;
        let block = match what {
            Last::Information => {
                let end = self.acknowledged + self.under_way;
                Block::I {
                    seq: self.ns,
                    more: end < self.command.len(),
                    inf: self.command.get(self.acknowledged..end).unwrap_or_default(),
                }
            }
            Last::Ready(error) => Block::R {
                seq: self.nr,
                error,
            },
            Last::IfsRequest(size) => Block::Request(Supervision::Ifs(size)),
            Last::ResynchFirst | Last::ResynchRequest => Block::Request(Supervision::Resynch),
        };
        block.to_bytes(self.edc)
    }
}

impl Action {
    fn send(block: Vec<u8>) -> Self {
        Self::Send { block, wtx: 1 }
    }
}

#[cfg(test)]
mod tests;

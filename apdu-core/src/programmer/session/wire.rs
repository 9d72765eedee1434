//! What the session asks of a dialect.

use alloc::vec::Vec;
use core::fmt;

use super::Millis;
use crate::apdu::{Command, Response};
use crate::fault::Code;
use crate::obu_programmer::{Channel, Device, Mmi, PsamSlot, Tag};

/// One request, as it goes on the wire and is answered.
#[derive(Clone, Debug)]
pub enum Ask {
    /// Initialise the device.
    Open { unix: u32 },
    /// Reset a PSAM.
    PsamReset(PsamSlot),
    /// An APDU list to a PSAM.
    Psam(PsamSlot, Vec<Vec<u8>>),
    /// Call the tags near by.
    Initialise { unix: u32 },
    /// Reset the card, where that is a request of its own.
    ResetCard,
    /// An APDU list to a chip; `mac` is the tag's, where it has one.
    Transfer {
        mac: [u8; 4],
        channel: Channel,
        list: Vec<Vec<u8>>,
    },
    /// Have the tag signal.
    SetMmi { mac: [u8; 4], shown: Mmi },
    /// Let the tag go. Not answered.
    Release { mac: [u8; 4] },
}

/// What came over the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sound {
    /// A whole message.
    Message(Vec<u8>),
    /// What was to be one.
    Broken,
    /// The device wants this sent before anything else.
    Demand(&'static [u8]),
}

/// What a message is to a request.
#[derive(Clone, Debug)]
pub enum Judged {
    /// Its answer.
    Reply(Reply),
    /// The last word, and none that was hoped for.
    Refused(Code),
    /// The device says that no tag answered; one may come.
    NoTag,
    /// The answer of another tag.
    OtherTag,
    /// Its answer, garbled.
    Broken,
    /// Late, doubled, or something else.
    NotMine,
}

/// The answer to a request.
#[derive(Clone, Debug)]
pub enum Reply {
    /// To [`Ask::Open`].
    Opened(Device),
    /// To [`Ask::PsamReset`]: its terminal number.
    PsamReset([u8; 6]),
    /// To [`Ask::Psam`] and [`Ask::Transfer`].
    Answers(Vec<Response>),
    /// To [`Ask::Initialise`].
    Tag(Tag),
    /// To [`Ask::ResetCard`] and [`Ask::SetMmi`].
    Done,
}

/// A dialect: builds requests, finds messages, judges them.
pub trait Wire: fmt::Debug {
    /// The frames of a request, none where the dialect has nothing to say for it. Refuses by name what it
    /// cannot do.
    fn request(&mut self, ask: &Ask) -> Result<Vec<Vec<u8>>, Code>;

    /// Takes bytes of the line.
    fn hear(&mut self, bytes: &[u8]) -> Vec<Sound>;

    /// What a message is to this request, which was the last one built.
    fn judge(&self, ask: &Ask, message: &[u8]) -> Judged;

    /// Whether a frame has begun that only a silence would end.
    fn is_stuck(&self) -> bool;

    /// The silence was long: what has begun is nothing.
    fn give_up(&mut self) -> Vec<Sound>;

    /// What has begun to come is not the answer to what is sent next.
    fn let_go(&mut self);

    /// Whether an answer to an earlier request can be told from the answer to this one.
    fn tells_late_answers(&self, ask: &Ask) -> bool;

    /// What it means that this request is not answered.
    fn silence(&self, ask: &Ask) -> Code;

    /// Most commands and most bytes in one list.
    fn list_limits(&self) -> (usize, usize);

    /// Where tags are called over the air, and the card is in the tag: how long others may answer.
    fn over_the_air(&self) -> Option<Millis>;
}

/// A command as chips behind a programmer are sent it: a T=0 TPDU, without Le where it has data (ISO/IEC
/// 7816-3 §12.2), as in every list of the reference. `None` for an extended one.
pub fn tpdu(command: &Command) -> Option<Vec<u8>> {
    let is_short = command.data.len() <= 255 && command.ne <= 256;
    let ne = if command.data.is_empty() {
        command.ne
    } else {
        0
    };
    is_short.then(|| {
        Command {
            ne,
            ..command.clone()
        }
        .to_bytes()
    })
}

/// Whether these can be the answers to this list: one for each TPDU, or fewer where the last one says why.
///
/// A chip that carries out a command without data sends as many bytes as Le asks for, or says otherwise by its
/// status word (ISO/IEC 7816-3 §12.2): where nothing else tells a late answer from the awaited one, this often
/// does.
pub fn answers_fit(list: &[Vec<u8>], answers: &[Response]) -> bool {
    let is_long_enough = |(tpdu, answer): (&Vec<u8>, &Response)| match tpdu[..] {
        [_, _, _, _, le] if le != 0 && answer.sw.is_ok() => answer.data.len() == usize::from(le),
        _ => true,
    };
    let is_complete = match answers.last() {
        None => false,
        Some(_) if answers.len() == list.len() => true,
        Some(last) => answers.len() < list.len() && !went_well(last),
    };
    is_complete && list.iter().zip(answers).all(is_long_enough)
}

/// Whether a command was carried out.
pub fn went_well(answer: &Response) -> bool {
    answer.sw.is_ok() || answer.sw.more_data().is_some()
}

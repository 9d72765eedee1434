//! What a flow sees of an OBU programmer 标签发行设备, whatever its vendor: the operations of
//! GB/T 28423 (serial reference §3.4).

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::slice;

use crate::apdu::{Command, Response};
use crate::card::{Answer, Card, NoAnswer, PowerSession};
use crate::fault::Code;
use crate::obu::Contract;

/// A programmer on its line.
///
/// An APDU list that has a [`Once`](crate::apdu::Repeat::Once) command in it is put on the wire at most
/// once, whatever happens, and ends as answered or as unknown. Answers come in the order of the list;
/// there are fewer where the list ended at a command that was refused. In a list of one, `61xx` and, for
/// a repeatable command, `6Cxx` are resolved; in a longer one they stay as they came.
pub trait ObuProgrammer {
    /// Opens the line and initialises the device, RSU_Open and RSU_INIT.
    fn open(&mut self) -> Answer<'_, Result<Device, NoAnswer>>;

    /// Resets a PSAM; gives its terminal number.
    fn psam_reset(&mut self, slot: PsamSlot) -> Answer<'_, Result<[u8; 6], NoAnswer>>;

    /// Sends an APDU list to a PSAM.
    fn psam<'a>(
        &'a mut self,
        slot: PsamSlot,
        commands: &'a [Command],
    ) -> Answer<'a, Result<Vec<Response>, NoAnswer>>;

    /// Calls the tags near by, and begins a session with the only one that answers, INITIALISATION.
    ///
    /// The session ends with the next call of this kind, with [`release`](Self::release), and when the tag
    /// does not answer.
    fn initialise(&mut self) -> Answer<'_, Result<(PowerSession, Tag), NoAnswer>>;

    /// Powers the card in the slot if it is not powered, and names its power session.
    fn power_card(&mut self) -> Answer<'_, Result<PowerSession, NoAnswer>>;

    /// Sends an APDU list to a chip within a session with it, TransferChannel.
    fn transfer_channel<'a>(
        &'a mut self,
        session: PowerSession,
        channel: Channel,
        commands: &'a [Command],
    ) -> Answer<'a, Result<Vec<Response>, NoAnswer>>;

    /// Has the tag signal, SetMMI.
    fn set_mmi(&mut self, session: PowerSession, shown: Mmi) -> Answer<'_, Result<(), NoAnswer>>;

    /// Lets the tag go, EVENT_REPORT. Whether it heard that is never known.
    fn release(&mut self, session: PowerSession) -> Answer<'_, Result<(), NoAnswer>>;
}

/// The card slot of a programmer, as any other [`Card`].
pub struct CardSlot<'p>(pub &'p mut dyn ObuProgrammer);

impl Card for CardSlot<'_> {
    fn connect(&mut self) -> Answer<'_, Result<PowerSession, NoAnswer>> {
        self.0.power_card()
    }

    fn transmit<'a>(
        &'a mut self,
        session: PowerSession,
        command: &'a Command,
    ) -> Answer<'a, Result<Response, NoAnswer>> {
        let list = slice::from_ref(command);
        Box::pin(async move {
            let answers = (self.0.transfer_channel(session, Channel::Card, list)).await?;
            let answer = answers.into_iter().next();
            answer.ok_or(NoAnswer::unknown(Code::ProgrammerGarbled))
        })
    }
}

/// Which chip an APDU list goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// The user card 用户卡 in the slot.
    Card,
    /// The ESAM of the tag.
    Esam,
}

/// A PSAM slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PsamSlot {
    /// Slot 1.
    One,
    /// Slot 2.
    Two,
    /// Slot 3.
    Three,
}

/// What a tag shows to the person before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mmi {
    /// All is well.
    Ok,
    /// Something is wrong.
    NotOk,
}

/// What a programmer says about itself when it is opened. Its layout is not known, so it stays bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Device {
    /// What it said.
    pub info: Vec<u8>,
}

/// A tag that answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tag {
    /// Its MAC address, where it was called over the air.
    pub mac: Option<[u8; 4]>,
    /// Who issued it, its number and validity.
    pub contract: Contract,
    /// Its status, where the programmer tells it.
    pub status: Option<ObuStatus>,
}

/// The two status bytes of a tag, OBUStatus (serial reference §2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObuStatus(pub [u8; 2]);

impl ObuStatus {
    /// A card is in the tag.
    pub fn has_card(self) -> bool {
        !self.bit(7)
    }

    /// The card in the tag does not work.
    pub fn card_failed(self) -> bool {
        self.bit(3)
    }

    /// The tag is locked.
    pub fn is_locked(self) -> bool {
        self.bit(2)
    }

    /// The tag was taken off, 被拆动.
    pub fn is_tampered(self) -> bool {
        self.bit(1)
    }

    /// The battery is low.
    pub fn battery_is_low(self) -> bool {
        self.bit(0)
    }

    /// The removal flag 拆卸状态, as in byte 26 of the system information file.
    pub fn removal_flag(self) -> u8 {
        self.0[1]
    }

    fn bit(self, number: u8) -> bool {
        self.0[0] >> number & 1 == 1
    }
}

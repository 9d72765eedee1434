//! Tags of the explorer's world, and the programmer before which they lie.

use std::cell::{Cell, RefCell};
use std::future::pending;

use apdu_core::apdu::{Command, Response};
use apdu_core::card::{Answer, NoAnswer, PowerSession};
use apdu_core::fault::Code;
use apdu_core::obu::{Contract, ContractSerial};
use apdu_core::obu_programmer::{
    Channel, Device, Mmi, ObuProgrammer, ObuStatus, PsamSlot, Tag as Called,
};
use etc_sim::tag::Tag;

use super::faults::{Cut, Side};
use super::world::World;

/// A tag, and where it lies.
#[derive(Clone)]
pub struct Laid {
    /// Its contract serial number.
    pub serial: ContractSerial,
    /// The tag.
    pub tag: RefCell<Tag>,
    in_field: Cell<bool>,
}

impl Laid {
    /// A tag that lies on the table, away from the programmer.
    pub fn new(tag: Tag) -> Self {
        Self {
            serial: ContractSerial(tag.esam().serial()),
            tag: RefCell::new(tag),
            in_field: Cell::new(false),
        }
    }

    /// Laid before the programmer, or taken away: without power in either case.
    pub fn lay(&self, in_field: bool) {
        self.tag.borrow_mut().come_to_rest();
        self.in_field.set(in_field);
    }

    /// The files on its chip, system and vehicle information.
    pub fn files(&self) -> [Vec<u8>; 2] {
        let tag = self.tag.borrow();
        [tag.esam().system().to_vec(), tag.esam().vehicle().to_vec()]
    }
}

/// How a programmer reaches its tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// It calls them; each answers under its own address, and tells its status.
    Air,
    /// The one that lies there has contact; nothing tells it from another.
    Contact,
}

/// The programmer.
pub struct Field<'w> {
    world: &'w World,
    reach: Reach,
}

impl<'w> Field<'w> {
    /// The programmer of this world, for one visit.
    pub fn new(world: &'w World, reach: Reach) -> Self {
        Self { world, reach }
    }

    fn laid(&self) -> impl Iterator<Item = &'w Laid> {
        self.world.tags.iter().filter(|laid| laid.in_field.get())
    }

    /// The session is over; the tags are where they are.
    fn lose(&self, code: Code) -> NoAnswer {
        self.world.tag_session.set(None);
        NoAnswer::unknown(code)
    }

    /// All tags are taken away.
    fn take_away(&self) {
        self.world.tags.iter().for_each(|laid| laid.lay(false));
    }

    /// The tag that lies there is taken away, and another one laid in its place.
    fn swap(&self) -> Option<&'w Laid> {
        let there = self.laid().next()?.serial;
        let other = self.world.tags.iter().find(|laid| laid.serial != there)?;
        self.take_away();
        other.lay(true);
        other.tag.borrow_mut().wake();
        Some(other)
    }

    fn call(&self) -> Result<(PowerSession, Called), NoAnswer> {
        let mut there = self.laid();
        let laid = there.next().ok_or(NoAnswer::unknown(Code::NoTag))?;
        if there.next().is_some() && self.reach == Reach::Air {
            return Err(NoAnswer::unknown(Code::TwoTags));
        }
        let mut tag = laid.tag.borrow_mut();
        if self.reach == Reach::Air || !tag.is_awake() {
            tag.wake();
        }
        let session = self.world.new_session();
        let system = tag.esam().system();
        let contract = system.first_chunk::<{ Contract::LENGTH }>();
        let contract = contract.and_then(|bytes| Contract::parse(bytes).ok());
        let called = Called {
            mac: (self.reach == Reach::Air).then(|| tag.mac()),
            contract: contract.ok_or(NoAnswer::unknown(Code::MalformedTag))?,
            status: (self.reach == Reach::Air).then(|| ObuStatus(tag.status(false))),
        };
        Ok((session, called))
    }

    /// Has the chip carry a list out.
    fn run(&self, list: &[Command], cut: Option<Cut>) -> Result<Vec<Response>, NoAnswer> {
        let mut laid = self.laid().next();
        match cut {
            Some(Cut::Swapped) => {
                laid = self.swap();
                if self.reach == Reach::Air {
                    return Err(self.lose(Code::TagGone));
                }
            }
            Some(Cut::PowerLost) => {
                if let Some(laid) = laid {
                    laid.tag.borrow_mut().release();
                }
                if self.reach == Reach::Air {
                    return Err(self.lose(Code::TagGone));
                }
                // There is power again at once.
                if let Some(laid) = laid {
                    laid.tag.borrow_mut().wake();
                }
            }
            _ => {}
        }
        let laid = laid.ok_or_else(|| self.lose(Code::TagGone))?;
        let mut tag = laid.tag.borrow_mut();
        let mut answers = Vec::new();
        for command in list {
            let mut bytes = command.to_bytes();
            match cut {
                Some(Cut::TornWrite) => {
                    let data = command.data.len().saturating_sub(4);
                    tag.esam_mut().tear_next_write(data / 2);
                }
                Some(Cut::Spoilt) => {
                    if let Some(last) = bytes.last_mut() {
                        *last ^= 0x01;
                    }
                }
                _ => {}
            }
            let answer = tag.esam_mut().transmit(&bytes);
            let answer = Response::parse(&answer).map_err(|_| self.lose(Code::TagGone))?;
            answers.push(answer);
        }
        Ok(answers)
    }
}

impl ObuProgrammer for Field<'_> {
    fn open(&mut self) -> Answer<'_, Result<Device, NoAnswer>> {
        Box::pin(async { Ok(Device::default()) })
    }

    fn psam_reset(&mut self, _: PsamSlot) -> Answer<'_, Result<[u8; 6], NoAnswer>> {
        Box::pin(async { Err(NoAnswer::not_sent(Code::NoPsam)) })
    }

    fn psam<'a>(
        &'a mut self,
        _: PsamSlot,
        _: &'a [Command],
    ) -> Answer<'a, Result<Vec<Response>, NoAnswer>> {
        Box::pin(async { Err(NoAnswer::not_sent(Code::NoPsam)) })
    }

    fn initialise(&mut self) -> Answer<'_, Result<(PowerSession, Called), NoAnswer>> {
        Box::pin(async {
            match self.world.next(Side::Call) {
                Some(Cut::PulledBefore) => self.take_away(),
                Some(Cut::TabGoneBefore) => return pending().await,
                Some(Cut::Swapped) => drop(self.swap()),
                _ => {}
            }
            self.call()
        })
    }

    fn power_card(&mut self) -> Answer<'_, Result<PowerSession, NoAnswer>> {
        Box::pin(async { Err(NoAnswer::not_sent(Code::NoCard)) })
    }

    fn transfer_channel<'a>(
        &'a mut self,
        session: PowerSession,
        _: Channel,
        commands: &'a [Command],
    ) -> Answer<'a, Result<Vec<Response>, NoAnswer>> {
        Box::pin(async move {
            if self.world.tag_session.get() != Some(session) {
                return Err(NoAnswer::not_sent(Code::TagGone));
            }
            let is_write = commands.iter().any(|command| command.header[1] == 0xD6);
            let side = if is_write { Side::TagWrite } else { Side::Tag };
            let cut = self.world.next(side);
            match cut {
                Some(Cut::PulledBefore) => {
                    self.take_away();
                    return Err(self.lose(Code::TagGone));
                }
                Some(Cut::TabGoneBefore) => return pending().await,
                _ => {}
            }
            let answers = self.run(commands, cut)?;
            match cut {
                Some(Cut::PulledAfter) => {
                    self.take_away();
                    Err(self.lose(Code::TagGone))
                }
                Some(Cut::AnswerLost) => Err(self.lose(Code::ProgrammerTimeout)),
                Some(Cut::Panicked | Cut::TabGoneAfter) => pending().await,
                _ => Ok(answers),
            }
        })
    }

    fn set_mmi(&mut self, session: PowerSession, _: Mmi) -> Answer<'_, Result<(), NoAnswer>> {
        Box::pin(async move {
            match self.world.next(Side::Call) {
                Some(Cut::PulledBefore) => self.take_away(),
                Some(Cut::TabGoneBefore) => return pending().await,
                Some(Cut::Swapped) => drop(self.swap()),
                _ => {}
            }
            let here = self.world.tag_session.get() == Some(session);
            let tag = self.laid().next().filter(|_| here);
            let laid = tag.ok_or_else(|| self.lose(Code::TagGone))?;
            laid.tag.borrow_mut().signal(0);
            Ok(())
        })
    }

    fn release(&mut self, session: PowerSession) -> Answer<'_, Result<(), NoAnswer>> {
        Box::pin(async move {
            if self.world.tag_session.get() == Some(session) {
                self.world.tag_session.set(None);
                if self.reach == Reach::Air {
                    self.laid().for_each(|laid| laid.tag.borrow_mut().release());
                }
            }
            Ok(())
        })
    }
}

//! Dialect A′ for the session: issuing primitives in envelope A.

use alloc::vec::Vec;

use super::Millis;
use super::wire::{Ask, Judged, Reply, Sound, Wire, answers_fit};
use crate::fault::Code;
use crate::obu::Contract;
use crate::obu_programmer::{Channel, Device, PsamSlot, Tag};
use crate::programmer::Malformed;
use crate::programmer::apdu_list;
use crate::programmer::dsrc::{
    ActionReply, AirFrame, Bst, LLC_COMMAND, LLC_UNNUMBERED, MAC_PRIVATE, Vst, release, set_mmi,
    transfer_channel,
};
use crate::programmer::envelope::{self, Deframer};
use crate::programmer::primitive::{
    Primitive, PsamReply, counted, dsrc, parse_psam_list, parse_psam_reset, psam,
};
use crate::programmer::profile::{CommandCode, Primitives, Rsctl};

/// PRIM of the device initialisation, and what its payload begins with.
const DEVICE_INITIALISATION: u8 = 0x00;
const DEVICE_SETTINGS: u8 = 0x04;
const DEVICE_COMMAND: u8 = 0xC0;
/// Bytes of the system information a BST asks for.
const SYSTEM_INFORMATION: u8 = Contract::LENGTH as u8;

/// The dialect with its counters.
#[derive(Debug)]
pub struct PrimitiveWire {
    options: Primitives,
    deframer: Deframer,
    /// RSCTL of the last request.
    rsctl: u8,
    /// LLC control of the last command.
    llc: u8,
}

impl PrimitiveWire {
    /// A line on which nothing was said yet.
    pub fn new(options: Primitives) -> Self {
        Self {
            options,
            deframer: Deframer::default(),
            rsctl: 0,
            llc: LLC_COMMAND,
        }
    }

    fn psam(&self, slot: PsamSlot) -> CommandCode {
        let [one, two, three] = self.options.psam;
        match slot {
            PsamSlot::One => one,
            PsamSlot::Two => two,
            PsamSlot::Three => three,
        }
    }

    /// CMD, PRIM and what follows them.
    fn body(&mut self, ask: &Ask) -> Result<(u8, u8, Vec<u8>), Malformed> {
        let dsrc_command = self.options.dsrc.request;
        Ok(match ask {
            Ask::Open { unix } => {
                let mut settings = Vec::from([DEVICE_SETTINGS, self.rsctl, DEVICE_COMMAND]);
                settings.extend(unix.to_be_bytes());
                settings.extend(self.options.device_settings.0);
                settings.extend([0x00, 0x00]);
                let device = self.options.device;
                (device, DEVICE_INITIALISATION, counted(&settings)?)
            }
            Ask::PsamReset(slot) => {
                let baud = self.options.psam_baud.to_be_bytes();
                let rest = if self.options.psam_reset_has_length {
                    counted(&baud)?
                } else {
                    baud.to_vec()
                };
                (self.psam(*slot).request, psam::RESET, rest)
            }
            Ask::Psam(slot, list) => {
                let list = apdu_list::encode(list)?;
                (self.psam(*slot).request, psam::LIST, counted(&list)?)
            }
            Ask::Initialise { unix } => {
                let bst = Bst {
                    beacon: self.options.beacon.0,
                    unix: *unix,
                    profile: self.options.channel,
                    parameter: Some((self.options.card_mode, SYSTEM_INFORMATION)),
                };
                (
                    dsrc_command,
                    dsrc::INITIALISATION,
                    counted(&bst.to_bytes())?,
                )
            }
            Ask::Transfer { mac, channel, list } => {
                let apdu = transfer_channel(*channel, list)?;
                (
                    dsrc_command,
                    dsrc::TRANSFER_CHANNEL,
                    self.command(*mac, &apdu)?,
                )
            }
            Ask::SetMmi { mac, shown } => {
                let apdu = set_mmi(*shown);
                (dsrc_command, dsrc::SET_MMI, self.command(*mac, &apdu)?)
            }
            Ask::Release { mac } => {
                let frame = private(*mac, LLC_UNNUMBERED, &release());
                (dsrc_command, dsrc::EVENT_REPORT, counted(&frame)?)
            }
            Ask::ResetCard => return Err(Malformed("card reset")),
        })
    }

    /// LEN and air frame of a command, whose LLC control toggles.
    fn command(&mut self, mac: [u8; 4], apdu: &[u8]) -> Result<Vec<u8>, Malformed> {
        self.llc ^= 0x80;
        counted(&private(mac, self.llc, apdu))
    }

    /// CMD and PRIM of the reply to a request.
    fn expected(&self, ask: &Ask) -> Option<(u8, u8)> {
        let air = self.options.dsrc.reply;
        Some(match ask {
            Ask::PsamReset(slot) => (self.psam(*slot).reply, psam::RESET),
            Ask::Psam(slot, _) => (self.psam(*slot).reply, psam::LIST),
            Ask::Initialise { .. } => (air, dsrc::INITIALISATION),
            Ask::Transfer { .. } => (air, dsrc::TRANSFER_CHANNEL),
            Ask::SetMmi { .. } => (air, dsrc::SET_MMI),
            Ask::Open { .. } | Ask::ResetCard | Ask::Release { .. } => return None,
        })
    }

    fn judge_device(&self, reply: &Primitive<'_>) -> Judged {
        if !self.options.device_replies.contains(&reply.command) {
            return Judged::NotMine;
        }
        let info = [&[reply.primitive], reply.rest].concat();
        Judged::Reply(Reply::Opened(Device { info }))
    }

    fn judge_action(&self, ask: &Ask, mac: [u8; 4], payload: &[u8]) -> Result<Judged, Malformed> {
        if payload.is_empty() {
            return Ok(Judged::NoTag);
        }
        let frame = AirFrame::parse(payload)?;
        if frame.mac != mac {
            return Ok(Judged::OtherTag);
        }
        if self.options.llc_is_echoed && frame.llc_control != self.llc {
            return Ok(Judged::NotMine);
        }
        let reply = ActionReply::parse(frame.apdu)?;
        Ok(match ask {
            Ask::Transfer { channel, .. } if reply.status != 0 => Judged::Refused(gone(*channel)),
            Ask::Transfer { channel, list, .. } => {
                let answers = reply.channel_answers(*channel)?;
                if answers_fit(list, &answers) {
                    Judged::Reply(Reply::Answers(answers))
                } else {
                    Judged::Broken
                }
            }
            _ if !reply.is_set_mmi() => Judged::Broken,
            _ if reply.status != 0 => Judged::Refused(Code::ProgrammerRefused),
            _ => Judged::Reply(Reply::Done),
        })
    }

    fn judge_known(&self, ask: &Ask, reply: &Primitive<'_>) -> Result<Judged, Malformed> {
        Ok(match ask {
            Ask::PsamReset(_) => {
                let has_length = self.options.psam_reset_has_length;
                match parse_psam_reset(reply.rest, has_length)? {
                    PsamReply::Valid(terminal) => Judged::Reply(Reply::PsamReset(terminal)),
                    PsamReply::Refused(why) => Judged::Refused(no_psam(why)),
                }
            }
            Ask::Psam(_, list) => match parse_psam_list(reply.rest)? {
                PsamReply::Valid(answers) => {
                    let answers = apdu_list::parse_answers(answers, self.options.psam_sw)?;
                    if answers_fit(list, &answers) {
                        Judged::Reply(Reply::Answers(answers))
                    } else {
                        Judged::Broken
                    }
                }
                PsamReply::Refused(why) => Judged::Refused(no_psam(why)),
            },
            Ask::Initialise { .. } => match reply.payload()? {
                [] => Judged::NoTag,
                payload => Judged::Reply(Reply::Tag(tag(payload)?)),
            },
            Ask::Transfer { mac, .. } | Ask::SetMmi { mac, .. } => {
                self.judge_action(ask, *mac, reply.payload()?)?
            }
            Ask::Open { .. } | Ask::ResetCard | Ask::Release { .. } => Judged::NotMine,
        })
    }
}

impl Wire for PrimitiveWire {
    fn request(&mut self, ask: &Ask) -> Result<Vec<Vec<u8>>, Code> {
        if let Ask::ResetCard = ask {
            return Ok(Vec::new()); // the card is in the tag: calling the tag has powered it
        }
        self.rsctl = match self.options.rsctl {
            Rsctl::Counted => (self.rsctl + 1) % 16,
            Rsctl::Fixed(rsctl) => rsctl,
        };
        let (command, primitive, rest) = self.body(ask).map_err(|_| Code::TooLongForProgrammer)?;
        let body = Primitive {
            rsctl: self.rsctl,
            command,
            primitive,
            rest: &rest,
        };
        Ok(Vec::from([envelope::encode(&body.to_bytes())]))
    }

    fn hear(&mut self, bytes: &[u8]) -> Vec<Sound> {
        let frames = bytes.iter().filter_map(|&byte| self.deframer.push(byte));
        frames
            .map(|frame| frame.map_or(Sound::Broken, Sound::Message))
            .collect()
    }

    fn judge(&self, ask: &Ask, message: &[u8]) -> Judged {
        let Ok(reply) = Primitive::parse(message) else {
            return Judged::NotMine; // an empty acknowledgement
        };
        if let Ask::Open { .. } = ask {
            return self.judge_device(&reply);
        }
        let is_late = self.options.rsctl_is_echoed && reply.rsctl != self.rsctl;
        if self.expected(ask) != Some((reply.command, reply.primitive)) || is_late {
            return Judged::NotMine;
        }
        self.judge_known(ask, &reply).unwrap_or(Judged::Broken)
    }

    /// The next header ends a frame whose end was lost: silence is not needed.
    fn is_stuck(&self) -> bool {
        false
    }

    fn give_up(&mut self) -> Vec<Sound> {
        Vec::new()
    }

    fn let_go(&mut self) {
        self.deframer.let_go();
    }

    fn tells_late_answers(&self, ask: &Ask) -> bool {
        match ask {
            Ask::Transfer { .. } | Ask::SetMmi { .. } => {
                self.options.llc_is_echoed || self.options.rsctl_is_echoed
            }
            Ask::PsamReset(_) | Ask::Psam(..) => self.options.rsctl_is_echoed,
            // A tag or a device that has just answered is still there.
            Ask::Open { .. } | Ask::Initialise { .. } | Ask::ResetCard | Ask::Release { .. } => {
                true
            }
        }
    }

    fn silence(&self, ask: &Ask) -> Code {
        match ask {
            Ask::Initialise { .. } => Code::NoTag,
            Ask::Transfer { .. } | Ask::SetMmi { .. } => Code::TagGone,
            _ => Code::ProgrammerTimeout,
        }
    }

    fn list_limits(&self) -> (usize, usize) {
        (usize::from(u8::MAX), self.options.list_bytes.into())
    }

    fn over_the_air(&self) -> Option<Millis> {
        Some(self.options.settle.into())
    }
}

/// An air frame to one tag.
fn private(mac: [u8; 4], llc_control: u8, apdu: &[u8]) -> Vec<u8> {
    AirFrame {
        mac,
        mac_control: MAC_PRIVATE,
        llc_control,
        status: None,
        apdu,
    }
    .to_bytes()
}

/// The tag behind a VST. One that does not tell its contract cannot be told from another.
fn tag(payload: &[u8]) -> Result<Tag, Malformed> {
    let frame = AirFrame::parse(payload)?;
    let vst = Vst::parse(frame.apdu)?;
    let parameter = vst.parameter.ok_or(Malformed("VST"))?;
    let contract = Contract::parse(parameter.system).map_err(|_| Malformed("VST"))?;
    Ok(Tag {
        mac: Some(frame.mac),
        contract,
        status: Some(vst.status),
    })
}

/// The tag is there, the chip behind it does not answer.
fn gone(channel: Channel) -> Code {
    match channel {
        Channel::Card => Code::CardGone,
        Channel::Esam => Code::TagGone,
    }
}

fn no_psam(why: u8) -> Code {
    if why == 1 {
        Code::NoPsam
    } else {
        Code::ProgrammerRefused
    }
}

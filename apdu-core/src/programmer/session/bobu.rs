//! Dialect C for the session: frames of Bluetooth tags, bare or in WeChat packets.

use alloc::vec::Vec;

use super::Millis;
use super::wire::{Ask, Judged, Reply, Sound, Wire, answers_fit, tpdu};
use crate::apdu::Response;
use crate::fault::Code;
use crate::obu::SystemInformation;
use crate::obu_programmer::{Channel, Device, Tag};
use crate::programmer::Malformed;
use crate::programmer::bobu::command::{self, ChannelReply, ChannelRequest};
use crate::programmer::bobu::{Assembler, Deframer, Start, fragments, list, wechat};
use crate::programmer::profile::{Answers, Bobu, CommandCode};
use crate::toll_card::select_master_file;

/// The dialect with its counters.
#[derive(Debug)]
pub struct BobuWire {
    options: Bobu,
    packets: wechat::Deframer,
    frames: Deframer,
    assembler: Assembler,
    /// SN of the last message, 1 to 15.
    sn: u8,
    /// Number of the last packet.
    seq: u16,
}

impl BobuWire {
    /// A line on which nothing was said yet.
    pub fn new(options: Bobu) -> Self {
        Self {
            packets: wechat::Deframer::default(),
            frames: Deframer::new(options.start),
            assembler: Assembler::default(),
            sn: 0,
            seq: 0,
            options,
        }
    }

    /// The message of a request; `None` where there is nothing to say.
    fn message(&self, ask: &Ask) -> Result<Option<Vec<u8>>, Code> {
        Ok(match ask {
            Ask::Open { .. } => {
                let command = [self.options.open.request];
                Some([&command, &self.options.open_data[..]].concat())
            }
            Ask::ResetCard => self.options.card_reset.map(|reset| [reset.request].into()),
            Ask::Initialise { .. } => {
                let read = SystemInformation::read(SystemInformation::LENGTH);
                let list: Vec<_> = [select_master_file(), read]
                    .iter()
                    .filter_map(tpdu)
                    .collect();
                Some(self.channel_message(Channel::Esam, &list)?)
            }
            Ask::Transfer { channel, list, .. } => Some(self.channel_message(*channel, list)?),
            Ask::Release { .. } => None,
            Ask::PsamReset(_) | Ask::Psam(..) | Ask::SetMmi { .. } => {
                return Err(Code::ProgrammerCannot);
            }
        })
    }

    fn channel_message(&self, channel: Channel, apdus: &[Vec<u8>]) -> Result<Vec<u8>, Code> {
        let code = self.channel(channel).ok_or(Code::ProgrammerCannot)?;
        let dt = match channel {
            Channel::Card => self.options.card_dt,
            Channel::Esam => self.options.esam_dt,
        };
        let entries: Vec<_> = (1..).zip(apdus.iter().map(Vec::as_slice)).collect();
        let list = list::encode(list::REQUEST, &entries).map_err(|_| Code::TooLongForProgrammer)?;
        let request = ChannelRequest {
            code: code.request,
            dt,
            list: &list,
        };
        Ok(request.to_bytes())
    }

    fn channel(&self, channel: Channel) -> Option<CommandCode> {
        match channel {
            Channel::Card => Some(self.options.card),
            Channel::Esam => self.options.esam,
        }
    }

    /// Messages among the frames that have come.
    fn messages(&mut self, sounds: &mut Vec<Sound>) {
        while let Some(frame) = self.frames.next_frame() {
            let Ok(frame) = frame else {
                sounds.push(Sound::Broken);
                continue;
            };
            let has_sn = self.options.start == Start::ThreeThree && self.options.sn_is_echoed;
            if has_sn && frame.head[0] != self.sn {
                continue; // late
            }
            if let Some(message) = self.assembler.push(&frame) {
                sounds.push(message.map_or(Sound::Broken, Sound::Message));
            }
        }
    }

    fn unwrap_packets(&mut self, sounds: &mut Vec<Sound>) {
        while let Some(packet) = self.packets.next_packet() {
            match (packet.command, packet.frame()) {
                (wechat::AUTHENTICATE, _) => sounds.push(Sound::Demand(&wechat::AUTHENTICATED)),
                (wechat::INITIALISE, _) => sounds.push(Sound::Demand(&wechat::INITIALISED)),
                (_, Ok(frame)) => self.frames.extend(frame),
                (_, Err(_)) => sounds.push(Sound::Broken),
            }
        }
    }

    /// The answers in a channel reply, numbered as the commands were.
    fn answers(&self, code: u8, rest: &[u8]) -> Result<Vec<Response>, Malformed> {
        let reply = ChannelReply::parse(code, rest)?;
        let entries = list::parse(list::REPLY, reply.list)?;
        let in_order = (1..)
            .zip(&entries)
            .all(|(index, (tag, _))| tag & list::INDEX == index);
        if self.options.answers == Answers::All && !in_order {
            return Err(Malformed("TLV list"));
        }
        let answers = entries.into_iter().map(|(_, entry)| Response::parse(entry));
        answers
            .collect::<Result<_, _>>()
            .map_err(|_| Malformed("TLV list"))
    }

    fn judge_answers(&self, ask: &Ask, reply: &command::Reply<'_>) -> Result<Judged, Malformed> {
        let answers = self.answers(reply.code, reply.rest)?;
        Ok(match ask {
            Ask::Transfer { list, .. } if answers_fit(list, &answers) => {
                Judged::Reply(Reply::Answers(answers))
            }
            Ask::Initialise { .. } => match answers.last() {
                Some(last) if last.sw.is_ok() => match SystemInformation::parse(&last.data) {
                    Ok(system) => Judged::Reply(Reply::Tag(Tag {
                        mac: None,
                        contract: system.contract,
                        status: None,
                    })),
                    Err(_) => Judged::Refused(Code::MalformedTag),
                },
                Some(_) => Judged::Refused(Code::MalformedTag),
                None => Judged::Broken,
            },
            _ => Judged::Broken,
        })
    }
}

impl Wire for BobuWire {
    fn request(&mut self, ask: &Ask) -> Result<Vec<Vec<u8>>, Code> {
        let Some(message) = self.message(ask)? else {
            return Ok(Vec::new());
        };
        self.sn = self.sn % 15 + 1;
        let frames = fragments(self.options.start, self.sn, &message)
            .map_err(|_| Code::TooLongForProgrammer)?;
        let frames = frames.iter().map(|frame| {
            let frame = frame.to_bytes();
            if !self.options.is_wrapped {
                return Ok(frame);
            }
            self.seq = self.seq.wrapping_add(1);
            wechat::wrap(self.seq, &frame).map_err(|_| Code::TooLongForProgrammer)
        });
        frames.collect()
    }

    fn hear(&mut self, bytes: &[u8]) -> Vec<Sound> {
        let mut sounds = Vec::new();
        if self.options.is_wrapped {
            self.packets.extend(bytes);
            self.unwrap_packets(&mut sounds);
        } else {
            self.frames.extend(bytes);
        }
        self.messages(&mut sounds);
        sounds
    }

    fn judge(&self, ask: &Ask, message: &[u8]) -> Judged {
        let Ok(reply) = command::Reply::parse(message) else {
            return Judged::NotMine;
        };
        let awaited = match ask {
            Ask::Open { .. } => Some(self.options.open),
            Ask::ResetCard => self.options.card_reset,
            Ask::Initialise { .. } => self.options.esam,
            Ask::Transfer { channel, .. } => self.channel(*channel),
            _ => None,
        };
        if awaited.map(|code| code.reply) != Some(reply.code) {
            return Judged::NotMine; // also what devices say by themselves
        }
        match (ask, reply.status) {
            (Ask::Open { .. }, command::OK) => Judged::Reply(Reply::Opened(Device {
                info: reply.rest.to_vec(),
            })),
            (Ask::ResetCard, command::OK) => Judged::Reply(Reply::Done),
            (Ask::ResetCard, command::NO_CARD) => Judged::Refused(Code::NoCard),
            (Ask::Initialise { .. }, status) if status != command::OK => Judged::NoTag,
            (_, command::OK) => self.judge_answers(ask, &reply).unwrap_or(Judged::Broken),
            _ => Judged::Refused(Code::ProgrammerRefused),
        }
    }

    fn is_stuck(&self) -> bool {
        self.packets.is_inside() || self.frames.is_inside()
    }

    fn give_up(&mut self) -> Vec<Sound> {
        let mut sounds = Vec::new();
        while self.is_stuck() {
            self.packets.give_up();
            self.unwrap_packets(&mut sounds);
            self.frames.give_up();
            self.messages(&mut sounds);
        }
        sounds
    }

    fn let_go(&mut self) {
        self.packets.let_go();
        self.frames.let_go();
        self.assembler.let_go();
    }

    fn tells_late_answers(&self, ask: &Ask) -> bool {
        let has_sn = self.options.start == Start::ThreeThree && self.options.sn_is_echoed;
        has_sn || matches!(ask, Ask::Open { .. })
    }

    fn silence(&self, ask: &Ask) -> Code {
        match ask {
            Ask::Initialise { .. } => Code::NoTag,
            _ => Code::ProgrammerTimeout,
        }
    }

    fn list_limits(&self) -> (usize, usize) {
        let commands = match self.options.answers {
            Answers::All => usize::from(list::INDEX),
            Answers::LastOnly => 1,
        };
        (commands, self.options.list_bytes.into())
    }

    fn over_the_air(&self) -> Option<Millis> {
        None
    }
}

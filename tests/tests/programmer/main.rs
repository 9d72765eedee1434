//! The host's programmer engine and flows against the virtual programmer, byte by byte, in either dialect: tags
//! read, cards checked and loaded through the programmer's slot, and how every fault ends.

use apdu_core::apdu::Command;
use apdu_core::card::{NoAnswer, PowerSession};
use apdu_core::obu::{
    Algorithm, SystemInformation, TagProfile, read_encrypted, select_application,
};
use apdu_core::obu_programmer::{Channel, ObuProgrammer, Tag};
use apdu_core::programmer::{Answers, CommandCode, Dialect, Profile, Start, SwCounted};
use apdu_core::toll_card::select_master_file;
use etc_sim::demo;
use etc_sim::programmer::{self as sim, Model, Programmer};
use etc_tests::programmer_bus::ProgrammerBus;
use etc_tests::run;

mod card;
mod faults;
mod probe;
mod tag_tasks;
mod tags;

/// A kind of programmer with the profile that speaks to it.
#[derive(Clone, Copy)]
struct Setup {
    name: &'static str,
    model: Model,
    profile: fn() -> Profile,
    /// Tags are called over the air, and the card is in the tag.
    over_the_air: bool,
}

/// Every dialect, with the ways of programmers that matter there.
const SETUPS: [Setup; 8] = [
    air("A", Model::primitives(), Profile::primitives),
    air(
        "A, RSCTL fixed, silence told, PSAM lengths of the other vendor",
        Model {
            dialect: sim::Dialect::Primitives(sim::Primitives {
                echoes_rsctl: false,
                psam_counts_sw: true,
                tells_silence: true,
                device_reply: 0xB0,
            }),
            needs_dtr: true,
            ..Model::primitives()
        },
        counting_sw,
    ),
    air(
        "A, RSCTL checked, answers fetched, lists ended at a refusal",
        Model {
            fetches: true,
            stops_at_refusal: true,
            ..Model::primitives()
        },
        checking_rsctl,
    ),
    contact("C1", Model::bobu(), Profile::bobu),
    contact(
        "C1, SN fixed, last answers only",
        Model {
            dialect: sim::Dialect::Bobu(sim::Bobu {
                start: sim::Start::ThreeThree,
                is_wrapped: false,
                echoes_sn: false,
                last_answer_only: true,
            }),
            ..Model::bobu()
        },
        last_only,
    ),
    contact(
        "C1, SN checked, answers fetched",
        Model {
            fetches: true,
            ..Model::bobu()
        },
        checking_sn,
    ),
    contact(
        "C1 in WeChat packets",
        Model::bobu_wechat(),
        Profile::bobu_wechat,
    ),
    contact("C2", Model::bobu_fifty(), fifty),
];

const fn air(name: &'static str, model: Model, profile: fn() -> Profile) -> Setup {
    Setup {
        name,
        model,
        profile,
        over_the_air: true,
    }
}

const fn contact(name: &'static str, model: Model, profile: fn() -> Profile) -> Setup {
    Setup {
        over_the_air: false,
        ..air(name, model, profile)
    }
}

fn counting_sw() -> Profile {
    let mut profile = Profile::primitives();
    if let Dialect::Primitives(options) = &mut profile.dialect {
        options.psam_sw = SwCounted::Yes;
    }
    profile
}

fn checking_rsctl() -> Profile {
    let mut profile = Profile::primitives();
    if let Dialect::Primitives(options) = &mut profile.dialect {
        options.rsctl_is_echoed = true;
    }
    profile
}

fn checking_sn() -> Profile {
    let mut profile = Profile::bobu();
    if let Dialect::Bobu(options) = &mut profile.dialect {
        options.sn_is_echoed = true;
    }
    profile
}

fn last_only() -> Profile {
    let mut profile = Profile::bobu();
    if let Dialect::Bobu(options) = &mut profile.dialect {
        options.answers = Answers::LastOnly;
    }
    profile
}

/// The commands of dialect C2 (serial reference §5.5), replies by the pattern of C1.
fn fifty() -> Profile {
    let channel = CommandCode {
        request: 0x82,
        reply: 0x92,
    };
    let mut profile = Profile::bobu();
    if let Dialect::Bobu(options) = &mut profile.dialect {
        options.start = Start::Fifty;
        options.open = CommandCode {
            request: 0x80,
            reply: 0x90,
        };
        options.open_data.clear();
        options.card_reset = None;
        options.card = channel;
        options.card_dt = 0x10;
        options.esam = Some(channel);
    }
    profile
}

impl Setup {
    /// Such a programmer with these demo tags before it.
    fn port(&self, tags: &[&str]) -> Programmer {
        let mut port = Programmer::new(self.model);
        for id in tags {
            port.put(demo::tag(id).expect("a demo tag"));
        }
        port
    }

    /// A host for it.
    fn host(&self, port: Programmer, first_power: u32) -> ProgrammerBus {
        ProgrammerBus::new(port, (self.profile)(), first_power)
    }

    /// Both, and the line open.
    fn open(&self, tags: &[&str]) -> ProgrammerBus {
        let mut bus = self.host(self.port(tags), 0);
        run(bus.open()).expect("no wait").expect(self.name);
        bus
    }
}

/// What a person reads off a tag.
#[derive(Debug, Clone, PartialEq)]
struct Read {
    system: SystemInformation,
    /// The vehicle information as it came.
    encrypted: Vec<u8>,
}

/// The random of every encrypted read here.
const RANDOM: [u8; 8] = [1, 2, 3, 4, 5, 6, 7, 8];

fn initialise(bus: &mut ProgrammerBus) -> Result<(PowerSession, Tag), NoAnswer> {
    run(bus.initialise()).expect("the bus does not wait")
}

/// Files of a tag, as a check of it reads them.
fn read_tag(bus: &mut ProgrammerBus) -> Result<Read, NoAnswer> {
    let (session, _) = initialise(bus)?;
    let mut ask = |commands: &[Command]| {
        let asked = bus.transfer_channel(session, Channel::Esam, commands);
        run(asked).expect("the bus does not wait")
    };
    let whole = SystemInformation::read(SystemInformation::WHOLE);
    let answers = ask(&[select_master_file(), whole])?;
    let system = SystemInformation::parse(&answers[1].data).expect("99 bytes");
    assert!(ask(&[select_application()])?[0].sw.is_ok());
    let read = read_encrypted(&TagProfile::default(), Algorithm::TripleDes, RANDOM);
    let answers = ask(&[read.expect("a key")])?;
    Ok(Read {
        system,
        encrypted: answers[0].data.clone(),
    })
}

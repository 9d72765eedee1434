//! Tags, without faults.

use apdu_core::apdu::Command;
use apdu_core::card::{Fate, NoAnswer};
use apdu_core::fault::Code;
use apdu_core::obu::RemovalFlag;
use apdu_core::obu_programmer::{Channel, Mmi, ObuProgrammer, PsamSlot};
use apdu_core::toll_card::select_master_file;
use etc_sim::demo;
use etc_sim::tag::Light;
use etc_tests::run;

use super::{SETUPS, initialise, read_tag};

/// The vehicle information of the demo tag `tag-normal` under [`super::RANDOM`]: computed with another
/// implementation (PyCryptodome) from the rules of reference §3.1 and §6.2.
const ENCRYPTED: &str = "3C260D76427EF1AB20F2743B363F8A019A631A4C1FA5242606C48749429738BDD0967C594A50B0F1\
                         82DED3A1C7249454097B65FE1A9846D08B3CF94449EA69BAD6C584890D6D811182DED3A1C7249454\
                         82DED3A1C7249454";

#[test]
fn a_tag_is_read_in_every_dialect() {
    for setup in &SETUPS {
        let mut bus = setup.open(&["tag-normal"]);
        let read = read_tag(&mut bus).expect(setup.name);
        let contract = read.system.contract;
        assert_eq!(contract.serial.to_string(), "6201230100010017");
        assert_eq!(contract.expiry.to_string(), "2034-01-14");
        assert_eq!(read.system.removal, RemovalFlag::Installed);
        assert_eq!(
            apdu_core::hex::encode(&read.encrypted),
            ENCRYPTED,
            "{}",
            setup.name
        );
        println!("{:<64} {} frames", setup.name, bus.frames);
    }
}

#[test]
fn every_demo_tag_says_who_it_is() {
    for setup in &SETUPS {
        for demo in demo::tags() {
            let mut bus = setup.open(&[demo.id]);
            let (session, tag) = initialise(&mut bus).expect(setup.name);
            assert_eq!(tag.contract.serial.0, demo.serial, "{}", demo.id);
            if let Some(status) = tag.status {
                assert!(!status.has_card(), "{}", demo.id);
                let removed = demo.id == "tag-removed" || demo.id.starts_with("tag-new");
                assert_eq!(status.removal_flag() != 1, removed, "{}", demo.id);
                assert_eq!(status.is_tampered(), removed, "{}", demo.id);
            }
            let released = run(bus.release(session)).expect("no wait");
            assert_eq!(released, Ok(()), "{}", setup.name);
        }
    }
}

#[test]
fn no_tag_two_tags_and_a_tag_that_has_left_are_named() {
    for setup in &SETUPS {
        let mut bus = setup.open(&[]);
        let none = initialise(&mut bus).expect_err(setup.name);
        assert_eq!(none.code, Code::NoTag, "{}", setup.name);

        bus.port.put(demo::tag("tag-normal").expect("a demo tag"));
        bus.port.put(demo::tag("tag-truck").expect("a demo tag"));
        let two = initialise(&mut bus);
        if setup.over_the_air {
            assert_eq!(two.expect_err(setup.name).code, Code::TwoTags);
        } else {
            // In contact there is only the one that was put there first.
            assert_eq!(two.expect(setup.name).1.contract.serial.0[7], 0x17);
        }

        let mut bus = setup.open(&["tag-normal"]);
        let (session, tag) = initialise(&mut bus).expect(setup.name);
        bus.port.take(tag.contract.serial.0).expect("it is there");
        let list = [select_master_file()];
        let gone = run(bus.transfer_channel(session, Channel::Esam, &list)).expect("no wait");
        assert_eq!(
            gone.map_err(|none| none.fate),
            Err(Fate::Unknown),
            "{}",
            setup.name
        );
        let after = run(bus.transfer_channel(session, Channel::Esam, &list)).expect("no wait");
        assert_eq!(
            after,
            Err(NoAnswer::not_sent(Code::TagGone)),
            "{}",
            setup.name
        );
    }
}

#[test]
fn a_switch_that_pops_out_shows_at_the_next_call() {
    for setup in &SETUPS {
        let mut bus = setup.open(&["tag-normal"]);
        bus.port.tags_mut()[0].hold_switch(false);
        let read = read_tag(&mut bus).expect(setup.name);
        assert_eq!(read.system.removal, RemovalFlag::Removed);
        let (_, tag) = initialise(&mut bus).expect(setup.name);
        assert!(tag.status.is_none_or(|status| status.is_tampered()));
        assert_eq!(tag.status.is_some(), setup.over_the_air, "{}", setup.name);
    }
}

#[test]
fn a_tag_signals_over_the_air_and_contact_devices_say_that_they_cannot() {
    for setup in &SETUPS {
        let mut bus = setup.open(&["tag-normal"]);
        let (session, _) = initialise(&mut bus).expect(setup.name);
        let mut show = |shown| run(bus.set_mmi(session, shown)).expect("no wait");
        if setup.over_the_air {
            assert_eq!(show(Mmi::Ok), Ok(()), "{}", setup.name);
            assert_eq!(bus.port.tags()[0].light(), Light::Green);
            let mut show = |shown| run(bus.set_mmi(session, shown)).expect("no wait");
            assert_eq!(show(Mmi::NotOk), Ok(()), "{}", setup.name);
            assert_eq!(bus.port.tags()[0].light(), Light::Red);
        } else {
            let cannot = NoAnswer::not_sent(Code::ProgrammerCannot);
            assert_eq!(show(Mmi::Ok), Err(cannot), "{}", setup.name);
        }
    }
}

#[test]
fn psam_slots_are_reset_and_read_or_named_for_what_they_are() {
    let commands = [
        select_master_file(),
        Command::read([0x00, 0xB0, 0x96, 0x00], 6),
    ];
    for setup in &SETUPS {
        let mut bus = setup.open(&[]);
        let terminal = run(bus.psam_reset(PsamSlot::One)).expect("no wait");
        if !setup.over_the_air {
            let cannot = NoAnswer::not_sent(Code::ProgrammerCannot);
            assert_eq!(terminal, Err(cannot), "{}", setup.name);
            continue;
        }
        let terminal = terminal.expect(setup.name);
        let answers = run(bus.psam(PsamSlot::One, &commands)).expect("no wait");
        let answers = answers.expect(setup.name);
        assert_eq!(answers[1].data, terminal, "{}", setup.name);
        let absent = run(bus.psam_reset(PsamSlot::Three)).expect("no wait");
        assert_eq!(absent.expect_err(setup.name).code, Code::NoPsam);
    }
}

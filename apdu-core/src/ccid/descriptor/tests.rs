use super::*;
use std::vec::Vec;

const NOBODY: DeviceId = DeviceId {
    vendor: 0x1209,
    product: 1,
};

/// The 54 bytes of a short-APDU reader with T=0 and T=1, at 4 MHz (CCID 1.1 §5.1).
fn class_descriptor() -> Vec<u8> {
    let mut bytes = std::vec![0_u8; 54];
    bytes[..6].copy_from_slice(&[54, 0x21, 0x10, 0x01, 0, 0x07]);
    bytes[6] = 3;
    bytes[10..14].copy_from_slice(&4_000_u32.to_le_bytes());
    bytes[23..27].copy_from_slice(&344_086_u32.to_le_bytes());
    bytes[28..32].copy_from_slice(&254_u32.to_le_bytes());
    bytes[40..44].copy_from_slice(&0x0002_04BA_u32.to_le_bytes());
    bytes[44..48].copy_from_slice(&271_u32.to_le_bytes());
    bytes
}

fn with(offset: usize, value: u32) -> Vec<u8> {
    let mut bytes = class_descriptor();
    bytes[offset..offset + 4].copy_from_slice(&value.to_le_bytes());
    bytes
}

const CONFIGURATION: [u8; 9] = [9, 2, 93, 0, 1, 1, 0, 0x80, 50];
const ENDPOINTS: [u8; 21] = [
    7, 5, 0x01, 2, 64, 0, 0, 7, 5, 0x82, 2, 64, 0, 0, 7, 5, 0x83, 3, 8, 0, 16,
];

fn interface(number: u8, class: u8) -> [u8; 9] {
    [9, 4, number, 0, 3, class, 0, 0, 0]
}

fn discover(parts: &[&[u8]]) -> Vec<ReaderInterface> {
    ReaderInterface::discover(NOBODY, &parts.concat())
}

fn profile_of(device: DeviceId, class_descriptor: &[u8]) -> Profile {
    let parts = [
        &CONFIGURATION[..],
        &interface(0, 0xFF),
        class_descriptor,
        &ENDPOINTS,
    ]
    .concat();
    ReaderInterface::discover(device, &parts).remove(0).profile
}

#[test]
fn a_vendor_class_reader_is_found_wherever_its_class_descriptor_stands() {
    let class = class_descriptor();
    let before = discover(&[&CONFIGURATION, &interface(0, 0xFF), &class, &ENDPOINTS]);
    let after = discover(&[&CONFIGURATION, &interface(0, 0xFF), &ENDPOINTS, &class]);
    assert_eq!(before, after);
    let endpoints = before[0].usable(Access::Page).expect("usable");
    assert_eq!(endpoints.bulk_in.number, 2);
    assert_eq!(endpoints.bulk_out.packet_size, 64);
    assert_eq!(endpoints.interrupt.map(|endpoint| endpoint.number), Some(3));
    let profile = &before[0].profile;
    assert_eq!(profile.level(0), ExchangeLevel::ShortApdu);
    assert!(profile.descriptor.features.chooses_voltage());
    assert!(profile.quirks.is_empty());
    assert_eq!(profile.descriptor.default_clock, 4_000);
    assert_eq!(profile.descriptor.max_data_rate, 344_086);
}

#[test]
fn the_protected_class_is_named_and_an_isolated_app_may_use_it() {
    let class = class_descriptor();
    let found = discover(&[&CONFIGURATION, &interface(0, 0x0B), &class, &ENDPOINTS]);
    assert!(found[0].is_protected());
    assert_eq!(found[0].usable(Access::Page), Err(Code::ProtectedReader));
    assert!(found[0].usable(Access::Unrestricted).is_ok());
}

#[test]
fn class_zero_is_a_reader_too() {
    let class = class_descriptor();
    let found = discover(&[&CONFIGURATION, &interface(0, 0x00), &class, &ENDPOINTS]);
    assert!(found[0].usable(Access::Page).is_ok());
}

#[test]
fn every_interface_with_a_class_descriptor_is_listed_with_its_slots() {
    let class = class_descriptor();
    let mut five_slots = class_descriptor();
    five_slots[4] = 4;
    let found = discover(&[
        &CONFIGURATION,
        &interface(0, 0x0B),
        &class,
        &ENDPOINTS,
        &interface(1, 0xFF),
        &five_slots,
        &ENDPOINTS,
    ]);
    let listed: Vec<_> = (found.iter())
        .map(|it| (it.number, it.class, it.profile.slots().count()))
        .collect();
    assert_eq!(listed, [(0, 0x0B, 1), (1, 0xFF, 5)]);
    assert!(found.iter().all(|it| it.configuration == 1));
}

#[test]
fn tokens_that_speak_over_the_control_endpoint_are_refused_by_name() {
    let class = class_descriptor();
    let without_bulk = discover(&[&CONFIGURATION, &interface(0, 0xFF), &class]);
    let mut iccd_b = interface(0, 0xFF);
    iccd_b[7] = 2;
    let iccd_b = discover(&[&CONFIGURATION, &iccd_b, &class, &ENDPOINTS]);
    for found in [without_bulk, iccd_b] {
        assert_eq!(found[0].usable(Access::Page), Err(Code::ControlOnlyReader));
    }
}

#[test]
fn character_level_is_refused_by_name() {
    let class = with(40, 0x0000_0840);
    let found = discover(&[&CONFIGURATION, &interface(0, 0xFF), &class, &ENDPOINTS]);
    assert_eq!(found[0].usable(Access::Page), Err(Code::UnsupportedLevel));
}

#[test]
fn a_sibling_interface_does_not_lend_its_endpoints() {
    let class = class_descriptor();
    let hid = [9, 0x21, 0x11, 0x01, 0, 1, 0x22, 63, 0];
    let found = discover(&[
        &CONFIGURATION,
        &interface(0, 0x03),
        &hid,
        &ENDPOINTS,
        &interface(1, 0xFF),
        &class,
    ]);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].endpoints, None);
}

#[test]
fn only_the_first_alternate_setting_counts() {
    let class = class_descriptor();
    let mut alternate = interface(0, 0xFF);
    alternate[3] = 1;
    assert!(discover(&[&CONFIGURATION, &alternate, &class, &ENDPOINTS]).is_empty());
}

#[test]
fn the_exchange_levels_have_their_names() {
    for (features, level) in [
        (0x0000_0840, ExchangeLevel::Character),
        (0x0001_0230, ExchangeLevel::Tpdu),
        (0x0002_04BE, ExchangeLevel::ShortApdu),
        (0x0004_04BE, ExchangeLevel::ExtendedApdu),
    ] {
        assert_eq!(profile_of(NOBODY, &with(40, features)).level(0), level);
    }
}

#[test]
fn the_bits_of_the_features_are_read_one_by_one() {
    let read = |bits| {
        let it = Features(bits);
        let read = [
            it.chooses_voltage(),
            it.negotiates(),
            it.sends_pps(),
            it.sends_ifsd(),
        ];
        read.map(u8::from)
    };
    assert_eq!(read(0x04), [1, 0, 0, 0]);
    assert_eq!(read(0x08), [1, 0, 0, 0]);
    assert_eq!(read(0x40), [0, 1, 0, 0]);
    assert_eq!(read(0x80), [0, 0, 1, 0]);
    assert_eq!(read(0x400), [0, 0, 0, 1]);
    assert_eq!(read(0x0001_0332), [0, 0, 0, 0]);
}

#[test]
fn absurd_sizes_are_put_right_and_the_repair_is_told() {
    for (offset, told, quirk) in [
        (28, 0, Quirk::MaxIfsd(0)),
        (28, u32::MAX, Quirk::MaxIfsd(u32::MAX)),
        (44, 0, Quirk::MaxMessageLength(0)),
        (44, u32::MAX, Quirk::MaxMessageLength(u32::MAX)),
        (10, 0, Quirk::Clock(0)),
        (10, u32::MAX, Quirk::Clock(u32::MAX)),
        (6, 0x0300, Quirk::Protocols(0x0300)), // MySMART PAD
    ] {
        let profile = profile_of(NOBODY, &with(offset, told));
        assert_eq!(profile.quirks, [quirk]);
        let it = profile.descriptor;
        assert!((1..=254).contains(&it.max_ifsd), "{quirk:?}");
        assert!((271..=65_554).contains(&it.max_message_length), "{quirk:?}");
        assert_eq!(it.default_clock, 4_000);
        assert_eq!(it.protocols, 3);
    }
}

#[test]
fn a_tpdu_needs_a_byte_less_than_a_short_apdu() {
    for (features, told, right) in [
        (0x0001_0230, 270, 270),
        (0x0001_0230, 263, 270), // SCM SCR331-DI
        (0x0002_04BA, 270, 271),
    ] {
        let mut bytes = with(40, features);
        bytes[44..48].copy_from_slice(&u32::to_le_bytes(told));
        let profile = profile_of(NOBODY, &bytes);
        assert_eq!(profile.descriptor.max_message_length, right);
        assert_eq!(profile.quirks.len(), usize::from(told != right));
    }
}

#[test]
fn what_is_known_about_a_model_is_in_force() {
    let alcor = DeviceId {
        vendor: 0x058F,
        product: 0x9540,
    };
    let profile = profile_of(alcor, &class_descriptor());
    assert_eq!(profile.descriptor.max_data_rate, 200_000);
    assert!(profile.has(Quirk::SetParametersMayFail));

    let tribank = DeviceId {
        vendor: 0x0D46,
        product: 0x3010,
    };
    let profile = profile_of(tribank, &with(40, 0x0004_04BE));
    assert_eq!(profile.level(0), ExchangeLevel::ShortApdu);

    let dual = DeviceId {
        vendor: 0x04E6,
        product: 0x5111,
    };
    let profile = profile_of(dual, &with(40, 0x0001_00BA));
    assert_eq!(profile.level(0), ExchangeLevel::Tpdu);
    assert_eq!(profile.level(1), ExchangeLevel::ShortApdu);
}

#[test]
fn cut_and_endless_descriptors_end_the_search() {
    let class = class_descriptor();
    let bytes = [&CONFIGURATION[..], &interface(0, 0xFF), &ENDPOINTS, &class].concat();
    for length in 0..bytes.len() {
        assert!(discover(&[&bytes[..length]]).is_empty(), "{length}");
    }
    assert!(discover(&[&[0; 64]]).is_empty());
    assert_eq!(ClassDescriptor::parse(&class[..53]), None);
}

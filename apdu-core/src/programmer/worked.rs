//! The worked frames of the serial reference (§2.2, §3.3, §4, §5.6, §5.7), and what its oracle adds
//! to them. Its ids are synthetic; the frames of dialect B marked *public* are captures.

use std::vec::Vec;

/// Bytes of a hex text with spaces.
pub fn bytes(text: &str) -> Vec<u8> {
    crate::hex::decode(&text.replace(' ', "")).expect("hex")
}

/// Name, frame, and its body where the envelope has one.
pub type Worked = (&'static str, &'static str, &'static str);

/// §2.2, dialect A.
pub const LANE: &[Worked] = &[
    ("empty acknowledgement", "FF FF 81 81 FF", "81"),
    ("antenna off", "FF FF 80 4C 00 CC FF", "80 4C 00"),
    (
        "C0 init",
        "FF FF 80 C0 5E 0B E1 00 20 20 01 01 00 00 00 03 0A 1F 00 00 E2 FF",
        "80 C0 5E 0B E1 00 20 20 01 01 00 00 00 03 0A 1F 00 00",
    ),
    (
        "C1, stuffed",
        "FF FF 82 C1 FE 00 00 FE 01 01 11 22 33 44 11 22 33 44 43 FF",
        "82 C1 FE 00 FF 01 11 22 33 44 11 22 33 44",
    ),
    (
        "C2 search again",
        "FF FF 83 C2 02 00 00 01 01 43 FF",
        "83 C2 02 00 00 01 01",
    ),
    (
        "B2 heartbeat",
        "FF FF 28 B2 00 00 00 00 80 1A FF",
        "28 B2 00 00 00 00 80",
    ),
    (
        "B0 power-on",
        "FF FF 98 B0 00 01 05 00 11 22 33 44 55 66 00 46 01 20 01 22 01 00 00 00 00 00 1E FF",
        "98 B0 00 01 05 00 11 22 33 44 55 66 00 46 01 20 01 22 01 00 00 00 00 00",
    ),
];

/// §3.3, dialect A′.
pub const PRIMITIVES: &[Worked] = &[
    (
        "BST",
        BST,
        "01 F0 00 18 FF FF FF FF 50 03 91 C0 08 FF FF 00 5E 0B E1 00 00 01 41 87 29 00 1A 00",
    ),
    (
        "ESAM list",
        ESAM_LIST,
        "02 F0 02 1B 02 00 00 01 40 F7 91 05 01 03 18 02 02 07 00 A4 00 00 02 3F 00 05 00 B0 81 00 1B",
    ),
    (
        "ESAM answers",
        ESAM_ANSWERS,
        "02 E0 02 2F 02 00 00 01 E0 F7 00 91 18 01 19 02 02 02 90 00 1D 00 01 02 03 04 05 06 07 08 09 0A 0B 0C 0D 0E 0F 10 11 12 13 14 15 16 17 18 19 1A 90 00 00",
    ),
    (
        "card list",
        CARD_LIST,
        "03 F0 02 1B 02 00 00 01 40 77 91 05 01 03 18 01 02 07 00 A4 00 00 02 10 01 05 00 B0 95 00 2B",
    ),
    (
        "SetMMI",
        SET_MMI,
        "04 F0 03 0C 02 00 00 01 40 F7 91 05 01 04 1A 00",
    ),
    (
        "release",
        RELEASE,
        "05 F0 04 0A 02 00 00 01 40 03 91 60 00 00",
    ),
    ("PSAM reset", PSAM_RESET, "06 F1 00 00 00 25 80"),
    (
        "PSAM list",
        PSAM_LIST,
        "07 F1 01 09 01 07 00 A4 00 00 02 3F 00",
    ),
    ("PSAM answers", PSAM_ANSWERS, "07 E1 01 00 04 01 00 90 00"),
];

pub const BST: &str = "FF FF 01 F0 00 18 FE 01 FE 01 FE 01 FE 01 50 03 91 C0 08 FE 01 FE 01 00 5E 0B E1 00 00 01 41 87 29 00 1A 00 A3 FF";
pub const ESAM_LIST: &str = "FF FF 02 F0 02 1B 02 00 00 01 40 F7 91 05 01 03 18 02 02 07 00 A4 00 00 02 3F 00 05 00 B0 81 00 1B 60 FF";
pub const ESAM_ANSWERS: &str = "FF FF 02 E0 02 2F 02 00 00 01 E0 F7 00 91 18 01 19 02 02 02 90 00 1D 00 01 02 03 04 05 06 07 08 09 0A 0B 0C 0D 0E 0F 10 11 12 13 14 15 16 17 18 19 1A 90 00 00 4E FF";
pub const CARD_LIST: &str = "FF FF 03 F0 02 1B 02 00 00 01 40 77 91 05 01 03 18 01 02 07 00 A4 00 00 02 10 01 05 00 B0 95 00 2B E8 FF";
pub const SET_MMI: &str = "FF FF 04 F0 03 0C 02 00 00 01 40 F7 91 05 01 04 1A 00 C4 FF";
pub const RELEASE: &str = "FF FF 05 F0 04 0A 02 00 00 01 40 03 91 60 00 00 4A FF";
pub const PSAM_RESET: &str = "FF FF 06 F1 00 00 00 25 80 52 FF";
pub const PSAM_LIST: &str = "FF FF 07 F1 01 09 01 07 00 A4 00 00 02 3F 00 61 FF";
pub const PSAM_ANSWERS: &str = "FF FF 07 E1 01 00 04 01 00 90 00 72 FF";

/// §4, dialect B: name, frame, DATA.
pub const GANTRY: &[Worked] = &[
    (
        "C0 init",
        "FF FF 00 10 00 00 00 16 C0 5E 0B E1 00 20 20 01 01 00 00 00 03 20 1F 01 01 00 00 00 00 00 67 97",
        "C0 5E 0B E1 00 20 20 01 01 00 00 00 03 20 1F 01 01 00 00 00 00 00",
    ),
    ("C4 open", "FF FF 00 20 00 00 00 02 C4 01 E9 0B", "C4 01"),
    (
        "CF heartbeat",
        "FF FF 00 10 00 00 00 02 CF 00 CA 60",
        "CF 00",
    ),
    (
        "C1 continue",
        "FF FF 00 30 00 00 00 0D C1 02 00 00 01 11 22 33 44 11 22 33 44 BF 89",
        "C1 02 00 00 01 11 22 33 44 11 22 33 44",
    ),
    (
        "C2 search again",
        "FF FF 00 40 00 00 00 06 C2 02 00 00 01 01 E4 EA",
        "C2 02 00 00 01 01",
    ),
    (
        "B1 heartbeat, public",
        "FF FF 00 02 00 00 00 1C B1 00 11 01 02 01 00 01 02 00 00 02 01 00 01 02 00 00 02 02 01 00 00 16 02 00 00 16 70 CF",
        "B1 00 11 01 02 01 00 01 02 00 00 02 01 00 01 02 00 00 02 02 01 00 00 16 02 00 00 16",
    ),
    (
        "B1 heartbeat, short, public",
        "FF FF 00 01 00 00 00 0F B1 00 11 01 00 03 00 01 00 01 00 01 00 00 02 D5 DC",
        "B1 00 11 01 00 03 00 01 00 01 00 01 00 00 02",
    ),
];

/// §5.7, dialect C: name, frame, DATA.
pub const BOBU: &[Worked] = &[
    ("A2 handshake", HANDSHAKE, "A2"),
    (
        "B2 reply",
        "33 09 80 07 B2 00 04 11 22 33 44 7C",
        "B2 00 04 11 22 33 44",
    ),
    (
        "A1 ESAM list",
        BOBU_ESAM_LIST,
        "A1 20 12 00 80 10 01 07 00 A4 00 00 02 3F 00 02 05 00 84 00 00 04",
    ),
    (
        "B1 reply",
        BOBU_ESAM_ANSWERS,
        "B1 00 20 0E 00 81 0C 01 02 90 00 02 06 A1 B2 C3 D4 90 00",
    ),
    (
        "A3 card list",
        BOBU_CARD_LIST,
        "A3 00 19 00 80 17 01 07 00 A4 00 00 02 10 01 02 05 00 B0 95 00 2B 03 05 80 5C 00 02 04",
    ),
    ("A5 device serial", "33 05 80 03 A5 01 C0 E2", "A5 01 C0"),
    ("A5 power off", "33 06 80 03 A5 01 C3 E2", "A5 01 C3"),
    (
        "A3 card list of one",
        "33 09 80 0D A3 00 09 00 80 07 01 05 00 B0 95 00 00 88",
        "A3 00 09 00 80 07 01 05 00 B0 95 00 00",
    ),
    ("50 init", "50 80 01 01 80 50", "80"),
    (
        "50 ESAM list",
        "50 80 01 16 82 20 12 00 80 10 01 07 00 A4 00 00 02 3F 00 02 05 00 84 00 00 04 FF",
        "82 20 12 00 80 10 01 07 00 A4 00 00 02 3F 00 02 05 00 84 00 00 04",
    ),
];

pub const HANDSHAKE: &str = "33 02 80 01 A2 21";
pub const BOBU_ESAM_LIST: &str =
    "33 03 80 16 A1 20 12 00 80 10 01 07 00 A4 00 00 02 3F 00 02 05 00 84 00 00 04 8E";
pub const BOBU_ESAM_ANSWERS: &str =
    "33 03 80 13 B1 00 20 0E 00 81 0C 01 02 90 00 02 06 A1 B2 C3 D4 90 00 81";
pub const BOBU_CARD_LIST: &str = "33 04 80 1D A3 00 19 00 80 17 01 07 00 A4 00 00 02 10 01 02 05 00 B0 95 00 2B 03 05 80 5C 00 02 04 D0";

/// §5.6 and §5.7, wrapped: name, packet, the frame inside.
pub const WRAPPED: &[Worked] = &[
    (
        "A2 handshake",
        "FE 01 00 14 75 31 00 03 0A 00 12 06 33 02 80 01 A2 21 18 00",
        HANDSHAKE,
    ),
    (
        "A1 ESAM list",
        "FE 01 00 29 75 31 00 04 0A 00 12 1B 33 03 80 16 A1 20 12 00 80 10 01 07 00 A4 00 00 02 3F 00 02 05 00 84 00 00 04 8E 18 00",
        BOBU_ESAM_LIST,
    ),
    (
        "A3 card list of one",
        "FE 01 00 20 75 31 00 00 0A 00 12 12 33 09 80 0D A3 00 09 00 80 07 01 05 00 B0 95 00 00 88 18 00",
        "33 09 80 0D A3 00 09 00 80 07 01 05 00 B0 95 00 00 88",
    ),
];

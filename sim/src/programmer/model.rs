//! In what programmers differ.

/// A kind of programmer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Model {
    /// What it speaks.
    pub dialect: Dialect,
    /// Bits per second; at any other speed both sides hear noise.
    pub baud: u32,
    /// It says nothing while DTR is low, as some USB serial chips do.
    pub needs_dtr: bool,
    /// A chip's answer to a command with data waits for GET RESPONSE (`61xx`).
    pub fetches: bool,
    /// A list ends at the first command that is refused.
    pub stops_at_refusal: bool,
    /// Terminal numbers of the PSAMs in slots 1 to 3.
    pub psams: [Option<[u8; 6]>; 3],
}

/// What a programmer speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// A′: issuing primitives in envelope A; tags are called over the air, the card is in the tag.
    Primitives(Primitives),
    /// C: frames of Bluetooth tags; a tag and a card lie in contact with it.
    Bobu(Bobu),
    /// A device of another kind, which says this by itself every second and hears nothing.
    Foreign(&'static [u8]),
}

/// Options of dialect A′ (serial reference §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Primitives {
    /// Replies carry the RSCTL of their request; otherwise always 13, as some messages do.
    pub echoes_rsctl: bool,
    /// PSAM answers count their status word.
    pub psam_counts_sw: bool,
    /// Where no tag answers, the device says so by an empty payload; otherwise it says nothing.
    pub tells_silence: bool,
    /// CMD of the reply to the device initialisation: EF or B0.
    pub device_reply: u8,
}

/// Options of dialect C (serial reference §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bobu {
    /// "33" or "50" frames.
    pub start: Start,
    /// Frames travel in WeChat packets, and the device wants to be greeted first.
    pub is_wrapped: bool,
    /// Replies carry the SN of their request; otherwise always 9.
    pub echoes_sn: bool,
    /// Only the last answer of a list is returned.
    pub last_answer_only: bool,
}

/// Which frame, by its first byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// 33, dialect C1.
    ThreeThree,
    /// 50, dialect C2.
    Fifty,
}

impl Model {
    /// A programmer of dialect A′ with a PSAM in slot 1.
    pub const fn primitives() -> Self {
        Self {
            dialect: Dialect::Primitives(Primitives {
                echoes_rsctl: true,
                psam_counts_sw: false,
                tells_silence: false,
                device_reply: 0xEF,
            }),
            baud: 115_200,
            needs_dtr: false,
            fetches: false,
            stops_at_refusal: false,
            psams: [Some([0x62, 0x01, 0x00, 0x00, 0x00, 0x17]), None, None],
        }
    }

    /// A programmer of dialect C1, bare on the line.
    pub const fn bobu() -> Self {
        Self {
            dialect: Dialect::Bobu(Bobu {
                start: Start::ThreeThree,
                is_wrapped: false,
                echoes_sn: true,
                last_answer_only: false,
            }),
            psams: [None; 3],
            ..Self::primitives()
        }
    }

    /// The same in WeChat packets.
    pub const fn bobu_wechat() -> Self {
        Self {
            dialect: Dialect::Bobu(Bobu {
                start: Start::ThreeThree,
                is_wrapped: true,
                echoes_sn: true,
                last_answer_only: false,
            }),
            ..Self::bobu()
        }
    }

    /// A programmer of dialect C2.
    pub const fn bobu_fifty() -> Self {
        Self {
            dialect: Dialect::Bobu(Bobu {
                start: Start::Fifty,
                is_wrapped: false,
                echoes_sn: false,
                last_answer_only: false,
            }),
            ..Self::bobu()
        }
    }

    /// The model that the bench and the programs call `kind`.
    pub fn of_kind(kind: &str) -> Option<Self> {
        Some(match kind {
            "dialect-a" => Self::primitives(),
            "dialect-c1" => Self::bobu(),
            "dialect-c1-wechat" => Self::bobu_wechat(),
            "dialect-c2" => Self::bobu_fifty(),
            _ => return None,
        })
    }
}

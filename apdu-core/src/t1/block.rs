//! Blocks of T=1: NAD PCB LEN INF EDC (ISO/IEC 7816-3 §11.3).

use alloc::vec::Vec;

/// What stands at the end of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edc {
    /// One byte: the exclusive-or of all before it.
    Lrc,
    /// Two bytes: CRC of ISO/IEC 13239, high byte first.
    Crc,
}

/// A block, without NAD, which is 0 throughout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Block<'a> {
    /// Information.
    I {
        /// N(S), 0 or 1.
        seq: u8,
        /// M: more blocks of the same APDU follow.
        more: bool,
        /// 0 to 254 bytes.
        inf: &'a [u8],
    },
    /// Receive ready.
    R {
        /// N(R), 0 or 1: the block that is waited for.
        seq: u8,
        /// Why; the card's reason says nothing to us.
        error: Error,
    },
    /// Supervision: a request.
    Request(Supervision),
    /// Supervision: a response.
    Response(Supervision),
}

/// The reason of an R-block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// None: an acknowledgement.
    None,
    /// EDC or parity.
    Edc,
    /// Anything else.
    Other,
}

/// What an S-block is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Supervision {
    /// Both sides begin anew.
    Resynch,
    /// Longest information field its sender takes, 1 to 254.
    Ifs(u8),
    /// A chain ends before its end.
    Abort,
    /// Waiting time extension: so many times BWT.
    Wtx(u8),
}

/// What is wrong with received bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadBlock {
    /// The EDC does not fit.
    #[error("the block's EDC is wrong")]
    Edc,
    /// Too short, LEN, NAD or PCB cannot be.
    #[error("the block is malformed")]
    Malformed,
}

impl Edc {
    /// Length in bytes.
    pub fn length(self) -> usize {
        match self {
            Self::Lrc => 1,
            Self::Crc => 2,
        }
    }

    /// The EDC of these bytes.
    pub fn of(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Lrc => Vec::from([bytes.iter().fold(0, |sum, byte| sum ^ byte)]),
            Self::Crc => Vec::from(crc(bytes).to_be_bytes()),
        }
    }
}

/// x¹⁶ + x¹² + x⁵ + 1, bits reflected, from FFFF, not inverted at the end.
fn crc(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xFFFF, |mut sum, &byte| {
        sum ^= u16::from(byte);
        for _bit in 0..8 {
            sum = if sum & 1 == 0 {
                sum >> 1
            } else {
                sum >> 1 ^ 0x8408
            };
        }
        sum
    })
}

impl<'a> Block<'a> {
    /// The block on the wire.
    pub fn to_bytes(self, edc: Edc) -> Vec<u8> {
        let mut value = [0];
        let (pcb, inf): (u8, &[u8]) = match self {
            Self::I { seq, more, inf } => (seq << 6 | u8::from(more) << 5, inf),
            Self::R { seq, error } => (0x80 | seq << 4 | error as u8, &[]),
            Self::Request(what) => (0xC0 | what.code(), what.field(&mut value)),
            Self::Response(what) => (0xE0 | what.code(), what.field(&mut value)),
        };
        let mut bytes = Vec::with_capacity(3 + inf.len() + 2);
        bytes.extend_from_slice(&[0, pcb, inf.len() as u8]);
        bytes.extend_from_slice(inf);
        let end = edc.of(&bytes);
        bytes.extend_from_slice(&end);
        bytes
    }

    /// Reads a block. Bytes behind it are ignored: readers deliver some.
    pub fn parse(bytes: &'a [u8], edc: Edc) -> Result<Self, BadBlock> {
        let [nad, pcb, len, ..] = *bytes else {
            return Err(BadBlock::Malformed);
        };
        let inf_end = 3 + usize::from(len);
        let (body, end) = bytes.split_at_checked(inf_end).ok_or(BadBlock::Malformed)?;
        let end = end.get(..edc.length()).ok_or(BadBlock::Malformed)?;
        if edc.of(body) != end {
            return Err(BadBlock::Edc);
        }
        if nad != 0 || len == 0xFF {
            return Err(BadBlock::Malformed);
        }
        let inf = body.get(3..).unwrap_or_default();
        match (pcb, inf) {
            (0x00..=0x7F, _) if pcb & 0x1F == 0 => Ok(Self::I {
                seq: pcb >> 6 & 1,
                more: pcb & 0x20 != 0,
                inf,
            }),
            (0x80..=0xBF, []) if pcb & 0x2F <= 2 => Ok(Self::R {
                seq: pcb >> 4 & 1,
                error: match pcb & 0x0F {
                    0 => Error::None,
                    1 => Error::Edc,
                    _ => Error::Other,
                },
            }),
            (0xC0..=0xFF, _) => {
                let what = Supervision::of(pcb & 0x1F, inf).ok_or(BadBlock::Malformed)?;
                Ok(match pcb & 0x20 {
                    0 => Self::Request(what),
                    _ => Self::Response(what),
                })
            }
            _ => Err(BadBlock::Malformed),
        }
    }
}

impl Supervision {
    fn code(self) -> u8 {
        match self {
            Self::Resynch => 0,
            Self::Ifs(_) => 1,
            Self::Abort => 2,
            Self::Wtx(_) => 3,
        }
    }

    fn field(self, value: &mut [u8; 1]) -> &[u8] {
        match self {
            Self::Ifs(size) => *value = [size],
            Self::Wtx(factor) => *value = [factor],
            Self::Resynch | Self::Abort => return &[],
        }
        value
    }

    fn of(code: u8, inf: &[u8]) -> Option<Self> {
        match (code, inf) {
            (0, []) => Some(Self::Resynch),
            (1, &[size @ 1..=254]) => Some(Self::Ifs(size)),
            (2, []) => Some(Self::Abort),
            (3, &[factor]) => Some(Self::Wtx(factor)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_crc_has_its_published_check_value() {
        // CRC-16/MCRF4XX of "123456789".
        assert_eq!(Edc::Crc.of(b"123456789"), [0x6F, 0x91]);
    }

    /// Blocks as ISO/IEC 7816-3 §11.3.2 codes them, LRC worked out by hand.
    const BLOCKS: [(Block<'static>, &[u8]); 13] = [
        (
            Block::I {
                seq: 0,
                more: false,
                inf: &[0x90, 0x00],
            },
            &[0, 0x00, 2, 0x90, 0x00, 0x92],
        ),
        (
            Block::I {
                seq: 1,
                more: true,
                inf: &[0xA5],
            },
            &[0, 0x60, 1, 0xA5, 0xC4],
        ),
        (
            Block::R {
                seq: 0,
                error: Error::None,
            },
            &[0, 0x80, 0, 0x80],
        ),
        (
            Block::R {
                seq: 1,
                error: Error::Edc,
            },
            &[0, 0x91, 0, 0x91],
        ),
        (
            Block::R {
                seq: 1,
                error: Error::Other,
            },
            &[0, 0x92, 0, 0x92],
        ),
        (Block::Request(Supervision::Resynch), &[0, 0xC0, 0, 0xC0]),
        (
            Block::Request(Supervision::Ifs(0xFE)),
            &[0, 0xC1, 1, 0xFE, 0x3E],
        ),
        (Block::Request(Supervision::Abort), &[0, 0xC2, 0, 0xC2]),
        (Block::Request(Supervision::Wtx(3)), &[0, 0xC3, 1, 3, 0xC1]),
        (Block::Response(Supervision::Resynch), &[0, 0xE0, 0, 0xE0]),
        (
            Block::Response(Supervision::Ifs(0xFE)),
            &[0, 0xE1, 1, 0xFE, 0x1E],
        ),
        (Block::Response(Supervision::Abort), &[0, 0xE2, 0, 0xE2]),
        (Block::Response(Supervision::Wtx(3)), &[0, 0xE3, 1, 3, 0xE1]),
    ];

    #[test]
    fn every_block_is_coded_as_the_standard_draws_it() {
        for (block, bytes) in BLOCKS {
            assert_eq!(block.to_bytes(Edc::Lrc), bytes, "{block:?}");
            assert_eq!(Block::parse(bytes, Edc::Lrc), Ok(block));
            let with_crc = block.to_bytes(Edc::Crc);
            assert_eq!(with_crc.len(), bytes.len() + 1);
            assert_eq!(Block::parse(&with_crc, Edc::Crc), Ok(block));
        }
    }

    #[test]
    fn surplus_behind_a_block_is_ignored() {
        let bytes = [0, 0x80, 0, 0x80, 0, 0];
        assert!(Block::parse(&bytes, Edc::Lrc).is_ok());
    }

    #[test]
    fn a_wrong_edc_and_a_cut_block_are_told_apart() {
        for (_, bytes) in BLOCKS {
            for length in 0..bytes.len() {
                let cut = Block::parse(&bytes[..length], Edc::Lrc);
                assert_eq!(cut, Err(BadBlock::Malformed));
            }
            let mut wrong = bytes.to_vec();
            wrong[1] ^= 0x04;
            assert_eq!(Block::parse(&wrong, Edc::Lrc), Err(BadBlock::Edc));
        }
    }

    #[test]
    fn what_the_standard_does_not_draw_is_malformed() {
        let with_lrc = |body: &[u8]| [body, &Edc::Lrc.of(body)].concat();
        for body in [
            &[1, 0x00, 0][..],   // NAD
            &[0, 0x01, 0],       // reserved bits of an I-block
            &[0, 0x83, 0],       // R with an unknown reason
            &[0, 0xA0, 0],       // R with a reserved bit
            &[0, 0x80, 1, 0],    // R with information
            &[0, 0xC4, 0],       // unknown S
            &[0, 0xC1, 1, 0],    // IFS 0
            &[0, 0xC1, 1, 0xFF], // IFS 255
            &[0, 0xC1, 0],       // IFS of nothing
            &[0, 0xC3, 2, 1, 1], // WTX of two bytes
            &[0, 0xC0, 1, 0],    // RESYNCH with information
        ] {
            let bytes = with_lrc(body);
            assert_eq!(
                Block::parse(&bytes, Edc::Lrc),
                Err(BadBlock::Malformed),
                "{body:02X?}"
            );
        }
        let too_long = with_lrc(&[&[0, 0x00, 0xFF][..], &[0; 255]].concat());
        assert_eq!(Block::parse(&too_long, Edc::Lrc), Err(BadBlock::Malformed));
    }
}

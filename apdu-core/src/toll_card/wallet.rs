//! The wallet 电子钱包: balance, PIN, load and proof (reference §2.2, §2.4).

use alloc::vec::Vec;

use super::{Fields, MalformedFile};
use crate::apdu::Command;
use crate::authority::{InitForLoad, Pin};
use crate::bcd::packed;

/// GET BALANCE; answered by 4 bytes, fen.
pub fn get_balance() -> Command {
    Command::read([0x80, 0x5C, 0x00, 0x02], 4)
}

/// VERIFY in the form the card's profile names; `None` for a card without PIN. A try is spent by
/// every call, so it is put on the wire once.
pub fn verify(pin: &Pin) -> Result<Option<Command>, BadPin> {
    let data: Vec<u8> = match pin {
        Pin::None => return Ok(None),
        Pin::Ascii6(digits) if digits.len() == 6 => digits.as_bytes().to_vec(),
        Pin::Bcd3(digits) => packed::<3>(digits).map_err(|_| BadPin)?.to_vec(),
        Pin::Ascii6(_) => return Err(BadPin),
    };
    let command = Command::with_data([0x00, 0x20, 0x00, 0x00], &data, 0);
    Ok(Some(command.once().secret()))
}

/// The PIN in the card's profile does not have the form it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the PIN does not fit its form")]
pub struct BadPin;

/// INITIALIZE FOR LOAD; answered by 16 bytes ([`InitAnswer`]). Moves nothing, and replaces the card's
/// pending session, so it may be repeated.
pub fn initialize_for_load(init: &InitForLoad, amount: u32) -> Command {
    let mut data = Vec::with_capacity(11);
    data.push(init.key_index);
    data.extend_from_slice(&amount.to_be_bytes());
    data.extend_from_slice(&init.terminal.0);
    Command::with_data([0x80, 0x50, 0x00, 0x02], &data, 16)
}

/// Answer of INITIALIZE FOR LOAD, 16 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InitAnswer {
    /// Balance before the load, fen.
    pub balance: u32,
    /// Online counter 联机交易序号: moves by one exactly when a CREDIT is accepted.
    pub counter: u16,
    /// Version of the load key.
    pub key_version: u8,
    /// Algorithm: 00 3DES, 04 SM4.
    pub algorithm: u8,
    /// The card's random, part of the session key.
    pub random: [u8; 4],
    /// MAC1 over balance, amount, type and terminal.
    pub mac1: [u8; 4],
}

impl InitAnswer {
    /// Reads 16 bytes.
    pub fn parse(bytes: &[u8; 16]) -> Self {
        let [
            b0,
            b1,
            b2,
            b3,
            c0,
            c1,
            key_version,
            algorithm,
            r0,
            r1,
            r2,
            r3,
            m0,
            m1,
            m2,
            m3,
        ] = *bytes;
        Self {
            balance: u32::from_be_bytes([b0, b1, b2, b3]),
            counter: u16::from_be_bytes([c0, c1]),
            key_version,
            algorithm,
            random: [r0, r1, r2, r3],
            mac1: [m0, m1, m2, m3],
        }
    }
}

/// CREDIT FOR LOAD as the authority returned it: `805200000B` date time MAC2, answered by the TAC.
///
/// Anything else under the authority's name is refused here: no other write can be smuggled through
/// a load.
pub fn credit_for_load(bytes: &[u8]) -> Result<Command, NotACredit> {
    let command = Command::parse(bytes).map_err(|_| NotACredit)?;
    let is_credit = command.header == [0x80, 0x52, 0x00, 0x00] && command.data.len() == 11;
    is_credit
        .then_some(Command { ne: 4, ..command })
        .ok_or(NotACredit)
}

/// The bytes are no CREDIT FOR LOAD.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a CREDIT FOR LOAD")]
pub struct NotACredit;

/// GET TRANSACTION PROVE of a load, asked for by `counter`; answered by MAC and TAC, 4 bytes each.
/// `9406` says only that no proof is kept.
pub fn get_load_prove(counter: u16) -> Command {
    Command::with_data([0x80, 0x5A, 0x00, 0x02], &counter.to_be_bytes(), 8)
}

/// Reads an answer of GET BALANCE.
pub fn parse_balance(bytes: &[u8]) -> Result<u32, MalformedFile> {
    if bytes.len() != 4 {
        return Err(MalformedFile("0002"));
    }
    Fields::of("0002", bytes).u32()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apdu::Repeat;
    use crate::hex::{Fixed, decode, encode};

    #[test]
    fn chain_c_of_the_reference_is_built_and_read_byte_by_byte() {
        let init = InitForLoad {
            key_index: 1,
            amount: Some(10_000),
            terminal: Fixed([1, 2, 3, 4, 5, 6]),
        };
        let command = initialize_for_load(&init, 10_000);
        assert_eq!(
            encode(&command.to_bytes()),
            "805000020B010000271001020304050610"
        );
        assert_eq!(command.repeat, Repeat::Repeatable);

        let answer: Fixed<16> = "00000BB800050100A1B2C3D491C69BFC".parse().expect("hex");
        let answer = InitAnswer::parse(&answer.0);
        assert_eq!((answer.balance, answer.counter), (3_000, 5));
        assert_eq!((answer.key_version, answer.algorithm), (1, 0));
        assert_eq!(answer.random, [0xA1, 0xB2, 0xC3, 0xD4]);
        assert_eq!(answer.mac1, [0x91, 0xC6, 0x9B, 0xFC]);

        let credit = decode("805200000B20240115093000895A7A0904").expect("hex");
        let command = credit_for_load(&credit).expect("a CREDIT");
        assert_eq!(command.to_bytes(), credit);
        assert_eq!(command.repeat, Repeat::Once);

        assert_eq!(encode(&get_load_prove(6).to_bytes()), "805A000202000608");
    }

    #[test]
    fn nothing_but_a_credit_passes_as_a_credit() {
        for bad in [
            "04D69518082034011434449F3B",
            "805200000A20240115093000895A7A",
            "8052",
            "",
        ] {
            let bytes = decode(bad).expect("hex");
            assert_eq!(credit_for_load(&bytes), Err(NotACredit), "{bad}");
        }
    }

    #[test]
    fn the_pin_takes_the_form_of_the_profile_and_is_sent_once() {
        let ascii = verify(&Pin::Ascii6("123456".into())).expect("six digits");
        let ascii = ascii.expect("a PIN");
        assert_eq!(encode(&ascii.to_bytes()), "0020000006313233343536");
        assert!(ascii.secret && ascii.repeat == Repeat::Once);
        let bcd = verify(&Pin::Bcd3("123456".into())).expect("six digits");
        assert_eq!(encode(&bcd.expect("a PIN").to_bytes()), "0020000003123456");
        assert_eq!(verify(&Pin::None), Ok(None));
        assert_eq!(verify(&Pin::Ascii6("1234".into())), Err(BadPin));
        assert_eq!(verify(&Pin::Bcd3("12345A".into())), Err(BadPin));
    }
}

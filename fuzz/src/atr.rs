//! Answers to reset, ISO/IEC 7816-3 §8.2.

use apdu_core::atr::{Atr, BadAtr, Protocol};

/// An ATR is kept as it came, its parts lie within it, and no part of it alone is one that is checked.
pub fn atr(bytes: &[u8]) {
    let Ok(atr) = Atr::parse(bytes) else {
        return;
    };
    assert_eq!(atr.bytes(), bytes);
    assert!((2..=33).contains(&bytes.len()));
    assert!(atr.default_protocol() < 16);
    assert_eq!(atr.historical().len(), usize::from(bytes[1] & 0x0F));
    let t1 = atr.t1();
    assert!((1..=254).contains(&t1.ifsc) && t1.bwi <= 9 && t1.cwi <= 15);
    assert!(atr.waiting_integer() > 0);
    for protocol in [Protocol::T0, Protocol::T1] {
        let is_default = atr.default_protocol() == protocol.number();
        assert!(!is_default || atr.offers(protocol));
    }
    // One wrong bit in the historical bytes is found out where there is a TCK.
    if let Some(at) = historical_at(bytes) {
        let mut wrong = bytes.to_vec();
        wrong[at] ^= 0x01;
        assert_eq!(Atr::parse(&wrong), Err(BadAtr::Checksum));
    }
}

/// Where the first historical byte stands in an ATR that has some and a TCK. Walks the chain of TD bytes
/// anew.
fn historical_at(bytes: &[u8]) -> Option<usize> {
    let (mut at, mut y, mut checked) = (2, bytes[1] >> 4, false);
    while y != 0 {
        at += y.count_ones() as usize;
        if y & 0b1000 == 0 {
            break;
        }
        let td = bytes[at - 1];
        checked |= td & 0x0F != 0;
        y = td >> 4;
    }
    (checked && bytes[1] & 0x0F != 0).then_some(at)
}

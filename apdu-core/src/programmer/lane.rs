//! What lane antennas say in envelope A (serial reference §2, §2.1): recognised, so that it can be named.
//! A lane antenna debits cards in passing; it has no command that reaches a chip by APDU.

/// Whether a body of envelope A is what a lane antenna sends by itself: RSCTL `X8`, and one of the B
/// codes (B0 its status, B2 a tag or the heartbeat …).
pub fn is_lane_antenna(body: &[u8]) -> bool {
    matches!(body, [rsctl, code, ..] if rsctl & 0x0F == 0x08 && code & 0xF0 == 0xB0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::programmer::worked::{LANE, PRIMITIVES, bytes};

    #[test]
    fn an_antenna_is_known_by_what_it_says_by_itself() {
        for (name, _, body) in LANE.iter().chain(PRIMITIVES) {
            let says = matches!(*name, "B0 power-on" | "B2 heartbeat");
            assert_eq!(is_lane_antenna(&bytes(body)), says, "{name}");
        }
    }
}

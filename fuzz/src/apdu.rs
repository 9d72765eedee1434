//! APDUs, ISO/IEC 7816-4 §5.

use apdu_core::apdu::{Command, Malformed, Repeat, Response};

/// A command that can be read is written as it was, or shorter where it was extended without need.
pub fn command(bytes: &[u8]) {
    let Ok(command) = Command::parse(bytes) else {
        return;
    };
    assert_eq!(
        command.repeat,
        Repeat::Once,
        "a foreign command is never repeated unasked"
    );
    assert!(command.data.len() <= 65_535 && command.ne <= 65_536);
    let written = command.to_bytes();
    assert_eq!(Command::parse(&written), Ok(command.clone()));
    let needs_extended = command.data.len() > 255 || command.ne > 256;
    let was_extended = bytes.len() > 5 && bytes[4] == 0;
    if needs_extended == was_extended {
        assert_eq!(written, bytes);
    } else {
        assert!(was_extended && written.len() < bytes.len());
    }
    // What cannot be shown must not be shown, however long it is.
    let shown = format!("{:?}", command.clone().secret());
    assert!(shown.len() < 64, "{shown}");
}

/// An answer is its data and the two bytes behind them; nothing shorter is one.
pub fn response(bytes: &[u8]) {
    match Response::parse(bytes) {
        Ok(response) => {
            let sw = response.sw.0.to_be_bytes();
            assert_eq!([&response.data[..], &sw].concat(), bytes);
            for length in [response.sw.more_data(), response.sw.right_length()] {
                assert!(length.is_none_or(|length| (1..=256).contains(&length)));
            }
            assert!(response.sw.tries_left().is_none_or(|tries| tries < 16));
        }
        Err(Malformed) => assert!(bytes.len() < 2),
    }
}

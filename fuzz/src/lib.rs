//! What holds whatever bytes come in: from a reader, a programmer, a card, or a page.
//!
//! A target is a function that takes any bytes and panics where one of its properties does not hold. Two
//! run them: libFuzzer, which looks for inputs that reach new code (`cargo xtask fuzz`), and the tests of
//! this crate, which take the [corpus](Target::corpus) and mutations of it.
//!
//! What libFuzzer finds becomes a line of `corpus/NAME.hex` and so a test.

mod apdu;
mod atr;
mod card;
mod ccid;
mod programmer;
mod serial;
mod session;
mod story;
mod t1;
mod toll_card;

/// Properties of one codec or engine, and inputs worth beginning with.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// What it is called on the command line; its corpus is `corpus/NAME.hex`.
    pub name: &'static str,
    /// Panics where a property does not hold for these bytes.
    pub check: fn(&[u8]),
    /// An input a line in hex, spaces wherever they help; `#` begins a comment.
    pub corpus: &'static str,
}

/// All targets.
pub const TARGETS: [Target; 16] = [
    Target {
        name: "descriptor",
        check: ccid::descriptor,
        corpus: include_str!("../corpus/descriptor.hex"),
    },
    Target {
        name: "message",
        check: ccid::message,
        corpus: include_str!("../corpus/message.hex"),
    },
    Target {
        name: "session",
        check: session::session,
        corpus: include_str!("../corpus/session.hex"),
    },
    Target {
        name: "serial",
        check: serial::serial,
        corpus: include_str!("../corpus/serial.hex"),
    },
    Target {
        name: "block",
        check: t1::block,
        corpus: include_str!("../corpus/block.hex"),
    },
    Target {
        name: "t1",
        check: t1::exchange,
        corpus: include_str!("../corpus/t1.hex"),
    },
    Target {
        name: "atr",
        check: atr::atr,
        corpus: include_str!("../corpus/atr.hex"),
    },
    Target {
        name: "command",
        check: apdu::command,
        corpus: include_str!("../corpus/command.hex"),
    },
    Target {
        name: "response",
        check: apdu::response,
        corpus: include_str!("../corpus/response.hex"),
    },
    Target {
        name: "tlv",
        check: toll_card::tlv,
        corpus: include_str!("../corpus/tlv.hex"),
    },
    Target {
        name: "file",
        check: toll_card::file,
        corpus: include_str!("../corpus/file.hex"),
    },
    Target {
        name: "envelope",
        check: programmer::envelope,
        corpus: include_str!("../corpus/envelope.hex"),
    },
    Target {
        name: "frames",
        check: programmer::frames,
        corpus: include_str!("../corpus/frames.hex"),
    },
    Target {
        name: "payload",
        check: programmer::payload,
        corpus: include_str!("../corpus/payload.hex"),
    },
    Target {
        name: "programmer",
        check: programmer::session,
        corpus: include_str!("../corpus/programmer.hex"),
    },
    Target {
        name: "programmer-capture",
        check: programmer::capture,
        corpus: include_str!("../corpus/programmer-capture.hex"),
    },
];

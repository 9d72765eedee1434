//! CCID on a serial line.

use apdu_core::ccid::serial::{Heard, SerialLine, frame};

/// Whatever the line brings, it means the same in pieces; and behind it a frame is still understood, once what
/// the noise has begun has come to its end.
pub fn serial(bytes: &[u8]) {
    let at_once = heard(&mut open(), &[bytes]);
    let singly: Vec<&[u8]> = bytes.chunks(1).collect();
    assert_eq!(heard(&mut open(), &singly), at_once);

    // No frame that noise can announce is longer than this.
    let mut line = open();
    let silence = vec![0; 300];
    heard(&mut line, &[bytes, &silence]);
    let status = [0x81, 0, 0, 0, 0, 0, 1, 0, 0, 0];
    assert_eq!(
        heard(&mut line, &[&frame(&status)]),
        [Heard::Message(status.to_vec())]
    );
}

/// A line with a reader that has said who it is.
fn open() -> SerialLine {
    let mut line = SerialLine::open(0);
    let firmware = [0x83, 2, 0, 0, 0, 0, 0, 0, 0, 0, b'v', b'1'];
    let settled = [0x83, 0, 0, 0, 0, 0, 1, 0, 0, 0];
    let opened = heard(&mut line, &[&frame(&firmware), &frame(&settled)]);
    assert_eq!(opened, [Heard::Ready(b"v1".to_vec())]);
    while line.poll_transmit().is_some() {}
    line
}

fn heard(line: &mut SerialLine, pieces: &[&[u8]]) -> Vec<Heard> {
    pieces.iter().for_each(|piece| line.handle_bytes(0, piece));
    std::iter::from_fn(|| line.poll_heard()).collect()
}

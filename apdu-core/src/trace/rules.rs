//! What is shown of which command (reference on cards, §1 and §2). What no rule names is secret.

use core::ops::Range;

use super::View;

/// The file 0015, its fields as its table draws them.
const ISSUE_FILE: File = File {
    // Issuer, type, version, network and the front of the number; dates; user type, colour, class.
    shown: &[0..16, 20..28, 40..43],
    // Ends of plate and of the reserved bytes.
    fills: &[39, 49],
};

/// The file 0016.
const HOLDER_FILE: File = File {
    // Identity and staff flags; type of the document.
    shown: &[0..2, 54..55],
    // Ends of name and number.
    fills: &[21, 53],
};

/// The system information of a tag, EF01: issuer, type, version and the front of the contract number; dates and
/// removal flag; what is reserved.
const SYSTEM_INFORMATION: File = File {
    shown: &[0..14, 18..99],
    fills: &[],
};

/// A record of the log 0018: counter and overdraft limit; type.
const LOG_RECORD: File = File {
    shown: &[0..5, 9..10],
    fills: &[],
};

/// The record AA of 0019: head and lock; vehicle class and passage.
const TRANSIT_RECORD: File = File {
    shown: &[0..3, 12..14],
    fills: &[],
};

/// What is shown of a file's bytes.
struct File {
    shown: &'static [Range<usize>],
    /// Last bytes of texts: shown where they are fill, for with which byte a text is filled is a matter of
    /// the card's profile.
    fills: &'static [usize],
}

impl File {
    /// Shows a piece that begins at this offset of the file.
    fn show(&self, offset: usize, mut piece: View<'_>) {
        let here = |at: usize| at.saturating_sub(offset);
        for range in self.shown {
            piece.show(here(range.start)..here(range.end));
        }
        for &fill in self.fills.iter().filter(|&&fill| fill >= offset) {
            let at = here(fill);
            if matches!(piece.bytes.get(at), Some(0x00 | 0xFF)) {
                piece.show(at..at + 1);
            }
        }
    }
}

/// Shows what may be seen of a command's data.
pub(super) fn data(header: [u8; 4], mut data: View<'_>) {
    match (header, data.bytes.len()) {
        // SELECT by file identifier or by name: which directory is no secret.
        ([0x00, 0xA4, 0x00 | 0x04, _], _) => data.show(0..16),
        // INITIALIZE FOR LOAD: key, amount, and whether the terminal is a nonce (its first byte).
        ([0x80, 0x50, 0x00, 0x02], 11) => data.show(0..6),
        // CREDIT FOR LOAD: date and time; then MAC2.
        ([0x80, 0x52, 0x00, 0x00], 11) => data.show(0..7),
        // The encrypted read of a tag: random; then length and key.
        ([0x00, 0xB4, 0x00, 0x00], 10) => data.show(8..10),
        // GET TRANSACTION PROVE: the counter.
        ([0x80, 0x5A, 0x00, _], 2) => data.show(0..2),
        _ => {}
    }
}

/// Shows what may be seen of an answer's data.
pub(super) fn answer(header: [u8; 4], mut data: View<'_>) {
    let length = data.bytes.len();
    match header {
        [0x00, 0xA4, _, _] => file_control_information(data),
        [0x00, 0xB0, 0x95, offset] => ISSUE_FILE.show(usize::from(offset), data),
        [0x00, 0xB0, 0x96, offset] => HOLDER_FILE.show(usize::from(offset), data),
        // A toll card's file of that number has other lengths.
        [0x00, 0xB0, 0x81, 0x00] if matches!(length, 27 | 99) => {
            SYSTEM_INFORMATION.show(0, data);
        }
        [0x00, 0xB2, _, 0xC4] if length == 23 => {
            if is_blank(data.bytes) {
                data.show(0..length);
            } else {
                LOG_RECORD.show(0, data);
            }
        }
        [0x00, 0xB2, _, 0xC8 | 0xCC] if length == 43 && data.bytes[0] == 0xAA => {
            if is_blank(&data.bytes[3..]) {
                data.show(0..length);
            } else {
                TRANSIT_RECORD.show(0, data);
            }
        }
        // GET BALANCE.
        [0x80, 0x5C, 0x00, _] if length == 4 => data.show(0..4),
        // INITIALIZE FOR LOAD: balance, counter, key version, algorithm; then random and MAC1.
        [0x80, 0x50, 0x00, 0x02] if length == 16 => data.show(0..8),
        _ => {}
    }
}

/// Never written: there is nobody's data in it.
fn is_blank(bytes: &[u8]) -> bool {
    bytes.iter().all(|&byte| byte == 0x00) || bytes.iter().all(|&byte| byte == 0xFF)
}

/// The answer of SELECT: `6F` around a name (`84`) and what the issuer adds (`A5`), which on a toll card
/// repeats the front of file 0015 (`9F0C`). Lengths below 128 only; what is coded in any other way is secret.
fn file_control_information(mut fci: View<'_>) {
    let &[0x6F, length, ..] = fci.bytes else {
        return;
    };
    let end = 2 + usize::from(length);
    if length < 0x80 && end <= fci.bytes.len() {
        fci.show(0..2);
        objects(fci.part(2..end));
    }
}

fn objects(mut view: View<'_>) {
    let mut at = 0;
    while let Some(object) = next_object(view.bytes, at) {
        view.show(at..object.value.start);
        let tag = (view.bytes[at], object.value.start - at);
        let mut value = view.part(object.value.clone());
        match tag {
            (0xA5, 2) => objects(value),
            // Name; short file identifier; label; priority.
            (0x84 | 0x88 | 0x50 | 0x87, 2) => value.show(0..value.bytes.len()),
            (0x9F, 3) if object.second == 0x0C && is_issue_file(value.bytes) => {
                ISSUE_FILE.show(0, value);
            }
            _ => {}
        }
        at = object.value.end;
    }
}

/// Where the value of an object is, and the second byte of its tag where it has one.
struct Object {
    value: Range<usize>,
    second: u8,
}

fn next_object(bytes: &[u8], at: usize) -> Option<Object> {
    let tag = *bytes.get(at)?;
    let tag_length = if tag & 0x1F == 0x1F { 2 } else { 1 };
    let length = *bytes.get(at + tag_length)?;
    let begin = at + tag_length + 1;
    let end = begin + usize::from(length);
    (length < 0x80 && end <= bytes.len()).then_some(Object {
        value: begin..end,
        second: bytes[at + 1],
    })
}

/// Whether the bytes can be the front of 0015: a card type that is used stands where it belongs.
fn is_issue_file(bytes: &[u8]) -> bool {
    bytes.len() >= 28 && matches!(bytes[8], 21..=23 | 51..=53)
}

//! Numbers of identity documents, by the type of the document (reference §7.4).

/// Most characters of a number on a card.
const LONGEST: usize = 32;

/// Whether the number may be one of this type of document; `None`: there is no such type, or none that a card can hold.
pub fn is_number(id_type: u16, number: &str) -> Option<bool> {
    Some(match id_type {
        101 => is_citizen(number),
        201 => is_organisation(number),
        202 => is_organisation_code(number),
        // What other authorities number in ways of their own.
        102..=106 | 199 | 203..=206 => is_plain(number),
        // 299, another kind of organisation, has no place in the one byte of file 0016 (reference §1.4, §7.4): nobody
        // shall come to a counter for a card that cannot be written.
        _ => return None,
    })
}

/// 公民身份号码, GB 11643-1999: 17 digits and a check character, ISO 7064 MOD 11-2.
fn is_citizen(number: &str) -> bool {
    let bytes = number.as_bytes();
    let Some((body, &[check])) = bytes.split_last_chunk::<1>() else {
        return false;
    };
    if body.len() != 17 || !body.iter().all(u8::is_ascii_digit) || !is_birthday(&body[6..14]) {
        return false;
    }
    // From the left: each digit has the weight 2^(places to its right) modulo 11.
    let sum = body
        .iter()
        .fold(0, |sum, digit| (sum + u32::from(digit - b'0')) * 2 % 11);
    let expected = match (12 - sum) % 11 {
        10 => b'X',
        digit => b'0' + digit as u8,
    };
    check == expected
}

/// Eight digits of a day in the calendar, from 1800 on.
fn is_birthday(digits: &[u8]) -> bool {
    let number = |digits: &[u8]| {
        digits
            .iter()
            .fold(0_u32, |number, digit| number * 10 + u32::from(digit - b'0'))
    };
    let (year, month, day) = (
        number(&digits[..4]),
        number(&digits[4..6]),
        number(&digits[6..]),
    );
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    year >= 1800 && (1..=days).contains(&day)
}

/// 统一社会信用代码, GB 32100-2015: 18 characters of 31, the last of them a check character over powers of 3.
fn is_organisation(number: &str) -> bool {
    const CHARACTERS: &[u8] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
    let value = |byte: u8| CHARACTERS.iter().position(|&one| one == byte);
    let values: Option<Vec<usize>> = number.bytes().map(value).collect();
    let Some(values) = values.filter(|values| values.len() == 18) else {
        return false;
    };
    let weighted = values.iter().scan(1, |weight, value| {
        let term = *weight * value;
        *weight = *weight * 3 % 31;
        Some(term)
    });
    let sum: usize = weighted.take(17).sum();
    (31 - sum % 31) % 31 == values[17]
}

/// 组织机构代码, GB 11714-1997: 8 characters and a check character, with or without the hyphen between.
fn is_organisation_code(number: &str) -> bool {
    const WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];
    let bytes = match number.as_bytes() {
        [body @ .., b'-', check] => [body, &[*check]].concat(),
        whole => whole.to_vec(),
    };
    let value = |byte: &u8| {
        char::from(*byte)
            .to_digit(36)
            .filter(|_| !byte.is_ascii_lowercase())
    };
    let [body @ .., check] = bytes.as_slice() else {
        return false;
    };
    let values: Option<Vec<u32>> = body.iter().map(value).collect();
    let Some(values) = values.filter(|values| values.len() == 8) else {
        return false;
    };
    let sum: u32 = values
        .iter()
        .zip(WEIGHTS)
        .map(|(value, weight)| value * weight)
        .sum();
    let expected = match 11 - sum % 11 {
        10 => b'X',
        11 => b'0',
        digit => b'0' + digit as u8,
    };
    *check == expected
}

fn is_plain(number: &str) -> bool {
    let may = |byte: u8| byte.is_ascii_digit() || byte.is_ascii_uppercase() || byte == b'-';
    (1..=LONGEST).contains(&number.len()) && number.bytes().all(may)
}

#[cfg(test)]
mod tests {
    use super::is_number;

    /// The good ones are the examples that the standards print: GB 11643, GB 32100, GB 11714.
    #[test]
    fn a_number_carries_its_check_character() {
        for (id_type, number) in [
            (101, "11010519491231002X"),
            (101, "440524188001010014"),
            (201, "91350100M000100Y43"),
            (202, "D2143569X"),
            (202, "D2143569-X"),
            (102, "E12345678"),
            (199, "1"),
        ] {
            assert_eq!(is_number(id_type, number), Some(true), "{number}");
        }
        for (id_type, number) in [
            (101, ""),
            (101, "110105194912310021"),
            (101, "11010519491231002x"),
            (101, "110105491231002"),
            (101, "440524188001010015"),
            (101, "440524188001010014 "),
            // The check character is right, but there is no such day.
            (101, "440524188002300013"),
            (101, "１１０１０５１９４９１２３１００２X"),
            (201, ""),
            (201, "91350100M000100Y44"),
            (201, "91350100M000100Y4"),
            (201, "91350100m000100Y43"),
            (201, "9135O100M000100Y43"),
            (202, "D2143569-1"),
            (202, "d2143569X"),
            (202, "D214356-X"),
            (102, ""),
            (199, "甘-1"),
            (102, "e12345678"),
            (102, "123456789012345678901234567890123"),
        ] {
            assert_eq!(
                is_number(id_type, number),
                Some(false),
                "{id_type} {number}"
            );
        }
        for id_type in [0, 100, 107, 198, 200, 207, 299, 300] {
            assert_eq!(is_number(id_type, "1"), None, "{id_type}");
        }
    }
}

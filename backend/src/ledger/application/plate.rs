//! Plates 机动车号牌 (GA 36-2018) and the colours that go with them.

/// 省、自治区、直辖市
const PROVINCES: &str = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼川贵云渝藏陕甘青宁新";

/// Colours, reference §7.1.
mod colour {
    pub const BLUE: u8 = 0;
    pub const YELLOW: u8 = 1;
    pub const BLACK: u8 = 2;
    pub const WHITE: u8 = 3;
    pub const GREEN: u8 = 4;
    pub const YELLOW_GREEN: u8 = 5;
    pub const BLUE_WHITE: u8 = 6;
}

/// Colours that a plate of this number may have; empty: no rule allows it.
pub fn colours(plate: &str) -> &'static [u8] {
    use colour::*;
    let letters: Vec<char> = plate.chars().collect();
    match letters.as_slice() {
        // 外国驻华使馆: six digits before or after the character.
        ['使', digits @ ..] | [digits @ .., '使'] if is_digits(digits, 6) => &[BLACK],
        [province, rest @ ..] if PROVINCES.contains(*province) => of_province(*province, rest),
        _ => &[],
    }
}

fn of_province(province: char, rest: &[char]) -> &'static [u8] {
    use colour::*;
    match rest {
        // 外国驻华领馆
        [office, digits @ .., '领'] if office.is_ascii_uppercase() && is_digits(digits, 4) => {
            &[BLACK]
        }
        // 港澳入出境
        ['Z', serial @ .., '港' | '澳'] if province == '粤' && is_serial(serial, 4) => &[BLACK],
        // 应急救援: X of the fire brigades, S of those in forests.
        ['X' | 'S', serial @ .., '应', '急'] if is_serial(serial, 4) => &[WHITE],
        [office, serial @ .., '警'] if is_office(*office) && is_serial(serial, 4) => &[WHITE],
        [office, serial @ .., '挂' | '学'] if is_office(*office) && is_serial(serial, 4) => {
            &[YELLOW]
        }
        [office, serial @ ..] if is_office(*office) && is_serial(serial, 5) => {
            &[BLUE, YELLOW, BLACK, BLUE_WHITE]
        }
        // 新能源: the letter of the drive stands first on a small vehicle's, last on a large one's.
        [office, drive, second, digits @ ..]
            if is_office(*office)
                && is_drive(*drive)
                && is_serial(&[*second], 1)
                && is_digits(digits, 4) =>
        {
            &[GREEN]
        }
        [office, digits @ .., drive]
            if is_office(*office) && is_digits(digits, 5) && is_drive(*drive) =>
        {
            &[YELLOW_GREEN]
        }
        _ => &[],
    }
}

/// 发牌机关代号
fn is_office(letter: char) -> bool {
    letter.is_ascii_uppercase() && letter != 'I'
}

/// A to E: electric alone; F to K without I: other new energy.
fn is_drive(letter: char) -> bool {
    matches!(letter, 'A'..='H' | 'J' | 'K')
}

fn is_digits(letters: &[char], length: usize) -> bool {
    letters.len() == length && letters.iter().all(char::is_ascii_digit)
}

/// Digits and letters without I and O, which look like digits.
fn is_serial(letters: &[char], length: usize) -> bool {
    let may = |letter: &char| {
        letter.is_ascii_digit() || letter.is_ascii_uppercase() && !matches!(letter, 'I' | 'O')
    };
    letters.len() == length && letters.iter().all(may)
}

#[cfg(test)]
mod tests {
    use super::colours;

    #[test]
    fn each_kind_of_plate_has_its_colours() {
        for (plate, expected) in [
            ("甘A12345", &[0, 1, 2, 6][..]),
            ("京AF0236", &[0, 1, 2, 6]),
            ("甘AD00033", &[4]),
            ("甘AFK0033", &[4]),
            ("甘A00033D", &[5]),
            ("甘A00033F", &[5]),
            ("使014578", &[2]),
            ("224001使", &[2]),
            ("沪A0023领", &[2]),
            ("京A0006警", &[3]),
            ("甘B2000挂", &[1]),
            ("甘A0005学", &[1]),
            ("粤Z0003港", &[2]),
            ("粤ZF023澳", &[2]),
            ("甘X0001应急", &[3]),
            ("川S2A23应急", &[3]),
        ] {
            assert_eq!(colours(plate), expected, "{plate}");
        }
    }

    #[test]
    fn a_plate_that_no_rule_allows_has_none() {
        for plate in [
            "",
            "甘",
            "甘A1234",
            "甘A123456",
            "A12345",
            "天A12345",
            "甘a12345",
            "甘A1234I",
            "甘A1234O",
            "甘I12345",
            "甘1A2345",
            "甘A１２３４５",
            "甘A 1234",
            "甘AI00033",
            "甘AL00033",
            "甘ADI0033",
            "甘AD0003A",
            "甘A00033L",
            "使01457",
            "使0145781",
            "使01457使",
            "京0023领",
            "甘Z0003港",
            "粤A0003港",
            "甘A0001应急",
            "甘X001应急",
            "甘A12345警",
            "警A12345",
            "WJ甘0001",
        ] {
            assert!(colours(plate).is_empty(), "{plate}");
        }
    }
}

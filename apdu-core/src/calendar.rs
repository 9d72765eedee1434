//! The issuer's calendar. Asia/Shanghai has had no daylight saving since 1991 and never leaves
//! +08:00, so that no time-zone tables are needed.

use crate::bcd::{Date, Time};

/// Milliseconds of a day.
pub const MS_PER_DAY: i64 = SECONDS_PER_DAY * MS_PER_SECOND;

const MS_PER_SECOND: i64 = 1_000;
const SECONDS_PER_DAY: i64 = 86_400;
const SHANGHAI: i64 = 8 * 3_600;

/// The whole second a moment (ms UTC) lies in.
pub fn second_of(moment: i64) -> i64 {
    moment.div_euclid(MS_PER_SECOND)
}

/// The issuer's date at a moment (ms UTC).
pub fn today(moment: i64) -> Date {
    date_time(second_of(moment)).0
}

/// The first moment (ms UTC) of the issuer's day that begins `days` days after the one `moment` lies in.
pub fn next_day(moment: i64, days: i64) -> i64 {
    let day = (second_of(moment) + SHANGHAI).div_euclid(SECONDS_PER_DAY);
    ((day + days) * SECONDS_PER_DAY - SHANGHAI) * MS_PER_SECOND
}

/// The second (UTC) that date and time of day on a card mean in Asia/Shanghai; `None` where they are no
/// date or time.
pub fn second_at(Date(date): Date, Time(time): Time) -> Option<i64> {
    let two = |byte: u8| {
        let (high, low) = (byte >> 4, byte & 0x0F);
        (high < 10 && low < 10).then(|| i64::from(high * 10 + low))
    };
    let year = two(date[0])? * 100 + two(date[1])?;
    let (month, day) = (two(date[2])?, two(date[3])?);
    let (hour, minute, second) = (two(time[0])?, two(time[1])?, two(time[2])?);
    let days = day_number(year, month, day);
    // A 31 April is another day's name: reading it back tells.
    let is_real = civil(days) == (year, month, day) && hour < 24 && minute < 60 && second < 60;
    is_real.then(|| days * SECONDS_PER_DAY + hour * 3_600 + minute * 60 + second - SHANGHAI)
}

/// Date and time of day of a second (UTC) in Asia/Shanghai, as a card stores them.
pub fn date_time(second: i64) -> (Date, Time) {
    let local = second + SHANGHAI;
    let (year, month, day) = civil(local.div_euclid(SECONDS_PER_DAY));
    let of_day = local.rem_euclid(SECONDS_PER_DAY);
    let date = Date([bcd(year / 100), bcd(year % 100), bcd(month), bcd(day)]);
    let time = Time([bcd(of_day / 3_600), bcd(of_day / 60 % 60), bcd(of_day % 60)]);
    (date, time)
}

/// Year, month and day of a day counted from 1970-01-01, by the proleptic Gregorian calendar.
///
/// Counted in eras of 400 years that begin on 1 March, so that the leap day comes last.
fn civil(day: i64) -> (i64, i64, i64) {
    let from_march_0000 = day + 719_468;
    let era = from_march_0000.div_euclid(146_097);
    let of_era = from_march_0000.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month, day)
}

/// The day of a year, month and day, counted from 1970-01-01: what [`civil`] takes apart.
fn day_number(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year - era * 400;
    let from_march = if month > 2 { month - 3 } else { month + 9 };
    let of_year = (153 * from_march + 2) / 5 + day - 1;
    let of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year;
    era * 146_097 + of_era - 719_468
}

/// Two decimal digits packed into a byte; `value` is below 100.
fn bcd(value: i64) -> u8 {
    (((value / 10 % 10) << 4) | (value % 10)) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;
    use std::string::{String, ToString};

    fn text(second: i64) -> String {
        let (date, time) = date_time(second);
        format!("{date} {time}")
    }

    // Numbers of `TZ=Asia/Shanghai date -d @…`.
    #[test]
    fn seconds_become_the_wall_clock_of_shanghai() {
        assert_eq!(text(0), "1970-01-01 08:00:00");
        assert_eq!(text(1_705_282_200), "2024-01-15 09:30:00");
        assert_eq!(text(1_709_222_399), "2024-02-29 23:59:59");
        assert_eq!(text(1_709_222_400), "2024-03-01 00:00:00");
        assert_eq!(text(1_798_732_799), "2026-12-31 23:59:59");
        assert_eq!(text(4_107_513_599), "2100-02-28 23:59:59");
        assert_eq!(text(4_107_513_600), "2100-03-01 00:00:00");
    }

    #[test]
    fn every_day_of_four_centuries_follows_the_day_before() {
        let (mut year, mut month, mut day) = civil(0);
        for number in 1..146_097 {
            let next = civil(number);
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let length = match month {
                2 => 28 + i64::from(leap),
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            };
            let follows = match (month, day == length) {
                (12, true) => (year + 1, 1, 1),
                (_, true) => (year, month + 1, 1),
                _ => (year, month, day + 1),
            };
            assert_eq!(next, follows);
            (year, month, day) = next;
        }
    }

    #[test]
    fn a_date_on_a_card_reads_back_to_its_second() {
        for second in [0, 1_705_282_200, 1_709_222_399, 4_107_513_600] {
            let (date, time) = date_time(second);
            assert_eq!(second_at(date, time), Some(second));
        }
        let noon = Time([0x12, 0x00, 0x00]);
        for no_date in [
            [0x20, 0x26, 0x04, 0x31],
            [0xFF; 4],
            [0x20, 0x26, 0x13, 0x01],
        ] {
            assert_eq!(second_at(Date(no_date), noon), None);
        }
        let date = Date([0x20, 0x26, 0x04, 0x30]);
        assert_eq!(second_at(date, Time([0x24, 0x00, 0x00])), None);
    }

    #[test]
    fn the_next_day_begins_at_the_issuers_midnight() {
        let moment = 1_709_222_399_999; // 2024-02-29 23:59:59.999
        assert_eq!(next_day(moment, 0), 1_709_136_000_000);
        assert_eq!(next_day(moment, 1), 1_709_222_400_000);
        assert_eq!(next_day(moment, 2), 1_709_308_800_000);
    }

    #[test]
    fn the_issuers_day_begins_eight_hours_before_utc() {
        assert_eq!(today(1_709_222_399_999).to_string(), "2024-02-29");
        assert_eq!(today(1_709_222_400_000).to_string(), "2024-03-01");
    }
}

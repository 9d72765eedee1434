//! Times as the counter writes them. The whole business runs on Beijing time, which has had no
//! summer time since 1991, so a fixed offset is right.

const OFFSET_MS: i64 = 8 * 60 * 60 * 1000;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// `2026-11-22` for a moment in ms UTC.
pub fn local_date(ms: i64) -> String {
    let (year, month, day) = civil((ms + OFFSET_MS).div_euclid(DAY_MS));
    format!("{year:04}-{month:02}-{day:02}")
}

/// `10:30:05` for a moment in ms UTC.
pub fn local_time(ms: i64) -> String {
    let seconds = (ms + OFFSET_MS).rem_euclid(DAY_MS) / 1000;
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{hour:02}:{minute:02}:{second:02}")
}

/// Year, month and day of a day counted from 1970-01-01. Years are counted from March, so that the
/// leap day is the last of its year.
fn civil(day: i64) -> (i64, i64, i64) {
    let from_march_0000 = day + 719_468;
    let era = from_march_0000.div_euclid(146_097);
    let of_era = from_march_0000.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_read_as_the_wall_clock_in_lanzhou() {
        let both = |ms| format!("{} {}", local_date(ms), local_time(ms));
        assert_eq!(both(0), "1970-01-01 08:00:00");
        assert_eq!(both(1_709_222_399_000), "2024-02-29 23:59:59");
        assert_eq!(both(1_709_222_400_000), "2024-03-01 00:00:00");
        assert_eq!(both(1_795_305_600_000), "2026-11-22 08:00:00");
        assert_eq!(both(-1), "1970-01-01 07:59:59");
    }
}

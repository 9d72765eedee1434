//! How long a card or a tag is valid.

use apdu_core::bcd::{Date, Time};
use apdu_core::calendar::{date_time, second_at, today};

/// From today for so many years, first and last day.
pub fn validity(now: i64, years: u8) -> (Date, Date) {
    const DAY: i64 = 24 * 60 * 60;
    let signed = today(now);
    let Date([century, year, month, day]) = signed;
    let digits = |byte: u8| u32::from(byte >> 4) * 10 + u32::from(byte & 0x0F);
    let packed = |number: u32| (((number / 10 % 10) << 4) | (number % 10)) as u8;
    let years = digits(century) * 100 + digits(year) + u32::from(years);
    // 29 February has not a day of that name in the other year: the day before 1 March is meant.
    let (month, day) = match (month, day) {
        (0x02, 0x29) => (0x03, 0x01),
        other => other,
    };
    let anniversary = Date([packed(years / 100), packed(years % 100), month, day]);
    let midnight = second_at(anniversary, Time([0; 3]));
    let expiry = midnight.map_or(anniversary, |second| date_time(second - DAY).0);
    (signed, expiry)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_issued_is_valid_to_the_day_before_its_anniversary() {
        let valid = |year: &str, day: &str| {
            let date = |text: &str| Date(apdu_core::bcd::packed(text).unwrap());
            let noon = second_at(date(&format!("{year}{day}")), Time([0x12, 0, 0])).unwrap();
            let (signed, expiry) = validity(noon * 1_000, 10);
            (signed.to_string(), expiry.to_string())
        };
        let of = |signed: &str, expiry: &str| (signed.into(), expiry.into());
        assert_eq!(valid("2024", "0115"), of("2024-01-15", "2034-01-14"));
        assert_eq!(valid("2026", "0101"), of("2026-01-01", "2035-12-31"));
        assert_eq!(valid("2024", "0229"), of("2024-02-29", "2034-02-28"));
        assert_eq!(valid("2026", "0301"), of("2026-03-01", "2036-02-29"));
    }
}

//! Times as RFC 3339 writes them, in UTC, with the digits that the capture has.

use crate::packet::Timestamp;
use std::fmt;

/// Nanoseconds in a second.
const SECOND: i64 = 1_000_000_000;

/// A time that is printed like `2026-11-20T12:00:03.250000Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Utc {
    /// The time.
    pub time: Timestamp,
    /// How many digits of a second are printed: at most 9.
    pub digits: u8,
}

impl fmt::Display for Utc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.time.0.div_euclid(SECOND);
        let nanos = self.time.0.rem_euclid(SECOND);
        let (year, month, day) = civil(seconds.div_euclid(86_400));
        let of_day = seconds.rem_euclid(86_400);
        let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        let digits = usize::from(self.digits.min(9));
        if digits > 0 {
            let fraction = nanos / 10_i64.pow(9 - u32::from(self.digits.min(9)));
            write!(f, ".{fraction:0digits$}")?;
        }
        f.write_str("Z")
    }
}

/// Year, month and day of a day counted from 1970-01-01, in the proleptic Gregorian calendar.
///
/// Counts years from 1 March, so that the leap day is a year's last, in eras of 400 years.
const fn civil(day: i64) -> (i64, i64, i64) {
    /// Days from 0000-03-01 to 1970-01-01.
    const EPOCH: i64 = 719_468;
    /// Days in 400 years.
    const ERA: i64 = 146_097;
    let day = day + EPOCH;
    let (era, of_era) = (day.div_euclid(ERA), day.rem_euclid(ERA));
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day_of_month = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + if month <= 2 { 1 } else { 0 };
    (year, month, day_of_month)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(nanos: i64, digits: u8) -> String {
        Utc { time: Timestamp(nanos), digits }.to_string()
    }

    #[test]
    fn times_are_utc_with_the_captures_digits() {
        assert_eq!(text(0, 6), "1970-01-01T00:00:00.000000Z");
        assert_eq!(text(1_709_251_199_123_456_789, 9), "2024-02-29T23:59:59.123456789Z");
        assert_eq!(text(1_709_251_200_123_456_789, 3), "2024-03-01T00:00:00.123Z");
        assert_eq!(text(-1, 0), "1969-12-31T23:59:59Z");
    }

    #[test]
    fn no_time_is_too_far_away() {
        assert_eq!(text(i64::MAX, 9), "2262-04-11T23:47:16.854775807Z");
        assert_eq!(text(i64::MIN, 9), "1677-09-21T00:12:43.145224192Z");
    }
}

//! The proleptic Gregorian calendar over Unix seconds, with the range and the wrap-around of Go's `time`.

const DAY: u64 = 86_400;
/// Days in 400 years.
const ERA: i64 = 146_097;
/// From Go's absolute zero, March 1 of the year -292277022400, to 1970.
const ABSOLUTE: i64 = 292_277_022_400 / 400 * ERA + 306 + 719_162;

/// A day of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Date {
    pub year: i64,
    /// 1 to 12.
    pub month: i64,
    pub day: i64,
    /// 1 to 366.
    pub year_day: i64,
}

/// The days since 1970 and the second of that day, of local seconds since 1970.
pub fn split(seconds: i64) -> (i64, i64) {
    let absolute = (seconds as u64).wrapping_add((ABSOLUTE as u64).wrapping_mul(DAY));
    ((absolute / DAY) as i64 - ABSOLUTE, (absolute % DAY) as i64)
}

/// The date of a day since 1970.
pub fn date(days: i64) -> Date {
    // Years are counted from March, so that the leap day is the last of its year.
    let shifted = days + 719_468;
    let era = shifted.div_euclid(ERA);
    let day_of_era = shifted.rem_euclid(ERA);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let from_march = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * from_march + 2) / 153;
    let day = from_march - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    Date { year, month, day, year_day: days_before(month) + day + i64::from(month > 2 && is_leap(year)) }
}

/// The days since 1970 of a date; month and day may be out of range and carry over. Wraps as Go does.
pub fn days(year: i64, month: i64, day: i64) -> i64 {
    let month = month.wrapping_sub(1);
    let year = year.wrapping_add(month.div_euclid(12));
    let month = month.rem_euclid(12) + 1;
    let year = if month <= 2 { year.wrapping_sub(1) } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let from_march = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + from_march;
    era.wrapping_mul(ERA).wrapping_add(day_of_era - 719_468).wrapping_add(day.wrapping_sub(1))
}

/// The day of the week: 0 is Sunday.
pub fn weekday(days: i64) -> i64 {
    (days.rem_euclid(7) + 4) % 7
}

pub fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// The days before a month (1 to 13) in a year without a leap day.
pub fn days_before(month: i64) -> i64 {
    let from_march = if month > 2 { month - 3 } else { month + 9 };
    let days = (153 * from_march + 2) / 5;
    if month > 2 { days + 59 } else { days - 306 }
}

pub fn days_in(month: i64, year: i64) -> i64 {
    match month {
        2 => 28 + i64::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_days_are_inverse() {
        for day in (-2_000_000..2_000_000).step_by(13) {
            let date = date(day);
            assert_eq!(days(date.year, date.month, date.day), day);
            assert_eq!(days(date.year, 1, date.year_day), day);
            assert!(date.day >= 1 && date.day <= days_in(date.month, date.year));
        }
    }

    #[test]
    fn known_days() {
        assert_eq!(date(0), Date { year: 1970, month: 1, day: 1, year_day: 1 });
        assert_eq!(weekday(0), 4);
        assert_eq!(date(11_016), Date { year: 2000, month: 2, day: 29, year_day: 60 });
        assert_eq!(days_before(13), 365);
        assert_eq!(
            (1..=12).map(days_before).collect::<Vec<_>>(),
            [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334]
        );
    }

    #[test]
    fn the_ends_of_the_range_wrap_as_in_go() {
        // From Go: time.Unix(math.MaxInt64, 0).UTC() and time.Unix(math.MinInt64, 0).UTC().
        assert_eq!(date(split(i64::MAX).0).year, 292_277_026_596);
        assert_eq!(date(split(i64::MIN).0).year, 292_277_026_596);
    }
}

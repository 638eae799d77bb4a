//! Writing a time by a layout.

use crate::time::calendar;
use crate::time::layout::{Fraction, OffsetForm, Verb, next_chunk};
use crate::time::zone::Period;

pub const LONG_MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
pub const LONG_WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// Writes the instant as seen in the given period of its zone.
///
/// Mirrors `time.Time.Format`.
pub fn format(unix: i64, nanos: u32, period: &Period, layout: &[u8]) -> Vec<u8> {
    let (days, second_of_day) = calendar::split(unix.wrapping_add(period.offset));
    let fields = Fields { date: calendar::date(days), weekday: calendar::weekday(days), second_of_day, nanos, period };
    let mut out = Vec::with_capacity(layout.len() + 10);
    let mut rest = layout;
    loop {
        let chunk = next_chunk(rest);
        out.extend_from_slice(chunk.prefix);
        let Some(verb) = chunk.verb else { return out };
        fields.write(verb, &mut out);
        rest = chunk.rest;
    }
}

struct Fields<'a> {
    date: calendar::Date,
    weekday: i64,
    second_of_day: i64,
    nanos: u32,
    period: &'a Period,
}

impl Fields<'_> {
    fn write(&self, verb: Verb, out: &mut Vec<u8>) {
        let calendar::Date { year, month, day, year_day } = self.date;
        let hour = self.second_of_day / 3600;
        let hour12 = (hour + 11) % 12 + 1;
        let minute = self.second_of_day / 60 % 60;
        let second = self.second_of_day % 60;
        let name = |names: &[&'static str], index: i64| names.get(index as usize).copied().unwrap_or_default();
        match verb {
            Verb::LongMonth => out.extend_from_slice(name(&LONG_MONTHS, month - 1).as_bytes()),
            Verb::ShortMonth => out.extend(name(&LONG_MONTHS, month - 1).bytes().take(3)),
            Verb::Month => number(out, month, 0),
            Verb::ZeroMonth => number(out, month, 2),
            Verb::LongWeekday => out.extend_from_slice(name(&LONG_WEEKDAYS, self.weekday).as_bytes()),
            Verb::ShortWeekday => out.extend(name(&LONG_WEEKDAYS, self.weekday).bytes().take(3)),
            Verb::Day => number(out, day, 0),
            Verb::SpaceDay => out.extend_from_slice(format!("{day:2}").as_bytes()),
            Verb::ZeroDay => number(out, day, 2),
            Verb::SpaceYearDay => out.extend_from_slice(format!("{year_day:3}").as_bytes()),
            Verb::ZeroYearDay => number(out, year_day, 3),
            Verb::Hour => number(out, hour, 2),
            Verb::Hour12 => number(out, hour12, 0),
            Verb::ZeroHour12 => number(out, hour12, 2),
            Verb::Minute => number(out, minute, 0),
            Verb::ZeroMinute => number(out, minute, 2),
            Verb::Second => number(out, second, 0),
            Verb::ZeroSecond => number(out, second, 2),
            Verb::LongYear => number(out, year, 4),
            Verb::ShortYear => number(out, year.abs() % 100, 2),
            Verb::UpperHalf => out.extend_from_slice(if hour >= 12 { b"PM" } else { b"AM" }),
            Verb::LowerHalf => out.extend_from_slice(if hour >= 12 { b"pm" } else { b"am" }),
            Verb::ZoneName if self.period.name.is_empty() => self.offset(OffsetForm::Minutes, out),
            Verb::ZoneName => out.extend_from_slice(self.period.name.as_bytes()),
            Verb::Offset { zulu: true, .. } if self.period.offset == 0 => out.push(b'Z'),
            Verb::Offset { form, .. } => self.offset(form, out),
            Verb::Fraction(it) => fraction(out, self.nanos, it),
        }
    }

    fn offset(&self, form: OffsetForm, out: &mut Vec<u8>) {
        let minutes = self.period.offset / 60;
        // The sign is that of the whole minutes: an offset of less than one has a plus.
        out.push(if minutes < 0 { b'-' } else { b'+' });
        let seconds = if minutes < 0 { -self.period.offset } else { self.period.offset } % 60;
        let minutes = minutes.abs();
        number(out, minutes / 60, 2);
        match form {
            OffsetForm::Hours => (),
            OffsetForm::Minutes => number(out, minutes % 60, 2),
            OffsetForm::ColonMinutes => {
                out.push(b':');
                number(out, minutes % 60, 2);
            }
            OffsetForm::Seconds => {
                number(out, minutes % 60, 2);
                number(out, seconds, 2);
            }
            OffsetForm::ColonSeconds => {
                out.push(b':');
                number(out, minutes % 60, 2);
                out.push(b':');
                number(out, seconds, 2);
            }
        }
    }
}

/// A number with leading zeros up to the width, which does not count the sign.
fn number(out: &mut Vec<u8>, value: i64, width: usize) {
    if value < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(format!("{:0width$}", value.unsigned_abs()).as_bytes());
}

fn fraction(out: &mut Vec<u8>, nanos: u32, fraction: Fraction) {
    if fraction.trim && (fraction.digits == 0 || nanos == 0) {
        return;
    }
    let digits = format!("{nanos:09}");
    let digits = &digits[..fraction.digits.min(9)];
    let digits = if fraction.trim { digits.trim_end_matches('0') } else { digits };
    if fraction.trim && digits.is_empty() {
        return;
    }
    out.push(fraction.separator);
    out.extend_from_slice(digits.as_bytes());
}

//! Go's `time.Time`, without a monotonic reading.

use std::rc::Rc;

use crate::time::calendar::{self, Date};
use crate::time::duration::Duration;
use crate::time::format::format;
use crate::time::parse::parse;
use crate::time::zone::{Period, Rules, Zone};
use crate::value::{Kind, Type, Value};

pub const TIME: Type = Type::Named { name: "time.Time", kind: Kind::Struct, underlying: None };

/// From January 1 of the year 1 to 1970, in seconds.
pub const YEAR_ONE: i64 = 62_135_596_800;
pub(super) const RFC3339_NANO: &[u8] = b"2006-01-02T15:04:05.999999999Z07:00";

/// An instant and where it is seen from.
#[derive(Clone, Debug)]
pub struct Time {
    /// Seconds since 1970.
    pub(crate) unix: i64,
    /// Nanoseconds within the second.
    pub(crate) nanos: u32,
    pub(crate) zone: Zone,
    /// What [`Zone::Local`] means.
    pub(crate) local: Rules,
}

impl Time {
    /// An instant in the local zone, as `time.Unix` gives it.
    pub(crate) fn local(unix: i64, nanos: u32, local: Rules) -> Self {
        Time { unix, nanos, zone: Zone::Local, local }
    }

    /// Go's zero time: January 1 of the year 1 in UTC.
    pub(crate) fn zero(local: Rules) -> Self {
        Time { unix: -YEAR_ONE, nanos: 0, zone: Zone::Utc, local }
    }

    /// Mirrors `time.ParseInLocation(layout, value, time.Local)`, its error text included.
    pub(crate) fn parse(layout: &[u8], value: &[u8], local: Rules) -> Result<Self, String> {
        let parsed = parse(layout, value, &local)?;
        Ok(Time { unix: parsed.unix, nanos: parsed.nanos, zone: parsed.zone, local })
    }

    /// The calendar fields of the date in its zone and the time of day, each as Go's `time.Date` takes it.
    pub(crate) fn civil(&self) -> (Date, i64) {
        let (days, second_of_day) = calendar::split(self.local_seconds());
        (calendar::date(days), second_of_day)
    }

    /// 0 is Sunday.
    pub(crate) fn weekday(&self) -> i64 {
        calendar::weekday(calendar::split(self.local_seconds()).0)
    }

    pub(crate) fn period(&self) -> Period {
        self.zone.period(self.unix, &self.local)
    }

    #[must_use]
    pub(crate) fn within(&self, zone: Zone) -> Self {
        Time { zone, ..self.clone() }
    }

    pub(crate) fn format(&self, layout: &[u8]) -> Vec<u8> {
        format(self.unix, self.nanos, &self.period(), layout)
    }

    #[must_use]
    pub(crate) fn add(&self, duration: Duration) -> Self {
        let nanos = i64::from(self.nanos) + duration.0 % 1_000_000_000;
        let seconds = (duration.0 / 1_000_000_000).wrapping_add(nanos.div_euclid(1_000_000_000));
        let nanos = nanos.rem_euclid(1_000_000_000) as u32;
        Time { unix: self.unix.wrapping_add(seconds), nanos, ..self.clone() }
    }

    /// The time since another, at most what a duration can hold.
    pub(crate) fn since(&self, other: &Time) -> Duration {
        Duration::clamp(self.ordinal() - other.ordinal())
    }

    /// Mirrors `time.Time.AddDate`.
    #[must_use]
    pub(crate) fn add_date(&self, years: i64, months: i64, days: i64) -> Self {
        let (date, second_of_day) = self.civil();
        let (year, month) = (date.year.wrapping_add(years), date.month.wrapping_add(months));
        let day = calendar::days(year, month, date.day.wrapping_add(days));
        let clock = day.wrapping_mul(86_400).wrapping_add(second_of_day);
        Time { unix: self.zone.instant(clock, &self.local), ..self.clone() }
    }

    /// Down to a multiple of a duration since the zero time.
    #[must_use]
    pub(crate) fn truncate(&self, to: Duration) -> Self {
        if to.0 <= 0 { self.clone() } else { self.add(Duration(-self.remainder(to))) }
    }

    /// To the nearest multiple of a duration since the zero time, halves up.
    #[must_use]
    pub(crate) fn round(&self, to: Duration) -> Self {
        if to.0 <= 0 {
            return self.clone();
        }
        let rest = self.remainder(to);
        self.add(Duration(if rest < to.0 - rest { -rest } else { to.0 - rest }))
    }

    fn remainder(&self, of: Duration) -> i64 {
        self.ordinal().rem_euclid(i128::from(of.0)) as i64
    }

    /// Nanoseconds since the year 1, by which times are ordered. The seconds wrap as they do in Go.
    pub(crate) fn ordinal(&self) -> i128 {
        i128::from(self.unix.wrapping_add(YEAR_ONE)) * 1_000_000_000 + i128::from(self.nanos)
    }

    /// Whole units of so many nanoseconds since 1970.
    pub(crate) fn unix_in(&self, unit: i128) -> i64 {
        (i128::from(self.unix) * 1_000_000_000 + i128::from(self.nanos)).div_euclid(unit) as i64
    }

    /// RFC 3339 with the years and offsets it allows; the error is what Go adds to the name of the method.
    ///
    /// Mirrors `time.Time.appendStrictRFC3339`.
    pub(crate) fn rfc3339(&self) -> Result<Vec<u8>, &'static str> {
        let text = self.format(RFC3339_NANO);
        if text.get(4) != Some(&b'-') {
            return Err("year outside of range [0,9999]");
        }
        match text.last_chunk::<6>() {
            Some([_, _, _, _, _, b'Z']) | None => Ok(text),
            Some([sign, a, b, ..]) if sign.is_ascii_digit() || (*a, *b) >= (b'2', b'4') => {
                Err("timezone hour outside of range [0,23]")
            }
            Some(_) => Ok(text),
        }
    }

    fn local_seconds(&self) -> i64 {
        self.unix.wrapping_add(self.period().offset)
    }
}

impl From<Time> for Value {
    fn from(it: Time) -> Self {
        Value::Object(Rc::new(it))
    }
}

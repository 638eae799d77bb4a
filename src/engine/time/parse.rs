//! Reading a time by a layout.

use crate::time::calendar;
use crate::time::format::{LONG_MONTHS, LONG_WEEKDAYS};
use crate::time::layout::{Fraction, OffsetForm, Verb, next_chunk};
use crate::time::pieces::{ParseFault, cut, name, nanoseconds, number, signed, skip, within, zone_name_length};
use crate::time::zone::{Rules, Zone};

/// An instant and the zone it was written in.
#[derive(Debug)]
pub struct Parsed {
    pub unix: i64,
    pub nanos: u32,
    pub zone: Zone,
}

/// Reads a time; without a zone of its own it is in `Local`, which has these rules. The error is Go's text.
///
/// Mirrors `time.ParseInLocation(layout, value, time.Local)`.
pub fn parse(layout: &[u8], value: &[u8], local: &Rules) -> Result<Parsed, String> {
    let failed = |part: &[u8], verb: &[u8]| {
        let (value, layout) = (quote(value), quote(layout));
        format!("parsing time {value} as {layout}: cannot parse {} as {}", quote(part), quote(verb))
    };
    let refused = |message: &str| format!("parsing time {}: {message}", quote(value));

    let mut fields = Fields::default();
    let (mut rest, mut input) = (layout, value);
    loop {
        let chunk = next_chunk(rest);
        input = skip(input, chunk.prefix).map_err(|at| failed(at, chunk.prefix))?;
        let Some(verb) = chunk.verb else { break };
        input = fields.read(verb, input, chunk.rest).map_err(|fault| match fault {
            ParseFault::Bad => failed(input, chunk.text),
            ParseFault::Range(what) => refused(&format!("{what} out of range")),
        })?;
        rest = chunk.rest;
    }
    if !input.is_empty() {
        return Err(refused(&format!("extra text: {}", quote(input))));
    }
    fields.assemble(local).map_err(refused)
}

/// Quotes as Go's `time` does in its errors: every byte that is not printable ASCII in hexadecimal.
pub fn quote(text: &[u8]) -> String {
    let mut out = String::from("\"");
    for byte in text {
        match byte {
            b'"' | b'\\' => out.extend(['\\', char::from(*byte)]),
            b' '..=0x7f => out.push(char::from(*byte)),
            _ => out.push_str(&format!("\\x{byte:02x}")),
        }
    }
    out.push('"');
    out
}

#[derive(Default)]
struct Fields<'a> {
    year: i64,
    month: Option<i64>,
    day: Option<i64>,
    year_day: Option<i64>,
    hour: i64,
    minute: i64,
    second: i64,
    nanos: i64,
    morning: bool,
    afternoon: bool,
    utc: bool,
    offset: Option<i64>,
    zone_name: &'a [u8],
}

impl<'a> Fields<'a> {
    /// Reads one verb off the input and gives what remains of it. `following` is the rest of the layout.
    fn read(&mut self, verb: Verb, input: &'a [u8], following: &[u8]) -> Result<&'a [u8], ParseFault> {
        match verb {
            Verb::ShortYear => {
                let (text, rest) = cut(input, 2)?;
                let year = signed(text)?;
                self.year = if year >= 69 { year + 1900 } else { year + 2000 };
                Ok(rest)
            }
            Verb::LongYear => {
                let (text, rest) = cut(input, 4)?;
                if !text.first().is_some_and(u8::is_ascii_digit) {
                    return Err(ParseFault::Bad);
                }
                self.year = signed(text)?;
                Ok(rest)
            }
            Verb::ShortMonth => self.month_name(input, 3),
            Verb::LongMonth => self.month_name(input, usize::MAX),
            Verb::Month | Verb::ZeroMonth => {
                let (month, rest) = number(input, verb == Verb::ZeroMonth)?;
                self.month = Some(within(month, 1, 12, "month")?);
                Ok(rest)
            }
            Verb::ShortWeekday => name(&LONG_WEEKDAYS, input, 3).map(|(_, rest)| rest),
            Verb::LongWeekday => name(&LONG_WEEKDAYS, input, usize::MAX).map(|(_, rest)| rest),
            Verb::Day | Verb::SpaceDay | Verb::ZeroDay => {
                let input = if verb == Verb::SpaceDay { input.strip_prefix(b" ").unwrap_or(input) } else { input };
                let (day, rest) = number(input, verb == Verb::ZeroDay)?;
                self.day = Some(day);
                Ok(rest)
            }
            Verb::SpaceYearDay => {
                let input = input.strip_prefix(b" ").unwrap_or(input);
                self.read_year_day(input.strip_prefix(b" ").unwrap_or(input), false)
            }
            Verb::ZeroYearDay => self.read_year_day(input, true),
            Verb::Hour => {
                let (hour, rest) = number(input, false)?;
                self.hour = within(hour, 0, 23, "hour")?;
                Ok(rest)
            }
            Verb::Hour12 | Verb::ZeroHour12 => {
                let (hour, rest) = number(input, verb == Verb::ZeroHour12)?;
                self.hour = within(hour, 0, 12, "hour")?;
                Ok(rest)
            }
            Verb::Minute | Verb::ZeroMinute => {
                let (minute, rest) = number(input, verb == Verb::ZeroMinute)?;
                self.minute = within(minute, 0, 59, "minute")?;
                Ok(rest)
            }
            Verb::Second | Verb::ZeroSecond => {
                let (second, rest) = number(input, verb == Verb::ZeroSecond)?;
                self.second = within(second, 0, 59, "second")?;
                let expected = matches!(next_chunk(following).verb, Some(Verb::Fraction(_)));
                // A fraction the layout does not name is taken all the same.
                if expected { Ok(rest) } else { self.any_fraction(rest) }
            }
            Verb::UpperHalf => self.half(input, b"AM", b"PM"),
            Verb::LowerHalf => self.half(input, b"am", b"pm"),
            Verb::Offset { zulu, form } => match input.strip_prefix(b"Z") {
                Some(rest) if zulu => {
                    self.utc = true;
                    Ok(rest)
                }
                _ => self.read_offset(input, form),
            },
            Verb::ZoneName => {
                if let Some(rest) = input.strip_prefix(b"UTC") {
                    self.utc = true;
                    return Ok(rest);
                }
                let length = zone_name_length(input).ok_or(ParseFault::Bad)?;
                let (name, rest) = cut(input, length)?;
                self.zone_name = name;
                Ok(rest)
            }
            Verb::Fraction(Fraction { trim: true, .. }) => self.any_fraction(input),
            Verb::Fraction(Fraction { digits, .. }) => {
                let (text, rest) = cut(input, 1 + digits)?;
                self.nanos = nanoseconds(text)?;
                Ok(rest)
            }
        }
    }

    fn month_name(&mut self, input: &'a [u8], length: usize) -> Result<&'a [u8], ParseFault> {
        let (index, rest) = name(&LONG_MONTHS, input, length)?;
        self.month = Some(index + 1);
        Ok(rest)
    }

    fn read_year_day(&mut self, input: &'a [u8], fixed: bool) -> Result<&'a [u8], ParseFault> {
        let digits = input.iter().take(3).take_while(|it| it.is_ascii_digit()).count();
        if digits == 0 || (fixed && digits != 3) {
            return Err(ParseFault::Bad);
        }
        let (text, rest) = cut(input, digits)?;
        self.year_day = Some(signed(text)?);
        Ok(rest)
    }

    fn half(&mut self, input: &'a [u8], morning: &[u8], afternoon: &[u8]) -> Result<&'a [u8], ParseFault> {
        let (text, rest) = cut(input, 2)?;
        self.afternoon |= text == afternoon;
        self.morning |= text == morning;
        if text == afternoon || text == morning { Ok(rest) } else { Err(ParseFault::Bad) }
    }

    fn any_fraction(&mut self, input: &'a [u8]) -> Result<&'a [u8], ParseFault> {
        if !matches!(input, [b'.' | b',', b'0'..=b'9', ..]) {
            return Ok(input);
        }
        let digits = input[1..].iter().take_while(|it| it.is_ascii_digit()).count();
        let (text, rest) = cut(input, 1 + digits)?;
        self.nanos = nanoseconds(text)?;
        Ok(rest)
    }

    fn read_offset(&mut self, input: &'a [u8], form: OffsetForm) -> Result<&'a [u8], ParseFault> {
        let (text, rest) = cut(
            input,
            match form {
                OffsetForm::Hours => 3,
                OffsetForm::Minutes => 5,
                OffsetForm::ColonMinutes => 6,
                OffsetForm::Seconds => 7,
                OffsetForm::ColonSeconds => 9,
            },
        )?;
        let (sign, hours, minutes, seconds) = match (form, text) {
            (OffsetForm::Hours, [sign, hours @ ..]) => (sign, hours, &b"00"[..], &b"00"[..]),
            (OffsetForm::Minutes, [sign, a, b, minutes @ ..]) => (sign, &[*a, *b][..], minutes, &b"00"[..]),
            (OffsetForm::ColonMinutes, [sign, a, b, b':', minutes @ ..]) => (sign, &[*a, *b][..], minutes, &b"00"[..]),
            (OffsetForm::Seconds, [sign, a, b, c, d, seconds @ ..]) => (sign, &[*a, *b][..], &[*c, *d][..], seconds),
            (OffsetForm::ColonSeconds, [sign, a, b, b':', c, d, b':', seconds @ ..]) => {
                (sign, &[*a, *b][..], &[*c, *d][..], seconds)
            }
            _ => return Err(ParseFault::Bad),
        };
        // Numbers out of range are told before what cannot be read at all; the last of them is the one named.
        let part = |text| number(text, true).map(|(value, _)| value);
        let hours = part(hours);
        let minutes = hours.as_ref().map_or(Err(ParseFault::Bad), |_| part(minutes));
        let seconds = minutes.as_ref().map_or(Err(ParseFault::Bad), |_| part(seconds));
        let above = |value: &Result<i64, ParseFault>, most| matches!(value, Ok(value) if *value > most);
        if above(&seconds, 60) {
            return Err(ParseFault::Range("time zone offset second"));
        } else if above(&minutes, 60) {
            return Err(ParseFault::Range("time zone offset minute"));
        } else if above(&hours, 24) {
            return Err(ParseFault::Range("time zone offset hour"));
        }
        let offset = (hours? * 60 + minutes?) * 60 + seconds?;
        let offset = match sign {
            b'+' => offset,
            b'-' => -offset,
            _ => return Err(ParseFault::Bad),
        };
        // Go marks the absence of an offset with -1, so that one second west is none.
        self.offset = (offset != -1).then_some(offset);
        Ok(rest)
    }

    fn assemble(mut self, local: &Rules) -> Result<Parsed, &'static str> {
        if self.afternoon && self.hour < 12 {
            self.hour += 12;
        } else if self.morning && self.hour == 12 {
            self.hour = 0;
        }
        let (month, day) = self.month_and_day()?;
        if day < 1 || day > calendar::days_in(month, self.year) {
            return Err("day out of range");
        }
        let seconds = self.hour * 3600 + self.minute * 60 + self.second;
        let unix = calendar::days(self.year, month, day) * 86_400 + seconds;
        let (unix, zone) = self.place(unix, local);
        Ok(Parsed { unix, nanos: u32::try_from(self.nanos).unwrap_or(0), zone })
    }

    fn month_and_day(&self) -> Result<(i64, i64), &'static str> {
        let Some(year_day) = self.year_day else {
            return Ok((self.month.unwrap_or(1), self.day.unwrap_or(1)));
        };
        if year_day < 1 || year_day > 365 + i64::from(calendar::is_leap(self.year)) {
            return Err("day-of-year out of range");
        }
        let date = calendar::date(calendar::days(self.year, 1, year_day));
        if self.month.is_some_and(|it| it != date.month) {
            return Err("day-of-year does not match month");
        }
        if self.day.is_some_and(|it| it != date.day) {
            return Err("day-of-year does not match day");
        }
        Ok((date.month, date.day))
    }

    /// Settles the zone: the instant of a clock reading, and where it is seen from.
    fn place(&self, clock: i64, local: &Rules) -> (i64, Zone) {
        let text = String::from_utf8_lossy(self.zone_name);
        if self.utc {
            (clock, Zone::Utc)
        } else if let Some(offset) = self.offset {
            let unix = clock - offset;
            let period = Zone::Local.period(unix, local);
            let is_local = period.offset == offset && (text.is_empty() || period.name == text);
            (unix, if is_local { Zone::Local } else { Zone::fixed(&text, offset) })
        } else if self.zone_name.is_empty() {
            (Zone::Local.instant(clock, local), Zone::Local)
        } else if let Some(offset) = local.offset_of(&text, clock) {
            (clock - offset, Zone::Local)
        } else {
            // Only `GMT+3` says what it means; any other unknown name is taken as UTC. The clock reading is the instant
            // in both cases, as in Go.
            let hours = self.zone_name.strip_prefix(b"GMT").and_then(|it| signed(it).ok()).unwrap_or(0);
            (clock, Zone::fixed(&text, hours * 3600))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The instant, its zone, and its offset; or Go's error. All expected values come from `time.ParseInLocation`.
    fn read(layout: &str, value: &str, zone: &str) -> Result<(i64, String, i64), String> {
        let rules = Rules::named(zone);
        let parsed = parse(layout.as_bytes(), value.as_bytes(), &rules)?;
        let offset = parsed.zone.period(parsed.unix, &rules).offset;
        Ok((parsed.unix, parsed.zone.name().to_owned(), offset))
    }

    #[test]
    fn the_local_zone_is_recognised() {
        let rfc3339 = "2006-01-02T15:04:05Z07:00";
        let new_york = |value| read(rfc3339, value, "America/New_York");
        assert_eq!(new_york("2020-01-02T03:04:05-05:00"), Ok((1_577_952_245, "Local".into(), -18_000)));
        assert_eq!(new_york("2020-07-02T03:04:05-05:00"), Ok((1_593_677_045, String::new(), -18_000)));
        assert_eq!(read("2006 MST", "2020 EST", "America/New_York"), Ok((1_577_854_800, "Local".into(), -18_000)));
        assert_eq!(read("2006 MST", "2020 EDT", "America/New_York"), Ok((1_577_851_200, "Local".into(), -18_000)));
        assert_eq!(read("2006 MST", "2020 CEST", "America/New_York"), Ok((1_577_836_800, "CEST".into(), 0)));
        assert_eq!(read("2006 MST", "2020 GMT+3", "UTC"), Ok((1_577_836_800, "GMT+3".into(), 10_800)));
    }

    #[test]
    fn gaps_and_overlaps_are_settled_as_in_go() {
        let berlin = |value| read("2006-01-02 15:04", value, "Europe/Berlin");
        assert_eq!(berlin("2020-03-29 02:30"), Ok((1_585_445_400, "Local".into(), 7_200)));
        assert_eq!(berlin("2020-10-25 02:30"), Ok((1_603_589_400, "Local".into(), 3_600)));
    }

    #[test]
    fn faults_quote_bytes() {
        let fault = read("2006", "\u{e9}\"\n", "UTC").expect_err("no year");
        assert_eq!(fault, r#"parsing time "\xc3\xa9\"\x0a" as "2006": cannot parse "\xc3\xa9\"\x0a" as "2006""#);
    }
}

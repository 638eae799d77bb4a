//! The formats `date-time`, `date`, `time`, `duration` and `period`.

use super::verdict::{Judged, fail};
use crate::strconv;

pub(super) fn date_time(text: &str) -> Judged {
    if text.len() < 20 {
        return fail("less than 20 characters long");
    }
    let bytes = text.as_bytes();
    if !matches!(bytes.get(10), Some(b'T' | b't')) {
        return fail("11th character must be t or T");
    }
    let (day, rest) = (text.get(..10).unwrap_or_default(), text.get(11..).unwrap_or_default());
    date(day).map_err(|it| format!("invalid date element: {it}"))?;
    time(rest).map_err(|it| format!("invalid time element: {it}"))
}

/// `time.Parse("2006-01-02", text)`.
pub(super) fn date(text: &str) -> Judged {
    let quoted = strconv::quote(text.as_bytes());
    let layout = |rest: &str, part: &str| {
        fail(format!(
            "parsing time {quoted} as \"2006-01-02\": cannot parse {} as \"{part}\"",
            strconv::quote(rest.as_bytes())
        ))
    };
    let digits = |from: &str, count: usize| {
        from.get(..count)
            .filter(|it| it.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|it| it.parse::<u32>().ok())
    };
    let Some(year) = digits(text, 4) else { return layout(text, "2006") };
    let rest = &text[4..];
    let Some(rest) = rest.strip_prefix('-') else { return layout(rest, "-") };
    let Some(month) = digits(rest, 2) else { return layout(rest, "01") };
    if !(1..=12).contains(&month) {
        return fail(format!("parsing time {quoted}: month out of range"));
    }
    let rest = &rest[2..];
    let Some(rest) = rest.strip_prefix('-') else { return layout(rest, "-") };
    let Some(day) = digits(rest, 2) else { return layout(rest, "02") };
    if !rest[2..].is_empty() {
        return fail(format!("parsing time {quoted}: extra text: {}", strconv::quote(&rest.as_bytes()[2..])));
    }
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    if (1..=last).contains(&day) { Ok(()) } else { fail(format!("parsing time {quoted}: day out of range")) }
}

pub(super) fn time(text: &str) -> Judged {
    let bytes = text.as_bytes();
    if bytes.len() < 9 {
        return fail("less than 9 characters long");
    }
    if bytes[2] != b':' || bytes[5] != b':' {
        return fail("missing colon in correct place");
    }
    let number = |from: usize, most: u32| {
        text.get(from..from + 2).and_then(|it| it.parse::<u32>().ok()).filter(|it| *it <= most)
    };
    let (Some(hour), Some(minute), Some(second)) = (number(0, 23), number(3, 59), number(6, 60)) else {
        return fail("hour/min/sec out of range");
    };
    let mut rest = &bytes[8..];
    if let Some(fraction) = rest.strip_prefix(b".") {
        let digits = fraction.iter().take_while(|it| it.is_ascii_digit()).count();
        if digits == 0 {
            return fail("no digits in second fraction");
        }
        rest = &fraction[digits..];
    }
    let offset: i64 = match rest {
        [b'z' | b'Z'] => 0,
        [b'z' | b'Z', ..] => return fail("text after z"),
        [sign, _, _, colon, _, _] => {
            if *colon != b':' {
                return fail("missing colon in offset");
            }
            let part = |from: usize, most: i64| {
                std::str::from_utf8(&rest[from..from + 2])
                    .ok()
                    .and_then(|it| it.parse::<i64>().ok())
                    .filter(|it| (0..=most).contains(it))
            };
            let minutes = match (part(1, 23), part(4, 59)) {
                (Some(hours), Some(minutes)) => hours * 60 + minutes,
                _ => return fail("hour/min in offset out of range"),
            };
            match sign {
                b'+' => -minutes,
                b'-' => minutes,
                _ => return fail("offset must begin with plus/minus"),
            }
        }
        _ => return fail("offset must be 6 characters long"),
    };
    if second == 60 {
        let minutes = (i64::from(hour * 60 + minute) + offset).rem_euclid(24 * 60);
        if minutes != 23 * 60 + 59 {
            return fail("invalid leap second");
        }
    }
    Ok(())
}

pub(super) fn duration(text: &str) -> Judged {
    let Some(rest) = text.strip_prefix('P') else { return fail("must start with P") };
    if rest.is_empty() {
        return fail("nothing after P");
    }
    if let Some(weeks) = rest.strip_suffix('W') {
        return if !weeks.is_empty() && weeks.bytes().all(|it| it.is_ascii_digit()) {
            Ok(())
        } else {
            fail("invalid week")
        };
    }
    let (days, hours) = rest.split_once('T').map_or((rest, None), |(days, hours)| (days, Some(hours)));
    let units = |text: &str, known: &str| -> Judged {
        let mut left = known;
        let mut rest = text;
        while !rest.is_empty() {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            if digits == 0 {
                return fail("missing number");
            }
            let Some(unit) = rest.get(digits..).and_then(|it| it.chars().next()) else { return fail("missing unit") };
            let Some(at) = left.find(unit) else {
                return fail(if known.contains(unit) {
                    format!("unit '{unit}' out of order")
                } else {
                    format!("invalid unit '{unit}'")
                });
            };
            left = &left[at + 1..];
            rest = &rest[digits + unit.len_utf8()..];
        }
        Ok(())
    };
    units(days, "YMD")?;
    match hours {
        None => Ok(()),
        Some("") => fail("no time elements"),
        Some(hours) => units(hours, "HMS"),
    }
}

pub(super) fn period(text: &str) -> Judged {
    let Some((start, end)) = text.split_once('/') else { return fail("missing slash") };
    if start.starts_with('P') {
        duration(start).map_err(|it| format!("invalid start duration: {it}"))?;
        return date_time(end).map_err(|it| format!("invalid end date-time: {it}"));
    }
    date_time(start).map_err(|it| format!("invalid start date-time: {it}"))?;
    if end.starts_with('P') {
        return duration(end).map_err(|it| format!("invalid end duration: {it}"));
    }
    date_time(end).map_err(|it| format!("invalid end date-time: {it}"))
}

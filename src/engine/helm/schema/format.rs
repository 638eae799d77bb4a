//! The formats that drafts before 2019 assert, with the faults of `github.com/santhosh-tekuri/jsonschema/v6`.

use crate::sprig::regexp::Regexp;
use crate::sprig::url;
use crate::strconv;

type Judged = Result<(), String>;

/// Judges a text by a format; an unknown format accepts everything.
pub(super) fn check(format: &str, text: &str) -> Judged {
    match format {
        "date-time" => date_time(text),
        "date" => date(text),
        "time" => time(text),
        "duration" => duration(text),
        "period" => period(text),
        "hostname" => hostname(text),
        "email" => email(text),
        "ipv4" | "ip-address" => ipv4(text),
        "ipv6" => ipv6(text),
        "uri" | "iri" => uri(text),
        "uri-reference" | "iri-reference" | "uriref" => uri_reference(text),
        "uri-template" => uri_template(text),
        "regex" => Regexp::compile(text.as_bytes()).map(|_| ()).map_err(|it| it.to_string()),
        "json-pointer" => json_pointer(text),
        "relative-json-pointer" => relative_json_pointer(text),
        "uuid" => uuid(text),
        "semver" => semver(text),
        _ => Ok(()),
    }
}

fn fail(message: impl Into<String>) -> Judged {
    Err(message.into())
}

fn date_time(text: &str) -> Judged {
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
fn date(text: &str) -> Judged {
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

fn time(text: &str) -> Judged {
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

fn duration(text: &str) -> Judged {
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

fn period(text: &str) -> Judged {
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

fn hostname(text: &str) -> Judged {
    let name = text.strip_suffix('.').unwrap_or(text);
    if name.len() > 253 {
        return fail("more than 253 characters long");
    }
    for label in name.split('.') {
        if label.is_empty() || label.len() > 63 {
            return fail("label must be 1 to 63 characters long");
        }
        if label.starts_with('-') {
            return fail("label starts with hyphen");
        }
        if label.ends_with('-') {
            return fail("label ends with hyphen");
        }
        if let Some(rune) = label.chars().find(|it| !it.is_ascii_alphanumeric() && *it != '-') {
            return fail(format!("invalid character {rune:?}"));
        }
    }
    Ok(())
}

fn email(text: &str) -> Judged {
    if text.len() > 254 {
        return fail("more than 255 characters long");
    }
    let Some((local, domain)) = text.rsplit_once('@') else { return fail("missing @") };
    if local.len() > 64 {
        return fail("local part more than 64 characters long");
    }
    if let Some(inner) = local.strip_prefix('"').and_then(|it| it.strip_suffix('"')).filter(|_| local.len() > 1) {
        if inner.contains(['\\', '"']) {
            return fail("backslash and quote are not allowed within quoted local part");
        }
    } else {
        if local.starts_with('.') {
            return fail("starts with dot");
        }
        if local.ends_with('.') {
            return fail("ends with dot");
        }
        if local.contains("..") {
            return fail("consecutive dots");
        }
        let legal = |it: char| it.is_ascii_alphanumeric() || ".!#$%&'*+-/=?^_`{|}~".contains(it);
        if let Some(rune) = local.chars().find(|it| !legal(*it)) {
            return fail(format!("invalid character {rune:?}"));
        }
    }
    if let Some(address) = domain.strip_prefix('[').and_then(|it| it.strip_suffix(']')) {
        return match address.strip_prefix("IPv6:") {
            Some(six) => ipv6(six).map_err(|it| format!("invalid ipv6 address: {it}")),
            None => ipv4(address).map_err(|it| format!("invalid ipv4 address: {it}")),
        };
    }
    hostname(domain).map_err(|it| format!("invalid domain: {it}"))
}

fn ipv4(text: &str) -> Judged {
    let groups: Vec<&str> = text.split('.').collect();
    if groups.len() != 4 {
        return fail("expected four decimals");
    }
    for group in groups {
        if group.len() > 1 && group.starts_with('0') {
            return fail("leading zeros");
        }
        let number = strconv::atoi(group)?;
        if !(0..=255).contains(&number) {
            return fail("decimal must be between 0 and 255");
        }
    }
    Ok(())
}

fn ipv6(text: &str) -> Judged {
    if !text.contains(':') {
        return fail("missing colon");
    }
    if text.contains('%') {
        return fail("zone id is not a part of ipv6 address");
    }
    match text.parse::<std::net::Ipv6Addr>() {
        Ok(_) => Ok(()),
        Err(_) => fail(format!("ParseAddr({}): unable to parse IP", strconv::quote(text.as_bytes()))),
    }
}

fn uri(text: &str) -> Judged {
    parse_url(text)?;
    let scheme = text.split_once(':').map(|(scheme, _)| scheme).unwrap_or_default();
    let mut bytes = scheme.bytes();
    let absolute = bytes.next().is_some_and(|it| it.is_ascii_alphabetic())
        && bytes.all(|it| it.is_ascii_alphanumeric() || b"+-.".contains(&it));
    if absolute { Ok(()) } else { fail("relative url") }
}

fn uri_reference(text: &str) -> Judged {
    if text.contains('\\') {
        return fail("contains \\");
    }
    parse_url(text)
}

fn parse_url(text: &str) -> Judged {
    url::check(text.as_bytes()).or_else(fail)
}

fn uri_template(text: &str) -> Judged {
    parse_url(text)?;
    for item in text.split(['?', '#']).next().unwrap_or_default().split('/') {
        let mut depth = 0;
        for rune in item.chars() {
            match rune {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => continue,
            }
            if (rune == '{' && depth != 1) || (rune == '}' && depth != 0) {
                return fail("nested curly braces");
            }
        }
        if depth != 0 {
            return fail("no matching closing brace");
        }
    }
    Ok(())
}

fn json_pointer(text: &str) -> Judged {
    if text.is_empty() {
        return Ok(());
    }
    if !text.starts_with('/') {
        return fail("not starting with /");
    }
    let bytes = text.as_bytes();
    let wrong = text.match_indices('~').any(|(at, _)| !matches!(bytes.get(at + 1), Some(b'0' | b'1')));
    if wrong { fail("~ must be followed by 0 or 1") } else { Ok(()) }
}

fn relative_json_pointer(text: &str) -> Judged {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 {
        return fail("must start with non-negative integer");
    }
    if digits > 1 && text.starts_with('0') {
        return fail("starts with zero");
    }
    match &text[digits..] {
        "#" => Ok(()),
        rest => json_pointer(rest),
    }
}

fn uuid(text: &str) -> Judged {
    let groups: Vec<&str> = text.split('-').collect();
    let lengths = [8, 4, 4, 4, 12];
    if groups.len() != lengths.len() {
        return fail("must have 5 elements");
    }
    for (index, (group, length)) in groups.iter().zip(lengths).enumerate() {
        if group.len() != length {
            return fail(format!("element {} must be {length} characters long", index + 1));
        }
        if let Some(rune) = group.chars().find(|it| !it.is_ascii_hexdigit()) {
            return fail(format!("non-hex character {rune:?}"));
        }
    }
    Ok(())
}

fn semver(text: &str) -> Judged {
    let (rest, build) = text.split_once('+').map_or((text, None), |(rest, build)| (rest, Some(build)));
    let (core, pre) = rest.split_once('-').map_or((rest, None), |(core, pre)| (core, Some(pre)));
    let numbers: Vec<&str> = core.split('.').collect();
    if numbers.len() != 3 {
        return fail("versionCore must have 3 numbers separated by dot");
    }
    for (name, number) in ["major", "minor", "patch"].into_iter().zip(numbers) {
        if number.is_empty() {
            return fail(format!("{name} is empty"));
        }
        if !number.bytes().all(|it| it.is_ascii_digit()) {
            return fail(format!("{name} contains non-digit"));
        }
        if number.len() > 1 && number.starts_with('0') {
            return fail(format!("{name} starts with zero"));
        }
    }
    for (kind, list) in [("pre-release", pre), ("build", build)] {
        for identifier in list.into_iter().flat_map(|it| it.split('.')) {
            if identifier.is_empty() {
                return fail(format!("{kind} identifier is empty"));
            }
            if let Some(rune) = identifier.chars().find(|it| !it.is_ascii_alphanumeric() && *it != '-') {
                return fail(format!("invalid character {rune:?} in {kind} identifier"));
            }
            let numeric = identifier.bytes().all(|it| it.is_ascii_digit());
            if kind == "pre-release" && numeric && identifier.len() > 1 && identifier.starts_with('0') {
                return fail("pre-release numeric identifier starts with zero");
            }
        }
    }
    Ok(())
}

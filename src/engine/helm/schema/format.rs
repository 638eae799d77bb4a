//! The formats that drafts before 2019 assert, with the faults of `github.com/santhosh-tekuri/jsonschema/v6`.

use super::dates::{date, date_time, duration, period, time};
use super::verdict::{Judged, fail};
use crate::sprig::regexp::Regexp;
use crate::sprig::url;
use crate::strconv;

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

//! Whether the literal between brackets is an IPv6 address.
//!
//! Mirrors the errors of `netip.ParseAddr`.

use crate::strconv::quote;

/// Checks an address, with an optional zone. The error is Go's text.
pub(super) fn check(text: &[u8]) -> Result<(), String> {
    let wrong = |message: &str| Err(format!("invalid host: ParseAddr({}): {message}", quote(text)));
    match text.iter().find(|it| matches!(it, b'.' | b':' | b'%')) {
        None => return wrong("unable to parse IP"),
        Some(b'%') => return wrong("missing IPv6 address"),
        Some(b'.') => {
            return match ipv4(text) {
                Ok(()) => Err("invalid IP-literal".into()),
                Err(message) => wrong(&message),
            };
        }
        Some(_) => {}
    }
    let (address, zone) = match text.iter().position(|it| *it == b'%') {
        Some(at) => (text.get(..at).unwrap_or_default(), text.get(at + 1..)),
        None => (text, None),
    };
    if zone.is_some_and(<[u8]>::is_empty) {
        return wrong("zone must be a non-empty string");
    }
    ipv6(address).or_else(|message| wrong(&message))
}

/// Walks eight fields of hexadecimal digits, of which `::` may stand for some and four decimal ones for the last two.
fn ipv6(address: &[u8]) -> Result<(), String> {
    let at = |message: &str, rest: &[u8]| Err(format!("{message} (at {})", quote(rest)));
    let mut rest = address;
    let mut ellipsis = false;
    if let Some(after) = rest.strip_prefix(b"::") {
        ellipsis = true;
        rest = after;
        if rest.is_empty() {
            return Ok(());
        }
    }
    let mut bytes = 0;
    while bytes < 16 {
        let digits = rest.iter().take_while(|it| it.is_ascii_hexdigit()).count();
        match digits {
            0 => return at("each colon-separated field must have at least one digit", rest),
            1..=4 => {}
            _ => return at("each group must have 4 or less digits", rest),
        }
        let after = rest.get(digits..).unwrap_or_default();
        if after.starts_with(b".") {
            if !ellipsis && bytes != 12 {
                return at("embedded IPv4 address must replace the final 2 fields of the address", rest);
            }
            if bytes + 4 > 16 {
                return at("too many hex fields to fit an embedded IPv4 at the end of the address", rest);
            }
            ipv4(rest)?;
            rest = b"";
            bytes += 4;
            break;
        }
        bytes += 2;
        rest = match after {
            [] => {
                rest = b"";
                break;
            }
            [b':'] => return at("colon must be followed by more characters", after),
            [b':', next @ ..] => next,
            _ => return at("unexpected character, want colon", after),
        };
        if let Some(after) = rest.strip_prefix(b":") {
            if ellipsis {
                return at("multiple :: in address", rest);
            }
            ellipsis = true;
            rest = after;
            if rest.is_empty() {
                break;
            }
        }
    }
    match () {
        () if !rest.is_empty() => at("trailing garbage after address", rest),
        () if bytes < 16 && !ellipsis => Err("address string too short".into()),
        () if bytes == 16 && ellipsis => Err("the :: must expand to at least one field of zeros".into()),
        () => Ok(()),
    }
}

/// Walks four decimal fields.
fn ipv4(text: &[u8]) -> Result<(), String> {
    let at = |message: &str, rest: &[u8]| Err(format!("{message} (at {})", quote(rest)));
    let (mut value, mut digits, mut fields) = (0_u32, 0, 0);
    for (index, byte) in text.iter().enumerate() {
        let rest = text.get(index..).unwrap_or_default();
        match byte {
            b'0'..=b'9' => {
                if digits == 1 && value == 0 {
                    return Err("IPv4 field has octet with leading zero".into());
                }
                value = value * 10 + u32::from(byte - b'0');
                digits += 1;
                if value > 255 {
                    return Err("IPv4 field has value >255".into());
                }
            }
            b'.' => {
                if digits == 0 || rest.len() == 1 {
                    return at("IPv4 field must have at least one digit", rest);
                }
                if fields == 3 {
                    return Err("IPv4 address too long".into());
                }
                fields += 1;
                (value, digits) = (0, 0);
            }
            _ => return at("unexpected character", rest),
        }
    }
    if fields < 3 {
        return Err("IPv4 address too short".into());
    }
    Ok(())
}

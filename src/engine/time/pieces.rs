//! The pieces a written time is made of: literal text, numbers, names and zones.

/// Why a piece cannot be read.
pub(super) enum ParseFault {
    Bad,
    Range(&'static str),
}

/// Skips literal text; a run of spaces stands for any number of them. The error is where it stopped.
pub(super) fn skip<'a>(mut value: &'a [u8], mut prefix: &[u8]) -> Result<&'a [u8], &'a [u8]> {
    while let Some(first) = prefix.first() {
        if *first == b' ' {
            if value.first().is_some_and(|it| *it != b' ') {
                return Err(value);
            }
            prefix = trim_spaces(prefix);
            value = trim_spaces(value);
            continue;
        }
        match value.split_first() {
            Some((found, rest)) if found == first => value = rest,
            _ => return Err(value),
        }
        prefix = &prefix[1..];
    }
    Ok(value)
}

fn trim_spaces(text: &[u8]) -> &[u8] {
    let spaces = text.iter().take_while(|it| **it == b' ').count();
    &text[spaces..]
}

pub(super) fn cut(text: &[u8], length: usize) -> Result<(&[u8], &[u8]), ParseFault> {
    text.split_at_checked(length).ok_or(ParseFault::Bad)
}

pub(super) fn within(value: i64, least: i64, most: i64, what: &'static str) -> Result<i64, ParseFault> {
    if (least..=most).contains(&value) { Ok(value) } else { Err(ParseFault::Range(what)) }
}

/// One or two digits; exactly two where `fixed`.
pub(super) fn number(text: &[u8], fixed: bool) -> Result<(i64, &[u8]), ParseFault> {
    let digit = |it: u8| i64::from(it - b'0');
    match text {
        [a @ b'0'..=b'9', b @ b'0'..=b'9', rest @ ..] => Ok((digit(*a) * 10 + digit(*b), rest)),
        [a @ b'0'..=b'9', rest @ ..] if !fixed => Ok((digit(*a), rest)),
        _ => Err(ParseFault::Bad),
    }
}

/// A short number with an optional sign; no digits are zero.
pub(super) fn signed(text: &[u8]) -> Result<i64, ParseFault> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    if !digits.iter().all(u8::is_ascii_digit) {
        return Err(ParseFault::Bad);
    }
    let value = digits.iter().fold(0i64, |sum, it| sum.saturating_mul(10).saturating_add(i64::from(it - b'0')));
    Ok(if negative { -value } else { value })
}

/// The nanoseconds of `.123`; digits past the ninth are dropped.
pub(super) fn nanoseconds(text: &[u8]) -> Result<i64, ParseFault> {
    let [b'.' | b',', digits @ ..] = text else { return Err(ParseFault::Bad) };
    let digits = &digits[..digits.len().min(9)];
    let value = signed(digits)?;
    if value < 0 {
        return Err(ParseFault::Range("fractional second"));
    }
    Ok((digits.len()..9).fold(value, |value, _| value * 10))
}

/// A name from the list, cut to `length`, in any case.
pub(super) fn name<'a>(names: &[&str], input: &'a [u8], length: usize) -> Result<(i64, &'a [u8]), ParseFault> {
    names
        .iter()
        .enumerate()
        .find_map(|(index, name)| {
            let (text, rest) = input.split_at_checked(name.len().min(length))?;
            text.eq_ignore_ascii_case(&name.as_bytes()[..text.len()]).then_some((index as i64, rest))
        })
        .ok_or(ParseFault::Bad)
}

/// How long the abbreviation of a zone is that the text begins with.
pub(super) fn zone_name_length(text: &[u8]) -> Option<usize> {
    if text.len() < 3 {
        return None;
    }
    if text.starts_with(b"ChST") || text.starts_with(b"MeST") {
        return Some(4);
    }
    if let Some(rest) = text.strip_prefix(b"GMT") {
        return Some(3 + signed_hours_length(rest).unwrap_or(0));
    }
    if matches!(text[0], b'+' | b'-') {
        return signed_hours_length(text);
    }
    let capitals = text.iter().take(6).take_while(|it| it.is_ascii_uppercase()).count();
    match capitals {
        3 => Some(3),
        4 if text[3] == b'T' || text.starts_with(b"WITA") => Some(4),
        5 if text[4] == b'T' => Some(5),
        _ => None,
    }
}

/// The length of `+3` or `-11`: a sign and a number of at most 23.
fn signed_hours_length(text: &[u8]) -> Option<usize> {
    let [b'+' | b'-', rest @ ..] = text else { return None };
    let digits = rest.iter().take_while(|it| it.is_ascii_digit()).count();
    let value = signed(&rest[..digits]).ok()?;
    (digits > 0 && value <= 23).then_some(1 + digits)
}

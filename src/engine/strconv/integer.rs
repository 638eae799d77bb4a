//! Integers from text.

use super::{NumberError, NumberFault, underscores_separate_digits};

/// `strconv.ParseInt(text, base, bits)`; base 0 takes prefixes and underscores, bits 0 means 64.
pub fn parse_int(text: impl AsRef<[u8]>, base: u32, bits: u32) -> Result<i64, NumberError> {
    let text = text.as_ref();
    signed(text, base, bits).map_err(|reason| NumberError::new("ParseInt", text, reason))
}

/// `strconv.ParseUint(text, base, bits)`, which takes no sign.
pub fn parse_uint(text: impl AsRef<[u8]>, base: u32, bits: u32) -> Result<u64, NumberError> {
    let text = text.as_ref();
    match unsigned(text, base, bits) {
        Ok(Magnitude::Value(it)) => Ok(it),
        Ok(Magnitude::TooLarge) => Err(NumberError::new("ParseUint", text, NumberFault::Range)),
        Err(reason) => Err(NumberError::new("ParseUint", text, reason)),
    }
}

/// `strconv.Atoi`: base 10 without underscores.
pub fn atoi(text: impl AsRef<[u8]>) -> Result<i64, NumberError> {
    let text = text.as_ref();
    signed(text, 10, 64).map_err(|reason| NumberError::new("Atoi", text, reason))
}

enum Magnitude {
    Value(u64),
    TooLarge,
}

fn signed(text: &[u8], base: u32, bits: u32) -> Result<i64, NumberFault> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let Magnitude::Value(magnitude) = unsigned(digits, base, bits)? else { return Err(NumberFault::Range) };
    let limit = 1u64 << (if bits == 0 { 64 } else { bits } - 1);
    match magnitude {
        it if negative && it <= limit => Ok((it as i64).wrapping_neg()),
        it if !negative && it < limit => Ok(it as i64),
        _ => Err(NumberFault::Range),
    }
}

fn unsigned(text: &[u8], base: u32, bits: u32) -> Result<Magnitude, NumberFault> {
    if text.is_empty() {
        return Err(NumberFault::Syntax);
    }
    let (radix, digits) = match base {
        0 => prefixed(text),
        2..=36 => (base, text),
        _ => return Err(NumberFault::Base(base)),
    };
    let largest = match bits {
        0 | 64 => u64::MAX,
        1..64 => (1 << bits) - 1,
        _ => return Err(NumberFault::BitSize(bits)),
    };
    let mut total = 0u64;
    let mut underscores = false;
    for &byte in digits {
        if byte == b'_' && base == 0 {
            underscores = true;
            continue;
        }
        let digit = char::from(byte).to_digit(radix).ok_or(NumberFault::Syntax)?;
        // The rest is not looked at once the number is too large, so that bad digits there go unseen, as in Go.
        match total.checked_mul(radix.into()).and_then(|it| it.checked_add(digit.into())) {
            Some(it) if it <= largest => total = it,
            _ => return Ok(Magnitude::TooLarge),
        }
    }
    if underscores && !underscores_separate_digits(text) {
        return Err(NumberFault::Syntax);
    }
    Ok(Magnitude::Value(total))
}

/// The radix and the digits that a base prefix leaves.
fn prefixed(text: &[u8]) -> (u32, &[u8]) {
    match text {
        [b'0', b'b' | b'B', rest @ ..] if !rest.is_empty() => (2, rest),
        [b'0', b'o' | b'O', rest @ ..] if !rest.is_empty() => (8, rest),
        [b'0', b'x' | b'X', rest @ ..] if !rest.is_empty() => (16, rest),
        [b'0', rest @ ..] => (8, rest),
        _ => (10, text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_zero_takes_prefixes_and_underscores() {
        for (text, want) in
            [("0x_1F", 31), ("0b1_0", 2), ("-0o17", -15), ("017", 15), ("1_000", 1000), ("0", 0), ("0_7", 7)]
        {
            assert_eq!(parse_int(text, 0, 64), Ok(want), "{text}");
        }
        for text in ["", "-", "0x", "08", "1__0", "_1", "1_", "0_x1", "0x1_"] {
            let want = format!("strconv.ParseInt: parsing \"{text}\": invalid syntax");
            assert_eq!(parse_int(text, 0, 64).map_err(|it| it.to_string()), Err(want));
        }
    }

    #[test]
    fn bits_bound_the_range() {
        assert_eq!(parse_int("-128", 10, 8), Ok(-128));
        assert_eq!(
            parse_int("128", 10, 8).map_err(String::from),
            Err(r#"strconv.ParseInt: parsing "128": value out of range"#.into())
        );
        assert_eq!(parse_int("-9223372036854775808", 10, 64), Ok(i64::MIN));
        assert_eq!(parse_uint("18446744073709551615", 10, 0), Ok(u64::MAX));
        assert_eq!(
            parse_uint("18446744073709551616", 10, 64).map_err(String::from),
            Err(r#"strconv.ParseUint: parsing "18446744073709551616": value out of range"#.into())
        );
        assert_eq!(
            atoi("99999999999999999999x").map_err(String::from),
            Err(r#"strconv.Atoi: parsing "99999999999999999999x": value out of range"#.into())
        );
        assert_eq!(atoi("+-1").map_err(String::from), Err(r#"strconv.Atoi: parsing "+-1": invalid syntax"#.into()));
        assert_eq!(
            parse_int("1", 1, 64).map_err(String::from),
            Err(r#"strconv.ParseInt: parsing "1": invalid base 1"#.into())
        );
        assert_eq!(
            parse_int("1", 10, 65).map_err(String::from),
            Err(r#"strconv.ParseInt: parsing "1": invalid bit size 65"#.into())
        );
    }
}

//! Floating-point numbers from text.

use super::{NumberError, NumberFault, underscores_separate_digits};

/// `strconv.ParseFloat(text, 64)`.
///
/// Takes hexadecimal numbers with an exponent, underscores between digits, and `inf`, `infinity` and `nan` in any case.
pub fn parse_float(text: impl AsRef<[u8]>) -> Result<f64, NumberError> {
    let text = text.as_ref();
    let value = special(text).or_else(|| number(text));
    match value {
        None => Err(NumberError::new("ParseFloat", text, NumberFault::Syntax)),
        Some(Parsed::Finite(it)) if it.is_infinite() => Err(NumberError::new("ParseFloat", text, NumberFault::Range)),
        Some(Parsed::Finite(it) | Parsed::Special(it)) => Ok(it),
    }
}

enum Parsed {
    /// A number; infinite where it was too large.
    Finite(f64),
    /// An infinity or not-a-number that was asked for.
    Special(f64),
}

fn special(text: &[u8]) -> Option<Parsed> {
    Some(Parsed::Special(match text.to_ascii_lowercase().as_slice() {
        b"inf" | b"+inf" | b"infinity" | b"+infinity" => f64::INFINITY,
        b"-inf" | b"-infinity" => f64::NEG_INFINITY,
        b"nan" => f64::NAN,
        _ => return None,
    }))
}

fn number(text: &[u8]) -> Option<Parsed> {
    let (negative, rest) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let (hexadecimal, rest) = match rest {
        [b'0', b'x' | b'X', rest @ ..] if !rest.is_empty() => (true, rest),
        _ => (false, rest),
    };
    let marker = if hexadecimal { b'p' } else { b'e' };
    let split = rest.iter().position(|it| it.to_ascii_lowercase() == marker);
    let (mantissa, power) = match split {
        Some(at) => (rest.get(..at)?, Some(exponent(rest.get(at + 1..)?)?)),
        None => (rest, None),
    };
    let (whole, fraction) = digits(mantissa, hexadecimal)?;
    if text.contains(&b'_') && !underscores_separate_digits(text) {
        return None;
    }
    let value = if hexadecimal {
        from_hexadecimal(&whole, &fraction, power?)
    } else {
        format!("{whole}.{fraction}e{}", power.unwrap_or(0)).parse::<f64>().ok()?
    };
    Some(Parsed::Finite(if negative { -value } else { value }))
}

/// The digits before and after the point, without underscores.
fn digits(mantissa: &[u8], hexadecimal: bool) -> Option<(String, String)> {
    let (mut whole, mut fraction) = (String::new(), None::<String>);
    for &byte in mantissa {
        match byte {
            b'_' => {}
            b'.' if fraction.is_none() => fraction = Some(String::new()),
            it if it.is_ascii_digit() || hexadecimal && it.is_ascii_hexdigit() => {
                fraction.as_mut().unwrap_or(&mut whole).push(char::from(it));
            }
            _ => return None,
        }
    }
    let fraction = fraction.unwrap_or_default();
    (!(whole.is_empty() && fraction.is_empty())).then_some((whole, fraction))
}

/// The exponent; Go stops reading digits at five of them, which is far beyond any float64.
fn exponent(text: &[u8]) -> Option<i64> {
    let (sign, text) = match text {
        [b'-', rest @ ..] => (-1, rest),
        [b'+', rest @ ..] => (1, rest),
        _ => (1, text),
    };
    if !text.first()?.is_ascii_digit() {
        return None;
    }
    let mut value = 0;
    for &byte in text.iter().filter(|it| **it != b'_') {
        let digit = char::from(byte).to_digit(10)?;
        if value < 10_000 {
            value = value * 10 + i64::from(digit);
        }
    }
    Some(sign * value)
}

/// `0xWHOLE.FRACTION` times two to the power of `power`, half rounded to even.
fn from_hexadecimal(whole: &str, fraction: &str, power: i64) -> f64 {
    let mut mantissa = 0u64;
    let mut rest_is_zero = true;
    let mut exponent = power - 4 * i64::try_from(fraction.len()).unwrap_or(i64::MAX / 8);
    for digit in whole.chars().chain(fraction.chars()).filter_map(|it| it.to_digit(16)) {
        if mantissa >> 60 == 0 {
            mantissa = mantissa << 4 | u64::from(digit);
        } else {
            rest_is_zero &= digit == 0;
            exponent += 4;
        }
    }
    if mantissa == 0 {
        return 0.0;
    }
    let bits = 64 - i64::from(mantissa.leading_zeros());
    let leading = exponent + bits - 1;
    if leading > 1023 {
        return f64::INFINITY;
    }
    // How many bits of the mantissa the float can hold; fewer than 53 where it is subnormal.
    let kept = 53 - (-1022 - leading).max(0);
    let cut = bits - kept;
    if cut > 64 {
        return 0.0;
    }
    let mut rounded = if cut <= 0 {
        mantissa << -cut
    } else {
        let wide = u128::from(mantissa);
        let (rest, half) = (wide & ((1 << cut) - 1), 1 << (cut - 1));
        let quotient = (wide >> cut) as u64;
        let up = rest > half || rest == half && (!rest_is_zero || quotient & 1 == 1);
        quotient + u64::from(up)
    };
    // A carry out of the mantissa runs into the exponent field, up to infinity, just as it should.
    if leading >= -1022 {
        rounded = rounded - (1 << 52) + (((leading + 1023) as u64) << 52);
    }
    f64::from_bits(rounded)
}

#[cfg(test)]
mod tests {
    use super::parse_float;

    #[test]
    fn matches_go() {
        for (text, want) in [
            ("1", 1.0),
            ("+1.", 1.0),
            (".5", 0.5),
            ("1e23", 1e23),
            ("1E-400", 0.0),
            ("-0", -0.0),
            ("1_23.50_0_0e+1_2", 1.235e14),
            ("0x1p-2", 0.25),
            ("0x_1_2.3_4_5p+1_2", 74565.0),
            ("-0X.8P1", -1.0),
            ("0x1.00000000000008p0", 1.0),
            ("0x1.000000000000080000000001p0", 1.0000000000000002),
            ("0x1.00000000000018p0", 1.0000000000000004),
            ("0x1p-1074", 5e-324),
            ("0x1p-1075", 0.0),
            ("0x1.8p-1075", 5e-324),
            ("0x.fffffffffffffp-1022", 2.225073858507201e-308),
            ("0x.fffffffffffff8p-1022", 2.2250738585072014e-308),
            ("iNf", f64::INFINITY),
            ("-infinity", f64::NEG_INFINITY),
        ] {
            assert_eq!(parse_float(text).map(f64::to_bits), Ok(want.to_bits()), "{text}");
        }
        assert!(parse_float("NaN").is_ok_and(f64::is_nan));
    }

    #[test]
    fn rejects_what_go_rejects() {
        for text in [
            "", "+", ".", "1e", "1e+", "1x", "0x1", "0x", "0xp1", "1..2", "_1", "1_", "1_.5", "1e_5", "+nan", "infi",
            " 1", "1p3", "0x1e5",
        ] {
            assert_eq!(
                parse_float(text).map_err(String::from),
                Err(format!("strconv.ParseFloat: parsing \"{text}\": invalid syntax"))
            );
        }
        for text in ["1e309", "-1.7976931348623159e308", "0x1p1024", "0x1.fffffffffffff8p1023"] {
            assert_eq!(
                parse_float(text).map_err(String::from),
                Err(format!("strconv.ParseFloat: parsing \"{text}\": value out of range"))
            );
        }
    }
}

//! Numbers: compared exactly as far as schemas need it, and printed as `golang.org/x/text/message` prints them.

use crate::strconv;

/// A number as an integer times a power of ten.
#[derive(Clone, Copy, Debug)]
struct Decimal {
    digits: i128,
    exponent: i32,
}

impl Decimal {
    /// Reads `-12.5e3`. `None` for more digits than fit.
    fn parse(text: &str) -> Option<Decimal> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
        Some(Decimal { digits, exponent: exponent.checked_sub(i32::try_from(fraction.len()).ok()?)? })
    }
}

/// Whether the first number is a whole multiple of the second.
pub(super) fn is_multiple(number: &str, of: &str) -> bool {
    let exact = || {
        let (a, b) = (Decimal::parse(number)?, Decimal::parse(of)?);
        let least = a.exponent.min(b.exponent);
        let scale = |it: Decimal| {
            let power = u32::try_from(it.exponent - least).ok()?;
            it.digits.checked_mul(10i128.checked_pow(power)?)
        };
        Some(scale(a)?.checked_rem(scale(b)?)? == 0)
    };
    exact().unwrap_or_else(|| {
        let (a, b) = (value(number), value(of));
        (a / b).fract() == 0.0
    })
}

pub(super) fn value(text: &str) -> f64 {
    text.parse().unwrap_or(f64::NAN)
}

pub(super) fn is_integer(text: &str) -> bool {
    let number = value(text);
    number.is_finite() && number.fract() == 0.0
}

/// `%v` of a float64: grouped by thousands, and from a million on in powers of ten.
pub(super) fn show(number: f64) -> String {
    let text = strconv::format_float(number, b'g', -1);
    let exponent = if number == 0.0 { 0 } else { decimal_exponent(number) };
    if (-4..6).contains(&exponent) {
        let plain = strconv::format_float(number, b'f', -1);
        let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
        let point = if fraction.is_empty() { "" } else { "." };
        return format!("{}{point}{fraction}", group(whole));
    }
    let scientific = if text.contains('e') { text } else { strconv::format_float(number, b'e', -1) };
    let (mantissa, power) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let raised: String = power.chars().filter_map(superscript).collect();
    format!("{mantissa}×10{raised}")
}

/// `%d`: grouped by thousands.
pub(super) fn show_count(count: usize) -> String {
    group(&count.to_string())
}

fn decimal_exponent(number: f64) -> i32 {
    let text = strconv::format_float(number, b'e', -1);
    text.split_once('e').and_then(|(_, power)| power.parse().ok()).unwrap_or(0)
}

fn group(digits: &str) -> String {
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |rest| ("-", rest));
    let mut out = String::from(sign);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn superscript(rune: char) -> Option<char> {
    match rune {
        '-' => Some('⁻'),
        '0' => Some('⁰'),
        '1' => Some('¹'),
        '2' => Some('²'),
        '3' => Some('³'),
        '4'..='9' => char::from_u32('⁴' as u32 + (rune as u32 - '4' as u32)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Helm 4.2.3 prints.
    #[test]
    fn shows_as_helm_does() {
        let table = [
            (0.0, "0"),
            (-5.0, "-5"),
            (1.5, "1.5"),
            (1000.0, "1,000"),
            (12345.678, "12,345.678"),
            (999_999.0, "999,999"),
            (1e6, "1×10⁰⁶"),
            (-1_234_567.25, "-1.23456725×10⁰⁶"),
            (1e21, "1×10²¹"),
            (0.0001, "0.0001"),
            (1e-5, "1×10⁻⁰⁵"),
        ];
        for (number, want) in table {
            assert_eq!(show(number), want);
        }
    }

    #[test]
    fn multiples_are_exact() {
        assert!(is_multiple("0.3", "0.1") && is_multiple("4.35", "0.01") && is_multiple("1e22", "2"));
        assert!(!is_multiple("4.5", "4") && !is_multiple("0.35", "0.1"));
    }
}

//! Floating-point numbers to text.

/// More digits than any float64 has after its point (1074) or in all (767); Go writes zeros from there on.
const LONGEST: usize = 1100;

/// `strconv.FormatFloat(value, verb, precision, 64)`; a negative precision is the shortest that reads back.
///
/// The verbs are `e E f g G b x X`; any other gives `%` and itself.
pub fn format_float(value: f64, verb: u8, precision: i32) -> String {
    if value.is_nan() {
        return "NaN".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf".into() } else { "-Inf".into() };
    }
    let precision = usize::try_from(precision).ok();
    let unsigned = value.abs();
    let text = match verb {
        b'e' | b'E' => exponential(unsigned, verb, precision),
        b'f' => positional(unsigned, precision),
        b'g' | b'G' => general(unsigned, verb, precision),
        b'b' => binary(unsigned),
        b'x' | b'X' => hexadecimal(unsigned, verb, precision),
        _ => return format!("%{}", char::from(verb)),
    };
    if value.is_sign_negative() { format!("-{text}") } else { text }
}

fn exponential(value: f64, verb: u8, precision: Option<usize>) -> String {
    Decimal::new(value, precision.map(|it| it.saturating_add(1))).exponential(verb, precision)
}

fn positional(value: f64, precision: Option<usize>) -> String {
    let Some(precision) = precision else { return Decimal::new(value, None).positional() };
    let mut text = format!("{value:.*}", precision.min(LONGEST));
    text.extend(std::iter::repeat_n('0', precision.saturating_sub(LONGEST)));
    text
}

fn general(value: f64, verb: u8, precision: Option<usize>) -> String {
    let wanted = precision.map(|it| it.max(1));
    let mut decimal = Decimal::new(value, wanted);
    decimal.trim();
    let count = decimal.digits.len();
    // The count that the choice between the two forms goes by; it is 6 where the shortest form is asked for.
    let threshold = match wanted {
        None => 6,
        Some(it) if it > count && count as i32 >= decimal.point => count,
        Some(it) => it,
    };
    let precision = wanted.unwrap_or(count);
    let exponent = decimal.point - 1;
    if exponent < -4 || exponent >= threshold as i32 {
        return decimal.exponential(verb - 2, Some(precision.min(count).saturating_sub(1)));
    }
    if wanted.is_none() {
        return positional(value, None);
    }
    let digits = if precision as i64 > decimal.point.into() { count } else { precision };
    positional(value, Some(usize::try_from(digits as i64 - i64::from(decimal.point)).unwrap_or(0)))
}

fn binary(value: f64) -> String {
    let (mantissa, exponent) = parts(value);
    format!("{mantissa}p{:+}", exponent - 52)
}

fn hexadecimal(value: f64, verb: u8, precision: Option<usize>) -> String {
    let (mantissa, mut exponent) = parts(value);
    // The leading 1 goes to bit 60, so that the fraction is fifteen whole hexadecimal digits.
    let mut bits = mantissa << 8;
    if bits == 0 {
        exponent = 0;
    } else {
        let shift = bits.leading_zeros() as i32 - 3;
        bits <<= shift;
        exponent -= shift;
    }
    if let Some(kept @ 0..15) = precision {
        let cut = 60 - 4 * kept as u32;
        let (rest, half) = (bits & ((1 << cut) - 1), 1 << (cut - 1));
        bits >>= cut;
        bits += u64::from(rest > half || rest == half && bits & 1 == 1);
        bits <<= cut;
        if bits >> 61 != 0 {
            bits >>= 1;
            exponent += 1;
        }
    }
    let mut fraction = format!("{:015x}", bits & ((1 << 60) - 1));
    match precision {
        None => fraction.truncate(fraction.trim_end_matches('0').len()),
        Some(count) if count <= 15 => fraction.truncate(count),
        Some(count) => fraction.extend(std::iter::repeat_n('0', count - 15)),
    }
    let point = if fraction.is_empty() { "" } else { "." };
    let sign = if exponent < 0 { '-' } else { '+' };
    let text = format!("0x{}{point}{fraction}p{sign}{:02}", bits >> 60, exponent.abs());
    if verb == b'X' { text.to_ascii_uppercase() } else { text }
}

/// The 53-bit mantissa and the exponent of its leading bit, with the implicit bit of normal numbers.
fn parts(value: f64) -> (u64, i32) {
    let bits = value.to_bits();
    let mantissa = bits & ((1 << 52) - 1);
    match (bits >> 52) as i32 & 0x7ff {
        0 => (mantissa, -1022),
        exponent => (mantissa | 1 << 52, exponent - 1023),
    }
}

/// `0.DIGITS` times ten to the power of `point`; no digits for zero.
struct Decimal {
    digits: Vec<u8>,
    point: i32,
}

impl Decimal {
    /// The digits of a finite number: the fewest that read back, or `count` of them, half rounded to even.
    fn new(value: f64, count: Option<usize>) -> Decimal {
        if value == 0.0 {
            return Decimal { digits: Vec::new(), point: 0 };
        }
        let text = match count {
            None => shortest(value),
            Some(count) => format!("{value:.*e}", count.saturating_sub(1).min(LONGEST)),
        };
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let digits = mantissa.bytes().filter(u8::is_ascii_digit).collect();
        Decimal { digits, point: exponent.parse::<i32>().unwrap_or(0) + 1 }
    }

    fn trim(&mut self) {
        let kept = self.digits.iter().rposition(|it| *it != b'0').map_or(0, |it| it + 1);
        self.digits.truncate(kept);
    }

    /// All digits, with zeros up to the point and no more after it than there are digits.
    fn positional(&self) -> String {
        let count = self.digits.len() as i32;
        let digit =
            |at: i32| usize::try_from(at).ok().and_then(|it| self.digits.get(it)).map_or('0', |it| char::from(*it));
        let mut out: String = if self.point > 0 { (0..self.point).map(digit).collect() } else { "0".into() };
        if count > self.point {
            out.push('.');
            out.extend((self.point..count).map(digit));
        }
        out
    }

    fn exponential(&self, verb: u8, precision: Option<usize>) -> String {
        let precision = precision.unwrap_or_else(|| self.digits.len().saturating_sub(1));
        let mut digits = self.digits.iter().map(|it| char::from(*it)).chain(std::iter::repeat('0'));
        let mut out: String = digits.by_ref().take(1).collect();
        if precision > 0 {
            out.push('.');
            out.extend(digits.take(precision));
        }
        let exponent = if self.digits.is_empty() { 0 } else { self.point - 1 };
        let sign = if exponent < 0 { '-' } else { '+' };
        out.push_str(&format!("{}{sign}{:02}", char::from(verb), exponent.abs()));
        out
    }
}

/// The fewest digits that read back, in exponential form. Where two decimals are equally near, Go takes the even one and
/// Rust the larger.
fn shortest(value: f64) -> String {
    let text = format!("{value:e}");
    let count = text.bytes().filter(u8::is_ascii_digit).count();
    // A tie needs at least this many characters: the neighbour must still read back as the value.
    if count < 15 {
        return text;
    }
    let precision = text.find('e').unwrap_or(0).saturating_sub(2);
    let even = format!("{value:.precision$e}");
    if even != text && even.parse() == Ok(value) { even } else { text }
}

#[cfg(test)]
mod tests {
    use super::format_float;

    #[test]
    fn matches_go() {
        for (value, verb, precision, want) in [
            (1.0, b'e', 5, "1.00000e+00"),
            (1.0, b'f', 5, "1.00000"),
            (1.0, b'g', 5, "1"),
            (1.0, b'g', -1, "1"),
            (1.0, b'x', -1, "0x1p+00"),
            (1.0, b'x', 5, "0x1.00000p+00"),
            (20.0, b'g', -1, "20"),
            (1234567.8, b'g', -1, "1.2345678e+06"),
            (200000.0, b'g', -1, "200000"),
            (2000000.0, b'g', -1, "2e+06"),
            (1e10, b'g', -1, "1e+10"),
            (400.0, b'g', 2, "4e+02"),
            (40.0, b'g', 2, "40"),
            (4.0, b'g', 0, "4"),
            (0.0, b'e', 5, "0.00000e+00"),
            (-0.0, b'f', 1, "-0.0"),
            (-1.0, b'e', -1, "-1e+00"),
            (0.00001, b'g', -1, "1e-05"),
            (0.0001, b'g', -1, "0.0001"),
            (1e23, b'f', -1, "100000000000000000000000"),
            (123456.7, b'G', 3, "1.23E+05"),
            (2.5, b'f', 0, "2"),
            (0.125, b'f', 2, "0.12"),
            (5e-324, b'b', -1, "1p-1074"),
            (1.0, b'b', -1, "4503599627370496p-52"),
            (5e-324, b'x', -1, "0x1p-1074"),
            (1.9999, b'X', 2, "0X1.00P+01"),
            (0.030374526977539062, b'e', -1, "3.0374526977539062e-02"),
            (84918236.11328125, b'g', -1, "8.491823611328125e+07"),
            (1_175.481_018_066_406_2, b'f', -1, "1175.4810180664062"),
            (1.5, b'%', -1, "%%"),
            (f64::NEG_INFINITY, b'f', 2, "-Inf"),
            (f64::NAN, b'e', 2, "NaN"),
        ] {
            assert_eq!(format_float(value, verb, precision), want, "{value} {} {precision}", char::from(verb));
        }
        assert_eq!(format_float(0.5, b'f', 70_000).len(), 70_002);
        assert_eq!(format_float(0.5, b'e', 70_000).len(), 70_006);
    }
}

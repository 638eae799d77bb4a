//! Texts as Kubernetes takes them.

use std::net::IpAddr;

fn is_low(sign: char) -> bool {
    sign.is_ascii_lowercase() || sign.is_ascii_digit()
}

/// A label of DNS: RFC 1123.
pub(super) fn is_label(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && text.starts_with(is_low)
        && text.ends_with(is_low)
        && text.chars().all(|sign| is_low(sign) || sign == '-')
}

/// A label that begins with a letter: RFC 1035.
pub(super) fn is_old_label(text: &str) -> bool {
    is_label(text) && text.starts_with(|sign: char| sign.is_ascii_lowercase())
}

/// A name of DNS: labels and dots.
pub(super) fn is_subdomain(text: &str) -> bool {
    let fits = |part: &str| {
        part.starts_with(is_low) && part.ends_with(is_low) && part.chars().all(|sign| is_low(sign) || sign == '-')
    };
    text.len() <= 253 && text.split('.').all(fits)
}

/// A label's value that is not empty, or the name of a key.
pub(super) fn is_tag(text: &str) -> bool {
    let ends = |sign: Option<char>| sign.is_some_and(|it| it.is_ascii_alphanumeric());
    let fits = |sign: char| sign.is_ascii_alphanumeric() || "-_.".contains(sign);
    text.len() <= 63 && ends(text.chars().next()) && ends(text.chars().next_back()) && text.chars().all(fits)
}

/// A key of labels or annotations, or the name of a resource.
pub(super) fn is_qualified(key: &str) -> bool {
    match key.split_once('/') {
        Some((domain, name)) => is_subdomain(domain) && is_tag(name),
        None => is_tag(key),
    }
}

/// The name of a port.
pub(super) fn is_port_name(text: &str) -> bool {
    (1..=15).contains(&text.len())
        && text.chars().all(|sign| is_low(sign) || sign == '-')
        && text.contains(|sign: char| sign.is_ascii_lowercase())
        && !text.starts_with('-')
        && !text.ends_with('-')
        && !text.contains("--")
}

/// A key of a ConfigMap or Secret.
pub(super) fn is_data_key(key: &str) -> bool {
    let fits = key.chars().all(|sign| sign.is_ascii_alphanumeric() || "-_.".contains(sign));
    fits && !key.is_empty() && key.len() <= 253 && key != "." && !key.starts_with("..")
}

/// An address. Zeros before a number are taken, as servers still do.
pub(super) fn address(text: &str) -> Option<IpAddr> {
    let plain: Vec<&str> =
        text.split('.').map(|it| Some(it.trim_start_matches('0')).filter(|it| !it.is_empty()).unwrap_or("0")).collect();
    text.parse().ok().or_else(|| plain.join(".").parse().ok().filter(|_| !text.contains(':') && !text.contains("..")))
}

/// A range of addresses: the address, and how many of its bits count.
pub(super) fn range(text: &str) -> Option<(IpAddr, u8)> {
    let (address_text, bits) = text.split_once('/')?;
    let address = address(address_text)?;
    let bits: u8 = bits.parse().ok()?;
    (bits <= if address.is_ipv4() { 32 } else { 128 }).then_some((address, bits))
}

/// The size of a quantity such as `100m` or `1Gi`; `None` where it is none.
pub(super) fn quantity(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let end = unsigned.find(|sign: char| !sign.is_ascii_digit() && sign != '.').unwrap_or(unsigned.len());
    let (digits, unit) = unsigned.split_at(end);
    let has_digit = digits.contains(|sign: char| sign.is_ascii_digit());
    if !has_digit || digits.matches('.').count() > 1 {
        return None;
    }
    let number: f64 = digits.parse().ok()?;
    let binary = |power: i32| number * 1024f64.powi(power);
    let decimal = |power: i32| if power < 0 { number / 10f64.powi(-power) } else { number * 10f64.powi(power) };
    let size = match unit {
        "" => number,
        "n" => decimal(-9),
        "u" => decimal(-6),
        "m" => decimal(-3),
        "k" => decimal(3),
        "M" => decimal(6),
        "G" => decimal(9),
        "T" => decimal(12),
        "P" => decimal(15),
        "E" => decimal(18),
        "Ki" => binary(1),
        "Mi" => binary(2),
        "Gi" => binary(3),
        "Ti" => binary(4),
        "Pi" => binary(5),
        "Ei" => binary(6),
        exponent => {
            let power = exponent.strip_prefix(['e', 'E'])?;
            let is_number = power.strip_prefix(['+', '-']).unwrap_or(power).bytes().all(|it| it.is_ascii_digit());
            decimal(power.parse::<i32>().ok().filter(|it| is_number && it.abs() < 300)?)
        }
    };
    Some(if text.starts_with('-') { -size } else { size })
}

/// What was most likely meant by a word, of those that are known.
pub(super) fn nearest<'w>(word: &str, known: impl Iterator<Item = &'w str>) -> Option<&'w str> {
    let far = |it: &&str| strsim::damerau_levenshtein(&it.to_lowercase(), &word.to_lowercase());
    known.min_by_key(far).filter(|it| far(it) <= 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities() {
        for (text, size) in [
            ("100m", 0.1),
            ("0.1", 0.1),
            (".5", 0.5),
            ("5.", 5.0),
            ("1Gi", 1_073_741_824.0),
            ("1024Mi", 1_073_741_824.0),
            ("1000m", 1.0),
            ("1e3", 1000.0),
            ("12E6", 12_000_000.0),
            ("-1", -1.0),
            ("0", 0.0),
            ("1k", 1000.0),
            ("10", 10.0),
            ("2.50", 2.5),
        ] {
            assert_eq!(quantity(text), Some(size), "{text}");
        }
        for text in ["", "1gi", "1 Gi", "100 m", "GB", "1GB", "1.5.0", "--1", "1Kb", "abc", "1e", "5m5"] {
            assert_eq!(quantity(text), None, "{text}");
        }
    }

    #[test]
    fn addresses() {
        assert!(address("10.0.0.1").is_some() && address("010.000.0.01").is_some() && address("fd00::1").is_some());
        assert!(
            address("10.0.0").is_none()
                && address("10..0.1").is_none()
                && address("").is_none()
                && address("300.1.1.1").is_none()
        );
        assert!(range("10.0.0.0/8").is_some() && range("10.0.0.0/33").is_none() && range("10.0.0.0").is_none());
    }
}

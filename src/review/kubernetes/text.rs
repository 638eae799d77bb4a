//! Texts as Kubernetes takes them.

use std::net::IpAddr;

fn is_low(sign: char) -> bool {
    sign.is_ascii_lowercase() || sign.is_ascii_digit()
}

/// A label of DNS: RFC 1123.
pub(in crate::review) fn is_label(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && text.starts_with(is_low)
        && text.ends_with(is_low)
        && text.chars().all(|sign| is_low(sign) || sign == '-')
}

/// A label that begins with a letter: RFC 1035.
pub(in crate::review) fn is_old_label(text: &str) -> bool {
    is_label(text) && text.starts_with(|sign: char| sign.is_ascii_lowercase())
}

/// A name of DNS: labels and dots.
pub(in crate::review) fn is_subdomain(text: &str) -> bool {
    let fits = |part: &str| {
        part.starts_with(is_low) && part.ends_with(is_low) && part.chars().all(|sign| is_low(sign) || sign == '-')
    };
    text.len() <= 253 && text.split('.').all(fits)
}

/// A label's value that is not empty, or the name of a key.
pub(in crate::review) fn is_tag(text: &str) -> bool {
    let ends = |sign: Option<char>| sign.is_some_and(|it| it.is_ascii_alphanumeric());
    let fits = |sign: char| sign.is_ascii_alphanumeric() || "-_.".contains(sign);
    text.len() <= 63 && ends(text.chars().next()) && ends(text.chars().next_back()) && text.chars().all(fits)
}

/// A key of labels or annotations, or the name of a resource.
pub(in crate::review) fn is_qualified(key: &str) -> bool {
    match key.split_once('/') {
        Some((domain, name)) => is_subdomain(domain) && is_tag(name),
        None => is_tag(key),
    }
}

/// The name of a port.
pub(in crate::review) fn is_port_name(text: &str) -> bool {
    (1..=15).contains(&text.len())
        && text.chars().all(|sign| is_low(sign) || sign == '-')
        && text.contains(|sign: char| sign.is_ascii_lowercase())
        && !text.starts_with('-')
        && !text.ends_with('-')
        && !text.contains("--")
}

/// A key of a ConfigMap or Secret.
pub(in crate::review) fn is_data_key(key: &str) -> bool {
    let fits = key.chars().all(|sign| sign.is_ascii_alphanumeric() || "-_.".contains(sign));
    fits && !key.is_empty() && key.len() <= 253 && key != "." && !key.starts_with("..")
}

/// An address. Zeros before a number are taken, as servers still do.
pub(in crate::review) fn address(text: &str) -> Option<IpAddr> {
    let plain: Vec<&str> =
        text.split('.').map(|it| Some(it.trim_start_matches('0')).filter(|it| !it.is_empty()).unwrap_or("0")).collect();
    text.parse().ok().or_else(|| plain.join(".").parse().ok().filter(|_| !text.contains(':') && !text.contains("..")))
}

/// A range of addresses: the address, and how many of its bits count.
pub(in crate::review) fn range(text: &str) -> Option<(IpAddr, u8)> {
    let (address_text, bits) = text.split_once('/')?;
    let address = address(address_text)?;
    let bits: u8 = bits.parse().ok()?;
    (bits <= if address.is_ipv4() { 32 } else { 128 }).then_some((address, bits))
}

/// Whether a range of addresses holds another; one of IPv4 holds none of IPv6.
pub(in crate::review) fn holds((outer, bits): (IpAddr, u8), (inner, more): (IpAddr, u8)) -> bool {
    // Both as 128 bits, the address first.
    let wide = |it: IpAddr| match it {
        IpAddr::V4(it) => u128::from(u32::from(it)) << 96,
        IpAddr::V6(it) => u128::from(it),
    };
    let mask = u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0);
    outer.is_ipv4() == inner.is_ipv4() && bits <= more && wide(outer) & mask == wide(inner) & mask
}

/// What was most likely meant by a word, of those that are known.
pub(in crate::review) fn nearest<'w>(word: &str, known: impl Iterator<Item = &'w str>) -> Option<&'w str> {
    let far = |it: &&str| strsim::damerau_levenshtein(&it.to_lowercase(), &word.to_lowercase());
    known.min_by_key(far).filter(|it| far(it) <= 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_within_ranges() {
        let is = |outer, inner| holds(range(outer).expect("a range"), range(inner).expect("a range"));
        assert!(is("0.0.0.0/0", "10.0.0.0/8") && is("10.0.0.0/8", "10.42.0.0/16") && is("fd00::/8", "fd00:1::/64"));
        assert!(!is("10.42.0.0/16", "10.0.0.0/8") && !is("10.0.0.0/8", "fd00::/8") && !is("0.0.0.0/0", "fd00::/8"));
        assert!(
            !is("10.0.0.0/8", "11.0.0.0/16") && is("10.0.0.1/32", "10.0.0.1/32") && !is("fd00::/64", "fd00:1::/64")
        );
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

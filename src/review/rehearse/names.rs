//! What names, labels and keys may look like. A text with a sealed place in it is not judged.

/// A label of DNS: `a-b1`, at most 63 characters.
pub(super) fn is_label(text: &str) -> bool {
    let inner = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-';
    sealed(text) || !text.is_empty() && text.len() <= 63 && text.bytes().all(inner) && ends(text)
}

/// A name of DNS: labels with dots between, at most 253 characters.
pub(super) fn is_subdomain(text: &str) -> bool {
    let label = |it: &str| {
        let inner = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-';
        !it.is_empty() && it.bytes().all(inner) && ends(it)
    };
    sealed(text) || text.len() <= 253 && text.split('.').all(label)
}

/// The value of a label: empty, or at most 63 letters, digits, `-`, `_` and `.` between two letters or digits.
pub(super) fn is_label_value(text: &str) -> bool {
    let inner = |it: u8| it.is_ascii_alphanumeric() || b"-_.".contains(&it);
    let ends = |it: Option<u8>| it.is_some_and(|it| it.is_ascii_alphanumeric());
    sealed(text)
        || text.is_empty()
        || text.len() <= 63 && text.bytes().all(inner) && ends(text.bytes().next()) && ends(text.bytes().last())
}

/// The key of a label or annotation: `name` or `domain/name`.
pub(super) fn is_qualified(text: &str) -> bool {
    let (domain, name) = text.split_once('/').map_or((None, text), |(domain, name)| (Some(domain), name));
    sealed(text)
        || !name.is_empty() && is_label_value(name) && domain.is_none_or(|it| !it.is_empty() && is_subdomain(it))
}

/// The name of a port: at most 15 lower-case letters, digits and dashes, with a letter among them.
pub(super) fn is_port_name(text: &str) -> bool {
    sealed(text)
        || is_label(text) && text.len() <= 15 && text.bytes().any(|it| it.is_ascii_lowercase()) && !text.contains("--")
}

/// A key of a ConfigMap or Secret.
pub(super) fn is_config_key(text: &str) -> bool {
    let inner = |it: u8| it.is_ascii_alphanumeric() || b"-_.".contains(&it);
    sealed(text) || !text.is_empty() && text.len() <= 253 && text.bytes().all(inner) && text != "." && text != ".."
}

/// `10.0.0.0/8`.
pub(super) fn is_range(text: &str) -> bool {
    let Some((address, bits)) = text.split_once('/') else { return sealed(text) };
    let (Ok(address), Ok(bits)) = (address.parse::<std::net::IpAddr>(), bits.parse::<u8>()) else {
        return sealed(text);
    };
    bits <= if address.is_ipv4() { 32 } else { 128 }
}

fn ends(text: &str) -> bool {
    !text.starts_with('-') && !text.ends_with('-')
}

fn sealed(text: &str) -> bool {
    text.contains(crate::stage::seal::OPEN)
}

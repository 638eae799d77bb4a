//! The parts of a URL.

use super::address;
use super::escape::{Part, escape, unescape};
use crate::sprig::runes::find;
use crate::strconv::quote;

/// A parsed URL, as Go's `url.URL`.
#[derive(Default)]
pub(super) struct Url {
    pub scheme: Vec<u8>,
    pub opaque: Vec<u8>,
    pub user: Option<User>,
    pub host: Vec<u8>,
    pub path: Vec<u8>,
    pub raw_query: Vec<u8>,
    pub fragment: Vec<u8>,
}

/// The name and password before a host.
pub(super) struct User {
    name: Vec<u8>,
    password: Option<Vec<u8>>,
}

impl User {
    pub(super) fn print(&self) -> Vec<u8> {
        let mut out = escape(&self.name, Part::User);
        if let Some(password) = &self.password {
            out.push(b':');
            out.extend(escape(password, Part::User));
        }
        out
    }
}

impl Url {
    /// The host without its port and brackets.
    pub(super) fn hostname(&self) -> &[u8] {
        let host = match self.host.iter().rposition(|it| *it == b':') {
            Some(at) if is_port(self.host.get(at..).unwrap_or_default()) => self.host.get(..at).unwrap_or_default(),
            _ => &self.host,
        };
        host.strip_prefix(b"[").and_then(|it| it.strip_suffix(b"]")).unwrap_or(host)
    }

    /// Mirrors `URL.String` for a URL that was put together, not parsed.
    pub(super) fn print(&self) -> Vec<u8> {
        let mut out = Vec::new();
        if !self.scheme.is_empty() {
            out.extend_from_slice(&self.scheme);
            out.push(b':');
        }
        if self.opaque.is_empty() {
            self.print_hierarchy(&mut out);
        } else {
            out.extend_from_slice(&self.opaque);
        }
        if !self.raw_query.is_empty() {
            out.push(b'?');
            out.extend_from_slice(&self.raw_query);
        }
        if !self.fragment.is_empty() {
            out.push(b'#');
            out.extend(escape(&self.fragment, Part::Fragment));
        }
        out
    }

    fn print_hierarchy(&self, out: &mut Vec<u8>) {
        if !self.host.is_empty() || self.user.is_some() || !self.scheme.is_empty() && !self.path.is_empty() {
            out.extend_from_slice(b"//");
            if let Some(user) = &self.user {
                out.extend(user.print());
                out.push(b'@');
            }
            out.extend(escape(&self.host, Part::Host));
        }
        let path = if self.path == b"*" { b"*".to_vec() } else { escape(&self.path, Part::Path) };
        if !path.is_empty() && !path.starts_with(b"/") && !self.host.is_empty() {
            out.push(b'/');
        }
        // A first segment with a colon would be taken for a scheme.
        if out.is_empty() && path.split(|it| *it == b'/').next().is_some_and(|it| it.contains(&b':')) {
            out.extend_from_slice(b"./");
        }
        out.extend(path);
    }
}

/// Mirrors `url.Parse`. The error is Go's text.
pub(super) fn parse(text: &[u8]) -> Result<Url, String> {
    let (before, fragment) = cut(text, b'#');
    let wrong = |url: &[u8], fault: String| format!("parse {}: {fault}", quote(url));
    let mut url = parse_before_fragment(before).map_err(|it| wrong(before, it))?;
    url.fragment = unescape(fragment, Part::Fragment).map_err(|it| wrong(text, it))?;
    Ok(url)
}

fn parse_before_fragment(text: &[u8]) -> Result<Url, String> {
    let mut url = Url::default();
    if text.iter().any(|it| *it < b' ' || *it == 0x7F) {
        return Err("net/url: invalid control character in URL".into());
    }
    if text == b"*" {
        url.path = text.to_vec();
        return Ok(url);
    }
    let (scheme, rest) = split_scheme(text)?;
    url.scheme = scheme.to_ascii_lowercase();
    let (mut rest, query) = cut(rest, b'?');
    url.raw_query = query.to_vec();
    if !rest.starts_with(b"/") {
        if !url.scheme.is_empty() {
            url.opaque = rest.to_vec();
            return Ok(url);
        }
        if cut(rest, b'/').0.contains(&b':') {
            return Err("first path segment in URL cannot contain colon".into());
        }
    }
    if let Some(after) = rest.strip_prefix(b"//")
        && (!url.scheme.is_empty() || !after.starts_with(b"/"))
    {
        let end = after.iter().position(|it| *it == b'/').unwrap_or(after.len());
        let (authority, path) = after.split_at(end);
        (url.user, url.host) = parse_authority(&url.scheme, authority)?;
        rest = path;
    }
    url.path = unescape(rest, Part::Path)?;
    Ok(url)
}

/// The scheme, empty where there is none, and what follows its colon.
fn split_scheme(text: &[u8]) -> Result<(&[u8], &[u8]), String> {
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if at > 0 => {}
            b':' if at == 0 => return Err("missing protocol scheme".into()),
            b':' => return Ok((text.get(..at).unwrap_or_default(), text.get(at + 1..).unwrap_or_default())),
            _ => break,
        }
    }
    Ok((b"", text))
}

fn parse_authority(scheme: &[u8], authority: &[u8]) -> Result<(Option<User>, Vec<u8>), String> {
    let Some(at) = authority.iter().rposition(|it| *it == b'@') else {
        return Ok((None, parse_host(scheme, authority)?));
    };
    let host = parse_host(scheme, authority.get(at + 1..).unwrap_or_default())?;
    let userinfo = authority.get(..at).unwrap_or_default();
    if !userinfo.iter().all(|it| it.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(it)) {
        return Err("net/url: invalid userinfo".into());
    }
    let (name, password) = cut(userinfo, b':');
    let name = unescape(name, Part::User)?;
    let password = userinfo.contains(&b':').then(|| unescape(password, Part::User)).transpose()?;
    Ok((Some(User { name, password }), host))
}

fn parse_host(scheme: &[u8], host: &[u8]) -> Result<Vec<u8>, String> {
    let wrong_port = |port: &[u8]| Err(format!("invalid port {} after host", quote(port)));
    match host.iter().rposition(|it| *it == b'[') {
        Some(0) => {}
        Some(_) => return Err("invalid IP-literal".into()),
        None => {
            if let Some(first) = host.iter().position(|it| *it == b':') {
                let last = host.iter().rposition(|it| *it == b':').unwrap_or(first);
                let strict = matches!(scheme, b"http" | b"https");
                let port = host.get(if strict { first } else { last }..).unwrap_or_default();
                if !is_port(port) {
                    return wrong_port(port);
                }
            }
            return unescape(host, Part::Host);
        }
    }
    let Some(end) = host.iter().rposition(|it| *it == b']') else { return Err("missing ']' in host".into()) };
    let port = host.get(end + 1..).unwrap_or_default();
    if !is_port(port) {
        return wrong_port(port);
    }
    let port = unescape(port, Part::Host)?;
    let name = host.get(1..end).unwrap_or_default();
    let (address, zone) = name.split_at(find(name, b"%25").unwrap_or(name.len()));
    let literal = [unescape(address, Part::Host)?, unescape(zone, Part::Zone)?].concat();
    address::check(&literal)?;
    Ok([&b"["[..], &literal, b"]", &port].concat())
}

/// Nothing, or a colon and digits or nothing.
fn is_port(text: &[u8]) -> bool {
    match text {
        [] => true,
        [b':', digits @ ..] => digits.iter().all(u8::is_ascii_digit),
        _ => false,
    }
}

/// What stands before and after the first separator.
fn cut(text: &[u8], separator: u8) -> (&[u8], &[u8]) {
    match text.iter().position(|it| *it == separator) {
        Some(at) => (text.get(..at).unwrap_or_default(), text.get(at + 1..).unwrap_or_default()),
        None => (text, b""),
    }
}

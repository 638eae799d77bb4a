//! Taking URLs apart and putting them together.
//!
//! Mirrors Go's `net/url` as sprig's `url.go` uses it.

mod address;
mod escape;
mod parse;

use super::arguments::{NIL_POINTER, Outcome, STRING, function, map, string, text};
use crate::gotmpl::{Function, Sealed};
use crate::value::{Failure, Map, Str, Type, Value};
use parse::{Url, User, parse};

pub(super) const FUNCTIONS: &[Function] = &[
    function("urlParse", &[STRING], Type::MAP, Sealed::Refuse, url_parse),
    function("urlJoin", &[Type::MAP], STRING, Sealed::Defer, |args| {
        let parts = map(args, 0);
        let url = Url {
            scheme: part(&parts, "scheme")?.to_vec(),
            host: part(&parts, "host")?.to_vec(),
            path: part(&parts, "path")?.to_vec(),
            raw_query: part(&parts, "query")?.to_vec(),
            opaque: part(&parts, "opaque")?.to_vec(),
            fragment: part(&parts, "fragment")?.to_vec(),
            user: user(&part(&parts, "userinfo")?)?,
        };
        string(url.print())
    }),
];

/// The fault `url.Parse` finds with a URL.
pub fn check(text: &[u8]) -> Result<(), String> {
    parse(text).map(drop)
}

fn url_parse(args: &[Value]) -> Outcome {
    let url = parse(&text(args, 0)).map_err(|fault| format!("unable to parse url: {fault}"))?;
    let userinfo = url.user.as_ref().map(User::print).unwrap_or_default();
    Ok(Value::map(
        [
            ("scheme", url.scheme.clone()),
            ("host", url.host.clone()),
            ("hostname", url.hostname().to_vec()),
            ("path", url.path.clone()),
            ("query", url.raw_query.clone()),
            ("opaque", url.opaque.clone()),
            ("fragment", url.fragment.clone()),
            ("userinfo", userinfo),
        ]
        .map(|(key, text)| (key, Value::Str(text.into()))),
    ))
}

/// A part of a dictionary, empty where it is missing.
fn part(parts: &Map, key: &str) -> Result<Str, Failure> {
    match parts.get(key) {
        None => Ok(Str::default()),
        Some(Value::Str(text)) => Ok(text),
        Some(Value::Nil) => Err(NIL_POINTER.into()),
        Some(other) => {
            Err(format!("unable to parse {key} key, must be of type string, but {} found", other.kind().name()).into())
        }
    }
}

fn user(userinfo: &[u8]) -> Result<Option<User>, Failure> {
    if userinfo.is_empty() {
        return Ok(None);
    }
    let url = parse(&[b"proto://", userinfo, b"@host"].concat());
    Ok(url.map_err(|fault| format!("unable to parse userinfo in dict: {fault}"))?.user)
}

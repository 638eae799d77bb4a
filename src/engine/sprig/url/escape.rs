//! Percent escapes.

use crate::strconv::quote;

/// Which part of a URL a text is, which decides what must be escaped in it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Path,
    Host,
    Zone,
    User,
    Fragment,
}

impl Part {
    /// Whether a byte must be escaped in this part.
    pub(super) fn escapes(self, byte: u8) -> bool {
        let plain: &[u8] = match self {
            _ if byte.is_ascii_alphanumeric() => return false,
            Part::Path => b"$&+,/:;=@-_.~",
            Part::Host | Part::Zone => b"!$&'()*+,;=:[]<>\"-_.~",
            Part::User => b"$&+,;=-_.~",
            Part::Fragment => b"!()*$&+,/:;=?@-_.~",
        };
        !plain.contains(&byte)
    }
}

/// Escapes what must be.
pub(super) fn escape(text: &[u8], part: Part) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for byte in text {
        if part.escapes(*byte) {
            out.extend_from_slice(format!("%{byte:02X}").as_bytes());
        } else {
            out.push(*byte);
        }
    }
    out
}

/// Resolves escapes. The error is Go's text.
pub(super) fn unescape(text: &[u8], part: Part) -> Result<Vec<u8>, String> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [byte, after @ ..] = rest {
        if *byte != b'%' {
            if matches!(part, Part::Host | Part::Zone) && byte.is_ascii() && part.escapes(*byte) {
                return Err(format!("invalid character {} in host name", quote(&[*byte])));
            }
            out.push(*byte);
            rest = after;
            continue;
        }
        let wrong = || Err(format!("invalid URL escape {}", quote(rest.get(..3).unwrap_or(rest))));
        let (Some(high), Some(low)) = (digit(after.first()), digit(after.get(1))) else { return wrong() };
        let value = high << 4 | low;
        // A host may be escaped only where it is not ASCII, and a zone only where the byte could stand there.
        let allowed = match part {
            _ if value == b'%' => true,
            Part::Host => high >= 8,
            Part::Zone => value == b' ' || !Part::Host.escapes(value),
            _ => true,
        };
        if !allowed {
            return wrong();
        }
        out.push(value);
        rest = after.get(2..).unwrap_or_default();
    }
    Ok(out)
}

fn digit(byte: Option<&u8>) -> Option<u8> {
    byte.and_then(|it| char::from(*it).to_digit(16)).and_then(|it| u8::try_from(it).ok())
}

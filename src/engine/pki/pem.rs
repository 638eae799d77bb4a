//! PEM as Go's `encoding/pem` reads and writes it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::encoding::base64_decode;

/// One block.
#[derive(Debug)]
pub struct Block {
    /// What stands after `BEGIN`.
    pub label: String,
    /// The bytes that its base64 stands for.
    pub der: Zeroizing<Vec<u8>>,
}

/// The first complete block of a text.
///
/// Mirrors `pem.Decode`.
pub fn decode(text: &[u8]) -> Option<Block> {
    const BEGIN: &[u8] = b"-----BEGIN ";
    const END: &[u8] = b"\n-----END ";
    const DASHES: &[u8] = b"-----";
    let mut from = 0;
    loop {
        let rest = text.get(from..)?;
        // The last BEGIN before the first END, so that an unfinished block before it does no harm.
        let end = find(rest, END)?;
        from += end + END.len();
        let Some(begin) = rfind(&rest[..end], BEGIN) else { continue };
        if begin > 0 && rest[begin - 1] != b'\n' {
            continue;
        }
        let after_begin = begin + BEGIN.len();
        let (label, length) = line(&rest[after_begin..]);
        let Some(label) = label.strip_suffix(DASHES) else { continue };
        let mut body = after_begin + length;
        let mut headers = false;
        loop {
            if body >= rest.len() {
                return None;
            }
            let (header, length) = line(&rest[body..]);
            if !header.contains(&b':') {
                break;
            }
            headers = true;
            body += length;
        }
        if headers && end < body {
            continue;
        }
        let Some(trailer) = rest[end + END.len()..].strip_prefix(label) else { continue };
        let Some(trailer) = trailer.strip_prefix(DASHES) else { continue };
        if !line(trailer).0.is_empty() {
            continue;
        }
        let content = rest.get(body..end).unwrap_or_default();
        let content: Zeroizing<Vec<u8>> =
            Zeroizing::new(content.iter().copied().filter(|it| !matches!(it, b' ' | b'\t')).collect());
        let Ok(der) = base64_decode(&content) else { continue };
        return Some(Block { label: String::from_utf8_lossy(label).into_owned(), der: Zeroizing::new(der) });
    }
}

/// Writes one block without headers.
///
/// Mirrors `pem.Encode`.
pub fn encode(label: &str, der: &[u8]) -> Zeroizing<String> {
    let body = Zeroizing::new(STANDARD.encode(der));
    let mut out = Zeroizing::new(String::with_capacity(body.len() + body.len() / 64 + 2 * label.len() + 36));
    for part in ["-----BEGIN ", label, "-----\n"] {
        out.push_str(part);
    }
    let mut rest = body.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(64));
        out.push_str(line);
        out.push('\n');
        rest = after;
    }
    for part in ["-----END ", label, "-----\n"] {
        out.push_str(part);
    }
    out
}

/// The first line without its end and trailing blanks, and the length up to the next.
fn line(text: &[u8]) -> (&[u8], usize) {
    let (mut line, length) = match find(text, b"\n") {
        Some(end) => (&text[..end], end + 1),
        None => (text, text.len()),
    };
    if length > line.len() {
        line = line.strip_suffix(b"\r").unwrap_or(line);
    }
    let blanks = line.iter().rev().take_while(|it| matches!(it, b' ' | b'\t')).count();
    (&line[..line.len() - blanks], length)
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|it| it == part)
}

fn rfind(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).rposition(|it| it == part)
}

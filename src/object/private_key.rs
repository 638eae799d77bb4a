//! Private keys in text that is meant for everyone: as they are, or under base 64.

use std::borrow::Cow;
use std::fmt;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use helm_engine::pki;

/// How many layers of base 64 are looked through.
const DEPTH: u32 = 4;
/// Fewer digits of base 64 than this hold no key: one of Ed25519 has 64.
const SHORTEST: usize = 40;
/// A line of a key in PEM is longer than any word that stands there by chance.
const WORD: usize = 16;
/// How far before its end the first line of a block begins, in bytes.
const NEAR: usize = 64;
/// How much behind it is looked at, in bytes.
const BODY: usize = 4096;
/// How base 64 begins whose text begins with `-----BEGIN`, `AGE-SECRET-KEY-` and `age-secret-key-`.
const BEGINNINGS: [&str; 3] = ["LS0tLS1CRUdJTi", "QUdFLVNFQ1JFVC1LRVkt", "YWdlLXNlY3JldC1rZXkt"];

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// What kind of private key a text holds. It never has the key itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PrivateKey {
    /// By its label: `RSA PRIVATE KEY`.
    Pem(String),
    /// An identity of age: `AGE-SECRET-KEY-...`.
    Age,
    /// A file of PuTTY with its private lines.
    Putty,
    /// DER without PEM around it.
    Der,
    /// A JSON web key with its private half.
    Jwk,
}

impl fmt::Display for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PrivateKey::Pem(label) => write!(f, "a private key (PEM, `{label}`)"),
            PrivateKey::Age => f.write_str("a private key of age"),
            PrivateKey::Putty => f.write_str("a private key of PuTTY"),
            PrivateKey::Der => f.write_str("a private key (DER)"),
            PrivateKey::Jwk => f.write_str("a private key (JSON web key)"),
        }
    }
}

/// The first private key that a text holds. A label without a key behind it is none, nor is a certificate.
pub fn find(text: &str) -> Option<PrivateKey> {
    look(text, DEPTH)
}

fn look(text: &str, depth: u32) -> Option<PrivateKey> {
    if text.len() < SHORTEST {
        return None;
    }
    let text = &unescaped(text);
    let plain = pem(text).or_else(|| age(text)).or_else(|| putty(text)).or_else(|| jwk(text));
    plain.or_else(|| encoded(text, depth.checked_sub(1)?))
}

/// The text with line ends where it has `\n`, and without other backslashes, as JSON and shells write them.
fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return text.into();
    }
    let mut pieces = text.split('\\');
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        match piece.strip_prefix(['n', 'r', 't']) {
            Some(rest) => {
                plain.push('\n');
                plain.push_str(rest);
            }
            None => plain.push_str(piece),
        }
    }
    plain.into()
}

fn pem(text: &str) -> Option<PrivateKey> {
    for (at, found) in text.match_indices("PRIVATE KEY") {
        let end = at + found.len();
        let before = text.get(text.floor_char_boundary(at.saturating_sub(NEAR))..at).unwrap_or_default();
        let after = text.get(end..text.floor_char_boundary(end + BODY)).unwrap_or_default();
        let Some((dashes, kind)) = before.rsplit_once("BEGIN ") else { continue };
        let after = after.strip_prefix(" BLOCK").unwrap_or(after).trim_start();
        let allowed = |it: char| it.is_ascii_alphanumeric() || it == ' ';
        let is_label = dashes.trim_end().ends_with("--") && kind.chars().all(allowed) && after.starts_with("--");
        if is_label && has_body(after) {
            return Some(PrivateKey::Pem(format!("{kind}PRIVATE KEY")));
        }
    }
    None
}

/// Whether lines of base 64 stand behind the first line of a block. Lines with a colon say how it is encrypted.
fn has_body(after: &str) -> bool {
    let body = after.trim_start_matches('-');
    let body = body.split("-----").next().unwrap_or_default();
    let lines = body.lines().filter(|it| !it.contains(':'));
    let words = lines.flat_map(str::split_whitespace).map(|it| it.trim_matches(['"', '\'', ',', '+', '#', '>', '|']));
    let digits = words.filter(|it| it.len() >= WORD && it.chars().all(is_digit)).map(str::len);
    digits.sum::<usize>() >= SHORTEST
}

fn age(text: &str) -> Option<PrivateKey> {
    const HEAD: &[u8] = b"AGE-SECRET-KEY-";
    const MORE: &[u8] = b"PQ-";
    let skip = |text: &'_ [u8], word: &[u8]| text.get(..word.len()).is_some_and(|it| it.eq_ignore_ascii_case(word));
    // Each word with a hyphen behind three letters may be one.
    let starts = text.match_indices("-").filter_map(|(at, _)| text.as_bytes().get(at.checked_sub(3)?..));
    let mut bodies = starts.filter(|it| skip(it, HEAD)).filter_map(|it| {
        let body = it.get(HEAD.len()..)?;
        let body = if skip(body, MORE) { body.get(MORE.len()..)? } else { body };
        body.strip_prefix(b"1")
    });
    let is_long = |it: &[u8]| it.iter().take_while(|it| it.is_ascii_alphanumeric()).count() >= SHORTEST;
    bodies.any(is_long).then_some(PrivateKey::Age)
}

fn putty(text: &str) -> Option<PrivateKey> {
    (text.contains("PuTTY-User-Key-File-") && text.contains("Private-Lines:")).then_some(PrivateKey::Putty)
}

fn jwk(text: &str) -> Option<PrivateKey> {
    if !text.contains("\"kty\"") {
        return None;
    }
    let values = text.split("\"d\"").skip(1).filter_map(|it| it.trim_start().strip_prefix(':'));
    let mut values = values.filter_map(|it| it.trim_start().strip_prefix('"'));
    let is_long = |value: &str| value.chars().take_while(|it| is_digit(*it)).count() >= SHORTEST;
    values.any(is_long).then_some(PrivateKey::Jwk)
}

/// Looks through base 64 wherever it stands, in one line or in several.
fn encoded(text: &str, depth: u32) -> Option<PrivateKey> {
    runs(text).iter().find_map(|run| {
        let inner = BEGINNINGS.iter().filter_map(|it| run.find(it)).filter(|it| *it > 0);
        std::iter::once(0).chain(inner).find_map(|start| decoded(run.get(start..)?, depth))
    })
}

/// Everything long enough that may be base 64: what stands in one line, and with it what goes on in the next lines.
fn runs(text: &str) -> Vec<String> {
    let other = |it: &u8| !is_digit(char::from(*it));
    let mut runs = Vec::new();
    let mut open = String::new();
    let close = |open: &mut String, runs: &mut Vec<String>| match open.len() >= SHORTEST {
        true => runs.push(std::mem::take(open)),
        false => open.clear(),
    };
    for line in text.lines() {
        let line = line.trim();
        // One line may be the whole key, whatever stands before it.
        let digits = line.trim_end_matches('=');
        if digits.len() >= SHORTEST && !digits.as_bytes().iter().any(other) {
            runs.push(digits.to_owned());
        }
        let Some(first) = line.as_bytes().iter().position(other) else {
            open.push_str(line);
            continue;
        };
        let last = line.as_bytes().iter().rposition(other).unwrap_or(first);
        open.push_str(&line[..first]);
        close(&mut open, &mut runs);
        let within = &line[first..=last];
        if within.len() > SHORTEST {
            let words = within.split(|it| !is_digit(it)).filter(|it| it.len() >= SHORTEST);
            runs.extend(words.map(str::to_owned));
        }
        open.push_str(&line[last + 1..]);
    }
    close(&mut open, &mut runs);
    runs
}

fn decoded(run: &str, depth: u32) -> Option<PrivateKey> {
    let standard = |it: char| match it {
        '-' => '+',
        '_' => '/',
        it => it,
    };
    let digits: String = run.chars().map(standard).collect();
    // One digit that is left over at the end encodes no byte.
    let whole = if digits.len() % 4 == 1 { digits.len() - 1 } else { digits.len() };
    let bytes = LENIENT.decode(digits.get(..whole)?).ok()?;
    if pki::is_private_key(&bytes) {
        return Some(PrivateKey::Der);
    }
    look(&String::from_utf8_lossy(&bytes), depth)
}

/// A digit of base 64, of either alphabet.
fn is_digit(it: char) -> bool {
    it.is_ascii_alphanumeric() || matches!(it, '+' | '/' | '-' | '_')
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

    use super::*;

    const KEY: &str = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\nMzEfYyjiWA4R4/M2bS1GB4t7NXp98C3SC6dVMvDuictGeurT8jNbvJZHtCSuYEvu";

    fn block(label: &str) -> String {
        format!("-----BEGIN {label}-----\n{KEY}\n-----END {label}-----\n")
    }

    #[test]
    fn finds_keys_of_every_kind() {
        let label = |label: &str| Some(PrivateKey::Pem(label.into()));
        for kind in ["", "RSA ", "EC ", "DSA ", "OPENSSH ", "ENCRYPTED ", "ED25519 ", "ANY "] {
            assert_eq!(find(&block(&format!("{kind}PRIVATE KEY"))), label(&format!("{kind}PRIVATE KEY")));
        }
        assert_eq!(find(&block("PGP PRIVATE KEY BLOCK")), label("PGP PRIVATE KEY"));
        let ssh2 = block("SSH2 ENCRYPTED PRIVATE KEY").replace("-----", "---- ").replace("---- \n", " ----\n");
        assert!(find(&ssh2).is_some(), "{ssh2}");
        let encrypted = block("RSA PRIVATE KEY")
            .replace("-----\nMII", "-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,0011\n\nMII");
        assert_eq!(find(&encrypted), label("RSA PRIVATE KEY"));
        let age = "AGE-SECRET-KEY-1QQPQZRYRZPE2Q0PH2K6SYK3XZ9LEP4WVJ7J5E3N0S8J4Q5Z7N4SVS2Q8Q";
        assert_eq!(find(&format!("# created\n{age}\n")), Some(PrivateKey::Age));
        assert_eq!(find(&age.to_lowercase()), Some(PrivateKey::Age));
        assert_eq!(find(&age.replace("KEY-1", "KEY-PQ-1")), Some(PrivateKey::Age));
        assert_eq!(find(&format!("{{\"kty\":\"EC\", \"d\" : \"{}\"}}", "a".repeat(43))), Some(PrivateKey::Jwk));
        assert_eq!(find("PuTTY-User-Key-File-3: ssh-ed25519\nPrivate-Lines: 1\nAAAAIA\n"), Some(PrivateKey::Putty));
    }

    #[test]
    fn looks_through_layout_and_encodings() {
        let key = block("RSA PRIVATE KEY");
        let encoded = STANDARD.encode(&key);
        let wrapped = |width: usize, margin: &str| -> String {
            let lines: Vec<&str> =
                encoded.as_bytes().chunks(width).map(|it| str::from_utf8(it).expect("text")).collect();
            lines.join(&format!("\n{margin}"))
        };
        for text in [
            key.replace('\n', " "),
            key.replace('\n', "\\n"),
            key.replace('\n', "\\\\n"),
            key.replace('\n', "\r\n"),
            key.replace('\n', "\n        "),
            format!("--key={}", key.replace('\n', " ")),
            encoded.clone(),
            encoded.trim_end_matches('=').to_owned(),
            URL_SAFE_NO_PAD.encode(&key),
            STANDARD.encode(&encoded),
            STANDARD.encode(STANDARD.encode(&encoded)),
            format!("client-key-data: {encoded}\nclient: x"),
            format!("KEY={encoded}"),
            format!("data:text/plain;base64,{encoded}"),
            format!("a/b-{encoded}"),
            wrapped(64, ""),
            format!("a: b\nkey: |\n  {}\nc: d", wrapped(76, "  ")),
            format!("key: {}\nc: d", wrapped(60, "")),
            STANDARD.encode(format!("users:\n- user: {{client-key-data: {encoded}}}\n")),
            STANDARD.encode(format!("first: line\n{key}")),
        ] {
            assert_eq!(find(&text), Some(PrivateKey::Pem("RSA PRIVATE KEY".into())), "{text}");
        }
    }

    #[test]
    fn leaves_what_is_for_everyone() {
        let certificate = block("CERTIFICATE");
        for text in [
            certificate.clone(),
            certificate.repeat(200),
            STANDARD.encode(&certificate),
            block("PUBLIC KEY"),
            block("RSA PUBLIC KEY"),
            block("AGE ENCRYPTED FILE"),
            "The PEM of a key begins with -----BEGIN PRIVATE KEY----- and ends with -----END PRIVATE KEY-----".into(),
            "-----BEGIN RSA PRIVATE KEY-----\n...\n-----END RSA PRIVATE KEY-----".into(),
            "-----BEGIN PRIVATE KEY----- is followed by the digits of the key, in lines of at most sixty-four".into(),
            "-----BEGIN PRIVATE KEY-----\n<sealed:a/b.key|trimPrefix|indent 4>\n-----END PRIVATE KEY-----".into(),
            "an identity such as AGE-SECRET-KEY-1... goes into a file of its own".into(),
            "age1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqs3290gq".into(),
            "{\"kty\": \"EC\", \"x\": \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}".into(),
            "PRIVATE KEY".repeat(20),
            "a".repeat(100_000),
            String::new(),
        ] {
            assert_eq!(find(&text), None, "{text}");
        }
    }
}

//! How values are shown: short, on one line where they can be, certificates by their fingerprints, nothing that acts on
//! the reader's screen.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value as Json;
use similar::{ChangeTag, TextDiff};

use super::model::CertificateFacts;
use helm_engine::pki;
use helm_engine::yaml;

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// A line of a text that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::review) enum Line {
    Same(String),
    Gone(String),
    Come(String),
    /// Lines that are equal and not shown.
    Gap(usize),
}

/// A value on one line; long text is cut.
pub(in crate::review) fn word(value: &Json, limit: usize) -> String {
    let text = match value {
        Json::String(text) => {
            let text = reduced(text);
            let plain = !text.is_empty() && text.trim() == text && !text.contains('\n');
            // A word that YAML would read as something else is quoted, so that "true" and true differ.
            let ambiguous = !matches!(yaml::read(text.as_bytes()), Ok(helm_engine::value::Value::Str(_)))
                && serde_json::from_str::<Json>(&text).is_ok();
            if plain && !ambiguous { text } else { Json::String(text).to_string() }
        }
        other => other.to_string(),
    };
    let text = shorter(&harmless(&text));
    if text.chars().count() <= limit {
        return text;
    }
    let cut: String = text.chars().take(limit.saturating_sub(1)).collect();
    format!("{cut}… ({} characters)", text.chars().count())
}

/// A value as YAML, without the final line end.
pub(in crate::review) fn block(value: &Json) -> String {
    if let Json::String(text) = value {
        return harmless_lines(&reduced(text));
    }
    let read = yaml::read_json(value.to_string().as_bytes());
    let written = read.ok().and_then(|it| yaml::write(&it).ok()).map(|it| it.to_text().into_owned());
    harmless_lines(reduced(&written.unwrap_or_else(|| value.to_string())).trim_end())
}

/// Notes without the empty lines and the indentation around them.
pub(in crate::review) fn notes(text: &str) -> String {
    let text = block(&Json::String(text.to_owned()));
    let lines = text.trim_end().lines().map(str::trim_end).skip_while(|it| it.is_empty());
    let mut lines: Vec<&str> = lines.collect();
    if let Some(first) = lines.first_mut() {
        *first = first.trim_start();
    }
    lines.join("\n")
}

/// Whether two texts are better shown line by line.
pub(in crate::review) fn has_lines(value: &Json) -> bool {
    matches!(value, Json::String(text) if text.trim_end().contains('\n') && certificates(text).is_empty())
}

/// Two texts line by line, with `around` equal lines about each change.
pub(in crate::review) fn lines(old: &Json, new: &Json, around: usize) -> Vec<Line> {
    let (old, new) = (block(old), block(new));
    let diff = TextDiff::from_lines(&old, &new);
    let mut shown = Vec::new();
    let mut at = 0;
    for group in diff.grouped_ops(around) {
        for op in &group {
            if op.old_range().start > at {
                shown.push(Line::Gap(op.old_range().start - at));
            }
            for change in diff.iter_changes(op) {
                let line = change.value().trim_end_matches('\n').to_owned();
                shown.push(match change.tag() {
                    ChangeTag::Equal => Line::Same(line),
                    ChangeTag::Delete => Line::Gone(line),
                    ChangeTag::Insert => Line::Come(line),
                });
            }
            at = op.old_range().end;
        }
    }
    let rest = old.lines().count().saturating_sub(at);
    if rest > 0 {
        shown.push(Line::Gap(rest));
    }
    shown
}

/// A text with each certificate in it told by its subject, fingerprint and end.
pub(in crate::review) fn reduced(text: &str) -> String {
    if !text.contains(BEGIN) {
        let found = certificates(text);
        return if found.is_empty() { text.to_owned() } else { found.iter().map(told).collect::<Vec<_>>().join(", ") };
    }
    let mut shown = String::new();
    let mut rest = text;
    while let Some((before, inside)) = rest.split_once(BEGIN) {
        shown.push_str(before);
        let Some((body, after)) = inside.split_once(END) else {
            rest = inside;
            continue;
        };
        let facts = inspect(&format!("{BEGIN}{body}{END}\n"));
        shown.push_str(&facts.as_ref().map_or_else(|| "<unreadable certificate>".into(), told));
        rest = after;
    }
    shown.push_str(rest);
    shown
}

/// The certificates in a text: in PEM, or in PEM below base64.
pub(in crate::review) fn certificates(text: &str) -> Vec<CertificateFacts> {
    let decoded;
    let pem = if text.contains(BEGIN) {
        text
    } else if text.starts_with("LS0t") {
        let compact: String = text.split_ascii_whitespace().collect();
        decoded = STANDARD.decode(compact).ok().and_then(|it| String::from_utf8(it).ok()).unwrap_or_default();
        &decoded
    } else {
        return Vec::new();
    };
    let bodies = pem.split(BEGIN).skip(1).filter_map(|it| it.split_once(END));
    bodies.filter_map(|(body, _)| inspect(&format!("{BEGIN}{body}{END}\n"))).collect()
}

/// A text with its digests cut to their first digits.
pub(in crate::review) fn shorter(text: &str) -> String {
    let mut pieces = text.split("sha256:");
    let mut shown = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let digits = piece.bytes().take_while(u8::is_ascii_hexdigit).count();
        let kept = if digits == 64 { 12 } else { digits };
        shown.push_str("sha256:");
        shown.push_str(&piece[..kept]);
        shown.push_str(if digits == 64 { "…" } else { "" });
        shown.push_str(&piece[digits..]);
    }
    shown
}

/// The first digits of a digest or fingerprint.
pub(in crate::review) fn short(digest: &str) -> String {
    let digits = digest.strip_prefix("sha256:").unwrap_or(digest);
    digits.chars().take(12).collect()
}

/// The date of a moment.
pub(in crate::review) fn day(moment: jiff::Timestamp) -> String {
    moment.to_string().chars().take(10).collect()
}

/// A text on one line in which nothing acts: control characters and those that turn the direction of text are spelled out.
pub(in crate::review) fn harmless(text: &str) -> String {
    text.chars().map(|it| if acts(it) { it.escape_unicode().to_string() } else { it.to_string() }).collect()
}

fn harmless_lines(text: &str) -> String {
    text.chars()
        .map(|it| if it != '\n' && acts(it) { it.escape_unicode().to_string() } else { it.to_string() })
        .collect()
}

fn acts(it: char) -> bool {
    it.is_control()
        || matches!(it, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn told(it: &CertificateFacts) -> String {
    format!("<certificate {} sha256:{} until {}>", it.subject, short(&it.fingerprint), day(it.not_after))
}

fn inspect(pem: &str) -> Option<CertificateFacts> {
    let facts = pki::inspect(pem.as_bytes()).ok()?;
    Some(CertificateFacts {
        subject: facts.subject,
        issuer: facts.issuer,
        names: facts.dns_names.into_iter().chain(facts.ips.iter().map(ToString::to_string)).collect(),
        not_before: jiff::Timestamp::from_second(facts.not_before).ok()?,
        not_after: jiff::Timestamp::from_second(facts.not_after).ok()?,
        fingerprint: hex::encode(facts.fingerprint),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn spells_out_what_acts_on_a_screen() {
        assert_eq!(word(&json!("a\u{202e}b\u{1b}[31m"), 99), "a\\u{202e}b\\u{1b}[31m");
        assert_eq!(block(&json!("a\u{2066}\nb\r\n")), "a\\u{2066}\nb\\u{d}\n");
    }

    #[test]
    fn tells_words_from_other_values() {
        let all = [json!("true"), json!(true), json!("8080"), json!(""), json!("a b"), json!("x\ny"), json!(null)];
        let shown: Vec<String> = all.iter().map(|it| word(it, 99)).collect();
        assert_eq!(shown, ["\"true\"", "true", "\"8080\"", "\"\"", "a b", "\"x\\ny\"", "null"]);
    }

    #[test]
    fn shows_changed_lines_with_what_is_around_them() {
        let old: String = (0..20).map(|it| format!("{it}\n")).collect();
        let new = old.replace("10\n", "ten\n");
        let shown = lines(&json!(old), &json!(new), 1);
        let line = |it: &str| it.to_owned();
        let expected = [
            Line::Gap(9),
            Line::Same(line("9")),
            Line::Gone(line("10")),
            Line::Come(line("ten")),
            Line::Same(line("11")),
            Line::Gap(8),
        ];
        assert_eq!(shown, expected);
    }
}

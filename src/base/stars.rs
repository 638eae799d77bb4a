//! Stars over private keys in texts that are shown.

use std::borrow::Cow;

/// A text with stars over the private keys in it, as many as they have letters: who gives one in the place of a file's name
/// is told so, and does not see it again, in a log least of all.
pub fn without_keys(text: &str) -> Cow<'_, str> {
    /// How private keys begin, in capitals, and what ends them.
    const KEYS: [(&str, &str); 3] = [("AGE-SECRET-KEY-", ""), ("AGE-PLUGIN-", ""), ("PRIVATE KEY-----", "-----END ")];
    let capitals = text.to_ascii_uppercase();
    let mut hidden: Vec<std::ops::Range<usize>> = Vec::new();
    for (mark, end) in KEYS {
        // Small letters are the name of a plugin's program.
        let looked_at = if mark == "AGE-PLUGIN-" { text } else { &capitals };
        for (at, _) in looked_at.match_indices(mark) {
            let start = at + mark.len();
            let key = &capitals[start..];
            let length = if end.is_empty() {
                key.find(|it: char| !it.is_ascii_alphanumeric() && it != '-').unwrap_or(key.len())
            } else {
                key.find(end).unwrap_or(key.len())
            };
            hidden.push(start..start + length);
        }
    }
    if hidden.is_empty() {
        return text.into();
    }
    let is_hidden = |at: usize| hidden.iter().any(|it| it.contains(&at));
    let star = |(at, it): (usize, char)| if it.is_ascii_graphic() && is_hidden(at) { '*' } else { it };
    text.char_indices().map(star).collect::<String>().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_is_shown() {
        for (text, shown) in [
            ("there is no `x`", "there is no `x`"),
            ("`age-plugin-yubikey` is missing", "`age-plugin-yubikey` is missing"),
            ("AGE-PLUGIN-YUBIKEY-1QQ", "AGE-PLUGIN-***********"),
            ("no `AGE-SECRET-KEY-1QQ`", "no `AGE-SECRET-KEY-***`"),
            ("`age-secret-key-1qq/x`, AGE-SECRET-KEY-1A", "`age-secret-key-***/x`, AGE-SECRET-KEY-**"),
            ("AGE-SECRET-KEY-PQ-1QQ.", "AGE-SECRET-KEY-******."),
            ("ä -----BEGIN PRIVATE KEY-----\nAB\n-----END X", "ä -----BEGIN PRIVATE KEY-----\n**\n-----END X"),
        ] {
            assert_eq!(without_keys(text), shown);
            assert_eq!(shown.len(), text.len(), "places stay");
        }
    }
}

//! Numbers in sentences.

/// `1 source`, `2 sources`.
pub fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

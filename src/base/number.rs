//! Numbers in sentences.

use std::fmt::Display;

/// `1 source`, `2 sources`.
pub fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// The first of a list, and how many more there are: `a, b and 3 more`.
pub fn some<T: Display>(all: &[T], limit: usize) -> String {
    let shown = all.iter().take(limit).map(T::to_string).collect::<Vec<_>>().join(", ");
    match all.len().saturating_sub(limit) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

//! Text that stays text in Markdown, whatever it holds.

use crate::review::compare::present;

/// Text in which nothing is Markdown, HTML, a mention or a reference.
pub(super) fn escape(text: &str) -> String {
    let mut shown = String::new();
    for it in present::harmless(text).chars() {
        match it {
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '&' => shown.push_str("&amp;"),
            '@' | '#' => {
                shown.push(it);
                shown.push_str("<!-- -->");
            }
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '!' => {
                shown.push('\\');
                shown.push(it);
            }
            it => shown.push(it),
        }
    }
    shown.replace("://", ":<!-- -->//")
}

/// A sentence in which words of code stand between back ticks.
pub(super) fn ticked(text: &str) -> String {
    let pieces = text.split('`').enumerate();
    pieces.map(|(index, it)| if index % 2 == 1 { code(it) } else { escape(it) }).collect()
}

/// A word of code, whatever back ticks are in it.
pub(super) fn code(text: &str) -> String {
    let text = present::harmless(text);
    let ticks = "`".repeat(longest_run(&text) + 1);
    let space = if text.starts_with('`') || text.ends_with('`') || text.is_empty() { " " } else { "" };
    format!("{ticks}{space}{text}{space}{ticks}")
}

/// The same within HTML, where Markdown does not reach.
pub(super) fn tag(text: &str) -> String {
    let text = present::harmless(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!("<code>{text}</code>")
}

pub(super) fn longest_run(text: &str) -> usize {
    text.split(|it| it != '`').map(str::len).max().unwrap_or_default()
}

//! What each rule of `check` is about: why it matters, what to write, and where it is from.

use crate::base::code::Code;

/// The page of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    pub code: Code,
    pub why: &'static str,
    /// What to write in place of what was found.
    pub write: &'static str,
    /// An address where it can be read.
    pub source: &'static str,
}

/// The page of a code; none for what no rule tells.
pub fn of(code: Code) -> Option<Page> {
    all().find(|it| it.code == code)
}

/// All pages, in the order of their codes.
pub fn all() -> impl Iterator<Item = Page> {
    include_str!("pages.txt").split("\n\n").filter_map(page)
}

fn page(text: &'static str) -> Option<Page> {
    let mut lines = text.trim().lines();
    let code = Code::find(lines.next()?)?;
    let mut line = |key: &str| lines.next()?.strip_prefix(key);
    Some(Page { code, why: line("why: ")?, write: line("write: ")?, source: line("source: ")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_a_page_with_a_source() {
        let written: Vec<Code> = all().map(|it| it.code).collect();
        let rules: Vec<Code> = Code::ALL.iter().copied().filter(|it| it.is_rule()).collect();
        assert_eq!(written, rules);
        for page in all() {
            assert!(page.source.starts_with("https://"), "{}", page.code);
            assert!(page.why.ends_with('.') && page.write.ends_with('.'), "{}", page.code);
        }
    }
}

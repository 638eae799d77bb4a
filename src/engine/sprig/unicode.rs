//! Character classes and case mappings of Unicode 15, as Go's `unicode` package has them.
//!
//! The classes come from `regex-syntax`, cut down to the characters that existed in Unicode 15. Go maps one rune to one
//! rune, so the mappings are those of the standard library except where it answers with several characters.

use std::sync::OnceLock;

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, ClassUnicode, HirKind};

/// Mirrors `unicode.IsSpace`.
pub(super) fn is_space(rune: char) -> bool {
    rune.is_whitespace()
}

/// Mirrors `unicode.IsLetter`.
pub(super) fn is_letter(rune: char) -> bool {
    static TABLE: Table = Table::new("L");
    if rune.is_ascii() { rune.is_ascii_alphabetic() } else { TABLE.contains(rune) }
}

/// Mirrors `unicode.IsUpper`.
pub(super) fn is_upper(rune: char) -> bool {
    static TABLE: Table = Table::new("Lu");
    if rune.is_ascii() { rune.is_ascii_uppercase() } else { TABLE.contains(rune) }
}

/// Mirrors `unicode.IsLower`.
pub(super) fn is_lower(rune: char) -> bool {
    static TABLE: Table = Table::new("Ll");
    if rune.is_ascii() { rune.is_ascii_lowercase() } else { TABLE.contains(rune) }
}

/// Mirrors `unicode.IsTitle`.
pub(super) fn is_title(rune: char) -> bool {
    static TABLE: Table = Table::new("Lt");
    !rune.is_ascii() && TABLE.contains(rune)
}

/// Mirrors `unicode.IsDigit`.
pub(super) fn is_digit(rune: char) -> bool {
    static TABLE: Table = Table::new("Nd");
    if rune.is_ascii() { rune.is_ascii_digit() } else { TABLE.contains(rune) }
}

/// Mirrors `unicode.IsNumber`.
pub(super) fn is_number(rune: char) -> bool {
    static TABLE: Table = Table::new("N");
    if rune.is_ascii() { rune.is_ascii_digit() } else { TABLE.contains(rune) }
}

/// Mirrors `unicode.IsPunct`.
pub(super) fn is_punct(rune: char) -> bool {
    static TABLE: Table = Table::new("P");
    TABLE.contains(rune)
}

/// Mirrors `unicode.ToUpper`.
pub(super) fn to_upper(rune: char) -> char {
    if rune.is_ascii() {
        return rune.to_ascii_uppercase();
    }
    let mut mapped = rune.to_uppercase();
    match (mapped.next(), mapped.next()) {
        (Some(only), None) if existed(rune) && existed(only) => only,
        (_, None) => rune,
        _ => iota_title(rune),
    }
}

/// Mirrors `unicode.ToLower`.
pub(super) fn to_lower(rune: char) -> char {
    match rune {
        'İ' => return 'i',
        _ if rune.is_ascii() => return rune.to_ascii_lowercase(),
        _ => {}
    }
    match rune.to_lowercase().next() {
        Some(only) if existed(rune) && existed(only) => only,
        _ => rune,
    }
}

/// Mirrors `unicode.ToTitle`.
pub(super) fn to_title(rune: char) -> char {
    match rune {
        'Ǆ'..='ǆ' => 'ǅ',
        'Ǉ'..='ǉ' => 'ǈ',
        'Ǌ'..='ǌ' => 'ǋ',
        'Ǳ'..='ǳ' => 'ǲ',
        // Mkhedruli has capitals, but its title case is itself.
        'ა'..='ჿ' => rune,
        _ => to_upper(rune),
    }
}

/// The ranges of a `\p{...}` class of `regex-syntax`, cut down to Unicode 15.
pub(super) fn class(name: &str) -> ClassUnicode {
    parse(&format!(r"[\p{{{name}}}&&\p{{age:15.0}}]"))
}

/// What was assigned in Unicode 15.
pub(super) fn assigned() -> &'static ClassUnicode {
    ASSIGNED.class()
}

static ASSIGNED: Table = Table::new("Any");

fn existed(rune: char) -> bool {
    ASSIGNED.contains(rune)
}

/// Greek letters with an iota below upper-case to two letters in full, but have a title-case letter of their own.
fn iota_title(rune: char) -> char {
    let code = u32::from(rune);
    let offset = match code {
        0x1F80..=0x1FAF if code % 16 < 8 => 8,
        0x1FB3 | 0x1FC3 | 0x1FF3 => 9,
        _ => 0,
    };
    char::from_u32(code + offset).unwrap_or(rune)
}

/// A class looked up once.
struct Table {
    name: &'static str,
    class: OnceLock<ClassUnicode>,
}

impl Table {
    const fn new(name: &'static str) -> Self {
        Table { name, class: OnceLock::new() }
    }

    fn class(&self) -> &ClassUnicode {
        self.class.get_or_init(|| class(self.name))
    }

    fn contains(&self, rune: char) -> bool {
        let ranges = self.class().ranges();
        let after = ranges.partition_point(|it| it.start() <= rune);
        after.checked_sub(1).and_then(|at| ranges.get(at)).is_some_and(|it| rune <= it.end())
    }
}

/// The class a pattern of a single class stands for; empty where the pattern names no class.
pub(super) fn parse(pattern: &str) -> ClassUnicode {
    let parsed = ParserBuilder::new().build().parse(pattern);
    match parsed.map(|it| it.into_kind()) {
        Ok(HirKind::Class(Class::Unicode(class))) => class,
        Ok(HirKind::Literal(literal)) => {
            let only = std::str::from_utf8(&literal.0).ok().and_then(|it| it.chars().next());
            ClassUnicode::new(only.map(|it| regex_syntax::hir::ClassUnicodeRange::new(it, it)))
        }
        _ => ClassUnicode::empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The counts and sums over all code points are those of Go 1.26.
    #[test]
    fn agrees_with_go() {
        let all = || '\0'..=char::MAX;
        let count = |test: fn(char) -> bool| all().filter(|it| test(*it)).count();
        let classes = [is_space, is_letter, is_upper, is_lower, is_title, is_digit, is_number, is_punct];
        assert_eq!(classes.map(count), [25, 136104, 1831, 2233, 31, 680, 1831, 842]);
        let weighed = |map: fn(char) -> char| {
            all().fold(0_u64, |sum, it| sum.wrapping_mul(31).wrapping_add(u32::from(map(it)).into()))
        };
        assert_eq!(
            [to_upper, to_lower, to_title].map(weighed),
            [14370978340732212153, 14471863511966764688, 5522398398261346553]
        );
    }
}

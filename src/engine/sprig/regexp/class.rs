//! Character classes by name.

use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};

use crate::sprig::unicode;

#[rustfmt::skip]
const CATEGORIES: &[&str] = &[
    "C", "Cc", "Cf", "Cn", "Co", "Cs", "L", "Lc", "Ll", "Lm", "Lo", "Lt", "Lu", "M", "Mc", "Me", "Mn", "N", "Nd", "Nl",
    "No", "P", "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "S", "Sc", "Sk", "Sm", "So", "Z", "Zl", "Zp", "Zs",
];

/// Long names of categories without underscores, spaces and hyphens, as they are looked up.
#[rustfmt::skip]
const CATEGORY_ALIASES: &[&str] = &[
    "Casedletter", "Closepunctuation", "Combiningmark", "Connectorpunctuation", "Control", "Currencysymbol",
    "Dashpunctuation", "Decimalnumber", "Enclosingmark", "Finalpunctuation", "Format", "Initialpunctuation", "Letter",
    "Letternumber", "Lineseparator", "Lowercaseletter", "Mark", "Mathsymbol", "Modifierletter", "Modifiersymbol",
    "Nonspacingmark", "Number", "Openpunctuation", "Other", "Otherletter", "Othernumber", "Otherpunctuation",
    "Othersymbol", "Paragraphseparator", "Privateuse", "Punctuation", "Separator", "Spaceseparator", "Spacingmark",
    "Surrogate", "Symbol", "Titlecaseletter", "Unassigned", "Uppercaseletter", "Cntrl", "Digit", "Punct",
];

/// The scripts of Unicode 15 whose names are one word; a name of several is found by no spelling, as in Go.
#[rustfmt::skip]
const SCRIPTS: &[&str] = &[
    "Adlam", "Ahom", "Arabic", "Armenian", "Avestan", "Balinese", "Bamum", "Batak", "Bengali", "Bhaiksuki", "Bopomofo",
    "Brahmi", "Braille", "Buginese", "Buhid", "Carian", "Chakma", "Cham", "Cherokee", "Chorasmian", "Common", "Coptic",
    "Cuneiform", "Cypriot", "Cyrillic", "Deseret", "Devanagari", "Dogra", "Duployan", "Elbasan", "Elymaic", "Ethiopic",
    "Georgian", "Glagolitic", "Gothic", "Grantha", "Greek", "Gujarati", "Gurmukhi", "Han", "Hangul", "Hanunoo",
    "Hatran", "Hebrew", "Hiragana", "Inherited", "Javanese", "Kaithi", "Kannada", "Katakana", "Kawi", "Kharoshthi",
    "Khmer", "Khojki", "Khudawadi", "Lao", "Latin", "Lepcha", "Limbu", "Lisu", "Lycian", "Lydian", "Mahajani",
    "Makasar", "Malayalam", "Mandaic", "Manichaean", "Marchen", "Medefaidrin", "Miao", "Modi", "Mongolian", "Mro",
    "Multani", "Myanmar", "Nabataean", "Nandinagari", "Newa", "Nko", "Nushu", "Ogham", "Oriya", "Osage", "Osmanya",
    "Palmyrene", "Phoenician", "Rejang", "Runic", "Samaritan", "Saurashtra", "Sharada", "Shavian", "Siddham",
    "Sinhala", "Sogdian", "Soyombo", "Sundanese", "Syriac", "Tagalog", "Tagbanwa", "Takri", "Tamil", "Tangsa",
    "Tangut", "Telugu", "Thaana", "Thai", "Tibetan", "Tifinagh", "Tirhuta", "Toto", "Ugaritic", "Vai", "Vithkuqi",
    "Wancho", "Yezidi", "Yi",
];

/// A class of ranges.
pub(super) fn ranges(ranges: &[(char, char)]) -> ClassUnicode {
    ClassUnicode::new(ranges.iter().map(|(start, end)| ClassUnicodeRange::new(*start, *end)))
}

/// `\d`, `\s` and `\w`, which are ASCII.
pub(super) fn perl(letter: u8) -> Option<ClassUnicode> {
    Some(match letter {
        b'd' => ranges(&[('0', '9')]),
        b's' => ranges(&[('\t', '\n'), ('\u{C}', '\r'), (' ', ' ')]),
        b'w' => ranges(&[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')]),
        _ => return None,
    })
}

/// `alnum` and the like, which stand between `[:` and `:]`.
pub(super) fn posix(name: &[u8]) -> Option<ClassUnicode> {
    Some(match name {
        b"alnum" => ranges(&[('0', '9'), ('A', 'Z'), ('a', 'z')]),
        b"alpha" => ranges(&[('A', 'Z'), ('a', 'z')]),
        b"ascii" => ranges(&[('\0', '\u{7F}')]),
        b"blank" => ranges(&[('\t', '\t'), (' ', ' ')]),
        b"cntrl" => ranges(&[('\0', '\u{1F}'), ('\u{7F}', '\u{7F}')]),
        b"digit" => ranges(&[('0', '9')]),
        b"graph" => ranges(&[('!', '~')]),
        b"lower" => ranges(&[('a', 'z')]),
        b"print" => ranges(&[(' ', '~')]),
        b"punct" => ranges(&[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')]),
        b"space" => ranges(&[('\t', '\r'), (' ', ' ')]),
        b"upper" => ranges(&[('A', 'Z')]),
        b"word" => ranges(&[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')]),
        b"xdigit" => ranges(&[('0', '9'), ('A', 'F'), ('a', 'f')]),
        _ => return None,
    })
}

/// A category or script by the name in `\p{...}`, written in any case and with any underscores, spaces and hyphens; with
/// all that folds to its members where `fold` says so.
pub(super) fn unicode(name: &str, fold: bool) -> Option<ClassUnicode> {
    let name = canonical(name);
    let class = match name.as_str() {
        "Any" => ranges(&[('\0', char::MAX)]),
        "Ascii" => ranges(&[('\0', '\u{7F}')]),
        "Assigned" => negated(unassigned()),
        "Cn" | "Unassigned" => unassigned(),
        "C" | "Other" => union(unicode::class("C"), &unassigned()),
        // Go has no table of what folds to cased letters.
        "Lc" | "Casedletter" => return Some(unicode::class("gc=LC")),
        // Unicode 16 took this sign from one category to the other.
        "Mn" | "Nonspacingmark" => union(unicode::class("gc=Mn"), &ranges(&[('\u{1171E}', '\u{1171E}')])),
        "Mc" | "Spacingmark" => {
            let mut class = unicode::class("gc=Mc");
            class.difference(&ranges(&[('\u{1171E}', '\u{1171E}')]));
            class
        }
        name if CATEGORIES.contains(&name) || CATEGORY_ALIASES.contains(&name) => unicode::class(&format!("gc={name}")),
        name if SCRIPTS.contains(&name) => unicode::class(&format!("sc={name}")),
        _ => return None,
    };
    Some(if fold { folded(class) } else { class })
}

/// The class of all that is not in this one.
pub(super) fn negated(mut class: ClassUnicode) -> ClassUnicode {
    class.negate();
    class
}

/// The class with all that folds to its members. What came after Unicode 15 folds to nothing.
pub(super) fn folded(class: ClassUnicode) -> ClassUnicode {
    let known = unicode::assigned();
    let mut found = class.clone();
    found.intersect(known);
    // Fails only where the tables are compiled out.
    let _ = found.try_case_fold_simple();
    found.intersect(known);
    union(found, &class)
}

fn union(mut class: ClassUnicode, other: &ClassUnicode) -> ClassUnicode {
    class.union(other);
    class
}

/// What had no meaning in Unicode 15, noncharacters included.
fn unassigned() -> ClassUnicode {
    let mut assigned = unicode::assigned().clone();
    assigned.difference(&unicode::parse(r"\p{Noncharacter_Code_Point}"));
    negated(assigned)
}

/// Mirrors `canonicalName`: a capital, then lower-case letters, without separators.
fn canonical(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for rune in name.chars().filter(|it| !matches!(it, '_' | '-' | ' ')) {
        out.push(if out.is_empty() { rune.to_ascii_uppercase() } else { rune.to_ascii_lowercase() });
    }
    out
}

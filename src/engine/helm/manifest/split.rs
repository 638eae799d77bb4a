//! A text into its YAML documents, by the expression of each Helm.

use crate::helm::behaviour::Separator;

/// The documents in order, without blanks at their head. Empty pieces are dropped.
///
/// Mirrors `releaseutil.SplitManifests`.
pub fn split_documents(text: &[u8], separator: Separator) -> Vec<&[u8]> {
    let text = match separator {
        Separator::TrimsBoth => trim_space(text),
        Separator::TrimsBefore | Separator::KeepsBefore => trim_start(text),
    };
    let next = match separator {
        Separator::TrimsBoth | Separator::TrimsBefore => with_blanks,
        Separator::KeepsBefore => alone,
    };
    let mut pieces = Vec::new();
    let mut start = 0;
    while let Some((from, to)) = next(text, start) {
        pieces.push(&text[start..from]);
        start = to;
    }
    pieces.push(&text[start..]);
    match separator {
        // What is blank to Go and not to its expressions stays as an empty document.
        Separator::TrimsBoth => pieces.into_iter().filter(|it| !it.is_empty()).map(trim_space).collect(),
        Separator::TrimsBefore | Separator::KeepsBefore => {
            pieces.into_iter().map(trim_start).filter(|it| !it.is_empty()).collect()
        }
    }
}

/// The next separator that begins at `at` or later by `(?:^|\s*\n)---\s*`: three dashes at the head of the text or after
/// a line end, with the blanks around them.
fn with_blanks(text: &[u8], at: usize) -> Option<(usize, usize)> {
    let mut search = at;
    loop {
        let dashes = search + memchr::memmem::find(text.get(search..)?, b"---")?;
        let blanks_after = |end: usize| end + text[end..].iter().take_while(|it| is_regex_space(**it)).count();
        if dashes == 0 {
            return Some((0, blanks_after(3)));
        }
        if dashes > at && text[dashes - 1] == b'\n' {
            let blanks = text[at..dashes].iter().rev().take_while(|it| is_regex_space(**it)).count();
            return Some((dashes - blanks, blanks_after(dashes + 3)));
        }
        search = dashes + 1;
    }
}

/// The next separator that begins at `at` or later by `(?m)^---[ \t]*`: three dashes at the head of a line, with the
/// blanks after them.
fn alone(text: &[u8], at: usize) -> Option<(usize, usize)> {
    let mut search = at;
    loop {
        let dashes = search + memchr::memmem::find(text.get(search..)?, b"---")?;
        if dashes == 0 || text[dashes - 1] == b'\n' {
            let end = dashes + 3;
            return Some((dashes, end + text[end..].iter().take_while(|it| matches!(it, b' ' | b'\t')).count()));
        }
        search = dashes + 1;
    }
}

/// RE2's `\s`.
fn is_regex_space(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b'\x0c' | b'\r' | b' ')
}

/// Drops leading white space as `unicode.IsSpace` has it.
pub(super) fn trim_start(text: &[u8]) -> &[u8] {
    let mut rest = text;
    while let Some(length) = space_length(rest) {
        rest = &rest[length..];
    }
    rest
}

/// `strings.TrimSpace`.
pub fn trim_space(text: &[u8]) -> &[u8] {
    let mut rest = trim_start(text);
    'outer: loop {
        for length in 1..=3 {
            if let Some(cut) = rest.len().checked_sub(length)
                && space_length(&rest[cut..]) == Some(length)
            {
                rest = &rest[..cut];
                continue 'outer;
            }
        }
        return rest;
    }
}

/// How many bytes of white space rune stand at the head.
fn space_length(text: &[u8]) -> Option<usize> {
    match text {
        [b'\t'..=b'\r' | b' ', ..] => Some(1),
        [0xc2, 0x85 | 0xa0, ..] => Some(2),
        [0xe1, 0x9a, 0x80, ..] | [0xe2, 0x80, 0x80..=0x8a | 0xa8 | 0xa9 | 0xaf, ..] => Some(3),
        [0xe2, 0x81, 0x9f, ..] | [0xe3, 0x80, 0x80, ..] => Some(3),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, separator: Separator, want: &[&str]) {
        let pieces = split_documents(text.as_bytes(), separator);
        let got: Vec<String> = pieces.into_iter().map(|it| String::from_utf8_lossy(it).into_owned()).collect();
        assert_eq!(got, want, "{text:?} {separator:?}");
    }

    /// The wanted pieces are what Go's `regexp.Split` gives, for Helm 4.1, 4.2.3 and 4.2.4.
    #[test]
    fn splits_as_the_expressions_do() {
        let check = |text: &str, both: &[&str], before: &[&str], keeps: &[&str]| {
            check(text, Separator::TrimsBoth, both);
            check(text, Separator::TrimsBefore, before);
            check(text, Separator::KeepsBefore, keeps);
        };
        check("a: 1\n---\nb: 2\n", &["a: 1", "b: 2"], &["a: 1", "b: 2\n"], &["a: 1\n", "b: 2\n"]);
        check("\n---\na\n\n \n---  \n\nb", &["a", "b"], &["a", "b"], &["a\n\n \n", "b"]);
        check("---a\n----\n", &["a", "-"], &["a", "-\n"], &["a\n", "-\n"]);
        check("a ---\nb--- c", &["a ---\nb--- c"], &["a ---\nb--- c"], &["a ---\nb--- c"]);
        check("a\n---\n---\nb", &["a", "---\nb"], &["a", "---\nb"], &["a\n", "b"]);
        check("a\r\n---\r\nb", &["a", "b"], &["a", "b"], &["a\r\n", "b"]);
        check("# x\n---\n", &["# x"], &["# x"], &["# x\n"]);
    }
}

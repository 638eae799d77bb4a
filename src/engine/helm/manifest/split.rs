//! A text into its YAML documents, by Helm's expression `(?:^|\s*\n)---\s*`.

/// The documents in order, without blanks at their head. An empty piece is dropped; a blank one stays as an empty one.
///
/// Mirrors `releaseutil.SplitManifests`.
pub fn split_documents(text: &[u8]) -> Vec<&[u8]> {
    let text = trim_start(text);
    let mut documents = Vec::new();
    let mut start = 0;
    let mut at = 0;
    while let Some((from, to)) = separator(text, at) {
        push(&mut documents, &text[start..from]);
        start = to;
        at = to;
    }
    push(&mut documents, &text[start..]);
    documents
}

fn push<'a>(documents: &mut Vec<&'a [u8]>, piece: &'a [u8]) {
    if !piece.is_empty() {
        documents.push(trim_start(piece));
    }
}

/// The next separator that begins at `at` or later: three dashes at the head of the text or after a line end, with the
/// blanks around them.
fn separator(text: &[u8], at: usize) -> Option<(usize, usize)> {
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
pub(super) fn trim_space(text: &[u8]) -> &[u8] {
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

    fn check(text: &str, want: &[&str]) {
        let got: Vec<String> =
            split_documents(text.as_bytes()).into_iter().map(|it| String::from_utf8_lossy(it).into_owned()).collect();
        assert_eq!(got, want, "{text:?}");
    }

    /// The wanted pieces are what Go's `regexp.Split` gives.
    #[test]
    fn splits_as_the_expression_does() {
        check("a: 1\n---\nb: 2\n", &["a: 1", "b: 2\n"]);
        check("\n---\na\n\n \n---  \n\nb", &["a", "b"]);
        check("---a\n----\n", &["a", "-\n"]);
        check("a ---\nb--- c", &["a ---\nb--- c"]);
        check("a\n---\n---\nb", &["a", "---\nb"]);
        check("a\r\n---\r\nb", &["a", "b"]);
        check("# x\n---\n", &["# x"]);
    }
}

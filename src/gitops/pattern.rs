//! Patterns of names, as Go's `path.Match` has them, with `*` for slashes too.
//!
//! Mirrors `github.com/fluxcd/pkg/envsubst/path` and the two functions that call it.

/// A pattern that is none.
#[derive(Debug)]
struct BadPattern;

/// The text without the shortest beginning that a pattern matches.
pub(super) fn trim_shortest(text: &str, pattern: &str) -> String {
    let mut found = None;
    for end in ends(text) {
        match matches(pattern, &text[..end]) {
            Ok(true) => found = Some(end),
            Ok(false) => {}
            Err(BadPattern) => return text.to_owned(),
        }
    }
    text[found.unwrap_or(0)..].to_owned()
}

/// The text without the longest beginning that a pattern matches.
pub(super) fn trim_longest(text: &str, pattern: &str) -> String {
    for end in ends(text) {
        match matches(pattern, &text[..end]) {
            Ok(true) => return text[end..].to_owned(),
            Ok(false) => {}
            Err(BadPattern) => break,
        }
    }
    text.to_owned()
}

/// Where a beginning of a text may end, the longest first.
fn ends(text: &str) -> impl Iterator<Item = usize> {
    (1..=text.len()).rev().filter(|it| text.is_char_boundary(*it))
}

fn matches(pattern: &str, name: &str) -> Result<bool, BadPattern> {
    let (mut pattern, mut name) = (pattern, name);
    'pattern: while !pattern.is_empty() {
        let (star, chunk, rest) = scan_chunk(pattern);
        pattern = rest;
        if star && chunk.is_empty() {
            return Ok(true);
        }
        if let Some(left) = match_chunk(chunk, name)?
            && (left.is_empty() || !pattern.is_empty())
        {
            name = left;
            continue;
        }
        if star {
            for start in (1..=name.len()).filter(|it| name.is_char_boundary(*it)) {
                if let Some(left) = match_chunk(chunk, &name[start..])? {
                    if pattern.is_empty() && !left.is_empty() {
                        continue;
                    }
                    name = left;
                    continue 'pattern;
                }
            }
        }
        return Ok(false);
    }
    Ok(name.is_empty())
}

fn scan_chunk(pattern: &str) -> (bool, &str, &str) {
    let rest = pattern.trim_start_matches('*');
    let star = rest.len() < pattern.len();
    let mut in_range = false;
    let mut letters = rest.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => {
                letters.next();
            }
            '[' => in_range = true,
            ']' => in_range = false,
            '*' if !in_range => return (star, &rest[..at], &rest[at..]),
            _ => {}
        }
    }
    (star, rest, "")
}

/// What is left of a name whose beginning a chunk matches.
fn match_chunk<'n>(chunk: &str, name: &'n str) -> Result<Option<&'n str>, BadPattern> {
    let mut chunk = chunk.chars();
    let mut name = name.chars();
    while let Some(wanted) = chunk.next() {
        let Some(found) = name.next() else { return Ok(None) };
        match wanted {
            '[' => {
                let negated = chunk.as_str().starts_with('^');
                if negated {
                    chunk.next();
                }
                let (mut matched, mut ranges) = (false, 0);
                loop {
                    if ranges > 0 && chunk.as_str().starts_with(']') {
                        chunk.next();
                        break;
                    }
                    let low = escaped(&mut chunk)?;
                    let mut high = low;
                    if chunk.as_str().starts_with('-') {
                        chunk.next();
                        high = escaped(&mut chunk)?;
                    }
                    matched |= (low..=high).contains(&found);
                    ranges += 1;
                }
                if matched == negated {
                    return Ok(None);
                }
            }
            '?' => {}
            '\\' if chunk.next().ok_or(BadPattern)? != found => return Ok(None),
            '\\' => {}
            _ if wanted != found => return Ok(None),
            _ => {}
        }
    }
    Ok(Some(name.as_str()))
}

fn escaped(chunk: &mut std::str::Chars<'_>) -> Result<char, BadPattern> {
    let letter = match chunk.next() {
        None | Some('-' | ']') => return Err(BadPattern),
        Some('\\') => chunk.next().ok_or(BadPattern)?,
        Some(letter) => letter,
    };
    if chunk.as_str().is_empty() { Err(BadPattern) } else { Ok(letter) }
}

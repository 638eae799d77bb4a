//! The two pattern languages of charts: `.Files.Glob` and `.helmignore`.

use crate::strconv;

/// A compiled pattern of `github.com/gobwas/glob` with `/` as separator.
#[derive(Clone, Debug)]
pub(super) struct Glob(Vec<Token>);

/// The pattern is malformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("syntax error in pattern")]
pub struct BadPattern;

#[derive(Clone, Debug)]
enum Token {
    Char(char),
    /// `?`: one character, no separator.
    One,
    /// `*`: any run without separators.
    Run,
    /// `**`: any run.
    Super,
    Class {
        negate: bool,
        chars: Vec<char>,
        range: Option<(char, char)>,
    },
    Either(Vec<Vec<Token>>),
}

impl Glob {
    pub(super) fn compile(pattern: &str) -> Result<Self, BadPattern> {
        let chars: Vec<char> = pattern.chars().collect();
        let mut at = 0;
        let tokens = parse(&chars, &mut at, 0)?;
        Ok(Glob(tokens))
    }

    pub(super) fn matches(&self, name: &str) -> bool {
        if !name.is_ascii()
            && let Some(fits) = row(&self.0, name)
        {
            return fits;
        }
        let name: Vec<char> = name.chars().collect();
        ends(&self.0, &name, vec![0]).contains(&name.len())
    }
}

/// Matches a pattern whose pieces all have a fixed length, with the library's own slip: it cuts the name one byte behind
/// where the last character of a piece begins, so that a piece does not match where that character has more bytes.
/// `None` where the library does not match piece by piece.
///
/// Mirrors `match.Row`.
fn row(tokens: &[Token], name: &str) -> Option<bool> {
    let mut pieces: Vec<(usize, Vec<u8>, Option<&Token>)> = Vec::new();
    for token in tokens {
        match (token, pieces.last_mut()) {
            (Token::Char(it), Some((length, text, None))) => {
                *length += 1;
                text.extend_from_slice(it.encode_utf8(&mut [0; 4]).as_bytes());
            }
            (Token::Char(it), _) => pieces.push((1, it.encode_utf8(&mut [0; 4]).as_bytes().to_vec(), None)),
            (Token::One | Token::Class { .. }, _) => pieces.push((1, Vec::new(), Some(token))),
            (Token::Run | Token::Super | Token::Either(_), _) => return None,
        }
    }
    if pieces.len() < 2 {
        return None;
    }
    if pieces.iter().map(|(length, ..)| length).sum::<usize>() != name.chars().count() {
        return Some(false);
    }
    let mut rest = name.as_bytes();
    for (length, text, token) in &pieces {
        let Some(last) = starts(rest).nth(length - 1) else { return Some(false) };
        let (piece, behind) = rest.split_at(last + 1);
        let fits = match token {
            None => piece == text.as_slice(),
            Some(Token::Class { negate, chars, range }) => {
                let it = std::str::from_utf8(piece).ok().and_then(|it| it.chars().next()).unwrap_or('\u{FFFD}');
                range.map_or_else(|| chars.contains(&it), |(low, high)| low <= it && it <= high) != *negate
            }
            Some(_) => piece != b"/",
        };
        if !fits {
            return Some(false);
        }
        rest = behind;
    }
    Some(true)
}

/// Where each character begins; a byte that belongs to none is one of its own, as Go ranges over strings.
fn starts(bytes: &[u8]) -> impl Iterator<Item = usize> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        let (_, width) = strconv::decode_rune(bytes.get(at..).filter(|it| !it.is_empty())?);
        let start = at;
        at += width;
        Some(start)
    })
}

/// Alternatives may nest no deeper; Go's parser recurses without a bound.
const MAX_NESTING: usize = crate::limits::GLOB_DEPTH.size();

fn parse(text: &[char], at: &mut usize, depth: usize) -> Result<Vec<Token>, BadPattern> {
    let mut tokens = Vec::new();
    while let Some(&rune) = text.get(*at) {
        *at += 1;
        match rune {
            '\\' => {
                if let Some(&next) = text.get(*at) {
                    *at += 1;
                    tokens.push(Token::Char(next));
                }
            }
            '?' => tokens.push(Token::One),
            '*' if text.get(*at) == Some(&'*') => {
                *at += 1;
                tokens.push(Token::Super);
            }
            '*' => tokens.push(Token::Run),
            '[' => tokens.push(class(text, at)?),
            '{' => {
                if depth >= MAX_NESTING {
                    return Err(BadPattern);
                }
                let mut choices = Vec::new();
                loop {
                    choices.push(parse(text, at, depth + 1)?);
                    let closing = text.get(*at).copied();
                    *at += 1;
                    // A brace that is never closed ends with the pattern.
                    if closing != Some(',') {
                        break;
                    }
                }
                tokens.push(Token::Either(choices));
            }
            ',' | '}' if depth > 0 => {
                *at -= 1;
                return Ok(tokens);
            }
            other => tokens.push(Token::Char(other)),
        }
    }
    Ok(tokens)
}

/// What follows `[`: `!` negates, then either a range `a-z` or a list of characters.
fn class(text: &[char], at: &mut usize) -> Result<Token, BadPattern> {
    let negate = text.get(*at) == Some(&'!');
    if negate {
        *at += 1;
    }
    let mut chars = Vec::new();
    if text.get(*at + 1) == Some(&'-')
        && let Some(&low) = text.get(*at)
    {
        let high = *text.get(*at + 2).ok_or(BadPattern)?;
        if text.get(*at + 3) != Some(&']') || low > high {
            return Err(BadPattern);
        }
        *at += 4;
        return Ok(Token::Class { negate, chars, range: Some((low, high)) });
    }
    loop {
        match text.get(*at) {
            None => return Err(BadPattern),
            Some(']') if !chars.is_empty() => {
                *at += 1;
                return Ok(Token::Class { negate, chars, range: None });
            }
            Some(']') => return Err(BadPattern),
            Some('\\') => {
                chars.push(*text.get(*at + 1).ok_or(BadPattern)?);
                *at += 2;
            }
            Some(&rune) => {
                chars.push(rune);
                *at += 1;
            }
        }
    }
}

/// All places where a match of `tokens` can end that begins at one of `starts`, in ascending order.
fn ends(tokens: &[Token], name: &[char], mut places: Vec<usize>) -> Vec<usize> {
    for token in tokens {
        let one = |fits: &dyn Fn(char) -> bool| -> Vec<usize> {
            places.iter().filter(|at| name.get(**at).is_some_and(|it| fits(*it))).map(|at| at + 1).collect()
        };
        places = match token {
            Token::Char(wanted) => one(&|it| it == *wanted),
            Token::One => one(&|it| it != '/'),
            Token::Class { negate, chars, range } => one(&|it| {
                let inside = range.map_or_else(|| chars.contains(&it), |(low, high)| low <= it && it <= high);
                inside != *negate
            }),
            Token::Super => places.first().map_or_else(Vec::new, |first| (*first..=name.len()).collect()),
            Token::Run => {
                let mut reached = Vec::new();
                for &start in &places {
                    let mut at = reached.last().map_or(start, |last: &usize| start.max(last + 1));
                    if at > start && name.get(start..at).is_some_and(|it| it.contains(&'/')) {
                        at = start;
                    }
                    while at <= name.len() {
                        if reached.last().is_none_or(|last| at > *last) {
                            reached.push(at);
                        }
                        if name.get(at).is_none_or(|it| *it == '/') {
                            break;
                        }
                        at += 1;
                    }
                }
                reached
            }
            Token::Either(choices) => {
                let mut all: Vec<usize> =
                    choices.iter().flat_map(|choice| ends(choice, name, places.clone())).collect();
                all.sort_unstable();
                all.dedup();
                all
            }
        };
        if places.is_empty() {
            return places;
        }
    }
    places
}

/// Go's `filepath.Match`.
pub(super) fn path_match(pattern: &str, name: &str) -> Result<bool, BadPattern> {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    let pieces = pieces(&pattern)?;
    let mut places = vec![0];
    for piece in &pieces {
        places = match piece {
            Piece::Run => {
                let mut reached: Vec<usize> = Vec::new();
                for &start in &places {
                    if reached.last().is_some_and(|last| start <= *last) {
                        continue;
                    }
                    let run = name[start..].iter().take_while(|it| **it != '/').count();
                    reached.extend(start..=start + run);
                }
                reached
            }
            Piece::Fits(fits) => {
                places.iter().filter(|at| name.get(**at).is_some_and(|it| fits.one(*it))).map(|at| at + 1).collect()
            }
        };
    }
    Ok(places.contains(&name.len()))
}

enum Piece {
    Run,
    Fits(Fits),
}

enum Fits {
    Any,
    Char(char),
    Class { negate: bool, ranges: Vec<(char, char)> },
}

impl Fits {
    fn one(&self, rune: char) -> bool {
        match self {
            Fits::Any => rune != '/',
            Fits::Char(wanted) => rune == *wanted,
            Fits::Class { negate, ranges } => ranges.iter().any(|(low, high)| *low <= rune && rune <= *high) != *negate,
        }
    }
}

fn pieces(pattern: &[char]) -> Result<Vec<Piece>, BadPattern> {
    let mut pieces = Vec::new();
    let mut at = 0;
    while let Some(&rune) = pattern.get(at) {
        at += 1;
        pieces.push(match rune {
            '*' => Piece::Run,
            '?' => Piece::Fits(Fits::Any),
            '\\' => {
                let next = *pattern.get(at).ok_or(BadPattern)?;
                at += 1;
                Piece::Fits(Fits::Char(next))
            }
            '[' => {
                let negate = pattern.get(at) == Some(&'^');
                if negate {
                    at += 1;
                }
                let mut ranges = Vec::new();
                loop {
                    if pattern.get(at) == Some(&']') && !ranges.is_empty() {
                        at += 1;
                        break;
                    }
                    let low = class_char(pattern, &mut at)?;
                    let high = if pattern.get(at) == Some(&'-') {
                        at += 1;
                        class_char(pattern, &mut at)?
                    } else {
                        low
                    };
                    ranges.push((low, high));
                }
                Piece::Fits(Fits::Class { negate, ranges })
            }
            other => Piece::Fits(Fits::Char(other)),
        });
    }
    Ok(pieces)
}

fn class_char(pattern: &[char], at: &mut usize) -> Result<char, BadPattern> {
    let rune = *pattern.get(*at).ok_or(BadPattern)?;
    if rune == '-' || rune == ']' {
        return Err(BadPattern);
    }
    *at += 1;
    let rune = if rune == '\\' {
        let next = *pattern.get(*at).ok_or(BadPattern)?;
        *at += 1;
        next
    } else {
        rune
    };
    // Go refuses a class that the pattern does not close.
    if pattern.get(*at).is_none() {
        return Err(BadPattern);
    }
    Ok(rune)
}

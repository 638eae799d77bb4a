//! Classes of characters in a pattern: `[a-z]`, `\d`, `\pL`, `[:alpha:]`.

use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};

use super::atoms::{between, check_utf8, class_rune, next_rune};
use super::class::{folded, negated, perl, posix, unicode};
use super::parse::Parser;
use super::syntax_error::SyntaxError;

impl<'p> Parser<'p> {
    /// Reads `\d`, `\pL` and their like, and gives `None` of anything else.
    pub(super) fn class_escape(&self, text: &'p [u8]) -> Result<Option<(ClassUnicode, &'p [u8])>, SyntaxError> {
        let [b'\\', letter, after @ ..] = text else { return Ok(None) };
        if matches!(letter, b'p' | b'P') {
            return self.unicode_class(text).map(Some);
        }
        let Some(class) = perl(letter.to_ascii_lowercase()) else { return Ok(None) };
        Ok(Some((self.group_class(class, letter.is_ascii_uppercase()), after)))
    }

    pub(super) fn group_class(&self, class: ClassUnicode, negate: bool) -> ClassUnicode {
        let class = if self.flags.fold { folded(class) } else { class };
        if negate { negated(class) } else { class }
    }

    pub(super) fn unicode_class(&self, text: &'p [u8]) -> Result<(ClassUnicode, &'p [u8]), SyntaxError> {
        let (rune, after) = next_rune(text.get(2..).unwrap_or_default())?;
        let (name, after) = if rune != '{' {
            (text.get(2..text.len() - after.len()).unwrap_or_default(), after)
        } else {
            let Some(end) = text.iter().position(|it| *it == b'}') else {
                check_utf8(text)?;
                return Err(SyntaxError::new("invalid character class range", text));
            };
            (text.get(3..end).unwrap_or_default(), text.get(end + 1..).unwrap_or_default())
        };
        check_utf8(name)?;
        let mut negate = text.get(1) == Some(&b'P');
        let mut plain = name;
        if let Some(after) = name.strip_prefix(b"^") {
            negate = !negate;
            plain = after;
        }
        let class = std::str::from_utf8(plain).ok().and_then(|it| unicode(it, self.flags.fold));
        let Some(class) = class else {
            return Err(SyntaxError::new("invalid character class range", between(text, after)));
        };
        Ok((if negate { negated(class) } else { class }, after))
    }

    /// Reads a class in brackets.
    pub(super) fn class(&mut self, text: &'p [u8]) -> Result<&'p [u8], SyntaxError> {
        let mut rest = text.get(1..).unwrap_or_default();
        let negate = rest.first() == Some(&b'^');
        if negate {
            rest = rest.get(1..).unwrap_or_default();
        }
        let mut class = ClassUnicode::empty();
        let mut ranges = Vec::new();
        let mut first = true;
        while first || rest.first() != Some(&b']') {
            first = false;
            if let Some((named, after)) = self.named_class(rest)? {
                class.union(&named);
                rest = after;
                continue;
            }
            if let Some((escaped, after)) = self.class_escape(rest)? {
                class.union(&escaped);
                rest = after;
                continue;
            }
            let start = rest;
            let (low, after) = class_rune(rest, text)?;
            rest = after;
            let mut high = low;
            if let [b'-', next, ..] = rest
                && *next != b']'
            {
                (high, rest) = class_rune(rest.get(1..).unwrap_or_default(), text)?;
                if high < low {
                    return Err(SyntaxError::new("invalid character class range", between(start, rest)));
                }
            }
            ranges.push(ClassUnicodeRange::new(low, high));
        }
        let ranges = ClassUnicode::new(ranges);
        class.union(&if self.flags.fold { folded(ranges) } else { ranges });
        self.push_class(if negate { negated(class) } else { class })?;
        Ok(rest.get(1..).unwrap_or_default())
    }

    /// Reads `[:alnum:]` and its like.
    pub(super) fn named_class(&self, text: &'p [u8]) -> Result<Option<(ClassUnicode, &'p [u8])>, SyntaxError> {
        let Some(inner) = text.strip_prefix(b"[:") else { return Ok(None) };
        let Some(end) = inner.windows(2).position(|it| it == b":]") else { return Ok(None) };
        let (name, after) = inner.split_at(end);
        let after = after.get(2..).unwrap_or_default();
        let (negate, plain) = match name.strip_prefix(b"^") {
            Some(plain) => (true, plain),
            None => (false, name),
        };
        match posix(plain) {
            Some(class) => Ok(Some((self.group_class(class, negate), after))),
            None => Err(SyntaxError::new("invalid character class range", between(text, after))),
        }
    }
}

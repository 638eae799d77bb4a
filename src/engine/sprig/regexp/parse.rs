//! The syntax of RE2 with Perl's classes, as Go reads it.
//!
//! Mirrors `regexp/syntax.Parse` with the `Perl` flags, in what it accepts and in its errors.

use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange, Hir, Look};

use super::atoms::{MAX_COPIES, between, check_utf8, count, next_rune, rune_escape};
use super::class::folded;
use super::syntax_error::SyntaxError;
use super::tree::{Count, Tree};

/// The deepest tree.
const MAX_HEIGHT: u32 = crate::limits::REGEX_HEIGHT.most as u32;
/// The most instructions.
const MAX_SIZE: u64 = (128 << 20) / 40;
/// The most ends of ranges of all classes.
const MAX_RUNES: usize = (128 << 20) / 4;

/// A parsed pattern.
pub(super) struct Parsed {
    pub hir: Hir,
    /// The names of the groups, the whole match first.
    pub names: Vec<Option<String>>,
}

/// Parses a pattern.
pub(super) fn parse(pattern: &[u8]) -> Result<Parsed, SyntaxError> {
    let mut parser =
        Parser { pattern, flags: Flags::default(), open: vec![Group::default()], names: vec![None], runes: 0 };
    parser.run()?;
    let Some(group) = parser.open.pop().filter(|_| parser.open.is_empty()) else {
        return Err(SyntaxError::new("missing closing )", pattern));
    };
    let tree = parser.checked(group.close())?;
    Ok(Parsed { hir: tree.into_hir(), names: parser.names })
}

/// What `(?...)` switches.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Flags {
    pub(super) fold: bool,
    multi_line: bool,
    dot_newline: bool,
    lazy: bool,
}

/// A group whose `)` has not come yet.
#[derive(Default)]
struct Group {
    /// The number of the capture, `None` for one that only groups.
    capture: Option<u32>,
    /// The flags before it.
    flags: Flags,
    alternatives: Vec<Tree>,
    parts: Vec<Tree>,
}

impl Group {
    fn bar(&mut self) {
        let parts = std::mem::take(&mut self.parts);
        self.alternatives.push(Tree::concat(parts));
    }

    fn close(mut self) -> Tree {
        self.bar();
        Tree::alternate(self.alternatives)
    }
}

pub(super) struct Parser<'p> {
    pattern: &'p [u8],
    pub(super) flags: Flags,
    /// The groups around the place, the pattern itself first.
    open: Vec<Group>,
    names: Vec<Option<String>>,
    runes: usize,
}

impl<'p> Parser<'p> {
    fn run(&mut self) -> Result<(), SyntaxError> {
        let mut rest = self.pattern;
        let mut last_repeat: Option<&'p [u8]> = None;
        while let [byte, after @ ..] = rest {
            let mut repeat = None;
            rest = match byte {
                b'(' if after.starts_with(b"?") => self.flags(rest)?,
                b'(' => {
                    self.open_capture(None);
                    after
                }
                b'|' => {
                    self.group().bar();
                    after
                }
                b')' => {
                    self.close()?;
                    after
                }
                b'^' => self.look(if self.flags.multi_line { Look::StartLF } else { Look::Start }, after)?,
                b'$' => self.look(if self.flags.multi_line { Look::EndLF } else { Look::End }, after)?,
                b'.' => {
                    self.push(Tree::any(self.flags.dot_newline))?;
                    after
                }
                b'[' => self.class(rest)?,
                b'*' | b'+' | b'?' => {
                    repeat = Some(rest);
                    let min = u32::from(*byte == b'+');
                    let max = (*byte == b'?').then_some(1);
                    self.repeat(Count { min, max, greedy: true, braces: false }, rest, after, last_repeat)?
                }
                b'{' => match count(rest) {
                    None => {
                        self.literal('{')?;
                        after
                    }
                    Some((count, after)) => {
                        repeat = Some(rest);
                        let Some((min, max)) = count.filter(|(min, max)| max.is_none_or(|max| *min <= max)) else {
                            return Err(SyntaxError::new("invalid repeat count", between(rest, after)));
                        };
                        self.repeat(Count { min, max, greedy: true, braces: true }, rest, after, last_repeat)?
                    }
                },
                b'\\' => self.escape(rest)?,
                _ => {
                    let (rune, after) = next_rune(rest)?;
                    self.literal(rune)?;
                    after
                }
            };
            last_repeat = repeat;
        }
        Ok(())
    }

    /// The innermost open group.
    fn group(&mut self) -> &mut Group {
        if self.open.is_empty() {
            self.open.push(Group::default());
        }
        let last = self.open.len() - 1;
        &mut self.open[last]
    }

    fn push(&mut self, tree: Tree) -> Result<(), SyntaxError> {
        let tree = self.checked(tree)?;
        self.group().parts.push(tree);
        Ok(())
    }

    fn checked(&self, tree: Tree) -> Result<Tree, SyntaxError> {
        if tree.size > MAX_SIZE || self.runes > MAX_RUNES {
            return Err(SyntaxError::new("expression too large", self.pattern));
        }
        if tree.height > MAX_HEIGHT {
            return Err(SyntaxError::new("expression nests too deeply", self.pattern));
        }
        Ok(tree)
    }

    fn literal(&mut self, rune: char) -> Result<(), SyntaxError> {
        if self.flags.fold {
            let class = folded(ClassUnicode::new([ClassUnicodeRange::new(rune, rune)]));
            return self.push(Tree::class(class));
        }
        self.push(Tree::literal(rune))
    }

    fn look(&mut self, look: Look, after: &'p [u8]) -> Result<&'p [u8], SyntaxError> {
        self.push(Tree::look(look))?;
        Ok(after)
    }

    pub(super) fn push_class(&mut self, class: ClassUnicode) -> Result<(), SyntaxError> {
        self.runes += class.ranges().len() * 2;
        self.push(Tree::class(class))
    }

    fn open_capture(&mut self, name: Option<String>) {
        let index = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.push(name);
        self.open.push(Group { capture: Some(index), flags: self.flags, ..Group::default() });
    }

    fn close(&mut self) -> Result<(), SyntaxError> {
        let Some(group) = self.open.pop().filter(|_| !self.open.is_empty()) else {
            return Err(SyntaxError::new("unexpected )", self.pattern));
        };
        self.flags = group.flags;
        let capture = group.capture;
        let tree = self.checked(group.close())?;
        self.push(match capture {
            Some(index) => tree.capture(index),
            None => tree,
        })
    }

    /// Repeats the last part. `before` starts at the operator, and `last_repeat` at the one right before it.
    fn repeat(
        &mut self,
        mut count: Count,
        before: &'p [u8],
        after: &'p [u8],
        last_repeat: Option<&'p [u8]>,
    ) -> Result<&'p [u8], SyntaxError> {
        count.greedy = !self.flags.lazy;
        let after = match after {
            [b'?', after @ ..] => {
                count.greedy = !count.greedy;
                after
            }
            _ => after,
        };
        if let Some(last) = last_repeat {
            return Err(SyntaxError::new("invalid nested repetition operator", between(last, after)));
        }
        let Some(tree) = self.group().parts.pop() else {
            return Err(SyntaxError::new("missing argument to repetition operator", between(before, after)));
        };
        let tree = self.checked(tree.repeat(count))?;
        if count.braces && (count.min >= 2 || count.max.is_some_and(|it| it >= 2)) && !tree.copies_within(MAX_COPIES) {
            return Err(SyntaxError::new("invalid repeat count", between(before, after)));
        }
        self.group().parts.push(tree);
        Ok(after)
    }

    /// Reads what starts with `(?`: a named capture, a group that only groups, or flags.
    fn flags(&mut self, text: &'p [u8]) -> Result<&'p [u8], SyntaxError> {
        let named = match text {
            [b'(', b'?', b'P', b'<', _, ..] => Some(4),
            [b'(', b'?', b'<', _, ..] => Some(3),
            _ => None,
        };
        if let Some(start) = named {
            return self.named_capture(text, start);
        }
        let mut rest = text.get(2..).unwrap_or_default();
        let mut flags = self.flags;
        let (mut value, mut seen) = (true, false);
        while !rest.is_empty() {
            let (rune, after) = next_rune(rest)?;
            rest = after;
            match rune {
                'i' => flags.fold = value,
                'm' => flags.multi_line = value,
                's' => flags.dot_newline = value,
                'U' => flags.lazy = value,
                '-' if value => {
                    (value, seen) = (false, false);
                    continue;
                }
                ':' | ')' if value || seen => {
                    if rune == ':' {
                        self.open.push(Group { flags: self.flags, ..Group::default() });
                    }
                    self.flags = flags;
                    return Ok(rest);
                }
                _ => return Err(SyntaxError::new("invalid or unsupported Perl syntax", between(text, rest))),
            }
            seen = true;
        }
        // A pattern that ends here lacks at least its parenthesis.
        Err(SyntaxError::new("invalid or unsupported Perl syntax", text))
    }

    fn named_capture(&mut self, text: &'p [u8], start: usize) -> Result<&'p [u8], SyntaxError> {
        let Some(end) = text.iter().position(|it| *it == b'>') else {
            check_utf8(text)?;
            return Err(SyntaxError::new("invalid named capture", text));
        };
        let (head, after) = text.split_at(end + 1);
        let name = text.get(start..end).unwrap_or_default();
        check_utf8(name)?;
        if name.is_empty() || !name.iter().all(|it| it.is_ascii_alphanumeric() || *it == b'_') {
            return Err(SyntaxError::new("invalid named capture", head));
        }
        self.open_capture(Some(String::from_utf8_lossy(name).into_owned()));
        Ok(after)
    }

    /// Reads what starts with a backslash outside of brackets.
    fn escape(&mut self, text: &'p [u8]) -> Result<&'p [u8], SyntaxError> {
        let after = text.get(2..).unwrap_or_default();
        match text.get(1) {
            Some(b'A') => return self.look(Look::Start, after),
            Some(b'b') => return self.look(Look::WordAscii, after),
            Some(b'B') => return self.look(Look::WordAsciiNegate, after),
            Some(b'z') => return self.look(Look::End, after),
            Some(b'C') => return Err(SyntaxError::new("invalid escape sequence", text.get(..2).unwrap_or_default())),
            Some(b'Q') => {
                let mut rest = after;
                while !rest.is_empty() {
                    if let Some(after) = rest.strip_prefix(br"\E") {
                        return Ok(after);
                    }
                    let (rune, after) = next_rune(rest)?;
                    self.literal(rune)?;
                    rest = after;
                }
                return Ok(rest);
            }
            _ => {}
        }
        if let Some((class, after)) = self.class_escape(text)? {
            self.push_class(class)?;
            return Ok(after);
        }
        let (rune, after) = rune_escape(text)?;
        self.literal(rune)?;
        Ok(after)
    }
}

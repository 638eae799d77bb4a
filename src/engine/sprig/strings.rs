//! Strings.
//!
//! Mirrors sprig's `strings.go` and the functions of `strings` and `goutils` that it exposes. Offsets and lengths are in
//! bytes, as they are there.

use super::arguments::{
    ANY, BOOL, INT, Outcome, STRING, STRING_MAP, any, function, int, string, strings, text, variadic,
};
use super::case;
use super::cast::{to_text, to_texts};
use super::runes::{self, find, trim};
use super::unicode;
use super::wrap;
use crate::budget;
use crate::fmt;
use crate::gotmpl::{Function, Gives, Layout, Sealed};
use crate::strconv;
use crate::value::{Failure, Map, Str, Type, Value};

/// The longest text that is made by repetition; Go would run out of memory.
const LONGEST: usize = crate::limits::REPEATED.size();

pub(super) const FUNCTIONS: &[Function] = &[
    function("hello", &[], STRING, Sealed::Pass, |_| string("Hello!")),
    function("abbrev", &[INT, STRING], STRING, Sealed::Defer, |args| {
        let (width, text) = (int(args, 0), text(args, 1));
        if width < 4 { string(text) } else { string(abbreviate(&text, 0, width)) }
    }),
    function("abbrevboth", &[INT, INT, STRING], STRING, Sealed::Defer, |args| {
        let (left, right, text) = (int(args, 0), int(args, 1), text(args, 2));
        if right < 4 || left > 0 && right < 7 { string(text) } else { string(abbreviate(&text, left, right)) }
    }),
    function("trunc", &[INT, STRING], STRING, Sealed::Defer, trunc),
    function("trim", &[STRING], STRING, Sealed::Defer, |args| string(runes::trim_space(&text(args, 0)))),
    function("trimall", &[STRING, STRING], STRING, Sealed::Defer, trim_all),
    function("trimAll", &[STRING, STRING], STRING, Sealed::Defer, trim_all),
    function("trimSuffix", &[STRING, STRING], STRING, Sealed::Known(Gives::Cut), |args| {
        let text = text(args, 1);
        string(text.strip_suffix(&*self::text(args, 0)).unwrap_or(&text))
    }),
    function("trimPrefix", &[STRING, STRING], STRING, Sealed::Known(Gives::Cut), |args| {
        let text = text(args, 1);
        string(text.strip_prefix(&*self::text(args, 0)).unwrap_or(&text))
    }),
    function("upper", &[STRING], STRING, Sealed::Known(Gives::SameBraces), |args| {
        string(case::map(&text(args, 0), unicode::to_upper))
    }),
    function("lower", &[STRING], STRING, Sealed::Known(Gives::SameBraces), |args| {
        string(case::map(&text(args, 0), unicode::to_lower))
    }),
    function("title", &[STRING], STRING, Sealed::Known(Gives::Text), |args| string(case::title(&text(args, 0)))),
    function("untitle", &[STRING], STRING, Sealed::Known(Gives::Text), |args| string(case::untitle(&text(args, 0)))),
    function("swapcase", &[STRING], STRING, Sealed::Known(Gives::Text), |args| string(case::swap(&text(args, 0)))),
    function("snakecase", &[STRING], STRING, Sealed::Defer, |args| string(case::lower_words(&text(args, 0), '_'))),
    function("kebabcase", &[STRING], STRING, Sealed::Defer, |args| string(case::lower_words(&text(args, 0), '-'))),
    function("camelcase", &[STRING], STRING, Sealed::Defer, |args| string(case::pascal(&text(args, 0)))),
    function("substr", &[INT, INT, STRING], STRING, Sealed::Defer, substr),
    function("repeat", &[INT, STRING], STRING, Sealed::Defer, |args| string(repeat(&text(args, 1), int(args, 0))?)),
    function("nospace", &[STRING], STRING, Sealed::Defer, |args| string(no_space(&text(args, 0)))),
    function("initials", &[STRING], STRING, Sealed::Defer, |args| string(initials(&text(args, 0)))),
    function("wrap", &[INT, STRING], STRING, Sealed::Defer, |args| {
        string(wrap::wrap(&text(args, 1), int(args, 0), b"\n", false))
    }),
    function("wrapWith", &[INT, STRING, STRING], STRING, Sealed::Defer, |args| {
        let separator = text(args, 1);
        let separator = if separator.is_empty() { b"\n" } else { &*separator };
        let width = usize::try_from(int(args, 0).max(1)).unwrap_or(1);
        budget::ask((text(args, 2).len() / width).saturating_mul(separator.len()))?;
        string(wrap::wrap(&text(args, 2), int(args, 0), separator, true))
    }),
    function("contains", &[STRING, STRING], BOOL, Sealed::Contains, |args| {
        Ok(find(&text(args, 1), &text(args, 0)).is_some().into())
    }),
    function("hasPrefix", &[STRING, STRING], BOOL, Sealed::Refuse, |args| {
        Ok(text(args, 1).starts_with(&text(args, 0)).into())
    }),
    function("hasSuffix", &[STRING, STRING], BOOL, Sealed::Refuse, |args| {
        Ok(text(args, 1).ends_with(&text(args, 0)).into())
    }),
    variadic("quote", &[ANY], STRING, Sealed::Known(Gives::Quoted), |args| {
        spaced(args, |it| strconv::quote(&to_text(it)).into_bytes())
    }),
    variadic("squote", &[ANY], STRING, Sealed::Pass, |args| {
        spaced(args, |it| [b"'", &*fmt::print_value(it), b"'"].concat())
    }),
    variadic("cat", &[ANY], STRING, Sealed::Pass, |args| spaced(args, |it| fmt::print_value(it).to_vec())),
    function("indent", &[INT, STRING], STRING, Sealed::Layout(Layout::Indent), |args| {
        string(indent(&text(args, 1), int(args, 0), b"")?)
    }),
    function("nindent", &[INT, STRING], STRING, Sealed::Layout(Layout::NewLineIndent), |args| {
        string(indent(&text(args, 1), int(args, 0), b"\n")?)
    }),
    function("replace", &[STRING, STRING, STRING], STRING, Sealed::Known(Gives::Replaced), |args| {
        let (old, new, text) = (text(args, 0), text(args, 1), text(args, 2));
        if new.len() > old.len() {
            // Nothing stands before every character.
            let found = match old.len() {
                0 => text.len() + 1,
                length => text.windows(length).filter(|it| *it == &*old).count(),
            };
            budget::ask(found.saturating_mul(new.len() - old.len()))?;
        }
        string(runes::replace(&text, &old, &new))
    }),
    function("plural", &[STRING, STRING, INT], STRING, Sealed::Pass, |args| {
        string(text(args, if int(args, 2) == 1 { 0 } else { 1 }))
    }),
    function("toString", &[ANY], STRING, Sealed::Pass, |args| string(to_text(&any(args, 0)))),
    function("toStrings", &[ANY], Type::STRINGS, Sealed::Pass, |args| Ok(to_texts(&any(args, 0)).into())),
    function("join", &[STRING, ANY], STRING, Sealed::Pass, |args| {
        let texts = to_texts(&any(args, 1));
        budget::ask_items(texts.len())?;
        let separators = texts.len().saturating_mul(text(args, 0).len());
        let length = texts.items().iter().map(|it| if let Value::Str(it) = it { it.len() } else { 0 }).sum::<usize>();
        budget::ask(separators.saturating_add(length))?;
        let texts = texts.items().iter().map(to_text).collect::<Vec<_>>();
        string(texts.join(&*text(args, 0)))
    }),
    function("sortAlpha", &[ANY], Type::STRINGS, Sealed::Refuse, sort_alpha),
    function("split", &[STRING, STRING], STRING_MAP, Sealed::Refuse, |args| {
        numbered(runes::split(&text(args, 1), &text(args, 0), None))
    }),
    function("splitn", &[STRING, INT, STRING], STRING_MAP, Sealed::Refuse, |args| {
        let (separator, text) = (text(args, 0), text(args, 2));
        match usize::try_from(int(args, 1)) {
            Ok(0) => Ok(Map::new(STRING_MAP).into()),
            limit => numbered(runes::split(&text, &separator, limit.ok())),
        }
    }),
    function("splitList", &[STRING, STRING], Type::STRINGS, Sealed::Refuse, |args| {
        strings(runes::split(&text(args, 1), &text(args, 0), None))
    }),
    function("fail", &[STRING], STRING, Sealed::Refuse, |args| Err(text(args, 0).to_text().into_owned().into())),
];

/// A part of a text as Go slices it, with Go's error where the bounds are wrong.
fn cut(text: &[u8], start: i64, end: i64) -> Result<&[u8], Failure> {
    let length = text.len() as i64;
    let fault = match () {
        () if end < 0 => format!("[:{end}]"),
        () if end > length => format!("[:{end}] with length {length}"),
        () if start < 0 => format!("[{start}:]"),
        () if start > end => format!("[{start}:{end}]"),
        () => return Ok(text.get(start as usize..end as usize).unwrap_or_default()),
    };
    Err(format!("runtime error: slice bounds out of range {fault}").into())
}

fn trunc(args: &[Value]) -> Outcome {
    let (count, text) = (int(args, 0), text(args, 1));
    let length = text.len() as i64;
    if count < 0 && length + count > 0 {
        return string(cut(&text, length + count, length)?);
    }
    if count >= 0 && length > count {
        return string(cut(&text, 0, count)?);
    }
    string(text)
}

fn substr(args: &[Value]) -> Outcome {
    let (start, end, text) = (int(args, 0), int(args, 1), text(args, 2));
    let length = text.len() as i64;
    let part = match () {
        () if start < 0 => cut(&text, 0, end)?,
        // Of an open slice Go compares the start with the length alone.
        () if end < 0 || end > length => cut(&text, start, length)?,
        () => cut(&text, start, end)?,
    };
    string(part)
}

fn trim_all(args: &[Value]) -> Outcome {
    let cutset = runes::runes(&text(args, 0)).collect::<Vec<_>>();
    string(trim(&text(args, 1), |it| cutset.contains(&it)))
}

fn repeat(text: &[u8], count: i64) -> Result<Vec<u8>, Failure> {
    let Ok(count) = usize::try_from(count) else { return Err("strings: negative Repeat count".into()) };
    budget::ask(text.len().saturating_mul(count))?;
    match text.len().checked_mul(count) {
        Some(..=LONGEST) => Ok(text.repeat(count)),
        _ => Err("strings: Repeat output length overflow".into()),
    }
}

fn indent(text: &[u8], spaces: i64, before: &[u8]) -> Result<Vec<u8>, Failure> {
    let pad = repeat(b" ", spaces)?;
    let breaks = text.iter().filter(|it| **it == b'\n').count();
    budget::ask(pad.len().saturating_mul(breaks))?;
    let mut out = Vec::with_capacity(before.len() + pad.len() + text.len());
    out.extend_from_slice(before);
    for (at, line) in text.split(|it| *it == b'\n').enumerate() {
        if at > 0 {
            out.push(b'\n');
        }
        out.extend_from_slice(&pad);
        out.extend_from_slice(line);
    }
    Ok(out)
}

/// The texts of the values that are not nil, with a space between two.
fn spaced(values: &[Value], print: impl Fn(&Value) -> Vec<u8>) -> Outcome {
    let mut texts = Vec::new();
    for value in values.iter().filter(|it| !matches!(it, Value::Nil)) {
        let text = print(value);
        budget::ask(text.len())?;
        texts.push(text);
    }
    string(texts.join(&b' '))
}

/// Sorts a `[]string` where it stands, and a new list of texts of everything else.
fn sort_alpha(args: &[Value]) -> Outcome {
    let texts = to_texts(&any(args, 0));
    texts.items_mut().sort_by(|a, b| match (a, b) {
        (Value::Str(a), Value::Str(b)) => a.cmp(b),
        _ => std::cmp::Ordering::Equal,
    });
    Ok(match any(args, 0) {
        Value::Nil => strings([Str::from("<nil>")])?,
        _ => texts.into(),
    })
}

/// A `map[string]string` of the parts as `_0`, `_1` and so on.
fn numbered(parts: Vec<&[u8]>) -> Outcome {
    budget::ask_items(parts.len().saturating_mul(3))?;
    let map = Map::new(STRING_MAP);
    for (index, part) in parts.into_iter().enumerate() {
        map.insert(format!("_{index}"), Value::Str(part.into()));
    }
    Ok(map.into())
}

/// Mirrors `goutils.DeleteWhiteSpace`, which takes each byte for a character.
fn no_space(text: &[u8]) -> Vec<u8> {
    let kept = text.iter().map(|it| char::from(*it)).filter(|it| !unicode::is_space(*it)).collect::<String>();
    if kept.chars().count() == text.len() { text.to_vec() } else { kept.into_bytes() }
}

/// Mirrors `goutils.Initials`, which takes each byte for a character.
fn initials(text: &[u8]) -> String {
    let mut out = String::new();
    let mut gap = true;
    for rune in text.iter().map(|it| char::from(*it)) {
        if unicode::is_space(rune) {
            gap = true;
        } else if gap {
            out.push(rune);
            gap = false;
        }
    }
    out
}

/// Mirrors `goutils.AbbreviateFull` for widths that are wide enough.
fn abbreviate(text: &[u8], offset: i64, width: i64) -> Vec<u8> {
    let length = text.len() as i64;
    if length <= width {
        return text.to_vec();
    }
    let kept = width - 3;
    let offset = offset.min(length).min(length - kept);
    let part = |start: i64, end: i64| cut(text, start, end).unwrap_or_default();
    if offset <= 4 {
        return [part(0, kept), b"..."].concat();
    }
    if width < 7 {
        return Vec::new();
    }
    if offset + kept < length {
        return [&b"..."[..], &abbreviate(part(offset, length), 0, kept)].concat();
    }
    [&b"..."[..], part(length - kept, length)].concat()
}

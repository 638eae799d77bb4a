//! Regular expressions.
//!
//! Mirrors sprig's `regex.go`: a function without `must` panics with Go's text, except that `regexMatch` says no.

use std::rc::Rc;

use super::arguments::{BOOL, INT, Outcome, STRING, function, int, string, text};
use super::regexp::{Regexp, SyntaxError, panic_text, quote_meta};
use crate::budget;
use crate::gotmpl::{Function, Sealed};
use crate::value::{Failure, List, Type, Value, capacity};

const STRINGS: Type = Type::STRINGS;

pub(super) const FUNCTIONS: &[Function] = &[
    function("regexMatch", &[STRING, STRING], BOOL, Sealed::Refuse, |args| {
        Ok(compile(args).is_ok_and(|it| it.is_match(&text(args, 1))).into())
    }),
    function("mustRegexMatch", &[STRING, STRING], BOOL, Sealed::Refuse, |args| {
        Ok(checked(args)?.is_match(&text(args, 1)).into())
    }),
    function("regexFind", &[STRING, STRING], STRING, Sealed::Defer, |args| find(&*must(args)?, args)),
    function("mustRegexFind", &[STRING, STRING], STRING, Sealed::Defer, |args| find(&*checked(args)?, args)),
    function("regexFindAll", &[STRING, STRING, INT], STRINGS, Sealed::Refuse, |args| find_all(&*must(args)?, args)),
    function("mustRegexFindAll", &[STRING, STRING, INT], STRINGS, Sealed::Refuse, |args| {
        find_all(&*checked(args)?, args)
    }),
    function("regexReplaceAll", &[STRING, STRING, STRING], STRING, Sealed::Defer, |args| {
        replaced(args)?;
        string(must(args)?.replace_all(&text(args, 1), &text(args, 2)))
    }),
    function("mustRegexReplaceAll", &[STRING, STRING, STRING], STRING, Sealed::Defer, |args| {
        replaced(args)?;
        string(checked(args)?.replace_all(&text(args, 1), &text(args, 2)))
    }),
    function("regexReplaceAllLiteral", &[STRING, STRING, STRING], STRING, Sealed::Defer, |args| {
        replaced(args)?;
        string(must(args)?.replace_all_literal(&text(args, 1), &text(args, 2)))
    }),
    function("mustRegexReplaceAllLiteral", &[STRING, STRING, STRING], STRING, Sealed::Defer, |args| {
        replaced(args)?;
        string(checked(args)?.replace_all_literal(&text(args, 1), &text(args, 2)))
    }),
    function("regexSplit", &[STRING, STRING, INT], STRINGS, Sealed::Refuse, |args| split(&*must(args)?, args)),
    function("mustRegexSplit", &[STRING, STRING, INT], STRINGS, Sealed::Refuse, |args| split(&*checked(args)?, args)),
    function("regexQuoteMeta", &[STRING], STRING, Sealed::Defer, |args| string(quote_meta(&text(args, 0)))),
];

fn compile(args: &[Value]) -> Result<Rc<Regexp>, SyntaxError> {
    Regexp::compile(&text(args, 0))
}

/// The expression, or the error that `regexp.Compile` returns.
fn checked(args: &[Value]) -> Result<Rc<Regexp>, Failure> {
    compile(args).map_err(|it| it.to_string().into())
}

/// The expression, or the error that `regexp.MustCompile` panics with.
fn must(args: &[Value]) -> Result<Rc<Regexp>, Failure> {
    compile(args).map_err(|it| panic_text(&text(args, 0), &it).into())
}

/// Asks for what replacing may make of a text: every character may be a match, and every `$` in what comes in its place
/// may be all of the text.
fn replaced(args: &[Value]) -> Result<(), Failure> {
    let (text, new) = (text(args, 1), text(args, 2));
    Ok(budget::ask((text.len() + 1).saturating_mul(new.len()))?)
}

fn find(regexp: &Regexp, args: &[Value]) -> Outcome {
    string(regexp.find(&text(args, 1)).unwrap_or_default())
}

fn find_all(regexp: &Regexp, args: &[Value]) -> Outcome {
    // Go begins with room for ten.
    texts(regexp.find_all(&text(args, 1), int(args, 2)).map(|it| (it, 10)))
}

fn split(regexp: &Regexp, args: &[Value]) -> Outcome {
    texts(regexp.split(&text(args, 1), int(args, 2)))
}

/// Texts that Go has appended one by one to a list with that much room.
fn texts(parts: Option<(Vec<&[u8]>, usize)>) -> Outcome {
    let Some((parts, room)) = parts else { return Ok(List::nil(STRINGS).into()) };
    budget::ask_items(parts.len())?;
    let capacity = capacity::grown(STRINGS, room, parts.len());
    let items = parts.into_iter().map(|it| Value::Str(it.into())).collect();
    Ok(List::with_capacity(STRINGS, items, capacity).into())
}

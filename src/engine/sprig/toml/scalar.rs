//! Scalars of a TOML text: strings, numbers, times and booleans.

use crate::sprig::toml::cursor::{Cursor, END, TomlError, is_newline};
use crate::sprig::toml::{number, text};
use crate::strconv;
use crate::value::{Str, Value};

/// A string in double quotes, of which the first is taken.
pub fn basic_string(cursor: &mut Cursor<'_>) -> Result<Str, TomlError> {
    let start = cursor.position();
    loop {
        let before = *cursor;
        match cursor.next()? {
            END => return cursor.fault_at(END, "unexpected EOF; expected '\"'"),
            rune if is_newline(rune) => return cursor.fault_above("strings cannot contain newlines"),
            '\\' => escape(cursor, start)?,
            '"' => return unescaped(cursor, before.since(start)),
            _ => (),
        }
    }
}

/// A string in single quotes, of which the first is taken.
pub fn literal_string(cursor: &mut Cursor<'_>) -> Result<Str, TomlError> {
    let start = cursor.position();
    loop {
        let before = *cursor;
        match cursor.next()? {
            END => return cursor.fault_at(END, "unexpected EOF; expected \"'\""),
            rune if is_newline(rune) => return cursor.fault_above("strings cannot contain newlines"),
            '\'' => return Ok(before.since(start).into()),
            _ => (),
        }
    }
}

/// A string in three double quotes, of which the first three are taken.
pub fn long_basic_string(cursor: &mut Cursor<'_>) -> Result<Str, TomlError> {
    let start = cursor.position();
    loop {
        match cursor.next()? {
            END => return cursor.fault_at(END, "unexpected EOF; expected '\"\"\"'"),
            '\\' => {
                let before = *cursor;
                if !is_newline(cursor.next()?) {
                    *cursor = before;
                    escape(cursor, start)?;
                }
            }
            '"' => {
                if let Some((content, line)) = closing(cursor, '"', start)? {
                    let content = text::strip_escaped_newlines(text::strip_first_newline(content));
                    return text::unescape(&content).map_err(|message| TomlError { line, message });
                }
            }
            _ => (),
        }
    }
}

/// A string in three single quotes, of which the first three are taken.
pub fn long_literal_string(cursor: &mut Cursor<'_>) -> Result<Str, TomlError> {
    let start = cursor.position();
    loop {
        match cursor.next()? {
            END => return cursor.fault_at(END, "unexpected EOF; expected \"'''\""),
            '\'' => {
                if let Some((content, _)) = closing(cursor, '\'', start)? {
                    return Ok(text::strip_first_newline(content).into());
                }
            }
            _ => (),
        }
    }
}

/// After one quote of a long string: its content where three quotes end it, which up to two more may stand before.
fn closing<'a>(cursor: &mut Cursor<'a>, quote: char, start: usize) -> Result<Option<(&'a [u8], usize)>, TomlError> {
    let after_first = *cursor;
    if !(cursor.accept(quote)? && cursor.accept(quote)?) {
        *cursor = after_first;
        return Ok(None);
    }
    if cursor.peek()? == quote {
        let five = [quote as u8; 5];
        let seen = cursor.since(start);
        let escaped = quote == '"' && seen.ends_with(&[&b"\\"[..], &five[..]].concat());
        if seen.ends_with(&five) && !escaped {
            let six = quote.to_string().repeat(6);
            let message = if quote == '"' { format!("unexpected '{six}'") } else { format!("unexpected \"{six}\"") };
            return cursor.fault(message);
        }
        *cursor = after_first;
        return Ok(None);
    }
    let seen = cursor.since(start);
    Ok(Some((&seen[..seen.len() - 3], cursor.line())))
}

/// Checks the form of an escape whose backslash is taken.
fn escape(cursor: &mut Cursor<'_>, start: usize) -> Result<(), TomlError> {
    let code = cursor.next()?;
    let (digits, count) = match code {
        'b' | 't' | 'n' | 'f' | 'r' | 'e' | '"' | '\\' | ' ' | '\t' => return Ok(()),
        'x' => (2, "two"),
        'u' => (4, "four"),
        'U' => (8, "eight"),
        _ => {
            let message = format!("invalid escape in string '\\{code}'");
            return if code == END { cursor.fault_above(message) } else { cursor.fault(message) };
        }
    };
    for _ in 0..digits {
        let rune = cursor.next()?;
        if !rune.is_ascii_hexdigit() {
            let seen = strconv::quote(cursor.since(start));
            let message = format!("expected {count} hexadecimal digits after '\\{code}', but got {seen} instead");
            return cursor.fault_at(rune, message);
        }
    }
    Ok(())
}

fn unescaped(cursor: &Cursor<'_>, content: &[u8]) -> Result<Str, TomlError> {
    text::unescape(content).or_else(|message| cursor.fault(message))
}

/// `true` or `false`.
pub fn boolean(cursor: &mut Cursor<'_>) -> Result<Value, TomlError> {
    let start = cursor.position();
    cursor.skip(char::is_alphabetic)?;
    match cursor.since(start) {
        b"true" => Ok(Value::Bool(true)),
        b"false" => Ok(Value::Bool(false)),
        other => {
            let message = format!("expected value but found {} instead", strconv::quote(other));
            // Go has looked at the end of the text already where the word stands there.
            cursor.fault(message)
        }
    }
}

/// `inf` or `nan`, whose first letter is taken.
pub fn special_float(cursor: &mut Cursor<'_>, start: usize) -> Result<Value, TomlError> {
    let infinite = cursor.accept('n')? && cursor.accept('f')?;
    if infinite || (cursor.accept('a')? && cursor.accept('n')?) {
        return finish(cursor, start, number::float);
    }
    // One letter is given back, whatever was taken.
    cursor.back();
    boolean(cursor)
}

/// A number after its sign, which is taken.
pub fn signed(cursor: &mut Cursor<'_>, start: usize) -> Result<Value, TomlError> {
    let rune = cursor.next()?;
    match rune {
        'i' | 'n' => {
            let (second, third) = if rune == 'i' { ('n', 'f') } else { ('a', 'n') };
            if !(cursor.accept(second)? && cursor.accept(third)?) {
                let seen = String::from_utf8_lossy(cursor.since(start)).into_owned();
                return cursor.fault(format!("invalid float: '{seen}'"));
            }
            finish(cursor, start, number::float)
        }
        '0' if matches!(cursor.peek()?, 'b' | 'o' | 'x') => {
            let seen = String::from_utf8_lossy(cursor.since(start)).into_owned();
            cursor.fault(format!("cannot use sign with non-decimal numbers: '{seen}{}'", cursor.peek()?))
        }
        '.' => cursor.fault("floats must start with a digit, not '.'"),
        '0'..='9' => decimal(cursor, start),
        rune => cursor.fault_at(rune, format!("expected a digit but got {}", strconv::quote_rune(rune))),
    }
}

/// A number, a date or a time; its first digit is next.
pub fn number_or_date(cursor: &mut Cursor<'_>) -> Result<Value, TomlError> {
    let start = cursor.position();
    if cursor.next()? == '0' {
        let before = *cursor;
        let (name, digit): (&str, fn(char) -> bool) = match cursor.next()? {
            'b' => ("a binary", |it| matches!(it, '0' | '1')),
            'o' => ("an octal", |it| matches!(it, '0'..='7')),
            'x' => ("a hexadecimal", |it: char| it.is_ascii_hexdigit()),
            rune => {
                *cursor = before;
                return match rune {
                    '0'..='9' => digits_then(cursor, start),
                    _ => decimal(cursor, start),
                };
            }
        };
        let next = cursor.peek()?;
        if !digit(next) {
            let seen = String::from_utf8_lossy(cursor.since(start)).into_owned();
            return cursor.fault(format!("not {name} number: '{seen}{next}'"));
        }
        cursor.skip(|it| digit(it) || it == '_')?;
        return finish(cursor, start, number::integer);
    }
    digits_then(cursor, start)
}

/// Digits, and what their first other character makes of them.
fn digits_then(cursor: &mut Cursor<'_>, start: usize) -> Result<Value, TomlError> {
    cursor.skip(|it| it.is_ascii_digit())?;
    if !matches!(cursor.peek()?, '-' | ':') {
        return decimal(cursor, start);
    }
    cursor.skip(|it| it.is_ascii_digit() || matches!(it, '-' | ':' | 'T' | 't' | ' ' | '.' | 'Z' | 'z' | '+'))?;
    finish(cursor, start, |it| number::datetime(it.trim_matches(' ')))
}

fn decimal(cursor: &mut Cursor<'_>, start: usize) -> Result<Value, TomlError> {
    cursor.skip(|it| it.is_ascii_digit() || it == '_')?;
    if !matches!(cursor.peek()?, '.' | 'e' | 'E') {
        return finish(cursor, start, number::integer);
    }
    cursor.skip(|it| it.is_ascii_digit() || matches!(it, '_' | '.' | '-' | '+' | 'e' | 'E'))?;
    finish(cursor, start, number::float)
}

fn finish(cursor: &Cursor<'_>, start: usize, read: impl Fn(&str) -> Result<Value, String>) -> Result<Value, TomlError> {
    read(&String::from_utf8_lossy(cursor.since(start))).or_else(|message| cursor.fault(message))
}

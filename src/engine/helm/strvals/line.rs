//! Values as a line spells them.

use crate::strconv;
use crate::value::Value;

/// What `--set` makes of a value's text.
pub(super) fn typed(text: String) -> Value {
    if fold_equals(&text, "true") {
        return Value::Bool(true);
    }
    if fold_equals(&text, "false") {
        return Value::Bool(false);
    }
    if fold_equals(&text, "null") {
        return Value::Nil;
    }
    if text == "0" {
        return Value::Int64(0);
    }
    // A leading zero keeps the text a string, so that 0777 and telephone numbers survive.
    if !text.is_empty()
        && !text.starts_with('0')
        && let Ok(number) = strconv::parse_int(&text, 10, 64)
    {
        return Value::Int64(number);
    }
    Value::from(text)
}

/// `strings.EqualFold` against an ASCII word: U+017F folds to `s`, U+212A to `k`.
fn fold_equals(text: &str, word: &str) -> bool {
    let fold = |rune: char| match rune {
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        other => other.to_ascii_lowercase(),
    };
    text.chars().map(fold).eq(word.chars())
}

//! Go's `fmt`: the printing verbs over template values, and the escapers that `text/template` offers beside them.

mod escape;
mod format;
mod layout;
mod printer;

pub(crate) use escape::{html_escape, js_escape, query_escape};
pub(crate) use format::sprintf;

use crate::value::{Kind, Str, Value};
use printer::Printer;

/// `fmt.Sprint`: a space between two operands where neither is a string.
pub(crate) fn sprint(args: &[Value]) -> Str {
    let mut printer = Printer::default();
    let mut after_string = true;
    for arg in args {
        let is_string = arg.kind() == Kind::String;
        if !is_string && !after_string {
            printer.write(b" ");
        }
        printer.argument(arg, 'v');
        after_string = is_string;
    }
    printer.finish()
}

/// `fmt.Sprintln`: a space between all operands, and a newline.
pub(crate) fn sprintln(args: &[Value]) -> Str {
    let mut printer = Printer::default();
    for (index, arg) in args.iter().enumerate() {
        if index > 0 {
            printer.write(b" ");
        }
        printer.argument(arg, 'v');
    }
    printer.write(b"\n");
    printer.finish()
}

/// What `%v` prints for one value; the untyped `nil` is `<nil>`.
pub fn print_value(value: &Value) -> Str {
    if let Value::Str(text) = value {
        return text.clone();
    }
    let mut printer = Printer::default();
    printer.argument(value, 'v');
    printer.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn print_sets_spaces_between_operands_that_are_no_strings() {
        let args = [Value::Int(1), Value::Nil, "a".into(), "b".into(), Value::Bool(true), Value::Float(1.5)];
        assert_eq!(sprint(&args), "1 <nil>abtrue 1.5");
        assert_eq!(sprintln(&args), "1 <nil> a b true 1.5\n");
        assert_eq!(print_value(&Value::list([Value::Nil])), "[<nil>]");
    }
}

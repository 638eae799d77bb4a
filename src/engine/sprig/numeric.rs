//! Arithmetic on whatever converts to a number.
//!
//! Mirrors sprig's `numeric.go`: integers wrap, and the float forms compute in decimals.

use super::arguments::{ANY, INT, INTS, Outcome, STRING, any, function, int, rest, string, text, variadic};
use super::cast::{to_float, to_int};
use super::decimal::Decimal;
use crate::budget;
use crate::fmt;
use crate::gotmpl::{Function, Sealed};
use crate::strconv;
use crate::value::{Failure, List, Type, Value};

const INT64: Type = Type::Int64;
const FLOAT: Type = Type::Float64;

/// The longest list of numbers that is made; Go would run out of memory.
const LONGEST: usize = crate::limits::NUMBERS.size();

pub(super) const FUNCTIONS: &[Function] = &[
    function("int", &[ANY], INT, Sealed::Refuse, |args| Ok(Value::Int(to_int(&any(args, 0))))),
    function("int64", &[ANY], INT64, Sealed::Refuse, |args| Ok(Value::Int64(to_int(&any(args, 0))))),
    function("float64", &[ANY], FLOAT, Sealed::Refuse, |args| Ok(Value::Float(to_float(&any(args, 0))))),
    function("atoi", &[STRING], INT, Sealed::Refuse, |args| Ok(Value::Int(atoi(&text(args, 0).to_text())))),
    function("toDecimal", &[ANY], INT64, Sealed::Refuse, |args| {
        let digits = fmt::sprint(&[any(args, 0)]);
        Ok(Value::Int64(strconv::parse_int(&digits, 8, 64).unwrap_or(0)))
    }),
    variadic("add", &[ANY], INT64, Sealed::Refuse, |args| {
        Ok(Value::Int64(args.iter().fold(0, |sum: i64, it| sum.wrapping_add(to_int(it)))))
    }),
    function("add1", &[ANY], INT64, Sealed::Refuse, |args| Ok(Value::Int64(to_int(&any(args, 0)).wrapping_add(1)))),
    function("sub", &[ANY, ANY], INT64, Sealed::Refuse, |args| {
        Ok(Value::Int64(to_int(&any(args, 0)).wrapping_sub(to_int(&any(args, 1)))))
    }),
    function("div", &[ANY, ANY], INT64, Sealed::Refuse, |args| divide(args, i64::wrapping_div)),
    function("mod", &[ANY, ANY], INT64, Sealed::Refuse, |args| divide(args, i64::wrapping_rem)),
    variadic("mul", &[ANY, ANY], INT64, Sealed::Refuse, |args| fold(args, i64::wrapping_mul)),
    variadic("max", &[ANY, ANY], INT64, Sealed::Refuse, |args| fold(args, i64::max)),
    variadic("biggest", &[ANY, ANY], INT64, Sealed::Refuse, |args| fold(args, i64::max)),
    variadic("min", &[ANY, ANY], INT64, Sealed::Refuse, |args| fold(args, i64::min)),
    variadic("maxf", &[ANY, ANY], FLOAT, Sealed::Refuse, |args| fold_floats(args, max)),
    variadic("minf", &[ANY, ANY], FLOAT, Sealed::Refuse, |args| fold_floats(args, min)),
    function("add1f", &[ANY], FLOAT, Sealed::Refuse, |args| {
        decimals(&any(args, 0), &[Value::Int(1)], |a, b| Ok(a.add(b)))
    }),
    variadic("addf", &[ANY], FLOAT, Sealed::Refuse, |args| decimals(&Value::Float(0.0), args, |a, b| Ok(a.add(b)))),
    variadic("subf", &[ANY, ANY], FLOAT, Sealed::Refuse, |args| {
        decimals(&any(args, 0), rest(args, 1), |a, b| Ok(a.sub(b)))
    }),
    variadic("mulf", &[ANY, ANY], FLOAT, Sealed::Refuse, |args| {
        decimals(&any(args, 0), rest(args, 1), |a, b| Ok(a.mul(b)))
    }),
    variadic("divf", &[ANY, ANY], FLOAT, Sealed::Refuse, |args| decimals(&any(args, 0), rest(args, 1), Decimal::div)),
    function("ceil", &[ANY], FLOAT, Sealed::Refuse, |args| Ok(Value::Float(to_float(&any(args, 0)).ceil()))),
    function("floor", &[ANY], FLOAT, Sealed::Refuse, |args| Ok(Value::Float(to_float(&any(args, 0)).floor()))),
    variadic("round", &[ANY, INT, FLOAT], FLOAT, Sealed::Refuse, round),
    function("until", &[INT], INTS, Sealed::Refuse, |args| {
        let count = int(args, 0);
        numbers(range(0, count, if count < 0 { -1 } else { 1 })?)
    }),
    function("untilStep", &[INT, INT, INT], INTS, Sealed::Refuse, |args| {
        numbers(range(int(args, 0), int(args, 1), int(args, 2))?)
    }),
    variadic("seq", &[INT], STRING, Sealed::Refuse, seq),
];

/// Mirrors `strconv.Atoi` without its error: what is out of range is the nearest number that is in it.
fn atoi(text: &str) -> i64 {
    strconv::atoi(text).unwrap_or_else(|it| it.nearest())
}

fn divide(args: &[Value], operation: fn(i64, i64) -> i64) -> Outcome {
    match to_int(&any(args, 1)) {
        0 => Err("runtime error: integer divide by zero".into()),
        divisor => Ok(Value::Int64(operation(to_int(&any(args, 0)), divisor))),
    }
}

fn fold(args: &[Value], operation: fn(i64, i64) -> i64) -> Outcome {
    Ok(Value::Int64(args.iter().map(to_int).reduce(operation).unwrap_or(0)))
}

fn fold_floats(args: &[Value], operation: fn(f64, f64) -> f64) -> Outcome {
    Ok(Value::Float(args.iter().map(to_float).reduce(operation).unwrap_or(0.0)))
}

/// Mirrors `math.Max`: infinity beats NaN, NaN beats numbers, 0 beats -0.
fn max(a: f64, b: f64) -> f64 {
    match (a, b) {
        _ if a == f64::INFINITY || b == f64::INFINITY => f64::INFINITY,
        _ if a.is_nan() || b.is_nan() => f64::NAN,
        _ if a == 0.0 && b == 0.0 => {
            if a.is_sign_negative() {
                b
            } else {
                a
            }
        }
        _ => a.max(b),
    }
}

/// Mirrors `math.Min`.
fn min(a: f64, b: f64) -> f64 {
    -max(-a, -b)
}

fn decimals(first: &Value, others: &[Value], operation: fn(&Decimal, &Decimal) -> Result<Decimal, Failure>) -> Outcome {
    let mut result = Decimal::from_float(to_float(first))?;
    for other in others {
        result = operation(&result, &Decimal::from_float(to_float(other))?)?;
    }
    Ok(Value::Float(result.to_float()))
}

/// Rounds to decimal places, up from a fraction of `.5` or the one given; of a negative number the fraction is negative.
fn round(args: &[Value]) -> Outcome {
    let round_on = args.get(2).map_or(0.5, to_float);
    let power = power_of_ten(int(args, 1));
    let digit = power * to_float(&any(args, 0));
    let rounded = if fraction(digit) >= round_on { digit.ceil() } else { digit.floor() };
    Ok(Value::Float(rounded / power))
}

/// The fraction as `math.Modf` gives it: that of an infinity is NaN.
fn fraction(value: f64) -> f64 {
    if value.is_infinite() { f64::NAN } else { value - value.trunc() }
}

/// Mirrors `math.Pow(10, n)`, which multiplies squares of the scaled mantissa 10/16.
fn power_of_ten(exponent: i64) -> f64 {
    let (mut square, mut square_exponent) = (10.0 / 16.0, 4_i64);
    let (mut power, mut power_exponent) = (1.0, 0_i64);
    let mut left = exponent.unsigned_abs();
    while left != 0 {
        if square_exponent.abs() > 1 << 12 {
            power_exponent += square_exponent;
            break;
        }
        if left & 1 == 1 {
            power *= square;
            power_exponent += square_exponent;
        }
        square *= square;
        square_exponent <<= 1;
        if square < 0.5 {
            square += square;
            square_exponent -= 1;
        }
        left >>= 1;
    }
    if exponent < 0 {
        power = 1.0 / power;
        power_exponent = -power_exponent;
    }
    scale(power, power_exponent)
}

/// `value * 2^exponent`, in steps that round once.
fn scale(value: f64, exponent: i64) -> f64 {
    match exponent {
        1024.. => scale_once(value, 1000) * scale_once(1.0, (exponent - 1000).min(1023)),
        ..-1022 => scale_once(value, 0) * scale_once(1.0, -1000) * scale_once(1.0, (exponent + 1000).max(-1022)),
        _ => scale_once(value, exponent),
    }
}

/// `value * 2^exponent` for an exponent that a normal float has.
fn scale_once(value: f64, exponent: i64) -> f64 {
    value * f64::from_bits(((exponent + 1023).cast_unsigned()) << 52)
}

fn numbers(numbers: Vec<i64>) -> Outcome {
    Ok(List::grown(INTS, numbers.into_iter().map(Value::Int).collect()).into())
}

/// Mirrors `untilStep`.
fn range(start: i64, stop: i64, step: i64) -> Result<Vec<i64>, Failure> {
    let down = stop < start;
    if step == 0 || down != (step < 0) {
        return Ok(Vec::new());
    }
    let count = (i128::from(stop) - i128::from(start)).unsigned_abs().div_ceil(step.unsigned_abs().into());
    budget::ask_items(usize::try_from(count).unwrap_or(usize::MAX))?;
    let mut numbers = Vec::new();
    let mut next = Some(start);
    while let Some(number) = next
        && (if down { number > stop } else { number < stop })
    {
        if count > LONGEST as u128 {
            return Err("runtime error: makeslice: len out of range".into());
        }
        numbers.push(number);
        next = number.checked_add(step);
    }
    Ok(numbers)
}

/// Mirrors the `seq` of Unix: last; first and last; or first, step and last.
fn seq(args: &[Value]) -> Outcome {
    let direction = |start: i64, end: i64| if end < start { -1 } else { 1 };
    let (start, step, end) = match args.len() {
        1 => (1, direction(1, int(args, 0)), int(args, 0)),
        2 => (int(args, 0), direction(int(args, 0), int(args, 1)), int(args, 1)),
        3 => (int(args, 0), int(args, 1), int(args, 2)),
        _ => return string(""),
    };
    if end < start && step > 0 {
        return string("");
    }
    let numbers = range(start, end.wrapping_add(direction(start, end)), step)?;
    string(numbers.iter().map(i64::to_string).collect::<Vec<_>>().join(" "))
}

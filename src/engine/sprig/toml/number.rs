//! Numbers and times, once they are cut out of the text. Errors are Go's texts.

use crate::strconv::{self, NumberFault};
use crate::time::{Rules, Time, Zone};
use crate::value::Value;

pub fn integer(text: &str) -> Result<Value, String> {
    let quoted = || strconv::quote(text.as_bytes());
    if !underscores_fit(text) {
        return Err(format!("Invalid integer {}: underscores must be surrounded by digits", quoted()));
    }
    if has_leading_zero(text) {
        return Err(format!("Invalid integer {}: cannot have leading zeroes", quoted()));
    }
    match strconv::parse_int(text, 0, 64) {
        Ok(value) => Ok(Value::Int64(value)),
        Err(_) => Err(format!("{text} is out of range for int64")),
    }
}

pub fn float(text: &str) -> Result<Value, String> {
    let quoted = || strconv::quote(text.as_bytes());
    let mut parts = text.split(['.', 'e', 'E']).filter(|it| !it.is_empty());
    if !parts.clone().all(underscores_fit) {
        return Err(format!("Invalid float {}: underscores must be surrounded by digits", quoted()));
    }
    if parts.next().is_some_and(has_leading_zero) {
        return Err(format!("Invalid float {}: cannot have leading zeroes", quoted()));
    }
    let mut after_period = text.split('.').skip(1);
    if !after_period.all(|it| it.starts_with(|first: char| first.is_ascii_digit())) {
        return Err(format!("Invalid float {}: '.' must be followed by one or more digits", quoted()));
    }
    match text {
        "nan" | "+nan" => Ok(Value::Float(f64::NAN.copysign(1.0))),
        "-nan" => Ok(Value::Float(f64::NAN.copysign(-1.0))),
        _ => match strconv::parse_float(text.replace('_', "")) {
            Ok(value) => Ok(Value::Float(value)),
            Err(error) if error.reason == NumberFault::Range => Err(format!("{text} is out of range for float64")),
            Err(_) => Err(format!("Invalid float value: {}", quoted())),
        },
    }
}

/// A date, a time, or both. What has no zone of its own stands in one of the zones that mark it so.
pub fn datetime(text: &str) -> Result<Value, String> {
    const FORMATS: [(&str, Option<&str>); 7] = [
        ("2006-01-02T15:04:05.999999999Z07:00", None),
        ("2006-01-02T15:04:05.999999999", Some(LOCAL_DATETIME)),
        ("2006-01-02", Some(LOCAL_DATE)),
        ("15:04:05.999999999", Some(LOCAL_TIME)),
        ("2006-01-02T15:04Z07:00", None),
        ("2006-01-02T15:04", Some(LOCAL_DATETIME)),
        ("15:04", Some(LOCAL_TIME)),
    ];
    let text = text.replace('z', "Z").replace(['t', ' '], "T");
    let invalid = || format!("invalid datetime: {}", strconv::quote(text.as_bytes()));
    for (layout, zone) in FORMATS {
        let Ok(time) = Time::parse(layout.as_bytes(), text.as_bytes(), Rules::utc()) else { continue };
        if lacks_leading_zero(&text, layout) {
            return Err(invalid());
        }
        return Ok(zone.map_or(time.clone(), |name| time.within(Zone::fixed(name, 0))).into());
    }
    Err(invalid())
}

pub const LOCAL_DATETIME: &str = "datetime-local";
pub const LOCAL_DATE: &str = "date-local";
pub const LOCAL_TIME: &str = "time-local";

/// Go's layouts take numbers of one digit; here every separator must stand in its place.
fn lacks_leading_zero(text: &str, layout: &str) -> bool {
    layout
        .bytes()
        .zip(text.bytes())
        .take_while(|(wanted, _)| !matches!(wanted, b'.' | b'Z'))
        .any(|(wanted, found)| !wanted.is_ascii_digit() && wanted != found)
}

fn has_leading_zero(text: &str) -> bool {
    let bytes = text.as_bytes();
    match bytes {
        [b'0', next, ..] => !matches!(next, b'b' | b'o' | b'x'),
        [b'-' | b'+', b'0', _, ..] => true,
        _ => false,
    }
}

fn underscores_fit(text: &str) -> bool {
    if matches!(text, "nan" | "+nan" | "-nan" | "inf" | "-inf" | "+inf") {
        return true;
    }
    let mut digit_before = false;
    for rune in text.chars() {
        if rune == '_' && !digit_before {
            return false;
        }
        digit_before = rune.is_ascii_hexdigit();
    }
    digit_before
}

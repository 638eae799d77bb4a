//! Go's `time.Duration`.

use std::any::Any;
use std::rc::Rc;

use crate::strconv;
use crate::time::parse::quote;
use crate::value::{Failure, Kind, Object, Type, Value};

/// A span of time in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duration(pub i64);

pub const DURATION: Type = Type::Named { name: "time.Duration", kind: Kind::Int64, underlying: None };

const UNITS: [(&str, u64); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("\u{b5}s", 1_000),
    ("\u{3bc}s", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];
const MOST: u64 = 1 << 63;

impl Duration {
    pub const SECOND: Duration = Duration(1_000_000_000);

    /// Reads `1h15m30.918s`. The error is Go's text.
    ///
    /// Mirrors `time.ParseDuration`.
    pub fn parse(text: &[u8]) -> Result<Duration, String> {
        let invalid = || format!("time: invalid duration {}", quote(text));
        let (negative, mut rest) = match text {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            _ => (false, text),
        };
        if rest == b"0" {
            return Ok(Duration(0));
        }
        if rest.is_empty() {
            return Err(invalid());
        }
        let mut total: u64 = 0;
        while !rest.is_empty() {
            let (whole, after) = whole(rest).ok_or_else(invalid)?;
            let had_whole = after.len() != rest.len();
            let (fraction, scale, after_fraction) = match after {
                [b'.', digits @ ..] => fraction(digits),
                _ => (0, 1.0, after),
            };
            let dot = usize::from(after.first() == Some(&b'.'));
            if !had_whole && after_fraction.len() + dot == after.len() {
                return Err(invalid());
            }
            let length = after_fraction.iter().take_while(|it| !matches!(it, b'.' | b'0'..=b'9')).count();
            let (written, after_unit) = after_fraction.split_at(length);
            if written.is_empty() {
                return Err(format!("time: missing unit in duration {}", quote(text)));
            }
            let unit = UNITS.iter().find(|(name, _)| name.as_bytes() == written).map(|(_, unit)| *unit);
            let unit =
                unit.ok_or_else(|| format!("time: unknown unit {} in duration {}", quote(written), quote(text)))?;
            if whole > MOST / unit {
                return Err(invalid());
            }
            // Floating point, and in this order, because Go computes so.
            let part = (fraction as f64 * (unit as f64 / scale)) as u64;
            total = (whole * unit).checked_add(part).filter(|it| *it <= MOST).ok_or_else(invalid)?.wrapping_add(total);
            if total > MOST {
                return Err(invalid());
            }
            rest = after_unit;
        }
        if negative {
            Ok(Duration((total as i64).wrapping_neg()))
        } else {
            i64::try_from(total).map(Duration).map_err(|_| invalid())
        }
    }

    /// Rounds to a multiple, halves away from zero.
    ///
    /// Mirrors `time.Duration.Round`.
    pub fn round(self, to: Duration) -> Duration {
        if to.0 <= 0 {
            return self;
        }
        let (value, to) = (i128::from(self.0), i128::from(to.0));
        let rest = value % to;
        let rounded = if rest.abs() * 2 < to { value - rest } else { value - rest + to * value.signum() };
        Duration::clamp(rounded)
    }

    pub fn truncate(self, to: Duration) -> Duration {
        if to.0 <= 0 { self } else { Duration(self.0 - self.0 % to.0) }
    }

    /// The nearest duration to a number of nanoseconds.
    pub fn clamp(nanos: i128) -> Duration {
        Duration(nanos.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64)
    }

    fn float(self, unit: i64) -> Value {
        Value::Float((self.0 / unit) as f64 + (self.0 % unit) as f64 / unit as f64)
    }
}

impl From<Duration> for Value {
    fn from(it: Duration) -> Self {
        Value::Object(Rc::new(it))
    }
}

/// Prints as `time.Duration.String`: `72h3m0.5s`.
impl std::fmt::Display for Duration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let nanos = self.0.unsigned_abs();
        if self.0 < 0 {
            f.write_str("-")?;
        }
        let decimal = |value: u64, unit: u64, width: usize| {
            let (whole, part) = (value / unit, value % unit);
            if part == 0 {
                whole.to_string()
            } else {
                format!("{whole}.{part:0width$}").trim_end_matches('0').to_owned()
            }
        };
        match nanos {
            0 => f.write_str("0s"),
            1..1_000 => write!(f, "{nanos}ns"),
            1_000..1_000_000 => write!(f, "{}\u{b5}s", decimal(nanos, 1_000, 3)),
            1_000_000..1_000_000_000 => write!(f, "{}ms", decimal(nanos, 1_000_000, 6)),
            _ => {
                let minutes = nanos / 60_000_000_000;
                if minutes >= 60 {
                    write!(f, "{}h", minutes / 60)?;
                }
                if minutes > 0 {
                    write!(f, "{}m", minutes % 60)?;
                }
                write!(f, "{}s", decimal(nanos % 60_000_000_000, 1_000_000_000, 9))
            }
        }
    }
}

impl Object for Duration {
    fn object_type(&self) -> Type {
        DURATION
    }

    fn method(&self, name: &str) -> Option<(&'static [Type], bool)> {
        match name {
            "Abs" | "Hours" | "Microseconds" | "Milliseconds" | "Minutes" | "Nanoseconds" | "Seconds" | "String" => {
                Some((&[], false))
            }
            "Round" | "Truncate" => Some((&[DURATION], false)),
            _ => None,
        }
    }

    fn call(&self, name: &str, args: &[Value]) -> Result<Value, Failure> {
        let argument = || args.first().and_then(duration_of).unwrap_or(Duration(0));
        Ok(match name {
            "Abs" => Duration(self.0.checked_abs().unwrap_or(i64::MAX)).into(),
            "Hours" => self.float(3_600_000_000_000),
            "Minutes" => self.float(60_000_000_000),
            "Seconds" => self.float(1_000_000_000),
            "Milliseconds" => Value::Int64(self.0 / 1_000_000),
            "Microseconds" => Value::Int64(self.0 / 1_000),
            "Nanoseconds" => Value::Int64(self.0),
            "String" => self.to_string().into(),
            "Round" => self.round(argument()).into(),
            "Truncate" => self.truncate(argument()).into(),
            _ => return Err(Failure::new(format!("no method {name}"))),
        })
    }

    fn truth(&self) -> bool {
        self.0 != 0
    }

    fn print(&self) -> String {
        self.to_string()
    }

    fn print_go(&self) -> String {
        self.0.to_string()
    }

    fn plain(&self) -> Value {
        Value::Int64(self.0)
    }

    fn equals(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref::<Duration>() == Some(self)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// The duration an argument of type `time.Duration` holds: an object, or the integer constant Go would convert.
pub fn duration_of(value: &Value) -> Option<Duration> {
    match value {
        Value::Int(it) | Value::Int64(it) => Some(Duration(*it)),
        Value::Object(object) => object.as_any().downcast_ref::<Duration>().copied(),
        _ => None,
    }
}

/// sprig's `duration`: seconds, as a text or an int64, printed as a duration; anything else counts as none.
pub fn from_seconds(value: &Value) -> Duration {
    let seconds = match value {
        Value::Int64(it) => *it,
        Value::Str(text) => parse_seconds(text),
        _ => 0,
    };
    Duration(seconds.wrapping_mul(1_000_000_000))
}

/// sprig's `durationRound`: the largest whole unit of a duration, years being 365 days and months 30.
pub fn largest_unit(duration: Duration) -> String {
    const SECOND: u64 = 1_000_000_000;
    const DAY: u64 = 86_400 * SECOND;
    const STEPS: [(u64, &str); 6] =
        [(365 * DAY, "y"), (30 * DAY, "mo"), (DAY, "d"), (3_600 * SECOND, "h"), (60 * SECOND, "m"), (SECOND, "s")];
    let nanos = duration.0.unsigned_abs();
    match STEPS.iter().find(|(unit, _)| nanos > *unit) {
        Some((unit, name)) => format!("{}{name}", nanos / unit),
        None => "0s".into(),
    }
}

/// What `strconv.ParseInt` leaves in its result when its error is dropped: zero, or the nearest number out of range.
fn parse_seconds(text: &[u8]) -> i64 {
    let Ok(text) = std::str::from_utf8(text) else { return 0 };
    strconv::parse_int(text, 10, 64).unwrap_or_else(|it| it.nearest())
}

/// Leading digits; `None` past 2^63.
fn whole(text: &[u8]) -> Option<(u64, &[u8])> {
    let digits = text.iter().take_while(|it| it.is_ascii_digit()).count();
    let (written, rest) = text.split_at(digits);
    let value = written.iter().try_fold(0u64, |sum, it| sum.checked_mul(10)?.checked_add(u64::from(it - b'0')));
    value.filter(|it| *it <= MOST).map(|it| (it, rest))
}

/// Leading digits as a fraction: its numerator and denominator. Digits past what a number can hold are dropped.
fn fraction(text: &[u8]) -> (u64, f64, &[u8]) {
    let digits = text.iter().take_while(|it| it.is_ascii_digit()).count();
    let (written, rest) = text.split_at(digits);
    let (mut value, mut scale) = (0u64, 1.0);
    for digit in written {
        let next = if value > (MOST - 1) / 10 { MOST + 1 } else { value * 10 + u64::from(digit - b'0') };
        if next > MOST {
            break;
        }
        value = next;
        scale *= 10.0;
    }
    (value, scale, rest)
}

//! The methods of `time.Time` that templates can reach.

use std::any::Any;
use std::rc::Rc;

use crate::time::duration::{DURATION, Duration, duration_of};
use crate::time::format::{LONG_MONTHS, LONG_WEEKDAYS};
use crate::time::moment::{RFC3339_NANO, TIME, Time, YEAR_ONE};
use crate::time::parse::quote;
use crate::time::zone::Zone;
use crate::value::{Failure, Kind, Object, Str, Type, Value};

const LOCATION: Type = Type::Named { name: "*time.Location", kind: Kind::Ptr, underlying: None };

impl Object for Time {
    fn object_type(&self) -> Type {
        TIME
    }

    fn method(&self, name: &str) -> Option<(&'static [Type], bool)> {
        parameters(name).map(|it| (it, false))
    }

    fn member_fault(&self, name: &str) -> Option<String> {
        fault(name)
    }

    fn call(&self, name: &str, args: &[Value]) -> Result<Value, Failure> {
        call(self, name, args)
    }

    fn print(&self) -> String {
        String::from_utf8_lossy(&self.format(b"2006-01-02 15:04:05.999999999 -0700 MST")).into_owned()
    }

    fn print_go(&self) -> String {
        let (date, second) = self.civil();
        let month = LONG_MONTHS.get((date.month - 1) as usize).copied().unwrap_or_default();
        let zone = match &self.zone {
            Zone::Utc => "time.UTC".into(),
            Zone::Local => "time.Local".into(),
            other => format!("time.Location({})", quote(other.name().as_bytes())),
        };
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        let (year, day, nanos) = (date.year, date.day, self.nanos);
        format!("time.Date({year}, time.{month}, {day}, {hour}, {minute}, {second}, {nanos}, {zone})")
    }

    fn plain(&self) -> Value {
        Value::Str(Str::from(self.format(RFC3339_NANO)))
    }

    fn equals(&self, other: &dyn Object) -> bool {
        let other = other.as_any().downcast_ref::<Time>();
        other.is_some_and(|it| self.ordinal() == it.ordinal() && self.zone.same(&it.zone))
    }

    fn deep_equals(&self, other: &dyn Object) -> bool {
        let other = other.as_any().downcast_ref::<Time>();
        other.is_some_and(|it| self.ordinal() == it.ordinal() && self.zone.alike(&it.zone))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// The parameter types of a method.
pub fn parameters(name: &str) -> Option<&'static [Type]> {
    Some(match name {
        "Add" | "Round" | "Truncate" => &[DURATION],
        "AddDate" => &[Type::Int, Type::Int, Type::Int],
        "After" | "Before" | "Compare" | "Equal" | "Sub" => &[TIME],
        "AppendBinary" | "AppendText" => &[Type::BYTES],
        "AppendFormat" => &[Type::BYTES, Type::String],
        "Format" => &[Type::String],
        "In" => &[LOCATION],
        "Day" | "GoString" | "GobEncode" | "Hour" | "IsDST" | "IsZero" | "Local" | "Location" | "MarshalBinary"
        | "MarshalJSON" | "MarshalText" | "Minute" | "Month" | "Nanosecond" | "Second" | "String" | "UTC" | "Unix"
        | "UnixMicro" | "UnixMilli" | "UnixNano" | "Weekday" | "Year" | "YearDay" => &[],
        "Clock" | "Date" | "ISOWeek" | "Zone" | "ZoneBounds" => &[],
        _ => return None,
    })
}

/// Calls a method whose arguments fit [`parameters`].
pub fn call(time: &Time, name: &str, args: &[Value]) -> Result<Value, Failure> {
    let duration = || args.first().and_then(duration_of).unwrap_or(Duration(0));
    let integer = |index| match args.get(index) {
        Some(Value::Int(it) | Value::Int64(it)) => *it,
        _ => 0,
    };
    let other = || match args.first() {
        Some(Value::Object(object)) => object.as_any().downcast_ref::<Time>().unwrap_or(time),
        _ => time,
    };
    let bytes = |index| match args.get(index) {
        Some(Value::Bytes(it) | Value::Str(it)) => it.to_vec(),
        _ => Vec::new(),
    };
    let append = |more: Vec<u8>| Value::Bytes([bytes(0), more].concat().into());
    let (date, second_of_day) = time.civil();
    Ok(match name {
        "Add" => time.add(duration()).into(),
        "AddDate" => time.add_date(integer(0), integer(1), integer(2)).into(),
        "After" => (time.ordinal() > other().ordinal()).into(),
        "AppendBinary" => append(binary(time)?),
        "AppendFormat" => append(time.format(&bytes(1))),
        "AppendText" => append(text(time, name)?),
        "Before" => (time.ordinal() < other().ordinal()).into(),
        "Compare" => Value::Int(time.ordinal().cmp(&other().ordinal()) as i64),
        "Day" => Value::Int(date.day),
        "Equal" => (time.ordinal() == other().ordinal()).into(),
        "Format" => Value::Str(time.format(&bytes(0)).into()),
        "GoString" => time.print_go().into(),
        "GobEncode" | "MarshalBinary" => Value::Bytes(binary(time)?.into()),
        "Hour" => Value::Int(second_of_day / 3600),
        "In" => match args.first() {
            Some(Value::Object(object)) => match object.as_any().downcast_ref::<Location>() {
                Some(location) => time.within(location.0.clone()).into(),
                None => return Err("time: missing Location in call to Time.In".into()),
            },
            _ => return Err("time: missing Location in call to Time.In".into()),
        },
        "IsDST" => time.period().daylight.into(),
        "IsZero" => (time.unix == -YEAR_ONE && time.nanos == 0).into(),
        "Local" => time.within(Zone::Local).into(),
        "Location" => Value::Object(Rc::new(Location(time.zone.clone()))),
        "MarshalJSON" => Value::Bytes([b"\"", &text(time, name)?[..], b"\""].concat().into()),
        "MarshalText" => Value::Bytes(text(time, name)?.into()),
        "Minute" => Value::Int(second_of_day / 60 % 60),
        "Month" => Name { kind: NameKind::Month, number: date.month }.into(),
        "Nanosecond" => Value::Int(i64::from(time.nanos)),
        "Round" => time.round(duration()).into(),
        "Second" => Value::Int(second_of_day % 60),
        "String" => time.print().into(),
        "Sub" => time.since(other()).into(),
        "Truncate" => time.truncate(duration()).into(),
        "UTC" => time.within(Zone::Utc).into(),
        "Unix" => Value::Int64(time.unix),
        "UnixMicro" => Value::Int64(time.unix_in(1_000)),
        "UnixMilli" => Value::Int64(time.unix_in(1_000_000)),
        "UnixNano" => Value::Int64(time.unix_in(1)),
        "Weekday" => Name { kind: NameKind::Weekday, number: time.weekday() }.into(),
        "Year" => Value::Int(date.year),
        "YearDay" => Value::Int(date.year_day),
        _ => return Err(Failure::new(format!("no method {name}"))),
    })
}

/// What Go says of methods with results that templates do not take, and of the fields of the struct.
pub fn fault(name: &str) -> Option<String> {
    let second =
        |found| Some(format!("invalid function signature for {name}: second return value should be error; is {found}"));
    match name {
        "Clock" | "Date" => Some(format!("function {name} has 3 return values; should be 1 or 2")),
        "ISOWeek" | "Zone" => second("int"),
        "ZoneBounds" => second("time.Time"),
        "ext" | "loc" | "wall" => Some(format!("{name} is an unexported field of struct type time.Time")),
        _ => None,
    }
}

fn text(time: &Time, method: &str) -> Result<Vec<u8>, Failure> {
    time.rfc3339().map_err(|error| Failure::new(format!("Time.{method}: {error}")))
}

/// Go's binary form: a version, the seconds since the year 1, the nanoseconds, and the offset in minutes, -1 being UTC.
fn binary(time: &Time) -> Result<Vec<u8>, Failure> {
    let offset = time.period().offset;
    let (minutes, seconds) = match time.zone {
        Zone::Utc => (-1, 0),
        _ => match i16::try_from(offset / 60) {
            Ok(-1) | Err(_) => return Err("Time.MarshalBinary: unexpected zone offset".into()),
            Ok(minutes) => (minutes, (offset % 60) as i8),
        },
    };
    let mut out = vec![if seconds == 0 { 1 } else { 2 }];
    out.extend(time.unix.wrapping_add(YEAR_ONE).to_be_bytes());
    out.extend(time.nanos.to_be_bytes());
    out.extend(minutes.to_be_bytes());
    if seconds != 0 {
        out.extend(seconds.to_be_bytes());
    }
    Ok(out)
}

/// Go's `*time.Location`.
#[derive(Clone, Debug)]
struct Location(Zone);

impl Object for Location {
    fn object_type(&self) -> Type {
        LOCATION
    }

    fn method(&self, name: &str) -> Option<(&'static [Type], bool)> {
        (name == "String").then_some((&[], false))
    }

    fn call(&self, _: &str, _: &[Value]) -> Result<Value, Failure> {
        Ok(self.0.name().into())
    }

    fn print(&self) -> String {
        self.0.name().into()
    }

    fn plain(&self) -> Value {
        Value::map::<&str, _>([])
    }

    fn equals(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref::<Location>().is_some_and(|it| self.0.same(&it.0))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NameKind {
    Month,
    Weekday,
}

/// Go's `time.Month` or `time.Weekday`: a number that prints as a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Name {
    kind: NameKind,
    number: i64,
}

impl Name {
    fn text(self) -> &'static str {
        match self.kind {
            NameKind::Month => LONG_MONTHS.get((self.number - 1) as usize),
            NameKind::Weekday => LONG_WEEKDAYS.get(self.number as usize),
        }
        .copied()
        .unwrap_or_default()
    }
}

impl From<Name> for Value {
    fn from(it: Name) -> Self {
        Value::Object(Rc::new(it))
    }
}

impl Object for Name {
    fn object_type(&self) -> Type {
        let name = match self.kind {
            NameKind::Month => "time.Month",
            NameKind::Weekday => "time.Weekday",
        };
        Type::Named { name, kind: Kind::Int, underlying: None }
    }

    fn method(&self, name: &str) -> Option<(&'static [Type], bool)> {
        (name == "String").then_some((&[], false))
    }

    fn call(&self, _: &str, _: &[Value]) -> Result<Value, Failure> {
        Ok(Value::Str(Str::from(self.text())))
    }

    fn truth(&self) -> bool {
        self.number != 0
    }

    fn print(&self) -> String {
        self.text().into()
    }

    fn print_go(&self) -> String {
        self.number.to_string()
    }

    fn plain(&self) -> Value {
        Value::Int(self.number)
    }

    fn equals(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref::<Name>() == Some(self)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

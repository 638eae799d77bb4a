//! sprig's dates and durations over Go's `time`.

use crate::gotmpl::{Body, Function, Machine, Sealed};
use crate::time::{Duration, Rules, TIME, Time, Zone, duration};
use crate::value::{Failure, Type, Value};
use crate::world::Call;

/// The functions of this module.
pub const FUNCTIONS: &[Function] = &[
    entry("ago", &[Type::Any], Type::String, Body::Machine(ago)),
    entry("date", &[Type::String, Type::Any], Type::String, Body::Machine(date)),
    entry("dateInZone", DATE_IN_ZONE, Type::String, Body::Machine(date_in_zone)),
    entry("dateModify", DATE_MODIFY, TIME, Body::Pure(date_modify)),
    entry("date_in_zone", DATE_IN_ZONE, Type::String, Body::Machine(date_in_zone)),
    entry("date_modify", DATE_MODIFY, TIME, Body::Pure(date_modify)),
    entry("duration", &[Type::Any], Type::String, Body::Pure(duration)),
    entry("durationRound", &[Type::Any], Type::String, Body::Machine(duration_round)),
    entry("htmlDate", &[Type::Any], Type::String, Body::Machine(html_date)),
    entry("htmlDateInZone", &[Type::Any, Type::String], Type::String, Body::Machine(html_date_in_zone)),
    entry("mustDateModify", DATE_MODIFY, TIME, Body::Pure(must_date_modify)),
    entry("mustToDate", &[Type::String, Type::String], TIME, Body::Machine(must_to_date)),
    entry("must_date_modify", DATE_MODIFY, TIME, Body::Pure(must_date_modify)),
    Function { sealed: Sealed::Pass, ..entry("now", &[], TIME, Body::Impure) },
    entry("toDate", &[Type::String, Type::String], TIME, Body::Machine(to_date)),
    entry("unixEpoch", &[TIME], Type::String, Body::Pure(unix_epoch)),
];

const DATE_IN_ZONE: &[Type] = &[Type::String, Type::Any, Type::String];
const DATE_MODIFY: &[Type] = &[Type::String, TIME];
const HTML: &[u8] = b"2006-01-02";

const fn entry(name: &'static str, params: &'static [Type], result: Type, body: Body) -> Function {
    Function { name, params, variadic: false, result, sealed: Sealed::Refuse, body }
}

fn date(machine: &mut Machine<'_>, args: &[Value]) -> Result<Value, Failure> {
    format_in(machine, text(args, 0), args.get(1), b"Local")
}

fn date_in_zone(machine: &mut Machine<'_>, args: &[Value]) -> Result<Value, Failure> {
    format_in(machine, text(args, 0), args.get(1), text(args, 2))
}

fn html_date(machine: &mut Machine<'_>, args: &[Value]) -> Result<Value, Failure> {
    format_in(machine, HTML, args.first(), b"Local")
}

fn html_date_in_zone(machine: &mut Machine<'_>, args: &[Value]) -> Result<Value, Failure> {
    format_in(machine, HTML, args.first(), text(args, 1))
}

fn format_in(machine: &mut Machine<'_>, layout: &[u8], date: Option<&Value>, zone: &[u8]) -> Result<Value, Failure> {
    let time = match (time_of(date), seconds_of(date)) {
        (Some(time), _) => time.clone(),
        (None, Some(seconds)) => Time::local(seconds, 0, local(machine)),
        (None, None) => now(machine)?,
    };
    // A zone that Go does not know is UTC.
    let zone = Zone::load(zone).unwrap_or(Zone::Utc);
    Ok(Value::Str(time.within(zone).format(layout).into()))
}

fn ago(machine: &mut Machine<'_>, args: &[Value]) -> Result<Value, Failure> {
    let now = now(machine)?;
    let since = match (time_of(args.first()), args.first()) {
        (Some(time), _) => now.since(time),
        (None, Some(Value::Int(seconds) | Value::Int64(seconds))) => {
            now.since(&Time::local(*seconds, 0, now.local.clone()))
        }
        _ => Duration(0),
    };
    Ok(since.round(Duration::SECOND).to_string().into())
}

fn duration(args: &[Value]) -> Result<Value, Failure> {
    Ok(duration::from_seconds(args.first().unwrap_or(&Value::Nil)).to_string().into())
}

fn duration_round(machine: &mut Machine<'_>, args: &[Value]) -> Result<Value, Failure> {
    let duration = match (time_of(args.first()), args.first()) {
        (Some(time), _) => now(machine)?.since(time),
        (None, Some(Value::Str(text))) => Duration::parse(text).unwrap_or(Duration(0)),
        (None, Some(Value::Int64(nanos))) => Duration(*nanos),
        _ => Duration(0),
    };
    Ok(duration::largest_unit(duration).into())
}

fn date_modify(args: &[Value]) -> Result<Value, Failure> {
    must_date_modify(args).or_else(|_| Ok(args.get(1).cloned().unwrap_or(Value::Nil)))
}

fn must_date_modify(args: &[Value]) -> Result<Value, Failure> {
    let duration = Duration::parse(text(args, 0))?;
    Ok(time_argument(args, 1)?.add(duration).into())
}

fn to_date(machine: &mut Machine<'_>, args: &[Value]) -> Result<Value, Failure> {
    must_to_date(machine, args).or_else(|_| Ok(Time::zero(local(machine)).into()))
}

fn must_to_date(machine: &mut Machine<'_>, args: &[Value]) -> Result<Value, Failure> {
    Ok(Time::parse(text(args, 0), text(args, 1), local(machine))?.into())
}

fn unix_epoch(args: &[Value]) -> Result<Value, Failure> {
    Ok(time_argument(args, 0)?.unix.to_string().into())
}

fn now(machine: &mut Machine<'_>) -> Result<Time, Failure> {
    let answer = machine.world().answer(&Call { function: "now", args: &[] })?;
    time_of(Some(&answer)).cloned().ok_or_else(|| Failure::new("the world gave no time for now"))
}

fn local(machine: &mut Machine<'_>) -> Rules {
    Rules::named(machine.world().local_zone())
}

fn time_of(value: Option<&Value>) -> Option<&Time> {
    match value {
        Some(Value::Object(object)) => object.as_any().downcast_ref(),
        _ => None,
    }
}

fn time_argument(args: &[Value], index: usize) -> Result<&Time, Failure> {
    time_of(args.get(index)).ok_or_else(|| Failure::new("expected time.Time"))
}

fn seconds_of(value: Option<&Value>) -> Option<i64> {
    match value {
        Some(Value::Int(it) | Value::Int64(it)) => Some(*it),
        Some(Value::Int32(it)) => Some(i64::from(*it)),
        _ => None,
    }
}

fn text(args: &[Value], index: usize) -> &[u8] {
    match args.get(index) {
        Some(Value::Str(it)) => it,
        _ => b"",
    }
}

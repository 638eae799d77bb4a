//! The time of day.

use jiff::Timestamp;

/// The present moment, to the second. A clock that stands outside of the years -9999 to 9999 counts as the nearest
/// moment in them.
pub fn now() -> Timestamp {
    moment(std::time::SystemTime::now())
}

fn moment(time: std::time::SystemTime) -> Timestamp {
    match time.duration_since(std::time::UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_secs()).ok().and_then(at).unwrap_or(latest()),
        Err(before) => i64::try_from(before.duration().as_secs()).ok().and_then(|it| at(-it)).unwrap_or(Timestamp::MIN),
    }
}

fn at(second: i64) -> Option<Timestamp> {
    Timestamp::from_second(second).ok()
}

/// The last moment without a fraction of a second.
fn latest() -> Timestamp {
    at(Timestamp::MAX.as_second()).unwrap_or(Timestamp::MAX)
}

/// The IANA name of the local time zone.
pub fn zone() -> String {
    // Where the system's link names the zone, no database of zones has to be searched for it.
    if std::env::var_os("TZ").is_none()
        && let Ok(target) = std::fs::read_link("/etc/localtime")
        && let Some((_, name)) = target.to_str().and_then(|it| it.rsplit_once("/zoneinfo/"))
    {
        return name.to_owned();
    }
    jiff::tz::TimeZone::system().iana_name().unwrap_or("UTC").to_owned()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    #[test]
    fn a_clock_may_stand_anywhere() {
        let years = |years: u64| Duration::from_secs(years * 31_557_600);
        assert_eq!(
            moment(UNIX_EPOCH + Duration::from_millis(1999)),
            Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_secs(1)
        );
        assert_eq!(moment(UNIX_EPOCH + years(8_100)), latest());
        assert_eq!(moment(UNIX_EPOCH + years(200_000)), latest());
        assert_eq!(moment(UNIX_EPOCH - years(200_000)), Timestamp::MIN);
        assert_eq!(latest().to_string(), "9999-12-30T22:00:00Z");
    }
}

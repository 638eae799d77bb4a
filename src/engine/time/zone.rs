//! Time zones: Go's `*time.Location`, answered from the zone database that is compiled in.

use std::rc::Rc;
use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};

static DATABASE: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// Seconds in 400 years, after which the calendar and so every zone rule repeats.
const CYCLE: i64 = 146_097 * 86_400;
/// January 1 of the years -9000 and 9000: well within what the database answers.
const FIRST: i64 = -346_180_780_800;
const LAST: i64 = 221_845_392_000;

/// The rules of one region.
#[derive(Clone, Debug, PartialEq)]
pub struct Rules(TimeZone);

/// Where a time is seen from.
#[derive(Clone, Debug)]
pub enum Zone {
    Utc,
    /// The zone Go calls `Local`; its rules stand beside the time.
    Local,
    Region(Rc<Region>),
    Fixed(Rc<Fixed>),
}

/// A region by its IANA name.
#[derive(Debug)]
pub struct Region {
    pub name: String,
    pub rules: Rules,
}

/// A zone of one offset, as `time.FixedZone` makes it.
#[derive(Debug)]
pub struct Fixed {
    pub name: String,
    pub offset: i64,
}

/// What holds in a zone at one instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period {
    /// The abbreviation; empty for a fixed zone without a name.
    pub name: String,
    /// Seconds east of UTC.
    pub offset: i64,
    pub daylight: bool,
}

impl Rules {
    pub fn utc() -> Self {
        Rules(TimeZone::UTC)
    }

    /// The rules of an IANA name; UTC where the database does not know it.
    pub fn named(name: &str) -> Self {
        Rules::find(name).unwrap_or_else(Rules::utc)
    }

    fn find(name: &str) -> Option<Self> {
        let zone = DATABASE.get(name).ok()?;
        // The database ignores case; the file system under Go's does not.
        (zone.iana_name() == Some(name)).then_some(Rules(zone))
    }

    fn period(&self, unix: i64) -> Period {
        let unix = if unix > LAST { LAST - CYCLE + (unix - LAST) % CYCLE } else { unix.max(FIRST) };
        let at = Timestamp::from_second(unix).unwrap_or(Timestamp::UNIX_EPOCH);
        let info = self.0.to_offset_info(at);
        Period {
            name: info.abbreviation().to_owned(),
            offset: i64::from(info.offset().seconds()),
            daylight: info.dst().is_dst(),
        }
    }

    /// The offset of the abbreviation: the one in force at this time as local time where there is one, else any.
    ///
    /// Mirrors `time.Location.lookupName`.
    pub fn offset_of(&self, name: &str, unix: i64) -> Option<i64> {
        let mut offsets: Vec<i64> = Vec::new();
        let first = self.period(FIRST);
        let later = self.0.following(Timestamp::MIN).take_while(|it| it.timestamp().as_second() < 2_145_916_800);
        let all = later.map(|it| (it.abbreviation().to_owned(), i64::from(it.offset().seconds())));
        for (found, offset) in std::iter::once((first.name, first.offset)).chain(all) {
            if found == name && !offsets.contains(&offset) {
                offsets.push(offset);
            }
        }
        let in_force = offsets.iter().find_map(|offset| {
            let period = self.period(unix.saturating_sub(*offset));
            (period.name == name).then_some(period.offset)
        });
        in_force.or_else(|| offsets.first().copied())
    }
}

impl Zone {
    /// The zone of a name as `time.LoadLocation` finds it: empty is UTC, and `None` stands for its error.
    pub fn load(name: &[u8]) -> Option<Zone> {
        match name {
            b"" | b"UTC" => Some(Zone::Utc),
            b"Local" => Some(Zone::Local),
            _ => {
                let name = std::str::from_utf8(name).ok()?;
                Some(Zone::Region(Rc::new(Region { name: name.to_owned(), rules: Rules::find(name)? })))
            }
        }
    }

    /// Mirrors `time.FixedZone`.
    pub fn fixed(name: &str, offset: i64) -> Zone {
        Zone::Fixed(Rc::new(Fixed { name: name.to_owned(), offset }))
    }

    /// What holds at an instant, `Local` having these rules.
    pub fn period(&self, unix: i64, local: &Rules) -> Period {
        match self {
            Zone::Utc => Period { name: "UTC".into(), offset: 0, daylight: false },
            Zone::Local => local.period(unix),
            Zone::Region(region) => region.rules.period(unix),
            Zone::Fixed(fixed) => Period { name: fixed.name.clone(), offset: fixed.offset, daylight: false },
        }
    }

    /// The instant of local seconds since 1970, as `time.Date` chooses it around a change of offset.
    pub fn instant(&self, local_seconds: i64, local: &Rules) -> i64 {
        match self.period(local_seconds, local).offset {
            0 => local_seconds,
            offset => local_seconds.wrapping_sub(self.period(local_seconds.wrapping_sub(offset), local).offset),
        }
    }

    /// What `Location.String` prints.
    pub fn name(&self) -> &str {
        match self {
            Zone::Utc => "UTC",
            Zone::Local => "Local",
            Zone::Region(region) => &region.name,
            Zone::Fixed(fixed) => &fixed.name,
        }
    }

    /// Whether both say the same, wherever Go holds them.
    pub fn alike(&self, other: &Zone) -> bool {
        match (self, other) {
            (Zone::Region(a), Zone::Region(b)) => a.name == b.name && a.rules == b.rules,
            (Zone::Fixed(a), Zone::Fixed(b)) => a.name == b.name && a.offset == b.offset,
            _ => self.same(other),
        }
    }

    /// Whether Go would hold both in one pointer.
    pub fn same(&self, other: &Zone) -> bool {
        match (self, other) {
            (Zone::Utc, Zone::Utc) | (Zone::Local, Zone::Local) => true,
            (Zone::Region(a), Zone::Region(b)) => Rc::ptr_eq(a, b),
            (Zone::Fixed(a), Zone::Fixed(b)) => {
                let hourly = a.name.is_empty() && a.offset % 3600 == 0 && (-12..=14).contains(&(a.offset / 3600));
                // Go's TOML has one zone for each kind of time without one; no parsed zone has such a name.
                let shared = hourly || a.name.ends_with("-local");
                Rc::ptr_eq(a, b) || (shared && a.name == b.name && a.offset == b.offset)
            }
            _ => false,
        }
    }
}

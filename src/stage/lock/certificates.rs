//! The certificates of a lock, and which of them end soon.

use jiff::Timestamp;

use super::{Certificate, Lock, Pin};
use crate::base::code::Code;
use crate::base::diagnostic::Diagnostic;

/// One certificate of a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed<'a> {
    /// The name of the part that asked for it.
    pub part: &'a str,
    /// The pin's name.
    pub name: &'a str,
    /// The pin that keeps it.
    pub pin: &'a Pin,
    /// The certificate itself, which is not always the one in use.
    pub certificate: &'a Certificate,
    /// What part the certificate has in a rotation: `successor`, `predecessor`, or empty for the one in use.
    pub role: &'static str,
}

/// A certificate that has ended or ends soon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expiry {
    /// `part/pin`.
    pub pin: String,
    /// Whose it is, as RFC 4514 writes it: `CN=name`.
    pub subject: String,
    /// The last moment at which it is valid.
    pub not_after: Timestamp,
    /// Whole days; negative once it has ended.
    pub days_left: i64,
    /// Whether that moment lies in the past.
    pub expired: bool,
    /// Whether it is a CA, which is rotated by stages.
    pub is_ca: bool,
}

impl Lock {
    /// Every certificate, by part and pin.
    pub fn certificates(&self) -> impl Iterator<Item = Listed<'_>> {
        let pins = self.parts.iter().flat_map(|(part, it)| it.pins.iter().map(move |(name, pin)| (part, name, pin)));
        pins.flat_map(|(part, name, pin)| {
            let all = [
                ("", pin.certificate.as_ref()),
                ("successor", pin.successor.as_ref().map(|it| &it.certificate)),
                ("predecessor", pin.predecessor.as_ref()),
            ];
            let listed = all.into_iter().filter_map(|(role, certificate)| Some((role, certificate?)));
            listed.map(move |(role, certificate)| Listed { part, name, pin, certificate, role })
        })
    }

    /// The certificates that have ended at `now` or end within so many days after it. A predecessor is not among them:
    /// it is on its way out.
    pub fn expiring(&self, now: Timestamp, days: u32) -> Vec<Expiry> {
        let in_use = self.certificates().filter(|it| it.role != "predecessor");
        let expiries = in_use.map(|it| Expiry {
            pin: format!("{}/{}", it.part, it.name),
            subject: it.certificate.subject.clone(),
            not_after: it.certificate.not_after,
            days_left: it.certificate.days_left(now),
            expired: it.certificate.not_after < now,
            is_ca: it.pin.is_ca(),
        });
        expiries.filter(|it| it.expired || it.days_left < i64::from(days)).collect()
    }
}

impl Expiry {
    /// What to tell the user.
    pub fn diagnostic(&self) -> Diagnostic {
        let Expiry { pin, subject, not_after, days_left, .. } = self;
        let day = not_after.strftime("%F");
        let (code, message) = match self.expired {
            true => (Code::X001, format!("the certificate {pin} ({subject}) ran out on {day}")),
            false => (Code::X002, format!("the certificate {pin} ({subject}) runs out on {day}, in {days_left} days")),
        };
        let steps = if self.is_ca { ", three times, applying the bundle each time" } else { "" };
        Diagnostic::new(code, message).help(format!("run `ichor rotate {pin} -i KEY`{steps}"))
    }
}

impl Certificate {
    /// Whole days from a moment until the certificate ends, rounded down.
    pub fn days_left(&self, now: Timestamp) -> i64 {
        (self.not_after.as_second() - now.as_second()).div_euclid(86_400)
    }
}

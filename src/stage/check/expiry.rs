//! Certificates of the lock against the clock.

use jiff::{SignedDuration, Timestamp};

use crate::base::diagnostic::Diagnostic;
use crate::stage::lock::Lock;

/// How long before its end a certificate is warned of.
const SOON: SignedDuration = SignedDuration::from_hours(30 * 24);

pub(super) fn check(lock: &Lock, now: Timestamp, found: &mut Vec<Diagnostic>) {
    for (part, locked) in &lock.parts {
        for (name, pin) in &locked.pins {
            let Some(certificate) = &pin.certificate else { continue };
            let left = certificate.not_after.duration_since(now);
            let day = certificate.not_after.strftime("%F");
            let help = format!("`ichor rotate {part}/{name}` replaces it");
            if left.is_negative() {
                let message = format!("the certificate {part}/{name} ({}) ran out on {day}", certificate.subject);
                found.push(Diagnostic::error("X001", message).help(help));
            } else if left < SOON {
                let days = left.as_hours() / 24;
                let message = format!(
                    "the certificate {part}/{name} ({}) runs out on {day}, in {days} days",
                    certificate.subject
                );
                found.push(Diagnostic::warning("X002", message).help(help));
            }
        }
    }
}

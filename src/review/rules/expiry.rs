//! Certificates of the lock against the clock.

use jiff::Timestamp;

use crate::base::diagnostic::Diagnostic;
use crate::stage::lock::Lock;

/// A certificate that has ended is an error, one that ends within so many days a warning.
pub(super) fn check(lock: &Lock, days: u32, now: Timestamp, found: &mut Vec<Diagnostic>) {
    for it in lock.expiring(now, days) {
        let (pin, subject, day) = (&it.pin, &it.subject, it.not_after.strftime("%F"));
        let steps = if it.is_ca { ", step by step" } else { "" };
        let help = format!("`ichor rotate {pin}` replaces it{steps}");
        found.push(if it.expired {
            Diagnostic::error("X001", format!("the certificate {pin} ({subject}) ran out on {day}")).help(help)
        } else {
            let message = format!("the certificate {pin} ({subject}) runs out on {day}, in {} days", it.days_left);
            Diagnostic::warning("X002", message).help(help)
        });
    }
}

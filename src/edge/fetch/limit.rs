//! How many bytes a second all connections together may carry.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Holds back whoever carries bytes faster than is allowed.
#[derive(Debug, Default)]
pub struct Limit {
    /// Bytes a second; absent where there is no limit.
    rate: Option<u64>,
    /// When the bytes so far would have been carried at that rate.
    due: Mutex<Option<Instant>>,
}

impl Limit {
    pub fn new(rate: Option<u64>) -> Limit {
        Limit { rate: rate.filter(|it| *it > 0), due: Mutex::default() }
    }

    /// Counts bytes that were carried, and waits until they may have been.
    pub fn spend(&self, bytes: u64) {
        let Some(rate) = self.rate else { return };
        let wait = self.wait(bytes, rate, Instant::now());
        std::thread::sleep(wait);
    }

    fn wait(&self, bytes: u64, rate: u64, now: Instant) -> Duration {
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        // Time that nobody used is not made up for.
        let start = due.map_or(now, |it| it.max(now));
        let takes = Duration::from_nanos(
            u64::try_from(u128::from(bytes) * 1_000_000_000 / u128::from(rate)).unwrap_or(u64::MAX),
        );
        let end = start + takes;
        *due = Some(end);
        end - now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_who_carry_share_one_rate() {
        let (limit, now) = (Limit::new(Some(1000)), Instant::now());
        let second = Duration::from_secs(1);
        assert_eq!(limit.wait(1000, 1000, now), second);
        assert_eq!(limit.wait(500, 1000, now), second + second / 2);
        assert_eq!(limit.wait(1000, 1000, now + 10 * second), second);
        Limit::new(None).spend(u64::MAX);
        Limit::new(Some(0)).spend(u64::MAX);
    }
}

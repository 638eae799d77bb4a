//! How fast bodies come, and how long a server asks to wait.

use std::time::{Duration, Instant};

use ureq::http::{HeaderMap, header};

/// The fewest bytes a second that a body may come at, counted over as long as a server is waited for.
pub const SLOWEST: u64 = crate::base::limits::PACE.most;

/// How fast a body comes, from one look to the next.
pub struct Pace {
    since: Instant,
    /// How long is looked at.
    span: Duration,
    pub bytes: u64,
}

impl Pace {
    pub fn new(span: Duration) -> Pace {
        Pace { since: Instant::now(), span, bytes: 0 }
    }

    /// The bytes and seconds of a span in which too few came.
    pub fn lags(&mut self) -> Option<(u64, u64)> {
        let elapsed = self.since.elapsed();
        if elapsed < self.span {
            return None;
        }
        let (bytes, seconds) = (self.bytes, elapsed.as_secs().max(1));
        *self = Pace::new(self.span);
        (bytes < SLOWEST * seconds).then_some((bytes, seconds))
    }
}

/// How long the server asks to wait: seconds, or a date.
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    Some(Duration::from_secs(u64::try_from(date.as_second() - crate::edge::clock::now().as_second()).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_pauses() {
        let after = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::RETRY_AFTER, text.parse().expect("a header"));
            retry_after(&headers)
        };
        assert_eq!(after("7"), Some(Duration::from_secs(7)));
        assert_eq!(after("Wed, 21 Oct 2015 07:28:00 GMT"), Some(Duration::ZERO));
        assert_eq!(after("soon"), None);
    }
}

//! Fetching as a user sees it: a bar on a terminal, plain lines elsewhere.

use std::io::{self, IsTerminal};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ichor::edge::fetch::{Event, Progress};
use ichor::edge::voice::Volume;
use ichor::edge::{clock, voice};
use indicatif::{HumanBytes, HumanDuration, ProgressBar, ProgressStyle};
use jiff::Timestamp;

/// Bodies of fewer bytes are had before anybody could read how far they are.
const LARGE: u64 = 256 << 10;

/// How often it is said how far a long transfer is where no bar shows it, in seconds.
const EVERY: u64 = 10;

/// How far a transfer is: what is there of how much, how fast it goes, and how long the rest takes.
fn far(received: u64, resumed: u64, volume: u64, seconds: f64) -> String {
    let rate = received as f64 / seconds;
    let there = (received + resumed).min(volume);
    let left = match rate >= 1.0 {
        true => format!(", {} left", HumanDuration(Duration::from_secs_f64((volume - there) as f64 / rate))),
        false => String::new(),
    };
    format!("{} of {}, {}/s{left}", HumanBytes(there), HumanBytes(volume), HumanBytes(rate as u64))
}

/// Writes to standard error.
pub struct Reporter {
    /// On a terminal that can draw alone.
    bar: Option<ProgressBar>,
    /// All bytes that came in.
    received: AtomicU64,
    /// How many bytes there are in all, and how many of these were there before; none where nobody knows.
    volume: AtomicU64,
    resumed: AtomicU64,
    begun: Timestamp,
    /// When it was last said how far it is, in seconds from the beginning.
    told: AtomicU64,
    /// What is said at the end alone, where others work at the same time.
    later: Option<Mutex<String>>,
}

impl Reporter {
    pub fn new() -> Self {
        let later = voice::is_kept().then(Mutex::default);
        // A bar would be drawn between the lines that tell all.
        let is_usual = voice::tells(Volume::Usual) && !voice::tells(Volume::Verbose);
        let draws = is_usual
            && later.is_none()
            && io::stderr().is_terminal()
            && crate::environment("TERM").is_none_or(|it| it != "dumb");
        let bar = draws.then(|| {
            let bar = ProgressBar::new(0);
            let style = ProgressStyle::with_template("[{bar:12}] {pos}/{len}  {wide_msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "));
            bar
        });
        let none = AtomicU64::default;
        Reporter { bar, received: none(), volume: none(), resumed: none(), begun: clock::now(), told: none(), later }
    }

    /// Says how far it is: all the time on a terminal, else every ten seconds.
    fn far(&self) {
        let [volume, resumed, received] =
            [&self.volume, &self.resumed, &self.received].map(|it| it.load(Ordering::Relaxed));
        let seconds = (clock::now().as_millisecond() - self.begun.as_millisecond()).max(1) as f64 / 1000.0;
        let text = far(received, resumed, volume, seconds);
        match &self.bar {
            Some(bar) => bar.set_message(text),
            None => {
                let (now, told) = (seconds as u64, self.told.load(Ordering::Relaxed));
                let is_due = now >= told + EVERY;
                if is_due && self.told.compare_exchange(told, now, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
                    self.line(&text);
                }
            }
        }
    }

    fn line(&self, text: &str) {
        match (&self.bar, &self.later) {
            (Some(bar), _) => bar.println(text),
            (None, Some(later)) => {
                let mut later = later.lock().unwrap_or_else(PoisonError::into_inner);
                *later = format!("{later}{text}\n");
            }
            (None, None) => voice::note(text),
        }
    }
}

impl Progress for Reporter {
    fn event(&self, event: Event<'_>) {
        match event {
            Event::Total(sources) => {
                if let Some(bar) = self.bar.as_ref().filter(|_| sources > 0) {
                    bar.set_length(sources as u64);
                    bar.enable_steady_tick(Duration::from_millis(100));
                }
            }
            Event::Received { name, bytes, so_far, total } => {
                let all = self.received.fetch_add(bytes, Ordering::Relaxed) + bytes;
                if self.volume.load(Ordering::Relaxed) > 0 {
                    self.far();
                } else if let Some(bar) = &self.bar {
                    let of = total.filter(|it| *it >= LARGE);
                    let of = of.map(|it| format!(" {} of {}", HumanBytes(so_far), HumanBytes(it))).unwrap_or_default();
                    bar.set_message(format!("{}  {name}{of}", HumanBytes(all)));
                }
            }
            Event::Volume(bytes) => {
                self.volume.fetch_add(bytes, Ordering::Relaxed);
            }
            Event::Resumed { bytes } => {
                self.resumed.fetch_add(bytes, Ordering::Relaxed);
            }
            Event::Retrying { name, why, pause } => {
                self.line(&format!("{name}: {why}; again in {:.1} s", pause.as_secs_f32()));
            }
            Event::Done { name, bytes } => match &self.bar {
                Some(bar) => bar.inc(1),
                None if self.later.is_some() => {}
                None => self.line(&format!("have {name} ({})", HumanBytes(bytes))),
            },
            Event::Note(text) => self.line(&format!("note: {text}")),
        }
    }
}

impl Drop for Reporter {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        if let Some(later) = &self.later {
            let later = later.lock().unwrap_or_else(PoisonError::into_inner);
            if !later.is_empty() {
                voice::note(later.trim_end());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::far;

    #[test]
    fn tells_how_far_and_how_fast() {
        assert_eq!(far(1 << 20, 1 << 20, 4 << 20, 2.0), "2.00 MiB of 4.00 MiB, 512.00 KiB/s, 4 seconds left");
        assert_eq!(far(0, 0, 10, 1.0), "0 B of 10 B, 0 B/s");
        assert_eq!(far(20, 0, 10, 1.0), "10 B of 10 B, 20 B/s, 0 seconds left");
    }
}

//! Fetching as a user sees it: a bar on a terminal, plain lines elsewhere.

use std::io::{self, IsTerminal};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ichor::edge::fetch::{Event, Progress};
use ichor::edge::voice;
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};

/// Bodies of fewer bytes are had before anybody could read how far they are.
const LARGE: u64 = 256 << 10;

/// Writes to standard error.
pub struct Reporter {
    /// On a terminal that can draw alone.
    bar: Option<ProgressBar>,
    /// All bytes that came in.
    received: AtomicU64,
    /// What is said at the end alone, where others work at the same time.
    later: Option<Mutex<String>>,
}

impl Reporter {
    pub fn new() -> Self {
        let later = voice::is_kept().then(Mutex::default);
        let draws =
            later.is_none() && io::stderr().is_terminal() && crate::environment("TERM").is_none_or(|it| it != "dumb");
        let bar = draws.then(|| {
            let bar = ProgressBar::new(0);
            let style = ProgressStyle::with_template("[{bar:12}] {pos}/{len}  {wide_msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "));
            bar
        });
        Reporter { bar, received: AtomicU64::new(0), later }
    }

    fn line(&self, text: &str) {
        match (&self.bar, &self.later) {
            (Some(bar), _) => bar.println(text),
            (None, Some(later)) => {
                let mut later = later.lock().unwrap_or_else(PoisonError::into_inner);
                *later = format!("{later}{text}\n");
            }
            (None, None) => voice::error(format!("{text}\n").as_bytes()),
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
                if let Some(bar) = &self.bar {
                    let of = total.filter(|it| *it >= LARGE);
                    let of = of.map(|it| format!(" {} of {}", HumanBytes(so_far), HumanBytes(it))).unwrap_or_default();
                    bar.set_message(format!("{}  {name}{of}", HumanBytes(all)));
                }
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
                voice::error(later.as_bytes());
            }
        }
    }
}

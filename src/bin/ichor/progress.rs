//! Fetching as a user sees it: a bar on a terminal, plain lines elsewhere.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use ichor::edge::fetch::{Event, Progress};
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};

/// Writes to standard error.
pub struct Reporter {
    /// On a terminal alone.
    bar: Option<ProgressBar>,
}

impl Reporter {
    pub fn new() -> Self {
        let bar = io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(0);
            let style = ProgressStyle::with_template("{spinner} {pos}/{len} sources, {prefix} {wide_msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        });
        Reporter { bar }
    }

    fn line(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.println(text),
            // In one piece, so that the lines of two runs do not run into each other. Nothing can be done about a standard
            // error that takes no text.
            None => {
                let _ = io::stderr().lock().write_all(format!("{text}\n").as_bytes());
            }
        }
    }
}

impl Progress for Reporter {
    fn event(&self, event: Event<'_>) {
        match event {
            Event::Total(sources) => {
                if let Some(bar) = &self.bar {
                    bar.set_length(sources as u64);
                }
            }
            Event::Received { name, total, .. } => {
                if let Some(bar) = &self.bar {
                    let of = total.map_or_else(String::new, |it| format!(" of {}", HumanBytes(it)));
                    bar.set_message(format!("{name}{of}"));
                }
            }
            Event::Retrying { name, why, pause } => {
                self.line(&format!("{name}: {why}; again in {:.1} s", pause.as_secs_f32()));
            }
            Event::Done { name, bytes } => match &self.bar {
                Some(bar) => bar.inc(1),
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
    }
}

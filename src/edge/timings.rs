//! Where a run's time went: the steps of every thread, told as text or as a trace that browsers' profilers read.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use helm_engine::timing::{self, Watch};
use serde_json::json;

/// Watches a run from its first moment on.
#[derive(Clone, Debug)]
pub struct Timings(Arc<Watched>);

#[derive(Debug)]
struct Watched {
    start: Instant,
    steps: Mutex<Vec<Step>>,
}

/// A step that ended. Times are in nanoseconds since the run began.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Step {
    name: &'static str,
    of: Option<String>,
    thread: u64,
    from: u64,
    took: u64,
    /// Without the steps within it.
    own: u64,
}

/// A step that has begun.
struct Open {
    name: &'static str,
    of: Option<String>,
    from: u64,
    /// What the steps within it took.
    within: u64,
}

thread_local! {
    /// The steps of this thread that have begun.
    static OPEN: RefCell<Vec<Open>> = const { RefCell::new(Vec::new()) };
    static THREAD: u64 = NEXT.fetch_add(1, Ordering::Relaxed);
}

static NEXT: AtomicU64 = AtomicU64::new(1);

impl Timings {
    /// Begins to watch.
    #[allow(clippy::disallowed_methods)] // The edge is where the clock comes in.
    pub fn begin() -> Timings {
        let watched = Arc::new(Watched { start: Instant::now(), steps: Mutex::default() });
        timing::watch(Box::new(Watcher(Arc::clone(&watched))));
        Timings(watched)
    }

    /// A row for each kind of step, the one that took longest by itself first.
    pub fn text(&self) -> String {
        text(&self.steps(), self.0.now())
    }

    /// The steps as `chrome://tracing`, Perfetto and Firefox's profiler read them.
    pub fn trace(&self) -> String {
        trace(&self.steps())
    }

    fn steps(&self) -> Vec<Step> {
        self.0.steps.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

struct Watcher(Arc<Watched>);

impl Watch for Watcher {
    fn begins(&self, name: &'static str, of: Option<&str>) {
        let now = self.0.now();
        OPEN.with_borrow_mut(|it| it.push(Open { name, of: of.map(str::to_owned), from: now, within: 0 }));
    }

    fn ends(&self) {
        let now = self.0.now();
        let ended = OPEN.with_borrow_mut(|open| {
            let ended = open.pop()?;
            if let Some(around) = open.last_mut() {
                around.within += now.saturating_sub(ended.from);
            }
            Some(ended)
        });
        let Some(Open { name, of, from, within }) = ended else { return };
        let took = now.saturating_sub(from);
        let step = Step { name, of, thread: THREAD.with(|it| *it), from, took, own: took.saturating_sub(within) };
        self.0.steps.lock().unwrap_or_else(PoisonError::into_inner).push(step);
    }
}

impl Watched {
    fn now(&self) -> u64 {
        self.start.elapsed().as_nanos().try_into().unwrap_or(u64::MAX)
    }
}

fn text(steps: &[Step], whole: u64) -> String {
    let mut rows: BTreeMap<&str, (u64, u64, usize)> = BTreeMap::new();
    for step in steps {
        let row = rows.entry(step.name).or_default();
        *row = (row.0 + step.own, row.1 + step.took, row.2 + 1);
    }
    let mut rows: Vec<_> = rows.into_iter().collect();
    rows.sort_by_key(|(name, (own, ..))| (std::cmp::Reverse(*own), *name));
    let ms = |nanos: u64| nanos as f64 / 1e6;
    let mut text = format!("{:>10}  {:>10}  {:>6}  step\n", "alone, ms", "all, ms", "times");
    for (name, (own, took, times)) in rows {
        text.push_str(&format!("{:>10.2}  {:>10.2}  {times:>6}  {name}\n", ms(own), ms(took)));
    }
    text.push_str(&format!("{:>10}  {:>10.2}  {:>6}  the whole run\n", "", ms(whole), ""));
    text
}

fn trace(steps: &[Step]) -> String {
    let events = steps.iter().map(|step| {
        let mut event = json!({
            "name": step.name,
            "cat": "ichor",
            "ph": "X",
            "pid": 1,
            "tid": step.thread,
            "ts": step.from as f64 / 1e3,
            "dur": step.took as f64 / 1e3,
        });
        if let Some(of) = &step.of {
            event["args"] = json!({ "of": of });
        }
        event
    });
    let events: Vec<_> = events.collect();
    format!("{}\n", json!({ "displayTimeUnit": "ms", "traceEvents": events }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_within_others_are_not_counted_twice() {
        let step = |name, from, took, own| Step { name, of: None, thread: 1, from, took, own };
        let steps = [step("parse", 1_000_000, 2_000_000, 2_000_000), step("render", 0, 5_000_000, 3_000_000)];
        let text = text(&steps, 6_000_000);
        assert_eq!(
            text,
            " alone, ms     all, ms   times  step\n      3.00        5.00       1  render\n      2.00        2.00       1  parse\n                  6.00          the whole run\n"
        );
        let trace: serde_json::Value = serde_json::from_str(&trace(&steps)).expect("JSON");
        assert_eq!(trace["traceEvents"][0]["ts"], 1000.0);
        assert_eq!(trace["traceEvents"][1]["dur"], 5000.0);
    }

    #[test]
    fn a_watched_run_tells_its_steps() {
        let timings = Timings::begin();
        {
            let _outer = timing::step_of("outer", "x");
            let _inner = timing::step("inner");
        }
        let names: Vec<_> =
            timings.steps().iter().filter(|it| ["outer", "inner"].contains(&it.name)).map(|it| it.name).collect();
        assert_eq!(names, ["inner", "outer"]);
        assert!(timings.text().contains("outer"));
        assert!(timings.trace().contains(r#""args":{"of":"x"}"#));
    }
}

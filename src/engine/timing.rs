//! Tells whoever watches where time goes. Nobody does unless the program is asked for it, and then only times are told, by
//! the names of the steps.

use std::sync::OnceLock;

/// Someone who notes when steps begin and end. A step that begins within another on the same thread is a part of it.
pub trait Watch: Send + Sync {
    /// A step begins, `of` a part, a file or a template where one is named.
    fn begins(&self, step: &'static str, of: Option<&str>);
    /// The step of this thread that began last ends.
    fn ends(&self);
}

static WATCH: OnceLock<Box<dyn Watch>> = OnceLock::new();

/// From here on steps are told to `watch`; the first who asks stays.
pub fn watch(watch: Box<dyn Watch>) {
    let _ = WATCH.set(watch);
}

/// A step that lasts until this is dropped.
#[must_use = "the step ends where this is dropped"]
#[derive(Debug)]
pub struct Step(bool);

/// A step begins.
#[inline]
pub fn step(name: &'static str) -> Step {
    begin(name, None)
}

/// A step begins, of a part, a file or a template.
#[inline]
pub fn step_of(name: &'static str, of: &str) -> Step {
    begin(name, Some(of))
}

fn begin(name: &'static str, of: Option<&str>) -> Step {
    let Some(watch) = WATCH.get() else { return Step(false) };
    watch.begins(name, of);
    Step(true)
}

impl Drop for Step {
    fn drop(&mut self) {
        if let (true, Some(watch)) = (self.0, WATCH.get()) {
            watch.ends();
        }
    }
}

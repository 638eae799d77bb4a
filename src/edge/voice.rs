//! What is said, on standard output and on standard error. Where many work at once, each keeps what it says until its turn.

use std::cell::RefCell;
use std::io::{self, Write};
use std::sync::atomic::{AtomicU8, Ordering};

use crate::base::stars::without_keys;

/// Something said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    Output(Vec<u8>),
    Error(Vec<u8>),
}

/// How much a user wants to be told beside results, errors and warnings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Volume {
    /// Nothing.
    Quiet,
    /// What was done, and what comes next.
    Usual,
    /// And each request, program and file that it took.
    Verbose,
}

static VOLUME: AtomicU8 = AtomicU8::new(Volume::Usual as u8);

/// From here on this much is told.
pub fn set_volume(volume: Volume) {
    VOLUME.store(volume as u8, Ordering::Relaxed);
}

/// Whether what is told at this volume is told now.
pub fn tells(volume: Volume) -> bool {
    VOLUME.load(Ordering::Relaxed) >= volume as u8
}

thread_local! {
    /// What this thread keeps back, where it does.
    static KEPT: RefCell<Option<Vec<Said>>> = const { RefCell::new(None) };
}

/// Runs a function and gives what it said on this thread, of which nothing was printed.
pub fn kept<T>(run: impl FnOnce() -> T) -> (T, Vec<Said>) {
    let before = KEPT.replace(Some(Vec::new()));
    let done = run();
    (done, KEPT.replace(before).unwrap_or_default())
}

/// Whether what this thread says is kept back.
pub fn is_kept() -> bool {
    KEPT.with_borrow(Option::is_some)
}

/// Says bytes on standard output, all of them.
pub fn output(bytes: &[u8]) -> io::Result<()> {
    if keep(|| Said::Output(bytes.to_vec())) {
        return Ok(());
    }
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes).and_then(|()| stdout.flush())
}

/// Says bytes on standard error, in one piece, so that the lines of two runs do not run into each other. One that takes
/// none is no reason to stop.
pub fn error(bytes: &[u8]) {
    if !keep(|| Said::Error(bytes.to_vec())) {
        let _ = io::stderr().lock().write_all(bytes);
    }
}

/// As [`error`], unless nothing but results, errors and warnings is wanted.
pub fn note(text: &str) {
    if tells(Volume::Usual) {
        error(format!("{text}\n").as_bytes());
    }
}

/// Tells what is done meanwhile, to whoever wants all. Never a secret: neither headers nor bodies, and arguments of programs
/// only because no secret is ever in them.
pub fn detail(text: impl FnOnce() -> String) {
    if tells(Volume::Verbose) {
        error(format!("{}\n", without_keys(&text())).as_bytes());
    }
}

fn keep(said: impl FnOnce() -> Said) -> bool {
    KEPT.with_borrow_mut(|kept| kept.as_mut().map(|it| it.push(said())).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_given_in_its_order() {
        let (inner, outer) = kept(|| {
            error(b"a");
            let (_, inner) = kept(|| output(b"b"));
            output(b"c").expect("kept");
            inner
        });
        assert_eq!(inner, [Said::Output(b"b".to_vec())]);
        assert_eq!(outer, [Said::Error(b"a".to_vec()), Said::Output(b"c".to_vec())]);
        assert!(!is_kept());
    }
}

//! What is said, on standard output and on standard error. Where many work at once, each keeps what it says until its turn.

use std::cell::RefCell;
use std::io::{self, Write};

/// Something said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    Output(Vec<u8>),
    Error(Vec<u8>),
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

//! How much memory one render, or one bundle that is opened, may ask for, and how many steps a template may take.
//!
//! Go's templates have no such bound: `{{ until 4294967296 }}` ends the process. Here every function that makes text,
//! lists or maps asks first, and what it asked for is never given back: the sum is an upper bound of what a render holds
//! at any moment. A render runs on one thread from its start to its end, and its functions know nothing but their
//! arguments, so the account belongs to the thread.

use std::cell::Cell;
use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crate::value::Failure;

/// What a render may ask for where nobody said otherwise, in bytes. Cilium with all it has asks for less than a hundredth
/// of it.
pub const DEFAULT: u64 = crate::limits::MEMORY.most;

/// How many nodes a template may walk where nobody said otherwise, its loops and what it calls included.
pub const DEFAULT_STEPS: usize = crate::limits::STEPS.size();

static LIMIT: AtomicU64 = AtomicU64::new(DEFAULT);
static STEPS: AtomicUsize = AtomicUsize::new(DEFAULT_STEPS);

thread_local! {
    /// Without an account, everything is given.
    static LEFT: Cell<u64> = const { Cell::new(u64::MAX) };
}

/// Sets what accounts hold that are opened from now on.
pub fn set_limit(bytes: u64) {
    LIMIT.store(bytes.min(u64::MAX - 1), Ordering::Relaxed);
}

/// Sets how many steps each execution may take that begins from now on.
pub fn set_steps(steps: usize) {
    STEPS.store(steps, Ordering::Relaxed);
}

/// How many steps an execution may take.
pub(crate) fn steps() -> usize {
    STEPS.load(Ordering::Relaxed)
}

/// An account of this thread. While it lives, what is asked for is counted; one that is opened within another counts on.
#[must_use]
pub struct Account {
    outermost: bool,
}

impl Account {
    /// Opens an account with what [`set_limit`] allows, or joins the one that is open on this thread.
    pub fn open() -> Account {
        let outermost = LEFT.get() == u64::MAX;
        if outermost {
            LEFT.set(LIMIT.load(Ordering::Relaxed));
        }
        Account { outermost }
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        if self.outermost {
            LEFT.set(u64::MAX);
        }
    }
}

/// More was asked for than there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exhausted {
    limit: u64,
}

impl std::error::Error for Exhausted {}

impl fmt::Display for Exhausted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mib = self.limit >> 20;
        write!(
            f,
            "this asks for more memory than the limit of {mib} MiB; if it is meant to, raise the limit: --max-memory {}",
            mib.saturating_mul(4).max(1)
        )
    }
}

impl From<Exhausted> for Failure {
    fn from(it: Exhausted) -> Failure {
        Failure::from_error(it)
    }
}

/// Asks for memory.
#[inline]
pub fn ask(bytes: usize) -> Result<(), Exhausted> {
    let left = LEFT.get();
    match left.checked_sub(bytes as u64) {
        _ if left == u64::MAX => Ok(()),
        Some(rest) => {
            LEFT.set(rest);
            Ok(())
        }
        None => Err(exhausted()),
    }
}

/// Asks for `count` items of a list or map.
pub(crate) fn ask_items(count: usize) -> Result<(), Exhausted> {
    ask(count.saturating_mul(ITEM))
}

/// Whether there is less left than this. For writers that have no way to fail: they stop, and what they wrote is asked
/// for, in vain, once they are done.
#[inline]
pub fn lacks(bytes: usize) -> bool {
    (bytes as u64) > LEFT.get()
}

/// What an item of a list or map takes, with its key.
const ITEM: usize = 48;

#[cold]
fn exhausted() -> Exhausted {
    // Nothing more is given, whatever asks next.
    LEFT.set(0);
    Exhausted { limit: LIMIT.load(Ordering::Relaxed) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_spent_stays_spent_until_the_account_is_closed() {
        assert_eq!(ask(usize::MAX), Ok(()));
        let account = Account::open();
        let half = (DEFAULT / 2) as usize;
        assert_eq!(ask(half), Ok(()));
        {
            let _within = Account::open();
            assert!(ask(half).is_ok() && lacks(1));
        }
        assert!(ask(1).is_err() && ask(0).is_ok());
        drop(account);
        assert!(!lacks(usize::MAX) && ask_items(usize::MAX).is_ok());
    }
}

//! Whether memory that is given back is wiped.
//!
//! It is, unless a verb rules out that there is any secret in it, until one may come in. The allocator of the program asks
//! here; what was given back before then held none.

use std::sync::atomic::{AtomicBool, Ordering};

static WIPED: AtomicBool = AtomicBool::new(true);

/// No secret is in memory yet, and whatever could bring one in says so.
pub fn holds_no_secret() {
    WIPED.store(false, Ordering::SeqCst);
}

/// A secret may come into memory from here on.
pub(crate) fn may_hold_secrets() {
    WIPED.store(true, Ordering::SeqCst);
}

/// Whether what is given back now is wiped.
#[inline]
pub fn is_wiped() -> bool {
    WIPED.load(Ordering::Relaxed)
}

//! What whoever watches is told.

use std::time::Duration;

/// Watches fetching; called from several threads.
pub trait Progress: Sync {
    fn event(&self, event: Event<'_>);
}

/// What happened to one source or blob, known by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event<'e> {
    /// So many sources are to be had.
    Total(usize),
    /// Bytes of an answer's body came in, and `so_far` are there; `total` where the server said how many there will be.
    Received { name: &'e str, bytes: u64, so_far: u64, total: Option<u64> },
    /// So many bytes are to be carried in all.
    Volume(u64),
    /// So many of these are there already.
    Resumed { bytes: u64 },
    /// A request failed and is made again after a pause.
    Retrying { name: &'e str, why: &'e str, pause: Duration },
    /// A source is at hand.
    Done { name: &'e str, bytes: u64 },
    /// Something that is no failure, but should be known.
    Note(&'e str),
}

/// Nobody watches.
pub struct Silent;

impl Progress for Silent {
    fn event(&self, _: Event<'_>) {}
}

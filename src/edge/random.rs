//! Chance.

use jiff::Timestamp;

use crate::engine::sprig::Genuine;

/// A world that answers for real at a fixed moment, from the system's random source.
pub fn genuine<'a>(now: Timestamp) -> Genuine<'a> {
    todo!("{now}")
}

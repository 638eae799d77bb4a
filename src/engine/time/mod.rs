//! Go's `time`: moments, durations, zones, layouts.

mod calendar;
pub mod duration;
mod format;
mod layout;
mod methods;
mod moment;
mod parse;
mod pieces;
mod zone;

pub use duration::{DURATION, Duration};
pub use moment::{TIME, Time};
pub use parse::parse;
pub use zone::{Rules, Zone};

//! Words everyone uses. Imports nothing of ours.

pub mod diagnostic;
pub mod digest;
pub mod path;
pub mod tree;

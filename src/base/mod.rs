//! Words everyone uses. Imports nothing of ours.

pub mod diagnostic;
pub mod digest;
pub mod nar;
pub mod number;
pub mod path;
pub mod recipient;
pub mod secret;
pub mod tree;

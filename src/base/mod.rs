//! Words everyone uses. Imports nothing of ours but the paths and trees of the engine.
#![warn(missing_docs)]

pub mod code;
pub mod diagnostic;
pub mod digest;
pub mod edit;
pub mod limits;
pub mod memory;
pub mod name;
pub mod nar;
pub mod number;
pub mod recipient;
pub mod secret;
pub mod shell;
pub mod sops;
pub mod stars;

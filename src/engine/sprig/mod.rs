//! sprig 3.3: the function library Helm templates are written with.

pub mod crypto;
pub mod date;
mod genuine;
pub mod random;
pub mod toml;

pub use genuine::{Genuine, compute, time};

//! sprig 3.3: the function library Helm templates are written with.

pub mod crypto;
pub mod date;

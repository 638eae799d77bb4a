//! Container images: how they are named, and where an object names them.

mod looks;
mod reference;
mod run;

pub use looks::looks_named;
pub use reference::{Reference, ReferenceFault};
pub use run::run;

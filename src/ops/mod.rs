//! What a user can do, one file a verb; each joins the edge and the stages.

pub mod build;
pub mod diff;
mod error;
pub mod lock;
pub mod open;
pub mod reseal;
mod side;
pub mod template;
pub mod verify;
mod workspace;

pub use error::Error;
pub use workspace::Workspace;

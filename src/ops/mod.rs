//! What a user can do, one file a verb; each joins the edge and the stages.

pub mod build;
mod error;
pub mod fetching;
pub mod lock;
pub mod open;
pub mod outdated;
pub mod reseal;
pub mod template;
pub mod vendor;
pub mod verify;
mod workspace;

pub use error::Error;
pub use workspace::Workspace;

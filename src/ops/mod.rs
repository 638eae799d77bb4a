//! What a user can do, one file a verb; each joins the edge and the stages.

pub mod build;
pub mod certs;
pub mod chart;
pub mod check;
pub mod deliver;
pub mod diff;
pub mod error;
pub mod fetching;
mod flux_secrets;
pub mod git;
mod guide;
pub mod handoff;
pub mod images;
mod import;
pub mod init;
pub mod lock;
pub mod open;
pub mod outdated;
pub mod pull;
pub mod push;
pub mod recipients;
mod released;
pub mod reseal;
pub mod rotate;
mod secrets;
pub mod show;
mod side;
pub mod template;
pub mod upgrade;
pub mod vendor;
pub mod verify;
mod workspace;

pub use error::Error;
pub use workspace::Workspace;

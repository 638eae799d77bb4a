//! What a user can do, one file a verb; each joins the edge and the stages.

pub mod adopt;
pub mod attest;
pub mod build;
pub mod certs;
pub mod check;
pub mod diff;
pub mod drift;
pub mod error;
pub mod git;
pub mod handoff;
pub mod images;
pub mod init;
pub mod lock;
pub mod open;
pub mod outdated;
pub mod parcel;
pub mod pull;
pub mod push;
pub mod reseal;
pub mod rotate;
pub mod show;
pub mod signed;
pub mod template;
pub mod upgrade;
pub mod vendor;
pub mod verify;

pub use error::Error;

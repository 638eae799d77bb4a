//! Parcels on disk: written, read at any place, compared byte by byte, and unpacked.

mod hashed;
mod read;
mod unpack;
mod write;

pub use read::{Parcel, is_parcel};
pub use unpack::{Base, Unpacked, extract, unpack};
pub use write::{Origin, file, write};

use std::path::PathBuf;

use super::disk;
use super::layout::LayoutError;
use crate::base::digest::Digest;
use crate::stage::parcel::IndexError;

/// Why a parcel cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum ParcelError {
    #[error(transparent)]
    Disk(#[from] disk::Error),
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// It begins as no parcel does.
    #[error("`{}` is no parcel", .0.display())]
    NotAParcel(PathBuf),
    /// It is one, and a member is not what it should be. The member, and what is wrong with it.
    #[error("`{}`: {member}: {what}", path.display())]
    Damaged { path: PathBuf, member: String, what: Damage },
    #[error("`{}`: {fault}", path.display())]
    Index { path: PathBuf, fault: IndexError },
    /// It holds only what is new, and what it rests on is not named, or is something else.
    #[error("`{}` holds only what is new since the parcel {base}, and {} of its members are not here, the first `{first}`", path.display(), missing)]
    NoBase { path: PathBuf, base: Digest, missing: usize, first: String },
    /// What is to be packed is damaged, or changed while it was read.
    #[error("`{0}` is missing, damaged, or changed while it was packed")]
    Changed(String),
}

/// What is wrong with a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    #[error("its header is another")]
    Header,
    #[error("its bytes do not have the digest {0}")]
    Digest(Digest),
    #[error("it is cut short")]
    Short,
    #[error("other than zeros fill its last block")]
    Padding,
    #[error("it is not that of `parcel.json`")]
    Check,
    #[error("the archive does not end where it should")]
    End,
}

//! Unpacks a parcel into a folder: each member whole or not at all, and none that is there already is written again.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::{Damage, Parcel, ParcelError};
use crate::edge::blobs::digest_of;
use crate::edge::disk::{self, Access};
use crate::edge::growing::Growing;
use crate::stage::parcel::{INDEX, Member, is_program};

/// Where lies what a parcel leaves out.
#[derive(Clone, Debug)]
pub enum Base {
    /// A folder that the base was unpacked into.
    Folder(PathBuf),
    /// The base itself.
    File(PathBuf),
}

/// What unpacking did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unpacked {
    /// How many members were written, and how many were there.
    pub written: usize,
    pub were_there: usize,
}

/// Unpacks those members that are wanted; what the parcel leaves out must be in the folder, or comes from the base.
pub fn unpack(
    parcel: &Parcel,
    base: Option<&Base>,
    folder: &Path,
    wanted: &dyn Fn(&Member) -> bool,
) -> Result<Unpacked, ParcelError> {
    let mut unpacked = extract(parcel, base, folder, &|it| it.in_base && wanted(it))?;
    parcel.each(&mut |member, content| {
        if !wanted(member) {
            return Ok(());
        }
        let path = folder.join(&member.path);
        if is_there(&path, member)? {
            unpacked.were_there += 1;
            return Ok(());
        }
        place(&path, member, content)?;
        unpacked.written += 1;
        Ok(())
    })?;
    disk::replace(&folder.join(INDEX), &parcel.index.encode(), Access::Public)?;
    Ok(unpacked)
}

/// Brings those members that are wanted, from the parcel or from its base, without a look at the rest.
pub fn extract(
    parcel: &Parcel,
    base: Option<&Base>,
    folder: &Path,
    wanted: &dyn Fn(&Member) -> bool,
) -> Result<Unpacked, ParcelError> {
    let mut unpacked = Unpacked::default();
    disk::folder(folder, Access::Public)?;
    let opened = match base {
        Some(Base::File(path)) => Some(Parcel::open(path)?),
        _ => None,
    };
    let mut missing: Vec<&Member> = Vec::new();
    for member in parcel.index.members.iter().filter(|it| wanted(it)) {
        let path = folder.join(&member.path);
        if is_there(&path, member)? {
            unpacked.were_there += 1;
            continue;
        }
        match content(parcel, base, opened.as_ref(), member)? {
            Some(mut content) => {
                place(&path, member, &mut content)?;
                // A base that is damaged has given something else.
                if !is_there(&path, member)? {
                    missing.push(member);
                }
                unpacked.written += 1;
            }
            None => missing.push(member),
        }
    }
    match (missing.first(), parcel.index.base) {
        (None, _) => Ok(unpacked),
        (Some(first), Some(named)) => {
            let (path, first) = (parcel.path.clone(), first.path.clone());
            Err(ParcelError::NoBase { path, base: named, missing: missing.len(), first })
        }
        (Some(first), None) => Err(parcel.damaged(&first.path, Damage::Digest(first.digest))),
    }
}

/// The content of a member, wherever it lies.
fn content(
    parcel: &Parcel,
    base: Option<&Base>,
    opened: Option<&Parcel>,
    member: &Member,
) -> Result<Option<Box<dyn Read>>, ParcelError> {
    if let Some((_, own)) = parcel.member(&member.path)? {
        return Ok(Some(Box::new(own)));
    }
    match (base, opened) {
        (Some(Base::Folder(folder)), _) => {
            let path = folder.join(&member.path);
            if !is_there(&path, member)? {
                return Ok(None);
            }
            let failed = |source| disk::Error { action: "read", path: path.clone(), source };
            Ok(Some(Box::new(File::open(&path).map_err(failed)?)))
        }
        (_, Some(other)) if other.index.member(&member.path).is_some_and(|it| it.digest == member.digest) => {
            Ok(other.member(&member.path)?.map(|(_, it)| Box::new(it) as Box<dyn Read>))
        }
        _ => Ok(None),
    }
}

fn is_there(path: &Path, member: &Member) -> Result<bool, ParcelError> {
    let failed = |source| disk::Error { action: "read", path: path.into(), source };
    if !fs::symlink_metadata(path).is_ok_and(|it| it.is_file() && it.len() == member.size) {
        return Ok(false);
    }
    Ok(File::open(path).and_then(digest_of).map_err(failed)? == member.digest)
}

/// Writes a member, and gives it its name once its digest is right.
fn place(path: &Path, member: &Member, content: &mut dyn Read) -> Result<(), ParcelError> {
    let failed = |source| disk::Error { action: "write", path: path.into(), source };
    let parent = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(failed)?;
    let growing = Growing::begin(path)?;
    io::copy(content, &mut &growing).map_err(failed)?;
    // What is wrong with it, whoever reads the archive says.
    let written = File::open(growing.partial()).and_then(digest_of).map_err(failed)?;
    if is_program(&member.path) {
        growing.make_executable().map_err(failed)?;
    }
    if written == member.digest { Ok(growing.keep()?) } else { Ok(()) }
}

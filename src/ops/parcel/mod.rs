//! `ichor pack`, `ichor unpack`: all that a site without a network needs, in one file.

mod gather;
mod judge;

pub use judge::{Judged, verify};

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::{Error, signed};
use crate::base::digest::Digest;
use crate::edge::disk;
use crate::edge::parcel::{self, Base, Parcel, Unpacked};
use crate::stage::parcel::{ATTESTATIONS, BUNDLE, Index, SBOM, STATEMENT};
use crate::stage::provenance::{sbom, statement};
use crate::workspace::Workspace;

/// How to pack.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Where to; `NAME.parcel` by default.
    pub output: Option<PathBuf>,
    /// The parcel that the site has already.
    pub since: Option<PathBuf>,
    /// Whether images are left out.
    pub without_images: bool,
    /// Signed statements that go along.
    pub attestations: Vec<PathBuf>,
    /// Programs that go along.
    pub tools: Vec<PathBuf>,
}

/// What was packed.
#[derive(Clone, Debug)]
pub struct Packed {
    pub path: PathBuf,
    /// What the parcel is known by.
    pub digest: Digest,
    /// The bundle in it.
    pub bundle: Digest,
    pub images: usize,
    /// In bytes.
    pub size: u64,
    /// What was left out because the site has it, in bytes.
    pub left_out: u64,
    /// What the site must have.
    pub base: Option<Digest>,
}

/// Why something cannot be packed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PackError {
    /// A part comes from GitOps, whose trees are not carried.
    #[error("part `{0}` comes from GitOps, and its tree cannot be carried")]
    FromGitOps(String),
    /// Something that the lock names is not in `vendor`, a sentence each.
    #[error("vendor does not hold everything that the lock names: {}", .0.join("; "))]
    NotVendored(Vec<String>),
    /// A file lies nowhere below a folder that all have in common, or its name cannot be carried.
    #[error("`{}` cannot be carried: its name has other than ASCII characters, or is too long", .0.display())]
    Name(PathBuf),
    /// Two programs have one name.
    #[error("`{}` cannot be carried: another program that goes along has its name", .0.display())]
    ToolTwice(PathBuf),
}

/// Packs the bundle of the spec at a path, built anew.
pub fn pack(spec: &Path, request: &Request) -> Result<Packed, Error> {
    let workspace = Workspace::read(spec)?;
    let (lock, lock_text) = workspace.lock()?;
    if let Some((name, _)) = lock.parts.iter().find(|(_, it)| it.release.is_some()) {
        return Err(PackError::FromGitOps(name.clone()).into());
    }
    let vendored = workspace.vendored(&lock)?;
    let bundle = workspace.bundle(&lock, &vendored)?;
    let bytes = bundle.encode();
    signed::read_means(&workspace)?;
    signed::charts(&workspace, &lock)?;
    let mut gathered = gather::Gathered::default();
    let spec_path = gathered.workspace(&workspace)?;
    let components = gathered.vendor(&workspace, &lock, request.without_images)?;
    gathered.add(STATEMENT, statement(&bundle, &bytes, &workspace.spec_text, &lock, &lock_text).encode());
    gathered.add(SBOM, sbom(&bundle, &lock, &components));
    let digest = bundle.digest();
    gathered.add(BUNDLE, bytes);
    for path in &request.attestations {
        let text = disk::read_any(path)?;
        gathered.add(&format!("{ATTESTATIONS}{}.json", Digest::of(&text).hex()), text);
    }
    for path in &request.tools {
        gathered.tool(path)?;
    }
    let images: BTreeSet<String> = match request.without_images {
        true => BTreeSet::new(),
        false => components.iter().map(|it| it.image.to_string()).collect(),
    };
    let count = images.len();
    let name = workspace.spec.bundle.clone();
    let mut index = Index::new(name.clone(), digest, spec_path, images, gathered.members());
    if let Some(old) = &request.since {
        index = index.since(&Parcel::open(old)?.index);
    }
    // What could not be read again is not written.
    Index::decode(&index.encode())
        .map_err(|fault| parcel::ParcelError::Index { path: workspace.file.clone().into(), fault })?;
    let path = request.output.clone().unwrap_or_else(|| PathBuf::from(format!("{name}.parcel")));
    let size = parcel::write(&path, &index, &|it| gathered.origin(it))?;
    let left_out = index.members.iter().filter(|it| it.in_base).map(|it| it.size).sum();
    Ok(Packed { path, digest: index.digest_of(), bundle: digest, images: count, size, left_out, base: index.base })
}

/// Unpacks a parcel into a folder. What is there already and whole stays.
pub fn unpack(path: &Path, base: Option<&Path>, folder: &Path) -> Result<(Index, Unpacked), Error> {
    let opened = Parcel::open(path)?;
    let base = base.map(base_at);
    let unpacked = parcel::unpack(&opened, base.as_ref(), folder, &|_| true)?;
    Ok((opened.index, unpacked))
}

/// A base: a folder, or a parcel.
pub(super) fn base_at(path: &Path) -> Base {
    if path.is_dir() { Base::Folder(path.into()) } else { Base::File(path.into()) }
}

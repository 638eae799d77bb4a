//! Reads a parcel: its index first, and then any member where the index says that it lies.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::hashed::Hashed;
use super::{Damage, ParcelError};
use crate::base::digest::{Digest, Hasher};
use crate::edge::disk;
use crate::edge::images::{Content, Shelf};
use crate::edge::layout::LayoutError;
use crate::stage::parcel::tarball::{self, BLOCK, header, length, padding};
use crate::stage::parcel::{CHECK, INDEX, Index, MAX_INDEX, Member, check};
use crate::stage::vendored::layout::{Descriptor, Index as LayoutIndex};

/// A parcel whose index was read.
#[derive(Debug)]
pub struct Parcel {
    pub path: PathBuf,
    pub index: Index,
    /// Where the content of each member begins, by its path.
    offsets: BTreeMap<String, u64>,
    /// Where the first member after the two of its own begins.
    start: u64,
    /// Members of images by their digest.
    blobs: BTreeMap<Digest, String>,
}

/// Whether a file begins as a parcel does.
pub fn is_parcel(path: &Path) -> bool {
    // What the store keeps is none, and is not opened for that.
    if path.canonicalize().is_ok_and(|it| it.to_string_lossy().ends_with(".tar.gz")) {
        return false;
    }
    let mut first = [0; 512];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut first));
    read.is_ok() && is_near(&first)
}

/// Whether a first header is that of a parcel, or of one with another byte in it: it bears the name, or is one of tar at all,
/// which no bundle is.
fn is_near(first: &[u8; 512]) -> bool {
    const MAGIC: &[u8] = b"ustar";
    const PLACE: usize = 257;
    let is_tar = first.get(PLACE..PLACE + MAGIC.len()) == Some(MAGIC);
    first.get(..INDEX.len()) == Some(INDEX.as_bytes()) || is_tar
}

impl Parcel {
    /// Reads what a parcel says of itself.
    pub fn open(path: &Path) -> Result<Parcel, ParcelError> {
        let failed = |source| disk::Error { action: "read", path: path.into(), source };
        let mut file = BufReader::new(File::open(path).map_err(failed)?);
        let damaged = |member: &str, what| ParcelError::Damaged { path: path.into(), member: member.into(), what };
        let mut first = [0; 512];
        let begins = file.read_exact(&mut first).is_ok();
        let size = match tarball::read(&first).filter(|(name, size)| name == INDEX && *size <= MAX_INDEX) {
            Some((_, size)) if begins => size,
            _ if begins && is_near(&first) => return Err(damaged(INDEX, Damage::Header)),
            _ => return Err(ParcelError::NotAParcel(path.into())),
        };
        let text = content(&mut file, size).map_err(|what| damaged(INDEX, what))?;
        let wanted = check(&text);
        let mut second = [0; 512];
        file.read_exact(&mut second).map_err(|_| damaged(CHECK, Damage::Short))?;
        if second != header(CHECK, wanted.len() as u64) {
            return Err(damaged(CHECK, Damage::Header));
        }
        let found = content(&mut file, wanted.len() as u64).map_err(|what| damaged(CHECK, what))?;
        if found != wanted {
            return Err(damaged(&format!("{INDEX} or {CHECK}"), Damage::Check));
        }
        let index = Index::decode(&text).map_err(|fault| ParcelError::Index { path: path.into(), fault })?;
        let start = length(size) + length(wanted.len() as u64);
        let mut at = start;
        let mut offsets = BTreeMap::new();
        let mut blobs = BTreeMap::new();
        for it in &index.members {
            if it.path.contains("/blobs/sha256/") {
                blobs.insert(it.digest, it.path.clone());
            }
            if !it.in_base {
                offsets.insert(it.path.clone(), at + BLOCK);
                at = at.saturating_add(length(it.size));
            }
        }
        Ok(Parcel { path: path.into(), index, offsets, start, blobs })
    }

    /// Compares every byte of the file with what the index says, and hands each member over as it passes.
    pub fn each(
        &self,
        take: &mut dyn FnMut(&Member, &mut dyn Read) -> Result<(), ParcelError>,
    ) -> Result<(), ParcelError> {
        let failed = |source| disk::Error { action: "read", path: self.path.clone(), source };
        let mut file = BufReader::with_capacity(1 << 20, File::open(&self.path).map_err(failed)?);
        file.seek(SeekFrom::Start(self.start)).map_err(failed)?;
        for it in self.index.members.iter().filter(|it| !it.in_base) {
            let damaged = |what| self.damaged(&it.path, what);
            let mut head = [0; 512];
            file.read_exact(&mut head).map_err(|_| damaged(Damage::Short))?;
            if head != header(&it.path, it.size) {
                return Err(damaged(Damage::Header));
            }
            let mut passing = Hashed { reader: (&mut file).take(it.size), hasher: Hasher::default() };
            take(it, &mut passing)?;
            io::copy(&mut passing, &mut io::sink()).map_err(failed)?;
            let is_short = passing.reader.limit() > 0;
            if is_short {
                return Err(damaged(Damage::Short));
            }
            if passing.hasher.finish() != it.digest {
                return Err(damaged(Damage::Digest(it.digest)));
            }
            fill(&mut file, padding(it.size)).map_err(damaged)?;
        }
        let mut rest = Vec::new();
        file.take(3 * BLOCK).read_to_end(&mut rest).map_err(failed)?;
        let is_end = rest.len() as u64 == 2 * BLOCK && rest.iter().all(|it| *it == 0);
        if is_end { Ok(()) } else { Err(self.damaged("the end", Damage::End)) }
    }

    /// A member that is in the file, compared with its digest.
    pub fn read(&self, path: &str) -> Result<Option<Vec<u8>>, ParcelError> {
        let Some((member, mut content)) = self.member(path)? else { return Ok(None) };
        let mut bytes = Vec::new();
        let failed = |source| disk::Error { action: "read", path: self.path.clone(), source };
        content.read_to_end(&mut bytes).map_err(failed)?;
        match Digest::of(&bytes) == member.digest {
            true => Ok(Some(bytes)),
            false => Err(self.damaged(path, Damage::Digest(member.digest))),
        }
    }

    pub(super) fn member(&self, path: &str) -> Result<Option<(&Member, Part)>, ParcelError> {
        let (Some(member), Some(start)) = (self.index.member(path), self.offsets.get(path)) else { return Ok(None) };
        let failed = |source| disk::Error { action: "read", path: self.path.clone(), source };
        let mut file = File::open(&self.path).map_err(failed)?;
        file.seek(SeekFrom::Start(*start)).map_err(failed)?;
        Ok(Some((member, Part { file, start: *start, size: member.size, at: 0 })))
    }

    pub(super) fn damaged(&self, member: &str, what: Damage) -> ParcelError {
        ParcelError::Damaged { path: self.path.clone(), member: member.into(), what }
    }
}

impl Shelf for Parcel {
    fn entries(&self) -> Result<Vec<Descriptor>, LayoutError> {
        let path =
            self.index.members.iter().find(|it| it.path.ends_with("vendor/index.json")).map(|it| it.path.clone());
        let Some(path) = path else { return Ok(Vec::new()) };
        let fault = |message: String| LayoutError::Index { path: self.path.clone(), message };
        let text = self.read(&path).map_err(|it| fault(it.to_string()))?;
        let text = text.ok_or_else(|| fault(format!("{path} is in the base")))?;
        Ok(LayoutIndex::decode(&text).map_err(fault)?.entries().to_vec())
    }

    fn open(&self, digest: &Digest) -> Result<Option<Box<dyn Content + '_>>, disk::Error> {
        let Some(path) = self.blobs.get(digest) else { return Ok(None) };
        let failed = |fault: ParcelError| match fault {
            ParcelError::Disk(fault) => fault,
            fault => {
                disk::Error { action: "read", path: self.path.clone(), source: io::Error::other(fault.to_string()) }
            }
        };
        Ok(self.member(path).map_err(failed)?.map(|(_, it)| Box::new(it) as Box<dyn Content>))
    }
}

/// A member within the file.
pub(super) struct Part {
    file: File,
    start: u64,
    size: u64,
    at: u64,
}

impl Read for Part {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.size - self.at).unwrap_or(usize::MAX);
        let most = buffer.len().min(left);
        let read = self.file.read(buffer.get_mut(..most).unwrap_or_default())?;
        self.at += read as u64;
        Ok(read)
    }
}

impl Seek for Part {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
            SeekFrom::End(by) => self.size.checked_add_signed(by),
        };
        let at = at.filter(|it| *it <= self.size).ok_or_else(|| io::Error::from(ErrorKind::InvalidInput))?;
        self.file.seek(SeekFrom::Start(self.start + at))?;
        self.at = at;
        Ok(at)
    }
}

/// So many bytes, and the zeros that fill their last block.
fn content(file: &mut impl Read, size: u64) -> Result<Vec<u8>, Damage> {
    let mut bytes = Vec::new();
    file.take(size).read_to_end(&mut bytes).map_err(|_| Damage::Short)?;
    if bytes.len() as u64 != size {
        return Err(Damage::Short);
    }
    fill(file, padding(size))?;
    Ok(bytes)
}

fn fill(file: &mut impl Read, size: u64) -> Result<(), Damage> {
    let mut zeros = vec![0; usize::try_from(size).unwrap_or_default()];
    file.read_exact(&mut zeros).map_err(|_| Damage::Short)?;
    if zeros.iter().all(|it| *it == 0) { Ok(()) } else { Err(Damage::Padding) }
}

//! Writes a parcel: the same members, the same bytes.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use super::ParcelError;
use super::hashed::Hashed;
use crate::base::digest::{Digest, Hasher};
use crate::edge::blobs::{Blobs, digest_of};
use crate::edge::disk;
use crate::edge::growing::Growing;
use crate::stage::parcel::tarball::{BLOCK, header, padding};
use crate::stage::parcel::{CHECK, INDEX, Index, check};

/// Where a member's bytes come from.
#[derive(Clone, Debug)]
pub enum Origin {
    Bytes(Vec<u8>),
    /// A blob of a layout.
    Blob(Blobs, Digest),
    /// A file.
    File(PathBuf),
}

impl Origin {
    fn open(&self) -> Result<Box<dyn Read + '_>, ParcelError> {
        match self {
            Origin::Bytes(bytes) => Ok(Box::new(bytes.as_slice())),
            Origin::Blob(blobs, digest) => match blobs.open(digest)? {
                Some(file) => Ok(Box::new(file)),
                None => Err(ParcelError::Changed(digest.to_string())),
            },
            Origin::File(path) => Ok(Box::new(File::open(path).map_err(|source| unreadable(path, source))?)),
        }
    }
}

/// A file that goes along, with its size and digest.
pub fn file(path: &Path) -> Result<(u64, Digest, Origin), ParcelError> {
    let failed = |source| unreadable(path, source);
    let file = File::open(path).map_err(failed)?;
    let size = file.metadata().map_err(failed)?.len();
    Ok((size, digest_of(file).map_err(failed)?, Origin::File(path.into())))
}

fn unreadable(path: &Path, source: io::Error) -> disk::Error {
    disk::Error { action: "read", path: path.into(), source }
}

/// Writes a parcel of these members, each under its path, whole or not at all; gives its size.
pub fn write(path: &Path, index: &Index, origin: &dyn Fn(&str) -> Option<Origin>) -> Result<u64, ParcelError> {
    let failed = |source| disk::Error { action: "write", path: path.into(), source };
    let file = Growing::begin(path)?;
    let mut out = Counted { out: BufWriter::with_capacity(1 << 20, &file), count: 0 };
    let text = index.encode();
    for (name, bytes) in [(INDEX, text.clone()), (CHECK, check(&text))] {
        member(&mut out, name, bytes.len() as u64, &mut bytes.as_slice()).map_err(failed)?;
    }
    for it in index.members.iter().filter(|it| !it.in_base) {
        let origin = origin(&it.path).ok_or_else(|| ParcelError::Changed(it.path.clone()))?;
        let mut reader = Hashed { reader: origin.open()?, hasher: Hasher::default() };
        let written = member(&mut out, &it.path, it.size, &mut reader).map_err(failed)?;
        if written != it.size || reader.hasher.finish() != it.digest {
            return Err(ParcelError::Changed(it.path.clone()));
        }
    }
    out.write_all(&[0; 2 * BLOCK as usize]).and_then(|()| out.flush()).map_err(failed)?;
    let size = out.count;
    drop(out);
    file.keep()?;
    Ok(size)
}

/// Writes a member, and says how many bytes of it came; never more than its size.
fn member(out: &mut impl Write, path: &str, size: u64, reader: &mut dyn Read) -> io::Result<u64> {
    out.write_all(&header(path, size))?;
    let written = io::copy(&mut reader.take(size + 1), out)?;
    let fill = vec![0; usize::try_from(padding(size)).unwrap_or_default()];
    out.write_all(&fill)?;
    Ok(written)
}

struct Counted<W> {
    out: W,
    count: u64,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.count += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

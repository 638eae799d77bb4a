//! The outer form of a bundle: a `.tar.gz` that is the same bytes for the same files, always.

use std::io::Read;

use flate2::Crc;
use flate2::bufread::GzDecoder;
use miniz_oxide::deflate::compress_to_vec;
use tar::{Archive, EntryType, Header};

use helm_engine::path::{PathError, RelPath, shown};
use helm_engine::tree::FileTree;

/// The largest bundle that is read, unpacked, in bytes.
const MAX_SIZE: u64 = crate::base::limits::BUNDLE.most;

/// How every gzip file begins.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Why bytes are not the archive of a bundle.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The bytes are no gzip or no tar file, or break off.
    #[error("the archive cannot be read: {0}")]
    Read(#[from] std::io::Error),
    /// The bytes do not begin as a gzip file does.
    #[error("a bundle is a `.tar.gz`, and this is none")]
    NotGzip,
    /// A name leads out of the archive, or has another spelling too.
    #[error("the archive holds a bad path: {0}")]
    Path(#[from] PathError),
    /// An entry is a folder, a link or a device. Its name.
    #[error("the archive holds `{0}`, which is no plain file")]
    NotAFile(String),
    /// The name of an entry is no UTF-8. As much of it as can be shown.
    #[error("the archive holds `{0}`, a name that is no UTF-8")]
    NotText(String),
    /// Two entries have one name. It.
    #[error("the archive holds `{0}` twice")]
    Twice(String),
    /// Bytes follow where the gzip or the tar file ends, which no digest in the index would cover.
    #[error("more follows after the end of the archive")]
    Trailing,
    /// What is unpacked is longer than any bundle, so that no more of it was read.
    #[error("the archive unpacks to more than {} MiB", MAX_SIZE >> 20)]
    TooLarge,
    /// What is to be packed takes so many bytes, and could not be read again.
    #[error("all manifests, and once more in the patch for Talos, take {} MiB, and a bundle may have {} MiB", .0 >> 20, MAX_SIZE >> 20)]
    WouldBeTooLarge(u64),
}

/// The header of a file of so many bytes, before it has a name: mode 0644, owner 0, time 0.
pub(in crate::stage) fn header(size: u64) -> Header {
    let mut header = Header::new_ustar();
    header.set_entry_type(EntryType::Regular);
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(size);
    header
}

/// Files in path order, mode 0644, owner 0, time 0, and two closing blocks.
pub(super) fn tar(files: &FileTree) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, bytes) in files.iter() {
        builder
            .append_data(&mut header(bytes.len() as u64), path.as_str(), bytes)
            .expect("writing to memory does not fail");
    }
    builder.into_inner().expect("writing to memory does not fail")
}

/// Whether files make an archive that is read again.
pub(super) fn fits(files: &FileTree) -> Result<(), ArchiveError> {
    /// A header, and two blocks more where the path is long.
    const HEADER: u64 = 3 * BLOCK;
    const BLOCK: u64 = 512;
    let sizes = files.iter().map(|(_, bytes)| HEADER + (bytes.len() as u64).next_multiple_of(BLOCK));
    let size = sizes.sum::<u64>() + 2 * BLOCK;
    if size > MAX_SIZE { Err(ArchiveError::WouldBeTooLarge(size)) } else { Ok(()) }
}

pub(super) fn compress(tar: &[u8]) -> Vec<u8> {
    /// No name and no time, the best compression, an unknown system.
    const HEADER: [u8; 10] = [GZIP[0], GZIP[1], 8, 0, 0, 0, 0, 0, 2, 255];
    const BEST: u8 = 9;
    let mut sum = Crc::new();
    sum.update(tar);
    let trailer = [sum.sum().to_le_bytes(), sum.amount().to_le_bytes()].concat();
    [&HEADER, compress_to_vec(tar, BEST).as_slice(), &trailer].concat()
}

pub(super) fn read(bytes: &[u8]) -> Result<FileTree, ArchiveError> {
    if !bytes.starts_with(&GZIP) {
        return Err(ArchiveError::NotGzip);
    }
    let mut tar = Vec::new();
    let mut unpacked = GzDecoder::new(bytes).take(MAX_SIZE + 1);
    unpacked.read_to_end(&mut tar)?;
    if tar.len() as u64 > MAX_SIZE {
        return Err(ArchiveError::TooLarge);
    }
    if !unpacked.into_inner().into_inner().is_empty() {
        return Err(ArchiveError::Trailing);
    }
    let mut files = FileTree::new();
    let mut archive = Archive::new(tar.as_slice());
    for entry in archive.entries()? {
        let mut entry = entry?;
        let path = entry.path_bytes().into_owned();
        let name = || shown(&String::from_utf8_lossy(&path));
        if entry.header().entry_type() != EntryType::Regular {
            return Err(ArchiveError::NotAFile(name()));
        }
        let place = RelPath::exact(std::str::from_utf8(&path).map_err(|_| ArchiveError::NotText(name()))?)?;
        let mut content = Vec::new();
        entry.read_to_end(&mut content)?;
        if files.insert(place, content).is_some() {
            return Err(ArchiveError::Twice(name()));
        }
    }
    // Zeros fill the last record.
    if archive.into_inner().iter().any(|it| *it != 0) {
        return Err(ArchiveError::Trailing);
    }
    Ok(files)
}

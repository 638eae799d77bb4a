//! The outer form of a bundle: a `.tar.gz` that is the same bytes for the same files, always.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::{GzBuilder, write::GzEncoder};
use tar::{Archive, EntryType, Header};

use helm_engine::path::{PathError, RelPath};
use helm_engine::tree::FileTree;

/// The largest bundle that is read, unpacked, in bytes.
const MAX_SIZE: u64 = 256 << 20;

/// Why bytes are not the archive of a bundle.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    #[error("the archive cannot be read: {0}")]
    Read(#[from] std::io::Error),
    #[error("the archive holds a bad path: {0}")]
    Path(#[from] PathError),
    #[error("the archive holds `{0}`, which is no plain file")]
    NotAFile(String),
    #[error("the archive holds `{0}` twice")]
    Twice(String),
    #[error("the archive unpacks to more than {} MiB", MAX_SIZE >> 20)]
    TooLarge,
}

/// Files in path order, mode 0644, owner 0, time 0, and two closing blocks.
pub(super) fn tar(files: &FileTree) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, bytes) in files.iter() {
        let mut header = Header::new_ustar();
        header.set_entry_type(EntryType::Regular);
        header.set_mode(0o644);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        header.set_size(bytes.len() as u64);
        builder.append_data(&mut header, path.as_str(), bytes).expect("writing to memory does not fail");
    }
    builder.into_inner().expect("writing to memory does not fail")
}

pub(super) fn compress(tar: &[u8]) -> Vec<u8> {
    let mut encoder: GzEncoder<Vec<u8>> =
        GzBuilder::new().mtime(0).operating_system(255).write(Vec::new(), Compression::best());
    encoder.write_all(tar).expect("writing to memory does not fail");
    encoder.finish().expect("writing to memory does not fail")
}

pub(super) fn read(bytes: &[u8]) -> Result<FileTree, ArchiveError> {
    let mut tar = Vec::new();
    GzDecoder::new(bytes).take(MAX_SIZE + 1).read_to_end(&mut tar)?;
    if tar.len() as u64 > MAX_SIZE {
        return Err(ArchiveError::TooLarge);
    }
    let mut files = FileTree::new();
    for entry in Archive::new(tar.as_slice()).entries()? {
        let mut entry = entry?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        if entry.header().entry_type() != EntryType::Regular {
            return Err(ArchiveError::NotAFile(name));
        }
        let mut content = Vec::new();
        entry.read_to_end(&mut content)?;
        if files.insert(RelPath::new(&name)?, content).is_some() {
            return Err(ArchiveError::Twice(name));
        }
    }
    Ok(files)
}

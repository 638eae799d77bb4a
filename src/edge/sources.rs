//! The sources of a spec on this machine's disk.

use std::io;
use std::path::{Path, PathBuf};

use super::disk;
use super::files;
use crate::stage::resolve::{ChartSource, SourceError, Sources};

/// Sources whose paths start at a folder: that of the spec.
#[derive(Clone, Debug)]
pub struct Disk {
    folder: PathBuf,
}

impl Disk {
    pub fn new(folder: &Path) -> Self {
        Disk { folder: folder.into() }
    }
}

impl Sources for Disk {
    fn chart(&self, path: &str) -> Result<ChartSource, SourceError> {
        let full = self.folder.join(path);
        if full.is_dir() {
            let folder = files::chart_folder(&full).map(ChartSource::Folder);
            return folder.map_err(|it| SourceError { missing: !it.is_surroundings(), message: it.to_string() });
        }
        self.file(path).map(ChartSource::Archive)
    }

    fn file(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        disk::read(&self.folder.join(path)).map_err(fault)
    }
}

fn fault(fault: disk::Error) -> SourceError {
    let missing = matches!(fault.source.kind(), io::ErrorKind::NotFound | io::ErrorKind::IsADirectory);
    SourceError { message: fault.to_string(), missing }
}

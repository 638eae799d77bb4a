//! The sources of a spec: on this machine's disk, and elsewhere.

use std::path::{Path, PathBuf};

use super::disk;
use super::files::FilesError;
use super::kept_charts;
use super::read_files::ReadFiles;
use crate::base::digest::Digest;
use crate::stage::resolve::{ChartSource, ManifestSource, Remote, SourceError, Sources};
use crate::stage::spec::Source;
use helm_engine::helm::{Chart, ChartError, HelmVersion};

/// Sources whose paths start at a folder: that of the spec. What lies elsewhere is looked up with a function.
pub struct Disk<'a> {
    folder: PathBuf,
    files: &'a ReadFiles,
    remote: &'a dyn Fn(&str, &Source, &str) -> Result<Remote, SourceError>,
}

impl<'a> Disk<'a> {
    pub fn new(
        folder: &Path,
        files: &'a ReadFiles,
        remote: &'a dyn Fn(&str, &Source, &str) -> Result<Remote, SourceError>,
    ) -> Self {
        Disk { folder: folder.into(), files, remote }
    }
}

impl Sources for Disk<'_> {
    fn chart(&self, path: &str) -> Result<ChartSource, SourceError> {
        let full = self.folder.join(path);
        if full.is_dir() {
            return self.files.chart_folder(&full).map(ChartSource::Folder).map_err(|it| files_fault(&it));
        }
        self.file(path).map(ChartSource::Archive)
    }

    fn manifest(&self, path: &str) -> Result<ManifestSource, SourceError> {
        let full = self.folder.join(path);
        if full.is_dir() {
            return self.files.manifest_folder(&full).map(ManifestSource::Folder).map_err(|it| files_fault(&it));
        }
        self.file(path).map(ManifestSource::File)
    }

    fn file(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        self.files.read(&self.folder.join(path)).map_err(|fault| match fault.is_input() {
            true => SourceError::Path { fault: fault.to_string(), leads_out: false },
            false => disk_fault(&fault),
        })
    }

    fn remote(&self, key: &str, source: &Source, text: &str) -> Result<Remote, SourceError> {
        (self.remote)(key, source, text)
    }

    fn load(&self, bytes: &[u8], digest: Digest, helm: HelmVersion) -> Result<Chart, ChartError> {
        kept_charts::load(bytes, digest, helm)
    }
}

fn files_fault(fault: &FilesError) -> SourceError {
    match fault.is_surroundings() {
        true => SourceError::Disk { fault: fault.to_string(), is_input: false, help: None },
        false => {
            let leads_out = matches!(fault, FilesError::LeadsOut { .. });
            SourceError::Path { fault: fault.to_string(), leads_out }
        }
    }
}

/// A fault of the disk as one of a source.
pub fn disk_fault(fault: &disk::Error) -> SourceError {
    SourceError::Disk { fault: fault.to_string(), is_input: fault.is_input(), help: fault.help() }
}

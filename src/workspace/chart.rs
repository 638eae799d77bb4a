//! A chart as `helm template` and `helm show` are given one: on this machine, or elsewhere.

use super::Error;
use super::fetching::Fetching;
use crate::base::code::Exit;
use crate::base::memory;
use crate::edge::blobs::Blobs;
use crate::edge::fetch::LocalBlobs;
use crate::edge::files::{self, ChartFiles, FilesError};
use crate::stage::resolve::choose;
use crate::stage::spec::{ContentKind, Source, SourceFault};

/// What the user names.
#[derive(Clone, Debug, Default)]
pub struct ChartName {
    /// A folder, an archive, `oci://HOST/NAME`, the address of an archive, or a chart's name in `repo`.
    pub name: String,
    /// The version of a chart that lies elsewhere, or a constraint.
    pub version: Option<String>,
    /// The address of a classic repository.
    pub repo: Option<String>,
    /// Whether versions before a release are taken where none is named.
    pub devel: bool,
}

/// Why what the user names cannot be a chart.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    #[error("`{name}` is not looked for in `{repo}`")]
    NotInRepository { name: String, repo: String },
    #[error("`{name}`: {fault}")]
    Unreadable { name: String, fault: SourceFault },
    #[error("`{name}` names {tag}, and `--version` {version}")]
    TwoVersions { name: String, tag: String, version: String },
}

impl NameError {
    /// What to do.
    pub fn help(&self) -> Option<&'static str> {
        match self {
            NameError::NotInRepository { .. } => Some("with `--repo ADDRESS`, name the chart alone"),
            NameError::Unreadable { .. } => None,
            NameError::TwoVersions { .. } => Some("name one"),
        }
    }
}

/// Why there is no chart.
#[derive(Debug, thiserror::Error)]
pub enum ChartNameError {
    #[error(transparent)]
    Files(#[from] FilesError),
    #[error(transparent)]
    Fetch(Box<Error>),
}

impl ChartNameError {
    /// Whether disk or permissions failed, and not what the user gave.
    pub fn is_surroundings(&self) -> bool {
        match self {
            ChartNameError::Files(it) => it.is_surroundings(),
            ChartNameError::Fetch(it) => it.exit() == Exit::Surroundings,
        }
    }
}

impl ChartName {
    /// Reads the chart, from the network where it lies there. What is here wins, as in Helm; with a repository, nothing
    /// that lies here is looked at.
    pub fn read(&self, fetching: Fetching<'_>) -> Result<ChartFiles, ChartNameError> {
        let fault = |it: NameError| ChartNameError::Fetch(Box::new(it.into()));
        if self.repo.is_none() {
            let here = files::chart(&self.name);
            if !matches!(here, Err(FilesError::NotFound(_) | FilesError::NotLocal(_))) {
                return Ok(here?);
            }
        }
        let Some(source) = self.source().map_err(fault)? else { return Ok(files::chart(&self.name)?) };
        let version = self.version.clone().or_else(|| self.devel.then(|| ">0.0.0-0".to_owned()));
        let fetch = || {
            // Hosts are reached with passwords.
            memory::may_hold_secrets();
            let network = fetching.own_network()?;
            let clients = fetching.clients(&network)?;
            // The cache keeps what is fetched; no workspace is asked.
            let cache = Blobs::of_user();
            let folder = cache.as_ref().map_or_else(std::env::temp_dir, |it| it.root().to_path_buf());
            let local = LocalBlobs { vendor: Blobs::at(&folder), cache };
            let fetcher = clients.fetcher(fetching.settings, &local);
            fetcher.chart(&self.name, &source, version).map_err(Error::Fetch)
        };
        fetch().map(ChartFiles::Archive).map_err(|it| ChartNameError::Fetch(Box::new(it)))
    }

    /// Where it lies, unless that is here.
    fn source(&self) -> Result<Option<Source>, NameError> {
        if let Some(repo) = &self.repo {
            let address = repo.trim_end_matches('/').to_owned();
            let is_address = address.starts_with("https://") || address.starts_with("http://");
            if !is_address || self.name.contains("://") {
                return Err(NameError::NotInRepository { name: self.name.clone(), repo: repo.clone() });
            }
            return Ok(Some(Source::Repository { address, chart: self.name.clone() }));
        }
        let kind = if self.name.starts_with("oci://") { ContentKind::Chart } else { ContentKind::Manifest };
        let source = Source::parse(&self.name, kind)
            .map_err(|fault| NameError::Unreadable { name: self.name.clone(), fault })?;
        if let (Source::Oci(name), Some(version)) = (&source, &self.version)
            && let Some(tag) = name.tag.as_ref().filter(|it| **it != choose::tag(version))
        {
            let (name, tag, version) = (self.name.clone(), tag.clone(), version.clone());
            return Err(NameError::TwoVersions { name, tag, version });
        }
        Ok(if source.is_local() { None } else { Some(source) })
    }
}

//! One source had: from the local where it lies, else from its registry, repository or address.

use url::Url;

use super::answers::unreachable;
use super::registry::Registry;
use super::repository::Web;
use super::{Event, Fetcher};
use crate::base::digest::Digest;
use crate::stage::lock::LockedSource;
use crate::stage::resolve::choose::{self, Listing};
use crate::stage::resolve::{Hold, Remote, Says, SourceError, Wish};
use crate::stage::spec::{OciName, Source};
use crate::stage::vendored::artifact::is_chart_content;
use crate::stage::vendored::layout::{Descriptor, Manifest};

/// One source to be had, all of it in the time that is left for one.
pub(super) struct Errand<'f> {
    pub fetcher: &'f Fetcher<'f>,
    pub registry: Registry<'f>,
    pub web: Web<'f>,
}

impl Errand<'_> {
    pub fn one(&self, wish: &Wish) -> Result<Remote, SourceError> {
        match &wish.source {
            Source::Oci(name) => self.oci(wish, name),
            Source::Repository { address, chart } => self.repository(wish, address, chart),
            Source::Url(address) => self.address(wish, address),
            Source::Local(path) => Err(SourceError::NotElsewhere { path: path.clone() }),
        }
    }

    fn oci(&self, wish: &Wish, name: &OciName) -> Result<Remote, SourceError> {
        let held = wish.locked.as_ref().filter(|_| wish.hold == Hold::Keep);
        let held = held.filter(|it| name.digest.is_none() || name.digest == it.manifest);
        if let Some((locked, digest)) = held.and_then(|it| Some((it, it.manifest?))) {
            let tag = name.tag.clone().or_else(|| locked.version.as_deref().map(choose::tag));
            let known = self.fetcher.at_hand(&digest)?;
            if let Some(tag) =
                tag.filter(|_| name.digest.is_none() && known.is_some() && !self.fetcher.settings.offline)
            {
                self.check_tag(wish, name, &tag, &digest)?;
            }
            let bytes = match known {
                Some(bytes) => bytes,
                None => self.locked_manifest(part_of(wish), name, locked, &digest)?,
            };
            let manifest = chart_manifest(name, &bytes)?;
            return self.chart_of(name, &manifest, locked.version.clone(), digest);
        }
        self.online(&wish.key)?;
        let (bytes, digest, version) = match (&name.digest, &name.tag) {
            (Some(digest), tag) => {
                // The tag says what is meant; the digest says what is taken.
                let version = tag.as_deref().map(choose::version_of_tag).filter(|it| choose::is_exact(it));
                (self.registry.manifest_of_digest(name, digest)?, *digest, version)
            }
            (None, Some(tag)) => {
                let (bytes, digest) = self.registry.manifest_of_tag(name, tag)?;
                (bytes, digest, Some(choose::version_of_tag(tag)))
            }
            (None, None) => {
                let version = match &wish.version {
                    Some(version) if choose::is_exact(version) => version.clone(),
                    constraint => {
                        let tags = self.registry.tags(name)?;
                        let versions: Vec<String> = tags.iter().map(|it| choose::version_of_tag(it)).collect();
                        newest(Listing::Tags, &versions, constraint.as_deref(), &name.to_string())?
                    }
                };
                let (bytes, digest) = self.registry.manifest_of_tag(name, &choose::tag(&version))?;
                (bytes, digest, Some(version))
            }
        };
        if let Some(locked) = &wish.locked
            && wish.hold != Hold::Accept
            && version.is_some()
            && locked.version == version
            && let Some(known) = locked.manifest
            && known != digest
        {
            let tag = version.as_deref().map(choose::tag).unwrap_or_default();
            return Err(moved(format!("tag `{tag}` of {name}"), &known, &digest, part_of(wish)));
        }
        let manifest = chart_manifest(name, &bytes)?;
        self.fetcher.keep(&bytes);
        self.chart_of(name, &manifest, version, digest)
    }

    /// The manifest that the lock names. Where the registry has it no more, the tag tells why.
    pub fn locked_manifest(
        &self,
        part: &str,
        name: &OciName,
        locked: &LockedSource,
        digest: &Digest,
    ) -> Result<Vec<u8>, SourceError> {
        if let Some(bytes) = self.fetcher.at_hand(digest)? {
            return Ok(bytes);
        }
        self.online(&name.to_string())?;
        let bytes = match self.registry.manifest_of_digest(name, digest) {
            Err(fault) if fault.is_absent() => {
                let tag = name.tag.clone().or_else(|| locked.version.as_deref().map(choose::tag));
                let now = tag.as_ref().and_then(|tag| self.registry.manifest_of_tag(name, tag).ok());
                return Err(match (tag, now) {
                    (Some(tag), Some((_, now))) if now != *digest => {
                        moved(format!("tag `{tag}` of {name}"), digest, &now, part)
                    }
                    _ => fault,
                });
            }
            other => other?,
        };
        self.fetcher.keep(&bytes);
        Ok(bytes)
    }

    /// Whether the tag still names what is locked. A registry that does not answer is no failure here: all is at hand.
    fn check_tag(&self, wish: &Wish, name: &OciName, tag: &str, locked: &Digest) -> Result<(), SourceError> {
        match self.registry.manifest_of_tag(name, tag) {
            Ok((_, now)) if now != *locked => Err(moved(format!("tag `{tag}` of {name}"), locked, &now, part_of(wish))),
            Ok(_) => Ok(()),
            Err(fault) => {
                let note = format!("{}: whether tag `{tag}` has moved is not known: {fault}", wish.key);
                self.fetcher.progress.event(Event::Note(&note));
                Ok(())
            }
        }
    }

    /// The chart's archive; every other blob goes to the cache with it.
    fn chart_of(
        &self,
        name: &OciName,
        manifest: &Manifest,
        version: Option<String>,
        digest: Digest,
    ) -> Result<Remote, SourceError> {
        let blobs = self.blobs(name, manifest)?;
        let at = manifest.blobs().position(|it| is_chart_content(&it.media_type));
        let bytes = at.and_then(|at| blobs.into_iter().nth(at)).ok_or_else(|| not_a_chart(name, "it has no chart"))?;
        Ok(Remote { bytes, version, manifest: Some(digest) })
    }

    pub fn blobs(&self, name: &OciName, manifest: &Manifest) -> Result<Vec<Vec<u8>>, SourceError> {
        manifest.blobs().map(|it| self.blob(name, it)).collect()
    }

    fn blob(&self, name: &OciName, wanted: &Descriptor) -> Result<Vec<u8>, SourceError> {
        if let Some(bytes) = self.fetcher.at_hand(&wanted.digest)? {
            return Ok(bytes);
        }
        self.online(&name.to_string())?;
        let bytes = self.registry.blob(name, wanted)?;
        self.fetcher.keep(&bytes);
        Ok(bytes)
    }

    fn repository(&self, wish: &Wish, address: &str, chart: &str) -> Result<Remote, SourceError> {
        let held = wish.locked.as_ref().filter(|_| wish.hold == Hold::Keep);
        if let Some(locked) = held
            && let Some(bytes) = self.fetcher.at_hand(&locked.digest)?
        {
            return Ok(Remote { bytes, version: locked.version.clone(), manifest: None });
        }
        self.online_for(&wish.key, address)?;
        let index = self.web.index(address)?;
        let entries = index.get(chart).ok_or_else(|| no_chart(address, chart))?;
        let constraint = held.and_then(|it| it.version.as_deref()).or(wish.version.as_deref());
        let versions: Vec<String> = entries.iter().map(|it| it.version.clone()).collect();
        let version = newest(Listing::Index, &versions, constraint, &format!("{address}/{chart}"))?;
        let found = entries.iter().find(|it| it.version == version).and_then(|it| Some((it, it.address(address)?)));
        let (entry, url) = found.ok_or_else(|| SourceError::NoAddress {
            address: address.into(),
            chart: chart.into(),
            version: version.clone(),
        })?;
        // The lock of before may still name what the index now has another digest for.
        let known =
            wish.locked.as_ref().filter(|it| it.version.as_ref() == Some(&version) && wish.hold != Hold::Accept);
        let bytes = match Source::parse(&url, wish.kind) {
            Ok(Source::Oci(name)) => {
                let elsewhere = OciName { tag: name.tag.clone().or_else(|| Some(choose::tag(&version))), ..name };
                let (bytes, digest) =
                    self.registry.manifest_of_tag(&elsewhere, elsewhere.tag.as_deref().unwrap_or_default())?;
                let manifest = chart_manifest(&elsewhere, &bytes)?;
                self.chart_of(&elsewhere, &manifest, None, digest)?.bytes
            }
            _ => self.web.file(&wish.key, &url)?,
        };
        let digest = Digest::of(&bytes);
        if let Some(locked) = known.filter(|it| it.digest != digest) {
            return Err(moved(format!("{chart} {version} of {address}"), &locked.digest, &digest, part_of(wish)));
        }
        if let Some(said) = &entry.digest {
            let said = said.trim_start_matches("sha256:").to_ascii_lowercase();
            if said != digest.hex() {
                let (what, wanted) = (format!("`{url}`"), format!("sha256:{said}"));
                return Err(SourceError::OtherDigest { what, found: digest, wanted, says: Says::Index });
            }
        }
        self.fetcher.keep(&bytes);
        Ok(Remote { bytes, version: Some(version), manifest: None })
    }

    fn address(&self, wish: &Wish, address: &str) -> Result<Remote, SourceError> {
        let held = wish.locked.as_ref().filter(|_| wish.hold == Hold::Keep).map(|it| it.digest);
        let known = held.or(wish.sha256);
        if let Some(digest) = known
            && let Some(bytes) = self.fetcher.at_hand(&digest)?
        {
            return Ok(Remote { bytes, version: None, manifest: None });
        }
        self.online_for(&wish.key, address)?;
        let bytes = self.web.file(&wish.key, address)?;
        let digest = Digest::of(&bytes);
        if let Some(wanted) = wish.sha256.filter(|it| *it != digest) {
            let (what, wanted) = (format!("`{address}`"), wanted.to_string());
            return Err(SourceError::OtherDigest { what, found: digest, wanted, says: Says::Spec });
        }
        if let Some(locked) = held.filter(|it| *it != digest) {
            return Err(moved(format!("`{address}`"), &locked, &digest, &wish.key));
        }
        self.fetcher.keep(&bytes);
        Ok(Remote { bytes, version: None, manifest: None })
    }

    /// As [`Errand::online`], for an address: one that would be refused anyway is refused for that.
    fn online_for(&self, what: &str, address: &str) -> Result<(), SourceError> {
        if let Ok(url) = Url::parse(address) {
            self.fetcher.clients.http.check_allowed(&url).map_err(|it| unreachable(&it))?;
        }
        self.online(what)
    }

    fn online(&self, what: &str) -> Result<(), SourceError> {
        if !self.fetcher.settings.offline {
            return Ok(());
        }
        Err(SourceError::Offline { what: what.into() })
    }
}

fn part_of(wish: &Wish) -> &str {
    wish.key.split('/').next().unwrap_or(&wish.key)
}

fn newest(listing: Listing, versions: &[String], constraint: Option<&str>, what: &str) -> Result<String, SourceError> {
    let chosen = choose::newest(listing, versions, constraint)?;
    chosen.map(str::to_owned).ok_or_else(|| {
        let newest = choose::newest(listing, versions, Some(">=0.0.0-0")).ok().flatten().map(str::to_owned);
        SourceError::NoVersion { what: what.into(), constraint: constraint.map(str::to_owned), newest }
    })
}

pub(super) fn chart_manifest(name: &OciName, bytes: &[u8]) -> Result<Manifest, SourceError> {
    let manifest = Manifest::decode(bytes).map_err(|it| not_a_chart(name, &it))?;
    let charts = manifest.layers.iter().filter(|it| is_chart_content(&it.media_type)).count();
    if charts != 1 {
        let kinds: Vec<&str> = manifest.layers.iter().map(|it| it.media_type.as_str()).collect();
        return Err(not_a_chart(name, &format!("its layers are {}", kinds.join(", "))));
    }
    Ok(manifest)
}

fn not_a_chart(name: &OciName, why: &str) -> SourceError {
    SourceError::NotAChart { name: name.to_string(), why: why.into() }
}

pub(super) fn no_chart(address: &str, chart: &str) -> SourceError {
    SourceError::NoSuchChart { address: address.into(), chart: chart.into() }
}

/// What Helm puts beside an archive, with `.prov` behind its name.
pub(super) fn provenance(web: &Web<'_>, source: &Source, version: Option<&str>) -> Result<Vec<u8>, SourceError> {
    let beside = |address: &str| {
        let (path, query) =
            address.split_once('?').map_or((address, String::new()), |(it, rest)| (it, format!("?{rest}")));
        web.file(&format!("{path}.prov"), &format!("{path}.prov{query}"))
    };
    match source {
        Source::Url(address) => beside(address),
        Source::Repository { address, chart } => {
            let index = web.index(address)?;
            let entries = index.get(chart).ok_or_else(|| no_chart(address, chart))?;
            let entry = entries.iter().find(|it| Some(it.version.as_str()) == version);
            let url = entry.and_then(|it| it.address(address)).ok_or_else(|| SourceError::NoAddress {
                address: address.clone(),
                chart: chart.clone(),
                version: version.unwrap_or_default().into(),
            })?;
            beside(&url)
        }
        Source::Oci(_) | Source::Local(_) => Err(SourceError::NotElsewhere { path: "a provenance".into() }),
    }
}

fn moved(what: String, locked: &Digest, now: &Digest, part: &str) -> SourceError {
    SourceError::Moved { what, locked: *locked, now: *now, part: part.into() }
}

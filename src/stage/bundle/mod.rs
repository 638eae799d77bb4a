//! The bundle: a deterministic archive of everything `open` needs but the keys.

mod agreement;
mod archive;
mod index;
mod layout;
mod open;
mod reread;
mod unique;
mod unlike;

pub use archive::ArchiveError;
pub(in crate::stage) use archive::header;
pub use index::{Index, IndexPart};
pub use open::{OpenError, Opened};
pub use reread::{Misfit, Problem};
pub use unlike::Unlike;

use std::collections::BTreeMap;

use crate::base::digest::Digest;
use crate::base::name::BadName;
use crate::base::nar;
use crate::stage::lock::{self, Envelope, EnvelopeFault, Lock, SealedFor};
use crate::stage::pack::{Manifest, Packed};
use crate::stage::seal::{Recipe, Sealed};
use helm_engine::path::shown;
use helm_engine::timing;
use helm_engine::tree::FileTree;

/// The file that says what a bundle holds.
const INDEX: &str = "bundle.json";

/// A bundle: its files, and what its index says of them.
///
/// `bundle.json` is the index, `manifests/` the public manifests, `talos/` the Talos patches with holes, `envelopes/`
/// the sealed secrets, `images.txt` every container image.
#[derive(Clone, Debug)]
pub struct Bundle {
    index: Index,
    manifests: Vec<Manifest>,
    envelopes: BTreeMap<String, Envelope>,
    files: FileTree,
}

/// Why bytes are no bundle.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The bytes are no archive, or one of more than plain files.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// `bundle.json` is missing, or a file that it names. Its path.
    #[error("the bundle holds no `{0}`")]
    Missing(String),
    /// The archive or `bundle.json` has a file that no bundle of these manifests and secrets has. Its path.
    #[error("the bundle holds `{0}`, which belongs to nothing that `bundle.json` names")]
    Stray(String),
    /// A bundle, part, manifest or secret is called what none may be called.
    #[error("`bundle.json` cannot be believed: {0}")]
    Name(#[from] BadName),
    /// A manifest ends in the name of no part. Its name.
    #[error("`bundle.json` names the manifest `{0}`, and no part of that name")]
    NoPart(String),
    /// The manifests do not stand in the order in which Talos applies them. The first that does not.
    #[error("`bundle.json` names the manifest `{0}` twice, or after one that comes later")]
    Order(String),
    /// `bundle.json` is no JSON, or has other fields than its format. What is wrong with it.
    #[error("`bundle.json` cannot be read: {0}")]
    Index(String),
    /// The bundle was made by a newer ichor. Its format.
    #[error("the bundle has format {0}, which is newer than this ichor knows (up to {known})", known = index::FORMAT)]
    NewerFormat(u64),
    /// A file is not the one that `bundle.json` is of.
    #[error("`{path}` has digest {found}, but `bundle.json` says {expected}")]
    Altered {
        /// The path of the file in the archive.
        path: String,
        /// The digest that it has.
        found: Digest,
        /// The digest that `bundle.json` gives.
        expected: Digest,
    },
    /// A bundle was to be made of a lock that lacks the envelope of a secret. Its name, `PART/PIN`.
    #[error("the lock holds no envelope for the secret `{0}`")]
    NoEnvelope(String),
}

impl Bundle {
    /// Puts a bundle together.
    pub fn assemble(sealed: &Sealed, packed: &Packed, lock: &Lock) -> Result<Bundle, Error> {
        let _step = timing::step("assemble the bundle");
        let mut envelopes = BTreeMap::new();
        for recipe in sealed.recipes().values() {
            if let Recipe::Secret(name) = recipe {
                let envelope = lock.envelope(name).ok_or_else(|| Error::NoEnvelope(name.clone()))?;
                envelopes.insert(name.clone(), envelope.clone());
            }
        }
        let images = lock.images().map(|(_, it)| it).chain(sealed.parts().iter().flat_map(|it| &it.images));
        let patches = (packed.patch(), packed.network());
        let mut files = layout::lay_out(packed.manifests(), patches, &envelopes, images)?;
        let digests = files.iter().map(|(path, bytes)| (path.to_string(), Digest::of(bytes))).collect();
        let index = Index::new(lock, sealed, packed, digests);
        layout::put(&mut files, INDEX, &index.encode())?;
        archive::fits(&files)?;
        Ok(Bundle { index, manifests: packed.manifests().to_vec(), envelopes, files })
    }

    /// The archive's bytes. The same files are the same bytes, always.
    pub fn encode(&self) -> Vec<u8> {
        let _step = timing::step("compress the bundle");
        archive::compress(&archive::tar(&self.files))
    }

    /// Reads an archive, and checks each file against the index.
    pub fn decode(bytes: &[u8]) -> Result<Bundle, Error> {
        let _step = timing::step("read the bundle");
        let files = archive::read(bytes)?;
        let text = |path: &str| {
            let bytes = files.get(path).ok_or_else(|| Error::Missing(path.into()))?;
            String::from_utf8(bytes.to_vec()).map_err(|_| Error::Index(format!("`{path}` is no UTF-8")))
        };
        let index = Index::decode(&text(INDEX)?)?;
        for (path, expected) in &index.files {
            let found = Digest::of(files.get(path).ok_or_else(|| Error::Missing(shown(path)))?);
            if found != *expected {
                return Err(Error::Altered { path: shown(path), found, expected: *expected });
            }
        }
        let belongs = layout::belonging(&index);
        let listed = index.files.keys().map(String::as_str);
        let found = files.iter().map(|(path, _)| path.as_str()).filter(|it| *it != INDEX);
        if let Some(stray) = listed.chain(found).find(|it| !(belongs.contains(*it) && index.files.contains_key(*it))) {
            return Err(Error::Stray(shown(stray)));
        }
        let manifests = index
            .manifests
            .iter()
            .map(|name| Ok(Manifest { name: name.clone(), contents: text(&layout::manifest_path(name))? }));
        let manifests = manifests.collect::<Result<_, Error>>()?;
        let envelopes =
            index.secrets().map(|name| Ok((name.to_owned(), Envelope(text(&layout::envelope_path(name))?))));
        let envelopes = envelopes.collect::<Result<_, Error>>()?;
        Ok(Bundle { index, manifests, envelopes, files })
    }

    /// The envelopes that do not belong where they stand.
    pub(crate) fn misplaced(&self) -> Vec<EnvelopeFault> {
        lock::misplaced(self.placed().map(|(place, _, envelope)| (place, envelope)))
    }

    /// Every envelope with the place it stands at and the name of its secret.
    pub(crate) fn placed(&self) -> impl Iterator<Item = (SealedFor, &str, &Envelope)> {
        self.envelopes.iter().map(|(secret, it)| (self.place(secret), secret.as_str(), it))
    }

    /// How many envelopes are bound to no place. One that cannot be read is not counted.
    pub fn unbound(&self) -> usize {
        self.envelopes.values().filter(|it| it.sealed_for() == Ok(None)).count()
    }

    /// The place of the secret of this name. The index says which secrets are the keys of certificates.
    fn place(&self, secret: &str) -> SealedFor {
        let (part, name) = secret.split_once('/').unwrap_or(("", secret));
        let certificate = name.strip_suffix(".key").filter(|_| self.index.public_keys.contains_key(secret));
        SealedFor::new(&self.index.name, part, certificate.unwrap_or(name))
    }

    /// SHA-256 of the uncompressed archive: what identifies the bundle, whatever compressed it.
    pub fn digest(&self) -> Digest {
        let _step = timing::step("hash the bundle");
        Digest::of(&archive::tar(&self.files))
    }

    /// The NAR hash of the unpacked bundle in SRI form, as `nix hash path` prints it.
    pub fn nar_hash(&self) -> String {
        let _step = timing::step("hash the bundle");
        nar::sri(&nar::digest(&self.files))
    }

    /// What `bundle.json` says.
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// The public manifests, holes unfilled, in the order Talos applies them.
    pub fn manifests(&self) -> &[Manifest] {
        &self.manifests
    }

    /// The sealed secrets by name: `cilium/ca.key`.
    pub fn envelopes(&self) -> &BTreeMap<String, Envelope> {
        &self.envelopes
    }

    /// Every file of the archive, `bundle.json` among them.
    pub fn files(&self) -> &FileTree {
        &self.files
    }
}

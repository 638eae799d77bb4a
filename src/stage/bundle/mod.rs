//! The bundle: a deterministic archive of everything `open` needs but the keys.

mod archive;
mod index;
mod open;

pub use archive::ArchiveError;
pub use index::{Index, IndexPart};
pub use open::{OpenError, Opened};

use std::collections::{BTreeMap, BTreeSet};

use crate::base::digest::Digest;
use crate::base::nar;
use crate::stage::lock::{self, Envelope, EnvelopeFault, Lock, SealedFor};
use crate::stage::pack::{Manifest, Packed};
use crate::stage::seal::{Recipe, Sealed};
use helm_engine::path::RelPath;
use helm_engine::tree::FileTree;

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
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error("the bundle holds no `{0}`")]
    Missing(String),
    #[error("`bundle.json` cannot be read: {0}")]
    Index(String),
    #[error("the bundle has format {0}, which is newer than this ichor knows (up to {known})", known = index::FORMAT)]
    NewerFormat(u64),
    #[error("`{path}` has digest {found}, but `bundle.json` says {expected}")]
    Altered { path: String, found: Digest, expected: Digest },
    #[error("the lock holds no envelope for the secret `{0}`")]
    NoEnvelope(String),
}

impl Bundle {
    /// Puts a bundle together.
    pub fn assemble(sealed: &Sealed, packed: &Packed, lock: &Lock) -> Result<Bundle, Error> {
        let mut envelopes = BTreeMap::new();
        for recipe in sealed.recipes().values() {
            if let Recipe::Secret(name) = recipe {
                let envelope = lock.envelope(name).ok_or_else(|| Error::NoEnvelope(name.clone()))?;
                envelopes.insert(name.clone(), envelope.clone());
            }
        }
        let mut files = FileTree::new();
        let mut put = |path: String, text: &str| {
            let path = RelPath::new(&path).expect("names in a bundle are clean");
            files.insert(path, text.as_bytes().to_vec());
        };
        for manifest in packed.manifests() {
            put(format!("manifests/{}.yaml", manifest.name), &manifest.contents);
        }
        put("talos/controlplane.yaml".into(), packed.patch());
        if let Some(network) = packed.network() {
            put("talos/all.yaml".into(), &network.all);
            if let Some(patch) = &network.control_planes {
                put("talos/network.yaml".into(), patch);
            }
        }
        for (name, Envelope(armored)) in &envelopes {
            put(format!("envelopes/{name}.age"), armored);
        }
        let images: BTreeSet<&String> = sealed.parts().iter().flat_map(|it| &it.images).collect();
        put("images.txt".into(), &images.iter().map(|it| format!("{it}\n")).collect::<String>());
        let digests = files.iter().map(|(path, bytes)| (path.to_string(), Digest::of(bytes))).collect();
        let index = Index::new(lock, sealed, packed, digests);
        files.insert(RelPath::new("bundle.json").expect("a clean name"), index.encode().into_bytes());
        Ok(Bundle { index, manifests: packed.manifests().to_vec(), envelopes, files })
    }

    /// The archive's bytes.
    pub fn encode(&self) -> Vec<u8> {
        archive::compress(&archive::tar(&self.files))
    }

    /// Reads an archive, and checks each file against the index.
    pub fn decode(bytes: &[u8]) -> Result<Bundle, Error> {
        let files = archive::read(bytes)?;
        let text = |path: &str| {
            let bytes = files.get(path).ok_or_else(|| Error::Missing(path.into()))?;
            String::from_utf8(bytes.to_vec()).map_err(|_| Error::Index(format!("`{path}` is no UTF-8")))
        };
        let index = Index::decode(&text("bundle.json")?)?;
        for (path, expected) in &index.files {
            let found = Digest::of(files.get(path).ok_or_else(|| Error::Missing(path.clone()))?);
            if found != *expected {
                return Err(Error::Altered { path: path.clone(), found, expected: *expected });
            }
        }
        let manifests = index
            .manifests
            .iter()
            .map(|name| Ok(Manifest { name: name.clone(), contents: text(&format!("manifests/{name}.yaml"))? }));
        let manifests = manifests.collect::<Result<_, Error>>()?;
        let envelopes =
            index.secrets().map(|name| Ok((name.to_owned(), Envelope(text(&format!("envelopes/{name}.age"))?))));
        let envelopes = envelopes.collect::<Result<_, Error>>()?;
        Ok(Bundle { index, manifests, envelopes, files })
    }

    /// The envelopes that do not belong where they stand.
    pub fn misplaced(&self) -> Vec<EnvelopeFault> {
        lock::misplaced(self.placed().map(|(place, _, envelope)| (place, envelope)))
    }

    /// Every envelope with the place it stands at and the name of its secret.
    pub fn placed(&self) -> impl Iterator<Item = (SealedFor, &str, &Envelope)> {
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
        Digest::of(&archive::tar(&self.files))
    }

    /// The NAR hash of the unpacked bundle in SRI form, as `nix hash path` prints it.
    pub fn nar_hash(&self) -> String {
        nar::sri(&nar::digest(&self.files))
    }

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

    pub fn files(&self) -> &FileTree {
        &self.files
    }
}

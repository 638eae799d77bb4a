//! Images as content: fetched into a layout, read from where they lie, put into a registry, laid out for Talos' cache.

pub mod cache;
pub mod pull;
pub mod push;
pub mod signatures;

use std::io::{Read, Seek, SeekFrom};

use super::disk;
use super::layout::{Layout, LayoutError};
use crate::base::digest::Digest;
use crate::object::image::Reference;
use crate::stage::resolve::SourceError;
use crate::stage::vendored::image::{Platform, Tree, TreeError, tree};
use crate::stage::vendored::layout::Descriptor;

/// The largest manifest, index or configuration that is read.
const MAX_DOCUMENT: u64 = crate::base::limits::IMAGE_DOCUMENT.most;

/// What a blob is read from.
pub trait Content: Read + Seek + Send {}

impl<T: Read + Seek + Send> Content for T {}

/// Where images lie: a layout's folder, or one file with all in it.
pub trait Shelf: Sync {
    /// What its index names.
    fn entries(&self) -> Result<Vec<Descriptor>, LayoutError>;
    /// A blob from its first byte on; `None` where it is not there. Its digest is not looked at.
    fn open(&self, digest: &Digest) -> Result<Option<Box<dyn Content + '_>>, disk::Error>;
}

/// Why an image cannot be carried.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// It cannot be had, or put.
    #[error("{image}: {fault}")]
    Source { image: String, fault: Box<SourceError> },
    #[error(transparent)]
    Disk(#[from] disk::Error),
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// What is there is no image.
    #[error("{image} is no image: {why}")]
    NotAnImage { image: String, why: String },
    /// It runs on other platforms.
    #[error("{image} does not run on {wanted}, but on {}", shown(has))]
    LacksPlatform { image: String, wanted: Platform, has: Vec<Platform> },
    /// It is not among the images at hand.
    #[error("{image} is not at hand")]
    NotHeld { image: String },
    /// A blob of it is missing or damaged.
    #[error("{image}: blob {digest} is {}", if *is_there { "damaged" } else { "missing" })]
    Broken { image: String, digest: Digest, is_there: bool },
    /// Some of its platforms were left out, and the registry takes an index only with all of them.
    #[error(
        "{image} is pinned by the digest of its index, of which {lacking} are not at hand, and {host} takes none that lacks any"
    )]
    Sparse { image: String, host: String, lacking: String },
}

/// An image that cannot be carried, and the parts that it is for.
#[derive(Debug)]
pub struct ImageFault {
    pub fault: ImageError,
    pub parts: Vec<String>,
}

impl ImageError {
    /// The full name of the image, where one is to blame.
    pub fn image(&self) -> Option<&str> {
        match self {
            ImageError::Disk(_) | ImageError::Layout(_) => None,
            ImageError::Source { image, .. }
            | ImageError::NotAnImage { image, .. }
            | ImageError::LacksPlatform { image, .. }
            | ImageError::NotHeld { image }
            | ImageError::Broken { image, .. }
            | ImageError::Sparse { image, .. } => Some(image),
        }
    }
}

/// An image at hand.
#[derive(Clone, Debug)]
pub struct HeldImage {
    pub name: Reference,
    /// Its manifest or index.
    pub entry: Descriptor,
}

/// The images of a shelf, by name.
pub fn held(shelf: &dyn Shelf) -> Result<Vec<HeldImage>, LayoutError> {
    let entries = shelf.entries()?;
    let images = entries.into_iter().filter_map(|entry| {
        let name = Reference::parse(entry.image_name()?).ok()?;
        Some(HeldImage { name, entry })
    });
    Ok(images.collect())
}

/// All that a shelf has of an image; its documents are compared with their digests.
pub fn tree_of(shelf: &dyn Shelf, image: &HeldImage) -> Result<Tree, ImageError> {
    let name = image.name.to_string();
    tree(&image.entry, &mut |it| document(shelf, it)).map_err(|fault| match fault {
        TreeError::Read(Unread::Disk(fault)) => fault.into(),
        TreeError::Read(Unread::Damaged(digest)) => ImageError::Broken { image: name, digest, is_there: true },
        TreeError::Missing(digest) => ImageError::Broken { image: name, digest, is_there: false },
        TreeError::Document(_, why) => ImageError::NotAnImage { image: name, why },
    })
}

/// Why a document is not read.
#[derive(Debug)]
pub enum Unread {
    Disk(disk::Error),
    /// It does not have its digest.
    Damaged(Digest),
}

/// A document of a shelf, compared with its digest.
pub fn document(shelf: &dyn Shelf, wanted: &Descriptor) -> Result<Option<Vec<u8>>, Unread> {
    let damaged = || Unread::Damaged(wanted.digest);
    if wanted.size > MAX_DOCUMENT {
        return Err(damaged());
    }
    let Some(content) = shelf.open(&wanted.digest).map_err(Unread::Disk)? else { return Ok(None) };
    let mut bytes = Vec::new();
    content.take(wanted.size + 1).read_to_end(&mut bytes).map_err(|_| damaged())?;
    if Digest::of(&bytes) == wanted.digest { Ok(Some(bytes)) } else { Err(damaged()) }
}

impl Shelf for Layout {
    fn entries(&self) -> Result<Vec<Descriptor>, LayoutError> {
        Ok(self.index()?.entries().to_vec())
    }

    fn open(&self, digest: &Digest) -> Result<Option<Box<dyn Content + '_>>, disk::Error> {
        Ok(self.blobs().open(digest)?.map(|it| Box::new(it) as Box<dyn Content>))
    }
}

/// A piece of a blob.
fn piece(content: &mut dyn Content, offset: u64, length: usize) -> std::io::Result<Vec<u8>> {
    content.seek(SeekFrom::Start(offset))?;
    let mut bytes = vec![0; length];
    content.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Platforms for a message.
pub(crate) fn shown(platforms: &[Platform]) -> String {
    let names: Vec<String> = platforms.iter().map(ToString::to_string).collect();
    if names.is_empty() { "none that it names".into() } else { names.join(", ") }
}

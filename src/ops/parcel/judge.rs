//! A parcel judged on the far side, with no network: every byte, every image, and the bundle built anew.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::base_at;
use crate::base::digest::Digest;
use crate::base::number::count as count_of;
use crate::edge::disk;
use crate::edge::images::ImageFault;
use crate::edge::images::{HeldImage, ImageError, held, tree_of};
use crate::edge::layout::Layout;
use crate::edge::parcel::{Parcel, extract};
use crate::ops::attest::{self, Attested, Trust};
use crate::ops::verify::{self, Verified};
use crate::ops::{Error, signed, vendor};
use crate::stage::parcel::{ATTESTATIONS, BUNDLE, Member, WORKSPACE};
use crate::workspace::Workspace;
use crate::workspace::fetching::Fetching;

/// What a judgement showed.
#[derive(Clone, Debug)]
pub struct Judged {
    /// What the parcel is known by.
    pub parcel: Digest,
    pub bundle: String,
    /// How the bundle compares with a rebuild of what came with it.
    pub rebuilt: Verified,
    /// Whether the bundle is the one that the parcel names.
    pub is_named: bool,
    /// The images that are whole.
    pub images: usize,
    /// What had to be signed, and by whom it is.
    pub signed: Vec<(String, String)>,
    /// Who attests the bundle, of those who are trusted.
    pub attested: Attested,
}

/// Judges a parcel. What it leaves out comes from its base.
pub fn verify(path: &Path, base: Option<&Path>, trust: &Trust) -> Result<Judged, Error> {
    let parcel = Parcel::open(path)?;
    parcel.each(&mut |_, _| Ok(()))?;
    let base = base.map(base_at);
    let folder = TempDir::new().map_err(|source| disk::Error { action: "make", path: "a folder".into(), source })?;
    let is_blob = |it: &Member| it.path.contains("/blobs/sha256/");
    // Blobs of images are as large as they are; those of the base must be there all the same.
    extract(&parcel, base.as_ref(), folder.path(), &|it| !is_blob(it) || it.size <= SMALL || it.in_base)?;
    let spec = folder.path().join(WORKSPACE).join(&parcel.index.spec);
    let workspace = Workspace::read(&spec)?;
    let (lock, _) = workspace.lock()?;
    let layout = Layout::at(&workspace.vendor);
    let charts: BTreeSet<Digest> = charts(&layout)?;
    extract(&parcel, base.as_ref(), folder.path(), &|it| is_blob(it) && charts.contains(&it.digest))?;
    if let Some(Err(fault)) = vendor::wanted(&layout, &lock)?.into_iter().find(Result::is_err) {
        return Err(super::PackError::NotVendored(vec![fault]).into());
    }
    let images = images(&parcel, &layout)?;
    let mut signed: Vec<(String, String)> = signed::charts(&workspace, &lock)?;
    let all = held(&layout)?;
    signed::images(&workspace, &layout, &all).map(|count| {
        signed.extend((count > 0).then(|| (count_of(count, "image"), "those whom the spec names".to_owned())));
    })?;
    let bundle = folder.path().join(BUNDLE);
    let rebuilt = verify::verify(&spec, &bundle, Fetching::nothing())?;
    let carried: Vec<PathBuf> = parcel
        .index
        .members
        .iter()
        .filter(|it| it.path.starts_with(ATTESTATIONS))
        .map(|it| folder.path().join(&it.path))
        .collect();
    let attested = attest::count(&rebuilt.digest, &carried, trust)?;
    let attested = Attested { signer: attest::signer(path, trust)?, ..attested };
    Ok(Judged {
        parcel: parcel.index.digest_of(),
        bundle: parcel.index.bundle.clone(),
        is_named: rebuilt.digest == parcel.index.digest,
        rebuilt,
        images,
        signed,
        attested,
    })
}

/// Blobs up to so many bytes are taken out to be looked at: manifests, configurations, charts.
const SMALL: u64 = 4 << 20;

/// What the artifacts in a layout name that are no images.
fn charts(layout: &Layout) -> Result<BTreeSet<Digest>, Error> {
    let mut charts = BTreeSet::new();
    for entry in layout.index()?.entries().iter().filter(|it| it.image_name().is_none()) {
        let name = crate::object::image::Reference {
            host: "vendor".into(),
            repository: entry.ref_name().unwrap_or_default().into(),
            tag: None,
            digest: None,
        };
        let tree = tree_of(layout, &HeldImage { name, entry: entry.clone() }).map_err(told)?;
        charts.extend(tree.blobs.iter().map(|it| it.digest));
    }
    Ok(charts)
}

/// How many images the parcel names, each of which is whole.
fn images(parcel: &Parcel, layout: &Layout) -> Result<usize, Error> {
    let at_hand = held(layout)?;
    let members: BTreeSet<Digest> = parcel.index.members.iter().map(|it| it.digest).collect();
    let mut faults = Vec::new();
    for name in &parcel.index.images {
        let Some(image) = at_hand.iter().find(|it| it.name.to_string() == *name) else {
            faults.push(ImageError::NotHeld { image: name.clone() });
            continue;
        };
        let tree = tree_of(layout, image).map_err(told)?;
        let missing = tree.blobs.iter().filter(|it| !members.contains(&it.digest));
        faults.extend(missing.map(|it| ImageError::Broken { image: name.clone(), digest: it.digest, is_there: false }));
    }
    match faults.is_empty() {
        true => Ok(parcel.index.images.len()),
        false => Err(Error::Images(faults.into_iter().map(|fault| ImageFault { fault, parts: Vec::new() }).collect())),
    }
}

fn told(fault: ImageError) -> Error {
    Error::Images(vec![ImageFault { fault, parts: Vec::new() }])
}

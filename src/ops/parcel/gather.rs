//! What goes into a parcel: the files that a bundle is built from, and what `vendor` holds for it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component as Piece, Path, PathBuf};

use super::PackError;
use crate::base::digest::Digest;
use crate::edge::images::ImageFault;
use crate::edge::images::signatures;
use crate::edge::images::{HeldImage, ImageError, tree_of};
use crate::edge::layout::Layout;
use crate::edge::parcel::{self, Origin};
use crate::object::image::Reference;
use crate::ops::{Error, signed, vendor};
use crate::stage::lock::Lock;
use crate::stage::parcel::{Member, TOOLS, WORKSPACE};
use crate::stage::provenance::Component;
use crate::stage::vendored::layout::{Descriptor, Index, LAYOUT};
use crate::workspace::Workspace;

/// Members, and where their bytes are.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    all: BTreeMap<String, (Member, Origin)>,
    /// The folder below which everything lies that the spec reads.
    root: PathBuf,
}

impl Gathered {
    pub fn add(&mut self, path: &str, bytes: Vec<u8>) {
        let (size, digest) = (bytes.len() as u64, Digest::of(&bytes));
        let member = Member { path: path.into(), size, digest, in_base: false };
        self.all.insert(path.into(), (member, Origin::Bytes(bytes)));
    }

    pub fn members(&self) -> Vec<Member> {
        self.all.values().map(|(it, _)| it.clone()).collect()
    }

    pub fn origin(&self, path: &str) -> Option<Origin> {
        self.all.get(path).map(|(_, it)| it.clone())
    }

    /// Takes a program under its own name.
    pub fn tool(&mut self, path: &Path) -> Result<(), Error> {
        let name = path.file_name().and_then(|it| it.to_str()).filter(|it| it.is_ascii());
        let place = format!("{TOOLS}{}", name.ok_or_else(|| PackError::Name(path.into()))?);
        if self.all.contains_key(&place) {
            return Err(PackError::ToolTwice(path.into()).into());
        }
        let (size, digest, origin) = parcel::file(path)?;
        self.all.insert(place.clone(), (Member { path: place, size, digest, in_base: false }, origin));
        Ok(())
    }

    /// Takes every file that was read for the bundle; gives the path of the spec below `workspace/`.
    pub fn workspace(&mut self, workspace: &Workspace) -> Result<String, Error> {
        let files: BTreeMap<PathBuf, Vec<u8>> =
            workspace.files_read().into_iter().map(|(path, bytes)| (plain(&path), bytes)).collect();
        let own = plain(&workspace.vendor);
        let mut root = own.parent().unwrap_or(Path::new("/")).to_path_buf();
        for path in files.keys() {
            while !path.starts_with(&root) {
                root = root.parent().unwrap_or(Path::new("/")).to_path_buf();
            }
        }
        self.root = root;
        for (path, bytes) in files {
            let place = self.place(&path)?;
            self.add(&place, bytes);
        }
        let spec = self.place(&plain(Path::new(&workspace.file)))?;
        Ok(spec.strip_prefix(WORKSPACE).unwrap_or(&spec).to_owned())
    }

    /// Takes what `vendor` holds for a lock: charts and images, which are told.
    pub fn vendor(
        &mut self,
        workspace: &Workspace,
        lock: &Lock,
        without_images: bool,
    ) -> Result<Vec<Component>, Error> {
        let layout = Layout::at(&workspace.vendor);
        let wanted = vendor::wanted(&layout, lock)?;
        let index = layout.index()?;
        let mut faults: Vec<String> = Vec::new();
        let mut kept: Vec<(Descriptor, HeldImage)> = Vec::new();
        for it in wanted {
            match it {
                Err(fault) => faults.push(fault),
                Ok((name, digest)) => {
                    let found = index.entries().iter().find(|it| it.ref_name() == Some(&name) && it.digest == digest);
                    match found {
                        // A tree is known by the entry; the name is for messages.
                        Some(it) => kept.push((it.clone(), HeldImage { name: artifact(&name), entry: it.clone() })),
                        None => faults.push(format!("{name} is missing")),
                    }
                }
            }
        }
        if !faults.is_empty() {
            return Err(PackError::NotVendored(faults).into());
        }
        let named: BTreeSet<Reference> = lock.images().filter_map(|(_, it)| Reference::parse(it).ok()).collect();
        let held = crate::edge::images::held(&layout)?;
        if !without_images {
            signed::images(workspace, &layout, &held)?;
        }
        let mut components: BTreeMap<Reference, Component> = named
            .iter()
            .map(|image| (image.clone(), Component { image: image.clone(), digest: image.digest }))
            .collect();
        let mut missing = Vec::new();
        for image in named.iter().filter(|it| !without_images && !held.iter().any(|held| held.name == **it)) {
            let fault = ImageError::NotHeld { image: image.to_string() };
            missing.push(ImageFault { fault, parts: Vec::new() });
        }
        if !missing.is_empty() {
            return Err(Error::Images(missing));
        }
        let own: BTreeSet<Digest> = kept.iter().map(|(it, _)| it.digest).collect();
        for image in held.into_iter().filter(|it| !without_images && !own.contains(&it.entry.digest)) {
            if signatures::signed(&image.name).is_some() {
                kept.push((image.entry.clone(), image));
                continue;
            }
            // Those that were carried by their looks go along where no other spec shares the folder.
            let digest = Some(image.entry.digest);
            components.insert(image.name.clone(), Component { image: image.name.clone(), digest });
            kept.push((image.entry.clone(), image));
        }
        if !kept.is_empty() {
            self.layout(workspace, &layout, &kept)?;
        }
        Ok(components.into_values().collect())
    }

    /// Takes entries of a layout, with all that they name and that is at hand.
    fn layout(
        &mut self,
        workspace: &Workspace,
        layout: &Layout,
        kept: &[(Descriptor, HeldImage)],
    ) -> Result<(), Error> {
        let folder = self.place(&plain(&workspace.vendor))?;
        let mut index = Index::default();
        for (entry, image) in kept {
            index.push(entry.clone());
            let tree =
                tree_of(layout, image).map_err(|fault| Error::Images(vec![ImageFault { fault, parts: Vec::new() }]))?;
            for blob in tree.documents.iter().chain(&tree.blobs) {
                let path = format!("{folder}/blobs/sha256/{}", blob.digest.hex());
                let member = Member { path: path.clone(), size: blob.size, digest: blob.digest, in_base: false };
                self.all.insert(path, (member, Origin::Blob(layout.blobs().clone(), blob.digest)));
            }
        }
        self.add(&format!("{folder}/index.json"), index.encode());
        self.add(&format!("{folder}/oci-layout"), LAYOUT.as_bytes().to_vec());
        Ok(())
    }

    /// Where a file lies in the parcel.
    fn place(&self, path: &Path) -> Result<String, Error> {
        let below =
            path.strip_prefix(&self.root).ok().and_then(Path::to_str).filter(|it| it.is_ascii() && !it.is_empty());
        let below = below.ok_or_else(|| PackError::Name(path.into()))?;
        Ok(format!("{WORKSPACE}{below}"))
    }
}

/// The name of an artifact that is no image, for a message.
fn artifact(name: &str) -> Reference {
    Reference { host: "vendor".into(), repository: name.into(), tag: None, digest: None }
}

/// A path from the root, with nothing in it that leads up again.
fn plain(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.into());
    let mut plain = PathBuf::new();
    for piece in absolute.components() {
        match piece {
            Piece::ParentDir => {
                plain.pop();
            }
            Piece::CurDir => {}
            other => plain.push(other),
        }
    }
    plain
}

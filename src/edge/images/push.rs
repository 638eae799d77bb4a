//! Puts images into a registry: what it has is not sent, a blob of several images is sent once.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use super::pull::Carrier;
use super::signatures::signed;
use super::{HeldImage, ImageError, Shelf, Unread, document, piece, tree_of};
use crate::base::digest::Digest;
use crate::edge::fetch::{Event, Sent, each};
use crate::object::image::Reference;
use crate::stage::resolve::SourceError;
use crate::stage::spec::OciName;
use crate::stage::vendored::image::Tree;
use crate::stage::vendored::layout::{Descriptor, INDEX_TYPE};

/// Where images go: a host, and a path below which each lies under the name of the registry it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub host: String,
    /// Without slashes at its ends; empty where there is none.
    pub prefix: String,
}

/// What pushing did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pushed {
    /// How many images the registry has now.
    pub images: usize,
    /// How many of these it had already.
    pub were_there: usize,
    /// How many blobs were sent, and how many bytes they have.
    pub blobs: usize,
    pub bytes: u64,
    /// The images whose index was cut down to what is at hand, because the registry takes none that lacks any.
    pub cut: Vec<String>,
}

/// An image on its way.
struct Going<'s> {
    image: &'s HeldImage,
    tree: Tree,
    name: OciName,
}

impl Target {
    /// Reads `HOST[/PREFIX]`.
    pub fn parse(text: &str) -> Result<Target, String> {
        let text = text.strip_prefix("oci://").unwrap_or(text).trim_end_matches('/');
        // A name below it is one of an image, and so tells whether host and prefix are.
        let example = Reference::parse(&format!("{text}/x")).map_err(|it| it.to_string())?;
        let (host, prefix) = text.split_once('/').unwrap_or((text, ""));
        if example.host != host {
            return Err(format!("`{host}` is no host: write it with its port or domain"));
        }
        Ok(Target { host: host.into(), prefix: prefix.into() })
    }

    /// The path below the host where the images of a registry lie.
    pub fn path_of(&self, registry: &str) -> String {
        let own = registry.replace(':', "_").replace(['[', ']'], "");
        if self.prefix.is_empty() { own } else { format!("{}/{own}", self.prefix) }
    }

    /// Where an image goes.
    pub fn place(&self, image: &Reference) -> OciName {
        let repository = format!("{}/{}", self.path_of(&image.host), image.repository);
        OciName { host: self.host.clone(), repository, tag: image.tag.clone(), digest: image.digest }
    }
}

impl Carrier<'_> {
    /// Puts images of a shelf where a target says.
    pub fn push(&self, shelf: &dyn Shelf, images: &[HeldImage], target: &Target) -> Result<Pushed, Vec<ImageError>> {
        let mut pushed = Pushed { images: images.iter().filter(|it| is_image(it)).count(), ..Pushed::default() };
        let mut faults = Vec::new();
        let mut going = Vec::new();
        self.progress.event(Event::Total(images.len()));
        let found = each(self.settings.jobs, images, |image| {
            let (name, reference) = (target.place(&image.name), reference(&image.name));
            let there = self.clients.registry(self.settings).has(&name, &reference);
            let there = there.map_err(|fault| of(image, fault))?;
            let tree = tree_of(shelf, image)?;
            Ok((tree, name, there == Some(image.entry.digest)))
        });
        for (image, it) in images.iter().zip(found) {
            match it {
                Ok((_, _, true)) => {
                    self.progress.event(Event::Done { name: &image.name.to_string(), bytes: 0 });
                    pushed.were_there += usize::from(is_image(image));
                }
                Ok((tree, name, false)) => going.push(Going { image, tree, name }),
                Err(fault) => faults.push(fault),
            }
        }
        // Each blob with every repository that wants it.
        let mut blobs: BTreeMap<Digest, (Descriptor, Vec<&Going<'_>>)> = BTreeMap::new();
        for it in &going {
            for blob in &it.tree.blobs {
                let wanted = blobs.entry(blob.digest).or_insert_with(|| (blob.clone(), Vec::new()));
                if !wanted.1.iter().any(|other| other.name.repository == it.name.repository) {
                    wanted.1.push(it);
                }
            }
        }
        let mut blobs: Vec<(Descriptor, Vec<&Going<'_>>)> = blobs.into_values().collect();
        blobs.sort_by_key(|(it, _)| std::cmp::Reverse(it.size));
        self.progress.event(Event::Volume(blobs.iter().map(|(it, _)| it.size).sum()));
        let (sent, bytes) = (AtomicUsize::new(0), AtomicU64::new(0));
        let all = each(self.settings.jobs, &blobs, |(blob, wanted)| {
            let fresh = self.blob_to(shelf, blob, wanted)?;
            if fresh {
                sent.fetch_add(1, Ordering::Relaxed);
                bytes.fetch_add(blob.size, Ordering::Relaxed);
            }
            Ok::<(), ImageError>(())
        });
        faults.extend(all.into_iter().filter_map(Result::err));
        (pushed.blobs, pushed.bytes) = (sent.into_inner(), bytes.into_inner());
        if !faults.is_empty() {
            return Err(faults);
        }
        let named = each(self.settings.jobs, &going, |it| {
            let cut = self.documents_to(shelf, it)?;
            self.progress.event(Event::Done { name: &it.image.name.to_string(), bytes: 0 });
            Ok((cut, it.image.name.to_string()))
        });
        for it in named {
            match it {
                Ok((true, name)) => pushed.cut.push(name),
                Ok((false, _)) => {}
                Err(fault) => faults.push(fault),
            }
        }
        if faults.is_empty() { Ok(pushed) } else { Err(faults) }
    }

    /// Puts a blob into every repository that wants it; whether it was sent.
    fn blob_to(&self, shelf: &dyn Shelf, blob: &Descriptor, wanted: &[&Going<'_>]) -> Result<bool, ImageError> {
        let mut fresh = false;
        let mut from: Option<&str> = None;
        for it in wanted {
            let broken =
                |is_there| ImageError::Broken { image: it.image.name.to_string(), digest: blob.digest, is_there };
            let mut content = shelf.open(&blob.digest)?.ok_or_else(|| broken(false))?;
            let (what, mut so_far) = (it.image.name.to_string(), 0);
            let mut read = |offset: u64, length: usize| {
                let bytes = piece(&mut *content, offset, length)?;
                so_far = offset + length as u64;
                let (bytes_read, total) = (length as u64, Some(blob.size));
                self.progress.event(Event::Received { name: &what, bytes: bytes_read, so_far, total });
                Ok(bytes)
            };
            let registry = self.clients.registry(self.settings);
            let sent = registry.put_content(&it.name, blob, from, &mut read).map_err(|fault| of(it.image, fault))?;
            if sent == Sent::Whole {
                fresh = true;
            } else if from.is_none() {
                self.progress.event(Event::Resumed { bytes: blob.size });
            }
            from = from.or(Some(&it.name.repository));
        }
        Ok(fresh)
    }

    /// Puts the manifests of an image, its own name last; whether its index had to be cut.
    fn documents_to(&self, shelf: &dyn Shelf, going: &Going<'_>) -> Result<bool, ImageError> {
        let image = going.image;
        let fault = |fault| of(image, fault);
        for it in &going.tree.documents {
            let is_root = it.digest == image.entry.digest;
            let bytes = match document(shelf, it) {
                Ok(Some(bytes)) => bytes,
                Ok(None) => return Err(broken(image, it.digest, false)),
                Err(Unread::Disk(fault)) => return Err(fault.into()),
                Err(Unread::Damaged(digest)) => return Err(broken(image, digest, true)),
            };
            let own = if is_root { reference(&image.name) } else { it.digest.to_string() };
            let registry = self.clients.registry(self.settings);
            if registry.put_document(&going.name, &own, &it.media_type, &bytes).map_err(fault)? {
                continue;
            }
            let lacks = !going.tree.lacking.is_empty();
            if !is_root || !lacks {
                let what = format!("a refusal of {own}, which names nothing that is missing there");
                return Err(fault(SourceError::Odd { at: going.name.to_string(), what }));
            }
            if image.name.digest.is_some() {
                let lacking = going.tree.lacking.iter().filter_map(|it| it.platform.clone()).collect::<Vec<_>>();
                let (host, lacking) = (going.name.host.clone(), super::shown(&lacking));
                return Err(ImageError::Sparse { image: image.name.to_string(), host, lacking });
            }
            let cut = cut(&bytes, &going.tree);
            if !registry.put_document(&going.name, &own, &it.media_type, &cut).map_err(fault)? {
                let what = "a refusal of an index of what is there".into();
                return Err(fault(SourceError::Odd { at: going.name.to_string(), what }));
            }
            return Ok(true);
        }
        Ok(false)
    }
}

/// Whether it is an image, and no signature of one.
fn is_image(it: &HeldImage) -> bool {
    signed(&it.name).is_none()
}

/// An index without what is not at hand. All else in it stays.
fn cut(index: &[u8], tree: &Tree) -> Vec<u8> {
    let Ok(mut value) = serde_json::from_slice::<serde_json::Value>(index) else { return index.to_vec() };
    let lacking: Vec<String> = tree.lacking.iter().map(|it| it.descriptor.digest.to_string()).collect();
    if let Some(children) = value.get_mut("manifests").and_then(|it| it.as_array_mut()) {
        children.retain(|it| !it["digest"].as_str().is_some_and(|it| lacking.iter().any(|lacks| lacks == it)));
    }
    if value.get("mediaType").is_none() {
        value["mediaType"] = INDEX_TYPE.into();
    }
    serde_json::to_vec(&value).unwrap_or_else(|_| index.to_vec())
}

/// What the image is put under: its tag, else its digest.
fn reference(image: &Reference) -> String {
    match (&image.tag, &image.digest) {
        (None, Some(digest)) => digest.to_string(),
        _ => image.tag_or_latest().into(),
    }
}

fn of(image: &HeldImage, fault: SourceError) -> ImageError {
    ImageError::Source { image: image.name.to_string(), fault: Box::new(fault) }
}

fn broken(image: &HeldImage, digest: Digest, is_there: bool) -> ImageError {
    ImageError::Broken { image: image.name.to_string(), digest, is_there }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_registry_has_its_own_path() {
        let image = |text: &str| Reference::parse(text).expect("an image");
        let plain = Target::parse("registry.internal:5000").expect("a target");
        assert_eq!(plain.place(&image("busybox:1")).to_string(), "registry.internal:5000/docker.io/library/busybox");
        let below = Target::parse("oci://registry.internal/mirror/all/").expect("a target");
        let place = below.place(&image("localhost:5000/a/b:1"));
        assert_eq!(place.repository, "mirror/all/localhost_5000/a/b");
        for text in ["", "registry", "registry.internal/Upper", "a b", "https://x.io", "x.io/a:1"] {
            assert!(Target::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_cut_index_keeps_the_rest() {
        let digest = Digest::of(b"x");
        let index = format!(
            r#"{{"schemaVersion":2,"manifests":[{{"digest":"{digest}"}},{{"digest":"other"}}],"annotations":{{"a":"b"}}}}"#
        );
        let descriptor = Descriptor::new("m", b"x");
        let child = crate::stage::vendored::image::Child { descriptor, platform: None };
        let tree = Tree { lacking: vec![child], ..Tree::default() };
        let cut: serde_json::Value = serde_json::from_slice(&cut(index.as_bytes(), &tree)).expect("JSON");
        assert_eq!(cut["manifests"].as_array().map(Vec::len), Some(1));
        assert_eq!(cut["annotations"]["a"], "b");
    }
}

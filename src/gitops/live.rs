//! A HelmRelease that a cluster has, with the objects that it names: no file, and no variable, for Flux has filled them in.

use std::cell::RefCell;

use serde_json::{Value as Json, json};

use super::object::{Index, Object};
use super::reader::{Found, Reader};
use super::variables::Variables;
use super::{Fault, Release, Tool, Tree, Unseal, Wanted};
use crate::base::secret::Secret;

const FILE: &str = "cluster.json";

/// Reads a HelmRelease. `objects` are its sources and what its values come from. All that Secrets bring is given as sealed, and
/// opened.
pub fn live(release: &Json, objects: &[Json]) -> Result<Release, Fault> {
    let text = |key: &str| release["metadata"][key].as_str().unwrap_or_default().to_owned();
    let all = objects.iter().chain([release]).map(|it| bare(it).to_string());
    let tree = Held(all.collect::<Vec<_>>().join("\n---\n"));
    let index = Index::of(&tree)?;
    let is_it = |it: &&Object| it.kind() == "HelmRelease" && it.name() == text("name");
    let raw = index.objects.iter().find(is_it);
    let raw = raw.ok_or_else(|| Fault::NoRelease { path: FILE.into(), what: "HelmRelease" })?;
    let found = Found::Plain(index.objects.clone());
    let reader = Reader {
        tree: &tree,
        index: &index,
        objects: &index.objects,
        applied: &found,
        variables: Variables::default(),
        folder: String::new(),
        read: RefCell::default(),
    };
    let wanted = Wanted {
        tool: Tool::Flux,
        path: FILE.into(),
        name: Some(text("name")),
        kustomization: None,
        namespace: Some(text("namespace")),
    };
    reader.release(raw, &wanted, Some(&mut Clear))
}

/// An object as somebody would write it; a Secret as one that is sealed.
fn bare(object: &Json) -> Json {
    let mut object = object.clone();
    for field in ["managedFields", "annotations", "uid", "resourceVersion", "creationTimestamp"] {
        if let Some(metadata) = object["metadata"].as_object_mut() {
            metadata.remove(field);
        }
    }
    if object["kind"] == "Secret" {
        object["sops"] =
            json!({ "mac": format!("{}/{}", object["metadata"]["namespace"], object["metadata"]["name"]) });
    }
    object
}

/// What a cluster gave, as a tree of one file.
struct Held(String);

impl Tree for Held {
    fn files(&self) -> Result<Vec<String>, Fault> {
        Ok(vec![FILE.into()])
    }

    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, Fault> {
        Ok((path == FILE).then(|| self.0.clone().into_bytes()))
    }

    fn is_folder(&self, path: &str) -> bool {
        path.is_empty()
    }

    fn kustomize(&self, folder: &str, _: Option<&[u8]>) -> Result<Vec<u8>, Fault> {
        Err(Fault::NoPath(folder.into()))
    }

    fn as_written(&self, path: &str) -> String {
        path.into()
    }

    fn remotes(&self) -> Vec<String> {
        Vec::new()
    }
}

/// The Secrets of a cluster are in the clear.
struct Clear;

impl Unseal for Clear {
    fn decrypt(&mut self, _: &str, bytes: &[u8]) -> Result<Secret, String> {
        Ok(Secret::new(bytes))
    }
}

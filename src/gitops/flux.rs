//! A HelmRelease of Flux, with its source, its values and its variables.

use std::cell::RefCell;

use super::kustomization::{self, Applied, applying};
use super::object::{Index, Object, objects};
use super::reader::{Found, Reader};
use super::variables::Variables;
use super::{Fault, Release, Tree, Unseal, Wanted};
use crate::object::document::documents;
use helm_engine::yaml;

const GROUP: &str = "helm.toolkit.fluxcd.io";

/// Reads a HelmRelease.
pub(super) fn release(tree: &dyn Tree, wanted: &Wanted, mut unseal: Option<&mut dyn Unseal>) -> Result<Release, Fault> {
    let index = Index::of(tree)?;
    let (folder, applied) = applied(tree, &index, wanted)?;
    let objects = match &applied {
        Found::Applied(applied) => &applied.objects,
        Found::Plain(objects) => objects,
    };
    let namespace = wanted.name.as_deref().and_then(|it| it.split_once('/')).map(|(namespace, _)| namespace);
    let in_namespace = |it: &&Object| namespace.is_none_or(|namespace| it.namespace() == namespace);
    let found: Vec<&Object> = objects.iter().filter(|it| it.is(GROUP, "HelmRelease")).filter(in_namespace).collect();
    let raw = match found.as_slice() {
        [] => return Err(Fault::NoRelease { path: tree.as_written(&wanted.path), what: "HelmRelease" }),
        [one] => *one,
        several => {
            let names = several.iter().map(|it| it.shown()).collect();
            return Err(Fault::Several { path: tree.as_written(&wanted.path), names });
        }
    };
    let variables = match &applied {
        Found::Applied(applied) => {
            let unseal = unseal.as_mut().map(|it| &mut **it as &mut dyn Unseal);
            Variables::read(tree, &index, &applied.kustomization, unseal)?
        }
        Found::Plain(_) => Variables::default(),
    };
    let reader =
        Reader { tree, index: &index, objects, applied: &applied, variables, folder, read: RefCell::default() };
    // What is written tells places; what kustomize gives does not.
    let origin = index.objects.iter().find(|it| it.is(GROUP, "HelmRelease") && it.name() == raw.name());
    let raw = Object { origin: raw.origin.clone().or_else(|| origin.and_then(|it| it.origin.clone())), ..raw.clone() };
    reader.check_variables(&raw)?;
    reader.release(&raw, wanted, unseal)
}

fn is_release(object: &Object, wanted: &Wanted) -> bool {
    let is_named = |named: &str| match named.split_once('/') {
        // The namespace may be one that kustomize gives.
        Some((namespace, name)) => object.name() == name && ["", namespace].contains(&object.namespace().as_str()),
        None => object.name() == named,
    };
    object.is(GROUP, "HelmRelease") && wanted.name.as_deref().is_none_or(is_named)
}

/// The folder of what is wanted, and the objects that are applied with it.
fn applied(tree: &dyn Tree, index: &Index, wanted: &Wanted) -> Result<(String, Found), Fault> {
    let path = wanted.path.as_str();
    let own = match tree.is_folder(path) {
        true => None,
        false => {
            let bytes = tree.read(path)?.ok_or_else(|| Fault::NoPath(tree.as_written(path)))?;
            let text = String::from_utf8_lossy(&bytes);
            for document in documents(&text) {
                yaml::read_typed(document.text.as_bytes())
                    .map_err(|message| Fault::Unreadable { path: tree.as_written(path), message })?;
            }
            Some(objects(&text, Some(path)))
        }
    };
    let folder = match &own {
        None => path.to_owned(),
        Some(_) => path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned(),
    };
    // The names that the file or folder itself holds: one above may apply others too.
    let held: Vec<String> = match &own {
        Some(own) => own.iter().filter(|it| is_release(it, wanted)).map(Object::name).collect(),
        None => {
            let below = |it: &&Object| {
                let of = it.origin.as_ref().map_or("", |it| it.path.as_str());
                folder.is_empty() || of.starts_with(&format!("{folder}/"))
            };
            index.objects.iter().filter(below).filter(|it| is_release(it, wanted)).map(Object::name).collect()
        }
    };
    if own.is_some() && held.is_empty() {
        return Err(Fault::NoRelease { path: tree.as_written(path), what: "HelmRelease" });
    }
    let holds = |it: &Object, loosely: bool| match held.is_empty() {
        true => is_release(it, wanted),
        false => {
            let is_held = |held: &String| if loosely { it.name().contains(held) } else { it.name() == *held };
            it.is(GROUP, "HelmRelease") && held.iter().any(is_held)
        }
    };
    let narrowed = |objects: Vec<Object>| -> Vec<Object> {
        let loosely = !objects.iter().any(|it| holds(it, false));
        let keeps = |it: &Object| !it.is(GROUP, "HelmRelease") || holds(it, loosely);
        objects.into_iter().filter(keeps).collect()
    };
    if let Some(found) = applying(tree, index, &folder, wanted.kustomization.as_deref(), &holds)? {
        let found = Applied { objects: narrowed(found.objects), ..found };
        return Ok((folder, Found::Applied(Box::new(found))));
    }
    if let Some(named) = &wanted.kustomization {
        let what = format!("Kustomization {named} that applies it");
        return Err(Fault::Missing { object: format!("`{}`", tree.as_written(path)), what, place: None });
    }
    let objects = match (kustomization::own(tree, &folder)?, own) {
        (Some(_), own) => {
            let built = kustomization::build(tree, &folder, None)?;
            // A file that its own folder's kustomization does not name stands for itself.
            match own {
                Some(own) if !built.iter().any(|it| holds(it, true)) => own,
                _ => built,
            }
        }
        (None, Some(own)) => own,
        (None, None) => kustomization::build(tree, &folder, None)?,
    };
    Ok((folder, Found::Plain(narrowed(objects))))
}

//! Pieces of a `talconfig.yaml`.

use super::target::{DeliverError, Goods};
use super::{Manifest, talos};
use crate::engine::value::Value;

/// One text: contents written into `talconfig.yaml`. talhelper substitutes variables in that whole file whatever
/// `skipEnvsubst` says, so a `$` in a manifest is an error here.
pub(super) fn single(goods: &Goods<'_>) -> Result<String, DeliverError> {
    if let Some(manifest) = goods.manifests.iter().find(|it| it.contents.contains('$')) {
        return Err(DeliverError::Dollar { manifest: manifest.name.clone() });
    }
    Ok(text(goods, |it| it.contents.clone(), goods.all_nodes.map(str::to_owned)))
}

/// A folder: the piece of `talconfig.yaml`, and beside it the files it names.
pub(super) fn files(goods: &Goods<'_>) -> Vec<(String, String)> {
    let path = |it: &Manifest| format!("manifests/{}.yaml", it.name);
    let piece = text(goods, |it| format!("@./{}", path(it)), goods.all_nodes.map(|_| "@./all.yaml".into()));
    let mut files = vec![("talconfig-ichor.yaml".to_owned(), piece)];
    files.extend(goods.all_nodes.map(|it| ("all.yaml".into(), it.to_owned())));
    files.extend(goods.manifests.iter().map(|it| (path(it), it.contents.clone())));
    files
}

const MERGE: &str = "# Merge this into talconfig.yaml. Files are found from the folder of talconfig.yaml.\n";

fn text(goods: &Goods<'_>, contents: impl Fn(&Manifest) -> String, all_nodes: Option<String>) -> String {
    // Without `skipEnvsubst`, talhelper takes every `${...}` in a manifest for a variable of its own.
    let entry = |it: &Manifest| {
        Value::map([
            ("name", it.name.as_str().into()),
            ("contents", contents(it).into()),
            ("skipEnvsubst", Value::Bool(true)),
        ])
    };
    let mut fields = vec![("inlineManifests", Value::list(goods.manifests.iter().map(entry)))];
    fields.extend(all_nodes.map(|it| ("patches", Value::list([Value::from(it)]))));
    format!("{MERGE}{}", talos::write(&Value::map(fields)))
}

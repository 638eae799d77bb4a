//! Flux Kustomizations: which one applies a folder, and what it makes of it.

use super::object::{Index, Object, objects};
use super::sealed::holds_mark;
use super::variables::{Showing, Variables};
use super::{Fault, Tree};
use helm_engine::value::{List, Map, Value};
use helm_engine::yaml;

pub(super) const GROUP: &str = "kustomize.toolkit.fluxcd.io";

/// How many Kustomizations may apply each other.
const MAX_DEPTH: usize = crate::base::limits::KUSTOMIZATIONS.size();
const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// What a Kustomization makes of its folder.
pub(super) struct Applied {
    /// As its own Kustomization has it.
    pub kustomization: Object,
    pub objects: Vec<Object>,
}

/// Whether an object is what is looked for; with `true`, by a name that kustomize may have added to.
pub(super) type Holds<'h> = dyn Fn(&Object, bool) -> bool + 'h;

/// What the Kustomization that applies an object of a folder makes, by what `holds` says of its objects; `None` where there
/// is none. The nearest one counts.
pub(super) fn applying(
    tree: &dyn Tree,
    index: &Index,
    folder: &str,
    named: Option<&str>,
    holds: &Holds<'_>,
) -> Result<Option<Applied>, Fault> {
    nearest(tree, index, folder, named, holds, 0)
}

fn nearest(
    tree: &dyn Tree,
    index: &Index,
    folder: &str,
    named: Option<&str>,
    holds: &Holds<'_>,
    depth: usize,
) -> Result<Option<Applied>, Fault> {
    let mut candidates: Vec<(String, &Object)> = index
        .objects
        .iter()
        .filter(|it| it.is(GROUP, "Kustomization") && it.origin.is_some())
        .filter(|it| named.is_none_or(|named| it.name() == named))
        .map(|it| (path_of(tree, it, folder), it))
        .filter(|(path, _)| is_above(path, folder))
        .collect();
    candidates.sort_by_key(|(path, _)| std::cmp::Reverse(path.len()));
    let mut rest = candidates.as_slice();
    while let Some((path, _)) = rest.first() {
        let same = rest.iter().take_while(|(it, _)| it == path).count();
        let (level, below) = rest.split_at(same);
        rest = below;
        let mut found: Vec<Applied> = Vec::new();
        for (path, raw) in level {
            let kustomization = effective(tree, index, raw, depth)?;
            let objects = build(tree, path, Some(&kustomization))?;
            let loosely = path == folder;
            if objects.iter().any(|it| holds(it, false) || loosely && holds(it, true)) {
                found.push(Applied { kustomization, objects });
            }
        }
        if found.len() > 1 {
            let names = found.iter().map(|it| it.kustomization.shown()).collect();
            return Err(Fault::Kustomizations { path: tree.as_written(folder), names });
        }
        if let Some(found) = found.pop() {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// A Kustomization as the one above it applies it: patched, and with its variables.
fn effective(tree: &dyn Tree, index: &Index, raw: &Object, depth: usize) -> Result<Object, Fault> {
    let Some(origin) = raw.origin.as_ref().filter(|_| depth < MAX_DEPTH) else { return Ok(raw.clone()) };
    let folder = origin.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let name = raw.name();
    let is_same = |it: &Object, _: bool| it.is(GROUP, "Kustomization") && it.name() == name;
    let above = Index {
        objects: index
            .objects
            .iter()
            .filter(|it| !is_same(it, false) || it.namespace() != raw.namespace())
            .cloned()
            .collect(),
    };
    let Some(applied) = nearest(tree, &above, folder, None, &is_same, depth + 1)? else { return Ok(raw.clone()) };
    let Some(found) = applied.objects.into_iter().find(|it| is_same(it, false)) else { return Ok(raw.clone()) };
    let variables = Variables::of(tree, index, &applied.kustomization)?;
    let filled = variables.fill(tree, &found, Showing::Marks)?;
    if holds_mark(&Value::Map(filled.value.clone())) {
        return Err(Fault::Field {
            object: raw.shown(),
            field: "spec".into(),
            why: "it holds a variable that is sealed".into(),
            place: raw.place(tree, &["spec"]),
        });
    }
    Ok(Object { origin: raw.origin.clone(), ..filled })
}

/// The path of a Kustomization from the top. Where the tree is no repository, its top need not be that of the path.
fn path_of(tree: &dyn Tree, kustomization: &Object, folder: &str) -> String {
    let path = kustomization.text(&["spec", "path"]).unwrap_or_default();
    let clean: Vec<&str> = path.split('/').filter(|it| !it.is_empty() && *it != ".").collect();
    let clean = clean.join("/");
    if tree.is_folder(&clean) || clean.is_empty() {
        return clean;
    }
    // The folder's own path up to where this one ends.
    let mut above = Some(folder);
    while let Some(it) = above {
        if it == clean || it.ends_with(&format!("/{clean}")) {
            return it.to_owned();
        }
        above = it.rsplit_once('/').map(|(it, _)| it);
    }
    clean
}

fn is_above(path: &str, folder: &str) -> bool {
    path.is_empty() || folder == path || folder.starts_with(&format!("{path}/"))
}

/// The name of a folder's own kustomization, where it has one.
pub(super) fn own(tree: &dyn Tree, folder: &str) -> Result<Option<(String, Vec<u8>)>, Fault> {
    for name in NAMES {
        let path = join(folder, name);
        if let Some(bytes) = tree.read(&path)? {
            return Ok(Some((path, bytes)));
        }
    }
    Ok(None)
}

/// What kustomize makes of a folder, with what a Flux Kustomization adds.
pub(super) fn build(tree: &dyn Tree, folder: &str, kustomization: Option<&Object>) -> Result<Vec<Object>, Fault> {
    let own = own(tree, folder)?;
    let added = kustomization.map_or_else(|| Ok(Vec::new()), |it| added(tree, it))?;
    let text = match (&own, added.is_empty()) {
        (Some(_), true) => None,
        (own, _) => {
            let map = match own {
                Some((path, bytes)) => match yaml::read_typed(bytes) {
                    Ok(Value::Map(map)) => map,
                    Ok(Value::Nil) => Map::any(),
                    Ok(_) => return Err(Fault::Unreadable { path: path.clone(), message: "it is no mapping".into() }),
                    Err(message) => return Err(Fault::Unreadable { path: path.clone(), message }),
                },
                None => generated(tree, folder)?,
            };
            for (key, value) in added {
                let joined = match (map.get(key), value) {
                    (Some(Value::List(old)), Value::List(new)) => {
                        Value::List(List::any(old.to_vec().into_iter().chain(new.to_vec()).collect()))
                    }
                    (_, value) => value,
                };
                map.insert(key, joined);
            }
            let unwritable = |message| Fault::Unreadable { path: folder.to_owned(), message };
            Some(yaml::write_exactly(&Value::Map(map)).map_err(unwritable)?.as_bytes().to_vec())
        }
    };
    let built = tree.kustomize(folder, text.as_deref())?;
    Ok(objects(&String::from_utf8_lossy(&built), None))
}

/// What Flux writes for a folder that has no kustomization.
fn generated(tree: &dyn Tree, folder: &str) -> Result<Map, Fault> {
    let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    let mut resources: Vec<String> = Vec::new();
    let files = tree.files()?;
    let mut nested: Vec<String> = Vec::new();
    for path in files.iter().filter_map(|it| it.strip_prefix(&prefix)) {
        if let Some((below, name)) = path.rsplit_once('/')
            && NAMES.contains(&name)
            && !nested.iter().any(|it| below.starts_with(&format!("{it}/")))
        {
            nested.push(below.to_owned());
        }
    }
    for path in files.iter().filter_map(|it| it.strip_prefix(&prefix)) {
        if nested.iter().any(|it| path.starts_with(&format!("{it}/"))) {
            continue;
        }
        let bytes = tree.read(&join(folder, path))?.unwrap_or_default();
        if !objects(&String::from_utf8_lossy(&bytes), None).is_empty() {
            resources.push(path.to_owned());
        }
    }
    resources.extend(nested);
    resources.sort();
    let map = Map::any();
    map.insert("apiVersion", "kustomize.config.k8s.io/v1beta1".into());
    map.insert("kind", "Kustomization".into());
    map.insert("resources", Value::list(resources.into_iter().map(Value::from)));
    Ok(map)
}

/// What a Flux Kustomization adds to the kustomization of its folder.
fn added(tree: &dyn Tree, kustomization: &Object) -> Result<Vec<(&'static str, Value)>, Fault> {
    let mut added = Vec::new();
    for (from, to) in [("targetNamespace", "namespace"), ("namePrefix", "namePrefix"), ("nameSuffix", "nameSuffix")] {
        if let Some(text) = kustomization.text(&["spec", from]) {
            added.push((to, Value::from(text)));
        }
    }
    for name in ["patches", "components", "images"] {
        if kustomization.has(&["spec", name])
            && let Some(value) = kustomization.get(&["spec", name])
        {
            added.push((name, value));
        }
    }
    for name in ["patchesStrategicMerge", "patchesJson6902"] {
        if kustomization.has(&["spec", name]) {
            return Err(Fault::Field {
                object: kustomization.shown(),
                field: format!("spec.{name}"),
                why: "Flux dropped it; `patches` takes its place".into(),
                place: kustomization.place(tree, &["spec", name]),
            });
        }
    }
    Ok(added)
}

pub(super) fn join(folder: &str, path: &str) -> String {
    if folder.is_empty() { path.to_owned() } else { format!("{folder}/{path}") }
}

//! What a release makes anew that the bootstrap has made: Helm knows no pins.

use std::collections::{BTreeMap, BTreeSet};

use super::{Error, RenderedPart, render_part, secrets};
use crate::object::document::{Head, documents};
use crate::stage::vendored::{Vendored, VendoredContent, VendoredPart};
use helm_engine::helm;
use helm_engine::hole::{Expr, Holes, Piece, Seed};
use helm_engine::value::{Map, Value};
use helm_engine::yaml;
use helm_engine::yaml::node::Node;

/// What a template may decode and what tells nobody anything.
const IN_PLACE: &str = "c2VhbGVk";

/// The Secrets that a release of a chart with these values fills with new keys, where the cluster holds what the bootstrap
/// rendered of the chart: by their names, each with the pins it rests on. A chart that looks for what is there makes nothing
/// anew. What the values ask for beyond the bootstrap is new anyway.
pub(crate) fn remade(
    vendored: &Vendored,
    part: &VendoredPart,
    bootstrap: &RenderedPart,
    values: &Map,
    seed: Seed,
) -> Result<BTreeMap<String, BTreeSet<String>>, Error> {
    let VendoredContent::Chart { namespace, .. } = &part.content else { return Ok(BTreeMap::new()) };
    let release = again(vendored, part, bootstrap, values, objects(bootstrap, namespace), seed)?;
    let release = release.as_ref().unwrap_or(bootstrap);
    let is_made = |name: &&String| part.pins.get(*name).is_some_and(|it| it.function != secrets::FUNCTION);
    let made: BTreeSet<&String> = release.used.iter().filter(is_made).collect();
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for document in documents(&String::from_utf8_lossy(&release.text)) {
        let Some(tree) = document.tree() else { continue };
        let head = Head::of(tree.root());
        let mut pins = BTreeSet::new();
        for piece in release.holes.pieces(document.text.as_bytes()) {
            if let Piece::Hole(index) = piece {
                collect(&release.holes, index, &mut pins);
            }
        }
        let prefix = format!("{}/", part.name);
        let pins = pins.iter().filter_map(|it| it.strip_prefix(&prefix));
        let pins: BTreeSet<String> = pins
            .filter_map(|it| made.iter().find(|pin| ***pin == it || it.strip_suffix(".key") == Some(pin)))
            .map(|it| (*it).clone())
            .collect();
        if !pins.is_empty() {
            found.entry(head.to_string()).or_default().extend(pins);
        }
    }
    Ok(found)
}

/// An object that is in the bootstrap, and not in a release with other values.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Leaving {
    /// With the namespace that Helm puts it into.
    pub head: Head,
    /// The `type` of a Secret; empty elsewhere.
    pub kind_of_secret: String,
}

/// What leaves a release: a Helm that has installed the objects of the bootstrap deletes these when it upgrades to the values.
/// Hooks are left out, for Helm keeps no account of them. Where the values ask for more than the bootstrap had, all its Secrets
/// may be among them.
pub(crate) fn leaving(
    vendored: &Vendored,
    part: &VendoredPart,
    bootstrap: &RenderedPart,
    values: &Map,
    seed: Seed,
) -> Result<BTreeSet<Leaving>, Error> {
    let VendoredContent::Chart { namespace, .. } = &part.content else { return Ok(BTreeSet::new()) };
    let before = listed(bootstrap, namespace);
    let release = again(vendored, part, bootstrap, values, objects(bootstrap, namespace), seed)?;
    Ok(match release {
        Some(release) => {
            let after = listed(&release, namespace);
            // A later version of a chart may write an object of another version of its API: it is the same object.
            let is_same = |one: &Head, other: &Head| {
                one.group() == other.group()
                    && (&one.kind, &one.name) == (&other.kind, &other.name)
                    && (one.namespace == other.namespace || one.namespace.is_empty() || other.namespace.is_empty())
            };
            before.into_iter().filter(|it| !after.iter().any(|other| is_same(&it.head, &other.head))).collect()
        }
        None => before.into_iter().filter(|it| it.head.kind == "Secret").collect(),
    })
}

/// What Helm keeps account of in a rendered part.
fn listed(rendered: &RenderedPart, namespace: &str) -> BTreeSet<Leaving> {
    let mut found = BTreeSet::new();
    for document in documents(&String::from_utf8_lossy(&rendered.text)) {
        let Some(tree) = document.tree() else { continue };
        let root = tree.root();
        let metadata = root.get("metadata").map(Node::resolved);
        let is_hook = metadata.and_then(|it| it.get("annotations")).is_some_and(|it| it.get("helm.sh/hook").is_some());
        let mut head = Head::of(root);
        if is_hook || head.kind.is_empty() {
            continue;
        }
        let is_secret = head.kind == "Secret" && head.api_version == "v1";
        if head.namespace.is_empty() && (is_secret || head.kind == "ConfigMap") {
            head.namespace = namespace.into();
        }
        let of = root.get("type").and_then(Node::text).filter(|_| is_secret);
        let kind_of_secret = of.map(|it| it.to_text().into_owned()).unwrap_or_default();
        found.insert(Leaving { head, kind_of_secret });
    }
    found
}

/// One text of a manifest that is another on each render.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Minted {
    pub group: String,
    pub head: Head,
    /// Its place, as a JSON pointer.
    pub pointer: String,
}

/// The texts that a tool which asks no cluster makes anew on each render: those that rest on what was minted, and those that
/// show one of its certificates.
pub(crate) fn minted(
    vendored: &Vendored,
    part: &VendoredPart,
    bootstrap: &RenderedPart,
    values: &Map,
    shows: &dyn Fn(&str) -> bool,
    seed: Seed,
) -> Result<BTreeSet<Minted>, Error> {
    let release = again(vendored, part, bootstrap, values, Vec::new(), seed)?;
    let release = release.as_ref().unwrap_or(bootstrap);
    let mut found = BTreeSet::new();
    for document in documents(&String::from_utf8_lossy(&release.text)) {
        let Some(tree) = document.tree() else { continue };
        let head = Head::of(tree.root());
        let group = head.api_version.split_once('/').map_or("", |(group, _)| group).to_owned();
        let Ok(value) = yaml::read(document.text.as_bytes()) else { continue };
        let mut open = vec![(String::new(), value)];
        while let Some((pointer, value)) = open.pop() {
            match value {
                Value::Map(map) => open.extend(map.to_vec().into_iter().map(|(key, it)| {
                    let key = key.to_text().replace('~', "~0").replace('/', "~1");
                    (format!("{pointer}/{key}"), it)
                })),
                Value::List(list) => {
                    open.extend(list.to_vec().into_iter().enumerate().map(|(at, it)| (format!("{pointer}/{at}"), it)));
                }
                Value::Str(text) => {
                    let mut pins = BTreeSet::new();
                    for piece in release.holes.pieces(&text) {
                        if let Piece::Hole(index) = piece {
                            collect(&release.holes, index, &mut pins);
                        }
                    }
                    if !pins.is_empty() || shows(&text.to_text()) {
                        found.insert(Minted { group: group.clone(), head: head.clone(), pointer });
                    }
                }
                _ => {}
            }
        }
    }
    Ok(found)
}

/// The part rendered with other values, and with what a cluster holds. `None` where more is asked for than the bootstrap had:
/// the calls that it shares with the bootstrap are made all the same.
fn again(
    vendored: &Vendored,
    part: &VendoredPart,
    bootstrap: &RenderedPart,
    values: &Map,
    cluster: Vec<Value>,
    seed: Seed,
) -> Result<Option<RenderedPart>, Error> {
    let VendoredContent::Chart { chart, namespace, inputs, .. } = &part.content else { return Ok(None) };
    let mut inputs = inputs.clone();
    inputs.objects.extend(cluster);
    let content =
        VendoredContent::Chart { chart: chart.clone(), namespace: namespace.clone(), values: values.clone(), inputs };
    let later =
        VendoredPart { name: bootstrap.name.clone(), content, pins: part.pins.clone(), images: part.images.clone() };
    match render_part(vendored, &later, &helm::functions(), seed, None) {
        Ok(release) => Ok(Some(release)),
        Err(fault) if fault.missing_pin.is_some() => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// The secrets that a hole rests on.
fn collect(holes: &Holes, index: usize, found: &mut BTreeSet<String>) {
    match holes.get(index) {
        Some(Expr::Secret(name)) => {
            found.insert(name.clone());
        }
        Some(Expr::Call { args, .. }) => args.iter().for_each(|it| collect_value(holes, it, found)),
        None => {}
    }
}

fn collect_value(holes: &Holes, value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Str(text) => {
            for piece in holes.pieces(text) {
                if let Piece::Hole(index) = piece {
                    collect(holes, index, found);
                }
            }
        }
        Value::List(list) => list.to_vec().iter().for_each(|it| collect_value(holes, it, found)),
        Value::Map(map) => map.to_vec().iter().for_each(|(_, it)| collect_value(holes, it, found)),
        _ => {}
    }
}

/// The objects of a stream as a cluster would hold them, without what is sealed.
fn objects(rendered: &RenderedPart, namespace: &str) -> Vec<Value> {
    let plain: Vec<u8> = rendered
        .holes
        .pieces(&rendered.text)
        .into_iter()
        .flat_map(|piece| match piece {
            Piece::Text(text) => text.to_vec(),
            Piece::Hole(_) => IN_PLACE.as_bytes().to_vec(),
        })
        .collect();
    let plain = String::from_utf8_lossy(&plain);
    let read = documents(&plain).into_iter().filter_map(|it| match yaml::read(it.text.as_bytes()) {
        Ok(Value::Map(map)) if map.contains("kind") => Some(map),
        _ => None,
    });
    let placed = read.map(|map| {
        if let Some(Value::Map(metadata)) = map.get("metadata")
            && !metadata.contains("namespace")
        {
            metadata.insert("namespace", namespace.into());
        }
        Value::Map(map)
    });
    placed.collect()
}

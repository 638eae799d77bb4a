//! Puts inline manifests into a machine config that a user has.
//!
//! Nothing else of the file changes: comments, order, spelling and other documents stay byte for byte. A manifest that is
//! there already keeps its bytes too, so a second run changes nothing. A manifest of the same part under another number
//! (`20-cilium` where the bundle now says `10-cilium`) is replaced, not doubled, and one that stands there twice, as a patch
//! that was applied twice leaves it, stands there once. Lines end as they do in the file.

mod dropped;
mod editor;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use editor::Editor;

use crate::base::edit::Edits;
use crate::stage::pack::{Manifest, stem, talos};
use crate::stage::spec::TalosVersion;
use helm_engine::yaml::node::{self, Document, Node, NodeKind};

/// What earlier runs put into a config.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Earlier {
    /// Those for this bundle: the SHA-256 of each manifest, in hexadecimal digits, by its name.
    pub own: BTreeMap<String, String>,
    /// The names of those for other bundles.
    pub others: BTreeSet<String>,
}

/// A machine config with the manifests in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inserted {
    pub text: String,
    /// What the user should know.
    pub notes: Vec<String>,
}

/// Why a text does not take inline manifests. `line` counts from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("line {line}: this is not YAML: {problem}")]
    NotYaml { line: usize, problem: String },
    #[error("this is no Talos machine config: it has neither `machine` nor `cluster`")]
    NotAConfig,
    #[error("line {line}: this is the config of a worker, and only control planes apply inline manifests")]
    Worker { line: usize },
    /// The first of the two stands at `first`.
    #[error("line {line}: the key `{key}` stands there a second time, after line {first}; Talos refuses such a config")]
    Twice { line: usize, first: usize, key: String },
    #[error("line {line}: `{what}` must be {wanted}")]
    Shape { line: usize, what: &'static str, wanted: &'static str },
}

/// Inserts manifests, or replaces those that are there under the same names, and takes away what an earlier run put there
/// and this bundle no longer has.
pub fn insert(text: &str, manifests: &[Manifest], talos: TalosVersion, earlier: &Earlier) -> Result<Inserted, Error> {
    let breaks = text.matches('\n').count();
    let is_dos = breaks > 0 && text.matches("\r\n").count() == breaks;
    let lines = if is_dos { Cow::from(text.replace("\r\n", "\n")) } else { Cow::from(text) };
    let dropped = dropped::take_away(&lines, manifests, earlier)?;
    let mut inserted = insert_lines(&dropped.text, manifests, talos)?;
    inserted.notes.extend(dropped.notes);
    if is_dos {
        inserted.text = inserted.text.replace('\n', "\r\n");
    }
    Ok(inserted)
}

fn insert_lines(text: &str, manifests: &[Manifest], talos: TalosVersion) -> Result<Inserted, Error> {
    let documents = parse(text)?;
    let config = Config::find(&documents)?;
    let (places, surplus) = config.places(manifests);
    let mut notes = notes(&config, manifests);
    let mut editor = Editor { text, edits: Edits::default() };
    let mut new = Vec::new();
    for (manifest, place) in manifests.iter().zip(places) {
        match place {
            Some(place) if place.holds(manifest) => {}
            Some(Place { node, key: "contents", .. }) => editor.replace_item(node, manifest),
            Some(Place { node, .. }) => editor.replace_block(node, &talos::document(manifest)),
            None => new.push(manifest),
        }
        let before = place.and_then(|it| it.name()).filter(|it| *it != manifest.name);
        notes.extend(before.map(|it| format!("`{it}` gave way to `{}`", manifest.name)));
    }
    for place in surplus {
        let name = place.name().unwrap_or_default();
        notes.push(format!("`{name}` stood there beside another of the same part, and was left out"));
        match place.key {
            "contents" => editor.remove_item(place.node, &config.items),
            _ => editor.remove_document(place.node),
        }
    }
    let changes = !new.is_empty() || !editor.edits.is_empty();
    if let Some(alias) = config.alias.filter(|_| changes && config.main.is_some()) {
        return Err(alias);
    }
    if !new.is_empty() {
        match config.main {
            Some(main) if !talos.has_manifest_documents() => editor.extend_list(main, &new)?,
            _ => editor.append_documents(&new),
        }
    }
    Ok(Inserted { text: editor.edits.apply(text), notes })
}

fn parse(text: &str) -> Result<Vec<Document>, Error> {
    let documents = node::parse_all(text.as_bytes());
    let documents =
        documents.map_err(|it| Error::NotYaml { line: it.mark.line + 1, problem: it.problem.into_owned() })?;
    documents.iter().try_for_each(|it| unique(it.root()))?;
    Ok(documents)
}

/// No mapping may have a key twice: it is undefined which one counts, and Talos refuses such a file.
fn unique(node: Node<'_>) -> Result<(), Error> {
    let mut lines: BTreeMap<String, usize> = BTreeMap::new();
    for (key, value) in node.entries() {
        if let Some(text) = key.text().map(|it| it.to_text().into_owned())
            && let Some(first) = lines.insert(text.clone(), key.line())
        {
            return Err(Error::Twice { line: key.line(), first, key: text });
        }
        unique(value)?;
    }
    node.items().try_for_each(unique)
}

/// The documents of a machine config that matter here.
struct Config<'d> {
    /// The one with `machine` and `cluster`.
    main: Option<Node<'d>>,
    items: Vec<Node<'d>>,
    documents: Vec<Node<'d>>,
    flannel: bool,
    /// Set where `cluster` or its list is an alias: why nothing may be changed.
    alias: Option<Error>,
}

/// Where a manifest stands: its entry or document, and the key of its text there.
#[derive(Clone, Copy)]
struct Place<'d> {
    node: Node<'d>,
    key: &'static str,
}

impl<'d> Config<'d> {
    fn find(documents: &'d [Document]) -> Result<Config<'d>, Error> {
        let roots = || documents.iter().map(Document::root).filter(|it| it.kind() == NodeKind::Mapping);
        let kind = |root: Node<'d>| root.get("kind").and_then(Node::text).map(|it| it.to_text());
        let main = roots().find(|it| kind(*it).is_none() && (it.get("machine").or(it.get("cluster"))).is_some());
        let others = roots().any(|it| kind(it).is_some() && word(it.get("apiVersion")).as_deref() == Some("v1alpha1"));
        if main.is_none() && !others {
            return Err(Error::NotAConfig);
        }
        if let Some(role) = main.and_then(|it| it.get("machine")).and_then(|it| it.resolved().get("type"))
            && word(Some(role)).as_deref() == Some("worker")
        {
            return Err(Error::Worker { line: role.line() });
        }
        let cluster = main.and_then(|it| it.get("cluster"));
        let list = cluster.and_then(|it| it.resolved().get("inlineManifests"));
        let aliased = [(cluster, "cluster"), (list, "cluster.inlineManifests")].into_iter().find_map(|(node, what)| {
            let node = node.filter(|it| it.kind() == NodeKind::Alias)?;
            Some(Error::Shape { line: node.line(), what, wanted: "written out, not an alias" })
        });
        Ok(Config {
            main,
            items: list.map(|it| it.resolved().items().collect()).unwrap_or_default(),
            documents: roots().filter(|it| kind(*it).as_deref() == Some("KubeInlineManifestConfig")).collect(),
            flannel: roots().any(|it| kind(it).as_deref() == Some("KubeFlannelCNIConfig")),
            alias: aliased,
        })
    }

    /// Every place of a manifest, with its name.
    fn named(&self) -> impl Iterator<Item = (String, Place<'d>)> {
        let items = self.items.iter().map(|it| Place { node: *it, key: "contents" });
        let documents = self.documents.iter().map(|it| Place { node: *it, key: "manifest" });
        items.chain(documents).filter_map(|it| Some((it.name()?, it)))
    }

    /// Where each manifest stands already, and where it stands once more. No place is given twice.
    fn places(&self, manifests: &[Manifest]) -> (Vec<Option<Place<'d>>>, Vec<Place<'d>>) {
        let names: BTreeSet<&str> = manifests.iter().map(|it| it.name.as_str()).collect();
        let mut places: Vec<(String, Place<'d>)> = self.named().collect();
        let mut found: Vec<Option<Place<'d>>> = Vec::new();
        let mut take = |fits: &dyn Fn(&str) -> bool| {
            let index = places.iter().position(|(name, _)| fits(name))?;
            Some(places.remove(index).1)
        };
        for manifest in manifests {
            found.push(take(&|name| name == manifest.name));
        }
        let renumbered = |name: &str, manifest: &Manifest| !names.contains(name) && is_renumbered(name, manifest);
        for (manifest, place) in manifests.iter().zip(&mut found) {
            if place.is_none() {
                *place = take(&|name| renumbered(name, manifest));
            }
        }
        let ours = |name: &str| names.contains(name) || manifests.iter().any(|it| renumbered(name, it));
        let surplus = places.into_iter().filter(|(name, _)| ours(name)).map(|(_, place)| place).collect();
        (found, surplus)
    }
}

/// Whether a name is that of a manifest but for its number.
fn is_renumbered(name: &str, manifest: &Manifest) -> bool {
    stem(name) != name && stem(name) == stem(&manifest.name)
}

impl<'d> Place<'d> {
    fn name(&self) -> Option<String> {
        word(self.node.resolved().get("name"))
    }

    fn contents(&self) -> Option<String> {
        word(self.node.resolved().get(self.key))
    }

    fn holds(&self, manifest: &Manifest) -> bool {
        self.contents().as_ref() == Some(&manifest.contents) && self.name().as_ref() == Some(&manifest.name)
    }
}

fn word(node: Option<Node<'_>>) -> Option<String> {
    Some(node?.resolved().text()?.to_text().into_owned())
}

fn notes(config: &Config<'_>, manifests: &[Manifest]) -> Vec<String> {
    if !talos::network(manifests).cni {
        return Vec::new();
    }
    let network = config.main.and_then(|it| it.get("cluster")).and_then(|it| it.resolved().get("network"));
    let cni = network.and_then(|it| it.resolved().get("cni")).and_then(|it| word(it.resolved().get("name")));
    let flannel = match cni.as_deref() {
        Some("none") => false,
        Some(_) => true,
        None => config.flannel || (config.documents.is_empty() && network.is_some()),
    };
    let note = "this config has Talos install a CNI of its own; the patches beside `controlplane.yaml` in `--for talos -o DIR/` turn it off";
    if flannel { vec![note.into()] } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use helm_engine::value::Value;
    use helm_engine::yaml;

    use super::*;

    const OLD: TalosVersion = TalosVersion { major: 1, minor: 13 };
    const NEW: TalosVersion = TalosVersion { major: 1, minor: 14 };

    fn manifests() -> Vec<Manifest> {
        let manifest = |name: &str, contents: &str| Manifest { name: name.into(), contents: contents.into() };
        vec![manifest("00-a", "---\nkind: A\n\nx: |\n  y\n"), manifest("10-b", "kind: B\n")]
    }

    fn list(text: &str) -> Vec<(String, String)> {
        let value = yaml::read(text.as_bytes()).expect("YAML");
        let path = ["cluster", "inlineManifests"];
        let list = path.iter().fold(value, |value, key| match value {
            Value::Map(map) => map.get(key).expect("the key"),
            other => panic!("{other:?}"),
        });
        let Value::List(list) = list else { panic!("no list") };
        let text = |map: &helm_engine::value::Map, key: &str| match map.get(key) {
            Some(Value::Str(text)) => text.to_text().into_owned(),
            other => panic!("{other:?}"),
        };
        let pair = |it: &Value| match it {
            Value::Map(map) => (text(map, "name"), text(map, "contents")),
            other => panic!("{other:?}"),
        };
        list.items().iter().map(pair).collect()
    }

    /// Inserts twice; every line of the old text must remain, in order.
    fn check(text: &str, kept: &str) -> String {
        let once = insert(text, &manifests(), OLD, &Earlier::default()).expect("inserted").text;
        let twice = insert(&once, &manifests(), OLD, &Earlier::default()).expect("inserted").text;
        assert_eq!(once, twice, "the second run changes nothing");
        let entries = list(&once);
        for manifest in manifests() {
            assert_eq!(
                entries.iter().filter(|it| it.0 == manifest.name && it.1 == manifest.contents).count(),
                1,
                "{once}"
            );
        }
        let mut lines = once.lines();
        for line in kept.lines() {
            assert!(lines.any(|it| it == line), "`{line}` is kept in:\n{once}");
        }
        once
    }

    #[test]
    fn every_shape_of_cluster_takes_manifests() {
        for text in [
            "machine:\n  type: controlplane # c\ncluster:\n  # d\n  id: x # e\n  # f\n",
            "machine: {}\n",
            "machine: {}\ncluster:\n",
            "machine: {}\ncluster: # later\n",
            "machine: {}\ncluster:\n    inlineManifests: # none\n    id: x\n",
            "cluster:\n  id: x",
            "cluster:\n  inlineManifests:\n  - name: foreign\n    contents: |\n      kind: F\n\n  # tail\n  id: x\nmachine: {}\n",
            "cluster:\n  inlineManifests:\n    - {name: foreign, contents: 'kind: F'}\n# end",
        ] {
            check(text, text);
        }
        for text in [
            "machine: {}\ncluster: {}\n",
            "machine: {}\ncluster: null\n",
            "cluster: {id: x}\n",
            "cluster: {id: x, inlineManifests: []}\n",
            "cluster:\n  inlineManifests: []\n  id: x\n",
            "cluster:\n  inlineManifests: [{name: foreign, contents: x}]\n",
            "{\"machine\": {}, \"cluster\": {\"id\": \"x\"}}\n",
            "{\"machine\": {}}\n",
        ] {
            check(text, "");
        }
    }

    #[test]
    fn what_is_there_is_replaced_in_place() {
        let text = "cluster:\n  inlineManifests:\n    # mine\n    - name: 00-a\n      contents: |\n        old: 1\n\n    # theirs\n    - name: other\n      contents: x\n    - name: 30-b\n      contents: |+\n        old\n\n  id: x\n";
        let once = check(text, "    # mine\n    # theirs\n    - name: other\n      contents: x\n  id: x\n");
        assert_eq!(list(&once).iter().map(|it| it.0.as_str()).collect::<Vec<_>>(), ["00-a", "other", "10-b"]);
        assert!(!once.contains("old"), "{once}");
    }

    #[test]
    fn from_1_14_manifests_are_documents() {
        let text = "version: v1alpha1\nmachine:\n  type: controlplane\ncluster: {}\n---\napiVersion: v1alpha1\nkind: KubeInlineManifestConfig\n# mine\nname: 20-b\nmanifest: old\n---\n# last\napiVersion: v1alpha1\nkind: HostnameConfig\n";
        let once = insert(text, &manifests(), NEW, &Earlier::default()).expect("inserted").text;
        assert_eq!(insert(&once, &manifests(), NEW, &Earlier::default()).expect("inserted").text, once);
        let documents = node::parse_all(once.as_bytes()).expect("YAML");
        let kinds: Vec<_> = documents.iter().map(|it| word(it.root().get("kind")).unwrap_or_default()).collect();
        assert_eq!(kinds, ["", "KubeInlineManifestConfig", "HostnameConfig", "KubeInlineManifestConfig"]);
        assert_eq!(word(documents[1].root().get("manifest")).as_deref(), Some("kind: B\n"));
        assert_eq!(word(documents[3].root().get("manifest")).as_deref(), Some("---\nkind: A\n\nx: |\n  y\n"));
        assert!(once.contains("---\n# last\napiVersion: v1alpha1\nkind: HostnameConfig\n---\n"));
    }

    #[test]
    fn a_manifest_in_the_list_stays_there_from_1_14_on() {
        let text = "machine: {}\ncluster:\n  inlineManifests:\n  - name: 00-a\n    contents: old\n";
        let once = insert(text, &manifests(), NEW, &Earlier::default()).expect("inserted").text;
        assert_eq!(list(once.split("---\napiVersion").next().expect("a piece"))[0].1, manifests()[0].contents);
        assert_eq!(once.matches("00-a").count(), 1);
    }

    #[test]
    fn what_is_no_control_plane_is_refused() {
        let fault = |text: &str| insert(text, &manifests(), OLD, &Earlier::default()).expect_err("refused");
        assert_eq!(fault("a: 1\n"), Error::NotAConfig);
        assert_eq!(fault(""), Error::NotAConfig);
        assert_eq!(fault("machine:\n  type: worker\n"), Error::Worker { line: 2 });
        assert_eq!(fault("cluster: 1\nmachine: {}\n").to_string(), "line 1: `cluster` must be a mapping");
        assert_eq!(
            fault("cluster:\n  inlineManifests: x\n").to_string(),
            "line 2: `cluster.inlineManifests` must be a list"
        );
        assert!(matches!(fault("a: [\n"), Error::NotYaml { .. }));
    }

    #[test]
    fn a_config_with_flannel_is_noted() {
        let cni = [Manifest { name: "00-c".into(), contents: "path: /opt/cni/bin\n".into() }];
        let notes = |text: &str| insert(text, &cni, OLD, &Earlier::default()).expect("inserted").notes.len();
        assert_eq!(notes("cluster:\n  network:\n    cni:\n      name: none\n"), 0);
        assert_eq!(notes("cluster:\n  network:\n    cni:\n      name: flannel\n"), 1);
        assert_eq!(notes("cluster:\n  network: {}\n"), 1);
    }
}

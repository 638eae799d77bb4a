//! Puts inline manifests into a machine config that a user has.
//!
//! Nothing else of the file changes: comments, order, spelling and other documents stay byte for byte. A manifest that is
//! there already keeps its bytes too, so a second run changes nothing. A manifest of the same part under another number
//! (`20-cilium` where the bundle now says `10-cilium`) is replaced, not doubled, and one that stands there twice, as a patch
//! that was applied twice leaves it, stands there once. Lines end as they do in the file.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::edit::{Edits, line_start, next_line};
use crate::stage::pack::talos::{block, indent};
use crate::stage::pack::{Manifest, stem, talos};
use crate::stage::spec::TalosVersion;
use helm_engine::value::Value;
use helm_engine::yaml;
use helm_engine::yaml::node::{self, Document, Kind, Node, Style};

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

/// Inserts manifests, or replaces those that are there under the same names.
pub fn insert(text: &str, manifests: &[Manifest], talos: TalosVersion) -> Result<Inserted, Error> {
    let breaks = text.matches('\n').count();
    if breaks == 0 || text.matches("\r\n").count() < breaks {
        return insert_lines(text, manifests, talos);
    }
    let inserted = insert_lines(&text.replace("\r\n", "\n"), manifests, talos)?;
    Ok(Inserted { text: inserted.text.replace('\n', "\r\n"), ..inserted })
}

fn insert_lines(text: &str, manifests: &[Manifest], talos: TalosVersion) -> Result<Inserted, Error> {
    let documents = node::parse_all(text.as_bytes());
    let documents =
        documents.map_err(|it| Error::NotYaml { line: it.mark.line + 1, problem: it.problem.into_owned() })?;
    documents.iter().try_for_each(|it| unique(it.root()))?;
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
        let roots = || documents.iter().map(Document::root).filter(|it| it.kind() == Kind::Mapping);
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
            let node = node.filter(|it| it.kind() == Kind::Alias)?;
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

    /// Where each manifest stands already, and where it stands once more. No place is given twice.
    fn places(&self, manifests: &[Manifest]) -> (Vec<Option<Place<'d>>>, Vec<Place<'d>>) {
        let names: BTreeSet<&str> = manifests.iter().map(|it| it.name.as_str()).collect();
        let items = self.items.iter().map(|it| Place { node: *it, key: "contents" });
        let documents = self.documents.iter().map(|it| Place { node: *it, key: "manifest" });
        let mut places: Vec<(String, Place<'d>)> =
            items.chain(documents).filter_map(|it| Some((word(it.node.resolved().get("name"))?, it))).collect();
        let mut found: Vec<Option<Place<'d>>> = Vec::new();
        let mut take = |fits: &dyn Fn(&str) -> bool| {
            let index = places.iter().position(|(name, _)| fits(name))?;
            Some(places.remove(index).1)
        };
        for manifest in manifests {
            found.push(take(&|name| name == manifest.name));
        }
        let renumbered = |name: &str, manifest: &Manifest| {
            stem(name) != name && stem(name) == stem(&manifest.name) && !names.contains(name)
        };
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

impl Place<'_> {
    fn name(&self) -> Option<String> {
        word(self.node.resolved().get("name"))
    }

    fn holds(&self, manifest: &Manifest) -> bool {
        let node = self.node.resolved();
        let contents = node.get(self.key).map(Node::resolved).and_then(Node::text);
        contents.is_some_and(|it| *it == manifest.contents.as_str()) && self.name().as_ref() == Some(&manifest.name)
    }
}

struct Editor<'t> {
    text: &'t str,
    edits: Edits,
}

impl Editor<'_> {
    fn replace_item(&mut self, item: Node<'_>, manifest: &Manifest) {
        let span = item.span();
        let lead = &self.text[line_start(self.text, span.start)..span.start];
        if lead.trim_start().trim_end() == "-" {
            self.replace_block(item, &block(manifest));
        } else {
            self.edits.replace(span, flow(manifest));
        }
    }

    /// Puts another text in the place of a block, at the block's indentation.
    fn replace_block(&mut self, node: Node<'_>, new: &str) {
        let start = node.span().start;
        let column = start - line_start(self.text, start);
        let new = indent(new, column);
        self.edits.replace(start..self.end_of_block(node), new.trim_start_matches(' '));
    }

    /// The start of the line after a block.
    fn end_of_block(&self, node: Node<'_>) -> usize {
        let span = node.span();
        // Blank lines after a block scalar belong to it only where they count.
        match last_scalar(node) {
            Some(last) if is_block(last) && last.text().is_some_and(|it| it.ends_with(b"\n\n")) => span.end,
            _ => next_line(self.text, span.start + self.text[span].trim_end().len()),
        }
    }

    /// Takes an entry out of the list.
    fn remove_item(&mut self, item: Node<'_>, all: &[Node<'_>]) {
        let span = item.span();
        let before = self.text[..span.start].trim_end();
        if before.ends_with('-') {
            self.edits.replace(line_start(self.text, before.len())..self.end_of_block(item), "");
            return;
        }
        let at = all.iter().position(|it| it.span() == span).unwrap_or_default();
        match (at.checked_sub(1).and_then(|it| all.get(it)), all.get(at + 1)) {
            (Some(previous), _) => self.edits.replace(previous.span().end..span.end, ""),
            (None, Some(next)) => self.edits.replace(span.start..next.span().start, ""),
            (None, None) => self.edits.replace(span, ""),
        }
    }

    /// Takes a document out, with the separator before it or, from the first, the one after it.
    fn remove_document(&mut self, root: Node<'_>) {
        let span = root.span();
        let separator = |text: &str| {
            text.split_inclusive('\n')
                .scan(0, |at, line| {
                    let start = *at;
                    *at += line.len();
                    Some((start, line.starts_with("---")))
                })
                .filter(|it| it.1)
                .map(|it| it.0)
                .collect::<Vec<_>>()
        };
        let start = separator(&self.text[..span.start]).last().copied();
        let next = separator(&self.text[span.end..]).first().map_or(self.text.len(), |it| span.end + it);
        let end = if start.is_some() { next } else { next_line(self.text, next) };
        self.edits.replace(start.unwrap_or_default()..end, "");
    }

    /// Adds entries to `cluster.inlineManifests`, which is made where it is missing.
    fn extend_list(&mut self, main: Node<'_>, new: &[&Manifest]) -> Result<(), Error> {
        let items = |column: usize| -> String {
            let item =
                |it: &&Manifest| format!("{}- {}", " ".repeat(column), indent(&block(it), column + 2).trim_start());
            new.iter().map(item).collect()
        };
        let flow_items = || new.iter().map(|it| flow(it)).collect::<Vec<_>>().join(", ");
        let Some((cluster_key, cluster)) = entry(main, "cluster") else {
            let lines = |column: usize, step: usize| {
                let pad = " ".repeat(column + step);
                format!("{}cluster:\n{pad}inlineManifests:\n{}", " ".repeat(column), items(column + 2 * step))
            };
            self.add_to_mapping(
                main,
                &lines(0, 4),
                &format!("\"cluster\": {{\"inlineManifests\": [{}]}}", flow_items()),
            );
            return Ok(());
        };
        let column = |it: Node<'_>| it.span().start - line_start(self.text, it.span().start);
        let key_column = column(cluster_key);
        if is_nothing(cluster) && !main.is_flow() {
            let pad = " ".repeat(key_column + 4);
            self.fill(cluster_key, cluster, &format!("{pad}inlineManifests:\n{}", items(key_column + 8)));
            return Ok(());
        }
        if cluster.kind() != Kind::Mapping {
            return Err(Error::Shape { line: cluster_key.line(), what: "cluster", wanted: "a mapping" });
        }
        let Some((list_key, list)) = entry(cluster, "inlineManifests") else {
            let child = cluster.entries().next().map_or(key_column + 4, |(key, _)| column(key));
            let step = child.saturating_sub(key_column).max(2);
            let lines = format!("{}inlineManifests:\n{}", " ".repeat(child), items(child + step));
            self.add_to_mapping(cluster, &lines, &format!("\"inlineManifests\": [{}]", flow_items()));
            return Ok(());
        };
        let list_column = column(list_key);
        match list.items().last() {
            None if is_nothing(list) && !cluster.is_flow() => {
                let step = list_column.saturating_sub(key_column).max(2);
                self.fill(list_key, list, &items(list_column + step));
            }
            None if is_nothing(list) => self.edits.replace(list.span(), format!(" [{}]", flow_items())),
            None => {
                return Err(Error::Shape { line: list_key.line(), what: "cluster.inlineManifests", wanted: "a list" });
            }
            Some(last) if list.is_flow() => self.edits.insert(last.span().end, format!(", {}", flow_items())),
            Some(last) => {
                // The dash may stand on a line of its own.
                let before = self.text[..last.span().start].trim_end();
                let dash = before.strip_suffix('-').map_or(list_column, |it| it.len() - line_start(it, it.len()));
                self.insert_lines(self.after(last), &items(dash));
            }
        }
        Ok(())
    }

    /// Adds an entry at the end of a mapping, as lines or, in braces, as `flow`.
    fn add_to_mapping(&mut self, mapping: Node<'_>, lines: &str, flow: &str) {
        let last = mapping.entries().last();
        if mapping.is_flow() {
            let comma = if last.is_some() { ", " } else { "" };
            let at = last.map_or(mapping.span().end.saturating_sub(1), |(_, value)| value.span().end);
            self.edits.insert(at, format!("{comma}{flow}"));
        } else if let Some((key, value)) = last {
            let at = self.after(if value.span().end < key.span().end { key } else { value });
            self.insert_lines(at, lines);
        }
    }

    /// Gives lines to a key that has nothing, `null`, `{}` or `[]`.
    fn fill(&mut self, key: Node<'_>, value: Node<'_>, lines: &str) {
        if value.span().start > key.span().end {
            self.edits.replace(value.span(), "");
        }
        self.insert_lines(next_line(self.text, key.span().end.max(value.span().end)), lines);
    }

    fn append_documents(&mut self, new: &[&Manifest]) {
        let open = self.text.lines().last().is_some_and(|it| it.trim_end() == "---");
        let documents: Vec<String> = new.iter().map(|it| talos::document(it)).collect();
        let lines = format!("{}{}", if open { "" } else { "---\n" }, documents.join("---\n"));
        self.insert_lines(self.text.len(), &lines);
    }

    /// The start of the line after a node.
    fn after(&self, node: Node<'_>) -> usize {
        let end = node.span().end;
        if end > 0 && self.text.as_bytes().get(end - 1) == Some(&b'\n') { end } else { next_line(self.text, end) }
    }

    fn insert_lines(&mut self, at: usize, lines: &str) {
        let break_first = at > 0 && self.text.as_bytes().get(at - 1) != Some(&b'\n');
        self.edits.insert(at, format!("{}{lines}", if break_first { "\n" } else { "" }));
    }
}

/// An entry of the list in braces.
fn flow(manifest: &Manifest) -> String {
    let entry = Value::map([("name", manifest.name.as_str().into()), ("contents", manifest.contents.as_str().into())]);
    let json = yaml::write_json(&entry, false);
    json.expect("plain strings have a JSON form").to_text().into_owned()
}

fn entry<'d>(mapping: Node<'d>, name: &str) -> Option<(Node<'d>, Node<'d>)> {
    let named = |(key, _): &(Node<'d>, Node<'d>)| key.text().is_some_and(|it| *it == name);
    mapping.entries().find(named).map(|(key, value)| (key, value.resolved()))
}

fn is_nothing(node: Node<'_>) -> bool {
    match node.kind() {
        Kind::Scalar => matches!(node.value(), Ok(Value::Nil)),
        Kind::Mapping => node.entries().next().is_none(),
        Kind::Sequence => node.items().next().is_none(),
        Kind::Alias => false,
    }
}

fn is_block(node: Node<'_>) -> bool {
    matches!(node.style(), Style::Literal | Style::Folded)
}

fn last_scalar(node: Node<'_>) -> Option<Node<'_>> {
    let mut node = node;
    loop {
        node = match node.kind() {
            Kind::Mapping => node.entries().last()?.1,
            Kind::Sequence => node.items().last()?,
            _ => return Some(node),
        }
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
        let once = insert(text, &manifests(), OLD).expect("inserted").text;
        let twice = insert(&once, &manifests(), OLD).expect("inserted").text;
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
        let once = insert(text, &manifests(), NEW).expect("inserted").text;
        assert_eq!(insert(&once, &manifests(), NEW).expect("inserted").text, once);
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
        let once = insert(text, &manifests(), NEW).expect("inserted").text;
        assert_eq!(list(once.split("---\napiVersion").next().expect("a piece"))[0].1, manifests()[0].contents);
        assert_eq!(once.matches("00-a").count(), 1);
    }

    #[test]
    fn what_is_no_control_plane_is_refused() {
        let fault = |text: &str| insert(text, &manifests(), OLD).expect_err("refused");
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
        let notes = |text: &str| insert(text, &cni, OLD).expect("inserted").notes.len();
        assert_eq!(notes("cluster:\n  network:\n    cni:\n      name: none\n"), 0);
        assert_eq!(notes("cluster:\n  network:\n    cni:\n      name: flannel\n"), 1);
        assert_eq!(notes("cluster:\n  network: {}\n"), 1);
    }
}

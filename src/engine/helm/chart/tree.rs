//! The tree of charts, as nodes that know their parent.
//!
//! Helm holds charts by pointer, and an alias shares the charts below it with the chart it copies. Nodes in one list keep
//! that sharing: two nodes may list the same node below them, whose parent is then whoever took it last, and a copy of a
//! node shares its metadata.

use std::rc::Rc;

use super::dependency::Dependency;
use super::metadata::Metadata;
use crate::helm::behaviour::Behaviour;
use crate::helm::helm_version::HelmVersion;
use crate::value::{Map, Str};

/// A file of a chart, named relative to the chart's folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// The path from the chart's folder on, with `/` between its parts: `templates/service.yaml`.
    pub name: String,
    /// The contents, without a byte order mark.
    pub data: Str,
}

impl File {
    /// A leading byte order mark is dropped, as Helm's loaders do.
    pub fn new(name: impl Into<String>, data: &[u8]) -> Self {
        File { name: name.into(), data: data.strip_prefix(b"\xef\xbb\xbf").unwrap_or(data).into() }
    }
}

/// A chart with the charts below it.
#[derive(Clone, Debug)]
pub struct Chart {
    nodes: Vec<Node>,
    root: NodeId,
    helm: HelmVersion,
    /// Why Helm does not install it, though it reads it to show it.
    unread_head: Option<String>,
}

/// One chart of a tree.
#[derive(Clone, Debug)]
pub struct Node {
    /// What its `Chart.yaml` says, and for charts of the format `v1` its `requirements.yaml`.
    pub metadata: Metadata,
    /// The contents of `values.yaml`.
    pub values: Map,
    /// The bytes of `values.schema.json`.
    pub schema: Option<Str>,
    /// The files in `templates/`, partials and `NOTES.txt` among them, in the order they were given.
    pub templates: Rc<Vec<File>>,
    /// All other files, those in `crds/` among them.
    pub files: Rc<Vec<File>>,
    /// The node this is a copy of, where both have one metadata in Helm.
    pub(super) metadata_of: Option<NodeId>,
    pub(super) parent: Option<NodeId>,
    pub(super) dependencies: Vec<NodeId>,
}

/// A place in the list of nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeId(usize);

/// A file in a chart's `crds/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crd {
    /// The path from the root chart on: `chart/charts/sub/crds/x.yaml`.
    pub path: String,
    /// The contents as they are: CRDs are no templates.
    pub data: Str,
}

impl Chart {
    pub(super) fn new(node: Node, below: Vec<Chart>, helm: HelmVersion) -> Chart {
        let mut chart = Chart { nodes: vec![node], root: NodeId(0), helm, unread_head: None };
        for sub in below {
            let id = chart.graft(sub);
            chart.adopt(chart.root, id);
        }
        chart
    }

    pub(super) fn with_unread_head(self, fault: Option<String>) -> Chart {
        Chart { unread_head: fault, ..self }
    }

    pub(in crate::helm) fn unread_head(&self) -> Option<&str> {
        self.unread_head.as_deref()
    }

    /// What the `Chart.yaml` of the root chart says.
    pub fn metadata(&self) -> &Metadata {
        &self.node(self.root).metadata
    }

    /// The Helm that it was read as and is rendered as.
    pub fn helm(&self) -> HelmVersion {
        self.helm
    }

    pub(in crate::helm) fn behaviour(&self) -> &'static Behaviour {
        self.helm.behaviour()
    }

    /// The name of the root chart, which begins every path of a template.
    pub fn name(&self) -> &str {
        &self.metadata().name
    }

    /// The root's own parts.
    pub fn root_node(&self) -> &Node {
        self.node(self.root)
    }

    /// The names of the charts directly below.
    pub fn dependency_names(&self) -> impl Iterator<Item = &str> {
        self.dependencies(self.root).iter().map(|it| self.node(*it).metadata.name.as_str())
    }

    /// Every file in a `crds/` of this chart and those below it, in Helm's order.
    pub fn crds(&self) -> Vec<Crd> {
        let mut found = Vec::new();
        self.collect_crds(self.root, &mut found);
        found
    }

    fn collect_crds(&self, id: NodeId, found: &mut Vec<Crd>) {
        let path = self.full_path(id);
        for file in self.node(id).files.iter() {
            if file.name.starts_with("crds/") && has_manifest_extension(&file.name) {
                found.push(Crd { path: format!("{path}/{}", file.name), data: file.data.clone() });
            }
        }
        for below in self.dependencies(id) {
            self.collect_crds(*below, found);
        }
    }

    /// Every chart of the tree with the names that lead to it from the root, which itself has none.
    pub fn walk(&self) -> Vec<(Vec<&str>, &Node)> {
        let mut found = Vec::new();
        let mut open = vec![(Vec::new(), self.root)];
        while let Some((names, id)) = open.pop() {
            for below in self.dependencies(id) {
                let name = self.node(*below).metadata.name.as_str();
                open.push(([names.as_slice(), &[name]].concat(), *below));
            }
            found.push((names, self.node(id)));
        }
        found
    }

    pub(in crate::helm) fn root(&self) -> NodeId {
        self.root
    }

    pub(in crate::helm) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0]
    }

    pub(in crate::helm) fn node_mut(&mut self, id: NodeId) -> &mut Node {
        &mut self.nodes[id.0]
    }

    pub(in crate::helm) fn dependencies(&self, id: NodeId) -> &[NodeId] {
        &self.node(id).dependencies
    }

    /// Puts these charts below `id`, and `id` above them.
    pub(in crate::helm) fn set_dependencies(&mut self, id: NodeId, below: Vec<NodeId>) {
        for it in &below {
            self.node_mut(*it).parent = Some(id);
        }
        self.node_mut(id).dependencies = below;
    }

    /// What the metadata says of the charts below, for every node that shares it.
    pub(in crate::helm) fn set_wanted(&mut self, id: NodeId, wanted: Option<Vec<Dependency>>) {
        let origin = self.node(id).metadata_of.unwrap_or(id);
        for (index, node) in self.nodes.iter_mut().enumerate() {
            if node.metadata_of.unwrap_or(NodeId(index)) == origin {
                node.metadata.dependencies.clone_from(&wanted);
            }
        }
    }

    /// Gives the entries that copies of a chart have in common what became of them in one of the copies.
    pub(in crate::helm) fn share_wanted(&mut self, changed: &[Dependency]) {
        for held in self.nodes.iter_mut().flat_map(|it| it.metadata.dependencies.iter_mut().flatten()) {
            let same = |it: &&Dependency| it.shared.is_some() && it.shared == held.shared;
            if let Some(it) = changed.iter().find(same) {
                held.clone_from(it);
            }
        }
    }

    /// Marks what a chart says of those below it as common to all its copies.
    pub(in crate::helm) fn mark_wanted(&mut self, id: NodeId) {
        let marked = |it: &Node| it.metadata.dependencies.iter().flatten().filter_map(|it| it.shared).max();
        let next = self.nodes.iter().filter_map(marked).max().map_or(0, |it| it + 1);
        let wanted = self.node_mut(id).metadata.dependencies.iter_mut().flatten();
        for (at, it) in wanted.filter(|it| it.shared.is_none()).enumerate() {
            it.shared = Some(next + at);
        }
    }

    /// A copy of one node which lists the same charts below it; they do not know of it. It shares its metadata, or has
    /// its own.
    pub(in crate::helm) fn copy_node(&mut self, id: NodeId, shares_metadata: bool) -> NodeId {
        let mut copy = self.node(id).clone();
        copy.metadata_of = shares_metadata.then_some(copy.metadata_of.unwrap_or(id));
        self.nodes.push(copy);
        NodeId(self.nodes.len() - 1)
    }

    pub(in crate::helm) fn is_root(&self, id: NodeId) -> bool {
        self.node(id).parent.is_none()
    }

    /// `root/charts/sub/charts/below`.
    pub(in crate::helm) fn full_path(&self, id: NodeId) -> String {
        let mut names = vec![self.node(id).metadata.name.as_str()];
        let mut at = id;
        while let Some(parent) = self.node(at).parent {
            names.push(&self.node(parent).metadata.name);
            at = parent;
        }
        names.reverse();
        names.join("/charts/")
    }

    fn adopt(&mut self, parent: NodeId, child: NodeId) {
        self.node_mut(child).parent = Some(parent);
        self.node_mut(parent).dependencies.push(child);
    }

    /// Moves another tree's nodes into this one; gives the place of its root.
    fn graft(&mut self, other: Chart) -> NodeId {
        let offset = self.nodes.len();
        let shift = |id: NodeId| NodeId(id.0 + offset);
        self.nodes.extend(other.nodes.into_iter().map(|mut node| {
            node.metadata_of = node.metadata_of.map(shift);
            node.parent = node.parent.map(shift);
            node.dependencies.iter_mut().for_each(|id| *id = shift(*id));
            node
        }));
        shift(other.root)
    }
}

fn has_manifest_extension(name: &str) -> bool {
    let base = name.rsplit('/').next().unwrap_or(name);
    base.rsplit_once('.')
        .is_some_and(|(_, extension)| ["yaml", "yml", "json"].iter().any(|it| it.eq_ignore_ascii_case(extension)))
}

//! A HelmRelease read: its fields, values and source, with the variables filled in.

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};

use super::kustomization::{Applied, applying};
use super::object::{Index, Object};
use super::sealed::{Entries, MARK, cleared, secret};
use super::sources::{self, SOURCES, field};
use super::substitute::SubstituteFault;
use super::values::{Layer, LayerText, Reference, merged};
use super::variables::{Showing, Variables};
use super::{Fault, Read, Release, Tree, Unseal, Wanted, Written, shape};
use crate::base::digest::Digest;
use helm_engine::value::{List, Map, Value};
use helm_engine::yaml;

/// The longest name of a release.
const LONGEST: usize = 53;
/// What of a HelmRelease says what is rendered.
const COUNTS: [&str; 10] = [
    "chart",
    "chartRef",
    "values",
    "valuesFrom",
    "releaseName",
    "targetNamespace",
    "postRenderers",
    "commonMetadata",
    "install",
    "upgrade",
];

/// The objects that are applied with a release.
pub(super) enum Found {
    Applied(Box<Applied>),
    Plain(Vec<Object>),
}

pub(super) struct Reader<'t> {
    pub tree: &'t dyn Tree,
    pub index: &'t Index,
    pub objects: &'t [Object],
    pub applied: &'t Found,
    pub variables: Variables,
    pub folder: String,
    pub read: RefCell<BTreeMap<String, Read>>,
}

impl Reader<'_> {
    /// Variables that no Kustomization fills in stay in the text, and nobody wants that.
    pub fn check_variables(&self, release: &Object) -> Result<(), Fault> {
        let text = text_of(release);
        let name = text
            .split_once("${")
            .map(|(_, rest)| rest.chars().take_while(|it| it.is_alphanumeric() || *it == '_').collect::<String>());
        match (self.applied, name) {
            (Found::Plain(_), Some(name)) if !name.is_empty() => Err(Fault::Substitute {
                object: release.shown(),
                fault: SubstituteFault::Unknown(name),
                place: release.place(self.tree, &["spec"]),
            }),
            _ => Ok(()),
        }
    }

    pub fn release(&self, raw: &Object, wanted: &Wanted, unseal: Option<&mut dyn Unseal>) -> Result<Release, Fault> {
        let tree = self.tree;
        let release = self.filled(raw, Showing::Marks)?;
        let own = release.namespace();
        let namespace = match (own.is_empty(), &wanted.namespace) {
            (false, _) => own,
            (true, Some(given)) => given.clone(),
            (true, None) => return Err(Fault::NoNamespace(raw.shown())),
        };
        for (key, why) in [
            ("postRenderers", "what Helm prints is changed after it rendered"),
            ("commonMetadata", "labels or annotations are added to what Helm prints"),
        ] {
            if release.has(&["spec", key]) {
                return Err(field(tree, &release, &["spec", key], why.into()));
            }
        }
        let mut find = |kind: &str, namespace: &str, name: &str| {
            let found = self.find(SOURCES, kind, namespace, name, Showing::Marks)?;
            if let Some(source) = &found {
                self.note(source, &["url", "ref", "chart", "version", "sourceRef"].map(|it| vec!["spec", it]));
            }
            Ok(found)
        };
        let is_here = |source: &Object, name: &str| self.is_here(source, name);
        let chart = sources::chart(tree, &release, &namespace, &mut find, &is_here)?;
        let target = release.text(&["spec", "targetNamespace"]);
        let name = release.text(&["spec", "releaseName"]).unwrap_or_else(|| match &target {
            Some(target) => format!("{target}-{}", release.name()),
            None => release.name(),
        });
        let version = chart.version.clone().unwrap_or_default();
        for (key, text) in [("chart", &chart.source), ("chart", &version), ("releaseName", &name)] {
            if text.contains(MARK) {
                return Err(field(tree, &release, &["spec", key], "it holds a variable that is sealed".into()));
            }
        }
        let references = Reference::all(tree, &release)?;
        let mut entries = Entries { unseal: None, found: BTreeMap::new() };
        let layers = self.layers(&release, &references, &namespace, Showing::Marks, &mut entries)?;
        let marked = merged(&layers, &values_of(&release), Showing::Marks)?;
        let mut sealed = Vec::new();
        let sealed_key = || Fault::Sealed { object: raw.shown(), why: "a key of its values is sealed".into() };
        let values = cleared(&Value::Map(marked), &mut Vec::new(), &mut sealed).ok_or_else(sealed_key)?;
        self.note(&release, &COUNTS.map(|it| vec!["spec", it]));
        let secret_digest = self.secret_digest(raw, &release, &layers, &namespace, &references, &sealed)?;
        let secrets = match unseal {
            None => None,
            Some(unseal) => {
                let mut entries = Entries { unseal: Some(unseal), found: BTreeMap::new() };
                let layers = self.layers(&release, &references, &namespace, Showing::Marks, &mut entries)?;
                let marked = merged(&layers, &values_of(&release), Showing::Marks)?;
                let release = self.filled(raw, Showing::Texts)?;
                let layers = self.layers(&release, &references, &namespace, Showing::Texts, &mut entries)?;
                let texts = merged(&layers, &values_of(&release), Showing::Texts)?;
                let mut paths = Vec::new();
                cleared(&Value::Map(marked), &mut Vec::new(), &mut paths).ok_or_else(sealed_key)?;
                let texts = Value::Map(texts);
                Some(paths.into_iter().map(|path| secret(raw, &texts, path)).collect::<Result<_, _>>()?)
            }
        };
        let path = raw.path().unwrap_or(&self.folder);
        let object = Written {
            kind: "HelmRelease".into(),
            namespace: namespace.clone(),
            name: release.name(),
            path: tree.as_written(path),
        };
        Ok(Release {
            object,
            name: shortened(&name),
            namespace: target.unwrap_or(namespace),
            chart,
            values: if let Value::Map(map) = values { map } else { Map::any() },
            sealed,
            secret_digest,
            secrets,
            read: self.read.take(),
            skip_schema_validation: release.has(&["spec", "install", "disableSchemaValidation"]),
        })
    }

    /// The entries of `valuesFrom`, read.
    fn layers(
        &self,
        release: &Object,
        references: &[Reference],
        namespace: &str,
        showing: Showing,
        entries: &mut Entries<'_>,
    ) -> Result<Vec<Layer>, Fault> {
        let mut layers = Vec::new();
        for Reference { kind, name, key, target, optional, literal } in references {
            let missing = |what: String| Fault::Missing {
                object: release.shown(),
                what,
                place: release.place(self.tree, &["spec", "valuesFrom"]),
            };
            let object = format!("{kind} {namespace}/{name}");
            let Some(found) = self.find("", kind, namespace, name, showing)? else {
                if *optional {
                    continue;
                }
                return Err(missing(object));
            };
            let text = match kind.as_str() {
                "Secret" => entries.get(self.tree, self.index, &found, key)?.map(LayerText::Sealed),
                _ => match found.get(&["data", key]) {
                    Some(Value::Str(text)) => Some(LayerText::Clear(text.to_text().into_owned())),
                    _ => None,
                },
            };
            let Some(text) = text else {
                if *optional {
                    continue;
                }
                return Err(missing(format!("the key `{key}` of {object}")));
            };
            if kind == "ConfigMap" && showing == Showing::Marks {
                self.note(&found, &[vec!["data", key]]);
            }
            layers.push(Layer { object, text, target: target.clone(), literal: *literal });
        }
        Ok(layers)
    }

    /// An object with its variables: as it is applied with the release, else as it is written and applied elsewhere.
    fn find(
        &self,
        group: &str,
        kind: &str,
        namespace: &str,
        name: &str,
        showing: Showing,
    ) -> Result<Option<Object>, Fault> {
        let is_it = |it: &Object, _: bool| it.is(group, kind) && it.name() == name;
        let here = self.objects.iter().filter(|it| is_it(it, false));
        let here = here
            .filter(|it| it.namespace() == namespace || it.namespace().is_empty())
            .max_by_key(|it| it.namespace().len());
        let written = self.index.find(group, kind, namespace, name);
        if let Some(found) = here {
            let origin = written.ok().flatten().and_then(|it| it.origin.clone());
            let found = Object { origin: found.origin.clone().or(origin), ..found.clone() };
            return self.filled(&found, showing).map(Some);
        }
        let Some(found) = written? else { return Ok(None) };
        if !text_of(found).contains("${") {
            return Ok(Some(found.clone()));
        }
        let path = found.origin.as_ref().map_or("", |it| it.path.as_str());
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let Some(applied) = applying(self.tree, self.index, folder, None, &is_it)? else {
            return Ok(Some(found.clone()));
        };
        let variables = Variables::of(self.tree, self.index, &applied.kustomization)?;
        match applied.objects.into_iter().find(|it| is_it(it, false)) {
            Some(applied) => {
                let applied = Object { origin: found.origin.clone(), ..applied };
                variables.fill(self.tree, &applied, Showing::Marks).map(Some)
            }
            None => Ok(Some(found.clone())),
        }
    }

    fn filled(&self, object: &Object, showing: Showing) -> Result<Object, Fault> {
        // Encrypted texts hold no variables, and are not to be touched.
        if object.kind() == "Secret" { Ok(object.clone()) } else { self.variables.fill(self.tree, object, showing) }
    }

    /// Whether a GitRepository is the tree itself: the one that applies the release, or one of its address.
    fn is_here(&self, source: &Object, name: &str) -> bool {
        let applied_from = match self.applied {
            Found::Applied(applied) => applied.kustomization.text(&["spec", "sourceRef", "name"]),
            Found::Plain(_) => None,
        };
        let same = |one: &str, other: &str| {
            let plain = |it: &str| {
                let it = it.split_once("://").map_or(it, |(_, it)| it).trim_end_matches('/').trim_end_matches(".git");
                it.rsplit_once('@').map_or(it, |(_, it)| it).replace(':', "/")
            };
            plain(one) == plain(other)
        };
        let address = source.text(&["spec", "url"]).unwrap_or_default();
        applied_from.as_deref() == Some(name) || self.tree.remotes().iter().any(|it| same(it, &address))
    }

    /// Keeps what counts of an object that was read.
    fn note(&self, object: &Object, fields: &[Vec<&str>]) {
        let counts: Vec<Value> = fields.iter().map(|path| object.get(path).unwrap_or(Value::Nil)).collect();
        let text = yaml::write_exactly(&Value::List(List::any(counts))).unwrap_or_default();
        let path = object.origin.as_ref().map_or(self.folder.as_str(), |it| it.path.as_str());
        let read = Read { path: self.tree.as_written(path), digest: Digest::of(text.as_bytes()) };
        self.read.borrow_mut().insert(object.shown(), read);
    }

    /// A digest of everything that decides what is sealed: the encrypted texts, and where they go.
    fn secret_digest(
        &self,
        raw: &Object,
        release: &Object,
        layers: &[Layer],
        namespace: &str,
        references: &[Reference],
        sealed: &[Vec<Json>],
    ) -> Result<Option<Digest>, Fault> {
        let mut hash: Vec<String> = Vec::new();
        let mut texts = vec![text_of(raw)];
        for reference in references.iter().filter(|it| it.kind == "ConfigMap") {
            let object = self.objects.iter().find(|it| it.kind() == "ConfigMap" && it.name() == reference.name);
            texts.extend(object.map(text_of));
        }
        for text in &texts {
            hash.extend(self.variables.sealed_in(text).into_iter().map(str::to_owned));
        }
        let whole = layers.iter().any(|it| matches!(it.text, LayerText::Sealed(_)));
        for layer in layers {
            match &layer.text {
                LayerText::Sealed(entry) => {
                    hash.push(format!("{}={}", layer.target.as_deref().unwrap_or(""), entry.raw))
                }
                LayerText::Clear(text) if whole => {
                    hash.push(shape(&yaml::read_typed(text.as_bytes()).unwrap_or(Value::Nil)))
                }
                LayerText::Clear(_) => {}
            }
        }
        if hash.is_empty() && sealed.is_empty() {
            return Ok(None);
        }
        if whole {
            hash.push(shape(&Value::Map(values_of(release))));
        }
        hash.push(namespace.to_owned());
        hash.extend(sealed.iter().map(|it| Json::from(it.clone()).to_string()));
        let mut sum = Sha256::new();
        for text in hash {
            sum.update(Sha256::digest(text.as_bytes()));
        }
        Ok(Some(Digest::from_bytes(sum.finalize().into())))
    }
}

fn values_of(release: &Object) -> Map {
    match release.get(&["spec", "values"]) {
        Some(Value::Map(map)) => map,
        _ => Map::any(),
    }
}

fn text_of(object: &Object) -> String {
    yaml::write_exactly(&Value::Map(object.value.clone())).map(|it| it.to_text().into_owned()).unwrap_or_default()
}

/// A name as Flux shortens it for Helm. Mirrors `release.ShortenName` of helm-controller.
fn shortened(name: &str) -> String {
    if name.len() <= LONGEST {
        return name.to_owned();
    }
    let hash = hex::encode(Sha256::digest(name.as_bytes()));
    format!("{}-{}", name.get(..40).unwrap_or(name), hash.get(..12).unwrap_or_default())
}

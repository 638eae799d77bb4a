//! Reads a spec's text.

use std::borrow::Cow;

use super::allow::allow;
use super::fields::{Fields, Reader, document};
use super::inputs::{Inputs, certificates, inputs};
use super::keys::{PART, PART_KINDS, PartKind, SPEC};
use super::network::network;
use super::released::{self, TOOLS};
use super::{Chart, Content, ContentKind, Part, Source, SourceFault, Spec, Values, sops_rules, verify};
use crate::base::code::Code;
use crate::base::diagnostic::{Diagnostic, Place};
use crate::base::name;
use crate::base::recipient::Recipient;
use crate::gitops::Trees;
use crate::object::image::Reference;
use helm_engine::yaml::node::{Node, NodeKind};

pub(super) fn parse(file: &str, text: &str, trees: &dyn Trees) -> Result<Spec, Vec<Diagnostic>> {
    let mut reader = Reader::new(file, text);
    let Some(document) = document(file, text, "the spec")? else {
        let place = Place { file: file.into(), text: Some(text.into()), span: 0..0 };
        return Err(vec![Diagnostic::new(Code::S003, "the spec is empty").at(place)]);
    };
    let spec = spec(&mut reader, document.root(), trees);
    reader.finish(spec)
}

fn spec(reader: &mut Reader, root: Node<'_>, trees: &dyn Trees) -> Option<Spec> {
    let fields = reader.fields(root, "the spec", &SPEC.names())?;
    let bundle = reader.need(&fields, "the spec", "bundle").and_then(|it| label(reader, it, "`bundle`"));
    let talos = reader.need(&fields, "the spec", "talos").and_then(|it| version(reader, it, "`talos`"));
    let helm = fields.get("helm").map(|it| version(reader, it, "`helm`"));
    let kubernetes = fields.get("kubernetes").map(|it| version(reader, it, "`kubernetes`"));
    let mut api_versions = Vec::new();
    if let Some(node) = fields.get("apiVersions") {
        for item in reader.items(node, "`apiVersions`") {
            api_versions.extend(reader.word(item, "an API version").map(Cow::into_owned));
        }
    }
    let (recipients, recipients_from) = recipients(reader, &fields);
    let network = network(reader, &fields);
    let certificates = certificates(reader, &fields);
    let allow = allow(reader, &fields);
    let verify_images = verify::rules(reader, &fields);
    let pin_images = fields.get("pinImages").is_some_and(|it| pin_images(reader, it));
    let mut parts: Vec<Part> = Vec::new();
    let list = reader.need(&fields, "the spec", "parts");
    for item in list.map(|it| reader.items(it, "`parts`")).unwrap_or_default() {
        if let Some(part) = part(reader, item, trees) {
            if parts.iter().any(|it| it.name == part.name) {
                reader.fault(
                    Code::S007,
                    item,
                    format!("two parts have the name `{}`", part.name),
                    "rename one of them",
                );
            }
            parts.push(part);
        }
    }
    Some(Spec {
        bundle: bundle?,
        talos: talos?,
        helm: helm.map_or(Some(None), |it| it.map(Some))?,
        kubernetes: kubernetes.map_or(Some(None), |it| it.map(Some))?,
        api_versions,
        recipients,
        recipients_from,
        network,
        certificates,
        allow,
        pin_images,
        verify_images,
        parts,
    })
}

fn pin_images(reader: &mut Reader, node: Node<'_>) -> bool {
    match reader.word(node, "`pinImages`").as_deref() {
        Some("true") => return true,
        Some("false") | None => {}
        Some(word) => {
            let message = format!("`pinImages` cannot be `{word}`");
            reader.fault(Code::S005, node, message, "write `true` to have a digest behind each tag");
        }
    }
    false
}

/// A list of keys, or the path of the `.sops.yaml` that names them.
fn recipients(reader: &mut Reader, fields: &Fields<'_>) -> (Vec<Recipient>, Option<(String, Place)>) {
    let Some(node) = fields.get("recipients") else { return (Vec::new(), None) };
    let path = node.text().map(|it| it.to_text()).filter(|it| it.ends_with(sops_rules::FILE));
    if let Some(path) = path {
        return (Vec::new(), Some((path.into_owned(), reader.place(node))));
    }
    let mut recipients = Vec::new();
    for item in reader.items(node, "`recipients`") {
        let Some(word) = reader.word(item, "a recipient") else { continue };
        match word.parse() {
            Ok(recipient) => recipients.push(recipient),
            Err(fault) => {
                let help = "`age-keygen` makes such a key; write whose it is behind it";
                reader.fault(Code::S006, item, format!("{fault}"), help);
            }
        }
    }
    (recipients, None)
}

fn part(reader: &mut Reader, node: Node<'_>, trees: &dyn Trees) -> Option<Part> {
    let has = |name: &str| node.resolved().entries().any(|(key, _)| key.text().is_some_and(|it| it.to_text() == name));
    let tool = TOOLS.iter().copied().find(|(key, _)| has(key));
    let kinds: Vec<&PartKind> = PART_KINDS.iter().filter(|it| has(it.source)).collect();
    let (what, known) = match *kinds {
        [kind] => (kind.what, kind.names()),
        _ => ("a part", PART.names()),
    };
    let fields = reader.fields(node, what, &known)?;
    match *kinds {
        [_] => {}
        [] => {
            if !PART_KINDS.iter().any(|it| fields.is_meant(it.source)) {
                reader.fault(
                    Code::S003,
                    node,
                    "a part needs `chart` or `manifest`",
                    "or `flux`, for the release of one",
                );
            }
            return None;
        }
        [first, second, ..] => {
            let at = fields.get(second.source)?;
            let message = match (first.source, second.source) {
                ("chart", "manifest") => "a part is a chart or a manifest, not both".into(),
                (first, second) => format!("a part has `{first}` or `{second}`, not both"),
            };
            reader.fault(Code::S008, at, message, "make two parts of it");
            return None;
        }
    }
    let name = reader.need(&fields, what, "name").and_then(|it| label(reader, it, "`name`"));
    let images = images(reader, &fields);
    let place = reader.place(node);
    if let Some(manifest) = fields.get("manifest") {
        let path = reader.word(manifest, "`manifest`")?.into_owned();
        let source = source(reader, manifest, &path, ContentKind::Manifest);
        let sha256 = match fields.get("sha256") {
            Some(it) => Some(sha256(reader, it, source.as_ref())?),
            None => None,
        };
        let content = Content::Manifest { path, source: source?, sha256, place: reader.place(manifest) };
        return Some(Part { name: name?, content, images, place });
    }
    let values = values(reader, &fields);
    let inputs = inputs(reader, &fields);
    if let Some(tool) = tool {
        let mut chart = released::chart(reader, &fields, tool, trees)?;
        chart.values.extend(values);
        let skips = chart.inputs.skip_schema_validation || inputs.skip_schema_validation;
        chart.inputs = Inputs { skip_schema_validation: skips, ..inputs };
        return Some(Part { name: name?, content: Content::Chart(chart), images, place });
    }
    let chart = fields.get("chart")?;
    let path = reader.word(chart, "`chart`")?.into_owned();
    let source = source(reader, chart, &path, ContentKind::Chart);
    let version_place = fields.get("version").map(|it| Box::new(reader.place(it)));
    let version = fields.get("version").and_then(|it| reader.word(it, "`version`")).map(Cow::into_owned);
    let namespace = match fields.get("namespace") {
        Some(it) => label(reader, it, "`namespace`")?,
        None => "default".into(),
    };
    let verify = verify::demand(reader, &fields, source.as_ref()).map(Box::new);
    let (source, place_of_source) = (source?, reader.place(chart));
    let chart = Chart {
        path,
        source,
        place: place_of_source,
        version,
        version_place,
        namespace,
        values,
        inputs,
        verify,
        released: None,
    };
    Some(Part { name: name?, content: Content::Chart(chart), images, place })
}

/// The images that a part names beside those of its objects.
fn images(reader: &mut Reader, fields: &Fields<'_>) -> Vec<(String, Place)> {
    let mut images = Vec::new();
    let Some(node) = fields.get("images") else { return images };
    for item in reader.items(node, "`images`") {
        let Some(word) = reader.word(item, "an entry of `images`").map(Cow::into_owned) else { continue };
        match Reference::parse(&word) {
            Ok(_) => images.push((word, reader.place(item))),
            Err(fault) => {
                let help = "write it as a container would, such as `quay.io/cilium/cilium:v1.19.6`";
                reader.fault(Code::S005, item, format!("an entry of `images`: {fault}"), help);
            }
        }
    }
    images
}

/// The layers of values that a part names.
fn values(reader: &mut Reader, fields: &Fields<'_>) -> Vec<Values> {
    let mut values = Vec::new();
    let Some(node) = fields.get("values") else { return values };
    for item in reader.items(node, "`values`") {
        match item.kind() {
            NodeKind::Mapping => match item.value() {
                Ok(value) => values.push(Values::Inline(value, reader.place(item))),
                Err(fault) => reader.fault(Code::S004, item, fault, ""),
            },
            _ => {
                let path = reader.word(item, "an entry of `values`").map(Cow::into_owned);
                values.extend(path.map(|path| Values::File { path, place: reader.place(item) }));
            }
        }
    }
    values
}

fn source(reader: &mut Reader, node: Node<'_>, text: &str, kind: ContentKind) -> Option<Source> {
    let help = match kind {
        ContentKind::Chart => "a chart is a path, `oci://HOST/NAME`, or `https://REPOSITORY/NAME`",
        ContentKind::Manifest => "a manifest is a path or an `https://` address",
    };
    match Source::parse(text, kind) {
        Ok(source) => return Some(source),
        // The line itself is not shown: it holds a password.
        Err(fault @ SourceFault::Credentials) => {
            let help = "put the credentials where `docker login` or `podman login` puts them";
            reader.hidden_fault(Code::S010, node, format!("{fault}"), help);
        }
        Err(fault) => reader.fault(Code::S009, node, format!("{fault}"), help),
    }
    None
}

fn sha256(reader: &mut Reader, node: Node<'_>, source: Option<&Source>) -> Option<crate::base::digest::Digest> {
    if source.is_some_and(Source::is_local) {
        reader.fault(
            Code::S011,
            node,
            "`sha256` is for a manifest at an address",
            "the lock holds the digest of a file",
        );
        return None;
    }
    let word = reader.word(node, "`sha256`")?;
    let whole = if word.starts_with("sha256:") { word.into_owned() } else { format!("sha256:{word}") };
    match whole.parse() {
        Ok(digest) => Some(digest),
        Err(fault) => {
            reader.fault(Code::S005, node, format!("`sha256`: {fault}"), "`sha256sum` prints it");
            None
        }
    }
}

/// A DNS-1123 label: what Kubernetes takes as a name of nearly everything.
fn label(reader: &mut Reader, node: Node<'_>, what: &'static str) -> Option<String> {
    let word = reader.word(node, what)?;
    let Err(fault) = name::label(what, &word) else { return Some(word.into_owned()) };
    let help = "use lower-case letters, digits and inner hyphens, at most 53 characters";
    reader.fault(Code::S005, node, fault.to_string(), help);
    None
}

fn version<T: std::str::FromStr<Err: std::fmt::Display>>(reader: &mut Reader, node: Node<'_>, what: &str) -> Option<T> {
    let word = reader.word(node, what)?;
    match word.parse() {
        Ok(version) => Some(version),
        Err(fault) => {
            reader.fault(Code::S005, node, format!("{what}: {fault}"), "");
            None
        }
    }
}

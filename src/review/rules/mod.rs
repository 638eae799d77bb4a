//! What is likely wrong with a bundle, though it builds: the rules of Talos and Cilium, typos in values, certificates
//! that run out, sizes. Each rule's code and what it means stand in [`crate::base::code`].

mod admission;
pub mod allowed;
pub mod cilium;
mod config;
mod custom;
mod exposed;
mod kinds;
mod kubernetes;
mod machine;
mod object;
pub mod page;
mod place;
pub mod talos;
mod values;

pub use config::MachineConfig;
pub use place::Written;

use std::collections::BTreeMap;
use std::ops::Range;

use jiff::Timestamp;

use crate::base::code::Code;
use crate::base::diagnostic::{Diagnostic, Place};
use crate::stage::lock::{self, Expiry, Lock};
use crate::stage::pack::Manifest;
use crate::stage::spec::Spec;
use helm_engine::helm::Chart;
use helm_engine::value::Map;
use helm_engine::yaml::node::{self, Node};

/// What is checked.
pub struct Subject<'a> {
    pub spec: &'a Spec,
    /// The name and text of the spec's file, for places.
    pub file: &'a str,
    pub text: &'a str,
    pub charts: Vec<ChartSubject<'a>>,
    /// What a build gives; `None` where the lock does not allow one.
    pub output: Option<Output<'a>>,
    /// The manifests that the user wrote, as files.
    pub written: Vec<Written>,
    /// The machine config of a control plane that gets the bundle, where one is named.
    pub machine_config: Option<MachineConfig>,
    /// The lock, and the time that its certificates are held against.
    pub lock: Option<(&'a Lock, Timestamp)>,
}

/// What a build gives.
pub struct Output<'a> {
    pub manifests: &'a [Manifest],
    /// The namespace each chart is put into, by part.
    pub namespaces: BTreeMap<String, String>,
    /// The size of the control-plane patch in bytes.
    pub patch: u64,
}

/// A chart and what the user sets in it.
pub struct ChartSubject<'a> {
    pub part: &'a str,
    pub chart: &'a Chart,
    pub version: &'a str,
    /// Where the part's chart stands in the spec.
    pub place: Place,
    /// The user's values, merged.
    pub given: &'a Map,
    pub layers: Vec<Layer>,
    /// The paths of sealed values, as far as they are keys.
    pub sealed: Vec<Vec<String>>,
}

/// One layer of user values as it was written.
#[derive(Clone, Debug)]
pub struct Layer {
    pub file: String,
    pub text: String,
    /// Where the mapping begins in the text, for values written into the spec; the whole text else.
    pub start: Option<usize>,
}

impl Layer {
    fn place(&self, span: Range<usize>) -> Place {
        Place { file: self.file.as_str().into(), text: Some(self.text.as_str().into()), span }
    }
}

/// Checks everything; errors and warnings together, in the order of the subject.
pub fn check(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let read = subject.output.as_ref().map(|it| object::read(it.manifests)).unwrap_or_default();
    let objects = &read.objects;
    talos::versions(subject, &mut found);
    cilium::sources(subject, &mut found);
    for chart in &subject.charts {
        values::check(chart, &mut found);
        cilium::values(subject, chart, objects, &mut found);
    }
    if subject.machine_config.is_some() {
        machine::check(subject, cilium::settings(subject, objects).as_ref(), &mut found);
    }
    if let Some(output) = &subject.output {
        talos::manifests(subject, output, &read, &mut found);
        kubernetes::objects(subject, objects, &mut found);
        kinds::check(subject, objects, &mut found);
        custom::check(subject, objects, &mut found);
        cilium::objects(subject, objects, &mut found);
        exposed::check(subject, &read.documents, &mut found);
    }
    if let Some((lock, now)) = subject.lock {
        bindings(lock, &mut found);
        let expiring = lock.expiring(now, subject.spec.certificates.warn_days);
        found.extend(expiring.iter().map(Expiry::diagnostic));
    }
    found
}

/// An envelope that names no place may be moved to another without a trace.
fn bindings(lock: &Lock, found: &mut Vec<Diagnostic>) {
    let unbound = lock.unbound();
    if unbound > 0 {
        found.push(Diagnostic::new(Code::P012, lock::unbound_note(unbound)));
    }
}

/// Where a key of the spec stands.
fn spec_place(subject: &Subject<'_>, key: &str) -> Place {
    let document = node::parse(subject.text.as_bytes()).ok().flatten();
    let span = document.and_then(|it| it.root().get(key).map(Node::span));
    Place { file: subject.file.into(), text: Some(subject.text.into()), span: span.unwrap_or(0..0) }
}

/// Major and minor of a version such as `v1.34.1`.
fn minor(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.trim_start_matches('v').split(['.', '-', '+']).map(|it| it.parse().ok());
    Some((numbers.next()??, numbers.next()??))
}

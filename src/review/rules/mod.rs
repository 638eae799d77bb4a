//! What is likely wrong with a bundle, though it builds: the rules of Talos and Cilium, typos in values, certificates
//! that run out, sizes.
//!
//! Codes, each stable for ever:
//! - H001 a value that the chart does not know and no template reads; H002 one that a template may read
//! - T001 Kubernetes is outside what this Talos supports; T002 an object without a namespace; T003 an object twice;
//!   T004 privileged pods in a namespace that refuses them; T005 a patch beyond a limit; T006 an object beyond etcd's;
//!   T007 a document that is no Kubernetes object; T008 an unknown version of Talos; T009 a kind that nothing defines
//! - C001 SYS_MODULE; C002 cgroups; C003 `kubeProxyReplacement`; C004 the way to the API server; C005 host DNS and
//!   masquerading; C006 a pod range that has no effect; C007 no GatewayClass; C008 Gateway API CRDs; C009 pools of load
//!   balancers; C010 a Kubernetes that this Cilium was not tested with; C011 the label of Hubble Relay; C012 the
//!   image in place of the chart; C013 a release that the registry does not have
//! - K001 an API version that is gone; K002 a namespace that nothing makes; K003 a name that no API server takes; K004 a
//!   field of the wrong type; K005 a whole number in powers of ten; K006 a field that Kubernetes does not know;
//!   K007 a kind or version that its API group does not have; K008 a custom resource that does not fit its CRD
//! - N001 a private key in the clear; N002 sealed text outside of a Secret; N003 sealed text in the reference of an image;
//!   N004 a Secret in the clear
//! - P012 envelopes that are bound to no place
//! - X001 a certificate that has run out; X002 one that soon will

pub mod cilium;
mod custom;
mod expiry;
mod exposed;
mod fields;
mod kinds;
mod kubernetes;
mod object;
pub mod talos;
mod values;

use jiff::Timestamp;

use crate::base::diagnostic::{Diagnostic, Place};
use crate::stage::lock::{self, Lock};
use crate::stage::pack::Packed;
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
    pub packed: Option<&'a Packed>,
    pub lock: Option<&'a Lock>,
    pub now: Timestamp,
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

/// Checks everything; errors and warnings together, in the order of the subject.
pub fn check(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    talos::versions(subject, &mut found);
    cilium::sources(subject, &mut found);
    for chart in &subject.charts {
        values::check(chart, &mut found);
        cilium::values(subject, chart, &mut found);
    }
    if let Some(packed) = subject.packed {
        let objects = object::objects(packed.manifests());
        talos::manifests(subject, packed, &objects, &mut found);
        kubernetes::objects(subject, &objects, &mut found);
        kinds::check(&objects, &mut found);
        custom::check(&objects, &mut found);
        cilium::objects(subject, &objects, &mut found);
        exposed::check(subject, packed, &mut found);
    }
    if let Some(lock) = subject.lock {
        bindings(lock, &mut found);
        expiry::check(lock, subject.spec.certificates.warn_days, subject.now, &mut found);
    }
    found
}

/// An envelope that names no place may be moved to another without a trace.
fn bindings(lock: &Lock, found: &mut Vec<Diagnostic>) {
    let unbound = lock.unbound();
    if unbound > 0 {
        found.push(Diagnostic::warning("P012", lock::unbound_note(unbound)));
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

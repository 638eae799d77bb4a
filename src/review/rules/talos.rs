//! The rules of Talos.

use std::collections::BTreeMap;

use super::object::{Object, Read, Whole, defined};
use super::{Output, Subject, minor, place, spec_place};
use crate::base::code::Code;
use crate::base::diagnostic::{Diagnostic, Place};
use crate::deliver::size::{self, human};
use crate::deliver::target::Target;
use crate::object::document::{Head, documents, items};
use crate::object::scope::{ClusterScoped, is_namespaced, is_of_kubernetes};
use crate::review::kubernetes::cursor::Path;
use crate::stage::pack::stem;
use crate::stage::spec::TalosVersion;
use helm_engine::yaml::node::Node;

/// The Kubernetes minors each minor of Talos 1 supports, first and last.
const KUBERNETES: &[(u32, u32, u32)] = &[(10, 28, 33), (11, 29, 34), (12, 30, 35), (13, 31, 36), (14, 33, 37)];

/// The Kubernetes minors a version of Talos supports, first and last; `None` where that is not known.
pub fn kubernetes(talos: TalosVersion) -> Option<(u32, u32)> {
    let known = KUBERNETES.iter().find(|(it, ..)| (1, *it) == (talos.major, talos.minor));
    known.map(|(_, first, last)| (*first, *last))
}

pub(super) fn versions(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let Some((first, last)) = kubernetes(subject.spec.talos) else {
        let message = format!("this ichor knows the rules of Talos 1.10 to 1.14, not those of {}", subject.spec.talos);
        found.push(Diagnostic::new(Code::T008, message).at(spec_place(subject, "talos")));
        return;
    };
    let Some(kubernetes) = &subject.spec.kubernetes else { return };
    if minor(kubernetes.as_str()).is_some_and(|it| it < (1, first) || it > (1, last)) {
        let message = format!(
            "Talos {} supports Kubernetes 1.{first} to 1.{last}, not {}",
            subject.spec.talos,
            kubernetes.as_str()
        );
        found.push(Diagnostic::new(Code::T001, message).at(spec_place(subject, "kubernetes")));
    }
}

pub(super) fn manifests(subject: &Subject<'_>, output: &Output<'_>, read: &Read<'_>, found: &mut Vec<Diagnostic>) {
    let objects = &read.objects;
    identities(objects, found);
    namespaces(output, objects, found);
    sizes(subject, output, objects, found);
    scopes(subject, objects, found);
    definitions(&subject.spec.api_versions, objects, found);
    jobs(subject, objects, found);
    for Whole { manifest, head, lacks, .. } in &read.documents {
        if !lacks.is_empty() {
            let message = format!("{manifest}: a document has no {}", lacks.join(" and no "));
            let help = "Talos drops a whole manifest for one document that is no Kubernetes object";
            found.push(Diagnostic::new(Code::T007, message).help(help));
        } else if head.name.is_empty() {
            let message = format!("{manifest}: a {} has no `metadata.name`", head.kind);
            found.push(Diagnostic::new(Code::T007, message).help("the API server takes no object without a name"));
        }
    }
}

fn identities(objects: &[Object<'_>], found: &mut Vec<Diagnostic>) {
    let mut seen: BTreeMap<(&str, &str, &str, &str), &str> = BTreeMap::new();
    for Object { manifest, head, .. } in objects.iter().filter(|it| !it.head.name.is_empty()) {
        let identity = (head.group(), head.kind.as_str(), head.namespace.as_str(), head.name.as_str());
        if let Some(first) = seen.insert(identity, manifest) {
            let place =
                if first == *manifest { format!("twice in {first}") } else { format!("in {first} and {manifest}") };
            let help = "Talos creates the first and leaves the second out without a word";
            found.push(Diagnostic::new(Code::T003, format!("{head} stands {place}")).help(help));
        }
    }
}

fn namespaces(output: &Output<'_>, objects: &[Object<'_>], found: &mut Vec<Diagnostic>) {
    let scoped = cluster_scoped(objects);
    let lost = |it: &&Object<'_>| it.head.namespace.is_empty() && is_namespaced(&it.head) && !scoped.contains(&it.head);
    for Object { manifest, head, .. } in objects.iter().filter(lost) {
        let wanted = output.namespaces.get(stem(manifest)).filter(|it| *it != "default");
        let Some(wanted) = wanted else { continue };
        let message =
            format!("{manifest}: {head} names no namespace: Talos puts it into `default`, Helm into `{wanted}`");
        found
            .push(Diagnostic::new(Code::T002, message).help("have the chart name it, or add the object as a manifest"));
    }
}

/// Objects that a user wrote with a namespace though their kind has none. What is packed has it no more.
fn scopes(subject: &Subject<'_>, objects: &[Object<'_>], found: &mut Vec<Diagnostic>) {
    let scoped = cluster_scoped(objects);
    for written in &subject.written {
        for document in documents(&written.text) {
            let Some(tree) = document.tree() else { continue };
            let root = tree.root();
            let inner = items(root).map(|it| it.items().map(Node::resolved).collect::<Vec<_>>());
            for node in inner.unwrap_or_else(|| vec![root]) {
                let head = Head::of(node);
                let named = node.get("metadata").map(Node::resolved).and_then(|it| it.get("namespace"));
                let Some(named) = named.filter(|_| !head.namespace.is_empty() && scoped.contains(&head)) else {
                    continue;
                };
                let span = named.span();
                let span = document.start + span.start..document.start + span.end;
                let text = Some(written.text.as_str().into());
                let message = format!("a {} has no namespace, and {} names one", head.kind, head.name);
                let help = "take `metadata.namespace` out: ichor leaves it out of the bundle, since Talos 1.13.0 to 1.13.3 stops there";
                let place = Place { file: written.file.as_str().into(), text, span };
                found.push(Diagnostic::new(Code::T020, message).at(place).help(help));
            }
        }
    }
}

/// The kinds that have no namespace, those that CRDs among these make too.
fn cluster_scoped(objects: &[Object<'_>]) -> ClusterScoped {
    let text = |it: &Object<'_>, key: &str| it.json["spec"][key].as_str().unwrap_or_default().to_owned();
    let wide = objects.iter().filter(|it| it.head.kind == "CustomResourceDefinition" && text(it, "scope") == "Cluster");
    let kind = |it: &Object<'_>| it.json["spec"]["names"]["kind"].as_str().unwrap_or_default().to_owned();
    ClusterScoped::of(wide.map(|it| (text(it, "group"), kind(it))))
}

/// Jobs run once, and their templates cannot be changed: `talosctl upgrade-k8s` stops at one that is (talos#11603).
fn jobs(subject: &Subject<'_>, objects: &[Object<'_>], found: &mut Vec<Diagnostic>) {
    // A Job that takes itself away in time is made anew, and so is one whose name ends in a hash of what it does.
    let is_hash = |it: &str| it.len() >= 8 && it.bytes().all(|byte| byte.is_ascii_hexdigit());
    let stays = |it: &&Object<'_>| {
        (it.head.group(), it.head.kind.as_str()) == ("batch", "Job")
            && it.json["spec"]["ttlSecondsAfterFinished"].is_null()
            && !it.head.name.rsplit('-').next().is_some_and(is_hash)
    };
    for object in objects.iter().filter(stays) {
        let message =
            format!("{}: {} stands among the manifests, and a Job cannot be changed", object.manifest, object.head);
        let help = "once its template differs, `talosctl upgrade-k8s` stops there: set `ttlSecondsAfterFinished`, or delete the Job before";
        let diagnostic = Diagnostic::new(Code::T011, message).help(help);
        found.push(match place::of(subject, object, &Path::default()) {
            Some(place) => diagnostic.at(place),
            None => diagnostic,
        });
    }
}

/// Objects of kinds that neither Kubernetes serves, nor Cilium or Talos define themselves, nor a CRD among them defines.
fn definitions(listed: &[String], objects: &[Object<'_>], found: &mut Vec<Diagnostic>) {
    let known = defined(objects);
    let mut unknown: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
    for Object { manifest, head, .. } in objects {
        let group = head.group();
        let defined = known.contains(&(group.to_owned(), head.kind.clone()));
        // What the spec lists, the cluster is said to have.
        let listed = listed.iter().any(|it| {
            it == &head.api_version || it.strip_prefix(head.api_version.as_str()).is_some_and(|it| it.starts_with('/'))
        });
        if !defined && !listed && !is_of_kubernetes(group) && !["cilium.io", "talos.dev"].contains(&group) {
            unknown.entry((group, &head.kind)).or_default().push(format!("{manifest}: {head}"));
        }
    }
    for ((group, kind), objects) in unknown {
        let rest = match objects.len() {
            1 => String::new(),
            more => format!(" and {} more", more - 1),
        };
        let message = format!("{}{rest}: no part brings the CRD of {kind} ({group})", objects[0]);
        let help = "Talos tries again until something else brings it; add the CRD as a part, or move this to GitOps";
        found.push(Diagnostic::new(Code::T009, message).help(help));
    }
}

fn sizes(subject: &Subject<'_>, output: &Output<'_>, objects: &[Object<'_>], found: &mut Vec<Diagnostic>) {
    let patch = output.patch;
    if let Some(limit) = size::limits(Target::Talos).iter().rfind(|it| it.bytes > 1 << 20 && patch > it.bytes) {
        let message = format!(
            "the control-plane patch takes {}, more than {} ({})",
            human(patch),
            human(limit.bytes),
            limit.what
        );
        let diagnostic = Diagnostic::new(if limit.hard { Code::T005 } else { Code::T010 }, message);
        let help = "`open --strip` leaves comments out, `--split 4MiB` cuts the patch; move what can wait to GitOps";
        found.push(diagnostic.at(spec_place(subject, "parts")).help(help));
    }
    for limit in size::limits(Target::Kubectl) {
        for object in objects.iter().filter(|it| it.size as u64 > limit.bytes) {
            let size = human(object.size as u64);
            let message = format!(
                "{}: {} takes {size}, more than {} ({})",
                object.manifest,
                object.head,
                human(limit.bytes),
                limit.what
            );
            found.push(Diagnostic::new(Code::T006, message));
        }
    }
}

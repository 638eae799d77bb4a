//! What an API server refuses, or does otherwise than the author meant, whatever the chart.

use std::collections::BTreeSet;

use super::object::{Object, word};
use super::{Subject, admission, minor, place, talos};
use crate::base::code::Code;
use crate::base::diagnostic::Diagnostic;
use crate::deliver::flux::at as at_path;
use crate::review::kubernetes::fault::{Fault, Faults, short};
use crate::review::kubernetes::schema::{self, Release, Served};
use crate::review::kubernetes::text::{is_data_key, is_label, is_old_label, is_qualified, is_subdomain, is_tag};
use crate::review::kubernetes::{fields, refused};
use helm_engine::value::Value;

/// API versions that Kubernetes no longer serves: the kinds (none: all), the first minor without it, and what to write. From the
/// deprecation guide of Kubernetes.
const GONE: &[(&str, &[&str], u32, &str)] = &[
    ("extensions/v1beta1", &[], 22, "networking.k8s.io/v1 for Ingress and NetworkPolicy, apps/v1 for workloads"),
    ("apps/v1beta1", &[], 16, "apps/v1"),
    ("apps/v1beta2", &[], 16, "apps/v1"),
    ("policy/v1beta1", &["PodSecurityPolicy"], 25, "the labels of Pod Security admission"),
    ("policy/v1beta1", &[], 25, "policy/v1"),
    ("networking.k8s.io/v1beta1", &["Ingress", "IngressClass"], 22, "networking.k8s.io/v1"),
    ("batch/v1beta1", &[], 25, "batch/v1"),
    ("batch/v2alpha1", &[], 21, "batch/v1"),
    ("rbac.authorization.k8s.io/v1beta1", &[], 22, "rbac.authorization.k8s.io/v1"),
    ("rbac.authorization.k8s.io/v1alpha1", &[], 22, "rbac.authorization.k8s.io/v1"),
    ("apiextensions.k8s.io/v1beta1", &[], 22, "apiextensions.k8s.io/v1"),
    ("apiregistration.k8s.io/v1beta1", &[], 22, "apiregistration.k8s.io/v1"),
    (
        "admissionregistration.k8s.io/v1beta1",
        &["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"],
        22,
        "admissionregistration.k8s.io/v1",
    ),
    ("autoscaling/v2beta1", &[], 25, "autoscaling/v2"),
    ("autoscaling/v2beta2", &[], 26, "autoscaling/v2"),
    ("storage.k8s.io/v1beta1", &["CSIDriver", "CSINode", "StorageClass", "VolumeAttachment"], 22, "storage.k8s.io/v1"),
    ("storage.k8s.io/v1beta1", &["CSIStorageCapacity"], 27, "storage.k8s.io/v1"),
    ("scheduling.k8s.io/v1beta1", &["PriorityClass"], 22, "scheduling.k8s.io/v1"),
    ("scheduling.k8s.io/v1alpha1", &["PriorityClass"], 17, "scheduling.k8s.io/v1"),
    ("coordination.k8s.io/v1beta1", &["Lease"], 22, "coordination.k8s.io/v1"),
    ("discovery.k8s.io/v1beta1", &[], 25, "discovery.k8s.io/v1"),
    ("events.k8s.io/v1beta1", &[], 25, "events.k8s.io/v1"),
    ("node.k8s.io/v1beta1", &[], 25, "node.k8s.io/v1"),
    ("certificates.k8s.io/v1beta1", &["CertificateSigningRequest"], 22, "certificates.k8s.io/v1"),
    ("flowcontrol.apiserver.k8s.io/v1beta1", &[], 26, "flowcontrol.apiserver.k8s.io/v1"),
    ("flowcontrol.apiserver.k8s.io/v1beta2", &[], 29, "flowcontrol.apiserver.k8s.io/v1"),
    ("flowcontrol.apiserver.k8s.io/v1beta3", &[], 32, "flowcontrol.apiserver.k8s.io/v1"),
];

/// The namespaces that every cluster has.
const NAMESPACES: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];

pub(super) fn objects(subject: &Subject<'_>, objects: &[Object<'_>], found: &mut Vec<Diagnostic>) {
    let made: BTreeSet<&str> = objects
        .iter()
        .filter(|object| object.head.kind == "Namespace")
        .map(|object| object.head.name.as_str())
        .chain(NAMESPACES)
        .collect();
    let release = release(subject);
    admission::check(subject, objects, release, found);
    // From 1.13 on Talos has the API server apply what it brings, which then takes no field that it does not know.
    let applied = (subject.spec.talos.major, subject.spec.talos.minor) >= (1, 13);
    for object in objects {
        let told = found.len();
        served(object, release, found);
        let is_served = found.len() == told;
        namespace(object, &made, found);
        name(object, found);
        keys(object, found);
        numbers(object, found);
        place::fill(subject, object, found.get_mut(told..).unwrap_or_default());
        if is_served {
            let mut faults = Faults::default();
            fields::walk(&object.cursor(), release, applied, &mut faults);
            refused::check(&object.cursor(), &mut faults);
            found.extend(faults.0.into_iter().map(|it| diagnostic(subject, object, it)));
        }
    }
}

fn diagnostic(subject: &Subject<'_>, object: &Object<'_>, fault: Fault) -> Diagnostic {
    let message = format!("{}: {}: {}", object.manifest, object.head, fault.message());
    let diagnostic = Diagnostic::new(fault.code, message).help(fault.help);
    match place::of(subject, object, &fault.path) {
        Some(place) => diagnostic.at(place),
        None => diagnostic,
    }
}

/// The Kubernetes that the objects go to: the spec's, else all of its Talos.
fn release(subject: &Subject<'_>) -> Release {
    let named = subject.spec.kubernetes.as_ref().and_then(|version| minor(version.as_str()));
    let (oldest, newest) = match named {
        Some((_, minor)) => (minor, minor),
        None => talos::kubernetes(subject.spec.talos).unwrap_or((28, u32::MAX)),
    };
    Release { oldest, newest }
}

fn served(object: &Object<'_>, release: Release, found: &mut Vec<Diagnostic>) {
    let head = &object.head;
    let gone = GONE.iter().find(|(version, kinds, since, _)| {
        *version == head.api_version
            && (kinds.is_empty() || kinds.contains(&head.kind.as_str()))
            && release.oldest >= *since
    });
    let at = format!("{}: {head} is of {}, which Kubernetes serves", object.manifest, head.api_version);
    let (message, help) = match (gone, schema::served(&head.api_version, &head.kind, release)) {
        (Some((_, _, since, instead)), _) => {
            (format!("{at} no more since 1.{since}"), format!("write {instead}, or take a newer chart"))
        }
        (None, Served::Gone(since)) => (format!("{at} no more since 1.{since}"), "take a newer chart".into()),
        (None, Served::Later(since)) => {
            let help =
                format!("the newest Kubernetes of this spec is 1.{}: take an older version of the API", release.newest);
            (format!("{at} from 1.{since} on"), help)
        }
        (None, Served::Yes) => return,
    };
    found.push(Diagnostic::new(Code::K001, message).help(help));
}

fn namespace(object: &Object<'_>, made: &BTreeSet<&str>, found: &mut Vec<Diagnostic>) {
    let wanted = object.head.namespace.as_str();
    if wanted.is_empty() || made.contains(wanted) {
        return;
    }
    let message = format!("{}: {} is in the namespace `{wanted}`, which no part makes", object.manifest, object.head);
    let help = "the API server refuses it until something else makes the namespace: add a Namespace as a part";
    found.push(Diagnostic::new(Code::K002, message).help(help));
}

/// Names as the API server takes them for each kind.
fn name(object: &Object<'_>, found: &mut Vec<Diagnostic>) {
    let Some(Value::Map(metadata)) = object.content.get("metadata") else { return };
    let given = word(metadata.get("name")).unwrap_or_default();
    let at = format!("{}: {}", object.manifest, object.head);
    if given.is_empty() {
        // That neither is there is said of what is no object.
        if metadata.contains("generateName") {
            let help = "Talos applies objects by name, and so does every tool that updates them: write `metadata.name`";
            found.push(Diagnostic::new(Code::K003, format!("{at} has a `generateName` and no name")).help(help));
        }
        return;
    }
    if is_sealed(&given) {
        return;
    }
    if object.head.kind == "CustomResourceDefinition" {
        let text = |path: &[&str]| word(at_path(&object.content, path));
        let (plural, group) = (text(&["spec", "names", "plural"]), text(&["spec", "group"]));
        let wanted = plural.zip(group).map_or(given.clone(), |(plural, group)| format!("{plural}.{group}"));
        if given != wanted {
            let message = format!("{at}: the API server takes no such name");
            let help = format!("the name of a CRD is its plural and its group, `{wanted}`");
            found.push(Diagnostic::new(Code::K003, message).help(help));
        }
        return;
    }
    let (fits, rule) = match (object.head.group(), object.head.kind.as_str()) {
        ("", "Namespace") => (is_label(&given), "lower-case letters, digits and `-`, at most 63"),
        ("", "Service") => (is_old_label(&given), "lower-case letters, digits and `-`, at most 63, a letter first"),
        ("rbac.authorization.k8s.io", _) => {
            (![".", ".."].contains(&given.as_str()) && !given.contains(['/', '%']), "anything without `/` and `%`")
        }
        _ => (is_subdomain(&given), "lower-case letters, digits, `-` and `.`, at most 253"),
    };
    if !fits {
        let message = format!("{at}: the API server takes no such name");
        found.push(Diagnostic::new(Code::K003, message).help(format!("a name of this kind is made of {rule}")));
    }
}

/// Labels, keys of annotations and of configs, as the API server takes them.
fn keys(object: &Object<'_>, found: &mut Vec<Diagnostic>) {
    let mut refuse = |what: String, rule: &str| {
        let message = format!("{}: {}: the API server takes no {what}", object.manifest, object.head);
        found.push(Diagnostic::new(Code::K003, message).help(format!("it is made of {rule}")));
    };
    let at = object.cursor();
    let holders =
        [&[][..], &["spec", "template"], &["spec", "jobTemplate"], &["spec", "jobTemplate", "spec", "template"]];
    let has_pods = ["Deployment", "DaemonSet", "StatefulSet", "ReplicaSet", "Job", "CronJob", "PodTemplate"];
    let depth = if has_pods.contains(&object.head.kind.as_str()) { holders.len() } else { 1 };
    for holder in holders.into_iter().take(depth).filter_map(|path| at.at(path)) {
        let Some(metadata) = holder.get("metadata") else { continue };
        for field in ["labels", "annotations"] {
            for (key, value) in metadata.entries(field) {
                if !is_qualified(&if field == "annotations" { key.to_lowercase() } else { key.to_owned() }) {
                    refuse(
                        format!("key `{key}` among {field}"),
                        "letters, digits, `-`, `_` and `.`, at most 63, behind a domain and `/` if you like",
                    );
                }
                let text = value.word();
                if field == "labels" && !text.is_empty() && !value.is_sealed() && !is_tag(text) {
                    refuse(format!("label `{key}: {}`", short(text)), "letters, digits, `-`, `_` and `.`, at most 63");
                }
            }
        }
    }
    if !["ConfigMap", "Secret"].contains(&object.head.kind.as_str()) || object.head.api_version != "v1" {
        return;
    }
    for field in ["data", "binaryData", "stringData"] {
        let Some(Value::Map(map)) = object.content.get(field) else { continue };
        for (key, _) in map.to_vec() {
            let key = key.to_text();
            if !is_data_key(&key) {
                refuse(format!("key `{field}.{key}`"), "letters, digits, `-`, `_` and `.`, at most 253");
            }
        }
    }
}

/// Whole numbers that a template printed as Go prints large floats: `1.048576e+06`.
fn numbers(object: &Object<'_>, found: &mut Vec<Diagnostic>) {
    if object.head.kind != "ConfigMap" {
        return;
    }
    let Some(Value::Map(data)) = object.content.get("data") else { return };
    for (key, value) in data.to_vec() {
        let Some(text) = word(Some(value)) else { continue };
        if is_whole_in_powers_of_ten(&text) {
            let key = key.to_text();
            let message =
                format!("{}: {}: `{key}` is {text}: a number that was read as a float", object.manifest, object.head);
            let help = "most programs that read it want a whole number: write the value in quotes where you set it";
            found.push(Diagnostic::new(Code::K005, message).help(help));
        }
    }
}

fn is_whole_in_powers_of_ten(text: &str) -> bool {
    let Some((digits, exponent)) = text.trim_start_matches('-').split_once("e+") else { return false };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let numeric = |it: &str| it.bytes().all(|byte| byte.is_ascii_digit());
    let Ok(exponent) = exponent.parse::<usize>() else { return false };
    whole.len() == 1 && numeric(whole) && numeric(fraction) && fraction.len() <= exponent
}

/// Whether a text is, or holds, the mark of a sealed value.
pub(super) fn is_sealed(text: &str) -> bool {
    text.contains("<sealed:")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_as_go_prints_floats() {
        for text in ["1.048576e+06", "1e+06", "-2.5e+09"] {
            assert!(is_whole_in_powers_of_ten(text), "{text}");
        }
        for text in ["1.5e+00", "1048576", "0.1", "1e-05", "e+06", "abcde+06", "1.25e+01"] {
            assert!(!is_whole_in_powers_of_ten(text), "{text}");
        }
    }
}

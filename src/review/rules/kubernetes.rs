//! What an API server refuses, or does otherwise than the author meant, whatever the chart.

use std::collections::BTreeSet;

use super::object::{Object, word};
use super::{Subject, fields, minor, talos};
use crate::base::code::Code;
use crate::base::diagnostic::Diagnostic;
use helm_engine::value::{Map, Value};

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
    for object in objects {
        served(subject, object, found);
        namespace(object, &made, found);
        name(object, found);
        types(object, found);
        numbers(object, found);
        fields::check(object, found);
    }
}

/// The minor of Kubernetes that the objects go to: the spec's, else the oldest of its Talos.
fn cluster(subject: &Subject<'_>) -> u32 {
    let named = subject.spec.kubernetes.as_ref().and_then(|version| minor(version.as_str()));
    let oldest = || talos::kubernetes(subject.spec.talos).map(|(first, _)| first);
    named.map(|(_, minor)| minor).or_else(oldest).unwrap_or(28)
}

fn served(subject: &Subject<'_>, object: &Object<'_>, found: &mut Vec<Diagnostic>) {
    let head = &object.head;
    let gone = GONE.iter().find(|(version, kinds, since, _)| {
        *version == head.api_version
            && (kinds.is_empty() || kinds.contains(&head.kind.as_str()))
            && cluster(subject) >= *since
    });
    let Some((version, _, since, instead)) = gone else { return };
    let message =
        format!("{}: {head} is of {version}, which Kubernetes serves no more since 1.{since}", object.manifest);
    let help = format!("write {instead}, or take a newer chart");
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
        if metadata.contains("generateName") {
            let help = "Talos applies objects by name, and so does every tool that updates them: write `metadata.name`";
            found.push(Diagnostic::new(Code::K003, format!("{at} has a `generateName` and no name")).help(help));
        }
        return;
    }
    if is_sealed(&given) {
        return;
    }
    let alphanumeric = |sign: char| sign.is_ascii_lowercase() || sign.is_ascii_digit();
    let label = |text: &str| {
        (1..=63).contains(&text.len())
            && text.starts_with(alphanumeric)
            && text.ends_with(alphanumeric)
            && text.chars().all(|sign| alphanumeric(sign) || sign == '-')
    };
    let (fits, rule) = match (object.head.group(), object.head.kind.as_str()) {
        ("", "Namespace") => (label(&given), "lower-case letters, digits and `-`, at most 63"),
        ("", "Service") => (
            label(&given) && !given.starts_with(|sign: char| sign.is_ascii_digit()),
            "lower-case letters, digits and `-`, at most 63, a letter first",
        ),
        ("rbac.authorization.k8s.io", _) => {
            (![".", ".."].contains(&given.as_str()) && !given.contains(['/', '%']), "anything without `/` and `%`")
        }
        _ => {
            let parts = given.split('.').all(|part| {
                part.starts_with(alphanumeric)
                    && part.ends_with(alphanumeric)
                    && part.chars().all(|sign| alphanumeric(sign) || sign == '-')
            });
            (parts && given.len() <= 253, "lower-case letters, digits, `-` and `.`, at most 253")
        }
    };
    if !fits {
        let message = format!("{at}: the API server takes no such name");
        found.push(Diagnostic::new(Code::K003, message).help(format!("a name of this kind is made of {rule}")));
    }
}

/// Maps of text to text, wherever Kubernetes has them and charts put something else.
fn types(object: &Object<'_>, found: &mut Vec<Diagnostic>) {
    let mut wrong = |path: String, what: &str| {
        let message = format!("{}: {}: `{path}` {what}", object.manifest, object.head);
        found.push(
            Diagnostic::new(Code::K004, message).help("the API server refuses the object: quote it where it is set"),
        );
    };
    metadata(&object.content, "metadata", &mut wrong);
    if let Some((path, inner)) = fields::pod_metadata(object) {
        metadata(&inner, &path, &mut wrong);
    }
    let texts: &[&str] = match (object.head.api_version.as_str(), object.head.kind.as_str()) {
        ("v1", "ConfigMap") => &["data", "binaryData"],
        ("v1", "Secret") => &["data", "stringData"],
        _ => return,
    };
    for field in texts {
        text_map(object.content.get(*field), field, &mut wrong);
    }
    let encoded = if object.head.kind == "Secret" { "data" } else { "binaryData" };
    let Some(Value::Map(data)) = object.content.get(encoded) else { return };
    for (key, value) in data.to_vec() {
        let Some(text) = word(Some(value)).filter(|text| !is_sealed(text)) else { continue };
        if helm_engine::encoding::base64_decode(text.as_bytes()).is_err() {
            // What it holds may be a password that was meant to be sealed.
            wrong(format!("{encoded}.{}", key.to_text()), "is not base 64");
        }
    }
}

fn metadata(object: &Map, path: &str, wrong: &mut impl FnMut(String, &str)) {
    let Some(Value::Map(metadata)) = object.get("metadata") else { return };
    for field in ["labels", "annotations"] {
        text_map(metadata.get(field), &format!("{path}.{field}"), wrong);
    }
}

fn text_map(value: Option<Value>, path: &str, wrong: &mut impl FnMut(String, &str)) {
    match value {
        None | Some(Value::Nil) => {}
        Some(Value::Map(map)) => {
            for (key, value) in map.to_vec() {
                let what = match value {
                    Value::Str(_) | Value::Nil => continue,
                    Value::Bool(_) => "is true or false, not text",
                    Value::Map(_) | Value::List(_) => "is no text",
                    _ => "is a number, not text",
                };
                wrong(format!("{path}.{}", key.to_text()), what);
            }
        }
        Some(_) => wrong(path.into(), "is not a mapping of names to texts"),
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

//! What pods may do on their node.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::{Pair, items, pod, word, words};
use crate::review::compare::model::{Area, Finding, Risk};
use crate::review::kubernetes::security::{self, Level};

pub(super) fn look(pair: &Pair<'_>, found: &mut Vec<Finding>) {
    let (old, new) = (powers(pair.old), powers(pair.new));
    for gained in new.difference(&old) {
        pair.say(found, Risk::Gains, Area::Privilege, gained.has());
    }
    if !pair.is_gone() {
        for lost in old.difference(&new) {
            pair.say(found, Risk::Moves, Area::Privilege, lost.has_no_longer());
        }
    }
    // What a new pod reads and runs as is told where it is new; of one that was there, what is other than before.
    if !pod(pair.old).is_null() && !pod(pair.new).is_null() {
        let account = |it: &Json| match word(&pod(it)["serviceAccountName"]) {
            "" => "default".to_owned(),
            name => name.to_owned(),
        };
        let (old, new) = (account(pair.old), account(pair.new));
        if old != new {
            let text = format!("its pods run as ServiceAccount {new}, not {old}, and may do what that one may");
            pair.say(found, Risk::Gains, Area::Permission, text);
        }
        for secret in secrets(pair.new).difference(&secrets(pair.old)) {
            pair.say(found, Risk::Gains, Area::Permission, format!("its pods read Secret {secret}"));
        }
    }
    // A new container that is not hardened gains nothing; one that was hardened and no longer is does.
    let both: BTreeSet<String> = containers(pair.old).intersection(&containers(pair.new)).cloned().collect();
    if !pod(pair.old).is_null() && !pod(pair.new).is_null() {
        let (old, new) = (hardening(pair.old, &both), hardening(pair.new, &both));
        // Dropping `ALL` drops each capability.
        let covered = |it: &Trait, by: &BTreeSet<Trait>| {
            by.contains(it) || it.what.starts_with(CAPABILITY) && by.contains(&Trait { what: ALL.into(), ..it.clone() })
        };
        for lost in old.iter().filter(|it| !covered(it, &new)) {
            pair.say(found, Risk::Gains, Area::Privilege, lost.has_no_longer());
        }
        for gained in new.iter().filter(|it| !covered(it, &old)) {
            pair.say(found, Risk::Moves, Area::Privilege, gained.has());
        }
    }
    if pair.kind() == "Namespace" && !pair.is_gone() && Level::of(pair.new) < Level::of(pair.old) {
        let new = word(&pair.new["metadata"]["labels"][security::ENFORCE]);
        let level = if new.is_empty() { "all that the cluster admits by itself, not only restricted" } else { new };
        pair.say(found, Risk::Gains, Area::Privilege, format!("admits {level} pods"));
    }
}

/// The Secrets that a pod is given.
fn secrets(resource: &Json) -> BTreeSet<String> {
    let pod = pod(resource);
    let mut names = BTreeSet::new();
    let mut note = |name: &Json| {
        names.extend(name.as_str().map(str::to_owned));
    };
    for volume in items(&pod["volumes"]) {
        note(&volume["secret"]["secretName"]);
        items(&volume["projected"]["sources"]).iter().for_each(|it| note(&it["secret"]["name"]));
    }
    for (_, container) in named(pod) {
        items(&container["envFrom"]).iter().for_each(|it| note(&it["secretRef"]["name"]));
        items(&container["env"]).iter().for_each(|it| note(&it["valueFrom"]["secretKeyRef"]["name"]));
    }
    names
}

const ALL: &str = "all capabilities";
const CAPABILITY: &str = "capability ";

/// `container c` `has` `capability KILL`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Trait {
    who: String,
    verb: &'static str,
    what: String,
}

impl Trait {
    fn has(&self) -> String {
        format!("{} {} {}", self.who, self.verb, self.what).trim_start().to_owned()
    }

    fn has_no_longer(&self) -> String {
        let text = match self.verb {
            "is" | "may" | "can" => format!("{} {} no longer {}", self.who, self.verb, self.what),
            _ => format!("{} no longer {} {}", self.who, self.verb, self.what),
        };
        text.trim_start().to_owned()
    }
}

/// Collects what one pod or container may do.
struct Collector<'a> {
    who: &'a str,
    all: &'a mut BTreeSet<Trait>,
}

impl Collector<'_> {
    fn note(&mut self, verb: &'static str, what: impl Into<String>) {
        self.all.insert(Trait { who: self.who.into(), verb, what: what.into() });
    }
}

fn containers(resource: &Json) -> BTreeSet<String> {
    let pod = pod(resource);
    let all = items(&pod["initContainers"]).iter().chain(items(&pod["containers"]));
    all.map(|it| word(&it["name"]).to_owned()).collect()
}

/// Every container with what it is called.
fn named(pod: &Json) -> impl Iterator<Item = (String, &Json)> {
    let lists =
        [("initContainers", "init container"), ("containers", "container"), ("ephemeralContainers", "container")];
    lists.into_iter().flat_map(move |(list, what)| {
        items(&pod[list]).iter().map(move |it| (format!("{what} {}", word(&it["name"])), it))
    })
}

/// Everything a pod has beyond a plain one.
fn powers(resource: &Json) -> BTreeSet<Trait> {
    let pod = pod(resource);
    let mut all = BTreeSet::new();
    if pod.is_null() {
        return all;
    }
    let mut whole = Collector { who: "", all: &mut all };
    for (field, verb, what) in [
        ("hostNetwork", "uses", "the node's network (hostNetwork)"),
        ("hostPID", "sees", "the node's processes (hostPID)"),
        ("hostIPC", "shares", "the node's IPC (hostIPC)"),
    ] {
        if pod[field] == true {
            whole.note(verb, what);
        }
    }
    for volume in items(&pod["volumes"]) {
        let path = word(&volume["hostPath"]["path"]);
        if !path.is_empty() {
            whole.note("mounts", format!("the node's {path} (hostPath)"));
        }
    }
    for sysctl in items(&pod["securityContext"]["sysctls"]) {
        whole.note("sets", format!("sysctl {}", word(&sysctl["name"])));
    }
    security(&mut Collector { who: "the pod", all: &mut all }, &pod["securityContext"]);
    for (name, container) in named(pod) {
        self::container(&mut Collector { who: &name, all: &mut all }, container, pod);
    }
    let annotations = [&resource["spec"]["template"]["metadata"]["annotations"], &resource["metadata"]["annotations"]];
    for (key, value) in annotations.iter().filter_map(|it| it.as_object()).flatten() {
        if let Some(container) = key.strip_prefix("container.apparmor.security.beta.kubernetes.io/")
            && value == "unconfined"
        {
            let who = format!("container {container}");
            Collector { who: &who, all: &mut all }.note("runs", "without AppArmor (unconfined)");
        }
    }
    all
}

fn container(collector: &mut Collector<'_>, container: &Json, pod: &Json) {
    let context = &container["securityContext"];
    if context["privileged"] == true {
        collector.note("is", "privileged");
    }
    if word(&context["procMount"]) == "Unmasked" {
        collector.note("sees", "all of /proc (procMount)");
    }
    for capability in words(&context["capabilities"]["add"]) {
        collector.note("has", format!("{CAPABILITY}{capability}"));
    }
    security(collector, context);
    // A pod in the node's network can take every port of the node, named or not.
    for port in items(&container["ports"]).iter().filter(|_| pod["hostNetwork"] != true) {
        if let Some(number) = port["hostPort"].as_i64() {
            collector.note("takes", format!("port {number} of the node (hostPort)"));
        }
    }
    for mount in items(&container["volumeMounts"]) {
        if word(&mount["mountPropagation"]) == "Bidirectional" {
            let path = word(&mount["mountPath"]);
            collector.note("makes", format!("its mounts below {path} visible on the node (Bidirectional)"));
        }
        let host = items(&pod["volumes"]).iter().find(|it| it["name"] == mount["name"]);
        let host = host.map(|it| word(&it["hostPath"]["path"])).unwrap_or_default();
        if !host.is_empty() && mount["readOnly"] != true {
            collector.note("can", format!("write to the node's {host}"));
        }
    }
}

fn security(collector: &mut Collector<'_>, context: &Json) {
    if context["runAsUser"] == 0 {
        collector.note("runs", "as root (runAsUser 0)");
    }
    if word(&context["seccompProfile"]["type"]) == "Unconfined" {
        collector.note("runs", "without seccomp (Unconfined)");
    }
    if word(&context["appArmorProfile"]["type"]) == "Unconfined" {
        collector.note("runs", "without AppArmor (Unconfined)");
    }
    let label = word(&context["seLinuxOptions"]["type"]);
    if !label.is_empty() {
        collector.note("runs", format!("as SELinux type {label}"));
    }
}

/// What a pod forbids itself, and what its containers of these names do.
fn hardening(resource: &Json, names: &BTreeSet<String>) -> BTreeSet<Trait> {
    let pod = pod(resource);
    let mut all = BTreeSet::new();
    let mut whole = Collector { who: "the pod", all: &mut all };
    if pod["hostUsers"] == false {
        whole.note("runs", "in a user namespace of its own (hostUsers false)");
    }
    if pod["automountServiceAccountToken"] == false {
        whole.note("does", "without a token of its service account (automountServiceAccountToken false)");
    }
    for (name, container) in named(pod).filter(|(_, it)| names.contains(word(&it["name"]))) {
        let context = &container["securityContext"];
        let either =
            |field: &str| if context[field].is_null() { &pod["securityContext"][field] } else { &context[field] };
        let mut collector = Collector { who: &name, all: &mut all };
        let drops: BTreeSet<&str> = words(&context["capabilities"]["drop"]).collect();
        if drops.contains("ALL") {
            collector.note("drops", ALL);
        }
        for capability in drops.into_iter().filter(|it| *it != "ALL") {
            collector.note("drops", format!("{CAPABILITY}{capability}"));
        }
        if *either("runAsNonRoot") == true || either("runAsUser").as_i64().unwrap_or_default() != 0 {
            collector.note("is", "kept from running as root");
        }
        if context["allowPrivilegeEscalation"] == false {
            collector.note("is", "kept from gaining privileges (allowPrivilegeEscalation false)");
        }
        if context["readOnlyRootFilesystem"] == true {
            collector.note("has", "a read-only root file system");
        }
        for (field, what) in
            [("seccompProfile", "under a seccomp profile"), ("appArmorProfile", "under an AppArmor profile")]
        {
            if matches!(word(&either(field)["type"]), "RuntimeDefault" | "Localhost") {
                collector.note("runs", what);
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::review::compare::around::Around;

    #[test]
    fn names_each_privilege_that_is_gained() {
        let strict = json!({"capabilities": {"drop": ["ALL"]}, "runAsNonRoot": true, "readOnlyRootFilesystem": true});
        let workload = |context: Json, more: Json| {
            let mut pod = json!({"containers": [{"name": "c", "securityContext": context}]});
            let (Json::Object(pod_fields), Json::Object(more)) = (&mut pod, more) else { unreachable!() };
            pod_fields.extend(more);
            json!({"kind": "DaemonSet", "spec": {"template": {"spec": pod}}})
        };
        let said = |old: &Json, new: &Json| -> Vec<String> {
            let mut found = Vec::new();
            look(&Pair::bare("apps/v1 DaemonSet x", old, new, &Around::default()), &mut found);
            found.into_iter().filter(|it| it.risk == Risk::Gains).map(|it| it.text).collect()
        };
        let old = workload(strict.clone(), json!({}));
        let mut more = strict.clone();
        more["capabilities"]["add"] = json!(["SYS_ADMIN"]);
        assert_eq!(said(&old, &workload(more, json!({}))), ["container c has capability SYS_ADMIN"]);
        let mut more = strict.clone();
        more["privileged"] = json!(true);
        assert_eq!(said(&old, &workload(more, json!({}))), ["container c is privileged"]);
        let port = |number: i64| json!({"containers": [{"name": "c", "securityContext": strict, "ports": [{"hostPort": number}]}]});
        assert_eq!(said(&old, &workload(json!({}), port(80))), ["container c takes port 80 of the node (hostPort)"]);
        let mut shared = port(80);
        shared["hostNetwork"] = json!(true);
        let in_it = workload(strict.clone(), json!({"hostNetwork": true}));
        assert!(said(&in_it, &workload(json!({}), shared)).is_empty(), "the node's network has every port of it");
        let host = workload(
            strict,
            json!({"hostNetwork": true, "hostPID": true, "volumes": [{"name": "v", "hostPath": {"path": "/etc"}}]}),
        );
        assert_eq!(
            said(&old, &host),
            [
                "mounts the node's /etc (hostPath)",
                "sees the node's processes (hostPID)",
                "uses the node's network (hostNetwork)",
            ]
        );
    }

    #[test]
    fn names_hardening_that_is_lost_and_that_is_won() {
        let workload = |pod: Json| json!({"kind": "Deployment", "spec": {"template": {"spec": pod}}});
        let plain = workload(json!({"containers": [{"name": "c"}]}));
        let hard = workload(json!({
            "hostUsers": false,
            "automountServiceAccountToken": false,
            "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}, "runAsUser": 7},
            "containers": [{"name": "c", "securityContext": {"capabilities": {"drop": ["ALL"]}, "allowPrivilegeEscalation": false,
                "readOnlyRootFilesystem": true}}],
        }));
        let some = workload(
            json!({"containers": [{"name": "c", "securityContext": {"capabilities": {"drop": ["NET_RAW"]}}}]}),
        );
        let said = |old: &Json, new: &Json| -> Vec<String> {
            let mut found = Vec::new();
            look(&Pair::bare("apps/v1 Deployment x", old, new, &Around::default()), &mut found);
            found.into_iter().map(|it| format!("{:?}: {}", it.risk, it.text)).collect()
        };
        assert_eq!(
            said(&hard, &plain),
            [
                "Gains: container c no longer drops all capabilities",
                "Gains: container c no longer has a read-only root file system",
                "Gains: container c is no longer kept from gaining privileges (allowPrivilegeEscalation false)",
                "Gains: container c is no longer kept from running as root",
                "Gains: container c no longer runs under a seccomp profile",
                "Gains: the pod no longer does without a token of its service account (automountServiceAccountToken false)",
                "Gains: the pod no longer runs in a user namespace of its own (hostUsers false)",
            ]
        );
        assert_eq!(said(&plain, &some), ["Moves: container c drops capability NET_RAW"]);
        assert_eq!(said(&hard, &some)[0], "Gains: container c no longer drops all capabilities");
        assert!(said(&some, &hard).iter().all(|it| it.starts_with("Moves: ")), "{:?}", said(&some, &hard));
        let other = workload(json!({"containers": [{"name": "d"}]}));
        assert_eq!(
            said(&hard, &other)[0],
            "Gains: the pod no longer does without a token of its service account (automountServiceAccountToken false)"
        );
    }

    #[test]
    fn names_another_account_and_each_secret_that_is_read_anew() {
        let workload = |pod: Json| json!({"kind": "Deployment", "spec": {"template": {"spec": pod}}});
        let said = |old: &Json, new: &Json| -> Vec<String> {
            let mut found = Vec::new();
            look(&Pair::bare("apps/v1 Deployment x", old, new, &Around::default()), &mut found);
            found.into_iter().map(|it| format!("{:?}: {}", it.risk, it.text)).collect()
        };
        let old = workload(json!({"containers": [{"name": "c"}]}));
        let new = workload(json!({"serviceAccountName": "root", "containers": [{"name": "c", "env": [{"name": "E",
            "valueFrom": {"secretKeyRef": {"name": "b"}}}]}], "volumes": [{"name": "v", "secret": {"secretName": "a"}}]}));
        assert_eq!(
            said(&old, &new),
            [
                "Gains: its pods run as ServiceAccount root, not default, and may do what that one may",
                "Gains: its pods read Secret a",
                "Gains: its pods read Secret b",
            ]
        );
        assert!(said(&Json::Null, &new).is_empty() && said(&new, &new).is_empty());
    }

    #[test]
    fn names_a_namespace_that_admits_more() {
        let space = |level: &str| match level {
            "" => json!({"kind": "Namespace", "metadata": {"name": "n"}}),
            level => {
                json!({"kind": "Namespace", "metadata": {"labels": {"pod-security.kubernetes.io/enforce": level}}})
            }
        };
        let said = |old: &str, new: &str| -> Vec<String> {
            let mut found = Vec::new();
            let (old, new) = (space(old), space(new));
            look(&Pair::bare("v1 Namespace n", &old, &new, &Around::default()), &mut found);
            found.into_iter().map(|it| it.text).collect()
        };
        assert_eq!(said("restricted", ""), ["admits all that the cluster admits by itself, not only restricted pods"]);
        assert_eq!(said("", "privileged"), ["admits privileged pods"]);
        assert!(said("privileged", "").is_empty() && said("", "baseline").is_empty());
    }
}

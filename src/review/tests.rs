//! Whole comparisons: nothing is missing, what is planted is named, and no format gives a secret away.

use serde_json::Value as Json;

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::base::digest::Digest;
use crate::review::compare::documents::Documents;
use crate::review::compare::hide::Hider;
use crate::review::compare::{self, *};
use crate::review::print::{html, json, markdown, text};

const MOMENT: Timestamp = Timestamp::UNIX_EPOCH;

fn side(name: &str, text: &str) -> Side {
    let found = crate::stage::seal::inventory(text).expect("YAML");
    let part = Part {
        source: "m.yaml".into(),
        version: None,
        digest: Digest::of(text.as_bytes()),
        size: Some(text.len() as u64),
        values: None,
        secret_values: None,
        signed_by: None,
        image_signers: BTreeMap::new(),
        lookup: None,
        output: Digest::of(text.as_bytes()),
        pins: Some(BTreeMap::new()),
        images: found.images,
        resources: found.digests,
        content: Ok(Content { text: text.into(), ..Content::default() }),
        fails: None,
    };
    Side {
        name: name.into(),
        bundle: "b".into(),
        clock: Some(MOMENT),
        helm: None,
        kubernetes: None,
        talos: None,
        recipients: Vec::new(),
        parts: [("p".to_owned(), part)].into(),
        sealed: Vec::new(),
        size: Some(text.len() as u64),
        remarks: Vec::new(),
    }
}

fn compared(old: &str, new: &str) -> Diff {
    diff(&side("old", old), &side("new", new), MOMENT)
}

/// Every finding graver than a move, and that all formats name it.
fn marks(old: &str, new: &str) -> Vec<String> {
    let diff = compared(old, new);
    let found: Vec<&Finding> = diff.findings.iter().filter(|it| it.risk < Risk::Moves).collect();
    let squeeze =
        |text: &str| text.replace(['\\', '"'], "").replace("&gt;", ">").replace("&lt;", "<").replace("&quot;", "");
    for it in &found {
        for (format, page) in [
            ("text", text::print(&diff, false, None)),
            ("markdown", markdown::print(&diff)),
            ("html", html::print(&diff)),
            ("json", json(&diff)),
        ] {
            assert!(squeeze(&page).contains(&squeeze(&it.text)), "{format} does not say `{}`", it.text);
        }
    }
    found.iter().map(|it| format!("{:?} {}", it.risk, it.text)).collect()
}

/// The resources of a side with plain secrets hidden, by name.
fn resources(side: &Side, hider: &mut Hider) -> BTreeMap<String, Json> {
    let documents = Documents::new(&side.parts["p"]);
    let read = |id: &String| {
        let mut resource = documents.read(id).expect("it is read");
        hider.resource(&mut resource);
        (id.clone(), resource)
    };
    side.parts["p"].resources.keys().map(read).collect()
}

/// Takes the old resources to the new ones by nothing but the JSON form.
fn apply(diff: &Json, mut resources: BTreeMap<String, Json>) -> BTreeMap<String, Json> {
    let list = diff["parts"][0]["resources"].as_array().expect("resources");
    let id = |it: &Json, key: &str| it[key].as_str().map(str::to_owned);
    let mut come = BTreeMap::new();
    for it in list {
        let name = id(it, "id").expect("an id");
        match it["status"].as_str().expect("a status") {
            "added" => {
                come.insert(name, it["value"].clone());
            }
            "removed" => {
                resources.remove(&name).expect("it was there");
            }
            _ => {
                let mut resource =
                    resources.remove(&id(it, "oldId").unwrap_or_else(|| name.clone())).expect("it was there");
                let steps: json_patch::Patch = serde_json::from_value(it["patch"].clone()).expect("a patch");
                json_patch::patch(&mut resource, &steps).expect("it applies");
                come.insert(name, resource);
            }
        }
    }
    resources.extend(come);
    resources
}

fn leads_there(old: &str, new: &str) -> usize {
    let (old, new) = (side("old", old), side("new", new));
    let mut hider = Hider::new([&old, &new]);
    let (before, after) = (resources(&old, &mut hider), resources(&new, &mut hider));
    let printed: Json = serde_json::from_str(&json(&diff(&old, &new, MOMENT))).expect("JSON");
    assert_eq!(printed["schema"], SCHEMA);
    assert_eq!(apply(&printed, before), after);
    after.len()
}

#[test]
fn the_json_form_leads_from_the_old_resources_to_the_new() {
    let old = "kind: A\nmetadata: {name: x}\nspec: {l: [1, 2, 3], a/b: {'~': 1}}\n---\nkind: B\nmetadata: {name: gone}\n---\n\
               kind: Secret\napiVersion: v1\nmetadata: {name: s}\nstringData: {p: correct horse}\n---\n\
               kind: ConfigMap\napiVersion: v1\nmetadata: {name: cm-1}\ndata: {a: b, c: d, e: f}\n";
    let new = "kind: A\nmetadata: {name: x}\nspec: {l: [0, 2], a/b: {'~': 2}}\n---\nkind: C\nmetadata: {name: come}\n---\n\
               kind: Secret\napiVersion: v1\nmetadata: {name: s}\nstringData: {p: battery staple}\n---\n\
               kind: ConfigMap\napiVersion: v1\nmetadata: {name: cm-2}\ndata: {a: b, c: d, e: g}\n";
    assert_eq!(leads_there(old, new), 4);
    let diff = compared(old, new);
    let renamed = diff.parts[0].resources.iter().find(|it| it.status == Status::Renamed).expect("a renamed one");
    assert_eq!((renamed.id.as_str(), renamed.old_id.as_deref()), ("v1 ConfigMap cm-2", Some("v1 ConfigMap cm-1")));
}

/// The same over every upgrade of the real charts that lie beside this repository.
#[test]
#[allow(clippy::disallowed_methods)] // A test reads its own data.
fn the_json_form_leads_over_every_upgrade_of_cilium() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let shared = ["../shared", "../../shared"].into_iter().map(|it| root.join(it).join("conformance/golden"));
    let Some(golden) = shared.into_iter().find(|it| it.is_dir()) else {
        return println!("skipped: there is no ../shared");
    };
    let mut compared = 0;
    for (old, new) in [("1.16.5", "1.18.5"), ("1.18.5", "1.19.6"), ("1.19.6", "1.20.0"), ("1.20.0", "1.18.5")] {
        for profile in std::fs::read_dir(golden.join(format!("cilium-{old}"))).expect("renders") {
            let profile = profile.expect("a file").file_name();
            let read = |version| {
                std::fs::read_to_string(golden.join(format!("cilium-{version}")).join(&profile)).expect("a render")
            };
            compared += leads_there(&read(old), &read(new));
        }
    }
    assert!(compared > 1_000, "{compared}");
}

#[test]
fn what_is_planted_is_named_and_marked() {
    let role = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: r}\nrules:\n- {apiGroups: [''], resources: [pods], verbs: [get]}\n";
    assert_eq!(
        marks(role, &format!("{role}- {{apiGroups: [''], resources: [secrets], verbs: [list]}}\n")),
        ["Gains may now list: secrets (reads every Secret it can reach)"]
    );
    let daemon = "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: d, namespace: kube-system}\nspec:\n  selector: {matchLabels: {a: b}}\n  template:\n    metadata: {labels: {a: b}}\n    spec:\n      \
                  containers:\n      - {name: c, image: 'r.io/c:1', securityContext: {capabilities: {drop: [ALL], add: [KILL]}}}\n      volumes:\n      - {name: v, emptyDir: {}}\n";
    let restarts = "Traffic its pods restart on every node, one at a time";
    assert_eq!(
        marks(daemon, &daemon.replace("[KILL]", "[KILL, SYS_MODULE]")),
        ["Gains container c has capability SYS_MODULE", restarts]
    );
    assert_eq!(
        marks(daemon, &daemon.replace("emptyDir: {}", "hostPath: {path: /var/lib}")),
        ["Gains mounts the node's /var/lib (hostPath)", restarts]
    );
    let definition = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: xs.y.z}\nspec:\n  group: y.z\n  names: {plural: xs, kind: X}\n  versions:\n  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}\n";
    assert_eq!(
        marks(&format!("{definition}  - {{name: v1beta1, served: true}}\n"), definition),
        ["Loss version v1beta1 is removed"]
    );
}

/// Two authorities of one name.
fn certificates() -> Vec<String> {
    use rand::SeedableRng as _;
    let mut random = rand::rngs::StdRng::seed_from_u64(7);
    let mut make = || helm_engine::sprig::crypto::gen_ca(b"CA", 365, None, &mut random, 0).expect("a certificate");
    (0..2).map(|_| make().cert.to_text().into_owned()).collect()
}

#[test]
fn a_certificate_that_is_issued_anew_is_named_by_its_fingerprint() {
    let [one, other] = certificates().try_into().expect("two");
    let config = |pem: &str| {
        let lines: String = pem.lines().map(|it| format!("    {it}\n")).collect();
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\ndata:\n  ca.crt: |\n{lines}")
    };
    let marks = marks(&config(&one), &config(&other));
    assert_eq!(marks.len(), 1, "{marks:?}");
    assert!(
        marks[0].starts_with("Traffic v1 ConfigMap c data[\"ca.crt\"]: the authority is another, sha256:"),
        "{marks:?}"
    );
    let diff = compared(&config(&one), &config(&other));
    assert_eq!(diff.parts[0].certificates.len(), 1);
    assert!(!text::print(&diff, false, None).contains("MII"), "{}", text::print(&diff, false, None));
    assert!(!html::print(&diff).contains("MII"));
    assert!(!markdown::print(&diff).contains("MII"));
}

#[test]
fn plain_secrets_are_in_no_format() {
    use base64::Engine as _;
    let encoded = |it: &str| base64::engine::general_purpose::STANDARD.encode(it);
    let secret = |word: &str| {
        format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\ndata: {{a: {}}}\nstringData: {{b: {word}-b}}\n---\n\
             apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\ndata: {{copy: {word}-b, k: \"-----BEGIN PRIVATE KEY-----{word}\"}}\n",
            encoded(&format!("{word}-a"))
        )
    };
    let mut old = side("old", &secret("hunter22"));
    let new = side("new", &secret("swordfish"));
    old.remarks.push("hunter22-b is wrong".into());
    let diff = diff(&old, &new, MOMENT);
    for page in [
        text::print(&diff, true, Some(80)),
        markdown::print(&diff),
        html::print(&diff),
        json(&diff),
        format!("{diff:?}"),
    ] {
        for word in ["hunter22", "swordfish"] {
            for form in [word.to_owned(), encoded(&format!("{word}-a")), hex::encode(word)] {
                assert!(!page.contains(&form), "{form} in {page}");
            }
        }
    }
    assert!(text::print(&diff, false, None).contains("<hidden 1>"), "{}", text::print(&diff, false, None));
}

#[test]
fn sentences_are_broken_where_the_terminal_ends() {
    let role = |resources: &str| {
        format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {{name: r}}\nrules: [{{apiGroups: [''], resources: [{resources}], verbs: [get]}}]\n"
        )
    };
    let diff = compared(&role("a"), &role("bbbbbbbbbbbbbbbb, cccccccccccccccc, dddddddddddddddd, eeeeeeeeeeeeeeee"));
    let wide = text::print(&diff, false, None);
    let whole = "  permission  ClusterRole r: may now get: bbbbbbbbbbbbbbbb, cccccccccccccccc, dddddddddddddddd, eeeeeeeeeeeeeeee\n";
    assert!(wide.contains(whole), "{wide}");
    let narrow = text::print(&diff, false, Some(60));
    assert!(narrow.contains("  permission  ClusterRole r: may now get: bbbbbbbbbbbbbbbb,\n              cccccccccccccccc, dddddddddddddddd,\n              eeeeeeeeeeeeeeee\n"), "{narrow}");
    assert_eq!(
        narrow.replace("\n              ", " ").replace("\n      reasons", " reasons"),
        wide,
        "nothing else differs"
    );
}

#[test]
fn hostile_text_stays_text() {
    let hostile = "<script>window.harmed=1</script><img src=x onerror=harmed> ]]> </style> --> ``` @all \u{202e}desrever\u{202c} \u{1b}[31m";
    let config = |word: &str| {
        let value = serde_json::Value::from(format!("{hostile} {word}"));
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: \"a{}\"}}\ndata: {{x: {value}, \"<b>\": {value}}}\n",
            "<b>"
        )
    };
    let diff = compared(&config("1"), &config("2"));
    assert!(!diff.identical);
    let page = html::print(&diff);
    assert_eq!(page.matches("<script>").count(), 1);
    assert!(!page.contains("<img") && page.matches("</style>").count() == 1);
    for page in [page, markdown::print(&diff), text::print(&diff, true, Some(80))] {
        assert!(!page.contains('\u{202e}') && !page.contains("\u{1b}[31m<") && page.contains("\\u{202e}"), "{page}");
    }
    let comment = markdown::print(&diff);
    assert!(comment.contains("````diff") || !comment.contains("```\n<"), "{comment}");
}

#[test]
fn what_is_gone_is_told_with_what_becomes_of_it() {
    let config = |name: &str| format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n---\n");
    let (old, mut new) = (side("old", &(config("a") + &config("b") + &config("c"))), side("new", &config("c")));
    for (talos, remark) in [
        (None, None),
        (
            Some("1.12"),
            Some(
                "Talos 1.12 leaves what is gone from the bundle (2 resources) in the cluster: delete by hand what should go",
            ),
        ),
        (
            Some("1.13"),
            Some(
                "`talosctl upgrade-k8s` deletes what is gone from the bundle (2 resources); until then it stays in the cluster",
            ),
        ),
    ] {
        new.talos = talos.map(str::to_owned);
        let diff = diff(&old, &new, MOMENT);
        assert_eq!(diff.remarks.first().map(String::as_str), remark);
        assert_eq!(diff.findings[0].text, "2 resources of kind ConfigMap are gone: a, b");
        assert!(diff.risk.to_string().contains("removes: ConfigMap a, ConfigMap b"), "{}", diff.risk);
    }
    new.talos = Some("1.12".into());
    assert!(diff(&new, &old, MOMENT).remarks.is_empty(), "nothing is gone");
}

#[test]
fn a_comment_keeps_under_its_limit() {
    let many = |word: &str| -> String {
        (0..3_000)
            .map(|it| format!("---\napiVersion: v1\nkind: Service\nmetadata: {{name: s{it}, namespace: ns}}\nspec: {{ports: [{{port: 80}}], selector: {{app: {word}{it}}}}}\n"))
            .collect()
    };
    let diff = compared(&many("a"), &many("b"));
    let comment = markdown::print(&diff);
    assert!(comment.chars().count() < markdown::MAX, "{}", comment.chars().count());
    assert!(comment.contains("can cut traffic"));
    assert_eq!(comment.matches("<details>").count(), comment.matches("</details>").count());
    assert_eq!(diff.findings.len(), 3_000);
}

#[test]
fn locks_alone_tell_what_they_can() {
    let text =
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: 'r.io/c:1@sha256:a'}]}\n";
    let mut old = side("old", text);
    let mut new = side("new", &text.replace("c:1@sha256:a", "c:1"));
    for side in [&mut old, &mut new] {
        side.size = None;
        side.parts.get_mut("p").expect("a part").content = Err("the charts are not here".into());
    }
    let diff = compare::diff(&old, &new, MOMENT);
    assert_eq!(diff.parts[0].resources.len(), 1);
    assert_eq!(diff.parts[0].resources[0].status, Status::Changed);
    assert_eq!(diff.parts[0].images[0].what, "no digest any more");
    assert!(diff.remarks[0].contains("compared by the locks alone"), "{:?}", diff.remarks);
    assert_eq!(diff.risk.to_string(), "grants more: 1 image · restarts: Pod p");
    assert!(!text::print(&diff, false, None).contains("what is told above"));
    for side in [&mut old, &mut new] {
        let part = side.parts.get_mut("p").expect("a part");
        let digest = part.resources["v1 Pod p"];
        part.images.clear();
        part.resources = [("v1 ServiceAccount s".to_owned(), digest)].into();
    }
    assert_eq!(compare::diff(&old, &new, MOMENT).risk.to_string(), "1 resource differs in a way that is not known");
    assert!(compare::diff(&old, &old.clone(), MOMENT).identical);
}

//! What is sealed, handed over to Flux as Secrets under SOPS.

use std::collections::BTreeMap;
use std::fs;

use crate::support::peer::{Peer, needs};
use crate::support::program::filter;
use crate::support::workspace::Workspace;

type Json = serde_json::Value;

fn read(text: &[u8]) -> Json {
    ichor::object::document::json(&String::from_utf8_lossy(text)).expect("YAML")
}

fn name(object: &Json) -> String {
    object["metadata"]["name"].as_str().expect("a name").to_owned()
}

/// The Secrets that a cluster gets, by name.
fn secrets(workspace: &Workspace) -> BTreeMap<String, Json> {
    workspace.done(&["build"]);
    let stream = workspace.done(&["open", "-i", "key.txt", "--for", "kubectl"]);
    let objects = stream.split("\n---\n").map(|it| read(it.as_bytes()));
    objects.filter(|it| it["kind"] == "Secret").map(|it| (name(&it), it)).collect()
}

/// What Flux makes of the encrypted files of a part: each an object of its own, with nothing but its values sealed.
fn decrypted(workspace: &Workspace, folder: &str) -> BTreeMap<String, Json> {
    let mut found = BTreeMap::new();
    let kustomization = read(workspace.read(&format!("{folder}/kustomization.yaml")).as_bytes());
    for entry in fs::read_dir(workspace.at(folder)).expect("a folder") {
        let file = entry.expect("an entry").file_name().into_string().expect("text");
        if !file.ends_with(".sops.yaml") {
            continue;
        }
        let resources = kustomization["resources"].as_array().expect("a list");
        assert!(resources.contains(&Json::from(file.as_str())), "{file} is applied");
        let path = format!("{folder}/{file}");
        let sealed = read(workspace.read(&path).as_bytes());
        assert_eq!((&sealed["apiVersion"], &sealed["kind"]), (&Json::from("v1"), &Json::from("Secret")));
        let values = ["data", "stringData"].iter().filter_map(|it| sealed[*it].as_object()).flatten();
        assert!(values.clone().count() > 0 && values.into_iter().all(|it| is_sealed(it.1)), "{sealed}");
        assert_eq!(sealed["sops"]["encrypted_regex"], "^(data|stringData)$");
        let mut sops = Peer::Sops.command();
        sops.env("SOPS_AGE_KEY_FILE", workspace.key()).env("HOME", workspace.at("home"));
        let clear = read(&filter(sops.arg("--decrypt").arg(workspace.at(&path)), b""));
        assert_eq!(clear["metadata"], sealed["metadata"], "{file}");
        found.insert(name(&clear), clear);
    }
    found
}

fn is_sealed(value: &Json) -> bool {
    value.as_str().is_some_and(|it| it.starts_with("ENC[AES256_GCM,"))
}

#[test]
fn the_release_leaves_out_what_is_handed_over() {
    needs!(Sops);
    let workspace = Workspace::quickstart();
    workspace.done(&["lock"]);
    workspace.refused(&["handoff", "flux"], 2, &["D012", "--sops -i KEY"]);
    workspace.refused(&["handoff", "flux", "--sops"], 2, &["A002"]);
    workspace.done(&["handoff", "flux", "--sops", "-i", "key.txt"]);
    let given = decrypted(&workspace, "flux/beacon");
    let mut expected = secrets(&workspace);
    for it in expected.values_mut() {
        // They leave the release, and Helm would delete them.
        it["metadata"]["annotations"]["helm.sh/resource-policy"] = "keep".into();
    }
    assert_eq!(given, expected);
    let names: Vec<&str> = given.keys().map(String::as_str).collect();
    assert_eq!(names, ["beacon-ca", "beacon-relay", "beacon-server"]);
    assert!(given.values().all(|it| it["metadata"]["namespace"] == "kube-system"));
    let release = read(workspace.read("flux/beacon/release.yaml").as_bytes());
    let patches = release["spec"]["postRenderers"][0]["kustomize"]["patches"].as_array().expect("a list");
    let taken_out = |patch: &Json| {
        let object = read(patch["patch"].as_str().expect("text").as_bytes());
        assert_eq!((&object["$patch"], &object["kind"]), (&Json::from("delete"), &Json::from("Secret")));
        assert_eq!(
            (&patch["target"]["kind"], &patch["target"]["name"]),
            (&object["kind"], &object["metadata"]["name"])
        );
        name(&object)
    };
    assert_eq!(patches.iter().map(taken_out).collect::<Vec<_>>(), names);
    let flux = read(workspace.read("flux/quickstart.yaml").as_bytes());
    assert_eq!(flux["spec"]["decryption"]["provider"], "sops");
    let guide = workspace.read("flux/HANDOFF.md");
    assert!(guide.contains(flux["spec"]["decryption"]["secretRef"]["name"].as_str().expect("a name")), "{guide}");
    assert!(guide.contains("secret-beacon-ca.sops.yaml") && !guide.contains("makes these anew"), "{guide}");
}

#[test]
fn sealed_values_go_along_as_one_secret() {
    needs!(Sops, Age);
    let workspace = Workspace::new();
    workspace.write("app/Chart.yaml", "apiVersion: v2\nname: app\nversion: 1.0.0\n");
    let template =
        "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {all: {{ toYaml .Values | quote }}}\n";
    workspace.write("app/templates/s.yaml", template);
    let own = workspace.recipient();
    for (file, text) in [("one.age", "a: first\nb: {c: '$kept'}\n"), ("two.age", "a: second\n")] {
        workspace.write(file, filter(Peer::Age.command().args(["-r", own]), text.as_bytes()));
    }
    let part = "  - {name: app, chart: ./app, namespace: apps, secretValues: [one.age, two.age]}\n";
    workspace.spec(&format!("recipients: [{own}]\n"), part);
    workspace.done(&["lock", "-i", "key.txt"]);
    workspace.done(&["handoff", "flux", "--sops", "-i", "key.txt"]);
    let given = decrypted(&workspace, "flux/app");
    let secret = &given["app-secret-values"];
    assert_eq!(secret["stringData"]["values.yaml"], "a: second\nb:\n  c: $kept\n");
    assert_eq!(secret["metadata"]["namespace"], "apps");
    assert_eq!(secret["metadata"]["annotations"]["kustomize.toolkit.fluxcd.io/substitute"], "disabled");
    let release = read(workspace.read("flux/app/release.yaml").as_bytes());
    assert_eq!(release["spec"]["valuesFrom"][1]["name"], "app-secret-values");
    assert!(release["spec"]["postRenderers"].is_null() && given.len() == 1);
    assert!(!workspace.read("flux/HANDOFF.md").contains("age --decrypt"));
}

/// Old Secrets beside what a release makes anew would not fit each other.
#[test]
fn what_other_objects_show_cannot_be_kept() {
    needs!(Sops);
    let ca = "{{ $ca := genCA \"x\" 9 }}";
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {k: {{ $ca.Key | quote }}}\n";
    for (other, shown) in [
        ("kind: Hook\napiVersion: a/v1\nmetadata: {name: h}\nbundle: {{ $ca.Cert | b64enc }}\n", "Hook"),
        ("kind: ConfigMap\napiVersion: v1\nmetadata: {name: h}\ndata: {c: {{ $ca.Cert | quote }}}\n", "ConfigMap"),
        ("kind: ConfigMap\napiVersion: v1\nmetadata: {name: h}\ndata: {k: {{ $ca.Key | quote }}}\n", "ConfigMap"),
    ] {
        let workspace = Workspace::new();
        workspace.write("app/Chart.yaml", "apiVersion: v2\nname: app\nversion: 1.0.0\n");
        workspace.write("app/templates/s.yaml", format!("{ca}{secret}---\n{other}"));
        workspace.spec(&format!("recipients: [{}]\n", workspace.recipient()), "  - {name: app, chart: ./app}\n");
        workspace.done(&["lock"]);
        workspace.refused(&["handoff", "flux", "--sops", "-i", "key.txt"], 2, &["D012", shown, "--new-keys"]);
        assert!(!workspace.exists("flux"), "{shown}");
    }
    // A Secret that shows the certificate alone is kept with the others.
    let workspace = Workspace::new();
    workspace.write("app/Chart.yaml", "apiVersion: v2\nname: app\nversion: 1.0.0\n");
    let public = "apiVersion: v1\nkind: Secret\nmetadata: {name: p}\ndata: {c: {{ $ca.Cert | b64enc }}}\n";
    workspace.write("app/templates/s.yaml", format!("{ca}{secret}---\n{public}"));
    workspace.spec(&format!("recipients: [{}]\n", workspace.recipient()), "  - {name: app, chart: ./app}\n");
    workspace.done(&["lock"]);
    workspace.done(&["handoff", "flux", "--sops", "-i", "key.txt"]);
    assert_eq!(decrypted(&workspace, "flux/app").into_keys().collect::<Vec<_>>(), ["p", "s"]);
}

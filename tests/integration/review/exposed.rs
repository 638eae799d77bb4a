//! Private keys and sealed values where everyone can read them: `check` and `diff` name each place, and print no key.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value as Json;

use crate::support::workspace::Workspace;

const BODY: &str = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj";
const AGE: &str = "AGE-SECRET-KEY-1QQPQZRYRZPE2Q0PH2K6SYK3XZ9LEP4WVJ7J5E3N0S8J4Q5Z7N4SVS2Q8Q";

fn block(label: &str) -> String {
    // What is public may be printed.
    let body = if label.contains("PRIVATE") { BODY.to_owned() } else { BODY.to_ascii_lowercase() };
    format!("-----BEGIN {label}-----\n{body}\n{body}\n-----END {label}-----\n")
}

/// The text as a scalar between double quotes.
fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("text")
}

fn config_map(field: &str, value: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c, namespace: kube-system}}\n{field}: {{k: {value}}}\n")
}

fn metadata(field: &str, value: &str) -> String {
    let head = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\n  namespace: kube-system\n";
    format!("{head}  {field}: {{k: {value}}}\n")
}

fn pod(container: &str) -> String {
    let head = "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: kube-system}\nspec:\n  containers:\n";
    format!("{head}  - {{name: a, {container}}}\n")
}

/// A workspace of one manifest and one chart, both empty of anything exposed.
fn workspace() -> Workspace {
    let workspace = Workspace::new();
    let recipient = workspace.recipient();
    workspace.write("chart/Chart.yaml", "apiVersion: v2\nname: app\nversion: 1.0.0\n");
    workspace.write("chart/templates/all.yaml", chart(""));
    workspace.write("m.yaml", config_map("data", "v"));
    let parts = "parts:\n  - {name: app, chart: ./chart, namespace: kube-system}\n  - {name: m, manifest: m.yaml}\n";
    let head =
        format!("bundle: b\ntalos: \"1.12\"\ncertificates: {{algorithm: ecdsa-p256}}\nrecipients: [{recipient}]\n");
    workspace.write("ichor.yaml", head + parts);
    workspace.done(&["lock"]);
    workspace.write("good.lock", workspace.read("lockfiles/b.lock"));
    workspace.done(&["build", "-o", "good.tar.gz"]);
    workspace
}

/// A chart with a password in a Secret, and more.
fn chart(more: &str) -> String {
    format!(
        "{{{{- $password := randAlphaNum 24 }}}}\n{{{{- $ca := genCA \"CA\" 365 }}}}\napiVersion: v1\nkind: Secret\n\
         metadata: {{name: s, namespace: kube-system}}\nstringData:\n  password: {{{{ $password }}}}\ndata:\n  \
         key: {{{{ $ca.Key | b64enc }}}}\n---\n{more}"
    )
}

/// The code, severity and message of each finding of `check` on exposed secrets.
fn checked(workspace: &Workspace) -> Vec<(String, String, String)> {
    workspace.done(&["lock", "-i", "key.txt"]);
    let run = workspace.run(&["check", "--format", "json"]);
    let json: Json = serde_json::from_str(&run.stdout()).expect("JSON");
    let word = |it: &Json, key: &str| it[key].as_str().unwrap_or_default().to_owned();
    let found = json["diagnostics"].as_array().expect("a list").iter();
    let found: Vec<_> = found.filter(|it| word(it, "code").starts_with('N')).collect();
    for it in &found {
        assert!(it["line"].is_u64() && !word(it, "help").is_empty(), "{it}");
    }
    found.into_iter().map(|it| (word(it, "code"), word(it, "severity"), word(it, "message"))).collect()
}

/// What `diff` says of exposed secrets, between what was and what is locked, and between both bundles.
fn compared(workspace: &Workspace) -> Vec<String> {
    workspace.done(&["build", "--no-check", "-o", "now.tar.gz"]);
    let sides = ["good.tar.gz", "now.tar.gz"];
    let json = workspace.done(&["diff", sides[0], sides[1], "--format", "json"]);
    let all = ["text", "markdown", "html"].map(|it| workspace.done(&["diff", sides[0], sides[1], "--format", it]));
    for text in all.iter().chain([&json]) {
        assert!(!text.contains(BODY) && !text.contains(AGE) && !text.contains(&STANDARD.encode(BODY)), "{text}");
    }
    let json: Json = serde_json::from_str(&json).expect("JSON");
    let found = json["findings"].as_array().expect("a list").iter();
    let found: Vec<&Json> = found.filter(|it| it["area"] == "secret").collect();
    assert!(found.iter().all(|it| it["risk"] == "gains"), "{found:?}");
    assert!(found.is_empty() || json["risk"].as_str().expect("a line").contains("exposed secret"), "{json:#}");
    found.into_iter().map(|it| it["text"].as_str().expect("text").to_owned()).collect()
}

#[test]
fn private_keys_in_the_clear() {
    let workspace = workspace();
    let rsa = block("RSA PRIVATE KEY");
    let encoded = STANDARD.encode(&rsa);
    let folded = rsa.replace('\n', " ");
    let kubeconfig = format!("users:\n- {{name: a, user: {{client-key-data: {encoded}}}}}\n");
    let secret = |field: &str, value: &str| config_map(field, value).replace("ConfigMap", "Secret");
    let custom = |spec: &str| {
        format!(
            "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {{name: n, namespace: kube-system}}\nspec: {spec}\n"
        )
    };
    let rows = [
        (config_map("data", &quoted(&rsa)), "data.k", "`RSA PRIVATE KEY`"),
        (config_map("data", &quoted(&block("PRIVATE KEY"))), "data.k", "`PRIVATE KEY`"),
        (config_map("data", &quoted(&block("EC PRIVATE KEY"))), "data.k", "`EC PRIVATE KEY`"),
        (config_map("data", &quoted(&block("OPENSSH PRIVATE KEY"))), "data.k", "`OPENSSH PRIVATE KEY`"),
        (config_map("data", &quoted(&block("ENCRYPTED PRIVATE KEY"))), "data.k", "`ENCRYPTED PRIVATE KEY`"),
        (config_map("data", AGE), "data.k", "of age"),
        (config_map("data", &encoded), "data.k", "`RSA PRIVATE KEY`"),
        (config_map("data", &STANDARD.encode(&encoded)), "data.k", "`RSA PRIVATE KEY`"),
        (config_map("data", &quoted(&kubeconfig)), "data.k", "`RSA PRIVATE KEY`"),
        (config_map("binaryData", &encoded), "binaryData.k", "`RSA PRIVATE KEY`"),
        (config_map("binaryData", &STANDARD.encode(AGE)), "binaryData.k", "of age"),
        (secret("data", &encoded), "data.k", "`RSA PRIVATE KEY`"),
        (secret("stringData", &quoted(&rsa)), "stringData.k", "`RSA PRIVATE KEY`"),
        (metadata("annotations", &quoted(&rsa)), "metadata.annotations.k", "`RSA PRIVATE KEY`"),
        (metadata("labels", &encoded), "metadata.labels.k", "`RSA PRIVATE KEY`"),
        (pod(&format!("env: [{{name: E, value: {encoded}}}]")), "spec.containers[0].env[0].value", "`RSA PRIVATE KEY`"),
        (
            pod(&format!("args: [a, {}]", quoted(&format!("--key={folded}")))),
            "spec.containers[0].args[1]",
            "`RSA PRIVATE KEY`",
        ),
        (
            pod(&format!("command: [sh, -c, {}]", quoted(&rsa.replace('\n', "\\n")))),
            "spec.containers[0].command[2]",
            "`RSA PRIVATE KEY`",
        ),
        (custom(&format!("{{tls: {{key: {}}}}}", quoted(&rsa))), "spec.tls.key", "`RSA PRIVATE KEY`"),
        (
            config_map("data", "v") + "# " + &rsa.trim_end().replace('\n', "\n# ") + "\n",
            "a comment",
            "`RSA PRIVATE KEY`",
        ),
    ];
    for (manifest, place, kind) in rows {
        workspace.write("m.yaml", &manifest);
        let found = checked(&workspace);
        assert_eq!(found.len(), 1, "{manifest}: {found:?}");
        let (code, severity, message) = &found[0];
        assert_eq!((code.as_str(), severity.as_str()), ("N001", "warning"));
        assert!(message.starts_with("10-m: ") && message.contains(place) && message.contains(kind), "{message}");
        let told = compared(&workspace);
        assert_eq!(told.len(), 1, "{manifest}: {told:?}");
        assert!(told[0].contains(place) && told[0].contains(kind), "{told:?}");
        // What was exposed before is no news.
        let same = workspace.done(&["diff", "now.tar.gz", "now.tar.gz"]);
        assert!(!same.contains("in the clear"), "{same}");
        let text = workspace.run(&["check"]);
        assert!(!(text.stdout() + &text.stderr()).contains(BODY), "{}", text.stderr());
    }
}

#[test]
fn a_key_that_comes_by_values() {
    let workspace = workspace();
    workspace.write("chart/templates/all.yaml", chart(&config_map("data", "{{ .Values.key | quote }}")));
    workspace.edit("ichor.yaml", "namespace: kube-system}", "namespace: kube-system, values: [values.yaml]}");
    workspace.write("values.yaml", format!("key: {}\n", quoted(&block("PRIVATE KEY"))));
    let found = checked(&workspace);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(workspace.run(&["check"]).stderr().contains("secretValues"));
    assert_eq!(compared(&workspace).len(), 1);
}

#[test]
fn sealed_values_outside_of_secrets() {
    let workspace = workspace();
    let rows = [
        (config_map("data", "{{ $password }}"), "data.k", "N002"),
        (config_map("data", "{{ printf \"url://me:%s@host\" $password }}"), "data.k", "N002"),
        (config_map("binaryData", "{{ $password | b64enc }}"), "binaryData.k", "N002"),
        (config_map("data", "{{ $ca.Key | quote }}"), "data.k", "N002"),
        (config_map("data", "{{ htpasswd \"me\" $password | quote }}"), "data.k", "N002"),
        (metadata("annotations", "{{ $password }}"), "metadata.annotations.k", "N002"),
        (metadata("labels", "{{ $password }}"), "metadata.labels.k", "N002"),
        (metadata("annotations", "{{ $password }}").replace("ConfigMap", "Secret"), "metadata.annotations.k", "N002"),
        (config_map("data", "v").replace("name: c,", "name: \"c-{{ $password }}\","), "metadata.name", "N002"),
        (pod("env: [{name: E, value: \"{{ $password }}\"}]"), "spec.containers[0].env[0].value", "N002"),
        (pod("args: [\"--password={{ $password }}\"]"), "spec.containers[0].args[0]", "N002"),
        (pod("image: \"registry/{{ $password }}:1\""), "spec.containers[0].image", "N003"),
        (pod("image: \"registry/a:{{ $password | sha256sum }}\""), "spec.containers[0].image", "N003"),
    ];
    for (more, place, wanted) in rows {
        workspace.write("chart/templates/all.yaml", chart(&more));
        let found = checked(&workspace);
        assert_eq!(found.len(), 1, "{more}: {found:?}");
        let (code, severity, message) = &found[0];
        let severe = if wanted == "N003" { "error" } else { "warning" };
        assert_eq!((code.as_str(), severity.as_str()), (wanted, severe), "{message}");
        assert!(message.contains(&format!("`{place}`")), "{message}");
        let told = compared(&workspace);
        assert_eq!(told.len(), 1, "{more}: {told:?}");
        assert!(told[0].contains(&format!("`{place}`")), "{told:?}");
    }
}

#[test]
fn what_may_be_public_draws_no_word() {
    let workspace = workspace();
    let certificate = block("CERTIFICATE");
    for manifest in [
        config_map("data", "v"),
        config_map("data", &quoted(&certificate)),
        config_map("data", &quoted(&certificate.repeat(100))),
        config_map("binaryData", &STANDARD.encode(&certificate)),
        config_map("data", &quoted(&block("PUBLIC KEY"))),
        config_map("data", &quoted("the key begins with -----BEGIN PRIVATE KEY-----, and nobody shows it")),
        config_map("data", "age1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqs3290gq"),
        metadata("annotations", &quoted(&certificate)),
    ] {
        workspace.write("m.yaml", &manifest);
        assert_eq!(checked(&workspace), [], "{manifest}");
        assert_eq!(compared(&workspace), [""; 0], "{manifest}");
    }
    for more in [
        config_map("data", "{{ $ca.Cert | quote }}"),
        pod("image: a:1") + "  nodeName: \"{{ $password | sha256sum }}\"\n",
        metadata("annotations", "{{ $password | sha256sum }}"),
        metadata("annotations", "{{ printf \"%s-%s\" $password $ca.Key | sha256sum }}"),
    ] {
        workspace.write("chart/templates/all.yaml", chart(&more));
        assert_eq!(checked(&workspace), [], "{more}");
        assert_eq!(compared(&workspace), [""; 0], "{more}");
    }
}

#[test]
fn secrets_in_the_clear() {
    let workspace = workspace();
    let secret =
        |rest: &str| format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: s, namespace: kube-system}}\n{rest}\n");
    for (rest, told) in [
        ("stringData: {password: hunter22}", "`stringData.password` of the Secret"),
        ("data: {password: aHVudGVyMjI=}", "`data.password` of the Secret"),
        ("data: {admin-password: aHVudGVyMjI=, apiToken: aHVudGVyMjI=}", "`data.admin-password` and 1 more"),
    ] {
        workspace.write("m.yaml", secret(rest));
        let found = checked(&workspace);
        assert_eq!(found.len(), 1, "{found:?}");
        let (code, severity, message) = &found[0];
        assert_eq!((code.as_str(), severity.as_str()), ("N004", "warning"));
        assert!(message.contains(told) && !message.contains("hunter22"), "{message}");
    }
    let certificate = STANDARD.encode(block("CERTIFICATE"));
    for rest in [
        "",
        "data: {}",
        "data: {a: \"\"}",
        "stringData: {username: admin}",
        &format!("data: {{tls.crt: {certificate}}}"),
    ] {
        workspace.write("m.yaml", secret(rest));
        assert_eq!(checked(&workspace), [], "{rest}");
    }
}

//! Text that looks like a hole, wherever text can come from: it is text, and no secret is ever put in its place.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::forged::Forged;
use crate::support::opened::manifests;
use crate::support::peer::{Peer, needs};
use crate::support::program::filter;
use crate::support::workspace::Workspace;

const SECRET: &str = "correct-horse-battery-staple";

/// What stood for the holes of a render before: anyone could write it.
fn old_tokens() -> String {
    (0..8).map(|it| format!("\u{F5EA}{it}\u{F5EB}")).collect()
}

/// A chart that prints a sealed value, with a subchart that may not see it, and a part that is a plain manifest.
fn ground() -> Workspace {
    let workspace = Workspace::new();
    let parts = "  - name: app\n    chart: ./app\n    values: [values.yaml]\n    secretValues: [secret.age]\n  \
                 - name: plain\n    manifest: plain.yaml\n";
    workspace.spec(&format!("recipients: [{}]\n", workspace.recipient()), parts);
    workspace.write("app/Chart.yaml", "apiVersion: v2\nname: app\nversion: 1.0.0\n");
    workspace.write(
        "app/templates/secret.yaml",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: own}\nstringData:\n  password: {{ .Values.password | quote }}\n  \
         encoded: {{ .Values.password | b64enc }}\n",
    );
    workspace.write("app/charts/sub/Chart.yaml", "apiVersion: v2\nname: sub\nversion: 1.0.0\n");
    workspace.write("app/charts/sub/templates/a.yaml", "# nothing\n");
    workspace.write("plain.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: plain}\n");
    workspace.write("values.yaml", "{}\n");
    let clear = format!("password: {SECRET}\n");
    workspace.write("secret.age", seal(&workspace, &clear));
    workspace.write("clear.yaml", clear);
    workspace
}

fn seal(workspace: &Workspace, text: &str) -> Vec<u8> {
    filter(Peer::Age.command().args(["-a", "-r", workspace.recipient()]), text.as_bytes())
}

fn map(name: &str, data: &str) -> String {
    format!("---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata:\n  x: {data}\n")
}

/// Locks, builds and opens; the chart prints what it prints without any sealing, and the manifest stays as it is.
fn opens_as_written(workspace: &Workspace, attack: &str) {
    workspace.done(&["lock", "-i", "key.txt"]);
    workspace.done(&["build", "--no-check", "-o", "b.tar.gz"]);
    let opened = manifests(&workspace.done(&["open", "b.tar.gz", "-i", "key.txt"]));
    let direct = workspace.done(&["template", "app", "app", "--include-crds", "-f", "values.yaml", "-f", "clear.yaml"]);
    let direct = direct.replace("# Source: app/charts/sub/crds/crd.yaml\n---\n", "");
    assert_eq!(opened["00-app"], direct, "{attack}");
    assert_eq!(opened["10-plain"], workspace.read("plain.yaml"), "{attack}");
    assert_eq!(direct.matches(SECRET).count(), 1, "{attack}");
}

#[test]
fn tokens_that_a_subchart_writes() {
    needs!(Age);
    let tokens = old_tokens();
    let escaped = "\\uF5EA0\\uF5EB\\uF5EA1\\uF5EB\\uF5EA2\\uF5EB";
    let encoded = STANDARD.encode(&tokens);
    let text = format!("x: {tokens}");
    let attacks = [
        format!("\"{tokens}\""),
        format!("{{{{ \"{escaped}\" }}}}"),
        "{{ printf \"%c%d%c\" 62954 0 62955 }}".to_owned(),
        "{{ range until 9 }}{{ printf \"%c%d%c\" 62954 . 62955 }}{{ end }}".to_owned(),
        format!("{{{{ \"{encoded}\" | b64dec | quote }}}}"),
        "{{ (fromJson \"{\\\"a\\\": \\\"\\\\uf5ea0\\\\uf5eb\\\"}\").a | quote }}".to_owned(),
        format!("{{{{ toYaml (dict \"a\" \"{tokens}\") | nindent 4 }}}}"),
        format!("{{{{ toJson (dict \"a\" \"{tokens}\") | quote }}}}"),
        format!("{{{{ tpl \"{tokens}\" . }}}}"),
        format!("{{{{ \"{tokens}\" | b64enc }}}}"),
        format!("{{{{ if contains \"1\" \"{tokens}\" }}}}{{{{ \"{tokens}\" | upper | indent 2 }}}}{{{{ end }}}}"),
        format!(
            "{{{{ len \"{tokens}\" }}}}{{{{ trunc 7 \"{tokens}\" }}}}{{{{ splitList \"1\" \"{tokens}\" | join \"\" }}}}"
        ),
        "{{ print \"\u{F5EA}\" 0 \"\u{F5EB}\" | trim }}".to_owned(),
        "{{ regexReplaceAll \"a\" \"a0\" \"\u{F5EA}\" }}\u{F5EB}".to_owned(),
        format!("|\n    {text}"),
        format!("y # {tokens}"),
        format!("y\n  {tokens}: y"),
    ];
    for attack in &attacks {
        let workspace = ground();
        workspace.write("app/charts/sub/templates/a.yaml", map("sub", attack));
        opens_as_written(&workspace, attack);
    }
}

#[test]
fn tokens_that_come_from_beside_the_templates() {
    needs!(Age);
    let tokens = old_tokens();
    let workspace = ground();
    workspace.write("values.yaml", format!("sub: {{text: \"{tokens}\"}}\n"));
    workspace.write("app/charts/sub/templates/a.yaml", map("sub", "{{ .Values.text | quote }}"));
    opens_as_written(&workspace, "a value");
    workspace.write("app/charts/sub/values.yaml", format!("own: \"{tokens}\"\n"));
    workspace.write("app/charts/sub/templates/a.yaml", map("sub", "{{ .Values.own | quote }}"));
    opens_as_written(&workspace, "a value of the chart's own");
    workspace.write("app/charts/sub/file.txt", &tokens);
    workspace.write("app/charts/sub/templates/a.yaml", map("sub", "{{ .Files.Get \"file.txt\" | quote }}"));
    opens_as_written(&workspace, "a file");
    workspace.write(
        "app/charts/sub/templates/a.yaml",
        map(
            "sub",
            "y\n{{ (.Files.Glob \"*.txt\").AsConfig | indent 2 }}\n{{ (.Files.Glob \"*.txt\").AsSecrets | indent 2 }}",
        ),
    );
    opens_as_written(&workspace, "files");
    workspace.write(
        "app/charts/sub/Chart.yaml",
        format!("apiVersion: v2\nname: sub\nversion: 1.0.0\ndescription: \"{tokens}\"\n"),
    );
    workspace.write("app/charts/sub/templates/a.yaml", map("sub", "{{ .Chart.Description | quote }}"));
    opens_as_written(&workspace, "a description");
    workspace.write("app/charts/sub/crds/crd.yaml", map("crd", &format!("\"{tokens}\"")));
    opens_as_written(&workspace, "a definition");
    workspace.write("plain.yaml", map("plain", &format!("\"{tokens}\"")));
    opens_as_written(&workspace, "a plain manifest");
    workspace.write("app/templates/NOTES.txt", format!("Note {tokens}\n"));
    opens_as_written(&workspace, "notes");
    let said = workspace.said(&["lock", "-i", "key.txt"]);
    assert!(!said.contains(SECRET), "{said}");
    // A sealed value that holds those characters itself, beside one that does not.
    let clear = format!("password: {SECRET}\nicon: \"\u{F5EB}x{tokens}\"\n");
    workspace.write("secret.age", seal(&workspace, &clear)).write("clear.yaml", clear);
    workspace.write("app/templates/b.yaml", map("b", "{{ .Values.icon | b64enc }}"));
    opens_as_written(&workspace, "a sealed value");
}

/// A token that a template does hold is passed on as it is, and nothing takes it apart.
#[test]
fn tokens_that_a_template_may_see_stay_whole() {
    needs!(Age);
    for look in [
        "{{ now.Format .Values.password }}",
        "{{ (now.AppendFormat nil .Values.password) }}",
        "{{ .Files.Get .Values.password }}",
        "{{ .Files.Lines .Values.password }}",
        "{{ (.Files.Glob .Values.password).AsConfig }}",
        "{{ .Capabilities.APIVersions.Has .Values.password }}",
        "{{ index .Values.password 3 }}",
        "{{ range .Values.password }}{{ . }}{{ end }}",
        "{{ len .Values.password }}",
        "{{ include .Values.password . }}",
        "{{ template \"x\" (regexFindAll \".\" .Values.password -1) }}{{ define \"x\" }}{{ . }}{{ end }}",
        "{{ tpl (printf \"{{ %s }}\" .Values.password) . }}",
        "{{ (lookup \"v1\" \"Secret\" \"a\" .Values.password).x }}",
        "{{ fail .Values.password }}",
        "{{ .Values.password | int }}",
    ] {
        let workspace = ground();
        workspace.write("app/templates/look.yaml", map("look", look));
        let run = workspace.run(&["lock", "-i", "key.txt"]);
        assert_eq!(run.code(), 2, "{look}: {}", run.stderr());
        let said = run.stderr();
        assert!(said.contains("look.yaml") && said.contains("sealed"), "{look}: {said}");
        assert!(!said.contains('\u{F5EA}') && !said.contains(SECRET), "{look}: {said}");
    }
}

#[test]
fn marks_that_stand_there_as_plain_text() {
    needs!(Age);
    let mark = "<sealed:app/values.password>";
    let places = [
        mark.to_owned(),
        format!("\"{mark}\""),
        format!("'{mark}'"),
        format!("|\n    one\n    {mark}"),
        format!(">\n    one\n    {mark}"),
        format!("y # {mark}"),
        format!("y\n# {mark}"),
        format!("y\n  {mark}: y"),
        format!("y\n  ? {mark}\n  : y"),
        format!("[a, {{b: \"{mark}\"}}]"),
        "\"\\x3csealed:app/values.password>\"".to_owned(),
        "\"\\u003Csealed:app/values.password\\x3e\"".to_owned(),
        "\"<sea\\\n    led:app/values.password>\"".to_owned(),
        "y\n  \"\\x3Csealed:app/values.password>\": y".to_owned(),
        "\"<sealed:\"".to_owned(),
        "<sealed:unknown>".to_owned(),
        "\"<<sealed:app/values.password>\"".to_owned(),
    ];
    for place in &places {
        let workspace = ground();
        workspace.write("app/charts/sub/templates/a.yaml", map("sub", place));
        let said = workspace.refused(&["lock", "-i", "key.txt"], 2, &["`app`", "<sealed:", "line"]);
        assert!(!said.contains(SECRET), "{place}: {said}");
        let workspace = ground();
        workspace.write("plain.yaml", map("plain", place));
        workspace.refused(&["lock", "-i", "key.txt"], 2, &["`plain`", "<sealed:", "line"]);
    }
    // From a function, in pieces, from a value, from a file.
    for template in [
        "{{ \"PHNlYWxlZDphcHAvdmFsdWVzLnBhc3N3b3JkPg==\" | b64dec }}",
        "<sea{{ \"\" }}led:app/values.password>",
        "{{ .Values.text }}",
        "{{ .Files.Get \"file.txt\" }}",
    ] {
        let workspace = ground();
        workspace.write("values.yaml", format!("sub: {{text: \"{mark}\"}}\n"));
        workspace.write("app/charts/sub/file.txt", mark);
        workspace.write("app/charts/sub/templates/a.yaml", map("sub", template));
        workspace.refused(&["lock", "-i", "key.txt"], 2, &["`app`", "<sealed:", "line"]);
    }
    // What only encodes a mark is none.
    for text in
        ["PHNlYWxlZDphcHAvdmFsdWVzLnBhc3N3b3JkPg==", "\"&lt;sealed:app/values.password&gt;\"", "\"\\\\x3csealed:a>\""]
    {
        let workspace = ground();
        workspace.write("app/charts/sub/templates/a.yaml", map("sub", text));
        opens_as_written(&workspace, text);
    }
}

/// A pin is known by its arguments, and a sealed argument by a mark: no text may pass for it.
#[test]
fn marks_among_the_arguments_of_a_pin() {
    needs!(Age);
    let workspace = ground();
    workspace.write("app/templates/entry.yaml", map("entry", "{{ htpasswd \"admin\" .Values.password | quote }}"));
    workspace.done(&["lock", "-i", "key.txt"]);
    for text in ["<sealed:app/values.password>", "a<sealed:app/values.password>", "<sealed:"] {
        let call = format!("{{{{ htpasswd \"admin\" \"{text}\" | quote }}}}");
        workspace.write("app/charts/sub/templates/a.yaml", map("sub", &call));
        workspace.refused(&["lock", "-i", "key.txt"], 2, &["<sealed:", "htpasswd"]);
    }
}

#[test]
fn tokens_in_the_index_of_a_bundle() {
    needs!(Age);
    let workspace = ground();
    workspace.done(&["lock", "-i", "key.txt"]);
    workspace.done(&["build", "--no-check", "-o", "b.tar.gz"]);
    for (plain, label) in [
        (old_tokens(), "app/|print"),
        ("\u{F5EA}0\u{F5EB}".to_owned(), "app/|print 0"),
        ("\u{F5EA}999\u{F5EB}".to_owned(), "app/|print 999"),
        ("\u{F5EA}99999999999999999999999\u{F5EB}".to_owned(), "app/|print"),
        ("x\u{F5EA}".to_owned(), "app/|print x"),
        ("<sealed:app/values.password>".to_owned(), "app/|print"),
    ] {
        let mut forged = Forged::of(&workspace.at("b.tar.gz"));
        forged.put("manifests/10-plain.yaml", map("plain", &format!("<sealed:{label}>")).as_bytes());
        forged.index["holes"][label] = json!({"call": {"function": "print", "args": [{"text": [{"plain": plain}]}]}});
        workspace.write("forged.tar.gz", forged.encode());
        let opened = manifests(&workspace.done(&["open", "forged.tar.gz", "-i", "key.txt"]));
        assert_eq!(opened["10-plain"], map("plain", &plain), "{plain:?}");
    }
    // Labels that no recipe has, in a recipe and in a manifest.
    let mut forged = Forged::of(&workspace.at("b.tar.gz"));
    for (_, recipe) in forged.index["holes"].as_object_mut().expect("holes") {
        if recipe.get("call").is_some() {
            recipe["call"]["args"] = json!([{"text": [{"hole": "app/unknown"}]}]);
        }
    }
    workspace.write("forged.tar.gz", forged.encode());
    workspace.refused(&["open", "forged.tar.gz", "-i", "key.txt"], 2, &["app/unknown"]);
    for mark in ["<sealed:app/unknown>", "<sealed:", "<sealed:>", "<sealed:app/values.password"] {
        let mut forged = Forged::of(&workspace.at("b.tar.gz"));
        forged.put("manifests/10-plain.yaml", map("plain", mark).as_bytes());
        workspace.write("forged.tar.gz", forged.encode());
        workspace.refused(&["open", "forged.tar.gz", "-i", "key.txt"], 2, &["10-plain"]);
    }
}

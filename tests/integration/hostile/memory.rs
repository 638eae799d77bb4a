//! Templates and bundles that ask for more memory than there is: the run ends with a word, not with the process.

use std::fmt::Write as _;

use serde_json::json;

use super::bundles::ground as built;
use super::forged::Forged;
use crate::support::program::Run;
use crate::support::workspace::Workspace;

/// Address space for the program in KiB: its stack takes one GiB, an account another, and the allocator likes room.
const SPACE: &str = "ulimit -v 4194304; exec \"$ICHOR\" \"$@\"";

fn chart(template: &str) -> Workspace {
    let workspace = Workspace::new();
    workspace.write("c/Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n");
    workspace.write("c/templates/a.yaml", template);
    workspace.write("c/long.txt", "x".repeat(1 << 20));
    workspace
}

fn bounded(workspace: &Workspace, args: &[&str]) -> Run {
    workspace.shell_with(&["env"], SPACE, args)
}

#[test]
fn templates_that_ask_for_everything() {
    let doubled = |start: &str, step: &str, end: &str| {
        format!("{{{{ $x := {start} }}}}{{{{ range until 200 }}}}{{{{ $x = {step} }}}}{{{{ end }}}}{{{{ {end} }}}}")
    };
    let attacks = [
        "{{ until 4294967296 }}".to_owned(),
        "{{ until 200000000 | len }}".to_owned(),
        "{{ until 9223372036854775807 }}".to_owned(),
        "{{ untilStep 0 -9223372036854775808 -1 }}".to_owned(),
        "{{ untilStep -9223372036854775808 9223372036854775807 1 }}".to_owned(),
        "{{ seq 4294967296 }}".to_owned(),
        "{{ seq 0 1 200000000 }}".to_owned(),
        "{{ indent 2147483647 \"x\" }}".to_owned(),
        "{{ nindent 2147483647 \"x\" }}".to_owned(),
        "{{ indent 1000000 (repeat 10000 \"x\\n\") }}".to_owned(),
        "{{ repeat 4294967295 \"x\" }}".to_owned(),
        "{{ repeat 2147483647 \"xxxxxxxx\" }}".to_owned(),
        "{{ randAlphaNum 4294967296 }}".to_owned(),
        "{{ randBytes 4294967296 }}".to_owned(),
        format!("{{{{ printf \"{}\" {} }}}}", "%999999d".repeat(4000), "1 ".repeat(4000)),
        format!("{{{{ printf \"{}\" {} }}}}", "%.999999f".repeat(4000), "1.5 ".repeat(4000)),
        "{{ $l := .Files.Get \"long.txt\" }}{{ replace \"\" $l $l }}".to_owned(),
        "{{ $l := .Files.Get \"long.txt\" }}{{ replace \"x\" $l $l }}".to_owned(),
        "{{ $l := .Files.Get \"long.txt\" }}{{ join $l (until 100000) }}".to_owned(),
        "{{ $l := .Files.Get \"long.txt\" }}{{ wrapWith 1 $l $l }}".to_owned(),
        "{{ $l := .Files.Get \"long.txt\" }}{{ regexReplaceAll \"x\" $l $l }}".to_owned(),
        "{{ $l := .Files.Get \"long.txt\" }}{{ regexReplaceAll \"x+\" $l (repeat 100000 \"$0\") }}".to_owned(),
        "{{ $l := .Files.Get \"long.txt\" }}{{ range until 100000 }}{{ $_ := set $.Values (toString .) (print $l .) }}{{ end }}".to_owned(),
        "{{ range $i := until 100000 }}{{ $_ := set $.Values (printf \"%0100d\" $i) list }}{{ end }}".to_owned(),
        doubled("\"x\"", "print $x $x", "$x"),
        doubled("\"x\"", "cat $x $x", "len $x"),
        doubled("\"x\"", "printf \"%s%s\" $x $x", "len $x"),
        doubled("\"x\"", "join $x (list 1 2 3)", "len $x"),
        doubled("\"x\"", "list $x $x | toString", "len $x"),
        doubled("\"x\"", "$x | quote | quote", "len $x"),
        doubled("list 1", "concat $x $x", "len $x"),
        doubled("list 1", "list $x $x", "toYaml $x"),
        doubled("list 1", "list $x $x", "toYamlPretty $x"),
        doubled("list 1", "list $x $x", "toJson $x"),
        doubled("list 1", "list $x $x", "toPrettyJson $x"),
        doubled("list 1", "list $x $x", "toRawJson $x"),
        doubled("list 1", "list $x $x", "print $x"),
        doubled("list 1", "list $x $x", "toString $x"),
        doubled("list 1", "list $x $x", "$x"),
        doubled("list 1", "list $x $x", "quote $x"),
        doubled("list 1", "list $x $x", "squote $x"),
        doubled("list 1", "list $x $x", "join \"\" $x"),
        doubled("list 1", "list $x $x", "printf \"%v\" $x"),
        doubled("list 1", "list $x $x", "deepCopy $x"),
        doubled("dict", "dict \"a\" $x \"b\" $x", "toYaml $x"),
        doubled("dict", "dict \"a\" $x \"b\" $x", "toToml $x"),
        doubled("dict", "dict \"a\" $x \"b\" $x", "print $x"),
        doubled("dict", "dict \"a\" $x \"b\" $x", "deepCopy $x"),
        "{{ define \"x\" }}{{ . }}{{ . }}{{ end }}{{ $x := \"x\" }}{{ range until 200 }}{{ $x = include \"x\" $x }}{{ end }}".to_owned(),
        "{{ $x := \"{{ . }}{{ . }}\" }}{{ $y := \"x\" }}{{ range until 200 }}{{ $y = tpl $x $y }}{{ end }}".to_owned(),
        "{{ range until 100000 }}{{ $.Files.Get \"long.txt\" }}{{ end }}".to_owned(),
    ];
    for attack in attacks {
        let workspace = chart(&attack);
        // What asks at once for more than there is costs nothing to refuse; the others go on until there is no more.
        let at_once = attack.len() < 60;
        let run = match at_once {
            true => bounded(&workspace, &["template", "c"]),
            false => bounded(&workspace, &["template", "c", "--max-memory", "8"]),
        };
        let limit = if at_once { "1024 MiB" } else { "8 MiB" };
        let said = run.stderr();
        let shown: String = attack.chars().take(160).collect();
        assert!(run.0.status.code().is_some_and(|it| it == 1 || it == 2), "{shown}: {:?} {said}", run.0.status);
        // What a template prints had a bound of its own before.
        let named =
            said.contains(limit) && said.contains("--max-memory") || said.contains("exceeded maximum size of output");
        assert!(named && said.contains("a.yaml"), "{shown}: {said}");
        assert!(said.len() < 2000 + 2 * attack.len() && run.stdout().is_empty(), "{shown}: {} bytes", said.len());
    }
}

#[test]
fn one_option_moves_the_limit() {
    let workspace = chart("a: {{ repeat 3000000 \"x\" | len }}\n");
    let run = workspace.run(&["template", "c", "--max-memory", "1"]);
    assert!(run.code() != 0 && run.stderr().contains("limit of 1 MiB"), "{}", run.stderr());
    assert!(workspace.done(&["template", "c", "--max-memory", "16"]).contains("a: 3000000"));
    assert!(workspace.done(&["--max-memory", "16", "template", "c"]).contains("a: 3000000"));
    let built = built();
    for args in [&["lock", "--max-memory", "0"][..], &["build", "--rebuild", "--max-memory", "0"]] {
        let run = built.run(args);
        assert!(run.code() == 2 && run.stderr().contains("--max-memory"), "{args:?}: {}", run.stderr());
    }
}

fn opened(workspace: &Workspace, forged: &Forged, word: &str) {
    workspace.write("b.tar.gz", forged.encode());
    let run = bounded(workspace, &["open", "b.tar.gz", "-i", "key.txt", "--max-memory", "64"]);
    let said = run.stderr();
    assert_eq!(run.0.status.code(), Some(2), "{word}: {said}");
    assert!(said.contains(word) && said.len() < 2000 && run.stdout().is_empty(), "{word}: {said}");
}

/// A bundle whose first manifest has a hole of this label.
fn marked(good: &Forged, label: &str, times: usize) -> Forged {
    let mut forged = good.clone();
    let mut text = String::from("kind: A\na:\n");
    for _ in 0..times {
        writeln!(text, "- <sealed:{label}>").expect("written");
    }
    forged.put("manifests/00-beacon.yaml", text.as_bytes());
    forged
}

#[test]
fn bundles_that_grow_when_they_are_opened() {
    let workspace = built();
    let good = Forged::of(&workspace.at("good.tar.gz"));
    let call = |function: &str, args: serde_json::Value| json!({"call": {"function": function, "args": args}});
    let hole = |label: &str| json!({"text": [{"hole": label}]});
    let plain = |text: &str| json!({"text": [{"plain": text}]});
    let start = "beacon/|print xxxxxxxx";
    let deep = |level: usize| format!("{start}{}", "|print".repeat(level));

    let mut forged = marked(&good, &deep(99), 1);
    forged.index["holes"][start] = call("print", json!([plain("xxxxxxxx")]));
    for level in 1..100 {
        let below = deep(level - 1);
        forged.index["holes"][deep(level)] = call("print", json!([{"text": [{"hole": below}, {"hole": below}]}]));
    }
    opened(&workspace, &forged, "--max-memory");

    let long = "x".repeat(100_000);
    for (label, function, args) in [
        ("beacon/|repeat 4294967295 x", "repeat", json!([{"int": 4_294_967_295_i64}, plain("x")])),
        ("beacon/|indent 2147483647 x", "indent", json!([{"int": 2_147_483_647}, plain("x")])),
        ("beacon/|nindent 2147483647 x", "nindent", json!([{"int": 2_147_483_647}, plain("x")])),
        ("beacon/|seq 4294967295", "seq", json!([{"int": 4_294_967_295_i64}])),
        ("beacon/|print xxxxxxxx|repeat 1000000000", "repeat", json!([{"int": 1_000_000_000}, hole(start)])),
        ("beacon/|replace", "replace", json!([plain(""), plain(&long), plain(&long)])),
    ] {
        let mut forged = marked(&good, label, 1);
        forged.index["holes"][start] = call("print", json!([plain("xxxxxxxx")]));
        forged.index["holes"][label] = call(function, args);
        opened(&workspace, &forged, "--max-memory");
    }

    // One text in very many places.
    let mega = "beacon/|repeat 1048576 x";
    let many = format!("{mega}|print");
    let mut forged = marked(&good, &many, 1);
    forged.index["holes"][mega] = call("repeat", json!([{"int": 1 << 20}, plain("x")]));
    forged.index["holes"][&many] = call("print", json!([{"text": vec![json!({"hole": mega}); 100_000]}]));
    opened(&workspace, &forged, "--max-memory");
    let mut forged = marked(&good, mega, 100_000);
    forged.index["holes"][mega] = call("repeat", json!([{"int": 1 << 20}, plain("x")]));
    opened(&workspace, &forged, "--max-memory");

    // A chain.
    let mut forged = marked(&good, &deep(1999), 1);
    forged.index["holes"][start] = call("print", json!([plain("xxxxxxxx")]));
    for level in 1..2000 {
        forged.index["holes"][deep(level)] = call("print", json!([hole(&deep(level - 1))]));
    }
    opened(&workspace, &forged, "in a row");
    let mut forged = good.clone();
    forged.index["manifests"] = json!(vec!["00-beacon"; 100_000]);
    opened(&workspace, &forged, "twice");
}

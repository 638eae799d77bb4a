//! Numbers and moments at the ends of what can be said, wherever one may be written: an error at most, never a panic.

use crate::support::peer::{Peer, needs};
use crate::support::program::filter;
use crate::support::workspace::Workspace;

const NUMBERS: &[&str] = &[
    ".inf",
    "-.inf",
    "+.INF",
    ".nan",
    ".NaN",
    "1e999",
    "-1e999",
    "1e308",
    "1e-400",
    "18446744073709551615",
    "18446744073709551616",
    "-9223372036854775808",
    "-9223372036854775809",
    "99999999999999999999999999999999999999",
    "0x8000000000000000",
    "0xffffffffffffffffff",
    "0b1",
    "0o17",
    "1_000",
    "190:20:30",
    "-0",
    "-0.0",
    "2001-01-01",
    "9999-12-31T23:59:59Z",
    "!!float 1",
    "!!int .inf",
    "!!float .inf",
    "!!binary //79",
    "!!timestamp 2001-01-01",
    "\"\\0\"",
    "\"\\ud800\"",
    "~",
];

fn ground(head: &str, part: &str) -> Workspace {
    let workspace = Workspace::new();
    workspace.spec(
        &format!("recipients: [{}]\n{head}", workspace.recipient()),
        &format!("  - name: app\n    chart: ./app\n{part}"),
    );
    workspace.write("app/Chart.yaml", "apiVersion: v2\nname: app\nversion: 1.0.0\n");
    workspace.write(
        "app/templates/a.yaml",
        "kind: A\na: {{ toJson .Values.a | quote }}\nb: {{ .Values.a | quote }}\nc: {{ int .Values.a }}\nd: {{ randAlphaNum 5 | quote }}\n",
    );
    workspace
}

/// Runs, and gives whether it went well. Whatever happens is told, and is no fault of the program's.
fn runs(workspace: &Workspace, args: &[&str], attack: &str) -> bool {
    let run = workspace.run(args);
    let said = run.stderr();
    assert!(matches!(run.code(), 0..=3), "{attack}: {args:?}: {} {said}", run.code());
    assert!(!said.contains("panicked") && said.len() < 6000, "{attack}: {args:?}: {said}");
    assert!(run.code() == 0 || said.contains("rror"), "{attack}: {args:?}: nothing is said");
    run.code() == 0
}

fn locks_and_opens(workspace: &Workspace, attack: &str) {
    if runs(workspace, &["lock", "-i", "key.txt"], attack) {
        runs(workspace, &["check"], attack);
        if runs(workspace, &["build", "-o", "b.tar.gz"], attack) {
            runs(workspace, &["open", "b.tar.gz", "-i", "key.txt"], attack);
            runs(workspace, &["handoff", "flux", "-o", "flux/"], attack);
        }
    }
}

#[test]
fn numbers_among_values() {
    for number in NUMBERS {
        let inline = ground("", &format!("    values: [{{a: {number}, deep: [{{b: {number}}}]}}]\n"));
        locks_and_opens(&inline, &format!("inline {number}"));
        let key = ground("", &format!("    values: [{{a: 1, ? {number} : x}}]\n"));
        locks_and_opens(&key, &format!("key {number}"));
        let file = ground("", "    values: [values.yaml]\n");
        file.write("values.yaml", format!("a: {number}\ndeep: [{{b: {number}}}]\n"));
        locks_and_opens(&file, &format!("file {number}"));
        runs(&file, &["template", "app", "-f", "values.yaml"], number);
        let set = format!("a={number}");
        let json = format!("{{\"a\": {number}}}");
        for args in [
            ["--set", &set],
            ["--set-json", &set],
            ["--set-json", &json],
            ["--set-string", &set],
            ["--set-literal", &set],
        ] {
            runs(&file, &["template", "app", args[0], args[1]], number);
        }
        let own = ground("", "");
        own.write("app/values.yaml", format!("a: {number}\n"));
        locks_and_opens(&own, &format!("of the chart {number}"));
    }
    let infinite = ground("", "    values: [{a: .inf}]\n");
    let said = infinite.refused(&["lock"], 2, &["V005", "ichor.yaml:", "Inf"]);
    assert!(said.lines().count() < 12, "{said}");
}

#[test]
fn numbers_among_sealed_values() {
    needs!(Age);
    for number in NUMBERS {
        let workspace = ground("", "    secretValues: [secret.age]\n");
        let text = format!("a: {number}\nb: [{{c: {number}}}]\n{number}: x\n");
        let sealed = filter(Peer::Age.command().args(["-a", "-r", workspace.recipient()]), text.as_bytes());
        workspace.write("secret.age", sealed);
        locks_and_opens(&workspace, &format!("sealed {number}"));
    }
}

#[test]
fn numbers_in_a_spec() {
    for number in NUMBERS {
        for key in ["talos", "helm", "kubernetes", "apiVersions", "bundle", "unknown"] {
            let workspace = ground("", "");
            let spec = workspace.read("ichor.yaml");
            let kept: Vec<&str> = spec.lines().filter(|it| !it.starts_with(&format!("{key}:"))).collect();
            workspace.write("ichor.yaml", format!("{key}: {number}\n{}\n", kept.join("\n")));
            locks_and_opens(&workspace, &format!("{key}: {number}"));
        }
    }
}

#[test]
fn numbers_in_a_lock() {
    let workspace = ground("", "");
    workspace.done(&["lock"]);
    let good = workspace.lock();
    let mut tried = 0;
    for (index, line) in good.lines().enumerate() {
        let Some((key, value)) = line.split_once(": ") else { continue };
        if key.trim_start().starts_with('#') || value.starts_with(['|', '>']) {
            continue;
        }
        for number in [
            ".inf",
            "-.inf",
            ".nan",
            "1e999",
            "18446744073709551616",
            "-1",
            "[.inf]",
            "{a: .nan}",
            "~",
            "9999-12-31T23:59:59Z",
            "-9999-01-01T00:00:00Z",
        ] {
            let lines = good.lines().enumerate();
            let changed: Vec<String> =
                lines.map(|(at, it)| if at == index { format!("{key}: {number}") } else { it.to_owned() }).collect();
            workspace.write("lockfiles/box.lock", changed.join("\n") + "\n");
            for args in [&["build", "-o", "b.tar.gz"][..], &["lock"], &["check"]] {
                runs(&workspace, args, &format!("{key}: {number}"));
            }
            tried += 1;
        }
    }
    assert!(tried > 50, "{good}");
}

#[test]
fn moments_at_the_ends_of_time() {
    let template = "kind: A\na: {{ now | quote }}\nb: {{ now.Year }}\nc: {{ now | date \"2006-01-02\" }}\nd: {{ now | unixEpoch }}\n\
                    e: {{ now | dateModify \"+2562047h\" | quote }}\nf: {{ (now | dateModify \"-2562047h\").Unix }}\n\
                    g: {{ now.AddDate 9999 99 99 | quote }}\nh: {{ ago now | quote }}\ni: {{ duration 9223372036854775807 | quote }}\n\
                    j: {{ durationRound now | quote }}\nk: {{ htmlDateInZone now \"Pacific/Apia\" }}\nl: {{ date_in_zone \"2006\" now \"Asia/Tehran\" }}\n\
                    m: {{ now.UnixNano }}\nn: {{ (now.AddDate 290000000 0 0).YearDay }}\no: {{ now.Sub (now.AddDate -99999 0 0) | quote }}\n\
                    p: {{ toDate \"2006-01-02\" \"9999-12-31\" | quote }}\nq: {{ now.Truncate 3600000000000 | quote }}\nr: {{ now.Local | quote }}\n";
    for clock in [
        "9999-12-30T22:00:00Z",
        "9999-12-31T00:00:00+02:00",
        "9999-12-31T23:59:59Z",
        "10000-01-01T00:00:00Z",
        "+010000-01-01T00:00:00Z",
        "+999999-12-31T23:59:59Z",
        "-009999-01-02T01:59:59Z",
        "-009999-01-01T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00Z",
        "1582-10-15T00:00:00Z",
        "1969-12-31T23:59:59.999999999Z",
        "2262-04-11T23:47:16Z",
        "2262-04-12T00:00:00Z",
        "253402300800",
        "-1",
        "9223372036854775807",
        "",
        "never",
    ] {
        let workspace = ground("", "");
        workspace.write("app/templates/a.yaml", template);
        let option = format!("--clock={clock}");
        if runs(&workspace, &["lock", &option], clock) {
            runs(&workspace, &["build", "-o", "b.tar.gz"], clock);
            runs(&workspace, &["lock", "--locked"], clock);
        }
        if workspace.exists("lockfiles/box.lock") {
            let lock = workspace.lock();
            let line = lock.lines().find(|it| it.starts_with("clock:")).expect("a clock").to_owned();
            workspace.edit("lockfiles/box.lock", &line, &format!("clock: {clock}"));
        }
        runs(&workspace, &["build", "-o", "b.tar.gz"], clock);
        runs(&workspace, &["certs"], clock);
    }
}

#[test]
fn certificates_without_an_end() {
    for days in [
        "0",
        "-1",
        "1",
        "36500",
        "106751",
        "106752",
        "213503",
        "2912000",
        "3000000000",
        "9223372036854775807",
        "-9223372036854775808",
    ] {
        let workspace = ground("", "");
        let template = format!(
            "{{{{ $ca := genCA \"ca\" {days} }}}}kind: A\na: {{{{ $ca.Cert | quote }}}}\nb: {{{{ (genSignedCert \"x\" nil (list \"x\") {days} $ca).Cert | quote }}}}\n\
             c: {{{{ (genSelfSignedCert \"y\" nil nil {days}).Cert | quote }}}}\n"
        );
        workspace.write("app/templates/a.yaml", template);
        runs(&workspace, &["template", "app"], days);
        if runs(&workspace, &["lock"], days) {
            runs(&workspace, &["certs"], days);
            runs(&workspace, &["certs", "--format", "json"], days);
            runs(&workspace, &["check"], days);
            runs(&workspace, &["build", "-o", "b.tar.gz"], days);
            runs(&workspace, &["open", "b.tar.gz", "-i", "key.txt"], days);
            runs(&workspace, &["rotate", "app/ca", "-i", "key.txt"], days);
        }
    }
}

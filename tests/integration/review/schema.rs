//! The JSON form is what its published schema says, in the judgement of Python's jsonschema, and nothing besides.

use crate::check::Checked;
use crate::support::git::{commit, git};
use crate::support::peer::{Peer, needs};
use crate::support::workspace::Workspace;
use crate::support::{repository, text};

/// Reads the schema and the outputs; with nothing allowed that the schema does not name.
const JUDGE: &str = "import json, sys, jsonschema
schema, *pages = [json.load(open(it)) for it in sys.argv[1:]]
jsonschema.Draft202012Validator.check_schema(schema)
def close(it):
    if isinstance(it, dict):
        if 'properties' in it: it['additionalProperties'] = False
        for value in it.values(): close(value)
    elif isinstance(it, list):
        for value in it: close(value)
close(schema)
judge = jsonschema.Draft202012Validator(schema)
faults = [f'{at}: {list(it.absolute_path)}: {it.message[:300]}' for at, page in enumerate(pages) for it in judge.iter_errors(page)]
print('\\n'.join(faults))
sys.exit(bool(faults))
";

#[test]
fn what_is_printed_fits_the_published_schema() {
    needs!(Git, Jsonschema);
    let workspace = Workspace::quickstart();
    workspace.write(".gitignore", "key.txt\nstore\n*.json\n*.tar.gz\n");
    workspace.done(&["lock", "-i", "key.txt"]);
    git(workspace.path(), &["init", "-q"]);
    commit(workspace.path(), "one");
    workspace.done(&["build", "-o", "one.tar.gz"]);
    // Certificates, values, defaults, resources that come, go, change and are renamed.
    let extra = |name: &str, key: &str| {
        format!("---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{a: b, c: d, {key}: f}}\n")
    };
    let network = workspace.read("network.yaml");
    workspace.write("network.yaml", format!("{network}{}{}", extra("x-1", "e"), extra("gone", "q")));
    workspace.done(&["lock", "-i", "key.txt"]);
    commit(workspace.path(), "two");
    std::fs::remove_file(workspace.path().join("lockfiles/quickstart.lock")).expect("removed");
    workspace.write("network.yaml", format!("{network}{}", extra("x-2", "g")));
    workspace.write("chart/values.yaml", format!("{}\nnew: {{default: 1}}\n", workspace.read("chart/values.yaml")));
    workspace.write("chart/templates/NOTES.txt", "Hello.\n");
    workspace.done(&["lock", "-i", "key.txt"]);
    workspace.done(&["build", "-o", "two.tar.gz"]);
    for (file, sides) in [
        ("a.json", &["HEAD"][..]),
        ("b.json", &["HEAD~1", "HEAD"]),
        ("c.json", &["one.tar.gz", "two.tar.gz"]),
        ("d.json", &["HEAD:lockfiles/quickstart.lock", "lockfiles/quickstart.lock", "--spec", "nowhere.yaml"]),
        ("e.json", &["HEAD", "HEAD"]),
        ("schema.json", &["--format", "json-schema"]),
    ] {
        let format = if file == "schema.json" { &[][..] } else { &["--format", "json"] };
        workspace.done(&[&["diff", "-o", file], sides, format].concat());
    }
    let rich = workspace.read("a.json");
    for word in ["renamed", "fingerprint", "\"patch\"", "overridden", "\"notes\"", "\"limits\""] {
        assert!(rich.contains(word), "there is no {word} in it: {rich}");
    }
    assert!(workspace.read("d.json").contains("contentsMissing"), "{}", workspace.read("d.json"));
    let files = ["schema.json", "a.json", "b.json", "c.json", "d.json", "e.json"];
    let judged = Peer::Jsonschema.command().args(["-c", JUDGE]).args(files).current_dir(workspace.path()).output();
    let judged = judged.expect("python3 is installed");
    assert!(judged.status.success(), "{}{}", text(&judged.stdout), text(&judged.stderr));
}

/// Holds logs against the schema of OASIS, which says beside what it must hold what it may not.
const SARIF_JUDGE: &str = "import json, sys, jsonschema
schema, *logs = [json.load(open(it)) for it in sys.argv[1:]]
judge = jsonschema.Draft4Validator(schema, format_checker=jsonschema.Draft4Validator.FORMAT_CHECKER)
faults = [f'{at}: {list(it.absolute_path)}: {it.message[:300]}' for at, log in enumerate(logs) for it in judge.iter_errors(log)]
print('\\n'.join(faults))
sys.exit(bool(faults))
";

#[test]
fn logs_of_check_fit_the_schema_of_sarif() {
    needs!(Jsonschema, SarifSchema);
    let workspace = Checked::new("1.19.6");
    let schema = repository().join("target/python/sarif-2.1.0.json").display().to_string();
    let log = |name: &str| workspace.write(name, workspace.run(&["check", "--format", "sarif"]).stdout());
    // Without a lock; with nothing to tell; with faults of values, of manifests and of a machine config; with what is allowed.
    log("unlocked.json");
    workspace.check_with(None, "2026-01-01");
    log("clean.json");
    workspace.write("values.yaml", "hubble: {relai: 1}\ncgroup: {autoMount: {enabled: true}}\n\"€\": \"${A}\"\n");
    workspace.write(
        "extra.yaml",
        "apiVersion: apps/v1\nkind: Deployement\nmetadata: {name: 'a b', namespace: none}\n---\nmetadata: {}\n",
    );
    workspace.check_with(None, "2026-01-01");
    log("faults.json");
    workspace.write("config.yaml", "machine: {network: {cni: {name: none}}}\n");
    let run = workspace.run(&["check", "--format", "sarif", "--machine-config", "config.yaml"]);
    workspace.write("config.json", run.stdout());
    workspace.edit("ichor.yaml", "parts:", "allow: [{code: C002, reason: \"old \\\"nodes\\\"\"}]\nparts:");
    workspace.check_with(None, "2026-01-01");
    log("allowed.json");
    // A spec that is none.
    workspace.write("ichor.yaml", "bundle: b\nnothing: 1\n");
    log("no-spec.json");
    let files = ["unlocked.json", "clean.json", "faults.json", "config.json", "allowed.json", "no-spec.json"];
    assert!(workspace.read("faults.json").contains("K007") && workspace.read("allowed.json").contains("suppressions"));
    let mut judge = Peer::Jsonschema.command();
    judge.args(["-c", SARIF_JUDGE, &schema]).args(files).current_dir(workspace.path());
    let judged = judge.output().expect("python3 is installed");
    assert!(judged.status.success(), "{}{}", text(&judged.stdout), text(&judged.stderr));
}

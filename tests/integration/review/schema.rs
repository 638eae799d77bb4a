//! The JSON form is what its published schema says, in the judgement of Python's jsonschema, and nothing besides.

use crate::support::git::{commit, git};
use crate::support::peer::{Peer, needs};
use crate::support::text;
use crate::support::workspace::Workspace;

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

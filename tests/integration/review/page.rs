//! The page in headless Chromium, used by mouse and keyboard, on a desk and on a phone.

use crate::support::peer::{Peer, needs};
use crate::support::repository;
use crate::support::text;
use crate::support::workspace::Workspace;

#[test]
fn the_page_works_in_a_browser() {
    needs!(Chromium, Python);
    let workspace = Workspace::new();
    let hostile = "<script>window.harmed = 1</script><img src=x onerror='window.harmed = 1'> ]]> </style></script> \\u202e\\u2066";
    let manifest = |image: &str, verb: &str, mode: &str| {
        let lines: String = (0..40).map(|it| format!("    line {it} {}\n", if it == 20 { mode } else { "" })).collect();
        format!(
            "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {{name: agent, namespace: kube-system}}\nspec:\n  template:\n    spec:\n      \
             containers:\n      - {{name: agent, image: 'r.io/{image}'}}\n---\n\
             apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {{name: agent}}\nrules: [{{apiGroups: [''], resources: [secrets], verbs: [{verb}]}}]\n---\n\
             apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: relay, namespace: kube-system}}\nspec:\n  template:\n    spec:\n      \
             containers:\n      - {{name: relay, image: 'r.io/{image}'}}\n---\n\
             apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: config, namespace: kube-system}}\ndata:\n  routing-mode: {mode}\n  text: |\n{lines}  \
             hostile: \"{hostile} {mode}\"\n---\n\
             apiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: 'sa', labels: {{v: {image}}}}}\n"
        )
    };
    let spec = format!(
        "bundle: page\ntalos: \"1.12\"\nrecipients: [{}]\nparts:\n  - {{name: all, manifest: all.yaml}}\n",
        workspace.recipient()
    );
    workspace.write("ichor.yaml", spec);
    for (name, text) in [("old", manifest("a-1", "get", "tunnel")), ("new", manifest("a-2", "list", "native"))] {
        workspace.write("all.yaml", text);
        workspace.done(&["lock"]);
        workspace.done(&["build", "--no-check", "-o", &format!("{name}.tar.gz")]);
    }
    workspace.done(&["diff", "old.tar.gz", "new.tar.gz", "--format", "html", "-o", "page.html"]);
    let script = repository().join("tests/peers/browser.py");
    let output = Peer::Python
        .command()
        .arg(script)
        .arg(workspace.at("page.html"))
        .env("CHROMIUM", Peer::Chromium.command().get_program())
        .output();
    let output = output.expect("python3 is installed");
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    assert!(text(&output.stdout).contains("\"no fault on the console\": true"));
}

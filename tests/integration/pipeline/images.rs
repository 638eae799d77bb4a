//! What `images` lists: what containers run, and what an operator may have pulled.

use crate::support::workspace::Workspace;

const DEPLOYMENT: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: d, namespace: kube-system}
spec:
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec:
      containers:
        - name: c
          image: registry.example.net/op/manager:v1.2.3
          args: [\"--acme-http01-solver-image=registry.example.net/op/solver:v1.2.3\", --engine, op/engine:v1.6.1]
          env: [{name: SELF, value: registry.example.net/op/manager:v1.2.3}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: c, namespace: kube-system}
data:
  config.json: '{\"proxy\": \"registry.example.net/op/proxy:v1\", \"url\": \"https://example.net/a:8080\"}'
";

#[test]
fn images_in_arguments_and_settings_are_told_as_guessed() {
    let workspace = Workspace::with("", "  - {name: m, manifest: m.yaml}\n");
    workspace.write("m.yaml", DEPLOYMENT);
    workspace.done(&["lock"]);
    let run = workspace.run(&["images"]);
    assert_eq!(run.stdout(), "registry.example.net/op/manager:v1.2.3\n");
    let guessed = ["op/engine:v1.6.1", "registry.example.net/op/proxy:v1", "registry.example.net/op/solver:v1.2.3"];
    for image in guessed {
        assert!(run.stderr().contains(&format!("{image} (m)")), "{image}: {}", run.stderr());
    }
    assert!(!run.stderr().contains("8080") && !run.stderr().contains("manager"), "{}", run.stderr());
    let all = workspace.run(&["images", "--guessed"]);
    let mut wanted = [&guessed[..], &["registry.example.net/op/manager:v1.2.3"]].concat();
    wanted.sort_unstable();
    assert_eq!(all.stdout().lines().collect::<Vec<_>>(), wanted);
    assert_eq!(all.stderr(), "");
}

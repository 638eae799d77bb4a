//! Applications of Argo CD and releases of helmfile: the values that the real Helm would be given.

use crate::support::workspace::Workspace;
use crate::support::{copy, repository};

/// What a part of these files renders of its values, with `part` in the spec.
fn rendered(files: &[(&str, &str)], part: &str) -> Result<String, String> {
    let workspace = Workspace::new();
    copy(&repository().join("tests/data/gitops/base/charts"), &workspace.at("charts"));
    for (path, text) in files {
        workspace.write(path, text);
    }
    workspace.spec("", &format!("  - name: part\n    {part}\n"));
    let run = workspace.run(&["lock"]);
    if run.code() != 0 {
        return Err(run.stderr());
    }
    workspace.done(&["lock", "--locked"]);
    workspace.done(&["build"]);
    let opened = workspace.done(&["open", "--for", "kubectl", "result"]);
    let start = opened.find("# Source: ").unwrap_or_default();
    Ok(opened[start..].to_owned())
}

const APPLICATION: &str = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: demo, namespace: argocd}\nspec:\n  \
                           destination: {namespace: web}\n  source:\n    repoURL: https://git.example/home.git\n    path: charts/demo\n    \
                           targetRevision: main\n    helm:\n";

#[test]
fn an_application_gives_its_values_in_the_order_of_argo_cd() {
    let helm = "      releaseName: called\n      valueFiles: [more.yaml]\n      values: |\n        replicas: 2\n        server: {host: v.example}\n      \
                parameters:\n        - {name: replicas, value: \"9\"}\n        - {name: server.port, value: \"8080\", forceString: true}\n";
    let files = [
        ("app.yaml", &*format!("{APPLICATION}{helm}")),
        ("charts/demo/more.yaml", "server: {tags: [file], host: f.example}\n"),
    ];
    let found = rendered(&files, "argocd: app.yaml").expect("rendered");
    for line in ["name: called-all", "namespace: web", "replicas: 9", "host: v.example", "port: \"8080\"", "- file"] {
        assert!(found.contains(line), "{line}: {found}");
    }
    let object = helm.replace("values: |", "valuesObject:");
    let again = rendered(&[("app.yaml", &format!("{APPLICATION}{object}")), files[1]], "argocd: app.yaml");
    assert_eq!(again.as_ref(), Ok(&found));
    let fault = rendered(&[("app.yaml", &format!("{APPLICATION}{helm}"))], "argocd: app.yaml").expect_err("refused");
    assert!(fault.contains("F004") && fault.contains("more.yaml"), "{fault}");
    let variable = format!("{APPLICATION}      values: 'a: $ARGOCD_APP_NAME'\n");
    assert!(rendered(&[("app.yaml", &variable)], "argocd: app.yaml").expect_err("refused").contains("F004"));
}

#[test]
fn an_element_of_a_set_is_named() {
    let set = "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: all}\nspec:\n  generators:\n    - list:\n        elements:\n          \
               - {cluster: one, host: one.example}\n          - {cluster: two, host: two.example}\n  template:\n    metadata: {name: 'demo-{{cluster}}'}\n    \
               spec:\n      destination: {namespace: web}\n      source:\n        repoURL: https://git.example/home.git\n        path: charts/demo\n        \
               helm: {values: 'server: {host: {{host}}}'}\n";
    let found = rendered(&[("set.yaml", set)], "argocd: set.yaml#two").expect("rendered");
    assert!(found.contains("host: two.example") && found.contains("name: demo-two-all"), "{found}");
    assert!(rendered(&[("set.yaml", set)], "argocd: set.yaml").expect_err("refused").contains("F002"));
}

#[test]
fn a_helmfile_gives_a_release() {
    let text = "repositories:\n  - {name: home, url: https://charts.example}\nreleases:\n  - name: demo\n    namespace: web\n    chart: ./charts/demo\n    \
                values:\n      - values.yaml\n      - server: {host: inline.example}\n    set:\n      - {name: replicas, value: 4}\n  - name: other\n    \
                chart: home/other\n";
    let files = [("helmfile.yaml", text), ("values.yaml", "server: {host: file.example, port: 81}\n")];
    let found = rendered(&files, "helmfile: helmfile.yaml#demo").expect("rendered");
    for line in ["name: demo-all", "namespace: web", "replicas: 4", "host: inline.example", "port: 81"] {
        assert!(found.contains(line), "{line}: {found}");
    }
    assert!(rendered(&files, "helmfile: helmfile.yaml").expect_err("refused").contains("F002"));
    assert!(rendered(&files, "helmfile: helmfile.yaml#none").expect_err("refused").contains("F001"));
    let template = text.replace("inline.example", "{{ .Values.host }}");
    let fault =
        rendered(&[("helmfile.yaml", &template), files[1]], "helmfile: helmfile.yaml#demo").expect_err("refused");
    assert!(fault.contains("F001") && fault.contains("Go templates"), "{fault}");
}

/// The chart of an address is where the tool has it from.
#[test]
fn charts_come_from_where_the_tools_have_them() {
    let application = APPLICATION
        .replace("    path: charts/demo\n", "    chart: demo\n")
        .replace("main", "1.2.3")
        .replace("    helm:\n", "");
    for (address, shown) in [
        ("https://charts.invalid", "https://charts.invalid/demo"),
        ("registry.invalid/charts", "oci://registry.invalid/charts/demo"),
    ] {
        let text = application.replace("https://git.example/home.git", address);
        let fault = rendered(&[("app.yaml", &text)], "argocd: app.yaml").expect_err("it is nowhere");
        assert!(
            fault.contains(shown)
                || fault.contains(address.trim_start_matches("https://").split('/').next().expect("a host")),
            "{fault}"
        );
    }
}

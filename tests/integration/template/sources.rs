//! `template` and `show` on charts that lie elsewhere, as Helm's take them.

use std::fs;

use crate::support::charts;
use crate::support::peer::needs;
use crate::support::registry::{Kind, Registry};
use crate::support::site::Site;
use crate::support::workspace::Workspace;

#[test]
fn charts_elsewhere_are_rendered_and_shown() {
    needs!(DockerRegistry, HelmSdk, Openssl, Python);
    let registry = Registry::with(Kind::Plain, &[("one", "1.0.0"), ("one", "1.2.0+b.7"), ("one", "2.0.0-rc.1")]);
    let site = Site::start();
    for version in ["1.0.0", "1.2.0+b.7", "2.0.0-rc.1"] {
        charts::write(&site.www(), "one", version);
    }
    site.index(".");
    let workspace = Workspace::new();
    fs::copy(site.ca(), workspace.path().join("home/ca.pem")).expect("copied");
    let reach = format!("{}authorities: [../../ca.pem]\n", registry.head());
    workspace.write("home/.config/ichor/config.yaml", reach);
    let (oci, web) = (format!("oci://{}/charts/one", registry.host), &site.address);
    let (tagged, archive) = (format!("{oci}:1.0.0"), format!("{web}/one-1.0.0.tgz"));
    for (version, calls) in [
        ("1.2.0+b.7", [vec![oci.as_str()], vec!["one", "--repo", web]]),
        ("1.0.0", [vec![&oci, "--version", "1.0.0"], vec!["one", "--repo", web, "--version", "<1.1"]]),
        (
            "1.0.0",
            [vec![&tagged, "--version", "1.0.0", "--create-namespace", "--wait"], vec![&archive, "--timeout", "5m0s"]],
        ),
        ("2.0.0-rc.1", [vec![&oci, "--devel"], vec!["one", "--repo", web, "--version", ">1.9-0"]]),
    ] {
        let here = workspace.path().join("here.tgz").display().to_string();
        workspace.write("here.tgz", charts::archive("one", version));
        let expected = workspace.done(&["template", "r", &here]);
        assert!(expected.contains(&format!("version: {version:?}")), "{expected}");
        for call in calls {
            let printed = workspace.done(&[vec!["template", "r"], call.clone()].concat());
            assert_eq!(printed, expected, "{call:?}");
        }
    }
    assert_eq!(workspace.done(&["show", "values", &oci]), "greeting: hello\n\n");
    assert_eq!(workspace.done(&["show", "values", "--jsonpath", "{.greeting}!", &oci]), "hello!");
    let fault = "Error: error parsing jsonpath {.greeting: unclosed action";
    workspace.refused(&["show", "values", "--jsonpath", "{.greeting", &oci], 2, &[fault]);
    assert!(workspace.done(&["show", "chart", "one", "--repo", web]).contains("version: 1.2.0+b.7\n"));
    let refused = |args: &[&str], code: i32, words: &[&str]| {
        let run = workspace.run(args);
        assert_eq!(run.code(), code, "{args:?}: {}{}", run.stdout(), run.stderr());
        for word in words {
            assert!(run.stderr().contains(word), "{args:?} does not say `{word}`:\n{}", run.stderr());
        }
    };
    refused(&["template", "r", &oci, "--version", "^9"], 2, &["has no version that satisfies `^9`", "newest is 2.0.0"]);
    refused(&["template", "r", &tagged, "--version", "1.2.0"], 2, &["names 1.0.0, and `--version` 1.2.0"]);
    refused(&["template", "r", "none", "--repo", web], 2, &["has no chart `none`"]);
    refused(&["template", "r", "one"], 2, &["is no folder and no file here", "--repo"]);
    refused(&["template", "r", &oci, "--timeout", "soon"], 2, &["1m30s"]);
    // With a repository, nothing of that name that lies here is looked at.
    workspace.write("one/Chart.yaml", "apiVersion: v2\nname: one\nversion: 9.0.0\n");
    assert!(workspace.done(&["show", "chart", "one"]).contains("version: 9.0.0\n"));
    assert!(workspace.done(&["show", "chart", "one", "--repo", web]).contains("version: 1.2.0+b.7\n"));
    assert!(workspace.done(&["template", "r", "one", "--repo", web]).contains("version: \"1.2.0+b.7\""));
}

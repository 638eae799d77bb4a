//! A fleet: one verb for every spec of a tree.

use std::collections::BTreeSet;
use std::fs;

use crate::support::peer::needs;
use crate::support::registry::{Kind, Registry};
use crate::support::workspace::Workspace;

/// Clusters of one chart, each with values of its own.
fn fleet(clusters: usize) -> Workspace {
    let workspace = Workspace::new();
    workspace.write("chart/Chart.yaml", "apiVersion: v2\nname: app\nversion: 1.0.0\n");
    workspace.write(
        "chart/templates/t.yaml",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: {{ .Values.name }}, namespace: kube-system}\nstringData:\n  p: {{ randAlphaNum 8 }}\n",
    );
    for number in 1..=clusters {
        let head = format!("bundle: c{number}\ntalos: \"1.12\"\nrecipients:\n  - {}\nparts:\n", workspace.recipient());
        let part = format!(
            "  - name: app\n    chart: ../../chart\n    namespace: kube-system\n    values: [{{name: n{number}}}]\n"
        );
        workspace.write(&format!("clusters/c{number}/ichor.yaml"), head + &part);
    }
    workspace
}

fn lines(text: &str) -> Vec<&str> {
    text.lines().collect()
}

#[test]
fn every_spec_is_locked_built_verified_and_opened_in_order() {
    let workspace = fleet(12);
    let said = workspace.said(&["lock", "--all"]);
    assert!(said.ends_with("12 specs: 12 done\n"), "{said}");
    let wrote: Vec<&str> =
        said.lines().filter(|it| it.contains("wrote")).filter_map(|it| it.split(':').next()).collect();
    let mut names: Vec<String> = (1..=12).map(|it| format!("c{it}")).collect();
    names.sort();
    assert_eq!(wrote, names);
    assert_eq!(workspace.said(&["lock", "--all"]).matches("unchanged:").count(), 12);
    let built = workspace.done(&["build", "--all", "clusters"]);
    let order: Vec<&str> = built.lines().filter_map(|it| it.split("  ").nth(1)).collect();
    assert_eq!(order, names);
    // As each by itself, with any number of workers.
    let alone = workspace.done(&["build", "clusters/c7", "-o", "alone.tar.gz"]);
    let digest = alone.split_whitespace().next().expect("a digest");
    assert!(built.contains(&format!("{digest}  c7\n")), "{built}");
    for workers in ["1", "2", "8"] {
        assert_eq!(workspace.done(&["build", "--all", "--workers", workers, "--rebuild"]), built);
    }
    assert_eq!(workspace.done(&["verify", "--all"]).matches("  verified  c").count(), 12);
    workspace.done(&["build", "--all", "-o", "bundles"]);
    assert!(workspace.exists("bundles/c12.tar.gz"));
    assert_eq!(workspace.done(&["verify", "--all", ".", "bundles"]).lines().count(), 12);
    workspace.refused(&["open", "--all", "-i", "key.txt"], 2, &["D017", "-o DIR"]);
    workspace.done(&["open", "--all", "-i", "key.txt", "-o", "opened", "--for", "kubectl"]);
    for name in &names {
        let folder = workspace.at(&format!("opened/{name}"));
        assert!(fs::read_dir(folder).expect("a folder").count() > 0);
    }
    assert_eq!(workspace.done(&["vendor", "--all", "--check"]), "");
}

#[test]
fn one_that_fails_stops_no_other_and_the_exit_code_tells() {
    let workspace = fleet(5);
    workspace.done(&["lock", "--all"]);
    workspace.done(&["build", "--all"]);
    workspace.edit("clusters/c2/ichor.yaml", "n2", "other");
    workspace.write("clusters/c4/ichor.yaml", "bundle: c4\n");
    let run = workspace.run(&["build", "--all"]);
    assert_eq!(run.code(), 2);
    assert_eq!(run.stdout().lines().count(), 3);
    assert!(run.stderr().ends_with("5 specs: 3 done, 2 failed (c2, c4)\n"), "{}", run.stderr());
    assert!(run.stderr().contains("c4:\nerror[S003]"), "{}", run.stderr());
    // What differs is less than what fails.
    workspace.edit("clusters/c2/ichor.yaml", "other", "n2");
    fs::remove_dir_all(workspace.at("clusters/c4")).expect("removed");
    fs::copy(workspace.at("results/c1"), workspace.at("c3.tar.gz")).expect("copied");
    fs::remove_file(workspace.at("results/c3")).expect("removed");
    fs::copy(workspace.at("c3.tar.gz"), workspace.at("results/c3")).expect("copied");
    let run = workspace.run(&["verify", "--all"]);
    assert_eq!(run.code(), 1);
    assert!(run.stderr().contains("1 with findings or differences (c3)"), "{}", run.stderr());
}

#[test]
fn what_programs_read_is_one_document() {
    let workspace = fleet(3);
    workspace.done(&["lock", "--all"]);
    for (format, pointer) in [("json", "/2/name"), ("sarif", "/runs/0/results")] {
        let text = workspace.run(&["check", "--all", "--format", format]).stdout();
        let read: serde_json::Value = serde_json::from_str(&text).unwrap_or_else(|it| panic!("{format}: {it}: {text}"));
        assert!(read.pointer(pointer).is_some(), "{read}");
    }
    let first = workspace.run(&["check", "--all"]).stdout();
    assert!(first.is_empty() || first.starts_with("== c1\n"), "{first}");
    workspace.refused(&["diff", "--all", "--format", "html"], 2, &["D018"]);
}

#[test]
fn a_folder_that_is_no_fleet_is_refused() {
    let workspace = Workspace::new();
    workspace.refused(&["build", "--all"], 2, &["E007", "holds no spec"]);
    for folder in ["a", "b"] {
        workspace.write(&format!("{folder}/ichor.yaml"), "bundle: same\nparts: []\n");
    }
    workspace.refused(&["build", "--all"], 2, &["E008", "a/ichor.yaml", "b/ichor.yaml"]);
    workspace.refused(&["build", "--all", "none"], 2, &["E001"]);
    for wrong in ["0/2", "3/2", "x"] {
        workspace.refused(&["build", "--all", "--shard", wrong], 2, &["like `2/4`"]);
    }
}

#[test]
fn shares_are_taken_by_name_and_make_up_the_whole() {
    let workspace = fleet(9);
    workspace.done(&["lock", "--all"]);
    let all = workspace.done(&["build", "--all"]);
    let share = |it: &str| workspace.done(&["build", "--all", "--shard", it]);
    let shares: Vec<String> = ["1/4", "2/4", "3/4", "4/4"].map(share).into();
    let together: BTreeSet<&str> = shares.iter().flat_map(|it| it.lines()).collect();
    assert_eq!(together, lines(&all).into_iter().collect());
    assert_eq!(shares.iter().map(|it| it.lines().count()).sum::<usize>(), 9);
    // A spec stays in its share whatever others there are.
    fs::remove_dir_all(workspace.at("clusters/c5")).expect("removed");
    for (share, before) in ["1/4", "2/4", "3/4", "4/4"].iter().zip(&shares) {
        let now = workspace.done(&["build", "--all", "--shard", share]);
        let kept: String = before.lines().filter(|it| !it.ends_with("  c5")).map(|it| format!("{it}\n")).collect();
        assert_eq!(now, kept);
    }
}

#[test]
fn machines_share_what_they_build_through_a_registry() {
    needs!(DockerRegistry);
    let registry = Registry::start(Kind::Plain);
    let workspace = fleet(9);
    workspace.write("home/.config/ichor/config.yaml", registry.head());
    workspace.done(&["lock", "--all"]);
    let cache = format!("oci://{}/fleet/cache", registry.host);
    // Each share is a process with a store of its own, as on a machine of its own.
    let round = |number: usize| {
        let machines: Vec<_> = (1..=4)
            .map(|share| {
                let mut command =
                    workspace.command(&["build", "--all", "--cache", &cache, "--shard", &format!("{share}/4")]);
                command.env("ICHOR_STORE", workspace.at(&format!("store-{number}-{share}")));
                command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
                command.spawn().expect("it starts")
            })
            .collect();
        let ends = machines.into_iter().map(|it| it.wait_with_output().expect("it ends"));
        let mut all = (BTreeSet::new(), String::new());
        for end in ends {
            assert!(end.status.success(), "{}", String::from_utf8_lossy(&end.stderr));
            all.0.extend(String::from_utf8_lossy(&end.stdout).lines().map(str::to_owned));
            all.1 += &String::from_utf8_lossy(&end.stderr);
        }
        all
    };
    let (first, said) = round(1);
    assert_eq!(first.len(), 9);
    assert_eq!(said.matches("taken from the cache").count(), 0, "{said}");
    let (second, said) = round(2);
    assert_eq!(second, first);
    assert_eq!(said.matches("taken from the cache").count(), 9, "{said}");
    // Every entry with one byte changed is refused, and built.
    let mut changed = 0;
    for path in registry.blobs() {
        let mut bytes = fs::read(&path).expect("a blob");
        if bytes.starts_with(&[0x1f, 0x8b]) {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            fs::write(&path, bytes).expect("written");
            changed += 1;
        }
    }
    assert_eq!(changed, 9);
    let (third, said) = round(3);
    assert_eq!(third, first);
    assert_eq!(said.matches("was refused").count() + said.matches("cannot be written").count(), 9, "{said}");
    assert_eq!(said.matches("taken from the cache").count(), 0, "{said}");
}

#[test]
fn what_another_spec_gives_is_refused() {
    needs!(DockerRegistry);
    let registry = Registry::start(Kind::Plain);
    let workspace = fleet(2);
    workspace.write("home/.config/ichor/config.yaml", registry.head());
    workspace.done(&["lock", "--all"]);
    workspace.done(&["build", "--all"]);
    let place = format!("oci://{}/fleet/cache", registry.host);
    // The bundle of the one stands where that of the other is looked for.
    let link = fs::read_link(workspace.at("results/c1")).expect("a link");
    let tag = link.file_name().expect("a name").to_string_lossy().replace(".tar.gz", "");
    workspace.done(&["push", &format!("{place}:{tag}"), "results/c2"]);
    fs::remove_dir_all(workspace.at("store")).expect("a store of its own");
    let said = workspace.said(&["build", "clusters/c1", "--cache", &place]);
    assert!(said.contains("was refused: it was built from something else"), "{said}");
    fs::remove_dir_all(workspace.at("store")).expect("a store of its own");
    let said = workspace.said(&["build", "clusters/c1", "--cache", &place]);
    assert!(said.contains("taken from the cache"), "{said}");
    workspace.refused(&["build", "clusters/c1", "--cache", &format!("{place}:tag")], 2, &["without a tag"]);
}

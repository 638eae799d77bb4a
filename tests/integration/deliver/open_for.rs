//! The flags of `open` and `build` for forms, on the quickstart example.

use std::fs;
use std::path::PathBuf;
use std::process::Output;

use crate::support::git::git;
use crate::support::peer::needs;
use crate::support::repository;
use crate::support::workspace::Workspace;

/// The quickstart example, sealed to a key of its own, locked and built; the key is at hand.
struct Built(Workspace);

impl Built {
    fn new() -> Built {
        let workspace = Workspace::quickstart();
        workspace.done(&["lock"]);
        workspace.done(&["build"]);
        Built(workspace)
    }

    fn path(&self, file: &str) -> PathBuf {
        self.0.at(file)
    }

    fn read(&self, file: &str) -> String {
        self.0.read(file)
    }

    fn run(&self, args: &[&str]) -> Output {
        self.0.command(args).env("ICHOR_IDENTITY", "key.txt").output().expect("ichor runs")
    }

    fn done(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    }

    /// The code of the error that stops a call; nothing may stand on standard output.
    fn fault(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{args:?}");
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        error.split(['[', ']']).nth(1).unwrap_or_default().to_owned()
    }

    /// The files of a folder, but for the notes of what was written.
    fn list(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(folder)).expect("a folder");
        let mut names: Vec<String> =
            entries.map(|it| it.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
        names.retain(|it| it != ".ichor");
        names.sort();
        names
    }
}

#[test]
fn calls_that_make_no_sense_are_told_apart() {
    let workspace = Built::new();
    fs::write(workspace.path("worker.yaml"), "machine:\n  type: worker\n").expect("written");
    fs::write(workspace.path("broken.yaml"), "machine: [\n  secret: hunter2\n").expect("written");
    for (args, code) in [
        (&["open", "--for", "helm"][..], "D002"),
        (&["open", "absent.tar.gz"], "B005"),
        (&["open", "--for", "machine-config"], "D005"),
        (&["open", "--for", "machine-config", "absent.yaml"], "E001"),
        (&["open", "--for", "machine-config", "worker.yaml"], "D004"),
        (&["open", "--for", "machine-config=broken.yaml"], "D004"),
        (&["open", "--for", "files"], "D006"),
        (&["build", "--for", "files", "-o", "-"], "D006"),
        (&["open", "--for", "omni", "--split", "1KiB", "-o", "x/"], "D007"),
        (&["handoff", "flux", "--values", "absent=x.yaml"], "D009"),
        (&["handoff", "flux", "--values", "beacon=absent.yaml"], "E001"),
    ] {
        assert_eq!(workspace.fault(args), code, "{args:?}");
    }
    let shown = workspace.run(&["open", "--for", "machine-config", "broken.yaml"]);
    assert!(!String::from_utf8_lossy(&shown.stderr).contains("hunter2"), "a config's text is never shown");
}

#[test]
fn the_word_after_the_target_is_the_bundle() {
    let workspace = Built::new();
    let patch = workspace.done(&["open"]);
    assert_eq!(workspace.done(&["open", "--for", "talos", "result"]), patch);
    assert_eq!(workspace.done(&["open", "result", "--for", "talos"]), patch);
    fs::write(workspace.path("cp.yaml"), "machine: {type: controlplane}\n").expect("written");
    let config = workspace.done(&["open", "--for", "machine-config", "cp.yaml", "result"]);
    assert!(
        config
            .starts_with("machine: {type: controlplane}\ncluster:\n    inlineManifests:\n        - name: 00-beacon\n")
    );
    assert_eq!(workspace.done(&["open", "--for=machine-config=cp.yaml", "result"]), config);
}

#[test]
fn patches_are_stripped_and_split_on_request() {
    let workspace = Built::new();
    let plain = workspace.done(&["open", "--for", "kubectl"]);
    let stripped = workspace.done(&["open", "--for", "kubectl", "--strip"]);
    assert!(plain.contains("# Source: ") && !stripped.contains("# Source: ") && stripped.len() < plain.len());
    workspace.done(&["open", "--for", "talos", "--split", "4MiB", "-o", "whole/"]);
    assert_eq!(workspace.list("whole"), ["controlplane.yaml", "update.yaml"], "nothing calls for a cut");
    workspace.done(&["open", "--for", "talos", "--split", "6KiB", "-o", "cut/"]);
    let first = workspace.read("cut/controlplane-01.yaml");
    let second = workspace.read("cut/controlplane-02.yaml");
    assert!(first.len() <= 6144 && second.len() <= 6144, "{} {}", first.len(), second.len());
    assert!(first.contains("- name: 00-beacon-01\n") && second.contains("- name: 00-beacon-02\n"), "{second}");
}

#[test]
fn pieces_of_a_stream_sort_in_the_order_of_apply() {
    let workspace = Built::new();
    let crd = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: a.example.com}\n";
    fs::write(workspace.path("network.yaml"), crd).expect("written");
    workspace.done(&["lock"]);
    workspace.done(&["build"]);
    let whole = workspace.done(&["open", "--for", "kubectl"]);
    let run = workspace.run(&["open", "--for", "kubectl", "--split", "2KiB", "-o", "cut/"]);
    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    let names = workspace.list("cut");
    assert!(names.len() > 2 && names[0] == "quickstart-01.yaml", "{names:?}");
    // kubectl reads a folder by names.
    let joined: String = names.iter().map(|it| workspace.read(&format!("cut/{it}"))).collect();
    assert_eq!(joined, whole);
    assert!(joined.starts_with("---\napiVersion: apiextensions.k8s.io/v1\n"), "{joined}");
    // What cannot be cut is said.
    for name in &names {
        let size = workspace.read(&format!("cut/{name}")).len();
        assert_eq!(size > 2048, said.contains(&format!("note: {name} takes ")), "{name}: {size}, {said}");
    }
    assert!(said.contains("note: "), "{said}");
}

#[test]
fn the_next_command_names_what_was_written() {
    let workspace = Built::new();
    let next = |args: &[&str]| {
        let run = workspace.run(&[&["open", "--for"], args].concat());
        let said = String::from_utf8_lossy(&run.stderr).into_owned();
        said.lines().find_map(|it| it.strip_prefix("next: ").map(str::to_owned)).unwrap_or_else(|| panic!("{said}"))
    };
    fs::write(workspace.path("cp.yaml"), "machine: {type: controlplane}\n").expect("written");
    let gen_config = "talosctl gen config NAME https://ENDPOINT:6443 --config-patch-control-plane @";
    assert_eq!(next(&["talos", "-o", "t/"]), format!("{gen_config}t/controlplane.yaml"), "no CNI, no patch for all");
    let run = workspace.run(&["open", "--for", "talos", "-o", "t/"]);
    let update = "talosctl patch machineconfig --nodes CONTROL_PLANES --patch @t/update.yaml";
    assert!(
        String::from_utf8_lossy(&run.stderr)
            .contains(&format!("  or, where control planes hold these manifests already: {update}"))
    );
    let cut = next(&["talos", "--split", "6KiB", "-o", "s/"]);
    assert_eq!(cut.matches("--config-patch-control-plane @s/controlplane-0").count() * 2, workspace.list("s").len());
    assert_eq!(next(&["talos", "-o", "p.yaml"]), "talosctl patch machineconfig --nodes CONTROL_PLANES --patch @p.yaml");
    let config = next(&["machine-config", "cp.yaml", "-o", "cp.yaml"]);
    assert_eq!(config, "talosctl apply-config --nodes CONTROL_PLANE --file cp.yaml");
    assert_eq!(next(&["omni", "-o", "o/"]), "omnictl cluster template sync --file cluster.yaml");
    assert_eq!(next(&["talhelper", "-o", "h/"]), "talhelper genconfig && talhelper gencommand apply | bash");
    assert_eq!(next(&["topf", "-o", "y/"]), "topf apply");
    assert_eq!(next(&["kubectl", "-o", "k.yaml"]), "kubectl apply --server-side --filename k.yaml");
    assert_eq!(next(&["files", "-o", "f/"]), "kubectl apply --server-side --filename f/");
    assert!(
        next(&["flux", "--new-keys", "-o", "x/"]).ends_with("flux reconcile kustomization flux-system --with-source")
    );
}

#[test]
fn git_must_leave_the_files_alone_not_the_folder() {
    needs!(Git);
    let workspace = Built::new();
    let git = git(workspace.0.path(), &["init", "-q"]);
    assert!(git.status.success());
    fs::create_dir(workspace.path("talos")).expect("made");
    fs::write(workspace.path("talos/talconfig.yaml"), "clusterName: home\n").expect("written");
    let open = ["open", "--for", "talhelper", "-o", "talos/"];
    fs::write(workspace.path(".gitignore"), "/talos/talconfig-ichor.yaml\n").expect("written");
    assert_eq!(workspace.fault(&open), "P006");
    assert_eq!(workspace.list("talos"), ["talconfig.yaml"], "nothing is written, where one file may not be");
    fs::write(workspace.path(".gitignore"), "/talos/talconfig-ichor.yaml\n/talos/controlplane.yaml\n")
        .expect("written");
    workspace.done(&open);
    assert_eq!(workspace.list("talos"), ["controlplane.yaml", "talconfig-ichor.yaml", "talconfig.yaml"]);
    // The examples' own rules cover what their pages tell to open.
    let rules = repository().join("examples/.gitignore");
    fs::copy(rules, workspace.path(".gitignore")).expect("copied");
    for (target, folder) in [("talos", "patches/"), ("omni", "omni/"), ("talhelper", "talos/"), ("topf", "topf/")] {
        workspace.done(&["open", "--for", target, "-o", folder]);
    }
    fs::write(workspace.path("controlplane.yaml"), "machine: {type: controlplane}\n").expect("written");
    workspace.done(&["open", "--for", "machine-config", "controlplane.yaml", "-o", "controlplane.yaml"]);
}

#[test]
fn a_config_that_is_a_link_stays_one() {
    let workspace = Built::new();
    fs::create_dir(workspace.path("secrets")).expect("made");
    fs::write(workspace.path("secrets/cp.yaml"), "machine: {type: controlplane}\n").expect("written");
    std::os::unix::fs::symlink("secrets/cp.yaml", workspace.path("cp.yaml")).expect("linked");
    workspace.done(&["open", "--for", "machine-config", "cp.yaml", "-o", "cp.yaml"]);
    assert!(fs::symlink_metadata(workspace.path("cp.yaml")).expect("there").is_symlink());
    assert!(workspace.read("secrets/cp.yaml").contains("name: 00-beacon"));
    assert_eq!(workspace.list("secrets"), ["cp.yaml"], "nothing unfinished is left");
}

#[test]
fn what_an_earlier_run_left_does_not_linger() {
    let workspace = Built::new();
    workspace.done(&["open", "--for", "talos", "--split", "6KiB", "-o", "out/"]);
    fs::write(workspace.path("out/mine.yaml"), "kind: Mine\n").expect("written");
    assert_eq!(workspace.list("out")[..2], ["controlplane-01.yaml", "controlplane-02.yaml"]);
    let run = workspace.run(&["open", "--for", "talos", "-o", "out/"]);
    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(said.contains("removed out/controlplane-02.yaml, which an earlier run wrote"), "{said}");
    assert_eq!(workspace.list("out"), ["controlplane.yaml", "mine.yaml", "update.yaml"]);
    // What somebody changed stays, and so does what another target wrote.
    workspace.done(&["open", "--for", "files", "-o", "out/"]);
    let mut spec = workspace.read("ichor.yaml");
    spec.truncate(spec.find("  - name: policy").expect("the part"));
    fs::write(workspace.path("ichor.yaml"), spec).expect("written");
    workspace.done(&["lock"]);
    workspace.done(&["build"]);
    fs::write(workspace.path("out/10-policy.yaml"), "kind: Changed\n").expect("written");
    let run = workspace.run(&["open", "--for", "files", "-o", "out/"]);
    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(said.contains("out/10-policy.yaml is of an earlier run and was changed since: it stays"), "{said}");
    assert_eq!(
        workspace.list("out"),
        ["00-beacon.yaml", "10-policy.yaml", "controlplane.yaml", "mine.yaml", "update.yaml"]
    );
    // The hand-over of a part that is gone goes, with its folder.
    workspace.done(&["handoff", "flux", "--new-keys"]);
    fs::write(workspace.path("extra.yaml"), "kind: A\nmetadata: {name: a}\napiVersion: v1\n").expect("written");
    let spec = workspace.read("ichor.yaml");
    fs::write(workspace.path("ichor.yaml"), format!("{spec}  - name: extra\n    manifest: extra.yaml\n"))
        .expect("written");
    workspace.done(&["lock"]);
    workspace.done(&["handoff", "flux", "--new-keys"]);
    assert!(workspace.path("flux/extra/manifest.yaml").exists());
    fs::write(workspace.path("ichor.yaml"), spec).expect("written");
    workspace.done(&["lock"]);
    workspace.done(&["handoff", "flux", "--new-keys"]);
    assert!(!workspace.path("flux/extra").exists());
    assert!(workspace.path("flux/beacon/release.yaml").exists());
}

#[test]
fn without_a_cni_no_node_loses_that_of_talos() {
    let workspace = Built::new();
    workspace.done(&["open", "--for", "talos", "-o", "talos/"]);
    assert!(!workspace.path("talos/all.yaml").exists());
    // A build hands over the same with holes.
    let built = workspace.done(&["build", "--for", "talos", "-o", "-"]);
    assert!(built.contains("<sealed:beacon/"));
    let opened = workspace.read("talos/controlplane.yaml");
    assert_eq!(opened.lines().next(), built.lines().next());
    assert!(!opened.contains("<sealed:"));
}

#[test]
fn flux_is_told_of_a_chart_in_the_repository() {
    let workspace = Built::new();
    workspace.done(&["open", "--for", "flux", "--new-keys", "-o", "flux/"]);
    let release = workspace.read("flux/beacon/release.yaml");
    let guide = workspace.read("flux/HANDOFF.md");
    assert!(guide.contains("- `beacon`: `chart: ./chart` in `beacon/release.yaml` is a path from the root"), "{guide}");
    assert!(release.contains("chart: ./chart\n") && release.contains("kind: GitRepository\n"), "{release}");
    assert_eq!(workspace.read("flux/policy/manifest.yaml"), workspace.read("network.yaml"));
    assert!(workspace.read("flux/beacon/values.yaml").contains("    relay:\n      replicas: 2\n"));
    for (path, kind) in [
        ("flux/kustomization.yaml", "kustomize.config.k8s.io"),
        ("flux/quickstart.yaml", "kustomize.toolkit.fluxcd.io"),
    ] {
        assert!(workspace.read(path).contains(kind), "{path}");
    }
}

#[test]
fn a_release_that_would_make_keys_anew_is_refused_until_that_is_accepted() {
    let workspace = Built::new();
    for args in [&["handoff", "flux"][..], &["open", "--for", "flux", "-o", "flux/"]] {
        assert_eq!(workspace.fault(args), "D012");
        let said = String::from_utf8_lossy(&workspace.run(args).stderr).into_owned();
        for word in ["Secret kube-system/beacon-ca", "of part `beacon`", "--new-keys"] {
            assert!(said.contains(word), "{word}: {said}");
        }
    }
    assert!(!workspace.path("flux").exists());
    workspace.done(&["handoff", "flux", "--new-keys"]);
    let guide = workspace.read("flux/HANDOFF.md");
    assert!(
        guide.contains("**The release makes these anew**") && guide.contains("`beacon`: Secret kube-system/beacon-ca"),
        "{guide}"
    );
    assert!(!guide.contains("makes none of them anew"), "{guide}");
}

#[test]
fn check_counts_what_a_node_gets_with_the_secrets_in_it() {
    let workspace = Built::new();
    let checked: serde_json::Value =
        serde_json::from_str(&workspace.done(&["check", "--format", "json"])).expect("JSON");
    let opened = workspace.done(&["open", "--for", "talos"]).len() as u64;
    let counted = checked["sizes"]["talos"].as_u64().expect("a size");
    let sealed = workspace.done(&["build", "--for", "talos"]).len() as u64;
    assert!(opened > sealed + 5000, "{opened} {sealed}");
    // The lines of a key may be broken a little otherwise.
    assert!(counted.abs_diff(opened) < 100, "counted {counted}, opened {opened}");
}

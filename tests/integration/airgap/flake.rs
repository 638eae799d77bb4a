//! The flake, as far as Nix goes without a network: it is read, its function builds a bundle from what lies in `src` alone,
//! and the digest of an unpacked bundle is that of `nix hash path`.

use crate::support::peer::{Peer, needs};
use crate::support::repository;
use crate::support::workspace::Workspace;

/// The function of the flake, with stand-ins for its inputs: `runCommand` gives back what it would run.
const EVALUATE: &str = r#"
let
  flake = import FLAKE;
  package = "/ichor";
  nixpkgs = {
    legacyPackages = { };
    lib = { genAttrs = names: f: { }; importTOML = path: { package = { name = "ichor"; version = "0"; description = ""; }; }; };
  };
  self = { packages.x86_64-linux.default = package; };
  pkgs = {
    stdenv.hostPlatform.system = "x86_64-linux";
    runCommand = name: given: script: { inherit name script; inputs = given.nativeBuildInputs; };
  };
  outputs = flake.outputs { inherit self nixpkgs; };
in
outputs.lib.buildBundle { inherit pkgs; src = "/src"; name = "matrix"; }
"#;

fn nix(args: &[&str], workspace: &Workspace) -> String {
    let mut command = Peer::Nix.command();
    command.args(["--extra-experimental-features", "nix-command"]).args(args);
    let state = workspace.at("nix");
    for (name, below) in
        [("NIX_STATE_DIR", "state"), ("NIX_STORE_DIR", "store"), ("NIX_LOG_DIR", "log"), ("HOME", "home")]
    {
        command.env(name, state.join(below));
    }
    let run = command.output().expect("nix starts");
    assert!(run.status.success(), "{args:?}: {}", String::from_utf8_lossy(&run.stderr));
    String::from_utf8_lossy(&run.stdout).into_owned()
}

#[test]
fn the_flake_builds_a_bundle_and_nix_gives_the_same_digest() {
    needs!(Nix);
    let workspace = Workspace::with("", "  - {name: m, manifest: m.yaml}\n");
    workspace.write("m.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: d}\n");
    workspace.done(&["lock"]);
    let flake = repository().join("flake.nix").display().to_string();
    let expression = EVALUATE.replace("FLAKE", &flake);
    let told = nix(&["eval", "--impure", "--json", "--expr", &expression], &workspace);
    let told: serde_json::Value = serde_json::from_str(&told).expect("JSON");
    assert_eq!(told["name"], "matrix.tar.gz");
    // What the sandbox would run is run here, with what it would have.
    let script = told["script"].as_str().expect("a script").replace("/src/", "./");
    workspace.write(
        "build.sh",
        script.replace("ichor vendor", "\"$ICHOR\" vendor").replace("ichor build", "\"$ICHOR\" build"),
    );
    let run = workspace.shell(&["env"], "mkdir tmp; TMPDIR=$PWD/tmp out=$PWD/out sh -e build.sh");
    assert_eq!(run.code(), 0, "{}", run.stderr());
    let printed = run.stdout();
    let own = printed.split_whitespace().find(|it| it.starts_with("sha256-")).expect("a digest");
    assert_eq!(workspace.shell(&["env"], "mkdir unpacked && tar -xzf out -C unpacked").code(), 0);
    let path = workspace.at("unpacked").display().to_string();
    assert_eq!(nix(&["hash", "path", "--type", "sha256", "--sri", &path], &workspace).trim(), own);
}

# One derivation for each cluster: Nix builds those that changed, as many at once as it has builders.
#
#   nix build --file machines/fleet.nix --builders 'ssh://one x86_64-linux; ssh://two x86_64-linux' --max-jobs 0
#
# What is in `vendor/` and `lockfiles/` must be there, for a build has no network. `ichor` is the package of ichor's flake.
{
  pkgs ? import <nixpkgs> { },
  ichor ? (builtins.getFlake "git+https://git.example.com/ichor.git").packages.${pkgs.system}.default,
  fleet ? ./..,
}:
let
  inherit (pkgs) lib;
  clusters = lib.attrNames (lib.filterAttrs (_: kind: kind == "directory") (builtins.readDir (fleet + "/clusters")));
  bundle =
    name:
    pkgs.runCommand "${name}.tar.gz"
      {
        # What a cluster is built from, so that no other's change builds it anew.
        src = lib.fileset.toSource {
          root = fleet;
          fileset = lib.fileset.unions (
            [ (fleet + "/clusters/${name}") ]
            ++ map lib.fileset.maybeMissing [
              (fleet + "/base")
              (fleet + "/vendor")
              (fleet + "/lockfiles/fleet-${name}.lock") # the bundles here are called `fleet-` and the name of the folder
            ]
          );
        };
        nativeBuildInputs = [ ichor ];
      }
      ''
        export HOME=$TMPDIR ICHOR_STORE=$TMPDIR/store
        ichor build "$src/clusters/${name}" -o "$out"
      '';
in
lib.genAttrs clusters bundle

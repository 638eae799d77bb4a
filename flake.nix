{
  description = "ichor builds the sealed bootstrap of Talos Linux clusters";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs =
    { self, nixpkgs }:
    let
      systems = [ "x86_64-linux" "aarch64-linux" "x86_64-darwin" "aarch64-darwin" ];
      each = f: nixpkgs.lib.genAttrs systems (system: f nixpkgs.legacyPackages.${system});
      manifest = (nixpkgs.lib.importTOML ./Cargo.toml).package;
    in
    {
      packages = each (pkgs: {
        default = pkgs.rustPlatform.buildRustPackage {
          pname = manifest.name;
          version = manifest.version;
          src = self;
          cargoLock.lockFile = ./Cargo.lock;
          # The tests start a registry, a browser and the real Helm: `.ci/run` brings those.
          doCheck = false;
          meta = {
            description = manifest.description;
            license = nixpkgs.lib.licenses.asl20;
            mainProgram = manifest.name;
          };
        };
      });

      # The bundle of a spec, from what lies in `src` alone: the spec, `lockfiles` and `vendor`. A sandbox has no network and no
      # key, and a build asks for neither.
      lib.buildBundle =
        { src, name, pkgs, spec ? "ichor.yaml", ichor ? self.packages.${pkgs.stdenv.hostPlatform.system}.default }:
        pkgs.runCommand "${name}.tar.gz" { nativeBuildInputs = [ ichor ]; } ''
          export HOME=$TMPDIR ICHOR_STORE=$TMPDIR/store
          ichor vendor --check ${src}/${spec}
          ichor build ${src}/${spec} -o "$out"
        '';

      devShells = each (pkgs: {
        default = pkgs.mkShell {
          inputsFrom = [ self.packages.${pkgs.system}.default ];
          packages = with pkgs; [ clippy rustfmt age git openssh openssl python3 skopeo ];
        };
      });
    };
}

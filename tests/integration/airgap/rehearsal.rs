//! The whole way, in two networks without a route between them: lock, vendor, sign, pack; carry; verify, push, open; and
//! then a delta for a new version.

use std::fs;

use super::image::{Image, manifest, random};
use crate::support::peer::{Peer, needs};
use crate::support::registry::{Kind, Registry};
use crate::support::workspace::Workspace;

/// What the site does with what is carried, in a network of its own with a registry.
const SITE: &str = r#"
set -e
ip link set lo up
mkdir -p data
printf 'version: 0.1\nlog: {level: error}\nstorage: {filesystem: {rootdirectory: %s/data}}\nhttp: {addr: 127.0.0.1:5005}\n' "$PWD" > registry.yml
docker-registry serve registry.yml >/dev/null 2>&1 &
registry=$!
trap 'kill $registry' EXIT
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  curl -sf http://127.0.0.1:5005/v2/ >/dev/null && break
  sleep 0.2
done
if curl -s --max-time 2 "http://$2/v2/" >/dev/null; then echo "there is a route"; exit 9; fi
"$ICHOR" verify "$1" ${3:+--base site} --signers signers --signed --rebuilders 2
"$ICHOR" unpack "$1" site
echo "plainHttp: ['127.0.0.1:5005']" > own.yaml
"$ICHOR" images push site/workspace --to 127.0.0.1:5005/mirror --config own.yaml
"$ICHOR" images talos site/workspace --to 127.0.0.1:5005/mirror --plain-http --cache > talos.yaml
"$ICHOR" open site/bundle.tar.gz --lock site/workspace/lockfiles/box.lock -i key.txt > opened.yaml
curl -sf "http://127.0.0.1:5005/v2/_catalog" > catalog.json
"#;

#[test]
fn a_site_without_a_network_gets_a_bundle_and_then_a_newer_one() {
    needs!(DockerRegistry, HelmSdk, Namespaces, SshKeygen, Curl);
    let outside = Registry::with(Kind::Plain, &[("base", "1.0.0")]);
    let host = outside.host.clone();
    let layers = |at: u64| [random(2000, 300_000), random(2000 + at, 100_000)];
    let both = |at: u64| {
        let [amd, arm] = ["amd64", "arm64"].map(|it| (it, Image::of(it, &layers(at))));
        Image::index(&[amd, arm])
    };
    both(1).push(&host, "app/web", "v1");
    both(2).push(&host, "app/web", "v2");
    let near = Workspace::new();
    let head = format!("recipients: [{}]\n{}", near.recipient(), outside.head());
    let parts = format!(
        "  - {{name: base, chart: 'oci://{host}/charts/base', version: 1.0.0, namespace: d}}\n  - {{name: own, chart: ./own, namespace: d}}\n  \
         - {{name: pods, manifest: pods.yaml}}\n"
    );
    near.spec(&head, &parts);
    near.write("own/Chart.yaml", "apiVersion: v2\nname: own\nversion: 1.0.0\n");
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {p: {{ randAlphaNum 12 | b64enc }}}\n";
    near.write("own/templates/s.yaml", secret);
    let mut signers = String::new();
    for name in ["anna", "bert"] {
        let mut keygen = Peer::SshKeygen.command();
        keygen.args(["-q", "-t", "ed25519", "-N", "", "-C", name, "-f"]).arg(near.at(name));
        assert!(keygen.status().expect("ssh-keygen starts").success());
        signers += &format!("{name} {}", near.read(&format!("{name}.pub")));
    }
    let far = Workspace::new();
    far.write("signers", &signers);
    fs::copy(near.key(), far.key()).expect("the site has the key");
    let mut sizes = Vec::new();
    for (version, file) in [("v1", "box-1.parcel"), ("v2", "box-2.parcel")] {
        near.write("pods.yaml", manifest(&[format!("{host}/app/web:{version}")]));
        near.done(&["lock"]);
        near.done(&["vendor", "--images"]);
        near.done(&["vendor", "--prune"]);
        near.done(&["build", "--no-check", "-o", "b.tar.gz"]);
        for name in ["anna", "bert"] {
            near.done(&["attest", "b.tar.gz", "--key", name, "-o", &format!("{name}.json")]);
        }
        let mut args = vec!["pack", "-o", file, "--attestation=anna.json", "--attestation=bert.json"];
        if version == "v2" {
            args.extend(["--since", "box-1.parcel"]);
        }
        near.done(&args);
        near.done(&["sign", file, "--key", "anna"]);
        // On a disk, by hand.
        for name in [file.to_owned(), format!("{file}.sig")] {
            fs::copy(near.at(&name), far.at(&name)).expect("carried");
        }
        sizes.push(fs::metadata(far.at(file)).expect("a parcel").len());
        let base = if version == "v2" { "base" } else { "" };
        let run = far.shell_with(&["unshare", "-rn"], SITE, &[file, &host, base]);
        assert_eq!(run.code(), 0, "{version}: {}{}", run.stdout(), run.stderr());
        let repository = format!("mirror/{}/app/web", host.replace(':', "_"));
        assert!(far.read("catalog.json").contains(&repository), "{}", far.read("catalog.json"));
        assert!(far.read("opened.yaml").contains(&format!("app/web:{version}")));
        assert!(far.read("talos.yaml").contains("IMAGECACHE"));
        if version == "v2" {
            let sent = run.stderr();
            assert!(sent.contains("3 blobs went there"), "the shared layer is there already: {sent}");
        }
    }
    println!("the whole parcel has {} bytes, the delta {}", sizes[0], sizes[1]);
}

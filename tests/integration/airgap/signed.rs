//! Signatures that a spec asks for: by cosign, with a key and without one, and Helm's provenance. The far side has no network.

use std::fs;

use ichor::base::digest::Digest;

use super::image::{Image, manifest, random};
use crate::support::peer::{Peer, needs};
use crate::support::registry::{Kind, Registry};
use crate::support::repository;
use crate::support::server::{Answer, Server};
use crate::support::workspace::Workspace;

const IDENTITY: &str = "https://ci.example/build@refs/tags/v1";
const ISSUER: &str = "https://issuer.example";

/// A registry with a chart and an image, a workspace that asks for a signature of both, and their digests.
fn asked(registry: &Registry, demand: &str, seed: u64) -> (Workspace, [Digest; 2]) {
    let host = &registry.host;
    let image = Image::of("amd64", &[random(seed, 20_000)]);
    image.push(host, "app/web", "v1");
    let workspace = Workspace::new();
    let part = format!("{{name: base, chart: 'oci://{host}/charts/base', version: 1.0.0, namespace: d");
    let pods = "  - {name: pods, manifest: pods.yaml}\n";
    workspace.write("pods.yaml", manifest(&[format!("{host}/app/web:v1")]));
    workspace.spec(&registry.head(), &format!("  - {part}}}\n{pods}"));
    workspace.done(&["lock"]);
    let chart = workspace.lock().lines().find_map(|it| it.trim().strip_prefix("manifest: ").map(str::to_owned));
    let chart = chart.expect("a digest").parse().expect("a digest");
    let head = format!("{}verifyImages: [{{images: '{host}/app/*', {demand}}}]\n", registry.head());
    workspace.spec(&head, &format!("  - {part}, verify: {{{demand}}}}}\n{pods}"));
    (workspace, [chart, image.digest()])
}

/// Signs both with a program that takes the name of each as its last argument.
fn with_cosign(workspace: &Workspace, registry: &Registry, digests: &[Digest; 2], options: &[&str]) {
    for (name, digest) in ["charts/base", "app/web"].iter().zip(digests) {
        let mut command = Peer::Cosign.command();
        command.current_dir(workspace.path()).env("COSIGN_PASSWORD", "").env("HOME", workspace.at("home"));
        command.args(["sign", "--yes", "--key=cosign.key", "--tlog-upload=false", "--use-signing-config=false"]);
        command.args(options).args(["--allow-http-registry", &format!("{}/{name}@{digest}", registry.host)]);
        let run = command.output().expect("cosign starts");
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    }
}

fn key_pair(workspace: &Workspace) {
    let mut command = Peer::Cosign.command();
    command.current_dir(workspace.path()).env("COSIGN_PASSWORD", "").arg("generate-key-pair");
    assert!(command.output().expect("cosign starts").status.success());
}

/// Runs the Sigstore of the tests.
fn sigstore(workspace: &Workspace, args: &[&str]) {
    let script = repository().join("tests/peers/sigstore.py");
    let mut command = Peer::Python.command();
    let run = command.arg(script).args(args).current_dir(workspace.path()).output().expect("python starts");
    assert!(run.status.success(), "{args:?}: {}", String::from_utf8_lossy(&run.stderr));
}

fn sign(workspace: &Workspace, registry: &Registry, digests: &[Digest; 2], options: &[&str]) {
    for (name, digest) in ["charts/base", "app/web"].iter().zip(digests) {
        let digest = digest.to_string();
        let own = ["sign", "authority", "--host", &registry.host, "--repository", name, "--digest", &digest];
        sigstore(workspace, &[&own[..], options].concat());
    }
}

/// Locks, vendors, packs; and then all is judged again where there is no network, and pushed with its signatures.
fn goes_through(workspace: &Workspace, by: &str) {
    workspace.done(&["lock"]);
    assert!(workspace.lock().contains(&format!("signedBy: {by}")), "{by}: {}", workspace.lock());
    let said = workspace.said(&["vendor", "--images"]);
    assert!(said.contains(&format!("base: signed by {by}")), "{said}");
    assert!(said.contains("1 image had to be signed, and each is"), "{said}");
    workspace.done(&["vendor", "--prune"]);
    workspace.done(&["vendor", "--check", "--images"]);
    workspace.done(&["build", "--no-check", "-o", "b.tar.gz"]);
    workspace.done(&["pack", "-o", "box.parcel"]);
    let far = Workspace::new();
    fs::copy(workspace.at("box.parcel"), far.at("box.parcel")).expect("carried");
    let run = far.shell(&["unshare", "-rn"], "\"$ICHOR\" verify box.parcel && \"$ICHOR\" unpack box.parcel site");
    assert_eq!(run.code(), 0, "{}", run.stderr());
    assert!(run.stderr().contains(&format!("base: signed by {by}")), "{}", run.stderr());
    assert!(run.stderr().contains("with 1 image;"), "{}", run.stderr());
    let again = "\"$ICHOR\" -C site/workspace vendor --check --images && \"$ICHOR\" verify site/bundle.tar.gz -s site/workspace";
    let run = far.shell(&["unshare", "-rn"], again);
    assert_eq!(run.code(), 0, "{}{}", run.stdout(), run.stderr());
    // Whoever takes the signature out of what was carried is told.
    let script = "cd site/workspace && python3 - <<'END'\nimport json\nindex = json.load(open('vendor/index.json'))\n\
                  kept = [it for it in index['manifests'] if ':sha256-' not in it['annotations']['org.opencontainers.image.ref.name']]\n\
                  assert len(kept) < len(index['manifests'])\nindex['manifests'] = kept\n\
                  text = json.dumps(index, indent=2, ensure_ascii=False)\nopen('vendor/index.json', 'w').write(text + '\\n')\nEND\n";
    assert_eq!(far.shell(&["env"], script).code(), 0);
    let run = far.shell(&["unshare", "-rn"], again);
    assert!(run.code() == 1 && run.stdout().contains("signature"), "{}{}", run.stdout(), run.stderr());
}

#[test]
fn by_a_key_in_both_layouts_of_cosign() {
    needs!(Cosign, DockerRegistry, HelmSdk, Namespaces, Python);
    for (at, options) in [&[][..], &["--new-bundle-format=false"]].into_iter().enumerate() {
        let registry = Registry::with(Kind::Plain, &[("base", "1.0.0")]);
        let (workspace, digests) = asked(&registry, "key: cosign.pub", 3000 + at as u64);
        workspace.refused(&["build", "-o", "b.tar.gz"], 2, &["L006", "signer"]);
        key_pair(&workspace);
        workspace.refused(&["lock"], 1, &["V027", "part `base`", "it has no signature", "ichor.yaml:"]);
        with_cosign(&workspace, &registry, &digests, options);
        let key = Digest::of(workspace.read("cosign.pub").as_bytes());
        goes_through(&workspace, &format!("key {key}"));
        // Signatures go along into another registry, where cosign finds them.
        let inside = Registry::start(Kind::Plain);
        workspace.write("own.yaml", format!("plainHttp: ['{}']\n", inside.host));
        let said = workspace.said(&["images", "push", &format!("--to={}", inside.host), "--config=own.yaml"]);
        assert!(said.contains("has 1 image;"), "{said}");
        let name = format!("{}/{}/app/web@{}", inside.host, registry.host.replace(':', "_"), digests[1]);
        let mut command = Peer::Cosign.command();
        command.current_dir(workspace.path()).env("HOME", workspace.at("home"));
        command.args(["verify", "--key=cosign.pub", "--insecure-ignore-tlog", "--allow-http-registry"]);
        let run = command.args(options).arg(&name).output().expect("cosign starts");
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
        // Another key is none.
        workspace.shell(&["env"], "rm cosign.key cosign.pub");
        key_pair(&workspace);
        workspace.refused(&["lock"], 1, &["V027", "is not by that key"]);
        workspace.refused(&["vendor", "--check", "--images"], 1, &["is not by that key"]);
        workspace.refused(&["pack", "-o", "no.parcel"], 1, &["V027"]);
        workspace.refused(&["verify", "b.tar.gz"], 1, &["V027"]);
        // A change of the signer is told to whoever reviews the lock.
        workspace.write("old.lock", workspace.lock());
        with_cosign(&workspace, &registry, &digests, options);
        workspace.done(&["lock"]);
        let other = Digest::of(workspace.read("cosign.pub").as_bytes());
        assert!(
            workspace.lock().contains(&format!("imageSigners:\n      {}/app/web:v1: key {other}\n", registry.host))
        );
        let told = workspace.run(&["diff", "old.lock", "--routine"]);
        for text in ["the chart is signed by", "/app/web:v1 is signed by"] {
            let [now, before] = [&other, &key].map(|it| it.to_string().chars().take(19).collect::<String>());
            let text = format!("{text} key {now}…; before it was key {before}…");
            assert!(told.code() == 1 && told.stdout().contains(&text), "{text}: {}", told.stdout());
        }
        let before = workspace.lock();
        workspace.done(&["vendor"]);
        workspace.done(&["lock", "--offline"]);
        assert_eq!(workspace.lock(), before);
        workspace.write("cosign.pub", "no key\n");
        workspace.refused(&["lock"], 2, &["V028", "the public key"]);
    }
}

#[test]
fn by_an_identity_in_both_layouts_and_the_attacks() {
    needs!(Cosign, DockerRegistry, HelmSdk, Namespaces, Openssl, Python);
    let demand = format!("issuer: '{ISSUER}', subject: 'https://ci.example/*@refs/tags/v*', root: authority/root.json");
    let mut refused = 0;
    for (at, layout) in ["--layout=newer", "--layout=older"].into_iter().enumerate() {
        let registry = Registry::with(Kind::Plain, &[("base", "1.0.0")]);
        let (workspace, digests) = asked(&registry, &demand, 3100 + at as u64);
        sigstore(&workspace, &["make", "authority"]);
        let whole = workspace.read("authority/root.json");
        let mut attack = |what: &str, options: &[&str], word: &str| {
            sign(&workspace, &registry, &digests, &[&[layout, "--alone"][..], options].concat());
            let said = workspace.refused(&["lock"], 1, &["V027", "part `base`"]);
            assert!(said.contains(word), "{what}: {said}");
            refused += 1;
        };
        let other = digests[1].to_string();
        let says = format!("--says={}", Digest::of(b"other"));
        attack("another identity", &["--identity=https://evil.example/build@refs/tags/v1"], "is by https://evil");
        attack("a branch in place of a tag", &["--identity=https://ci.example/build@refs/heads/v1"], "is by");
        attack("a mail in place of an address", &["--identity=ci@example.org"], "is by ci@example.org");
        attack("another issuer", &["--issuer=https://other.example"], "does not verify");
        attack("another artifact", &[&says], "over something else");
        attack("that of the other one", &[&format!("--says={other}")], "");
        attack("no code is signed by it", &["--usage=serverAuth"], "does not verify");
        attack("before the certificate", &["--later=-86400"], "does not verify");
        attack("after the certificate", &["--later=864000"], "does not verify");
        match layout {
            "--layout=newer" => {
                attack("an attestation", &["--predicate=https://slsa.dev/provenance/v1"], "does not sign it");
                attack("no proof", &["--without=inclusionProof"], "does not verify");
                attack("no promise", &["--without=inclusionPromise"], "does not verify");
                attack("no log at all", &["--without=log"], "does not verify");
            }
            _ => {
                attack("no promise", &["--without=dev.sigstore.cosign/bundle"], "no promise");
                attack("no certificate", &["--without=dev.sigstore.cosign/certificate"], "by a key");
                attack("no signature", &["--without=dev.cosignproject.cosign/signature"], "no signature");
            }
        }
        sign(&workspace, &registry, &digests, &[layout, "--alone"]);
        workspace.write("authority/root.json", workspace.read("authority/ended.json"));
        workspace.refused(&["lock"], 1, &["V027", "does not verify"]);
        sigstore(&workspace, &["make", "foreign"]);
        workspace.write("authority/root.json", workspace.read("foreign/root.json"));
        workspace.refused(&["lock"], 1, &["V027", "does not verify"]);
        let spec = workspace.read("ichor.yaml");
        workspace.write("ichor.yaml", spec.replace(", root: authority/root.json", ""));
        workspace.refused(&["lock"], 1, &["V027", "does not verify"]);
        workspace.write("ichor.yaml", &spec);
        workspace.write("authority/root.json", "{}");
        workspace.refused(&["lock"], 2, &["V028", "file of roots"]);
        refused += 4;
        workspace.write("authority/root.json", &whole);
        goes_through(&workspace, &format!("{IDENTITY} ({ISSUER})"));
        if layout == "--layout=older" {
            let mut command = Peer::Cosign.command();
            command.current_dir(workspace.path()).env("HOME", workspace.at("home"));
            command.args(["verify", "--trusted-root=authority/root.json", "--insecure-ignore-sct", "--offline"]);
            command.args(["--allow-http-registry", "--new-bundle-format=false"]);
            command
                .args([&format!("--certificate-identity={IDENTITY}"), &format!("--certificate-oidc-issuer={ISSUER}")]);
            let run = command.arg(format!("{}/app/web@{}", registry.host, digests[1])).output().expect("cosign starts");
            assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
        }
    }
    println!("{refused} attacks on identities, {refused} refusals");
}

/// Makes a chart with a provenance as Helm does, by a key of GnuPG; the name of a key is its folder.
const PROVEN: &str = r#"
set -e
mkdir -p chart/base/templates repo
printf 'apiVersion: v2\nname: base\nversion: 1.0.0\n' > chart/base/Chart.yaml
printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n' > chart/base/templates/c.yaml
tar -czf repo/base-1.0.0.tgz -C chart base
for name in anna eve; do
  mkdir -p -m 700 $name
  gpg --homedir $name --batch --quiet --passphrase '' --quick-generate-key "$name <$name@example.org>" rsa2048 sign never
  gpg --homedir $name --export > $name.gpg
done
printf 'apiVersion: v1\nentries:\n  base:\n  - {name: base, version: 1.0.0, urls: [base-1.0.0.tgz]}\n' > repo/index.yaml
"#;

/// Signs as `helm package --sign` does: the chart's metadata, and its digest.
const SIGN: &str = r#"
set -e
cat chart/base/Chart.yaml > text
printf '\n...\nfiles:\n  base-1.0.0.tgz: sha256:%s\n' "${2:-$(sha256sum repo/base-1.0.0.tgz | cut -d' ' -f1)}" >> text
rm -f repo/base-1.0.0.tgz.prov
gpg --homedir "$1" --batch --quiet --pinentry-mode loopback --passphrase '' --clearsign -o repo/base-1.0.0.tgz.prov text
"#;

#[test]
fn helms_provenance_is_judged_wherever_the_chart_comes_from() {
    needs!(DockerRegistry, Gpg, HelmSdk, Namespaces);
    let made = Workspace::new();
    let run = made.shell(&["env"], PROVEN);
    assert_eq!(run.code(), 0, "{}", run.stderr());
    let sign = |key: &str, digest: &str| {
        let run = made.shell_with(&["env"], SIGN, &[key, digest]);
        assert_eq!(run.code(), 0, "{}", run.stderr());
    };
    let folder = made.at("repo");
    let server = Server::start(move |asked| match fs::read(folder.join(asked.path.trim_start_matches('/'))) {
        Ok(bytes) => Answer::new(200, bytes),
        Err(_) => Answer::new(404, ""),
    });
    let registry = Registry::start(Kind::Plain);
    for source in ["http", "file", "oci"] {
        let workspace = Workspace::new();
        fs::copy(made.at("anna.gpg"), workspace.at("anna.gpg")).expect("copied");
        let address = match source {
            "http" => format!("http://{}/base", server.host),
            "file" => "./base-1.0.0.tgz".into(),
            _ => format!("oci://{}/charts/base", registry.host),
        };
        let version = if source == "file" { "" } else { ", version: 1.0.0" };
        let head = format!("plainHttp: ['{}', '{}']\n", server.host, registry.host);
        let part =
            format!("  - {{name: base, chart: '{address}'{version}, namespace: d, verify: {{keyring: anna.gpg}}}}\n");
        workspace.spec(&head, &part);
        let bring = || {
            let _ = fs::remove_dir_all(workspace.at("cache"));
            for name in ["base-1.0.0.tgz", "base-1.0.0.tgz.prov"] {
                let _ = fs::remove_file(workspace.at(name));
                if source == "file" && made.exists(&format!("repo/{name}")) {
                    fs::copy(made.at("repo").join(name), workspace.at(name)).expect("copied");
                }
            }
            if source == "oci" {
                registry.push_files("charts", &[made.at("repo/base-1.0.0.tgz")]);
            }
        };
        let _ = fs::remove_file(made.at("repo/base-1.0.0.tgz.prov"));
        bring();
        workspace.refused(&["lock"], 1, &["V027", "part `base`", "it has no signature"]);
        sign("eve", "");
        bring();
        workspace.refused(&["lock"], 1, &["V027", "not in the keyring"]);
        sign("anna", &Digest::of(b"another").hex());
        bring();
        workspace.refused(&["lock"], 1, &["V027", "over another archive"]);
        sign("anna", "");
        bring();
        workspace.done(&["lock"]);
        assert!(workspace.lock().contains("signedBy: OpenPGP "), "{}", workspace.lock());
        let said = workspace.said(&["vendor"]);
        assert!(said.contains("base: signed by OpenPGP "), "{said}");
        workspace.done(&["vendor", "--prune"]);
        workspace.done(&["vendor", "--check"]);
        workspace.done(&["pack", "-o", "box.parcel"]);
        let far = Workspace::new();
        fs::copy(workspace.at("box.parcel"), far.at("box.parcel")).expect("carried");
        let run = far.shell(&["unshare", "-rn"], "\"$ICHOR\" verify box.parcel");
        assert!(run.code() == 0 && run.stderr().contains("signed by OpenPGP"), "{source}: {}", run.stderr());
        workspace.write("anna.gpg", fs::read(made.at("eve.gpg")).expect("a keyring"));
        workspace.refused(&["vendor", "--check"], 1, &["not in the keyring"]);
        workspace.refused(&["pack", "-o", "no.parcel"], 1, &["V027"]);
    }
}

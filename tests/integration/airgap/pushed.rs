//! Images into the registry of a site and into Talos' cache, and what nodes are told of both.

use std::collections::BTreeSet;
use std::fs;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ichor::base::digest::Digest;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::image::{Image, manifest, random};
use crate::support::judges;
use crate::support::peer::{Peer, needs};
use crate::support::registry::{Kind, Registry};
use crate::support::server::{Answer, Asked, Server};
use crate::support::workspace::Workspace;

/// An outside registry with two images that share a layer, and a workspace whose `vendor` holds them.
fn carried(seed: u64, size: usize, platforms: &[&str]) -> (Registry, Workspace, [Image; 2]) {
    let registry = Registry::start(Kind::Plain);
    let layer = |at: u64| random(seed + at, size);
    let both = [("amd64", Image::of("amd64", &[layer(0), layer(1)])), ("arm64", Image::of("arm64", &[layer(2)]))];
    let images = [Image::index(&both), Image::of("amd64", &[layer(0), layer(3)])];
    images[0].push(&registry.host, "a/many", "v1");
    images[1].push(&registry.host, "b/one", "v2");
    let host = &registry.host;
    let workspace = Workspace::with(&format!("plainHttp: ['{host}']\n"), "  - {name: m, manifest: m.yaml}\n");
    let pinned = format!("{host}/b/one:v2@{}", images[1].digest());
    workspace.write("m.yaml", manifest(&[format!("{host}/a/many:v1"), pinned]));
    workspace.done(&["lock"]);
    workspace.done(&[&["vendor", "--images"], platforms].concat());
    (registry, workspace, images)
}

/// A file of settings that lets a host be spoken to in plain http.
fn settings(workspace: &Workspace, host: &str) -> String {
    workspace.write("own.yaml", format!("plainHttp: ['{host}']\n"));
    format!("--config={}", workspace.at("own.yaml").display())
}

fn place(outside: &Registry) -> String {
    outside.host.replace(':', "_")
}

fn digest_at(host: &str, repository: &str, reference: &str) -> Option<Digest> {
    let accept = [super::image::INDEX, super::image::MANIFEST].join(", ");
    let url = format!("http://{host}/v2/{repository}/manifests/{reference}");
    let mut answer = ureq::get(&url).header("accept", &accept).call().ok()?;
    Some(Digest::of(&answer.body_mut().read_to_vec().expect("a body")))
}

#[test]
fn images_go_into_another_registry_and_come_out_the_same() {
    needs!(DockerRegistry, Skopeo);
    let (outside, workspace, images) = carried(100, 90_000, &[]);
    let inside = Registry::start(Kind::Plain);
    let own = settings(&workspace, &inside.host);
    let to = format!("--to={}/mirror", inside.host);
    // The site has no way out.
    let below = format!("mirror/{}", place(&outside));
    drop(outside);
    let said = workspace.said(&["images", "push", &to, &own]);
    // The layer that both have went there once.
    assert!(said.contains("has 2 images; 0 were there, 7 blobs went there"), "{said}");
    assert_eq!(digest_at(&inside.host, &format!("{below}/a/many"), "v1"), Some(images[0].digest()));
    assert_eq!(digest_at(&inside.host, &format!("{below}/b/one"), "v2"), Some(images[1].digest()));
    let by_digest = images[1].digest().to_string();
    assert_eq!(digest_at(&inside.host, &format!("{below}/b/one"), &by_digest), Some(images[1].digest()));
    let said = workspace.said(&["images", "push", &to, &own]);
    assert!(said.contains("2 were there, 0 blobs went there, 0 B"), "{said}");
    // Somebody else takes it out again, every layer of it.
    let name = format!("docker://{}/{below}/a/many:v1", inside.host);
    let target = format!("dir:{}", workspace.at("out").display());
    let copied = Peer::Skopeo.command().args(["copy", "--all", "--src-tls-verify=false", &name, &target]).output();
    let copied = copied.expect("skopeo starts");
    assert!(copied.status.success(), "{}", String::from_utf8_lossy(&copied.stderr));
    for (digest, bytes) in &images[0].blobs {
        assert_eq!(fs::read(workspace.at("out").join(digest.hex())).expect("a blob"), *bytes);
    }
}

#[test]
fn a_registry_that_knows_its_users_is_shown_who_pushes() {
    needs!(DockerRegistry, Htpasswd);
    let (outside, workspace, images) = carried(150, 40_000, &[]);
    let inside = Registry::start(Kind::Basic);
    let own = settings(&workspace, &inside.host);
    let to = format!("--to={}", inside.host);
    let run = workspace.run(&["images", "push", &to, &own]);
    assert!(run.code() == 3 && run.stderr().contains("V011"), "{}", run.stderr());
    let auth = format!("{{\"auths\": {{\"{}\": {{\"auth\": \"bWU6c2VjcmV0\"}}}}}}", inside.host);
    workspace.write("home/.docker/config.json", auth);
    workspace.done(&["images", "push", &to, &own]);
    let url = format!("http://me:secret@{}/v2/{}/b/one/manifests/v2", inside.host, place(&outside));
    let _ = (url, images);
    assert!(workspace.said(&["images", "push", &to, &own]).contains("2 were there"));
}

/// What a registry took, told by what stands in front of it.
#[derive(Default)]
struct Taken {
    /// How many requests were answered.
    answered: usize,
    /// Each blob that came whole, with its repository.
    whole: BTreeSet<String>,
    /// Those that came whole once more.
    again: Vec<String>,
    /// The bytes of all that came.
    bytes: usize,
}

impl Taken {
    fn note(&mut self, asked: &Asked, status: u16) {
        self.answered += 1;
        if !["PUT", "PATCH"].contains(&asked.method.as_str()) || !asked.path.contains("/blobs/uploads/") {
            return;
        }
        self.bytes += asked.body.len();
        let Some((place, digest)) = asked.path.split_once("digest=") else { return };
        let repository = place.split("/blobs/").next().unwrap_or_default();
        let blob = format!("{repository} {}", digest.replace("%3A", ":"));
        if status == 201 && !self.whole.insert(blob.clone()) {
            self.again.push(blob);
        }
    }
}

#[test]
fn no_blob_is_sent_twice_though_it_is_killed_fifty_times() {
    needs!(DockerRegistry);
    let (outside, workspace, images) = carried(200, 800_000, &[]);
    let mut choices = StdRng::seed_from_u64(3);
    let (mut killed, mut rounds, mut sent, mut whole) = (0, 0, 0, 0);
    let size: usize = images.iter().flat_map(|it| it.blobs.values()).map(Vec::len).sum::<usize>() - 800_000;
    while killed < 50 {
        let inside = Registry::start(Kind::Plain);
        let taken: Arc<Mutex<Taken>> = Arc::default();
        let seen = Arc::clone(&taken);
        let front = Server::before(&inside.host, move |asked, answer| {
            seen.lock().expect("no panic").note(asked, answer.status);
            answer
        });
        let own = settings(&workspace, &front.host);
        let to = format!("--to={}", front.host);
        let args = ["images", "push", to.as_str(), own.as_str(), "--limit-rate=8M", "--jobs=1"];
        rounds += 1;
        for _ in 0..5 {
            let mut run = workspace.command(&args).stderr(Stdio::null()).spawn().expect("it starts");
            std::thread::sleep(Duration::from_millis(choices.random_range(0..500)));
            if run.try_wait().expect("a run").is_none() {
                run.kill().expect("killed");
                killed += 1;
            }
            let _ = run.wait();
            // What was sent by then, the registry has before the next run asks.
            let is_answered = || taken.lock().expect("no panic").answered == front.asked().len();
            for _ in 0..600 {
                if is_answered() {
                    break;
                }
                std::thread::sleep(Duration::from_millis(10));
            }
            let last = front.asked().pop().map(|it| (it.method, it.path));
            assert!(is_answered(), "the registry does not answer {last:?}");
        }
        workspace.done(&args);
        let below = place(&outside);
        assert_eq!(digest_at(&inside.host, &format!("{below}/a/many"), "v1"), Some(images[0].digest()));
        let taken = taken.lock().expect("no panic");
        assert!(taken.again.is_empty(), "sent twice: {:?}", taken.again);
        (sent, whole) = (sent + taken.bytes, whole + taken.whole.len());
    }
    println!(
        "killed {killed} times in {rounds} registries: {whole} blobs came whole, none twice; {sent} bytes sent, {} needed",
        size * rounds
    );
}

#[test]
fn a_registry_that_dies_in_the_middle_takes_the_rest_later() {
    needs!(DockerRegistry);
    let (outside, workspace, images) = carried(700, 300_000, &[]);
    let inside = Registry::start(Kind::Plain);
    let taken: Arc<Mutex<Taken>> = Arc::default();
    // It takes two blobs, and then nothing any more: neither an answer nor a whole one.
    let (seen, is_dead) = (Arc::clone(&taken), Arc::new(AtomicBool::new(true)));
    let state = Arc::clone(&is_dead);
    let front = Server::before(&inside.host, move |asked, answer| {
        let mut taken = seen.lock().expect("no panic");
        if state.load(Ordering::SeqCst) && taken.whole.len() >= 2 {
            return Answer { cut: Some(0), ..Answer::new(500, "") };
        }
        taken.note(asked, answer.status);
        answer
    });
    let own = settings(&workspace, &front.host);
    let to = format!("--to={}", front.host);
    let run = workspace.run(&["images", "push", &to, &own, "--jobs=1", "--timeout=3"]);
    assert_eq!(run.code(), 3, "{}", run.stderr());
    assert!(run.stderr().contains(&front.host), "{}", run.stderr());
    assert_eq!(digest_at(&inside.host, &format!("{}/a/many", place(&outside)), "v1"), None, "no name without content");
    is_dead.store(false, Ordering::SeqCst);
    workspace.done(&["images", "push", &to, &own, "--jobs=1"]);
    assert_eq!(digest_at(&inside.host, &format!("{}/a/many", place(&outside)), "v1"), Some(images[0].digest()));
    let taken = taken.lock().expect("no panic");
    assert!(taken.again.is_empty() && taken.whole.len() >= 7, "{:?} {:?}", taken.again, taken.whole);
}

#[test]
fn an_index_without_all_of_its_platforms_is_cut_or_refused() {
    needs!(DockerRegistry);
    let (outside, workspace, images) = carried(300, 30_000, &["--platform=linux/amd64"]);
    let inside = Registry::start(Kind::Plain);
    let own = settings(&workspace, &inside.host);
    let to = format!("--to={}", inside.host);
    let said = workspace.said(&["images", "push", &to, &own]);
    assert!(said.contains("takes no index that lacks platforms"), "{said}");
    let found = digest_at(&inside.host, &format!("{}/a/many", place(&outside)), "v1");
    assert!(found.is_some() && found != Some(images[0].digest()));
    // One that is pinned by the digest of its index cannot be cut.
    workspace.write("m.yaml", manifest(&[format!("{}/a/many:v1@{}", outside.host, images[0].digest())]));
    workspace.done(&["lock"]);
    workspace.done(&["vendor", "--images", "--platform=linux/amd64"]);
    workspace.done(&["vendor", "--prune"]);
    let run = workspace.run(&["images", "push", &to, &own]);
    assert_eq!(run.code(), 2, "{}", run.stderr());
    assert!(run.stderr().contains("V026") && run.stderr().contains("linux/arm64"), "{}", run.stderr());
}

#[test]
fn what_is_missing_or_damaged_is_not_pushed() {
    needs!(DockerRegistry);
    let (_outside, workspace, images) = carried(400, 20_000, &[]);
    let inside = Registry::start(Kind::Plain);
    let own = settings(&workspace, &inside.host);
    let to = format!("--to={}", inside.host);
    let layer = workspace.at("vendor/blobs/sha256").join(Digest::of(&random(403, 20_000)).hex());
    let bytes = fs::read(&layer).expect("a layer");
    let mut other = bytes.clone();
    other[5] ^= 1;
    fs::write(&layer, &other).expect("written");
    let run = workspace.run(&["images", "push", &to, &own]);
    assert_ne!(run.code(), 0);
    assert_eq!(digest_at(&inside.host, "b/one", "v2"), None);
    fs::remove_file(&layer).expect("removed");
    let run = workspace.run(&["images", "push", &to, &own]);
    assert!(run.code() == 2 && run.stderr().contains("V019") && run.stderr().contains("missing"), "{}", run.stderr());
    fs::write(&layer, &bytes).expect("written");
    workspace.done(&["images", "push", &to, &own]);
    let _ = images;
    let run = workspace.run(&["images", "push", "--to=Nowhere/x"]);
    assert_eq!(run.code(), 2);
}

#[test]
fn the_cache_of_talos_has_its_layout() {
    needs!(DockerRegistry);
    let (outside, workspace, images) = carried(500, 20_000, &[]);
    for _ in 0..2 {
        workspace.done(&["images", "cache", "-o", "cache-dir"]);
        for (digest, bytes) in images.iter().flat_map(|it| &it.blobs) {
            assert_eq!(
                fs::read(workspace.at("cache-dir/blob").join(format!("sha256-{}", digest.hex()))).expect("a blob"),
                *bytes
            );
        }
        let host = format!("{}_", outside.host.replace(':', "_"));
        let own = workspace.at("cache-dir/manifests").join(host).join("a/many");
        let index = &images[0].documents[2].0;
        assert_eq!(&fs::read(own.join("reference/v1")).expect("a tag"), index);
        for (bytes, _) in &images[0].documents {
            let path = own.join("digest").join(format!("sha256-{}", Digest::of(bytes).hex()));
            assert_eq!(&fs::read(path).expect("a manifest"), bytes);
        }
    }
}

#[test]
fn nodes_are_told_in_the_form_of_their_version() {
    needs!(DockerRegistry, TalosLibrary);
    let (outside, workspace, _) = carried(600, 20_000, &[]);
    let rules = "verifyImages:\n  - {images: 'quay.io/cilium/*', issuer: 'https://issuer.example', subject: 'https://ci.example/*'}\n  \
                 - {images: 'quay.io/one', issuer: 'https://issuer.example', subject: me@example.org}\n  \
                 - {images: 'docker.io/library/*', key: cosign.pub}\n  - {images: 'ghcr.io/*', skip: true}\n  \
                 - {images: 'gcr.io/*', issuer: 'https://i.example', subject: a, root: root.json}\n";
    workspace.write("cosign.pub", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n");
    workspace.edit("ichor.yaml", "parts:", &format!("{rules}parts:"));
    for version in ["1.11", "1.12", "1.13", "1.14"] {
        let spec = workspace.read("ichor.yaml");
        let line = spec.lines().find(|it| it.starts_with("talos:")).expect("a version").to_owned();
        workspace.edit("ichor.yaml", &line, &format!("talos: \"{version}\""));
        workspace.done(&["lock"]);
        let run = workspace.run(&["images", "talos", "--to=registry.internal:5000/mirror", "--cache"]);
        let (text, said) = (run.stdout(), run.stderr());
        assert!(run.code() == 0 && said.contains("gcr.io/*: nodes cannot be told of root.json"), "{said}");
        let is_told = text.contains("kind: ImageVerificationConfig");
        assert_eq!(is_told, ["1.13", "1.14"].contains(&version), "{text}");
        assert_eq!(is_told, text.contains(r#"subjectRegex: "^https://ci\\.example/.*$""#), "{text}");
        assert_eq!(is_told, !said.contains("asks for no signatures"), "{said}");
        let url = format!("https://registry.internal:5000/v2/mirror/{}", place(&outside));
        assert!(text.contains(&url) && text.contains(&format!("\"{}\"", outside.host)), "{text}");
        assert!(text.contains("name: IMAGECACHE") && text.contains("minSize: 500MiB"), "{text}");
        if let Some(version) = judges::VERSIONS.iter().find(|it| **it == version) {
            workspace.write("patch.yaml", &text);
            let path = workspace.at("patch.yaml").display().to_string();
            let (agrees, said) = judges::ask(version, &["judge", "-strict", "-talos", version, &path]);
            assert!(agrees, "Talos {version}: {said}\n{text}");
        }
    }
}

//! `vendor --images`: what is kept, of which platforms, and that nothing is fetched twice.

use std::collections::BTreeSet;
use std::fs;
use std::process::Stdio;
use std::time::Instant;

use ichor::base::digest::Digest;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::Value as Json;

use super::image::{Image, manifest, random};
use crate::support::peer::{Peer, needs};
use crate::support::registry::{Kind, Registry};
use crate::support::server::{Answer, Server};
use crate::support::workspace::Workspace;

/// Two images that share a layer; the first is of two platforms.
fn two_images(seed: u64, size: usize) -> (Image, Image) {
    let layer = |at: u64| random(seed + at, size);
    let amd = Image::of("amd64", &[layer(0), layer(1)]);
    let arm = Image::of("arm64", &[layer(2)]);
    (Image::index(&[("amd64", amd), ("arm64", arm)]), Image::of("amd64", &[layer(0), layer(3)]))
}

/// A workspace whose lock names two images at a host.
fn workspace(host: &str) -> Workspace {
    let workspace = Workspace::with(&format!("plainHttp: ['{host}']\n"), "  - {name: m, manifest: m.yaml}\n");
    workspace.write("m.yaml", manifest(&[format!("{host}/a/many:v1"), format!("{host}/b/one:v2")]));
    workspace.done(&["lock"]);
    workspace
}

fn blobs(workspace: &Workspace) -> BTreeSet<String> {
    let folder = workspace.at("vendor/blobs/sha256");
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|it| it.file_name().to_string_lossy().into_owned()).filter(|it| it.len() == 64).collect()
}

#[test]
fn only_the_platforms_that_are_asked_for() {
    needs!(DockerRegistry, Skopeo);
    let registry = Registry::start(Kind::Plain);
    let (many, one) = two_images(1, 70_000);
    many.push(&registry.host, "a/many", "v1");
    one.push(&registry.host, "b/one", "v2");
    let workspace = workspace(&registry.host);
    let run = workspace.run(&["vendor", "--images", "--platform=linux/amd64"]);
    assert_eq!(run.code(), 0, "{}", run.stderr());
    assert!(run.stderr().contains("holds 2 images"), "{}", run.stderr());
    // Two configurations and three layers, one of them shared, two manifests and the index.
    assert_eq!(blobs(&workspace).len(), 8);
    workspace.done(&["vendor", "--check"]);
    workspace.done(&["vendor", "--check", "--images", "--platform=linux/amd64"]);
    let lacks = workspace.run(&["vendor", "--check", "--images", "--platform=linux/amd64,linux/arm64"]);
    assert!(lacks.code() == 1 && lacks.stdout().contains("a/many:v1 is missing for linux/arm64"), "{}", lacks.stdout());
    let listed: Json = serde_json::from_str(&workspace.done(&["images", "--format=json"])).expect("JSON");
    let first = &listed["images"][0];
    assert_eq!(first["vendored"]["digest"], many.digest().to_string());
    assert_eq!(first["vendored"]["platforms"].as_array().map(Vec::len), Some(1));
    assert_eq!(first["vendored"]["platforms"][0]["platform"], "linux/amd64");
    // Others read the same layout.
    let name = format!("oci:{}:{}/b/one:v2", workspace.at("vendor").display(), registry.host);
    let inspected = Peer::Skopeo.command().args(["inspect", "--raw", &name]).output().expect("skopeo starts");
    assert_eq!(Digest::of(&inspected.stdout), one.digest(), "{}", String::from_utf8_lossy(&inspected.stderr));
    // The other platform comes to what is there.
    workspace.done(&["vendor", "--images"]);
    assert_eq!(blobs(&workspace).len(), 11);
    let all: BTreeSet<String> = many.blobs.keys().chain(one.blobs.keys()).map(Digest::hex).collect();
    assert!(blobs(&workspace).is_superset(&all));
    // What no lock names goes.
    workspace.write("m.yaml", manifest(&[format!("{}/b/one:v2", registry.host)]));
    workspace.done(&["lock"]);
    workspace.done(&["vendor", "--prune"]);
    assert_eq!(blobs(&workspace).len(), 4);
    workspace.done(&["vendor", "--check", "--images"]);
}

#[test]
fn nothing_is_fetched_twice_though_it_is_killed_fifty_times() {
    needs!(DockerRegistry);
    let registry = Registry::start(Kind::Plain);
    let mut choices = StdRng::seed_from_u64(18);
    let front = Server::before(&registry.host, |_, answer| answer);
    let (many, one) = two_images(7, 1_000_000);
    many.push(&registry.host, "a/many", "v1");
    one.push(&registry.host, "b/one", "v2");
    let workspace = workspace(&front.host);
    let args = ["vendor", "--images", "--limit-rate=6M", "--jobs=2"];
    let start = Instant::now();
    workspace.done(&args);
    let takes = start.elapsed();
    let whole = workspace.state();
    let (mut killed, mut resumed, mut bytes) = (0, 0, 0);
    let total: usize = many.blobs.values().map(Vec::len).sum::<usize>() + 1_000_000;
    let mut ended = 0;
    while killed < 50 {
        if ended == 0 {
            workspace.remove("vendor");
        }
        let had = blobs(&workspace);
        let arriving: Vec<(String, u64)> = fs::read_dir(workspace.at("vendor/.arriving"))
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|it| Some((it.file_name().into_string().ok()?, it.metadata().ok()?.len())))
            .filter(|(name, size)| name.len() == 64 && *size > 0)
            .collect();
        front.asked.lock().expect("no panic").clear();
        let last = ended == 3;
        let mut run = workspace.command(&args).stderr(Stdio::null()).spawn().expect("it starts");
        if !last {
            std::thread::sleep(takes.mul_f64(choices.random_range(0.0..0.6)));
            if run.try_wait().expect("a run").is_none() {
                run.kill().expect("killed");
                killed += 1;
            }
        }
        let _ = run.wait();
        for it in front.asked() {
            let Some((_, digest)) = it.path.split_once("/blobs/sha256:") else { continue };
            assert!(it.method != "GET" || !had.contains(digest), "{digest} was there, and is asked for again");
            if let Some((_, size)) = arriving.iter().find(|(name, _)| name == digest) {
                assert_eq!(it.header("range"), Some(format!("bytes={size}-").as_str()));
                resumed += 1;
                bytes += size;
            }
        }
        ended = if last { 0 } else { ended + 1 };
        if last {
            assert!(workspace.state().keys().eq(whole.keys()), "another vendor");
            assert!(workspace.state() == whole);
            workspace.done(&["vendor", "--check", "--images"]);
        }
    }
    println!("killed {killed} times; {resumed} blobs were resumed, {bytes} bytes of {total} a round not sent again");
    assert!(resumed >= 10, "{resumed}");
}

#[test]
fn what_breaks_off_goes_on_within_a_run() {
    needs!(DockerRegistry);
    let registry = Registry::start(Kind::Plain);
    let (many, one) = two_images(20, 600_000);
    many.push(&registry.host, "a/many", "v1");
    one.push(&registry.host, "b/one", "v2");
    let large = Digest::of(&random(20, 600_000)).to_string();
    let front = Server::before(&registry.host, move |asked, answer| {
        let is_first = asked.path.ends_with(&large) && asked.header("range").is_none();
        if is_first { Answer { cut: Some(200_000), ..answer } } else { answer }
    });
    let workspace = workspace(&front.host);
    workspace.done(&["vendor", "--images"]);
    let ranges: Vec<String> = front
        .asked()
        .iter()
        .filter_map(|it| it.header("range").map(str::to_owned))
        .filter(|it| it != "bytes=0-")
        .collect();
    assert_eq!(ranges.len(), 1, "{ranges:?}");
    workspace.done(&["vendor", "--check", "--images"]);
}

#[test]
fn what_cannot_be_carried_is_named_with_its_part() {
    needs!(DockerRegistry);
    let registry = Registry::start(Kind::Plain);
    let (many, one) = two_images(30, 50_000);
    many.push(&registry.host, "a/many", "v1");
    one.push(&registry.host, "b/one", "v2");
    let workspace = workspace(&registry.host);
    workspace.done(&["images", "check"]);
    let lacks = workspace.run(&["vendor", "--images", "--platform=linux/s390x"]);
    assert_eq!(lacks.code(), 2, "{}", lacks.stderr());
    for word in ["V025", "part `m`", "a/many:v1 does not run on linux/s390x, but on linux/amd64, linux/arm64"] {
        assert!(lacks.stderr().contains(word), "{word}: {}", lacks.stderr());
    }
    workspace.write("m.yaml", manifest(&[format!("{}/a/none:v1", registry.host)]));
    workspace.done(&["lock"]);
    for args in [&["vendor", "--images"][..], &["images", "check"]] {
        let run = workspace.run(args);
        assert_eq!(run.code(), 2, "{}", run.stderr());
        assert!(run.stderr().contains("V012") && run.stderr().contains("part `m`"), "{}", run.stderr());
    }
    // A registry whose content is not what its name says.
    let layer = Digest::of(&random(31, 50_000)).to_string();
    let front = Server::before(&registry.host, move |asked, mut answer| {
        if asked.path.ends_with(&layer) && answer.body.len() > 100 {
            answer.body[100] ^= 1;
        }
        answer
    });
    let lied_to = self::workspace(&front.host);
    let run = lied_to.run(&["vendor", "--images"]);
    assert_eq!(run.code(), 1, "{}", run.stderr());
    assert!(run.stderr().contains("V013") && run.stderr().contains("was asked for"), "{}", run.stderr());
    // The image that is whole is there, the other is not named.
    let index = lied_to.read("vendor/index.json");
    assert!(index.contains("b/one:v2") && !index.contains("a/many:v1"), "{index}");
    let offline = lied_to.run(&["vendor", "--images", "--offline"]);
    assert!(offline.code() != 0 && offline.stderr().contains("V016"), "{}", offline.stderr());
}

#[test]
fn a_disk_that_fills_is_told_and_the_next_run_goes_on() {
    needs!(DockerRegistry, Namespaces);
    let registry = Registry::start(Kind::Plain);
    let (many, one) = two_images(40, 1_500_000);
    many.push(&registry.host, "a/many", "v1");
    one.push(&registry.host, "b/one", "v2");
    let workspace = workspace(&registry.host);
    let script = "mkdir -p vendor && mount -t tmpfs -o size=2m none vendor && \"$ICHOR\" vendor --images; echo code $?";
    let run = workspace.shell(&["unshare", "-rm"], script);
    assert!(run.stdout().contains("code 3"), "{}{}", run.stdout(), run.stderr());
    assert!(run.stderr().contains("E005") && run.stderr().contains("make room"), "{}", run.stderr());
    workspace.done(&["vendor", "--images"]);
    workspace.done(&["vendor", "--check", "--images"]);
}

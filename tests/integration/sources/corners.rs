//! Registries and repositories at the corners of what they may say.

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::support::charts;
use crate::support::peer::needs;
use crate::support::registry::{Kind, Registry};
use crate::support::server::{Answer, Server};
use crate::support::workspace::Workspace;

fn part(host: &str, version: &str) -> String {
    format!("  - name: one\n    chart: oci://{host}/charts/one\n    version: {version}\n")
}

/// A line of the lock without its key.
fn locked(workspace: &Workspace, key: &str) -> String {
    let lock = workspace.lock();
    let found = lock.lines().find_map(|it| it.trim().strip_prefix(&format!("{key}: ")).map(str::to_owned));
    found.unwrap_or_else(|| panic!("no {key} in {lock}"))
}

#[test]
fn challenges_of_every_kind() {
    needs!(DockerRegistry, HelmSdk);
    let registry = Registry::with(Kind::Plain, &[("one", "1.0.0")]);
    let good = format!("Basic {}", STANDARD.encode("me:secret"));
    let basic = |challenges: &'static [&'static str]| {
        let good = good.clone();
        Server::before(&registry.host, move |asked, answer| {
            if asked.header("authorization") == Some(&good) {
                return answer;
            }
            challenges.iter().fold(Answer::new(401, ""), |it, text| it.header("www-authenticate", *text))
        })
    };
    let all: [&[&str]; 4] = [
        &["BASIC realm=\"x, y=\\\"z\\\"\""],
        &["Negotiate, Basic realm=x"],
        &["Negotiate", "Digest realm=\"a\", nonce=\"b\"", "basic realm=\"c\""],
        &["Bearer service=\"no realm\"", "Basic"],
    ];
    for challenges in all {
        let front = basic(challenges);
        let workspace = Workspace::with(&front.head(), &part(&front.host, "^1"));
        let auth = STANDARD.encode("me:secret");
        workspace
            .write("home/.docker/config.json", format!(r#"{{"auths": {{"{}": {{"auth": "{auth}"}}}}}}"#, front.host));
        workspace.done(&["lock"]);
    }
    // One that nobody understands, and none at all.
    for challenges in [&["Negotiate"][..], &[]] {
        let front = basic(challenges);
        let workspace = Workspace::with(&front.head(), &part(&front.host, "^1"));
        workspace.refused(&["lock"], 3, &["401", "without credentials", "docker login"]);
    }
}

#[test]
fn tokens_end_and_are_had_anew() {
    needs!(DockerRegistry, HelmSdk);
    let registry = Registry::with(Kind::Plain, &[("one", "1.0.0")]);
    let given = std::sync::Arc::new(AtomicUsize::new(0));
    let count = std::sync::Arc::clone(&given);
    // Without quotes, and with a query of its own: `a=b`.
    let tokens = Server::start(move |asked| {
        assert!(asked.path.contains("a=b") && asked.path.contains("service=s"), "{}", asked.path);
        let number = count.fetch_add(1, Ordering::SeqCst) + 1;
        Answer::new(200, format!(r#"{{"token": "t{number}", "expires_in": 1}}"#))
    });
    let realm = tokens.host.clone();
    let used = AtomicUsize::new(0);
    let front = Server::before(&registry.host, move |asked, answer| {
        let newest = format!("Bearer t{}", given.load(Ordering::SeqCst));
        // Each token is good for two requests.
        if asked.header("authorization") == Some(&newest) && used.fetch_add(1, Ordering::SeqCst) % 3 != 2 {
            return answer;
        }
        Answer::new(401, "").header("www-authenticate", format!("Bearer realm=http://{realm}/token?a=b,service=s"))
    });
    let head = format!("plainHttp: ['{}', '{}']\n", front.host, tokens.host);
    let workspace = Workspace::with(&head, &part(&front.host, "^1"));
    workspace.done(&["lock"]);
    let asked = tokens.asked();
    assert!(asked.len() > 1, "{asked:?}");
    assert!(asked.iter().all(|it| it.path.contains("scope=repository%3Acharts%2Fone%3Apull")), "{asked:?}");
}

#[test]
fn a_token_server_that_fails_is_told_from_a_source_that_is_not_there() {
    for (status, body, words) in [
        (404, "", &["404", "without credentials", "docker login"][..]),
        (
            403,
            r#"{"errors": [{"code": "DENIED", "message": "no\u001b[31m pull\nrights"}]}"#,
            &["403", "`no [31m pull rights`"],
        ),
        (200, "<html>", &["no token", "proxies"]),
        (200, r#"{"token": ""}"#, &["no token"]),
    ] {
        let tokens = Server::start(move |_| Answer::new(status, body));
        let challenge = format!("Bearer realm=\"http://{}/token\"", tokens.host);
        let front = Server::start(move |_| Answer::new(401, "").header("www-authenticate", challenge.clone()));
        let head = format!("plainHttp: ['{}', '{}']\n", front.host, tokens.host);
        Workspace::with(&head, &part(&front.host, "^1")).refused(&["lock"], 3, words);
    }
}

#[test]
fn helpers_that_fail_are_told_of_without_their_output() {
    needs!(DockerRegistry, HelmSdk, Htpasswd);
    let registry = Registry::with(Kind::Basic, &[("one", "1.0.0")]);
    let workspace = Workspace::with(&registry.head(), &part(&registry.host, "^1"));
    workspace.write("home/.docker/config.json", r#"{"credsStore": "broken"}"#);
    workspace.refused(
        &["lock"],
        3,
        &["401", "the credential helper `docker-credential-broken` is not on the PATH", "config.json"],
    );
    let helper = |script: &str| {
        workspace.write("bin/docker-credential-broken", format!("#!/bin/sh\n{script}\n"));
        let path = workspace.path().join("bin/docker-credential-broken");
        fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("set");
        let bin = workspace.path().join("bin");
        let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap_or_default());
        let run = workspace.command(&["lock"]).env("PATH", path).output().expect("it runs");
        (run.status.code(), String::from_utf8_lossy(&run.stderr).into_owned())
    };
    let (code, said) = helper("cat >/dev/null; echo token-hunter2; exit 1");
    assert!(code == Some(3) && said.contains("`docker-credential-broken` fails"), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
    let (code, said) = helper("cat >/dev/null; echo 'not hunter2 json'");
    assert!(code == Some(3) && said.contains("helper") && !said.contains("hunter2"), "{said}");
    // A helper that knows nothing is no fault, and the next file is asked.
    let auth = STANDARD.encode("me:secret");
    let auths = format!(r#"{{"auths": {{"{}": {{"auth": "{auth}"}}}}}}"#, registry.host);
    workspace.write("home/.config/helm/registry/config.json", auths);
    let (code, said) = helper("cat >/dev/null; echo credentials not found in native keychain; exit 1");
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn versions_as_charts_really_bear_them() {
    needs!(DockerRegistry, HelmSdk);
    let all = ["1.0.0", "1.1.0", "2.0.0-rc.1", "v2.1.0", "3.0.0+build.5"];
    let charts: Vec<(&str, &str)> = all.iter().map(|it| ("one", *it)).collect();
    let registry = Registry::with(Kind::Plain, &charts);
    let workspace = Workspace::new();
    let lock = |version: &str| {
        workspace.spec(&registry.head(), &part(&registry.host, version));
        workspace.done(&["lock"]);
        locked(&workspace, "version")
    };
    // What Helm 4.2 resolves: pre-releases only where they are asked for, build metadata as it stands.
    assert_eq!(lock("'*'"), "3.0.0+build.5");
    // Helm sees no tag with a `v` and finds nothing here.
    assert_eq!(lock("^2"), "v2.1.0");
    assert_eq!(lock("v2.1.0"), "v2.1.0");
    assert_eq!(lock("'>1.1.0-0 <2.0.0'"), "2.0.0-rc.1");
    assert_eq!(lock("2.0.0-rc.1"), "2.0.0-rc.1");
    assert_eq!(lock("3.0.0+build.5"), "3.0.0+build.5");
    assert_eq!(lock("1.0"), "1.0.0");
    workspace.spec(&registry.head(), &part(&registry.host, "^1.2"));
    workspace.refused(&["lock"], 2, &["satisfies `^1.2`", "the newest is 3.0.0+build.5"]);
    // A tag beside a digest must be what the digest is.
    workspace.spec(&registry.head(), &part(&registry.host, "1.0.0"));
    workspace.done(&["lock"]);
    let manifest = locked(&workspace, "manifest");
    let pinned = |tag: &str| format!("  - name: one\n    chart: oci://{}/charts/one:{tag}@{manifest}\n", registry.host);
    workspace.spec(&registry.head(), &pinned("1.1.0"));
    workspace.refused(&["lock"], 2, &["is version 1.0.0", "version 1.1.0 is asked for"]);
    workspace.spec(&registry.head(), &pinned("1.0.0"));
    workspace.done(&["lock"]);
    assert_eq!(locked(&workspace, "manifest"), manifest);
    let shown = workspace.done(&["outdated"]);
    let row = shown.lines().nth(1).expect("a row").split_whitespace().collect::<Vec<_>>();
    assert_eq!(row, ["one", "1.0.0", "1.0.0", "3.0.0+build.5"], "what is named exactly allows nothing newer");
}

#[test]
fn more_than_a_hundred_tags_in_pages() {
    needs!(DockerRegistry, HelmSdk);
    let registry = Registry::with(Kind::Plain, &[("one", "1.249.0")]);
    for absolute in [false, true] {
        let front = Server::before(&registry.host, move |asked, answer| {
            let Some((_, query)) = asked.path.split_once("/tags/list?") else { return answer };
            // The last tag is on the last page.
            let from: usize = query.split("last=").nth(1).map_or(0, |it| it.parse().expect("a number"));
            let tags: Vec<String> = (from..250).take(100).map(|it| format!("1.{it}.0")).collect();
            let answer = Answer::new(200, serde_json::json!({"name": "charts/one", "tags": tags}).to_string());
            if from + 100 >= 250 {
                return answer;
            }
            let base =
                if absolute { format!("http://{}", asked.header("host").expect("a host")) } else { String::new() };
            let next = format!("<{base}/v2/charts/one/tags/list?n=100&last={}>", from + 100);
            answer.header("link", format!("{next}; rel=\"next\""))
        });
        let workspace = Workspace::with(&front.head(), &part(&front.host, "1.x"));
        workspace.done(&["lock"]);
        assert_eq!(locked(&workspace, "version"), "1.249.0");
        assert_eq!(front.asked().iter().filter(|it| it.path.contains("tags/list")).count(), 3);
    }
    // One that never ends, and one that goes on elsewhere: what is the newest is not known.
    let front = Server::before(&registry.host, |asked, answer| match asked.path.contains("/tags/list") {
        true => Answer::new(200, r#"{"tags": ["1.249.0"]}"#).header("link", format!("<{}>; rel=next", asked.path)),
        false => answer,
    });
    let workspace = Workspace::with(&front.head(), &part(&front.host, "1.x"));
    workspace.refused(&["lock"], 3, &["begins again and again"]);
    let count = std::sync::atomic::AtomicUsize::new(0);
    let front = Server::before(&registry.host, move |asked, answer| match asked.path.contains("/tags/list") {
        true => {
            let page = count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let next = format!("</v2/charts/one/tags/list?last={page}>; rel=next");
            Answer::new(200, format!(r#"{{"tags": ["1.{page}.0"]}}"#)).header("link", next)
        }
        false => answer,
    });
    let workspace = Workspace::with(&front.head(), &part(&front.host, "1.x"));
    workspace.refused(&["lock"], 3, &["does not end after 200 pages"]);
    let elsewhere = Server::start(|_| Answer::new(200, r#"{"tags": []}"#));
    let host = elsewhere.host.clone();
    let front = Server::before(&registry.host, move |asked, answer| match asked.path.contains("/tags/list") {
        true => answer.header("link", format!("<http://{host}{}>; rel=next", asked.path)),
        false => answer,
    });
    let workspace = Workspace::with(&front.head(), &part(&front.host, "1.x"));
    workspace.refused(&["lock"], 3, &["goes on at another host"]);
    assert!(elsewhere.asked().is_empty());
}

#[test]
fn what_an_index_may_say() {
    needs!(DockerRegistry, HelmSdk);
    let registry = Registry::with(Kind::Plain, &[("one", "1.7.0")]);
    let digest = |version: &str| super::kinds::sha256(&charts::archive("one", version));
    let origin = registry.host.clone();
    let index = move |host: &str| {
        format!(
            "apiVersion: v1\nentries:\n  one:\n\
             \x20 - {{version: 1.0.0, urls: [one-1.0.0.tgz], digest: {}}}\n\
             \x20 - {{version: 1.1.0, urls: [sub/one-1.1.0.tgz, 'https://nowhere.invalid/x.tgz'], digest: 'sha256:{}'}}\n\
             \x20 - {{version: 1.2.0, urls: ['http://{host}/one-1.2.0.tgz']}}\n\
             \x20 - {{version: 1.2.0, urls: ['one-1.0.0.tgz']}}\n\
             \x20 - {{version: 1.3.0+b.1, urls: ['one-1.3.0+b.1.tgz']}}\n\
             \x20 - {{version: 1.4.0, urls: ['/a%20b-1.4.0.tgz?x=1']}}\n\
             \x20 - {{version: 1.5.0, urls: []}}\n\
             \x20 - {{version: 1.6.0, urls: [missing-1.6.0.tgz]}}\n\
             \x20 - {{version: 1.7.0, urls: ['oci://{origin}/charts/one']}}\n\
             \x20 - {{version: 1.8.0, urls: [one-1.0.0.tgz]}}\n\
             \x20 - {{version: 1.9.0, urls: ['ftp://x.invalid/y.tgz']}}\n\
             \x20 - {{version: not.a.version, urls: [one-1.0.0.tgz]}}\n\
             \x20 -\n  two: ~\n  three: []\n",
            digest("1.0.0"),
            digest("1.1.0").to_uppercase(),
        )
    };
    let site = Server::start(move |asked| {
        let path = asked.path.split('?').next().unwrap_or_default();
        if path.ends_with("/index.yaml") {
            return Answer::new(200, index(asked.header("host").expect("a host")));
        }
        let version = path.rsplit_once('-').and_then(|(_, it)| it.strip_suffix(".tgz"));
        match version {
            Some(version) if !path.contains("missing") => Answer::new(200, charts::archive("one", version)),
            _ => Answer::new(404, ""),
        }
    });
    let workspace = Workspace::new();
    let head = format!("plainHttp: ['{}', '{}']\n", site.host, registry.host);
    let spec = |version: &str| {
        let part = format!("  - name: one\n    chart: http://{}/charts/one\n    version: {version}\n", site.host);
        workspace.spec(&head, &part);
    };
    for version in ["1.0.0", "1.1.0", "1.2.0", "1.3.0+b.1", "1.4.0", "1.7.0"] {
        spec(version);
        workspace.done(&["lock"]);
        assert_eq!(locked(&workspace, "version"), version);
        assert_eq!(locked(&workspace, "digest"), format!("sha256:{}", digest(version)));
    }
    spec("~1.1");
    workspace.done(&["lock"]);
    assert_eq!(locked(&workspace, "version"), "1.1.0");
    for (version, words) in [
        ("1.5.0", &["lists one 1.5.0 without an address"][..]),
        ("1.6.0", &["missing-1.6.0.tgz answers 404"]),
        ("1.8.0", &["is version 1.0.0", "version 1.8.0 is asked for"]),
        ("not.a.version", &["no version constraint"]),
    ] {
        spec(version);
        workspace.refused(&["lock"], 2, words);
    }
    spec("1.9.0");
    let said = workspace.refused(&["lock"], 3, &["ftp://x.invalid/y.tgz is no address of http or https"]);
    assert!(!said.contains("again in"), "{said}");
    for chart in ["two", "three", "none"] {
        workspace.spec(&head, &format!("  - name: x\n    chart: http://{}/charts/{chart}\n", site.host));
        workspace.refused(&["lock"], 2, &[chart]);
    }
}

/// The largest public indexes have some 30 MiB.
#[test]
fn a_large_index() {
    let mut text = String::from("apiVersion: v1\nentries:\n");
    for chart in 0..920 {
        text += &format!("  c{chart}:\n");
        for version in 0..80 {
            text += &format!(
                "  - apiVersion: v2\n    appVersion: \"1.{version}\"\n    created: \"2026-01-01T00:00:00.000000000Z\"\n\
                 \x20   description: A chart of some length that describes at length what it does, and to whom it does it\n\
                 \x20   digest: {}\n    home: https://example.com/c{chart}\n    keywords:\n    - one\n    - two\n\
                 \x20   name: c{chart}\n    urls:\n    - https://example.com/charts/c{chart}-1.{version}.0.tgz\n\
                 \x20   version: 1.{version}.0\n",
                "0".repeat(64)
            );
        }
    }
    text += "  one:\n  - {version: 1.0.0, urls: [one-1.0.0.tgz]}\n";
    assert!(text.len() > 30 << 20, "{}", text.len());
    let site = Server::start(move |asked| match asked.path.ends_with("index.yaml") {
        true => Answer::new(200, text.clone()),
        false => Answer::new(200, charts::archive("one", "1.0.0")),
    });
    let chart = |name: &str| format!("  - name: {name}\n    chart: http://{}/one\n    version: ^1\n", site.host);
    let workspace = Workspace::with(&site.head(), &(chart("a") + &chart("b")));
    workspace.done(&["lock"]);
    assert_eq!(site.asked().iter().filter(|it| it.path.ends_with("index.yaml")).count(), 1, "it is fetched once");
}

/// Helm pushes a provenance file along with its chart; `oras` gives the configuration of its own, or none.
#[test]
fn charts_with_more_to_them() {
    needs!(DockerRegistry, HelmSdk);
    let registry = Registry::start(Kind::Plain);
    let path = charts::write(registry.folder.path(), "one", "1.0.0");
    let provenance = "-----BEGIN PGP SIGNED MESSAGE-----\n";
    fs::write(registry.folder.path().join("one-1.0.0.tgz.prov"), provenance).expect("written");
    registry.push_files("charts", &[path]);
    let workspace = Workspace::with(&registry.head(), &part(&registry.host, "1.0.0"));
    workspace.done(&["lock"]);
    workspace.done(&["vendor"]);
    workspace.done(&["vendor", "--check"]);
    let kept = format!("vendor/blobs/sha256/{}", super::kinds::sha256(provenance.as_bytes()));
    assert_eq!(workspace.read(&kept), provenance, "what the manifest names is vendored, all of it");
    // As `oras push --artifact-type ...` has it: an empty configuration, files with titles, the chart not first.
    let blob = |bytes: &[u8], media_type: &str| {
        let url = format!("http://{}/v2/charts/one/blobs/uploads/", registry.host);
        let start = ureq::post(url).send_empty().expect("an upload");
        let at = start.headers().get("location").and_then(|it| it.to_str().ok()).expect("a place").to_owned();
        let digest = ichor::base::digest::Digest::of(bytes);
        ureq::put(format!("{at}&digest={digest}")).send(bytes).expect("uploaded");
        serde_json::json!({ "mediaType": media_type, "digest": digest, "size": bytes.len(),
            "annotations": {"org.opencontainers.image.title": "a"} })
    };
    let media_type = "application/vnd.oci.image.manifest.v1+json";
    let manifest = serde_json::json!({
        "schemaVersion": 2,
        "mediaType": media_type,
        "artifactType": "application/vnd.example",
        "config": blob(b"{}", "application/vnd.oci.empty.v1+json"),
        "layers": [
            blob(b"read me", "text/markdown"),
            blob(&charts::archive("one", "1.1.0"), "application/vnd.cncf.helm.chart.content.v1.tar+gzip"),
        ],
        "annotations": {"org.opencontainers.image.created": "2026-01-01T00:00:00Z"},
    });
    let url = format!("http://{}/v2/charts/one/manifests/1.1.0", registry.host);
    ureq::put(url).header("content-type", media_type).send(manifest.to_string()).expect("pushed");
    workspace.spec(&registry.head(), &part(&registry.host, "1.1.0"));
    workspace.done(&["lock"]);
    assert_eq!(
        locked(&workspace, "digest"),
        format!("sha256:{}", super::kinds::sha256(&charts::archive("one", "1.1.0")))
    );
    workspace.done(&["vendor"]);
    workspace.done(&["vendor", "--check"]);
    workspace.done(&["build"]);
}

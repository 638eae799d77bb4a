//! Ways to reach a server: credentials, certificates, mirrors, proxies, retries.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::support::peer::needs;
use crate::support::registry::{Kind, Registry};
use crate::support::server::{Answer, Server};
use crate::support::workspace::Workspace;

fn part(host: &str) -> String {
    format!("  - name: one\n    chart: oci://{host}/charts/one\n    version: 1.0.0\n")
}

/// The ranges that were asked for.
fn ranges(server: &Server) -> Vec<String> {
    server.asked().iter().filter_map(|it| it.header("range").map(str::to_owned)).collect()
}

#[test]
fn basic_credentials_come_from_docker_podman_and_helpers() {
    needs!(DockerRegistry, HelmSdk, Htpasswd);
    let registry = Registry::with(Kind::Basic, &[("one", "1.0.0")]);
    let host = &registry.host;
    let workspace = Workspace::with(&registry.head(), &part(host));
    let said = workspace.refused(&["lock"], 3, &["401", "without credentials", "docker login", host]);
    assert!(!said.contains("secret"));
    let wrong = STANDARD.encode("me:wrong-password");
    workspace.write("home/.docker/config.json", format!(r#"{{"auths": {{"{host}": {{"auth": "{wrong}"}}}}}}"#));
    let said = workspace.refused(&["lock"], 3, &["401", "the credentials of `me`"]);
    assert!(!said.contains("wrong-password") && !said.contains(&wrong));
    let right = STANDARD.encode("me:secret");
    let auths = format!(r#"{{"auths": {{"{host}": {{"auth": "{right}"}}}}}}"#);
    workspace.write("home/.docker/config.json", &auths);
    workspace.done(&["lock"]);
    // podman's file comes before docker's.
    workspace.remove("cache");
    workspace.write("home/.docker/config.json", "{}");
    workspace.write("home/.config/containers/auth.json", &auths);
    workspace.done(&["vendor"]);
    // A helper of docker's.
    workspace.remove("cache");
    workspace.remove("vendor");
    workspace.remove("home/.config");
    let helper = "#!/bin/sh\nread host\necho \"{\\\"ServerURL\\\": \\\"$host\\\", \\\"Username\\\": \\\"me\\\", \\\"Secret\\\": \\\"secret\\\"}\"\n";
    workspace.write("bin/docker-credential-test", helper);
    let path = workspace.path().join("bin/docker-credential-test");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).expect("set");
    workspace.write("home/.docker/config.json", r#"{"credsStore": "test"}"#);
    let paths = format!("{}:{}", workspace.path().join("bin").display(), std::env::var("PATH").unwrap_or_default());
    let run = workspace.command(&["vendor"]).env("PATH", paths).output().expect("it runs");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    workspace.done(&["vendor", "--check"]);
}

#[test]
fn tls_by_a_private_authority_needs_its_certificate() {
    needs!(DockerRegistry, HelmSdk, Openssl);
    let registry = Registry::with(Kind::Tls, &[("one", "1.0.0")]);
    let workspace = Workspace::with("", &part(&registry.host));
    workspace.refused(&["lock"], 3, &["no secure connection", "authorities"]);
    std::fs::copy(registry.folder.path().join("ca.pem"), workspace.path().join("home/ca.pem")).expect("copied");
    workspace.write("home/.config/ichor/config.yaml", "authorities: [../../ca.pem]\n");
    workspace.done(&["lock"]);
    workspace.write("home/.config/ichor/config.yaml", "authorities: [../../none.pem]\n");
    workspace.refused(&["lock"], 2, &["none.pem"]);
    workspace.write("home/.config/ichor/config.yaml", "certs: []\n");
    workspace.refused(&["lock"], 2, &["config.yaml:1:1", "`certs`", "authorities"]);
}

#[test]
fn bearer_tokens_are_fetched_with_password_or_identity_token() {
    needs!(DockerRegistry, HelmSdk);
    let registry = Registry::with(Kind::Plain, &[("one", "1.0.0")]);
    let tokens = Server::start(|asked| {
        let form = String::from_utf8_lossy(&asked.body).into_owned();
        let basic = asked.header("authorization") == Some(&format!("Basic {}", STANDARD.encode("me:secret")));
        let identity = form.contains("grant_type=refresh_token") && form.contains("refresh_token=id-token");
        if basic && asked.path.contains("scope=repository%3Acharts%2Fone%3Apull") || identity {
            return Answer::new(200, r#"{"access_token": "the-token"}"#);
        }
        Answer::new(401, "")
    });
    let realm = format!("http://{}/token", tokens.host);
    let front = Server::before(&registry.host, move |asked, answer| {
        if asked.header("authorization") == Some("Bearer the-token") {
            return answer;
        }
        let challenge = format!("Bearer realm=\"{realm}\",service=\"here\",scope=\"repository:charts/one:pull\"");
        Answer::new(401, "").header("www-authenticate", challenge)
    });
    let workspace = Workspace::with(&front.head(), &part(&front.host));
    workspace.refused(&["lock"], 2, &["plain http", &tokens.host]);
    workspace.spec(&format!("plainHttp: ['{}', '{}']\n", front.host, tokens.host), &part(&front.host));
    workspace.refused(&["lock"], 3, &["401", "without credentials"]);
    let auth = STANDARD.encode("me:secret");
    let host = &front.host;
    workspace.write("home/.docker/config.json", format!(r#"{{"auths": {{"{host}": {{"auth": "{auth}"}}}}}}"#));
    workspace.done(&["lock"]);
    workspace.remove("cache");
    workspace
        .write("home/.docker/config.json", format!(r#"{{"auths": {{"{host}": {{"identitytoken": "id-token"}}}}}}"#));
    workspace.done(&["vendor"]);
}

#[test]
fn mirrors_are_tried_first_and_the_lock_names_the_origin() {
    needs!(DockerRegistry, HelmSdk);
    let registry = Registry::with(Kind::Plain, &[("one", "1.0.0")]);
    let host = &registry.host;
    let parts = "  - name: one\n    chart: oci://quay.invalid/one\n    version: ^1\n";
    let workspace = Workspace::with(&format!("{}mirrors: {{quay.invalid: {host}/charts}}\n", registry.head()), parts);
    workspace.done(&["lock"]);
    let lock = workspace.lock();
    assert!(lock.contains("source: oci://quay.invalid/one") && !lock.contains(host.as_str()));
    // From the user's own file, which comes before the spec; a dead mirror is passed over.
    workspace.spec("mirrors: {quay.invalid: 127.0.0.1:1}\n", parts);
    workspace.write(
        "home/.config/ichor/config.yaml",
        format!("mirrors: {{quay.invalid: ['{host}/charts']}}\nplainHttp: ['{host}']\n"),
    );
    workspace.remove("cache");
    workspace.done(&["vendor"]);
    workspace.remove("cache");
    workspace.remove("vendor");
    let dead = crate::support::server::free_port();
    workspace.write("home/.config/ichor/config.yaml", format!("plainHttp: ['{host}', '127.0.0.1:{dead}']\n"));
    workspace.spec(&format!("mirrors: {{'{host}': '127.0.0.1:{dead}'}}\n"), &part(host));
    let said = workspace.said(&["lock"]);
    assert!(said.contains("again in"), "{said}");
}

#[test]
fn proxies_of_the_environment_are_used_as_go_uses_them() {
    needs!(DockerRegistry, HelmSdk, Openssl);
    let registry = Registry::with(Kind::Plain, &[("one", "1.0.0")]);
    let secure = Registry::with(Kind::Tls, &[("one", "1.0.0")]);
    let port = secure.host.trim_start_matches("localhost:").to_owned();
    let (plain_proxy, secure_proxy) = (proxy(&registry.host), proxy(&secure.host));
    let dead = "http://127.0.0.1:1";
    let plain = Workspace::with("plainHttp: ['registry.invalid:80']\n", &part("registry.invalid:80"));
    let tls = Workspace::with("authorities: [ca.pem]\n", &part(&format!("registry.invalid:{port}")));
    std::fs::copy(secure.folder.path().join("ca.pem"), tls.path().join("ca.pem")).expect("copied");
    let run = |workspace: &Workspace, variables: &[(&str, &str)]| {
        let _ = std::fs::remove_file(workspace.path().join("lockfiles/box.lock"));
        let _ = std::fs::remove_dir_all(workspace.path().join("cache"));
        let run = workspace.command(&["lock"]).envs(variables.iter().copied()).output().expect("it runs");
        (run.status.code(), String::from_utf8_lossy(&run.stderr).into_owned())
    };
    let done = |workspace: &Workspace, variables: &[(&str, &str)]| {
        let (code, said) = run(workspace, variables);
        assert_eq!(code, Some(0), "{variables:?}: {said}");
    };
    // Each scheme has its own.
    done(&plain, &[("HTTP_PROXY", &plain_proxy), ("HTTPS_PROXY", dead)]);
    done(&plain, &[("http_proxy", &plain_proxy)]);
    done(&tls, &[("HTTPS_PROXY", &secure_proxy), ("HTTP_PROXY", dead)]);
    done(&tls, &[("all_proxy", secure_proxy.trim_start_matches("http://"))]);
    let (code, said) = run(&tls, &[("HTTPS_PROXY", &secure_proxy), ("NO_PROXY", "other.io, .invalid")]);
    assert!(code == Some(3) && said.contains("registry.invalid"), "{said}");
    // This machine is reached directly.
    let own = Workspace::with(&registry.head(), &part(&registry.host));
    done(&own, &[("HTTP_PROXY", dead), ("ALL_PROXY", dead)]);
    let (code, said) = run(&tls, &[("HTTPS_PROXY", "ftp://me:hunter2@x")]);
    assert!(code == Some(3) && said.contains("`HTTPS_PROXY`") && !said.contains("hunter2"), "{said}");
}

/// A proxy that leads to one server, whatever it is asked for.
pub fn proxy(target: &str) -> String {
    let proxy = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", proxy.local_addr().expect("an address"));
    let target = target.to_owned();
    std::thread::spawn(move || {
        for mut stream in proxy.incoming().flatten() {
            let target = target.clone();
            std::thread::spawn(move || tunnel(&mut stream, &target));
        }
    });
    address
}

/// Answers `CONNECT`, and requests with a whole address, by joining the connection to the registry's.
fn tunnel(stream: &mut std::net::TcpStream, target: &str) {
    use std::io::{Read, Write};
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).unwrap_or(0) == 0 {
            return;
        }
        head.push(byte[0]);
    }
    let mut server = std::net::TcpStream::connect(target).expect("the registry is there");
    if head.starts_with(b"CONNECT ") {
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").expect("answered");
    } else {
        let text = String::from_utf8_lossy(&head)
            .replace("http://registry.invalid:80", "")
            .replace("http://registry.invalid", "");
        server.write_all(text.as_bytes()).expect("sent");
    }
    let (mut one, mut other) = (stream.try_clone().expect("a stream"), server.try_clone().expect("a stream"));
    std::thread::spawn(move || std::io::copy(&mut one, &mut other));
    let _ = std::io::copy(&mut server, stream);
}

#[test]
fn busy_servers_are_asked_again_when_they_say() {
    needs!(DockerRegistry, HelmSdk);
    let registry = Registry::with(Kind::Plain, &[("one", "1.0.0")]);
    let seen: Mutex<BTreeMap<String, u32>> = Mutex::default();
    let front = Server::before(&registry.host, move |asked, answer| {
        let mut seen = seen.lock().expect("no panic");
        let times = seen.entry(asked.path.clone()).or_default();
        *times += 1;
        match (*times, asked.path.contains("/blobs/")) {
            (1, false) => Answer::new(429, r#"{"errors": [{"code": "TOOMANYREQUESTS"}]}"#).header("retry-after", "1"),
            (1 | 2, true) => Answer::new(503, "busy"),
            _ => answer,
        }
    });
    let workspace = Workspace::with(&front.head(), &part(&front.host));
    let start = Instant::now();
    let said = workspace.said(&["lock"]);
    assert!(start.elapsed() >= Duration::from_secs(1), "it waits as long as the server asks");
    assert!(said.contains("429") && said.contains("again in 1.0 s") && said.contains("503"), "{said}");
}

#[test]
fn a_server_that_stays_busy_or_silent_is_given_up() {
    let busy = Server::start(|_| Answer::new(429, "").header("retry-after", "3600"));
    let workspace = Workspace::with(&busy.head(), &part(&busy.host));
    workspace.refused(&["lock"], 3, &["429"]);
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let host = silent.local_addr().expect("an address").to_string();
    let workspace = Workspace::with(&format!("plainHttp: ['{host}']\n"), &part(&host));
    let start = Instant::now();
    workspace.refused(&["lock", "--timeout", "1"], 3, &["does not answer in time", &host]);
    assert!(start.elapsed() < Duration::from_secs(30));
}

#[test]
fn a_download_that_breaks_off_goes_on_where_it_was() {
    needs!(DockerRegistry, HelmSdk);
    let registry = Registry::with(Kind::Plain, &[("one", "1.0.0")]);
    let front = Server::before(&registry.host, |asked, mut answer| {
        if asked.path.contains("/blobs/") && asked.header("range").is_none() && answer.body.len() > 200 {
            answer.cut = Some(100);
        }
        answer
    });
    let workspace = Workspace::with(&front.head(), &part(&front.host));
    workspace.done(&["lock"]);
    let ranges = ranges(&front);
    assert!(ranges.contains(&"bytes=100-".to_owned()), "{ranges:?}");
}

#[test]
fn a_download_that_stalls_goes_on_as_well() {
    needs!(DockerRegistry, HelmSdk);
    let registry = Registry::with(Kind::Plain, &[("one", "1.0.0")]);
    let front = Server::before(&registry.host, |asked, mut answer| {
        if asked.path.contains("/blobs/") && asked.header("range").is_none() && answer.body.len() > 200 {
            answer.cut = Some(100);
            answer.stall = Duration::from_secs(20);
        }
        answer
    });
    let workspace = Workspace::with(&front.head(), &part(&front.host));
    let start = Instant::now();
    let said = workspace.said(&["lock", "--timeout", "1"]);
    assert!(said.contains("broke off after 100 bytes") && said.contains("again in"), "{said}");
    assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
    let ranges = ranges(&front);
    assert!(ranges.contains(&"bytes=100-".to_owned()), "{ranges:?}");
}

/// A server that knows no ranges sends it all again; one that has another file by now does, too.
#[test]
fn a_download_that_cannot_go_on_starts_again() {
    needs!(DockerRegistry, HelmSdk);
    let registry = Registry::with(Kind::Plain, &[("one", "1.0.0")]);
    for keeps_tag in [false, true] {
        let cuts = std::sync::atomic::AtomicUsize::new(0);
        let whole = std::sync::Mutex::new(Vec::new());
        let front = Server::before(&registry.host, move |asked, mut answer| {
            if !asked.path.contains("/blobs/") {
                return answer;
            }
            let mut whole = whole.lock().expect("no panic");
            if asked.header("range").is_none() {
                whole.clone_from(&answer.body);
            }
            answer = Answer::new(200, whole.clone());
            if keeps_tag {
                answer = answer.header("etag", "\"first\"");
            }
            if answer.body.len() > 200 && cuts.fetch_add(1, std::sync::atomic::Ordering::SeqCst) < 3 {
                answer.cut = Some(150);
            }
            answer
        });
        let workspace = Workspace::with(&front.head(), &part(&front.host));
        let said = workspace.said(&["lock"]);
        assert_eq!(said.matches("broke off after 150 bytes").count(), 3, "{said}");
        assert_eq!(front.asked().iter().any(|it| it.header("range").is_some()), keeps_tag);
    }
}

#[test]
fn a_mirror_that_lacks_or_spoils_content_is_passed_over() {
    needs!(DockerRegistry, HelmSdk);
    let registry = Registry::with(Kind::Plain, &[("one", "1.0.0")]);
    let lacks = Server::start(|_| Answer::new(404, ""));
    let refuses = Server::start(|_| Answer::new(401, "").header("www-authenticate", "Basic realm=x"));
    let spoils = Server::before(&registry.host, |asked, mut answer| {
        if asked.path.contains("/blobs/")
            && let Some(last) = answer.body.last_mut()
        {
            *last ^= 1;
        }
        answer
    });
    let origin = &registry.host;
    let hosts = [&lacks.host, &refuses.host, &spoils.host];
    let head = format!(
        "plainHttp: ['{origin}', '{}', '{}', '{}']\nmirrors: {{'{origin}': ['{}/a/b', '{}', '{}']}}\n",
        hosts[0], hosts[1], hosts[2], hosts[0], hosts[1], hosts[2]
    );
    let workspace = Workspace::with(&head, &part(origin));
    workspace.done(&["lock"]);
    assert!(lacks.asked().iter().all(|it| it.path.starts_with("/v2/a/b/charts/one/")), "{:?}", lacks.asked());
    assert!(hosts.iter().all(|it| !workspace.lock().contains(it.as_str())));
    assert!(!spoils.asked().is_empty());
    // All of them are named where the origin fails, too.
    workspace.spec(&head, &part(origin).replace("charts/one", "charts/none"));
    workspace.refused(&["lock"], 2, &["404", &format!("mirror {}/a/b", hosts[0]), &format!("mirror {}", hosts[1])]);
}

#[test]
fn an_identity_token_is_told_to_nobody_else() {
    let thief = Server::start(|_| Answer::new(200, r#"{"token": "t"}"#));
    let to = thief.host.clone();
    let tokens = Server::start(move |_| Answer::new(307, "").header("location", format!("http://{to}/token")));
    let realm = tokens.host.clone();
    let front = Server::start(move |_| {
        Answer::new(401, "").header("www-authenticate", format!("Bearer realm=\"http://{realm}/token\""))
    });
    let head = format!("plainHttp: ['{}', '{}', '{}']\n", front.host, tokens.host, thief.host);
    let workspace = Workspace::with(&head, &part(&front.host));
    let auths = format!(r#"{{"auths": {{"{}": {{"identitytoken": "hunter2"}}}}}}"#, front.host);
    workspace.write("home/.docker/config.json", auths);
    let said = workspace.refused(&["lock"], 3, &["not to be told your credentials", &thief.host]);
    assert!(!said.contains("hunter2") && thief.asked().is_empty(), "{said}");
    assert_eq!(tokens.asked().len(), 1);
}

#[test]
fn tags_come_in_pages() {
    needs!(DockerRegistry, HelmSdk);
    let versions: Vec<String> = (0..12).map(|it| format!("1.{it}.0")).collect();
    let charts: Vec<(&str, &str)> = versions.iter().map(|it| ("one", it.as_str())).collect();
    let registry = Registry::with(Kind::Plain, &charts);
    // Debian's registry gives all tags at once, whatever it is asked.
    let front = Server::before(&registry.host, |asked, answer| {
        if !asked.path.contains("/tags/list") {
            return answer;
        }
        let all: serde_json::Value = serde_json::from_slice(&answer.body).expect("tags");
        let mut all: Vec<&str> = all["tags"].as_array().expect("a list").iter().filter_map(|it| it.as_str()).collect();
        all.sort_unstable();
        let last = asked.path.split("last=").nth(1).unwrap_or_default().to_owned();
        let page: Vec<&str> = all.into_iter().filter(|it| *it > last.as_str()).take(5).collect();
        let body = serde_json::json!({"name": "charts/one", "tags": page}).to_string();
        match page.last() {
            Some(last) if page.len() == 5 => Answer::new(200, body)
                .header("link", format!("</v2/charts/one/tags/list?n=5&last={last}>; rel=\"next\"")),
            _ => Answer::new(200, body),
        }
    });
    let workspace = Workspace::with(&front.head(), &part(&front.host).replace("1.0.0", "1.x"));
    workspace.done(&["lock"]);
    // Sorted as text, 1.9.0 is the last tag, and 1.11.0 on the first page.
    assert!(workspace.lock().contains("version: 1.11.0"));
    assert!(front.asked().iter().filter(|it| it.path.contains("tags/list")).count() >= 3);
}

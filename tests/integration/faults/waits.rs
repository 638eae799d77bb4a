//! Servers and programs that keep a run waiting: however they do it, it ends, with a word on who was waited for.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::server::{Answer, Server};
use crate::support::workspace::Workspace;

/// Answers each connection with `at_once`, then with `slowly` over and over, a byte at a time.
fn drip(at_once: &'static [u8], slowly: &'static [u8], pause: Duration) -> String {
    serve(move |stream| {
        let _ = stream.write_all(at_once);
        for byte in slowly.iter().cycle() {
            std::thread::sleep(pause);
            if stream.write_all(&[*byte]).is_err() {
                break;
            }
        }
    })
}

fn serve(answer: impl Fn(&mut TcpStream) + Send + Sync + Clone + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let host = listener.local_addr().expect("an address").to_string();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let answer = answer.clone();
            std::thread::spawn(move || {
                let mut asked = [0; 4096];
                let _ = stream.read(&mut asked);
                let _ = stream.set_nodelay(true);
                answer(&mut stream);
            });
        }
    });
    host
}

/// Whether one more run ends by itself, long before what would be no bound at all.
struct Bounded {
    code: Option<i32>,
    said: String,
}

fn bounded(mut command: Command) -> Bounded {
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it starts");
    let mut stderr = child.stderr.take().expect("piped");
    let reader = std::thread::spawn(move || {
        let mut said = String::new();
        let _ = stderr.read_to_string(&mut said);
        said
    });
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("it runs") {
            break status;
        }
        if start.elapsed() > Duration::from_secs(100) {
            child.kill().expect("killed");
            let _ = child.wait();
            panic!("it waits for ever: {}", reader.join().expect("text"));
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    Bounded { code: status.code(), said: reader.join().expect("text") }
}

fn workspace(head: &str, part: &str) -> Workspace {
    let workspace = Workspace::new();
    let recipient = workspace.recipient().to_owned();
    let spec =
        format!("bundle: box\ntalos: \"1.12\"\nrecipients: [{recipient}]\n{head}parts:\n  - {{name: one, {part}}}\n");
    workspace.write("ichor.yaml", spec);
    workspace
}

/// `lock` with a timeout of a second ends, failed by its surroundings, and says these words.
fn given_up(head: &str, part: &str, words: &[&str]) {
    let workspace = workspace(head, part);
    let run = bounded(workspace.command(&["lock", "--timeout", "1"]));
    assert_eq!(run.code, Some(3), "{part}: {}", run.said);
    for word in words {
        assert!(run.said.contains(word), "{part} does not say `{word}`:\n{}", run.said);
    }
    assert!(!workspace.exists("lockfiles/box.lock"));
}

fn plain(host: &str) -> String {
    format!("plainHttp: ['{host}']\n")
}

const BODY: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n";
const NO_LENGTH: &[u8] = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n";
const CHUNKED: &[u8] = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
const OFTEN: Duration = Duration::from_millis(100);

#[test]
fn a_body_that_comes_byte_by_byte() {
    for head in [BODY, NO_LENGTH] {
        let host = drip(head, b"#", OFTEN);
        let words = [&*host, "bytes in", "too slow"];
        given_up(&plain(&host), &format!("manifest: 'http://{host}/a.yaml'"), &words);
    }
    let host = drip(CHUNKED, b"1\r\n#\r\n", OFTEN);
    given_up(&plain(&host), &format!("manifest: 'http://{host}/a.yaml'"), &["too slow"]);
    for chart in ["chart: oci://HOST/c, version: 1.0.0", "chart: oci://HOST/c", "chart: 'http://HOST/c'"] {
        let host = drip(BODY, b" ", OFTEN);
        given_up(&plain(&host), &chart.replace("HOST", &host), &["too slow"]);
    }
}

#[test]
fn a_head_that_never_ends() {
    for head in [&b"HTTP/1.1 200 OK\r\nx: "[..], b"HTTP/1.1 302 Found\r\nlocation: /", b"HTTP/1.1 200 "] {
        let host = drip(head, b"2", OFTEN);
        given_up(&plain(&host), &format!("manifest: 'http://{host}/a.yaml'"), &["in time", &host]);
    }
    // 100 Continue, again and again.
    let host = drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n", Duration::from_millis(5));
    given_up(&plain(&host), &format!("manifest: 'http://{host}/a.yaml'"), &[&host]);
}

#[test]
fn a_handshake_that_never_ends() {
    // A record of TLS that says it is long, and comes byte by byte.
    let host = drip(b"\x16\x03\x03\x3f\xf0\x02\x00\x3f\xec", b"\x03", OFTEN);
    given_up("", &format!("manifest: 'https://{host}/a.yaml'"), &["in time", &host]);
    let silent = drip(b"", b"\x00", Duration::from_secs(3600));
    given_up("", &format!("chart: oci://{silent}/c, version: 1.0.0"), &["in time", &silent]);
}

#[test]
fn redirects_that_take_their_time() {
    let host = serve(|stream| {
        std::thread::sleep(Duration::from_millis(700));
        let _ = stream
            .write_all(b"HTTP/1.1 302 Found\r\nlocation: /again\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    });
    given_up(&plain(&host), &format!("manifest: 'http://{host}/a.yaml'"), &[&host]);
}

#[test]
fn a_place_of_tokens_that_never_answers() {
    let tokens = drip(BODY, b" ", OFTEN);
    let realm = format!("Bearer realm=\"http://{tokens}/token\",service=\"here\"");
    let registry = Server::start(move |_| Answer::new(401, "{}").header("www-authenticate", realm.clone()));
    let head = format!("plainHttp: ['{tokens}', '{}']\n", registry.host);
    given_up(&head, &format!("chart: oci://{}/c, version: 1.0.0", registry.host), &["too slow", &tokens]);
}

#[test]
fn an_error_that_comes_byte_by_byte() {
    let host = drip(b"HTTP/1.1 404 Not Found\r\ncontent-length: 60000\r\n\r\n", b"x", OFTEN);
    let workspace = workspace(&plain(&host), &format!("manifest: 'http://{host}/a.yaml'"));
    let run = bounded(workspace.command(&["lock", "--timeout", "1"]));
    assert!(run.code == Some(2) && run.said.contains("404"), "{}", run.said);
}

#[test]
fn a_server_that_takes_no_upload() {
    let workspace = Workspace::quickstart();
    workspace.done(&["lock"]);
    workspace.done(&["build", "-o", "bundle.tar.gz"]);
    let host = drip(b"", b"x", Duration::from_secs(3600));
    workspace.write("home/.config/ichor/config.yaml", plain(&host));
    let place = format!("oci://{host}/b:1");
    let run = bounded(workspace.command(&["push", &place, "bundle.tar.gz", "--timeout", "1"]));
    assert!(run.code == Some(3) && run.said.contains("in time"), "{}", run.said);
}

/// A registry that wants a password, and a helper of docker's that is this script.
fn with_helper(script: &str) -> (Workspace, Server, Command) {
    let registry = Server::start(|_| Answer::new(401, "{}").header("www-authenticate", "Basic realm=\"r\""));
    let workspace = workspace(&registry.head(), &format!("chart: oci://{}/c, version: 1.0.0", registry.host));
    workspace.write("home/.docker/config.json", r#"{"credsStore": "slow"}"#);
    if !script.is_empty() {
        workspace.write("bin/docker-credential-slow", format!("#!/bin/sh\n{script}\n"));
        let path = workspace.path().join("bin/docker-credential-slow");
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("set");
    }
    let mut run = workspace.command(&["lock", "--timeout", "1"]);
    let paths = format!("{}:{}", workspace.path().join("bin").display(), std::env::var("PATH").unwrap_or_default());
    run.env("PATH", paths);
    (workspace, registry, run)
}

#[test]
fn a_helper_that_hangs_is_ended_and_named() {
    let hang = [
        "exec sleep 300",
        "sleep 300",
        "trap '' TERM INT HUP; sleep 300 & sleep 300",
        "sleep 300 & echo '{\"Username\": \"me\", ' ; sleep 300",
        "exec cat /dev/zero",
        "while :; do echo x; sleep 0.1; done",
        "exec 0<&- ; sleep 300",
    ];
    for script in hang {
        let (_workspace, _registry, run) = with_helper(script);
        let run = bounded(run);
        assert_eq!(run.code, Some(3), "{script}: {}", run.said);
        assert!(run.said.contains("`docker-credential-slow`"), "{script}: {}", run.said);
    }
}

#[test]
fn a_helper_that_ends_leaving_another_behind_answers() {
    let (_workspace, registry, run) =
        with_helper("sleep 300 & echo '{\"ServerURL\": \"x\", \"Username\": \"me\", \"Secret\": \"s3cret\"}'");
    let run = bounded(run);
    assert!(run.said.contains("the credentials of `me`"), "{}", run.said);
    let basic = registry.asked().iter().any(|it| it.header("authorization").is_some_and(|it| it.starts_with("Basic ")));
    assert!(basic && !run.said.contains("s3cret"), "{}", run.said);
}

#[test]
fn a_helper_that_fails_says_why_in_its_own_words() {
    let cases: [(&str, &[&str]); 6] = [
        (
            "echo 'User canceled the operation' >&2; exit 1",
            &["`docker-credential-slow`", "User canceled the operation"],
        ),
        ("echo 'no such token'; exit 1", &["`docker-credential-slow`", "no such token"]),
        ("echo 'not JSON'", &["`docker-credential-slow`", "not understood"]),
        ("echo '{\"Username\": 1}'", &["`docker-credential-slow`", "not understood"]),
        ("kill -9 $$", &["`docker-credential-slow`"]),
        ("", &["`docker-credential-slow`", "PATH"]),
    ];
    for (script, words) in cases {
        let (_workspace, _registry, run) = with_helper(script);
        let run = bounded(run);
        assert_eq!(run.code, Some(3), "{script}: {}", run.said);
        assert!(words.iter().all(|it| run.said.contains(it)), "{script}: {}", run.said);
    }
    // Knowing nothing is no failure.
    let (_workspace, _registry, run) = with_helper("echo 'credentials not found in native keychain'; exit 1");
    let run = bounded(run);
    assert!(run.code == Some(3) && !run.said.contains("docker-credential"), "{}", run.said);
    // What looks like a secret is not repeated.
    let (_workspace, _registry, run) = with_helper("echo '{\"Secret\": \"hunter2hunter2\"'; exit 1");
    assert!(!bounded(run).said.contains("hunter2"));
}

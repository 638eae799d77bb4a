//! A real API server with etcd: it admits and stores objects, with the Pod Security defaults of Talos; nothing runs on it.

use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::judges::folder;
use super::shared;

/// The script that starts and stops it.
fn script() -> Option<PathBuf> {
    shared("judges/kubernetes/run")
}

fn programs() -> PathBuf {
    folder().join("kubernetes")
}

pub fn is_here() -> bool {
    let programs = programs().join("bin");
    script().is_some() && ["etcd", "kube-apiserver", "kubectl"].iter().all(|it| programs.join(it).is_file())
}

/// A fresh, empty cluster.
pub struct ApiServer {
    folder: TempDir,
    port: u16,
}

/// What the server notes of every request, and a user beside the one of the test: the program that is tested, who might write
/// anything.
const POLICY: &str = r#"{"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "omitStages": ["RequestReceived"], "rules": [{"level": "Metadata"}]}"#;
const USER: &str = "tested";
const TOKEN: &str = "4c1b0f1d8f2e4a6c9d3b7a5e";

impl ApiServer {
    pub fn start() -> ApiServer {
        let server = ApiServer { folder: tempfile::tempdir().expect("a folder"), port: ports() };
        server.watched();
        let output = server.script("start").output().expect("bash runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        server
    }

    fn at(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// The programs, where the server is one that notes who asks it for what.
    fn watched(&self) {
        fs::create_dir_all(self.at("watched/bin")).expect("made");
        for name in ["etcd", "kubectl"] {
            symlink(programs().join("bin").join(name), self.at("watched/bin").join(name)).expect("linked");
        }
        fs::write(self.at("policy.yaml"), POLICY).expect("written");
        let shown = |path: &str| self.at(path).display().to_string();
        let script = format!(
            "#!/bin/sh\necho '{TOKEN},{USER},{USER},\"system:masters\"' >>{}\nexec {} \"$@\" --audit-policy-file {} --audit-log-path {}\n",
            shown("cluster/tokens.csv"),
            programs().join("bin/kube-apiserver").display(),
            shown("policy.yaml"),
            shown("audit.log"),
        );
        let path = self.at("watched/bin/kube-apiserver");
        fs::write(&path, script).expect("written");
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("set");
    }

    fn script(&self, verb: &str) -> Command {
        let mut command = Command::new(script().expect("the script"));
        command.arg(verb).arg(self.at("cluster")).env("JUDGE", self.at("watched"));
        command.env("JUDGE_PORT", self.port.to_string());
        command
    }

    /// A kubeconfig for the program that is tested.
    pub fn kubeconfig_of_tested(&self) -> PathBuf {
        let text = fs::read_to_string(self.kubeconfig()).expect("a kubeconfig");
        let (before, after) = text.split_once("token: ").expect("a token");
        let after = after.split_once('}').expect("a map").1;
        let path = self.at("kubeconfig-of-tested");
        fs::write(&path, format!("{before}token: {TOKEN}}}{after}")).expect("written");
        path
    }

    /// What the program that is tested has asked the server for, each as a verb and an address.
    pub fn asked(&self) -> Vec<(String, String)> {
        let log = fs::read_to_string(self.at("audit.log")).expect("the audit log");
        let lines = log.lines().map(|it| serde_json::from_str::<Value>(it).expect("JSON"));
        let text = |it: &Value| it.as_str().unwrap_or_default().to_owned();
        lines
            .filter(|it| it["user"]["username"] == USER)
            .map(|it| (text(&it["verb"]), text(&it["requestURI"])))
            .collect()
    }

    pub fn kubeconfig(&self) -> PathBuf {
        self.at("cluster/kubeconfig")
    }

    /// Runs kubectl, which must succeed, and gives what it printed.
    pub fn done(&self, args: &[&str]) -> String {
        let output = self.kubectl(args).output().expect("kubectl runs");
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Whether kubectl succeeds, and what it said.
    pub fn tried(&self, args: &[&str]) -> (bool, String) {
        let output = self.kubectl(args).output().expect("kubectl runs");
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    }

    fn kubectl(&self, args: &[&str]) -> Command {
        let mut command = Command::new(programs().join("bin/kubectl"));
        command.arg("--kubeconfig").arg(self.kubeconfig()).args(args);
        command.env("HOME", self.folder.path());
        command
    }

    /// Applies a stream as `upgrade-k8s` does, without a look at it by kubectl itself; every line of complaint.
    pub fn upgrade(&self, stream: &str) -> Vec<String> {
        let args =
            ["apply", "--server-side", "--force-conflicts", "--field-manager", "talos", "--validate=false", "-f", "-"];
        refusals(self.kubectl(&args), stream)
    }

    /// Applies one object as Talos does, without kubectl; what the server has against it.
    pub fn patch(&self, object: &Value) -> Option<String> {
        let text = fs::read_to_string(self.kubeconfig()).expect("a kubeconfig");
        let token = text.split_once("token: ").and_then(|it| it.1.split_once('}')).expect("a token").0;
        let word = |it: &Value| it.as_str().unwrap_or_default().to_owned();
        let version = word(&object["apiVersion"]);
        let root = if version.contains('/') { "apis" } else { "api" };
        let space = word(&object["metadata"]["namespace"]);
        let space = if space.is_empty() { space } else { format!("/namespaces/{space}") };
        let (kind, name) = (word(&object["kind"]).to_lowercase(), word(&object["metadata"]["name"]));
        let address = format!(
            "https://127.0.0.1:{}/{root}/{version}{space}/{kind}s/{name}?fieldManager=talos&force=true",
            self.port
        );
        let mut command = super::peer::Peer::Curl.command();
        command.args(["-sk", "-X", "PATCH", "-H", &format!("Authorization: Bearer {token}")]);
        command.args(["-H", "Content-Type: application/apply-patch+yaml", &address, "-d", &object.to_string()]);
        let answer: Value = serde_json::from_slice(&command.output().expect("curl runs").stdout).expect("JSON");
        (answer["kind"] == "Status").then(|| word(&answer["message"]))
    }

    /// What the cluster has of a stream's objects, as a list.
    pub fn get(&self, stream: &str) -> Value {
        let mut command = self.kubectl(&["get", "--ignore-not-found", "-o", "json", "-f", "-"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("kubectl runs");
        let mut input = child.stdin.take().expect("piped");
        let text = stream.to_owned();
        let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
        let output = child.wait_with_output().expect("it ends");
        writer.join().expect("it wrote").expect("written");
        serde_json::from_slice(&output.stdout).expect("JSON")
    }

    /// Applies a stream as Talos does; every line of complaint.
    pub fn apply(&self, stream: &str) -> Vec<String> {
        let args = ["apply", "--server-side", "--field-manager", "talos", "--validate=strict", "--filename", "-"];
        refusals(self.kubectl(&args), stream)
    }

    /// What Pod Security and the rest of admission say of the pods that a stream's workloads would make.
    pub fn admit_pods(&self, stream: &str) -> Vec<String> {
        let workloads = ["DaemonSet", "Deployment", "Job", "StatefulSet"];
        let mut faults = Vec::new();
        for object in ichor::object::document::documents(stream).iter().filter_map(|it| it.json()) {
            if !workloads.iter().any(|it| object["kind"] == *it) {
                continue;
            }
            let mut pod = object["spec"]["template"].clone();
            pod["apiVersion"] = json!("v1");
            pod["kind"] = json!("Pod");
            pod["metadata"]["name"] = object["metadata"]["name"].clone();
            let namespace = object["metadata"].get("namespace").and_then(Value::as_str).unwrap_or("default");
            // No controller is there to make the account that pods have by default.
            let account = ["create", "serviceaccount", "default", "--namespace", namespace];
            let _ = self.kubectl(&account).output();
            let args = ["create", "--dry-run=server", "--namespace", namespace, "--filename", "-"];
            faults.extend(refusals(self.kubectl(&args), &pod.to_string()));
        }
        faults
    }
}

/// The first of three ports in a row that nobody listens on, below those that calls go out from.
fn ports() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = u16::try_from(std::process::id() % 3000).unwrap_or_default();
    let is_free = |port: u16| TcpListener::bind(("127.0.0.1", port)).is_ok();
    for _ in 0..1000 {
        let first = 20_000 + (start + NEXT.fetch_add(1, Ordering::Relaxed)) % 3000 * 3;
        if (first..first + 3).all(is_free) {
            return first;
        }
    }
    panic!("no three ports in a row are free");
}

impl Drop for ApiServer {
    fn drop(&mut self) {
        let _ = self.script("stop").status();
    }
}

/// The lines that say what was refused; a warning refuses nothing, and one that goes on is not a new one.
fn refusals(mut command: Command, stream: &str) -> Vec<String> {
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("kubectl runs");
    child.stdin.take().expect("piped").write_all(stream.as_bytes()).expect("written");
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr);
    let lines = said.lines().filter(|it| !it.starts_with("Warning: ") && *it != "ensure CRDs are installed first");
    let lines: Vec<String> = lines.map(str::to_owned).collect();
    assert_eq!(output.status.success(), lines.is_empty(), "{said}");
    lines
}

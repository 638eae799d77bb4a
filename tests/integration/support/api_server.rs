//! A real API server with etcd: it admits and stores objects, with the Pod Security defaults of Talos; nothing runs on it.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

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
}

impl ApiServer {
    pub fn start() -> ApiServer {
        let server = ApiServer { folder: tempfile::tempdir().expect("a folder") };
        let output = server.script("start").output().expect("bash runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        server
    }

    fn script(&self, verb: &str) -> Command {
        let mut command = Command::new(script().expect("the script"));
        command.arg(verb).arg(self.folder.path()).env("JUDGE", programs());
        command
    }

    pub fn kubeconfig(&self) -> PathBuf {
        self.folder.path().join("kubeconfig")
    }

    /// Runs kubectl, which must succeed, and gives what it printed.
    pub fn done(&self, args: &[&str]) -> String {
        let output = self.kubectl(args).output().expect("kubectl runs");
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn kubectl(&self, args: &[&str]) -> Command {
        let mut command = Command::new(programs().join("bin/kubectl"));
        command.arg("--kubeconfig").arg(self.folder.path().join("kubeconfig")).args(args);
        command.env("HOME", self.folder.path());
        command
    }

    /// Applies a stream as `upgrade-k8s` does, without a look at it by kubectl itself; every line of complaint.
    pub fn upgrade(&self, stream: &str) -> Vec<String> {
        let args =
            ["apply", "--server-side", "--force-conflicts", "--field-manager", "talos", "--validate=false", "-f", "-"];
        refusals(self.kubectl(&args), stream)
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

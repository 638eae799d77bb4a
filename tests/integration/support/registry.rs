//! Debian's registry on loopback. Charts go in through the real Helm SDK.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Stdio};

use tempfile::TempDir;

use super::peer::Peer;
use super::server::{await_port, free_port};
use super::{charts, site};

/// Debian's registry on loopback.
pub struct Registry {
    child: Child,
    pub folder: TempDir,
    /// Host and port.
    pub host: String,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Plain,
    /// With the user `me` and the password `secret`.
    Basic,
    /// With TLS by a CA of its own, at `ca.pem` in its folder.
    Tls,
}

impl Registry {
    pub fn start(kind: Kind) -> Registry {
        let folder = tempfile::tempdir().expect("a folder");
        let port = free_port();
        let at = folder.path().display();
        let mut config = format!(
            "version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {at}/data}}, delete: {{enabled: true}}}}\n"
        );
        let mut http = format!("http:\n  addr: 127.0.0.1:{port}\n");
        match kind {
            Kind::Plain => {}
            Kind::Basic => {
                let made = Peer::Htpasswd.command().args(["-Bbn", "me", "secret"]).output().expect("htpasswd starts");
                fs::write(folder.path().join("htpasswd"), made.stdout).expect("written");
                config += &format!("auth: {{htpasswd: {{realm: here, path: {at}/htpasswd}}}}\n");
            }
            Kind::Tls => {
                site::certificates(folder.path());
                http += &format!("  tls: {{certificate: {at}/server.pem, key: {at}/server.key}}\n");
            }
        }
        fs::write(folder.path().join("config.yml"), config + &http).expect("written");
        let child = Peer::DockerRegistry
            .command()
            .arg("serve")
            .arg(folder.path().join("config.yml"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the registry starts");
        await_port(port);
        let name = if kind == Kind::Tls { "localhost" } else { "127.0.0.1" };
        Registry { child, folder, host: format!("{name}:{port}"), kind }
    }

    /// One with charts of these names and versions under `charts/`.
    pub fn with(kind: Kind, charts: &[(&str, &str)]) -> Registry {
        let registry = Registry::start(kind);
        registry.push(charts);
        registry
    }

    pub fn push(&self, all: &[(&str, &str)]) {
        let paths: Vec<PathBuf> =
            all.iter().map(|(name, version)| charts::write(self.folder.path(), name, version)).collect();
        self.push_files("charts", &paths);
    }

    /// Pushes archives below a path, with the Helm SDK.
    pub fn push_files(&self, below: &str, paths: &[PathBuf]) {
        let script = "import sys, helm_python as h\n\
            host, kind, below, *paths = sys.argv[1:]\n\
            client = h.RegistryClient(plain_http=kind != 'tls', credentials_file=sys.argv[0] + '.none')\n\
            if kind == 'basic': client.login(host, 'me', 'secret', plain_http=True)\n\
            for path in paths: client.push(path, f'oci://{host}/{below}', plain_http=kind != 'tls')\n";
        let file = self.folder.path().join("push.py");
        fs::write(&file, script).expect("written");
        let kind = match self.kind {
            Kind::Plain => "plain",
            Kind::Basic => "basic",
            Kind::Tls => "tls",
        };
        let mut python = Peer::HelmSdk.command();
        python.arg(&file).args([&self.host, kind, below]).args(paths);
        if self.kind == Kind::Tls {
            python.env("SSL_CERT_FILE", self.folder.path().join("ca.pem"));
        }
        let pushed = python.env("HOME", self.folder.path()).output().expect("python3 starts");
        assert!(pushed.status.success(), "the Helm SDK pushes: {}", String::from_utf8_lossy(&pushed.stderr));
    }

    /// The files that hold what it has.
    pub fn blobs(&self) -> Vec<PathBuf> {
        let mut folders = vec![self.folder.path().join("data")];
        let mut found = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.ends_with("data") {
                    found.push(path);
                }
            }
        }
        found
    }

    /// The head of a spec that may speak to it.
    pub fn head(&self) -> String {
        format!("plainHttp: ['{}']\n", self.host)
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

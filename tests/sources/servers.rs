//! Real servers: Debian's registry, and Python's for what is static. Charts go in through the real Helm SDK.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::charts;

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
                let made =
                    Command::new("htpasswd").args(["-Bbn", "me", "secret"]).output().expect("htpasswd is installed");
                fs::write(folder.path().join("htpasswd"), made.stdout).expect("written");
                config += &format!("auth: {{htpasswd: {{realm: here, path: {at}/htpasswd}}}}\n");
            }
            Kind::Tls => {
                certificates(folder.path());
                http += &format!("  tls: {{certificate: {at}/server.pem, key: {at}/server.key}}\n");
            }
        }
        fs::write(folder.path().join("config.yml"), config + &http).expect("written");
        let child = Command::new("docker-registry")
            .arg("serve")
            .arg(folder.path().join("config.yml"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("docker-registry is installed");
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
        let mut python = Command::new("python3");
        python.arg(&file).args([&self.host, kind, below]).args(paths);
        if self.kind == Kind::Tls {
            python.env("SSL_CERT_FILE", self.folder.path().join("ca.pem"));
        }
        let pushed = python.env("HOME", self.folder.path()).output().expect("python3 is installed");
        assert!(pushed.status.success(), "the Helm SDK pushes: {}", String::from_utf8_lossy(&pushed.stderr));
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

/// A folder served over https by Python, with a CA of its own at `ca.pem` beside it.
pub struct Static {
    child: Child,
    folder: TempDir,
    /// `https://localhost:PORT`.
    pub address: String,
}

impl Static {
    pub fn start() -> Static {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("www")).expect("made");
        certificates(folder.path());
        let port = free_port();
        let script = "import sys, ssl, functools, http.server as h\n\
            at, port = sys.argv[1], int(sys.argv[2])\n\
            class Quiet(h.SimpleHTTPRequestHandler):\n    log_message = lambda *a: None\n\
            server = h.ThreadingHTTPServer(('127.0.0.1', port), functools.partial(Quiet, directory=at + '/www'))\n\
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)\n\
            context.load_cert_chain(at + '/server.pem', at + '/server.key')\n\
            server.socket = context.wrap_socket(server.socket, server_side=True)\n\
            server.serve_forever()\n";
        let child = Command::new("python3")
            .args(["-c", script])
            .arg(folder.path())
            .arg(port.to_string())
            .stderr(Stdio::null())
            .spawn()
            .expect("python3 is installed");
        await_port(port);
        Static { child, folder, address: format!("https://localhost:{port}") }
    }

    /// The folder that is served.
    pub fn www(&self) -> PathBuf {
        self.folder.path().join("www")
    }

    pub fn ca(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// Has the Helm SDK write the index of the archives in a folder below.
    pub fn index(&self, below: &str) {
        let script = "import sys, helm_python as h\nh.repo_index_generate(sys.argv[1])\n";
        let indexed = Command::new("python3").args(["-c", script]).arg(self.www().join(below)).output();
        let indexed = indexed.expect("python3 is installed");
        assert!(indexed.status.success(), "the Helm SDK indexes: {}", String::from_utf8_lossy(&indexed.stderr));
    }
}

impl Drop for Static {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether something these tests need is not installed here; never in CI, where all of it is.
pub fn lacking() -> bool {
    static LACKING: OnceLock<bool> = OnceLock::new();
    *LACKING.get_or_init(find_lacking)
}

fn find_lacking() -> bool {
    let tools = [
        ("docker-registry", "docker-registry --version"),
        ("apache2-utils", "command -v htpasswd"),
        ("skopeo", "skopeo --version"),
        ("openssl", "openssl version"),
        ("helm-python-sdk (from PyPI)", "python3 -c 'import helm_python'"),
        ("namespaces", "unshare -rnm true"),
    ];
    let works = |script: &str| {
        let run = Command::new("sh").args(["-c", script]).stdout(Stdio::null()).stderr(Stdio::null()).status();
        run.is_ok_and(|it| it.success())
    };
    let lacking: Vec<&str> = tools.into_iter().filter(|(_, script)| !works(script)).map(|(name, _)| name).collect();
    if !lacking.is_empty() {
        eprintln!("skipped: there is no {} here; .ci/run installs it", lacking.join(", no "));
        assert!(std::env::var_os("CI").is_none(), "CI has {}", lacking.join(", "));
    }
    !lacking.is_empty()
}

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a port").port()
}

fn await_port(port: u16) {
    let start = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(start.elapsed() < Duration::from_secs(30), "no server at port {port}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// `ca.pem`, and `server.pem` and `server.key` for localhost and registry.invalid.
fn certificates(folder: &Path) {
    let script = "set -e; cd \"$1\"\n\
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj '/CN=Test CA' -keyout ca.key -out ca.pem\n\
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -keyout server.key -out server.csr\n\
        printf 'subjectAltName=DNS:localhost,DNS:registry.invalid,IP:127.0.0.1\\nbasicConstraints=CA:FALSE\\n' > ext\n\
        openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile ext -out server.pem\n";
    let made = Command::new("sh").args(["-c", script, "sh"]).arg(folder).output().expect("sh");
    assert!(made.status.success(), "openssl: {}", String::from_utf8_lossy(&made.stderr));
}

//! A folder served over https by Python.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::peer::Peer;
use super::server::{await_port, free_port};

/// A folder served over https by Python, with a CA of its own at `ca.pem` beside it.
pub struct Site {
    child: Child,
    folder: TempDir,
    /// `https://localhost:PORT`.
    pub address: String,
}

impl Site {
    pub fn start() -> Site {
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
        let child = Peer::Python
            .command()
            .args(["-c", script])
            .arg(folder.path())
            .arg(port.to_string())
            .stderr(Stdio::null())
            .spawn()
            .expect("python3 starts");
        await_port(port);
        Site { child, folder, address: format!("https://localhost:{port}") }
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
        let indexed = Peer::HelmSdk.command().args(["-c", script]).arg(self.www().join(below)).output();
        let indexed = indexed.expect("python3 starts");
        assert!(indexed.status.success(), "the Helm SDK indexes: {}", String::from_utf8_lossy(&indexed.stderr));
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `ca.pem`, and `server.pem` and `server.key` for localhost and registry.invalid.
pub fn certificates(folder: &Path) {
    let script = "set -e; cd \"$1\"\n\
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj '/CN=Test CA' -keyout ca.key -out ca.pem\n\
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -keyout server.key -out server.csr\n\
        printf 'subjectAltName=DNS:localhost,DNS:registry.invalid,IP:127.0.0.1\\nbasicConstraints=CA:FALSE\\n' > ext\n\
        openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile ext -out server.pem\n";
    Peer::Openssl.assert_named();
    let made = Command::new("sh").args(["-c", script, "sh"]).arg(folder).output().expect("sh");
    assert!(made.status.success(), "openssl: {}", String::from_utf8_lossy(&made.stderr));
}

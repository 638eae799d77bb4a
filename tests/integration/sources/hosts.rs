//! Hosts as companies and home networks have them: certificates that sign themselves, proxies, registries that page,
//! repositories that hide, charts of old.

use std::fs;
use std::process::Stdio;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::support::peer::{Peer, needs};
use crate::support::server::{Answer, Asked, Server, await_port, free_port};
use crate::support::workspace::Workspace;
use crate::support::{charts, site};

const INDEX: &str = "apiVersion: v1\nentries:\n  one:\n  - {name: one, version: 1.0.0, urls: [one-1.0.0.tgz]}\n";

fn part(host: &str, version: &str) -> String {
    format!("  - {{name: one, chart: 'oci://{host}/charts/one', version: '{version}'}}\n")
}

/// The manifest of a chart whose layer is of this type, and its two blobs.
fn chart(layer: &str) -> (String, [Vec<u8>; 2]) {
    let digest = |bytes: &[u8]| ichor::base::digest::Digest::of(bytes).to_string();
    let config = br#"{"name": "one", "version": "1.0.0", "apiVersion": "v2"}"#.to_vec();
    let archive = charts::archive("one", "1.0.0");
    let manifest = format!(
        r#"{{"schemaVersion": 2, "config": {{"mediaType": "application/vnd.cncf.helm.config.v1+json", "digest": "{}", "size": {}}}, "layers": [{{"mediaType": "{layer}", "digest": "{}", "size": {}}}]}}"#,
        digest(&config),
        config.len(),
        digest(&archive),
        archive.len()
    );
    (manifest, [config, archive])
}

/// What a registry with that chart answers; its tags are another's matter.
fn registry(asked: &Asked, layer: &str) -> Answer {
    let (manifest, blobs) = chart(layer);
    let wanted = asked.path.rsplit('/').next().unwrap_or_default();
    let blob = blobs.into_iter().find(|it| ichor::base::digest::Digest::of(it).to_string() == wanted);
    match blob {
        Some(bytes) => Answer::new(200, bytes),
        None if asked.path.contains("/manifests/") => Answer::new(200, manifest),
        None => Answer::new(404, ""),
    }
}

const LAYER: &str = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";

#[test]
fn charts_of_every_media_type_that_helm_took_are_taken() {
    for layer in [LAYER, "application/tar+gzip", "Application/Tar+GZip", "application/tar+gzip; charset=binary"] {
        let server = Server::start(move |asked| registry(asked, layer));
        let workspace = Workspace::with(&server.head(), &part(&server.host, "1.0.0"));
        workspace.done(&["lock"]);
        workspace.done(&["vendor"]);
        workspace.done(&["build"]);
    }
    let server = Server::start(|asked| registry(asked, "application/vnd.oci.image.layer.v1.tar+gzip"));
    let workspace = Workspace::with(&server.head(), &part(&server.host, "1.0.0"));
    workspace.refused(&["lock"], 2, &["is no chart", "application/vnd.oci.image.layer.v1.tar+gzip"]);
}

#[test]
fn tags_are_had_however_a_registry_pages_them() {
    // Who bounds the number refuses a larger one, in one way or another.
    for status in [400, 405, 406, 422] {
        let server = Server::start(move |asked| match asked.path.as_str() {
            "/v2/charts/one/tags/list" => Answer::new(200, r#"{"tags": ["1.0.0"]}"#),
            path if path.contains("tags/list?n=") => Answer::new(status, r#"{"errors": [{"code": "X"}]}"#),
            _ => registry(asked, LAYER),
        });
        Workspace::with(&server.head(), &part(&server.host, "^1")).done(&["lock"]);
    }
    // The newest stands on the last page, which is named by another scheme and port.
    let server = Server::start(|asked| match asked.path.as_str() {
        "/v2/charts/one/tags/list?n=1000" => Answer::new(200, r#"{"tags": ["0.1.0", "0.2.0"]}"#)
            .header("link", r#"<https://127.0.0.1/v2/charts/one/tags/list?last=0.2.0&n=2>; rel="next""#),
        "/v2/charts/one/tags/list?last=0.2.0&n=2" => Answer::new(200, r#"{"tags": []}"#)
            .header("link", "<b>; rel=prev, </v2/charts/one/tags/list?last=0.3.0>; rel = Next"),
        "/v2/charts/one/tags/list?last=0.3.0" => Answer::new(200, r#"{"tags": ["1.0.0"]}"#),
        _ => registry(asked, LAYER),
    });
    let workspace = Workspace::with(&server.head(), &part(&server.host, ">0.1"));
    workspace.done(&["lock"]);
    assert!(workspace.lock().contains("version: 1.0.0"));
    // A list without an end is told from a long one at its second page.
    let server = Server::start(|asked| {
        Answer::new(200, r#"{"tags": ["0.1.0"]}"#).header("link", format!("<{}>; rel=next", asked.path))
    });
    let workspace = Workspace::with(&server.head(), &part(&server.host, "^1"));
    workspace.refused(&["lock"], 3, &["begins again and again"]);
    assert_eq!(server.asked().len(), 2);
}

#[test]
fn repositories_that_hide_are_shown_the_credentials_that_the_user_has() {
    let right = format!("Basic {}", STANDARD.encode("me:secret"));
    for (status, challenge) in
        [(401, None), (401, Some("Bearer realm=\"http://127.0.0.1:1/t\"")), (403, None), (404, None)]
    {
        let wanted = right.clone();
        let server = Server::start(move |asked| {
            if asked.header("authorization") == Some(wanted.as_str()) {
                let is_index = asked.path.ends_with("index.yaml");
                return Answer::new(200, if is_index { INDEX.into() } else { charts::archive("one", "1.0.0") });
            }
            let answer = Answer::new(status, "no");
            challenge.map_or(answer.clone(), |it| answer.header("www-authenticate", it))
        });
        let host = &server.host;
        let parts = format!("  - {{name: one, chart: 'http://{host}/charts/one', version: 1.0.0}}\n");
        let workspace = Workspace::with(&server.head(), &parts);
        let code = if status == 404 { 2 } else { 3 };
        workspace.refused(&["lock"], code, &[&status.to_string(), "without credentials", "docker login"]);
        // What is for another host is not shown to this one.
        let file =
            |host: &str, pair: &str| format!(r#"{{"auths": {{"{host}": {{"auth": "{}"}}}}}}"#, STANDARD.encode(pair));
        workspace.write("home/.docker/config.json", file("other.io", "me:secret"));
        workspace.refused(&["lock"], code, &["without credentials"]);
        assert!(server.asked().iter().all(|it| it.header("authorization").is_none()));
        workspace.write("home/.docker/config.json", file(host, "me:wrong-word"));
        let said = workspace.refused(&["lock"], code, &["with the credentials of `me`"]);
        assert!(!said.contains("wrong-word"));
        workspace.write("home/.docker/config.json", file(host, "me:secret"));
        workspace.done(&["lock"]);
    }
    // A registry that answers so without a challenge.
    let server = Server::start(move |asked| match asked.header("authorization") {
        Some(shown) if shown == right => registry(asked, LAYER),
        _ => Answer::new(404, ""),
    });
    let workspace = Workspace::with(&server.head(), &part(&server.host, "1.0.0"));
    workspace.refused(&["lock"], 2, &["404"]);
    let auth = STANDARD.encode("me:secret");
    workspace.write("home/.docker/config.json", format!(r#"{{"auths": {{"{}": {{"auth": "{auth}"}}}}}}"#, server.host));
    workspace.done(&["lock"]);
}

#[test]
fn a_server_that_signs_itself_is_believed_once_it_is_named() {
    needs!(Openssl, Python);
    let folder = tempfile::tempdir().expect("a folder");
    let own = |name: &str, more: &[&str]| {
        let mut openssl = Peer::Openssl.command();
        openssl.args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-subj",
            "/CN=x",
        ]);
        openssl.arg("-keyout").arg(folder.path().join(format!("{name}.key")));
        openssl.arg("-out").arg(folder.path().join(format!("{name}.pem"))).args(more);
        assert!(openssl.output().expect("openssl").status.success(), "{name}");
    };
    let names = "subjectAltName=DNS:localhost,IP:127.0.0.1";
    own("good", &["-days", "2", "-addext", names]);
    own("leaf", &["-days", "2", "-addext", names, "-addext", "basicConstraints=critical,CA:FALSE"]);
    own("name", &["-days", "2", "-addext", "subjectAltName=DNS:elsewhere.io"]);
    own("use", &["-days", "2", "-addext", names, "-addext", "extendedKeyUsage=clientAuth"]);
    for (name, good, words) in [
        ("good", true, ["", ""]),
        ("leaf", true, ["", ""]),
        ("name", false, ["for other names", "V010"]),
        ("use", false, ["not one for servers", "V010"]),
    ] {
        let server = Tls::start(folder.path(), name);
        let address = format!("https://localhost:{}/manifest.yaml", server.port);
        let workspace = Workspace::with("", &format!("  - {{name: one, manifest: '{address}'}}\n"));
        let said = workspace.refused(&["lock"], 3, &["no secure connection"]);
        assert!(!said.contains("OtherError") && !said.contains("Context"), "{said}");
        if good {
            assert!(said.contains("signed by nobody who is trusted") && said.contains("authorities"), "{said}");
        }
        // The certificate of another that signs itself does not vouch for this one.
        fs::copy(folder.path().join(if name == "leaf" { "good.pem" } else { "leaf.pem" }), workspace.at("other.pem"))
            .expect("copied");
        fs::copy(folder.path().join(format!("{name}.pem")), workspace.at("own.pem")).expect("copied");
        let parts = format!("  - {{name: one, manifest: '{address}'}}\n");
        workspace.spec("authorities: [other.pem]\n", &parts);
        workspace.refused(&["lock"], 3, &["no secure connection"]);
        workspace.spec("authorities: [own.pem]\n", &parts);
        if good {
            workspace.done(&["lock"]);
            // As for every program of the machine.
            workspace.spec("", &parts);
            fs::remove_file(workspace.at("lockfiles/box.lock")).expect("removed");
            workspace.remove("cache");
            let run =
                workspace.command(&["lock"]).env("SSL_CERT_FILE", workspace.at("own.pem")).output().expect("it runs");
            assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
        } else {
            workspace.refused(&["lock"], 3, &words);
        }
    }
    let workspace =
        Workspace::with("authorities: [own.der]\n", "  - {name: one, manifest: 'https://localhost:1/a.yaml'}\n");
    let der = Peer::Openssl
        .command()
        .args(["x509", "-outform", "DER", "-in"])
        .arg(folder.path().join("good.pem"))
        .output()
        .expect("openssl");
    workspace.write("own.der", der.stdout);
    workspace.refused(&["lock"], 2, &["there is no certificate in", "openssl x509 -inform DER"]);
}

/// A server with a certificate that gives a manifest for everything.
struct Tls {
    child: std::process::Child,
    port: u16,
}

impl Tls {
    fn start(folder: &std::path::Path, name: &str) -> Tls {
        let port = free_port();
        let script = "import sys, ssl, http.server as h\n\
            class Own(h.BaseHTTPRequestHandler):\n    log_message = lambda *a: None\n    def do_GET(self):\n        b = b'apiVersion: v1\\nkind: Namespace\\nmetadata: {name: x}\\n'\n        self.send_response(200); self.send_header('content-length', str(len(b))); self.end_headers(); self.wfile.write(b)\n\
            s = h.ThreadingHTTPServer(('127.0.0.1', int(sys.argv[2])), Own)\n\
            c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER); c.load_cert_chain(sys.argv[1] + '.pem', sys.argv[1] + '.key')\n\
            s.socket = c.wrap_socket(s.socket, server_side=True); s.serve_forever()\n";
        let mut python = Peer::Python.command();
        python.args(["-c", script]).arg(folder.join(name)).arg(port.to_string()).stderr(Stdio::null());
        let child = python.spawn().expect("python3 starts");
        await_port(port);
        Tls { child, port }
    }
}

impl Drop for Tls {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_proxy_is_named_with_its_variable_and_without_its_password() {
    needs!(Openssl, Python);
    let run = |workspace: &Workspace, variable: &str, proxy: &str| {
        let run = workspace.command(&["lock", "--timeout", "1"]).env(variable, proxy).output().expect("it runs");
        let said = String::from_utf8_lossy(&run.stderr).into_owned();
        assert!(!run.status.success() && !said.contains("hunter2") && said.contains(variable), "{variable}: {said}");
        said
    };
    let tls = Workspace::with("", &part("registry.invalid", "1.0.0"));
    let plain = Workspace::with("plainHttp: [registry.invalid]\n", &part("registry.invalid", "1.0.0"));
    let dead = format!("127.0.0.1:{}", free_port());
    for (workspace, variable) in [(&tls, "HTTPS_PROXY"), (&tls, "all_proxy"), (&plain, "http_proxy")] {
        let said = run(workspace, variable, &format!("http://me:hunter2@{dead}"));
        assert!(said.contains(&format!("the proxy {dead} of `{variable}`")) && said.contains("NO_PROXY"), "{said}");
    }
    for (status, words) in [(407, ["407", "http://USER:PASSWORD@HOST:PORT"]), (403, ["403", "does not lead to"])] {
        let proxy = Server::start(move |_| Answer::new(status, "").header("proxy-authenticate", "Basic realm=\"p\""));
        let said = run(&tls, "HTTPS_PROXY", &format!("http://me:hunter2@{}", proxy.host));
        assert!(words.iter().all(|it| said.contains(it)), "{said}");
        if status == 407 {
            let said = run(&plain, "HTTP_PROXY", &proxy.host);
            assert!(words.iter().all(|it| said.contains(it)), "{said}");
        }
    }
    // A proxy that opens what it passes on shows a certificate of its own.
    let folder = tempfile::tempdir().expect("a folder");
    site::certificates(folder.path());
    fs::copy(folder.path().join("server.pem"), folder.path().join("it.pem")).expect("copied");
    fs::copy(folder.path().join("server.key"), folder.path().join("it.key")).expect("copied");
    let server = Tls::start(folder.path(), "it");
    let proxy = super::reach::proxy(&format!("127.0.0.1:{}", server.port));
    let said = run(&tls, "HTTPS_PROXY", &proxy);
    assert!(said.contains("through the proxy") && said.contains("`authorities`"), "{said}");
    // What is not known is refused, and nothing is reached without a proxy.
    let said = run(&tls, "ALL_PROXY", "socks5://me:hunter2@127.0.0.1:9");
    assert!(said.contains("SOCKS"), "{said}");
}

#[test]
fn a_schema_at_an_address_can_be_left_out() {
    let workspace = Workspace::with("", "  - {name: one, chart: ./one, namespace: kube-system}\n");
    workspace.write("one/Chart.yaml", "apiVersion: v2\nname: one\nversion: 1.0.0\n");
    workspace.write("one/values.yaml", "size: 3\n");
    workspace.write(
        "one/templates/a.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {size: '{{ .Values.size }}'}\n",
    );
    for schema in [
        r#"{"properties": {"size": {"$ref": "https://schemas.invalid/size.json"}}}"#,
        r#"{"properties": {"size": {"type": "string"}}}"#,
    ] {
        workspace.write("one/values.schema.json", schema);
        workspace.spec("", "  - {name: one, chart: ./one, namespace: kube-system}\n");
        workspace.refused(&["lock"], 2, &["skipSchemaValidation"]);
        workspace.spec("", "  - {name: one, chart: ./one, namespace: kube-system, skipSchemaValidation: true}\n");
        workspace.done(&["lock"]);
        workspace.done(&["build", "--no-check"]);
        fs::remove_file(workspace.at("lockfiles/box.lock")).expect("removed");
    }
    workspace.spec("", "  - {name: one, chart: ./one, skipSchemaValidation: perhaps}\n");
    workspace.refused(&["lock"], 2, &["`skipSchemaValidation` cannot be `perhaps`", "ichor.yaml:4"]);
}

/// A chart that keeps a key which it finds in the cluster, or takes the name of a Secret that is there.
const KEEPING: &str = "{{- if not .Values.existingSecret }}\n{{- $old := lookup \"v1\" \"Secret\" .Release.Namespace \"key\" }}\napiVersion: v1\nkind: Secret\nmetadata: {name: key, namespace: {{ .Release.Namespace }}}\ndata:\n  {{- if and .Values.keep $old }}\n  key: {{ $old.data.key }}\n  {{- else }}\n  key: {{ randAlphaNum 20 | b64enc }}\n  {{- end }}\n{{- end }}\n";

#[test]
fn a_hand_over_says_how_flux_reaches_what_the_lock_was_fetched_from() {
    let files = [
        ("Chart.yaml".to_owned(), "apiVersion: v2\nname: one\nversion: 1.0.0\n".to_owned()),
        ("values.yaml".to_owned(), "keep: false\nexistingSecret: ''\nscript: none\n".to_owned()),
        ("templates/a.yaml".to_owned(), KEEPING.to_owned()),
    ];
    let archive = charts::pack("one", &files);
    let digest = |bytes: &[u8]| ichor::base::digest::Digest::of(bytes).to_string();
    let config = b"{}".to_vec();
    let manifest = format!(
        r#"{{"schemaVersion": 2, "config": {{"mediaType": "application/vnd.cncf.helm.config.v1+json", "digest": "{}", "size": 2}}, "layers": [{{"mediaType": "{LAYER}", "digest": "{}", "size": {}}}]}}"#,
        digest(&config),
        digest(&archive),
        archive.len()
    );
    let blobs = [config, archive];
    let server = Server::start(move |asked| {
        let wanted = asked.path.rsplit('/').next().unwrap_or_default();
        let blob = blobs.iter().find(|it| digest(it) == wanted);
        Answer::new(200, blob.cloned().unwrap_or_else(|| manifest.clone().into_bytes()))
    });
    let chart = |values: &str| {
        format!(
            "  - {{name: one, chart: 'oci://{}/charts/one', version: 1.0.0, namespace: x, values: [{values}]}}\n",
            server.host
        )
    };
    let workspace = Workspace::new();
    workspace.write("ca.pem", "");
    let head = format!("recipients: [{}]\n", workspace.recipient());
    // From the user's own file, as the lock was fetched.
    workspace.write("home/.config/ichor/config.yaml", format!("plainHttp: ['{}']\n", server.host));
    let lock = |values: &str| {
        workspace.spec(&head, &chart(values));
        workspace.done(&["lock"]);
    };
    lock("{script: 'echo ${HOME}'}");
    workspace.refused(&["handoff", "flux"], 2, &["D012", "Secret x/key of part `one`", "existingSecret", "--new-keys"]);
    workspace.done(&["handoff", "flux", "--new-keys"]);
    let source = workspace.read("flux/one/source.yaml");
    assert!(source.contains("insecure: true"), "{source}");
    // What stands for a variable in the values alone is none to Flux.
    let values = workspace.read("flux/one/values.yaml");
    assert!(
        values.contains("kustomize.toolkit.fluxcd.io/substitute: disabled") && values.contains("${HOME}"),
        "{values}"
    );
    let guide = workspace.read("flux/HANDOFF.md");
    assert!(guide.contains("`spec.secretRef`") && guide.contains("- `one`: Secret x/key ("), "{guide}");
    // A chart that looks for the key makes none anew, nor does one that is told its name.
    lock("{keep: true}");
    workspace.done(&["handoff", "flux"]);
    let guide = workspace.read("flux/HANDOFF.md");
    assert!(guide.contains("the release makes none of them anew"), "{guide}");
    assert!(!workspace.read("flux/one/values.yaml").contains("substitute"));
    lock("{}");
    workspace.refused(&["handoff", "flux"], 2, &["D012"]);
    workspace.write("later.yaml", "existingSecret: key\n");
    workspace.done(&["handoff", "flux", "--values", "later.yaml"]);
}

"""A workspace with home, cache and store of its own, and ichor run in it."""

import http.server
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

CHART = {
    "Chart.yaml": "apiVersion: v2\nname: app\nversion: 1.0.0\n",
    "values.yaml": "extra: false\n",
    "templates/all.yaml": """\
{{- $ca := genCA "app-ca" 3650 }}
{{- $leaf := genSignedCert "app.example" nil (list "app.example") 365 $ca }}
{{- $word := randAlphaNum 24 }}
apiVersion: v1
kind: Secret
metadata: {name: app, namespace: apps}
data:
  ca.crt: {{ $ca.Cert | b64enc }}
  ca.key: {{ $ca.Key | b64enc }}
  tls.crt: {{ $leaf.Cert | b64enc }}
  tls.key: {{ $leaf.Key | b64enc }}
  word: {{ $word | b64enc }}
  given: {{ .Values.given | b64enc }}
stringData:
  users: {{ htpasswd "admin" $word | quote }}
  config: {{ dict "a" $word "b" .Values.given | toJson | quote }}
{{- if .Values.extra }}
  more: {{ (genSignedCert "more.example" nil (list "more.example") 365 $ca).Key | quote }}
{{- end }}
""",
}
OBJECT = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: far, namespace: apps}\n"
GIVEN = "A word of one's own: %7 \"quoted\" & längst nicht alles/+="


class Server(http.server.BaseHTTPRequestHandler):
    """Gives one manifest, so that something is fetched and kept."""

    def do_GET(self):
        body = OBJECT.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Place:
    """A workspace with home, cache, store and temporary folder of its own, and ichor run in it."""

    def __init__(self, ichor, root, host, algorithm="ecdsa-p256"):
        self.ichor, self.root, self.host = ichor, root, host
        for name in ("home", "tmp", "work/lockfiles"):
            (root / name).mkdir(parents=True, exist_ok=True)
        self.work = root / "work"
        keep = {key: os.environ[key] for key in ("PATH", "LANG") if key in os.environ}
        self.environment = keep | {
            "PATH": f"{self.work}/bin:{os.environ.get('PATH', '')}", "HOME": str(root / "home"), "TMPDIR": str(root / "tmp"), "ICHOR_CACHE": str(root / "cache"),
            "ICHOR_STORE": str(root / "store"), "GIT_CONFIG_NOSYSTEM": "1",
        }
        self.algorithm = algorithm

    def fill(self):
        self.key("key.txt")
        self.recipient = self.said(["age-keygen", "-y", "key.txt"]).strip()
        for path, text in CHART.items():
            self.write(f"app/{path}", text)
        sealed = subprocess.run(["age", "-r", self.recipient], input=json.dumps({"given": GIVEN}).encode(),
                                stdout=subprocess.PIPE, check=True).stdout
        (self.work / "given.yaml.age").write_bytes(sealed)
        self.spec()
        self.done("lock", "-i", "key.txt")

    def key(self, name):
        self.said(["age-keygen", "-o", name])
        os.chmod(self.work / name, 0o600)

    def spec(self, extra=False, name="ichor.yaml", recipient=None, more=""):
        self.write(name, f"bundle: box\ntalos: \"1.12\"\nplainHttp: ['{self.host}']\nrecipients: [{recipient or self.recipient}]\n"
                   f"certificates: {{algorithm: {self.algorithm}}}\nparts:\n"
                   f"  - name: app\n    chart: ./app\n    namespace: apps\n    values: [{{extra: {str(extra).lower()}}}]\n"
                   f"    secretValues: [given.yaml.age]\n  - name: far\n    manifest: http://{self.host}/m.yaml\n{more}")

    def write(self, path, text):
        path = self.work / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def said(self, command):
        return subprocess.run(command, cwd=self.work, env=self.environment, check=True, capture_output=True).stdout.decode()

    def run(self, *args, before=(), stdin=b"", environment=()):
        return subprocess.run([*before, self.ichor, *args], cwd=self.work, env=self.environment | dict(environment),
                              input=stdin, capture_output=True, timeout=300)

    def done(self, *args):
        run = self.run(*args)
        if run.returncode != 0:
            sys.exit(f"{args}: {run.returncode}: {run.stderr.decode()}")
        return run.stdout

    def copy(self, into):
        """The same workspace elsewhere, at the path that a lock and a link know: relative ones alone."""
        if into.exists():
            shutil.rmtree(into)
        shutil.copytree(self.root, into, symlinks=True)
        place = Place(self.ichor, into, self.host, self.algorithm)
        place.recipient = self.recipient
        return place

    def files(self):
        for folder, _, names in os.walk(self.root):
            for name in names:
                path = pathlib.Path(folder, name)
                if path.is_file() and not path.is_symlink():
                    yield path

    def lock(self):
        path = self.work / "lockfiles/box.lock"
        return path.read_text() if path.exists() else None

    def secrets(self):
        """Every sealed text of the lock, opened by age itself, and the identity."""
        texts = []
        for envelope in envelopes(self.lock()):
            texts.append(subprocess.run(["age", "-d", "-i", str(self.work / "key.txt")], input=envelope.encode(),
                                        stdout=subprocess.PIPE, check=True).stdout)
        lines = (self.work / "key.txt").read_text().splitlines()
        return texts + [line.encode() for line in lines if line.startswith("AGE-SECRET-KEY")]


def envelopes(lock):
    found = re.findall(r"^( *)(-----BEGIN AGE ENCRYPTED FILE-----.*?-----END AGE ENCRYPTED FILE-----)", lock, re.M | re.S)
    return ["\n".join(line.strip() for line in text.splitlines()) + "\n" for _, text in found]

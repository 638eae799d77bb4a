#!/usr/bin/env python3
"""What accidents do to ichor: secrets that get out, calls of the system that fail, kills at any moment.

    faults.py secrets [ICHOR]     every verb, with and without faults: is a secret anywhere but in what `open` gives?
    faults.py inject [ICHOR]      each call of the system that a verb makes fails once: is anything lost, does it say why?
    faults.py kill [ICHOR]        50 kills of each verb at moments a seed gives: is all whole, does the next run end well?
    faults.py all [ICHOR]

ICHOR is target/debug/ichor without it. Each ends with a line of figures, and with code 1 where there was a fault.
Needs Linux, git and age; `inject` and the arguments of child processes need strace.
"""

import argparse
import base64
import hashlib
import http.server
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
SEED = 1
KILLS = 50

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
            "HOME": str(root / "home"), "TMPDIR": str(root / "tmp"), "ICHOR_CACHE": str(root / "cache"),
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


def integers(der):
    """The numbers and byte strings of a private key, by their order in DER."""
    found, at = [], 0
    while at + 2 <= len(der):
        tag, length, at = der[at], der[at + 1], at + 2
        if length & 0x80:
            count = length & 0x7F
            length, at = int.from_bytes(der[at:at + count], "big"), at + count
        body = der[at:at + length]
        if tag in (0x30, 0xA0, 0xA1):
            found += integers(body)
        elif tag in (0x02, 0x04):
            found.append(body.lstrip(b"\0"))
        at += length
    return found


def forms(secret):
    """A secret in every form that somebody could find it in: name and bytes."""
    yield "plain", secret
    texts = [("", secret)]
    text = secret.decode("utf-8", "replace")
    if "PRIVATE KEY" in text:
        body = "".join(line for line in text.splitlines() if line and "-----" not in line)
        yield "PEM without breaks", body.encode()
        texts += [("line of ", line.encode()) for line in text.splitlines() if len(line) > 40 and "-----" not in line]
        der = base64.b64decode(body)
        # The first two numbers of an RSA key are public.
        for number in [it for it in integers(der) if len(it) >= 24][(1 if "RSA" in text else 0):]:
            texts.append(("number of ", number))
            yield "hex of number", number.hex().encode()
            yield "decimal of number", str(int.from_bytes(number, "big")).encode()
    for what, piece in texts:
        yield what + "text", piece
        for shift in range(3):
            for name, encode in (("base64", base64.b64encode), ("base64url", base64.urlsafe_b64encode)):
                whole = encode(b"\0" * shift + piece)
                inner = whole[4 if shift else 0:len(whole) // 4 * 4 - 4]
                yield f"{what}{name} at {shift}", inner
        yield what + "hex", piece.hex().encode()
        yield what + "HEX", piece.hex().upper().encode()
        yield what + "base32", base64.b32encode(piece)[:-8]
        words = piece.decode("utf-8", "replace")
        yield what + "URL-encoded", urllib.parse.quote(words, safe="").encode()
        yield what + "form-encoded", urllib.parse.quote_plus(words).encode()
        yield what + "reversed", words[::-1].encode()
        for name, ascii_only in (("JSON", False), ("JSON in ASCII", True)):
            quoted = json.dumps(words, ensure_ascii=ascii_only)[1:-1]
            yield what + name, quoted.encode()
            yield what + name + " twice", json.dumps(quoted)[1:-1].encode()
        yield what + "YAML in single quotes", words.replace("'", "''").encode()
        yield what + "Rust's {:?}", repr(list(piece)).encode()


class Scan:
    """Looks for secrets in bytes."""

    def __init__(self, secrets, public):
        self.needles, self.scanned, self.forms, self.found = {}, 0, 0, []
        for number, secret in enumerate(secrets):
            for name, form in forms(secret):
                self.forms += 1
                if len(form) >= 12 and form not in public:
                    self.needles[form] = f"secret {number} as {name}"
        self.pattern = re.compile(b"|".join(re.escape(it) for it in sorted(self.needles, key=len, reverse=True)))

    def look(self, where, data):
        self.scanned += len(data)
        hit = self.pattern.search(data)
        if hit:
            self.found.append(f"{where}: {self.needles[hit.group()]}")
        return hit

    def files(self, place, allowed):
        for path in place.files():
            if not any(path == it or it in path.parents for it in allowed):
                self.look(path.relative_to(place.root), path.read_bytes())


def public_of(lock):
    pems = re.findall(r"-----BEGIN CERTIFICATE-----(.*?)-----END", lock, re.S)
    return b"\n".join(base64.b64decode("".join(it.split())) for it in pems) + lock.encode()


def scan_secrets(ichor, root, host):
    algorithms = ("rsa-2048", "ecdsa-p256", "ed25519")
    total = {"runs": 0, "failed": 0, "bytes": 0, "forms": 0, "children": 0, "found": []}
    for algorithm in algorithms:
        place = Place(ichor, root / algorithm, host, algorithm)
        place.fill()
        scan_one(place, total)
    found = total["found"]
    for it in found:
        print(it)
    print(f"secrets: {total['runs']} runs ({total['failed']} with an error), {total['children']} processes, "
          f"{total['forms']} forms, {total['bytes'] / 1e6:.1f} MB scanned, {len(found)} found outside of what `open` gives")
    return not found


def scan_one(place, total):
    key = ("-i", "key.txt")
    place.key("other.txt")
    place.write("broken.pem", "-----BEGIN RSA PRIVATE KEY-----\n" + GIVEN + "\n-----END RSA PRIVATE KEY-----\n")
    template = CHART["templates/all.yaml"]
    place.done("build", "-o", "bundle.tar.gz")
    place.done("rotate", "app-ca", "--step", "1", *key)
    scan = Scan(place.secrets() + [GIVEN.encode()], public_of(place.lock()))
    lock = place.lock()
    give = place.done("open", "bundle.tar.gz", *key, "--for", "kubectl")
    (place.work / "config.yaml").write_text("machine: {type: controlplane}\ncluster: {}\n")
    fail = "  bad: {{ %s }}\n"
    lines = [  # name, arguments, whether standard output may hold secrets, what to do before
        ("lock", ["lock", *key], False, None), ("lock", ["lock", "--locked", *key], False, None),
        ("lock", ["lock", "--dry-run", "--clock", "now", *key], False, None), ("lock", ["lock"], False, None),
        ("vendor", ["vendor"], False, None), ("vendor", ["vendor", "--check"], False, None),
        ("build", ["build"], False, None), ("build", ["build", "--rebuild"], False, None),
        ("check", ["check"], False, None), ("check", ["check", "--format", "json"], False, None),
        ("verify", ["verify"], False, None), ("certs", ["certs"], False, None),
        ("certs", ["certs", "--format", "json"], False, None), ("images", ["images"], False, None),
        ("diff", ["diff", "bundle.tar.gz"], False, None), ("diff", ["diff", "bundle.tar.gz", "--format", "html"], False, None),
        ("diff", ["diff", "bundle.tar.gz", "--format", "json"], False, None),
        ("diff", ["diff", "bundle.tar.gz", "--format", "markdown"], False, None),
        ("outdated", ["outdated"], False, None), ("git-show", ["git-show", "lockfiles/box.lock"], False, None),
        ("git-merge", ["git-merge", "lockfiles/box.lock", "lockfiles/box.lock", "lockfiles/box.lock"], False, None),
        ("reseal", ["reseal", *key], False, None), ("rotate", ["rotate", "app.example", *key], False, None),
        ("rotate", ["rotate", "nothing", *key], False, None), ("handoff", ["handoff", "handoff-out"], False, None),
        ("template", ["template", "x", "./app", "--set", "given=public"], True, None),
        ("show", ["show", "values", "./app"], False, None),
        ("open", ["open", *key], True, None), ("open", ["open", *key, "--for", "kubectl"], True, None),
        ("open", ["open", *key, "-o", "opened/patch.yaml"], True, None),
        ("open", ["open", *key, "--for", "files", "-o", "opened/files/"], True, None),
        ("open", ["open", *key, "--for", "machine-config", "config.yaml", "-o", "opened/config.yaml"], True, None),
        ("open", ["open", "-i", "other.txt"], False, None), ("open", ["open", "-i", "ichor.yaml"], False, None),
        ("open", ["open"], False, None), ("open", ["open", "-i", "missing"], False, None),
        ("open", ["open", *key, "-o", "/proc/none/x"], False, None), ("open", ["open", *key, "-o", "ichor.yaml"], False, None),
        ("open", ["open", (place.work / "key.txt").read_text().splitlines()[-1]], False, None),
        ("push", ["push", f"oci://{place.host}/a:b"], False, None), ("pull", ["pull", f"oci://{place.host}/a:b"], False, None),
        ("lock", ["lock", *key, "--import", "broken.pem"], False, None),
        ("lock", ["lock", *key, "--import-secret"], False, None),
        ("lock", ["lock", "-i", "other.txt"], False, ("extra", True)),
        ("lock", ["lock", *key], False, ("extra", True)),
        *[("lock", ["lock", *key], False, ("template", template.replace("stringData:\n", "stringData:\n" + fail % it))) for it in (
            'if eq .Values.given "x" }}a{{ end', "fail .Values.given", "required $word nil", "index .Values.given 3",
            ".Values.given.a.b", "$word | int | printf \"%d\"", "tpl .Values.given .", "fromYaml $leaf.Key",
            "regexFind \"a\" $word", "genSignedCert \"x\" nil nil 1 (buildCustomCert $word .Values.given)", "$ca.Key | trunc 5",
            "upper $word", "include .Values.given .", "lookup $word \"\" \"\" \"\"", "get .Values $word", "toYaml $ca | fail")],
        ("build", ["build"], False, ("values", '{"given": {"a": 1}}')), ("lock", ["lock", *key], False, ("values", '{"given": [')),
        ("lock", ["lock", *key], False, ("values", "given: " + GIVEN.replace(":", " ") + "\n  x: y: z\n" + GIVEN)),
        ("check", ["check"], False, ("lock", lock.replace("sealed:", "sealde:", 1))),
        ("open", ["open", "bundle.tar.gz", "-i", "key.txt", "--for", "kubectl"], True, ("damage", None)),
    ]
    levels = ({}, {"RUST_LOG": "trace", "RUST_BACKTRACE": "full", "ICHOR_LOG": "trace", "DEBUG": "1"})
    traced = shutil.which("strace")
    scratch = place.root.with_name(place.root.name + "-run")
    for level in levels:
        for name, args, may, change in lines:
            here = place.copy(scratch)
            (here.work / "lockfiles/box.lock").write_text(lock)
            if change:
                apply(here, change)
            calls = place.root.with_name("calls.txt")
            before = ["strace", "-f", "-qq", "-v", "-s", "100000", "-e", "trace=execve", "-o", str(calls)] if traced else []
            stdin = give if "--import-secret" in args else b""
            run = here.run(*args, before=before, stdin=stdin, environment=level)
            total["runs"] += 1
            total["failed"] += run.returncode not in (0, 1)
            what = f"{place.algorithm}: {' '.join(args)[:60]} {change and change[0] or ''}"
            if run.returncode in (70, 101) or run.returncode < 0:
                total["found"].append(f"{what}: ended with {run.returncode}: {run.stderr.decode(errors='replace')[-300:]}")
            if not may:
                scan.look(f"{what}: standard output", run.stdout)
            scan.look(f"{what}: standard error", run.stderr)
            if traced and not args[1:2] == [(place.work / "key.txt").read_text().splitlines()[-1]]:
                text = calls.read_bytes()
                total["children"] += text.count(b"execve(")
                scan.look(f"{what}: arguments of a process", text)
            own = [here.work / it for it in ("key.txt", "other.txt", "broken.pem", "opened", "app")]
            scan.files(here, own)
    total["bytes"] += scan.scanned
    total["forms"] += scan.forms
    total["found"] += scan.found


def apply(place, change):
    kind, what = change
    if kind == "extra":
        place.spec(extra=what)
    elif kind == "template":
        place.write("app/templates/all.yaml", what)
    elif kind == "lock":
        place.write("lockfiles/box.lock", what)
    elif kind == "values":
        sealed = subprocess.run(["age", "-r", place.recipient], input=what.encode(), stdout=subprocess.PIPE, check=True)
        (place.work / "given.yaml.age").write_bytes(sealed.stdout)
    elif kind == "damage":
        data = bytearray((place.work / "bundle.tar.gz").read_bytes())
        data[len(data) // 2] ^= 1
        (place.work / "bundle.tar.gz").write_bytes(data)


VERBS = {
    "lock": ["lock", "-i", "key.txt"],
    "a first lock": ["lock", "-i", "key.txt"],
    "build": ["build"],
    "build -o": ["build", "-o", "bundle.tar.gz"],
    "open": ["open", "-i", "key.txt", "-o", "patch.yaml"],
    "open a folder": ["open", "-i", "key.txt", "--for", "files", "-o", "out/"],
    "rotate a leaf": ["rotate", "app.example", "-i", "key.txt"],
    "rotate a CA": ["rotate", "app-ca", "--step", "1", "-i", "key.txt"],
    "reseal": ["reseal", "-i", "key.txt"],
    "vendor": ["vendor"],
}
CALLS = {
    "openat": ["EIO", "EACCES", "EMFILE", "ENOSPC"], "open": ["EIO", "EACCES"], "read": ["EIO"], "pread64": ["EIO"],
    "write": ["EIO", "ENOSPC"], "fsync": ["EIO", "ENOSPC"], "fdatasync": ["EIO"], "ftruncate": ["EIO"],
    "rename": ["EIO", "EACCES", "ENOSPC"], "renameat": ["EIO"], "renameat2": ["EIO", "EACCES"], "link": ["EIO", "EACCES"],
    "linkat": ["EIO", "EACCES", "EPERM", "ENOSPC"], "mkdir": ["EIO", "EACCES", "ENOSPC"], "mkdirat": ["EIO", "EACCES"],
    "unlink": ["EIO", "EACCES"], "unlinkat": ["EIO", "EACCES"], "symlink": ["EIO", "EACCES"], "symlinkat": ["EIO", "EACCES"],
    "flock": ["EIO", "ENOLCK"], "statx": ["EIO", "EACCES"], "newfstatat": ["EIO", "EACCES"], "getdents64": ["EIO"],
    "fchmod": ["EIO"], "readlink": ["EIO"], "lseek": ["EIO"], "socket": ["EMFILE"], "connect": ["EIO", "EACCES"], "fcntl": ["EIO"],
}


class Case:
    """A verb, the workspace that it starts from, and what it may leave behind."""

    def __init__(self, name, base, root):
        self.name, self.args = name, VERBS[name]
        self.place = base.copy(root / re.sub(r"\W+", "-", name))
        place = self.place
        place.done("build", "-o", "older.tar.gz")
        if name == "lock":
            place.spec(extra=True)
        elif name == "a first lock":
            (place.work / "lockfiles/box.lock").unlink()
            shutil.rmtree(place.root / "cache", ignore_errors=True)
        elif name == "build":
            place.done("build")
            place.write("app/values.yaml", "extra: false\nother: 1\n")
            place.done("lock")
        elif name.startswith("open"):
            place.done("build")
            place.write("patch.yaml", "older\n")
            place.write("out/00-app.yaml", "older\n")
            for it in ("patch.yaml", "out/00-app.yaml"):
                os.chmod(place.work / it, 0o600)
        elif name == "reseal":
            place.key("other.txt")
            place.spec(recipient=place.said(["age-keygen", "-y", "other.txt"]).strip() + f", {place.recipient}")
        self.before = place.lock()
        self.older = {it: (place.work / it).read_bytes() for it in ("older.tar.gz", "bundle.tar.gz", "patch.yaml", "out/00-app.yaml")
                      if (place.work / it).exists()}
        whole = place.copy(root / "whole")
        whole.done(*self.args)
        self.whole = {path.relative_to(whole.work): path.read_bytes() for path in whole.files() if whole.work in path.parents}
        self.scan = Scan((whole if not self.before else place).secrets() + [GIVEN.encode()], public_of(whole.lock()))

    def judge(self, place, code, said):
        """What is wrong after a run that ended so; None of `code` for one that was killed."""
        faults = []
        lock = place.lock()
        if code is not None and (code in (70, 101) or code < 0):
            faults.append(f"it ended with {code}")
        if code not in (None, 0, 1, 2, 3, 127):
            faults.append(f"it ended with {code}")
        if code not in (None, 0) and said is not None and not re.search(r"error(\[\w\d+\])?: .{8}|shared libraries|strace: ", said):
            faults.append(f"it ended with {code} and does not say why")
        if lock != self.before and (lock is None or (self.before and self.lost(lock))):
            faults.append("the lock lost what it held")
        if lock is not None and lock != self.before and place.run("lock", "--locked", "-i", "key.txt").returncode != 0:
            faults.append("the lock is neither as it was nor whole")
        if code == 0 and self.name.startswith(("lock", "a first", "rotate", "reseal")) and lock == self.before:
            faults.append("it ended well and did nothing")
        for path, old in self.older.items():
            now = (place.work / path).read_bytes() if (place.work / path).exists() else None
            if now != old and (now is None or now != self.whole.get(pathlib.Path(path))):
                faults.append(f"{path} is neither as it was nor whole")
        allowed = [place.work / it for it in ("key.txt", "other.txt", "patch.yaml", "out")]
        for path in (place.work / "out").rglob("*"):
            name = path.relative_to(place.work)
            if path.is_file() and self.scan.look(name, path.read_bytes()) and path.read_bytes() != self.whole.get(name):
                faults.append(f"{name} has secrets and is not what was asked for")
        self.scan.found.clear()
        self.scan.files(place, allowed)
        faults += self.scan.found
        self.scan.found.clear()
        if code is not None:
            faults += [f"{it.relative_to(place.root)} is left" for it in place.files() if it.name.startswith(".ichor-")
                       and not it.name.startswith(".ichor-held-")]
        return faults

    def lost(self, lock):
        """Whether anything that no verb may drop is gone: every envelope, but those that it was to replace."""
        if self.name == "reseal":
            return len(envelopes(lock)) < len(envelopes(self.before))
        gone = set(envelopes(self.before)) - set(envelopes(lock))
        return len(gone) > (1 if self.name == "rotate a leaf" else 0)


def verbs(ichor, root, host, wanted=None):
    base = Place(ichor, root / "base", host)
    base.fill()
    return [Case(name, base, root) for name in VERBS if not wanted or name in wanted]


def inject(ichor, root, host, only=None, everything=False, wanted=None):
    if not shutil.which("strace"):
        sys.exit("inject needs strace: install it, on Debian by `apt install strace`")
    runs = tolerated = 0
    faults, figures = [], []
    for case in verbs(ichor, root, host, wanted):
        count = 0
        for call, errors in CALLS.items():
            if only and call not in only:
                continue
            # Each call fails once, by one of its errors in turn; with --all-errors, by each of them.
            for chosen in errors if everything else [None]:
                for number in range(1, 2000):
                    error = chosen or errors[number % len(errors)]
                    place = case.place.copy(root / "run")
                    trace = root / "trace.txt"
                    before = ["strace", "-f", "-qq", "-o", str(trace), "-e", f"trace={call}",
                              "-e", f"inject={call}:error={error}:when={number}"]
                    run = place.run(*case.args, before=before)
                    hit = [it for it in trace.read_text(errors="replace").splitlines() if "INJECTED" in it]
                    if not hit:
                        break
                    count += 1
                    tolerated += run.returncode == 0
                    # A message that could not be written is no message.
                    mute = call in ("write", "fcntl") and any(re.search(r"(write|fcntl)\(2,", it) for it in hit)
                    said = None if mute else run.stderr.decode(errors="replace")
                    what = f"{case.name}: {call} {number} gives {error}"
                    wrong = case.judge(place, run.returncode, said)
                    again = place.run(*case.args)
                    if again.returncode != 0:
                        wrong.append(f"the next run ends with {again.returncode}: {again.stderr.decode(errors='replace')[:300]}")
                    if wrong:
                        faults.append(what)
                        print(f"{what}: {'; '.join(wrong)}\n    {hit[0][:160]}\n    {run.stderr.decode(errors='replace')[:400]!r}", flush=True)
        runs += count
        figures.append(f"{case.name} {count}")
        print(f"{case.name}: {count} faults", flush=True)
    print(f"inject: {runs} faults of the system ({', '.join(figures)}), {tolerated} of them borne, {len(faults)} with something amiss")
    return not faults


def kill(ichor, root, host):
    choices = random.Random(SEED)
    faults, killed, runs = [], 0, 0
    for case in verbs(ichor, root, host):
        times = []
        for _ in range(3):
            place = case.place.copy(root / "run")
            start = time.monotonic()
            place.done(*case.args)
            times.append(time.monotonic() - start)
        for number in range(KILLS):
            place = case.place.copy(root / "run")
            run = subprocess.Popen([ichor, *case.args], cwd=place.work, env=place.environment, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(max(times) * choices.uniform(0, 1.1))
            run.kill()
            ended = run.wait()
            killed, runs = killed + (ended < 0), runs + 1
            wrong = case.judge(place, None if ended < 0 else ended, None)
            again = place.run(*case.args)
            if again.returncode != 0:
                wrong.append(f"the next run ends with {again.returncode}: {again.stderr.decode(errors='replace')[:300]}")
            wrong += [it for it in case.judge(place, 0, None) if "did nothing" not in it] if not wrong else []
            if wrong:
                faults.append(case.name)
                print(f"{case.name}, kill {number}: {'; '.join(wrong)}", flush=True)
    print(f"kill: {KILLS} runs of each of {len(VERBS)} verbs, {killed} of {runs} killed before they ended (seed {SEED}), "
          f"{len(faults)} with something amiss")
    return not faults


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["secrets", "inject", "kill", "all"])
    parser.add_argument("ichor", nargs="?", default=str(REPOSITORY / "target/debug/ichor"))
    parser.add_argument("--only", help="the calls that fail, such as write,fsync")
    parser.add_argument("--verbs", help="the verbs that are tried, such as 'lock,open a folder'")
    parser.add_argument("--all-errors", action="store_true", help="each call fails by each of its errors, not by one in turn")
    args = parser.parse_args()
    ichor = str(pathlib.Path(args.ichor).resolve())
    missing = [it for it in ("age", "age-keygen", "git") if not shutil.which(it)]
    if missing:
        sys.exit(f"not installed: {', '.join(missing)}")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    host = f"127.0.0.1:{server.server_address[1]}"
    good = True
    for what in ["secrets", "inject", "kill"] if args.what == "all" else [args.what]:
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder).resolve()
            if what == "secrets":
                good &= scan_secrets(ichor, root, host)
            elif what == "inject":
                only, wanted = (it and it.split(",") for it in (args.only, args.verbs))
                good &= inject(ichor, root, host, only, args.all_errors, wanted)
            else:
                good &= kill(ichor, root, host)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()

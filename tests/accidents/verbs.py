"""Every verb that writes: the workspace that it starts from, and what an accident may leave of it."""

import base64
import gzip
import json
import os
import pathlib
import re
import shutil

from .forms import Scan, public_of
from .place import GIVEN, OBJECT, envelopes

KEY = ["-i", "key.txt"]
VERBS = {
    "lock": ["lock", *KEY],
    "a first lock": ["lock", *KEY],
    "build": ["build"],
    "build -o": ["build", "-o", "bundle.tar.gz"],
    "open": ["open", *KEY, "-o", "patch.yaml"],
    "open a folder": ["open", *KEY, "--for", "files", "-o", "out/"],
    "open into a config": ["open", *KEY, "--for", "machine-config", "config.yaml", "-o", "config.yaml"],
    "rotate a leaf": ["rotate", "app.example", *KEY],
    "rotate a CA": ["rotate", "app-ca", "--step", "1", *KEY],
    "reseal": ["reseal", *KEY],
    "vendor": ["vendor"],
    "vendor --prune": ["vendor", "--prune"],
    "init": ["init", "new", "--yes", "--name", "new", "--talos", "1.12", "--cilium", "1.19.6", "-R", "key.txt"],
    "init --new-key": ["init", "new", "--yes", "--name", "new", "--talos", "1.12", "--cilium", "1.19.6", "--new-key", "new.txt"],
    "upgrade": ["upgrade", "app", "./app2", "--write", *KEY],
    "handoff": ["handoff", "argocd", "flat.yaml", "--repository", "https://git.example/a.git", "-o", "given"],
    "adopt": ["adopt", "plain", "-n", "apps", "--talos", "1.12", "--chart", "../plain", "-o", "adopted"],
    "pack": ["pack", "--no-images", "-o", "box.parcel"],
    "unpack": ["unpack", "packed.parcel", "far"],
    "sign": ["sign", "-k", "signer", "older.tar.gz"],
    "attest": ["attest", "-k", "signer", "older.tar.gz", "-o", "attestation.json"],
    "template": ["template", "plain", "./plain", "--output-dir", "printed"],
    "diff -o": ["diff", "older.tar.gz", "--format", "html", "-o", "review.html"],
    "man": ["man", "pages"],
    "git-setup": ["git-setup"],
    "store gc": ["store", "gc"],
}
# These make nothing over what is there: once all of it is there, the next run says so.
ONCE = ("init", "init --new-key", "adopt")
# What a run may leave that nothing else can tell: the program's own.
OWN = ("cache", "store", "tmp", "home", "work/.git")
PLAIN = {
    "Chart.yaml": "apiVersion: v2\nname: plain\nversion: 1.0.0\n",
    "templates/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: apps}\ndata: {a: {{ .Values.a | quote }}}\n",
    "templates/b.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b, namespace: apps}\ndata: {b: \"b\"}\n",
}
# A cluster that knows one release of Helm.
KUBECTL = """#!/bin/sh
case "$*" in
  *'owner=helm,name=plain'*) cat "$(dirname "$0")/release.json" ;;
  *'--raw /version'*) echo '{"gitVersion": "v1.34.1"}' ;;
  *'--raw /apis'*) echo '{"groups": []}' ;;
  *'--raw /api/v1'*) echo '{"resources": []}' ;;
  *) echo '{"items": []}' ;;
esac
"""


class Case:
    """A verb, the workspace that it starts from, and what it may leave behind."""

    def __init__(self, name, base, root):
        self.name, self.args = name, VERBS[name]
        self.place = base.copy(root / re.sub(r"\W+", "-", name))
        place = self.place
        place.done("build", "-o", "older.tar.gz")
        prepare(name, place)
        self.before = place.lock()
        self.older = self.state(place)
        whole = place.copy(root / "whole")
        whole.done(*self.args)
        self.whole = self.state(whole)
        again = place.copy(root / "whole-again")
        again.done(*self.args)
        # What two runs write differently is minted, and is judged by the runs that need it. A lock may hold the time.
        self.minted = {it for it, data in self.state(again).items() if self.whole.get(it) != data or it.suffix == ".lock"}
        self.changed = {it for it, data in self.whole.items() if self.older.get(it) != data}
        known = place if self.before else whole
        self.scan = Scan(known.secrets() + [GIVEN.encode()], public_of(whole.lock()))

    @staticmethod
    def state(place):
        """Every file of the user's own, by its path."""
        own = [place.root / it for it in OWN]
        files = (it for it in place.files() if not any(folder in it.parents for folder in own))
        return {it.relative_to(place.root): it.read_bytes() for it in files}

    def again(self, place):
        """What is wrong with the next run."""
        run = place.run(*self.args)
        said = run.stderr.decode(errors="replace")[:300]
        if run.returncode == 0:
            return []
        state = self.state(place)
        if self.name in ONCE and run.returncode == 2 and all(it in state for it in self.changed if it not in self.minted):
            return []
        # A key that was made is never made again in its place: the run says so, and which file it is.
        if self.name in ONCE and run.returncode == 2 and any(it in state for it in self.minted):
            return [] if "there" in said else [f"the next run does not say what is there: {said}"]
        return [f"the next run ends with {run.returncode}: {said}"]

    def judge(self, place, code, said):
        """What is wrong after a run that ended so; None of `code` for one that was killed."""
        faults = []
        lock = place.lock()
        if code not in (None, 0, 1, 2, 3, 127):
            faults.append(f"it ended with {code}")
        if code not in (None, 0) and said is not None and not re.search(r"[Ee]rror(\[\w\d+\])?: .{8}|shared libraries|strace: ", said):
            faults.append(f"it ended with {code} and does not say why")
        if lock != self.before and (lock is None or (self.before and self.lost(lock))):
            faults.append("the lock lost what it held")
        if lock is not None and lock != self.before and self.name != "upgrade" and place.run("lock", "--locked", *KEY).returncode != 0:
            faults.append("the lock is neither as it was nor whole")
        if code == 0 and self.name.startswith(("lock", "a first", "rotate", "reseal")) and lock == self.before:
            faults.append("it ended well and did nothing")
        now = self.state(place)
        for path in sorted(self.older.keys() | now.keys() | (self.changed if code == 0 else set())):
            if path.suffix == ".partial" or any(it.startswith(".ichor-") for it in path.parts):
                if code is not None and not path.name.startswith(".ichor-held-"):
                    faults.append(f"{path} is left")
            elif path in self.minted:
                if now.get(path) == b"":
                    faults.append(f"{path} is empty")
            elif path.name == "review.html" and is_page(now.get(path, b"")):
                continue
            elif now.get(path) not in (self.older.get(path), self.whole.get(path)):
                faults.append(f"{path} is neither as it was nor whole")
            elif code == 0 and now.get(path) != self.whole.get(path):
                faults.append(f"it ended well and {path} is not what was asked for")
        opened = {"open": ["patch.yaml"], "open a folder": ["out"], "open into a config": ["config.yaml"]}
        allowed = [place.work / it for it in ("key.txt", "other.txt", "new.txt", "signer", *opened.get(self.name, []))]
        self.scan.found.clear()
        self.scan.files(place, allowed)
        faults += self.scan.found
        self.scan.found.clear()
        return faults

    def lost(self, lock):
        """Whether anything that no verb may drop is gone: every envelope, but those that it was to replace."""
        if self.name == "reseal":
            return len(envelopes(lock)) < len(envelopes(self.before))
        gone = set(envelopes(self.before)) - set(envelopes(lock))
        return len(gone) > (1 if self.name == "rotate a leaf" else 0)


def is_page(page):
    """Whether it is a whole page of `diff` that says what it could not read."""
    return page.rstrip().endswith(b"</html>") and b"not at hand" in page


def prepare(name, place):
    """What must be there before a verb."""
    if name == "lock":
        place.spec(extra=True)
    elif name == "a first lock":
        (place.work / "lockfiles/box.lock").unlink()
        shutil.rmtree(place.root / "cache", ignore_errors=True)
    elif name in ("build", "store gc"):
        place.done("build")
        place.write("app/values.yaml", "extra: false\nother: 1\n")
        place.done("lock")
    elif name.startswith("open"):
        place.done("build")
        for path, text in (("patch.yaml", "older\n"), ("out/00-app.yaml", "older\n"),
                           ("config.yaml", "machine: {type: controlplane}\ncluster: {}\n")):
            place.write(path, text)
            os.chmod(place.work / path, 0o600)
    elif name == "reseal":
        place.key("other.txt")
        place.spec(recipient=place.said(["age-keygen", "-y", "other.txt"]).strip() + f", {place.recipient}")
    elif name == "vendor --prune":
        place.done("vendor")
        place.write("vendor/blobs/sha256/" + "0" * 64, "of no lock\n")
    elif name == "upgrade":
        shutil.copytree(place.work / "app", place.work / "app2")
        place.write("app2/Chart.yaml", "apiVersion: v2\nname: app\nversion: 1.1.0\n")
    elif name in ("pack", "unpack"):
        place.done("vendor")
        place.done("build")
        if name == "unpack":
            place.done("pack", "--no-images", "-o", "packed.parcel")
    elif name in ("sign", "attest"):
        place.said(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "signer"])
    elif name == "man":
        (place.work / "pages").mkdir()
    elif name == "git-setup":
        place.said(["git", "init", "-q"])
    if name in ("template", "adopt", "handoff"):
        for path, text in PLAIN.items():
            place.write(f"plain/{path}", text)
    if name == "handoff":
        place.write("flat.yaml", "bundle: flat\ntalos: \"1.12\"\nparts:\n  - {name: plain, chart: ./plain, namespace: apps, values: [{a: b}]}\n"
                    "  - {name: far, manifest: far.yaml}\n")
        place.write("far.yaml", OBJECT)
        place.said(["git", "init", "-q"])
        place.done("lock", "flat.yaml")
    if name == "adopt":
        release = {"name": "plain", "namespace": "apps", "version": 1, "chart": {"metadata": {"name": "plain", "version": "1.0.0"}},
                   "config": {"a": "b"}, "manifest": "", "info": {"status": "deployed"}}
        packed = base64.b64encode(base64.b64encode(gzip.compress(json.dumps(release).encode()))).decode()
        stored = {"items": [{"metadata": {"name": "a", "labels": {"version": "1"}}, "data": {"release": packed}}]}
        place.write("bin/kubectl", KUBECTL)
        place.write("bin/release.json", json.dumps(stored))
        os.chmod(place.work / "bin/kubectl", 0o755)


def cases(base, root, wanted=None):
    """A case for each verb, or for those that are named."""
    unknown = set(wanted or []) - VERBS.keys()
    assert not unknown, f"no such verbs: {unknown}; there are {', '.join(VERBS)}"
    return (Case(name, base, pathlib.Path(root)) for name in VERBS if not wanted or name in wanted)

"""Every verb, with and without faults: is a secret anywhere but in what `open` gives?"""

import shutil
import subprocess

from .forms import Scan, public_of
from .place import CHART, GIVEN, Place


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

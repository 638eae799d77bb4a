"""The systematic part of the cases of whole charts: archives, links, line ends, hooks, CRDs, versions; used by generate.py."""
import base64
import gzip
import io
import itertools
import json
import tarfile

TOPICS = {}
SUB = "apiVersion: v2\nname: sub\nversion: 1.0.0\n"
SHOW = "kind: C\nname: {{ .Chart.Name }}\nvalues: {{ toJson .Values }}\n"


def topic(name):
    def keep(make):
        TOPICS["charts", name] = (make, {})
        return make
    return keep


def args(*line):
    return {"args": json.dumps(line)}


def archive(entries, form=tarfile.PAX_FORMAT, pad=b""):
    """A .tgz in base64; an entry is a name with its text, or a finished header."""
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", mtime=0) as packed:
        with tarfile.open(fileobj=packed, mode="w", format=form) as tar:
            for name, data in entries:
                info = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
                data = data.encode() if isinstance(data, str) else data
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
    return base64.b64encode(out.getvalue() + pad).decode()


def special(name, kind, link=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


def plain(name="case", below=()):
    return [(f"{name}/Chart.yaml", f"apiVersion: v2\nname: {name}\nversion: 1.0.0\n"), (f"{name}/values.yaml", "a: 1\n"), (f"{name}/templates/c.yaml", SHOW), *below]


@topic("archives")
def archives():
    nested = base64.b64decode(archive(plain("sub")))
    deep = base64.b64decode(archive(plain("mid", [("mid/charts/sub-1.0.0.tgz", nested)])))
    table = {
        "plain": archive(plain()), "gnu": archive(plain(), tarfile.GNU_FORMAT), "ustar": archive(plain(), tarfile.USTAR_FORMAT),
        "long names": archive(plain(below=[("case/templates/" + "d/" * 60 + "x.yaml", SHOW)])), "long names, gnu": archive(plain(below=[("case/templates/" + "d/" * 60 + "x.yaml", SHOW)]), tarfile.GNU_FORMAT),
        "other top folder": archive([(name.replace("case/", "other/"), text) for name, text in plain()]), "two top folders": archive([("a/Chart.yaml", plain()[0][1]), ("b/templates/c.yaml", SHOW)]),
        "no top folder": archive([("Chart.yaml", plain()[0][1])]), "dot at the head": archive([("./" + name, text) for name, text in plain()]), "no Chart.yaml": archive(plain()[1:]), "empty": archive([]),
        "folders": archive([(special("case/", tarfile.DIRTYPE), ""), (special("case/templates/", tarfile.DIRTYPE), ""), *plain()]), "parent": archive(plain(below=[("case/../x.yaml", "a")])), "far parent": archive(plain(below=[("case/../../x.yaml", "a")])),
        "absolute": archive(plain(below=[("case//x.yaml", "a")])), "backslashes": archive([(name.replace("/", "\\"), text) for name, text in plain()]), "drive": archive(plain(below=[("case/c:/x.yaml", "a")])), "link": archive(plain(below=[(special("case/l", tarfile.SYMTYPE, "values.yaml"), "")])),
        "hard link": archive(plain(below=[(special("case/l", tarfile.LNKTYPE, "case/values.yaml"), "")])), "twice the same file": archive(plain(below=[("case/templates/c.yaml", "kind: D\n"), ("case/values.yaml", "b: 2\n")])),
        "mark": archive([(name, "\ufeff" + text) for name, text in plain()]), "line ends": archive([(name, text.replace("\n", "\r\n")) for name, text in plain()]), "binary": archive(plain(below=[("case/b.bin", b"\xff\x00\xfe"), ("case/templates/b.yaml", "b: {{ .Files.Get \"b.bin\" | b64enc }}\n")])),
        "ignored": archive(plain(below=[("case/.helmignore", "templates/\n")])), "nested": archive(plain(below=[("case/charts/sub-1.0.0.tgz", nested)])), "deeply nested": archive(plain(below=[("case/charts/mid.tgz", deep)])), "nested, unpacked": archive(plain(below=[("case/charts/sub/Chart.yaml", SUB), ("case/charts/sub/templates/c.yaml", SHOW)])),
        "bytes behind": archive(plain(), pad=b"\0" * 20), "text behind": archive(plain(), pad=b"more"), "cut": archive(plain())[:120], "no archive": base64.b64encode(b"plain text").decode(), "gzip alone": base64.b64encode(gzip.compress(b"x", mtime=0)).decode(),
        "nothing": "", "manifest": base64.b64encode(b"a: 1\n").decode(), "subchart in a wrong place": archive(plain(below=[("case/charts/sub-1.0.0.tgz/x", "a")])), "empty subchart": archive(plain(below=[("case/charts/sub-1.0.0.tgz", "")])), "broken subchart": archive(plain(below=[("case/charts/sub-1.0.0.tgz", "text")])),
    }
    for name, data in table.items():
        yield name, {"base64 ../c.tgz": data, **args("r", "c.tgz", "--no-hooks")}
        yield f"{name}, shown", {"base64 ../c.tgz": data, **args("show", "all", "c.tgz")}
        yield f"{name}, below", {"base64 charts/below.tgz": data, "template": SHOW, **args("--no-hooks")}


@topic("files")
def files():
    read = "kind: C\nf: {{ .Files.Get \"f\" | b64enc }}\nlines: {{ .Files.Lines \"f\" | toJson }}\nall: {{ range $p, $_ := .Files }}{{ $p }} {{ end }}\n{{ .Files.AsConfig | indent 1 }}\n{{ .Files.AsSecrets | indent 1 }}\n"
    for name, data in {"binary": b"\xff\xfe\x00\x01", "crlf": b"a\r\nb\r\n", "mark": b"\xef\xbb\xbfa", "empty": b"", "no end": b"a\nb", "ends": b"\n\n", "latin": b"caf\xe9\n", "nul": b"a\0b", "half mark": b"\xef\xbb"}.items():
        yield f"file {name}", {"base64 f": base64.b64encode(data).decode(), "file templates/c.yaml": read, **args("--no-hooks")}
        yield f"template {name}", {"base64 templates/c.txt": base64.b64encode(data).decode(), **args("--no-hooks")}
        yield f"values {name}", {"base64 values.yaml": base64.b64encode(b"a: 1\n" + data).decode(), "file templates/c.yaml": SHOW, **args("--no-hooks")}
        yield f"values file {name}", {"base64 ../v.yaml": base64.b64encode(data).decode(), "file templates/c.yaml": SHOW, **args("--no-hooks")}
    marked = "\ufeff"
    for name in ("Chart.yaml", "values.yaml", "templates/c.yaml", "templates/_h.tpl", "values.schema.json", "crds/c.yaml", ".helmignore", "requirements.yaml"):
        body = {"Chart.yaml": "apiVersion: v2\nname: case\nversion: 0.1.0\n", "values.yaml": "a: 1\n", "templates/c.yaml": SHOW, "templates/_h.tpl": "{{ define \"h\" }}\nx\n{{ end }}", "values.schema.json": "{\"required\": [\"a\"]}\n", "crds/c.yaml": "kind: CustomResourceDefinition\n", ".helmignore": "*.md\n", "requirements.yaml": "dependencies: []\n"}[name]
        rest = {"file values.yaml": "a: 1\n", "template": "kind: D\nh: {{ if .Values.h }}{{ include \"h\" . }}{{ end }}\nf: {{ .Files | toJson }}\n", "file a.md": "x\n"}
        yield f"mark in {name}", {**rest, f"file {name}": marked + body, **args("--no-hooks")}
        yield f"line ends in {name}", {**rest, f"file {name}": body.replace("\n", "\r\n"), **args("--no-hooks")}
        yield f"mark shown in {name}", {**rest, f"file {name}": marked + body, **args("show", "all")}
        yield f"no last line end in {name}", {**rest, f"file {name}": body.rstrip("\n"), **args("--no-hooks")}


@topic("links")
def links():
    read = "kind: C\nall: {{ range $p, $b := .Files }}{{ $p }}={{ toString $b }} {{ end }}\n"
    base = {"file templates/c.yaml": read, "file d/f": "text", "file ../out/o": "outside"}
    for name, more in {
        "to a file": {"link l": "d/f"}, "to a folder": {"link l": "d"}, "outside": {"link l": "../out/o"}, "to a folder outside": {"link l": "../out"}, "template": {"link templates/l.yaml": "c.yaml"}, "templates": {"link templates/d": "../d"}, "of a link": {"link l": "m", "link m": "d/f"},
        "ignored": {"link l": "d", "file .helmignore": "l\n"}, "ignored inside": {"link l": "d", "file .helmignore": "l/f\n"}, "chart": {"link charts/sub": "../../sub", "file ../sub/Chart.yaml": SUB, "file ../sub/templates/c.yaml": SHOW}, "values": {"link values.yaml": "../v.yaml", "file ../v.yaml": "a: 1\n"}, "partial": {"link templates/_h.tpl": "../d/h", "file d/h": "{{ define \"h\" }}x{{ end }}"},
    }.items():
        yield name, {**base, **more, **args("--no-hooks")}


@topic("hooks")
def hooks():
    def hook(name, events, weight=None, kind="Job", more=""):
        text = f"apiVersion: batch/v1\nkind: {kind}\nmetadata:\n  name: {name}\n  annotations:\n    \"helm.sh/hook\": {events}\n"
        return text + (f"    \"helm.sh/hook-weight\": {weight}\n" if weight is not None else "") + more
    service = "kind: Service\nmetadata:\n  name: s\n"
    for weight in ['"0"', '"5"', '"-5"', "5", "x", '"+3"', '"1.5"', "null", '""', '"99999999999999999999"']:
        yield f"weight {weight}", {"file templates/a.yaml": hook("a", "pre-install", weight), "file templates/b.yaml": hook("b", "pre-install", '"1"'), "file templates/s.yaml": service, **args()}
    for events in ["pre-install", "post-install,pre-upgrade", "test", "test-success", "pre-delete", "post-delete", "post-upgrade", "pre-rollback", "post-rollback", "PRE-INSTALL", "' pre-install , test '"]:
        for line in ([], ["--no-hooks"], ["--skip-tests"] if "test-" not in events and "'" not in events else [], ["-s", "templates/a.yaml"]):
            yield f"events {events} {' '.join(line)}", {"file templates/a.yaml": hook("a", events), "file templates/s.yaml": service, **args(*line)}
    for events in ["crd-install", "test-failure", "bad", "''", "pre-install,bad", "5", "null", "[a]"]:
        yield f"events {events}", {"file templates/a.yaml": hook("a", events), "file templates/s.yaml": service, **args("--no-hooks")}
    for kind in ["Pod", "ConfigMap", "Foo", "ServiceAccount", "Role", ""]:
        yield f"kinds {kind}", {"file templates/a.yaml": hook("a", "pre-install", kind=kind) + "---\n" + hook("b", "post-install", '"-1"', kind="ServiceAccount"), "file templates/0.yaml": hook("z", "pre-install") + "---\n" + service, **args()}
    yield "policies", {"file templates/a.yaml": hook("a", "pre-install", more="    \"helm.sh/hook-delete-policy\": before-hook-creation, hook-failed\n    \"helm.sh/hook-output-log-policy\": hook-failed\n"), **args()}
    yield "of a subchart", {"file charts/sub/Chart.yaml": SUB, "file charts/sub/templates/a.yaml": hook("sub", "pre-install"), "file templates/a.yaml": hook("top", "pre-install") + "---\n" + service, **args()}
    yield "in NOTES.txt", {"file templates/NOTES.txt": hook("n", "pre-install"), "file templates/s.yaml": service, **args()}
    yield "alone", {"file templates/a.yaml": hook("a", "pre-install"), **args()}


@topic("kinds")
def kinds():
    order = ["PriorityClass", "Namespace", "NetworkPolicy", "ResourceQuota", "LimitRange", "PodSecurityPolicy", "PodDisruptionBudget", "ServiceAccount", "Secret", "SecretList", "ConfigMap", "StorageClass", "PersistentVolume", "PersistentVolumeClaim", "CustomResourceDefinition", "ClusterRole", "ClusterRoleList", "ClusterRoleBinding", "ClusterRoleBindingList", "Role", "RoleList", "RoleBinding", "RoleBindingList", "Service", "DaemonSet", "Pod", "ReplicationController", "ReplicaSet", "Deployment", "HorizontalPodAutoscaler", "StatefulSet", "Job", "CronJob", "IngressClass", "Ingress", "APIService", "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration", "Zeta", "Alpha", "alpha", "List", "", "GatewayClass", "Gateway", "HTTPRoute", "ValidatingAdmissionPolicy"]
    document = lambda kind, name: f"kind: {kind}\nmetadata:\n  name: {name}\n"
    yield "all in one file, backwards", {"file templates/a.yaml": "---\n".join(document(kind, "n") for kind in reversed(order)), **args()}
    yield "one file each", {**{f"file templates/{at:02}.yaml": document(kind, "n") for at, kind in enumerate(reversed(order))}, **args()}
    yield "all in one file, by names", {"file templates/a.yaml": "---\n".join(document(kind, "n") for kind in sorted(order)), **args()}
    for first, second in itertools.pairwise(order):
        yield f"{first} and {second}", {"file templates/a.yaml": document(second, "a") + "---\n" + document(first, "b") + "---\n" + document(second, "c"), **args()}
    for place in ["a.yaml", "B.yaml", "a/b.yaml", "a-b.yaml", "a.b.yaml", "_a.yaml", "a", "é.yaml", "z/_y.yaml", "z/y.txt", ".x.yaml"]:
        yield f"path {place}", {f"file templates/{place}": document("Zeta", "p"), "file templates/a0.yaml": document("Zeta", "q"), "file templates/m/n.yaml": document("Zeta", "r"), **args()}


@topic("documents")
def documents():
    a, b = "kind: A\n", "kind: B\n"
    for text in ["", "\n", " ", "---", "---\n", "---\n---\n", "# c\n", "# c\n---\n# d\n", "---\n# c\n" + a, "# c\n---\n" + a, a + "---", a + "---\n", a + "--- \n" + b, a + "---\n\n\n" + b, a + "\n\n---\n" + b, a + "---" + b, a + " ---\n" + b, a + "---- \n" + b, a + "---\t\n" + b, a + "---\r\n" + b, a + "\r\n---\r\n" + b, a + "--- # c\n" + b, a + "--- kind: B\n",
                 a + "...\n" + b, a + "...\n---\n" + b, "%YAML 1.1\n---\n" + a, a + "t: |\n  ---\n  x\n" + "---\n" + b, a + "t: |\n---\n" + b, a + "t: \"x\n---\ny\"\n", a.rstrip(), a.rstrip() + "\n---\n" + b.rstrip(), "---\n" + a + "---\n" + b + "---\n" + a, "\u00a0\n" + a, "\u2028---\n" + a, "\ufeff---\n" + a, "\ufeff" + a, "x: 1\n", "{}\n", "[]\n", "null\n", "~\n", "text\n", "5\n", "- a\n", "kind:\n", "kind: 5\n", "kind: [a]\n", "kind: {a: b}\n", "kind: true\n", "apiVersion: 1\n" + a, "metadata:\n" + a, "metadata: x\n" + a, "metadata: []\n" + a,
                 "metadata: {name: 5}\n" + a, "metadata: {name: [x]}\n" + a, "metadata: {annotations: x}\n" + a, "metadata: {annotations: {a: 1}}\n" + a, "metadata: {annotations: {a: null}}\n" + a, "metadata: {annotations: {a: {b: c}}}\n" + a, "metadata: {annotations: null}\n" + a, "KIND: A\n", "Kind: A\n", "kind: A\nkind: B\n", "kind: A\nKind: B\n", "a: &x 1\nb: *x\n" + a, "b: *x\n" + a, "a: b: c\n", "\ta: 1\n", "a: [\n", "a: 'x\n", "a: @x\n", "? a\n: b\n" + a, "!!map {kind: A}\n", "<<: {kind: A}\n", "kind: !!str 5\n", "kind: |\n  A\n", "a: 1\n b: 2\n", "{kind: A, x: [1, 2]}\n", "{\"kind\": \"A\"}\n", "kind: A # Source: x/y.yaml\n", "# Source: case/templates/z.yaml\n" + a]:
        yield json.dumps(text, ensure_ascii=False), {"file templates/a.yaml": text, **args()}
        yield f"{json.dumps(text, ensure_ascii=False)} beside others", {"file templates/a.yaml": text, "file templates/b.yaml": b, **args("-s", "templates/b.yaml", "--no-hooks")}


@topic("versions")
def versions():
    for wanted in [">=1.20", ">=1.20-0", "^1.30", "~1.31", "1.x", "*", ">=1.25 <1.30", ">1.36", "<=1.36.0", "!=1.36.0", "=1.36", "1.36", "v1.36.0", "bad", "", " ", ">=1.20.0 || <0.5", ">=1.30.0-gke", "1.20 - 1.40", ">= 1.20, < 2"]:
        about = {"file Chart.yaml": f"apiVersion: v2\nname: case\nversion: 1.0.0\nkubeVersion: {json.dumps(wanted)}\n", "file templates/c.yaml": "kind: C\nv: {{ toJson .Capabilities.KubeVersion }} {{ .Capabilities.KubeVersion }} {{ .Capabilities.KubeVersion.GitVersion }}\n"}
        for given in (None, "1.20.0", "v1.31.2", "1.30.1-gke.5", "1.32"):
            yield f"{wanted!r} and {given}", {**about, **args("--no-hooks", *(["--kube-version", given] if given else []))}
        yield f"{wanted!r} below", {"file charts/sub/Chart.yaml": SUB + f"kubeVersion: {json.dumps(wanted)}\n", "file charts/sub/templates/c.yaml": SHOW, **args("--no-hooks")}
    for version in ["1.0.0", "1.0", "1", "v1.0.0", "01.0.0", "1.0.0-a.1+b", "1.0.0+", "1.0.0-", "latest", "1.0.0.0", "\"\"", "1.10", "0x1"]:
        yield f"version {version}", {"file Chart.yaml": f"apiVersion: v2\nname: case\nversion: {version}\n", "file templates/c.yaml": SHOW + "v: {{ .Chart.Version }}\n", **args("--no-hooks")}


@topic("crds")
def crds():
    crd = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: {{ x }}\n"
    base = {"file crds/a.yaml": crd, "file crds/b.yml": "---\n" + crd, "file crds/d/c.json": "{}", "file crds/README.md": "x", "file crds/e.txt": "x", "file crds/_f.yaml": crd, "file charts/sub/Chart.yaml": SUB, "file charts/sub/crds/z.yaml": crd, "file templates/c.yaml": "kind: C\nf: {{ range $p, $_ := .Files }}{{ $p }} {{ end }}\n"}
    for line in (["show", "crds"], ["show", "all"], [], ["--no-hooks"], ["-s", "templates/c.yaml"], ["-s", "crds/a.yaml"]):
        yield f"{' '.join(line)}", {**base, **args(*line)}
    off = {"file Chart.yaml": "apiVersion: v2\nname: case\nversion: 1.0.0\ndependencies: [{name: sub, version: '*', condition: sub.on}]\n", "file values.yaml": "sub: {on: false}\n"}
    yield "of a chart that is off", {**base, **off, **args()}
    yield "of a chart that is off, shown", {**base, **off, **args("show", "crds")}


@topic("old")
def old():
    one = "apiVersion: v1\nname: case\nversion: 1.0.0\n"
    sub = {"file charts/sub/Chart.yaml": SUB, "file charts/sub/values.yaml": "a: 1\nexports: {data: {b: 2}}\n", "file charts/sub/templates/c.yaml": SHOW, "file templates/c.yaml": SHOW + "f: {{ range $p, $_ := .Files }}{{ $p }} {{ end }}\nd: {{ toJson .Chart.Dependencies }}\n"}
    for text in ["dependencies: []\n", "dependencies: [{name: sub, version: 1.0.0}]\n", "dependencies: [{name: sub, version: 1.0.0, alias: x}]\n", "dependencies: [{name: sub, version: 1.0.0, condition: sub.on}]\n", "dependencies: [{name: sub, version: 1.0.0, import-values: [data]}]\n", "dependencies: [{name: sub, version: 2.0.0}]\n", "", "x: 1\n", "dependencies: 5\n", "[]\n", "dependencies: [{name: none, version: '1'}]\n", "name: other\n", "dependencies: [{name: sub, version: 1.0.0, tags: [t]}]\n", "dependencies: null\n"]:
        for about in (one, one.replace("v1", "v2"), one.replace("apiVersion: v1\n", "")):
            yield f"{text!r} in {about!r}", {**sub, "file Chart.yaml": about, "file requirements.yaml": text, "file values.yaml": "tags: {t: false}\nsub: {on: false}\n", **args("--no-hooks")}
    for text in ["dependencies: []\ndigest: x\ngenerated: 2020-01-01T00:00:00Z\n", "generated: x\n", "digest: []\n", "[", "", "dependencies: [{name: [a]}]\n"]:
        for name, about in (("requirements.lock", one), ("Chart.lock", one), ("Chart.lock", one.replace("v1", "v2")), ("requirements.lock", one.replace("v1", "v2"))):
            yield f"{name} {text!r} in {about!r}", {**sub, "file Chart.yaml": about, f"file {name}": text, **args("--no-hooks")}
    for kind in ["library", "application", "other", "''"]:
        about = f"apiVersion: v2\nname: sub\nversion: 1.0.0\ntype: {kind}\n"
        yield f"type {kind}", {"file Chart.yaml": about.replace("sub", "case"), "file templates/c.yaml": SHOW, **args("--no-hooks")}
        yield f"type {kind} below", {"file charts/sub/Chart.yaml": about, "file charts/sub/values.yaml": "a: 1\n", "file charts/sub/templates/c.yaml": SHOW, "file charts/sub/templates/_h.tpl": "{{ define \"h\" }}{{ .Chart.Name }} {{ toJson .Values }}{{ end }}", "file templates/c.yaml": "kind: C\nh: {{ include \"h\" . }}\n", **args("--no-hooks")}
    yield "deprecated", {"file Chart.yaml": one + "deprecated: true\n", "file templates/c.yaml": SHOW, **args("--no-hooks")}


@topic("notes")
def notes():
    for text in ["thanks {{ .Release.Name }}\n", "", "{{ fail \"no\" }}", "{{ .a.b.c }}", "{{ include \"none\" . }}", "{{ define \"h\" }}x{{ end }}", "kind: A\n---\nkind: B\n", "a: b: c\n"]:
        for place in ("templates/NOTES.txt", "templates/d/NOTES.txt", "templates/myNOTES.txt", "charts/sub/templates/NOTES.txt", "NOTES.txt", "templates/notes.txt"):
            yield f"{text!r} in {place}", {"file charts/sub/Chart.yaml": SUB, f"file {place}": text, "file templates/c.yaml": "kind: C\n", **args()}

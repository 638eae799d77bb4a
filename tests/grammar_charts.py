"""Whole charts made up at random, one function for each kind of case; each takes a `random.Random`."""
import json

import generate
from grammar import SCALARS, mutated, yaml_text

KINDS = {}


def kind(make):
    KINDS[make.__name__] = make
    return make


KEYS = ["a", "b", "c", "on", "global", "tags", "s", "t", "u", "x", "exports"]
LEAVES = [1, 2.5, True, False, None, "", "v", [], [1, {"k": "v"}], {}, 0, "null", {"d": None}, 10**15, ["p", None]]


def tree(r, depth=0, keys=KEYS):
    out = {}
    for _ in range(r.randint(0, 4)):
        key = r.choice(keys)
        out[key] = tree(r, depth + 1, keys) if depth < 3 and r.random() < .5 else r.choice(LEAVES)
    return out


def yaml_of(value):
    return json.dumps(value) + "\n"


def dependency(r, name):
    entry = {"name": name, "version": r.choice(["1.0.0", "1.0.0", "1.0.0", "^1", "*", ">=1.0.0-0", "2.0.0", "", "~1.0", "bad"])}
    if r.random() < .3:
        entry["alias"] = r.choice(["x", "y", "s", "t", "a"])
    if r.random() < .4:
        entry["condition"] = r.choice(["on", "s.on", "t.on", "a.on,b.on", "global.on", "missing.on,on", "", "x.on", "a", "a.b.on, on"])
    if r.random() < .3:
        entry["tags"] = r.sample(["front", "back", "on", "a"], r.randint(1, 2))
    if r.random() < .4:
        entry["import-values"] = [r.choice(["data", "more", {"child": "a", "parent": "b"}, {"child": "c", "parent": "."}, {"child": "exports.data", "parent": "x.y"}, {"child": "global", "parent": "global"}, {"child": "a.b", "parent": "a"}, {"child": "a"}, 5]) for _ in range(r.randint(1, 2))]
    return entry


def add_chart(r, sections, prefix, name, depth, template):
    about = {"apiVersion": "v2", "name": name, "version": "1.0.0"}
    values = tree(r)
    below = r.sample(["s", "t", "u"], r.choice([0, 1, 1, 2]) if depth < 3 else 0) if depth else r.sample(["s", "t", "u"], r.randint(1, 2))
    entries = [dependency(r, it) for it in below if r.random() < .8]
    entries += [dependency(r, it) for it in below if r.random() < .15]
    if r.random() < .5:
        values["exports"] = {"data": tree(r, 2), "more": r.choice([tree(r, 2), 1, None])}
    if r.random() < .5:
        values["tags"] = {it: r.choice([True, False, "no", None]) for it in r.sample(["front", "back", "on", "a"], 2)}
    if r.random() < .4:
        values["global"] = tree(r, 2)
    if r.random() < .08 and depth:
        about["type"] = r.choice(["library", "application"])
    if entries and r.random() < .1:
        about["apiVersion"] = "v1"
        sections[f"file {prefix}requirements.yaml"] = yaml_of({"dependencies": entries})
    elif entries:
        about["dependencies"] = entries
    sections[f"file {prefix}Chart.yaml"] = yaml_of(about)
    if r.random() < .9:
        sections[f"file {prefix}values.yaml"] = yaml_of(values)
    sections[f"file {prefix}templates/c.yaml"] = template(r)
    for it in below:
        add_chart(r, sections, f"{prefix}charts/{it}/", it, depth + 1, template)


def line(r, sections, more=()):
    args = list(more)
    if r.random() < .7:
        sections["file ../v.yaml"] = yaml_of(tree(r))
        args += ["-f", "v.yaml"]
    elif r.random() < .5:
        args += ["--set", ",".join(f"{'.'.join(r.choice(KEYS) for _ in range(r.randint(1, 3)))}={r.choice(['1', 'null', 'true', 'x', '{a,b}', ''])}" for _ in range(r.randint(1, 2)))]
    sections["args"] = json.dumps(args)
    return sections


@kind
def merging(r):
    """Values through nested charts: globals, aliases, conditions, tags, imports, nulls."""
    sections = {}
    add_chart(r, sections, "", "case", 0, lambda r: "{{ toYaml .Values | nindent 2 }}\nkind: {{ .Chart.Name }}\nin: {{ .Chart.IsRoot }} {{ .Template.Name }} {{ .Template.BasePath }}\nbelow: {{ range $k, $v := .Subcharts }}{{ $k }} {{ toJson $v.Values }} {{ end }}\n")
    return line(r, sections, ["--no-hooks"])


@kind
def partials(r):
    """Definitions of one name in many charts and files: who has the last word."""
    def template(r):
        out = ""
        for name in r.sample(["p", "q", "case.p"], r.randint(0, 2)):
            out += '{{ define "%s" }}%s %s{{ end }}' % (name, r.choice("abcdef"), r.choice(["{{ .Chart.Name }}", "{{ .Template.Name }}", "", "{{ include \"q\" . }}", "{{ fail \"no\" }}"]))
        return out + "kind: C\nv: " + r.choice(["{{ include \"p\" . }}", "{{ template \"q\" . }}", "{{ include \"case.p\" $ | quote }}", "{{ tpl \"{{ include \\\"p\\\" . }}\" . }}", "x", "{{ .Values.missing.deep }}", "{{ required \"r\" .Values.a }}"]) + "\n"
    sections = {}
    add_chart(r, sections, "", "case", 0, template)
    for name in list(sections):
        if name.endswith("c.yaml") and r.random() < .4:
            sections[name.replace("c.yaml", r.choice(["_h.tpl", "a.yaml", "d/e.yaml", "z.txt", "NOTES.txt"]))] = template(r)
    return line(r, sections, ["--no-hooks"])


API = ["v1", "apps/v1", "x.io/v1", "", None]
NAMES = ["Namespace", "Pod", "Deployment", "Service", "ConfigMap", "Secret", "Foo", "foo", "Bar", "Ingress", "APIService", "CustomResourceDefinition", "Job", "ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding", "NetworkPolicy", "PriorityClass", "List", "RoleList", "HorizontalPodAutoscaler", "Webhook", "MutatingWebhookConfiguration", "", "StatefulSet", "DaemonSet", "CronJob", "PersistentVolume", "StorageClass", "PodDisruptionBudget", "LimitRange", "ResourceQuota", "IngressClass", "ReplicaSet", "SecretList"]
EVENTS = ["pre-install", "post-install", "pre-upgrade", "test", "test-success", "post-delete", "Pre-Install", "pre-install,post-install", "test, pre-delete"]


def document(r, hooks=True):
    at = r.random()
    if at < .1:
        return r.choice(["", "# only a comment\n", " \n", "# a\n# b\n", "{}", "null\n", "[]\n", "a\n", "kind: [x]\n", "metadata: 1\n", "kind: K\nmetadata:\n  annotations: []\n", "a: b: c\n", "\tx\n", "kind: K\nkind: L\n", "apiVersion: 5\nkind: 6\n", "kind: K\nmetadata: {annotations: {n: 5}}\n", "kind: null\n", "{{ fail \"f\" }}", "metadata: {name: [1]}\n", "- kind: K\n"])
    out = ""
    if (api := r.choice(API)) is not None:
        out += f"apiVersion: {api}\n"
    out += f"kind: {r.choice(NAMES)}\nmetadata:\n  name: {r.choice(['n', 'm', '5', ''])}\n"
    if hooks and r.random() < .35:
        out += f"  annotations:\n    \"helm.sh/hook\": {r.choice(EVENTS)}\n"
        if r.random() < .5:
            out += f"    \"helm.sh/hook-weight\": {r.choice([chr(34) + '5' + chr(34), chr(34) + '-1' + chr(34), 'x', chr(34) + chr(34)])}\n"
        if r.random() < .3:
            out += f"    \"helm.sh/hook-delete-policy\": {r.choice(['hook-succeeded', 'before-hook-creation,hook-failed', 'bad'])}\n"
    elif r.random() < .2:
        out += "  annotations:\n    helm.sh/resource-policy: keep\n"
    return out + r.choice(["", "data: {a: \"{{ .Release.Name }}\"}\n", "spec: |\n  ---\n  x\n", "x: '---'\n", "text: |\n  a\n\n\n", "# end", "\n\n", "d: \"a\\n---\\nb\"\n", "y: 1 # Source: case/templates/z.yaml\n"])


def documents(r, hooks=True):
    out = r.choice(["", "", "---\n", "\n", "# head\n---\n", "--- # x\n", "\ufeff", "\r\n"])
    for at in range(r.choice([0, 1, 1, 1, 2, 3, 4])):
        out += (r.choice(["---\n", "\n---\n", "---\n---\n", "--- \n", "---  # c\n", "\n\n---\n\n", "---\r\n", "----\n", "---\t\n", "{{ print \"---\" }}\n"]) if at else "") + document(r, hooks)
        if not out.endswith("\n"):
            out += r.choice(["\n", "\n", "\n", ""])
    return out.replace("\n", "\r\n") if r.random() < .05 else out


@kind
def manifests(r):
    """Documents of all kinds, split and sorted, with hooks."""
    sections = {f"file templates/{name}": documents(r) for name in r.sample(["a.yaml", "b.yml", "c/d.yaml", "e.txt", "f", "Z.yaml", "_g.yaml", "a/b.yaml", "a.b.yaml", "NOTES.txt", "c/NOTES.txt", "tests/t.yaml", "h.json"], r.randint(1, 4))}
    if r.random() < .3:
        sections["file charts/sub/Chart.yaml"] = "apiVersion: v2\nname: sub\nversion: 1.0.0\n"
        sections["file charts/sub/templates/a.yaml"] = documents(r)
    args = r.choice([["--no-hooks"], [], [], ["--skip-tests"], ["-n", "other"], ["rel"], ["-s", "templates/a.yaml"], ["-s", "templates/*", "--no-hooks"], ["-s", "charts/*/templates/*", "-s", "templates/b.yml"]])
    if "--skip-tests" in args:
        sections = {name: text.replace("test, pre-delete", "test").replace("test-success", "test") for name, text in sections.items()}
    sections["args"] = json.dumps(args)
    return sections


TYPES = ["string", "integer", "number", "boolean", "array", "object", "null"]
DRAFTS = [None, None, "http://json-schema.org/draft-04/schema#", "http://json-schema.org/draft-06/schema#", "http://json-schema.org/draft-07/schema#", "http://json-schema.org/draft-07/schema", "https://json-schema.org/draft/2019-09/schema", "https://json-schema.org/draft/2020-12/schema", "urn:none"]
DEFINITIONS = {"d": {"type": "string"}, "e": {"$ref": "#/definitions/d"}}


def schema(r, depth=0):
    if depth > 3:
        return r.choice([{}, True, False, {"type": r.choice(TYPES)}])
    s = lambda: schema(r, depth + 1)
    out = {}
    for _ in range(r.choice([1, 1, 2, 3])):
        out.update(r.choice([
            lambda: {"type": r.choice(TYPES)}, lambda: {"type": r.sample(TYPES, 2)}, lambda: {"type": "object"}, lambda: {"properties": {key: s() for key in r.sample(KEYS, r.randint(1, 3))}}, lambda: {"properties": {key: s() for key in r.sample(KEYS, r.randint(1, 3))}},
            lambda: {"required": r.sample(KEYS, r.randint(1, 2))}, lambda: {"additionalProperties": r.choice([False, True, s()])}, lambda: {"enum": r.sample(["v", 1, None, [], {}, "x", 2.5, True], r.randint(1, 3))}, lambda: {"const": r.choice(["v", 1, None, {"d": None}, [1, {"k": "v"}]])},
            lambda: {"minimum": r.choice([0, 1.5, 3])}, lambda: {"maximum": r.choice([0, 1.5, 3])}, lambda: {"exclusiveMinimum": r.choice([0, 1, True])}, lambda: {"multipleOf": r.choice([2, 0.5, 0.1])}, lambda: {"minLength": r.randint(0, 3)}, lambda: {"maxLength": r.randint(0, 3)},
            lambda: {"pattern": r.choice(["^v$", "[0-9]", "(", "^$", "\\d+", "\\p{L}", "(?=a)"])}, lambda: {"format": r.choice(["ipv4", "date", "email", "uri", "regex", "hostname", "date-time", "unknown", "duration", "uuid"])}, lambda: {"minItems": r.randint(0, 3)}, lambda: {"maxItems": r.randint(0, 2)}, lambda: {"uniqueItems": True},
            lambda: {"items": r.choice([s(), [s(), s()]])}, lambda: {"contains": s()}, lambda: {"minProperties": r.randint(0, 3)}, lambda: {"maxProperties": r.randint(0, 2)}, lambda: {"patternProperties": {r.choice(["^a", ".*", "["]): s()}}, lambda: {"propertyNames": {"pattern": "^[a-c]$"}},
            lambda: {"allOf": [s(), s()]}, lambda: {"anyOf": [s(), s()]}, lambda: {"oneOf": [s(), s()]}, lambda: {"not": s()}, lambda: {"if": s(), "then": s(), "else": s()}, lambda: {"dependencies": {r.choice(KEYS): r.choice([["b"], s()])}}, lambda: {"dependentRequired": {"a": ["b", "c"]}}, lambda: {"dependentSchemas": {"a": s()}},
            lambda: {"$ref": r.choice(["#/definitions/d", "#/definitions/e", "#", "#/none", "#/$defs/d", "other.json"])}, lambda: {"unevaluatedProperties": False}, lambda: {"prefixItems": [s()]}, lambda: {"title": "t", "default": 1, "description": "d"}, lambda: {"minContains": 2, "contains": s()}, lambda: {"unevaluatedItems": False}, lambda: {"additionalItems": False, "items": [s()]},
        ])())
    return out


@kind
def schemas(r):
    """values.schema.json of one to three charts."""
    sections = {"file templates/c.yaml": "kind: C\n"}
    def add(prefix):
        it = schema(r)
        if not depth_zero_object(it):
            it = {"properties": {"a": it}}
        if (draft := r.choice(DRAFTS)) is not None:
            it["$schema"] = draft
        if r.random() < .4:
            it[r.choice(["definitions", "$defs"])] = DEFINITIONS
        text = json.dumps(it)
        sections[f"file {prefix}values.schema.json"] = mutated(r, text) if r.random() < .04 else text
        sections[f"file {prefix}values.yaml"] = yaml_of(tree(r))
    add("")
    if r.random() < .3:
        sections["file charts/s/Chart.yaml"] = "apiVersion: v2\nname: s\nversion: 1.0.0\n"
        add("charts/s/")
    return line(r, sections, ["--no-hooks"] + (["--skip-schema-validation"] if r.random() < .03 else []))


def depth_zero_object(it):
    return isinstance(it, dict)


FIELDS = {"apiVersion": ["v1", "v2", "v3", "", 1, None], "name": ["case", "a-b", "A", "", "a/b", "..", 5, None, "x y", "."], "version": ["1.0.0", "1", "v1.2", "bad", "", 1.0, None, "1.2.3+b", "01.2.3"], "type": ["application", "library", "", "other", None, 3],
          "kubeVersion": [">=1.20", "<1.0", ">=1.30-0", "bad", "", "1.x", "^1.36.0", 1.2, ">= 1.20.0 < 2.0.0"], "appVersion": ["1", 1.5, None, "x", "2.0"], "description": ["d", "a\nb", "\u00adx", 5], "deprecated": [True, "true", None], "icon": ["i"], "home": ["h"], "sources": [["s"], "s", [1], None],
          "keywords": [["k", "l"], [None]], "maintainers": [[{"name": "m", "email": "e"}], [None], [{}], "x", [{"name": "m"}]], "annotations": [{"a": "b"}, {"a": 1}, [], None], "condition": ["c"], "tags": ["t"], "unknown": [1], "engine": ["gotpl"], "dependencies": [[], None, [None], [{"name": "s"}], [{"name": "s", "version": "*"}], [{"name": "a b"}], [{"name": "s", "alias": "x y"}], {}, "x", [{"name": "s", "version": "1"}, {"name": "s", "version": "1"}], [{"name": "none", "version": "1"}], [{"name": "s", "version": "1", "condition": 5}], [{"name": "s", "version": "1", "tags": "x"}], [{"name": "s", "version": "1", "import-values": "x"}], [{"name": "s", "version": "1", "enabled": False}]]}


@kind
def metadata(r):
    """Chart.yaml with fields of all kinds, and a values.yaml or lock that may be broken."""
    about = {"apiVersion": "v2", "name": "case", "version": "1.0.0"}
    for key in r.sample(sorted(FIELDS), r.randint(1, 3)):
        about[key] = r.choice(FIELDS[key])
    text = json.dumps(about, indent=r.choice([None, 1])) + "\n"
    sections = {"file Chart.yaml": mutated(r, text) if r.random() < .1 else text, "file templates/c.yaml": "kind: C\nchart: {{ toJson .Chart }}\nrelease: {{ toJson .Release }}\n"}
    if r.random() < .5:
        sections["file charts/s/Chart.yaml"] = "apiVersion: v2\nname: s\nversion: 1.0.0\n"
        sections["file charts/s/templates/c.yaml"] = "kind: C\nchart: {{ toJson .Chart }}\n"
    if r.random() < .3:
        sections["file values.yaml"] = mutated(r, yaml_text(r).lstrip("\n"))
    if r.random() < .1:
        sections[r.choice(["file Chart.lock", "file requirements.lock", "file requirements.yaml"])] = mutated(r, r.choice(["dependencies: []\ndigest: x\n", "dependencies:\n- name: s\n  version: 1.0.0\n  repository: r\n", "generated: 2020-01-01T00:00:00Z\n", "[]", "digest: 5"]))
    sections["args"] = json.dumps(r.choice([["--no-hooks"]] * 4 + [["--kube-version", r.choice(["1.20", "v1.30.1", "1.31.0-gke.5", "1.19.0+k3s1"])], ["Bad_Name"], ["a.b"], ["-n", "N"], ["x" * 54], ["-a", "foo/v1"]]))
    return sections


@kind
def ignored(r):
    """.helmignore, and what .Files shows."""
    paths = r.sample(["a.txt", "b.md", "d/a.txt", "d/e/f.txt", "templates/x.yaml", "templates/y.yml", ".hidden", "d/.h", "foo bar", "README.md", "LICENSE", "ci/v.yaml", "crds/c.yaml", "charts/s/Chart.yaml", "charts/s/a.txt", "charts/.skip/x", "charts/_skip/Chart.yaml", "charts/README.md", "templates/_h.tpl", "é.txt", "values.yaml", "templates/.t.yaml", "d/#x", "x~", "charts/a.txt.prov"], r.randint(2, 8))
    content = {"charts/s/Chart.yaml": "apiVersion: v2\nname: s\nversion: 1.0.0\n", "values.yaml": "a: 1\n"}
    sections = {f"file {path}": content.get(path, f"kind: {path[-1]}\n") for path in paths}
    rules = ["*.txt", "d", "d/", "/a.txt", "!a.txt", "templates/x.yaml", "*", "# c", "", " *.md ", "d/*", "d/e", "[ab].*", "?.txt", "!*", "/", "**", "**/a", "d/**", ".*", ".hidden", "charts/s", "charts/", "\\#x", "[", "foo bar", "é*", "templates/", "/d/e/", "*/a.txt", "Chart.yaml", "!Chart.yaml", "values.yaml", "charts/*", "crds"]
    if r.random() < .85:
        sections["file .helmignore"] = r.choice(["\n", "\n", "\r\n"]).join(r.choice(rules) for _ in range(r.randint(1, 4))) + r.choice(["", "\n"])
    pattern = json.dumps(r.choice(["*", "**", "d/*", "d/**", "*.txt", "{a,b}.*", "[a-c]*", "d/**/f.txt", "?.txt", "**.txt", "[!a]*", "\\*", "[", "é*", "**/*.txt"]), ensure_ascii=False)
    sections["file templates/c.yaml"] = f"kind: C\nfiles: {{{{ range $p, $_ := .Files }}}}{{{{ $p }}}} {{{{ end }}}}\nglob: {{{{ range $p, $b := .Files.Glob {pattern} }}}}{{{{ $p }}}}={{{{ len $b }}}} {{{{ end }}}}\n{{{{ (.Files.Glob {pattern}).AsConfig | indent 1 }}}}\n"
    sections["args"] = json.dumps(r.choice([["--no-hooks"], ["--no-hooks"], ["show", "all"], ["show", "crds"], ["show", "readme"], ["show", "chart"], ["show", "values"]]))
    return sections


@kind
def set_lines(r):
    """--set and its sisters."""
    flag = r.choice(["--set", "--set", "--set", "--set-string", "--set-json", "--set-literal", "--set-file"])
    pieces = {"--set-json": ["a", "b", ".", "=", ",", "[0]", "[1]", '{"x":1}', "[1,2]", '"s"', "1", "null", "true", " ", "{", "]", "1.5", "\\,", "a=1", '{"a":']}.get(flag, ["a", "b", "c", ".", "=", "=", ",", "[0]", "[1]", "[", "]", "{", "}", "{x,y}", "1", "null", "true", "false", "007", "0x1f", "1.5", "-1", "\\,", "\\.", "\\=", "\\", " ", "é", "a=1", "b.c=x", "[0].d=2", "1e3", "[-1]", "[x]", "=={", "12345678", "{}", "{a", "\\[", "\"q\"", "\n"])
    text = "".join(r.choice(pieces) for _ in range(r.randint(1, 8)))
    if r.random() < .5 and "=" not in text:
        text = r.choice(["a=", "a.b=", "a[0]=", "a[1].b="]) + text
    sections = {"file templates/c.yaml": "kind: C\nv: {{ toJson .Values }}\n"}
    if flag == "--set-file":
        # The path is another one on each side, so no error may show it.
        text = r.choice(["a", "a.b", "a[0]", "a[1].c", "a\\.b", "a.b.c", "é"]) + "=f.txt"
        sections["file ../f.txt"] = r.choice(["x", "a\nb\n", "", "1", "a,b=c", "é\n"])
    sections["args"] = json.dumps([flag, text])
    return sections


@kind
def shown(r):
    """`show`, of charts whose parts may be missing or odd."""
    about = {"apiVersion": "v2", "name": "case", "version": "1.0.0"}
    for key in r.sample(sorted(FIELDS), r.randint(0, 3)):
        about[key] = r.choice(FIELDS[key])
    sections = {"file Chart.yaml": json.dumps(about)}
    if r.random() < .7:
        sections["file values.yaml"] = r.choice(["", "a: 1", "# only\n", "a: 1 # c\n\n\n", "null\n", "{}", "a: 1\r\nb: 2\r\n", "\ufeffa: 1\n", "[1]", "---\na: 1\n---\nb: 2\n", "a: [\n"])
    for name in r.sample(["README.md", "readme.txt", "Readme", "README.MD", "README.rst", "docs/README.md"], r.randint(0, 2)):
        sections[f"file {name}"] = r.choice(["# r", "text\n\n", "", "\ufeffx\n", "é"])
    for name in r.sample(["crds/a.yaml", "crds/b.yml", "crds/c.json", "crds/d.txt", "crds/e/f.yaml", "charts/s/crds/a.yaml", "crds/_g.yaml"], r.randint(0, 3)):
        sections[f"file {name}"] = r.choice(["---\nkind: A\n", "kind: B", "", "# c\n", "--- x", "kind: {{ .X }}\n"])
        if name.startswith("charts/s"):
            sections["file charts/s/Chart.yaml"] = "apiVersion: v2\nname: s\nversion: 1.0.0\n"
    sections["args"] = json.dumps(["show", r.choice(["all", "chart", "values", "readme", "crds"])])
    return sections


@kind
def nulls(r):
    """Nulls in the values of charts, of their parents and of users, and who still sees them."""
    sections = {}
    add_chart(r, sections, "", "case", 0, lambda r: "{{ toJson .Values }}\n")
    for name in list(sections):
        if name.endswith("values.yaml"):
            sections[name] = yaml_of(with_nulls(r, tree(r, keys=KEYS[:6] + ["s", "t"])))
    sections["file ../v.yaml"] = yaml_of(with_nulls(r, tree(r, keys=KEYS[:6] + ["s", "t"])))
    args = ["--no-hooks", "-f", "v.yaml"]
    if r.random() < .3:
        args += ["--set", f"{'.'.join(r.choice(KEYS) for _ in range(r.randint(1, 3)))}=null"]
    return {**sections, "args": json.dumps(args)}


def with_nulls(r, value):
    if isinstance(value, dict):
        return {key: None if r.random() < .2 else with_nulls(r, it) for key, it in value.items()}
    return value


@kind
def told(r):
    """What charts are told of Kubernetes and of Helm."""
    version = r.choice(["", "1.20", "v1.30.1", "1.31.0-gke.5", "1.19.0+k3s1", "v1.33.4-gke.1245000", "1", "1.x", "x", "1.2.3.4", "v1", " 1.30", "1.30.0-rc.1+b", "01.30.0", "1.30.00", "99999999999999999999.1", "1.30.", "V1.30", "1.30-gke", "-1.3"])
    wanted = r.choice(["", "", ">=1.20", "<1.0", ">=1.30-0", "1.x", "^1.36.0", ">= 1.20.0 < 2.0.0", ">=1.31.0-gke.1", "~1.30", "*"])
    sections = {"file Chart.yaml": json.dumps({"apiVersion": "v2", "name": "case", "version": "1.0.0", "kubeVersion": wanted} if wanted else {"apiVersion": "v2", "name": "case", "version": "1.0.0"})}
    asked = ["{{ .Capabilities.KubeVersion }}", "{{ .Capabilities.KubeVersion.Version }} {{ .Capabilities.KubeVersion.Major }}.{{ .Capabilities.KubeVersion.Minor }} {{ .Capabilities.KubeVersion.GitVersion }}", "{{ .Capabilities.KubeVersion | toJson }}", "{{ .Capabilities.HelmVersion.Version }}",
             "{{ toJson .Capabilities.APIVersions }}", "{{ .Capabilities.APIVersions.Has \"%s\" }}" % r.choice(["v1", "apps/v1", "resource.k8s.io/v1", "foo/v1", "policy/v1/PodDisruptionBudget", "autoscaling/v2beta1", "scheduling.k8s.io/v1alpha2"]), "{{ semverCompare \"%s\" .Capabilities.KubeVersion.Version }}" % r.choice([">=1.30-0", ">=1.30", "<1.33.4", "^1.2"]),
             "{{ range .Capabilities.APIVersions }}{{ . }} {{ end }}", "{{ typeOf .Capabilities }} {{ typeOf .Values }} {{ typeOf .Chart }} {{ typeOf .Files }} {{ typeOf .Release }} {{ typeOf .Capabilities.APIVersions }} {{ kindOf .Chart }}", "{{ .Chart.name }}", "{{ .Chart.Name }} {{ .Chart.Deprecated }} {{ .Chart.Dependencies }} {{ .Chart.Annotations }}", "{{ .Chart }}", "{{ .Chart.Nothing }}", "{{ toYaml .Chart }}", "{{ .Capabilities.Nothing }}", "{{ .Capabilities.HelmVersion.KubeClientVersion }}", "{{ len .Files }} {{ .Files.Lines \"e.txt\" | toJson }} {{ .Files.Lines \"f.txt\" | toJson }}", "{{ mustToYaml .Values }}", "{{ mustToToml .Values }}", "{{ mustToJson .Values }}"]
    sections["file e.txt"], sections["file f.txt"] = "", r.choice(["a", "a\n", "a\n\nb", "\n"])
    sections["file templates/c.yaml"] = "kind: C\n# " + "\n# ".join(r.choice(asked) for _ in range(r.randint(1, 3))) + "\n"
    args = ["--no-hooks"] + (["--kube-version", version] if version else [])
    for _ in range(r.choice([0, 0, 1, 2])):
        args += ["-a", r.choice(["foo/v1", "v1", "resource.k8s.io/v1", "a/v2"])]
    return {**sections, "args": json.dumps(args)}


@kind
def ends(r):
    """Values files whose length is that of a buffer, with more documents than one, and with odd ends."""
    unit = "a: " + r.choice(["x", "y"]) * r.choice([1, 5])
    text = r.choice([unit, "---\n" + unit, unit + "\n---\nb: 2", unit + "\n---\n---\nc: 3", "# c\n---\n" + unit, unit + "\n...\nd: 4", "null\n---\n" + unit, unit + "\n---\n- 1", unit + "\n---\na: null"])
    if r.random() < .5:
        size = r.choice([4096, 8192, 4095, 4097, 2048])
        text += "\n" + "#" * max(0, size - len(text) - 1 - r.choice([0, 0, 5])) if r.random() < .7 else "\nz: " + "v" * max(0, size - len(text) - 4)
    text += r.choice(["", "", "\n", "\n\n"])
    name = r.choice(["file values.yaml", "file ../v.yaml", "file ../v.yaml"])
    return {name: text, "file templates/c.yaml": "kind: C\nv: {{ toJson .Values }}\n", "args": json.dumps(["--no-hooks"] + (["-f", "v.yaml"] if name.endswith("v.yaml") else []))}

"""The real Helm: what a template renders to, what `helm template` and `helm show` print.

    pip install helm-python-sdk==0.2.2      # bundles Helm v4.2.3, no helm binary needed

`Helm` is that of the SDK; `Program` one of any version, which helm_program.py builds with Go. `Apart` asks either in a
process of its own: this file, run as a program, answers cases line by line.
"""
import base64
import contextlib
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading

import helm_program

CHART = "apiVersion: v2\nname: case\nversion: 0.1.0\n"
KUBECONFIG = """{"apiVersion": "v1", "kind": "Config", "current-context": "none",
"clusters": [{"name": "none", "cluster": {"server": "http://127.0.0.1:1"}}],
"contexts": [{"name": "none", "context": {"cluster": "none", "user": "none"}}],
"users": [{"name": "none", "user": {}}]}"""
HOOK = re.compile(r"helm\.sh/hook(?!-)")
EVENTS = {f"{when}-{what}" for when in ("pre", "post") for what in ("install", "delete", "upgrade", "rollback")}
EVENTS |= {"test", "test-success"}
SWITCHES = {"--include-crds", "--no-hooks", "--skip-tests", "--is-upgrade", "--skip-schema-validation"}

#: What Helm may take, in bytes, and for one case in seconds.
MEMORY = 3 << 30
SECONDS = 120


class Apart:
    """Helm in a process of its own, for cases that may be the end of it, and many of them: it forgets none."""

    def __init__(self, version=None):
        self.version = version
        self.process = None
        self.folder = folder()

    def answer(self, sections):
        """As `Helm.answer`, and ("ended", "") where a fresh Helm takes more than it may have and dies."""
        return self.ask(sections) or self.ask(sections) or ("ended", "")

    def ask(self, sections):
        if self.process is None:
            # Helm has much to say on stderr about each chart.
            self.process = subprocess.Popen(
                [sys.executable, __file__, self.folder.name, *([self.version] if self.version else [])], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL, text=True, start_new_session=True)
        timer = threading.Timer(SECONDS, self.kill)
        timer.start()
        try:
            self.process.stdin.write(json.dumps(sections) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        timer.cancel()
        if line:
            return tuple(json.loads(line))
        self.kill()
        self.process.wait()
        self.process = None
        return None

    def kill(self):
        """Ends the process and the helm that it may have started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)


class Helm:
    """One chart folder that each case fills anew."""

    def __init__(self, root=None):
        import helm_python
        from helm_python import _native
        self.sdk, self.native = helm_python, _native
        self.version = helm_python.helm_sdk_version()
        self.folder = None if root else folder()
        self.root = pathlib.Path(root or self.folder.name)
        self.configs = {}

    def answer(self, sections):
        """Kind and text of the result: ("output", ...) or ("error", ...)."""
        return self.whole(sections) if "args" in sections else self.render(sections)

    def render(self, sections):
        """What templates/t.yaml prints."""
        self.place(sections)
        options = {"name": "release-name", **json.loads(sections.get("options", "{}"))}
        try:
            values = self.native.call_string("helm_values_from_yaml", sections.get("values", "{}"))
            with self.sdk.Chart.load(str(self.root / "chart")) as loaded:
                rendered = self.native.call_string("helm_render", loaded._raw(), values, json.dumps(options))
        except self.sdk.HelmError as error:
            return "error", str(error)
        return "output", json.loads(rendered).get("case/templates/t.yaml", "")

    def whole(self, sections):
        """What the command line in `args` prints, run beside the chart."""
        self.place(sections)
        args = json.loads(sections["args"])
        try:
            if args[:1] == ["show"]:
                return "output", self.show(*args[1:])
            return "output", self.template(sections, Line(args))
        except (self.sdk.HelmError, Refused) as error:
            return "error", str(error).replace(f"{self.root}/", "")
        except (StopIteration, OSError, UnicodeError) as error:
            # A shrunk command line may lack an argument or a file.
            return "unusable", repr(error)

    def show(self, what, chart="chart"):
        options = json.dumps({"format": what})
        return self.native.call_string("helm_show", self.native.HANDLE(0), str(self.root / chart), options)

    def template(self, sections, line):
        """Mirrors pkg/cmd/template.go around the SDK's dry install, which keeps hooks and CRDs to itself."""
        values = line.merged(self)
        manifest = self.install(line, values)
        plain = documents(manifest)
        hooks = []
        if "--no-hooks" not in line.switches and any(HOOK.search(text) for text in sections.values()):
            # With another annotation, hooks are manifests, and are sorted as Helm sorts them among themselves.
            self.place({name: HOOK.sub("helm.sh/h00k", text) for name, text in sections.items()})
            all_of_them = [it.replace("helm.sh/h00k", "helm.sh/hook") for it in documents(self.install(line, values))]
            hooks = [it for it in all_of_them if it not in plain and events(it) <= EVENTS]
            if "--skip-tests" in line.switches:
                hooks = [it for it in hooks if not events(it) & {"test", "test-success"}]
        out = manifest.strip() + "\n" + "".join(hooks)
        return show_only(out, line.show_only) if line.show_only else out

    def install(self, line, values):
        if line.namespace not in self.configs:
            self.configs[line.namespace] = self.sdk.Config(
                namespace=line.namespace, storage_driver="memory", kubeconfig_content=KUBECONFIG)
        options = {"dry_run": "client", "namespace": line.namespace, **line.options}
        with self.sdk.Chart.load(str(self.root / line.chart)) as loaded:
            self.check_installable(loaded)
            release = self.native.call_string(
                "helm_install", self.configs[line.namespace]._raw(), self.native.HANDLE(0), loaded._raw(), None,
                line.name, json.dumps(values), json.dumps(options))
        return json.loads(release).get("manifest", "")

    @staticmethod
    def check_installable(chart):
        """What pkg/cmd/install.go refuses before the SDK is asked."""
        about = chart.metadata
        if (kind := about.get("type", "")) not in ("", "application"):
            raise Refused(f"{kind} charts are not installable")
        present = {it["name"] for it in chart.dependencies}
        missing = [it["name"] for it in about.get("dependencies") or [] if it["name"] not in present]
        if missing:
            raise Refused(
                "an error occurred while checking for chart dependencies. You may need to run 'helm dependency build' to "
                f"fetch missing dependencies: found in Chart.yaml, but missing in charts/ directory: {', '.join(missing)}")

    def place(self, sections):
        """Writes the files of a case, those named `../x` beside the chart."""
        for entry in os.scandir(self.root):
            shutil.rmtree(entry.path) if entry.is_dir(follow_symlinks=False) else os.unlink(entry.path)
        chart = self.root / "chart"
        self.put(chart / "Chart.yaml", sections.get("file Chart.yaml", CHART).encode())
        if "template" in sections:
            self.put(chart / "templates" / "t.yaml", sections["template"].encode())
        for header, text in sections.items():
            kind, _, name = header.partition(" ")
            path = self.root / name[3:] if name.startswith("../") else chart / name
            if kind == "file":
                self.put(path, text.encode())
            elif kind == "base64":
                self.put(path, base64.b64decode(text))
            elif kind == "link":
                path.parent.mkdir(parents=True, exist_ok=True)
                path.symlink_to(text)

    @staticmethod
    def put(path, data):
        try:
            path.write_bytes(data)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)


class Program(Helm):
    """A helm program of any version; its command line is the real one."""

    def __init__(self, version, root=None):
        self.version = f"v{version}"
        self.folder = None if root else folder()
        self.root = pathlib.Path(root or self.folder.name)
        self.home = tempfile.TemporaryDirectory()
        self.process = helm_program.start(version, self.home.name)

    def render(self, sections):
        self.place(sections)
        options = {"name": "release-name", "namespace": "default", **json.loads(sections.get("options", "{}"))}
        return self.ask({"chart": str(self.root / "chart"), "values": sections.get("values", "{}"), "options": options,
                         "file": "case/templates/t.yaml"})

    def whole(self, sections):
        self.place(sections)
        try:
            args, namespace = self.line(json.loads(sections["args"]))
        except StopIteration as error:
            return "unusable", repr(error)
        kind, text = self.ask({"args": args, "namespace": namespace})
        return kind, text.replace(f"{self.root}/", "") if kind == "error" else text

    def line(self, args):
        """The command line, with paths that are absolute, and the namespace apart."""
        if args[:1] == ["show"]:
            what, *places = args[1:]
            return ["show", what, str(self.root / (places or ["chart"])[0])], "default"
        out, places, namespace = ["template"], [], "default"
        rest = iter(args)
        for arg in rest:
            if arg == "-n":
                namespace = next(rest)
            elif arg == "-f":
                out += [arg, str(self.root / next(rest))]
            elif arg == "--set-file":
                key, _, path = next(rest).partition("=")
                out += [arg, f"{key}={self.root / path}"]
            elif arg in SWITCHES:
                out.append(arg)
            elif arg.startswith("-"):
                out += [arg, next(rest)]
            else:
                places.append(arg)
        return out + places[:1] + [str(self.root / (places[1:] or ["chart"])[0])], namespace

    def ask(self, question):
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("helm ended")
        return tuple(json.loads(line))


def of(version):
    """The Helm of a version, or that of the SDK."""
    return Program(version) if version else Helm()


def folder():
    """A folder for charts, in memory where that is possible."""
    memory = pathlib.Path("/dev/shm")
    return tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None)


class Refused(Exception):
    """What the command line itself, and not the SDK, refuses."""


class Line:
    """The arguments of `helm template`, with release and chart named by default."""

    def __init__(self, args):
        self.switches, self.show_only, self.options = set(), [], {}
        self.name, self.chart, self.namespace = "release-name", "chart", "default"
        self.sources = []
        places, args = [], iter(args)
        for arg in args:
            if arg in SWITCHES:
                self.switches.add(arg)
            elif arg == "-n":
                self.namespace = next(args)
            elif arg == "-s":
                self.show_only.append(next(args))
            elif arg == "-a":
                self.options.setdefault("api_versions", []).append(next(args))
            elif arg == "--kube-version":
                self.options["kube_version"] = next(args)
            elif arg == "-f" or arg.startswith("--set"):
                self.sources.append((arg, next(args)))
            else:
                places.append(arg)
        if "--skip-schema-validation" in self.switches:
            self.options["skip_schema_validation"] = True
        if places:
            self.name, self.chart = places[0], (places + ["chart"])[1]

    def merged(self, helm):
        """The values, map over map. Helm sets into the map at hand, which differs where lists are extended."""
        order = ["-f", "--set-json", "--set", "--set-string", "--set-file", "--set-literal"]
        values = {}
        for flag, text in sorted(self.sources, key=lambda it: order.index(it[0])):
            try:
                read = self.read(helm, flag, text)
            except helm.sdk.HelmError as error:
                if flag == "-f":
                    raise Refused(f"failed to parse {text}: cannot unmarshal yaml document: {str(error).replace('common.Values', 'map[string]interface {}')}") from error
                if flag == "--set-json":
                    whole = text.strip().startswith("{")
                    raise Refused(f"failed parsing --set-json data {'JSON: ' if whole else ''}{text}") from error
                raise Refused(f"failed parsing {flag} data: {error}") from error
            values = merge(values, json.loads(read))
        return values

    @staticmethod
    def read(helm, flag, text):
        if flag == "-f":
            return helm.native.call_string("helm_values_from_yaml", (helm.root / text).read_text())
        if flag == "--set":
            return helm.native.call_string("helm_strvals_parse", text)
        if flag == "--set-json" and text.strip().startswith("{"):
            try:
                return json.dumps(json.loads(text))
            except ValueError as error:
                raise helm.sdk.HelmError(str(error)) from error
        if flag == "--set-file":
            key, _, path = text.partition("=")
            text = f"{key}={helm.root / path}"
        return helm.native.call_string("helm_strvals_parse_" + flag.removeprefix("--set-"), text)


def merge(base, over):
    """Maps merge, everything else is replaced."""
    out = dict(base)
    for key, value in over.items():
        both = isinstance(value, dict) and isinstance(out.get(key), dict)
        out[key] = merge(out[key], value) if both else value
    return out


def documents(manifest):
    """The documents of a release, each with its `# Source` line. No text holds a separator, as Helm has split there."""
    return ["---\n# Source: " + it for it in re.split(r"(?m)^---\n# Source: ", manifest)[1:]]


def events(hook):
    """What a hook waits for, as far as the annotation's line tells. Helm drops hooks that wait for what it does not know."""
    found = re.findall(r"helm\.sh/hook[\"']?:(.*)", hook)
    return {it.strip(" \t\r\"'").lower() for it in found[-1].split(",")} if found else set()


def matches(pattern, path):
    """filepath.Match, of patterns without brackets."""
    parts = {"*": "[^/]*", "?": "[^/]"}
    return re.fullmatch("".join(parts.get(it, re.escape(it)) for it in pattern), path) is not None


def show_only(stream, patterns):
    """Mirrors the loop over --show-only of pkg/cmd/template.go."""
    pieces = [it.lstrip() for it in re.split(r"(?:^|\s*\n)---\s*", stream.lstrip()) if it]
    out = ""
    for pattern in patterns:
        named = [(it, re.search(r"# Source: [^/]+/(.+)", it)) for it in pieces]
        found = [it for it, source in named if source and matches(pattern, source[1])]
        if not found:
            raise Refused(f"could not find template {pattern} in chart")
        out += "".join(f"---\n{it}\n" for it in found)
    return out


def serve():
    """Answers the cases that come in, one to a line."""
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    helm = Program(sys.argv[2], sys.argv[1]) if sys.argv[2:] else Helm(sys.argv[1])
    for line in sys.stdin:
        print(json.dumps(helm.answer(json.loads(line))), flush=True)


if __name__ == "__main__":
    serve()

#!/usr/bin/env python3
"""Writes into the cases of tests/data/gitops what kustomize, Flux' own envsubst and the real Helm make of them.

    record_gitops.py [FILE]...      # default: every case there without an output

Asks `kustomize` and Go on the PATH, PyYAML, and Helm 4.3.1, which helm_program.py builds.

A case is a file of sections. `=== PATH` begins a file of the tree; one that is called `*.sops.yaml` is encrypted when the test
runs. `=== part` holds further lines of the part in the spec, `=== path` what it names, `=== layers` a YAML list that tells
this program how the release puts its values together (Flux' order): `file: CONFIGMAP KEY`, `secret: NAME KEY`, `set: PATH` with
`from`, `own`. `=== output` is what Helm prints, and is written here. Files of `base` stand in every case that does not have
its own; `=== -PATH` leaves one out.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

import yaml

import helm_program

HERE = pathlib.Path(__file__).resolve().parent
CASES = HERE / "data" / "gitops" / "flux"
BASE = HERE / "data" / "gitops" / "base"
FLUX = "kustomize.toolkit.fluxcd.io"


def read(path):
    sections, name = {}, None
    for line in path.read_text().splitlines(keepends=True):
        if line.startswith("=== "):
            name = line[4:].strip()
            sections[name] = ""
        elif name is not None:
            sections[name] += line
    return sections


def files(sections):
    found = {str(p.relative_to(BASE)): p.read_text() for p in BASE.rglob("*") if p.is_file()}
    for name, text in sections.items():
        if name.startswith("-"):
            found.pop(name[1:])
        elif name not in ("part", "path", "layers", "output"):
            found[name] = text
    return found


def fill(text, variables):
    if not variables:
        return text
    asked = json.dumps({"Text": text, "Variables": variables})
    return subprocess.run(["flux-envsubst"], input=asked, capture_output=True, text=True, check=True).stdout


class Tree:
    def __init__(self, root):
        self.root = root
        self.written = []
        for path in sorted([*root.rglob("*.yaml"), *root.rglob("*.yml")]):
            if "charts" in path.relative_to(root).parts:
                continue
            for document in yaml.safe_load_all(path.read_text()):
                if isinstance(document, dict) and "kind" in document and "name" in document.get("metadata", {}):
                    self.written.append((path, document))

    def build(self, applied):
        """The texts of what a Kustomization makes, before variables."""
        spec = applied["spec"]
        folder = self.root / spec["path"]
        own = next((folder / n for n in ("kustomization.yaml", "kustomization.yml") if (folder / n).exists()), None)
        if own:
            kustomization, before = yaml.safe_load(own.read_text()), own.read_text()
        else:
            names = sorted(str(p.relative_to(folder)) for p in folder.rglob("*.yaml"))
            own, before = folder / "kustomization.yaml", None
            kustomization = {"kind": "Kustomization", "apiVersion": "kustomize.config.k8s.io/v1beta1", "resources": names}
        for key, to in (("targetNamespace", "namespace"), ("namePrefix", "namePrefix"), ("nameSuffix", "nameSuffix")):
            if key in spec:
                kustomization[to] = spec[key]
        for key in ("patches", "components", "images"):
            if key in spec:
                kustomization[key] = kustomization.get(key, []) + spec[key]
        own.write_text(yaml.safe_dump(kustomization))
        args = ["kustomize", "build", "--load-restrictor", "LoadRestrictionsNone", str(folder)]
        built = subprocess.run(args, capture_output=True, text=True, check=True).stdout
        own.unlink() if before is None else own.write_text(before)
        return [text for text in built.split("\n---\n") if text.strip()]

    def variables(self, applied):
        found = {}
        post = applied["spec"].get("postBuild", {})
        for reference in post.get("substituteFrom", []):
            for _, it in self.written:
                if it["kind"] == reference["kind"] and it["metadata"]["name"] == reference["name"]:
                    texts = {**it.get("data", {}), **it.get("stringData", {})}
                    found.update({k: str(v).replace("\n", "") for k, v in texts.items()})
        found.update({k: str(v).replace("\n", "") for k, v in post.get("substitute", {}).items()})
        return found

    def applied(self, name):
        """A Kustomization as the one above it leaves it."""
        raw = next(d for _, d in self.written if d["kind"] == "Kustomization" and d["metadata"]["name"] == name and FLUX in d["apiVersion"])
        above = next((d for _, d in self.written if d["metadata"]["name"] == "parent"), None)
        if name != "parent" and above:
            variables = self.variables(above)
            for text in self.build(above):
                it = yaml.safe_load(fill(text, variables))
                if it["kind"] == "Kustomization" and it["metadata"]["name"] == name:
                    return it
        return raw


def render(sections, root):
    for name, text in files(sections).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    tree = Tree(root)
    has = any(d["kind"] == "Kustomization" and d["metadata"]["name"] == "app" and FLUX in d["apiVersion"] for _, d in tree.written)
    if has:
        applied = tree.applied("app")
        variables = tree.variables(applied)
        built = tree.build(applied)
        off = 'kustomize.toolkit.fluxcd.io/substitute: disabled'
        objects = [yaml.safe_load(text if off in text else fill(text, variables)) for text in built]
    else:
        args = ["kustomize", "build", "--load-restrictor", "LoadRestrictionsNone", str(root / "apps/app")]
        built = subprocess.run(args, capture_output=True, text=True, check=True).stdout
        objects = list(yaml.safe_load_all(built))
    every = objects + [d for _, d in tree.written]
    wanted = sections.get("path", "").partition("#")[2].strip()
    release = next(it for it in objects if it["kind"] == "HelmRelease" and (not wanted or it["metadata"]["name"] == wanted))
    spec = release["spec"]
    args, layers = [], yaml.safe_load(sections.get("layers", "[own]"))

    def entry(kind, name, key):
        it = next(it for it in every if it["kind"] == kind and (it["metadata"]["name"] == name or it["metadata"]["name"].startswith(name + "-")))
        return {**it.get("data", {}), **it.get("stringData", {})}[key]

    for index, layer in enumerate(layers):
        path = root / f"layer-{index}.yaml"
        if layer == "own":
            path.write_text(yaml.safe_dump(spec.get("values", {})))
            args += ["-f", path]
        elif "set" in layer:
            args += [layer.get("flag", "--set"), f"{layer['set']}={layer['text'] if 'text' in layer else entry(*layer['from'].split())}"]
        else:
            (kind, of), = layer.items()
            path.write_text(entry({"file": "ConfigMap", "secret": "Secret"}[kind], *of.split()))
            args += ["-f", path]
    extra = yaml.safe_load(sections.get("part", "")) or {}
    for index, layer in enumerate(extra.get("values", [])):
        path = root / f"own-{index}.yaml"
        path.write_text(yaml.safe_dump(layer))
        args += ["-f", path]
    target = spec.get("targetNamespace")
    name = spec.get("releaseName") or (f"{target}-{release['metadata']['name']}" if target else release["metadata"]["name"])
    namespace = target or release["metadata"].get("namespace") or extra["namespace"]
    helm = helm_program.build("4.3.1")
    command = [helm, "template", name, root / "charts/demo", "-n", namespace, *args]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def main():
    for path in [pathlib.Path(it) for it in sys.argv[1:]] or sorted(CASES.glob("*.txt")):
        sections = read(path)
        if "output" in sections and not sys.argv[1:]:
            continue
        with tempfile.TemporaryDirectory() as folder:
            try:
                output = render(sections, pathlib.Path(folder))
            except (subprocess.CalledProcessError, StopIteration, KeyError) as fault:
                print(f"{path.name}: {fault!r} {getattr(fault, 'stderr', '')}")
                continue
        text = path.read_text().split("=== output\n")[0]
        path.write_text(f"{text}=== output\n{output}")
        print(path.name)


if __name__ == "__main__":
    main()

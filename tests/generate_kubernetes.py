#!/usr/bin/env python3
"""Writes src/review/kubernetes/schema.txt: what the API servers of Kubernetes know, in one short line for each type.

The source is Kubernetes' own OpenAPI (`api/openapi-spec/v3` of the module k8s.io/kubernetes, one release of each minor), and the
named texts of an enumeration are those of `k8s.io/api`. Both come by Go's own client, from its cache where they are there:

    tests/generate_kubernetes.py            # writes the file
    tests/generate_kubernetes.py --check    # fails where the file is another

What each sign of the file means stands at its head.
"""

import collections
import glob
import json
import pathlib
import re
import subprocess
import sys

MINORS = range(28, 38)
TARGET = pathlib.Path(__file__).parent.parent / "src/review/kubernetes/schema.txt"
HEAD = """\
# Written by tests/generate_kubernetes.py from the OpenAPI of Kubernetes 1.28 to 1.37 and from k8s.io/api (Apache License 2.0).
# `kind VERSION KIND TYPE`: what an object is made of. `type TYPE FIELD=WHAT ...`: the fields of a type; `any` is not looked into.
# Behind a name: `!` it must be there, `+35` known from 1.35 on, `~36` not known from 1.36 on.
# WHAT: s text, b true or false, i a whole number of 32 bits, l one of 64, n a number, q a quantity, x a number or text, y base 64,
# t a time, * anything; `a|b|c` one of these texts; else a type. `[` a list of, `{` a mapping of texts to; `#a,b` its items differ in these.
"""
# Texts with constants beside which others are taken.
OPEN = {"SecretType", "ResourceName", "LimitType", "FinalizerName", "StorageMedium", "PodConditionType", "UniqueVolumeName"}
# Fields that the OpenAPI says must be there, and whose empty value servers take.
NOT_NEEDED = {("core.v1.TypedLocalObjectReference", "kind"), ("core.v1.TypedObjectReference", "kind"), ("storage.v1.TokenRequest", "audience"),
              ("core.v1.TypedLocalObjectReference", "name"), ("core.v1.TypedObjectReference", "name"), ("storage.v1.CSIDriver", "spec")}
# Kinds that no manifest holds: what is asked of the server, or what the server itself writes. Those of alpha versions come and go.
LEFT_OUT = re.compile(r"List$|Options$|Review$|^(Binding|Eviction|Scale|Status|WatchEvent|TokenRequest|Event|ComponentStatus|APIGroup.*|APIVersions|StorageVersion|CertificateSigningRequest)$")
PLAIN = {
    "io.k8s.apimachinery.pkg.api.resource.Quantity": "q",
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": "x",
    "io.k8s.apimachinery.pkg.apis.meta.v1.Time": "t",
    "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime": "t",
}


def folder(module):
    said = subprocess.run(["go", "mod", "download", "-json", module], capture_output=True, text=True, cwd="/", check=True)
    return pathlib.Path(json.loads(said.stdout)["Dir"])


def short(name):
    for long, it in [("io.k8s.api.", ""), ("io.k8s.apimachinery.pkg.apis.", ""), ("io.k8s.apiextensions-apiserver.pkg.apis.", ""),
                     ("io.k8s.kube-aggregator.pkg.apis.", ""), ("io.k8s.apimachinery.pkg.runtime.", "runtime.")]:
        if name.startswith(long):
            return it + name[len(long):]
    return name


def what(schema):
    """A field's type as the file writes it, and the full name of the type it leads to."""
    if "allOf" in schema:
        (only,) = schema["allOf"]
        return what({**only, **{key: schema[key] for key in schema if key.startswith("x-")}})
    if "$ref" in schema:
        name = schema["$ref"].split("/")[-1]
        return (PLAIN[name], None) if name in PLAIN else (short(name), name)
    kind, form = schema.get("type"), schema.get("format")
    if kind == "array":
        inner, leads = what(schema["items"])
        keys = schema.get("x-kubernetes-list-map-keys")
        if schema.get("x-kubernetes-list-type") == "set":
            keys = [""]
        return "[" + inner + ("#" + ",".join(keys) if keys else ""), leads
    if kind == "object" and "additionalProperties" in schema:
        inner, leads = what(schema["additionalProperties"])
        return "{" + inner, leads
    plain = {"string": "y" if form == "byte" else "s", "boolean": "b", "number": "n",
             "integer": "i" if form == "int32" else "l"}
    return plain.get(kind, "*"), None


def read(minor):
    """The types by full name: for each its fields as (what, leads, must be there); and the kinds."""
    types, kinds = {}, {}
    for file in sorted((folder(f"k8s.io/kubernetes@v1.{minor}.0") / "api/openapi-spec/v3").glob("*.json")):
        for name, schema in json.loads(file.read_text()).get("components", {}).get("schemas", {}).items():
            fields = schema.get("properties", {})
            # Definitions of kinds are written by programs, and what is left out of them is nearly always taken.
            needed = [] if short(name).startswith("apiextensions.") else schema.get("required", [])
            must = {it for it in needed if (short(name), it) not in NOT_NEEDED}
            types[name] = {it: (*what(field), it in must) for it, field in fields.items()}
            for gvk in schema.get("x-kubernetes-group-version-kind", []):
                if LEFT_OUT.search(gvk["kind"]) or "metadata" not in fields or "alpha" in gvk["version"]:
                    continue
                version = f'{gvk["group"]}/{gvk["version"]}'.lstrip("/")
                kinds[version, gvk["kind"]] = name
    return types, kinds


def enumerations():
    """For each type of a field, by package and name of the struct and name of the field: the texts that it may be."""
    texts, uses = collections.defaultdict(dict), {}
    for minor in (34, 37):
        root = folder(f"k8s.io/api@v0.{minor}.0" if minor != 34 else "k8s.io/api@v0.34.4")
        for file in sorted(root.glob("*/*/types.go")):
            package = ".".join(file.parts[-3:-1])
            text = file.read_text()
            own = set(re.findall(r"^type (\w+) string", text, re.M)) - OPEN
            for it, value in re.findall(r"^\s*(?:const )?\w+(?:\s+|\s*=\s*)(\w+)(?:\s*=\s*|\()\"([^\"]*)\"", text, re.M):
                if it in own:
                    texts[package, it][value] = None
            for struct, body in re.findall(r"^type (\w+) struct \{\n(.*?)^\}", text, re.M | re.S):
                for of, it, field in re.findall(r"^\s*\w+\s+\*?(?:\[\])?(\w+\.)?(\w+)\s+`json:\"(\w+)", body, re.M):
                    uses[package, struct, field] = ("core.v1" if of else package, it)
    return {use: list(texts[it]) for use, it in uses.items() if len(texts.get(it, [])) > 1}


def marked(seen):
    """The minors between which something was there, as the file writes them."""
    first, last = min(seen), max(seen)
    return (f"+{first}" if first > MINORS[0] else "") + (f"~{last + 1}" if last < MINORS[-1] else "")


def generate():
    fields = collections.defaultdict(dict)
    seen = collections.defaultdict(set)
    kinds, kinds_seen = {}, collections.defaultdict(set)
    for minor in MINORS:
        types, of_minor = read(minor)
        for key, name in of_minor.items():
            kinds[key] = name
            kinds_seen[key].add(minor)
        for name, own in types.items():
            seen[name].add(minor)
            for field, (it, leads, must) in own.items():
                was = fields[name].get(field)
                fields[name][field] = (it, leads, must and (was is None or was[2]), (was[3] if was else set()) | {minor})
    enums = enumerations()
    needed, open_ = set(), sorted(set(kinds.values()))
    tops = set(open_)
    while open_:
        name = open_.pop()
        if name in needed:
            continue
        needed.add(name)
        for field, (it, leads, must, _) in fields[name].items():
            if leads and not (name in tops and field == "status") and field != "managedFields":
                open_.append(leads)
    lines = [f"kind{marked(kinds_seen[key])} {version} {kind} {short(name)}" for key, name in sorted(kinds.items()) for version, kind in [key]]
    for name in sorted(needed, key=short):
        row = []
        for field, (it, leads, must, minors) in sorted(fields[name].items()):
            if (name in tops and field == "status") or field == "managedFields":
                it, must = "*", False
            package, struct = short(name).rsplit(".", 1)
            words = enums.get((package, struct, field))
            if words and it.lstrip("[").rstrip("#") == "s":
                it = it.replace("s", "|".join(words))
            # A field is as old as what it stands in.
            own = set(minors) | {it for it in MINORS if it not in seen[name]}
            row.append(f"{field}{'!' if must else ''}{marked(own)}={it}")
        lines.append(" ".join(["type", short(name), *(row or ["any"])]))
    return HEAD + "\n".join(lines) + "\n"


if __name__ == "__main__":
    text = generate()
    if "--check" in sys.argv:
        sys.exit(0 if TARGET.read_text() == text else f"{TARGET} is not what this script writes")
    TARGET.write_text(text)
    print(f"{TARGET}: {len(text)} bytes, {text.count(chr(10))} lines")

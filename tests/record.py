#!/usr/bin/env python3
"""Writes into case files what the real Helm renders.

    pip install helm-python-sdk==0.2.2      # bundles Helm v4.2.3, no helm binary needed

    record.py [--again] [--helm VERSION] [FILE_OR_FOLDER]...    # default: tests/data/cases

A case file holds many small charts and what Helm makes of each:

    # helm v4.2.3
    --- values                 sections up to the first case hold for every case of the file
    name: x
    === first case             the name, unique in its file
    --- values                 YAML, as given with `helm template -f`
    --- options                JSON: name, namespace, kube_version, api_versions
    --- file templates/_h.tpl  a further file of the chart; `../x` lies beside the chart
    --- base64 icon.png        a file that is no text
    --- link templates/a.yaml  a symbolic link, and where it leads
    --- args                   JSON list: a command line of `ichor template`, or `show` and more; asks for the whole chart
    --- template               the text of templates/t.yaml
    {{ .Values.name }}
    --- output                 what templates/t.yaml rendered to, with arguments the whole of the standard output, or
    --- error                  the whole text of Helm's error

A section is its lines joined by newlines, so the newline that ends it is not part of it. A line that starts with a
backslash is the inside of a JSON string behind that backslash: so are written lines that start with `---`, `===` or a
backslash, and lines with control characters. Bytes that are not UTF-8 show as U+FFFD, one for each.

Cases that have a result keep it, unless --again. Every new result is rendered five times, with time in between, and refused
where any two differ. The first line of a file says which Helm answers; --helm says it of new files, and with --again of all.
Versions other than the SDK's are built with Go, which helm_program.py does.
"""
import argparse
import datetime
import json
import pathlib
import re
import sys
import time

import real_helm

#: The version that the SDK bundles.
SDK = "4.2.3"
HERE = pathlib.Path(__file__).resolve().parent
HEADER = re.compile(r"--- (values|options|args|template|output|error|(file|base64|link) (\S.*))$")
RESULTS = ("output", "error")
ODD = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]")
ADDRESS = re.compile(r"0x[0-9a-f]{9,}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", type=pathlib.Path, default=[HERE / "data" / "cases"])
    parser.add_argument("--again", action="store_true", help="record cases that have a result anew")
    parser.add_argument("--helm", help="which Helm to ask: a version that Go builds")
    args = parser.parse_args()
    files = [f for path in args.paths for f in (sorted(path.rglob("*.txt")) if path.is_dir() else [path])]
    helms = Helms(args.helm, args.again)
    loaded = {path: read(path) for path in files}
    todo = [(path, prelude, case) for path, (prelude, cases) in loaded.items() for case in cases
            if args.again or not any(name in case.sections for name in RESULTS)]
    first = [helms.of(path).answer({**prelude, **case.sections}) for path, prelude, case in todo]
    if todo:
        time.sleep(1.2)
    today = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d")
    refused = 0
    for (path, prelude, case), (kind, text) in zip(todo, first):
        for name in RESULTS:
            case.sections.pop(name, None)
        helm = helms.of(path)
        if any(helm.answer({**prelude, **case.sections}) != (kind, text) for _ in range(4)) or ADDRESS.search(text) or today in text:
            print(f"{path}: {case.name}: the result changes from run to run, not recorded", file=sys.stderr)
            refused += 1
        else:
            case.sections[kind] = text
    for path in sorted({path for path, _, _ in todo}):
        write(path, helms.of(path).version, *loaded[path])
    print(f"{len(todo) - refused} recorded, {sum(len(cases) for _, cases in loaded.values())} cases in {len(files)} files")
    return 1 if refused else 0


class Helms:
    """Each Helm that is asked, once."""

    def __init__(self, wanted, again):
        self.wanted, self.again, self.open = wanted, again, {}

    def of(self, path):
        first = path.read_text().partition("\n")[0]
        named = first.removeprefix("# helm v") if first.startswith("# helm v") else None
        version = (self.wanted or named) if self.again else (named or self.wanted)
        version = None if version == SDK else version
        if version not in self.open:
            self.open[version] = real_helm.of(version)
        return self.open[version]


class Case:
    def __init__(self, name):
        self.name = name
        self.sections = {}


def read(path):
    """The sections that hold for all cases, and the cases."""
    prelude, cases, body = Case(None), [], None
    for number, line in enumerate(path.read_bytes().decode().split("\n"), 1):
        if line.startswith("=== "):
            cases.append(Case(line[4:]))
            body = None
        elif match := HEADER.fullmatch(line):
            sections = (cases[-1] if cases else prelude).sections
            if match[1] in sections:
                raise SystemExit(f"{path}:{number}: a second section {match[1]!r}")
            body = sections[match[1]] = []
        elif line.startswith(("---", "===")):
            raise SystemExit(f"{path}:{number}: no section is called so: {line}")
        elif body is not None:
            body.append(json.loads(f'"{line[1:]}"') if line.startswith("\\") else line)
    for case in [prelude, *cases]:
        last = case is (cases[-1] if cases else prelude)
        for index, (name, lines) in enumerate(case.sections.items()):
            # The last line of the file ends with a newline of its own.
            if last and index == len(case.sections) - 1 and lines and lines[-1] == "":
                lines.pop()
            case.sections[name] = "\n".join(lines)
    names = [case.name for case in cases]
    if len(set(names)) != len(names):
        raise SystemExit(f"{path}: a case name stands twice: {max(names, key=names.count)!r}")
    return prelude.sections, cases


def write(path, version, prelude, cases):
    lines = [f"# helm {version}"]
    add_sections(lines, prelude)
    for case in cases:
        lines.append(f"=== {case.name}")
        add_sections(lines, case.sections)
    path.write_bytes(("\n".join(lines) + "\n").encode())


def add_sections(lines, sections):
    for name, text in sections.items():
        lines.append(f"--- {name}")
        if text:
            lines += map(encoded, text.split("\n"))


def encoded(line):
    if not line.startswith(("---", "===", "\\")) and not ODD.search(line):
        return line
    inner = json.dumps(line, ensure_ascii=False)[1:-1]
    return "\\" + ODD.sub(lambda it: f"\\u{ord(it[0]):04x}", inner)


if __name__ == "__main__":
    sys.exit(main())

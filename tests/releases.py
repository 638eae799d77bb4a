#!/usr/bin/env python3
"""Compares our engine with releases of Helm on every recorded chart, and writes the table of docs/reference/helm.md and of the README.

    releases.py [--write] [VERSION...]      # default: all of the table

A chart is equal where both print the same bytes, or both refuse it. Needs Go, which builds each release for some minutes at
first (helm_program.py). Exits with 1 where a chart differs.
"""
import argparse
import pathlib
import re
import sys

import fuzz
import real_helm
import record

HERE = pathlib.Path(__file__).resolve().parent
PAGES = [HERE.parent / "docs" / "reference" / "helm.md", HERE.parent / "README.md"]
TABLE = re.compile(r"\| Helm release \| charts \| equal \|\n(?:\|.*\n)+")
ROW = re.compile(r"^\| ([0-9.]+) \| ([0-9,]+) \| ([0-9,]+) \|$", re.M)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("versions", nargs="*")
    parser.add_argument("--write", action="store_true", help="write the table")
    args = parser.parse_args()
    rows = {row[1]: (row[2], row[3]) for row in ROW.finditer(TABLE.search(PAGES[0].read_text())[0])}
    cases = list(recorded())
    failed = False
    for version in args.versions or list(rows):
        both = fuzz.Both(version)
        both.helm = real_helm.Apart(version)
        equal = 0
        for (name, case), ours, helm in zip(cases, both.ours([case for _, case in cases]), both.helms([case for _, case in cases])):
            # Where Helm itself answers so at times, the order of a Go map decides.
            same = ours[0] == helm[0] == "error" or fuzz.agree(ours, helm) or both.ever(case, ours)
            equal += same
            if not same:
                print(f"{version}: {name}: {ours[0]} here, {helm[0]} there")
        print(f"{version}: {equal} of {len(cases)} charts are equal")
        rows[version] = (f"{len(cases):,}", f"{equal:,}")
        failed |= equal < len(cases)
    if args.write:
        ordered = sorted(rows, key=lambda it: [int(number) for number in it.split(".")])
        lines = [f"| {version} | {' | '.join(rows[version])} |\n" for version in ordered]
        table = "| Helm release | charts | equal |\n|---|---|---|\n" + "".join(lines)
        for page in PAGES:
            page.write_text(TABLE.sub(lambda _: table, page.read_text()))
    return 1 if failed else 0


def recorded():
    """The recorded cases that are whole charts."""
    for path in sorted((HERE / "data" / "cases").rglob("*.txt")):
        prelude, cases = record.read(path)
        for case in cases:
            sections = {**prelude, **case.sections}
            if "args" in sections:
                yield f"{path.name}: {case.name}", {key: it for key, it in sections.items() if key not in record.RESULTS}


if __name__ == "__main__":
    sys.exit(main())

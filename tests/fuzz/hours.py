#!/usr/bin/env python3
"""Runs the targets for hours, and tells what came of it.

    hours.py run [--seconds N] [TARGET...]    after `./build.sh`: each target so long, one after the other
    hours.py keep                             takes into `corpus` what reaches more of the code
    hours.py table                            writes the table of SECURITY.md out of `runs.tsv`

What a run finds, its log, and inputs that end a target are in `target/fuzz`.
"""

import argparse
import pathlib
import re
import resource
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
WORK = REPOSITORY / "target/fuzz"
RUNS = HERE / "runs.tsv"
COLUMNS = ["target", "executions", "seconds", "edges", "slowest", "peak", "ends"]
TARGETS = sorted(it.stem for it in (HERE / "fuzz_targets").glob("*.rs"))
# Longer than all but locks need.
LONGEST = {"lock": 20000}
# An input may take no longer, in seconds, and no more memory, in MiB.
SLOWEST, MEMORY = 20, 2048
KEPT, KEPT_SIZE = 120, 4096
BEGIN, END = "<!-- written by tests/fuzz/hours.py -->", "<!-- to here -->"


def program(target):
    found = sorted(WORK.glob(f"*/release/{target}"), key=lambda it: it.stat().st_mtime)
    if not found:
        sys.exit(f"{target} is not built: ./build.sh")
    return found[-1]


def room():
    resource.setrlimit(resource.RLIMIT_STACK, (1 << 30, resource.RLIM_INFINITY))


def fuzz(target, *args, log=None):
    command = [program(target), f"-max_len={LONGEST.get(target, 4096)}", *args]
    return subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, preexec_fn=room, cwd=WORK)


def run(target, seconds):
    found, ends = WORK / "found" / target, WORK / "ends" / target
    for folder in (found, ends, WORK / "logs"):
        folder.mkdir(parents=True, exist_ok=True)
    path = WORK / "logs" / f"{target}-{len(list((WORK / 'logs').glob(f'{target}-*.log')))}.log"
    with open(path, "wb") as log:
        run = fuzz(target, f"-max_total_time={seconds}", f"-timeout={SLOWEST}", f"-rss_limit_mb={MEMORY}", f"-malloc_limit_mb={MEMORY // 2}",
                   "-print_final_stats=1", f"-dict={HERE / 'words.dict'}", f"-artifact_prefix={ends}/", found, HERE / "corpus" / target, log=log)
    text = path.read_text(errors="replace")
    last = re.findall(r"^#(\d+)\t.*?cov: (\d+)", text, re.M)
    stat = {key: int(value) for key, value in re.findall(r"^stat::(\w+): +(\d+)", text, re.M)}
    done = int(stat.get("number_of_executed_units", last[-1][0] if last else 0))
    row = [target, done, seconds, int(last[-1][1]) if last else 0, stat.get("slowest_unit_time_sec", 0), stat.get("peak_rss_mb", 0),
           int(run.returncode != 0)]
    if not RUNS.exists():
        RUNS.write_text("\t".join(COLUMNS) + "\n")
    with open(RUNS, "a") as file:
        file.write("\t".join(map(str, row)) + "\n")
    print(dict(zip(COLUMNS, row)), flush=True)


def keep(target):
    """The smallest inputs that reach what the kept ones do not, up to a number."""
    found, kept = WORK / "found" / target, HERE / "corpus" / target
    if not found.is_dir():
        return
    merged = WORK / "merged" / target
    merged.mkdir(parents=True, exist_ok=True)
    fuzz(target, "-merge=1", merged, kept, found, log=subprocess.DEVNULL)
    small = sorted((it for it in merged.iterdir() if it.stat().st_size <= KEPT_SIZE), key=lambda it: (it.stat().st_size, it.name))
    step = max(1, len(small) // KEPT)
    for it in small[::step][: max(0, KEPT + 60 - len(list(kept.iterdir())))]:
        data = it.read_bytes()
        (kept / it.name[:16]).write_bytes(data)
    print(target, len(list(kept.iterdir())))


def rows():
    head, *lines = RUNS.read_text().splitlines()
    assert head.split("\t") == COLUMNS
    total = {}
    for line in lines:
        target, *numbers = line.split("\t")
        numbers = list(map(int, numbers))
        before = total.get(target, [0] * len(numbers))
        joins = (lambda a, b: a + b, lambda a, b: a + b, max, max, max, lambda a, b: a + b)
        total[target] = [join(a, b) for join, a, b in zip(joins, before, numbers)]
    return total


def table():
    """What the runs gave, as a table."""
    total = rows()
    lines = ["| target | executions | minutes | slowest input | most memory | ended by an input |", "|---|---:|---:|---:|---:|---:|"]
    for target in TARGETS:
        done, seconds, _, slowest, peak, ends = total.get(target, [0] * 6)
        lines.append(f"| `{target}` | {done:,} | {seconds // 60} | {f'{slowest} s' if slowest else 'under 1 s'} | {peak} MiB | {ends} |")
    done, seconds, ends = (sum(it[at] for it in total.values()) for at in (0, 1, 5))
    lines.append(f"| all | {done:,} | {seconds // 60} | | | {ends} |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["run", "keep", "table"])
    parser.add_argument("targets", nargs="*", default=TARGETS)
    parser.add_argument("--seconds", type=int, default=600)
    args = parser.parse_args()
    if args.what == "table":
        page = REPOSITORY / "SECURITY.md"
        before, rest = page.read_text().split(BEGIN)
        page.write_text(before + BEGIN + "\n" + table() + END + rest.split(END)[1])
        return
    for target in args.targets or TARGETS:
        run(target, args.seconds) if args.what == "run" else keep(target)


if __name__ == "__main__":
    main()

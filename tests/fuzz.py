#!/usr/bin/env python3
"""Compares our engine with the real Helm on charts made up at random.

    pip install helm-python-sdk==0.2.2      # bundles Helm v4.2.3, no helm binary needed

    fuzz.py [--helm VERSION] [--seed N] [--count N] [--kinds a,b] [--seconds S] [--keep FILE]
    fuzz.py --sample N --keep FOLDER        # N settled cases of each kind as case files, whether or not they differ

With --helm, the real one is a program of that version, which helm_program.py builds with Go. Every kind of case (see grammar.py and grammar_charts.py) is made `count` times from the seed, so that a run can be had again.
Cases on which the two differ are shrunk, printed, and with --keep added to a case file. Where Helm itself answers
differently from run to run, a case is passed over. Exits with 1 where anything differs.
"""
import argparse
import collections
import json
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time

import grammar
import grammar_charts
import real_helm
import record

ROOT = pathlib.Path(__file__).resolve().parent.parent
KINDS = {**grammar.KINDS, **grammar_charts.KINDS}
#: What the SDK does not do as Helm's programs do: it reads values files whole and --set apart from them.
PROGRAMS = ["nulls", "told", "ends"]
BATCH = 500
#: How often Helm is asked again where the answers differ: most answers that rest on the order of a Go map show it.
AGAIN = 12
#: And so often where that has found nothing: an order may come up one time in ten.
SURELY = 100
#: Where Go keeps something.
ADDRESS = re.compile(r"\b0x[0-9a-f]{10,12}\b")
#: The Go that built a program.
GO = re.compile(r"\bgo1\.[0-9]+(\.[0-9]+)?\b")
#: At most so many reductions of a case are tried.
PATIENCE = 2000


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--helm", help="a version that Go builds, in place of the SDK's 4.2.3")
    parser.add_argument("--outcomes", action="store_true", help="count errors that are worded otherwise, and pass over them")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=500, help="cases of each kind")
    parser.add_argument("--kinds", help=f"comma separated: {','.join(KINDS)}; without it all, and without --helm all but {', '.join(PROGRAMS)}")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="start no batch after this time")
    parser.add_argument("--keep", type=pathlib.Path, help="a case file for what differs")
    parser.add_argument("--sample", type=int, help="keep so many cases of each kind in files of the folder --keep")
    args = parser.parse_args()
    kinds = args.kinds.split(",") if args.kinds else [kind for kind in KINDS if args.helm or kind not in PROGRAMS]
    if args.sample:
        return sample(args, kinds)
    both = Both(args.helm)
    end = time.monotonic() + args.seconds
    counts, reworded, different, unsettled, strange, ended = collections.Counter(), collections.Counter(), [], 0, 0, 0
    for kind, number in batches(kinds, args.count):
        if time.monotonic() > end:
            break
        # A batch has a seed of its own, so that it does not depend on what ran before it.
        source = random.Random(f"{args.seed} {kind} {number}")
        cases = [KINDS[kind](source) for _ in range(min(BATCH, args.count - number))]
        counts[kind] += len(cases)
        for case, ours, helm in zip(cases, both.ours(cases), both.helms(cases)):
            if ours[0] in ("crashed", "panic"):
                different.append((kind, case))
                show(kind, case, ours, helm)
                continue
            if helm[0] == "ended":
                ended += 1
                show(kind, case, ours, helm)
                continue
            if agree(ours, helm, both.sdk):
                continue
            # Helm fails, too, where it panics.
            if args.outcomes and ours[0] == "error" and helm[0] in ("error", "panic"):
                reworded[kind] += 1
                continue
            if not both.settled(case, helm):
                unsettled += 1
                if not both.ever(case, ours):
                    strange += 1
                    show(kind, case, ours, helm)
                continue
            case = shrink(both, case, (ours[0], helm[0]))
            if not both.settled(case, both.helm.answer(case), SURELY):
                unsettled += 1
                continue
            different.append((kind, case))
            (ours,), (helm,) = both.ours([case]), both.helms([case])
            show(kind, case, ours, helm)
    if args.keep and different:
        keep(args.keep, different, both)
    listed = ", ".join(f"{kind} {number}" for kind, number in counts.items())
    print(f"Helm {both.version}, seed {args.seed}: {sum(counts.values())} cases ({listed}): {len(different)} differ, "
          f"{unsettled} are unsettled ({strange} of them never as ours), {ended} end Helm")
    if args.outcomes:
        print(f"{sum(reworded.values())} errors are worded otherwise: "
              + ", ".join(f"{kind} {number}" for kind, number in reworded.items()))
    return 1 if different else 0


def batches(kinds, count):
    """Takes turns among the kinds, so that a run cut short has seen all of them."""
    for number in range(0, count, BATCH):
        for kind in kinds:
            yield kind, number


class Both:
    def __init__(self, version):
        self.version = version or "4.2.3"
        self.helm = real_helm.Apart(version)
        self.sdk = not version
        self.folder = tempfile.TemporaryDirectory()
        # A copy, so that a long run asks the same engine from first to last.
        self.binary = shutil.copy2(build(), self.folder.name)

    def ours(self, cases):
        """Starts our engine on the cases; the answers come when they are iterated over."""
        questions, answers = (pathlib.Path(self.folder.name) / name for name in ("questions", "answers"))
        questions.write_text("".join(json.dumps(case) + "\n" for case in cases))
        answers.unlink(missing_ok=True)
        process = subprocess.Popen(
            [self.binary, "--ignored", "--exact", "engine::cases::answers"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            env={"FUZZ_IN": str(questions), "FUZZ_OUT": str(answers), "FUZZ_HELM": self.version, "RUST_BACKTRACE": "0"})

        def wait():
            _, stderr = process.communicate()
            if process.returncode != 0 and len(cases) > 1:
                for case in cases:
                    yield from self.ours([case])
                return
            if process.returncode != 0:
                yield "crashed", stderr.decode()[-2000:]
                return
            for line in answers.read_text().split("\n")[:-1]:
                yield tuple(json.loads(line))
        return wait()

    def helms(self, cases):
        return [self.helm.answer(case) for case in cases]

    def settled(self, case, answer, times=AGAIN):
        return all(normal(self.helm.answer(case)) == normal(answer) for _ in range(times))

    def ever(self, case, ours):
        """Whether Helm at times answers so."""
        return any(agree(ours, self.helm.answer(case), self.sdk) for _ in range(SURELY))

    def differ(self, cases, kinds):
        """The first of the cases that differs in this way."""
        for case, ours, helm in zip(cases, self.ours(cases), self.helms(cases)):
            if (ours[0], helm[0]) == kinds and not agree(ours, helm, self.sdk) and self.settled(case, helm):
                return case
        return None


def build():
    """The test program that answers cases."""
    run = subprocess.run(
        ["cargo", "test", "--locked", "--quiet", "--test", "integration", "--no-run", "--message-format=json"], cwd=ROOT, check=True,
        stdout=subprocess.PIPE, text=True)
    messages = map(json.loads, run.stdout.splitlines())
    return next(it["executable"] for it in messages if it.get("target", {}).get("name") == "integration" and it.get("executable"))


def agree(ours, helm, sdk=False):
    """Whether the answers are the same but for what no oracle can tell.

    Addresses are those of the day, and Go is that at hand. Faults of a schema, and names within one, come in the order of a
    Go map. The SDK takes values as JSON, so that a number from --set, which is an int64 for Helm, is none there. Schemas are not fetched, which
    tests/integration/template/differences.rs holds. The SDK renders charts of every version; Helm's own programs refuse what is
    neither v1 nor v2, or whose Chart.yaml JSON cannot hold, and tests/data/cases/charts/metadata.txt holds what they say.
    """
    head = "cannot load Chart.yaml: error converting YAML to JSON: json: unsupported value: "
    if sdk and ours[0] == "error" and ours[1].startswith(head):
        return True
    if sdk and ours[0] == "error" and ours[1].strip() in ("unsupported chart version", "invalid chart apiVersion"):
        return True
    if ours[0] == helm[0] == "error" and "no network at rendering" in ours[1] and "HTTP request failed" in helm[1]:
        return True
    return ours == helm or normal(ours) == normal(helm)


def normal(answer):
    kind, text = answer
    if kind == "error":
        text = text.replace("(int64=", "(float64=")
    text = GO.sub("go1", ADDRESS.sub("0x", text))
    return (kind, sorted(re.split(r"[\s,]+", text))) if kind == "error" and "schema(s)" in text else (kind, text)


def shrink(both, case, kinds):
    tried = 0
    while tried < PATIENCE:
        candidates = list(reductions(case))
        found = None
        for start in range(0, len(candidates), 100):
            tried += 100
            found = both.differ(candidates[start:start + 100], kinds)
            if found:
                break
        if not found:
            return case
        case = found
    return case


def reductions(case):
    """Smaller cases: without a file, without some arguments, without some lines, without some characters."""
    for name in case:
        if name not in ("template", "args"):
            yield {key: text for key, text in case.items() if key != name}
    if "args" in case:
        args = json.loads(case["args"])
        for at in range(len(args)):
            for width in (2, 1):
                yield {**case, "args": json.dumps(args[:at] + args[at + width:])}
    for name, text in case.items():
        if name == "args" or name.startswith(("base64", "link")):
            continue
        for unit in ("\n", ""):
            parts = text.split(unit) if unit else list(text)
            if not unit and len(parts) > 400:
                continue
            width = len(parts) // 2
            while width:
                for at in range(0, len(parts) - width + 1, width):
                    yield {**case, name: unit.join(parts[:at] + parts[at + width:])}
                width //= 2


def show(kind, case, ours, helm):
    print(f"== {kind}")
    for name, text in case.items():
        print(f"--- {name}\n{text}")
    print(f"--- ours: {ours[0]}\n{ours[1]}\n--- helm: {helm[0]}\n{helm[1]}", flush=True)


def sample(args, kinds):
    """Cases of all kinds for good: short ones, whose answer does not change from run to run."""
    helm = real_helm.of(args.helm)
    for kind in kinds:
        source = random.Random(f"sample {args.seed} {kind}")
        cases, seen = [], set()
        while len(cases) < args.sample:
            sections = KINDS[kind](source)
            result, text = helm.answer(sections)
            # Most errors are alike: one of each is enough, but for the name of the thing.
            alike = re.sub(r"[0-9]+|<[^>]*>|\"[^\"]*\"", "", text) if result == "error" else text
            if alike in seen or len(text) > 3000 or result == "unusable" or re.search(r"0x[0-9a-f]{9,}|float64=", text):
                continue
            if any(helm.answer(sections) != (result, text) for _ in range(40)):
                continue
            seen.add(alike)
            case = record.Case(f"{kind} {len(cases)}")
            case.sections = {**sections, result: text}
            cases.append(case)
        args.keep.mkdir(parents=True, exist_ok=True)
        record.write(args.keep / f"{kind}.txt", helm.version, {}, cases)
    return 0


def keep(path, different, both):
    prelude, cases = record.read(path) if path.exists() else ({}, [])
    for kind, sections in different:
        case = record.Case(f"{kind} {len(cases)}")
        case.sections = dict(sections)
        result, text = both.helm.answer(sections)
        case.sections[result] = text
        cases.append(case)
    path.parent.mkdir(parents=True, exist_ok=True)
    record.write(path, f"v{both.version}", prelude, cases)


if __name__ == "__main__":
    sys.exit(main())

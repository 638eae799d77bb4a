#!/usr/bin/env python3
"""How fast ichor is, as a table: whole runs, side by side with a real helm where one is there, and fleets.

    cargo build --release
    python3 tests/speed.py [--bin target/release/ichor] [--helm helm] [--runs 15] [--clusters 10 100 1000] [--write docs/speed.md]

Each figure is the median of so many runs, in turn with what it is compared with. `cpu` is the time of all threads, `memory`
the peak. Without `--write` the table is printed; with it, the first rows go into the README, too.
"""
import argparse, datetime, os, pathlib, platform, re, shutil, statistics, subprocess, tempfile, time

ROOT = pathlib.Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared/conformance"
SHORT = re.compile(r"(<!-- speed -->\n).*?(<!-- end -->\n)", re.S)


def once(argv, environment, folder):
    """Seconds by the clock, seconds of all threads, and MiB at the peak."""
    begin = time.perf_counter()
    child = subprocess.Popen(argv, env=environment, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    said = child.stderr.read()
    _, status, used = os.wait4(child.pid, 0)
    wall = time.perf_counter() - begin
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{argv}: {child.returncode}: {said.decode()}")
    return wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def short(rows):
    """The rows without processor time and memory."""
    for it in rows:
        _, what, time, _, _, beside, _ = it.split("|")
        yield f"|{what}|{time}|{beside.rstrip()} |"


def medians(runs, *commands):
    """The medians of each of several commands, which are run in turn."""
    found = [[] for _ in commands]
    for number in range(runs + 1):
        for figures, (before, argv, environment, folder) in zip(found, commands):
            before()
            measured = once(argv, environment, folder)
            if number:
                figures.append(measured)
    return [tuple(statistics.median(it) for it in zip(*figures)) for figures in found]


def row(what, figures, beside=""):
    wall, cpu, memory = figures
    return f"| {what} | {wall * 1e3:.1f} ms | {cpu * 1e3:.1f} ms | {memory:.0f} MiB | {beside} |"


def clusters(folder, count, binary):
    """A fleet of the quickstart's chart, each cluster with values of its own; locked."""
    shutil.copytree(ROOT / "examples/quickstart/chart", folder / "chart")
    recipient = next(it for it in (ROOT / "examples/quickstart/ichor.yaml").read_text().split() if it.startswith("age1"))
    (folder / "lockfiles").mkdir()
    subprocess.run(["tar", "czf", "chart.tgz", "chart"], cwd=folder, check=True)
    shutil.rmtree(folder / "chart")
    key = subprocess.run([binary, "init", "k", "--yes", "--new-key", "key.txt"], cwd=folder, capture_output=True)
    if key.returncode == 0:
        text = (folder / "key.txt").read_text()
        recipient = next(it for it in text.replace("#", " ").split() if it.startswith("age1"))
    shutil.rmtree(folder / "k", ignore_errors=True)
    for number in range(count):
        spec = folder / f"clusters/c{number}/ichor.yaml"
        spec.parent.mkdir(parents=True)
        spec.write_text(
            f'bundle: c{number}\ntalos: "1.12"\nrecipients: [{recipient}]\nparts:\n  - name: beacon\n'
            f"    chart: ../../chart.tgz\n    namespace: kube-system\n    values: [{{cluster: c{number}}}]\n"
        )


def newest_helm():
    """The newest helm that `helm_program.py` has built."""
    built = pathlib.Path.home().glob(".cache/helm-programs/helm-*")
    return str(max(built, key=lambda it: [int(number) for number in it.name.removeprefix("helm-").split(".")], default="")) or None


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--bin", default=str(ROOT / "target/release/ichor"))
    ap.add_argument("--helm", default=shutil.which("helm") or newest_helm())
    ap.add_argument("--runs", type=int, default=15)
    ap.add_argument("--fleet-runs", type=int, default=3)
    ap.add_argument("--clusters", type=int, nargs="*", default=[10, 100, 1000])
    ap.add_argument("--write", type=pathlib.Path)
    a = ap.parse_args()
    binary = str(pathlib.Path(a.bin).resolve())
    rows = []
    with tempfile.TemporaryDirectory() as place:
        place = pathlib.Path(place)
        own = {**os.environ, "HOME": str(place), "ICHOR_STORE": str(place / "store"), "ICHOR_CACHE": str(place / "cache")}
        nothing = lambda: None
        if SHARED.is_dir():
            chart = str(SHARED / "charts/cilium-1.19.6.tgz")
            for name, profile in [("without certificates", "everything"), ("with certificates", "talos-full")]:
                flags = ["template", "cilium", chart, "-n", "kube-system", "-f", str(SHARED / f"profiles/{profile}.yaml")]
                commands = [(nothing, [it, *flags], own, place) for it in [binary, a.helm] if it]
                ours, *helm = medians(a.runs, *commands)
                beside = f"{helm[0][0] / ours[0]:.1f}x helm ({helm[0][0] * 1e3:.0f} ms)" if helm else ""
                rows.append(row(f"`template` of Cilium 1.19.6, {name}", ours, beside))
        folder = place / "one"
        folder.mkdir()
        clusters(folder, 1, binary)
        spec = "clusters/c0"
        fresh = lambda: shutil.rmtree(place / "store", ignore_errors=True)
        run = lambda *args: [binary, *args]
        once(run("lock", spec), own, folder)
        once(run("lock", spec), own, folder)
        build, = medians(a.runs, (fresh, run("build", spec), own, folder))
        rows.append(row("`build` of the quickstart", build))
        for verb in ["build", "lock"]:
            once(run(verb, spec), own, folder)
            again, = medians(a.runs, (nothing, run(verb, spec), own, folder))
            rows.append(row(f"`{verb}` with nothing to do", again))
        each = {}
        for count in a.clusters:
            folder = place / f"fleet{count}"
            folder.mkdir()
            clusters(folder, count, binary)
            once(run("lock", "--all"), own, folder)
            two, one = medians(
                a.fleet_runs,
                (fresh, run("build", "--all"), own, folder),
                (fresh, run("build", "--all", "--workers", "1"), own, folder),
            )
            each[count] = two
            beside = f"{two[0] / count * 1e3:.2f} ms each; one worker takes {one[0] / two[0]:.2f}x as long"
            beside += f"; {two[0] / (count * build[0]) * 100:.0f} % of single runs"
            rows.append(row(f"`build --all` of {count} clusters", two, beside))
    version = lambda it, *args: subprocess.run([it, *args], capture_output=True, text=True).stdout.split("\n")[0].split("+")[0].strip()
    processor = next((it.split(":")[1].strip() for it in open("/proc/cpuinfo") if it.startswith("model name")), platform.machine())
    head = [
        "# How fast it is",
        "",
        "Whole runs, from the call to the last byte. `cpu` is the time of all threads, `memory` the peak; `helm template` prints the same",
        "bytes, and ran in turn with `ichor template`. Each cluster of a fleet has the quickstart's chart, with values of its own.",
        "",
        f"{datetime.date.today()}, {os.cpu_count()} cores of {processor}, {version(binary, '-V')}"
        + (f", helm {version(a.helm, 'version', '--short')}" if a.helm else "")
        + f", medians of {a.runs} runs ({a.fleet_runs} of a fleet).",
        "",
        "| what | time | cpu | memory | beside |",
        "|---|---|---|---|---|",
    ]
    end = ["", "`cargo build --release && python3 tests/speed.py --write docs/speed.md` measures it again, and writes this page."]
    text = "\n".join(head + rows + end) + "\n"
    if a.write:
        a.write.parent.mkdir(exist_ok=True)
        a.write.write_text(text)
        readme = ROOT / "README.md"
        few = "\n".join(["| what | time | beside |", "|---|---|---|", *short(rows[:4])])
        readme.write_text(SHORT.sub(lambda found: f"{found[1]}{few}\n{found[2]}", readme.read_text()))
    print(text)


if __name__ == "__main__":
    main()

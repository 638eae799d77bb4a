#!/usr/bin/env python3
"""Makes the pictures of the README from real runs: docs/run.svg, what the first commands print, and docs/review.png, the review
of an upgrade of examples/quickstart as a page.

    pictures.py [--ichor target/debug/ichor]

Needs Chromium (CHROMIUM names another one) and git. Keys and digests are shortened.
"""
import argparse, base64, html, os, pathlib, re, shutil, subprocess, sys, tempfile

# What the new version of the chart brings, for the review to find.
ROLE = """apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: beacon}
rules:
  - {apiGroups: [""], resources: [secrets], verbs: [get, list, watch]}
"""

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path.insert(0, str(HERE / "peers"))
import browser  # noqa: E402


def run(folder, command, program):
    environment = dict(os.environ, PATH=f"{program}:{os.environ['PATH']}", HOME=str(folder / "home"), LC_ALL="C", COLUMNS="100")
    for name in ("ICHOR_STORE", "ICHOR_CACHE", "ICHOR_IDENTITY"):
        environment.pop(name, None)
    done = subprocess.run(["sh", "-c", command], cwd=folder / "work", env=environment, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    if done.returncode > 1:
        sys.exit(f"{command}: {done.stdout}")
    return done.stdout


def short(text):
    text = re.sub(r"(sha256[:-])([0-9A-Za-z+/]{8})[0-9A-Za-z+/=]{20,}", r"\1\2…", text)
    return re.sub(r"(age1pq1|age1)([0-9a-z]{6})[0-9a-z]{30,}", r"\1\2…", text)


def terminal(lines):
    """Lines of text as a picture that fits light and dark pages."""
    height = 18 * len(lines) + 28
    rows = []
    for at, line in enumerate(lines):
        kind = ' class="c"' if line.startswith("$ ") else ""
        rows.append(f'<text x="16" y="{30 + 18 * at}"{kind} xml:space="preserve">{html.escape(line)}</text>')
    style = "text{font:13px ui-monospace,Menlo,Consolas,monospace;fill:#c9d1d9}.c{fill:#7ee787}"
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 860 {height}" role="img" aria-label="A run of ichor">'
            f"<style>{style}</style><rect width=\"860\" height=\"{height}\" rx=\"8\" fill=\"#161b22\"/>\n" + "\n".join(rows) + "\n</svg>\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ichor", default=str(ROOT / "target/debug/ichor"))
    program = pathlib.Path(parser.parse_args().ichor).resolve().parent
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        folder = pathlib.Path(folder)
        (folder / "home").mkdir()
        shutil.copytree(ROOT / "examples/quickstart", folder / "work", ignore=shutil.ignore_patterns("result", "lockfiles"))
        for command in ("git init --quiet .", "git config user.name Alice", "git config user.email alice@example.com",
                        "ichor init key --yes --name key --new-key key.txt",
                        "sed -i \"s/^  - age1.*/$(grep -m 1 '^  - age1' key/ichor.yaml)/\" ichor.yaml && rm -r key"):
            run(folder, command, program)
        lines = []
        for command in ("ichor lock", "ichor check", "ichor build", "ichor build --for kubectl -o - 2>/dev/null | grep sealed | head -3",
                        "ichor verify"):
            lines += [f"$ {command}", *short(run(folder, command, program)).splitlines()]
        (ROOT / "docs/run.svg").write_text(terminal([line[:106] for line in lines]))
        for command in ("git add ichor.yaml values.yaml network.yaml chart lockfiles", "git commit --quiet -m lock",
                        "sed -i 's/replicas: 2/replicas: 3/' ichor.yaml",
                        "sed -i 's/^version: 0.1.0/version: 0.2.0/' chart/Chart.yaml && sed -i 's/version: 0.1.0/version: 0.2.0/' ichor.yaml",
                        "sed -i 's/      containers:/      hostNetwork: true\\n      containers:/' chart/templates/agent.yaml",
                        f"printf '%s' '{ROLE}' >chart/templates/role.yaml",
                        "ichor lock -i key.txt", "ichor diff --format html -o ../review.html"):
            run(folder, command, program)
        chromium = os.environ.get("CHROMIUM", "chromium")
        page = browser.Browser(chromium, folder / "profile")
        page.call("Emulation.setDeviceMetricsOverride", width=1100, height=720, deviceScaleFactor=1, mobile=False)
        page.call("Page.navigate", url=(folder / "review.html").as_uri())
        page.call("Runtime.evaluate", expression="new Promise(done => setTimeout(done, 800))", awaitPromise=True)
        shot = page.call("Page.captureScreenshot", format="png")["data"]
        page.process.terminate()
        page.process.wait()
        (ROOT / "docs/review.png").write_bytes(base64.b64decode(shot))
    for name in ("run.svg", "review.png"):
        print(f"docs/{name}: {(ROOT / 'docs' / name).stat().st_size // 1024} KiB")


if __name__ == "__main__":
    main()

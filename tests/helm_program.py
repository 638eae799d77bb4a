"""A real helm of any version, as a child process that stays.

Needs Go, which fetches Helm's sources through its module proxy. The first start of a version builds it for some minutes,
into $HELM_PROGRAMS (default: ~/.cache/helm-programs); with `helm_program.py VERSION...` that is all that is done.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

PROGRAMS = pathlib.Path(os.environ.get("HELM_PROGRAMS", pathlib.Path.home() / ".cache/helm-programs"))
SOURCES = pathlib.Path(__file__).resolve().parent / "peers" / "helm"
#: Where what is ours goes in Helm's sources, and into which package.
PLACES = {"3": ("cmd/helm", "main"), "4": ("pkg/cmd", "cmd")}


def build(version):
    """The program of a version, built where it is not there yet."""
    program = PROGRAMS / f"helm-{version}"
    ours = [SOURCES / "serve.go", SOURCES / f"helm{version[0]}.go"]
    if program.exists() and all(program.stat().st_mtime > it.stat().st_mtime for it in ours):
        return program
    major = version.split(".")[0]
    module = f"helm.sh/helm/v{major}"
    with tempfile.TemporaryDirectory() as folder:
        at = pathlib.Path(folder) / "helm"
        fetched = json.loads(go("mod", "download", "-json", f"{module}@v{version}", cwd=folder))["Dir"]
        shutil.copytree(fetched, at, copy_function=shutil.copyfile)
        for path in [at, *at.rglob("*")]:
            path.chmod(0o755 if path.is_dir() else 0o644)
        place, package = PLACES[major]
        for path in ours:
            (at / place / path.name).write_text(path.read_text().replace("package PACKAGE", f"package {package}"))
        PROGRAMS.mkdir(parents=True, exist_ok=True)
        go("build", "-o", str(program), "-ldflags", flags(module, version, at), "./cmd/helm", cwd=at)
    return program


def flags(module, version, at):
    """What Helm's Makefile tells the linker: the version, and the Kubernetes that it is built for."""
    minor = go("list", "-f", "{{.Version}}", "-m", "k8s.io/client-go", cwd=at).split(".")[1]
    told = {f"{module}/internal/version.version": f"v{version}"}
    for package in ("pkg/lint/rules", "pkg/chart/v2/lint/rules", "pkg/chartutil", "pkg/chart/common"):
        told |= {f"{module}/{package}.k8sVersionMajor": "1", f"{module}/{package}.k8sVersionMinor": minor}
    return "-w -s " + " ".join(f"-X {name}={value}" for name, value in told.items())


def go(*args, cwd):
    return subprocess.run(["go", *args], cwd=cwd, check=True, stdout=subprocess.PIPE, text=True).stdout


def start(version, home):
    """Starts the program. It finds no settings, plugins or cluster of anybody's in the folder `home`."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("HELM_", "KUBE", "XDG_"))}
    return subprocess.Popen(
        [build(version)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=home,
        env={**environment, "HELM_SERVE": "1", "HELM_NO_PLUGINS": "1", "HOME": str(home)})


if __name__ == "__main__":
    for wanted in sys.argv[1:]:
        print(build(wanted))

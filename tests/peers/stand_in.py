#!/usr/bin/env python3
"""Stands in for programs that pages of the documentation call and that are not at hand.

    stand_in.py PROGRAM ARGUMENTS...

It checks that each file it is given is there, is not empty and holds no sealed value, and prints nothing, or a line where the
real program is known to print one. `cargo run -- ...` runs the `ichor` on the PATH.
"""
import os, pathlib, sys

# What stands behind these flags is a file; behind a comma in `--config-patch` too.
FILES = {"--file", "--patch", "--config-patch", "--config-patch-control-plane", "--config-patch-worker", "--filename", "-f"}
FOLDERS = {"talhelper": ["talconfig.yaml"], "topf": ["topf.yaml"]}


def fail(text):
    print(f"{program}: {text}", file=sys.stderr)
    sys.exit(1)


def check(path):
    path = pathlib.Path(path.removeprefix("@"))
    if not path.is_file():
        fail(f"{path}: no such file")
    text = path.read_text()
    if not text.strip():
        fail(f"{path}: empty")
    if "<sealed:" in text:
        fail(f"{path}: a hole is not filled")
    if path.suffix in (".yaml", ".yml") and not any(":" in line for line in text.splitlines()):
        fail(f"{path}: no YAML")


def cargo(args):
    if not pathlib.Path("Cargo.toml").is_file():
        fail("could not find `Cargo.toml`")
    if args[:1] == ["run"] and "--" in args:
        os.execvp("ichor", ["ichor", *args[args.index("--") + 1:]])
    if args[:1] not in (["install"], ["test"]):
        fail(f"not known here: {args}")


program, args = sys.argv[1], sys.argv[2:]
if program == "cargo":
    cargo(args)
    sys.exit(0)
if program == "less":
    sys.stdout.write(sys.stdin.read())
    sys.exit(0)
for at, word in enumerate(args):
    flag, _, value = word.partition("=")
    if flag in FILES:
        check(value or (args[at + 1] if at + 1 < len(args) else ""))
for name in FOLDERS.get(program, []):
    check(name)
if program == "talosctl" and args[:2] == ["gen", "config"]:
    for name in ("controlplane.yaml", "worker.yaml", "talosconfig"):
        pathlib.Path(name).write_text("version: v1alpha1\nmachine: {type: %s}\ncluster: {}\n" % name.removesuffix(".yaml"))
    print("Generating PKI and tokens")
    for name in ("controlplane.yaml", "worker.yaml", "talosconfig"):
        print(f"Created {pathlib.Path.cwd() / name}")



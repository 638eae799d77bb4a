#!/usr/bin/env python3
"""What accidents do to ichor. Each ends with a line of figures, and with code 1 where something was lost or left half done.

    faults.py secrets     every verb, with and without faults: is a secret anywhere but in what `open` gives?
    faults.py inject      each call of the system that a verb makes fails once: is anything lost, does it say why?
    faults.py lacking     a file system without links, symbolic links, modes, locks, fsync, or rename over open files
    faults.py nameless    a file system (of FUSE) without O_TMPFILE
    faults.py full        a disk with a few KiB left
    faults.py kill        kills of each verb at moments a seed gives: is all whole, does the next run end well?
    faults.py crowd       two and ten runs of a verb at once
    faults.py memory      what is in the memory of a run at its end, in its arguments, its environment, or a core
    faults.py all

Needs Linux, git, age and ssh-keygen; `inject`, `lacking` and the arguments of child processes need strace, `full` namespaces,
`nameless` bindfs. `accidents/verbs.py` lists the verbs and what they may leave.
"""

import argparse
import http.server
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading

from accidents import broken, leaks, remains
from accidents.place import Place, Server
from accidents.verbs import VERBS

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
WAYS = {it.__name__: it for it in (broken.inject, broken.lacking, broken.nameless, broken.full, broken.kill, broken.crowd, remains.memory)}


def listed(text):
    return [it.strip() for it in text.split(",")]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["secrets", *WAYS, "all"])
    parser.add_argument("ichor", nargs="?", default=str(REPOSITORY / "target/debug/ichor"))
    parser.add_argument("--only", type=listed, help="the calls that fail, such as write,fsync")
    parser.add_argument("--verbs", type=listed, help=f"the verbs that are tried: {', '.join(VERBS)}")
    parser.add_argument("--all-errors", action="store_true", help="each call fails by each of its errors, not by one in turn")
    parser.add_argument("--sample", type=int, help="no more than so many faults of each verb, by a seed")
    parser.add_argument("--kills", type=int, default=50, help="kills of each verb")
    parser.add_argument("--crowds", type=lambda it: [int(number) for number in listed(it)], default=[2, 10])
    parser.add_argument("--left", type=lambda it: [int(number) for number in listed(it)],
                        default=[0, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 256], help="KiB that are left on the disk")
    args = parser.parse_args()
    ichor = str(pathlib.Path(args.ichor).resolve())
    missing = [it for it in ("age", "age-keygen", "git", "ssh-keygen") if not shutil.which(it)]
    if missing:
        sys.exit(f"not installed: {', '.join(missing)}")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    host = f"127.0.0.1:{server.server_address[1]}"
    if args.what == "all":
        ways = ["secrets", *WAYS]
        sys.exit(max(subprocess.run([sys.executable, sys.argv[0], it, *sys.argv[2:]]).returncode for it in ways))
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder).resolve()
        if args.what == "secrets":
            good = leaks.scan_secrets(ichor, root, host)
        else:
            base = Place(ichor, root / "base", host)
            base.fill()
            good = WAYS[args.what](base, root, args)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()

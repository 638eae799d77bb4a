"""What is left in the memory of a run at its end: no secret, in any form; nor in its arguments, its environment, or a core."""

import os
import pathlib
import re
import signal
import subprocess
import time

from .broken import Tally, again_in_own_mounts, in_own_mounts
from .forms import Scan, public_of
from .place import GIVEN
from .verbs import cases

VERBS = ["lock", "a first lock", "open", "open a folder", "open into a config", "rotate a leaf", "rotate a CA", "reseal", "upgrade", "build"]


def memory(base, root, options):
    """Each verb is held at its last call of the system, and every page that it may write is read."""
    if not in_own_mounts():
        return again_in_own_mounts()
    tally, read = Tally("memory"), 0
    for case in cases(base, root, options.verbs or VERBS):
        place = case.place.copy(root / "run")
        trace, report = root / "trace.txt", root / "report.txt"
        trace.unlink(missing_ok=True)
        command = ["strace", "-qq", "-f", "-o", str(trace), "-e", "trace=exit_group", "-e", "inject=exit_group:delay_enter=30000000",
                   place.ichor, *case.args]
        run = subprocess.Popen(command, cwd=place.work, env=place.environment, stdin=subprocess.DEVNULL,
                               stdout=open(root / "out", "wb"), stderr=open(report, "wb"))
        wrong, pid = [], held(run, trace, place.ichor)
        try:
            assert pid, f"{case.name} was not held: {report.read_text(errors='replace')}"
            pages, kinds = contents(pid)
            limits = pathlib.Path(f"/proc/{pid}/limits").read_text()
            if not re.search(r"Max core file size +0 +0 ", limits):
                wrong.append("it may leave a core")
            secrets = (place if place.lock() else case.place).secrets() + [GIVEN.encode()]
            scan = Scan(secrets, public_of(place.lock()))
            for what, data in pages:
                read += len(data)
                scan.look(what, data)
            for name in ("cmdline", "environ"):
                scan.look(name, pathlib.Path(f"/proc/{pid}/{name}").read_bytes())
            wrong += scan.found
            # What is no secret and certainly there is found: so the memory was read.
            if not any(b"ICHOR_STORE=" in data for _, data in pages):
                wrong.append(f"the memory could not be read: {kinds}")
        finally:
            end(run, pid)
        tally.note(case.name, wrong)
        tally.verb(case.name, 1)
        if case.name == "open":
            tally.note("in the middle of writing", [] if in_the_middle(place, scan, root) else ["nothing was found where it must be"])
    return tally.end(f", {read / 1e6:.0f} MB read")


def in_the_middle(place, scan, root):
    """Whether the scan finds the secrets in a run that is just writing them: else it would find nothing anywhere."""
    trace = root / "trace.txt"
    trace.unlink(missing_ok=True)
    command = ["strace", "-qq", "-f", "-o", str(trace), "-e", "trace=write", "-e", "inject=write:delay_enter=30000000:when=1",
               place.ichor, "open", "-i", "key.txt", "--for", "kubectl", "-q"]
    run = subprocess.Popen(command, cwd=place.work, env=place.environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)
    pid = held(run, trace, place.ichor, "write(")
    try:
        return pid and any([scan.look(what, data) for what, data in contents(pid)[0]])
    finally:
        scan.found.clear()
        end(run, pid)


def end(run, pid):
    if pid:
        os.kill(pid, signal.SIGKILL)
    run.kill()
    run.wait()


def held(run, trace, ichor, call="exit_group("):
    """The process of ichor itself, once it is held."""
    for _ in range(2400):
        if trace.exists():
            for line in trace.read_text(errors="replace").splitlines():
                pid = line.split()[0] if line else ""
                if pid.isdigit() and call in line and executable(pid) == str(pathlib.Path(ichor).resolve()):
                    return int(pid)
        if run.poll() is not None:
            return None
        time.sleep(0.05)
    return None


def executable(pid):
    try:
        return os.readlink(f"/proc/{pid}/exe")
    except OSError:
        return None


def contents(pid):
    """Every page that a process may write, by what it is."""
    pages, kinds = [], {}
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", buffering=0) as mem:
        for line in maps:
            place, rights, *rest = line.split()
            if "w" not in rights or "r" not in rights:
                continue
            begin, end = (int(it, 16) for it in place.split("-"))
            what = rest[3] if len(rest) > 3 else "memory"
            # A stack of 1 GiB is mostly holes: only what is there is read.
            for first, last in present(pid, begin, end):
                mem.seek(first)
                data = mem.read(last - first)
                pages.append((f"{what} at {first:x}", data))
                kinds[what] = kinds.get(what, 0) + len(data)
    return pages, kinds


def present(pid, begin, end):
    """The ranges of pages that are in memory or in swap."""
    size = os.sysconf("SC_PAGE_SIZE")
    with open(f"/proc/{pid}/pagemap", "rb", buffering=0) as file:
        file.seek(begin // size * 8)
        entries = b""
        while len(entries) < (end - begin) // size * 8:
            got = file.read((end - begin) // size * 8 - len(entries))
            if not got:
                break
            entries += got
    first = None
    for at in range(0, len(entries), 8):
        here = entries[at + 7] & 0xC0
        place = begin + at // 8 * size
        if here and first is None:
            first = place
        elif not here and first is not None:
            yield first, place
            first = None
    if first is not None:
        yield first, end

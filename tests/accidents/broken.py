"""Calls of the system that fail, kills, disks that are full, file systems that lack something, and many runs at once."""

import os
import random
import re
import shutil
import subprocess
import sys
import time

from .verbs import ONCE, cases

SEED = 1
CALLS = {
    "openat": ["EIO", "EACCES", "EMFILE", "ENOSPC"], "open": ["EIO", "EACCES"], "read": ["EIO"], "pread64": ["EIO"],
    "write": ["EIO", "ENOSPC"], "fsync": ["EIO", "ENOSPC"], "fdatasync": ["EIO"], "ftruncate": ["EIO"],
    "rename": ["EIO", "EACCES", "ENOSPC"], "renameat": ["EIO"], "renameat2": ["EIO", "EACCES"], "link": ["EIO", "EACCES"],
    "linkat": ["EIO", "EACCES", "EPERM", "ENOSPC"], "mkdir": ["EIO", "EACCES", "ENOSPC"], "mkdirat": ["EIO", "EACCES"],
    "unlink": ["EIO", "EACCES"], "unlinkat": ["EIO", "EACCES"], "symlink": ["EIO", "EACCES"], "symlinkat": ["EIO", "EACCES"],
    "flock": ["EIO", "ENOLCK"], "statx": ["EIO", "EACCES"], "newfstatat": ["EIO", "EACCES"], "getdents64": ["EIO"],
    "fchmod": ["EIO"], "chmod": ["EIO"], "fchmodat": ["EIO"], "readlink": ["EIO"], "readlinkat": ["EIO"], "lseek": ["EIO"],
    "socket": ["EMFILE"], "connect": ["EIO", "EACCES"], "fcntl": ["EIO"], "pipe2": ["EMFILE"], "vfork": ["EAGAIN"],
    "clone3": ["EAGAIN"], "execve": ["EACCES"], "utimensat": ["EIO"], "copy_file_range": ["EIO"], "getrandom": ["EIO"],
    "mmap": ["ENOMEM"], "ioctl": ["EIO"], "chdir": ["EACCES"], "getcwd": ["EACCES"], "fstat": ["EIO"], "rmdir": ["EIO"],
}
# The first calls of a process are those of the loader, before any word of ours: it says itself what it lacks.
LOADER = ("mmap", "execve", "clone3", "vfork")
# What a file system may lack: the call always fails, and whether a verb must end well nevertheless.
LACKING = {
    "no links of files": ("linkat", "EPERM", True), "no links at all": ("linkat,link", "EOPNOTSUPP", True),
    "no modes": ("fchmod,chmod,fchmodat,fchmodat2", "EPERM", False), "no symbolic links": ("symlink,symlinkat", "EPERM", False),
    "no locks": ("flock", "ENOLCK", False), "locks of no kind": ("flock", "EOPNOTSUPP", False),
    "no fsync": ("fsync,fdatasync", "EINVAL", False), "no rename over what is open": ("rename,renameat,renameat2", "EBUSY", False),
    "no times": ("utimensat", "EPERM", True),
}


class Tally:
    """What was tried, and what was amiss."""

    def __init__(self, name):
        self.name, self.tried, self.borne, self.figures, self.faults = name, 0, 0, [], []

    def note(self, what, wrong, more=""):
        if wrong:
            self.faults.append(what)
            print(f"{what}: {'; '.join(wrong)}{more}", flush=True)

    def verb(self, name, count):
        self.tried += count
        self.figures.append(f"{name} {count}")
        print(f"{name}: {count}", flush=True)

    def end(self, more=""):
        print(f"{self.name}: {self.tried} tried ({', '.join(self.figures)}), {self.borne} borne{more}, "
              f"{len(self.faults)} differ or lost")
        return not self.faults


def counted(case, place, trace, calls):
    """How often a verb makes each call."""
    before = ["strace", "-f", "-qq", "-o", str(trace), "-e", "trace=" + ",".join(calls)]
    place.run(*case.args, before=before)
    text = trace.read_text(errors="replace")
    return {call: len(re.findall(rf"^\d+ +{call}\(", text, re.M)) for call in calls}


def known(calls):
    """Those of the calls that this machine has."""
    good = []
    for call in calls:
        probe = subprocess.run(["strace", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "true"], capture_output=True)
        if probe.returncode == 0:
            good.append(call)
    return good


def inject(base, root, options):
    """Each call of the system that a verb makes fails once."""
    if not shutil.which("strace"):
        sys.exit("inject needs strace: install it, on Debian by `apt install strace`")
    tally, chance = Tally("inject"), random.Random(SEED)
    calls = [it for it in known(CALLS) if not options.only or it in options.only]
    trace = root / "trace.txt"
    for case in cases(base, root, options.verbs):
        found = counted(case, case.place.copy(root / "run"), trace, calls)
        planned = []
        for call, count in found.items():
            errors = CALLS[call]
            for number in range(1, count + 1):
                # Each call fails once, by one of its errors in turn; with --all-errors, by each of them.
                planned += [(call, number, it) for it in (errors if options.all_errors else [errors[number % len(errors)]])]
        most, count = options.sample or len(planned), 0
        if options.sample:
            chance.shuffle(planned)
        # Not every call comes again: threads count theirs for themselves.
        for it in planned:
            if count < most:
                count += one_fault(case, root, trace, tally, *it)
        tally.verb(case.name, count)
    return tally.end(" without a word of failure")


def one_fault(case, root, trace, tally, call, number, error):
    place = case.place.copy(root / "run")
    before = ["strace", "-f", "-qq", "-o", str(trace), "-e", f"trace={call}", "-e", f"inject={call}:error={error}:when={number}"]
    run = place.run(*case.args, before=before)
    hit = [it for it in trace.read_text(errors="replace").splitlines() if "INJECTED" in it]
    if not hit:
        return 0
    tally.borne += run.returncode == 0
    # A message that could not be written is no message, and the loader and the shell have words of their own.
    mute = call in LOADER or call in ("write", "fcntl") and any(re.search(r"(write|fcntl)\(2,", it) for it in hit)
    said = None if mute else run.stderr.decode(errors="replace")
    code = run.returncode
    # Without memory there is no other end than the abort, and age has no other where the system gives it no chance.
    if call in (*LOADER, "getrandom") and (code < 0 or code in (1, 70, 101, 127)):
        code = 3
    wrong = case.judge(place, code, said) + case.again(place)
    tally.note(f"{case.name}: {call} {number} gives {error}", wrong,
               f"\n    {hit[0][:160]}\n    {run.stderr.decode(errors='replace')[:400]!r}")
    return 1


def lacking(base, root, options):
    """A file system that lacks a call: it always fails."""
    tally, trace = Tally("lacking"), root / "trace.txt"
    for case in cases(base, root, options.verbs):
        count = 0
        for name, (call, error, must) in LACKING.items():
            call = ",".join(known(call.split(",")))
            place = case.place.copy(root / "run")
            before = ["strace", "-f", "-qq", "-o", str(trace), "-e", f"trace={call}", "-e", f"inject={call}:error={error}"]
            run = place.run(*case.args, before=before)
            if "INJECTED" not in trace.read_text(errors="replace"):
                continue
            count += 1
            tally.borne += run.returncode == 0
            said = run.stderr.decode(errors="replace")
            wrong = case.judge(place, run.returncode, said) + case.again(place)
            if must and run.returncode != 0:
                wrong.append(f"it ended with {run.returncode}")
            tally.note(f"{case.name}: {name}", wrong, f"\n    {said[:400]!r}")
        tally.verb(case.name, count)
    return tally.end()


def nameless(base, root, options):
    """A file system that knows no files without a name: one of FUSE."""
    if not in_own_mounts():
        return again_in_own_mounts()
    tally = Tally("nameless")
    for case in cases(base, root, options.verbs):
        below, seen = root / "below", root / "seen"
        place = case.place.copy(below)
        seen.mkdir(exist_ok=True)
        subprocess.run(["bindfs", "--no-allow-other", str(below), str(seen)], check=True)
        try:
            place = type(place)(place.ichor, seen, place.host, place.algorithm)
            place.recipient = case.place.recipient
            tmpfile = subprocess.run(["python3", "-c", "import os,sys; os.open(sys.argv[1], os.O_TMPFILE | os.O_WRONLY)", str(seen)],
                                     capture_output=True)
            assert tmpfile.returncode != 0, "this file system has files without a name"
            run = place.run(*case.args)
            said = run.stderr.decode(errors="replace")
            wrong = case.judge(place, run.returncode, said) + case.again(place)
            if run.returncode != 0:
                wrong.append(f"it ended with {run.returncode}: {said[:300]}")
            tally.borne += run.returncode == 0
            tally.note(case.name, wrong)
        finally:
            subprocess.run(["umount", str(seen)], check=True)
        tally.verb(case.name, 1)
    return tally.end()


def kill(base, root, options):
    """Runs that are killed at moments that a seed gives."""
    choices, tally, killed = random.Random(SEED), Tally("kill"), 0
    for case in cases(base, root, options.verbs):
        times = []
        for _ in range(2):
            place = case.place.copy(root / "run")
            start = time.monotonic()
            place.done(*case.args)
            times.append(time.monotonic() - start)
        for number in range(options.kills):
            place = case.place.copy(root / "run")
            run = subprocess.Popen([place.ichor, *case.args], cwd=place.work, env=place.environment, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(max(times) * choices.uniform(0, 1.1))
            run.kill()
            ended = run.wait()
            killed += ended < 0
            wrong = case.judge(place, None if ended < 0 else ended, None) + case.again(place)
            wrong += [it for it in case.judge(place, 0, None) if case.name not in ONCE
                      and "did nothing" not in it and "is left" in it] if not wrong else []
            tally.note(f"{case.name}, kill {number}", wrong)
        tally.verb(case.name, options.kills)
    return tally.end(f", {killed} killed before they ended (seed {SEED})")


def full(base, root, options):
    """A disk that has so many KiB left. It is one in memory, in a namespace of our own."""
    if not in_own_mounts():
        return again_in_own_mounts()
    tally, disk = Tally("full"), root / "disk"
    disk.mkdir()
    for case in cases(base, root, options.verbs):
        count = 0
        for left in options.left:
            subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96m", "none", str(disk)], check=True)
            try:
                place = case.place.copy(disk / "run")
                fill(disk / "filler", left * 1024)
                run = place.run(*case.args)
                said = run.stderr.decode(errors="replace")
                (disk / "filler").unlink()
                wrong = case.judge(place, run.returncode, said) + case.again(place)
                if run.returncode not in (0, 3):
                    wrong.append(f"it ended with {run.returncode}")
                count += run.returncode != 0
                tally.borne += run.returncode == 0
                tally.note(f"{case.name}: {left} KiB left", wrong, f"\n    {said[:400]!r}")
            finally:
                subprocess.run(["umount", "-l", str(disk)], check=True)
        tally.verb(case.name, count)
    return tally.end(" by runs that had enough")


def in_own_mounts():
    return os.environ.get("ICHOR_OWN_MOUNTS") == "yes"


def again_in_own_mounts():
    """The same call, in a namespace in which we may mount."""
    command = ["unshare", "-rm", sys.executable, *sys.argv]
    return subprocess.run(command, env=os.environ | {"ICHOR_OWN_MOUNTS": "yes"}).returncode == 0


def fill(path, left):
    with open(path, "wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(64 << 10))
        except OSError:
            pass
        size = file.tell()
        file.truncate(max(0, size - left))


def crowd(base, root, options):
    """Two and ten runs of a verb at once, and of many verbs."""
    tally = Tally("crowd")
    for case in cases(base, root, options.verbs):
        count = 0
        for number in options.crowds:
            place = case.place.copy(root / "run")
            runs = [subprocess.Popen([place.ichor, *case.args], cwd=place.work, env=place.environment, stdin=subprocess.DEVNULL,
                                     stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) for _ in range(number)]
            ends = [(run, run.communicate(timeout=600)[1].decode(errors="replace")) for run in runs]
            wrong = []
            for run, said in ends:
                once = case.name in ONCE and run.returncode == 2
                # Another run holds the file, or git does.
                waits = run.returncode == 3 and re.search("another run is writing it|could not lock", said)
                if run.returncode != 0 and not once and not waits:
                    wrong.append(f"one ended with {run.returncode}: {said[:300]}")
            if not any(run.returncode == 0 for run, _ in ends):
                wrong.append("none ended well")
            wrong += case.judge(place, 0, None) + case.again(place)
            count += number
            tally.borne += sum(run.returncode == 0 for run, _ in ends)
            tally.note(f"{case.name}: {number} at once", wrong)
        tally.verb(case.name, count)
    return tally.end()



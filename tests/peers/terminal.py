"""A person at a terminal: runs a program on a pseudo-terminal of its own, and answers when it asks.

    terminal.py '[["prompt", "answer"], ...]' PROGRAM ARGUMENT...

Each answer is typed once its prompt stands in what was printed since the last; `^C` and `^D` are the keys. Prints what the
terminal showed, and exits as the program does, or with 128 + N where signal N ended it.
"""
import json
import os
import pty
import select
import sys
import time

KEYS = {"^C": b"\x03", "^D": b"\x04"}
answers = json.loads(sys.argv[1])
child, terminal = pty.fork()
if child == 0:
    os.execv(sys.argv[2], sys.argv[2:])
shown, since = "", ""
start = time.monotonic()
while True:
    ready, _, _ = select.select([terminal], [], [], 1)
    if time.monotonic() - start > 60:
        print(f"{shown}\nwaits for {answers[:1]}")
        os.kill(child, 9)
        sys.exit(99)
    if not ready:
        continue
    try:
        data = os.read(terminal, 4096)
    except OSError:
        break
    if not data:
        break
    shown += data.decode()
    since += data.decode()
    if answers and answers[0][0] in since:
        _, answer = answers.pop(0)
        since = ""
        os.write(terminal, KEYS.get(answer, answer.encode() + b"\n"))
_, status = os.waitpid(child, 0)
sys.stdout.write(shown)
if answers:
    print(f"\nnever asked: {answers[0][0]}")
    sys.exit(98)
sys.exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status))

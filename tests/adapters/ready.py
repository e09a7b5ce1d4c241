"""
`whetstone` as a separate process, many times.

A start reads more than a thousand modules, which takes longer than what most tests want to see. So one process reads
them and stands ready, and every start is a fork of it: with words, a folder, settings and open files of its own, and
an end like any other. A program that cannot read its modules is seen where a test starts it from nothing.
"""

import atexit
import gc
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ASKING = Path(__file__).with_name("asking.py")
FROM_NOTHING = (sys.executable, "-m", "adapters")
FEW_PROBLEMS = json.dumps(
    [str(ROOT / "tests" / "content_pack")]
)  # of WHETSTONE_PACKS; those of the starter take longer


def whetstone() -> Sequence[str]:
    """The words before those of `whetstone`, for whoever starts processes."""
    return (sys.executable, "-I", "-S", str(ASKING), _door())


@cache
def _door() -> str:
    """Where a process listens that lives as long as this one."""
    folder = tempfile.mkdtemp(prefix="whetstone-ready-")
    door = str(Path(folder) / "door")
    ready = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "tests.adapters.ready", door], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )

    def end() -> None:
        ready.communicate()  # that closes its input
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(end)
    if not ready.stdout or not ready.stdout.readline():
        raise RuntimeError("the process that should stand ready has ended")
    return door


# --- the process that stands ready ------------------------------------------------------------------


def stand_ready(door: str) -> list[str] | None:
    """Fork for everybody who asks, until the input ends. Returns twice: the words in each fork, None at the end."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the keepers
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(door)
        listening.listen()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while listening in select.select([listening, sys.stdin], (), ())[0]:
            line, _ = listening.accept()
            with line:
                if not os.fork():
                    listening.close()
                    return _keep(line)
    return None


def _keep(line: socket.socket) -> list[str]:
    """In a keeper: fork once more, tell how that one ends, and end with it. Returns in what it has forked alone."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    head, files, _, _ = socket.recv_fds(line, 4, 3)
    asked = json.loads(line.makefile("rb").read(int.from_bytes(head, "big")))
    process = os.fork()
    if process:
        for file in files:
            os.close(file)
        line.sendall(f"{process}\n".encode())
        threading.Thread(target=_end_with, args=(line, process), daemon=True).start()
        code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
        with suppress(BrokenPipeError):
            line.sendall(f"{code}\n".encode())
        os._exit(0)
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["settings"])
    tempfile.tempdir = None
    words: list[str] = asked["words"]
    return words


def _end_with(line: socket.socket, process: int) -> None:
    """Whoever asked was killed: so is what was asked for."""
    with suppress(OSError):
        if not line.recv(1):
            os.kill(process, signal.SIGKILL)


def _read_modules() -> None:
    """Everything that a start reads, the cities too."""
    import adapters.__main__
    import adapters.discord.connect
    import adapters.slack.connect
    import adapters.web.alone
    import adapters.web.demo.show  # noqa: F401
    from bot import atlas
    from bot.features import discover

    discover()
    atlas.find_places("a")
    gc.collect()
    gc.freeze()  # what was read is shared by all, and stays so while no garbage collector writes in it


if __name__ == "__main__":
    _read_modules()
    words = stand_ready(*sys.argv[1:])
    if words is not None:
        from adapters.__main__ import main

        sys.exit(main(words))

"""
The process from which all lives come: what each of them imports and reads is imported and read here, once.

    python -m tests.endurance.cradle

Standard input is a socket. On it comes, for each nursery, the name of the program that lives, a mistake of it, and the
nursery's own socket. It ends when nobody holds the other end any more.
"""

import gc
import os
import socket
import sys
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress

from bot import atlas
from bot.features import discover
from tests.endurance import bot_process, discord_process, run_process, slack_process
from tests.endurance.run_plan import designs
from tests.world import catalogue

MAINS: Mapping[str, Callable[[str], None]] = {
    "bot_process": bot_process.main, "discord_process": discord_process.main,
    "run_process": run_process.main, "slack_process": slack_process.main,
}  # fmt: skip
LONGEST = 200  # bytes of what is asked for


def main() -> None:
    catalogue()
    designs()
    atlas.find_places("a")
    discover()
    gc.collect()
    gc.freeze()
    with socket.socket(fileno=sys.stdin.fileno()) as asked:
        while True:
            words, sockets, _, _ = socket.recv_fds(asked, LONGEST, 1)
            bury()
            if not words:
                return
            if not os.fork():
                begin(words.decode(), sockets[0])
            os.close(sockets[0])


def bury() -> None:
    """Nurseries that are gone must not stay in the list of processes."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def begin(words: str, line: int) -> None:
    """In a process of its own: what the program is, with its own standard input and output."""
    for standard in (sys.stdin, sys.stdout):
        os.dup2(line, standard.fileno())
    os.close(line)
    module, _, mutant = words.partition("\n")
    bot_process.die_with_parent()
    bot_process.say(os.getpid())
    try:
        MAINS[module](mutant)
    except BaseException:  # noqa: BLE001 - nothing of the parent's may run here
        traceback.print_exc()
    finally:
        os._exit(0)


if __name__ == "__main__":
    main()

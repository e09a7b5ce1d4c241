"""
Lives of the bot: the real app on the real files of a folder, with the pretend platform at the other end of a socket.

SIGTERM stops a life as it stops `whetstone run`. It dies with the process that started it.
"""

import asyncio
import ctypes
import logging
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Mapping
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import bot.app
from bot.app import App, open_app
from bot.config import Config
from tests.endurance.mutants import MUTANTS
from tests.endurance.remote import RemotePlatform
from tests.endurance.wire import SharedClock, receive, send
from tests.world import TENANT, catalogue

log = logging.getLogger(__name__)

Living = Callable[[Path, str], Coroutine[Any, Any, None]]  # one life on a folder, with this mistake
Mutants = Mapping[str, Callable[[], Any]]

PULSE = 0.01  # seconds between looks: time is turned here, so a week passes in seconds
DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of Linux's prctl


async def obey(app: App, number: int, order: str, value: Any, mutant: str) -> tuple[int, object]:
    """What an adapter does with an event; or settle and say when something will be due."""
    if order == "handle":
        if mutant == "answers first":
            return number, "kept"
        outcome = await app.engine.handle(replace(value, at=app.clock.now()))
        app.hurry()
        return number, outcome
    if order == "hurry":
        app.hurry()
        return number, None
    await app.settle()
    return number, await app.next_due()


async def listen(app: App, folder: Path, mutant: str) -> None:
    reader, writer = await asyncio.open_unix_connection(folder / "platform.sock")
    await send(writer, "life")
    await send(writer, os.getpid())
    deeds: set[asyncio.Task[None]] = set()

    async def one(number: int, order: str, value: Any) -> None:
        await send(writer, await obey(app, number, order, value, mutant))
        if mutant == "answers first" and order == "handle":
            await asyncio.sleep(0.02)
            await app.engine.handle(replace(value, at=app.clock.now()))

    with closing(writer), suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            deed = asyncio.create_task(one(*await receive(reader)))
            deeds.add(deed)
            deed.add_done_callback(deeds.discard)


async def live(folder: Path, mutant: str) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    clock, platform = SharedClock(folder / "clock"), RemotePlatform(folder / "platform.sock")
    async with await open_app(Config(data=folder / "data"), {TENANT: platform}, clock, catalogue()) as app:
        await app.start()
        listening = asyncio.create_task(listen(app, folder, mutant))
        await stop.wait()
        listening.cancel()
        with suppress(asyncio.CancelledError):
            await listening


def live_and_end(folder: Path, mutant: str, live: Living) -> None:
    """In a process of its own: a life with its log in the folder, and its exit code."""
    code = 1
    try:
        die_with_parent()
        logging.basicConfig(filename=folder / "log", level=logging.WARNING, force=True)
        asyncio.run(live(folder, mutant))
        code = 0
    except BaseException:
        log.exception("it ended by itself")
        raise
    finally:
        os._exit(code)


def die_with_parent() -> None:
    if sys.platform == "linux":  # elsewhere an orphan lives on until somebody ends it
        ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)


def main(mutant: str = "", mutants: Mutants = MUTANTS, live: Living = live) -> None:
    """For each folder that is named on a line: a life. Says its process id, and when it has ended its exit code."""
    bot.app.PULSE = PULSE
    if mutant:
        mutants[mutant]()
    # Imports, packs and cities are there (see `cradle`), so that lives can be short. All the rest each does for itself.
    for line in sys.stdin:
        process = os.fork()
        if not process:
            live_and_end(Path(line.strip()), mutant, live)
        say(process)
        say(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))


def say(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()

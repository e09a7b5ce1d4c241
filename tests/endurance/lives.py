"""Processes of the bot, seen from outside: begun, asked, stopped, killed."""

import asyncio
import atexit
import os
import signal
import socket
import subprocess
import sys
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

from tests.endurance.wire import receive, send

ROOT = Path(__file__).parents[2]


class Died(Exception):
    """The process at the other end is gone."""


class Cradle:
    """The process that has imported everything (`cradle.py`), begun when the first nursery is, for all that follow."""

    def __init__(self) -> None:
        self._line, theirs = socket.socketpair()
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        words = [sys.executable, "-m", f"{__package__}.cradle"]
        self._process = subprocess.Popen(words, stdin=theirs, cwd=ROOT, env=environment)  # noqa: S603 - ours
        theirs.close()

    def begin(self, module: str, mutant: str) -> socket.socket:
        """A nursery's standard input and output. Its first number is that of its process."""
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self._line, [f"{module}\n{mutant}".encode()], [theirs.fileno()])
        return ours

    def end(self) -> None:
        self._line.close()
        self._process.wait()


@cache
def cradle() -> Cradle:
    found = Cradle()
    atexit.register(found.end)
    return found


class Nursery:
    """Starts lives, one after the other. Use as `async with`."""

    def __init__(self, mutant: str = "", module: str = "bot_process") -> None:
        """`module` of this package is the program that lives."""
        self._mutant, self._module = mutant, module
        self._last: Life | None = None

    async def __aenter__(self) -> "Nursery":
        line = cradle().begin(self._module, self._mutant)
        self._reader, self._writer = await asyncio.open_unix_connection(sock=line)
        self._process = await self._born()
        return self

    async def __aexit__(self, *_: object) -> None:
        os.kill(self._process, signal.SIGKILL)  # and a life that is left dies with it
        if self._last:
            await self._last.gone()
        await self._reader.read()  # to the end: then it is gone
        self._writer.close()
        await self._writer.wait_closed()

    async def begin(self, folder: Path) -> "Life":
        self._writer.write(f"{folder}\n".encode())
        self._last = Life(await self._born(), asyncio.create_task(self._number()))
        return self._last

    async def _born(self) -> int:
        process = await self._number()
        if process < 0:
            raise RuntimeError("the process that lives come from is gone; what it said last stands above")
        return process

    async def _number(self) -> int:
        return int(await self._reader.readline() or -signal.SIGKILL)


class Life:
    """One process, and what was asked of it. `ended` is its exit code."""

    def __init__(self, process: int, ended: asyncio.Task[int]) -> None:
        self.process, self.ended = process, ended
        self._numbers = count(1)
        self._asked: dict[int, asyncio.Future[Any]] = {}
        self._writer: asyncio.StreamWriter | None = None
        self._listening: asyncio.Task[None] | None = None

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Raises Died where it was killed while it began."""
        try:
            await receive(reader)
        except (asyncio.IncompleteReadError, ConnectionError) as gone:
            raise Died from gone
        self._writer, self._listening = writer, asyncio.create_task(self._listen(reader))

    async def ask(self, order: str, value: object = None) -> Any:
        number, future = next(self._numbers), asyncio.get_running_loop().create_future()
        if self._writer is None or self._listening is None or self._listening.done():
            raise Died
        self._asked[number] = future
        try:
            await send(self._writer, (number, order, value))
        except ConnectionError as gone:
            raise Died from gone
        return await future

    def signal(self, number: signal.Signals) -> None:
        if not self.ended.done():
            os.kill(self.process, number)

    async def turned_away(self) -> None:
        """Until it takes no more orders: it is stopping, or dead."""
        if self._listening:
            await self._listening

    async def gone(self) -> int:
        code = await self.ended
        await self.turned_away()
        if self._writer:
            self._writer.close()
        return code

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        try:
            while True:
                number, value = await receive(reader)
                self._asked.pop(number).set_result(value)
        except (asyncio.IncompleteReadError, ConnectionError):
            for future in self._asked.values():
                if not future.done():
                    future.set_exception(Died())
                    future.exception()  # whoever waited may have died with another question

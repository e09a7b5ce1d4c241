"""Processes of the bot, seen from outside: begun, asked, stopped, killed."""

import asyncio
import os
import signal
import sys
from itertools import count
from pathlib import Path
from typing import Any

from tests.endurance.wire import receive, send

ROOT = Path(__file__).parents[2]


class Died(Exception):
    """The process at the other end is gone."""


class Nursery:
    """Starts lives, one after the other. Use as `async with`."""

    def __init__(self, mutant: str = "", module: str = "bot_process") -> None:
        """`module` of this package is the program that lives."""
        self._mutant, self._module = mutant, f"{__package__}.{module}"
        self._last: Life | None = None

    async def __aenter__(self) -> "Nursery":
        pipe = asyncio.subprocess.PIPE
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", self._module, self._mutant, stdin=pipe, stdout=pipe,
            cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        return self

    async def __aexit__(self, *_: object) -> None:
        self._process.kill()  # and a life that is left dies with it
        if self._last:
            await self._last.gone()
        await self._process.communicate()

    async def begin(self, folder: Path) -> "Life":
        assert self._process.stdin
        self._process.stdin.write(f"{folder}\n".encode())
        self._last = Life(await self._number(), asyncio.create_task(self._number()))
        return self._last

    async def _number(self) -> int:
        assert self._process.stdout
        return int(await self._process.stdout.readline() or -signal.SIGKILL)


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

"""A bot in a process of its own that does what it is asked: a JSON object a line, and a line for an answer."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
LONGEST = 1 << 24  # bytes of a line


@dataclass
class Life:
    """The bot, for whoever asks."""

    process: asyncio.subprocess.Process

    async def ask(self, do: str, **said: Any) -> Json:
        """See `obey` there."""
        assert self.process.stdin
        self.process.stdin.write(json.dumps({"do": do, **said}).encode() + b"\n")
        return await self.told()

    async def told(self) -> Json:
        assert self.process.stdout
        line = await self.process.stdout.readline()
        assert line, "the bot has died"
        found: Json = json.loads(line)
        return found


@asynccontextmanager
async def born(module: str, *words: str, given: Mapping[str, str]) -> AsyncIterator[Life]:
    """`python -m module words`, with what is `given` in its environment, when it is ready."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *words, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        limit=LONGEST, env={**os.environ, **given},
    )  # fmt: skip
    assert process.stdin
    try:
        life = Life(process)
        await life.told()
        yield life
    finally:
        process.stdin.close()
        await process.wait()


async def serve(obey: Callable[[Json], Awaitable[Json]]) -> None:
    """The other side, inside the bot: until nobody asks any more."""
    heard = asyncio.StreamReader(limit=LONGEST)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(heard), sys.stdin)
    print("{}", flush=True)  # noqa: T201 - its caller waits for it
    while line := await heard.readline():
        print(json.dumps(await obey(json.loads(line))), flush=True)  # noqa: T201 - its caller reads it

"""The port of the bot whose other end is the pretend platform."""

import asyncio
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.kernel.errors import Reason, Rejected, Unsure
from bot.kernel.ports import Posting, Target
from tests.endurance.wire import receive, send


class RemotePlatform:
    """The platform's side of the port, one connection a call. A connection that ends without an answer is doubt."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket

    async def call(self, verb: str, *args: object) -> Any:
        try:
            reader, writer = await asyncio.open_unix_connection(self._socket)
            with closing(writer):
                await send(writer, (verb, *args))
                kind, value = await receive(reader)
        except (asyncio.IncompleteReadError, OSError) as gone:
            raise Unsure(f"the connection ended during {verb}") from gone
        if kind != "fine":
            raise Rejected(Reason(kind), value)
        return value

    async def post(self, posting: Posting) -> str:
        receipt: str = await self.call("post", posting)
        return receipt

    async def edit(self, receipt: str, posting: Posting) -> None:
        await self.call("edit", receipt, posting)

    async def remove(self, receipt: str) -> None:
        await self.call("remove", receipt)

    async def find(self, target: Target, name: str, since: datetime) -> str | None:
        """Forward from `since`, page by page."""
        after = 0
        while page := await self.call("history", target, since, after):
            for one in page:
                if one.name == name:
                    return str(one.receipt)
            after = page[-1].number
        return None

"""A pretended Discord with the real discord.py client on it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import discord
import yarl
from discord.gateway import DiscordWebSocket

from tests.discord_fake.server import FakeDiscord

Json = dict[str, Any]


@contextmanager
def redirected(fake: FakeDiscord) -> Iterator[None]:
    """discord.py keeps both addresses in class attributes; they come back afterwards."""
    base, gateway = discord.http.Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    discord.http.Route.BASE = fake.api_base
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(fake.gateway_url)
    try:
        yield
    finally:
        discord.http.Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = base, gateway


class Listener(discord.Client):
    """Keeps what it hears, raw."""

    def __init__(self, **intents: bool) -> None:
        wanted = discord.Intents.none()
        for name, on in {"guilds": True, **intents}.items():
            setattr(wanted, name, on)
        super().__init__(intents=wanted, max_messages=None, enable_debug_events=True, chunk_guilds_at_startup=False)
        self.heard: list[tuple[str, Json]] = []
        self._news = asyncio.Event()

    async def on_socket_raw_receive(self, frame: str) -> None:
        said = discord.utils._from_json(frame)
        if said.get("t"):
            self.heard.append((said["t"], said["d"]))
            self._news.set()

    def of(self, event: str) -> list[Json]:
        return [data for name, data in self.heard if name == event]

    async def hear(self, event: str, times: int = 1) -> list[Json]:
        """Wait until this event came so often."""
        async with asyncio.timeout(10):
            while len(self.of(event)) < times:
                self._news.clear()
                await self._news.wait()
        return self.of(event)


@asynccontextmanager
async def connected(fake: FakeDiscord, client: Listener) -> AsyncIterator[Listener]:
    """The client is logged in and listens; it is closed in the end."""
    with redirected(fake):
        await client.login(fake.token)
        task = asyncio.create_task(client.connect())
        waiting = asyncio.create_task(client.hear("READY"))
        try:
            await asyncio.wait([task, waiting], return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                task.result()
            yield client
        finally:
            waiting.cancel()
            await client.close()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

"""A demonstration in a test: opened on a free port, with its visitor, and what the visitor reads."""

import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import aiosqlite
import pytest

from adapters.__main__ import DEMO_SEED
from adapters.web.demo.browser import Browser
from adapters.web.demo.show import Show, open_show
from bot.config import STARTER, Config
from bot.store import sqlite

BOARD = "daily/"
T = TypeVar("T")


@contextmanager
def without_threads() -> Iterator[None]:
    """
    The stores that are opened meanwhile do their work where it is asked for.

    Files, statements and transactions are the real ones. A week of the demonstration asks ten thousand times, one after
    the other, and to hand each question to a thread and back costs more than to answer it.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(aiosqlite, "connect", partial(aiosqlite.connect, check_same_thread=False))
        patch.setattr(sqlite, "on_thread", _here)
        yield


async def _here(connection: aiosqlite.Connection, work: Callable[[sqlite3.Connection], T]) -> T:
    return work(connection._conn)


@asynccontextmanager
async def show(folder: Path, seed: int = DEMO_SEED, days: int = 0) -> AsyncIterator[tuple[Show, Browser]]:
    """A demonstration on a free port, and the browser of a visitor who comes after so many days of its life."""
    config = Config(data=folder, port=0, packs=(STARTER,))
    with without_threads():
        async with open_show(config, seed, days) as running, Browser(running.address) as visitor:
            await visitor.enter(running.link.partition("key=")[2])
            yield running, visitor


async def transcript(visitor: Browser) -> list[Any]:
    """Everything that everybody can read: who wrote what, when, with the cards and all threads."""
    read: list[Any] = []
    for spot in ("general", "daily"):
        for message in (await visitor.get("/api/messages", spot=spot))["messages"]:
            read.append(message)
            if message["replies"]:
                read += (await visitor.get("/api/messages", under=message["receipt"]))["messages"]
    return read


async def boards(visitor: Browser) -> list[dict[str, Any]]:
    seen = await visitor.get("/api/messages", spot="daily")
    return [message for message in seen["messages"] if message["name"].startswith(BOARD)]


async def press(visitor: Browser, route: str, on: str = "") -> dict[str, Any]:
    """Press the newest button of this route that the visitor sees in #daily, or the one on the message `on`."""
    seen = await visitor.get("/api/messages", spot="daily")
    found = [
        (one["receipt"], button["action"])
        for one in [*seen["messages"], *seen["asides"]]
        for button in (one["card"] or {}).get("buttons", ())
        if button["action"].partition("?")[0] == route and on in ("", one.get("name"))
    ]
    receipt, action = found[-1]
    return await visitor.do("press", spot="daily", receipt=receipt, action=action)

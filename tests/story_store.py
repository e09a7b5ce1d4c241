"""
Where a story keeps its rows: in memory, on connections that earlier stories have used.

A story is about what members do and see. The same units run the same SQL as on a file, one transaction each, and get
rows of the same kind. What a file adds (threads, shared commits, a disk) is told by tests/store, tests/faults,
tests/endurance, tests/browser and the tests of the adapters, which live on the real store. To open that one, and to
prepare every statement anew on both of its connections, took as long as most stories.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TypeVar

import pytest

import bot.app
from adapters.discord import letters
from adapters.slack import picture_records
from adapters.web import chat
from bot.config import Config
from bot.kernel.ports import Tx
from bot.store.sqlite import SqliteStore
from tests.quick_store import QuickStore

T = TypeVar("T")
OPENERS = (letters, picture_records, chat)  # each opens a database of its own


class StoryStore:
    """Opens and closes as the real store does; its rows stay until the story is over."""

    def __init__(self, rows: QuickStore) -> None:
        self._rows = rows

    async def run(self, unit: Callable[[Tx], T]) -> T:
        return await self._rows.run(unit)

    async def read(self, query: Callable[[Tx], T]) -> T:
        return await self._rows.read(query)

    async def close(self) -> None: ...


class Shelf:
    """The databases of one story by their path. Each begins as a first start leaves it."""

    def __init__(self, migrated: Path, folder: Path) -> None:
        self._migrated, self._folder = migrated, folder
        self._rows: dict[Path, QuickStore] = {}

    async def open(self, path: Path) -> StoryStore:
        """The database at this path: what an earlier life of this story has written is still in it."""
        if path not in self._rows:
            first = self._migrated / path.relative_to(self._folder)
            self._rows[path] = QuickStore(image=image(first), dicts=True)
        return StoryStore(self._rows[path])

    async def open_for(self, config: Config) -> StoryStore:
        return await self.open(config.database)

    def clear(self) -> None:
        for rows in self._rows.values():
            rows.close()


@cache
def image(database: Path) -> bytes:
    """What is in this file. It is read once, so nobody may write into it."""
    found = database.read_bytes()
    return found[:18] + b"\x01\x01" + found[20:]  # with no write-ahead log: memory has none


@contextmanager
def in_memory(migrated: Path, folder: Path) -> Iterator[Path]:
    """Whatever is opened in `folder` is kept in memory, and begins as in the folder `migrated`. Nothing is migrated."""
    shelf = Shelf(migrated, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bot.app, "_open_store", shelf.open_for)
        patch.setattr(SqliteStore, "open", shelf.open)
        for opener in OPENERS:
            patch.setattr(opener, "migrate", lambda *_: [])
        yield folder
    shelf.clear()

"""
A store in memory, for tests that live through thousands of lives.

It keeps the contract of `bot.store`: one transaction a unit, nothing half done. Its rows outlive a `Crash`, as a file
does. `tests/store` holds the real one to the same contract.
"""

import asyncio
import sqlite3
import weakref
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TypeVar

from bot import engine as engine_package
from bot.features import sql_folders
from bot.kernel.ports import Tx
from bot.store.sqlite import SqliteTx
from tests.world import Fuse

T = TypeVar("T")


class QuickStore:
    """
    Steps on the fuse before each commit and before the caller hears of it.

    To die anywhere else is the same as to die at the step before: nothing that lasts has changed in between.
    """

    def __init__(self, fuse: Fuse | None = None, image: bytes = b"") -> None:
        self.fuse = fuse or Fuse()
        self._db = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        weakref.finalize(self, self._db.close)  # Python 3.13 warns of one that is only forgotten
        self._db.deserialize(image or empty())
        self._db.row_factory = sqlite3.Row

    async def run(self, unit: Callable[[Tx], T]) -> T:
        await asyncio.sleep(0)
        self.fuse.breathe("a transaction")
        self._db.execute("BEGIN")
        try:
            value = unit(SqliteTx(self._db))
            self.fuse.step("before a commit")
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")
        self.fuse.step("after a commit")
        return value

    async def read(self, query: Callable[[Tx], T]) -> T:
        await asyncio.sleep(0)
        self.fuse.breathe("a read")
        self._db.execute("PRAGMA query_only=ON")
        try:
            return query(SqliteTx(self._db))
        finally:
            self._db.execute("PRAGMA query_only=OFF")

    def close(self) -> None:
        self._db.close()

    def rows(self, sql: str, **args: object) -> list[dict[str, object]]:
        """Look behind the curtain."""
        return [dict(row) for row in self._db.execute(sql, args)]

    @property
    def image(self) -> bytes:
        """All of it, to begin another store with."""
        return self._db.serialize()


@cache
def empty(sql: str = "") -> bytes:
    """An empty database with the tables of the engine, of all features, and `sql`."""
    db = sqlite3.connect(":memory:")
    for folder in (Path(engine_package.__file__).parent / "sql", *sql_folders()):
        for file in sorted(folder.glob("*.sql")):
            db.executescript(file.read_text())
    db.executescript(sql)
    image = db.serialize()
    db.close()
    return image

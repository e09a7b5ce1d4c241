"""
A store in memory, for tests that live through thousands of lives.

It keeps the contract of `bot.store`: one transaction a unit, nothing half done. Its rows outlive a `Crash`, as a file
does. `tests/store` holds the real one to the same contract.
"""

import asyncio
import sqlite3
import weakref
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import cache, lru_cache
from pathlib import Path
from typing import TypeVar

from bot import engine as engine_package
from bot.features import sql_folders
from bot.kernel.ports import Row, Tx
from bot.store.sqlite import SqliteTx, as_dict
from tests.world import Fuse

T = TypeVar("T")
READ_ONLY = "attempt to write a readonly database"


class QuickStore:
    """
    Steps on the fuse before each commit and before the caller hears of it.

    To die anywhere else is the same as to die at the step before: nothing that lasts has changed in between.
    """

    def __init__(self, fuse: Fuse | None = None, image: bytes = b"", *, dicts: bool = False) -> None:
        """`dicts`: rows are what the real store gives; sqlite3's own are quicker, and know their numbers, too."""
        self.fuse = fuse or Fuse()
        image = image or empty()
        self._db = _connect(image)
        self._db.row_factory = as_dict if dicts else sqlite3.Row
        self.close = weakref.finalize(self, _leave, image, self._db)

    async def run(self, unit: Callable[[Tx], T]) -> T:
        await asyncio.sleep(0)
        self.fuse.breathe("a transaction")
        self._db.execute("SAVEPOINT unit")
        try:
            value = unit(QuickTx(self._db))
            self.fuse.step("before a commit")
        except BaseException:
            self._db.execute("ROLLBACK TO unit")
            self._db.execute("RELEASE unit")
            raise
        self._db.execute("RELEASE unit")
        self.fuse.step("after a commit")
        return value

    async def read(self, query: Callable[[Tx], T]) -> T:
        await asyncio.sleep(0)
        self.fuse.breathe("a read")
        before = self._db.total_changes
        value = query(_ReadingTx(self._db))
        if self._db.total_changes != before:
            raise sqlite3.OperationalError(READ_ONLY)
        return value

    def rows(self, sql: str, **args: object) -> list[dict[str, object]]:
        """Look behind the curtain."""
        return [dict(row) for row in self._db.execute(sql, args)]

    @property
    def image(self) -> bytes:
        """All of it, to begin another store with."""
        return self._db.serialize()


class QuickTx(SqliteTx):
    """Looks up the columns once for all stores with the same tables: thousands of lives ask for them again."""

    def columns(self) -> Sequence[tuple[str, str]]:
        tables = tuple(row["sql"] for row in self._db.execute("SELECT sql FROM sqlite_master WHERE type = 'table'"))
        if tables not in _columns:
            _columns[tables] = super().columns()
        return _columns[tables]


_columns: dict[tuple[str, ...], Sequence[tuple[str, str]]] = {}


class _ReadingTx(QuickTx):
    """As SQLite's query_only, which is of no use here: whenever it is set, all statements are prepared anew."""

    def run(self, sql: str, **args: object) -> int:
        raise sqlite3.OperationalError(READ_ONLY)

    def one(self, sql: str, **args: object) -> Row | None:
        return super().one(_reads(sql), **args)

    def all(self, sql: str, **args: object) -> Sequence[Row]:
        return super().all(_reads(sql), **args)


@lru_cache(4096)
def _reads(sql: str) -> str:
    if not sql.lstrip().upper().startswith(("SELECT", "WITH")):
        raise sqlite3.OperationalError(READ_ONLY)
    return sql


@cache
def empty(sql: str = "") -> bytes:
    """An empty database with the tables of the engine, of all features, and `sql`."""
    db = sqlite3.connect(":memory:")
    db.execute("PRAGMA page_size=1024")  # an image has some hundred pages, most of them nearly empty
    for folder in (Path(engine_package.__file__).parent / "sql", *sql_folders()):
        for file in sorted(folder.glob("*.sql")):
            db.executescript(file.read_text())
    db.executescript(sql)
    image = db.serialize()
    db.close()
    return image


# --- connections are used again ------------------------------------------------------------------
# A new one reads the tables and prepares every statement anew, which takes ten times as long as running it. So a store
# lives inside one open transaction, and when that is rolled back the connection holds its first image once more.

MOST = 50  # idle connections, each with an image of some 200 kB
_idle: list[tuple[bytes, sqlite3.Connection]] = []


def _connect(image: bytes) -> sqlite3.Connection:
    found = next((number for number, (held, _) in enumerate(_idle) if held is image), None)
    db = _fresh(image) if found is None else _idle.pop(found)[1]
    db.execute("BEGIN")
    return db


def _fresh(image: bytes) -> sqlite3.Connection:
    db = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False, cached_statements=512)
    with closing(sqlite3.connect(":memory:")) as source:
        source.deserialize(image)
        source.backup(db)  # and not deserialize: `serialize` must see what the open transaction has written
    db.execute("PRAGMA foreign_keys=ON")
    return db


def _leave(image: bytes, db: sqlite3.Connection) -> None:
    """Its store is closed or forgotten."""
    db.execute("ROLLBACK")
    _idle.append((image, db))
    if len(_idle) > MOST:
        _idle.pop(0)[1].close()

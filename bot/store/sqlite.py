"""
SQLite: one file, one writer, readers that cannot write.

A unit of work is one plain function that runs in one hop on aiosqlite's thread. Units that wait at the same time share
one commit, each in a savepoint of its own (group commit), and are answered only after it.
"""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

import aiosqlite

from bot.kernel.ports import Row, Tx

T = TypeVar("T")
Unit = Callable[[Tx], Any]
Result = tuple["asyncio.Future[Any]", Any, BaseException | None]

BATCH = 64  # units that may share one commit
BUSY_MS = 5_000
WAL_LIMIT = 64 * 1024 * 1024  # bytes that the write-ahead log may keep after a checkpoint


class Damaged(Exception):
    """The database file does not pass SQLite's own check."""


class SqliteTx:
    """One transaction on the database's thread."""

    skip_locked = ""  # one writer: there is nobody to skip

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def run(self, sql: str, **args: object) -> int:
        return self._db.execute(sql, args).rowcount

    def one(self, sql: str, **args: object) -> Row | None:
        row: Row | None = self._db.execute(sql, args).fetchone()
        return row

    def all(self, sql: str, **args: object) -> Sequence[Row]:
        return self._db.execute(sql, args).fetchall()

    def columns(self) -> Sequence[tuple[str, str]]:
        rows = self.all(
            """SELECT tables.name AS of_table, here.name AS of_column
                 FROM sqlite_master AS tables JOIN pragma_table_info(tables.name) AS here
                WHERE tables.type = 'table' AND tables.name NOT LIKE 'sqlite%' ORDER BY tables.name, here.cid"""
        )
        return [(row["of_table"], row["of_column"]) for row in rows]


class _BatchLost(Exception):
    """SQLite rolled the shared transaction back (a full disk does this): nobody's work stands."""


class SqliteStore:
    def __init__(self, writer: aiosqlite.Connection, reader: aiosqlite.Connection) -> None:
        self._writer, self._reader = writer, reader
        self._waiting: deque[tuple[Unit, asyncio.Future[Any]]] = deque()
        self._flusher: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, path: Path) -> "SqliteStore":
        """Open a migrated database: one connection that writes, one that cannot."""
        writer = await _connect(path)
        try:
            # secure_delete: what a member had erased must not be left in the file's free pages.
            durable = ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON", f"journal_size_limit={WAL_LIMIT}")
            for pragma in durable:
                await _rows(writer, f"PRAGMA {pragma}")
            reader = await _connect(path)
        except BaseException:  # cancelled, too: an open connection has a thread that would keep the process alive
            await writer.close()
            raise
        await _rows(reader, "PRAGMA query_only=ON")
        for connection in (writer, reader):
            await on_thread(connection, _give_dicts)
        return cls(writer, reader)

    async def close(self) -> None:
        """Let waiting units finish, then close. aiosqlite's threads are no daemons: without this the process hangs."""
        if self._flusher:
            await self._flusher
        await self._reader.close()
        await self._writer.close()

    async def run(self, unit: Callable[[Tx], T]) -> T:
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append((unit, future))
        if self._flusher is None or self._flusher.done():
            self._flusher = asyncio.create_task(self._flush())
        return await future

    async def read(self, query: Callable[[Tx], T]) -> T:
        return await on_thread(self._reader, lambda db: _at_one_moment(db, query))

    async def _flush(self) -> None:
        while self._waiting:
            try:
                results = await on_thread(self._writer, self._commit_batch)
            except ValueError as closed:  # aiosqlite's word for it; nobody may wait for ever
                results = [(future, None, closed) for _, future in self._waiting]
                self._waiting.clear()
            for future, value, error in results:
                if future.done():  # its caller was cancelled; the work stands
                    continue
                if error is None:
                    future.set_result(value)
                else:
                    future.set_exception(error)

    # From here on: the database's thread.

    def _commit_batch(self, db: sqlite3.Connection) -> list[Result]:
        batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
        try:
            return self._together(db, batch)
        except (_BatchLost, sqlite3.Error):
            # Only the guilty may fail: everyone again, each in a transaction of its own.
            return [self._alone(db, unit, future) for unit, future in batch]

    def _together(self, db: sqlite3.Connection, batch: list[tuple[Unit, "asyncio.Future[Any]"]]) -> list[Result]:
        try:
            db.execute("BEGIN IMMEDIATE")
            results: list[Result] = []
            for unit, future in batch:
                db.execute("SAVEPOINT unit")
                try:
                    value = unit(SqliteTx(db))
                except BaseException as error:
                    if not db.in_transaction:
                        raise _BatchLost from error
                    db.execute("ROLLBACK TO unit")
                    results.append((future, None, error))
                else:
                    results.append((future, value, None))
                db.execute("RELEASE unit")
            db.execute("COMMIT")
        finally:
            if db.in_transaction:
                db.execute("ROLLBACK")
        return results

    def _alone(self, db: sqlite3.Connection, unit: Unit, future: "asyncio.Future[Any]") -> Result:
        try:
            db.execute("BEGIN IMMEDIATE")
            value = unit(SqliteTx(db))
            db.execute("COMMIT")
        except BaseException as error:  # noqa: BLE001 - handed to the unit's caller, whatever it is
            if db.in_transaction:
                db.execute("ROLLBACK")
            return future, None, error
        return future, value, None


def _at_one_moment(db: sqlite3.Connection, query: Callable[[Tx], T]) -> T:
    """All statements of the query see the same rows, whatever is written meanwhile."""
    db.execute("BEGIN")
    try:
        return query(SqliteTx(db))
    finally:
        db.execute("ROLLBACK")


def check(path: Path) -> None:
    """
    Look for damage before anything is written. Raises Damaged when `PRAGMA quick_check` finds a fault or the file is no
    database; the file is left as it is. A file that is not there yet is fine.
    """
    if not path.exists():
        return
    try:
        with closing(sqlite3.connect(path)) as db:
            fault = db.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.OperationalError:
        raise  # it cannot be opened: that is not damage
    except sqlite3.DatabaseError as error:
        fault = str(error)
    if fault != "ok":
        raise Damaged(
            f"The database {path} is damaged ({fault}). Nothing was changed. "
            "Put a good copy in its place, or move the file away to start empty."
        )


async def on_thread(connection: aiosqlite.Connection, work: Callable[[sqlite3.Connection], T]) -> T:
    """
    Run `work` in one hop on the connection's thread.

    aiosqlite offers one hop a statement only; its private queue is what makes one hop a unit possible. The version is
    pinned, and a test holds this door open.
    """
    result: T = await connection._execute(lambda: work(connection._conn))  # type: ignore[no-untyped-call]  # noqa: SLF001 - see above
    return result


async def _connect(path: Path) -> aiosqlite.Connection:
    connection = await aiosqlite.connect(path, isolation_level=None, cached_statements=512)
    try:
        for pragma in ("foreign_keys=ON", f"busy_timeout={BUSY_MS}", "trusted_schema=OFF"):
            await _rows(connection, f"PRAGMA {pragma}")
    except BaseException:
        await connection.close()  # or its thread would keep the process alive
        raise
    return connection


async def _rows(connection: aiosqlite.Connection, sql: str) -> list[tuple[Any, ...]]:
    return await on_thread(connection, lambda db: db.execute(sql).fetchall())


def _give_dicts(db: sqlite3.Connection) -> None:
    db.row_factory = as_dict


def as_dict(cursor: sqlite3.Cursor, values: tuple[Any, ...]) -> dict[str, Any]:
    """A row as this store gives it."""
    return {column[0]: value for column, value in zip(cursor.description, values, strict=True)}

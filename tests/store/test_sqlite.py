"""What everybody may rely on when they hand the store a unit of work."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path
from typing import TypeVar

import aiosqlite
import pytest

from bot.kernel.ports import Tx
from bot.store.sqlite import BATCH, SqliteStore, on_thread

T = TypeVar("T")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    path = tmp_path / "a folder with spaces #1 100%" / "bot.db"
    path.parent.mkdir()
    opened = await SqliteStore.open(path)
    await opened.run(lambda tx: tx.run("CREATE TABLE box (name TEXT PRIMARY KEY, text TEXT NOT NULL DEFAULT '')"))
    yield opened
    await opened.close()


def put(name: str, text: str = "") -> object:
    return lambda tx: tx.run("INSERT INTO box (name, text) VALUES (:name, :text)", name=name, text=text)


async def names(store: SqliteStore) -> list[str]:
    rows = await store.read(lambda tx: tx.all("SELECT name FROM box ORDER BY name"))
    return [row["name"] for row in rows]


async def soon(work: Awaitable[T]) -> T:
    """A hang is a failure."""
    return await asyncio.wait_for(work, 10)


# --- transactions ---------------------------------------------------------------------------


async def test_what_a_unit_returns_comes_back_after_its_commit(store: SqliteStore) -> None:
    assert await store.run(put("a")) == 1  # type: ignore[arg-type]
    assert await names(store) == ["a"]


async def test_units_run_in_the_order_in_which_they_came(store: SqliteStore) -> None:
    order: list[int] = []
    await asyncio.gather(*(store.run(lambda tx, n=n: order.append(n)) for n in range(BATCH * 2 + 5)))
    assert order == list(range(BATCH * 2 + 5))


async def test_a_failing_unit_leaves_nothing_and_takes_no_neighbour_down(store: SqliteStore) -> None:
    def bad(tx: Tx) -> None:
        tx.run("INSERT INTO box (name) VALUES ('half')")
        raise ZeroDivisionError

    results = await asyncio.gather(
        store.run(put("a")), store.run(bad), store.run(put("b")), return_exceptions=True  # type: ignore[arg-type]
    )  # fmt: skip
    assert isinstance(results[1], ZeroDivisionError)
    assert await names(store) == ["a", "b"]


async def test_a_broken_rule_of_the_database_is_the_fault_of_one_unit(store: SqliteStore) -> None:
    results = await asyncio.gather(
        *(store.run(put(name)) for name in ("a", "a", "b")), return_exceptions=True  # type: ignore[arg-type]
    )  # fmt: skip
    assert [isinstance(result, sqlite3.IntegrityError) for result in results] == [False, True, False]
    assert await names(store) == ["a", "b"]


async def test_many_waiting_units_share_a_commit(store: SqliteStore) -> None:
    commits = 0

    def count(statement: str) -> None:
        nonlocal commits
        commits += statement == "COMMIT"

    await on_thread(store._writer, lambda db: db.set_trace_callback(count))
    await asyncio.gather(*(store.run(put(f"{n:03}")) for n in range(BATCH)))  # type: ignore[arg-type]
    assert commits <= 2


async def test_on_a_full_disk_only_the_guilty_fail_and_nobody_hangs(store: SqliteStore) -> None:
    pages = await on_thread(store._writer, lambda db: db.execute("PRAGMA page_count").fetchone()["page_count"])
    await on_thread(store._writer, lambda db: db.execute(f"PRAGMA max_page_count = {pages + 4}").fetchall())
    units = [put("small/1"), put("huge", "x" * 1_000_000), put("small/2"), put("huge/2", "x" * 1_000_000)]
    results = await soon(asyncio.gather(*(store.run(unit) for unit in units), return_exceptions=True))  # type: ignore[arg-type]
    assert [isinstance(result, sqlite3.Error) for result in results] == [False, True, False, True]
    assert await names(store) == ["small/1", "small/2"]
    await on_thread(store._writer, lambda db: db.execute(f"PRAGMA max_page_count = {pages + 4000}").fetchall())
    await store.run(put("huge", "x" * 1_000_000))  # type: ignore[arg-type]
    assert "huge" in await names(store)


async def test_while_another_writer_holds_the_file_callers_get_an_error_and_then_go_on(
    store: SqliteStore, tmp_path: Path
) -> None:
    await on_thread(store._writer, lambda db: db.execute("PRAGMA busy_timeout = 1").fetchall())
    other = sqlite3.connect(tmp_path / "a folder with spaces #1 100%" / "bot.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        await soon(store.run(put("a")))  # type: ignore[arg-type]
    other.execute("ROLLBACK")
    other.close()
    await soon(store.run(put("b")))  # type: ignore[arg-type]
    assert await names(store) == ["b"]


async def test_a_caller_who_gives_up_neither_stops_the_unit_nor_the_others(store: SqliteStore) -> None:
    started, go_on = threading.Event(), threading.Event()

    def slow(tx: Tx) -> None:
        started.set()
        assert go_on.wait(10)

    first = asyncio.create_task(store.run(slow))
    await asyncio.to_thread(started.wait, 10)
    given_up = asyncio.create_task(store.run(put("a")))  # type: ignore[arg-type]
    after = asyncio.create_task(store.run(put("b")))  # type: ignore[arg-type]
    await asyncio.sleep(0)
    given_up.cancel()
    go_on.set()
    await soon(asyncio.gather(first, after))
    assert given_up.cancelled()
    assert await names(store) == ["a", "b"]


# --- reading ----------------------------------------------------------------------------------


async def test_a_reader_cannot_write(store: SqliteStore) -> None:
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        await store.read(put("a"))  # type: ignore[arg-type]
    assert await names(store) == []


async def test_a_reader_sees_one_moment_however_many_questions_it_asks(store: SqliteStore) -> None:
    asked, written = threading.Event(), threading.Event()

    def twice(tx: Tx) -> list[int]:
        first = len(tx.all("SELECT name FROM box"))
        asked.set()
        assert written.wait(10)
        return [first, len(tx.all("SELECT name FROM box"))]

    reading = asyncio.create_task(store.read(twice))
    await asyncio.to_thread(asked.wait, 10)
    await store.run(put("a"))  # type: ignore[arg-type]
    written.set()
    assert await soon(reading) == [0, 0]
    assert await names(store) == ["a"]


async def test_a_reader_that_fails_does_not_spoil_the_next(store: SqliteStore) -> None:
    with pytest.raises(sqlite3.OperationalError):
        await store.read(lambda tx: tx.all("SELECT * FROM nowhere"))
    assert await names(store) == []


# --- closing -----------------------------------------------------------------------------------


async def test_closing_waits_for_what_is_on_its_way(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path / "bot.db")
    await store.run(lambda tx: tx.run("CREATE TABLE box (name TEXT PRIMARY KEY, text TEXT NOT NULL DEFAULT '')"))
    waiting = [asyncio.create_task(store.run(put(f"{n:03}"))) for n in range(200)]  # type: ignore[arg-type]
    await asyncio.sleep(0)
    await soon(store.close())
    await soon(asyncio.gather(*waiting))
    with sqlite3.connect(tmp_path / "bot.db") as db:
        assert db.execute("SELECT count(*) FROM box").fetchone() == (200,)
    db.close()


async def test_a_closed_store_refuses_at_once(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path / "bot.db")
    await store.close()
    for attempt in (store.run, store.read):
        with pytest.raises(ValueError, match=r"[Cc]losed|no active connection"):
            await soon(attempt(lambda tx: None))


async def test_closing_twice_is_closing_once(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path / "bot.db")
    await store.close()
    await soon(store.close())


async def test_a_store_that_cannot_be_opened_leaves_no_thread_behind(tmp_path: Path) -> None:
    (tmp_path / "bot.db").write_bytes(b"this is no database, and long enough to be read as a page of one" * 100)
    before = set(threading.enumerate())
    with pytest.raises(sqlite3.DatabaseError):
        await SqliteStore.open(tmp_path / "bot.db")
    for thread in set(threading.enumerate()) - before:
        await asyncio.to_thread(thread.join, 5)
        assert not thread.is_alive()


# --- the settings that everything rests on ----------------------------------------------------


async def test_the_writer_waits_for_the_disk_and_checks_its_references(store: SqliteStore) -> None:
    def ask(name: str) -> object:
        return lambda db: db.execute(f"PRAGMA {name}").fetchone()[name]

    asked = {
        name: await on_thread(store._writer, ask(name)) for name in ("journal_mode", "synchronous", "foreign_keys")
    }  # type: ignore[arg-type]
    assert asked == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


async def test_the_private_door_of_the_driver_is_where_we_expect_it(tmp_path: Path) -> None:
    """One hop a unit goes through `Connection._execute`; another release may move it."""
    assert aiosqlite.__version__ == "0.22.1"
    connection = await aiosqlite.connect(tmp_path / "bot.db")
    here = threading.get_ident()
    ran_on = await on_thread(connection, lambda db: threading.get_ident())
    assert ran_on != here
    assert not connection._thread.daemon, "it has to be closed, or the process does not end"
    await connection.close()

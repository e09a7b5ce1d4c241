"""A unit of work like those of a press, in our store and in bare sqlite3 with the same statements."""

import asyncio
import sqlite3
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from bot.app import migrations
from bot.engine import inbox, roster
from bot.kernel.event import Person
from bot.kernel.ports import Row, Tx
from bot.store.migrate import migrate
from bot.store.sqlite import WAL_LIMIT, SqliteStore
from tests.bench.lines import Line, Sizes, over
from tests.world import GROUP, MORNING, TENANT

Statement = tuple[str, dict[str, object]]
AT_ONCE = (1, 16, 64)


def unit(tx: Tx, number: int) -> None:
    """What every press costs before any feature looks at it, and a row that stays: 5 statements, 3 of them write."""
    member, event = f"m{number % 100}", f"{TENANT}/m{number % 100}/e{number}"
    if inbox.find_answers(tx, event) is None:
        roster.meet(tx, TENANT, Person(member, member.title()))
        roster.is_met(tx, TENANT, member)
        inbox.keep_draft(tx, GROUP, member, "answers.send", {"text": f"Half a thought, number {number}."}, MORNING)
        inbox.keep_answers(tx, event, GROUP, member, (), MORNING)


class Notes:
    """A transaction that only writes down what it is asked, and knows nothing."""

    skip_locked = ""

    def __init__(self) -> None:
        self.statements: list[Statement] = []

    def run(self, sql: str, **args: object) -> int:
        self.statements.append((sql, args))
        return 0

    def one(self, sql: str, **args: object) -> Row | None:
        self.statements.append((sql, args))
        return None

    def all(self, sql: str, **args: object) -> Sequence[Row]:
        self.statements.append((sql, args))
        return []

    def columns(self) -> Sequence[tuple[str, str]]:
        return []


def statements(number: int) -> list[Statement]:
    notes = Notes()
    unit(notes, number)
    return notes.statements


def made(folder: Path, name: str) -> Path:
    path = folder / f"{name}.db"
    folder.mkdir(parents=True, exist_ok=True)
    migrate(path, migrations())
    return path


def bare(path: Path) -> sqlite3.Connection:
    """sqlite3 with the durability of our store, and nothing else of it."""
    db = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON", f"journal_size_limit={WAL_LIMIT}",
                   "foreign_keys=ON", "busy_timeout=5000", "trusted_schema=OFF"):  # fmt: skip
        db.execute(f"PRAGMA {pragma}").fetchall()
    return db


def run_bare(db: sqlite3.Connection, listed: Sequence[list[Statement]]) -> None:
    for each in listed:
        db.execute("BEGIN IMMEDIATE")
        for sql, args in each:
            db.execute(sql, args).fetchall()
        db.execute("COMMIT")


async def run_store(store: SqliteStore, numbers: range, at_once: int) -> None:
    waiting = iter(numbers)

    async def worker() -> None:
        for number in waiting:
            await store.run(lambda tx, n=number: unit(tx, n))  # type: ignore[misc]

    await asyncio.gather(*(worker() for _ in range(at_once)))


def units(folder: Path, sizes: Sizes) -> Iterator[Line]:
    """Units a second, 1, 16 and 64 at once, in turns with bare sqlite3, one transaction each."""
    yield from asyncio.run(_units(folder, sizes))


async def _units(folder: Path, sizes: Sizes) -> list[Line]:
    rates: dict[str, list[float]] = {}
    store = await SqliteStore.open(made(folder, "store"))
    with closing(bare(made(folder, "bare"))) as db:
        done = 0
        for _ in range(sizes.rounds):
            numbers = range(done, done + sizes.units)
            listed = [statements(number) for number in numbers]
            began = time.perf_counter()
            run_bare(db, listed)
            rates.setdefault("bare", []).append(sizes.units / (time.perf_counter() - began))
            for at_once in AT_ONCE:
                times = sizes.units * (1 if at_once == 1 else 4)
                began = time.perf_counter()
                await run_store(store, range(done, done + times), at_once)
                rates.setdefault(str(at_once), []).append(times / (time.perf_counter() - began))
                done += times
    await store.close()
    anchor = statistics.median(rates["bare"])
    found = {n: Line(f"unit.{n}", statistics.median(rates[str(n)]), "units/s", anchor) for n in AT_ONCE}
    return [over(found[1], 0.5), *(over(found[n], 1) for n in AT_ONCE[1:])]


class BareUnits:
    """Bare units, one at a time. `run` gives the CPU of one, in milliseconds of this process."""

    def __init__(self, folder: Path) -> None:
        self._db = bare(made(folder, "cpu"))
        self._number = 0

    def run(self) -> float:
        self._number += 1
        listed = [statements(self._number)]
        began = time.process_time()
        run_bare(self._db, listed)
        return (time.process_time() - began) * 1000

    def close(self) -> None:
        self._db.close()

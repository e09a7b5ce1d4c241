"""
Groups to measure on: one that came about by deeds, and copies of it.

Everything that belongs to the first group carries `SEED` in its texts: the group's id, its members, the names of its
messages and wakes. A copy is the same rows with another number there, so that whatever a feature keeps is copied.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import count
from pathlib import Path

from bot.app import App, open_app
from bot.clock import TurnedClock
from bot.config import STARTER, Config
from bot.content.catalogue import Catalogue
from bot.content.loader import load_pack
from bot.engine import outages
from bot.engine.outcome import Outcome
from bot.features.answers import records as answers_records
from bot.features.answers.rules import Kept, Words
from bot.features.streaks import records as streaks_records
from bot.features.streaks.day_rules import Entry, Kind
from bot.kernel.action import Action
from bot.kernel.calendar import stamp
from bot.kernel.event import Event, Person, Pressed, Submitted, Typed, Value, What
from bot.kernel.facts import TaskOpened
from bot.kernel.ports import Platform, Posting, Target, Tx
from tests.world import BERLIN

TENANT = "web"
SEED = "g00000"
GOOD = "I think we sort first, because order makes the rest easy. It fails when it must be online."


class Paper:
    """A platform that takes everything and keeps nothing but counts: its own weight must not be measured."""

    def __init__(self) -> None:
        self.calls: dict[tuple[str, str], int] = {}  # by verb and by the first word of the message's name
        self._removed = count(1)

    async def post(self, posting: Posting) -> str:
        self._count("post", posting.name)
        return f"r/{posting.name}"

    async def edit(self, receipt: str, posting: Posting) -> None:
        self._count("edit", posting.name)

    async def remove(self, receipt: str) -> None:
        self._count("remove", receipt.removeprefix("r/"))

    async def find(self, target: Target, name: str, since: datetime) -> str | None:
        self._count("find", name)
        return None

    def _count(self, verb: str, name: str) -> None:
        key = verb, name.partition("/")[0]
        self.calls[key] = self.calls.get(key, 0) + 1


def group_id(number: int) -> str:
    return f"web:{SEED[:1]}{number:05}"


def member_id(group: int, number: int) -> str:
    return f"{SEED[:1]}{group:05}-m{number:04}"


@dataclass
class Town:
    """An app, and what people do in it. Nothing is delivered until the app settles."""

    app: App
    paper: Paper
    clock: TurnedClock

    def __post_init__(self) -> None:
        self._deliveries = count(1)

    def event(self, group: int, member: str, what: What, *, zone: str = "", manages: bool = False) -> Event:
        person = Person(member, f"Name of {member}", zone, manages)
        delivery = f"delivery-{self.clock.now():%Y%m%dT%H%M%S}-{next(self._deliveries)}"
        return Event(delivery, TENANT, group_id(group), "general", person, self.clock.now(), what)

    async def do(self, event: Event) -> Outcome:
        outcome = await self.app.engine.handle(event)
        assert outcome.refused is None, outcome.refused
        return outcome

    async def found(self, members: int, *, reminded: int = 0, zone: str = BERLIN) -> None:
        """The first group, with so many members; the last `reminded` of them want reminders, by day and evening."""
        olga = member_id(0, 0)
        await self.do(self.event(0, olga, Typed("", ""), zone=zone, manages=True))
        await self.do(self.event(0, olga, Pressed(Action.to("organiser.setup")), zone=zone, manages=True))
        everybody = range(1, members + 1)
        await self._press("members.join", everybody)
        await self._press("nudges.on", everybody[members - reminded :])
        await self._press("nudges.evening", everybody[members - reminded :], on="1")
        await self.app.settle()

    async def _press(self, route: str, numbers: Sequence[int], **args: str) -> None:
        pressed = Pressed(Action.to(route, **args))
        await asyncio.gather(*(self.do(self.event(0, member_id(0, number), pressed)) for number in numbers))

    def answering(self, group: int, number: int, task: str) -> Event:
        values: dict[str, Value] = {"text": GOOD, "claim": "", "choices": ("show",)}
        return self.event(group, member_id(group, number), Submitted(Action.to("answers.send", task=task), values))

    def hinting(self, group: int, number: int, task: str) -> Event:
        return self.event(group, member_id(group, number), Pressed(Action.to("daily.hint", round=task)))

    async def travel(self, until: datetime) -> None:
        """From one due thing to the next."""
        await self.app.settle()
        while (due := await self.app.next_due()) is not None and due <= until:
            self.clock.set(max(due, self.clock.now()))
            await self.app.settle()
        self.clock.set(until)


def problems() -> Catalogue:
    return Catalogue.of([load_pack(STARTER)])


@asynccontextmanager
async def town(folder: Path, at: datetime) -> AsyncIterator[Town]:
    """A town on the real file store in `folder`, on a clock that stands at `at`."""
    paper, clock = Paper(), TurnedClock(at)
    platforms: dict[str, Platform] = {TENANT: paper}
    async with await open_app(Config(data=folder), platforms, clock, problems()) as app:
        yield Town(app, paper, clock)


def grow(folder: Path, groups: int, members: int, reminded: int, at: datetime, zone: str = BERLIN) -> Path:
    """`folder` with so many groups of so many members, founded at `at`. Nothing of it runs."""
    if (folder / "whetstone.db").exists():
        return folder

    async def first() -> None:
        async with town(folder, at) as began:
            await began.found(members, reminded=reminded, zone=zone)

    asyncio.run(first())
    copy_groups(folder / "whetstone.db", groups)
    return folder


def copy_groups(database: Path, groups: int) -> None:
    """Copy the first group until there are so many."""
    with closing(sqlite3.connect(database, isolation_level=None)) as db:
        db.execute("PRAGMA synchronous=OFF")
        db.execute("CREATE TEMP TABLE numbers (word TEXT)")
        db.executemany(
            "INSERT INTO numbers VALUES (?)", [(group_id(n).removeprefix("web:"),) for n in range(1, groups)]
        )
        db.execute("BEGIN")
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()]
        for table in tables:
            _copy_rows(db, table)
        db.execute("COMMIT")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _copy_rows(db: sqlite3.Connection, table: str) -> None:
    columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})") if row[2] == "TEXT"]
    if not columns:
        return
    every = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
    marked = " OR ".join(f"{column} LIKE '%{SEED}%'" for column in columns)
    db.execute(f"CREATE TEMP TABLE seed AS SELECT * FROM {table} WHERE {marked}")  # noqa: S608 - names of our tables
    parts = [f"replace({name}, '{SEED}', word)" if name in columns else name for name in every]
    db.execute(
        f"INSERT INTO {table} ({', '.join(every)}) SELECT {', '.join(parts)} "  # noqa: S608 - names of our tables
        "FROM numbers CROSS JOIN seed ORDER BY word, seed.rowid"
    )
    db.execute("DROP TABLE seed")


def live_through(tx: Tx, members: Sequence[str], days: int, today: datetime) -> None:
    """These members of the first group have answered on so many days; once a week the bot was down for two minutes."""
    group = group_id(0)
    began = today - timedelta(days=days + 1)
    for member in members:
        of = {"member": member, "at": stamp(began)}
        tx.run("UPDATE streaks_events SET at = :at WHERE member = :member AND kind = 'joined'", **of)
        tx.run("UPDATE roster_zones SET at = :at WHERE member = :member", **of)
        tx.run("UPDATE roster_members SET joined_at = :at WHERE member = :member", **of)
    for back in range(days, 0, -1):
        at = today - timedelta(days=back)
        task = str(date(at.year, at.month, at.day))
        post = f"daily/{group}/{task}"
        opened = TaskOpened(task, f"The problem of {task}", at, at + timedelta(hours=36), post)
        answers_records.keep_task(tx, group, opened)
        answers_records.keep_closed(tx, group, task)
        streaks_records.keep_task(tx, group, task, opened.title, at, "")
        for member in members:
            kept = Kept(member, Words(GOOD), may_show=True, hide_name=False, late=False, withdrawn=False, kept_at=at)
            answers_records.keep_answer(tx, group, task, kept, at)
            streaks_records.keep_entry(tx, group, member, Entry(at, Kind.ANSWER, task))
        if back % 7 == 0:
            outages.beat(tx, at + timedelta(minutes=2), at + timedelta(days=7))

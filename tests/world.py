"""
A pretend chat platform that can fail at any moment, and an app that lives on it.

A `World` outlives the process: messages, rooms and threads stay when a `Fuse` lets the process die.
"""

import sqlite3
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path

from adapters.discord import letters as letters_module
from adapters.slack import picture_records
from adapters.web import chat as chat_module
from bot.app import App, migrations, open_app
from bot.clock import TurnedClock
from bot.config import Config
from bot.content.catalogue import Catalogue
from bot.content.loader import load_pack
from bot.kernel.card import Card
from bot.kernel.errors import DeliveryError, Reason, Rejected, Unsure
from bot.kernel.ports import Clock, Gathering, Platform, Posting, Spot, Target, Thread, To
from bot.store.migrate import migrate

PACK = Path(__file__).parent / "content_pack"
STARTER_PACK = Path(__file__).parents[1] / "content" / "starter"
CHAT_SQL = Path(chat_module.__file__).parent / "sql"
LETTERS_SQL = Path(letters_module.__file__).parent / "sql"
PICTURES_SQL = Path(picture_records.__file__).parent / "sql"
TENANT, GROUP, CHANNEL = "web", "web:bench", "general"
BERLIN = "Europe/Berlin"
MORNING = datetime(2026, 1, 5, 7, 55, tzinfo=UTC)  # Monday, 08:55 in Berlin
ALWAYS = 10**9  # times


class Crash(BaseException):
    """The process dies here. Not an Exception: nothing may catch it and go on."""


@dataclass
class Fuse:
    """
    Counts the steps of a process and lets it fail at the chosen ones.

    "crash" kills it at the step; everything that the dead process still tries dies too, until `revive`. "timeout" makes
    a call to the platform end in doubt; where nothing can time out, the step passes.
    """

    faults: dict[int, str] = field(default_factory=dict)
    steps: int = 0
    dead: bool = False
    log: list[tuple[str, bool]] = field(default_factory=list)  # every step: what it was, whether it can time out

    def breathe(self, where: str) -> None:
        """What a dead process tries does not happen."""
        if self.dead:
            raise Crash(where)

    def step(self, where: str, *, can_time_out: bool = False) -> None:
        self.breathe(where)
        self.steps += 1
        self.log.append((where, can_time_out))
        fault = self.faults.get(self.steps, "")
        if fault == "crash":
            self.dead = True
            raise Crash(where)
        if fault == "timeout" and can_time_out:
            raise Unsure(f"timed out {where}")

    def revive(self) -> None:
        self.dead = False


@dataclass
class Message:
    """What people can see. `edits` counts how often it changed."""

    receipt: str
    posting: Posting
    at: datetime
    edits: int = 0

    @property
    def card(self) -> Card:
        return self.posting.card


@dataclass
class Trouble:
    """An error for the calls that it matches; empty words match all. `times` counts down."""

    error: DeliveryError
    call: str = ""
    name: str = ""
    target: Target | None = None
    times: int = ALWAYS


class World:
    """The platform's side of the port. `calls` lists every (verb, post name) that reached it, refused ones too."""

    def __init__(self, clock: Clock, fuse: Fuse | None = None) -> None:
        self.clock, self.fuse = clock, fuse or Fuse()
        self.messages: dict[str, Message] = {}
        self.rooms: dict[str, tuple[str, ...]] = {}
        self.created: list[str] = []  # the post's name, once for every message that was ever created
        self.calls: list[tuple[str, str]] = []
        self.troubles: list[Trouble] = []
        self.can_find = True
        self.look = 100  # how many messages of a place `find` reads, forward from its instant
        self._receipts = count(1)

    # --- the port -------------------------------------------------------------------

    async def post(self, posting: Posting) -> str:
        with self._call("post", posting.name, posting.target):
            receipt = f"w{next(self._receipts)}"
            self._stand(posting.target)
            self.messages[receipt] = Message(receipt, posting, self.clock.now())
            self.created.append(posting.name)
            if isinstance(posting.target, Gathering):
                self.rooms[receipt] = posting.target.persons
        return receipt

    async def edit(self, receipt: str, posting: Posting) -> None:
        with self._call("edit", posting.name, posting.target):
            if receipt not in self.messages:
                raise Rejected(Reason.GONE, "The message is no longer there.")
            message = self.messages[receipt]
            message.posting, message.edits = posting, message.edits + 1
            if isinstance(posting.target, Gathering):
                self.rooms[receipt] = posting.target.persons

    async def remove(self, receipt: str) -> None:
        message = self.messages.get(receipt)
        with self._call("remove", message.posting.name if message else "", None):
            self.messages.pop(receipt, None)
            self.rooms.pop(receipt, None)

    async def find(self, target: Target, name: str, since: datetime) -> str | None:
        with self._call("find", name, target):
            if not self.can_find:
                return None
            here = [seen for seen in self.messages.values() if seen.posting.target == target and seen.at >= since]
            if isinstance(target, Gathering):
                here = [seen for seen in self.messages.values() if seen.receipt in self.rooms and seen.at >= since]
            return next((seen.receipt for seen in here[: self.look] if seen.posting.name == name), None)

    @property
    def platform(self) -> Platform:
        """Itself, seen through the port: a type checker compares the two here."""
        return self

    # --- what a test does to it -------------------------------------------------------

    def refuse(
        self,
        error: DeliveryError,
        *,
        call: str = "",
        name: str = "",
        target: Target | None = None,
        times: int = ALWAYS,
    ) -> Trouble:
        """Answer matching calls with this error, `times` times; `heal` ends it."""
        self.troubles.append(Trouble(error, call, name, target, times))
        return self.troubles[-1]

    def heal(self) -> None:
        self.troubles.clear()

    def crowd(self, spot: str, messages: int) -> None:
        """Other people write in a channel now, so that what stands there slips out of sight."""
        for _ in range(messages):
            receipt = f"w{next(self._receipts)}"
            posting = Posting("", "", Spot(spot), Card("Somebody else says something."))
            self.messages[receipt] = Message(receipt, posting, self.clock.now())

    # --- what a test looks at ----------------------------------------------------------

    def named(self, name: str) -> Message:
        """The one message of that name. Fails when it stands twice or not at all."""
        found = [seen for seen in self.messages.values() if seen.posting.name == name]
        assert len(found) == 1, f"{name} stands {len(found)} times; there are {sorted(self.names())}"
        return found[0]

    def names(self) -> list[str]:
        """The names that stand, in the order in which they were posted."""
        return [seen.posting.name for seen in self.messages.values() if seen.posting.name]

    def at(self, target: Target) -> list[Message]:
        return [seen for seen in self.messages.values() if seen.posting.target == target]

    def private(self, person: str) -> list[Message]:
        """What the bot wrote to this person alone."""
        return self.at(To(person))

    def doubles(self) -> list[str]:
        """Names of which more than one message was ever created."""
        return sorted(name for name, times in Counter(self.created).items() if times > 1)

    def wall(self) -> dict[str, Card]:
        """What people see in the end, by name."""
        return {seen.posting.name: seen.card for seen in self.messages.values() if seen.posting.name}

    # --- inside -------------------------------------------------------------------------

    def _call(self, verb: str, name: str, target: Target | None) -> "_Call":
        return _Call(self, verb, name, target)

    def _stand(self, target: Target) -> None:
        if isinstance(target, Thread) and target.receipt not in self.messages:
            raise Rejected(Reason.GONE, "The message with this thread is no longer there.")


@dataclass
class _Call:
    """One request: it may be lost on its way out, refused, or its reply may be lost on the way back."""

    world: World
    verb: str
    name: str
    target: Target | None

    def __enter__(self) -> None:
        world = self.world
        world.fuse.step(f"before {self.verb} {self.name}", can_time_out=True)
        world.calls.append((self.verb, self.name))
        for trouble in world.troubles:
            fits = trouble.call in ("", self.verb) and trouble.name in ("", self.name)
            if fits and trouble.target in (None, self.target) and trouble.times > 0:
                trouble.times -= 1
                raise trouble.error

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.world.fuse.step(f"after {self.verb} {self.name}", can_time_out=True)


# --- an app that lives on it ---------------------------------------------------------------


pack = cache(load_pack)  # read once a process: many files of tests want the same ones


@cache
def catalogue() -> Catalogue:
    """The items of the test bench."""
    return Catalogue.of([pack(PACK)])


def grown(folder: Path) -> Path:
    """A data folder with all tables in it and nothing else, made by the migrations that a first start runs."""
    databases = (
        (Config(data=folder).database, migrations()), (folder / "chat" / "chat.db", [CHAT_SQL]),
        (folder / "discord.db", [LETTERS_SQL]), (folder / "slack.db", [PICTURES_SQL]),
    )  # fmt: skip
    for database, sql in databases:
        database.parent.mkdir(exist_ok=True)
        migrate(database, sql)
        with closing(sqlite3.connect(database)) as db:
            db.execute("PRAGMA journal_mode=WAL")  # the store asks for it at every start, and changing it takes a while
    return folder


@asynccontextmanager
async def living(folder: Path, world: World, *, tenants: tuple[str, ...] = (TENANT,)) -> AsyncIterator[App]:
    """One process life: a real app on the database in `folder`, with the world as its platform."""
    platforms = dict.fromkeys(tenants, world.platform)
    async with await open_app(Config(data=folder), platforms, world.clock, catalogue()) as app:
        yield app


async def travel(app: App, clock: TurnedClock, until: datetime) -> None:
    """
    Turn the clock from one due thing to the next, settling at each, and at last to `until`.

    On a platform with a network more may come in while the app settles; what then is due is looked at once more.
    """
    await app.settle()
    patience = 20
    while (due := await app.next_due()) is not None and due <= until:
        patience = 20 if due > clock.now() else patience - 1
        assert patience, f"time does not pass: something stays due at {due}"
        clock.set(max(due, clock.now()))
        await app.settle()
    clock.set(until)
    await app.settle()


def turned(at: datetime = MORNING) -> TurnedClock:
    return TurnedClock(at)


def hours(n: float) -> timedelta:
    return timedelta(hours=n)

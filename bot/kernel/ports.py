"""What the core needs from outside. Implemented in `bot.store`, `bot.clock` and `adapters`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from bot.kernel.card import Card

T = TypeVar("T")
Row = Mapping[str, Any]


class Clock(Protocol):
    def now(self) -> datetime:
        """This instant, aware, UTC."""
        ...


class Tx(Protocol):
    """One transaction. SQL uses `:name` parameters and the dialect that both stores share."""

    skip_locked: str  # "FOR UPDATE SKIP LOCKED" where several processes share the database, else empty

    def run(self, sql: str, **args: object) -> int:
        """Execute; the number of rows that changed."""
        ...

    def one(self, sql: str, **args: object) -> Row | None: ...
    def all(self, sql: str, **args: object) -> Sequence[Row]: ...
    def columns(self) -> Sequence[tuple[str, str]]:
        """Every (table, column) of the database: each database has its own way to say so."""
        ...


class Store(Protocol):
    async def run(self, unit: Callable[[Tx], T]) -> T:
        """
        Run `unit` as one transaction and return after its commit.

        `unit` may be run again when a commit that it shared failed, so it must leave nothing behind but rows.
        """
        ...

    async def read(self, query: Callable[[Tx], T]) -> T:
        """Run `query` where writing is impossible."""
        ...


@dataclass(frozen=True, slots=True)
class Spot:
    """A channel, or a room that we opened, as the platform names it."""

    id: str


@dataclass(frozen=True, slots=True)
class Thread:
    """The thread of the message with this receipt."""

    receipt: str


@dataclass(frozen=True, slots=True)
class To:
    """A person's private messages."""

    person: str


@dataclass(frozen=True, slots=True)
class Gathering:
    """
    A room for exactly these people. Its receipt is the `Spot` id of the room.

    `beside` is a channel of the group, for platforms where a room belongs to one; empty where the group has none.
    """

    persons: tuple[str, ...]
    beside: str = ""


Target = Spot | Thread | To | Gathering


@dataclass(frozen=True, slots=True)
class Posting:
    """A message (or, with a `Gathering`, a room titled by the card) as a platform receives it."""

    name: str
    group: str
    target: Target
    card: Card
    thread: str | None = None
    quiet: bool = False
    pinned: bool = False
    closed: bool = False


class Platform(Protocol):
    """Raises only `Later`, `Unsure` or `Rejected`. A receipt is all that is needed to edit or remove."""

    async def post(self, posting: Posting) -> str:
        """Create the message; its receipt."""
        ...

    async def edit(self, receipt: str, posting: Posting) -> str | None:
        """
        Let it show this. Its new receipt, where it could not stay the same message or room; else None.

        On Slack a room for other people is another room.
        """
        ...

    async def remove(self, receipt: str) -> None:
        """Remove it; already gone counts as done."""
        ...

    async def find(self, target: Target, name: str, since: datetime) -> str | None:
        """The receipt of the message that carries `name`, looking forward from `since`."""
        ...

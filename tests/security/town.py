"""
Two groups full of secrets, and the people who might want to know them.

Every secret is a word of its own, so that one look at what somebody can read tells whether it got out.
"""

import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import TypeVar

from bot.app import App
from bot.engine.engine import Engine
from bot.engine.outcome import Outcome
from bot.kernel import codec
from bot.kernel.card import Card, ChoiceField, ChoicesField, Form, card_words
from bot.kernel.effect import Reply
from bot.kernel.event import Event, Person, What
from bot.kernel.ports import Clock, Gathering, Row, Spot, To, Tx
from tests.quick_store import QuickStore, QuickTx
from tests.world import GROUP, TENANT, Message, World

T = TypeVar("T")
OTHER = "web:second"
MONDAY, TUESDAY = "2026-01-05", "2026-01-06"
TASK = "2026-01-07"

ADA, BEN, CARA, DORA, LEE, OLGA = "mem-ada", "mem-ben", "mem-cara", "mem-dora", "mem-lee", "mem-olga"
GUS = "mem-gus"  # was removed
UMA, OTTO, SID, MAX = "mem-uma", "mem-otto", "mem-sid", "mem-max"
GROUP_OF_FIVE = frozenset({ADA, BEN, CARA, DORA, OLGA})

FIRST, DRAFTED, TOLD, REFUSED = "SECRETFIRST", "SECRETDRAFT", "SECRETTOLD", "SECRETREF"
CLOSED, HIDDEN, STUCK, TAKEN_BACK, ELSEWHERE = (
    "SECRETCLOSED", "SECRETHIDDEN", "SECRETSTUCK", "SECRETWITHDRAWN", "SECRETELSEWHERE",
)  # fmt: skip
REVIEWED, ACCUSED, PLANNED, CHECKED_IN = "SECRETREVIEW", "SECRETREPORT", "SECRETPLAN", "SECRETLINE"
RUNNING, DESIGNED = "SECRETRUN", "SECRETDESIGN"  # words of a run that goes on, and of one that is handed in
STAGE, TIMES, RELIABLE = "I have interviews now", "Saturday and Sunday evening", "987654"  # of Ada's wish for partners
# Who may read what is kept from others. Whoever is not named may not.
MAY_READ: Mapping[str, frozenset[str]] = {
    FIRST: frozenset({ADA}),
    DRAFTED: frozenset({ADA}),
    TOLD: frozenset({ADA}),
    REFUSED: frozenset({ADA}),
    CLOSED: frozenset({CARA, DORA}),  # who has answered
    HIDDEN: frozenset({CARA, DORA}),
    TAKEN_BACK: frozenset({DORA}),
    ELSEWHERE: frozenset({UMA}),
    REVIEWED: frozenset({OLGA, DORA}),  # whose answer it is about, and who wrote it
    ACCUSED: frozenset({ADA, OLGA, MAX}),  # who reported, and who decides
    PLANNED: frozenset({ADA, DORA}),  # they are partners
    CHECKED_IN: frozenset({ADA, DORA}),
    STAGE: frozenset({ADA}),
    TIMES: frozenset({ADA}),
    RELIABLE: frozenset({ADA}),
    RUNNING: frozenset({ADA}),
    DESIGNED: frozenset({DORA}),
}
# Words that may be seen beside a name by nobody but this person.
NAMELESS: Mapping[str, str] = {HIDDEN: DORA, STUCK: BEN, REVIEWED: DORA, ACCUSED: ADA, DESIGNED: DORA}


@dataclass(frozen=True)
class Visitor:
    """Somebody who tries. `group` is where the event says that it comes from; empty: a private message."""

    label: str
    id: str
    group: str = GROUP
    manages: bool = False

    @property
    def person(self) -> Person:
        return Person(self.id, self.id.title(), "", self.manages)


OUTSIDERS = (
    Visitor("a stranger", SID),
    Visitor("a stranger in private", SID, ""),
    Visitor("somebody who has left", LEE),
    Visitor("a member of another group", UMA),
    Visitor("a member of another group at home", UMA, OTHER),
    Visitor("a member of another group in private", UMA, ""),
    Visitor("the organiser of another group", OTTO),
    Visitor("the organiser of another group at home", OTTO, OTHER),
)
MEMBERS = (
    Visitor("a member", BEN),
    Visitor("a member who has answered", CARA),
    Visitor("a member in private", BEN, ""),
)
ORGANISERS = (Visitor("the organiser", OLGA), Visitor("somebody who manages the server", MAX, manages=True))


WRITES = re.compile(r"\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+(\w+)", re.IGNORECASE)


@cache
def table_written(sql: str) -> str:
    """Empty where it only reads."""
    found = WRITES.match(sql)
    return found[1] if found else ""


class WatchedTx(QuickTx):
    """Notes which tables are written."""

    def __init__(self, db: sqlite3.Connection, written: set[str]) -> None:
        super().__init__(db)
        self._written = written

    def run(self, sql: str, **args: object) -> int:
        self._written.add(table_written(sql))
        return super().run(sql, **args)

    def one(self, sql: str, **args: object) -> Row | None:
        self._written.add(table_written(sql))
        return super().one(sql, **args)

    def all(self, sql: str, **args: object) -> Sequence[Row]:
        self._written.add(table_written(sql))
        return super().all(sql, **args)


class WatchedStore(QuickStore):
    """Knows which tables were written, so that nobody has to compare all of them."""

    def __init__(self, image: bytes = b"") -> None:
        super().__init__(image=image)
        self._noted: set[str] = set()

    async def run(self, unit: Callable[[Tx], T]) -> T:
        return await super().run(lambda _: unit(WatchedTx(self._db, self._noted)))

    @property
    def written(self) -> set[str]:
        return self._noted - {""}

    @property
    def has_changed(self) -> bool:
        """Was anything written? What was taken back counts too."""
        return bool(self.written)


@dataclass(frozen=True)
class Moment:
    """
    The town as it was then, what stood there, and who may read what.

    `who` look around in it; at the first, all. They also try `deeds`, of which no card tells.
    """

    name: str
    at: datetime
    image: bytes = field(repr=False)
    messages: tuple[Message, ...] = field(repr=False)
    rooms: Mapping[str, tuple[str, ...]] = field(repr=False)
    may_read: Mapping[str, frozenset[str]] = field(repr=False)
    who: tuple[str, ...] = ()
    deeds: tuple[What, ...] = ()

    def readers(self, message: Message) -> frozenset[str]:
        """Who finds this message; nobody by name where everybody does."""
        target = message.posting.target
        if isinstance(target, To):
            return frozenset({target.person})
        if isinstance(target, Gathering):
            return frozenset(target.persons)
        return frozenset(self.rooms.get(target.id if isinstance(target, Spot) else target.receipt, ()))


class StandingClock:
    """Shows the moment that is looked at."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


@dataclass
class Town:
    """All of it, in a store that can be put back to any earlier moment."""

    store: WatchedStore
    world: World
    clock: Clock
    app: App
    moments: list[Moment] = field(default_factory=list)
    _image: bytes = b""
    _number: int = 0  # of the last delivery; none is used twice

    @property
    def engine(self) -> Engine:
        return self.app.engine

    def at(self, image: bytes, when: datetime) -> None:
        """Let everything stored be as it was then."""
        if isinstance(self.clock, StandingClock):
            self.clock.at = when
        if self._image is not image or self.store.written:
            self.store.close()
            self.store, self._image = WatchedStore(image), image
            self.engine.store = self.store

    async def do(self, who: Visitor, what: What, receipt: str = "") -> Outcome:
        """One deed, without anything that follows later."""
        self._number += 1
        spot = "general" if who.group == GROUP else "second" if who.group else f"dm-{who.id}"
        return await self.engine.handle(
            Event(f"try-{self._number}", TENANT, who.group, spot, who.person, self.clock.now(), what, receipt)
        )


# --- what somebody can read -----------------------------------------------------------------------


def readable(outcome: Outcome) -> Iterator[str]:
    """Each card and form that came back, as the reader sees it."""
    for answer in outcome.answers:
        yield card_text(answer.card) if isinstance(answer, Reply) else form_text(answer.form)
    if outcome.refused:
        yield card_text(outcome.refused.card)


def card_text(card: Card) -> str:
    menus = [word for menu in card.selects for option in menu.options for word in (option.label, option.help)]
    return "\n".join([card_words(card), *menus, *(f"{file.name}\n{file.text}" for file in card.files)])


def form_text(form: Form) -> str:
    """
    Everything in it; a form has nothing that its reader does not see but its address.

    Of the form about partners, which offers the same to everybody, only what is chosen.
    """
    if form.action.route != "partners.send":
        return codec.dump(form)
    parts = [part for part in form.fields if isinstance(part, ChoiceField | ChoicesField)]
    return "\n".join(option.label for part in parts for option in part.options if option.value in part.value)

"""
What the browser platform remembers: places and messages.

SQL stands here and in `people`, `asides` and `files`, each with a table or two of its own.

A *place* is a channel, a room or a private conversation. A *spot* is a place, or the thread of one message: it is
written as the place's id or as that message's receipt ("m12").
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Literal

from adapters.web.asides import Asides
from adapters.web.files import Files
from adapters.web.people import People
from bot.kernel.calendar import stamp
from bot.kernel.card import Card
from bot.kernel.codec import dump, load
from bot.kernel.ports import Clock, Row, Tx
from bot.store.migrate import migrate
from bot.store.sqlite import SqliteStore

GROUP = "web:demo"
BOT = "Whetstone"
PAGE = 100  # messages shown at once
CHANNELS = (("general", "general"), ("daily", "daily"))  # what an empty server starts with

_card = lru_cache(maxsize=256)(load)  # a card never changes, and everybody who looks needs the same ones

Kind = Literal["channel", "room", "direct"]
Hear = Callable[[str], None]  # the only person it concerns, or "" for everybody


@dataclass(frozen=True, slots=True)
class Place:
    """`fresh` counts the messages that the reader has not seen; `persons` is empty for a channel."""

    id: str
    kind: Kind
    title: str
    persons: tuple[str, ...] = ()
    fresh: int = 0


@dataclass(frozen=True, slots=True)
class Message:
    """`author` is empty for the bot, `name` for people. `replies` and `fresh` count its thread."""

    receipt: str
    place: str
    spot: str
    author: str
    name: str
    words: str
    card: Card | None
    thread: str
    file: str
    pinned: bool
    closed: bool
    at: datetime
    edited: bool
    replies: int = 0
    fresh: int = 0


class Gone(LookupError):
    """The place or message does not exist, or not for this person."""


def direct(person: str) -> str:
    """The place where this person and the bot talk in private."""
    return f"dm-{person}"


class Chat:
    """One server. Every method is one transaction; what changed is told to whoever `listen`s."""

    def __init__(self, store: SqliteStore, folder: Path, clock: Clock, group: str) -> None:
        self._store, self._clock = store, clock
        self.group = group
        self._ears: set[Hear] = set()
        self.people = People(store, self._open_direct, self._tell)
        self.asides = Asides(store, clock, self._tell)
        self.files = Files(store, folder / "files")

    @classmethod
    async def open(cls, folder: Path, clock: Clock, group: str = GROUP) -> "Chat":
        """Open or make `chat.db` and `files/` in `folder`. Raises what the store raises for a damaged file."""
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        path = folder / "chat.db"
        migrate(path, [Path(__file__).parent / "sql"])
        chat = cls(await SqliteStore.open(path), folder, clock, group)
        for id_, title in CHANNELS:
            await chat.add_channel(id_, title)
        return chat

    async def close(self) -> None:
        await self._store.close()

    def listen(self, hear: Hear) -> Callable[[], None]:
        """Call `hear(person)` after every change; the answer stops it."""
        self._ears.add(hear)
        return lambda: self._ears.discard(hear)

    def _tell(self, person: str = "") -> None:
        for hear in tuple(self._ears):
            hear(person)

    def now(self) -> datetime:
        return self._clock.now()

    # --- places --------------------------------------------------------------------------

    async def add_channel(self, id: str, title: str) -> None:
        at = stamp(self.now())
        await self._store.run(
            lambda tx: tx.run(
                "INSERT INTO place (id, kind, title, at) VALUES (:id, 'channel', :title, :at) ON CONFLICT DO NOTHING",
                id=id, title=title, at=at,
            )
        )  # fmt: skip
        self._tell()

    async def open_room(self, name: str, title: str, persons: Sequence[str], room: str = "") -> str:
        """A new room (or `room` with another title and other people). Raises Gone for somebody unknown."""
        at = stamp(self.now())

        def unit(tx: Tx) -> str:
            _need_people(tx, persons)
            count = tx.all("SELECT COUNT(*) AS n FROM place WHERE kind = 'room'")[0]["n"]
            id_ = room or f"room-{count + 1}"
            if room and not tx.run("UPDATE place SET title = :title WHERE id = :id AND gone = 0", title=title, id=room):
                raise Gone(f"The room {room} is no longer there.")
            if not room:
                sql = "INSERT INTO place (id, kind, title, name, at) VALUES (:id, 'room', :title, :name, :at)"
                tx.run(sql, id=id_, title=title, name=name, at=at)
            _seat(tx, id_, persons)
            return id_

        id_ = await self._store.run(unit)
        self._tell()
        return id_

    def _open_direct(self, tx: Tx, person: str) -> None:
        """The private conversation with the bot, which everybody has."""
        id_, at = direct(person), stamp(self.now())
        sql = "INSERT INTO place (id, kind, title, at) VALUES (:id, 'direct', :title, :at) ON CONFLICT DO NOTHING"
        if tx.run(sql, id=id_, title=BOT, at=at):
            _seat(tx, id_, [person])

    async def close_place(self, id: str) -> None:
        await self._store.run(lambda tx: tx.run("UPDATE place SET gone = 1 WHERE id = :id", id=id))
        self._tell()

    async def places(self, person: str) -> Sequence[Place]:
        """What this person can open: channels by age, then rooms, then the conversation with the bot."""
        return await self._store.read(lambda tx: _places(tx, person))

    async def place(self, spot: str, person: str = "") -> Place:
        """The place of a spot. Raises Gone when there is none, or when `person` is given and may not see it."""

        def query(tx: Tx) -> Place:
            id_ = spot
            if number := _number(spot):
                row = tx.one("SELECT place FROM message WHERE id = :id", id=number)
                id_ = row["place"] if row else ""
            row = tx.one("SELECT * FROM place WHERE id = :id AND gone = 0", id=id_)
            if row is None:
                raise Gone(f"There is no channel or message {spot} here.")
            place = _place(tx, row)
            if person and place.kind != "channel" and person not in place.persons:
                raise Gone(f"There is no channel or message {spot} here.")
            return place

        return await self._store.read(query)

    async def find_room(self, name: str, since: datetime) -> str | None:
        row = await self._store.read(
            lambda tx: tx.one(
                "SELECT id FROM place WHERE kind = 'room' AND name = :name AND at >= :since AND gone = 0 ORDER BY id",
                name=name, since=stamp(since),
            )
        )  # fmt: skip
        return str(row["id"]) if row else None

    # --- messages ------------------------------------------------------------------------

    async def write(
        self, spot: str, author: str = "", *, name: str = "", words: str = "", card: Card | None = None,
        thread: str = "", file: str = "", quiet: bool = False, pinned: bool = False, closed: bool = False,
        delivery: str = "",
    ) -> str:  # fmt: skip
        """
        A new message; its receipt. The same `delivery` of the same author again is the message that stands already.

        Raises Gone when the spot is not there or its thread is closed to people.
        """
        place = await self.place(spot)
        at = stamp(self.now())

        def unit(tx: Tx) -> str:
            earlier = delivery and tx.one(
                "SELECT id FROM message WHERE author = :author AND delivery = :delivery",
                author=author,
                delivery=delivery,
            )
            if earlier:
                return f"m{earlier['id']}"
            if author and (number := _number(spot)):
                parent = tx.one("SELECT closed FROM message WHERE id = :id", id=number)
                if parent is None or parent["closed"]:
                    raise Gone("This thread is closed. Nothing can be added to it.")
            row = tx.one(
                "INSERT INTO message (place, spot, author, name, words, card, thread, file, quiet, pinned, closed, at, "
                "delivery) VALUES (:place, :spot, :author, :name, :words, :card, :thread, :file, :quiet, :pinned, "
                ":closed, :at, :delivery) RETURNING id",
                place=place.id, spot=spot, author=author, name=name, words=words, card=dump(card) if card else "",
                thread=thread, file=file, quiet=int(quiet), pinned=int(pinned), closed=int(closed), at=at,
                delivery=delivery,
            )  # fmt: skip
            assert row  # noqa: S101 - RETURNING of a plain INSERT
            if author:
                _mark_seen(tx, author, spot, row["id"])
            return f"m{row['id']}"

        receipt = await self._store.run(unit)
        self._tell()
        return receipt

    async def change(self, receipt: str, **columns: str | int) -> None:
        """Set `words`, `card`, `pinned`, `closed` or `edited` of a message. Raises Gone when it is not there."""
        setting = ", ".join(f"{column} = :{column}" for column in sorted(columns))  # our own names, never a reader's

        sql = f"UPDATE message SET {setting} WHERE id = :id"  # noqa: S608
        if not await self._store.run(lambda tx: tx.run(sql, id=_number(receipt), **columns)):
            raise Gone(f"The message {receipt} is no longer there.")
        self._tell()

    async def delete(self, receipt: str) -> None:
        """Remove a message and its thread; already gone counts as done."""

        sql = "DELETE FROM message WHERE id = :id OR spot = :spot"
        await self._store.run(lambda tx: tx.run(sql, id=_number(receipt), spot=receipt))
        self._tell()

    async def message(self, receipt: str, person: str = "") -> Message:
        """One message. Raises Gone when it is not there, or when `person` is given and may not see it."""
        await self.place(receipt if _number(receipt) else "", person)
        sql = f"{_READ} WHERE message.id = :id"
        row = await self._store.read(lambda tx: tx.one(sql, id=_number(receipt), person=person))
        if row is None:
            raise Gone(f"The message {receipt} is no longer there.")
        return _message(row)

    async def messages(self, spot: str, person: str = "", before: str = "", *, pinned: bool = False) -> list[Message]:
        """The last `PAGE` messages of a spot (before that one), oldest first."""
        sql = (
            f"{_READ} WHERE message.spot = :spot AND message.id < :before AND message.pinned >= :pinned "
            f"ORDER BY message.id DESC LIMIT {PAGE}"
        )
        rows = await self._store.read(
            lambda tx: tx.all(
                sql, spot=spot, person=person, before=_number(before) or 1 << 60, pinned=int(pinned)
            )
        )  # fmt: skip
        return [_message(row) for row in reversed(rows)]

    async def find_message(self, spot: str, name: str, since: datetime) -> str | None:
        """The first message called `name` in this spot from `since` on."""
        row = await self._store.read(
            lambda tx: tx.one(
                "SELECT id FROM message WHERE name = :name AND spot = :spot AND at >= :since ORDER BY id LIMIT 1",
                name=name, spot=spot, since=stamp(since),
            )
        )  # fmt: skip
        return f"m{row['id']}" if row else None

    async def saw(self, person: str, spot: str, receipt: str) -> None:
        """This person has seen the spot up to this message."""
        news = await self._store.run(lambda tx: _mark_seen(tx, person, spot, _number(receipt)))
        if news:
            self._tell(person)


# A thread's new messages count only for who has been in it.
_READ = (
    "SELECT message.*, "
    "(SELECT COUNT(*) FROM message AS reply WHERE reply.spot = 'm' || message.id) AS replies, "
    "(SELECT COUNT(*) FROM message AS reply JOIN seen ON seen.spot = reply.spot AND seen.person = :person "
    " WHERE reply.spot = 'm' || message.id AND reply.id > seen.upto AND reply.author <> :person AND reply.quiet = 0) "
    "AS fresh FROM message"
)


def _number(receipt: str) -> int:
    return int(receipt[1:]) if receipt[:1] == "m" and receipt[1:].isdecimal() and len(receipt) < 19 else 0


def _need_people(tx: Tx, persons: Sequence[str]) -> None:
    for person in persons:
        if tx.one("SELECT id FROM person WHERE id = :id", id=person) is None:
            raise Gone(f"Nobody here is called {person}.")


def _seat(tx: Tx, place: str, persons: Sequence[str]) -> None:
    tx.run("DELETE FROM seat WHERE place = :place", place=place)
    for person in persons:
        tx.run("INSERT INTO seat (place, person) VALUES (:place, :person)", place=place, person=person)


def _place(tx: Tx, row: Row, fresh: int = 0) -> Place:
    seats = () if row["kind"] == "channel" else tx.all("SELECT person FROM seat WHERE place = :id", id=row["id"])
    return Place(row["id"], row["kind"], row["title"], tuple(seat["person"] for seat in seats), fresh)


def _places(tx: Tx, person: str) -> list[Place]:
    fresh = {
        row["spot"]: row["n"]
        for row in tx.all(
            "SELECT message.spot, COUNT(*) AS n FROM message LEFT JOIN seen "
            "ON seen.spot = message.spot AND seen.person = :person "
            "WHERE message.spot = message.place AND message.author <> :person AND message.quiet = 0 "
            "AND message.id > COALESCE(seen.upto, 0) GROUP BY message.spot",
            person=person,
        )
    }
    rows = tx.all(
        "SELECT * FROM place WHERE gone = 0 "
        "AND (kind = 'channel' OR id IN (SELECT place FROM seat WHERE person = :person)) "
        "ORDER BY kind = 'direct', kind = 'room', at, rowid",
        person=person,
    )
    return [_place(tx, row, fresh.get(row["id"], 0)) for row in rows]


def _mark_seen(tx: Tx, person: str, spot: str, upto: int) -> int:
    return tx.run(
        "INSERT INTO seen (person, spot, upto) VALUES (:person, :spot, :upto) "
        "ON CONFLICT (person, spot) DO UPDATE SET upto = :upto WHERE seen.upto < :upto",
        person=person, spot=spot, upto=upto,
    )  # fmt: skip


def _message(row: Row) -> Message:
    return Message(
        f"m{row['id']}", row["place"], row["spot"], row["author"], row["name"], row["words"],
        _card(row["card"]) if row["card"] else None, row["thread"], row["file"], bool(row["pinned"]),
        bool(row["closed"]),
        datetime.fromisoformat(row["at"]), bool(row["edited"]), row["replies"], row["fresh"],
    )  # fmt: skip

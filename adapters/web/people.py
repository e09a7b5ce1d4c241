"""Who is on this server, and how they come in. SQL of the tables `person` and `entry`."""

import secrets  # noqa: TID251 - keys and cookies must be guessed by nobody
from collections.abc import Callable, Mapping
from hashlib import sha256

from bot.kernel.event import Person
from bot.kernel.ports import Row, Store, Tx


class UsedUp(LookupError):
    """This key was used before, or it never was one."""


class People:
    """`greet` gives a newcomer what everybody has, in the same transaction."""

    def __init__(self, store: Store, greet: Callable[[Tx, str], None], changed: Callable[[], None]) -> None:
        self._store, self._greet, self._changed = store, greet, changed

    async def know(self, person: Person) -> None:
        """Add or change somebody."""

        def unit(tx: Tx) -> None:
            tx.run(
                "INSERT INTO person (id, name, zone, manages) VALUES (:id, :name, :zone, :manages) "
                "ON CONFLICT (id) DO UPDATE SET name = :name, zone = :zone, manages = :manages",
                id=person.id, name=person.name, zone=person.zone, manages=int(person.manages),
            )  # fmt: skip
            self._greet(tx, person.id)

        await self._store.run(unit)
        self._changed()

    async def all(self) -> Mapping[str, Person]:
        """Everybody, by id, in the order of their names."""
        rows = await self._store.read(lambda tx: tx.all("SELECT * FROM person ORDER BY name, id"))
        return {row["id"]: _person(row) for row in rows}

    async def invite(self, person: str) -> str:
        """A key that lets this person come in once, at `/enter?key=...`. They must be known."""
        return await self._entry("key", person)

    async def let_in(self, person: str) -> str:
        """A new cookie for this person."""
        return await self._entry("cookie", person)

    async def redeem(self, key: str) -> str:
        """The person that a key lets in; it is used up. Raises UsedUp."""

        def unit(tx: Tx) -> str:
            row = tx.one("DELETE FROM entry WHERE hash = :hash AND kind = 'key' RETURNING person", hash=_hash(key))
            if row is None:
                raise UsedUp("This link was used before, or a part of it is missing.")
            return str(row["person"])

        return await self._store.run(unit)

    async def who(self, cookie: str) -> Person | None:
        row = await self._store.read(
            lambda tx: tx.one(
                "SELECT person.* FROM entry JOIN person ON person.id = entry.person "
                "WHERE entry.hash = :hash AND entry.kind = 'cookie'",
                hash=_hash(cookie),
            )
        )
        return _person(row) if row else None

    async def become(self, cookie: str, person: str) -> None:
        """From now on this cookie is that person's."""
        sql = "UPDATE entry SET person = :person WHERE hash = :hash AND kind = 'cookie'"
        await self._store.run(lambda tx: tx.run(sql, person=person, hash=_hash(cookie)))

    async def leave(self, cookie: str) -> None:
        """This cookie lets nobody in any more."""
        await self._store.run(lambda tx: tx.run("DELETE FROM entry WHERE hash = :hash", hash=_hash(cookie)))

    async def _entry(self, kind: str, person: str) -> str:
        secret = secrets.token_urlsafe(32)
        await self._store.run(
            lambda tx: tx.run(
                "INSERT INTO entry (hash, kind, person) VALUES (:hash, :kind, :person)",
                hash=_hash(secret), kind=kind, person=person,
            )
        )  # fmt: skip
        return secret


def _hash(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


def _person(row: Row) -> Person:
    return Person(row["id"], row["name"], row["zone"], bool(row["manages"]))

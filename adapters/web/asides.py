"""What only one person sees: replies until they are dismissed, forms until they are sent. SQL of the table `aside`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.kernel.calendar import stamp
from bot.kernel.card import Card, Form
from bot.kernel.codec import dump, load
from bot.kernel.ports import Clock, Row, Store, Tx

FORMS = 20  # open forms kept for one person; older ones are forgotten


@dataclass(frozen=True, slots=True)
class Aside:
    """A card or a form that only one person sees since `at`, at `spot`, about the message `origin` (or empty)."""

    id: int
    spot: str
    origin: str
    content: Card | Form
    at: datetime


class Asides:
    def __init__(self, store: Store, clock: Clock, changed: Callable[[str], None]) -> None:
        self._store, self._clock, self._changed = store, clock, changed

    async def keep(self, person: str, spot: str, origin: str, content: Card | Form) -> int:
        """Keep a reply or an open form; its number. The same title about the same message replaces the older one."""
        at = stamp(self._clock.now())

        def unit(tx: Tx) -> int:
            if isinstance(content, Card):
                _forget_older(tx, person, spot, origin, content.title)
            row = tx.one(
                """INSERT INTO aside (person, spot, origin, content, form, at)
                   VALUES (:person, :spot, :origin, :content, :form, :at) RETURNING id""",
                person=person, spot=spot, origin=origin, content=dump(content), form=isinstance(content, Form), at=at,
            ) or {}  # fmt: skip
            tx.run(
                """DELETE FROM aside WHERE person = :person AND form = 1 AND id NOT IN
                   (SELECT id FROM aside WHERE person = :person AND form = 1 ORDER BY id DESC LIMIT :keep)""",
                person=person, keep=FORMS,
            )  # fmt: skip
            return int(row["id"])

        number = await self._store.run(unit)
        self._changed(person)
        return number

    async def replies(self, person: str, spot: str) -> Sequence[Aside]:
        """The replies that this person has not dismissed there, oldest first."""
        sql = "SELECT * FROM aside WHERE person = :person AND spot = :spot AND form = 0 ORDER BY id"
        rows = await self._store.read(lambda tx: tx.all(sql, person=person, spot=spot))
        return [_aside(row) for row in rows]

    async def get(self, person: str, number: str) -> Aside | None:
        """The reply or form with this number, if it is this person's."""
        if not number.isdecimal() or len(number) > 18:
            return None
        sql = "SELECT * FROM aside WHERE person = :person AND id = :id"
        row = await self._store.read(lambda tx: tx.one(sql, person=person, id=int(number)))
        return _aside(row) if row else None

    async def forget(self, person: str) -> None:
        """Whoever was erased: what only they see goes, and what shows others their name or their words."""
        named = f'"{person}"'
        await self._store.run(
            lambda tx: tx.run(
                "DELETE FROM aside WHERE person = :person OR instr(content, :named) > 0", person=person, named=named
            )
        )
        self._changed(person)

    async def dismiss(self, person: str, number: str) -> None:
        """Put it away; one that is not there, or not theirs, counts as done."""
        if aside := await self.get(person, number):
            await self._store.run(lambda tx: tx.run("DELETE FROM aside WHERE id = :id", id=aside.id))
            self._changed(person)


def _forget_older(tx: Tx, person: str, spot: str, origin: str, title: str) -> None:
    for row in tx.all(
        "SELECT * FROM aside WHERE person = :person AND spot = :spot AND origin = :origin AND form = 0",
        person=person, spot=spot, origin=origin,
    ):  # fmt: skip
        if load(row["content"]).title == title:
            tx.run("DELETE FROM aside WHERE id = :id", id=row["id"])


def _aside(row: Row) -> Aside:
    return Aside(row["id"], row["spot"], row["origin"], load(row["content"]), datetime.fromisoformat(row["at"]))

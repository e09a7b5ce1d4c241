"""
Lives through busy days on a chat platform while the bot's process is killed, and counts what people lost.

Some deeds fall into the time without a bot: what is pressed fails where people see it, and what is written stays.
"""

import asyncio
import sqlite3
from contextlib import closing
from datetime import timedelta
from typing import Any

from tests.endurance.day import DayPlan, Deed, Study
from tests.endurance.harness import PATIENCE, Week
from tests.endurance.lives import Died, Life
from tests.endurance.members import Members, NotYet, Silence

STEPS = 30  # writing calls and deeds that a life lasts on average
LONG = 60.0  # seconds for one answer, however slow the machine is
MISSED = 4  # deeds at most that fall into the time without a bot


class Failed(Exception):
    """The platform said that the bot did not answer in time."""


class Day(Week):
    """One day, or several, on one folder. `_platform` sets `studies` and `members`."""

    begins = 0.4
    plan: DayPlan  # type: ignore[assignment]
    studies: list[Study]
    members: Members
    waiting: list[Deed]

    def _deeds(self) -> list[Deed]:
        self.silences: list[str] = []
        return self.plan.deeds(self.dice, self.studies)

    async def _settle_for_members(self) -> None:
        if self.life is None:
            raise Died
        await self._settle(self.life)

    def _knows(self, name: str) -> bool:
        return any(row["receipt"] for row in self.read("SELECT receipt FROM outbox WHERE name = ?", name))

    def read(self, sql: str, *values: str) -> list[sqlite3.Row]:
        """What the bot's database says; nothing before it has its tables."""
        path = self.folder / "data" / "whetstone.db"
        if not path.exists():
            return []
        with closing(sqlite3.connect(path)) as db:
            db.row_factory = sqlite3.Row
            if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'answers_kept'").fetchone():
                return []
            return db.execute(sql, values).fetchall()

    # --- what people do --------------------------------------------------------------------------------

    async def _do(self, life: Life, line: list[Any]) -> None:
        while line:
            deed = line[0]
            try:
                await self.members.do(deed)
            except Died:
                self._unanswered(line)
                raise
            except Failed:
                line.pop(0)
                self._unanswered([deed])
            except (NotYet, Silence) as no:
                line.pop(0)
                self._later(deed, no)
            else:
                line.pop(0)
                self.truth.told(deed)
            self._count()

    def _later(self, deed: Deed, no: Exception) -> None:
        if isinstance(no, Silence):
            self.silences.append(f"{no}: a private message had no answer")
        deed.tries += 1
        if deed.tries < PATIENCE and deed.what not in ("withdraw", "change_reply", "delete_reply", "offer_help"):
            deed.at = self.clock.now() + timedelta(minutes=1)
            self._plan(deed)  # type: ignore[arg-type]
        elif deed.what in ("found", "join", "choose_forum", "open_threads"):
            self.figures.mistakes.append(f"{deed.name} could not be done: {no}")

    def _unanswered(self, line: list[Any]) -> None:
        """Whoever gives up before anything was sent has changed nothing."""
        if not line[0].sent and line[0].key:
            for deed in reversed(line):
                deed.at = min(deed.at, self.clock.now())
                self._plan(deed)
            return
        super()._unanswered(line)

    async def _miss(self) -> None:
        """People do something while no bot is there."""
        busy: set[Any] = set()
        upto = self.clock.now() + timedelta(minutes=5)
        for deed in [one for one in self.waiting if one.at <= upto][:MISSED]:
            if deed.member.id in busy:
                continue
            busy.add(deed.member.id)
            self.waiting.remove(deed)
            self.clock.set(max(self.clock.now(), deed.at))
            try:
                await self.members.do(deed)
            except (Died, Failed):
                self._unanswered([deed])
            except (NotYet, Silence) as no:
                self._later(deed, no)
            else:
                self.truth.told(deed)  # type: ignore[arg-type]


async def unless_it_ends(life: Life, *waiting: "asyncio.Task[Any]", seconds: float | None = None) -> None:
    """Wait for the first of these, no longer than so long and than it lives; then none of them goes on."""
    try:
        await asyncio.wait([*waiting, life.ended], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()

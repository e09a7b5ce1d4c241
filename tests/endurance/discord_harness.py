"""
Lives through busy days on a pretended Discord while the bot's process is killed, and counts what people lost.

The clock goes on by more than the nonce window before a dead process is followed by another, so that no nonce hides a
missing search. Some deeds fall into that time: presses and forms fail where people see it, and messages stay.
"""

import asyncio
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.discord_fake.talk import Interaction
from tests.endurance import discord_verdict
from tests.endurance.discord_day import DayPlan, Deed, build
from tests.endurance.discord_members import Members, NotYet, Silence
from tests.endurance.discord_process import MARKER
from tests.endurance.discord_side import Side
from tests.endurance.harness import PATIENCE, Figures, Week, endure
from tests.endurance.lives import Died, Life

NONCES = timedelta(seconds=4)  # how long Discord recognises what it has already
STEPS = 30  # writing calls and deeds that a life lasts on average
LONG = 60.0  # seconds for one answer, however slow the machine is
TWICE = "ERROR:adapters.discord.hearing:event failed"  # an answer and its repetition both ended in doubt
LATER = "ERROR:adapters.discord.connect:commands were not sent"  # the next connection sends them
MISSED = 4  # deeds at most that fall into the time without a bot


class Failed(Exception):
    """Discord said that the bot did not answer in time."""


class Day(Week):
    """One day, or several, on one folder."""

    program = "discord_process"
    begins = 0.4
    platform: Side
    plan: DayPlan
    waiting: list[Deed]

    def _platform(self, seed: str, ambiguous: float) -> Side:
        side = Side(self.clock, seed, ambiguous, nonce_window=NONCES)
        side.fake.gateway.patient = False
        self.studies = [build(side.fake, number) for number in range(self.plan.groups)]
        self.members = Members(side.fake, self._see, self._settle_for_members, self._knows)
        self._leapt, self._markers = asyncio.Event(), 0
        self.silences: list[str] = []
        return side

    def _deeds(self) -> list[Deed]:
        return self.plan.deeds(self.dice, self.studies)

    # --- what people see -----------------------------------------------------------------------------

    async def _see(self, found: Interaction) -> Interaction:
        """Until it is answered; raises Died or Failed when nobody will."""
        life = self.life
        if life is None:
            raise Died
        leapt = self._leapt
        waiting = [asyncio.create_task(found.done.wait()), asyncio.create_task(leapt.wait())]
        try:
            await asyncio.wait([*waiting, life.ended], timeout=LONG, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
        if not found.is_answered and life.ended.done():
            raise Died
        if not found.is_answered and leapt.is_set():
            await self._settle(life)  # what was in time is there then
        if not found.is_answered:
            if not leapt.is_set():
                self.figures.mistakes.append(f"{found.describe()} had no answer")
            raise Failed
        return found

    async def _settle_for_members(self) -> None:
        if self.life is None:
            raise Died
        await self._settle(self.life)

    def _knows(self, name: str) -> bool:
        with closing(sqlite3.connect(self.folder / "data" / "whetstone.db")) as db:
            row = db.execute("SELECT receipt FROM outbox WHERE name = ?", (name,)).fetchone()
        return row is not None and row[0] is not None

    async def _settle(self, life: Life) -> None:
        self._markers += 1
        self.platform.fake.gateway.push(MARKER, {"channel_id": "1", "number": self._markers})
        self.due = await life.ask("settle", self._markers)

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
                self.truth.told(deed)  # type: ignore[arg-type]
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

    # --- lives -------------------------------------------------------------------------------------------

    def _strike(self) -> None:
        now = self.clock.now()
        super()._strike()
        if self.clock.now() != now:  # it was frozen: whoever waits will not be answered in time
            self._leapt.set()
            self._leapt = asyncio.Event()

    async def _mourn(self) -> None:
        await super()._mourn()
        self.clock.set(self.clock.now() + 2 * NONCES)
        if self.dice.random() < 0.5 and self.platform.fake.gateway.sessions:
            await self._miss()

    async def _miss(self) -> None:
        """People do something while no bot is there."""
        busy: set[int] = set()
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

    async def _end(self) -> None:
        """Nobody is to blame for what two doubts in a row have swallowed; whoever wrote has seen no answer."""
        await super()._end()
        swallowed = self.figures.mistakes.count(TWICE)
        self.figures.mistakes = [line for line in self.figures.mistakes if line not in (TWICE, LATER)]
        self.figures.mistakes += self.silences[swallowed:]

    def _judge(self) -> None:
        discord_verdict.judge(self.folder / "data", self.plan, self, self.figures)


async def endure_discord(folder: Path, seed: int, kills: int, **knobs: Any) -> Figures:
    """As `harness.endure`, on Discord; a week is a day here unless the plan says more."""
    return await endure(folder, seed, kills, **{"plan": DayPlan(), "steps": STEPS, "kind": Day, **knobs})

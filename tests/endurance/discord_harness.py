"""
Days on a pretended Discord.

The clock goes on by more than the nonce window before a dead process is followed by another, so that no nonce hides a
missing search.
"""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.discord_fake.talk import Interaction
from tests.endurance import discord_verdict
from tests.endurance.day import DayPlan
from tests.endurance.day_harness import LONG, STEPS, Day, Failed, unless_it_ends
from tests.endurance.discord_members import DiscordMembers
from tests.endurance.discord_process import MARKER
from tests.endurance.discord_side import DiscordSide, build
from tests.endurance.harness import Figures, endure
from tests.endurance.lives import Died, Life

NONCES = timedelta(seconds=4)  # how long Discord recognises what it has already
TWICE = "ERROR:adapters.discord.hearing:event failed"  # an answer and its repetition both ended in doubt
LATER = "ERROR:adapters.discord.connect:commands were not sent"  # the next connection sends them


class DiscordDay(Day):
    program = "discord_process"
    platform: DiscordSide

    def _platform(self, seed: str, ambiguous: float) -> DiscordSide:
        side = DiscordSide(self.clock, seed, ambiguous, nonce_window=NONCES)
        side.fake.gateway.patient = False
        self.studies = [build(side.fake, number) for number in range(self.plan.groups)]
        self.members = DiscordMembers(side.fake, self._see, self._settle_for_members, self._knows)
        self._leapt, self._markers = asyncio.Event(), 0
        return side

    async def _see(self, found: Interaction) -> Interaction:
        """Until it is answered; raises Died or Failed when nobody will."""
        life = self.life
        if life is None:
            raise Died
        leapt = self._leapt
        answered = asyncio.create_task(found.done.wait())
        await unless_it_ends(life, answered, asyncio.create_task(leapt.wait()), seconds=LONG)
        if not found.is_answered and life.ended.done():
            raise Died
        if not found.is_answered and leapt.is_set():
            await self._settle(life)  # what was in time is there then
        if not found.is_answered:
            if not leapt.is_set():
                self.figures.mistakes.append(f"{found.describe()} had no answer")
            raise Failed
        return found

    async def _settle(self, life: Life) -> None:
        self._markers += 1
        self.platform.fake.gateway.push(MARKER, {"channel_id": "1", "number": self._markers})
        self.due = await life.ask("settle", self._markers)

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

    async def _end(self) -> None:
        """Nobody is to blame for what two doubts in a row have swallowed; whoever wrote has seen no answer."""
        await super()._end()
        swallowed = self.figures.mistakes.count(TWICE)
        self.figures.mistakes = [line for line in self.figures.mistakes if line not in (TWICE, LATER)]
        self.figures.mistakes += self.silences[swallowed:]

    def _judge(self) -> None:
        discord_verdict.judge(self, self.figures)


async def endure_discord(folder: Path, seed: int, kills: int, **knobs: Any) -> Figures:
    """As `harness.endure`, on Discord; a week is a day here unless the plan says more."""
    return await endure(folder, seed, kills, **{"plan": DayPlan(), "steps": STEPS, "kind": DiscordDay, **knobs})

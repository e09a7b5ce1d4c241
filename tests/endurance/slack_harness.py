"""
Days on a pretended Slack, with history granted or without it.

Without it nothing can be looked for in a channel: what was in doubt is sent again, and may stand twice.
"""

import asyncio
from pathlib import Path
from typing import Any

from tests.endurance import slack_verdict
from tests.endurance.day import DayPlan
from tests.endurance.day_harness import LONG, STEPS, Day, Failed, unless_it_ends
from tests.endurance.harness import Figures, endure
from tests.endurance.lives import Died, Life
from tests.endurance.members import SORRY
from tests.endurance.slack_members import SlackMembers, things
from tests.endurance.slack_side import SlackSide, build
from tests.slack_fake.deeds import Deed as Doing

SOON = 3.0  # seconds after which somebody who still waits asks what there is
REJECTED = 0.2  # the share of lives whose first handshakes Slack refuses
LOST = "What you did is kept."  # in private, where nobody knows whether an answer arrived, twice in a row
BROKEN = 0.05  # the share of steps in which one of the connections breaks


class SlackDay(Day):
    program = "slack_process"
    history = True
    platform: SlackSide

    def _platform(self, seed: str, ambiguous: float) -> SlackSide:
        side = SlackSide(self.clock, seed, ambiguous, history=self.history, patience=LONG)
        self.studies = [build(side.fake, number, history=self.history) for number in range(self.plan.groups)]
        self._met: dict[str, int] = {}  # faults when a person began what they did last: apologies come late
        self.members = SlackMembers(side.fake, self._see, self._settle_for_members, _always)
        return side

    async def _see(self, doing: Doing) -> Doing:
        """Until it is answered; raises Died or Failed when nobody will."""
        life, faults = self.life, self.platform.fake.faults
        assert doing.envelope
        before, self._met[doing.user.id] = self._met.get(doing.user.id, 0), len(faults.met)
        if life:
            await unless_it_ends(life, asyncio.create_task(doing.envelope.acked.wait()), seconds=LONG)
        if doing.ack is None:
            raise Died if life is None or life.ended.done() else Failed
        seen = asyncio.create_task(doing.until(lambda: doing.errors or things(doing), LONG))
        assert life
        await unless_it_ends(life, seen, seconds=SOON)
        if not things(doing) and not doing.errors:
            await self._settle(life)
        words = self.members.text(doing)
        if words and SORRY not in words and LOST not in words:
            return doing
        if len(faults.met) == before:
            self.figures.mistakes.append(f"{doing.payload.get('type')} was answered by “{words}”")
        raise Failed

    async def _settle(self, life: Life) -> None:
        """Until everything is heard and done, whatever was acknowledged unheard or has to come again."""
        settling = asyncio.create_task(self._catch_up(life))
        await unless_it_ends(life, settling)
        if not settling.done() or settling.cancelled():
            raise Died
        settling.result()

    async def _catch_up(self, life: Life) -> None:
        socket = self.platform.fake.socket
        late = socket.unacked
        while True:
            await socket.passed()
            self.due = await life.ask("settle")
            if not socket.again(late):
                return

    async def _step(self, life: Life) -> bool:
        if self.dice.random() < BROKEN:
            self.platform.fake.socket.abort(1)
        return await super()._step(life)

    # --- lives -------------------------------------------------------------------------------------------

    async def _begin(self) -> Life:
        socket = self.platform.fake.socket
        socket.reject(self.dice.randint(1, 2) if self.dice.random() < REJECTED else 0)
        life = await super()._begin()
        listens = asyncio.create_task(socket.connected(2))
        await unless_it_ends(life, listens)
        if life.ended.done():
            raise Died
        return life

    def _unsettled(self) -> list[str]:
        return [row["name"] for row in self.read("SELECT name FROM outbox WHERE receipt IS NULL AND attempts > 0")]

    def _strike(self) -> None:
        now = self.clock.now()
        super()._strike()
        if self.clock.now() != now:
            self.platform.fake.strike(self._unsettled(), dead=False)

    async def _mourn(self) -> None:
        await super()._mourn()
        self.platform.fake.strike(self._unsettled(), dead=True)
        if self.dice.random() < 0.5:
            await self._miss()

    async def _end(self) -> None:
        """All that was held back has arrived before the bot stops."""
        assert self.life
        self.fate = None
        while self.platform.fake.socket.let_go():
            await self._settle(self.life)
        await super()._end()
        self.figures.mistakes += self.silences

    def _judge(self) -> None:
        slack_verdict.judge(self, self.figures)


def _always(_: str) -> bool:
    """Members write below a post though the bot does not know yet that it stands: such replies are read later."""
    return True


class ForgetfulDay(SlackDay):
    """The workspace refuses the scopes of history."""

    history = False


async def endure_slack(folder: Path, seed: int, kills: int, *, history: bool = True, **knobs: Any) -> Figures:
    """As `harness.endure`, on Slack; a week is a day here unless the plan says more."""
    kind = SlackDay if history else ForgetfulDay
    return await endure(folder, seed, kills, **{"plan": DayPlan(), "steps": STEPS, "kind": kind, **knobs})

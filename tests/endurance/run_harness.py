"""
Lives through runs of a system design while the bot's process is killed and frozen, and counts what their members lost.

Time goes in steps of fifteen seconds, as the signs of life of a real process do: what the bot cannot know is how long
it was alive after the last one.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

from bot.kernel.calendar import draw
from bot.kernel.ports import Posting, Target
from tests.endurance import run_verdict
from tests.endurance.harness import AGAIN, PATIENCE, Fate, Figures, Week
from tests.endurance.lives import Died, Life, Nursery
from tests.endurance.members import NotYet
from tests.endurance.platform import Past, PretendPlatform
from tests.endurance.run_lives import BEAT, Lives
from tests.endurance.run_members import Refused, Runners
from tests.endurance.run_plan import FOUNDED, MEMBERS, MINUTE, WHOLE, RunDeed, RunPlan, deeds_for, seen

STEPS = 30  # calls and deeds that a life lasts on average
AWAY = (0, 0, 10, 30, 50, 70, 120, 300, 1500)  # seconds between two lives
AFTERWARDS = 30 * MINUTE  # more than any lease or wait that is left when the last run is over


@dataclass
class RunFigures(Figures):
    """A week is a session of three runs here; answers are words that must be there, or must not."""

    cues: int = 0  # stages and twists that must stand
    downtimes: int = 0  # times that the bot was away during a run
    away: timedelta = timedelta()  # from all runs together
    swapped: list[str] = field(default_factory=list)  # two of one minute, the first of them in doubt


class Chat(PretendPlatform):
    """Says also when each message came, and which posts ended in doubt."""

    doubted: set[str]

    def history(self, target: Target) -> list[Past]:
        return [one for one in self._past.get(target, []) if one.receipt]

    async def _answer(self, writer: asyncio.StreamWriter, verb: str, *args: object) -> None:
        dropped = self.dropped
        await super()._answer(writer, verb, *args)
        if self.dropped > dropped and verb == "post" and isinstance(args[0], Posting):
            self.doubted.add(args[0].name)


class Session(Week):
    """Three members in runs that overlap, on one folder."""

    program = "run_process"
    plan: RunPlan  # type: ignore[assignment]
    figures: RunFigures
    waiting: list[RunDeed]

    def __init__(self, nursery: Nursery, folder: Path, seed: str, *rest: Any, **knobs: Any) -> None:
        super().__init__(nursery, folder, seed, *rest, **knobs)
        self.seed, self.lives = seed, Lives()
        self.members = Runners(self.clock, self.dice)
        self._met: set[str] = set()
        self._is_over = False
        self.clock.set(FOUNDED)
        self.due = FOUNDED

    def _platform(self, seed: str, ambiguous: float) -> Chat:
        chat = Chat(self.clock, draw(f"platform/{seed}"), ambiguous=ambiguous)
        chat.doubted = set()
        return chat

    # --- time -----------------------------------------------------------------------------------

    async def _settle(self, life: Life) -> None:
        await super()._settle(life)
        if self._began and not self._is_over:
            soon = self.clock.now() + BEAT
            self.due = min(self.due or soon, soon)

    async def _step(self, life: Life) -> bool:
        began = self._began
        ended = await super()._step(life)
        if self._began and not began and self.figures.kills < self.kills:
            self.fate = self._draw_fate()
        for standing in list(self.platform.standing.values()):
            name = standing.posting.name
            card = seen(name)
            if card and name not in self._met:
                self._met.add(name)
                member = next(one for one in MEMBERS if one.id == standing.posting.target.person)
                waits = any(one.action.route == "mlsd.resume" for one in standing.card.buttons) and card.what != "pause"
                for deed in deeds_for(self.seed, member, card, self.clock.now(), waits=waits):
                    self._plan(deed)  # type: ignore[arg-type]
        if not self._is_over and not self.waiting and (self._are_over() or self._must_be_over()):
            self._is_over = True
            self.plan.end = self.clock.now() + AFTERWARDS
        return ended and self._is_over

    @property
    def _began(self) -> bool:
        return any("begin" in truth.when for truth in self.members.truth.values())

    def _are_over(self) -> bool:
        with closing(sqlite3.connect(self.folder / "data" / "whetstone.db")) as db:
            states = [row[0] for row in db.execute("SELECT state FROM mlsd_runs")]
        return bool(states) and not {"running", "paused"}.intersection(states)

    def _must_be_over(self) -> bool:
        """The bot was there for so long that no pause and no wait for a member explains a run that still goes on."""
        begun = [truth.when["begin"][1] for truth in self.members.truth.values() if "begin" in truth.when]
        return all(self.lives.least(at, self.clock.now()) > 3 * WHOLE for at in begun)

    # --- what people do -------------------------------------------------------------------------

    async def _do(self, life: Life, line: list[Any]) -> None:
        while line:
            deed = line[0]
            try:
                follow = await self.members.do(life, deed)
            except Died:
                self._unanswered(line)
                raise
            except NotYet as no:
                line.pop(0)
                self._later(deed, no)
                continue
            except Refused as no:
                line.pop(0)
                self._refused(deed, no)
                continue
            line.pop(0)
            self.truth.acknowledged += 1
            self._count()
            for then in follow:
                self._plan(then)  # type: ignore[arg-type]

    def _later(self, deed: RunDeed, no: Exception) -> None:
        deed.again += 1
        if deed.again < PATIENCE:
            deed.at = self.clock.now() + MINUTE
            self._plan(deed)  # type: ignore[arg-type]
        else:
            self.figures.mistakes.append(f"{deed.name} could not be done: {no}")

    def _refused(self, deed: RunDeed, no: Exception) -> None:
        """Their words came back; unless an earlier try, which nobody answered, has arrived."""
        if deed.sent:
            self.members.unknown(deed)
        self.members.of(deed).refused.append(f"{deed.name}: {no}")

    def _unanswered(self, line: list[Any]) -> None:
        first, deeds = line[0], line
        if first.sent and not first.vital and self.dice.random() >= AGAIN:
            self.members.unknown(first)
            deeds = line[1:]
        first.again += 1
        for deed in reversed(deeds):
            deed.at = min(deed.at, self.clock.now())
            self._plan(deed)

    # --- lives ----------------------------------------------------------------------------------

    async def _begin(self) -> Life:
        self.lives.begin(self.clock.now())
        return await super()._begin()

    def _draw_fate(self) -> Fate:
        """Nobody is killed before the first run: the days before it pass in leaps, without signs of life."""
        fate = super()._draw_fate()
        return fate if self._began else replace(fate, steps=10**9)

    def _strike(self) -> None:
        before = self.clock.now()
        super()._strike()
        self.lives.end(before)
        if self.fate:  # it was frozen, and goes on
            self.lives.begin(self.clock.now())

    async def _mourn(self) -> None:
        await super()._mourn()
        self.clock.set(self.clock.now() + timedelta(seconds=self.dice.choice(AWAY)))

    async def _end(self) -> None:
        self.lives.end(self.clock.now())
        await super()._end()

    def _judge(self) -> None:
        self.figures.mistakes += self.members.mistakes
        run_verdict.judge(self, self.figures)


async def endure_runs(
    folder: Path, seed: int, kills: int, *, mutant: str = "", ambiguous: float = 0.06, steps: int = STEPS,
    tell: Callable[[Figures], None] = lambda _: None,
) -> RunFigures:  # fmt: skip
    """As `harness.endure`: as many sessions as it takes. Every second one ends after the lock of its week."""
    figures = RunFigures()
    async with Nursery(mutant, Session.program) as nursery:
        for number in count(1):
            here = Session(
                nursery, folder / f"runs-{number}", f"{seed}/{number}", kills, figures, ambiguous=ambiguous,
                steps=steps, plan=RunPlan(last_day=number % 2 == 0),
            )  # fmt: skip
            await here.live()
            tell(figures)
            if figures.kills >= kills:
                break
    return figures

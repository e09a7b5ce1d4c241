"""
Lives through busy weeks while the bot's process is killed and frozen at random moments, and counts what people lost.

A life ends after a random number of steps: either some milliseconds later, wherever it is then, or at an exact moment
of a call (the platform has heard it, has accepted it, has answered it). Some lives are frozen for longer than the lease
of what they hold, and go on or are killed then. Whatever was not acknowledged, most members send again.
"""

import asyncio
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from bot.engine import outbox
from bot.engine.outcome import Outcome
from bot.kernel.calendar import Draw, draw
from bot.kernel.effect import Reply
from bot.kernel.event import Pressed
from tests.endurance import verdict, week
from tests.endurance.lives import Died, Life, Nursery
from tests.endurance.platform import PretendPlatform
from tests.endurance.week import Deed, Plan, Truth
from tests.endurance.wire import SharedClock

STEPS = 60  # calls and deeds that a life lasts on average
WHOLE = Plan()
FROZEN = outbox.LEASE * 3
AGAIN = 0.7  # the share of members who repeat what was not acknowledged
PATIENCE = 30  # times that a member tries what was refused, such as an answer to a problem that is not there yet


@dataclass
class Figures:
    """What happened, and what went wrong."""

    kills: int = 0
    in_call: int = 0  # of the kills: at an exact moment of a call
    frozen: int = 0  # times that the process was stopped for longer than its lease
    weeks: int = 0
    calls: int = 0
    dropped: int = 0  # calls whose connection ended without an answer
    acknowledged: int = 0
    answers: int = 0  # that must be there, or must not be there any more
    posts: int = 0  # that must stand
    doubles: list[str] = field(default_factory=list)
    doubles_in_doubt: list[str] = field(default_factory=list)  # where nothing can be looked for: these must be few
    lost_posts: list[str] = field(default_factory=list)
    lost_answers: list[str] = field(default_factory=list)
    mistakes: list[str] = field(default_factory=list)  # other things that a member should never see

    @property
    def wrong(self) -> list[str]:
        return [*self.doubles, *self.lost_posts, *self.lost_answers, *self.mistakes]


@dataclass
class Fate:
    """How this life ends: after so many steps, then at `moment` of a call or in `wait` seconds."""

    steps: int
    moment: str
    wait: float
    freeze: bool


class Week:
    """One week on one folder. `kills` is how often the process may be killed in it."""

    program = "bot_process"
    begins = 0.1  # seconds that a start takes, roughly

    def __init__(
        self, nursery: Nursery, folder: Path, seed: str, kills: int, figures: Figures, *, ambiguous: float,
        steps: int, plan: Plan, enough: bool = False,
    ) -> None:  # fmt: skip
        """`enough`: it is broken off, and judged, as soon as anything stands twice."""
        folder.mkdir(parents=True)
        self.enough = enough
        self.nursery, self.folder, self.kills, self.figures = nursery, folder, kills, figures
        self.steps, self.plan = steps, plan
        self.dice: Draw = draw(f"endurance/{seed}")
        self.clock = SharedClock(folder / "clock")
        self.clock.set(week.SUNDAY)
        self.platform: Any = self._platform(seed, ambiguous)
        self.platform.moment = self._moment
        self.truth = Truth()
        self.waiting: list[Any] = self._deeds()
        self.life: Life | None = None
        self.due: datetime | None = week.SUNDAY
        self.fate: Fate | None = None
        self._timer: asyncio.TimerHandle | None = None

    def _platform(self, seed: str, ambiguous: float) -> Any:
        return PretendPlatform(self.clock, draw(f"platform/{seed}"), ambiguous=ambiguous)

    def _deeds(self) -> list[Any]:
        return [*self.plan.deeds(self.dice)]

    async def live(self) -> None:
        await self.platform.serve(self.folder / "platform.sock")
        try:
            over = False
            while not over and not self.is_broken_off:
                try:
                    over = await self._step(self.life or await self._begin())
                except Died:
                    await self._mourn()
            if self.is_broken_off:
                self._judge()
            else:
                await self._end()
        finally:
            if self.life:
                self.life.signal(signal.SIGKILL)
                await self.life.gone()
            await self.platform.quiet()
            await self.platform.close()
            self.clock.close()

    @property
    def is_broken_off(self) -> bool:
        return self.enough and bool(self.platform.doubles)

    # --- one step ------------------------------------------------------------------------------

    async def _step(self, life: Life) -> bool:
        """Turn the clock to what comes next, and let people do it. True when the week is over."""
        nexts = [at for at in (self.due, self.waiting[0].at if self.waiting else None) if at]
        at = max(min([*nexts, self.plan.end]), self.clock.now())
        self.clock.set(at)
        now = [deed for deed in self.waiting if deed.at <= at]
        self.waiting = self.waiting[len(now) :]
        lines: dict[str, list[Deed]] = {}
        for deed in now:
            lines.setdefault(deed.member.id, []).append(deed)
        doing = [self._do(life, line) for line in lines.values()]
        if self.dice.random() < 0.5:  # people act while the bot is busy, or before it has looked
            doing.append(self._settle(life))
        ended = await asyncio.gather(*doing, return_exceptions=True)
        for trouble in ended:
            if isinstance(trouble, BaseException):
                raise trouble
        await self._settle(life)
        return at >= self.plan.end and not self.waiting

    async def _settle(self, life: Life) -> None:
        self.due = await life.ask("settle")

    async def _do(self, life: Life, line: list[Deed]) -> None:
        """One member's deeds, one after the other."""
        while line:
            deed = line[0]
            try:
                outcome = await life.ask("handle", deed.event())
            except Died:
                self._unanswered(line)
                raise
            line.pop(0)
            self._count()
            self._answered(deed, outcome)

    def _answered(self, deed: Deed, outcome: Outcome | str) -> None:
        if isinstance(outcome, str):  # a mutant's
            self.truth.told(deed)
            return
        if outcome.refused is None:
            self.truth.told(deed)
            if deed.then:
                self._follow(deed.then, outcome)
            return
        if "went wrong on our side" in outcome.refused.because:
            self.figures.mistakes.append(f"{deed.name}: {outcome.refused.because}")
        deed.tries += 1
        if deed.tries < PATIENCE and not deed.name.endswith("withdraw"):
            # Not there yet, perhaps: the same member tries again, by another delivery.
            deed.name, deed.at = f"{deed.name.partition('#')[0]}#{deed.tries}", self.clock.now() + timedelta(minutes=1)
            self._plan(deed)

    def _follow(self, then: Deed, outcome: Outcome) -> None:
        cards = [answer.card for answer in outcome.answers if isinstance(answer, Reply)]
        for action in (button.action for card in cards for button in card.buttons):
            if action.route == "answers.use":
                then.what, then.key = Pressed(action), (then.group, action.get("task"), then.member.id)
                then.at = self.clock.now()
                self._plan(then)
                return
        self.figures.mistakes.append(f"{then.name}: no button to use the message")

    def _unanswered(self, line: list[Deed]) -> None:
        """Most send it again; who gives up does not know whether it is done."""
        if self.dice.random() < AGAIN or line[0].key is None:
            deeds = line
        else:
            self.truth.unknown(line[0])
            deeds = line[1:]
        for deed in reversed(deeds):
            deed.at = min(deed.at, self.clock.now())
            self._plan(deed)

    def _plan(self, deed: Deed) -> None:
        """Before everything else of that instant, so that one member's deeds keep their order."""
        place = next((n for n, other in enumerate(self.waiting) if other.at >= deed.at), len(self.waiting))
        self.waiting.insert(place, deed)

    # --- lives -----------------------------------------------------------------------------------

    async def _begin(self) -> Life:
        self.life = life = await self.nursery.begin(self.folder)
        # Some do not even come to their first words.
        if self.figures.kills < self.kills and self.dice.random() < 0.1:
            self.fate = Fate(0, "", 0.0, freeze=False)
            self._timer = asyncio.get_running_loop().call_later(self.dice.uniform(0, self.begins), self._strike)
        coming = asyncio.create_task(self.platform.lives.get())
        met, _ = await asyncio.wait({coming, life.ended}, return_when=asyncio.FIRST_COMPLETED)
        if coming not in met:
            coming.cancel()
            raise Died
        if self._timer:
            self._timer.cancel()
        await life.meet(*coming.result())
        self.fate = self._draw_fate() if self.figures.kills < self.kills else None
        return life

    def _draw_fate(self) -> Fate:
        moment = self.dice.choice(("", "", "", "arrived", "accepted", "answered"))
        steps = int(self.dice.expovariate(1 / self.steps)) + 1
        return Fate(steps, moment, self.dice.uniform(0, 0.03), self.dice.random() < 0.25)

    def _moment(self, moment: str) -> None:
        if moment == "arrived":
            self._count()
        if self.fate and self.fate.steps <= 0 and self.fate.moment == moment:
            self._strike()

    def _count(self) -> None:
        if self.fate is None:
            return
        self.fate.steps -= 1
        if self.fate.steps == 0 and not self.fate.moment:
            self._timer = asyncio.get_running_loop().call_later(self.fate.wait, self._strike)

    def _strike(self) -> None:
        fate, life = self.fate, self.life
        if fate is None or life is None:
            return
        if fate.freeze:
            self.figures.frozen += 1
            life.signal(signal.SIGSTOP)
            self.clock.set(self.clock.now() + FROZEN)
            if self.dice.random() < 0.5:
                life.signal(signal.SIGCONT)
                self.fate = self._draw_fate()
                return
        self.fate = None
        self.figures.kills += 1
        self.figures.in_call += bool(fate.moment)
        life.signal(signal.SIGKILL)

    async def _mourn(self) -> None:
        """Wait until it is gone and all that it sent has had its effect. Sometimes it takes long to come back."""
        if self._timer:
            self._timer.cancel()
        if self.life:
            code = await self.life.gone()
            if code != -signal.SIGKILL:
                raise RuntimeError(f"it ended by itself ({code}):\n{(self.folder / 'log').read_text()[-4000:]}")
        self.life = None
        await self.platform.quiet()
        if self.dice.random() < 0.1:
            self.clock.set(self.clock.now() + timedelta(hours=self.dice.choice((1, 2, 4))))

    async def _end(self) -> None:
        life, self.fate = self.life, None
        assert life
        life.signal(signal.SIGTERM)
        code = await life.gone()
        self.life = None
        if code != 0:
            self.figures.mistakes.append(f"SIGTERM ended it with {code}")
        self.figures.weeks += 1
        self.figures.calls += self.platform.calls
        self.figures.dropped += self.platform.dropped
        self.figures.acknowledged += self.truth.acknowledged
        self._judge()
        log = (self.folder / "log").read_text()
        self.figures.mistakes += [line for line in log.splitlines() if line.startswith(("ERROR", "CRITICAL"))]

    def _judge(self) -> None:
        verdict.judge(self.folder / "data", self.plan, self.platform, self.truth, self.figures)


async def endure(
    folder: Path, seed: int, kills: int, *, mutant: str = "", ambiguous: float = 0.06, steps: int = STEPS,
    plan: Any = WHOLE, tell: Callable[[Figures], None] = lambda _: None, kind: type[Week] = Week, enough: bool = False,
) -> Figures:  # fmt: skip
    """
    As many weeks as it takes to kill the process so often. `tell` hears of each week's end.

    `enough`: when anything stands twice, that is all that is asked for, and the rest is not lived through.
    """
    figures = Figures()
    async with Nursery(mutant, kind.program) as nursery:
        for number in count(1):
            here = kind(
                nursery, folder / f"week-{number}", f"{seed}/{number}", kills, figures, ambiguous=ambiguous,
                steps=steps, plan=plan, enough=enough,
            )  # fmt: skip
            await here.live()
            tell(figures)
            if figures.kills >= kills or here.is_broken_off:
                break
    return figures

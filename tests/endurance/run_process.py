"""Lives of the bot whose signs of life follow the clock that is turned, so that it knows how long it was away."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import bot.app
from bot.app import App
from bot.engine.almanac import Almanac
from bot.engine.outcome import Outcome
from bot.kernel.card import Card
from bot.kernel.effect import Reply
from bot.kernel.event import Submitted
from tests.endurance import bot_process
from tests.endurance.harness import FROZEN
from tests.endurance.run_lives import BEAT, GAP
from tests.endurance.run_mutants import MUTANTS
from tests.endurance.run_plan import designs

Obey = Callable[[App, int, str, Any, str], Coroutine[Any, Any, tuple[int, object]]]
ANSWERS_FIRST = "answers first"
PULSE = 0.05  # seconds: the harness settles at each step; what is due by itself needs no more haste


def turn_the_heart() -> None:
    """
    A sign of life at each turn of the clock, and before what is due then.

    So it is after each start. After a freeze of the machine the sign of life and the look at what is due are overdue
    both, and which of them comes first is no matter of this run.
    """
    beat, settle, tick = App._beat, App.settle, Almanac.tick
    last: dict[App, datetime] = {}

    async def beat_as_time_goes(self: App) -> None:
        now = self.clock.now()
        before = last.get(self, now)
        if self in last and before == now:
            return
        # What this process takes for the machine's clock: it leaps while the process is frozen. Longer leaps are the
        # harness's own, before and after the runs.
        leap = now - before if now - before < FROZEN + 2 * BEAT else timedelta()
        self._last_beat = time.time() - leap.total_seconds()  # noqa: TID251
        await beat(self)
        last[self] = now

    async def settle_alive(self: App) -> None:
        await self._beat()
        await settle(self)

    async def tick_alive(self: Almanac) -> int:
        for app in list(last):
            if app.clock.now() - last[app] > GAP:
                await app._beat()
        return await tick(self)

    App._beat, App.settle, Almanac.tick = beat_as_time_goes, settle_alive, tick_alive  # type: ignore[method-assign]
    bot.app.HEARTBEAT = bot_process.PULSE


def answer_forms_first(obey: Obey) -> Obey:
    """A mistake: say that a form is kept, and keep it a moment later."""
    late: set[asyncio.Task[Any]] = set()

    async def hasty(app: App, number: int, order: str, value: Any, _: str) -> tuple[int, object]:
        if order != "handle" or not isinstance(value.what, Submitted) or value.what.action.route != "mlsd.save":
            return await obey(app, number, order, value, "")

        async def keep() -> None:
            await asyncio.sleep(0.02)
            await app.engine.handle(replace(value, at=app.clock.now()))

        task = asyncio.create_task(keep())
        late.add(task)
        task.add_done_callback(late.discard)
        return number, Outcome((Reply(Card("Kept.")),))

    return hasty


def main(mutant: str = "") -> None:
    bot_process.PULSE = PULSE
    turn_the_heart()
    vars(bot_process)["catalogue"] = designs
    if mutant == ANSWERS_FIRST:
        vars(bot_process)["obey"], mutant = answer_forms_first(bot_process.obey), ""
    bot_process.main(mutant, MUTANTS)

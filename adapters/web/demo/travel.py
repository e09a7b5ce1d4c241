"""Turning the clock: from one event to the next, never past one, with the cast acting in between."""

import asyncio
from collections.abc import Callable
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from adapters.web.demo.cast import Company
from bot.app import App
from bot.clock import TurnedClock
from bot.engine import roster
from bot.kernel.calendar import Rhythm, occurrences

MORNING = time(9, 5)  # a little after the usual hour of a new problem
EVERY_DAY = tuple(range(7))
BREATH = timedelta(seconds=5)  # many edits of one message become one, a moment later
STUMBLE = timedelta(minutes=1)  # step when something that is due does not get done


class Travel:
    """Only one journey at a time; the next one waits."""

    def __init__(
        self, app: App, clock: TurnedClock, company: Company, group: str, zone: ZoneInfo, keep: Callable[[], None]
    ) -> None:
        """`keep` writes down where the story stands; `zone` counts until the group is set up."""
        self._app, self._clock, self._company = app, clock, company
        self._group, self._zone, self._keep = group, zone, keep
        self._turn = asyncio.Lock()

    async def resume(self) -> None:
        """Take up a story that was begun earlier."""
        await self._app.settle()
        self._company.resume(self._clock.now())

    async def to_next_event(self) -> None:
        """To the next thing that happens, a wake of the bot or a deed of somebody, and until all see it."""
        async with self._turn:
            await self._company.look(self._clock.now())
            found = [at for at in (await self._app.almanac.next_due(), self._company.next_at()) if at]
            await self._go(min(found, default=self._clock.now() + timedelta(hours=1)))
            while (late := await self._app.courier.next_due()) and late <= self._clock.now() + BREATH:
                await self._step(late)

    async def on(self, wait: timedelta) -> None:
        async with self._turn:
            await self._go(self._clock.now() + wait)

    async def until(self, at: datetime) -> None:
        async with self._turn:
            await self._go(at)

    async def to_next_morning(self) -> None:
        """To 09:05 of the next day in the group's zone, when that day's problem is there."""
        async with self._turn:
            zone, now = await self.zone(), self._clock.now()
            today = now.astimezone(zone).date()
            mornings = occurrences(Rhythm(EVERY_DAY, MORNING), zone, now)
            await self._go(next(at for day, at in mornings if day > today))

    async def zone(self) -> ZoneInfo:
        """The group's zone, which an organiser may change while the story runs."""
        group = await self._app.store.read(lambda tx: roster.find_group(tx, self._group))
        return group.zone if group else self._zone

    async def _go(self, until: datetime) -> None:
        await self._company.look(self._clock.now())  # the visitor may have caused something since
        while (at := await self._next_at()) is not None and at <= until:
            await self._step(at)
        await self._step(until)

    async def _step(self, at: datetime) -> None:
        self._clock.set(max(at, self._clock.now()))
        woken = await self._app.almanac.next_due()
        await self._app.settle()
        if woken is not None and woken <= self._clock.now():
            await self._company.look(self._clock.now())
        await self._company.act(self._clock.now())
        self._keep()

    async def _next_at(self) -> datetime | None:
        now = self._clock.now()
        due = await self._app.next_due()
        if due is not None and due <= now:
            due = now + STUMBLE
        found = [at for at in (due, self._company.next_at()) if at]
        return min(found, default=None)

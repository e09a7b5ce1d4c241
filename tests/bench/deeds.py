"""What a press and an answer cost, and what a busy minute costs the platform."""

import asyncio
import statistics
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.kernel.event import Event
from tests.bench.bare import BareUnits
from tests.bench.lines import Line, Sizes, under
from tests.bench.town import Town, live_through, member_id, town

MORNING = datetime(2026, 1, 5, 7, 55, tzinfo=UTC)  # Monday, 08:55 in Berlin
NINE = MORNING + timedelta(minutes=5, seconds=5)
MONDAY = "2026-01-05"


def cpu(folder: Path, sizes: Sizes) -> Iterator[Line]:
    """CPU of a hint and of a first answer, by members with a short and with a long history."""
    with closing(BareUnits(folder)) as units:
        yield from asyncio.run(_cpu(folder, sizes, units))


async def _cpu(folder: Path, sizes: Sizes, units: BareUnits) -> list[Line]:
    short, long = sizes.days
    half = max(1, sizes.people // 2)
    newer = [member_id(0, number) for number in range(1, half + 1)]
    older = [member_id(0, number) for number in range(half + 1, 2 * half + 1)]
    lines = []
    async with town(folder / "cpu-town", MORNING) as here:
        await here.found(2 * half, reminded=2 * half)
        await here.app.store.run(lambda tx: live_through(tx, older, long, NINE))
        await here.app.store.run(lambda tx: live_through(tx, newer, short, NINE))
        await here.travel(NINE)
        for days, numbers in ((short, range(1, half + 1)), (long, range(half + 1, 2 * half + 1))):
            pressed, anchor = await spent(here, units, (here.hinting(0, number, MONDAY) for number in numbers))
            lines.append(Line(f"cpu.press.{days}", pressed, "ms CPU", anchor, note=f"{days} days of history"))
        for days, numbers in ((short, range(1, half + 1)), (long, range(half + 1, 2 * half + 1))):
            sent, anchor = await spent(here, units, (here.answering(0, number, MONDAY) for number in numbers))
            line = Line(f"cpu.submit.{days}", sent, "ms CPU", anchor, note=f"{days} days of history")
            lines.append(under(line, 3.0))
    return lines


async def spent(here: Town, units: BareUnits, events: Iterable[Event]) -> tuple[float, float]:
    """Milliseconds of CPU that one of these took, and a bare unit beside it: the middle of them all."""
    found, anchors = [], []
    for event in events:
        began = time.process_time()
        await here.do(event)
        found.append((time.process_time() - began) * 1000)
        anchors.append(units.run())
    return statistics.median(found), statistics.median(anchors)


def edits(folder: Path, sizes: Sizes) -> Iterator[Line]:
    """So many answers within 10 s, looked at once a second as the running app does: calls to the platform."""
    yield from asyncio.run(_edits(folder, sizes))


async def _edits(folder: Path, sizes: Sizes) -> list[Line]:
    async with town(folder / "edits", MORNING) as here:
        await here.found(sizes.answers)
        await here.travel(NINE)
        before = dict(here.paper.calls)
        for second in range(20):
            here.clock.set(NINE + timedelta(seconds=second))
            first, last = (min(part, 10) * sizes.answers // 10 for part in (second, second + 1))
            for number in range(first, last):
                await here.do(here.answering(0, number + 1, MONDAY))
            await here.app.pulse()
        calls = {key: times - before.get(key, 0) for key, times in here.paper.calls.items()}
    board, whole = calls.get(("edit", "daily"), 0), sum(calls.values())
    line = Line(f"edits.{sizes.answers}", board, "board edits", sizes.answers, note=f"{whole} calls in all")
    return [replace(line, goal="at most 3", met=board <= 3)]

"""Whole simulated days: how the cost grows with groups and members, and whether a month leaves anything behind."""

import asyncio
import gc
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.engine import retention
from bot.kernel import codec
from bot.kernel.calendar import stamp
from bot.kernel.card import Card
from bot.kernel.ports import Tx
from tests.bench.lines import Line, Sizes, slope, under
from tests.bench.living import memory
from tests.bench.town import Town, grow, town

DAY = timedelta(days=1)
FRIDAY = datetime(2026, 1, 9, 5, 0, tzinfo=UTC)  # 06:00 in Berlin; Saturday has no problem of its own
MEMBERS, ANSWERING, REMINDED = 4, 3, 1  # of each group; whoever is reminded does not answer
MANY = 5  # reminded members


async def one_day(here: Town, groups: int, at: datetime) -> None:
    """From six in the morning until the next: the problem is posted, three answer, what is due closes."""
    await here.travel(at + timedelta(hours=5))
    task = str(at.date())
    for number in range(ANSWERING):
        await here.travel(at + timedelta(hours=6 + number))
        await asyncio.gather(*(here.do(here.answering(group, number + 1, task)) for group in range(groups)))
    await here.travel(at + DAY)


def growth(folder: Path, sizes: Sizes) -> Iterator[Line]:
    """
    CPU of one day: a group's, by the number of groups; a member's, by the number who are reminded in one group.

    Of the groups' members one is reminded, or (`reminded`) five are, as in a group that uses what it is offered.
    """
    yield from _growing("groups", [(n, folder / f"groups-{n}", n, MEMBERS, REMINDED) for n in sizes.groups])
    yield from _growing("reminded", [(n, folder / f"many-{n}", n, ANSWERING + MANY, MANY) for n in sizes.groups])
    yield from _growing("members", [(n, folder / f"members-{n}", 1, n + ANSWERING, n) for n in sizes.groups])


def _growing(of: str, steps: list[tuple[int, Path, int, int, int]]) -> Iterator[Line]:
    """The cost for each, and at the end what one more of them costs."""
    points: list[tuple[float, float]] = []
    first: float | None = None
    for number, folder, groups, members, reminded in steps:
        at = grow(folder, groups, members, reminded, FRIDAY)
        points.append((float(number), asyncio.run(_day(at, groups))))
        each = points[-1][1] / number
        first = first or each
        unit = "ms CPU a member" if of == "members" else "ms CPU a group"
        yield under(Line(f"growth.{of}.{number}", each, unit, first), 1.2, "ratio")
    yield under(Line(f"growth.{of}.slope", slope(points), "ms for one more", first), 1.2, "ratio")


async def _day(folder: Path, groups: int) -> float:
    """Milliseconds of CPU from Friday morning until the problem closes, on Saturday evening."""
    async with town(folder, FRIDAY) as here:
        began = time.process_time()
        await one_day(here, groups, FRIDAY)
        await here.travel(FRIDAY + timedelta(hours=40))
        worked = time.process_time() - began
        posted = here.paper.calls.get(("post", "daily"), 0)
        assert posted > groups * ANSWERING, f"{posted} messages: the day did not happen as it should"
        return worked * 1000


def month(folder: Path, sizes: Sizes) -> Iterator[Line]:
    """Memory day by day over a busy month, and what is kept longer than it should be at its end."""
    yield from asyncio.run(_month(grow(folder / "month", sizes.month_groups, MEMBERS, REMINDED, FRIDAY), sizes))


async def _month(folder: Path, sizes: Sizes) -> list[Line]:
    points = []
    async with town(folder, FRIDAY) as here:
        await here.app.store.run(lambda tx: plant_old(tx, FRIDAY))
        began = time.process_time()
        for number in range(sizes.month_days):
            at = FRIDAY + number * DAY
            if at.weekday() < 5:
                await one_day(here, sizes.month_groups, at)
            else:
                await here.travel(at + DAY)
            await here.app.tidy()
            gc.collect()
            points.append((float(number), memory()))
        worked = time.process_time() - began
        now = here.clock.now()
        old = await here.app.store.read(lambda tx: count_old(tx, now))
    settled = points[len(points) // 4 :]  # what is read once and kept is read in the first week
    note = f"{points[0][1]:.0f} MB at first, {points[-1][1]:.0f} MB at the end, {worked:.0f} s of CPU"
    lines = [under(Line("month.memory", slope(settled), "MB a day", note=note), 1.0)]
    lines += [under(Line(f"month.old.{table}", float(rows), "rows"), 1) for table, rows in old.items()]
    return lines


def plant_old(tx: Tx, now: datetime) -> None:
    """Rows that are nearly as old as they may be at `now`: a few days are enough to see them go."""
    tx.run("UPDATE inbox SET at = :at", at=stamp(now - retention.INBOX + DAY))
    tx.run(
        """INSERT INTO drafts (group_id, member, action, typed, at)
           SELECT group_id, member, 'answers.send', '[]', :at FROM roster_members""",
        at=stamp(now - retention.DRAFTS + DAY),
    )
    for name, card, receipt in (("private", codec.dump(Card("Good morning")), "r/old"), ("removed", None, None)):
        tx.run(
            """INSERT INTO outbox (name, group_id, tenant, place, target, member, card, receipt, revision, shown, due,
                                   settled_at)
               SELECT :name || group_id, group_id, tenant, '', group_id, 'somebody', :card, :receipt, 1, 1, :at, :at
                 FROM roster_groups""",
            name=f"{name}/", card=card, receipt=receipt, at=stamp(now - retention.OUTBOX + DAY),
        )  # fmt: skip


def count_old(tx: Tx, now: datetime) -> dict[str, int]:
    """Rows of the inbox and drafts past their time, and messages of the outbox whose words should be forgotten."""
    found = {}
    for table, kept in (("inbox", retention.INBOX), ("drafts", retention.DRAFTS)):
        sql = f"SELECT count(*) AS n FROM {table} WHERE at < :before"  # noqa: S608 - our own names
        row = tx.one(sql, before=stamp(now - kept))
        found[table] = int(row["n"]) if row else 0
    row = tx.one(
        """SELECT count(*) AS n FROM outbox
            WHERE settled_at < :before AND state = 'open' AND shown = revision AND (
                  card IS NULL OR (member <> '' AND card <> :forgotten AND card NOT LIKE '%"":"Mention"%'
                                   AND card NOT LIKE '%"":"Quote"%' AND card NOT LIKE '%"":"Select"%'))""",
        before=stamp(now - retention.OUTBOX), forgotten=retention.FORGOTTEN,
    )  # fmt: skip
    found["outbox"] = int(row["n"]) if row else 0
    return found

"""Partners: how near the matching comes to the best there is, how long it takes, and who waits meanwhile."""

import asyncio
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from bot.clock import SystemClock
from bot.engine import works
from bot.engine.engine import Engine
from bot.engine.workshop import Workshop
from bot.features.partners import records
from bot.features.partners.fit_rules import group_score, read_table
from bot.features.partners.matching_rules import match
from bot.features.partners.scores_rules import BEST, Scores
from bot.features.partners.wish_rules import TIMES, Wish
from bot.features.reviews import given_records
from bot.features.reviews.given_rules import Review
from bot.features.reviews.reading_rules import Mark, Verdict
from bot.kernel.calendar import draw
from bot.kernel.effect import Effect, Work
from bot.kernel.event import Done, Scene
from bot.kernel.feature import Feature
from bot.kernel.ports import Tx
from bot.store.sqlite import SqliteStore
from bot.watch import keep_what_is_loaded
from tests.bench.bare import made
from tests.bench.lines import Line, Sizes, over, under
from tests.bench.town import group_id, grow, member_id, town

T = TypeVar("T")
OFFSETS = (-16, -10, -6, 0, 2, 4, 11, 16, 18)  # half hours from UTC: where members live
AREAS = ("coding", "fundamentals", "systems", "data", "behaviour")
SECONDS = {1000: 1.0, 5000: 15.0}  # goals
BUSY = "import time\nbegan = time.process_time()\nwhile time.process_time() < began + 4: pass"
HOMES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "America/Los_Angeles", "Asia/Tokyo")
SATURDAY = datetime(2026, 1, 17, 12, tzinfo=UTC)  # before a round on Monday
WAIT = 0.05  # seconds that nothing else may wait


def seats(members: int) -> dict[str, Any]:
    """A group all over the world: a quarter is shaky, one in ten is new."""
    dice = draw(f"matching/{members}")
    return {"round": "2026-01-05", "seats": [_seat(dice) for _ in range(members)]}


def _seat(dice: Any) -> dict[str, Any]:
    mask, offset = 0, dice.choice(OFFSETS)
    for day in range(7):
        for starts in (14, 24, 34):
            if dice.random() < 0.35:
                for half_hour in range(10):
                    mask |= 1 << (day * 48 + starts + half_hour - offset) % 336
    shaky = dice.random() < 0.25
    return {
        "hours": f"{mask:x}", "stage": dice.randrange(3), "new": dice.random() < 0.1, "seasoned": dice.random() < 0.3,
        "skills": {area: round(dice.random(), 2) for area in AREAS if dice.random() < 0.7},
        "reliability": round(dice.uniform(0.3, 0.65) if shaky else dice.uniform(0.66, 1), 3),
        "in_writing": dice.random() < 0.05,
    }  # fmt: skip


def matching(folder: Path, sizes: Sizes) -> Iterator[Line]:
    """Scores of the best pairs among the 32 best partners of each, beside the optimum; seconds; who waits meanwhile."""
    yield asyncio.run(longest_unit(folder, sizes.matched[0]))
    for members in sizes.matched_exactly:
        yield over(near(members), 0.999)
    for members in sizes.matched:
        yield seconds(members)
    yield asyncio.run(stall(folder, sizes.matched[-1]))


def near(members: int) -> Line:
    """The sum of the pairs' scores, everybody in a pair; the anchor is the best of all that are allowed."""
    table = read_table(seats(members))
    scores, everybody = Scores(table), range(members)
    found, best = (
        sum(group_score(table, pair) for pair in scores.best_pairs(everybody, most)) for most in (BEST, members)
    )
    return Line(f"matching.{members}", found, "points", best)


def seconds(members: int) -> Line:
    args = seats(members)
    match(seats(10))  # the libraries are loaded
    began, worked = time.perf_counter(), time.process_time()
    found = match(args)
    took, worked = time.perf_counter() - began, time.process_time() - worked
    note = f"{worked:.2f} s of processor time, {len(found['groups'])} groups, {len(found['left'])} left"
    line = Line(f"matching.seconds.{members}", took, "s", note=note)
    return under(line, SECONDS[members]) if members in SECONDS else line


async def stall(folder: Path, members: int) -> Line:
    """
    The longest that the loop or a unit of the store waited while the workshop did a whole round.

    From the keeping of the work to the hearing of its result, in a database with a group in it. The anchor is the same
    while a strange process keeps a processor busy: what the machine does to anybody.
    """
    await asyncio.to_thread(grow, folder / "matching", 1, 2, 0, SystemClock().now())
    heard = asyncio.Event()
    feature = Feature("partners")

    @feature.on_done("match", match)
    def hear(done: Done, scene: Scene, tx: Tx) -> Sequence[Effect]:
        heard.set()
        return []

    store = await SqliteStore.open(made(folder / "matching", "whetstone"))
    clock = SystemClock()
    shop = Workshop(store, Engine(store, [feature]), clock)
    work = Work("partners.match/bench", "partners.match", seats(members))
    longest = {"loop": 0.0, "store": 0.0}
    watchers = [asyncio.create_task(_loop(longest)), asyncio.create_task(_store(store, longest))]
    try:
        await asyncio.sleep(0.2)
        longest.update(loop=0.0, store=0.0)
        await store.run(lambda tx: works.keep_work(tx, group_id(0), work, clock.now()))
        assert await shop.tick(wait=True) == 1
        assert heard.is_set()
        mine = dict(longest)
        longest.update(loop=0.0, store=0.0)
        await (await asyncio.create_subprocess_exec("nice", sys.executable, "-c", BUSY)).wait()
    finally:
        for watcher in watchers:
            watcher.cancel()
        await shop.stop()
        await store.close()
    note = f"loop {mine['loop'] * 1000:.0f} ms, store {mine['store'] * 1000:.0f} ms; {members} members"
    line = Line("matching.stall", max(mine.values()) * 1000, "ms", max(longest.values()) * 1000, note=note)
    return under(line, WAIT * 1000)


async def longest_unit(folder: Path, members: int) -> Line:
    """
    The longest unit of the store while the bot prepares a round, seats everybody, asks for plans and holds a check-in.

    They have given each other 13 reviews a head. In processor time of the store's own thread: what else is busy on the
    machine does not count.
    """
    await asyncio.to_thread(grow, folder / "round", 1, members, 0, SATURDAY)
    longest = [0.0]
    async with town(folder / "round", SATURDAY) as here:
        await here.app.store.run(lambda tx: _wishes(tx, members, SATURDAY))
        await here.app.store.run(lambda tx: _reviews(tx, members, SATURDAY))
        keep_what_is_loaded()  # as the bot does when it has started
        run = here.app.store.run

        async def timed(unit: Callable[[Tx], T]) -> T:
            def timed_unit(tx: Tx) -> T:
                began = time.thread_time()
                try:
                    return unit(tx)
                finally:
                    longest[0] = max(longest[0], time.thread_time() - began)

            return await run(timed_unit)

        here.app.store.run = timed  # type: ignore[method-assign]
        await here.travel(SATURDAY + timedelta(days=6))
        rows = await here.app.store.read(lambda tx: tx.all("SELECT number FROM partners_pairs WHERE state = 'live'"))
    note = f"{members} members, {len(rows)} pairs and trios"
    return under(Line("matching.unit", longest[0] * 1000, "ms", note=note), WAIT * 1000)


def _wishes(tx: Tx, members: int, now: datetime) -> None:
    """Two days before a round of theirs everybody asks for a partner."""
    dice = draw(f"wishes/{members}")
    records.keep_first_monday(tx, group_id(0), (now - timedelta(days=12)).date())
    for number in range(1, members + 1):
        times = tuple(key for key in TIMES if dice.random() < 0.4) or ("mon",)
        wish = Wish(dice.randrange(3), times, dice.random() < 0.05)
        records.keep_wish(tx, group_id(0), member_id(0, number), wish, now)
        where = {"zone": dice.choice(HOMES), "member": member_id(0, number)}
        tx.run("UPDATE roster_zones SET zone = :zone WHERE member = :member", **where)


def _reviews(tx: Tx, members: int, now: datetime) -> None:
    """Everybody has got one each week for three months."""
    dice = draw(f"reviews/{members}")
    verdict = Verdict((Mark("depth", 2, ""), Mark("tradeoffs", 3, "")), 0, "", "", "")
    for number in range(1, 13 * members + 1):
        author, reviewer = dice.randint(1, members), dice.randint(1, members)
        review = Review(
            number, number, f"task-{dice.randint(1, 90)}", author, "Two counters", dice.choice(AREAS),
            member_id(0, reviewer), member_id(0, author), verdict, earlier=False, finished_at=now, hide_reviewer=False,
            hide_author=False,
        )  # fmt: skip
        given_records.keep_review(tx, group_id(0), review)


async def _loop(longest: dict[str, float]) -> None:
    while True:
        began = time.perf_counter()
        await asyncio.sleep(0.002)
        longest["loop"] = max(longest["loop"], time.perf_counter() - began - 0.002)


async def _store(store: SqliteStore, longest: dict[str, float]) -> None:
    while True:
        began = time.perf_counter()
        await store.run(lambda tx: tx.run("UPDATE roster_groups SET zone = zone"))
        longest["store"] = max(longest["store"], time.perf_counter() - began)
        await asyncio.sleep(0.005)

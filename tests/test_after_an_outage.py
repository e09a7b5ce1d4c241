"""
What is made up for after an outage, what is not, and that nobody's days suffer from it.

Each life of the bot is a real app on the same file. Members practise in the evening; the group is in Berlin, and its
problem comes at 09:00 on weekdays.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.clock import TurnedClock
from bot.engine import outages
from bot.kernel.effect import Fact
from bot.kernel.engine_facts import CameBack
from bot.kernel.ports import Tx
from tests.features.mornings import GOOD, JOIN
from tests.story import CoreDriver
from tests.world import GROUP, World, living, turned

BERLIN = ZoneInfo("Europe/Berlin")
ROW = "Days in a row"


def wall(day: int, hour: int, minute: int = 0) -> datetime:
    """January 2026 in Berlin; the 5th is a Monday."""
    return datetime(2026, 1, day, hour, minute, tzinfo=BERLIN)


class Lives:
    """One group through several lives of the bot."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = turned()
        self.world = World(self.clock)

    @asynccontextmanager
    async def life(self, begins: datetime | None = None) -> AsyncIterator[CoreDriver]:
        """Until the block ends. `begins`: after an outage, or before the end of the last life: a clock set back."""
        if begins and begins < self.clock.now():
            self.clock = TurnedClock(begins)
            self.world.clock = self.clock
        elif begins:
            self.clock.set(begins)
        async with living(self.folder, self.world) as app:
            await app._beat()
            await app.settle()
            yield CoreDriver(app, self.world, self.clock)
            await app._beat()

    def posted(self) -> list[str]:
        return sorted(name.removeprefix(f"daily/{GROUP}/") for name in self.world.names() if self._is_board(name))

    def _is_board(self, name: str) -> bool:
        return name.startswith(f"daily/{GROUP}/") and name.count("/") == 2

    def told(self) -> list[str]:
        """The notes about skipped times that the organiser got."""
        return [m.card.title for m in self.world.private("olga") if m.posting.name.startswith("organiser.skipped")]


async def practise(story: CoreDriver, *days: int) -> None:
    """Ada answers that day's problem at 18:00."""
    for day in days:
        await story.until(wall(day, 18))
        await story.press("ada", "Answer", f"daily/{GROUP}/2026-01-{day:02}")
        answered = await story.fill("ada", {"text": GOOD})
        assert not answered.refused, answered.refused


async def words(story: CoreDriver, command: str) -> str:
    return (await story.type("ada", command)).words


async def row(story: CoreDriver) -> str:
    """The line about days in a row."""
    return next(line for line in (await words(story, "/study streak")).splitlines() if line.startswith(ROW))


async def spares(story: CoreDriver) -> str:
    return next(line for line in (await words(story, "/study streak")).splitlines() if line.startswith("Spare days"))


@pytest.fixture
async def lives(tmp_path: Path) -> Lives:
    """Monday and Tuesday have passed as they should, with an answer of ada's on each."""
    lives = Lives(tmp_path / "data")
    async with lives.life() as story:
        await story.found()
        await story.press("ada", "Join the study group", JOIN)
        await practise(story, 5, 6)
    return lives


async def test_ten_minutes_make_the_post_late_and_nothing_else(lives: Lives) -> None:
    async with lives.life() as story:
        await story.until(wall(7, 8, 55))
    async with lives.life(wall(7, 9, 6)) as story:
        (late,) = [seen for seen in await story.read("ada") if seen.name.endswith("2026-01-07")]
        assert "Posted late today" in late.words
        await practise(story, 7)
        assert "3" in await row(story)
        assert "2" in await spares(story)
    assert lives.posted() == ["2026-01-05", "2026-01-06", "2026-01-07"]
    assert lives.told() == []


async def test_six_hours_over_the_morning_post_late_with_the_whole_window(lives: Lives) -> None:
    async with lives.life() as story:
        await story.until(wall(7, 8, 30))
    async with lives.life(wall(7, 14, 30)) as story:
        assert lives.posted()[-1] == "2026-01-07"
        await practise(story, 7)
        await story.until(wall(9, 2, 29))  # 36 hours after the late post, less a minute
        assert "Open until" in next(seen for seen in await story.read("ada") if seen.name.endswith("07")).words
        await story.until(wall(9, 2, 31))
        assert "Closed" in next(seen for seen in await story.read("ada") if seen.name.endswith("07")).words
    assert lives.told() == []


async def test_six_hours_over_the_night_excuse_the_day_for_who_had_not_practised(lives: Lives) -> None:
    async with lives.life() as story:
        await story.until(wall(7, 22))
    async with lives.life(wall(8, 4, 5)) as story:
        await practise(story, 8)
        assert "3" in await row(story)  # Monday, Tuesday, Thursday
        assert "2" in await spares(story), "an excused day spends none"
        await story.type("ada", "/study streak")
        why = await story.press("ada", "Why?")
        assert "not running" in why.words or "was down" in why.words


async def test_three_days_are_told_not_made_up_for_and_break_nothing(lives: Lives) -> None:
    async with lives.life() as story:
        await story.until(wall(7, 8, 30))
    async with lives.life(wall(10, 8, 30)) as story:  # Saturday
        assert lives.posted() == ["2026-01-05", "2026-01-06"]
        assert len(lives.told()) == 1
        await story.until(wall(12, 8))
        assert "2" in await row(story)
        assert "2" in await spares(story)
        await practise(story, 12)
        assert "3" in await row(story)
    assert lives.posted() == ["2026-01-05", "2026-01-06", "2026-01-12"]


async def test_a_clock_set_back_by_an_hour_posts_nothing_twice_and_makes_no_outage(lives: Lives) -> None:
    async with lives.life() as story:
        await story.until(wall(7, 9, 30))
    async with lives.life(wall(7, 8, 30)) as story:
        await practise(story, 7)
        assert "3" in await row(story)
        assert await story.app.store.read(outages.list_outages) == ()
    assert lives.posted() == ["2026-01-05", "2026-01-06", "2026-01-07"]
    assert lives.world.doubles() == []
    assert lives.told() == []


async def test_a_clock_set_forward_by_an_hour_is_an_outage_of_an_hour(lives: Lives) -> None:
    async with lives.life() as story:
        await story.until(wall(7, 8, 30))
    async with lives.life(wall(7, 9, 30)) as story:
        await practise(story, 7)
        assert "3" in await row(story)
    assert lives.posted() == ["2026-01-05", "2026-01-06", "2026-01-07"]


async def test_who_flies_from_tokyo_to_los_angeles_and_practises_every_day_misses_none(tmp_path: Path) -> None:
    lives = Lives(tmp_path / "data")
    tokyo, los_angeles = ZoneInfo("Asia/Tokyo"), ZoneInfo("America/Los_Angeles")
    async with lives.life() as story:
        await story.found()
        story.person("ada", zone="Asia/Tokyo")
        await story.press("ada", "Join the study group", JOIN)
        for day in (5, 6, 7):
            await story.until(datetime(2026, 1, day, 22, tzinfo=tokyo))
            await story.press("ada", "Answer", f"daily/{GROUP}/2026-01-{day:02}")
            await story.fill("ada", {"text": GOOD})
        await story.until(datetime(2026, 1, 8, 15, tzinfo=tokyo))
        await story.type("ada", "/study me")
        await story.press("ada", "members.zone")
        kept = await story.fill("ada", {"city": "Los Angeles, United States"})
        assert "America/Los_Angeles" in kept.words
        for day in (8, 9):
            await story.until(datetime(2026, 1, day, 20, tzinfo=los_angeles))
            await story.press("ada", "Answer", f"daily/{GROUP}/2026-01-{day:02}")
            await story.fill("ada", {"text": GOOD})
        assert "5" in await row(story)
        assert "2" in await spares(story)


async def test_a_group_is_told_once_that_the_bot_was_away_and_before_anything_late(lives: Lives) -> None:
    told: list[tuple[str, Fact, list[str]]] = []
    async with lives.life() as story:
        await story.until(wall(7, 8, 55))
    lives.clock.set(wall(7, 9, 6))
    async with living(lives.folder, lives.world) as app:
        hear = app.engine.hear

        def note(tx: Tx, group: str, fact: Fact, now: datetime) -> None:
            told.append((group, fact, lives.posted()))
            hear(tx, group, fact, now)

        app.engine.hear = note  # type: ignore[method-assign]
        await app._beat()
        await app._beat()
        await app.settle()
    came = CameBack(wall(7, 8, 55), wall(7, 9, 6))
    assert told == [(GROUP, came, ["2026-01-05", "2026-01-06"])]
    assert lives.posted()[-1] == "2026-01-07"


async def test_after_a_freeze_of_the_machine_the_outage_is_known_before_anything_late(lives: Lives) -> None:
    """A look at what is due may wake before the next sign of life."""
    told: list[tuple[Fact, list[str]]] = []
    async with lives.life() as story:
        await story.until(wall(7, 8, 55))
        hear = story.app.engine.hear

        def note(tx: Tx, group: str, fact: Fact, now: datetime) -> None:
            told.append((fact, lives.posted()))
            hear(tx, group, fact, now)

        await story.app._beat()
        story.app.engine.hear = note  # type: ignore[method-assign]
        lives.clock.set(wall(7, 9, 6))
        story.app._last_beat -= 11 * 60
        await story.app.pulse()
        await story.app.settle()
    assert told == [(CameBack(wall(7, 8, 55), wall(7, 9, 6)), ["2026-01-05", "2026-01-06"])]

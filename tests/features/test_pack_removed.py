"""A pack that is taken away while its problem is open: nothing is lost, nothing stands still."""

from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path

import pytest

from bot.app import open_app
from bot.clock import TurnedClock
from bot.config import Config
from bot.content.catalogue import Catalogue
from tests.features.mornings import CLOSE, GOOD, JOIN, MONDAY, answer, monday
from tests.story import CoreDriver
from tests.world import TENANT, World, living

OTHER = "I would rather use a heap, because it is online."


@pytest.fixture
async def left(tmp_path: Path, clock: TurnedClock, world: World) -> AsyncIterator[CoreDriver]:
    """Ada and Ben on Monday; Ada's clock runs, she has answered; then the bot starts again without any pack."""
    async with living(tmp_path, world) as app:
        story = CoreDriver(app, world, clock)
        await monday(story, "ada", "ben")
        await story.press("ada", "Start the clock", MONDAY)
        await answer(story, "ada", GOOD, "show")
    empty = Catalogue({}, (), None, {}, {}, {})
    async with await open_app(Config(data=tmp_path), {TENANT: world.platform}, clock, empty) as app:
        again = CoreDriver(app, world, clock)
        again._deliveries = count(1_000)  # the platform goes on counting
        yield again


async def test_one_can_still_join(left: CoreDriver) -> None:
    assert "Welcome" in (await left.press("cleo", "Join the study group", JOIN)).words
    assert not (await left.type("cleo", "/study today")).refused


async def test_answers_are_kept_changed_and_withdrawn(left: CoreDriver) -> None:
    await answer(left, "ben", OTHER)
    assert GOOD in (await left.press("ben", "Read answers", MONDAY)).words
    await left.press("ben", "Answer", MONDAY)
    await left.fill("ben", {"text": f"{OTHER} It is."})
    assert "withdrawn" in (await left.press("ben", "Withdraw it")).words


async def test_the_round_closes_and_shows_the_answers(left: CoreDriver, world: World) -> None:
    await left.until(CLOSE)
    shown = "\n".join(seen.words for seen in await left.read("ben", MONDAY))
    assert "This round is closed." in shown
    assert GOOD in shown
    due = await left.app.next_due()
    assert due is not None
    assert due > CLOSE, "nothing stays due"

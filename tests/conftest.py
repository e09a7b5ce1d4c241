"""What every test may ask for: a clock turned by hand, a world, an app that lives on it, a story."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.app import App
from bot.clock import TurnedClock
from tests.story import CoreDriver, Driver
from tests.world import World, living, turned


@pytest.fixture
def clock() -> TurnedClock:
    """Stands at Monday 2026-01-05 08:55 in Berlin."""
    return turned()


@pytest.fixture
def world(clock: TurnedClock) -> World:
    return World(clock)


@pytest.fixture
async def app(tmp_path: Path, world: World) -> AsyncIterator[App]:
    async with living(tmp_path / "data", world) as running:
        yield running


@pytest.fixture
def story(app: App, world: World, clock: TurnedClock) -> Driver:
    """The deeds of members. The group is not set up yet: `await story.found()`."""
    return CoreDriver(app, world, clock)

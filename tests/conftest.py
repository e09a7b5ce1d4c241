"""What every test may ask for: a clock turned by hand, a world, an app that lives on it, a story."""

from collections.abc import AsyncIterator
from inspect import signature
from pathlib import Path

import pytest

from bot.app import App
from bot.clock import TurnedClock
from tests.story import CoreDriver, Driver
from tests.web_story import web_story
from tests.world import World, living, turned

CORE_ONLY = {"world", "app"}  # a test that looks behind the platform is told on the core alone


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for `story` and nothing behind it is told on every platform."""
    if "story" in metafunc.fixturenames:
        core_only = CORE_ONLY & set(signature(metafunc.function).parameters)
        metafunc.parametrize("stage", ["core"] if core_only else ["core", "web"])


@pytest.fixture
def clock() -> TurnedClock:
    """Stands at Monday 2026-01-05 08:55 in Berlin."""
    return turned()


@pytest.fixture
def world(clock: TurnedClock) -> World:
    return World(clock)


@pytest.fixture
async def story(stage: str, tmp_path: Path, clock: TurnedClock, world: World) -> AsyncIterator[Driver]:
    """The deeds of members. The group is not set up yet: `await story.found()`."""
    if stage == "web":
        async with web_story(tmp_path / "data", clock) as driver:
            yield driver
    else:
        async with living(tmp_path / "data", world) as app:
            yield CoreDriver(app, world, clock)


@pytest.fixture
def app(story: CoreDriver) -> App:
    """The app that the story is told on."""
    return story.app

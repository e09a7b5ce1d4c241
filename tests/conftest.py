"""What every test may ask for: a clock turned by hand, a world, an app that lives on it, a story."""

import gc
import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from inspect import signature
from pathlib import Path
from tempfile import mkdtemp

import pytest
from hypothesis import settings

from bot.app import App
from bot.clock import TurnedClock
from bot.engine import workshop
from tests.chromium import browser, chromium  # noqa: F401 - fixtures, here so that there is one of them
from tests.discord_story import discord_story
from tests.slack_story import slack_story
from tests.story import CoreDriver, Driver
from tests.story_store import in_memory
from tests.web_story import web_story
from tests.world import World, grown, living, turned

STAGES: Mapping[str, Callable[[Path, TurnedClock], AbstractAsyncContextManager[Driver]]] = {
    "web": web_story, "discord": discord_story, "slack": slack_story,
}  # fmt: skip
CORE_ONLY = {"world", "app"}  # a test that looks behind the platform is told on the core alone

MEMORY = Path("/dev/shm")  # noqa: S108 - pytest makes a folder of its own there, for this user alone
ROOM = 1 << 30  # bytes that must be free there; a container often has less, and then the disk is used
ABOUT_DISKS = {"endurance", "faults", "store"}  # the folders of tests whose files must lie on a disk


def pytest_configure(config: pytest.Config) -> None:
    """
    Temporary files lie in memory where there is room: no test but those `ABOUT_DISKS` learns anything by waiting.

    Slow tasks are computed where they are asked for, and in a process of their own in tests/engine/test_works.py alone.
    How long an example takes says something about the machine and nothing about the code.
    """
    settings.register_profile("whetstone", deadline=None)
    settings.load_profile("whetstone")
    workshop.run = workshop.at_once
    usable = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= ROOM
    if usable and not config.option.basetemp:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


def pytest_collection_finish() -> None:
    """What was imported and collected stays to the end; the garbage collector need not look at it again and again."""
    gc.collect()
    gc.freeze()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for `story` and nothing behind it is told on every platform."""
    if "story" in metafunc.fixturenames:
        core_only = CORE_ONLY & set(signature(metafunc.function).parameters)
        metafunc.parametrize("stage", ["core"] if core_only else ["core", *STAGES])


@pytest.fixture
def tmp_path(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """An empty folder: in memory, or on the disk for tests about disks. Kept when the test fails."""
    if request.path.parent.name not in ABOUT_DISKS:
        yield tmp_path
        return
    failed, folder = request.session.testsfailed, Path(mkdtemp(prefix="whetstone-test-"))
    yield folder
    if request.session.testsfailed == failed:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def clock() -> TurnedClock:
    """Stands at Monday 2026-01-05 08:55 in Berlin."""
    return turned()


@pytest.fixture
def world(clock: TurnedClock) -> World:
    return World(clock)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder as the first start leaves it, with the tables of the bot and its platforms. Nobody writes in it."""
    return grown(tmp_path_factory.mktemp("migrated"))


@pytest.fixture
def kept_in(request: pytest.FixtureRequest, migrated: Path, tmp_path: Path) -> Iterator[Path]:
    """The data folder of a story. Its databases are kept in memory, except in tests `ABOUT_DISKS`."""
    if request.path.parent.name in ABOUT_DISKS:
        yield shutil.copytree(migrated, tmp_path / "data")
        return
    with in_memory(migrated, tmp_path / "data") as folder:
        yield folder


@pytest.fixture
async def story(stage: str, kept_in: Path, clock: TurnedClock, world: World) -> AsyncIterator[Driver]:
    """The deeds of members. The group is not set up yet: `await story.found()`."""
    if stage in STAGES:
        async with STAGES[stage](kept_in, clock) as driver:
            yield driver
    else:
        async with living(kept_in, world) as app:
            yield CoreDriver(app, world, clock)


@pytest.fixture
def app(story: CoreDriver) -> App:
    """The app that the story is told on."""
    return story.app

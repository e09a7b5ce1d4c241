"""The bot notes that it is alive, so that a day on which it was down is nobody's miss."""

import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.app import App
from bot.engine import outages
from bot.store.sqlite import SqliteStore
from tests.world import MORNING, World, living

MINUTE = timedelta(minutes=1)


async def list_outages(app: App) -> list[tuple[datetime, datetime]]:
    return list(await app.store.read(outages.list_outages))


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The machine's clock in seconds, as a list of one."""
    at = [1_000_000.0]
    monkeypatch.setattr(time, "time", lambda: at[0])
    return at


async def test_between_two_lives_lies_an_outage(tmp_path: Path, world: World) -> None:
    async with living(tmp_path, world) as app:
        await app.start()
        world.clock.go(10 * MINUTE)
        await app._beat()
    world.clock.go(360 * MINUTE)
    async with living(tmp_path, world) as app:
        await app.start()
        assert await list_outages(app) == [(MORNING + 10 * MINUTE, MORNING + 370 * MINUTE)]


async def test_a_quick_restart_is_no_outage(tmp_path: Path, world: World) -> None:
    for _ in range(3):
        async with living(tmp_path, world) as app:
            await app.start()
            assert await list_outages(app) == []
        world.clock.go(MINUTE)


async def test_a_machine_that_slept_was_down(tmp_path: Path, world: World, machine: list[float]) -> None:
    async with living(tmp_path, world) as app:
        await app._beat()
        machine[0] += 3 * 3600  # the lid is closed
        world.clock.go(180 * MINUTE)
        await app._beat()
        assert await list_outages(app) == [(MORNING, MORNING + 180 * MINUTE)]


async def test_a_clock_that_is_turned_by_hand_makes_no_outage(tmp_path: Path, world: World) -> None:
    async with living(tmp_path, world) as app:
        await app._beat()
        world.clock.go(timedelta(days=14))
        await app._beat()
        assert await list_outages(app) == []


async def test_after_the_clock_was_set_back_nothing_is_lost_and_nothing_is_made_up(
    tmp_path: Path, world: World
) -> None:
    async with living(tmp_path, world) as app:
        await app._beat()
        world.clock.go(120 * MINUTE)
        await app._beat()
    store = await SqliteStore.open(tmp_path / "whetstone.db")
    try:  # the next life believes that it is an hour earlier
        await store.run(lambda tx: outages.beat(tx, MORNING + 60 * MINUTE, MORNING + 61 * MINUTE))
        assert await store.read(outages.list_outages) == ()
    finally:
        await store.close()

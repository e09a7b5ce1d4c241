"""The machine's clock is set while the bot runs."""

import asyncio
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.app import App
from bot.clock import TurnedClock
from bot.config import Config
from bot.engine import outbox
from bot.engine.engine import Engine
from bot.features import discover
from bot.kernel.action import Action
from bot.kernel.card import Card
from bot.kernel.effect import Channel, Post
from bot.kernel.errors import Unsure
from bot.kernel.event import Event, Person, Pressed
from bot.kernel.ports import Posting, Tx
from tests.features.mornings import JOIN
from tests.quick_store import QuickStore
from tests.story import CoreDriver
from tests.world import GROUP, TENANT, World, catalogue, turned

STEPS = [timedelta(seconds=-1), timedelta(hours=-1), timedelta(hours=1), timedelta(seconds=-40)]
MINUTES = [timedelta(minutes=5), timedelta(minutes=55), timedelta(hours=3)]
LAST = datetime(2026, 1, 8, 12, 0, tzinfo=UTC)  # Thursday noon


class SetClock(TurnedClock):
    """One that somebody sets, back as well."""

    def set(self, at: datetime) -> None:
        self._at = at


async def beginning(clock: TurnedClock) -> tuple[App, World, QuickStore]:
    store, world = QuickStore(), World(clock)
    app = App(Config(), store, Engine(store, discover(), catalogue()), {TENANT: world}, clock, "clock")
    story = CoreDriver(app, world, clock)
    await story.found()
    await story.press("ada", "Join the study group", JOIN)
    return app, world, store


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.sampled_from(MINUTES), st.sampled_from([timedelta(0), *STEPS])), max_size=40))
async def test_however_it_is_set_each_day_has_one_problem(steps: Sequence[tuple[timedelta, timedelta]]) -> None:
    clock = SetClock(turned().now())
    app, world, store = await beginning(clock)
    for passes, step in steps:
        if clock.now() > LAST:
            break
        clock.set(clock.now() + passes + step)
        await app.settle()
    while clock.now() < LAST:
        clock.set(clock.now() + timedelta(minutes=20))
        await app.settle()
    boards = [name for name in world.created if name.startswith(f"daily/{GROUP}/") and name.count("/") == 2]
    assert sorted(set(boards)) == [f"daily/{GROUP}/2026-01-{day:02}" for day in range(5, 9)]
    assert world.doubles() == []
    store.close()


@pytest.mark.parametrize("step", [timedelta(seconds=1), timedelta(hours=1)], ids=["a second", "an hour"])
async def test_a_message_in_doubt_is_found_though_the_clock_was_set_back_during_the_call(step: timedelta) -> None:
    clock = SetClock(turned().now())
    app, world, store = await beginning(clock)
    post = world.post

    async def accepts_and_breaks_off(posting: Posting) -> str:
        clock.set(clock.now() - step)
        await post(posting)
        raise Unsure("the connection ended")

    def want(tx: Tx) -> None:
        outbox.want(tx, GROUP, TENANT, Post("once", Channel("main"), Card("Hello")), clock.now())

    await store.run(want)
    world.post = accepts_and_breaks_off  # type: ignore[method-assign]
    await app.courier.drain()
    world.post = post  # type: ignore[method-assign]
    clock.set(clock.now() + 2 * step + timedelta(minutes=5))
    await app.settle()
    assert world.created.count("once") == 1
    store.close()


# --- a handler that takes its time ----------------------------------------------------------------


async def test_while_a_handler_takes_its_time_others_read_and_the_loop_goes_round(app: App, story: CoreDriver) -> None:
    """Handlers run on the database's thread; looking has another one."""
    await story.found()
    await story.press("ada", "Join the study group", JOIN)
    begun, go_on = threading.Event(), threading.Event()

    def slow(tx: Tx) -> str:
        begun.set()
        assert go_on.wait(30)
        return "done"

    taking_its_time = asyncio.create_task(app.store.run(slow))
    await asyncio.to_thread(begun.wait, 30)
    look = Event("look", TENANT, GROUP, "general", Person("ada"), app.clock.now(), Pressed(Action.to("members.me")))
    seen = await asyncio.wait_for(app.engine.handle(look), 10)
    assert seen.answers
    assert not taking_its_time.done()
    go_on.set()
    assert await asyncio.wait_for(taking_its_time, 10) == "done"

"""A hundred channels of one workspace whose posts are due at the same minute, by the real app, in turned time."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.slack.platform import SlackPlatform
from adapters.slack.web import POST, Web
from bot.app import PATIENCE, PULSE, App
from bot.config import Config
from bot.engine import outbox
from bot.engine.engine import Engine
from bot.features import discover
from bot.kernel.action import Action
from bot.kernel.card import Card
from bot.kernel.effect import Channel, Post
from bot.kernel.event import Event, Person, Pressed
from bot.kernel.ports import Tx
from tests.adapters.slack.turned import Refusals, in_turned_time
from tests.quick_store import QuickStore
from tests.slack_fake.limits import STRICT
from tests.world import BERLIN, catalogue

CHANNELS = [f"C{number}" for number in range(100)]
TENANT = "slack:T1"
NINE = datetime(2026, 1, 5, 8, tzinfo=UTC)  # in Berlin
LEAD = 70  # seconds before nine at which the groups are set up: what that takes of the limits is over by then


class Slack(Refusals):
    """Gives what it takes a number, and remembers when each message came."""

    def __init__(self, slow: float) -> None:
        super().__init__(slow=slow)
        self.names: list[str] = []

    def answer(self, method: str, channel: str, args: dict[str, Any]) -> dict[str, Any]:
        if method == POST:
            self.names.append(args["metadata"]["event_payload"]["name"])
        return {"channel": channel, "ts": f"1.{len(self.names):06}", "messages": []}


class LoopClock:
    """The loop's own time; it is nine when it is zero there."""

    def now(self) -> datetime:
        return NINE - timedelta(seconds=LEAD) + timedelta(seconds=asyncio.get_running_loop().time())


async def nobody(members: Sequence[str]) -> Sequence[str]:
    return members


def an_app(slack: Slack) -> App:
    web, store = Web("xoxb-1", None), QuickStore()  # type: ignore[arg-type]  # no network
    web.client = slack  # type: ignore[assignment]
    engine = Engine(store, discover(), catalogue())
    platforms = {TENANT: SlackPlatform(web, "U0", nobody)}
    return App(Config(data=Path("nowhere")), store, engine, platforms, LoopClock(), "one")  # type: ignore[arg-type]


async def pulse_for_ever(app: App) -> None:
    """What the app's scheduler does, which knows no turned time."""
    while True:
        await app.pulse(PATIENCE)
        await asyncio.sleep(PULSE - asyncio.get_running_loop().time() % PULSE)


async def set_up(app: App) -> None:
    pressed = Pressed(Action.to("organiser.setup"))
    for channel in CHANNELS:
        olga = Person(f"U{channel}", "Olga", BERLIN, manages=True)
        event = Event(f"set up {channel}", TENANT, f"{TENANT}/{channel}", channel, olga, app.clock.now(), pressed)
        assert (await app.engine.handle(event)).refused is None


def want_more(tx: Tx, each: int) -> None:
    """So many messages more for each channel, as if features had wished for them."""
    for channel in CHANNELS:
        group = f"{TENANT}/{channel}"
        for number in range(each):
            wish = Post(f"daily.more/{group}/{number}", Channel("main"), Card(f"Message {number}"))
            outbox.wish(tx, group, TENANT, wish, NINE)


def needed(each: int) -> float:
    """Seconds until the last of so many for each channel: as many every second as there are channels, up to the cap."""
    most, span = STRICT.workspace
    windows, place = divmod(len(CHANNELS) * each - 1, most)
    return windows * span + place // len(CHANNELS)


async def seconds_after_nine(slack: Slack, each: int) -> float:
    """When the last message stands, where each channel has its problem and others besides."""
    app = an_app(slack)
    await set_up(app)
    pulsing = asyncio.create_task(pulse_for_ever(app))
    await asyncio.sleep(LEAD - 0.5)
    assert not any(name.startswith("daily/") for name in slack.names)
    slack.names.clear()
    await app.store.run(lambda tx: want_more(tx, each - 1))
    while len(slack.names) < len(CHANNELS) * each:  # noqa: ASYNC110 - nobody else waits for it
        await asyncio.sleep(PULSE)
    pulsing.cancel()
    assert set(Counter(slack.names).values()) == {1}
    assert sum(name.startswith("daily/") for name in slack.names) == len(CHANNELS)
    return slack.meter.posts[-1][0] - LEAD


def within_the_limits(slack: Slack) -> bool:
    channels = all(slack.meter.busiest(1.0, channel) == 1 for channel in CHANNELS)
    return channels and slack.meter.busiest(60.0) <= STRICT.workspace[0] and slack.refused == []


@pytest.mark.parametrize("slow", [0.3, 1.0])
def test_a_hundred_problems_at_nine_are_posted_in_three_seconds(slow: float) -> None:
    async def story() -> None:
        slack = Slack(slow)
        assert await seconds_after_nine(slack, 1) <= 3
        assert within_the_limits(slack)

    in_turned_time(story)


def test_twelve_messages_for_each_of_a_hundred_channels_take_what_the_limits_need() -> None:
    async def story() -> None:
        slack = Slack(0.3)
        done = await seconds_after_nine(slack, 12)
        assert needed(12) <= done + 0.5 <= 1.05 * needed(12)
        assert within_the_limits(slack)
        assert slack.meter.busiest(60.0) == STRICT.workspace[0]

    in_turned_time(story)

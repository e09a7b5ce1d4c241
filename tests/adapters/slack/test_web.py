"""Calls to Slack: paced before Slack has to say so, sent once, bounded in time."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError

from adapters.slack import web as web_module
from adapters.slack.scopes import METHODS
from adapters.slack.web import TURN, Limits, Pace, Web, error_word
from bot.clock import TurnedClock
from bot.engine.courier import LINES
from bot.kernel.card import File
from bot.kernel.errors import Later
from tests.adapters.slack.turned import Refusals, in_turned_time
from tests.slack_fake import limits as pretended
from tests.slack_fake.limits import STRICT, TIER_OF
from tests.slack_fake.server import FakeSlack

POST = "chat.postMessage"
BOUNDLESS = Limits((10_000, 1.0), (100_000, 60.0), {2: (10_000, 60.0), 3: (10_000, 60.0), 4: (10_000, 60.0)})


# --- in turned time ---------------------------------------------------------------------------------------------


class Office:
    """A `Web` before such a Slack, and a courier who serves as many at once as the real one."""

    def __init__(self, slack: Refusals, limits: Limits | None = None) -> None:
        self.web = Web("xoxb-1", None, limits=limits)  # type: ignore[arg-type]  # no network
        self.web.client = slack  # type: ignore[assignment]
        self._gate = asyncio.Semaphore(LINES)

    async def deliver(self, method: str, channel: str = "") -> float:
        """When it was done; called off, it comes again when it was told to."""
        while True:
            try:
                async with self._gate:
                    await self.web.call(method, channel=channel)
            except Later as later:
                await asyncio.sleep(later.wait.total_seconds())
            else:
                return asyncio.get_running_loop().time()

    async def deliver_all(self, method: str, channels: Sequence[str]) -> float:
        return max(await asyncio.gather(*(self.deliver(method, channel) for channel in channels)))


def test_100_channels_that_are_due_at_once_are_served_as_fast_as_the_limits_let_them() -> None:
    async def story() -> None:
        slack = Refusals(slow=0.3)
        done = await Office(slack).deliver_all(POST, [f"C{number}" for number in range(100)] * 12)
        needed = (100 * 12 // 300 - 1) * 60  # the first 300 go at once
        assert slack.refused == []
        assert slack.meter.busiest(60.0) == 300
        assert all(slack.meter.busiest(1.0, f"C{number}") == 1 for number in range(100))
        assert needed <= done <= 1.05 * needed

    in_turned_time(story)


def test_one_message_for_each_of_100_channels_waits_for_no_limit() -> None:
    async def story() -> None:
        slack = Refusals()
        assert await Office(slack).deliver_all(POST, [f"C{number}" for number in range(100)]) == 0
        assert slack.refused == []

    in_turned_time(story)


def test_a_channel_takes_one_message_a_second_for_as_long_as_it_has_some() -> None:
    async def story() -> None:
        slack = Refusals()
        done = await Office(slack).deliver_all(POST, ["C1"] * 90)
        assert slack.refused == []
        assert 89 <= done <= 1.05 * 89

    in_turned_time(story)


def test_a_busy_channel_delays_no_other() -> None:
    async def story() -> None:
        slack = Refusals()
        office = Office(slack)
        busy = asyncio.create_task(office.deliver_all(POST, ["C1"] * 100))
        await asyncio.sleep(0)
        assert await office.deliver_all(POST, [f"C{number}" for number in range(2, 30)]) <= TURN
        await busy
        assert slack.refused == []

    in_turned_time(story)


def test_a_busy_workspace_delays_no_edits() -> None:
    async def story() -> None:
        office = Office(Refusals())
        busy = asyncio.create_task(office.deliver_all(POST, [f"C{number}" for number in range(400)]))
        await asyncio.sleep(0.1)
        now = asyncio.get_running_loop().time()
        assert await office.deliver("chat.update", "C1") == now
        await busy

    in_turned_time(story)


@pytest.mark.parametrize("method", ["pins.add", "chat.update", "users.info"])
def test_a_method_keeps_to_its_tier(method: str) -> None:
    async def story() -> None:
        slack = Refusals(slow=0.2)
        many, span = STRICT.tiers[TIER_OF[method]]
        done = await Office(slack).deliver_all(method, [f"C{number}" for number in range(3 * many)])
        assert slack.refused == []
        assert done <= 1.05 * 2 * span

    in_turned_time(story)


def test_the_tiers_are_those_of_the_pretended_slack() -> None:
    ours = {name: one.tier for name, one in METHODS.items() if one.tier}
    assert ours == {name: TIER_OF[name] for name in ours}


def test_a_call_that_somebody_waits_for_goes_at_once_and_counts() -> None:
    async def story() -> None:
        slack = Refusals()
        office = Office(slack)
        await office.web.call(POST, channel="C1")
        with pytest.raises(Later):  # Slack's own word
            await office.web.call(POST, paced=False, channel="C1")
        assert len(slack.refused) == 1
        for number in range(299):
            await office.web.call(POST, paced=False, channel=f"D{number}")
        with pytest.raises(Later) as later:
            await office.web.call(POST, channel="C9")
        assert later.value.wait > timedelta(seconds=50)
        assert len(slack.refused) == 1

    in_turned_time(story)


def test_what_is_called_off_comes_again_when_there_is_a_turn_for_it() -> None:
    async def story() -> None:
        pace = Pace((2, 10.0))
        for _ in range(2):
            async with pace.turn():
                pass
        assert [pace.call_off() for _ in range(5)] == [10, 10, 20, 20, 30]
        await asyncio.sleep(15)
        assert pace.call_off() == 10  # two of the three that were to come are still expected
        assert pace.wait() == 0

    in_turned_time(story)


def test_a_turn_that_nobody_waits_for_any_more_is_not_lost() -> None:
    async def story() -> None:
        pace = Pace((1, 1.0))

        async def take() -> float:
            async with pace.turn():
                return asyncio.get_running_loop().time()

        await take()
        first, second = asyncio.create_task(take()), asyncio.create_task(take())
        await asyncio.sleep(0.5)
        assert pace.wait() == 2.5
        first.cancel()
        assert await second == 1
        await asyncio.sleep(1)
        assert pace.is_idle

    in_turned_time(story)


def test_what_slack_says_about_one_channel_holds_up_that_channel_alone() -> None:
    async def story() -> None:
        slack = Refusals(pretended.Limits((1, 30.0)))
        office = Office(slack)
        await office.web.call(POST, channel="C1")
        await asyncio.sleep(2)
        with pytest.raises(Later) as later:
            await office.web.call(POST, channel="C1")
        assert later.value.wait == timedelta(seconds=28)
        with pytest.raises(Later):
            await office.web.call(POST, channel="C1")
        assert len(slack.refused) == 1  # the second was not even sent
        await office.web.call(POST, channel="C2")
        await asyncio.sleep(28)
        await office.web.call(POST, channel="C1")

    in_turned_time(story)


def test_channels_that_were_quiet_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        monkeypatch.setattr(web_module, "CHANNELS", 10)
        office = Office(Refusals(pretended.GENEROUS))
        for number in range(10):
            await office.web.call(POST, channel=f"C{number}")
        await asyncio.sleep(2)
        await office.web.call(POST, channel="C10")
        with pytest.raises(Later):
            await asyncio.gather(*(office.web.call(POST, channel="C10") for _ in range(9)))
        assert len(office.web._channels) == 1

    in_turned_time(story)


# --- over a network, with the library -------------------------------------------------------------------------


@asynccontextmanager
async def line(clock: TurnedClock, ours: Limits = BOUNDLESS, **more: Any) -> AsyncIterator[tuple[FakeSlack, Web]]:
    async with FakeSlack(clock, **more) as fake, aiohttp.ClientSession() as session:
        yield fake, Web(fake.bot_token, session, api_base=fake.api_base, limits=ours)
        assert fake.verdicts == []


def hello(channel: str) -> dict[str, Any]:
    return {"channel": channel, "text": "Hello", "unfurl_links": False, "unfurl_media": False, "parse": "none"}


async def test_a_call_gives_what_slack_answered(clock: TurnedClock) -> None:
    async with line(clock) as (fake, web):
        assert (await web.call("auth.test"))["user_id"] == fake.town.bot.id


@pytest.mark.parametrize("fault", ["reset_before", "reset_after"])
async def test_nothing_is_sent_a_second_time(clock: TurnedClock, fault: str) -> None:
    async with line(clock) as (fake, web):
        daily = fake.town.add_channel("daily")
        await web.call("auth.test")  # a connection stands: the network's library would try a broken one again
        fake.calls.clear()
        getattr(fake.faults, fault)(POST)
        with pytest.raises(aiohttp.ClientError):
            await web.call(POST, **hello(daily.id))
        assert [call.method for call in fake.calls] == [POST]


async def test_what_slack_refuses_is_raised_with_its_word(clock: TurnedClock) -> None:
    async with line(clock) as (_, web):
        with pytest.raises(SlackApiError) as no:
            await web.call("conversations.info", channel="C0")
        assert error_word(no.value) == "channel_not_found"


async def test_slack_says_when_to_come_again(clock: TurnedClock) -> None:
    async with line(clock) as (fake, web):
        daily = fake.town.add_channel("daily")
        fake.faults.throttle(7, POST)
        with pytest.raises(Later) as later:
            await web.call(POST, **hello(daily.id))
        assert later.value.wait == timedelta(seconds=7)
        assert not daily.messages


async def test_no_answer_in_time_is_no_answer(clock: TurnedClock, monkeypatch: pytest.MonkeyPatch) -> None:
    async with line(clock) as (fake, web):
        daily = fake.town.add_channel("daily")
        monkeypatch.setattr(web_module, "ANSWER", 0.05)
        monkeypatch.setattr(web_module, "UPLOAD", 0.05)
        for method in (POST, "files.completeUploadExternal"):
            fake.faults.hang(method)
        async with asyncio.timeout(10):
            with pytest.raises(TimeoutError):
                await web.call(POST, **hello(daily.id))
            with pytest.raises(TimeoutError):
                await web.upload([File("a.txt", "text/plain", "a")], daily.id)


async def test_files_stand_in_the_channel_or_below_a_message(clock: TurnedClock) -> None:
    async with line(clock) as (fake, web):
        daily = fake.town.add_channel("daily")
        above = (await web.call(POST, **hello(daily.id)))["ts"]
        await web.upload([File("a.txt", "text/plain", "ünï"), File("b.txt", "text/plain", "b")], daily.id, above)
        [below] = daily.thread(above)
        assert [(one.name, one.content) for one in below.files] == [("a.txt", "ünï".encode()), ("b.txt", b"b")]
        await web.upload([File("c.txt", "text/plain", "c")], daily.id)
        assert daily.newest().thread_ts == ""


async def test_the_limits_of_a_workspace_are_kept_before_slack_has_to_say_so(clock: TurnedClock) -> None:
    """The windows are shorter than Slack's, so that they pass in a test."""
    small = Limits((1, 0.1), (40, 0.5), BOUNDLESS.tiers)
    async with line(clock, small, limits=pretended.Limits(small.channel, small.workspace)) as (fake, web):
        channels = [fake.town.add_channel(f"daily-{number}").id for number in range(50)]

        async def deliver(channel: str) -> None:
            while True:
                try:
                    await web.call(POST, **hello(channel))
                except Later as later:
                    await asyncio.sleep(later.wait.total_seconds())
                else:
                    return

        await asyncio.gather(*(deliver(channel) for channel in channels * 2))
        assert fake.throttled == []
        assert fake.meter.busiest(0.5) <= 40
        assert [len(fake.town.channels[channel].messages) for channel in channels] == [2] * 50


def test_the_environments_proxy_is_not_taken_for_every_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library takes it for this machine's own addresses as well."""
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    assert Web("xoxb-1", None).client.proxy is None  # type: ignore[arg-type]
    assert Web("xoxb-1", None, proxy="http://here:1").client.proxy == "http://here:1"  # type: ignore[arg-type]

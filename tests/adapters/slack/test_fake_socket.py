"""The pretended Socket Mode, with the real slack-bolt and slack_sdk on it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import pytest

from bot.clock import TurnedClock
from tests.adapters.slack.stage import Parrot, card, listening, quietly
from tests.slack_fake.server import FakeSlack
from tests.slack_fake.town import Channel, User


@pytest.fixture(autouse=True)
def calm() -> Iterator[None]:
    """slack_sdk tells of every broken connection at length."""
    logger = logging.getLogger("slack_sdk")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    yield
    logger.setLevel(level)


class Scene:
    def __init__(self, fake: FakeSlack) -> None:
        self.fake = fake
        self.ada: User = fake.town.add_user("Ada")
        self.channel: Channel = fake.town.add_channel("study", self.ada)

    async def says(self, text: str = "hello", **more: Any) -> Any:
        return await self.fake.write(self.ada, self.channel, text, **more)


@pytest.fixture
async def scene(clock: TurnedClock) -> AsyncIterator[Scene]:
    async with FakeSlack(clock) as fake:
        yield Scene(fake)
        assert fake.verdicts == []


def texts(parrot: Parrot) -> list[str]:
    return [event["text"] for event in parrot.events]


async def test_an_event_arrives_and_is_acknowledged(scene: Scene) -> None:
    async with listening(scene.fake) as parrot:
        said = await scene.says("hello")
        assert said.ack == {}
        [body] = parrot.heard
        assert body["team_id"] == scene.fake.town.team_id
        assert body["event"]["channel_type"] == "channel"
        assert not scene.fake.socket.unacked


async def test_a_handshake_needs_a_ticket_and_a_ticket_opens_once(scene: Scene) -> None:
    async with listening(scene.fake) as parrot:
        opened = await parrot.client.apps_connections_open(app_token=scene.fake.app_token)
        async with parrot.client.session.ws_connect(opened["url"]) as first:  # type: ignore[union-attr]
            assert (await first.receive_json())["type"] == "hello"
            answer = await parrot.client.session.get(opened["url"].replace("ws:", "http:"))  # type: ignore[union-attr]
        assert answer.status == 408
        assert scene.fake.socket.refused == 1


async def test_a_rejected_handshake_leaves_the_client_without_connection(scene: Scene) -> None:
    async with listening(scene.fake) as parrot:
        scene.fake.socket.reject(1)
        scene.fake.socket.abort()
        await _until(lambda: scene.fake.socket.refused)
        assert not scene.fake.socket.connections
        client = parrot.handlers[0].client
        assert client.wss_uri is not None  # the worn ticket, which it would try for ever
        client.wss_uri = None
        await scene.fake.socket.connected()


async def test_when_slack_asks_for_a_new_connection_no_event_is_lost(scene: Scene) -> None:
    async with listening(scene.fake) as parrot:
        await scene.fake.socket.refresh()
        await scene.fake.socket.connected()
        await scene.says("after")
        assert texts(parrot) == ["after"]
        assert scene.fake.socket.opened == 2


async def test_a_warning_comes_before_the_end(scene: Scene) -> None:
    async with listening(scene.fake):
        await scene.fake.socket.warn()
        await scene.fake.socket.connected()
        assert (await scene.says("still here")).ack == {}


async def test_two_connections_share_the_events(scene: Scene) -> None:
    async with listening(scene.fake, connections=2) as parrot:
        for n in range(6):
            await scene.says(f"number {n}")
        assert texts(parrot) == [f"number {n}" for n in range(6)]
        assert {one.connection.number for one in scene.fake.socket.sent if one.connection} == {1, 2}


async def test_an_eleventh_connection_is_sent_away(scene: Scene) -> None:
    async with listening(scene.fake, connections=10) as parrot:
        opened = await parrot.client.apps_connections_open(app_token=scene.fake.app_token)
        async with parrot.client.session.ws_connect(opened["url"]) as eleventh:  # type: ignore[union-attr]
            assert (await eleventh.receive_json())["reason"] == "too_many_websockets"


async def test_an_event_nobody_acknowledged_comes_again_up_to_three_times(scene: Scene) -> None:
    async with listening(scene.fake) as parrot:
        scene.fake.socket.lose_acks(99)
        await scene.says("hello", wait=False)
        for _ in range(6):
            await _until(lambda: scene.fake.socket.unheard == len(scene.fake.socket.sent))
            scene.fake.socket.retry()
        assert [one.attempt for one in scene.fake.socket.sent] == [0, 1, 2, 3]
        assert len({body["event_id"] for body in parrot.heard}) == 1


async def test_unacknowledged_events_come_again_by_themselves_as_time_goes_on(scene: Scene, clock: TurnedClock) -> None:
    socket = scene.fake.socket
    socket.keep_time()
    await scene.says("hello", wait=False)
    for number, wait in enumerate((timedelta(seconds=3), timedelta(minutes=1), timedelta(minutes=5)), 2):
        clock.go(wait)
        await _until(lambda number=number: len(socket.sent) == number)
    async with listening(scene.fake) as parrot:
        await socket.idle()
        assert texts(parrot) == ["hello"], "somebody listens in time"
        socket.lose_acks(99)
        await scene.says("lost", wait=False)
        await _until(lambda: socket.unheard == 1)
    clock.go(timedelta(minutes=10))
    await _until(lambda: len(socket.sent) == 6)
    for wait in (timedelta(minutes=10), timedelta(minutes=10), timedelta(minutes=10)):
        clock.go(wait)
        await _until(lambda: not any(one.at < clock.now() for one in socket.unacked))
    assert not socket.unacked, "then never again"


async def test_what_a_broken_connection_did_not_acknowledge_comes_again(scene: Scene) -> None:
    waiting = asyncio.Event()

    async def hesitate(parrot: Parrot, ack: Any, body: dict[str, Any]) -> None:
        if len(parrot.heard) == 1:
            scene.fake.socket.abort()
            await waiting.wait()
        await ack()

    async with listening(scene.fake) as parrot:
        parrot.answer = hesitate
        said = await scene.says("hello")
        waiting.set()
        assert said.ack == {}
        assert len(parrot.heard) == 2


async def test_repeats_come_in_any_order_between_other_events(scene: Scene) -> None:
    scene.fake.socket.unruly("a seed", repeats=0.5, lost_acks=0.1)
    async with listening(scene.fake) as parrot:
        for n in range(20):
            await scene.says(f"number {n}", wait=False)
        await scene.fake.socket.settle()
        heard = texts(parrot)
        assert set(heard) == {f"number {n}" for n in range(20)}
        assert 20 < len(heard) <= 100
        assert heard != sorted(heard, key=lambda text: int(text.split()[1]))


async def test_the_last_deed_can_arrive_once_more(scene: Scene) -> None:
    async with listening(scene.fake) as parrot:
        await scene.says("hello")
        await scene.fake.redeliver()
        first, again = parrot.heard
        assert first == again


async def test_workspaces_side_by_side_hear_only_their_own(scene: Scene) -> None:
    other = Scene(scene.fake.neighbour("Other"))
    async with listening(scene.fake) as mine, listening(other.fake) as theirs:
        await scene.says("here")
        await other.says("there")
        assert (texts(mine), texts(theirs)) == (["here"], ["there"])
        assert (await theirs.client.auth_test())["team"] == "Other"


async def test_the_bot_hears_its_own_messages_and_edits(scene: Scene) -> None:
    async with listening(scene.fake) as parrot:
        posted = await parrot.client.chat_postMessage(channel=scene.channel.id, **card("one"))
        await parrot.client.chat_update(channel=scene.channel.id, ts=posted["ts"], **card("two"))
        await scene.fake.socket.idle()
        assert [event.get("subtype") for event in parrot.events] == [None, "message_changed"]
        assert all("bot_id" in event.get("message", event) for event in parrot.events)


async def test_an_app_that_may_not_read_hears_no_messages_of_channels(clock: TurnedClock) -> None:
    async with FakeSlack(clock, history=False) as fake:
        scene = Scene(fake)
        async with listening(fake) as parrot:
            parrot.answer = quietly
            await scene.says("in the channel")
            await fake.write(scene.ada, None, "in private")
            assert texts(parrot) == ["in private"]


async def _until(condition: Any) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110  (what is waited for happens in the library)
            await asyncio.sleep(0.01)

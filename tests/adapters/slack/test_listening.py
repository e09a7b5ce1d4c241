"""The line to Slack: all is acknowledged after its work, nothing is lost on the way, and nothing stays behind."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack import listening as listening_module
from adapters.slack.listening import Listening, Refused, Turns
from bot.clock import TurnedClock
from tests.adapters.slack.line import QUICK
from tests.slack_fake.payloads import event_json
from tests.slack_fake.server import FakeSlack
from tests.slack_fake.socket_mode import EVENTS, INTERACTIVE, Envelope

Json = Mapping[str, Any]
SOON = 20.0  # seconds after which a test gives up


@pytest.fixture
async def fake(clock: TurnedClock) -> AsyncIterator[FakeSlack]:
    async with FakeSlack(clock) as fake:
        yield fake
        assert fake.verdicts == []


class Ears:
    """Notes what was heard. `gate` holds the work back, `trouble` breaks it that many times."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, int]] = []
        self.gate, self.reached = asyncio.Event(), asyncio.Event()
        self.gate.set()
        self.trouble = 0
        self.answer: Json | None = None
        self.changed = asyncio.Event()

    async def take(self, payload: Json, before: int) -> Json | None:
        self.reached.set()
        await self.gate.wait()
        if self.trouble:
            self.trouble -= 1
            raise OSError("the disk is full")
        self.heard.append((str(payload.get("event_id") or payload.get("trigger_id")), before))
        self.changed.set()
        return self.answer


@asynccontextmanager
async def listening(fake: FakeSlack, ears: Ears, *, connections: int = 2, **knobs: Any) -> AsyncIterator[Listening]:
    async with aiohttp.ClientSession() as session:
        web = AsyncWebClient(fake.bot_token, fake.api_base, session=session, retry_handlers=[])
        town = fake.town
        me = {"team_id": town.team_id, "user_id": town.bot.id, "bot_id": town.bot_id}
        token = knobs.pop("token", fake.app_token)
        line = Listening(web, token, me, ears.take, pace=QUICK, **knobs)
        running = asyncio.create_task(line.run_for_ever())
        try:
            if connections:
                await fake.socket.connected(connections)
            yield line
        finally:
            running.cancel()
            await asyncio.wait({running})


def push(fake: FakeSlack, **event: Any) -> Envelope:
    return fake.socket.push(EVENTS, event_json(fake, {"type": "team_join", "user": "U1", **event}))


async def acked(envelope: Envelope) -> None:
    async with asyncio.timeout(SOON):
        await envelope.acked.wait()


# --- the acknowledgement ---------------------------------------------------------------------------


async def test_an_event_is_acknowledged_after_its_work_and_not_before(fake: FakeSlack) -> None:
    ears = Ears()
    async with listening(fake, ears):
        ears.gate.clear()
        first = push(fake)
        await ears.reached.wait()
        other = push(fake)
        assert not first.acked.is_set()
        ears.gate.set()
        await acked(first)
        await acked(other)
        assert [before for _, before in ears.heard] == [0, 0]


async def test_what_fails_is_not_acknowledged_and_comes_again(
    fake: FakeSlack, caplog: pytest.LogCaptureFixture
) -> None:
    ears = Ears()
    async with listening(fake, ears) as line:
        ears.trouble = 1
        first = push(fake)
        await ears.reached.wait()
        await line.settled()
        for other in (push(fake), push(fake)):  # one behind it on each connection
            await acked(other)
        assert not first.acked.is_set()
        assert "delivery failed" in caplog.messages
        [again] = fake.socket.retry()
        await acked(again)
        assert ears.heard[-1] == (first.payload["event_id"], 1)


async def test_what_the_work_gives_rides_on_the_acknowledgement(fake: FakeSlack) -> None:
    ears = Ears()
    ears.answer = {"response_action": "errors", "errors": {"text": "Too short."}}
    async with listening(fake, ears):
        envelope = fake.socket.push(INTERACTIVE, {"type": "view_submission", "trigger_id": "1", "team": {"id": "T1"}})
        await acked(envelope)
        assert envelope.answer == ears.answer


@pytest.mark.parametrize("payload", [{"type": "of_tomorrow"}, {"type": "block_suggestion"}, {"nothing": "known"}])
async def test_every_kind_of_thing_is_taken(payload: dict[str, Any], fake: FakeSlack) -> None:
    async with listening(fake, Ears()):
        await acked(fake.socket.push(INTERACTIVE, payload))


async def test_what_the_bot_itself_writes_is_acknowledged_and_not_heard(fake: FakeSlack) -> None:
    ears = Ears()
    async with listening(fake, ears):
        message = {"type": "message", "channel": "C1", "user": fake.town.bot.id, "text": "x", "ts": "1.000001"}
        await acked(fake.socket.push(EVENTS, event_json(fake, message)))
        await acked(fake.socket.push(EVENTS, event_json(fake, {**message, "user": None, "bot_id": fake.town.bot_id})))
        assert ears.heard == []


# --- the connections -------------------------------------------------------------------------------


async def test_two_connections_stand_and_both_are_heard(fake: FakeSlack) -> None:
    ears = Ears()
    async with listening(fake, ears) as line:
        sent = [push(fake) for _ in range(4)]
        for one in sent:
            await acked(one)
        assert len({one.connection for one in sent}) == 2
        assert line.connected == 2
        await asyncio.wait_for(line.tried.wait(), SOON)


async def test_a_refused_handshake_heals_with_a_new_address(fake: FakeSlack, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    fake.socket.reject(3)
    async with listening(fake, Ears()):
        await acked(push(fake))
        assert fake.socket.refused >= 3
    assert "ticket-" not in caplog.text, "a ticket lets in whoever has it"


async def test_four_refused_handshakes_in_a_row_heal_within_ten_seconds(
    fake: FakeSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the line's own waits: those of the machine come on top, and are short."""
    waits: list[float] = []
    look = asyncio.sleep

    async def note(seconds: float) -> None:
        waits.append(seconds)
        await look(seconds)

    monkeypatch.setattr(listening_module, "CONNECTIONS", 1)
    monkeypatch.setattr(listening_module.asyncio, "sleep", note)
    fake.socket.reject(4)
    async with listening(fake, Ears(), connections=1):
        assert fake.socket.refused == 4
    assert waits.count(listening_module.LOOK * QUICK) * listening_module.LOOK < 10.0


async def test_a_reconnect_that_is_refused_heals_too(fake: FakeSlack) -> None:
    async with listening(fake, Ears()):
        fake.socket.reject(2)
        fake.socket.abort()
        async with asyncio.timeout(SOON):
            while fake.socket.opened < 4:  # noqa: ASYNC110 - the fake has no word for it
                await asyncio.sleep(0.01)
        await fake.socket.connected(2)
        await acked(push(fake))


@pytest.mark.parametrize("how", ["warn", "refresh"])
async def test_a_renewed_connection_loses_no_event(how: str, fake: FakeSlack) -> None:
    ears = Ears()
    async with listening(fake, ears):
        sent = []
        for round_ in range(3):
            sent += [push(fake) for _ in range(5)]
            await getattr(fake.socket, how)()
            sent += [push(fake) for _ in range(5)]
            await fake.socket.connected()
            assert round_ >= 0
        for one in sent:
            await acked(one)
        assert {name for name, _ in ears.heard} == {one.payload["event_id"] for one in sent}


async def test_what_was_being_done_while_the_network_broke_comes_again(fake: FakeSlack) -> None:
    ears = Ears()
    async with listening(fake, ears):
        ears.gate.clear()
        lost = push(fake)
        await ears.reached.wait()
        fake.socket.abort()
        ears.gate.set()
        await fake.socket.connected(2)
        await acked(lost)
        assert {name for name, _ in ears.heard} == {lost.payload["event_id"]}
        assert max(before for _, before in ears.heard) == 1, "and Slack says that it is a repeat"


async def test_a_server_that_gives_no_address_is_asked_again(fake: FakeSlack) -> None:
    fake.is_socket_disabled = True
    async with listening(fake, Ears(), connections=0):
        async with asyncio.timeout(SOON):
            while len(fake.sent("apps.connections.open")) < 4:  # noqa: ASYNC110 - the fake has no word for it
                await asyncio.sleep(0.01)
        fake.is_socket_disabled = False
        await fake.socket.connected(2)


async def test_while_slack_asks_to_wait_nobody_asks_it_for_a_connection(
    fake: FakeSlack, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(listening_module, "GRACE", (3.0,))
    monkeypatch.setattr(listening_module, "LOOK", 0.01)
    fake.faults.throttle(3_600, "apps.connections.open", times=1_000)
    async with listening(fake, Ears(), connections=0):
        async with asyncio.timeout(SOON):
            while caplog.messages.count("slack gives no connection") < 2:  # noqa: ASYNC110 - it only logs
                await asyncio.sleep(0.01)
        asked = len(fake.sent("apps.connections.open"))
        for _ in range(100):  # a connection that is given up would be made anew by then
            await asyncio.sleep(0.01)
        assert len(fake.sent("apps.connections.open")) == asked


async def test_when_slack_has_waited_long_enough_there_is_a_connection(fake: FakeSlack) -> None:
    fake.faults.throttle(1, "apps.connections.open", times=2)
    async with listening(fake, Ears()):
        await acked(push(fake))


async def test_whether_anybody_is_heard_is_told_whenever_that_changes(fake: FakeSlack) -> None:
    told: list[bool] = []

    async def until(wanted: list[bool]) -> None:
        async with asyncio.timeout(SOON):
            while told != wanted:  # noqa: ASYNC110 - nobody else waits for it
                await asyncio.sleep(0.01)

    async with listening(fake, Ears(), heard=told.append):
        await until([True])
        fake.is_socket_disabled = True
        fake.socket.abort()
        await until([True, False])
        fake.is_socket_disabled = False
        await until([True, False, True])


async def test_a_line_in_the_log_names_the_workspace(fake: FakeSlack, caplog: pytest.LogCaptureFixture) -> None:
    ears = Ears()
    async with listening(fake, ears) as line:
        ears.trouble = 1
        push(fake)
        await ears.reached.wait()
        await line.settled()
    [failed] = [record for record in caplog.records if record.message == "delivery failed"]
    assert failed.__dict__["workspace"] == fake.town.team_id


async def test_an_app_level_token_that_slack_refuses_ends_it_with_a_sentence(fake: FakeSlack) -> None:
    async with aiohttp.ClientSession() as session:
        web = AsyncWebClient(fake.bot_token, fake.api_base, session=session, retry_handlers=[])
        line = Listening(web, "xapp-9-revoked", {}, Ears().take, pace=QUICK)
        with pytest.raises(Refused, match="app-level token"):
            await asyncio.wait_for(line.run_for_ever(), SOON)
        assert not line.tried.is_set()


async def test_after_the_last_word_nothing_new_is_heard(fake: FakeSlack) -> None:
    ears = Ears()
    async with listening(fake, ears) as line:
        ears.gate.clear()
        begun = push(fake)
        await ears.reached.wait()
        hush = asyncio.create_task(line.hush())
        await asyncio.sleep(0)
        late = push(fake)
        ears.gate.set()
        await hush
        await acked(begun)
        assert not late.acked.is_set()
    assert len(ears.heard) == 1


@pytest.mark.parametrize("trouble", ["none", "refused", "hanging"])
async def test_it_leaves_no_task_and_no_connection_behind(trouble: str, fake: FakeSlack) -> None:
    before = asyncio.all_tasks()
    if trouble == "refused":
        fake.socket.reject(1_000)
    ears = Ears()
    async with listening(fake, ears, connections=0 if trouble == "refused" else 2):
        if trouble == "hanging":
            ears.gate.clear()
            push(fake)
            await ears.reached.wait()
    async with asyncio.timeout(SOON):
        while fake.socket.connections:  # noqa: ASYNC110 - the other side hears of it a moment later
            await asyncio.sleep(0.01)
    ours = {task for task in asyncio.all_tasks() - before if "slack_sdk" in repr(task) or "adapters" in repr(task)}
    assert ours == set()


# --- turns -----------------------------------------------------------------------------------------


async def test_work_with_one_key_runs_in_order_and_other_work_beside_it() -> None:
    turns, done, gate = Turns(), [], asyncio.Event()

    async def work(key: str, name: str, wait: asyncio.Event | None = None) -> None:
        async with turns.of(key):
            if wait:
                await wait.wait()
            done.append(name)

    tasks = [asyncio.create_task(work("a", "1", gate)), asyncio.create_task(work("a", "2"))]
    await asyncio.create_task(work("b", "beside"))
    gate.set()
    await asyncio.sleep(0)
    tasks.append(asyncio.create_task(work("a", "3")))
    await asyncio.gather(*tasks)
    assert done == ["beside", "1", "2", "3"]
    assert not turns._locks, "nothing is kept of who came by"

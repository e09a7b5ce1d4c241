"""The line to Discord holds: odd payloads, broken connections, missing rights and a refused token end nothing else."""

import asyncio
import logging
import socket
import sqlite3
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import discord
import pytest
from discord.gateway import KeepAliveHandler

from adapters.discord.gateway import INSTEAD, Gateway
from adapters.discord.inbound import TENANT
from adapters.discord.letters import Letters
from bot.clock import TurnedClock
from bot.kernel.card import Card
from bot.kernel.errors import Later, Reason, Rejected
from bot.kernel.ports import Posting, To
from tests.adapters.discord.line import WORDS, Bot, living, opened, private, server, settings_for, with_a_problem
from tests.discord_fake.server import FakeDiscord


@pytest.fixture
async def fake(clock: TurnedClock) -> AsyncIterator[FakeDiscord]:
    async with FakeDiscord(clock, members=True) as fake:
        yield fake
        assert fake.verdicts == []


# --- doors of the library ------------------------------------------------------------------------------


async def test_the_table_of_parsers_is_where_raw_payloads_can_be_taken(fake: FakeDiscord) -> None:
    """A private door of discord.py: this fails first when the library moves it."""
    client = Gateway(settings_for(fake))
    heard: list[Any] = []
    for name in INSTEAD:
        assert hasattr(client._connection, f"parse_{name.lower()}")
        client.listen(name, heard.append)
        payload = {"any": name}
        client._connection.parsers[name](payload)
        assert heard[-1] is payload
    await client.leave()


async def test_the_library_keeps_the_intents_that_it_was_given(fake: FakeDiscord) -> None:
    client = Gateway(settings_for(fake, message_content=True))
    client.asks.message_content = False
    assert not client.intents.message_content
    await client.leave()


@pytest.mark.parametrize(
    ("asks", "value"), [({}, 0x1001), ({"message_content": True}, 0x9201), ({"members": True}, 0x1003)]
)
async def test_the_bot_asks_for_the_least_that_the_settings_need(
    fake: FakeDiscord, asks: dict[str, Any], value: int
) -> None:
    client = Gateway(settings_for(fake, **asks))
    assert client.asks.value == value
    await client.leave()


async def test_the_library_forgets_no_limit(fake: FakeDiscord) -> None:
    """With a longest wait of its own, 2.7.1 drops what it knows of a limit that lasts longer, and then breaks it."""
    client = Gateway(settings_for(fake))
    assert client.http.max_ratelimit_timeout is None
    await client.leave()


# --- odd payloads --------------------------------------------------------------------------------------


ODD: list[tuple[str, Any]] = [
    ("INTERACTION_CREATE", {}),
    ("INTERACTION_CREATE", {"id": "x", "token": "y", "application_id": "1", "type": "three"}),
    ("INTERACTION_CREATE", {"id": "1", "token": "y", "application_id": "1", "type": 3, "data": 7}),
    ("INTERACTION_CREATE", {"id": "1", "token": "y", "application_id": "1", "type": 5, "data": {"components": [None]}}),
    ("INTERACTION_CREATE", []),
    ("MESSAGE_CREATE", {"channel_id": None, "author": "somebody"}),
    ("MESSAGE_CREATE", {"channel_id": "5", "id": "x", "author": {"id": "no"}, "content": 3}),
    ("MESSAGE_UPDATE", {"guild_id": "1", "channel_id": {}}),
    ("MESSAGE_DELETE", {"guild_id": "1", "channel_id": "2"}),
    ("MESSAGE_DELETE_BULK", {"guild_id": "1"}),
    ("GUILD_CREATE", {}),
    ("GUILD_CREATE", {"id": "abc", "joined_at": "yesterday"}),
    ("GUILD_DELETE", {"id": []}),
    ("GUILD_MEMBER_REMOVE", {"guild_id": "1", "user": None}),
    ("CHANNEL_DELETE", {"guild_id": "1"}),
    ("THREAD_CREATE", {"guild_id": "x"}),
    ("GUILD_ROLE_UPDATE", None),
    ("SOMETHING_NEW", {"what": "ever"}),
]


async def test_odd_payloads_are_logged_and_skipped(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock, caplog: pytest.LogCaptureFixture
) -> None:
    scene = server(fake)
    async with living(fake, tmp_path, clock, message_content=True, members=True) as bot:
        await scene.found()
        caplog.clear()
        for event, payload in ODD:
            fake.gateway.push(event, payload)
        await bot.caught_up()
        assert len([name for name in caplog.messages if name in ("payload skipped", "event failed")]) >= 12
        assert (await scene.do(scene.user("ada"), "join")).messages
        assert fake.gateway.identified == 1


# --- the connection --------------------------------------------------------------------------------------


async def _break(fake: FakeDiscord, how: str) -> None:
    match how:
        case "asked to come again":
            await fake.gateway.reconnect()
        case "reset":
            fake.gateway.abort()
        case _:
            await fake.gateway.invalidate(resumable=True)


@pytest.mark.parametrize("how", ["asked to come again", "reset", "this connection is over"])
async def test_what_was_said_while_the_line_was_down_is_heard_once_when_it_is_back(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock, how: str
) -> None:
    scene = server(fake)
    async with living(fake, tmp_path, clock) as bot:
        ada = await with_a_problem(bot, scene)
        await fake.write(ada, fake.town.dm(ada), f"Before. {WORDS}")
        await bot.caught_up()
        await _break(fake, how)
        await fake.write(ada, fake.town.dm(ada), f"Meanwhile. {WORDS}")
        await bot.caught_up()
        await fake.write(ada, fake.town.dm(ada), f"After. {WORDS}")
        await bot.caught_up()
        assert len(private(fake, ada)) == 3
        assert fake.gateway.resumed == 1
        assert (await scene.do(ada, "today")).messages


class Said(logging.Handler):
    """Sets `heard` when a line of the log, of any thread, has these words."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self._words, self._loop, self.heard = words, asyncio.get_running_loop(), asyncio.Event()

    def emit(self, record: logging.LogRecord) -> None:
        if self._words in record.getMessage():
            self._loop.call_soon_threadsafe(self.heard.set)


async def test_a_line_that_fell_silent_is_cut_and_taken_up_again(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    scene = server(fake)
    fake.gateway.heartbeat = 0.05
    async with living(fake, tmp_path, clock, silence=1.5) as bot:
        ada = await with_a_problem(bot, scene)
        noticed = Said("disconnected")
        logging.getLogger("adapters.discord.gateway").addHandler(noticed)
        fake.gateway.silence()
        await fake.write(ada, fake.town.dm(ada), WORDS)
        await asyncio.wait_for(noticed.heard.wait(), 20)
        logging.getLogger("adapters.discord.gateway").removeHandler(noticed)
        fake.gateway.speak()
        await bot.caught_up()
        assert fake.gateway.resumed >= 1
        assert len(private(fake, ada)) == 1


async def test_a_frame_that_the_library_chokes_on_costs_a_new_connection_and_no_more(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock, caplog: pytest.LogCaptureFixture
) -> None:
    scene = server(fake)
    async with living(fake, tmp_path, clock) as bot:
        fake.gateway.push("READY", {"no": "session"})
        connected = asyncio.Event()
        bot.client.listen("GUILD_CREATE", lambda _: connected.set())
        await asyncio.wait_for(connected.wait(), 20)
        assert "connection failed" in caplog.messages
        assert (await scene.do(scene.owner, "begin")).messages


# --- coming in, going out ------------------------------------------------------------------------------------


async def test_a_refused_token_is_one_clear_line_and_the_rest_lives_on(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = "MTIzNDU2Nzg5.wrong.token-of-somebody-else"
    async with opened(fake, tmp_path, clock, token=wrong) as bot:
        assert "does not take the token" in bot.line.trouble
        assert caplog.messages == ["discord refuses the bot"]
        assert "token-of-somebody-else" not in caplog.text
        with pytest.raises(Rejected) as no:
            await bot.app.courier.platforms[TENANT].find(To("1"), "name", clock.now())
        assert no.value.reason is Reason.TOKEN
        await bot.app.settle()


async def test_a_token_that_was_reset_meanwhile_is_said_as_well(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock, caplog: pytest.LogCaptureFixture
) -> None:
    server(fake)
    async with living(fake, tmp_path, clock) as bot:
        refused = Said("discord refuses the bot")
        logging.getLogger("adapters.discord.connect").addHandler(refused)
        fake.token = "another"  # noqa: S105 - no secret: only the fake takes it
        fake.gateway.abort()
        await asyncio.wait_for(refused.heard.wait(), 20)
        logging.getLogger("adapters.discord.connect").removeHandler(refused)
        assert "any more" in bot.line.trouble
        await bot.app.settle()


async def test_an_intent_that_is_switched_off_is_one_clear_line_and_the_bot_goes_on_without(
    tmp_path: Path, clock: TurnedClock, caplog: pytest.LogCaptureFixture
) -> None:
    async with FakeDiscord(clock, message_content=False, members=True) as fake:
        scene = server(fake)
        async with living(fake, tmp_path, clock, message_content=True, members=True) as bot:
            (line,) = [one for one in caplog.records if one.getMessage() == "an intent is not allowed"]
            assert "message content" in line.why  # type: ignore[attr-defined]
            assert not bot.client.reads_threads
            assert bot.client.asks.members
            assert (await scene.do(scene.owner, "begin")).messages


async def test_without_a_network_the_rest_runs_and_discord_is_tried_on(
    tmp_path: Path, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = FakeDiscord(clock)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        fake._port = taken.getsockname()[1]
    monkeypatch.setattr("adapters.discord.gateway.WAITS", (0.01,))
    async with opened(fake, tmp_path, clock) as bot:
        with pytest.raises(Later):
            await bot.app.courier.platforms[TENANT].find(To("1"), "name", clock.now())
        scene = server(fake)
        async with fake:
            async with asyncio.timeout(20):
                await bot.line.synced.wait()
            assert (await scene.do(scene.owner, "begin")).messages


async def test_a_long_outage_is_not_waited_out_by_the_library(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own waits grow to 17 minutes."""
    monkeypatch.setattr("adapters.discord.gateway.WAITS", (0.01,))
    monkeypatch.setattr("adapters.discord.gateway.STALL", 0.01)
    monkeypatch.setattr("discord.client.ExponentialBackoff.delay", lambda _: 1_000)
    scene = server(fake)
    async with living(fake, tmp_path, clock) as bot:
        again, gave_up = asyncio.Event(), Said("discord is not reached")
        bot.client.listen("READY", lambda _: again.set())
        logging.getLogger("adapters.discord.gateway").addHandler(gave_up)
        await fake.__aexit__(None, None, None)
        await asyncio.wait_for(gave_up.heard.wait(), 20)
        logging.getLogger("adapters.discord.gateway").removeHandler(gave_up)
        await fake.__aenter__()
        await asyncio.wait_for(again.wait(), 20)
        assert (await scene.do(scene.owner, "begin")).messages


async def test_every_outage_is_cut_short_not_only_the_first(fake: FakeDiscord, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.discord.gateway.STALL", 0.01)
    client = Gateway(settings_for(fake))
    for _ in range(2):
        client._line = asyncio.create_task(asyncio.sleep(60))  # as long as the library waits
        await client.on_disconnect()
        await asyncio.wait({client._line}, timeout=20)
        assert client._line.cancelled()
    await client.leave()


async def test_a_session_is_given_up_only_when_the_bot_leaves(fake: FakeDiscord) -> None:
    """Discord forgets a session that ends with 1000 ("Disconnecting")."""
    said: list[int] = []

    class Socket:
        open = False

        async def close(self, code: int) -> None:
            said.append(code)

    client = Gateway(settings_for(fake))
    client.ws = Socket()  # type: ignore[assignment]
    await client._hang_up()
    await client.leave()
    assert said[:2] == [4000, 1000]


async def test_a_note_of_ours_that_fails_keeps_nobody_from_their_message(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = server(fake)
    async with living(fake, tmp_path, clock) as bot:

        async def locked(*_: object) -> None:
            raise sqlite3.OperationalError("database is locked")

        monkeypatch.setattr(Letters, "know", locked)
        ada = scene.user("ada")
        hello = Posting("hello", f"discord:{scene.guild.id}", To(str(ada.id)), Card("Hello"))
        await bot.app.courier.platforms[TENANT].post(hello)
        assert len(private(fake, ada)) == 1


@pytest.mark.parametrize("state", ["idle", "silent", "coming back"])
async def test_a_stop_leaves_nothing_behind(fake: FakeDiscord, tmp_path: Path, clock: TurnedClock, state: str) -> None:
    server(fake)
    before = asyncio.all_tasks()
    async with living(fake, tmp_path, clock) as bot:
        inside = asyncio.all_tasks() - before
        if state == "silent":
            fake.gateway.silence()
        elif state == "coming back":
            await _stop_before_identify(bot)
        stopping = asyncio.get_running_loop().time()
    took = asyncio.get_running_loop().time() - stopping
    assert took < 5  # a second, on a machine that has nothing else to do
    assert bot.client.is_closed()
    ours = [task for task in asyncio.all_tasks() & inside if "discord" in task.get_name() or "adapters" in repr(task)]
    assert not ours
    for thread in threading.enumerate():
        if isinstance(thread, KeepAliveHandler):
            thread.join(5)
            assert not thread.is_alive()


async def _stop_before_identify(bot: Bot) -> None:
    """A new connection stands, its heartbeat beats, and the library does not know it yet."""
    reached = asyncio.Event()

    async def wait(*_: object, **__: object) -> None:
        reached.set()
        await asyncio.Event().wait()

    bot.client.before_identify_hook = wait  # type: ignore[method-assign]
    await bot.fake.gateway.invalidate()
    await asyncio.wait_for(reached.wait(), 20)


def test_discord_py_is_the_version_whose_private_doors_are_used() -> None:
    assert discord.__version__ == "2.7.1"

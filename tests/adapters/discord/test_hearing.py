"""People write and servers change: what of it the bot hears, and what it makes of it."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bot.clock import TurnedClock
from bot.engine import roster
from bot.kernel.event import Told
from bot.kernel.ports import Tx
from tests.adapters.discord.line import WORDS, Bot, Scene, living, private, server, with_a_problem
from tests.discord_fake.payloads import thread_json
from tests.discord_fake.server import FakeDiscord
from tests.discord_fake.town import Channel, User


@pytest.fixture
async def fake(clock: TurnedClock) -> AsyncIterator[FakeDiscord]:
    async with FakeDiscord(clock, members=True) as fake:
        yield fake
        assert fake.verdicts == []


# --- messages ------------------------------------------------------------------------------------------


async def test_only_people_are_heard(fake: FakeDiscord, tmp_path: Path, clock: TurnedClock) -> None:
    scene = server(fake)
    async with living(fake, tmp_path, clock) as bot:
        ada = await with_a_problem(bot, scene)
        machine = fake.town.add_user("machine", bot=True)
        fake.noise(fake.town.dm(ada), machine, 1)
        fake.noise(fake.town.dm(ada), fake.town.bot, 1)
        await bot.caught_up()
        assert len(private(fake, ada)) == 1  # what the bot itself wrote just now


async def open_threads(bot: Bot, scene: Scene) -> User:
    """As `with_a_problem`, in a group whose answers stand in open threads."""
    ada = await with_a_problem(bot, scene)

    kind: Any = bot.app.engine.features["answers"].settings

    def configure(tx: Tx) -> None:
        roster.configure(tx, f"discord:{scene.guild.id}", "answers", kind, {"open": True})

    await bot.app.store.run(configure)
    return ada


async def answers(bot: Bot, scene: Scene) -> str:
    """How many answers the board counts."""
    await bot.wait(minutes=1)
    return scene.board().text.partition("**Answers:** ")[2][:1]


async def test_a_reply_in_an_open_thread_is_an_answer_that_can_be_changed_and_taken_back(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock
) -> None:
    scene = server(fake)
    async with living(fake, tmp_path, clock, message_content=True) as bot:
        ada = await open_threads(bot, scene)
        reply = await fake.write(ada, fake.town.thread_of(scene.board()), WORDS)
        await bot.caught_up()
        assert await answers(bot, scene) == "1"
        await fake.edit(reply, "Now I would say something quite different about it.")
        await bot.caught_up()
        read = await scene.press(ada, scene.board(), "Read answers")
        assert "quite different" in read.messages[0].text
        await fake.delete(reply)
        await bot.caught_up()
        assert await answers(bot, scene) == "0"


async def test_without_the_intent_words_in_threads_are_not_heard(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock
) -> None:
    scene = server(fake)
    async with living(fake, tmp_path, clock) as bot:
        ada = await open_threads(bot, scene)
        await fake.write(ada, fake.town.thread_of(scene.board()), WORDS)
        await bot.caught_up()
        assert await answers(bot, scene) == "0"


async def test_talk_in_channels_and_in_threads_of_others_is_none_of_our_business(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock
) -> None:
    scene = server(fake)
    async with living(fake, tmp_path, clock, message_content=True) as bot:
        ada = await open_threads(bot, scene)
        heard: list[Any] = []
        handle = bot.app.engine.handle

        async def count(event: Any) -> Any:
            heard.append(event)
            return await handle(event)

        bot.app.engine.handle = count  # type: ignore[method-assign]
        await fake.write(ada, scene.channel, WORDS)
        theirs = fake.town.keep(Channel(fake.town.next_id(), 11, "talk", scene.guild, parent=scene.channel, owner=ada))
        fake.gateway.guild_event("THREAD_CREATE", thread_json(theirs, fake.town), theirs)
        await fake.write(ada, theirs, WORDS)
        await bot.caught_up()
        assert heard == []


async def test_replies_in_a_thread_that_somebody_opened_below_our_post_are_heard(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock
) -> None:
    scene = server(fake)
    async with living(fake, tmp_path, clock, message_content=True) as bot:
        ada = await open_threads(bot, scene)
        thread = fake.town.thread_of(scene.board())
        thread.owner = ada
    async with living(fake, tmp_path, clock, message_content=True) as bot:
        await fake.write(ada, thread, WORDS)
        await bot.caught_up()
        assert await answers(bot, scene) == "1"


@pytest.mark.parametrize("threads", ["open", "closed"])
async def test_a_strangers_talk_below_a_post_leaves_no_trace(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock, threads: str
) -> None:
    scene = server(fake)
    async with living(fake, tmp_path, clock, message_content=True) as bot:
        await (open_threads if threads == "open" else with_a_problem)(bot, scene)
        zoe = scene.user("zoe")
        await fake.write(zoe, fake.town.thread_of(scene.board()), "Just talk, I am no member.")
        await bot.caught_up()
    for name in ("whetstone.db", "discord.db"):
        with closing(sqlite3.connect(tmp_path / name)) as db:
            assert str(zoe.id) not in "\n".join(db.iterdump()), name


async def test_words_of_a_private_message_that_are_changed_before_they_are_used_count_as_they_stand(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock
) -> None:
    scene = server(fake)
    async with living(fake, tmp_path, clock) as bot:
        ada = await with_a_problem(bot, scene)
        told: list[Any] = []
        handle = bot.app.engine.handle

        async def note(event: Any) -> Any:
            told.append(event)
            return await handle(event)

        bot.app.engine.handle = note  # type: ignore[method-assign]
        message = await fake.write(ada, fake.town.dm(ada), f"Wrong. {WORDS}")
        await bot.caught_up()
        await fake.edit(message, f"Right. {WORDS}")
        await bot.caught_up()
        first, second = told
        assert [type(event.what) for event in told] == [Told, Told]
        assert first.receipt == second.receipt == first.what.receipt == second.what.receipt
        assert second.id.startswith(f"{first.id}/")
        assert second.what.text == f"Right. {WORDS}"


async def test_a_preview_that_discord_adds_to_a_changed_message_long_after_gets_no_second_reply(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock
) -> None:
    scene = server(fake)
    async with living(fake, tmp_path, clock) as bot:
        await scene.found()
        eve = scene.user("eve")  # who is no member is told so, each time
        message = await fake.write(eve, fake.town.dm(eve), WORDS)
        await fake.edit(message, f"Now this. {WORDS}")
        await bot.caught_up()
        before = len(private(fake, eve))
        await bot.wait(hours=2)
        fake.gateway.message("MESSAGE_UPDATE", message)
        await bot.caught_up()
        assert len(private(fake, eve)) == before


# --- servers -----------------------------------------------------------------------------------------------


async def test_a_new_server_is_welcomed_once(fake: FakeDiscord, tmp_path: Path, clock: TurnedClock) -> None:
    owner = fake.town.add_user("olga")
    guild = fake.town.add_guild("New", owner, with_bot=False)
    assert guild.system_channel
    channel = guild.system_channel
    async with living(fake, tmp_path, clock) as bot:
        fake.join_guild(guild)
        await bot.caught_up()
        (hello,) = channel.messages.values()
        assert "/study begin" in hello.text
        await bot.wait(hours=1)  # by now Discord itself would take the same message once more
        fake.outage(guild)
        fake.outage(guild, over=True)
        await fake.gateway.invalidate()
        await fake.gateway.connected()
        await bot.caught_up()
        assert len(channel.messages) == 1
    async with living(fake, tmp_path, clock) as bot:
        assert len(channel.messages) == 1
        fake.leave_guild(guild)
        await bot.wait(days=1)
        fake.join_guild(guild)
        await bot.caught_up()
        assert len(channel.messages) == 2


async def test_a_server_of_long_ago_is_not_welcomed(fake: FakeDiscord, tmp_path: Path, clock: TurnedClock) -> None:
    scene = server(fake)
    await asyncio.sleep(0)
    clock.set(clock.now().replace(day=20))
    async with living(fake, tmp_path, clock):
        assert not scene.channel.messages


async def test_the_welcome_stands_where_the_bot_may_write(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock
) -> None:
    scene = server(fake)
    fake.town.forbid(scene.channel, 1 << 11)
    other = fake.town.add_channel(scene.guild, "other")
    async with living(fake, tmp_path, clock):
        assert len(other.messages) == 1


async def test_what_becomes_of_servers_is_known_and_logged(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    scene = server(fake)
    spare = fake.town.add_channel(scene.guild, "spare")
    async with living(fake, tmp_path, clock) as bot:
        fake.remove_channel(spare)
        fake.change_role(scene.guild, scene.guild.everyone, 0)
        await bot.caught_up()
        assert bot.client.get_channel(spare.id) is None
        fake.outage(scene.guild)
        await bot.caught_up()
        guild = bot.client.get_guild(scene.guild.id)
        assert guild
        assert guild.unavailable
        fake.leave_guild(scene.guild)
        await bot.caught_up()
        assert bot.client.get_guild(scene.guild.id) is None
    names = ["server is not available", "server was left"]
    assert [name for name in caplog.messages if name in names] == names


@pytest.mark.parametrize("members", [True, False])
async def test_who_leaves_the_server_leaves_the_group_where_the_intent_is_on(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock, *, members: bool
) -> None:
    scene = server(fake)
    async with living(fake, tmp_path, clock, members=members) as bot:
        await scene.found()
        ada = await scene.join("ada")
        fake.leave(ada, scene.guild)
        await bot.caught_up()
        group = f"discord:{scene.guild.id}"
        assert await bot.app.store.read(lambda tx: roster.is_member(tx, group, str(ada.id))) is not members

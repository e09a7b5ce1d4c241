"""What Discord, the network or the machine does to the bot: nothing is lost without somebody seeing it."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.discord.letters import Letters
from bot.clock import TurnedClock
from bot.engine.outcome import Outcome
from bot.kernel.event import Event
from tests.adapters.discord.line import WORDS, Bot, Scene, living, opened, private, server, with_a_problem
from tests.adapters.discord.test_catchup import write
from tests.discord_fake.server import FakeDiscord
from tests.discord_fake.town import User


@pytest.fixture
async def fake(clock: TurnedClock) -> AsyncIterator[FakeDiscord]:
    async with FakeDiscord(clock) as fake:
        yield fake
        assert fake.verdicts == []


def kept(folder: Path) -> list[str]:
    """The answers that members gave, as they are kept."""
    with closing(sqlite3.connect(folder / "whetstone.db")) as db:
        return [text for (text,) in db.execute("SELECT text FROM answers_kept WHERE state = 'kept' ORDER BY text")]


# --- the line breaks while somebody acts --------------------------------------------------------------------


def count_events(bot: Bot) -> list[str]:
    """The ids of all events that the engine gets from now on."""
    heard: list[str] = []
    handle = bot.app.engine.handle

    async def count(event: Event) -> Outcome:
        heard.append(event.id)
        return await handle(event)

    bot.app.engine.handle = count  # type: ignore[method-assign]
    return heard


def note_disconnect(bot: Bot) -> asyncio.Event:
    """Set when the bot gives its connection up."""
    given_up, client = asyncio.Event(), bot.line.client
    on_disconnect = client.on_disconnect

    async def note() -> None:
        given_up.set()
        await on_disconnect()

    client.on_disconnect = note  # type: ignore[method-assign]
    return given_up


@pytest.mark.parametrize("how", ["reset", "asked to come again", "silent"])
async def test_forms_and_presses_of_a_short_break_come_once_and_are_answered(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock, how: str
) -> None:
    scene = server(fake)
    fake.gateway.heartbeat = 0.05 if how == "silent" else fake.gateway.heartbeat
    async with living(fake, tmp_path, clock, silence=1.5) as bot:
        ada, bert = await with_a_problem(bot, scene), await scene.join("bert")
        form = await scene.press(ada, scene.board(), "Answer")
        heard, given_up = count_events(bot), note_disconnect(bot)
        if how == "silent":
            fake.gateway.silence()
        elif how == "reset":
            fake.gateway.abort()
        else:
            await fake.gateway.reconnect()
        sent = await fake.submit(ada, form, {"text": WORDS})
        pressed = await scene.begin_press(bert, scene.board(), "Hint")
        if how == "silent":
            await asyncio.wait_for(given_up.wait(), 20)
            fake.gateway.speak()
        for done in (sent, pressed):
            await done.answered(within=20)
        await bot.caught_up()
        assert sorted(heard) == sorted([str(sent.id), str(pressed.id)])
        assert fake.gateway.resumed >= 1
        assert fake.gateway.identified == 1
        assert kept(tmp_path) == [WORDS]


async def test_after_a_break_that_was_too_long_presses_have_failed_visibly_and_messages_are_read(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock
) -> None:
    scene = server(fake)
    async with living(fake, tmp_path, clock) as bot:
        ada = await with_a_problem(bot, scene)
        await (await fake.command(ada, fake.town.dm(ada), "today")).answered()
        form = await scene.press(ada, scene.board(), "Answer")
        again = asyncio.Event()
        bot.line.client.listen("READY", lambda _: again.set())
        fake.gateway.forget_sessions(keep_sockets=True)
        lost = await fake.submit(ada, form, {"text": WORDS})
        write(fake, fake.town.dm(ada), ada, f"By message. {WORDS}")
        fake.gateway.abort()
        await asyncio.wait_for(again.wait(), 20)
        await bot.caught_up()
        clock.set(clock.now() + timedelta(seconds=4))
        assert not lost.is_answered  # Discord says so to whoever sent it, and the words are still in the form
        assert kept(tmp_path) == []
        assert ["Is this your answer" in one.text for one in private(fake, ada)] == [True]
        await scene.fill(ada, form, text=WORDS)
        assert kept(tmp_path) == [WORDS]


# --- Discord does something and does not say so --------------------------------------------------------------


@contextmanager
def forgetful(step: str) -> Iterator[None]:
    """The bot dies when it would note that a message was dealt with: that it was, it knows already."""

    async def die(*_: object) -> None:
        raise RuntimeError("dead")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Letters, step, die)
        yield


async def in_an_open_thread(bot: Bot, scene: Scene) -> User:
    """Ada is a member of a group with open threads."""
    await scene.found()
    await scene.press(scene.owner, await scene.do(scene.owner, "organise"), "Use open threads")
    return await scene.join("ada")


async def test_a_private_message_is_answered_once_though_the_bot_dies_after_its_answer(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock
) -> None:
    scene = server(fake)
    async with living(fake, tmp_path, clock) as bot:
        ada = await with_a_problem(bot, scene)
        await (await fake.command(ada, fake.town.dm(ada), "today")).answered()
        with forgetful("read_private"):
            await fake.write(ada, fake.town.dm(ada), WORDS)
            await bot.caught_up()
        assert len(private(fake, ada)) == 1
    clock.set(clock.now() + timedelta(minutes=10))
    async with living(fake, tmp_path, clock) as bot:
        await bot.caught_up()
        assert len(private(fake, ada)) == 1


async def test_a_reply_that_was_changed_after_the_bot_died_counts_as_it_stands(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock
) -> None:
    scene = server(fake)
    async with living(fake, tmp_path, clock, message_content=True) as bot:
        ada = await in_an_open_thread(bot, scene)
        await bot.wait(minutes=10)
        with forgetful("read_reply"):
            said = await fake.write(ada, fake.town.thread_of(scene.board()), WORDS)
            await bot.caught_up()
    said.content, said.edited_at = f"Changed. {WORDS}", clock.now()
    async with living(fake, tmp_path, clock, message_content=True) as bot:
        await bot.caught_up()
        assert kept(tmp_path) == [f"Changed. {WORDS}"]


async def test_a_reply_below_a_post_whose_answer_was_lost_is_an_answer(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thread was made, but nobody told the bot: for some seconds it does not know its own post."""
    monkeypatch.setattr("adapters.discord.hearing.EARLY", (0.01,) * 500)
    scene = server(fake)
    async with living(fake, tmp_path, clock, message_content=True) as bot:
        ada = await in_an_open_thread(bot, scene)
        fake.faults.reset_after(method="POST", path="/threads")
        await bot.wait(minutes=5, seconds=1)
        await fake.write(ada, fake.town.thread_of(scene.board()), WORDS)
        await bot.caught_up()
        assert kept(tmp_path) == []
        await bot.wait(minutes=5)
        while not kept(tmp_path):
            await bot.caught_up()
        assert kept(tmp_path) == [WORDS]


async def test_commands_that_discord_does_not_take_at_first_are_sent_again(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.discord.connect.SYNC_AGAIN", (0.01,))
    server(fake)
    fake.faults.answer(503, method="PUT", path="/commands", times=3)
    async with opened(fake, tmp_path, clock) as bot:
        await asyncio.wait_for(bot.line.synced.wait(), 20)
        assert fake.gateway.identified == 1

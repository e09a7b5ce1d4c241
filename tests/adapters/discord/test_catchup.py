"""What was written while the bot was away is read again, once, as far as Discord shows it."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.discord import catchup
from adapters.discord.inbound import TENANT
from adapters.discord.letters import Letters
from adapters.discord.rest import Rest
from bot.clock import TurnedClock
from bot.engine.outcome import Outcome
from bot.kernel.card import Card
from bot.kernel.event import Event, Told
from bot.kernel.ports import Posting, To
from tests.adapters.discord.line import WORDS, living, opened, private, server, with_a_problem
from tests.adapters.discord.test_hearing import answers, open_threads
from tests.discord_fake import rights
from tests.discord_fake.server import FakeDiscord
from tests.discord_fake.town import Channel, Message, User


@pytest.fixture
async def fake(clock: TurnedClock) -> AsyncIterator[FakeDiscord]:
    async with FakeDiscord(clock) as fake:
        yield fake
        assert fake.verdicts == []


def write(fake: FakeDiscord, channel: Channel, author: User, text: str) -> Message:
    """Somebody writes while no bot listens."""
    message = Message(fake.town.next_id(), channel, author, fake.clock.now(), text)
    fake.post(message)
    return message


async def test_private_messages_of_an_outage_are_answered_once(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock
) -> None:
    scene = server(fake)
    async with living(fake, tmp_path, clock) as bot:
        ada = await with_a_problem(bot, scene)
        await fake.write(ada, fake.town.dm(ada), f"Before. {WORDS}")
        await bot.caught_up()
    write(fake, fake.town.dm(ada), ada, f"First. {WORDS}")
    write(fake, fake.town.dm(ada), ada, f"Second. {WORDS}")
    for _ in range(2):
        async with living(fake, tmp_path, clock) as bot:
            await bot.caught_up()
            assert len(private(fake, ada)) == 3


async def test_more_than_a_page_of_private_messages_is_read_to_the_end(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock
) -> None:
    scene = server(fake)
    async with living(fake, tmp_path, clock) as bot:
        ada = await with_a_problem(bot, scene)
        await fake.write(ada, fake.town.dm(ada), WORDS)
        await bot.caught_up()
    fake.noise(fake.town.dm(ada), ada, 130)
    async with living(fake, tmp_path, clock) as bot:
        await bot.caught_up()
        assert len(private(fake, ada)) == 131


async def test_a_conversation_that_began_with_a_press_is_known_as_well(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock
) -> None:
    scene = server(fake)
    async with living(fake, tmp_path, clock) as bot:
        ada = await with_a_problem(bot, scene)
        await (await fake.command(ada, fake.town.dm(ada), "today")).answered()
    write(fake, fake.town.dm(ada), ada, WORDS)
    async with living(fake, tmp_path, clock) as bot:
        await bot.caught_up()
        assert len(private(fake, ada)) == 1


async def test_a_conversation_that_the_bot_began_is_known_as_well(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock
) -> None:
    scene = server(fake)
    async with living(fake, tmp_path, clock) as bot:
        ada = await with_a_problem(bot, scene)
        group = f"discord:{scene.guild.id}"
        await bot.app.courier.platforms[TENANT].post(Posting("hello", group, To(str(ada.id)), Card("Hello")))
    write(fake, fake.town.dm(ada), ada, WORDS)
    async with living(fake, tmp_path, clock) as bot:
        await bot.caught_up()
        assert len(private(fake, ada)) == 2


async def test_after_a_session_that_cannot_be_resumed_what_stands_is_read_again(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock
) -> None:
    scene = server(fake)
    async with living(fake, tmp_path, clock) as bot:
        ada = await with_a_problem(bot, scene)
        await fake.write(ada, fake.town.dm(ada), f"Before. {WORDS}")
        await bot.caught_up()
        fake.gateway.forget_sessions(keep_sockets=True)
        write(fake, fake.town.dm(ada), ada, f"Meanwhile. {WORDS}")
        again = asyncio.Event()
        bot.client.listen("READY", lambda _: again.set())
        fake.gateway.abort()
        await asyncio.wait_for(again.wait(), 20)
        await fake.write(ada, fake.town.dm(ada), f"After. {WORDS}")
        await bot.caught_up()
        assert fake.gateway.identified == 2
        assert len(private(fake, ada)) == 3
        questions = [message.text for message in private(fake, ada)]
        assert all("Is this your answer" in question for question in questions)


async def test_live_messages_wait_until_the_older_ones_stand_in_their_lines(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = server(fake)
    async with living(fake, tmp_path, clock) as bot:
        ada = await with_a_problem(bot, scene)
        await fake.write(ada, fake.town.dm(ada), WORDS)
        await bot.caught_up()
    write(fake, fake.town.dm(ada), ada, f"Meanwhile. {WORDS}")
    listed, list_private = asyncio.Event(), Letters.list_private

    async def slowly(letters: Letters) -> Sequence[int]:
        await listed.wait()
        return await list_private(letters)

    monkeypatch.setattr(Letters, "list_private", slowly)
    async with opened(fake, tmp_path, clock) as bot:
        told: list[str] = []
        handle = bot.app.engine.handle

        async def note(event: Event) -> Outcome:
            told.append(event.what.text.partition(".")[0] if isinstance(event.what, Told) else "")
            return await handle(event)

        bot.app.engine.handle = note  # type: ignore[method-assign]
        await fake.gateway.connected()
        live = Message(fake.town.next_id(), fake.town.dm(ada), ada, clock.now(), f"Live. {WORDS}")
        fake.gateway.message("MESSAGE_CREATE", live)  # and nowhere else
        await bot.heard()
        assert told == []
        listed.set()
        await bot.caught_up()
        assert told == ["Meanwhile", "Live"]


async def test_one_closed_conversation_does_not_keep_the_others_from_being_read(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock
) -> None:
    scene = server(fake)
    async with living(fake, tmp_path, clock) as bot:
        ada = await with_a_problem(bot, scene)
        bert = await scene.join("bert")
        for person in (ada, bert):
            await fake.write(person, fake.town.dm(person), WORDS)
            await bot.caught_up()
    for person in (ada, bert):
        write(fake, fake.town.dm(person), person, f"Again. {WORDS}")
    fake.faults.answer(403, 50001, method="GET", path=f"/channels/{fake.town.dm(bert).id}/messages")
    async with living(fake, tmp_path, clock) as bot:
        await bot.caught_up()
        assert [len(private(fake, person)) for person in (ada, bert)] == [2, 1]


async def test_replies_in_open_threads_are_read_again_with_edits_and_deletions(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock
) -> None:
    scene = server(fake)
    async with living(fake, tmp_path, clock, message_content=True) as bot:
        ada = await open_threads(bot, scene)
        bert, cleo = await scene.join("bert"), await scene.join("cleo")
        thread = fake.town.thread_of(scene.board())
        hers, his = [await fake.write(one, thread, WORDS) for one in (ada, bert)]
        await bot.caught_up()
        assert await answers(bot, scene) == "2"
    hers.content, hers.edited_at = "I have thought about it, and now I say this.", clock.now()
    thread.messages.pop(his.id)
    write(fake, thread, cleo, WORDS)
    for _ in range(2):
        async with living(fake, tmp_path, clock, message_content=True) as bot:
            await bot.caught_up()
            assert await answers(bot, scene) == "2"
            read = await scene.press(cleo, scene.board(), "Read answers")
            assert "now I say this" in " ".join(message.text for message in read.messages)


async def test_a_long_thread_is_read_as_far_as_it_was_not_read_before(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock
) -> None:
    scene = server(fake)
    async with living(fake, tmp_path, clock, message_content=True) as bot:
        ada = await open_threads(bot, scene)
        bert = await scene.join("bert")
        thread = fake.town.thread_of(scene.board())
        await fake.write(ada, thread, WORDS)
        await bot.caught_up()
    write(fake, thread, bert, WORDS)
    fake.noise(thread, fake.town.add_user("machine", bot=True), 250)
    async with living(fake, tmp_path, clock, message_content=True) as bot:
        await bot.caught_up()
        assert await answers(bot, scene) == "2"


async def test_threads_are_not_read_without_the_intent(fake: FakeDiscord, tmp_path: Path, clock: TurnedClock) -> None:
    scene = server(fake)
    async with living(fake, tmp_path, clock) as bot:
        ada = await open_threads(bot, scene)
    write(fake, fake.town.thread_of(scene.board()), ada, WORDS)
    before = len(fake.sent("GET", "/channels/{channel_id}/messages"))
    async with living(fake, tmp_path, clock) as bot:
        await bot.caught_up()
        assert len(fake.sent("GET", "/channels/{channel_id}/messages")) == before


@pytest.mark.parametrize("how", ["refused", "shown nothing", "in trouble"])
async def test_where_the_bot_may_not_look_back_nobodys_answer_is_taken_for_deleted(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr(catchup, "WAITS", (0.0,))
    scene = server(fake)
    async with living(fake, tmp_path, clock, message_content=True) as bot:
        ada = await open_threads(bot, scene)
        thread = fake.town.thread_of(scene.board())
        await fake.write(ada, thread, WORDS)
        await bot.caught_up()
        assert await answers(bot, scene) == "1"
    if how == "refused":
        fake.faults.answer(403, 50001, method="GET", path=f"/channels/{thread.id}/messages")
    elif how == "in trouble":
        fake.faults.answer(503, method="GET", path=f"/channels/{thread.id}/messages", times=2)
    else:
        for role in scene.guild.roles.values():
            role.permissions &= ~rights.READ_MESSAGE_HISTORY
    async with living(fake, tmp_path, clock, message_content=True) as bot:
        await bot.caught_up()
        assert await answers(bot, scene) == "1"


async def test_a_conversation_that_could_not_be_read_at_first_is_read_a_little_later(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catchup, "WAITS", (0.0, 0.0))
    scene = server(fake)
    async with living(fake, tmp_path, clock) as bot:
        ada = await with_a_problem(bot, scene)
        await (await fake.command(ada, fake.town.dm(ada), "today")).answered()
    write(fake, fake.town.dm(ada), ada, WORDS)
    fake.faults.answer(503, method="GET", path=f"/channels/{fake.town.dm(ada).id}/messages", times=2)
    async with living(fake, tmp_path, clock) as bot:
        await bot.caught_up()
        assert len(private(fake, ada)) == 1


async def test_only_a_few_of_many_conversations_are_read_at_once(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    server(fake)
    letters = await Letters.open(tmp_path, clock)
    for number in range(40):
        user = fake.town.add_user(f"user {number}")
        await letters.know(fake.town.dm(user).id, user.id, fake.town.next_id())
    await letters.close()
    monkeypatch.setattr("adapters.discord.replies.Replies.forget_unknown", _nothing)
    flying, most, asked, call = 0, 0, 0, Rest.call

    async def count(rest: Rest, method: str, path: str, **said: Any) -> Any:
        nonlocal flying, most, asked
        if (method, path) != ("GET", catchup.MESSAGES):
            return await call(rest, method, path, **said)
        flying, asked = flying + 1, asked + 1
        most = max(most, flying)
        try:
            return await call(rest, method, path, **said)
        finally:
            flying -= 1

    monkeypatch.setattr(Rest, "call", count)
    async with living(fake, tmp_path, clock):
        assert asked == 40
        assert most <= catchup.AT_ONCE


async def _nothing(_: object) -> None:
    """Nobody is forgotten."""


async def test_what_was_written_in_time_is_not_late_when_it_is_read_later(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock
) -> None:
    scene = server(fake)
    async with living(fake, tmp_path, clock, message_content=True) as bot:
        ada = await open_threads(bot, scene)
    write(fake, fake.town.thread_of(scene.board()), ada, WORDS)
    clock.go(timedelta(days=2))
    async with living(fake, tmp_path, clock, message_content=True) as bot:
        await bot.caught_up()
    with closing(sqlite3.connect(tmp_path / "whetstone.db")) as db:
        assert db.execute("SELECT text, late FROM answers_kept").fetchall() == [(WORDS, 0)]

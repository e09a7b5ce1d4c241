"""What the Discord adapter remembers by itself is little, and goes with the person."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import discord
import pytest

from adapters.discord.letters import KEPT, PRIVATE_KEPT, Letters
from bot.clock import TurnedClock
from tests.adapters.discord.line import WORDS, living, server, with_a_problem
from tests.discord_fake.server import FakeDiscord


@asynccontextmanager
async def remembered(folder: Path, clock: TurnedClock) -> AsyncIterator[Letters]:
    letters = await Letters.open(folder, clock)
    try:
        yield letters
    finally:
        await letters.close()  # or its thread keeps the process alive


@pytest.fixture
async def letters(tmp_path: Path, clock: TurnedClock) -> AsyncIterator[Letters]:
    async with remembered(tmp_path, clock) as letters:
        yield letters


async def test_a_conversation_is_read_forwards_only(letters: Letters) -> None:
    await letters.read_private(5, 1, 100)
    await letters.read_private(5, 1, 90)
    await letters.know(5, 1, 200)
    assert await letters.list_private() == [5]
    assert await letters.find_private(5) == 100
    assert await letters.find_private(6) == 0


async def test_the_writer_of_a_reply_is_known_until_it_is_gone(letters: Letters) -> None:
    await letters.read_reply(7, 20, 1)
    await letters.read_reply(7, 10, 2)
    assert (await letters.find_newest(7), await letters.find_writer(10)) == (20, 2)
    assert await letters.list_replies(7, 15) == [20]
    await letters.forget_reply(10)
    assert await letters.find_writer(10) == 0


async def test_a_server_is_welcomed_once_and_again_after_it_was_left(letters: Letters) -> None:
    assert [await letters.welcome(1), await letters.welcome(1), await letters.welcome(2)] == [True, False, True]
    await letters.leave(1)
    assert await letters.welcome(1)


async def test_nothing_is_left_of_whoever_is_forgotten(letters: Letters) -> None:
    for person in (1, 2):
        await letters.know(person * 10, person, 5)
        await letters.read_reply(7, person, person)
    await letters.forget("1")
    assert await letters.list_private() == [20]
    assert await letters.list_people() == ["2"]
    assert [await letters.find_writer(1), await letters.find_writer(2)] == [0, 2]


async def test_old_threads_and_then_old_conversations_are_forgotten_at_the_next_start(
    tmp_path: Path, clock: TurnedClock
) -> None:
    early = discord.utils.time_snowflake(clock.now())
    async with remembered(tmp_path, clock) as letters:
        await letters.read_reply(7, early, 1)
        await letters.know(8, 1, early)
    clock.go(KEPT + timedelta(days=1))
    async with remembered(tmp_path, clock) as letters:
        assert (await letters.find_newest(7), await letters.find_writer(early)) == (0, 0)
        assert await letters.find_private(8) == early
    clock.go(PRIVATE_KEPT - KEPT)
    async with remembered(tmp_path, clock) as letters:
        assert await letters.list_private() == []


async def test_whoever_is_erased_is_forgotten_at_the_next_start_where_that_failed_at_first(
    tmp_path: Path, clock: TurnedClock
) -> None:
    async def broken(*_: object) -> None:
        raise OSError("the disk is full")

    async with FakeDiscord(clock) as fake:
        scene = server(fake)
        async with living(fake, tmp_path, clock) as bot:
            ada, bert = await with_a_problem(bot, scene), await scene.join("bert")
            for person in (ada, bert):
                await fake.write(person, fake.town.dm(person), WORDS)
            await bot.caught_up()
            home = await (await fake.command(ada, fake.town.dm(ada), "privacy")).answered()
            await bot.caught_up()
            asked = await scene.press(ada, home, "Erase my data")
            sure = await scene.press(ada, asked, "Erase my data")
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(Letters, "forget", broken)
                done = await scene.press(ada, sure, "Yes, erase everything")
                await bot.caught_up()
            assert "went wrong" not in done.messages[-1].text
        async with remembered(tmp_path, clock) as letters:
            assert set(await letters.list_people()) == {str(ada.id), str(bert.id)}
        async with living(fake, tmp_path, clock) as bot:
            await bot.caught_up()
        async with remembered(tmp_path, clock) as letters:
            assert await letters.list_people() == [str(bert.id)]


async def test_erasing_oneself_reaches_what_the_adapter_remembers(tmp_path: Path, clock: TurnedClock) -> None:
    async with FakeDiscord(clock) as fake:
        scene = server(fake)
        async with living(fake, tmp_path, clock) as bot:
            ada = await with_a_problem(bot, scene)
            await fake.write(ada, fake.town.dm(ada), WORDS)
            await bot.caught_up()
            home = await (await fake.command(ada, fake.town.dm(ada), "privacy")).answered()
            await bot.caught_up()
            asked = await scene.press(ada, home, "Erase my data")
            sure = await scene.press(ada, asked, "Erase my data")
            assert (await scene.press(ada, sure, "Yes, erase everything")).messages
            await bot.caught_up()
        async with remembered(tmp_path, clock) as letters:
            assert await letters.list_private() == []
        assert str(ada.id).encode() not in (tmp_path / "discord.db").read_bytes()
        assert fake.verdicts == []

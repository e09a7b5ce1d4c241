"""What the Discord adapter remembers by itself is little, and goes with the person."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import discord
import pytest

from adapters.discord.letters import KEPT, Letters, Private
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
    assert await letters.list_private() == [Private(5, 1, 100)]
    assert await letters.find_private(5) == 100
    assert await letters.find_private(6) == 0


async def test_the_writer_of_a_reply_is_known_until_it_is_gone(letters: Letters) -> None:
    await letters.read_reply(7, 20, 1)
    await letters.read_reply(7, 10, 2)
    assert (await letters.find_thread(7), await letters.find_writer(10)) == (20, 2)
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
    assert [one.person for one in await letters.list_private()] == [2]
    assert [await letters.find_writer(1), await letters.find_writer(2)] == [0, 2]


async def test_old_threads_are_forgotten_at_the_next_start(tmp_path: Path, clock: TurnedClock) -> None:
    early = discord.utils.time_snowflake(clock.now())
    async with remembered(tmp_path, clock) as letters:
        await letters.read_reply(7, early, 1)
        await letters.know(8, 1, early)
    clock.go(KEPT * 2)
    async with remembered(tmp_path, clock) as letters:
        assert (await letters.find_thread(7), await letters.find_writer(early)) == (0, 0)
        assert await letters.find_private(8) == early  # a person may come back after a year


async def test_erasing_oneself_reaches_what_the_adapter_remembers(tmp_path: Path, clock: TurnedClock) -> None:
    async with FakeDiscord(clock) as fake:
        scene = server(fake)
        async with living(fake, tmp_path, clock) as bot:
            ada = await with_a_problem(bot, scene)
            await fake.write(ada, fake.town.dm(ada), WORDS)
            await bot.caught_up()
            home = await (await fake.command(ada, fake.town.dm(ada), "privacy")).answered()
            asked = await scene.press(ada, home, "Erase my data")
            sure = await scene.press(ada, asked, "Erase my data")
            assert (await scene.press(ada, sure, "Yes, erase everything")).messages
            await bot.caught_up()
        async with remembered(tmp_path, clock) as letters:
            assert await letters.list_private() == []
        assert str(ada.id).encode() not in (tmp_path / "discord.db").read_bytes()
        assert fake.verdicts == []

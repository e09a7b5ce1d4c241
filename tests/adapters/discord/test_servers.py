"""What an organiser sees of the bot in their server: where it says hello, and where its sentences send them."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.discord.permissions import ANOTHER_CHANNEL
from bot.clock import TurnedClock
from tests.adapters.discord.line import living, server
from tests.discord_fake.rights import Overwrite
from tests.discord_fake.server import FakeDiscord


@pytest.fixture
async def fake(clock: TurnedClock) -> AsyncIterator[FakeDiscord]:
    async with FakeDiscord(clock) as fake:
        yield fake
        assert fake.verdicts == []


async def test_the_welcome_stands_where_everybody_reads_and_writes(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock
) -> None:
    scene = server(fake)
    rules, staff, general = scene.channel, *(fake.town.add_channel(scene.guild, name) for name in ("staff", "general"))
    fake.town.forbid(rules, 1 << 11, scene.guild.everyone)
    fake.town.forbid(staff, 1 << 10, scene.guild.everyone)
    for channel in (rules, staff):
        channel.overwrites[fake.town.bot.id] = Overwrite(fake.town.bot.id, True, 1 << 10 | 1 << 11, 0)
    async with living(fake, tmp_path, clock):
        assert [len(channel.messages) for channel in (rules, staff, general)] == [0, 0, 1]


async def test_the_way_to_another_channel_is_the_way_on_the_desk(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock
) -> None:
    """One sentence says it everywhere; its words are those of features that the adapter does not know."""
    labels = re.findall("“(.+?)”", ANOTHER_CHANNEL)
    assert len(labels) == 2
    scene = server(fake)
    async with living(fake, tmp_path, clock):
        await scene.found()
        assert "/study organise" in ANOTHER_CHANNEL
        seen = await scene.do(scene.owner, "organise")
        for label in labels:
            seen = await scene.press(scene.owner, seen, label)
        assert "did not work" not in seen.describe()

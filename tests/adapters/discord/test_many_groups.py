"""Two hundred servers whose problems are due at the same minute."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.discord.rest import PER_SECOND
from bot.clock import TurnedClock
from bot.kernel.action import Action
from bot.kernel.event import Event, Person, Pressed, Submitted
from tests.adapters.discord.line import Bot, Scene, living, private
from tests.discord_fake import rights
from tests.discord_fake.limits import STRICT
from tests.discord_fake.server import FakeDiscord
from tests.discord_fake.town import Message

GROUPS = 200
NINE = datetime(2026, 1, 5, 8, tzinfo=UTC)  # 09:00 in Berlin
FASTER = 4  # the limit of all routes together, and our pace below it, so that nobody waits half a minute here
BERLIN = "Europe/Berlin"


@pytest.fixture
async def fake(clock: TurnedClock) -> AsyncIterator[FakeDiscord]:
    """Discord with the limits that it has: for each route, and for all together."""
    most, span = STRICT.together
    async with FakeDiscord(clock, limits=replace(STRICT, together=(most * FASTER, span))) as fake:
        yield fake
        assert fake.verdicts == []


def servers(fake: FakeDiscord) -> list[Scene]:
    found = []
    for number in range(GROUPS):
        owner = fake.town.add_user(f"Olga {number}")
        guild = fake.town.add_guild(f"Study hall {number}", owner)
        guild.joined_at = fake.clock.now() - timedelta(days=30)
        assert guild.system_channel
        found.append(Scene(fake, guild, owner, guild.system_channel))
    return found


async def do(bot: Bot, scene: Scene, what: Pressed | Submitted) -> None:
    """What the owner presses or sends, without the way there: that is not what takes time at nine."""
    event = Event(
        f"{scene.guild.id}/{what.action.route}", "discord", f"discord:{scene.guild.id}", str(scene.channel.id),
        Person(str(scene.owner.id), scene.owner.name, BERLIN, manages=True), bot.clock.now(), what,
        title=scene.guild.name,
    )  # fmt: skip
    assert (await bot.app.engine.handle(event)).refused is None


async def want_a_reminder_at_nine(bot: Bot, scene: Scene) -> None:
    """The owner is a member in another country, where it is half past twelve then: one of the times to choose from."""
    await do(bot, scene, Pressed(Action.to("members.join")))
    await do(bot, scene, Submitted(Action.to("members.keep_zone"), {"city": "Kabul"}))
    await do(bot, scene, Pressed(Action.to("nudges.hour"), "12:30"))


def problems(scene: Scene) -> list[Message]:
    return [one for one in scene.channel.messages.values() if any(b["label"] == "Answer" for b in one.buttons)]


async def to_mend(scene: Scene) -> list[str]:
    """What the desk lists as failed, line by line."""
    desk = (await scene.do(scene.owner, "organise")).messages[0].text
    _, found, after = desk.partition("To mend:\n")
    return [line for line in after.splitlines() if line.startswith("- ")] if found else []


async def test_all_are_posted_at_once_and_the_trouble_of_one_is_a_line_on_its_organisers_desk(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock
) -> None:
    scenes = servers(fake)
    shut, closed, fine = scenes[0], scenes[100], scenes[199]
    async with living(fake, tmp_path, clock, per_second=PER_SECOND * FASTER) as bot:
        for scene in scenes:
            await do(bot, scene, Pressed(Action.to("organiser.setup")))
        await want_a_reminder_at_nine(bot, closed)
        await bot.app.settle()
        fake.town.forbid(shut.channel, rights.SEND_MESSAGES)
        fake.change_channel(shut.channel)
        fake.town.close_dms(closed.owner)
        await bot.caught_up()

        clock.set(NINE)
        await bot.app.settle()  # the clock stands: whoever had to wait for another is not posted

        posted = [one for scene in scenes for one in problems(scene)]
        assert len(posted) == GROUPS - 1
        assert {one.at for one in posted} == {NINE}
        assert all(one.thread for one in posted)
        assert problems(shut) == []
        assert fake.throttled == []

        assert await to_mend(fine) == []
        (write,) = await to_mend(shut)
        assert "Allow “Send Messages” for Whetstone" in write
        assert [note.text.partition("\n")[0] for note in private(fake, shut.owner)] == [
            "## I could not send a message today."
        ]
        (allow,) = await to_mend(closed)
        assert allow.startswith("- Private notes do not reach you. Allow private messages")
        assert allow.endswith("then Direct Messages.")

        fake.town.allow(shut.channel, rights.SEND_MESSAGES)
        fake.town.open_dms(closed.owner)
        for scene in (shut, closed):
            desk = await scene.do(scene.owner, "organise")
            await scene.press(scene.owner, desk, "Try the failed ones again")
        await bot.app.settle()
        assert [await to_mend(scene) for scene in (shut, closed)] == [[], []]
        assert len(problems(shut)) == 1
        assert len(private(fake, closed.owner)) == 1

"""The pretended gateway keeps sessions, filters by intents and breaks as the real one does."""

from collections.abc import AsyncIterator

import discord
import pytest

from bot.clock import TurnedClock
from tests.adapters.discord.stage import Json, Listener, connected, redirected
from tests.discord_fake import rights
from tests.discord_fake.server import FakeDiscord
from tests.discord_fake.town import Channel, Guild


@pytest.fixture
async def fake(clock: TurnedClock) -> AsyncIterator[FakeDiscord]:
    async with FakeDiscord(clock) as fake:
        fake.town.add_guild("Study", fake.town.add_user("Olga"))
        yield fake
        assert [str(verdict) for verdict in fake.verdicts] == []


def study(fake: FakeDiscord) -> Guild:
    return next(iter(fake.town.guilds.values()))


def general(fake: FakeDiscord) -> Channel:
    found = study(fake).system_channel
    assert found
    return found


def talker() -> Listener:
    return Listener(guild_messages=True, message_content=True, dm_messages=True)


def words(heard: list[Json]) -> list[str]:
    return [data["content"] for data in heard]


async def test_a_client_hears_ready_with_closed_servers_and_then_each_server(fake: FakeDiscord) -> None:
    client = Listener()
    async with connected(fake, client):
        await client.hear("GUILD_CREATE")
        [ready] = client.of("READY")
        assert ready["guilds"] == [{"id": str(study(fake).id), "unavailable": True}]
        server = client.get_guild(study(fake).id)
        assert server
        assert server.me.guild_permissions.manage_threads


async def test_a_wrong_token_is_refused_at_the_gateway(fake: FakeDiscord) -> None:
    client = Listener()
    with redirected(fake):
        await client.login(fake.token)
        fake.token += "-changed"
        with pytest.raises(discord.ConnectionClosed) as caught:
            await client.connect()
        await client.close()
    assert caught.value.code == 4004


async def test_a_privileged_intent_that_is_not_switched_on_is_refused(clock: TurnedClock) -> None:
    async with FakeDiscord(clock, message_content=False) as fake:
        with pytest.raises(discord.PrivilegedIntentsRequired):
            async with connected(fake, Listener(message_content=True)):
                pass


async def test_without_the_intent_words_are_empty_except_those_meant_for_us(clock: TurnedClock) -> None:
    async with FakeDiscord(clock, message_content=False) as fake:
        guild = fake.town.add_guild("Study", fake.town.add_user("Olga"))
        channel, olga = guild.system_channel, guild.owner
        assert channel
        client = Listener(guild_messages=True, dm_messages=True)
        async with connected(fake, client):
            await fake.write(olga, channel, "secret")
            await fake.write(olga, channel, f"{fake.town.bot.mention} hello")
            await fake.write(olga, None, "private")
            heard = await client.hear("MESSAGE_CREATE", 3)
            assert words(heard) == ["", f"{fake.town.bot.mention} hello", "private"]


async def test_messages_come_to_those_with_the_intent_alone(fake: FakeDiscord) -> None:
    client = Listener(dm_messages=True)
    async with connected(fake, client):
        message = await fake.write(study(fake).owner, general(fake), "in the channel")
        await fake.delete(message)
        await fake.write(study(fake).owner, None, "in private")
        assert words(await client.hear("MESSAGE_CREATE")) == ["in private"]
        assert client.of("MESSAGE_DELETE") == []


async def test_who_leaves_is_told_with_the_members_intent_alone(fake: FakeDiscord) -> None:
    client = talker()
    ada = fake.town.add_user("Ada")
    fake.town.join(study(fake), ada)
    async with connected(fake, client):
        fake.leave(ada, study(fake))
        await fake.write(study(fake).owner, None, "later")
        await client.hear("MESSAGE_CREATE")
        assert client.of("GUILD_MEMBER_REMOVE") == []


async def test_our_own_messages_are_echoed(fake: FakeDiscord) -> None:
    client = talker()
    async with connected(fake, client):
        await client.hear("GUILD_CREATE")
        channel = client.get_channel(general(fake).id)
        assert isinstance(channel, discord.TextChannel)
        await channel.send("hello")
        [heard] = await client.hear("MESSAGE_CREATE")
        assert (heard["author"]["id"], heard["content"]) == (str(fake.town.bot.id), "hello")


async def test_edits_and_deletions_are_told(fake: FakeDiscord) -> None:
    client = talker()
    async with connected(fake, client):
        message = await fake.write(study(fake).owner, general(fake), "first")
        await fake.edit(message, "second")
        await fake.delete(message)
        [gone] = await client.hear("MESSAGE_DELETE")
        assert gone["id"] == str(message.id)
        assert words(client.of("MESSAGE_UPDATE")) == ["second"]


@pytest.mark.parametrize("way", ["reconnect", "abort", "invalid but resumable"])
async def test_after_a_break_a_session_is_resumed_and_what_was_missed_comes_in_order(
    fake: FakeDiscord, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discord.backoff.ExponentialBackoff, "delay", lambda self: 0.01)
    client = talker()
    async with connected(fake, client):
        await fake.write(study(fake).owner, general(fake), "before")
        await client.hear("MESSAGE_CREATE")
        if way == "reconnect":
            await fake.gateway.reconnect()
        elif way == "abort":
            fake.gateway.abort()
        else:
            await fake.gateway.invalidate(resumable=True)
        for n in range(3):
            await fake.write(study(fake).owner, general(fake), f"missed {n}")
        await client.hear("RESUMED")
        await fake.write(study(fake).owner, general(fake), "after")
        heard = words(await client.hear("MESSAGE_CREATE", 5))
        assert heard == ["before", "missed 0", "missed 1", "missed 2", "after"]
        assert fake.gateway.identified == 1


class Eager(Listener):
    """Identifies again without the five seconds that the library lets pass."""

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None: ...


async def test_after_an_invalid_session_the_bot_comes_anew(fake: FakeDiscord) -> None:
    client = Eager()
    async with connected(fake, client):
        await client.hear("READY")
        await fake.gateway.invalidate()
        await client.hear("READY", 2)
        assert fake.gateway.identified == 2


async def test_a_bot_that_comes_back_as_a_new_process_identifies_and_the_old_session_is_gone(fake: FakeDiscord) -> None:
    async with connected(fake, Listener()):
        pass
    async with connected(fake, Listener()):
        assert fake.gateway.identified == 2
        assert len(fake.gateway.sessions) == 1


async def test_a_silent_gateway_answers_no_heartbeat_and_sends_nothing(fake: FakeDiscord) -> None:
    client = talker()
    async with connected(fake, client):
        await client.hear("GUILD_CREATE")
        fake.gateway.silence()
        await fake.write(study(fake).owner, general(fake), "unheard")
        channel = client.get_channel(general(fake).id)
        assert isinstance(channel, discord.TextChannel)
        await channel.send("over the other wire")  # REST still works; a round trip in which nothing came
        assert client.of("MESSAGE_CREATE") == []
        fake.gateway.speak()
        assert words(await client.hear("MESSAGE_CREATE", 2)) == ["unheard", "over the other wire"]


async def test_servers_channels_roles_and_people_come_and_go(clock: TurnedClock) -> None:
    async with FakeDiscord(clock, members=True) as fake:
        olga, ada = fake.town.add_user("Olga"), fake.town.add_user("Ada")
        guild, other = fake.town.add_guild("Study", olga), fake.town.add_guild("Other", olga, with_bot=False)
        fake.town.join(guild, ada)
        extra = fake.town.add_channel(guild, "extra")
        client = Listener(members=True)
        async with connected(fake, client):
            await client.hear("GUILD_CREATE")
            fake.join_guild(other)
            fake.remove_channel(extra)
            fake.change_role(guild, guild.role("Whetstone"), rights.VIEW_CHANNEL)
            fake.leave(ada, guild)
            fake.take_role(guild, fake.town.bot, guild.role("Whetstone"))
            fake.outage(guild)
            fake.leave_guild(other)
            await client.hear("GUILD_DELETE", 2)
            told = [name for name, _ in client.heard]
            assert told == [
                "READY",
                "GUILD_CREATE",
                "GUILD_CREATE",
                "CHANNEL_DELETE",
                "GUILD_ROLE_UPDATE",
                "GUILD_MEMBER_REMOVE",
                "GUILD_MEMBER_UPDATE",
                "GUILD_DELETE",
                "GUILD_DELETE",
            ]
            assert [data.get("unavailable", False) for data in client.of("GUILD_DELETE")] == [True, False]


async def test_a_strange_payload_can_be_pushed_as_it_is(fake: FakeDiscord) -> None:
    client = Listener()
    async with connected(fake, client):
        fake.gateway.push("SOMETHING_NEW", {"odd": None})
        assert await client.hear("SOMETHING_NEW") == [{"odd": None}]


async def test_the_same_event_can_come_twice(fake: FakeDiscord) -> None:
    client = talker()
    async with connected(fake, client):
        await fake.write(study(fake).owner, general(fake), "once")
        await fake.redeliver()
        first, second = await client.hear("MESSAGE_CREATE", 2)
        assert first["id"] == second["id"]

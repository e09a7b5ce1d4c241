"""The pretended Discord answers the real discord.py client as Discord does."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aiohttp
import discord
import pytest

from bot.clock import TurnedClock
from tests.adapters.discord.stage import Listener, connected
from tests.discord_fake import account, rights
from tests.discord_fake.limits import Limits
from tests.discord_fake.server import FakeDiscord
from tests.discord_fake.town import FORUM, Channel, Guild, User


class Bench:
    """A server with one channel, and the client that sees it."""

    def __init__(self, fake: FakeDiscord, client: Listener, guild: Guild) -> None:
        self.fake, self.client, self.guild = fake, client, guild
        assert guild.system_channel
        self.channel: Channel = guild.system_channel
        self.olga: User = guild.owner

    @property
    def general(self) -> discord.TextChannel:
        found = self.client.get_channel(self.channel.id)
        assert isinstance(found, discord.TextChannel)
        return found

    async def refused(self, call: Any) -> tuple[int, int]:
        """(status, code) of the error."""
        with pytest.raises(discord.HTTPException) as caught:
            await call
        return caught.value.status, caught.value.code


@pytest.fixture
async def bench(clock: TurnedClock) -> AsyncIterator[Bench]:
    async with FakeDiscord(clock) as fake:
        guild = fake.town.add_guild("Study", fake.town.add_user("Olga"))
        client = Listener(guild_messages=True, message_content=True, dm_messages=True)
        async with connected(fake, client):
            await client.hear("GUILD_CREATE")
            yield Bench(fake, client, guild)
        assert [str(verdict) for verdict in fake.verdicts] == []


async def test_the_same_nonce_twice_is_one_message(bench: Bench) -> None:
    first = await bench.general.send("hello", nonce="morning")
    again = await bench.general.send("hello", nonce="morning")
    assert first.id == again.id
    assert len(bench.fake.created) == 1


async def test_a_nonce_is_forgotten_after_its_window(bench: Bench, clock: TurnedClock) -> None:
    first = await bench.general.send("hello", nonce="morning")
    clock.set(clock.now() + bench.fake.nonce_window + timedelta(seconds=1))
    assert (await bench.general.send("hello", nonce="morning")).id != first.id


async def test_a_nonce_whose_message_was_deleted_is_unknown(bench: Bench) -> None:
    first = await bench.general.send("hello", nonce="morning")
    await first.delete()
    assert await bench.refused(bench.general.send("hello", nonce="morning")) == (404, 10008)


async def test_ids_grow_with_time_even_while_the_clock_stands(bench: Bench) -> None:
    sent = [(await bench.general.send(str(n))).id for n in range(5)]
    assert sent == sorted(set(sent))
    assert abs(discord.utils.snowflake_time(sent[0]) - bench.fake.clock.now()) < timedelta(seconds=1)


async def test_a_thread_has_the_id_of_its_message_and_is_made_once(bench: Bench) -> None:
    message = await bench.general.send("today")
    thread = await message.create_thread(name="Monday")
    assert thread.id == message.id
    assert await bench.refused(message.create_thread(name="Monday")) == (400, 160004)


async def test_the_answer_to_an_edit_says_whether_there_is_a_thread(bench: Bench) -> None:
    message = await bench.general.send("today")
    assert not (await message.edit(content="a")).flags.has_thread
    await message.create_thread(name="Monday")
    assert (await message.edit(content="b")).flags.has_thread


async def test_active_threads_have_a_limit(bench: Bench) -> None:
    bench.fake.active_threads = 1
    first, second = await bench.general.send("one"), await bench.general.send("two")
    thread = await first.create_thread(name="one")
    assert await bench.refused(second.create_thread(name="two")) == (400, 160006)
    await thread.edit(archived=True)
    assert (await second.create_thread(name="two")).id == second.id


async def test_an_archived_thread_takes_messages_and_no_edits(bench: Bench) -> None:
    thread = await (await bench.general.send("today")).create_thread(name="Monday")
    note = await thread.send("first")
    await thread.edit(archived=True)
    assert await bench.refused(note.edit(content="changed")) == (400, 50083)
    await thread.send("second")
    assert not bench.fake.town.channels[thread.id].archived


async def test_a_locked_archived_thread_takes_nothing(bench: Bench) -> None:
    thread = await (await bench.general.send("today")).create_thread(name="Monday")
    await thread.edit(archived=True, locked=True)
    assert await bench.refused(thread.send("late")) == (400, 50083)


async def test_locking_needs_the_right_to_manage_threads_and_archiving_ones_own_does_not(bench: Bench) -> None:
    thread = await (await bench.general.send("today")).create_thread(name="Monday")
    bench.fake.town.forbid(bench.channel, rights.MANAGE_THREADS)
    assert await bench.refused(thread.edit(archived=True, locked=True)) == (403, 50013)
    assert (await thread.edit(archived=True)).archived


async def test_a_private_thread_has_those_who_were_added(bench: Bench) -> None:
    ada = bench.fake.town.add_user("Ada")
    room = await bench.general.create_thread(name="Pair", type=discord.ChannelType.private_thread, invitable=False)
    assert await bench.refused(room.add_user(discord.Object(ada.id))) == (404, 10007)
    bench.fake.town.join(bench.guild, ada)
    await room.add_user(discord.Object(ada.id))
    inside = bench.fake.town.channels[room.id]
    assert ada.id in inside.members
    assert bench.fake.town.permissions(ada, inside) & rights.VIEW_CHANNEL
    await room.remove_user(discord.Object(ada.id))
    assert not bench.fake.town.permissions(ada, inside)


async def test_who_is_in_a_thread_is_told_with_the_members_intent_alone(bench: Bench) -> None:
    room = await bench.general.create_thread(name="Pair", type=discord.ChannelType.private_thread)
    assert await bench.refused(room.fetch_members()) == (403, 50001)
    bench.fake.members_intent = True
    assert [member.id for member in await room.fetch_members()] == [bench.fake.town.bot.id]


async def test_a_post_in_a_forum_is_a_thread_and_its_first_message(bench: Bench) -> None:
    place = bench.fake.town.add_channel(bench.guild, "problems", FORUM)
    bench.fake.join_guild(bench.guild)
    await bench.client.hear("GUILD_CREATE", 2)
    forum = bench.client.get_channel(place.id)
    assert isinstance(forum, discord.ForumChannel)
    post = await forum.create_thread(name="Monday", content="today")
    assert post.thread.id == post.message.id
    assert bench.fake.town.channels[post.thread.id].parent is place


async def test_open_threads_of_a_server_are_listed_and_archived_ones_are_not(bench: Bench) -> None:
    one = await (await bench.general.send("one")).create_thread(name="one")
    two = await (await bench.general.send("two")).create_thread(name="two")
    await two.edit(archived=True)
    server = bench.client.get_guild(bench.guild.id)
    assert server
    assert [thread.id for thread in await server.active_threads()] == [one.id]
    assert [thread.id async for thread in bench.general.archived_threads()] == [two.id]


async def test_history_is_read_forwards_and_backwards(bench: Bench) -> None:
    sent = [(await bench.general.send(str(n))).id for n in range(7)]
    after = [m.id async for m in bench.general.history(after=discord.Object(sent[2]), oldest_first=True, limit=3)]
    before = [m.id async for m in bench.general.history(before=discord.Object(sent[2]))]
    around = [m.id async for m in bench.general.history(around=discord.Object(sent[3]), limit=3)]
    assert (after, before, sorted(around)) == (sent[3:6], sent[1::-1], sent[2:5])


@pytest.mark.parametrize(
    ("missing", "code"), [(rights.VIEW_CHANNEL, 50001), (rights.SEND_MESSAGES, 50013), (rights.ATTACH_FILES, 50013)]
)
async def test_a_missing_permission_has_its_code(bench: Bench, missing: int, code: int) -> None:
    channel = bench.general
    bench.fake.town.forbid(bench.channel, missing)
    file = discord.File(__file__, "plan.txt")
    assert await bench.refused(channel.send("hello", file=file)) == (403, code)


async def test_pinning_has_a_right_of_its_own(bench: Bench) -> None:
    message = await bench.general.send("today")
    await message.pin()
    assert (await message.fetch()).pinned
    await message.unpin()
    bench.fake.town.forbid(bench.channel, rights.PIN_MESSAGES)
    assert await bench.refused(message.pin()) == (403, 50013)


async def test_without_the_history_right_a_channel_looks_empty(bench: Bench) -> None:
    await bench.general.send("hello")
    bench.fake.town.forbid(bench.channel, rights.READ_MESSAGE_HISTORY)
    assert [m async for m in bench.general.history()] == []


async def test_what_is_not_there_is_unknown(bench: Bench) -> None:
    channel = bench.general
    assert await bench.refused(channel.fetch_message(1)) == (404, 10008)
    bench.fake.remove_channel(bench.channel)
    assert await bench.refused(channel.send("hello")) == (404, 10003)


async def test_only_ones_own_messages_can_be_edited(bench: Bench) -> None:
    theirs = await bench.fake.write(bench.olga, bench.channel, "mine")
    assert await bench.refused((await bench.general.fetch_message(theirs.id)).edit(content="x")) == (403, 50005)


async def test_a_private_channel_is_opened_once(bench: Bench) -> None:
    olga = await bench.client.fetch_channel((await bench.client.create_dm(discord.Object(bench.olga.id))).id)
    assert isinstance(olga, discord.DMChannel)
    await olga.send("hello")
    assert [m.text for m in bench.fake.town.messages_of(bench.olga)] == ["hello"]


async def test_closed_private_messages_and_no_common_server_have_their_codes(bench: Bench) -> None:
    private = await bench.client.create_dm(discord.Object(bench.olga.id))
    bench.fake.town.close_dms(bench.olga)
    assert await bench.refused(private.send("hello")) == (403, 50007)
    bench.fake.town.open_dms(bench.olga)
    bench.guild.members.pop(bench.olga.id)
    assert await bench.refused(private.send("hello")) == (403, 50278)


async def test_files_come_along_and_can_be_fetched(bench: Bench) -> None:
    sent = await bench.general.send("plan", file=discord.File(__file__, "plan.txt"))
    assert (sent.attachments[0].filename, sent.attachments[0].size) == (
        "plan.txt",
        len(bench.fake.created[0].attachments[0].content),
    )
    assert await sent.attachments[0].read() == bench.fake.created[0].attachments[0].content


async def test_commands_are_set_as_a_whole_and_keep_their_ids(bench: Bench) -> None:
    tree = discord.app_commands.CommandTree(bench.client)

    @tree.command(name="study", description="Study together")
    async def study(interaction: discord.Interaction) -> None: ...

    [first] = await tree.sync()
    [again] = await tree.sync()
    assert first.id == again.id
    assert [one.name for one in await tree.fetch_commands()] == ["study"]


# --- limits and faults -----------------------------------------------------------------------


async def test_a_throttled_call_is_tried_again_by_the_client_and_is_listed(bench: Bench) -> None:
    bench.fake.meter.limits = Limits(together=(2, 0.1))
    for n in range(3):
        await bench.general.send(str(n))
    assert len(bench.fake.created) == 3
    assert {one.scope for one in bench.fake.throttled} == {"global"}


async def test_a_client_that_reads_the_headers_is_not_throttled(bench: Bench) -> None:
    bench.fake.meter.limits = Limits(others=(2, 0.05))
    for n in range(5):
        await bench.general.send(str(n))
    assert bench.fake.throttled == []


async def test_an_error_that_was_asked_for_comes_as_often_as_asked(bench: Bench) -> None:
    bench.fake.faults.answer(503, method="POST", path="/messages", times=2)
    for _ in range(2):
        assert await bench.refused(bench.general.send("hello")) == (503, 0)
    await bench.general.send("hello")
    assert len(bench.fake.created) == 1


async def test_a_connection_can_break_before_and_after_the_message_stands(bench: Bench) -> None:
    bench.fake.faults.reset_before(method="POST")
    with pytest.raises((aiohttp.ClientConnectionError, OSError)):
        await bench.general.send("lost", nonce="a")
    bench.fake.faults.reset_after(method="POST")
    with pytest.raises((aiohttp.ClientConnectionError, OSError)):
        await bench.general.send("stands", nonce="b")
    assert [message.text for message in bench.fake.created] == ["stands"]
    assert (await bench.general.send("stands", nonce="b")).id == bench.fake.created[0].id


async def test_the_same_seed_makes_the_same_doubts(clock: TurnedClock) -> None:
    met = []
    for _ in range(2):
        fake = FakeDiscord(clock, judge=False)
        fake.faults.ambiguous(0.3, "seed")
        met.append([fake.faults.next("POST", "/x", "/x") for _ in range(50)])
    assert [one and one.kind for one in met[0]] == [one and one.kind for one in met[1]]
    assert 5 < sum(one is not None for one in met[0]) < 25


async def test_a_wrong_token_opens_nothing(bench: Bench) -> None:
    async with aiohttp.ClientSession() as http:
        headers = {"Authorization": "Bot somebody-else"}
        async with http.get(f"{bench.fake.api_base}/users/@me", headers=headers) as answer:
            assert answer.status == 401
            assert answer.headers["Content-Type"] == "application/json"


async def test_an_answer_of_the_fake_that_discord_would_not_give_is_a_finding(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account, "own_user_json", lambda user: {"id": str(user.id)})
    await bench.client.http.request(discord.http.Route("GET", "/users/@me"))
    assert bench.fake.verdicts.pop().about == "answer"


async def test_a_door_that_the_fake_does_not_have_is_a_finding(bench: Bench) -> None:
    async with aiohttp.ClientSession() as http, http.get(f"{bench.fake.api_base}/nowhere") as answer:
        assert answer.status == 404
    assert bench.fake.verdicts.pop().path == "/nowhere"

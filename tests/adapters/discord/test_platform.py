"""Messages, threads, pins and rooms on a pretended Discord, by the real client."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from adapters.discord.platform import DiscordPlatform
from adapters.discord.rest import Rest
from adapters.discord.rooms import on_roster
from adapters.discord.translate import card_payload
from bot.clock import TurnedClock
from bot.kernel.action import Action
from bot.kernel.card import Button, Card, File, Para
from bot.kernel.errors import Later, Reason, Rejected, Unsure
from bot.kernel.ports import Gathering, Posting, Spot, Target, Thread, To
from bot.kernel.text import Mention, md
from tests.adapters.discord.stage import Listener, connected
from tests.adapters.pictures import ALT, PNG, picture
from tests.discord_fake import rights
from tests.discord_fake.limits import GENEROUS, Limits
from tests.discord_fake.server import FakeDiscord
from tests.discord_fake.town import FORUM, NEWS, Channel, Message, User

MESSAGES = "/channels/{channel_id}/messages"
NAME = "daily.day/discord:1/2026-01-05"
SILENT = 1 << 12


def card(title: str = "Monday", **parts: Any) -> Card:
    return Card(title, (Para(md("Two questions.")),), (Button("Answer", Action.to("daily.answer", day="x")),), **parts)


def shows(title: str = "Monday", **knobs: Any) -> Card:
    return replace(card(title), blocks=(picture(**knobs),))


PLAIN = Card("Monday", (Para(md("No button at all.")),))


class Street:
    """A server with the channel #daily, the bot in it, and the platform under test."""

    def __init__(self, fake: FakeDiscord, client: Listener, clock: TurnedClock, per_second: float) -> None:
        self.fake, self.client, self.clock = fake, client, clock
        self.ada, self.ben, self.cem = (fake.town.add_user(name) for name in ("Ada", "Ben", "Cem"))
        self.guild = fake.town.add_guild("Study", owner=fake.town.add_user("Olga"))
        for user in (self.ada, self.ben, self.cem):
            fake.town.join(self.guild, user)
        self.daily = fake.town.add_channel(self.guild, "daily")
        self.rest = Rest(client, per_second=per_second)
        self.platform = DiscordPlatform(client, self.rest)

    @property
    def group(self) -> str:
        return f"discord:{self.guild.id}"

    def posting(self, target: Target | None = None, name: str = NAME, card: Card = card(), **more: Any) -> Posting:  # noqa: B008 - frozen
        return Posting(name, self.group, target or Spot(str(self.daily.id)), card, **more)

    async def post(self, target: Target | None = None, **more: Any) -> str:
        return await self.platform.post(self.posting(target, **more))

    async def edit(self, receipt: str, target: Target | None = None, **more: Any) -> None:
        await self.platform.edit(receipt, self.posting(target, **more))

    async def find(self, target: Target | None = None, name: str = NAME, since: datetime | None = None) -> str | None:
        start = since or self.clock.now() - timedelta(hours=1)
        return await self.platform.find(target or Spot(str(self.daily.id)), name, start)

    def shown(self, receipt: str) -> Message:
        channel, message = map(int, receipt.split("/"))
        return self.fake.town.channels[channel].messages[message]

    def thread(self, receipt: str) -> Channel:
        return self.fake.town.channels[int(receipt.rpartition("/")[2])]

    async def told(self, event: str, change: Callable[[], object]) -> None:
        """Change something of the town and wait until the client knows."""
        times = len(self.client.of(event)) + 1
        change()
        await self.client.hear(event, times)

    async def rights(self, permissions: int) -> None:
        """The bot's own role has these rights from now on."""
        role = self.guild.role("Whetstone")
        await self.told("GUILD_ROLE_UPDATE", lambda: self.fake.change_role(self.guild, role, permissions))

    async def lose(self, right: int) -> None:
        """The right is given to nobody in this server any more."""
        everyone = self.guild.everyone
        await self.told(
            "GUILD_ROLE_UPDATE", lambda: self.fake.change_role(self.guild, everyone, everyone.permissions & ~right)
        )
        await self.rights(rights.RECOMMENDED & ~right)

    async def forbid(self, channel: Channel, right: int) -> None:
        def change() -> None:
            self.fake.town.forbid(channel, right)
            self.fake.change_channel(channel)

        await self.told("CHANNEL_UPDATE", change)


@asynccontextmanager
async def street(
    clock: TurnedClock, *, limits: Limits = GENEROUS, per_second: float = 10_000, **fake: Any
) -> AsyncIterator[Street]:
    async with FakeDiscord(clock, limits=limits, **fake) as pretended:
        client = Listener()
        client._connection.guild_ready_timeout = 0
        street = Street(pretended, client, clock, per_second)
        async with connected(pretended, client):
            await client.hear("GUILD_CREATE")
            yield street
            await street.rest.close()
        assert pretended.verdicts == []


async def refusal(deed: Any) -> Rejected:
    with pytest.raises(Rejected) as caught:
        await deed
    return caught.value


# --- a message and its thread -------------------------------------------------------------------------------


async def test_a_post_is_a_message_with_a_thread_of_the_same_id(clock: TurnedClock) -> None:
    async with street(clock) as it:
        receipt = await it.post(thread="Monday, 5 January")
        message = it.shown(receipt)
        assert "Two questions." in message.text
        assert receipt == f"{it.daily.id}/{message.id}"
        assert it.thread(receipt).name == "Monday, 5 January"


async def test_a_post_without_a_thread_has_none(clock: TurnedClock) -> None:
    async with street(clock) as it:
        await it.post()
        assert it.guild.threads() == []


async def test_a_thread_is_made_in_an_announcement_channel_as_well(clock: TurnedClock) -> None:
    async with street(clock) as it:
        news = it.fake.town.add_channel(it.guild, "news", NEWS)
        receipt = await it.post(Spot(str(news.id)), thread="Monday")
        assert it.thread(receipt).parent is news


async def test_what_belongs_under_a_post_is_written_in_its_thread(clock: TurnedClock) -> None:
    async with street(clock) as it:
        above = await it.post(thread="Monday")
        receipt = await it.post(Thread(above), name="daily.result", card=PLAIN)
        assert it.shown(receipt).channel is it.thread(above)
        assert await it.find(Thread(above), "daily.result") == receipt


async def test_a_repeat_after_a_lost_reply_is_no_second_message(clock: TurnedClock) -> None:
    async with street(clock) as it:
        it.fake.faults.reset_after(method="POST")
        with pytest.raises(Unsure):
            await it.post(thread="Monday")
        receipt = await it.post(thread="Monday")
        assert [message.receipt for message in it.fake.created] == [receipt]
        assert it.thread(receipt).name == "Monday"


async def test_a_repeat_that_discord_recognises_shows_the_newest_card(clock: TurnedClock) -> None:
    """Looked for too early, it was not found; the nonce then gives back the message with the earlier card."""
    async with street(clock) as it:
        it.fake.faults.reset_after(method="POST")
        with pytest.raises(Unsure):
            await it.post()
        assert await it.find(since=clock.now() + timedelta(minutes=1)) is None
        receipt = await it.post(card=card("Monday, three answers"))
        assert len(it.fake.created) == 1
        assert "three answers" in it.shown(receipt).text


async def test_a_message_that_was_removed_is_posted_anew_under_the_same_name(clock: TurnedClock) -> None:
    """Within minutes Discord knows the nonce still, and finds no message for it."""
    async with street(clock) as it:
        for _ in range(2):
            await it.platform.remove(await it.post())
        receipt = await it.post()
        assert list(it.daily.messages) == [it.shown(receipt).id]
        await it.platform.remove(receipt)
        with pytest.raises(Later):
            await it.post()


@pytest.mark.parametrize("shown", [card(), PLAIN], ids=["with a button", "without one"])
async def test_a_message_is_found_after_minutes_and_120_others(clock: TurnedClock, shown: Card) -> None:
    async with street(clock, nonce_window=timedelta(seconds=4)) as it:
        it.fake.noise(it.daily, it.ada, 150)
        first_try = clock.now()
        clock.go(timedelta(seconds=1))
        it.fake.faults.reset_after(method="POST")
        with pytest.raises(Unsure):
            await it.post(card=shown)
        clock.go(timedelta(minutes=5))
        it.fake.noise(it.daily, it.ada, 120)
        receipt = await it.find(since=first_try - timedelta(minutes=5))
        assert [message.receipt for message in it.fake.created] == [receipt]
        it.fake.noise(it.daily, it.ada, 300)
        assert await it.find(since=first_try - timedelta(minutes=5)) == receipt
        pages = len(it.fake.sent("GET", MESSAGES))
        assert await it.find(since=first_try, name="daily.other") is None
        assert len(it.fake.sent("GET", MESSAGES)) == pages + 6  # of 100 messages each, the last one not full


async def test_a_message_of_somebody_else_is_never_taken_for_ours(clock: TurnedClock) -> None:
    async with street(clock) as it:
        copied = card_payload([card()], name=NAME).json["components"]
        it.fake.post(Message(it.fake.town.next_id(), it.daily, it.ada, clock.now(), components=copied))
        assert await it.find() is None


async def test_nothing_is_looked_for_where_the_history_cannot_be_read(clock: TurnedClock) -> None:
    """Discord shows an empty channel then, and everything would be written twice."""
    async with street(clock) as it:
        await it.post()
        await it.lose(rights.READ_MESSAGE_HISTORY)
        no = await refusal(it.find())
        assert no.reason is Reason.FORBIDDEN
        assert "“Read Message History”" in no.fix


async def test_an_edit_shows_the_new_card_and_makes_a_thread_that_was_never_made(clock: TurnedClock) -> None:
    async with street(clock) as it:
        it.fake.faults.reset_before(method="POST", path="/threads")
        with pytest.raises(Unsure):
            await it.post(thread="Monday")
        receipt = await it.find()
        assert receipt
        await it.edit(receipt, card=card("Monday, one answer"), thread="Monday")
        assert "one answer" in it.shown(receipt).text
        assert it.thread(receipt).name == "Monday"


async def test_an_edit_leaves_a_thread_alone(clock: TurnedClock) -> None:
    async with street(clock) as it:
        receipt = await it.post(thread="Monday")
        calls = len(it.fake.calls)
        await it.edit(receipt, thread="Monday")
        assert [call.method for call in it.fake.calls[calls:]] == ["PATCH"]


async def test_a_thread_that_stands_already_is_what_was_wanted(clock: TurnedClock) -> None:
    async with street(clock) as it:
        it.fake.faults.answer(400, 160004, path="/threads")
        assert await it.post(thread="Monday")


@pytest.mark.parametrize(("status", "code"), [(400, 40062), (401, 0)], ids=["a limit", "a refused token"])
async def test_what_is_refused_for_now_is_unsure_once_the_message_stands(
    clock: TurnedClock, status: int, code: int
) -> None:
    """Whoever hears "not sent" sends it again without looking."""
    async with street(clock) as it:
        it.fake.faults.answer(status, code, path="/threads")
        with pytest.raises(Unsure):
            await it.post(thread="Monday")
        it.fake.faults.answer(status, code, method="POST")
        with pytest.raises((Later, Rejected)):
            await it.post(name="another", thread="Monday")
        assert len(it.fake.created) == 1


async def test_a_quiet_post_rings_for_nobody_and_its_edit_changes_nothing_about_that(clock: TurnedClock) -> None:
    async with street(clock) as it:
        receipt = await it.post(quiet=True)
        assert it.fake.sent("POST", MESSAGES)[0].body["flags"] & SILENT
        await it.edit(receipt, quiet=True)
        assert not it.fake.sent("PATCH")[0].body["flags"] & SILENT


async def test_nobody_is_called_by_a_message(clock: TurnedClock) -> None:
    async with street(clock) as it:
        await it.post(card=Card("Hello", (Para((Mention(str(it.ada.id)),)),)))
        assert it.fake.sent("POST", MESSAGES)[0].body["allowed_mentions"] == {"parse": []}


async def test_files_go_out_stay_with_an_edit_and_go_with_it(clock: TurnedClock) -> None:
    plan = File("plan.ics", "text/calendar", "BEGIN:VCALENDAR")
    async with street(clock) as it:
        receipt = await it.post(card=card(files=(plan,)))
        await it.edit(receipt, card=card("Tuesday", files=(plan,)))
        kept = it.shown(receipt).attachments
        assert [(one.filename, one.content) for one in kept] == [("plan.ics", b"BEGIN:VCALENDAR")]
        await it.edit(receipt, card=card("Wednesday"))
        assert it.shown(receipt).attachments == []


async def test_a_picture_goes_out_with_its_words_and_an_edit_sends_it_no_more(clock: TurnedClock) -> None:
    async with street(clock) as it:
        receipt = await it.post(card=shows())
        [first] = it.shown(receipt).attachments
        assert (first.filename, first.content, first.content_type) == ("curves.png", PNG, "image/png")
        for number in range(3):
            await it.edit(receipt, card=shows(f"Answers: {number}"))
        assert it.shown(receipt).attachments == [first]
        assert [call.files for call in it.fake.sent("PATCH")] == [[]] * 3
        assert ALT in it.shown(receipt).text


async def test_after_a_new_start_it_is_sent_once_more_and_then_known(clock: TurnedClock) -> None:
    async with street(clock) as it:
        receipt = await it.post(card=shows())
        it.platform = DiscordPlatform(it.client, it.rest)
        for number in range(3):
            await it.edit(receipt, card=shows(f"Answers: {number}"))
        assert [len(call.files) for call in it.fake.sent("PATCH")] == [1, 0, 0]
        assert [one.content for one in it.shown(receipt).attachments] == [PNG]


async def test_another_picture_of_the_same_name_takes_its_place_and_what_stays_stays(clock: TurnedClock) -> None:
    plan = File("plan.ics", "text/calendar", "BEGIN:VCALENDAR")
    async with street(clock) as it:
        receipt = await it.post(card=replace(shows(), files=(plan,)))
        await it.edit(receipt, card=replace(shows(more=b"other"), files=(plan,)))
        [patched] = it.fake.sent("PATCH")
        assert [one.filename for one in patched.files] == ["curves.png"]
        assert {one.filename: one.content for one in it.shown(receipt).attachments} == {
            "curves.png": PNG + b"other", "plan.ics": b"BEGIN:VCALENDAR",
        }  # fmt: skip


async def test_where_a_file_does_not_stand_as_we_thought_all_are_sent(clock: TurnedClock) -> None:
    async with street(clock) as it:
        receipt = await it.post(card=shows())
        it.shown(receipt).attachments.clear()
        await it.edit(receipt, card=shows("Tuesday"))
        assert [one.content for one in it.shown(receipt).attachments] == [PNG]
        assert [len(call.files) for call in it.fake.sent("PATCH")] == [0, 1]
        assert len(it.fake.verdicts) == 1
        it.fake.verdicts.clear()


async def test_a_picture_needs_the_right_to_send_files(clock: TurnedClock) -> None:
    async with street(clock) as it:
        await it.forbid(it.daily, rights.ATTACH_FILES)
        no = await refusal(it.post(card=shows()))
        assert "“Attach Files”" in no.fix


# --- what the server does not allow -----------------------------------------------------------------------


async def test_a_missing_right_is_named_with_channel_and_fix_and_the_message_stands(clock: TurnedClock) -> None:
    async with street(clock) as it:
        await it.lose(rights.CREATE_PUBLIC_THREADS)
        no = await refusal(it.post(thread="Monday"))
        assert no.reason is Reason.FORBIDDEN
        assert no.fix == (
            "In #daily Whetstone may not make threads. "
            "Allow “Create Public Threads” for Whetstone: Server settings, then Roles."
        )
        await it.rights(rights.RECOMMENDED)
        receipt = await it.find()
        assert receipt
        await it.edit(receipt, thread="Monday")
        assert it.thread(receipt).name == "Monday"
        assert len(it.fake.created) == 1


async def test_a_right_that_only_the_channel_takes_away_is_given_back_there(clock: TurnedClock) -> None:
    async with street(clock) as it:
        await it.forbid(it.daily, rights.SEND_MESSAGES)
        no = await refusal(it.post())
        assert no.fix == (
            "In #daily Whetstone may not write. "
            "Allow “Send Messages” for Whetstone: the settings of #daily, then Permissions."
        )


async def test_a_channel_that_cannot_be_seen_is_named(clock: TurnedClock) -> None:
    async with street(clock) as it:
        await it.forbid(it.daily, rights.VIEW_CHANNEL)
        no = await refusal(it.post())
        assert no.reason is Reason.FORBIDDEN
        assert "In #daily" in no.fix
        assert "“View Channels”" in no.fix


async def test_files_need_a_right_of_their_own(clock: TurnedClock) -> None:
    async with street(clock) as it:
        await it.forbid(it.daily, rights.ATTACH_FILES)
        no = await refusal(it.post(card=card(files=(File("a.txt", "text/plain", "a"),))))
        assert "“Attach Files”" in no.fix
        await it.post()


async def test_a_channel_that_was_deleted_is_gone(clock: TurnedClock) -> None:
    async with street(clock) as it:
        receipt = await it.post()
        it.fake.remove_channel(it.daily)
        for deed in (it.post(name="another"), it.edit(receipt)):
            no = await refusal(deed)
            assert no.reason is Reason.GONE
            assert "Choose another channel" in no.fix


async def test_a_message_that_somebody_deleted_is_gone(clock: TurnedClock) -> None:
    async with street(clock) as it:
        receipt = await it.post()
        it.fake.drop(it.shown(receipt))
        no = await refusal(it.edit(receipt))
        assert no.reason is Reason.GONE
        assert "#daily" in no.fix


async def test_a_server_that_the_bot_left_is_gone_and_one_that_is_not_available_is_not(clock: TurnedClock) -> None:
    async with street(clock) as it:
        receipt = await it.post()
        await it.told("GUILD_DELETE", lambda: it.fake.outage(it.guild))
        for deed in (it.post(name="another"), it.edit(receipt)):
            with pytest.raises(Later) as later:
                await deed
            assert later.value.wait == timedelta(minutes=1)
        await it.told("GUILD_CREATE", lambda: it.fake.outage(it.guild, over=True))
        await it.edit(receipt)
        await it.client.wait_until_ready()
        await it.told("GUILD_DELETE", lambda: it.fake.leave_guild(it.guild))
        no = await refusal(it.post(name="another"))
        assert no.reason is Reason.GONE
        assert "Invite it again" in no.fix


async def test_a_server_that_was_not_introduced_yet_is_waited_for_a_moment_only(clock: TurnedClock) -> None:
    """At the beginning of each line Discord names all servers as unavailable, then introduces them."""
    async with street(clock) as it:
        it.client._connection._add_guild_from_data({"id": str(it.guild.id), "unavailable": True})  # type: ignore[typeddict-item]
        with pytest.raises(Later) as later:
            await it.post()
        assert later.value.wait <= timedelta(seconds=5)


async def test_a_server_full_of_threads_says_what_to_close(clock: TurnedClock) -> None:
    async with street(clock, active_threads=0) as it:
        no = await refusal(it.post(thread="Monday"))
        assert no.reason is Reason.FORBIDDEN
        assert "open threads" in no.fix


# --- threads that are over ----------------------------------------------------------------------------------


async def test_a_closed_post_has_a_thread_that_is_locked_and_archived(clock: TurnedClock) -> None:
    async with street(clock) as it:
        receipt = await it.post(thread="Monday")
        await it.edit(receipt, thread="Monday", closed=True)
        thread = it.thread(receipt)
        assert (thread.archived, thread.locked) == (True, True)
        calls = len(it.fake.calls)
        await it.edit(receipt, thread="Monday", closed=True)
        assert [call.method for call in it.fake.calls[calls:]] == ["PATCH"]
        await it.edit(receipt, thread="Monday")
        assert (thread.archived, thread.locked) == (False, False)


async def test_a_thread_that_grew_old_is_locked_when_its_post_is_closed(clock: TurnedClock) -> None:
    async with street(clock) as it:
        receipt = await it.post(thread="Monday")
        it.thread(receipt).archived = True
        await it.edit(receipt, thread="Monday", closed=True)
        assert (it.thread(receipt).archived, it.thread(receipt).locked) == (True, True)


async def test_without_the_right_to_lock_a_closed_thread_is_only_archived(clock: TurnedClock) -> None:
    async with street(clock) as it:
        await it.rights(rights.RECOMMENDED & ~rights.MANAGE_THREADS)
        receipt = await it.post(thread="Monday", closed=True)
        assert (it.thread(receipt).archived, it.thread(receipt).locked) == (True, False)


@pytest.mark.parametrize("refuses", [False, True], ids=["Discord opens it", "Discord refuses"])
async def test_news_open_a_thread_that_only_grew_old(clock: TurnedClock, *, refuses: bool) -> None:
    async with street(clock) as it:
        above = await it.post(thread="Monday")
        it.thread(above).archived, it.fake.archived_refuses = True, refuses
        receipt = await it.post(Thread(above), name="daily.result")
        assert it.shown(receipt).channel is it.thread(above)
        assert not it.thread(above).archived


async def test_what_is_written_into_a_closed_thread_leaves_it_closed(clock: TurnedClock) -> None:
    async with street(clock) as it:
        above = await it.post(thread="Monday", closed=True)
        receipt = await it.post(Thread(above), name="daily.result")
        assert it.shown(receipt).channel is it.thread(above)
        assert (it.thread(above).archived, it.thread(above).locked) == (True, True)


async def test_an_edit_in_an_old_thread_does_not_bring_the_thread_back(clock: TurnedClock) -> None:
    async with street(clock) as it:
        above = await it.post(thread="Monday")
        receipt = await it.post(Thread(above), name="daily.result")
        it.thread(above).archived = True
        await it.edit(receipt, Thread(above), name="daily.result", card=card("Corrected"))
        assert "Corrected" in it.shown(receipt).text
        assert it.thread(above).archived


async def test_a_locked_thread_needs_a_right(clock: TurnedClock) -> None:
    async with street(clock) as it:
        above = await it.post(thread="Monday", closed=True)
        await it.rights(rights.RECOMMENDED & ~rights.MANAGE_THREADS)
        no = await refusal(it.post(Thread(above), name="daily.result"))
        assert no.reason is Reason.FORBIDDEN
        assert no.fix.startswith("In #daily Whetstone may not lock or delete threads. Allow “Manage Threads”")


async def test_a_thread_that_somebody_deleted_is_gone(clock: TurnedClock) -> None:
    async with street(clock) as it:
        above = await it.post(thread="Monday")
        it.fake.remove_channel(it.thread(above))
        no = await refusal(it.post(Thread(above), name="daily.result"))
        assert no.reason is Reason.GONE
        assert no.fix.startswith("Somebody deleted a thread in #daily.")


# --- pins -----------------------------------------------------------------------------------------------


async def test_a_post_is_pinned_and_unpinned_as_wished(clock: TurnedClock) -> None:
    async with street(clock) as it:
        receipt = await it.post(pinned=True)
        assert it.shown(receipt).pinned
        calls = len(it.fake.calls)
        await it.edit(receipt, pinned=True)
        assert len(it.fake.calls) == calls + 1
        await it.edit(receipt)
        assert not it.shown(receipt).pinned


async def test_what_an_organiser_pins_or_unpins_stays_so(clock: TurnedClock) -> None:
    async with street(clock) as it:
        daily, joining = await it.post(), await it.post(name="joining", pinned=True)
        it.shown(daily).pinned, it.shown(joining).pinned = True, False
        for platform in (it.platform, DiscordPlatform(it.client, it.rest)):  # before and after a restart
            it.platform = platform
            await it.edit(daily, card=card("Corrected"))
            await it.edit(joining, name="joining", pinned=True, card=card("Corrected"))
            assert (it.shown(daily).pinned, it.shown(joining).pinned) == (True, False)


async def test_a_post_that_broke_off_before_its_pin_is_pinned_when_it_is_found(clock: TurnedClock) -> None:
    async with street(clock) as it:
        receipt = await it.post()
        it.platform = DiscordPlatform(it.client, it.rest)
        assert await it.find() == receipt
        await it.edit(receipt, pinned=True)
        assert it.shown(receipt).pinned


async def test_without_the_right_to_pin_the_message_stands(clock: TurnedClock) -> None:
    async with street(clock) as it:
        await it.rights(rights.RECOMMENDED & ~rights.PIN_MESSAGES)
        receipt = await it.post(pinned=True)
        assert not it.shown(receipt).pinned
        assert it.fake.sent("PUT") == []
        it.fake.town.forbid(it.daily, rights.PIN_MESSAGES)  # and where the client does not know of it yet
        await it.rights(rights.RECOMMENDED)
        await it.edit(receipt, pinned=True)
        assert len(it.fake.sent("PUT")) == 1


async def test_the_pin_too_many_breaks_nothing(clock: TurnedClock) -> None:
    async with street(clock) as it:
        it.fake.noise(it.daily, it.ada, 250)
        for message in it.daily.messages.values():
            message.pinned = True
        receipt = await it.post(pinned=True)
        assert not it.shown(receipt).pinned


# --- forums -----------------------------------------------------------------------------------------------


@asynccontextmanager
async def forum(clock: TurnedClock) -> AsyncIterator[tuple[Street, Spot]]:
    async with street(clock) as it:
        questions = it.fake.town.add_channel(it.guild, "questions", FORUM)
        yield it, Spot(str(questions.id))


async def test_in_a_forum_a_post_is_a_thread_and_its_message(clock: TurnedClock) -> None:
    async with forum(clock) as (it, target):
        receipt = await it.post(target, thread="Monday, 5 January", quiet=True)
        thread = it.thread(receipt)
        assert receipt == f"{thread.id}/{thread.id}"
        assert (thread.name, str(thread.parent and thread.parent.id)) == ("Monday, 5 January", target.id)
        below = await it.post(Thread(receipt), name="daily.result")
        assert it.shown(below).channel is thread


async def test_a_forum_post_without_a_title_is_called_like_its_card(clock: TurnedClock) -> None:
    async with forum(clock) as (it, target):
        assert it.thread(await it.post(target)).name == "Monday"


async def test_a_forum_post_is_edited_closed_and_removed(clock: TurnedClock) -> None:
    async with forum(clock) as (it, target):
        receipt = await it.post(target, card=card(files=(File("a.txt", "text/plain", "a"),)))
        await it.edit(receipt, target, card=card("Corrected"), closed=True, pinned=True)
        thread = it.thread(receipt)
        assert "Corrected" in it.shown(receipt).text
        assert (thread.archived, thread.locked) == (True, True)
        await it.edit(receipt, target, card=card("Corrected again"), closed=True)
        assert "again" in it.shown(receipt).text
        assert thread.archived
        await it.platform.remove(receipt)
        await it.platform.remove(receipt)
        assert thread.id not in it.fake.town.channels


@pytest.mark.parametrize("archived", [False, True])
async def test_a_forum_post_whose_reply_was_lost_is_found(clock: TurnedClock, *, archived: bool) -> None:
    """There is no nonce for it, so the library must not repeat it either."""
    async with forum(clock) as (it, target):
        await it.post(target, name="daily.yesterday")
        it.fake.faults.answer_after(502, method="POST", times=5)
        with pytest.raises(Unsure):
            await it.post(target)
        it.fake.faults.heal()
        assert len(it.fake.created) == 2
        it.fake.created[1].channel.archived = archived
        assert await it.find(target) == it.fake.created[1].receipt
        assert await it.find(target, "daily.other") is None
        assert await it.find(target, since=clock.now() + timedelta(minutes=1)) is None


async def test_without_the_right_to_remove_a_thread_a_forum_post_goes_and_its_thread_is_closed(
    clock: TurnedClock,
) -> None:
    async with forum(clock) as (it, target):
        receipt = await it.post(target)
        await it.rights(rights.RECOMMENDED & ~rights.MANAGE_THREADS)
        await it.platform.remove(receipt)
        assert it.fake.created[0].deleted
        assert it.thread(receipt).archived


# --- private messages -----------------------------------------------------------------------------------


async def test_a_private_message_is_sent_edited_found_and_removed(clock: TurnedClock) -> None:
    async with street(clock) as it:
        to = To(str(it.ada.id))
        receipt = await it.post(to, thread="never", closed=True)
        await it.edit(receipt, to, card=card("Corrected"))
        assert [message.texts[0] for message in it.fake.town.messages_of(it.ada)] == ["## Corrected"]
        assert await it.find(to) == receipt
        await it.platform.remove(receipt)
        assert list(it.fake.town.messages_of(it.ada)) == []


async def test_a_private_channel_is_opened_once(clock: TurnedClock) -> None:
    async with street(clock) as it:
        for name in ("one", "two"):
            await it.post(To(str(it.ada.id)), name=name)
        assert len(it.fake.sent("POST", "/users/@me/channels")) == 1


async def test_what_belongs_under_a_private_message_follows_it(clock: TurnedClock) -> None:
    async with street(clock) as it:
        above = await it.post(To(str(it.ada.id)))
        it.platform = DiscordPlatform(it.client, it.rest)  # and after a restart
        receipt = await it.post(Thread(above), name="below")
        assert [message.receipt for message in it.fake.town.messages_of(it.ada)] == [above, receipt]


async def test_closed_private_messages_are_the_members_to_open(clock: TurnedClock) -> None:
    async with street(clock) as it:
        it.fake.town.close_dms(it.ada)
        no = await refusal(it.post(To(str(it.ada.id))))
        assert no.reason is Reason.CLOSED
        assert "Privacy Settings" in no.fix


async def test_who_shares_no_server_with_the_bot_is_gone(clock: TurnedClock) -> None:
    async with street(clock) as it:
        it.fake.leave(it.ada, it.guild)
        assert (await refusal(it.post(To(str(it.ada.id))))).reason is Reason.GONE
        assert (await refusal(it.post(To("123")))).reason is Reason.GONE


# --- rooms ------------------------------------------------------------------------------------------------


def roster(*people: User) -> Card:
    return Card(f"Room for {len(people)}", tuple(Para((Mention(str(user.id)),)) for user in people))


ROOM = "room/partners.pair/7"


class Rooms:
    def __init__(self, it: Street) -> None:
        self.it = it

    def posting(self, *people: User, beside: Channel | None = None) -> Posting:
        target = Gathering(tuple(str(user.id) for user in people), str((beside or self.it.daily).id))
        return self.it.posting(target, name=ROOM, card=roster(*people))

    async def open(self, *people: User, **more: Any) -> str:
        return await self.it.platform.post(self.posting(*people, **more))

    async def change(self, receipt: str, *people: User) -> None:
        await self.it.platform.edit(receipt, self.posting(*people))

    async def find(self, *people: User) -> str | None:
        return await self.it.find(self.posting(*people).target, ROOM)

    def members(self, receipt: str) -> set[User]:
        return {*self.it.fake.town.channels[int(receipt)].members.values()} - {self.it.fake.town.bot}


async def test_a_room_is_a_private_thread_for_exactly_these_people(clock: TurnedClock) -> None:
    async with street(clock) as it:
        rooms = Rooms(it)
        receipt = await rooms.open(it.ada, it.ben)
        room = it.fake.town.channels[int(receipt)]
        assert (room.type, room.parent, room.invitable) == (12, it.daily, False)
        assert room.name.startswith("Room for 2 · ")
        assert rooms.members(receipt) == {it.ada, it.ben}
        assert it.ada.mention in room.newest().text


async def test_in_a_room_one_writes_as_in_a_channel(clock: TurnedClock) -> None:
    async with street(clock) as it:
        room = await Rooms(it).open(it.ada, it.ben)
        receipt = await it.post(Spot(room), name="partners.hello", thread="none here", closed=True)
        assert receipt.startswith(f"{room}/")
        assert await it.find(Spot(room), "partners.hello") == receipt
        below = await it.post(Thread(receipt), name="partners.below")
        assert below.startswith(f"{room}/")


async def test_one_leaves_a_room_and_one_comes(clock: TurnedClock) -> None:
    async with street(clock) as it:
        rooms = Rooms(it)
        receipt = await rooms.open(it.ada, it.ben)
        it.fake.town.channels[int(receipt)].archived = True  # it grew old
        await rooms.change(receipt, it.ada, it.cem)
        assert rooms.members(receipt) == {it.ada, it.cem}
        room = it.fake.town.channels[int(receipt)]
        assert len(room.messages) == 1
        assert it.cem.mention in room.newest().text
        assert it.ben.mention not in room.newest().text
        await rooms.change(receipt, it.ada, it.cem, it.ben)
        assert room.name.startswith("Room for 3 · ")


async def test_a_roster_that_was_removed_comes_back_once_however_much_was_said(clock: TurnedClock) -> None:
    async with street(clock) as it:
        rooms = Rooms(it)
        receipt = await rooms.open(it.ada, it.ben)
        room = it.fake.town.channels[int(receipt)]
        it.fake.drop(room.newest())
        it.fake.noise(room, it.ada, 150)
        for people in ((it.ada,), (it.ada, it.cem), (it.ada, it.ben)):
            await rooms.change(receipt, *people)
            clock.go(timedelta(hours=1))  # by then Discord would take the same message once more
        assert len(room.messages) == 151


async def test_a_room_whose_roster_cannot_be_read_is_not_changed(clock: TurnedClock) -> None:
    async with street(clock) as it:
        rooms = Rooms(it)
        receipt = await rooms.open(it.ada, it.ben)
        await it.lose(rights.READ_MESSAGE_HISTORY)
        no = await refusal(rooms.change(receipt, it.ada, it.cem))
        assert "“Read Message History”" in no.fix
        assert len(it.fake.town.channels[int(receipt)].messages) == 1


async def test_a_change_of_a_room_that_broke_off_is_done_again(clock: TurnedClock) -> None:
    async with street(clock) as it:
        rooms = Rooms(it)
        receipt = await rooms.open(it.ada, it.ben)
        it.fake.faults.answer(503, method="PUT")
        with pytest.raises(Unsure):
            await rooms.change(receipt, it.ada, it.cem)
        await rooms.change(receipt, it.ada, it.cem)
        assert rooms.members(receipt) == {it.ada, it.cem}


@pytest.mark.parametrize("archived", [False, True])
async def test_a_room_whose_reply_was_lost_is_found_and_furnished(clock: TurnedClock, *, archived: bool) -> None:
    async with street(clock) as it:
        rooms = Rooms(it)
        it.fake.faults.reset_after(method="POST", path="/threads")
        with pytest.raises(Unsure):
            await rooms.open(it.ada, it.ben)
        (room,) = it.guild.threads()
        room.archived = archived
        receipt = await rooms.find(it.ada, it.ben)
        assert receipt == str(room.id)
        await rooms.change(receipt, it.ada, it.ben)
        assert rooms.members(receipt) == {it.ada, it.ben}
        assert len(room.messages) == 1


async def test_a_room_is_not_found_where_there_is_none(clock: TurnedClock) -> None:
    async with street(clock) as it:
        rooms = Rooms(it)
        await it.platform.post(replace(rooms.posting(it.ada), name="room/other"))
        assert await rooms.find(it.ada, it.ben) is None
        assert await it.find(Gathering((str(it.ada.id),)), ROOM) is None


async def test_a_room_that_stands_half_done_is_unsure_not_later(clock: TurnedClock) -> None:
    async with street(clock) as it:
        it.fake.faults.answer(400, 40062, method="PUT")
        with pytest.raises(Unsure):
            await Rooms(it).open(it.ada)


async def test_rooms_need_a_right_that_the_organiser_gives(clock: TurnedClock) -> None:
    async with street(clock) as it:
        await it.lose(rights.CREATE_PRIVATE_THREADS)
        no = await refusal(Rooms(it).open(it.ada, it.ben))
        assert no.reason is Reason.FORBIDDEN
        assert no.fix.startswith("In #daily Whetstone may not make private threads.")
        assert it.fake.created == []


async def test_rooms_need_a_text_channel(clock: TurnedClock) -> None:
    async with street(clock) as it:
        questions = it.fake.town.add_channel(it.guild, "questions", FORUM)
        assert "text channel" in (await refusal(Rooms(it).open(it.ada, beside=questions))).fix
        no = await refusal(it.post(Gathering((str(it.ada.id),)), name=ROOM))
        assert "no channel for rooms" in no.fix


async def test_who_cannot_see_the_channel_is_a_case_for_the_organiser_and_the_others_are_in(clock: TurnedClock) -> None:
    async with street(clock) as it:
        it.fake.town.forbid(it.daily, rights.VIEW_CHANNEL, it.ada)
        no = await refusal(Rooms(it).open(it.ada, it.ben))
        assert no.reason is Reason.FORBIDDEN
        assert "#daily" in no.fix
        (room,) = it.guild.threads()
        assert it.ben in room.members.values()


async def test_who_left_the_server_holds_up_no_room(clock: TurnedClock) -> None:
    async with street(clock) as it:
        rooms = Rooms(it)
        it.fake.leave(it.ada, it.guild)
        assert rooms.members(await rooms.open(it.ada, it.ben)) == {it.ben}


async def test_a_room_that_is_removed_is_closed_and_stays_readable(clock: TurnedClock) -> None:
    async with street(clock) as it:
        receipt = await Rooms(it).open(it.ada, it.ben)
        await it.platform.remove(receipt)
        room = it.fake.town.channels[int(receipt)]
        assert (room.archived, room.locked, len(room.messages)) == (True, True, 1)
        it.fake.remove_channel(room)
        await it.platform.remove(receipt)
        it.fake.verdicts.clear()  # this fake takes a thread that is gone for a channel, and judges the request as such


def test_a_roster_is_read_from_what_it_shows() -> None:
    shown = card_payload([Card("Room", (Para((Mention("12"),)), Para((Mention("34"),))))], name=ROOM).json
    assert on_roster(shown) == {"12", "34"}


# --- removing ---------------------------------------------------------------------------------------------


async def test_a_message_that_is_removed_takes_its_thread_along(clock: TurnedClock) -> None:
    async with street(clock) as it:
        receipt = await it.post(thread="Monday")
        await it.platform.remove(receipt)
        assert it.daily.messages == {}
        assert it.guild.threads() == []
        await it.platform.remove(receipt)
        it.fake.remove_channel(it.daily)
        await it.platform.remove(receipt)


async def test_without_the_right_to_delete_a_thread_it_is_closed_when_its_message_goes(clock: TurnedClock) -> None:
    async with street(clock) as it:
        await it.rights(rights.RECOMMENDED & ~rights.MANAGE_THREADS)
        receipt = await it.post(thread="Monday")
        await it.platform.remove(receipt)
        assert it.daily.messages == {}
        assert it.thread(receipt).archived


async def test_a_message_in_an_old_thread_is_removed(clock: TurnedClock) -> None:
    async with street(clock) as it:
        above = await it.post(thread="Monday")
        receipt = await it.post(Thread(above), name="daily.result")
        it.thread(above).archived = True
        await it.platform.remove(receipt)
        assert it.thread(above).messages == {}
        assert it.thread(above).archived


# --- many at once -----------------------------------------------------------------------------------------


async def test_200_posts_with_threads_at_once_meet_no_limit(clock: TurnedClock) -> None:
    """Limits as realistic as Discord's, four times as fast: 50 for all in a quarter of a second, 5 for each channel."""
    limits = Limits(others=(5, 0.5), doors={("POST", MESSAGES): (5, 1.25)}, together=(50, 0.25))
    async with street(clock, limits=limits, per_second=160) as it:
        channels = [it.fake.town.add_channel(it.guild, f"c{number}") for number in range(200)]
        await asyncio.gather(
            *(it.post(Spot(str(channel.id)), name=f"daily/{channel.id}", thread="Monday") for channel in channels)
        )
        assert len(it.guild.threads()) == 200
        assert it.fake.throttled == []


async def test_whatever_goes_wrong_is_said_in_the_words_of_the_port(clock: TurnedClock) -> None:
    """Any write may end in any of four doubts; nothing but the port's words comes out, and nothing stands twice."""
    async with street(clock) as it:
        it.fake.faults.ambiguous(0.3, "any")
        for number in range(40):
            target = [None, To(str(it.ada.id)), Gathering((str(it.ada.id),), str(it.daily.id))][number % 3]
            name, receipt = f"daily/{number}", None
            for _ in range(20):
                try:
                    receipt = receipt or await it.find(target, name)
                    receipt = receipt or await it.post(target, name=name, thread="Monday")
                    await it.edit(receipt, target, name=name, thread="Monday")
                    break
                except (Later, Unsure):
                    continue
            assert receipt
        standing = [message for message in it.fake.created if message.channel.type != 12]
        assert len(standing) == len({message.nonce for message in standing}) == 27
        assert sum(thread.type == 12 for thread in it.guild.threads()) == 13

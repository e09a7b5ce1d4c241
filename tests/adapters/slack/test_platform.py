"""Messages, threads, pins, files and rooms on a pretended Slack, by the real client."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import pytest

from adapters import delivering
from adapters.slack.delivery import BOT, FORBIDDEN, GONE, delivery_error
from adapters.slack.platform import SlackPlatform
from adapters.slack.settings import ANOTHER_CHANNEL
from adapters.slack.translate import carries, mark
from adapters.slack.web import Limits, Web
from bot.clock import TurnedClock
from bot.kernel.action import Action
from bot.kernel.card import Bullets, Button, Card, Facts, File, Note, Para, Quote
from bot.kernel.errors import Later, Reason, Rejected, Unsure
from bot.kernel.ports import Gathering, Posting, Spot, Target, Thread, To
from bot.kernel.text import Mention, md
from tests.slack_fake import limits as pretended
from tests.slack_fake.server import FakeSlack
from tests.slack_fake.town import MPIM, PRIVATE, Channel, Message, User

NAME = "daily.day/slack:T/2026-01-05"
POST, UPDATE, DELETE, OPEN = "chat.postMessage", "chat.update", "chat.delete", "conversations.open"
HISTORY, REPLIES = "conversations.history", "conversations.replies"
BOUNDLESS = Limits((10_000, 1.0), (100_000, 60.0), {2: (10_000, 60.0), 3: (10_000, 60.0), 4: (10_000, 60.0)})
PLAN = File("plan.ics", "text/calendar", "BEGIN:VCALENDAR")


def card(title: str = "Monday", **parts: Any) -> Card:
    return Card(title, (Para(md("Two questions.")),), (Button("Answer", Action.to("daily.answer", day="x")),), **parts)


PLAIN = Card("Monday", (Para(md("No button at all.")),))


class Street:
    """A workspace with the channel #daily, the bot in it, and the platform under test."""

    def __init__(self, fake: FakeSlack, session: aiohttp.ClientSession, clock: TurnedClock, limits: Limits) -> None:
        self.fake, self.clock = fake, clock
        self.ada, self.ben, self.cem = (fake.town.add_user(name) for name in ("Ada", "Ben", "Cem"))
        self.daily = fake.town.add_channel("daily", self.ada, self.ben, self.cem)
        self._session, self._limits, self.bot = session, limits, BOT
        self.platform = self.started()

    def started(self) -> SlackPlatform:
        """A platform that remembers nothing, as after a new start."""
        web = Web(self.fake.bot_token, self._session, api_base=self.fake.api_base, limits=self._limits)
        return SlackPlatform(web, self.fake.town.bot.id, self._names, self.bot)

    async def _names(self, members: Sequence[str]) -> Sequence[str]:
        known = self.fake.town.users
        return [known[member].name if member in known else "" for member in members]

    def posting(self, target: Target | None = None, name: str = NAME, card: Card = card(), **more: Any) -> Posting:  # noqa: B008 - frozen
        return Posting(name, f"slack:T/{self.daily.id}", target or Spot(self.daily.id), card, **more)

    async def post(self, target: Target | None = None, **more: Any) -> str:
        return await self.platform.post(self.posting(target, **more))

    async def edit(self, receipt: str, target: Target | None = None, **more: Any) -> str | None:
        return await self.platform.edit(receipt, self.posting(target, **more))

    async def find(self, target: Target | None = None, name: str = NAME, since: datetime | None = None) -> str | None:
        start = since or self.clock.now() - timedelta(hours=1)
        return await self.platform.find(target or Spot(self.daily.id), name, start)

    async def lost(self, target: Target | None = None, **more: Any) -> None:
        """Post it, and hear nothing of that."""
        self.fake.faults.reset_after(POST)
        with pytest.raises(Unsure):
            await self.post(target, **more)

    def shown(self, receipt: str) -> Message:
        return self.fake.town.message(receipt)

    def noise(self, many: int, channel: Channel | None = None, thread: str = "") -> None:
        """What people wrote meanwhile."""
        town, where = self.fake.town, channel or self.daily
        for number in range(many):
            said = Message(town.next_ts(), where, self.ada, self.clock.now(), f"Hello {number}", thread_ts=thread)
            where.messages[said.ts] = said

    def room(self, *people: User) -> Gathering:
        return Gathering(tuple(user.id for user in people), self.daily.id)


@asynccontextmanager
async def street(clock: TurnedClock, ours: Limits = BOUNDLESS, **fake: Any) -> AsyncIterator[Street]:
    async with FakeSlack(clock, **fake) as pretended_slack, aiohttp.ClientSession() as session:
        yield Street(pretended_slack, session, clock, ours)
        assert pretended_slack.verdicts == []


async def refusal(deed: Any) -> Rejected:
    with pytest.raises(Rejected) as caught:
        await deed
    return caught.value


# --- a message ----------------------------------------------------------------------------------------------


async def test_a_post_is_a_message_that_carries_its_name_in_two_ways(clock: TurnedClock) -> None:
    async with street(clock) as it:
        receipt = await it.post(thread="Monday, 5 January")
        message = it.shown(receipt)
        assert receipt == f"{it.daily.id}/{message.ts}"
        assert "Two questions." in message.words
        assert message.text
        assert message.metadata
        assert message.metadata["event_payload"] == {"name": NAME}
        assert message.blocks[0]["block_id"].startswith(mark(NAME))


async def test_what_belongs_under_a_post_is_written_in_its_thread(clock: TurnedClock) -> None:
    async with street(clock) as it:
        above = await it.post()
        receipt = await it.post(Thread(above), name="daily.result", card=PLAIN)
        assert it.shown(receipt).thread_ts == it.shown(above).ts
        assert await it.find(Thread(above), "daily.result") == receipt


async def test_a_private_message_needs_no_call_that_opens_the_conversation(clock: TurnedClock) -> None:
    """Of those Slack takes 50 a minute, of messages 300."""
    async with street(clock) as it:
        receipt = await it.post(To(it.ada.id))
        again = await it.post(To(it.ada.id), name="another")
        assert it.shown(receipt).channel is it.fake.town.im(it.ada) is it.shown(again).channel
        assert it.fake.sent(OPEN) == []
        await it.edit(receipt, To(it.ada.id), card=card("Newer"))
        assert "Newer" in it.shown(receipt).words
        assert await it.find(To(it.ada.id)) == receipt


async def test_nothing_is_unfurled_and_nobody_is_called_by_words(clock: TurnedClock) -> None:
    async with street(clock) as it:
        await it.edit(await it.post())
        sent, edited = it.fake.sent(POST)[0].args, it.fake.sent(UPDATE)[0].args
        assert (sent["unfurl_links"], sent["unfurl_media"], sent["parse"]) == (False, False, "none")
        assert edited["parse"] == "none"  # an edit would be parsed otherwise
        assert not {"link_names", "unfurl_links", "unfurl_media"} & edited.keys()  # an edit knows none of them


MENTIONS = Card(
    "Who",
    (
        Para(md("{a} and {b}", a=Mention("U0010000002"), b=Mention("U9"))),
        Note(md("By {a}.", a=Mention("U0010000002"))),
        Bullets((md("{a}", a=Mention("U0010000003")),)),
        Facts((("Who", md("{a}", a=Mention("U0010000003"))),)),
    ),
)


async def test_a_post_names_people_and_rings_nobody_and_a_private_message_mentions_them(clock: TurnedClock) -> None:
    async with street(clock) as it:
        assert (it.ada.id, it.ben.id) == ("U0010000002", "U0010000003")
        receipt = await it.post(card=MENTIONS)
        assert " ".join(it.shown(receipt).words.split()) == "Who @Ada and a member By @Ada. @Ben Who: @Ben"
        assert "<@" not in it.shown(receipt).text
        await it.edit(receipt, card=replace(MENTIONS, title="Who now"))
        assert "@Ada and a member" in it.shown(receipt).words
        below = await it.post(Thread(receipt), name="below", card=MENTIONS)
        assert "@Ada and a member" in it.shown(below).words
        direct = await it.post(To(it.ada.id), name="direct", card=MENTIONS)
        assert "<@U0010000002>" in it.shown(direct).words


async def test_an_edit_shows_the_new_card_under_new_block_ids_and_keeps_the_name(clock: TurnedClock) -> None:
    async with street(clock) as it:
        receipt = await it.post()
        before = {block["block_id"] for block in it.shown(receipt).blocks}
        assert await it.edit(receipt, card=card("Monday, one answer")) is None
        message = it.shown(receipt)
        assert "one answer" in message.words
        assert not before & {block["block_id"] for block in message.blocks}
        assert carries({"blocks": message.blocks}, NAME)
        assert carries({"metadata": message.metadata}, NAME)


async def test_a_long_card_can_be_edited(clock: TurnedClock) -> None:
    """An edit takes 4,000 characters of text, a new message more; escaped, four of them become twenty."""
    async with street(clock) as it:
        receipt = await it.post()
        await it.edit(receipt, card=Card("Words", tuple(Quote("<&>" * 600) for _ in range(2))))
        assert len(it.fake.sent(UPDATE)[0].args["text"]) <= 4_000


# --- once and not twice ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("shown", [card(), PLAIN], ids=["with a button", "without one"])
@pytest.mark.parametrize("place", ["a channel", "a thread", "private messages"])
async def test_a_lost_reply_is_found_behind_more_than_100_others(clock: TurnedClock, shown: Card, place: str) -> None:
    async with street(clock) as it:
        above = await it.post(name="above")
        targets: dict[str, Target] = {
            "a channel": Spot(it.daily.id), "a thread": Thread(above), "private messages": To(it.ada.id),
        }  # fmt: skip
        channel = it.fake.town.im(it.ada) if place == "private messages" else it.daily
        thread = above.partition("/")[2] if place == "a thread" else ""
        it.noise(250, channel, thread)
        clock.go(timedelta(minutes=10))
        first_try = clock.now()
        it.noise(130, channel, thread)
        await it.lost(targets[place], card=shown)
        it.noise(450, channel, thread)
        it.fake.calls.clear()
        receipt = await it.find(targets[place], since=first_try - timedelta(minutes=5))
        assert receipt == it.fake.created[-1].receipt
        assert len(it.fake.created) == 2
        await it.edit(receipt, targets[place], card=card("Newer"))
        assert "Newer" in it.shown(receipt).words
        assert await it.find(targets[place], name="daily.other", since=first_try) is None
        pages = [call for call in it.fake.calls if call.method in (HISTORY, REPLIES)]
        assert len(pages) == 1 + 3  # of 200 messages, and none from before the first try


@pytest.mark.parametrize("wiped", ["metadata", "blocks"])
async def test_either_way_to_carry_a_name_is_enough(clock: TurnedClock, wiped: str) -> None:
    """Slack shows metadata only to an app that was granted it."""
    async with street(clock) as it:
        receipt = await it.post()
        setattr(it.shown(receipt), wiped, None if wiped == "metadata" else [])
        assert await it.find() == receipt


async def test_a_message_of_somebody_else_is_not_ours_whatever_it_carries(clock: TurnedClock) -> None:
    async with street(clock) as it:
        it.shown(await it.post()).user = it.ada
        assert await it.find() is None


async def test_before_the_first_try_nothing_is_looked_for(clock: TurnedClock) -> None:
    async with street(clock) as it:
        await it.post()
        assert await it.find(since=clock.now() + timedelta(minutes=1)) is None


@pytest.mark.parametrize("place", ["a public channel", "a private channel", "a thread"])
async def test_without_the_scope_for_history_nothing_is_found(clock: TurnedClock, place: str) -> None:
    """So what was in doubt may come twice, which is better than not at all."""
    async with street(clock, history=False) as it:
        secret = it.fake.town.add_channel("secret", it.ada, kind=PRIVATE)
        targets: dict[str, Target] = {"a public channel": Spot(it.daily.id), "a private channel": Spot(secret.id)}
        target = targets.get(place) or Thread(await it.post(name="above"))
        await it.lost(target)
        assert await it.find(target) is None


async def test_private_messages_are_always_looked_through(clock: TurnedClock) -> None:
    """Their scope is one that the bot needs anyway."""
    async with street(clock, history=False) as it:
        await it.lost(To(it.ada.id))
        assert await it.find(To(it.ada.id)) == it.fake.created[0].receipt


async def test_where_the_bot_is_no_member_nothing_is_found(clock: TurnedClock) -> None:
    async with street(clock) as it:
        other = it.fake.town.add_channel("other", with_bot=False)
        assert await it.find(Spot(other.id)) is None
        assert await it.find(Thread(f"{it.daily.id}/1.000000")) is None


async def test_a_search_that_slack_puts_off_is_put_off(clock: TurnedClock) -> None:
    async with street(clock) as it:
        it.fake.faults.throttle(9, HISTORY)
        with pytest.raises(Later) as later:
            await it.find()
        assert later.value.wait == timedelta(seconds=9)
        it.fake.faults.status(503, HISTORY)
        it.fake.faults.status(503, HISTORY)
        with pytest.raises(Unsure):
            await it.started().find(Spot(it.daily.id), NAME, clock.now())


# --- what goes wrong, in words --------------------------------------------------------------------------------


async def test_a_channel_without_the_bot_says_how_to_invite_it(clock: TurnedClock) -> None:
    async with street(clock) as it:
        del it.daily.members[it.fake.town.bot.id]
        no = await refusal(it.post())
        assert no.reason is Reason.FORBIDDEN
        assert no.fix == "Whetstone is not in #daily. Write “/invite @Whetstone” in #daily."


async def test_an_invitation_names_the_bot_as_the_workspace_does(clock: TurnedClock) -> None:
    async with street(clock) as it:
        it.bot = "study_owl"
        del it.daily.members[it.fake.town.bot.id]
        for channel in (it.daily.id, "C0"):
            assert "“/invite @study_owl”" in (await refusal(it.started().post(it.posting(Spot(channel))))).fix


async def test_a_missing_scope_is_named_with_where_to_add_it(clock: TurnedClock) -> None:
    async with street(clock) as it:
        it.fake.scopes -= {"mpim:write"}
        no = await refusal(it.post(it.room(it.ada, it.ben)))
        assert no.reason is Reason.FORBIDDEN
        assert no.fix == (
            "Whetstone lacks the scope “mpim:write”. Whoever runs Whetstone can add it. At https://api.slack.com/apps "
            "open your app, then OAuth & Permissions, then “Bot Token Scopes”. "
            "Then press “Reinstall to Workspace” on that page."
        )


async def test_a_private_channel_without_the_bot_and_a_deleted_one_look_alike(clock: TurnedClock) -> None:
    async with street(clock) as it:
        secret = it.fake.town.add_channel("secret", kind=PRIVATE, with_bot=False)
        for channel in (secret.id, "C0"):
            no = await refusal(it.post(Spot(channel)))
            assert no.reason is Reason.GONE
            assert "“/invite @Whetstone”" in no.fix
            assert no.fix.endswith(ANOTHER_CHANNEL)


async def test_an_archived_channel_and_a_closed_one_are_named(clock: TurnedClock) -> None:
    async with street(clock) as it:
        it.daily.closed = True
        no = await refusal(it.post())
        assert (no.reason, "#daily" in no.fix) == (Reason.FORBIDDEN, True)
        it.daily.archived = True
        no = await refusal(it.post())
        assert (no.reason, no.fix[:18]) == (Reason.GONE, "#daily is archived")


async def test_somebody_who_left_the_workspace_is_gone(clock: TurnedClock) -> None:
    async with street(clock) as it:
        await it.post(To(it.ben.id))
        it.ben.deleted = True
        no = await refusal(it.post(To(it.ben.id), name="another"))
        assert (no.reason, no.fix) == (
            Reason.GONE,
            "This member is not in the workspace any more. Nothing needs to be done.",
        )
        it.ada.deleted = True
        assert (await refusal(it.post(To(it.ada.id)))).reason is Reason.GONE
        assert (await refusal(it.post(To("U0")))).reason is Reason.GONE


async def test_private_messages_that_the_app_does_not_take_are_its_keepers_matter(clock: TurnedClock) -> None:
    async with street(clock) as it:
        it.fake.are_messages_off = True
        no = await refusal(it.post(To(it.ada.id)))
        assert "Messages Tab" in no.fix


@pytest.mark.parametrize("error", ["invalid_auth", "token_revoked", "account_inactive", "not_authed"])
async def test_a_refused_token_concerns_its_own_workspace_alone(clock: TurnedClock, error: str) -> None:
    async with street(clock) as it, aiohttp.ClientSession() as session:
        other = Street(it.fake.neighbour("Sales"), session, clock, BOUNDLESS)
        it.fake.revoked = error
        no = await refusal(it.post())
        assert no.reason is Reason.TOKEN
        assert "whetstone setup slack" in no.fix
        assert await other.post()


@pytest.mark.parametrize("word", ["msg_too_long", "invalid_blocks", "msg_blocks_too_long", "a_word_of_tomorrow"])
async def test_what_slack_calls_wrong_is_ours_to_mend(clock: TurnedClock, word: str) -> None:
    async with street(clock) as it:
        it.fake.faults.refuse(word, POST)
        no = await refusal(it.post())
        assert no.reason is Reason.BUG
        assert word in no.fix


@pytest.mark.parametrize("word", ["internal_error", "fatal_error", "service_unavailable", "request_timeout"])
async def test_a_trouble_inside_slack_is_doubt(clock: TurnedClock, word: str) -> None:
    async with street(clock) as it:
        it.fake.faults.refuse(word, POST)
        with pytest.raises(Unsure):
            await it.post()


@pytest.mark.parametrize("after", [False, True])
async def test_a_trouble_on_the_way_is_doubt(clock: TurnedClock, after: bool) -> None:  # noqa: FBT001
    async with street(clock) as it:
        it.fake.faults.status(502, POST, after=after)
        with pytest.raises(Unsure):
            await it.post()
        assert bool(await it.find()) is after


async def test_what_was_certainly_not_sent_is_tried_later(clock: TurnedClock) -> None:
    async with street(clock) as it:
        it.fake.faults.throttle(30, POST)
        with pytest.raises(Later) as later:
            await it.post()
        assert later.value.wait == timedelta(seconds=30)
        it.fake.faults.refuse("message_limit_exceeded", POST)
        with pytest.raises(Later):
            await it.started().post(it.posting())
        web = Web("xoxb-1", it._session, api_base="http://127.0.0.1:1/api/")
        with pytest.raises(Later):
            await SlackPlatform(web, "U1", it._names).post(it.posting())


def test_every_sentence_names_a_place_only_where_it_has_one() -> None:
    for word in (*FORBIDDEN, *GONE):
        assert "{" not in (FORBIDDEN | GONE)[word].replace("{place}", "").replace("{bot}", ""), word
    assert isinstance(delivery_error(ValueError("?")), Unsure)


# --- removing -------------------------------------------------------------------------------------------------


async def test_a_message_is_removed_and_already_gone_is_done(clock: TurnedClock) -> None:
    async with street(clock) as it:
        receipt = await it.post()
        await it.platform.remove(receipt)
        await it.platform.remove(receipt)
        await it.platform.remove("C0/1.000000")
        assert not it.daily.messages


async def test_a_removed_message_with_replies_leaves_a_stone_and_what_follows_is_known(clock: TurnedClock) -> None:
    async with street(clock) as it:
        receipt = await it.post()
        below = await it.post(Thread(receipt), name="below")
        await it.platform.remove(receipt)
        await it.platform.remove(receipt)
        assert it.shown(receipt).subtype == "tombstone"
        assert (await refusal(it.edit(receipt))).reason is Reason.GONE
        await it.edit(below, Thread(receipt), name="below", card=card("Still here"))
        assert "Still here" in it.shown(below).words
        await it.lost(Thread(receipt), name="another")
        assert await it.find(Thread(receipt), "another") == it.fake.created[-1].receipt


async def test_a_removed_message_is_not_found(clock: TurnedClock) -> None:
    async with street(clock) as it:
        receipt = await it.post()
        it.noise(1, thread=receipt.partition("/")[2])
        await it.platform.remove(receipt)
        assert await it.find() is None


async def test_a_message_that_somebody_deleted_is_gone(clock: TurnedClock) -> None:
    async with street(clock) as it:
        receipt = await it.post()
        it.fake.drop(it.shown(receipt))
        no = await refusal(it.edit(receipt))
        assert no.reason is Reason.GONE
        assert "#daily" in no.fix


@pytest.mark.parametrize("word", ["cant_delete_message", "compliance_exports_prevent_deletion"])
async def test_where_nothing_may_be_deleted_a_line_takes_its_place(clock: TurnedClock, word: str) -> None:
    async with street(clock) as it:
        receipt = await it.post()
        it.fake.faults.refuse(word, DELETE)
        await it.platform.remove(receipt)
        assert (it.shown(receipt).words, it.shown(receipt).metadata) == ("This message was taken back.", None)
        assert await it.find() is None


async def test_a_removal_that_nobody_confirms_is_doubt(clock: TurnedClock) -> None:
    async with street(clock) as it:
        receipt = await it.post()
        it.fake.faults.reset_after(DELETE)
        with pytest.raises(Unsure):
            await it.platform.remove(receipt)
        await it.platform.remove(receipt)


# --- pins -------------------------------------------------------------------------------------------------------


async def test_a_pin_comes_and_goes_with_an_edit(clock: TurnedClock) -> None:
    async with street(clock) as it:
        receipt = await it.post(pinned=True)
        assert it.shown(receipt).pinned
        await it.edit(receipt, pinned=True, card=card("Tuesday"))
        assert len(it.fake.sent("pins.add")) == 1
        await it.edit(receipt, pinned=False)
        assert not it.shown(receipt).pinned
        it.platform = it.started()
        await it.edit(receipt, pinned=True)
        it.platform = it.started()
        await it.edit(receipt, pinned=True, card=card("Wednesday"))
        assert it.shown(receipt).pinned


@pytest.mark.parametrize("word", ["missing_scope", "too_many_pins", "not_pinnable", "ratelimited", "internal_error"])
async def test_a_message_stands_without_its_pin(clock: TurnedClock, word: str) -> None:
    async with street(clock) as it:
        it.fake.faults.refuse(word, "pins.add")
        receipt = await it.post(pinned=True)
        assert not it.shown(receipt).pinned
        if word == "ratelimited":
            it.platform = it.started()  # this one keeps to what Slack said
        await it.edit(receipt, pinned=True)  # the next edit tries again
        assert it.shown(receipt).pinned


# --- files ------------------------------------------------------------------------------------------------------


def below(it: Street, receipt: str) -> list[tuple[str, bytes]]:
    message = it.shown(receipt)
    return [(one.name, one.content) for said in message.channel.thread(message.ts) for one in said.files]


@pytest.mark.parametrize("place", ["a channel", "private messages"])
async def test_files_are_handed_out_below_their_message_once(clock: TurnedClock, place: str) -> None:
    async with street(clock) as it:
        target: Target = Spot(it.daily.id) if place == "a channel" else To(it.ada.id)
        receipt = await it.post(target, card=card(files=(PLAN,)))
        await it.edit(receipt, target, card=card("Tuesday", files=(PLAN,)))
        it.platform = it.started()
        await it.edit(receipt, target, card=card("Wednesday", files=(PLAN,)))
        assert below(it, receipt) == [("plan.ics", b"BEGIN:VCALENDAR")]
        await it.edit(receipt, target, card=card("Thursday", files=(File("plan.ics", "text/calendar", "BEGIN:NEW"),)))
        assert below(it, receipt)[1:] == [("plan.ics", b"BEGIN:NEW")]


async def test_files_of_a_message_in_a_thread_follow_it_there(clock: TurnedClock) -> None:
    async with street(clock) as it:
        above = await it.post()
        receipt = await it.post(Thread(above), name="below", card=card(files=(PLAN,)))
        assert below(it, above) == [("plan.ics", b"BEGIN:VCALENDAR")]
        it.platform = it.started()
        await it.edit(receipt, Thread(above), name="below", card=card("Later", files=(PLAN,)))
        assert len(below(it, above)) == 1


async def test_files_that_were_never_handed_out_come_with_the_next_edit(clock: TurnedClock) -> None:
    async with street(clock) as it:
        it.fake.faults.status(503, "upload")
        with pytest.raises(Unsure):
            await it.post(card=card(files=(PLAN,)))
        receipt = await it.find()
        assert receipt
        assert below(it, receipt) == []
        await it.edit(receipt, card=card(files=(PLAN,)))
        assert below(it, receipt) == [("plan.ics", b"BEGIN:VCALENDAR")]
        assert len([one for one in it.fake.created if not one.files]) == 1


async def test_where_nobody_can_look_files_are_not_handed_out_again(clock: TurnedClock) -> None:
    async with street(clock, history=False) as it:
        receipt = await it.post(card=card(files=(PLAN,)))
        it.platform = it.started()
        await it.edit(receipt, card=card("Tuesday", files=(PLAN,)))
        assert len(below(it, receipt)) == 1


@pytest.mark.parametrize("word", ["ratelimited", "token_revoked"])
async def test_what_is_refused_for_now_is_unsure_once_the_message_stands(clock: TurnedClock, word: str) -> None:
    """Whoever hears "not sent" sends it again without looking."""
    async with street(clock) as it:
        it.fake.faults.refuse(word, "files.completeUploadExternal")
        with pytest.raises(Unsure):
            await it.post(card=card(files=(PLAN,)))
        assert await it.find()


async def test_without_the_scope_for_files_the_message_stands_and_the_scope_is_named(clock: TurnedClock) -> None:
    async with street(clock) as it:
        it.fake.scopes -= {"files:write"}
        no = await refusal(it.post(card=card(files=(PLAN,))))
        assert "“files:write”" in no.fix
        assert await it.find()


# --- rooms ------------------------------------------------------------------------------------------------------


async def test_a_room_is_the_one_group_message_of_its_people(clock: TurnedClock) -> None:
    async with street(clock) as it:
        receipt = await it.post(it.room(it.ada, it.ben))
        assert it.fake.town.channels[receipt].kind == MPIM
        assert {*it.fake.town.channels[receipt].members} == {it.ada.id, it.ben.id, it.fake.town.bot.id}
        assert await it.post(it.room(it.ben, it.ada)) == receipt
        assert await it.find(it.room(it.ada, it.ben)) == receipt
        said = await it.post(Spot(receipt), name="partners.hello")
        assert it.shown(said).channel.id == receipt
        assert await it.find(Spot(receipt), "partners.hello") == said


async def test_a_room_whose_reply_was_lost_is_not_made_twice(clock: TurnedClock) -> None:
    async with street(clock) as it:
        it.fake.faults.reset_after(OPEN)
        with pytest.raises(Unsure):
            await it.post(it.room(it.ada, it.ben))
        assert await it.find(it.room(it.ada, it.ben))
        assert len([one for one in it.fake.town.channels.values() if one.kind == MPIM]) == 1


async def test_other_people_have_another_room_and_the_old_one_says_so(clock: TurnedClock) -> None:
    async with street(clock) as it:
        receipt = await it.post(it.room(it.ada, it.ben))
        assert await it.edit(receipt, it.room(it.ben, it.ada)) is None
        moved = await it.edit(receipt, it.room(it.ada, it.ben, it.cem))
        assert moved
        assert moved != receipt
        assert it.cem.id in it.fake.town.channels[moved].members
        old = it.fake.town.channels[receipt]
        assert "goes on in a new group message" in old.newest().words
        assert not it.fake.town.channels[moved].messages
        await it.platform.remove(moved)
        assert it.fake.town.channels[moved].members


async def test_a_room_moves_even_where_the_old_one_takes_no_farewell(clock: TurnedClock) -> None:
    async with street(clock) as it:
        receipt = await it.post(it.room(it.ada, it.ben))
        it.fake.faults.refuse("is_archived", POST)
        assert await it.edit(receipt, it.room(it.ada, it.cem))


async def test_a_room_for_more_than_slack_takes_is_refused_in_words(clock: TurnedClock) -> None:
    async with street(clock) as it:
        many = [it.fake.town.add_user(f"Ada {number}") for number in range(9)]
        assert await it.post(it.room(*many[:8]))
        no = await refusal(it.post(it.room(*many)))
        assert no.reason is Reason.FORBIDDEN
        assert "8 people" in no.fix


# --- together -------------------------------------------------------------------------------------------------


async def test_a_hundred_channels_are_served_without_one_word_about_limits(clock: TurnedClock) -> None:
    """Slack's own numbers: what goes beyond them comes later, and none of it is sent in vain."""
    async with street(clock, Limits(), limits=pretended.STRICT) as it:
        channels = [it.fake.town.add_channel(f"daily-{number}") for number in range(100)]
        for channel in channels:
            await it.post(Spot(channel.id), name=f"daily/{channel.id}")
        done = 0
        for channel in channels:
            try:
                await it.edit(channel.newest().receipt, Spot(channel.id), name=f"daily/{channel.id}", card=card("News"))
                done += 1
            except Later:
                pass
        assert done == 50
        assert it.fake.throttled == []


async def test_no_more_pins_are_remembered_than_fit(clock: TurnedClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivering, "KNOWN", 2)
    async with street(clock) as it:
        receipts = [await it.post(name=f"pin/{number}", pinned=True) for number in range(3)]
        assert [*it.platform._pinned] == receipts[1:]

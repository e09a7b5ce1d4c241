"""The driver of Slack: the deeds of `tests.story`, through slack-bolt and slack_sdk and a pretended Slack."""

import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from itertools import count
from pathlib import Path

import pytest

from adapters.sendable import value_of
from adapters.slack import listening
from adapters.slack.connect import open_slack
from adapters.slack.talk import sent_card
from bot.app import open_app
from bot.clock import TurnedClock
from bot.config import Config
from bot.engine import outbox
from bot.engine.outcome import Outcome
from bot.kernel.effect import Ask, Reply
from bot.kernel.event import Due, Event, Person, Suggest, Typed, Value, What
from bot.kernel.ports import Platform
from tests.adapters.slack.line import PATIENT, UNHURRIED, Bot, settings_for
from tests.slack_fake import town as slack
from tests.slack_fake.deeds import Deed
from tests.slack_fake.forms import Filled, find_input
from tests.slack_fake.server import FakeSlack
from tests.slack_fake.town import IM, MPIM, Channel, Json, Message, User
from tests.slack_sights import (
    View,
    Where,
    action_of,
    assert_shown,
    beside_the_field,
    cards_of,
    entered,
    is_form,
    sheet_of,
    views_of,
)
from tests.story import Answered, Sight, find_button, find_option, sight
from tests.world import BERLIN, CHANNEL, GROUP, catalogue, travel

DOOR = "Open the form"  # stands for a form that could not be opened at once
LOOK = 0.02  # seconds between looks at a connection: a story waits for the first one
# Paces are kept on the machine's clock, and a story has another.


@dataclass
class Seat:
    """One member before their screen."""

    user: User
    seen: tuple[View, ...] = ()
    modal: slack.View | None = None
    is_new: bool = False  # their profile changed, and nobody told the bot


class SlackDriver:
    """Stories call members, channels and the group by words; Slack knows ids. `ours` and `theirs` translate."""

    def __init__(self, bot: Bot) -> None:
        self.bot, self.fake, self.app, self.clock = bot, bot.fake, bot.app, bot.clock
        self._seats: dict[str, Seat] = {}
        self._outcomes: list[Outcome] = []
        self._deliveries = count(1)
        self._handle = self.app.engine.handle
        self.app.engine.handle = self._watched  # type: ignore[method-assign]

    async def _watched(self, event: Event) -> Outcome:
        outcome = await self._handle(event)
        if not isinstance(event.what, Due):
            self._outcomes.append(outcome)
        return outcome

    # --- deeds -----------------------------------------------------------------------------

    def person(self, member: str, *, zone: str = "", manages: bool = False) -> None:
        seat = self._seat(member)
        seat.user.zone, seat.user.is_admin, seat.is_new = zone, manages, True

    async def found(self, organiser: str = "olga", *, zone: str = BERLIN) -> Answered:
        self.person(organiser, zone=zone, manages=True)
        await self.type(organiser, "/study")
        return await self.press(organiser, "organiser.setup")

    async def press(self, member: str, label: str, on: str = "") -> Answered:
        seat, views = await self._before(member, on)
        seen, action = find_button([view.seen for view in views], label)
        view = next(view for view in views if view.seen is seen)
        if isinstance(view.where, slack.View) and view.where.errors:
            assert view.where is seat.modal, "the form is closed"
            return Answered(form=sheet_of(view.where, self.ours))  # it is open still, with every word
        return await self._do(member, await self.fake.press(seat.user, view.where, view.ids[action]))

    async def choose(self, member: str, what: str, on: str = "") -> Answered:
        if (chat := self._chat(on)) is not None:
            seat = await self._ready(member)
            verb = next(s.verb for _, s in self.app.engine.routes.shortcuts.values() if what in (s.label, s.verb))
            return await self._do(member, await self.fake.shortcut(seat.user, verb, chat))
        seat, views = await self._before(member, on)
        seen, action, value = find_option([view.seen for view in views], what)
        view = next(view for view in views if view.seen is seen)
        menu, sent = next(
            (menu["action_id"], option["value"])
            for menu in view.where.menus
            for option in menu["options"]
            if action_of(menu, self.ours) == action and self.ours(value_of(option["value"])) == value
        )
        return await self._do(member, await self.fake.press(seat.user, view.where, menu, sent))

    async def forge(self, member: str, action: str, value: str = "") -> Answered:
        """Press a button that no message has."""
        seat = await self._ready(member)
        message = next(m for m in reversed(self.fake.created) if m.channel is self.channel and not m.deleted)
        forged, sent = f"0:{self.theirs(action)}", self.theirs(value)
        return await self._do(member, await self.fake.press(seat.user, message, forged, sent, forged=True))

    async def fill(self, member: str, values: Mapping[str, Value]) -> Answered:
        seat = await self._ready(member)
        assert seat.modal, f"{member} has no form open"
        filled = {key: self._filled(find_input(seat.modal, key)["element"], value) for key, value in values.items()}
        # What a client would not send is sent all the same: a story is about the bot's own checks.
        return await self._do(member, await self.fake.submit(seat.user, seat.modal, filled, forged=True))

    async def say(self, member: str, post: str, text: str) -> Answered:
        seat = await self._ready(member)
        channel, thread = await self._place(post)
        self._outcomes.clear()
        return await self._quietly(await self.fake.write(seat.user, channel, text, thread))

    async def edit(self, member: str, receipt: str, text: str) -> Answered:
        await self._ready(member)
        self._outcomes.clear()
        return await self._quietly(await self.fake.edit(self.fake.town.message(receipt), text))

    async def take_back(self, member: str, receipt: str) -> Answered:
        await self._ready(member)
        self._outcomes.clear()
        return replace(await self._quietly(await self.fake.delete(self.fake.town.message(receipt))), receipt="")

    async def tell(self, member: str, text: str) -> Answered:
        seat = await self._ready(member)
        return await self._told(member, await self.fake.write(seat.user, None, text))

    async def type(self, member: str, command: str) -> Answered:
        seat = await self._ready(member)
        word, _, rest = command.removeprefix("/study").strip().partition(" ")
        text = f"{word} {self.theirs(rest.strip())}".strip()
        answered = await self._do(member, await self.fake.command(seat.user, self.channel, "/study", text))
        return await self._as_typed(member, answered) if word == "me" else answered

    async def _as_typed(self, member: str, home: Answered) -> Answered:
        """
        What Slack shows for `/study me` is the home page: what the command itself would show is a part of it.

        Where that would be a no, the home page shows the way in.
        """
        seat = self._seat(member)
        outcome = await self._handle(self._event(seat, Typed("me")))
        if no := outcome.refused:
            actions = {action for one in home.replies for _, action in one.buttons}
            assert {self.ours(button.action.encode()) for button in no.buttons} <= actions
            return replace(home, refused=self.ours(no.because), hint=self.ours(no.hint))
        titles = [answer.card.title for answer in outcome.answers if isinstance(answer, Reply)]
        seat.seen = tuple(view for view in seat.seen if view.seen.title in titles)
        assert len(seat.seen) == len(titles), f"the home page lacks {titles}"
        return replace(home, replies=tuple(view.seen for view in seat.seen))

    def _event(self, seat: Seat, what: What) -> Event:
        person = Person(seat.user.id, seat.user.name, seat.user.zone, seat.user.is_admin)
        tenant, group = self._group.partition("/")[0], self._group
        return Event(
            f"aside-{next(self._deliveries)}", tenant, group, self.channel.id, person, self.clock.now(), what
        )  # fmt: skip

    async def open(self, member: str) -> Sequence[Sight]:
        seat = await self._ready(member)
        self._outcomes.clear()
        await self.fake.open_home(seat.user)
        await self.bot.caught_up()
        assert seat.user.home, "no home page was published"
        seat.seen = tuple(views_of(seat.user.home, self.ours))
        return tuple(view.seen for view in seat.seen)

    async def read(self, member: str, place: str = "channel") -> Sequence[Sight]:
        await self.wait(outbox.MERGE)
        if place == "home":
            return await self.open(member)
        seat = await self._ready(member)
        names = await self._names()
        if place == "channel":
            spots = [one for one in self.fake.town.channels.values() if one.kind not in (IM, MPIM)]
            found = [m for spot in spots for m in spot.messages.values() if not m.thread_ts]
        elif place == "private":
            found = list(self.fake.town.im(seat.user).messages.values())
        else:
            channel, thread = await self._place(place)
            found = channel.thread(thread) if thread else list(channel.messages.values())
        standing = [message for message in found if message.receipt in names and not message.deleted]
        return tuple(view.seen for message in standing for view in views_of(message, self.ours, names[message.receipt]))

    async def suggest(self, member: str, source: str, typed: str) -> Sequence[str]:
        """Forms suggest nothing on Slack."""
        event = self._event(self._seat(member), Suggest(source, typed))
        return tuple(option.label for option in await self.app.engine.suggest(event))

    async def again(self) -> Answered:
        deed = await self.fake.redeliver(lost=True)
        member = next(name for name, seat in self._seats.items() if seat.user is deed.user)
        if deed.message is None or deed.message.user is not deed.user:
            return await self._do(member, deed)
        return await (self._told(member, deed) if deed.message.channel.kind == IM else self._quietly(deed))

    async def wait(self, wait: timedelta) -> None:
        await self.until(self.clock.now() + wait)

    async def until(self, at: datetime) -> None:
        await travel(self.app, self.clock, at)
        await self.bot.caught_up()

    # --- what a deed brought ------------------------------------------------------------------

    async def _do(self, member: str, deed: Deed) -> Answered:
        seat = self._seat(member)
        await self.bot.caught_up()
        outcomes, self._outcomes = self._outcomes, []
        outcome = outcomes[-1] if outcomes else Outcome()
        names = await self._names()
        shown: list[Where] = [*deed.shown]
        shown += [m for m in deed.posts if m.channel.kind == IM and m.receipt not in names and m.blocks]
        shown += [view for view in deed.views if view.type == "modal" and not is_form(view)]
        views = [view for one in shown for view in views_of(one, self.ours)]
        form = next((view for view in reversed(deed.views) if is_form(view)), None)
        if form is None and any(isinstance(answer, Ask) for answer in outcome.answers):
            form = await self._through_the_door(seat, views.pop())
        if deed.errors:
            views = [beside_the_field(deed, outcome, self.ours)]
        elif any(card.files for card in cards_of(outcome)):
            assert any(message.files for message in deed.posts), "no file was handed out"
            assert views.pop().seen.title == sent_card().title
        assert_shown([view.seen for view in views], outcome, self.ours)
        if form:
            seat.modal = form
        elif deed.payload.get("type") == "view_submission" and not outcome.refused:
            seat.modal = None
        if outcomes and not any(isinstance(answer, Reply) for answer in outcome.answers) and not outcome.refused:
            views = []  # Slack wants a word where the bot has nothing to say
        if views:
            seat.seen = tuple(views)
        return self._answered(outcome, [view.seen for view in views], form)

    async def _through_the_door(self, seat: Seat, door: View) -> slack.View:
        deed = await self.fake.press(seat.user, door.where, DOOR)
        await self.bot.caught_up()
        self._outcomes.clear()
        return deed.opened

    async def _told(self, member: str, deed: Deed) -> Answered:
        await self.bot.caught_up()
        message = deed.message
        assert message
        outcomes, self._outcomes = self._outcomes, []
        outcome = outcomes[-1] if outcomes else Outcome()
        names = await self._names()
        later = [m for m in message.channel.messages.values() if m.ts > message.ts and m.receipt not in names]
        mine = [one for one in later if one.user is self.fake.town.bot and one.blocks]
        views = [view for one in mine for view in views_of(one, self.ours)]
        assert_shown([view.seen for view in views], outcome, self.ours)
        if views:
            self._seat(member).seen = tuple(views)
        return replace(self._answered(outcome, [view.seen for view in views]), receipt=message.receipt)

    async def _quietly(self, deed: Deed) -> Answered:
        """A message in a thread: nobody presses anything there, so it is not answered."""
        await self.bot.caught_up()
        outcome = self._outcomes[-1] if self._outcomes else Outcome()
        self._outcomes.clear()
        assert deed.message
        return replace(
            self._answered(outcome, [sight(card) for card in cards_of(outcome)]), receipt=deed.message.receipt
        )

    def _answered(self, outcome: Outcome, seen: Sequence[Sight], form: slack.View | None = None) -> Answered:
        no = outcome.refused
        sheet = sheet_of(form, self.ours) if form else None
        if no is None:
            return Answered(tuple(seen), sheet)
        typed = tuple(self.ours(text) for text in no.typed)
        return Answered(tuple(seen), sheet, self.ours(no.because), self.ours(no.hint), no.field, typed)

    def _filled(self, part: Json, value: Value) -> Filled:
        if isinstance(value, str) and value and part["type"] == "users_select":
            return self._seat(value).user.id
        if isinstance(value, str) and value and part["type"] == "conversations_select":
            return self._channel(value).id
        return entered(part, value, self.ours)

    # --- names -----------------------------------------------------------------------------------

    @property
    def channel(self) -> Channel:
        return self._channel(CHANNEL)

    @property
    def _group(self) -> str:
        return f"slack:{self.fake.town.team_id}/{self.channel.id}"

    def _channel(self, name: str) -> Channel:
        known = (one for one in self.fake.town.channels.values() if name in (one.name, one.id))
        users = [seat.user for seat in self._seats.values()]
        return next(known, None) or self.fake.town.add_channel(name, *users)

    def _seat(self, member: str) -> Seat:
        if member not in self._seats:
            user = self.fake.town.add_user(member.title(), zone="")
            for channel in self.fake.town.channels.values():
                if channel.kind not in (IM, MPIM):
                    channel.members[user.id] = user
            self._seats[member] = Seat(user)
        return self._seats[member]

    async def _ready(self, member: str) -> Seat:
        """The seat, when the bot has heard who that is now."""
        seat = self._seat(member)
        if seat.is_new:
            seat.is_new = False
            await self.fake.change(seat.user)
            await self.bot.caught_up()
        return seat

    def _pairs(self) -> Iterator[tuple[str, str]]:
        """(what stories say, what Slack says)."""
        yield GROUP, self._group
        for name, seat in self._seats.items():
            yield name, seat.user.id
            yield f"@{name}", f"@{seat.user.name}"  # in posts, which mention nobody
            yield _token(name), _token(seat.user.id)
        yield from ((one.name, one.id) for one in self.fake.town.channels.values() if one.kind not in (IM, MPIM))

    def ours(self, text: str) -> str:
        for mine, its in self._pairs():
            text = text.replace(its, mine)
        return text

    def theirs(self, text: str) -> str:
        """Only whole words: “ada” in “adaptive” is nobody."""
        for mine, its in self._pairs():
            text = re.sub(rf"(?<!\w){re.escape(mine)}(?!\w)", lambda _, its=its: its, text)
        return text

    async def _names(self) -> dict[str, str]:
        """The names of posts by receipt."""
        sql = "SELECT name, receipt FROM outbox WHERE receipt IS NOT NULL"
        return {row["receipt"]: self.ours(row["name"]) for row in await self.app.store.read(lambda tx: tx.all(sql))}

    async def _receipt(self, post: str) -> str:
        names = await self._names()
        found = [receipt for receipt, name in names.items() if name == post]
        assert found, f"nothing called {post} stands; there are {sorted(names.values())}"
        return found[0]

    async def _place(self, post: str) -> tuple[Channel, str]:
        """Where one writes below this post: a channel with the thread's ts, or a room."""
        channel, _, ts = (await self._receipt(post)).partition("/")
        return self.fake.town.channels[channel], ts

    def _chat(self, on: str) -> Message | None:
        """What a member wrote, when this is its receipt."""
        return self.fake.town.message(on) if re.fullmatch(r"[CD]\w+/\d+\.\d+", on) else None

    async def _before(self, member: str, on: str) -> tuple[Seat, Sequence[View]]:
        seat = await self._ready(member)
        if not on:
            return seat, seat.seen
        return seat, list(views_of(self.fake.town.message(await self._receipt(on)), self.ours, on))


@cache
def _token(member: str) -> str:
    """How private names hold a member."""
    return sha256(member.encode()).hexdigest()[:8]


@asynccontextmanager
async def slack_story(folder: Path, clock: TurnedClock) -> AsyncIterator[SlackDriver]:
    """A real app with slack-bolt and slack_sdk on a pretended Slack, which judges every message and view."""
    platforms: dict[str, Platform] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(listening, "LOOK", LOOK)
        async with FakeSlack(clock, patience=PATIENT) as fake:
            fake.town.add_channel(CHANNEL)
            settings = settings_for(fake)
            async with (
                await open_app(Config(data=folder), platforms, clock, catalogue()) as app,
                open_slack(app, platforms, settings, patience=PATIENT, limits=UNHURRIED) as lines,
            ):
                await fake.socket.connected(2)
                yield SlackDriver(Bot(app, list(lines), fake, clock, platforms))
            assert [str(verdict) for verdict in fake.verdicts] == []

"""The driver of Discord: the deeds of `tests.story`, through discord.py's own client and a pretended Discord."""

import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from itertools import count
from pathlib import Path

from adapters.sendable import value_of
from bot.clock import TurnedClock
from bot.engine import outbox
from bot.engine.outcome import Outcome
from bot.kernel.effect import Ask, Reply
from bot.kernel.event import Due, Event, Person, Suggest, Typed, Upload, Value, What
from tests.adapters.discord.line import Bot, living
from tests.discord_fake import rights, rules
from tests.discord_fake.deeds import Json
from tests.discord_fake.server import FakeDiscord
from tests.discord_fake.sheets import Filled, Handed, fields
from tests.discord_fake.talk import MODAL, Interaction
from tests.discord_fake.town import Channel, Message, User
from tests.discord_sights import View, action_of, assert_shown, sheet_of, views_of
from tests.story import Answered, Sight, find_button, find_option, sight
from tests.world import BERLIN, CHANNEL, GROUP, travel

TENANT = "discord"
DOOR = "Open the form"  # stands for a form that could not be opened at once


@dataclass
class Seat:
    """One member before their screen."""

    user: User
    zone: str = ""
    seen: tuple[View, ...] = ()
    modal: Interaction | None = None


class DiscordDriver:
    """
    Stories call members, channels and the group by words; Discord knows numbers. `ours` and `theirs` translate.

    Discord knows no zones: a zone that a story gives to a person is lent to their events on the way to the engine.
    """

    def __init__(self, bot: Bot) -> None:
        self.bot, self.fake, self.app, self.clock = bot, bot.fake, bot.app, bot.clock
        self.guild = next(iter(self.fake.town.guilds.values()))
        self._seats: dict[str, Seat] = {}
        self._outcomes: list[Outcome] = []
        self._deliveries = count(1)
        self._handle = self.app.engine.handle
        self.app.engine.handle = self._watched  # type: ignore[method-assign]
        self._manager = self.fake.town.add_role(self.guild, "Managers", rights.MANAGE_GUILD)

    async def _watched(self, event: Event) -> Outcome:
        zone = next((seat.zone for seat in self._seats.values() if str(seat.user.id) == event.person.id), "")
        outcome = await self._handle(replace(event, person=replace(event.person, zone=zone)))
        if not isinstance(event.what, Due):
            self._outcomes.append(outcome)
        return outcome

    # --- deeds -----------------------------------------------------------------------------

    def person(self, member: str, *, zone: str = "", manages: bool = False) -> None:
        seat = self._seat(member)
        seat.zone = zone
        roles = self.guild.members[seat.user.id].roles
        if manages and self._manager not in roles:
            roles.append(self._manager)
        elif not manages and self._manager in roles:
            roles.remove(self._manager)

    async def found(self, organiser: str = "olga", *, zone: str = BERLIN) -> Answered:
        self.person(organiser, manages=True)
        await self.type(organiser, "/study")
        answered = await self.press(organiser, "organiser.setup")
        if answered.form:  # Discord does not know where anybody lives, so the bot asks
            [place] = answered.form.labels
            answered = await self.fill(organiser, {place: zone})
        self._seat(organiser).zone = zone
        return answered

    async def press(self, member: str, label: str, on: str = "") -> Answered:
        views = await self._before(member, on)
        seen, action = find_button([view.seen for view in views], label)
        view = next(view for view in views if view.seen is seen)
        seat = self._seat(member)
        return await self._do(member, await self.fake.press(seat.user, view.message, view.ids[action]))

    async def choose(self, member: str, what: str, on: str = "") -> Answered:
        seat = self._seat(member)
        if (chat := self._chat(on)) is not None:
            shortcut = next(s.label for _, s in self.app.engine.routes.shortcuts.values() if what in (s.label, s.verb))
            return await self._do(member, await self.fake.message_command(seat.user, shortcut, chat))
        views = await self._before(member, on)
        seen, action, value = find_option([view.seen for view in views], what)
        view = next(view for view in views if view.seen is seen)
        menu, sent = next(
            (menu["custom_id"], option["value"])
            for menu in view.message.menus
            for option in menu["options"]
            if action_of(menu, self.ours) == action and self.ours(value_of(option["value"])) == value
        )
        return await self._do(member, await self.fake.press(seat.user, view.message, menu, [sent]))

    async def forge(self, member: str, action: str, value: str = "") -> Answered:
        """Press a button that no message has."""
        seat = self._seat(member)
        message = next(m for m in reversed(self.fake.created) if m.channel is self.channel and not m.deleted)
        values = [self.theirs(value)] if value else []
        custom_id = f"0:{self.theirs(action)}"
        return await self._do(member, await self.fake.press(seat.user, message, custom_id, values, forged=True))

    async def fill(self, member: str, values: Mapping[str, Value]) -> Answered:
        seat = self._seat(member)
        opened = seat.modal
        assert opened, f"{member} has no form open"
        assert opened.modal
        parts = fields(opened.modal)
        assert set(values) <= set(parts), f"the form “{opened.modal['title']}” has no {set(values) - set(parts)}"
        filled = {key: self._filled(parts[key], value) for key, value in values.items()}
        # What a client would not send is sent all the same: a story is about the bot's own checks.
        return await self._do(member, await self.fake.submit(seat.user, opened, filled, forged=True))

    async def say(self, member: str, post: str, text: str) -> Answered:
        thread = await self._thread(post)
        self._outcomes.clear()
        message = await self.fake.write(self._seat(member).user, thread, text)
        return await self._quietly(message.receipt)

    async def edit(self, member: str, receipt: str, text: str) -> Answered:
        self._outcomes.clear()
        await self.fake.edit(self._message(receipt), text)
        return await self._quietly(receipt)

    async def take_back(self, member: str, receipt: str) -> Answered:
        self._outcomes.clear()
        await self.fake.delete(self._message(receipt))
        return await self._quietly("")

    async def tell(self, member: str, text: str) -> Answered:
        seat = self._seat(member)
        message = await self.fake.write(seat.user, None, text)
        return await self._told(member, message)

    async def type(self, member: str, command: str) -> Answered:
        word, _, rest = command.removeprefix("/study").strip().partition(" ")
        known = {one.word: one for _, one in self.app.engine.routes.commands.values()}
        takes = known[word].takes if word in known else None
        options = {takes.label if takes else "words": self.theirs(rest.strip())} if rest.strip() else {}
        # A word that no command has, or words that it does not take, nobody can type here; the bot gets them.
        forged = word not in known or bool(options and not takes)
        begun = await self.fake.command(
            self._seat(member).user, self.channel, word or "begin", options, forged=forged
        )  # fmt: skip
        answered = await self._do(member, begun)
        return await self._as_typed(member, answered) if word == "me" else answered

    async def _as_typed(self, member: str, home: Answered) -> Answered:
        """
        What Discord shows for `/study me` is the home page: what the command itself would show is a part of it.

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
        person = Person(str(seat.user.id), seat.user.name, seat.zone)
        group, spot = f"{TENANT}:{self.guild.id}", str(self.channel.id)
        return Event(f"aside-{next(self._deliveries)}", TENANT, group, spot, person, self.clock.now(), what)

    async def open(self, member: str) -> Sequence[Sight]:
        seat = self._seat(member)
        private = self.fake.town.dm(seat.user)
        await self._do(member, await self.fake.command(seat.user, private, "me"))
        return tuple(view.seen for view in seat.seen)

    async def read(self, member: str, place: str = "channel") -> Sequence[Sight]:
        await self.wait(outbox.MERGE)
        if place == "home":
            return await self.open(member)
        if place == "channel":
            spots = [channel for channel in self.guild.channels.values() if not channel.is_thread]
        elif place == "private":
            spots = [self.fake.town.dm(self._seat(member).user)]
        else:
            spots = [await self._thread(place)]
        names = await self._names()
        standing = [m for spot in spots for m in spot.messages.values() if m.receipt in names]
        return tuple(view.seen for message in standing for view in views_of(message, self.ours, names[message.receipt]))

    async def suggest(self, member: str, source: str, typed: str) -> Sequence[str]:
        seat = self._seat(member)
        for _, one in self.app.engine.routes.commands.values():
            if one.takes and one.takes.source == source:
                found = await self.fake.autocomplete(seat.user, self.channel, one.word, one.takes.label, typed)
                return tuple(choice["name"] for choice in found)
        # Forms suggest nothing on Discord.
        event = self._event(seat, Suggest(source, typed))
        return tuple(option.label for option in await self.app.engine.suggest(event))

    async def again(self) -> Answered:
        thing = await self.fake.redeliver(lost=True)
        member = next(name for name, seat in self._seats.items() if seat.user is _author(thing))
        if isinstance(thing, Interaction):
            return await self._do(member, thing)
        return await (self._quietly(thing.receipt) if thing.channel.guild else self._told(member, thing))

    async def wait(self, wait: timedelta) -> None:
        await self.until(self.clock.now() + wait)

    async def until(self, at: datetime) -> None:
        await travel(self.app, self.clock, at)
        await self.bot.caught_up()

    # --- what a deed brought ------------------------------------------------------------------

    async def _do(self, member: str, begun: Interaction) -> Answered:
        seat = self._seat(member)
        before = begun.pressed.edits if begun.pressed else 0
        await begun.answered()
        await self.bot.caught_up()
        outcomes, self._outcomes = self._outcomes, []
        outcome = outcomes[-1] if outcomes else Outcome()
        messages = [m for m in begun.messages if m is not begun.pressed or m.edits > before]
        views = [view for message in messages for view in views_of(message, self.ours)]
        form = begun if begun.answer and begun.answer["type"] == MODAL else None
        if form is None and any(isinstance(answer, Ask) for answer in outcome.answers):
            door = views.pop()
            form = await (await self.fake.press(seat.user, door.message, DOOR)).answered()
            await self.bot.caught_up()
            self._outcomes.clear()
        assert_shown(views, outcome)
        if form:
            seat.modal = form
        elif begun.type == 5 and not outcome.refused:
            seat.modal = None
        if outcomes and not any(isinstance(answer, Reply) for answer in outcome.answers) and not outcome.refused:
            views = []  # Discord wants a word where the bot has nothing to say
        if views:
            seat.seen = tuple(views)
        return self._answered(outcome, [view.seen for view in views], form)

    async def _told(self, member: str, message: Message) -> Answered:
        await self.bot.caught_up()
        outcomes, self._outcomes = self._outcomes, []
        outcome = outcomes[-1] if outcomes else Outcome()
        names = await self._names()
        later = [m for m in message.channel.messages.values() if m.id > message.id and m.receipt not in names]
        views = [view for one in later if one.author is self.fake.town.bot for view in views_of(one, self.ours)]
        assert_shown(views, outcome)
        if views:
            self._seat(member).seen = tuple(views)
        return replace(self._answered(outcome, [view.seen for view in views]), receipt=message.receipt)

    async def _quietly(self, receipt: str) -> Answered:
        """A message in a thread: Discord has no way to answer it for its author alone."""
        await self.bot.caught_up()
        outcome = self._outcomes[-1] if self._outcomes else Outcome()
        self._outcomes.clear()
        cards = [answer.card for answer in outcome.answers if isinstance(answer, Reply)]
        cards += [outcome.refused.card] if outcome.refused else []
        return replace(self._answered(outcome, [sight(card) for card in cards]), receipt=receipt)

    def _answered(self, outcome: Outcome, seen: Sequence[Sight], form: Interaction | None = None) -> Answered:
        no = outcome.refused
        sheet = sheet_of(form, self.ours) if form else None
        if no is None:
            return Answered(tuple(seen), sheet)
        typed = tuple(self.ours(text) for text in no.typed)
        return Answered(tuple(seen), sheet, self.ours(no.because), self.ours(no.hint), no.field, typed)

    def _filled(self, part: Json, value: Value) -> Filled:
        if isinstance(value, Upload):
            return Handed(value.name, b"x" * value.bytes, value.seconds)
        if value is None or part["type"] == rules.TEXT_INPUT:
            return value if value is None else str(value)
        chosen = [value] if isinstance(value, str) else list(value)
        if part["type"] == rules.USER_SELECT:
            return [str(self._seat(one).user.id) for one in chosen if one]
        if part["type"] == rules.CHANNEL_SELECT:
            return [str(self._channel(one).id) for one in chosen if one]
        sent = [next((o["value"] for o in part["options"] if value_of(o["value"]) == one), one) for one in chosen]
        return sent[0] if part["type"] == rules.RADIO and sent else sent

    # --- names -----------------------------------------------------------------------------------

    @property
    def channel(self) -> Channel:
        return self._channel(CHANNEL)

    def _channel(self, name: str) -> Channel:
        known = (c for c in self.guild.channels.values() if name in (c.name, str(c.id)) and not c.is_thread)
        return next(known, None) or self.fake.make_channel(self.guild, name)

    def _seat(self, member: str) -> Seat:
        if member not in self._seats:
            user = self.fake.town.add_user(member.title())
            self.fake.town.join(self.guild, user)
            self._seats[member] = Seat(user)
        return self._seats[member]

    def _pairs(self) -> Iterator[tuple[str, str]]:
        """(what stories say, what Discord says)."""
        yield GROUP, f"{TENANT}:{self.guild.id}"
        for name, seat in self._seats.items():
            yield name, str(seat.user.id)
            yield _token(name), _token(str(seat.user.id))
        yield from (
            (channel.name, str(channel.id)) for channel in self.guild.channels.values() if not channel.is_thread
        )

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

    async def _thread(self, post: str) -> Channel:
        receipt = await self._receipt(post)
        return self.fake.town.channels[int(receipt.rpartition("/")[2])]

    def _message(self, receipt: str) -> Message:
        channel, _, message = receipt.partition("/")
        return self.fake.town.channels[int(channel)].messages[int(message)]

    def _chat(self, on: str) -> Message | None:
        """What a member wrote, when this is its receipt."""
        return self._message(on) if re.fullmatch(r"\d+/\d+", on) else None

    async def _before(self, member: str, on: str) -> Sequence[View]:
        if not on:
            return self._seat(member).seen
        return list(views_of(self._message(await self._receipt(on)), self.ours, on))


def _author(thing: Interaction | Message) -> User:
    return thing.user if isinstance(thing, Interaction) else thing.author


@cache
def _token(member: str) -> str:
    """How private names hold a member."""
    return sha256(member.encode()).hexdigest()[:8]


@asynccontextmanager
async def discord_story(folder: Path, clock: TurnedClock) -> AsyncIterator[DiscordDriver]:
    """A real app with the real client of discord.py on a pretended Discord, which judges every payload."""
    async with FakeDiscord(clock, message_content=True) as fake:
        guild = fake.town.add_guild("Study", fake.town.add_user("Owner"))
        guild.system_channel = None  # nobody is greeted
        async with living(fake, folder, clock, message_content=True) as bot:
            driver = DiscordDriver(bot)
            yield driver
        assert [str(verdict) for verdict in fake.verdicts] == []

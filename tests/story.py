"""
Stories: what members do and see, in words that every platform has.

A story speaks to a `Driver` and never to the engine or to a page, so the same story file runs on all of them:

    async def test_ada_joins(story):
        await story.found()
        joined = await story.press("ada", "Join the study group", on="members.join/web:bench")
        assert "Welcome" in joined.words

Members are named by plain words ("ada"). A place to `read` is "channel" (what stands in the group's channel), the name
of a post (what stands in its thread), "private" (what the bot wrote to this member) or "home" (the member's home page).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Protocol

from bot.app import App
from bot.clock import TurnedClock
from bot.engine import outbox
from bot.engine.engine import Outcome
from bot.kernel.action import Action
from bot.kernel.card import (
    Card,
    ChannelField,
    ChoiceField,
    ChoicesField,
    CityField,
    Form,
    PersonField,
    TextField,
    card_words,
)
from bot.kernel.effect import Reply
from bot.kernel.event import (
    Chosen,
    Event,
    Opened,
    Person,
    Pressed,
    Said,
    Submitted,
    Suggest,
    Told,
    Typed,
    Value,
    What,
)
from bot.kernel.ports import Spot, Thread, To
from tests.world import BERLIN, CHANNEL, GROUP, TENANT, World, travel


@dataclass(frozen=True)
class Sight:
    """A message or a reply as a member sees it. `name` is the post's name, empty for a reply."""

    title: str
    words: str  # everything that can be read, title and labels included
    buttons: tuple[tuple[str, str], ...] = ()  # label, action
    options: tuple[tuple[str, str, str], ...] = ()  # value, label, action of its menu
    name: str = ""
    receipt: str = ""


@dataclass(frozen=True)
class Sheet:
    """An open form. `values` are what its fields hold already, by key."""

    title: str
    action: str
    labels: dict[str, str]
    values: dict[str, str | tuple[str, ...]]


@dataclass(frozen=True)
class Answered:
    """What a deed brought the member who did it. `refused` is empty when it was allowed."""

    replies: tuple[Sight, ...] = ()
    form: Sheet | None = None
    refused: str = ""
    hint: str = ""
    field: str = ""  # the form's field that the refusal is about
    handed_back: tuple[str, ...] = ()  # the member's own words, after a refusal
    receipt: str = ""  # of the chat message that the member wrote, for `edit` and `take_back`

    @property
    def words(self) -> str:
        parts = [self.refused, self.hint, *(sight.words for sight in self.replies)]
        return "\n".join(part for part in parts if part)


class Driver(Protocol):
    """The deeds. Each settles the app before it returns, so what follows from it can be read at once."""

    clock: TurnedClock

    def person(self, member: str, *, zone: str = "", manages: bool = False) -> None:
        """Somebody with a zone or rights of their own. Everybody else has neither and needs no introduction."""
        ...

    async def found(self, organiser: str = "olga", *, zone: str = BERLIN) -> Answered:
        """Set the group up as this person."""
        ...

    async def press(self, member: str, label: str, on: str = "") -> Answered:
        """Press the button with this label or action: on the post of that name, else on what the member saw last."""
        ...

    async def choose(self, member: str, what: str, on: str = "") -> Answered:
        """Take the option with this value or label in a menu; or, `on` a chat message, use the shortcut so labelled."""
        ...

    async def fill(self, member: str, values: dict[str, Value]) -> Answered:
        """Send the form that was opened last; keys that are not given keep what the form holds."""
        ...

    async def say(self, member: str, post: str, text: str) -> Answered:
        """Write into the thread of this post."""
        ...

    async def edit(self, member: str, receipt: str, text: str) -> Answered: ...
    async def take_back(self, member: str, receipt: str) -> Answered: ...
    async def tell(self, member: str, text: str) -> Answered:
        """Write the bot a private message."""
        ...

    async def type(self, member: str, command: str) -> Answered:
        """`/study ...` in the group's channel."""
        ...

    async def open(self, member: str) -> Sequence[Sight]:
        """The home page."""
        ...

    async def read(self, member: str, place: str = "channel") -> Sequence[Sight]:
        """What stands there. Looking takes two seconds, in which edits that were waiting for more arrive."""
        ...

    async def suggest(self, member: str, source: str, typed: str) -> Sequence[str]:
        """The labels that a field offers while this is being typed."""
        ...

    async def again(self) -> Answered:
        """The platform delivers the last deed a second time."""
        ...

    async def wait(self, wait: timedelta) -> None:
        """Let time pass, step by step from one due thing to the next."""
        ...

    async def until(self, at: datetime) -> None: ...


def sight(card: Card, name: str = "", receipt: str = "") -> Sight:
    return Sight(
        card.title,
        card_words(card),
        tuple((button.label, button.action.encode()) for button in card.buttons),
        tuple((o.value, o.label, menu.action.encode()) for menu in card.selects for o in menu.options),
        name,
        receipt,
    )


def sheet(form: Form) -> Sheet:
    values: dict[str, str | tuple[str, ...]] = {}
    for part in form.fields:
        if isinstance(part, TextField | ChoiceField | ChoicesField | CityField | ChannelField | PersonField):
            values[part.key] = part.value
    return Sheet(form.title, form.action.encode(), {part.key: part.label for part in form.fields}, values)


def find_button(sights: Sequence[Sight], wanted: str) -> tuple[Sight, str]:
    """The newest button with this label or action. Fails with a list of what is there."""
    for seen in reversed(sights):
        for label, action in seen.buttons:
            if wanted in (label, action) or action.partition("?")[0] == wanted:
                return seen, action
    there = [label for seen in sights for label, _ in seen.buttons]
    raise AssertionError(f"there is no button “{wanted}”; there are {there}")


def find_option(sights: Sequence[Sight], wanted: str) -> tuple[Sight, str, str]:
    """(where, the menu's action, the option's value)."""
    for seen in reversed(sights):
        for value, label, action in seen.options:
            if wanted in (value, label):
                return seen, action, value
    there = [label for seen in sights for _, label, _ in seen.options]
    raise AssertionError(f"there is no option “{wanted}”; there are {there}")


# --- the driver of the core ------------------------------------------------------------


@dataclass(frozen=True)
class Where:
    """Where a member stands while acting: a reply or a form belongs to the place in which it was asked for."""

    group: str
    spot: str
    receipt: str = ""


@dataclass
class Sitting:
    """What one member has before them."""

    seen: tuple[Sight, ...] = ()
    form: Sheet | None = None
    where: Where = field(default_factory=lambda: Where(GROUP, CHANNEL))


class CoreDriver:
    """Speaks to the engine directly; the world plays the platform."""

    def __init__(self, app: App, world: World, clock: TurnedClock) -> None:
        self.app, self.world, self.clock = app, world, clock
        self._persons: dict[str, Person] = {}
        self._sittings: dict[str, Sitting] = {}
        self._deliveries = count(1)
        self._chat: dict[str, tuple[str, str, str, Where]] = {}  # receipt: author, text, post, where
        self._last: Event | None = None

    def person(self, member: str, *, zone: str = "", manages: bool = False) -> None:
        self._persons[member] = Person(member, member.title(), zone, manages)

    async def found(self, organiser: str = "olga", *, zone: str = BERLIN) -> Answered:
        self.person(organiser, zone=zone, manages=True)
        await self.type(organiser, "/study")
        return await self.press(organiser, "organiser.setup")

    async def press(self, member: str, label: str, on: str = "") -> Answered:
        sights, where = self._before(member, on)
        _, action = find_button(sights, label)
        return await self._do(member, where, Pressed(Action.decode(action)))

    async def choose(self, member: str, what: str, on: str = "") -> Answered:
        if on in self._chat:
            author, text, post, where = self._chat[on]
            shortcuts = (s for _, s in self.app.engine.routes.shortcuts.values())
            verb = next((s.verb for s in shortcuts if what in (s.label, s.verb)), what)
            return await self._do(member, where, Chosen(verb, text, on, author, post))
        sights, where = self._before(member, on)
        _, action, value = find_option(sights, what)
        return await self._do(member, where, Pressed(Action.decode(action), value))

    async def fill(self, member: str, values: dict[str, Value]) -> Answered:
        sitting = self._sitting(member)
        assert sitting.form, f"{member} has no form open"
        unknown = set(values) - set(sitting.form.labels)
        assert not unknown, f"the form “{sitting.form.title}” has no field {unknown}; it has {sitting.form.labels}"
        what = Submitted(Action.decode(sitting.form.action), {**sitting.form.values, **values})
        return await self._do(member, sitting.where, what)

    async def say(self, member: str, post: str, text: str) -> Answered:
        parent = self.world.named(post).receipt
        receipt = f"chat-{next(self._deliveries)}"
        self._chat[receipt] = member, text, parent, Where(GROUP, parent)
        return await self._do(member, Where(GROUP, parent), Said(parent, receipt, text), receipt)

    async def edit(self, member: str, receipt: str, text: str) -> Answered:
        _, _, parent, where = self._chat[receipt]
        self._chat[receipt] = member, text, parent, where
        return await self._do(member, where, Said(parent, receipt, text), receipt)

    async def take_back(self, member: str, receipt: str) -> Answered:
        _, _, parent, where = self._chat.pop(receipt)
        return await self._do(member, where, Said(parent, receipt, None))

    async def tell(self, member: str, text: str) -> Answered:
        receipt, where = f"chat-{next(self._deliveries)}", Where("", f"dm-{member}")
        self._chat[receipt] = member, text, "", where
        return await self._do(member, where, Told(text, receipt), receipt)

    async def type(self, member: str, command: str) -> Answered:
        word, _, rest = command.removeprefix("/study").strip().partition(" ")
        return await self._do(member, Where(GROUP, CHANNEL), Typed(word, rest.strip()))

    async def open(self, member: str) -> Sequence[Sight]:
        # A home page belongs to no channel, as a private message does.
        where = Where("", f"dm-{member}")
        cards = await self.app.engine.home(self._event(member, where, Opened()))
        self._sittings[member] = Sitting(tuple(sight(card) for card in cards), None, where)
        return self._sittings[member].seen

    async def read(self, member: str, place: str = "channel") -> Sequence[Sight]:
        await self.wait(outbox.MERGE)
        if place == "home":
            return await self.open(member)
        if place == "channel":
            found = [m for m in self.world.messages.values() if isinstance(m.posting.target, Spot) and m.posting.name]
        elif place == "private":
            found = self.world.private(member)
        else:
            found = self.world.at(Thread(self.world.named(place).receipt))
        return tuple(sight(message.card, message.posting.name, message.receipt) for message in found)

    async def suggest(self, member: str, source: str, typed: str) -> Sequence[str]:
        options = await self.app.engine.suggest(
            self._event(member, self._sitting(member).where, Suggest(source, typed))
        )
        return tuple(option.label for option in options)

    async def again(self) -> Answered:
        assert self._last, "nothing has been done yet"
        return await self._handle(replace(self._last, at=self.clock.now()))

    async def wait(self, wait: timedelta) -> None:
        await self.until(self.clock.now() + wait)

    async def until(self, at: datetime) -> None:
        await travel(self.app, self.clock, at)

    # --- inside --------------------------------------------------------------------------

    def _sitting(self, member: str) -> Sitting:
        return self._sittings.setdefault(member, Sitting())

    def _before(self, member: str, on: str) -> tuple[Sequence[Sight], Where]:
        """What the member looks at, and where that stands."""
        if not on:
            sitting = self._sitting(member)
            return sitting.seen, sitting.where
        message = self.world.named(on)
        here = (sight(message.card, on, message.receipt),)
        match message.posting.target:
            case To(person):
                assert person == member, f"{on} was written to {person}, {member} cannot press it"
                return here, Where("", f"dm-{member}", message.receipt)
            case Spot(spot):
                return here, Where(GROUP, spot, message.receipt)
            case Thread(receipt):
                return here, Where(GROUP, receipt, message.receipt)
            case other:
                raise AssertionError(f"nobody can press something in {other}")

    def _event(self, member: str, where: Where, what: What) -> Event:
        person = self._persons.get(member, Person(member, member.title()))
        delivery = f"delivery-{next(self._deliveries)}"
        return Event(delivery, TENANT, where.group, where.spot, person, self.clock.now(), what, where.receipt)

    async def _do(self, member: str, where: Where, what: What, receipt: str = "") -> Answered:
        self._last = self._event(member, where, what)
        return await self._handle(self._last, receipt)

    async def _handle(self, event: Event, receipt: str = "") -> Answered:
        outcome = await self.app.engine.handle(event)
        await self.app.settle()
        answered = replace(_answered(outcome), receipt=receipt)
        sitting = self._sitting(event.person.id)
        sitting.where = Where(event.group, event.spot, event.receipt)
        if answered.form:
            sitting.form = answered.form
        elif isinstance(event.what, Submitted) and not answered.refused:
            sitting.form = None
        if answered.replies:
            sitting.seen = answered.replies
        return answered


def _answered(outcome: Outcome) -> Answered:
    replies = tuple(sight(answer.card) for answer in outcome.answers if isinstance(answer, Reply))
    form = next((sheet(answer.form) for answer in outcome.answers if not isinstance(answer, Reply)), None)
    no = outcome.refused
    if no is None:
        return Answered(replies, form)
    return Answered((sight(no.card),), form, no.because, no.hint, no.field, no.typed)

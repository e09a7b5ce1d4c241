"""
A month with everything that members can do, in four zones, over the clock changes of three of them.

Members press what they are shown. Whatever they do, nobody is reminded more often than the budget allows, nor by
night; and by night no room of theirs rings.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.engine.outcome import Outcome
from bot.kernel.action import Action
from bot.kernel.calendar import Draw, draw, member_day
from bot.kernel.card import Card, ChoiceField, ChoicesField, CityField, Form, TextField
from bot.kernel.effect import Ask, Reply
from bot.kernel.event import Event, Opened, Person, Pressed, Submitted, Value, What
from bot.kernel.ports import Posting, Spot, To
from tests.features.mornings import GOOD
from tests.features.test_partner_properties import Group
from tests.story import CoreDriver
from tests.world import CHANNEL, GROUP, TENANT, World, travel

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BEGIN = datetime(2026, 3, 7, 9, tzinfo=UTC)  # New York changes on 8 March, Berlin on 29 March, Auckland on 5 April
HOMES = ("Europe/Berlin", "America/New_York", "Pacific/Auckland", "Asia/Kolkata")
HOURS = ("08:30", "12:30", "18:00", "20:00", "usual")
AN_EXIT = ("organiser.", "members.leave", "members.erase", "members.forget", "nudges.off", "nudges.mute", "safety.")
OFTEN = {"answer": 8, "home": 10, "room": 10, "private": 3, "board": 3, "fly": 1, "pause": 1, "block": 1, "nothing": 8}


@dataclass
class Seen:
    """A message when it was created."""

    name: str
    at: datetime
    quiet: bool
    to: tuple[str, ...]


class Watched(World):
    """Notes each message at the moment in which it can ring."""

    seen: list[Seen]

    async def post(self, posting: Posting) -> str:
        receipt = await super().post(posting)
        target = posting.target
        readers = self.rooms.get(target.id, ()) if isinstance(target, Spot) else ()
        to = (target.person,) if isinstance(target, To) else readers
        self.seen.append(Seen(posting.name, self.clock.now(), posting.quiet, to))
        return receipt


@dataclass
class Month:
    group: Group
    world: Watched
    die: Draw
    zones: dict[str, list[tuple[datetime, ZoneInfo]]] = field(default_factory=dict)
    pressed: set[str] = field(default_factory=set)

    def now(self) -> datetime:
        return self.group.clock.now()

    def event(self, member: str, what: What, spot: str = CHANNEL) -> Event:
        zone = self.zones[member][-1][1].key
        number = next(self.group._deliveries)
        return Event(f"month-{number}", TENANT, GROUP, spot, Person(member, member.title(), zone), self.now(), what)

    async def do(self, member: str, what: What) -> Outcome:
        done = await self.group.app.engine.handle(self.event(member, what))
        assert not (done.refused and "our side" in done.refused.because), (member, what, done.refused)
        for answer in done.answers:
            if isinstance(answer, Ask):
                await self.do(member, Submitted(answer.form.action, self.filled(member, answer.form)))
        return done

    def filled(self, member: str, form: Form) -> dict[str, Value]:
        values: dict[str, Value] = {}
        for part in form.fields:
            match part:
                case TextField():
                    values[part.key] = (part.value or GOOD)[: part.limit]
                case ChoiceField():
                    values[part.key] = self.die.choice([option.value for option in part.options])
                case ChoicesField():
                    values[part.key] = tuple(o.value for o in part.options if self.die.random() < 0.5)
                case CityField():
                    values[part.key] = part.value
        return values

    async def press(self, member: str, card: Card) -> None:
        able = [button.action for button in card.buttons if not button.action.route.startswith(AN_EXIT)]
        if able:
            action = self.die.choice(able)
            self.pressed.add(action.route.partition(".")[0])
            for answer in (await self.do(member, Pressed(action))).answers:
                if isinstance(answer, Reply) and self.die.random() < 0.3:
                    await self.press(member, answer.card)

    async def act(self, member: str) -> None:
        deed = self.die.choices(list(OFTEN), list(OFTEN.values()))[0]
        match deed:
            case "answer":
                task = str(self.now().astimezone(ZoneInfo(HOMES[0])).date())
                words: dict[str, Value] = {"text": GOOD, "claim": "", "choices": ("show",)}
                await self.do(member, Submitted(Action.to("answers.send", task=task), words))
            case "home":
                cards = await self.group.app.engine.home(self.event(member, Opened(), f"dm-{member}"))
                await self.press(member, self.die.choice(cards))
            case "room" | "private":
                mine = [
                    m for m in self.world.messages.values() if m.posting.name and self.reads(member, m.posting, deed)
                ]
                if mine:
                    await self.press(member, self.die.choice(mine[-6:]).card)
            case "board":
                await self.do(member, Pressed(Action.to("partners.again")))
            case "fly":
                self.zones[member].append((self.now(), ZoneInfo(self.die.choice(HOMES))))
                await self.do(member, Pressed(Action.to("nudges.evening", on="1")))  # the platform tells where they are
            case "pause":
                await self.do(member, Pressed(Action.to("members.keep_pause"), self.die.choice(["3", "7"])))
            case "block":
                other = self.die.choice(self.group.members)
                await self.do(member, Submitted(Action.to("safety.send_block"), {"person": other}))

    def reads(self, member: str, posting: Posting, where: str) -> bool:
        target = posting.target
        if where == "private":
            return target == To(member)
        return isinstance(target, Spot) and member in self.world.rooms.get(target.id, ())

    def zone(self, member: str, at: datetime) -> ZoneInfo:
        """Where they were when something was sent; who flies does so after all that happens at that instant."""
        return next((zone for since, zone in reversed(self.zones[member]) if since < at), self.zones[member][0][1])


async def begin(seed: int, members: int) -> Month:
    group = Group(members)
    group.clock.set(BEGIN)
    world = Watched(group.clock)
    world.seen = []
    group.world = group.app.courier.platforms[TENANT] = world  # type: ignore[index]
    month = Month(group, world, draw(f"a month of partners/{seed}"))
    await CoreDriver(group.app, world, group.clock).found()
    for number, member in enumerate(group.members):
        month.zones[member] = [(BEGIN, ZoneInfo(HOMES[number % len(HOMES)]))]
        await month.do(member, Pressed(Action.to("members.join")))
        await month.do(member, Pressed(Action.to("nudges.hour"), HOURS[number % len(HOURS)]))
        await month.do(member, Pressed(Action.to("nudges.evening", on="1")))
        times = ("mornings", "mon", "wed", "sat") if number % 3 else ("afternoons", "late", "tue")
        wish: dict[str, Value] = {"stage": "starting", "times": times, "talk": "live"}
        await month.do(member, Submitted(Action.to("partners.send"), wish))
    return month


@pytest.mark.parametrize("seed", range(2))
async def test_in_a_month_of_everything_nobody_is_reminded_too_often_or_by_night(seed: int) -> None:
    month = await begin(seed, 9)
    while month.now() < BEGIN + 30 * DAY:
        if month.die.random() < 0.01:
            month.group.clock.go(month.die.randint(3, 15) * HOUR)  # the bot was down
        await travel(month.group.app, month.group.clock, month.now() + 2 * HOUR)
        awake = [m for m in month.group.members if 7 <= month.now().astimezone(month.zone(m, month.now())).hour < 23]
        for member in month.die.sample(awake, min(3, len(awake))):
            await month.act(member)
        await month.group.app.settle()  # else an outage could lie between a deed and its message
    assert {"partners", "reviews", "streaks", "nudges", "daily"} <= month.pressed, month.pressed
    for member in month.group.members:
        reminders_are_few(month, member)
    rooms_are_quiet_by_night(month)
    assert month.world.doubles() == []


def reminders_are_few(month: Month, member: str) -> None:
    private = [seen for seen in month.world.seen if seen.to == (member,)]
    sent = [seen.at for seen in private if seen.name.startswith("nudges.")]
    assert len(sent) >= 3, "hardly anything was sent: the month proves nothing"
    for at in sent:
        assert not is_night(at.astimezone(month.zone(member, at)).time()), (member, at)
        assert sum(at <= other <= at + 7 * DAY for other in sent) <= 8, (member, at)
        day = member_day(at, month.zones[member])
        assert sum(day.starts <= other < day.ends for other in sent) <= 2, (member, day)


def rooms_are_quiet_by_night(month: Month) -> None:
    rooms = [seen for seen in month.world.seen if seen.name.startswith("partners.")]
    assert {seen.name.split("/")[0] for seen in rooms} >= {"partners.pair", "partners.plan", "partners.checkin"}
    for seen in rooms:
        landed = {m for m in seen.to if seen.at in dict(month.zones[m])}  # at that very instant: in either zone
        night = [m for m in seen.to if m not in landed and is_night(seen.at.astimezone(month.zone(m, seen.at)).time())]
        assert seen.quiet or not night, (seen, night)
    assert any(not seen.quiet for seen in rooms)
    assert any(seen.quiet for seen in rooms)


def is_night(wall: time) -> bool:
    return wall >= time(21, 30) or wall < time(8)

"""
A busy week of eight groups in seven zones: who does what when, and what must be true at its end.

Members join, answer by form and by private message, edit, withdraw, take hints and say that they are stuck; many at the
very second at which a problem is posted. The truth is worked out here from what members were told, not by the bot.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.kernel.action import Action
from bot.kernel.calendar import Draw
from bot.kernel.event import Event, Person, Pressed, Submitted, Told, Typed, Value, What
from tests.world import TENANT

ZONES = (
    "Europe/Berlin", "Europe/Berlin", "Asia/Kolkata", "America/New_York", "America/Los_Angeles", "Asia/Tokyo",
    "Africa/Lagos", "America/Sao_Paulo",
)  # fmt: skip
MEMBERS = 5  # in each group
SUNDAY = datetime(2026, 1, 4, 6, 0, tzinfo=UTC)  # before the Monday of the earliest zone
MONDAY = date(2026, 1, 5)
NINE = time(9)
SHOW: Value = ("show",)

Key = tuple[str, str, str]  # group, task, member
Said = str | None  # the words that others may read; None: nothing, or taken back


@dataclass(frozen=True)
class Plan:
    """How much of a week, and how many groups: the first days and the first groups. At most 5 and 8."""

    days: int = 5
    groups: int = len(ZONES)

    @property
    def dates(self) -> list[date]:
        return [MONDAY + timedelta(days=number) for number in range(self.days)]

    @property
    def names(self) -> list[str]:
        return [f"web:g{number}" for number in range(self.groups)]

    @property
    def end(self) -> datetime:
        """The last problem has closed, 36 hours after it was posted in the latest zone."""
        return datetime.combine(self.dates[-1], time(23), UTC) + timedelta(hours=36)

    def posts(self) -> list[str]:
        """The names that must stand at the end whatever the members did, worked out without the bot."""
        rounds = [f"daily/{group}/{day}" for group in self.names for day in self.dates]
        return [*(f"members.join/{group}" for group in self.names), *rounds, *(f"{name}/close/0" for name in rounds)]

    def deeds(self, dice: Draw) -> list["Deed"]:
        """Everything that people do, oldest first."""
        found: list[Deed] = []
        for number, group in enumerate(self.names):
            found += _begin(number, group)
            for day in self.dates:
                for place in range(MEMBERS):
                    found += _day(dice, number, group, day, _member(number, place))
        return sorted(found, key=lambda deed: (deed.at, deed.name))


@dataclass
class Deed:
    """
    One delivery, repeated under its name until somebody answers it. `gives` is what stands under `key` afterwards.

    `then` is what the member does with the card that comes back.
    """

    at: datetime
    name: str
    group: str
    member: Person
    what: What
    key: Key | None = None
    gives: Said = None
    private: bool = False
    tries: int = 0
    then: "Deed | None" = None

    def event(self) -> Event:
        group, spot = ("", f"dm-{self.member.id}") if self.private else (self.group, f"{self.group}-main")
        return Event(self.name, TENANT, group, spot, self.member, self.at, self.what)


@dataclass
class Truth:
    """What members were told. Several values may be right where somebody gave up before hearing an answer."""

    may_be: dict[Key, set[Said]] = field(default_factory=dict)
    acknowledged: int = 0

    def told(self, deed: Deed) -> None:
        """The member has read that it is done."""
        self.acknowledged += 1
        if deed.key:
            self.may_be[deed.key] = {deed.gives}

    def unknown(self, deed: Deed) -> None:
        """The member gave up without an answer: it is done or not."""
        if deed.key:
            self.may_be[deed.key] = {deed.gives, *self.may_be.get(deed.key, {None})}


def opens(group: int, day: date) -> datetime:
    return datetime.combine(day, NINE, ZoneInfo(ZONES[group])).astimezone(UTC)


def _member(group: int, place: int) -> Person:
    return Person(f"m{group}-{place}", f"Member {place}")


def _begin(number: int, group: str) -> Iterator[Deed]:
    olga = Person(f"olga{number}", "Olga", ZONES[number], manages=True)
    at = SUNDAY + timedelta(minutes=number)
    yield Deed(at, f"{group}/help", group, olga, Typed("", ""))
    yield Deed(at + timedelta(seconds=1), f"{group}/setup", group, olga, Pressed(Action.to("organiser.setup")))
    for place in range(MEMBERS):
        join = Pressed(Action.to("members.join"))
        later = at + timedelta(minutes=20, seconds=place // 2)
        yield Deed(later, f"{group}/join/{place}", group, _member(number, place), join)


def _day(dice: Draw, number: int, group: str, day: date, member: Person) -> Iterator[Deed]:
    """What one member does about one problem. Half of them come within the minute in which it is posted."""
    at = opens(number, day) + timedelta(seconds=dice.choice((0, 0, 1, 3, 6, 60, 3600, 3600 * 9, 3600 * 30)))
    name, task = f"{group}/{day}/{member.id}", str(day)
    key = (group, task, member.id)
    words = f"{name} thinks that sorting first is right, because the order makes the rest easy"

    def deed(what: What, label: str, gives: Said = None, *, keeps: bool = False) -> Deed:
        return Deed(at, f"{name}/{label}", group, member, what, key if keeps else None, gives)

    if dice.random() < 0.2:
        yield deed(Pressed(Action.to("daily.hint", round=task)), "hint")
    if dice.random() < 0.1:
        tried = {"tried": f"{words} and then I did not know"}
        yield deed(Submitted(Action.to("daily.tell_stuck", round=task), tried), "stuck")
    if dice.random() < 0.15:
        yield _by_message(deed(Told(f"{words}.", f"{name}/told"), "told"), task, key, f"{words}.")
    else:
        yield deed(_answer(task, f"{words}."), "answer", f"{words}.", keeps=True)
    for edit in range(dice.choice((0, 0, 1, 2))):
        at += timedelta(seconds=dice.choice((1, 2, 40, 4000)))
        text = f"{words}, and I thought again: {edit}."
        yield deed(_answer(task, text), f"edit/{edit}", text, keeps=True)
    if dice.random() < 0.15:
        at += timedelta(seconds=dice.choice((1, 90, 7000)))
        yield deed(Pressed(Action.to("answers.withdraw", task=task)), "withdraw", None, keeps=True)


def _answer(task: str, text: str) -> Submitted:
    return Submitted(Action.to("answers.send", task=task), {"text": text, "choices": SHOW})


def _by_message(told: Deed, task: str, key: Key, text: str) -> Deed:
    """A private message, and then the press that makes it an answer: its action is on the card that comes back."""
    told.private = True
    told.then = Deed(
        told.at, f"{told.name}/use", told.group, told.member, Pressed(Action.to("answers.use", task=task)), key, text,
        private=True,
    )  # fmt: skip
    return told

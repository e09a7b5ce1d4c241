"""
A busy day of six groups in six zones on a chat platform: who does what when, and what must stand at its end.

One group has open threads, and one is another way unlike the others, as its platform likes it. Members answer by form,
by private message, by the menu of their own message and by replies in the open thread; they change and withdraw it, ask
for help and offer it, start the clock and want reminders. Many act at the very second at which the problem is posted.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.kernel.calendar import Draw
from tests.endurance.week import MONDAY, NINE, SUNDAY, Key, Said

CITIES = (
    ("Europe/Berlin", "Berlin"), ("Europe/Berlin", "Berlin"), ("Asia/Kolkata", "Mumbai"),
    ("America/New_York", "New York City"), ("Asia/Tokyo", "Tokyo"), ("America/Sao_Paulo", "São Paulo"),
)  # fmt: skip
UNLIKE, IN_THREADS = 1, 2  # the numbers of the groups that are not like the others
MEMBERS = 5  # in each group


@dataclass
class Study:
    """One group with its people, as its platform knows them: each has an `id`."""

    number: int
    group: str  # its token
    channel: Any  # where it meets
    organiser: Any
    members: list[Any]
    forum: Any = None
    has_open_threads: bool = False

    @property
    def city(self) -> str:
        return CITIES[self.number][1]

    @property
    def zone(self) -> str:
        return CITIES[self.number][0]

    def opens(self, day: date) -> datetime:
        return datetime.combine(day, NINE, ZoneInfo(self.zone)).astimezone(UTC)


@dataclass
class Deed:
    """
    What somebody means to do until it is done. `gives` is what stands under `key` afterwards.

    `what` names a method of `members.Members`. `sent`: the bot may have heard of it. `message` is what
    the member wrote for it.
    """

    at: datetime
    name: str
    study: Study
    member: Any
    what: str
    text: str = ""
    key: Key | None = None
    gives: Said = None
    tries: int = 0
    sent: bool = False
    message: Any = None


@dataclass(frozen=True)
class DayPlan:
    """How many days and groups: the first ones. At most 5 and 6."""

    days: int = 1
    groups: int = len(CITIES)
    dates: list[date] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "dates", [MONDAY + timedelta(days=number) for number in range(self.days)])

    @property
    def end(self) -> datetime:
        """The last problem has closed, 36 hours after it was posted in the latest zone."""
        return datetime.combine(self.dates[-1], time(23), UTC) + timedelta(hours=36)

    def posts(self, studies: Sequence[Study]) -> list[str]:
        """The names that must stand at the end whatever the members did, worked out without the bot."""
        rounds = [f"daily/{study.group}/{day}" for study in studies for day in self.dates]
        return [*(f"members.join/{study.group}" for study in studies), *rounds, *(f"{name}/close/0" for name in rounds)]

    def deeds(self, dice: Draw, studies: Sequence[Study]) -> list[Deed]:
        """Everything that people do, oldest first."""
        found: list[Deed] = []
        for study in studies:
            found += _begin(study)
            for day in self.dates:
                for place, member in enumerate(study.members):
                    found += _day(dice, study, day, place, member)
        return sorted(found, key=lambda deed: (deed.at, deed.name))


def _begin(study: Study) -> Iterator[Deed]:
    at = SUNDAY + timedelta(minutes=study.number)
    yield Deed(at, f"{study.number}/begin", study, study.organiser, "found")
    if study.forum:
        yield Deed(at + timedelta(minutes=1), f"{study.number}/forum", study, study.organiser, "choose_forum")
    if study.has_open_threads:
        yield Deed(at + timedelta(minutes=1), f"{study.number}/open", study, study.organiser, "open_threads")
    for place, member in enumerate(study.members):
        later = at + timedelta(minutes=20, seconds=place // 2)
        yield Deed(later, f"{study.number}/join/{place}", study, member, "join")
        if place == 0:
            yield Deed(later + timedelta(minutes=1), f"{study.number}/remind", study, member, "want_reminders")


def _day(dice: Draw, study: Study, day: date, place: int, member: Any) -> Iterator[Deed]:
    """What one member does about one problem. Half of them come within the minute in which it is posted."""
    at = study.opens(day) + timedelta(seconds=dice.choice((0, 0, 1, 3, 6, 60, 3600, 3600 * 9, 3600 * 30)))
    name, key = f"{study.number}/{day}/{place}", (study.group, str(day), str(member.id))
    words = f"{name} thinks that sorting first is right, because the order makes the rest easy"

    def deed(what: str, text: str = "", gives: Said = None, *, keeps: bool = False) -> Deed:
        return Deed(at, f"{name}/{what}", study, member, what, text or str(day), key if keeps else None, gives)

    for what, share in (("take_hint", 0.2), ("start_clock", 0.15), ("be_stuck", 0.15), ("offer_help", 0.15)):
        if dice.random() < share:
            yield deed(what, str(day))
    if study.has_open_threads:
        at = min(at, study.opens(day) + timedelta(hours=9))
        yield from _talk(dice, deed, words)
        return
    way = dice.choice(("answer", "answer", "answer", "tell", "point_at"))
    yield deed(way, f"{words}.", f"{words}.", keeps=True)
    for edit in range(dice.choice((0, 0, 1, 2))):
        at += timedelta(seconds=dice.choice((1, 2, 40, 4000)))
        text = f"{words}, and I thought again: {edit}."
        yield deed("answer", text, text, keeps=True)
    if way == "answer" and dice.random() < 0.2:
        at += timedelta(seconds=dice.choice((1, 90, 7000)))
        yield deed("withdraw", keeps=True)


def _talk(dice: Draw, deed: Any, words: str) -> Iterator[Deed]:
    """A reply in an open thread, perhaps changed, perhaps deleted."""
    yield deed("reply", f"{words}.", f"{words}.", keeps=True)
    if dice.random() < 0.4:
        yield deed("change_reply", f"{words}, and I thought again.", f"{words}, and I thought again.", keeps=True)
    if dice.random() < 0.2:
        yield deed("delete_reply", keeps=True)

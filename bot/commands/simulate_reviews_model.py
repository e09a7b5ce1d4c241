"""
How the invented members of a group behave that reviews each other's answers. All chances are assumptions.

Nothing here knows the bot: only who comes when, and how likely a deed is. The text for members of the command line
stands with the study, in `simulate`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from bot.kernel.calendar import Draw, draw

ZONES: Final = ("America/New_York", "Europe/London", "Europe/Berlin", "Europe/Berlin", "Asia/Kolkata")
DAYS: Final = (3, 4, 4, 5, 5)  # a week on which a member comes, once each
AWAY: Final = 0.05  # chance that a member does not come for a week
ANSWERS: Final = 0.85  # chance to answer the open problem on a visit
REMINDED: Final = 0.6  # share of the members who want reminders
RETURNS: Final = 0.5  # chance to take an answer right after asking for a review
FOLLOWS: Final = 0.5  # chance to take one when asked
MORE: Final = 0.1  # chance to take another one right after a review
GIVES_BACK: Final = 1 / 3  # of those who will not deliver; the others let it lapse
AT_ONCE: Final = 0.7  # of the reviews are written in the sitting in which the answer was taken
REMINDED_PULL: Final = 1.0  # hours after a reminder, on average
LATEST_START: Final = timedelta(hours=6)
MONDAY: Final = date(2026, 1, 5)


@dataclass(frozen=True, slots=True)
class Habits:
    """
    `requests`: share of the weekly free request that is used. `delivery`: of the answers that are taken.

    `unasked`: chance that a visit, on which they neither ask for a review nor are asked for one, ends with taking one.
    """

    requests: float = 1.0
    delivery: float = 0.75
    unasked: float = 0.2


@dataclass(frozen=True, slots=True, order=True)
class Visit:
    """`asks`: from this visit of the week on the member wants a review."""

    at: datetime
    week: int
    asks: bool


Deed = Visit | tuple[str, int]


@dataclass
class Member:
    """`answered` are tasks in their order, `asked_for` those with a request; `wants` is the week of an open wish."""

    name: str
    zone: ZoneInfo
    is_reminded: bool
    visits: Sequence[Visit]
    dice: Draw
    answered: list[str] = field(default_factory=list)
    asked_for: set[str] = field(default_factory=set)
    wants: int = -1
    considered_at: datetime | None = None


def invent(number: int, weeks: int, habits: Habits, name: str) -> list[Member]:
    """m0 and m1 are partners, m2 and m3, and so on; see `partners`."""
    found = []
    for at in range(number):
        dice = draw(f"{name}/m{at}")
        zone, hour, days = ZoneInfo(dice.choice(ZONES)), dice.uniform(8, 21.5), dice.choice(DAYS)
        reminded = dice.random() < REMINDED
        visits = [visit for week in range(weeks) for visit in _week(week, zone, hour, days, habits, dice)]
        found.append(Member(f"m{at}", zone, reminded, visits, draw(f"{name}/m{at}/deeds")))
    return found


def partners(members: Sequence[Member]) -> dict[str, str]:
    """Two and two; the last one of an odd number has nobody."""
    names = [member.name for member in members]
    pairs = list(zip(names[::2], [*names[1::2], ""], strict=False))
    return dict(pairs) | {other: one for one, other in pairs if other}


def _week(week: int, zone: ZoneInfo, hour: float, days: int, habits: Habits, dice: Draw) -> list[Visit]:
    """Always the same number of throws, so that other habits leave the visits as they are."""
    chosen, shifts = sorted(dice.sample(range(7), days)), [dice.gauss(0, 1) for _ in range(days)]
    away, asks, wished = dice.random() < AWAY, dice.random() < habits.requests, dice.randrange(days)
    if away:
        return []
    found = []
    for n, (day, shift) in enumerate(zip(chosen, shifts, strict=True)):
        midnight = datetime.combine(MONDAY + timedelta(days=7 * week + day), time(), zone)
        wall = midnight + timedelta(hours=min(max(hour + shift, 7), 23))
        found.append(Visit(wall.astimezone(ZoneInfo("UTC")), week, asks and n == wished))
    return found


def delay(dice: Draw) -> timedelta:
    """From taking an answer to sending its review, or to giving it back."""
    if dice.random() < AT_ONCE:
        return timedelta(minutes=dice.uniform(5, 30))
    return timedelta(hours=dice.uniform(2, 22))

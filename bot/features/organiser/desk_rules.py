"""What stands on an organiser's desk, and how long lists are cut into pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from bot.features.organiser.changes_rules import Change
from bot.features.organiser.days_rules import Rest
from bot.kernel.calendar import Rhythm
from bot.kernel.engine_facts import Delivery, DeskLine

T = TypeVar("T")
AWAITED = 5  # lines on the desk about what waits for organisers
WEEK = timedelta(days=7)  # how far back an organiser reads what was sent
QUIET = timedelta(days=14)  # without a sign of life somebody counts as quiet
QUIET_LISTED = 20  # members a page
SENT_LISTED = 12  # lines a page: with a heading for each day they fit on a card


@dataclass(frozen=True, slots=True)
class Task:
    """What was put to the group last."""

    name: str
    title: str
    opens: datetime


@dataclass(frozen=True, slots=True)
class Desk:
    """
    What an organiser has decided so far, and how the group goes on.

    `channel` says in words where the group is, `where` where the next problem comes. `answers` counts those to `last`.
    `fixes` says what to mend so that what failed can be sent, `awaits` what else an organiser should look at.
    """

    zone: str
    rhythm: Rhythm
    open_threads: bool
    channel: str
    where: str
    next: tuple[date, datetime] | None = None
    last: Task | None = None
    answers: int = 0
    rests: tuple[Rest, ...] = ()
    change: Change | None = None
    fixes: tuple[str, ...] = ()
    awaits: tuple[DeskLine, ...] = ()


def page_of(items: Sequence[T], wanted: str, size: int) -> tuple[Sequence[T], int, int]:
    """(what one page shows, its number from 0, how many pages there are); a forged number gives the nearest page."""
    many = max(1, -(-len(items) // size))
    asked = int(wanted) if wanted.isascii() and wanted.isdecimal() and len(wanted) < 5 else 0
    page = min(asked, many - 1)
    return items[page * size : (page + 1) * size], page, many


def by_day(sent: Sequence[Delivery], zone: ZoneInfo) -> list[tuple[date, list[Delivery]]]:
    """In their order, together with those of the same date in this zone."""
    days: list[tuple[date, list[Delivery]]] = []
    for delivery in sent:
        day = delivery.at.astimezone(zone).date()
        if not days or days[-1][0] != day:
            days.append((day, []))
        days[-1][1].append(delivery)
    return days


def fixes_of(failed: Sequence[Delivery]) -> tuple[str, ...]:
    """What to mend, each thing once, the newest first."""
    told = (f"Private notes do not reach you. {one.fix}" if one.private else one.fix for one in failed)
    return tuple(dict.fromkeys(told))

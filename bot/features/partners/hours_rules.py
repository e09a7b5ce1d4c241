"""When members have time: half days on the wall clock, as half hours of one week in UTC; and the best live slots."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

HALF_HOURS: Final = 336  # of a week
HALF_HOUR: Final = timedelta(minutes=30)
SHORT_SLOT, LONG_SLOT = 25, 50  # minutes; so nobody is late for what comes after
NOTICE: Final = timedelta(hours=12)  # before a slot that is offered
APART: Final = timedelta(hours=12)  # between the two that are offered, where there is a choice


class Part(StrEnum):
    """A part of a day that somebody has or has not."""

    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"


PARTS: Final = {
    Part.MORNING: (time(7), time(12)),
    Part.AFTERNOON: (time(12), time(17)),
    Part.EVENING: (time(17), time(22)),
}

Block = tuple[int, Part]
"""(weekday, 0 = Monday; part of the day), on the member's own wall clock."""


def hours_in(week: date, blocks: Iterable[Block], zone: ZoneInfo) -> int:
    """
    The half hours of the week from Monday `week` 00:00 UTC in which the member has time; that moment is bit 0.

    Made anew for each round: the same evening is another hour in UTC when the clocks have changed. A half hour counts
    when all of it lies in the block, so in zones at 45 minutes a block is half an hour shorter.
    """
    masks = _masks(week, zone)
    found = 0
    for block in blocks:
        found |= masks[block]
    return found


@lru_cache(maxsize=2048)
def _masks(week: date, zone: ZoneInfo) -> dict[Block, int]:
    """Of every block. Thousands of members live in a few zones."""
    if week.weekday():
        raise ValueError(f"{week} is no Monday")
    found = {(day, part): 0 for day in range(7) for part in PARTS}
    begins = datetime.combine(week, time(), UTC)
    for number in range(HALF_HOURS):
        first = (begins + number * HALF_HOUR).astimezone(zone)
        last = (begins + (number + 1) * HALF_HOUR - timedelta(seconds=1)).astimezone(zone)
        for part, (opens, closes) in PARTS.items():
            if opens <= first.time() and last.time() < closes and first.date() == last.date():
                found[first.weekday(), part] |= 1 << number
    return found


# --- live slots ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Slot:
    """A time to talk. `minutes` is 25 or 50."""

    starts: datetime
    minutes: int

    @property
    def ends(self) -> datetime:
        return self.starts + timedelta(minutes=self.minutes)


def best_slots(week: date, hours: Sequence[int], now: datetime, until: datetime) -> tuple[Slot, ...]:
    """
    At most two times in that week at which all of them can talk, the better one first; empty where there is none.

    `hours` are their masks for the week. Long ones before short ones, then in the middle of much common time, where
    being late matters least, then soon; the second half a day or more from the first where that can be.
    """
    common = (1 << HALF_HOURS) - 1 if hours else 0
    for one in hours:
        common &= one
    begins = datetime.combine(week, time(), UTC)
    earliest = now + NOTICE
    found: list[tuple[tuple[int, int, datetime], Slot]] = []
    for first, length in _runs(common):
        for number in range(first, first + length):
            room = first + length - number
            slot = Slot(begins + number * HALF_HOUR, LONG_SLOT if room > 1 else SHORT_SLOT)
            margin = min(number - first, max(0, room - 2), 2)
            if slot.starts >= earliest and slot.ends <= until:
                found.append(((-slot.minutes, -margin, slot.starts), slot))
    ranked = [slot for _, slot in sorted(found, key=lambda item: item[0])]
    if not ranked:
        return ()
    best = ranked[0]
    distant = [slot for slot in ranked if abs(slot.starts - best.starts) >= APART]
    beside = [slot for slot in ranked if slot.starts >= best.ends or slot.ends <= best.starts]
    return (best, *(distant or beside)[:1])


def _runs(mask: int) -> Iterable[tuple[int, int]]:
    """(first half hour, how many) of each unbroken run."""
    number = 0
    while mask >> number:
        if not mask >> number & 1:
            number += 1
            continue
        first = number
        while mask >> number & 1:
            number += 1
        yield first, number - first

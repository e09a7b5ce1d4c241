"""When a break ends: in so many days, or on a date that the member typed."""

import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.kernel.calendar import DAY_STARTS, instant, study_day
from bot.kernel.errors import Refusal

LENGTHS = ((3, "3 days"), (7, "1 week"), (14, "2 weeks"), (21, "3 weeks"))
LONGEST = 90  # days: ours; a longer absence is better begun anew, and it can be made longer on the way
SHOWN = 40  # characters of what was typed that a refusal repeats
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
FULL = {
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december", "sept",
}  # fmt: skip

_ISO = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")
_DAY_FIRST = re.compile(r"([0-9]{1,2})(?:st|nd|rd|th)?\.? +([a-z]+)\.?,?(?: +([0-9]{4}))?")
_MONTH_FIRST = re.compile(r"([a-z]+)\.? +([0-9]{1,2})(?:st|nd|rd|th)?,?(?: +([0-9]{4}))?")
_HINT = "Type it like 2026-12-24 or 24 Dec."


def today(now: datetime, zone: ZoneInfo) -> date:
    """The study day in which the member is now."""
    return study_day(now, zone).date


def accept_length(chosen: str, today: date) -> date:
    """The day of the return, from the menu."""
    if chosen not in {str(days) for days, _ in LENGTHS}:
        raise Refusal("That length is not in the menu.", hint="Choose one of the menu, or another date.")
    return today + timedelta(days=int(chosen))


def accept_date(typed: str, today: date) -> date:
    """The day of the return, from what was typed; without a year it is the next such day."""
    words = " ".join(typed.lower().split())
    if not words:
        raise Refusal("The date is missing.", hint=_HINT, field="date")
    day = _read(words, today)
    if day is None:
        shown = " ".join(typed.split())[:SHOWN]
        raise Refusal(f"I cannot read “{shown}” as a date.", hint=_HINT, field="date")
    latest = today + timedelta(days=LONGEST)
    if day <= today:
        raise Refusal("That day is not after today.", hint="The first possible day is tomorrow.", field="date")
    if day > latest:
        raise Refusal(
            f"A break is {LONGEST} days long at most.",
            hint=f"Choose {latest} or a day before it. You can make it longer later.",
            field="date",
        )
    return day


def _read(words: str, today: date) -> date | None:
    if found := _ISO.fullmatch(words):
        return _day(int(found[1]), int(found[2]), int(found[3]))
    if found := _DAY_FIRST.fullmatch(words):
        number, name, year = found.groups()
    elif found := _MONTH_FIRST.fullmatch(words):
        name, number, year = found.groups()
    else:
        return None
    if name not in MONTHS and name not in FULL:
        return None
    month = MONTHS.index(name[:3]) + 1
    if year:
        return _day(int(year), month, int(number))
    return next((day for ahead in range(2) if (day := _day(today.year + ahead, month, int(number), today))), None)


def _day(year: int, month: int, number: int, after: date = date.min) -> date | None:
    """None for a day that the calendar does not have, and for one that is not after `after`."""
    try:
        day = date(year, month, number)
    except ValueError:
        return None
    return day if day > after else None


def ends(day: date, zone: ZoneInfo) -> datetime:
    """When the member's day of return begins."""
    while (moment := instant(day, DAY_STARTS, zone)) is None:  # a date that the zone does not have
        day += timedelta(days=1)
    return moment

"""Days on which the group rests: how they are written, counted, and cut short. All are dates of the group's zone."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.kernel.calendar import Rhythm, instant, occurrences, study_day
from bot.kernel.errors import Refusal

LONGEST = 366  # days of one rest
FARTHEST = 1_098  # days ahead: three years of holidays
LINES = 60  # of a list of holidays
WHY = 80  # characters of a reason
LISTED = 20  # rests that one card lists
LOOKED = 400  # days in which the next problem is searched
OUT = "Today's problem is out already."
FROM_TOMORROW = "The group can have days off from tomorrow on."
HINT = "Write dates like 2026-12-24, or 2026-12-24 - 2027-01-01 Winter break."

_DAY = r"(\d{4}-\d{1,2}-\d{1,2})(?!\d)"
_LINE = re.compile(rf"{_DAY}(?:\s*(?:-|–|—|\.\.|to|until)\s*{_DAY})?(.*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, order=True)
class Rest:
    """From `first` to `last`, both counted. `why` may be empty."""

    first: date
    last: date
    why: str = ""

    @property
    def words(self) -> str:
        return span(self.first, self.last)


def span(first: date, last: date) -> str:
    """`Thu 24 Dec 2026 to Fri 1 Jan 2027`; the year stands once where it is the same."""
    if first == last:
        return _words(first)
    start = f"{first:%a} {first.day} {first:%b}" if first.year == last.year else _words(first)
    return f"{start} to {_words(last)}"


def _words(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b %Y}"


# --- what was typed or pressed ---------------------------------------------------------------


def accept_rest(first: str, last: str, today: date, out: date | None = None) -> Rest:
    """The rest that a button names; after the day whose problem is `out`."""
    rest = Rest(_pressed(first), _pressed(last))
    if rest.last < today:
        raise Refusal("Those days are over.", hint="Open “Days off” on your desk again.")
    return after_out(_within(rest, today, ""), out, today)


def accept_removed(value: str, rests: Collection[Rest]) -> Rest:
    """The rest that was chosen in the menu, among those that are kept."""
    for rest in rests:
        if value == key(rest):
            return rest
    raise Refusal("Those days are not off any more.", hint="Open “Days off” on your desk again.")


def accept_until(typed: str, start: date, today: date, out: date | None = None) -> Rest:
    """A rest from `start` until a date that was typed, that day included."""
    day = _typed(typed.strip(), "until")
    if day < today:
        raise Refusal(f"{_words(day)} is over.", hint="Write a date that is still to come.", field="until")
    return after_out(_within(Rest(min(start, day), day), today, "until"), out, today, "until")


def accept_list(typed: str, today: date, out: date | None = None) -> tuple[tuple[Rest, ...], int]:
    """
    One rest a line, and how many of the lines are over already. A broken line is refused by its number.

    `out`: the day of the last problem; a rest that holds it begins after it.
    """
    lines = [(number, line.strip()) for number, line in enumerate(typed.splitlines(), 1) if line.strip()]
    if not lines:
        raise Refusal("The list is empty.", hint=HINT, field="days")
    if len(lines) > LINES:
        raise Refusal(f"The list has {len(lines)} lines.", hint=f"Send at most {LINES} at once.", field="days")
    rests = [_line(number, line, today, out) for number, line in lines]
    coming = tuple(dict.fromkeys(rest for rest in rests if rest.last >= today))
    if not coming:
        raise Refusal("All these days are over.", hint="Write dates that are still to come.", field="days")
    return coming, sum(rest.last < today for rest in rests)


def _line(number: int, line: str, today: date, out: date | None) -> Rest:
    try:
        return after_out(_within(_read(line), today, "days"), out, today, "days")
    except Refusal as no:
        hint = no.hint if no.because == OUT else HINT
        raise Refusal(f"Line {number}: {no.because}", hint=hint, field="days") from None


def after_out(rest: Rest, out: date | None, today: date, field: str = "") -> Rest:
    """
    The same rest without the day whose problem is `out`: members have it, so it can be no day off any more.

    Raises Refusal where no day is left.
    """
    if out is None or out < today or rest.first > out:
        return rest
    if rest.last <= out:
        raise Refusal(OUT, hint=FROM_TOMORROW, field=field)
    return replace(rest, first=out + timedelta(days=1))


def _read(line: str) -> Rest:
    found = _LINE.fullmatch(line)
    if not found:
        raise Refusal(f"“{line[:40]}” does not begin with a date.")
    first = _typed(found[1], "days")
    last = _typed(found[2], "days") if found[2] else first
    why = found[3].strip(" \t-–—:,;.")
    if last < first:
        raise Refusal("The last day is before the first.")
    if len(why) > WHY:
        raise Refusal(f"The reason has {len(why)} characters, at most {WHY}.")
    return Rest(first, last, why)


def _within(rest: Rest, today: date, field: str) -> Rest:
    if (rest.last - rest.first).days >= LONGEST:
        raise Refusal("That is longer than a year.", hint="Choose a nearer date.", field=field)
    if (rest.last - today).days > FARTHEST:
        raise Refusal(f"{_words(rest.last)} is more than three years ahead.", hint="Choose a nearer date.", field=field)
    return rest


def _typed(text: str, field: str) -> date:
    try:
        year, month, day = (int(part) for part in text.split("-"))
        return date(year, month, day)
    except ValueError:
        raise Refusal(f"“{text[:40]}” is no date.", hint="Write it like 2026-12-24.", field=field) from None


def _pressed(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refusal("This button does not work any more.", hint="Open “Days off” on your desk again.") from None


def key(rest: Rest) -> str:
    """How a menu names a rest."""
    return f"{rest.first}/{rest.last}"


# --- what follows from it ---------------------------------------------------------------------


def days_off(rests: Iterable[Rest], first: date, last: date) -> tuple[date, ...]:
    """The days from `first` to `last` on which the group rests, in order, each once."""
    found: set[date] = set()
    for rest in rests:
        start, end = max(rest.first, first), min(rest.last, last)
        found.update(start + timedelta(days=n) for n in range((end - start).days + 1))
    return tuple(sorted(found))


def running(rests: Iterable[Rest], today: date) -> tuple[Rest, ...]:
    """The rests that hold today."""
    return tuple(rest for rest in rests if rest.first <= today <= rest.last)


def cut(rests: Iterable[Rest], today: date) -> tuple[Rest, ...]:
    """What stays of these rests when the group is back at work today: their days before it."""
    yesterday = today - timedelta(days=1)
    return tuple(replace(rest, last=yesterday) for rest in rests if rest.first <= yesterday)


def day_of(opens: datetime, rhythm: Rhythm, zone: ZoneInfo) -> date:
    """
    The day that a problem which opened then belongs to.

    It is the local date whose hour had come; before that hour an organiser has posted it, for the running study day.
    """
    here = opens.astimezone(zone).date()
    moment = instant(here, rhythm.at, zone) if here.weekday() in rhythm.days else None
    return here if moment is not None and moment <= opens else study_day(opens, zone).date


def first_free(rhythm: Rhythm, zone: ZoneInfo, now: datetime, out: date | None = None) -> date:
    """From which day a rest that begins now counts: the first whose hour is to come and whose problem is not out."""
    day = study_day(now, zone).date
    while (moment := instant(day, rhythm.at, zone)) is None or moment <= now or (out is not None and day <= out):
        day += timedelta(days=1)
    return day


def replay(changes: Iterable[tuple[Iterable[Rest], Iterable[Rest]]]) -> tuple[Rest, ...]:
    """
    The days off that these changes leave, in order.

    A change is (what it took off the list, what it put on it); the oldest comes first.

    So a change can be left out, wherever it stands, and what the others said still holds.
    """
    kept: dict[tuple[date, date], Rest] = {}
    for gone, new in changes:
        for rest in gone:
            kept.pop((rest.first, rest.last), None)
        for rest in new:
            kept[rest.first, rest.last] = rest
    return tuple(sorted(kept.values()))


def next_problem(
    rhythm: Rhythm, zone: ZoneInfo, now: datetime, rests: Sequence[Rest], out: date | None = None
) -> tuple[date, datetime] | None:
    """When the next problem comes: (local date, instant). `out` is a day whose problem is out already."""
    for day, at in occurrences(rhythm, zone, now):
        if (day - now.astimezone(zone).date()).days > LOOKED:
            return None
        if day != out and not running(rests, day):
            return day, at
    return None

"""What became of one day of a member: what counted on it, or why it asked nothing of them. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from bot.kernel.calendar import StudyDay, Zones

DOWN_LAST = timedelta(hours=6)  # an outage in these last hours of a day ...
DOWN_LONG = timedelta(hours=2)  # ... excuses it when it took more than this
DOWN_END = timedelta(hours=1)  # ... or all of its last hour
EVENING = timedelta(hours=8)  # a problem posted in a day's last hours (after 20:00) belongs to the next day


class Kind(StrEnum):
    """What the log knows. Kinds of practice that come later join `CREDITS`."""

    ANSWER = "answer"
    RUN = "run"
    WITHDRAWN = "withdrawn"
    RESTORED = "restored"
    STUCK = "stuck"
    JOINED = "joined"
    LEFT = "left"
    PAUSED = "paused"  # what: until when
    RESUMED = "resumed"
    OFF = "off"
    ON = "on"
    REST = "rest"  # what: weekdays, "5,6"
    GOAL = "goal"  # what: days a week


CREDITS = frozenset({Kind.ANSWER, Kind.RUN})
SIGNS = CREDITS | {Kind.STUCK, Kind.JOINED, Kind.RESUMED, Kind.RESTORED}
_EVER, _NEVER = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a member's log. `number` gives the order of what happened at the same instant."""

    at: datetime
    kind: str
    what: str = ""
    number: int = 0


@dataclass(frozen=True, slots=True)
class Correction:
    """An organiser's word on the day that holds the instant `day`: "count" it, or "excuse" it."""

    number: int
    day: datetime
    kind: str
    reason: str
    by_member: str
    at: datetime
    undone_at: datetime | None = None


Gap = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class History:
    """Everything that a member's days follow from. The order of its parts means nothing."""

    zones: Zones
    log: Sequence[Entry] = ()
    opens: Sequence[datetime] = ()  # when problems of the group opened
    outages: Sequence[Gap] = ()
    corrections: Sequence[Correction] = ()


class Verdict(StrEnum):
    COUNTED = "counted"
    SAVED = "saved"
    NEUTRAL = "neutral"
    MISSED = "missed"
    OPEN = "open"


class Why(StrEnum):
    """Why a day is neutral, in the order in which it is explained."""

    NOT_HERE = "not here"
    PAUSED = "paused"
    OFF = "off"
    REST = "rest"
    STUCK = "stuck"
    DOWN = "down"
    EXCUSED = "excused"
    FREE = "free"


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a member and what became of it. `acts` are what counted, oldest first."""

    date: date
    starts: datetime
    ends: datetime
    verdict: Verdict
    why: Why | None = None
    acts: tuple[Entry, ...] = ()
    correction: Correction | None = None


def until_now(history: History, now: datetime) -> History:
    """What was known at `now`, in order, each thing once."""
    known = [item for item in history.corrections if item.at <= now]
    corrections = [item for item in known if item.undone_at is None or item.undone_at > now]
    return History(
        tuple(zone for index, zone in enumerate(history.zones) if index == 0 or zone[0] <= now),
        in_order(entry for entry in history.log if entry.at <= now),
        sorted({at for at in history.opens if at <= now}),
        _merged(gap for gap in history.outages if gap[1] <= now),
        sorted(set(corrections), key=lambda item: (item.at, item.number)),
    )


def in_order(log: Iterable[Entry]) -> list[Entry]:
    """Oldest first, each once."""
    return sorted(set(log), key=lambda entry: (entry.at, entry.number, entry.kind, entry.what))


def _merged(gaps: Iterable[Gap]) -> list[Gap]:
    """In order, none touching another."""
    merged: list[Gap] = []
    for begins, ends in sorted(gaps):
        if merged and begins <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], ends)
        else:
            merged.append((begins, ends))
    return merged


# --- one day ------------------------------------------------------------------------------


def judge(past: History, spans: Sequence[StudyDay], now: datetime) -> list[Day]:
    """Each day by itself. A missed day may still be saved by a spare one; that depends on the days before."""
    acts, down, posted = _acts(past.log, spans), _outages(past.outages, spans), _posted(past.opens, spans)
    stuck = set(_places(spans, [entry.at for entry in past.log if entry.kind == Kind.STUCK]))
    away = _not_here(past), pauses(past.log), _between(past.log, Kind.OFF, Kind.ON)
    chosen = rests(past.log, spans)
    days = []
    for index, span in enumerate(spans):
        word = next((item for item in reversed(past.corrections) if span.starts <= item.day < span.ends), None)
        here = Day(span.date, span.starts, span.ends, Verdict.COUNTED, None, tuple(acts.get(index, ())), word)
        if here.acts or (word and word.kind == "count"):
            days.append(here)
            continue
        reasons = {
            Why.NOT_HERE: _touches(away[0], span),
            Why.PAUSED: _touches(away[1], span),
            Why.OFF: _touches(away[2], span),
            Why.REST: span.date.weekday() in rest_on(chosen, span.date),
            Why.STUCK: index in stuck,
            Why.DOWN: was_down(down.get(index, ()), span),
            Why.EXCUSED: word is not None,
            # Before its evening nobody can know yet whether a problem will be posted to a day.
            Why.FREE: index not in posted and now >= span.ends - EVENING,
        }
        why = next((why for why in Why if reasons[why]), None)
        unexcused = Verdict.OPEN if span.ends > now else Verdict.MISSED
        days.append(replace(here, verdict=Verdict.NEUTRAL if why else unexcused, why=why))
    return days


def _places(spans: Sequence[StudyDay], instants: Iterable[datetime]) -> Iterator[int]:
    """For each instant, in order, the index of its day: -1 before the first, and the last for all that comes later."""
    index = -1
    for at in instants:
        while index + 1 < len(spans) and spans[index + 1].starts <= at:
            index += 1
        yield index


def _touches(gaps: Iterable[Gap], span: StudyDay) -> bool:
    return any(begins < span.ends and ends > span.starts for begins, ends in gaps)


def _outages(outages: Sequence[Gap], spans: Sequence[StudyDay]) -> dict[int, list[Gap]]:
    """The outages that reach into each day."""
    found: dict[int, list[Gap]] = {}
    firsts, lasts = _places(spans, [gap[0] for gap in outages]), _places(spans, [gap[1] for gap in outages])
    for gap, first, last in zip(outages, firsts, lasts, strict=True):
        for index in range(max(0, first), last + 1):
            found.setdefault(index, []).append(gap)
    return found


def _posted(opens: Sequence[datetime], spans: Sequence[StudyDay]) -> set[int]:
    """The days to which a problem of the group was posted."""
    moved = [at + EVENING for at in opens]
    return {index for at, index in zip(moved, _places(spans, moved), strict=True) if at < spans[index].ends}


def _acts(log: Sequence[Entry], spans: Sequence[StudyDay]) -> dict[int, list[Entry]]:
    """
    What counts, by day. Of an answer only the first sending does.

    Withdrawing it takes the day back, and restoring gives it back, until the end of the next day. Later the day is
    past.
    """
    changes: dict[str, list[Entry]] = {}  # by task, what happened to an answer after it was sent first
    done: list[Entry] = []
    for entry in log:
        if entry.kind in (Kind.WITHDRAWN, Kind.RESTORED) and entry.what in changes:
            changes[entry.what].append(entry)
        elif entry.kind in CREDITS and not (entry.kind == Kind.ANSWER and entry.what in changes):
            done.append(entry)
        if entry.kind == Kind.ANSWER:
            changes.setdefault(entry.what, [])
    found: dict[int, list[Entry]] = {}
    for entry, index in zip(done, _places(spans, (entry.at for entry in done)), strict=True):
        following = spans[index + 1 : index + 2]
        in_time = [
            change.kind for change in changes.get(entry.what, ()) if not following or change.at < following[0].ends
        ]
        if entry.kind != Kind.ANSWER or in_time[-1:] != [Kind.WITHDRAWN]:
            found.setdefault(index, []).append(entry)
    return found


def _not_here(past: History) -> list[Gap]:
    """When they were no member: before they came, and from each leaving to the next joining."""
    came = past.zones[0][0]
    return [(_EVER, came), *_between(past.log, Kind.LEFT, Kind.JOINED)]


def _between(log: Sequence[Entry], begin: Kind, end: Kind) -> list[Gap]:
    """From each `begin` to the next `end`, or for ever."""
    gaps: list[Gap] = []
    since: datetime | None = None
    for entry in log:
        if entry.kind == begin:
            since = since or entry.at
        elif entry.kind == end and since is not None:
            gaps.append((since, entry.at))
            since = None
    return [*gaps, (since, _NEVER)] if since is not None else gaps


def pauses(log: Sequence[Entry]) -> list[Gap]:
    """When the member rested. A pause ends at its time, or when the member changes it or comes back."""
    changes = [entry for entry in log if entry.kind in (Kind.PAUSED, Kind.RESUMED)]
    found: list[Gap] = []
    for entry, following in pairwise([*changes, Entry(_NEVER, Kind.RESUMED)]):
        if entry.kind == Kind.PAUSED:
            ends = min(datetime.fromisoformat(entry.what), following.at)
            found += [(entry.at, ends)] if ends > entry.at else []
    return found


def is_on(log: Iterable[Entry]) -> bool:
    """Does this member want to see their days?"""
    changes = in_order(entry for entry in log if entry.kind in (Kind.OFF, Kind.ON))
    return not changes or changes[-1].kind == Kind.ON


def rests(log: Sequence[Entry], spans: Sequence[StudyDay]) -> list[tuple[date, tuple[int, ...]]]:
    """(from which Monday, weekdays), oldest first: a change holds from the Monday after it was made."""
    made = [entry for entry in log if entry.kind == Kind.REST]
    places = _places(spans, (entry.at for entry in made))
    return [
        (monday(spans[max(0, index)].date) + timedelta(days=7), weekdays(entry.what))
        for entry, index in zip(made, places, strict=True)
    ]


def rest_on(rests: Sequence[tuple[date, tuple[int, ...]]], day: date) -> tuple[int, ...]:
    return next((chosen for since, chosen in reversed(rests) if since <= day), ())


def was_down(outages: Iterable[Gap], day: StudyDay) -> bool:
    """Was the bot away so long in the evening of this day that nobody could be expected to manage?"""
    gaps = list(outages)

    def down(wait: timedelta) -> timedelta:
        """How much of the day's last `wait`."""
        parts = (min(ends, day.ends) - max(begins, day.ends - wait) for begins, ends in gaps)
        return sum((max(part, timedelta(0)) for part in parts), timedelta(0))

    return down(DOWN_LAST) > DOWN_LONG or down(DOWN_END) == DOWN_END


def monday(day: date) -> date:
    """The Monday of its week."""
    return day - timedelta(days=day.weekday())


def weekdays(kept: str) -> tuple[int, ...]:
    """Weekdays as they are kept: "5,6"."""
    return tuple(int(day) for day in kept.split(",") if day)

"""What became of one day of a member: what counted on it, or why it asked nothing of them. Pure."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
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
    REVIEW = "review"  # what: the review
    WITHDRAWN = "withdrawn"
    RESTORED = "restored"
    DISCARDED = "discarded"  # a review, by an organiser
    REGAINED = "regained"  # a review that was discarded, and counts after all
    STUCK = "stuck"
    JOINED = "joined"
    LEFT = "left"
    PAUSED = "paused"  # what: until when
    RESUMED = "resumed"
    OFF = "off"
    ON = "on"
    REST = "rest"  # what: weekdays, "5,6"
    GOAL = "goal"  # what: days a week


CREDITS = frozenset({Kind.ANSWER, Kind.RUN, Kind.REVIEW})
LATER: Mapping[str, Kind] = {  # what can happen to something that counts, after it was done
    Kind.WITHDRAWN: Kind.ANSWER, Kind.RESTORED: Kind.ANSWER, Kind.DISCARDED: Kind.REVIEW,
    Kind.REGAINED: Kind.REVIEW,
}  # fmt: skip
GONE = ([Kind.WITHDRAWN], [Kind.DISCARDED])
PRACTICE = CREDITS | {Kind.STUCK, *LATER}  # what grows with every day
CHOSEN = frozenset(Kind) - PRACTICE
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
Opening = tuple[datetime, str]  # when a problem of the group opened, and its task


@dataclass(frozen=True, slots=True)
class History:
    """Everything that a member's days follow from. The order of its parts means nothing."""

    zones: Zones
    log: Sequence[Entry] = ()
    opens: Sequence[Opening] = ()
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
    """
    One day of a member and what became of it. `acts` are what counted, oldest first.

    `asks`: did it want something of the member, whatever they did? `nth` is 2 for the second day of the same date.
    """

    date: date
    starts: datetime
    ends: datetime
    verdict: Verdict
    why: Why | None = None
    acts: tuple[Entry, ...] = ()
    correction: Correction | None = None
    asks: bool = True
    nth: int = 1


def until_now(history: History, now: datetime) -> History:
    """What was known at `now`, in order, each thing once."""
    known = [item for item in history.corrections if item.at <= now]
    corrections = [item for item in known if item.undone_at is None or item.undone_at > now]
    return History(
        tuple(zone for index, zone in enumerate(history.zones) if index == 0 or zone[0] <= now),
        in_order(entry for entry in history.log if entry.at <= now),
        sorted({opening for opening in history.opens if opening[0] <= now}),
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


def judge(past: History, spans: Sequence[StudyDay], now: datetime, ignored: Set[Why] = frozenset()) -> list[Day]:
    """
    Each day by itself. A missed day may still be saved by a spare one; that depends on the days before.

    `spans` may be the last days only. A reason that is `ignored` makes no day neutral.
    """
    acts, words = acts_by_day(past.log, spans), _words(past.corrections, spans)
    whys: dict[int, Why] = {}
    reasons = _reasons(past, spans, acts, words, now)
    for why in reversed(Why):  # the first one explains the day, so it comes last
        if why not in ignored:
            whys.update(dict.fromkeys(reasons[why], why))
    days: list[Day] = []
    dates: dict[date, int] = {}
    for index, span in enumerate(spans):
        word, done, reason = words.get(index), tuple(acts.get(index, ())), whys.get(index)
        nth = dates[span.date] = dates.get(span.date, 0) + 1
        if done or (word and word.kind == "count"):
            verdict, why_not = Verdict.COUNTED, None
        elif reason:
            verdict, why_not = Verdict.NEUTRAL, reason
        else:
            verdict, why_not = Verdict.OPEN if span.ends > now else Verdict.MISSED, None
        asks = reason is None
        days.append(Day(span.date, span.starts, span.ends, verdict, why_not, done, word, asks, nth))
    return days


def _reasons(
    past: History, spans: Sequence[StudyDay], acts: Mapping[int, Sequence[Entry]], words: Mapping[int, Correction],
    now: datetime,
) -> dict[Why, Set[int]]:  # fmt: skip
    """For each reason the days, by index, that ask nothing because of it."""
    chosen = rests(past.log, spans)
    free = set(range(len(spans))) - _asked(past.opens, spans, acts)
    if now < spans[-1].ends - EVENING:  # nobody can know yet whether a problem will be posted to this day
        free.discard(len(spans) - 1)
    return {
        Why.NOT_HERE: _held(_not_here(past), spans, now, arriving=True),
        Why.PAUSED: _held(pauses(past.log), spans, now),
        Why.OFF: _held(_between(past.log, Kind.OFF, Kind.ON), spans, now),
        Why.REST: {
            index for index, span in enumerate(spans) if chosen and span.date.weekday() in rest_on(chosen, span.date)
        },
        Why.STUCK: set(_places(spans, (entry.at for entry in past.log if entry.kind == Kind.STUCK))),
        Why.DOWN: {index for index, gaps in _outages(past.outages, spans).items() if was_down(gaps, spans[index])},
        Why.EXCUSED: {index for index, word in words.items() if word.kind == "excuse"},
        Why.FREE: free,
    }


def _places(spans: Sequence[StudyDay], instants: Iterable[datetime]) -> list[int]:
    """For each instant the index of its day: -1 before the first, and the last for all that comes later."""
    given = list(instants)
    found, index = [-1] * len(given), -1
    for nth in sorted(range(len(given)), key=given.__getitem__):
        while index + 1 < len(spans) and spans[index + 1].starts <= given[nth]:
            index += 1
        found[nth] = index
    return found


def _words(corrections: Sequence[Correction], spans: Sequence[StudyDay]) -> dict[int, Correction]:
    """The last word on each day, by index."""
    places = _places(spans, (item.day for item in corrections))
    return {
        index: item
        for index, item in zip(places, corrections, strict=True)
        if index >= 0 and item.day < spans[index].ends
    }


def _held(gaps: Sequence[Gap], spans: Sequence[StudyDay], now: datetime, *, arriving: bool = False) -> set[int]:
    """
    The days, by index, of which a state took so much that they asked nothing.

    It still held when the day ended (of the open day: it holds now), or the day began in it and most of it passed in
    it; with `arriving` any part will do. What begins and ends on the same day is no reason: a day could be had for two
    presses.
    """
    found: set[int] = set()
    firsts, lasts = _places(spans, (gap[0] for gap in gaps)), _places(spans, (gap[1] for gap in gaps))
    for (begins, ends), first, last in zip(gaps, firsts, lasts, strict=True):
        for index in range(max(0, first), last + 1):
            day = spans[index]
            part = ends - day.starts
            enough = timedelta(0) if arriving else (day.ends - day.starts) / 2
            if ends >= day.ends or (day.ends > now and ends > now) or (begins <= day.starts and part > enough):
                found.add(index)
    return found


def _outages(outages: Sequence[Gap], spans: Sequence[StudyDay]) -> dict[int, list[Gap]]:
    """The outages that reach into each day."""
    found: dict[int, list[Gap]] = {}
    firsts, lasts = _places(spans, (gap[0] for gap in outages)), _places(spans, (gap[1] for gap in outages))
    for gap, first, last in zip(outages, firsts, lasts, strict=True):
        for index in range(max(0, first), last + 1):
            found.setdefault(index, []).append(gap)
    return found


def _asked(opens: Sequence[Opening], spans: Sequence[StudyDay], acts: Mapping[int, Sequence[Entry]]) -> set[int]:
    """
    The days, by index, to which a problem of the group was posted.

    One that was posted in a day's evening asks for the next day. Whoever answers it the same evening is done with it.
    """
    answered = {(index, act.what) for index, done in acts.items() for act in done if act.kind == Kind.ANSWER}
    posted = _places(spans, (at for at, _ in opens))
    asks = _places(spans, (at + EVENING for at, _ in opens))
    return {
        to
        for (at, task), on, to in zip(opens, posted, asks, strict=True)
        if to >= 0 and at + EVENING < spans[to].ends and (on == to or (on, task) not in answered)
    }


def acts_by_day(log: Sequence[Entry], spans: Sequence[StudyDay]) -> dict[int, list[Entry]]:
    """
    What counts, by day. Of an answer only the first sending does.

    Withdrawing it takes the day back, and restoring gives it back, until the end of the next day; so does removing a
    review. Later the day is past.
    """
    changes: dict[tuple[str, str], list[Entry]] = {}  # by deed, what happened to it after it was done first
    done: list[Entry] = []
    for entry in log:
        key = (LATER.get(entry.kind, entry.kind), entry.what)
        if entry.kind in LATER and key in changes:
            changes[key].append(entry)
        elif entry.kind in CREDITS and not (entry.kind == Kind.ANSWER and key in changes):
            done.append(entry)
        if entry.kind in CREDITS:
            changes.setdefault(key, [])
    found: dict[int, list[Entry]] = {}
    for entry, index in zip(done, _places(spans, (entry.at for entry in done)), strict=True):
        following = spans[index + 1 : index + 2]
        in_time = [
            change.kind for change in changes[entry.kind, entry.what] if not following or change.at < following[0].ends
        ]
        if in_time[-1:] not in GONE:
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
    return [(next_monday(spans, index), weekdays(entry.what)) for entry, index in zip(made, places, strict=True)]


def next_monday(spans: Sequence[StudyDay], index: int) -> date:
    """From when a choice of the day `index` holds; one that is older than all `spans` holds in all of them."""
    return monday(spans[index].date) + timedelta(days=7) if index >= 0 else date.min


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


def goals(log: Iterable[Entry], spans: Sequence[StudyDay], came: datetime) -> list[tuple[date, int]]:
    """(from which Monday, days a week), oldest first. What a member chose on the day they came holds at once."""
    made = [entry for entry in log if entry.kind == Kind.GOAL]
    return [
        (date.min if spans[index].starts <= came else next_monday(spans, index), int(entry.what))
        for entry, index in zip(made, _places(spans, (entry.at for entry in made)), strict=True)
    ]

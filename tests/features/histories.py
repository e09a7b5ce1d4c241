"""Histories of a member, made up: for the laws that days and weeks keep, and for the days one by one."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from bot.features.streaks.day_rules import Correction, Entry, History, Kind
from bot.kernel.calendar import Zones, stamp

ZONES = [
    ZoneInfo(name)
    for name in (
        "Europe/Berlin", "America/Los_Angeles", "America/New_York", "Asia/Kolkata", "Asia/Tokyo", "Australia/Lord_Howe",
        "America/St_Johns", "Pacific/Apia", "Pacific/Kiritimati", "Pacific/Chatham", "Africa/Casablanca",
        "Asia/Kathmandu", "Pacific/Pago_Pago",
    )
]  # fmt: skip
START = datetime(2026, 1, 5, 8, tzinfo=UTC)  # a Monday
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BERLIN = ZONES[0]
TASKS = tuple("abcdefghijkl")


HOURS, NUMBERS, QUARTERS, PAUSES = st.integers(0, 23), st.integers(0, 3), st.integers(1, 30 * 4), st.integers(-5, 240)
KINDS, WHICH = st.sampled_from([*Kind, Kind.RUN, Kind.ANSWER, Kind.ANSWER]), st.sampled_from(TASKS)
ZONE, WEEKDAYS, GOALS = st.sampled_from(ZONES), st.sets(st.integers(0, 6), max_size=2), st.integers(2, 7)


@cache  # to make a strategy takes longer than to draw from it
def moments(days: int) -> st.SearchStrategy[datetime]:
    return st.integers(0, days * 24 * 4).map(lambda quarter: START + quarter * timedelta(minutes=15))


@st.composite
def zones(draw: st.DrawFn, days: int = 40) -> Zones:
    """Up to six changes."""
    changes = sorted(draw(st.sets(moments(days), max_size=6)))
    lived = draw(st.lists(ZONE, min_size=len(changes) + 1, max_size=len(changes) + 1))
    return tuple(zip((START, *changes), lived, strict=True))


@st.composite
def entries(draw: st.DrawFn, days: int = 40) -> Entry:
    at, number = draw(moments(days)), draw(NUMBERS)
    kind = draw(KINDS)
    what = ""
    match kind:
        case Kind.PAUSED:
            what = stamp(at + draw(PAUSES) * HOUR)
        case Kind.REST:
            what = ",".join(map(str, sorted(draw(WEEKDAYS))))
        case Kind.GOAL:
            what = str(draw(GOALS))
        case Kind.ANSWER | Kind.RUN | Kind.WITHDRAWN | Kind.RESTORED | Kind.STUCK | Kind.REVIEW | Kind.DISCARDED:
            what = draw(WHICH)
    return Entry(at, kind, what, number)


@st.composite
def gaps(draw: st.DrawFn, days: int = 40) -> tuple[datetime, datetime]:
    begins = draw(moments(days))
    return begins, begins + draw(QUARTERS) * timedelta(minutes=15)


@st.composite
def corrections(draw: st.DrawFn, days: int = 40) -> Correction:
    at = draw(moments(days))
    undone = draw(st.none() | moments(days))
    kind = draw(st.sampled_from(("count", "excuse")))
    return Correction(draw(st.integers(1, 9)), draw(moments(days)), kind, "why", "olga", at, undone)


@st.composite
def habits(draw: st.DrawFn, days: int) -> list[Entry]:
    """Practice on most days, or on few, at about the same hour."""
    skipped = draw(st.sets(st.integers(0, days - 1), max_size=draw(st.sampled_from((0, 4, days)))))
    return [Entry(START + day * DAY + HOUR, Kind.RUN, "h") for day in range(days) if day not in skipped]


@st.composite
def histories(draw: st.DrawFn, days: int = 40) -> History:
    """A member of whom the group asks something on most days."""
    log = [*draw(habits(days)), *draw(st.lists(entries(days), max_size=30))] if draw(st.booleans()) else []
    log = log or draw(st.lists(entries(days), max_size=60))
    silent = draw(st.sets(st.integers(0, days + 1), max_size=10))
    hour = draw(HOURS) * HOUR
    posted = draw(st.binary(min_size=days + 2, max_size=days + 2))  # one draw for all days is much quicker
    opens = [
        (START - DAY + n * DAY + hour, (f"p{n}", *TASKS)[posted[n] % (1 + len(TASKS))])
        for n in range(days + 2)
        if n not in silent
    ]
    return History(
        draw(zones(days)), log, opens, draw(st.lists(gaps(days), max_size=5)),
        draw(st.lists(corrections(days), max_size=4)),
    )  # fmt: skip


def nows(days: int = 40) -> st.SearchStrategy[datetime]:
    return moments(days + 3)


def runs(*at: datetime) -> list[Entry]:
    return [Entry(moment, Kind.RUN, "a") for moment in at]


def asked(lived: Zones, log: Sequence[Entry] = (), days: int = 40) -> History:
    """A problem is posted every six hours, so that no day is free in any zone."""
    return History(lived, log, [(START - DAY + n * 6 * HOUR, f"p{n}") for n in range((days + 2) * 4)])

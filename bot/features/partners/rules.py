"""Reliability, terms of two weeks, and what becomes of somebody who joins or comes back between two rounds."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from bot.kernel.calendar import DAY_STARTS, instant

TERM: Final = timedelta(weeks=2)
WEEK: Final = timedelta(weeks=1)
MOST_TERMS: Final = 2  # running with the same partner
FEW: Final = 8  # active members; in a smaller group two may stay together for longer
SOON: Final = timedelta(days=1)  # who joins this long before a round waits for it
FADES: Final = 0.93  # a week


# --- reliability --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Record:
    """
    How often somebody was there for a partner: weeks kept and weeks missed, the older the lighter.

    It is for the matching alone. Nobody reads it but the member, in their own export.
    """

    kept: float = 4.0
    missed: float = 1.5

    @property
    def reliability(self) -> float:
        """A share, 0 to 1."""
        return self.kept / (self.kept + self.missed)


class Week(StrEnum):
    """What a member's week with partners was."""

    KEPT = "kept"
    MISSED = "missed"
    PAUSED = "paused"  # announced: counts as neither
    ALONE = "alone"  # with nobody to be there for: counts as neither


def after_week(record: Record, week: Week) -> Record:
    """The record one week later."""
    if week in (Week.PAUSED, Week.ALONE):
        return record
    kept, missed = record.kept * FADES, record.missed * FADES
    return Record(kept + 1, missed) if week is Week.KEPT else Record(kept, missed + 1)


# --- terms --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Term:
    """Two weeks with the same partners. `number` counts the group's terms; `name` is the round's name."""

    number: int
    monday: date
    starts: datetime
    ends: datetime

    @property
    def name(self) -> str:
        return self.monday.isoformat()


def term_at(now: datetime, first_monday: date, zone: ZoneInfo) -> Term:
    """
    The group's term that holds this instant; before the first one, the first.

    Terms begin on every second Monday at 04:00 in the group's zone, counted from `first_monday`.
    """
    weeks = max(0, (now.astimezone(zone).date() - first_monday).days // 7)
    number = weeks // 2
    if number and now < _starts(first_monday + number * TERM, zone):
        number -= 1
    monday = first_monday + number * TERM
    return Term(number, monday, _starts(monday, zone), _starts(monday + TERM, zone))


def _starts(monday: date, zone: ZoneInfo) -> datetime:
    """Raises ValueError for a date that is no Monday."""
    if monday.weekday():
        raise ValueError(f"{monday} is no Monday")
    moment = instant(monday, DAY_STARTS, zone)
    while moment is None:  # a zone that skipped this date
        monday += timedelta(days=1)
        moment = instant(monday, DAY_STARTS, zone)
    return moment


def may_stay(terms: int, active: int) -> bool:
    """May two go on together after `terms` terms running, in a group with so many active members?"""
    return terms < MOST_TERMS or active < FEW


# --- between two rounds ----------------------------------------------------------------------


class Entry(StrEnum):
    """How somebody gets partners in the middle of a term. All but the last happen at once."""

    THIRD = "third"  # as third of a pair, until its term ends
    SHORT = "short"  # a pair with another who waits, for the week that is left
    ROUND = "round"  # the next round is near, or nobody is free: they wait for it, and are told when it is


def enter(now: datetime, term: Term, *, pairs: int, waiting: int) -> Entry:
    """
    For who joins or comes back: `pairs` that could take them as a third, and others who `waiting` could be paired.

    With a week or less to go two who wait make a pair of their own; else a trio comes first.
    """
    left = term.ends - now
    if left <= SOON:
        return Entry.ROUND
    short = waiting > 0 and left <= WEEK
    if short or (waiting and not pairs):
        return Entry.SHORT
    return Entry.THIRD if pairs else Entry.ROUND


# --- what a term was to those who met in it -----------------------------------------------------


@dataclass(frozen=True, slots=True)
class Acquaintance:
    """How two know each other. `last` is the number of the term in which they last sat together."""

    last: int
    times: int = 1
    running: int = 1  # terms without a break, up to the last


def met_again(known: Acquaintance | None, term: int) -> Acquaintance:
    """They sit together in this term; told twice it is the same."""
    if known is None:
        return Acquaintance(term)
    if known.last == term:
        return known
    running = known.running + 1 if known.last == term - 1 else 1
    return replace(known, last=term, times=known.times + 1, running=running)


def met_for(known: Acquaintance, term: int) -> tuple[int, int]:
    """(rounds since, times) as the matching of this coming term counts."""
    return max(1, term - known.last), known.times

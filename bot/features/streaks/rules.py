"""
How days and weeks add up: a pure fold over what happened. Nothing is ever counted up.

A row of days grows by each day that counts. A day that was missed begins it anew, unless a spare day is spent on it. A
neutral day changes nothing, and the day that is still open breaks nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from bot.features.streaks.day_rules import (
    SIGNS,
    Day,
    Entry,
    History,
    Kind,
    Verdict,
    Why,
    in_order,
    is_on,
    judge,
    monday,
    pauses,
    rest_on,
    rests,
    until_now,
)
from bot.kernel.calendar import Zones, member_days
from bot.kernel.errors import Refusal

GOAL = 4  # days a week, until the member chooses
GOALS = (2, 3, 4, 5, 6, 7)
RUN = 300  # seconds of a timed run that count
REST_DAYS = 2  # weekdays, at most
ASK_FROM = 3  # days in a row from which an evening reminder makes sense
AWAY = frozenset({Why.NOT_HERE, Why.PAUSED, Why.OFF, Why.DOWN, Why.EXCUSED, Why.FREE})  # of no week's goal


@dataclass(frozen=True, slots=True)
class Allowance:
    """Spare days: how many at the start, at most, a new one for how many counted days, how many one after another."""

    start: int = 2
    most: int = 2
    every: int = 7
    in_a_row: int = 2


USUAL = Allowance()


@dataclass(frozen=True, slots=True)
class Report:
    """What follows from a history. `days` are all days of the member, oldest first; the last one is open."""

    zones: Zones
    days: tuple[Day, ...]
    streak: int
    best: int
    spares: int  # held now: start + earned - spent
    earned: int
    spent: int
    credited: int  # days in all
    weeks: int  # in a row in which the goal was reached
    this_week: int
    goal: int
    rest: tuple[int, ...]  # weekdays in force today
    next_rest: tuple[int, ...]  # ... and from next Monday on
    on: bool

    @property
    def today(self) -> Day:
        return self.days[-1]


def fold(history: History, now: datetime, allowance: Allowance = USUAL) -> Report:
    """How this member's days stand at `now`. What happened later is not known yet."""
    past = until_now(history, now)
    spans = list(member_days(past.zones, now))
    days = judge(past, spans, now)
    chain = _Chain(held=allowance.start)
    judged: list[Day] = []
    for day in days:
        chain, verdict = _add(chain, day.verdict, allowance)
        judged.append(replace(day, verdict=verdict))
    chosen = rests(past.log, spans)
    weeks, this_week, goal = _weeks(judged, past.log)
    return Report(
        past.zones, tuple(judged), chain.streak, chain.best, chain.held, chain.earned, chain.spent, chain.credited,
        weeks, this_week, goal, rest_on(chosen, judged[-1].date), chosen[-1][1] if chosen else (), is_on(past.log),
    )  # fmt: skip


# --- days in a row ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Chain:
    held: int
    streak: int = 0
    best: int = 0
    earned: int = 0
    spent: int = 0
    credited: int = 0
    towards: int = 0  # counted days towards the next spare day; waits while no more may be held
    saved: int = 0  # spare days spent since the last counted day


def _add(chain: _Chain, verdict: Verdict, allowance: Allowance) -> tuple[_Chain, Verdict]:
    """The chain after one more day, and what became of the day."""
    if verdict is Verdict.COUNTED:
        streak, towards = chain.streak + 1, min(chain.towards + 1, allowance.every)
        best = max(chain.best, streak)
        chain = replace(chain, streak=streak, best=best, credited=chain.credited + 1, towards=towards, saved=0)
    elif verdict is Verdict.MISSED and chain.streak and chain.held and chain.saved < allowance.in_a_row:
        verdict = Verdict.SAVED
        chain = replace(chain, held=chain.held - 1, spent=chain.spent + 1, saved=chain.saved + 1)
    elif verdict is Verdict.MISSED:
        chain = replace(chain, streak=0)
    if chain.towards == allowance.every and chain.held < allowance.most:
        chain = replace(chain, held=chain.held + 1, earned=chain.earned + 1, towards=0)
    return chain, verdict


# --- weeks ---------------------------------------------------------------------------------------


def _weeks(days: Sequence[Day], log: Sequence[Entry]) -> tuple[int, int, int]:
    """
    (weeks in a row in which the goal was reached, days of this week, this week's goal).

    A week in which fewer days than the goal were the member's to use is neutral. The running week breaks nothing.
    """
    weeks: dict[date, list[Day]] = {}
    for day in days:
        weeks.setdefault(monday(day.date), []).append(day)
    row = count = 0
    goal = GOAL
    for week in weeks.values():
        goal = _goal_at(log, week[-1].ends)
        count = sum(day.verdict is Verdict.COUNTED for day in week)
        theirs = sum(day.why not in AWAY for day in week)
        if count >= goal:
            row += 1
        elif theirs >= goal and week[-1] is not days[-1]:
            row = 0
    return row, count, goal


def _goal_at(log: Sequence[Entry], at: datetime) -> int:
    chosen = [int(entry.what) for entry in log if entry.kind == Kind.GOAL and entry.at < at]
    return chosen[-1] if chosen else GOAL


# --- what a member chooses --------------------------------------------------------------------------


def accept_rest(chosen: Sequence[str]) -> tuple[int, ...]:
    """The weekdays on which a member wants to rest. Raises Refusal for too many."""
    days = sorted({int(day) for day in chosen if day in map(str, range(7))})
    if len(days) > REST_DAYS:
        raise Refusal(
            f"These are {len(days)} days.", hint="Choose two days at most. For more, take a pause: type /study me.",
            field="days",
        )  # fmt: skip
    return tuple(days)


# --- signs of life ------------------------------------------------------------------------------------


def last_sign(log: Iterable[Entry]) -> datetime | None:
    """The last sign of life: practice, a word that they are stuck, coming, coming back, the end of a pause."""
    entries = in_order(log)
    signs = [entry.at for entry in entries if entry.kind in SIGNS]
    return max([*signs, *(ends for _, ends in pauses(entries))], default=None)

"""
How days and weeks add up: a pure fold over what happened. Nothing is ever counted up.

A row of days grows by each day that counts. A day that was missed begins it anew, unless a spare day is spent on it. A
neutral day changes nothing, and the day that is still open breaks nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.features.streaks.day_rules import (
    SIGNS,
    Day,
    Entry,
    Gap,
    History,
    Opening,
    Verdict,
    Why,
    acts_by_day,
    goals,
    in_order,
    is_on,
    judge,
    monday,
    pauses,
    rest_on,
    rests,
    until_now,
    was_down,
)
from bot.kernel.calendar import StudyDay, Zones, member_days, study_day
from bot.kernel.errors import Refusal

GOAL = 4  # days a week, until the member chooses
GOALS = (2, 3, 4, 5, 6, 7)
RUN = 300  # seconds of a timed run that count
REST_DAYS = 2  # weekdays, at most
ASK_FROM = 3  # days in a row from which an evening reminder makes sense
RECENT = timedelta(days=10)  # holds the running week and the days before it that reach into it
STILL_REMINDED = frozenset({Why.NOT_HERE, Why.OFF})  # whoever has just come, and whoever wants to see no streak


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
    goal: int  # of this week
    next_goal: int  # ... and from next Monday on
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
    chain = _Chain(allowance)
    judged = [
        day if (verdict := chain.add(day.verdict)) is day.verdict else replace(day, verdict=verdict) for day in days
    ]
    chosen, goals_ = rests(past.log, spans), goals(past.log, spans, past.zones[0][0])
    weeks, this_week = _weeks(judged, goals_)
    return Report(
        past.zones, tuple(judged), chain.streak, chain.best, chain.held, chain.earned, chain.spent, chain.credited,
        weeks, this_week, goal_on(goals_, judged[-1].date), goals_[-1][1] if goals_ else GOAL,
        rest_on(chosen, judged[-1].date), chosen[-1][1] if chosen else (), is_on(past.log),
    )  # fmt: skip


# --- days in a row ----------------------------------------------------------------------------


class _Chain:
    """How far the days that were added, oldest first, have come."""

    def __init__(self, allowance: Allowance) -> None:
        self.allowance = allowance
        self.held = allowance.start
        self.streak = self.best = self.earned = self.spent = self.credited = 0
        self.towards = 0  # counted days towards the next spare day; waits while no more may be held
        self.saved = 0  # spare days spent since the last counted day

    def add(self, verdict: Verdict) -> Verdict:
        """What became of the day: a missed one may have been saved."""
        allowed = self.allowance
        if verdict is Verdict.COUNTED:
            self.streak, self.credited, self.saved = self.streak + 1, self.credited + 1, 0
            self.best, self.towards = max(self.best, self.streak), min(self.towards + 1, allowed.every)
        elif verdict is Verdict.MISSED and self.streak and self.held and self.saved < allowed.in_a_row:
            verdict = Verdict.SAVED
            self.held, self.spent, self.saved = self.held - 1, self.spent + 1, self.saved + 1
        elif verdict is Verdict.MISSED:
            self.streak = 0
        if self.towards == allowed.every and self.held < allowed.most:
            self.held, self.earned, self.towards = self.held + 1, self.earned + 1, 0
        return verdict


# --- weeks ---------------------------------------------------------------------------------------


def _weeks(days: Sequence[Day], chosen: Sequence[tuple[date, int]]) -> tuple[int, int]:
    """
    (weeks in a row in which the goal was reached, days of this week).

    A week in which fewer days than the goal were the member's to use is neutral. The running week breaks nothing.
    """
    weeks: dict[date, list[Day]] = {}
    for day in days:
        weeks.setdefault(monday(day.date), []).append(day)
    row = count = 0
    for begins, week in weeks.items():
        goal = goal_on(chosen, begins)
        count = sum(day.verdict is Verdict.COUNTED for day in week)
        if count >= goal:
            row += 1
        elif sum(day.asks for day in week) >= goal and week[-1] is not days[-1]:
            row = 0
    return row, count


def goal_on(chosen: Sequence[tuple[date, int]], day: date) -> int:
    """The goal of the week that holds this day."""
    return next((goal for since, goal in reversed(chosen) if since <= monday(day)), GOAL)


@dataclass(frozen=True, slots=True)
class Week:
    """The running week and its open day: a report that needs only what was noted lately."""

    today: StudyDay
    acts: int  # things that counted today
    this_week: int
    goal: int
    next_goal: int
    on: bool


def recent_days(zones: Zones, now: datetime, wait: timedelta = RECENT) -> list[StudyDay]:
    """The member's days since `wait` before now."""
    return list(member_days(zones, now, max(zones[0][0], now - wait)))


def look_at_week(history: History, now: datetime) -> Week:
    """What `fold` says of the running week. Of practice and withdrawals `history` needs only `RECENT` ones."""
    past = until_now(history, now)
    spans = recent_days(past.zones, now)
    acts = acts_by_day(past.log, spans)
    counted = {index for index, done in acts.items() if done}
    for index, span in enumerate(spans):
        words = [item.kind for item in past.corrections if span.starts <= item.day < span.ends]
        counted |= {index} if words[-1:] == ["count"] else set()
    today, chosen = spans[-1], goals(past.log, spans, past.zones[0][0])
    begins = monday(today.date)
    return Week(
        today, len(acts.get(len(spans) - 1, ())),
        sum(monday(span.date) == begins for index, span in enumerate(spans) if index in counted),
        goal_on(chosen, today.date), chosen[-1][1] if chosen else GOAL, is_on(past.log),
    )  # fmt: skip


def asks_today(history: History, now: datetime) -> bool:
    """Does the open day still want something of the member? Only `RECENT` days are looked at."""
    past = until_now(history, now)
    return judge(past, recent_days(past.zones, now), now, STILL_REMINDED)[-1].verdict is Verdict.OPEN


# --- what a member chooses --------------------------------------------------------------------------


def accept_rest(chosen: Sequence[str]) -> tuple[int, ...]:
    """The weekdays on which a member wants to rest. Raises Refusal for too many."""
    days = sorted({int(day) for day in chosen if day in map(str, range(7))})
    if len(days) > REST_DAYS:
        raise Refusal(
            f"These are {len(days)} days.", hint="Choose two days at most. For more, take a break: type /study me.",
            field="days",
        )  # fmt: skip
    return tuple(days)


# --- signs of life ------------------------------------------------------------------------------------


def last_sign(log: Iterable[Entry]) -> datetime | None:
    """The last sign of life: practice, a word that they are stuck, coming, coming back, the end of a pause."""
    entries = in_order(log)
    signs = [entry.at for entry in entries if entry.kind in SIGNS]
    return max([*signs, *(ends for _, ends in pauses(entries))], default=None)


def quiet_since(
    opens: Iterable[Opening], outages: Sequence[Gap], zone: ZoneInfo, since: datetime, needed: int
) -> datetime | None:
    """
    Whoever gave no sign of life since this instant is quiet; None when nobody can be.

    At least `needed` days with a problem must have passed without them, so a holiday of the group or an outage of the
    bot makes nobody quiet.
    """
    days: dict[date, datetime] = {}
    for at, _ in sorted(opens, reverse=True):
        day = study_day(at, zone)
        if not was_down(outages, day):
            days[day.date] = at
        if len(days) >= needed:
            return min(since, at)
    return None

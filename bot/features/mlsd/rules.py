"""The system design week: its states and instants. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import TypeVar
from zoneinfo import ZoneInfo

from bot.kernel.calendar import Rhythm, next_after
from bot.kernel.errors import Refusal

OPEN_FOR = timedelta(hours=96)
REVIEW_FOR = timedelta(hours=48)
TALK_FOR = timedelta(hours=24)
TALK_LEAST = timedelta(hours=4)  # where the next week waits already, because outages made this one longer
LOSS = timedelta(hours=2)  # a window makes up for outages that are longer than this
WAITS = timedelta(hours=72)  # an opening that would have to wait longer for the week before is left out
LOOK_AGAIN = timedelta(minutes=5)
NUDGE_AFTER = timedelta(hours=48)
WANTED = 2  # reviews of each run
EMPTY_WEEKS = 2  # so many without a single run pause the series
TASK = "design-"

Gap = tuple[datetime, datetime]
F = TypeVar("F")


class State(StrEnum):
    """OPEN: runs may start. REVIEW: runs are read. REVEALED: outline and names are open. CLOSED: the next one opens."""

    OPEN = "open"
    REVIEW = "review"
    REVEALED = "revealed"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Week:
    """`number` is 1, 2, ... in the group. `lengthened` is what outages added to it, in all."""

    group: str
    number: int
    item: str
    revision: int
    state: State
    opens: datetime
    locks: datetime
    reveals: datetime
    closes: datetime
    lengthened: timedelta = timedelta()
    told: int = 0

    @property
    def task(self) -> str:
        """What its answers belong to."""
        return f"design-{self.number}"

    @property
    def post(self) -> str:
        """The name of its message in the channel."""
        return f"mlsd.week/{self.group}/{self.number}"


class Mine(StrEnum):
    """What a member has to do with a week. ENDED: their run is over, and nothing of it was handed in."""

    NOTHING = "nothing"
    TAKER = "taker"  # they said that they take part
    READER = "reader"  # they only review
    RUNNING = "running"
    FINISHED = "finished"
    ENDED = "ended"
    WITHDRAWN = "withdrawn"  # they took their run back


@dataclass(frozen=True, slots=True)
class Tally:
    """
    Counts without names: how many `runs` are in, and how many people take part.

    `others` of the runs have another prompt than the week's; only their reviewers read those.
    """

    runs: int = 0
    takers: int = 0
    others: int = 0


@dataclass(frozen=True, slots=True)
class Series:
    """
    Whether the weeks go on. `paused_after` is the week after which nobody had run (0: they go on).

    `since` is the week after which organisers last let them go on; `decided`: organisers want them to stay paused.
    """

    paused_after: int = 0
    since: int = 0
    decided: bool = False

    @property
    def paused(self) -> bool:
        return self.paused_after > 0


# --- instants --------------------------------------------------------------------------------


def opened(
    group: str,
    number: int,
    item: str,
    revision: int,
    opens: datetime,
    following: datetime | None,
) -> Week:
    """A new week. `following` is when the next one would open, if that is planned."""
    week = Week(group, number, item, revision, State.OPEN, opens, opens, opens, opens)
    return with_outages(week, (), following)


def with_outages(week: Week, outages: Iterable[Gap], following: datetime | None) -> Week:
    """
    The week with all its instants, as these outages (oldest first) leave them.

    A window's clock stands still while the bot is away for more than two hours. Told again it gives the same.
    """
    gaps = tuple(outages)
    locks, first = _end(week.opens, OPEN_FOR, gaps)
    reveals, second = _end(locks, REVIEW_FOR, gaps)
    talk = TALK_FOR
    if following is not None:
        # The clock of a summer night may make a week an hour shorter; and what was made longer catches up here.
        talk = min(TALK_FOR, max(TALK_LEAST, following - reveals))
    closes, third = _end(reveals, talk, gaps)
    return replace(week, locks=locks, reveals=reveals, closes=closes, lengthened=first + second + third)


def _end(starts: datetime, lasts: timedelta, gaps: Sequence[Gap]) -> tuple[datetime, timedelta]:
    """(when a window ends, what outages added to it)."""
    added = timedelta()
    for since, until in gaps:
        lost = until - max(since, starts)
        if since < starts + lasts + added and lost > LOSS:
            added += lost
    return starts + lasts + added, added


def following(rhythm: Rhythm | None, zone: ZoneInfo, opens: datetime) -> datetime | None:
    """When the next week would open. Weekdays on which this one still takes runs are no openings."""
    return next_after(rhythm, zone, opens + OPEN_FOR)[1] if rhythm else None


def next_instant(week: Week) -> tuple[str, datetime] | None:
    """(what comes next, when): "lock", "reveal" or "close"; None for a week that is over."""
    match week.state:
        case State.OPEN:
            return "lock", week.locks
        case State.REVIEW:
            return "reveal", week.reveals
        case State.REVEALED:
            return "close", week.closes
        case State.CLOSED:
            return None


def waits_for(running: Week, meant: datetime, now: datetime) -> datetime | None:
    """When to look again for a week that was `meant` to open while another one is not over; None: it is left out."""
    at = max(running.closes + timedelta(seconds=1), now + LOOK_AGAIN)  # its own close comes before
    return at if at - meant < WAITS else None


def opens_at(meant: datetime, now: datetime) -> datetime:
    """A week that opens late moves with its windows, so that nobody has less time."""
    return now if now - meant > timedelta(minutes=5) else meant


# --- who takes part -------------------------------------------------------------------------------


def current(weeks: Sequence[Week]) -> Week | None:
    """The week that is not over, of those that there were."""
    return next((week for week in weeks if week.state is not State.CLOSED), None)


def week_number(task: str) -> int:
    """The week that this task belongs to; 0 where it is none of a week."""
    raw = task.removeprefix(TASK)
    return int(raw) if task.startswith(TASK) and raw.isascii() and raw.isdecimal() and len(raw) < 9 else 0


def token(member: str) -> str:
    """A short word for a member inside the names of their private messages; it does not tell who it is."""
    return sha256(member.encode()).hexdigest()[:8]


def accept_number(raw: str) -> int:
    """A week's number as it stands in an action; 0 for anything else."""
    return int(raw) if raw.isascii() and raw.isdecimal() and len(raw) < 9 else 0


def must_be_open(week: Week | None, now: datetime) -> Week:
    """The week, while members can still say how they take part."""
    if week is None:
        raise Refusal("I do not find this week.", hint="Type /study design to see what is open.")
    if week.state is not State.OPEN or now >= week.locks:
        raise Refusal("The time for runs of this week is over.", hint="A short run is possible on any day.")
    return week


def nudge_is_due(week: Week, now: datetime) -> bool:
    """Is it time to remind those who said that they take part? A run must still fit in."""
    return week.state is State.OPEN and week.opens + NUDGE_AFTER <= now < week.locks - timedelta(hours=1)


# --- empty weeks ---------------------------------------------------------------------------------------


def must_pause(series: Series, runs: Sequence[tuple[int, int]]) -> bool:
    """`runs`: (number of a week that is over, how many runs of it have words), newest first."""
    last = [count for number, count in runs[:EMPTY_WEEKS] if number > series.since]
    return not series.paused and len(last) == EMPTY_WEEKS and not any(last)


# --- what a day is about ------------------------------------------------------------------------------


def focus(known: Iterable[tuple[date, F | None]], day: date) -> F | None:
    """Of what is `known` with its first day, that of the week which holds this day."""
    held = [(opens, what) for opens, what in known if opens <= day < opens + timedelta(days=7)]
    return max(held, key=lambda entry: entry[0])[1] if held else None

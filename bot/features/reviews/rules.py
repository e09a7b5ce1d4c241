"""Who may ask for a review, who is handed which answer, and who is asked when nobody comes. Pure."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import IntEnum, StrEnum
from itertools import groupby
from zoneinfo import ZoneInfo

from bot.kernel.calendar import Draw, study_day
from bot.kernel.text import plural

LEASE = timedelta(hours=24)
MET = timedelta(days=28)  # so long a pair that met stands behind others
SWAP = timedelta(days=7)  # so long a review in return is a swap
QUIET = timedelta(days=7)  # whoever gave no sign of life for so long is not counted on
ASK_AFTER = timedelta(hours=36)
ASK_AGAIN = timedelta(hours=18)
DESK_AFTER = timedelta(hours=48)
REVEAL = timedelta(hours=72)
ASKED_AT_ONCE = 3  # volunteers for one answer
ASKED_A_WEEK = 3  # times for one member, in any seven days
WEEK = timedelta(days=7)
WAITS = 20  # of the last ones the median is told
FEW_WAITS = 3  # fewer tell nothing


class State(StrEnum):
    """Of a request. HIDDEN: its answer was reported. WITHDRAWN by its author; GONE: its answer or its author is."""

    WAITING = "waiting"
    HIDDEN = "hidden"
    DONE = "done"
    WITHDRAWN = "withdrawn"
    GONE = "gone"


class Distance(IntEnum):
    """How far a reviewer stands from an author. SWAPPED and PARTNER only where nobody nearer to nothing could."""

    NONE = 0
    MET = 1
    SWAPPED = 2
    PARTNER = 3


@dataclass(frozen=True, slots=True)
class Request:
    """`finished` and `leased` are how many reviews it has and how many members hold it now."""

    number: int
    author: str
    task: str
    answer: int
    title: str
    domain: str
    free: bool
    wanted: int
    spent: bool
    taken: bool
    state: State
    rounds: int
    asked_at: datetime
    since: datetime
    finished: int = 0
    leased: int = 0

    @property
    def waits(self) -> bool:
        return self.state is State.WAITING and self.finished < self.wanted

    @property
    def is_free_to_take(self) -> bool:
        return self.waits and self.finished + self.leased < self.wanted


@dataclass(frozen=True, slots=True)
class Lease:
    """An answer in a reviewer's hands, as it was when they took it. `state` as the table says."""

    number: int
    reviewer: str
    author: str
    request: int
    task: str
    answer: int
    title: str
    domain: str
    item: str
    text: str
    beside: str
    hide_author: bool
    distance: Distance
    taken_at: datetime
    until: datetime
    state: str

    def is_open(self, now: datetime) -> bool:
        """By the clock: nobody waits for a wake to learn that it has lapsed."""
        return self.state == "open" and now < self.until

    def has_lapsed(self, now: datetime) -> bool:
        return self.state == "lapsed" or (self.state == "open" and now >= self.until)


@dataclass(frozen=True, slots=True)
class Meeting:
    """`reviewer` reviewed an answer of `author`, or holds it now."""

    reviewer: str
    author: str
    at: datetime


# --- the right to ask -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rights:
    """How a member stands: whether this week's free one is used, and how many earned ones are left."""

    free: bool
    earned: int

    @property
    def left(self) -> int:
        return int(self.free) + self.earned


def week_of(now: datetime, zone: ZoneInfo) -> date:
    """The Monday of the group's week; it begins at 04:00."""
    day = study_day(now, zone).date
    return day - timedelta(days=day.weekday())


def rights(free_used: int, earned_used: int, given: int) -> Rights:
    """One free each week, one more for each review given. A review that was removed is not given."""
    return Rights(free_used == 0, max(0, given - earned_used))


def gives_back(request: Request) -> bool:
    """A request that ends before anybody took it gives its right back."""
    return not request.taken and request.finished == 0


# --- who stands how far from whom -------------------------------------------------------------------


def distance(
    reviewer: str, author: str, partners: Collection[str], meetings: Iterable[Meeting], now: datetime
) -> Distance:
    """`partners` are the author's."""
    if reviewer in partners:
        return Distance.PARTNER
    found = Distance.NONE
    for met in meetings:
        if (met.reviewer, met.author) == (author, reviewer) and met.at > now - SWAP:
            return Distance.SWAPPED
        if {met.reviewer, met.author} == {author, reviewer} and met.at > now - MET:
            found = Distance.MET
    return found


def may_take(reviewer: str, distances: Mapping[str, Distance]) -> bool:
    """
    `distances` of everybody who could review this answer, the reviewer included.

    A swap only where nobody could who is no swap; a partner only where nobody else could at all.
    """
    mine = distances.get(reviewer)
    if mine is None:
        return False
    others = [far for member, far in distances.items() if member != reviewer]
    return mine <= Distance.MET or not any(far < mine for far in others)


def in_order(
    waiting: Iterable[Request],
    reviewer: str,
    how_far: Callable[[Request], Distance | None],
    everybody: Callable[[Request], Mapping[str, Distance]],
) -> Iterator[tuple[Request, Distance]]:
    """
    What this member may be handed, the first first: free ones, those with the fewest reviews, strangers', the oldest.

    `how_far` is the reviewer's own distance, None where they cannot review it; `everybody` that of all who could. Both
    cost something, so nobody is asked about what comes later.
    """  # fmt: skip

    def rank(request: Request) -> tuple[bool, int]:
        return not request.free, request.finished + request.leased

    ready = [request for request in waiting if request.is_free_to_take and request.author != reviewer]
    ready.sort(key=lambda request: (*rank(request), request.asked_at, request.number))
    for _, alike in groupby(ready, rank):
        later = []
        for request in alike:
            far = how_far(request)
            if far is Distance.NONE:
                yield request, far
            elif far is not None:
                later.append((request, far))
        for request, far in later:
            if far <= Distance.MET or may_take(reviewer, {**everybody(request), reviewer: far}):
                yield request, far


# --- when nobody comes --------------------------------------------------------------------------------


def volunteers(
    distances: Mapping[str, Distance],
    busy: Collection[str],
    asked: Mapping[str, Sequence[datetime]],
    now: datetime,
    draw: Draw,
) -> list[str]:
    """
    Up to three members to ask: of those who may take it and hold nothing, those asked least recently.

    Nobody is asked more than three times in any seven days. Where several were asked equally long ago, the die falls.
    """  # fmt: skip
    able = [member for member in sorted(distances) if member not in busy and may_take(member, distances)]
    able = [member for member in able if sum(at > now - WEEK for at in asked.get(member, ())) < ASKED_A_WEEK]
    draw.shuffle(able)
    able.sort(key=lambda member: max((at.timestamp() for at in asked.get(member, ())), default=0.0))
    return able[:ASKED_AT_ONCE]


def is_for_desk(request: Request, now: datetime) -> bool:
    return request.waits and now - request.since >= DESK_AFTER


# --- names ---------------------------------------------------------------------------------------------


def is_revealed(finished_at: datetime, now: datetime, *, replied: bool) -> bool:
    """Author and reviewer learn of each other after the reply, or after three days."""
    return replied or now - finished_at >= REVEAL


# --- what the author reads meanwhile ---------------------------------------------------------------------


def usual_wait(waits: Sequence[timedelta]) -> timedelta | None:
    """The median of the group's last waits; None while there are too few to tell."""
    if len(waits) < FEW_WAITS:
        return None
    by_length, middle = sorted(waits), len(waits) // 2
    return by_length[middle] if len(waits) % 2 else (by_length[middle - 1] + by_length[middle]) / 2


def waiting_words(request: Request, usual: timedelta | None) -> str:
    """“0 of 1 reviews, usually 14 hours”"""
    so_far = f"{request.finished} of {request.wanted} reviews"
    if usual is None:
        return f"{so_far}, the first ones here are on their way"
    hours = max(1, round(usual / timedelta(hours=1)))
    return f"{so_far}, usually {plural(hours, 'hour') if hours <= 72 else plural(round(hours / 24), 'day')}"

"""Who may ask for a review, who is handed which answer, and who is asked when nobody comes. Pure."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import IntEnum, StrEnum
from itertools import groupby
from zoneinfo import ZoneInfo

from bot.kernel.calendar import Draw, study_day
from bot.kernel.errors import Refusal
from bot.kernel.text import count_visible, plural

LEASE = timedelta(hours=24)
MET = timedelta(days=28)  # so long a pair that met stands behind others
SWAP = timedelta(days=7)  # so long a review in return is a swap
QUIET = timedelta(days=7)  # whoever gave no sign of life for so long is not counted on
ASK_AFTER = timedelta(hours=36)
ASK_AGAIN = timedelta(hours=12)
PASSED = timedelta(hours=36)  # whoever was asked so long ago and did not take it keeps nobody else away
DESK_AFTER = timedelta(hours=48)
REVEAL = timedelta(hours=72)
FINISH_LATE = timedelta(days=7)  # so long a review that lapsed is offered for finishing
ASKED_AT_ONCE = 3  # volunteers for one answer
ASKED_A_WEEK = 3  # times for one member, in any seven days
WEEK = timedelta(days=7)
WAITS = 20  # of the last ones the median is told
FORGET_ASKED = timedelta(days=60)  # what is older says nothing about who was asked least recently
FEW_WAITS = 3  # fewer tell nothing
ENOUGH = 40  # visible characters of an answer that somebody can say something about


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
    """
    `finished` and `leased` are how many reviews it has and how many members hold it now.

    `waited` is how long it has waited by now. `drawn_until`: it was drawn, its author did not ask; `is_over` after it.
    `reserved`: for how many members it is kept who have not taken it yet.
    """

    number: int
    author: str
    task: str
    answer: int
    title: str
    domain: str
    free: bool
    wanted: int
    spent: bool
    state: State
    rounds: int
    asked_at: datetime
    since: datetime
    hide_author: bool = False
    finished: int = 0
    leased: int = 0
    waited: timedelta = timedelta()
    drawn_until: datetime | None = None
    is_over: bool = False
    reserved: int = 0

    @property
    def waits(self) -> bool:
        """What was drawn waits after its time only while nobody has reviewed it."""
        enough = self.finished >= (1 if self.is_over else self.wanted)
        return self.state is State.WAITING and not enough

    @property
    def is_free_to_take(self) -> bool:
        """Who has waited for long may be in one more's hands than needed: not everybody delivers."""
        hands = self.wanted + (self.waited >= ASK_AFTER)
        return self.waits and self.finished + self.leased + self.reserved < hands


@dataclass(frozen=True, slots=True)
class Lease:
    """An answer in a reviewer's hands, as it was when they took it. `state` and `turn` as the table says."""

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
    turn: int = 0

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
    """A request that ends while nobody reviews it, and before anybody has, gives its right back."""
    return request.leased == 0 and request.finished == 0


def accept_answer(text: str) -> None:
    """Reviewers read: a recording alone, or a word, gives them nothing to point at."""
    size = count_visible(text)
    if size < ENOUGH:
        raise Refusal(
            f"Your answer has {plural(size, 'character')} of text. A reviewer needs {ENOUGH} to read.",
            "Say it in writing too, then ask again.",
        )


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


@dataclass(frozen=True, slots=True)
class Able:
    """
    Everybody who could review an answer, and how far each stands from its author.

    `passed` were asked for it a while ago and did not take it. `lapsed` took it and let the time run out.
    """

    distances: Mapping[str, Distance]
    passed: Collection[str] = ()
    lapsed: Collection[str] = ()

    def joined(self, member: str, far: Distance) -> "Able":
        return replace(self, distances={**self.distances, member: far})

    def may_take(self, member: str) -> bool:
        """
        A swap only where nobody could who is no swap; a partner only where nobody else could at all.

        Whoever let it lapse is handed it again only where nobody else may take it.
        """
        if not self._is_near_enough(member):
            return False
        others = (other for other in self.distances if other != member and other not in self.lapsed)
        return member not in self.lapsed or not any(self._is_near_enough(other) for other in others)

    def _is_near_enough(self, member: str) -> bool:
        mine = self.distances.get(member)
        if mine is None:
            return False
        others = (far for other, far in self.distances.items() if other != member and other not in self.passed)
        return mine <= Distance.MET or not any(far < mine for far in others)


def in_order(
    waiting: Iterable[Request],
    reviewer: str,
    how_far: Callable[[Request], Distance | None],
    everybody: Callable[[Request], Able],
    lapsed: Collection[int] = (),
) -> Iterator[tuple[Request, Distance]]:
    """
    What this member may be handed, the first first: free ones, those with the fewest reviews, strangers', the oldest.

    `how_far` is the reviewer's own distance, None where they cannot review it; `everybody` tells of all who could. Both
    cost something, so nobody is asked about what comes later. `lapsed` are the requests that this member let lapse.
    """  # fmt: skip

    def rank(request: Request) -> tuple[bool, int]:
        return not request.free, request.finished + request.leased

    ready = [request for request in waiting if request.is_free_to_take and request.author != reviewer]
    ready.sort(key=lambda request: (*rank(request), request.asked_at, request.number))
    for _, alike in groupby(ready, rank):
        later = []
        for request in alike:
            far = how_far(request)
            if far is Distance.NONE and request.number not in lapsed:
                yield request, far
            elif far is not None:
                later.append((request, far))
        for request, far in sorted(later, key=lambda one: one[0].number in lapsed):
            if far > Distance.MET and request.finished + request.leased >= request.wanted:
                continue  # somebody has it already: a swap or a partner is not needed beside them
            simple = far <= Distance.MET and request.number not in lapsed
            if simple or everybody(request).joined(reviewer, far).may_take(reviewer):
                yield request, far


# --- when nobody comes --------------------------------------------------------------------------------


def volunteers(
    able: Able,
    busy: Collection[str],
    reached: Collection[str],
    asked: Mapping[str, Sequence[datetime]],
    shown: Mapping[str, Sequence[datetime]],
    now: datetime,
    draw: Draw,
) -> list[str]:
    """
    Up to three members to ask: of those who may take it and hold nothing, those asked least recently.

    Whom a reminder reaches (`reached`) is asked first, and never more than three times in any seven days. For the
    others a line on their page must do; `shown` is when it stood there. Between equals the die falls.
    """  # fmt: skip

    def last(member: str) -> tuple[bool, float]:
        before = asked.get(member, ()) if member in reached else shown.get(member, ())
        return member not in reached, max((at.timestamp() for at in before), default=0.0)

    free = [member for member in sorted(able.distances) if member not in busy and able.may_take(member)]
    often = {member for member, at in asked.items() if sum(one > now - WEEK for one in at) >= ASKED_A_WEEK}
    free = [member for member in free if member not in reached or member not in often]
    draw.shuffle(free)
    return sorted(free, key=last)[:ASKED_AT_ONCE]


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
    if request.leased:
        return f"{so_far}, somebody is reviewing it now"
    if usual is None:
        return f"{so_far}, the first ones here are on their way"
    hours = max(1, round(usual / timedelta(hours=1)))
    return f"{so_far}, usually {plural(hours, 'hour') if hours <= 72 else plural(round(hours / 24), 'day')}"

"""
What happened in a group that was played, and what may be said of it.

It knows none of the rules that hand out answers: who wrote an answer is read from the answer, who met whom from the
deeds. So a mistake in those rules shows here.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import IntEnum

DAY, WEEK = timedelta(days=1), timedelta(days=7)
IN_TIME = timedelta(hours=72)
LET_PASS = timedelta(hours=36)  # whoever was asked so long ago and did not take it could not


class Far(IntEnum):
    """SWAP: the author reviewed an answer of this reviewer in the last seven days, or holds one now."""

    STRANGER = 0
    SWAP = 2
    PARTNER = 3


@dataclass(frozen=True, slots=True)
class Task:
    """`closes` is None for a first problem of one's own, which others may always read."""

    domain: str
    opens: datetime
    closes: datetime | None


@dataclass(frozen=True, slots=True)
class Asked:
    at: datetime
    author: str
    task: str


@dataclass(frozen=True, slots=True)
class Handed:
    """An answer in a reviewer's hands; `ends` is when it leaves them, `sent` whether by a review."""

    at: datetime
    reviewer: str
    author: str
    task: str
    ends: datetime
    sent: bool = False
    given_back: bool = False


@dataclass
class Log:
    """The deeds of one run. `urged`: who was asked to review, and when. `starts`: since when everybody is a member."""

    starts: datetime
    partners: dict[str, str] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=dict)
    answers: dict[str, dict[str, datetime]] = field(default_factory=dict)  # by member: task, when
    asked: list[Asked] = field(default_factory=list)
    handed: dict[int, Handed] = field(default_factory=dict)  # by lease
    urged: set[tuple[str, datetime]] = field(default_factory=set)

    def leave(self, lease: int, at: datetime, *, sent: bool) -> None:
        """The review was sent, or the answer given back."""
        self.handed[lease] = replace(self.handed[lease], ends=at, sent=sent, given_back=not sent)

    def reviews(self) -> Iterable[Handed]:
        return (one for one in self.handed.values() if one.sent)


# --- what is counted -----------------------------------------------------------------------------------


def waits(log: Log, until: datetime) -> list[timedelta | None]:
    """How long each request waited for its review, None while it does; those left out that had less than 72 h."""
    served: dict[tuple[str, str], datetime] = {}
    for one in log.reviews():
        key = one.author, one.task
        served[key] = min(one.ends, served.get(key, one.ends))
    counted = [asked for asked in log.asked if asked.at <= until - IN_TIME]
    found = [(served.get((asked.author, asked.task)), asked.at) for asked in counted]
    return [None if end is None or end > until else end - at for end, at in found]


def count_forbidden(log: Log) -> int:
    """
    How often somebody was handed their own answer, or a swap or a partner's while anybody nearer to nothing could.

    That is counted when it is handed out, whether a review followed or not.
    """
    return sum(is_forbidden(log, one) for one in log.handed.values())


def is_forbidden(log: Log, one: Handed) -> bool:
    if one.reviewer == one.author:
        return True
    mine = far(log, one.reviewer, one.author, one.at)
    if mine is Far.STRANGER:
        return False
    others = (member for member in log.partners if member not in (one.reviewer, one.author))
    return any(far(log, other, one.author, one.at) < mine and could(log, other, one) for other in others)


def far(log: Log, reviewer: str, author: str, at: datetime) -> Far:
    if log.partners.get(reviewer) == author:
        return Far.PARTNER
    for one in log.handed.values():
        if (one.reviewer, one.author) != (author, reviewer) or one.at >= at:
            continue
        if one.ends > at or (one.sent and at - one.ends < WEEK):
            return Far.SWAP
    return Far.STRANGER


def could(log: Log, member: str, one: Handed) -> bool:
    """Could this member have reviewed that answer instead, as far as anybody can tell from the deeds?"""
    task, at = log.tasks[one.task], one.at
    answers = {name: when for name, when in log.answers.get(member, {}).items() if when <= at}
    reads = task.closes is None or task.closes <= at or one.task in answers
    tried = any(log.tasks[name].domain == task.domain for name in answers)
    earlier = [
        other for other in log.handed.values()
        if (other.reviewer, other.author, other.task) == (member, one.author, one.task) and other.at < at
    ]  # fmt: skip
    done = any(other.sent and other.ends <= at for other in earlier)
    declined = any(other.given_back and other.ends <= at < other.at + DAY for other in earlier)
    since = max((asked.at for asked in log.asked if (asked.author, asked.task) == (one.author, one.task)), default=at)
    passed = any(name == member and since <= when <= at - LET_PASS for name, when in log.urged)
    willing = not done and not declined and not passed
    return reads and tried and willing and at - _last_sign(log, member, at) < WEEK


def _last_sign(log: Log, member: str, at: datetime) -> datetime:
    """An answer, a request or a review; at first, that they joined."""
    signs = [when for when in log.answers.get(member, {}).values() if when <= at]
    signs += [asked.at for asked in log.asked if asked.author == member and asked.at <= at]
    signs += [one.ends for one in log.reviews() if one.reviewer == member and one.ends <= at]
    return max(signs, default=log.starts)


def most_urged(log: Log) -> int:
    """The most often that one member was asked to review in any seven days."""
    times: dict[str, list[datetime]] = {}
    for member, at in log.urged:
        times.setdefault(member, []).append(at)
    windows = (sum(at <= other < at + WEEK for other in of) for of in times.values() for at in of)
    return max(windows, default=0)

"""What features tell and ask each other about the system design week: runs, drawn reviews, and what is in focus."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from bot.kernel.effect import Fact
from bot.kernel.question import Question


@dataclass(frozen=True, slots=True)
class AnswerGiven(Fact):
    """
    A feature hands in what a member answered to a task of its own (`TaskOpened.handed_in`); heard by `answers`.

    Handed in again it is an edit; the same again changes nothing.
    """

    task: str
    member: str
    text: str
    may_show: bool = True
    hide_name: bool = False


@dataclass(frozen=True, slots=True)
class TakesWords(Question[bool]):
    """Does something that this member has begun take their private messages just now? Then nobody else does."""

    default: ClassVar[bool] = False
    member: str


@dataclass(frozen=True, slots=True)
class DesignRunFinished(Fact):
    """A member finished a run of a system design, partly or whole. `task` is the one that its answer belongs to."""

    task: str
    member: str


@dataclass(frozen=True, slots=True)
class AreRunsHeld(Question[bool]):
    """Does this group hold system design weeks?"""

    default: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class InFocus(Question[Mapping[date, tuple[str, ...]]]):
    """
    The skills (tags of items) that the group's system design of a day is about.

    For the days from `first` to `last` (both counted); days without one are left out.
    """

    default: ClassVar[Mapping[date, tuple[str, ...]]] = {}
    first: date
    last: date


# --- reviews that are drawn ----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Drawn:
    """An answer that will be reviewed: whose, and to which task."""

    task: str
    author_member: str


@dataclass(frozen=True, slots=True)
class ReviewsWanted(Fact):
    """
    Draw who reviews which of these answers, `wanted` each, until that instant; heard by `reviews`.

    Authors review each other; `reader_members` only read and go where somebody would else have too few. Nobody spends
    a right to ask for it.
    """

    answers: tuple[Drawn, ...]
    reader_members: tuple[str, ...]
    wanted: int
    until: datetime


@dataclass(frozen=True, slots=True)
class NotShown(Question[tuple[str, ...]]):
    """The criteria (ids in its rubric) that this member's answer had no place to show: nobody is asked about them."""

    default: ClassVar[tuple[str, ...]] = ()
    task: str
    member: str


@dataclass(frozen=True, slots=True)
class ReviewGot:
    """
    A review as its author reads it. `marks` are (criterion, level 1 to 4, its sentence); `reviewer_member` is empty
    while unnamed. `stance` is the author's reply: "", "kept", "changed" or "disagree".
    """

    number: int
    marks: tuple[tuple[str, int, str], ...]
    passage: str
    next_step: str
    question: str
    reviewer_member: str
    stance: str


@dataclass(frozen=True, slots=True)
class ReviewsOf(Question[tuple[ReviewGot, ...]]):
    """The reviews of this member's answer to this task that its author may read, oldest first."""

    default: ClassVar[tuple[ReviewGot, ...]] = ()
    task: str
    member: str

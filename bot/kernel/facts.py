"""
What features tell each other, and what they ask each other, so that they need not know each other.

A `Fact` is history: it has happened, in this transaction. A `Question[R]` is answered by at most one feature in the
same transaction; its `default` stands while none answers.
"""

from dataclasses import dataclass
from datetime import datetime, time
from typing import ClassVar, Generic, TypeVar

from bot.kernel.calendar import Rhythm
from bot.kernel.effect import Fact

R = TypeVar("R")


class Question(Generic[R]):
    default: ClassVar[object]


# --- told and answered by the engine ------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WakeSkipped(Fact):
    """A wake did not run and will not. `why` is a short clause: "the bot was down", "the time was changed"."""

    route: str
    name: str
    at: datetime
    why: str


@dataclass(frozen=True, slots=True)
class PostParked(Fact):
    """The platform refused a message for good. `fix` says in words what the organiser can do."""

    name: str
    reason: str
    fix: str


@dataclass(frozen=True, slots=True)
class WhatCanIType(Question[tuple[tuple[str, str], ...]]):
    """The commands that this person may use here, with one line of help each."""

    default: ClassVar[tuple[tuple[str, str], ...]] = ()


@dataclass(frozen=True, slots=True)
class WhoIsHere(Question[tuple[str, ...]]):
    """The members of the group, in the order in which they joined."""

    default: ClassVar[tuple[str, ...]] = ()


# --- told by members and organiser ---------------------------------------------


@dataclass(frozen=True, slots=True)
class GroupReady(Fact):
    """The organiser set the group up (told once)."""


@dataclass(frozen=True, slots=True)
class MemberJoined(Fact):
    """A member is here for the first time, or again."""

    member: str
    again: bool = False


@dataclass(frozen=True, slots=True)
class MemberLeft(Fact):
    """A member has left the group."""

    member: str


@dataclass(frozen=True, slots=True)
class PostNow(Fact):
    """The organiser asks for the next problem at once."""


@dataclass(frozen=True, slots=True)
class ThreadsChosen(Fact):
    """The organiser chose how the group answers: openly in the thread, or closed until one's own answer is in."""

    open: bool


@dataclass(frozen=True, slots=True)
class WhenAreProblemsPosted(Question[Rhythm]):
    """The weekdays and the wall time of the group's daily problem."""

    default: ClassVar[Rhythm] = Rhythm((0, 1, 2, 3, 4), time(9))


# --- tasks and answers ---------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TaskOpened(Fact):
    """
    Something can be answered from now on. Told again with other values when they change.

    `task` names it (unique in the group), `post` is the name of the message whose thread belongs to it (empty for
    private practice, which only `member` may answer), `closes` None means that it never closes.
    """

    task: str
    title: str
    opens: datetime
    closes: datetime | None
    post: str = ""
    member: str = ""


@dataclass(frozen=True, slots=True)
class TaskClosed(Fact):
    task: str


@dataclass(frozen=True, slots=True)
class AnswerKept(Fact):
    """A member's answer to a task is kept. `first` is false for an edit."""

    task: str
    member: str
    first: bool
    late: bool


@dataclass(frozen=True, slots=True)
class AnswerWithdrawn(Fact):
    task: str
    member: str


@dataclass(frozen=True, slots=True)
class TimedRunFinished(Fact):
    """A member finished a timed practice after `seconds` of work."""

    task: str
    member: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Shown:
    """
    An answer that may be shown to the group. `member` is empty where the name is hidden.

    `beside` is a short phrase about its file or recording, or empty.
    """

    text: str
    member: str
    author_member: str
    late: bool
    beside: str = ""


@dataclass(frozen=True, slots=True)
class HasAnswered(Question[bool]):
    """Has this member a kept answer to this task?"""

    default: ClassVar[bool] = False
    task: str
    member: str


@dataclass(frozen=True, slots=True)
class HowManyAnswered(Question[int]):
    default: ClassVar[int] = 0
    task: str


@dataclass(frozen=True, slots=True)
class AnswersToShow(Question[tuple[Shown, ...]]):
    """The answers whose authors ticked "may be shown", oldest first."""

    default: ClassVar[tuple[Shown, ...]] = ()
    task: str


@dataclass(frozen=True, slots=True)
class AreThreadsOpen(Question[bool]):
    """Does this group answer openly, by replies in the thread?"""

    default: ClassVar[bool] = False

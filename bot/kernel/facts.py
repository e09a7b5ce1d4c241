"""
What features tell each other, and what they ask each other, so that they need not know each other.

A `Fact` is history: it has happened, in this transaction. A `Question[R]` is answered by at most one feature in the
same transaction; its `default` stands while none answers. What the engine tells and answers is in `engine_facts`.
"""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import ClassVar

from bot.kernel.action import Action
from bot.kernel.calendar import Rhythm
from bot.kernel.card import Button
from bot.kernel.effect import Fact
from bot.kernel.question import Question
from bot.kernel.text import Text

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
class ThreadsWanted(Fact):
    """The organiser wishes that the group answers openly in the thread, or closed until one's own answer is in."""

    open: bool


@dataclass(frozen=True, slots=True)
class ThreadsChosen(Fact):
    """How the group answers has changed: openly in the thread, or closed until one's own answer is in."""

    open: bool


@dataclass(frozen=True, slots=True)
class ChangeMade(Fact):
    """
    An organiser changed something that can be undone. `what` is one short sentence without a name.

    Pressing `undo` takes it back; it must be fit for any organiser to press, and harmless when pressed twice.
    """

    what: str
    undo: Action


@dataclass(frozen=True, slots=True)
class ChangeUndone(Fact):
    """The change with this `undo` was taken back."""

    undo: Action


@dataclass(frozen=True, slots=True)
class DaysOff(Question[tuple[date, ...]]):
    """On which days from `first` to `last` (both counted) the group rests, because its organiser said so."""

    default: ClassVar[tuple[date, ...]] = ()
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class MemberPaused(Fact):
    """A member rests until this instant; told again with another instant when that changes."""

    member: str
    until: datetime


@dataclass(frozen=True, slots=True)
class MemberResumed(Fact):
    """A member came back from a pause before its end."""

    member: str


@dataclass(frozen=True, slots=True)
class PausedUntil(Question[datetime | None]):
    """Until when this member rests; None when they do not, or not any more."""

    default: ClassVar[datetime | None] = None
    member: str


@dataclass(frozen=True, slots=True)
class GoalChosen(Fact):
    """A member chose how many days a week they want to study (2 to 7)."""

    member: str
    days: int


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
    private practice, which only `member` may answer), `closes` None means that it never closes. `handed_in`: nobody
    writes an answer to it, the feature itself hands them in (`AnswerGiven`).
    """

    task: str
    title: str
    opens: datetime
    closes: datetime | None
    post: str = ""
    member: str = ""
    handed_in: bool = False


@dataclass(frozen=True, slots=True)
class TaskClosed(Fact):
    task: str


@dataclass(frozen=True, slots=True)
class AnswerKept(Fact):
    """A member's answer to a task is kept. `first` is false for an edit; `handed_in` as in `TaskOpened`."""

    task: str
    member: str
    first: bool
    late: bool
    handed_in: bool = False


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
class MemberStuck(Fact):
    """A member said that they are stuck, and what they tried."""

    task: str
    member: str


@dataclass(frozen=True, slots=True)
class SignGiven(Fact):
    """A member did something that is no work and still shows that they are there: they confirmed a plan, say."""

    member: str


# --- streaks and nudges ----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LastCredits(Question[tuple[datetime, ...]]):
    """When this member last did something that counts: at most seven instants, newest first."""

    default: ClassVar[tuple[datetime, ...]] = ()
    member: str


@dataclass(frozen=True, slots=True)
class AsksToday(Question[bool]):
    """
    Does this member's day still ask something of them? Not when it counts already, nor when they rest or are excused.
    """

    default: ClassVar[bool] = True
    member: str


@dataclass(frozen=True, slots=True)
class WantsReminders(Question[bool]):
    """Has this member asked to be reminded?"""

    default: ClassVar[bool] = True
    member: str


@dataclass(frozen=True, slots=True)
class WhoIsQuiet(Question[tuple[tuple[str, datetime], ...]]):
    """Members without a sign of life since then, who do not rest: (member, last sign), longest first."""

    default: ClassVar[tuple[tuple[str, datetime], ...]] = ()
    since: datetime


@dataclass(frozen=True, slots=True)
class NudgeMoment(Fact):
    """
    Now this member may be reminded: whoever has something to remind them of tells a `Nudge` at once.

    `evening` is the day's last chance; else it is the member's usual hour.
    """

    member: str
    evening: bool = False


@dataclass(frozen=True, slots=True)
class Nudge(Fact):
    """
    Remind this member in private, if their budget, their quiet hours and they themselves allow it.

    Told at a `NudgeMoment` it goes into that moment's one message; else it waits for the member's next moment and is
    dropped after `until`. `kind` is the feature's word ("daily"), `about` names the thing: the same again replaces it.
    `line` is one sentence under 20 words, `button` leads to the thing itself.
    """

    member: str
    kind: str
    about: str
    line: Text
    button: Button
    until: datetime


@dataclass(frozen=True, slots=True)
class Shown:
    """
    An answer that may be shown to the group. `member` is empty where the name is hidden.

    `beside` is a short phrase about its file or recording, or empty. `place` is where `TextAt` finds it: its task and
    its number there.
    """

    text: str
    member: str
    author_member: str
    late: bool
    beside: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class HasAnswered(Question[bool]):
    """Has this member a kept answer to this task?"""

    default: ClassVar[bool] = False
    task: str
    member: str


@dataclass(frozen=True, slots=True)
class HowManyAnswered(Question[int]):
    """How many answers to this task can be read; with a `reader`: by them, their own included."""

    default: ClassVar[int] = 0
    task: str
    reader: str = ""


@dataclass(frozen=True, slots=True)
class AnswersToShow(Question[tuple[Shown, ...]]):
    """The answers whose authors ticked "may be shown", oldest first."""

    default: ClassVar[tuple[Shown, ...]] = ()
    task: str


@dataclass(frozen=True, slots=True)
class AreThreadsOpen(Question[bool]):
    """Does this group answer openly, by replies in the thread?"""

    default: ClassVar[bool] = False

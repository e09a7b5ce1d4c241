"""What a check-in says of partners, and what they answer."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final

from bot.features.partners.pair_rules import Sat
from bot.features.partners.plan_rules import Held, Plan, Work, is_done, work_words
from bot.kernel.calendar import Rhythm
from bot.kernel.effect import Late, Missed
from bot.kernel.errors import Refusal

RHYTHM: Final = Rhythm((3, 6), time(18))
SUNDAY: Final = 6
TOO_LATE: Final = timedelta(hours=2)
LATE: Final = Late(None, Missed.LATEST)  # what is TOO_LATE is left out without a note: many groups have no partners
LINE: Final = 300  # characters beside the numbers
OPEN: Final = timedelta(days=2)  # after its day partners who have parted can still confirm it
TALK_WAITS: Final = timedelta(days=3)  # a partner is reminded so long that somebody would like to talk


class Answer(StrEnum):
    """What somebody presses under the check-in of their partners."""

    SAW = "saw"
    WELL = "well"
    TALK = "talk"


@dataclass(frozen=True, slots=True)
class Line:
    """
    What a check-in says of one member.

    `said`: they have confirmed it; before, and when they take it back, nobody else reads `line`. `number` is 0 until it
    is kept. `at` is when the line was written.
    """

    member: str
    work: Work
    plan: Plan | None = None
    said: bool = False
    line: str = ""
    number: int = 0
    held: Held = Held.NO
    at: datetime | None = None

    @property
    def words(self) -> str:
        """Empty where there is nothing to say yet."""
        return work_words(self.work, self.plan)

    @property
    def is_done(self) -> bool:
        return is_done(self.work, self.plan)


@dataclass(frozen=True, slots=True)
class CheckIn:
    """One message to a pair, on the date `day`, about the week from Monday `week`. `answers` are (member, answer)."""

    pair: int
    day: date
    week: date
    lines: tuple[Line, ...]
    answers: tuple[tuple[str, Answer], ...] = ()

    def is_late(self, today: date) -> bool:
        """Those whose pair has ended on Monday may still say what they did until Tuesday."""
        return today > self.day + OPEN

    @property
    def is_last(self) -> bool:
        """Of its week."""
        return self.day.weekday() == SUNDAY

    def line_of(self, member: str) -> Line | None:
        return next((line for line in self.lines if line.member == member), None)


def known(checkin: CheckIn | None) -> CheckIn:
    if checkin is None:
        raise Refusal("I do not know this check-in any more.", "The next one comes on Thursday or Sunday.")
    return checkin


def has_read(sat: Sat, reader: str, at: datetime | None) -> bool:
    """Can they open the room, or did they sit there when this was written?"""
    if reader in sat.readers:
        return True
    mine = next((sitting for sitting in sat.sittings if sitting.member == reader), None)
    return mine is not None and at is not None and at <= (mine.left_at or sat.ends)


def accept_day(typed: str) -> date:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        raise Refusal("I do not know this check-in.", "Open your partners' room and press there.") from None


def accept_answer(typed: str) -> Answer | None:
    """None takes back what was said before."""
    return Answer(typed) if typed in set(Answer) else None


def need_line(line: str, before: str) -> str:
    """Whoever has written one before may empty it."""
    if not line and not before:
        raise Refusal("Your line is empty.", "Write a few words, or press “My part is right”.", "line")
    return line

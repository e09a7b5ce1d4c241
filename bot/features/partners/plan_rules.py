"""What a member plans for a week, what they have done of it, and which week that is."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from bot.kernel.calendar import Rhythm, StudyDay
from bot.kernel.errors import Refusal
from bot.kernel.text import clean, listed, plural

MOST_ANSWERS: Final = 7  # one a day
MOST_REVIEWS: Final = 5
LINE: Final = 200  # characters of "when and where"
OFFERED_ON: Final = (0, 1)  # the member's own Monday; Tuesday, for who had no reminder on Monday
WEEK_BEGINS: Final = Rhythm((0,), time(8, 30))  # after a round; then a plan is asked of everybody
QUIET_FROM, QUIET_TO = time(21, 30), time(8)  # on a member's own wall clock nothing of ours rings between these
KEPT: Final = timedelta(weeks=8)  # then plans and check-ins are forgotten


class Held(StrEnum):
    """Whether words can be read."""

    NO = ""
    REPORTED = "reported"  # an organiser decides
    REMOVED = "removed"


class Done(StrEnum):
    """What counts as work."""

    ANSWER = "answer"
    REVIEW = "review"
    RUN = "run"  # a timed practice that was finished


@dataclass(frozen=True, slots=True)
class Plan:
    """
    What a member wants to do from Monday `week` to Sunday; `line` says when and where, and may be empty.

    It stands in the room of the pair with the number `pair`. `number` is 0 until it is kept.
    """

    member: str
    week: date
    answers: int
    reviews: int
    line: str = ""
    pair: int = 0
    number: int = 0
    held: Held = Held.NO


@dataclass(frozen=True, slots=True)
class Work:
    """What a member has done in a week."""

    answers: int = 0
    reviews: int = 0
    runs: int = 0


def week_of(group_day: date, own_day: date) -> date:
    """
    The Monday of the week that a member plans, by the study day of the group and their own.

    Where the group's Monday begins later than theirs they plan the week that comes.
    """
    return max(monday_of(group_day), monday_of(own_day))


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def is_quiet(at: datetime, zone: ZoneInfo) -> bool:
    wall = at.astimezone(zone).time()
    return wall >= QUIET_FROM or wall < QUIET_TO


def is_offered(day: StudyDay) -> bool:
    """Is this one of the days of a member on which they are reminded of their plan?"""
    return day.date.weekday() in OFFERED_ON


# --- from the form ---------------------------------------------------------------------------------


def accept(member: str, week: date, pair: int, answers: str, reviews: str, line: str) -> Plan:
    numbers = _number(answers, MOST_ANSWERS, "answers"), _number(reviews, MOST_REVIEWS, "reviews")
    plan = Plan(member, week, *numbers, accept_line(line, LINE), pair)
    if not plan.answers and not plan.reviews:
        hint = "Choose at least one answer or one review. One is enough for a busy week."
        raise Refusal("This plan has no number in it yet.", hint, "answers")
    return plan


def _number(typed: str, most: int, field: str) -> int:
    if typed not in {str(number) for number in range(most + 1)}:
        raise Refusal("This is no number that I know.", f"Choose one from 0 to {most}.", field)
    return int(typed)


def accept_line(typed: str, limit: int) -> str:
    line = clean(typed)
    if len(line) > limit:
        raise Refusal(f"Your line has {len(line)} characters; at most {limit} fit.", "Shorten it.", "line")
    return line


def number_in(typed: str) -> int:
    """What a button carries; -1 for what no button of ours carries."""
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) <= 9 else -1


# --- in words ----------------------------------------------------------------------------------------


def plan_words(plan: Plan) -> str:
    """'3 answers and 1 review'."""
    parts = ((plan.answers, "answer"), (plan.reviews, "review"))
    return listed([plural(number, what) for number, what in parts if number])


def work_words(work: Work, plan: Plan | None) -> str:
    """
    '2 of 3 answers and 1 timed practice'; empty where there is nothing to say.

    What is begun is counted, what is not is named as it was planned: nobody reads a nought.
    """
    answers, reviews = (plan.answers, plan.reviews) if plan else (0, 0)
    counts = ((work.answers, answers, "answer"), (work.reviews, reviews, "review"), (work.runs, 0, "timed practice"))
    begun = listed([_of(number, planned, what) for number, planned, what in counts if number])
    ahead = listed([plural(planned, what) for number, planned, what in counts if planned and not number])
    if begun and ahead:
        return f"{begun}. Planned: {ahead}"
    return begun or (f"planned: {ahead}" if ahead else "")


def _of(number: int, planned: int, what: str) -> str:
    return f"{number} of {plural(planned, what)}" if number < planned else plural(number, what)


def is_done(work: Work, plan: Plan | None) -> bool:
    """All that was planned is done."""
    return plan is not None and work.answers >= plan.answers and work.reviews >= plan.reviews

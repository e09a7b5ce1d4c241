"""What a member plans for a week, what they have done of it, and which week that is."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from bot.features.partners.pair_rules import Sat
from bot.kernel.calendar import Rhythm, StudyDay
from bot.kernel.errors import Refusal
from bot.kernel.text import clean, listed, plural

MOST_ANSWERS: Final = 7  # one a day
MOST_REVIEWS: Final = 5
MOST_DESIGNS: Final = 2  # the week's, and a short one
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
    DESIGN = "design"  # a run of a system design


@dataclass(frozen=True, slots=True)
class Plan:
    """
    What a member wants to do from Monday `week` to Sunday; `line` says when and where, and may be empty.

    It stands in the room of the pair with the number `pair`. `number` is 0 until it is kept. `designs` are runs of a
    system design. `at` is when the line was written.
    """

    member: str
    week: date
    answers: int
    reviews: int
    line: str = ""
    pair: int = 0
    number: int = 0
    held: Held = Held.NO
    designs: int = 0
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """What a member has done in a week."""

    answers: int = 0
    reviews: int = 0
    runs: int = 0
    designs: int = 0

    @property
    def any(self) -> bool:
        return bool(self.answers or self.reviews or self.runs or self.designs)


def week_of(group_day: date, own_day: date) -> date:
    """
    The Monday of the week that a member plans, by the study day of the group and their own.

    Where the group's Monday begins later than theirs they plan the week that comes.
    """
    return max(monday_of(group_day), monday_of(own_day))


def accept_week(typed: str, now: date) -> date:
    """On Sunday the week that comes can be planned; whatever else a button names, it is the week of now."""
    ahead = now + timedelta(weeks=1)
    return ahead if typed == str(ahead) else now


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def is_quiet(at: datetime, zone: ZoneInfo) -> bool:
    wall = at.astimezone(zone).time()
    return wall >= QUIET_FROM or wall < QUIET_TO


def is_offered(day: StudyDay) -> bool:
    """Is this one of the days of a member on which they are reminded of their plan?"""
    return day.date.weekday() in OFFERED_ON


# --- from the form ---------------------------------------------------------------------------------


def accept(member: str, week: date, pair: int, answers: str, reviews: str, line: str, designs: str = "") -> Plan:
    """`designs` is empty where the group holds no system design weeks."""
    numbers = _number(answers, MOST_ANSWERS, "answers"), _number(reviews, MOST_REVIEWS, "reviews")
    runs = _number(designs or "0", MOST_DESIGNS, "designs")
    plan = Plan(member, week, *numbers, accept_line(line, LINE), pair, designs=runs)
    if not plan.answers and not plan.reviews and not plan.designs:
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


def need_yours(sat: Sat, number: int) -> Sat:
    if sat.number != number:
        raise Refusal("This belongs to earlier partners.", "Type /study partner to see your partners of now.")
    return sat


def need_kept(held: Held, line: str, known: str) -> None:
    """Words that are looked at stay as they are: other ones would be lost."""
    if held is Held.REPORTED and line not in ("", known):
        hint = "Leave this empty, or wait until an organiser has decided."
        raise Refusal("Your line was reported, and is being looked at.", hint, "line")


def number_in(typed: str) -> int:
    """What a button carries; -1 for what no button of ours carries."""
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) <= 9 else -1


# --- in words ----------------------------------------------------------------------------------------


def plan_words(plan: Plan) -> str:
    """'3 answers and 1 review'."""
    parts = ((plan.answers, "answer"), (plan.reviews, "review"), (plan.designs, "design run"))
    return listed([plural(number, what) for number, what in parts if number])


def work_words(work: Work, plan: Plan | None) -> str:
    """
    '2 of 3 answers and 1 timed run'; empty where there is nothing to say.

    What is begun is counted, what is not is named as it was planned: nobody reads a nought.
    """
    answers, reviews, designs = (plan.answers, plan.reviews, plan.designs) if plan else (0, 0, 0)
    counts = (
        (work.answers, answers, "answer"),
        (work.reviews, reviews, "review"),
        (work.designs, designs, "design run"),
        (work.runs, 0, "timed run"),
    )
    begun = listed([_of(number, planned, what) for number, planned, what in counts if number])
    ahead = listed([plural(planned, what) for number, planned, what in counts if planned and not number])
    if begun and ahead:
        return f"{begun}. Planned: {ahead}"
    return begun or (f"planned: {ahead}" if ahead else "")


def _of(number: int, planned: int, what: str) -> str:
    return f"{number} of {plural(planned, what)}" if number < planned else plural(number, what)


def is_done(work: Work, plan: Plan | None) -> bool:
    """All that was planned is done."""
    if plan is None or work.designs < plan.designs:
        return False
    return work.answers >= plan.answers and work.reviews >= plan.reviews

"""What a member says who wants partners, how it is read from a form, and what the matching learns of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

from bot.features.partners.hours_rules import Block, Part, hours_in
from bot.features.partners.rules import Record, Week
from bot.features.partners.silence_rules import Choice
from bot.kernel.calendar import DAY_STARTS, Rhythm
from bot.kernel.errors import Refusal

MONDAY: Final = 0
NEW: Final = timedelta(days=7)
WAITS_LONG: Final = timedelta(hours=24)  # then organisers see how many wait
SAT_ENOUGH: Final = timedelta(days=3)  # who sat for less than this and gave no sign has missed nothing
SEASONED: Final = 1  # terms after which somebody can show a new member around


@dataclass(frozen=True)
class PartnersSettings:
    on: bool = field(
        default=True,
        metadata={"label": "Find partners", "help": "Members who wish are put together for two weeks at a time."},
    )
    at: time = field(
        default=time(8),
        metadata={"label": "Monday, at", "help": "When new partners meet, every second Monday. Not before 04:00."},
    )

    @property
    def hour(self) -> time:
        """A term begins with the study day."""
        return max(self.at, DAY_STARTS)

    @property
    def rhythm(self) -> Rhythm | None:
        return Rhythm((MONDAY,), self.hour) if self.on else None


class State(StrEnum):
    WANTS = "wants"
    PARKED = "parked"  # silent: back with one press
    OFF = "off"  # wants no partner


@dataclass(frozen=True, slots=True)
class Wish:
    """What the form asks for. `stage` counts from 0; `times` are keys of `TIMES`."""

    stage: int
    times: tuple[str, ...]
    in_writing: bool


@dataclass(frozen=True, slots=True)
class Wisher:
    """
    A member with a wish, as the matching knows them: by number.

    `waits_since`: nobody sits with them. `solo`: they chose to be alone until the next round. `resting`: they paused.
    `signed_at`: their last sign to partners. `counted`: the Monday up to which their weeks are counted.
    """

    number: int
    member: str
    wish: Wish
    state: State
    since: datetime
    waits_since: datetime | None = None
    solo: bool = False
    resting: bool = False
    rested_at: datetime | None = None
    parked_at: datetime | None = None
    signed_at: datetime | None = None
    record: Record = field(default_factory=Record)
    counted: str = ""
    terms: int = 0

    @property
    def wants(self) -> bool:
        """May be seated now."""
        return self.state is State.WANTS and not self.resting


# --- the form -----------------------------------------------------------------------------------

STAGES: Final = (
    ("employed", "I have a job and keep in practice"),
    ("starting", "I begin to look for a job"),
    ("interviewing", "I have interviews now"),
)
_WORKDAYS: Final = (0, 1, 2, 3, 4)
TIMES: Final[Mapping[str, tuple[str, tuple[Block, ...]]]] = {
    "mornings": ("Monday to Friday, mornings", tuple((day, Part.MORNING) for day in _WORKDAYS)),
    "afternoons": ("Monday to Friday, afternoons", tuple((day, Part.AFTERNOON) for day in _WORKDAYS)),
    "mon": ("Monday evening", ((0, Part.EVENING),)),
    "tue": ("Tuesday evening", ((1, Part.EVENING),)),
    "wed": ("Wednesday evening", ((2, Part.EVENING),)),
    "thu": ("Thursday evening", ((3, Part.EVENING),)),
    "fri": ("Friday evening", ((4, Part.EVENING),)),
    "sat": ("Saturday, morning and afternoon", ((5, Part.MORNING), (5, Part.AFTERNOON))),
    "sun": ("Sunday, morning and afternoon", ((6, Part.MORNING), (6, Part.AFTERNOON))),
    "late": ("Saturday and Sunday evening", ((5, Part.EVENING), (6, Part.EVENING))),
}
LIVE, WRITING = "live", "writing"
TALKS: Final = ((LIVE, "Writing, and a call now and then"), (WRITING, "Only writing, no calls"))


def accept_wish(stage: str, times: Sequence[str], talk: str) -> Wish:
    stages = [key for key, _ in STAGES]
    if stage not in stages:
        raise Refusal("Your situation was left open.", "Choose what fits best. Nobody else sees it.", "stage")
    ticked = tuple(key for key in TIMES if key in times)
    if not ticked and talk != WRITING:
        hint = "Tick at least one part of the week, or choose only writing."
        raise Refusal("No time is ticked.", hint, "times")
    if talk not in dict(TALKS):
        raise Refusal("How you like to talk was left open.", "Choose one of the two.", "talk")
    return Wish(stages.index(stage), ticked, talk == WRITING)


def stage_key(wish: Wish) -> str:
    return STAGES[wish.stage][0]


def need_same(number: int, pressed: str) -> None:
    """A button that stands since they sat with others, or was pressed twice, must not part them from these."""
    if pressed != str(number):
        raise Refusal("This is settled already.", "Type /study partner to see how it is now.")


def need_on(settings: PartnersSettings) -> None:
    if not settings.on:
        raise Refusal(
            "Partners are switched off in this group.", "An organiser can switch them on in the settings of the group."
        )


# --- what the matching learns ----------------------------------------------------------------------


def hours_of(wish: Wish, week: date, zone: ZoneInfo) -> int:
    """The half hours of this week, in UTC, in which they have time."""
    return hours_in(week, (block for key in wish.times if key in TIMES for block in TIMES[key][1]), zone)


def skills_of(weak: Sequence[str]) -> dict[str, float]:
    """Estimates from the order of somebody's areas, the weakest first."""
    return {area: round((place + 1) / (len(weak) + 1), 3) for place, area in enumerate(weak)}


def is_new(credits: Iterable[datetime], now: datetime) -> bool:
    """Of somebody who wished lately and was in no round: were they not at work a week ago either?"""
    return not any(now - at >= NEW for at in credits)


def seat_of(wisher: Wisher, hours: int, weak: Sequence[str], *, new: bool) -> dict[str, Any]:
    """As `matching_rules.match` reads it: no name, and nothing that tells one."""
    return {
        "hours": f"{hours:x}", "stage": wisher.wish.stage, "skills": skills_of(weak), "new": new,
        "reliability": round(wisher.record.reliability, 6), "seasoned": not new and wisher.terms >= SEASONED,
        "in_writing": wisher.wish.in_writing,
    }  # fmt: skip


def week_of(wisher: Wisher, starts: datetime, sat: timedelta) -> Week:
    """What the week since `starts` was to them. `sat`: how long somebody was there in it who counted on them."""
    if wisher.signed_at and wisher.signed_at >= starts and sat:
        return Week.KEPT
    if wisher.resting or (wisher.rested_at and wisher.rested_at >= starts):
        return Week.PAUSED
    parked = wisher.parked_at is not None and wisher.parked_at >= starts
    return Week.MISSED if parked or sat >= SAT_ENOUGH else Week.ALONE


# --- an undo, and the choice of who is left ------------------------------------------------------------


def write_wish(wish: Wish) -> str:
    """In a few letters, for a button that brings it back."""
    ticked = "".join(str(place) for place, key in enumerate(TIMES) if key in wish.times)
    return f"{wish.stage}-{ticked}-{int(wish.in_writing)}"


def read_wish(written: str) -> Wish:
    stage, _, rest = written.partition("-")
    ticked, _, writing = rest.partition("-")
    if stage not in ("0", "1", "2") or writing not in ("0", "1") or not set(ticked) <= set("0123456789"):
        raise Refusal("I do not know what it was before.", "Press Change my answers and say it again.")
    times = tuple(key for place, key in enumerate(TIMES) if str(place) in ticked)
    return accept_wish(STAGES[int(stage)][0], times, WRITING if writing == "1" else LIVE)


def accept_choice(what: str) -> Choice:
    if what not in tuple(Choice):
        raise Refusal("I do not know this choice.", "Choose one of the buttons.")
    return Choice(what)

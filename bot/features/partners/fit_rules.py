"""
How well two or three seats go together, and where one seat fits best.

A seat is a member without a name: a number, and what the matching may know. `matching_rules` computes the same for
all pairs at once; this is the plain version, for one pair, for a repair in the middle of a week, and for tests.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from hashlib import sha256
from math import isfinite, sqrt
from typing import Any, Final

from bot.features.partners.hours_rules import HALF_HOURS

VERSION: Final = 1  # of the scores; stored with each round, so that an old one can be understood

ENOUGH: Final = 2  # half hours that a live pair shares in a week
MOST_COUNTED: Final = 8  # half hours; more time together makes no better pair
SHAKY: Final = 0.66  # below this reliability somebody sits in a trio
STEP: Final = 1000  # what a rung of the ladder costs: more than any two pairs can differ in score
SAME_STAGE, NEXT_STAGE = 200, 100
TIME, SKILLS, RELIABLE, MENTOR = 400, 250, 100, 50
JUST_MET, FADES, EACH_TIME, MOST_TIMES = 700, 0.8, 60, 5  # the penalty of having met
LIVE_FLOOR, ASYNC_FLOOR = 2, 1  # no penalty puts a live pair below an asynchronous one


class Rung(IntEnum):
    """The ladder of fallbacks, best first."""

    LIVE = 0  # an hour together, or both want it without live talk
    SHORT = 1  # half an hour
    ASYNC = 2  # in writing
    AGAIN = 3  # they were together in the last round


class Kind(StrEnum):
    LIVE = "live"
    ASYNC = "async"


@dataclass(frozen=True, slots=True)
class Seat:
    """
    `hours` is a week of half hours in UTC, Monday 00:00 in bit 0. `stage` counts from 0 to 2; `skills` are estimates
    from 0 to 1 by area; `reliability` is a share, 0 to 1. `new`: seen for less than a week. `seasoned`: can show a new
    member around. `in_writing`: wants no live talk.
    """

    hours: int = 0
    stage: int = 0
    skills: Mapping[str, float] = field(default_factory=dict)
    reliability: float = 1.0
    new: bool = False
    seasoned: bool = False
    in_writing: bool = False

    @property
    def shaky(self) -> bool:
        """Should sit in a trio, so that one absence leaves nobody alone."""
        return self.new or self.reliability < SHAKY


Met = tuple[int, int]
"""(rounds since two met, 1 = in the last one; how many times they met)"""


@dataclass(frozen=True, slots=True)
class Table:
    """Everybody of a round. `apart`: pairs that are never brought together; pairs are (lower, higher) number."""

    round: str
    seats: tuple[Seat, ...]
    apart: frozenset[tuple[int, int]] = frozenset()
    met: Mapping[tuple[int, int], Met] = field(default_factory=dict)
    weary: frozenset[int] = frozenset()  # sat with somebody shaky in the last round


def pair_of(one: int, other: int) -> tuple[int, int]:
    return (one, other) if one < other else (other, one)


# --- reading plain data ------------------------------------------------------------------


def read_table(args: Mapping[str, Any]) -> Table:
    """The table that `matching_rules.match` describes. Raises ValueError or KeyError for what is none."""
    seats = tuple(_read_seat(one) for one in args["seats"])
    everyone = range(len(seats))

    def pair(one: int, other: int) -> tuple[int, int]:
        if one == other or one not in everyone or other not in everyone:
            raise ValueError(f"no two seats: {one} and {other}")
        return pair_of(one, other)

    return Table(
        str(args["round"]),
        seats,
        frozenset(pair(*two) for two in args.get("apart", ())),
        {pair(one, other): (int(since), int(times)) for one, other, since, times in args.get("met", ())},
        frozenset(seat for seat in args.get("weary", ()) if seat in everyone),
    )


def _read_seat(one: Mapping[str, Any]) -> Seat:
    hours = one.get("hours", 0)
    seat = Seat(
        int(hours, 16) if isinstance(hours, str) else int(hours),
        int(one.get("stage", 0)),
        {str(area): float(skill) for area, skill in sorted(one.get("skills", {}).items())},
        float(one.get("reliability", 1.0)),
        bool(one.get("new", False)),
        bool(one.get("seasoned", False)),
        bool(one.get("in_writing", False)),
    )
    sound = (
        isfinite(seat.reliability)
        and 0 <= seat.reliability <= 1
        and all(0 <= skill <= 1 for skill in seat.skills.values())
    )
    if not (sound and 0 <= seat.stage <= 2 and 0 <= seat.hours < 1 << HALF_HOURS):
        raise ValueError(f"not a seat: {one}")
    return seat


# --- two seats -----------------------------------------------------------------------------


def shared(*seats: Seat) -> int:
    """Half hours of the week in which all of them have time."""
    hours = seats[0].hours
    for seat in seats[1:]:
        hours &= seat.hours
    return hours.bit_count()


def weakest(seat: Seat) -> tuple[str, ...]:
    """The two areas of lowest skill, of those that are known."""
    return tuple(sorted(seat.skills, key=lambda area: (seat.skills[area], area))[:2])


def _helped(seat: Seat, other: Seat) -> float:
    """How far the other is ahead in my two weakest areas, 0 to 1."""
    gain = 0.0
    for area in weakest(seat):
        gain += min(max(other.skills.get(area, seat.skills[area]) - seat.skills[area], 0.0), 0.5)
    return gain


def _guides(seat: Seat, other: Seat) -> bool:
    return seat.seasoned and other.new and not seat.new


def penalty(met: Met | None) -> int:
    """What having met costs: nearly everything right after it, less with every round."""
    if met is None:
        return 0
    since, times = met
    return int(JUST_MET * FADES ** (max(since, 1) - 1)) + EACH_TIME * min(times, MOST_TIMES)


def score(one: Seat, other: Seat, met: Met | None = None) -> int:
    """1 to 1000: shared time, like stage, complementary skills, reliability, a newcomer with somebody seasoned."""
    live = not (one.in_writing or other.in_writing) and shared(one, other) > 0
    time = min(shared(one, other), MOST_COUNTED) if live else 0
    mine, theirs = _helped(one, other), _helped(other, one)
    stage = (SAME_STAGE, NEXT_STAGE, 0)[abs(one.stage - other.stage)]
    mentor = one.reliability * _guides(one, other) + other.reliability * _guides(other, one)
    whole = (
        TIME * time / MOST_COUNTED
        + stage
        + SKILLS * (0.5 * min(mine, theirs) + 0.25 * (mine + theirs))
        + RELIABLE * sqrt(one.reliability * other.reliability)
        + MENTOR * mentor
    )
    return max(LIVE_FLOOR if live else ASYNC_FLOOR, int(whole) - penalty(met))


# --- groups --------------------------------------------------------------------------------


def allowed(table: Table, group: Iterable[int]) -> bool:
    """No two of them are kept apart."""
    seats = sorted(group)
    return not any((one, other) in table.apart for k, one in enumerate(seats) for other in seats[k + 1 :])


def rung(table: Table, group: Sequence[int]) -> Rung:
    """Where on the ladder of fallbacks this group stands."""
    seats = [table.seats[number] for number in group]
    if any(table.met.get(two, (0, 0))[0] == 1 for two in pairs_in(group)):
        return Rung.AGAIN
    if all(seat.in_writing for seat in seats):
        return Rung.LIVE
    time = 0 if any(seat.in_writing for seat in seats) else shared(*seats)
    return Rung.LIVE if time >= ENOUGH else Rung.SHORT if time else Rung.ASYNC


def kind_of(table: Table, group: Sequence[int]) -> Kind:
    """A group talks live when all of it has half an hour in common."""
    seats = [table.seats[number] for number in group]
    live = not any(seat.in_writing for seat in seats) and shared(*seats) > 0
    return Kind.LIVE if live else Kind.ASYNC


def pairs_in(group: Sequence[int]) -> list[tuple[int, int]]:
    return [pair_of(one, other) for k, one in enumerate(group) for other in group[k + 1 :]]


def group_score(table: Table, group: Sequence[int]) -> int:
    """That of its worst pair."""
    return min(
        score(table.seats[one], table.seats[other], table.met.get((one, other))) for one, other in pairs_in(group)
    )


def worth(table: Table, group: Sequence[int]) -> int:
    """What is compared: first the rung, then for a third the worse of its two pairs, for a pair its score."""
    others = pairs_in(group) if len(group) == 2 else [pair_of(group[-1], seat) for seat in group[:-1]]
    low = min(score(table.seats[one], table.seats[other], table.met.get((one, other))) for one, other in others)
    return low + STEP * (Rung.AGAIN - rung(table, group))


def tie(table: Table, group: Sequence[int]) -> str:
    """Decides between equals: looks like chance, and is the same each time."""
    return sha256(f"{table.round}/{sorted(group)}".encode()).hexdigest()


# --- a place for one, in the middle of a week -----------------------------------------------


@dataclass(frozen=True, slots=True)
class Place:
    """The seats that somebody joins: a pair, or one who stands by."""

    group: tuple[int, ...]
    kind: Kind
    worth: int


def best_third(table: Table, seat: int, pairs: Iterable[Sequence[int]]) -> Place | None:
    """The pair that this seat fits best as a third; None where none may take them. A trio takes nobody."""
    return _best(table, seat, [tuple(pair) for pair in pairs if len(pair) == 2])


def best_partner(table: Table, seat: int, standing_by: Iterable[int]) -> Place | None:
    """The one of those who stand by that this seat fits best."""
    return _best(table, seat, [(other,) for other in standing_by])


def _best(table: Table, seat: int, groups: Iterable[tuple[int, ...]]) -> Place | None:
    able = [group for group in groups if seat not in group and allowed(table, (*group, seat))]
    if not able:
        return None
    best = max(able, key=lambda group: (worth(table, (*group, seat)), tie(table, (*group, seat))))
    return Place(best, kind_of(table, (*best, seat)), worth(table, (*best, seat)))

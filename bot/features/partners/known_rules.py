"""What the matching knows of each seat, by numbers: put together for a round, or for one who looks for a place."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.features.partners.fit_rules import MOST_COUNTED, SAME_STAGE, TIME, pair_of
from bot.features.partners.pair_rules import ELSE, Sat
from bot.features.partners.rules import Acquaintance, met_for

SHORT_LIST: Final = 6  # pairs, and members who wait, that are looked at closely for one who looks for a place


@dataclass(frozen=True, slots=True)
class Known:
    """
    `seat` is as `matching_rules.match` reads it. All numbers are those of seats.

    `apart`: with whom they are never brought together. `met`: (the other, rounds since, times). `weary`: they sat with
    somebody shaky in the last round.
    """

    number: int
    seat: Mapping[str, Any]
    apart: tuple[int, ...] = ()
    met: tuple[tuple[int, int, int], ...] = ()
    weary: bool = False


def apart_from(seat: int, lately: Sequence[Sat]) -> set[int]:
    """Whoever wants somebody else, or is wanted no more. `lately`: where they sat, as far as such a wish holds."""
    found: set[int] = set()
    for sat in lately:
        unwilling = {sitting.seat for sitting in sat.sittings if sitting.vote == ELSE}
        found |= {s.seat for s in sat.sittings} if seat in unwilling else unwilling
    return found - {seat}


def met_by(known: Mapping[int, Acquaintance], term: int) -> tuple[tuple[int, int, int], ...]:
    """Whom somebody has met, as the matching of this term counts."""
    return tuple((other, *met_for(met, term)) for other, met in sorted(known.items()))


def args_of(name: str, everybody: Sequence[Known]) -> dict[str, Any]:
    """What `matching_rules.match` reads: everybody by their places in this order."""
    at = {known.number: place for place, known in enumerate(everybody)}
    met: dict[tuple[int, int], tuple[int, int]] = {}
    apart: set[tuple[int, int]] = set()
    for place, known in enumerate(everybody):
        apart.update(pair_of(place, at[other]) for other in known.apart if other in at)
        met.update((pair_of(place, at[other]), (since, times)) for other, since, times in known.met if other in at)
    return {
        "round": name,
        "seats": [known.seat for known in everybody],
        "apart": [list(two) for two in sorted(apart)],
        "met": [[*two, *counts] for two, counts in sorted(met.items())],
        "weary": [place for place, known in enumerate(everybody) if known.weary],
    }


def write(known: Known) -> str:
    return json.dumps((known.seat, known.apart, known.met, known.weary), separators=(",", ":"))


def read(number: int, written: str) -> Known:
    seat, apart, met, weary = json.loads(written)
    return Known(number, seat, tuple(apart), tuple((other, since, times) for other, since, times in met), weary)


# --- few of many -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sketch:
    """As much of a seat as is quickly compared. `pair`: the number of the pair that they sit in; 0 where they wait."""

    number: int
    member: str
    hours: int
    stage: int
    in_writing: bool
    pair: int = 0


def short_list(mine: Sketch, others: Sequence[Sketch]) -> list[Sketch]:
    """
    Those with whom `mine` may go best: of some, whoever they are; of many, the most time in common and a like stage.

    `others` are in the order in which equals are chosen. A pair stays together.
    """
    groups: dict[tuple[int, int], list[Sketch]] = {}
    for other in others:
        groups.setdefault((other.pair, 0 if other.pair else other.number), []).append(other)
    found: list[Sketch] = []
    for paired in (True, False):
        some = [group for (pair, _), group in groups.items() if (pair > 0) == paired]
        best = sorted(some, key=lambda group: -_nearness(mine, group))[:SHORT_LIST] if len(some) > SHORT_LIST else some
        found += [other for group in best for other in group]
    return found


def _nearness(mine: Sketch, group: Sequence[Sketch]) -> int:
    """Roughly what `fit_rules.worth` says."""
    hours, far = mine.hours, 0
    for other in group:
        hours &= other.hours
        far = max(far, abs(mine.stage - other.stage))
    writes = [mine.in_writing, *(other.in_writing for other in group)]
    time = MOST_COUNTED if all(writes) else 0 if any(writes) else min(hours.bit_count(), MOST_COUNTED)
    return TIME * time // MOST_COUNTED + SAME_STAGE * (2 - far) // 2

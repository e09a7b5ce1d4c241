"""Who reviews whom when reviews are drawn. Pure."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import IntEnum
from types import MappingProxyType

from bot.features.reviews.rules import MET, Meeting
from bot.kernel.calendar import Draw

LOAD = 2  # reviews that the draw asks of one member
KEPT_FOR = timedelta(hours=36)  # so long nobody else is handed what was drawn for somebody
LAST_WEEK = timedelta(days=9)  # a week's reviews come in up to nine days after the ones before
OFTEN = 2  # reviews of one author within four weeks
TRIES = 24  # circles that are looked at before the best is taken, in a small group
MANY = 10  # in larger ones there is more to choose from in each circle
PASSES = 8  # rounds of changes in one circle


class Price(IntEnum):
    """How little a reviewer should get an author. NEVER: not at all."""

    NONE = 0
    MET = 1
    LAST_WEEK = 2
    OFTEN = 3
    NEVER = 1_000


Pairs = Mapping[str, tuple[str, ...]]
"""The reviewers of each author."""


def price(
    reviewer: str, author: str, never: Collection[str], partners: Collection[str], meetings: Iterable[Meeting],
    now: datetime,
) -> Price:  # fmt: skip
    """`never` and `partners` are the author's; `meetings` are those of the author within four weeks."""
    if reviewer == author or reviewer in never:
        return Price.NEVER
    met = [one for one in meetings if {one.reviewer, one.author} == {reviewer, author} and one.at > now - MET]
    gave = [one for one in met if one.reviewer == reviewer]
    if reviewer in partners or len(gave) >= OFTEN:
        return Price.OFTEN
    if any(one.at > now - LAST_WEEK for one in met):
        return Price.LAST_WEEK
    return Price.MET if met else Price.NONE


def wanted_for(authors: int, wanted: int) -> int:
    """Whoever is alone has one reader; they look at the levels of their run themselves as well."""
    return min(wanted, 1) if authors == 1 else wanted


def pair_up(
    authors: Sequence[str], able: Collection[str], readers: Sequence[str], wanted: int,
    cost: Callable[[str, str], int], die: Draw, loads: Mapping[str, int] = MappingProxyType({}),
) -> Pairs:  # fmt: skip
    """
    Everybody reviews the next `wanted` in a circle, changed where that costs less; what cannot be is left out.

    `cost(reviewer, author)` is at least `Price.NEVER` for those who never come together. Of the authors only the `able`
    review. Readers go where somebody has too few; who is left of them reads a run as one more reader. Nobody gets more
    than two, with the `loads` that they have from a draw before. An author has fewer reviewers than wanted only where
    nobody is left.
    """
    hands = frozenset(able)

    def price_of(reviewer: str, author: str) -> int:
        return cost(reviewer, author) if reviewer in hands else Price.NEVER

    cheapest = 0, sum(sum(sorted(price_of(one, author) for one in authors)[:wanted]) for author in authors)
    best: tuple[tuple[int, int], Pairs] | None = None
    for _ in range(max(1, TRIES * MANY // max(MANY, len(authors)))):
        circle = [*authors]
        die.shuffle(circle)
        found = _filled(circle, _improved(_circle(circle, wanted), price_of), hands, readers, wanted, cost, loads)
        missing = sum(max(0, wanted - len(reviewers)) for reviewers in found.values())
        spent = sum(cost(reviewer, author) for author, all_ in found.items() for reviewer in all_)
        if best is None or (missing, spent) < best[0]:
            best = (missing, spent), found
        if best[0] <= cheapest:
            break
    return best[1] if best else {}


def _circle(circle: Sequence[str], wanted: int) -> list[tuple[str, str]]:
    """(reviewer, author)"""
    size = len(circle)
    steps = range(1, min(wanted, size - 1) + 1)
    return [(circle[(at + step) % size], circle[at]) for step in steps for at in range(size)]


def _improved(pairs: list[tuple[str, str]], cost: Callable[[str, str], int]) -> list[tuple[str, str]]:
    """Two pairs change their authors wherever that costs less; what can never be is dropped in the end."""
    for _ in range(PASSES):
        changed = False
        for first in range(len(pairs)):
            if cost(*pairs[first]):
                changed = _change_one(pairs, first, cost) or changed
        if not changed:
            break
    return [pair for pair in pairs if cost(*pair) < Price.NEVER]


def _change_one(pairs: list[tuple[str, str]], first: int, cost: Callable[[str, str], int]) -> bool:
    """Change this pair with the one that saves most."""
    reviewer, author = pairs[first]
    known = set(pairs)
    best, saved = -1, 0
    for second, (other, theirs) in enumerate(pairs):
        if (reviewer, theirs) in known or (other, author) in known:
            continue
        before = cost(reviewer, author) + cost(other, theirs)
        gain = before - cost(reviewer, theirs) - cost(other, author)
        if gain > saved:
            best, saved = second, gain
    if best < 0:
        return False
    other, theirs = pairs[best]
    pairs[first], pairs[best] = (reviewer, theirs), (other, author)
    return True


def _filled(
    circle: Sequence[str], pairs: Sequence[tuple[str, str]], able: Collection[str], readers: Sequence[str],
    wanted: int, cost: Callable[[str, str], int], loads: Mapping[str, int],
) -> Pairs:  # fmt: skip
    found: dict[str, list[str]] = {author: [] for author in circle}
    for reviewer, author in pairs:
        found[author].append(reviewer)
    load = Counter(loads) + Counter(reviewer for reviewer, _ in pairs)

    def give(author: str, hands: Iterable[str]) -> bool:
        free = [
            one for one in hands if load[one] < LOAD and one not in found[author] and cost(one, author) < Price.NEVER
        ]
        if not free:
            return False
        chosen = min(free, key=lambda one: (load[one], cost(one, author)))
        found[author].append(chosen)
        load[chosen] += 1
        return True

    for goal in range(1, wanted + 1):
        for author in circle:
            if len(found[author]) < goal and not give(author, readers):
                give(author, [one for one in circle if one in able])
    _share(found, cost)
    for reader in readers:
        if not load[reader]:
            for author in sorted(circle, key=lambda one: len(found[one])):
                if len(found[author]) <= wanted and give(author, [reader]):
                    break
    return {author: tuple(reviewers) for author, reviewers in found.items()}


def _share(found: dict[str, list[str]], cost: Callable[[str, str], int]) -> None:
    """Whoever has nobody gets one from somebody who has more."""
    for author in [one for one, reviewers in found.items() if not reviewers]:
        spare = [
            (other, one)
            for other, reviewers in found.items()
            if len(reviewers) > 1
            for one in reviewers
            if cost(one, author) < Price.NEVER
        ]
        if spare:
            other, one = min(spare, key=lambda pair: cost(pair[1], author))
            found[other].remove(one)
            found[author].append(one)

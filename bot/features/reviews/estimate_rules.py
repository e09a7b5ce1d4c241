"""
How well a member's answers do in each area, for choosing what to practise next. Private, and never shown as a number.

The shrunken mean of peer levels: each reviewer's leniency and spread are estimated from answers with several reviews,
and both are pulled towards "an average reviewer". Levels go from 1 to 4. Only raw levels are kept; all of it is
worked out anew each time.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

PRIOR = 4  # reviews that "an average reviewer" counts for
SPREAD = 0.45  # variance of an average reviewer
FURTHEST = 1.125  # a single difference counts no further
LENIENT = 0.5625  # nobody is taken for more lenient, or stricter, than that
NOISE = 1.5  # as FURTHEST, for what is left when the leniency is taken off
WEIGHTS = (0.5, 2.0)
ENOUGH = 8  # reviews of one area; with fewer the mean of all areas stands for its own


Sums = Mapping[str, tuple[int, float]]


@dataclass(frozen=True, slots=True)
class Levels:
    """One review: the answer it is about, who wrote which, the area, and the mean of its levels."""

    reviewer: str
    author: str
    answer: tuple[str, int]
    domain: str
    mean: float


@dataclass(frozen=True, slots=True)
class Trust:
    """What is taken off a reviewer's levels, and how much they count."""

    bias: float
    weight: float


AVERAGE = Trust(0.0, 1.0)


def trust(reviews: Sequence[Levels]) -> Mapping[str, Trust]:
    """By reviewer. Only answers with two reviews or more say anything about who is lenient."""
    by_answer: dict[tuple[str, int], list[Levels]] = defaultdict(list)
    for review in reviews:
        by_answer[review.answer].append(review)
    apart: dict[str, list[float]] = defaultdict(list)
    for together in by_answer.values():
        for review in together:
            others = [other.mean for other in together if other is not review]
            if others and review.reviewer:
                apart[review.reviewer].append(_clip(review.mean - mean(others), FURTHEST))
    return {reviewer: _trust(differences) for reviewer, differences in apart.items()}


def _trust(differences: Sequence[float]) -> Trust:
    n = len(differences)
    bias = _clip(sum(differences) / (n + PRIOR), LENIENT)
    left = sum(_clip(difference - bias, NOISE) ** 2 for difference in differences)
    variance = (left + PRIOR * SPREAD) / (n + PRIOR)
    return Trust(bias, min(max(SPREAD / variance, WEIGHTS[0]), WEIGHTS[1]))


def estimates(reviews: Sequence[Levels], everybody: Sums, member: str) -> dict[str, float]:
    """
    Of this member, by area; only areas in which an answer of theirs was reviewed.

    `reviews`: those that this member got, and all of the answers that their reviewers have reviewed. `everybody`: by
    area, how many reviews of the group count and the sum of their levels.
    """
    trusted = trust(reviews)
    own: dict[str, list[Levels]] = defaultdict(list)
    for review in reviews:
        if review.author == member and review.domain:
            own[review.domain].append(review)
    return {domain: _estimate(mine, _middle(everybody, domain), trusted) for domain, mine in own.items()}


def _middle(everybody: Sums, domain: str) -> float:
    n, total = everybody.get(domain, (0, 0.0))
    if n >= ENOUGH:
        return total / n
    return sum(total for _, total in everybody.values()) / sum(n for n, _ in everybody.values())


def _estimate(mine: Iterable[Levels], middle: float, trusted: Mapping[str, Trust]) -> float:
    total, weights = middle, 1.0
    for review in mine:
        known = trusted.get(review.reviewer, AVERAGE)
        total += known.weight * (review.mean - known.bias)
        weights += known.weight
    return total / weights


def weakest(reviews: Sequence[Levels], everybody: Sums, member: str) -> tuple[str, ...]:
    """The areas in which this member's answers were reviewed, the lowest first."""
    found = estimates(reviews, everybody, member)
    return tuple(sorted(found, key=lambda domain: (found[domain], domain)))


def mean(levels: Sequence[float]) -> float:
    return sum(levels) / len(levels)


def _clip(value: float, bound: float) -> float:
    return min(max(value, -bound), bound)

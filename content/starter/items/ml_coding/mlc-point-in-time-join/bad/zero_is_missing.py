from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import NamedTuple


class Label(NamedTuple):
    entity: str
    at: float  # when the prediction would have been made, in seconds


class Feature(NamedTuple):
    entity: str
    happened_at: float  # what moment the value describes, in seconds
    known_at: float  # when the value reached the store; never before happened_at
    value: float


def _newest(
    labels: Sequence[Label], features: Sequence[Feature], visible_from: Callable[[Feature], float]
) -> list[Feature | None]:
    """For each label the newest of the rows whose visible_from is not after the label."""
    rows_of: dict[str, list[Feature]] = defaultdict(list)
    for feature in sorted(features, key=visible_from):
        rows_of[feature.entity].append(feature)
    chosen: list[Feature | None] = [None] * len(labels)
    best: dict[str, Feature] = {}
    passed: dict[str, int] = defaultdict(int)
    for place in sorted(range(len(labels)), key=lambda i: labels[i].at):
        entity, at = labels[place]
        rows = rows_of.get(entity, [])
        while passed[entity] < len(rows) and visible_from(rows[passed[entity]]) <= at:
            row = rows[passed[entity]]
            passed[entity] += 1
            leader = best.get(entity, row)
            best[entity] = max(leader, row, key=lambda f: (f.happened_at, f.known_at))
        chosen[place] = best.get(entity)
    return chosen


def join(labels: Sequence[Label], features: Sequence[Feature], max_age: float) -> list[float | None]:
    """The value the store would have served to each label, in the order of the labels."""
    rows = _newest(labels, features, lambda feature: feature.known_at)
    return [
        (row.value or None) if row is not None and label.at - row.happened_at <= max_age else None
        for label, row in zip(labels, rows, strict=True)
    ]


def count_leaks(labels: Sequence[Label], features: Sequence[Feature]) -> int:
    """How many labels a join on happened_at alone would give a row that was not known yet."""
    rows = _newest(labels, features, lambda feature: feature.happened_at)
    return sum(row is not None and row.known_at > label.at for label, row in zip(labels, rows, strict=True))

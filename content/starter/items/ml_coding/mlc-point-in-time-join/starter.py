from collections.abc import Sequence
from typing import NamedTuple


class Label(NamedTuple):
    entity: str
    at: float  # when the prediction would have been made, in seconds


class Feature(NamedTuple):
    entity: str
    happened_at: float  # what moment the value describes, in seconds
    known_at: float  # when the value reached the store; never before happened_at
    value: float


def join(labels: Sequence[Label], features: Sequence[Feature], max_age: float) -> list[float | None]:
    """The value the store would have served to each label, in the order of the labels.

    A feature row can be used when known_at <= at. Of these take the newest happened_at; of equal ones take the
    newest known_at, because it is a correction. None when there is no row or at - happened_at > max_age.
    """
    raise NotImplementedError("write join")


def count_leaks(labels: Sequence[Label], features: Sequence[Feature]) -> int:
    """How many labels a join on happened_at alone would give a row that was not known yet.

    That join takes, of the rows with happened_at <= at, the newest happened_at, then the newest known_at.
    """
    raise NotImplementedError("write count_leaks")

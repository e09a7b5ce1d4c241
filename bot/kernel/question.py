"""What features ask each other: a question has at most one answerer, in the same transaction, unless it is gathered."""

from collections.abc import Sequence
from typing import ClassVar, Generic, TypeVar

R = TypeVar("R")


class Question(Generic[R]):
    """Its `default` stands while nobody answers."""

    default: ClassVar[object]


class Addressed(Question[R]):
    """A question that several features can answer, each for what is its own: `feature` names the one that is asked."""

    feature: str


class Gathered(Question[R]):
    """A question that each feature answers for what is its own; `join` makes one answer of theirs."""

    def join(self, answers: Sequence[R]) -> R:
        raise NotImplementedError

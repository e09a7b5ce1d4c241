"""What features ask each other: a question has at most one answerer, in the same transaction."""

from typing import ClassVar, Generic, TypeVar

R = TypeVar("R")


class Question(Generic[R]):
    """Its `default` stands while nobody answers."""

    default: ClassVar[object]


class Addressed(Question[R]):
    """A question that several features can answer, each for what is its own: `feature` names the one that is asked."""

    feature: str

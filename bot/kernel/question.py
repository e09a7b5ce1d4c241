"""What features ask each other: a question has at most one answerer, in the same transaction."""

from typing import ClassVar, Generic, TypeVar

R = TypeVar("R")


class Question(Generic[R]):
    """Its `default` stands while nobody answers."""

    default: ClassVar[object]

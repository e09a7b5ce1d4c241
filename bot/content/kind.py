"""What a kind of item is: a model of its keys, how it is shown, and the lint rules of its own."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Generic, Literal, TypeVar

from bot.content.fields import Fields
from bot.content.problems import Problem
from bot.content.shelf import Shelf
from bot.kernel.card import File as CardFile
from bot.kernel.card import Picture

Level = Literal["error", "warning"]
F = TypeVar("F", bound=Fields)

CARD_TEXT: Final = 2_800  # title and passages; a card holds 3,800, buttons and the line of dates need the rest
HINT_TEXT: Final = 400
OUTLINE_TEXT: Final = 3_000


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of what a member reads. TEXT is light Markdown; HEADING may be empty."""

    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class Link:
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class File:
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A PNG that belongs to the task; ALT says what is to be read from it."""

    name: str
    data: bytes = field(repr=False)
    alt: str

    @property
    def picture(self) -> Picture:
        """As a card shows it. Raises ValueError where no card can, TooLarge (one of those) where it is too large."""
        return Picture(CardFile(self.name, "image/png", data=self.data), self.alt)


@dataclass(frozen=True, slots=True)
class Question:
    """A follow-up question and what a good answer holds. STAGE is empty outside system design."""

    ask: str
    looks_for: str
    stage: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """A change of the task during a timed run, MINUTE minutes after its start. STAGES are those to think of anew."""

    id: str
    kind: str
    minute: int
    text: str
    reason: str
    looks_for: str
    stages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HeldBack:
    """A fact that is told only to those who ask for it; WORDS find it."""

    words: tuple[str, ...]
    fact: str
    changes_design: bool


@dataclass(frozen=True, slots=True)
class Timed:
    """What a timed run needs: PLAN is the id of a session plan."""

    plan: str
    turns: tuple[Turn, ...]
    held_back: tuple[HeldBack, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """How a kind presents one item."""

    statement: tuple[Passage, ...]
    strand: str
    hints: tuple[str, ...]
    outline: tuple[str, ...]
    checkpoints: tuple[str, ...]
    alternatives: tuple[str, ...] = ()
    mistakes: tuple[str, ...] = ()
    reveal: str = "on_close"
    rubric: str = ""
    focus: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()
    link: Link | None = None
    files: tuple[File, ...] = ()
    timed: Timed | None = None


@dataclass(frozen=True, slots=True)
class Remark:
    """What a lint rule says about one item; AT is the path of the key it is about."""

    rule: str
    level: Level
    message: str
    at: tuple[str | int, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry(Generic[F]):
    """One item as it lies in the pack. TEXTS are the files beside it; FIGURE is the picture there, if it has one."""

    fields: F
    kind: "Kind[F]"
    file: str
    texts: Mapping[str, str]
    problem: Callable[[tuple[str | int, ...], str], Problem]
    figure: Figure | None = None

    @property
    def id(self) -> str:
        return self.fields.id

    def show(self) -> Shown:
        return self.kind.show(self.fields, self.texts)


def _no_files(_fields: Any) -> tuple[str, ...]:
    return ()


@dataclass(frozen=True, slots=True)
class Kind(Generic[F]):
    """NAME stands in `kind:` or is the domain's. MINUTES bound `minutes.solve`. PREFIX begins each id, or is empty."""

    name: str
    model: type[F]
    prefix: str
    minutes: tuple[int, int]
    show: Callable[[F, Mapping[str, str]], Shown]
    review: Callable[[Entry[F], Shelf], Iterable[Remark]]
    asked: Callable[[F], str]  # the text of the task, for the rules that read prose
    files: Callable[[F], tuple[str, ...]] = _no_files  # names of files that must lie beside the item

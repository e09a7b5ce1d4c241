"""How the simulated members take part in system design weeks and what they write there, from `content/demo`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from bot.content.catalogue import Catalogue, Item, SessionPlan
from bot.features.mlsd.run_rules import Cue

Way = Literal["forms", "pauses", "messages", "part", "hints", "short", "reviews"]
Texts = tuple[str, ...]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Seat(_Strict):
    """
    How one member takes part in every second week: the `odd` ones, or the `even` ones.

    They begin so many `hours` after the week opened, and review so many hours after it closed for runs.
    """

    who: str = Field(pattern=r"[a-z]+")
    weeks: Literal["odd", "even"]
    way: Way
    hours: float = Field(ge=0, le=95)
    reviews_after: float = Field(ge=0, le=47)

    def takes(self, week: int) -> bool:
        return self.weeks == ("odd" if week % 2 else "even")

    @property
    def wait(self) -> timedelta:
        return timedelta(hours=self.hours)

    @property
    def reviews(self) -> timedelta:
        return timedelta(hours=self.reviews_after)


class Review(_Strict):
    """`levels` are 1 to 4. Which sentence they point at is the number of a passage."""

    levels: tuple[str, str]
    passage: str
    next: str
    question: str = ""

    @property
    def fields(self) -> Mapping[str, str]:
        """By the keys of the form."""
        first, second = self.levels
        return {
            "level_1": first, "level_2": second, "passage": self.passage, "next": self.next, "question": self.question,
        }  # fmt: skip


class DesignWords(_Strict):
    """
    What members write in runs. `stages` fit any prompt, each text beside those of the same place in other stages.

    `changes` are texts by the kind of the change, `other` for all kinds without their own; `items` are the stages of
    single prompts, for whoever begins first.
    """

    stages: Mapping[str, Texts]
    changes: Mapping[str, Texts]
    asks: tuple[Texts, ...]
    reviews: tuple[Review, ...]
    items: Mapping[str, Mapping[str, str]] = {}


@dataclass(frozen=True)
class DesignLibrary:
    words: DesignWords
    catalogue: Catalogue

    def item(self, title: str) -> Item | None:
        return next((item for item in self.catalogue.items() if item.title == title and item.timed), None)

    def session(self, plan: str) -> SessionPlan | None:
        return self.catalogue.session(plan)

    def stage(self, item: Item, stage: str, week: int, place: int) -> str:
        """What the member who began as the `place`-th, from 0, writes for this stage."""
        own = self.words.items.get(item.id, {}).get(stage, "")
        return own if own and not place else _pick(self.words.stages[stage], week, place)

    def change(self, item: Item, cue: Cue, week: int, place: int) -> str:
        own = self.words.items.get(item.id, {}).get(cue.slot, "")
        kind = cue.turn.kind if cue.turn and cue.turn.kind in self.words.changes else "other"
        return own if own and not place else _pick(self.words.changes[kind], week, place)

    def asks(self, place: int) -> Sequence[str]:
        return self.words.asks[place % len(self.words.asks)]

    def review(self, week: int, place: int, number: int) -> Mapping[str, str]:
        """The `number`-th review of this member in this week, by the keys of the form."""
        return self.words.reviews[(2 * place + number + 5 * week) % len(self.words.reviews)].fields


def _pick(texts: Texts, week: int, place: int) -> str:
    """Another one for everybody in a week, and others in the next week."""
    return texts[(place + 3 * week) % len(texts)]


def read_designs(catalogue: Catalogue, folder: Path) -> DesignLibrary:
    """Raises pydantic's ValidationError where `designs.yaml` is wrong."""
    raw = yaml.safe_load((folder / "designs.yaml").read_text(encoding="utf-8"))
    return DesignLibrary(DesignWords.model_validate(raw), catalogue)

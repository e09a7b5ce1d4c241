"""What stands in a pack beside its items: manifest, taxonomy, rubrics, pattern cards and session plans."""

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from bot.content.fields import Block, DomainName, Reviewed, Slug, Stage, Text


class DomainEntry(Block):
    label: Annotated[str, Field(min_length=2, max_length=40)]
    share: Annotated[int, Field(ge=0, le=100)] = 1  # 0: never a daily item
    rubric: Slug | None = None


class Manifest(Block):
    """pack.yaml. NEEDS is the oldest version of the bot that reads this pack."""

    schema_: Annotated[Literal["prep-pack-manifest/1"], Field(alias="schema")]
    id: Slug
    name: Annotated[str, Field(min_length=2, max_length=80)]
    version: str
    license: str
    needs: Annotated[str, Field(pattern=r"^\d{1,4}(\.\d{1,4}){0,3}$")]
    first: Slug | None = None  # the item a newcomer meets first
    domains: Annotated[dict[DomainName, DomainEntry], Field(min_length=1)]


class Taxonomy(Block):
    """The words a pack agrees on. Without the file, only the two licences are fixed."""

    schema_: Annotated[Literal["prep-taxonomy/1"], Field(alias="schema")] = "prep-taxonomy/1"
    strands: dict[DomainName, list[Slug]] = Field(default_factory=dict)  # patterns, topics and categories by domain
    signals: list[Slug] = Field(default_factory=list)  # of behavioural items
    licences: list[str] = Field(default_factory=lambda: ["CC-BY-4.0", "CC0-1.0"])
    hosts: list[str] = Field(default_factory=list)  # where algorithm references may point
    plain_terms: list[str] = Field(default_factory=list)  # abbreviations that need no explanation


class Criterion(Block):
    id: Slug
    name: str
    weight: Annotated[int, Field(ge=1, le=100)]
    asks: Text
    levels: dict[Literal[1, 2, 3, 4], Text]

    @model_validator(mode="after")
    def _has_every_level(self) -> "Criterion":
        if set(self.levels) != {1, 2, 3, 4}:
            raise ValueError("a criterion describes the levels 1, 2, 3 and 4")
        return self


class RubricFile(Block):
    schema_: Annotated[Literal["prep-rubric/1"], Field(alias="schema")]
    id: Slug
    domain: DomainName
    version: Annotated[int, Field(ge=1)]
    pass_rule: Text
    always: Slug | None = None  # the criterion that every review by this rubric looks at
    criteria: Annotated[list[Criterion], Field(min_length=2, max_length=6)]
    calibration: dict[str, str] | None = None

    @model_validator(mode="after")
    def _weighs_a_hundred(self) -> "RubricFile":
        if (total := sum(criterion.weight for criterion in self.criteria)) != 100:
            raise ValueError(f"the weights add up to {total}; they must add up to 100")
        return self

    @model_validator(mode="after")
    def _knows_what_is_always_read(self) -> "RubricFile":
        if self.always is not None and self.always not in {criterion.id for criterion in self.criteria}:
            raise ValueError(f"'always' names '{self.always}'; write the id of one of the criteria")
        return self


class Impostor(Block):
    case: Text
    applies: bool
    why: Text


class PatternFile(Block):
    schema_: Annotated[Literal["prep-pattern/1"], Field(alias="schema")]
    id: Slug
    name: str
    one_line: Text
    invariant: Text
    cues: Annotated[list[Text], Field(min_length=1)]
    variants: list[str]
    proof_duty: Text
    usual_faults: Annotated[list[Text], Field(min_length=1)]
    impostors: list[Impostor]
    ladder: list[Slug]
    reviewed: Reviewed


class Phase(Block):
    id: Slug
    stage: Stage | None = None
    start: Annotated[int, Field(ge=0)]  # minutes from the beginning of the session
    end: int
    bot_says: Text


class PlanFile(Block):
    schema_: Annotated[Literal["prep-plan/1"], Field(alias="schema")]
    id: Slug
    minutes: int
    # A plan with minutes of its own shows the item's first twists at them; else each comes at the item's own minute.
    twists: Annotated[list[Annotated[int, Field(ge=1)]], Field(min_length=1)] | None = None
    phases: Annotated[list[Phase], Field(min_length=1)]

    @model_validator(mode="after")
    def _has_no_gap(self) -> "PlanFile":
        at = 0
        for phase in self.phases:
            if phase.start != at or phase.end <= phase.start:
                raise ValueError(f"phase '{phase.id}' must begin at minute {at} and end later")
            at = phase.end
        if at != self.minutes:
            raise ValueError(f"the phases end at minute {at}, but 'minutes' says {self.minutes}")
        return self


class ItemFile(Block):
    """The frame of an item file. Each entry is checked by its own kind."""

    schema_: Annotated[Literal["prep-pack/1"], Field(alias="schema")]
    items: Annotated[list[dict[str, Any]], Field(min_length=1)]


class Shelf:
    """What the lint rules may look up while they read one item."""

    def __init__(
        self,
        taxonomy: Taxonomy,
        rubrics: Mapping[str, RubricFile],
        plans: Mapping[str, PlanFile],
        today: dt.date,
    ) -> None:
        self.taxonomy = taxonomy
        self.rubrics = rubrics
        self.plans = plans
        self.today = today

"""The keys that every item has, whatever its kind. A kind adds its own."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.kernel.card import ALT_TEXT

Text = Annotated[str, Field(min_length=12)]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
DomainName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
Url = Annotated[str, Field(pattern=r"^https?://[A-Za-z0-9.-]+\.[A-Za-z]{2,}(/\S*)?$")]
FileName = Annotated[str, Field(pattern=r"^[a-z0-9_]+\.py$")]
PictureName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*\.png$", max_length=60)]
Stage = Literal[
    "objective", "data", "features_labels", "model_loss", "evaluation", "deployment", "monitoring", "experiment_scaling"
]
Status = Literal["draft", "active", "reserved", "retired"]  # reserved: mock interviews only, never a daily post


class Block(BaseModel):
    """A block of `key: value` lines. Unknown keys are refused, because most of them are typing slips."""

    model_config = ConfigDict(extra="forbid", strict=True, str_strip_whitespace=True, allow_inf_nan=False)


class Source(Block):
    title: Text
    url: Url
    kind: Literal["case-study", "paper", "docs", "book", "article", "problem", "catalogue"]
    published: Annotated[str, Field(pattern=r"^\d{4}(-(0[1-9]|1[0-2]))?$")]
    accessed: dt.date


class Provenance(Block):
    origin: Literal["original", "facts-only"]  # facts-only: links, titles and numbers; no sentence of a third party
    authors: Annotated[list[str], Field(min_length=1)]
    inspired_by: list[str] = Field(default_factory=list)


class Reviewed(Block):
    last: dt.date
    by: Annotated[list[str], Field(min_length=1)]


class Minutes(Block):
    solve: Annotated[int, Field(ge=1, le=120)]
    explain: Annotated[int, Field(ge=1, le=30)]
    review: Annotated[int, Field(ge=1, le=30)] = 10


class Probe(Block):
    """A question that a reviewer may ask, and what a good answer holds."""

    ask: Text
    looks_for: Text
    stage: Stage | None = None


class RubricUse(Block):
    id: Slug
    focus: list[Slug] = Field(default_factory=list)  # the criteria that decide this item
    checkpoints: Annotated[list[Text], Field(min_length=2)]


class Answer(Block):
    """What is shown when the answers close. Kinds differ in the shape of their `outline`."""

    reveal: Literal["on_close", "after_own_submission"] = "on_close"
    alternatives: list[Text] = Field(default_factory=list)
    common_mistakes: Annotated[list[Text], Field(min_length=2)]


class ModelAnswer(Answer):
    outline: Annotated[list[Text], Field(min_length=1)]


class LintIgnore(Block):
    """A false alarm of the linter, accepted by the reviewer until a date."""

    rule: Annotated[str, Field(pattern=r"^[A-Z]\d{2}$")]
    reason: Text
    until: dt.date


class FigureUse(Block):
    """A picture beside the item, and what is to be read from it, for members who do not see it."""

    file: PictureName
    alt: Annotated[str, Field(min_length=1, max_length=ALT_TEXT)]


class Fields(Block):
    """What every item says, also the shortest."""

    id: Slug
    revision: Annotated[int, Field(ge=1)]
    status: Status
    domain: DomainName
    title: Annotated[str, Field(min_length=8, max_length=80)]
    summary: Annotated[str, Field(min_length=20, max_length=140)]
    difficulty: Literal["easy", "medium", "hard"]
    skills: Annotated[list[Slug], Field(min_length=1, max_length=6)]
    minutes: Minutes
    figure: FigureUse | None = None  # shown below the task
    provenance: Provenance
    license: str
    reviewed: Reviewed
    lint_ignore: list[LintIgnore] = Field(default_factory=list)


class ProbedFields(Fields):
    """What an item of a kind of its own says besides: probes, sources and a rubric are duties there."""

    levels: Annotated[list[Literal["junior", "mid", "senior", "staff"]], Field(min_length=1)]
    hints: Annotated[list[Text], Field(min_length=3, max_length=5)]
    rubric: RubricUse
    model_answer: Answer
    probes: Annotated[list[Probe], Field(min_length=2)]
    sources: list[Source]
    requirements: list[str] = Field(default_factory=list)


class FullFields(ProbedFields):
    model_answer: ModelAnswer

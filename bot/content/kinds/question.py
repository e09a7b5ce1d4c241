"""A plain question of any domain: a statement, hints and an outline. The shortest way to a pack of one's own."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field

from bot.content.fields import Fields, ModelAnswer, Probe, RubricUse, Source, Text
from bot.content.kind import Entry, Kind, Passage, Remark, Shown
from bot.content.kind import Question as FollowUp
from bot.content.shelf import Shelf


class QuestionRubric(RubricUse):
    """Here the rubric's id may be left out: the domain's rubric stands, or none."""

    id: Annotated[str, Field(pattern=r"^([a-z0-9]+(-[a-z0-9]+)*)?$")] = ""
    checkpoints: Annotated[list[Text], Field(min_length=1)]


class QuestionAnswer(ModelAnswer):
    common_mistakes: list[Text] = Field(default_factory=list)


class PlainQuestion(Fields):
    kind: Literal["question"] | None = None
    statement: Text
    levels: list[Literal["junior", "mid", "senior", "staff"]] = Field(default_factory=list)
    hints: Annotated[list[Text], Field(min_length=1, max_length=5)]
    rubric: QuestionRubric
    model_answer: QuestionAnswer
    probes: list[Probe] = Field(default_factory=list)
    sources: list[Source] = Field(default_factory=list)
    requirements: list[str] = Field(default_factory=list)


def _show(item: PlainQuestion, _texts: Mapping[str, str]) -> Shown:
    answer = item.model_answer
    return Shown(
        statement=(Passage("", item.statement),),
        strand=item.skills[0],
        hints=tuple(item.hints),
        outline=tuple(answer.outline),
        alternatives=tuple(answer.alternatives),
        mistakes=tuple(answer.common_mistakes),
        reveal=answer.reveal,
        checkpoints=tuple(item.rubric.checkpoints),
        rubric=item.rubric.id,
        focus=tuple(item.rubric.focus),
        questions=tuple(FollowUp(probe.ask, probe.looks_for) for probe in item.probes),
    )


def _review(_entry: Entry[PlainQuestion], _shelf: Shelf) -> Iterator[Remark]:
    yield from ()


def _asked(item: PlainQuestion) -> str:
    return item.statement


KIND = Kind("question", PlainQuestion, "", (1, 120), _show, _review, _asked)

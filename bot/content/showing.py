"""The part of showing an item that is the same for every kind with full fields."""

from collections.abc import Sequence
from typing import Any

from bot.content.fields import ProbedFields
from bot.content.kind import Passage, Question, Shown


def shown(
    fields: ProbedFields, statement: Sequence[Passage], strand: str, outline: Sequence[str], **more: Any
) -> Shown:
    """Present FIELDS; the kind adds its STATEMENT, its STRAND, its OUTLINE and what else it has."""
    answer = fields.model_answer
    return Shown(
        statement=tuple(statement),
        strand=strand,
        hints=tuple(fields.hints),
        outline=tuple(outline),
        alternatives=tuple(answer.alternatives),
        mistakes=tuple(answer.common_mistakes),
        reveal=answer.reveal,
        checkpoints=tuple(fields.rubric.checkpoints),
        rubric=fields.rubric.id,
        focus=tuple(fields.rubric.focus),
        questions=tuple(Question(probe.ask, probe.looks_for, probe.stage or "") for probe in fields.probes),
        **more,
    )


def bullets(lines: list[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def fenced(code: str, language: str = "python") -> str:
    return f"```{language}\n{code.rstrip()}\n```"

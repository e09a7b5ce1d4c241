"""Low-level design: a class or a few, with behaviours, edge cases and a change of the task."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field

from bot.content.fields import Block, FullFields, Text
from bot.content.kind import Entry, File, Kind, Passage, Remark, Shown
from bot.content.shelf import Shelf
from bot.content.showing import bullets, fenced, shown


class Behaviour(Block):
    id: str
    given: Text
    when: Text
    then: Text


class Change(Block):
    """A new requirement, DROP_AT_MIN minutes after the start."""

    drop_at_min: Annotated[int, Field(ge=1, le=120)]
    text: Text
    looks_for: Text


class LowLevelDesign(FullFields):
    kind: Literal["lld"] | None = None
    statement: Text
    interface: Text
    behaviours: Annotated[list[Behaviour], Field(min_length=6)]
    edge_cases: Annotated[list[Text], Field(min_length=4)]
    test_expectations: Annotated[list[Text], Field(min_length=3)]
    requirement_changes: Annotated[list[Change], Field(min_length=1)]
    smells: list[Text] = Field(default_factory=list)


def _show(item: LowLevelDesign, _texts: Mapping[str, str]) -> Shown:
    """The behaviours come as a file: with them, a long statement would not fit on one card."""
    passages = [Passage("", item.statement), Passage("Interface", fenced(item.interface))]
    lines = [f"{case.id}. Given {case.given}, when {case.when}, then {case.then}." for case in item.behaviours]
    behaviours = File("behaviours.md", f"# {item.title}: what it must do\n\n{bullets(lines)}\n")
    return shown(item, passages, item.skills[0], item.model_answer.outline, files=(behaviours,))


def _review(entry: Entry[LowLevelDesign], _shelf: Shelf) -> Iterator[Remark]:
    item = entry.fields
    ids = [behaviour.id for behaviour in item.behaviours]
    if len(set(ids)) != len(ids):
        yield Remark("D01", "error", "two behaviours have the same id", ("behaviours",))
    told = [f"{behaviour.given} {behaviour.when} {behaviour.then}" for behaviour in item.behaviours]
    if not any(re.search(r"raise|error|fail|exception|reject|refuse", text, re.IGNORECASE) for text in told):
        yield Remark("D02", "error", "no behaviour covers a failure", ("behaviours",))
    if not any(re.search(r"\btests?\b|fake|clock", text, re.IGNORECASE) for text in item.test_expectations):
        yield Remark("D03", "error", "no expectation says how to test", ("test_expectations",))
    if not 15 <= item.requirement_changes[0].drop_at_min <= 35:
        yield Remark("D04", "warning", "the first change should come at minute 15 to 35", ("requirement_changes",))


def _asked(item: LowLevelDesign) -> str:
    return item.statement


KIND = Kind("lld", LowLevelDesign, "lld", (30, 60), _show, _review, _asked)

"""ML coding: a folder with the task, a starter, a solution, checks, and wrong files that the checks must catch.

The bot reads these files as text and never runs them; members run the checks on their own machine.
"""

import ast
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field

from bot.content.fields import Block, FileName, FullFields, Slug, Text
from bot.content.kind import Entry, File, Kind, Passage, Remark, Shown
from bot.content.shelf import Shelf
from bot.content.showing import shown


class Check(Block):
    """One function `check_...` of the tests: what it proves, and which files in bad/ it must catch."""

    id: Slug
    proves: Text
    detects: list[FileName] = Field(default_factory=list)


class Limits(Block):
    """What one run of the checks may take: seconds of wall time, MiB of memory, and never the network."""

    seconds: Annotated[int, Field(ge=1, le=30)]
    memory_mb: Annotated[int, Field(ge=64, le=2048)]
    network: Literal[False] = False


class MLCoding(FullFields):
    kind: Literal["ml_coding"] | None = None
    format: Literal["implement", "debug", "train", "learn-and-implement"]
    pattern: Slug
    statement: Text
    language: Literal["python"]
    allowed_imports: list[str]
    starter: FileName
    solution: FileName
    tests: FileName
    checks: Annotated[list[Check], Field(min_length=5)]
    limits: Limits
    tolerance: dict[Literal["rtol", "atol"], float] = Field(default_factory=dict)


def _files(item: MLCoding) -> tuple[str, ...]:
    wrong = {f"bad/{name}" for check in item.checks for name in check.detects}
    return (item.starter, item.solution, item.tests, *sorted(wrong))


def _show(item: MLCoding, texts: Mapping[str, str]) -> Shown:
    given = tuple(File(name, texts[name]) for name in (item.starter, item.tests))
    return shown(item, [Passage("", item.statement)], item.pattern, item.model_answer.outline, files=given)


def _review(entry: Entry[MLCoding], shelf: Shelf) -> Iterator[Remark]:
    item = entry.fields
    if item.pattern not in shelf.taxonomy.strands.get(item.domain, []):
        yield Remark("L06", "error", f"pattern '{item.pattern}' is not in the taxonomy", ("pattern",))
    declared = {check.id for check in item.checks}
    try:
        written = _checks_in(entry.texts[item.tests])
        if declared != written:
            differ = ", ".join(sorted(declared ^ written))
            yield Remark("C01", "error", f"declared checks and those in {item.tests} differ: {differ}", ("checks",))
        for key, name in (("starter", item.starter), ("solution", item.solution)):
            if extra := _imports(entry.texts[name]) - set(item.allowed_imports):
                yield Remark("C06", "error", f"{name} imports {', '.join(sorted(extra))}, which is not allowed", (key,))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        yield Remark("C01", "error", "a Python file of this item cannot be parsed", ("tests",))
    for number, check in enumerate(item.checks):
        if not check.detects:
            yield Remark("C07", "error", f"check '{check.id}' catches no file in bad/", ("checks", number))


def _checks_in(code: str) -> set[str]:
    names = (node.name for node in ast.parse(code).body if isinstance(node, ast.FunctionDef))
    return {name.removeprefix("check_").replace("_", "-") for name in names if name.startswith("check_")}


def _imports(code: str) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or ".").split(".")[0])
    return found


def _asked(item: MLCoding) -> str:
    return item.statement


KIND = Kind("ml_coding", MLCoding, "mlc", (20, 60), _show, _review, _asked, _files)

"""Fundamentals: explain an idea, apply it to real data, then say where it breaks."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Final, Literal

from pydantic import Field

from bot.content.fields import FullFields, Slug, Text
from bot.content.kind import Entry, Kind, Passage, Remark, Shown
from bot.content.prose import REDERIVE, numbers
from bot.content.shelf import Shelf
from bot.content.showing import shown

DEFINITION: Final = re.compile(r"^\s*(what (is|are)|define|explain what|list)\b", re.IGNORECASE)


class Fundamentals(FullFields):
    kind: Literal["fundamentals"] | None = None
    topic: Slug
    explain: Text
    apply: Text
    break_it: Text
    audience_swap: Text
    derivation: Literal["none", "optional"]
    record_minutes: Annotated[int, Field(ge=2, le=8)]


def _show(item: Fundamentals, _texts: Mapping[str, str]) -> Shown:
    passages = [Passage("Explain", item.explain), Passage("Apply", item.apply), Passage("Break it", item.break_it)]
    return shown(item, passages, item.topic, item.model_answer.outline)


def _review(entry: Entry[Fundamentals], shelf: Shelf) -> Iterator[Remark]:
    item = entry.fields
    if item.topic not in shelf.taxonomy.strands.get(item.domain, []):
        yield Remark("F01", "error", f"topic '{item.topic}' is not in the taxonomy", ("topic",))
    for key, text in (("explain", item.explain), ("apply", item.apply), ("break_it", item.break_it)):
        if DEFINITION.match(text):
            yield Remark("F02", "error", "this asks for a definition; ask for a reason or a decision", (key,))
        if REDERIVE.search(text):
            yield Remark("F03", "error", "this asks for a derivation; ask what follows from it", (key,))
    if not numbers(item.apply):
        yield Remark("F04", "warning", "a number would make this part concrete", ("apply",))


def _asked(item: Fundamentals) -> str:
    return f"{item.explain}\n{item.apply}\n{item.break_it}"


KIND = Kind("fundamentals", Fundamentals, "fund", (2, 20), _show, _review, _asked)

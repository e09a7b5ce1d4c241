"""Behavioural: a story of one's own, with a number and a lesson."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Final, Literal

from pydantic import Field

from bot.content.fields import Block, FullFields, Slug, Text
from bot.content.kind import Entry, Kind, Passage, Remark, Shown
from bot.content.shelf import Shelf
from bot.content.showing import shown

HYPOTHETICAL: Final = re.compile(r"\b(what would you do|how would you handle|imagine)\b", re.IGNORECASE)
LONGEST_SECONDS: Final = 300
Seconds = Annotated[int, Field(ge=0, le=LONGEST_SECONDS)]


class Star(Block):
    """How long each part of the story should take, in seconds."""

    situation: Seconds
    task: Seconds
    action: Seconds
    result: Seconds
    reflection: Seconds


class Behavioural(FullFields):
    prompt: Text
    kind: Literal["past-event", "situational", "behavioural"] = "past-event"
    signals: Annotated[list[Slug], Field(min_length=2)]
    star_seconds: Star
    must_include: Annotated[list[Text], Field(min_length=3)]
    privacy_reminder: Text
    red_flags: Annotated[list[Text], Field(min_length=2)]
    good_signs: Annotated[list[Text], Field(min_length=2)]
    brag_tags: list[Slug]


def _show(item: Behavioural, _texts: Mapping[str, str]) -> Shown:
    passages = [Passage("", item.prompt), Passage("Keep private", item.privacy_reminder)]
    return shown(item, passages, item.skills[0], item.model_answer.outline)


def _review(entry: Entry[Behavioural], shelf: Shelf) -> Iterator[Remark]:
    item = entry.fields
    for number, signal in enumerate(item.signals):
        if signal not in shelf.taxonomy.signals:
            yield Remark("B01", "error", f"signal '{signal}' is not in the taxonomy", ("signals", number))
    if item.kind != "situational" and HYPOTHETICAL.search(item.prompt):
        yield Remark("B02", "error", "a prompt about a past event must not ask to imagine one", ("prompt",))
    duties = " ".join(item.must_include).lower()
    if "number" not in duties and "metric" not in duties:
        yield Remark("B03", "error", "the story is not asked for a number", ("must_include",))
    if not re.search(r"habit|learn|differently|today", duties):
        yield Remark("B03", "error", "the story is not asked for what was learned", ("must_include",))
    star = item.star_seconds
    total = star.situation + star.task + star.action + star.result + star.reflection
    if star.situation + star.task > 0.35 * total or star.action < 0.35 * total or total > LONGEST_SECONDS:
        text = f"setting takes at most 35%, action at least 35%, and all at most {LONGEST_SECONDS} seconds"
        yield Remark("B04", "error", text, ("star_seconds",))


def _asked(item: Behavioural) -> str:
    return item.prompt


KIND = Kind("behavioural", Behavioural, "behav", (5, 30), _show, _review, _asked)

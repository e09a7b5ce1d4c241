"""
Slack's blocks, read as its clients read them.

Rich text and plain_text are not parsed; mrkdwn is. Where clients differ, everything counts that any of them would turn
into something.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Json = Mapping[str, Any]

ENTITIES = {"&amp;": "&", "&lt;": "<", "&gt;": ">"}
MRKDWN: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("date", re.compile(r"<!date\^-?\d+\^[^|>]*\|(?P<said>[^>]*)>")),
    ("mention", re.compile(r"<@(?P<said>[UW][A-Z0-9]+)(?:\|[^>]*)?>")),
    ("broadcast", re.compile(r"<!(?P<said>[^>]*)>")),
    ("channel", re.compile(r"<#(?P<said>[^>]*)>")),
    ("link", re.compile(r"<(?P<said>[^>]*)>")),
    ("quote", re.compile(r"(?m:^)(?:&gt;|>)(?P<said>.*)")),
    ("code", re.compile(r"`(?P<said>[^`]+)`")),
    ("bold", re.compile(r"\*(?P<said>\S(?:[^*\n]*\S)?)\*")),
    ("slanted", re.compile(r"_(?P<said>\S(?:[^_\n]*\S)?)_")),
    ("struck", re.compile(r"~(?P<said>\S(?:[^~\n]*\S)?)~")),
    ("emoji", re.compile(r":(?P<said>[\w+'-]+):")),
)
# What Slack looks for by itself unless it is told that the text is verbatim.
FOUND = ("address", re.compile(r"(?P<said>[a-z]+://\S+|@(?:here|channel|everyone)\b|#[a-z]+)"))


@dataclass(frozen=True)
class Seen:
    kind: str
    said: str


def read(block: Json) -> Iterator[Seen]:
    """Everything that a reader sees of a block, buttons and menus left out."""
    match block["type"]:
        case "header" | "plain_text" | "mrkdwn":
            yield from _text(block["text"] if block["type"] == "header" else block)
        case "context":
            for part in block["elements"]:
                yield from _text(part)
        case "rich_text":
            for number, part in enumerate(block["elements"]):
                yield from [Seen("text", "\n")] if number else []
                yield from _rich(part)
        case "input":
            yield from _text(block["label"])
            yield from _text(block["hint"]) if "hint" in block else ()


def says(blocks: Iterable[Json]) -> str:
    """The words that a reader sees, a line for each block."""
    return "\n".join(block.get("alt_text") or "".join(seen.said for seen in read(block)) for block in blocks)


def kinds(blocks: Iterable[Json]) -> set[str]:
    """Everything that is more than text."""
    return {seen.kind for block in blocks for seen in read(block)} - {"text"}


def _rich(part: Json) -> Iterator[Seen]:
    kind = part["type"].removeprefix("rich_text_")
    if kind != "section":
        yield Seen(kind, "")
    for number, inner in enumerate(part["elements"]):
        if kind == "list":
            yield from [Seen("text", "\n")] if number else []
            yield from _rich(inner)
        else:
            yield _element(inner)


def _element(part: Json) -> Seen:
    match part["type"]:
        case "text":
            return Seen(next(iter(part.get("style", {"text": True}))), part["text"])
        case "link":
            return Seen("link", part.get("text", part["url"]))
        case "user":
            return Seen("mention", f"@{part['user_id']}")
        case "date":
            return Seen("date", part["fallback"])
        case other:
            return Seen(other, "")


def _text(part: Json) -> Iterator[Seen]:
    if part["type"] == "plain_text":
        yield Seen("text", part["text"])
        if part.get("emoji", True) and re.search(r":[\w+'-]+:", part["text"]):
            yield Seen("emoji", "")
    else:
        yield from mrkdwn(part["text"], verbatim=part.get("verbatim", False))


def mrkdwn(content: str, *, verbatim: bool = False) -> Iterator[Seen]:
    rules = MRKDWN if verbatim else (*MRKDWN, FOUND)
    at = 0
    while at < len(content):
        for kind, rule in rules:
            found = rule.match(content, at)
            if found:
                said = re.sub("&(?:amp|lt|gt);", lambda one: ENTITIES[one[0]], found["said"])
                yield Seen(kind, f"@{said}" if kind == "mention" else said)
                at = found.end()
                break
        else:
            entity = next((one for one in ENTITIES if content.startswith(one, at)), content[at])
            yield Seen("text", ENTITIES.get(entity, entity))
            at += len(entity)

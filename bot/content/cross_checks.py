"""What must agree between the files of a pack: domains, rubrics, session plans, the first item, and card sizes."""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from bot import VERSION
from bot.content.kind import CARD_TEXT, HINT_TEXT, OUTLINE_TEXT, Entry, Shown
from bot.content.markdown import blocks, bullets, spans
from bot.content.problems import Problem
from bot.content.shelf import Manifest, PlanFile, RubricFile
from bot.content.yaml_text import Document
from bot.kernel.card import Block as CardBlock
from bot.kernel.card import Card, Note, Para, TooLarge
from bot.kernel.text import Link as Hyperlink
from bot.kernel.text import md

ADDED = 12  # parts of a card that the bot adds to a task: facts, notes, buttons and their rows
ABOUT = 500  # characters that it adds to an outline: domain, difficulty and tags


class Parts(Protocol):
    """What has been read of a pack."""

    rubrics: dict[str, RubricFile]
    plans: dict[str, PlanFile]
    entries: dict[str, Entry[Any]]
    documents: dict[str, Document]
    problems: list[Problem]


def check(manifest: Manifest, parts: Parts) -> Iterator[Problem]:
    """Every disagreement between parts that are well formed.

    Where a folder holds a broken file, nothing is said to be missing from it: mending the file may bring it back.
    """
    broken = {problem.file.split("/", 1)[0] for problem in parts.problems}
    yield from _manifest(manifest, parts.documents["pack.yaml"], parts, broken)
    for entry in parts.entries.values():
        shown = entry.show()
        yield from _names(manifest, parts, entry, shown, broken)
        yield from tuple(_sizes(entry, shown)) or _cards(entry, shown)


def _manifest(manifest: Manifest, document: Document, parts: Parts, broken: set[str]) -> Iterator[Problem]:
    if _numbers(manifest.needs) > _numbers(VERSION):
        text = f"this pack needs version {manifest.needs} of the bot, but this is {VERSION}; update the bot"
        yield document.problem(("needs",), text)
    for name, domain in manifest.domains.items():
        if domain.rubric is not None and domain.rubric not in parts.rubrics and "rubrics" not in broken:
            where = ("domains", name, "rubric")
            yield document.problem(where, f"there is no rubric '{domain.rubric}'; {_choice(parts.rubrics, 'rubrics/')}")
    if manifest.first is not None and "items" not in broken:
        first = parts.entries.get(manifest.first)
        if first is None or first.fields.status != "active":
            yield document.problem(("first",), f"the first item '{manifest.first}' is not an active item of this pack")


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def _names(manifest: Manifest, parts: Parts, entry: Entry[Any], shown: Shown, broken: set[str]) -> Iterator[Problem]:
    domain = entry.fields.domain
    if domain not in manifest.domains:
        text = f"the domain '{domain}' is not in pack.yaml; {_choice(manifest.domains, 'pack.yaml')}"
        yield entry.problem(("domain",), text)
    if shown.rubric and shown.rubric not in parts.rubrics and "rubrics" not in broken:
        text = f"there is no rubric '{shown.rubric}'; {_choice(parts.rubrics, 'rubrics/')}"
        yield entry.problem(("rubric", "id"), text)
    if shown.timed is not None and shown.timed.plan not in parts.plans and "sessions" not in broken:
        text = f"there is no session plan '{shown.timed.plan}'; {_choice(parts.plans, 'sessions/')}"
        yield entry.problem(("session_plan",), text)


def _choice(known: Mapping[str, object], place: str) -> str:
    return f"choose one of: {', '.join(sorted(known))}" if known else f"add it to {place}"


def _sizes(entry: Entry[Any], shown: Shown) -> Iterator[Problem]:
    """Cards never cut text, so text that cannot fit must not enter the pack."""
    size = len(entry.fields.title) + sum(len(passage.heading) + len(passage.text) for passage in shown.statement)
    size += len(entry.figure.alt) if entry.figure else 0
    if size > CARD_TEXT:
        yield entry.problem((), f"title and task have {size} characters together; a card holds {CARD_TEXT}")
    for index, hint in enumerate(shown.hints):
        if len(hint) > HINT_TEXT:
            yield entry.problem(("hints", index), f"this hint has {len(hint)} characters; write at most {HINT_TEXT}")
    size = sum(len(point) + 3 for point in shown.outline)  # "- " before a point and the end of its line
    if size > OUTLINE_TEXT:
        text = f"the outline has {size} characters; a card holds {OUTLINE_TEXT}"
        yield entry.problem(("model_answer", "outline"), text)


def _cards(entry: Entry[Any], shown: Shown) -> Iterator[Problem]:
    """Lay the cards out as members will see them, with room for what the bot adds."""
    try:
        link = (Para((Hyperlink(shown.link.title, shown.link.url),)),) if shown.link else ()
    except ValueError as error:
        link = ()
        yield entry.problem((), str(error))
    parts: list[CardBlock] = [*link, *[Note(md("x"))] * ADDED, *(Para(md("x")) for file in shown.files)]
    parts += [entry.figure.picture] if entry.figure else []
    for passage in shown.statement:
        parts += [Para(md("{heading}", heading=passage.heading)), *blocks(passage.text)]
    rest = [spans(point) for point in (*shown.alternatives, *shown.mistakes)]
    laid_out: tuple[tuple[str, list[CardBlock]], ...] = (
        ("task", parts),
        ("outline", [*bullets([spans(point) for point in shown.outline]), Note(md("x" * ABOUT))]),
        ("list of other ways and mistakes", [*bullets(rest), Note(md("x" * ABOUT))]),
    )
    for what, inside in laid_out:
        try:
            Card(entry.fields.title, tuple(inside))
        except TooLarge as error:
            yield entry.problem((), f"the {what} does not fit on a card: {error}")

"""Algorithm references: facts and a link, never a statement. The pattern stays hidden until the answer."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field

from bot.content.fields import Block, FullFields, Slug, Text, Url
from bot.content.kind import Entry, Kind, Link, Remark, Shown
from bot.content.shelf import Shelf
from bot.content.showing import shown


class External(Block):
    """Facts about the outside page."""

    site: Slug
    number: Annotated[int, Field(ge=1)]
    slug: Slug
    title: str
    url: Url
    difficulty: Literal["Easy", "Medium", "Hard"]
    paywalled: bool
    alt_url: Url | None = None


class Transfer(Block):
    """Another problem to which the same idea carries over."""

    slug: Slug
    why: Text


class Complexity(Block):
    time: str
    space: str


class Algorithm(FullFields):
    kind: Literal["algorithm"] | None = None
    external: External
    pattern: Slug
    secondary_patterns: list[Slug] = Field(default_factory=list)
    recognition_cues: Annotated[list[Text], Field(min_length=1, max_length=3)]
    complexity: Complexity
    transfer: Annotated[list[Transfer], Field(min_length=2)]


def _show(item: Algorithm, _texts: Mapping[str, str]) -> Shown:
    page = item.external
    url = page.alt_url if page.paywalled and page.alt_url else page.url
    cost = f"Cost: {item.complexity.time} time, {item.complexity.space} space."
    return shown(item, [], item.pattern, [*item.model_answer.outline, cost], link=Link(page.title, url))


def _review(entry: Entry[Algorithm], shelf: Shelf) -> Iterator[Remark]:
    item, page = entry.fields, entry.fields.external
    host = urlsplit(page.url).hostname or ""
    if host not in shelf.taxonomy.hosts or f"/problems/{page.slug}/" not in page.url:
        yield Remark("A01", "error", "the link must lead to an allowed site and hold the slug", ("external", "url"))
    known = shelf.taxonomy.strands.get(item.domain, [])
    stem = entry.file.rsplit("/", 1)[-1].removesuffix(".yaml")
    if item.pattern not in known or stem != item.pattern:
        yield Remark("A02", "error", f"pattern '{item.pattern}' is unknown or differs from the file name", ("pattern",))
    yield from _gives_away(item)
    if page.paywalled and not page.alt_url:
        yield Remark("A04", "error", "a page behind a payment needs a free 'alt_url'", ("external", "paywalled"))
    if item.provenance.origin != "facts-only":
        yield Remark("A05", "error", "algorithm references hold facts only: origin must be facts-only", ("provenance",))
    if "O(" not in item.complexity.time or "O(" not in item.complexity.space:
        yield Remark("A06", "error", "time and space must each state O(...)", ("complexity",))


def _gives_away(item: Algorithm) -> Iterator[Remark]:
    """The title and summary are shown before answering, so they count as well as the cues and the first hint."""
    name = item.pattern.replace("-", " ")
    early = [(("title",), item.title), (("summary",), item.summary), (("hints", 0), item.hints[0])]
    cues = [(("recognition_cues", number), cue) for number, cue in enumerate(item.recognition_cues)]
    for at, text in [*early, *cues]:
        if name in text.lower():
            yield Remark("A03", "error", f"this gives the name of the pattern away: '{name}'", at)


def _asked(_item: Algorithm) -> str:
    return ""


KIND = Kind("algorithm", Algorithm, "algo", (10, 45), _show, _review, _asked)

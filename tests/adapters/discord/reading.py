"""
Discord's Markdown, read as its clients read it: the rules in the order in which they are tried.

Where clients differ, everything counts that any of them would turn into something.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

# Started at a place in a line. The group `inside` is read again, `said` is shown as it is.
INLINE: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("code block", re.compile(r"```(?:[A-Za-z0-9_+\-.#]+\n)?\n?(?P<said>[\s\S]*?)\n?```")),
    ("escaped", re.compile(r"\\(?P<said>[^0-9A-Za-z\s])")),
    ("code", re.compile(r"(`+)(?P<said>[\s\S]*?[^`])\1(?!`)")),
    ("address", re.compile(r"<(?P<said>[a-z]+:/[^ >]+)>")),
    ("address", re.compile(r"(?P<said>[a-z]+://[^\s<]+[^<.,:;\"')\]\s])")),
    ("mention", re.compile(r"<@!?(?P<said>\d+)>")),
    ("time", re.compile(r"<t:(?P<said>-?\d+)(?::\w)?>")),
    ("mark", re.compile(r"<(?P<said>@&|#|/|a?:|id:|t:|@|sound:)[^>]*>")),
    ("everyone", re.compile(r"(?P<said>@everyone|@here)")),
    ("link", re.compile(r"\[(?P<inside>(?:\\[\s\S]|\[[^\]]*\]|[^\[\]\\])*)\]\(\s*<?(?P<url>[^\s)>]*)>?[^)]*\)")),
    ("bold", re.compile(r"\*\*(?P<inside>(?:\\[\s\S]|[^\\])+?)\*\*(?!\*)")),
    ("underlined", re.compile(r"__(?P<inside>(?:\\[\s\S]|[^\\])+?)__(?!_)")),
    ("slanted", re.compile(r"\b_(?P<inside>(?:\\[\s\S]|[^\\_])+?)_\b")),
    ("slanted", re.compile(r"\*(?=\S)(?P<inside>(?:\\[\s\S]|[^\\*])+?)\*(?!\*)")),
    ("struck", re.compile(r"~~(?P<inside>[\s\S]+?)~~(?!_)")),
    ("spoiler", re.compile(r"\|\|(?P<inside>[\s\S]+?)\|\|")),
    ("emoji", re.compile(r":(?P<said>[\w+~-]+):")),
)  # fmt: skip
# At the start of a line.
LINES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("quote", re.compile(r"[^\S\n]*>>> (?P<inside>[\s\S]*)")),
    ("quote", re.compile(r"(?P<quoted>(?:> [^\n]*(?:\n|\Z))+)")),
    ("quote", re.compile(r"(?P<quoted>(?:[^\S\n]+> [^\n]*(?:\n|\Z))+)")),
    ("heading", re.compile(r"[^\S\n]*#{1,3}\s+(?P<inside>(?:\\.|[^\\\n])+?)#*[^\S\n]*(?:\n|\Z)")),
    ("small", re.compile(r"[^\S\n]*-# (?P<inside>[^\n]+)")),
    ("point", re.compile(r"[^\S\n]*(?:[-*]|\d+\.) (?P<inside>[^\n]*(?:\n  [^\n]*)*)")),
)


@dataclass(frozen=True)
class Seen:
    kind: str
    said: str
    inside: "tuple[Seen, ...]" = ()
    url: str = ""


def read(content: str) -> tuple[Seen, ...]:
    return tuple(_joined(_read(content)))


def says(content: str) -> str:
    """The words that a reader sees."""
    return "".join(_said(seen) for seen in read(content))


def kinds(content: str) -> set[str]:
    """Everything that is more than text, at any depth."""
    return {seen.kind for seen in _all(read(content))} - {"text", "escaped"}


def _said(seen: Seen) -> str:
    if seen.inside:
        inner = "".join(map(_said, seen.inside))
        return f"{inner}\n" if seen.kind == "heading" else inner
    return f"@{seen.said}" if seen.kind == "mention" else seen.said


def _all(seen: tuple[Seen, ...]) -> Iterator[Seen]:
    for one in seen:
        yield one
        yield from _all(one.inside)


def _read(content: str, *, is_line: bool = True) -> Iterator[Seen]:
    at = 0
    while at < len(content):
        starts = content[at - 1] == "\n" if at else is_line
        for kind, rule in (*(LINES if starts else ()), *INLINE):
            found = rule.match(content, at)
            if found and found.end() > at:
                yield _seen(kind, found)
                at = found.end()
                break
        else:
            yield Seen("text", content[at])
            at += 1


def _seen(kind: str, found: re.Match[str]) -> Seen:
    parts = found.groupdict()
    if (quoted := parts.get("quoted")) is not None:
        inner = "\n".join(re.sub(r"\A\s*> ", "", line) for line in quoted.split("\n"))
        return Seen(kind, "", read(inner))
    if (inside := parts.get("inside")) is not None:
        inner = inside.replace("\n  ", "\n") if kind == "point" else inside
        return Seen(kind, "", tuple(_joined(_read(inner))), parts.get("url") or "")
    return Seen(kind, parts["said"])


def _joined(seen: Iterator[Seen]) -> Iterator[Seen]:
    text = ""
    for one in seen:
        if one.kind in ("text", "escaped"):
            text += one.said
            continue
        if text:
            yield Seen("text", text)
        text = ""
        yield one
    if text:
        yield Seen("text", text)

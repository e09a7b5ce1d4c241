"""
The kernel's text as Discord's Markdown. Pure.

Everything that is not our own formatting is escaped, character by character: what a member typed reads as it was typed,
and is never a mention, a link, a heading, a list, a spoiler, an emoji or the end of a code block.
"""

import re
from collections.abc import Iterator

from adapters.sendable import is_blank, sendable
from bot.kernel.card import Block, Bullets, Facts, Listing, Note, Para, Picture, Quote
from bot.kernel.text import Bold, Code, Link, Mention, Plain, Span, Text, When, words

# Wherever they stand. "]" would end the text of a link; "#" also closes a heading and then disappears.
# A colon starts an emoji (":x:") and makes an address clickable ("https://").
_ANYWHERE = re.compile(r"[\\`*_~|<@\[\]#]|:(?=/|[^\s:]+:)")
# At the start of a line only: a quote, a list, small print; a number with a point is a list as well.
_ENDS = r"\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029"  # whatever a client may take for the end of a line
_AT_START = re.compile(rf"(?:\A|(?<=[{_ENDS}]))([^\S{_ENDS}]*)(?:([>+-])|(\d+)(?=[.)]))")
_PAIR = re.compile("``(?=\u200b*`)")
_LANGUAGE = re.compile(r"[a-z0-9_+.#-]{1,30}", re.IGNORECASE)
_IN_CODE = re.compile(r"(?!\s)[^`\n\r]+(?<!\s)")
_IN_ADDRESS = {"\\": "%5C", "`": "%60", "[": "%5B", "]": "%5D", "*": "%2A", "_": "%5F", "~": "%7E"}


def escape(text: str) -> str:
    """The text such that Discord shows exactly it."""
    return _AT_START.sub(_start, _ANYWHERE.sub(lambda found: f"\\{found[0]}", sendable(text)))


def _start(found: re.Match[str]) -> str:
    space, sign, number = found.groups()
    return f"{space}\\{sign}" if sign else f"{space}{number}\\"


def fence(text: str, language: str = "") -> str:
    """
    The text in a code block.

    Three backticks would end the block, and nothing can escape them there: a space without width parts them.
    """
    inside = _PAIR.sub("``\u200b", sendable(text))
    return f"```{language if _LANGUAGE.fullmatch(language) else ''}\n{inside}\n```"


# --- text ----------------------------------------------------------------------------------


def text_markup(text: Text) -> str:
    return "".join(_span(span) for span in _joined(text))


def _joined(text: Text) -> Iterator[Span]:
    """
    Neighbours of one kind become one: their marks would run into each other, and `1` and `. x` together are a list.

    What Discord cannot show bold or as code becomes plain.
    """
    waiting: Plain | Bold | Code | None = None
    for span in map(_showable, (span for span in text if getattr(span, "text", "x") or isinstance(span, Link))):
        if waiting is not None and isinstance(span, Plain | Bold | Code) and type(span) is type(waiting):
            waiting = type(waiting)(waiting.text + span.text)
            continue
        if waiting is not None:
            yield waiting
        waiting = span if isinstance(span, Plain | Bold | Code) else None
        if waiting is None:
            yield span
    if waiting is not None:
        yield waiting


def _showable(span: Span) -> Span:
    match span:
        case Bold(text) if is_blank(text):
            return Plain(text)
        case Code(text) if is_blank(text) or not _IN_CODE.fullmatch(text):
            return Plain(text)
        case Mention(member) if not (member.isascii() and member.isdigit()):
            return Plain(f"@{member}")
        case _:
            return span


def _span(span: Span) -> str:
    match span:
        case Plain(text):
            return escape(text)
        case Bold(text):  # line by line: our own marks at the start of a line would cut it apart
            return "\n".join(line if is_blank(line) else f"**{escape(line)}**" for line in text.split("\n"))
        case Code(text):
            return f"`{sendable(text)}`"
        case Link(text, url):
            return _link(" ".join(text.split()), url)
        case Mention(member):
            return f"<@{member}>"
        case When(at):
            return f"<t:{int(at.timestamp())}:f>"


def _link(text: str, url: str) -> str:
    """Discord does not hide an address behind words that look like one: then both stand there."""
    if is_blank(text) or text == url:
        return f"<{url}>"
    if "://" in text:
        return f"{escape(text)} <{url}>"
    return f"[{escape(text)}]({''.join(_IN_ADDRESS.get(sign, sign) for sign in url)})"


# --- blocks --------------------------------------------------------------------------------


def heading(title: str) -> str:
    return "" if is_blank(title) else f"## {escape(title)}"


def small(text: str) -> str:
    return _each_line("-# ", text)


def block_markup(block: Block, *, fenced: bool = False) -> str:
    """
    The block, or nothing where there is nothing to see, as of a picture, which is no text.

    `fenced`: quotes in code blocks, where that is shorter.
    """
    if is_blank(literal_words(block)):
        return ""
    match block:
        case Picture():
            return ""
        case Para(text):
            return text_markup(text)
        case Note(text):
            return small(text_markup(text))
        case Quote(text):
            quoted = "\n".join(f"> {line}" for line in escape(text).split("\n"))
            return min(quoted, fence(text), key=len) if fenced else quoted
        case Bullets(items):
            shown = (text_markup(item).replace("\n", "\n  ") for item in items if not is_blank(_bare(item)))
            return "\n".join(f"- {item}" for item in shown)
        case Listing(text, language):
            return fence(text, language)
        case Facts(rows):
            shown = (_row(label, text_markup(value)) for label, value in rows)
            return "\n".join(row for row in shown if not is_blank(row))


def _row(label: str, value: str) -> str:
    return value if is_blank(label) else f"{_span(Bold(f'{label}:'))} {value}"


def _each_line(mark: str, text: str) -> str:
    return "\n".join(line if is_blank(line) else mark + line for line in text.split("\n"))


def literal_words(block: Block) -> str:
    """What a reader reads of the block, addresses of links included, without any formatting."""
    match block:
        case Picture(_, alt):
            return alt
        case Para(text) | Note(text):
            return _bare(text)
        case Quote(text) | Listing(text):
            return text
        case Bullets(items):
            return "\n".join(_bare(item) for item in items)
        case Facts(rows):
            return "\n".join(f"{label}: {_bare(value)}" for label, value in rows)


def _bare(text: Text) -> str:
    return "".join(f"{span.text} ({span.url})" if isinstance(span, Link) else words((span,)) for span in text)

"""
The kernel's text as Slack's blocks. Pure.

Text is sent as rich text, which Slack does not parse: what members typed reads as they typed it, never as a mention,
a link, a channel, an emoji or formatting. Only small print whose words cannot be mistaken goes through Slack's mrkdwn,
which has no sign to escape "*" and the like.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

from adapters.sendable import NOTHING_TO_SHOW, is_blank, sendable
from bot.kernel.card import Block, Bullets, Card, Facts, Listing, Note, Para, Picture, Quote
from bot.kernel.text import Bold, Code, Link, Mention, Plain, Span, Text, When, words

Json = dict[str, Any]

TEXT = 4_000  # Slack: characters of `text`; chat.update refuses more
MRKDWN = 3_000  # Slack: characters of a text object
ADDRESS = 3_000  # Slack: characters of a link's address
PIECE = 200  # ours: a longer word may be parted where `text` ends
DATE = "{date_short_pretty} at {time}"  # Slack: "Jan 5 at 9:00 AM", in the reader's own zone
UNKNOWN = "a member"  # whose name nobody has told us

_PERSON = re.compile(r"[UW][A-Z0-9]{2,}")
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
# What mrkdwn would turn into something, and cannot be escaped there.
_RISKY = re.compile(r"[*_~`>@#]|:[^\s:]+:|://")
_WORDS = re.compile(rf"(?s).{{1,{PIECE}}}(?:\s+|\Z)|\S{{1,{PIECE}}}|\s+")  # as many as fit into a piece


def escape(text: str) -> str:
    """The text such that Slack finds no mention, channel or link in it."""
    return re.sub("[&<>]", lambda found: _ESCAPES[found[0]], sendable(text))


def plain(text: str, instead: str = "") -> Json:
    """A text object that is not parsed; `instead` stands where there is nothing to see."""
    return {"type": "plain_text", "text": instead if is_blank(text) else sendable(text), "emoji": False}


def is_person(id: str) -> bool:
    """Is it one of Slack's own ids of people?"""
    return bool(_PERSON.fullmatch(id))


# --- blocks --------------------------------------------------------------------------------


def header(title: str) -> Json | None:
    return None if is_blank(title) else {"type": "header", "text": plain(title)}


def block_json(block: Block) -> Json | None:
    """The block, or None where there is nothing to see. A picture has its digest in the place of Slack's id."""
    if is_blank(literal_words(block)):
        return None
    match block:
        case Picture(file, alt):
            return {"type": "image", "slack_file": {"id": digest(file.content)}, "alt_text": sendable(alt)}
        case Note(text):
            return _small(text) or _rich(_section(text))
        case Para(text):
            return _rich(_section(text))
        case Quote(text):
            return _rich({"type": "rich_text_quote", "elements": [_words(text)]})
        case Listing(text):
            return _rich({"type": "rich_text_preformatted", "elements": [_words(text)]})
        case Bullets(items):
            shown = [_section(item) for item in items if not is_blank(_bare(item))]
            return _rich({"type": "rich_text_list", "style": "bullet", "elements": shown})
        case Facts(rows):
            return _rich({"type": "rich_text_section", "elements": list(_rows(rows))})


def digest(content: bytes) -> str:
    """What tells one picture from another."""
    return sha256(content).hexdigest()[:32]


def placed(block: Json, pictures: Mapping[str, str]) -> Json:
    """The block as Slack takes it: `pictures` has its ids, by digest. A picture without one is said in words."""
    if block["type"] != "image":
        return block
    id_ = pictures.get(block["slack_file"]["id"])
    return {**block, "slack_file": {"id": id_}} if id_ else small(f"Picture: {block['alt_text']}")


def small(text: str) -> Json:
    """A line of small print in our own words."""
    return {"type": "context", "elements": [plain(text)]}


def _rich(element: Json) -> Json:
    return {"type": "rich_text", "elements": [element]}


def _section(text: Text) -> Json:
    return {"type": "rich_text_section", "elements": [part for span in text for part in _span(span)]}


def _rows(rows: Sequence[tuple[str, Text]]) -> Iterator[Json]:
    shown = [(label, value) for label, value in rows if not is_blank(label + _bare(value))]
    for number, (label, value) in enumerate(shown):
        yield from [_words("\n")] if number else []
        yield from [] if is_blank(label) else [_words(f"{label}:", "bold"), _words(" ")]
        yield from (part for span in value for part in _span(span))


def _span(span: Span) -> Iterator[Json]:
    match span:
        case Link(text, url):
            yield from _link(text, url)
        case Mention(member) if is_person(member):
            yield {"type": "user", "user_id": member}
        case Mention(member):
            yield _words(f"@{member}")
        case When(at):
            moment = {"type": "date", "timestamp": int(at.timestamp()), "format": DATE}
            yield {**moment, "fallback": words((span,))}
        case Plain(text) | Bold(text) | Code(text) if text:
            yield _words(text, "bold" if isinstance(span, Bold) else "code" if isinstance(span, Code) else "")


def _words(text: str, style: str = "") -> Json:
    return {"type": "text", "text": sendable(text), **({"style": {style: True}} if style else {})}


def _link(text: str, url: str) -> Iterator[Json]:
    """Words that look like an address themselves do not hide another one: then both stand there."""
    if len(url) > ADDRESS:
        yield _words(f"{text} {url}")
        return
    is_hidden = "://" in text and text != url
    if is_hidden:
        yield _words(f"{text} ")
    bare = is_hidden or is_blank(text) or text == url
    yield {"type": "link", "url": url, **({} if bare else {"text": sendable(text)})}


# --- names in the place of mentions ----------------------------------------------------------


def mentioned(card: Card) -> tuple[str, ...]:
    """Whom the card mentions, each once."""
    texts = [text for block in card.blocks for text in _texts(block)]
    return tuple(dict.fromkeys(span.member for text in texts for span in text if isinstance(span, Mention)))


def with_names(card: Card, names: Mapping[str, str]) -> Card:
    """
    The card without mentions: a name in bold stands for each.

    Slack notifies whoever a post of an app mentions, in whatever block, and has no way to mention somebody silently.
    """

    def called(member: str) -> str:
        return f"@{names[member]}" if names.get(member) else UNKNOWN

    def named(text: Text) -> Text:
        return tuple(Bold(called(span.member)) if isinstance(span, Mention) else span for span in text)

    def changed(block: Block) -> Block:
        match block:
            case Para(text) | Note(text):
                return replace(block, text=named(text))
            case Bullets(items):
                return replace(block, items=tuple(map(named, items)))
            case Facts(rows):
                return replace(block, rows=tuple((label, named(value)) for label, value in rows))
            case _:
                return block

    return replace(card, blocks=tuple(map(changed, card.blocks)))


def _texts(block: Block) -> Sequence[Text]:
    match block:
        case Para(text) | Note(text):
            return (text,)
        case Bullets(items):
            return items
        case Facts(rows):
            return [value for _, value in rows]
        case _:
            return ()


# --- mrkdwn --------------------------------------------------------------------------------


def _small(text: Text) -> Json | None:
    """Small print, where nothing in it can be taken for formatting; Slack has none that is not parsed."""
    if not all(isinstance(span, Plain | When | Mention) for span in text):
        return None
    if _RISKY.search("".join(span.text if isinstance(span, Plain) else " " for span in text)):
        return None
    shown = "".join(_mrkdwn(span) for span in text)
    if len(shown) > MRKDWN:
        return None
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": shown, "verbatim": True}]}


def _mrkdwn(span: Span) -> str:
    match span:
        case Mention(member) if is_person(member):
            return f"<@{member}>"
        case When(at):
            return f"<!date^{int(at.timestamp())}^{DATE}|{words((span,))}>"
        case _:
            return escape(words((span,)))


# --- the message in plain words ------------------------------------------------------------


def summary(cards: Iterable[Card]) -> str:
    """What notifications show and screen readers say. The blocks hold everything, so this may end early."""
    said, room = "", TEXT - 1
    for piece in _pieces(cards):
        if len(said) + len(piece) > room:
            return f"{said.rstrip()}…"
        said += piece
    return NOTHING_TO_SHOW if is_blank(said) else said.strip()


def _pieces(cards: Iterable[Card]) -> Iterator[str]:
    """Some words at a time, so that no mention, time or escape is ever cut apart."""
    for card in cards:
        yield from _escaped(card.title)
        for block in card.blocks:
            yield "\n"
            yield from _block_pieces(block)
        for select in card.selects:  # the words of buttons are read with them, what a menu asks is not
            yield "\n"
            yield from _escaped(select.prompt)
        yield "\n"


def _block_pieces(block: Block) -> Iterator[str]:
    match block:
        case Quote(text) | Listing(text) | Picture(_, text):
            yield from _escaped(text)
        case Para(text) | Note(text):
            yield from _text_pieces(text)
        case Bullets(items):
            for item in items:
                yield "\n• "
                yield from _text_pieces(item)
        case Facts(rows):
            for label, value in rows:
                yield "\n"
                yield from _escaped(f"{label}: ")
                yield from _text_pieces(value)


def _text_pieces(text: Text) -> Iterator[str]:
    for span in text:
        if isinstance(span, Mention | When):
            yield _mrkdwn(span)
        else:
            yield from _escaped(span.text)


def _escaped(text: str) -> Iterator[str]:
    return (escape(found[0]) for found in _WORDS.finditer(text))


# --- literal -------------------------------------------------------------------------------


def literal_words(block: Block) -> str:
    """What a reader reads of the block, addresses of links included, without any formatting."""
    match block:
        case Para(text) | Note(text):
            return _bare(text)
        case Quote(text) | Listing(text) | Picture(_, text):
            return text
        case Bullets(items):
            return "\n".join(_bare(item) for item in items)
        case Facts(rows):
            return "\n".join(f"{label}: {_bare(value)}" for label, value in rows)


def _bare(text: Text) -> str:
    return "".join(f"{span.text} ({span.url})" if isinstance(span, Link) else words((span,)) for span in text)

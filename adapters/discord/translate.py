"""
Cards and forms as Discord's payloads. Pure.

A card is one container of Components V2, a form is a modal. Nothing is ever cut: a card whose escaped words would pass
Discord's limit is drawn more sparsely, at last with its words in a file.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from hashlib import sha256
from itertools import islice
from typing import Any

from adapters.discord.choices import options_json
from adapters.discord.markup import block_markup, escape, fence, heading, literal_words, small
from adapters.discord.modals import form_payload
from adapters.sendable import IN_THE_FILE, INDEX, NOTHING_TO_SHOW, is_blank, sendable
from bot.kernel.action import Action
from bot.kernel.card import Button, Card, File, Note, Para, Picture, Select, TooLarge, pictures_of

__all__ = [
    "EPHEMERAL",
    "V2",
    "Payload",
    "card_payload",
    "carries",
    "component_id",
    "form_payload",
    "group_sign",
    "mark",
    "nonce",
    "pack",
    "sort_of",
    "sparing",
]

Json = dict[str, Any]

MESSAGE_TEXT = 4_000  # Discord: characters in all texts of a message together
MESSAGE_PARTS = 40  # Discord: components, nested ones included
MESSAGE_FILES = 10  # Discord
ROW = 5  # Discord: buttons in a row
SECTION_TEXTS = 3  # Discord
SHORT = 200  # ours: a longer text beside a button would be a narrow column
NARROW = 20  # ours: characters of a button that leaves room for words beside it on a phone

ROW_, BUTTON, SELECT, SECTION, TEXT, GALLERY, FILE, CONTAINER = 1, 2, 3, 9, 10, 12, 13, 17
BUTTON_STYLES = {"primary": 1, "plain": 2, "danger": 4}
ACCENTS = {"plain": 0x2D7A74, "good": 0x2C8A4A, "warning": 0xC77700}

SUPPRESS_NOTIFICATIONS, EPHEMERAL, V2 = 1 << 12, 1 << 6, 1 << 15


@dataclass(frozen=True, slots=True)
class Payload:
    """The JSON of a message, and the files that go with it: number n is the part `files[n]`."""

    json: Json
    files: tuple[File, ...] = ()


# --- how a message carries its name -------------------------------------------------------------


def mark(name: str) -> str:
    """Eight hex digits of the name: every button of the message carries them."""
    return sha256(name.encode()).hexdigest()[:8]


def component_id(name: str) -> int:
    """The same as a number: the container carries it, so that a message without buttons is found as well."""
    return int(mark(name), 16) & 0x7FFFFFFF or 1


def group_sign(of: str) -> str:
    """What stands before the places of an answer in private messages; `of` is the group's mark, or empty."""
    return of and f"~{of}"


def nonce(name: str) -> str:
    """What lets Discord recognise the same message, sent twice within a few minutes."""
    return sha256(name.encode()).hexdigest()[:24]


def carries(message: Mapping[str, Any], name: str) -> bool:
    """Is it the message called `name`?"""
    sign, number = mark(name), component_id(name)
    return any(
        (part.get("type") == CONTAINER and part.get("id") == number)
        or str(part.get("custom_id") or "")[:9].partition(":")[0].startswith(sign)
        for part in walk(message.get("components") or ())
    )


def walk(parts: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Every component, nested ones included."""
    waiting = list(reversed(parts))
    while waiting:
        part = waiting.pop()
        yield part
        if inner := part.get("accessory") or part.get("component"):
            waiting.append(inner)
        if nested := part.get("components"):
            waiting.extend(reversed(nested))


# --- messages ------------------------------------------------------------------------------


class Style(Enum):
    """How sparsely a card is drawn."""

    RICH = auto()
    FENCED = auto()  # quotes as code blocks: nothing in them needs an escape
    LITERAL = auto()  # all words in one code block
    FILED = auto()  # all words in a file


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A card, how many parts and characters of text it has, and how many things to press."""

    container: Json
    files: tuple[File, ...]
    parts: int
    text: int
    pressed: int

    def stands_beside(self, others: "Sequence[_Drawn]") -> bool:
        """Does it fit into one message with these?"""
        all_ = (*others, self)
        return (
            sum(drawn.text for drawn in all_) <= MESSAGE_TEXT
            and sum(drawn.parts for drawn in all_) <= MESSAGE_PARTS
            and sum(len(drawn.files) for drawn in all_) <= MESSAGE_FILES
        )


def card_payload(
    cards: Sequence[Card], *, name: str = "", of: str | None = None, ephemeral: bool = False, quiet: bool = False
) -> Payload:
    """
    One message with a container for each card; `name` is what `carries` finds again.

    `of` makes it an answer, not a post: what is pressed carries the mark of the group that it is about
    (`bot.kernel.event.group_mark`), or none where that is empty, in the place of the name's mark.

    Every payload says which files the message has, so that an edit takes away those of before. Raises TooLarge where
    several cards do not fit together: ask `pack`.
    """
    shown: list[_Drawn] = []
    sign = group_sign(of) if of is not None else mark(name) if name else ""
    for card in cards:
        drawn = _drawn(card, sign, shown)
        if not drawn.stands_beside(shown):
            raise TooLarge(f"{len(cards)} cards do not fit into one message: {card.title}")
        shown.append(drawn)
    if name:
        shown[0].container["id"] = component_id(name)
    files = tuple(file for drawn in shown for file in drawn.files)
    json: Json = {
        "flags": V2 | EPHEMERAL * ephemeral | SUPPRESS_NOTIFICATIONS * quiet,
        "components": [drawn.container for drawn in shown],
        "allowed_mentions": {"parse": []},
        "attachments": [{"id": str(number), "filename": file.name} for number, file in enumerate(files)],
    }
    return Payload(json, files)


def sort_of(file: File) -> tuple[str, str]:
    """What tells a file of a message from others: its name there, and its content."""
    return file.name, sha256(file.content).hexdigest()


def sparing(payload: Payload, standing: Mapping[tuple[str, str], str]) -> Payload:
    """The same for a message below which some of the files stand: by `sort_of`, their ids. They are not sent again."""
    kept = [standing[sort] for sort in map(sort_of, payload.files) if sort in standing]
    new = tuple(file for file in payload.files if sort_of(file) not in standing)
    named = [{"id": str(number), "filename": file.name} for number, file in enumerate(new)]
    return Payload(payload.json | {"attachments": [*({"id": id_} for id_ in kept), *named]}, new)


def pack(cards: Sequence[Card]) -> list[list[Card]]:
    """The cards in as few messages as hold them, in their order."""
    if len(cards) == 1:
        return [list(cards)]
    packed: list[list[Card]] = []
    shown: list[_Drawn] = []
    for card in cards:
        drawn = _drawn(card, "", ())
        if packed and drawn.stands_beside(shown):
            packed[-1].append(card)
            shown.append(drawn)
        else:
            packed.append([card])
            shown = [drawn]
    return packed


def _drawn(card: Card, sign: str, before: Sequence[_Drawn]) -> _Drawn:
    """The card, as richly as it fits into a message of its own."""
    first = sum(drawn.pressed for drawn in before)
    taken = [file.name for drawn in before for file in drawn.files]
    for style in Style:
        for labelled in (True, False):
            if not labelled and not _labels(card):
                continue
            drawn = _Sheet(sign, first, list(taken)).draw(card, style, labelled=labelled)
            if drawn.stands_beside(()):
                return drawn
    raise TooLarge(f"no message holds this card: {card.title}")


def _labels(card: Card) -> bool:
    """Is there a menu whose choice hides what it asks?"""
    return any(_shows_choice(select) for select in card.selects)


def _shows_choice(select: Select) -> bool:
    return any(option.value == select.chosen for option in select.options)


@dataclass(slots=True)
class _Sheet:
    """
    Where one card is drawn. `sign` is the mark of the message's name.

    `number` counts what can be pressed in the message, `taken` are the names of the files that it has already.
    """

    sign: str
    number: int
    taken: list[str]

    def draw(self, card: Card, style: Style, *, labelled: bool) -> _Drawn:
        pictures = self._named([picture.file for picture in pictures_of(card)])
        texts = _texts(card, style, [file.name for file in pictures])
        own = (File("words.txt", "text/plain", _all_words(card)),) if style is Style.FILED else ()
        files = self._named((*card.files, *own))
        if style is Style.RICH and _is_section(card, texts):
            body = [{"type": SECTION, "components": texts, "accessory": self._button(card.buttons[0])}]
        else:
            body = [*texts, *self._controls(card, labelled=labelled)]
        body[len(texts) : len(texts)] = [{"type": FILE, "file": {"url": f"attachment://{file.name}"}} for file in files]
        container = {
            "type": CONTAINER,
            "accent_color": ACCENTS[card.tone],
            "components": body or [_text(small(NOTHING_TO_SHOW))],
        }
        parts = list(walk((container,)))
        text = sum(len(part["content"]) for part in parts if part["type"] == TEXT)
        return _Drawn(container, (*pictures, *files), len(parts), text, sum("custom_id" in part for part in parts))

    def _controls(self, card: Card, *, labelled: bool) -> Iterator[Json]:
        buttons = iter(card.buttons)
        while row := list(islice(buttons, ROW)):
            yield {"type": ROW_, "components": [self._button(button) for button in row]}
        for select in card.selects:
            if labelled and _shows_choice(select) and not is_blank(select.prompt):
                yield _text(small(escape(select.prompt)))
            yield {"type": ROW_, "components": [self._select(select)]}

    def _button(self, button: Button) -> Json:
        return {
            "type": BUTTON,
            "style": BUTTON_STYLES[button.style],
            "label": "Continue" if is_blank(button.label) else sendable(button.label),
            "custom_id": self._custom_id(button.action),
        }

    def _select(self, select: Select) -> Json:
        prompt = "Please choose" if is_blank(select.prompt) else sendable(select.prompt)
        return {
            "type": SELECT,
            "custom_id": self._custom_id(select.action),
            "placeholder": prompt,
            "options": options_json(select.options, (select.chosen,) if _shows_choice(select) else ()),
        }

    def _custom_id(self, action: Action) -> str:
        self.number += 1
        return f"{self.sign}{INDEX[self.number - 1]}:{action.encode()}"

    def _named(self, files: Sequence[File]) -> tuple[File, ...]:
        """The files under names that Discord keeps as they are, each of its own; an empty file cannot be sent."""
        found = []
        for file in files:
            plain = _file_name(file.name)
            while plain in self.taken:
                plain = f"{len(self.taken) + 1}-{plain}"
            self.taken.append(plain)
            found.append(replace(file, name=plain, text=file.text if file.content else "\n"))
        return tuple(found)


def _texts(card: Card, style: Style, names: Sequence[str]) -> list[Json]:
    """Title and blocks. Pictures, whose files have these names, stand in their place, or behind all words."""
    pictures = (_gallery(picture, name) for picture, name in zip(pictures_of(card), names, strict=True))
    title = heading(card.title)
    found: list[Json] = [_text(title)] if title else []
    if style in (Style.FILED, Style.LITERAL):
        bare = "\n".join(literal_words(block) for block in card.blocks if not isinstance(block, Picture))
        text = small(IN_THE_FILE) if style is Style.FILED else "" if is_blank(bare) else fence(bare)
        return [*found, *([_text(text)] if text else []), *pictures]
    for block in card.blocks:
        if isinstance(block, Picture):
            found.append(next(pictures))
        elif text := block_markup(block, fenced=style is Style.FENCED):
            found.append(_text(text))
    return found


def _gallery(picture: Picture, name: str) -> Json:
    item = {"media": {"url": f"attachment://{name}"}, "description": sendable(picture.alt)}
    return {"type": GALLERY, "items": [item]}


def _text(content: str) -> Json:
    return {"type": TEXT, "content": content}


def _is_section(card: Card, texts: Sequence[Json]) -> bool:
    """A short card with one button: the button stands beside the words."""
    return (
        len(card.buttons) == 1
        and len(card.buttons[0].label) <= NARROW
        and not card.selects
        and not card.files
        and 1 <= len(texts) <= SECTION_TEXTS
        and all(isinstance(block, Para | Note) for block in card.blocks)
        and all(len(text["content"]) <= SHORT for text in texts)
    )


def _all_words(card: Card) -> str:
    return sendable("\n\n".join((card.title, *map(literal_words, card.blocks))))


def _file_name(name: str) -> str:
    """Discord changes other characters by itself, and then `attachment://` leads nowhere."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "_", name).strip("._")[-100:]
    return re.sub(r"^SPOILER_", "", plain) or "file"

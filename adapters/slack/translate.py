"""
Cards and forms as Slack's messages and views. Pure.

Nothing is ever cut: a card whose words take too much room for a message has them in a file. `text`, which notifications
show, may end early, because the blocks hold everything.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import count, islice
from typing import Any

from adapters.sendable import IN_THE_FILE, NOTHING_TO_SHOW, is_blank, sendable
from adapters.slack.forms import form_view as form_view  # noqa: PLC0414 - the gallery takes everything from here
from adapters.slack.forms import initial, long_helps, options_json
from adapters.slack.markup import block_json, header, literal_words, placed, plain, small, summary
from adapters.slack.markup import digest as digest  # noqa: PLC0414 - the gallery takes everything from here
from adapters.slack.meta import ABOUT
from adapters.slack.meta import Meta as Meta  # noqa: PLC0414 - the same
from bot.kernel.card import OPTION_LABEL, Bullets, Button, Card, File, Select, TooLarge
from bot.kernel.text import Plain

Json = dict[str, Any]
Pictures = Mapping[str, str]  # Slack's ids of files that can be shown, by `markup.digest`

NO_PICTURES: Pictures = {}
MESSAGE_BLOCKS, VIEW_BLOCKS = 50, 100  # Slack
# Slack counts the blocks with what surrounds their words, and refuses above 13,200 characters or so: no document says.
MESSAGE_ROOM = 12_000
ROW, ROW_TIGHT = 5, 25  # ours: what stands side by side; Slack: what fits into one block
EVENT_TYPE = "whetstone_post"  # of a message's metadata
ID_ROOM = 40  # characters of a block's id and of what surrounds it
SPOKEN = 75  # Slack: characters of what a screen reader says instead of a button's label
WORDS_FILE = "words.txt"
VIEW_TITLE = "Whetstone"


# --- how a message carries its name --------------------------------------------------------


def mark(name: str) -> str:
    """Eight hex digits of the name: every block of the message carries them."""
    return sha256(name.encode()).hexdigest()[:8]


def carries(message: Mapping[str, Any], name: str) -> bool:
    """Is it the message called `name`? `message` is what Slack tells of it."""
    metadata = message.get("metadata") or {}
    if metadata.get("event_type") == EVENT_TYPE and (metadata.get("event_payload") or {}).get("name") == name:
        return True
    sign = f"{mark(name)}-"
    return any(str(block.get("block_id") or "").startswith(sign) for block in message.get("blocks") or ())


# --- messages ------------------------------------------------------------------------------


def card_message(cards: Sequence[Card], name: str = "", of: str = "", pictures: Pictures = NO_PICTURES) -> Json:
    """
    What chat.postMessage is told beside where to; `name` is what `carries` finds again.

    `of` is the mark of the group that an answer in private messages is about (`bot.kernel.event.group_mark`): what is
    pressed there brings it back. A picture that is not among `pictures` is said in words.

    The files of `files_of` go with it. Raises TooLarge where the cards do not fit into one message: ask `pack`.
    """
    drawn = [_for_message(card) for card in cards]
    if not _fit(drawn):
        raise TooLarge(f"{len(cards)} cards do not fit into one message: {cards[0].title}")
    message: Json = {
        "text": summary(cards),
        "blocks": _in_order(drawn, mark(name) if name else "reply", of, pictures),
        "parse": "none",
        "unfurl_links": False,
        "unfurl_media": False,
    }
    if name:
        message["metadata"] = {"event_type": EVENT_TYPE, "event_payload": {"name": name}}
    return message


def files_of(cards: Sequence[Card]) -> tuple[File, ...]:
    """The files that belong to the message of these cards. An empty file cannot be sent."""
    found = [file for card in cards for file in (*card.files, *_for_message(card).words)]
    return tuple(
        File(_file_name(file.name), file.type, file.text if file.content else "\n", file.data) for file in found
    )


def pack(cards: Sequence[Card]) -> list[list[Card]]:
    """The cards in as few messages as hold them, in their order."""
    packed: list[list[Card]] = []
    drawn: list[_Drawn] = []
    for card in cards:
        drawn.append(_for_message(card))
        if packed and _fit(drawn):
            packed[-1].append(card)
        else:
            packed.append([card])
            drawn = drawn[-1:]
    return packed


# --- views ---------------------------------------------------------------------------------


def home_view(cards: Sequence[Card], of: str = "", pictures: Pictures = NO_PICTURES) -> Json:
    """A member's home page; `of` is the mark of the group that it is about, empty where that is open."""
    blocks = _view_blocks(cards, pictures)
    return {"type": "home", "blocks": blocks, "private_metadata": Meta(home=True, of=of).encode()}


def reply_view(
    cards: Sequence[Card], meta: Meta, *, is_last: bool = False, pictures: Pictures = NO_PICTURES
) -> Json:  # fmt: skip
    """
    A modal that shows an answer. What is pressed in it belongs to `meta`.

    `is_last`: whoever closes it has no more use for the views below it, which are as old as what was done in them.
    """
    return {
        "type": "modal",
        "title": plain(VIEW_TITLE),
        "close": plain("Close"),
        "blocks": _view_blocks(cards, pictures),
        "private_metadata": meta.encode(),
        **({"clear_on_close": True} if is_last else {}),
    }


def _view_blocks(cards: Sequence[Card], pictures: Pictures) -> list[Json]:
    """Raises TooLarge where not even the tightest drawing fits, which is above 30 cards."""
    for tight in (False, True):
        blocks = _in_order([_drawn(card, tight=tight) for card in cards] or [EMPTY], "view", pictures=pictures)
        if len(blocks) <= VIEW_BLOCKS:
            return blocks
    raise TooLarge(f"{len(cards)} cards do not fit into one view: {cards[0].title}")


# --- one card ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Drawn:
    """The blocks of a card, its title, and the file with its words where they are not in the blocks."""

    blocks: tuple[Json, ...]
    title: str = ""
    words: tuple[File, ...] = ()

    @property
    def weight(self) -> int:
        """Its share of `MESSAGE_ROOM`."""
        return sum(_weight(block) + ID_ROOM for block in self.blocks)


EMPTY = _Drawn((small(NOTHING_TO_SHOW),))


def _fit(drawn: Sequence[_Drawn]) -> bool:
    """Do they fit into one message?"""
    blocks = sum(len(one.blocks) for one in drawn) + len(drawn) - 1
    return blocks <= MESSAGE_BLOCKS and sum(one.weight for one in _told_apart(drawn)) <= MESSAGE_ROOM


def _for_message(card: Card) -> _Drawn:
    drawn = _drawn(card)
    return drawn if _fit([drawn]) else _drawn(card, filed=True)


def _drawn(card: Card, *, filed: bool = False, tight: bool = False) -> _Drawn:
    """`filed`: the words go into a file. `tight`: in as few blocks as possible."""
    title, texts = header(card.title), [shown for block in card.blocks if (shown := block_json(block))]
    if filed:
        texts = [small(IN_THE_FILE), *(block for block in texts if block["type"] == "image")]
    elif tight:
        texts = list(_merged(texts))
    found = [*([title] if title else []), *texts, *_controls(card, filed=filed, tight=tight)]
    if card.files:
        found.append(small(f"Files: {', '.join(_file_name(file.name) for file in card.files)}"))
    words = (File(WORDS_FILE, "text/plain", _all_words(card)),) if filed else ()
    return _Drawn(tuple(found) or EMPTY.blocks, card.title, words)


def _merged(texts: Sequence[Json]) -> Iterator[Json]:
    """Neighbours of one kind share a block."""
    waiting: Json | None = None
    for block in texts:
        if waiting and waiting["type"] == block["type"] == "rich_text":
            waiting = {**waiting, "elements": [*waiting["elements"], *block["elements"]]}
            continue
        if waiting:
            yield waiting
        waiting = block
    if waiting:
        yield waiting


def _controls(card: Card, *, filed: bool, tight: bool) -> Iterator[Json]:
    buttons = [_button(button) for button in card.buttons]
    if tight:
        yield from _listed([line for select in card.selects for line in _about(select, filed=filed)])
        yield from _rows([*buttons, *(_select(select, filed=filed) for select in card.selects)], ROW_TIGHT)
        return
    yield from _rows(buttons, ROW)
    for select in card.selects:
        yield from _listed(_about(select, filed=filed))
        yield from _rows([_select(select, filed=filed)], 1)


def _rows(elements: Sequence[Json], size: int) -> Iterator[Json]:
    rest = iter(elements)
    while row := list(islice(rest, size)):
        yield {"type": "actions", "elements": row}


def _about(select: Select, *, filed: bool) -> list[str]:
    """Above a menu: what it asks, where the choice hides that, and what does not fit beside its options."""
    is_hidden = any(option.value == select.chosen for option in select.options) and not is_blank(select.prompt)
    return [*([select.prompt] if is_hidden else []), *([] if filed else long_helps(select.options))]


def _listed(lines: Sequence[str]) -> Iterator[Json]:
    if len(lines) == 1 and len(lines[0]) <= OPTION_LABEL:
        yield small(lines[0])
    elif shown := block_json(Bullets(tuple((Plain(line),) for line in lines))):
        yield shown


def _button(button: Button) -> Json:
    style = {} if button.style == "plain" else {"style": button.style}
    return {"type": "button", "text": plain(button.label, "Continue"), "action_id": button.action.encode(), **style}


def _select(select: Select, *, filed: bool) -> Json:
    rows = options_json(select.options, helps=not filed)
    return {
        "type": "static_select",
        "action_id": select.action.encode(),
        "placeholder": plain(select.prompt, "Please choose"),
        "options": rows,
        **initial(select.options, rows, select.chosen),
    }


def _all_words(card: Card) -> str:
    helps = [f"{option.label}: {option.help}" for select in card.selects for option in select.options if option.help]
    return sendable("\n\n".join((card.title, *map(literal_words, card.blocks), *helps)))


def _file_name(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "_", name).strip("._")[-100:] or "file"


# --- several cards -------------------------------------------------------------------------


def _in_order(
    drawn: Sequence[_Drawn], sign: str, of: str = "", pictures: Pictures = NO_PICTURES
) -> list[Json]:  # fmt: skip
    """The blocks with ids, each of its own: what can be pressed is numbered; an edited message has new block_ids."""
    blocks: list[Json] = []
    number = count()
    for card in _told_apart(drawn):
        blocks += [{"type": "divider"}] if blocks else []
        for block in card.blocks:
            blocks.append(_numbered(block, number) if block["type"] == "actions" else placed(block, pictures))
    content = sha256(json.dumps(blocks).encode()).hexdigest()[:8]
    end = of and f"{ABOUT}{of}"
    return [{**block, "block_id": f"{sign}-{content}-{place}{end}"} for place, block in enumerate(blocks)]


def _told_apart(drawn: Sequence[_Drawn]) -> Sequence[_Drawn]:
    """Where buttons of several cards have the same label, a screen reader says the card's title behind it."""
    seen = Counter(label for card in drawn for label in {*_labels(card)})
    if max(seen.values(), default=0) < 2:
        return drawn
    return [replace(card, blocks=tuple(_spoken(block, card.title, seen) for block in card.blocks)) for card in drawn]


def _labels(card: _Drawn) -> Iterator[str]:
    for block in card.blocks:
        if block["type"] == "actions":
            yield from (one["text"]["text"] for one in block["elements"] if one["type"] == "button")


def _spoken(block: Json, title: str, seen: Mapping[str, int]) -> Json:
    if block["type"] != "actions" or is_blank(title):
        return block
    return {**block, "elements": [_with_title(one, title, seen) for one in block["elements"]]}


def _with_title(element: Json, title: str, seen: Mapping[str, int]) -> Json:
    if element["type"] != "button" or seen[element["text"]["text"]] < 2:
        return element
    said = sendable(f"{element['text']['text']}: {title}")
    return {**element, "accessibility_label": said if len(said) <= SPOKEN else f"{said[: SPOKEN - 1].rstrip()}…"}


def _numbered(block: Json, number: Iterator[int]) -> Json:
    elements = [{**element, "action_id": f"{next(number)}:{element['action_id']}"} for element in block["elements"]]
    return {**block, "elements": elements}


def _weight(block: Json) -> int:
    """What Slack may count of the block; of an option only what is read."""
    if block["type"] != "actions":
        return len(json.dumps(block, ensure_ascii=False))
    total = 0
    for element in block["elements"]:
        bare = {key: value for key, value in element.items() if key not in ("options", "initial_option")}
        options = element.get("options", ())
        total += len(json.dumps(bare, ensure_ascii=False))
        total += sum(len(row[key]["text"]) for row in options for key in ("text", "description") if key in row)
    return total

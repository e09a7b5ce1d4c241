"""What a member sees of Discord's payloads, said as stories say it."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from adapters.sendable import value_of
from bot.engine.outcome import Outcome
from bot.kernel.card import card_words
from bot.kernel.effect import Reply
from bot.kernel.text import When, words
from tests.adapters.discord.reading import Seen, read
from tests.discord_fake import rules
from tests.discord_fake.deeds import Json
from tests.discord_fake.sheets import Filled, Handed, fields, held
from tests.discord_fake.talk import Interaction
from tests.discord_fake.town import Message, texts_of
from tests.story import Sheet, Sight

Ours = Callable[[str], str]  # puts the words of stories in the place of Discord's numbers


@dataclass(frozen=True)
class View:
    """A card in a message, as a member looks at it. `ids` are its custom_ids by action."""

    seen: Sight
    message: Message
    ids: Mapping[str, str]


def views_of(message: Message, ours: Ours, name: str = "") -> Iterator[View]:
    """Each card of the message. With a `name` it is a post, which has a receipt; a reply has none."""
    for card in message.components:
        parts = [part for _, part in rules.walk([card])]
        texts = [_read(text, ours) for part in parts for text in texts_of(part)]
        buttons = [(ours(part["label"]), action_of(part, ours)) for part in parts if part["type"] == rules.BUTTON]
        menus = [part for part in parts if part["type"] == rules.STRING_SELECT]
        options = [
            (ours(value_of(one["value"])), ours(one["label"]), action_of(menu, ours))
            for menu in menus
            for one in menu["options"]
        ]
        labels = [*(ours(menu["placeholder"]) for menu in menus), *(label for label, _ in buttons)]
        said = "\n".join([*texts, *labels])
        seen = Sight(texts[0] if texts else "", said, tuple(buttons), tuple(options), name, name and message.receipt)
        yield View(seen, message, {action_of(part, ours): part["custom_id"] for part in [*menus, *_buttons(parts)]})


def _buttons(parts: Sequence[Json]) -> list[Json]:
    return [part for part in parts if part["type"] == rules.BUTTON]


def action_of(part: Json, ours: Ours) -> str:
    return ours(part["custom_id"].partition(":")[2])


def sheet_of(form: Interaction, ours: Ours) -> Sheet:
    """The modal that this interaction was answered with."""
    modal = form.modal
    assert modal
    values: dict[str, str | tuple[str, ...]] = {}
    for key, part in fields(modal).items():
        found = held(part)
        if part["type"] == rules.CHECKBOXES:
            values[key] = tuple(value_of(one) for one in _several(found))
        elif part["type"] != rules.FILE_UPLOAD:
            one = found if isinstance(found, str) else next(iter(_several(found)), "")
            values[key] = ours(value_of(one) if part["type"] in (rules.RADIO, rules.STRING_SELECT) else one)
    labels = {top["component"]["custom_id"]: top["label"] for top in modal["components"]}
    return Sheet(modal["title"], action_of(modal, ours), labels, values)


def assert_shown(views: Sequence[View], outcome: Outcome) -> None:
    """Whatever the bot said is what the member sees: every card, in order, with every word and button."""
    cards = [answer.card for answer in outcome.answers if isinstance(answer, Reply)]
    cards += [outcome.refused.card] if outcome.refused else []
    if not cards:
        return
    assert len(cards) == len(views), f"{len(cards)} cards were said and {len(views)} are seen"
    for card, view in zip(cards, views, strict=True):
        lost = _bare(card_words(card)) - _bare(view.seen.words)
        assert not lost, f"of the card “{card.title}” nobody sees {lost}"
        assert len(card.buttons) == len(view.seen.buttons), f"the card “{card.title}” lost a button"


def _bare(text: str) -> set[str]:
    """The words of a text without numbers, which stand for people and places."""
    return set(re.findall(r"[^\W\d_]+", text))


def _read(content: str, ours: Ours) -> str:
    return ours("".join(map(_said, read(content)))).strip("\n")


def _said(seen: Seen) -> str:
    match seen.kind:
        case "time":
            return words((When(datetime.fromtimestamp(int(seen.said), UTC)),))
        case "mention":
            return f"@{seen.said}"
        case _ if seen.inside:
            return "".join(map(_said, seen.inside)) + "\n" * (seen.kind in ("heading", "point"))
        case _:
            return seen.said


def _several(value: Filled) -> list[str]:
    return [] if value is None or isinstance(value, str | bool | Handed) else list(value)

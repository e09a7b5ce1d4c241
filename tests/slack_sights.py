"""What a member sees of Slack's payloads, said as stories say it."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from adapters.sendable import value_of
from bot.engine.outcome import Outcome
from bot.kernel.card import Card, card_words
from bot.kernel.effect import Reply
from bot.kernel.event import Upload, Value
from tests.adapters.slack.reading import says
from tests.slack_fake import town as slack
from tests.slack_fake.deeds import Deed
from tests.slack_fake.forms import Filled, Handed, held_by
from tests.slack_fake.town import Json, Message
from tests.story import Sheet, Sight, sight

Ours = Callable[[str], str]  # puts the words of stories in the place of Slack's ids
Where = Message | slack.View


@dataclass(frozen=True)
class View:
    """A card, and the message, home page or modal in which a member looks at it. `ids` are its action_ids by action."""

    seen: Sight
    where: Where
    ids: Mapping[str, str]


def views_of(where: Where, ours: Ours, name: str = "") -> Iterator[View]:
    """Each card that stands there. With a `name` it is a post, which has a receipt; a reply has none."""
    receipt = where.receipt if name and isinstance(where, Message) else ""
    for blocks in _cards(where.blocks):
        parts = slack.interactive(blocks)
        buttons = [part for part in parts if part["type"] == "button"]
        menus = [part for part in parts if part["type"] == "static_select"]
        title = blocks[0]["text"]["text"] if blocks[0]["type"] == "header" else ""
        labels = [*(menu["placeholder"]["text"] for menu in menus), *(part["text"]["text"] for part in buttons)]
        said = "\n".join([says(blocks), *_files(where, blocks), *labels])
        seen = Sight(
            ours(title),
            ours(said),
            tuple((ours(part["text"]["text"]), action_of(part, ours)) for part in buttons),
            tuple(_options(menus, ours)),
            name,
            receipt,
        )
        yield View(seen, where, {action_of(part, ours): part["action_id"] for part in parts})


def _cards(blocks: Sequence[Json]) -> Iterator[list[Json]]:
    """A line stands between two cards."""
    found: list[Json] = []
    for block in blocks:
        if block["type"] == "divider":
            yield found
            found = []
        else:
            found.append(block)
    yield found


def _files(where: Where, blocks: Sequence[Json]) -> Iterator[str]:
    """What stands in files instead of in the message; they are handed out below it."""
    if isinstance(where, Message) and any(block["type"] == "context" for block in blocks):
        thread = where.thread_ts or where.ts
        for message in where.channel.thread(thread):
            yield from (file.content.decode() for file in message.files)


def _options(menus: Sequence[Json], ours: Ours) -> Iterator[tuple[str, str, str]]:
    for menu in menus:
        for option in menu["options"]:
            yield ours(value_of(option["value"])), ours(option["text"]["text"]), action_of(menu, ours)


def action_of(part: Json, ours: Ours) -> str:
    return ours(part["action_id"].partition(":")[2])


def is_form(view: slack.View) -> bool:
    return view.type == "modal" and "submit" in view.payload


def sheet_of(view: slack.View, ours: Ours) -> Sheet:
    """The modal as it stands before the member."""
    values: dict[str, str | tuple[str, ...]] = {}
    for block in view.inputs:
        held = held_by(view, block)
        match held.pop("type"):
            case "file_input":
                continue
            case "checkboxes":
                values[block["element"]["action_id"]] = tuple(
                    value_of(one["value"]) for one in held["selected_options"]
                )
            case "radio_buttons" | "static_select":
                values[block["element"]["action_id"]] = ours(value_of((held["selected_option"] or {}).get("value", "")))
            case _:
                [value] = held.values()
                values[block["element"]["action_id"]] = ours(value or "")
    labels = {block["element"]["action_id"]: block["label"]["text"] for block in view.inputs}
    return Sheet(view.title, ours(view.payload["callback_id"]), labels, values)


def entered(part: Json, value: Value, ours: Ours) -> Filled:
    """What a member does with a field to give it this value of a story; people and channels are left as they are."""
    if isinstance(value, Upload):
        return Handed(value.name, b"x" * value.bytes, value.seconds)
    if value is None or isinstance(value, str):
        is_choice = "options" in part and value
        return _sent(part, str(value), ours) if is_choice else value
    return [_sent(part, one, ours) for one in value]


def _sent(part: Json, value: str, ours: Ours) -> str:
    return next((one["value"] for one in part["options"] if ours(value_of(one["value"])) == value), value)


def cards_of(outcome: Outcome) -> list[Card]:
    """What the bot said, a no included."""
    cards = [answer.card for answer in outcome.answers if isinstance(answer, Reply)]
    return [*cards, *([outcome.refused.card] if outcome.refused else [])]


def assert_shown(seen: Sequence[Sight], outcome: Outcome, ours: Ours) -> None:
    """Whatever the bot said is what the member sees: every card, in order, with every word and button."""
    cards = cards_of(outcome)
    if not cards:
        return
    assert len(cards) == len(seen), f"{len(cards)} cards were said and {len(seen)} are seen"
    for card, one in zip(cards, seen, strict=True):
        lost = _bare(ours(card_words(card))) - _bare(one.words)
        assert not lost, f"of the card “{card.title}” nobody sees {lost}"
        assert len(card.buttons) == len(one.buttons), f"the card “{card.title}” lost a button"


def beside_the_field(deed: Deed, outcome: Outcome, ours: Ours) -> View:
    """A no in the form itself: it stays open with its words, and there is nothing to press."""
    no = outcome.refused
    assert no, f"the form has errors, and nothing was refused: {deed.errors}"
    assert deed.view
    [(field, said)] = deed.errors.items()
    assert said == f"{no.because} {no.hint}".strip()
    assert no.field in ("", field), f"the no is about {no.field} and stands at {field}"
    assert not no.buttons, "a no that a button helps with has lost it"
    seen = sight(no.card)
    return View(replace(seen, title=ours(seen.title), words=ours(seen.words)), deed.view, {})


def _bare(text: str) -> set[str]:
    return set(re.findall(r"[^\W\d_]+", text))

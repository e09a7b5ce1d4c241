"""What members see of their blocks. Nobody sees those of others."""

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.features.safety.block_rules import FIELD, Block
from bot.kernel.action import Action
from bot.kernel.card import OPTION_LABEL, Bullets, Button, Card, Form, Note, Option, Para, PersonField, Select
from bot.kernel.text import Mention, Text, md

_LIST = Button("Blocked people", Action.to("safety.blocked"))
_ASK = Button("Block somebody", Action.to("safety.ask_block"))


def blocked_card(block: Block) -> Card:
    undo = Button("Undo", Action.to("safety.unblock", n=str(block.number)))
    if block.named:
        what = md("You two read nothing of each other here, except what shows no name. I do not bring you together.")
        note = md("They are not told. What the whole channel sees stays visible there.")
    else:
        what = md("I do not show you this text any more, and I do not bring you two together.")
        note = md("They are not told. Their other texts stay: if they were gone, you would know who it is.")
    return Card("Blocked.", (Para(what), Note(note)), (undo, _LIST), tone="good")


def unblocked_card() -> Card:
    return Card("This block is gone.", (Note(md("They are not told.")),), (_LIST,))


def block_form() -> Form:
    person = PersonField(FIELD, "Who?", help="You are not brought together. They are not told.")
    return Form("Block somebody", Action.to("safety.send_block"), (person,), "Block")


def list_card(blocks: Sequence[Block], names: Sequence[str], zone: ZoneInfo, page: int, pages: int) -> Card:
    """`names` are theirs in the same order; empty where the platform has not named them, or nobody may know."""
    lines = tuple(_line(block, zone) for block in blocks)
    labels = [name[:OPTION_LABEL] or f"Number {block.number}" for block, name in zip(blocks, names, strict=True)]
    options = tuple(Option(str(block.number), label) for block, label in zip(blocks, labels, strict=True))
    turn = (
        *((Button("Page before", Action.to("safety.blocked", page=str(page - 1))),) if page else ()),
        *((Button("Next page", Action.to("safety.blocked", page=str(page + 1))),) if page + 1 < pages else ()),
    )
    return Card(
        "Whom you blocked",
        (Bullets(lines), Note(md("Only you see this list. Nobody on it is told."))),
        (*turn, _ASK),
        (Select("Take a block back", Action.to("safety.unblock"), options),),
    )


def _line(block: Block, zone: ZoneInfo) -> Text:
    day = f"{block.at.astimezone(zone).day} {block.at.astimezone(zone):%B}"
    if block.named:
        return md("{n}. {who}, {day}", n=block.number, who=Mention(block.blocked_member), day=day)
    return md("{n}. The author of: {where}, {day}", n=block.number, where=block.where, day=day)


def nobody_card() -> Card:
    return Card(
        "You have blocked nobody.",
        (Note(md("You can at any time. Whoever is blocked is not told.")),),
        (_ASK,),
    )


_AT = datetime(2026, 1, 6, 8, tzinfo=UTC)
_NAMED = Block(1, "ben", "", "", _AT)
_NAMELESS = Block(2, "ben", "answers:2026-01-05/3", "Answer to “When accuracy misleads”", _AT)
EXAMPLES: dict[str, Card | Form] = {
    "blocked_card": blocked_card(_NAMED),
    "blocked_nameless_card": blocked_card(_NAMELESS),
    "unblocked_card": unblocked_card(),
    "block_form": block_form(),
    "list_card": list_card((_NAMELESS, _NAMED), ("", "Ben"), ZoneInfo("Europe/Berlin"), 0, 2),
    "nobody_card": nobody_card(),
}

"""Which group does somebody mean, who is in several and writes where none is named?"""

from collections.abc import Mapping

from bot.kernel.action import Action
from bot.kernel.card import BUTTON_LABEL, Button, Card, Note
from bot.kernel.text import md

CHOOSE_GROUP = "engine.group"  # the one route that the engine answers itself
SHOWN = 10  # groups; a card holds no more buttons


def which_group_card(titles: Mapping[str, str]) -> Card:
    """A button for each group, with what people call it. `titles` by the group's id."""
    buttons = tuple(
        Button(_label(group, title), Action.to(CHOOSE_GROUP, group=group))
        for group, title in list(titles.items())[:SHOWN]
    )
    return Card("Which study group do you mean?", (Note(md("You are in several.")),), buttons)


def chosen_card() -> Card:
    return Card("Good. Your private messages belong to that group now. Please send it again.")


def _label(group: str, title: str) -> str:
    """The title, cut where a button ends; the end of the id where nobody has said a title."""
    if not title:
        return group[-BUTTON_LABEL:]
    return title if len(title) <= BUTTON_LABEL else f"{title[: BUTTON_LABEL - 1]}…"

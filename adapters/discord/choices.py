"""
Options of menus and groups, and what comes back of them. Pure.

Discord refuses an empty value and the same value twice. Such a value travels as `~`, the option's place and the value.
"""

from collections.abc import Sequence
from typing import Any

from adapters.discord.markup import is_blank, sendable
from bot.kernel.card import Option

INDEX = "0123456789abcdefghijklmnopqrstuvwxyz"  # one sign for each place: 40 parts hold fewer than 36 things to press
_SIGN = "~"


def options_json(options: Sequence[Option], chosen: Sequence[str] = ()) -> list[dict[str, Any]]:
    """The options as Discord wants them; of two with the value that is chosen the first is marked."""
    found: list[dict[str, Any]] = []
    taken: set[str] = set()
    for place, option in enumerate(options):
        plain = option.value.strip() == option.value != "" and not option.value.startswith(_SIGN)
        is_new = option.value not in taken
        row: dict[str, Any] = {
            "value": sendable(option.value) if plain and is_new else f"{_SIGN}{INDEX[place]}{sendable(option.value)}",
            "label": f"Choice {place + 1}" if is_blank(option.label) else sendable(option.label),
        }
        if not is_blank(option.help):
            row["description"] = sendable(option.help)
        if is_new and option.value in chosen:
            row["default"] = True
        taken.add(option.value)
        found.append(row)
    return found


def value_of(sent: str) -> str:
    """The option's value, as the card or form had it."""
    return sent[2:] if sent.startswith(_SIGN) else sent

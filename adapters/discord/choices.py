"""Options of menus and groups. Pure."""

from collections.abc import Sequence
from typing import Any

from adapters.sendable import is_blank, sendable, sent_values
from bot.kernel.card import Option


def options_json(options: Sequence[Option], chosen: Sequence[str] = ()) -> list[dict[str, Any]]:
    """The options as Discord wants them; of two with the value that is chosen the first is marked."""
    found: list[dict[str, Any]] = []
    taken: set[str] = set()
    for place, (option, value) in enumerate(zip(options, sent_values(options), strict=True), 1):
        label = f"Choice {place}" if is_blank(option.label) else sendable(option.label)
        row: dict[str, Any] = {"value": value, "label": label}
        if not is_blank(option.help):
            row["description"] = sendable(option.help)
        if option.value in chosen and option.value not in taken:
            row["default"] = True
        taken.add(option.value)
        found.append(row)
    return found

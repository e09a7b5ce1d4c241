"""Every card and form of every feature with example data, and how other platforms than the page would draw them."""

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from adapters.discord import translate as discord
from adapters.slack import translate as slack
from bot.features import discover
from bot.kernel.card import Card, Form, pictures_of


def examples() -> Mapping[str, Card | Form]:
    """`{"daily/board_card": Card(...)}`: the EXAMPLES of each feature's modules of cards, which need not have any."""
    found: dict[str, Card | Form] = {}
    for feature in discover():
        package = import_module(f"bot.features.{feature.name}")
        for module in iter_modules(package.__path__, f"{package.__name__}."):
            if module.name.endswith("cards"):
                shown = getattr(import_module(module.name), "EXAMPLES", {})
                found |= {f"{feature.name}/{name}": example for name, example in shown.items()}
    return found


def for_discord(example: Card | Form) -> dict[str, Any]:
    """What Discord receives: the JSON of a message called `example`, or the data of a modal."""
    return (
        discord.form_payload(example)
        if isinstance(example, Form)
        else discord.card_payload([example], name="example").json
    )


def for_slack(example: Card | Form) -> dict[str, Any]:
    """What Slack receives: the arguments of a message called `example`, or a view."""
    return (
        slack.form_view(example, slack.Meta())
        if isinstance(example, Form)
        else slack.card_message([example], name="example", pictures=_as_if_handed_in(example))
    )


def _as_if_handed_in(card: Card) -> Mapping[str, str]:
    return {slack.digest(picture.file.content): "F0EXAMPLE00" for picture in pictures_of(card)}

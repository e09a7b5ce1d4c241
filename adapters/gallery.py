"""Every card and form of every feature with example data."""

from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec

from bot.features import discover
from bot.kernel.card import Card, Form


def examples() -> Mapping[str, Card | Form]:
    """`{"daily/problem": Card(...)}`: the EXAMPLES of each feature's `cards` module, which need not have any."""
    found: dict[str, Card | Form] = {}
    for feature in discover():
        module = f"bot.features.{feature.name}.cards"
        if find_spec(module) is None:
            continue
        for name, example in getattr(import_module(module), "EXAMPLES", {}).items():
            found[f"{feature.name}/{name}"] = example
    return found

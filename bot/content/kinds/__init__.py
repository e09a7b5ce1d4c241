"""Every kind of item. A new kind is a new module here with a `KIND`; nothing else needs an edit."""

from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Final

from bot.content.kind import Kind

FALLBACK: Final = "question"


def _discover() -> dict[str, Kind[Any]]:
    kinds = (import_module(f"{__name__}.{module.name}").KIND for module in iter_modules(__path__))
    return {kind.name: kind for kind in kinds}


KINDS: Final = _discover()


def kind_of(item: dict[str, Any]) -> Kind[Any]:
    """The kind an item says it is, else the kind named like its domain, else a plain question.

    A word that names no kind is left to the chosen kind's model, which refuses it with the line it stands on.
    """
    for name in (item.get("kind"), item.get("domain")):
        if isinstance(name, str) and name in KINDS:
            return KINDS[name]
    return KINDS[FALLBACK]

"""The JSON Schema of item files, for editors. `python -m bot.content.schema` prints it."""

import json
import sys
from typing import Any, Final

from pydantic.json_schema import models_json_schema

from bot.content.kinds import FALLBACK, KINDS

DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"


def item_schema() -> dict[str, Any]:
    """The schema of a file in items/. It chooses an item's kind as the loader does."""
    places, shared = models_json_schema(
        [(kind.model, "validation") for kind in KINDS.values()], ref_template="#/$defs/{model}"
    )
    refs = {name: places[(kind.model, "validation")] for name, kind in KINDS.items()}
    return {
        "$schema": DRAFT,
        "title": "Items of a Whetstone pack",
        "type": "object",
        "additionalProperties": False,
        "required": ["schema", "items"],
        "properties": {
            "schema": {"const": "prep-pack/1"},
            "items": {"type": "array", "minItems": 1, "items": _choice(refs)},
        },
        "$defs": shared["$defs"],
    }


def _choice(refs: dict[str, Any]) -> dict[str, Any]:
    """First the `kind:` that is the name of a kind, then the domain's, else a plain question."""
    choice: dict[str, Any] = refs[FALLBACK]
    for key in ("domain", "kind"):
        for name, ref in refs.items():
            choice = {"if": {"properties": {key: {"const": name}}, "required": [key]}, "then": ref, "else": choice}
    return choice


def text() -> str:
    """The schema as it lies in the starter pack."""
    return json.dumps(item_schema(), indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())

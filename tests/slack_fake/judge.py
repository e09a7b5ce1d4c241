"""
Is this what Slack would take?

Every message and view is read by slack_sdk's own models, which check lengths and shapes; what they pass over stands in
`rules.py`. A fault says where it is and what is wrong, in one sentence.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from functools import cache
from typing import Any

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.basic_objects import JsonObject
from slack_sdk.models.blocks import Block
from slack_sdk.models.blocks.block_elements import BlockElement
from slack_sdk.models.views import View

from tests.slack_fake import rules
from tests.slack_fake.rules import Fault, Json, Path, Verdict

__all__ = ["Fault", "Verdict", "ack_faults", "message_faults", "update_faults", "view_faults"]

# For every single element slack_sdk looks through all its classes, and for every object through all its attributes.
# They do not change, and are looked through once here: else that is most of what a judgement takes.
_list_kinds = BlockElement._get_sub_block_elements.__func__  # type: ignore[attr-defined]


@cache
def _kinds_below(kind: type[BlockElement]) -> tuple[type[BlockElement], ...]:
    return tuple(_list_kinds(kind))


@cache
def _checks_of(kind: type[JsonObject]) -> tuple[str, ...]:
    return tuple(name for name in dir(kind) if hasattr(getattr(kind, name), "validator"))


def _check(self: JsonObject) -> None:
    for name in _checks_of(type(self)):
        getattr(self, name)()


BlockElement._get_sub_block_elements = classmethod(_kinds_below)  # type: ignore[assignment,method-assign]
JsonObject.validate_json = _check  # type: ignore[method-assign]


def message_faults(body: Mapping[str, Any]) -> list[Fault]:
    """What is wrong with what is posted, edited or sent to a response_url."""
    blocks = _blocks(body)
    if blocks is None:
        return [Fault(("blocks",), "is no list of blocks")]
    return [*rules.of_message(body, blocks), *_by_models(blocks)]


def update_faults(body: Mapping[str, Any], before: list[Json]) -> list[Fault]:
    """What is wrong with an edit of a message that shows the blocks `before`."""
    return [*message_faults(body), *rules.of_update(_blocks(body) or [], before)]


def view_faults(view: Any) -> list[Fault]:
    """What is wrong with a modal or a home page."""
    if not isinstance(view, dict):
        return [Fault((), "is no view")]
    blocks = _blocks(view)
    if blocks is None:
        return [Fault(("blocks",), "is no list of blocks")]
    found = [*rules.of_view(view, blocks), *_by_models(blocks)]
    if not found:
        found += _held(View(**deepcopy(view)), view, ())
    return found


def ack_faults(payload: Any, blocks: list[Json]) -> list[Fault]:
    """What is wrong with the answer to a view_submission of a view with these blocks."""
    found = list(rules.of_ack(payload, blocks))
    if isinstance(payload, dict) and "view" in payload:
        found += [Fault(("view", *fault.path), fault.says) for fault in view_faults(payload["view"])]
    return found


def _blocks(body: Mapping[str, Any]) -> list[Json] | None:
    blocks = body.get("blocks") or []
    if isinstance(blocks, str):
        blocks = json.loads(blocks)
    is_fine = isinstance(blocks, list) and all(isinstance(one, dict) and "type" in one for one in blocks)
    return blocks if is_fine else None


def _by_models(blocks: Iterable[Json]) -> Iterator[Fault]:
    for number, block in enumerate(blocks):
        path = ("blocks", number)
        try:
            parsed = Block.parse(deepcopy(block))
        except (TypeError, KeyError, AttributeError, SlackObjectFormationError) as error:
            yield Fault(path, f"slack_sdk cannot read it: {error}")
            continue
        if parsed is None:
            yield Fault((*path, "type"), f"slack_sdk knows no block “{block['type']}”")
        else:
            yield from _held(parsed, block, path)


def _held(parsed: JsonObject, sent: Json, path: Path) -> Iterator[Fault]:
    """What the model refuses, and what it did not understand: that is not there any more when it is written again."""
    try:
        again = parsed.to_dict()
    except SlackObjectFormationError as error:
        yield Fault(path, str(error))
    else:
        yield from _lost(sent, again, path)


def _lost(sent: Any, again: Any, path: Path) -> Iterator[Fault]:
    if isinstance(sent, dict) and isinstance(again, dict):
        for key, value in sent.items():
            if key not in again and value not in (None, "", []):
                yield Fault(path, f"slack_sdk knows no “{key}” here")
            elif key in again:
                yield from _lost(value, again[key], (*path, key))
    elif isinstance(sent, list) and isinstance(again, list):
        for number, (one, other) in enumerate(zip(sent, again, strict=False)):
            yield from _lost(one, other, (*path, number))

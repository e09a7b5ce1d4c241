"""What a person's screen holds in the fields of a modal, and what Slack sends of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.slack_fake.files import keep_file
from tests.slack_fake.payloads import file_json
from tests.slack_fake.town import Json, User, View

if TYPE_CHECKING:
    from tests.slack_fake.server import FakeSlack

LONGEST = 3_000  # characters that a text field takes


@dataclass(frozen=True)
class Handed:
    """A file that a person chooses."""

    name: str
    content: bytes
    seconds: float = 0  # of a recording


Filled = str | Sequence[str] | Handed | None
ONE_OF = {"users_select": "user", "conversations_select": "conversation", "channels_select": "channel"}
PICKED = {"datepicker": "date", "timepicker": "time", "datetimepicker": "date_time"}


def find_input(view: View, key: str) -> Json:
    """The field with this action_id, block_id or label; an action_id may have a number before it (“0:answer”)."""
    known = [(block, block["element"]["action_id"]) for block in view.inputs]
    for block, action_id in known:
        if key in (action_id, block["block_id"], block["label"]["text"], action_id.partition(":")[2]):
            return block
    there = [(block["label"]["text"], action_id) for block, action_id in known]
    raise AssertionError(f"the form “{view.title}” has no field {key}; it has {there}")


def state(
    fake: "FakeSlack", user: User, view: View, values: Mapping[str, Filled], *, forged: bool = False
) -> dict[str, Json]:
    """`state.values`. What is not given keeps what the field holds; unless `forged`, only what a screen takes."""
    given = {find_input(view, key)["block_id"]: value for key, value in values.items()}
    found: dict[str, Json] = {}
    for block in view.inputs:
        part = block["element"]
        block_id = block["block_id"]
        if block_id in given:
            held = _entered(fake, user, part, given[block_id], forged=forged)
        else:
            held = view.entered.get(block_id) or at_first(part)
        assert forged or block.get("optional") or _has_something(held), f"“{block['label']['text']}” must be filled"
        found[block_id] = {part["action_id"]: held}
    return found


def _has_something(held: Json) -> bool:
    return any(value for key, value in held.items() if key != "type")


def held_by(view: View, block: Json) -> Json:
    """What the field of this block holds as the view stands."""
    held = view.entered.get(block["block_id"]) or at_first(block["element"])
    most = block["element"].get("max_length", LONGEST)
    return {**held, "value": held["value"][:most]} if held.get("value") else dict(held)


def at_first(part: Json) -> Json:
    kind = part["type"]
    held: Json = {"type": kind}
    match kind:
        case "static_select" | "external_select" | "radio_buttons":
            held["selected_option"] = part.get("initial_option")
        case "checkboxes" | "multi_static_select":
            held["selected_options"] = part.get("initial_options", [])
        case "file_input":
            held["files"] = []
        case _ if kind in ONE_OF or kind in PICKED:
            what = ONE_OF.get(kind) or PICKED[kind]
            held[f"selected_{what}"] = part.get(f"initial_{what}")
        case _:
            held["value"] = part.get("initial_value")
    return held


def _entered(fake: "FakeSlack", user: User, part: Json, value: Filled, *, forged: bool) -> Json:
    kind = part["type"]
    held: Json = {"type": kind}
    if isinstance(value, Handed):
        assert kind == "file_input", f"a {kind} takes no file"
        file = keep_file(fake.town, fake.base, user, value.name, value.content)
        file.complete, file.seconds = True, value.seconds
        allowed = part.get("filetypes") or [file.kind]
        assert forged or file.kind in allowed, f"the field takes {allowed}"
        return held | {"files": [file_json(file, fake.town)]}
    several = [value] if isinstance(value, str) else list(value or ())
    match kind:
        case "static_select" | "external_select" | "radio_buttons":
            chosen = [_option(part, one, forged=forged) for one in several]
            held["selected_option"] = chosen[0] if chosen else None
        case "checkboxes" | "multi_static_select":
            held["selected_options"] = [_option(part, one, forged=forged) for one in several]
        case "file_input":
            held["files"] = []
        case _ if kind in ONE_OF or kind in PICKED:
            held[f"selected_{ONE_OF.get(kind) or PICKED[kind]}"] = several[0] if several else None
        case _:
            words = several[0] if several else ""
            assert forged or len(words) <= part.get("max_length", LONGEST), "the field takes no more characters"
            held["value"] = words or None
    return held


def _option(part: Json, wanted: str, *, forged: bool) -> Json:
    """By its value or by its words."""
    options: list[Json] = list(part.get("options") or ())
    for option in options:
        if wanted in (option["value"], option["text"]["text"]):
            return option
    assert forged or part["type"] == "external_select", f"there is no option “{wanted}”; there are {options}"
    return {"text": {"type": "plain_text", "text": wanted or "-", "emoji": True}, "value": wanted}

"""The rules of Block Kit and of Slack's methods that slack_sdk's models do not check, and a few that only we keep."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.slack_fake.town import interactive

Json = dict[str, Any]
Path = tuple[str | int, ...]

MESSAGE_BLOCKS, VIEW_BLOCKS = 50, 100
BUDGET = 12_000  # characters of one message; Slack refuses at about 13,200
TEXT, PLAIN_TEXT = 3_000, 4_000  # characters of a text object, and of a message's `text`
VIEW_BYTES = 250 * 1024
OPTIONS = {"radio_buttons": 10, "checkboxes": 10, "overflow": 5}
MENUS = {f"{one}_select" for one in ("static", "external", "users", "conversations", "channels")}
MENUS |= {f"multi_{one}" for one in MENUS}
PICKERS = {"datepicker", "timepicker", "datetimepicker"}
IN_ACTIONS = {"button", "overflow", "radio_buttons", "checkboxes", *MENUS, *PICKERS}
IN_INPUT = {*IN_ACTIONS, "plain_text_input", "rich_text_input", "email_text_input", "url_text_input"}
IN_INPUT = (IN_INPUT | {"number_input", "file_input"}) - {"button", "overflow"}
IN_RICH_TEXT = {"rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote"}
ONLY_IN_MODALS = {"alert"}
ONLY_IN_MESSAGES = {"markdown", "table"}
FILE_ID = re.compile(r"F[A-Z0-9]{8,}")  # as Slack itself says it
CALLS_EVERYBODY = re.compile(r"<!(channel|here|everyone|subteam)\b")


@dataclass(frozen=True)
class Fault:
    """What is wrong, and where in the payload: ("blocks", 0, "text")."""

    path: Path
    says: str

    def __str__(self) -> str:
        return f"{'.'.join(map(str, self.path)) or 'the body'}: {self.says}"


@dataclass(frozen=True)
class Verdict:
    """One payload that was refused, or taken with a shake of the head. `about` is a method, “response_url” or “ack”."""

    about: str
    faults: tuple[Fault, ...]
    body: Any = None

    def __str__(self) -> str:
        return f"{self.about}: " + "; ".join(map(str, self.faults))


def of_message(body: Mapping[str, Any], blocks: list[Json]) -> Iterator[Fault]:
    text = body.get("text") or ""
    if not text and not body.get("delete_original"):
        yield Fault(("text",), "is missing: notifications and screen readers have nothing to say")
    if len(text) > PLAIN_TEXT:
        yield Fault(("text",), f"{len(text)} characters, at most {PLAIN_TEXT}")
    if CALLS_EVERYBODY.search(text):
        yield Fault(("text",), "calls everybody")
    if len(blocks) > MESSAGE_BLOCKS:
        yield Fault(("blocks",), f"{len(blocks)} blocks, at most {MESSAGE_BLOCKS} in a message")
    total = sum(map(len, _all_texts(blocks)))
    if total > BUDGET:
        yield Fault(("blocks",), f"{total} characters together, at most {BUDGET}")
    for number, block in enumerate(blocks):
        if block["type"] in ONLY_IN_MODALS:
            yield Fault(("blocks", number), f"“{block['type']}” belongs into modals")
    yield from _of_manners(body)
    yield from _of_metadata(body.get("metadata"))
    yield from _of_blocks(blocks)


def _of_manners(body: Mapping[str, Any]) -> Iterator[Fault]:
    """What Slack would take, and what would let members' words do more than be read."""
    if body.get("link_names"):
        yield Fault(("link_names",), "would make mentions of members' words")
    if body.get("parse") not in (None, "none"):
        yield Fault(("parse",), "anything but “none” would make mentions of members' words")
    for key in ("unfurl_links", "unfurl_media"):
        if body.get(key):
            yield Fault((key,), "would show pages that members only named")
    if body.get("response_type") not in (None, "ephemeral", "in_channel"):
        yield Fault(("response_type",), "is “ephemeral” or “in_channel”")


def _of_metadata(metadata: Any) -> Iterator[Fault]:
    if isinstance(metadata, str):
        metadata = json.loads(metadata)
    if not metadata:
        return
    if not isinstance(metadata, dict) or not isinstance(metadata.get("event_type"), str):
        yield Fault(("metadata", "event_type"), "is missing")
    elif not isinstance(metadata.get("event_payload"), dict):
        yield Fault(("metadata", "event_payload"), "is no object")


def of_update(blocks: list[Json], before: list[Json]) -> Iterator[Fault]:
    old = {block["block_id"]: block for block in before if block.get("block_id")}
    for number, block in enumerate(blocks):
        if block.get("block_id") in old and old[block["block_id"]] != block:
            yield Fault(("blocks", number, "block_id"), "a block that changed needs a new block_id")


def of_view(view: Json, blocks: list[Json]) -> Iterator[Fault]:
    kind = view.get("type")
    if kind not in ("modal", "home"):
        yield Fault(("type",), "is “modal” or “home”")
    if not blocks:
        yield Fault(("blocks",), "a view has at least one block")
    if len(blocks) > VIEW_BLOCKS:
        yield Fault(("blocks",), f"{len(blocks)} blocks, at most {VIEW_BLOCKS} in a view")
    if kind == "modal":
        yield from _of_modal(view, blocks)
    for number, block in enumerate(blocks):
        if block["type"] in ONLY_IN_MESSAGES:
            yield Fault(("blocks", number), f"“{block['type']}” belongs into messages")
    for key, most in (("private_metadata", 3_000), ("callback_id", 255), ("external_id", 255)):
        if len(view.get(key) or "") > most:
            yield Fault((key,), f"{len(view[key])} characters, at most {most}")
    weight = len(json.dumps(view).encode())
    if weight > VIEW_BYTES:
        yield Fault((), f"{weight} bytes, at most {VIEW_BYTES}")
    yield from _of_blocks(blocks)


def _of_modal(view: Json, blocks: list[Json]) -> Iterator[Fault]:
    for key in ("title", "submit", "close"):
        if key in view:
            yield from _text(view[key], (key,), 24, plain=True)
    if "title" not in view:
        yield Fault(("title",), "a modal has a title")
    if "submit" not in view and any(block["type"] == "input" for block in blocks):
        yield Fault(("submit",), "a modal with fields has a button to submit")


def of_ack(payload: Any, blocks: list[Json]) -> Iterator[Fault]:
    if not payload:
        return
    action = payload.get("response_action") if isinstance(payload, dict) else None
    if action not in ("errors", "update", "push", "clear"):
        yield Fault(("response_action",), "is “errors”, “update”, “push” or “clear”")
    elif action in ("update", "push") and "view" not in payload:
        yield Fault(("view",), f"“{action}” needs a view")
    elif action == "errors":
        fields = {block.get("block_id") for block in blocks if block["type"] == "input"}
        errors = payload.get("errors") or {}
        if not errors:
            yield Fault(("errors",), "no field has an error")
        for key, words in errors.items():
            if key not in fields:
                yield Fault(("errors", key), "the view has no such field")
            if not words:
                yield Fault(("errors", key), "says nothing")


# --- blocks ------------------------------------------------------------------------------------


def _of_blocks(blocks: list[Json], path: Path = ("blocks",)) -> Iterator[Fault]:
    for block_id, count in Counter(block["block_id"] for block in blocks if block.get("block_id")).items():
        if count > 1:
            yield Fault(path, f"the block_id “{block_id}” stands {count} times")
    for action_id, count in Counter(one.get("action_id") for one in interactive(blocks)).items():
        if count > 1 and action_id is not None:
            yield Fault(path, f"the action_id “{action_id}” stands {count} times")
    for number, block in enumerate(blocks):
        yield from _block(block, (*path, number))


def _block(block: Json, path: Path) -> Iterator[Fault]:
    match block["type"]:
        case "header":
            yield from _text(block.get("text"), (*path, "text"), 150, plain=True)
        case "section":
            yield from _section(block, path)
        case "context":
            yield from _context(block, path)
        case "actions":
            yield from _elements(block, path, IN_ACTIONS)
        case "input":
            yield from _input(block, path)
        case "image":
            yield from _image(block, path)
        case "rich_text":
            yield from _rich_text(block, path)
        case "container":
            for number, child in enumerate(block.get("child_blocks", ())):
                yield from _block(child, (*path, "child_blocks", number))


def _section(block: Json, path: Path) -> Iterator[Fault]:
    if "text" in block:
        yield from _text(block["text"], (*path, "text"), TEXT)
    for number, one in enumerate(block.get("fields", ())):
        yield from _text(one, (*path, "fields", number), 2_000)
    if "accessory" in block:
        yield from _element(block["accessory"], (*path, "accessory"), IN_ACTIONS | {"image"})


def _context(block: Json, path: Path) -> Iterator[Fault]:
    if not block.get("elements"):
        yield Fault((*path, "elements"), "is empty")
    for number, one in enumerate(block.get("elements", ())):
        where = (*path, "elements", number)
        if one.get("type") == "image":
            yield from _image(one, where)
        elif one.get("type") in ("plain_text", "mrkdwn"):
            yield from _text(one, where, TEXT)
        else:
            yield Fault(where, f"“{one.get('type')}” does not belong into a context")


def _elements(block: Json, path: Path, allowed: set[str]) -> Iterator[Fault]:
    if not block.get("elements"):
        yield Fault((*path, "elements"), "is empty")
    for number, one in enumerate(block.get("elements", ())):
        yield from _element(one, (*path, "elements", number), allowed)


def _input(block: Json, path: Path) -> Iterator[Fault]:
    yield from _text(block.get("label"), (*path, "label"), 2_000, plain=True)
    if "hint" in block:
        yield from _text(block["hint"], (*path, "hint"), 2_000, plain=True)
    if not block.get("block_id"):
        yield Fault((*path, "block_id"), "is missing: no error can be shown beside this field")
    yield from _element(block.get("element") or {}, (*path, "element"), IN_INPUT)


def _image(part: Json, path: Path) -> Iterator[Fault]:
    if not part.get("alt_text"):
        yield Fault((*path, "alt_text"), "is missing: some people hear pictures")
    if ("image_url" in part) == ("slack_file" in part):
        yield Fault(path, "an image has either an image_url or a slack_file")
    elif "slack_file" in part and not FILE_ID.fullmatch(str(part["slack_file"].get("id"))):
        yield Fault((*path, "slack_file", "id"), "is no id of a file")


def _rich_text(block: Json, path: Path) -> Iterator[Fault]:
    if not block.get("elements"):
        yield Fault((*path, "elements"), "is empty")
    for number, one in enumerate(block.get("elements", ())):
        where = (*path, "elements", number)
        if one.get("type") not in IN_RICH_TEXT:
            yield Fault(where, f"“{one.get('type')}” does not belong into a rich_text")
        for inner, part in enumerate(one.get("elements", ())):
            yield from _rich_part(part, one["type"], (*where, "elements", inner))


def _rich_part(part: Json, around: str, path: Path) -> Iterator[Fault]:
    if around == "rich_text_list":
        if part.get("type") != "rich_text_section":
            yield Fault(path, "a list holds rich_text_section alone")
        for inner, one in enumerate(part.get("elements", ())):
            yield from _rich_part(one, "rich_text_section", (*path, "elements", inner))
    elif part.get("type") == "text" and not part.get("text"):
        yield Fault(path, "has no words")
    elif part.get("type") == "broadcast":
        yield Fault(path, "calls everybody")
    elif str(part.get("type")).startswith("rich_text"):
        yield Fault(path, f"“{part['type']}” does not belong into a {around}")


# --- elements ----------------------------------------------------------------------------------


def _element(one: Json, path: Path, allowed: set[str]) -> Iterator[Fault]:
    kind = one.get("type")
    if kind not in allowed:
        yield Fault(path, f"“{kind}” does not belong here")
        return
    if kind == "image":
        yield from _image(one, path)
        return
    yield from _common(one, path)
    match kind:
        case "button":
            yield from _button(one, path)
        case "plain_text_input":
            yield from _text_input(one, path)
        case "file_input":
            if not 1 <= one.get("max_files", 10) <= 10:
                yield Fault((*path, "max_files"), "is 1 to 10")
        case "static_select" | "multi_static_select" | "radio_buttons" | "checkboxes" | "overflow":
            yield from _options(one, path)


def _common(one: Json, path: Path) -> Iterator[Fault]:
    if not one.get("action_id"):
        yield Fault((*path, "action_id"), "is missing: nobody could tell what was pressed")
    elif len(one["action_id"]) > 255:
        yield Fault((*path, "action_id"), f"{len(one['action_id'])} characters, at most 255")
    if "placeholder" in one:
        yield from _text(one["placeholder"], (*path, "placeholder"), 150, plain=True)
    if "confirm" in one:
        for key, most in (("title", 100), ("text", 300), ("confirm", 30), ("deny", 30)):
            yield from _text(one["confirm"].get(key), (*path, "confirm", key), most, plain=key != "text")


def _button(one: Json, path: Path) -> Iterator[Fault]:
    yield from _text(one.get("text"), (*path, "text"), 75, plain=True)
    for key, most in (("value", 2_000), ("url", 3_000)):
        if len(one.get(key) or "") > most:
            yield Fault((*path, key), f"{len(one[key])} characters, at most {most}")
    if one.get("style") not in (None, "primary", "danger"):
        yield Fault((*path, "style"), "is “primary” or “danger”, or left out")


def _text_input(one: Json, path: Path) -> Iterator[Fault]:
    most = one.get("max_length", TEXT)
    if not 1 <= most <= TEXT:
        yield Fault((*path, "max_length"), f"is 1 to {TEXT}")
    if not 0 <= one.get("min_length", 0) <= most:
        yield Fault((*path, "min_length"), "is 0 to max_length")
    if len(one.get("initial_value") or "") > most:
        yield Fault((*path, "initial_value"), f"{len(one['initial_value'])} characters, at most {most}")


def _options(one: Json, path: Path) -> Iterator[Fault]:
    groups = one.get("option_groups") or []
    options = [*(one.get("options") or ()), *(option for group in groups for option in group["options"])]
    most = OPTIONS.get(one["type"], 100)
    if not 1 <= len(options) <= most:
        yield Fault((*path, "options"), f"{len(options)} options, 1 to {most} fit into {one['type']}")
    for value, count in Counter(option.get("value") for option in options).items():
        if count > 1:
            yield Fault((*path, "options"), f"{count} options have the value “{value}”")
    plain = one["type"] not in ("radio_buttons", "checkboxes")
    for number, option in enumerate(options):
        where = (*path, "options", number)
        yield from _text(option.get("text"), (*where, "text"), 75, plain=plain)
        if "description" in option:
            yield from _text(option["description"], (*where, "description"), 75, plain=plain)
        if not 1 <= len(option.get("value") or "") <= 150:
            yield Fault((*where, "value"), f"{len(option.get('value') or '')} characters, 1 to 150 fit")
    chosen = [one["initial_option"]] if "initial_option" in one else one.get("initial_options", [])
    if any(option not in options for option in chosen):
        yield Fault(path, "what is chosen at first is none of the options, word for word")
    if one.get("initial_options") == []:
        yield Fault((*path, "initial_options"), "is empty: leave it out")


# --- texts -------------------------------------------------------------------------------------


def _text(part: Any, path: Path, most: int, *, plain: bool = False) -> Iterator[Fault]:
    if not isinstance(part, dict):
        yield Fault(path, "is no text object")
        return
    words = part.get("text") or ""
    if part.get("type") not in ("plain_text", "mrkdwn"):
        yield Fault(path, f"no text object has the type “{part.get('type')}”")
    elif plain and part["type"] != "plain_text":
        yield Fault(path, "takes plain_text alone")
    if not words:
        yield Fault(path, "has no words")
    if len(words) > most:
        yield Fault(path, f"{len(words)} characters, at most {most}")
    if part.get("type") == "mrkdwn" and CALLS_EVERYBODY.search(words):
        yield Fault(path, "calls everybody")


def _all_texts(part: Any) -> Iterator[str]:
    """Everything that counts as a character of the message: what is read, and labels."""
    if isinstance(part, dict):
        for key, value in part.items():
            if key in ("text", "alt_text") and isinstance(value, str):
                yield value
            else:
                yield from _all_texts(value)
    elif isinstance(part, list):
        for one in part:
            yield from _all_texts(one)

"""
Forms as Slack's modals, and the options of menus. Pure.

A field's key is the action_id of its input. Its block_id is another one in each form: where a form takes the place of
one with the same keys, Slack keeps what was typed in fields whose both ids are the same, whatever they should hold now.
"""

import json
import re
from collections.abc import Sequence
from hashlib import sha256
from itertools import chain
from typing import Any

from adapters.sendable import is_blank, sendable, sent_values
from adapters.slack.markup import block_json, is_person, plain
from adapters.slack.meta import Meta
from bot.kernel.card import (
    Bullets,
    ChannelField,
    ChoiceField,
    ChoicesField,
    CityField,
    Field,
    Form,
    Option,
    PersonField,
    TextField,
    UploadField,
)
from bot.kernel.text import Plain

Json = dict[str, Any]

TICKED = 10  # Slack: so many options make radio buttons or checkboxes; more become a menu
HELP = 75  # Slack: characters of an option's description
CITY = 200  # ours

_CHANNEL = re.compile(r"[CG][A-Z0-9]{2,}")


def form_view(form: Form, meta: Meta, opened_by: str = "") -> Json:
    """
    A modal. Its callback_id is the form's action; `meta` says where it was opened.

    `opened_by` is what was done last: after another deed the same form is another one.
    """
    fields = [_blocks(field, number) for number, field in enumerate(form.fields, 1)]
    sign = sha256(json.dumps([opened_by, form.title, fields]).encode()).hexdigest()[:8]
    return {
        "type": "modal",
        "title": plain(form.title, "Form"),
        "submit": plain(form.send, "Send"),
        "close": plain("Cancel"),
        "callback_id": form.action.encode(),
        "private_metadata": meta.encode(),
        "blocks": [{"block_id": f"{sign}-{place}", **block} for place, block in enumerate(chain.from_iterable(fields))],
    }


def _blocks(field: Field, number: int) -> list[Json]:
    block: Json = {
        "type": "input",
        "label": plain(field.label, f"Field {number}"),
        "element": {"action_id": field.key, **_element(field)},
        "optional": not getattr(field, "required", False),
    }
    if not is_blank(field.help):
        block["hint"] = plain(field.help)
    helps = long_helps(field.options) if isinstance(field, ChoiceField | ChoicesField) else []
    listed = block_json(Bullets(tuple((Plain(line),) for line in helps)))
    return [block, *([listed] if listed else [])]


def _element(field: Field) -> Json:
    match field:
        case TextField(value=value, long=long, limit=limit):
            return _text(value, limit, long=long)
        case CityField(value=value):
            return _text(value, CITY, long=False)
        case ChoiceField(options=options, value=value):
            rows = options_json(options)
            kind = "radio_buttons" if len(rows) <= TICKED else "static_select"
            return {"type": kind, "options": rows, **initial(options, rows, value)}
        case ChoicesField(options=options, value=values):
            rows = options_json(options)
            chosen = [row for option, row in _firsts(options, rows) if option.value in values]
            return {"type": "checkboxes", "options": rows, **({"initial_options": chosen} if chosen else {})}
        case UploadField():
            return {"type": "file_input", "max_files": 1}
        case ChannelField(value=value):
            filter_ = {"include": ["public", "private"], "exclude_bot_users": True}
            shown = {"initial_conversation": value} if _CHANNEL.fullmatch(value) else {}
            return {"type": "conversations_select", "filter": filter_, **shown}
        case PersonField(value=value):
            return {"type": "users_select", **({"initial_user": value} if is_person(value) else {})}


def _text(value: str, limit: int, *, long: bool) -> Json:
    value = sendable(value)
    text = {"type": "plain_text_input", "multiline": long or "\n" in value, "max_length": max(limit, len(value))}
    return text | {"initial_value": value} if value else text


# --- options -------------------------------------------------------------------------------


def options_json(options: Sequence[Option], *, helps: bool = True) -> list[Json]:
    rows: list[Json] = []
    for place, (option, value) in enumerate(zip(options, sent_values(options), strict=True), 1):
        row: Json = {"text": plain(option.label, f"Choice {place}"), "value": value}
        if helps and len(option.help) <= HELP and not is_blank(option.help):
            row["description"] = plain(option.help)
        rows.append(row)
    return rows


def initial(options: Sequence[Option], rows: Sequence[Json], value: str) -> Json:
    """What is chosen already; of two with the same value it is the first."""
    chosen = [row for option, row in _firsts(options, rows) if option.value == value]
    return {"initial_option": chosen[0]} if chosen else {}


def _firsts(options: Sequence[Option], rows: Sequence[Json]) -> list[tuple[Option, Json]]:
    """Each option with its row; of those with the same value only the first."""
    values = [option.value for option in options]
    return [(option, row) for place, (option, row) in enumerate(zip(options, rows, strict=True))
            if values.index(option.value) == place]  # fmt: skip


def long_helps(options: Sequence[Option]) -> list[str]:
    """What does not fit beside its option, a line for each."""
    return [
        f"{option.label}: {option.help}" for option in options if len(option.help) > HELP and not is_blank(option.help)
    ]

"""Forms as Discord's modals. Pure."""

from typing import Any

from adapters.discord.choices import options_json
from adapters.discord.kinds import FOR_GROUPS
from adapters.sendable import INDEX, is_blank, sendable
from bot.kernel.card import (
    ChannelField,
    ChoiceField,
    ChoicesField,
    CityField,
    Field,
    Form,
    PersonField,
    TextField,
    TooLarge,
    UploadField,
)

Json = dict[str, Any]

SELECT, TEXT_INPUT, PERSON_SELECT, CHANNEL_SELECT = 3, 4, 5, 8
LABEL, UPLOAD, RADIOS, CHECKBOXES = 18, 19, 21, 22
SHORT, LONG = 1, 2
RADIO_OPTIONS = range(2, 11)  # Discord: so many options make a group to tick; others become a menu
INPUT = 4_000  # Discord: characters in a text input
CITY = 200  # ours


def form_payload(form: Form) -> Json:
    """
    The data of a modal. The keys of the fields are the ids of the parts.

    `form.send` has no place: Discord writes its own word on the button. Raises TooLarge where a field holds more
    than Discord takes.
    """
    return {
        "title": "Form" if is_blank(form.title) else sendable(form.title),
        "custom_id": f"{INDEX[0]}:{form.action.encode()}",
        "components": [_label(field, number) for number, field in enumerate(form.fields, 1)],
    }


def _label(field: Field, number: int) -> Json:
    label = f"Field {number}" if is_blank(field.label) else sendable(field.label)
    about = {} if is_blank(field.help) else {"description": sendable(field.help)}
    return {"type": LABEL, "label": label, **about, "component": _input(field)}


def _input(field: Field) -> Json:
    match field:
        case TextField(key=key, value=value, long=long, required=required, limit=limit):
            return _text(key, value, limit, long=long, required=required)
        case CityField(key=key, value=value, required=required):
            return _text(key, value, CITY, long=False, required=required)
        case ChoiceField(key=key, options=options, value=value, required=required):
            rows = options_json(options, (value,))
            if len(rows) in RADIO_OPTIONS:
                return {"type": RADIOS, "custom_id": key, "options": rows, "required": required}
            return {"type": SELECT, "custom_id": key, "options": rows, **_one(required=required)}
        case ChoicesField(key=key, options=options, value=values):
            rows = options_json(options, values)
            amount = {"min_values": 0, "max_values": len(rows), "required": False}
            return {"type": CHECKBOXES, "custom_id": key, "options": rows, **amount}
        case UploadField(key=key):
            return {"type": UPLOAD, "custom_id": key, "min_values": 0, "max_values": 1, "required": False}
        case ChannelField(key=key, value=value, required=required):
            chosen = _chosen(value, "channel")
            select = {"type": CHANNEL_SELECT, "custom_id": key, "channel_types": [*FOR_GROUPS]}
            return {**select, **_one(required=required), **chosen}
        case PersonField(key=key, value=value, required=required):
            return {"type": PERSON_SELECT, "custom_id": key, **_one(required=required), **_chosen(value, "user")}


def _text(key: str, value: str, limit: int, *, long: bool, required: bool) -> Json:
    value = sendable(value)
    if len(value) > INPUT:
        raise TooLarge(f"field {key} holds {len(value)} characters, at most {INPUT}")
    text: Json = {
        "type": TEXT_INPUT,
        "custom_id": key,
        "style": LONG if long or "\n" in value else SHORT,
        "required": required,
        "max_length": max(limit, len(value)),  # Discord refuses a value that is longer than what may be typed
    }
    return text | {"value": value} if value else text


def _one(*, required: bool) -> Json:
    return {"min_values": int(required), "max_values": 1, "required": required}


def _chosen(value: str, kind: str) -> Json:
    """What is chosen already, where it is one of Discord's own ids."""
    return {"default_values": [{"id": value, "type": kind}]} if value.isascii() and value.isdigit() else {}

"""Cards, places and effects to JSON and back, so that the store can keep them."""

import json
from base64 import b64decode, b64encode
from dataclasses import fields, is_dataclass
from datetime import datetime, time, timedelta
from enum import Enum
from functools import cache
from types import ModuleType
from typing import Any

from bot.kernel import action, calendar, card, effect, event, text


def _kinds(*modules: ModuleType) -> dict[str, type[Any]]:
    found = (value for module in modules for value in vars(module).values())
    return {k.__name__: k for k in found if isinstance(k, type) and (is_dataclass(k) or issubclass(k, Enum))}


_KINDS = _kinds(action, calendar, card, effect, event, text)
_RECORDS = {name: kind for name, kind in _KINDS.items() if is_dataclass(kind)}  # nearly all of what is kept
_RECORD_KINDS = frozenset(_RECORDS.values())
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


PLAIN = {str, int, float, bool}


@cache
def _names(kind: type[Any]) -> tuple[str, ...]:
    """Asked for every span of every card, so it is looked up once a kind."""
    return tuple(one.name for one in fields(kind))


def dump(value: object) -> str:
    return _encode(_out(value))


def load(raw: str) -> Any:
    """What `dump` wrote; tuples stay tuples. Raises KeyError for a kind that this version does not know."""
    return _in(json.loads(raw))


def _out(value: object) -> object:
    kind: Any = type(value)
    if value is None or kind in PLAIN:
        return value
    if kind in _RECORD_KINDS:
        return _record(kind, value)
    if isinstance(value, datetime):
        return {"": "at", "v": value.isoformat()}
    if isinstance(value, timedelta):
        return {"": "wait", "v": value.total_seconds()}
    if isinstance(value, time):
        return {"": "wall", "v": value.isoformat()}
    if isinstance(value, Enum):
        return {"": type(value).__name__, "v": value.value}
    if isinstance(value, bytes):
        return {"": "bytes", "v": b64encode(value).decode()}
    if is_dataclass(value) and not isinstance(value, type):
        return _record(kind, value)
    if isinstance(value, tuple):
        return [_out(item) for item in value]
    return value


def _record(kind: Any, value: object) -> dict[str, object]:
    kept: dict[str, object] = {"": kind.__name__}
    for name in _names(kind):
        kept[name] = _out(getattr(value, name))
    return kept


def _in(value: object) -> object:
    if isinstance(value, dict):
        kind = value[""]
        if kind in _RECORDS:
            return _RECORDS[kind](**{key: _in(item) for key, item in value.items() if key})
        if kind == "at":
            return datetime.fromisoformat(value["v"])
        if kind == "wall":
            return time.fromisoformat(value["v"])
        if kind == "bytes":
            return b64decode(value["v"])
        if kind == "wait":
            return timedelta(seconds=value["v"])
        return _KINDS[kind](value["v"])
    if isinstance(value, list):
        return tuple(_in(item) for item in value)
    return value

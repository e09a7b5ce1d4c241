"""Turns what pydantic says into one sentence for somebody who has never heard of it."""

from collections.abc import Iterator
from difflib import get_close_matches
from functools import cache
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from bot.content.problems import Problem
from bot.content.yaml_text import Document, Path


def problems(error: ValidationError, document: Document, at: Path, model: type[BaseModel]) -> Iterator[Problem]:
    """Every fault of the part of DOCUMENT at AT that should be a MODEL. A misspelt key is not also called missing."""
    details = error.errors(include_url=False)
    meant: dict[Path, str] = {}  # a key that nobody knows -> the key it was probably meant to be
    for detail in details:
        if detail["type"] == "extra_forbidden":
            around = _part(document.value, (*at, *detail["loc"][:-1]))
            meant[detail["loc"]] = _closest(str(detail["loc"][-1]), around, model)
    misspelt = {(*loc[:-1], key) for loc, key in meant.items()}
    for detail in details:
        if detail["type"] != "missing" or detail["loc"] not in misspelt:
            yield document.problem((*at, *detail["loc"]), _sentence(detail, meant.get(detail["loc"], "")))


def _part(value: Any, path: Path) -> Any:
    for step in path:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
    return value


def _name(loc: tuple[str | int, ...]) -> str:
    """'hints', 'hints, entry 2', or 'this part' when the fault has no key of its own."""
    if not loc:
        return "this part"
    keys = [step for step in loc if isinstance(step, str) and step != "[key]"]
    if isinstance(loc[-1], int) and keys:
        return f"'{keys[-1]}', entry {loc[-1] + 1},"
    return f"'{loc[-1]}'"


def _sentence(detail: ErrorDetails, meant: str) -> str:
    name, kind, limits = _name(detail["loc"]), detail["type"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        return f"unknown key {name}; " + (f"did you mean '{meant}'?" if meant else "remove it")
    if kind == "missing":
        return f"{name} is missing"
    if kind == "string_pattern_mismatch":
        return f"{name} has the value '{str(detail['input'])[:60]}', {_shape(str(limits['pattern']))}"
    if kind == "value_error":
        return f"{limits['error']}"
    sentence = _SENTENCES.get(kind)
    if sentence is None:
        message = detail["msg"]
        return f"{name} is not right: {message[0].lower()}{message[1:]}"
    return sentence.format(name=name, **limits)


_SENTENCES = {
    "string_type": "{name} must be text; put it in quotes",
    "int_type": "{name} must be a whole number",
    "int_from_float": "{name} must be a whole number",
    "float_type": "{name} must be a number",
    "finite_number": "{name} must be an ordinary number",
    "bool_type": "{name} must be true or false",
    "date_type": "{name} must be a date such as 2026-11-21, without quotes",
    "date_from_datetime_inexact": "{name} must be a date such as 2026-11-21, without a time",
    "list_type": "{name} must be a list: lines that begin with '- '",
    "model_type": "{name} must be a block of 'key: value' lines",
    "dict_type": "{name} must be a block of 'key: value' lines",
    "literal_error": "{name} must be one of: {expected}",
    "string_too_short": "{name} is too short; write at least {min_length} characters",
    "string_too_long": "{name} is too long; write at most {max_length} characters",
    "too_short": "{name} has {actual_length} entries; give at least {min_length}",
    "too_long": "{name} has {actual_length} entries; give at most {max_length}",
    "greater_than_equal": "{name} must be at least {ge}",
    "less_than_equal": "{name} must be at most {le}",
    "invalid_key": "{name} must be a word; put it in quotes",
}


def _shape(pattern: str) -> str:
    if "https" in pattern:
        return "which is not an address that begins with https://"
    if r"\d{4}" in pattern:
        return 'which is not a year or year and month in quotes, such as "2026-03"'
    if r"\.py" in pattern:
        return "which is not a file name such as starter.py"
    if "_]" in pattern:
        return "but may hold only small letters, digits and underscores"
    if "A-Z" in pattern:
        return "which is not a rule such as L03"
    if r"\." in pattern:
        return "which is not a version such as 0.1"
    return "but may hold only small letters, digits and hyphens"


def _closest(key: str, around: Any, model: type[BaseModel]) -> str:
    """The known key that looks most like KEY and does not stand there already, or nothing."""
    taken = set(around) if isinstance(around, dict) else set()
    return next(iter(get_close_matches(key, sorted(known_keys(model) - taken), n=1)), "")


@cache
def known_keys(model: type[BaseModel]) -> frozenset[str]:
    """Every key that stands anywhere in MODEL."""
    schema = model.model_json_schema(by_alias=True)
    blocks = [schema, *schema.get("$defs", {}).values()]
    return frozenset(key for block in blocks for key in block.get("properties", {}))

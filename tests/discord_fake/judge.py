"""
Is this what Discord would take, and what Discord would say?

Every request and every answer of the fake is held against Discord's own OpenAPI document. The document is not part of
this project: `WHETSTONE_SPECS` names the folder (or the file) where it lies, otherwise it is looked for beside the
checkout, in `../shared/specs`. What the document does not know stands in `rules.py`.
"""

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

import jsonschema_rs
import pytest

DOCUMENT = "discord-openapi.json"
CHECKOUT = Path(__file__).parents[2]
REFERENCE = "#/components/schemas/"
Json = dict[str, Any]

# Keys that Discord's written documentation or discord.py knows and the document does not.
KNOWN_AS_WELL = {
    "MessageEditRequestPartial": {"tts"},
    "BaseCreateMessageCreateRequest": {"tts"},
    "IncomingWebhookUpdateRequestPartial": {"tts"},
    "IncomingWebhookUpdateForInteractionCallbackRequestPartial": {"tts"},
    "CreateForumThreadRequest": {"type"},
    "ApplicationCommandUpdateRequest": {"nsfw"},
}


@dataclass(frozen=True)
class Fault:
    """What is wrong, and where in the payload: ("components", 0, "label")."""

    path: tuple[str | int, ...]
    says: str

    def __str__(self) -> str:
        return f"{'.'.join(map(str, self.path)) or 'the body'}: {self.says}"


@dataclass(frozen=True)
class Verdict:
    """One payload that was refused. `about` is "request" or "answer"."""

    about: str
    method: str
    path: str
    faults: tuple[Fault, ...]
    body: Any = None

    def __str__(self) -> str:
        return f"{self.about} {self.method} {self.path}: " + "; ".join(map(str, self.faults))


def find_document() -> Path | None:
    """Where Discord's document lies on this machine."""
    named = os.environ.get("WHETSTONE_SPECS", "")
    place = Path(named) if named else CHECKOUT.parent / "shared" / "specs"
    file = place / DOCUMENT if place.is_dir() else place
    return file if file.is_file() else None


def get_judge() -> "Judge":
    """The judge of this process; without the document the test that asks is skipped, or fails where it is demanded."""
    file = find_document()
    if file is not None:
        return _judge(file)
    why = f"Discord's OpenAPI document is missing. Put {DOCUMENT} into a folder and name it in WHETSTONE_SPECS."
    if os.environ.get("WHETSTONE_REQUIRE_SPECS") == "1":
        pytest.fail(why)
    pytest.skip(why)


@cache
def _judge(file: Path) -> "Judge":
    return Judge(json.loads(file.read_bytes()))


class Judge:
    """Validators are compiled when an operation is met for the first time, and kept for the process."""

    def __init__(self, document: Json) -> None:
        self._paths: dict[str, Json] = document["paths"]
        self._schemas: dict[str, Json] = document["components"]["schemas"]
        self._strict: dict[str, Json] = {}
        self._compiled: dict[tuple[str, ...], jsonschema_rs.Draft202012Validator | None] = {}

    def knows(self, method: str, template: str) -> bool:
        return method.lower() in self._paths.get(template, {})

    def request(self, method: str, template: str, body: object, schema: str = "") -> list[Fault]:
        """`schema` names the one that is meant where the document offers several for one door."""
        key = ("request", method, template, schema)
        if key not in self._compiled:
            wanted = {"$ref": REFERENCE + schema} if schema else self._body_of(method, template)
            self._compiled[key] = self._compile(wanted, strict=True)
        return self._hold(key, body)

    def answer(self, method: str, template: str, status: int, body: object) -> list[Fault]:
        key = ("answer", method, template, str(status))
        if key not in self._compiled:
            responses = self._paths[template][method.lower()]["responses"]
            if str(status) not in responses:
                return [Fault((), f"the document knows no answer {status} here, it knows {sorted(responses)}")]
            wanted = responses[str(status)].get("content", {}).get("application/json", {}).get("schema")
            self._compiled[key] = self._compile(wanted, strict=False)
        return self._hold(key, body)

    # --- inside --------------------------------------------------------------------------

    def _body_of(self, method: str, template: str) -> Json | None:
        content = self._paths[template][method.lower()].get("requestBody", {}).get("content", {})
        found: Json | None = content.get("application/json", {}).get("schema")
        return found

    def _compile(self, wanted: Json | None, *, strict: bool) -> jsonschema_rs.Draft202012Validator | None:
        if wanted is None:
            return None
        schemas: dict[str, Json] = {}
        waiting = list(_references(wanted))
        while waiting:
            name = waiting.pop()
            if name not in schemas:
                schemas[name] = self._made_strict(name) if strict else self._schemas[name]
                waiting += _references(self._schemas[name])
        return jsonschema_rs.Draft202012Validator({**wanted, "components": {"schemas": schemas}})

    def _made_strict(self, name: str) -> Json:
        """Discord passes over a key it does not know; a misspelt one would vanish without a word, so we refuse it."""
        if name not in self._strict:
            schema = self._schemas[name]
            if "properties" in schema:
                known = {**dict.fromkeys(KNOWN_AS_WELL.get(name, ()), True), **schema["properties"]}
                schema = {"additionalProperties": False, **schema, "properties": known}
            if name == "SnowflakeType":  # Discord reads ids as numbers too, and discord.py numbers its files so
                schema = {"type": ["string", "integer"], "pattern": schema["pattern"]}
            self._strict[name] = schema
        return self._strict[name]

    def _hold(self, key: tuple[str, ...], body: object) -> list[Fault]:
        validator = self._compiled[key]
        if validator is None:
            return [] if body is None else [Fault((), "no body is expected here")]
        if validator.is_valid(body):
            return []
        return list(_faults(validator.iter_errors(body), body))


def _references(schema: object) -> Iterator[str]:
    if isinstance(schema, dict):
        for key, value in schema.items():
            if key == "$ref":
                yield value.removeprefix(REFERENCE)
            else:
                yield from _references(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _references(value)


def _faults(errors: Iterable[jsonschema_rs.ValidationError], body: object) -> Iterator[Fault]:
    for error in errors:
        path, kind = tuple(error.instance_path), cast(Any, error.kind)
        if kind.name in ("oneOf", "anyOf") and hasattr(kind, "context"):
            yield from _of_union(kind.context, path, body)
        else:
            yield Fault(path, _sentence(kind, error.message, _at(body, path)))


def _of_union(branches: list[list[Any]], path: tuple[str | int, ...], body: object) -> list[Fault]:
    """Speak only about the branch that was meant: the one whose `type` fits, else the one with the fewest faults."""
    here = _at(body, path)
    if isinstance(here, dict) and "type" in here:
        branches = [branch for branch in branches if not any(_is_about_type(error, path) for error in branch)]
        if not branches:
            return [Fault((*path, "type"), f"type {here['type']!r} does not belong here")]
    elif here is not None:
        branches = [
            branch for branch in branches if not all(_is_about_kind(error, path) for error in branch)
        ] or branches
    return min((list(_faults(branch, body)) for branch in branches), key=len)


def _is_about_type(error: jsonschema_rs.ValidationError, path: tuple[str | int, ...]) -> bool:
    where = tuple(error.instance_path)
    return where == (*path, "type") or (where == path and error.kind.name == "type")


def _is_about_kind(error: jsonschema_rs.ValidationError, path: tuple[str | int, ...]) -> bool:
    return tuple(error.instance_path) == path and error.kind.name == "type"


def _at(body: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        body = body[step]
    return body


def _sentence(kind: Any, message: str, value: Any) -> str:
    match kind.name:
        case "maxLength":
            return f"{len(value)} characters, at most {kind.limit}"
        case "minLength":
            return f"{len(value)} characters, at least {kind.limit}"
        case "maxItems":
            return f"{len(value)} entries, at most {kind.limit}"
        case "minItems":
            return f"{len(value)} entries, at least {kind.limit}"
        case "required":
            return f"“{kind.property}” is missing"
        case "additionalProperties":
            return f"Discord knows no {', '.join(f'“{name}”' for name in kind.unexpected)} here"
        case "type":
            return f"a {type(value).__name__} stands where another kind of value belongs"
        case _:
            return message if len(message) < 200 else message[:200] + "…"

"""What Discord refuses although its OpenAPI document allows it. Each rule says its own sentence."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from tests.discord_fake.judge import Fault

Json = dict[str, Any]
Path = tuple[str | int, ...]

ROW, BUTTON, STRING_SELECT, TEXT_INPUT, USER_SELECT, CHANNEL_SELECT = 1, 2, 3, 4, 5, 8
SECTION, TEXT, THUMBNAIL, GALLERY, FILE, SEPARATOR, CONTAINER = 9, 10, 11, 12, 13, 14, 17
LABEL, FILE_UPLOAD, RADIO, CHECKBOXES, CHECKBOX = 18, 19, 21, 22, 23
SELECTS = {STRING_SELECT, USER_SELECT, 6, 7, CHANNEL_SELECT}
ONLY_V2 = {SECTION, TEXT, THUMBNAIL, GALLERY, FILE, SEPARATOR, CONTAINER}
LINK, PREMIUM = 5, 6  # button styles

EPHEMERAL, IS_V2, SILENT, HAS_THREAD, LOADING = 1 << 6, 1 << 15, 1 << 12, 1 << 5, 1 << 7
MAY_SEND = {1 << 2, SILENT, IS_V2, EPHEMERAL, 1 << 13}  # the flags that a bot may set on a message

PARTS, ALL_TEXT, PLAIN_TEXT = 40, 4_000, 2_000
COMMAND_NAME = re.compile(r"[-_\w]{1,32}")
COMMAND_CHARACTERS = 8_000
OPTIONS = 25


def walk(components: Iterable[Any], path: Path = ("components",)) -> Iterator[tuple[Path, Json]]:
    """Every component with its place, nested ones and accessories included."""
    for n, part in enumerate(components):
        if not isinstance(part, dict):
            continue
        here = (*path, n)
        yield here, part
        yield from walk(part.get("components") or (), (*here, "components"))
        for key in ("accessory", "component"):
            if isinstance(part.get(key), dict):
                yield (*here, key), part[key]


# --- messages ------------------------------------------------------------------------------


def message_faults(
    body: Json, files: Sequence[str] = (), *, is_v2: bool = False, is_edit: bool = False
) -> Iterator[Fault]:
    """
    A message that is sent or edited. `files` are the names of the parts that came along; `is_v2` says that the message
    that is edited was made of Components V2 before.
    """
    components = body.get("components") or []
    parts = list(walk(components))
    flags = body.get("flags") or 0
    is_v2 = is_v2 or bool(flags & IS_V2)
    yield from _kind_faults(body, parts, is_v2=is_v2)
    yield from _text_faults(body, parts)
    yield from _part_faults(parts)
    yield from _row_faults(components, parts, is_v2=is_v2)
    yield from _file_faults(body, files, parts, is_v2=is_v2)
    yield from _nonce_faults(body)
    if flags & ~sum(MAY_SEND):
        yield Fault(("flags",), f"a bot cannot set the flags {flags & ~sum(MAY_SEND)}")
    empty = not (body.get("content") or components or body.get("embeds") or files or body.get("sticker_ids"))
    if empty and not body.get("poll") and (not is_edit or "components" in body):
        yield Fault((), "the message is empty")


def _kind_faults(body: Json, parts: list[tuple[Path, Json]], *, is_v2: bool) -> Iterator[Fault]:
    new = [path for path, part in parts if part.get("type") in ONLY_V2]
    if new and not is_v2:
        yield Fault(new[0], "Components V2 are used without the flag IS_COMPONENTS_V2 (32768)")
    if is_v2:
        for key in ("content", "embeds", "poll", "sticker_ids"):
            if body.get(key):
                yield Fault((key,), f"a message of Components V2 cannot have {key}")


def _text_faults(body: Json, parts: list[tuple[Path, Json]]) -> Iterator[Fault]:
    if len(parts) > PARTS:
        yield Fault(("components",), f"{len(parts)} components counted with the nested ones, at most {PARTS}")
    text = sum(len(str(part.get("content", ""))) for _, part in parts if part.get("type") == TEXT)
    if text > ALL_TEXT:
        yield Fault(("components",), f"{text} characters in all text displays together, at most {ALL_TEXT}")
    for path, part in parts:
        if part.get("type") == TEXT and not str(part.get("content", "")).strip():
            yield Fault((*path, "content"), "a text display shows nothing")
    if len(body.get("content") or "") > PLAIN_TEXT:
        yield Fault(("content",), f"{len(body['content'])} characters of plain text, at most {PLAIN_TEXT}")
    mentions = body.get("allowed_mentions") or {}
    for key in ("users", "roles"):
        if key in (mentions.get("parse") or ()) and mentions.get(key):
            yield Fault(("allowed_mentions",), f"parse names {key}, so single {key} cannot be listed as well")


def _part_faults(parts: list[tuple[Path, Json]]) -> Iterator[Fault]:
    """What holds for components everywhere: in messages and in modals."""
    ids = Counter(part["id"] for _, part in parts if part.get("id"))
    custom = Counter(part["custom_id"] for _, part in parts if part.get("custom_id"))
    for path, part in parts:
        if ids[part.get("id")] > 1:
            yield Fault((*path, "id"), f"the component id {part['id']} is used {ids[part['id']]} times")
        if custom[part.get("custom_id")] > 1:
            yield Fault((*path, "custom_id"), f"the custom_id “{part['custom_id']}” is used twice")
        if part.get("type") == BUTTON:
            yield from _button_faults(path, part)
        elif part.get("type") in SELECTS | {CHECKBOXES, FILE_UPLOAD}:
            yield from _amount_faults(path, part)
        if part.get("type") in {STRING_SELECT, RADIO, CHECKBOXES}:
            yield from _option_faults(path, part)
        if part.get("type") == GALLERY and not all(_says(item) for item in part.get("items") or ()):
            yield Fault(path, "a picture has no description: some people hear pictures")


def _says(item: Json) -> bool:
    return bool(str(item.get("description") or "").strip())


def _button_faults(path: Path, part: Json) -> Iterator[Fault]:
    if not (part.get("label") or part.get("emoji")) and part.get("style") != PREMIUM:
        yield Fault(path, "a button needs a label or an emoji")
    if part.get("style") == LINK:
        if not part.get("url"):
            yield Fault(path, "a link button needs a url")
        if part.get("custom_id"):
            yield Fault(path, "a link button cannot have a custom_id")
    elif part.get("style") != PREMIUM:
        if not part.get("custom_id"):
            yield Fault(path, "a button needs a custom_id")
        if part.get("url"):
            yield Fault(path, "only a link button can have a url")


def _amount_faults(path: Path, part: Json) -> Iterator[Fault]:
    least = 1 if part.get("min_values") is None else part["min_values"]
    most = 1 if part.get("max_values") is None else part["max_values"]
    if part.get("type") == CHECKBOXES and part.get("max_values") is None:
        most = len(part.get("options") or ())
    if least > most:
        yield Fault(path, f"min_values {least} is more than max_values {most}")
    if part.get("type") == CHECKBOXES and least == 0 and part.get("required", True):
        yield Fault(path, "min_values is 0 although an answer is required")
    chosen = sum(bool(option.get("default")) for option in part.get("options") or ())
    if chosen > most:
        yield Fault(path, f"{chosen} options are chosen beforehand, at most {most}")


def _option_faults(path: Path, part: Json) -> Iterator[Fault]:
    values = Counter(option.get("value") for option in part.get("options") or ())
    twice = [value for value, times in values.items() if times > 1]
    if twice:
        yield Fault((*path, "options"), f"the option value “{twice[0]}” is used twice")
    if part.get("type") == RADIO and sum(bool(option.get("default")) for option in part.get("options") or ()) > 1:
        yield Fault((*path, "options"), "two options of a radio group are chosen beforehand")


def _row_faults(components: Sequence[Json], parts: list[tuple[Path, Json]], *, is_v2: bool) -> Iterator[Fault]:
    if not is_v2 and len(components) > 5:
        yield Fault(("components",), f"{len(components)} action rows without Components V2, at most 5")
    for path, part in parts:
        if part.get("type") == ROW:
            kinds = [inner.get("type") for inner in part.get("components") or ()]
            if any(kind in SELECTS for kind in kinds) and len(kinds) > 1:
                yield Fault(path, "an action row holds one select and nothing else")
            elif len(kinds) > 5:
                yield Fault(path, f"{len(kinds)} buttons in an action row, at most 5")
        if part.get("type") == CONTAINER and len(path) > 2:
            yield Fault(path, "a container cannot stand inside another component")


def _file_faults(body: Json, files: Sequence[str], parts: list[tuple[Path, Json]], *, is_v2: bool) -> Iterator[Fault]:
    listed = body.get("attachments") or []
    names = {str(entry["filename"]) for entry in listed if entry.get("filename")} | set(files)
    shown = set()
    for path, part in parts:
        media = part.get("file") or part.get("media") or {}
        for url in [media.get("url"), *(item.get("media", {}).get("url") for item in part.get("items") or ())]:
            if part.get("type") == FILE and not str(url).startswith("attachment://"):
                yield Fault(path, "a file component shows only what was sent along (attachment://)")
            elif str(url).startswith("attachment://"):
                shown.add(str(url).removeprefix("attachment://"))
                if str(url).removeprefix("attachment://") not in names:
                    yield Fault(path, f"no file of that name came along: {url}")
    if is_v2:
        for name in sorted(set(files) - shown):
            yield Fault(("attachments",), f"the file “{name}” came along and no component shows it")
    if files and listed:
        new = [entry for entry in listed if str(entry.get("id", "")).isdecimal() and int(entry["id"]) < 100]
        for entry in new:
            if int(entry["id"]) >= len(files):
                yield Fault(("attachments",), f"attachment {entry['id']} came without its file")
    if len(files) > 10:
        yield Fault(("attachments",), f"{len(files)} files, at most 10")


def _nonce_faults(body: Json) -> Iterator[Fault]:
    if len(str(body.get("nonce") or "")) > 25:
        yield Fault(("nonce",), f"the nonce has {len(str(body['nonce']))} characters, at most 25")
    if body.get("enforce_nonce") and not body.get("nonce"):
        yield Fault(("enforce_nonce",), "enforce_nonce is set without a nonce")


# --- interactions --------------------------------------------------------------------------


def modal_faults(data: Json) -> Iterator[Fault]:
    top = data.get("components") or []
    parts = [(("data", *path), part) for path, part in walk(top)]
    if not 1 <= len(top) <= 5:
        yield Fault(("data", "components"), f"{len(top)} parts in a modal, 1 to 5 are possible")
    for path, part in parts:
        if len(path) == 3 and part.get("type") not in {ROW, TEXT, LABEL}:
            yield Fault(path, "a part of a modal stands in a label")
        if part.get("disabled"):
            yield Fault(path, "nothing in a modal can be disabled")
        if part.get("type") == TEXT_INPUT:
            yield from _input_faults(path, part)
        if part.get("type") == LABEL and (part.get("component") or {}).get("label"):
            yield Fault(path, "the text input inside a label has a label of its own")
    yield from _part_faults(parts)


def _input_faults(path: Path, part: Json) -> Iterator[Fault]:
    most = part.get("max_length") or 4_000
    if len(part.get("value") or "") > most:
        yield Fault(
            (*path, "value"), f"the text input holds {len(part['value'])} characters already, its max_length is {most}"
        )
    if (part.get("min_length") or 0) > most:
        yield Fault((*path, "min_length"), f"min_length {part['min_length']} is more than max_length {most}")


def choices_faults(data: Json) -> Iterator[Fault]:
    choices = data.get("choices") or []
    if len(choices) > OPTIONS:
        yield Fault(("data", "choices"), f"{len(choices)} suggestions, at most {OPTIONS}")
    for n, choice in enumerate(choices):
        for key in ("name", "value"):
            if not 1 <= len(str(choice.get(key, ""))) <= 100:
                says = (
                    f"the {key} of a suggestion has {len(str(choice.get(key, '')))} characters, 1 to 100 are possible"
                )
                yield Fault(("data", "choices", n, key), says)


def deferral_faults(data: Json) -> Iterator[Fault]:
    strange = set(data) - {"flags"}
    if strange:
        yield Fault(("data",), f"a deferral has no {', '.join(sorted(strange))}")
    if (data.get("flags") or 0) & ~EPHEMERAL:
        yield Fault(("data", "flags"), "a deferral can set the flag EPHEMERAL and no other")


# --- threads and commands --------------------------------------------------------------------


def thread_faults(body: Json) -> Iterator[Fault]:
    if "name" in body and not 1 <= len(str(body["name"]).strip()) <= 100:
        yield Fault(
            ("name",), f"the thread's name has {len(str(body['name']).strip())} characters, 1 to 100 are possible"
        )


def commands_faults(body: Sequence[Json]) -> Iterator[Fault]:
    names = Counter((command.get("type", 1), command.get("name")) for command in body)
    for n, command in enumerate(body):
        kind = command.get("type", 1)
        if names[kind, command.get("name")] > 1:
            yield Fault((n, "name"), f"two commands are called “{command.get('name')}”")
        size = len(json.dumps(list(_wording(command)), ensure_ascii=False))
        if size > COMMAND_CHARACTERS:
            yield Fault((n,), f"the command has {size} characters in all, at most {COMMAND_CHARACTERS}")
        if kind == 1:
            yield from _command_faults((n,), command)
        elif command.get("description"):
            yield Fault((n, "description"), "only a typed command has a description")
        elif not 1 <= len(command.get("name", "")) <= 32:
            yield Fault((n, "name"), "the name of a command has 1 to 32 characters")
    for kind, most in ((1, 100), (2, 15), (3, 15)):
        found = sum(command.get("type", 1) == kind for command in body)
        if found > most:
            yield Fault((), f"{found} commands of type {kind}, at most {most}")


def _command_faults(path: Path, command: Json) -> Iterator[Fault]:
    name = str(command.get("name", ""))
    if not COMMAND_NAME.fullmatch(name) or name != name.lower():
        yield Fault((*path, "name"), f"“{name}” is no command name: 1 to 32 small letters, digits, - and _")
    if not 1 <= len(str(command.get("description") or "")) <= 100:
        yield Fault((*path, "description"), "a description has 1 to 100 characters")
    options = command.get("options") or []
    if len(options) > OPTIONS:
        yield Fault((*path, "options"), f"{len(options)} options, at most {OPTIONS}")
    twice = [name for name, times in Counter(option.get("name") for option in options).items() if times > 1]
    if twice:
        yield Fault((*path, "options"), f"two options are called “{twice[0]}”")
    if len({option.get("type") in (1, 2) for option in options}) > 1:
        yield Fault((*path, "options"), "subcommands and other options stand side by side")
    optional = False
    for n, option in enumerate(options):
        here = (*path, "options", n)
        if option.get("required") and optional:
            yield Fault(here, "a required option stands after one that is not")
        optional = optional or not option.get("required")
        if option.get("autocomplete") and option.get("choices"):
            yield Fault(here, "an option has choices or suggestions, not both")
        yield from _command_faults(here, option)


def _wording(command: Json) -> Iterator[str]:
    yield str(command.get("name") or "")
    yield str(command.get("description") or "")
    yield from (str(choice.get("value", "")) for choice in command.get("choices") or ())
    for option in command.get("options") or ():
        yield from _wording(option)

"""What Discord offers to do: one `/study` with all that features register, and the entries of a message's menu."""

import logging
from collections.abc import Sequence
from typing import Any, Protocol

from adapters.discord.inbound import BEGIN, COMMAND, ON_MESSAGE, TYPED, Table
from bot.engine.engine import Engine
from bot.kernel.feature import Command

log = logging.getLogger(__name__)
Json = dict[str, Any]

HELP = 100  # Discord: characters of a description
SUBCOMMAND, STRING = 1, 3  # Discord: kinds of options
SERVER, PRIVATE = 0, 1  # Discord: where a command is offered
SUBCOMMANDS, SHORTCUTS = 25, 15  # Discord: at most


class Calls(Protocol):
    """What is needed of `rest.Rest`."""

    async def call(self, method: str, path: str, *, json: Any = None, **ids: Any) -> Any: ...


def command_payload(engine: Engine) -> list[Json]:
    """
    All commands as Discord wants them, always in the same order.

    Raises ValueError where features register more than Discord takes: a command must not vanish silently.
    """
    commands = sorted((command for _, command in engine.routes.commands.values()), key=lambda command: command.word)
    shortcuts = sorted((one for _, one in engine.routes.shortcuts.values()), key=lambda shortcut: shortcut.label)
    if len(commands) > SUBCOMMANDS or len(shortcuts) > SHORTCUTS:
        raise ValueError(f"Discord takes {SUBCOMMANDS} subcommands and {SHORTCUTS} entries in a message's menu")
    study = {
        **_anywhere(TYPED, COMMAND),
        "description": "Everything that your study group can do here",
        "options": [_subcommand(command) for command in commands],
    }
    return [study, *(_anywhere(ON_MESSAGE, shortcut.label) for shortcut in shortcuts)]


def table(engine: Engine) -> Table:
    """What the commands stand for when they come back."""
    commands = [command for _, command in engine.routes.commands.values()]
    return Table(
        sources={_word(one): one.takes.source for one in commands if one.takes and one.takes.source},
        verbs={shortcut.label: shortcut.verb for _, shortcut in engine.routes.shortcuts.values()},
    )


async def sync(rest: Calls, app_id: int | str, wanted: Sequence[Json]) -> bool:
    """Tell Discord the commands, if it has others; whether it had. Raises what the call raises."""
    path = "/applications/{application_id}/commands"
    found = await rest.call("GET", path, application_id=app_id)
    if _is_same(list(wanted), found):
        return False
    await rest.call("PUT", path, json=list(wanted), application_id=app_id)
    log.info("commands were changed", extra={"commands": len(wanted)})
    return True


def differs(wanted: Sequence[Json], found: object) -> bool:
    """Does Discord have other commands than these? `found` is its own list."""
    return not _is_same(list(wanted), found)


# --- inside --------------------------------------------------------------------------------------------


def _anywhere(kind: int, name: str) -> Json:
    """In servers and in private messages, for servers that invited the bot."""
    return {"type": kind, "name": name, "contexts": [SERVER, PRIVATE], "integration_types": [0]}


def _subcommand(command: Command) -> Json:
    says = {"type": SUBCOMMAND, "name": _word(command), "description": _sentence(command.help)}
    if command.takes is None:
        return says
    takes = command.takes
    option: Json = {"type": STRING, "name": takes.label, "description": _sentence(takes.help), "required": False}
    if takes.source:
        option["autocomplete"] = True
    return {**says, "options": [option]}


def _word(command: Command) -> str:
    """Discord has no command without a word."""
    return command.word or BEGIN


def _sentence(text: str) -> str:
    said = text[:1].upper() + text[1:]
    if len(said) > HELP:
        raise ValueError(f"Discord shows {HELP} characters of a command's help: {text}")
    return said


def _is_same(wanted: object, found: object) -> bool:
    """Does `found` say at least what `wanted` says? Discord adds ids, versions and defaults of its own."""
    match wanted, found:
        case dict(), dict():
            # What we leave out must be Discord's default there as well, or an old option would stay for ever.
            ours = all(_is_same(value, found.get(key)) for key, value in wanted.items())
            return ours and not any(found.get(key) for key in ("options", "autocomplete") if key not in wanted)
        case list(), list():
            there = sorted(found, key=_order) if all(isinstance(one, dict) for one in found) else found
            here = sorted(wanted, key=_order) if all(isinstance(one, dict) for one in wanted) else wanted
            return len(here) == len(there) and all(map(_is_same, here, there))
        case bool() | None, _:
            return bool(wanted) == bool(found)
        case _:
            return bool(wanted == found)


def _order(one: Any) -> tuple[str, str]:
    return str(one.get("type", "")), str(one.get("name", ""))

"""`whetstone setup slack`: from an app to its workspace, one step at a time."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from dotenv import dotenv_values
from pydantic import SecretStr

from adapters.dotenv import keep_setting
from adapters.inquiry import NoAnswer
from adapters.settings import masked
from adapters.slack.inquiry import Inquiry
from adapters.slack.installed import Team, check_team, open_line, read_team
from adapters.slack.scopes import OPTIONAL
from adapters.slack.settings import (
    APPS,
    BEGINS,
    CALLED,
    ENV_FILE,
    WORKSPACES,
    Kind,
    SlackSettings,
    Workspace,
    check_name,
    clean_token,
    parse_settings,
    setting_of,
    what_it_looks_like,
)
from adapters.terminal import Terminal
from bot.app import CannotStart
from bot.kernel.ports import Clock

FINE: Final = 0
TRIES = 3  # pastes of a token, at a terminal
KINDS: Final[tuple[Kind, ...]] = ("bot", "app")
MANIFEST = Path(__file__).resolve().parents[2] / "deploy" / "slack-manifest.yaml"


@dataclass(frozen=True, slots=True)
class Machine:
    """Where tokens stand already, so that nobody has to type them. `fixed` are those that a file cannot change."""

    file: Path
    given: Mapping[str, str]
    fixed: Mapping[str, str]  # by the setting's name: where it comes from


class WrongToken(CannotStart):
    """Another token would help."""


def set_up(file: Path, terminal: Terminal, clock: Clock, *, name: str = "") -> int:
    """
    Ask for the two tokens of a workspace, check them, keep them in `file`, and say what comes next.

    `name` is the operator's word for a further workspace. Returns the exit code. Raises CannotStart with one sentence
    that says what to do.
    """
    if name:
        check_name(name)
    settings = parse_settings(file)
    machine = _look_around(file)
    workspace = next(
        (one for one in settings.workspaces if one.setting("bot") == setting_of("bot", name)),
        Workspace(name, SecretStr(""), SecretStr("")),
    )
    if not all(workspace.token(kind) for kind in KINDS):
        _say_where_to_find(terminal)
    typed: dict[Kind, str] = {}
    try:
        with Inquiry(settings, clock) as slack:
            for kind in KINDS:
                workspace, is_new = _find_token(slack, workspace, kind, machine, terminal)
                _check_apart(workspace, kind, settings)
                if is_new:
                    typed[kind] = workspace.token(kind)
            team = read_team(slack, workspace)
            _keep(workspace, typed, settings, machine, terminal)
            _say_faults(slack, workspace, team, terminal)
    except NoAnswer as why:
        raise CannotStart(str(why)) from None
    except (KeyboardInterrupt, EOFError):
        raise CannotStart("No token came. Nothing was changed.") from None
    _say_what_next(team, file, terminal)
    return FINE


def _look_around(file: Path) -> Machine:
    in_file = {key: value for key, value in (dotenv_values(file) if file.is_file() else {}).items() if value}
    here = {key: value for key, value in os.environ.items() if value}
    given = in_file | here
    fixed = {name: f"the environment ({name})" for name, value in here.items() if clean_token(value)}
    for name, value in given.items():
        if name.endswith("_FILE"):
            fixed[name.removesuffix("_FILE")] = f"the file {value} ({name})"
    return Machine(file, given, fixed)


def _find_token(
    slack: Inquiry, workspace: Workspace, kind: Kind, machine: Machine, terminal: Terminal
) -> tuple[Workspace, bool]:
    """
    The workspace with a token of this kind that Slack takes, and whether somebody typed it just now.

    Raises CannotStart, EOFError, KeyboardInterrupt.
    """
    kept, name, called = workspace.token(kind), workspace.setting(kind), CALLED[kind]
    if kept and name in machine.fixed:
        _check(slack, workspace, kind, terminal)
        terminal.say(f"It comes from {machine.fixed[name]}.")
        return workspace, False
    if kept:
        terminal.say(f"{machine.file} holds one already: {called} ({masked(kept)}).")
    ask = f"Paste another {called}, or press Enter to keep this one" if kept else f"Paste the {called}"
    for left in reversed(range(TRIES if terminal.is_screen else 1)):
        typed = clean_token(terminal.hear(f"{ask}; it stays invisible: "))
        try:
            if not typed and kept:
                _check(slack, workspace, kind, terminal)
                return workspace, False
            tried = _with(workspace, kind, typed)
            _check(slack, tried, kind, terminal)
        except WrongToken as why:
            if not left:
                raise
            terminal.say(str(why))
        else:
            return tried, True
    raise AssertionError("unreachable")


def _check_apart(workspace: Workspace, kind: Kind, settings: SlackSettings) -> None:
    """The bot would not start with one token in two places. Raises CannotStart."""
    for other in settings.workspaces:
        if other.setting(kind) != workspace.setting(kind) and other.token(kind) == workspace.token(kind):
            raise CannotStart(
                f"{other.setting(kind)} holds this {CALLED[kind]} already. Each workspace has an app and tokens of its "
                "own. Nothing was changed."
            )


def _check(slack: Inquiry, workspace: Workspace, kind: Kind, terminal: Terminal) -> None:
    """Say what Slack makes of the token. Raises WrongToken, or CannotStart where another token would not help."""
    token = workspace.token(kind)
    if odd := what_it_looks_like(token, kind):
        raise WrongToken(f"This is no {CALLED[kind]}: {odd}")
    try:
        if kind == "bot":
            team = read_team(slack, workspace)
            terminal.say(f"Slack knows this bot token ({masked(token)}): “{team.bot}” in the workspace “{team.name}”.")
        else:
            open_line(slack, workspace)
            terminal.say(f"Slack lets the bot in with this app-level token ({masked(token)}).")
    except NoAnswer as why:
        raise (WrongToken if why.is_about_token else CannotStart)(str(why)) from None


def _keep(
    workspace: Workspace, typed: Mapping[Kind, str], settings: SlackSettings, machine: Machine, terminal: Terminal
) -> None:
    """Both tokens at the end: with one alone the bot would not start. Raises CannotStart."""
    for kind, token in typed.items():
        keep_setting(machine.file, workspace.setting(kind), token)
    names = [one.name for one in settings.workspaces if one.name]
    is_listed = not workspace.name or workspace.name in names
    if not is_listed and WORKSPACES in machine.fixed:
        terminal.say(f"Add {workspace.name} to {WORKSPACES} in the environment, or the bot does not look there.")
    elif not is_listed:
        keep_setting(machine.file, WORKSPACES, ",".join([*names, workspace.name]))
    if typed:
        terminal.say(f"Kept in {machine.file}. Only its owner can read that file.")
    else:
        terminal.say("Nothing was written.")


def _say_faults(slack: Inquiry, workspace: Workspace, team: Team, terminal: Terminal) -> None:
    for one in check_team(slack, workspace, team):
        if one.state != "fine":
            terminal.say(str(one))
    missing = [scope.name for scope in OPTIONAL if scope.name not in (team.scopes or ())]
    if missing and team.scopes is not None:
        terminal.say(f"Not granted, and not needed: {', '.join(missing)}. docs/slack.md says what each is for.")


def _say_where_to_find(terminal: Terminal) -> None:
    for line in (
        "You need an app in your workspace, and its two tokens.",
        f"  1. Open {APPS} and press “Create New App”, then “From a manifest”.",
        "  2. Choose your workspace. Choose YAML, and put there what stands in this file:",
        f"     {MANIFEST if MANIFEST.is_file() else 'deploy/slack-manifest.yaml, in the source of this program'}",
        "     Press “Next”, then “Create”.",
        "  3. On the left choose “Install App”, press “Install to ...”, then “Allow”.",
        f"  4. There copy the “Bot User OAuth Token”. It begins with {BEGINS['bot']}",
        "  5. On the left choose “Basic Information”. Under “App-Level Tokens” press “Generate Token and Scopes”,",
        f"     type a name, add connections:write, press “Generate”, and copy. It begins with {BEGINS['app']}",
    ):
        terminal.say(line)


def _say_what_next(team: Team, file: Path, terminal: Terminal) -> None:
    named = "" if file == ENV_FILE else f" --env-file {file}"
    for line in (
        "",
        f"Whetstone is in “{team.name}” ({team.address}). What comes now:",
        f"  1. Start it, and leave it running:  whetstone run{named}",
        "  2. In Slack open the channel in which the group should study.",
        f"  3. Type  /invite @{team.bot}  there, so that it may write in that channel.",
        "  4. Type  /study  there, and press “Use this channel”. You must be an admin or owner of the workspace,",
        "     or your member id stands in SLACK_ORGANISERS.",
        f"Is something not as it should be?  whetstone doctor slack{named}",
    ):
        terminal.say(line)


def _with(workspace: Workspace, kind: Kind, token: str) -> Workspace:
    if kind == "bot":
        return replace(workspace, bot_token=SecretStr(token))
    return replace(workspace, app_token=SecretStr(token))

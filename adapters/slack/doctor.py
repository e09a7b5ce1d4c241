"""`whetstone doctor slack`: looks at everything between the bot and Slack, and says how to mend what is wrong."""

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from adapters.checks import check_clock
from adapters.doctor_records import Used, list_used
from adapters.inquiry import NoAnswer, Pause, plain
from adapters.settings import is_here, masked
from adapters.slack.inquiry import Inquiry
from adapters.slack.installed import Team, check_team, open_line, read_team
from adapters.slack.settings import (
    ANOTHER_CHANNEL,
    ENV_FILE,
    WHERE,
    SlackSettings,
    Workspace,
    read_settings,
    set_up_again,
)
from bot.app import CannotStart
from bot.commands.doctor import Finding, check_database, report
from bot.config import Config
from bot.kernel.ports import Clock

FINE: Final = 0
FOUND: Final = 1
CANNOT_LOOK: Final = 2

SECRETS = Path("/run/secrets")  # where a container finds them; their mode is set by whoever started it


def doctor(
    config: Config, clock: Clock, *, as_json: bool = False, file: Path = ENV_FILE, pause: Pause | None = None
) -> tuple[int, str]:
    """Look at everything. Codes: 0 fine or only warnings, 1 something is broken, 2 there is no token to look with."""
    try:
        settings = read_settings(file)
    except CannotStart as why:
        found = [Finding("settings", "broken", str(why), "Correct it, then look again: whetstone doctor slack")]
        return CANNOT_LOOK, report(found, as_json=as_json)
    found = [*check_settings(settings, file), *examine(config, settings, clock, pause)]
    if not settings.is_set:
        return CANNOT_LOOK, report(found, as_json=as_json)
    return FOUND if any(one.state == "broken" for one in found) else FINE, report(found, as_json=as_json)


def examine(config: Config, settings: SlackSettings, clock: Clock, pause: Pause | None = None) -> list[Finding]:
    """Everything, over the network and in the database. Without tokens Slack is asked nothing."""
    try:
        used = list_used(config.database, "slack")
    except sqlite3.Error:  # what is wrong with it is said below
        used = []
    found: list[Finding] = []
    if settings.is_set:
        try:
            with Inquiry(settings, clock, pause) as slack:
                found += _ask(slack, settings.workspaces, used)
                found += check_clock("Slack", slack.ahead, clock.now())
        except NoAnswer as why:
            found.append(Finding("Slack", "broken", why.says, why.fix))
    return [*found, *check_database(config, clock.now())]


def _ask(slack: Inquiry, workspaces: Sequence[Workspace], used: Sequence[Used]) -> Iterator[Finding]:
    teams: dict[str, Workspace] = {}
    for workspace in workspaces:
        team, found = _look(slack, workspace)
        yield from found
        if team is None:
            continue
        if team.id in teams:
            says = f"{teams[team.id].setting('bot')} and {workspace.setting('bot')} are for the same workspace"
            yield Finding(f"workspace {team.name}", "broken", says, "Remove one of them: both would answer.")
            continue
        teams[team.id] = workspace
        yield from check_channels(slack, workspace, team, used)
    if len(teams) == len(workspaces):
        yield from _check_others(teams, used)


def _look(slack: Inquiry, workspace: Workspace) -> tuple[Team | None, list[Finding]]:
    """The workspace, and what is to be said of its two tokens. Raises NoAnswer where Slack is not reached at all."""
    found: list[Finding] = []
    team = None
    try:
        team = read_team(slack, workspace)
        says = f"Slack knows it ({masked(workspace.token('bot'))}): “{team.bot}” in {team.name}, {team.address}"
        found.append(Finding(workspace.setting("bot"), "fine", says))
        found += check_team(slack, workspace, team)
    except NoAnswer as why:
        if not why.word:
            raise
        found.append(Finding(workspace.setting("bot"), "broken", why.says, _then_set_up(why, workspace)))
    try:
        open_line(slack, workspace)
        says = f"Slack lets the bot in ({masked(workspace.token('app'))}); Socket Mode can be reached"
        found.append(Finding(workspace.setting("app"), "fine", says))
    except NoAnswer as why:
        found.append(Finding(workspace.setting("app"), "broken", why.says, _then_set_up(why, workspace)))
    return team, found


def _then_set_up(why: NoAnswer, workspace: Workspace) -> str:
    again = f"Then run {set_up_again(workspace.name)}, and start the bot again."
    return f"{why.fix} {again}" if why.is_about_token else why.fix


# --- one thing each ----------------------------------------------------------------------------------


def check_settings(settings: SlackSettings, file: Path) -> Iterator[Finding]:
    """What can be judged without asking anybody."""
    if not settings.is_set:
        fix = f"Run `whetstone setup slack`. {WHERE['bot']}. {WHERE['app']}."
        yield Finding("SLACK_BOT_TOKEN", "broken", "there is none", fix)
    if settings.api_base.startswith("http://") and not is_here(settings.api_base):
        fix = "Let SLACK_API_BASE begin with https://"
        yield Finding("settings", "warning", "the tokens travel unencrypted", fix)
    for secret in (file, *settings.token_files):
        if not secret.is_file() or secret.absolute().is_relative_to(SECRETS):
            continue
        if secret.stat().st_mode & 0o077:
            fix = f"Whoever has the tokens is the bot. Close it: chmod 600 {secret}"
            yield Finding("settings", "warning", f"other users of this machine may read {secret}", fix)


def check_channels(slack: Inquiry, workspace: Workspace, team: Team, used: Sequence[Used]) -> Iterator[Finding]:
    """Each channel that groups of this workspace use: is it open, and is the bot in it."""
    purposes: dict[str, list[str]] = {}
    for one in used:
        if one.place.partition("/")[0] == team.id:
            for purpose, spot in one.channels:
                purposes.setdefault(spot, []).append("everything else" if purpose == "main" else purpose)
    if not purposes:
        fix = f"In a channel type /invite @{team.bot}, then /study."
        yield Finding(f"workspace {team.name}", "warning", "it has no study group yet", fix)
    for spot, wanted in purposes.items():
        try:
            yield _check_channel(slack, workspace, team, spot)
        except NoAnswer as why:
            what = f"channel for {' and '.join(wanted)} in {team.name}"
            if why.word == "channel_not_found":
                says = f"Slack does not show it to the bot ({spot}): it was deleted, or it is private"
                fix = f"If it is private, type /invite @{team.bot} in it. Or: {ANOTHER_CHANNEL}"
                yield Finding(what, "broken", says, fix)
            else:
                yield Finding(what, "broken", why.says, why.fix)


def _check_channel(slack: Inquiry, workspace: Workspace, team: Team, spot: str) -> Finding:
    channel = slack.ask("conversations.info", workspace.token("bot"), channel=spot).body["channel"]
    name = f"#{plain(channel.get('name'))}"
    what = f"{name} in {team.name}"
    if channel.get("is_archived"):
        return Finding(what, "broken", "it is archived", f"Open it again in its settings. Or: {ANOTHER_CHANNEL}")
    if not channel.get("is_member"):
        return Finding(what, "broken", "the bot is not in it", f"Type /invite @{team.bot} in {name}.")
    return Finding(what, "fine", "it is open, and the bot is in it")


def _check_others(teams: dict[str, Workspace], used: Sequence[Used]) -> Iterator[Finding]:
    """Groups that nobody serves."""
    for one in used:
        team = one.place.partition("/")[0]
        if team not in teams:
            name = plain(one.title) or one.place
            fix = f"If the group should go on, set up its workspace ({team}) again: whetstone setup slack"
            yield Finding(f"group {name}", "warning", "no token here is for its workspace", fix)

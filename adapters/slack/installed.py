"""What Slack holds about our app in one workspace, and what in it would stop the bot."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from adapters.inquiry import NoAnswer, plain
from adapters.slack.inquiry import Inquiry
from adapters.slack.scopes import NEEDED, OPTIONAL, TO_ADD
from adapters.slack.settings import APPS, Workspace
from bot.commands.doctor import Finding


@dataclass(frozen=True, slots=True)
class Team:
    """A workspace as its bot token sees it. `bot` is the bot's name there; `scopes` are None where nobody tells."""

    id: str
    name: str
    address: str
    bot: str
    bot_id: str
    scopes: frozenset[str] | None
    is_organization: bool


def read_team(slack: Inquiry, workspace: Workspace) -> Team:
    """The workspace of this bot token. Raises NoAnswer."""
    answer = slack.ask("auth.test", workspace.token("bot"))
    me = answer.body
    return Team(
        id=str(me.get("team_id")),
        name=plain(me.get("team")),
        address=plain(me.get("url")).removeprefix("https://").rstrip("/"),
        bot=plain(me.get("user")),
        bot_id=str(me.get("bot_id") or ""),
        scopes=answer.scopes,
        is_organization=bool(me.get("is_enterprise_install")),
    )


def open_line(slack: Inquiry, workspace: Workspace) -> None:
    """Would Slack let the bot in with this app-level token, and is there a way to it? Raises NoAnswer."""
    opened = slack.ask("apps.connections.open", workspace.token("app"), "app")
    slack.reach(str(opened.body.get("url")))


def check_team(slack: Inquiry, workspace: Workspace, team: Team) -> Iterator[Finding]:
    """The app in this workspace: one workspace's, one app's, and allowed what it needs. Raises NoAnswer."""
    if team.is_organization:
        fix = f"Make the app anew at {APPS} and choose one workspace. The manifest in deploy/ does so."
        yield Finding(f"app in {team.name}", "broken", "it is installed for a whole organization", fix)
    yield from _check_one_app(slack, workspace, team)
    yield from check_scopes(team)


def check_scopes(team: Team) -> Iterator[Finding]:
    """What the workspace granted, against what is needed, and what each of the others is for."""
    what = f"scopes in {team.name}"
    if team.scopes is None:
        yield Finding(what, "warning", "Slack did not say which the app has", "Look again in a minute.")
        return
    missing = [scope for scope in NEEDED if scope.name not in team.scopes]
    for scope in missing:
        yield Finding(what, "broken", f"{scope.name} is missing, so {scope.without}", f"Add it. {TO_ADD}")
    unused = team.scopes - {scope.name for scope in (*NEEDED, *OPTIONAL)}
    more = f"; nothing uses {', '.join(sorted(unused))}" if unused else ""
    if not missing:
        yield Finding(what, "fine", f"all {len(NEEDED)} that the bot needs{more}")
    for scope in OPTIONAL:
        if scope.name in team.scopes:
            yield Finding(f"{scope.name} in {team.name}", "fine", f"granted, for {scope.why}")
        else:
            yield Finding(f"{scope.name} in {team.name}", "fine", f"not granted, so {scope.without}")


def _check_one_app(slack: Inquiry, workspace: Workspace, team: Team) -> Iterator[Finding]:
    """With tokens of two apps the bot would post as one and hear what is done with the other."""
    found = re.match(r"xapp-\d+-(A[A-Z0-9]+)-", workspace.token("app"))
    if found is None or not team.bot_id:
        return
    try:
        bot = slack.ask("bots.info", workspace.token("bot"), bot=team.bot_id).body.get("bot") or {}
    except NoAnswer as why:
        if not why.word:
            raise
        return  # the missing scope is said by another check
    if bot.get("app_id") and bot["app_id"] != found[1]:
        says = f"{workspace.setting('bot')} and {workspace.setting('app')} belong to two different apps"
        fix = f"Take both from the same app at {APPS}: {bot['app_id']} is the one of the bot token."
        yield Finding(f"app in {team.name}", "broken", says, fix)

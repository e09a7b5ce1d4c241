"""`whetstone doctor discord`: looks at everything between the bot and Discord, and says how to mend what is wrong."""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from adapters.checks import check_clock
from adapters.discord.application import Application, check_application, check_intents, read_application
from adapters.discord.commands import command_payload, differs
from adapters.discord.doctor_places import check_places
from adapters.discord.inbound import TENANT
from adapters.discord.inquiry import Inquiry
from adapters.discord.permissions import invite_link
from adapters.discord.settings import (
    DISCORD,
    ENV_FILE,
    WHERE,
    DiscordSettings,
    read_settings,
)
from adapters.doctor_records import Used, list_used
from adapters.inquiry import NoAnswer, Pause, plain
from adapters.settings import is_here, masked
from bot.app import CannotStart
from bot.commands.doctor import Finding, check_database, report
from bot.config import Config
from bot.engine.engine import Engine
from bot.features import discover
from bot.kernel.ports import Clock, Store

FINE: Final = 0
FOUND: Final = 1
CANNOT_LOOK: Final = 2

SECRETS = Path("/run/secrets")  # where a container finds them
FEW = 50  # starts of the bot that Discord still allows today
PAGE = 200  # Discord: servers in one answer


@dataclass(frozen=True, slots=True)
class Look:
    """What the checks share: who answers, who we are, and what the groups use."""

    discord: Inquiry
    settings: DiscordSettings
    app: Application
    used: Sequence[Used]


def doctor(
    config: Config, clock: Clock, *, as_json: bool = False, file: Path = ENV_FILE, pause: Pause | None = None
) -> tuple[int, str]:
    """Look at everything. Codes: 0 fine or only warnings, 1 something is broken, 2 there is no token to look with."""
    try:
        settings = read_settings(file)
        found = [*check_settings(settings, file), *examine(config, settings, clock, pause)]
    except CannotStart as why:
        found = [Finding("settings", "broken", str(why), "Correct it, then look again: whetstone doctor discord")]
        return CANNOT_LOOK, report(found, as_json=as_json)
    if not settings.is_set:
        return CANNOT_LOOK, report(found, as_json=as_json)
    return FOUND if any(one.state == "broken" for one in found) else FINE, report(found, as_json=as_json)


def examine(config: Config, settings: DiscordSettings, clock: Clock, pause: Pause | None = None) -> list[Finding]:
    """Everything, over the network and in the database. Without a token Discord is asked nothing."""
    found: list[Finding] = []
    try:
        used = list_used(config.database, TENANT)
    except sqlite3.Error:  # what is wrong with it is said below
        used = []
    if settings.is_set:
        found += _ask(settings, clock, used, pause)
    return [*found, *check_database(config, clock.now())]


def _ask(settings: DiscordSettings, clock: Clock, used: Sequence[Used], pause: Pause | None) -> Iterator[Finding]:
    try:
        with Inquiry(settings, clock, pause) as discord:
            app = read_application(discord)
            yield Finding("token", "fine", f"Discord knows it ({masked(settings.token.get_secret_value())})")
            yield from check_application(app)
            yield from check_intents(app, settings)
            yield from check_clock("Discord", discord.ahead, clock.now())
            look = Look(discord, settings, app, used)
            for what, check in (("gateway", check_gateway), ("commands", check_commands), ("servers", check_servers)):
                try:
                    yield from check(look)
                except NoAnswer as why:
                    yield Finding(what, "broken", why.says, why.fix)
    except NoAnswer as why:
        yield Finding("token" if why.is_about_token else "Discord", "broken", why.says, why.fix)


# --- one thing each ----------------------------------------------------------------------------------


def check_settings(settings: DiscordSettings, file: Path) -> Iterator[Finding]:
    """What can be judged without asking anybody."""
    if not settings.is_set:
        yield Finding("token", "broken", "there is none", f"Run `whetstone setup discord`. {WHERE}.")
    if settings.api_base.startswith("http://") and not is_here(settings.api_base):
        fix = "Let DISCORD_API_BASE begin with https://"
        yield Finding("settings", "warning", "the token travels unencrypted", fix)
    for secret in (file, settings.token_file):
        if secret is not None and secret.is_file() and not _is_mounted(secret) and secret.stat().st_mode & 0o077:
            fix = f"Whoever has the token is the bot. Close it: chmod 600 {secret}"
            yield Finding("settings", "warning", f"other users of this machine may read {secret}", fix)


def _is_mounted(secret: Path) -> bool:
    """A container's secret: nobody else is in there, and its mode is set by whoever started the container."""
    return secret.absolute().is_relative_to(SECRETS)


def check_gateway(look: Look) -> Iterator[Finding]:
    """Where events come from, and how often the bot may still start today."""
    found = look.discord.ask("gateway/bot")
    if look.settings.api_base != DISCORD and not look.settings.gateway_url:
        fix = f"Set DISCORD_GATEWAY_URL={plain(found.get('url'))}"
        yield Finding("gateway", "broken", "DISCORD_API_BASE names another server, the gateway is Discord's", fix)
        return
    limit = found.get("session_start_limit") or {}
    left, minutes = int(limit.get("remaining", FEW)), int(limit.get("reset_after", 0)) // 60_000
    if int(found.get("shards", 1)) > 1:
        fix = "Whetstone is made for fewer servers. Run a second bot with a token of its own."
        yield Finding("gateway", "warning", "the bot is in more servers than one connection should carry", fix)
    if left <= 0:
        fix = f"Wait {minutes} minutes. Then look in the log why the bot started so often."
        yield Finding("gateway", "broken", "Discord lets the bot connect no more today", fix)
    elif left < FEW:
        fix = "Something starts the bot again and again. Look in its log."
        yield Finding("gateway", "warning", f"the bot may connect {left} more times today", fix)
    else:
        yield Finding("gateway", "fine", f"it can be reached; {left} starts left today")


def check_commands(look: Look) -> Iterator[Finding]:
    """Whether Discord offers exactly the commands of this version."""
    wanted = wanted_commands()
    found = look.discord.ask(f"applications/{look.app.id}/commands")
    start = "The bot brings them up to date when it starts: whetstone run"
    if not found:
        yield Finding("commands", "warning", "Discord knows none yet", start)
    elif differs(wanted, found):
        yield Finding("commands", "warning", "Discord offers those of another version", start)
    else:
        words = len(wanted[0]["options"])
        yield Finding("commands", "fine", f"/study with {words} words, {len(wanted) - 1} in the menu of a message")


def check_servers(look: Look) -> Iterator[Finding]:
    """The servers that the bot is in, and in each what its group needs."""
    there = _servers(look.discord)
    used = {one.place: one for one in look.used}
    if not there:
        fix = f"Open this link and choose your server: {invite_link(look.app.id)}"
        yield Finding("servers", "warning", "the bot is in no server yet", fix)
    for server, name in there.items():
        if server not in used:
            fix = "Type /study begin in the channel where the group should study."
            yield Finding(f"server {name}", "warning", "it has no study group yet", fix)
            continue
        yield Finding(f"server {name}", "fine", "the bot is in it, and the group is set up")
        try:
            yield from check_places(look.discord, look.app, used[server], name)
        except NoAnswer as why:
            yield Finding(f"server {name}", "broken", why.says, why.fix)
    for one in look.used:
        if one.place not in there:
            fix = f"If the group should go on, invite it again: {invite_link(look.app.id)}"
            name = plain(one.title) or one.place
            yield Finding(f"server {name}", "warning", "it has a group, but the bot was removed from it", fix)


# --- inside --------------------------------------------------------------------------------------------


def wanted_commands() -> list[dict[str, Any]]:
    """The commands of this version."""
    nowhere = cast("Store", None)  # only what features registered is read
    return command_payload(Engine(nowhere, discover()))


def _servers(discord: Inquiry) -> dict[str, str]:
    """Names by id. Raises NoAnswer."""
    there: dict[str, str] = {}
    page: list[Any] = discord.ask("users/@me/guilds")
    while page:
        there |= {str(one["id"]): plain(one.get("name")) for one in page}
        page = discord.ask(f"users/@me/guilds?after={page[-1]['id']}") if len(page) == PAGE else []
    return there

"""`whetstone setup discord`: from a token to the first server, one step at a time."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from adapters.discord.application import Application, check_application, check_intents, read_application
from adapters.discord.inquiry import Inquiry
from adapters.discord.permissions import invite_link
from adapters.discord.settings import (
    ENV_FILE,
    PORTAL,
    DiscordSettings,
    clean_token,
    parse_settings,
    what_it_looks_like,
)
from adapters.dotenv import keep_setting
from adapters.inquiry import NoAnswer, plain
from adapters.settings import masked
from adapters.terminal import Terminal
from bot.app import CannotStart
from bot.kernel.ports import Clock

FINE: Final = 0
TRIES = 3  # pastes of a token, at a terminal
LOOK_AGAIN = 3.0  # seconds between two looks for a server
ASK = "Paste the bot token; it stays invisible: "
ASK_AGAIN = "Paste another token, or press Enter to keep this one; it stays invisible: "
WHERE_TO_FIND = (
    "You need the token of a bot. Where it is:",
    f"  1. Open {PORTAL} and press “New Application”, or choose one that you have.",
    "  2. On the left choose “Bot”. Press “Reset Token”, then “Copy”.",
)


@dataclass(frozen=True, slots=True)
class Known:
    """A token that Discord knows. `source` says who gave it; empty where somebody typed it just now."""

    settings: DiscordSettings
    app: Application
    source: str


def set_up(file: Path, terminal: Terminal, clock: Clock, *, wait: bool = True) -> int:
    """
    Ask for the token, check it, keep it in `file`, show the invite link, and wait until the bot is in a server.

    Returns the exit code. Raises CannotStart with one sentence that says what to do.
    """
    settings = parse_settings(file)
    try:
        known = _find_token(settings, file, terminal, clock)
    except (KeyboardInterrupt, EOFError):
        raise CannotStart("No token came. Nothing was changed.") from None
    token, app = known.settings.token.get_secret_value(), known.app
    terminal.say(
        f"Discord knows this token ({masked(token)}): the bot “{app.bot_name}” of the application “{app.name}”."
    )
    if known.source:
        terminal.say(f"It comes from {known.source}. Nothing was written.")
    else:
        keep_setting(file, "DISCORD_TOKEN", token)
        terminal.say(f"Kept in {file}. Only its owner can read that file.")
    _say_faults(known, terminal)
    terminal.say("")
    terminal.say("Invite the bot with this link. You need the right “Manage Server” in that server:")
    terminal.say(f"  {invite_link(app.id)}")
    if not app.is_public:
        terminal.say("Only you can use it, because “Public Bot” is off. For others switch it on:")
        terminal.say(f"  {PORTAL}/{app.id}/bot")
    servers = _wait_for_server(known.settings, terminal, clock, wait=wait)
    _say_what_next(servers, file, terminal)
    return FINE


def _find_token(settings: DiscordSettings, file: Path, terminal: Terminal, clock: Clock) -> Known:
    """A token from the settings, or typed until Discord knows one. Raises CannotStart, EOFError, KeyboardInterrupt."""
    if settings.token_file is not None:
        return _known(settings, clock, f"the file {settings.token_file} (DISCORD_TOKEN_FILE)")
    if clean_token(os.environ.get("DISCORD_TOKEN", "")):
        return _known(settings, clock, "the environment (DISCORD_TOKEN)")
    kept = settings.token.get_secret_value()
    if kept:
        terminal.say(f"There is a token in {file} ({masked(kept)}).")
    else:
        for line in WHERE_TO_FIND:
            terminal.say(line)
    for left in reversed(range(TRIES if terminal.is_screen else 1)):
        typed = clean_token(terminal.hear(ASK_AGAIN if kept else ASK))
        try:
            if not typed and kept:
                return _known(settings, clock, str(file))
            return _known(settings.model_copy(update={"token": SecretStr(typed)}), clock, "")
        except WrongToken as why:
            if not left:
                raise
            terminal.say(str(why))
    raise AssertionError("unreachable")


class WrongToken(CannotStart):
    """Another token would help."""


def _known(settings: DiscordSettings, clock: Clock, source: str) -> Known:
    """Raises WrongToken, or CannotStart where another token would not help."""
    if odd := what_it_looks_like(settings.token.get_secret_value()):
        raise WrongToken(f"This is no bot token: {odd}")
    try:
        with Inquiry(settings, clock) as discord:
            return Known(settings, read_application(discord), source)
    except NoAnswer as why:
        raise (WrongToken if why.is_about_token else CannotStart)(str(why)) from None


def _say_faults(known: Known, terminal: Terminal) -> None:
    for one in (*check_application(known.app), *check_intents(known.app, known.settings)):
        if one.state != "fine":
            terminal.say(str(one))


def _wait_for_server(settings: DiscordSettings, terminal: Terminal, clock: Clock, *, wait: bool) -> Sequence[str]:
    """The names of the servers that the bot is in. Empty when nobody waited for the first."""
    told, trouble = False, ""
    try:
        with Inquiry(settings, clock) as discord:
            while True:
                servers = []
                try:
                    servers = [plain(one.get("name")) for one in discord.ask("users/@me/guilds")]
                except NoAnswer as why:
                    if why.is_about_token or not wait:
                        raise CannotStart(str(why)) from None
                    if str(why) != trouble:  # the next look may succeed; the same words once are enough
                        trouble = str(why)
                        terminal.say(trouble)
                if servers or not wait:
                    return servers
                if not told:
                    terminal.say("Waiting until it is in a server. Ctrl-C stops the waiting; nothing is lost by that.")
                    told = True
                terminal.pause(LOOK_AGAIN)
    except KeyboardInterrupt:
        return ()


def _say_what_next(servers: Sequence[str], file: Path, terminal: Terminal) -> None:
    terminal.say("")
    if servers:
        more = f" and {len(servers) - 3} more" if len(servers) > 3 else ""
        names = ", ".join(f"“{name}”" for name in servers[:3])
        terminal.say(f"Whetstone is in {names}{more}. What comes now:")
    else:
        terminal.say("Whetstone is in no server yet. What comes now:")
        terminal.say("  0. Open the link above, choose your server, and press “Authorize”.")
    named = "" if file == ENV_FILE else f" --env-file {file}"
    terminal.say(f"  1. Start it, and leave it running:  whetstone run{named}")
    terminal.say("  2. In Discord open the channel in which the group should study.")
    terminal.say("  3. Type  /study begin  there, and press “Use this channel”.")
    terminal.say(f"Is something not as it should be?  whetstone doctor discord{named}")

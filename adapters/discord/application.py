"""What Discord's developer portal holds about our application, and what in it would stop the bot."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from adapters.discord.inquiry import Inquiry
from adapters.discord.settings import PORTAL, DiscordSettings
from adapters.inquiry import plain
from bot.commands.doctor import Finding

# Discord: "Application Resource", "Application Flags"; the second bit of each stands for bots on fewer servers.
MESSAGE_CONTENT: Final = 1 << 18 | 1 << 19
MEMBERS: Final = 1 << 14 | 1 << 15
GUILD_INSTALL: Final = "0"  # Discord: "Application Integration Types"


@dataclass(frozen=True, slots=True)
class Application:
    """`bot` is the bot user's id; for older applications it differs from `id`."""

    id: str
    name: str
    bot: str
    bot_name: str
    is_public: bool
    needs_grant: bool
    endpoint: str
    installs: Mapping[str, Any] | None
    flags: int


def read_application(discord: Inquiry) -> Application:
    """The application of this token. Raises NoAnswer."""
    me = discord.ask("users/@me")
    found = discord.ask("oauth2/applications/@me")
    return Application(
        id=str(found.get("id") or me["id"]),
        name=plain(found.get("name") or me["username"]),
        bot=str(me["id"]),
        bot_name=plain(me["username"]),
        is_public=bool(found.get("bot_public", True)),
        needs_grant=bool(found.get("bot_require_code_grant", False)),
        endpoint=str(found.get("interactions_endpoint_url") or ""),
        installs=found.get("integration_types_config"),
        flags=int(found.get("flags") or 0),
    )


def check_application(app: Application) -> Iterator[Finding]:
    """Settings of the portal that keep people from inviting the bot, or presses from reaching it."""
    page = f"{PORTAL}/{app.id}"
    wrong = False
    if app.endpoint:
        wrong = True
        fix = f"At {page}/information empty “Interactions Endpoint URL”, and press “Save Changes”."
        yield Finding("application", "broken", "presses and commands are sent to a web address, not to the bot", fix)
    if app.needs_grant:
        wrong = True
        fix = f"At {page}/bot switch off “Requires OAuth2 Code Grant”, and press “Save Changes”."
        yield Finding("application", "broken", "the invite link does not work", fix)
    if app.installs is not None and GUILD_INSTALL not in app.installs:
        wrong = True
        fix = f"At {page}/installation tick “Guild Install”, and press “Save Changes”."
        yield Finding("application", "broken", "it cannot be added to servers", fix)
    if not wrong:
        invites = "anybody with the link can invite it" if app.is_public else "only its owner can invite it"
        yield Finding("application", "fine", f"{app.name} ({app.id}); {invites}")


def check_intents(app: Application, settings: DiscordSettings) -> Iterator[Finding]:
    """Privileged intents: asked for by a setting, and allowed in the portal."""
    for what, wanted, allowed, switch, setting, use in (
        (
            "message content", settings.message_content, app.flags & MESSAGE_CONTENT, "Message Content Intent",
            "DISCORD_MESSAGE_CONTENT",
            "replies in open threads are not read; forms, private messages and “Use as my answer” work",
        ),
        (
            "members", settings.members, app.flags & MEMBERS, "Server Members Intent", "DISCORD_MEMBERS",
            "who leaves the server is noticed at the next message to them",
        ),
    ):  # fmt: skip
        if wanted and not allowed:
            fix = (
                f"At {PORTAL}/{app.id}/bot switch on “{switch}”, and press “Save Changes”. "
                f"Or set {setting}=false: then {use}."
            )
            yield Finding(what, "broken", f"{setting} asks for it, but the application may not have it", fix)
        elif wanted:
            yield Finding(what, "fine", "asked for, and allowed")
        else:
            yield Finding(what, "fine", f"not asked for, so {use}")

"""The doors for the bot itself: who it is, its servers, its private channels, its commands."""

from typing import TYPE_CHECKING

from tests.discord_fake import errors, rules
from tests.discord_fake.judge import Fault
from tests.discord_fake.payloads import (
    application_json,
    channel_json,
    guild_json,
    member_json,
    own_user_json,
    role_json,
)
from tests.discord_fake.rest import Answer, Call, Json, route
from tests.discord_fake.town import Guild

if TYPE_CHECKING:
    from tests.discord_fake.server import FakeDiscord


@route("GET", "/users/@me")
def get_myself(fake: "FakeDiscord", call: Call) -> Answer:
    return 200, own_user_json(fake.town.bot)


@route("GET", "/oauth2/applications/@me")
def get_my_application(fake: "FakeDiscord", call: Call) -> Answer:
    return 200, application_json(fake.town, fake.developer, fake.application_flags)


@route("GET", "/applications/@me")
def get_application(fake: "FakeDiscord", call: Call) -> Answer:
    return get_my_application(fake, call)


@route("GET", "/gateway/bot")
def get_gateway(fake: "FakeDiscord", call: Call) -> Answer:
    start = {
        "total": 1000,
        "remaining": 1000 - fake.gateway.identified,
        "reset_after": 86_400_000,
        "max_concurrency": 1,
    }
    return 200, {"url": fake.gateway_url, "shards": 1, "session_start_limit": start}


@route("GET", "/users/@me/guilds")
def list_guilds(fake: "FakeDiscord", call: Call) -> Answer:
    found: list[Json] = []
    for guild in fake.town.bot_guilds():
        have = fake.town.permissions(fake.town.bot, next(iter(guild.channels.values())))
        found.append(
            {
                "id": str(guild.id),
                "name": guild.name,
                "icon": None,
                "banner": None,
                "owner": False,
                "permissions": str(have),
                "features": [],
            }
        )
    return 200, found


# --- servers ---------------------------------------------------------------------------------


def _find_guild(fake: "FakeDiscord", call: Call) -> Guild:
    guild = fake.town.guilds.get(call.id("guild_id"))
    if guild is None or guild not in fake.town.bot_guilds():
        raise errors.unknown_guild()
    return guild


@route("GET", "/guilds/{guild_id}")
def get_guild(fake: "FakeDiscord", call: Call) -> Answer:
    return 200, guild_json(_find_guild(fake, call))


@route("GET", "/guilds/{guild_id}/channels")
def list_channels(fake: "FakeDiscord", call: Call) -> Answer:
    guild = _find_guild(fake, call)
    return 200, [channel_json(one, fake.town) for one in guild.channels.values() if not one.is_thread]


@route("GET", "/guilds/{guild_id}/roles")
def list_roles(fake: "FakeDiscord", call: Call) -> Answer:
    return 200, [role_json(role) for role in _find_guild(fake, call).roles.values()]


@route("GET", "/guilds/{guild_id}/members/{user_id}")
def get_member(fake: "FakeDiscord", call: Call) -> Answer:
    guild = _find_guild(fake, call)
    member = guild.members.get(call.id("user_id"))
    if member is None:
        raise errors.unknown_member()
    return 200, member_json(member, guild.joined_at)


# --- private channels --------------------------------------------------------------------------


@route("POST", "/users/@me/channels")
def open_private_channel(fake: "FakeDiscord", call: Call) -> Answer:
    user = fake.town.users.get(int(call.body.get("recipient_id") or 0))
    if user is None:
        raise errors.unknown_user()
    if user.bot:
        raise errors.dms_closed()
    return 200, channel_json(fake.town.dm(user), fake.town)


# --- commands ----------------------------------------------------------------------------------


def _ours(fake: "FakeDiscord", call: Call) -> None:
    if call.id("application_id") != fake.town.application_id:
        raise errors.missing_access()


@route("GET", "/applications/{application_id}/commands")
def list_commands(fake: "FakeDiscord", call: Call) -> Answer:
    _ours(fake, call)
    return 200, fake.town.commands


@route("PUT", "/applications/{application_id}/commands", checks=lambda _, call: _command_faults(call))
def set_commands(fake: "FakeDiscord", call: Call) -> Answer:
    _ours(fake, call)
    known = {(one["type"], one["name"]): one["id"] for one in fake.town.commands}
    fake.town.commands = [_stored(fake, one, known) for one in call.body]
    return 200, fake.town.commands


def _command_faults(call: Call) -> list[Fault]:
    return list(rules.commands_faults(call.body)) if isinstance(call.body, list) else []


def _stored(fake: "FakeDiscord", command: Json, known: dict[tuple[int, str], str]) -> Json:
    """Discord fills in what was left out, which is why a comparison must not take it word for word."""
    kind = command.get("type") or 1
    rights_needed = command.get("default_member_permissions")
    found: Json = {
        "id": known.get((kind, command["name"])) or str(fake.town.next_id()),
        "application_id": str(fake.town.application_id),
        "version": str(fake.town.next_id()),
        "default_member_permissions": None if rights_needed is None else str(rights_needed),
        "type": kind,
        "name": command["name"],
        "name_localizations": command.get("name_localizations"),
        "description": command.get("description") or "",
        "description_localizations": command.get("description_localizations"),
        "dm_permission": command.get("contexts") is None or 1 in command["contexts"],
        "contexts": command.get("contexts"),
        "integration_types": command.get("integration_types") or [0],
        "nsfw": False,
    }
    if command.get("options"):
        found["options"] = [_stored_option(option) for option in command["options"]]
    return found


def _stored_option(option: Json) -> Json:
    """`required` false and `autocomplete` false are not given back."""
    found = {key: value for key, value in option.items() if value is not None and value is not False}
    if option.get("options"):
        found["options"] = [_stored_option(inner) for inner in option["options"]]
    return found

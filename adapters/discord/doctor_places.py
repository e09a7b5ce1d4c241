"""The rights of the bot in the channels that a group uses, as Discord says them now."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Any, Final

from adapters.discord.application import Application
from adapters.discord.inquiry import Inquiry
from adapters.discord.kinds import FOR_GROUPS, FORUM
from adapters.discord.permissions import (
    ANOTHER_CHANNEL,
    ATTACH,
    MANAGE_THREADS,
    PIN,
    PREVIEW,
    PRIVATE_THREADS,
    RIGHTS,
    SEE,
    Attempt,
    Right,
    forbidden,
    lacking,
)
from adapters.doctor_records import Used
from adapters.inquiry import NoAnswer, plain
from bot.commands.doctor import Finding

ADMINISTRATOR: Final = 1 << 3
EVERYTHING: Final = (1 << 64) - 1
ROLE, PERSON = 0, 1  # Discord: "Overwrite"
GRACEFUL: Final = (PREVIEW, ATTACH, MANAGE_THREADS, PRIVATE_THREADS, PIN)  # without these the days still go on


def check_places(discord: Inquiry, app: Application, used: Used, server: str) -> Iterator[Finding]:
    """Each channel of the group: is it there, and what may the bot not do in it. Raises NoAnswer."""
    guild = discord.ask(f"guilds/{used.place}")
    app = replace(app, bot_name=_name(guild, app))
    me = discord.ask(f"guilds/{used.place}/members/{app.bot}")
    mine = {str(role) for role in me.get("roles", ())} | {used.place}
    by_roles = 0
    for role in guild.get("roles", ()):
        if str(role["id"]) in mine:
            by_roles |= int(role["permissions"])
    if str(guild.get("owner_id")) == app.bot:
        by_roles = EVERYTHING
    for spot, purposes in _by_spot(used.channels).items():
        what = f"channel for {' and '.join(purposes)} in {server}"
        try:
            channel = discord.ask(f"channels/{spot}")
        except NoAnswer as why:
            yield _closed(what, spot, app.bot_name, why)
            continue
        yield from _check_channel(channel, app, mine, by_roles, server)


def granted(by_roles: int, overwrites: Sequence[Mapping[str, Any]], roles: set[str], server: str, person: str) -> int:
    """
    The permission bits in a channel. `roles` are the ids of the person's roles, with that of @everyone, the server's.

    Discord: "Permission Overwrites" and "Implicit Permissions".
    """
    if by_roles & ADMINISTRATOR:
        return EVERYTHING
    have = by_roles
    changes = [(int(one["type"]), str(one["id"]), int(one["allow"]), int(one["deny"])) for one in overwrites]
    for step in (
        [one for one in changes if one[0] == ROLE and one[1] == server],
        [one for one in changes if one[0] == ROLE and one[1] in roles and one[1] != server],
        [one for one in changes if one[0] == PERSON and one[1] == person],
    ):
        for *_, deny in step:
            have &= ~deny
        for _, _, allow, _ in step:
            have |= allow
    return have if have & SEE.bit else 0


def _check_channel(
    channel: Mapping[str, Any], app: Application, mine: set[str], by_roles: int, server: str
) -> Iterator[Finding]:
    name, kind = f"#{plain(channel.get('name'))}", int(channel.get("type", 0))
    what = f"{name} in {server}"
    if kind not in FOR_GROUPS:
        yield Finding(what, "broken", "this is no channel for texts", ANOTHER_CHANNEL)
        return
    overwrites = channel.get("permission_overwrites") or ()
    allowed = granted(by_roles, overwrites, mine, str(channel["guild_id"]), app.bot)
    wanted = [right for right in RIGHTS if not (kind == FORUM and right is PRIVATE_THREADS)]
    gone = lacking(allowed, wanted)
    for right in gone:
        yield _missing(what, name, right, app.bot_name, by_channel=bool(by_roles & (right.bit | ADMINISTRATOR)))
    if not gone:
        yield Finding(what, "fine", "the bot has every right that it needs")


def _name(guild: Mapping[str, Any], app: Application) -> str:
    """What the list of roles calls the bot; its own name where it has no role of its own."""
    own = (role["name"] for role in guild.get("roles", ()) if (role.get("tags") or {}).get("bot_id") == app.bot)
    return plain(next(own, app.bot_name))


def _missing(what: str, name: str, right: Right, bot: str, *, by_channel: bool) -> Finding:
    fix = forbidden(Attempt(name, right, by_channel=by_channel, bot=bot))
    says = f"“{right.name}” is missing. {right.without}"
    return Finding(what, "warning" if right in GRACEFUL else "broken", says, fix)


def _closed(what: str, spot: str, bot: str, why: NoAnswer) -> Finding:
    """A channel about which Discord tells nothing: taken away, or hidden from the bot."""
    if why.status == HTTPStatus.NOT_FOUND:
        return Finding(what, "broken", f"it is gone ({spot})", ANOTHER_CHANNEL)
    if why.status == HTTPStatus.FORBIDDEN:
        fix = (
            f"In Discord open the channel's settings, then Permissions, add {bot} and allow "
            f"“{SEE.name}”. Or: {ANOTHER_CHANNEL}"
        )
        return Finding(what, "broken", f"the bot may not see it ({spot})", fix)
    return Finding(what, "broken", why.says, why.fix)


def _by_spot(channels: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    """What each channel is used for."""
    found: dict[str, list[str]] = {}
    for purpose, spot in channels:
        found.setdefault(spot, []).append("everything else" if purpose == "main" else purpose)
    return found

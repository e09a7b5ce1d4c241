"""What is known of channels, and errors in the words of the port. The client's cache is asked first, then Discord."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

import aiohttp
import discord

from adapters.delivering import remember
from adapters.discord.delivery import SERVER_BACK, delivery_error
from adapters.discord.permissions import Attempt, Right, missing_rights, whereabouts
from adapters.discord.rest import NotSent, Rest
from bot.kernel.errors import Later

INTRODUCED = timedelta(seconds=5)  # until a server is likely to have been introduced
TROUBLES = (discord.DiscordException, NotSent, OSError, aiohttp.ClientError)


@dataclass(frozen=True, slots=True)
class Kind:
    """`type` as Discord numbers it; `guild` is its server, empty for private messages."""

    type: int
    guild: str = ""


class Channels:
    def __init__(self, client: discord.Client, rest: Rest) -> None:
        self._client, self._rest = client, rest
        self._kinds: dict[str, Kind] = {}

    async def kind(self, channel: str, group: str = "") -> Kind:
        """Raises what `Rest.call` raises."""
        found = self.cached(channel, group)
        if found is not None:
            return Kind(found.type.value, str(found.guild.id))
        if channel not in self._kinds:
            told = await self._rest.call("GET", "/channels/{channel_id}", channel_id=channel)
            remember(self._kinds, channel, Kind(told["type"], str(told.get("guild_id") or "")))
        return self._kinds[channel]

    def cached(self, channel: str, group: str = "") -> discord.abc.GuildChannel | discord.Thread | None:
        """A channel or thread of a server, if the client's cache has it."""
        guild = self.guild(group)
        number = int(channel) if channel.isdigit() else 0
        found = guild.get_channel_or_thread(number) if guild else self._client.get_channel(number)
        return found if isinstance(found, discord.abc.GuildChannel | discord.Thread) else None

    def guild(self, group: str) -> discord.Guild | None:
        """The server of a group ("discord:<server id>"), if the client's cache has it."""
        number = group.rpartition(":")[2]
        return self._client.get_guild(int(number)) if number.isdigit() else None

    def require(self, group: str) -> None:
        """
        Raises Later while Discord says that this group's server is not available.

        At the beginning of a line it says so of every server, and introduces them one after the other.
        """
        guild = self.guild(group)
        if guild is not None and guild.unavailable:
            raise Later(SERVER_BACK if guild.name else INTRODUCED)

    def lacks(self, channel: str, right: Right, group: str = "") -> bool:
        """Is it known that we do not have this right there?"""
        found = self.cached(channel, group)
        return found is not None and bool(missing_rights(found.guild, found, (right,)))

    def where(self, channel: str, *needed: Right, group: str = "") -> Attempt:
        """For the sentence about a trouble there; `needed` is what was needed, the likeliest to be missing first."""
        found = self.cached(channel, group)
        guild = found.guild if found is not None else self.guild(group)
        if guild is None:
            return Attempt(right=needed[0] if needed else None, gone=bool(group) and self._client.is_ready())
        return whereabouts(guild, found, needed)

    @contextmanager
    def told(self, channel: str, *needed: Right, group: str = "", thread: bool = False) -> Iterator[None]:
        """What goes wrong inside goes wrong in this channel, or in a thread of it, and is said in the port's words."""
        try:
            yield
        except TROUBLES as error:
            where = replace(self.where(channel, *needed, group=group), thread=thread)
            raise delivery_error(error, where) from error


@contextmanager
def told_direct() -> Iterator[None]:
    """As `Channels.told`, for private messages."""
    try:
        yield
    except TROUBLES as error:
        raise delivery_error(error, Attempt("private messages", direct=True)) from error

"""Servers that the bot comes to and leaves, and what changes in them. The cache itself is discord.py's."""

import logging
from datetime import timedelta
from functools import partial

import discord

from adapters.discord.gateway import Gateway, Json
from adapters.discord.hearing import Hearing
from adapters.discord.inbound import TENANT, group_of
from adapters.discord.letters import Letters
from adapters.discord.permissions import SEE, WRITE, lacking, missing_rights
from adapters.discord.replies import Replies
from bot.kernel.card import Card, Note, Para
from bot.kernel.errors import DeliveryError
from bot.kernel.event import Event, Left, Person
from bot.kernel.ports import Platform, Posting, Spot
from bot.kernel.text import md

log = logging.getLogger(__name__)

NEW = timedelta(days=1)  # who invited the bot in this time, while it was off, is welcomed when it comes


class Servers:
    def __init__(
        self, client: Gateway, platform: Platform, letters: Letters, replies: Replies, hearing: Hearing
    ) -> None:  # fmt: skip
        self._client, self._platform, self._letters = client, platform, letters
        self._replies, self._hearing = replies, hearing
        self._before: set[int] = set()  # servers that the bot was in when this line began
        client.listen("READY", self.ready)
        client.listen("GUILD_CREATE", self.came)
        client.listen("GUILD_DELETE", self.went)
        client.listen("GUILD_MEMBER_REMOVE", self.member_gone)

    def ready(self, payload: Json) -> None:
        self._before = {int(guild["id"]) for guild in payload["guilds"]}

    def came(self, payload: Json) -> None:
        server = int(payload["id"])
        if payload.get("unavailable"):
            return
        if server not in self._before or self._is_new(payload):
            self._before.add(server)
            joined_at = str(payload.get("joined_at") or "")
            self._hearing.lines.put(f"server/{server}", partial(self._welcome, server, joined_at))

    def went(self, payload: Json) -> None:
        server = int(payload["id"])
        if payload.get("unavailable"):
            log.warning("server is not available", extra={"server": server})
            return
        log.warning("server was left", extra={"server": server})
        self._before.discard(server)
        self._hearing.lines.put(f"server/{server}", partial(self._letters.leave, server))

    def member_gone(self, payload: Json) -> None:
        user = payload["user"]
        if user.get("bot"):
            return
        now = self._hearing.now()
        # Discord gives this no id of its own. Told twice it is no harm; somebody may leave twice.
        id_ = f"left/{payload['guild_id']}/{user['id']}/{now:%Y%m%dT%H%M%S}"
        person = Person(str(user["id"]), str(user.get("global_name") or user.get("username") or ""))
        event = Event(id_, TENANT, group_of(payload["guild_id"]), "", person, now, Left())
        self._hearing.lines.start(self._replies.hear(event))

    def _is_new(self, payload: Json) -> bool:
        joined_at = payload.get("joined_at")
        if not joined_at:
            return False
        age: timedelta = self._hearing.now() - discord.utils.parse_time(str(joined_at))
        return timedelta(0) <= age < NEW

    async def _welcome(self, server: int, joined_at: str) -> None:
        if not await self._letters.welcome(server):
            return
        log.info("server was joined", extra={"server": server})
        guild = self._client.get_guild(server)
        channel = _first_open(guild) if guild else None
        if channel is None:
            log.warning("no channel to say hello in", extra={"server": server})
            return
        hello = Posting(f"hello/{server}/{joined_at}", group_of(server), Spot(str(channel.id)), hello_card())
        try:
            await self._platform.post(hello)
        except DeliveryError as trouble:
            log.warning("hello was not said", extra={"server": server, "why": str(trouble)})


def hello_card() -> Card:
    """The first words in a new server."""
    return Card(
        "Hello, I am Whetstone.",
        (
            Para(md("I help a study group to prepare for interviews, with one problem a day.")),
            Para(md("Go to the channel where your group meets. Type `/study begin` there, and I ask for the rest.")),
            Note(md("Somebody who manages this server must do this first step.")),
        ),
    )


def _first_open(guild: discord.Guild) -> discord.TextChannel | None:
    """
    Where everybody reads and writes: the channel for the server's own messages, or the first such one.

    Where there is none, the first one where the bot may write.
    """
    there = [guild.system_channel, *sorted(guild.text_channels, key=lambda channel: (channel.position, channel.id))]
    ours = [one for one in there if one is not None and not missing_rights(guild, one, (SEE, WRITE))]
    everybody = guild.default_role
    shared = [one for one in ours if not lacking(one.permissions_for(everybody).value, (SEE, WRITE))]
    return next(iter([*shared, *ours]), None)

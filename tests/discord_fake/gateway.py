"""The gateway: one websocket after another, sessions that survive them, and events filtered by intent."""

import asyncio
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import WSMsgType, web

from tests.discord_fake import rights
from tests.discord_fake.payloads import (
    guild_create_json,
    member_json,
    message_json,
    own_user_json,
    thread_member_json,
)
from tests.discord_fake.town import Channel, Guild, Message, User

if TYPE_CHECKING:
    from tests.discord_fake.server import FakeDiscord

Json = dict[str, Any]
GUILDS, MEMBERS, PRESENCES, GUILD_MESSAGES = 1 << 0, 1 << 1, 1 << 8, 1 << 9
DIRECT_MESSAGES, MESSAGE_CONTENT = 1 << 12, 1 << 15
HEARTBEAT, IDENTIFY, RESUME, RECONNECT, INVALID, HELLO, ACK = 1, 2, 6, 7, 9, 10, 11
BAD_TOKEN, BAD_SESSION, NO_INTENTS = 4004, 4009, 4014


@dataclass(eq=False)
class Session:
    """What Discord remembers of one IDENTIFY. `history` is what was sent, or waits to be."""

    id: str
    intents: int
    history: list[str] = field(default_factory=list)
    socket: web.WebSocketResponse | None = None
    sent: int = 0  # how much of the history went over the socket that is open now
    news: asyncio.Event = field(default_factory=asyncio.Event)
    alive: bool = True

    def push(self, event: str, data: Json) -> None:
        frame = {"op": 0, "s": len(self.history) + 1, "t": event, "d": data}
        self.history.append(json.dumps(frame, separators=(",", ":"), ensure_ascii=False))
        self.news.set()


class Gateway:
    def __init__(self, fake: "FakeDiscord") -> None:
        self._fake = fake
        self.sessions: list[Session] = []
        self.identified = 0
        self.resumed = 0
        self.silent = False  # nothing is sent and no heartbeat is answered, as when a router died
        self.heartbeat = 41.25  # seconds
        self.connections: list[web.WebSocketResponse] = []
        self.patient = False  # deeds wait for an open socket, so that a bot that is down loses nothing by them
        self._came = asyncio.Event()
        self._unsilenced = asyncio.Event()
        self._unsilenced.set()

    # --- what a test does ------------------------------------------------------------------

    async def connected(self, within: float = 20) -> None:
        """
        Wait until a bot listens.

        A session that lost its socket and can be resumed counts too, unless `patient`: what happens now waits in it,
        and is lost when its bot never comes back.
        """
        async with asyncio.timeout(within):
            while not (self.is_connected or (self.sessions and not self.patient)):
                self._came.clear()
                await self._came.wait()

    @property
    def is_connected(self) -> bool:
        return any(session.socket is not None for session in self.sessions)

    async def reconnect(self) -> None:
        """Ask the bot to come again (op 7)."""
        await self._control({"op": RECONNECT, "d": None})

    async def invalidate(self, *, resumable: bool = False) -> None:
        """Op 9: the session is over, or only this connection."""
        if not resumable:
            self.forget_sessions(keep_sockets=True)
        await self._control({"op": INVALID, "d": resumable})

    def forget_sessions(self, *, keep_sockets: bool = False) -> None:
        """No RESUME will be taken; what happens until the next IDENTIFY is lost."""
        for session in self.sessions:
            session.alive = False
        self.sessions = [s for s in self.sessions if keep_sockets and s.socket is not None]

    def abort(self) -> None:
        """The TCP connections break without a word. The sessions stay and can be resumed."""
        for socket in self.connections:
            transport = socket._req.transport if socket._req else None
            if transport is not None:
                transport.abort()
        for session in self.sessions:
            session.socket = None

    def silence(self) -> None:
        self.silent = True
        self._unsilenced.clear()

    def speak(self) -> None:
        self.silent = False
        self._unsilenced.set()

    # --- events ----------------------------------------------------------------------------

    def push(self, event: str, data: Json, intents: int = 0) -> None:
        """To every session that has one of these intents (0: always sent). Raw: nothing is checked."""
        for session in self.sessions:
            if session.alive and (not intents or session.intents & intents):
                session.push(event, data)

    def message(self, event: str, message: Message) -> None:
        """MESSAGE_CREATE and MESSAGE_UPDATE, with the content left out where the intent is missing."""
        if not self._fake.town.permissions(self._fake.town.bot, message.channel) & rights.VIEW_CHANNEL:
            return
        guild = message.channel.guild
        data = message_json(message, self._fake.town)
        if guild:
            data["guild_id"] = str(guild.id)
            if message.author.id in guild.members and not message.caused_by:
                data["member"] = member_json(guild.members[message.author.id], guild.joined_at, with_user=False)
        else:
            data["channel_type"] = message.channel.type
        for session in self.sessions:
            if session.alive and session.intents & (GUILD_MESSAGES if guild else DIRECT_MESSAGES):
                session.push(event, data if session.intents & MESSAGE_CONTENT else self._blanked(data, message))

    def deleted(self, message: Message) -> None:
        guild = message.channel.guild
        data = {"id": str(message.id), "channel_id": str(message.channel.id)}
        if guild:
            data["guild_id"] = str(guild.id)
        self.push("MESSAGE_DELETE", data, GUILD_MESSAGES if guild else DIRECT_MESSAGES)

    def seen_by_bot(self, data: Json, message: Message) -> Json:
        """A message over REST: the same words are left out there."""
        return data if self._fake.message_content else self._blanked(data, message)

    def _blanked(self, data: Json, message: Message) -> Json:
        bot = self._fake.town.bot
        mentions_us = any(user["id"] == str(bot.id) for user in data["mentions"])
        if message.author is bot or message.channel.guild is None or mentions_us:
            return data
        return {**data, "content": "", "embeds": [], "attachments": [], "components": []}

    def guild_event(self, event: str, data: Json, channel: Channel | None = None) -> None:
        """An event that the intent “guilds” brings; of a channel only where the bot sees it."""
        town = self._fake.town
        if channel is None or town.permissions(town.bot, channel) & rights.VIEW_CHANNEL:
            self.push(event, data, GUILDS)

    def thread_members(self, thread: Channel, *, added: Sequence[User], removed: Sequence[User]) -> None:
        assert thread.guild is not None
        data: Json = {"id": str(thread.id), "guild_id": str(thread.guild.id), "member_count": len(thread.members)}
        bot = self._fake.town.bot
        shown = [user for user in added if self._fake.members_intent or user is bot]
        gone = [user for user in removed if self._fake.members_intent or user is bot]
        if shown or gone:
            data["added_members"] = [thread_member_json(thread, user) for user in shown]
            data["removed_member_ids"] = [str(user.id) for user in gone]
            self.push("THREAD_MEMBERS_UPDATE", data, GUILDS)

    # --- one connection ----------------------------------------------------------------------

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.connections.append(socket)
        session: Session | None = None
        pump: asyncio.Task[None] | None = None
        try:
            await socket.send_json({"op": HELLO, "d": {"heartbeat_interval": int(self.heartbeat * 1000)}})
            async for frame in socket:
                if frame.type is not WSMsgType.TEXT:
                    continue
                said = json.loads(frame.data)
                await self._unsilenced.wait()
                if said["op"] == HEARTBEAT:
                    await socket.send_json({"op": ACK})
                elif said["op"] in (IDENTIFY, RESUME) and session is None:
                    session = await (self._identify if said["op"] == IDENTIFY else self._resume)(socket, said["d"])
                    if session is not None:
                        pump = asyncio.create_task(self._pump(session, socket))
        finally:
            if pump:
                pump.cancel()
            self.connections.remove(socket)
            self._part(session, socket)
        return socket

    def _part(self, session: Session | None, socket: web.WebSocketResponse) -> None:
        if session is None or session.socket not in (socket, None):
            return
        session.socket = None
        if socket.close_code in (1000, 1001) and session in self.sessions:  # the bot said goodbye
            self.sessions.remove(session)

    async def _identify(self, socket: web.WebSocketResponse, said: Json) -> Session | None:
        fake = self._fake
        if said["token"] != fake.token:
            await socket.close(code=BAD_TOKEN, message=b"Authentication failed.")
            return None
        wanted = said["intents"]
        missing = {MEMBERS: fake.members_intent, MESSAGE_CONTENT: fake.message_content, PRESENCES: False}
        if any(wanted & intent and not granted for intent, granted in missing.items()):
            await socket.close(code=NO_INTENTS, message=b"Disallowed intent(s).")
            return None
        self.identified += 1
        # A bot that died without a word comes again; nobody will resume what it left behind.
        self.sessions = [session for session in self.sessions if session.socket is not None and session.alive]
        session = Session(f"session-{self.identified}", wanted, socket=socket)
        self.sessions.append(session)
        guilds = [{"id": str(guild.id), "unavailable": True} for guild in fake.town.bot_guilds()]
        session.push(
            "READY",
            {
                "v": 10,
                "user": own_user_json(fake.town.bot),
                "guilds": guilds,
                "session_id": session.id,
                "resume_gateway_url": fake.gateway_url,
                "application": {"id": str(fake.town.application_id), "flags": fake.application_flags},
                "shard": said.get("shard", [0, 1]),
            },
        )
        for guild in fake.town.bot_guilds():
            self._introduce(session, guild)
        self._came.set()
        return session

    def _introduce(self, session: Session, guild: Guild) -> None:
        if session.intents & GUILDS and guild.available:
            session.push("GUILD_CREATE", guild_create_json(guild, self._fake.town))

    async def _resume(self, socket: web.WebSocketResponse, said: Json) -> Session | None:
        found = next((s for s in self.sessions if s.id == said["session_id"] and s.alive), None)
        if said["token"] != self._fake.token:
            await socket.close(code=BAD_TOKEN, message=b"Authentication failed.")
            return None
        if found is None:
            await socket.send_json({"op": INVALID, "d": False})
            return None
        found.socket, found.sent = socket, said["seq"]
        found.push("RESUMED", {})
        self.resumed += 1
        self._came.set()
        return found

    async def _pump(self, session: Session, socket: web.WebSocketResponse) -> None:
        """Send what the session has to say, in order, over this socket."""
        with suppress(ConnectionError):
            while session.socket is socket:
                await self._unsilenced.wait()
                while session.sent < len(session.history) and session.socket is socket and not self.silent:
                    session.sent += 1
                    await socket.send_str(session.history[session.sent - 1])
                session.news.clear()
                if session.sent >= len(session.history):
                    await session.news.wait()

    async def _control(self, frame: Json) -> None:
        for session in list(self.sessions):
            if session.socket is not None:
                with suppress(ConnectionError):
                    await session.socket.send_json(frame)
        self.sessions = [session for session in self.sessions if session.alive]

"""
A pretended Discord on this machine: REST and gateway, judged by Discord's own document.

    async with FakeDiscord(clock) as fake:
        ada = fake.town.add_user("Ada")
        study = fake.town.add_guild("Study", owner=ada)
        ...  # a bot connects to fake.api_base and fake.gateway_url with fake.token
        joined = await (await fake.command(ada, study.system_channel, "begin")).answered()
        assert "Welcome" in joined.messages[0].text
        assert fake.verdicts == []
"""

import asyncio
from datetime import timedelta
from types import TracebackType

from aiohttp import web

from bot.kernel.ports import Clock
from tests.discord_fake import account, messages, talk, threads  # noqa: F401  (their doors register themselves)
from tests.discord_fake.deeds import Deeds
from tests.discord_fake.faults import Faults
from tests.discord_fake.gateway import MEMBERS, Gateway
from tests.discord_fake.judge import Judge, Verdict, get_judge
from tests.discord_fake.limits import GENEROUS, Limits, Meter, Throttled
from tests.discord_fake.payloads import channel_json, guild_create_json, member_json, role_json, thread_json, user_json
from tests.discord_fake.rest import Call, serve
from tests.discord_fake.rights import RECOMMENDED
from tests.discord_fake.talk import Interaction
from tests.discord_fake.town import Attachment, Channel, Guild, Message, Role, Town, User

TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4.FAKE.a-token-that-opens-nothing"  # noqa: S105  (no secret: only this fake takes it)
MESSAGE_CONTENT_FLAG, MEMBERS_FLAG = 1 << 19, 1 << 15  # of the application


class FakeDiscord(Deeds):
    """
    Everything is judged unless `judge` is False. `message_content` and `members` are the privileged intents that are
    switched on for this bot. `nonce_window` is how long a nonce stays known, by the clock.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        judge: bool = True,
        message_content: bool = True,
        members: bool = False,
        limits: Limits = GENEROUS,
        nonce_window: timedelta = timedelta(minutes=3),
        active_threads: int = 1000,
    ) -> None:
        super().__init__(self)
        self.clock, self.token = clock, TOKEN
        self.judge: Judge | None = get_judge() if judge else None
        self.message_content, self.members_intent = message_content, members
        self.nonce_window, self.active_threads = nonce_window, active_threads
        self.archived_refuses = False  # an archived thread refuses messages even when it is not locked
        self.town = Town(clock)
        self.developer = self.town.add_user("Developer")
        self.gateway = Gateway(self)
        self.faults = Faults()
        self.meter = Meter(limits)
        self.calls: list[Call] = []
        self.verdicts: list[Verdict] = []
        self.throttled: list[Throttled] = []
        self.nonces: dict[str, Message] = {}
        self.interactions: dict[str, Interaction] = {}  # by token
        self.ephemeral: dict[int, Message] = {}
        self.uploads: dict[int, Attachment] = {}
        self.created: list[Message] = []  # every message of the bot that ever stood, in order
        self.closing = asyncio.Event()
        self._runner: web.AppRunner | None = None
        self._port = 0

    # --- where it is -----------------------------------------------------------------------

    @property
    def api_base(self) -> str:
        return f"http://127.0.0.1:{self._port}/api/v10"

    @property
    def gateway_url(self) -> str:
        return f"ws://127.0.0.1:{self._port}/gw/"

    @property
    def files_base(self) -> str:
        return f"http://127.0.0.1:{self._port}/files"

    @property
    def application_flags(self) -> int:
        return MESSAGE_CONTENT_FLAG * self.message_content | MEMBERS_FLAG * self.members_intent

    async def __aenter__(self) -> "FakeDiscord":
        app = web.Application(client_max_size=25 * 1024 * 1024)
        app.router.add_get("/gw/", self.gateway.serve)
        app.router.add_get("/files/{id}/{name}", self._give_file)
        app.router.add_route("*", "/api/v10/{tail:.*}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.05)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        self.gateway.speak()
        self.gateway.abort()
        if self._runner:
            await self._runner.cleanup()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        return await serve(self, request)

    async def _give_file(self, request: web.Request) -> web.Response:
        stored = self.uploads.get(int(request.match_info["id"]))
        if stored is None:
            raise web.HTTPNotFound
        return web.Response(body=stored.content, content_type=stored.content_type.partition(";")[0])

    # --- what the doors and the deeds share --------------------------------------------------

    def post(self, message: Message) -> None:
        """Let the message stand in its channel, and tell the gateway as Discord does (our own messages as well)."""
        channel = message.channel
        channel.messages[message.id] = message
        channel.sent += 1
        if channel.is_thread:
            channel.members.setdefault(message.author.id, message.author)
            if channel.archived and not channel.locked:
                channel.archived, channel.archived_at = False, self.clock.now()
                self.gateway.guild_event("THREAD_UPDATE", thread_json(channel, self.town), channel)
        if message.author is self.town.bot:
            self.created.append(message)
        self.gateway.message("MESSAGE_CREATE", message)

    def drop(self, message: Message) -> None:
        message.deleted = True
        if message.channel.messages.pop(message.id, None):
            self.gateway.deleted(message)

    def remove_channel(self, channel: Channel) -> None:
        assert channel.guild is not None
        data = channel_json(channel, self.town)
        if channel.is_thread:
            data = {key: data[key] for key in ("id", "guild_id", "parent_id", "type")}
        event = "THREAD_DELETE" if channel.is_thread else "CHANNEL_DELETE"
        self.gateway.guild_event(event, data, channel)
        for one in [channel, *(thread for thread in channel.guild.threads() if thread.parent is channel)]:
            self.town.channels.pop(one.id, None)
            channel.guild.channels.pop(one.id, None)

    # --- what happens in servers ---------------------------------------------------------------

    def make_channel(self, guild: Guild, name: str, type: int = 0) -> Channel:
        """Somebody makes a channel while the bot listens."""
        channel = self.town.add_channel(guild, name, type)
        self.gateway.guild_event("CHANNEL_CREATE", channel_json(channel, self.town), channel)
        return channel

    def join_guild(self, guild: Guild) -> None:
        """The bot is invited to a server that was made with `with_bot=False`, or comes back to one."""
        member = self.town.join(guild, self.town.bot)
        if not member.roles:
            member.roles.append(self.town.add_role(guild, self.town.bot.name, RECOMMENDED, managed=True))
        guild.joined_at = self.clock.now()
        self.gateway.push("GUILD_CREATE", guild_create_json(guild, self.town), 1)

    def leave_guild(self, guild: Guild) -> None:
        """The bot is thrown out."""
        guild.members.pop(self.town.bot.id, None)
        self.gateway.push("GUILD_DELETE", {"id": str(guild.id)}, 1)

    def outage(self, guild: Guild, *, over: bool = False) -> None:
        """The server cannot be reached for a while (or can be again)."""
        guild.available = over
        if over:
            self.gateway.push("GUILD_CREATE", guild_create_json(guild, self.town), 1)
        else:
            self.gateway.push("GUILD_DELETE", {"id": str(guild.id), "unavailable": True}, 1)

    def change_role(self, guild: Guild, role: Role, permissions: int) -> None:
        role.permissions = permissions
        self.gateway.push("GUILD_ROLE_UPDATE", {"guild_id": str(guild.id), "role": role_json(role)}, 1)

    def take_role(self, guild: Guild, user: User, role: Role) -> None:
        """Take a role from somebody; of the bot itself one hears without any intent of members."""
        member = guild.members[user.id]
        member.roles.remove(role)
        data = member_json(member, guild.joined_at) | {"guild_id": str(guild.id)}
        self.gateway.push("GUILD_MEMBER_UPDATE", data, 1 if user is self.town.bot else MEMBERS)

    def change_channel(self, channel: Channel) -> None:
        """Tell the bot that a channel is not what it was: its name, or who may do what."""
        self.gateway.push("CHANNEL_UPDATE", channel_json(channel, self.town), 1)

    def leave(self, user: User, guild: Guild) -> None:
        """Somebody leaves a server."""
        guild.members.pop(user.id, None)
        data = {"guild_id": str(guild.id), "user": user_json(user)}
        self.gateway.push("GUILD_MEMBER_REMOVE", data, MEMBERS)

    def noise(self, channel: Channel, author: User, count: int) -> None:
        """Other people talk: `count` messages stand in the channel."""
        for n in range(count):
            self.post(Message(self.town.next_id(), channel, author, self.clock.now(), f"something else {n}"))

    def sent(self, method: str, template: str = "") -> list[Call]:
        """The calls that the bot made, of this kind."""
        return [call for call in self.calls if call.method == method and template in (call.template, "")]

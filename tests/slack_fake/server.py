"""
A pretended Slack on this machine: Web API and Socket Mode, every message and view judged.

    async with FakeSlack(clock) as fake:
        ada = fake.town.add_user("Ada")
        study = fake.town.add_channel("study", ada)
        ...  # a bot connects to fake.api_base with fake.bot_token and fake.app_token
        seen = await fake.command(ada, study, "/study", "today")
        assert "Problem" in seen.ephemerals[0].words
        assert fake.verdicts == []
"""

import asyncio
import time
from collections.abc import Callable
from types import TracebackType

from aiohttp import web

from adapters.slack.scopes import NEEDED, OPTIONAL
from bot.kernel.ports import Clock
from tests.slack_fake import conversations, web_api  # noqa: F401  (their methods register themselves)
from tests.slack_fake.chat import ResponseUrl, respond
from tests.slack_fake.deeds import Deed, Deeds
from tests.slack_fake.faults import Faults, Kind
from tests.slack_fake.files import keep_file
from tests.slack_fake.limits import GENEROUS, Limits, Meter, Throttled
from tests.slack_fake.payloads import event_json, message_json, user_json
from tests.slack_fake.rules import Verdict
from tests.slack_fake.socket_mode import EVENTS, SocketMode
from tests.slack_fake.town import Channel, File, Json, Message, Town, User
from tests.slack_fake.web_api import Call, hang_up, kind_scope, read_args, reply

GRANTED = frozenset(scope.name for scope in (*NEEDED, *OPTIONAL))
HISTORY = frozenset(scope.name for scope in OPTIONAL if scope.name.endswith(":history"))


class FakeSlack(Deeds):
    """
    One workspace with one app, which was granted everything that it asks for.

    Everything is judged unless `judge` is False. Without `history` the app may not read conversations, and does not
    hear what is written there. `seconds` is the clock of the rate limits.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        judge: bool = True,
        history: bool = True,
        limits: Limits = GENEROUS,
        seconds: Callable[[], float] = time.monotonic,
        largest_page: int = 1_000,
        patience: float = 10.0,
    ) -> None:
        super().__init__(self)
        self.clock, self.judges, self.patience, self.largest_page = clock, judge, patience, largest_page
        self.scopes: frozenset[str] = GRANTED if history else GRANTED - HISTORY
        self.unsubscribed: set[str] = set()  # events that the app did not ask for
        self.are_messages_off = self.is_home_off = self.is_socket_disabled = False
        self.unready = 1  # how often a file that was handed in cannot stand in a block yet
        self.revoked = ""  # what every call with the bot's token is answered from now on
        self.faults, self.meter = Faults(), Meter(limits, seconds)
        self.calls: list[Call] = []
        self.verdicts: list[Verdict] = []
        self.throttled: list[Throttled] = []
        self.triggers: dict[str, Deed] = {}
        self.response_urls: dict[str, ResponseUrl] = {}
        self.ephemeral: dict[str, Message] = {}  # by receipt
        self.expected: dict[str, int] = {}  # bytes of files that are on their way
        self.created: list[Message] = []  # every message of the bot that ever stood, in order
        self.closing = asyncio.Event()
        self._family = [self]
        self._runner: web.AppRunner | None = None
        self._port = 0
        self._settle(1, "Study")

    def _settle(self, number: int, name: str) -> None:
        self.town = Town(self.clock, number, name)
        self.bot_token, self.app_token = f"xoxb-{number}-opens-nothing", f"xapp-{number}-opens-nothing"
        self.socket = SocketMode(self)

    def neighbour(self, name: str) -> "FakeSlack":
        """Another workspace behind the same address, with an app and tokens of its own."""
        other = FakeSlack(self.clock, judge=self.judges, patience=self.patience)
        other.meter = Meter(self.meter.limits, self.meter._seconds)
        other._settle(len(self._family) + 1, name)
        other._family, other.closing, other._port = self._family, self.closing, self._port
        self._family.append(other)
        return other

    # --- where it is -----------------------------------------------------------------------

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def api_base(self) -> str:
        return f"{self.base}/api/"

    @property
    def socket_url(self) -> str:
        return f"ws://127.0.0.1:{self._port}/socket/{self.town.team_id}"

    async def __aenter__(self) -> "FakeSlack":
        app = web.Application(client_max_size=25 * 1024 * 1024)
        app.router.add_route("*", "/api/{method}", self._serve)
        app.router.add_get("/socket/{team}", self._connect)
        app.router.add_post("/response/{team}/{number}", self._respond)
        app.router.add_post("/upload/{team}/{file}", self._take_file)
        app.router.add_get("/files/{team}/{file}/{name}", self._give_file)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.05)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        for one in self._family:
            one.socket.close()
        if self._runner:
            await self._runner.cleanup()

    # --- doors -------------------------------------------------------------------------------

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        args = await read_args(request)
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        fake = next((one for one in self._family if token in (one.bot_token, one.app_token)), self)
        return await web_api.serve(fake, request.match_info["method"], request, token, args)

    def _of(self, request: web.Request) -> "FakeSlack":
        for one in self._family:
            if one.town.team_id == request.match_info["team"]:
                return one
        raise web.HTTPNotFound

    async def _connect(self, request: web.Request) -> web.StreamResponse:
        return await self._of(request).socket.serve(request)

    async def _respond(self, request: web.Request) -> web.StreamResponse:
        fake, number = self._of(request), request.match_info["number"]
        if number not in fake.response_urls:
            raise web.HTTPNotFound
        body = await read_args(request)
        call = Call("response_url", body)
        fake.calls.append(call)
        fault = fake.faults.next("response_url")
        if fault and (broken := await web_api.cut_short(fake, fault, request, call)) is not None:
            return broken
        call.status, answer = respond(fake, fake.response_urls[number], body)
        fake.response_urls[number].deed.grew()
        if fault:
            return hang_up(request) if fault.kind is Kind.RESET_AFTER else reply(fault.body, fault.status)
        return reply(answer, call.status)

    async def _take_file(self, request: web.Request) -> web.StreamResponse:
        fake, number = self._of(request), request.match_info["file"]
        fault = fake.faults.next("upload")
        if fault and (broken := await web_api.cut_short(fake, fault, request)) is not None:
            return broken
        content = await request.read()
        if len(content) != fake.expected.get(number):
            return reply("the length is not what was announced", 400)
        fake.town.files[number].content = content
        return reply(f"OK - {len(content)}")

    async def _give_file(self, request: web.Request) -> web.StreamResponse:
        fake = self._of(request)
        file = fake.town.files.get(request.match_info["file"])
        allowed = request.headers.get("Authorization") == f"Bearer {fake.bot_token}" and "files:read" in fake.scopes
        if file is None or not allowed:
            raise web.HTTPNotFound
        return web.Response(body=file.content, content_type=file.mimetype)

    # --- what methods and deeds share ----------------------------------------------------------

    def hears(self, event: str, channel: Channel | None = None) -> bool:
        """Whether the app asked for this event and was granted what it needs."""
        if event == "message" and channel is not None:
            name = {"channel": "channels", "group": "groups"}.get(channel.kind, channel.kind)
            needed, event = kind_scope(channel, "history"), f"message.{name}"
            if self.town.bot.id not in channel.members:
                return False
        elif event.startswith("member_") and channel is not None:
            needed = kind_scope(channel, "read")
        else:
            needed = {"team_join": "users:read", "user_change": "users:read"}.get(event, "")
        return event not in self.unsubscribed and (not needed or needed in self.scopes)

    def stand(self, message: Message) -> None:
        """Let a message of the bot stand, and tell it as Slack does (it hears its own words as well)."""
        message.channel.messages[message.ts] = message
        self.created.append(message)
        deed = self.latest
        if deed is not None and deed.user.id in message.channel.members:
            deed.posts.append(message)
            deed.grew()
        self._tell(message, message_json(message, self.town))

    def show(self, message: Message, deed: Deed | None) -> None:
        """An ephemeral message appears before one person."""
        self.ephemeral[message.receipt] = message
        if deed is not None:
            deed.ephemerals.append(message)
            deed.grew()

    def changed(self, message: Message, before: Json) -> None:
        deed = self.latest
        if deed is not None and deed.user.id in message.channel.members:
            deed.edited.append(message)
            deed.grew()
        self._tell(message, self.change_event(message, before))

    def drop(self, message: Message) -> None:
        if message.ephemeral:
            message.deleted = True
            self.ephemeral.pop(message.receipt, None)
        else:
            self._tell(message, self.take_away(message))

    def change_event(self, message: Message, before: Json) -> Json:
        now = message_json(message, self.town)
        ts = self.town.next_ts()
        return {
            "type": "message",
            "subtype": "message_changed",
            "hidden": True,
            "ts": ts,
            "message": now,
            "previous_message": before,
        }

    def take_away(self, message: Message) -> Json:
        """The message is gone; where others answered it, a stone marks the place. Returns the event."""
        before = message_json(message, self.town)
        message.deleted = True
        if message.channel.thread(message.ts):
            message.subtype, message.text, message.blocks = "tombstone", "This message was deleted.", []
            return self.change_event(message, before)
        del message.channel.messages[message.ts]
        event: Json = {"type": "message", "subtype": "message_deleted", "hidden": True}
        return event | {"ts": self.town.next_ts(), "deleted_ts": message.ts, "previous_message": before}

    def _tell(self, message: Message, event: Json) -> None:
        channel = message.channel
        if self.hears("message", channel) and self.socket.connections:
            event |= {"channel": channel.id, "channel_type": channel.kind, "event_ts": event["ts"]}
            self.socket.push(EVENTS, event_json(self, event))

    def sent(self, method: str) -> list[Call]:
        """The calls of this method that the bot made."""
        return [call for call in self.calls if call.method == method]

    def hand(self, owner: User, name: str, content: bytes) -> File:
        """A file that somebody has."""
        return keep_file(self.town, self.base, owner, name, content)

    # --- what happens in workspaces --------------------------------------------------------------

    async def join_team(self, user: User) -> Deed:
        """Somebody is new in the workspace."""
        return await self.event(user, {"type": "team_join", "user": user_json(user, self.town)})

    async def join(self, user: User, channel: Channel) -> Deed:
        """Somebody (or the bot, by invitation) comes into a channel."""
        channel.members[user.id] = user
        return await self._membership("member_joined_channel", user, channel)

    async def leave(self, user: User, channel: Channel) -> Deed:
        channel.members.pop(user.id, None)
        return await self._membership("member_left_channel", user, channel)

    async def _membership(self, kind: str, user: User, channel: Channel) -> Deed:
        letter = {"channel": "C", "group": "G"}.get(channel.kind, "C")
        event = {
            "type": kind,
            "user": user.id,
            "channel": channel.id,
            "channel_type": letter,
            "team": self.town.team_id,
        }
        return await self.event(user, event, channel)

    async def change(self, user: User) -> Deed:
        """A profile changed: name, zone, rights, or that the person is gone. Change the User first."""
        event = {"type": "user_change", "user": user_json(user, self.town), "cache_ts": 1}
        return await self.event(user, event)

    async def uninstall(self) -> None:
        """The app is removed from the workspace: two events, and the token is worth nothing any more."""
        self.revoked = "account_inactive"
        tokens = {"oauth": [], "bot": [self.town.bot.id]}
        await self.event(self.town.bot, {"type": "tokens_revoked", "tokens": tokens}, wait=False)
        await self.event(self.town.bot, {"type": "app_uninstalled"}, wait=False)

    def revoke_token(self) -> None:
        """An admin takes the token back; nobody tells the bot."""
        self.revoked = "token_revoked"

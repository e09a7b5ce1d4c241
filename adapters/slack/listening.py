"""
The line to one Slack workspace: two connections of slack_sdk's Socket Mode, and slack-bolt behind them.

Slack hands each thing to one of the connections; while it renews one, the other is there. What is not acknowledged in
time, events come again for. So the acknowledgement is what the work returns, when it is done: bolt's own listeners
would acknowledge events before. Slack's tickets stand in the addresses of the connections, so the library logs nothing.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

import aiohttp
from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app, send_async_response
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.web import error_word, told_wait
from bot.kernel.errors import Later

log = logging.getLogger(__name__)
quiet = logging.getLogger(f"{__name__}.library")
quiet.setLevel(logging.CRITICAL + 1)

Json = dict[str, Any]
# (what Slack sent, how often before) -> what rides on the acknowledgement
Take = Callable[[Mapping[str, Any], int], Awaitable[Mapping[str, Any] | None]]

CONNECTIONS = 2
PING = 5.0  # seconds between signs of life
LOOK = 0.5  # seconds between looks at a connection
GRACE = (2.0, 2.0, 4.0, 8.0)  # seconds without a connection, then another is made; by failures in a row
# The same where Slack refused the handshake. It gives 50 addresses a minute (apps.connections.open), here to two lines.
REFUSED_GRACE = (0.5, 1.0, 2.0, 3.0, 5.0)
LAST_WORDS = 2.0  # seconds that work which was begun may still take
SWITCHED = 101  # the status with which a connection of Socket Mode begins
BYE = 0.6  # seconds for a polite end

NETWORK = (SlackClientError, aiohttp.ClientError, ConnectionError, TimeoutError, Later)
REPEATS = 3  # how often Slack tells of an event again
NEXT_TIME = "not done for now; Slack tells of it again"
NEXT_START = "not done; messages are read again at the next start"

NOT_LET_IN = {  # what no further attempt changes, with what to do
    "invalid_auth": "Slack does not take the app-level token. Make a new one",
    "not_authed": "Slack does not take the app-level token. Make a new one",
    "token_revoked": "The app-level token was revoked. Make a new one",
    "token_expired": "The app-level token has expired. Make a new one",
    "account_inactive": "The app-level token belongs to an app that is gone. Make a new one",
    "not_allowed_token_type": "This is no app-level token. Make one",
    "missing_scope": "The app-level token lacks the scope connections:write. Make a new one with it",
}


class Refused(Exception):
    """Slack lets this app not in; trying again is of no use. One sentence with the fix."""


class Turns:
    """Lets work with the same key run in the order in which it came, and other work beside it."""

    def __init__(self) -> None:
        self._locks: dict[str, asyncio.Lock] = {}
        self._waiting: Counter[str] = Counter()

    @asynccontextmanager
    async def of(self, key: str) -> AsyncIterator[None]:
        lock = self._locks.setdefault(key, asyncio.Lock())
        self._waiting[key] += 1
        try:
            async with lock:
                yield
        finally:
            self._waiting[key] -= 1
            if not self._waiting[key]:
                del self._waiting[key], self._locks[key]


class Socket(SocketModeClient):
    """
    One connection. `refused` is a sentence once Slack has refused the token; then it stays closed.

    `free_at`, by the loop's time, is when Slack gives an address again. `is_turned_away` says that a handshake was
    refused: its address is of no use any more.
    """

    def __init__(
        self, app_token: str, web: AsyncWebClient, proxy: str | None, ping: float, about: Mapping[str, str]
    ) -> None:
        super().__init__(app_token, logger=quiet, web_client=web, proxy=proxy, ping_interval=ping)
        self.free_at, self._about = 0.0, about
        self.proxy = proxy  # the library takes the environment's even for this machine
        self.refused, self.is_turned_away = "", False
        self.begun: set[asyncio.Task[Any]] = set()
        handshakes = aiohttp.TraceConfig()
        handshakes.on_request_end.append(self._note_handshake)
        handshakes.freeze()
        self.aiohttp_client_session.trace_configs.append(handshakes)  # the library says nothing of them but in its log

    async def _note_handshake(self, _: object, __: object, ended: aiohttp.TraceRequestEndParams) -> None:
        self.is_turned_away = ended.response.status != SWITCHED

    async def issue_new_wss_url(self) -> str:
        while True:
            try:
                return str((await self.web_client.apps_connections_open(app_token=self.app_token))["url"])
            except SlackApiError as no:
                error, wait = error_word(no), told_wait(no)
                if error in NOT_LET_IN:
                    self.refused, self.closed = NOT_LET_IN[error], True
                else:
                    log.warning("slack gives no connection", extra={**self._about, "error": error, "seconds": wait})
                if wait is None:
                    raise
            self.free_at = asyncio.get_running_loop().time() + wait
            await asyncio.sleep(wait)

    async def run_message_listeners(self, message: Json, raw_message: str) -> None:
        with _among(self.begun):
            await super().run_message_listeners(message, raw_message)

    async def end(self, patience: float) -> None:
        """Close it; what was begun has so many seconds to come to its end. The library leaves its tasks to us."""
        self.closed = True  # an attempt to connect that is going on is the last one
        if self.begun:
            await asyncio.wait(set(self.begun), timeout=patience)
        with suppress(TimeoutError, OSError, aiohttp.ClientError):
            async with asyncio.timeout(BYE):
                await self.close()  # type: ignore[no-untyped-call]
        own = (self.message_processor, self.current_session_monitor, self.message_receiver)
        tasks = {*self.begun, *filter(None, own)}
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        await self.aiohttp_client_session.close()


class Listening:
    """
    The ears of one workspace. `tried` is set when Slack has let us in.

    `pace` multiplies every wait of the line; tests shorten it.
    """

    def __init__(
        self, web: AsyncWebClient, app_token: str, me: Mapping[str, Any], take: Take, *, proxy: str | None = None,
        pace: float = 1.0, heard: Callable[[bool], None] = lambda _: None,
    ) -> None:  # fmt: skip
        """`me` is what auth.test says of the bot. `heard` is told whether anybody is heard, whenever that changes."""
        self._web, self._app_token, self._take, self._proxy, self._pace = web, app_token, take, proxy, pace
        self._about = {"workspace": str(me.get("team") or me.get("team_id") or "")}
        self._tell_heard, self._is_heard = heard, False
        self._bolt = _bolt(web, me, self._hear)
        self._sockets: list[Socket] = []
        self._busy: set[asyncio.Task[Any]] = set()
        self._over = self._is_lost = False
        self.tried = asyncio.Event()

    async def run_for_ever(self) -> None:
        """Stay connected until cancelled. Raises Refused where trying again is of no use."""
        lines = [asyncio.create_task(self._hold(), name="slack connection") for _ in range(CONNECTIONS)]
        try:
            await asyncio.wait(lines, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for line in lines:
                line.cancel()
            await asyncio.wait(lines)
        for line in lines:
            if not line.cancelled():
                line.result()

    async def hush(self) -> None:
        """Hear nothing new, and let what was begun come to its end, for some seconds."""
        self._over = True
        if self._busy:
            await asyncio.wait(set(self._busy), timeout=LAST_WORDS * self._pace)

    @property
    def connected(self) -> int:
        """How many connections stand."""
        return sum(socket.current_session is not None and not socket.current_session.closed for socket in self._sockets)

    async def settled(self) -> None:
        """Wait until everything that was begun is done."""
        while self._busy:
            await asyncio.wait(set(self._busy))

    # --- inside ----------------------------------------------------------------------------------------

    async def _hold(self) -> None:
        """One connection after the other. What was begun on an old one comes to its end beside the new one."""
        ending: set[asyncio.Task[None]] = set()
        failed = 0
        try:
            while True:
                socket = Socket(self._app_token, self._web, self._proxy, PING * self._pace, self._about)
                socket.socket_mode_request_listeners.append(self._deliver)
                self._sockets.append(socket)
                connecting = asyncio.create_task(socket.connect())  # type: ignore[no-untyped-call]
                try:
                    stood = await self._watch(socket, failed)
                finally:
                    end = asyncio.create_task(self._drop(socket, connecting))
                    ending.add(end)
                    end.add_done_callback(ending.discard)
                failed = 0 if stood else failed + 1
        finally:
            if ending:
                await asyncio.wait(ending)

    async def _watch(self, socket: Socket, failed: int) -> bool:
        """
        Until the connection is beyond help; whether it stood before. `failed` counts those before it that never did.

        The library tries an address that was refused again and again, and waits long in between. A new connection asks
        for a new address at once; but not while Slack asks to wait for that.
        """
        loop = asyncio.get_running_loop()
        lost: float | None = loop.time()
        stood = False
        while not socket.refused:
            self._note_heard()
            if await socket.is_connected():
                if not stood:
                    log.info("connected", extra=self._about)
                lost, stood, self._is_lost = None, True, False
                self.tried.set()
            elif lost is None:
                lost = loop.time()
            elif loop.time() - max(lost, socket.free_at) > _grace(socket, failed) * self._pace:
                self._say_lost()
                return stood
            await asyncio.sleep(LOOK * self._pace)
        raise Refused(socket.refused)

    def _note_heard(self) -> None:
        if self._is_heard != (is_heard := self.connected > 0):
            self._is_heard = is_heard
            self._tell_heard(is_heard)

    def _say_lost(self) -> None:
        """Once for each time in which nothing is heard, however many connections are tried."""
        if not self.connected and not self._is_lost:
            self._is_lost = True
            log.warning("slack is not reached, so nobody is heard", extra=self._about)

    async def _drop(self, socket: Socket, connecting: "asyncio.Task[None]") -> None:
        connecting.cancel()
        await asyncio.wait({connecting})
        await socket.end(LAST_WORDS * self._pace)
        self._sockets.remove(socket)

    async def _deliver(self, socket: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        if self._over:
            return  # not acknowledged: events come again at the next start
        with _among(self._busy):
            answer: BoltResponse = await run_async_bolt_app(self._bolt, request)
            try:
                await send_async_response(socket, request, answer, 0.0)
            except (OSError, aiohttp.ClientError) as broken:
                log.info("acknowledgement not delivered", extra={**self._about, "error": type(broken).__name__})

    async def _hear(self, request: AsyncBoltRequest) -> BoltResponse:
        """Bolt's middleware: takes everything, so that no kind of thing is left without an answer."""
        before = int((request.headers.get("x-slack-retry-num") or ["0"])[0])
        try:
            payload = await self._take(request.body, before)
        except NETWORK as trouble:
            about = {**self._about, "error": error_word(trouble) or type(trouble).__name__}
            log.warning(NEXT_TIME if before < REPEATS else NEXT_START, extra=about)
            return BoltResponse(status=500, body="")
        except Exception:  # whatever it was: what is not acknowledged comes again
            log.exception("delivery failed", extra={**self._about, "kind": request.body.get("type")})
            return BoltResponse(status=500, body="")
        return BoltResponse(status=200, body=dict(payload) if payload else "")


def _grace(socket: Socket, failed: int) -> float:
    graces = REFUSED_GRACE if socket.is_turned_away else GRACE
    return graces[min(failed, len(graces) - 1)]


@contextmanager
def _among(tasks: set[asyncio.Task[Any]]) -> Iterator[None]:
    """Be one of these tasks for as long as this lasts."""
    task = asyncio.current_task()
    if task is None:
        raise RuntimeError("this is called in no task")
    tasks.add(task)
    try:
        yield
    finally:
        tasks.discard(task)


def _bolt(web: AsyncWebClient, me: Mapping[str, Any], hear: Callable[..., Awaitable[BoltResponse]]) -> AsyncApp:
    found = AuthorizeResult(
        enterprise_id=me.get("enterprise_id"), team_id=me.get("team_id"), bot_id=me.get("bot_id"),
        bot_user_id=me.get("user_id"), bot_token=web.token,
    )  # fmt: skip

    async def authorize() -> AuthorizeResult:
        return found  # bolt's own would ask Slack at the first event, and lose that one where Slack says no

    client = AsyncWebClient(base_url=web.base_url, session=web.session, logger=quiet, retry_handlers=[])
    app = AsyncApp(
        name="whetstone", logger=quiet, client=client, authorize=authorize, process_before_response=True,
        request_verification_enabled=False, ssl_check_enabled=False, url_verification_enabled=False,
        attaching_function_token_enabled=False, attaching_conversation_kwargs_enabled=False,
    )  # fmt: skip
    app.middleware(hear)
    return app

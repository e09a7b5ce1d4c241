"""Socket Mode: tickets, hello, envelopes, acks, warnings, and everything that goes wrong with them."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from aiohttp import WSMsgType, web

from bot.kernel.calendar import draw
from tests.slack_fake.errors import ApiError

if TYPE_CHECKING:
    from tests.slack_fake.server import FakeSlack

Json = dict[str, Any]
EVENTS, INTERACTIVE, COMMANDS = "events_api", "interactive", "slash_commands"
MOST = 10  # connections of one app
REPEATS = (timedelta(seconds=3), timedelta(minutes=1), timedelta(minutes=5))  # until Slack tells of an event again
ATTEMPTS = len(REPEATS)  # that Slack makes for one event after the first
UNRULY = 4  # times that an unruly one tells of it again
TICK = 0.01  # seconds between looks at the clock


@dataclass(eq=False)
class Envelope:
    """One delivery. A repeat is another envelope with the same payload."""

    id: str
    kind: str
    payload: Json
    attempt: int = 0
    connection: "Connection | None" = None
    at: datetime | None = None  # when it was sent, or should have been
    task: asyncio.Task[None] | None = None  # that hands it over
    acked: asyncio.Event = field(default_factory=asyncio.Event)
    answer: Json = field(default_factory=dict)  # what came with the ack
    on_ack: Callable[["Envelope"], None] = lambda envelope: None
    waited: float = 0.0  # seconds until the ack


@dataclass(eq=False)
class Connection:
    ws: web.WebSocketResponse
    number: int
    is_leaving: bool = False  # it was told to reconnect; nothing new is sent here


class SocketMode:
    """
    Each envelope goes to one connection, in turns. Events that nobody acknowledged come again when a test says so, or
    by themselves where it asked for that: three times as the clock goes on, then never.
    """

    def __init__(self, fake: "FakeSlack") -> None:
        self._fake = fake
        self.connections: list[Connection] = []
        self.sent: list[Envelope] = []
        self.refused = 0  # handshakes that were answered 408
        self.opened = 0  # connections that ever stood
        self.unheard = 0  # acks that were lost
        self._tickets: set[str] = set()
        self._issued, self._turn = 0, 0
        self._reject, self._lose = 0, 0
        self._changed = asyncio.Event()
        self._dice: Any = None
        self._repeats, self._lost_acks = 0.0, 0.0
        self.keeps_time = False
        self._held: list[tuple[str, Json, int]] = []
        self._waiting: list[Envelope] = []  # sent, not acknowledged
        self._tasks: set[asyncio.Task[None]] = set()

    # --- what a test asks for -----------------------------------------------------------------

    async def connected(self, count: int = 1) -> None:
        """Wait until that many connections stand."""
        async with asyncio.timeout(self._fake.patience * 4):
            while len(self._ready()) < count:
                self._changed.clear()
                await self._changed.wait()

    def reject(self, times: int) -> None:
        """Answer the next handshakes with 408."""
        self._reject = times

    def lose_acks(self, times: int) -> None:
        """The next acks are not heard."""
        self._lose = times

    def unruly(self, seed: str, *, repeats: float = 0.0, lost_acks: float = 0.0) -> None:
        """
        From now on this share of events arrives again, up to four times, between other events and in no order, and this
        share of acks is not heard. `settle` hands over what is still held back.
        """
        self._dice, self._repeats, self._lost_acks = draw(seed), repeats, lost_acks

    async def idle(self) -> None:
        """Wait until everything that was sent is acknowledged."""
        async with asyncio.timeout(self._fake.patience * 4):
            for envelope in list(self._waiting):
                await envelope.acked.wait()

    async def settle(self) -> None:
        """Everything held back and everything unacknowledged arrives once more; acks are heard again."""
        self._lost_acks = self._repeats = 0.0
        self._lose = 0
        while self._held or self.unacked:
            await self.connected()
            held, self._held = self._held, []
            repeats = [self._send(kind, payload, attempt) for kind, payload, attempt in held]
            repeats += self.retry()
            async with asyncio.timeout(self._fake.patience * 4):
                for envelope in repeats:
                    await envelope.acked.wait()

    @property
    def unacked(self) -> list[Envelope]:
        return [one for one in self._waiting if one.kind == EVENTS]

    def retry(self) -> list[Envelope]:
        """Slack's patience is over: every unacknowledged event is sent again; after three repeats Slack gives up."""
        return self._again(self.unacked)

    def _again(self, late: list[Envelope]) -> list[Envelope]:
        self._waiting = [one for one in self._waiting if one not in late]
        return [self._send(EVENTS, one.payload, one.attempt + 1, one.on_ack) for one in late if one.attempt < ATTEMPTS]

    def keep_time(self) -> None:
        """From now on events come again by themselves, whether anybody listens or not."""
        self._keep(asyncio.get_running_loop().create_task(self._keep_time()))
        self.keeps_time = True

    async def _keep_time(self) -> None:
        while True:
            now = self._fake.clock.now()
            late = [one for one in self.unacked if one.at and now - one.at >= REPEATS[min(one.attempt, ATTEMPTS - 1)]]
            for one in late:
                if one.task and not one.connection:
                    one.task.cancel()
            self._again(late)
            await asyncio.sleep(TICK)

    async def warn(self) -> None:
        """“This connection ends in ten seconds.”"""
        await self._tell("warning")

    async def refresh(self) -> None:
        """Slack asks for a new connection and ends the old ones."""
        await self._tell("refresh_requested")

    async def disable(self) -> None:
        """Socket Mode was switched off for this app."""
        await self._tell("link_disabled")

    async def _tell(self, reason: str) -> None:
        for one in list(self.connections):
            one.is_leaving = reason != "warning"
            await one.ws.send_json({"type": "disconnect", "reason": reason, "debug_info": {"host": "fake"}})

    def abort(self, count: int = MOST) -> None:
        """The network breaks, without a word."""
        for one in self.connections[:count]:
            transport = one.ws._req.transport if one.ws._req else None
            if transport is not None:
                transport.abort()

    # --- doors --------------------------------------------------------------------------------

    def open(self) -> Json:
        """`apps.connections.open`: an address for one connection."""
        if self._fake.is_socket_disabled:
            raise ApiError("internal_error")
        self._issued += 1
        ticket = f"ticket-{self._issued}"
        self._tickets.add(ticket)
        return {"url": f"{self._fake.socket_url}?ticket={ticket}&app_id={self._fake.town.app_id}"}

    async def serve(self, request: web.Request) -> web.StreamResponse:
        ticket = request.query.get("ticket", "")
        if self._reject or ticket not in self._tickets:
            self._reject = max(0, self._reject - 1)
            self._tickets.discard(ticket)
            self.refused += 1
            return web.Response(status=408)
        self._tickets.discard(ticket)
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        self.opened += 1
        mine = Connection(ws, self.opened)
        if len(self.connections) >= MOST:
            await ws.send_json({"type": "disconnect", "reason": "too_many_websockets"})
            await ws.close()
            return ws
        self.connections.append(mine)
        info = {"host": "fake", "build_number": 1, "approximate_connection_time": 18_060}
        await ws.send_json({"type": "hello", "num_connections": len(self.connections), "debug_info": info})
        self._changed.set()
        try:
            async for message in ws:
                if message.type is WSMsgType.TEXT:
                    self._hear(json.loads(message.data))
        finally:
            self.connections.remove(mine)
            self._changed.set()
            self._left(mine)
        return ws

    def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        self.abort()

    # --- delivering ---------------------------------------------------------------------------

    def push(
        self, kind: str, payload: Json, attempt: int = 0, on_ack: Callable[[Envelope], None] | None = None
    ) -> Envelope:
        """Hand over now; there must be a connection."""
        envelope = self._send(kind, payload, attempt, on_ack)
        if self._dice and kind == EVENTS:
            if self._dice.random() < self._repeats:
                self._held += [(kind, payload, n) for n in range(1, self._dice.randint(1, UNRULY) + 1)]
            self._dice.shuffle(self._held)
            for _ in range(self._dice.randint(0, min(3, len(self._held)))):
                again, what, number = self._held.pop()
                self._send(again, what, number)
        return envelope

    def _send(
        self, kind: str, payload: Json, attempt: int, on_ack: Callable[[Envelope], None] | None = None
    ) -> Envelope:
        envelope = Envelope(f"envelope-{len(self.sent) + 1}", kind, payload, attempt, at=self._fake.clock.now())
        if on_ack:
            envelope.on_ack = on_ack
        self.sent.append(envelope)
        self._waiting.append(envelope)
        envelope.task = asyncio.get_running_loop().create_task(self._deliver(envelope))
        self._keep(envelope.task)
        return envelope

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, envelope: Envelope) -> None:
        while True:
            ready = self._ready()
            if ready:
                break
            self._changed.clear()
            await self._changed.wait()
        self._turn += 1
        envelope.connection = ready[self._turn % len(ready)]
        envelope.waited = -asyncio.get_running_loop().time()
        frame: Json = {"envelope_id": envelope.id, "payload": envelope.payload, "type": envelope.kind}
        frame["accepts_response_payload"] = envelope.kind != EVENTS
        if envelope.kind == EVENTS:
            frame |= {"retry_attempt": envelope.attempt, "retry_reason": "timeout" if envelope.attempt else ""}
        try:
            await envelope.connection.ws.send_json(frame)
        except ConnectionError:
            self._left(envelope.connection)

    def _hear(self, answer: Json) -> None:
        envelope = next((one for one in self._waiting if one.id == answer.get("envelope_id")), None)
        if envelope is None:
            return
        if self._is_lost(envelope):
            self.unheard += 1
            return
        self._waiting.remove(envelope)
        envelope.answer = answer.get("payload") or {}
        envelope.waited += asyncio.get_running_loop().time()
        envelope.on_ack(envelope)
        envelope.acked.set()

    def _is_lost(self, envelope: Envelope) -> bool:
        if self._lose:
            self._lose -= 1
            return True
        return bool(envelope.kind == EVENTS and self._dice and self._dice.random() < self._lost_acks)

    def _left(self, connection: Connection) -> None:
        """What went to a connection that broke and was not acknowledged: events come again, the rest is gone."""
        late = [one for one in self._waiting if one.connection is connection]
        self._waiting = [one for one in self._waiting if one.connection is not connection]
        if self._fake.closing.is_set():
            return
        for one in late:
            if one.kind == EVENTS and one.attempt < ATTEMPTS:
                again = self._send(one.kind, one.payload, one.attempt + 1, one.on_ack)
                again.acked = one.acked

    def _ready(self) -> list[Connection]:
        return [one for one in self.connections if not (one.is_leaving or one.ws.closed)]

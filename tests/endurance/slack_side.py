"""
A pretended Slack that outlives the bot's process and is as unkind as the real one can be.

Of a share of the writing calls nobody learns what became of them, half of them done. Some acknowledgements are not
heard, and events come again, up to four times, between others and in no order. What was written in doubt slips behind
sixty newer messages, and Slack gives no more than fifty on a page.
"""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from aiohttp import web

from bot.kernel.ports import Clock
from tests.endurance.day import IN_THREADS, MEMBERS, UNLIKE, Study
from tests.endurance.day_side import Moments, Side
from tests.slack_fake.faults import WRITES, Faults, Planned
from tests.slack_fake.server import FakeSlack
from tests.slack_fake.socket_mode import ATTEMPTS, EVENTS, Connection, Envelope, SocketMode
from tests.slack_fake.town import IM, MPIM, PRIVATE, PUBLIC, Channel, Message

CROWD = 60  # newer messages that hide one
PAGE = 50  # messages in one answer about the past
REPEATS, LOST_ACKS = 0.3, 0.1  # shares of the events
MARK = "mark"  # an event that nobody asks for: behind it, everything before it was heard


class NotedFaults(Faults):
    """`last` is what the call that is being carried out meets."""

    last: Planned | None = None

    def next(self, method: str) -> Planned | None:
        self.last = super().next(method)
        return self.last


class ObservedSocket(SocketMode):
    """Nobody waits for a bot before they act: what they press is gone then, and events wait until one is there."""

    def __init__(self, fake: FakeSlack) -> None:
        super().__init__(fake)
        self._marks = count(1)

    async def connected(self, count: int = 1) -> None:
        if count > 1:
            await super().connected(count)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        try:
            return await super().serve(request)
        except ConnectionError:  # it died during the handshake
            self.connections = [one for one in self.connections if one.ws._req is not request]
            return web.Response()

    async def _deliver(self, envelope: Envelope) -> None:
        if envelope.kind != EVENTS and not self._ready():
            self._waiting.remove(envelope)
            envelope.acked.set()
            return
        await super()._deliver(envelope)

    def _left(self, connection: Connection) -> None:
        """Slack gives up after some minutes; these days are over in seconds, so it never does here."""
        late = [one for one in self._waiting if one.connection is connection]
        for one in late:
            one.attempt = min(one.attempt, ATTEMPTS - 1)
        super()._left(connection)
        for one in late:
            if one.kind != EVENTS:
                one.acked.set()  # nobody will; whoever waits sees that nothing came with it

    def again(self, late: Collection[Envelope]) -> bool:
        """Slack's patience is over: what of these is not acknowledged comes again. Whether there was anything."""
        acks = {one.acked for one in late}  # of all repeats of an event it is the same
        for one in [one for one in self._waiting if one.acked in acks]:
            self._waiting.remove(one)
            again = self._send(one.kind, one.payload, min(one.attempt + 1, ATTEMPTS), one.on_ack)
            again.acked = one.acked
        return not all(ack.is_set() for ack in acks)

    def let_go(self) -> bool:
        """What was held back arrives. Whether there was anything."""
        held, self._held = self._held, []
        for kind, payload, attempt in held:
            self._send(kind, payload, attempt)
        return bool(held)

    async def passed(self) -> None:
        """Until each connection has heard all that was sent there, or has ended, and nothing waits for one."""
        while any(one.connection is None for one in self.unacked):
            await super().connected()
            await asyncio.sleep(0)
        marks = []
        for one in self._ready():
            payload = {"type": "event_callback", "event_id": f"{MARK}-{next(self._marks)}", "event": {"type": MARK}}
            mark = Envelope(payload["event_id"], MARK, payload, connection=one)  # type: ignore[arg-type]
            self._waiting.append(mark)
            marks.append(mark)
            frame = {"envelope_id": mark.id, "payload": payload, "type": EVENTS, "accepts_response_payload": False}
            try:
                await one.ws.send_json(frame | {"retry_attempt": 0, "retry_reason": ""})
            except ConnectionError:
                mark.acked.set()
        for mark in marks:
            await mark.acked.wait()


@dataclass(frozen=True)
class Double:
    """
    A post that was made while it stood. `in_doubt`: nobody could tell the bot that it stood.

    In private messages the bot may always look.
    """

    words: str
    in_doubt: bool


class ObservedSlack(Moments, FakeSlack):
    def __init__(self, clock: Clock, **knobs: Any) -> None:
        super().__init__(clock, **knobs)
        self.faults: NotedFaults = NotedFaults()
        self.standing: dict[str, Message] = {}  # the newest message by its name
        self.doubles: list[Double] = []
        self.in_doubt: set[str] = set()  # receipts of messages of which the bot was never told
        self.unsettled: set[str] = set()  # names whose calls were on their way when the process was frozen
        self._chatter = self.town.add_user("Chatter", is_bot=True)

    def _settle(self, number: int, name: str) -> None:
        super()._settle(number, name)
        self.socket: ObservedSocket = ObservedSocket(self)

    def _changes(self, request: web.Request) -> bool:
        return request.match_info["method"].startswith(WRITES)

    async def _do(self, request: web.Request) -> web.StreamResponse:
        response = await super()._do(request)
        for user in self.town.users.values():
            if user.deed:
                user.deed.grew()  # a view may have opened
        return response

    def stand(self, message: Message) -> None:
        name = name_of(message)
        old = self.standing.get(name) if name else None
        if old and not old.deleted:
            in_doubt = old.receipt in self.in_doubt and message.channel.kind != IM
            self.doubles.append(Double(f"{old.receipt} and {message.receipt}: {name}", in_doubt))
        if name:
            self.standing[name] = message
        super().stand(message)
        if self.faults.last or name in self.unsettled:
            self.in_doubt.add(message.receipt)
            self.crowd(message)
        if message.channel.recipient and message.channel.recipient.deed:
            message.channel.recipient.deed.posts.append(message)

    def strike(self, unsettled: Collection[str], *, dead: bool) -> None:
        """The process was killed, or frozen, when it had not noted what became of these names."""
        self.in_doubt |= {self.standing[name].receipt for name in unsettled if name in self.standing}
        self.unsettled = set() if dead else {*unsettled} - {*self.standing}

    def crowd(self, message: Message) -> None:
        """Others talk where it stands. In private messages nobody else can."""
        channel = message.channel
        for _ in range(0 if channel.kind in (IM, MPIM) else CROWD):
            words = Message(self.town.next_ts(), channel, self._chatter, self.town.clock.now(), "So it is.")
            words.thread_ts = message.thread_ts
            channel.messages[words.ts] = words


def name_of(message: Message) -> str:
    """The name that the bot gave it; empty for the answer to a press."""
    return str(((message.metadata or {}).get("event_payload") or {}).get("name") or "")


def build(fake: FakeSlack, number: int, *, history: bool) -> Study:
    """A channel with its people; one is private. Replies in open threads are read only where that is granted."""
    town = fake.town
    kind = PRIVATE if number == UNLIKE else PUBLIC
    study = Study(number, "", None, None, [], has_open_threads=number == IN_THREADS and history)
    study.organiser = town.add_user(f"Olga {number}", study.zone, is_admin=True)
    study.members = [town.add_user(f"Member {number}-{place}", study.zone) for place in range(MEMBERS)]
    study.channel = town.add_channel(f"study-{number}", study.organiser, *study.members, kind=kind)
    study.group = f"slack:{town.team_id}/{study.channel.id}"
    return study


class SlackSide(Side):
    fake: ObservedSlack
    platform = "slack"

    def __init__(self, clock: Clock, seed: str, ambiguous: float, **knobs: Any) -> None:
        super().__init__(ObservedSlack(clock, **{"judge": False, "largest_page": PAGE, **knobs}))
        self.fake.faults.ambiguous(ambiguous, f"doubt/{seed}")
        self.fake.socket.unruly(f"unruly/{seed}", repeats=REPEATS, lost_acks=LOST_ACKS)

    @property
    def calls(self) -> int:
        return sum(call.method.startswith(WRITES) for call in self.fake.calls)

    @property
    def dropped(self) -> int:
        return len(self.fake.faults.met)

    @property
    def addresses(self) -> Sequence[str]:
        return self.fake.api_base, self.fake.bot_token, self.fake.app_token

    def crowd(self) -> None:
        for message in {(one.channel.id, one.thread_ts): one for one in self.fake.created[-8:]}.values():
            self.fake.crowd(message)


def channels_of(fake: FakeSlack) -> list[Channel]:
    return [one for one in fake.town.channels.values() if one.kind not in (IM, MPIM)]

"""Makes what people see equal to what the outbox wants."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from itertools import count
from typing import TypeVar

from bot.engine import outbox, roster
from bot.kernel import codec
from bot.kernel.calendar import stamp
from bot.kernel.effect import Channel, Direct, Fact, Place, Room, Under
from bot.kernel.engine_facts import PostParked
from bot.kernel.errors import Later, Reason, Rejected, Unsure
from bot.kernel.ports import Clock, Gathering, Platform, Posting, Row, Spot, Store, Target, Thread, To, Tx

log = logging.getLogger(__name__)
T = TypeVar("T")
Hear = Callable[[Tx, str, Fact, datetime], None]

CALL = timedelta(seconds=20)  # one platform call; look + send + a margin stay below outbox.LEASE
SKEW = timedelta(minutes=5)  # by which the platform's clock may differ from ours when we look for a message
CLAIM = 20  # rows that are claimed at once
LINES = 32  # targets served side by side
ROOMS = "rooms"  # the purpose of the channel beside which rooms are opened; the group's first where it has no such


class Courier:
    def __init__(self, store: Store, platforms: Mapping[str, Platform], clock: Clock, hear: Hear, name: str) -> None:
        """`name` tells this process from every other; `hear` lets features hear of a parked message."""
        self.store, self.platforms, self.clock, self.hear, self.name = store, platforms, clock, hear, name
        self._claims = count(1)
        self._gate = asyncio.Semaphore(LINES)
        self._lines: list[tuple[str, asyncio.Task[None]]] = []  # (target, what is on its way there), oldest first

    async def drain(self, patience: float | None = None) -> int:
        """
        Deliver what is due; how many rows were touched.

        Targets are served side by side, the rows of one target in order: one place's trouble delays nobody else. What
        takes longer than `patience` seconds goes on by itself, and the next call serves the other targets meanwhile.
        """
        until = None if patience is None else _now() + patience
        touched = claimed = await self._set_out()
        while claimed == CLAIM and await self._has_room(until):  # there may be more
            claimed = await self._set_out()
            touched += claimed
        await self.finish(_left(until))
        return touched

    async def _set_out(self) -> int:
        """Claim what is due and begin to deliver it; how many rows."""
        now, owner = self.clock.now(), f"{self.name}/{next(self._claims)}"
        rows = await self.store.run(lambda tx: outbox.claim(tx, owner, now, CLAIM))
        on_their_way = dict(self._lines)
        for target, line in outbox.by_target(rows).items():
            self._lines.append((target, asyncio.create_task(self._serve(line, on_their_way.get(target)))))
        return len(rows)

    async def _has_room(self, until: float | None) -> bool:
        """Wait until one more target can be served; false where that is not so in time."""
        while len(busy := [task for _, task in self._lines if not task.done()]) >= LINES and _left(until) != 0:
            await asyncio.wait(busy, timeout=_left(until), return_when=asyncio.FIRST_COMPLETED)
        return _left(until) != 0

    async def finish(self, patience: float | None = None) -> None:
        """Wait for what is on its way, at most `patience` seconds; then raise the first trouble that it had."""
        if self._lines:
            await asyncio.wait([task for _, task in self._lines], timeout=patience)
        ended = [task for _, task in self._lines if task.done()]
        self._lines = [(target, task) for target, task in self._lines if not task.done()]
        troubles = [task.exception() for task in ended if not task.cancelled()]
        for trouble in filter(None, troubles):  # every line was served to its end before the trouble of one is raised
            raise trouble

    def give_up(self) -> None:
        """Let go of what is still on its way: the next start looks for it."""
        for _, task in self._lines:
            task.cancel()

    async def next_due(self) -> datetime | None:
        return await self.store.read(outbox.next_due)

    async def _serve(self, rows: list[Row], before: "asyncio.Task[None] | None") -> None:
        """Deliver rows of one target, after what was on its way there `before`."""
        if before:
            await asyncio.wait([before])
        async with self._gate:
            for row in rows:
                if datetime.fromisoformat(row["lease"]) - self.clock.now() < 3 * CALL:
                    # Too little time is left to be sure that nobody else holds it.
                    await self._release(row, self.clock.now(), sent=False)
                else:
                    await self._deliver(row)

    async def _deliver(self, row: Row) -> None:
        try:
            receipt = await self._reconcile(row)
        except Later as later:
            await self._release(row, self.clock.now() + later.wait, sent=False)
        except Unsure as doubt:
            await self._doubt(row, str(doubt))
        except Rejected as no:
            await self._reject(row, no)
        except Exception as mistake:  # ours, or the platform's library: the neighbours must not suffer for it
            log.exception("sending failed", extra={"post": row["name"]})
            await self._doubt(row, f"{type(mistake).__name__}: {mistake}")
        else:
            now = self.clock.now()
            await self.store.run(lambda tx: outbox.settle(tx, row, receipt, now))

    async def _reconcile(self, row: Row) -> str | None:
        """The one place where a message is created, changed or removed."""
        if row["crashes"] >= outbox.SUSPECT + outbox.POISON:
            raise Rejected(Reason.BUG, "Sending this message stopped the bot several times. Please report it.")
        platform = self.platforms.get(row["tenant"])
        if platform is None:
            raise Later(timedelta(minutes=5))
        receipt: str | None = row["receipt"]
        target = None if receipt and row["card"] is None else await self._target(row)
        if receipt and target and row["left_behind"]:
            await _in_time(platform.remove(receipt))  # else nobody could change what it says, or to whom it belongs
            receipt = None
        if receipt is None and row["attempts"] > 1 and target is not None:
            # An earlier try was never settled, so the message may stand already.
            since = datetime.fromisoformat(row["first_try"]) - SKEW
            receipt = await _in_time(platform.find(target, row["name"], since))
        if row["card"] is None or target is None:
            if receipt:
                await _in_time(platform.remove(receipt))
            return None
        if receipt is None and self._is_over(row):
            return None
        posting = Posting(
            row["name"], row["group_id"], target, codec.load(row["card"]), row["thread"],
            bool(row["quiet"]), bool(row["pinned"]), bool(row["closed"]),
        )  # fmt: skip
        if receipt is None:
            return await _in_time(platform.post(posting))
        return await _in_time(platform.edit(receipt, posting)) or receipt

    def _is_over(self, row: Row) -> bool:
        """Is it too late for this message to be of use?"""
        return row["until"] is not None and row["until"] <= stamp(self.clock.now())

    async def _target(self, row: Row) -> Target:
        place: Place = codec.load(row["place"])
        match place:
            case Channel(purpose):
                spot = await self.store.read(lambda tx: roster.find_spot(tx, row["group_id"], purpose))
                if spot is None:
                    raise Rejected(Reason.GONE, f"There is no channel for “{purpose}”. Choose one in the settings.")
                return Spot(spot)
            case Under(name):
                receipt = await self.store.read(lambda tx: outbox.find_receipt(tx, name))
                if receipt is None:
                    raise Later(timedelta(seconds=5))  # removed since the claim
                return Thread(receipt)
            case Direct(member):
                return To(member)
            case Room(name, members):
                if row["name"] == outbox.room_name(name):
                    beside = await self.store.read(lambda tx: roster.find_spot(tx, row["group_id"], ROOMS))
                    return Gathering(members, beside or "")
                receipt = await self.store.read(lambda tx: outbox.find_receipt(tx, outbox.room_name(name)))
                if receipt is None:
                    raise Later(timedelta(seconds=5))
                return Spot(receipt)

    async def _doubt(self, row: Row, why: str) -> None:
        if row["receipt"] is None and self._is_over(row):
            await self.store.run(lambda tx: outbox.settle(tx, row, None, self.clock.now()))
        elif row["errors"] + 1 >= outbox.PATIENCE and row["until"] is None:  # else its time ends the trying
            await self._reject(row, Rejected(Reason.BUG, f"The platform did not answer {outbox.PATIENCE} times: {why}"))
        else:
            wait = timedelta(seconds=5) * 2 ** min(row["errors"], 7)
            await self._release(row, self.clock.now() + wait, sent=True)

    async def _reject(self, row: Row, no: Rejected) -> None:
        log.warning("message refused", extra={"post": row["name"], "reason": no.reason.value})
        now = self.clock.now()

        def unit(tx: Tx) -> None:
            if no.reason is Reason.TOKEN:
                roster.pause_tenant(tx, row["tenant"], no.fix, now)
                outbox.release(tx, row, now, sent=False)
                return
            if outbox.park(tx, row, no):
                self.hear(tx, row["group_id"], PostParked(row["name"], no.reason.value, no.fix, row["member"]), now)

        await self.store.run(unit)

    async def _release(self, row: Row, until: datetime, *, sent: bool) -> None:
        await self.store.run(lambda tx: outbox.release(tx, row, until, sent=sent))


async def _in_time(call: Awaitable[T]) -> T:
    """A call that takes too long may still arrive: that is doubt, not failure."""
    try:
        async with asyncio.timeout(CALL.total_seconds()):
            return await call
    except TimeoutError as late:
        raise Unsure(f"no answer within {CALL.total_seconds():.0f} s") from late


def _left(until: float | None) -> float | None:
    """Seconds until then."""
    return None if until is None else max(0.0, until - _now())


def _now() -> float:
    return asyncio.get_running_loop().time()

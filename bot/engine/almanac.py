"""Turns wakes whose time has come into events."""

import logging
from datetime import datetime, timedelta

from bot.engine import wakes
from bot.engine.engine import Engine
from bot.kernel.event import Due, Event, Person
from bot.kernel.ports import Clock, Store

log = logging.getLogger(__name__)


class Almanac:
    def __init__(self, store: Store, engine: Engine, clock: Clock) -> None:
        self.store, self.engine, self.clock = store, engine, clock

    async def tick(self) -> int:
        """Fire what is due, oldest first; how many. Safe at any time: a wake closes in the transaction that runs it."""
        now = self.clock.now()
        rows = await self.store.read(lambda tx: wakes.list_due(tx, now))
        for row in rows:
            due = Due(row["route"], row["name"], datetime.fromisoformat(row["at"]))
            event = Event(f"{due.name}@{row['at']}", row["tenant"], row["group_id"], "", Person(""), now, due)
            try:
                await self.engine.handle(event)
            except Exception:  # one broken wake must not stop the others
                log.exception("wake failed", extra={"wake": due.name})
                await self.engine.postpone(event, due, now + timedelta(minutes=5) * 2 ** min(row["errors"], 6))
        return len(rows)

    async def next_due(self) -> datetime | None:
        return await self.store.read(wakes.next_due)

"""Where slow tasks are done: each in a process of its own, so that neither the loop nor the database waits for it."""

import asyncio
import json
import logging
import multiprocessing
import os
from collections.abc import Awaitable, Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any

from bot.engine import works
from bot.engine.engine import Engine
from bot.kernel.event import Done, Event, Person
from bot.kernel.ports import Clock, Row, Store

log = logging.getLogger(__name__)

Task = Callable[[Any], Any]
Run = Callable[[Task, Any], Awaitable[Any]]

NICE = 10  # on a machine with one core the bot goes before


async def in_a_process(task: Task, args: Any) -> Any:
    """
    `task(args)`, computed by a fresh process that ends with it. Raises what the task raises.

    Starting and ending a process takes tenths of a second, so both are waited for outside the loop.
    """
    pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), initializer=os.nice, initargs=(NICE,))
    try:
        return await asyncio.wrap_future(await asyncio.to_thread(pool.submit, task, args))
    except asyncio.CancelledError:
        for process in list(pool._processes.values()):  # noqa: SLF001 - the pool has no other way to end a task
            process.terminate()
        raise
    finally:
        await asyncio.to_thread(pool.shutdown)


async def at_once(task: Task, args: Any) -> Any:
    """`task(args)`, computed here, while everything waits: for tests."""
    return task(args)


run: Run = in_a_process


def from_text(task: Task, args: str) -> Any:
    """Read there and not here: a megabyte of JSON would hold the loop for a while."""
    return task(json.loads(args))


class Workshop:
    """Does one task at a time, the oldest first. A task is a pure function, so one that was cut off is done again."""

    def __init__(self, store: Store, engine: Engine, clock: Clock) -> None:
        self.store, self.engine, self.clock = store, engine, clock
        self._going: asyncio.Task[None] | None = None

    async def tick(self, *, wait: bool = False) -> int:
        """Begin what is due, if nothing is being done; how many. `wait`: until it is done."""
        if self._going is None or self._going.done():
            now = self.clock.now()
            row = await self.store.read(lambda tx: works.find_due(tx, now))
            if row is None:
                return 0
            self._going = asyncio.create_task(self._do(row))
        if wait:
            await self._going
        return 1 if wait else 0

    async def next_due(self) -> datetime | None:
        """When something can be done next; None while nothing waits."""
        return await self.store.read(works.next_due)

    async def stop(self) -> None:
        """Cut off what is being done; the next start does it again."""
        if self._going:
            self._going.cancel()
            with suppress(asyncio.CancelledError):
                await self._going

    async def _do(self, row: Row) -> None:
        name, task = str(row["name"]), str(row["task"])
        try:
            result = await run(partial(from_text, self.engine.task(task)), row["args"])
            done = Done(task, name, result)
            now = self.clock.now()
            await self.engine.handle(Event(name, row["tenant"], row["group_id"], "", Person(""), now, done))
        except Exception:  # one broken task must not stop the others
            log.exception("work failed", extra={"work": name})
            now = self.clock.now()
            await self.store.run(lambda tx: works.push_work(tx, name, now))

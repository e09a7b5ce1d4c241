"""Where the parts meet, and nowhere else."""

import asyncio
import fcntl
import logging
import os
import sqlite3
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack, suppress
from datetime import datetime
from pathlib import Path
from typing import IO

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot import atlas
from bot import engine as engine_package
from bot.config import Config
from bot.content.catalogue import Catalogue
from bot.content.loader import load_pack
from bot.engine import roster
from bot.engine.almanac import Almanac
from bot.engine.courier import Courier
from bot.engine.engine import Engine
from bot.features import discover, sql_folders
from bot.kernel.ports import Clock, Platform, Store
from bot.store.migrate import Newer, migrate
from bot.store.sqlite import Damaged, SqliteStore, check

log = logging.getLogger(__name__)

PULSE = 1.0  # seconds between looks at what is due
HEARTBEAT = 15.0  # seconds between signs of life; the gaps are the outages
CLOCK_STEP = 5.0  # seconds by which wall and monotonic clock may part before the pulse is planned anew
LAST_CALLS = 8.0  # seconds that a stop waits for deliveries
SETTLED = 10_000  # rounds after which settling gives up: something keeps making work for itself


class CannotStart(Exception):
    """One sentence that says what is in the way and what to do."""


class App:
    """One running bot: the engine and its store, the courier and the almanac, and the pulse that calls them."""

    def __init__(
        self, config: Config, store: Store, engine: Engine, platforms: Mapping[str, Platform], clock: Clock, name: str
    ) -> None:
        self.config, self.store, self.engine, self.clock = config, store, engine, clock
        self.courier = Courier(store, platforms, clock, engine.hear, name)
        self.almanac = Almanac(store, engine, clock)
        self._scheduler = AsyncIOScheduler(
            timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )
        self._drift = _drift()
        self._started = clock.now()
        self._hurry: asyncio.Task[None] | None = None
        self._warming: asyncio.Task[object] | None = None
        self._turn = asyncio.Lock()

    async def start(self) -> None:
        """
        Begin to look at what is due, once a second, until `stop`.

        The atlas reads its cities beside that: they take half a second, and the first city is typed inside a unit.
        """
        await self._beat()
        await self.store.run(roster.lift_pauses)
        self._warming = asyncio.create_task(asyncio.to_thread(atlas.find_places, "a"))
        self._scheduler.add_job(self.pulse, "interval", seconds=PULSE)
        self._scheduler.add_job(self._beat, "interval", seconds=HEARTBEAT)
        self._scheduler.add_job(self._watch_clock, "interval", seconds=10)
        self._scheduler.start()

    async def stop(self) -> None:
        """Take no new work, finish what is on its way. What needs over 8 s is looked for at the next start."""
        if self._scheduler.running:
            self._scheduler.pause()
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_CALLS), self._turn:
                pass  # shutting the scheduler down cancels its jobs: not in the middle of a delivery
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        if self._hurry:
            self._hurry.cancel()
        if self._warming:
            await self._warming
        await asyncio.sleep(0)  # the scheduler stops in the loop's next round

    async def pulse(self) -> int:
        """One look: fire what is due, deliver what is due; how much was touched."""
        async with self._turn:
            try:
                fired = await self.almanac.tick()
            except Exception:  # raised again below
                await self.courier.drain()  # what is in the outbox already must not wait for it
                raise
            return fired + await self.courier.drain()

    async def settle(self) -> None:
        """Pulse until nothing is due at this instant."""
        for _ in range(SETTLED):
            if not await self.pulse():
                return
        raise RuntimeError("the app does not settle: something makes work for itself without end")

    def hurry(self) -> None:
        """Deliver soon: somebody is waiting for it."""
        if self._hurry is None or self._hurry.done():
            self._hurry = asyncio.create_task(self._deliver())

    async def next_due(self) -> datetime | None:
        """When something will be due next."""
        found = [at for at in (await self.almanac.next_due(), await self.courier.next_due()) if at]
        return min(found, default=None)

    async def _deliver(self) -> None:
        async with self._turn:
            await self.courier.drain()

    async def _beat(self) -> None:
        now = self.clock.now()
        await self.store.run(lambda tx: roster.beat(tx, self._started, now))

    async def _watch_clock(self) -> None:
        """The scheduler sleeps by the wall clock: after a step it would sleep too long."""
        drift = _drift()
        if abs(drift - self._drift) > CLOCK_STEP:
            log.warning("the clock was set", extra={"seconds": round(drift - self._drift)})
            self._drift = drift
            self._scheduler.wakeup()


def _drift() -> float:
    """Seconds between the wall clock and the one that nobody can set; both the machine's own, whatever `Clock` says."""
    return time.time() - time.monotonic()  # noqa: TID251 - it is the machine's clock that is watched


class Opened:
    """An app with what must be closed after it, in order."""

    def __init__(self, app: App, store: SqliteStore, lock: "IO[str]") -> None:
        self.app, self._store, self._lock = app, store, lock

    async def __aenter__(self) -> App:
        return self.app

    async def __aexit__(self, *_: object) -> None:
        await self.app.stop()
        await self._store.close()
        self._lock.close()


async def open_app(
    config: Config, platforms: Mapping[str, Platform], clock: Clock, catalogue: Catalogue | None = None
) -> Opened:
    """
    The app on its data folder: locked, checked, migrated. Use as `async with await open_app(...) as app`.

    Raises CannotStart when another process has the folder, the database is damaged or newer than this version, or the
    folder cannot be written; PackError when a content pack is broken.
    """
    catalogue = catalogue or Catalogue.of([load_pack(folder) for folder in config.packs])
    async with AsyncExitStack() as undo:  # whatever fails on the way: no lock and no thread stays behind
        lock = undo.enter_context(_lock(config.data))
        store = await _open_store(config)
        undo.push_async_callback(store.close)
        engine = Engine(store, discover(), catalogue)
        undo.pop_all()
    name = f"{os.getpid()}@{clock.now():%Y%m%dT%H%M%S%f}"
    return Opened(App(config, store, engine, platforms, clock, name), store, lock)


async def _open_store(config: Config) -> SqliteStore:
    folders = [Path(engine_package.__file__).parent / "sql", *sql_folders()]
    try:
        await asyncio.to_thread(check, config.database)
        applied = await asyncio.to_thread(migrate, config.database, folders)
        store = await SqliteStore.open(config.database)
    except (Damaged, Newer) as error:
        raise CannotStart(str(error)) from error
    except sqlite3.Error as error:
        why = f"The database {config.database} cannot be opened ({error}). Check the rights of its folder."
        raise CannotStart(why) from error
    if applied:
        log.info("database brought up to date", extra={"migrations": len(applied)})
    return store


def _lock(folder: Path) -> "IO[str]":
    """Hold the data folder: two processes on one SQLite file would fight. The lock goes with the process."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "whetstone.lock").open("a+")
    except OSError as error:
        raise CannotStart(
            f"The data folder {folder} cannot be written ({error.strerror}). Choose another with --data."
        ) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise CannotStart(
            f"Another Whetstone is running on {folder}. Stop it, or choose another folder with --data."
        ) from error
    return lock

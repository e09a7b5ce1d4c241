"""Where the parts meet, and nowhere else."""

import asyncio
import fcntl
import logging
import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot import atlas
from bot import engine as engine_package
from bot.config import Config
from bot.content.catalogue import Catalogue
from bot.content.loader import load_pack
from bot.engine import outages, retention, roster
from bot.engine.almanac import Almanac
from bot.engine.courier import Courier
from bot.engine.engine import Engine
from bot.engine.workshop import Workshop
from bot.features import discover, sql_folders
from bot.kernel.calendar import stamp
from bot.kernel.engine_facts import CameBack
from bot.kernel.ports import Clock, Platform, Store, Tx
from bot.store.migrate import Newer, migrate
from bot.store.sqlite import Damaged, SqliteStore, check
from bot.watch import LoopWatch, Pinger

log = logging.getLogger(__name__)

PULSE = 1.0  # seconds between looks at what is due
HEARTBEAT = 15.0  # seconds between signs of life; the gaps are the outages
CLOCK_STEP = 5.0  # seconds by which wall and monotonic clock may part before the pulse is planned anew
PATIENCE = 0.8  # seconds that a look waits for deliveries: less than a pulse, or every second look would be left out
LAST_CALLS = 8.0  # seconds that a stop waits for deliveries
STILL = 60.0  # seconds without a pulse, or without a written sign of life, after which the app is not well
NIGHT = 3  # o'clock on this machine: the hour for tidying up
SETTLED = 10_000  # rounds after which settling gives up: something keeps making work for itself


ERASURES = "erasures.txt"  # beside the database, and not lost with it
UNFINISHED = "restore-unfinished"  # stands in the data folder while a backup is put back


class CannotStart(Exception):
    """One sentence that says what is in the way and what to do."""


@dataclass(frozen=True, slots=True)
class Health:
    """How the app is. `trouble` is empty while all is well; times are in seconds."""

    trouble: str
    pulse: float  # since the last look at what is due
    behind: float  # for which the oldest thing that is due has waited


class App:
    """One running bot: the engine and its store, the courier and the almanac, and the pulse that calls them."""

    def __init__(
        self, config: Config, store: Store, engine: Engine, platforms: Mapping[str, Platform], clock: Clock, name: str
    ) -> None:
        self.config, self.store, self.engine, self.clock = config, store, engine, clock
        self.courier = Courier(store, platforms, clock, engine.hear, name)
        self.almanac = Almanac(store, engine, clock)
        self.workshop = Workshop(store, engine, clock)
        self._scheduler = AsyncIOScheduler(
            timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )
        self._drift = _drift()
        self._started = clock.now()
        self._last_beat = time.time()  # noqa: TID251 - by the machine, see `_beat`
        self._hurry: asyncio.Task[None] | None = None
        self._warming: asyncio.Task[object] | None = None
        self._turn, self._is_stopping = asyncio.Lock(), False
        self._pulsed = self._written = time.monotonic()
        self._tidied: float | None = None
        self._erased: set[str] | None = None  # tokens that stand in the file
        self._pinger = Pinger(config.ping_url.get_secret_value())
        self._watch = LoopWatch()

    async def start(self) -> None:
        """
        Begin to look at what is due, once a second, until `stop`.

        The atlas reads its cities beside that: they take half a second, and the first city is typed inside a unit.
        """
        await self._beat()
        await self.store.run(roster.lift_pauses)
        self._warming = asyncio.create_task(asyncio.to_thread(atlas.find_places, "a"))
        self._scheduler.add_job(self.pulse, "interval", seconds=PULSE, kwargs={"patience": PATIENCE})
        self._scheduler.add_job(self._beat, "interval", seconds=HEARTBEAT)
        self._scheduler.add_job(self._watch_clock, "interval", seconds=10)
        self._scheduler.add_job(self._tidy_at_night, "interval", hours=1)
        if self._pinger.url:
            self._scheduler.add_job(self._ping, "interval", seconds=STILL)
        self._scheduler.start()
        self._watch.start(self._warming)
        log.info("started")

    async def stop(self) -> None:
        """Take no new work, finish what is on its way. What needs over 8 s is looked for at the next start."""
        self._is_stopping = True
        if self._scheduler.running:
            self._scheduler.pause()
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_CALLS):
                async with self._turn:
                    await self.courier.finish()  # shutting the scheduler down cancels its jobs, and no delivery
                async with self._turn:  # a look that waited has seen that it is over: it claims nothing
                    pass
        self.courier.give_up()
        await self.workshop.stop()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        self._watch.stop()
        await self._pinger.close()
        if self._hurry:
            self._hurry.cancel()
        if self._warming:
            await self._warming
        await asyncio.sleep(0)  # the scheduler stops in the loop's next round

    async def pulse(self, patience: float | None = None) -> int:
        """One look: fire what is due, deliver what is due; how much was touched. `patience` as for `Courier.drain`."""
        async with self._turn:
            if self._is_stopping:
                return 0
            if time.time() - self._last_beat > outages.GAP.total_seconds():  # noqa: TID251 - by the machine, see `_beat`
                await self._beat()  # the machine was frozen: what is due must know of the time that was lost
            try:
                fired = await self.almanac.tick()
            except Exception:  # raised again below
                await self.courier.drain(patience)  # what is in the outbox already must not wait for it
                raise
            worked = await self.workshop.tick(wait=patience is None)
            touched = fired + worked + await self.courier.drain(patience)
        self._pulsed = time.monotonic()
        return touched

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
        parts = (self.almanac, self.workshop, self.courier)
        return min([at for part in parts if (at := await part.next_due())], default=None)

    async def health(self) -> Health:
        """How it is now. Asks the database, and waits for it no longer than 5 s."""
        pulse, trouble, behind = time.monotonic() - self._pulsed, "", 0.0
        try:
            async with asyncio.timeout(5):
                due = await self.next_due()
        except sqlite3.Error as error:
            trouble = str(error)
        except TimeoutError:
            trouble = "the database does not answer"
        else:
            behind = max(0.0, (self.clock.now() - due).total_seconds()) if due else 0.0
        if not trouble and pulse > STILL:
            trouble = "nothing looks at what is due"
        if not trouble and self._scheduler.running and time.monotonic() - self._written > STILL:
            trouble = "the database takes nothing: the disk may be full"
        return Health(trouble, round(pulse, 1), round(behind, 1))

    async def tidy(self) -> Mapping[str, int]:
        """Forget what has been kept long enough, in small units; how many rows, by chore. See `retention`."""
        now, forgotten = self.clock.now(), dict.fromkeys(retention.CHORES, 0)
        for name, chore in retention.CHORES.items():
            after: str | None = ""
            while after is not None:
                done = await self.store.run(_slice(chore, now, after))
                forgotten[name] += done.forgotten
                after = done.after
        self._tidied = time.monotonic()
        log.info("tidied up", extra=forgotten)
        return forgotten

    async def _tidy_at_night(self) -> None:
        """Once a day at a quiet hour. A machine that is off by night tidies up an hour after its start."""
        age = None if self._tidied is None else time.monotonic() - self._tidied
        night = self.clock.now().astimezone().hour == NIGHT
        if age is None or age > 36 * 3600 or (night and age > 2 * 3600):
            await self.tidy()

    async def _ping(self) -> None:
        if not (await self.health()).trouble:
            await self._pinger.ping()

    async def _deliver(self) -> None:
        async with self._turn:
            if not self._is_stopping:
                await self.courier.drain(PATIENCE)

    async def _beat(self) -> None:
        """A sign of life. After a long silence of this machine (it slept, it hung) a new run begins."""
        now, machine = self.clock.now(), time.time()  # noqa: TID251 - a turned clock may leap; the machine must not
        if machine - self._last_beat > outages.GAP.total_seconds():
            self._started = now
        self._last_beat = machine
        await self.store.run(lambda tx: self._live(tx, now))
        self._written = time.monotonic()
        await self._write_erasures()

    def _live(self, tx: Tx, now: datetime) -> None:
        if gap := outages.beat(tx, self._started, now):
            for group in roster.list_groups(tx):
                self.engine.hear(tx, group, CameBack(*gap), now)

    async def _write_erasures(self) -> None:
        """Who was forgotten stands beside the database as well: a backup is put back when the database is lost."""
        if self._erased is None:
            self._erased = {one.token for one in await asyncio.to_thread(read_erasures, self.config.data)}
        known = await self.store.read(retention.list_erased)
        fresh = [one for one in known if one.token not in self._erased]
        if fresh:
            await asyncio.to_thread(_append_erasures, self.config.data, fresh)
            self._erased.update(one.token for one in fresh)

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


def _slice(chore: retention.Chore, now: datetime, after: str) -> Callable[[Tx], retention.Slice]:
    return lambda tx: chore(tx, now, after)


def read_erasures(folder: Path) -> list[retention.Erased]:
    """What stands in the file of erasures; a line that was broken off is left out."""
    try:
        lines = (folder / ERASURES).read_text(encoding="ascii").splitlines()
    except FileNotFoundError:
        return []
    found = []
    for line in lines:
        with suppress(ValueError):
            at, token = line.split()
            found.append(retention.Erased(token, datetime.fromisoformat(at)))
    return found


def _append_erasures(folder: Path, fresh: Iterable[retention.Erased]) -> None:
    with (folder / ERASURES).open("a", encoding="ascii") as file:
        file.write("".join(f"{stamp(one.at)} {one.token}\n" for one in fresh))
        file.flush()
        os.fsync(file.fileno())


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
        lock = undo.enter_context(lock_folder(config.data))
        store = await _open_store(config)
        undo.push_async_callback(store.close)
        engine = Engine(store, discover(), catalogue)
        await _after_restore(store, engine, clock)
        undo.pop_all()
    name = f"{os.getpid()}@{clock.now():%Y%m%dT%H%M%S%f}"
    return Opened(App(config, store, engine, platforms, clock, name), store, lock)


async def _open_store(config: Config) -> SqliteStore:
    if (config.data / UNFINISHED).exists():
        raise CannotStart(f"Putting a backup back into {config.data} was broken off. Run `whetstone restore` again.")
    try:
        await asyncio.to_thread(check, config.database)
        applied = await asyncio.to_thread(migrate, config.database, migrations())
        store = await SqliteStore.open(config.database)
    except (Damaged, Newer) as error:
        raise CannotStart(str(error)) from error
    except sqlite3.Error as error:
        why = f"The database {config.database} cannot be opened ({error}). Check the rights of its folder."
        raise CannotStart(why) from error
    if applied:
        log.info("database brought up to date", extra={"migrations": len(applied)})
    return store


def migrations() -> list[Path]:
    """The folders with the SQL of the bot's own database."""
    return [Path(engine_package.__file__).parent / "sql", *sql_folders()]


async def _after_restore(store: Store, engine: Engine, clock: Clock) -> None:
    """After a backup was put back: say so, and forget again whoever was forgotten since it was made."""
    restored, now = await store.read(retention.last_restored), clock.now()
    if restored is None:
        return
    level = logging.WARNING if now < restored.look_until else logging.INFO
    words = {"file": restored.file, "taken": stamp(restored.taken), "restored": stamp(restored.at)}
    log.log(level, "this is a restored backup", extra=words)
    if restored.forgot:
        return

    def forget(tx: Tx) -> int:
        people = retention.list_to_forget(tx, restored)
        for tenant, member in people:
            engine.erase(tx, tenant, member, now)
        retention.note_forgot(tx, restored, now)
        return len(people)

    log.warning("erasures were done again", extra={"people": await store.run(forget)})


def lock_folder(folder: Path) -> "IO[str]":
    """Hold the data folder: two processes on one SQLite file would fight. The lock goes with the process."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
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

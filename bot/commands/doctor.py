"""What `whetstone doctor` does: looks at everything that the bot stands on, and says how to mend what is wrong."""

import fcntl
import json
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from yoyo import read_migrations

from bot.app import UNFINISHED, migrations
from bot.commands.backup import list_backups
from bot.commands.doctor_records import find_fault, find_last_sign_of_life, find_restored, list_migrations
from bot.config import Config
from bot.kernel.ports import Clock

FINE: Final = 0
FOUND: Final = 1

LITTLE = 200_000_000  # bytes of free space below which the bot is in danger
SAFE_SQLITE = (3, 51, 3)  # before it, two connections that write at one instant can damage a database with a WAL
STALE = timedelta(days=2)  # a backup that is older was missed
SILENT = timedelta(minutes=2)  # a running bot gives a sign of life every 15 s
STEP = timedelta(seconds=2)  # by which two clocks of one machine may differ
OLD_ZONES = 2  # years
KEPT_ASIDE = timedelta(days=30)

State = Literal["fine", "warning", "broken"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `fix` says what to do where it is not fine."""

    what: str
    state: State
    says: str
    fix: str = ""

    def __str__(self) -> str:
        mark = {"fine": "fine   ", "warning": "WARNING", "broken": "BROKEN "}[self.state]
        return f"{mark} {self.what}: {self.says}" + (f"\n        -> {self.fix}" if self.fix else "")


def doctor(config: Config, clock: Clock, *, as_json: bool = False) -> tuple[int, str]:
    """Look at everything. Codes: 0 fine or only warnings, 1 something is broken."""
    found = examine(config, clock)
    return FOUND if any(one.state == "broken" for one in found) else FINE, report(found, as_json=as_json)


def report(found: Sequence[Finding], *, as_json: bool) -> str:
    """What was found, for people or for programs."""
    broken, warnings = (sum(one.state == state for one in found) for state in ("broken", "warning"))
    if as_json:
        return json.dumps({"broken": broken, "warnings": warnings, "findings": [asdict(f) for f in found]}, indent=1)
    return "\n".join((*map(str, found), f"{broken} broken, {warnings} to look at."))


def examine(config: Config, clock: Clock) -> list[Finding]:
    wall, machine = clock.now(), time.monotonic()
    checks: tuple[Callable[[Config, datetime], Iterator[Finding]], ...] = (
        check_folder, check_running, check_database, check_disk, check_backups, check_sqlite, check_zones,
    )  # fmt: skip
    found = [finding for check in checks for finding in check(config, wall)]
    now, passed = clock.now(), timedelta(seconds=time.monotonic() - machine)
    return [*found, *check_clock(config, now, now - wall - passed)]


# --- one thing each ----------------------------------------------------------------------------------


def check_folder(config: Config, _: datetime) -> Iterator[Finding]:
    """The data folder: there, ours, and closed to others."""
    data = config.data
    if not data.is_dir():
        yield Finding("data folder", "broken", f"{data} is not there", "Start the bot once, or name it with --data.")
        return
    try:
        with NamedTemporaryFile(dir=data):
            pass
    except OSError as error:
        fix = f"Give it to the user that runs the bot: chown -R USER {data}"
        yield Finding("data folder", "broken", f"{data} cannot be written ({error.strerror})", fix)
        return
    owner = data.stat().st_uid
    strange = [file.name for file in data.iterdir() if file.lstat().st_uid != owner]
    if strange:
        fix = f"Give everything to one user: chown -R --reference={data} {data}/*"
        yield Finding("data folder", "broken", f"{', '.join(sorted(strange)[:3])} belongs to another user", fix)
    elif data.stat().st_mode & 0o077:
        fix = f"Members' words are in it. Close it: chmod 700 {data}"
        yield Finding("data folder", "warning", f"other users of this machine can look into {data}", fix)
    else:
        yield Finding("data folder", "fine", f"{data} is yours alone")


def check_running(config: Config, now: datetime) -> Iterator[Finding]:
    """Whether a bot holds the folder, and whether it is alive."""
    if (config.data / UNFINISHED).exists():
        fix = "Run `whetstone restore` with the same file again."
        yield Finding("bot", "broken", "putting a backup back was broken off", fix)
        return
    if not _is_locked(config.data / "whetstone.lock"):
        yield Finding("bot", "fine", "not running on this folder")
        return
    last = _asked(config, find_last_sign_of_life)
    if last is None or now - last > SILENT:
        since = f"since {_time(last)}" if last else "yet"
        yield Finding("bot", "broken", f"running, but it gave no sign of life {since}", "Read its log, and restart it.")
    else:
        yield Finding("bot", "fine", "running")


def check_database(config: Config, _: datetime) -> Iterator[Finding]:
    """Sound, and of a version that this program knows."""
    if not config.database.exists():
        yield Finding("database", "warning", f"{config.database} is not there yet", "It is made at the first start.")
        return
    repair = "Stop the bot, then put the newest backup back: whetstone restore FILE"
    for database in sorted(config.data.glob("*.db")):
        try:
            fault = find_fault(database)
        except sqlite3.OperationalError as error:
            fix = "Check the rights of the file and of its folder."
            yield Finding(database.name, "broken", f"it cannot be opened ({error})", fix)
            return
        if fault:
            yield Finding(database.name, "broken", f"it is damaged ({fault})", repair)
            return
        yield Finding(database.name, "fine", f"sound, {size(database.stat().st_size)}")
    yield _version_of(config)
    restored = find_restored(config.database)
    if restored:
        says = f"this is {restored.file}, made {_time(restored.taken)} and put back {_time(restored.at)}"
        yield Finding("restored", "fine", says)


def check_disk(config: Config, _: datetime) -> Iterator[Finding]:
    folder = config.data if config.data.exists() else Path.cwd()
    free = shutil.disk_usage(folder).free
    weight = config.database.stat().st_size if config.database.exists() else 0
    says = f"{size(free)} free"
    if free < LITTLE:
        yield Finding("disk", "broken", says, f"Make room: the bot needs at least {size(LITTLE)}.")
    elif free < 3 * weight:
        yield Finding("disk", "warning", says, "Make room: a backup needs about twice the size of the database.")
    else:
        yield Finding("disk", "fine", says)


def check_backups(config: Config, now: datetime) -> Iterator[Finding]:
    """How old the newest in the usual folder is, and whether something was kept aside for too long."""
    made = list_backups(config.backups)
    nightly = "Make one now: whetstone backup. For every night see docs/host.md."
    if not made:
        yield Finding("backups", "warning", f"there is none in {config.backups}", nightly)
    elif now - made[-1].at > STALE:
        days = (now - made[-1].at).days
        yield Finding("backups", "warning", f"the newest is {days} days old", nightly)
    else:
        yield Finding("backups", "fine", f"{len(made)}, the newest from {_time(made[-1].at)}")
    for aside in sorted(config.data.glob("before-restore-*")):
        if now.timestamp() - aside.stat().st_mtime > KEPT_ASIDE.total_seconds():
            fix = f"It may hold words of members who left. When you are content: rm -r {aside}"
            yield Finding("kept aside", "warning", f"{aside.name} is from before a restore", fix)


def check_sqlite(_: Config, __: datetime) -> Iterator[Finding]:
    says = f"SQLite {sqlite3.sqlite_version}"
    if sqlite3.sqlite_version_info < SAFE_SQLITE:
        fix = (
            "Versions before 3.51.3 can damage a file that two programs write at once. The bot writes alone: never "
            "open its database with another program that writes. A newer Python brings a newer SQLite."
        )
        yield Finding("SQLite", "warning", says, fix)
    else:
        yield Finding("SQLite", "fine", says)


def check_zones(_: Config, now: datetime) -> Iterator[Finding]:
    """Rules of time zones change several times a year."""
    try:
        ZoneInfo("America/New_York")
        package = version("tzdata")
    except (ZoneInfoNotFoundError, PackageNotFoundError):
        yield Finding("time zones", "broken", "their data is missing", "Install it: pip install tzdata")
        return
    year = package.split(".")[0]
    if year.isdecimal() and now.year - int(year) >= OLD_ZONES:
        fix = "Hours may be wrong where the rules have changed: pip install --upgrade tzdata"
        yield Finding("time zones", "warning", f"tzdata {package}", fix)
    else:
        yield Finding("time zones", "fine", f"tzdata {package}")


def check_clock(config: Config, now: datetime, drift: timedelta) -> Iterator[Finding]:
    """
    The clock against the file system's, against the time that nobody can set, and against the bot's last sign of life.

    `drift`: by how much the clock moved while we looked, beyond the time that passed.
    """
    set_it = "Let the machine set its clock by the network: timedatectl set-ntp true"
    last = _asked(config, find_last_sign_of_life)
    if abs(drift) > STEP:
        yield Finding("clock", "warning", f"it was set by {drift.total_seconds():.0f} s just now", set_it)
        return
    if last is not None and last - now > STEP:
        says = f"it says {_time(now)}, but the bot was alive at {_time(last)}"
        yield Finding("clock", "broken", says, set_it)
        return
    written = _file_time(config.data)
    if written is not None and abs(written - now.timestamp()) > STEP.total_seconds():
        yield Finding("clock", "warning", "the data folder's file system has another time", set_it)
        return
    yield Finding("clock", "fine", f"{_time(now)}")


# --- inside --------------------------------------------------------------------------------------------


def _version_of(config: Config) -> Finding:
    known = {migration.id for migration in read_migrations(*(str(f) for f in migrations() if f.is_dir()))}
    there = list_migrations(config.database)
    if there - known:
        says = f"made by a newer Whetstone (it has {', '.join(sorted(there - known))})"
        return Finding("database version", "broken", says, "Install that version, or put an older backup back.")
    if known - there:
        says = f"{len(known - there)} steps behind this program"
        return Finding("database version", "warning", says, "Make a backup. The next start brings it up to date.")
    return Finding("database version", "fine", "up to date")


def _asked(config: Config, ask: "Callable[[Path], datetime | None]") -> datetime | None:
    """The database's answer, or None where it has none or is damaged, which is said elsewhere."""
    try:
        return ask(config.database) if config.database.exists() else None
    except sqlite3.Error:
        return None


def _is_locked(lock: Path) -> bool:
    try:
        with lock.open("r") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def _file_time(folder: Path) -> float | None:
    try:
        with NamedTemporaryFile(dir=folder) as file:
            return Path(file.name).stat().st_mtime
    except OSError:
        return None


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def size(count: float) -> str:
    """A number of bytes, as people read it."""
    for unit in ("bytes", "KB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}"
        count /= 1000
    return f"{count:.0f} GB"

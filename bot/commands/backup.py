"""
What `whetstone backup` does: one file that holds the databases and uploads of a data folder, made while the bot runs.

The bot's own database is copied first. What a chat in the browser got after that is found there again after a restore,
because every message is looked for before it is sent; the other way round messages would be missing.
"""

import json
import os
import shutil
import sqlite3
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from bot import VERSION
from bot.config import Config
from bot.kernel.calendar import stamp
from bot.store.sqlite import BUSY_MS

DAILY, WEEKLY = 7, 4  # how many are kept: of the last days, and of the weeks before those
ABOUT = "about.json"  # inside a backup: when it was made, and by which version
UPLOADS = "files"  # the folder of what members uploaded, inside the data folder
WORKING = ".whetstone-"  # how the names of our unfinished folders begin
LEFT = timedelta(hours=12)  # after which such a folder is nobody's
NAME = "whetstone-%Y-%m-%dT%H-%M-%SZ.tar.gz"


class BackupFailed(Exception):
    """One sentence that says why there is no backup, or why one cannot be used, and what to do."""


@dataclass(frozen=True, slots=True)
class Backup:
    path: Path
    at: datetime
    size: int  # bytes


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A backup that was read back and found sound, in a folder that goes with the block."""

    folder: Path
    at: datetime
    version: str
    databases: tuple[str, ...]


def backup(config: Config, now: datetime, to: Path | None = None) -> tuple[Backup, list[Path]]:
    """
    Write a backup and read it back; it, and the old ones that were removed to make room.

    In the usual folder the newest of each of the last days and weeks stay. A folder of your own is never tidied up.
    Raises BackupFailed; then there is no new file, and no old one was removed.
    """
    if not config.database.exists():
        raise BackupFailed(f"There is no database in {config.data}. Name the folder of your group with --data.")
    folder = to or config.backups
    path = folder / now.strftime(NAME)
    try:
        _make(config.data, folder, path, now)
        with opened(path):
            pass
    except (OSError, sqlite3.Error) as error:
        path.unlink(missing_ok=True)
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise BackupFailed(f"No backup was made in {folder} ({why}). Check its rights and the free space.") from error
    except BackupFailed:
        path.unlink(missing_ok=True)
        raise
    removed = [] if to else _tidy(folder)
    return Backup(path, now, path.stat().st_size), removed


def list_backups(folder: Path) -> list[Backup]:
    """Those in this folder that carry our name, oldest first."""
    found = []
    for path in sorted(folder.glob("whetstone-*.tar.gz")):
        try:
            at = datetime.strptime(path.name, NAME).replace(tzinfo=UTC)
        except ValueError:  # somebody else's file
            continue
        found.append(Backup(path, at, path.stat().st_size))
    return found


def to_keep(instants: Sequence[datetime]) -> set[datetime]:
    """The newest of each of the last seven days that have one, and of each of the four weeks before those."""
    by_day: dict[date, datetime] = {}
    for at in sorted(instants):
        by_day[at.date()] = at
    days = sorted(by_day, reverse=True)
    by_week: dict[tuple[int, int], datetime] = {}
    for day in reversed(days[DAILY:]):
        by_week[day.isocalendar()[:2]] = by_day[day]
    weeks = sorted(by_week, reverse=True)[:WEEKLY]
    return {*(by_day[day] for day in days[:DAILY]), *(by_week[week] for week in weeks)}


@contextmanager
def opened(path: Path, beside: Path | None = None) -> Iterator[Unpacked]:
    """
    Read a backup into a folder `beside` the data, or a temporary one, and check everything in it.

    Raises BackupFailed when it is no backup of ours, is damaged, or holds a damaged database.
    """
    with TemporaryDirectory(prefix=WORKING, dir=beside) as name:
        folder = Path(name)
        try:
            with tarfile.open(path, "r:gz") as archive:
                for member in archive:
                    _unpack(archive, member, folder)
            about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
            at, version = datetime.fromisoformat(about["at"]), str(about["version"])
        except FileNotFoundError as error:
            missing = "It is not there" if error.filename == str(path) else "It is no backup of Whetstone"
            raise BackupFailed(f"The file {path} cannot be used. {missing}.") from error
        except (tarfile.TarError, EOFError, ValueError, KeyError, TypeError, OSError) as error:
            why = error.strerror if isinstance(error, OSError) and error.strerror else "it is damaged or no backup"
            raise BackupFailed(f"The file {path} cannot be used ({why}). Try an older backup.") from error
        databases = tuple(sorted(file.name for file in folder.glob("*.db")))
        for database in databases:
            _need_sound(folder / database, path)
        if "whetstone.db" not in databases:
            raise BackupFailed(f"The file {path} cannot be used. It holds no database of Whetstone.")
        yield Unpacked(folder, at, version, databases)


# --- inside -----------------------------------------------------------------------------------------


def _make(data: Path, folder: Path, path: Path, now: datetime) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in folder.glob(f"{WORKING}*"):  # of a backup that was killed; a younger one may be at work
        if now.timestamp() - left.stat().st_mtime > LEFT.total_seconds():
            shutil.rmtree(left, ignore_errors=True)
    with TemporaryDirectory(prefix=WORKING, dir=folder) as name:
        made = Path(name)
        (made / ABOUT).write_text(json.dumps({"at": stamp(now), "version": VERSION}), encoding="utf-8")
        for database in sorted(data.glob("*.db"), key=lambda file: (file.name != "whetstone.db", file.name)):
            _copy(database, made / database.name)
        written = made / path.name
        with _private(written) as raw, tarfile.open(fileobj=raw, mode="w:gz", compresslevel=6) as archive:
            for file in sorted(made.iterdir()):
                if file != written:
                    archive.add(file, file.name)
            for upload in sorted((data / UPLOADS).glob("*")):  # after the database that names them
                with suppress(FileNotFoundError):  # taken back since we looked
                    archive.add(upload, f"{UPLOADS}/{upload.name}")
        with written.open("rb") as whole:
            os.fsync(whole.fileno())
        written.replace(path)


def _copy(database: Path, copy: Path) -> None:
    """One moment of a database that may be in use. Nobody waits for it, and what was deleted is not in it."""
    with closing(sqlite3.connect(database, timeout=BUSY_MS / 1000)) as db:
        db.execute("VACUUM INTO ?", (str(copy),))


@contextmanager
def _private(path: Path) -> Iterator[IO[bytes]]:
    """A new file that only its owner can read: members' words are in it."""
    with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:  # noqa: PTH123 - rights from the start
        yield file


def _unpack(archive: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    """Only plain files, and only with names that we write: a file from elsewhere must not reach beyond the folder."""
    parts = member.name.split("/")
    known = parts == [ABOUT] or (len(parts) == 1 and parts[0].endswith(".db")) or parts[:-1] == [UPLOADS]
    if not (member.isfile() and known) or parts[-1][:1] in ("", "."):
        raise ValueError("a strange file is in it")
    target = folder.joinpath(*parts)
    target.parent.mkdir(mode=0o700, exist_ok=True)
    source = archive.extractfile(member)
    assert source  # noqa: S101 - a plain file has content
    with source, _private(target) as copy:
        shutil.copyfileobj(source, copy)


def _need_sound(database: Path, path: Path) -> None:
    try:
        with closing(sqlite3.connect(database)) as db:
            fault = db.execute("PRAGMA integrity_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        fault = str(error)
    if fault != "ok":
        raise BackupFailed(f"In the backup {path} the database {database.name} is damaged ({fault}). Try an older one.")


def _tidy(folder: Path) -> list[Path]:
    made = list_backups(folder)
    keep = to_keep([one.at for one in made])
    old = [one.path for one in made if one.at not in keep]
    for path in old:
        path.unlink(missing_ok=True)
    return old

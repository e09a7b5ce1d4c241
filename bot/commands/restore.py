"""What `whetstone restore` does: puts a backup back, and keeps what was there."""

import os
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.app import UNFINISHED, lock_folder, migrations, read_erasures
from bot.commands.backup import UPLOADS, WORKING, BackupFailed, Unpacked, opened
from bot.commands.restore_records import keep_restore, list_erased
from bot.config import Config
from bot.engine.retention import Erased
from bot.store.migrate import Newer, migrate

ASIDE = "before-restore-%Y-%m-%dT%H-%M-%SZ"


@dataclass(frozen=True, slots=True)
class Restore:
    """What was done. `aside` is None where there was nothing before."""

    taken: datetime
    version: str  # of the program that made the backup
    aside: Path | None
    erased_known: bool  # False: nobody can tell who was forgotten since the backup


def restore(config: Config, file: Path, now: datetime) -> Restore:
    """
    Put the backup in `file` back into the data folder. What was there is kept aside in a folder of its own.

    The next start looks for every message before it sends it, and forgets again whoever was forgotten since. Raises
    CannotStart while the bot runs, and BackupFailed when the file cannot be used; then nothing was changed. When it is
    broken off, the bot does not start on half of it: run it again.
    """
    file = file.absolute()
    with lock_folder(config.data), _emptied(config.data), opened(file, config.data) as unpacked:
        erased, known = _erased_since(config)
        try:
            migrate(unpacked.folder / "whetstone.db", migrations())
        except Newer as newer:
            raise BackupFailed(f"The file {file} was made by a newer Whetstone. Install that version first.") from newer
        keep_restore(unpacked.folder / "whetstone.db", unpacked.at, now, file.name, erased)
        (config.data / UNFINISHED).touch()
        aside = _set_aside(config.data, now)
        _put_back(unpacked, config.data)
        (config.data / UNFINISHED).unlink()
    return Restore(unpacked.at, unpacked.version, aside, known)


@contextmanager
def _emptied(data: Path) -> Iterator[None]:
    """Without what a restore that was broken off has unpacked."""
    for left in data.glob(f"{WORKING}*"):
        shutil.rmtree(left, ignore_errors=True)
    yield


def _erased_since(config: Config) -> tuple[tuple[Erased, ...], bool]:
    """All that is known of erasures: from the database that is replaced, and from the file beside it."""
    noted = {one.token: one for one in read_erasures(config.data)}
    known = bool(noted)
    if config.database.exists():
        try:
            noted |= {one.token: one for one in list_erased(config.database)}
            known = True
        except sqlite3.Error:  # damaged, perhaps the very reason for the restore: the file must do
            pass
    return tuple(noted.values()), known


def _set_aside(data: Path, now: datetime) -> Path | None:
    """Databases with their logs, and uploads. A second try of the same second finds its folder and goes on."""
    present = [file for pattern in ("*.db", "*.db-wal", "*.db-shm") for file in sorted(data.glob(pattern))]
    present += [data / UPLOADS] if (data / UPLOADS).exists() else []
    if not present:
        return None
    aside = data / now.strftime(ASIDE)
    aside.mkdir(mode=0o700, exist_ok=True)
    for item in present:
        item.rename(aside / item.name)
    return aside


def _put_back(unpacked: Unpacked, data: Path) -> None:
    names: Iterable[str] = (*unpacked.databases, UPLOADS)
    for name in names:
        if (unpacked.folder / name).exists():
            (unpacked.folder / name).rename(data / name)
    folder = os.open(data, os.O_RDONLY)
    try:
        os.fsync(folder)  # the names, too, must survive a power cut
    finally:
        os.close(folder)

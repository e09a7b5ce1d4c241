"""What `whetstone doctor` reads from a database that may be old, damaged or in use."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

from bot.engine import retention
from bot.engine.retention import Restored
from bot.store.sqlite import BUSY_MS, SqliteTx


def find_fault(database: Path) -> str:
    """What SQLite finds wrong with the file, else empty. Raises OperationalError where it cannot be opened."""
    try:
        with _opened(database) as db:
            fault = str(db.execute("PRAGMA integrity_check(1)").fetchone()[0])
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError as error:
        return str(error)
    return "" if fault == "ok" else fault


def list_migrations(database: Path) -> set[str]:
    with _opened(database) as db:
        if not _has(db, "_yoyo_migration"):
            return set()
        return {row[0] for row in db.execute("SELECT migration_id FROM _yoyo_migration")}


def find_last_sign_of_life(database: Path) -> datetime | None:
    with _opened(database) as db:
        if not _has(db, "roster_heartbeats"):
            return None
        last = db.execute("SELECT max(last_at) FROM roster_heartbeats").fetchone()[0]
        return datetime.fromisoformat(last) if last else None


def find_restored(database: Path) -> Restored | None:
    """The newest backup that was put back."""
    with _opened(database) as db:
        return retention.last_restored(SqliteTx(db)) if _has(db, "restores") else None


def _has(db: sqlite3.Connection, table: str) -> bool:
    return db.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone() is not None


@contextmanager
def _opened(database: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=rw", uri=True, timeout=BUSY_MS / 1000)) as db:
        db.row_factory = sqlite3.Row
        yield db

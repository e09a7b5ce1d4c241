"""What is written into a copy of the database before it is put back. SQLite alone: others have tools of their own."""

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

from bot.engine import retention
from bot.engine.retention import Erased
from bot.kernel.calendar import stamp
from bot.store.sqlite import SqliteTx

LOOK = timedelta(days=7)  # so long a new message is looked for first: it may have been sent before the restore
MARGIN = timedelta(minutes=1)  # by which our clock and the platform's may differ


def keep_restore(database: Path, taken: datetime, now: datetime, file: str, erased: tuple[Erased, ...]) -> None:
    """
    Note in this copy that it is one, and what was forgotten since.

    Whatever waited to be sent when the backup was `taken` may stand by now, and so may whatever is sent anew: the
    courier looks for all of it, from then on, before it sends.
    """
    since = stamp(taken - MARGIN)
    with closing(_open(database)) as db, db:
        tx = SqliteTx(db)
        for one in erased:
            retention.keep_erased(tx, one)
        tx.run(
            """INSERT INTO restores (restored_at, taken_at, file, look_from, look_until)
               VALUES (:now, :taken, :file, :since, :until)""",
            now=stamp(now), taken=stamp(taken), file=file, since=since, until=stamp(now + LOOK),
        )  # fmt: skip
        tx.run(
            """UPDATE outbox SET attempts = max(attempts, 1), owner = NULL, lease = NULL,
                      first_try = CASE WHEN first_try < :since THEN first_try ELSE :since END
                WHERE shown < revision AND receipt IS NULL AND (card IS NOT NULL OR attempts > 0)""",
            since=since,
        )


def list_erased(database: Path) -> tuple[Erased, ...]:
    """Who was forgotten, as this database tells it. Raises sqlite3.Error when it cannot tell."""
    with closing(_open(database)) as db:
        if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'erasures'").fetchone():
            return ()  # of a version that did not note it
        return retention.list_erased(SqliteTx(db))


def _open(database: Path) -> sqlite3.Connection:
    db = sqlite3.connect(database)
    db.row_factory = sqlite3.Row
    return db

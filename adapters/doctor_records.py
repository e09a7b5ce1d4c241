"""What `whetstone doctor PLATFORM` reads from a database that may be old or in use. It writes nothing."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from bot.store.sqlite import BUSY_MS


@dataclass(frozen=True, slots=True)
class Used:
    """A group, the place it lives in (its id without the platform's name), and its channels: what for, and which."""

    place: str
    title: str
    channels: tuple[tuple[str, str], ...]


def list_used(database: Path, platform: str) -> list[Used]:
    """
    The groups of this platform, in all its workspaces, and their channels; none where there is no database yet.

    Raises sqlite3.Error where it cannot be read.
    """
    if not database.exists():
        return []
    address = f"{database.absolute().as_uri()}?mode=rw"  # a WAL is read by writing its index; see the next line
    with closing(sqlite3.connect(address, uri=True, timeout=BUSY_MS / 1000)) as db:
        db.execute("PRAGMA query_only = ON")
        columns = {row[1] for row in db.execute("PRAGMA table_info(roster_groups)")}
        if not columns:
            return []
        title = "title" if "title" in columns else "''"  # of an older version
        found = db.execute(
            f"SELECT group_id, {title} FROM roster_groups"  # noqa: S608 - from here
            " WHERE tenant = :platform OR tenant LIKE :platform || ':%' ORDER BY group_id",
            {"platform": platform},
        ).fetchall()
        return [Used(group.partition(":")[2], name, _channels(db, group)) for group, name in found]


def _channels(db: sqlite3.Connection, group: str) -> tuple[tuple[str, str], ...]:
    rows = db.execute(
        "SELECT purpose, spot FROM roster_places WHERE group_id = ? AND spot <> '' ORDER BY purpose", (group,)
    )
    return tuple((str(purpose), str(spot)) for purpose, spot in rows)

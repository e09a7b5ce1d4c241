"""Brings a database to this version's tables: every owner's `sql/` folder, by yoyo-migrations."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from yoyo import get_backend, read_migrations


class Newer(Exception):
    """The database was made by a newer version of the program."""


def migrate(database: Path, folders: Iterable[Path]) -> list[str]:
    """
    Apply what is missing, each migration whole or not at all; the names of those applied now.

    Must run under the lock of the data folder. Raises Newer, and changes nothing, when the database has migrations that
    this version does not know.
    """
    known = read_migrations(*(str(folder) for folder in folders if folder.is_dir()))
    names, applied = {migration.id for migration in known}, _applied(database)
    unknown = sorted(applied - names)
    if unknown:
        raise Newer(
            f"The database {database} was made by a newer Whetstone (it has {', '.join(unknown)}). "
            f"Install that version, or put an older copy of the database in its place."
        )
    if names == applied:  # most starts: yoyo would read every file, and write into the database to find that out
        return []
    backend = get_backend(f"sqlite:///{quote(str(database))}")
    try:
        backend.break_lock()  # left by a process that died here; ours is the only one, the folder is locked
        missing = backend.to_apply(known)
        with backend.lock():
            for migration in missing:
                # yoyo marks a migration in a transaction of its own: killed between the two, no later start would work.
                with backend.transaction():
                    migration.process_steps(backend, "apply")
                    backend.mark_one(migration, log=False)
    finally:
        backend.connection.close()
    return [migration.id for migration in missing]


def _applied(database: Path) -> set[str]:
    if not database.exists():
        return set()
    with closing(sqlite3.connect(database)) as db:
        if not db.execute("SELECT 1 FROM sqlite_master WHERE name = '_yoyo_migration'").fetchone():
            return set()
        return {row[0] for row in db.execute("SELECT migration_id FROM _yoyo_migration")}

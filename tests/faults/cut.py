"""
Migrations that are killed: each time a few statements later than before, until one comes to its end.

    python -m tests.faults.cut FOLDER STEP
"""

import os
import signal
import sys
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

from yoyo import migrations as yoyo_migrations
from yoyo.backends.base import DatabaseBackend

from bot.app import migrations
from bot.store.migrate import migrate


def split_once(read: Any) -> Any:
    """For `yoyo.migrations.read_sql_migration`: to split a file into its statements takes longer than to run them."""
    read = cache(read)

    def again(path: str) -> tuple[dict[str, str], str, list[str]]:
        directives, comment, statements = read(path)
        return directives, comment, [*statements]

    return again


def lives(database: Path, at: int) -> bool:
    """In a process of its own: die just before statement number `at`. True when it came to its end."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    execute, numbers = DatabaseBackend.execute, count(1)

    def counted(self: DatabaseBackend, *args: Any, **more: Any) -> Any:
        if next(numbers) == at:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(self, *args, **more)

    DatabaseBackend.execute = counted
    migrate(database, migrations())
    os._exit(0)


def main(folder: Path, step: int) -> None:
    vars(yoyo_migrations)["read_sql_migration"] = split_once(yoyo_migrations.read_sql_migration)
    migrate(folder / "fresh.db", migrations())
    at = 1
    while not lives(folder / f"{at}.db", at):
        at += step


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))

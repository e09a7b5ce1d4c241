"""Works: slow tasks, what they were given and what came out. A name once used is never computed again."""

import json
from datetime import datetime, timedelta
from typing import Any

from bot.kernel.calendar import stamp
from bot.kernel.effect import Work
from bot.kernel.ports import Row, Tx

AGAIN = timedelta(minutes=5)  # after the first failure; doubled with each further one, up to five hours


def keep_work(tx: Tx, group: str, work: Work, now: datetime) -> None:
    """Raises TypeError where `args` is no plain data."""
    tx.run(
        """INSERT INTO works (name, group_id, task, args, due, at) VALUES (:name, :group, :task, :args, :now, :now)
           ON CONFLICT (name) DO NOTHING""",
        name=work.name, group=group, task=work.task, args=json.dumps(work.args, separators=(",", ":")), now=stamp(now),
    )  # fmt: skip


def find_due(tx: Tx, now: datetime) -> Row | None:
    """The oldest one that can be done now, with its group's tenant."""
    return tx.one(
        """SELECT works.*, roster_groups.tenant FROM works JOIN roster_groups ON roster_groups.group_id = works.group_id
            WHERE state = 'due' AND due <= :now ORDER BY at, name LIMIT 1""",
        now=stamp(now),
    )


def next_due(tx: Tx) -> datetime | None:
    row = tx.one("SELECT min(due) AS due FROM works WHERE state = 'due'")
    return datetime.fromisoformat(row["due"]) if row and row["due"] else None


def is_due(tx: Tx, name: str) -> bool:
    return tx.one("SELECT 1 FROM works WHERE name = :name AND state = 'due'", name=name) is not None


def close_work(tx: Tx, name: str, result: Any) -> None:
    """It is done; what went in and what came out stays for a while, so that anybody can see why."""
    tx.run(
        "UPDATE works SET state = 'done', result = :result WHERE name = :name",
        result=json.dumps(result, separators=(",", ":")),
        name=name,
    )


def push_work(tx: Tx, name: str, now: datetime) -> None:
    """It failed: later again, so that one broken task neither stops the others nor spins."""
    row = tx.one("SELECT errors FROM works WHERE name = :name", name=name)
    errors = int(row["errors"]) if row else 0
    tx.run(
        "UPDATE works SET errors = errors + 1, due = :due WHERE name = :name AND state = 'due'",
        due=stamp(now + AGAIN * 2 ** min(errors, 6)),
        name=name,
    )

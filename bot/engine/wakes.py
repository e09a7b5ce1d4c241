"""Wakes: what should happen at an instant. A name once used never fires again."""

from collections.abc import Sequence
from datetime import datetime

from bot.kernel import codec
from bot.kernel.calendar import stamp
from bot.kernel.effect import Late, Wake
from bot.kernel.ports import Row, Tx


def keep_wake(tx: Tx, group: str, wake: Wake) -> None:
    """Plan it, or move it while it has not fired."""
    tx.run(
        """INSERT INTO wakes (name, group_id, route, at, due, late) VALUES (:name, :group, :route, :at, :at, :late)
           ON CONFLICT (name) DO UPDATE SET at = excluded.at, due = excluded.due, route = excluded.route,
                  late = excluded.late, errors = 0, state = 'due'
            WHERE wakes.state IN ('due', 'cancelled')""",
        name=wake.name, group=group, route=wake.route, at=stamp(wake.at), late=codec.dump(wake.late),
    )  # fmt: skip


def cancel_wake(tx: Tx, name: str) -> None:
    tx.run("UPDATE wakes SET state = 'cancelled' WHERE name = :name AND state = 'due'", name=name)


def cancel_route(tx: Tx, group: str, route: str, now: datetime) -> list[Row]:
    """
    Call off what is planned for this route; what was called off (name, at).

    What is due already stands: it runs, or its late policy says so.
    """
    return list(
        tx.all(
            """UPDATE wakes SET state = 'cancelled'
                WHERE group_id = :group AND route = :route AND state = 'due' AND at > :now
            RETURNING name, at""",
            group=group, route=route, now=stamp(now),
        )
    )  # fmt: skip


def is_used(tx: Tx, name: str) -> bool:
    """Has a wake of this name run, been skipped, or been collapsed? A moved time must not give a date a second one."""
    return tx.one("SELECT 1 FROM wakes WHERE name = :name AND state NOT IN ('due', 'cancelled')", name=name) is not None


def is_planned(tx: Tx, name: str) -> bool:
    return tx.one("SELECT 1 FROM wakes WHERE name = :name AND state = 'due'", name=name) is not None


def list_due(tx: Tx, now: datetime, limit: int = 100) -> Sequence[Row]:
    return tx.all(
        """SELECT wakes.*, roster_groups.tenant FROM wakes JOIN roster_groups ON roster_groups.group_id = wakes.group_id
            WHERE state = 'due' AND due <= :now ORDER BY at, name LIMIT :limit""",
        now=stamp(now), limit=limit,
    )  # fmt: skip


def next_due(tx: Tx) -> datetime | None:
    row = tx.one("SELECT min(due) AS due FROM wakes WHERE state = 'due'")
    return datetime.fromisoformat(row["due"]) if row and row["due"] else None


def find_late(tx: Tx, name: str, at: datetime) -> Late | None:
    """The late policy of a wake that still has to run for this instant; None when it has run or was moved."""
    row = tx.one("SELECT late FROM wakes WHERE name = :name AND at = :at AND state = 'due'", name=name, at=stamp(at))
    late: Late | None = codec.load(row["late"]) if row else None
    return late


def is_newest(tx: Tx, group: str, route: str, at: datetime, now: datetime) -> bool:
    """Has the time of no later one come yet?"""
    row = tx.one(
        """SELECT 1 FROM wakes
            WHERE group_id = :group AND route = :route AND state IN ('due', 'done') AND at > :at AND at <= :now""",
        group=group, route=route, at=stamp(at), now=stamp(now),
    )  # fmt: skip
    return row is None


def close_wake(tx: Tx, name: str, state: str) -> None:
    """`state`: done, skipped or collapsed."""
    tx.run("UPDATE wakes SET state = :state WHERE name = :name", state=state, name=name)


def push_wake(tx: Tx, name: str, at: datetime, due: datetime) -> None:
    """It failed: try again at `due`, so that one broken wake neither stops the others nor spins."""
    tx.run(
        "UPDATE wakes SET errors = errors + 1, due = :due WHERE name = :name AND at = :at AND state = 'due'",
        due=stamp(due), name=name, at=stamp(at),
    )  # fmt: skip

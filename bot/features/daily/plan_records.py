"""How the plan is remembered: what the group has had, what organisers changed, which days passed without a problem."""

from collections.abc import Mapping
from datetime import date, datetime

from bot.features.daily import records
from bot.features.daily.plan_rules import Change, Ledger
from bot.kernel.calendar import stamp
from bot.kernel.ports import Row, Tx


def find_ledger(
    tx: Tx,
    group: str,
    mix: tuple[tuple[str, int], ...],
    packs_off: tuple[str, ...],
    focus: Mapping[date, frozenset[str]],
) -> Ledger:
    """All that decides what this group gets next."""
    return Ledger(
        group,
        tuple(records.list_met(tx, group)),
        _list_days(tx, group),
        frozenset(records.list_given(tx, group)),
        list_changes(tx, group),
        mix,
        frozenset(packs_off),
        focus,
    )


def _list_days(tx: Tx, group: str) -> frozenset[date]:
    rows = tx.all("SELECT round FROM daily_rounds WHERE group_id = :group AND only_member = ''", group=group)
    return frozenset(date.fromisoformat(row["round"]) for row in rows)


# --- days that passed without a problem ---------------------------------------------------


def keep_passed(tx: Tx, group: str, day: str) -> None:
    tx.run(
        "INSERT INTO daily_passed (group_id, day) VALUES (:group, :day) ON CONFLICT (group_id, day) DO NOTHING",
        group=group, day=day,
    )  # fmt: skip


def list_passed(tx: Tx, group: str, since: date) -> frozenset[date]:
    rows = tx.all(
        "SELECT day FROM daily_passed WHERE group_id = :group AND day >= :since", group=group, since=str(since)
    )
    return frozenset(date.fromisoformat(row["day"]) for row in rows)


# --- what organisers changed ----------------------------------------------------------------


def keep_change(tx: Tx, group: str, day: date, kind: str, item: str, now: datetime) -> Change:
    """Keep it under the group's next number. A number is never used again, so an old button undoes nothing new."""
    number = records.next_number(tx, group, "change")
    tx.run(
        """INSERT INTO daily_changes (group_id, number, day, kind, item, at)
           VALUES (:group, :number, :day, :kind, :item, :now)""",
        group=group, number=number, day=str(day), kind=kind, item=item, now=stamp(now),
    )  # fmt: skip
    return Change(number, day, kind, item)


def list_changes(tx: Tx, group: str) -> tuple[Change, ...]:
    """Those that stand, oldest first."""
    rows = tx.all(
        "SELECT * FROM daily_changes WHERE group_id = :group AND undone_at IS NULL ORDER BY number", group=group
    )
    return tuple(_change(row) for row in rows)


def forget_change(tx: Tx, group: str, number: int, now: datetime) -> Change | None:
    """Take it back; None when there is none of this number that stands."""
    row = tx.one(
        """UPDATE daily_changes SET undone_at = :now
            WHERE group_id = :group AND number = :number AND undone_at IS NULL RETURNING *""",
        now=stamp(now), group=group, number=number,
    )  # fmt: skip
    return _change(row) if row else None


def _change(row: Row) -> Change:
    return Change(row["number"], date.fromisoformat(row["day"]), row["kind"], row["item"])

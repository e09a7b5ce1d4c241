"""How an organiser's corrections are remembered. They are never deleted, only undone."""

from datetime import datetime

from bot.features.streaks.day_rules import Correction
from bot.kernel.calendar import stamp
from bot.kernel.ports import Row, Tx


def keep_correction(tx: Tx, group: str, member: str, correction: Correction) -> None:
    tx.run(
        """INSERT INTO streaks_corrections (group_id, number, member, day, kind, reason, by_member, at)
           VALUES (:group, :number, :member, :day, :kind, :reason, :by, :at)
           ON CONFLICT (group_id, number) DO NOTHING""",
        group=group, number=correction.number, member=member, day=stamp(correction.day), kind=correction.kind,
        reason=correction.reason, by=correction.by_member, at=stamp(correction.at),
    )  # fmt: skip


def keep_undone(tx: Tx, group: str, number: int, now: datetime) -> bool:
    """False when it was undone already."""
    changed = tx.run(
        """UPDATE streaks_corrections SET undone_at = :now
            WHERE group_id = :group AND number = :number AND undone_at IS NULL""",
        group=group, number=number, now=stamp(now),
    )  # fmt: skip
    return changed > 0


def find_correction(tx: Tx, group: str, number: int) -> tuple[str, Correction] | None:
    """(member, correction)."""
    row = tx.one(
        "SELECT * FROM streaks_corrections WHERE group_id = :group AND number = :number", group=group, number=number
    )
    return (row["member"], _correction(row)) if row else None


def list_corrections(tx: Tx, group: str, member: str) -> list[Correction]:
    """Those of one member, undone ones as well, oldest first."""
    rows = tx.all(
        "SELECT * FROM streaks_corrections WHERE group_id = :group AND member = :member ORDER BY number",
        group=group, member=member,
    )  # fmt: skip
    return [_correction(row) for row in rows]


def list_all(tx: Tx, group: str, limit: int, offset: int) -> list[tuple[str, Correction]]:
    """(member, correction) of the whole group, newest first."""
    rows = tx.all(
        """SELECT * FROM streaks_corrections WHERE group_id = :group
            ORDER BY number DESC LIMIT :limit OFFSET :offset""",
        group=group, limit=limit, offset=offset,
    )  # fmt: skip
    return [(row["member"], _correction(row)) for row in rows]


def forget_reasons(tx: Tx, group: str, by_member: str) -> None:
    """The words of an organiser who is being erased. What they decided stays."""
    tx.run(
        "UPDATE streaks_corrections SET reason = '' WHERE group_id = :group AND by_member = :by",
        group=group, by=by_member,
    )  # fmt: skip


def _correction(row: Row) -> Correction:
    undone = datetime.fromisoformat(row["undone_at"]) if row["undone_at"] else None
    return Correction(
        row["number"], datetime.fromisoformat(row["day"]), row["kind"], row["reason"], row["by_member"],
        datetime.fromisoformat(row["at"]), undone,
    )  # fmt: skip


# --- numbers ------------------------------------------------------------------------------------


def next_number(tx: Tx, group: str) -> int:
    """A number that was never given out in this group."""
    row = tx.one(
        """INSERT INTO streaks_numbers (group_id, last) VALUES (:group, 1)
           ON CONFLICT (group_id) DO UPDATE SET last = streaks_numbers.last + 1 RETURNING last""",
        group=group,
    )
    return int(row["last"]) if row else 0

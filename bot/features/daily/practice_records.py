"""What members practised alone."""

from datetime import datetime

from bot.features.daily.practice_rules import Practised
from bot.kernel.calendar import stamp
from bot.kernel.ports import Tx


def keep_practised(tx: Tx, group: str, member: str, number: int, practised: Practised) -> None:
    """`number` counts what this member took up in this group."""
    tx.run(
        """INSERT INTO daily_practised (group_id, member, number, item, round, at)
           VALUES (:group, :member, :number, :item, :round, :at)""",
        group=group, member=member, number=number, item=practised.item, round=practised.round,
        at=stamp(practised.at),
    )  # fmt: skip


def list_practised(tx: Tx, group: str, member: str) -> list[Practised]:
    """Newest first."""
    rows = tx.all(
        """SELECT item, round, at FROM daily_practised WHERE group_id = :group AND member = :member
            ORDER BY number DESC""",
        group=group, member=member,
    )  # fmt: skip
    return [Practised(row["item"], row["round"], datetime.fromisoformat(row["at"])) for row in rows]


def list_private_items(tx: Tx, group: str, member: str) -> frozenset[str]:
    """Every item that this member had in a round of their own."""
    rows = tx.all(
        "SELECT DISTINCT item FROM daily_rounds WHERE group_id = :group AND only_member = :member",
        group=group, member=member,
    )  # fmt: skip
    return frozenset(row["item"] for row in rows)

"""How it is remembered for whom a drawn request is kept."""

from datetime import datetime

from bot.kernel.calendar import stamp
from bot.kernel.ports import Tx


def keep_drawn(tx: Tx, group: str, request: int, member: str, until: datetime) -> None:
    tx.run(
        """INSERT INTO reviews_drawn (group_id, request, member, until) VALUES (:group, :request, :member, :until)
           ON CONFLICT (group_id, request, member) DO UPDATE SET until = excluded.until""",
        group=group, request=request, member=member, until=stamp(until),
    )  # fmt: skip


def keep_until(tx: Tx, group: str, request: int, until: datetime) -> None:
    """The request was drawn, until then."""
    tx.run(
        "UPDATE reviews_requests SET drawn_until = :until WHERE group_id = :group AND number = :request",
        group=group, request=request, until=stamp(until),
    )  # fmt: skip


def list_drawn_to(tx: Tx, group: str, member: str, now: datetime) -> list[int]:
    """The requests that are kept for this member at present, oldest first."""
    rows = tx.all(
        """SELECT request FROM reviews_drawn WHERE group_id = :group AND member = :member AND until > :now
            ORDER BY request""",
        group=group, member=member, now=stamp(now),
    )  # fmt: skip
    return [row["request"] for row in rows]


def list_hands(tx: Tx, group: str, request: int) -> set[str]:
    """For whom this request was drawn and who has not taken it yet."""
    rows = tx.all(
        "SELECT member FROM reviews_drawn WHERE group_id = :group AND request = :request", group=group, request=request
    )
    return {row["member"] for row in rows}


def forget_drawn(tx: Tx, group: str, request: int, member: str) -> bool:
    """They have it, or do not get it any more. False when it was not drawn for them."""
    return bool(
        tx.run(
            "DELETE FROM reviews_drawn WHERE group_id = :group AND request = :request AND member = :member",
            group=group, request=request, member=member,
        )
    )  # fmt: skip


def list_all_drawn_to(tx: Tx, group: str, member: str) -> list[int]:
    """Also what is free for everybody by now."""
    rows = tx.all(
        "SELECT request FROM reviews_drawn WHERE group_id = :group AND member = :member ORDER BY request",
        group=group, member=member,
    )  # fmt: skip
    return [row["request"] for row in rows]

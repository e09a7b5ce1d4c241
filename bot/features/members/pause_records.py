"""How breaks are remembered."""

from datetime import datetime

from bot.kernel.calendar import stamp
from bot.kernel.ports import Tx


def keep_pause(tx: Tx, group: str, member: str, now: datetime, until: datetime) -> None:
    """A running break gets another end; one that is over gives way to the new one."""
    tx.run(
        """INSERT INTO members_pauses (group_id, member, since, until) VALUES (:group, :member, :now, :until)
           ON CONFLICT (group_id, member) DO UPDATE
              SET since = CASE WHEN members_pauses.until > :now THEN members_pauses.since ELSE excluded.since END,
                  until = excluded.until""",
        group=group, member=member, now=stamp(now), until=stamp(until),
    )  # fmt: skip


def find_pause(tx: Tx, group: str, member: str, now: datetime) -> datetime | None:
    """Until when the member rests; None when they do not, or not any more."""
    row = tx.one(
        "SELECT until FROM members_pauses WHERE group_id = :group AND member = :member AND until > :now",
        group=group, member=member, now=stamp(now),
    )  # fmt: skip
    return datetime.fromisoformat(row["until"]) if row else None


def forget_pause(tx: Tx, group: str, member: str) -> None:
    tx.run("DELETE FROM members_pauses WHERE group_id = :group AND member = :member", group=group, member=member)

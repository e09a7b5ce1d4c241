"""How the votes on a prompt are remembered."""

from datetime import datetime

from bot.kernel.calendar import stamp
from bot.kernel.ports import Tx


def keep_vote(tx: Tx, group: str, week: int, member: str, vote: int, now: datetime) -> None:
    tx.run(
        """INSERT INTO mlsd_votes (group_id, week, member, vote, at) VALUES (:group, :week, :member, :vote, :at)
           ON CONFLICT (group_id, week, member) DO UPDATE SET vote = excluded.vote, at = excluded.at""",
        group=group, week=week, member=member, vote=vote, at=stamp(now),
    )  # fmt: skip


def list_decided(tx: Tx, group: str, run: int) -> set[str]:
    """The changes of which this member said what falls, or that nothing does."""
    rows = tx.all("SELECT twist FROM mlsd_fell WHERE group_id = :group AND run = :run", group=group, run=run)
    return {row["twist"] for row in rows}


def list_votes(tx: Tx, group: str, week: int) -> list[int]:
    rows = tx.all("SELECT vote FROM mlsd_votes WHERE group_id = :group AND week = :week", group=group, week=week)
    return [row["vote"] for row in rows]

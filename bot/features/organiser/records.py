"""How set-ups and skipped times are remembered. The only file here with SQL."""

from datetime import date, datetime

from bot.features.organiser.rules import Skip
from bot.kernel.calendar import stamp
from bot.kernel.ports import Tx


def keep_setup(tx: Tx, group: str, spot: str, member: str, now: datetime) -> None:
    tx.run(
        """INSERT INTO organiser_setups (group_id, spot, by_member, at) VALUES (:group, :spot, :member, :now)
           ON CONFLICT (group_id) DO UPDATE
              SET spot = excluded.spot, by_member = excluded.by_member, at = excluded.at""",
        group=group, spot=spot, member=member, now=stamp(now),
    )  # fmt: skip


def find_spot(tx: Tx, group: str) -> str:
    """The channel in which the group was set up; empty where that is not known."""
    row = tx.one("SELECT spot FROM organiser_setups WHERE group_id = :group", group=group)
    return str(row["spot"]) if row else ""


def keep_skip(tx: Tx, group: str, route: str, told_on: date, skip: Skip) -> None:
    tx.run(
        """INSERT INTO organiser_skips (group_id, route, told_on, at, why) VALUES (:group, :route, :told_on, :at, :why)
           ON CONFLICT (group_id, route, told_on, at) DO UPDATE SET why = excluded.why""",
        group=group, route=route, told_on=str(told_on), at=stamp(skip.at), why=skip.why,
    )  # fmt: skip


def list_skips(tx: Tx, group: str, route: str, told_on: date) -> list[Skip]:
    """Oldest first."""
    rows = tx.all(
        """SELECT at, why FROM organiser_skips WHERE group_id = :group AND route = :route AND told_on = :told_on
            ORDER BY at""",
        group=group, route=route, told_on=str(told_on),
    )  # fmt: skip
    return [Skip(datetime.fromisoformat(row["at"]), row["why"]) for row in rows]

"""How set-ups, the last problem, and what failed are remembered."""

from datetime import date, datetime

from bot.features.organiser.desk_rules import Task
from bot.features.organiser.rules import Parked, Skip
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


def keep_parked(tx: Tx, group: str, told_on: date, parked: Parked) -> None:
    tx.run(
        """INSERT INTO organiser_parked (group_id, told_on, name, fix) VALUES (:group, :told_on, :name, :fix)
           ON CONFLICT (group_id, told_on, name) DO UPDATE SET fix = excluded.fix""",
        group=group, told_on=str(told_on), name=parked.name, fix=parked.fix,
    )  # fmt: skip


def list_parked(tx: Tx, group: str, told_on: date) -> list[Parked]:
    rows = tx.all(
        "SELECT name, fix FROM organiser_parked WHERE group_id = :group AND told_on = :told_on ORDER BY name",
        group=group, told_on=str(told_on),
    )  # fmt: skip
    return [Parked(row["name"], row["fix"]) for row in rows]


def keep_last_task(tx: Tx, group: str, task: Task) -> None:
    """An older one, told again with other values, does not stand for the newest."""
    tx.run(
        """INSERT INTO organiser_last_tasks (group_id, task, title, opens) VALUES (:group, :task, :title, :opens)
           ON CONFLICT (group_id) DO UPDATE
              SET task = excluded.task, title = excluded.title, opens = excluded.opens
            WHERE organiser_last_tasks.opens <= excluded.opens""",
        group=group, task=task.name, title=task.title, opens=stamp(task.opens),
    )  # fmt: skip


def find_last_task(tx: Tx, group: str) -> Task | None:
    row = tx.one("SELECT task, title, opens FROM organiser_last_tasks WHERE group_id = :group", group=group)
    return Task(row["task"], row["title"], datetime.fromisoformat(row["opens"])) if row else None

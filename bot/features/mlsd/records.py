"""How system design weeks are remembered."""

from datetime import datetime, timedelta

from bot.features.mlsd.rules import Series, State, Week
from bot.kernel.calendar import stamp
from bot.kernel.ports import Row, Tx


def keep_week(tx: Tx, week: Week) -> None:
    tx.run(
        """INSERT INTO mlsd_weeks (group_id, number, item, revision, state, opens, locks, reveals, closes,
                                   lengthened, told)
           VALUES (:group, :number, :item, :revision, :state, :opens, :locks, :reveals, :closes, :lengthened, :told)
           ON CONFLICT (group_id, number) DO UPDATE
              SET state = excluded.state, locks = excluded.locks, reveals = excluded.reveals,
                  closes = excluded.closes, lengthened = excluded.lengthened, told = excluded.told""",
        group=week.group, number=week.number, item=week.item, revision=week.revision, state=week.state,
        opens=stamp(week.opens), locks=stamp(week.locks), reveals=stamp(week.reveals), closes=stamp(week.closes),
        lengthened=round(week.lengthened.total_seconds()), told=week.told,
    )  # fmt: skip


def find_week(tx: Tx, group: str, number: int) -> Week | None:
    row = tx.one("SELECT * FROM mlsd_weeks WHERE group_id = :group AND number = :number", group=group, number=number)
    return _week(row) if row else None


def list_weeks(tx: Tx, group: str) -> list[Week]:
    """All weeks of the group, newest first."""
    rows = tx.all("SELECT * FROM mlsd_weeks WHERE group_id = :group ORDER BY number DESC", group=group)
    return [_week(row) for row in rows]


def _week(row: Row) -> Week:
    opens, locks, reveals, closes = (
        datetime.fromisoformat(row[key]) for key in ("opens", "locks", "reveals", "closes")
    )
    return Week(
        row["group_id"], row["number"], row["item"], row["revision"], State(row["state"]), opens, locks, reveals,
        closes, timedelta(seconds=row["lengthened"]), row["told"],
    )  # fmt: skip


def keep_reader(tx: Tx, group: str, week: int, member: str, now: datetime) -> None:
    tx.run(
        """INSERT INTO mlsd_readers (group_id, week, member, at) VALUES (:group, :week, :member, :at)
           ON CONFLICT (group_id, week, member) DO NOTHING""",
        group=group, week=week, member=member, at=stamp(now),
    )  # fmt: skip


def forget_reader(tx: Tx, group: str, week: int, member: str) -> None:
    tx.run(
        "DELETE FROM mlsd_readers WHERE group_id = :group AND week = :week AND member = :member",
        group=group, week=week, member=member,
    )  # fmt: skip


def list_readers(tx: Tx, group: str, week: int) -> list[str]:
    rows = tx.all(
        "SELECT member FROM mlsd_readers WHERE group_id = :group AND week = :week ORDER BY at, member",
        group=group, week=week,
    )  # fmt: skip
    return [row["member"] for row in rows]


# --- who said that they take part -----------------------------------------------------------


def keep_taker(tx: Tx, group: str, week: int, member: str, now: datetime) -> None:
    tx.run(
        """INSERT INTO mlsd_takers (group_id, week, member, at) VALUES (:group, :week, :member, :at)
           ON CONFLICT (group_id, week, member) DO NOTHING""",
        group=group, week=week, member=member, at=stamp(now),
    )  # fmt: skip


def forget_taker(tx: Tx, group: str, week: int, member: str) -> None:
    tx.run(
        "DELETE FROM mlsd_takers WHERE group_id = :group AND week = :week AND member = :member",
        group=group, week=week, member=member,
    )  # fmt: skip


def list_takers(tx: Tx, group: str, week: int) -> list[str]:
    """Those who said so, in the order in which they did."""
    rows = tx.all(
        "SELECT member FROM mlsd_takers WHERE group_id = :group AND week = :week ORDER BY at, member",
        group=group, week=week,
    )  # fmt: skip
    return [row["member"] for row in rows]


def keep_nudged(tx: Tx, group: str, week: int, member: str, now: datetime) -> bool:
    """The one reminder of a week; False when this member has had it, or never said that they take part."""
    changed = tx.run(
        """UPDATE mlsd_takers SET nudged_at = :at
            WHERE group_id = :group AND week = :week AND member = :member AND nudged_at IS NULL""",
        group=group, week=week, member=member, at=stamp(now),
    )  # fmt: skip
    return changed > 0


# --- whether the weeks go on -------------------------------------------------------------------


def find_series(tx: Tx, group: str) -> Series:
    row = tx.one("SELECT * FROM mlsd_series WHERE group_id = :group", group=group)
    return Series(row["paused_after"], row["since"], bool(row["decided"])) if row else Series()


def keep_series(tx: Tx, group: str, series: Series) -> None:
    tx.run(
        """INSERT INTO mlsd_series (group_id, paused_after, since, decided)
           VALUES (:group, :paused_after, :since, :decided)
           ON CONFLICT (group_id) DO UPDATE SET paused_after = excluded.paused_after, since = excluded.since,
                  decided = excluded.decided""",
        group=group, paused_after=series.paused_after, since=series.since, decided=int(series.decided),
    )  # fmt: skip

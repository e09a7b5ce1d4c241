"""How days off are remembered."""

from collections.abc import Iterable
from datetime import date

from bot.features.organiser.days_rules import Rest
from bot.kernel.ports import Tx


def keep_rests(tx: Tx, group: str, rests: Iterable[Rest]) -> None:
    for rest in rests:
        tx.run(
            """INSERT INTO organiser_days_off (group_id, first_day, last_day, why) VALUES (:group, :first, :last, :why)
               ON CONFLICT (group_id, first_day, last_day) DO UPDATE SET why = excluded.why""",
            group=group, first=str(rest.first), last=str(rest.last), why=rest.why,
        )  # fmt: skip


def forget_rests(tx: Tx, group: str, rests: Iterable[Rest]) -> None:
    for rest in rests:
        tx.run(
            "DELETE FROM organiser_days_off WHERE group_id = :group AND first_day = :first AND last_day = :last",
            group=group, first=str(rest.first), last=str(rest.last),
        )  # fmt: skip


def keep_only(tx: Tx, group: str, rests: Iterable[Rest]) -> None:
    """These and no others."""
    tx.run("DELETE FROM organiser_days_off WHERE group_id = :group", group=group)
    keep_rests(tx, group, rests)


def list_rests(tx: Tx, group: str, since: date) -> list[Rest]:
    """Those that end on this day or later, in order."""
    rows = tx.all(
        """SELECT first_day, last_day, why FROM organiser_days_off WHERE group_id = :group AND last_day >= :since
            ORDER BY first_day, last_day""",
        group=group, since=str(since),
    )  # fmt: skip
    return [Rest(date.fromisoformat(row["first_day"]), date.fromisoformat(row["last_day"]), row["why"]) for row in rows]

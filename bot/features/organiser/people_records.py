"""How times without an organiser are remembered."""

from datetime import datetime

from bot.kernel.calendar import stamp
from bot.kernel.ports import Tx


def find_vacancy(tx: Tx, group: str) -> int | None:
    """The number of the time without an organiser that is not over; None where somebody organises."""
    row = tx.one("SELECT number FROM organiser_vacancies WHERE group_id = :group AND filled_at = ''", group=group)
    return int(row["number"]) if row else None


def keep_vacancy(tx: Tx, group: str, now: datetime) -> int:
    """A new one; its number."""
    row = tx.one("SELECT count(*) AS n FROM organiser_vacancies WHERE group_id = :group", group=group)
    number = int(row["n"] if row else 0) + 1
    tx.run(
        """INSERT INTO organiser_vacancies (group_id, number, opened_at, filled_at)
           VALUES (:group, :number, :now, '')""",
        group=group, number=number, now=stamp(now),
    )  # fmt: skip
    return number


def keep_filled(tx: Tx, group: str, number: int, now: datetime) -> None:
    tx.run(
        "UPDATE organiser_vacancies SET filled_at = :now WHERE group_id = :group AND number = :number",
        now=stamp(now), group=group, number=number,
    )  # fmt: skip

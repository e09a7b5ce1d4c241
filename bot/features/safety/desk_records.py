"""How the deeds of organisers are remembered, and who is kept out."""

from datetime import datetime

from bot.features.safety.desk_rules import DECISIONS, Deed, Logged, Removed, Standing
from bot.kernel.calendar import stamp
from bot.kernel.ports import Row, Tx

# --- the log ---------------------------------------------------------------------------------


def keep_deed(tx: Tx, group: str, case: int, deed: Deed, by: str, now: datetime, why: str = "") -> int:
    """Its number, which is never given again."""
    row = tx.one("SELECT max(number) AS n FROM safety_log WHERE group_id = :group", group=group)
    number = int(row["n"] or 0 if row else 0) + 1
    tx.run(
        """INSERT INTO safety_log (group_id, number, case_number, deed, by_member, at, why)
           VALUES (:group, :number, :case, :deed, :by, :now, :why)""",
        group=group, number=number, case=case, deed=deed, by=by, now=stamp(now), why=why,
    )  # fmt: skip
    return number


def list_deeds(tx: Tx, group: str, limit: int, offset: int) -> list[Logged]:
    """Newest first."""
    rows = tx.all(
        """SELECT safety_log.*, shown_where FROM safety_log
             JOIN safety_cases ON safety_cases.group_id = safety_log.group_id
                              AND safety_cases.number = safety_log.case_number
            WHERE safety_log.group_id = :group
            ORDER BY safety_log.number DESC LIMIT :limit OFFSET :offset""",
        group=group, limit=limit, offset=offset,
    )  # fmt: skip
    return [
        Logged(
            row["number"], row["case_number"], Deed(row["deed"]), row["by_member"], datetime.fromisoformat(row["at"]),
            row["shown_where"], row["why"],
        )
        for row in rows
    ]  # fmt: skip


def count_decisions(tx: Tx, group: str, case: int) -> int:
    """How often organisers have decided about this text, and changed their mind."""
    rows = tx.all("SELECT deed FROM safety_log WHERE group_id = :group AND case_number = :case", group=group, case=case)
    return sum(row["deed"] in DECISIONS for row in rows)


# --- no reviews for a while ------------------------------------------------------------------------


def keep_barred(tx: Tx, group: str, member: str, until: datetime, number: int) -> None:
    """`number` is that of the deed."""
    tx.run(
        """INSERT INTO safety_barred (group_id, member, until, number) VALUES (:group, :member, :until, :number)
           ON CONFLICT (group_id, member) DO UPDATE SET until = excluded.until, number = excluded.number""",
        group=group, member=member, until=stamp(until), number=number,
    )  # fmt: skip


def find_barred(tx: Tx, group: str, member: str, now: datetime) -> tuple[datetime, int] | None:
    """(until, number); None when they are not, or not any more."""
    row = tx.one(
        "SELECT until, number FROM safety_barred WHERE group_id = :group AND member = :member AND until > :now",
        group=group, member=member, now=stamp(now),
    )  # fmt: skip
    return (datetime.fromisoformat(row["until"]), row["number"]) if row else None


def forget_barred(tx: Tx, group: str, member: str) -> None:
    tx.run("DELETE FROM safety_barred WHERE group_id = :group AND member = :member", group=group, member=member)


# --- who may not join ----------------------------------------------------------------------------


def keep_removed(tx: Tx, group: str, removed: Removed) -> None:
    tx.run(
        """INSERT INTO safety_removed (group_id, removed_person, number, at) VALUES (:group, :person, :number, :at)
           ON CONFLICT (group_id, removed_person) DO NOTHING""",
        group=group, person=removed.person, number=removed.number, at=stamp(removed.at),
    )  # fmt: skip


def is_removed(tx: Tx, group: str, person: str) -> bool:
    row = tx.one(
        "SELECT 1 FROM safety_removed WHERE group_id = :group AND removed_person = :person", group=group, person=person
    )
    return row is not None


def find_removed(tx: Tx, group: str, number: int) -> Removed | None:
    row = tx.one(
        "SELECT * FROM safety_removed WHERE group_id = :group AND number = :number", group=group, number=number
    )
    return _removed(row) if row else None


def find_case_of_deed(tx: Tx, group: str, number: int) -> int:
    """The case that this deed was about; 0 where there is none."""
    row = tx.one(
        "SELECT case_number FROM safety_log WHERE group_id = :group AND number = :number", group=group, number=number
    )
    return int(row["case_number"]) if row else 0


def list_removed(tx: Tx, group: str, limit: int, offset: int) -> list[Removed]:
    """Newest first."""
    rows = tx.all(
        """SELECT * FROM safety_removed WHERE group_id = :group
            ORDER BY number DESC LIMIT :limit OFFSET :offset""",
        group=group, limit=limit, offset=offset,
    )  # fmt: skip
    return [_removed(row) for row in rows]


def forget_removed(tx: Tx, group: str, number: int) -> None:
    tx.run("DELETE FROM safety_removed WHERE group_id = :group AND number = :number", group=group, number=number)


def _removed(row: Row) -> Removed:
    return Removed(row["removed_person"], row["number"], datetime.fromisoformat(row["at"]))


def find_standing(tx: Tx, group: str, author: str, now: datetime) -> Standing:
    if not author:
        return Standing()
    barred = find_barred(tx, group, author, now)
    return Standing(barred[0] if barred else None, is_removed(tx, group, author))

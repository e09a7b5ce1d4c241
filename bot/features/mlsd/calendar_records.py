"""How the calendar of the next weeks is remembered, and what organisers changed in it."""

from collections.abc import Sequence
from datetime import date, datetime

from bot.features.mlsd.calendar_rules import Change, Promised
from bot.kernel.calendar import stamp
from bot.kernel.ports import Row, Tx


def list_promised(tx: Tx, group: str) -> list[Promised]:
    rows = tx.all("SELECT item, pinned FROM mlsd_calendar WHERE group_id = :group ORDER BY place", group=group)
    return [Promised(row["item"], bool(row["pinned"])) for row in rows]


def keep_promised(tx: Tx, group: str, promised: Sequence[Promised]) -> None:
    """These stand in the calendar from now on, in this order, and no others."""
    tx.run("DELETE FROM mlsd_calendar WHERE group_id = :group", group=group)
    for place, one in enumerate(promised):
        tx.run(
            "INSERT INTO mlsd_calendar (group_id, place, item, pinned) VALUES (:group, :place, :item, :pinned)",
            group=group, place=place, item=one.item, pinned=int(one.pinned),
        )  # fmt: skip


def keep_skipped(tx: Tx, group: str, day: date) -> None:
    tx.run(
        "INSERT INTO mlsd_skipped (group_id, day) VALUES (:group, :day) ON CONFLICT (group_id, day) DO NOTHING",
        group=group, day=str(day),
    )  # fmt: skip


def forget_skipped(tx: Tx, group: str, day: date) -> None:
    tx.run("DELETE FROM mlsd_skipped WHERE group_id = :group AND day = :day", group=group, day=str(day))


def move_skip(tx: Tx, group: str, old: date, new: date) -> None:
    """The week of this day is skipped by another day of it."""
    forget_skipped(tx, group, old)
    keep_skipped(tx, group, new)
    tx.run(
        """UPDATE mlsd_changes SET day = :new
            WHERE group_id = :group AND kind = 'skip' AND day = :old AND undone_at IS NULL""",
        group=group, old=str(old), new=str(new),
    )  # fmt: skip


def list_skipped(tx: Tx, group: str) -> frozenset[date]:
    rows = tx.all("SELECT day FROM mlsd_skipped WHERE group_id = :group", group=group)
    return frozenset(date.fromisoformat(row["day"]) for row in rows)


# --- what organisers changed ---------------------------------------------------------------------


def keep_change(tx: Tx, group: str, kind: str, day: date, item: str, other: str, now: datetime) -> Change:
    row = tx.one("SELECT max(number) AS last FROM mlsd_changes WHERE group_id = :group", group=group)
    number = (row["last"] or 0) + 1 if row else 1
    tx.run(
        """INSERT INTO mlsd_changes (group_id, number, kind, day, item, other, at)
           VALUES (:group, :number, :kind, :day, :item, :other, :now)""",
        group=group, number=number, kind=kind, day=str(day), item=item, other=other, now=stamp(now),
    )  # fmt: skip
    return Change(number, kind, day, item, other)


def find_change(tx: Tx, group: str, number: int) -> Change | None:
    """One that stands; None when there is none of this number, or it was taken back."""
    row = tx.one(
        "SELECT * FROM mlsd_changes WHERE group_id = :group AND number = :number AND undone_at IS NULL",
        group=group, number=number,
    )  # fmt: skip
    return _change(row) if row else None


def find_skip(tx: Tx, group: str, day: date) -> Change | None:
    """By which change this day was skipped."""
    row = tx.one(
        """SELECT * FROM mlsd_changes
            WHERE group_id = :group AND kind = 'skip' AND day = :day AND undone_at IS NULL""",
        group=group, day=str(day),
    )  # fmt: skip
    return _change(row) if row else None


def keep_undone(tx: Tx, group: str, number: int, now: datetime) -> None:
    tx.run(
        "UPDATE mlsd_changes SET undone_at = :now WHERE group_id = :group AND number = :number",
        group=group, number=number, now=stamp(now),
    )  # fmt: skip


def _change(row: Row) -> Change:
    return Change(row["number"], row["kind"], date.fromisoformat(row["day"]), row["item"], row["other"])

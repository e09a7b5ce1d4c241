"""How changes are remembered."""

from dataclasses import replace
from datetime import datetime

from bot.features.organiser.changes_rules import Change, Kind, undo_of
from bot.kernel import codec
from bot.kernel.action import Action
from bot.kernel.calendar import stamp
from bot.kernel.ports import Row, Tx


def keep_change(tx: Tx, group: str, change: Change) -> Change:
    """The change as it is kept: with its number, and with an undo by that number where it brought none."""
    last = tx.one("SELECT coalesce(max(number), 0) AS n FROM organiser_changes WHERE group_id = :group", group=group)
    number = int(last["n"] if last else 0) + 1
    kept = replace(change, number=number, undo=change.undo if change.undo.route else undo_of(number))
    tx.run(
        """INSERT INTO organiser_changes (group_id, number, at, kind, what, undo, feature, earlier, later, by_member,
                  about_member, state, undone_at, undone_by_member)
           VALUES (:group, :number, :at, :kind, :what, :undo, :feature, :earlier, :later, :by_member,
                  :about_member, :state, '', '')""",
        group=group, number=number, at=stamp(kept.at), kind=kept.kind.value, what=kept.what, undo=kept.undo.encode(),
        feature=kept.feature, earlier=codec.dump(tuple(kept.earlier.items())),
        later=codec.dump(tuple(kept.later.items())), by_member=kept.by_member, about_member=kept.about_member,
        state=kept.state,
    )  # fmt: skip
    return kept


def find_change(tx: Tx, group: str, number: int) -> Change | None:
    row = tx.one("SELECT * FROM organiser_changes WHERE group_id = :group AND number = :n", group=group, n=number)
    return _change(row) if row else None


def find_standing(tx: Tx, group: str, undo: Action) -> Change | None:
    """The change with this undo that was not taken back."""
    row = tx.one(
        """SELECT * FROM organiser_changes WHERE group_id = :group AND undo = :undo AND state <> 'undone'
            ORDER BY number DESC LIMIT 1""",
        group=group, undo=undo.encode(),
    )  # fmt: skip
    return _change(row) if row else None


def find_last(tx: Tx, group: str) -> Change | None:
    """The newest change that was not taken back and still can be: who was erased can be no organiser again."""
    row = tx.one(
        """SELECT * FROM organiser_changes
            WHERE group_id = :group AND state <> 'undone'
              AND NOT (kind IN (:appointed, :dismissed) AND about_member = '')
            ORDER BY number DESC LIMIT 1""",
        group=group, appointed=Kind.APPOINTED.value, dismissed=Kind.DISMISSED.value,
    )  # fmt: skip
    return _change(row) if row else None


def list_standing(tx: Tx, group: str, kind: Kind) -> list[Change]:
    """All changes of this kind that were not taken back, oldest first."""
    rows = tx.all(
        """SELECT * FROM organiser_changes WHERE group_id = :group AND kind = :kind AND state <> 'undone'
            ORDER BY number""",
        group=group, kind=kind.value,
    )  # fmt: skip
    return [_change(row) for row in rows]


def is_under_way(tx: Tx, group: str) -> bool:
    """Whether a change of ours is being made or taken back in this very unit."""
    return None is not tx.one(
        "SELECT 1 FROM organiser_changes WHERE group_id = :group AND state IN ('doing', 'undoing')", group=group
    )


def list_changes(tx: Tx, group: str, limit: int) -> list[Change]:
    """Newest first."""
    rows = tx.all(
        "SELECT * FROM organiser_changes WHERE group_id = :group ORDER BY number DESC LIMIT :limit",
        group=group, limit=limit,
    )  # fmt: skip
    return [_change(row) for row in rows]


def list_later(tx: Tx, group: str, change: Change) -> list[Change]:
    """Changes of the same kind and feature after this one."""
    rows = tx.all(
        """SELECT * FROM organiser_changes
            WHERE group_id = :group AND number > :number AND kind = :kind AND feature = :feature ORDER BY number""",
        group=group, number=change.number, kind=change.kind.value, feature=change.feature,
    )  # fmt: skip
    return [_change(row) for row in rows]


def keep_again(tx: Tx, group: str, number: int, change: Change) -> None:
    """The same thing was changed once more, and the same undo takes both back."""
    tx.run(
        """UPDATE organiser_changes SET at = :at, what = :what, by_member = :by_member
            WHERE group_id = :group AND number = :number""",
        at=stamp(change.at), what=change.what, by_member=change.by_member, group=group, number=number,
    )  # fmt: skip


def keep_state(tx: Tx, group: str, number: int, state: str) -> None:
    tx.run(
        "UPDATE organiser_changes SET state = :state WHERE group_id = :group AND number = :number",
        state=state, group=group, number=number,
    )  # fmt: skip


def keep_undone(tx: Tx, group: str, number: int, member: str, now: datetime) -> None:
    tx.run(
        """UPDATE organiser_changes SET state = 'undone', undone_at = :now, undone_by_member = :member
            WHERE group_id = :group AND number = :number AND state <> 'undone'""",
        now=stamp(now), member=member, group=group, number=number,
    )  # fmt: skip


def _change(row: Row) -> Change:
    undone = row["undone_at"]
    return Change(
        datetime.fromisoformat(row["at"]), Kind(row["kind"]), row["what"], row["by_member"], row["about_member"],
        row["feature"], dict(codec.load(row["earlier"])), dict(codec.load(row["later"])), Action.decode(row["undo"]),
        row["number"], row["state"], datetime.fromisoformat(undone) if undone else None, row["undone_by_member"],
    )  # fmt: skip

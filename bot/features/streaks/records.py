"""How days are remembered: what happened, never what follows from it."""

from collections.abc import Iterable
from datetime import datetime

from bot.features.streaks.day_rules import CHOSEN, CREDITS, SIGNS, Entry, Kind, Opening
from bot.kernel.calendar import stamp
from bot.kernel.ports import Tx

ENTRY = "at, kind, what, number"
THEIRS = "group_id = :group AND member = :member"

# --- the log of a member --------------------------------------------------------------------


def keep_entry(tx: Tx, group: str, member: str, entry: Entry) -> None:
    """Add a line, with the next number. What stands in the last line already is not said again."""
    last = tx.one(
        """SELECT number, at, kind, what FROM streaks_events
            WHERE group_id = :group AND member = :member ORDER BY number DESC LIMIT 1""",
        group=group, member=member,
    )  # fmt: skip
    line = {"at": stamp(entry.at), "kind": str(entry.kind), "what": entry.what}
    if last and all(last[key] == value for key, value in line.items()):
        return
    tx.run(
        """INSERT INTO streaks_events (group_id, member, number, kind, what, at)
           VALUES (:group, :member, :number, :kind, :what, :at)""",
        group=group, member=member, number=last["number"] + 1 if last else 1, **line,
    )  # fmt: skip


def list_entries(tx: Tx, group: str, member: str, since: datetime | None = None) -> list[Entry]:
    """
    All that happened to this member here, in no order.

    With `since` everything that they chose, but of their practice only what came later; and for an answer that was sent
    later every sending of it, because only the first one counts.
    """
    asked = {"group": group, "member": member}
    if since is None:
        rows = tx.all(f"SELECT {ENTRY} FROM streaks_events WHERE {THEIRS}", **asked)  # noqa: S608 - our own words
    else:
        chosen = {f"kind_{kind.value}": kind.value for kind in sorted(CHOSEN)}
        rows = tx.all(_since(chosen), since=stamp(since), answer=str(Kind.ANSWER), **chosen, **asked)
    return [Entry(datetime.fromisoformat(row["at"]), row["kind"], row["what"], row["number"]) for row in rows]


def _since(chosen: Iterable[str]) -> str:
    """
    One lookup in an index for each part, so that it costs the same in the third year as in the first.

    As one condition with OR they made SQLite read all rows of the member.
    """
    parts = [
        f"SELECT {ENTRY} FROM streaks_events WHERE {THEIRS} AND at >= :since",  # noqa: S608 - our own words
        *(f"SELECT {ENTRY} FROM streaks_events WHERE {THEIRS} AND kind = :{name}" for name in chosen),  # noqa: S608
        """SELECT every.at, every.kind, every.what, every.number
             FROM streaks_events AS sent CROSS JOIN streaks_events AS every
            WHERE sent.group_id = :group AND sent.member = :member AND sent.at >= :since AND sent.kind = :answer
              AND every.group_id = :group AND every.member = :member AND every.kind = :answer
              AND every.what = sent.what""",
    ]
    return " UNION ".join(parts)


def is_withdrawn(tx: Tx, group: str, member: str, task: str) -> bool:
    """Was the last thing that happened to this answer its withdrawal?"""
    return _last(tx, group, member, task, (Kind.ANSWER, Kind.WITHDRAWN, Kind.RESTORED)) == Kind.WITHDRAWN


def is_discarded(tx: Tx, group: str, member: str, review: str) -> bool:
    """Was the last thing that happened to this review that an organiser removed it?"""
    return _last(tx, group, member, review, (Kind.REVIEW, Kind.DISCARDED, Kind.REGAINED)) == Kind.DISCARDED


def _last(tx: Tx, group: str, member: str, what: str, kinds: tuple[Kind, Kind, Kind]) -> str:
    first, second, third = map(str, kinds)
    row = tx.one(
        """SELECT kind FROM streaks_events
            WHERE group_id = :group AND member = :member AND what = :what AND kind IN (:first, :second, :third)
            ORDER BY number DESC LIMIT 1""",
        group=group, member=member, what=what, first=first, second=second, third=third,
    )  # fmt: skip
    return str(row["kind"]) if row else ""


def list_credits(tx: Tx, group: str, member: str, limit: int) -> tuple[datetime, ...]:
    """When the member did something that counts, newest first."""
    kinds, given = _among(CREDITS)
    rows = tx.all(
        f"""SELECT DISTINCT at FROM streaks_events
             WHERE group_id = :group AND member = :member AND kind IN ({kinds})
             ORDER BY at DESC LIMIT :limit""",  # noqa: S608 - names of parameters
        group=group, member=member, limit=limit, **given,
    )  # fmt: skip
    return tuple(datetime.fromisoformat(row["at"]) for row in rows)


def list_signs(tx: Tx, group: str) -> dict[str, list[Entry]]:
    """For each member the last sign of life of each kind, and all pauses."""
    kinds, given = _among(SIGNS)
    rows = tx.all(
        f"""SELECT member, kind, '' AS what, max(at) AS at, 0 AS number FROM streaks_events
             WHERE group_id = :group AND kind IN ({kinds}) AND kind <> :resumed GROUP BY member, kind
            UNION ALL
            SELECT member, kind, what, at, number FROM streaks_events
             WHERE group_id = :group AND kind IN (:paused, :resumed)""",  # noqa: S608 - names of parameters
        group=group, paused=str(Kind.PAUSED), resumed=str(Kind.RESUMED), **given,
    )  # fmt: skip
    found: dict[str, list[Entry]] = {}
    for row in rows:
        entry = Entry(datetime.fromisoformat(row["at"]), row["kind"], row["what"], row["number"])
        found.setdefault(row["member"], []).append(entry)
    return found


def _among(kinds: Iterable[Kind]) -> tuple[str, dict[str, str]]:
    """The words between the brackets of an IN, and what they stand for."""
    given = {f"kind_{kind.value}": kind.value for kind in sorted(kinds)}
    return ", ".join(f":{name}" for name in given), given


# --- what can be answered ----------------------------------------------------------------------


def keep_task(
    tx: Tx, group: str, task: str, title: str, opens: datetime, only_member: str, *, asks: bool = True
) -> None:
    """
    The first word on when it opens stands: a day that has passed stays as it was.

    `asks`: the day on which it opens asks something of everybody.
    """
    tx.run(
        """INSERT INTO streaks_tasks (group_id, task, title, opens, only_member, asks)
           VALUES (:group, :task, :title, :opens, :member, :asks)
           ON CONFLICT (group_id, task) DO UPDATE SET title = excluded.title""",
        group=group, task=task, title=title, opens=stamp(opens), member=only_member, asks=int(asks),
    )  # fmt: skip


def list_opens(tx: Tx, group: str, since: datetime | None = None) -> list[Opening]:
    """When problems of the whole group opened, and their tasks."""
    rows = tx.all(
        """SELECT opens, task FROM streaks_tasks
            WHERE group_id = :group AND only_member = '' AND asks = 1 AND opens >= :since""",
        group=group, since=stamp(since) if since else "",
    )  # fmt: skip
    return [(datetime.fromisoformat(row["opens"]), row["task"]) for row in rows]


def list_titles(tx: Tx, group: str, member: str) -> dict[str, str]:
    """The titles of what this member may have practised, by task."""
    rows = tx.all(
        "SELECT task, title FROM streaks_tasks WHERE group_id = :group AND only_member IN ('', :member)",
        group=group, member=member,
    )  # fmt: skip
    return {row["task"]: row["title"] for row in rows}

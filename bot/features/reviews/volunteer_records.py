"""Who was asked to review, who was shown that somebody is wanted, and whom a reminder can reach."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.kernel.calendar import stamp
from bot.kernel.ports import Tx


def keep_asked(tx: Tx, group: str, members: Sequence[str], request: int, now: datetime) -> None:
    """These get a message."""
    for member in members:
        tx.run(
            """INSERT INTO reviews_asked (group_id, member, request, at) VALUES (:group, :member, :request, :now)
               ON CONFLICT (group_id, member, request, at) DO NOTHING""",
            group=group, member=member, request=request, now=stamp(now),
        )  # fmt: skip


def keep_shown(tx: Tx, group: str, members: Sequence[str], request: int, now: datetime) -> None:
    """These read it on their page."""
    for member in members:
        tx.run(
            """INSERT INTO reviews_shown (group_id, member, request, at) VALUES (:group, :member, :request, :now)
               ON CONFLICT (group_id, member, request, at) DO NOTHING""",
            group=group, member=member, request=request, now=stamp(now),
        )  # fmt: skip


def list_asked(tx: Tx, group: str) -> Mapping[str, list[datetime]]:
    """When each member was asked by a message, oldest first."""
    asked: dict[str, list[datetime]] = {}
    for row in tx.all("SELECT member, at FROM reviews_asked WHERE group_id = :group ORDER BY at", group=group):
        asked.setdefault(row["member"], []).append(datetime.fromisoformat(row["at"]))
    return asked


def list_shown(tx: Tx, group: str) -> Mapping[str, list[datetime]]:
    """When a request stood on each member's page, oldest first."""
    shown: dict[str, list[datetime]] = {}
    for row in tx.all("SELECT member, at FROM reviews_shown WHERE group_id = :group ORDER BY at", group=group):
        shown.setdefault(row["member"], []).append(datetime.fromisoformat(row["at"]))
    return shown


def list_called(tx: Tx, group: str, request: int, since: datetime, until: datetime) -> set[str]:
    """Who was asked for this request, by message or on their page, from `since` to `until` (both counted)."""
    rows = tx.all(
        """SELECT member FROM reviews_asked
            WHERE group_id = :group AND request = :request AND at >= :since AND at <= :until
           UNION
           SELECT member FROM reviews_shown
            WHERE group_id = :group AND request = :request AND at >= :since AND at <= :until""",
        group=group, request=request, since=stamp(since), until=stamp(until),
    )  # fmt: skip
    return {row["member"] for row in rows}


def list_recent(tx: Tx, group: str, since: datetime) -> list[tuple[str, int]]:
    """(member, request) of the messages since then."""
    rows = tx.all(
        "SELECT member, request FROM reviews_asked WHERE group_id = :group AND at > :since ORDER BY member, request",
        group=group, since=stamp(since),
    )  # fmt: skip
    return [(row["member"], row["request"]) for row in rows]


def is_shown(tx: Tx, group: str, member: str, since: datetime) -> bool:
    """Does this member's page ask for a reviewer?"""
    row = tx.one(
        "SELECT 1 FROM reviews_shown WHERE group_id = :group AND member = :member AND at > :since LIMIT 1",
        group=group, member=member, since=stamp(since),
    )  # fmt: skip
    return row is not None


def forget_asked(tx: Tx, group: str, before: datetime) -> None:
    """What says nothing any more about who was asked least recently."""
    tx.run("DELETE FROM reviews_asked WHERE group_id = :group AND at < :before", group=group, before=stamp(before))
    tx.run("DELETE FROM reviews_shown WHERE group_id = :group AND at < :before", group=group, before=stamp(before))


def keep_reached(tx: Tx, group: str, member: str, now: datetime) -> None:
    tx.run(
        """INSERT INTO reviews_reached (group_id, member, at) VALUES (:group, :member, :now)
           ON CONFLICT (group_id, member) DO UPDATE SET at = excluded.at""",
        group=group, member=member, now=stamp(now),
    )  # fmt: skip


def list_reached(tx: Tx, group: str, since: datetime) -> set[str]:
    """Members to whom a reminder could go since then."""
    rows = tx.all(
        "SELECT member FROM reviews_reached WHERE group_id = :group AND at > :since", group=group, since=stamp(since)
    )
    return {row["member"] for row in rows}

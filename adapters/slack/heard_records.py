"""What the core knows of the messages of one workspace, to read on after a break. It writes nothing."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta

from bot.kernel.calendar import stamp
from bot.kernel.ports import Tx

SETTLED_IN = timedelta(minutes=30)  # a run that lasted so long had read whatever was written before it

Heard = Mapping[str, Mapping[str, str]]


def find_lost(tx: Tx) -> datetime | None:
    """Until when everything was heard: the last sign of life of a run that lasted; None where there is none."""
    rows = tx.all("SELECT started_at, last_at FROM roster_heartbeats ORDER BY started_at DESC")
    runs = ((datetime.fromisoformat(row["started_at"]), datetime.fromisoformat(row["last_at"])) for row in rows)
    return next((last for started, last in runs if last - started >= SETTLED_IN), None)


def list_heard(tx: Tx, tenant: str) -> Heard:
    """
    The messages that were dealt with: by place, what `replies.message_id` calls each below it, and who wrote it.

    A place is a private conversation, or the receipt of the post above a thread.
    """
    begin, heard = f"{tenant}/", defaultdict[str, dict[str, str]](dict)
    rows = tx.all("SELECT id, member FROM inbox WHERE substr(id, 1, length(:begin)) = :begin", begin=begin)
    for row in rows:
        _, _, id_ = str(row["id"]).removeprefix(begin).partition("/")
        parts = id_.split("/")
        depth = 1 if parts[0].startswith("D") else 2
        if len(parts) > depth:
            heard["/".join(parts[:depth])]["/".join(parts[depth:])] = str(row["member"])
    return heard


def list_private(tx: Tx, tenant: str, heard: Heard) -> Mapping[str, str]:
    """The private conversation of everybody who may write there; empty where none is known. Known ones come first."""
    rows = tx.all(
        """SELECT DISTINCT roster_members.member FROM roster_members
             JOIN roster_groups ON roster_groups.group_id = roster_members.group_id
            WHERE tenant = :tenant AND left_at IS NULL ORDER BY roster_members.member""",
        tenant=tenant,
    )  # fmt: skip
    members = {str(row["member"]): "" for row in rows}
    posts = tx.all(
        """SELECT outbox.member, receipt FROM outbox
             JOIN roster_people ON roster_people.tenant = outbox.tenant AND roster_people.member = outbox.member
            WHERE outbox.tenant = :tenant AND receipt LIKE 'D%/%' AND erased = 0 ORDER BY settled_at DESC""",
        tenant=tenant,
    )  # fmt: skip
    known = {str(row["member"]): str(row["receipt"]).partition("/")[0] for row in posts}
    for place, messages in heard.items():
        if place.startswith("D"):
            known |= {member: place for member in messages.values() if member}
    return known | {member: "" for member in members if member not in known}


def list_posts(tx: Tx, tenant: str, since: datetime) -> tuple[str, ...]:
    """The receipts of the posts below which people may have written, the newest first."""
    rows = tx.all(
        """SELECT receipt FROM outbox
            WHERE tenant = :tenant AND member = '' AND parent IS NULL AND card IS NOT NULL AND receipt LIKE '%/%'
              AND made_at >= :since
            ORDER BY made_at DESC, name""",
        tenant=tenant, since=stamp(since),
    )  # fmt: skip
    return tuple(str(row["receipt"]) for row in rows)

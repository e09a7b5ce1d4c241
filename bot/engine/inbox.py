"""What has been answered already, and what was typed into a form that was refused."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from bot.kernel import codec
from bot.kernel.calendar import stamp
from bot.kernel.ports import Tx

# --- inbox: a delivery that came again gets the same answer -----------------------


def find_answers(tx: Tx, event_id: str) -> Any:
    """What was answered; nothing, but not None, where whoever acted has been erased since."""
    row = tx.one("SELECT answers FROM inbox WHERE id IN (:id, :buried)", id=event_id, buried=_buried(event_id))
    return codec.load(row["answers"]) if row else None


def list_event_ids(tx: Tx, tenant: str, member: str) -> list[str]:
    """The deliveries of this tenant that this person was answered."""
    begin = f"{tenant}/{member}/"
    rows = tx.all(
        "SELECT id FROM inbox WHERE member = :member AND substr(id, 1, length(:begin)) = :begin",
        member=member, begin=begin,
    )  # fmt: skip
    return [row["id"] for row in rows]


def bury(tx: Tx, event_ids: Sequence[str], now: datetime) -> None:
    """
    Let these be known as answered, and nothing of them: a repeated delivery must not bring back who was erased.

    Only whoever has the platform's id of a delivery could find it again.
    """
    for event_id in event_ids:
        tx.run(
            """INSERT INTO inbox (id, group_id, member, answers, at) VALUES (:id, '', '', :nothing, :now)
               ON CONFLICT (id) DO NOTHING""",
            id=_buried(event_id), nothing=codec.dump(()), now=stamp(now),
        )  # fmt: skip


def _buried(event_id: str) -> str:
    return sha256(event_id.encode()).hexdigest()


def keep_answers(tx: Tx, event_id: str, group: str, member: str, answers: object, now: datetime) -> None:
    tx.run(
        "INSERT INTO inbox (id, group_id, member, answers, at) VALUES (:id, :group, :member, :answers, :at)",
        id=event_id,
        group=group,
        member=member,
        answers=codec.dump(answers),
        at=stamp(now),
    )


# --- drafts: what a member typed into a form that was refused ------------------------


Typed = Mapping[str, str | tuple[str, ...]]


def keep_draft(tx: Tx, group: str, member: str, action: str, typed: Typed, now: datetime) -> None:
    tx.run(
        """INSERT INTO drafts (group_id, member, action, typed, at) VALUES (:group, :member, :action, :typed, :at)
           ON CONFLICT (group_id, member, action) DO UPDATE SET typed = excluded.typed, at = excluded.at""",
        group=group,
        member=member,
        action=action,
        typed=codec.dump(tuple(typed.items())),
        at=stamp(now),
    )


def find_draft(tx: Tx, group: str, member: str, action: str) -> Typed:
    row = tx.one(
        "SELECT typed FROM drafts WHERE group_id = :group AND member = :member AND action = :action",
        group=group,
        member=member,
        action=action,
    )
    return dict(codec.load(row["typed"])) if row else {}


def forget_draft(tx: Tx, group: str, member: str, action: str) -> None:
    tx.run(
        "DELETE FROM drafts WHERE group_id = :group AND member = :member AND action = :action",
        group=group,
        member=member,
        action=action,
    )

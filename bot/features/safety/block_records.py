"""How blocks are remembered. A blocked person finds none of them in their own data."""

from datetime import datetime

from bot.features.safety.block_rules import Block
from bot.kernel.calendar import stamp
from bot.kernel.peer_facts import Unread
from bot.kernel.ports import Row, Tx


def keep_block(tx: Tx, group: str, member: str, block: Block) -> Block:
    """
    With its number; one that is kept already stays as it is.

    A block by name and one of the author of a text are two, even of the same person: that they are the same must not
    be seen in the list.
    """
    kept = tx.one(
        """SELECT * FROM safety_blocks
            WHERE group_id = :group AND member = :member AND blocked_member = :blocked AND source = :source""",
        group=group, member=member, blocked=block.blocked_member, source=block.source,
    )  # fmt: skip
    if kept:
        return _block(kept)
    row = tx.one(
        "SELECT max(number) AS n FROM safety_blocks WHERE group_id = :group AND member = :member",
        group=group, member=member,
    )  # fmt: skip
    number = int(row["n"] or 0 if row else 0) + 1
    tx.run(
        """INSERT INTO safety_blocks (group_id, member, number, blocked_member, source, shown_where, at)
           VALUES (:group, :member, :number, :blocked, :source, :where, :at)""",
        group=group, member=member, number=number, blocked=block.blocked_member, source=block.source,
        where=block.where, at=stamp(block.at),
    )  # fmt: skip
    return Block(number, block.blocked_member, block.source, block.where, block.at)


def find_block(tx: Tx, group: str, member: str, number: int) -> Block | None:
    row = tx.one(
        """SELECT * FROM safety_blocks
            WHERE group_id = :group AND member = :member AND number = :number AND blocked_member <> ''""",
        group=group, member=member, number=number,
    )  # fmt: skip
    return _block(row) if row else None


def list_blocks(tx: Tx, group: str, member: str) -> list[Block]:
    """Those that this member made, newest first."""
    rows = tx.all(
        """SELECT * FROM safety_blocks WHERE group_id = :group AND member = :member AND blocked_member <> ''
            ORDER BY number DESC""",
        group=group, member=member,
    )  # fmt: skip
    return [_block(row) for row in rows]


def forget_block(tx: Tx, group: str, member: str, number: int) -> None:
    """The number stays taken: an old button must not undo something new."""
    tx.run(
        """UPDATE safety_blocks SET blocked_member = '', source = '', shown_where = ''
            WHERE group_id = :group AND member = :member AND number = :number""",
        group=group, member=member, number=number,
    )  # fmt: skip


def list_apart(tx: Tx, group: str, member: str) -> tuple[str, ...]:
    """Whoever blocked this member and whomever they blocked."""
    rows = tx.all(
        """SELECT blocked_member AS other FROM safety_blocks
            WHERE group_id = :group AND member = :member AND blocked_member <> ''
            UNION
           SELECT member AS other FROM safety_blocks
            WHERE group_id = :group AND blocked_member = :member AND blocked_member <> ''
            ORDER BY other""",
        group=group, member=member,
    )  # fmt: skip
    return tuple(row["other"] for row in rows)


def find_unread(tx: Tx, group: str, member: str) -> Unread:
    """
    All texts of whomever this member blocked by name, and of whoever blocked this member; else the one text.

    Were more left out, the one name that is missing would tell its maker whose text it was.
    """
    rows = tx.all(
        """SELECT blocked_member AS other, source FROM safety_blocks
            WHERE group_id = :group AND member = :member AND blocked_member <> ''
            UNION
           SELECT member AS other, '' AS source FROM safety_blocks
            WHERE group_id = :group AND blocked_member = :member AND blocked_member <> ''
            ORDER BY other, source""",
        group=group, member=member,
    )  # fmt: skip
    return Unread(
        tuple(row["other"] for row in rows if not row["source"]), tuple(row["source"] for row in rows if row["source"])
    )


def _block(row: Row) -> Block:
    return Block(
        row["number"], row["blocked_member"], row["source"], row["shown_where"], datetime.fromisoformat(row["at"])
    )

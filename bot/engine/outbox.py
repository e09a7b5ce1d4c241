"""
What should be said. One row a message that should exist, not a row a step.

`card` is what the message should show, `revision` counts how often that changed, `shown` is the revision that people
can see. A row with shown < revision is work for the courier. `attempts` > 0 means that an earlier try was never
settled, so the message may exist: look before repeating.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.kernel import codec
from bot.kernel.calendar import stamp
from bot.kernel.card import Card, Para
from bot.kernel.effect import Channel, Direct, Place, Post, Room, TryAgain, Under, Unpost
from bot.kernel.errors import Rejected
from bot.kernel.ports import Row, Tx
from bot.kernel.text import Mention

LEASE = timedelta(seconds=90)
# Edits wait for more edits: this long where people saw the last edit less than this long ago, half as long otherwise.
# So 300 answers in ten seconds become three calls, and the first answer in a quiet hour is seen after two seconds.
MERGE = timedelta(seconds=4)
SUSPECT = 3  # crashes from which on a row is claimed alone
POISON = 5  # crashes while alone (after SUSPECT) until a row is parked
PATIENCE = 12  # doubtful tries until a row is parked


# --- outbox: wishes ----------------------------------------------------------------


def wish(tx: Tx, group: str, tenant: str, effect: Post | Unpost | TryAgain, now: datetime, member: str = "") -> None:
    match effect:
        case Post():
            want(tx, group, tenant, effect, now)
        case Unpost():
            unwant(tx, effect, now)
        case TryAgain():
            reopen(tx, group, member, now)


def want(tx: Tx, group: str, tenant: str, post: Post, now: datetime) -> None:
    """Note the wish. The same wish again changes nothing; another card under the same name is a new revision."""
    parent, target, member = _hang(post.place, group)
    if isinstance(post.place, Room):
        _want_room(tx, group, tenant, post.place, now)
    look = _look_from(tx, now)
    tx.run(
        """
        INSERT INTO outbox (name, group_id, tenant, place, target, member, parent, card, thread,
                            quiet, pinned, closed, revision, due, made_at, until, attempts, first_try)
        VALUES (:name, :group, :tenant, :place, :target, :member, :parent, :card, :thread,
                :quiet, :pinned, :closed, 1, :now, :now, :until, :looks, :look)
        ON CONFLICT (name) DO UPDATE
           SET card = excluded.card, until = excluded.until,
               quiet = excluded.quiet, pinned = excluded.pinned, closed = excluded.closed,
               revision = outbox.revision + 1, state = 'open', reason = '', fix = '', erased = 0,
               due = CASE WHEN outbox.shown < outbox.revision THEN outbox.due
                          WHEN outbox.receipt IS NULL THEN :now
                          WHEN outbox.shown > 1 AND outbox.settled_at > :lately THEN :busy ELSE :calm END
         WHERE outbox.card IS DISTINCT FROM excluded.card OR outbox.pinned <> excluded.pinned
            OR outbox.closed <> excluded.closed
        """,
        name=post.name, group=group, tenant=tenant, place=codec.dump(post.place), target=target, member=member,
        parent=parent, card=codec.dump(post.card), thread=post.thread, quiet=int(post.quiet), pinned=int(post.pinned),
        closed=int(post.closed), now=stamp(now), lately=stamp(now - MERGE), busy=stamp(now + MERGE),
        calm=stamp(now + MERGE / 2),
        until=stamp(post.until) if post.until else None, looks=int(look is not None), look=look,
    )  # fmt: skip


def _look_from(tx: Tx, now: datetime) -> str | None:
    """
    Since when a new message is looked for before it is sent, as if a try had gone before; None: it is not.

    After a backup was put back, wakes are due again whose messages may stand.
    """
    row = tx.one("SELECT min(look_from) AS at FROM restores WHERE look_until > :now", now=stamp(now))
    return row["at"] if row else None


def _hang(place: Place, group: str) -> tuple[str | None, str, str]:
    """(the message that must stand first, the target whose trouble is nobody else's, the reader)."""
    match place:
        case Channel(purpose):
            return None, f"{group}#{purpose}", ""
        case Under(name):
            return name, name, ""
        case Direct(member):
            return None, f"{group}@{member}", member
        case Room(name, _):
            return room_name(name), room_name(name), ""


def room_name(name: str) -> str:
    return f"room/{name}"


def room_card(room: Room) -> Card:
    return Card(f"Room for {len(room.members)}", tuple(Para((Mention(member),)) for member in room.members))


def _want_room(tx: Tx, group: str, tenant: str, room: Room, now: datetime) -> None:
    """The room is a row of its own: its card lists who is in it, so that a change of members is an edit."""
    look = _look_from(tx, now)
    tx.run(
        """
        INSERT INTO outbox (name, group_id, tenant, place, target, card, revision, due, attempts, first_try)
        VALUES (:name, :group, :tenant, :place, :name, :card, 1, :now, :looks, :look)
        ON CONFLICT (name) DO UPDATE
           SET card = excluded.card, place = excluded.place, revision = outbox.revision + 1, due = :now,
               state = 'open', reason = '', fix = ''
         WHERE outbox.place <> excluded.place
        """,
        name=room_name(room.name), group=group, tenant=tenant, place=codec.dump(room), card=codec.dump(room_card(room)),
        now=stamp(now), looks=int(look is not None), look=look,
    )  # fmt: skip


def unwant(tx: Tx, effect: Unpost, now: datetime) -> None:
    tx.run(
        """UPDATE outbox SET card = NULL, revision = revision + 1, due = :now, state = 'open'
            WHERE name = :name AND card IS NOT NULL""",
        name=effect.name, now=stamp(now),
    )  # fmt: skip


# --- outbox: claims ----------------------------------------------------------------


def claim(tx: Tx, owner: str, now: datetime, limit: int = 20) -> list[Row]:
    """
    Take work that nobody holds, recovery first. A claim lapses by itself when its holder dies.

    What hangs on a post waits until it stands; what is for a room waits until just the right people are in it, and an
    edit no longer where that cannot be.
    A row that was held when it lapsed counts a crash; from the third on it is claimed alone, so that it takes no
    neighbours down.
    """
    rows = tx.all(
        f"""
        SELECT name, crashes, owner FROM outbox
         WHERE state = 'open' AND shown < revision AND due <= :now AND (lease IS NULL OR lease <= :now)
           AND (card IS NOT NULL OR receipt IS NOT NULL OR attempts > 0)
           AND NOT EXISTS (SELECT 1 FROM roster_tenants paused WHERE paused.tenant = outbox.tenant)
           AND (parent IS NULL OR EXISTS (
                SELECT 1 FROM outbox up WHERE up.name = outbox.parent AND up.receipt IS NOT NULL
                   AND (up.shown = up.revision OR up.name NOT LIKE 'room/%' OR outbox.card IS NULL
                        OR (outbox.receipt IS NOT NULL AND up.state = 'parked'))))
         ORDER BY CASE WHEN attempts > 0 THEN 0 ELSE 1 END, due, name
         LIMIT :limit {tx.skip_locked}
        """,  # noqa: S608 - skip_locked is the store's own word
        now=stamp(now), limit=limit,
    )  # fmt: skip
    suspects = [row for row in rows if _crashes(row) >= SUSPECT]
    # Innocent rows first, a suspect only when it is alone: it must not starve, and it must not take anyone down.
    chosen = [row for row in rows if row not in suspects] or suspects[:1]
    return [_take(tx, row, owner, now) for row in chosen]


def _crashes(row: Row) -> int:
    return int(row["crashes"]) + (row["owner"] is not None)


def _take(tx: Tx, row: Row, owner: str, now: datetime) -> Row:
    crashes = _crashes(row)
    lease = LEASE * 2 ** max(0, crashes - SUSPECT + 1)
    taken = tx.one(
        """UPDATE outbox SET owner = :owner, lease = :lease, crashes = :crashes, attempts = attempts + 1,
                  first_try = COALESCE(first_try, :now)
            WHERE name = :name RETURNING *""",
        owner=owner, lease=stamp(now + lease), crashes=crashes, now=stamp(now), name=row["name"],
    )  # fmt: skip
    if taken is None:
        raise LookupError(f"the row {row['name']} vanished inside its own transaction")
    return taken


def settle(tx: Tx, row: Row, receipt: str | None, now: datetime) -> bool:
    """People see `row`'s revision. False when the claim is not ours any more: then somebody else settles it."""
    settled = tx.run(
        """UPDATE outbox SET shown = :revision, receipt = :receipt, owner = NULL, lease = NULL, attempts = 0,
                  crashes = 0, errors = 0, first_try = NULL, settled_at = :now, left_behind = 0
            WHERE name = :name AND owner = :owner""",
        revision=row["revision"], receipt=receipt, now=stamp(now), name=row["name"], owner=row["owner"],
    ) > 0  # fmt: skip
    if settled and row["receipt"] and receipt != row["receipt"]:
        # A room became another one: what is said anew from now on is said there.
        tx.run("UPDATE outbox SET left_behind = 1 WHERE parent = :name AND receipt IS NOT NULL", name=row["name"])
    tx.run("DELETE FROM outbox WHERE name = :name AND erased = 1 AND shown = revision", name=row["name"])
    return settled


def release(tx: Tx, row: Row, until: datetime, *, sent: bool) -> None:
    """
    Try again at `until`. `sent` false gives the attempt back: the platform has certainly not taken it.

    `first_try` is never later than `until`: it would be where the clock was set back meanwhile.
    """
    tx.run(
        """UPDATE outbox SET due = :until, owner = NULL, lease = NULL, errors = errors + :sent,
                  attempts = attempts - 1 + :sent,
                  first_try = CASE WHEN attempts - 1 + :sent = 0 THEN NULL
                                   WHEN first_try > :until THEN :until ELSE first_try END
            WHERE name = :name AND owner = :owner""",
        until=stamp(until), sent=int(sent), name=row["name"], owner=row["owner"],
    )  # fmt: skip
    tx.run(
        "DELETE FROM outbox WHERE name = :name AND erased = 1 AND receipt IS NULL AND attempts = 0", name=row["name"]
    )


def park(tx: Tx, row: Row, no: Rejected) -> bool:
    """
    Never try again by ourselves; the row keeps its payload, the reason and the fix in words.

    A newer wish opens it again with fresh patience; `attempts` stays, because the message may stand already.
    False for a message to somebody who was erased since: its row goes, and nobody needs to hear of it.
    """
    parked = tx.run(
        """UPDATE outbox SET state = 'parked', reason = :reason, fix = :fix, owner = NULL, lease = NULL,
                  crashes = 0, errors = 0
            WHERE name = :name AND owner = :owner""",
        reason=no.reason.value, fix=no.fix, name=row["name"], owner=row["owner"],
    )  # fmt: skip
    if tx.one("SELECT 1 FROM outbox WHERE name = :name AND erased = 1", name=row["name"]) is None:
        return True
    if parked:
        # What was refused was perhaps an older wish: then the removal is still to be tried.
        tx.run("DELETE FROM outbox WHERE name = :name AND revision = :was", name=row["name"], was=row["revision"])
        tx.run("UPDATE outbox SET state = 'open', reason = '', fix = '' WHERE name = :name", name=row["name"])
    return False


def reopen(tx: Tx, group: str, member: str, now: datetime) -> None:
    """
    Try what was refused for good once more: the group's messages, and private ones to this member.

    What may stand already is looked for first.
    """
    tx.run(
        """UPDATE outbox SET state = 'open', reason = '', fix = '', crashes = 0, errors = 0, due = :now
            WHERE group_id = :group AND state = 'parked' AND (member = '' OR member = :member)""",
        group=group, member=member, now=stamp(now),
    )  # fmt: skip


def next_due(tx: Tx) -> datetime | None:
    """When the courier should look again."""
    row = tx.one(
        """SELECT min(CASE WHEN lease IS NOT NULL AND lease > due THEN lease ELSE due END) AS due FROM outbox
            WHERE state = 'open' AND shown < revision AND (card IS NOT NULL OR receipt IS NOT NULL OR attempts > 0)
              AND NOT EXISTS (SELECT 1 FROM roster_tenants paused WHERE paused.tenant = outbox.tenant)
              AND (parent IS NULL OR EXISTS (
                SELECT 1 FROM outbox up WHERE up.name = outbox.parent AND up.receipt IS NOT NULL
                   AND (up.shown = up.revision OR up.name NOT LIKE 'room/%' OR outbox.card IS NULL
                        OR (outbox.receipt IS NOT NULL AND up.state = 'parked'))))"""
    )
    return datetime.fromisoformat(row["due"]) if row and row["due"] else None


# --- looking things up --------------------------------------------------------------


def find_receipt(tx: Tx, name: str) -> str | None:
    row = tx.one("SELECT receipt FROM outbox WHERE name = :name", name=name)
    return row["receipt"] if row else None


def is_any_in_doubt(tx: Tx, tenant: str) -> bool:
    """Is there a message of which nobody knows yet whether it stands?"""
    row = tx.one(
        "SELECT 1 FROM outbox WHERE tenant = :tenant AND state = 'open' AND receipt IS NULL AND attempts > 0 LIMIT 1",
        tenant=tenant,
    )
    return row is not None


def find_by_receipt(tx: Tx, tenant: str, receipt: str) -> Row | None:
    """The message (name, group_id) that stands under this receipt."""
    return tx.one(
        "SELECT name, group_id FROM outbox WHERE tenant = :tenant AND receipt = :receipt",
        tenant=tenant, receipt=receipt,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wish:
    """One row as the developer page shows it: what is wanted, what is shown, what failed and why."""

    name: str
    group: str
    place: str
    title: str
    state: str  # shown | waiting | unsure | parked | removed
    revision: int
    shown: int
    attempts: int
    due: datetime
    receipt: str
    reason: str
    fix: str


def overview(tx: Tx, limit: int = 200) -> list[Wish]:
    """The newest wishes first, those that wait or failed before those that stand."""
    rows = tx.all(
        """SELECT * FROM outbox ORDER BY CASE WHEN state = 'parked' THEN 0 WHEN shown < revision THEN 1 ELSE 2 END,
                  due DESC, name LIMIT :limit""",
        limit=limit,
    )  # fmt: skip
    return [_wish(row) for row in rows]


def _wish(row: Row) -> Wish:
    card = codec.load(row["card"]) if row["card"] else None
    never_said = card is None and row["receipt"] is None and row["attempts"] == 0  # withdrawn in time
    waiting = row["shown"] < row["revision"] and not never_said
    state = "parked" if row["state"] == "parked" else "waiting" if waiting else "shown" if card else "removed"
    if state == "waiting" and row["attempts"] > 0:
        state = "unsure"
    return Wish(
        row["name"], row["group_id"], row["target"], card.title if card else "", state, row["revision"], row["shown"],
        row["attempts"], datetime.fromisoformat(row["due"]), row["receipt"] or "", row["reason"], row["fix"],
    )  # fmt: skip


def by_target(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Rows by tenant and target: one place's trouble delays nobody else."""
    lines: dict[str, list[Row]] = {}
    for row in rows:
        lines.setdefault(f"{row['tenant']} {row['target']}", []).append(row)
    return lines

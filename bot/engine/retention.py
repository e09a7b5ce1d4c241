"""
How long things are kept, and what must outlive a backup that is put back.

A chore goes through one table in slices, each a unit of its own, so that nobody waits for the tidying up. What somebody
may still need stays:

* A row of the outbox is never forgotten while its message stands: a later edit, a withdrawal and an erasure need its
  receipt. What a private message or a reply in a thread *said* is forgotten, unless the words of members are in it.
* An answer to an event is kept longer than any platform repeats the event.
* The gaps between the signs of life are the outages; they stay, the signs of life between two gaps become one row.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from bot.engine.outages import GAP
from bot.kernel import codec
from bot.kernel.calendar import stamp
from bot.kernel.card import Card
from bot.kernel.ports import Tx

INBOX = timedelta(days=30)  # platforms repeat an event for hours
DRAFTS = timedelta(days=30)
OUTBOX = timedelta(days=90)
WAKES = timedelta(days=90)
WORKS = timedelta(days=90)  # so long anybody can see what a slow task was given, and what came out
RUNS = timedelta(days=2)  # younger signs of life are left alone: one of them is the run that is going on
SLICE = 500  # rows that one unit looks at

FORGOTTEN = codec.dump(Card("An older message"))  # what the outbox keeps of a message whose words it forgot

Chore = Callable[[Tx, datetime, str], "Slice"]


@dataclass(frozen=True, slots=True)
class Slice:
    """What one unit did: rows forgotten, and where the next slice begins; None at the end of the table."""

    forgotten: int
    after: str | None = None


def forget_inbox(tx: Tx, now: datetime, after: str) -> Slice:
    upto = _upto(tx, "inbox", "id", after)
    gone = tx.run(
        "DELETE FROM inbox WHERE id > :after AND id <= :upto AND at < :before",
        after=after, upto=upto or "", before=stamp(now - INBOX),
    )  # fmt: skip
    return Slice(gone, upto)


def forget_drafts(tx: Tx, now: datetime, _: str) -> Slice:
    return Slice(tx.run("DELETE FROM drafts WHERE at < :before", before=stamp(now - DRAFTS)))


def forget_wakes(tx: Tx, now: datetime, after: str) -> Slice:
    """Names carry their date, so that nobody plans an old one again."""
    upto = _upto(tx, "wakes", "name", after)
    gone = tx.run(
        "DELETE FROM wakes WHERE name > :after AND name <= :upto AND state <> 'due' AND at < :before",
        after=after, upto=upto or "", before=stamp(now - WAKES),
    )  # fmt: skip
    return Slice(gone, upto)


def forget_works(tx: Tx, now: datetime, _: str) -> Slice:
    return Slice(tx.run("DELETE FROM works WHERE state = 'done' AND at < :before", before=stamp(now - WORKS)))


def forget_words(tx: Tx, now: datetime, after: str) -> Slice:
    """
    Forget what old private messages and old replies in threads said, and rows of messages that were removed.

    A card with somebody's name or words in it stays, so that an erasure finds it. So do messages in rooms, which are
    written anew when somebody leaves, and everything in channels.
    """
    upto = _upto(tx, "outbox", "name", after)
    where = """name > :after AND name <= :upto AND state = 'open' AND shown = revision AND settled_at < :before"""
    args: Mapping[str, object] = {"after": after, "upto": upto or "", "before": stamp(now - OUTBOX)}
    gone = tx.run(
        f"DELETE FROM outbox WHERE {where} AND card IS NULL AND receipt IS NULL AND attempts = 0",  # noqa: S608 - ours
        **args,
    )
    gone += tx.run(
        f"""UPDATE outbox SET card = :forgotten
             WHERE {where} AND receipt IS NOT NULL AND card IS NOT NULL AND card <> :forgotten
               AND (member <> '' OR (parent IS NOT NULL AND parent NOT LIKE 'room/%'))
               AND card NOT LIKE '%"":"Mention"%' AND card NOT LIKE '%"":"Quote"%' AND card NOT LIKE '%"":"Select"%'""",  # noqa: S608 - ours
        forgotten=FORGOTTEN, **args,
    )  # fmt: skip
    return Slice(gone, upto)


def merge_runs(tx: Tx, now: datetime, _: str) -> Slice:
    """Old signs of life without an outage between them become one row: the outages stay the same."""
    rows = tx.all(
        "SELECT started_at, last_at FROM roster_heartbeats WHERE last_at < :before ORDER BY started_at",
        before=stamp(now - RUNS),
    )
    gone, kept = 0, None
    for row in rows:
        last = datetime.fromisoformat(row["last_at"])
        if kept and datetime.fromisoformat(row["started_at"]) - kept[1] <= GAP:
            kept = kept[0], max(kept[1], last)
            gone += tx.run("DELETE FROM roster_heartbeats WHERE started_at = :started", started=row["started_at"])
            tx.run(
                "UPDATE roster_heartbeats SET last_at = :last WHERE started_at = :started",
                last=stamp(kept[1]), started=kept[0],
            )  # fmt: skip
        else:
            kept = row["started_at"], last
    return Slice(gone)


CHORES: Mapping[str, Chore] = {
    "inbox": forget_inbox, "drafts": forget_drafts, "outbox": forget_words, "wakes": forget_wakes,
    "works": forget_works, "runs": merge_runs,
}  # fmt: skip


def _upto(tx: Tx, table: str, key: str, after: str) -> str | None:
    """The last key of the slice after this one; None when the table ends before."""
    row = tx.one(
        f"""SELECT max(part.{key}) AS upto FROM (
              SELECT {key} FROM {table} WHERE {key} > :after ORDER BY {key} LIMIT :slice) AS part""",  # noqa: S608 - ours
        after=after, slice=SLICE,
    )  # fmt: skip
    return row["upto"] if row else None


# --- who was forgotten --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Erased:
    """
    Somebody was forgotten at `at`. The token tells whether a given person is meant, and nothing else.

    Whoever has a list of ids can try them all; there is no name in it, and no two tokens can be compared.
    """

    token: str
    at: datetime


def erased(tenant: str, member: str, at: datetime) -> Erased:
    return Erased(sha256(f"{stamp(at)}\0{tenant}\0{member}".encode()).hexdigest(), at)


def note_erased(tx: Tx, tenant: str, member: str, now: datetime) -> None:
    """Belongs into the unit that forgets: what was not forgotten must not be noted."""
    keep_erased(tx, erased(tenant, member, now))


def keep_erased(tx: Tx, one: Erased) -> None:
    tx.run(
        "INSERT INTO erasures (token, at) VALUES (:token, :at) ON CONFLICT (token) DO NOTHING",
        token=one.token, at=stamp(one.at),
    )  # fmt: skip


def list_erased(tx: Tx) -> tuple[Erased, ...]:
    rows = tx.all("SELECT token, at FROM erasures ORDER BY at, token")
    return tuple(Erased(row["token"], datetime.fromisoformat(row["at"])) for row in rows)


# --- a backup that was put back ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Restored:
    """The database is the one of `taken`, put back at `at` from this file."""

    at: datetime
    taken: datetime
    file: str
    look_until: datetime
    forgot: bool  # the erasures since then were done again


def last_restored(tx: Tx) -> Restored | None:
    row = tx.one("SELECT * FROM restores ORDER BY restored_at DESC LIMIT 1")
    if row is None:
        return None
    at, taken, until = (datetime.fromisoformat(row[key]) for key in ("restored_at", "taken_at", "look_until"))
    return Restored(at, taken, row["file"], until, row["forgot_at"] is not None)


def list_to_forget(tx: Tx, restored: Restored) -> Sequence[tuple[str, str]]:
    """Who (tenant, member) was forgotten since the backup was made, and is there again."""
    since = [one for one in list_erased(tx) if one.at >= restored.taken]
    rows = tx.all("SELECT tenant, member FROM roster_people ORDER BY tenant, member")
    people = [(row["tenant"], row["member"]) for row in rows]
    return [who for who in people if any(erased(*who, one.at) == one for one in since)]


def note_forgot(tx: Tx, restored: Restored, now: datetime) -> None:
    tx.run(
        "UPDATE restores SET forgot_at = :now WHERE restored_at = :restored",
        now=stamp(now), restored=stamp(restored.at),
    )  # fmt: skip

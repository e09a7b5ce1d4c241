"""How wishes, rounds and the count of the terms are remembered."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from bot.features.partners.pair_records import next_number
from bot.features.partners.rules import Record
from bot.features.partners.wish_rules import State, Wish, Wisher
from bot.kernel.calendar import stamp
from bot.kernel.ports import Row, Tx

# --- members with a wish ------------------------------------------------------------------------------


def keep_wish(tx: Tx, group: str, member: str, wish: Wish, now: datetime) -> Wisher:
    """A new wish, or other answers to the same questions; the member as the matching knows them from now on."""
    known = find_wisher(tx, group, member)
    number = known.number if known else next_number(tx, group, "seat")
    tx.run(
        """INSERT INTO partners_seats (group_id, number, member, stage, blocks, in_writing, state, since, waits_since,
                                       solo, resting, rested_at, parked_at, signed_at, kept, missed, counted, terms)
           VALUES (:group, :number, :member, :stage, :times, :writing, 'wants', :now, '', 0, 0, '', '', '',
                   :kept, :missed, '', 0)
           ON CONFLICT (group_id, number) DO UPDATE
              SET stage = excluded.stage, blocks = excluded.blocks, in_writing = excluded.in_writing""",
        group=group, number=number, member=member, stage=wish.stage, times=",".join(wish.times),
        writing=int(wish.in_writing), now=stamp(now), kept=Record().kept, missed=Record().missed,
    )  # fmt: skip
    found = find_wisher(tx, group, member)
    if found is None:
        raise LookupError("a wish was kept and is not there")
    return found


def find_wisher(tx: Tx, group: str, member: str) -> Wisher | None:
    row = tx.one(
        "SELECT * FROM partners_seats WHERE group_id = :group AND member = :member", group=group, member=member
    )
    return to_wisher(row) if row else None


def find_seat(tx: Tx, group: str, number: int) -> Wisher | None:
    row = tx.one(
        "SELECT * FROM partners_seats WHERE group_id = :group AND number = :number", group=group, number=number
    )
    return to_wisher(row) if row else None


def list_free(tx: Tx, group: str, after: int, limit: int) -> list[Wisher]:
    """Some who want partners and have none, waiting or not, by number."""
    rows = tx.all(
        """SELECT * FROM partners_seats AS s
            WHERE group_id = :group AND number > :after AND state = 'wants' AND resting = 0 AND solo = 0
              AND NOT EXISTS (
                  SELECT 1 FROM partners_sittings AS t
                    JOIN partners_pairs AS p ON p.group_id = t.group_id AND p.number = t.pair
                   WHERE t.group_id = s.group_id AND t.seat = s.number AND p.state = 'live'
                     AND t.phase IN ('active', 'quiet', 'nudged'))
            ORDER BY number LIMIT :limit""",
        group=group, after=after, limit=limit,
    )  # fmt: skip
    return [to_wisher(row) for row in rows]


def list_waiting(tx: Tx, group: str) -> list[Wisher]:
    """Whoever waits for partners, the longest first."""
    rows = tx.all(
        """SELECT * FROM partners_seats WHERE group_id = :group AND waits_since <> '' AND state = 'wants'
              AND solo = 0 AND resting = 0 ORDER BY waits_since, number""",
        group=group,
    )
    return [to_wisher(row) for row in rows]


def forget_solo(tx: Tx, group: str) -> None:
    """Whoever was alone until the next round is not any more."""
    tx.run(
        "UPDATE partners_seats SET solo = 0 WHERE group_id = :group AND solo = 1 AND state = 'wants' AND resting = 0",
        group=group,
    )


def keep_state(tx: Tx, group: str, wisher: Wisher) -> None:
    """Where they stand. Their answers and their weeks stay as they are."""
    tx.run(
        """UPDATE partners_seats SET state = :state, waits_since = :waits, solo = :solo, resting = :resting,
                  rested_at = :rested, parked_at = :parked, signed_at = :signed, terms = :terms
            WHERE group_id = :group AND number = :number""",
        group=group, number=wisher.number, state=str(wisher.state), waits=_or_empty(wisher.waits_since),
        solo=int(wisher.solo), resting=int(wisher.resting), rested=_or_empty(wisher.rested_at),
        parked=_or_empty(wisher.parked_at), signed=_or_empty(wisher.signed_at), terms=wisher.terms,
    )  # fmt: skip


def keep_record(tx: Tx, group: str, number: int, record: Record, counted: str) -> None:
    tx.run(
        """UPDATE partners_seats SET kept = :kept, missed = :missed, counted = :counted
            WHERE group_id = :group AND number = :number""",
        group=group, number=number, kept=record.kept, missed=record.missed, counted=counted,
    )  # fmt: skip


def _or_empty(at: datetime | None) -> str:
    return stamp(at) if at else ""


def _at(kept: str) -> datetime | None:
    return datetime.fromisoformat(kept) if kept else None


def to_wisher(row: Row) -> Wisher:
    times = tuple(row["blocks"].split(",")) if row["blocks"] else ()
    return Wisher(
        row["number"], row["member"], Wish(row["stage"], times, bool(row["in_writing"])), State(row["state"]),
        datetime.fromisoformat(row["since"]), _at(row["waits_since"]), bool(row["solo"]), bool(row["resting"]),
        _at(row["rested_at"]), _at(row["parked_at"]), _at(row["signed_at"]), Record(row["kept"], row["missed"]),
        row["counted"], row["terms"],
    )  # fmt: skip


# --- looking through all who wait, in turns ---------------------------------------------------------------


def begin_turn(tx: Tx, group: str) -> int:
    """The number of the turn that begins now; 0 while one goes on: another follows it then."""
    asked, done = _last(tx, group, "turn"), _last(tx, group, "turned")
    if asked < done + 2:
        next_number(tx, group, "turn")
    return asked + 1 if asked == done else 0


def close_turn(tx: Tx, group: str) -> int:
    """One is over; the number of the next, 0 where nobody has asked for one."""
    done = next_number(tx, group, "turned")
    return done + 1 if _last(tx, group, "turn") > done else 0


def _last(tx: Tx, group: str, what: str) -> int:
    row = tx.one("SELECT last FROM partners_numbers WHERE group_id = :group AND what = :what", group=group, what=what)
    return int(row["last"]) if row else 0


# --- terms and rounds -------------------------------------------------------------------------------------


def keep_first_monday(tx: Tx, group: str, monday: date) -> date:
    """From which Monday terms are counted: the first that was said stays."""
    tx.run(
        """INSERT INTO partners_groups (group_id, first_monday) VALUES (:group, :monday)
           ON CONFLICT (group_id) DO NOTHING""",
        group=group, monday=str(monday),
    )  # fmt: skip
    return find_first_monday(tx, group) or monday


def find_first_monday(tx: Tx, group: str) -> date | None:
    row = tx.one("SELECT first_monday FROM partners_groups WHERE group_id = :group", group=group)
    return date.fromisoformat(row["first_monday"]) if row else None


@dataclass(frozen=True, slots=True)
class Round:
    """
    `seats`: those who were matched, in the order in which the matching numbers them. `result`: what came out of it, or
    None; `done`: all are seated.
    """

    monday: str
    term: int
    done: bool
    seats: tuple[int, ...]
    result: Mapping[str, Any] | None = None


def keep_round(tx: Tx, group: str, monday: str, term: int, now: datetime) -> None:
    """It is prepared from now on."""
    tx.run(
        """INSERT INTO partners_rounds (group_id, monday, term, state, seats, args, result, at)
           VALUES (:group, :monday, :term, 'asked', '[]', '', '', :now) ON CONFLICT (group_id, monday) DO NOTHING""",
        group=group, monday=monday, term=term, now=stamp(now),
    )  # fmt: skip


def keep_args(tx: Tx, group: str, monday: str, seats: Sequence[int], args: Mapping[str, Any]) -> None:
    """Who is matched, and what the matching is given."""
    tx.run(
        "UPDATE partners_rounds SET seats = :seats, args = :args WHERE group_id = :group AND monday = :monday",
        group=group, monday=monday, seats=json.dumps(seats), args=json.dumps(args, separators=(",", ":")),
    )  # fmt: skip


def find_round(tx: Tx, group: str, monday: str) -> Round | None:
    row = tx.one(
        "SELECT * FROM partners_rounds WHERE group_id = :group AND monday = :monday", group=group, monday=monday
    )
    if row is None:
        return None
    result = json.loads(row["result"]) if row["result"] else None
    seats = tuple(json.loads(row["seats"]))
    return Round(row["monday"], row["term"], row["state"] == "done", seats, result)


def list_staying(tx: Tx, group: str, monday: str) -> list[list[int]]:
    """The places of those who go on together, each pair or trio; nobody where the matching was told nothing yet."""
    row = tx.one(
        "SELECT args FROM partners_rounds WHERE group_id = :group AND monday = :monday", group=group, monday=monday
    )
    return list(json.loads(row["args"])["stay"]) if row and row["args"] else []


def has_round(tx: Tx, group: str, term: int) -> bool:
    row = tx.one("SELECT 1 FROM partners_rounds WHERE group_id = :group AND term = :term", group=group, term=term)
    return row is not None


def is_prepared(tx: Tx, group: str, since: datetime) -> bool:
    """Has a round begun since then that is not over?"""
    row = tx.one(
        "SELECT 1 FROM partners_rounds WHERE group_id = :group AND state = 'asked' AND at > :since",
        group=group, since=stamp(since),
    )  # fmt: skip
    return row is not None


def keep_result(tx: Tx, group: str, monday: str, result: Mapping[str, Any]) -> None:
    """Who sits with whom is settled, all at once. Of earlier rounds the numbers go: only the matching may know them."""
    tx.run(
        "UPDATE partners_rounds SET result = :result WHERE group_id = :group AND monday = :monday",
        group=group, monday=monday, result=json.dumps(result, separators=(",", ":")),
    )  # fmt: skip
    tx.run(
        "UPDATE partners_rounds SET args = '', result = '' WHERE group_id = :group AND monday < :monday",
        group=group, monday=monday,
    )  # fmt: skip


def close_round(tx: Tx, group: str, monday: str) -> None:
    tx.run(
        "UPDATE partners_rounds SET state = 'done' WHERE group_id = :group AND monday = :monday",
        group=group, monday=monday,
    )  # fmt: skip


def forget_in_rounds(tx: Tx, group: str, seat: int) -> None:
    """What the matchings were told of this seat goes, and its number; the places of the others stay as they are."""
    rows = tx.all("SELECT monday, seats FROM partners_rounds WHERE group_id = :group AND seats <> '[]'", group=group)
    for row in rows:
        seats = json.loads(row["seats"])
        if seat in seats:
            kept = [0 if number == seat else number for number in seats]
            tx.run(
                "UPDATE partners_rounds SET seats = :seats, args = '' WHERE group_id = :group AND monday = :monday",
                group=group, monday=row["monday"], seats=json.dumps(kept),
            )  # fmt: skip

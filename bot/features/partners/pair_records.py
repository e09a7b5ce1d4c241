"""How pairs and trios are remembered: who sits in them, whom they wait for, who knows whom."""

from datetime import datetime

from bot.features.partners.fit_rules import Kind, pair_of
from bot.features.partners.pair_rules import Pair, Sat, Sitting
from bot.features.partners.rules import Acquaintance
from bot.features.partners.silence_rules import Phase, Standing
from bot.kernel.calendar import stamp
from bot.kernel.ports import Row, Tx


def room_of(group: str, number: int) -> str:
    return f"partners/{group}/{number}"


def next_number(tx: Tx, group: str, what: str) -> int:
    """The next number of a seat or a pair; never one that was given before."""
    row = tx.one(
        """INSERT INTO partners_numbers (group_id, what, last) VALUES (:group, :what, 1)
           ON CONFLICT (group_id, what) DO UPDATE SET last = partners_numbers.last + 1 RETURNING last""",
        group=group, what=what,
    )  # fmt: skip
    return int(row["last"]) if row else 1


# --- pairs, for everybody ---------------------------------------------------------------------------


def find_pair(tx: Tx, group: str, member: str) -> Pair | None:
    """The member's pair or trio at present; None while nobody sits with them."""
    sat = find_sat_with(tx, group, member)
    return sat.pair if sat and len(sat.here) > 1 else None


def find_pair_by_number(tx: Tx, group: str, number: int) -> Pair | None:
    """A live one of at least two."""
    sat = find_sat(tx, group, number)
    return sat.pair if sat and sat.live and len(sat.here) > 1 else None


def keep_sign(tx: Tx, group: str, pair_number: int, member: str, at: datetime) -> None:
    """The member reacted: whatever their partners waited for, they wait no more. Parked members press I'm back."""
    tx.run(
        """UPDATE partners_sittings SET waits_since = ''
            WHERE group_id = :group AND pair = :pair AND phase IN ('active', 'quiet', 'nudged') AND seat IN (
                SELECT number FROM partners_seats WHERE group_id = :group AND member = :member)""",
        group=group, pair=pair_number, member=member,
    )  # fmt: skip
    tx.run(
        """UPDATE partners_seats SET signed_at = :at
            WHERE group_id = :group AND member = :member AND signed_at < :at""",
        group=group, member=member, at=stamp(at),
    )  # fmt: skip


def keep_request(tx: Tx, group: str, pair_number: int, at: datetime) -> None:
    """
    All of the pair are asked for a sign (a plan, a check-in); who already owes an older one goes on owing that.

    Only `pair_handlers.request` calls it: that plans the look which follows.
    """
    tx.run(
        """UPDATE partners_sittings SET waits_since = :at
            WHERE group_id = :group AND pair = :pair AND waits_since = '' AND phase IN ('active', 'quiet', 'nudged')""",
        group=group, pair=pair_number, at=stamp(at),
    )  # fmt: skip


# --- pairs, from inside -------------------------------------------------------------------------------


def find_sat(tx: Tx, group: str, number: int) -> Sat | None:
    row = tx.one(
        "SELECT * FROM partners_pairs WHERE group_id = :group AND number = :number", group=group, number=number
    )
    return _sat(row, _sittings(tx, group, number)) if row else None


def find_sat_with(tx: Tx, group: str, member: str, *, parked: bool = False) -> Sat | None:
    """The live one that this member belongs to; or, `parked`, to which they might come back."""
    row = tx.one(
        """SELECT p.* FROM partners_pairs AS p
             JOIN partners_sittings AS s ON s.group_id = p.group_id AND s.pair = p.number
             JOIN partners_seats AS m ON m.group_id = s.group_id AND m.number = s.seat
            WHERE p.group_id = :group AND p.state = 'live' AND m.member = :member
              AND (s.phase IN ('active', 'quiet', 'nudged') OR (:parked = 1 AND s.phase = 'parked'))
            ORDER BY p.number DESC LIMIT 1""",
        group=group, member=member, parked=int(parked),
    )  # fmt: skip
    return _sat(row, _sittings(tx, group, row["number"])) if row else None


def find_last_with(tx: Tx, group: str, member: str) -> Sat | None:
    """Where this member sat down last, over or not."""
    row = tx.one(
        """SELECT p.* FROM partners_pairs AS p
             JOIN partners_sittings AS s ON s.group_id = p.group_id AND s.pair = p.number
             JOIN partners_seats AS m ON m.group_id = s.group_id AND m.number = s.seat
            WHERE p.group_id = :group AND m.member = :member ORDER BY s.joined_at DESC, p.number DESC LIMIT 1""",
        group=group, member=member,
    )  # fmt: skip
    return _sat(row, _sittings(tx, group, row["number"])) if row else None


def list_rooms_of(tx: Tx, group: str, seat: int) -> list[Sat]:
    """Whose room this seat can open, over or not."""
    rows = tx.all(
        """SELECT p.* FROM partners_pairs AS p
             JOIN partners_sittings AS s ON s.group_id = p.group_id AND s.pair = p.number
            WHERE p.group_id = :group AND s.seat = :seat AND s.in_room = 1 ORDER BY p.number""",
        group=group, seat=seat,
    )  # fmt: skip
    return [_sat(row, _sittings(tx, group, row["number"])) for row in rows]


def list_lately(tx: Tx, group: str, seat: int, term: int) -> list[Sat]:
    """Where this seat sits, and where it sat in this term or later, oldest first."""
    rows = tx.all(
        """SELECT p.* FROM partners_pairs AS p
             JOIN partners_sittings AS s ON s.group_id = p.group_id AND s.pair = p.number
            WHERE p.group_id = :group AND s.seat = :seat AND (p.state = 'live' OR p.term >= :term)
            ORDER BY p.number""",
        group=group, seat=seat, term=term,
    )  # fmt: skip
    return [_sat(row, _sittings(tx, group, row["number"])) for row in rows]


def list_voted(tx: Tx, group: str, term: int, vote: str) -> list[Sat]:
    """Of this term, over or not, where somebody voted so."""
    rows = tx.all(
        """SELECT * FROM partners_pairs AS p WHERE group_id = :group AND term = :term AND EXISTS (
               SELECT 1 FROM partners_sittings AS s
                WHERE s.group_id = p.group_id AND s.pair = p.number AND s.vote = :vote) ORDER BY number""",
        group=group, term=term, vote=vote,
    )  # fmt: skip
    return [_sat(row, _sittings(tx, group, row["number"])) for row in rows]


def list_numbers(tx: Tx, group: str, after: int, limit: int) -> list[int]:
    """Some of the live ones, in order."""
    rows = tx.all(
        """SELECT number FROM partners_pairs WHERE group_id = :group AND state = 'live' AND number > :after
            ORDER BY number LIMIT :limit""",
        group=group, after=after, limit=limit,
    )  # fmt: skip
    return [int(row["number"]) for row in rows]


def list_outlived(tx: Tx, group: str, term: int, limit: int) -> list[int]:
    """Some of the live ones of terms before this one."""
    rows = tx.all(
        """SELECT number FROM partners_pairs WHERE group_id = :group AND state = 'live' AND term < :term
            ORDER BY number LIMIT :limit""",
        group=group, term=term, limit=limit,
    )  # fmt: skip
    return [int(row["number"]) for row in rows]


def keep_pair(tx: Tx, group: str, sat: Sat) -> Sat:
    """A new one without anybody in it; the same with its number."""
    number = next_number(tx, group, "pair")
    room = sat.room_number or number
    tx.run(
        """INSERT INTO partners_pairs (group_id, number, room_number, term, kind, starts, ends, state, shaky,
                                       asked_seat, asked_at, looks)
           VALUES (:group, :number, :room, :term, :kind, :starts, :ends, 'live', :shaky, 0, '', 0)""",
        group=group, number=number, room=room, term=sat.term, kind=str(sat.kind), starts=stamp(sat.starts),
        ends=stamp(sat.ends), shaky=int(sat.shaky),
    )  # fmt: skip
    return _found(tx, group, number)


def keep_end(tx: Tx, group: str, number: int) -> None:
    tx.run(
        """UPDATE partners_pairs SET state = 'ended', asked_seat = 0, asked_at = ''
            WHERE group_id = :group AND number = :number""",
        group=group, number=number,
    )  # fmt: skip


def forget_requests(tx: Tx, group: str) -> None:
    """Nobody of the live ones owes a word any more, for whatever they were asked until now."""
    tx.run(
        """UPDATE partners_sittings SET waits_since = '', nudged_at = '', phase = 'active'
            WHERE group_id = :group AND phase IN ('active', 'quiet', 'nudged') AND pair IN (
                SELECT number FROM partners_pairs WHERE group_id = :group AND state = 'live')""",
        group=group,
    )


def had_partners_before(tx: Tx, group: str, term: int) -> bool:
    """Did anybody sit together in a term before this one?"""
    row = tx.one(
        "SELECT 1 FROM partners_pairs WHERE group_id = :group AND term < :term LIMIT 1", group=group, term=term
    )
    return row is not None


def keep_kind(tx: Tx, group: str, number: int, kind: Kind, *, shaky: bool) -> None:
    tx.run(
        """UPDATE partners_pairs SET kind = :kind, shaky = :shaky WHERE group_id = :group AND number = :number""",
        group=group, number=number, kind=str(kind), shaky=int(shaky),
    )  # fmt: skip


def keep_look(tx: Tx, group: str, number: int) -> int:
    """The number of the next look: a wake that ran has used up its name."""
    row = tx.one(
        """UPDATE partners_pairs SET looks = looks + 1 WHERE group_id = :group AND number = :number RETURNING looks""",
        group=group, number=number,
    )  # fmt: skip
    return int(row["looks"]) if row else 0


def keep_standings(tx: Tx, group: str, sat: Sat) -> None:
    """Where everybody stands, and who is asked."""
    seat, at = sat.asked or (0, None)
    tx.run(
        """UPDATE partners_pairs SET asked_seat = :seat, asked_at = :at
            WHERE group_id = :group AND number = :number""",
        group=group, number=sat.number, seat=seat, at=stamp(at) if at else "",
    )  # fmt: skip
    for sitting in sat.sittings:
        nudged = sitting.standing.nudged_at
        tx.run(
            """UPDATE partners_sittings SET phase = :phase, nudged_at = :nudged, waits_since = :waits,
                      left_at = :left, in_room = :in_room
                WHERE group_id = :group AND pair = :pair AND seat = :seat""",
            group=group, pair=sat.number, seat=sitting.seat, phase=str(sitting.standing.phase),
            nudged=stamp(nudged) if nudged else "", waits=stamp(sitting.waits_since) if sitting.waits_since else "",
            left=stamp(sitting.left_at) if sitting.left_at else "", in_room=int(sitting.in_room),
        )  # fmt: skip


def keep_sitting(tx: Tx, group: str, pair: int, seat: int, at: datetime) -> Sat:
    """This seat sits there from now on, and owes its partners a first word; the pair as it is then."""
    tx.run(
        """INSERT INTO partners_sittings (group_id, pair, seat, place, phase, nudged_at, waits_since, joined_at,
                                          left_at, in_room, vote, member)
           VALUES (:group, :pair, :seat, (SELECT count(*) FROM partners_sittings
                                           WHERE group_id = :group AND pair = :pair), 'active', '', :at, :at, '', 1, '',
                   coalesce((SELECT member FROM partners_seats WHERE group_id = :group AND number = :seat), ''))
           ON CONFLICT (group_id, pair, seat) DO UPDATE
              SET phase = 'active', nudged_at = '', waits_since = excluded.waits_since, left_at = '', in_room = 1""",
        group=group, pair=pair, seat=seat, at=stamp(at),
    )  # fmt: skip
    return _found(tx, group, pair)


def keep_vote(tx: Tx, group: str, pair: int, seat: int, vote: str) -> None:
    tx.run(
        "UPDATE partners_sittings SET vote = :vote WHERE group_id = :group AND pair = :pair AND seat = :seat",
        group=group, pair=pair, seat=seat, vote=vote,
    )  # fmt: skip


def _found(tx: Tx, group: str, number: int) -> Sat:
    sat = find_sat(tx, group, number)
    if sat is None:
        raise LookupError(f"pair {number} was kept and is not there")
    return sat


def _sittings(tx: Tx, group: str, pair: int) -> list[Sitting]:
    rows = tx.all(
        """SELECT s.*, coalesce(m.member, '') AS person FROM partners_sittings AS s
             LEFT JOIN partners_seats AS m ON m.group_id = s.group_id AND m.number = s.seat
            WHERE s.group_id = :group AND s.pair = :pair ORDER BY s.place, s.seat""",
        group=group, pair=pair,
    )  # fmt: skip
    return [_sitting(row) for row in rows]


def _sitting(row: Row) -> Sitting:
    # Whoever was erased has no member any more.
    phase = Phase(row["phase"]) if row["person"] else Phase.GONE
    standing = Standing(phase, _at(row["nudged_at"]) if phase is Phase.NUDGED else None)
    joined = datetime.fromisoformat(row["joined_at"])
    return Sitting(
        row["seat"], row["person"], standing, _at(row["waits_since"]), joined, _at(row["left_at"]),
        bool(row["in_room"]) and bool(row["person"]), row["vote"],
    )  # fmt: skip


def _at(kept: str) -> datetime | None:
    return datetime.fromisoformat(kept) if kept else None


def _sat(row: Row, sittings: list[Sitting]) -> Sat:
    asked = (row["asked_seat"], datetime.fromisoformat(row["asked_at"])) if row["asked_seat"] else None
    return Sat(
        row["number"], room_of(row["group_id"], row["room_number"]), row["room_number"], row["term"], Kind(row["kind"]),
        datetime.fromisoformat(row["starts"]), datetime.fromisoformat(row["ends"]), row["state"] == "live",
        bool(row["shaky"]), tuple(sittings), asked, row["looks"],
    )  # fmt: skip


# --- who knows whom -------------------------------------------------------------------------------------


def find_met(tx: Tx, group: str, one: int, other: int) -> Acquaintance | None:
    low, high = pair_of(one, other)
    row = tx.one(
        "SELECT * FROM partners_met WHERE group_id = :group AND one = :low AND other = :high",
        group=group, low=low, high=high,
    )  # fmt: skip
    return Acquaintance(row["last"], row["times"], row["running"]) if row else None


def keep_met(tx: Tx, group: str, one: int, other: int, known: Acquaintance) -> None:
    low, high = pair_of(one, other)
    tx.run(
        """INSERT INTO partners_met (group_id, one, other, last, times, running)
           VALUES (:group, :low, :high, :last, :times, :running)
           ON CONFLICT (group_id, one, other) DO UPDATE
              SET last = excluded.last, times = excluded.times, running = excluded.running""",
        group=group, low=low, high=high, last=known.last, times=known.times, running=known.running,
    )  # fmt: skip


def list_met(tx: Tx, group: str, seat: int) -> dict[int, Acquaintance]:
    """Whom this seat knows."""
    rows = tx.all(
        """SELECT other AS seat, last, times, running FROM partners_met WHERE group_id = :group AND one = :seat
           UNION ALL
           SELECT one AS seat, last, times, running FROM partners_met WHERE group_id = :group AND other = :seat
            ORDER BY seat""",
        group=group, seat=seat,
    )  # fmt: skip
    return {int(row["seat"]): Acquaintance(row["last"], row["times"], row["running"]) for row in rows}


def forget_seat(tx: Tx, group: str, seat: int) -> None:
    """Nobody knows this seat any more. What it sat in stays for the others."""
    tx.run(
        "DELETE FROM partners_met WHERE group_id = :group AND (one = :seat OR other = :seat)", group=group, seat=seat
    )
    tx.run("DELETE FROM partners_sittings WHERE group_id = :group AND seat = :seat", group=group, seat=seat)
    tx.run("DELETE FROM partners_known WHERE group_id = :group AND seat = :seat", group=group, seat=seat)

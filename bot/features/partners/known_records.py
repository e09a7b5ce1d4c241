"""How what the matching knows of each seat is remembered, for a week."""

from bot.features.partners.known_rules import Known, Sketch, read, write
from bot.features.partners.records import to_wisher
from bot.features.partners.wish_rules import Wisher
from bot.kernel.ports import Row, Tx


def keep_known(tx: Tx, group: str, seat: int, monday: str, known: Known | None) -> None:
    """`known`: None for who cannot be seated."""
    tx.run(
        """INSERT INTO partners_known (group_id, seat, monday, hours, known)
           VALUES (:group, :seat, :monday, :hours, :known) ON CONFLICT (group_id, seat) DO UPDATE
              SET monday = excluded.monday, hours = excluded.hours, known = excluded.known""",
        group=group, seat=seat, monday=monday, hours=str(known.seat["hours"]) if known else "",
        known=write(known) if known else "",
    )  # fmt: skip


def forget_known(tx: Tx, group: str, seat: int) -> None:
    """It is no longer so, and is learnt anew when it is needed."""
    tx.run("DELETE FROM partners_known WHERE group_id = :group AND seat = :seat", group=group, seat=seat)


def list_unknown(tx: Tx, group: str, monday: str, limit: int) -> list[Wisher]:
    """Some of whose last week is not counted, or of whom the matching knows nothing in this one, by number."""
    rows = tx.all(
        """SELECT s.* FROM partners_seats AS s
             LEFT JOIN partners_known AS k ON k.group_id = s.group_id AND k.seat = s.number AND k.monday = :monday
            WHERE s.group_id = :group AND (k.seat IS NULL OR s.counted < :monday) ORDER BY s.number LIMIT :limit""",
        group=group, monday=monday, limit=limit,
    )  # fmt: skip
    return [to_wisher(row) for row in rows]


def list_ready(tx: Tx, group: str, monday: str) -> list[Known]:
    """Who can be seated in the round of this Monday, by number."""
    rows = tx.all(
        """SELECT k.seat, k.known FROM partners_known AS k
             JOIN partners_seats AS s ON s.group_id = k.group_id AND s.number = k.seat
            WHERE k.group_id = :group AND k.monday = :monday AND k.known <> '' AND s.state = 'wants' AND s.resting = 0
              AND NOT EXISTS (
                  SELECT 1 FROM partners_sittings AS t
                    JOIN partners_pairs AS p ON p.group_id = t.group_id AND p.number = t.pair
                   WHERE t.group_id = k.group_id AND t.seat = k.seat AND p.state = 'live'
                     AND t.phase IN ('active', 'quiet', 'nudged'))
            ORDER BY k.seat""",
        group=group, monday=monday,
    )  # fmt: skip
    return [read(row["seat"], row["known"]) for row in rows]


def list_pairs_open(tx: Tx, group: str) -> list[Sketch]:
    """Both members of each pair that may take a third, in the order of the pairs."""
    rows = tx.all(
        """SELECT t.pair, s.number, s.member, s.stage, s.in_writing, coalesce(k.hours, '') AS hours
             FROM partners_sittings AS t
             JOIN partners_seats AS s ON s.group_id = t.group_id AND s.number = t.seat
             LEFT JOIN partners_known AS k ON k.group_id = t.group_id AND k.seat = t.seat
            WHERE t.group_id = :group AND t.phase = 'active' AND t.pair IN (
                  SELECT u.pair FROM partners_sittings AS u
                    JOIN partners_pairs AS p ON p.group_id = u.group_id AND p.number = u.pair
                   WHERE u.group_id = :group AND p.state = 'live' AND u.phase IN ('active', 'quiet', 'nudged')
                   GROUP BY u.pair
                  HAVING count(*) = 2 AND sum(CASE WHEN u.phase = 'active' THEN 1 ELSE 0 END) = 2)
            ORDER BY t.pair, t.seat""",
        group=group,
    )  # fmt: skip
    return [_sketch(row, row["pair"]) for row in rows]


def list_standing_by(tx: Tx, group: str) -> list[Sketch]:
    """Whoever waits for partners, the longest first."""
    rows = tx.all(
        """SELECT s.number, s.member, s.stage, s.in_writing, coalesce(k.hours, '') AS hours FROM partners_seats AS s
             LEFT JOIN partners_known AS k ON k.group_id = s.group_id AND k.seat = s.number
            WHERE s.group_id = :group AND s.waits_since <> '' AND s.state = 'wants' AND s.solo = 0 AND s.resting = 0
            ORDER BY s.waits_since, s.number""",
        group=group,
    )  # fmt: skip
    return [_sketch(row, 0) for row in rows]


def _sketch(row: Row, pair: int) -> Sketch:
    hours = int(row["hours"], 16) if row["hours"] else 0
    return Sketch(row["number"], row["member"], hours, row["stage"], bool(row["in_writing"]), pair)

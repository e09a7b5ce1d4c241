"""The arithmetic of `fit_rules` for all pairs at once, and the best matching of them: for groups of thousands."""

from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from bot.features.partners.fit_rules import (
    ASYNC_FLOOR,
    ENOUGH,
    LIVE_FLOOR,
    MENTOR,
    MOST_COUNTED,
    NEXT_STAGE,
    RELIABLE,
    SAME_STAGE,
    SKILLS,
    STEP,
    TIME,
    Rung,
    Table,
    pair_of,
    penalty,
    weakest,
)  # fmt: skip
from bot.features.partners.hours_rules import HALF_HOURS

# numpy and rustworkx are imported where they are used: the bot itself, which only names the task, needs neither.
if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[Any]

BEST: Final = 32  # partners of each seat that the solver looks at
GOING_RATE: Final = 90  # percent of all others are worth less with somebody than their going rate
BLOCK: Final = 256  # seats that are compared with all others at once; so 5,000 seats need no gigabyte
NEVER: Final = -1  # the worth of what may not be
WEARY: Final = 2 * STEP  # what it costs to give somebody shaky to a pair that had one in the last round
FINE: Final = 1 << 32  # parts of one point: seeded chance decides which of many equals the solver looks at
WORDS: Final = -(-HALF_HOURS // 64)

Pair = tuple[int, int]


class Scores:
    """Of the seats of one table. What a score and a worth mean is told in `fit_rules`."""

    def __init__(self, table: Table) -> None:
        import numpy as np

        self.table, seats = table, table.seats
        raw = b"".join(seat.hours.to_bytes(WORDS * 8, "little") for seat in seats)
        self.hours = np.frombuffer(raw, dtype="<u8").reshape(len(seats), WORDS)
        self.stage = np.array([seat.stage for seat in seats], dtype=np.int8)
        areas = sorted({area for seat in seats for area in seat.skills})
        absent = float("nan")
        # The last column is an area that nobody has any estimate of.
        self.skills = np.array([[*(seat.skills.get(area, absent) for area in areas), absent] for seat in seats])
        place = {area: number for number, area in enumerate(areas)}
        weak = [[place[area] for area in weakest(seat)] for seat in seats]
        self.weak = np.array([[*known, len(areas), len(areas)][:2] for known in weak], dtype=np.intp)
        self.reliability = np.array([seat.reliability for seat in seats])
        self.new, self.seasoned, self.in_writing = (
            np.array([getattr(seat, name) for seat in seats], dtype=bool) for name in ("new", "seasoned", "in_writing")
        )
        self.seasoned &= ~self.new  # nobody new shows others around
        names = (f"{table.round}/{number}" for number in range(len(seats)))
        self.salt = np.array([int(sha256(name.encode()).hexdigest()[:15], 16) for name in names], dtype=np.uint64)
        # For each seat: (other, penalty, whether that was in the last round); and whom it is kept apart from.
        self.met: dict[int, list[tuple[int, int, bool]]] = {}
        self.apart: dict[int, list[int]] = {}
        for (one, other), met in table.met.items():
            self.met.setdefault(one, []).append((other, penalty(met), met[0] == 1))
            self.met.setdefault(other, []).append((one, penalty(met), met[0] == 1))
        for one, other in table.apart:
            self.apart.setdefault(one, []).append(other)
            self.apart.setdefault(other, []).append(one)

    def best_pairs(self, members: Sequence[int], most: int = BEST) -> list[Pair]:
        """
        The matching of as many as possible with the greatest worth, over the `most` best partners of each.

        Best is told beyond the going rate of the other: what is good with everybody is scarce, and where all wanted
        the same few, the rest would have nobody. It makes up most of the way from the best lists to the optimum.
        """
        import numpy as np

        if len(members) < 2:
            return []
        mine = np.array(members, dtype=np.intp)
        found, rate = [], np.zeros(len(mine), dtype=np.int64)
        for number, rows in enumerate(_blocks(mine)):
            worth = self.worth(rows, mine)
            if number == 0:  # the seats stand in an order by hash, so the first ones are a fair sample
                rate = np.percentile(worth, GOING_RATE, axis=0).astype(np.int64)
            found.append(_best_of(rows, mine, worth, worth - rate, self._chance(rows, mine), most))
        one, other, worth = (np.concatenate(column) for column in zip(*found, strict=True))
        low, high = np.minimum(one, other), np.maximum(one, other)
        _, first = np.unique(low * len(self.table.seats) + high, return_index=True)
        return sorted(_solve(list(zip(low[first].tolist(), high[first].tolist(), worth[first].tolist(), strict=True))))

    def best_thirds(self, thirds: Sequence[int], pairs: Sequence[Pair]) -> dict[Pair, int]:
        """Who joins which pair: as many as can, each where the smaller of its two scores is great."""
        import numpy as np

        if not thirds or not pairs:
            return {}
        seats, couples = np.array(thirds, dtype=np.intp), np.array(pairs, dtype=np.intp)
        places = np.arange(len(pairs)) + len(self.table.seats)  # numbers that no seat has
        edges = []
        for rows in _blocks(seats):
            worth = self.worth_of_thirds(rows, couples)
            edges.append(_best_of(rows, places, worth, worth, self._chance(rows, couples[:, 0]), BEST))
        one, place, worth = (np.concatenate(column).tolist() for column in zip(*edges, strict=True))
        joined = _solve(list(zip(one, place, worth, strict=True)))
        return {pairs[max(two) - len(self.table.seats)]: min(two) for two in joined}

    # --- blocks ---------------------------------------------------------------------

    def scores(self, rows: "Ints", columns: "Ints") -> "Ints":
        """The score of each row with each column; NEVER for those who are kept apart, and for one with itself."""
        import numpy as np

        writes = self.in_writing[rows][:, None] | self.in_writing[columns]
        time = _common(self.hours[rows], self.hours[columns])
        time[writes] = 0
        live = time > 0
        mine, theirs = self._helped(rows, columns), self._helped(columns, rows).T
        mine_r, theirs_r = self.reliability[rows][:, None], self.reliability[columns]
        stage = np.array([SAME_STAGE, NEXT_STAGE, 0])[np.abs(self.stage[rows][:, None] - self.stage[columns])]
        mentor = np.where(
            self.seasoned[rows][:, None] & self.new[columns],
            mine_r,
            np.where(self.new[rows][:, None] & self.seasoned[columns], theirs_r, 0.0),
        )
        whole = (
            TIME * np.minimum(time, MOST_COUNTED) / MOST_COUNTED
            + stage
            + SKILLS * (0.5 * np.minimum(mine, theirs) + 0.25 * (mine + theirs))
            + RELIABLE * np.sqrt(mine_r * theirs_r)
            + MENTOR * mentor
        )
        found: Ints = np.maximum(np.where(live, LIVE_FLOOR, ASYNC_FLOOR), whole.astype(np.int64))
        where = {int(column): number for number, column in enumerate(columns)}
        for number, row in enumerate(rows.tolist()):
            for other, cost, _ in self.met.get(row, ()):
                if other in where:
                    column = where[other]
                    floor = LIVE_FLOOR if live[number, column] else ASYNC_FLOOR
                    found[number, column] = max(floor, int(whole[number, column]) - cost)
            for other in (row, *self.apart.get(row, ())):
                if other in where:
                    found[number, where[other]] = NEVER
        return found

    def worth(self, rows: "Ints", columns: "Ints") -> "Ints":
        """`fit_rules.worth` of each pair; NEVER where they may not sit together."""
        score = self.scores(rows, columns)
        rung = self._rungs(rows, columns, _common(self.hours[rows], self.hours[columns]), self.in_writing[columns])
        where = {int(column): number for number, column in enumerate(columns)}
        for number, row in enumerate(rows.tolist()):
            for other in self._last(row):
                if other in where:
                    rung[number, where[other]] = Rung.AGAIN
        return _with_rung(score, rung)

    def worth_of_thirds(self, rows: "Ints", couples: "Ints") -> "Ints":
        """`fit_rules.worth` of each row as third of each couple, less for a weary couple."""
        import numpy as np

        left, right = couples[:, 0], couples[:, 1]
        one, other = self.scores(rows, left), self.scores(rows, right)
        score = np.where((one < 0) | (other < 0), NEVER, np.minimum(one, other))
        time = _common(self.hours[rows], self.hours[left] & self.hours[right])
        either, both = self.in_writing[left] | self.in_writing[right], self.in_writing[left] & self.in_writing[right]
        rung = self._rungs(rows, left, time, both, either)
        again = {pair_of(*pair) for pair, met in self.table.met.items() if met[0] == 1}
        rung[:, [pair_of(*pair) in again for pair in couples.tolist()]] = Rung.AGAIN
        where = {seat: number for number, pair in enumerate(couples.tolist()) for seat in pair}
        for number, row in enumerate(rows.tolist()):
            for seat in self._last(row):
                if seat in where:
                    rung[number, where[seat]] = Rung.AGAIN
        found = _with_rung(score, rung)
        weary = [bool(self.table.weary.intersection(pair)) for pair in couples.tolist()]
        shaky = [self.table.seats[row].shaky for row in rows.tolist()]
        cost = WEARY * np.outer(np.array(shaky), np.array(weary))
        return np.where(found < 0, NEVER, np.maximum(found - cost, 0))

    def _rungs(self, rows: "Ints", columns: "Ints", time: "Ints", all_: "Ints", any_: "Ints | None" = None) -> "Ints":
        import numpy as np

        mine = self.in_writing[rows][:, None]
        wish, writes = mine & all_, mine | (all_ if any_ is None else any_)
        by_time = np.where(time >= ENOUGH, Rung.LIVE, np.where(time > 0, Rung.SHORT, Rung.ASYNC))
        return np.where(wish, Rung.LIVE, np.where(writes, Rung.ASYNC, by_time))

    def _last(self, row: int) -> Iterator[int]:
        return (other for other, _, last in self.met.get(row, ()) if last)

    def _helped(self, rows: "Ints", columns: "Ints") -> "Ints":
        import numpy as np

        gain = np.zeros((len(rows), len(columns)))
        for number in (0, 1):
            area = self.weak[rows, number]
            ahead = self.skills[columns][:, area].T - self.skills[rows, area][:, None]
            gain += np.clip(np.nan_to_num(ahead, nan=0.0), 0.0, 0.5)
        return gain

    def _chance(self, rows: "Ints", columns: "Ints") -> "Ints":
        """Less than a point, seeded: of many equals not the same few are looked at for everybody."""
        import numpy as np

        mixed = (self.salt[rows][:, None] + self.salt[columns]) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
        return ((mixed * np.uint64(0xBF58476D1CE4E5B9)) >> np.uint64(32)).astype(np.int64)


def _with_rung(score: "Ints", rung: "Ints") -> "Ints":
    import numpy as np

    return np.where(score < 0, NEVER, score + STEP * (Rung.AGAIN - rung))


def _common(some: "Ints", others: "Ints") -> "Ints":
    """Half hours that each of some shares with each of the others."""
    import numpy as np

    time = np.zeros((len(some), len(others)), dtype=np.int16)
    for word in range(WORDS):
        time += np.bitwise_count(some[:, word][:, None] & others[:, word])
    return time


def _blocks(numbers: "Ints") -> "Iterator[Ints]":
    return (numbers[start : start + BLOCK] for start in range(0, len(numbers), BLOCK))


def _best_of(
    rows: "Ints", columns: "Ints", worth: "Ints", gain: "Ints", chance: "Ints", most: int
) -> "tuple[Ints, Ints, Ints]":
    """(row, column, worth) of the best of each row by gain."""
    import numpy as np

    if len(columns) > most:
        rank = np.where(worth < 0, np.iinfo(np.int64).min + 1, gain * FINE + chance)
        chosen = np.argpartition(-rank, most - 1, axis=1)[:, :most]
    else:
        chosen = np.broadcast_to(np.arange(len(columns)), worth.shape)
    kept = np.take_along_axis(worth, chosen, axis=1)
    able = kept >= 0
    return np.broadcast_to(rows[:, None], chosen.shape)[able], columns[chosen[able]], kept[able]


def _solve(edges: Sequence[tuple[int, int, int]]) -> list[Pair]:
    """The matching with the most edges, and of those the one of greatest value."""
    import rustworkx

    numbers = sorted({number for one, other, _ in edges for number in (one, other)})
    place = {number: at for at, number in enumerate(numbers)}
    graph: rustworkx.PyGraph[int, int] = rustworkx.PyGraph(multigraph=False)
    graph.add_nodes_from(numbers)
    graph.add_edges_from([(place[one], place[other], value) for one, other, value in edges])
    found = rustworkx.max_weight_matching(graph, max_cardinality=True, weight_fn=int)
    return [pair_of(numbers[one], numbers[other]) for one, other in found]

"""
Who sits with whom in a round: everybody in a pair or a trio, as well as the group's hours and skills allow.

`match` is the task of a `Work`: plain data in and out, in a process of its own, because the solver holds the
interpreter. The same input gives the same result, whichever way the seats are numbered, as far as seats differ.
"""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from math import ceil
from typing import Any

from bot.features.partners.fit_rules import (
    VERSION,
    Table,
    allowed,
    group_score,
    kind_of,
    pair_of,
    read_table,
    tie,
    worth,
)  # fmt: skip
from bot.features.partners.scores_rules import Scores

Group = tuple[int, ...]


def match(args: Mapping[str, Any]) -> dict[str, Any]:
    """
    Seat everybody.

    `args`: `round` (its name; seeds the ties), `seats` (a list; a seat's number is its place in it; each with `hours`
    as hex text or whole number, `stage`, `skills`, `reliability`, `new`, `seasoned`, `in_writing`, see `Seat`),
    `apart` ([a, b]: never together), `met` ([a, b, rounds since, times]), `weary` (seats that sat with somebody shaky
    in the last round), `stay` (groups that go on as they are; a pair takes a third when nobody else can).

    Gives `version` of the scores, `groups` (each `seats`, `kind` live or async, `score` of its worst pair, `shaky`:
    somebody new or unreliable is in it), `left`: why these sit alone, by number as text: "alone" (nobody else is
    there), "apart" (nobody may sit with them), "taken" (whoever may has a group).

    Raises ValueError or KeyError for data that is none of this.
    """
    given = read_table(args)
    order = _order(given)
    at = {number: place for place, number in enumerate(order)}
    table = _renumbered(given, order, at)
    stay = [tuple(sorted(at[seat] for seat in group)) for group in args.get("stay", ())]
    groups, left = _seat_all(table, [group for group in stay if allowed(table, group)])
    return {
        "version": VERSION,
        "groups": sorted((_told(table, order, group) for group in groups), key=lambda told: told["seats"]),
        "left": {str(order[seat]): why for seat, why in sorted(left.items(), key=lambda item: order[item[0]])},
    }


def _told(table: Table, order: Sequence[int], group: Group) -> dict[str, Any]:
    return {
        "seats": sorted(order[seat] for seat in group),
        "kind": str(kind_of(table, group)),
        "score": group_score(table, group),
        "shaky": any(table.seats[seat].shaky for seat in group),
    }


# --- numbers that do not depend on the order in which somebody listed the seats -----------------------


def _order(table: Table) -> list[int]:
    """The seats' numbers, sorted by what the seats are and whom they know."""
    own = [sha256(f"{table.round}/{seat}".encode()).hexdigest() for seat in table.seats]
    known: list[list[str]] = [[key] for key in own]
    for what, pairs in (("apart", dict.fromkeys(table.apart, (0, 0))), ("met", dict(table.met))):
        for (one, other), met in pairs.items():
            known[one].append(f"{what} {met} {own[other]}")
            known[other].append(f"{what} {met} {own[one]}")
    keys = [sha256("/".join((words[0], *sorted(words[1:]))).encode()).hexdigest() for words in known]
    return sorted(range(len(keys)), key=lambda number: (keys[number], number))


def _renumbered(table: Table, order: Sequence[int], at: Mapping[int, int]) -> Table:
    return Table(
        table.round,
        tuple(table.seats[number] for number in order),
        frozenset(pair_of(at[one], at[other]) for one, other in table.apart),
        {pair_of(at[one], at[other]): met for (one, other), met in table.met.items()},
        frozenset(at[number] for number in table.weary),
    )


# --- the seating -------------------------------------------------------------------------------------


def _seat_all(table: Table, stay: Sequence[Group]) -> tuple[list[Group], dict[int, str]]:
    """
    Steady seats make pairs. Who is new or shaky is their third; where there are too many of those, some of them make
    the pairs. So is the odd one.
    """
    settled = {seat for group in stay for seat in group}
    free = [number for number in range(len(table.seats)) if number not in settled]
    if not free:
        return list(stay), {}
    scores = Scores(table)
    hosts = scores.best_pairs([seat for seat in free if not table.seats[seat].shaky])
    seated = {seat for pair in hosts for seat in pair}
    thirds = [seat for seat in free if seat not in seated]
    missing = max(0, ceil((len(thirds) - len(hosts)) / 3))
    if missing:
        own = sorted(scores.best_pairs(thirds), key=lambda pair: (-worth(table, pair), pair))[:missing]
        hosts = [*hosts, *own]
        seated = {seat for pair in hosts for seat in pair}
        thirds = [seat for seat in thirds if seat not in seated]
    trios = scores.best_thirds(thirds, hosts)
    groups = [(*pair, trios[pair]) if pair in trios else pair for pair in hosts]
    seated |= set(trios.values())
    return _seat_left(table, [*groups, *stay], [seat for seat in thirds if seat not in seated], set(stay))


def _seat_left(
    table: Table, groups: list[Group], waiting: Sequence[int], stay: set[Group]
) -> tuple[list[Group], dict[int, str]]:
    """A place for whoever has none, new members first: nobody is silently dropped."""
    left: list[int] = []
    line = sorted(waiting, key=lambda seat: (not table.seats[seat].new, seat))
    while line:
        seat = line.pop(0)
        change = _place(table, groups, seat, line + left, stay)
        if change is None:
            left.append(seat)
            continue
        old, new, freed = change
        groups = [*(group for group in groups if group not in old), *new]
        seated = {member for group in new for member in group}
        line = [*(other for other in line if other not in seated), *freed]
        left = [other for other in left if other not in seated]
    return groups, {seat: _why(table, seat) for seat in left}


Change = tuple[Sequence[Group], Sequence[Group], Sequence[int]]
"""(groups that end, groups that begin, seats that wait again)"""


def _place(table: Table, groups: Sequence[Group], seat: int, waiting: Sequence[int], stay: set[Group]) -> Change | None:
    """As third, with another who waits, with one of a trio; a new member, if need be, in another's place."""

    def best(options: Iterable[Change]) -> Change | None:
        fit = [change for change in options if all(allowed(table, group) for group in change[1])]
        return max(fit, key=lambda c: (min(worth(table, g) for g in c[1]), tie(table, c[1][0])), default=None)

    pairs = [group for group in groups if len(group) == 2]
    open_ = (((pair,), ((*pair, seat),), ()) for pair in pairs if pair not in stay)
    company = (((), ((other, seat),), ()) for other in waiting)
    both = (company, open_) if not table.seats[seat].shaky else (open_, company)
    trios = [group for group in groups if len(group) == 3]
    split = (((t,), (tuple(s for s in t if s != x), (x, seat)), ()) for t in trios if t not in stay for x in t)
    third = (((pair,), ((*pair, seat),), ()) for pair in pairs if pair in stay)
    for options in (*both, split, third):
        found = best(options)
        if found:
            return found
    if not table.seats[seat].new:
        return None
    swap = (
        ((g,), ((*(s for s in g if s != x), seat),), (x,))
        for g in groups if g not in stay for x in g if not table.seats[x].new
    )  # fmt: skip
    return best(swap)


def _why(table: Table, seat: int) -> str:
    others = [other for other in range(len(table.seats)) if other != seat]
    if not others:
        return "alone"
    return "taken" if any(allowed(table, (seat, other)) for other in others) else "apart"

"""What a measure hands out, and how many of everything it takes."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace


@dataclass(frozen=True)
class Line:
    """
    One measured value. `anchor` is what the same work costs with as little as possible around it, in the same unit and
    in the same run: machines differ, and `ratio` (value / anchor) differs less. `goal` is what should be true.
    """

    id: str
    value: float
    unit: str
    anchor: float | None = None
    goal: str = ""
    met: bool | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        return self.value / self.anchor if self.anchor else None


@dataclass(frozen=True)
class Sizes:
    """How many of everything. Times are in seconds of this machine."""

    units: int = 100  # units of work in each round of a measure
    rounds: int = 20
    people: int = 100  # members of a group
    days: tuple[int, int] = (30, 1000)  # of history that a member has
    answers: int = 300
    groups: tuple[int, ...] = (10, 100, 1000)
    starts: int = 3
    idle: float = 20.0
    requests: int = 200
    month_days: int = 30
    month_groups: int = 100
    matched_exactly: tuple[int, ...] = (50, 200, 1000)  # members whose best matching is computed
    matched: tuple[int, ...] = (1000, 5000)


FULL = Sizes()
TINY = Sizes(
    units=8, rounds=2, people=4, days=(2, 4), answers=5, groups=(1, 2), starts=1, idle=0.3, requests=3,
    month_days=3, month_groups=2, matched_exactly=(40,), matched=(20,),
)  # fmt: skip


def short(value: float | None) -> str:
    """Four digits are more than any of these measures is good for."""
    return "-" if value is None else f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def row(line: Line) -> str:
    """The line for people."""
    verdict = {None: "", True: f"  goal: {line.goal}", False: f"  goal: {line.goal}: MISSED"}[line.met]
    note = f"  ({line.note})" if line.note else ""
    cells = f"{line.id:<24}{short(line.value):>10} {line.unit:<17}{short(line.anchor):>10}{short(line.ratio):>9}"
    return f"{cells}{verdict}{note}"


HEAD = f"{'id':<24}{'value':>10} {'unit':<17}{'anchor':>10}{'ratio':>9}"


def dump(line: Line) -> str:
    """The line for programs: JSON, with its ratio."""
    return json.dumps({**asdict(line), "ratio": line.ratio})


def load(text: str) -> Line:
    found = json.loads(text)
    found.pop("ratio")
    return Line(**found)


def under(line: Line, limit: float, of: str = "value") -> Line:
    """The line with the goal that its value (or its ratio) stays under `limit`."""
    found = line.value if of == "value" else line.ratio
    return replace(line, goal=f"{of} < {limit:g}", met=found is not None and found < limit)


def over(line: Line, limit: float, of: str = "ratio") -> Line:
    found = line.value if of == "value" else line.ratio
    return replace(line, goal=f"{of} > {limit:g}", met=found is not None and found > limit)


def slope(points: Sequence[tuple[float, float]]) -> float:
    """By how much y grows for each x: the straight line that fits best."""
    x_mean = sum(x for x, _ in points) / len(points)
    y_mean = sum(y for _, y in points) / len(points)
    square = sum((x - x_mean) ** 2 for x, _ in points)
    return sum((x - x_mean) * (y - y_mean) for x, y in points) / square if square else 0.0

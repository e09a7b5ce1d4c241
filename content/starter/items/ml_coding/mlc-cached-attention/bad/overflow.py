import math
from collections.abc import Sequence

Rows = Sequence[Sequence[float]]


def attend(
    queries: Rows, keys: Rows, values: Rows, start: int = 0, keep: Sequence[bool] | None = None
) -> list[list[float]]:
    """Causal scaled dot-product attention of one head; returns one output row per query."""
    outputs = []
    for i, query in enumerate(queries):
        seen = [j for j in range(min(start + i + 1, len(keys))) if keep is None or keep[j]]
        outputs.append(_average(query, keys, values, seen))
    return outputs


def _average(query: Sequence[float], keys: Rows, values: Rows, seen: list[int]) -> list[float]:
    width = len(values[0])
    if not seen:
        return [0.0] * width
    scale = 1 / math.sqrt(len(query))
    scores = [scale * sum(a * b for a, b in zip(query, keys[j], strict=True)) for j in seen]
    powers = [math.exp(score) for score in scores]
    total = sum(powers)
    return [sum(p * values[j][c] for p, j in zip(powers, seen, strict=True)) / total for c in range(width)]


class Cache:
    """Keeps the keys and values of earlier positions of one sequence."""

    def __init__(self) -> None:
        self._keys: list[list[float]] = []
        self._values: list[list[float]] = []

    def extend(self, queries: Rows, keys: Rows, values: Rows) -> list[list[float]]:
        """Add the new positions, then return the outputs of the new queries only."""
        start = len(self._keys)
        self._keys += [list(key) for key in keys]
        self._values += [list(value) for value in values]
        return attend(queries, self._keys, self._values, start)

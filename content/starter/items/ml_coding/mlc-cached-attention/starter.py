from collections.abc import Sequence

Rows = Sequence[Sequence[float]]


def attend(
    queries: Rows, keys: Rows, values: Rows, start: int = 0, keep: Sequence[bool] | None = None
) -> list[list[float]]:
    """Causal scaled dot-product attention of one head; returns one output row per query.

    Query i stands at position start + i and sees the keys 0 .. start + i. keep[j] is False for padding.
    A query that sees no key gets a row of zeros.
    """
    raise NotImplementedError("write attend")


class Cache:
    """Keeps the keys and values of earlier positions of one sequence."""

    def extend(self, queries: Rows, keys: Rows, values: Rows) -> list[list[float]]:
        """Add the new positions, then return the outputs of the new queries only."""
        raise NotImplementedError("write extend")

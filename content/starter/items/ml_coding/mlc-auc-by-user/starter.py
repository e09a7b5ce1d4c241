from collections.abc import Hashable, Sequence


def auc(labels: Sequence[int], scores: Sequence[float], weights: Sequence[float] | None = None) -> float:
    """Chance that a positive row has a higher score than a negative row; a tie counts one half.

    A pair counts with the product of its two weights. Raise ValueError when a class is missing, when the
    lengths differ, or when a score is not a number.
    """
    raise NotImplementedError("write auc")


def auc_by_group(
    groups: Sequence[Hashable], labels: Sequence[int], scores: Sequence[float]
) -> tuple[float, int]:
    """Mean AUC over the groups, each weighted by its number of rows, and the number of groups left out.

    A group with only one class has no AUC and is left out. Raise ValueError when none remains.
    """
    raise NotImplementedError("write auc_by_group")

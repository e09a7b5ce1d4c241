import math
from collections.abc import Hashable, Sequence


def auc(labels: Sequence[int], scores: Sequence[float], weights: Sequence[float] | None = None) -> float:
    """Chance that a positive row has a higher score than a negative row; a tie counts one half."""
    weights = [1.0] * len(labels) if weights is None else weights
    if not len(labels) == len(scores) == len(weights):
        raise ValueError("labels, scores and weights need the same length")
    if any(math.isnan(score) for score in scores):
        raise ValueError("a score is not a number")
    wins = total = 0.0
    for i, positive in enumerate(labels):
        for j, other in enumerate(labels):
            if positive and not other:
                total += weights[i] * weights[j]
                share = 1.0 if scores[i] > scores[j] else 0.5 if scores[i] == scores[j] else 0.0
                wins += share * weights[i] * weights[j]
    if not total:
        raise ValueError("both classes are needed")
    return wins / total


def auc_by_group(
    groups: Sequence[Hashable], labels: Sequence[int], scores: Sequence[float]
) -> tuple[float, int]:
    """Mean AUC over the groups, each weighted by its number of rows, and the number of groups left out."""
    if not len(groups) == len(labels) == len(scores):
        raise ValueError("groups, labels and scores need the same length")
    rows_of: dict[Hashable, list[int]] = {}
    for row, group in enumerate(groups):
        rows_of.setdefault(group, []).append(row)
    total = used = 0.0
    left_out = 0
    for rows in rows_of.values():
        own_labels = [labels[row] for row in rows]
        if all(own_labels) or not any(own_labels):
            left_out += 1
            continue
        total += len(rows) * auc(own_labels, [scores[row] for row in rows])
        used += len(rows)
    if not used:
        raise ValueError("no group has both classes")
    return total / used, left_out

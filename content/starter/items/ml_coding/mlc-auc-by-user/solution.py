import math
from collections.abc import Hashable, Sequence


def auc(labels: Sequence[int], scores: Sequence[float], weights: Sequence[float] | None = None) -> float:
    """Chance that a positive row has a higher score than a negative row; a tie counts one half."""
    weights = [1.0] * len(labels) if weights is None else weights
    if not len(labels) == len(scores) == len(weights):
        raise ValueError("labels, scores and weights need the same length")
    if any(math.isnan(score) for score in scores):
        raise ValueError("a score is not a number")
    order = sorted(range(len(scores)), key=lambda row: scores[row])
    below = wins = positive = 0.0
    start = 0
    while start < len(order):
        end = start
        tied = [0.0, 0.0]  # weight of the negatives and of the positives that share this score
        while end < len(order) and scores[order[end]] == scores[order[start]]:
            tied[1 if labels[order[end]] else 0] += weights[order[end]]
            end += 1
        wins += tied[1] * (below + tied[0] / 2)
        below += tied[0]
        positive += tied[1]
        start = end
    if not below or not positive:
        raise ValueError("both classes are needed")
    return wins / (positive * below)


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

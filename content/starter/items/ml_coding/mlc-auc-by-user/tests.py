"""Each check_* takes the member's module and raises AssertionError with a short reason."""
import math
import random

RTOL, ATOL = 1e-9, 1e-12


class Watched(float):
    """A score that counts how often it is compared."""

    compared = 0

    def __lt__(self, other):
        Watched.compared += 1
        return float(self) < float(other)

    def __gt__(self, other):
        Watched.compared += 1
        return float(self) > float(other)

    def __le__(self, other):
        Watched.compared += 1
        return float(self) <= float(other)

    def __ge__(self, other):
        Watched.compared += 1
        return float(self) >= float(other)

    def __eq__(self, other):
        Watched.compared += 1
        return float(self) == float(other)

    __hash__ = float.__hash__


def _close(got, want):
    return math.isclose(got, want, rel_tol=RTOL, abs_tol=ATOL)


def _all_pairs(labels, scores, weights):
    wins = total = 0.0
    for i, positive in enumerate(labels):
        for j, other in enumerate(labels):
            if positive and not other:
                pair = weights[i] * weights[j]
                total += pair
                wins += pair * (1.0 if scores[i] > scores[j] else 0.5 if scores[i] == scores[j] else 0.0)
    return wins / total


def _refuses(call):
    try:
        call()
    except ValueError:
        return True
    return False


def check_known_small_cases(m):
    assert _close(m.auc([0, 0, 1, 1], [0.1, 0.2, 0.3, 0.4]), 1.0), "a perfect order must give 1"
    assert _close(m.auc([1, 1, 0, 0], [0.1, 0.2, 0.3, 0.4]), 0.0), "a reversed order must give 0"
    assert _close(m.auc([0, 1, 0, 1], [0.1, 0.2, 0.3, 0.4]), 0.75), "three of four pairs are in order"


def check_ties_count_half(m):
    for labels in ([1, 1, 0, 0, 0], [0, 0, 0, 1, 1], [0, 1, 0, 1, 0]):
        got = m.auc(labels, [0.7] * 5)
        assert _close(got, 0.5), f"equal scores must give 0.5 in any row order, got {got}"


def check_matches_all_pairs(m):
    dice = random.Random(4)
    for _ in range(30):
        n = dice.randint(4, 40)
        labels = [0, 1] + [dice.randint(0, 1) for _ in range(n - 2)]
        scores = [dice.randint(-3, 3) / 4 for _ in range(n)]
        want = _all_pairs(labels, scores, [1.0] * n)
        got = m.auc(labels, scores)
        assert _close(got, want), f"got {got:.6f}, counting every pair gives {want:.6f}"


def check_weights_act_like_copies(m):
    labels, scores = [1, 0, 1, 0], [0.6, 0.5, 0.2, 0.2]
    got = m.auc(labels, scores, [3, 1, 1, 2])
    want = m.auc([1, 1, 1, 0, 1, 0, 0], [0.6, 0.6, 0.6, 0.5, 0.2, 0.2, 0.2])
    assert _close(got, want), f"weight 3 must act like three copies: got {got:.6f}, want {want:.6f}"


def check_impossible_input_is_refused(m):
    assert _refuses(lambda: m.auc([1, 1, 1], [0.1, 0.2, 0.3])), "with one class there is no AUC: raise ValueError"
    assert _refuses(lambda: m.auc([0, 1], [0.1, math.nan])), "a score that is not a number must raise ValueError"
    assert _refuses(lambda: m.auc([0, 1, 1], [0.1, 0.2])), "different lengths must raise ValueError"


def check_sorts_instead_of_comparing_all_pairs(m):
    dice = random.Random(9)
    n = 2000
    labels = [row % 2 for row in range(n)]
    Watched.compared = 0
    m.auc(labels, [Watched(dice.random()) for _ in range(n)])
    assert Watched.compared < 150_000, f"{Watched.compared} comparisons for {n} rows; sorting needs about 25,000"


def check_groups_are_weighted_by_rows(m):
    groups = ["a"] * 4 + ["b"] * 2
    labels = [0, 1, 0, 1, 1, 0]
    scores = [0.1, 0.2, 0.3, 0.4, 0.1, 0.9]
    got, left_out = m.auc_by_group(groups, labels, scores)
    assert _close(got, (4 * 0.75 + 2 * 0.0) / 6), f"0.75 on four rows and 0 on two rows give 0.5, got {got}"
    assert left_out == 0


def check_groups_of_one_class_are_left_out(m):
    got, left_out = m.auc_by_group([1, 2, 1, 3, 2, 3], [0, 1, 1, 0, 1, 0], [0.2, 0.9, 0.3, 0.8, 0.7, 0.1])
    assert _close(got, 1.0), f"only group 1 has both classes and its AUC is 1, got {got}"
    assert left_out == 2, f"two groups were left out, reported {left_out}"
    refused = _refuses(lambda: m.auc_by_group([1, 2], [0, 1], [0.1, 0.2]))
    assert refused, "no group with both classes: raise ValueError"

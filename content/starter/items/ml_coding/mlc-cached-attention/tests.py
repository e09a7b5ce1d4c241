"""Each check_* takes the member's module and raises AssertionError with a short reason."""
import math
import random

RTOL, ATOL = 1e-9, 1e-12


def _rows(n, width, seed):
    dice = random.Random(seed)
    return [[dice.gauss(0, 1) for _ in range(width)] for _ in range(n)]


def _same(a, b):
    if len(a) != len(b) or any(len(x) != len(y) for x, y in zip(a, b)):
        return False
    return all(math.isclose(p, q, rel_tol=RTOL, abs_tol=ATOL) for x, y in zip(a, b) for p, q in zip(x, y))


def check_weights_add_up_to_one(m):
    out = m.attend(_rows(5, 4, 1), _rows(5, 4, 2), [[1.0, -2.0]] * 5)
    assert _same(out, [[1.0, -2.0]] * 5), "when all values are equal, every output must equal them"


def check_scores_are_scaled_by_root_of_width(m):
    # Two keys, width 4: scores 6 / 2 = 3 and 0, so the first weight is 1 / (1 + exp(-3)).
    out = m.attend([[1.0, 1, 1, 1]] * 2, [[1.5] * 4, [0.0] * 4], [[1.0], [0.0]])
    want = 1 / (1 + math.exp(-3))
    assert math.isclose(out[1][0], want, rel_tol=1e-9), f"got {out[1][0]:.6f}, expected {want:.6f}"


def check_large_scores_stay_finite(m):
    out = m.attend([[2000.0, 0.0]] * 2, [[2000.0, 0.0], [1000.0, 0.0]], [[3.0], [5.0]])
    assert _same(out, [[3.0], [3.0]]), "a score near 3 million must not overflow"
    out = m.attend([[2000.0, 0.0]] * 2, [[-2000.0, 0.0], [-1000.0, 0.0]], [[3.0], [5.0]])
    assert _same(out, [[3.0], [5.0]]), "scores near minus 3 million must not become 0 / 0"


def check_later_positions_are_invisible(m):
    q, k, v = _rows(6, 3, 3), _rows(6, 3, 4), _rows(6, 2, 5)
    before = m.attend(q, k, v)
    after = m.attend(q, k[:4] + [[9.0] * 3] * 2, v[:4] + [[50.0] * 2] * 2)
    assert _same(before[:4], after[:4]), "changing positions 4 and 5 changed an earlier output"
    assert _same([before[0]], [v[0]]), "the first query sees only the first value"


def check_start_moves_the_causal_edge(m):
    q, k, v = _rows(6, 3, 6), _rows(6, 3, 7), _rows(6, 2, 8)
    whole = m.attend(q, k, v)
    assert _same(m.attend(q[4:], k, v, start=4), whole[4:]), "the queries at positions 4 and 5 must see 5 and 6 keys"


def check_padding_is_ignored(m):
    q, k, v = _rows(4, 3, 9), _rows(4, 3, 10), _rows(4, 2, 11)
    padded_k = [[7.0] * 3] * 2 + k
    padded_v = [[99.0] * 2] * 2 + v
    out = m.attend(q, padded_k, padded_v, start=2, keep=[False, False, True, True, True, True])
    assert _same(out, m.attend(q, k, v)), "two padding positions in front must not change any output"


def check_seeing_nothing_gives_zeros(m):
    out = m.attend(_rows(3, 2, 12), _rows(3, 2, 13), [[4.0, 5.0, 6.0]] * 3, keep=[False, False, True])
    assert _same(out[:2], [[0.0] * 3] * 2), "a query that sees only padding must give a row of zeros"
    assert _same(out[2:], [[4.0, 5.0, 6.0]])


def check_pieces_equal_one_pass(m):
    q, k, v = _rows(9, 4, 14), _rows(9, 4, 15), _rows(9, 3, 16)
    whole = m.attend(q, k, v)
    for cuts in ([9], [1] * 9, [4, 1, 3, 1]):
        cache, out, at = m.Cache(), [], 0
        for size in cuts:
            out += cache.extend(q[at:at + size], k[at:at + size], v[at:at + size])
            at += size
        assert _same(out, whole), f"pieces of {cuts} rows gave other outputs than one pass"


def check_caches_do_not_share(m):
    q, k, v = _rows(3, 2, 17), _rows(3, 2, 18), _rows(3, 2, 19)
    first, second = m.Cache(), m.Cache()
    first.extend(q, k, v)
    assert _same(second.extend(q, k, v), m.attend(q, k, v)), "a second cache saw rows of the first"
    assert (len(k), len(v)) == (3, 3), "the caller's lists must not grow"

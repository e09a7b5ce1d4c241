"""Each check_* takes the member's module and raises AssertionError with a short reason."""
import copy
import math
import random

RTOL, ATOL = 1e-6, 1e-8
STEP = 1e-5
# channels, rows, columns, filters, kernel rows, kernel columns, stride, pad
CASES = [(1, 4, 4, 1, 3, 3, 1, 0), (2, 5, 4, 3, 3, 2, 1, 1), (2, 6, 5, 2, 3, 3, 2, 1), (1, 5, 7, 2, 2, 2, 3, 0)]


def _cube(dice, *sizes):
    if len(sizes) == 1:
        return [dice.uniform(-1, 1) for _ in range(sizes[0])]
    return [_cube(dice, *sizes[1:]) for _ in range(sizes[0])]


def _problem(case, seed=7):
    channels, rows, columns, filters, tall, broad, stride, pad = case
    dice = random.Random(seed)
    image = _cube(dice, channels, rows, columns)
    kernels = _cube(dice, filters, channels, tall, broad)
    out = (filters, (rows + 2 * pad - tall) // stride + 1, (columns + 2 * pad - broad) // stride + 1)
    return image, kernels, _cube(dice, filters), _cube(dice, *out), stride, pad


def _flat(nested):
    return [nested] if isinstance(nested, (int, float)) else [x for part in nested for x in _flat(part)]


def _shape(nested):
    return () if isinstance(nested, (int, float)) else (len(nested), *_shape(nested[0]))


def _close(a, b):
    return math.isclose(a, b, rel_tol=RTOL, abs_tol=ATOL)


def _numeric(nested, loss):
    """Central differences of loss() for every number in nested."""
    slopes = []
    for k, part in enumerate(nested):
        if isinstance(part, list):
            slopes += _numeric(part, loss)
            continue
        nested[k] = part + STEP
        up = loss()
        nested[k] = part - STEP
        slopes.append((up - loss()) / (2 * STEP))
        nested[k] = part
    return slopes


def _slopes_agree(m, which):
    for case in CASES:
        image, kernels, bias, upstream, stride, pad = _problem(case)

        def loss():
            out = m.forward(image, kernels, bias, stride, pad)
            return sum(a * b for a, b in zip(_flat(out), _flat(upstream)))

        got = m.backward(copy.deepcopy(upstream), image, kernels, stride, pad)[which]
        target = (image, kernels, bias)[which]
        assert _shape(got) == _shape(target), f"shape {_shape(got)}, expected {_shape(target)}"
        for place, (a, b) in enumerate(zip(_flat(got), _numeric(target, loss))):
            assert _close(a, b), f"stride {stride}, pad {pad}: number {place} is {a:.6f}, the slope is {b:.6f}"


def check_one_window_by_hand(m):
    image = [[[1.0, 2, 3], [4, 5, 6], [7, 8, 9]]]
    got = m.forward(image, [[[[1.0, 0], [0, -2]]]], [10.0])
    assert got == [[[1.0, 0.0], [-2.0, -3.0]]], f"first output is 10 + 1 * 1 - 2 * 5 = 1, got {got}"


def check_output_size(m):
    for case in CASES:
        image, kernels, bias, upstream, stride, pad = _problem(case)
        got = _shape(m.forward(image, kernels, bias, stride, pad))
        assert got == _shape(upstream), f"{case}: shape {got}, expected {_shape(upstream)}"


def check_padding_and_stride_by_hand(m):
    # A kernel of ones counts the pixels of an image of ones that lie under each window.
    ones = [[[1.0] * 3 for _ in range(3)]]
    got = m.forward(ones, [[[[1.0] * 3 for _ in range(3)]]], [0.0], 1, 1)
    assert got == [[[4.0, 6.0, 4.0], [6.0, 9.0, 6.0], [4.0, 6.0, 4.0]]], f"padded sums are wrong: {got}"
    got = m.forward(ones, [[[[1.0] * 3 for _ in range(3)]]], [0.0], 2, 1)
    assert got == [[[4.0, 4.0], [4.0, 4.0]]], f"with stride 2 only the four corners remain: {got}"


def check_channels_are_summed(m):
    image = [[[1.0]], [[10.0]], [[100.0]]]
    got = m.forward(image, [[[[1.0]], [[2.0]], [[3.0]]], [[[0.0]], [[0.0]], [[1.0]]]], [0.5, 0.0])
    assert got == [[[321.5]], [[100.0]]], f"1 * 1 + 2 * 10 + 3 * 100 + 0.5 = 321.5, got {got}"


def check_image_gradient_matches_slopes(m):
    _slopes_agree(m, 0)


def check_kernel_gradient_matches_slopes(m):
    _slopes_agree(m, 1)


def check_bias_gradient_matches_slopes(m):
    _slopes_agree(m, 2)


def check_inputs_stay_unchanged(m):
    image, kernels, bias, upstream, stride, pad = _problem(CASES[2])
    kept = copy.deepcopy((image, kernels, bias, upstream))
    m.forward(image, kernels, bias, stride, pad)
    m.backward(upstream, image, kernels, stride, pad)
    assert (image, kernels, bias, upstream) == kept, "forward or backward changed one of its arguments"

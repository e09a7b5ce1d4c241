"""Each check_* takes the member's module and raises AssertionError with a short reason."""
import numpy as np

RTOL, ATOL = 1e-5, 1e-7


def _toy(seed=3, n=90, d=4, k=3):
    rng = np.random.default_rng(seed)
    X, y = rng.normal(size=(n, d)), rng.integers(0, k, size=n)
    return X, y, rng.normal(scale=.3, size=(d, k)), rng.normal(scale=.1, size=k)


def check_rows_are_distributions(m):
    p = m.softmax(np.array([[1., 2., 3.], [0., 0., 0.], [5., 1., -2.]]))
    assert np.allclose(p.sum(axis=1), 1, rtol=RTOL), "each row of probabilities must add up to 1"
    assert (p > 0).all()


def check_large_logits_stay_finite(m):
    with np.errstate(over="ignore", invalid="ignore"):
        p = m.softmax(np.array([[1000., 999., 0.], [-1000., -1001., -2000.]]))
    assert np.isfinite(p).all(), "logits near 1000 must not produce inf or nan"
    assert np.allclose(p[0, :2], p[1, :2], rtol=RTOL), "only differences between logits may matter"


def check_gradient_matches_finite_differences(m):
    X, y, W, b = _toy()
    _, dW, db = m.loss_and_grad(W.copy(), b.copy(), X, y, 0.1)
    eps = 1e-6
    for arr, grad in ((W, dW), (b, db)):
        it = np.nditer(arr, flags=["multi_index"])
        for _ in it:
            i = it.multi_index
            old = arr[i]
            arr[i] = old + eps
            up = m.loss_and_grad(W, b, X, y, 0.1)[0]
            arr[i] = old - eps
            down = m.loss_and_grad(W, b, X, y, 0.1)[0]
            arr[i] = old
            num = (up - down) / (2 * eps)
            reason = f"gradient differs from slope at {i}: {grad[i]:.5f} against {num:.5f}"
            assert abs(num - grad[i]) <= 1e-4 * max(1, abs(num)), reason


def check_batches_keep_rows_with_labels(m):
    n = 53
    X = np.arange(n, dtype=float).reshape(-1, 1)
    y = np.arange(n)
    seen = []
    for Xb, yb in m.minibatches(X, y, 8, np.random.default_rng(1)):
        assert len(Xb) == len(yb)
        assert np.array_equal(Xb[:, 0].astype(int), yb), "a row arrived with another row's label"
        seen += list(yb)
    assert sorted(seen) == list(range(n)), "every row must be used exactly once, the short last batch included"


def check_validation_rows_do_not_leak(m):
    rng = np.random.default_rng(5)
    tr, va = rng.normal(size=(40, 3)), rng.normal(size=(10, 3))
    a, _ = m.standardise(tr, va)
    b, _ = m.standardise(tr, va + 100.0)
    assert np.allclose(a, b), "changing validation rows changed the training features"
    assert np.allclose(a.mean(axis=0), 0, atol=1e-9) and np.allclose(a.std(axis=0), 1, rtol=1e-6)


def check_constant_feature_is_harmless(m):
    tr = np.c_[np.ones(20), np.linspace(0, 1, 20)]
    with np.errstate(divide="ignore", invalid="ignore"):
        a, v = m.standardise(tr, tr[:5])
    assert np.isfinite(a).all() and np.isfinite(v).all(), "a constant column must not become nan"


def check_learns_a_separable_problem(m):
    rng = np.random.default_rng(11)
    centres = np.array([[4., 0.], [-4., 0.], [0., 5.]])
    y = rng.integers(0, 3, size=600)
    X = centres[y] + rng.normal(size=(600, 2))
    tr, va = m.standardise(X[:450], X[450:])
    with np.errstate(all="ignore"):
        W, b, hist = m.train(tr, y[:450], 3, seed=0)
        W2, _, _ = m.train(tr, y[:450], 3, seed=0)
    acc = float(((va @ W + b).argmax(axis=1) == y[450:]).mean())
    assert np.isfinite(hist).all() and hist[-1] < hist[0], "training loss must fall and stay finite"
    assert acc >= 0.95, f"validation accuracy {acc:.2f}, expected at least 0.95"
    assert np.array_equal(W, W2), "same seed, same weights"

"""Each check_* takes the member's module and raises AssertionError with a short reason."""
import random


def _join(m, labels, features, max_age=1000):
    labels = [m.Label(*row) for row in labels]
    return m.join(labels, [m.Feature(*row) for row in features], max_age)


def _leaks(m, labels, features):
    return m.count_leaks([m.Label(*row) for row in labels], [m.Feature(*row) for row in features])


def _random_rows(dice, entities="ab", n=30):
    features = []
    for value in range(n):
        happened = dice.randint(0, 40)
        features.append((dice.choice(entities), happened, happened + dice.choice([0, 0, 1, 5, 15]), float(value)))
    # Two rows with equal times would leave the answer open, so only one of them stays.
    features = list({row[:3]: row for row in features}.values())
    return [(dice.choice(entities), dice.randint(0, 60)) for _ in range(n)], features


def check_late_rows_are_invisible(m):
    features = [("u", 10, 10, 1.0), ("u", 20, 50, 2.0)]
    got = _join(m, [("u", 30), ("u", 60)], features)
    assert got == [1.0, 2.0], f"the row about 20 reached the store at 50, so the label at 30 cannot use it: {got}"


def check_newest_event_beats_newest_arrival(m):
    features = [("u", 20, 20, 2.0), ("u", 10, 40, 1.0)]
    got = _join(m, [("u", 50)], features)
    assert got == [2.0], f"an old event that arrives late must not replace a newer one: {got}"


def check_corrections_replace_once_known(m):
    features = [("u", 10, 10, 1.0), ("u", 10, 30, 9.0)]
    got = _join(m, [("u", 29), ("u", 31)], features)
    assert got == [1.0, 9.0], f"the correction counts from 30 on: {got}"
    assert _join(m, [("u", 31)], features[::-1]) == [9.0], "the order of the feature rows must not matter"


def check_edges_are_included(m):
    got = _join(m, [("u", 10), ("u", 9), ("u", 110), ("u", 111)], [("u", 10, 10, 1.0)], max_age=100)
    assert got == [1.0, None, 1.0, None], f"known_at = at and an age of exactly max_age both count: {got}"


def check_age_counts_from_the_event(m):
    got = _join(m, [("u", 95)], [("u", 10, 90, 1.0)], max_age=50)
    assert got == [None], f"a value about second 10 is 85 seconds old at 95, whenever it arrived: {got}"


def check_zero_is_a_value(m):
    got = _join(m, [("u", 5), ("u", 0)], [("u", 0, 0, 0.0)])
    assert got == [0.0, 0.0], f"a value of zero and a time of zero are real: {got}"


def check_order_of_labels_is_kept(m):
    features = [("a", 1, 1, 1.0), ("b", 2, 2, 2.0), ("a", 3, 3, 3.0)]
    labels = [("b", 9), ("a", 9), ("c", 9), ("a", 2), ("a", 2), ("b", 1)]
    got = _join(m, labels, features)
    assert got == [2.0, 3.0, None, 1.0, 1.0, None], f"answers must follow the labels, one for each: {got}"


def check_matches_a_slow_search(m):
    dice = random.Random(21)
    for _ in range(40):
        labels, features = _random_rows(dice)
        want = []
        for entity, at in labels:
            rows = [row for row in features if row[0] == entity and row[2] <= at]
            row = max(rows, key=lambda r: (r[1], r[2]), default=None)
            want.append(row[3] if row and at - row[1] <= 12 else None)
        got = _join(m, labels, features, max_age=12)
        assert got == want, f"{sum(a != b for a, b in zip(got, want))} of {len(want)} answers differ"


def check_leaks_are_counted(m):
    features = [("u", 10, 10, 1.0), ("u", 20, 50, 2.0)]
    assert _leaks(m, [("u", 30), ("u", 15), ("u", 50), ("v", 30)], features) == 1, "only the label at 30 would leak"
    dice = random.Random(22)
    labels, features = _random_rows(dice, n=60)
    want = 0
    for entity, at in labels:
        rows = [row for row in features if row[0] == entity and row[1] <= at]
        want += bool(rows) and max(rows, key=lambda r: (r[1], r[2]))[2] > at
    got = _leaks(m, labels, features)
    assert got == want, f"counted {got} leaks, there are {want}"

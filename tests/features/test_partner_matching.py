"""Who sits with whom: everybody once, nobody with whom they are kept apart from, the same way each time."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.features.partners import fit_rules as fit
from bot.features.partners.fit_rules import Kind, Rung, Seat, allowed, pair_of, read_table, worth
from bot.features.partners.matching_rules import match
from bot.features.partners.scores_rules import Scores
from bot.kernel.calendar import draw

ROOT = Path(__file__).parents[2]
AREAS = ("coding", "data", "systems")
MONDAY_EVENING = 0b111111 << 36  # three hours

shares = st.sampled_from([0.0, 0.2, 0.5, 0.65, 0.66, 0.7, 0.9, 1.0])
hours = st.sampled_from([0, 1 << 3, 0b11 << 40, MONDAY_EVENING, (1 << 336) - 1, 0xFF << 300])
seats = st.fixed_dictionaries(
    {
        "hours": hours.map(lambda mask: f"{mask:x}"),
        "stage": st.integers(0, 2),
        "skills": st.dictionaries(st.sampled_from(AREAS), shares, max_size=3),
        "reliability": shares,
        "new": st.booleans(),
        "seasoned": st.booleans(),
        "in_writing": st.booleans(),
    }
)


@st.composite
def rounds(draw: st.DrawFn, most: int = 9) -> dict[str, Any]:
    """What a round of up to `most` seats is given."""
    listed = draw(st.lists(seats, max_size=most))
    pairs = [[one, other] for one in range(len(listed)) for other in range(one)]
    some = st.lists(st.sampled_from(pairs), unique_by=tuple, max_size=12) if pairs else st.just([])
    met = [[*pair, draw(st.integers(1, 4)), draw(st.integers(1, 7))] for pair in draw(some)]
    weary = draw(st.lists(st.integers(0, len(listed) - 1), max_size=4)) if listed else []
    return {"round": draw(st.sampled_from("ab")), "seats": listed, "apart": draw(some), "met": met, "weary": weary}


def seat(mask: int = MONDAY_EVENING, **more: object) -> dict[str, Any]:
    return {"hours": f"{mask:x}", "reliability": 0.9, **more}


def groups_of(args: Mapping[str, Any]) -> list[list[int]]:
    return [group["seats"] for group in match(args)["groups"]]


# --- what holds for every round --------------------------------------------------------------


@settings(max_examples=50, deadline=None)
@given(rounds())
def test_everybody_is_told_one_place_or_why_they_have_none(args: dict[str, Any]) -> None:
    found, table = match(args), read_table(args)
    seated = [number for group in found["groups"] for number in group["seats"]]
    left = [int(number) for number in found["left"]]
    assert sorted(seated + left) == list(range(len(args["seats"])))
    for group in found["groups"]:
        assert len(group["seats"]) in (2, 3)
        assert allowed(table, group["seats"])
        assert group["score"] >= 1
        assert group["shaky"] == any(table.seats[number].shaky for number in group["seats"])
    for number in left:
        assert not any(allowed(table, (number, other)) for other in left if other != number)
        pairs = [group["seats"] for group in found["groups"] if len(group["seats"]) == 2]
        assert not any(allowed(table, (*pair, number)) for pair in pairs), "a pair could have taken them"
        trios = [group["seats"] for group in found["groups"] if len(group["seats"]) == 3]
        assert not any(allowed(table, (one, number)) for trio in trios for one in trio), "a trio could have parted"
    json.dumps(found)


@settings(max_examples=25, deadline=None)
@given(rounds(), st.randoms(use_true_random=False))
def test_the_same_round_gives_the_same_groups_however_it_is_listed(args: dict[str, Any], dice: Any) -> None:
    assert match(args) == match(json.loads(json.dumps(args)))
    for number, one in enumerate(args["seats"]):
        one["skills"] = {**one["skills"], f"of {number}": 0.5}  # so that no two seats are the same
    order = list(range(len(args["seats"])))
    dice.shuffle(order)
    at = {number: place for place, number in enumerate(order)}
    other = {
        "round": args["round"],
        "seats": [args["seats"][number] for number in order],
        "apart": [[at[b], at[a]] for a, b in reversed(args["apart"])],
        "met": [[at[b], at[a], since, times] for a, b, since, times in reversed(args["met"])],
        "weary": [at[number] for number in args["weary"]],
    }
    again = sorted(sorted(order[number] for number in group) for group in groups_of(other))
    assert again == sorted(groups_of(args))


@settings(max_examples=25, deadline=None)
@given(rounds(6))
def test_the_quick_scores_are_the_plain_ones(args: dict[str, Any]) -> None:
    """Of two in either order, and of a third with a pair."""
    import numpy as np

    table = read_table(args)
    many = np.arange(len(table.seats))
    if not len(many):
        return
    quick = Scores(table).worth(many, many)
    for one in many:
        for other in many:
            able = one != other and allowed(table, (one, other))
            assert quick[one, other] == (worth(table, (int(one), int(other))) if able else -1)
    couples = np.array([(a, b) for a in many for b in many[a + 1 :] if pair_of(a, b) not in table.apart]).reshape(-1, 2)
    for couple in couples:
        thirds = np.array([number for number in many if number not in couple], dtype=np.intp)
        of_thirds = Scores(table).worth_of_thirds(thirds, couple[None, :])
        for number, value in zip(thirds.tolist(), of_thirds[:, 0].tolist(), strict=True):
            group = (*couple.tolist(), number)
            tired = table.seats[number].shaky and table.weary & set(couple.tolist())
            plain = max(worth(table, group) - (2 * fit.STEP if tired else 0), 0)
            assert value == (plain if allowed(table, group) else -1)


@settings(max_examples=40, deadline=None)
@given(rounds(4), st.integers(0, 3), st.integers(0, 3))
def test_a_score_is_the_same_from_both_sides_and_never_leaves_its_scale(
    args: dict[str, Any], one: int, other: int
) -> None:
    table = read_table(args)
    if max(one, other) < len(table.seats):
        mine, theirs = table.seats[one], table.seats[other]
        assert fit.score(mine, theirs) == fit.score(theirs, mine)
        assert (
            1 <= fit.score(mine, theirs, (1, 9)) <= fit.score(mine, theirs, (3, 1)) <= fit.score(mine, theirs) <= 1000
        )


# --- small groups --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "sizes"), [(0, []), (1, []), (2, [2]), (3, [3]), (4, [2, 2]), (5, [2, 3]), (7, [2, 2, 3])]
)
@pytest.mark.parametrize("new", [False, True])
def test_small_groups_seat_everybody(number: int, sizes: list[int], *, new: bool) -> None:
    found = match({"round": "1", "seats": [seat(new=new) for _ in range(number)]})
    assert sorted(len(group["seats"]) for group in found["groups"]) == sizes
    assert found["left"] == ({"0": "alone"} if number == 1 else {})


def test_who_is_new_or_shaky_sits_in_a_trio() -> None:
    listed = [seat(new=number == 3, reliability=0.5 if number == 5 else 0.9) for number in range(8)]
    found = match({"round": "1", "seats": listed})["groups"]
    for number in (3, 5):
        assert [len(group["seats"]) for group in found if number in group["seats"]] == [3]
    assert not any({3, 5} <= set(group["seats"]) for group in found)


def test_when_nearly_all_are_new_they_make_trios_of_their_own() -> None:
    found = groups_of({"round": "1", "seats": [seat(new=number > 1) for number in range(12)]})
    assert sorted(len(group) for group in found) == [3, 3, 3, 3]


def test_a_third_goes_where_the_worse_of_its_two_partners_is_best() -> None:
    listed = [seat(stage=stage) for stage in (0, 0, 2, 2)] + [seat(stage=2, new=True)]
    assert sorted(groups_of({"round": "1", "seats": listed})) == [[0, 1], [2, 3, 4]]


def test_nobody_has_somebody_shaky_two_rounds_running_where_that_can_be() -> None:
    listed = [seat(stage=0), seat(stage=0), seat(stage=2), seat(stage=2), seat(stage=2, new=True)]
    assert sorted(groups_of({"round": "1", "seats": listed, "weary": [2, 3]})) == [[0, 1, 4], [2, 3]]


# --- the ladder ---------------------------------------------------------------------------------------


def test_the_ladder_is_an_hour_half_an_hour_in_writing_and_the_last_partner() -> None:
    hour, half, none = 0b11, 0b1, 0b1 << 200
    table = read_table({
        "round": "1", "met": [[0, 4, 1, 1], [0, 5, 2, 5]],
        "seats": [seat(hour), seat(hour), seat(half), seat(none), seat(hour), seat(hour), seat(in_writing=True)],
    })  # fmt: skip
    steps = [fit.rung(table, (0, other)) for other in (1, 2, 3, 4, 5, 6)]
    assert steps == [Rung.LIVE, Rung.SHORT, Rung.ASYNC, Rung.AGAIN, Rung.LIVE, Rung.ASYNC]
    worths = [worth(table, (0, other)) for other in (1, 5, 2, 3, 4)]
    assert worths == sorted(worths, reverse=True)


def test_zones_that_never_meet_make_pairs_in_writing() -> None:
    (group,) = match({"round": "1", "seats": [seat(0xFF), seat(0xFF << 100)]})["groups"]
    assert group["kind"] == Kind.ASYNC


def test_two_who_want_no_live_talk_find_each_other() -> None:
    listed = [seat(), seat(in_writing=True), seat(), seat(in_writing=True)]
    found = match({"round": "1", "seats": listed})["groups"]
    assert [(group["seats"], group["kind"]) for group in found] == [([0, 2], "live"), ([1, 3], "async")]


def test_two_are_together_again_before_anybody_sits_alone() -> None:
    args = {"round": "2", "seats": [seat(), seat()], "met": [[0, 1, 1, 6]]}
    assert groups_of(args) == [[0, 1]]


def test_who_met_last_time_meets_others_this_time() -> None:
    listed = [seat() for _ in range(4)]
    found = groups_of({"round": "2", "seats": listed, "met": [[0, 1, 1, 1], [2, 3, 1, 1]]})
    assert [0, 1] not in found
    assert [2, 3] not in found


def test_in_small_groups_repeats_are_spread_and_nobody_is_left_out() -> None:
    known: dict[tuple[int, int], list[int]] = {}
    for round_ in range(12):
        met = [[*pair, round_ - rounds[-1], len(rounds)] for pair, rounds in known.items()]
        found = groups_of({"round": str(round_), "seats": [seat() for _ in range(6)], "met": met})
        assert sorted(len(group) for group in found) == [2, 2, 2]
        for one, other in found:
            known.setdefault((one, other), []).append(round_)
    assert len(known) == 15
    assert max(len(times) for times in known.values()) <= 3


# --- kept apart, left over, going on ----------------------------------------------------------------


def test_who_is_kept_apart_from_everybody_is_told_so() -> None:
    found = match({"round": "1", "seats": [seat() for _ in range(3)], "apart": [[0, 1], [2, 0]]})
    assert [group["seats"] for group in found["groups"]] == [[1, 2]]
    assert found["left"] == {"0": "apart"}


def test_a_trio_parts_before_anybody_is_left_over() -> None:
    """Two new members who are kept apart from each other could both be third, but there is one pair."""
    args = {"round": "1", "seats": [seat(), seat(), seat(new=True), seat(new=True)], "apart": [[2, 3]]}
    found = match(args)
    assert sorted(len(group["seats"]) for group in found["groups"]) == [2, 2]
    assert found["left"] == {}


def test_a_new_member_is_never_the_one_who_is_left() -> None:
    """Three of whom two are kept apart from each other can only be a pair."""
    listed = [seat(), seat(new=True), seat()]
    found = match({"round": "1", "seats": listed, "apart": [[0, 1]]})
    assert found["left"] == {"0": "taken"}


def test_who_goes_on_together_does_and_takes_a_third_only_in_need() -> None:
    listed = [seat() for _ in range(4)]
    args = {"round": "2", "seats": [*listed, seat(new=True)], "met": [[0, 1, 1, 1]], "stay": [[1, 0]]}
    assert sorted(groups_of(args)) == [[0, 1], [2, 3, 4]]
    assert groups_of({**args, "seats": listed[:3]}) == [[0, 1, 2]]
    assert groups_of({**args, "seats": listed, "apart": [[0, 1]], "met": []}) != [[0, 1], [2, 3]]


# --- in the middle of a week --------------------------------------------------------------------------


def test_whoever_is_left_joins_the_pair_where_they_fit_best() -> None:
    listed = [seat(stage=stage) for stage in (0, 0, 2, 2, 2)]
    table = read_table({"round": "1", "seats": listed, "apart": []})
    place = fit.best_third(table, 4, [(0, 1), (2, 3)])
    assert place
    assert (place.group, place.kind) == ((2, 3), Kind.LIVE)
    blocked = read_table({"round": "1", "seats": listed, "apart": [[4, 3]]})
    place = fit.best_third(blocked, 4, [(0, 1), (2, 3)])
    assert place
    assert place.group == (0, 1)
    assert fit.best_third(blocked, 4, [(2, 3), (0, 1, 2)]) is None
    partner = fit.best_partner(blocked, 4, [0, 2, 3])
    assert partner
    assert partner.group == (2,)
    assert fit.best_partner(blocked, 4, [3, 4]) is None


# --- large groups --------------------------------------------------------------------------------------


def town(members: int) -> dict[str, Any]:
    dice = draw(f"town of {members}")
    listed = [
        seat(dice.getrandbits(336) & dice.getrandbits(336) & dice.getrandbits(336), stage=dice.randrange(3),
             skills={area: round(dice.random(), 2) for area in AREAS}, reliability=round(dice.uniform(0.5, 1), 2))
        for _ in range(members)
    ]  # fmt: skip
    return {"round": "1", "seats": listed}


def test_the_best_partners_of_each_are_enough() -> None:
    table = read_table(town(120))
    scores, everybody = Scores(table), range(120)
    sparse, full = (
        sum(fit.group_score(table, pair) for pair in scores.best_pairs(everybody, most)) for most in (32, 120)
    )
    assert sparse >= 0.999 * full


def test_another_process_gives_the_same_groups() -> None:
    """Seats that are all alike, so that only chance decides; and chance is seeded."""
    program = (
        "import json; from bot.features.partners.matching_rules import match; "
        "print(json.dumps(match({'round': 'r', 'seats': [{'hours': 'ff'}] * 90})))"
    )
    done = subprocess.run(  # noqa: S603 - ourselves
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert json.loads(done.stdout) == match({"round": "r", "seats": [{"hours": "ff"}] * 90})


def test_the_bot_itself_needs_neither_the_solver_nor_the_arithmetic() -> None:
    program = (
        "import sys; import bot.features.partners.matching_rules; "
        "sys.exit(bool({'numpy', 'rustworkx'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0  # noqa: S603 - ourselves


@pytest.mark.parametrize(
    "wrong",
    [
        {"stage": 3}, {"reliability": 1.5}, {"reliability": float("nan")}, {"hours": f"{1 << 336:x}"}, {"hours": -1},
        {"skills": {"data": 2}},
    ],
)  # fmt: skip
def test_what_is_no_seat_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="not a seat"):
        match({"round": "1", "seats": [wrong]})


@pytest.mark.parametrize("pair", [[0, 0], [0, 2], [-1, 0]])
def test_what_is_no_pair_is_refused(pair: Sequence[int]) -> None:
    with pytest.raises(ValueError, match="no two seats"):
        match({"round": "1", "seats": [seat(), seat()], "apart": [pair]})


def test_a_seat_without_any_estimate_has_plain_values() -> None:
    assert read_table({"round": "1", "seats": [{}]}).seats == (Seat(),)

"""`whetstone simulate reviews`: a small group on the real engine, and the judge who knows none of its rules."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from adapters.__main__ import main
from bot.commands import simulate_reviews
from bot.commands.simulate import Setup
from bot.commands.simulate_reviews import assign
from bot.commands.simulate_reviews_judge import (
    DAY,
    WEEK,
    Asked,
    Far,
    Handed,
    Log,
    Task,
    count_forbidden,
    far,
    is_forbidden,
    most_urged,
    waits,
)
from bot.commands.simulate_reviews_model import Habits, invent, partners
from bot.features.reviews import rules
from bot.features.reviews.rules import Distance
from bot.kernel.calendar import draw

SMALL = ("simulate", "reviews", "--members", "6", "--weeks", "2", "--seed", "3", "--runs", "1")
KEYS = {
    "reviews.served_within_72h", "reviews.forbidden", "reviews.asked_max_per_week", "reviews.median_wait_hours",
    "reviews.requests_per_member_week",
}  # fmt: skip
NOW = datetime(2026, 1, 7, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    return main(words), capsys.readouterr().out


# --- the command ---------------------------------------------------------------------------------------


def test_the_figures_of_reviews_can_be_read_by_programs_and_come_again(capsys: pytest.CaptureFixture[str]) -> None:
    code, out = said(capsys, *SMALL, "--json")
    found = json.loads(out)
    assert code == 0
    assert found.pop("simulated") == {
        "study": "reviews", "members": 6, "weeks": 2, "seed": 3, "runs": 1,
        "requests": 1.0, "delivery": 0.75, "unasked": 0.2,
    }  # fmt: skip
    assert set(found) == KEYS
    assert 0 < found["reviews.served_within_72h"]["value"] <= 1
    assert found["reviews.forbidden"]["value"] == 0
    assert 0 < found["reviews.asked_max_per_week"]["value"] <= 3
    assert found["reviews.requests_per_member_week"]["value"] > 0.5
    for figure in found.values():
        assert {"value", "baseline"} <= set(figure)
    assert said(capsys, *SMALL, "--json")[1] == out, "the same numbers give the same figures"


def test_help_says_what_is_assumed_of_those_who_review(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(("simulate", "reviews", "--help"))
    out = capsys.readouterr().out
    assert left.value.code == 0
    for word in ("0.75 come back", "chance of 0.5", "lapse after 24 hours", "offered to nobody else", "simulated"):
        assert word in out


@pytest.mark.parametrize("words", [("--requests", "2"), ("--delivery", "most"), ("--weeks", "1"), ("--unasked", "-1")])
def test_a_share_is_a_number_from_0_to_1(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(("simulate", "reviews", *words))
    assert left.value.code == 2
    assert "usage: whetstone simulate reviews" in capsys.readouterr().err


def test_a_rule_that_forgets_partners_and_swaps_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The judge counts by what happened, and not by what the rules say of it."""
    monkeypatch.setattr(rules, "distance", lambda *_: Distance.NONE)
    figures = simulate_reviews.simulate(Setup(6, 2, 3, 1, {"unasked": 0.8}))
    assert next(one.value for one in figures if one.key == "reviews.forbidden") > 0


# --- the members -----------------------------------------------------------------------------------------


def test_other_habits_leave_the_visits_as_they_are() -> None:
    often, seldom = (invent(20, 4, Habits(requests=share), "a") for share in (1.0, 0.5))
    for one, other in zip(often, seldom, strict=True):
        assert [visit.at for visit in one.visits] == [visit.at for visit in other.visits]
    assert sum(visit.asks for member in often for visit in member.visits) > sum(
        visit.asks for member in seldom for visit in member.visits
    )


def test_members_are_partnered_two_and_two() -> None:
    assert partners(invent(3, 1, Habits(), "a")) == {"m0": "m1", "m1": "m0", "m2": ""}
    assert partners(invent(2, 1, Habits(), "a")) == {"m0": "m1", "m1": "m0"}


def test_in_the_plain_way_nobody_gets_their_own_answer_and_without_delivery_nobody_is_served() -> None:
    members, log = invent(5, 2, Habits(), "a"), group(4)
    log.asked = [Asked(NOW + n * HOUR, f"m{n % 4}", "t") for n in range(40)]
    lazy = assign(log, members, Habits(delivery=0), draw("a"))
    assert all(one.reviewer != one.author for one in lazy.handed.values())
    assert not list(lazy.reviews())
    assert len(lazy.urged) == 40
    assert len(list(assign(log, members, Habits(delivery=1), draw("a")).reviews())) > 20


# --- the judge ---------------------------------------------------------------------------------------------


def group(size: int) -> Log:
    """m0 and m1 are partners, m2 and m3, ... All have answered the one task, which is open."""
    names = [f"m{n}" for n in range(size)]
    log = Log(NOW - 3 * DAY, {name: f"m{n ^ 1}" for n, name in enumerate(names)})
    log.tasks["t"] = Task("algorithm", NOW - DAY, NOW + DAY)
    log.answers = {name: {"t": NOW - 2 * HOUR} for name in names}
    return log


def hand(log: Log, reviewer: str, author: str, at: datetime = NOW, *, sent: datetime | None = None) -> Handed:
    one = Handed(at, reviewer, author, "t", sent or at + DAY, sent is not None)
    log.handed[len(log.handed)] = one
    return one


def test_ones_own_answer_is_always_forbidden() -> None:
    log = group(1)
    hand(log, "m0", "m0")
    assert count_forbidden(log) == 1


def test_a_partner_is_forbidden_while_anybody_else_could() -> None:
    assert is_forbidden(group(3), hand(group(3), "m1", "m0"))
    assert not is_forbidden(group(2), hand(group(2), "m1", "m0")), "there are only the two"
    assert not is_forbidden(group(4), hand(group(4), "m2", "m0")), "a stranger"


@pytest.mark.parametrize("why", ["not answered", "silent", "reviewed it", "gave it back", "let it pass"])
def test_whoever_could_not_have_reviewed_it_does_not_count(why: str) -> None:
    log = group(3)
    match why:
        case "not answered":
            log.answers["m2"] = {}
        case "silent":
            log.answers["m2"] = {"t": NOW - WEEK}
        case "reviewed it":
            hand(log, "m2", "m0", NOW - HOUR, sent=NOW - HOUR / 2)
        case "gave it back":
            log.handed[9] = Handed(NOW - HOUR, "m2", "m0", "t", NOW - HOUR / 2, given_back=True)
        case "let it pass":
            log.asked.append(Asked(NOW - 2 * DAY, "m0", "t"))
            log.urged.add(("m2", NOW - 37 * HOUR))
    assert not is_forbidden(log, hand(log, "m1", "m0"))


def test_after_the_close_whoever_has_tried_the_kind_could_review_it() -> None:
    log = group(3)
    log.tasks["other"] = Task("algorithm", NOW - DAY, NOW + DAY)
    log.answers["m2"] = {"other": NOW - HOUR}
    assert not is_forbidden(log, hand(log, "m1", "m0"))
    log.tasks["t"] = Task("algorithm", NOW - 2 * DAY, NOW - HOUR)
    assert is_forbidden(log, hand(log, "m1", "m0"))
    log.tasks["other"] = Task("systems", NOW - DAY, NOW + DAY)
    assert not is_forbidden(log, hand(log, "m1", "m0"))


def test_a_swap_is_a_review_in_return_within_a_week_or_while_the_other_is_at_work() -> None:
    log = group(4)
    hand(log, "m0", "m2", NOW - 2 * HOUR, sent=NOW - HOUR)
    assert far(log, "m2", "m0", NOW) is Far.SWAP
    assert is_forbidden(log, hand(log, "m2", "m0")), "m3 could"
    assert far(log, "m2", "m0", NOW + WEEK) is Far.STRANGER
    holds = group(4)
    hand(holds, "m0", "m2", NOW - HOUR)
    assert far(holds, "m2", "m0", NOW) is Far.SWAP
    assert far(holds, "m2", "m0", NOW + DAY) is Far.STRANGER, "it has lapsed"
    assert far(holds, "m1", "m0", NOW) is Far.PARTNER


def test_a_swap_is_better_than_a_partner() -> None:
    log = group(3)
    hand(log, "m0", "m2", NOW - HOUR)
    assert is_forbidden(log, hand(log, "m1", "m0")), "m2 could, in a swap"
    assert not is_forbidden(log, hand(log, "m2", "m0")), "only the partner is left"
    both = group(4)
    for other in ("m2", "m3"):
        hand(both, "m0", other, NOW - HOUR, sent=NOW - HOUR / 2)
    assert not is_forbidden(both, hand(both, "m2", "m0")), "for all who are left it is a swap"


def test_waits_are_counted_for_requests_that_had_72_hours() -> None:
    log = group(3)
    log.asked = [Asked(NOW, "m0", "t"), Asked(NOW, "m1", "t"), Asked(NOW + 5 * DAY, "m2", "t")]
    hand(log, "m2", "m0", NOW + HOUR, sent=NOW + 2 * HOUR)
    hand(log, "m1", "m0", NOW + HOUR, sent=NOW + 3 * HOUR)
    assert waits(log, NOW + WEEK) == [2 * HOUR, None]


def test_being_asked_is_counted_over_any_seven_days() -> None:
    log = group(2)
    log.urged = {("m0", NOW + n * 2 * DAY) for n in range(5)} | {("m1", NOW)}
    assert most_urged(log) == 4
    assert most_urged(group(2)) == 0

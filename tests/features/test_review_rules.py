"""Who may ask, who is handed what, who is asked, how an answer is cut, and what the levels say."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.content.catalogue import Criterion, Rubric
from bot.features.reviews import estimate_rules, reading_rules, rules
from bot.features.reviews.estimate_rules import Levels
from bot.features.reviews.given_rules import Held, Review, Stance, author_shown, may_read, reviewer_shown
from bot.features.reviews.lease_cards import lease_card, review_form, rubric_card
from bot.features.reviews.reading_rules import NOT_FOUND, PASSAGES, PLAIN, Mark, Verdict, accept, passages
from bot.features.reviews.rules import Able, Distance, Lease, Meeting, Request, Rights, State
from bot.kernel.calendar import draw
from bot.kernel.card import card_words
from bot.kernel.errors import Refusal

NOW = datetime(2026, 1, 7, 12, tzinfo=UTC)  # a Wednesday
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BERLIN = ZoneInfo("Europe/Berlin")
REQUEST = Request(
    1, "ada", "2026-01-05", 1, "Two counters", "sorting", free=True, wanted=1, spent=True,
    state=State.WAITING, rounds=1, asked_at=NOW, since=NOW,
)  # fmt: skip
members = st.sampled_from(["ben", "cleo", "dan", "eve", "fay"])
distances = st.dictionaries(members, st.sampled_from(Distance), min_size=1)


# --- the right to ask ------------------------------------------------------------------------------------


def test_one_review_a_week_is_free_and_each_review_given_earns_one_more() -> None:
    assert rules.rights(0, 0, 0) == Rights(free=True, earned=0)
    assert rules.rights(1, 0, 0).left == 0
    assert rules.rights(1, 1, 3) == Rights(free=False, earned=2)


def test_a_review_that_was_removed_earns_nothing_and_owes_nothing() -> None:
    assert rules.rights(1, 2, 1).left == 0


def test_the_week_begins_on_monday_at_four_in_the_groups_zone() -> None:
    before = datetime(2026, 1, 5, 2, 59, tzinfo=UTC)
    assert rules.week_of(before, BERLIN) == date(2025, 12, 29)
    assert rules.week_of(before + timedelta(minutes=1), BERLIN) == date(2026, 1, 5)


def test_a_request_gives_its_right_back_unless_somebody_is_at_work_or_has_been() -> None:
    assert rules.gives_back(REQUEST)
    assert not rules.gives_back(replace(REQUEST, leased=1))
    assert not rules.gives_back(replace(REQUEST, finished=1))


def test_an_answer_without_words_cannot_be_reviewed_and_the_author_reads_how_many_it_has() -> None:
    rules.accept_answer("x" * 40)
    for text in ("x" * 39, "x" * 39 + " " * 40, ""):
        with pytest.raises(Refusal, match=f"has {len(text.strip())} character"):
            rules.accept_answer(text)


# --- how far somebody stands ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reviewer", "author", "ago", "expected"),
    [
        ("ada", "ben", 7 * DAY - HOUR, Distance.SWAPPED),  # the author reviewed this reviewer
        ("ada", "ben", 7 * DAY, Distance.MET),
        ("ben", "ada", HOUR, Distance.MET),  # this reviewer reviewed the author before
        ("ada", "ben", 28 * DAY, Distance.NONE),
        ("ada", "cleo", HOUR, Distance.NONE),
    ],
)
def test_a_review_in_return_is_a_swap_for_a_week_and_a_meeting_for_four(
    reviewer: str, author: str, ago: timedelta, expected: Distance
) -> None:
    met = [Meeting(reviewer, author, NOW - ago)]
    assert rules.distance("ben", "ada", [], met, NOW) is expected
    assert rules.distance("ben", "ada", ["ben"], met, NOW) is Distance.PARTNER


@given(distances, members)
def test_a_swap_or_a_partner_only_where_nobody_nearer_to_a_stranger_could(far: dict[str, Distance], me: str) -> None:
    others = [d for member, d in far.items() if member != me]
    allowed = Able(far).may_take(me)
    if me not in far:
        assert not allowed
    elif far[me] <= Distance.MET:
        assert allowed
    elif far[me] is Distance.SWAPPED:
        assert allowed == all(d >= Distance.SWAPPED for d in others)
    else:
        assert allowed == all(d is Distance.PARTNER for d in others)


@given(distances, st.sets(members), st.sets(members))
def test_somebody_always_may_where_anybody_could(far: dict[str, Distance], passed: set[str], lapsed: set[str]) -> None:
    assert any(Able(far, passed, lapsed).may_take(member) for member in far)


@given(distances, st.sets(members), members)
def test_whoever_was_asked_long_ago_and_did_not_take_it_keeps_nobody_away(
    far: dict[str, Distance], passed: set[str], me: str
) -> None:
    without = {member: d for member, d in far.items() if member == me or member not in passed}
    assert Able(far, passed).may_take(me) == Able(without).may_take(me)


@given(distances, st.sets(members), members)
def test_whoever_let_it_lapse_is_handed_it_again_only_where_nobody_else_may(
    far: dict[str, Distance], lapsed: set[str], me: str
) -> None:
    able = Able(far, lapsed=lapsed)
    others = [m for m in far if m != me and m not in lapsed and able.may_take(m)]
    assert able.may_take(me) == (Able(far).may_take(me) and (me not in lapsed or not others))


requests = st.builds(
    lambda number, free, had, hours: replace(
        REQUEST, number=number, free=free, wanted=3, finished=had, asked_at=NOW - hours * HOUR
    ),
    st.integers(1, 99), st.booleans(), st.integers(0, 3), st.integers(0, 99),
)  # fmt: skip


@given(st.lists(requests, unique_by=lambda request: request.number), st.data())
def test_free_ones_come_first_then_the_fewest_reviews_then_strangers_then_the_oldest(
    waiting: list[Request], data: st.DataObject
) -> None:
    far = {r.number: data.draw(st.sampled_from([None, *Distance])) for r in waiting}
    others = {r.number: data.draw(distances) for r in waiting}
    found = list(rules.in_order(waiting, "ben", lambda r: far[r.number], lambda r: Able(others[r.number])))
    may = {
        r.number for r in waiting
        if r.is_free_to_take and (mine := far[r.number]) is not None
        and Able({**others[r.number], "ben": mine}).may_take("ben")
        and (mine <= Distance.MET or r.finished + r.leased < r.wanted)
    }  # fmt: skip
    assert {request.number for request, _ in found} == may
    keys = [(not r.free, r.finished, mine is not Distance.NONE, r.asked_at) for r, mine in found]
    assert keys == sorted(keys)


@pytest.mark.parametrize(("hours", "hands", "free"), [(35, 0, True), (35, 1, False), (36, 1, True), (36, 2, False)])
def test_what_has_waited_long_may_be_in_two_hands_because_not_everybody_delivers(
    hours: int, hands: int, *, free: bool
) -> None:
    assert replace(REQUEST, leased=hands, waited=hours * HOUR).is_free_to_take is free


def test_nobody_is_handed_their_own_answer_whatever_else_is_said() -> None:
    assert not list(rules.in_order([REQUEST], "ada", lambda _: Distance.NONE, lambda _: Able({})))


# --- volunteers ----------------------------------------------------------------------------------------------


@given(
    distances,
    st.sets(members),
    st.dictionaries(members, st.lists(st.integers(0, 400).map(lambda h: NOW - h * HOUR))),
    st.text(),
)
def test_those_asked_least_recently_are_asked_and_nobody_a_fourth_time_in_seven_days(
    far: dict[str, Distance], busy: set[str], asked: dict[str, list[datetime]], seed: str
) -> None:
    chosen = rules.volunteers(Able(far), busy, far, asked, {}, NOW, draw(seed))
    assert len(chosen) == len(set(chosen)) <= 3
    may = {member for member in far if member not in busy and Able(far).may_take(member)}
    rested = {m for m in may if sum(at > NOW - 7 * DAY for at in asked.get(m, [])) < 3}
    assert set(chosen) <= rested
    assert len(chosen) == min(3, len(rested))
    last = {member: max(asked.get(member, []), default=datetime.min.replace(tzinfo=UTC)) for member in rested}
    for left_out in rested - set(chosen):
        assert all(last[member] <= last[left_out] for member in chosen)


@given(distances, st.sets(members), st.text())
def test_whom_a_message_reaches_is_asked_before_those_who_read_it_on_their_page(
    far: dict[str, Distance], reached: set[str], seed: str
) -> None:
    asked = {member: [NOW - DAY] * 3 for member in far}  # nobody counts as asked whom no message reached
    chosen = rules.volunteers(Able(far), [], reached, {}, asked, NOW, draw(seed))
    assert [m in reached for m in chosen] == sorted((m in reached for m in chosen), reverse=True)
    assert not reached & set(rules.volunteers(Able(far), [], reached, asked, {}, NOW, draw(seed)))
    may = {m for m in far if Able(far).may_take(m)}
    assert len(reached & set(chosen)) == min(3, len(reached & may))


@given(st.lists(st.integers(0, 60), min_size=1, max_size=60), st.integers(1, 8))
def test_over_thirty_days_nobody_is_asked_more_than_three_times_in_any_seven(gaps: list[int], group: int) -> None:
    able = {f"m{n}": Distance.NONE for n in range(group)}
    asked: dict[str, list[datetime]] = {}
    now = NOW
    for gap in gaps:
        now += gap * HOUR / 2
        for member in rules.volunteers(Able(able), [], able, asked, {}, now, draw(str(now))):
            asked.setdefault(member, []).append(now)
    for times in asked.values():
        for at in times:
            assert sum(at <= other < at + 7 * DAY for other in times) <= 3


# --- waiting -------------------------------------------------------------------------------------------------


def test_the_author_reads_how_long_it_usually_takes_once_three_have_waited() -> None:
    assert rules.usual_wait([HOUR, HOUR]) is None
    assert "on their way" in rules.waiting_words(REQUEST, None)
    usual = rules.usual_wait([2 * HOUR, 14 * HOUR, 40 * HOUR])
    assert rules.waiting_words(REQUEST, usual) == "0 of 1 reviews, usually 14 hours"
    assert rules.usual_wait([HOUR, 3 * HOUR, 5 * HOUR, 100 * HOUR]) == 4 * HOUR


def test_the_author_reads_that_somebody_is_at_work() -> None:
    assert rules.waiting_words(replace(REQUEST, leased=1), HOUR) == "0 of 1 reviews, somebody is reviewing it now"


def test_organisers_see_what_waits_for_two_days() -> None:
    assert not rules.is_for_desk(REQUEST, NOW + 48 * HOUR - timedelta(seconds=1))
    assert rules.is_for_desk(REQUEST, NOW + 48 * HOUR)
    assert not rules.is_for_desk(replace(REQUEST, state=State.DONE, finished=1), NOW + 48 * HOUR)


# --- passages -------------------------------------------------------------------------------------------------


LINES = st.sampled_from(
    ["One sentence. Another one! A third?", "- an item", "2. the second", "", "   ", "```python", "```", "x = 1",
     "It is 3.5 per cent (e.g. here).", "word " * 60, "数字。下一个。"]
)  # fmt: skip


def bare(text: str) -> str:
    return re.sub(r"\s", "", text)


@given(st.one_of(st.text(max_size=400), st.lists(LINES, max_size=90).map("\n".join)))
def test_every_sign_of_an_answer_stands_in_one_of_at_most_24_passages(text: str) -> None:
    found = passages(text)
    assert len(found) <= PASSAGES
    assert [passage.number for passage in found] == list(range(1, len(found) + 1))
    assert bare("".join(passage.text for passage in found)) == bare(text)
    pages = reading_rules.pages(found)
    assert bare("".join(piece for page in pages for piece in page)) == bare("".join(p.shown for p in found))


def test_sentences_items_and_program_text_are_passages_of_their_own() -> None:
    text = "First this. Then that:\n- one\n- two\n\n```python\na = 1.\n\nb = 2\n```\nDone."
    assert [passage.text for passage in passages(text)] == [
        "First this.", "Then that:", "- one", "- two", "```python\na = 1.\n\nb = 2\n```", "Done.",
    ]  # fmt: skip


def test_prose_is_joined_before_program_text_is_touched() -> None:
    text = "\n".join(["Short one. Short two. Short three.", "```", "code", "```"] * 7)
    assert [p.text for p in passages(text) if p.is_code] == ["```\ncode\n```"] * 7


LEASE = Lease(
    12, "ben", "ada", 3, "2026-01-05", 1, "When accuracy misleads", "statistics", "stat-1", "", "", hide_author=False,
    distance=Distance.NONE, taken_at=NOW, until=NOW + DAY, state="open",
)  # fmt: skip


def rubric(anchor: int, n: int = 6, name: int = 20) -> tuple[Criterion, ...]:
    return tuple(Criterion(f"c{i}", f"{i}" * name, 10, "Is it so?" * 3, ("x" * anchor,) * 4) for i in range(n))


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 20_000), st.sampled_from(["a", "ab. ", "- i\n", "```\nx\n```\n"]), st.integers(1, 900))
def test_an_answer_of_any_length_can_be_read_reviewed_and_judged(length: int, unit: str, anchor: int) -> None:
    lease = replace(LEASE, text=(unit * length)[:20_000], distance=Distance.SWAPPED, beside="file, 3 KB")
    criteria = rubric(anchor, name=60)
    read, page = "", 0
    while True:
        card = lease_card(lease, criteria[:2], page, NOW)
        read += card_words(card)
        page += 1
        if not any(button.label == "Next page" for button in card.buttons):
            break
    assert all(bare(p.shown) in bare(read) for p in passages(lease.text) if len(p.shown) < 500)
    assert len(review_form(lease, criteria[:2], passages(lease.text)).fields) == 5
    for page in range(7):
        assert rubric_card(lease, criteria, page)


def test_what_an_item_is_about_is_looked_at_first() -> None:
    parts = rubric(20)
    found = Rubric("r", "d", 1, "", parts)
    assert reading_rules.criteria(None, found) == parts[:2]
    assert reading_rules.criteria(None, None) == PLAIN
    item = type("Item", (), {"focus": ("c4", "gone")})()
    assert reading_rules.criteria(item, found) == (parts[4], parts[0])


def test_every_level_of_the_plain_criteria_stands_beside_its_choice() -> None:
    form = review_form(LEASE, PLAIN, passages("One. Two."))
    assert all(option.help for part in form.fields[:2] for option in part.options)  # type: ignore[union-attr]


# --- the form -------------------------------------------------------------------------------------------------


STEP = "Say what it costs with a million rows."


def test_a_review_keeps_the_levels_with_their_sentences_and_the_passage() -> None:
    found = passages("One here. Two there.")
    verdict = accept(PLAIN, found, ["3", "4"], "2", f"  {STEP} ", " ")
    assert verdict == Verdict(
        (Mark("Correct", 3, PLAIN[0].anchors[2]), Mark("Why", 4, PLAIN[1].anchors[3])), 2, "Two there.", STEP, ""
    )
    assert accept(PLAIN, found, ["1", "1"], NOT_FOUND, STEP, "").place == 0


@pytest.mark.parametrize(
    ("levels", "place", "step", "question", "field"),
    [
        (["5", "1"], "1", STEP, "", "level_1"),
        (["1", ""], "1", STEP, "", "level_2"),
        (["1", "1"], "3", STEP, "", "passage"),
        (["1", "1"], "", STEP, "", "passage"),
        (["1", "1"], "1", "Good.\u200b" + " " * 30, "", "next"),
        (["1", "1"], "1", "x" * 601, "", "next"),
        (["1", "1"], "1", STEP, "x" * 601, "question"),
    ],
)
def test_what_is_missing_or_forged_in_the_form_is_refused_at_its_field(
    levels: list[str], place: str, step: str, question: str, field: str
) -> None:
    with pytest.raises(Refusal) as no:
        accept(PLAIN, passages("One here. Two there."), levels, place, step, question)
    assert no.value.field == field
    assert no.value.hint


# --- names and readers --------------------------------------------------------------------------------------------


REVIEW = Review(
    7, 3, "2026-01-05", 1, "Two counters", "sorting", "ben", "ada",
    accept(PLAIN, passages("One."), ["3", "2"], "1", STEP, ""), earlier=False, finished_at=NOW, hide_reviewer=False,
    hide_author=False,
)  # fmt: skip


def test_names_are_hidden_until_the_reply_or_for_three_days() -> None:
    soon, later = NOW + 72 * HOUR - timedelta(seconds=1), NOW + 72 * HOUR
    assert (reviewer_shown(REVIEW, soon, ()), author_shown(REVIEW, soon, ())) == ("", "")
    assert (reviewer_shown(REVIEW, later, ()), author_shown(REVIEW, later, ())) == ("ben", "ada")
    replied = replace(REVIEW, stance=Stance.KEPT)
    assert (reviewer_shown(replied, NOW, ()), author_shown(replied, NOW, ())) == ("ben", "ada")


def test_who_wishes_stays_unnamed_for_good_and_so_do_the_blocked() -> None:
    hidden = replace(REVIEW, hide_reviewer=True, hide_author=True, stance=Stance.KEPT)
    assert (reviewer_shown(hidden, NOW + 99 * DAY, ()), author_shown(hidden, NOW + 99 * DAY, ())) == ("", "")
    assert reviewer_shown(REVIEW, NOW + 99 * DAY, ("ben",)) == ""
    assert author_shown(REVIEW, NOW + 99 * DAY, ("ada",)) == ""


@pytest.mark.parametrize("held", [Held.REPORTED, Held.REMOVED])
def test_nobody_reads_a_review_that_is_held(held: Held) -> None:
    assert may_read(REVIEW, "ada") == may_read(REVIEW, "ben") == REVIEW
    for reader in ("ada", "ben"):
        with pytest.raises(Refusal):
            may_read(replace(REVIEW, held=held), reader)


def test_nobody_else_reads_a_review_nor_does_whoever_has_no_name() -> None:
    for review, reader in ((REVIEW, "cleo"), (replace(REVIEW, author=""), "")):
        with pytest.raises(Refusal):
            may_read(review, reader)


# --- what the levels say --------------------------------------------------------------------------------------------


def sums(reviews: Sequence[Levels]) -> estimate_rules.Sums:
    """By area, how many there are and the sum of their levels."""
    domains = {review.domain for review in reviews}
    levels = {domain: [review.mean for review in reviews if review.domain == domain] for domain in domains}
    return {domain: (len(means), sum(means)) for domain, means in levels.items()}


reviewed = st.builds(
    Levels, st.sampled_from("vwxyz"), st.sampled_from(["ada", "ben"]),
    st.tuples(st.sampled_from(["t1", "t2", "t3"]), st.integers(1, 3)), st.sampled_from(["sorting", "serving"]),
    st.sampled_from([1, 1.5, 2, 2.5, 3, 3.5, 4]),
)  # fmt: skip


@given(st.lists(reviewed, max_size=40))
def test_an_estimate_stays_between_the_levels_and_trust_within_its_bounds(reviews: list[Levels]) -> None:
    for trust in estimate_rules.trust(reviews).values():
        assert abs(trust.bias) <= 0.5625
        assert 0.5 <= trust.weight <= 2
    for member in ("ada", "ben"):
        found = estimate_rules.estimates(reviews, sums(reviews), member)
        assert set(found) == {review.domain for review in reviews if review.author == member}
        assert all(1 - 0.5625 <= value <= 4 + 0.5625 for value in found.values())


@given(st.lists(reviewed, max_size=40), st.randoms())
def test_the_order_of_reviews_says_nothing(reviews: list[Levels], die: object) -> None:
    shuffled = list(reviews)
    die.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = (estimate_rules.estimates(these, sums(these), "ada") for these in (reviews, shuffled))
    assert one == pytest.approx(other)


def test_only_answers_with_two_reviews_tell_who_is_lenient() -> None:
    alone = [Levels("v", "ada", ("t", n), "sorting", 4) for n in range(9)]
    assert estimate_rules.trust(alone) == {}
    together = [*alone, *(Levels("w", "ada", ("t", n), "sorting", 2) for n in range(9))]
    trust = estimate_rules.trust(together)
    assert trust["v"].bias == 0.5625
    assert trust["w"].bias == -0.5625


def test_the_weakest_area_comes_first_and_one_bad_review_weighs_little() -> None:
    many = [Levels("v", "ada", ("t", n), "serving", 2) for n in range(9)]
    once = [Levels("w", "ada", ("u", 1), "sorting", 1)]
    others = [Levels("w", "ben", ("u", n), "sorting", 3.5) for n in range(9)]
    everybody = [*many, *once, *others]
    assert estimate_rules.weakest(everybody, sums(everybody), "ada") == ("serving", "sorting")
    assert estimate_rules.weakest(others, sums(others), "ada") == ()

"""The rules of a run: its clock, what comes when, which fact was asked for, what fell, and what is handed in."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.content.catalogue import Catalogue, HeldBack, Item, SessionPlan, Turn
from bot.features.mlsd import (
    ask_cards,
    ask_rules,
    run_cards,
    run_rules,
    stage_cards,
    stage_rules,
    twist_cards,
    twist_rules,
)
from bot.features.mlsd.ask_rules import find_fact
from bot.features.mlsd.run_rules import GRACE, PAUSE, Cue, Run, Written, elapsed
from bot.features.mlsd.stage_cards import Place
from bot.features.mlsd.twist_rules import came_before, numbers, redone, versions
from bot.kernel.card import card_words
from bot.kernel.errors import Refusal
from tests.world import STARTER_PACK, pack

STARTER = Catalogue.of([pack(STARTER_PACK)])
DESIGNS = [item for item in STARTER.items() if item.timed]
START = datetime(2026, 1, 8, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
RUN = Run(1, "ada", 1, "x", 1, "mlsd-45", START)
PLANS = [plan for id_ in ("mlsd-45", "mlsd-20") if (plan := STARTER.session(id_))]
SECONDS = st.integers(0, 4 * 3600).map(lambda n: timedelta(seconds=n))


def at(minute: float) -> datetime:
    return START + minute * MINUTE


# --- the clock ------------------------------------------------------------------------------


def test_a_pause_and_an_outage_that_overlap_stop_the_clock_once() -> None:
    run = replace(RUN, paused_at=at(5), resumed_at=at(12))
    assert elapsed(run, [(at(10), at(20))], at(30)) == 15 * MINUTE


def test_an_outage_before_the_start_takes_nothing() -> None:
    assert elapsed(RUN, [(at(-30), at(2))], at(10)) == 8 * MINUTE


def test_the_clock_is_the_same_whatever_the_wall_does_meanwhile() -> None:
    """02:00 to 03:00 does not exist in Berlin on this night; 02:00 to 03:00 comes twice on the other."""
    for day in (datetime(2026, 3, 29, 0, 45, tzinfo=UTC), datetime(2026, 10, 25, 0, 45, tzinfo=UTC)):
        run = replace(RUN, started_at=day)
        later = (day + 30 * MINUTE).astimezone(ZoneInfo("Europe/Berlin")).astimezone(UTC)
        assert elapsed(run, (), later) == 30 * MINUTE


@st.composite
def stops(draw: st.DrawFn) -> tuple[Run, list[tuple[datetime, datetime]], list[datetime]]:
    """A run with perhaps a pause and some outages, and instants to look at it."""
    gaps, since = [], START - timedelta(hours=1)
    for _ in range(draw(st.integers(0, 4))):
        since += draw(SECONDS)
        until = since + timedelta(seconds=61) + draw(SECONDS) / 4
        gaps.append((since, until))
        since = until
    run = RUN
    if draw(st.booleans()):
        paused = START + draw(SECONDS) / 8
        wait = min(draw(SECONDS) / 8, PAUSE)
        run = replace(RUN, paused_at=paused, resumed_at=paused + wait if draw(st.booleans()) else None)
    looks = sorted(START + one for one in draw(st.lists(SECONDS, min_size=2, max_size=6)))
    return run, gaps, looks


@given(stops())
def test_the_clock_never_runs_backwards_nor_faster_than_time(
    drawn: tuple[Run, list[tuple[datetime, datetime]], list[datetime]],
) -> None:
    run, gaps, looks = drawn
    gone = [elapsed(run, gaps, look) for look in looks]
    assert gone[0] >= timedelta()
    for (one, first), (other, second) in zip(
        zip(looks, gone, strict=True), list(zip(looks, gone, strict=True))[1:], strict=False
    ):
        assert timedelta() <= second - first <= other - one


@given(stops(), SECONDS)
def test_a_run_reaches_a_mark_when_it_was_said(
    drawn: tuple[Run, list[tuple[datetime, datetime]], list[datetime]], mark: timedelta
) -> None:
    """If nothing else stops it from then on."""
    run, gaps, looks = drawn
    now = max([*looks, *(until for _, until in gaps), run_rules.pause_ends(run) or START])
    when = run_rules.reaches(run, gaps, now, mark)
    if when >= now:
        assert elapsed(run, gaps, when) == mark
    else:
        assert elapsed(run, gaps, now) > mark


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.id)
@pytest.mark.parametrize("item", DESIGNS, ids=lambda item: item.id)
def test_every_prompt_runs_by_every_plan(item: Item, plan: SessionPlan) -> None:
    """Everything that comes fits on its card, with as much written as a run holds."""
    all_ = run_rules.cues(item, plan)
    stages = [cue for cue in all_ if cue.turn is None]
    assert [cue.place for cue in stages] == list(range(1, len(stages) + 1))
    assert [cue.minute for cue in all_] == sorted(cue.minute for cue in all_)
    pairs = pairwise(all_)
    assert not [one for one, other in pairs if one.minute == other.minute and other.turn], "a change comes first"
    assert len([cue for cue in all_ if cue.turn]) == (
        1 if plan.id == "mlsd-20" else len(item.timed.turns if item.timed else ())
    )
    long = "w" * run_rules.RUN_TEXT
    for cue in all_:
        before = came_before(all_, cue.slot)
        written = Written(cue.slot, long, before, START)
        place = Place(1234567, "m" * 32, cue, len(stages), before)
        if cue.turn:
            stage_cards.twist_card(place, written)
            stage_cards.twist_form(1234567, cue, before, replace(written, text=long[:3_000]), 999_999)
            texts = dict.fromkeys(before, long)
            now = [Written(stage, f"{stage} {long}", (), START) for stage in before]
            twist_cards.versions_card(1234567, versions(cue, texts, [*now, written], before), "m" * 32, 1, 3)
        else:
            stage_cards.stage_card(place, written)
            stage_cards.stage_form(1234567, cue, long[:3_000], 999_999)
    pages = run_cards.prompt_pages(item.statement)
    assert pages
    for page in pages:
        run_cards.prompt_card(1234567, item.title, page, 45, first=True, last=True, known=True)
    for fact in item.timed.held_back if item.timed else ():
        ask_cards.fact_card(1234567, "w" * 200, fact.fact, known=True)


def test_a_twist_that_is_called_like_a_stage_is_told_apart_from_it() -> None:
    item = DESIGNS[0]
    assert item.timed
    turn = replace(item.timed.turns[0], id="data")
    all_ = run_rules.cues(replace(item, timed=replace(item.timed, turns=(turn,))), PLANS[0])
    assert len({cue.slot for cue in all_}) == len(all_)


# --- asking --------------------------------------------------------------------------------------


FACTS = (
    HeldBack(("label", "labels", "ground truth"), "Labels come after 19 days.", True),
    HeldBack(("language", "languages"), "18% is not German.", True),
    HeldBack(("budget", "cost", "costs"), "4 cents a question.", False),
    HeldBack(("cost of labels", "annotation"), "A label costs 2 euros.", True),
)


@pytest.mark.parametrize(
    ("asked", "place"),
    [
        ("labels", 0), ("Which LABEL do we have?", 0), ("how is it labelled", 0), ("languages?", 1), ("language", 1),
        ("the budget", 2), ("what does it cost", 2), ("cost of the labels", 3), ("annotations", 3), ("weather", None),
        ("", None), ("truth", None), ("the ground truth", 0), ("LANGUAGE'S", 1),
    ],
)  # fmt: skip
def test_plain_words_find_the_fact_that_fits_best(asked: str, place: int | None) -> None:
    assert find_fact(asked, FACTS, set()) == place


def test_of_two_facts_that_fit_as_well_the_unknown_one_is_told() -> None:
    assert find_fact("languages and budget", FACTS, set()) == 1
    assert find_fact("languages and budget", FACTS, {1}) == 2
    assert find_fact("languages", FACTS, {1}) == 1, "and who asks for it again is told again"


@given(st.text(max_size=60))
def test_nothing_that_is_typed_breaks_the_asking(asked: str) -> None:
    found = find_fact(asked, FACTS, set())
    assert found is None or 0 <= found < len(FACTS)


@pytest.mark.parametrize("item", DESIGNS, ids=lambda item: item.id)
def test_every_fact_of_the_packs_can_be_found_by_each_of_its_own_words(item: Item) -> None:
    facts = item.timed.held_back if item.timed else ()
    for place, fact in enumerate(facts):
        for word in fact.words:
            assert ask_rules.score(word, facts[place]), f"“{word}” does not find “{fact.fact}”"


def test_only_facts_that_change_the_design_are_counted() -> None:
    assert ask_rules.count_found(FACTS, {0, 2}) == (1, 3)


# --- before and after ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1,200 a day, 0.5% wrong and 7 euros", ("1,200", "0.5%", "7")),
        ("v2 of mlsd-45 and h264", ()),
        ("30 % of 5", ("30 %", "5")),
        ("5, then 5 again.", ("5",)),
        ("no numbers", ()),
        ("at 11:00 and 3.6 million", ("11:00", "3.6 million")),
    ],
)
def test_numbers_are_found_as_they_were_written(text: str, found: tuple[str, ...]) -> None:
    assert numbers(text) == found


def test_a_number_that_was_there_before_is_not_done_again() -> None:
    assert redone("12,000 a second, 3 shards, 0.5%", ["1,200 a second, 0.5%", "12000 on the busiest day"]) == ("3",)


def test_before_and_after_stand_side_by_side() -> None:
    cue = Cue("merger", 19, 1, turn=Turn("merger", "scale-100m", 19, "More.", "A merger.", "", ()))
    now = [
        Written("objective", "Fewer scams.", (), START),
        Written("data", "A stream.", (), START),
        Written("merger", "12,000 a second.", ("data",), START),
    ]
    found = versions(cue, {"objective": "Fewer scams.", "data": "One table, 3 GB."}, now, ("objective", "data"))
    assert [(side.stage, side.falls, side.before, side.now) for side in found.sides] == [
        ("objective", False, "Fewer scams.", ""),
        ("data", True, "One table, 3 GB.", "A stream."),
    ]
    assert found.numbers == ("12,000",)
    words = card_words(twist_cards.versions_card(1, found, "ada", 1, 1))
    assert words.index("What falls") < words.index("One table") < words.index("What stands") < words.index("12,000")


# --- what is handed in ----------------------------------------------------------------------------------------


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=40)


@given(st.data())
def test_no_word_is_missing_in_what_is_handed_in(data: st.DataObject) -> None:
    item, plan = data.draw(st.sampled_from(DESIGNS)), data.draw(st.sampled_from(PLANS))
    all_ = run_rules.cues(item, plan)
    slots = data.draw(st.lists(st.sampled_from([*(cue.slot for cue in all_), "removed"]), unique=True, min_size=1))
    fell = data.draw(st.lists(st.sampled_from([cue.slot for cue in all_ if not cue.turn]), unique=True))
    written = [Written(slot, data.draw(TEXTS), tuple(fell), START) for slot in slots]
    text = twist_rules.composed(all_, written, {})
    assert all(one.text in text for one in written)
    order = [cue.label for cue in all_ if cue.turn is None and cue.slot in slots]
    assert [line for line in text.splitlines() if line in order][: len(order)] == order or any(
        one.text in order for one in written
    )


def test_a_part_is_a_part_until_every_stage_has_words() -> None:
    all_ = run_rules.cues(DESIGNS[0], PLANS[1])
    written = [Written(cue.slot, "words", (), START) for cue in all_ if cue.turn is None]
    assert not run_rules.is_partial(all_, written), "no twist needs an answer"
    assert run_rules.is_partial(all_, written[1:])
    assert run_rules.is_partial(all_, [replace(written[0], text=""), *written[1:]])


def test_a_form_is_taken_for_five_minutes_after_the_end_and_never_of_a_run_that_was_given_up() -> None:
    over = replace(RUN, state="over", ended_at=at(50))
    assert run_rules.may_write_late(over, at(54.9)), "even if nothing was there by then"
    assert not run_rules.may_write_late(over, at(50) + GRACE)
    assert not run_rules.may_write_late(replace(over, state="closed"), at(51))
    assert run_rules.may_write_late(replace(over, state="closed", handed_in=True), at(51))


# --- another prompt ---------------------------------------------------------------------------------------------


def test_another_prompt_can_be_had_in_five_minutes_or_after_an_outage() -> None:
    run_rules.may_restart(RUN, 5 * MINUTE, None, START, was_away=False)
    run_rules.may_restart(RUN, 30 * MINUTE, None, START, was_away=True)
    run_rules.may_restart(RUN, MINUTE, START - timedelta(days=30), START, was_away=False)
    for run, gone, last in (
        (RUN, 6 * MINUTE, None),
        (RUN, MINUTE, START - timedelta(days=29)),
        (replace(RUN, spare=True), MINUTE, None),
        (replace(RUN, week=0), MINUTE, None),
    ):
        with pytest.raises(Refusal):
            run_rules.may_restart(run, gone, last, START, was_away=False)


def test_another_prompt_is_one_that_was_not_had_and_is_the_same_when_asked_again() -> None:
    had = {DESIGNS[0].id}
    found = run_rules.spare_item(DESIGNS, {DESIGNS[1].id}, had, "name")
    assert found.id not in {DESIGNS[0].id, DESIGNS[1].id}
    assert run_rules.spare_item(list(reversed(DESIGNS)), {DESIGNS[1].id}, had, "name") == found
    with pytest.raises(Refusal):
        run_rules.spare_item(DESIGNS[:1], set(), had, "name")


# --- words --------------------------------------------------------------------------------------------------------


@given(TEXTS, TEXTS, TEXTS, TEXTS)
def test_an_edited_message_stands_in_the_form_and_takes_nothing_else_away(a: str, old: str, z: str, new: str) -> None:
    whole = stage_rules.revised(f"{a}\n\n{old}\n\n{z}", old, new)
    assert new in whole
    elsewhere = stage_rules.revised(f"{a}|{z}", f"{old}§", new)
    assert f"{a}|{z}" in elsewhere
    assert new in elsewhere


@pytest.mark.parametrize(
    ("under", "number"),
    [
        ("room/mlsd.room/slack:T1/C1/12", 12), ("mlsd.run/slack:T1/C1/7/00/stage/data", 7),
        ("mlsd.run/web:x/7/done", 0),
        ("room/mlsd.room/slack:T1/C1/", 0), ("daily/slack:T1/C1/2026-01-05", 0),
    ],
)  # fmt: skip
def test_a_place_names_its_run(under: str, number: int) -> None:
    assert stage_rules.run_of_place("slack:T1/C1", under) == number

"""The reveal of a system design week: what the group learns, what each author hears, and the vote about the prompt."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.app import App
from bot.content.catalogue import Catalogue, HeldBack, Item
from bot.features.mlsd import records, reveal_cards, run_records, synthesis_rules
from bot.features.mlsd.report_rules import levels
from bot.features.mlsd.rules import Week
from bot.features.mlsd.run_rules import STAGE_LABELS, Run
from bot.features.mlsd.synthesis_rules import Held, Synthesis, gather
from bot.kernel.card import Card, card_words
from bot.kernel.design_facts import AnswerGiven, ReviewGot
from bot.kernel.engine_facts import AwaitsOrganisers
from bot.kernel.event import Value
from bot.kernel.peer_facts import TextFreed, TextHeld
from bot.kernel.ports import Tx
from bot.kernel.text import words
from tests.features.mornings import joined
from tests.features.peers import ask, tell
from tests.features.test_plan import press_action
from tests.story import CoreDriver, Driver, Sight
from tests.world import GROUP, PACK, STARTER_PACK, TENANT, World, hours, pack

BOTH = Catalogue.of([pack(PACK), pack(STARTER_PACK)])
T0 = datetime(2026, 1, 8, 9, tzinfo=UTC)  # Thursday, 10:00 in Berlin
LOCKS, REVEALS, CLOSES = T0 + hours(96), T0 + hours(144), T0 + hours(168)
SECOND = timedelta(seconds=1)
WEEK = f"mlsd.week/{GROUP}/1"
FOUND = f"mlsd.reveal/{GROUP}/1/1/found"
TALK = f"mlsd.reveal/{GROUP}/1/4/talk"
GOAL = "One decision: answer or hand over. A mistake costs 310, a handover 7, so the limit is 2.3 percent."
REVIEW: dict[str, Value] = {
    "level_1": "3", "level_2": "2", "passage": "1", "next": "Say what would stop the launch here.", "question": "Why?",
}  # fmt: skip


@pytest.fixture(autouse=True)
def packs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The group's packs hold system designs."""
    for house in ("world", "web_story", "slack_story", "adapters.discord.line"):
        monkeypatch.setattr(f"tests.{house}.catalogue", lambda: BOTH)


async def opened(story: Driver, *members: str) -> None:
    """The group's first week is open."""
    await joined(story, *members)
    await story.until(T0 + SECOND)


async def week_of(app: App) -> Week:
    found = await app.store.read(lambda tx: records.find_week(tx, GROUP, 1))
    assert found
    return found


async def item_of(app: App) -> Item:
    item = BOTH.item((await week_of(app)).item)
    assert item
    assert item.timed
    return item


async def hand_in(app: App, member: str, redo: str = "", asked: Sequence[int] = (), fell: Sequence[str] = ()) -> Run:
    """As if this member had run the week: three stages, and an answer to the first change."""
    week, item, now = await week_of(app), await item_of(app), app.clock.now()
    assert item.timed
    twist = item.timed.turns[0].id

    def keep(tx: Tx) -> Run:
        run = Run(
            run_records.next_number(tx, GROUP), member, 1, week.item, week.revision, "mlsd-45", now - hours(1), "over",
            now, redo, handed_in=True,
        )  # fmt: skip
        run_records.keep_run(tx, GROUP, run)
        for stage in ("objective", "data", "features_labels"):
            run_records.keep_form(tx, GROUP, run, stage, f"{stage}: {GOAL}", now)
        run_records.keep_form(tx, GROUP, run, twist, "The limit becomes 1 percent.", now)
        run_records.keep_fell(tx, GROUP, run, twist, fell)
        for fact in asked:
            run_records.keep_asked(tx, GROUP, run, "labels", fact, now)
        return run

    run = await app.store.run(keep)
    await tell(app, AnswerGiven(run.task, member, f"Goal\n{GOAL} So says {member}."))
    return run


async def seen(story: Driver, member: str, name: str, place: str = "private") -> Sight:
    found = [sight for sight in await story.read(member, place) if sight.name == name]
    assert len(found) == 1, f"{name} stands {len(found)} times"
    return found[0]


async def review(story: Driver, member: str) -> str:
    """Take what was drawn, and send a review of it."""
    await story.type(member, "/study review")
    await story.press(member, "Give me one to review")
    form = (await story.press(member, "Write my review")).form
    assert form
    return (await story.fill(member, {key: said for key, said in REVIEW.items() if key in form.labels})).words


# --- the whole of it ---------------------------------------------------------------------------------


async def run_briefly(story: Driver, member: str) -> None:
    """A run with words for one stage that is closed after its first change."""
    await story.press(member, "Start my run", WEEK)
    await story.press(member, "Begin")
    number = {"ada": 1, "ben": 2, "cem": 3}[member]
    await story.press(member, "mlsd.write", f"mlsd.run/{GROUP}/{number}/00/stage/objective")
    await story.fill(member, {"text": f"{GOAL} So says {member}."})
    await story.until(story.clock.now() + timedelta(minutes=20))
    await story.type(member, "/study design")
    await story.press(member, "Go to my run")
    await story.press(member, "mlsd.close")
    await story.press(member, "mlsd.close_now")


async def test_runs_are_drawn_read_and_revealed_and_each_author_hears_in_private(story: Driver) -> None:
    await opened(story, "ada", "ben", "cem")
    for member in ("ada", "ben", "cem"):
        await run_briefly(story, member)
    hidden = await story.read("ada", WEEK)
    assert not [sight for sight in hidden if sight.name.startswith("mlsd.reveal/")]

    await story.until(LOCKS + SECOND)
    board = await story.type("ada", "/study review")
    assert "2 runs wait for your review, until" in board.words
    for member in ("ada", "ben", "cem"):
        for _ in range(2):
            assert "Sent: your review" in await review(story, member)

    await story.until(REVEALS + SECOND)
    thread = {sight.name: sight for sight in await story.read("ben", WEEK)}
    assert "the outline is open" in thread[FOUND].title
    assert "One good answer" in thread[f"mlsd.reveal/{GROUP}/1/2/outline/1"].title
    assert "Common mistakes" in " ".join(sight.words for sight in thread.values())
    runs = await story.press("ben", "Read the runs", FOUND)
    assert "So says ada" in runs.words
    report = await seen(story, "ada", f"mlsd.run/{GROUP}/1/report/1")
    assert "Changing course and being followed: 2 of 4, the middle of 2 reviews" in report.words
    assert "2 reviews. 2 wait for your reply, with 2 questions." in report.words
    assert "Say what would stop the launch" not in report.words, "a reviewer's words stand where one can report them"
    reply = await story.press("ada", "Reply to review 1", report.name)
    assert "Say what would stop the launch" in reply.words
    facts = await seen(story, "ada", f"mlsd.run/{GROUP}/1/report/2")
    assert "you asked for 0 of" in facts.words
    meaning = await story.press("ada", "What the levels mean", report.name)
    assert "Goal and framing" in meaning.words

    await story.choose("cem", "3 · it could be asked", TALK)
    await story.until(CLOSES + SECOND)
    assert "is over" in (await seen(story, "ben", TALK, WEEK)).title


# --- the synthesis -------------------------------------------------------------------------------------


async def test_three_runs_say_what_they_have_in_common_and_where_they_differ_without_names(
    story: CoreDriver, app: App, world: World
) -> None:
    await opened(story, "ada", "ben", "cem", "dan")
    item = await item_of(app)
    assert item.timed
    deciding = [place for place, fact in enumerate(item.timed.held_back) if fact.changes_design]
    await hand_in(app, "ada", "data", deciding, ["data"])
    await hand_in(app, "ben", "data", deciding[:-1], ["data"])
    await hand_in(app, "cem", "data", deciding[:-1], [])
    await story.until(REVEALS + SECOND)
    found = (await seen(story, "dan", FOUND, WEEK)).words
    assert "Most would do Data again: 3 of 3." in found
    assert f"1 of 3 asked for this fact: “{item.timed.held_back[deciding[-1]].fact[:40]}" in found
    assert "You differ most on Data after" in found
    assert "There 2 let it fall, 1 kept it." in found
    assert not [name for name in ("ada", "ben", "cem") if name in found.lower().split()]

    await press_action(story, "cem", "answers.withdraw", task="design-1")
    found = (await seen(story, "dan", FOUND, WEEK)).words
    assert "2 runs are in" in found, "two would tell who wrote what"
    await press_action(story, "cem", "answers.restore", task="design-1")
    assert "Across 3 runs" in (await seen(story, "dan", FOUND, WEEK)).words
    await app.store.run(lambda tx: app.engine.erase(tx, TENANT, "ada", app.clock.now()))
    await app.settle()
    assert "2 runs are in" in (await seen(story, "dan", FOUND, WEEK)).words
    assert not world.doubles()


FACTS = (HeldBack(("a",), "A.", changes_design=True), HeldBack(("b",), "B.", changes_design=False))
STAGES = tuple(STAGE_LABELS)


def a_run(redo: str = "", fell: Sequence[str] = (), stood: Sequence[str] = STAGES[:3], *asked: int) -> Held:
    return Held(redo, frozenset(asked), {"t": frozenset(fell)}, {"t": frozenset(stood)})


def test_fewer_than_three_runs_say_nothing() -> None:
    for count in range(3):
        assert gather([a_run("data", ["data"])] * count, FACTS, STAGES, ["t"]) == Synthesis(count)


def test_a_stage_that_one_would_do_again_is_not_told_nor_three_at_once() -> None:
    assert gather([a_run("data"), a_run(), a_run()], FACTS, STAGES, ["t"]).redo == ()
    two = [a_run(stage) for stage in ("data", "objective") * 2]
    assert gather(two, FACTS, STAGES, ["t"]).redo == ("objective", "data")
    three = [a_run(stage) for stage in STAGES[:3] * 2]
    assert gather(three, FACTS, STAGES, ["t"]).redo == ()


def test_a_fact_is_told_when_at_most_a_third_asked_for_it() -> None:
    asked, not_ = a_run("", (), (), 0), a_run()
    assert gather([asked, not_, not_], FACTS, STAGES, ["t"]).fact == 0
    assert gather([asked, asked, not_], FACTS, STAGES, ["t"]).fact is None
    assert gather([not_] * 3, FACTS[1:], STAGES, ["t"]).fact is None, "it changes nothing"


@given(
    st.lists(
        st.builds(
            lambda redo, fell, stood, asked: a_run(redo, fell, stood, *asked),
            st.sampled_from(["", *STAGES]),
            st.sets(st.sampled_from(STAGES)).map(sorted),
            st.sets(st.sampled_from(STAGES)).map(sorted),
            st.sets(st.integers(0, 1)),
        ),
        max_size=8,
    )
)
def test_what_is_counted_is_true_of_the_runs(runs: list[Held]) -> None:
    found = gather(runs, FACTS, STAGES, ["t"])
    assert found.runs == len(runs)
    for stage in found.redo:
        assert sum(run.redo == stage for run in runs) == found.redo_count >= 2
    if found.fact is not None:
        assert sum(found.fact in run.asked for run in runs) == found.fact_count <= len(runs) / 3
    if found.split:
        fell = sum(found.split.stage in run.fell["t"] for run in runs)
        assert found.split.fell == fell >= 1
        assert found.split.kept == sum(found.split.stage in run.stood["t"] - run.fell["t"] for run in runs) >= 1


def test_an_outline_of_any_length_comes_whole_on_cards_that_fit() -> None:
    for item in BOTH.items():
        if item.timed:
            cards = [*reveal_cards.outline_cards(item), *reveal_cards.other_cards(item)]
            shown = "\n".join(card_words(card) for card in cards)
            assert all(mistake.split("`")[0].split("*")[0][:40] in shown for mistake in item.mistakes)
            assert all(f"{label}." in shown for label in STAGE_LABELS.values())
    item = next(item for item in BOTH.items() if item.timed)
    longest = replace(item, outline=tuple("word " * 390 for _ in range(12)))
    assert all(isinstance(card, Card) for card in reveal_cards.outline_cards(longest))


# --- the report ------------------------------------------------------------------------------------------


def got(number: int, *marks: tuple[str, int]) -> ReviewGot:
    return ReviewGot(number, tuple((name, level, f"{name} {level}") for name, level in marks), "", "", "", "", "")


@pytest.mark.parametrize(
    ("found", "middle", "wide"),
    [((3,), "3", False), ((2, 3), "2 to 3", False), ((1, 3), "1 to 3", True), ((4, 1, 2), "2", True)],
)
def test_the_middle_of_the_levels_is_told_and_where_reviewers_differ(
    found: tuple[int, ...], middle: str, *, wide: bool
) -> None:
    (one,) = levels([got(n, ("Goal", level)) for n, level in enumerate(found)])
    assert (one.middle, one.is_wide) == (middle, wide)


async def test_a_report_follows_late_reviews_and_what_is_reported_or_freed(story: CoreDriver, app: App) -> None:
    await opened(story, "ada", "ben", "cem")
    run = await hand_in(app, "ada")
    await hand_in(app, "ben")
    await hand_in(app, "cem")
    await story.until(LOCKS + SECOND)
    await press_action(story, "ben", "reviews.pull")
    await story.until(REVEALS + SECOND)
    name = f"mlsd.run/{GROUP}/{run.number}/report/1"
    assert "No review has come yet" in (await seen(story, "ada", name)).words
    sent = await review(story, "ben")
    while "Sent" in sent and "No review has come yet" in (await seen(story, "ada", name)).words:
        await story.wait(timedelta(minutes=2))
        if "No review has come yet" not in (await seen(story, "ada", name)).words:
            break
        sent = await review(story, "cem")
    assert "1 of 2 reviews. 1 waits for your reply" in (await seen(story, "ada", name)).words
    number = next(
        row["number"]
        for row in await app.store.read(lambda tx: tx.all("SELECT * FROM reviews_given"))
        if row["author_member"] == "ada"
    )
    await tell(app, TextHeld("reviews", f"{number}/review"))
    await story.wait(timedelta(minutes=2))
    assert "No review has come yet" in (await seen(story, "ada", name)).words
    await tell(app, TextFreed("reviews", f"{number}/review"))
    await story.wait(timedelta(minutes=2))
    assert "1 waits for your reply" in (await seen(story, "ada", name)).words


async def test_whoever_is_alone_in_a_week_is_asked_to_look_at_their_own_run(story: CoreDriver, app: App) -> None:
    await opened(story, "ada", "ben")
    run = await hand_in(app, "ada")
    await story.until(LOCKS + SECOND)
    look = await seen(story, "ada", f"mlsd.run/{GROUP}/{run.number}/report/0")
    assert "Yours is the only run this week" in look.words
    levels_ = await story.press("ada", "What the levels mean", look.name)
    assert "Goal and framing" in levels_.words
    forged = await press_action(story, "ben", "mlsd.levels", run=str(run.number))
    assert "I do not find the levels" in forged.refused
    await story.until(REVEALS + SECOND)
    found = await seen(story, "ben", FOUND, WEEK)
    assert "1 run is in" in found.words


async def test_a_week_that_nobody_ran_shows_its_outline_and_names_no_runs(story: CoreDriver, app: App) -> None:
    await opened(story, "ada")
    await story.until(REVEALS + SECOND)
    found = await seen(story, "ada", FOUND, WEEK)
    assert "Nobody ran this one" in found.words
    assert not found.buttons
    assert (await item_of(app)).title in found.title


async def test_a_hidden_name_stands_at_no_run(story: CoreDriver, app: App) -> None:
    await opened(story, "ada", "ben")
    await hand_in(app, "ada")
    await hand_in(app, "ben")
    await tell(app, AnswerGiven("design-1", "ada", f"Goal\n{GOAL}", hide_name=True))
    await story.until(REVEALS + SECOND)
    runs = await story.press("ben", "Read the runs", FOUND)
    assert "@ben" in runs.words
    assert "@ada" not in runs.words


# --- the vote --------------------------------------------------------------------------------------------


async def test_a_prompt_that_three_find_unreal_is_told_to_the_organisers_when_the_week_is_over(
    story: CoreDriver, app: App
) -> None:
    await opened(story, "ada", "ben", "cem")
    early = await press_action(story, "ada", "mlsd.realism", week="1", value="1")
    assert "I do not find this prompt" in early.refused
    await story.until(REVEALS + SECOND)
    for member in ("ada", "ben"):
        await story.choose(member, "2 · some of it is off", TALK)
    forged = await press_action(story, "cem", "mlsd.realism", week="1", value="0")
    assert "no vote that I know" in forged.refused
    await story.choose("cem", "4 · just like a real one", TALK)
    await story.choose("cem", "1 · nobody would ask this", TALK)
    await story.until(CLOSES + SECOND)
    lines = [words(line.line) for line in await ask(app, AwaitsOrganisers())]
    assert [line for line in lines if "hardly real: 1.7 of 4" in line]
    late = await press_action(story, "ada", "mlsd.realism", week="1", value="4")
    assert "is over" in late.refused


def test_two_votes_are_told_to_nobody() -> None:
    assert not synthesis_rules.is_doubted([1, 1])
    assert synthesis_rules.is_doubted([1, 1, 4])
    assert not synthesis_rules.is_doubted([2, 2, 4, 2])

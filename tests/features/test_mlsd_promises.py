"""What a system design week promises its members, also where something does not go as usual."""

from collections import Counter
from collections.abc import Sequence
from datetime import time, timedelta
from itertools import pairwise

from bot.app import App
from bot.features.mlsd import records
from bot.features.mlsd.calendar_handlers import Outlook, look_ahead
from bot.features.mlsd.calendar_rules import faults, put, swaps
from bot.features.mlsd.handlers import FEATURE
from bot.features.mlsd.report_rules import CHANGING, not_shown
from bot.features.reviews.drawn_rules import pair_up
from bot.features.reviews.reading_rules import PASSAGES, passages
from bot.kernel.calendar import Rhythm, draw
from bot.kernel.effect import Effect
from bot.kernel.event import Scene
from bot.kernel.facts import Nudge
from bot.kernel.peer_facts import TextFreed, TextHeld
from bot.kernel.ports import Tx
from tests.features.peers import tell
from tests.features.test_mlsd_reveal import FOUND, LOCKS, REVEALS, REVIEW, SECOND, WEEK, hand_in, opened, seen
from tests.features.test_mlsd_reveal import packs as _packs
from tests.features.test_mlsd_reviews import ALWAYS, hand_in_spare
from tests.features.test_plan import press_action
from tests.story import CoreDriver
from tests.world import GROUP, hours

packs = _packs  # the group's packs hold system designs


def scene_of(app: App, tx: Tx) -> Scene:
    return app.engine._for(tx, FEATURE, app.engine._nobodys(tx, GROUP, app.clock.now()))


async def outlook_of(app: App) -> Outlook:
    return await app.store.read(lambda tx: look_ahead(scene_of(app, tx), tx))


async def open_on(app: App, *days: int) -> None:
    """The organisers let the weeks open on these days, at ten."""

    def configure(tx: Tx) -> None:
        app.engine._configure(tx, scene_of(app, tx), "mlsd", {"rhythm": Rhythm(days, time(10))})

    await app.store.run(configure)


async def form_of(story: CoreDriver, member: str) -> dict[str, str]:
    """The fields of the review of what was drawn for this member."""
    await story.type(member, "/study review")
    await story.press(member, "Give me one to review")
    form = (await story.press(member, "Write my review")).form
    assert form
    return form.labels


# --- what reviewers are asked ---------------------------------------------------------------------


def test_a_run_is_judged_by_the_stages_that_came_and_by_changing_course_only_after_a_change() -> None:
    assert set(not_shown({"objective"}, changed=False)) == {
        "data-labels", "modelling", "evaluation-experiment", "operation", CHANGING,
    }  # fmt: skip
    short = {"objective", "data", "model_loss", "evaluation"}
    assert not_shown(short, changed=True) == ("operation",)
    assert not_shown(frozenset(), changed=False) == ()


async def test_a_run_that_was_closed_before_any_change_is_not_judged_on_changing_course(
    story: CoreDriver, app: App
) -> None:
    await opened(story, "ada", "ben")
    for number, member in enumerate(("ada", "ben"), 1):
        await story.press(member, "Start my run", WEEK)
        await story.press(member, "Begin")
        await story.press(member, "mlsd.write", f"mlsd.run/{GROUP}/{number}/00/stage/objective")
        await story.fill(member, {"text": "Refunded euros, and 310 against 7 for each mistake."})
        await press_action(story, member, "mlsd.close_now", run=str(number))
    assert app.clock.now() < LOCKS
    await story.until(LOCKS + SECOND)
    labels = await form_of(story, "ada")
    assert labels["level_1"] == "Goal and framing"
    assert ALWAYS not in labels.values()


# --- what reviewers and readers hear ----------------------------------------------------------------


async def test_no_reply_tells_a_name_before_the_runs_open(story: CoreDriver, app: App) -> None:
    await opened(story, "ada", "ben")
    for member in ("ada", "ben"):
        await hand_in(app, member)
    await story.until(LOCKS + SECOND)
    assert "not before the runs open" in (await press_action(story, "ben", "reviews.pull")).words
    await story.type("ben", "/study review")
    await story.press("ben", "Go on with my review")
    await story.press("ben", "Write my review")
    await story.fill("ben", REVIEW)
    await press_action(story, "ada", "reviews.keep", review="1")
    assert "@ada" not in (await press_action(story, "ben", "reviews.read", review="1")).words
    await story.until(REVEALS + SECOND)
    assert "@ada" in (await press_action(story, "ben", "reviews.read", review="1")).words


async def test_a_reader_for_whom_nothing_is_left_hears_so(story: CoreDriver, app: App) -> None:
    told: list[Nudge] = []

    def note(fact: Nudge, scene: Scene, tx: Tx) -> Sequence[Effect]:
        told.append(fact)
        return []

    app.engine.features["nudges"].facts.setdefault(Nudge, []).append(note)
    await opened(story, "ada", "ben", "cem", "dan")
    for member in ("ben", "cem", "dan"):
        await story.press(member, "I only want to review", WEEK)
    await hand_in(app, "ada")
    await story.until(LOCKS + SECOND)
    lines = Counter("".join(str(part) for part in nudge.line) for nudge in told)
    assert len(told) == 3
    assert sum("Others review all the runs" in line for line in lines) == 1


async def test_nobody_asks_for_another_review_of_a_run_that_will_be_drawn(story: CoreDriver, app: App) -> None:
    await opened(story, "ada", "ben")
    await hand_in(app, "ada")
    assert "reviews come by themselves" in (await press_action(story, "ada", "reviews.ask", "design-1")).hint
    assert "design-1" not in str((await story.type("ada", "/study review")).replies)


# --- one's own run -----------------------------------------------------------------------------------


async def test_one_reads_withdraws_and_puts_back_ones_run_before_anybody_else_reads_it(
    story: CoreDriver, app: App
) -> None:
    await opened(story, "ada", "ben")
    await hand_in(app, "ada")
    await hand_in(app, "ben")
    await story.type("ada", "/study design")
    mine = await story.press("ada", "Read my run")
    assert "So says ada" in mine.words
    assert "So says ben" not in mine.words
    assert "Your run is withdrawn." in (await story.press("ada", "Withdraw my run")).words
    assert "You withdrew your run." in (await story.type("ada", "/study design")).words
    await story.press("ada", "Put my run back")
    assert "Your run is in." in (await story.type("ada", "/study design")).words


async def test_a_name_hidden_while_the_run_is_reported_stays_hidden_when_it_is_freed(
    story: CoreDriver, app: App
) -> None:
    await opened(story, "ada", "ben")
    run = await hand_in(app, "ada")
    await tell(app, TextHeld("answers", "design-1/1"))
    await press_action(story, "ada", "mlsd.hide", run=str(run.number), on="1")
    await tell(app, TextFreed("answers", "design-1/1"))
    await story.until(REVEALS + SECOND)
    runs = await story.press("ben", "Read the runs", FOUND)
    assert "So says ada" in runs.words
    assert "@ada" not in runs.words


async def test_the_report_has_a_door_of_its_own(story: CoreDriver, app: App) -> None:
    await opened(story, "ada", "ben", "cem")
    for member in ("ada", "ben"):
        await hand_in(app, member)
    await story.until(REVEALS + SECOND)
    await story.type("ada", "/study design")
    assert "Your report" in (await story.press("ada", "My report")).words
    assert "no run in this week" in (await press_action(story, "cem", "mlsd.report", week="1")).refused


async def test_runs_of_another_prompt_are_not_offered_to_the_group(story: CoreDriver, app: App) -> None:
    await opened(story, "ada", "ben")
    await hand_in_spare(app, "ada")
    await story.until(REVEALS + SECOND)
    for board in (await seen(story, "ben", WEEK, "channel"), await seen(story, "ben", FOUND, WEEK)):
        assert "1 run" in board.words
        assert "Read the runs" not in board.words


# --- the calendar ---------------------------------------------------------------------------------------


async def test_the_calendar_promises_only_days_on_which_a_week_can_open(story: CoreDriver, app: App) -> None:
    await opened(story, "ada")
    await story.until(app.clock.now() + hours(2))
    await open_on(app, 6)  # the coming Sunday the week that is open now would still go on for days
    first = (await outlook_of(app)).slots[0]
    assert str(first.day) == "2026-01-18"
    await open_on(app, 1, 3)
    days = [slot.day for slot in (await outlook_of(app)).slots]
    assert all((later - day).days >= 5 for day, later in pairwise(days))


async def test_a_skipped_week_stays_skipped_when_the_day_moves(story: CoreDriver, app: App) -> None:
    await opened(story, "ada")
    await press_action(story, "olga", "mlsd.week_skip", day="2026-01-15")
    await open_on(app, 4)
    await story.until(app.clock.now() + timedelta(days=9))
    weeks = await app.store.read(lambda tx: records.list_weeks(tx, GROUP))
    assert len(weeks) == 1


async def test_an_undo_that_would_break_the_mix_is_refused_in_words(story: CoreDriver, app: App) -> None:
    await opened(story, "ada")
    now = await outlook_of(app)
    days = [str(slot.day) for slot in now.slots if slot.item]
    first, one, second, other = next(
        (first, one, second, other)
        for first in range(8)
        for one in swaps(now.past, now.row, first, now.pool)
        for second in range(8)
        if second != first
        for other in swaps(now.past, put(now.row, first, one), second, now.pool)
        if faults([*now.past[-3:], *put(put(now.row, second, other), first, now.row[first])], len(now.past[-3:]))
        and now.row[first] != other
    )
    await press_action(story, "olga", "mlsd.week_swap", one.id, day=days[first])
    await press_action(story, "olga", "mlsd.week_swap", other.id, day=days[second])
    assert "Undo the later ones first" in (await press_action(story, "olga", "mlsd.week_undo", n="1")).words
    assert not (await outlook_of(app)).faults
    assert "Undone" in (await press_action(story, "olga", "mlsd.week_undo", n="2")).words
    assert "Undone" in (await press_action(story, "olga", "mlsd.week_undo", n="1")).words
    after = await outlook_of(app)
    assert after.row == now.row
    assert not after.pinned


async def test_a_skip_is_not_undone_after_its_day(story: CoreDriver, app: App) -> None:
    await opened(story, "ada")
    await press_action(story, "olga", "mlsd.week_skip", day="2026-01-15")
    await story.until(app.clock.now() + timedelta(days=9))
    assert "Its day has passed." in (await press_action(story, "olga", "mlsd.week_undo", n="1")).words


async def test_organisers_read_what_changes_only_when_they_want_to(story: CoreDriver, app: App) -> None:
    await opened(story, "ada")
    day = str((await outlook_of(app)).slots[0].day)
    shown = (await press_action(story, "olga", "mlsd.week_planned", day)).words
    assert "Changes:" not in shown
    await story.type("olga", "/study organise")
    assert "Changes:" in (await press_action(story, "olga", "mlsd.week_planned", day=day, changes="1")).words


async def test_weeks_in_which_nobody_wrote_a_word_let_the_series_rest(story: CoreDriver, app: App) -> None:
    await opened(story, "ada")
    await hand_in(app, "ada")
    await app.store.run(lambda tx: tx.run("UPDATE mlsd_runs SET handed_in = 0"))
    await press_action(story, "ada", "answers.withdraw", task="design-1")
    await story.until(app.clock.now() + timedelta(days=14, hours=1))
    assert (await app.store.read(lambda tx: records.find_series(tx, GROUP))).paused


# --- how a run is read ------------------------------------------------------------------------------------


def test_passages_of_a_run_never_join_two_stages_and_a_heading_begins_one() -> None:
    stage = (
        "Data and labels\nTills tell. Labels are late. Stock is counted.\n\nSold out days hide demand. So we correct."
    )
    change = "Change 1: A merger closes.\nStands: Goal\nNow all of it is new. It runs. It costs more."
    text = "\n\n".join([stage, change] * 5)
    found = passages(text)
    assert len(found) <= PASSAGES
    assert all("Change 1" not in passage.text[1:] and "Data and" not in passage.text[1:] for passage in found)
    assert "".join("".join(passage.text.split()) for passage in found) == "".join(text.split())


def test_whoever_has_two_from_a_draw_before_gets_no_more() -> None:
    pairs = pair_up(["dan"], ["dan"], ["ada", "ben", "cem"], 2, lambda *_: 0, draw("x"), {"ada": 2, "ben": 1})
    assert sorted(pairs["dan"]) == ["ben", "cem"]

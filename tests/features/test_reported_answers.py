"""Answers that others read, review and report: their numbers, who may read them, and what a report does to them."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

import bot.features.answers
from bot.app import App
from bot.features.answers.rules import Entry, menu_of, number_of
from bot.kernel.card import OPTION_LABEL, Quote
from bot.kernel.facts import AnswerKept, AnswerWithdrawn, HasAnswered, HowManyAnswered
from bot.kernel.peer_facts import (
    AnswerHidden,
    AnswerShown,
    AnswersOf,
    AnswerTo,
    MayReadAnswers,
    TextFreed,
    TextHeld,
    TextRemoved,
)
from tests.features.mornings import CLOSE, GOOD, MONDAY, answer, monday
from tests.features.peers import apart, ask, tell, text_at
from tests.features.test_plan import listen, press_action
from tests.story import CoreDriver, Driver
from tests.world import GROUP, TENANT

TASK = "2026-01-05"
HEAP = "I would rather use a heap, because it is online."
RUDE = "Who sorts here has not understood a thing, because it is slow."
HELD, FREED, REMOVED = (kind("answers", f"{TASK}/2") for kind in (TextHeld, TextFreed, TextRemoved))


async def number(app: App, member: str) -> int:
    found = await ask(app, AnswerTo(TASK, member))
    assert found
    return found.number


async def read(story: Driver, member: str) -> str:
    return (await story.press(member, "Read answers", MONDAY)).words


async def two_answers(story: Driver) -> None:
    """Ada's answer is the first, Ben's the second."""
    await monday(story, "ada", "ben")
    await answer(story, "ada")
    await answer(story, "ben", RUDE)


async def erase(app: App, member: str) -> None:
    now = app.clock.now()
    await app.store.run(lambda tx: app.engine.erase(tx, TENANT, member, now))


# --- numbers ----------------------------------------------------------------------------------------


async def test_an_answer_has_a_number_that_never_changes(story: CoreDriver, app: App) -> None:
    await two_answers(story)
    await answer(story, "ada", HEAP)
    await story.press("ada", "Withdraw it")
    await story.press("ada", "Put it back")
    assert [await number(app, member) for member in ("ada", "ben")] == [1, 2]


async def test_the_number_of_somebody_who_is_forgotten_is_not_given_again(story: CoreDriver, app: App) -> None:
    await monday(story, "ada", "ben", "cem")
    await answer(story, "ada")
    await answer(story, "ben", RUDE)
    await erase(app, "ben")
    await answer(story, "cem", HEAP)
    assert await number(app, "cem") == 3


def test_answers_from_before_there_were_numbers_get_theirs_in_the_order_in_which_they_came() -> None:
    folder = Path(bot.features.answers.__file__).parent / "sql"
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript((folder / "answers-0001.sql").read_text())
        for task in ("t", "u"):
            db.execute("INSERT INTO answers_tasks VALUES ('g', ?, 'T', '1', NULL, '', '', 0)", (task,))
        rows = [("t", "cem", "kept", 1), ("t", "ada", "withdrawn", 2), ("t", "ben", "kept", 2), ("u", "ben", "kept", 3)]
        for task, member, state, at in rows:
            db.execute(
                "INSERT INTO answers_kept VALUES ('g', ?, ?, 'x', '', 'null', 0, 0, 0, ?, ?, ?)",
                (task, member, state, at, at),
            )
        db.executescript((folder / "answers-0002.sql").read_text())
        found = db.execute("SELECT task, member, number, held FROM answers_kept ORDER BY task, number").fetchall()
        assert found == [("t", "cem", 1, ""), ("t", "ada", 2, ""), ("t", "ben", 3, ""), ("u", "ben", 1, "")]
        assert db.execute("SELECT task, numbers FROM answers_tasks ORDER BY task").fetchall() == [("t", 3), ("u", 1)]


# --- who may read what ---------------------------------------------------------------------------------


async def test_every_answer_of_others_can_be_reported_and_ones_own_cannot(story: Driver) -> None:
    await two_answers(story)
    shown = (await story.press("ada", "Read answers", MONDAY)).replies[0]
    assert "Report or block" in shown.words
    assert [(value, action) for value, _, action in shown.options] == [(f"answers:{TASK}/2", "safety.about")]
    assert shown.options[0][1].startswith("2 · Who sorts here")


async def test_who_has_answered_is_offered_a_review(story: Driver) -> None:
    await monday(story, "ada")
    await story.press("ada", "Answer", MONDAY)
    kept = await story.fill("ada", {"text": GOOD})
    today = await press_action(story, "ada", "daily.open_today")
    for shown in (kept, today):
        assert f"reviews.ask?task={TASK}" in [action for sight in shown.replies for _, action in sight.buttons]


async def test_answers_can_be_read_by_who_answered_by_all_after_the_close_and_where_threads_are_open(
    story: CoreDriver, app: App
) -> None:
    await monday(story, "ada", "ben")
    await answer(story, "ada")
    assert [await ask(app, MayReadAnswers(TASK, member)) for member in ("ada", "ben")] == [True, False]
    await tell_open(story)
    assert await ask(app, MayReadAnswers(TASK, "ben"))
    await tell_open(story, label="Use closed answers")
    assert not await ask(app, MayReadAnswers(TASK, "ben"))
    await story.until(CLOSE)
    assert await ask(app, MayReadAnswers(TASK, "ben"))


async def tell_open(story: Driver, label: str = "Use open threads") -> None:
    await story.type("olga", "/study organise")
    await story.press("olga", label)


async def test_a_text_is_found_only_by_who_may_read_it(story: CoreDriver, app: App) -> None:
    await monday(story, "ada", "ben", "cem")
    await answer(story, "ada", GOOD, "hide")
    await answer(story, "ben", RUDE)
    found = await text_at(app, f"{TASK}/2", "ada")
    assert found
    assert (found.text, found.author_member) == (RUDE, "ben")
    assert found.where.startswith('Answer to "')
    assert await text_at(app, f"{TASK}/2", "cem") is None, "has not answered"
    assert await text_at(app, f"{TASK}/1", "ben")
    for strange in ("", "/", f"{TASK}/", f"{TASK}/9", f"{TASK}/x", "2026-01-06/1", f"{TASK}/²", "1"):
        assert await text_at(app, strange, "ada") is None
    assert await text_at(app, f"{TASK}/2", "ada", feature="nobody") is None


async def test_what_is_shown_at_the_close_can_be_reported_by_who_never_answered(story: CoreDriver, app: App) -> None:
    await monday(story, "ada", "ben", "cem")
    await answer(story, "ada", GOOD, "show")
    await answer(story, "ben", RUDE)
    await story.until(CLOSE)
    assert await text_at(app, f"{TASK}/1", "cem")
    assert await text_at(app, f"{TASK}/2", "cem") is None, "its author does not let it be shown"


async def test_the_answers_of_one_member_are_listed_newest_first(story: CoreDriver, app: App) -> None:
    await monday(story, "ada", "ben")
    await answer(story, "ben", RUDE)
    await story.until(CLOSE + timedelta(hours=13))
    newest = f"daily/{GROUP}/2026-01-07"
    await story.press("ben", "Answer", newest)
    await story.fill("ben", {"text": HEAP, "choices": ("hide",)})
    found = await ask(app, AnswersOf("ben"))
    assert [(one.task, one.text, one.hide_name) for one in found] == [("2026-01-07", HEAP, True), (TASK, RUDE, False)]
    await tell(app, TextHeld("answers", f"{TASK}/1"))
    assert [one.task for one in await ask(app, AnswersOf("ben"))] == ["2026-01-07"]


async def test_who_is_blocked_is_left_out_on_both_sides_without_a_word(story: CoreDriver, app: App) -> None:
    await monday(story, "ada", "ben", "cem")
    for member, text in (("ada", GOOD), ("ben", RUDE), ("cem", HEAP)):
        await answer(story, member, text)
    apart(app, "ada", "ben")
    ada, ben, cem = [await read(story, member) for member in ("ada", "ben", "cem")]
    assert RUDE not in ada
    assert GOOD not in ben
    assert "2 answers" in ada
    assert "2 answers" in ben
    assert "3 answers" in cem
    assert "\n2 · " in ada, "no number is missing that would tell"
    assert "\n3 · " not in ada
    counted = [(await press_action(story, member, "daily.open_today")).words for member in ("ada", "ben", "cem")]
    assert ["Answers: 2" in words for words in counted] == [True, True, False]


# --- a report --------------------------------------------------------------------------------------------


async def test_a_reported_answer_is_read_and_counted_by_nobody_but_its_author(story: CoreDriver, app: App) -> None:
    await two_answers(story)
    told = listen(app, AnswerHidden, AnswerWithdrawn)
    await tell(app, HELD, HELD)
    assert told == [AnswerHidden(TASK, "ben")]
    assert RUDE not in await read(story, "ada")
    assert await ask(app, HowManyAnswered(TASK)) == 1
    assert await ask(app, HasAnswered(TASK, "ben")), "it still counts for its author"
    assert await ask(app, AnswerTo(TASK, "ben")) is None
    own = await read(story, "ben")
    assert RUDE in own
    assert "an organiser looks at it" in own
    board = next(seen for seen in await story.read("ada") if seen.name == MONDAY)
    assert "Answers: 1" in board.words
    assert await text_at(app, f"{TASK}/2", "ada") is None
    assert await text_at(app, f"{TASK}/2"), "organisers read it"


async def test_a_reported_answer_is_not_exchanged_before_an_organiser_has_seen_it(story: CoreDriver, app: App) -> None:
    await two_answers(story)
    await story.press("ben", "Answer", MONDAY)
    await tell(app, HELD)
    refused = await story.fill("ben", {"text": HEAP})
    assert refused.refused.startswith("An organiser looks at this answer now")
    assert refused.handed_back == (HEAP,)
    assert (await story.press("ben", "Answer", MONDAY)).refused
    await story.tell("ben", HEAP)
    assert (await story.press("ben", "Use as my answer")).refused
    found = await text_at(app, f"{TASK}/2")
    assert found
    assert found.text == RUDE


async def test_a_reported_answer_can_be_withdrawn_and_is_judged_all_the_same(story: CoreDriver, app: App) -> None:
    await two_answers(story)
    await tell(app, HELD)
    await press_action(story, "ben", "answers.withdraw", task=TASK)
    assert await text_at(app, f"{TASK}/2"), "organisers still read what was reported"
    assert (await story.press("ben", "Put it back")).refused
    told = listen(app, AnswerShown, AnswerWithdrawn, AnswerKept)
    await tell(app, FREED)
    assert told == []
    assert await text_at(app, f"{TASK}/2") is None
    assert not (await press_action(story, "ben", "answers.restore", task=TASK)).refused
    assert RUDE in await read(story, "ada")


async def test_an_answer_that_may_stay_is_read_again(story: CoreDriver, app: App) -> None:
    await two_answers(story)
    told = listen(app, AnswerShown)
    await tell(app, HELD, FREED, FREED)
    assert told == [AnswerShown(TASK, "ben")]
    assert RUDE in await read(story, "ada")
    assert await ask(app, HowManyAnswered(TASK)) == 2


async def test_a_removed_answer_comes_back_by_nothing_and_a_new_one_has_a_new_number(
    story: CoreDriver, app: App
) -> None:
    await two_answers(story)
    told = listen(app, AnswerWithdrawn)
    await tell(app, HELD, REMOVED, REMOVED)
    assert told == [AnswerWithdrawn(TASK, "ben")]
    assert not await ask(app, HasAnswered(TASK, "ben"))
    back = await press_action(story, "ben", "answers.restore", task=TASK)
    assert (back.refused, back.hint) == ("An organiser has removed this answer.", "You can write a new one.")
    await press_action(story, "ben", "answers.withdraw", task=TASK)
    assert (await press_action(story, "ben", "answers.restore", task=TASK)).refused
    form = (await story.press("ben", "Answer", MONDAY)).form
    assert form
    assert form.values["text"] == ""
    await story.fill("ben", {"text": HEAP})
    await tell(app, FREED)
    assert await number(app, "ben") == 3, "the new one stands also when the old one could come back"
    assert await text_at(app, f"{TASK}/2") is None
    page = await read(story, "ada")
    assert HEAP in page
    assert RUDE not in page


async def test_a_removed_answer_that_an_organiser_puts_back_is_read_and_counts_again(
    story: CoreDriver, app: App
) -> None:
    await two_answers(story)
    await tell(app, HELD, REMOVED)
    told = listen(app, AnswerKept)
    await tell(app, FREED, FREED)
    assert told == [AnswerKept(TASK, "ben", first=False, late=False)]
    assert RUDE in await read(story, "ada")
    assert await number(app, "ben") == 2


async def test_what_its_author_had_withdrawn_before_is_theirs_to_put_back(story: CoreDriver, app: App) -> None:
    await two_answers(story)
    await tell(app, HELD)
    await press_action(story, "ben", "answers.withdraw", task=TASK)
    await tell(app, REMOVED)
    assert (await press_action(story, "ben", "answers.restore", task=TASK)).refused
    told = listen(app, AnswerKept)
    await tell(app, FREED)
    assert told == []
    assert RUDE not in await read(story, "ada")
    assert not (await press_action(story, "ben", "answers.restore", task=TASK)).refused


@pytest.mark.parametrize("fact", [HELD, FREED, REMOVED])
async def test_a_text_of_another_feature_or_one_that_is_gone_changes_nothing(
    story: CoreDriver, app: App, fact: TextHeld
) -> None:
    await two_answers(story)
    told = listen(app, AnswerHidden, AnswerShown, AnswerWithdrawn)
    await tell(app, *(type(fact)("reviews", fact.place), type(fact)("answers", f"{TASK}/7"), type(fact)("answers", "")))
    assert told == []


async def test_what_stands_in_the_closed_thread_goes_and_comes_back(story: CoreDriver, app: App) -> None:
    await monday(story, "ada", "ben")
    await answer(story, "ada", GOOD, "show")
    await answer(story, "ben", RUDE, "show")
    await story.until(CLOSE)

    async def thread() -> str:
        return "\n".join(seen.words for seen in await story.read("ada", MONDAY))

    (shown,) = [seen for seen in await story.read("ada", MONDAY) if seen.options]
    assert [option[:2] for option in shown.options] == [
        (f"answers:{TASK}/1", "Answer 1"), (f"answers:{TASK}/2", "Answer 2"),
    ]  # fmt: skip
    await tell(app, HELD)
    await story.wait(timedelta(minutes=1))
    assert RUDE not in await thread()
    await tell(app, FREED)
    await story.wait(timedelta(minutes=1))
    assert RUDE in await thread()
    await tell(app, HELD, REMOVED)
    await story.wait(timedelta(minutes=1))
    assert RUDE not in await thread()
    assert GOOD in await thread()


# --- in open threads ---------------------------------------------------------------------------------------


async def in_the_thread(story: CoreDriver, app: App) -> str:
    """Ben's reply is his answer, and somebody has reported it."""
    await monday(story, "ada", "ben")
    await tell_open(story)
    said = await story.say("ben", MONDAY, RUDE)
    await tell(app, TextHeld("answers", f"{TASK}/1"))
    return said.receipt


async def test_what_is_said_during_a_report_counts_after_it(story: CoreDriver, app: App) -> None:
    await in_the_thread(story, app)
    await story.say("ben", MONDAY, HEAP)
    found = await text_at(app, f"{TASK}/1")
    assert found
    assert found.text == RUDE, "organisers judge what was reported"
    await tell(app, TextFreed("answers", f"{TASK}/1"))
    found = await text_at(app, f"{TASK}/1")
    assert found
    assert found.text == f"{RUDE}\n\n{HEAP}"


async def test_a_reply_that_is_taken_back_during_a_report_stays_gone(story: CoreDriver, app: App) -> None:
    receipt = await in_the_thread(story, app)
    told = listen(app, AnswerWithdrawn, AnswerShown)
    await story.take_back("ben", receipt)
    await tell(app, TextFreed("answers", f"{TASK}/1"))
    assert told == [AnswerWithdrawn(TASK, "ben")]
    assert await ask(app, AnswerTo(TASK, "ben")) is None


async def test_a_removed_reply_that_the_platform_sends_again_stays_removed(story: CoreDriver, app: App) -> None:
    receipt = await in_the_thread(story, app)
    await tell(app, TextRemoved("answers", f"{TASK}/1"))
    await story.edit("ben", receipt, RUDE)
    assert await ask(app, AnswerTo(TASK, "ben")) is None
    await story.edit("ben", receipt, HEAP)
    assert await number(app, "ben") == 2


# --- rules -----------------------------------------------------------------------------------------------------


def test_a_menu_has_each_answer_of_others_once_and_fits() -> None:
    long = Quote("word\n" * 40, "ada")
    entries = [
        Entry("ada", "part 1 of 2", (long,), 1, nth=1), Entry("ada", "part 2 of 2", (long,), 1, nth=1),
        Entry("ben", "", (long,), 2, own=True, nth=2), Entry("", "file, 3 KB", (), 7, nth=3),
    ]  # fmt: skip
    found = menu_of(entries)
    assert list(found) == [1, 7]
    assert found[7] == "3 · file, 3 KB"
    assert all(len(label) <= OPTION_LABEL and "\n" not in label for label in found.values())


@pytest.mark.parametrize("place", ["", "/", "a/", "/1", "a/-1", "a/1e3", "a/¹", "a/99999999"])
def test_a_forged_place_is_no_place(place: str) -> None:
    assert number_of(place) is None

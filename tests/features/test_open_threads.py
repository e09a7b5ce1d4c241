"""Open threads: what a form and a thread say together, and what stays private all the same."""

from datetime import timedelta

from tests.features.mornings import CLOSE, GOOD, MONDAY, NINE, answer, monday
from tests.story import Driver, Sight

OTHER = "I would rather use a heap, because it is online."


async def _open(story: Driver, *members: str) -> None:
    await monday(story, *members)
    await story.type("olga", "/study organise")
    await story.press("olga", "Use open threads")


async def _board(story: Driver) -> Sight:
    return next(seen for seen in await story.read("ben") if seen.name == MONDAY)


async def _read(story: Driver, member: str = "ben") -> str:
    return (await story.press(member, "Read answers", MONDAY)).words


async def test_the_card_of_an_open_group_says_that_a_reply_is_an_answer(story: Driver) -> None:
    await monday(story, "ben")
    assert "Replies in the thread" not in (await _board(story)).words
    await story.type("olga", "/study organise")
    await story.press("olga", "Use open threads")
    assert "Replies in the thread are answers" in (await _board(story)).words
    await story.say("ben", MONDAY, GOOD)
    assert "Replies in the thread are answers" in (await _board(story)).words
    await story.until(CLOSE)
    assert "Replies in the thread are answers" in (await _board(story)).words


async def test_deleting_talk_from_the_thread_leaves_the_answer_of_the_form(story: Driver) -> None:
    await monday(story, "ada", "ben")
    talk = await story.say("ada", MONDAY, "Good morning to everybody.")
    await answer(story, "ada")
    await story.type("olga", "/study organise")
    await story.press("olga", "Use open threads")
    await story.take_back("ada", talk.receipt)
    assert GOOD in await _read(story)


async def test_deleting_a_reply_that_the_form_has_replaced_leaves_the_answer(story: Driver) -> None:
    await _open(story, "ada", "ben")
    said = await story.say("ada", MONDAY, GOOD)
    await story.press("ada", "Answer", MONDAY)
    await story.fill("ada", {"text": f"{GOOD} And it costs n log n."})
    await story.take_back("ada", said.receipt)
    assert "And it costs n log n." in await _read(story)
    assert "Answers: 1" in (await _board(story)).words


async def test_a_hidden_name_stays_hidden_when_its_owner_talks_in_the_thread(story: Driver) -> None:
    await _open(story, "ada", "ben")
    await answer(story, "ada", GOOD, "hide")
    await story.say("ada", MONDAY, "Does anybody know a good page on heaps?")
    read = await _read(story)
    assert GOOD in read
    assert "@ada" not in read
    assert "good page on heaps" not in read, "her talk would tell whose the answer is"


async def test_what_was_not_to_be_shown_stays_out_of_the_thread_after_a_reply(story: Driver) -> None:
    await _open(story, "ada", "ben")
    await answer(story, "ada")
    await story.say("ada", MONDAY, "And it costs n log n.")
    await story.until(CLOSE)
    assert not any(GOOD in seen.words for seen in await story.read("ben", MONDAY))


async def test_a_reply_does_not_bring_withdrawn_words_back(story: Driver) -> None:
    await _open(story, "ada", "ben")
    await answer(story, "ada")
    await story.say("ada", MONDAY, "And it costs n log n.")
    await story.press("ada", "Answer", MONDAY)
    await story.fill("ada", {"text": GOOD, "claim": "A point of mine."})
    await story.press("ada", "Withdraw it")
    await story.say("ada", MONDAY, OTHER)
    read = await _read(story)
    assert OTHER in read
    assert GOOD not in read
    assert "A point of mine." not in read


async def test_a_withdrawn_sum_of_form_and_thread_stays_withdrawn(story: Driver) -> None:
    await _open(story, "ada", "ben")
    await answer(story, "ada")
    await story.say("ada", MONDAY, "And it costs n log n.")
    await story.press("ada", "Withdraw it")
    await story.say("ada", MONDAY, OTHER)
    read = await _read(story)
    assert OTHER in read
    assert GOOD not in read


async def test_a_reply_leaves_my_draft_alone(story: Driver) -> None:
    await _open(story, "ada", "ben")
    await answer(story, "ada", "A long thought that is not ready.", "draft")
    await story.say("ada", MONDAY, OTHER)
    form = (await story.press("ada", "Answer", MONDAY)).form
    assert form
    assert form.values["text"] == "A long thought that is not ready."


async def test_a_private_answer_leaves_my_draft_alone(story: Driver) -> None:
    await monday(story, "ada")
    await answer(story, "ada", "A long thought that is not ready.", "draft")
    await story.tell("ada", OTHER)
    await story.press("ada", "Use as my answer")
    form = (await story.press("ada", "Answer", MONDAY)).form
    assert form
    assert form.values["text"] == "A long thought that is not ready."


async def test_signs_that_nobody_can_see_are_no_reply(story: Driver) -> None:
    await _open(story, "ada", "ben")
    await story.say("ada", MONDAY, "\u200b\u2060\u2800\u3164")
    assert "Answers: 0" in (await _board(story)).words


# --- how much is an answer -------------------------------------------------------------------------


async def test_a_word_in_the_thread_is_kept_and_is_no_answer_yet(story: Driver) -> None:
    await _open(story, "ada", "ben")
    await story.say("ada", MONDAY, "ok")
    assert "Answers: 0" in (await _board(story)).words
    assert "No answers yet" in await _read(story)
    await story.say("ada", MONDAY, "because order makes the rest easy.")
    assert "Answers: 1" in (await _board(story)).words
    read = await _read(story)
    assert "ok\n\nbecause order makes the rest easy." in read


async def test_a_word_earns_no_day(story: Driver) -> None:
    await _open(story, "ada", "ben")
    before = (await story.type("ada", "/study streak")).words
    word = await story.say("ada", MONDAY, "k")
    assert (await story.type("ada", "/study streak")).words == before
    await story.edit("ada", word.receipt, GOOD)
    counted = (await story.type("ada", "/study streak")).words
    assert counted != before
    await story.edit("ada", word.receipt, "k")
    assert (await story.type("ada", "/study streak")).words == before
    assert "Answers: 0" in (await _board(story)).words
    await story.edit("ada", word.receipt, GOOD)
    assert (await story.type("ada", "/study streak")).words == counted
    assert "Answers: 1" in (await _board(story)).words


async def test_a_word_beside_the_answer_of_the_form_belongs_to_it(story: Driver) -> None:
    await _open(story, "ada", "ben")
    await answer(story, "ada")
    await story.wait(timedelta(minutes=1))
    word = await story.say("ada", MONDAY, "ok")
    assert f"{GOOD}\n\nok" in await _read(story)
    await story.take_back("ada", word.receipt)
    assert "Answers: 1" in (await _board(story)).words


async def test_what_is_left_of_a_longer_answer_may_be_too_short(story: Driver) -> None:
    await _open(story, "ada", "ben")
    whole = await story.say("ada", MONDAY, GOOD)
    await story.say("ada", MONDAY, "ok")
    await story.take_back("ada", whole.receipt)
    assert "Answers: 0" in (await _board(story)).words
    await story.say("ada", MONDAY, OTHER)
    read = await _read(story)
    assert f"ok\n\n{OTHER}" in read
    assert GOOD not in read


async def test_from_the_menu_of_a_message_somebody_is_stuck_on_the_problem_above_it(story: Driver) -> None:
    """Commands do not work in threads, and the problem's own buttons are far up."""
    await _open(story, "ada", "ben")
    await story.say("ada", MONDAY, GOOD)
    talk = await story.say("ben", MONDAY, "I do not see why.")
    await story.until(NINE + timedelta(days=1))  # by then a newer problem is open
    asked = await story.choose("ben", "I'm stuck", on=talk.receipt)
    assert asked.form
    assert asked.form.action == f"daily.tell_stuck?round={MONDAY.rpartition('/')[2]}"
    await story.fill("ben", {"tried": "I counted the frauds."})
    assert "I counted the frauds." in (await story.read("ada", MONDAY))[-1].words

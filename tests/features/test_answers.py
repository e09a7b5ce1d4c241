"""Answers: kept whole, changed, withdrawn, read by those who answered, and never one by accident."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.engine.outcome import Refused
from bot.features.answers import cards, rules
from bot.features.answers.rules import Kept, Task, Words
from bot.kernel.action import Action
from bot.kernel.errors import Refusal
from bot.kernel.event import Pressed, Upload
from bot.kernel.text import clean
from tests.features.mornings import CLOSE, GOOD, MONDAY, answer, monday
from tests.story import CoreDriver, Driver
from tests.world import MORNING, World

TASK = Task("2026-01-05", "t" * 80, MORNING, None, "", "", closed=False)
RECORDING = Upload("files/1", "answer.m4a", 240_000, seconds=95)


async def _count(story: Driver) -> str:
    board = next(seen for seen in await story.read("ada") if seen.name == MONDAY)
    return next(line for line in board.words.splitlines() if line.startswith("Answers: "))


async def test_an_answer_by_the_form_is_kept_and_counted(story: Driver) -> None:
    await monday(story, "ada")
    assert "Your answer is kept." in await answer(story, "ada")
    assert await _count(story) == "Answers: 1"


async def test_answers_open_once_you_have_sent_yours(story: Driver) -> None:
    await monday(story, "ada", "ben")
    await answer(story, "ada")
    assert (await story.press("ben", "Read answers", MONDAY)).refused == "Answers open once you have sent yours."
    await answer(story, "ben", "I would rather use a heap, because it is online.")
    read = (await story.press("ben", "Read answers", MONDAY)).words
    assert GOOD in read
    assert "@ada" in read
    assert "2 answers" in read


async def test_a_hidden_name_is_hidden_from_everybody_but_me(story: Driver) -> None:
    await monday(story, "ada", "ben")
    await answer(story, "ada", GOOD, "hide")
    await answer(story, "ben", "I would rather use a heap, because it is online.")
    assert "@ada" not in (await story.press("ben", "Read answers", MONDAY)).words
    assert "@ada" in (await story.press("ada", "Read answers", MONDAY)).words


async def test_a_second_answer_replaces_the_first(story: Driver) -> None:
    await monday(story, "ada")
    await answer(story, "ada")
    form = (await story.press("ada", "Change it")).form
    assert form is not None
    assert form.values["text"] == GOOD, "the form holds what was kept"
    assert "Your answer is changed." in (await story.fill("ada", {"text": "A heap, because it is online."})).words
    assert await _count(story) == "Answers: 1"
    assert GOOD not in (await story.press("ada", "Read answers", MONDAY)).words


async def test_a_withdrawn_answer_can_be_put_back(story: Driver) -> None:
    await monday(story, "ada", "ben")
    await answer(story, "ada")
    await answer(story, "ben", "I would rather use a heap, because it is online.")
    await story.press("ada", "Change it")
    kept = await story.fill("ada", {"text": GOOD})
    assert "Withdraw it" in kept.words
    gone = await story.press("ada", "Withdraw it")
    assert "Your answer is withdrawn." in gone.words
    assert await _count(story) == "Answers: 1"
    assert GOOD not in (await story.press("ben", "Read answers", MONDAY)).words
    await story.press("ada", "answers.restore")
    assert await _count(story) == "Answers: 2"
    assert GOOD in (await story.press("ben", "Read answers", MONDAY)).words


async def test_a_late_answer_is_accepted_and_marked(story: Driver) -> None:
    await monday(story, "ada", "ben")
    await answer(story, "ben", "I would rather use a heap, because it is online.")
    await story.until(CLOSE + timedelta(hours=1))
    assert "marked late" in await answer(story, "ada")
    assert "late" in (await story.press("ben", "Read answers", MONDAY)).words


async def test_an_answer_changed_after_the_close_is_not_late(story: Driver) -> None:
    await monday(story, "ada")
    await answer(story, "ada")
    await story.until(CLOSE + timedelta(hours=1))
    assert "marked late" not in await answer(story, "ada", "Changed my mind, because of the heap.")


async def test_a_draft_is_mine_alone_and_comes_back_into_the_form(story: Driver) -> None:
    await monday(story, "ada")
    assert "Your draft is saved." in await answer(story, "ada", "I think", "draft")
    assert await _count(story) == "Answers: 0"
    form = (await story.press("ada", "Go on writing")).form
    assert form
    assert form.values["text"] == "I think"


async def test_three_thousand_and_one_characters_are_refused_and_handed_back(story: Driver) -> None:
    await monday(story, "ada")
    await story.press("ada", "Answer", MONDAY)
    long = "x" * 3_001
    refused = await story.fill("ada", {"text": long})
    assert refused.refused == "Your answer has 3,001 characters; at most 3,000 fit here."
    assert refused.handed_back == (long,)
    form = (await story.press("ada", "Open it again")).form
    assert form
    assert form.values["text"] == long[:3_000]


@pytest.mark.parametrize("text", ["", "   ", "\u200b" * 50, "short", "\u2066\u2069\ufeff"])
async def test_text_without_words_is_refused_with_a_starter(story: Driver, text: str) -> None:
    await monday(story, "ada")
    await story.press("ada", "Answer", MONDAY)
    refused = await story.fill("ada", {"text": text})
    assert refused.refused == "That is too short to learn from."
    assert "because" in refused.hint


async def test_missing_and_extra_fields_do_no_harm(story: Driver) -> None:
    from bot.kernel.action import Action
    from bot.kernel.event import Submitted
    from tests.story import CoreDriver, Where
    from tests.world import CHANNEL, GROUP

    await monday(story, "ada")
    if not isinstance(story, CoreDriver):
        return
    here = Where(GROUP, CHANNEL)
    none = await story._do("ada", here, Submitted(Action.to("answers.send", task="2026-01-05"), {}))
    assert none.refused
    strange = {"text": ("a", "b"), "choices": "show", "more": GOOD, "upload": "text"}
    assert (await story._do("ada", here, Submitted(Action.to("answers.send", task="2026-01-05"), strange))).refused


async def test_a_link_a_file_or_a_recording_needs_one_line_and_then_equals_text(story: Driver) -> None:
    await monday(story, "ada")
    await story.press("ada", "Answer", MONDAY)
    refused = await story.fill("ada", {"upload": RECORDING})
    assert refused.field == "claim"
    await story.press("ada", "Answer", MONDAY)
    assert "kept" in (await story.fill("ada", {"upload": RECORDING, "claim": "Sorting wins, I explain why."})).words
    read = (await story.press("ada", "Read answers", MONDAY)).words
    assert "recording “answer.m4a”, 1:35 minutes" in read
    assert "Sorting wins" in read
    await story.press("ada", "Answer", MONDAY)
    assert (await story.fill("ada", {"text": "https://example.com/notebook", "claim": ""})).field == "claim"


async def test_the_words_of_other_platforms_stay_words(story: Driver) -> None:
    nasty = "@everyone <!channel> <@U1> [x](http://evil.example) **b** ```` {0.__class__} <script>alert(1)</script>"
    await monday(story, "ada")
    await answer(story, "ada", nasty)
    assert nasty in (await story.press("ada", "Read answers", MONDAY)).words


# --- by private message ---------------------------------------------------------------------


async def test_a_private_message_is_an_answer_only_when_i_say_so(story: Driver) -> None:
    await monday(story, "ada")
    asked = await story.tell("ada", GOOD)
    assert "Is this your answer to" in asked.words
    assert "Members can read it after answering." in asked.words, "said before the first private answer"
    assert await _count(story) == "Answers: 0"
    assert "kept" in (await story.press("ada", "Use as my answer")).words
    assert await _count(story) == "Answers: 1"


async def test_whoever_presses_again_because_no_answer_came_reads_that_it_is_kept(
    story: CoreDriver, world: World
) -> None:
    await monday(story, "ada")
    asked = await story.tell("ada", GOOD)
    _, where = story._before("ada", "")
    [use] = [action for seen in asked.replies for label, action in seen.buttons if label == "Use as my answer"]
    await story.press("ada", "Use as my answer")
    again = await story._do("ada", where, Pressed(Action.decode(use)))
    assert "your answer to this problem is kept" in again.refused
    assert await _count(story) == "Answers: 1"


async def test_a_private_message_can_add_to_my_answer_or_be_forgotten(story: Driver) -> None:
    await monday(story, "ada")
    await answer(story, "ada")
    await story.tell("ada", "And it costs n log n.")
    await story.press("ada", "Add to my answer")
    read = (await story.press("ada", "Read answers", MONDAY)).words
    assert GOOD in read
    assert "And it costs n log n." in read
    await story.tell("ada", "What is for lunch today?")
    await story.press("ada", "Not an answer")
    assert "lunch" not in (await story.press("ada", "Read answers", MONDAY)).words


async def test_a_private_answer_may_be_longer_than_a_form(story: Driver) -> None:
    await monday(story, "ada")
    await story.tell("ada", "long words " * 360)
    assert "kept" in (await story.press("ada", "Use as my answer")).words
    await story.tell("ada", "long words " * 360)
    assert "changed" in (await story.press("ada", "Add to my answer")).words
    seen, pages = 0, 0
    answered = await story.press("ada", "Read answers", MONDAY)
    while True:
        seen += answered.words.count("long words") + answered.words.count("long word\n")
        pages += 1
        if "More answers" not in answered.words:
            break
        answered = await story.press("ada", "More answers")
    assert pages == 3
    assert seen >= 714
    assert "longer than a form holds" in (await story.press("ada", "Answer", MONDAY)).refused


async def test_my_own_message_can_be_used_by_its_menu_and_nobody_elses(story: Driver) -> None:
    await monday(story, "ada", "ben")
    said = await story.say("ada", MONDAY, GOOD)
    assert await _count(story) == "Answers: 0", "the thread is for talk"
    assert (await story.choose("ben", "Use as my answer", said.receipt)).refused == "That is somebody else's message."
    await story.choose("ada", "Use as my answer", said.receipt)
    await story.press("ada", "answers.use")
    assert await _count(story) == "Answers: 1"


# --- open threads ------------------------------------------------------------------------------


async def _open_threads(story: Driver) -> None:
    await story.type("olga", "/study organise")
    await story.press("olga", "organiser.threads")


async def test_in_an_open_group_a_reply_is_an_answer_and_follows_the_chat(story: Driver) -> None:
    await monday(story, "ada", "ben")
    await _open_threads(story)
    said = await story.say("ada", MONDAY, GOOD)
    assert await _count(story) == "Answers: 1"
    assert GOOD in (await story.press("ben", "Read answers", MONDAY)).words
    await story.edit("ada", said.receipt, "A heap instead, because it is online.")
    read = (await story.press("ben", "Read answers", MONDAY)).words
    assert "A heap instead" in read
    assert GOOD not in read
    await story.take_back("ada", said.receipt)
    assert await _count(story) == "Answers: 0"
    assert "A heap instead" not in (await story.press("ben", "Read answers", MONDAY)).words


async def test_in_an_open_group_a_reply_adds_to_what_the_form_sent(story: Driver) -> None:
    await monday(story, "ada")
    await _open_threads(story)
    await answer(story, "ada")
    await story.say("ada", MONDAY, "And it costs n log n.")
    read = (await story.press("ada", "Read answers", MONDAY)).words
    assert GOOD in read
    assert "And it costs n log n." in read
    assert "1 answer" in read


async def test_in_a_closed_group_the_thread_is_for_talk(story: Driver, world: World) -> None:
    await monday(story, "ada")
    await story.say("ada", MONDAY, GOOD)
    assert await _count(story) == "Answers: 0"


# --- rules ---------------------------------------------------------------------------------------


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(min_size=1, max_size=9_000) | st.text(min_size=1, max_size=9), min_size=1, max_size=40))
def test_pages_show_every_character_of_every_answer_once(texts: list[str]) -> None:
    answers = [
        Kept(f"m{n}", Words(text), may_show=True, hide_name=False, late=False, withdrawn=False, kept_at=MORNING)
        for n, text in enumerate(texts)
    ]
    pages = rules.pages(answers, "reader")
    shown = [quote.text for page in pages for entry in page for quote in entry.quotes]
    assert "".join(shown) == "".join(texts)
    for number, page in enumerate(pages):
        cards.page_card(TASK, page, number, len(pages), len(answers))  # raises TooLarge when it does not fit


@given(st.text(max_size=300))
def test_what_is_kept_can_harm_no_neighbour(text: str) -> None:
    kept = clean(text)
    assert not set(kept) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\x00\x1b")
    assert clean(kept) == kept
    kept.encode()  # no half of a character


def test_more_words_than_a_form_holds_come_back_as_a_file() -> None:
    long = "x" * 3_001
    card = Refused("Too long.", typed=(long,), again=Action.to("answers.write", task="t")).card
    assert [file.text for file in card.files] == [long]


def test_an_answer_of_any_length_gets_one_clear_sentence() -> None:
    with pytest.raises(Refusal, match="at most 20,000 fit here"):
        rules.accept(Words("x" * 20_001))


async def test_a_ticked_choice_survives_a_refusal(story: Driver) -> None:
    await monday(story, "ada")
    await story.press("ada", "Answer", MONDAY)
    refused = await story.fill("ada", {"text": "short", "choices": ("hide",)})
    assert refused.refused
    form = (await story.press("ada", "Answer", MONDAY)).form
    assert form is not None
    assert form.values["choices"] == ("hide",), "else a name would show that was meant to be hidden"


LUMPS = ["word ", "x" * 40, "\n\n", "line\n", "y" * 1_600]


@given(st.lists(st.sampled_from(LUMPS), max_size=120).map("".join))
def test_a_long_answer_is_cut_between_words_where_there_are_any_and_nothing_is_lost(text: str) -> None:
    pieces = rules._pieces(text)
    assert "".join(pieces) == text
    assert all(0 < len(piece) <= rules.PIECE for piece in pieces)
    for piece in pieces[:-1]:
        has_blank = any(mark in piece[rules.PIECE // 2 : -1] for mark in " \n")
        assert not has_blank or piece[-1] in " \n"

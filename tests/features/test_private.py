"""What a member keeps to themselves stays so: names, withdrawn words, who is stuck."""

from datetime import timedelta
from hashlib import sha256

from bot.kernel.event import Upload
from tests.features.mornings import CLOSE, GOOD, MONDAY, answer, monday
from tests.story import CoreDriver, Driver
from tests.world import TENANT, World

OTHER = "I would rather use a heap, because it is online."


async def _thread(story: Driver) -> str:
    return "\n".join(seen.words for seen in await story.read("ben", MONDAY))


async def test_words_withdrawn_after_the_close_leave_the_thread(story: Driver) -> None:
    await monday(story, "ada", "ben")
    await answer(story, "ben", OTHER, "show")
    await answer(story, "ada", GOOD, "show")
    await story.until(CLOSE)
    assert GOOD in await _thread(story)
    await story.press("ada", "Answer", MONDAY)
    await story.fill("ada", {"text": GOOD})
    await story.press("ada", "Withdraw it")
    after = await _thread(story)
    assert GOOD not in after
    assert OTHER in after
    assert "1 answer, 1 of them shown here" in after


async def test_the_last_words_withdrawn_after_the_close_take_their_message_with_them(story: Driver) -> None:
    await monday(story, "ada", "ben")
    await answer(story, "ada", GOOD, "show")
    await story.until(CLOSE)
    assert "@ada" in await _thread(story)
    await story.press("ada", "Answer", MONDAY)
    await story.fill("ada", {"text": GOOD, "choices": ("show", "hide")})
    after = await _thread(story)
    assert GOOD in after
    assert "@ada" not in after, "a name that is hidden later is hidden there too"
    await story.press("ada", "Withdraw it")
    assert GOOD not in await _thread(story)
    await story.press("ada", "Put it back")
    assert GOOD in await _thread(story)


async def test_nothing_that_others_see_tells_who_is_stuck(story: CoreDriver, world: World) -> None:
    await monday(story, "ada", "ben")
    await story.press("ada", "I'm stuck", MONDAY)
    await story.fill("ada", {"tried": "I sorted it."})
    asked = next(seen for seen in world.messages.values() if "/stuck/" in seen.posting.name)
    known = {sha256(word.encode()).hexdigest()[:8] for word in ("ada", f"{TENANT}/ada")} | {"ada"}
    buttons = " ".join(button.action.encode() for button in asked.card.buttons)
    assert not [word for word in known if word in f"{asked.posting.name} {buttons}"]
    assert "@ada" in (await story.press("ben", "Offer help", asked.posting.name)).words


async def test_what_was_tried_harms_no_neighbour_and_can_be_seen(story: Driver) -> None:
    await monday(story, "ada")
    await story.press("ada", "I'm stuck", MONDAY)
    assert (await story.fill("ada", {"tried": "\u200b\u2060"})).field == "tried"
    await story.press("ada", "I'm stuck", MONDAY)
    await story.fill("ada", {"tried": "I sorted \u202eit."})
    assert "I sorted it." in await _thread(story)


async def test_a_draft_keeps_what_was_ticked(story: Driver) -> None:
    await monday(story, "ada")
    await answer(story, "ada", "I think", "hide", "draft")
    form = (await story.press("ada", "Go on writing")).form
    assert form
    assert form.values["choices"] == ("hide",)


async def test_a_private_answer_can_be_kept_without_a_name(story: Driver) -> None:
    await monday(story, "ada", "ben")
    await answer(story, "ben", OTHER)
    await story.tell("ada", "long words " * 330)
    await story.press("ada", "Use without my name")
    read = (await story.press("ben", "Read answers", MONDAY)).words
    assert "long words" in read
    assert "@ada" not in read


async def test_the_name_of_a_file_does_not_tell_a_hidden_name(story: CoreDriver, world: World) -> None:
    await monday(story, "ada", "ben")
    await answer(story, "ben", OTHER)
    await story.press("ada", "Answer", MONDAY)
    recording = Upload("files/1", "ada-lovelace.m4a", 240_000, seconds=95)
    sent = {"upload": recording, "claim": "Sorting wins, I explain why.", "choices": ("hide", "show")}
    await story.fill("ada", sent)
    read = (await story.press("ben", "Read answers", MONDAY)).words
    assert "recording, 1:35 minutes" in read
    assert "lovelace" not in read
    assert "“ada-lovelace.m4a”" in (await story.press("ada", "Read answers", MONDAY)).words
    await story.until(CLOSE)
    thread = await _thread(story)
    assert "recording, 1:35 minutes" in thread
    assert "Sorting wins" in thread
    assert "lovelace" not in thread


async def test_a_withdrawn_file_does_not_come_back_with_new_words(story: CoreDriver, world: World) -> None:
    await monday(story, "ada", "ben")
    await story.press("ada", "Answer", MONDAY)
    await story.fill("ada", {"upload": Upload("files/1", "answer.m4a", 9, 95), "claim": "I explain sorting."})
    await story.press("ada", "Withdraw it")
    await story.press("ada", "Answer", MONDAY)
    await story.fill("ada", {"text": GOOD, "claim": ""})
    assert "answer.m4a" not in (await story.press("ada", "Read answers", MONDAY)).words


async def test_a_late_answer_that_may_be_shown_is_marked_in_the_thread(story: Driver) -> None:
    await monday(story, "ada", "ben")
    await story.until(CLOSE)
    await answer(story, "ada", GOOD, "show")
    assert "@ada · late" in await _thread(story)


async def test_an_open_group_does_not_promise_closed_answers(story: Driver) -> None:
    await monday(story, "ada")
    assert "after answering" in (await story.tell("ada", GOOD)).words
    await story.type("olga", "/study organise")
    await story.press("olga", "Use open threads")
    asked = (await story.tell("ada", OTHER)).words
    assert "after answering" not in asked
    assert "All members can read it." in asked


async def test_a_private_message_can_still_answer_what_has_closed(story: Driver) -> None:
    await monday(story, "ada")
    await answer(story, "ada")
    await story.until(CLOSE + timedelta(hours=1))  # Tuesday's problem is open now
    asked = await story.tell("ada", OTHER)
    there = [value for seen in asked.replies for value, _, _ in seen.options]
    assert "2026-01-05" in there


async def test_a_warm_up_that_is_answered_gives_way_to_the_newest_problem(story: Driver) -> None:
    await story.found()
    joined = await story.press("ada", "Join the study group", "members.join/web:bench")
    assert joined.replies
    await story.press("ada", "Answer")
    await story.fill("ada", {"text": GOOD})
    await story.until(CLOSE + timedelta(days=5))  # Sunday: nothing is open
    newest = (await story.tell("ada", OTHER)).replies[0]
    assert any("task=2026-01-09" in action for label, action in newest.buttons if label == "Use as my answer")


async def test_a_long_answer_that_is_withdrawn_does_not_bar_the_form(story: Driver) -> None:
    await monday(story, "ada")
    await story.tell("ada", "long words " * 330)
    await story.press("ada", "Use as my answer")
    assert "longer than a form holds" in (await story.press("ada", "Answer", MONDAY)).refused
    await story.tell("ada", "And it is long.")
    await story.press("ada", "Add to my answer")
    await story.press("ada", "Withdraw it")
    assert "Your answer is changed." in await answer(story, "ada")

"""Whose turn it is: who is handed which answer when others do not come, who is asked, and what a request costs."""

from datetime import timedelta

from bot.app import App
from bot.kernel.event import Upload
from bot.kernel.peer_facts import PartnersOf
from tests.features.mornings import GOOD, MONDAY, answer, monday
from tests.features.peers import answer_with
from tests.features.test_reviews import HOUR, REVIEW, answered, ask, forge, pull, read, review
from tests.story import CoreDriver, Driver
from tests.world import GROUP

DAY = timedelta(days=1)
ANSWER = "I think we sort"
TAKE = "Can you take one?"


async def sees(story: Driver, member: str, words: str, place: str = "home") -> bool:
    sights = await (story.open(member) if place == "home" else story.read(member, place))
    return any(words in sight.words for sight in sights)


# --- who has asked is told ----------------------------------------------------------------------------------


async def test_the_author_is_told_in_private_and_a_reply_can_be_changed(story: Driver) -> None:
    """They asked for it, so the message comes without any wish for reminders."""
    await answered(story, "ada", "ben")
    await ask(story, "ada")
    await review(story, "ben")
    assert await sees(story, "ada", "Somebody reviewed your answer", "private")
    assert await sees(story, "ada", "1 review of your answers waits for your reply.")
    await read(story, "ada")
    await story.press("ada", "I keep it")
    assert not await sees(story, "ada", "waits for your reply")
    await read(story, "ada")
    await story.press("ada", "I changed it")
    assert "The author changed the answer." in (await read(story, "ben")).words


async def test_the_message_about_a_review_goes_when_the_review_is_removed(story: CoreDriver, app: App) -> None:
    await answered(story, "ada", "ben", "cleo")
    await ask(story, "ada")
    await review(story, "ben")
    await read(story, "ada")
    await story.press("ada", "Report or block")
    await story.press("ada", "Report it")
    await story.fill("ada", {"reason": "unkind"})
    await forge(story, "olga", "safety.remove", case="1")
    await story.fill("olga", {"why": "It is about the person and not about the answer."})
    assert not await sees(story, "ada", "Somebody reviewed your answer", "private")


# --- what a request costs -------------------------------------------------------------------------------------


async def test_where_nobody_can_review_it_the_author_reads_so_and_keeps_the_right(story: CoreDriver, app: App) -> None:
    await answered(story, "ada")
    alone = await ask(story, "ada")
    assert alone.refused == "Nobody here can review this yet."
    assert "You can ask for 1 review now." in (await story.type("ada", "/study review")).words
    await story.press("ben", "Join the study group", f"members.join/{GROUP}")
    await answer(story, "ben")
    assert "0 of 1 reviews" in (await ask(story, "ada")).words
    await review(story, "ben")
    await ask(story, "ben")
    await forge(story, "ada", "reviews.pull")
    await story.press("ada", "Write my review")
    await story.fill("ada", REVIEW)
    assert (await ask(story, "ada")).refused == "Nobody here can review this yet."  # its only reader has reviewed it


async def test_an_answer_that_nobody_can_read_is_not_sent_to_a_reviewer(story: CoreDriver, app: App) -> None:
    await monday(story, "ada", "ben")
    await answer(story, "ben")
    await story.press("ada", "Answer", MONDAY)
    talk = Upload("file-1", "talk.mp3", 200_000, 200)
    await story.fill("ada", {"text": "", "claim": "My talk about two lists", "upload": talk})
    refused = await ask(story, "ada")
    assert refused.refused == "Your answer has 19 characters of text. A reviewer needs 40 to read."


async def test_what_a_reviewer_does_costs_the_author_nothing(story: CoreDriver, app: App) -> None:
    await answered(story, "ada", "ben", "cleo")
    await ask(story, "ada")
    await pull(story, "ben")
    await story.press("ben", "Give it back")
    back = await forge(story, "ada", "reviews.withdraw_ask", request="1")
    assert "You can ask again this week." in back.words


async def test_the_author_sees_that_somebody_reviews_it_and_taking_it_back_loses_no_review(story: Driver) -> None:
    await answered(story, "ada", "ben", "cleo")
    await ask(story, "ada")
    await pull(story, "ben")
    await story.press("ben", "Write my review")
    board = await story.type("ada", "/study review")
    assert "0 of 1 reviews, somebody is reviewing it now" in board.words
    taken_back = await story.choose(
        "ada", next(value for value, _, action in board.replies[0].options if action == "reviews.withdraw_ask")
    )
    assert "Somebody had begun" in taken_back.words
    assert "Nothing to review" in (await pull(story, "cleo")).words
    assert "Sent" in (await story.fill("ben", REVIEW)).words
    assert await sees(story, "ada", "1 review of your answers waits for your reply.")


# --- when others do not come -----------------------------------------------------------------------------------


async def test_a_member_who_lives_and_never_reviews_keeps_no_partner_away_for_long(story: CoreDriver, app: App) -> None:
    await answered(story, "ada", "ben", "cleo")
    answer_with(app, PartnersOf, lambda asked: {"ada": ("ben",), "ben": ("ada",)}.get(asked.member, ()))
    await ask(story, "ada")
    taken = []
    for day in range(1, 4):
        await story.wait(DAY)
        await answer(story, "cleo", f"{GOOD} Day {day}.")
        taken.append(ANSWER in (await pull(story, "ben")).words)
    assert taken == [False, False, True]  # 36 hours until cleo is asked, and 36 in which she does not take it


async def test_whoever_lets_an_answer_lapse_is_not_handed_it_again_but_can_finish(story: CoreDriver, app: App) -> None:
    await answered(story, "ada", "ben", "cleo")
    await ask(story, "ada")
    for turn in range(4):
        assert (ANSWER in (await pull(story, "ben")).words) == (turn == 0)
        await story.wait(DAY + timedelta(minutes=1))
    await pull(story, "cleo")
    await story.type("ben", "/study review")
    assert ANSWER in (await story.press("ben", "Finish my last review")).words
    await story.press("ben", "Write my review")
    assert "Sent" in (await story.fill("ben", REVIEW)).words
    assert "Finish my last review" not in (await story.type("ben", "/study review")).words


async def test_where_nobody_else_may_a_lapsed_answer_is_handed_out_again(story: CoreDriver, app: App) -> None:
    await answered(story, "ada", "ben")
    await ask(story, "ada")
    await pull(story, "ben")
    await story.wait(DAY + timedelta(minutes=1))
    assert ANSWER in (await pull(story, "ben")).words


# --- who is asked ------------------------------------------------------------------------------------------------


async def asked_of(app: App) -> set[str]:
    rows = await app.store.read(lambda tx: tx.all("SELECT member FROM reviews_asked"))
    return {row["member"] for row in rows}


async def test_who_wants_reminders_is_asked_first_and_only_who_has_a_message_counts_as_asked(
    story: CoreDriver, app: App
) -> None:
    reminded, others = ("ben", "cleo"), ("dan", "eve", "fay", "gil")
    await answered(story, "ada", *reminded, *others)
    for member in reminded:
        await story.type(member, "/study reminders")
        await story.choose(member, "12:30")
    await ask(story, "ada")
    await story.wait(37 * HOUR)
    assert await asked_of(app) == set(reminded)
    assert len([member for member in others if await sees(story, member, TAKE)]) == 1  # three in all
    await story.wait(17 * HOUR)
    for member in reminded:
        assert await sees(story, member, TAKE, "private")
    assert not any([await sees(story, member, TAKE, "private") for member in others])


async def test_nobody_is_asked_for_what_is_taken_twice(story: CoreDriver, app: App) -> None:
    await answered(story, "ada", "ben", "cleo", "dan")
    await story.type("dan", "/study reminders")
    await story.choose("dan", "12:30")
    await ask(story, "ada")
    await story.wait(37 * HOUR)
    assert await sees(story, "dan", TAKE)
    assert await sees(story, "cleo", TAKE)
    await pull(story, "ben")
    assert await sees(story, "cleo", TAKE)  # who has waited so long may be in two hands
    await pull(story, "dan")
    assert not await sees(story, "cleo", TAKE)


async def test_what_was_asked_long_ago_is_forgotten(story: CoreDriver, app: App) -> None:
    await answered(story, "ada", "ben")
    await ask(story, "ada")
    await story.wait(37 * HOUR)
    first = await app.store.read(lambda tx: tx.all("SELECT at FROM reviews_shown ORDER BY at"))
    await story.wait(70 * DAY)
    rows = await app.store.read(lambda tx: tx.all("SELECT at FROM reviews_shown ORDER BY at"))
    assert first
    assert first[0] not in rows


async def test_organisers_read_what_to_do_about_what_waits(story: CoreDriver, app: App) -> None:
    await answered(story, "ada", "ben", "olga")
    await ask(story, "ada")
    await story.wait(49 * HOUR)
    desk = await story.type("olga", "/study organise")
    assert "1 answer has waited over two days for a review. Ask the group, or take one yourself." in desk.words
    assert ANSWER in (await story.press("olga", "Give me one to review")).words

"""Who learns whose name at a review, and what is left of it when somebody is blocked, erased or reported."""

from bot.app import App
from bot.kernel.peer_facts import TextAt, TextFreed, TextHeld
from tests.features.mornings import GOOD, answer, monday
from tests.features.peers import ask as what_is_known
from tests.features.peers import tell
from tests.features.test_reviews import (
    BECAUSE,
    HOUR,
    NEXT,
    REVIEW,
    answered,
    ask,
    forge,
    forge_form,
    pull,
    read,
    review,
)
from tests.story import CoreDriver, Driver

LEARNS = "learns your name"
HIDDEN = "Your name stays hidden."


# --- everybody reads when names are shown ----------------------------------------------------------------


async def test_author_and_reviewer_read_beforehand_that_names_are_shown_and_may_keep_theirs_hidden(
    story: Driver,
) -> None:
    await answered(story, "ada", "ben", "cleo")
    asked = await ask(story, "ada")
    assert f"The reviewer {LEARNS} when you reply, or after three days." in asked.words
    hidden = await story.press("ada", "Keep my name hidden")
    assert HIDDEN in hidden.words
    assert not [label for label, _ in hidden.replies[0].buttons if label == "Keep my name hidden"]
    taken = await pull(story, "ben")
    assert f"The author {LEARNS} when they reply, or after three days." in taken.words
    await story.press("ben", "Write my review")
    await story.fill("ben", REVIEW)
    assert HIDDEN in (await read(story, "ada")).words
    await story.press("ada", "I keep it")
    assert "By " in (await read(story, "ada")).words
    assert "is by" not in (await read(story, "ben")).words


async def test_a_reply_is_sent_with_a_name_only_where_that_was_said(story: CoreDriver, app: App) -> None:
    await answered(story, "ada", "ben")
    await ask(story, "ada")
    await review(story, "ben")
    assert f"The reviewer {LEARNS} when you reply, or after three days." in (await read(story, "ada")).words
    await story.wait(73 * HOUR)
    late = await read(story, "ada")
    assert "By " in late.words
    assert LEARNS not in late.words  # it has happened already


async def test_whoever_hides_their_name_stays_unnamed_as_an_author_too(story: CoreDriver, app: App) -> None:
    await monday(story, "ada", "ben", "cleo")
    for member in ("ada", "ben"):
        await answer(story, member)
    await ask(story, "ada")
    await story.type("ada", "/study review")
    await story.press("ada", "Keep my name hidden")
    await review(story, "ben")
    await story.wait(73 * HOUR)
    assert "is by" not in (await read(story, "ben")).words


async def test_showing_the_name_again_names_nobody_who_gave_a_review_unnamed(story: CoreDriver, app: App) -> None:
    await answered(story, "ada", "ben")
    await story.type("ben", "/study review")
    await story.press("ben", "Keep my name hidden")
    await ask(story, "ada")
    assert HIDDEN in (await pull(story, "ben")).words
    await story.press("ben", "Write my review")
    sent = await story.fill("ben", REVIEW)
    assert "Keep my name hidden" not in sent.words  # it is
    await read(story, "ada")
    await story.press("ada", "I keep it")
    await story.type("ben", "/study review")
    assert "What was hidden stays hidden." in (await story.press("ben", "Show my name")).words
    assert "By " not in (await read(story, "ada")).words


async def test_a_review_in_return_names_nobody_who_reviewed_unnamed(story: CoreDriver, app: App) -> None:
    """The reviewer reads that the author reviewed them this week; so they must not read who that is."""
    await answered(story, "ada", "ben")
    await story.type("ada", "/study review")
    await story.press("ada", "Keep my name hidden")
    await ask(story, "ben")
    await review(story, "ada")
    await forge(story, "ada", "reviews.names", hide="0")
    await ask(story, "ada")
    assert "reviewed an answer of yours" in (await pull(story, "ben")).words
    await story.press("ben", "Write my review")
    await story.fill("ben", REVIEW)
    await story.wait(73 * HOUR)
    assert "is by" not in (await forge(story, "ben", "reviews.read", review="2")).words


# --- blocked, and nobody can tell ------------------------------------------------------------------------------


async def test_a_reply_to_somebody_blocked_is_taken_as_always_and_never_arrives(story: CoreDriver, app: App) -> None:
    await answered(story, "ada", "ben", "cleo")
    await ask(story, "ada")
    await review(story, "ben")
    await forge_form(story, "ben", "safety.send_block", {"person": "ada"})
    await read(story, "ada")
    await story.press("ada", "I disagree")
    said = await story.fill("ada", {"because": BECAUSE})
    assert not said.refused
    assert "Your reply is sent." in said.words
    got = await read(story, "ada")
    assert NEXT in got.words  # it was nameless: if it vanished now, that would tell who blocked whom
    assert "By " not in got.words
    unanswered = await read(story, "ben")
    assert BECAUSE not in unanswered.words
    assert "The author has not replied yet." in unanswered.words
    assert not [1 for sight in await story.open("ben") if "replied to your review" in sight.words]


async def test_what_stood_under_a_name_is_gone_when_that_name_is_blocked(story: CoreDriver, app: App) -> None:
    await answered(story, "ada", "ben", "cleo")
    await ask(story, "ada")
    await review(story, "ben")
    await read(story, "ada")
    await story.press("ada", "I keep it")
    assert "By " in (await read(story, "ada")).words
    await forge_form(story, "ada", "safety.send_block", {"person": "ben"})
    board = await story.type("ada", "/study review")
    assert not [1 for _, _, action in board.replies[0].options if action == "reviews.read"]
    for route in ("reviews.read", "reviews.keep", "reviews.disagree"):
        assert "I do not find this review." in (await forge(story, "ada", route, review="1")).refused
    assert "The author has not replied yet." in (await read(story, "ben")).words


async def test_blocking_the_author_of_a_nameless_review_hides_that_review(story: CoreDriver, app: App) -> None:
    await answered(story, "ada", "ben", "cleo")
    await ask(story, "ada")
    await review(story, "ben")
    await read(story, "ada")
    await story.press("ada", "Report or block")
    await story.press("ada", "Block its author")
    assert (await forge(story, "ada", "reviews.read", review="1")).refused
    board = await story.type("ada", "/study review")
    assert not [1 for _, _, action in board.replies[0].options if action == "reviews.read"]


async def test_a_block_does_not_show_in_the_number_of_answers_that_wait(story: CoreDriver, app: App) -> None:
    await answered(story, "ada", "ben")
    await ask(story, "ada")
    assert "1 answer waits for a review." in (await story.type("ben", "/study review")).words
    await forge_form(story, "ada", "safety.send_block", {"person": "ben"})
    assert "Nobody waits for a review from you now." in (await story.type("ben", "/study review")).words
    nothing = await story.press("ben", "Give me one to review")
    assert "No answer waits for you now." in nothing.words
    assert "for others" not in nothing.words


async def test_whoever_blocks_a_reviewer_at_work_has_the_right_to_ask_again(story: CoreDriver, app: App) -> None:
    await answered(story, "ada", "ben", "cleo")
    await ask(story, "ada")
    await pull(story, "ben")
    await forge_form(story, "ada", "safety.send_block", {"person": "ben"})
    assert "You can ask again" in (await forge(story, "ada", "reviews.withdraw_ask", request="1")).words


# --- erased or reported ---------------------------------------------------------------------------------------------


async def test_a_reported_review_whose_reviewer_is_erased_is_replaced(story: CoreDriver, app: App) -> None:
    await answered(story, "ada", "ben", "cleo")
    await ask(story, "ada")
    await review(story, "ben")
    await tell(app, TextHeld("reviews", "1/review"))
    await forge(story, "ben", "members.erase_now")
    assert "0 of 1 reviews" in (await story.type("ada", "/study review")).words
    await review(story, "cleo")
    assert NEXT in (await read(story, "ada")).words


async def test_an_answer_in_a_reviewers_hands_is_reported_as_the_answer_that_it_is(story: CoreDriver, app: App) -> None:
    await answered(story, "ada", "ben", "cleo")
    await ask(story, "ada")
    await pull(story, "ben")
    lease = await what_is_known(app, TextAt("reviews", "lease/1", "ben"))
    kept = await what_is_known(app, TextAt("answers", "2026-01-05/1", "ben"))
    assert lease
    assert kept
    assert (lease.stands_at, lease.where, lease.text) == ("answers:2026-01-05/1", kept.where, kept.text)
    await forge(story, "cleo", "safety.about", text="answers:2026-01-05/1")
    await story.press("cleo", "Report it")
    await story.fill("cleo", {"reason": "other"})
    assert await what_is_known(app, TextAt("reviews", "lease/1", "ben")) is None
    assert f"{GOOD} Ada" not in (await forge(story, "ben", "safety.about", text="reviews:lease/1")).words


async def test_a_report_that_comes_to_nothing_does_not_end_a_review(story: CoreDriver, app: App) -> None:
    await answered(story, "ada", "ben", "cleo")
    await ask(story, "ada")
    await pull(story, "ben")
    await story.press("ben", "Write my review")
    await forge(story, "cleo", "safety.about", text="answers:2026-01-05/1")
    await story.press("cleo", "Report it")
    await story.fill("cleo", {"reason": "other"})
    assert (await forge(story, "ben", "reviews.open", lease="1")).refused
    await forge(story, "olga", "safety.restore", case="1")
    assert "Sent" in (await story.fill("ben", REVIEW)).words


async def test_whoever_took_another_answer_meanwhile_holds_one_and_can_finish_the_other(
    story: CoreDriver, app: App
) -> None:
    await answered(story, "ada", "ben", "cleo")
    await ask(story, "ada")
    await pull(story, "ben")
    await tell(app, TextHeld("answers", "2026-01-05/1"))
    await ask(story, "cleo")
    assert "Cleo says so." in (await pull(story, "ben")).words
    await tell(app, TextFreed("answers", "2026-01-05/1"))
    board = await story.type("ben", "/study review")
    assert ("Go on with my review", "reviews.open?lease=2") in board.replies[0].buttons
    assert "Ada says so." in (await pull(story, "cleo")).words  # it waits for anybody
    await story.wait(25 * HOUR)
    for lease in ("1", "2"):
        assert not (await forge_form(story, "ben", "reviews.send", REVIEW, lease=lease)).refused


async def test_a_barred_reviewer_reads_that_an_organiser_paused_reviews(story: CoreDriver, app: App) -> None:
    await answered(story, "ada", "ben", "cleo")
    await ask(story, "ada")
    await review(story, "ben")
    await ask(story, "cleo")
    await pull(story, "ben")
    await story.press("ben", "Write my review")
    await read(story, "ada")
    await story.press("ada", "Report or block")
    await story.press("ada", "Report it")
    await story.fill("ada", {"reason": "unkind"})
    await forge(story, "olga", "safety.bar", case="1")
    refused = await story.fill("ben", REVIEW)
    assert "paused reviews for you until" in refused.refused
    assert NEXT in refused.handed_back


async def test_putting_an_answer_back_asks_for_no_review_while_an_organiser_has_paused_them(
    story: CoreDriver, app: App
) -> None:
    await answered(story, "ada", "ben", "cleo")
    await ask(story, "ben")
    await review(story, "ada")
    await read(story, "ben")
    await story.press("ben", "Report or block")
    await story.press("ben", "Report it")
    await story.fill("ben", {"reason": "unkind"})
    await ask(story, "ada")
    await pull(story, "cleo")
    await forge(story, "ada", "answers.withdraw", task="2026-01-05")
    await forge(story, "olga", "safety.bar", case="1")
    await forge(story, "ada", "answers.restore", task="2026-01-05")
    assert "of 1 reviews" not in (await story.type("ada", "/study review")).words

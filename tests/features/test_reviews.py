"""Reviews among members: asked for, handed out, written, read and replied to."""

from collections.abc import Mapping
from datetime import timedelta

from bot.app import App
from bot.kernel.action import Action
from bot.kernel.event import Pressed, Submitted, Value
from tests.features.mornings import GOOD, answer, joined, monday
from tests.story import Answered, CoreDriver, Driver, Where
from tests.world import CHANNEL, GROUP

HOUR = timedelta(hours=1)
NEXT = "Say what the sorting costs when the list has a million rows."
REVIEW: dict[str, Value] = {
    "level_1": "3",
    "level_2": "2",
    "passage": "2",
    "next": NEXT,
    "question": "What if it is sorted already?",
}
BECAUSE = "The list is never sorted in this problem."


async def answered(story: Driver, *members: str) -> None:
    """Monday's problem is open, and these members have answered it."""
    await monday(story, *members)
    for member in members:
        await answer(story, member, f"{GOOD} {member.title()} says so.")


async def ask(story: Driver, member: str) -> Answered:
    """Ask for a review of Monday's answer."""
    board = await story.type(member, "/study review")
    task = next(value for value, _, action in board.replies[0].options if action == "reviews.ask")
    return await story.choose(member, task)


async def pull(story: Driver, member: str) -> Answered:
    board = await story.type(member, "/study review")
    going = any(label == "Go on with my review" for label, _ in board.replies[0].buttons)
    return await story.press(member, "Go on with my review" if going else "Give me one to review")


async def review(story: Driver, member: str) -> Answered:
    """Take an answer, and send a review of it."""
    taken = await pull(story, member)
    assert "1 · I think we sort first" in taken.words, taken.words
    await story.press(member, "Write my review")
    sent = await story.fill(member, REVIEW)
    assert not sent.refused, sent.refused
    return sent


async def read(story: Driver, member: str) -> Answered:
    """The first review in the member's own list: of an answer of theirs, or else one that they gave."""
    board = await story.type(member, "/study review")
    return await story.choose(member, next(v for v, _, action in board.replies[0].options if action == "reviews.read"))


# --- from asking to the reply -----------------------------------------------------------------------------


async def test_an_answer_is_asked_for_pulled_read_reviewed_and_replied_to(story: Driver) -> None:
    """Names are hidden until the author has replied. Three presses and one form lie between pulling and having sent."""
    await answered(story, "ada", "ben")
    asked = await ask(story, "ada")
    assert "0 of 1 reviews" in asked.words
    taken = await pull(story, "ben")
    assert "3 · Ada says so." in taken.words
    assert "Correct" in taken.words
    opened = await story.press("ben", "Write my review")
    assert opened.form
    assert len(opened.form.labels) == 5
    sent = await story.fill("ben", REVIEW)
    assert "Sent" in sent.words
    home = await story.open("ada")
    assert any("1 review of your answers" in sight.words for sight in home)
    delivered = await story.press("ada", "Read it")
    for words in (NEXT, "It fails when it must be online.", "3 · solid", "What if it is sorted already?"):
        assert words in delivered.words
    assert "By " not in delivered.words
    assert "is by" not in (await read(story, "ben")).words
    await read(story, "ada")
    await story.press("ada", "I disagree")
    assert "too short" in (await story.fill("ada", {"because": "No."})).refused
    assert "Your reply is sent." in (await story.fill("ada", {"because": BECAUSE})).words
    reply = await read(story, "ben")
    assert BECAUSE in reply.words
    assert "The answer is by" in reply.words
    assert "By " in (await read(story, "ada")).words
    await story.type("ben", "/study review")
    await story.press("ben", "Keep my name hidden")
    assert "By " not in (await read(story, "ada")).words
    await answer(story, "ada", f"{GOOD} Ada says so again.", "hide")
    assert "is by" not in (await read(story, "ben")).words


async def test_one_review_a_week_is_free_and_each_one_given_earns_another(story: Driver) -> None:
    await answered(story, "ada", "ben", "cleo")
    await ask(story, "ada")
    await review(story, "ben")
    await story.type("ada", "/study today")
    again = await story.press("ada", "Ask for a review")
    assert "Give one review, and you can ask again." in again.words
    await ask(story, "cleo")
    await review(story, "ada")
    assert "0 of 1 reviews" in (await ask(story, "ada")).words
    await story.press("ada", "Take it back")
    assert "You can ask for 1 review now." in (await story.type("ada", "/study review")).words


async def test_an_answer_that_is_not_reviewed_in_a_day_goes_to_somebody_else_and_nothing_is_lost(story: Driver) -> None:
    await answered(story, "ada", "ben", "cleo")
    await ask(story, "ada")
    await pull(story, "ben")
    await story.press("ben", "Write my review")
    assert "Nothing to review" in (await pull(story, "cleo")).words
    await story.wait(25 * HOUR)
    assert "1 · I think we sort first" in (await pull(story, "cleo")).words
    await story.press("cleo", "Give it back")
    late = await story.fill("ben", REVIEW)
    assert "Sent" in late.words
    assert NEXT in (await read(story, "ada")).words


async def test_a_review_of_a_changed_answer_says_so_and_of_a_withdrawn_one_is_refused_with_its_words(
    story: Driver,
) -> None:
    await answered(story, "ada", "ben")
    await ask(story, "ada")
    await pull(story, "ben")
    await story.press("ben", "Write my review")
    await answer(story, "ada", "I think a heap is better, because only the smallest count. It fails for many.")
    await story.fill("ben", REVIEW)
    changed = await read(story, "ada")
    assert "as it was before your last change" in changed.words
    assert "It fails when it must be online." in changed.words  # the passage that the reviewer read
    await ask(story, "ben")
    await pull(story, "ada")
    await story.press("ada", "Write my review")
    await answer(story, "ben", "I am about to take this answer back, because I want to think about it again.")
    await story.press("ben", "Withdraw it")
    refused = await story.fill("ada", REVIEW)
    assert "cannot be reviewed any more" in refused.refused
    assert NEXT in refused.handed_back


async def test_after_36_hours_others_are_asked_in_private_and_after_48_the_organiser_sees_it(story: Driver) -> None:
    await answered(story, "ada", "ben", "cleo")
    await ask(story, "ada")
    await story.wait(37 * HOUR)
    waiting = [sight for sight in await story.open("ben") if "Can you take one?" in sight.words]
    assert waiting
    assert not [sight for sight in await story.open("ada") if "Can you take one?" in sight.words]
    await story.press("olga", "Join the study group", f"members.join/{GROUP}")
    assert "over two days" not in (await story.type("olga", "/study organise")).words
    await story.wait(12 * HOUR)
    desk = await story.type("olga", "/study organise")
    assert "1 answer has waited over two days for a review." in desk.words
    await review(story, "ben")
    assert not [sight for sight in await story.open("ben") if "Can you take one?" in sight.words]


async def test_a_review_that_an_organiser_removes_is_read_by_nobody_and_replaced(story: Driver) -> None:
    await answered(story, "ada", "ben", "cleo")
    await ask(story, "ada")
    await review(story, "ben")
    await read(story, "ada")
    await story.press("ada", "Report or block")
    await story.press("ada", "Report it")
    await story.fill("ada", {"reason": "unkind"})
    held = await story.type("ada", "/study review")
    assert not [1 for _, _, action in held.replies[0].options if action == "reviews.read"]
    await story.type("olga", "/study reports")
    case = next(sight for sight in await story.read("olga", "private") if NEXT in sight.words)
    await story.press("olga", "Remove it", case.name)
    await story.fill("olga", {"why": "It is about the person and not about the answer."})
    again = await story.type("ada", "/study review")
    assert "0 of 1 reviews" in again.words
    await review(story, "cleo")
    assert NEXT in (await read(story, "ada")).words


# --- who may do what ------------------------------------------------------------------------------------------


async def forge(story: CoreDriver, member: str, route: str, **args: str) -> Answered:
    return await story._do(member, Where(GROUP, CHANNEL), Pressed(Action.to(route, **args)))


async def forge_form(story: CoreDriver, member: str, route: str, values: Mapping[str, Value], **args: str) -> Answered:
    return await story._do(member, Where(GROUP, CHANNEL), Submitted(Action.to(route, **args), dict(values)))


async def test_forged_actions_are_refused(story: CoreDriver, app: App) -> None:
    """Another's lease, one's own answer, another's request or review, numbers that name nothing."""
    await answered(story, "ada", "ben", "cleo")
    await ask(story, "ada")
    assert "Nothing to review" in (await forge(story, "ada", "reviews.pull")).words  # there is only her own
    await pull(story, "ben")
    for route in ("reviews.open", "reviews.write", "reviews.rubric", "reviews.give_back"):
        for member in ("ada", "cleo"):
            assert (await forge(story, member, route, lease="1")).refused, f"{member} {route}"
    for member in ("ada", "cleo"):
        assert (await forge_form(story, member, "reviews.send", REVIEW, lease="1")).refused
    assert (await forge(story, "ben", "reviews.withdraw_ask", request="1")).refused
    assert not (await forge_form(story, "ben", "reviews.send", REVIEW, lease="1")).refused
    assert (await forge_form(story, "ben", "reviews.send", REVIEW, lease="1")).refused  # it is sent already
    for route in ("reviews.keep", "reviews.changed", "reviews.disagree"):
        for member in ("ben", "cleo"):  # only the author replies
            assert (await forge(story, member, route, review="1")).refused, f"{member} {route}"
    assert (await forge(story, "cleo", "reviews.read", review="1")).refused
    for number in ("", "0", "-1", "99", "1e3", "٣", "9" * 20):
        assert (await forge(story, "ada", "reviews.read", review=number)).refused
        assert (await forge(story, "ada", "reviews.open", lease=number)).refused
        assert (await forge(story, "ada", "reviews.withdraw_ask", request=number)).refused
    assert (await forge(story, "ada", "reviews.ask", task="2020-01-01")).refused
    assert (await forge(story, "dan", "reviews.pull")).refused  # no member


async def test_those_who_are_blocked_are_never_brought_together(story: CoreDriver, app: App) -> None:
    await answered(story, "ada", "ben", "cleo")
    await ask(story, "ada")
    await pull(story, "ben")
    await story.press("ben", "Write my review")
    await forge_form(story, "ada", "safety.send_block", {"person": "ben"})
    refused = await story.fill("ben", REVIEW)
    assert refused.refused == "This answer cannot be reviewed any more."  # the same words as when it was withdrawn
    assert "block" not in refused.words.lower()
    assert "Nothing to review" in (await pull(story, "ben")).words
    await review(story, "cleo")


async def test_a_member_who_may_not_review_for_a_while_neither_asks_nor_takes_nor_sends(
    story: CoreDriver, app: App
) -> None:
    await answered(story, "ada", "ben", "cleo")
    await ask(story, "ada")
    await review(story, "ben")
    await ask(story, "ben")
    await pull(story, "cleo")  # ben's answer
    await read(story, "ada")
    await story.press("ada", "Report or block")
    await story.press("ada", "Report it")
    await story.fill("ada", {"reason": "unkind"})
    case = next(sight for sight in await story.read("olga", "private") if NEXT in sight.words)
    barred = await story.press("olga", "safety.bar", case.name)
    assert not barred.refused
    for route in ("reviews.ask", "reviews.pull"):
        assert "paused reviews for you until" in (await forge(story, "ben", route, task="2026-01-05")).refused
    assert (await forge_form(story, "cleo", "reviews.send", REVIEW, lease="2")).refused
    await story.wait(8 * 24 * HOUR)
    assert not (await forge(story, "ben", "reviews.ask", task="2026-01-05")).refused


async def test_an_export_holds_ones_own_words_and_nobody_elses(story: CoreDriver, app: App) -> None:
    await answered(story, "ada", "ben")
    await ask(story, "ada")
    await review(story, "ben")
    await read(story, "ada")
    await story.press("ada", "I disagree")
    await story.fill("ada", {"because": BECAUSE})
    await ask(story, "ben")
    await pull(story, "ada")
    for member, own, others in (("ada", BECAUSE, NEXT), ("ben", NEXT, BECAUSE)):
        outcome = await story.app.engine.handle(
            story._event(member, Where(GROUP, CHANNEL), Pressed(Action.to("members.export")))
        )
        told = "\n".join(file.text for reply in outcome.answers for file in reply.card.files)
        other = "ben" if member == "ada" else "ada"
        assert own in told
        assert "reviews_given" in told
        for theirs in (others, f"{other.title()} says so", f'"{other}"'):
            assert theirs not in told


async def test_two_reviews_of_one_answer_stand_side_by_side_without_a_rank(story: Driver) -> None:
    await answered(story, "ada", "ben", "cleo")
    await ask(story, "ada")
    await review(story, "ben")
    await ask(story, "cleo")
    await review(story, "ada")
    await ask(story, "ada")
    swap = await pull(story, "cleo")
    assert "This member reviewed an answer of yours this week. Nobody else could take it." in swap.words
    await review(story, "cleo")
    beside = await read(story, "ada")
    assert "2 reviews of this answer, side by side" in beside.words
    assert beside.words.count("3 · solid") == 2
    assert beside.words.count("It shows in “") == 4, "each level of both has its sentence"


async def test_a_newcomer_reads_what_to_do_first(story: Driver) -> None:
    await joined(story, "ada")
    empty = await story.type("ada", "/study review")
    assert "Nobody waits for a review from you now." in empty.words
    nothing = await story.press("ada", "Give me one to review")
    assert "You can review problems of the kinds that you have answered." in nothing.words

"""Thursday and Sunday: what was logged, one press to confirm it, one press to answer, and nobody is accused."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.app import App
from bot.kernel.card import Quote, card_words
from bot.kernel.facts import AnswerKept, TimedRunFinished
from bot.kernel.peer_facts import ReviewGiven, TextHeld
from tests.features.peers import tell, text_at
from tests.features.test_partner_plans import LINE, ROOM, go_on, paired, plan, wish
from tests.story import Answered, CoreDriver, Driver
from tests.world import GROUP, World

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
THURSDAY = datetime(2026, 1, 8, 17, 0, 5, tzinfo=UTC)  # 18:00 in Berlin
SUNDAY = datetime(2026, 1, 11, 17, 0, 5, tzinfo=UTC)
NEXT = f"partners.checkin/{GROUP}/1/2026-01-08"
LAST = f"partners.checkin/{GROUP}/1/2026-01-11"
WORDS = "The second proof is in the way."


def did(member: str, *tasks: str) -> list[AnswerKept]:
    return [AnswerKept(task, member, first=True, late=False) for task in tasks]


async def thursday(story: Driver, app: App) -> None:
    """Ada planned three answers and a review, and gave two answers; Ben planned one answer and gave none."""
    await paired(story, "ada", "ben")
    await plan(story, "ada", 3, 1)
    await plan(story, "ben", 1, 0)
    await tell(app, *did("ada", "t1", "t2"))
    await go_on(story, THURSDAY, "ada", "ben")


def shown(world: World, name: str = NEXT) -> str:
    return card_words(world.named(name).card)


async def confirmed(story: Driver, member: str, name: str = NEXT) -> Answered:
    answered = await story.press(member, "My part is right", name)
    await story.wait(MINUTE)
    return answered


async def reacted(story: Driver, member: str, label: str, name: str = NEXT) -> Answered:
    answered = await story.press(member, label, name)
    await story.wait(MINUTE)
    return answered


# --- the story ----------------------------------------------------------------------------------------


async def test_a_check_in_takes_one_press_each_and_a_line_if_they_like(story: Driver) -> None:
    await paired(story, "ada", "ben")
    await plan(story, "ada", 3, 1)
    await plan(story, "ben", 2, 0)
    await go_on(story, THURSDAY, "ada", "ben")
    assert "Thank you." in (await story.press("ada", "My part is right", NEXT)).words
    assert (await story.press("ada", "Add a line")).form
    assert "Thank you." in (await story.fill("ada", {"line": WORDS})).words
    assert "Good." in (await story.press("ben", "Well done", NEXT)).words
    await story.wait(MINUTE)
    assert WORDS in (await story.choose("ben", WORDS, NEXT)).words
    talk = await story.press("ben", "Talk?", NEXT)
    assert "would like to talk" in talk.words
    assert any("would like to talk with you" in sight.words for sight in await story.open("ada"))
    assert "I have suggested times." in (await story.press("ben", "partners.slot")).words
    await story.wait(MINUTE)
    assert not (await story.press("ada", "The first suits me", f"partners.slot/{GROUP}/1")).refused


# --- what it says -----------------------------------------------------------------------------------------


async def test_it_is_filled_from_logged_work_and_names_what_is_planned_without_a_nought(
    story: Driver, app: App, world: World
) -> None:
    await thursday(story, app)
    words = shown(world)
    assert "@ada: 2 of 3 answers. Planned: 1 review." in words
    assert "@ben plans 1 answer." in words
    for accusing in ("0 of", "missed", "not done", "behind", "only"):
        assert accusing not in words


async def test_who_planned_and_did_nothing_is_not_named(story: Driver, app: App, world: World) -> None:
    await paired(story, "ada", "ben")
    await tell(app, *did("ada", "t1"))
    await go_on(story, THURSDAY, "ada", "ben")
    assert "@ada: 1 answer." in shown(world)
    assert "ben" not in shown(world)
    await confirmed(story, "ben")
    assert "@ben is here." in shown(world)


async def test_where_nobody_did_anything_there_is_still_a_kind_word(story: Driver, app: App, world: World) -> None:
    await paired(story, "ada", "ben")
    await go_on(story, THURSDAY, "ada", "ben")
    assert "A short word to each other is enough." in shown(world)


async def test_sunday_counts_the_whole_week_and_monday_begins_anew(story: Driver, app: App, world: World) -> None:
    await thursday(story, app)
    await tell(app, *did("ada", "t3"), ReviewGiven("ada", "7"), TimedRunFinished("t9", "ada", 900))
    await go_on(story, SUNDAY, "ada", "ben")
    assert "@ada: 3 answers, 1 review and 1 timed run." in shown(world, LAST)
    assert "You did what you planned." in (await confirmed(story, "ada", LAST)).words
    await go_on(story, SUNDAY + timedelta(days=4), "ada", "ben")
    assert "@ada" not in shown(world, f"partners.checkin/{GROUP}/1/2026-01-15")


async def test_a_confirmation_takes_in_what_was_done_since(story: Driver, app: App, world: World) -> None:
    await thursday(story, app)
    await tell(app, *did("ada", "t3"))
    assert "2 of 3 answers" in shown(world), "the message stands as it was posted"
    await confirmed(story, "ada")
    assert "@ada confirmed: 3 answers. Planned: 1 review." in shown(world)


async def test_what_was_confirmed_can_be_taken_back(story: Driver, app: App, world: World) -> None:
    await thursday(story, app)
    await confirmed(story, "ada")
    await story.press("ada", "Add a line")
    await story.fill("ada", {"line": WORDS})
    taken = await story.press("ada", "Take it back")
    await story.wait(MINUTE)
    assert "It is taken back." in taken.words
    assert "@ada: 2 of 3" in shown(world)
    assert WORDS not in shown(world)


async def test_all_of_it_is_one_message(story: Driver, app: App, world: World) -> None:
    await thursday(story, app)
    for member in ("ada", "ben"):
        await confirmed(story, member)
        await reacted(story, member, "Saw it")
    assert world.created.count(NEXT) == 1
    assert not world.doubles()


async def test_a_press_again_changes_nothing_and_the_newest_answer_stands(
    story: Driver, app: App, world: World
) -> None:
    await thursday(story, app)
    for label in ("Saw it", "Saw it", "Well done"):
        await reacted(story, "ben", label)
    assert shown(world).count("@ben says to @ada: well done.") == 1
    assert "@ben saw it." not in shown(world)
    await reacted(story, "ben", "Well done")
    await story.press("ben", "Take it back")
    await story.wait(MINUTE)
    assert "well done." not in shown(world)


async def test_in_a_trio_all_three_are_in_one_message(story: Driver, app: App, world: World) -> None:
    await paired(story, "ada", "ben", "cleo")
    for member in ("ada", "ben", "cleo"):
        await plan(story, member, 2, 0)
        await tell(app, *did(member, f"{member}-1"))
    await go_on(story, THURSDAY, "ada", "ben", "cleo")
    for member in ("ada", "ben", "cleo"):
        assert f"@{member}: 1 of 2 answers." in shown(world)
    await reacted(story, "cleo", "Talk?")
    for other in ("ada", "ben"):
        assert any("would like to talk with you" in sight.words for sight in await story.open(other))
    assert not any("would like to talk with you" in sight.words for sight in await story.open("cleo"))
    await story.press("cleo", "Saw it", NEXT)
    assert not any("would like to talk with you" in sight.words for sight in await story.open("ada"))


# --- who may -----------------------------------------------------------------------------------------------


async def test_only_partners_press_there(story: Driver, app: App, world: World) -> None:
    await thursday(story, app)
    await story.press("eve", "Join the study group", f"members.join/{GROUP}")
    for label in ("My part is right", "Add a line", "Saw it"):
        assert "no partner at present" in (await story.press("eve", label, NEXT)).refused
    assert "eve" not in shown(world)


async def test_an_empty_or_a_long_line_says_what_to_do_and_hands_the_words_back(story: Driver, app: App) -> None:
    await thursday(story, app)
    await story.press("ada", "Add a line", NEXT)
    assert "empty" in (await story.fill("ada", {"line": "  "})).refused
    long = await story.fill("ada", {"line": "word " * 70})
    assert "at most 300" in long.refused
    assert long.handed_back


async def test_a_check_in_that_is_later_than_two_hours_is_left_out(story: Driver, app: App, world: World) -> None:
    await thursday(story, app)
    assert [name for name in world.names() if name == NEXT]
    story.clock.set(SUNDAY + 3 * HOUR)
    await app.settle()
    assert LAST not in world.names()
    assert not [name for name in world.names() if name.startswith("organiser.skipped/") and "partners" in name]


async def test_a_check_in_rings_for_nobody_where_it_is_night_for_one_of_them(
    story: Driver, app: App, world: World
) -> None:
    story.person("ben", zone="Asia/Tokyo")
    await thursday(story, app)
    assert world.named(NEXT).posting.quiet
    await story.press("ben", "My part is right", NEXT)


@pytest.mark.parametrize(("one", "other"), [("ada", "ben"), ("ben", "ada")])
@pytest.mark.parametrize("label", ["My part is right", "Saw it"])
async def test_who_reacts_owes_no_word_and_who_does_not_is_reminded_in_private(
    story: Driver, app: App, world: World, label: str, one: str, other: str
) -> None:
    await thursday(story, app)
    before = shown(world)
    await reacted(story, one, label)
    await story.wait(25 * HOUR)
    reminder = "for a word from you"
    assert not any(reminder in sight.words for sight in await story.open(one))
    assert any(reminder in sight.words for sight in await story.open(other))
    line = next(line for line in before.splitlines() if line.startswith(f"@{other}"))
    assert shown(world).count(f"@{other}") == shown(world).count(line) == 1, "nothing in the room says so"


async def test_an_old_check_in_of_other_partners_takes_no_presses_any_more(
    story: Driver, app: App, world: World
) -> None:
    await thursday(story, app)
    await story.type("ben", "/study pause")
    await story.choose("ben", "2 weeks")
    await story.press("cleo", "Join the study group", f"members.join/{GROUP}")
    await wish(story, "cleo")
    await story.type("ada", "/study partner")
    await story.press("ada", "Another partner")
    assert "earlier partners" in (await story.press("ada", "My part is right", NEXT)).refused
    assert not (await story.press("ada", "My plan", f"partners.pair/{GROUP}/2")).refused


# --- what it costs --------------------------------------------------------------------------------------------


READS = 200 / 60  # words a second: slow reading on a phone
PRESS, TYPES = 3.0, 35 / 60  # seconds for a press; words a second while writing


async def test_a_keen_members_week_takes_eight_presses_and_under_five_minutes(
    story: Driver, app: App, world: World
) -> None:
    """Plan, two check-ins with a line, and an answer to each; all that is read on the way is counted."""
    await paired(story, "ada", "ben")
    presses, read, typed = 0, 0, 0

    async def deed(answered: Answered) -> Answered:
        nonlocal presses, read
        presses, read = presses + 1, read + len(answered.words.split())
        return answered

    async def write(words: str, **values: str) -> None:
        nonlocal typed
        typed += len(words.split())
        await deed(await story.fill("ada", {**values, "line": words}))

    await deed(await story.press("ada", "My plan", ROOM))
    await write(LINE)
    await plan(story, "ben", 2, 0, LINE)
    await tell(app, *did("ada", "t1", "t2"))
    for at, name in ((THURSDAY, NEXT), (SUNDAY, LAST)):
        await story.until(at)
        read += len(shown(world, name).split())
        await deed(await story.press("ada", "Add a line", name))
        await write(WORDS)
        await story.press("ben", "My part is right", name)
        await deed(await story.press("ada", "Well done", name))
        await story.wait(MINUTE)
        read += len(shown(world, name).split())
    read += len(shown(world, f"partners.plan/{GROUP}/1/2026-01-05").split())
    minutes = (presses * PRESS + read / READS + typed / TYPES) / 60
    print(f"presses {presses}, words read {read}, words typed {typed}, minutes {minutes:.1f}")  # noqa: T201
    assert presses == 8
    assert minutes < 5


# --- people go, words are reported ---------------------------------------------------------------------------


async def test_a_reported_line_is_hidden_and_its_numbers_stay(story: Driver, app: App, world: World) -> None:
    await thursday(story, app)
    await story.press("ada", "Add a line", NEXT)
    await story.fill("ada", {"line": WORDS})
    await story.wait(MINUTE)
    place = world.named(NEXT).card.selects[0].options[0].value.removeprefix("partners:")
    assert (await text_at(app, place, "ben", "partners")).text == WORDS  # type: ignore[union-attr]
    await tell(app, TextHeld("partners", place))
    await story.wait(MINUTE)
    assert WORDS not in shown(world)
    assert "@ada confirmed: 2 of 3" in shown(world)
    assert await text_at(app, place, "ben", "partners") is None
    assert await text_at(app, place, "", "partners") is not None


@pytest.mark.parametrize("place", ["", "line/", "line/x", "line/99", "other/1", "plan/-1", "line/1/2"])
async def test_a_place_where_nothing_stands_is_no_text(story: Driver, app: App, place: str) -> None:
    await paired(story, "ada", "ben")
    await plan(story, "ada", line=LINE)
    assert await text_at(app, place, "", "partners") is None
    await tell(app, TextHeld("partners", place))


async def test_who_is_erased_is_in_no_check_in_any_more(story: Driver, app: App, world: World) -> None:
    await paired(story, "ada", "ben", "cleo")
    for member in ("ada", "ben", "cleo"):
        await plan(story, member, 2, 0, LINE if member == "ada" else "")
    await go_on(story, THURSDAY, "ada", "ben", "cleo")
    await story.press("ada", "Add a line", NEXT)
    await story.fill("ada", {"line": WORDS})
    await app.store.run(lambda tx: app.engine.erase(tx, "web", "ada", story.clock.now()))
    await story.wait(MINUTE)
    assert WORDS not in shown(world)
    await confirmed(story, "ben")
    for name in world.names():
        assert "@ada" not in card_words(world.named(name).card), name
        quotes = [block for block in world.named(name).card.blocks if isinstance(block, Quote)]
        assert all(quote.of_member != "ada" for quote in quotes)


async def test_who_pauses_is_asked_nothing_and_the_other_hears_no_blame(story: Driver, app: App, world: World) -> None:
    await paired(story, "ada", "ben")
    await plan(story, "ada")
    await story.type("ben", "/study pause")
    await story.choose("ben", "3 days")
    await go_on(story, THURSDAY)
    assert NEXT not in world.names()
    assert ROOM in world.names()


async def test_on_sunday_the_next_week_is_planned_and_this_weeks_plan_stays(
    story: CoreDriver, app: App, world: World
) -> None:
    await thursday(story, app)
    await go_on(story, SUNDAY, "ada", "ben")
    await story.press("ada", "My part is right", LAST)
    await story.press("ada", "Plan the next week")
    assert "Next week: 7 answers" in (await story.fill("ada", {"answers": "7"})).words
    await story.wait(MINUTE)
    assert "3 answers" in shown(world, f"partners.plan/{GROUP}/1/2026-01-05")
    assert "7 answers" in shown(world, f"partners.plan/{GROUP}/1/2026-01-12")
    await go_on(story, SUNDAY + timedelta(days=7), "ada", "ben")
    await story.press("ada", "My part is right", f"partners.checkin/{GROUP}/1/2026-01-18")
    assert "Plan the next week" not in str(story._sitting("ada").seen), "then there are other partners"

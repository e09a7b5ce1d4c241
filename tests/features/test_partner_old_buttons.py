"""Buttons and words that stand since a member sat with others: they part nobody, lose nothing, can be reported."""

from datetime import UTC, datetime, timedelta

from bot.app import App
from bot.engine import roster
from bot.features.partners.wish_rules import PartnersSettings
from bot.kernel.action import Action
from bot.kernel.card import card_words
from bot.kernel.event import Pressed
from bot.kernel.facts import AnswerKept, MemberLeft
from bot.kernel.peer_facts import PartnersOf, TextHeld
from tests.features.mornings import JOIN
from tests.features.peers import ask, tell, text_at
from tests.features.test_partner_plans import PLAN, go_on, paired, plan, reminded
from tests.features.test_partners import wish
from tests.story import Answered, CoreDriver, Where
from tests.world import CHANNEL, GROUP, World

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LAST = f"partners.checkin/{GROUP}/1/2026-01-18"
MONDAY = datetime(2026, 1, 19, 8, tzinfo=UTC)  # 09:00 in Berlin; their term ended at 04:00
RUDE = "Something rude."
WORDS = "I learned that a heap is enough."


def button(answered: Answered, label: str) -> str:
    return next(action for shown, action in answered.replies[0].buttons if shown == label)


async def press(story: CoreDriver, member: str, action: str, value: str = "") -> Answered:
    return await story._do(member, Where(GROUP, CHANNEL), Pressed(Action.decode(action), value))


async def switch_off(app: App) -> None:
    await app.store.run(lambda tx: roster.configure(tx, GROUP, "partners", PartnersSettings, {"on": False}))


async def comes(story: CoreDriver, member: str) -> Answered:
    await story.press(member, "Join the study group", JOIN)
    return await wish(story, member)


async def somebody_else(story: CoreDriver, member: str) -> Answered:
    await story.type(member, "/study partner")
    await story.press(member, "Something is wrong")
    return await story.press(member, "Somebody else")


# --- the last check-in of a term -------------------------------------------------------------------------------


async def test_the_last_check_in_of_a_term_is_confirmed_until_tuesday(
    story: CoreDriver, app: App, world: World
) -> None:
    await paired(story, "ada", "ben")
    await go_on(story, datetime(2026, 1, 18, 18, tzinfo=UTC), "ada", "ben")
    for member in ("ada", "ben"):
        await story.type(member, "/study partner")
        await story.press(member, "How was it?")
        await story.press(member, "Again, please")
    await story.press("ben", "Add a line", LAST)
    await story.until(MONDAY)
    assert "Thank you." in (await story.press("ada", "My part is right", LAST)).words
    assert "Thank you." in (await story.fill("ben", {"line": WORDS})).words
    assert "would like to talk" in (await story.press("ada", "Talk?", LAST)).words
    await story.wait(MINUTE)
    assert WORDS in card_words(world.named(LAST).card)
    assert any("would like to talk with you" in sight.words for sight in await story.open("ben"))
    await go_on(story, MONDAY + 2 * DAY, "ada", "ben")
    assert "earlier partners" in (await story.press("ada", "My part is right", LAST)).refused


async def test_the_last_check_in_of_who_has_parted_takes_words_and_no_wish_to_talk(
    story: CoreDriver, app: App, world: World
) -> None:
    await paired(story, "ada", "ben")
    await go_on(story, datetime(2026, 1, 18, 18, tzinfo=UTC), "ada", "ben")
    await story.until(MONDAY)
    assert "Thank you." in (await story.press("ada", "My part is right", LAST)).words
    assert "earlier partners" in (await story.press("ada", "Talk?", LAST)).refused
    await story.press("eve", "Join the study group", JOIN)
    assert "no partner at present" in (await story.press("eve", "My part is right", LAST)).refused


# --- buttons of an earlier pair ----------------------------------------------------------------------------------


async def test_yes_somebody_else_pressed_twice_parts_from_one_pair_alone(story: CoreDriver, app: App) -> None:
    await paired(story, "ada", "ben", "cleo")
    for member in ("dan", "eve"):
        await comes(story, member)
    sure = button(await somebody_else(story, "ada"), "Yes, somebody else")
    assert not (await press(story, "ada", sure)).refused
    then = await ask(app, PartnersOf("ada"))
    assert then
    assert "settled already" in (await press(story, "ada", sure)).refused
    assert await ask(app, PartnersOf("ada")) == then


async def test_an_undo_of_the_wish_ends_no_pair_that_came_of_it_later(story: CoreDriver, app: App) -> None:
    await paired(story, "ada")
    undo = button(await wish(story, "ada"), "Undo")
    first = Action.to("partners.stop", pair="0").encode()
    assert undo.startswith("partners.restore"), "the second time it brings the answers back"
    await comes(story, "ben")
    assert "settled already" in (await press(story, "ada", first)).refused
    assert await ask(app, PartnersOf("ben")) == ("ada",)


async def test_an_undo_of_old_answers_enlists_nobody_who_has_stopped(story: CoreDriver, app: App) -> None:
    await paired(story, "ada", "ben")
    await story.type("ada", "/study partner")
    await story.press("ada", "Change my answers")
    undo = button(await story.fill("ada", {"stage": "employed", "times": ("mon",), "talk": "live"}), "Undo")
    await story.type("ada", "/study partner")
    await story.press("ada", "I want no partner any more")
    await press(story, "ada", undo)
    assert await ask(app, PartnersOf("ada")) == ()
    assert "Find me a partner again" in (await story.type("ada", "/study partner")).words
    await switch_off(app)
    assert "switched off" in (await press(story, "ada", undo)).refused


async def test_an_old_how_was_it_says_nothing_of_other_partners(story: CoreDriver, app: App) -> None:
    await paired(story, "ada", "ben")
    await go_on(story, datetime(2026, 1, 16, 12, tzinfo=UTC), "ada", "ben")
    await story.type("ada", "/study partner")
    old = button(await story.press("ada", "How was it?"), "Somebody else next")
    await go_on(story, datetime(2026, 1, 30, 12, tzinfo=UTC), "ada", "ben")
    assert "settled already" in (await press(story, "ada", old)).refused


# --- words in an earlier room --------------------------------------------------------------------------------------


async def test_words_stay_where_they_were_written_and_can_be_reported_there(
    story: CoreDriver, app: App, world: World
) -> None:
    await paired(story, "ada", "ben")
    await plan(story, "ada", line=RUDE)
    await somebody_else(story, "ada")
    await story.press("ada", "Yes, somebody else")
    await comes(story, "cleo")
    assert await ask(app, PartnersOf("ada")) == ("cleo",)
    await story.press("ada", "My plan", f"partners.pair/{GROUP}/2")
    await story.fill("ada", {"line": "All is fine."})
    await story.wait(MINUTE)
    assert RUDE in card_words(world.named(PLAN).card)
    assert not (await story.choose("ben", RUDE, PLAN)).refused
    place = world.named(PLAN).card.selects[0].options[0].value.removeprefix("partners:")
    assert await text_at(app, place, "cleo", "partners") is None, "who came later reads nothing of it"
    await tell(app, TextHeld("partners", place))
    await story.wait(MINUTE)
    assert RUDE not in card_words(world.named(PLAN).card)


async def test_who_blocks_first_can_still_report_and_reads_nothing_that_came_later(
    story: CoreDriver, app: App, world: World
) -> None:
    await paired(story, "ada", "ben", "cleo")
    await plan(story, "ada", line=RUDE)
    await story.wait(MINUTE)
    place = world.named(PLAN).card.selects[0].options[0].value
    await story.type("ben", "/study partner")
    await story.press("ben", "Something is wrong")
    await story.press("ben", "Block somebody")
    await story.fill("ben", {"person": "ada"})
    assert not (await press(story, "ben", "safety.about", place)).refused
    await story.wait(HOUR)
    await plan(story, "ada", line="For cleo.")
    assert await text_at(app, place.removeprefix("partners:"), "ben", "partners") is None
    assert await text_at(app, place.removeprefix("partners:"), "cleo", "partners") is not None


# --- a new pair in the week, a member ahead of the group -------------------------------------------------------------


async def test_who_has_other_partners_in_the_week_is_asked_for_a_plan_again(
    story: CoreDriver, app: App, world: World
) -> None:
    await paired(story, "ada", "ben")
    await plan(story, "ada", line="Library at six.")
    await reminded(story, "ada")
    await tell(app, MemberLeft("ben"))
    await story.type("ada", "/study partner")
    await story.press("ada", "Another partner")
    await comes(story, "cleo")
    assert any("No plan for this week yet" in sight.words for sight in await story.open("ada"))
    await story.until(datetime(2026, 1, 6, 12, tzinfo=UTC))
    assert any("say what you plan" in str(message.card) for message in world.private("ada"))
    opened = await story.press("ada", "My plan", f"partners.pair/{GROUP}/2")
    assert opened.form
    assert opened.form.values["line"] == "Library at six."


async def test_work_of_a_member_ahead_of_the_group_counts_in_the_week_of_their_plan(
    story: CoreDriver, app: App
) -> None:
    story.person("olga", zone="America/Los_Angeles", manages=True)
    story.person("ada", zone="Pacific/Auckland")
    await story.found(zone="America/Los_Angeles")
    for member in ("ada", "ben"):
        await comes(story, member)
    await go_on(story, datetime(2026, 1, 11, 21, tzinfo=UTC), "ada", "ben")  # Monday morning in Auckland
    await plan(story, "ada", 3, 0)
    await tell(app, AnswerKept("t1", "ada", first=True, late=False))
    assert any("1 of 3 answers" in sight.words for sight in await story.open("ada"))


# --- a line that is taken back -------------------------------------------------------------------------------------


async def test_a_line_that_is_taken_back_is_hidden_and_comes_back_or_is_emptied(
    story: CoreDriver, app: App, world: World
) -> None:
    await paired(story, "ada", "ben")
    thursday = f"partners.checkin/{GROUP}/1/2026-01-08"
    await go_on(story, datetime(2026, 1, 8, 18, tzinfo=UTC), "ada", "ben")
    await story.press("ada", "Add a line", thursday)
    await story.fill("ada", {"line": WORDS})
    await story.press("ada", "Take it back")
    await story.wait(MINUTE)
    assert WORDS not in card_words(world.named(thursday).card)
    place = "line/1"
    assert await text_at(app, place, "ben", "partners") is None
    await story.press("ada", "My part is right", thursday)
    await story.wait(MINUTE)
    assert WORDS in card_words(world.named(thursday).card)
    await tell(app, TextHeld("partners", world.named(thursday).card.selects[0].options[0].value.partition(":")[2]))
    await story.press("ada", "Add a line", thursday)
    refused = await story.fill("ada", {"line": "Other words."})
    assert "being looked at" in refused.refused
    assert "Other words." in refused.handed_back

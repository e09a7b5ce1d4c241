"""Who is stuck says so in the thread: that can be reported, and it brings nobody together who is kept apart."""

from datetime import timedelta

from bot.app import App
from bot.kernel.effect import Fact
from bot.kernel.peer_facts import ItemsOf, TextFreed, TextHeld, TextRemoved
from tests.features.mornings import MONDAY, monday
from tests.features.peers import apart, ask, tell, text_at
from tests.features.test_plan import press_action
from tests.story import CoreDriver, Driver, Sight

TASK = "2026-01-05"
CRY = f"{MONDAY}/stuck/1"
HELD, FREED, REMOVED = (kind("daily", f"{TASK}/1") for kind in (TextHeld, TextFreed, TextRemoved))
TRIED = "I tried a loop and a nasty word"


async def stuck(story: Driver, member: str = "ben", tried: str = TRIED) -> None:
    await story.press(member, "I'm stuck", MONDAY)
    await story.fill(member, {"tried": tried})


async def thread(story: Driver) -> list[Sight]:
    return [seen for seen in await story.read("ada", MONDAY) if "/stuck/" in seen.name]


async def after(story: CoreDriver, app: App, *facts: Fact) -> list[Sight]:
    """What stands in the thread then."""
    await tell(app, *facts)
    await story.wait(timedelta(minutes=1))
    return await thread(story)


async def test_a_cry_for_help_can_be_reported(story: Driver) -> None:
    await monday(story, "ada", "ben")
    await stuck(story)
    (cry,) = await thread(story)
    assert [label for label, _ in cry.buttons] == ["Offer help", "Report or block"]
    assert cry.buttons[1][1].startswith("safety.about?")


async def test_all_members_find_the_words_and_none_while_an_organiser_looks_at_them(
    story: CoreDriver, app: App
) -> None:
    await monday(story, "ada", "ben")
    await stuck(story)
    found = await text_at(app, f"{TASK}/1", "ada", "daily")
    assert found
    assert (found.text, found.author_member) == (TRIED, "ben")
    assert found.where.startswith('Stuck at "')
    await tell(app, HELD)
    assert await text_at(app, f"{TASK}/1", "ada", "daily") is None
    assert await text_at(app, f"{TASK}/1", "", "daily") == found
    for strange in ("", "1", f"{TASK}/2", f"{TASK}/x", "2026-01-06/1"):
        assert await text_at(app, strange, "", "daily") is None


async def test_what_somebody_wrote_alone_is_found_by_nobody(story: CoreDriver, app: App) -> None:
    await monday(story, "ada")
    practice = await story.type("ada", "/study practice")
    begun = await story.choose("ada", practice.replies[0].options[0][0])
    await story.press("ada", "I'm stuck", begun.replies[0].name)
    await story.fill("ada", {"tried": TRIED})
    (row,) = await app.store.read(lambda tx: list(tx.all("SELECT round FROM daily_stuck")))
    assert await text_at(app, f"{row['round']}/1", "", "daily") is None


async def test_reported_words_leave_the_thread_and_come_back_when_they_may_stay(story: CoreDriver, app: App) -> None:
    await monday(story, "ada", "ben")
    await stuck(story)
    (held,) = await after(story, app, HELD)
    assert held.title == "These words are being looked at."
    assert TRIED not in held.words
    assert (await press_action(story, "ada", "daily.help", round=TASK, who="1")).refused
    await story.press("ben", "I'm stuck", MONDAY)
    assert (await story.fill("ben", {"tried": "Other words"})).refused
    (shown,) = await after(story, app, FREED)
    assert TRIED in shown.words


async def test_removed_words_are_gone_and_new_ones_have_a_new_number(story: CoreDriver, app: App) -> None:
    await monday(story, "ada", "ben")
    await stuck(story)
    assert await after(story, app, HELD, REMOVED) == []
    assert await text_at(app, f"{TASK}/1", "", "daily") is None
    await stuck(story, tried="I tried a heap")
    (cry,) = await thread(story)
    assert cry.name == f"{MONDAY}/stuck/2"
    assert "I tried a heap" in cry.words
    assert await after(story, app, FREED) == [cry], "the old words do not come back beside the new ones"


async def test_removed_words_that_an_organiser_puts_back_stand_in_the_thread_again(story: CoreDriver, app: App) -> None:
    await monday(story, "ada", "ben")
    await stuck(story)
    (cry,) = await after(story, app, HELD, REMOVED, FREED)
    assert TRIED in cry.words
    assert await text_at(app, f"{TASK}/1", "ada", "daily")


async def test_help_of_somebody_who_is_blocked_does_not_arrive_and_they_cannot_tell(
    story: CoreDriver, app: App
) -> None:
    await monday(story, "ada", "ben", "cem")
    await stuck(story)
    apart(app, "ada", "ben")
    blocked = await story.press("ada", "Offer help", CRY)
    assert await story.read("ben", "private") == ()
    other = await story.press("cem", "Offer help", CRY)
    assert blocked.words == other.words
    assert len(await story.read("ben", "private")) == 1


async def test_others_learn_which_item_a_task_is_about(story: CoreDriver, app: App) -> None:
    await monday(story, "ada")
    (row,) = await app.store.read(lambda tx: list(tx.all("SELECT item FROM daily_rounds WHERE round = '2026-01-05'")))
    assert await ask(app, ItemsOf((TASK, "nothing"))) == {TASK: row["item"]}

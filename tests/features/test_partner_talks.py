"""A talk belongs to those who agreed on it: whoever has come since is not bound by it; over, it is over."""

from datetime import timedelta

from bot.app import App
from tests.features.mornings import JOIN
from tests.features.test_partner_plans import ROOM, go_on, reminded, wish
from tests.features.test_partner_slots import TALK, agreed, press, shown, starts
from tests.story import CoreDriver
from tests.world import GROUP, World

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


async def test_who_joins_an_agreed_talk_is_not_said_to_talk_and_does_not_call_it_off(
    story: CoreDriver, app: App, world: World
) -> None:
    await agreed(story, "ada", "ben")
    await story.press("cleo", "Join the study group", JOIN)
    await wish(story, "cleo", "writing")
    await reminded(story, "cleo")
    await story.wait(MINUTE)
    assert "@ben and @ada talk on" in shown(world)
    standing = await story.press("cleo", "Suggest a time", ROOM)
    assert "@ben and @ada talk on" in standing.words
    assert "You talk on" not in standing.words
    for label in ("Call it off", "Another time"):
        assert "before you came" in (await story.press("cleo", label, TALK)).refused
    await go_on(story, starts(world), "ada", "ben", "cleo")
    assert not [message for message in world.private("cleo") if "Today you have a talk" in str(message.card)]


async def test_where_one_of_the_two_who_agreed_goes_the_talk_is_called_off(
    story: CoreDriver, app: App, world: World
) -> None:
    await agreed(story, "ada", "ben")
    await story.press("cleo", "Join the study group", JOIN)
    await wish(story, "cleo")
    await story.type("ada", "/study leave")
    await story.wait(MINUTE)
    assert "does not take place." in shown(world)
    assert any("is called off" in sight.words for sight in await story.open("ben"))
    assert not any("is called off" in sight.words for sight in await story.open("cleo"))


async def test_a_talk_that_was_called_off_does_not_come_back_beside_another(
    story: CoreDriver, app: App, world: World
) -> None:
    await agreed(story, "ada", "ben")
    undo = (await story.press("ada", "Call it off", TALK)).replies[0].buttons[0][1]
    await story.press("ben", "Suggest a time", ROOM)
    await story.wait(MINUTE)
    assert "cannot be taken back any more" in await press(story, "ada", [undo])
    await story.wait(MINUTE)
    assert "Called off" in shown(world)


async def test_when_the_talk_is_over_nothing_of_it_can_be_pressed_and_the_reminder_is_gone(
    story: CoreDriver, app: App, world: World
) -> None:
    await agreed(story, "ada", "ben")
    at, soon = starts(world), f"partners.soon/{GROUP}/1/1"
    await go_on(story, at + 10 * MINUTE, "ada", "ben")
    assert soon in world.names()
    assert world.named(TALK).card.files
    await story.wait(HOUR)
    assert soon not in world.names()
    assert "Your talk is over." in shown(world)
    assert not world.named(TALK).card.buttons

"""What stands in the room of partners follows what they do and say anew; by night it rings for nobody."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.app import App
from bot.features.nudges import records as nudges_records
from bot.kernel.card import card_words
from bot.kernel.peer_facts import PartnersOf
from tests.features.mornings import JOIN, joined
from tests.features.peers import ask
from tests.features.test_partner_plans import ROOM, go_on, paired, wish
from tests.story import CoreDriver, Driver
from tests.world import GROUP, TENANT, World

MINUTE = timedelta(minutes=1)


async def test_whoever_has_partners_plans_and_finds_a_time_from_their_own_page(story: Driver) -> None:
    await paired(story, "ada", "ben")
    await story.type("ada", "/study partner")
    assert "It is agreed" not in (await story.press("ada", "Suggest a time")).words
    await story.type("ada", "/study partner")
    await story.press("ada", "My plan")
    assert "Your plan is set." in (await story.fill("ada", {"answers": "3", "reviews": "1", "line": ""})).words
    await story.type("ada", "/study partner")
    assert "that you are here" in (await story.press("ada", "I'm here")).words


@pytest.mark.parametrize("way", ["leave", "pause", "erase"])
async def test_where_one_of_three_goes_their_message_is_edited_and_stands(
    story: CoreDriver, app: App, world: World, way: str
) -> None:
    await paired(story, "ada", "ben", "cleo")
    await story.wait(MINUTE)
    before = world.named(ROOM).receipt
    world.calls.clear()
    if way == "erase":
        await app.store.run(lambda tx: app.engine.erase(tx, TENANT, "cleo", app.clock.now()))
    else:
        await story.type("cleo", f"/study {way}")
    if way == "pause":
        await story.choose("cleo", "1 week")
    await story.wait(MINUTE)
    message = world.named(ROOM)
    assert message.receipt == before
    assert "You two are partners" in card_words(message.card)
    assert "cleo" not in card_words(message.card)
    assert {verb for verb, name in world.calls if name == ROOM} == {"edit"}
    assert world.created.count(ROOM) == 1


async def test_what_one_says_anew_of_their_times_stands_in_the_room(story: Driver, app: App, world: World) -> None:
    await paired(story, "ada", "ben")
    await story.type("ada", "/study partner")
    await story.press("ada", "Change my answers")
    await story.fill("ada", {"stage": "starting", "times": ("mon",), "talk": "live"})
    await story.wait(MINUTE)
    assert "5 hours a week in common." in card_words(world.named(ROOM).card)
    assert world.created.count(ROOM) == 1


# --- by night ---------------------------------------------------------------------------------------------


async def quiet_names(world: World) -> dict[str, bool]:
    return {
        seen.posting.name: seen.posting.quiet for seen in world.messages.values() if "partners." in seen.posting.name
    }


async def test_what_is_new_in_a_room_rings_by_day_and_for_nobody_where_it_is_night_for_one_of_them(
    story: CoreDriver, app: App, world: World
) -> None:
    story.person("ben", zone="America/New_York")  # it is four in the morning
    await joined(story, "ada", "ben", "cleo", "dan")
    for member in ("ada", "ben", "cleo", "dan"):
        await wish(story, member)
    await story.wait(MINUTE)
    assert await ask(app, PartnersOf("ben")) == ("ada", "cleo")
    names = await quiet_names(world)
    assert names[ROOM], "Ben sleeps"
    (joined_name,) = [name for name in names if name.startswith("partners.joined/")]
    assert names[joined_name]
    await story.press("ada", "My plan", ROOM)
    await story.fill("ada", {"answers": "3", "reviews": "1", "line": ""})
    await story.press("ada", "Suggest a time", ROOM)
    await story.wait(MINUTE)
    names = await quiet_names(world)
    assert names[f"partners.plan/{GROUP}/1/2026-01-05"]
    assert names[f"partners.slot/{GROUP}/1"]


async def test_by_day_a_room_rings(story: CoreDriver, app: App, world: World) -> None:
    await paired(story, "ada", "ben")
    await story.press("ada", "My plan", ROOM)
    await story.fill("ada", {"answers": "3", "reviews": "1", "line": ""})
    await story.press("ada", "Suggest a time", ROOM)
    await story.wait(MINUTE)
    assert set((await quiet_names(world)).values()) == {False}


# --- signs of life ----------------------------------------------------------------------------------------


async def silent_since(app: App, member: str) -> datetime | None:
    wish = await app.store.read(lambda tx: nudges_records.find_wish(tx, GROUP, member))
    assert wish
    return wish.silent_since


@pytest.mark.parametrize("deed", ["here", "plan", "confirm", "react", "slot", "take back"])
async def test_who_does_something_with_their_partners_is_not_silent_for_reminders(
    story: CoreDriver, app: App, world: World, deed: str
) -> None:
    await paired(story, "ada", "ben")
    await story.type("ada", "/study reminders")
    await story.choose("ada", "18:00")
    await go_on(story, datetime(2026, 1, 8, 18, tzinfo=UTC), "ada", "ben")  # after the check-in of Thursday
    checkin = f"partners.checkin/{GROUP}/1/2026-01-08"
    assert world.named(checkin).posting.quiet is False
    if deed == "take back":
        await story.press("ada", "My part is right", checkin)
        await story.until(datetime(2026, 1, 9, 17, 30, tzinfo=UTC))
    assert await silent_since(app, "ada")
    match deed:
        case "here":
            await story.press("ada", "I'm here", ROOM)
        case "plan":
            await story.press("ada", "My plan", ROOM)
            await story.fill("ada", {"answers": "3", "reviews": "1", "line": ""})
        case "confirm":
            await story.press("ada", "My part is right", checkin)
        case "react":
            await story.press("ada", "Saw it", checkin)
        case "slot":
            await story.press("ada", "Suggest a time", ROOM)
        case "take back":
            await story.press("ada", "Take it back")
    assert await silent_since(app, "ada") is None


# --- a choice that was made is not asked for again ------------------------------------------------------------


@pytest.mark.parametrize("label", ["Join a pair", "Another partner", "Stay alone for now"])
async def test_who_has_chosen_is_not_reminded_to_choose(story: CoreDriver, app: App, label: str) -> None:
    await paired(story, "ada", "ben")
    await story.type("ben", "/study leave")
    question = "You are alone with your plan."
    assert any(question in sight.words for sight in await story.open("ada"))
    await story.type("ada", "/study partner")
    await story.press("ada", label)
    assert not any(question in sight.words for sight in await story.open("ada"))


async def test_who_was_left_out_and_has_somebody_now_reads_no_more_that_nobody_was_free(
    story: Driver, app: App
) -> None:
    """On the home page, which Discord has not."""
    await joined(story, "ada")
    await wish(story, "ada")
    await story.until(datetime(2027, 1, 19, 6, 1, tzinfo=UTC))
    alone = "Nobody else looks for a partner now."
    assert any(alone in sight.words for sight in await story.open("ada"))
    await story.press("ben", "Join the study group", JOIN)
    await wish(story, "ben")
    assert not any(alone in sight.words for sight in await story.open("ada"))

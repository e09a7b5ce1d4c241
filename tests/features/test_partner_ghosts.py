"""When a partner falls silent: one nudge to one person, then a choice for the one who is left, all in the same week."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.app import App
from bot.engine import outages
from bot.kernel.card import card_words
from bot.kernel.facts import MemberLeft
from bot.kernel.peer_facts import PartnersOf
from bot.kernel.ports import Tx
from tests.features.mornings import JOIN, joined
from tests.features.peers import ask, tell
from tests.features.test_partners import WEEK, room, say_here, wish
from tests.story import CoreDriver, Driver
from tests.world import TENANT, World

HOUR = timedelta(hours=1)
NEXT_MONDAY = datetime(2026, 1, 12, tzinfo=UTC)
QUIET, PARKED = 25 * HOUR, 49 * HOUR
FIRST = "for a word from you"


async def wished(story: Driver, *members: str) -> None:
    """In pairs and trios by their order: who comes is seated at once."""
    await joined(story, *members)
    for member in members:
        await wish(story, member)


async def home(story: Driver, member: str) -> str:
    return "\n".join(sight.words for sight in await story.open(member))


async def choose(story: Driver, member: str, label: str) -> str:
    await story.type(member, "/study partner")
    return (await story.press(member, label)).words


async def test_the_silent_one_is_nudged_in_private_and_parked_and_the_other_chooses(story: Driver, app: App) -> None:
    await wished(story, "ada", "ben")
    await say_here(story, "ada")
    await story.wait(QUIET)
    assert FIRST in await home(story, "ben")
    assert FIRST not in await home(story, "ada")
    assert FIRST not in "\n".join(sight.words for sight in await story.read("ada"))
    await story.wait(PARKED)
    assert "You are alone at present." in await home(story, "ada")
    assert "You are parked" in await home(story, "ben")
    assert "on your own until the next round" in await choose(story, "ada", "Stay alone for now")
    assert "You wait for a partner." in await choose(story, "ben", "I'm back")
    assert await ask(app, PartnersOf("ada")) == ()


async def test_where_nobody_has_said_a_word_only_one_of_them_is_nudged(story: Driver) -> None:
    await wished(story, "ada", "ben")
    await story.wait(QUIET)
    nudged = [member for member in ("ada", "ben") if FIRST in await home(story, member)]
    assert len(nudged) == 1
    await say_here(story, *nudged)
    await story.wait(HOUR)
    await story.wait(QUIET)
    other = "ada" if nudged == ["ben"] else "ben"
    assert FIRST in await home(story, other)


async def test_who_says_nothing_is_brought_to_a_pair_in_the_same_week_and_the_silent_one_returns_in_one_press(
    story: Driver, app: App
) -> None:
    await wished(story, "ada", "ben", "cleo", "dan", "eve")  # a trio, and a pair
    await say_here(story, "ada", "ben", "cleo", "dan")
    await story.wait(QUIET)
    await story.wait(PARKED)
    assert "You are alone at present." in await home(story, "dan")
    await story.wait(13 * HOUR)
    assert await ask(app, PartnersOf("dan")) == ()  # the trio takes nobody: dan waits
    assert "You wait for a partner." in await home(story, "dan")
    await tell(app, MemberLeft("cleo"))
    found = await ask(app, PartnersOf("dan"))
    assert set(found) == {"ada", "ben"}
    assert story.clock.now() < NEXT_MONDAY
    assert "You wait" in await choose(story, "eve", "I'm back")


async def test_a_parked_member_whose_partner_still_waits_is_back_with_them(story: Driver, app: App) -> None:
    await wished(story, "ada", "ben")
    await say_here(story, "ada")
    await story.wait(QUIET)
    await story.wait(PARKED)
    assert "I'm back" in await home(story, "ben")
    await choose(story, "ben", "I'm back")
    assert await ask(app, PartnersOf("ada")) == ("ben",)
    assert "You are alone" not in await home(story, "ada")


async def test_a_break_costs_nothing_and_frees_the_partner_at_once(story: Driver, app: App) -> None:
    await wished(story, "ada", "ben")
    await say_here(story, "ada", "ben")
    await story.type("ben", "/study pause")
    await story.choose("ben", "1 week")
    assert await ask(app, PartnersOf("ada")) == ()
    assert "You are alone at present." in await home(story, "ada")
    await story.wait(WEEK + HOUR)
    assert await ask(app, PartnersOf("ada")) == ("ben",)
    await story.wait(timedelta(days=1))
    assert "You are parked" not in await home(story, "ben")


async def test_whoever_blocks_moves_on_and_the_other_reads_no_reason(story: Driver, app: App) -> None:
    await wished(story, "ada", "ben")
    await say_here(story, "ada", "ben")
    await story.type("ada", "/study partner")
    await story.press("ada", "Something is wrong")
    await story.press("ada", "Block somebody")
    await story.fill("ada", {"person": "ben"})
    assert await ask(app, PartnersOf("ben")) == ()
    read = await home(story, "ben")
    assert "You are alone at present." in read
    assert "lock" not in read.replace("Blocked people", "")
    await choose(story, "ben", "Another partner")
    assert await ask(app, PartnersOf("ben")) == ()


async def test_somebody_else_is_one_press_and_one_more_and_holds_for_the_next_round(story: Driver, app: App) -> None:
    await wished(story, "ada", "ben")
    await say_here(story, "ada", "ben")
    await story.type("ada", "/study partner")
    await story.press("ada", "Something is wrong")
    assert "Somebody else?" in (await story.press("ada", "Somebody else")).words
    assert await ask(app, PartnersOf("ada")) == ("ben",)
    assert "You have left this pair." in (await story.press("ada", "Yes, somebody else")).words
    await story.wait(13 * HOUR)
    assert await ask(app, PartnersOf("ada")) == ()
    await wish(story, "ada")
    assert await ask(app, PartnersOf("ada")) == ()


async def test_whoever_leaves_or_is_erased_leaves_nobody_in_a_room_with_them(
    story: Driver, app: App, world: World
) -> None:
    await wished(story, "ada", "ben", "cleo")
    await story.type("cleo", "/study leave")
    assert set(world.rooms.popitem()[1]) == {"ada", "ben"}
    await app.store.run(lambda tx: app.engine.erase(tx, TENANT, "ben", app.clock.now()))
    assert "You are alone at present." in await home(story, "ada")
    await story.wait(HOUR)
    assert not [people for people in world.rooms.values() if {"ben", "cleo"} & set(people)]


async def test_who_comes_sits_with_whoever_waits_rather_than_in_a_trio(story: Driver, app: App) -> None:
    await wished(story, "ada", "ben")
    await say_here(story, "ada", "ben")
    await story.type("ada", "/study partner")
    await story.press("ada", "Something is wrong")
    await story.press("ada", "Somebody else")
    await story.press("ada", "Yes, somebody else")
    await choose(story, "ben", "Another partner")
    for member in ("dan", "eve"):
        await story.press(member, "Join the study group", JOIN)
        await wish(story, member)
    assert await ask(app, PartnersOf("ada"))
    assert await ask(app, PartnersOf("ben"))


async def test_who_writes_in_the_room_is_there(story: CoreDriver, app: App) -> None:
    await wished(story, "ada", "ben")
    pair = await ask(app, PartnersOf("ada"))
    for _ in range(4):
        for member in ("ada", "ben"):
            await story.say(member, room(1), "Good morning, I am on it.")
        await story.wait(24 * HOUR)
    assert await ask(app, PartnersOf("ada")) == pair
    for member in ("ada", "ben"):
        assert FIRST not in await home(story, member)


async def test_who_is_left_before_a_word_of_theirs_is_put_together_with_who_comes(story: CoreDriver, app: App) -> None:
    await wished(story, "ada", "ben")
    await story.wait(QUIET)
    (nudged,) = [member for member in ("ada", "ben") if FIRST in await home(story, member)]
    other = "ben" if nudged == "ada" else "ada"
    await story.type(other, "/study pause")
    await story.choose(other, "1 week")
    left = await home(story, nudged)
    assert FIRST not in left
    assert "You are alone at present." in left
    await choose(story, nudged, "Another partner")
    await story.press("cleo", "Join the study group", JOIN)
    await wish(story, "cleo")
    assert await ask(app, PartnersOf("cleo")) == (nudged,)


async def test_what_happened_while_the_bot_was_down_is_nobodys_silence(story: CoreDriver, app: App) -> None:
    await wished(story, "ada", "ben")
    began = story.clock.now()
    await say_here(story, "ada")
    await story.wait(QUIET)
    assert FIRST in await home(story, "ben")
    down, up = story.clock.now(), story.clock.now() + PARKED

    def was_down(tx: Tx) -> None:
        tx.run("DELETE FROM roster_heartbeats")
        outages.beat(tx, began, down)
        outages.beat(tx, up, up)

    await app.store.run(was_down)
    story.clock.set(up)
    await app.settle()
    assert "You are parked" not in await home(story, "ben")


@pytest.mark.parametrize("how", ["stop", "pause"])
async def test_who_is_asked_and_wants_nobody_now_is_asked_no_more(story: CoreDriver, app: App, how: str) -> None:
    await wished(story, "ada", "ben")
    await say_here(story, "ada", "ben")
    await tell(app, MemberLeft("ben"))
    assert "You are alone with your plan" in await home(story, "ada")
    if how == "stop":
        await choose(story, "ada", "I want no partner any more")
    else:
        await story.type("ada", "/study pause")
        await story.choose("ada", "1 week")
    assert "You are alone with your plan" not in await home(story, "ada")


async def test_who_is_left_in_the_evening_has_their_next_day_to_choose_and_hears_when_nobody_was_free(
    story: CoreDriver, app: App, world: World
) -> None:
    await wished(story, "ada", "ben")
    await story.type("ada", "/study reminders")
    await story.choose("ada", "18:00")
    await say_here(story, "ada", "ben")
    await story.until(datetime(2026, 1, 6, 19, 40, tzinfo=UTC))  # 20:40 in Berlin
    await tell(app, MemberLeft("ben"))
    await story.until(datetime(2026, 1, 7, 17, 30, tzinfo=UTC))
    assert any("What would you like?" in card_words(sent.card) for sent in world.private("ada"))
    await story.wait(6 * HOUR)
    assert "Nobody else looks for a partner now." in await home(story, "ada")


@pytest.mark.parametrize("how", ["pause", "stop", "else", "leave"])
async def test_whoever_is_left_cannot_tell_from_the_room_why(story: CoreDriver, world: World, how: str) -> None:
    await wished(story, "ada", "ben")
    await say_here(story, "ada", "ben")
    if how in ("pause", "leave"):
        await story.type("ben", f"/study {how}")
        if how == "pause":
            await story.choose("ben", "1 week")
    elif how == "stop":
        await choose(story, "ben", "I want no partner any more")
    else:
        for label in ("Something is wrong", "Somebody else", "Yes, somebody else"):
            await (choose(story, "ben", label) if label == "Something is wrong" else story.press("ben", label))
    await story.wait(HOUR)
    assert [set(people) for people in world.rooms.values()] == [{"ada"}]


async def test_the_parked_one_of_three_keeps_the_room(story: CoreDriver, world: World) -> None:
    await wished(story, "ada", "ben", "cleo")
    await say_here(story, "ada", "cleo")
    await story.wait(QUIET)
    await say_here(story, "ada", "cleo")
    await story.wait(PARKED)
    assert "You are parked" in await home(story, "ben")
    assert [set(people) for people in world.rooms.values()] == [{"ada", "ben", "cleo"}]

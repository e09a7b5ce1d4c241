"""When a partner falls silent: one nudge to one person, then a choice for the one who is left, all in the same week."""

from datetime import UTC, datetime, timedelta

from bot.app import App
from bot.kernel.facts import MemberLeft
from bot.kernel.peer_facts import PartnersOf
from tests.features.mornings import JOIN, joined
from tests.features.peers import ask, tell
from tests.features.test_partners import WEEK, say_here, wish
from tests.story import Driver
from tests.world import TENANT, World

HOUR = timedelta(hours=1)
NEXT_MONDAY = datetime(2026, 1, 12, tzinfo=UTC)
QUIET, PARKED = 25 * HOUR, 49 * HOUR
FIRST = "would like a first word"


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

"""Two weeks with partners, told on every platform: a silent partner and what follows, a newcomer, a talk, the end."""

from datetime import UTC, datetime, timedelta

from tests.features.mornings import JOIN, joined
from tests.story import Driver
from tests.world import GROUP

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
VOTE = datetime(2026, 1, 16, 9, tzinfo=UTC)  # three days before the end
THURSDAY = datetime(2026, 1, 8, 17, 1, tzinfo=UTC)  # 18:01 in Berlin
ROUND = datetime(2026, 1, 19, 7, 1, tzinfo=UTC)  # Monday, 08:01 in Berlin
EVENINGS = ("mon", "wed", "sat")
FIRST = "for a word from you"
NUDGED, PARKED = 25 * HOUR, 49 * HOUR
WHEN = "When it is Tuesday 18:00 and I am at my desk, I begin."
LINE = "The second proof is in the way."


# --- what they do more than once ------------------------------------------------------------------


def post(what: str, number: int, *more: str) -> str:
    """The name of a message in a room."""
    return "/".join((f"partners.{what}", GROUP, str(number), *more))


async def wish(story: Driver, *members: str, talk: str = "live") -> str:
    """These ask for a partner, one after another; what the last of them reads."""
    words = ""
    for member in members:
        await story.type(member, "/study partner")
        await story.press(member, "Find me a partner")
        kept = await story.fill(member, {"stage": "starting", "times": EVENINGS, "talk": talk})
        assert not kept.refused, kept.refused
        words = kept.words
    await story.wait(MINUTE)
    return words


async def board(story: Driver, member: str) -> str:
    return (await story.type(member, "/study partner")).words


async def press(story: Driver, member: str, *labels: str) -> str:
    """From `/study partner` on; what the last press brings."""
    words = await board(story, member)
    for label in labels:
        answered = await story.press(member, label)
        assert not answered.refused, answered.refused
        words = answered.words
    await story.wait(MINUTE)
    return words


async def press_in_room(story: Driver, member: str, label: str, name: str) -> str:
    answered = await story.press(member, label, name)
    assert not answered.refused, answered.refused
    await story.wait(MINUTE)
    return answered.words


async def home(story: Driver, member: str) -> str:
    return "\n".join(sight.words for sight in await story.open(member))


async def stay_until(story: Driver, at: datetime, *members: str) -> None:
    """Time passes, in which these say every day that they are here."""
    while story.clock.now() + DAY < at:
        for member in members:
            await press(story, member, "I'm here")
        await story.wait(DAY)
    await story.until(at)


async def silence(story: Driver, *here: str) -> None:
    """So long that whoever says nothing is nudged and parked; these say a word."""
    for wait in (NUDGED, PARKED):
        for member in here:
            await press(story, member, "I'm here")
        await story.wait(wait)


# --- silence --------------------------------------------------------------------------------------


async def test_a_silent_partner_is_replaced_in_the_same_week_and_returns_as_a_third(story: Driver) -> None:
    await joined(story, "ada", "ben", "cleo")
    await wish(story, "ada", "ben")
    await press(story, "ada", "I'm here")
    await story.wait(NUDGED)
    assert FIRST in await home(story, "ben")
    assert FIRST not in await home(story, "ada")
    assert "You wait for a partner." in await wish(story, "cleo")  # one of the two is silent: they take no third
    await press(story, "ada", "I'm here")
    await story.wait(PARKED)
    assert "You are parked" in await home(story, "ben")
    assert "You are alone with your plan." in await home(story, "ada")
    assert "You have partners again." in await press(story, "ada", "Another partner")
    assert "@cleo" in await board(story, "ada")
    assert "you are here" in await press_in_room(story, "cleo", "I'm here", post("pair", 2))
    assert "You are alone" not in await home(story, "ada")
    assert "Welcome back." in await press(story, "ben", "I'm back")
    assert "You are parked" not in await home(story, "ben")
    words = await press_in_room(story, "ben", "I'm here", post("pair", 2))
    assert "@ada" in words
    assert "@cleo" in words


async def test_who_is_left_by_a_silent_partner_joins_a_pair_and_has_a_say_in_it(story: Driver) -> None:
    await joined(story, "ada", "ben", "cleo", "dan", "eve")
    await wish(story, "ada", "ben", "cleo", "dan", "eve")  # three, and two
    await press(story, "cleo", "I want no partner any more")
    await silence(story, "ada", "ben", "dan")
    assert "You are alone at present." in await board(story, "dan")
    assert "You have partners again." in await press(story, "dan", "Join a pair")
    for member in ("ada", "ben", "dan"):
        words = await press_in_room(story, member, "I'm here", post("pair", 1))
        assert " and " in words
    assert "You are parked" in await board(story, "eve")
    assert "You wait for a partner." in await press(story, "eve", "I'm back")  # three take nobody
    await stay_until(story, VOTE, "ada", "ben", "dan")
    assert "you go on together" in await press(story, "dan", "How was it?", "Again, please")


async def test_who_is_left_and_says_nothing_is_brought_to_a_pair(story: Driver) -> None:
    await joined(story, "ada", "ben", "cleo", "dan", "eve")
    await wish(story, "ada", "ben", "cleo", "dan", "eve")
    await press(story, "cleo", "I want no partner any more")
    await silence(story, "ada", "ben", "dan")
    await story.wait(13 * HOUR)
    words = await board(story, "dan")
    assert "@ada" in words
    assert "@ben" in words
    assert "You are alone" not in await home(story, "dan")


# --- a newcomer --------------------------------------------------------------------------------------


async def test_a_newcomer_is_the_third_within_minutes_and_the_round_seats_everybody_anew(story: Driver) -> None:
    await joined(story, "ada", "ben")
    await wish(story, "ada", "ben")
    await plan(story, "ada", 1)
    await story.wait(2 * DAY)
    assert FIRST in await home(story, "ben")
    for member in ("ada", "ben"):
        await press(story, member, "I'm here")
        assert FIRST not in await home(story, member)
    await story.press("cleo", "Join the study group", JOIN)
    words = await wish(story, "cleo")
    assert "@ada" in words
    assert "@ben" in words
    await plan(story, "cleo", 1, WHEN)
    for member in ("ada", "ben"):  # both read it in the room, and find the newcomer's words there
        assert WHEN in (await story.choose(member, WHEN, post("plan", 1, "2026-01-05"))).words
    await story.press("dan", "Join the study group", JOIN)
    assert "You wait for a partner." in await wish(story, "dan")  # three take nobody
    await stay_until(story, ROUND, "ada", "ben", "cleo")
    assert "come to an end" not in await board(story, "dan")
    for member in ("ada", "ben", "cleo", "dan"):
        assert "You are with" in await board(story, member)


async def plan(story: Driver, member: str, pair: int, line: str = "") -> None:
    await story.press(member, "My plan", post("pair", pair))
    kept = await story.fill(member, {"answers": "3", "reviews": "1", "line": line})
    assert "This week: 3 answers and 1 review." in kept.words
    await story.wait(MINUTE)


# --- a week with a talk -----------------------------------------------------------------------------


async def test_two_plan_check_in_and_find_a_time_to_talk(story: Driver) -> None:
    story.person("ada", zone="Europe/Berlin")
    story.person("ben", zone="Europe/London")
    await joined(story, "ada", "ben")
    await wish(story, "ada", "ben")
    for member in ("ada", "ben"):
        await plan(story, member, 1)
    await stay_until(story, THURSDAY, "ada", "ben")
    checkin = post("checkin", 1, "2026-01-08")
    assert "Thank you." in await press_in_room(story, "ada", "My part is right", checkin)
    await story.press("ada", "Add a line")
    await story.fill("ada", {"line": LINE})
    await story.wait(MINUTE)
    assert LINE in (await story.choose("ben", LINE, checkin)).words
    assert "would like to talk" in await press_in_room(story, "ben", "Talk?", checkin)
    assert "would like to talk with you." in await home(story, "ada")
    assert "I have suggested times." in await press_in_room(story, "ada", "Suggest a time", post("pair", 1))
    talk = post("slot", 1)
    await press_in_room(story, "ben", "Neither fits", talk)
    assert "agreed when all of you take it" in await press_in_room(story, "ada", "The second suits me", talk)
    assert "It is agreed." in await press_in_room(story, "ben", "The second suits me", talk)
    assert "would like to talk" not in await home(story, "ada")
    assert "You talk on" in await press_in_room(story, "ben", "Suggest a time", post("pair", 1))
    assert "other times" in await press_in_room(story, "ben", "Another time", talk)
    assert "It is agreed when" in await press_in_room(story, "ben", "The first suits me", talk)
    assert "It is agreed." in await press_in_room(story, "ada", "The first suits me", talk)
    assert "It is called off." in await press_in_room(story, "ada", "Call it off", talk)
    assert "is called off" in await home(story, "ben")
    assert "takes place" in (await story.press("ada", "Undo")).words
    await story.wait(MINUTE)
    assert "is called off" not in await home(story, "ben")
    await stay_until(story, ROUND, "ada", "ben")


# --- the end ----------------------------------------------------------------------------------------


async def test_those_who_all_say_again_go_on_together_though_somebody_waits(story: Driver) -> None:
    members = ("ada", "ben", "cleo")
    await joined(story, *members, "dan")
    await wish(story, *members, "dan")
    await stay_until(story, VOTE, *members)
    for member in members:
        assert "ends soon" in await home(story, member)
        assert "you go on together" in await press(story, member, "How was it?", "Again, please")
        assert "ends soon" not in await home(story, member)
    await story.until(ROUND)
    words = await board(story, "ada")
    assert "@ben" in words
    assert "@cleo" in words
    for member in members:
        assert "you are here" in await press_in_room(story, member, "I'm here", post("pair", 2))
    assert "Nobody was free for you in this round." in await home(story, "dan")


async def test_somebody_else_and_fine_hold_in_the_next_round_and_can_be_changed(story: Driver) -> None:
    members = ("ada", "ben", "cleo")
    await joined(story, *members)
    await wish(story, *members)
    await stay_until(story, VOTE, *members)
    assert "you go on together" in await press(story, "ada", "How was it?", "Again, please")
    assert "meet again" in await press(story, "ada", "How was it?", "It was fine")
    assert "somebody else" in await press(story, "ben", "How was it?", "Somebody else next")
    assert "meet again" in (await press(story, "cleo", "How was it?", "It was fine"))
    await story.until(ROUND)
    assert "@cleo" in await board(story, "ada")
    for member in members:
        assert "@ben" not in await board(story, member)
    assert "Nobody was free for you in this round." in await home(story, "ben")


async def test_a_block_at_the_end_parts_them_at_once_and_for_good(story: Driver) -> None:
    await joined(story, "ada", "ben")
    await wish(story, "ada", "ben")
    await stay_until(story, VOTE, "ada", "ben")
    await press(story, "ada", "How was it?", "Block somebody")
    assert "Blocked." in (await story.fill("ada", {"person": "ben"})).words
    await story.wait(MINUTE)
    assert "You wait for a partner." in await board(story, "ada")
    words = await home(story, "ben")
    assert "You are alone at present." in words
    assert "block" not in words.replace("Blocked people", "").lower()
    await story.until(ROUND)
    for member in ("ada", "ben"):
        assert "You wait for a partner." in await board(story, member)
    assert "You wait for a partner." in (await story.press("ben", "Your partners", post("pair", 1))).words

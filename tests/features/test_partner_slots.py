"""A time to talk: two that suit all, one that all take, a file for calendars, a reminder, another time, no time."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Calendar

from bot.app import App
from bot.features.partners.plan_rules import is_quiet
from bot.kernel.action import Action
from bot.kernel.card import card_words
from bot.kernel.event import Pressed
from bot.kernel.facts import AnswerKept
from tests.features.mornings import joined
from tests.features.peers import tell
from tests.features.test_partner_plans import ROOM, go_on, paired, reminded, wish
from tests.story import CoreDriver, Driver
from tests.world import GROUP, TENANT, World

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
TALK = f"partners.slot/{GROUP}/1"


async def suggested(story: Driver, *members: str) -> None:
    await paired(story, *members)
    await story.press(members[0], "Suggest a time", ROOM)
    await story.wait(MINUTE)


async def agreed(story: Driver, *members: str) -> None:
    await suggested(story, *members)
    for member in members:
        await story.press(member, "The first suits me", TALK)
    await story.wait(MINUTE)


def shown(world: World, name: str = TALK) -> str:
    return card_words(world.named(name).card)


def calendar(world: World) -> tuple[str, Calendar]:
    (file,) = world.named(TALK).card.files
    read = Calendar.from_ical(file.text)
    assert isinstance(read, Calendar)
    return file.name, read


def starts(world: World) -> datetime:
    (entry,) = calendar(world)[1].walk("VEVENT")
    at: datetime = entry.decoded("dtstart")
    return at


# --- the story ----------------------------------------------------------------------------------------------


async def test_two_partners_agree_on_a_time_move_it_and_call_it_off(story: Driver) -> None:
    await suggested(story, "ada", "ben")
    assert "It is agreed when all of you take it." in (await story.press("ben", "The first suits me", TALK)).words
    assert "It is agreed." in (await story.press("ada", "The first suits me", TALK)).words
    await story.wait(MINUTE)
    standing = await story.press("ada", "Suggest a time", ROOM)
    assert "You talk on" in standing.words
    assert "other times" in (await story.press("ada", "Another time", TALK)).words
    await story.wait(MINUTE)
    assert "The time stays." in (await story.press("ben", "Keep the old time", TALK)).words
    await story.wait(MINUTE)
    assert "It is called off." in (await story.press("ben", "Call it off", TALK)).words
    await story.wait(MINUTE)
    assert any("is called off" in sight.words for sight in await story.open("ada"))
    assert "Your talk takes place." in (await story.press("ben", "Undo")).words
    await story.wait(MINUTE)
    assert not (await story.press("ada", "Another time", TALK)).refused


# --- agreeing ------------------------------------------------------------------------------------------------


async def test_it_is_agreed_only_when_all_of_them_take_the_same_time(story: Driver, app: App, world: World) -> None:
    await suggested(story, "ada", "ben", "cleo")
    await story.press("ada", "The first suits me", TALK)
    await story.press("ben", "The second suits me", TALK)
    await story.press("cleo", "The second suits me", TALK)
    await story.wait(MINUTE)
    assert "@ada takes the first one." in shown(world)
    assert not world.named(TALK).card.files
    await story.press("ada", "The second suits me", TALK)
    await story.wait(MINUTE)
    assert "Your talk is agreed." in shown(world)
    assert world.created.count(TALK) == 1


async def test_a_taken_time_is_given_back_by_one_press(story: Driver, app: App, world: World) -> None:
    await suggested(story, "ada", "ben")
    await story.press("ada", "The first suits me", TALK)
    await story.press("ada", "Take it back")
    await story.press("ben", "The first suits me", TALK)
    await story.wait(MINUTE)
    assert "@ada" not in shown(world)
    assert "A time to talk?" in shown(world)


async def test_the_calendar_file_opens_and_names_nobody(story: Driver, app: App, world: World) -> None:
    await agreed(story, "ada", "ben")
    name, read = calendar(world)
    (entry,) = read.walk("VEVENT")
    assert name == "talk-1.ics"
    assert entry.decoded("dtend") - entry.decoded("dtstart") == timedelta(minutes=50)
    assert entry.decoded("dtstart").tzinfo is not None
    assert entry["sequence"] == 0
    for member in ("ada", "ben", "web:bench"):
        assert member not in read.to_ical().decode()


async def test_a_time_that_moves_is_the_same_entry_in_calendars(story: Driver, app: App, world: World) -> None:
    await agreed(story, "ada", "ben")
    before, uid = starts(world), calendar(world)[1].walk("VEVENT")[0]["uid"]
    await story.press("ben", "Another time", TALK)
    await story.wait(MINUTE)
    for member in ("ada", "ben"):
        await story.press(member, "The first suits me", TALK)
    await story.wait(MINUTE)
    name, read = calendar(world)
    (entry,) = read.walk("VEVENT")
    assert entry["uid"] == uid
    assert entry["sequence"] == 1
    assert entry.decoded("dtstart") != before
    assert name == "talk-1-2.ics", "a platform that keeps files by their names takes the new one"


async def test_neither_fits_brings_other_times_and_does_not_say_who_pressed_it(
    story: Driver, app: App, world: World
) -> None:
    await suggested(story, "ada", "ben")
    first = shown(world)
    await story.press("ada", "The first suits me", TALK)
    await story.press("ben", "Neither fits", TALK)
    await story.wait(MINUTE)
    assert shown(world) != first
    assert "@" not in shown(world), "what was taken before counts no more"


async def test_a_button_of_times_that_were_replaced_agrees_to_nothing(story: Driver, app: App, world: World) -> None:
    await suggested(story, "ada", "ben")
    old = [action for label, action in (await story.read("ada"))[-1].buttons if label == "The first suits me"]
    await story.press("ben", "The first suits me", TALK)
    await story.press("ada", "Neither fits", TALK)
    answered = await press(story, "ada", old or ["partners.slot_take?n=1&round=1&talk=1"])
    assert "not offered any more" in answered
    assert not world.named(TALK).card.files


async def press(story: Driver, member: str, actions: Sequence[str]) -> str:
    assert isinstance(story, CoreDriver)
    where = story._sitting(member).where
    return (await story._do(member, where, Pressed(Action.decode(actions[-1])))).words


async def test_only_partners_take_a_time(story: Driver, app: App, world: World) -> None:
    await suggested(story, "ada", "ben")
    await story.press("eve", "Join the study group", f"members.join/{GROUP}")
    assert "no partner at present" in (await story.press("eve", "The first suits me", TALK)).refused
    for forged in ("n=3&round=1&talk=1", "n=1&round=1&talk=9", "n=x&round=&talk=", "n=0&round=1&talk=1"):
        refused = await press(story, "ada", [f"partners.slot_take?{forged}"])
        assert refused
        assert "our side" not in refused
    assert "Your talk is agreed." not in shown(world)


async def test_while_times_stand_nobody_adds_others(story: Driver, app: App, world: World) -> None:
    await suggested(story, "ada", "ben")
    assert "suggested already" in (await story.press("ben", "Suggest a time", ROOM)).words
    assert [name for name in world.names() if name.startswith("partners.slot/")] == [TALK]


async def test_where_somebody_wants_no_calls_there_is_no_time_and_nobody_learns_why(story: Driver, app: App) -> None:
    await joined(story, "ada", "ben")
    await wish(story, "ada")
    await wish(story, "ben", "writing")
    none = await story.press("ada", "Suggest a time", ROOM)
    assert "I find no time that suits all of you" in none.words
    assert "ben" not in none.words


# --- reminding ------------------------------------------------------------------------------------------------


async def test_the_room_is_reminded_half_an_hour_before(story: Driver, app: App, world: World) -> None:
    await agreed(story, "ada", "ben")
    at, soon = starts(world), f"partners.soon/{GROUP}/1/1"
    await go_on(story, at - 31 * MINUTE, "ada", "ben")
    assert soon not in world.names()
    await story.until(at - 29 * MINUTE)
    assert "Your talk begins soon." in shown(world, soon)
    assert not world.named(soon).posting.quiet


async def test_what_is_called_off_reminds_nobody_and_the_other_hears_it_in_private(
    story: Driver, app: App, world: World
) -> None:
    await agreed(story, "ada", "ben")
    at = starts(world)
    await story.press("ben", "Call it off", TALK)
    assert any("is called off" in sight.words for sight in await story.open("ada"))
    assert not any("is called off" in sight.words for sight in await story.open("ben"))
    await go_on(story, at, "ada", "ben")
    assert not [name for name in world.names() if name.startswith("partners.soon/")]


async def test_a_talk_that_is_called_off_in_its_last_minutes_takes_its_reminder_away(
    story: Driver, app: App, world: World
) -> None:
    await agreed(story, "ada", "ben")
    at, soon = starts(world), f"partners.soon/{GROUP}/1/1"
    await go_on(story, at - 20 * MINUTE, "ada", "ben")
    assert soon in world.names()
    await story.press("ben", "Call it off", soon)
    await story.wait(MINUTE)
    assert soon not in world.names()
    assert "Called off" in shown(world)
    await story.press("ben", "Undo")
    await story.until(at + MINUTE)
    assert "Your talk is agreed." in shown(world)


async def test_a_moved_talk_reminds_once_and_at_the_new_time(story: Driver, app: App, world: World) -> None:
    await agreed(story, "ada", "ben")
    before = starts(world)
    await story.press("ben", "Another time", TALK)
    await story.wait(MINUTE)
    for member in ("ada", "ben"):
        await story.press(member, "The first suits me", TALK)
    await story.wait(MINUTE)
    await go_on(story, max(before, starts(world)), "ada", "ben")
    soon = world.named(f"partners.soon/{GROUP}/1/2")
    assert starts(world) - 30 * MINUTE <= soon.at <= starts(world)
    assert f"partners.soon/{GROUP}/1/1" not in world.created


async def test_after_an_outage_nobody_is_reminded_of_what_has_begun(story: Driver, app: App, world: World) -> None:
    await agreed(story, "ada", "ben")
    at = starts(world)
    await go_on(story, at - HOUR, "ada", "ben")
    story.clock.set(at + 5 * MINUTE)
    await app.settle()
    assert f"partners.soon/{GROUP}/1/1" not in world.names()


async def test_a_reminder_that_would_come_in_somebodys_quiet_hours_rings_for_nobody(
    story: Driver, app: App, world: World
) -> None:
    await agreed(story, "ada", "ben")
    story.person("ben", zone="Australia/Sydney")
    await story.type("ben", "/study partner")
    await story.press("ben", "I'm here")
    at = starts(world)
    await go_on(story, at - 10 * MINUTE, "ada", "ben")
    soon = world.named(f"partners.soon/{GROUP}/1/1")
    assert is_quiet(at - 30 * MINUTE, ZoneInfo("Australia/Sydney"))
    assert soon.posting.quiet


async def test_on_its_day_the_talk_is_in_the_days_reminder(story: Driver, app: App, world: World) -> None:
    await agreed(story, "ada", "ben")
    await reminded(story, "ada")
    at = starts(world)
    await tell(app, AnswerKept("t1", "ada", first=True, late=False))
    await go_on(story, at - HOUR, "ada", "ben")
    lines = [str(message.card) for message in world.private("ada") if "Today you have a talk" in str(message.card)]
    assert len(lines) == 1


async def test_with_the_pair_ends_the_talk(story: Driver, app: App, world: World) -> None:
    await agreed(story, "ada", "ben")
    at = starts(world)
    await story.type("ben", "/study pause")
    await story.choose("ben", "2 weeks")
    await story.wait(MINUTE)
    assert "does not take place." in shown(world)
    assert any("is called off" in sight.words for sight in await story.open("ada"))
    await story.until(at)
    assert not [name for name in world.names() if name.startswith("partners.soon/")]
    assert "no partner at present" in (await story.press("ada", "Suggest a time", TALK)).refused


async def test_when_the_third_who_has_not_answered_goes_the_others_have_agreed(
    story: Driver, app: App, world: World
) -> None:
    await suggested(story, "ada", "ben", "cleo")
    for member in ("ada", "ben"):
        await story.press(member, "The first suits me", TALK)
    await story.type("cleo", "/study pause")
    await story.choose("cleo", "1 week")
    await story.wait(MINUTE)
    assert "Your talk is agreed." in shown(world)
    assert world.named(TALK).card.files
    await story.until(starts(world))
    assert [name for name in world.names() if name.startswith("partners.soon/")]


async def test_when_the_third_goes_before_the_others_have_answered_the_times_stand_for_them(
    story: Driver, app: App, world: World
) -> None:
    await suggested(story, "ada", "ben", "cleo")
    for member in ("ada", "cleo"):
        await story.press(member, "The first suits me", TALK)
    await app.store.run(lambda tx: app.engine.erase(tx, TENANT, "cleo", app.clock.now()))
    await story.wait(MINUTE)
    assert "@ada takes the first one." in shown(world)
    assert "cleo" not in shown(world)
    assert "It is agreed." in (await story.press("ben", "The first suits me", TALK)).words
    assert world.created.count(TALK) == 1


async def test_times_that_nobody_is_left_for_are_closed_with_a_word(story: Driver, app: App, world: World) -> None:
    await suggested(story, "ada", "ben")
    await story.type("ben", "/study leave")
    await story.wait(MINUTE)
    assert "not needed any more" in shown(world)
    assert not world.named(TALK).card.buttons


async def test_who_joins_while_times_are_offered_has_time_at_all_of_them(story: Driver, app: App, world: World) -> None:
    await suggested(story, "ada", "ben")
    await story.press("ada", "The first suits me", TALK)
    assert "Wed 07 Jan" in shown(world)
    await story.press("cleo", "Join the study group", f"members.join/{GROUP}")
    await story.type("cleo", "/study partner")
    await story.press("cleo", "partners.find")
    await story.fill("cleo", {"stage": "starting", "times": ("sat",), "talk": "live"})
    await story.wait(MINUTE)
    assert "Wed 07 Jan" not in shown(world)
    assert "Sat 10 Jan" in shown(world)
    assert "takes" not in shown(world)


async def test_who_wants_to_write_from_now_on_ends_the_search_and_the_room_says_that_they_write(
    story: Driver, app: App, world: World
) -> None:
    await suggested(story, "ada", "ben")
    assert "You can talk or write." in shown(world, ROOM)
    await wish(story, "ben", talk="writing")
    await story.wait(MINUTE)
    assert "I find no time" in shown(world)
    assert "You write to each other, each when it suits" in shown(world, ROOM)
    assert "in common" not in shown(world, ROOM)
    await story.press("ben", "Undo")
    await story.wait(MINUTE)
    assert "You can talk or write." in shown(world, ROOM)
    assert world.created.count(ROOM) == 1

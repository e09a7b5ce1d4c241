"""A time to talk: two that suit all, one that all take, a file for calendars, a reminder, another time, no time."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from bot.app import App
from bot.features.partners.hours_rules import HALF_HOURS, NOTICE, Part, Slot, hours_in
from bot.features.partners.plan_rules import is_quiet
from bot.features.partners.slot_rules import State, Talk, search
from bot.kernel.action import Action
from bot.kernel.card import card_words
from bot.kernel.event import Pressed, Submitted, Value
from bot.kernel.facts import AnswerKept
from tests.features.mornings import joined
from tests.features.peers import tell
from tests.features.test_partner_plans import EVENINGS, ROOM, go_on, paired, reminded, wish
from tests.features.test_partner_properties import Group, live_until, living, play
from tests.story import CoreDriver, Driver
from tests.world import GROUP, World

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)
END = datetime(2026, 1, 19, 3, tzinfo=UTC)
TALK = f"partners.slot/{GROUP}/1"
BERLIN, SEOUL = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Seoul")
WEDNESDAY = datetime(2026, 1, 7, 17, 30, tzinfo=UTC)


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
    lines = [
        str(message.card) for message in world.private("ada") if "you talk with your partners" in str(message.card)
    ]
    assert len(lines) == 1


async def test_with_the_pair_ends_the_talk(story: Driver, app: App, world: World) -> None:
    await agreed(story, "ada", "ben")
    at = starts(world)
    await story.type("ben", "/study pause")
    await story.choose("ben", "2 weeks")
    await story.until(at)
    assert not [name for name in world.names() if name.startswith("partners.soon/")]
    assert "no partner at present" in (await story.press("ada", "Another time", TALK)).refused


# --- rules --------------------------------------------------------------------------------------------------------


BLOCKS = st.sets(st.tuples(st.integers(0, 6), st.sampled_from(Part)), max_size=8)


@settings(max_examples=60, deadline=None)
@given(st.lists(BLOCKS, min_size=2, max_size=3), st.integers(0, 13 * 24))
def test_a_time_that_is_offered_lies_in_the_hours_of_all_and_before_the_end(
    wishes: list[set[tuple[int, Part]]], hours: int
) -> None:
    now = NOW + hours * HOUR
    zones = (BERLIN, SEOUL, ZoneInfo("UTC"))

    def masks(week: date) -> list[int]:
        return [hours_in(week, blocks, zone) for blocks, zone in zip(wishes, zones, strict=False)]

    found = search(masks, now, END)
    assert len(found) <= 2
    for slot in found:
        assert now + NOTICE <= slot.starts
        assert slot.ends <= END
        week = (slot.starts - timedelta(days=slot.starts.weekday())).date()
        first = (slot.starts - datetime.combine(week, datetime.min.time(), UTC)) // (30 * MINUTE)
        assert all(mask >> first & 1 for mask in masks(week))
    others = search(masks, now, END, found)
    for other in others:
        assert all(other.ends <= slot.starts or slot.ends <= other.starts for slot in found)


def test_where_one_week_has_one_time_the_next_week_has_the_other() -> None:
    found = search(lambda week: [0b11 << 40, 0b11 << 40], NOW, END)
    assert [slot.starts for slot in found] == [
        datetime(2026, 1, 5, 20, tzinfo=UTC), datetime(2026, 1, 12, 20, tzinfo=UTC)
    ]  # fmt: skip


def test_nobody_has_time_where_nobody_is() -> None:
    assert search(lambda week: [], NOW, END) == ()
    assert search(lambda week: [0, (1 << HALF_HOURS) - 1], NOW, END) == ()


@pytest.mark.parametrize("members", [("ada",), ("ada", "ben"), ("ada", "ben", "cleo")])
def test_all_of_them_must_take_it(members: tuple[str, ...]) -> None:
    slot = Slot(WEDNESDAY, 50)
    some = Talk(1, 1, (slot,), takes=tuple((member, 1) for member in members[1:]))
    every = Talk(1, 1, (slot,), takes=tuple((member, 1) for member in members))
    assert some.settled(members, NOW) is None
    assert every.settled(members, NOW) == slot
    assert every.settled(members, slot.starts) is None, "it has begun"
    assert every.state is State.OFFERED


# --- whatever partners do ----------------------------------------------------------------------------------------


PRESSES = (
    "plan", "work", "confirm", "unconfirm", "line", "say", "slot", "slot", "slot_take", "slot_take", "all_take",
    "slot_untake", "slot_others", "slot_move", "slot_stay", "slot_off", "slot_on",
)  # fmt: skip
CHANGES = ("wait", "wait", "pause", "resume", "leave", "join", "erase", "block", "here", "wish", "long")
DEED = st.one_of(*[st.sampled_from(PRESSES)] * 4, st.sampled_from(CHANGES))


async def press_there(group: Group, deed: str, number: int) -> None:
    """One press of somebody at some plan, check-in or time: mostly at their own, now and then at others' or at none."""
    pairs = group.pairs()
    member = group.members[number % len(group.members)]
    pair = next((pair for pair, people in pairs.items() if member in people and number % 5), number % 4)
    days = [row["day"] for row in group.rows("partners_checkins")] or ["2026-01-08"]
    at = {"pair": str(pair), "day": days[number % len(days)]}
    talk = max(group.rows("partners_slots", f"pair = {pair}"), key=lambda row: int(row["number"]), default=None)
    args = {"talk": str(talk["number"]), "round": str(talk["round"])} if talk else {"talk": "1", "round": "1"}
    choice = {"n": str(number % 2 + 1)}
    match deed:
        case "plan":
            values: dict[str, Value] = {"answers": str(number % 4), "reviews": "1", "line": f"line of {member}"}
            await group.do(member, Submitted(Action.to("partners.keep_plan"), values))
        case "work":
            await tell(group.app, AnswerKept(f"t{number % 9}", member, first=number % 2 == 0, late=False))
        case "line":
            words: dict[str, Value] = {"line": f"word of {member}"}
            await group.do(member, Submitted(Action.to("partners.keep_line", **at), words))
        case "say":
            await group.press(member, "partners.react", **at, say=("saw", "well", "talk", "x")[number % 4])
        case "confirm" | "unconfirm":
            await group.press(member, f"partners.{deed}", **at)
        case "slot":
            await group.press(member, "partners.slot")
        case "all_take":
            for one in pairs.get(pair, []):
                await group.press(one, "partners.slot_take", **args, **choice)
        case _:
            await group.press(member, f"partners.{deed}", **args, **choice)
    await group.app.settle()


async def week_is_sound(group: Group, sat: dict[int, set[str]]) -> None:
    """`sat`: who has ever sat in each pair."""
    wakes = group.rows("wakes", "route = 'partners.soon' AND state = 'due'")
    slots = {row["number"]: row for row in group.rows("partners_slots")}
    for wake in wakes:
        *_, number, version = wake["name"].split("/")
        talk = slots[int(number)]
        assert talk["state"] in ("agreed", "moving"), "what is called off reminds nobody"
        assert talk["version"] == int(version)
    for name, card in group.world.wall().items():
        if name.startswith(("partners.checkin/", "partners.plan/")):
            people = sat[int(name.split("/")[-2])]
            words = card_words(card)
            for member in group.members:
                assert f"@{member}" not in words or member in people, f"{name} tells of {member}"
                assert member not in group.erased or f"of {member}" not in words, f"{name} still quotes {member}"
    for row in group.rows("partners_lines"):
        assert row["member"] in sat[row["pair"]], "a check-in tells of partners alone"
    ours = ("partners.plan/", "partners.checkin/", "partners.slot/", "partners.soon/")
    assert not [name for name in group.world.doubles() if name.startswith(ours)]


async def settled_by_all(group: Group, before: dict[int, int]) -> None:
    """Every time that was agreed in this moment was taken by all who sit there, or put back by an undo."""
    for row in group.rows("partners_slots", "state = 'agreed'"):
        if row["version"] > before.get(row["number"], 0):
            takes = group.rows("partners_takes", f"slot = {row['number']} AND round = {row['round']}")
            for member in group.pairs()[row["pair"]]:
                assert member in {take["member"] for take in takes}, f"{member} has not taken it"


@pytest.mark.parametrize("size", [2, 3, 5])
@settings(max_examples=12, deadline=None, phases=(Phase.explicit, Phase.generate, Phase.shrink),
          suppress_health_check=list(HealthCheck), derandomize=True)  # fmt: skip
@given(deeds=st.lists(st.tuples(DEED, st.integers(0, 999)), min_size=20, max_size=50), thursday=st.booleans())
def test_whatever_partners_press_in_whatever_order_the_week_is_sound(
    size: int, deeds: Sequence[tuple[str, int]], *, thursday: bool
) -> None:
    async def live() -> None:
        group = living(size)
        sat: dict[int, set[str]] = defaultdict(set)
        for member in group.members:
            await group.send(member, "partners.send", {"stage": "starting", "times": EVENINGS, "talk": "live"})
        if thursday:
            await live_until(group, datetime(2026, 1, 8, 18, tzinfo=UTC))
        for deed, number in [("slot", 0), ("all_take", 0), *deeds]:
            before = {row["number"]: row["version"] for row in group.rows("partners_slots")}
            remember(group, sat)
            await (press_there if deed in PRESSES else play)(group, deed, number)
            remember(group, sat)
            await week_is_sound(group, sat)
            if deed in ("slot_take", "all_take"):
                await settled_by_all(group, before)

    asyncio.run(live())


def remember(group: Group, sat: dict[int, set[str]]) -> None:
    """Who sits or sat in each pair, as far as the rows still say it."""
    people = {row["number"]: row["member"] for row in group.rows("partners_seats")}
    for row in group.rows("partners_sittings"):
        sat[row["pair"]].add(people[row["seat"]])

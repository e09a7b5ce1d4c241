"""What a member sets for themselves: the weekly goal, breaks; and going, where nobody else looks after the group."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.app import App
from bot.engine import roster
from bot.features.members import handlers, pause_handlers, pause_rules
from bot.kernel.action import Action
from bot.kernel.effect import Effect, Fact
from bot.kernel.errors import Refusal
from bot.kernel.event import Pressed, Scene
from bot.kernel.facts import GoalChosen, MemberPaused, MemberResumed, PausedUntil
from bot.kernel.feature import Handler
from tests.features.mornings import JOIN, MONDAY, answer, joined, monday
from tests.story import Driver
from tests.world import BERLIN, GROUP, MORNING

ZONES = [
    "UTC", "Europe/Berlin", "America/Los_Angeles", "Asia/Kolkata", "Asia/Tokyo", "Pacific/Apia", "America/Nuuk",
    "Australia/Lord_Howe", "America/Sao_Paulo", "Africa/Cairo", "Pacific/Kiritimati",
]  # fmt: skip
TODAY = date(2026, 1, 5)


async def facts_of(app: App, handler: Handler[Pressed], member: str, action: Action, value: str = "") -> list[Fact]:
    """What the others would hear of this press."""

    def unit(tx: object) -> list[Effect]:
        scene = Scene(GROUP, MORNING, ZoneInfo(BERLIN), member, my_zone=ZoneInfo(BERLIN), is_member=True, ready=True)
        return list(handler(Pressed(action, value), scene, tx))  # type: ignore[arg-type]

    return [effect for effect in await app.store.run(unit) if isinstance(effect, Fact)]


# --- what is set, and where it is changed ----------------------------------------------------------


async def test_the_own_page_leads_to_everything_that_a_member_can_set(story: Driver) -> None:
    await joined(story, "ada")
    me = (await story.type("ada", "/study me")).replies[0]
    assert [action for _, action in me.buttons] == [
        "members.zone", "nudges.settings", "streaks.show", "reviews.board", "partners.board", "members.pause",
        "safety.blocked", "members.data", "members.leave",
    ]  # fmt: skip
    assert [value for value, _, _ in me.options] == ["2", "3", "4", "5", "6", "7"]


async def test_a_goal_of_five_days_is_kept(story: Driver) -> None:
    await joined(story, "ada")
    await story.type("ada", "/study me")
    assert "Your goal is 5 days a week." in (await story.choose("ada", "5 days")).words
    assert "Days a week: 5" in (await story.type("ada", "/study me")).words


async def test_the_welcome_still_offers_three_goals_only(story: Driver) -> None:
    await story.found()
    welcome = (await story.press("ada", "Join the study group", JOIN)).replies[0]
    assert [value for value, _, _ in welcome.options] == ["2", "4", "6"]


async def test_the_others_hear_of_a_goal(story: Driver, app: App) -> None:
    await joined(story, "ada")
    assert await facts_of(app, handlers.keep_days, "ada", Action.to("members.days"), "5") == [GoalChosen("ada", 5)]


# --- breaks ---------------------------------------------------------------------------------------------


async def test_a_break_of_a_week_ends_at_four_in_the_morning_of_ones_own_zone(story: Driver, app: App) -> None:
    story.person("ada", zone="Asia/Tokyo")
    await joined(story, "ada")
    await story.type("ada", "/study me")
    await story.press("ada", "Take a break")
    rests = await story.choose("ada", "1 week")
    assert "Have a good break." in rests.words
    assert "Sun 11 Jan 19:00 UTC" in rests.words
    assert await rests_until(app, "ada") == datetime(2026, 1, 11, 19, tzinfo=UTC)
    assert await rests_until(app, "ben") is None


async def test_a_break_says_that_nothing_is_lost_and_that_no_reminders_come(story: Driver) -> None:
    await joined(story, "ada")
    await story.type("ada", "/study pause")
    rests = await story.choose("ada", "3 days")
    assert "No reminders come, and nothing is lost." in rests.words


async def test_while_somebody_rests_their_page_says_so_and_one_press_ends_it(story: Driver) -> None:
    await joined(story, "ada")
    await story.type("ada", "/study pause")
    await story.choose("ada", "2 weeks")
    home = next(seen for seen in await story.read("ada", "home") if seen.title == "What you have set")
    assert "On a break until" in home.words
    assert home.buttons[0] == ("I am back", "members.resume")
    assert "Welcome back." in (await story.press("ada", "I am back")).words
    assert "On a break" not in (await story.type("ada", "/study me")).words


async def test_coming_back_too_soon_can_be_undone(story: Driver) -> None:
    await joined(story, "ada")
    await story.type("ada", "/study pause")
    await story.choose("ada", "3 weeks")
    await story.press("ada", "I am back")
    assert "Mon 26 Jan" in (await story.press("ada", "Undo")).words
    assert "On a break until" in (await story.type("ada", "/study me")).words


async def test_a_break_ends_by_itself(story: Driver, app: App) -> None:
    await joined(story, "ada")
    await story.type("ada", "/study pause")
    await story.choose("ada", "3 days")
    await story.until(datetime(2026, 1, 8, 2, 59, tzinfo=UTC))
    assert "On a break until" in (await story.type("ada", "/study me")).words
    await story.until(datetime(2026, 1, 8, 3, 0, tzinfo=UTC))  # 04:00 in Berlin
    assert "On a break" not in (await story.type("ada", "/study me")).words
    assert await rests_until(app, "ada", story.clock.now()) is None


async def test_whoever_rests_may_answer_all_the_same(story: Driver) -> None:
    await monday(story, "ada")
    await story.type("ada", "/study pause")
    await story.choose("ada", "1 week")
    assert "Your answer is kept." in await answer(story, "ada")


async def test_the_end_of_a_break_can_be_changed(story: Driver) -> None:
    await joined(story, "ada")
    await story.type("ada", "/study pause")
    await story.choose("ada", "3 days")
    changing = await story.type("ada", "/study pause")
    assert "You are on a break until Thu 08 Jan" in changing.words
    assert "Mon 19 Jan" in (await story.choose("ada", "2 weeks")).words
    assert "Mon 19 Jan" in (await story.type("ada", "/study me")).words


async def test_break_and_pause_are_the_same_command_and_one_word_is_read(story: Driver) -> None:
    await joined(story, "ada")
    asked = await story.type("ada", "/study break")
    assert asked.words == (await story.type("ada", "/study pause")).words
    kept = await story.choose("ada", "3 days")
    for words in (asked.words, kept.words, (await story.type("ada", "/study me")).words):
        assert "break" in words
        assert not re.search(r"\b(pauses?|paused|rests?)\b", words, re.IGNORECASE)


async def test_i_am_back_without_a_break_is_harmless(story: Driver) -> None:
    await joined(story, "ada")
    await story.type("ada", "/study pause")
    await story.choose("ada", "3 days")
    await story.type("ada", "/study me")
    await story.press("ada", "I am back")
    rests_no_more = await story.again()
    assert not rests_no_more.refused
    await story.type("ada", "/study me")
    assert "On a break" not in (await story.open("ada"))[-1].words


async def test_another_date_is_typed_into_a_form(story: Driver) -> None:
    await joined(story, "ada")
    await story.type("ada", "/study pause")
    await story.press("ada", "Another date")
    assert "Wed 04 Feb" in (await story.fill("ada", {"date": "4 Feb"})).words


@pytest.mark.parametrize(("typed", "because"), [
    ("", "The date is missing."),
    ("soon", "I cannot read “soon” as a date."),
    ("12/11", "I cannot read “12/11” as a date."),
    ("2026-02-30", "I cannot read “2026-02-30” as a date."),
    ("2026-01-05", "That day is not after today."),
    ("2025-12-24", "That day is not after today."),
    ("2026-04-06", "A break is 90 days long at most."),
    ("24 Dec", "A break is 90 days long at most."),
])  # fmt: skip
async def test_a_date_that_cannot_be_is_refused_with_a_way_out(story: Driver, typed: str, because: str) -> None:
    await joined(story, "ada")
    await story.type("ada", "/study pause")
    await story.press("ada", "Another date")
    no = await story.fill("ada", {"date": typed})
    assert (no.refused, no.field) == (because, "date")
    assert no.hint
    assert no.handed_back == ((typed,) if typed else ())


async def test_the_others_hear_of_a_break_once_and_of_its_end(story: Driver, app: App) -> None:
    await joined(story, "ada")
    keep, until = Action.to("members.keep_pause"), datetime(2026, 1, 8, 3, tzinfo=UTC)
    assert await facts_of(app, pause_handlers.keep_pause, "ada", keep, "3") == [MemberPaused("ada", until)]
    assert await facts_of(app, pause_handlers.keep_pause, "ada", keep, "3") == []
    later = MemberPaused("ada", datetime(2026, 1, 12, 3, tzinfo=UTC))
    assert await facts_of(app, pause_handlers.keep_pause, "ada", keep, "7") == [later]
    back = Action.to("members.resume")
    assert await facts_of(app, pause_handlers.resume, "ada", back) == [MemberResumed("ada")]
    assert await facts_of(app, pause_handlers.resume, "ada", back) == []


async def test_leaving_and_coming_back_ends_a_break(story: Driver) -> None:
    await joined(story, "ada")
    await story.type("ada", "/study pause")
    await story.choose("ada", "3 weeks")
    await story.type("ada", "/study leave")
    await story.press("ada", "Come back")
    assert "On a break" not in (await story.type("ada", "/study me")).words


async def rests_until(app: App, member: str, at: datetime = MORNING) -> datetime | None:
    def ask(tx: object) -> datetime | None:
        scene = roster.group_scene(tx, GROUP, at)  # type: ignore[arg-type]
        found: datetime | None = app.engine._asker(scene)(PausedUntil(member), tx)  # type: ignore[arg-type]
        return found

    return await app.store.read(ask)


# --- dates, in general ------------------------------------------------------------------------------------

days = st.dates(date(2024, 1, 1), date(2031, 12, 31))


@given(days, st.integers(1, pause_rules.LONGEST), st.booleans())
def test_every_day_of_the_next_ninety_can_be_typed_in_three_ways(today: date, ahead: int, loud: bool) -> None:  # noqa: FBT001
    day = today + timedelta(days=ahead)
    for typed in (str(day), f"{day.day} {day:%b}", f"{day:%B} {day.day}, {day.year}", f"  {day.day}   {day:%B}  "):
        assert pause_rules.accept_date(typed.upper() if loud else typed, today) == day


@given(days, st.text(max_size=60))
def test_any_words_give_a_day_in_reach_or_a_refusal_of_the_field(today: date, typed: str) -> None:
    try:
        found: date | Refusal = pause_rules.accept_date(typed, today)
    except Refusal as no:
        found = no
    if isinstance(found, Refusal):
        assert found.field == "date"
        assert found.hint
    else:
        assert today < found <= today + timedelta(days=pause_rules.LONGEST)


@given(days, st.integers(-400, 0) | st.integers(pause_rules.LONGEST + 1, 400))
def test_no_other_day_is_taken(today: date, ahead: int) -> None:
    with pytest.raises(Refusal):
        pause_rules.accept_date(str(today + timedelta(days=ahead)), today)


@given(
    st.datetimes(datetime(2011, 1, 1), datetime(2031, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001 - the zone is beside it
    st.sampled_from(ZONES),
    st.sampled_from([str(length) for length, _ in pause_rules.LENGTHS]),
)
def test_a_break_begins_now_and_ends_when_a_day_of_the_member_begins(now: datetime, zone: str, length: str) -> None:
    here = ZoneInfo(zone)
    until = pause_rules.ends(pause_rules.accept_length(length, pause_rules.today(now, here)), here)
    assert until > now
    assert pause_rules.today(until, here) > pause_rules.today(until - timedelta(seconds=1), here)
    assert abs(until - now - timedelta(days=int(length))) <= timedelta(hours=48)  # Apia had no 30 December 2011


# --- going ------------------------------------------------------------------------------------------------


async def test_the_only_organiser_is_asked_before_leaving_others_alone(story: Driver) -> None:
    await joined(story, "olga", "ada")
    asked = await story.type("olga", "/study leave")
    assert "You are its only organiser." in asked.words
    assert dict(asked.replies[0].buttons)["Choose who takes over"] == "organiser.ask_hand_over"
    assert not (await story.type("olga", "/study me")).refused, "nothing has happened yet"
    await story.type("olga", "/study leave")
    assert "You have left the study group." in (await story.press("olga", "Leave without one")).words


async def test_the_only_organiser_of_an_empty_group_just_leaves(story: Driver) -> None:
    await joined(story, "olga")
    assert "You have left" in (await story.type("olga", "/study leave")).words


async def test_one_of_two_organisers_just_leaves(story: Driver, app: App) -> None:
    await joined(story, "olga", "ada")
    await app.store.run(lambda tx: roster.appoint(tx, GROUP, "ada"))
    assert "You have left" in (await story.type("olga", "/study leave")).words


async def test_a_member_who_is_no_organiser_is_not_asked(story: Driver) -> None:
    await monday(story, "ada", "ben")
    await story.press("ada", "Answer", MONDAY)
    assert "You have left" in (await story.type("ada", "/study leave")).words

"""Reminders on days that ask nothing, from more than one group, and after the day is over."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.app import App
from bot.features import discover
from bot.features.nudges import plan_rules, rules
from bot.features.nudges.rules import Drop, Line, Moment, Send, Sent, State, Why, Wish
from bot.kernel.action import Action
from bot.kernel.calendar import member_day, member_days
from bot.kernel.card import Button
from bot.kernel.event import Pressed, Scene, Typed
from bot.kernel.facts import AsksToday, DaysOff
from bot.kernel.feature import Feature
from bot.kernel.ports import Tx
from bot.kernel.text import md
from tests.features.mornings import GOOD, joined, monday
from tests.story import CoreDriver, Driver, Where
from tests.world import BERLIN, GROUP, World

DAY = timedelta(days=1)
ZONE = ZoneInfo(BERLIN)


@dataclass
class Quiet:
    """What this test answers in the place of the features that know: does the day ask, which days are off."""

    asks: bool = True
    off: tuple[date, ...] = ()

    def feature(self) -> Feature:
        quiet = Feature("quiet")

        @quiet.answers(AsksToday)
        def asks_today(question: AsksToday, scene: Scene, tx: Tx) -> bool:
            return self.asks

        @quiet.answers(DaysOff)
        def days_off(question: DaysOff, scene: Scene, tx: Tx) -> Sequence[date]:
            return tuple(day for day in self.off if question.first <= day <= question.last)

        return quiet


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> Quiet:
    made = Quiet()
    own = made.feature()

    def found() -> list[Feature]:
        others = [
            replace(other, questions={key: way for key, way in other.questions.items() if key not in own.questions})
            for other in discover()
        ]
        return [*others, own]

    monkeypatch.setattr("bot.app.discover", found)
    return made


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """An instant of January 2026 on the clocks of Berlin, a few seconds later."""
    return datetime(2026, 1, day, hour, minute, 5, tzinfo=ZONE).astimezone(UTC)


async def reminders(story: Driver, member: str = "ada") -> list[str]:
    return [seen.words for seen in await story.read(member, "private") if seen.name.startswith("nudges.")]


async def newest(story: Driver, member: str = "ada") -> str:
    return [seen.name for seen in await story.read(member, "private") if seen.name.startswith("nudges.")][-1]


async def wanted(story: Driver, member: str = "ada", hour: str = "18:00") -> None:
    await story.type(member, "/study reminders")
    await story.choose(member, hour)


# --- a day that asks nothing --------------------------------------------------------------------


async def test_a_day_that_asks_nothing_brings_no_reminder_and_says_why(quiet: Quiet, story: Driver) -> None:
    await monday(story, "ada")
    await wanted(story)
    quiet.asks = False
    await story.until(at(5, 19))
    assert await reminders(story) == []
    assert "not sent: nothing was asked of you that day" in (await story.type("ada", "/study reminders")).words
    quiet.asks = True
    await story.until(at(6, 18))
    assert len(await reminders(story)) == 1


async def test_whoever_has_answered_reads_that_and_not_that_the_day_asked_nothing(quiet: Quiet, story: Driver) -> None:
    await monday(story, "ada")
    await wanted(story)
    quiet.asks = False
    await story.type("ada", "/study today")
    await story.press("ada", "Answer")
    assert not (await story.fill("ada", {"text": GOOD})).refused
    await story.until(at(5, 19))
    assert "not sent: you had answered" in (await story.type("ada", "/study reminders")).words


async def test_a_day_off_declared_after_the_post_brings_no_reminder(quiet: Quiet, story: Driver) -> None:
    await monday(story, "ada")
    await wanted(story)
    quiet.off = (date(2026, 1, 5),)
    await story.until(at(5, 19))
    assert await reminders(story) == []
    await story.until(at(6, 18))
    assert len(await reminders(story)) == 1


async def test_a_problem_of_the_day_before_is_not_reminded_of_on_a_day_off(quiet: Quiet, story: Driver) -> None:
    await monday(story, "ada")
    await wanted(story)
    quiet.off = (date(2026, 1, 6),)
    await story.until(at(6, 19))
    assert len(await reminders(story)) == 1, "Monday's own"


# --- yesterday's buttons --------------------------------------------------------------------------


@pytest.mark.parametrize("button", ["Skip today", "Done already"])
async def test_a_button_of_yesterday_does_not_silence_today(story: Driver, button: str) -> None:
    await monday(story, "ada")
    await wanted(story)
    await story.until(at(6, 8))
    pressed = await story.press("ada", button, await newest(story))
    assert "That day is over." in pressed.words
    assert "Reminders go on." in pressed.words
    assert "Quiet until" not in (await story.type("ada", "/study reminders")).words
    await story.until(at(6, 18))
    assert len(await reminders(story)) == 2


@pytest.mark.parametrize("button", ["Skip today", "Done already"])
async def test_a_button_of_yesterday_is_a_sign_of_life(story: Driver, button: str) -> None:
    await monday(story, "ada")
    await wanted(story)
    await story.type("ada", "/study reminders")
    await story.press("ada", "No evening reminder")
    await story.until(at(8, 8))
    assert len(await reminders(story)) == 3
    await story.press("ada", button, await newest(story))
    await story.until(at(8, 18))
    assert len(await reminders(story)) == 4, "without a sign of life the fourth day is left out"


async def test_after_midnight_it_is_still_the_same_day(story: Driver) -> None:
    await monday(story, "ada")
    await wanted(story)
    await story.until(at(6, 3))
    assert "No more reminders today." in (await story.press("ada", "Skip today", await newest(story))).words


async def test_a_forged_day_silences_nothing(story: CoreDriver, app: App) -> None:
    await monday(story, "ada")
    await wanted(story)
    for forged in ("", "20990101T0300", "x", "2026-01-05"):
        pressed = await story._do("ada", Where(GROUP, "general"), Pressed(Action.to("nudges.skip", day=forged)))
        assert "That day is over." in pressed.words
    await story.until(at(5, 18))
    assert len(await reminders(story)) == 1


# --- when the next one comes ----------------------------------------------------------------------


async def test_the_next_reminder_after_a_mute_is_named_by_its_hour(story: Driver) -> None:
    await monday(story, "ada")
    await wanted(story)
    await story.until(at(5, 18))
    await story.press("ada", "Mute a week", await newest(story))
    shown = (await story.type("ada", "/study reminders")).words
    assert "Next reminder: not before Mon 12 Jan 17:00 UTC" in shown
    assert "03:00 UTC" not in next(line for line in shown.splitlines() if line.startswith("Next"))


@given(
    st.sampled_from(["08:30", "12:30", "18:00", "20:00"]),
    st.integers(0, 60 * 24 * 20),
    st.sampled_from([BERLIN, "America/New_York", "Asia/Kolkata", "Pacific/Apia"]),
)
def test_the_next_one_after_a_rest_is_never_named_in_the_quiet_hours(wall: str, minutes: int, home: str) -> None:
    zone = ZoneInfo(home)
    now = datetime(2026, 3, 20, 12, tzinfo=UTC)
    rest = now + timedelta(minutes=minutes)
    moments = [
        plan_rules.plan("g", "ada", time.fromisoformat(wall), zone, now, evening=False),
        plan_rules.plan("g", "ada", rules.EVENING, zone, now, evening=True),
    ]
    named = plan_rules.first_after(moments, rest, zone)
    assert named is not None
    assert named >= rest
    assert named - rest <= timedelta(hours=25)
    assert not rules.is_quiet(named, zone)
    assert plan_rules.first_after([], rest, zone) is None


# --- two groups -----------------------------------------------------------------------------------

ZWEI = Where("web:zwei", "zwei")


async def second(story: CoreDriver, *, where: Where = ZWEI) -> None:
    """Another group of the same server, with Ada in it; it counts in Berlin too."""
    story.person("ben", zone=BERLIN, manages=True)
    await story._do("ben", where, Typed(""))
    await story._do("ben", where, Pressed(Action.to("organiser.setup")))
    await story._do("ada", where, Pressed(Action.to("members.join")))


async def test_a_member_of_two_groups_is_reminded_of_both_problems(story: CoreDriver, app: App, world: World) -> None:
    await joined(story, "ada")
    await second(story)
    for where in (Where(GROUP, "general"), ZWEI):
        await story._do("ada", where, Pressed(Action.to("nudges.hour"), "18:00"))
    for day in (5, 6, 7):
        await story.until(at(day, 21))
        names = [seen.posting.name for seen in world.private("ada") if seen.posting.name.startswith("nudges.")]
        today = [name.split("/")[1] for name in names if f"2026-01-{day:02}" in name]
        assert sorted(today) == sorted([GROUP, "web:zwei"]), (day, names)


async def test_what_belongs_to_a_second_group_leads_there(story: CoreDriver, app: App, world: World) -> None:
    await joined(story, "ada")
    await second(story)
    await story._do("ada", ZWEI, Pressed(Action.to("nudges.hour"), "18:00"))
    await story.until(at(5, 18))
    await story.press("ada", "Answer", await newest(story))
    assert not (await story.fill("ada", {"text": GOOD})).refused
    board = world.named("daily/web:zwei/2026-01-05").card
    assert "Answers: 0" not in str(board)
    shown = (await story._do("ada", ZWEI, Typed("today"))).words
    assert "You have answered." in shown


def line(kind: str, until: datetime) -> Line:
    return Line(kind, "it", md("It waits."), Button("Open it", Action.to("x.open")), until)


def digest(group: str, now: datetime, sent: tuple[Sent, ...], groups: tuple[str, ...]) -> State:
    zones = ((datetime(2026, 1, 1, tzinfo=UTC), ZONE),)
    moment = Moment(f"nudges.digest/{group}", "ada", False, now.astimezone(ZONE).date(), time(18), now)
    state = State(group, moment, Wish("ada", wanted=True), ZONE, member_day(now, zones), sent, groups=groups)
    return replace(state, lines=(line("daily", now + DAY),))


@given(st.sets(st.sampled_from("abcdefgh"), min_size=1, max_size=6), st.integers(0, 300), st.data())
def test_groups_take_turns_so_that_none_is_left_out(names: set[str], start: int, data: st.DataObject) -> None:
    """Every group of a member is heard within as many days as there are groups, in whichever order they ask."""
    groups = tuple(sorted(names))
    heard: set[str] = set()
    first = datetime(2026, 1, 1, 17, tzinfo=UTC) + start * DAY
    for day in range(len(groups)):
        sent: list[Sent] = []
        for group in data.draw(st.permutations(groups)):
            # Only turns are looked at: the budget of the week is left out by forgetting earlier days.
            now = datetime.combine((first + day * DAY).date(), time(18), ZONE).astimezone(UTC)
            state = digest(group, now, tuple(sent), groups)
            decision = rules.decide(state, now)
            if isinstance(decision, Send):
                heard.add(group)
                sent.append(Sent(now, state.day.starts, state.day.ends, group, evening=False, kinds=("daily",)))
            else:
                assert decision in (Drop(Why.TURN), Drop(Why.DAY_FULL))
        assert len(sent) == min(len(groups), rules.A_DAY)
    assert heard == names


def test_the_same_kind_comes_once_a_day_from_each_group() -> None:
    now = at(5, 18)
    day = next(iter(member_days(((now, ZONE),), now)))
    sent = (Sent(now - timedelta(hours=2), day.starts, day.ends, "a", evening=True, kinds=("daily",)),)
    assert rules.decide(digest("a", now, sent, ("a", "b")), now) == Drop(Why.TOLD)
    assert isinstance(rules.decide(digest("b", now, sent, ("a", "b")), now), Send)


# --- with the streaks ------------------------------------------------------------------------------


async def test_no_reminder_comes_after_somebody_said_that_they_are_stuck(quiet: Quiet, story: Driver) -> None:
    """The day is neutral then; the feature that counts days says so."""
    await monday(story, "ada")
    await wanted(story)
    await story.type("ada", "/study today")
    await story.press("ada", "I'm stuck")
    await story.fill("ada", {"tried": "no idea at all"})
    quiet.asks = False
    await story.until(at(5, 19))
    assert await reminders(story) == []

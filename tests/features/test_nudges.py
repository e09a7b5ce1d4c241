"""Reminders: private only where they were asked for, few, never at night, and easy to be rid of."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.app import App
from bot.engine import outages
from bot.features import discover
from bot.features.nudges import records
from bot.features.nudges.cards import EVENING_OPENINGS, OPENINGS
from bot.features.nudges.rules import Sent
from bot.kernel.action import Action
from bot.kernel.calendar import Draw, draw, member_day, member_days, stamp, zone_at
from bot.kernel.card import Button
from bot.kernel.effect import Effect, Erase
from bot.kernel.errors import Reason, Rejected
from bot.kernel.event import Event, Person, Pressed, Scene, Typed
from bot.kernel.facts import (
    AnswerKept,
    LastCredits,
    MemberPaused,
    MemberResumed,
    MemberStuck,
    Nudge,
    NudgeMoment,
    PausedUntil,
    TimedRunFinished,
)
from bot.kernel.feature import Feature
from bot.kernel.peer_facts import ReviewGiven
from bot.kernel.ports import Row, To, Tx
from bot.kernel.text import Mention, md
from tests.features.mornings import GOOD, JOIN, answer, joined, monday
from tests.story import CoreDriver, Driver, Where
from tests.world import ALWAYS, BERLIN, GROUP, World, living, turned

BERLIN_0900 = datetime(2026, 1, 5, 8, tzinfo=UTC)  # Monday
DAY = timedelta(days=1)


@dataclass
class Bell:
    """A feature of this test: it has something to remind of at every moment, or what it was told to say."""

    kinds: list[str] = field(default_factory=lambda: ["repeat"])
    evening_kinds: list[str] = field(default_factory=lambda: ["repeat", "streak"])
    paused_until: datetime | None = None
    credits: tuple[datetime, ...] = ()
    asked: list[tuple[str, bool]] = field(default_factory=list)

    def feature(self) -> Feature:
        bell = Feature("bell")

        @bell.on_fact(NudgeMoment)
        def tell(fact: NudgeMoment, scene: Scene, tx: Tx) -> Sequence[Effect]:
            self.asked.append((fact.member, fact.evening))
            kinds = self.evening_kinds if fact.evening else self.kinds
            return [nudge(fact.member, kind, scene.now + timedelta(hours=12)) for kind in kinds]

        @bell.on_press("open")
        def open_it(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
            return []

        @bell.on_command("bell", "tell something")
        def do(typed: Typed, scene: Scene, tx: Tx) -> Sequence[Effect]:
            word, *rest = typed.text.split(" ")
            return [self.effect(word, rest, scene)]

        @bell.answers(PausedUntil)
        def paused_until(question: PausedUntil, scene: Scene, tx: Tx) -> datetime | None:
            return self.paused_until if self.paused_until and self.paused_until > scene.now else None

        @bell.answers(LastCredits)
        def last_credits(question: LastCredits, scene: Scene, tx: Tx) -> tuple[datetime, ...]:
            return self.credits

        return bell

    def effect(self, word: str, rest: list[str], scene: Scene) -> Effect:
        match word:
            case "nudge":
                return nudge(scene.member, rest[0], scene.now + timedelta(hours=int(rest[1])))
            case "for":
                return nudge(rest[0], "review", scene.now + timedelta(hours=1))
            case "mention":
                line, button = md("{who} waits.", who=Mention(rest[0])), Button("Open it", Action("bell.open"))
                return Nudge(scene.member, "partner", "them", line, button, scene.now + timedelta(hours=100))
            case "pause":
                self.paused_until = scene.now + timedelta(days=int(rest[0]))
                return MemberPaused(scene.member, self.paused_until)
            case "resume":
                self.paused_until = None
                return MemberResumed(scene.member)
            case "erase":
                return Erase(scene.member)
            case "stuck":
                return MemberStuck("a task", scene.member)
            case "run":
                return TimedRunFinished("a task", scene.member, 60)
            case "review":
                return ReviewGiven(scene.member, "7")
            case _:
                return AnswerKept("a task", scene.member, first=True, late=False)


def nudge(member: str, kind: str, until: datetime) -> Nudge:
    return Nudge(
        member, kind, f"about-{kind}", md(f"Something of {kind} waits."), Button("Open it", Action("bell.open")), until
    )


@pytest.fixture
def bell(monkeypatch: pytest.MonkeyPatch) -> Bell:
    """Before the story begins: the app finds it among the features; it answers what nobody else is asked then."""
    made = Bell()
    own = made.feature()

    def found() -> list[Feature]:
        """The others keep still at a moment, and leave our questions to us."""
        return [*(_quiet(feature, own) for feature in discover()), own]

    monkeypatch.setattr("bot.app.discover", found)
    return made


def _quiet(feature: Feature, but: Feature) -> Feature:
    questions = {key: answerer for key, answerer in feature.questions.items() if key not in but.questions}
    facts = {key: listeners for key, listeners in feature.facts.items() if key is not NudgeMoment}
    return replace(feature, questions=questions, facts=facts)


DIGEST = "Something of repeat waits."


async def private(story: Driver, member: str = "ada") -> list[str]:
    """The reminders that this member has got, as they read them."""
    return [seen.words for seen in await story.read(member, "private") if seen.name.startswith("nudges.")]


async def newest(story: Driver, member: str = "ada") -> str:
    """The name of the newest reminder."""
    return [seen.name for seen in await story.read(member, "private") if seen.name.startswith("nudges.")][-1]


async def wanted(story: Driver, *members: str, hour: str = "18:00") -> None:
    """Members who have chosen this hour."""
    await joined(story, *members)
    for member in members:
        await story.type(member, "/study reminders")
        assert "on" in (await story.choose(member, hour)).words


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """An instant of January 2026 on the clocks of Berlin, a few seconds later."""
    return datetime(2026, 1, day, hour, minute, 5, tzinfo=ZoneInfo(BERLIN)).astimezone(UTC)


# --- off, on ---------------------------------------------------------------------------------


async def test_nobody_gets_a_private_message_who_did_not_ask_for_it(bell: Bell, story: Driver) -> None:
    await joined(story, "ada")
    await story.wait(3 * DAY)
    assert await private(story) == []
    assert bell.asked == []


async def test_one_press_brings_one_message_a_day_at_the_hour(bell: Bell, story: Driver) -> None:
    await joined(story, "ada", "ben")
    await story.type("ada", "/study reminders")
    answered = await story.press("ada", "Remind me")
    assert "Private reminders are on." in answered.words
    await story.until(at(5, 17, 55))
    assert await private(story) == []
    await story.until(at(5, 18))
    (message,) = await private(story)
    assert DIGEST in message
    assert await private(story, "ben") == []
    await story.until(at(6, 18))
    assert len([words for words in await private(story) if DIGEST in words]) == 2


async def test_the_evening_message_holds_only_what_was_not_said_that_day(bell: Bell, story: Driver) -> None:
    await wanted(story, "ada")
    await story.until(at(5, 20, 30))
    digest, evening = await private(story)
    assert digest.splitlines()[0] in OPENINGS
    assert "streak" not in digest
    assert evening.splitlines()[0] in EVENING_OPENINGS
    assert "Something of streak waits." in evening
    assert "repeat" not in evening


async def test_the_evening_one_can_be_switched_off_and_on(bell: Bell, story: Driver) -> None:
    await wanted(story, "ada")
    await story.type("ada", "/study reminders")
    assert "is off" in (await story.press("ada", "No evening reminder")).words
    await story.until(at(5, 21))
    assert len(await private(story)) == 1
    await story.type("ada", "/study reminders")
    assert "is on" in (await story.press("ada", "Evening reminder too")).words
    await story.until(at(6, 21))
    assert len(await private(story)) == 3


async def test_off_is_one_press_and_what_waits_is_on_the_home_page(bell: Bell, story: Driver) -> None:
    await wanted(story, "ada")
    await story.type("ada", "/study reminders")
    assert "are off" in (await story.press("ada", "Turn reminders off")).words
    await story.type("ada", "/study bell nudge review 48")
    await story.wait(DAY)
    assert await private(story) == []
    waiting = next(card for card in await story.open("ada") if card.title == "Waiting for you")
    assert "Something of review waits." in waiting.words
    await story.wait(2 * DAY)
    assert [card.title for card in await story.open("ada") if card.title == "Waiting for you"] == []


async def test_the_home_page_offers_private_reminders(bell: Bell, story: Driver) -> None:
    await joined(story, "ada")
    await story.type("ada", "/study bell nudge review 48")
    await story.open("ada")
    await story.press("ada", "Remind me")
    await story.until(at(5, 18))
    (message,) = await private(story)
    assert "Something of review waits." in message


async def test_turning_it_on_twice_brings_one_message(bell: Bell, story: Driver) -> None:
    await joined(story, "ada")
    for _ in range(2):
        await story.type("ada", "/study reminders")
        await story.choose("ada", "18:00")
    await story.until(at(5, 20))
    assert len(await private(story)) == 1


async def test_a_forged_hour_is_refused(bell: Bell, story: Driver, app: App, world: World) -> None:
    await joined(story, "ada")
    event = Event(
        "x", "web", GROUP, "general", Person("ada"), story.clock.now(), Pressed(Action("nudges.hour"), "03:00")
    )
    refused = (await app.engine.handle(event)).refused
    assert refused
    assert "/study reminders" in refused.hint


async def test_before_i_usually_study_is_half_an_hour_before_the_middle_of_the_last_times(
    bell: Bell, story: Driver
) -> None:
    bell.credits = tuple(at(day, hour) for day, hour in ((4, 15), (3, 23), (2, 15), (1, 14)))
    await wanted(story, "ada", hour="before I usually study")
    await story.until(at(5, 14, 29))
    assert await private(story) == []
    await story.until(at(5, 14, 30))
    assert len(await private(story)) == 1


# --- its buttons -----------------------------------------------------------------------------


async def test_the_first_button_leads_to_the_thing_itself(bell: Bell, story: Driver) -> None:
    bell.kinds = ["streak", "other", "daily", "review"]
    await wanted(story, "ada")
    await story.until(at(5, 18))
    message = next(seen for seen in await story.read("ada", "private") if seen.name.startswith("nudges."))
    assert [label for label, _ in message.buttons] == [
        "Open it", "Done already", "Skip today", "Mute a week", "Less of this",
    ]  # fmt: skip
    lines = [line for line in message.words.splitlines() if line.startswith("Something")]
    assert [line.split()[2] for line in lines] == ["daily", "review", "streak", "other"]


async def test_six_lines_are_the_most_and_the_rest_waits(bell: Bell, story: Driver) -> None:
    bell.kinds, bell.evening_kinds = [], []
    await wanted(story, "ada")
    for number in range(8):
        await story.type("ada", f"/study bell nudge kind{number} 100")
    await story.until(at(5, 18))
    assert (await private(story))[-1].count("Something of") == 6
    await story.until(at(6, 18))
    assert (await private(story))[-1].count("Something of") == 2


@pytest.mark.parametrize("button", ["Skip today", "Done already"])
async def test_whoever_wants_no_more_today_gets_no_more_today(bell: Bell, story: Driver, button: str) -> None:
    await wanted(story, "ada")
    await story.until(at(5, 18))
    assert "No more reminders today" in (await story.press("ada", button, await newest(story))).words
    await story.until(at(5, 21))
    assert len(await private(story)) == 1
    await story.until(at(6, 18))
    assert len(await private(story)) == 2


async def test_done_already_says_what_would_make_it_count(bell: Bell, story: Driver) -> None:
    await wanted(story, "ada")
    await story.until(at(5, 18))
    assert "/study today" in (await story.press("ada", "Done already", await newest(story))).words


async def test_skipping_can_be_taken_back(bell: Bell, story: Driver) -> None:
    await wanted(story, "ada")
    await story.until(at(5, 18))
    await story.press("ada", "Skip today", await newest(story))
    assert "as before" in (await story.press("ada", "Undo")).words
    await story.until(at(5, 21))
    assert len(await private(story)) == 2


async def test_a_muted_week_is_silent_and_can_be_ended(bell: Bell, story: Driver) -> None:
    await wanted(story, "ada")
    await story.until(at(5, 18))
    await story.press("ada", "Mute a week", await newest(story))
    await story.until(at(8, 12))
    assert len(await private(story)) == 1
    await story.type("ada", "/study reminders")
    await story.press("ada", "End the mute")
    await story.until(at(8, 18))
    assert len(await private(story)) == 2
    await story.press("ada", "Mute a week", await newest(story))
    await story.until(at(15, 3))
    assert len(await private(story)) == 2
    await story.until(at(15, 18))
    assert len(await private(story)) == 3


async def test_less_of_this_stands_on_every_reminder_and_offers_three_ways(bell: Bell, story: Driver) -> None:
    await wanted(story, "ada")
    await story.until(at(5, 20, 30))
    for name in [seen.name for seen in await story.read("ada", "private") if seen.name.startswith("nudges.")]:
        offered = await story.press("ada", "Less of this", name)
        assert [label for label, _ in offered.replies[0].buttons] == [
            "No evening reminder", "Mute a week", "Turn reminders off",
        ]  # fmt: skip


# --- looking ---------------------------------------------------------------------------------


async def test_the_settings_say_what_is_set_and_when_the_next_one_may_come(bell: Bell, story: Driver) -> None:
    await joined(story, "ada")
    before = await story.type("ada", "/study reminders")
    assert "Private reminders: off" in before.words
    assert "No reminder has been due yet." in before.words
    await story.choose("ada", "20:00")
    shown = (await story.type("ada", "/study reminders")).words
    assert "Private reminders: on" in shown
    assert "Hour: 20:00" in shown
    assert "Mon 05 Jan 19:00 UTC" in shown


async def test_the_last_five_decisions_are_told_with_their_reasons(bell: Bell, story: Driver) -> None:
    await wanted(story, "ada")
    bell.evening_kinds = ["repeat"]
    await story.until(at(5, 21))
    bell.kinds, bell.evening_kinds = [], []
    await story.until(at(6, 19))
    await story.type("ada", "/study bell answer")
    await story.until(at(7, 17))
    await story.type("ada", "/study bell answer")
    await story.until(at(7, 19))
    shown = (await story.type("ada", "/study reminders")).words
    lately = [line for line in shown.splitlines() if " UTC: " in line and not line.startswith("Next")]
    assert lately == [
        "Wed 07 Jan 17:00 UTC: not sent: you had answered.",
        "Tue 06 Jan 19:30 UTC: not sent: you had answered.",
        "Tue 06 Jan 17:00 UTC: not sent: nothing was waiting for you.",
        "Mon 05 Jan 19:30 UTC: not sent: you had been reminded that day already.",
        "Mon 05 Jan 17:00 UTC: sent.",
    ]


async def test_looking_at_the_settings_writes_nothing(bell: Bell, story: Driver, app: App) -> None:
    await joined(story, "ada")
    before = await rows(app, "nudges_wishes"), await rows(app, "inbox")
    await story.type("ada", "/study reminders")
    await story.press("ada", "Remind me")
    await story.press("ada", "Turn reminders off")
    await story.type("ada", "/study reminders")
    assert before[0] == []
    assert len(await rows(app, "inbox")) == len(before[1]) + 2


async def rows(app: App, table: str) -> list[Row]:
    def read(tx: Tx) -> list[Row]:
        return list(tx.all(f"SELECT * FROM {table}"))  # noqa: S608 - a table of ours

    return await app.store.read(read)


# --- not now ---------------------------------------------------------------------------------


async def test_a_line_can_be_taken_back_before_it_is_sent(bell: Bell, story: Driver, app: App) -> None:
    bell.kinds, bell.evening_kinds = [], []
    await wanted(story, "ada")
    await story.type("ada", "/study bell nudge review 100")
    await story.type("ada", "/study bell nudge review 0")
    assert await rows(app, "nudges_waiting") == []
    await story.until(at(5, 19))
    assert await private(story) == []


async def test_nothing_is_kept_about_somebody_who_is_not_in_the_group(bell: Bell, story: Driver, app: App) -> None:
    await joined(story, "ada")
    await story.type("ada", "/study bell for ben")
    assert await rows(app, "nudges_waiting") == []
    await story.type("ada", "/study bell for ada")
    assert len(await rows(app, "nudges_waiting")) == 1


async def test_late_in_the_day_one_message_does_for_both(bell: Bell, story: Driver) -> None:
    bell.evening_kinds = ["streak"]
    await wanted(story, "ada", hour="20:00")
    await story.until(at(5, 21))
    (message,) = await private(story)
    assert "repeat" in message
    assert "streak" in message


async def test_an_evening_reminder_waits_for_a_digest_that_comes_soon(bell: Bell, story: Driver) -> None:
    bell.credits = tuple(at(day, 21, 15) for day in (4, 3, 2))
    await wanted(story, "ada", hour="usual")
    await story.until(at(5, 21))
    (message,) = await private(story)
    assert "repeat" in message
    assert "streak" in message
    assert "within the hour" in (await story.type("ada", "/study reminders")).words


async def test_a_line_is_of_no_use_after_its_time(bell: Bell, story: Driver) -> None:
    bell.kinds, bell.evening_kinds = [], []
    await wanted(story, "ada")
    await story.type("ada", "/study bell nudge review 8")
    await story.until(at(6, 19))
    assert await private(story) == []


async def test_what_was_told_for_one_moment_does_not_come_at_another(bell: Bell, story: Driver) -> None:
    bell.kinds, bell.evening_kinds = [f"kind{number}" for number in range(8)], []
    await wanted(story, "ada")
    await story.until(at(5, 18))
    bell.kinds = []
    await story.until(at(6, 21))
    (message,) = await private(story)
    assert message.count("Something of") == 6


async def test_who_rests_is_left_in_peace_until_the_end(bell: Bell, story: Driver) -> None:
    await wanted(story, "ada")
    await story.type("ada", "/study bell pause 3")
    await story.until(at(8, 8))
    assert await private(story) == []
    assert bell.asked == []
    assert "taking a break" in (await story.type("ada", "/study reminders")).words
    await story.until(at(8, 18))
    assert len(await private(story)) == 1


async def test_who_comes_back_early_is_reminded_again(bell: Bell, story: Driver) -> None:
    await wanted(story, "ada")
    await story.type("ada", "/study bell pause 30")
    await story.until(at(7, 12))
    await story.type("ada", "/study bell resume")
    await story.until(at(7, 18))
    assert len(await private(story)) == 1


async def test_who_left_hears_nothing_and_has_it_back_on_return(bell: Bell, story: Driver) -> None:
    await wanted(story, "ada")
    await story.type("ada", "/study bell nudge review 100")
    await story.type("ada", "/study leave")
    await story.until(at(6, 12))
    assert await private(story) == []
    await story.press("ada", "Join the study group", JOIN)
    await story.until(at(6, 18))
    (message,) = await private(story)
    assert "review" not in message


async def test_nothing_comes_at_night_when_the_bot_was_down_at_the_hour(bell: Bell, story: Driver, app: App) -> None:
    await wanted(story, "ada", hour="20:00")
    story.clock.set(at(5, 21, 40))
    await app.settle()
    assert await private(story) == []
    assert "between 21:30 and 08:00" in (await story.type("ada", "/study reminders")).words
    await story.until(at(6, 20))
    assert len(await private(story)) == 1


async def test_after_an_outage_of_days_one_message_comes_at_most(bell: Bell, story: Driver, app: App) -> None:
    await wanted(story, "ada")
    story.clock.set(at(8, 19))
    await app.settle()
    assert len(await private(story)) == 1
    shown = (await story.type("ada", "/study reminders")).words
    assert "I was not running" in shown


async def test_a_moment_more_than_three_hours_late_is_dropped(bell: Bell, story: Driver, app: App) -> None:
    await wanted(story, "ada", hour="12:30")
    story.clock.set(at(5, 15, 31))
    await app.settle()
    assert await private(story) == []
    await story.until(at(6, 12, 30))
    assert len(await private(story)) == 2  # Monday evening, Tuesday noon


async def test_the_hour_follows_the_member_to_another_zone(bell: Bell, story: Driver) -> None:
    await wanted(story, "ada")
    await story.type("ada", "/study me")
    await story.press("ada", "Change my time zone")
    await story.fill("ada", {"city": "New York"})
    await story.until(at(5, 23))
    assert await private(story) == []
    await story.until(at(6, 0))
    assert len(await private(story)) == 1
    shown = (await story.type("ada", "/study reminders")).words
    assert "Mon 05 Jan 17:00 UTC: moved, because your time zone had changed." in shown


# --- drawing back ------------------------------------------------------------------------------


async def test_without_a_sign_of_life_reminders_become_fewer_and_stop(bell: Bell, story: Driver, app: App) -> None:
    bell.evening_kinds = []
    await wanted(story, "ada")
    days: list[int] = []
    had = 0
    for day in range(50):
        await story.until(at(5, 19) + day * DAY)
        if len(await private(story)) > had:
            had = len(await private(story))
            days.append(day)
    assert days == [0, 1, 2, 4, 6, 13, 20, 27, 34]
    assert "I stop reminding you now." in (await private(story))[-1]
    await story.press("ada", "Remind me", await newest(story))
    await story.until(at(5, 19) + 50 * DAY)
    assert len(await private(story)) == had + 1


@pytest.mark.parametrize("sign", ["bell answer", "bell stuck", "bell run", "bell review", "press"])
async def test_a_sign_of_life_brings_the_daily_ones_back(bell: Bell, story: Driver, sign: str) -> None:
    bell.evening_kinds = []
    await wanted(story, "ada")
    await story.until(at(8, 17))
    assert len(await private(story)) == 3
    if sign == "press":
        await story.press("ada", "Less of this", await newest(story))
    else:
        await story.type("ada", f"/study {sign}")
    await story.until(at(8, 18))
    assert len(await private(story)) == 4


async def test_the_time_in_which_the_bot_was_down_is_not_held_against_anybody(
    bell: Bell, story: Driver, app: App
) -> None:
    bell.evening_kinds = []
    await wanted(story, "ada")
    started = story.clock.now()
    await story.until(at(5, 19))
    await app.store.run(lambda tx: outages.beat(tx, started, at(5, 19)))
    story.clock.set(at(20, 12))
    await app.store.run(lambda tx: outages.beat(tx, at(20, 12), at(20, 12)))
    for day in (20, 21):
        await story.until(at(day, 19))
    assert len(await private(story)) == 3


# --- where the platform says no ------------------------------------------------------------------


async def test_a_closed_mailbox_turns_reminders_off_and_says_how_to_mend_it(
    bell: Bell, story: Driver, world: World
) -> None:
    await wanted(story, "ada", "ben")
    closed = world.refuse(Rejected(Reason.CLOSED, "The member takes no private messages."), target=To("ada"))
    before = world.names()
    await story.until(at(6, 19))
    shown = (await story.type("ada", "/study reminders")).words
    assert "Private reminders: off" in shown
    assert "Allow private messages" in shown
    assert closed.times == ALWAYS - 1
    told = [name for name in world.names() if name not in before and world.named(name).posting.target == To("olga")]
    assert told == []
    world.heal()
    await story.press("ada", "Remind me")
    assert "Allow private messages" not in (await story.type("ada", "/study reminders")).words
    await story.until(at(7, 19))
    assert len(await private(story)) == 2  # Tuesday evening, Wednesday


# --- forgetting ----------------------------------------------------------------------------------


async def test_nothing_of_somebody_who_was_erased_is_left(bell: Bell, story: Driver, app: App) -> None:
    ben = "mem-ben-9f2"
    await wanted(story, "ada", ben)
    await story.until(at(5, 19))
    await story.type("ada", f"/study bell mention {ben}")
    await story.type(ben, "/study bell erase")
    tables = ("wishes", "planned", "waiting", "sent", "told", "log")
    left = [str(dict(row)) for table in tables for row in await rows(app, f"nudges_{table}")]
    assert [row for row in left if "ada" in row]
    assert [row for row in left if ben in row] == []
    assert [seen.name for seen in await story.read(ben, "private") if seen.name.startswith("nudges.")] == []
    bell.asked.clear()
    await story.wait(2 * DAY)
    assert {member for member, _ in bell.asked} == {"ada"}


async def test_names_hold_no_member(bell: Bell, story: Driver, app: App) -> None:
    await wanted(story, "ada-5d1")
    await story.until(at(5, 21))
    names = [row["name"] for table in ("outbox", "wakes") for row in await rows(app, table)]
    assert [name for name in names if name.startswith("nudges.")]
    assert not [name for name in names if "ada-5d1" in name]


# --- with the other features ---------------------------------------------------------------------


async def test_the_open_problem_is_reminded_of_until_it_is_answered(story: Driver) -> None:
    await monday(story, "olga", "ada", "ben")
    for member in ("ada", "ben"):
        await story.type(member, "/study reminders")
        await story.choose(member, "18:00")
    await answer(story, "ada")
    await story.until(at(5, 18))
    assert await private(story, "ada") == []
    (message,) = await private(story, "ben")
    await story.press("ben", "Answer", await newest(story, "ben"))
    assert not (await story.fill("ben", {"text": GOOD})).refused
    await story.until(at(5, 21))
    assert await private(story, "ben") == [message]


# --- two groups ------------------------------------------------------------------------------------


async def test_the_budget_holds_over_all_groups_of_a_member(bell: Bell, story: CoreDriver, app: App) -> None:
    await wanted(story, "ada")
    other = Where("web:other", "other")
    await story._do("olga", other, Typed(""))
    await story._do("olga", other, Pressed(Action("organiser.setup")))
    await story._do("ada", other, Typed("join"))
    await story._do("ada", other, Pressed(Action("nudges.hour"), "12:30"))
    bell.kinds = ["repeat", "review"]
    await story.until(at(5, 21))
    days = member_day(at(5, 12), ((at(5, 9), ZoneInfo(BERLIN)),))
    assert len(await private(story)) == 2  # at 12:30 and at 18:00; the evening would be a third
    bell.kinds = ["daily"]
    await story.until(at(6, 21))
    told = [row for row in await rows(app, "nudges_told") if row["day_starts"] != stamp(days.starts)]
    both = [(GROUP, "daily"), ("web:other", "daily")]
    assert sorted((row["group_id"], row["kind"]) for row in told) == both, "each its own, and no third message"


async def test_two_units_that_count_at_once_do_not_send_the_same_kind_twice(app: App, story: CoreDriver) -> None:
    day = member_day(at(5, 12), ((at(5, 9), ZoneInfo(BERLIN)),))
    sent = Sent(at(5, 18), day.starts, day.ends, GROUP, evening=False, kinds=("daily",))
    await app.store.run(lambda tx: records.keep_sent(tx, "ada", sent))
    with pytest.raises(sqlite3.IntegrityError):
        await app.store.run(lambda tx: records.keep_sent(tx, "ada", sent))


# --- a month -------------------------------------------------------------------------------------

SPRING = datetime(
    2026, 3, 7, 9, tzinfo=UTC
)  # New York, Berlin and Auckland change their clocks in the 30 days after it
HOMES = {"ada": BERLIN, "ben": "America/New_York", "cem": "Pacific/Auckland"}
AWAY = ("Asia/Kolkata", "America/Santiago", "Pacific/Apia")


@dataclass
class Month:
    """What an observer knows: who lived where, and who wanted no message until when."""

    story: CoreDriver
    zones: dict[str, list[tuple[datetime, ZoneInfo]]] = field(default_factory=dict)
    silent: dict[str, list[tuple[datetime, datetime]]] = field(default_factory=lambda: {who: [] for who in HOMES})

    async def lives(self, member: str, zone: str) -> None:
        """The platform says so with the next thing that the member does."""
        self.story.person(member, zone=zone)
        await self.story.type(member, "/study bell answer")
        self.zones.setdefault(member, []).append((self.story.clock.now(), ZoneInfo(zone)))

    def sent(self, world: World, member: str) -> list[datetime]:
        return [seen.at for seen in world.private(member) if seen.posting.name.startswith("nudges.")]

    async def press(self, member: str, button: str, world: World) -> None:
        names = [seen.posting.name for seen in world.private(member) if seen.posting.name.startswith("nudges.")]
        if not names:
            return
        pressed = await self.story.press(member, button, names[-1])
        if not pressed.replies or pressed.replies[0].title == "That day is over.":
            return
        now = self.story.clock.now()
        day = member_day(now, self.zones[member])
        if button == "Skip today":
            self.silent[member].append((now, day.ends))
        if button == "Mute a week":
            self.silent[member].append((now, day.ends + timedelta(days=6)))

    async def act(self, member: str, die: Draw, world: World) -> None:
        """One thing that a member may do; mostly nothing."""
        deed = die.choices(["answer", "skip", "mute", "fly", "home", "hour", ""], [8, 2, 1, 2, 2, 2, 12])[0]
        match deed:
            case "answer":
                await self.story.type(member, "/study bell answer")
            case "skip":
                await self.press(member, "Skip today", world)
            case "mute":
                await self.press(member, "Mute a week", world)
            case "fly":
                await self.lives(member, die.choice(AWAY))
            case "home":
                await self.lives(member, HOMES[member])
            case "hour":
                await self.story.type(member, "/study reminders")
                await self.story.choose(member, die.choice(["08:30", "12:30", "18:00", "20:00"]))


async def test_thirty_days_of_three_members_over_the_change_of_the_clocks(bell: Bell, tmp_path: Path) -> None:
    clock = turned(SPRING)
    world = World(clock)
    bell.kinds, bell.evening_kinds = ["repeat", "review"], ["streak"]
    async with living(tmp_path / "data", world) as app:
        month = Month(CoreDriver(app, world, clock))
        await wanted(month.story, *HOMES)
        for member, zone in HOMES.items():
            await month.lives(member, zone)
        die = draw("a month")
        while clock.now() < SPRING + 30 * DAY:
            if die.random() < 0.02:
                clock.go(timedelta(hours=die.randint(3, 15)))  # the bot was down
            await month.story.wait(timedelta(hours=3))
            await month.act(die.choice(list(HOMES)), die, world)
        for member in HOMES:
            _check_month(month, member, month.sent(world, member))
        assert world.doubles() == []
        fired = [
            row for row in await rows(app, "wakes") if row["name"].startswith("nudges.") and row["state"] == "done"
        ]
        assert {row["name"] for row in fired} == {row["name"] for row in await rows(app, "nudges_log")}
        moments = [name for name in world.created if name.startswith("nudges.")]
        sent = [row["name"] for row in await rows(app, "nudges_log") if row["why"] == "sent"]
        assert sorted(moments) == sorted(sent)


def _check_month(month: Month, member: str, sent: list[datetime]) -> None:
    zones = month.zones[member]
    assert len(sent) > 8, "hardly anything was sent: the month proves nothing"
    for at in sent:
        assert time(8) <= at.astimezone(zone_at(zones, at)).time() < time(21, 30), (member, at)
        assert not [span for span in month.silent[member] if span[0] < at < span[1]], (member, at)
        assert sum(at <= other <= at + timedelta(days=7) for other in sent) <= 8
    for day in member_days(zones, sent[-1]):
        assert sum(day.starts <= at < day.ends for at in sent) <= 2, (member, day)

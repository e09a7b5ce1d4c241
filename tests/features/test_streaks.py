"""A member's own days: told from what happened, shown to nobody else, corrected by an organiser with a reason."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest

from bot.app import App
from bot.engine import outages, roster
from bot.features.streaks import correction_records, handlers, records, rules
from bot.features.streaks.day_rules import Entry, History, Kind, Why
from bot.kernel.action import Action
from bot.kernel.calendar import draw
from bot.kernel.effect import Effect, Fact
from bot.kernel.engine_facts import WhenWasItDown, ZonesOver
from bot.kernel.event import Scene
from bot.kernel.facts import (
    AnswerKept,
    AsksToday,
    GoalChosen,
    LastCredits,
    MemberPaused,
    MemberResumed,
    MemberStuck,
    Nudge,
    NudgeMoment,
    TaskOpened,
    WhoIsQuiet,
)
from bot.kernel.peer_facts import ReviewDiscarded, ReviewGiven
from bot.kernel.ports import Tx
from tests.features.mornings import JOIN, MONDAY, NINE, answer, joined, monday
from tests.story import Answered, CoreDriver, Driver, Sight
from tests.world import GROUP

T = TypeVar("T")
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
TUESDAY = f"daily/{GROUP}/2026-01-06"


def board(day: int) -> str:
    """The message of that day's problem, in January 2026."""
    return f"daily/{GROUP}/2026-01-{day:02}"


def titles(answered: Answered) -> list[str]:
    return [seen.title for seen in answered.replies]


async def streak(story: Driver, member: str) -> Sight:
    (seen,) = (await story.type(member, "streak")).replies
    return seen


async def answers(story: Driver, member: str, *days: int) -> None:
    """The member answers each of these days' problems an hour after it was posted."""
    for day in days:
        await story.until(NINE + (day - 5) * DAY + HOUR)
        await story.press(member, "Answer", board(day))
        answered = await story.fill(member, {"text": f"I think that day {day} needs a heap, because it is small."})
        assert not answered.refused


# --- after practice ------------------------------------------------------------------------------


async def test_the_first_answer_of_a_day_says_that_today_counts_and_the_next_one_says_nothing(story: Driver) -> None:
    await monday(story, "ada")
    assert "Today counts.\nThis week: 1 of 4 days" in await answer(story, "ada")
    await story.press("ada", "Start the clock", MONDAY)
    await story.wait(10 * timedelta(minutes=1))
    assert "Today counts." not in (await story.press("ada", "I'm done")).words
    await story.until(NINE + DAY)
    await story.press("ada", "Answer", TUESDAY)
    sent = await story.fill("ada", {"text": "A second one, because the first was short."})
    assert "Today counts.\nThis week: 2 of 4 days" in sent.words


async def test_reminders_are_offered_after_the_very_first_day_only(story: Driver) -> None:
    await monday(story, "ada")
    await story.press("ada", "Answer", MONDAY)
    first = await story.fill("ada", {"text": "I think that it is a heap, because it is small."})
    counted = next(seen for seen in first.replies if seen.title == "Today counts.")
    assert [label for label, _ in counted.buttons] == ["Why?", "Remind me"]
    await story.until(NINE + DAY)
    await story.press("ada", "Answer", TUESDAY)
    second = await story.fill("ada", {"text": "I think that it is a heap, because it is small."})
    counted = next(seen for seen in second.replies if seen.title == "Today counts.")
    assert [label for label, _ in counted.buttons] == ["Why?"]


@pytest.mark.parametrize(("minutes", "counts"), [(5, True), (4, False)])
async def test_a_timed_run_of_five_minutes_counts(story: Driver, minutes: int, *, counts: bool) -> None:
    await monday(story, "ada")
    await story.press("ada", "Start the clock", MONDAY)
    await story.wait(minutes * timedelta(minutes=1))
    await story.press("ada", "I'm done")
    assert ("This week: 1 of 4 days" in (await streak(story, "ada")).title) == counts


async def test_an_edit_counts_nothing(story: Driver) -> None:
    await monday(story, "ada")
    await answer(story, "ada")
    await story.until(NINE + DAY)
    await story.press("ada", "Answer", MONDAY)
    assert "Today counts." not in (await story.fill("ada", {"text": "Another text, because it is better."})).words
    assert (await streak(story, "ada")).title == "This week: 1 of 4 days"


async def test_a_withdrawn_answer_takes_its_day_back_and_a_restored_one_gives_it_back(story: Driver) -> None:
    await monday(story, "ada")
    await answer(story, "ada")
    await story.press("ada", "Withdraw it")
    assert (await streak(story, "ada")).title == "This week: 0 of 4 days"
    await story.press("ada", "Answer", MONDAY)
    await story.fill("ada", {"text": "I have thought again, because it was too short."})
    assert (await streak(story, "ada")).title == "This week: 1 of 4 days"


async def test_a_withdrawal_after_the_next_day_leaves_the_day_as_it_was(story: Driver) -> None:
    await monday(story, "ada")
    await answer(story, "ada")
    await story.until(datetime(2026, 1, 7, 3, 0, 1, tzinfo=UTC))  # Wednesday, 04:00 in Berlin
    await story.press("ada", "answers.withdraw")
    assert (await streak(story, "ada")).title == "This week: 1 of 4 days"


async def test_nobody_else_is_told_that_a_day_counts(story: CoreDriver, app: App) -> None:
    """Whatever made it count: only the member's own deed brings them the word."""
    await joined(story, "ada")
    kept = AnswerKept("2026-01-05", "ada", first=True, late=False)

    def unit(tx: Tx) -> tuple[int, int]:
        scene = replace(roster.group_scene(tx, GROUP, story.clock.now()), is_member=True)
        scene = replace(scene, ask=app.engine._asker(scene))
        return tuple(len(handlers.note_answer(kept, replace(scene, member=who), tx)) for who in ("ben", "ada"))  # type: ignore[return-value]

    assert await app.store.run(unit) == (0, 1)


async def test_a_deed_that_is_told_again_at_the_same_instant_is_noted_once(story: CoreDriver, app: App) -> None:
    await joined(story, "ada")
    stuck = MemberStuck("2026-01-05", "ada")
    await hear(app, story, stuck, stuck)
    noted = await app.store.read(lambda tx: records.list_entries(tx, GROUP, "ada"))
    assert [entry.kind for entry in noted] == [Kind.JOINED, Kind.STUCK]


# --- what a member sees -----------------------------------------------------------------------------


async def test_the_card_begins_with_this_week_and_says_when_today_ends(story: Driver) -> None:
    await monday(story, "ada")
    seen = await streak(story, "ada")
    assert seen.title == "This week: 0 of 4 days"
    assert "An answer counts at any hour." in seen.words or "so today is free" in seen.words
    assert "Your Monday ends on Tue 6 Jan at 04:00." in seen.words
    await answer(story, "ada")
    assert "Today counts. Answer “" in (await streak(story, "ada")).words
    assert "at 09:00" in (await streak(story, "ada")).words


async def test_the_home_page_shows_the_same_card(story: Driver) -> None:
    await monday(story, "ada")
    assert "This week: 0 of 4 days" in [seen.title for seen in await story.open("ada")]


async def test_times_are_those_of_the_members_own_zone(story: Driver) -> None:
    await story.found()
    story.person("kim", zone="Asia/Kolkata")
    await story.press("kim", "Join the study group", JOIN)
    assert "Your Monday ends on Tue 6 Jan at 04:00." in (await streak(story, "kim")).words
    await story.until(NINE)
    await answer(story, "kim")
    await story.type("kim", "streak")
    assert "at 13:30" in (await story.press("kim", "Why?")).words


async def test_why_tells_each_day_in_words_and_signs_with_the_newest_week_first(story: Driver) -> None:
    await monday(story, "ada")
    await answers(story, "ada", 5, 6)
    await story.until(NINE + 10 * DAY)
    await story.type("ada", "streak")
    why = (await story.press("ada", "Why?")).replies[0]
    newest, older = why.words.index("Week of Mon 12 Jan"), why.words.index("Week of Mon 5 Jan")
    assert newest < older
    assert (
        "■ Mon counted. ■ Tue counted. ◆ Wed spare day. ◆ Thu spare day. □ Fri nothing. ○ Sat no problem." in why.words
    )
    assert "Mon 5 Jan: counted. Answer “" in why.words
    assert "Wed 7 Jan: a spare day was used, so your days in a row go on." in why.words
    assert "Thu 15 Jan: still open until 04:00." in why.words
    assert "Older weeks" not in dict(why.buttons)


async def test_older_weeks_are_one_press_away(story: Driver) -> None:
    await monday(story, "ada")
    await story.until(NINE + 20 * DAY)
    await story.type("ada", "streak")
    await story.press("ada", "Why?")
    older = (await story.press("ada", "Older weeks")).replies[0]
    assert "Week of Mon 5 Jan" in older.words
    assert "Mon 5 Jan: you joined or left on this day, or were away." in older.words
    assert [label for label, _ in older.buttons] == ["Newer weeks"]


async def test_a_row_that_ended_is_told_without_blame(story: Driver) -> None:
    await monday(story, "ada")
    await answers(story, "ada", 5, 6)
    await story.until(NINE + 8 * DAY)
    assert "best 2 · the next begin with your next answer" in (await streak(story, "ada")).words
    await answers(story, "ada", 13)
    assert "best 2 · now 1" in (await streak(story, "ada")).words


async def test_nobody_sees_how_often_another_practised(story: Driver) -> None:
    await monday(story, "ada", "ben")
    await answer(story, "ada")
    for place in ("channel", "private", MONDAY):
        assert not [seen for seen in await story.read("ben", place) if "days" in seen.title or "counts" in seen.words]
    assert "0 of 4 days" in (await streak(story, "ben")).title


# --- what a member chooses ----------------------------------------------------------------------------


async def test_streaks_can_be_switched_off_and_on_by_one_press(story: Driver) -> None:
    await monday(story, "ada")
    await story.type("ada", "streak")
    assert titles(await story.press("ada", "Turn streaks off")) == ["Streaks are off."]
    assert "Today counts." not in await answer(story, "ada")
    assert not [seen for seen in await story.open("ada") if "This week" in seen.title]
    assert (await streak(story, "ada")).title == "Streaks are off."
    assert titles(await story.press("ada", "Turn streaks on")) == ["Streaks are on."]
    assert (await streak(story, "ada")).title == "This week: 1 of 4 days"


async def test_rest_days_hold_from_next_monday_on(story: Driver) -> None:
    await monday(story, "ada")
    await story.type("ada", "streak")
    opened = await story.press("ada", "Choose rest days")
    assert opened.form
    assert opened.form.title == "Rest days"
    kept = await story.fill("ada", {"days": ("2", "6")})
    assert "Your rest days: Wed and Sun." in kept.words
    assert "This holds from Mon 12 Jan on." in kept.words
    assert "none · from Mon 12 Jan on: Wed and Sun" in (await streak(story, "ada")).words
    await story.until(NINE + 9 * DAY)
    assert "Today is your rest day." in (await streak(story, "ada")).words
    again = await story.press("ada", "Choose rest days")
    assert again.form
    assert tuple(again.form.values["days"]) == ("2", "6")


async def test_a_third_rest_day_is_refused_and_the_choice_is_not_lost(story: Driver) -> None:
    await monday(story, "ada")
    await story.type("ada", "streak")
    await story.press("ada", "Choose rest days")
    no = await story.fill("ada", {"days": ("0", "2", "6")})
    assert (no.refused, no.field) == ("These are 3 days.", "days")
    assert "Rest days" not in (await streak(story, "ada")).words


async def test_the_goal_can_be_chosen_on_the_card(story: Driver) -> None:
    await monday(story, "ada")
    seen = await streak(story, "ada")
    assert [value for value, _, action in seen.options if action == "members.days"] == ["2", "3", "4", "5", "6", "7"]
    await story.choose("ada", "2 days")
    assert (await streak(story, "ada")).title == "This week: 0 of 2 days"


# --- what others tell ---------------------------------------------------------------------------------


async def hear(app: App, story: CoreDriver, *facts: Fact) -> None:
    for fact in facts:
        await app.store.run(lambda tx, fact=fact: app.engine.hear(tx, GROUP, fact, story.clock.now()))  # type: ignore[misc]
    await app.settle()


async def ask(app: App, story: CoreDriver, put: Callable[[Scene, Tx], T]) -> T:
    """Inside a scene of the group that no member caused."""

    def unit(tx: Tx) -> T:
        scene = roster.group_scene(tx, GROUP, story.clock.now())
        return put(replace(scene, ask=app.engine._asker(scene)), tx)

    return await app.store.read(unit)


async def report(app: App, story: CoreDriver, member: str) -> rules.Report:
    return await ask(app, story, lambda scene, tx: handlers.report_on(scene, tx, member))


async def test_a_pause_a_goal_and_a_word_that_one_is_stuck_are_heard(story: CoreDriver, app: App) -> None:
    await monday(story, "ada")
    await story.until(NINE + DAY)
    await hear(app, story, MemberStuck("2026-01-06", "ada"), GoalChosen("ada", 3))
    await story.until(NINE + 2 * DAY)
    await hear(app, story, MemberPaused("ada", story.clock.now() + 9 * DAY))
    await story.until(NINE + 4 * DAY)
    await hear(app, story, MemberResumed("ada"))
    await story.until(NINE + 8 * DAY)
    found = await report(app, story, "ada")
    assert found.goal == found.next_goal == 3
    assert [day.why for day in found.days[1:6]] == [Why.STUCK, Why.PAUSED, Why.PAUSED, None, Why.FREE]


async def test_a_problem_may_get_another_title_and_a_past_day_keeps_what_was_posted_to_it(
    story: CoreDriver, app: App
) -> None:
    await joined(story, "ada")
    for title, opens in (("Old title", NINE), ("New title", NINE + 2 * DAY)):
        await hear(app, story, TaskOpened("x", title, opens, None))
    assert await app.store.read(lambda tx: records.list_opens(tx, GROUP)) == [(NINE, "x")]
    assert (await app.store.read(lambda tx: records.list_titles(tx, GROUP, "ada")))["x"] == "New title"


async def test_the_days_away_from_the_group_are_neutral(story: Driver) -> None:
    await monday(story, "ada")
    await answers(story, "ada", 5, 6)
    await story.type("ada", "leave")
    await story.until(NINE + 15 * DAY)
    await story.press("ada", "Join the study group", JOIN)
    assert "best 2 · now 2" in (await streak(story, "ada")).words


async def test_an_outage_in_the_evening_excuses_the_day_and_says_so(story: CoreDriver, app: App) -> None:
    await monday(story, "ada")
    await story.until(NINE + 3 * DAY)
    night = datetime(2026, 1, 6, 22, tzinfo=UTC)  # Tuesday, 23:00 in Berlin

    def fell_silent(tx: Tx) -> None:
        tx.run("DELETE FROM roster_heartbeats")
        outages.beat(tx, NINE - DAY, night)
        outages.beat(tx, night + 8 * HOUR, story.clock.now())

    await app.store.run(fell_silent)
    assert await ask(app, story, lambda scene, tx: scene.ask(WhenWasItDown(), tx)) == ((night, night + 8 * HOUR),)
    await story.type("ada", "streak")
    why = await story.press("ada", "Why?")
    assert "Tue 6 Jan: excused, because the bot was not running in the evening." in why.words


async def test_what_was_told_live_is_what_the_notes_tell_later(story: CoreDriver, app: App) -> None:
    """Three weeks of chance: each report, told when it was asked for, follows from the whole log afterwards too."""
    await monday(story, "ada")
    chance = draw("three weeks")
    told: list[tuple[datetime, rules.Report]] = []
    for day in range(21):
        await story.until(NINE + day * DAY + chance.randrange(1, 600) * timedelta(minutes=1))
        deed = chance.choice(["answer", "answer", "answer", "nothing", "withdraw", "pause", "resume", "rest", "zone"])
        date = (NINE + day * DAY).date().isoformat()
        posted = f"daily/{GROUP}/{date}" in {seen.name for seen in await story.read("ada")}
        if deed == "answer" and posted:
            await story.press("ada", "Answer", f"daily/{GROUP}/{date}")
            await story.fill("ada", {"text": "I think that it is a heap, because it is small."})
        elif deed == "withdraw" and told and posted:
            await story.press("ada", "Answer", f"daily/{GROUP}/{date}")
            await story.fill("ada", {"text": "I think that it is a list, because it is short."})
            await story.press("ada", "Withdraw it")
        elif deed == "pause":
            await hear(app, story, MemberPaused("ada", story.clock.now() + 2 * DAY))
        elif deed == "resume":
            await hear(app, story, MemberResumed("ada"))
        elif deed == "rest":
            await story.type("ada", "streak")
            await story.press("ada", "streaks.rest")
            await story.fill("ada", {"days": (str(chance.randrange(7)),)})
        elif deed == "zone":
            story.person("ada", zone=chance.choice(["Asia/Tokyo", "America/Los_Angeles", "Europe/Berlin"]))
            await story.type("ada", "answer")
        told.append((story.clock.now(), await report(app, story, "ada")))

    def whole(scene: Scene, tx: Tx) -> History:
        return History(
            scene.ask(ZonesOver("ada"), tx), records.list_entries(tx, GROUP, "ada"), records.list_opens(tx, GROUP),
            scene.ask(WhenWasItDown(), tx), correction_records.list_corrections(tx, GROUP, "ada"),
        )  # fmt: skip

    history = await ask(app, story, whole)
    assert len({entry.kind for entry in history.log}) > 4, "chance was dull"
    for at, live in told:
        assert replace(rules.fold(history, at), zones=live.zones) == live


# --- an evening reminder --------------------------------------------------------------------------------


async def evening(app: App, story: CoreDriver, *, evening: bool = True) -> list[Nudge]:
    moment = NudgeMoment("ada", evening=evening)
    found: Sequence[Effect] = await ask(app, story, lambda scene, tx: handlers.offer_reminder(moment, scene, tx))
    return [effect for effect in found if isinstance(effect, Nudge)]


async def test_in_the_evening_a_row_of_three_days_is_worth_a_word(story: CoreDriver, app: App) -> None:
    await monday(story, "ada")
    await answers(story, "ada", 5, 6)
    await story.until(NINE + 2 * DAY)
    assert await evening(app, story) == []
    await answers(story, "ada", 7)
    assert await evening(app, story) == [], "today counts already"
    await story.until(NINE + 3 * DAY)
    (nudge,) = await evening(app, story)
    assert (nudge.kind, nudge.about) == ("streak", "streak/2026-01-08")
    assert nudge.until == story.clock.now() + HOUR
    assert nudge.button.action == Action.to("daily.open_today")
    assert await evening(app, story, evening=False) == []


async def test_no_evening_reminder_on_a_free_day_or_with_streaks_off(story: CoreDriver, app: App) -> None:
    await monday(story, "ada")
    await answers(story, "ada", 5, 6, 7)
    await story.until(NINE + 3 * DAY)
    await story.type("ada", "streak")
    await story.press("ada", "Turn streaks off")
    assert await evening(app, story) == []
    await story.press("ada", "Turn streaks on")
    assert await evening(app, story), "off and on again changes nothing"
    await answers(story, "ada", 9)
    await story.until(datetime(2026, 1, 10, 19, 30, tzinfo=UTC))  # Saturday evening
    assert await evening(app, story) == []


# --- does today ask anything? ------------------------------------------------------------------------------


async def test_a_day_that_is_answered_free_or_excused_asks_nothing(story: CoreDriver, app: App) -> None:
    await monday(story, "ada")

    async def asks() -> bool:
        return await ask(app, story, lambda scene, tx: scene.ask(AsksToday("ada"), tx))

    assert await asks(), "who has just come may be reminded"
    await story.until(NINE + DAY)
    assert await asks()
    await story.type("ada", "streak")
    await story.press("ada", "Turn streaks off")
    assert await asks(), "without a streak the problem is still there"
    await story.press("ada", "Turn streaks on")
    await answers(story, "ada", 6)
    assert not await asks()
    await story.until(NINE + 2 * DAY)
    await hear(app, story, MemberStuck("2026-01-07", "ada"))
    assert not await asks()
    await story.until(NINE + 3 * DAY)
    await hear(app, story, MemberPaused("ada", NINE + 3 * DAY + 4 * HOUR))
    assert not await asks()
    await story.until(NINE + 3 * DAY + 5 * HOUR)
    assert await asks(), "the pause took four hours of the day"
    await story.until(datetime(2026, 1, 10, 19, 30, tzinfo=UTC))  # Saturday evening
    assert not await asks()


async def test_a_rest_day_asks_nothing(story: CoreDriver, app: App) -> None:
    await monday(story, "ada")
    await story.type("ada", "streak")
    await story.press("ada", "Choose rest days")
    await story.fill("ada", {"days": ("2",)})
    await story.until(NINE + 9 * DAY)
    assert not await ask(app, story, lambda scene, tx: scene.ask(AsksToday("ada"), tx))


# --- what others ask ----------------------------------------------------------------------------------------


async def test_the_last_credits_are_at_most_seven_and_the_newest_comes_first(story: CoreDriver, app: App) -> None:
    await joined(story, "ada")
    for hour in range(9):
        await story.until(NINE + hour * HOUR)
        await app.store.run(
            lambda tx: records.keep_entry(tx, GROUP, "ada", Entry(story.clock.now(), Kind.RUN, "2026-01-05"))
        )
    found = await ask(app, story, lambda scene, tx: scene.ask(LastCredits("ada"), tx))
    assert found == tuple(NINE + hour * HOUR for hour in range(8, 1, -1))
    assert await ask(app, story, lambda scene, tx: scene.ask(LastCredits("ben"), tx)) == ()


async def test_quiet_is_who_gave_no_sign_and_neither_rests_nor_has_just_come(story: CoreDriver, app: App) -> None:
    await monday(story, "ada", "ben", "cem", "dia", "eva")
    await story.until(NINE + HOUR)
    await answer(story, "ada")
    await hear(app, story, MemberPaused("cem", NINE + 40 * DAY))
    await story.type("dia", "leave")
    await story.until(NINE + 5 * DAY)
    await hear(app, story, MemberStuck("2026-01-05", "eva"))
    await story.until(NINE + 20 * DAY)
    await story.press("fay", "Join the study group", JOIN)
    await story.until(NINE + 21 * DAY)

    async def quiet(days: int) -> list[str]:
        since = story.clock.now() - days * DAY
        return [name for name, _ in await ask(app, story, lambda scene, tx: scene.ask(WhoIsQuiet(since), tx))]

    assert await quiet(14) == ["ben", "ada", "eva"]
    assert await quiet(18) == ["ben", "ada"]
    assert await quiet(30) == []


async def test_after_a_holiday_of_the_group_nobody_is_quiet(story: CoreDriver, app: App) -> None:
    await monday(story, "ada", "ben")
    await answers(story, "ada", 5, 6, 7, 8, 9)

    def rested(tx: Tx) -> None:
        tx.run("DELETE FROM streaks_tasks WHERE opens > :friday", friday="2026-01-10")

    async def quiet() -> list[str]:
        await app.store.run(rested)
        question = WhoIsQuiet(story.clock.now() - 14 * DAY)
        return [name for name, _ in await ask(app, story, lambda scene, tx: scene.ask(question, tx))]

    await story.until(NINE + 19 * DAY)
    assert await quiet() == []
    await story.until(NINE + 20 * DAY)
    for day in range(20, 31):
        await hear(app, story, TaskOpened(f"x{day}", "x", NINE + day * DAY, None))
    await story.until(NINE + 31 * DAY)
    question = WhoIsQuiet(story.clock.now() - 14 * DAY)
    found = await ask(app, story, lambda scene, tx: scene.ask(question, tx))
    assert [name for name, _ in found] == ["ben", "ada"]


async def test_a_goal_that_is_lowered_on_sunday_holds_from_monday_on(story: Driver) -> None:
    await monday(story, "ada")
    await answers(story, "ada", 5, 6)
    await story.until(NINE + 6 * DAY + 14 * HOUR)
    await story.type("ada", "streak")
    said = await story.choose("ada", "2 days")
    assert "Your new goal holds from Mon 12 Jan on." in said.words
    seen = await streak(story, "ada")
    assert seen.title == "This week: 2 of 4 days"
    assert "4 · from Mon 12 Jan on: 2" in seen.words
    await story.until(NINE + 7 * DAY)
    seen = await streak(story, "ada")
    assert seen.title == "This week: 0 of 2 days"
    assert "Weeks in a row" not in seen.words


async def test_switching_off_and_on_each_night_keeps_no_row(story: Driver) -> None:
    await monday(story, "ada")
    await answer(story, "ada")
    for day in range(1, 5):
        await story.until(NINE + day * DAY + 14 * HOUR)
        await story.type("ada", "streak")
        await story.press("ada", "Turn streaks off")
        await story.press("ada", "Turn streaks on")
    assert "best 1 · the next begin with your next answer" in (await streak(story, "ada")).words


async def test_a_member_who_came_before_the_notes_began_is_quiet_since_they_came(story: CoreDriver, app: App) -> None:
    await joined(story, "ada")
    came = story.clock.now()
    await app.store.run(lambda tx: tx.run("DELETE FROM streaks_events"))
    await story.until(NINE + 20 * DAY)
    question = WhoIsQuiet(story.clock.now() - 14 * DAY)
    assert await ask(app, story, lambda scene, tx: scene.ask(question, tx)) == (("ada", came),)


async def test_why_can_be_typed_at_once(story: Driver) -> None:
    await joined(story, "ada")
    typed = await story.type("ada", "/study why")
    await story.type("ada", "/study streak")
    assert typed.replies[0].title == (await story.press("ada", "streaks.why")).replies[0].title


# --- reviews -----------------------------------------------------------------------------------


async def test_a_review_counts_for_who_gave_it_and_no_more_when_it_is_removed(story: CoreDriver, app: App) -> None:
    await monday(story, "ada")
    await hear(app, story, ReviewGiven("ada", "7"))
    why = (await story.type("ada", "/study why")).words
    assert "counted. Review given at 09:00." in why
    assert (await streak(story, "ada")).title == "This week: 1 of 4 days"
    await hear(app, story, ReviewDiscarded("ada", "7"))
    assert (await streak(story, "ada")).title == "This week: 0 of 4 days"
    assert "Review given" not in (await story.type("ada", "/study why")).words


async def test_a_review_that_was_removed_and_put_back_counts_for_its_own_day(story: CoreDriver, app: App) -> None:
    await monday(story, "ada")
    await hear(app, story, ReviewGiven("ada", "7"))
    await hear(app, story, ReviewDiscarded("ada", "7"))
    await story.wait(timedelta(days=1))
    await hear(app, story, ReviewGiven("ada", "7"))
    assert (await streak(story, "ada")).title == "This week: 1 of 4 days"
    assert "counted. Review given at 09:00." in (await story.type("ada", "/study why")).words

"""The plan of a week: two numbers and a line, confirmed in one press, read by partners and by nobody else."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.app import App
from bot.features.partners.plan_rules import Plan, Work, accept, is_done, plan_words, week_of, work_words
from bot.kernel.errors import Refusal
from bot.kernel.facts import AnswerKept, AnswerWithdrawn, TimedRunFinished
from bot.kernel.peer_facts import ReviewDiscarded, ReviewGiven, TextFreed, TextHeld, TextRemoved
from tests.features.mornings import joined
from tests.features.peers import tell, text_at
from tests.story import Driver
from tests.world import GROUP, World

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
MONDAY = date(2026, 1, 5)
EVENINGS = ("mon", "wed", "sat")
PLAN = f"partners.plan/{GROUP}/1/2026-01-05"
ROOM = f"partners.pair/{GROUP}/1"
LINE = "When it is Tuesday 18:00 and I am at my desk, I begin."


async def wish(story: Driver, member: str, talk: str = "live") -> None:
    await story.type(member, "/study partner")
    await story.press(member, "partners.find")
    kept = await story.fill(member, {"stage": "starting", "times": EVENINGS, "talk": talk})
    assert not kept.refused, kept.refused


async def paired(story: Driver, *members: str) -> None:
    """The group is set up on its Monday morning, and these are partners: two make a pair, a third joins them."""
    await joined(story, *members)
    for member in members:
        await wish(story, member)


async def plan(story: Driver, member: str, answers: int = 3, reviews: int = 1, line: str = "") -> str:
    """Confirm a plan; what the member reads then."""
    opened = await story.press(member, "My plan", ROOM)
    assert opened.form, opened.words
    kept = await story.fill(member, {"answers": str(answers), "reviews": str(reviews), "line": line})
    assert not kept.refused, kept.refused
    return kept.words


async def go_on(story: Driver, until: datetime, *members: str) -> None:
    """Time passes, and every evening these say that they are here."""
    while (evening := story.clock.now() + DAY) < until:
        await story.until(evening)
        for member in members:
            await story.type(member, "/study partner")
            await story.press(member, "I'm here")
    await story.until(until)


# --- the story --------------------------------------------------------------------------------------


async def test_two_partners_plan_a_week_and_read_each_others_plan(story: Driver) -> None:
    await paired(story, "ada", "ben")
    opened = await story.press("ada", "My plan", ROOM)
    assert opened.form
    assert opened.form.values["answers"] == "3"
    none = await story.fill("ada", {"answers": "0", "reviews": "0", "line": LINE})
    assert "no number in it yet" in none.refused
    assert LINE in none.handed_back
    set_ = await story.fill("ada", {"answers": "3", "reviews": "1", "line": LINE})
    assert "This week: 3 answers and 1 review." in set_.words
    await plan(story, "ben", 5, 0)
    await story.wait(timedelta(minutes=1))
    about = await story.choose("ben", LINE, PLAN)
    assert LINE in about.words, "what stands in the room can be read and reported from there"
    assert "Report it" in about.words


async def test_the_next_weeks_plan_holds_what_was_planned_last(story: Driver, app: App, world: World) -> None:
    await paired(story, "ada", "ben")
    await plan(story, "ada", 4, 2, LINE)
    await go_on(story, datetime(2026, 1, 12, 9, 0, tzinfo=UTC), "ada", "ben")
    opened = await story.press("ada", "My plan", ROOM)
    assert opened.form
    assert (opened.form.values["answers"], opened.form.values["line"]) == ("4", LINE)
    await story.fill("ada", {})
    assert "4 answers and 2 reviews" in str(world.named(f"partners.plan/{GROUP}/1/2026-01-12").card)


async def test_a_plan_is_changed_in_the_same_message(story: Driver, app: App, world: World) -> None:
    await paired(story, "ada", "ben")
    await plan(story, "ada", 4)
    await plan(story, "ada", 2)
    await story.wait(timedelta(minutes=1))
    assert world.created.count(PLAN) == 1
    assert "2 answers" in str(world.named(PLAN).card)


async def test_without_a_partner_there_is_no_plan(story: Driver, app: App) -> None:
    await paired(story, "ada", "ben")
    await story.type("ben", "/study pause")
    await story.choose("ben", "3 days")
    refused = await story.press("ada", "My plan", ROOM)
    assert "no partner at present" in refused.refused


# --- reminders ------------------------------------------------------------------------------------------


async def reminded(story: Driver, member: str) -> None:
    await story.type(member, "/study reminders")
    await story.press(member, "nudges.on")
    await story.type(member, "/study reminders")
    await story.choose(member, "08:30")


@pytest.mark.parametrize(("zone", "at"), [("Asia/Tokyo", -0.5), ("Europe/Berlin", 7.5), ("America/New_York", 13.5)])
async def test_a_plan_is_reminded_of_at_the_members_own_hour_of_the_new_week(
    story: Driver, app: App, world: World, zone: str, at: float
) -> None:
    story.person("ada", zone=zone)
    await paired(story, "ada", "ben")
    await plan(story, "ada")
    await reminded(story, "ada")
    due = datetime(2026, 1, 12, tzinfo=UTC) + at * HOUR
    await go_on(story, due - DAY, "ada", "ben")
    await tell(app, AnswerKept("t1", "ada", first=True, late=False))
    await story.until(due - timedelta(minutes=1))
    assert not any("say what you plan" in str(message.card) for message in world.private("ada"))
    await story.until(due + timedelta(minutes=1))
    assert any("say what you plan" in str(message.card) for message in world.private("ada"))


async def test_who_has_planned_is_not_reminded(story: Driver, app: App, world: World) -> None:
    await paired(story, "ada", "ben")
    await reminded(story, "ada")
    await go_on(story, datetime(2026, 1, 12, 6, 0, tzinfo=UTC), "ada", "ben")
    await plan(story, "ada")
    await story.until(datetime(2026, 1, 13, 20, 0, tzinfo=UTC))
    assert not any("say what you plan" in str(m.card) for m in world.private("ada") if m.at.day > 11)


async def test_the_home_page_shows_the_plan_and_what_is_done_of_it(story: Driver, app: App) -> None:
    await paired(story, "ada", "ben")
    assert any("No plan for this week yet" in sight.words for sight in await story.open("ada"))
    await plan(story, "ada")
    await tell(app, AnswerKept("2026-01-05", "ada", first=True, late=False))
    home = "\n".join(sight.words for sight in await story.open("ada"))
    assert "So far: 1 of 3 answers. Planned: 1 review." in home


# --- counting ------------------------------------------------------------------------------------------------


async def so_far(story: Driver) -> str:
    return next(sight.words for sight in await story.open("ada") if "Change my plan" in sight.words)


async def test_work_counts_once_and_what_is_taken_back_counts_no_more(story: Driver, app: App) -> None:
    await paired(story, "ada", "ben")
    await plan(story, "ada", 3, 2)
    await tell(app, AnswerKept("t1", "ada", first=True, late=False), AnswerKept("t1", "ada", first=False, late=False))
    await tell(app, ReviewGiven("ada", "1"), ReviewGiven("ada", "2"), TimedRunFinished("t1", "ada", 600))
    assert "1 of 3 answers, 2 reviews and 1 timed run" in await so_far(story)
    await tell(app, AnswerWithdrawn("t1", "ada"), ReviewDiscarded("ada", "2"))
    assert "1 of 2 reviews and 1 timed run. Planned: 3 answers" in await so_far(story)
    await tell(app, AnswerKept("t1", "ada", first=False, late=False))
    assert "1 of 3 answers" in await so_far(story)


async def test_an_old_answer_that_is_edited_is_no_new_work(story: Driver, app: App) -> None:
    await paired(story, "ada", "ben")
    await tell(app, AnswerKept("t1", "ada", first=True, late=False))
    await go_on(story, datetime(2026, 1, 12, 9, 0, tzinfo=UTC), "ada", "ben")
    await plan(story, "ada", 3, 0)
    await tell(app, AnswerKept("t1", "ada", first=False, late=False))
    await tell(app, AnswerKept("t0", "ada", first=False, late=False))
    assert "Planned: 3 answers." in await so_far(story)


# --- words that are reported -----------------------------------------------------------------------------------


async def test_a_reported_line_is_hidden_in_the_room_until_it_is_decided_about(
    story: Driver, app: App, world: World
) -> None:
    await paired(story, "ada", "ben", "cleo")
    await plan(story, "ada", line=LINE)
    menu = world.named(PLAN).card.selects[0]
    place = menu.options[0].value.removeprefix("partners:")
    for reader in ("ben", ""):
        text = await text_at(app, place, reader, "partners")
        assert text
        assert (text.text, text.author_member) == (LINE, "ada")
    assert await text_at(app, place, "olga", "partners") is None, "who is not in the room reads nothing"
    await tell(app, TextHeld("partners", place))
    await story.wait(timedelta(minutes=1))
    assert LINE not in str(world.named(PLAN).card)
    assert await text_at(app, place, "ben", "partners") is None
    await story.press("ada", "My plan", ROOM)
    other = await story.fill("ada", {"answers": "5", "reviews": "1", "line": "Other words."})
    assert "being looked at" in other.refused
    assert "Other words." in other.handed_back
    await plan(story, "ada", 5)
    await story.wait(timedelta(minutes=1))
    assert "5 answers" in str(world.named(PLAN).card)
    await tell(app, TextFreed("partners", place))
    await story.wait(timedelta(minutes=1))
    assert LINE in str(world.named(PLAN).card)
    await tell(app, TextRemoved("partners", place))
    await story.wait(timedelta(minutes=1))
    assert LINE not in str(world.named(PLAN).card)
    assert await text_at(app, place, "", "partners") is None


async def test_words_that_were_removed_come_back_by_no_confirmation(story: Driver, app: App, world: World) -> None:
    await paired(story, "ada", "ben")
    await plan(story, "ada", line=LINE)
    place = world.named(PLAN).card.selects[0].options[0].value.removeprefix("partners:")
    await tell(app, TextHeld("partners", place), TextRemoved("partners", place))
    opened = await story.press("ada", "My plan", ROOM)
    assert opened.form
    assert opened.form.values["line"] == ""
    await story.fill("ada", {"line": LINE})
    await story.wait(timedelta(minutes=1))
    assert LINE not in str(world.named(PLAN).card)
    await plan(story, "ada", line="Other words.")
    await story.wait(timedelta(minutes=1))
    assert "Other words." in str(world.named(PLAN).card)


async def test_a_line_is_reported_by_a_partner_from_the_room(story: Driver, app: App, world: World) -> None:
    await paired(story, "ada", "ben")
    await plan(story, "ada", line=LINE)
    place = world.named(PLAN).card.selects[0].options[0].value
    about = await story.choose("ben", place, PLAN)
    assert "Report it" in about.words
    assert "your own words" in (await story.choose("ada", place, PLAN)).refused


# --- rules ------------------------------------------------------------------------------------------------------


@given(st.integers(0, 9), st.integers(0, 9), st.integers(0, 3), st.integers(0, 7), st.integers(0, 5))
def test_what_is_said_of_a_week_names_no_nought_and_all_that_was_planned(
    answers: int, reviews: int, runs: int, planned: int, planned_reviews: int
) -> None:
    aim = Plan("ada", MONDAY, planned, planned_reviews) if planned or planned_reviews else None
    work = Work(answers, reviews, runs)
    said = work_words(work, aim)
    assert "0 " not in said.replace("10 ", "")
    assert ("answer" in said) == bool(answers or planned)
    assert ("review" in said) == bool(reviews or planned_reviews)
    assert ("timed" in said) == bool(runs)
    if is_done(work, aim):
        assert " of " not in said
        assert "lanned" not in said


def refusal(answers: str, reviews: str, line: str) -> Refusal | None:
    try:
        kept = accept("ada", MONDAY, 1, answers, reviews, line)
    except Refusal as no:
        return no
    assert kept.answers + kept.reviews > 0
    assert plan_words(kept)
    assert len(kept.line) <= 200
    return None


@given(st.text(max_size=3), st.text(max_size=3), st.text(max_size=300))
def test_only_numbers_of_the_form_make_a_plan(answers: str, reviews: str, line: str) -> None:
    no = refusal(answers, reviews, line)
    assert no is None or (no.because and no.hint and no.field in ("answers", "reviews", "line"))


@given(st.sampled_from("01234567"), st.sampled_from("012345"), st.text(max_size=200))
def test_numbers_of_the_form_make_a_plan_unless_both_are_nought(answers: str, reviews: str, line: str) -> None:
    assert (refusal(answers, reviews, line) is None) == (answers + reviews != "00")


@given(st.dates(date(2026, 1, 1), date(2028, 1, 1)), st.integers(-1, 1))
def test_a_week_begins_with_the_earlier_monday_of_the_group_and_the_member(day: date, ahead: int) -> None:
    own = day + ahead * DAY
    week = week_of(day, own)
    assert week.weekday() == 0
    assert week <= max(day, own) < week + WEEK

"""Days on which the group rests: by a press, until a date, by a list of holidays; and back to work."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.app import App
from bot.features.organiser import days_cards, days_rules
from bot.features.organiser.days_rules import Rest
from bot.kernel.action import Action
from bot.kernel.calendar import Rhythm, occurrences, study_day
from bot.kernel.card import card_words
from bot.kernel.errors import Refusal
from bot.kernel.event import Event, Person, Pressed
from tests.features.mornings import NINE, joined
from tests.story import Answered, CoreDriver, Driver
from tests.world import CHANNEL, GROUP, TENANT, World

TODAY = date(2026, 1, 5)
DAYS = st.dates(date(2025, 6, 1), date(2027, 12, 31))
ZONES = ["Europe/Berlin", "Asia/Kolkata", "America/Los_Angeles", "Pacific/Apia"]
WHYS = st.text("abcäöüßéñжщ中文", max_size=20)


@st.composite
def rests(draw: st.DrawFn) -> Rest:
    first = draw(DAYS)
    return Rest(first, first + timedelta(days=draw(st.integers(0, 60))), draw(WHYS))


async def _days(story: Driver, press: str = "") -> Answered:
    await story.type("olga", "/study organise")
    shown = await story.press("olga", "Days off")
    return await story.press("olga", press) if press else shown


async def _posted(story: Driver) -> list[str]:
    """The dates of the problems that stand in the channel."""
    return [seen.name[-10:] for seen in await story.read("ada") if seen.name.startswith(f"daily/{GROUP}/")]


# --- by a press ---------------------------------------------------------------------------------


async def test_a_new_group_reads_what_a_day_off_is(story: Driver) -> None:
    await story.found()
    shown = await _days(story)
    assert "No days off are planned." in shown.words
    assert "nobody misses anything" in shown.words


async def test_the_next_problem_can_be_skipped_and_the_one_after_comes(story: Driver) -> None:
    await joined(story, "ada")
    kept = await _days(story, "Skip the next problem")
    assert "Mon 5 Jan 2026" in kept.words
    await story.until(NINE + timedelta(days=1))
    assert await _posted(story) == ["2026-01-06"]


async def test_an_undone_day_off_is_a_day_of_work(story: Driver) -> None:
    await joined(story, "ada")
    await _days(story, "Skip the next problem")
    assert (await story.press("olga", "Undo")).replies[0].title == "It is as before."
    await story.until(NINE)
    assert await _posted(story) == ["2026-01-05"]


async def test_a_week_off_is_seven_days_and_the_desk_shows_it(story: Driver) -> None:
    await joined(story, "ada")
    kept = await _days(story, "A week off")
    assert "Mon 5 Jan to Sun 11 Jan 2026" in kept.words
    assert "Days off: Mon 5 Jan to Sun 11 Jan 2026" in (await story.type("olga", "/study organise")).words
    await story.until(NINE + timedelta(days=7))
    assert await _posted(story) == ["2026-01-12"]


async def test_a_week_off_begins_tomorrow_when_today_s_problem_is_out(story: Driver) -> None:
    await joined(story, "ada")
    await story.until(NINE)
    assert "Tue 6 Jan to Mon 12 Jan 2026" in (await _days(story, "A week off")).words


async def test_the_same_day_off_twice_is_one_change(story: Driver) -> None:
    await story.found()
    await _days(story, "Tomorrow off")
    assert (await _days(story, "Tomorrow off")).replies[0].title == "That is off already."
    await story.type("olga", "/study organise")
    await story.press("olga", "More tools")
    assert (await story.press("olga", "All changes")).words.count("Days off: Tue 6 Jan 2026") == 1


async def test_back_to_work_ends_what_runs_today_and_nothing_else(story: Driver) -> None:
    await joined(story, "ada")
    await _days(story, "A week off")
    await _days(story, "Add holidays")
    await story.fill("olga", {"days": "2026-02-02 Spring break"})
    await story.until(NINE + timedelta(hours=12))
    back = await _days(story, "Back to work now")
    assert "Tue 06 Jan" in back.words
    shown = await _days(story)
    assert "2 Feb 2026: Spring break" in shown.words
    assert "Sun 11 Jan" not in shown.words
    await story.until(NINE + timedelta(days=1))
    assert await _posted(story) == ["2026-01-06"]


async def test_back_to_work_can_be_undone(story: Driver) -> None:
    await joined(story, "ada")
    await _days(story, "A week off")
    await story.until(NINE + timedelta(days=1, hours=12))
    await _days(story, "Back to work now")
    await story.press("olga", "Undo")
    assert "Mon 5 Jan to Sun 11 Jan 2026" in (await _days(story)).words
    await story.until(NINE + timedelta(days=7))
    assert await _posted(story) == ["2026-01-12"]


async def test_back_to_work_is_offered_only_while_the_group_rests(story: Driver) -> None:
    await joined(story, "ada")
    await _days(story, "A week off")
    await _days(story)
    await story.press("olga", "Back to work now")
    await story.press("olga", "All days off")
    shown = await _days(story)
    assert "Back to work now" not in [label for label, _ in shown.replies[0].buttons]


async def test_a_day_off_is_taken_off_the_list_and_put_back(story: Driver) -> None:
    await story.found()
    await _days(story, "Add holidays")
    await story.fill("olga", {"days": "2026-12-24 - 2027-01-01 Winter break"})
    await _days(story)
    removed = await story.choose("olga", "2026-12-24/2027-01-01")
    assert "no days off any more" in removed.words
    assert "Winter break" not in (await _days(story)).words
    await _days(story)
    await story.type("olga", "/study organise")
    await story.press("olga", "Undo the last change")
    assert "Thu 24 Dec 2026 to Fri 1 Jan 2027: Winter break" in (await _days(story)).words


# --- today's problem is out -----------------------------------------------------------------------


async def test_today_cannot_be_taken_off_once_its_problem_is_out(story: Driver) -> None:
    await joined(story, "ada")
    early = await _days(story)
    await story.until(NINE)
    no = await story.press("olga", dict(early.replies[0].buttons)["Skip the next problem"])
    assert no.refused == "Today's problem is out already."
    assert "tomorrow" in no.hint
    await _days(story, "Add holidays")
    listed = await story.fill("olga", {"days": "2026-02-02\n2026-01-05 Feast"})
    assert (listed.refused, listed.field) == ("Line 2: Today's problem is out already.", "days")
    assert listed.handed_back == ("2026-02-02\n2026-01-05 Feast",)
    await _days(story, "Off until a date")
    until = await story.fill("olga", {"until": "2026-01-05"})
    assert (until.refused, until.field) == ("Today's problem is out already.", "until")
    assert "No days off are planned." in (await _days(story)).words


async def test_a_range_that_holds_today_begins_tomorrow_when_today_s_problem_is_out(story: Driver) -> None:
    await joined(story, "ada")
    await story.until(NINE)
    await _days(story, "Add holidays")
    kept = await story.fill("olga", {"days": "2026-01-03 - 2026-01-07 Feast"})
    assert "Tue 6 Jan to Wed 7 Jan 2026: Feast" in kept.words
    assert "Today's problem is out already, so the days off begin tomorrow." in kept.words


async def test_an_older_button_for_a_week_off_leaves_today_alone(story: Driver) -> None:
    await joined(story, "ada")
    await _days(story)
    await story.until(NINE)
    week = await story.press("olga", "A week off")
    assert "Tue 6 Jan to Sun 11 Jan 2026" in week.words
    assert "begin tomorrow" in week.words


async def test_days_off_that_begin_later_say_nothing_of_today(story: Driver) -> None:
    await joined(story, "ada")
    await story.until(NINE)
    assert "begin tomorrow" not in (await _days(story, "Tomorrow off")).words


async def test_a_problem_that_was_posted_before_its_time_is_out_as_well(story: Driver) -> None:
    await joined(story, "ada")
    await story.type("olga", "/study organise")
    await story.press("olga", "Post a problem now")
    assert "Tue 6 Jan to Mon 12 Jan 2026" in (await _days(story, "A week off")).words


async def test_after_midnight_the_desk_and_the_plan_promise_the_same_problem(story: Driver) -> None:
    """A problem posted at two belongs to the study day that is not over yet."""
    await joined(story, "ada")
    await _days(story, "Skip the next problem")
    await story.until(datetime(2026, 1, 6, 1, tzinfo=UTC))  # Tuesday, two in the morning in Berlin
    await story.type("olga", "/study organise")
    await story.press("olga", "Post a problem now")
    assert "Next problem: Tue 06 Jan" in (await story.type("olga", "/study organise")).words
    assert "Next problem: Tue 06 Jan" in (await _days(story)).words
    assert "Tue 6 Jan 2026" in (await _days(story, "Tomorrow off")).words
    await story.press("olga", "Undo")
    await story.until(NINE + timedelta(days=1))
    assert await _posted(story) == ["2026-01-05", "2026-01-06"]


# --- two organisers -------------------------------------------------------------------------------


async def _undo(story: Driver, who: str, number: str) -> Answered:
    await story.type(who, "/study organise")
    await story.press(who, "More tools")
    await story.press(who, "All changes")
    await story.choose(who, number)
    return await story.press(who, "Undo it")


async def test_an_undo_keeps_the_day_that_another_organiser_took_off(story: Driver) -> None:
    story.person("ben", manages=True)
    await joined(story, "ada")
    await _days(story, "Tomorrow off")
    await story.type("ben", "/study organise")
    await story.press("ben", "Days off")
    await story.press("ben", "Add holidays")
    await story.fill("ben", {"days": "2026-01-06 Founders day"})
    undone = await _undo(story, "olga", "1")
    assert "A later change keeps some of these days off, or at work." in undone.words
    assert "Tue 6 Jan 2026: Founders day" in (await _days(story)).words
    await _undo(story, "olga", "2")
    assert "No days off are planned." in (await _days(story)).words, "nor does the first one come back"


async def test_the_later_of_two_is_undone_and_the_earlier_stands_as_it_was(story: Driver) -> None:
    await joined(story, "ada")
    await _days(story, "Tomorrow off")
    await _days(story, "Add holidays")
    await story.fill("olga", {"days": "2026-01-06 Founders day"})
    undone = await _undo(story, "olga", "2")
    assert "A later change" not in undone.words
    shown = (await _days(story)).words
    assert "Tue 6 Jan 2026" in shown
    assert "Founders day" not in shown


async def press_raw(app: App, member: str, route: str, value: str = "", **args: str) -> str:
    """A press that no button of ours made; what was refused."""
    pressed = Pressed(Action.to(route, **args), value)
    event = Event(f"raw-{route}-{args}", TENANT, GROUP, CHANNEL, Person(member, manages=True), NINE, pressed)
    outcome = await app.engine.handle(event)
    return outcome.refused.because if outcome.refused else ""


async def test_forged_buttons_make_no_days_off(story: CoreDriver, app: App, world: World) -> None:
    await joined(story, "ada")
    assert "does not work" in await press_raw(app, "olga", "organiser.rest", first="soon", last="later")
    assert "over" in await press_raw(app, "olga", "organiser.rest", first="2020-01-01", last="2020-01-02")
    assert "longer" in await press_raw(app, "olga", "organiser.rest", first="2026-01-06", last="2028-01-06")
    assert "at work already" in await press_raw(app, "olga", "organiser.back_to_work")
    assert "not off any more" in await press_raw(app, "olga", "organiser.remove_days", "2026-01-06/2026-01-06")
    assert "No days off" in (await _days(story)).words


# --- until a date, and lists ----------------------------------------------------------------------


async def test_a_rest_until_a_date_holds_that_day_as_well(story: Driver) -> None:
    await joined(story, "ada")
    await _days(story, "Off until a date")
    assert "Mon 5 Jan to Wed 7 Jan 2026" in (await story.fill("olga", {"until": "2026-01-07"})).words
    await story.until(NINE + timedelta(days=3))
    assert await _posted(story) == ["2026-01-08"]


@pytest.mark.parametrize(
    ("typed", "said"),
    [("", "no date"), ("soon", "no date"), ("2026-02-30", "no date"), ("2025-12-31", "over"), ("2027-06-01", "longer")],
)
async def test_a_date_that_cannot_be_is_refused_with_the_words(story: Driver, typed: str, said: str) -> None:
    await story.found()
    await _days(story, "Off until a date")
    no = await story.fill("olga", {"until": typed})
    assert said in no.refused
    assert no.hint
    assert no.field == "until"
    assert no.handed_back == ((typed,) if typed else ())


async def test_a_list_of_holidays_is_kept_and_old_lines_are_left_out(story: Driver) -> None:
    await story.found()
    await _days(story, "Add holidays")
    kept = await story.fill(
        "olga",
        {"days": "2025-12-25 Old\n\n2026-04-03 to 2026-04-06: Easter\n2026-5-1\n2026-12-24 – 2027-01-01 Winter"},
    )
    assert "Fri 3 Apr to Mon 6 Apr 2026: Easter" in kept.words
    assert "Fri 1 May 2026" in kept.words
    assert "Thu 24 Dec 2026 to Fri 1 Jan 2027: Winter" in kept.words
    assert "I left out 1 line in the past." in kept.words


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("2026-04-03\nEaster 2026-04-05", "Line 2: “Easter 2026-04-05” does not begin with a date."),
        ("2026-04-03\n\n2026-13-01", "Line 3: “2026-13-01” is no date."),
        ("2026-04-03 - 2026-04-01", "Line 1: The last day is before the first."),
        ("2026-04-03 - 2028-04-01", "Line 1: That is longer than a year."),
        ("2026-04-03 " + "x" * 81, "Line 1: The reason has 81 characters, at most 80."),
        ("9999-12-31", "Line 1: Fri 31 Dec 9999 is more than three years ahead."),
        ("2020-04-03", "All these days are over."),
        ("\n \n", "The list is empty."),
        ("\n".join(["2026-04-03"] * 61), "The list has 61 lines."),
    ],
)
async def test_a_broken_line_is_named_and_the_list_comes_back(story: Driver, lines: str, said: str) -> None:
    await story.found()
    await _days(story, "Add holidays")
    no = await story.fill("olga", {"days": lines})
    assert no.refused == said
    assert no.hint
    assert no.field == "days"
    assert "No days off are planned." in (await _days(story)).words
    if lines.strip():
        assert no.handed_back == (lines,)


# --- the rules --------------------------------------------------------------------------------------


@given(st.lists(rests(), min_size=1, max_size=20))
def test_a_list_that_the_rules_wrote_is_read_as_it_was(given_: Sequence[Rest]) -> None:
    typed = "\n".join(f"{rest.first} - {rest.last} {rest.why}" for rest in given_)
    coming = tuple(dict.fromkeys(rest for rest in given_ if rest.last >= TODAY))
    if coming:
        assert days_rules.accept_list(typed, TODAY) == (coming, sum(rest.last < TODAY for rest in given_))
    else:
        with pytest.raises(Refusal):
            days_rules.accept_list(typed, TODAY)


PIECES = ["2026-04-03", "2026-13-01", "2020-01-01", "2027-04-03", "9999-12-31", "-", " - ", " to ", "\n", " ", "Easter"]


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join) | st.text(max_size=100))
def test_whatever_is_typed_is_read_or_refused_with_a_hint(typed: str) -> None:
    refused: Refusal | None = None
    coming: tuple[Rest, ...] = ()
    try:
        coming, _ = days_rules.accept_list(typed, TODAY)
    except Refusal as no:
        refused = no
    if refused:
        assert (bool(refused.hint), refused.field) == (True, "days")
    else:
        assert coming
        assert all(rest.last >= TODAY and rest.first <= rest.last for rest in coming)


@given(st.lists(rests(), max_size=8), DAYS, st.integers(0, 90))
def test_a_day_is_off_when_some_rest_holds_it(given_: Sequence[Rest], first: date, length: int) -> None:
    asked = [first + timedelta(days=n) for n in range(length)]
    last = first + timedelta(days=length - 1)
    expected = tuple(day for day in asked if any(rest.first <= day <= rest.last for rest in given_))
    assert days_rules.days_off(given_, first, last) == expected


@given(st.lists(rests(), max_size=8), DAYS)
def test_back_to_work_frees_today_and_all_that_ran_on(given_: Sequence[Rest], today: date) -> None:
    resting = days_rules.running(given_, today)
    left = [rest for rest in given_ if rest not in resting] + list(days_rules.cut(resting, today))
    assert not days_rules.running(left, today)
    before, after = (days_rules.days_off(some, date(2025, 1, 1), today - timedelta(days=1)) for some in (given_, left))
    assert before == after


@given(
    st.lists(st.tuples(st.lists(rests(), max_size=3), st.lists(rests(), max_size=3), st.booleans()), max_size=8),
    st.integers(0, 7),
)
def test_what_a_standing_change_took_off_last_is_off_and_all_undone_is_nothing(
    log: Sequence[tuple[list[Rest], list[Rest], bool]], at: int
) -> None:
    changes = [(gone, new) for gone, new, stands in log if stands]
    off = set(days_rules.replay(changes))
    for number, (_, new) in enumerate(changes):
        named = {(rest.first, rest.last) for later in changes[number + 1 :] for side in later for rest in side}
        last_word = {(rest.first, rest.last): rest for rest in new}
        assert all(rest in off for span, rest in last_word.items() if span not in named)
    assert off <= {rest for _, new in changes for rest in new}
    assert days_rules.replay([]) == ()


@given(
    st.sampled_from([(time(9), (0, 1, 2, 3, 4, 5, 6)), (time(2), (0, 1, 2, 3, 4, 5, 6)), (time(23), (0, 3))]),
    st.integers(0, 17_000), st.sampled_from(ZONES),
)  # fmt: skip
def test_a_problem_belongs_to_the_day_whose_hour_it_had_or_to_the_study_day(
    kind: tuple[time, tuple[int, ...]], hour: int, zone: str
) -> None:
    rhythm, here = Rhythm(kind[1], kind[0]), ZoneInfo(zone)
    now = datetime(2025, 6, 1, tzinfo=UTC) + timedelta(hours=hour)
    day, opens = next(occurrences(rhythm, here, now))
    assert days_rules.day_of(opens, rhythm, here) == day
    early = days_rules.day_of(now, rhythm, here)
    local = now.astimezone(here).date()
    assert early in (study_day(now, here).date, local)


@given(st.lists(rests(), max_size=8), st.integers(0, 17_000), st.sampled_from(ZONES))
def test_the_next_problem_is_never_on_a_day_off(given_: Sequence[Rest], hour: int, zone: str) -> None:
    now, rhythm = datetime(2025, 6, 1, tzinfo=UTC) + timedelta(hours=hour), Rhythm((0, 2, 4), time(9))
    found = days_rules.next_problem(rhythm, ZoneInfo(zone), now, given_)
    if found:
        day, moment = found
        assert moment > now
        assert day.weekday() in rhythm.days
        assert not days_rules.running(given_, day)


def test_the_longest_list_of_days_off_fits_on_its_cards() -> None:
    many = tuple(Rest(date(2026, 9, 1), date(2027, 9, 1) - timedelta(days=n), "W" * 80) for n in range(90))
    shown = days_cards.days_card(days_cards.Ahead(TODAY, TODAY, many, None))
    assert "And 70 more after these." in card_words(shown)
    days_cards.rests_kept_card(many, 60, Action.to("organiser.undo", n="999999999"), None)
    days_cards.working_card(many, Action.to("organiser.undo", n="999999999"), None)


def test_a_group_that_only_rests_has_no_next_problem() -> None:
    always = Rest(date(2025, 1, 1), date(2030, 1, 1))
    assert days_rules.next_problem(Rhythm((0,), time(9)), ZoneInfo("UTC"), NINE, [always]) is None

"""What a day asks: who keeps up misses nothing, two presses make no day free; and a glance tells the same."""

from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.features.streaks.cards import why_card
from bot.features.streaks.correction_rules import find_day, token
from bot.features.streaks.day_rules import Entry, History, Kind, Opening, Verdict, Why, judge
from bot.features.streaks.day_rules import until_now as known
from bot.features.streaks.rules import RECENT, fold, look_at_week, quiet_since, recent_days
from bot.kernel.calendar import LONGEST_DAY, Rhythm, Zones, member_days, occurrences, stamp
from bot.kernel.card import card_words
from tests.features.histories import BERLIN, DAY, HOUR, START, ZONES, histories, moments, nows, zones

MANY_TIMES = settings(max_examples=120, deadline=None)


# --- problems in the evening ------------------------------------------------------------------------------


def posted(rhythm: Rhythm, zone: ZoneInfo, days: int = 40) -> list[Opening]:
    found = []
    for day, at in occurrences(rhythm, zone, START):
        if at > START + days * DAY:
            return found
        found.append((at, str(day)))
    return found


@MANY_TIMES
@given(zones(), st.sampled_from(ZONES), st.sets(st.integers(0, 6), min_size=1), st.times(), st.integers(0, 60), nows())
def test_whoever_answers_each_problem_within_its_first_hour_never_misses_a_day(
    lived: Zones, home: ZoneInfo, days: set[int], clock: time, minutes: int, now: datetime
) -> None:
    opens = posted(Rhythm(tuple(sorted(days)), clock.replace(second=0, microsecond=0)), home)
    log = [Entry(at + minutes * timedelta(minutes=1), Kind.ANSWER, task) for at, task in opens]
    report = fold(History(lived, log, opens), now)
    assert not {day.verdict for day in report.days if day.ends + HOUR <= now} & {Verdict.MISSED, Verdict.SAVED}


def test_a_problem_of_the_evening_that_is_left_alone_asks_for_the_next_day() -> None:
    """Posted at 20:30 from Monday to Friday, and answered at 21:00 on Monday, Tuesday and Friday."""
    opens = posted(Rhythm((0, 1, 2, 3, 4), time(20, 30)), BERLIN, 6)
    log = [Entry(opens[day][0] + HOUR / 2, Kind.ANSWER, opens[day][1]) for day in (0, 1, 4)]
    report = fold(History(((START, BERLIN),), log, opens), START + 7 * DAY)
    counted, missed, free = Verdict.COUNTED, Verdict.SAVED, Verdict.NEUTRAL
    # Wednesday's own problem came in its evening, so it asks for Thursday; Thursday's asks for Friday.
    assert [day.verdict for day in report.days[:7]] == [counted, counted, free, missed, counted, free, free]


def test_an_answer_that_was_withdrawn_discharges_nothing() -> None:
    opens = [(START + 36 * HOUR, "p")]  # Tuesday, 21:00 in Berlin
    log = [Entry(START + 37 * HOUR, Kind.ANSWER, "p"), Entry(START + 48 * HOUR, Kind.WITHDRAWN, "p")]
    report = fold(History(((START, BERLIN),), log, opens), START + 4 * DAY)
    assert report.days[2].why is None
    assert fold(History(((START, BERLIN),), log[:1], opens), START + 4 * DAY).days[2].why is Why.FREE


# --- what begins and ends on the same day ------------------------------------------------------------------


@pytest.mark.parametrize(("begin", "end", "until"), [
    (Kind.OFF, Kind.ON, ""), (Kind.LEFT, Kind.JOINED, ""), (Kind.PAUSED, Kind.RESUMED, stamp(START + 90 * DAY)),
    (Kind.PAUSED, Kind.GOAL, stamp(START + DAY + 16 * HOUR)),
])  # fmt: skip
def test_two_presses_make_no_day_free(begin: Kind, end: Kind, until: str) -> None:
    opens = [(START + day * DAY, str(day)) for day in range(4)]
    pressed = [Entry(START + DAY + 14 * HOUR, begin, until), Entry(START + DAY + 16 * HOUR, end, "4")]
    history = History(((START, BERLIN),), pressed, opens)
    assert fold(history, START + DAY + 15 * HOUR).today.verdict is Verdict.NEUTRAL, "it holds just now"
    assert fold(history, START + DAY + 17 * HOUR).today.verdict is Verdict.OPEN
    assert fold(history, START + 2 * DAY).days[1].verdict is Verdict.MISSED


@pytest.mark.parametrize(("hours", "free"), [(13, True), (11, False)])
def test_a_day_that_began_in_a_break_is_free_if_most_of_it_passed_in_it(hours: int, *, free: bool) -> None:
    opens = [(START + day * DAY, str(day)) for day in range(4)]
    ends = START + 2 * DAY - 5 * HOUR + hours * HOUR  # so many hours after 04:00 of Wednesday
    log = [Entry(START + DAY, Kind.PAUSED, stamp(START + 90 * DAY)), Entry(ends, Kind.RESUMED)]
    days = fold(History(((START, BERLIN),), log, opens), START + 3 * DAY).days
    assert [day.why for day in days[1:3]] == [Why.PAUSED, Why.PAUSED if free else None]


# --- the same told from less -------------------------------------------------------------------------------


@MANY_TIMES
@given(zones(), nows(), moments(43))
def test_days_since_an_instant_are_the_last_of_all_days(lived: Zones, now: datetime, since: datetime) -> None:
    since = min(since, now)
    whole = [day for day in member_days(lived, now) if day.ends > since]
    assert list(member_days(lived, now, since)) == whole


def lately(history: History, now: datetime) -> History:
    """What is read for a glance: practice and problems of the last days only, and whatever the member chose."""
    past = known(history, now)
    since = recent_days(past.zones, now)[0].starts - LONGEST_DAY
    again = {entry.what for entry in past.log if entry.kind == Kind.ANSWER and entry.at >= since}
    practice = {
        Kind.ANSWER, Kind.RUN, Kind.REVIEW, Kind.STUCK, Kind.WITHDRAWN, Kind.RESTORED, Kind.DISCARDED,
    }  # fmt: skip
    log = [
        entry
        for entry in past.log
        if entry.at >= since or entry.kind not in practice or (entry.kind == Kind.ANSWER and entry.what in again)
    ]
    opens = [opening for opening in past.opens if opening[0] >= since]
    return History(past.zones, log, opens, past.outages, past.corrections)


@MANY_TIMES
@given(histories(), nows())
def test_a_glance_at_the_week_tells_what_the_whole_history_tells(history: History, now: datetime) -> None:
    whole, week = fold(history, now), look_at_week(lately(history, now), now)
    assert (week.today.starts, week.today.ends) == (whole.today.starts, whole.today.ends)
    assert (week.acts, week.on) == (len(whole.today.acts), whole.on)
    assert (week.this_week, week.goal, week.next_goal) == (whole.this_week, whole.goal, whole.next_goal)


@MANY_TIMES
@given(histories(), nows())
def test_the_last_days_are_judged_as_in_the_whole_history(history: History, now: datetime) -> None:
    less = lately(history, now)
    days = judge(less, recent_days(less.zones, now), now)[1:]
    whole = fold(history, now).days
    for day, other in zip(reversed(days), reversed(whole), strict=False):
        same = Verdict.MISSED if other.verdict is Verdict.SAVED else other.verdict
        assert (day.starts, day.verdict, day.why, day.acts) == (other.starts, same, other.why, other.acts)


@MANY_TIMES
@given(histories(), nows())
def test_days_of_one_date_have_numbers_of_their_own(history: History, now: datetime) -> None:
    for before, day in pairwise(fold(history, now).days):
        assert day.nth == (before.nth + 1 if day.date == before.date else 1)


def test_after_a_flight_over_the_date_line_two_days_of_one_date_can_be_told_apart() -> None:
    kiritimati, pago_pago = ZoneInfo("Pacific/Kiritimati"), ZoneInfo("Pacific/Pago_Pago")
    lived: Zones = ((START, kiritimati), (START + 2 * DAY, pago_pago))
    report = fold(History(lived), START + 5 * DAY)
    (first, second) = [day for day in report.days if day.date == date(2026, 1, 7)]
    assert (token(first), token(second)) == ("2026-01-07", "2026-01-07.2")
    assert find_day(report.days, "2026-01-07.2") is second
    words = card_words(why_card(report, {}, 0))
    assert "Wed 7 Jan: " in words
    assert "Wed 7 Jan (2): " in words


# --- who is quiet ---------------------------------------------------------------------------------------------


def test_quiet_needs_as_many_problems_as_usual_and_a_bot_that_ran() -> None:
    opens = [(START + day * DAY, str(day)) for day in range(20)]
    since = START + 12 * DAY
    assert quiet_since(opens, [], BERLIN, since, 10) == START + 10 * DAY
    assert quiet_since(opens, [], BERLIN, START + 5 * DAY, 10) == START + 5 * DAY
    assert quiet_since(opens[:9], [], BERLIN, since, 10) is None
    down = [(START + 13 * DAY, START + 17 * DAY)]
    assert quiet_since(opens, down, BERLIN, since, 10) == START + 6 * DAY


def test_the_running_week_fits_into_what_is_read_for_a_glance() -> None:
    assert 7 * DAY + 26 * HOUR < RECENT  # a week of local dates, from the first zone of the world to the last

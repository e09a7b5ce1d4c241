"""Days and weeks one by one: what counts, what is neutral, what a spare day saves."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given

from bot.features.streaks.cards import why_card
from bot.features.streaks.correction_rules import REASON, accept_reason, choices, find_day, token
from bot.features.streaks.day_rules import Correction, Day, Entry, History, Kind, Verdict, Why, monday
from bot.features.streaks.rules import Report, accept_rest, fold, last_sign
from bot.kernel.calendar import stamp
from bot.kernel.card import card_words
from bot.kernel.errors import Refusal
from tests.features.histories import BERLIN, DAY, HOUR, START, asked, histories, nows, runs

# --- one day at a time -----------------------------------------------------------------------------------


def report_of(
    log: Sequence[Entry],
    until: datetime,
    outages: Sequence[tuple[datetime, datetime]] = (),
    corrections: Sequence[Correction] = (),
) -> Report:
    """A member in Berlin who joined on Monday 5 January at 09:00; a problem every day."""
    history = asked(((START, BERLIN),), [Entry(START, Kind.JOINED), *log])
    return fold(replace(history, outages=outages, corrections=corrections), until)


def day_of(report: Report, day: date) -> Day:
    return next(found for found in report.days if found.date == day)


def morning(day: int) -> datetime:
    """09:00 in Berlin on this day of January 2026."""
    return datetime(2026, 1, day, 8, tzinfo=UTC)


def test_the_day_of_joining_asks_nothing_and_counts_when_one_practises() -> None:
    assert report_of([], morning(6)).days[0].why is Why.NOT_HERE
    assert report_of(runs(morning(5) + HOUR), morning(6)).days[0].verdict is Verdict.COUNTED


def test_an_answer_after_midnight_belongs_to_the_day_before() -> None:
    report = report_of(runs(datetime(2026, 1, 7, 2, 59, tzinfo=UTC)), morning(7))  # 03:59
    assert day_of(report, date(2026, 1, 6)).verdict is Verdict.COUNTED
    assert report.today.verdict is Verdict.OPEN


def test_two_spare_days_save_two_missed_days_and_the_third_begins_anew() -> None:
    log = runs(morning(5), morning(6))
    assert [report_of(log, morning(day)).streak for day in (7, 8, 9)] == [2, 2, 2]
    third = report_of(log, morning(10))
    assert (third.streak, third.best, third.spares) == (0, 2, 0)
    assert [day.verdict for day in third.days[2:5]] == [Verdict.SAVED, Verdict.SAVED, Verdict.MISSED]


def test_seven_counted_days_bring_a_spare_day_back_and_never_a_third_one() -> None:
    missed_one = runs(*(morning(day) for day in (5, 7, 8, 9, 10, 11)))
    assert report_of(missed_one, morning(11)).spares == 1
    assert report_of([*missed_one, *runs(morning(12))], morning(12)).spares == 2
    assert report_of(runs(*(morning(day) for day in range(5, 31))), morning(30)).spares == 2


def test_the_seven_days_wait_while_two_spare_days_are_held() -> None:
    """Whoever has gathered seven days gets a new spare day at once when one is used."""
    report = report_of(runs(*(morning(day) for day in range(5, 15))), morning(16))
    assert (report.spent, report.earned, report.spares) == (1, 1, 2)


def test_a_withdrawn_answer_counts_no_more_until_the_end_of_the_next_day_and_then_stays() -> None:
    sent = Entry(morning(5), Kind.ANSWER, "a")
    in_time, too_late = datetime(2026, 1, 7, 2, 59, tzinfo=UTC), datetime(2026, 1, 7, 3, tzinfo=UTC)
    assert report_of([sent, Entry(in_time, Kind.WITHDRAWN, "a")], morning(9)).credited == 0
    assert report_of([sent, Entry(too_late, Kind.WITHDRAWN, "a")], morning(9)).credited == 1
    back = [sent, Entry(morning(5) + HOUR, Kind.WITHDRAWN, "a")]
    assert report_of([*back, Entry(in_time, Kind.RESTORED, "a")], morning(9)).credited == 1
    assert report_of([*back, Entry(too_late, Kind.RESTORED, "a")], morning(9)).credited == 0


def test_a_review_counts_and_one_that_is_removed_counts_no_more_until_the_end_of_the_next_day() -> None:
    given = Entry(morning(5), Kind.REVIEW, "7")
    in_time, too_late = datetime(2026, 1, 7, 2, 59, tzinfo=UTC), datetime(2026, 1, 7, 3, tzinfo=UTC)
    assert report_of([given], morning(9)).credited == 1
    assert report_of([given, Entry(in_time, Kind.DISCARDED, "7")], morning(9)).credited == 0
    assert report_of([given, Entry(too_late, Kind.DISCARDED, "7")], morning(9)).credited == 1
    other = [given, Entry(morning(5) + HOUR, Kind.REVIEW, "8"), Entry(in_time, Kind.DISCARDED, "7")]
    assert report_of(other, morning(9)).credited == 1
    same_name = [Entry(morning(5), Kind.ANSWER, "7"), Entry(in_time, Kind.DISCARDED, "7")]
    assert report_of(same_name, morning(9)).credited == 1, "a review and a problem may have the same name"


def test_sending_the_same_answer_twice_counts_once() -> None:
    log = [Entry(morning(5), Kind.ANSWER, "a"), Entry(morning(6), Kind.ANSWER, "a")]
    assert [day.verdict for day in report_of(log, morning(6)).days] == [Verdict.COUNTED, Verdict.OPEN]


@pytest.mark.parametrize(("down", "excused"), [
    ((22, 24 + 0.5), True),  # two and a half hours of the last six
    ((22, 24), False),  # exactly two
    ((21, 21.9), False),
    ((27, 28.5), True),  # all of the last hour, 03:00 to 04:00
    ((27.1, 28.5), False),
    ((12, 21.5), False),  # long, but the evening was free
])  # fmt: skip
def test_an_outage_in_the_evening_excuses_the_day(down: tuple[float, float], *, excused: bool) -> None:
    midnight = datetime(2026, 1, 5, 23, tzinfo=UTC)  # 00:00 on Tuesday in Berlin
    gap = midnight + down[0] * HOUR, midnight + down[1] * HOUR
    report = report_of([], morning(9), outages=[gap])
    assert (day_of(report, date(2026, 1, 6)).why is Why.DOWN) == excused
    assert day_of(report, date(2026, 1, 7)).why is None


@pytest.mark.parametrize(("gaps", "excused"), [
    ([(18, 28), (19, 20)], True),  # one within the other
    ([(23, 24.5), (23, 24.5), (23.5, 25)], False),  # two hours in all, though four and a half when added
])  # fmt: skip
def test_overlapping_outages_are_one(gaps: list[tuple[float, float]], *, excused: bool) -> None:
    midnight = datetime(2026, 1, 5, 23, tzinfo=UTC)
    outages = [(midnight + begins * HOUR, midnight + ends * HOUR) for begins, ends in gaps]
    assert (day_of(report_of([], morning(9), outages=outages), date(2026, 1, 6)).why is Why.DOWN) == excused


def test_an_outage_changes_nothing_on_a_day_that_counted() -> None:
    gap = (datetime(2026, 1, 6, 19, tzinfo=UTC), datetime(2026, 1, 7, 3, tzinfo=UTC))
    report = report_of(runs(morning(6)), morning(9), outages=[gap])
    assert day_of(report, date(2026, 1, 6)).verdict is Verdict.COUNTED


@pytest.mark.parametrize(("posted", "free"), [
    (datetime(2026, 1, 6, 18, 59, tzinfo=UTC), date(2026, 1, 7)),  # 19:59: still Tuesday's
    (datetime(2026, 1, 6, 19, tzinfo=UTC), date(2026, 1, 6)),  # 20:00: Wednesday's
])  # fmt: skip
def test_a_day_without_a_problem_is_free_and_a_late_one_belongs_to_the_next_day(posted: datetime, free: date) -> None:
    opens = [(at, f"p{at}") for at in (morning(5), posted, morning(8))]
    history = History(((START, BERLIN),), [Entry(START, Kind.JOINED)], opens)
    report = fold(history, morning(9))
    assert [day.date for day in report.days[1:4] if day.why is Why.FREE] == [free]


def test_today_is_not_called_free_before_its_evening() -> None:
    history = History(((START, BERLIN),), [Entry(START, Kind.JOINED)], [])
    assert fold(history, datetime(2026, 1, 6, 18, 59, tzinfo=UTC)).today.verdict is Verdict.OPEN
    assert fold(history, datetime(2026, 1, 6, 19, tzinfo=UTC)).today.why is Why.FREE


def test_rest_days_hold_from_the_next_monday_on() -> None:
    log = [Entry(morning(7), Kind.REST, "2,6")]  # said on a Wednesday: Wednesdays and Sundays
    report = report_of(log, morning(26))
    rested = [day.date.day for day in report.days if day.why is Why.REST]
    assert rested == [14, 18, 21, 25]
    assert (report.rest, report.next_rest) == ((2, 6), (2, 6))
    assert report_of(log, morning(7)).rest == ()


def test_practice_on_a_rest_day_counts() -> None:
    report = report_of([Entry(morning(5), Kind.REST, "2"), *runs(morning(14))], morning(15))
    assert day_of(report, date(2026, 1, 14)).verdict is Verdict.COUNTED


def test_a_pause_is_neutral_until_the_member_comes_back() -> None:
    until = datetime(2026, 1, 12, 3, tzinfo=UTC)
    log = [Entry(morning(7), Kind.PAUSED, stamp(until)), Entry(morning(9), Kind.RESUMED)]
    assert [day.date.day for day in report_of(log[:1], morning(14)).days if day.why is Why.PAUSED] == [7, 8, 9, 10, 11]
    assert [day.date.day for day in report_of(log, morning(14)).days if day.why is Why.PAUSED] == [7, 8]


def test_a_pause_that_is_made_shorter_ends_earlier() -> None:
    log = [
        Entry(morning(6), Kind.PAUSED, stamp(datetime(2026, 1, 20, 3, tzinfo=UTC))),
        Entry(morning(7), Kind.PAUSED, stamp(datetime(2026, 1, 9, 3, tzinfo=UTC))),
    ]
    assert [day.date.day for day in report_of(log, morning(14)).days if day.why is Why.PAUSED] == [6, 7, 8]


def test_a_pause_that_ends_before_it_begins_is_none() -> None:
    log = [Entry(morning(6), Kind.PAUSED, stamp(morning(6) - HOUR))]
    assert day_of(report_of(log, morning(8)), date(2026, 1, 6)).why is None


def test_days_between_leaving_and_coming_back_are_neutral() -> None:
    log = [Entry(morning(7), Kind.LEFT), Entry(morning(10), Kind.JOINED)]
    assert [day.date.day for day in report_of(log, morning(12)).days if day.why is Why.NOT_HERE] == [5, 7, 8, 9, 10]


def test_whoever_joined_before_the_log_began_is_a_member_from_their_first_day_on() -> None:
    report = fold(asked(((START, BERLIN),), [Entry(morning(8), Kind.LEFT)]), morning(10))
    assert [day.why for day in report.days[:4]] == [Why.NOT_HERE, None, None, Why.NOT_HERE]


def test_days_on_which_streaks_are_off_are_neutral() -> None:
    log = [Entry(morning(7), Kind.OFF), Entry(morning(8), Kind.OFF), Entry(morning(9), Kind.ON)]
    report = report_of(log, morning(11))
    assert [day.date.day for day in report.days if day.why is Why.OFF] == [7, 8]
    assert report.on
    assert not report_of(log[:2], morning(11)).on


def test_whoever_says_that_they_are_stuck_has_a_neutral_day() -> None:
    report = report_of([Entry(morning(6), Kind.STUCK, "a")], morning(8))
    assert [day.why for day in report.days[1:3]] == [Why.STUCK, None]


def test_of_several_corrections_of_a_day_the_last_one_holds() -> None:
    count = Correction(1, morning(6), "count", "why", "olga", morning(7))
    excuse = Correction(2, morning(6), "excuse", "why", "olga", morning(8))
    assert day_of(report_of([], morning(9), corrections=[excuse, count]), date(2026, 1, 6)).why is Why.EXCUSED
    undone = Correction(2, morning(6), "excuse", "why", "olga", morning(8), morning(8) + HOUR)
    corrected = report_of([], morning(9), corrections=[undone, count])
    assert day_of(corrected, date(2026, 1, 6)).verdict is Verdict.COUNTED


# --- weeks --------------------------------------------------------------------------------------------------


def weeks_of(*counted: Sequence[int], extra: Sequence[Entry] = (), until: datetime | None = None) -> Report:
    """Weeks from Monday 5 January on: the weekdays (0 = Monday) on which the member practised."""
    found = [morning(5) + week * 7 * DAY + day * DAY for week, days in enumerate(counted) for day in days]
    return report_of([*runs(*found), *extra], until or morning(5) + (7 * len(counted)) * DAY - 6 * HOUR)


def test_a_week_reaches_its_goal_with_four_days_unless_the_member_chose_otherwise() -> None:
    assert weeks_of([0, 1, 2, 3], [0, 1, 2, 3]).weeks == 2
    assert weeks_of([0, 1, 2, 3], [0, 1, 2]).weeks == 1  # the second week is still open
    assert weeks_of([0, 1, 2, 3], [0, 1, 2], until=morning(19)).weeks == 0
    two = [Entry(morning(5), Kind.GOAL, "2")]  # said on the first day
    assert weeks_of([0, 1], [0, 1, 2], extra=two, until=morning(19)).weeks == 2


@pytest.mark.parametrize("goal", ["2", "7"])
def test_a_goal_holds_from_the_next_monday_on(goal: str) -> None:
    """Else a week could be won, or lost by a slip, on its last evening."""
    late = [Entry(morning(18) + 14 * HOUR, Kind.GOAL, goal)]
    sunday = weeks_of([0, 1, 2, 3], [0, 1, 2], extra=late, until=morning(18) + 15 * HOUR)
    assert (sunday.goal, sunday.next_goal, sunday.weeks) == (4, int(goal), 1)
    after = weeks_of([0, 1, 2, 3], [0, 1, 2], extra=late, until=morning(19))
    assert (after.goal, after.weeks) == (int(goal), 0)
    assert weeks_of([0, 1, 2, 3], [0, 1, 2, 3], extra=late, until=morning(19)).weeks == 2


def test_days_on_which_one_was_stuck_break_no_week() -> None:
    stuck = [Entry(morning(day), Kind.STUCK, "p") for day in (15, 16, 17, 18)]
    report = weeks_of([0, 1, 2, 3], [0, 1, 2], extra=stuck, until=morning(19))
    assert report.weeks == 1
    assert weeks_of([0, 1, 2, 3], [0, 1], extra=stuck[1:], until=morning(19)).weeks == 0


def test_rest_days_leave_a_week_too_short_for_a_high_goal_as_it_is() -> None:
    log = [Entry(morning(5), Kind.GOAL, "6"), Entry(morning(5), Kind.REST, "5,6")]
    full, week = [0, 1, 2, 3, 4, 5], [0, 1, 2, 3, 4]
    assert weeks_of(full, week, extra=log, until=morning(19)).weeks == 1
    assert weeks_of(full, [*week, 5], extra=log, until=morning(19)).weeks == 2, "a rest day that was used counts"


def test_a_goal_chosen_later_leaves_the_weeks_before_as_they_were() -> None:
    more = [Entry(morning(20), Kind.GOAL, "7")]
    assert weeks_of([0, 1, 2, 3], [0, 1, 2, 3], extra=more, until=morning(20)).weeks == 2


def test_a_week_in_a_pause_changes_nothing_and_still_counts_when_the_goal_is_reached() -> None:
    pause = [Entry(morning(12), Kind.PAUSED, stamp(datetime(2026, 1, 19, 3, tzinfo=UTC)))]
    assert weeks_of([0, 1, 2, 3], [], [0], extra=pause).weeks == 1
    assert weeks_of([0, 1, 2, 3], [0, 1, 2, 3], [0], extra=pause).weeks == 2


def test_a_short_pause_leaves_the_week_its_goal() -> None:
    pause = [Entry(morning(12), Kind.PAUSED, stamp(datetime(2026, 1, 14, 3, tzinfo=UTC)))]
    assert weeks_of([0, 1, 2, 3], [3], [0], extra=pause).weeks == 0


def test_this_week_counts_the_days_since_monday() -> None:
    report = weeks_of([0, 1, 2, 3, 4], [1])
    assert (report.this_week, report.goal) == (1, 4)
    assert monday(report.today.date) == date(2026, 1, 12)


# --- what it looks like -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", ["", "r" * REASON])
def test_the_fullest_fortnight_fits_on_one_card(reason: str) -> None:
    """The longest titles on every day, or the longest reasons."""
    hours = range(0 if reason else 5)
    log = runs(*(morning(day) + hour * HOUR for day in range(5, 32) for hour in hours))
    words = [Correction(day, morning(day), "count", reason, "olga", START) for day in range(5, 32)] if reason else []
    report = report_of(log, morning(30), corrections=words)
    shown = card_words(why_card(report, {"a": "W" * 80}, 0))
    assert shown.count("r" * REASON if reason else "And 3 more.") == 14 - (not reason)


# --- what is asked of members and organisers ------------------------------------------------------------------


def test_two_rest_days_at_most() -> None:
    assert accept_rest(("6", "5")) == (5, 6)
    assert accept_rest(()) == ()
    assert accept_rest(("9", "x", "1")) == (1,)
    with pytest.raises(Refusal) as no:
        accept_rest(("1", "2", "3"))
    assert no.value.field == "days"


def test_a_pause_that_ended_is_a_sign_of_life_at_its_end() -> None:
    log = [Entry(morning(5), Kind.RUN, "a"), Entry(morning(6), Kind.PAUSED, stamp(morning(20)))]
    assert last_sign(log) == morning(20)
    assert last_sign([*log, Entry(morning(10), Kind.RESUMED)]) == morning(10)
    assert last_sign([]) is None


@given(histories(), nows())
def test_a_day_in_a_menu_is_found_as_it_was_written(history: History, now: datetime) -> None:
    """Two days of one date, after a flight over the date line, have names of their own."""
    for day in choices(days := fold(history, now).days):
        assert find_day(days, token(day)) is day


@pytest.mark.parametrize("forged", ["", "x", "2026", "2026-01-06.1", "2026-01-06.2", "20260106T030000", "'; --"])
def test_a_forged_day_is_refused(forged: str) -> None:
    with pytest.raises(Refusal):
        find_day(report_of([], morning(9)).days, forged)


@given(histories(), nows())
def test_an_organiser_reads_of_a_day_only_its_date(history: History, now: datetime) -> None:
    """An instant would tell them where the member lives."""
    for day in fold(history, now).days:
        assert token(day).partition(".")[0] == str(day.date)


def test_the_last_three_weeks_can_be_corrected_and_nothing_older_or_later() -> None:
    days = report_of([], morning(5) + 30 * DAY).days
    assert len(choices(days)) == 21
    assert find_day(days, token(days[-21])) is days[-21]
    for day in (days[-22], replace(days[-1], date=days[-1].date + DAY)):
        with pytest.raises(Refusal):
            find_day(days, token(day))


@pytest.mark.parametrize("reason", ["", "  ", "\u200b", "x" * 101])
def test_a_correction_needs_a_short_reason(reason: str) -> None:
    with pytest.raises(Refusal) as no:
        accept_reason(reason)
    assert no.value.field == "reason"

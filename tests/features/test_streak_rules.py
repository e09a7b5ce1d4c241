"""The laws that days and weeks keep, whatever happens and wherever a member flies."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.features.streaks.cards import streak_card, why_card
from bot.features.streaks.day_rules import Correction, Day, Entry, History, Kind, Verdict
from bot.features.streaks.rules import USUAL, Allowance, fold
from bot.kernel.calendar import LONGEST_DAY, SHORTEST_DAY, Zones, zone_at
from bot.kernel.calendar import instant as wall_instant
from tests.features.histories import (
    DAY,
    HOUR,
    START,
    ZONES,
    asked,
    corrections,
    entries,
    gaps,
    histories,
    moments,
    nows,
    runs,
    zones,
)

NONE = Allowance(start=0, most=0)
MANY = Allowance(start=5, most=5, every=3, in_a_row=2)  # more than the usual, so that each limit is met alone
MANY_TIMES = settings(max_examples=120, deadline=None)
TOKYO, LOS_ANGELES, KIRITIMATI, PAGO_PAGO = (
    ZoneInfo(name) for name in ("Asia/Tokyo", "America/Los_Angeles", "Pacific/Kiritimati", "Pacific/Pago_Pago")
)


# --- the laws -----------------------------------------------------------------------------------------


@MANY_TIMES
@given(histories(), nows())
def test_days_leave_no_gap_and_have_eighteen_to_forty_two_hours(history: History, now: datetime) -> None:
    days = fold(history, now).days
    assert all(earlier.ends == later.starts for earlier, later in pairwise(days))
    assert all(SHORTEST_DAY <= day.ends - day.starts <= LONGEST_DAY for day in days[1:])
    assert days[0].starts <= START
    assert days[-1].starts <= now < days[-1].ends


@MANY_TIMES
@given(histories(), nows(), st.randoms(use_true_random=False))
def test_neither_order_nor_repetition_changes_anything(history: History, now: datetime, shuffle: object) -> None:
    def stirred(parts: Sequence[object]) -> list[object]:
        twice = [*parts, *parts]
        shuffle.shuffle(twice)  # type: ignore[attr-defined]
        return twice

    parts = [stirred(part) for part in (history.log, history.opens, history.outages, history.corrections)]
    assert fold(History(history.zones, *parts), now) == fold(history, now)  # type: ignore[arg-type]


@MANY_TIMES
@given(histories(), nows(), st.sampled_from([USUAL, NONE, MANY]))
def test_spare_days_add_up_and_the_best_is_the_best(history: History, now: datetime, allowance: Allowance) -> None:
    report = fold(history, now, allowance)
    assert 0 <= report.spares <= allowance.most
    assert allowance.start + report.earned - report.spent == report.spares
    rows = [_row(report.days[:end]) for end in range(len(report.days) + 1)]
    assert (report.streak, report.best) == (rows[-1], max(rows))
    assert report.spent == sum(day.verdict is Verdict.SAVED for day in report.days)
    assert report.credited == sum(day.verdict is Verdict.COUNTED for day in report.days)


@MANY_TIMES
@given(histories(), nows())
def test_the_day_that_is_open_breaks_nothing(history: History, now: datetime) -> None:
    later = fold(history, now)
    assert later.today.verdict not in (Verdict.MISSED, Verdict.SAVED)
    if (begins := later.today.starts) <= START:
        return
    at = fold(history, begins)  # the very instant in which the day before has ended
    assert at.today.starts == begins
    assert at.today.verdict not in (Verdict.MISSED, Verdict.SAVED)
    counts = later.today.verdict is Verdict.COUNTED
    assert later.streak == _row(later.days[:-1]) + counts


def _row(days: Sequence[Day]) -> int:
    """Counted days since the last one that was missed."""
    row = 0
    for day in days:
        row = 0 if day.verdict is Verdict.MISSED else row + (day.verdict is Verdict.COUNTED)
    return row


@MANY_TIMES
@given(zones(), st.lists(st.integers(15, 18 * 60), min_size=60, max_size=60))
def test_whoever_practises_every_eighteen_hours_never_misses_a_day(lived: Zones, waits: list[int]) -> None:
    at, log = START, []
    for wait in waits:
        log.append(Entry(at, Kind.RUN, "a"))
        at += timedelta(minutes=wait)
    last = log[-1].at
    report = fold(asked(lived, log), last, NONE)
    assert {day.verdict for day in report.days} == {Verdict.COUNTED}
    assert report.streak == len(report.days)


@MANY_TIMES
@given(histories(), nows(), moments(40))
def test_without_spare_days_one_more_act_lowers_nothing(history: History, now: datetime, at: datetime) -> None:
    before = fold(history, now, NONE)
    after = fold(_with(history, Entry(at, Kind.RUN, "z")), now, NONE)
    assert after.streak >= before.streak
    assert after.best >= before.best
    assert after.credited >= before.credited
    assert after.weeks >= before.weeks


@MANY_TIMES
@given(histories(), nows(), gaps())
def test_without_spare_days_one_more_outage_lowers_no_row(
    history: History, now: datetime, gap: tuple[datetime, datetime]
) -> None:
    more = replace(history, outages=[*history.outages, gap])
    assert fold(more, now, NONE).streak >= fold(history, now, NONE).streak


@MANY_TIMES
@given(histories(), nows(), moments(40))
def test_with_spare_days_one_more_act_takes_no_counted_day(history: History, now: datetime, at: datetime) -> None:
    """A longer row may end earlier, since the spare day was spent earlier; the days that counted stay."""
    assert fold(_with(history, Entry(at, Kind.RUN, "z")), now).credited >= fold(history, now).credited


@MANY_TIMES
@given(histories(), nows(), st.lists(entries(80), max_size=10), st.none() | st.sampled_from(ZONES))
def test_what_happens_later_changes_no_day_that_closed_before_yesterday(
    history: History, now: datetime, later: list[Entry], moved_to: ZoneInfo | None
) -> None:
    """Rest days, pauses, withdrawals, goals, journeys: they reach the open day and the one before it."""
    before = fold(_known(history, now), now)
    lived = (*_known(history, now).zones, *([(now + HOUR, moved_to)] if moved_to else []))
    new = [entry for entry in later if entry.at > now]
    opens = [*_known(history, now).opens, *((now + n * DAY, f"later{n}") for n in range(1, 9))]
    known = _known(history, now)
    after = fold(History(lived, [*known.log, *new], opens, known.outages, known.corrections), now + 9 * DAY)
    past = max(0, len(before.days) - 2)
    assert after.days[:past] == before.days[:past]


@MANY_TIMES
@given(histories(), nows(), corrections())
def test_a_correction_changes_its_own_day_and_is_gone_when_it_is_undone(
    history: History, now: datetime, made: Correction
) -> None:
    plain = replace(history, corrections=())
    corrected = fold(replace(plain, corrections=[replace(made, at=START, undone_at=None)]), now, NONE)
    without = fold(plain, now, NONE)
    undone = fold(replace(plain, corrections=[replace(made, at=START, undone_at=START)]), now, NONE)
    assert undone == without
    for day, other in zip(corrected.days, without.days, strict=True):
        if day.starts <= made.day < day.ends:
            assert day.correction is not None
            assert day.verdict is (Verdict.COUNTED if day.acts or made.kind == "count" else Verdict.NEUTRAL)
        else:
            assert day == other


@MANY_TIMES
@given(histories(), nows(), st.sampled_from([USUAL, MANY]))
def test_a_spare_day_is_spent_only_where_something_was_asked_and_a_row_was_there(
    history: History, now: datetime, allowance: Allowance
) -> None:
    row = saved = 0
    for day in fold(history, now, allowance).days:
        if day.verdict is Verdict.COUNTED:
            row, saved = row + 1, 0
        elif day.verdict is Verdict.MISSED:
            row = 0
        elif day.verdict is Verdict.SAVED:
            saved += 1
            assert row > 0
            assert saved <= allowance.in_a_row
            assert (day.why, day.acts) == (None, ())
        else:
            assert (day.why is None) == (day.verdict is Verdict.OPEN)
    assert row == fold(history, now, allowance).streak


@MANY_TIMES
@given(histories(), nows())
def test_every_day_of_every_history_can_be_shown_with_any_title(history: History, now: datetime) -> None:
    report = fold(history, now)
    titles = {entry.what: "W" * 80 for entry in history.log}
    streak_card(report, titles)
    for page in range(len(report.days) // 14 + 2):
        why_card(report, titles, page)


# --- by the year -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("clock", [time(2, 30), time(4, 0), time(12), time(23, 45)])
@pytest.mark.parametrize("name", [
    "Europe/Berlin", "America/New_York", "America/Los_Angeles", "Australia/Sydney", "America/Santiago", "Asia/Kolkata",
])  # fmt: skip
def test_two_years_at_the_same_hour_are_one_row_of_days(name: str, clock: time) -> None:
    """Four clock changes. A wall time that one night does not have is the first instant after the gap."""
    zone = ZoneInfo(name)
    dates = [date(2026, 1, 5) + n * DAY for n in range(731)]
    found = [at for day in dates if (at := wall_instant(day, clock, zone))]
    report = fold(asked(((found[0], zone),), runs(*found), 740), found[-1], NONE)
    assert report.streak == len(found) == 731
    assert {day.verdict for day in report.days} == {Verdict.COUNTED}


@pytest.mark.parametrize("there", [LOS_ANGELES, PAGO_PAGO, KIRITIMATI])
@pytest.mark.parametrize("home", [TOKYO, KIRITIMATI, PAGO_PAGO])
def test_a_flight_there_and_back_loses_no_day(home: ZoneInfo, there: ZoneInfo) -> None:
    """Nine in the evening on the wall clock of wherever one is, and at each landing: over the date line as well."""
    out, back = START + 10 * DAY, START + 20 * DAY
    lived: Zones = ((START, home), (out, there), (back, home))
    found = [out, back]
    for day in (date(2026, 1, 5) + n * DAY for n in range(32)):
        for zone in (home, there):
            at = wall_instant(day, time(21), zone)
            if at and at >= START and zone_at(lived, at) == zone:
                found.append(at)
    found.sort()
    report = fold(asked(lived, runs(*found)), found[-1], NONE)
    assert Verdict.MISSED not in {day.verdict for day in report.days}
    assert report.streak == report.credited >= 30


# --- pieces -----------------------------------------------------------------------------------------------------


def _with(history: History, entry: Entry) -> History:
    return replace(history, log=[*history.log, entry])


def _known(history: History, now: datetime) -> History:
    """What had happened by then; outages and corrections are left out, for they may reach any day."""
    lived = tuple(zone for index, zone in enumerate(history.zones) if index == 0 or zone[0] <= now)
    return History(
        lived,
        [entry for entry in history.log if entry.at <= now],
        [opening for opening in history.opens if opening[0] <= now],
    )

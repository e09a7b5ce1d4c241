"""Wall clocks of the whole world: each date once, days without gap or overlap."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import islice, pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.kernel.calendar import Rhythm, draw, instant, next_after, occurrences, stamp, study_day

ZONES = sorted(available_timezones())
ZONE = st.sampled_from(ZONES).map(ZoneInfo)
INSTANTS = st.datetimes(datetime(1990, 1, 1), datetime(2037, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - zone beside
TIMES = [time(0, 0), time(2, 30), time(9, 0), time(23, 30)]
EVERY_DAY = tuple(range(7))
FIRST, LAST = date(2026, 1, 1), date(2027, 12, 31)
DATES = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]


@cache
def different_zones() -> tuple[str, ...]:
    """One zone for each set that has the same offsets at every sixth hour of the two years and around it."""
    start = datetime(2025, 12, 25, tzinfo=UTC)
    moments = [start + timedelta(hours=6 * n) for n in range(4 * 745)]
    seen: dict[tuple[timedelta | None, ...], str] = {}
    for name in ZONES:
        zone = ZoneInfo(name)
        seen.setdefault(tuple(moment.astimezone(zone).utcoffset() for moment in moments), name)
    return tuple(seen.values())


@pytest.mark.parametrize("at", TIMES, ids=str)
def test_in_every_zone_every_date_has_one_occurrence(at: time) -> None:
    for name in different_zones():
        zone = ZoneInfo(name)
        after = datetime.combine(FIRST, time(0), zone).astimezone(UTC) - timedelta(days=2)
        found = list(islice(occurrences(Rhythm(EVERY_DAY, at), zone, after), len(DATES) + 4))
        days = [day for day, _ in found if FIRST <= day <= LAST]
        moments = [moment for _, moment in found]
        assert days == DATES, name
        assert all(earlier < later for earlier, later in pairwise(moments)), name


@pytest.mark.parametrize("at", TIMES, ids=str)
def test_the_clock_on_the_wall_shows_the_time_or_has_just_jumped_over_it(at: time) -> None:
    for name in different_zones():
        zone = ZoneInfo(name)
        for day in DATES[60:320]:
            moment = instant(day, at, zone)
            assert moment is not None
            wall = moment.astimezone(zone)
            if wall.time() != at:
                before = (moment - timedelta(seconds=1)).astimezone(zone)
                assert before.replace(tzinfo=None) < datetime.combine(day, at) < wall.replace(tzinfo=None), name
            else:
                assert wall.fold == 0, f"{name}: the first pass of {wall}"


def test_a_time_that_the_clock_jumps_over_is_the_first_instant_after_the_jump() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert instant(date(2026, 3, 29), time(2, 30), berlin) == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)


def test_a_time_that_the_clock_shows_twice_is_the_first_of_the_two() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert instant(date(2026, 10, 25), time(2, 30), berlin) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_where_the_clock_jumps_over_midnight_the_date_keeps_its_occurrence() -> None:
    nuuk = ZoneInfo("America/Nuuk")
    assert instant(date(2026, 3, 28), time(23, 30), nuuk) == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)


def test_a_date_that_a_zone_does_not_have_has_no_instant() -> None:
    """Samoa went from the 29th to the 31st of December 2011."""
    assert instant(date(2011, 12, 30), time(9), ZoneInfo("Pacific/Apia")) is None


@given(INSTANTS, ZONE, st.times(timezones=st.none()).map(lambda at: at.replace(second=0, microsecond=0)))
def test_the_next_one_is_later_and_nothing_lies_between(after: datetime, zone: ZoneInfo, at: time) -> None:
    rhythm = Rhythm(EVERY_DAY, at)
    day, moment = next_after(rhythm, zone, after)
    assert after < moment <= after + timedelta(days=3)
    again, same = next_after(rhythm, zone, moment - timedelta(microseconds=1))
    assert (again, same) == (day, moment)


@given(INSTANTS, ZONE, st.sets(st.integers(0, 6), min_size=1))
def test_a_rhythm_keeps_to_its_weekdays(after: datetime, zone: ZoneInfo, days: set[int]) -> None:
    found = list(islice(occurrences(Rhythm(tuple(sorted(days)), time(9)), zone, after), 5))
    assert all(day.weekday() in days for day, _ in found)


@pytest.mark.parametrize("days", [(), (7,), (-1,), (1, 0), (1, 1)], ids=str)
def test_a_rhythm_without_proper_weekdays_does_not_exist(days: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="weekdays"):
        Rhythm(days, time(9))


@pytest.mark.parametrize(
    ("days", "words"),
    [
        ((0, 1, 2, 3, 4), "Mon-Fri 09:00"),
        ((0, 2, 4), "Mon, Wed, Fri 09:00"),
        ((5, 6), "Sat, Sun 09:00"),
        ((3,), "Thu 09:00"),
    ],
    ids=str,
)
def test_a_rhythm_reads_as_people_say_it(days: tuple[int, ...], words: str) -> None:
    assert str(Rhythm(days, time(9))) == words


# --- study days -------------------------------------------------------------------------------


@given(INSTANTS, ZONE)
def test_study_days_tile_time(at: datetime, zone: ZoneInfo) -> None:
    day = study_day(at, zone)
    assert day.starts <= at < day.ends
    after, before = study_day(day.ends, zone), study_day(day.starts - timedelta(microseconds=1), zone)
    assert after.starts == day.ends
    assert before.ends == day.starts
    assert before.date < day.date < after.date
    assert study_day(day.starts, zone) == day


def test_study_days_of_two_years_are_18_to_42_hours_long_everywhere() -> None:
    for name in different_zones():
        zone, at = ZoneInfo(name), datetime(2026, 1, 1, 12, tzinfo=UTC)
        while at.year < 2028:
            day = study_day(at, zone)
            assert timedelta(hours=18) <= day.ends - day.starts <= timedelta(hours=42), (name, day)
            at = day.ends


@pytest.mark.parametrize(
    ("at", "day"),
    [("2026-01-06T02:59+00:00", date(2026, 1, 5)), ("2026-01-06T03:00+00:00", date(2026, 1, 6))],
)
def test_late_night_work_belongs_to_the_day_before(at: str, day: date) -> None:
    assert study_day(datetime.fromisoformat(at), ZoneInfo("Europe/Berlin")).date == day


# --- stamps and dice --------------------------------------------------------------------------


@given(INSTANTS, INSTANTS, ZONE)
def test_stamps_sort_as_time_does_and_come_back(one: datetime, other: datetime, zone: ZoneInfo) -> None:
    assert (stamp(one) < stamp(other)) == (one < other)
    assert datetime.fromisoformat(stamp(one)) == one
    assert stamp(one.astimezone(zone)) == stamp(one)


def test_a_die_falls_the_same_way_for_the_same_name() -> None:
    assert [draw("a").random() for _ in range(3)] == [draw("a").random()] * 3
    assert draw("a").random() != draw("b").random()
    assert draw("daily/web:demo/0").randrange(1000) == 917, "the same on every machine and after every update"

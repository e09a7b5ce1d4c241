"""A member's days: from 04:00 to 04:00 where they live, without a gap, through clock changes and flights."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.kernel.calendar import LONGEST_DAY, SHORTEST_DAY, StudyDay, Zones, member_day, member_days, zone_at

ZONES = [
    "UTC", "Europe/Berlin", "America/New_York", "America/Los_Angeles", "Asia/Tokyo", "Asia/Kolkata", "Pacific/Auckland",
    "Pacific/Chatham", "Australia/Lord_Howe", "Pacific/Kiritimati", "Pacific/Pago_Pago", "America/Nuuk",
    "Antarctica/Troll",
]  # fmt: skip
HOUR = timedelta(hours=1)
TOKYO, LOS_ANGELES, BERLIN = (ZoneInfo(name) for name in ("Asia/Tokyo", "America/Los_Angeles", "Europe/Berlin"))
JANUARY = datetime(2026, 1, 5, tzinfo=UTC)


@st.composite
def lives(draw: st.DrawFn) -> Zones:
    at = draw(st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1))).replace(tzinfo=UTC)  # noqa: DTZ001
    zones = [(at, ZoneInfo(draw(st.sampled_from(ZONES))))]
    for _ in range(draw(st.integers(0, 6))):
        at += timedelta(minutes=draw(st.integers(1, 60 * 24 * 10)))
        zones.append((at, ZoneInfo(draw(st.sampled_from(ZONES)))))
    return zones


@given(lives(), st.integers(0, 60 * 24 * 90))
def test_days_cover_all_time_without_a_gap_and_last_18_to_42_hours(zones: Zones, minutes: int) -> None:
    until = zones[0][0] + timedelta(minutes=minutes)
    days = list(member_days(zones, until))
    assert days[0].starts <= zones[0][0] < days[0].ends
    assert days[-1].starts <= until < days[-1].ends
    assert all(before.ends == after.starts for before, after in pairwise(days))
    for day in days:
        assert SHORTEST_DAY <= day.ends - day.starts <= LONGEST_DAY, day


@given(lives(), st.integers(0, 60 * 24 * 60), st.integers(0, 60 * 24 * 30))
def test_what_comes_later_changes_no_day_that_has_ended(zones: Zones, minutes: int, more: int) -> None:
    now = zones[0][0] + timedelta(minutes=minutes)
    known = [entry for entry in zones if entry[0] <= now]
    ended = [day for day in member_days(known, now) if day.ends <= now]
    assert list(member_days(zones, now + timedelta(minutes=more)))[: len(ended)] == ended


@pytest.mark.parametrize(
    "zone", ["Europe/Berlin", "America/New_York", "Asia/Tokyo", "Pacific/Auckland", "Asia/Kolkata"]
)
def test_who_stays_at_home_has_one_day_a_date_from_four_to_four(zone: str) -> None:
    home = ZoneInfo(zone)
    days = list(member_days([(JANUARY, home)], JANUARY + timedelta(days=800)))
    first = JANUARY.astimezone(home).date()
    first = min(days[0].date, first)
    assert [day.date for day in days] == [first + timedelta(days=n) for n in range(len(days))]
    assert {day.starts.astimezone(home).hour for day in days} == {4}
    assert {day.ends - day.starts for day in days} <= {23 * HOUR, 24 * HOUR, 25 * HOUR}


def test_a_flight_from_tokyo_to_los_angeles_gives_one_long_day() -> None:
    left = datetime(2026, 3, 2, 15, tzinfo=TOKYO)
    days = list(member_days([(JANUARY, TOKYO), (left.astimezone(UTC), LOS_ANGELES)], JANUARY + timedelta(days=70)))
    (long,) = [day for day in days if day.starts <= left < day.ends]
    assert long.date == date(2026, 3, 2)
    assert long.ends - long.starts == 41 * HOUR
    assert long.ends.astimezone(LOS_ANGELES) == datetime(2026, 3, 3, 4, tzinfo=LOS_ANGELES)


def test_a_flight_from_los_angeles_to_tokyo_gives_one_day_of_31_hours() -> None:
    left = datetime(2026, 3, 2, 15, tzinfo=LOS_ANGELES)
    days = list(member_days([(JANUARY, LOS_ANGELES), (left.astimezone(UTC), TOKYO)], JANUARY + timedelta(days=70)))
    (long,) = [day for day in days if day.starts <= left < day.ends]
    assert long.ends - long.starts == 31 * HOUR
    assert long.ends.astimezone(TOKYO) == datetime(2026, 3, 4, 4, tzinfo=TOKYO)


def test_the_day_of_an_instant_is_the_one_that_holds_it() -> None:
    zones = [(JANUARY, BERLIN)]
    assert member_day(datetime(2026, 1, 6, 3, 59, tzinfo=BERLIN), zones).date == date(2026, 1, 5)
    assert member_day(datetime(2026, 1, 6, 4, tzinfo=BERLIN), zones).date == date(2026, 1, 6)
    before = member_day(datetime(2026, 1, 1, 12, tzinfo=BERLIN), zones)
    assert before == StudyDay(date(2026, 1, 1), before.starts, before.starts + 24 * HOUR)


def test_the_first_zone_holds_for_the_time_before_it() -> None:
    zones = [(JANUARY, BERLIN), (JANUARY + HOUR, TOKYO)]
    assert zone_at(zones, JANUARY - HOUR) == BERLIN
    assert zone_at(zones, JANUARY + HOUR) == TOKYO

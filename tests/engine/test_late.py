"""What becomes of a wake that is late, and of wakes whose time is changed."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from bot.engine.planner import judge
from bot.kernel.calendar import Rhythm, instant, occurrences, study_day
from bot.kernel.effect import Late, Missed, Unwake, Wake
from tests.engine.bench import Bench
from tests.engine.club import MORNING
from tests.world import GROUP

HOUR = timedelta(hours=1)
BERLIN = ZoneInfo("Europe/Berlin")
# The clocks change in Berlin on 2026-03-29 (02:00 to 03:00) and on 2026-10-25 (03:00 to 02:00).
MONDAYS = {"winter": date(2026, 1, 5), "spring": date(2026, 3, 30), "autumn": date(2026, 10, 26)}

DAILY = Late(9 * HOUR, Missed.SKIP, same_day=True)
CLOSE = Late()
REVIEW = Late(3 * HOUR, Missed.LATEST)
SYSTEM_DESIGN = Late(timedelta(days=3), Missed.LATEST)
PARTNER = Late(24 * HOUR, Missed.LATEST)
CHECK_IN = Late(2 * HOUR, Missed.SKIP)
DIGEST = Late(None, Missed.LATEST)


def wall(day: date, at: time) -> datetime:
    found = instant(day, at, BERLIN)
    assert found
    return found


# --- the judgement ---------------------------------------------------------------------------


@pytest.mark.parametrize("monday", MONDAYS.values(), ids=MONDAYS)
@pytest.mark.parametrize(
    ("late", "wait", "verdict"),
    [
        (DAILY, 9 * HOUR, "done"),
        (DAILY, 9 * HOUR + timedelta(seconds=1), "skipped"),
        (CLOSE, timedelta(days=400), "done"),
        (REVIEW, 3 * HOUR, "done"),
        (REVIEW, 4 * HOUR, "skipped"),
        (SYSTEM_DESIGN, timedelta(days=3), "done"),
        (SYSTEM_DESIGN, timedelta(days=3, seconds=1), "skipped"),
        (PARTNER, 24 * HOUR, "done"),
        (PARTNER, 25 * HOUR, "skipped"),
        (CHECK_IN, 2 * HOUR, "done"),
        (CHECK_IN, 3 * HOUR, "skipped"),
        (DIGEST, timedelta(days=30), "done"),
    ],
)
def test_each_kind_is_late_by_its_own_measure(monday: date, late: Late, wait: timedelta, verdict: str) -> None:
    at = wall(monday, time(9))
    assert judge(late, at, at + wait, BERLIN, newest=True) == verdict


@pytest.mark.parametrize("late", [REVIEW, SYSTEM_DESIGN, PARTNER, DIGEST])
def test_the_newest_stands_for_the_older_ones(late: Late) -> None:
    at = wall(MONDAYS["winter"], time(9))
    assert judge(late, at, at, BERLIN, newest=False) == "collapsed"


@pytest.mark.parametrize("late", [DAILY, CLOSE, CHECK_IN])
def test_each_in_its_window_stands_for_itself(late: Late) -> None:
    at = wall(MONDAYS["winter"], time(9))
    assert judge(late, at, at, BERLIN, newest=False) == "done"


@pytest.mark.parametrize("monday", MONDAYS.values(), ids=MONDAYS)
def test_an_evening_post_is_not_made_up_for_on_the_next_day(monday: date) -> None:
    at = wall(monday, time(21))
    night = wall(monday + timedelta(days=1), time(3, 59))
    assert judge(DAILY, at, night, BERLIN, newest=True) == "done"
    assert judge(DAILY, at, night + timedelta(minutes=1), BERLIN, newest=True) == "skipped"


def test_a_wait_is_counted_in_hours_that_pass_and_not_on_the_clocks_face() -> None:
    """On the night of the change the clock shows 3 hours more after 2 have passed, and 1 after 2."""
    spring = wall(date(2026, 3, 29), time(1, 30))
    assert judge(CHECK_IN, spring, wall(date(2026, 3, 29), time(4, 30)), BERLIN, newest=True) == "done"
    autumn = wall(date(2026, 10, 25), time(1, 30))
    assert judge(CHECK_IN, autumn, wall(date(2026, 10, 25), time(3, 30)), BERLIN, newest=True) == "skipped"


# --- outages ---------------------------------------------------------------------------------


async def opened(late: Late, outage: timedelta) -> Bench:
    """A bench whose bot comes back after an outage that began before Monday's wake."""
    bench = Bench(late=late)
    await bench.found("ada")
    bench.clock.go(outage)
    await bench.settle()
    return bench


def dates(bench: Bench) -> list[str]:
    return [name.rpartition("/")[2] for name in bench.world.created]


def skipped(bench: Bench) -> list[str]:
    return [name.rpartition("/")[2] for _, name in bench.heard("skipped")]


async def test_after_ten_minutes_the_post_is_late_and_there(tmp_path: object) -> None:
    bench = await opened(MORNING, timedelta(minutes=15))
    assert (dates(bench), skipped(bench)) == (["2026-01-05"], [])


async def test_after_three_days_the_lost_dates_are_told_and_today_is_there() -> None:
    bench = await opened(MORNING, timedelta(days=3, hours=1))
    assert dates(bench) == ["2026-01-08"]
    assert skipped(bench) == ["2026-01-05", "2026-01-06", "2026-01-07"]


async def test_after_three_days_only_the_newest_of_a_collapsing_kind_is_there() -> None:
    bench = await opened(DIGEST, timedelta(days=3, hours=1))
    assert (dates(bench), skipped(bench)) == (["2026-01-08"], [])


async def test_after_three_days_each_of_a_kind_that_is_always_due_is_there_in_order() -> None:
    bench = await opened(CLOSE, timedelta(days=3, hours=1))
    assert dates(bench) == ["2026-01-05", "2026-01-06", "2026-01-07", "2026-01-08"]


async def test_the_rhythm_goes_on_after_an_outage() -> None:
    bench = await opened(MORNING, timedelta(days=3, hours=1))
    await bench.go(timedelta(days=4))
    assert dates(bench) == ["2026-01-08", "2026-01-09", "2026-01-12"]


async def test_a_handler_learns_when_it_was_meant() -> None:
    bench = await opened(MORNING, 5 * HOUR)
    assert bench.world.named(f"club.open/{GROUP}/2026-01-05").card.title == "Meant for 2026-01-05 08:00"


# --- wakes ----------------------------------------------------------------------------------


async def test_a_wake_fires_once_however_often_it_is_asked_for(bench: Bench) -> None:
    await bench.press("olga", "club.move", manages=True)
    await bench.press("olga", "club.plan", manages=True)
    await bench.go(2 * HOUR)
    assert bench.world.created == [f"club.bell/{GROUP}"]
    await bench.press("olga", "club.plan", manages=True)
    await bench.go(2 * HOUR)
    assert bench.world.created == [f"club.bell/{GROUP}"], "a name once used never fires again"


async def test_a_wake_that_is_planned_again_moves(bench: Bench) -> None:
    await bench.press("olga", "club.move", manages=True)
    await bench.press("olga", "club.plan", manages=True)
    await bench.go(HOUR / 2)
    await bench.press("olga", "club.plan", manages=True)
    await bench.go(HOUR * 3 / 4)
    assert bench.world.created == []
    await bench.go(HOUR / 4)
    assert bench.world.created == [f"club.bell/{GROUP}"]


async def test_a_wake_that_is_called_off_does_not_fire_unless_it_is_planned_again(bench: Bench) -> None:
    wake = Wake("club.bell/x", "club.bell", bench.clock.now() + HOUR)
    await bench.perform([wake, Unwake("club.bell/x")])
    await bench.go(2 * HOUR)
    assert "club.bell/x" not in bench.world.created
    await bench.perform([Wake("club.bell/x", "club.bell", bench.clock.now() + HOUR)])
    await bench.go(2 * HOUR)
    assert bench.world.created.count("club.bell/x") == 1


async def test_a_broken_wake_stops_no_other_and_is_tried_again_later(bench: Bench) -> None:
    failing = [True]
    (feature,) = bench.features
    original = feature.wakes["club.bell"].handler

    def fragile(due: object, scene: object, tx: object) -> object:
        if failing[0]:
            raise ZeroDivisionError
        return original(due, scene, tx)  # type: ignore[arg-type]

    object.__setattr__(feature.wakes["club.bell"], "handler", fragile)
    soon = bench.clock.now() + timedelta(minutes=1)
    await bench.perform([Wake("club.bell/x", "club.bell", soon)])
    await bench.go(HOUR)
    assert bench.world.created == [f"club.open/{GROUP}/2026-01-05"]
    failing[0] = False
    await bench.go(12 * HOUR)
    assert bench.world.created.count("club.bell/x") == 1


async def test_a_rhythm_that_breaks_today_is_there_again_tomorrow() -> None:
    bench = Bench(late=DIGEST)
    await bench.found("ada")
    (feature,) = bench.features
    original = feature.wakes["club.open"].handler

    def fragile(due: object, scene: object, tx: object) -> object:
        if str(due.at.date()) == "2026-01-05":  # type: ignore[attr-defined]
            raise ZeroDivisionError
        return original(due, scene, tx)  # type: ignore[arg-type]

    object.__setattr__(feature.wakes["club.open"], "handler", fragile)
    await bench.go(timedelta(days=1, hours=2))
    assert dates(bench) == ["2026-01-06"]


# --- an organiser changes the time or the zone -------------------------------------------------

ZONES = ["Europe/Berlin", "Pacific/Honolulu", "Pacific/Auckland", "Asia/Kolkata", "America/Los_Angeles", "Pacific/Apia"]
CHANGES = st.lists(
    st.tuples(
        st.integers(0, 60 * 40),  # minutes until the change
        st.one_of(
            st.sampled_from(ZONES).map(lambda zone: ("zone", zone)),
            st.times().map(lambda at: ("time", at.replace(second=0, microsecond=0, tzinfo=None).isoformat("minutes"))),
            st.sets(st.integers(0, 6), min_size=1).map(lambda days: ("days", "".join(map(str, sorted(days))))),
        ),
    ),
    min_size=1,
    max_size=5,
)
MARCH = datetime(2026, 3, 26, 7, 55, tzinfo=UTC)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(CHANGES)
@example([(10, ("time", "21:00"))])  # after today's post: no second one
@example([(2, ("time", "07:00"))])  # before today's post, to a time that has passed
@example([(0, ("zone", "Pacific/Honolulu")), (60, ("zone", "Pacific/Auckland"))])
@example([(2, ("days", "0124"))])  # today is no day any more, three minutes before its post
@example([(10, ("days", "0124")), (10, ("days", "01234"))])  # after it, and back again
async def test_a_change_gives_no_date_two_posts_and_loses_none_without_a_word(
    changes: list[tuple[int, tuple[str, str]]],
) -> None:
    bench = Bench()
    bench.clock.set(MARCH)
    await bench.found("ada")
    plans: list[Plan] = [(MARCH, Rhythm((0, 1, 2, 3, 4), time(9)), BERLIN)]
    for minutes, (kind, value) in changes:
        await bench.go(timedelta(minutes=minutes))
        _, rhythm, zone = plans[-1]
        if kind == "zone":
            zone = ZoneInfo(value)
            await bench.press("olga", "club.shift?zone=" + value.replace("/", "%2F"), manages=True)
        else:
            at = time.fromisoformat(value) if kind == "time" else rhythm.at
            days = tuple(map(int, value)) if kind == "days" else rhythm.days
            rhythm = Rhythm(days, at)
            await bench.press("olga", f"club.move?at={at:%H:%M}&days={''.join(map(str, days))}", manages=True)
        plans.append((bench.clock.now(), rhythm, zone))
    end = bench.clock.now() + timedelta(days=4)
    await bench.until(end)
    posted = [name.rpartition("/")[2] for name in bench.world.created]
    told = skipped(bench)
    assert sorted(posted) == sorted(set(posted)), "two posts for one date"
    _no_date_is_lost(plans, end, posted, told)
    bench.store.close()


Plan = tuple[datetime, Rhythm, ZoneInfo]


def _no_date_is_lost(plans: list[Plan], end: datetime, posted: list[str], told: list[str]) -> None:
    """
    Every date that was a day of the rhythm from a day before it until a day after it was either posted or told.

    What an organiser takes out of the rhythm on the day itself need not be posted; it is told where it was due.
    """
    last = end.astimezone(plans[-1][2]).date()
    day = MARCH.astimezone(BERLIN).date()
    while day < last - timedelta(days=1):
        begins = datetime.combine(day, time(), UTC) - timedelta(days=1)
        ends = begins + timedelta(days=3)
        nexts = [since for since, _, _ in plans[1:]] + [end]
        ruling = [plan for plan, until in zip(plans, nexts, strict=True) if plan[0] < ends and until > begins]
        if all(day.weekday() in rhythm.days for _, rhythm, _ in ruling):
            assert str(day) in posted or str(day) in told, f"{day} is lost without a word: {posted} {told} {plans}"
        day += timedelta(days=1)


async def test_a_day_taken_out_of_the_rhythm_just_before_its_post_is_told(bench: Bench) -> None:
    await bench.press("olga", "club.move?at=09:00&days=1234", manages=True)
    await bench.go(timedelta(days=1, hours=1))
    assert skipped(bench) == ["2026-01-05"]
    assert dates(bench) == ["2026-01-06"]


async def test_a_change_before_todays_post_to_a_time_that_has_passed_is_told(bench: Bench) -> None:
    await bench.press("olga", "club.move?at=07:00", manages=True)
    await bench.go(timedelta(days=1))
    assert skipped(bench) == ["2026-01-05"]
    assert dates(bench) == ["2026-01-06"]


async def test_a_change_after_todays_post_gives_no_second_one(bench: Bench) -> None:
    await bench.go(HOUR)
    await bench.press("olga", "club.move?at=21:00", manages=True)
    await bench.go(timedelta(days=1))
    assert dates(bench) == ["2026-01-05"]
    assert skipped(bench) == []


async def test_switched_off_means_off_and_on_again(bench: Bench) -> None:
    await bench.press("olga", "club.move", manages=True)
    await bench.go(timedelta(days=3))
    assert dates(bench) == []
    await bench.press("olga", "club.move?at=09:00", manages=True)
    await bench.go(timedelta(days=1))
    assert dates(bench) == ["2026-01-08"] or dates(bench) == ["2026-01-09"]


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)), st.sampled_from(ZONES))  # noqa: DTZ001 - zone below
def test_the_rhythm_never_has_two_instants_in_one_local_date(start: datetime, zone: str) -> None:
    where = ZoneInfo(zone)
    after = start.replace(tzinfo=UTC)
    found = []
    for day, at in occurrences(Rhythm(tuple(range(7)), time(9)), where, after):
        found.append((day, at))
        if len(found) == 10:
            break
    days = [day for day, _ in found]
    assume(days)
    assert days == sorted(set(days))
    assert all(study_day(at, where).date == day for day, at in found)


async def test_a_change_of_something_else_at_the_due_second_stops_no_post(bench: Bench) -> None:
    bench.clock.set(wall(MONDAYS["winter"], time(9)))  # due, and not yet run
    await bench.press("olga", "club.move?at=09:00", manages=True)
    await bench.press("olga", "club.shift?spot=elsewhere", manages=True)
    await bench.settle()
    assert dates(bench) == ["2026-01-05"]
    assert skipped(bench) == []


async def test_a_new_hour_at_the_due_second_gives_one_post_for_the_date(bench: Bench) -> None:
    bench.clock.set(wall(MONDAYS["winter"], time(9)))
    await bench.press("olga", "club.move?at=21:00", manages=True)
    await bench.go(timedelta(hours=13))
    assert dates(bench) == ["2026-01-05"]
    assert skipped(bench) == []


async def test_a_late_post_that_is_still_to_come_survives_a_change_of_days(bench: Bench) -> None:
    bench.clock.set(wall(MONDAYS["winter"], time(11)))  # the bot was down at 09:00 and has not looked yet
    await bench.press("olga", "club.move?at=09:00&days=0123", manages=True)
    await bench.settle()
    assert dates(bench) == ["2026-01-05"]

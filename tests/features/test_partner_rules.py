"""Partners through their term: reliability, terms, hours, and what is done when one of them falls silent."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.features.partners import silence_rules as silence
from bot.features.partners.hours_rules import Part, Slot, best_slots, hours_in
from bot.features.partners.rules import (
    Acquaintance,
    Entry,
    Record,
    Week,
    after_week,
    enter,
    may_stay,
    met_again,
    met_for,
    term_at,
)
from bot.features.partners.silence_rules import Choice, Deed, Phase, Sign, Watch, What

BERLIN, NEPAL, UTC_ZONE = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kathmandu"), ZoneInfo("UTC")
MONDAY = date(2026, 1, 5)
ASKED = datetime(2026, 1, 5, 8, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
WAITS, SPOKE, GONE = Sign(ASKED), Sign(), Sign(gone=True)


# --- reliability --------------------------------------------------------------------------------


def test_a_new_member_is_thought_a_little_better_than_shaky() -> None:
    assert Record().reliability == pytest.approx(4 / 5.5)


@given(st.lists(st.sampled_from(Week), max_size=60))
def test_reliability_is_a_share_that_follows_what_is_done(weeks: list[Week]) -> None:
    record = Record()
    for week in weeks:
        before, record = record.reliability, after_week(record, week)
        assert 0 < record.reliability < 1
        if week is Week.KEPT:
            assert record.reliability > before
        elif week is Week.MISSED:
            assert record.reliability < before
        else:
            assert record.reliability == before, "an announced pause counts as neither"


def test_old_weeks_weigh_less() -> None:
    def after(weeks: Sequence[Week]) -> float:
        record = Record()
        for week in weeks:
            record = after_week(record, week)
        return record.reliability

    good, bad = [Week.KEPT] * 6, [Week.MISSED] * 6
    assert after(bad + good) > after(good + bad)
    assert after(bad) < 0.66 < after(bad + 3 * good)


# --- terms -------------------------------------------------------------------------------------------


@settings(max_examples=60)
@given(
    st.datetimes(datetime(2025, 12, 1), datetime(2027, 12, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - the zone is given beside
    st.sampled_from(["UTC", "America/New_York", "Pacific/Auckland", "Asia/Kathmandu"]),
)
def test_every_moment_lies_in_one_term_of_two_weeks(now: datetime, name: str) -> None:
    term = term_at(now, MONDAY, ZoneInfo(name))
    assert term.monday.weekday() == 0
    assert timedelta(days=13, hours=22) <= term.ends - term.starts <= timedelta(days=14, hours=2)
    assert now < term.ends
    assert term.starts <= now or term.number == 0
    after = term_at(term.ends, MONDAY, ZoneInfo(name))
    assert (after.number, after.starts) == (term.number + 1, term.ends)
    assert term_at(term.ends - timedelta(seconds=1), MONDAY, ZoneInfo(name)) == term


def test_two_stay_together_for_two_terms_and_in_a_small_group_for_longer() -> None:
    assert [may_stay(terms, 8) for terms in (1, 2, 3)] == [True, False, False]
    assert may_stay(5, 7)


def test_who_comes_between_two_rounds_has_partners_within_a_day() -> None:
    term = term_at(ASKED, MONDAY, UTC_ZONE)
    early, late, last = term.starts + 2 * HOUR, term.ends - timedelta(days=5), term.ends - 20 * HOUR
    assert enter(early, term, pairs=3, waiting=0) is Entry.THIRD
    assert enter(early, term, pairs=3, waiting=1) is Entry.THIRD
    assert enter(early, term, pairs=0, waiting=1) is Entry.SHORT
    assert enter(late, term, pairs=3, waiting=1) is Entry.SHORT
    assert enter(late, term, pairs=3, waiting=0) is Entry.THIRD
    assert enter(late, term, pairs=0, waiting=0) is Entry.ROUND
    assert enter(last, term, pairs=3, waiting=1) is Entry.ROUND


def test_terms_together_are_counted_once_each() -> None:
    known = None
    for term in (3, 3, 4, 6, 6):
        known = met_again(known, term)
    assert known == Acquaintance(last=6, times=3, running=1)
    assert met_again(known, 7) == Acquaintance(7, 4, 2)
    assert met_for(known, 7) == (1, 3)
    assert met_for(known, 9) == (3, 3)


# --- hours ------------------------------------------------------------------------------------------


def starts_of(mask: int, week: date) -> list[datetime]:
    begins = datetime(week.year, week.month, week.day, tzinfo=UTC)
    return [begins + number * timedelta(minutes=30) for number in range(336) if mask >> number & 1]


def test_an_evening_is_another_hour_in_utc_when_the_clocks_have_changed() -> None:
    winter, summer = date(2026, 3, 23), date(2026, 3, 30)  # the clocks change on the Sunday between
    for week, hour in ((winter, 16), (summer, 15)):
        evening = starts_of(hours_in(week, [(0, Part.EVENING)], BERLIN), week)
        assert len(evening) == 10
        assert evening[0] == datetime(week.year, week.month, week.day, hour, tzinfo=UTC)
    sunday = starts_of(hours_in(winter, [(6, Part.MORNING)], BERLIN), winter)
    assert sunday[0] == datetime(2026, 3, 29, 5, tzinfo=UTC)


@settings(max_examples=30, deadline=None)
@given(
    st.sampled_from(["Pacific/Auckland", "America/New_York", "Asia/Kathmandu", "Africa/Cairo", "Pacific/Apia"]),
    st.integers(0, 60),
    st.sets(st.tuples(st.integers(0, 6), st.sampled_from(Part)), max_size=21),
)
def test_every_half_hour_lies_in_a_block_on_the_members_own_clock(
    name: str, weeks: int, blocks: set[tuple[int, Part]]
) -> None:
    week, zone = MONDAY + timedelta(weeks=weeks), ZoneInfo(name)
    found = starts_of(hours_in(week, blocks, zone), week)
    for start in found:
        wall = start.astimezone(zone)
        part = Part.MORNING if wall.hour < 12 else Part.AFTERNOON if wall.hour < 17 else Part.EVENING
        assert 7 <= wall.hour < 22
        assert (wall.weekday(), part) in blocks
    assert 9 * len(blocks) - 2 <= len(found) <= 10 * len(blocks) + 2  # an hour more or less where the clocks change


def test_a_zone_at_45_minutes_loses_half_an_hour_of_a_block() -> None:
    assert hours_in(MONDAY, [(2, Part.MORNING)], NEPAL).bit_count() == 9


def test_two_times_to_talk_lie_inside_everybodys_hours() -> None:
    monday, thursday = hours_in(MONDAY, [(0, Part.EVENING)], BERLIN), hours_in(MONDAY, [(3, Part.MORNING)], BERLIN)
    week_begins = datetime(2026, 1, 5, tzinfo=UTC)
    until = week_begins + timedelta(weeks=1)
    first, second = best_slots(MONDAY, [monday | thursday, monday | thursday], week_begins, until)
    assert (first, second) == (
        Slot(datetime(2026, 1, 5, 17, tzinfo=UTC), 50),
        Slot(datetime(2026, 1, 8, 7, tzinfo=UTC), 50),
    )
    assert best_slots(MONDAY, [monday, thursday], week_begins, until) == ()
    assert best_slots(MONDAY, [], week_begins, until) == ()
    (last,) = best_slots(MONDAY, [1 << 100, 1 << 100], week_begins, until)
    assert last.minutes == 25


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, (1 << 336) - 1), min_size=1, max_size=3), st.integers(0, 180), st.integers(0, 7 * 24))
def test_a_time_to_talk_is_in_the_future_in_common_and_no_two_overlap(
    masks: list[int], passed: int, until_hours: int
) -> None:
    begins = datetime(2026, 1, 5, tzinfo=UTC)
    now, until = begins + passed * HOUR, begins + until_hours * HOUR
    found = best_slots(MONDAY, masks, now, until)
    for slot in found:
        number = int((slot.starts - begins) / timedelta(minutes=30))
        needed = [number, number + 1] if slot.minutes == 50 else [number]
        assert all(mask >> half & 1 for mask in masks for half in needed)
        assert slot.starts >= now + 12 * HOUR
        assert slot.ends <= until
    assert all(one.ends <= other.starts for one, other in pairwise(sorted(found, key=lambda slot: slot.starts)))


# --- silence -------------------------------------------------------------------------------------------


def looks(watch: Watch, *steps: tuple[float, Sequence[Sign]]) -> tuple[Watch, list[tuple[float, str, int]]]:
    """Look at these (hours after the request, signs); everything that was to be done, with its hour."""
    done = []
    for hours, signs in steps:
        watch, deeds = silence.look(watch, signs, ASKED + hours * HOUR)
        done += [(hours, str(deed.what), deed.seat) for deed in deeds]
    return watch, done


def test_a_silent_partner_is_nudged_once_and_the_other_has_a_place_in_the_same_week() -> None:
    signs = [SPOKE, WAITS]
    watch, done = looks(silence.begin(2), *((hour, signs) for hour in range(7 * 24)))
    assert done == [(24, "nudge", 1), (72, "park", 1), (72, "ask", 0), (84, "settle", 0)]
    assert [standing.phase for standing in watch.seats] == [Phase.GONE, Phase.PARKED]


def test_when_nobody_has_said_a_word_one_named_person_is_asked_to_begin() -> None:
    watch, done = looks(silence.begin(2), (24, [WAITS, WAITS]), (30, [WAITS, WAITS]))
    assert done == [(24, "nudge", 0)]
    watch, done = looks(watch, (31, [SPOKE, WAITS]))
    assert done == [(31, "nudge", 1)], "the first has begun: now it is the other's turn"
    _, done = looks(watch, (78, [SPOKE, WAITS]), (79, [SPOKE, WAITS]))
    assert done == [(79, "park", 1), (79, "ask", 0)]


def test_a_word_in_time_ends_it() -> None:
    watch, done = looks(silence.begin(2), (24, [SPOKE, WAITS]), (71, [SPOKE, SPOKE]), (200, [SPOKE, SPOKE]))
    assert done == [(24, "nudge", 1)]
    assert watch == silence.begin(2)
    assert silence.next_look(watch, [SPOKE, SPOKE]) is None


def test_who_answered_the_nudge_but_not_the_next_request_is_nudged_for_that_anew() -> None:
    watch, _ = looks(silence.begin(2), (24, [SPOKE, WAITS]))
    thursday = Sign(ASKED + 72 * HOUR)
    _, done = looks(watch, (73, [SPOKE, thursday]), (96, [SPOKE, thursday]))
    assert done == [(96, "nudge", 1)]


def test_two_of_a_trio_go_on_and_nobody_has_to_choose() -> None:
    _, done = looks(silence.begin(3), *((hour, [SPOKE, WAITS, SPOKE]) for hour in range(168)))
    assert done == [(24, "nudge", 1), (72, "park", 1)]


def test_two_silent_of_a_trio_are_parked_together() -> None:
    _, done = looks(silence.begin(3), *((hour, [WAITS, SPOKE, WAITS]) for hour in range(168)))
    assert done == [
        (24, "nudge", 0), (24, "nudge", 2), (72, "park", 0), (72, "park", 2), (72, "ask", 1), (84, "settle", 1),
    ]  # fmt: skip


def test_whoever_is_back_before_the_choice_is_made_has_their_partner_again() -> None:
    watch, _ = looks(silence.begin(2), (24, [WAITS, SPOKE]), (72, [WAITS, SPOKE]))
    watch, together = silence.come_back(watch, 0)
    assert together
    watch, done = looks(watch, (80, [SPOKE, SPOKE]), (90, [SPOKE, SPOKE]))
    assert done == [(80, "take_back", 1)]
    assert watch == silence.begin(2)


def test_whoever_is_back_later_has_a_new_place_and_a_second_press_does_nothing() -> None:
    watch, _ = looks(silence.begin(2), (24, [WAITS, SPOKE]), (72, [WAITS, SPOKE]), (84, [WAITS, SPOKE]))
    assert silence.come_back(watch, 0) == (watch, False)
    fresh = silence.begin(2)
    assert silence.come_back(fresh, 0) == (fresh, True)


def test_a_partner_who_pauses_or_leaves_is_not_nudged_and_the_other_chooses_at_once() -> None:
    watch, done = looks(silence.begin(2), (5, [SPOKE, GONE]))
    assert done == [(5, "ask", 0)]
    watch = silence.settled(watch, 0)
    assert looks(watch, (6, [SPOKE, GONE]), (100, [SPOKE, GONE]))[1] == []
    assert looks(silence.begin(1), (0, [GONE]))[1] == []


@pytest.mark.parametrize(
    ("wish", "pairs", "standing_by", "gets"),
    [
        (Choice.THIRD, 2, 1, Choice.THIRD), (Choice.THIRD, 0, 1, Choice.ANOTHER), (Choice.THIRD, 0, 0, Choice.SOLO),
        (Choice.ANOTHER, 2, 1, Choice.ANOTHER), (Choice.ANOTHER, 2, 0, Choice.THIRD), (Choice.SOLO, 2, 1, Choice.SOLO),
    ],
)  # fmt: skip
def test_whoever_is_left_gets_what_they_chose_or_the_nearest_to_it(
    wish: Choice, pairs: int, standing_by: int, gets: Choice
) -> None:
    assert silence.can_have(wish, pairs=pairs, standing_by=standing_by) is gets


def test_who_is_left_before_a_word_of_theirs_is_asked_at_once_and_owes_none() -> None:
    watch, deeds = silence.look(silence.begin(2), [Sign(ASKED), Sign(ASKED)], ASKED + 24 * HOUR)
    assert deeds == (Deed(What.NUDGE, 0),)
    watch, deeds = silence.look(watch, [Sign(ASKED), Sign(gone=True)], ASKED + 25 * HOUR)
    assert deeds == (Deed(What.ASK, 0),)
    assert watch.seats[0].phase is Phase.ACTIVE
    assert silence.next_look(watch, [Sign(ASKED), Sign(gone=True)]) == ASKED + 37 * HOUR
    watch, deeds = silence.look(watch, [Sign(ASKED), Sign(gone=True)], ASKED + 37 * HOUR)
    assert deeds == (Deed(What.SETTLE, 0),)


def test_when_both_are_silent_the_second_is_asked_and_parked_if_they_stay_so() -> None:
    _, done = looks(silence.begin(2), *((hour, [Sign(ASKED), Sign(ASKED)]) for hour in (24, 72, 84)))
    assert done == [(24, "nudge", 0), (72, "park", 0), (72, "ask", 1), (84, "park", 1)]


def test_an_outage_is_nobodys_silence() -> None:
    signs, down = (
        [Sign(), Sign(ASKED)],
        [(ASKED + 10 * HOUR, ASKED + 20 * HOUR), (ASKED + 50 * HOUR, ASKED + 99 * HOUR)],
    )
    begun = silence.begin(2)
    assert silence.next_look(begun, signs, down[:1]) == ASKED + 34 * HOUR
    watch, _ = silence.look(begun, signs, ASKED + 34 * HOUR, down[:1])
    assert silence.look(watch, signs, ASKED + 99 * HOUR, down) == (watch, ())
    assert silence.next_look(watch, signs, down) == ASKED + (34 + 48 + 49) * HOUR


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.one_of(st.none(), st.integers(0, 200)), min_size=1, max_size=3),  # hour of the first word, or never
    st.lists(st.integers(0, 200), max_size=8),  # further looks at any time
    st.integers(0, 2),
    st.one_of(st.none(), st.integers(0, 100)),  # when that seat pauses
)
def test_whatever_happens_each_is_nudged_and_parked_once_and_nobody_waits_for_a_ghost(
    words: list[int | None], extra: list[int], paused: int, pause: int | None
) -> None:
    def signs(hour: float) -> list[Sign]:
        return [
            Sign(
                waits_since=None if word is not None and word <= hour else ASKED,
                gone=pause is not None and seat == paused and pause <= hour,
            )
            for seat, word in enumerate(words)
        ]

    watch, done, hour = silence.begin(len(words)), list[tuple[float, Deed]](), 0.0
    moments = sorted({*extra, *(word for word in words if word is not None), *([pause] if pause is not None else [])})
    while True:
        watch, deeds = silence.look(watch, signs(hour), ASKED + hour * HOUR)
        done += [(hour, deed) for deed in deeds]
        assert silence.look(watch, signs(hour), ASKED + hour * HOUR) == (watch, ()), "twice does nothing more"
        soon = silence.next_look(watch, signs(hour))
        ahead = [moment for moment in moments if moment > hour]
        if soon is not None:
            assert soon > ASKED + hour * HOUR
            ahead.append((soon - ASKED) / HOUR)
        if not ahead:
            break
        hour = min(ahead)
    for seat, word in enumerate(words):
        mine = [(hour, deed.what) for hour, deed in done if deed.seat == seat]
        whats = [what for _, what in mine]
        assert whats.count(What.NUDGE) <= 1
        assert whats.count(What.PARK) <= 1
        if What.PARK in whats:
            nudged, parked = (next((at for at, what in mine if what is one), None) for one in (What.NUDGE, What.PARK))
            assert parked is not None
            assert word is None or word > parked
            alone = What.ASK in whats  # nobody was left who waits for their word: they had a choice first
            assert parked >= 72 if alone else nudged is not None and parked == nudged + 48
        if What.ASK in whats and What.SETTLE in whats:
            assert mine[-1][0] - next(at for at, what in mine if what is What.ASK) <= 12
    if len(words) > 1 and words[0] == 0 and pause is None and all(word is None for word in words[1:]):
        assert (84, Deed(What.SETTLE, 0)) in done
    assert all(standing.phase is not Phase.NUDGED for standing in watch.seats)
    assert watch.asked is None

"""What people type about where they live leads to the right time zone, or to an honest choice."""

from datetime import UTC, datetime, time, timedelta
from time import perf_counter
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import atlas
from bot.atlas import Place, find_places, valid, zone_of, zones_showing

WINTER = datetime(2026, 1, 15, 9, 5, tzinfo=UTC)
SUMMER = datetime(2026, 7, 15, 9, 5, tzinfo=UTC)


@pytest.fixture(scope="module", autouse=True)
def _read_once() -> None:
    """The first question reads the data; the tests' time limits are about the questions after it."""
    find_places("a")


@pytest.mark.parametrize(
    "typed",
    ["Bangalore", "Bengaluru", "bengaluru", " BENGALURU ", "INDIA", "Kolkata", "Calcutta", "Bombay", "Asia/Calcutta"],
)
def test_every_name_of_an_indian_city_leads_to_the_indian_zone(typed: str) -> None:
    assert find_places(typed)[0].zone == "Asia/Kolkata"
    assert zone_of(typed) == "Asia/Kolkata"


@pytest.mark.parametrize(
    ("typed", "label"),
    [
        ("bangal", "Bengaluru, India"),
        ("sao paulo", "São Paulo, Brazil"),
        ("SÃO PAULO", "São Paulo, Brazil"),
        ("zurich", "Zürich, Switzerland"),
        ("st louis", "St. Louis, Missouri, United States"),
        ("москва", "Moscow, Russia"),
        ("東京", "Tokyo, Japan"),
        ("القاهرة", "Cairo, Egypt"),
        ("port-au-prince", "Port-au-Prince, Haiti"),
        ("Springfield, MO", "Springfield, Missouri, United States"),
        ("london, canada", "London, Canada"),
        ("UK", "United Kingdom"),
        ("Bengal\u200buru", "Bengaluru, India"),
    ],
)
def test_case_accents_alphabet_and_other_names_do_not_matter(typed: str, label: str) -> None:
    assert find_places(typed)[0].label == label


def test_the_more_populous_of_two_namesakes_comes_first() -> None:
    labels = [place.label for place in find_places("London")]
    assert labels[:2] == ["London, United Kingdom", "London, Canada"]


def test_an_exact_name_comes_before_a_longer_name_of_a_larger_city() -> None:
    assert find_places("York")[0].label == "York, United Kingdom"


def test_an_american_namesake_is_told_apart_by_its_state_and_never_guessed() -> None:
    springfields = [place for place in find_places("Springfield") if place.label.startswith("Springfield, ")]
    assert {"Springfield, Missouri, United States", "Springfield, Massachusetts, United States"} <= {
        place.label for place in springfields
    }
    assert len({place.zone for place in springfields}) >= 3
    assert zone_of("Springfield") is None


@pytest.mark.parametrize(
    ("country", "zones"),
    [
        ("USA", ["America/New_York", "America/Los_Angeles", "America/Chicago", "America/Phoenix"]),
        ("Brazil", ["America/Sao_Paulo", "America/Manaus", "America/Rio_Branco", "America/Noronha"]),
    ],
)
def test_a_country_with_several_zones_offers_them_by_largest_city_and_is_not_guessed(
    country: str, zones: list[str]
) -> None:
    assert [place.zone for place in find_places(country)][: len(zones)] == zones
    assert zone_of(country) is None


@pytest.mark.parametrize(
    ("typed", "zone"), [("Germany", "Europe/Berlin"), ("Japan", "Asia/Tokyo"), ("in", "Asia/Kolkata")]
)
def test_a_country_where_all_clocks_agree_has_one_answer(typed: str, zone: str) -> None:
    assert zone_of(typed) == zone


@pytest.mark.parametrize(
    ("typed", "zone"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("europe/oslo", "Europe/Oslo"),
        ("America/New York", "America/New_York"),
        ("US/Pacific", "America/Los_Angeles"),
        ("Europe/Kiev", "Europe/Kyiv"),
        ("UTC", "Etc/UTC"),
    ],
)
def test_a_zone_name_is_taken_as_it_is_and_an_old_one_by_its_new_name(typed: str, zone: str) -> None:
    assert zone_of(typed) == zone
    assert find_places(typed)[0].zone == zone


@pytest.mark.parametrize(
    ("abbreviation", "zones"),
    [
        ("IST", {"Asia/Kolkata", "Europe/Dublin", "Asia/Jerusalem"}),
        ("cet", {"Europe/Berlin", "Europe/Madrid", "Europe/Paris"}),
        ("PST", {"America/Los_Angeles", "Asia/Manila"}),
        ("ET", {"America/New_York", "America/Toronto"}),
        ("CST", {"America/Chicago", "Asia/Shanghai"}),
    ],
)
def test_an_abbreviation_that_several_zones_use_gives_candidates(abbreviation: str, zones: set[str]) -> None:
    assert zones <= {place.zone for place in find_places(abbreviation)}
    assert zone_of(abbreviation) is None


def test_a_tiny_namesake_does_not_make_a_great_city_ambiguous_but_a_large_one_does() -> None:
    assert zone_of("Paris") == "Europe/Paris"
    assert zone_of("Berlin") == "Europe/Berlin"
    assert zone_of("London") is None
    assert zone_of("London, UK") == "Europe/London"


def test_a_country_and_a_state_of_the_same_name_are_both_offered() -> None:
    assert zone_of("Georgia") is None
    assert {"Asia/Tbilisi", "America/New_York"} <= {place.zone for place in find_places("Georgia")}


@pytest.mark.parametrize(
    "typed", ["", "  ", "\u200b", "🦜🦜", "qqxxzzvv", "x" * 10_000, "\x1e", "\n", ",,,", "??", "\ud800"]
)
def test_unknown_text_has_no_places(typed: str) -> None:
    assert find_places(typed) == []
    assert zone_of(typed) is None
    assert zones_showing(typed, WINTER) == []
    assert not valid(typed)


def test_no_more_places_are_given_than_asked_for() -> None:
    assert len(find_places("san")) == 25
    assert len(find_places("san", limit=3)) == 3
    assert find_places("san", limit=0) == []


def test_a_label_from_the_list_leads_back_to_its_zone_and_fits_a_select_option() -> None:
    everywhere = atlas._atlas().cities
    for city in [*everywhere[::97], *(city for city in everywhere if "," in city.name or "(" in city.name)]:
        place = atlas._place(city)
        assert zone_of(place.label) == place.zone, place
        assert find_places(place.label)[0].zone == place.zone
    assert max(len(atlas._place(city).label) for city in atlas._atlas().cities) <= 75


def test_every_zone_of_every_city_is_valid_and_current() -> None:
    for city in atlas._atlas().heads:
        assert valid(city.zone)
        assert zone_of(city.zone) == city.zone


@pytest.mark.parametrize("clock", ["14:35", "1435", "2:35 pm", "2:35PM", "02:35 p.m.", "14.35", "2:35"])
def test_the_time_seen_now_gives_the_zones_that_show_it(clock: str) -> None:
    assert zones_showing(clock, WINTER)[:2] == [
        Place("Mumbai, India", "Asia/Kolkata"),
        Place("Colombo, Sri Lanka", "Asia/Colombo"),
    ]


def test_summer_time_moves_the_answer() -> None:
    assert "Europe/London" in {place.zone for place in zones_showing("9:05", WINTER)}
    assert "Europe/London" not in {place.zone for place in zones_showing("9:05", SUMMER)}
    assert "Europe/London" in {place.zone for place in zones_showing("10:05", SUMMER)}


def test_a_clock_counts_up_to_ten_minutes_away_also_over_midnight() -> None:
    now = datetime(2026, 1, 15, 23, 55, tzinfo=UTC)
    assert "Europe/London" in {place.zone for place in zones_showing("00:05", now)}
    assert "Europe/London" not in {place.zone for place in zones_showing("00:06", now)}
    assert "Europe/London" in {place.zone for place in zones_showing("23:45", now)}
    assert "Europe/London" not in {place.zone for place in zones_showing("23:44", now)}


@pytest.mark.parametrize("clock", ["25:00", "14:60", "0:10 pm", "13 pm", "7", "noon", "2:3", "14:35 pmx", "-1:00"])
def test_what_is_no_time_of_day_has_no_zones(clock: str) -> None:
    assert zones_showing(clock, WINTER) == []


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        zones_showing("14:35", WINTER.replace(tzinfo=None))


def test_only_real_zone_names_are_valid() -> None:
    assert all(map(valid, ["Asia/Kolkata", "Asia/Calcutta", "UTC"]))
    assert not any(map(valid, ["asia/kolkata", "Factory", "India", "../etc/passwd", "Europe"]))


@given(clock=st.times(), hours=st.integers(0, 24 * 366))
@settings(max_examples=50, deadline=None)
def test_each_zone_found_by_its_clock_shows_that_time(clock: time, hours: int) -> None:
    now = WINTER + timedelta(hours=hours)
    for place in zones_showing(f"{clock.hour:02}:{clock.minute:02}", now):
        local = now.astimezone(ZoneInfo(place.zone))
        away = (local.hour * 60 + local.minute - clock.hour * 60 - clock.minute) % 1440
        assert min(away, 1440 - away) <= 10


@given(st.text(st.characters(), max_size=60) | st.text("abeiIST,/()_-.: 0123456789\u0301\u200f\u05d0é🇮🇳", max_size=40))
@settings(max_examples=300, deadline=None)
def test_no_text_is_an_error_and_every_answer_is_a_valid_zone(typed: str) -> None:
    for place in find_places(typed) + zones_showing(typed, WINTER):
        assert valid(place.zone)
        assert place.label
    zone = zone_of(typed)
    assert zone is None or valid(zone)


@pytest.mark.parametrize(
    "typed", ["a", "s" * 10_000, "🇮🇳" * 5_000, "\u200f" * 10_000, "paris" + ",a" * 5_000, "א" * 200]
)
def test_every_question_is_answered_quickly(typed: str) -> None:
    started = perf_counter()
    find_places(typed)
    zone_of(typed)
    zones_showing(typed, WINTER)
    assert perf_counter() - started < 0.5

"""Three weeks of the demonstration, two of them before the visitor comes."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from adapters.__main__ import DEMO_DAYS, DEMO_SEED
from adapters.web.chat import GROUP
from adapters.web.demo import MARK
from adapters.web.demo.browser import Browser
from adapters.web.demo.designs import WEEK
from adapters.web.demo.show import BEGIN, LIVED, YOU, ZONE, Show
from adapters.web.demo.texts import FOLDER, read_cast
from bot.engine import zones
from bot.features.answers import records
from bot.features.answers.rules import Kept
from bot.features.mlsd import records as mlsd
from bot.features.mlsd import run_records
from bot.features.mlsd.rules import State, Week
from bot.features.mlsd.run_rules import Run
from bot.kernel.ports import Tx
from tests.adapters.web.stage import BOARD, boards, press, show, transcript


@dataclass(frozen=True)
class Lived:
    """
    Three weeks of the group: two before the visitor comes, and one after.

    `found` is what the visitor can read on arrival, `told` a week later; `rounds` are the answers by date; `said` are
    the cast's deeds, a line each. `reviewed` are (reviewer, author) of daily answers. `room` is what stands in the
    visitor's room ten minutes after they wished for a partner. `runs` and `ran` are the runs of each system design week
    and what was handed in.
    """

    arrival: datetime
    landing: str
    found: list[Any]
    told: list[Any]
    rounds: dict[date, list[Kept]]
    said: list[str]
    zones_of_sam: list[str]
    weeks: list[Week]
    runs: dict[int, list[Run]]
    ran: dict[int, list[Kept]]
    reviewed: list[tuple[str, str]]
    room: str


async def live(folder: Path) -> Lived:
    """Live them. Called again, it must give the same."""
    said: list[str] = []
    listener = logging.Handler()
    listener.emit = lambda record: said.append(record.getMessage())  # type: ignore[method-assign]
    log = logging.getLogger("adapters.web.demo")
    log.addHandler(listener)
    log.setLevel("INFO")
    async with show(folder, days=LIVED) as (running, visitor):
        arrival, found = running.chat.now(), await transcript(visitor)
        landing = await visitor.read("/")
        for _ in range(7):
            await running.travel.to_next_morning()
        days = [date.fromisoformat(board["name"].rpartition("/")[2]) for board in await boards(visitor)]
        answers = [
            await running.app.store.read(lambda tx, d=day: records.list_answers(tx, GROUP, str(d))) for day in days
        ]
        lived_in = await running.app.store.read(lambda tx: zones.over(tx, GROUP, "sam"))
        told = await transcript(visitor)
        weeks = await running.app.store.read(lambda tx: mlsd.list_weeks(tx, GROUP))
        runs = {
            week.number: await running.app.store.read(lambda tx, w=week: run_records.list_runs(tx, GROUP, w.number))
            for week in weeks
        }
        ran = {
            week.number: await running.app.store.read(lambda tx, w=week: records.list_answers(tx, GROUP, w.task))
            for week in weeks
        }
        reviewed = await running.app.store.read(reviews_of_daily)
        room = await find_partner(running, visitor)
    log.removeHandler(listener)
    log.setLevel(logging.NOTSET)
    by_day = dict(zip(days, answers, strict=True))
    return Lived(
        arrival,
        landing,
        found,
        told,
        by_day,
        said,
        [zone.key for _, zone in lived_in],
        weeks,
        runs,
        ran,
        reviewed,
        room,
    )


def reviews_of_daily(tx: Tx) -> list[tuple[str, str]]:
    rows = tx.all("SELECT reviewer_member, author_member FROM reviews_given WHERE task LIKE '20%' ORDER BY number")
    return [(row["reviewer_member"], row["author_member"]) for row in rows]


async def find_partner(running: Show, visitor: Browser) -> str:
    """The visitor joins, says when they have time, and looks into the room ten minutes later."""
    await press(visitor, "members.join")
    asked = await visitor.do("press", spot="daily", action="partners.find")
    wish = {"stage": "starting", "times": ("mornings", "tue"), "talk": "live"}
    await visitor.submit(asked["answers"][-1], wish, 0, spot="daily")
    await running.app.settle()
    await running.travel.on(timedelta(minutes=10))
    (room,) = [place.id for place in await running.chat.places(YOU.id) if place.kind == "room"]
    return str(await visitor.get("/api/messages", spot=room))


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    return asyncio.run(live(tmp_path_factory.mktemp("lived")))


def test_the_visitor_comes_on_the_third_monday_and_finds_two_weeks_of_life_in_daily(lived: Lived):
    assert LIVED == DEMO_DAYS
    assert lived.arrival.astimezone(ZONE).strftime("%a %d %H:%M") == "Mon 26 09:05"
    assert "<h1>#daily</h1>" in lived.landing
    posted = [message["name"] for message in lived.found if message["spot"] == "daily"]
    dates = [name[-2:] for name in posted if name.startswith(BOARD)]
    assert dates == ["12", "13", "14", "15", "16", "19", "20", "21", "22", "23", "26"]
    assert posted[-1].startswith("members.join/"), "the newcomer need not look for the button"


def test_every_problem_of_three_weeks_has_answers_and_hardly_any_words_are_handed_in_twice(lived: Lived):
    assert len(lived.rounds) == 16
    whole = [answers for day, answers in lived.rounds.items() if day < date(2026, 2, 2)]
    assert min(len(answers) for answers in whole) >= 5
    words = [answer.words.claim + answer.words.text for answers in whole for answer in answers]
    why = "write texts for the items that have none, in content/demo/answers; general ones soon sound like a machine"
    assert len(set(words)) > 0.95 * len(words), why


def test_nobody_in_the_cast_is_refused_anything(lived: Lived):
    assert [line for line in lived.said if "refused" in line] == []
    assert {line for line in lived.said if "no button" in line} <= {"noor finds no button for daily.help"}


def test_answers_to_daily_problems_are_asked_about_and_reviewed_by_others(lived: Lived):
    assert len(lived.reviewed) >= 4
    assert all(reviewer and reviewer != author for reviewer, author in lived.reviewed)


def test_whoever_looks_for_a_partner_finds_one_who_plans_the_week_with_them(lived: Lived):
    assert "You two are partners" in lived.room
    assert "Sam" in lived.room
    assert "at the kitchen table" in lived.room, "the plan of the other"


def days_of(lived: Lived, member: str) -> list[int]:
    """The days of the story on whose problem this member has an answer; day 1 is the first Monday."""
    return [
        (day - BEGIN.date()).days + 1 for day, answers in lived.rounds.items() if member in {a.member for a in answers}
    ]


def test_who_falls_silent_comes_back_after_eight_days(lived: Lived):
    days = days_of(lived, "tomas")
    assert (3, 12) in pairwise(days)
    assert {15, 16, 17} <= set(days)


def test_who_is_on_holiday_says_so_with_the_pause_button_and_is_back_in_the_third_week(lived: Lived):
    assert "priya chooses 1 week" in lived.said
    assert (5, 15) in pairwise(days_of(lived, "priya"))


def test_who_flies_tells_the_bot_the_new_time_zone_and_the_old_one_again(lived: Lived):
    assert lived.zones_of_sam == ["Europe/Berlin", "America/Los_Angeles", "Europe/Berlin"]
    assert {8, 9, 10, 11, 12} <= set(days_of(lived, "sam"))


def test_nobody_begins_a_problem_in_the_middle_of_their_night(lived: Lived):
    cast = read_cast(FOLDER)
    homes = {actor.id: ZoneInfo(actor.zone) for actor in cast.members if actor.id != "sam"}
    hours = {
        answer.kept_at.astimezone(homes[answer.member]).hour
        for answers in lived.rounds.values()
        for answer in answers
        if answer.member in homes
    }
    assert hours <= set(range(7, 24)), hours


def test_the_visitor_finds_one_system_design_week_that_is_over_and_one_in_which_they_can_run(lived: Lived):
    opens = [message["at"][:10] for message in lived.found if message["name"].startswith(WEEK)]
    assert opens == ["2026-01-17", "2026-01-24"]
    second = next(week for week in lived.weeks if week.number == 2)
    assert second.opens < lived.arrival < second.locks - timedelta(hours=24)
    assert [week.state for week in reversed(lived.weeks)] == [State.CLOSED, State.CLOSED, State.OPEN]


def test_the_members_run_whole_and_in_parts_short_and_long_and_hardly_any_words_come_twice(lived: Lived):
    for week in (1, 2):
        runs = lived.runs[week]
        assert len(runs) == 4
        assert all(run.handed_in and run.redo_stage for run in runs)
        assert {run.plan for run in runs} == {"mlsd-45", "mlsd-20"}
        assert {run.partial for run in runs} == {True, False}
    assert any(run.paused_at for run in lived.runs[2])
    assert any(run.hide_name for run in lived.runs[1])
    texts = [kept.words.text for answers in lived.ran.values() for kept in answers]
    parts = [part for text in texts for part in text.split("\n") if "." in part]
    assert len(set(parts)) > 0.6 * len(parts)


def test_what_the_runs_of_a_week_have_in_common_is_told_at_its_reveal(lived: Lived):
    [first, *_] = [m["card"]["text"] for m in lived.found if m["name"].endswith("/1/1/found")]
    for words in ("Across 4 runs", " would do Data again", "asked for this fact", "You differ most on"):
        assert words in first
    given = [line for line in lived.said if line.endswith(" presses reviews.write")]
    assert len(given) >= 16, "each run gets two reviews"


async def test_the_same_seed_lives_the_same_three_weeks(lived: Lived, tmp_path: Path):
    again = await live(tmp_path)
    assert len(again.told) > 100
    assert (again.told, again.said) == (lived.told, lived.said)


async def test_another_seed_tells_another_story(lived: Lived, tmp_path: Path):
    async with show(tmp_path, DEMO_SEED + 1, days=1) as (running, _):
        monday = await running.app.store.read(lambda tx: records.list_answers(tx, GROUP, str(BEGIN.date())))
    ours, theirs = [{kept.member: kept.kept_at for kept in round_} for round_ in (lived.rounds[BEGIN.date()], monday)]
    both = sorted(ours.keys() & theirs.keys())
    assert len(both) > 5
    assert [ours[member] for member in both] != [theirs[member] for member in both]


async def test_days_before_the_visitor_that_are_broken_off_go_on_at_the_next_start(tmp_path):
    async with show(tmp_path) as (running, _):
        await running.travel.on(timedelta(hours=3))
    mark = tmp_path / MARK
    mark.write_text(mark.read_text().replace('"days": 0', '"days": 1'))  # as if it had been stopped on its way
    async with show(tmp_path) as (running, visitor):
        assert running.chat.now() == BEGIN + timedelta(days=1, minutes=10)
        assert [board["name"][-2:] for board in await boards(visitor)] == ["12", "13"]

"""The measures work, and a line says what it should. How fast this machine is, is nobody's business here."""

import asyncio
import json
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.store.sqlite import SqliteStore
from tests.bench import bare, days, deeds, discord, lines, slack
from tests.bench.__main__ import MEASURES, measure
from tests.bench.lines import TINY, Line
from tests.bench.town import group_id, grow, member_id, town

ROOT = Path(__file__).parents[2]


def test_a_unit_is_measured_against_the_same_statements(tmp_path: Path) -> None:
    found = list(bare.units(tmp_path, TINY))
    assert [line.id for line in found] == ["unit.1", "unit.16", "unit.64"]
    assert all(line.value > 0 and line.anchor and line.ratio == line.value / line.anchor for line in found)


async def test_the_bare_unit_leaves_the_same_rows_as_ours(tmp_path: Path) -> None:
    store = await SqliteStore.open(bare.made(tmp_path, "store"))
    await bare.run_store(store, range(5), 2)
    mine = await store.read(lambda tx: [tx.all(f"SELECT * FROM {t} ORDER BY 1, 2") for t in ("inbox", "drafts")])  # noqa: S608 - two words
    await store.close()
    db = bare.bare(bare.made(tmp_path, "bare"))
    bare.run_bare(db, [bare.statements(number) for number in range(5)])
    theirs = [db.execute(f"SELECT * FROM {t} ORDER BY 1, 2").fetchall() for t in ("inbox", "drafts")]  # noqa: S608 - two words
    db.close()
    assert [[tuple(row.values()) for row in rows] for rows in mine] == theirs
    assert len(mine[0]) == 5


def test_answers_that_come_together_are_few_calls(tmp_path: Path) -> None:
    (line,) = deeds.edits(tmp_path, replace(TINY, answers=20))
    assert line.id == "edits.20"
    assert 0 < line.value < 20


async def test_a_copied_group_lives_like_the_first(tmp_path: Path) -> None:
    """Its message, its members' answers and its close are its own."""
    await asyncio.to_thread(grow, tmp_path / "town", 3, 4, 1, days.FRIDAY)
    async with town(tmp_path / "town", days.FRIDAY) as here:
        await days.one_day(here, 3, days.FRIDAY)
        await here.travel(days.FRIDAY + timedelta(hours=40))
        rows = await here.app.store.read(
            lambda tx: tx.all("SELECT group_id, member FROM answers_kept ORDER BY group_id, member")
        )
        names = await here.app.store.read(lambda tx: tx.all("SELECT name FROM outbox ORDER BY name"))
    assert [(row["group_id"], row["member"]) for row in rows] == [
        (group_id(group), member_id(group, number)) for group in range(3) for number in (1, 2, 3)
    ]
    of_each = [{row["name"].replace(group_id(group), "GROUP") for row in names if group_id(group) in row["name"]}
               for group in range(3)]  # fmt: skip
    told = [{name for name in mine if not name.startswith("nudges.")} for mine in of_each]
    assert told[0] == told[1] == told[2]
    assert any("close" in name for name in told[0])


async def test_what_is_kept_too_long_is_counted(tmp_path: Path) -> None:
    await asyncio.to_thread(grow, tmp_path / "town", 2, 2, 0, days.FRIDAY)

    async with town(tmp_path / "town", days.FRIDAY) as here:
        await here.app.store.run(lambda tx: days.plant_old(tx, days.FRIDAY))
        young = await here.app.store.read(lambda tx: days.count_old(tx, days.FRIDAY))
        here.clock.go(2 * days.DAY)
        old = await here.app.store.read(lambda tx: days.count_old(tx, here.clock.now()))
        await here.app.tidy()
        tidied = await here.app.store.read(lambda tx: days.count_old(tx, here.clock.now()))
    assert set(young.values()) == {0}
    assert old["inbox"] > 0
    assert (old["drafts"], old["outbox"]) == (4, 4)
    assert set(tidied.values()) == {0}


def test_what_is_done_on_discord_is_measured_against_the_same_reply(tmp_path: Path) -> None:
    """That both say the same is looked at while it is measured."""
    found = list(discord.deeds(tmp_path, TINY))
    assert [line.id for line in found] == ["discord.press.read", "discord.press.write", "discord.post"]
    assert all(line.value > 0 and line.anchor and line.ratio == line.value / line.anchor for line in found)


async def test_a_server_on_discord_weighs_something(tmp_path: Path) -> None:
    assert await discord.weight("bare", tmp_path, 2) > await discord.weight("bare", tmp_path, 1) > 0


def test_what_is_pressed_on_slack_is_measured_against_the_same_reply(tmp_path: Path) -> None:
    """That both say the same is looked at while it is measured."""
    found = list(slack.deeds(tmp_path, TINY))
    assert [line.id for line in found] == ["slack.press.quiet", "slack.press.read", "slack.press.write"]
    assert all(line.value > 0 and line.anchor and line.ratio == line.value / line.anchor for line in found)


def test_a_line_survives_its_way_between_processes() -> None:
    line = lines.under(Line("a.b", 3.0, "ms", 2.0, note="why"), 2, "ratio")
    assert lines.load(lines.dump(line)) == line
    assert json.loads(lines.dump(line))["ratio"] == 1.5
    assert line.met is True


@pytest.mark.parametrize(("value", "met"), [(2.9, True), (3.0, False), (7.0, False)])
def test_a_goal_that_is_missed_is_said(value: float, *, met: bool) -> None:
    line = lines.under(Line("cpu.submit", value, "ms"), 3)
    assert line.met is met
    assert ("MISSED" in lines.row(line)) is not met


def test_the_slope_is_that_of_the_best_line() -> None:
    assert lines.slope([(0, 1), (1, 3), (2, 5)]) == 2
    assert lines.slope([(1, 4)]) == 0


def test_the_command_prints_a_json_object_a_line() -> None:
    words = [sys.executable, "-m", "tests.bench", "--json", "--tiny", "--only", "edits", "--only", "cpu"]
    done = subprocess.run(words, capture_output=True, text=True, cwd=ROOT, check=True)  # noqa: S603 - ourselves
    found = [json.loads(text) for text in done.stdout.splitlines()]
    assert [line["id"] for line in found] == ["edits.5", "cpu.press.2", "cpu.press.4", "cpu.submit.2", "cpu.submit.4"]
    assert all({"id", "value", "unit", "anchor", "ratio"} <= set(line) for line in found)


def test_every_measure_says_what_it_measures() -> None:
    assert all(measure(name).__doc__ for name in MEASURES)

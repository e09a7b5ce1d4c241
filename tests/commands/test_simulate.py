"""`whetstone simulate`: figures of invented members, for people and for programs."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from adapters.__main__ import main
from bot.commands import simulate_partners
from bot.commands.simulate import STUDIES, Figure, Setup, report
from bot.commands.simulate_partners import FLAKY_TURNS_UP, Played, invent, play_random, turn_up
from bot.kernel.calendar import draw

ROOT = Path(__file__).parents[2]
SMALL = ("simulate", "partners", "--members", "16", "--weeks", "6", "--runs", "2", "--seed", "3")
KEYS = {
    "partners.turnups_with_live_partner", "partners.dead_two_weeks", "partners.repeats", "member.minutes_per_week",
}  # fmt: skip


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    return main(words), capsys.readouterr().out


def test_the_figures_of_partners_can_be_read_by_programs(capsys: pytest.CaptureFixture[str]) -> None:
    code, out = said(capsys, *SMALL, "--json")
    found = json.loads(out)
    assert code == 0
    assert found.pop("simulated") == {"study": "partners", "members": 16, "weeks": 6, "seed": 3, "runs": 2}
    assert set(found) == KEYS
    for figure in found.values():
        assert {"value", "baseline"} <= set(figure)
    live = found["partners.turnups_with_live_partner"]
    assert live["baseline"] < live["value"] <= 1
    assert said(capsys, *SMALL, "--json")[1] == out, "the same numbers give the same figures"


def test_people_read_a_table_that_says_it_is_simulated(capsys: pytest.CaptureFixture[str]) -> None:
    code, out = said(capsys, *SMALL)
    assert code == 0
    assert out.startswith("Simulated: partners, 16 members, 6 weeks, seed 3, mean of 2 runs.")
    assert all(key in out for key in KEYS)


def test_help_says_what_is_assumed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(("simulate", "partners", "--help"))
    out = capsys.readouterr().out
    assert left.value.code == 0
    for word in ("0.80", "0.26", "one quarter is flaky", "random pairs", "simulated"):
        assert word in out


@pytest.mark.parametrize("words", [(), ("stars",), ("partners", "--members", "1"), ("partners", "--runs", "many")])
def test_what_cannot_be_played_is_a_mistake_of_code_2(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(("simulate", *words))
    assert left.value.code == 2
    assert "usage: whetstone simulate" in capsys.readouterr().err


def test_a_goal_that_is_missed_is_said() -> None:
    setup = Setup(4, 2, 1, 1)
    figures = [Figure("a.b", 0.5, 0.4, "What it means.", ">= 0.90", met=False)]
    assert "MISSED" in report(STUDIES[0], setup, figures, as_json=False)
    assert json.loads(report(STUDIES[0], setup, figures, as_json=True))["a.b"]["met"] is False


def test_every_study_can_be_found_and_is_imported_only_when_asked_for() -> None:
    assert simulate_partners.__name__ in {study.module for study in STUDIES}
    program = "import sys, adapters.__main__ as door; door.parser(); " + "; ".join(
        f"assert {study.module!r} not in sys.modules" for study in STUDIES
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)  # noqa: S603 - ourselves


def test_a_quarter_of_the_members_is_flaky_and_random_pairs_meet_in_two_turn_ups_of_three() -> None:
    members = invent(400, draw("members"))
    assert sum(member.turns_up == FLAKY_TURNS_UP for member in members) == 100
    plain = play_random(400, turn_up(members, 12, draw("turns")), draw("pairs"))
    assert 0.64 < plain.met / plain.turnups < 0.69


def test_with_everybody_there_everybody_meets_somebody() -> None:
    members = invent(9, draw("members"))
    for member in members:
        member.turns_up = 1.0
    turns = turn_up(members, 4, draw("turns"))
    tally = Played(members, turns, "all").play()
    assert (tally.turnups, tally.met, tally.dead) == (36, 36, 0)
    assert not any(member.parked for member in members)
    nobody = Played(invent(9, draw("members")), [{}] * 4, "none").play()
    assert (nobody.turnups, nobody.met) == (0, 0)

"""
Three members in runs of a system design while the bot is killed: no stage, no minute and no word is lost or doubled.

`make endure N=100 ARGS="--story runs"` is the same for longer. With `--mutant` it finds each of the mistakes in
`run_mutants.py`; 20 kills are enough.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.endurance.__main__ import show
from tests.endurance.run_harness import endure_runs
from tests.endurance.run_lives import Lives

NINE = datetime(2026, 1, 8, 9, tzinfo=UTC)


async def test_twelve_kills_in_runs_cost_no_stage_no_minute_and_no_word(folder: Path) -> None:
    figures = await endure_runs(folder, seed=1, kills=12, steps=9)
    assert figures.wrong == [], show(figures, "session")
    assert figures.kills == 12
    # What was counted was there to be lost.
    assert figures.cues > figures.weeks * 25
    assert figures.answers > figures.weeks * 50
    assert figures.downtimes > 0


@pytest.mark.parametrize(
    ("mutant", "loses"),
    [("takes downtime from the run", "mistakes"), ("takes each delivery for a new message", "lost_answers")],
)
async def test_a_mistake_in_the_clock_or_in_the_keeping_of_words_is_counted(
    quick_folder: Path, mutant: str, loses: str
) -> None:
    """Chance may spare one session, so it gets a few."""
    for seed in range(4):
        figures = await endure_runs(quick_folder / str(seed), seed, kills=6, mutant=mutant, steps=8)
        if getattr(figures, loses):
            return
    pytest.fail(f"a bot that {mutant} passes for a sound one")


def minutes(n: float) -> datetime:
    return NINE + timedelta(minutes=n)


def test_what_the_bot_cannot_know_of_its_absences_makes_the_span_of_a_runs_clock() -> None:
    lives = Lives()
    for begins, ends in ((0, 10), (10.5, 20), (25, 40)):
        lives.begin(minutes(begins))
        lives.end(minutes(ends))
    assert lives.most(NINE, minutes(40)) == timedelta(minutes=35), "half a minute is no absence to the bot"
    assert lives.least(NINE, minutes(40)) == timedelta(minutes=34), "and twice it may have lived fifteen seconds more"
    assert lives.most(NINE, minutes(40), [(minutes(18), minutes(28))]) == timedelta(minutes=30)

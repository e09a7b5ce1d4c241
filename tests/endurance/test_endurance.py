"""
Real processes on real files, killed at random moments of a busy week: nobody loses anything and nothing is said twice.

`make endure N=200` is the same for longer. `tests/test_crash_anywhere.py` dies at every single step of shorter stories.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.endurance.__main__ import show
from tests.endurance.harness import endure
from tests.endurance.week import MEMBERS, Plan

MORNING = Plan(days=1)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short name: a socket's name ends at 107 letters."""
    with tempfile.TemporaryDirectory(prefix="endure-") as name:
        yield Path(name)


async def test_twelve_kills_in_busy_weeks_lose_nothing_and_double_nothing(folder: Path) -> None:
    figures = await endure(folder, seed=1, kills=12, steps=22)
    assert figures.wrong == [], show(figures)
    assert figures.kills == 12
    # What was counted was there to be lost.
    assert figures.dropped > 0
    assert figures.posts >= figures.weeks * len(Plan().posts())
    assert figures.answers > figures.weeks * 5 * 8 * MEMBERS * 0.8


@pytest.mark.parametrize(
    ("mutant", "loses"),
    [
        ("never looks", "doubles"),
        ("looks at the newest fifty", "doubles"),
        ("resets attempts", "doubles"),
        ("takes doubt for a no", "doubles"),
        ("settles first", "lost_posts"),
        ("answers first", "lost_answers"),
    ],
)
async def test_a_mistake_in_the_courier_or_before_a_commit_is_counted(folder: Path, mutant: str, loses: str) -> None:
    """Chance may spare one morning, so it gets a few."""
    for seed in range(5):
        figures = await endure(folder / str(seed), seed, kills=4, mutant=mutant, ambiguous=0.3, steps=15, plan=MORNING)
        if getattr(figures, loses):
            return
    pytest.fail(f"a bot that {mutant} passes for a sound one")

"""
Real processes on real files, killed at random moments of a busy week: nobody loses anything and nothing is said twice.

`make endure N=200` is the same for longer. `tests/test_crash_anywhere.py` dies at every single step of shorter stories.
"""

from pathlib import Path

import pytest

from tests.endurance.__main__ import show
from tests.endurance.harness import endure
from tests.endurance.week import MEMBERS, Plan

BUSY = Plan(days=3)  # the kills are over on the second day or the third


async def test_twelve_kills_in_busy_weeks_lose_nothing_and_double_nothing(folder: Path) -> None:
    figures = await endure(folder, seed=1, kills=12, steps=22, plan=BUSY)
    assert figures.wrong == [], show(figures)
    assert figures.kills == 12
    # What was counted was there to be lost.
    assert figures.dropped > 0
    assert figures.posts >= figures.weeks * len(BUSY.posts())
    assert figures.answers > figures.weeks * BUSY.days * BUSY.groups * MEMBERS * 0.8


@pytest.mark.parametrize(
    ("mutant", "loses", "groups"),
    [
        ("never looks", "doubles", 8),
        ("looks at the newest fifty", "doubles", 8),
        ("resets attempts", "doubles", 8),
        ("takes doubt for a no", "doubles", 8),
        ("settles first", "lost_posts", 2),
        ("answers first", "lost_answers", 4),
    ],
)
async def test_a_mistake_in_the_courier_or_before_a_commit_is_counted(
    quick_folder: Path, mutant: str, loses: str, groups: int
) -> None:
    """Chance may spare one morning, so it gets a few. What is lost is known at the end of it only."""
    plan, enough = Plan(days=1, groups=groups), loses == "doubles"
    for seed in range(5):
        figures = await endure(
            quick_folder / str(seed), seed, kills=4, mutant=mutant, ambiguous=0.3, steps=15, plan=plan, enough=enough
        )
        if getattr(figures, loses):
            return
    pytest.fail(f"a bot that {mutant} passes for a sound one")

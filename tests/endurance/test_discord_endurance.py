"""
The bot on a pretended Discord, killed at random moments of a busy day: nobody loses anything, nothing is said twice.

`make endure N=200 ARGS="--platform discord"` is the same for longer; with `--mutant "never looks"`, `--mutant "answers
first"` or `--mutant "reads nothing again"` as well (40 kills are enough) it finds three more mistakes.
"""

from pathlib import Path

import pytest

from tests.endurance.__main__ import show
from tests.endurance.day import CITIES, MEMBERS, DayPlan
from tests.endurance.discord_harness import endure_discord


async def test_twelve_kills_on_a_busy_day_lose_nothing_and_double_nothing(folder: Path) -> None:
    figures = await endure_discord(folder, seed=1, kills=12, steps=22)
    assert figures.wrong == [], show(figures, "day")
    assert figures.kills == 12
    # What was counted was there to be lost.
    assert figures.dropped > 0
    assert figures.posts >= figures.weeks * 3 * len(CITIES)
    assert figures.answers > figures.weeks * len(CITIES) * MEMBERS * 0.8


@pytest.mark.parametrize(
    ("mutant", "loses", "groups"),
    [
        ("looks at the newest fifty", "doubles", 3),
        ("signs nothing and never looks", "doubles", 3),
        ("takes not now for a no", "doubles", 3),
        ("forgets the thread", "lost_posts", 1),
    ],
)
async def test_a_mistake_of_the_adapter_or_before_a_commit_is_counted(
    quick_folder: Path, mutant: str, loses: str, groups: int
) -> None:
    """Chance may spare one day, so it gets a few. What is lost is known at the end of it only."""
    plan, enough = DayPlan(groups=groups), loses == "doubles"  # the third has open threads
    for seed in range(1, 7):
        figures = await endure_discord(
            quick_folder / str(seed), seed, kills=4, mutant=mutant, ambiguous=0.3, steps=15, plan=plan, enough=enough
        )
        if getattr(figures, loses):
            return
    pytest.fail(f"a bot that {mutant} passes for a sound one")

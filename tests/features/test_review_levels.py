"""What an estimate reads of a group's reviews: few of them, and yet the same comes out as of all."""

import shutil
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.features.reviews import estimate_rules, given_records
from bot.features.reviews.estimate_rules import Levels
from bot.features.reviews.given_rules import Held, Review
from bot.features.reviews.reading_rules import Mark, Verdict
from bot.kernel.calendar import Draw, draw
from bot.store.sqlite import SqliteStore

NOW = datetime(2026, 1, 7, 12, tzinfo=UTC)
GROUP = "web:g1"
TASKS = [f"2026-01-{day:02}" for day in range(1, 21)]


def a_history(dice: Draw, members: list[str], reviews: int) -> list[Review]:
    """Reviews of one or two per answer; some reviewers and authors are erased, some reviews removed."""
    found: list[Review] = []
    erased = set(dice.sample(members, len(members) // 4))
    answers = {(task, author): number for task in TASKS for number, author in enumerate(members, start=1)}
    for number in range(1, reviews + 1):
        reviewer, author = dice.sample(members, 2)
        task = dice.choice(TASKS)
        marks = tuple(Mark(criterion, dice.randint(1, 4), "") for criterion in ("reasoning", "depth"))
        domain = ("serving", "sorting", "statistics", "")[TASKS.index(task) % 4]
        found.append(
            Review(
                number, number, task, answers[task, author], "Two counters", domain,
                "" if reviewer in erased else reviewer, "" if author in erased else author,
                Verdict(marks, 0, "", "", ""), earlier=False, finished_at=NOW, hide_reviewer=False, hide_author=False,
                held=dice.choice([Held.NO, Held.NO, Held.NO, Held.REMOVED]),
            )
        )  # fmt: skip
    return found


def of_all(reviews: list[Review], member: str) -> dict[str, float]:
    """The estimate from every review of the group."""
    standing = [review for review in reviews if review.held is Held.NO]
    levels = [
        Levels(r.reviewer, r.author, (r.task, r.answer), r.domain, sum(m.level for m in r.verdict.marks) / 2)
        for r in standing
    ]
    sums: dict[str, tuple[int, float]] = defaultdict(lambda: (0, 0.0))
    for one in levels:
        n, total = sums[one.domain]
        sums[one.domain] = n + 1, total + one.mean
    return estimate_rules.estimates(levels, sums, member)


@pytest.mark.parametrize("seed", range(4))
async def test_an_estimate_of_few_reviews_is_that_of_all_of_them(seed: int, migrated: Path, tmp_path: Path) -> None:
    dice = draw(f"levels/{seed}")
    members = [f"m{number}" for number in range(3 + 4 * seed)]
    reviews = a_history(dice, members, 40 + 60 * seed)
    shutil.copytree(migrated, tmp_path / "data")
    store = await SqliteStore.open(tmp_path / "data" / "whetstone.db")
    try:
        for review in reviews:
            await store.run(lambda tx, review=review: given_records.keep_review(tx, GROUP, review))
            await store.run(lambda tx, review=review: given_records.keep_held(tx, GROUP, review.number, review.held))
            await store.run(lambda tx, review=review: given_records.keep_review(tx, "web:g2", review))
        for member in members:
            about = await store.read(lambda tx, member=member: given_records.list_levels_about(tx, GROUP, member))
            everybody = await store.read(lambda tx: given_records.sum_levels(tx, GROUP))
            assert estimate_rules.estimates(about, everybody, member) == pytest.approx(of_all(reviews, member))
    finally:
        await store.close()

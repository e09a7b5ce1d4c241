"""Reviews of runs: drawn when the window closes, with one level that is always the same, whatever prompt a run had."""

from dataclasses import replace

import pytest

from bot.app import App
from bot.features.mlsd import run_records
from bot.features.mlsd.calendar_rules import playable
from bot.features.mlsd.run_rules import Run
from bot.kernel.design_facts import AnswerGiven
from bot.kernel.facts import TaskOpened
from bot.kernel.ports import Tx
from tests.features.peers import tell
from tests.features.test_mlsd_reveal import (
    BOTH,
    FOUND,
    GOAL,
    LOCKS,
    REVEALS,
    REVIEW,
    SECOND,
    WEEK,
    hand_in,
    item_of,
    opened,
    seen,
)
from tests.features.test_mlsd_reveal import packs as _packs
from tests.features.test_plan import press_action
from tests.story import CoreDriver
from tests.world import GROUP, hours

packs = _packs  # the group's packs hold system designs
ALWAYS = "Changing course and being followed"


async def hand_in_spare(app: App, member: str) -> Run:
    """As if this member knew the prompt and took another one."""
    mine = await hand_in(app, member)
    other = next(item for item in playable(BOTH) if item.id != mine.item)
    spare = replace(mine, spare=True, item=other.id)

    def keep(tx: Tx) -> None:
        tx.run("DELETE FROM mlsd_runs WHERE number = :number", number=mine.number)
        run_records.keep_run(tx, GROUP, spare)

    await app.store.run(keep)
    now = app.clock.now()
    await tell(app, TaskOpened(spare.task, other.title, now, None, "", member, handed_in=True))
    await tell(app, AnswerGiven(spare.task, member, f"Goal\n{GOAL} About another prompt."))
    return spare


async def criteria_of(story: CoreDriver, member: str) -> list[str]:
    """What the form of this member's review asks, and the review is sent."""
    await press_action(story, member, "reviews.pull")
    await story.type(member, "/study review")
    await story.press(member, "Go on with my review")
    opened_ = await story.press(member, "Write my review")
    assert opened_.form
    labels = [label for key, label in opened_.form.labels.items() if key.startswith("level")]
    assert "Sent" in (await story.fill(member, REVIEW)).words
    return labels


async def test_one_level_is_always_about_changing_course_and_the_other_takes_turns(story: CoreDriver, app: App) -> None:
    await opened(story, "ada", "ben", "cem")
    for member in ("ada", "ben", "cem"):
        await hand_in(app, member)
    await story.until(LOCKS + SECOND)
    asked = [await criteria_of(story, member) for member in ("ada", "ben", "cem") * 2]
    assert all(second == ALWAYS for _, second in asked)
    focus = (await item_of(app)).focus
    rubric = BOTH.rubric("mlsd")
    assert rubric
    names = {criterion.name for criterion in rubric.criteria if criterion.id in focus} - {ALWAYS}
    assert {first for first, _ in asked} == names


async def test_a_run_with_another_prompt_is_drawn_too_and_its_author_gets_its_outline_in_private(
    story: CoreDriver, app: App
) -> None:
    await opened(story, "ada", "ben")
    spare = await hand_in_spare(app, "ada")
    await hand_in(app, "ben")
    await story.until(LOCKS + SECOND)
    taken = await press_action(story, "ben", "reviews.pull")
    assert "About another prompt" in taken.words
    await story.until(REVEALS + SECOND)
    other = BOTH.item(spare.item)
    assert other
    outline = await seen(story, "ada", f"mlsd.run/{GROUP}/{spare.number}/report/3/1")
    assert other.title in outline.title
    thread = await story.read("ben", WEEK)
    assert not [sight for sight in thread if other.title in sight.words], "others may meet this prompt later"
    assert "2 runs are in" in (await seen(story, "ben", FOUND, WEEK)).words


@pytest.mark.parametrize("late", [False, True])
async def test_a_review_counts_for_the_author_also_after_the_reveal(story: CoreDriver, app: App, *, late: bool) -> None:
    await opened(story, "ada", "ben")
    run = await hand_in(app, "ada")
    await hand_in(app, "ben")
    await story.until(LOCKS + SECOND)
    await press_action(story, "ben", "reviews.pull")
    if late:
        await story.until(REVEALS + SECOND)
        await story.type("ben", "/study review")
        await story.press("ben", "Finish my last review")
        await story.press("ben", "Write my review")
    else:
        await story.type("ben", "/study review")
        await story.press("ben", "Go on with my review")
        await story.press("ben", "Write my review")
    values = {"level_1": "3", "level_2": "2", "passage": "1", "next": "Say what would stop it here.", "question": ""}
    assert "Sent" in (await story.fill("ben", dict(values))).words
    await story.until(REVEALS + hours(1))
    report = await seen(story, "ada", f"mlsd.run/{GROUP}/{run.number}/report/1")
    assert f"{ALWAYS}: 2 of 4" in report.words

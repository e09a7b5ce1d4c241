"""Runs of a system design in the plan of partners: a number of their own, in groups that hold such weeks."""

from datetime import timedelta

import pytest

from bot.app import App
from bot.features.partners.plan_rules import Plan, Work, accept, is_done, plan_words, work_words
from bot.kernel.design_facts import AnswerGiven, AreRunsHeld, DesignRunFinished
from bot.kernel.errors import Refusal
from bot.kernel.facts import TaskOpened
from tests.features.peers import answer_with, tell
from tests.features.test_partner_plans import LINE, MONDAY, ROOM, paired, so_far
from tests.features.test_plan import press_action
from tests.story import CoreDriver
from tests.world import World

TASK = "design-1"


async def planned(story: CoreDriver, app: App, designs: str = "1") -> str:
    await paired(story, "ada", "ben")
    answer_with(app, AreRunsHeld, lambda _: True)
    opened = await story.press("ada", "My plan", ROOM)
    assert opened.form
    assert opened.form.labels["designs"] == "Design runs"
    assert opened.form.values["designs"] == "0"
    return (await story.fill("ada", {"answers": "1", "reviews": "0", "designs": designs, "line": LINE})).words


async def test_a_run_counts_as_a_run_and_not_as_an_answer_and_goes_with_what_it_handed_in(
    story: CoreDriver, app: App, world: World
) -> None:
    assert "This week: 1 answer and 1 design run." in await planned(story, app)
    now = app.clock.now()
    await tell(app, TaskOpened(TASK, "Leaf diseases", now, now + timedelta(hours=96), handed_in=True))
    await tell(app, AnswerGiven(TASK, "ada", "Goal: fewer useless sprays."), DesignRunFinished(TASK, "ada"))
    await tell(app, DesignRunFinished(TASK, "ada"))
    assert "1 design run. Planned: 1 answer" in await so_far(story)
    await press_action(story, "ada", "answers.withdraw", task=TASK)
    assert "design run" not in (await so_far(story)).partition("So far")[2].partition("Change")[0]
    await press_action(story, "ada", "answers.restore", task=TASK)
    assert "1 design run. Planned: 1 answer" in await so_far(story)
    opened = await story.press("ada", "My plan", ROOM)
    assert opened.form
    assert opened.form.values["designs"] == "1"


async def test_a_group_without_such_weeks_is_not_asked_for_them(story: CoreDriver, app: App) -> None:
    await paired(story, "ada", "ben")
    answer_with(app, AreRunsHeld, lambda _: False)
    opened = await story.press("ada", "My plan", ROOM)
    assert opened.form
    assert "designs" not in opened.form.labels


def test_a_plan_of_one_run_alone_is_a_plan() -> None:
    plan = accept("ada", MONDAY, 1, "0", "0", "", "1")
    assert plan_words(plan) == "1 design run"
    assert not is_done(Work(answers=3), plan)
    assert is_done(Work(designs=1), plan)
    assert work_words(Work(), plan) == "planned: 1 design run"
    assert work_words(Work(designs=1), Plan("ada", MONDAY, 0, 0, designs=2)) == "1 of 2 design runs"
    with pytest.raises(Refusal, match="no number that I know"):
        accept("ada", MONDAY, 1, "1", "0", "", "3")

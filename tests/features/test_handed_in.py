"""Answers that a feature hands in for a member: kept, read and withdrawn like others, but never written in a form."""

import pytest

from bot.app import App
from bot.features.streaks import records as streak_records
from bot.kernel.action import Action
from bot.kernel.design_facts import AnswerGiven
from bot.kernel.event import Event, Person, Pressed
from bot.kernel.facts import HasAnswered, TaskClosed, TaskOpened
from bot.kernel.peer_facts import AnswerTo, MayReadAnswers, TextHeld
from tests.features.mornings import JOIN, NINE
from tests.features.peers import ask, tell, text_at
from tests.story import CoreDriver
from tests.world import CHANNEL, GROUP, TENANT, hours

TASK = "design-1"
TEXT = "**Goal** Fewer useless sprays per farm, because the pilot tripled them."


async def forge(app: App, member: str, action: str) -> str:
    """A press without any card before it; what the member reads."""
    delivery = f"forged-{member}-{action}"
    event = Event(
        delivery, TENANT, GROUP, CHANNEL, Person(member), app.clock.now(), Pressed(Action.decode(action))
    )  # fmt: skip
    outcome = await app.engine.handle(event)
    return repr(outcome.refused or outcome.answers)


@pytest.fixture
async def group(story: CoreDriver, app: App) -> None:
    await story.found()
    for member in ("ada", "ben"):
        await story.press(member, "Join the study group", JOIN)
    await tell(app, TaskOpened(TASK, "Leaf diseases", NINE, NINE + hours(96), handed_in=True))
    await tell(app, AnswerGiven(TASK, "ada", TEXT))


@pytest.mark.usefixtures("group")
async def test_what_is_handed_in_is_kept_as_an_answer(app: App) -> None:
    assert await ask(app, HasAnswered(TASK, "ada"))
    answer = await ask(app, AnswerTo(TASK, "ada"))
    assert answer is not None
    assert answer.text == TEXT


@pytest.mark.usefixtures("group")
async def test_handed_in_again_it_is_an_edit_of_the_same_answer(app: App) -> None:
    await tell(app, AnswerGiven(TASK, "ada", f"{TEXT} More.", hide_name=True))
    answer = await ask(app, AnswerTo(TASK, "ada"))
    assert answer is not None
    assert (answer.number, answer.hide_name, answer.text) == (1, True, f"{TEXT} More.")


@pytest.mark.usefixtures("group")
async def test_what_an_organiser_looks_at_is_not_exchanged_by_handing_it_in_again(app: App) -> None:
    await tell(app, TextHeld("answers", f"{TASK}/1"), AnswerGiven(TASK, "ada", "Something harmless instead of it."))
    assert await ask(app, AnswerTo(TASK, "ada")) is None  # held still


@pytest.mark.usefixtures("group")
async def test_what_its_author_has_withdrawn_comes_back_only_by_them_and_with_the_newer_words(app: App) -> None:
    await forge(app, "ada", f"answers.withdraw?task={TASK}")
    await tell(app, AnswerGiven(TASK, "ada", f"{TEXT} More.", hide_name=True))
    assert await ask(app, AnswerTo(TASK, "ada")) is None
    await forge(app, "ada", f"answers.restore?task={TASK}")
    answer = await ask(app, AnswerTo(TASK, "ada"))
    assert answer is not None
    assert (answer.text, answer.hide_name) == (f"{TEXT} More.", True)


@pytest.mark.usefixtures("group")
async def test_whoever_reads_it_after_the_close_can_report_it_shown_or_not(app: App) -> None:
    await tell(app, AnswerGiven(TASK, "ada", TEXT, may_show=False))
    assert await text_at(app, f"{TASK}/1", "ben") is None
    await tell(app, TaskClosed(TASK))
    found = await text_at(app, f"{TASK}/1", "ben")
    assert found is not None
    assert found.text == TEXT


@pytest.mark.usefixtures("group")
async def test_nobody_reads_it_before_the_close_and_everybody_after(app: App) -> None:
    assert "window has closed" in await forge(app, "ben", f"answers.read?task={TASK}")
    assert not await ask(app, MayReadAnswers(TASK, "ben"))
    await tell(app, TaskClosed(TASK))
    assert await ask(app, MayReadAnswers(TASK, "ben"))
    assert "useless sprays" in await forge(app, "ben", f"answers.read?task={TASK}&page=0")


@pytest.mark.parametrize("verb", ["write", "use", "add"])
@pytest.mark.usefixtures("group")
async def test_nobody_writes_one_by_a_forged_press(app: App, story: CoreDriver, verb: str) -> None:
    await tell(app, TaskOpened("2026-01-05", "Another", NINE, NINE + hours(36)))
    told = await story.tell("ben", "My thoughts about leaf diseases and sprays.")
    assert "Leaf diseases" not in told.words
    keys = {Action.decode(action).get("told") for seen in told.replies for _, action in seen.buttons}
    key = max(keys)
    assert "by a run" in await forge(app, "ben", f"answers.{verb}?task={TASK}&told={key}")
    assert not await ask(app, HasAnswered(TASK, "ben"))


@pytest.mark.usefixtures("group")
async def test_only_its_member_hands_in_to_a_private_task(app: App) -> None:
    await tell(app, TaskOpened("design-run-1", "Leaf diseases", NINE, None, "", "ada", handed_in=True))
    await tell(app, AnswerGiven("design-run-1", "ben", TEXT), AnswerGiven("design-run-1", "ada", TEXT))
    assert not await ask(app, HasAnswered("design-run-1", "ben"))
    assert await ask(app, HasAnswered("design-run-1", "ada"))
    assert "useless sprays" in await forge(app, "ada", "answers.read?task=design-run-1")


@pytest.mark.usefixtures("group")
async def test_the_day_on_which_it_opens_is_no_day_of_a_problem(app: App) -> None:
    """Whoever keeps a row of days owes nothing on it."""
    await tell(app, TaskOpened("2026-01-05", "Two counters", NINE, NINE + hours(36), "daily/2026-01-05"))
    opened = await app.store.read(lambda tx: streak_records.list_opens(tx, GROUP))
    assert [task for _, task in opened] == ["2026-01-05"]


@pytest.mark.usefixtures("group")
async def test_the_desk_does_not_take_it_for_the_last_daily_problem(app: App, story: CoreDriver) -> None:
    await tell(app, TaskOpened("2026-01-05", "Two counters", NINE, NINE + hours(36), "daily/2026-01-05"))
    await tell(app, TaskOpened("design-2", "Fresh bread", NINE, NINE + hours(96), "mlsd.week/2", handed_in=True))
    desk = await story.type("olga", "organise")
    assert "Two counters" in desk.words
    assert "Fresh bread" not in desk.words

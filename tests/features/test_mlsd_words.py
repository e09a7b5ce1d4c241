"""No word of a run is lost or put elsewhere, and nothing is claimed that its member did not say."""

import pytest

from bot.app import App
from bot.content.catalogue import Catalogue
from bot.features.mlsd import records, run_rules, stage_rules
from bot.features.mlsd.calendar_handlers import list_spares, look_ahead
from bot.features.mlsd.handlers import FEATURE
from bot.kernel.design_facts import TakesWords
from bot.kernel.errors import Reason, Rejected
from bot.kernel.event import Event, Person, Said, Told, Upload
from bot.kernel.peer_facts import AnswerTo
from bot.kernel.ports import To
from tests.features.peers import ask
from tests.features.test_mlsd_runs import (
    GOAL,
    WEEK,
    be_away,
    begun,
    minutes,
    name,
    opened,
    packs,
    run_of,
    seen,
    send,
    send_told,
    week_of,
    write,
    write_in,
    written,
)
from tests.features.test_plan import press_action
from tests.story import CoreDriver, Where
from tests.world import GROUP, PACK, TENANT, World, pack

assert packs, "the packs of these tests"


async def handed_in(app: App, task: str = "design-1") -> str:
    answer = await ask(app, AnswerTo(task, "ada"))
    assert answer
    return answer.text


async def change(story: CoreDriver) -> str:
    """The name of the message of the first change."""
    return next(sight.name for sight in await story.read("ada", "private") if "/change/" in sight.name)


# --- forms --------------------------------------------------------------------------------------


async def test_a_message_that_comes_while_a_form_is_open_stands_beside_the_form(story: CoreDriver, app: App) -> None:
    await opened(story, "ada")
    await begun(story)
    first = await story.tell("ada", "Fewer scams.")
    await story.press("ada", "mlsd.write", name("00/stage/objective"))
    await story.tell("ada", "A miss costs 310.")
    await send_told(story, app, "ada", first.receipt, "Fewer scams, and soon.")
    await story.fill("ada", {"text": "Fewer scams.\n\nWarn first."})
    text = (await written(app, "objective")).text
    assert all(words in text for words in ("Warn first.", "A miss costs 310.", "Fewer scams, and soon."))
    await write(story, "ada", "00/stage/objective", GOAL)
    assert (await written(app, "objective")).text == GOAL, "a form that showed all of it stands for all of it"


async def test_two_forms_that_were_open_at_once_are_both_kept(story: CoreDriver, app: App) -> None:
    await opened(story, "ada")
    await begun(story)
    for text in ("First, on the laptop.", "Second, on the phone.", "Second, on the phone."):
        await send(story, "ada", "mlsd.save", {"text": text}, run="1", slot="objective", upto="0")
    assert (await written(app, "objective")).text == "First, on the laptop.\n\nSecond, on the phone."


@pytest.mark.parametrize(
    ("whole", "old", "new", "after"),
    [
        ("I know the labels.", "no", "no, because of cost", "I know the labels.\n\nno, because of cost"),
        ("One.\n\nno\n\nTwo.", "no", "yes", "One.\n\nyes\n\nTwo."),
        ("no", "no", "yes", "yes"),
    ],
)
def test_an_edit_changes_a_message_as_it_stood_and_no_part_of_a_word(
    whole: str, old: str, new: str, after: str
) -> None:
    assert stage_rules.revised(whole, old, new) == after


# --- after the end ---------------------------------------------------------------------------------


async def test_private_messages_and_edits_are_taken_for_five_minutes_after_the_time_ran_out(
    story: CoreDriver, app: App
) -> None:
    await opened(story, "ada")
    await begun(story)
    start = app.clock.now()
    first = await story.tell("ada", "The goal is fewer scams.")
    await story.until(start + minutes(51))
    assert "Kept under" in (await story.tell("ada", "And one line a minute late.")).words
    assert "Your change is kept" in await send_told(story, app, "ada", first.receipt, "The goal is trust.")
    text = await handed_in(app)
    assert "a minute late" in text
    assert "The goal is trust." in text
    await story.until(start + minutes(57))
    late = await story._do("ada", Where("", "dm-ada"), Told("The goal is late.", first.receipt))
    assert "This run is over" in late.refused, "and it is no answer to something else"


async def test_whoever_closed_the_run_writes_to_others_again(story: CoreDriver, app: App) -> None:
    await opened(story, "ada")
    await begun(story)
    await write(story, "ada", "00/stage/objective", GOAL)
    await press_action(story, "ada", "mlsd.close_now", run="1")
    assert not await ask(app, TakesWords("ada"))


# --- in a room -----------------------------------------------------------------------------------------


async def test_in_a_room_it_is_said_where_words_went_and_that_they_were_not_kept(
    story: CoreDriver, app: App, world: World
) -> None:
    await opened(story, "ada")
    world.refuse(Rejected(Reason.CLOSED, "Ada takes no private messages."), target=To("ada"))
    await begun(story)
    start = app.clock.now()
    receipt = next(r for r, who in world.rooms.items() if who == ("ada",))

    async def say(source: str, text: str) -> str:
        event = Event(
            f"e-{source}", TENANT, GROUP, receipt, Person("ada", "Ada"), app.clock.now(), Said(receipt, source, text)
        )
        await app.engine.handle(event)
        await app.settle()
        card = world.named(name(f"room/said/{stage_rules.source(source)}")).card
        return f"{card.title} {[select.prompt for select in card.selects]}"

    assert "Kept under “Goal”." in await say("said-1", "We warn first.")
    await story.until(start + minutes(20))
    assert "Move it to another part" in await say("said-2", "Two shards now.")
    await story.until(start + minutes(50.5))
    assert "Kept under" in await say("said-3", "Half a minute late.")
    assert "Half a minute late." in await handed_in(app)
    for n in range(5):
        await say(f"long-{n}", "x" * 2_990)
    assert "A run holds 18,000 characters." in await say("said-4", "y" * 3_500)
    await story.until(start + minutes(56))
    assert "This run is over" in await say("said-5", "Too late.")


# --- what is taken ----------------------------------------------------------------------------------------


async def test_a_link_needs_a_line_of_words_and_a_file_is_said_to_be_left_out(story: CoreDriver, app: App) -> None:
    await opened(story, "ada")
    await begun(story)
    assert "without words" in (await story.tell("ada", "https://recordings.example/1")).refused
    both = Told("My goal in two minutes.", "with-file", Upload("ref", "board.png", 100))
    kept = await story._do("ada", Where("", "dm-ada"), both)
    assert "I cannot keep the file" in kept.words


async def test_a_change_that_is_answered_by_a_message_claims_nothing_and_asks(story: CoreDriver, app: App) -> None:
    await opened(story, "ada")
    await begun(story)
    start = app.clock.now()
    await story.tell("ada", "A nightly table.")
    await story.until(start + minutes(19.5))
    told = await story.tell("ada", "The nightly table is useless now.")
    moved = await story.choose("ada", told.replies[0].options[0][1])
    assert "Which of your decisions fall now?" in moved.words
    assert "Stands" not in (await seen(story, "ada", (await change(story)).removeprefix(name("")))).words
    await press_action(story, "ada", "mlsd.close_now", run="1")
    text = await handed_in(app)
    assert "useless" in text
    assert "Stands:" not in text


async def test_words_from_before_a_change_reach_the_reader(story: CoreDriver, app: App) -> None:
    await opened(story, "ada")
    await begun(story)
    start = app.clock.now()
    old = "Fewer scams at 310 each, by a nightly batch. " + "We wait for labels. " * 20
    await write(story, "ada", "00/stage/objective", old)
    await story.until(start + minutes(19.5))
    await story.press("ada", "Answer the change", await change(story))
    await story.fill("ada", {"text": "Everything is 10 times larger.", "fell": ("objective",)})
    await press_action(story, "ada", "mlsd.write", run="1", slot="objective")
    await story.fill("ada", {"text": "Fewer scams, sooner."})
    whole = await press_action(story, "ada", "mlsd.version", "objective", run="1", n="1")
    assert old.strip() in whole.words
    await press_action(story, "ada", "mlsd.close_now", run="1")
    text = await handed_in(app)
    assert f"Goal\nFewer scams, sooner.\nBefore change 1: {old.strip()}" in text


# --- long absences --------------------------------------------------------------------------------------------


async def test_after_a_long_outage_the_clock_waits_for_its_member(story: CoreDriver, app: App) -> None:
    await opened(story, "ada")
    await begun(story)
    await write(story, "ada", "00/stage/objective", GOAL)
    await story.until(app.clock.now() + minutes(5))
    await be_away(app, 600)
    down = next(s for s in await story.read("ada", "private") if "/down/" in s.name)
    assert "Your clock is stopped." in down.words
    await story.until(app.clock.now() + minutes(90))
    assert (await run_of(app)).is_live
    assert "no facts now" in (await story.type("ada", "/study ask labels")).refused
    on = await story.press("ada", "Carry on", down.name)
    assert "You have 40 minutes left." in on.words
    await story.until(app.clock.now() + minutes(2.5))
    assert "Stage 2 of 8" in (await seen(story, "ada", "07/stage/data")).words
    await story.until(app.clock.now() + minutes(44))
    assert not (await run_of(app)).is_live


async def test_a_word_goes_on_too_and_the_lock_hands_in_what_is_there(story: CoreDriver, app: App) -> None:
    await opened(story, "ada", "ben")
    await begun(story)
    await begun(story, "ben")
    await write(story, "ada", "00/stage/objective", GOAL)
    await story.until(app.clock.now() + minutes(5))
    await be_away(app, 100)
    await story.tell("ben", "I am here again.")
    await story.until(app.clock.now() + minutes(60))
    assert not (await run_of(app, 2)).is_live
    assert (await run_of(app)).is_live
    await story.until((await week_of(app)).locks + minutes(1))
    assert not (await run_of(app)).is_live
    assert GOAL in await handed_in(app)


async def test_whoever_leaves_and_comes_back_goes_on_with_all_their_words(story: CoreDriver, app: App) -> None:
    await opened(story, "ada")
    await begun(story)
    await write(story, "ada", "00/stage/objective", GOAL)
    await press_action(story, "ada", "members.leave")
    await story.until(app.clock.now() + minutes(90))
    await press_action(story, "ada", "members.join")
    back = next(s for s in await story.read("ada", "private") if "/back/" in s.name)
    assert "all you wrote is kept" in back.words
    await story.press("ada", "Carry on", back.name)
    assert GOAL in (await seen(story, "ada", "00/stage/objective")).words
    await story.until(app.clock.now() + minutes(51))
    assert GOAL in await handed_in(app)


# --- prompts, names and ends --------------------------------------------------------------------------------------


async def test_another_prompt_is_none_of_the_coming_weeks_while_one_is_free(story: CoreDriver, app: App) -> None:
    await opened(story, "ada")
    await begun(story)

    def planned(tx):  # type: ignore[no-untyped-def]
        scene = app.engine._for(tx, FEATURE, app.engine._nobodys(tx, GROUP, app.clock.now()))
        return [prompt.id for prompt in look_ahead(scene, tx).row], list_spares(scene, tx)

    soon, able = await app.store.read(planned)
    for n in range(20):
        assert run_rules.spare_item(able, set(soon), set(), f"{n}").id not in soon
    last = [item for item in able if item.id in soon]
    assert run_rules.spare_item(last, set(soon), {last[0].id}, "n") == last[1], "else the one that comes last"
    await press_action(story, "ada", "mlsd.other_now", run="1")
    assert (await run_of(app, 2)).item not in soon
    await write_in(story, "ada", 2, GOAL)
    await press_action(story, "ada", "mlsd.close_now", run="2")
    done = await seen(story, "ada", "done", 2)
    assert "only its reviewers read it" in done.words
    assert [label for label, _ in done.buttons] == ["Read my run"]


async def test_whoever_saw_a_change_cannot_begin_the_same_prompt_anew(story: CoreDriver, app: App) -> None:
    await opened(story, "ada", "ben")
    await begun(story)
    await press_action(story, "ada", "mlsd.close_now", run="1")
    await story.press("ada", "I only want to review", WEEK)
    await begun(story)
    await story.until(app.clock.now() + minutes(40))
    await press_action(story, "ada", "mlsd.close_now", run="2")
    assert "After the reveal you can run it for practice." in (await seen(story, "ada", "done", 2)).words
    again = await press_action(story, "ada", "mlsd.begin", week="1", plan="mlsd-45")
    assert "You have seen what changes in this prompt." in again.refused
    assert await app.store.read(lambda tx: records.list_readers(tx, GROUP, 1)) == ["ada"], "still a reader"


async def test_a_name_can_be_hidden_when_the_pack_is_gone(story: CoreDriver, app: App) -> None:
    await opened(story, "ada")
    await begun(story)
    await write(story, "ada", "00/stage/objective", GOAL)
    await press_action(story, "ada", "mlsd.close_now", run="1")
    app.engine.catalogue = Catalogue.of([pack(PACK)])
    assert "Your name stays hidden" in (await press_action(story, "ada", "mlsd.hide", run="1", on="1")).words
    answer = await ask(app, AnswerTo("design-1", "ada"))
    assert answer
    assert answer.hide_name
    assert GOAL in answer.text


async def test_practice_ends_without_a_word_of_the_group(story: CoreDriver, app: App) -> None:
    await opened(story, "ada")
    await story.until((await week_of(app)).reveals + minutes(1))
    await press_action(story, "ada", "mlsd.short")
    await story.choose("ada", "1")
    await story.press("ada", "Begin")
    await write(story, "ada", "00/stage/objective", GOAL)
    await press_action(story, "ada", "mlsd.close_now", run="1")
    done = await seen(story, "ada", "done")
    assert done.title == "Your practice is over."
    assert "The group" not in done.words


async def test_only_the_stage_that_is_on_has_the_buttons_of_the_run(story: CoreDriver, app: App) -> None:
    await opened(story, "ada")
    await begun(story)
    start = app.clock.now()
    await story.until(start + minutes(8))
    passed, on = await seen(story, "ada", "00/stage/objective"), await seen(story, "ada", "07/stage/data")
    assert [label for label, _ in passed.buttons] == ["Write this stage"]
    assert [label for label, _ in on.buttons] == ["Write this stage", "Ask for a fact", "Pause", "Close my run"]
    await story.until(start + minutes(20))
    twist = await seen(story, "ada", (await change(story)).removeprefix(name("")))
    assert twist.title == "Change 1, minute 19. Something changed."
    assert "Pause" in [label for label, _ in twist.buttons]
    await press_action(story, "ada", "mlsd.pause", run="1")
    twist = await seen(story, "ada", twist.name.removeprefix(name("")))
    assert "Pause" not in [label for label, _ in twist.buttons]

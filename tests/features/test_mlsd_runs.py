"""A run of a system design on one's own clock: from the look before it to what is handed in."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from bot.app import App
from bot.clock import TurnedClock
from bot.content.catalogue import Catalogue
from bot.features.mlsd import records, run_records
from bot.features.mlsd.rules import Week
from bot.features.mlsd.run_rules import Run, Written
from bot.kernel.action import Action
from bot.kernel.design_facts import TakesWords
from bot.kernel.errors import Reason, Rejected
from bot.kernel.event import Event, Person, Said, Submitted, Told, Upload, Value
from bot.kernel.peer_facts import AnswerTo, ItemsOf
from bot.kernel.ports import To
from tests.features.mornings import joined
from tests.features.peers import ask
from tests.features.test_plan import press_action
from tests.story import Answered, CoreDriver, Driver, Sight, Where
from tests.world import CHANNEL, GROUP, PACK, STARTER_PACK, TENANT, World, pack, turned

BOTH = Catalogue.of([pack(PACK), pack(STARTER_PACK)])
T0 = datetime(2026, 1, 8, 9, tzinfo=UTC)  # Thursday, 10:00 in Berlin
SECOND = timedelta(seconds=1)
WEEK = f"mlsd.week/{GROUP}/1"
GOAL = "Warn, hold or let through: each mistake has a price, and 310 against 7 decides."


@pytest.fixture(autouse=True)
def packs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The group's packs hold system designs."""
    for house in ("world", "web_story", "slack_story", "adapters.discord.line"):
        monkeypatch.setattr(f"tests.{house}.catalogue", lambda: BOTH)


def minutes(n: float) -> timedelta:
    return timedelta(minutes=n)


async def opened(story: Driver, *members: str) -> None:
    """The group's first week is open."""
    await joined(story, *members)
    await story.until(T0 + SECOND)


async def begun(story: Driver, member: str = "ada") -> None:
    """... and this member's clock runs."""
    await story.press(member, "Start my run", WEEK)
    await story.press(member, "Begin")


def name(what: str, run: int = 1) -> str:
    return f"mlsd.run/{GROUP}/{run}/{what}"


async def seen(story: Driver, member: str, what: str, run: int = 1) -> Sight:
    """The message of a run, as its member sees it."""
    found = [sight for sight in await story.read(member, "private") if sight.name == name(what, run)]
    assert len(found) == 1, f"{what} stands {len(found)} times"
    return found[0]


async def write(story: Driver, member: str, what: str, text: str, **more: tuple[str, ...]) -> str:
    """Write a stage by its form; what the member reads then."""
    await story.press(member, "mlsd.write", name(what))
    return (await story.fill(member, {"text": text, **more})).words


async def write_in(story: Driver, member: str, run: int, text: str) -> None:
    await story.press(member, "mlsd.write", name("00/stage/objective", run))
    await story.fill(member, {"text": text})


async def send(story: CoreDriver, member: str, route: str, values: dict[str, Value], **args: str) -> Answered:
    """A form that was opened long ago."""
    return await story._do(member, Where(GROUP, CHANNEL), Submitted(Action.to(route, **args), values))


async def send_told(story: CoreDriver, app: App, member: str, receipt: str, text: str) -> str:
    """The same private message again, edited."""
    return (await story._do(member, Where("", f"dm-{member}"), Told(text, receipt))).words


async def be_away(app: App, n: int) -> None:
    """The bot is not running for N minutes."""
    await app._beat()
    app.clock.set(app.clock.now() + minutes(n))  # type: ignore[attr-defined]
    app._started = app.clock.now()
    await app._beat()
    await app.settle()


def app_names(sights: Sequence[Sight]) -> list[str]:
    return [sight.name for sight in sights]


async def written(app: App, slot: str, run: int = 1) -> Written:
    found = await app.store.read(lambda tx: run_records.list_written(tx, GROUP, run))
    return next(one for one in found if one.slot == slot)


async def week_of(app: App, number: int = 1) -> Week:
    found = await app.store.read(lambda tx: records.find_week(tx, GROUP, number))
    assert found
    return found


async def run_of(app: App, number: int = 1) -> Run:
    found = await app.store.read(lambda tx: run_records.find_run(tx, GROUP, number))
    assert found
    return found


async def test_a_run_goes_through_its_stages_and_twists_and_is_handed_in(story: Driver) -> None:
    await opened(story, "ada", "ben")
    look = await story.press("ada", "Start my run", WEEK)
    assert "45 minutes" in look.words
    assert not [s for s in await story.read("ada", "private") if s.name.startswith("mlsd.run/")], "no clock runs yet"
    await story.press("ada", "Begin")
    first = await seen(story, "ada", "00/stage/objective")
    assert "Stage 1 of 8" in first.words
    kept = await write(story, "ada", "00/stage/objective", GOAL)
    assert "Kept" in kept
    assert GOAL in (await seen(story, "ada", "00/stage/objective")).words

    await story.until(T0 + minutes(8))
    told = await story.tell("ada", "Labels come late: we wait 21 days.")
    assert "Kept under “Data”." in told.words
    assert "21 days" in (await seen(story, "ada", "07/stage/data")).words

    await story.until(T0 + minutes(20))
    private = [s.name for s in await story.read("ada", "private") if s.name.startswith("mlsd.run/")]
    twist = next(s for s in private if "/19/change/" in s)
    assert private.index(twist) < private.index(name("19/stage/model_loss"))
    await story.press("ada", "mlsd.write", twist)
    await story.fill("ada", {"text": "We wait 3 days now, and count 12,000 a second.", "fell": ("data",)})
    await story.until(T0 + minutes(52))
    done = await seen(story, "ada", "done")
    assert "You wrote 2 of 8 stages." in done.words
    both = await story.press("ada", "What stood and what fell", name("done"))
    assert "Labels come late" in both.words
    assert "12,000" in both.words
    noted = await story.choose("ada", "Data", name("done"))
    assert "Noted" in noted.words
    again = await story.press("ada", "Start my run", WEEK)
    assert "Your run of this week is in." in again.refused


# --- the clock --------------------------------------------------------------------------------


async def test_begin_pressed_twice_is_one_run(story: Driver, app: App, world: World) -> None:
    await opened(story, "ada")
    await begun(story)
    again = await press_action(story, "ada", "mlsd.begin", week="1", plan="mlsd-45")
    assert "Your run:" in again.words
    assert await app.store.read(lambda tx: len(run_records.list_runs(tx, GROUP, 1))) == 1
    assert world.doubles() == []


async def test_a_pause_stops_the_clock_once_and_ends_by_itself_after_ten_minutes(story: Driver, app: App) -> None:
    await opened(story, "ada")
    await begun(story)
    start = app.clock.now()
    await story.until(start + minutes(5))
    paused = await story.press("ada", "Pause", name("00/stage/objective"))
    assert "Your clock is stopped." in paused.words
    told = await story.tell("ada", "In the pause I think of the price of a mistake.")
    assert "Kept under “Goal”." in told.words
    fact = await story.type("ada", "/study ask labels")
    assert "no facts now" in fact.refused
    await story.until(start + minutes(14.9))
    assert "Your clock is stopped." in (await seen(story, "ada", "pause")).words
    await story.until(start + minutes(16.5))
    assert "Your clock runs again." in (await seen(story, "ada", "pause")).words
    assert name("07/stage/data") not in app_names(await story.read("ada", "private"))
    await story.until(start + minutes(17.2))
    assert "Stage 2 of 8" in (await seen(story, "ada", "07/stage/data")).words
    assert "Pause" not in [label for label, _ in (await seen(story, "ada", "07/stage/data")).buttons]
    second = await press_action(story, "ada", "mlsd.pause", run="1")
    assert "Your one pause is used." in second.refused


async def test_a_run_can_be_closed_in_its_pause(story: Driver, app: App) -> None:
    await opened(story, "ada")
    await begun(story)
    await write(story, "ada", "00/stage/objective", GOAL)
    await story.press("ada", "Pause", name("00/stage/objective"))
    await press_action(story, "ada", "mlsd.close_now", run="1")
    assert "You closed your run then." in (await seen(story, "ada", "pause")).words
    await story.until(app.clock.now() + minutes(60))
    assert name("07/stage/data") not in app_names(await story.read("ada", "private"))
    assert "Your run is in." in (await seen(story, "ada", "done")).words


async def test_going_on_before_the_ten_minutes_gives_the_rest_of_the_pause_away(story: Driver, app: App) -> None:
    await opened(story, "ada")
    await begun(story)
    start = app.clock.now()
    await story.press("ada", "Pause", name("00/stage/objective"))
    await story.until(start + minutes(3))
    went_on = await story.press("ada", "Go on", name("pause"))
    assert "Your clock runs again." in went_on.words
    await story.until(start + minutes(9.9))
    assert name("07/stage/data") not in app_names(await story.read("ada", "private"))
    await story.until(start + minutes(10.1))
    assert name("07/stage/data") in app_names(await story.read("ada", "private"))


async def test_the_time_in_which_the_bot_was_away_is_given_back_and_said_once(story: Driver, app: App) -> None:
    await opened(story, "ada")
    await begun(story)
    await story.until(app.clock.now() + minutes(3))
    await be_away(app, 30)
    down = next(s for s in await story.read("ada", "private") if "/down/" in s.name)
    assert "I was away for 30 minutes" in down.title
    assert [label for label, _ in down.buttons] == ["Carry on", "Take another prompt"]
    await story.until(app.clock.now() + minutes(3.7))
    assert name("07/stage/data") not in app_names(await story.read("ada", "private"))
    await story.until(app.clock.now() + minutes(0.4))
    assert name("07/stage/data") in app_names(await story.read("ada", "private"))
    on = await story.press("ada", "Carry on", down.name)
    assert "38 minutes left" in on.words


async def test_a_run_cannot_begin_when_its_minutes_do_not_fit_before_the_lock(story: Driver, app: App) -> None:
    await opened(story, "ada", "ben")
    locks = (await week_of(app)).locks
    await story.until(locks - minutes(44))
    late = await story.press("ada", "Start my run", WEEK)
    assert "less than 45 minutes" in late.refused
    await story.until(locks - minutes(21))
    await press_action(story, "ada", "mlsd.short")
    look = await story.choose("ada", "1")
    assert "20 minutes" in look.words
    await story.press("ada", "Begin")
    await story.until(locks - minutes(19))
    assert "less than 20 minutes" in (await press_action(story, "ben", "mlsd.short_look", "1")).refused
    await story.until(locks + SECOND)
    assert (await run_of(app)).is_live, "whoever has begun may finish"


# --- words -------------------------------------------------------------------------------------------


async def test_a_closed_run_is_handed_in_with_what_stands_and_what_falls(story: Driver, app: App) -> None:
    await opened(story, "ada")
    await begun(story)
    start = app.clock.now()
    await write(story, "ada", "00/stage/objective", GOAL)
    await story.until(start + minutes(19.5))
    twist = next(s.name for s in await story.read("ada", "private") if "/change/" in s.name)
    await story.press("ada", "Answer the change", twist)
    await story.fill("ada", {"text": "310 stays, 7 becomes 9.", "fell": ("objective",)})
    sure = await story.press("ada", "Close my run", twist)
    assert "Close with 1 of 8 stages?" in sure.words
    await story.press("ada", "Close it")
    answer = await ask(app, AnswerTo("design-1", "ada"))
    assert answer
    run = await run_of(app)
    item = BOTH.item(run.item)
    assert item
    assert item.timed
    assert answer.text == (
        f"Goal\n{GOAL}\n\nChange 1: {item.timed.turns[0].reason}\nFalls: Goal\n310 stays, 7 becomes 9.\nNew numbers: 9"
    )
    assert (run.state, run.handed_in, run.partial) == ("closed", True, True)
    assert not (await seen(story, "ada", "00/stage/objective")).buttons, "nothing can be written any more"
    assert "This run is over." in (await press_action(story, "ada", "mlsd.pause", run="1")).refused


async def test_a_name_can_be_hidden_until_the_reveal(story: Driver, app: App) -> None:
    await opened(story, "ada")
    await begun(story)
    await write(story, "ada", "00/stage/objective", GOAL)
    await press_action(story, "ada", "mlsd.close_now", run="1")
    await story.press("ada", "Hide my name at the reveal", name("done"))
    answer = await ask(app, AnswerTo("design-1", "ada"))
    assert answer
    assert answer.hide_name
    assert "Your name stays hidden" in (await seen(story, "ada", "done")).words
    await story.press("ada", "Show my name", name("done"))
    answer = await ask(app, AnswerTo("design-1", "ada"))
    assert answer
    assert not answer.hide_name
    await story.until((await week_of(app)).reveals + minutes(1))
    assert "The names are open by now." in (await press_action(story, "ada", "mlsd.hide", run="1", on="1")).refused


async def test_a_run_without_a_word_ends_without_an_answer(story: Driver, app: App) -> None:
    await opened(story, "ada")
    await begun(story)
    await story.until(app.clock.now() + minutes(51))
    assert "Nothing was written" in (await seen(story, "ada", "done")).words
    assert await ask(app, AnswerTo("design-1", "ada")) is None
    assert "You have seen what changes" in (await story.press("ada", "Start my run", WEEK)).refused


async def test_a_form_that_was_open_at_the_end_is_taken_for_five_minutes_and_then_hands_its_words_back(
    story: CoreDriver, app: App
) -> None:
    await opened(story, "ada")
    await begun(story)
    start = app.clock.now()
    await story.press("ada", "Write this stage", name("00/stage/objective"))
    await story.until(start + minutes(53))
    kept = await story.fill("ada", {"text": GOAL})
    assert "Kept" in kept.words
    answer = await ask(app, AnswerTo("design-1", "ada"))
    assert answer
    assert GOAL in answer.text
    assert "You wrote 1 of 8 stages." in (await seen(story, "ada", "done")).words
    await story.until(start + minutes(56))
    late = await send(story, "ada", "mlsd.save", {"text": "Too late, and yet not lost."}, run="1", slot="objective")
    assert "This run is over" in late.refused
    assert late.handed_back == ("Too late, and yet not lost.",)


async def test_an_edited_message_changes_its_own_words_wherever_they_stand(story: CoreDriver, app: App) -> None:
    await opened(story, "ada")
    await begun(story)
    start = app.clock.now()
    first = await story.tell("ada", "The goal is fewer scams.")
    await story.tell("ada", "A mistake costs 310.")
    again = await send_told(story, app, "ada", first.receipt, "The goal is fewer scams and fewer false alarms.")
    assert "Your change is kept under “Goal”." in again
    goal = await written(app, "objective")
    assert goal.text == "The goal is fewer scams and fewer false alarms.\n\nA mistake costs 310."
    await write(story, "ada", "00/stage/objective", f"{goal.text}\n\nAnd 7 for a handover.")
    await send_told(story, app, "ada", first.receipt, "The goal is trust.")
    goal = await written(app, "objective")
    assert goal.text == "The goal is trust.\n\nA mistake costs 310.\n\nAnd 7 for a handover."
    await story.until(start + minutes(8))
    await story.tell("ada", "This one belongs to the goal.")
    moved = await story.choose("ada", "Goal")
    assert "Kept under “Goal”." in moved.words
    assert (await written(app, "objective")).text.endswith("This one belongs to the goal.")
    assert "Until minute 13" in (await seen(story, "ada", "07/stage/data")).words, "nothing is left there"


async def test_a_run_holds_eighteen_thousand_characters_and_hands_the_rest_back(story: Driver, app: App) -> None:
    await opened(story, "ada")
    await begun(story)
    for _ in range(6):
        assert not (await story.tell("ada", "x" * 2_990)).refused
    over = await story.tell("ada", "y" * 100)
    assert "50 are left" in over.refused
    assert over.handed_back == ("y" * 100,)


async def test_after_four_quiet_minutes_a_hint_is_offered_once_a_stage(story: Driver, app: App) -> None:
    await opened(story, "ada")
    await begun(story)
    start = app.clock.now()
    await story.until(start + minutes(3))
    await story.tell("ada", "Fewer scams.")
    await story.until(start + minutes(6.9))
    assert name("00/zz-quiet") not in app_names(await story.read("ada", "private"))
    await story.until(start + minutes(11.5))
    assert name("07/zz-quiet") in app_names(await story.read("ada", "private"))
    hint = await story.press("ada", "Give me a hint", name("07/zz-quiet"))
    assert "Hint 1 of 3" in hint.words
    again = await story.press("ada", "Give me a hint", name("07/zz-quiet"))
    assert "Hint 1 of 3" in again.words
    await story.until(start + minutes(18))
    assert name("07/zz-quiet") not in app_names(await story.read("ada", "private")), "its stage has passed"
    second = await story.press("ada", "Give me a hint", name("13/zz-quiet"))
    assert "Hint 2 of 3" in second.words


async def test_facts_are_told_for_the_asking_and_counted_at_the_end(story: Driver, app: App) -> None:
    await opened(story, "ada")
    await begun(story)
    item = BOTH.item((await run_of(app)).item)
    assert item
    assert item.timed
    deciding = next(fact for fact in item.timed.held_back if fact.changes_design)
    await story.press("ada", "Ask for a fact", name("00/stage/objective"))
    found = await story.fill("ada", {"words": " and ".join(deciding.words).upper()})
    assert deciding.fact in found.words
    again = await story.type("ada", f"/study ask {' '.join(deciding.words)}")
    assert "asked for this one before" in again.words
    miss = await story.type("ada", "/study ask zeppelins")
    assert "Nothing on that." in miss.words
    asked = await app.store.read(lambda tx: run_records.list_asked(tx, GROUP, 1))
    assert [one.fact is None for one in asked] == [False, False, True]
    await write(story, "ada", "00/stage/objective", GOAL)
    await press_action(story, "ada", "mlsd.close_now", run="1")
    all_ = sum(fact.changes_design for fact in item.timed.held_back)
    assert f"You asked for 1 of the {all_} facts that change the design." in (await seen(story, "ada", "done")).words


# --- other ways --------------------------------------------------------------------------------------------


async def test_whoever_knows_the_prompt_gets_another_one_once_in_thirty_days(story: Driver, app: App) -> None:
    await opened(story, "ada")
    await begun(story)
    await story.until(app.clock.now() + minutes(2))
    prompts = sorted(n for n in app_names(await story.read("ada", "private")) if "/prompt/" in n)
    await story.press("ada", "I know this prompt", prompts[-1])
    await story.press("ada", "Take another prompt")
    old, new = await run_of(app, 1), await run_of(app, 2)
    assert (old.state, old.handed_in, new.week, new.task) == ("closed", False, 1, "design-run-2")
    assert new.item != old.item
    await write_in(story, "ada", 2, GOAL)
    await press_action(story, "ada", "mlsd.close_now", run="2")
    answer = await ask(app, AnswerTo("design-run-2", "ada"))
    assert answer
    assert GOAL in answer.text
    assert await ask(app, ItemsOf(("design-1", "design-run-2"))) == {"design-1": old.item, "design-run-2": new.item}
    assert "in" in (await story.press("ada", "Start my run", WEEK)).refused


async def test_a_run_moves_to_a_room_where_private_messages_are_refused(story: Driver, app: App, world: World) -> None:
    await opened(story, "ada")
    world.refuse(Rejected(Reason.CLOSED, "Ada takes no private messages."), target=To("ada"))
    await begun(story)
    assert (await run_of(app)).in_room
    names = [n for n in world.names() if "/1/room/" in n]
    assert name("room/00/stage/objective") in names
    assert any("/room/00/prompt/" in n for n in names)
    receipt = next(r for r, who in world.rooms.items() if who == ("ada",))
    said = Said(receipt, "said-1", "We warn first, then hold.")
    event = Event("said", TENANT, GROUP, receipt, Person("ada", "Ada"), app.clock.now(), said)
    assert not (await app.engine.handle(event)).refused
    assert (await written(app, "objective")).text == "We warn first, then hold."
    await story.until(app.clock.now() + minutes(51))
    assert "Your run is in." in world.named(name("room/done")).card.title


async def test_a_short_run_of_a_week_that_is_over_is_practice_for_oneself(story: Driver, app: App) -> None:
    await opened(story, "ada", "ben")
    await story.until((await week_of(app)).reveals + minutes(1))
    await press_action(story, "ada", "mlsd.short")
    await story.choose("ada", "1")
    await story.press("ada", "Begin")
    run = await run_of(app)
    assert (run.week, run.task, run.plan) == (0, "design-run-1", "mlsd-20")
    await write(story, "ada", "00/stage/objective", GOAL)
    await story.until(app.clock.now() + minutes(26))
    done = await seen(story, "ada", "done")
    assert "You wrote 1 of 4 stages." in done.words
    assert "Hide my name at the reveal" not in [label for label, _ in done.buttons]
    answer = await ask(app, AnswerTo("design-run-1", "ada"))
    assert answer


async def test_whoever_leaves_in_a_run_hands_in_nothing_and_hears_nothing_more(
    story: Driver, app: App, world: World
) -> None:
    await opened(story, "ada")
    await begun(story)
    await write(story, "ada", "00/stage/objective", GOAL)
    await press_action(story, "ada", "members.leave")
    before = len(world.private("ada"))
    await story.until(app.clock.now() + minutes(60))
    assert [n for n in app_names(await story.read("ada", "private")) if "/stage/data" in n] == []
    assert len(world.private("ada")) <= before + 1
    await story.until((await week_of(app)).locks + minutes(1))
    assert not (await run_of(app)).is_live
    assert await ask(app, AnswerTo("design-1", "ada")) is None


async def test_whoever_is_forgotten_in_a_run_leaves_no_row_and_no_number(story: Driver, app: App) -> None:
    await opened(story, "ada", "ben")
    await begun(story)
    await story.tell("ada", "Fewer scams.")
    await app.store.run(lambda tx: app.engine.erase(tx, TENANT, "ada", app.clock.now()))
    rows = await app.store.read(lambda tx: [*run_records.list_runs(tx, GROUP, 1)])
    assert rows == []
    await story.until(app.clock.now() + minutes(10))
    await begun(story, "ben")
    assert (await run_of(app, 2)).member == "ben"
    assert "Stage 1 of 8" in (await seen(story, "ben", "00/stage/objective", 2)).words


async def test_a_prompt_that_is_taken_out_of_the_packs_ends_the_run_with_what_is_there(story: Driver, app: App) -> None:
    await opened(story, "ada")
    await begun(story)
    await write(story, "ada", "00/stage/objective", GOAL)
    app.engine.catalogue = Catalogue.of([pack(PACK)])
    await story.until(app.clock.now() + minutes(8))
    assert "taken out of the group's packs" in (await seen(story, "ada", "done")).words
    answer = await ask(app, AnswerTo("design-1", "ada"))
    assert answer
    assert answer.text == f"Goal\n{GOAL}"


async def test_the_home_page_shows_a_run_while_it_goes_on(story: Driver, app: App) -> None:
    await opened(story, "ada")
    await begun(story)
    assert "Your run:" in "\n".join(s.title for s in await story.open("ada"))
    await press_action(story, "ada", "mlsd.close_now", run="1")
    assert "Your run:" not in "\n".join(s.title for s in await story.open("ada"))


async def test_nobody_writes_in_anothers_run(story: Driver, app: App) -> None:
    await opened(story, "ada", "ben")
    await begun(story)
    for verb in ("write", "close_now", "ask", "versions", "pause", "other_now", "redo", "hide", "hint", "move"):
        no = await press_action(story, "ben", f"mlsd.{verb}", "objective", run="1", slot="objective", piece="1")
        assert "not there any more" in no.refused, verb


async def test_two_runs_at_once_are_refused_across_groups(story: Driver, app: App) -> None:
    await opened(story, "ada")
    other = Run(1, "ada", 1, "mlsd-card-payments", 1, "mlsd-45", app.clock.now(), deadline=app.clock.now())
    await app.store.run(lambda tx: run_records.keep_run(tx, "web:other", other))
    assert "in another group" in (await story.press("ada", "Start my run", WEEK)).refused


async def test_a_week_waits_for_the_runs_that_go_on(story: Driver, app: App) -> None:
    """The latest end counts the pause that may still come, and moves with outages."""
    await opened(story, "ada")
    assert await app.store.read(lambda tx: run_records.latest_end(tx, GROUP, 1)) is None
    await begun(story)
    start = app.clock.now()
    assert await app.store.read(lambda tx: run_records.latest_end(tx, GROUP, 1)) == start + minutes(60)
    await be_away(app, 20)
    assert await app.store.read(lambda tx: run_records.latest_end(tx, GROUP, 1)) == start + minutes(80)
    await press_action(story, "ada", "mlsd.pause", run="1")
    await story.until(app.clock.now() + minutes(4))
    await press_action(story, "ada", "mlsd.resume", run="1")
    assert await app.store.read(lambda tx: run_records.latest_end(tx, GROUP, 1)) == start + minutes(74)


async def test_no_pause_can_come_when_the_time_is_up(story: Driver, app: App) -> None:
    await opened(story, "ada")
    await begun(story)
    start = app.clock.now()
    await story.until(start + minutes(46))
    assert await app.store.read(lambda tx: run_records.latest_end(tx, GROUP, 1)) == start + minutes(50)
    assert "nothing to stop" in (await press_action(story, "ada", "mlsd.pause", run="1")).refused


async def test_words_that_no_run_takes_become_an_answer_as_ever(story: Driver, app: App) -> None:
    await opened(story, "ada")
    assert not await ask(app, TakesWords("ada"))
    await begun(story)
    assert await ask(app, TakesWords("ada"))
    taken = await story.tell("ada", "Fewer scams, and fewer false alarms.")
    assert [sight.title for sight in taken.replies] == ["Kept under “Goal”."], "nobody else asks what it is for"
    await story.until(app.clock.now() + minutes(47))
    assert await ask(app, TakesWords("ada")), "so it is until five minutes after the end"
    await story.until(app.clock.now() + minutes(8))
    assert not await ask(app, TakesWords("ada"))
    asked = await story.tell("ada", "I think a heap is enough here, because only few of them count.")
    assert "Kept under" not in asked.words


async def test_a_file_without_words_is_not_taken_and_a_message_is_not_lost(story: CoreDriver, app: App) -> None:
    await opened(story, "ada")
    await begun(story)
    upload = Told("", "chat-file", Upload("ref", "board.png", 100))
    no = await story._do("ada", Where("", "dm-ada"), upload)
    assert "I cannot keep files in a run." in no.refused
    kept = await story.tell("ada", "https://recordings.example/1 My goal in two minutes.")
    assert "Kept under “Goal”." in kept.words


async def test_after_a_twist_the_words_from_before_it_are_kept_as_they_were(story: Driver, app: App) -> None:
    await opened(story, "ada")
    await begun(story)
    start = app.clock.now()
    await write(story, "ada", "00/stage/objective", "Fewer scams at 310 each.")
    await story.until(start + minutes(19.5))
    twist = next(s.name for s in await story.read("ada", "private") if "/change/" in s.name)
    await story.press("ada", "Answer the change", twist)
    await story.fill("ada", {"text": "Everything is 10 times larger.", "fell": ("objective", "monitoring")})
    await press_action(story, "ada", "mlsd.write", run="1", slot="objective")
    await story.fill("ada", {"text": "Fewer scams, sooner."})
    both = await press_action(story, "ada", "mlsd.versions", run="1")
    assert "Goal: Fewer scams at 310 each. → Fewer scams, sooner." in both.words
    assert "New numbers: 10." in both.words
    shown = await seen(story, "ada", twist.removeprefix(name("")))
    assert "Falls: Goal." in shown.words, "what has not come yet cannot fall"


async def test_a_twist_is_read_by_nobody_before_its_minute(story: Driver, app: App) -> None:
    await opened(story, "ada")
    await begun(story)
    item = BOTH.item((await run_of(app)).item)
    assert item
    assert item.timed
    no = await press_action(story, "ada", "mlsd.write", run="1", slot=item.timed.turns[0].id)
    assert "has not come yet" in no.refused
    for turn in item.timed.turns:
        await story.until(T0 + minutes(turn.minute - 0.5))
        everything = " ".join(sight.words for sight in await story.read("ada", "private"))
        assert turn.text[:40] not in everything
        assert turn.reason not in everything


class TestInSummerTime:
    """The clocks of Berlin go forward on the last Sunday of March, at 02:00."""

    @pytest.fixture
    def clock(self) -> TurnedClock:
        return turned(datetime(2026, 3, 23, 7, 55, tzinfo=UTC))

    async def test_a_run_over_the_hour_that_does_not_exist_lasts_forty_five_minutes(
        self, story: Driver, app: App
    ) -> None:
        await joined(story, "ada")
        await story.until(datetime(2026, 3, 29, 0, 40, tzinfo=UTC))
        await begun(story)
        start = app.clock.now()
        await story.until(start + minutes(44.5))
        assert name("45/time") not in app_names(await story.read("ada", "private"))
        await story.until(start + minutes(45.5))
        assert "5 minutes" in (await seen(story, "ada", "45/time")).words
        await story.until(start + minutes(50.5))
        assert not (await run_of(app)).is_live
